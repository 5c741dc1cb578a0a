//! What the tests stand on: a database, the real pack, a health centre with a supervisor and three nurses, and mothers in the registry.

use guard::account::{self, AccountError, Duty};
use guard::{Action, Allowed, Decision, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{AccountId, Date, EnrolmentId, Instant, PersonId, SeededIds, SessionId};
use registry::household::MemberRole;
use registry::intake::{NewHousehold, NewMember};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::pregnancy::NewPregnancy;
use registry::residence::Address;
use registry::{FactValue, Origin, Pen};
use store::{Db, Schema, transact};
pub(crate) use testing::{keys, pack};
use uuid::Uuid;
use visit::{Desk, assign, enrol};

pub(crate) const SCHEMAS: &[Schema] =
    &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA, visit::SCHEMA, referral::SCHEMA, workforce::SCHEMA];
/// The day most tests play on.
pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);
pub(crate) const DISTRICT: &str = "kr-11-680";

/// One health centre with its database.
pub(crate) struct Office {
    pub(crate) db: Db,
    pub(crate) ids: SeededIds,
    pub(crate) lead: Who,
    pub(crate) nurses: Vec<Who>,
}

pub(crate) struct Family {
    pub(crate) mother: PersonId,
    pub(crate) enrolment: EnrolmentId,
}

impl Office {
    /// One on each engine at hand.
    pub(crate) async fn all(seed: u64) -> Vec<Office> {
        let mut all = Vec::new();
        for db in store::testing::databases(SCHEMAS).await.unwrap() {
            let ids = SeededIds::new(seed);
            let lead = staff(&db, &ids, Role::VisitSupervisor, "한지민").await;
            let mut nurses = Vec::new();
            for name in ["정은지", "오세나", "문가영"] {
                nurses.push(staff(&db, &ids, Role::Nurse, name).await);
            }
            all.push(Office { db, ids, lead, nurses });
        }
        all
    }

    pub(crate) async fn somebody(&self, role: Role, name: &str) -> Who {
        staff(&self.db, &self.ids, role, name).await
    }

    pub(crate) fn desk(&self, on: Date) -> Desk<'_> {
        Desk { pack: pack(), keys: keys(), ids: &self.ids, now: Instant::start_of(on).plus_seconds(3 * 3600) }
    }

    /// A pregnant woman who asked for visits and was given to a nurse on 1 October. `number` makes her another one.
    pub(crate) async fn family(&self, number: u32, nurse: AccountId) -> Family {
        let origin = Origin::new("mois", "주민등록법 제30조", "test");
        let now = Instant::start_of(Date::constant(2026, 6, 1));
        let mother = NewPerson {
            names: vec![Name::new(Script::Hang, "한", format!("지우{number}"))],
            identifier: Some(Identifier::new("national", format!("950302-{:07}", 2_000_000 + number))),
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
        let (_, persons) = transact!(self.db, registry::intake::IntakeError, |tx| {
            registry::intake::run(tx, Pen::new(&self.ids, keys(), now, &origin), &check, &new).await
        })
        .unwrap();
        transact!(self.db, registry::pregnancy::PregnancyError, |tx| {
            let due_date = Date::constant(2027, 1, 20);
            let new = NewPregnancy { confirmed_on: Date::constant(2026, 6, 1), due_date, unborn: 1 };
            registry::pregnancy::confirm(tx, Pen::new(&self.ids, keys(), now, &origin), persons[0], new).await
        })
        .unwrap();
        let (lead, may) = (&self.lead, self.about(&self.lead, Action::ManageVisits, &[persons[0]]));
        let desk = self.desk(Date::constant(2026, 10, 1));
        let enrolment =
            transact!(self.db, enrol::Fault, |tx| enrol::run(tx, &desk, lead, &may, persons[0], true).await).unwrap();
        transact!(self.db, assign::Fault, |tx| assign::give(tx, &desk, lead, &may, enrolment, Some(nurse)).await)
            .unwrap();
        Family { mother: persons[0], enrolment }
    }

    /// A decision of the real policies about these people.
    pub(crate) fn about(&self, who: &Who, action: Action, persons: &[PersonId]) -> Allowed {
        let relation = Relation { open_case: true, ..Relation::default() };
        allowed(who, action, &Resource::people(persons.iter().map(|p| (*p, relation))))
    }

    /// The supervisor's decision on the team.
    pub(crate) fn manages(&self) -> Allowed {
        allowed(&self.lead, Action::ManageTeam, &Resource::thing("team"))
    }
}

async fn staff(db: &Db, ids: &SeededIds, role: Role, name: &str) -> Who {
    let now = Instant::start_of(TODAY);
    let duty = Duty { role, organisation: "health_centre".to_owned(), jurisdiction: Some(DISTRICT.to_owned()) };
    let account =
        transact!(db, AccountError, |tx| account::create(tx, ids, now, name, None, std::slice::from_ref(&duty)).await);
    Who {
        account: account.unwrap(),
        session: SessionId(Uuid::from_u128(3)),
        role,
        organisation: duty.organisation,
        jurisdiction: duty.jurisdiction,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

pub(crate) fn allowed(who: &Who, action: Action, resource: &Resource) -> Allowed {
    match decide(who, action, resource) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

pub(crate) fn decide(who: &Who, action: Action, resource: &Resource) -> Decision {
    let purpose = Purpose::new(PurposeKind::HomeVisit, "the team's work");
    let (look, now) = (Uuid::from_u128(9), Instant::start_of(TODAY));
    Policies::built_in().unwrap().decide(&Request { look, now, who, action, resource, purpose: &purpose })
}
