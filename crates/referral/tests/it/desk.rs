//! What every test stands on: a database, the real pack, keys, ids, and a couple in the registry.

use std::collections::BTreeSet;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use guard::{Action, Allowed, Decision, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Tier, Who};
use kernel::{AccountId, Date, Instant, PersonId, ReferralId, SeededIds, SessionId};
use referral::change::{self, Done};
use referral::model::{Act, Shares};
use referral::{Desk, clocks, request};
use registry::household::MemberRole;
use registry::intake::{NewHousehold, NewMember};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::residence::Address;
use registry::sight::{Setting, Sight};
use registry::{FactValue, Origin, Pen};
use store::{Db, Schema, transact};
pub(crate) use testing::{keys, pack};
use uuid::Uuid;

pub(crate) const SCHEMAS: &[Schema] = &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA, referral::SCHEMA];

/// The day most tests begin on.
pub(crate) const TODAY: Date = Date::constant(2026, 11, 21);

pub(crate) fn policies() -> &'static Policies {
    static POLICIES: OnceLock<Policies> = OnceLock::new();
    POLICIES.get_or_init(|| Policies::built_in().unwrap())
}

pub(crate) struct Office {
    pub(crate) db: Db,
    ids: SeededIds,
    ticks: AtomicI64,
}

pub(crate) fn who(role: Role) -> Who {
    let organisation = match role {
        Role::Citizen => "",
        // The partner of these tests runs the mental health centre.
        Role::AgencySystem | Role::Nurse | Role::Approver | Role::VisitSupervisor => "health_centre",
        _ => "municipality",
    };
    Who {
        account: AccountId(Uuid::from_u128(u128::from(role as u8) + 1)),
        session: SessionId(Uuid::from_u128(2)),
        role,
        organisation: organisation.into(),
        jurisdiction: matches!(role, Role::Nurse | Role::VisitSupervisor | Role::Approver | Role::Caseworker)
            .then(|| "kr-11-680".into()),
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

pub(crate) fn purpose(role: Role) -> Purpose {
    let kind = match role {
        Role::Nurse | Role::VisitSupervisor => PurposeKind::HomeVisit,
        Role::Caseworker => PurposeKind::Casework,
        Role::Approver => PurposeKind::Approval,
        Role::AgencySystem => PurposeKind::DataExchange,
        _ => PurposeKind::OwnAffairs,
    };
    Purpose::new(kind, "the visit of today")
}

/// A decision of the real policies; `None`: refused.
pub(crate) fn decide(who: &Who, action: Action, person: PersonId, relation: Relation) -> Option<Allowed> {
    let resource = Resource::person(person, relation).at(Tier::Sensitive);
    let purpose = purpose(who.role);
    let request = Request {
        look: Uuid::from_u128(9),
        now: Instant::start_of(TODAY),
        who,
        action,
        resource: &resource,
        purpose: &purpose,
    };
    match policies().decide(&request) {
        Decision::Allowed(allowed) => Some(allowed),
        Decision::Denied(_) => None,
    }
}

pub(crate) fn allowed(who: &Who, action: Action, person: PersonId) -> Allowed {
    let own = who.role == Role::Citizen;
    decide(who, action, person, Relation { open_case: true, own, ..Relation::default() }).unwrap()
}

/// Reads as this viewer would, and gives what the seal holds when the policies open it.
macro_rules! sight {
    ($who:expr, $day:expr) => {{
        let within: &'static (dyn Fn(&str, &str) -> bool + Sync) =
            &|place: &str, around: &str| crate::desk::pack().within(place, around);
        let setting: &'static Setting<'static> =
            Box::leak(Box::new(Setting { within, tells_place: &|_: &str| true, grace_days: 30, adult_age: 19 }));
        static NOBODY: BTreeSet<PersonId> = BTreeSet::new();
        let purpose: &'static Purpose = Box::leak(Box::new(crate::desk::purpose($who.role)));
        Sight { who: $who, purpose, policies: crate::desk::policies(), open_cases: &NOBODY, setting, today: $day }
    }};
}
pub(crate) fn sight(who: &Who, day: Date) -> Sight<'_> {
    sight!(who, day)
}

pub(crate) struct Family {
    pub(crate) mother: PersonId,
    pub(crate) father: PersonId,
}

impl Office {
    /// One on each engine at hand.
    pub(crate) async fn all(seed: u64) -> Vec<Office> {
        let dbs = store::testing::databases(SCHEMAS).await.unwrap();
        dbs.into_iter().map(|db| Office { db, ids: SeededIds::new(seed), ticks: AtomicI64::new(0) }).collect()
    }

    pub(crate) fn desk(&self, day: Date) -> Desk<'_> {
        let now = Instant::start_of(day).plus_seconds(3 * 3600 + self.ticks.fetch_add(1, Ordering::SeqCst));
        Desk { pack: pack(), ids: &self.ids, now }
    }

    /// A couple in Gangnam.
    pub(crate) async fn family(&self, number: u32) -> Family {
        let desk = self.desk(Date::constant(2026, 1, 5));
        let origin = Origin::new("mois", "주민등록법 제30조", "test");
        let member = |given: &str, sex, born, number: String, role, spouse| NewMember {
            person: NewPerson {
                names: vec![Name::new(Script::Hang, "한", given)],
                identifier: Some(Identifier::new("national", number)),
                details: vec![Detail::Sex(sex), Detail::BirthDate(born)],
            },
            role,
            parents: vec![],
            spouse,
            facts: vec![],
        };
        let (hers, his) = (format!("950302-2{number:06}"), format!("930709-1{number:06}"));
        let new = NewHousehold {
            since: Date::constant(2024, 5, 1),
            address: Address::new("kr-11-680", "테헤란로 1", "06000"),
            members: vec![
                member("지우", Sex::Female, Date::constant(1995, 3, 2), hers, MemberRole::Head, Some(1)),
                member("도윤", Sex::Male, Date::constant(1993, 7, 9), his, MemberRole::Spouse, None),
            ],
            facts: vec![],
        };
        let check = |_: &registry::Subject, _: &str, _: &FactValue| Ok(());
        let (_, persons) = transact!(self.db, registry::intake::IntakeError, |tx| {
            let pen = Pen::new(desk.ids, keys(), desk.now, &origin);
            registry::intake::run(tx, pen, &check, &new).await
        })
        .unwrap();
        Family { mother: persons[0], father: persons[1] }
    }

    pub(crate) async fn send(&self, day: Date, input: &request::Input) -> Result<request::Sent, request::Fault> {
        let nurse = who(Role::Nurse);
        transact!(self.db, request::Fault, |tx| {
            let allowed = allowed(&nurse, Action::Refer, registry::read::surviving(tx, input.person).await?);
            request::run(tx, &self.desk(day), &sight(&nurse, day), &allowed, input).await
        })
    }

    pub(crate) async fn act(
        &self,
        day: Date,
        who: &Who,
        person: PersonId,
        id: ReferralId,
        revision: Option<u32>,
        act: Act,
    ) -> Result<Done, change::Fault> {
        let action = match who.role {
            Role::AgencySystem => Action::AnswerReferral,
            Role::Citizen => Action::RefuseReferral,
            _ => Action::Refer,
        };
        transact!(self.db, change::Fault, |tx| {
            let allowed = allowed(who, action, person);
            change::run(tx, &self.desk(day), who, &allowed, id, revision, &act).await
        })
    }

    /// A day's look at the clocks, to its end.
    pub(crate) async fn night(&self, day: Date) -> clocks::Rung {
        transact!(self.db, store::StoreError, |tx| clocks::queue(tx, &self.desk(day)).await).unwrap();
        let mut all = clocks::Rung::default();
        loop {
            let rung = transact!(self.db, store::StoreError, |tx| {
                let desk = self.desk(day);
                match tx.lease_job(desk.now.plus_seconds(60), Duration::from_secs(60)).await? {
                    Some(job) => clocks::work(tx, &desk, &job).await,
                    None => Ok(None),
                }
            })
            .unwrap();
            let Some(rung) = rung else { return all };
            all.reminded += rung.reminded;
            all.escalated += rung.escalated;
            all.expired += rung.expired;
        }
    }
}

/// A mother is sent to the mental health centre.
pub(crate) fn to_mental_health(number: u128, mother: PersonId) -> request::Input {
    request::Input {
        id: ReferralId(Uuid::from_u128(number)),
        person: mother,
        service: "mental_health_gangnam".into(),
        need: "depression".into(),
        reason: "Sleeps badly since the birth; would like somebody to talk to.".into(),
        contact: Some("010-0000-1234, mornings".into()),
        shares: Shares { name: true, birth_date: false },
        agreed_by: Some(mother),
        instead_of: None,
    }
}
