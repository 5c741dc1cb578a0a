//! Hours, competencies, cohorts.

use catalogue::model::Workforce;
use kernel::{AccountId, CohortId, Date, TrainingId};
use proptest::prelude::*;
use store::transact;
use uuid::Uuid;
use workforce::Fault;
use workforce::cohort::{self, Cohort};
use workforce::training::{self, Attended, Fitness, Input, standing};

use crate::office::{Office, TODAY, pack};

fn rules() -> &'static Workforce {
    pack().workforce().unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

fn part(number: u128, course: &str, hours: u32, on: Date) -> Attended {
    let (id, by) = (TrainingId(Uuid::from_u128(number)), AccountId(Uuid::from_u128(1)));
    Attended { id, course: course.to_owned(), hours, ended_on: on, cohort: None, confirmed_by: by, withdrawn: false }
}

#[test]
fn whole_courses_make_fit_for_their_months_and_no_day_longer() {
    let ledger = [part(1, "depression", 12, day("2024-01-10")), part(2, "depression", 12, day("2024-02-10"))];
    let fit = |on: &str| standing(rules(), &ledger, day(on)).fit["depression"];
    assert_eq!(fit("2024-02-09"), Fitness::Missing, "half a course");
    assert_eq!(fit("2024-02-10"), Fitness::Until(day("2026-02-10")));
    assert_eq!(fit("2026-02-10"), Fitness::Until(day("2026-02-10")));
    assert_eq!(fit("2026-02-11"), Fitness::Expired(day("2026-02-10")));
    let again = [&ledger[..], &[part(3, "depression", 24, day("2026-03-01"))]].concat();
    let now = standing(rules(), &again, day("2026-03-01"));
    assert_eq!(now.fit["depression"], Fitness::Until(day("2028-03-01")));
    assert_eq!(now.hours, 24, "a course heard twice is not twice as many hours");
    let lacks: Vec<&str> = training::lacks(rules(), &now, "sustained").iter().map(|c| c.id.as_str()).collect();
    assert_eq!(lacks, ["home_visiting", "sustained_visiting", "family_safety"]);
}

#[test]
fn every_course_of_the_pack_comes_to_its_hours() {
    let ledger: Vec<Attended> = (0..).zip(&rules().courses).map(|(n, c)| part(n, &c.id, c.hours, TODAY)).collect();
    let all = standing(rules(), &ledger, TODAY);
    assert!(all.hours >= rules().hours && all.fit.values().all(|f| f.holds()), "{all:?}");
}

proptest! {
    /// Hours are conserved: in whatever order and parts a course is written down, what counts is what was attended and is not more
    /// than the course has; what is taken back leaves no trace in the sum.
    #[test]
    fn hours_are_conserved(
        parts in prop::collection::vec((0_usize..8, 1_u32..60, 0_i32..900, any::<bool>()), 0..24),
        turn in 0_usize..24,
    ) {
        let start = day("2024-01-01");
        let mut ledger: Vec<Attended> = (1_u128..)
            .zip(&parts)
            .map(|(n, (course, hours, ahead, withdrawn))| {
                let course = &rules().courses[course % rules().courses.len()];
                let on = start.saturating_add(jiff::Span::new().days(i64::from(*ahead)));
                Attended { withdrawn: *withdrawn, ..part(n, &course.id, (*hours).min(course.hours), on) }
            })
            .collect();
        let on = day("2027-01-01");
        let before = standing(rules(), &ledger, on);
        let mut expected = 0;
        for course in &rules().courses {
            let heard: u32 = ledger.iter().filter(|a| !a.withdrawn && a.course == course.id).map(|a| a.hours).sum();
            expected += heard.min(course.hours);
        }
        prop_assert_eq!(before.hours, expected);
        if !ledger.is_empty() {
            let turn = turn % ledger.len();
            ledger.rotate_left(turn);
        }
        prop_assert_eq!(&standing(rules(), &ledger, on), &before);
        // In two parts on one day: the same.
        let halves: Vec<Attended> = ledger
            .iter()
            .flat_map(|a| {
                let first = a.hours / 2;
                let second = Attended { id: TrainingId(Uuid::from_u128(a.id.0.as_u128() + 1000)), hours: a.hours - first, ..a.clone() };
                [Attended { hours: first, ..a.clone() }, second]
            })
            .collect();
        prop_assert_eq!(standing(rules(), &halves, on).hours, before.hours);
        ledger.retain(|a| !a.withdrawn);
        prop_assert_eq!(&standing(rules(), &ledger, on), &before);
    }
}

async fn note(office: &Office, input: &Input) -> Result<(), Fault> {
    let (desk, may) = (office.desk(TODAY), office.manages());
    transact!(office.db, Fault, |tx| training::note(tx, &desk, &office.lead, &may, input).await)
}

