//! What the tests stand on: a database, the real pack, and families under the universal protocol.

use guard::{Action, Allowed, Decision, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{AccountId, Date, EnrolmentId, HouseholdId, Ids, Instant, PersonId, SeededIds, SessionId, SubmissionId};
use registry::change::{Kind, Notice};
use registry::household::MemberRole;
use registry::intake::{NewHousehold, NewMember};
use registry::newborn::{self, Newborn};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::pregnancy::NewPregnancy;
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use store::{Db, Schema, StoreError, transact};
use survey::Desk;
use survey::invite::{self, Round};
pub(crate) use testing::{keys, pack};
use uuid::Uuid;
use visit::model::{EndingWord, Visit};
use visit::submit::About;
use visit::{assign, enrol, follow, record};

pub(crate) const SCHEMAS: &[Schema] =
    &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA, visit::SCHEMA, survey::SCHEMA];
pub(crate) const BORN: Date = Date::constant(2026, 6, 18);
pub(crate) const DISTRICT: &str = "kr-11-680";

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) struct Office {
    pub(crate) db: Db,
    pub(crate) ids: SeededIds,
}

pub(crate) struct Family {
    pub(crate) household: HouseholdId,
    pub(crate) mother: PersonId,
    pub(crate) enrolment: EnrolmentId,
    pub(crate) child: PersonId,
}

fn fine(_: &registry::Subject, _: &str, _: &FactValue) -> Result<(), String> {
    Ok(())
}

impl Office {
    pub(crate) async fn all(seed: u64) -> Vec<Office> {
        let dbs = store::testing::databases(SCHEMAS).await.unwrap();
        dbs.into_iter().map(|db| Office { db, ids: SeededIds::new(seed) }).collect()
    }

    pub(crate) fn desk(&self, on: Date) -> Desk<'_> {
        Desk { pack: pack(), keys: keys(), ids: &self.ids, now: Instant::start_of(on).plus_seconds(3 * 3600) }
    }

    /// A family whose child was born on [`BORN`] and that a nurse visited on 1 July.
    pub(crate) async fn family(&self) -> Family {
        let origin = Origin::new("mois", "", "test");
        let early = Instant::start_of(day("2026-03-01"));
        let mother = NewPerson {
            names: vec![Name::new(Script::Hang, "한", "지우")],
            identifier: Some(Identifier::new("national", "950302-2000001")),
            details: vec![Detail::Sex(Sex::Female), Detail::BirthDate(day("1995-03-02"))],
        };
        let member = NewMember { person: mother, role: MemberRole::Head, parents: vec![], spouse: None, facts: vec![] };
        let new = NewHousehold {
            since: day("2024-05-01"),
            address: Address::new(DISTRICT, "테헤란로 1", "06000"),
            members: vec![member],
            facts: vec![],
        };
        let (household, persons) = transact!(self.db, registry::intake::IntakeError, |tx| {
            registry::intake::run(tx, Pen::new(&self.ids, keys(), early, &origin), &fine, &new).await
        })
        .unwrap();
        let mother = persons[0];
        transact!(self.db, registry::pregnancy::PregnancyError, |tx| {
            let new = NewPregnancy { confirmed_on: day("2026-01-01"), due_date: BORN, unborn: 1 };
            registry::pregnancy::confirm(tx, Pen::new(&self.ids, keys(), early, &origin), mother, new).await
        })
        .unwrap();
        let (lead, may) = (who(Role::VisitSupervisor), allowed(Role::VisitSupervisor, Action::ManageVisits, &[mother]));
        let desk = self.desk(day("2026-05-01"));
        let enrolment =
            transact!(self.db, enrol::Fault, |tx| enrol::run(tx, &desk, &lead, &may, mother, true).await).unwrap();
        let nurse = Some(who(Role::Nurse).account);
        transact!(self.db, assign::Fault, |tx| assign::give(tx, &desk, &lead, &may, enrolment, nurse).await).unwrap();
        let child = self.birth(mother, household).await;
        let family = Family { household, mother, enrolment, child };
        self.visit(&family, day("2026-07-01")).await;
        family
    }

    async fn birth(&self, mother: PersonId, household: HouseholdId) -> PersonId {
        let origin = Origin::new("court_administration", "", "test");
        let now = self.desk(day("2026-06-20")).now;
        let child = transact!(self.db, StoreError, |tx| {
            let person = NewPerson {
                names: vec![Name::new(Script::Hang, "한", "하늘")],
                identifier: None,
                details: vec![Detail::Sex(Sex::Female), Detail::BirthDate(BORN)],
            };
            let new =
                Newborn { person: &person, born: BORN, parents: &[mother], household, residence: None, facts: &[] };
            let made = newborn::register(tx, Pen::new(&self.ids, keys(), now, &origin), &fine, new).await;
            made.map_err(|e| StoreError::Driver(e.to_string()))
        })
        .unwrap();
        self.told(household, child, Kind::Kin, "2026-06-20").await;
        child
    }

    async fn told(&self, household: HouseholdId, person: PersonId, kind: Kind, on: &str) {
        let notice = Notice { households: vec![household], persons: vec![person], kinds: vec![kind], items: vec![] };
        let desk = self.desk(day(on));
        transact!(self.db, StoreError, |tx| follow::registry_changed(tx, &desk, &notice).await).unwrap();
    }

    /// The child dies.
    pub(crate) async fn death(&self, family: &Family, on: &str) {
        let origin = Origin::new("court_administration", "", "test");
        let now = self.desk(day(on)).now;
        let always = kernel::Period { from: Date::constant(1, 1, 1), until: None };
        transact!(self.db, registry::person::PersonError, |tx| {
            let pen = Pen::new(&self.ids, keys(), now, &origin);
            registry::person::set_detail(tx, pen, family.child, &Detail::DeathDate(day(on)), always).await
        })
        .unwrap();
        self.told(family.household, family.child, Kind::Detail, on).await;
    }

    async fn visit(&self, family: &Family, on: Date) {
        let (nurse, may) =
            (who(Role::Nurse), allowed(Role::Nurse, Action::RecordVisit, &[family.mother, family.child]));
        let about = About {
            id: SubmissionId(self.ids.uuid(Instant::start_of(on))),
            enrolment: family.enrolment,
            on,
            replaces: None,
        };
        let visit = Visit {
            visit: "newborn".to_owned(),
            ending: EndingWord::Done,
            minutes: Some(75),
            topics: vec![],
            next_steps: None,
            note: None,
            why: None,
            discharged: vec![],
            measured: vec![],
            forms: vec![],
        };
        let desk = self.desk(on);
        transact!(self.db, visit::submit::Fault, |tx| record::run(tx, &desk, &nurse, Some(&may), about, &visit).await)
            .unwrap();
    }

    /// The round of a day, as the worker makes it.
    pub(crate) async fn night(&self, on: Date) -> Round {
        let desk = self.desk(on);
        transact!(self.db, StoreError, |tx| invite::queue(tx, &desk).await).unwrap();
        let mut all = Round::default();
        loop {
            let lease = std::time::Duration::from_secs(60);
            let job = transact!(self.db, StoreError, |tx| tx.lease_job(desk.now, lease).await).unwrap();
            let Some(job) = job else { return all };
            let one = transact!(self.db, StoreError, |tx| invite::work(tx, &desk, &job).await).unwrap().unwrap();
            all.asked += one.asked;
            all.withdrawn += one.withdrawn;
        }
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
    let now = Instant::start_of(BORN);
    let request = Request { look: Uuid::from_u128(9), now, who: &who, action, resource: &resource, purpose: &purpose };
    match Policies::built_in().unwrap().decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}
