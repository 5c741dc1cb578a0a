//! What the tests stand on: a database, the real pack, and families of the study with everything that counts.

use std::path::Path;
use std::sync::Arc;

use casework::application::consent;
use catalogue::model::Study;
use evaluation::Desk;
use guard::log::Log;
use guard::{
    Action, Allowed, Decision, Guard, Keys, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Who,
};
use kernel::{
    AccountId, ConsentId, Date, EnrolmentId, FixedClock, Ids, Instant, PersonId, SeededIds, SessionId, SubmissionId,
    TierDecisionId,
};
use serde_json::json;
use store::{Db, Schema, Tx, params, transact};
pub(crate) use testing::{keys, pack};
use uuid::Uuid;

pub(crate) const SCHEMAS: &[Schema] = &[
    store::SCHEMA,
    guard::account::SCHEMA,
    registry::SCHEMA,
    casework::SCHEMA,
    visit::SCHEMA,
    survey::SCHEMA,
    evaluation::SCHEMA,
];
pub(crate) const BORN: &str = "2026-01-10";
/// Told nowhere: it stands wherever a place or a word could slip through.
pub(crate) const CANARY: &str = "kr-canary-refuge";

const ENROL: &str = "insert into visit_enrolment (person_id, enrolment_id, protocol, source, entered_on, consented_at, organisation, place, dates, revision, recorded_at)
    values ($1, $2, 'universal@2026.1', 'own', $3, $4, 'health_centre', $5, $6, 1, $4)";
const ASSESSED: &str = "insert into visit_submission (person_id, submission_id, enrolment_id, kind, subject, made_on, status, content, account_id, received_at)
    values ($1, $2, $3, 'assessment', 'perinatal-risk', $4, 'accepted', $5, $2, $6)";
const TIER: &str = "insert into visit_tier (person_id, tier_id, enrolment_id, from_on, protocol, tier, content, account_id, recorded_at)
    values ($1, $2, $3, $4, 'sustained@2026.1', null, $5, $2, $6)";
const AGREED: &str = "insert into consent (person_id, consent_id, purpose, law, words, account_id, given_at) values ($1, $2, $3, 'act', '{}', $2, $4)";
const INVITED: &str = "insert into survey_invitation (person_id, invitation_id, enrolment_id, survey, wave, occasion, instrument, opens_on, closes_on, organisation, place, words, status, made_at)
    values ($1, $2, $3, 'home_visits', $4, $4, 'parent-voice@2026.1', $5, $5, 'health_centre', $6, '{}', 'answered', 0)";
const VALUE: &str =
    "insert into survey_value (person_id, invitation_id, measure, value) values ($1, $2, 'parenting', $3)";
const ANSWERED: &str =
    "insert into survey_answer (person_id, invitation_id, sealed, wrote, answered_at) values ($1, $2, $3, true, $4)";

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn study() -> &'static Study {
    pack().studies().get("sustained_visits").unwrap()
}

/// A family.
#[derive(Clone, Copy)]
pub(crate) struct Family {
    pub(crate) treated: bool,
    pub(crate) age: i64,
    pub(crate) single: bool,
    /// Points of the parenting scale at six weeks; `None`: it did not answer.
    pub(crate) scale: Option<i64>,
    pub(crate) agrees: bool,
}

pub(crate) const FAMILY: Family = Family { treated: true, age: 27, single: false, scale: Some(9), agrees: true };

pub(crate) struct Office {
    pub(crate) db: Db,
    pub(crate) ids: SeededIds,
}

impl Office {
    pub(crate) async fn all(seed: u64) -> Vec<Office> {
        let dbs = store::testing::databases(SCHEMAS).await.unwrap();
        dbs.into_iter().map(|db| Office { db, ids: SeededIds::new(seed) }).collect()
    }