async fn ledger(office: &Office, nurse: AccountId) -> Vec<Attended> {
    let mut tx = office.db.read().await.unwrap();
    training::ledger(&mut tx, nurse).await.unwrap()
}

#[tokio::test]
async fn a_supervisor_confirms_once_and_takes_back_what_was_wrong() {
    for office in Office::all(11).await {
        let nurse = office.nurses[0].account;
        let id = TrainingId(Uuid::from_u128(70));
        let input = Input { id, nurse, course: "foundation".to_owned(), hours: 40, ended_on: day("2026-11-20") };
        let with = |change: &dyn Fn(&mut Input)| {
            let mut other = input.clone();
            change(&mut other);
            other
        };
        let none = note(&office, &with(&|i| i.course = "cooking".to_owned())).await;
        assert!(matches!(none, Err(Fault::NoCourse)));
        assert!(matches!(note(&office, &with(&|i| i.hours = 41)).await, Err(Fault::Hours(40))));
        assert!(matches!(note(&office, &with(&|i| i.hours = 0)).await, Err(Fault::Hours(40))));
        assert!(matches!(note(&office, &with(&|i| i.ended_on = day("2026-11-22"))).await, Err(Fault::Ahead(_))));
        let elsewhere = with(&|i| i.nurse = office.lead.account);
        assert!(matches!(note(&office, &elsewhere).await, Err(Fault::NotTeam)));
        assert!(ledger(&office, nurse).await.is_empty(), "nothing was written");

        note(&office, &input).await.unwrap();
        note(&office, &input).await.unwrap();
        assert!(matches!(note(&office, &with(&|i| i.hours = 20)).await, Err(Fault::OtherContent)));
        let known = ledger(&office, nurse).await;
        assert_eq!((known.len(), known[0].hours, known[0].confirmed_by), (1, 40, office.lead.account));

        let (desk, may) = (office.desk(TODAY), office.manages());
        for _ in 0..2 {
            transact!(office.db, Fault, |tx| training::withdraw(tx, &desk, &office.lead, &may, (nurse, id)).await)
                .unwrap();
        }
        let known = ledger(&office, nurse).await;
        assert!(known.len() == 1 && known[0].withdrawn, "it stays in the ledger");
        assert_eq!(standing(rules(), &known, TODAY).hours, 0);

        // The same office's other supervisor cannot confirm herself, and a nurse nobody.
        let nurse = &office.nurses[0];
        let done = transact!(office.db, Fault, |tx| training::note(tx, &desk, nurse, &may, &input).await);
        assert!(matches!(done, Err(Fault::NotAllowed)));
    }
}

#[tokio::test]
async fn a_cohort_has_so_many_seats_and_fills_the_ledger_once() {
    for office in Office::all(12).await {
        let (desk, may, lead) = (office.desk(TODAY), office.manages(), &office.lead);
        let id = CohortId(Uuid::from_u128(80));
        let new = Cohort {
            id,
            course: "breastfeeding".to_owned(),
            place: "서울시 교육센터".to_owned(),
            starts_on: day("2026-11-23"),
            ends_on: day("2026-11-27"),
            seats: 2,
        };
        let wrong = Cohort { ends_on: day("2026-11-22"), ..new.clone() };
        let done = transact!(office.db, Fault, |tx| cohort::plan(tx, &desk, lead, &may, &wrong).await);
        assert!(matches!(done, Err(Fault::Order)));
        for _ in 0..2 {
            transact!(office.db, Fault, |tx| cohort::plan(tx, &desk, lead, &may, &new).await).unwrap();
        }
        let (one, two, three) = (office.nurses[0].account, office.nurses[1].account, office.nurses[2].account);
        for nurse in [one, one, two] {
            transact!(office.db, Fault, |tx| cohort::seat(tx, &desk, lead, &may, (id, nurse)).await).unwrap();
        }
        let full = transact!(office.db, Fault, |tx| cohort::seat(tx, &desk, lead, &may, (id, three)).await);
        assert!(matches!(full, Err(Fault::Full)));
        let early = transact!(office.db, Fault, |tx| cohort::confirm(tx, &desk, lead, &may, (id, &[one])).await);
        assert!(matches!(early, Err(Fault::NotOver(_))));

        let later = office.desk(day("2026-11-27"));
        let not_there =
            transact!(office.db, Fault, |tx| cohort::confirm(tx, &later, lead, &may, (id, &[one, three])).await);
        assert!(matches!(not_there, Err(Fault::NotTeam)));
        assert!(ledger(&office, one).await.is_empty(), "all or nothing");
        for _ in 0..2 {
            transact!(office.db, Fault, |tx| cohort::confirm(tx, &later, lead, &may, (id, &[one])).await).unwrap();
        }
        let known = ledger(&office, one).await;
        assert_eq!((known.len(), known[0].hours, known[0].cohort), (1, 40, Some(id)));
        assert!(ledger(&office, two).await.is_empty(), "who did not come");
    }
}
