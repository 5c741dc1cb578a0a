//! Visits as they are sent: once, never lost, never leaking.

use guard::{Action, Role};
use kernel::{Date, EnrolmentId, PersonId};
use registry::newborn::{self, Newborn};
use store::{StoreError, params, transact};
use visit::instrument::{Answer, Answers};
use visit::model::{EndingWord, LeftWhy, Measured, Refusal, Visit};
use visit::schedule::State;
use visit::submit::{About, Fault, Outcome};
use visit::{assess, assign, read, record, take_in};

use crate::families::file;
use crate::office::{Eyes, Office, TODAY, allowed, setting, who};

const DUE: Date = Date::constant(2026, 11, 10);
const VISITED: Date = Date::constant(2026, 11, 20);

/// Answers as a pack's cases write them.
pub(crate) fn answers(given: &[(&str, &str)]) -> Answers {
    let answer = |text: &str| match text.parse::<bool>() {
        Ok(flag) => Answer::Flag(flag),
        Err(_) => text.parse().map_or_else(|_| Answer::Text(text.to_owned()), Answer::Integer),
    };
    given.iter().map(|(id, text)| ((*id).to_owned(), answer(text))).collect()
}

pub(crate) fn assessment(office: &Office, id: EnrolmentId, instrument: &str, answers: Answers) -> assess::Input {
    assess::Input { about: office.about(id, TODAY), instrument: instrument.to_owned(), answers, alone: false }
}

fn made(visit: &str) -> Visit {
    Visit {
        visit: visit.to_owned(),
        ending: EndingWord::Done,
        minutes: Some(75),
        topics: vec!["feeding".into()],
        next_steps: Some("우리 둘이 번갈아 재우기로 했어요.".into()),
        note: None,
        why: None,
        discharged: vec![],
        measured: vec![],
        forms: vec![],
    }
}

/// A family with a child of ten days.
async fn young_family(office: &Office) -> (EnrolmentId, PersonId, PersonId) {
    let family = office.family(DUE).await;
    let id = office.visited(&family).await;
    let origin = registry::Origin::new("court_administration", "", "test");
    let check = |_: &registry::Subject, _: &str, _: &registry::FactValue| Ok(());
    let name = registry::person::Name::new(registry::person::Script::Hang, "한", "하늘");
    let child = transact!(office.db, StoreError, |tx| {
        let pen = registry::Pen::new(&office.ids, crate::office::keys(), office.desk().now, &origin);
        let person = registry::person::NewPerson {
            names: vec![name.clone()],
            identifier: None,
            details: vec![
                registry::person::Detail::Sex(registry::person::Sex::Female),
                registry::person::Detail::BirthDate(DUE),
            ],
        };
        let new = Newborn {
            person: &person,
            born: DUE,
            parents: &[family.mother],
            household: family.household,
            residence: None,
            facts: &[],
        };
        newborn::register(tx, pen, &check, new).await.map_err(|e| StoreError::Driver(e.to_string()))
    })
    .unwrap();
    let notice = registry::change::Notice {
        households: vec![family.household],
        persons: vec![child],
        kinds: vec![registry::change::Kind::Kin],
        items: vec![],
    };
    transact!(office.db, StoreError, |tx| visit::follow::registry_changed(tx, &office.desk(), &notice).await).unwrap();
    (id, family.mother, child)
}

