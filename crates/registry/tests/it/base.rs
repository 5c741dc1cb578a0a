//! Writing and reading back at any past moment.

use kernel::{HouseholdId, Period, PersonId, SeededIds};
use registry::fact::{self, FactError, NewFact};
use registry::household::{self, HouseholdError, Joining, MemberRole};
use registry::intake::{self, NewHousehold, NewMember, Stated};
use registry::kin::Relation;
use registry::newborn::{self, Newborn};
use registry::person::{self, Identifier, PersonError, Sex};
use registry::pregnancy::{self, NewPregnancy};
use registry::residence::{self, Address};
use registry::{AsOf, FactValue, HouseholdRecord, Pen, Subject, read};
use store::{Db, testing, transact};

use crate::support::*;

/// A household taken in.
pub(crate) struct Home {
    pub(crate) household: HouseholdId,
    pub(crate) persons: Vec<PersonId>,
}

/// Takes a household in, at `n` seconds.
pub(crate) async fn take_in(db: &Db, ids: &SeededIds, n: i64, new: &NewHousehold) -> Home {
    let done = transact!(db, intake::IntakeError, |tx| intake::run(tx, pen(ids, n), &any, new).await);
    let (household, persons) = done.unwrap();
    Home { household, persons }
}

/// Registers a child.
pub(crate) async fn bear(db: &Db, pen: Pen<'_>, child: Newborn<'_>) -> PersonId {
    let mut tx = db.begin().await.unwrap();
    let id = newborn::register(&mut tx, pen, &any, child).await.unwrap();
    tx.commit().await.unwrap();
    id
}

/// A couple with one child.
pub(crate) fn couple() -> NewHousehold {
    let stated = |item: &str, amount, from: &str| Stated {
        item: item.into(),
        value: FactValue::Money(amount),
        origin: origin().clone(),
        from: day(from),
    };
    let member = |person, role, facts| NewMember { person, role, parents: vec![], spouse: None, facts };
    let mother = person("한", "빛나", ("Han", "Bitna"), Sex::Female, "1995-03-02", "950302-2000001");
    let father = person("도", "해솔", ("Do", "Haesol"), Sex::Male, "1993-08-15", "930815-1000002");
    let child = person("도", "새봄", ("Do", "Saebom"), Sex::Female, "2022-04-09", "220409-4000003");
    NewHousehold {
        since: day("2022-05-01"),
        address: Address::new("kr-11-680", "Garam-ro 12, 304", "06001"),
        members: vec![
            NewMember {
                spouse: Some(1),
                ..member(mother, MemberRole::Head, vec![stated("wage", 2_000_000, "2026-01-01")])
            },
            member(father, MemberRole::Spouse, vec![]),
            NewMember { parents: vec![0, 1], ..member(child, MemberRole::Child, vec![]) },
        ],
        facts: vec![stated("monthly_rent", 300_000, "2024-01-01")],
    }
}

/// The household as read for a machine.
pub(crate) async fn load(db: &Db, id: HouseholdId, as_of: AsOf) -> Option<HouseholdRecord> {
    let mut tx = db.read().await.unwrap();
    read::household(&mut tx, id, as_of).await.unwrap().map(|whole| whole.process(&basis(), Clone::clone))
}

#[tokio::test]
async fn every_statement_prepares_on_both_engines() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        testing::prepare_all(&db, &registry::statements()).await;
    }
}

#[test]
fn the_schema_can_be_distributed() {
    assert_eq!(store::lint(&registry::SCHEMA), Vec::<String>::new());
}

