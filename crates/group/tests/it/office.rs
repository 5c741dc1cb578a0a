//! What the tests stand on: a database, the real pack, a health centre with two nurses, and families.

use std::collections::BTreeSet;

use group::Desk;
use guard::account::{self, AccountError, Duty};
use guard::{Action, Allowed, Decision, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{AccountId, Date, EnrolmentId, Ids, Instant, Period, PersonId, SeededIds, SessionId};
use registry::household::MemberRole;
use registry::intake::{NewHousehold, NewMember};
use registry::person::{Detail, Name, NewPerson, Script, Sex};
use registry::pregnancy::NewPregnancy;
use registry::protection::{NewProtection, ProtectionError, protect};
use registry::residence::Address;
use registry::sight::{Setting, Sight};
use registry::{FactValue, Origin, Pen};
use store::{Db, Schema, transact};
pub(crate) use testing::{keys, pack};
use uuid::Uuid;
use visit::{assign, enrol};

pub(crate) const SCHEMAS: &[Schema] = &[store::SCHEMA, account::SCHEMA, registry::SCHEMA, visit::SCHEMA, group::SCHEMA];
pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);
pub(crate) const DISTRICT: &str = "kr-11-680";

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) struct Office {
    pub(crate) db: Db,
    pub(crate) ids: SeededIds,
    pub(crate) lead: Who,
    pub(crate) nurse: Who,
    pub(crate) other: Who,
}

impl Office {
    pub(crate) async fn all(seed: u64) -> Vec<Office> {
        let mut all = Vec::new();
        for db in store::testing::databases(SCHEMAS).await.unwrap() {
            let ids = SeededIds::new(seed);
            let now = Instant::start_of(TODAY);
            let duty = |role| Duty { role, organisation: "health_centre".into(), jurisdiction: Some(DISTRICT.into()) };
            let [lead, nurse, other] = [Role::VisitSupervisor, Role::Nurse, Role::Nurse].map(|role| (role, duty(role)));
            let mut made = Vec::new();
            for (role, duty) in [lead, nurse, other] {
                let account = transact!(db, AccountError, |tx| {
                    account::create(tx, &ids, now, "정은지", None, std::slice::from_ref(&duty)).await
                });
                made.push(who(role, account.unwrap()));
            }
            let [lead, nurse, other]: [Who; 3] = made.try_into().unwrap();
            all.push(Office { db, ids, lead, nurse, other });
        }
        all
    }

    pub(crate) fn desk(&self, on: Date) -> Desk<'_> {
        Desk { pack: pack(), keys: keys(), ids: &self.ids, now: Instant::start_of(on).plus_seconds(3 * 3600) }
    }

    /// A family of a nurse, due in January.
    pub(crate) async fn family(&self, given: &str, nurse: &Who) -> PersonId {
        let origin = Origin::new("mois", "", "test");
        let now = Instant::start_of(day("2026-06-01"));
        let mother = NewPerson {
            names: vec![Name::new(Script::Hang, "한", given)],
            identifier: None,
            details: vec![Detail::Sex(Sex::Female), Detail::BirthDate(day("1995-03-02"))],
        };
        let member = NewMember { person: mother, role: MemberRole::Head, parents: vec![], spouse: None, facts: vec![] };
        let new = NewHousehold {
            since: day("2024-05-01"),
            address: Address::new(DISTRICT, "테헤란로 1", "06000"),
            members: vec![member],
            facts: vec![],
        };
        let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
        let (_, persons) = transact!(self.db, registry::intake::IntakeError, |tx| {
            registry::intake::run(tx, Pen::new(&self.ids, keys(), now, &origin), &check, &new).await
        })
        .unwrap();
        let mother = persons[0];
        transact!(self.db, registry::pregnancy::PregnancyError, |tx| {
            let new = NewPregnancy { confirmed_on: day("2026-06-20"), due_date: day("2027-01-20"), unborn: 1 };
            registry::pregnancy::confirm(tx, Pen::new(&self.ids, keys(), now, &origin), mother, new).await
        })
        .unwrap();
        let may = allowed(&self.lead, Action::ManageVisits, &[mother]);
        let desk = self.desk(day("2026-10-01"));
        let id: EnrolmentId =
            transact!(self.db, enrol::Fault, |tx| enrol::run(tx, &desk, &self.lead, &may, mother, true).await).unwrap();
        let nurse = Some(nurse.account);
        transact!(self.db, assign::Fault, |tx| assign::give(tx, &desk, &self.lead, &may, id, nurse).await).unwrap();
        mother
    }

    /// Where she lives is to be told to nobody.
    pub(crate) async fn protects(&self, victim: PersonId) {
        let origin = Origin::new("court_administration", "Domestic Violence Act art. 8", "test");
        let valid = Period { from: day("2026-11-01"), until: None };
        let new = NewProtection { victim, perpetrators: vec![], valid, reason: "order 1".into() };
        let now = self.desk(TODAY).now;
        transact!(self.db, ProtectionError, |tx| {
            protect(tx, Pen::new(&self.ids, keys(), now, &origin), &new).await
        })
        .unwrap();
    }

    pub(crate) fn id(&self) -> Uuid {
        self.ids.uuid(Instant::from_micros(0))
    }
}