    pub(crate) fn desk(&self, on: &str) -> Desk<'_> {
        Desk { pack: pack(), keys: keys(), ids: &self.ids, now: Instant::start_of(day(on)).plus_seconds(3 * 3600) }
    }

    fn id(&self) -> Uuid {
        self.ids.uuid(Instant::from_micros(0))
    }

    /// A family as its rows stand after registration, decision and six weeks.
    pub(crate) async fn family(&self, tx: &mut Tx, f: Family) -> PersonId {
        let (person, enrolment, now) =
            (PersonId(self.id()), EnrolmentId(self.id()), Instant::start_of(day("2025-10-01")));
        let child = PersonId(self.id());
        let child = json!({ "person": child, "born": BORN, "female": null, "discharged": null, "died": null });
        let dates = json!({ "due": BORN, "lost": null, "children": [child] }).to_string();
        tx.execute(ENROL, params![person, enrolment, day("2025-10-01"), now, CANARY, dates]).await.unwrap();
        // Two points: the rule proposes sustained visits.
        let answers = json!({ "age": f.age, "single": f.single, "low_income": true });
        let made = json!({ "instrument": "perinatal-risk@2026.1", "answers": answers, "rule": "perinatal_risk_score@2026.1", "points": 2 });
        let submission = SubmissionId(self.id());
        let values = params![person, submission, enrolment, day("2025-10-02"), made.to_string(), now];
        tx.execute(ASSESSED, values).await.unwrap();
        if f.treated {
            let grounds = json!({ "submission": null, "rule": null, "points": null, "counted": [], "skipped": [], "proposed": null, "overridden": false, "reason": CANARY });
            let tier = TierDecisionId(self.id());
            let values = params![person, tier, enrolment, day("2025-10-03"), grounds.to_string(), now];
            tx.execute(TIER, values).await.unwrap();
        }
        if f.agrees {
            tx.execute(AGREED, params![person, ConsentId(self.id()), study().consent, now]).await.unwrap();
        }
        if let Some(points) = f.scale {
            let (invitation, on) = (self.id(), day("2026-03-01"));
            tx.execute(INVITED, params![person, invitation, enrolment, "week_6", on, CANARY]).await.unwrap();
            tx.execute(VALUE, params![person, invitation, points]).await.unwrap();
            let values = params![person, invitation, CANARY.as_bytes().to_vec(), Instant::start_of(on)];
            tx.execute(ANSWERED, values).await.unwrap();
        }
        person
    }

    pub(crate) async fn families(&self, all: impl IntoIterator<Item = Family>) -> Vec<PersonId> {
        let mut tx = self.db.begin().await.unwrap();
        let mut made = Vec::new();
        for one in all {
            made.push(self.family(&mut tx, one).await);
        }
        tx.commit().await.unwrap();
        made
    }

    /// She takes it back herself.
    pub(crate) async fn withdraws(&self, person: PersonId) {
        let who = Who { person: Some(person), ..who(Role::Citizen, 9) };
        let desk = casework::Desk { pack: pack(), keys: keys(), ids: &self.ids, now: self.desk("2026-04-01").now };
        let may = [own(&who, person)];
        let stood = transact!(self.db, consent::Fault, |tx| {
            consent::withdraw(tx, &desk, &who, &may, person, &study().consent).await
        });
        assert!(stood.unwrap());
    }
}

pub(crate) fn who(role: Role, n: u128) -> Who {
    Who {
        account: AccountId(Uuid::from_u128(n)),
        session: SessionId(Uuid::from_u128(3)),
        role,
        organisation: if role == Role::Citizen { String::new() } else { "mohw".to_owned() },
        jurisdiction: None,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

fn own(who: &Who, person: PersonId) -> Allowed {
    let relation = Relation { own: true, ..Relation::default() };
    let resource = Resource::people([(person, relation)]);
    let purpose = Purpose::new(PurposeKind::OwnAffairs, "");
    let (look, now) = (Uuid::from_u128(9), Instant::start_of(day("2026-04-01")));
    let request = Request { look, now, who, action: Action::AcceptOffer, resource: &resource, purpose: &purpose };
    match Policies::built_in().unwrap().decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

/// A guard with a log and keys of its own.
pub(crate) fn guard_in(dir: &Path, now: Instant) -> Guard {
    let keys = Arc::new(Keys::open(&dir.join("keys")).unwrap());
    let log = Log::open(&dir.join("log"), Arc::clone(&keys)).unwrap();
    Guard::new(Policies::built_in().unwrap(), log, keys, Arc::new(FixedClock::at(now)), Arc::new(SeededIds::new(5)))
}
