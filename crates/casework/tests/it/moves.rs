//! Moves and deaths told wrongly: corrected and withdrawn, as if they had been told right or never.

use casework::household::PersonRef;
use casework::moved::Movers;
use casework::register::{Fault, Registered, Teller, Told};
use casework::{correct, death, moved, withdraw};
use guard::{Action, Processing, PurposeKind};
use kernel::{Date, EventId, PersonId};
use registry::AsOf;
use registry::household::MemberRole;
use registry::residence::Address;
use store::transact;

use crate::desk::{Office, TODAY, allowed, family, official};

const MOVED: Date = Date::constant(2026, 10, 1);

fn teller() -> Teller {
    Teller { source: "self".into(), register_number: None }
}

fn new(told: Told) -> Registered {
    match told {
        Told::Registered(registered) => registered,
        Told::Already { .. } => panic!("{told:?}"),
    }
}

async fn go(office: &Office, people: &[PersonId], input: moved::Input) -> Registered {
    let told = transact!(office.db, Fault, |tx| {
        let allowed = allowed(Action::RegisterEvent, people);
        moved::run(tx, &office.desk(), &official(), &allowed, input.clone()).await
    });
    new(told.unwrap())
}

async fn mend(office: &Office, event: EventId, right: correct::Right) -> Result<Registered, Fault> {
    let input = correct::Input { event, reason: "misheard".into(), right, teller: teller() };
    let told = transact!(office.db, Fault, |tx| {
        let people = correct::people(tx, event).await?.unwrap();
        let allowed = allowed(Action::RegisterEvent, &people);
        correct::run(tx, &office.desk(), &official(), &allowed, input.clone()).await
    });
    told.map(new)
}

async fn unsay(office: &Office, event: EventId) -> Result<Registered, Fault> {
    let input = withdraw::Input { event, reason: "the wrong family".into(), teller: teller() };
    transact!(office.db, Fault, |tx| {
        let people = correct::people(tx, event).await?.unwrap();
        let allowed = allowed(Action::RegisterEvent, &people);
        withdraw::run(tx, &office.desk(), &official(), &allowed, input.clone()).await
    })
}

/// Where a person lives and with whom on a day, and whether they died.
async fn stands(office: &Office, person: PersonId, on: Date) -> (String, kernel::HouseholdId, Option<Date>) {
    let basis = Processing::new(PurposeKind::Casework, "a test").unwrap();
    let mut tx = office.db.read().await.unwrap();
    let record = registry::read::person(&mut tx, person, AsOf::latest(on)).await.unwrap().unwrap();
    record.process(&basis, |p| {
        let residence = p.residence.clone().unwrap();
        (residence.address.line, p.membership.clone().unwrap().household, p.death_date)
    })
}

#[tokio::test]
async fn a_household_move_is_corrected_then_withdrawn() {
    for office in Office::all(31).await {
        let family = family(&office, 1).await;
        let everybody = [family.mother, family.father];
        let input = moved::Input {
            person: family.mother,
            movers: Movers::Household(family.household),
            address: Address::new("kr-11-680", "Wrong Street 1", ""),
            from: MOVED,
            teller: teller(),
        };
        let told = go(&office, &everybody, input).await;
        let right = correct::Right {
            address: Some(Address::new("kr-11-680", "Right Street 2", "")),
            on: Some(Date::constant(2026, 11, 1)),
            ..Default::default()
        };
        let corrected = mend(&office, told.event, right).await.unwrap();
        for person in everybody {
            assert_eq!(stands(&office, person, MOVED).await.0, "테헤란로 1", "not moved yet on the day told wrongly");
            assert_eq!(stands(&office, person, TODAY).await.0, "Right Street 2");
        }
        assert!(mend(&office, told.event, correct::Right::default()).await.is_err(), "the original is settled");
        assert!(
            matches!(mend(&office, corrected.event, correct::Right::default()).await, Err(Fault::Nothing)),
            "something must be right"
        );
        let nowhere = correct::Right { address: Some(Address::new("nowhere", "Street 3", "")), ..Default::default() };
        assert!(matches!(mend(&office, corrected.event, nowhere).await, Err(Fault::UnknownPlace(_))));
        unsay(&office, corrected.event).await.unwrap();
        for person in everybody {
            assert_eq!(stands(&office, person, TODAY).await.0, "테헤란로 1");
        }
    }
}

#[tokio::test]
async fn one_who_moved_in_with_others_goes_back_and_a_later_move_goes_first() {
    for office in Office::all(32).await {
        let (home, other) = (family(&office, 1).await, family(&office, 2).await);
        let into = |household, from, street: &str| moved::Input {
            person: home.father,
            movers: Movers::Into { person: home.father, household, role: MemberRole::Relative },
            address: Address::new("kr-11-680", street, ""),
            from,
            teller: teller(),
        };
        let first = go(&office, &[home.father], into(other.household, MOVED, "Other Street 2")).await;
        let right = correct::Right { on: Some(Date::constant(2026, 9, 1)), ..Default::default() };
        let first = mend(&office, first.event, right).await.unwrap();
        let september = Date::constant(2026, 9, 15);
        let there = ("Other Street 2".to_owned(), other.household, None);
        assert_eq!(stands(&office, home.father, september).await, there, "the day counts, and the household with it");

        let second = go(&office, &[home.father], into(home.household, Date::constant(2026, 11, 1), "Third 3")).await;
        let refused = unsay(&office, first.event).await.unwrap_err().to_string();
        assert!(refused.contains("that one first"), "{refused}");
        assert_eq!(stands(&office, home.father, september).await, there, "a refusal changes nothing");
        unsay(&office, second.event).await.unwrap();
        assert_eq!(stands(&office, home.father, TODAY).await, there);
        unsay(&office, first.event).await.unwrap();
        for day in [september, TODAY] {
            assert_eq!(stands(&office, home.father, day).await, ("테헤란로 1".to_owned(), home.household, None));
        }
    }
}

#[tokio::test]
async fn a_death_is_corrected_withdrawn_and_can_be_told_again() {
    for office in Office::all(33).await {
        let family = family(&office, 1).await;
        let tell = async || {
            let input = death::Input { person: PersonRef::Id(family.father), on: MOVED, teller: teller() };
            transact!(office.db, Fault, |tx| {
                let allowed = allowed(Action::RegisterEvent, &[family.father]);
                death::run(tx, &office.desk(), &official(), &allowed, input.clone()).await
            })
            .unwrap()
        };
        let told = new(tell().await);
        let later = Date::constant(2026, 10, 4);
        let corrected =
            mend(&office, told.event, correct::Right { on: Some(later), ..Default::default() }).await.unwrap();
        assert_eq!(stands(&office, family.father, TODAY).await.2, Some(later));
        let future = correct::Right { on: Some(Date::constant(2027, 1, 1)), ..Default::default() };
        assert!(matches!(mend(&office, corrected.event, future).await, Err(Fault::BadDay(_))));
        assert!(matches!(tell().await, Told::Already { .. }), "nobody dies twice");
        unsay(&office, corrected.event).await.unwrap();
        assert_eq!(stands(&office, family.father, TODAY).await.2, None);
        new(tell().await);
        assert_eq!(stands(&office, family.father, TODAY).await.2, Some(MOVED));
    }
}