fn who(role: Role, account: AccountId) -> Who {
    Who {
        account,
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

pub(crate) fn mother() -> Who {
    who(Role::Citizen, AccountId(Uuid::from_u128(9)))
}

fn decided(who: &Who, action: Action, resource: &Resource) -> Allowed {
    let kind = if who.role == Role::Citizen { PurposeKind::OwnAffairs } else { PurposeKind::HomeVisit };
    let purpose = Purpose::new(kind, "a group meets");
    let (look, now) = (Uuid::from_u128(9), Instant::start_of(TODAY));
    let request = Request { look, now, who, action, resource, purpose: &purpose };
    match Policies::built_in().unwrap().decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

/// A decision of the real policies about these people.
pub(crate) fn allowed(who: &Who, action: Action, persons: &[PersonId]) -> Allowed {
    let citizen = who.role == Role::Citizen;
    let relation = Relation { open_case: !citizen, own: citizen, ..Relation::default() };
    decided(who, action, &Resource::people(persons.iter().map(|p| (*p, relation))))
}

/// A decision of the real policies about no person.
pub(crate) fn may(who: &Who) -> Allowed {
    decided(who, Action::ManageGroups, &Resource::thing("groups"))
}

/// Looks with the eyes of somebody; what is seen is opened for the test.
pub(crate) struct Eyes {
    pub(crate) who: Who,
    purpose: Purpose,
    policies: Policies,
    nobody: BTreeSet<PersonId>,
}

impl Eyes {
    pub(crate) fn of(who: &Who) -> Eyes {
        let purpose = Purpose::new(PurposeKind::HomeVisit, "a group meets");
        Eyes { who: who.clone(), purpose, policies: Policies::built_in().unwrap(), nobody: BTreeSet::new() }
    }

    pub(crate) fn sight<'a>(&'a self, setting: &'a Setting<'a>) -> Sight<'a> {
        Sight {
            who: &self.who,
            purpose: &self.purpose,
            policies: &self.policies,
            open_cases: &self.nobody,
            setting,
            today: TODAY,
        }
    }
}

pub(crate) fn setting() -> Setting<'static> {
    Setting {
        within: &|place, around| place.starts_with(around),
        tells_place: &|_| false,
        grace_days: 30,
        adult_age: 19,
    }
}

pub(crate) fn open<T: Clone>(seen: &registry::sight::Seen<T>) -> T {
    let basis = guard::Processing::new(PurposeKind::HomeVisit, "a test").unwrap();
    seen.sealed.process(&basis, T::clone)
}
