//! What is told, and of whom.

use std::time::Duration;

use evaluation::report::{self, Report, Said, Verdict};
use kernel::PersonId;
use store::{StoreError, transact};
use survey::figures::Quarter;

use crate::office::{FAMILY, Family, Office, study};

/// So many families of each group; the treated score more, and the younger more of both.
fn groups(each: usize) -> impl Iterator<Item = Family> {
    (0..2 * each).map(|n| {
        let (treated, young) = (n % 2 == 0, n % 3 == 0);
        let scale = 6 + 2 * i64::from(treated) + i64::from(young) + i64::from(n % 5 == 0);
        Family { treated, age: if young { 22 } else { 31 }, single: n % 7 == 0, scale: Some(scale), ..FAMILY }
    })
}

/// What the worker does on a day.
async fn night(office: &Office, on: &str) {
    let desk = office.desk(on);
    transact!(office.db, StoreError, |tx| report::queue(tx, &desk).await).unwrap();
    let job =
        transact!(office.db, StoreError, |tx| tx.lease_job(desk.now, Duration::from_secs(60)).await).unwrap().unwrap();
    transact!(office.db, StoreError, |tx| report::work(tx, &desk, &job).await).unwrap();
}

async fn last(office: &Office) -> Report {
    let mut tx = office.db.read().await.unwrap();
    report::last(&mut tx, &study().id, 1).await.unwrap().pop().unwrap().0
}

#[tokio::test]
async fn a_quarter_is_told_once_and_only_of_those_who_agree() {
    for office in Office::all(41).await {
        let families: Vec<PersonId> = office.families(groups(62)).await;
        // Neither of these is in it: no consent; and no answer that counts yet.
        office.families([Family { agrees: false, ..FAMILY }, Family { agrees: false, treated: false, ..FAMILY }]).await;
        night(&office, "2026-04-02").await;
        let first = last(&office).await;
        assert_eq!(first.quarter, "2026-Q1");
        assert_eq!((first.families, first.incomplete), ([Some(62), Some(62)], Some(0)));
        let week_6 = &first.findings[0];
        assert_eq!(week_6.answered, [Some(62), Some(62)]);
        let Said::Compared(found) = &week_6.said else { panic!("{week_6:?}") };
        assert_eq!(found.weighted.verdict(), Verdict::More);
        assert!((150..=250).contains(&found.weighted.value), "two points more, about: {found:?}");
        assert!(found.is_balanced());
        // Nobody answered the later waves.
        assert!(first.findings[1..].iter().all(|f| f.said == Said::TooFew && f.answered == [Some(0), Some(0)]));

        // Three leave: within the quarter nothing changes, in the next they are gone, and what is left is too few.
        for person in &families[..5] {
            office.withdraws(*person).await;
        }
        night(&office, "2026-06-30").await;
        assert_eq!(last(&office).await, first);
        night(&office, "2026-07-01").await;
        let second = last(&office).await;
        assert_eq!((second.quarter.as_str(), second.families), ("2026-Q2", [Some(59), Some(60)]));
        assert_eq!(second.findings[0].said, Said::TooFew);
        assert_eq!(second.findings[0].answered, [Some(59), Some(60)]);
    }
}

#[tokio::test]
async fn answers_of_a_quarter_that_is_not_over_do_not_count() {
    let office = Office::all(42).await.remove(0);
    office.families(groups(61)).await;
    night(&office, "2026-03-31").await;
    let told = last(&office).await;
    assert_eq!(told.quarter, "2025-Q4");
    assert_eq!((told.families, told.findings[0].answered), ([Some(61), Some(61)], [Some(0), Some(0)]));
}

#[test]
fn small_numbers_are_kept_back_of_those_who_answered_and_of_those_who_did_not() {
    use evaluation::cohort::{Member, Outcome};
    let member = |treated: bool, answered: bool| Member {
        person: PersonId(uuid::Uuid::nil()),
        treated,
        covariates: vec![Some(1.0); study().covariates.len()],
        outcomes: vec![answered.then_some(Outcome { value: 7, week: 6 }); study().outcomes.len()],
    };
    let group = |treated: bool, answered: usize, silent: usize| {
        let all = std::iter::repeat_n(member(treated, true), answered);
        all.chain(std::iter::repeat_n(member(treated, false), silent))
    };
    let quarter: Quarter = "2026-Q1".parse().unwrap();
    let of = |members: Vec<Member>| report::of(study(), &members, quarter);
    let told = of(group(true, 20, 4).chain(group(false, 4, 20)).collect());
    assert_eq!(told.families, [Some(24), Some(24)]);
    assert_eq!(told.findings[0].answered, [None, None], "four said nothing; four said something");
    let told = of(group(true, 20, 5).chain(group(false, 3, 1)).collect());
    assert_eq!((told.families, told.findings[0].answered), ([Some(25), None], [Some(20), None]));
    let unknown = Member { covariates: vec![None; study().covariates.len()], ..member(true, true) };
    assert_eq!(of(vec![unknown.clone(); 4]).incomplete, None);
    assert_eq!(of(vec![unknown; 5]).incomplete, Some(5));
}
