//! What the tests of families stand on: a database, the real pack, a health centre, and a mother in the registry.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use guard::{Action, Allowed, Decision, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{
    AccountId, Date, EnrolmentId, HouseholdId, Ids, Instant, PersonId, PregnancyId, SeededIds, SessionId, SubmissionId,
};
use registry::household::MemberRole;
use registry::intake::{NewHousehold, NewMember};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::pregnancy::NewPregnancy;
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use store::{Db, Schema, transact};
pub(crate) use testing::{keys, pack};
use uuid::Uuid;
use visit::submit::About;
use visit::{Desk, assign, enrol};

pub(crate) const SCHEMAS: &[Schema] = &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA, visit::SCHEMA];
/// The day most tests play on.
pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);
pub(crate) const DISTRICT: &str = "kr-11-680";

/// One health centre with its database.
pub(crate) struct Office {
    pub(crate) db: Db,
    pub(crate) ids: SeededIds,
    /// The number of the next family.
    families: AtomicU32,
}

pub(crate) struct Family {
    pub(crate) household: HouseholdId,
    pub(crate) mother: PersonId,
    pub(crate) pregnancy: PregnancyId,
}

impl Office {
    /// One on each engine at hand.
    pub(crate) async fn all(seed: u64) -> Vec<Office> {
        let dbs = store::testing::databases(SCHEMAS).await.unwrap();
        dbs.into_iter()
            .map(|db| Office { db, ids: SeededIds::new(seed), families: AtomicU32::new(2_000_001) })
            .collect()
    }

    pub(crate) fn desk_on(&self, day: Date) -> Desk<'_> {
        Desk { pack: pack(), keys: keys(), ids: &self.ids, now: Instant::start_of(day).plus_seconds(3 * 3600) }
    }

    pub(crate) fn desk(&self) -> Desk<'_> {
        self.desk_on(TODAY)
    }

    pub(crate) fn new_id(&self) -> SubmissionId {
        SubmissionId(self.ids.uuid(Instant::start_of(TODAY)))
    }

    pub(crate) fn about(&self, enrolment: EnrolmentId, on: Date) -> About {
        About { id: self.new_id(), enrolment, on, replaces: None }
    }

    /// A pregnant woman in Seoul, due in ten weeks.
    pub(crate) async fn family(&self, due: Date) -> Family {
        let origin = Origin::new("mois", "주민등록법 제30조", "test");
        let now = Instant::start_of(Date::constant(2026, 6, 1));
        let mother = NewPerson {
            names: vec![Name::new(Script::Hang, "한", "지우")],
            identifier: Some(Identifier::new("national", format!("950302-{}", self.families.fetch_add(1, Relaxed)))),
            details: vec![Detail::Sex(Sex::Female), Detail::BirthDate(Date::constant(1995, 3, 2))],
        };
        let member = NewMember { person: mother, role: MemberRole::Head, parents: vec![], spouse: None, facts: vec![] };
        let new = NewHousehold {
            since: Date::constant(2024, 5, 1),
            address: Address::new(DISTRICT, "테헤란로 1", "06000"),
            members: vec![member],
            facts: vec![],
        };
        let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
        let (household, persons) = transact!(self.db, registry::intake::IntakeError, |tx| {
            let pen = Pen::new(&self.ids, keys(), now, &origin);
            registry::intake::run(tx, pen, &check, &new).await
        })
        .unwrap();
        let confirmed_on = due.saturating_sub(jiff::Span::new().days(200));
        let pregnancy = transact!(self.db, registry::pregnancy::PregnancyError, |tx| {
            let pen = Pen::new(&self.ids, keys(), now, &origin);
            let new = NewPregnancy { confirmed_on, due_date: due, unborn: 1 };
            registry::pregnancy::confirm(tx, pen, persons[0], new).await
        })
        .unwrap();
        Family { household, mother: persons[0], pregnancy }
    }

    /// A family that asked for visits and was given to the nurse.
    pub(crate) async fn visited(&self, family: &Family) -> EnrolmentId {
        let lead = who(Role::VisitSupervisor);
        let may = allowed(Role::VisitSupervisor, Action::ManageVisits, &[family.mother]);
        let desk = self.desk_on(Date::constant(2026, 10, 1));
        let id = transact!(self.db, enrol::Fault, |tx| enrol::run(tx, &desk, &lead, &may, family.mother, true).await);
        let id = id.unwrap();
        let nurse = Some(who(Role::Nurse).account);
        transact!(self.db, assign::Fault, |tx| assign::give(tx, &desk, &lead, &may, id, nurse).await).unwrap();
        id
    }
}

pub(crate) fn who(role: Role) -> Who {
    Who {
        account: AccountId(Uuid::from_u128(if role == Role::Nurse { 1 } else { 2 })),
        session: SessionId(Uuid::from_u128(3)),
        role,
        organisation: if role == Role::Citizen { String::new() } else { "health_centre".to_owned() },
        jurisdiction: (role != Role::Citizen).then(|| DISTRICT.to_owned()),
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

/// A decision of the real policies that lets the role act for these people.
pub(crate) fn allowed(role: Role, action: Action, persons: &[PersonId]) -> Allowed {
    let citizen = role == Role::Citizen;
    let relation = Relation { open_case: !citizen, own: citizen, ..Relation::default() };
    let resource = Resource::people(persons.iter().map(|p| (*p, relation)));
    let kind = if citizen { PurposeKind::OwnAffairs } else { PurposeKind::HomeVisit };
    let (who, purpose) = (who(role), Purpose::new(kind, "a visit is due"));
    let now = Instant::start_of(TODAY);
    let request = Request { look: Uuid::from_u128(9), now, who: &who, action, resource: &resource, purpose: &purpose };
    match Policies::built_in().unwrap().decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

/// A decision of the real policies about a thing.
pub(crate) fn thing(role: Role, action: Action) -> Allowed {
    let (who, purpose) = (who(role), Purpose::new(PurposeKind::HomeVisit, "a visit is due"));
    let resource = Resource::thing("week");
    let now = Instant::start_of(TODAY);
    let request = Request { look: Uuid::from_u128(9), now, who: &who, action, resource: &resource, purpose: &purpose };
    match Policies::built_in().unwrap().decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

/// Everything a test may look at, as the real policies and eyes have it.
pub(crate) struct Eyes {
    who: Who,
    purpose: Purpose,
    policies: Policies,
    nobody: std::collections::BTreeSet<PersonId>,
}

impl Eyes {
    pub(crate) fn of(who: Who) -> Eyes {
        let purpose = Purpose::new(PurposeKind::HomeVisit, "a visit is due");
        Eyes { who, purpose, policies: Policies::built_in().unwrap(), nobody: Default::default() }
    }

    pub(crate) fn sight<'a>(&'a self, setting: &'a registry::sight::Setting<'a>) -> registry::sight::Sight<'a> {
        registry::sight::Sight {
            who: &self.who,
            purpose: &self.purpose,
            policies: &self.policies,
            open_cases: &self.nobody,
            setting,
            today: TODAY,
        }
    }
}

pub(crate) fn setting() -> registry::sight::Setting<'static> {
    registry::sight::Setting {
        within: &|place, around| place.starts_with(around),
        tells_place: &|_| false,
        grace_days: 30,
        adult_age: 19,
    }
}

/// Opens a seal for a test.
pub(crate) fn open<T: Clone>(seen: &registry::sight::Seen<T>) -> T {
    let basis = guard::Processing::new(PurposeKind::HomeVisit, "a test").unwrap();
    seen.sealed.process(&basis, T::clone)
}