#[tokio::test]
async fn the_same_visit_twice_is_once_and_another_under_its_name_is_refused() {
    for office in Office::all(11).await {
        let (id, mother, child) = young_family(&office).await;
        let (nurse, desk) = (who(Role::Nurse), office.desk());
        let may = allowed(Role::Nurse, Action::RecordVisit, &[mother, child]);
        let about = office.about(id, VISITED);
        let measured = Measured {
            child,
            weight_kg: Some(3.4),
            length_cm: Some(50.5),
            standing: None,
            head_cm: Some(34.0),
            arm_cm: None,
            oedema: false,
            milestones: vec![],
        };
        let mut visit = Visit { measured: vec![measured.clone()], discharged: vec![(child, DUE)], ..made("newborn") };
        visit.forms = vec![("baby-check@2026.1".into(), answers(&[("b_feeding", "formula"), ("b_latch", "fine")]))];
        let send = async |about: About, visit: &Visit| {
            transact!(office.db, Fault, |tx| record::run(tx, &desk, &nurse, Some(&may), about, visit).await)
        };
        assert_eq!(send(about, &visit).await.unwrap(), Outcome::Taken);
        assert_eq!(send(about, &visit).await.unwrap(), Outcome::Again);
        let other = Visit { minutes: Some(60), ..visit.clone() };
        assert!(matches!(send(about, &other).await, Err(Fault::OtherContent)));
        let now = file(&office, id, Role::Nurse).await;
        assert_eq!(now.visits().count(), 1);
        let state = &now.schedule.iter().find(|p| p.visit == "newborn").unwrap().state;
        assert_eq!(*state, State::Done { on: VISITED, in_window: true });
        assert_eq!(now.enrolment.dates.children[0].discharged, Some(DUE), "told at the visit");
        let (_, kept) = now.visits().next().unwrap();
        assert!(!kept.forms[0].1.contains_key("b_latch"), "not asked of a child fed with formula");
        let scores = kept.measured[0].scores(&now.enrolment.dates.children[0], None, VISITED).unwrap();
        let z = scores.weight_for_age.unwrap();
        assert!(z.plausible && z.z.abs() < 1.0, "{z:?}");
        // A correction is another submission; the original stays, and only one correction can be.
        let mended = About { id: office.new_id(), replaces: Some(about.id), ..about };
        assert_eq!(send(mended, &other).await.unwrap(), Outcome::Taken);
        let again = About { id: office.new_id(), ..mended };
        assert!(matches!(send(again, &other).await, Err(Fault::NothingToCorrect)));
        let now = file(&office, id, Role::Nurse).await;
        assert_eq!((now.submissions.len(), now.visits().count()), (2, 1));
        assert_eq!(now.visits().next().unwrap().1.minutes, Some(60));
        assert_eq!(now.submission(about.id).unwrap().0.replaced_by, Some(mended.id));
    }
}

