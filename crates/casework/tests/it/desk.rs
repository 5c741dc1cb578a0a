//! What every test stands on: a database, the real pack, keys, ids, and a family in the registry.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};

use casework::{Desk, birth, household::PersonRef, register::Teller};
use guard::{Action, Allowed, Decision, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{AccountId, Date, HouseholdId, Instant, PersonId, SeededIds, SessionId};
use registry::household::MemberRole;
use registry::intake::{NewHousehold, NewMember, Stated};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use rules::schema::Value;
use store::{Db, Schema, transact};
pub(crate) use testing::{keys, pack};
use uuid::Uuid;

pub(crate) const SCHEMAS: &[Schema] = &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA, casework::SCHEMA];

/// The day most tests play on.
pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);

/// One office with its database.
pub(crate) struct Office {
    pub(crate) db: Db,
    pub(crate) ids: SeededIds,
    /// Seconds that went by: every desk stands a second later than the one before.
    ticks: AtomicI64,
}

impl Office {
    /// One on each engine at hand.
    pub(crate) async fn all(seed: u64) -> Vec<Office> {
        let dbs = store::testing::databases(SCHEMAS).await.unwrap();
        dbs.into_iter().map(|db| Office { db, ids: SeededIds::new(seed), ticks: AtomicI64::new(0) }).collect()
    }

    pub(crate) fn desk_on(&self, day: Date) -> Desk<'_> {
        let now = Instant::start_of(day).plus_seconds(3 * 3600 + self.ticks.fetch_add(1, Ordering::SeqCst));
        Desk { pack: pack(), keys: keys(), ids: &self.ids, now }
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        self.desk_on(TODAY)
    }
}

pub(crate) fn official() -> Who {
    who(Role::CounterOfficial)
}

pub(crate) fn who(role: Role) -> Who {
    Who {
        account: AccountId(Uuid::from_u128(1)),
        session: SessionId(Uuid::from_u128(2)),
        role,
        organisation: if matches!(role, Role::Caseworker | Role::Approver) {
            "municipality"
        } else {
            "community_centre"
        }
        .into(),
        jurisdiction: Some("kr-11-680".into()),
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

/// A decision of the real policies that lets the official act for these people.
pub(crate) fn allowed(action: Action, persons: &[PersonId]) -> Allowed {
    static POLICIES: OnceLock<Policies> = OnceLock::new();
    let policies = POLICIES.get_or_init(|| Policies::built_in().unwrap());
    let relation = Relation { in_jurisdiction: true, ..Relation::default() };
    let resource = Resource::people(persons.iter().map(|p| (*p, relation)));
    let (who, purpose) = (official(), Purpose::new(PurposeKind::CounterService, "the mother is here"));
    let request = Request {
        look: Uuid::from_u128(9),
        now: Instant::start_of(TODAY),
        who: &who,
        action,
        resource: &resource,
        purpose: &purpose,
    };
    match policies.decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

/// A staff member in the role, and a decision of the real policies that lets them act for these people.
pub(crate) fn allowed_as(role: Role, action: Action, persons: &[PersonId]) -> (Who, Allowed) {
    let purpose = match role {
        Role::Approver => PurposeKind::Approval,
        Role::Caseworker => PurposeKind::Casework,
        _ => PurposeKind::CounterService,
    };
    let who = who(role);
    let policies = Policies::built_in().unwrap();
    let relation = Relation { in_jurisdiction: true, ..Relation::default() };
    let resource = Resource::people(persons.iter().map(|p| (*p, relation)));
    let purpose = Purpose::new(purpose, "the case is on my list");
    let request = Request {
        look: Uuid::from_u128(9),
        now: Instant::start_of(TODAY),
        who: &who,
        action,
        resource: &resource,
        purpose: &purpose,
    };
    match policies.decide(&request) {
        Decision::Allowed(allowed) => (who, allowed),
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

pub(crate) struct Family {
    pub(crate) household: HouseholdId,
    pub(crate) mother: PersonId,
    pub(crate) father: PersonId,
}

fn person(given: &str, sex: Sex, born: Date, number: &str) -> NewPerson {
    NewPerson {
        names: vec![Name::new(Script::Hang, "한", given)],
        identifier: Some(Identifier::new("national", number)),
        details: vec![Detail::Sex(sex), Detail::BirthDate(born)],
    }
}

/// A couple in Seoul with their wages known.
pub(crate) async fn family(office: &Office, number: u32) -> Family {
    let desk = office.desk_on(Date::constant(2026, 1, 5));
    let origin = Origin::new("mois", "주민등록법 제30조", "test");
    let fact = |item: &str, value: FactValue| Stated {
        item: item.into(),
        value,
        origin: Origin::new("nts", "소득세법", "test"),
        from: Date::constant(2025, 1, 1),
    };
    let korean = || fact("nationality", FactValue::Code("korean".into()));
    let member = |person, role, spouse| NewMember { person, role, parents: vec![], spouse, facts: vec![korean()] };
    let new = NewHousehold {
        since: Date::constant(2024, 5, 1),
        address: Address::new("kr-11-680", "테헤란로 1", "06000"),
        members: vec![
            member(
                person("지우", Sex::Female, Date::constant(1995, 3, 2), &format!("950302-2{number:06}")),
                MemberRole::Head,
                Some(1),
            ),
            member(
                person("도윤", Sex::Male, Date::constant(1993, 7, 9), &format!("930709-1{number:06}")),
                MemberRole::Spouse,
                None,
            ),
        ],
        facts: vec![],
    };
    let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
    let (household, persons) = transact!(office.db, registry::intake::IntakeError, |tx| {
        let pen = Pen::new(desk.ids, desk.keys, desk.now, &origin);
        registry::intake::run(tx, pen, &check, &new).await
    })
    .unwrap();
    Family { household, mother: persons[0], father: persons[1] }
}

/// The birth of a child to this family, as the civil register tells it.
pub(crate) fn child_of(family: &Family, number: &str, born: Date) -> birth::Input {
    birth::Input {
        names: vec![Name::new(Script::Hang, "한", "하늘")],
        sex: Some(Sex::Female),
        birth_date: born,
        identifier: None,
        parents: vec![
            (PersonRef::Id(family.father), birth::ParentRole::Father),
            (PersonRef::Id(family.mother), birth::ParentRole::Mother),
        ],
        number: 1,
        of: 1,
        order: Some(1),
        place: Some("서울".into()),
        registered_at: None,
        registered_on: Some(born),
        facts: vec![("nationality".into(), Value::Code("korean".into()))],
        teller: Teller { source: "court_administration".into(), register_number: Some(number.into()) },
    }
}

/// Registers it.
pub(crate) async fn tell(
    office: &Office,
    desk: &Desk<'_>,
    family: &Family,
    input: birth::Input,
) -> Result<casework::register::Told, birth::Fault> {
    transact!(office.db, birth::Fault, |tx| {
        let allowed = allowed(Action::RegisterEvent, &[family.mother, family.father]);
        birth::run(tx, desk, &official(), &allowed, input.clone()).await
    })
}
