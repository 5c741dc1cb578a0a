//! Investigation alone: a ministry's own machine asks agencies through us, with or without a case of ours, and reads what they
//! said. What it does with the answer is its own business; facts nobody contradicts are recorded as always.

use std::collections::BTreeMap;

use guard::{Action, Allowed, Who};
use kernel::{CaseId, HouseholdId, PersonId, RequestId};
use registry::sight::{Seen, Sight, relations};
use serde::Serialize;
use sha2::{Digest, Sha256};
use store::{AsConflict, StoreError, Tx, params};

use super::answer::{Contradiction, Kept, Said};
use super::ask::{PRIORITY, SEND, Send};
use super::needs::{Whom, whom};
use super::requests::{self, Request};
use crate::case::{Actor, StepKind, rows as cases};
use crate::desk::Desk;
use crate::household;
use crate::model::{Cause, Subject};
use crate::rows::json;

/// The most facts one call may ask for.
pub const MOST: usize = 100;

/// What is asked.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The programme it is asked for: how long agencies have to answer.
    pub programme: String,
    /// Who applied, or whose entitlement it is: the question is kept under them.
    pub person: PersonId,
    /// The household everybody asked about belongs to.
    pub household: HouseholdId,
    /// The case, when it is one of ours: it then shows the question, and goes on when it is answered.
    pub case: Option<CaseId>,
    /// The facts wanted.
    pub items: Vec<(Subject, String)>,
    /// The law that allows the question; the agency asked is told.
    pub law: String,
}

/// A question that was put.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Asked {
    /// Its id.
    pub request: RequestId,
    /// The agency.
    pub agency: String,
    /// What is asked of it.
    pub items: Vec<(Subject, String)>,
}

/// Why nothing was asked.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Not of this ministry, or not allowed for everybody asked about.
    #[error("not allowed for everybody the question is about")]
    NotAllowed,
    /// Somebody outside.
    #[error("the question is about somebody outside the household")]
    OtherHousehold,
    /// Nothing or too much.
    #[error("ask for 1 to {MOST} facts")]
    Count,
    /// The item cannot be asked of an agency.
    #[error("{0}: no agency holds this; only the family itself can say it")]
    NoAgency(String),
    /// No law.
    #[error("name the law that allows the question: the agency is told")]
    NoLaw,
    /// No such household or case.
    #[error("there is no such household or case")]
    Nothing,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Puts one question an agency. The same facts of the same people, asked again on the same day, are the same questions.
pub async fn ask(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, ask: &Ask) -> Result<Vec<Asked>, Fault> {
    if ask.items.is_empty() || ask.items.len() > MOST {
        return Err(Fault::Count);
    }
    if ask.law.trim().chars().count() < 3 {
        return Err(Fault::NoLaw);
    }
    let home = household::load(tx, desk, ask.household, Cause::FactChange).await?.ok_or(Fault::Nothing)?;
    let mut by_agency: BTreeMap<String, Vec<(Subject, String)>> = BTreeMap::new();
    for (subject, item) in &ask.items {
        let about = match subject {
            Subject::Household(id) if *id == ask.household => ask.person,
            Subject::Person(person) if home.persons().contains(person) => *person,
            _ => return Err(Fault::OtherHousehold),
        };
        if allowed.action() != Action::RunStage || !allowed.covers(about) {
            return Err(Fault::NotAllowed);
        }
        match whom(desk.pack, *subject, item) {
            Whom::Agency(agency) => by_agency.entry(agency).or_default().push((*subject, item.clone())),
            Whom::Person => return Err(Fault::NoAgency(item.clone())),
        }
    }
    let mut asked = Vec::new();
    for (agency, items) in by_agency {
        asked.push(put(tx, desk, who, ask, agency, items).await?);
    }
    Ok(asked)
}

async fn put(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    ask: &Ask,
    agency: String,
    mut items: Vec<(Subject, String)>,
) -> Result<Asked, Fault> {
    items.sort();
    items.dedup();
    let words = json(&items)?;
    let digest = hex::encode(Sha256::digest(format!("{words} {}", ask.law).as_bytes()));
    let short = digest.get(..16).unwrap_or(&digest);
    let case = ask.case.map(|c| c.to_string()).unwrap_or_default();
    let key = format!("{}{case} {agency} {} {short}", prefix(who), desk.today());
    let id = RequestId::new(desk.ids, desk.now);
    let reply_by = desk.reply_by(desk.pack.process(&ask.programme));
    let law = ask.law.trim();
    let values = params![ask.person, id, ask.household, key, agency, words, "casework", law, desk.now, reply_by];
    let fresh = tx.execute(requests::ADD, values).await? == 1;
    let request = requests::read(&tx.one(requests::BY_KEY, params![ask.person, key]).await?)?;
    if let Some(case) = ask.case {
        let case = cases::case(tx, case).await?.ok_or(Fault::Nothing)?;
        tx.execute(requests::LINK, params![case.subject.uuid(), case.id, request.id]).await?;
        if fresh {
            let said = serde_json::json!({ "agency": agency, "request": request.id, "items": request.items });
            cases::step(tx, desk, &case, StepKind::Asked, Actor::of(who), &said).await?;
        }
    }
    if fresh {
        tx.queue(desk.ids, desk.now, SEND, &request.id.to_string(), PRIORITY, &Send { request: request.id }).await?;
    }
    Ok(Asked { request: request.id, agency, items })
}

/// What tells a ministry's questions from everybody else's.
fn prefix(who: &Who) -> String {
    format!("stage {} ", who.organisation)
}

/// How a question stands, with what was answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The question.
    pub request: Request,
    /// What the agency said.
    pub facts: Vec<Said>,
    /// What it does not hold.
    pub unknown: Vec<(Subject, String)>,
    /// Where another source says otherwise than the agency: nothing of it was recorded, and the ministry settles it.
    pub contradictions: Vec<Contradiction>,
}

/// A question of this ministry; `None` for any other.
pub async fn outcome(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: RequestId,
) -> Result<Option<Seen<Outcome>>, StoreError> {
    let Some(row) = tx.maybe(requests::ONE, params![id]).await? else { return Ok(None) };
    let key: String = row.get("ask_key")?;
    if !key.starts_with(&prefix(sight.who)) {
        return Ok(None);
    }
    let request = requests::read(&row)?;
    let answer: Option<String> = row.maybe("answer")?;
    let kept: Option<Kept> = if answer.is_some() { Some(row.json("answer")?) } else { None };
    let (facts, unknown, contradictions) = kept.map(|k| (k.facts, k.unknown, k.contradictions)).unwrap_or_default();
    let mut persons = household::member_ids(tx, desk, request.household).await?;
    let named = request.items.iter().filter_map(|(s, _)| s.person()).chain([request.person]);
    persons.extend(named.filter(|p| !persons.contains(p)).collect::<Vec<_>>());
    persons.sort_unstable();
    persons.dedup();
    let about: Vec<_> = relations(tx, sight, persons.clone()).await?.into_iter().collect();
    Ok(Some(Seen { sealed: guard::Sealed::new(Outcome { request, facts, unknown, contradictions }, persons), about }))
}
