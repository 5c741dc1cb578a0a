//! Families from one nurse to another: never nobody's, never two nurses'.

use std::collections::BTreeMap;

use guard::{Action, Who};
use kernel::{AccountId, Date, EnrolmentId, HandoverId};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use store::transact;
use uuid::Uuid;
use visit::handover::{self as of_visit, Fault, Input};
use visit::roll;
use workforce::caseload::{loads, suggest};
use workforce::handover;

use crate::office::{Family, Office, TODAY, pack};

fn after(day: Date, days: i64) -> Date {
    day.saturating_add(jiff::Span::new().days(days))
}

fn input(number: u128, from: &Who, to: &Who, on: Date, families: &[&Family]) -> Input {
    Input {
        id: HandoverId(Uuid::from_u128(number)),
        from: from.account,
        to: to.account,
        on,
        families: families.iter().map(|f| f.enrolment).collect(),
        reason: "육아휴직".to_owned(),
    }
}

async fn send(office: &Office, today: Date, families: &[&Family], it: &Input) -> Result<(), Fault> {
    let people: Vec<_> = families.iter().map(|f| f.mother).collect();
    let (desk, may) = (office.desk(today), office.about(&office.lead, Action::ManageVisits, &people));
    transact!(office.db, Fault, |tx| handover::run(tx, &desk, &office.lead, &may, it).await)
}

/// Who of the nurses has the family on a day, as the guard's relation has it.
async fn hands(office: &Office, on: Date, id: EnrolmentId) -> Vec<AccountId> {
    let mut tx = office.db.read().await.unwrap();
    let e = roll::one(&mut tx, id).await.unwrap().unwrap();
    let desk = office.desk(on);
    office.nurses.iter().filter(|n| desk.responsible(n, &e)).map(|n| n.account).collect()
}