#[tokio::test]
async fn a_family_is_read_as_it_was_registered_and_a_birth_joins_it_with_one_notice() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let done = take_in(&db, &ids, 0, &couple()).await;
        let today = day("2026-11-21");
        let home = load(&db, done.household, AsOf::latest(today)).await.unwrap();
        assert_eq!(home.members.len(), 3);
        assert_eq!(home.members[0].person.id, done.persons[0], "the head comes first");
        assert_eq!(home.jurisdiction.as_deref(), Some("kr-11-680"));
        assert_eq!(home.fact("monthly_rent").unwrap().value, FactValue::Money(300_000));
        assert_eq!(home.members[0].person.fact("wage").unwrap().value, FactValue::Money(2_000_000));
        assert_eq!(home.members[0].person.related(Relation::Spouse).collect::<Vec<_>>(), vec![done.persons[1]]);
        assert_eq!(home.members[0].person.names[0].full, "한빛나");
        assert!(load(&db, done.household, AsOf::new(today, at(-1))).await.is_none(), "known before it was recorded");
        assert_eq!(load(&db, done.household, AsOf::latest(day("2022-04-30"))).await.unwrap().members.len(), 0);

        let mother = done.persons[0];
        let expected = NewPregnancy { confirmed_on: day("2026-04-01"), due_date: day("2026-11-25"), unborn: 1 };
        transact!(db, pregnancy::PregnancyError, |tx| pregnancy::confirm(tx, pen(&ids, 1), mother, expected).await)
            .unwrap();
        let child = person("도", "이든", ("Do", "Ideun"), Sex::Male, "2026-11-20", "");
        let home = load(&db, done.household, AsOf::latest(today)).await.unwrap();
        let newborn = Newborn {
            person: &child,
            born: day("2026-11-20"),
            parents: &done.persons[..2],
            household: done.household,
            residence: home.member(mother).unwrap().person.residence.as_ref(),
            facts: &[("birth_order".to_owned(), FactValue::Integer(2))],
        };
        let born = bear(&db, pen(&ids, 2), newborn).await;
        let running = home.member(mother).unwrap().person.pregnancies[0].id;
        let on = day("2026-11-20");
        transact!(db, pregnancy::PregnancyError, |tx| {
            pregnancy::end(tx, pen(&ids, 3), mother, running, on, pregnancy::Outcome::Birth).await
        })
        .unwrap();
        let home = load(&db, done.household, AsOf::latest(today)).await.unwrap();
        let child = &home.member(born).unwrap().person;
        assert_eq!(child.related(Relation::Parent).count(), 2);
        assert_eq!(child.residence.as_ref().unwrap().address.line, "Garam-ro 12, 304");
        assert!(home.member(mother).unwrap().person.pregnancies.is_empty(), "the pregnancy has ended");
        let before = load(&db, done.household, AsOf::new(today, at(1))).await.unwrap();
        assert_eq!(before.member(mother).unwrap().person.pregnancies.len(), 1, "as known a second before");

        let mut tx = db.begin().await.unwrap();
        let mut notices = Vec::new();
        while let Some(message) = tx.take_message(at(9)).await.unwrap() {
            assert_eq!(message.topic, registry::change::CHANGED);
            notices.push(serde_json::from_str::<registry::change::Notice>(&message.payload).unwrap());
        }
        assert_eq!(notices.len(), 4, "one notice a use case");
        assert!(notices.iter().all(|n| n.households == vec![done.household]));
    }
}

#[tokio::test]
async fn facts_are_superseded_corrected_and_closed_but_never_lost() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let done = take_in(&db, &ids, 0, &couple()).await;
        let subject = Subject::Person(done.persons[0]);
        let wage = |amount, valid, corrects| NewFact {
            subject,
            item: "wage".into(),
            value: FactValue::Money(amount),
            valid,
            corrects,
        };
        let put = async |n, new: NewFact| {
            let mut tx = db.begin().await.unwrap();
            let id = fact::record(&mut tx, pen(&ids, n), &any, new).await;
            if id.is_ok() {
                tx.commit().await.unwrap();
            }
            id
        };
        let on = async |valid: &str, n| {
            let home = load(&db, done.household, AsOf::new(day(valid), at(n))).await.unwrap();
            home.member(done.persons[0]).unwrap().person.fact("wage").map(|f| f.value.clone())
        };
        // A later value takes over from its day on; an older one that arrives late ends where the known one begins.
        let july = put(10, wage(2_500_000, since("2026-07-01"), None)).await.unwrap();
        put(20, wage(1_000_000, since("2025-01-01"), None)).await.unwrap();
        assert_eq!(on("2026-06-30", 20).await, Some(FactValue::Money(2_000_000)));
        assert_eq!(on("2026-07-01", 20).await, Some(FactValue::Money(2_500_000)));
        assert_eq!(on("2025-06-01", 20).await, Some(FactValue::Money(1_000_000)));
        assert_eq!(on("2025-06-01", 19).await, None, "not known then");
        // A correction; what was read before stays readable.
        let july2 = put(30, wage(2_400_000, since("2026-07-01"), Some(july))).await.unwrap();
        assert_eq!(on("2026-08-01", 30).await, Some(FactValue::Money(2_400_000)));
        assert_eq!(on("2026-08-01", 29).await, Some(FactValue::Money(2_500_000)));
        // Again the same: nothing new. Correcting what was corrected: refused.
        assert_eq!(put(40, wage(2_400_000, since("2026-07-01"), None)).await.unwrap(), july2);
        let twice = put(41, wage(1, since("2026-07-01"), Some(july))).await;
        assert!(matches!(twice, Err(FactError::NothingToCorrect)), "{twice:?}");
        let backwards = Period { from: day("2026-07-01"), until: Some(day("2026-07-01")) };
        assert!(matches!(put(42, wage(1, backwards, None)).await, Err(FactError::Backwards { .. })));
        let mut tx = db.begin().await.unwrap();
        let no: fact::ItemCheck<'_> = &|_, item, _| Err(format!("{item} is not in the data dictionary"));
        let refused = fact::record(&mut tx, pen(&ids, 43), no, wage(1, since("2026-08-01"), None)).await;
        assert!(matches!(refused, Err(FactError::Item { .. })));
        drop(tx);
        // The clock goes back an hour: the statement is recorded after what is known already, never before.
        put(-3600, wage(9, since("2026-09-01"), None)).await.unwrap();
        assert_eq!(on("2026-09-01", 30).await, Some(FactValue::Money(2_400_000)), "the past was changed");
        assert_eq!(on("2026-09-01", 40).await, Some(FactValue::Money(9)));
    }
}

