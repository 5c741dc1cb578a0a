//! What people are shown, and that it leaves under seal for everybody it is about.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use guard::{Policies, Processing, Purpose, PurposeKind};
use jiff::civil::date;
use kernel::{Date, HouseholdId, PersonId};
use payment::ahead::Next;
use payment::model::{Form, Grant, PayRule, Stand, Subject};
use payment::read::{self, Cursor, Where};
use payment::recovery::RecoveryStatus;
use registry::sight::{Setting, Sight};

use crate::bank::{camt, line_names, returned};
use crate::desk::{CALENDAR, Office, clerk};

fn policies() -> &'static Policies {
    static POLICIES: OnceLock<Policies> = OnceLock::new();
    POLICIES.get_or_init(|| Policies::built_in().unwrap())
}

#[tokio::test]
async fn a_family_sees_what_was_paid_what_came_back_what_it_owes_and_what_is_next() {
    let nobody = BTreeSet::new();
    let setting = Setting { within: &|_, _| true, tells_place: &|_| false, grace_days: 0, adult_age: 19 };
    let (who, purpose) = (clerk(1), Purpose::new(PurposeKind::Payment, "the monthly run"));
    let sight = |today: Date| Sight {
        who: &who,
        purpose: &purpose,
        policies: policies(),
        open_cases: &nobody,
        setting: &setting,
        today,
    };
    let basis = Processing::new(PurposeKind::Payment, "Act, article 1").unwrap();
    for office in Office::all(30).await {
        let today = date(2026, 9, 1);
        let (mother, child) = (office.payee(today).await, PersonId(office.uuid()));
        let first = Grant { subject: Subject::Person(child), ..office.monthly(mother, date(2026, 9, 1), 1000) };
        let id = office.grant(today, &first).await.entitlement;
        office.paid(date(2026, 9, 25)).await;
        let run = office.paid(date(2026, 10, 23)).await;
        let name = line_names(&office.file(run.id).await)[0].clone();
        office.feed(date(2026, 10, 26), &camt("B1", &[returned(&name, "1000", "AC04")])).await;
        let mut less = office.later(&first, 1000);
        less.slices[0].minor = 900;
        office.grant(date(2026, 10, 27), &less).await;
        let mut tx = office.db.read().await.unwrap();
        let sight = sight(date(2026, 10, 27));
        let seen = read::of_person(&mut tx, &sight, mother, 10).await.unwrap();
        let expected: BTreeSet<PersonId> = [mother, child].into();
        assert_eq!(seen.sealed.persons().iter().copied().collect::<BTreeSet<_>>(), expected);
        assert_eq!(seen.about.iter().map(|(p, _)| *p).collect::<BTreeSet<_>>(), expected);
        seen.sealed.process(&basis, |p| {
            let shown: Vec<_> = p.instalments.iter().map(|i| (i.period.as_str(), i.status, i.minor)).collect();
            assert_eq!(shown, [("2026-10", Where::Returned, 900), ("2026-09", Where::Sent, 1000)]);
            assert_eq!(p.instalments[0].reason.as_deref(), Some("AC04"));
            assert_eq!((p.recoveries.len(), p.recoveries[0].owed()), (1, 100), "what came back is no debt");
            let next: Vec<_> = p.entitlements[0].next.iter().map(|n| (n.period.as_str(), n.minor)).collect();
            assert_eq!(next, [("2026-11", 900), ("2026-12", 900), ("2027-01", 900)]);
            assert_eq!(p.entitlements[0].versions.len(), 2);
            assert!(p.accounts[0].verified && p.accounts[0].hint.starts_with("•••"));
        });
        let home = HouseholdId(office.uuid());
        let family = read::of_household(&mut tx, &sight, home, &[mother, child], 10).await.unwrap();
        family.sealed.process(&basis, |p| assert_eq!((p.entitlements.len(), p.instalments.len()), (1, 2)));
        let back = read::waiting(&mut tx, &sight, Stand::Returned, Cursor::START, 10).await.unwrap();
        let at = back.sealed.process(&basis, |all| {
            assert_eq!((all.len(), all[0].payee, all[0].minor, all[0].attempt), (1, mother, 900, 1));
            all[0].at
        });
        assert_eq!(at.entitlement, id);
        let after = read::waiting(&mut tx, &sight, Stand::Returned, at, 10).await.unwrap();
        after.sealed.process(&basis, |all| assert!(all.is_empty()));
        let lines = read::lines(&mut tx, &sight, run.id, (None, None), Cursor::START, 10).await.unwrap();
        assert_eq!(lines.sealed.persons(), [mother]);
        let none = kernel::RecoveryId(uuid::Uuid::nil());
        let owing = read::recoveries(&mut tx, &sight, RecoveryStatus::Open, none, 10).await.unwrap();
        let recovery = owing.sealed.process(&basis, |all| all[0].id);
        let one = read::recovery(&mut tx, &sight, recovery).await.unwrap().unwrap();
        one.sealed.process(&basis, |(it, acts)| assert_eq!((it.claimed, acts.len()), (100, 1)));
    }
}

#[tokio::test]
async fn what_is_coming_is_told_before_a_run_is_worked_out() {
    for office in Office::all(43).await {
        let ahead = async |today| {
            let mut tx = office.db.read().await.unwrap();
            let next = payment::ahead::ahead(&mut tx, &CALENDAR, kernel::Currency::KRW, today).await.unwrap().next;
            let due = |n: Next| {
                assert_eq!(n.form, Form::Cash);
                (n.pay_date, n.entitlements, n.minor, n.or_more)
            };
            next.into_iter().map(due).collect::<Vec<_>>()
        };
        let today = date(2026, 12, 1);
        assert_eq!(ahead(today).await, []);
        let people = [office.payee(today).await, office.payee(today).await, office.payee(today).await];
        office.grant(today, &office.monthly(people[0], date(2026, 12, 1), 100)).await;
        let after = PayRule::MonthlyAfter { day: 25 };
        let later = Grant { pay: after, ..office.monthly(people[1], date(2026, 12, 1), 7) };
        office.grant(today, &later).await;
        // 24 to 27 December are days off: one goes out before them, the other after.
        assert_eq!(ahead(today).await, [(date(2026, 12, 23), 1, 100, false)]);
        assert_eq!(office.paid(date(2026, 12, 23)).await.minor, 100);
        assert_eq!(ahead(date(2026, 12, 23)).await, [(date(2026, 12, 28), 1, 7, false)]);
        assert_eq!(office.paid(date(2026, 12, 28)).await.minor, 7);
        assert_eq!(ahead(date(2026, 12, 28)).await, [(date(2027, 1, 25), 2, 107, false)]);
        // Two months are behind: the first is told, and that a run may find more.
        office.grant(date(2026, 12, 29), &office.monthly(people[2], date(2026, 11, 1), 50)).await;
        assert_eq!(ahead(date(2026, 12, 29)).await, [(date(2026, 12, 29), 1, 50, true)]);
        assert_eq!(office.prepared(date(2026, 12, 29)).await.minor, 100);
        office.check().await;
    }
}