#[tokio::test]
async fn from_the_day_on_and_no_day_sooner_or_later() {
    for office in Office::all(21).await {
        let [a, b, c] = [&office.nurses[0], &office.nurses[1], &office.nurses[2]];
        let (one, two) = (office.family(1, a.account).await, office.family(2, a.account).await);
        let day = after(TODAY, 10);
        let it = input(1, a, b, day, &[&one, &two]);

        // What cannot be, with nothing written.
        let bad = |change: &dyn Fn(&mut Input)| {
            let mut other = it.clone();
            change(&mut other);
            other
        };
        let both = [&one, &two];
        assert!(matches!(
            send(&office, TODAY, &both, &bad(&|i| i.reason = " ".to_owned())).await,
            Err(Fault::NoReason)
        ));
        assert!(matches!(send(&office, TODAY, &both, &bad(&|i| i.to = i.from)).await, Err(Fault::Same)));
        assert!(matches!(send(&office, TODAY, &both, &bad(&|i| i.families.clear())).await, Err(Fault::NoFamily)));
        assert!(matches!(send(&office, TODAY, &both, &bad(&|i| i.on = after(TODAY, -1))).await, Err(Fault::Day(_))));
        assert!(matches!(send(&office, TODAY, &both, &bad(&|i| i.on = after(TODAY, 181))).await, Err(Fault::Day(_))));
        assert!(matches!(send(&office, TODAY, &both, &input(2, c, b, day, &both)).await, Err(Fault::NotHers(_))));
        assert!(
            matches!(send(&office, TODAY, &[&one], &it).await, Err(Fault::NotAllowed)),
            "one was not decided about"
        );
        assert_eq!(hands(&office, day, one.enrolment).await, [a.account], "all or none");

        send(&office, TODAY, &both, &it).await.unwrap();
        send(&office, TODAY, &both, &it).await.unwrap();
        assert!(matches!(send(&office, TODAY, &both, &bad(&|i| i.on = TODAY)).await, Err(Fault::OtherContent)));
        assert!(matches!(send(&office, TODAY, &both, &input(3, a, c, day, &both)).await, Err(Fault::Already(_))));
        for family in [&one, &two] {
            assert_eq!(hands(&office, after(day, -1), family.enrolment).await, [a.account]);
            assert_eq!(hands(&office, day, family.enrolment).await, [b.account], "the worker has not run");
        }
        let desk = office.desk(day);
        assert_eq!(transact!(office.db, store::StoreError, |tx| handover::settle(tx, &desk).await).unwrap(), 2);
        assert_eq!(transact!(office.db, store::StoreError, |tx| handover::settle(tx, &desk).await).unwrap(), 0);
        assert_eq!(hands(&office, day, one.enrolment).await, [b.account]);
        let mut tx = office.db.read().await.unwrap();
        for nurse in [a, b] {
            let told = of_visit::told(&mut tx, nurse.account, TODAY).await.unwrap();
            assert_eq!((told.len(), told[0].families, told[0].on), (1, 2, day), "both are told");
        }
        assert!(of_visit::told(&mut tx, c.account, TODAY).await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn no_family_without_a_nurse_on_any_day_over_random_handovers() {
    let step = (0_i64..9, 0_usize..3, 1_usize..3, 0_i64..30, 1_u8..15, proptest::bool::ANY);
    let mut runner = TestRunner::deterministic();
    let steps = proptest::collection::vec(step, 30).new_tree(&mut runner).unwrap().current();
    for office in Office::all(22).await {
        let mut families = Vec::new();
        for number in 0..4_u32 {
            families.push(office.family(number, office.nurses[number as usize % 3].account).await);
        }
        // Whose each family is from which day on, kept apart from the program.
        let mut truth: BTreeMap<EnrolmentId, BTreeMap<Date, AccountId>> = families
            .iter()
            .zip([0, 1, 2, 0])
            .map(|(f, nurse)| (f.enrolment, BTreeMap::from([(TODAY, office.nurses[nurse].account)])))
            .collect();
        let (mut today, mut taken) = (TODAY, 0);
        for (number, (days, from, other, ahead, which, settles)) in steps.iter().enumerate() {
            today = after(today, *days);
            let (from, to) = (&office.nurses[*from], &office.nurses[(from + other) % 3]);
            let chosen: Vec<&Family> =
                families.iter().enumerate().filter(|(n, _)| which >> n & 1 == 1).map(|(_, f)| f).collect();
            let on = after(today, *ahead);
            let it = input(100 + number as u128, from, to, on, &chosen);
            let hers = chosen.iter().all(|f| {
                let known = &truth[&f.enrolment];
                known.range(..=today).next_back().map(|(_, n)| *n) == Some(from.account)
                    && known.range(after(today, 1)..).next().is_none()
            });
            let done = send(&office, today, &chosen, &it).await;
            assert_eq!(done.is_ok(), hers && !chosen.is_empty(), "{done:?}");
            if done.is_ok() {
                taken += 1;
                for family in &chosen {
                    truth.get_mut(&family.enrolment).unwrap().insert(on, to.account);
                }
            }
            if *settles {
                let desk = office.desk(today);
                transact!(office.db, store::StoreError, |tx| handover::settle(tx, &desk).await).unwrap();
            }
            for (id, known) in &truth {
                for ahead in 0..35 {
                    let day = after(today, ahead);
                    let expected = *known.range(..=day).next_back().unwrap().1;
                    assert_eq!(hands(&office, day, *id).await, [expected], "{id} on {day}");
                }
            }
        }
        assert!(taken >= 5, "too few handovers to tell anything: {taken}");
    }
}

#[tokio::test]
async fn who_has_too_many_gives_to_who_has_room() {
    for office in Office::all(23).await {
        let team: Vec<AccountId> = office.nurses.iter().map(|n| n.account).collect();
        for number in 0..5 {
            office.family(number, team[0]).await;
        }
        office.family(9, team[1]).await;
        let mut tx = office.db.read().await.unwrap();
        let known = of_visit::counted(&mut tx, &office.desk(TODAY), &office.lead).await.unwrap();
        let real = pack().workforce().unwrap();
        assert!(suggest(real, &team, &known).is_empty(), "far below the ceiling");
        let mut rules = real.clone();
        (rules.most_families, rules.most_intense) = (2, 2);
        let before = loads(&rules, &team, &known);
        assert_eq!([before[&team[0]].families, before[&team[1]].families, before[&team[2]].families], [5, 1, 0]);
        let moves = suggest(&rules, &team, &known);
        assert_eq!(moves.len(), 3, "{moves:?}");
        let mut after = known.clone();
        for it in &moves {
            after.iter_mut().find(|f| f.id == it.family).unwrap().next = Some(it.to);
        }
        let after = loads(&rules, &team, &after);
        assert!(after.values().all(|load| load.families == 2), "{after:?}");
        assert!(suggest(&rules, &team[..1], &known).is_empty(), "nobody has room");
    }
}