#[tokio::test]
async fn what_cannot_be_is_said_and_what_cannot_be_taken_in_is_kept() {
    for office in Office::all(12).await {
        let (id, mother, child) = young_family(&office).await;
        let (nurse, desk) = (who(Role::Nurse), office.desk());
        let may = allowed(Role::Nurse, Action::RecordVisit, &[mother, child]);
        let send = async |on: Date, visit: &Visit| {
            let about = office.about(id, on);
            transact!(office.db, Fault, |tx| record::run(tx, &desk, &nurse, Some(&may), about, visit).await)
        };
        let weight = |kg| Measured {
            child,
            weight_kg: Some(kg),
            length_cm: None,
            standing: None,
            head_cm: None,
            arm_cm: None,
            oedema: false,
            milestones: vec![],
        };
        let with = |measured| Visit { measured: vec![measured], ..made("newborn") };
        for kg in [0.0, -3.0, 0.2, 61.0, f64::NAN, f64::INFINITY] {
            let refused = send(VISITED, &with(weight(kg))).await;
            assert!(matches!(refused, Err(Fault::Impossible { what: "weight", child: 0, .. })), "{kg}: {refused:?}");
        }
        let stranger = Measured { child: PersonId(uuid::Uuid::from_u128(5)), ..weight(3.4) };
        assert!(matches!(send(VISITED, &with(stranger)).await, Err(Fault::NotTheirChild)));
        let tomorrow = TODAY.tomorrow().unwrap();
        assert!(matches!(send(tomorrow, &made("newborn")).await, Err(Fault::Ahead(_))));
        let shut = Visit { ending: EndingWord::NoAccess, ..made("newborn") };
        assert!(matches!(send(VISITED, &shut).await, Err(Fault::NoReason)));
        let long = Visit { note: Some("x".repeat(4_001)), ..made("newborn") };
        assert!(matches!(send(VISITED, &long).await, Err(Fault::TooLong)));
        // A doubtful measurement is taken and flagged: somebody really measured it.
        assert_eq!(send(VISITED, &with(weight(9.0))).await.unwrap(), Outcome::Taken);
        let now = file(&office, id, Role::Nurse).await;
        let (_, visit) = now.visits().next().unwrap();
        let scores = visit.measured[0].scores(&now.enrolment.dates.children[0], None, VISITED).unwrap();
        assert!(visit::submit::is_doubtful(&scores));
        // An old form, a visit the protocol does not know, a day before the family came: kept with the reason.
        let old = Visit { forms: vec![("baby-check@2019.1".into(), answers(&[("b_old", "x")]))], ..made("newborn") };
        assert_eq!(send(VISITED, &old).await.unwrap(), Outcome::Kept(Refusal::OldForm));
        let unknown = Visit { forms: vec![("other@1".into(), Answers::new())], ..made("newborn") };
        assert!(matches!(send(VISITED, &unknown).await, Err(Fault::NoInstrument(_))));
        assert_eq!(send(VISITED, &made("week_3")).await.unwrap(), Outcome::Kept(Refusal::NoSuchVisit));
        assert_eq!(send(Date::constant(2026, 9, 1), &made("newborn")).await.unwrap(), Outcome::Kept(Refusal::TooEarly));
        // What is asked alone never travels with a visit.
        let mixed = Visit { forms: vec![("home-safety@2026.1".into(), Answers::new())], ..made("newborn") };
        assert!(matches!(send(VISITED, &mixed).await, Err(Fault::NotAlone)));
        // No longer her nurse: the visit is kept, and the same again is told the same.
        let about = office.about(id, VISITED);
        let blind = async || {
            transact!(office.db, Fault, |tx| record::run(tx, &desk, &nurse, None, about, &made("newborn")).await)
        };
        assert_eq!(blind().await.unwrap(), Outcome::Kept(Refusal::NotYours));
        assert_eq!(blind().await.unwrap(), Outcome::Kept(Refusal::NotYours));
        let mut tx = office.db.read().await.unwrap();
        let kept = tx.all("select content from visit_submission where status = 'refused'", params![]).await.unwrap();
        assert_eq!(kept.len(), 4, "nothing is lost");
        assert_eq!(file(&office, id, Role::Nurse).await.visits().count(), 1, "and nothing of it is in the file");
    }
}