#[tokio::test]
async fn nobody_is_in_two_households_and_a_move_takes_the_record_along() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let done = take_in(&db, &ids, 0, &couple()).await;
        let other = transact!(db, HouseholdError, |tx| household::create(tx, pen(&ids, 1)).await).unwrap();
        let joining =
            Joining { person: done.persons[1], household: other, role: MemberRole::Head, valid: since("2026-11-01") };
        let both = transact!(db, HouseholdError, |tx| household::join(tx, pen(&ids, 2), joining).await);
        assert!(matches!(both, Err(HouseholdError::Overlap(_))), "{both:?}");
        for n in [3, 4] {
            // Twice is once.
            transact!(db, HouseholdError, |tx| household::transfer(tx, pen(&ids, n), joining).await).unwrap();
        }
        let today = AsOf::latest(day("2026-11-21"));
        assert_eq!(load(&db, done.household, today).await.unwrap().members.len(), 2);
        assert_eq!(load(&db, other, today).await.unwrap().members.len(), 1);
        assert_eq!(load(&db, done.household, AsOf::latest(day("2026-10-31"))).await.unwrap().members.len(), 3);
        assert_eq!(load(&db, done.household, AsOf::new(day("2026-11-21"), at(2))).await.unwrap().members.len(), 3);

        let address = Address::new("kr-26-350", "Haneul-gil 7", "48001");
        let from = day("2026-11-15");
        transact!(db, residence::MoveError, |tx| {
            residence::move_household(tx, pen(&ids, 5), done.household, &address, from).await
        })
        .unwrap();
        let home = load(&db, done.household, today).await.unwrap();
        assert_eq!(home.jurisdiction.as_deref(), Some("kr-26-350"));
        assert!(home.members.iter().all(|m| m.person.residence.as_ref().unwrap().address == address));
        let then = load(&db, done.household, AsOf::latest(day("2026-11-14"))).await.unwrap();
        assert_eq!(then.jurisdiction.as_deref(), Some("kr-11-680"));
        assert_eq!(load(&db, other, today).await.unwrap().jurisdiction.as_deref(), Some("kr-11-680"));
    }
}

#[tokio::test]
async fn an_identifier_belongs_to_one_record_however_it_is_written() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let ids = ids();
        let new = person("한", "빛나", ("Han", "Bitna"), Sex::Female, "1995-03-02", "950302-2000001");
        transact!(db, PersonError, |tx| person::create(tx, pen(&ids, 0), &new).await).unwrap();
        let again = person("한", "별", ("Han", "Byeol"), Sex::Female, "1995-03-02", "9503022000001");
        let taken = transact!(db, PersonError, |tx| person::create(tx, pen(&ids, 1), &again).await);
        assert!(matches!(taken, Err(PersonError::IdentifierTaken)), "{taken:?}");
        let mut tx = db.begin().await.unwrap();
        let raw = tx.all("select sealed from person_identifier", &[]).await.unwrap();
        assert_eq!(raw.len(), 1, "the refused record left something behind");
        let sealed: Vec<u8> = raw[0].get("sealed").unwrap();
        assert!(!sealed.windows(7).any(|w| w == b"9503022"), "the number lies in clear in the database");
        assert!(!format!("{:?}", Identifier::new("resident_number", "950302-2000001")).contains("9503"));
    }
}