#[tokio::test]
async fn a_supervisor_takes_in_what_was_kept_once_and_nothing_told_alone_shows() {
    for office in Office::all(13).await {
        let (id, mother, child) = young_family(&office).await;
        let (nurse, lead, desk) = (who(Role::Nurse), who(Role::VisitSupervisor), office.desk());
        let hers = allowed(Role::Nurse, Action::RecordVisit, &[mother, child]);
        let may = allowed(Role::VisitSupervisor, Action::ManageVisits, &[mother, child]);
        let take = async |what: kernel::SubmissionId| {
            transact!(office.db, take_in::Fault, |tx| take_in::run(tx, &desk, &lead, &may, id, what).await)
        };
        let about = office.about(id, VISITED);
        let left = Visit { discharged: vec![(child, VISITED)], ..made("newborn") };
        let sent = transact!(office.db, Fault, |tx| record::run(tx, &desk, &nurse, None, about, &left).await);
        assert_eq!(sent.unwrap(), Outcome::Kept(Refusal::NotYours));
        assert_eq!(file(&office, id, Role::Nurse).await.visits().count(), 0);
        // A nurse's own decision does not do.
        let by_nurse =
            transact!(office.db, take_in::Fault, |tx| take_in::run(tx, &desk, &nurse, &hers, id, about.id).await);
        assert!(matches!(by_nurse, Err(take_in::Fault::NotAllowed)));
        take(about.id).await.unwrap();
        let now = file(&office, id, Role::Nurse).await;
        assert_eq!(now.visits().count(), 1);
        assert_eq!(now.enrolment.dates.children[0].discharged, Some(VISITED), "what it told is known now");
        assert!(matches!(now.schedule.iter().find(|p| p.visit == "newborn").unwrap().state, State::Done { .. }));
        assert!(matches!(take(about.id).await, Err(take_in::Fault::Nothing)), "once");
        // A visit that measured somebody else's child stays out.
        let stranger = Measured {
            child: PersonId(uuid::Uuid::from_u128(5)),
            weight_kg: Some(3.4),
            length_cm: None,
            standing: None,
            head_cm: None,
            arm_cm: None,
            oedema: false,
            milestones: vec![],
        };
        let (other, wrong) = (office.about(id, VISITED), Visit { measured: vec![stranger], ..made("newborn") });
        transact!(office.db, Fault, |tx| record::run(tx, &desk, &nurse, None, other, &wrong).await).unwrap();
        assert!(matches!(take(other.id).await, Err(take_in::Fault::NotTheirChild)));
        // Answers: openly asked ones come into the file with their score, what was asked alone stays under seal and unseen.
        let open = assessment(&office, id, "perinatal-risk@2026.1", answers(&[("smoking", "true"), ("age", "22")]));
        let alone = assess::Input {
            alone: true,
            ..assessment(&office, id, "home-safety@2026.1", answers(&[("afraid", "true")]))
        };
        for input in [&open, &alone] {
            let sent = transact!(office.db, Fault, |tx| assess::run(tx, &desk, &nurse, None, input).await).unwrap();
            assert_eq!(sent, Outcome::Kept(Refusal::NotYours));
            take(input.about.id).await.unwrap();
            assert!(matches!(take(input.about.id).await, Err(take_in::Fault::Nothing)), "once");
        }
        let now = file(&office, id, Role::Nurse).await;
        let all: Vec<_> = now.assessments().map(|(_, made)| made.instrument.clone()).collect();
        assert_eq!(all, ["perinatal-risk@2026.1"]);
        assert!(now.assessments().next().unwrap().1.points.is_some());
        let mut tx = office.db.read().await.unwrap();
        let kept = tx.all("select submission_id from visit_kept", params![]).await.unwrap();
        assert_eq!(kept.len(), 1, "only what was asked alone is still apart");
        let waits = tx.all("select reason from visit_submission where status = 'refused'", params![]).await.unwrap();
        assert_eq!(waits.len(), 1);
    }
}

#[tokio::test]
async fn after_the_last_day_a_nurse_has_two_weeks_for_her_records_and_then_opens_nothing() {
    for office in Office::all(14).await {
        let (id, mother, child) = young_family(&office).await;
        let (lead, last) = (who(Role::VisitSupervisor), VISITED);
        let may = allowed(Role::VisitSupervisor, Action::ManageVisits, &[mother, child]);
        let ended = (last, LeftWhy::Declined);
        transact!(office.db, assign::Fault, |tx| assign::end(tx, &office.desk(), &lead, &may, id, ended).await)
            .unwrap();
        for (days, nurse) in [(0, true), (visit::FINISH, true), (visit::FINISH + 1, false), (400, false)] {
            let desk = office.desk_on(last.saturating_add(jiff::Span::new().days(days)));
            for (role, opens) in [(Role::Nurse, nurse), (Role::VisitSupervisor, true)] {
                let (eyes, setting) = (Eyes::of(who(role)), setting());
                let mut tx = office.db.read().await.unwrap();
                let seen = read::file(&mut tx, &desk, &eyes.sight(&setting), id).await.unwrap().unwrap();
                assert!(seen.about.iter().all(|(_, r)| r.open_case == opens), "{role:?} after {days} days");
            }
        }
    }
}
