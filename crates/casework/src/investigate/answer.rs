//! What came back from an agency. Every question ends exactly once; what comes later leaves it as it ended ([`super::late`]).

use catalogue::Pack;
use kernel::{CaseId, Date, Period, RequestId};
use registry::{NewFact, Origin};
use rules::schema::{Entity, Type, Value};
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx, params};

use super::late;
use super::requests::{self, Request, RequestStatus};
use crate::case::open::{ADVANCE, Advance};
use crate::case::rows as cases;
use crate::case::{Actor, Case, StepKind, TaskKind, TaskStatus};
use crate::desk::{Desk, fact_value, registry_subject};
use crate::household;
use crate::model::{Cause, Subject};
use crate::rows::json;
use crate::snapshot::FactStood;

/// One fact an agency states.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// The value.
    pub value: Value,
    /// First day it holds; `None`: the day of the answer.
    pub from: Option<Date>,
    /// First day it no longer holds.
    pub until: Option<Date>,
}

/// What came back, checked by the connector: form, signature, subject.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// Facts, and what the agency holds nothing about.
    Answered {
        /// Facts stated.
        facts: Vec<Said>,
        /// Asked, and not held.
        unknown: Vec<(Subject, String)>,
        /// Hash of the answer's bytes.
        hash: String,
    },
    /// The agency will answer later; the question stays open.
    Pending,
    /// It could not be reached; the question stays open and is sent again.
    Unreached {
        /// What went wrong.
        words: String,
    },
    /// It may not answer, answered something unusable, or there is no connection to it: the question ends.
    Refused {
        /// What it said, or what was wrong with its answer.
        words: String,
    },
}

/// What the reply did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// The question is still open.
    StaysOpen,
    /// The question ended now.
    Ended,
    /// The question had ended without an answer: it stays so, and what came is held against the cases that waited for it.
    Late,
    /// The question was answered before, or never was: nothing changed.
    TooLate,
}

/// Why a reply could not be taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// A fact was refused by the registry.
    #[error("a fact could not be recorded: {0}")]
    Fact(#[from] registry::fact::FactError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Fact(e) => e.is_conflict(),
            Fault::Store(e) => e.is_conflict(),
        }
    }
}

/// A contradiction, as its task shows it: both values with their sources.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Contradiction {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// What is held already.
    pub held: FactStood,
    /// What the agency says.
    pub said: Said,
    /// The agency.
    pub agency: String,
    /// The question.
    pub request: RequestId,
}

/// Takes a reply.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, id: RequestId, reply: Reply) -> Result<Effect, Fault> {
    let Some(request) = requests::one(tx, id).await?.filter(|r| r.status != RequestStatus::Answered) else {
        return Ok(Effect::TooLate);
    };
    match reply {
        Reply::Answered { .. } if called_back_for_good(desk, &request) => Ok(Effect::TooLate),
        Reply::Answered { facts, .. } if !request.status.is_open() => late::run(tx, desk, &request, facts).await,
        _ if !request.status.is_open() => Ok(Effect::TooLate),
        Reply::Pending => still_open(tx, &request, RequestStatus::Pending, None).await,
        Reply::Unreached { words } => still_open(tx, &request, request.status, Some(words)).await,
        Reply::Refused { words } => end(tx, desk, &request, Ending::without(RequestStatus::Refused, words)).await,
        Reply::Answered { facts, unknown, hash } => answered(tx, desk, &request, facts, unknown, hash).await,
    }
}

/// Ends questions whose time ran out, so that no case waits for ever; says how many.
pub async fn overdue(tx: &mut Tx, desk: &Desk<'_>, most: u32) -> Result<usize, Fault> {
    let due = tx.all(requests::OVERDUE, params![desk.now, most]).await?;
    let ids = due.iter().map(|row| row.get("request_id")).collect::<Result<Vec<RequestId>, _>>()?;
    for id in &ids {
        if let Some(request) = requests::one(tx, *id).await?.filter(|r| r.status.is_open()) {
            let words = request.problem.clone().unwrap_or_default();
            end(tx, desk, &request, Ending::without(RequestStatus::TimedOut, words)).await?;
        }
    }
    Ok(ids.len())
}

/// Cancels the open questions of a case that no other case waits for.
pub(crate) async fn cancel(tx: &mut Tx, desk: &Desk<'_>, case: &Case) -> Result<(), StoreError> {
    for request in requests::of_case(tx, case.id).await? {
        if !request.status.is_open() {
            continue;
        }
        let mut needed = false;
        for other in requests::waiting_cases(tx, request.id).await? {
            needed |= other != case.id && cases::case(tx, other).await?.is_some_and(|c| !c.stage.is_closed());
        }
        if !needed {
            call_back(tx, desk, &request).await?;
        }
    }
    Ok(())
}

/// Cancels the open questions of a case to these agencies, whoever else waits for them.
pub(crate) async fn cancel_of(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    agencies: &[String],
) -> Result<(), StoreError> {
    for request in requests::of_case(tx, case.id).await? {
        if request.status.is_open() && agencies.contains(&request.agency) {
            call_back(tx, desk, &request).await?;
        }
    }
    Ok(())
}

/// Whether the family took back the consent on which the question rested: what is said all the same is not taken.
fn called_back_for_good(desk: &Desk<'_>, request: &Request) -> bool {
    request.status == RequestStatus::Cancelled && desk.pack.consent_for(&request.agency).is_some()
}

async fn call_back(tx: &mut Tx, desk: &Desk<'_>, request: &Request) -> Result<(), StoreError> {
    let word = RequestStatus::Cancelled.word();
    let none: Option<String> = None;
    let values = params![request.person, request.id, word, desk.now, none, none, none];
    tx.execute(requests::END, values).await.map(drop)
}

async fn still_open(
    tx: &mut Tx,
    request: &Request,
    status: RequestStatus,
    problem: Option<String>,
) -> Result<Effect, Fault> {
    tx.execute(requests::TRIED, params![request.person, request.id, status.word(), problem]).await?;
    Ok(Effect::StaysOpen)
}

/// How a question ends.
struct Ending {
    status: RequestStatus,
    answer: Option<String>,
    hash: Option<String>,
    problem: Option<String>,
    /// For the timeline: what was confirmed, contradicted, unknown.
    detail: serde_json::Value,
}

impl Ending {
    fn without(status: RequestStatus, words: String) -> Ending {
        let detail = serde_json::json!({ "problem": words });
        Ending { status, answer: None, hash: None, problem: Some(words), detail }
    }
}

/// Ends the question, notes it with every case that waits, and lets them go on.
async fn end(tx: &mut Tx, desk: &Desk<'_>, request: &Request, ending: Ending) -> Result<Effect, Fault> {
    let Ending { status, answer, hash, problem, detail } = ending;
    let values = params![request.person, request.id, status.word(), desk.now, answer, hash, problem];
    if tx.execute(requests::END, values).await? != 1 {
        return Ok(Effect::TooLate);
    }
    let told = serde_json::json!({ "agency": request.agency, "request": request.id, "status": status, "said": detail });
    for case in requests::waiting_cases(tx, request.id).await? {
        if let Some(case) = cases::case(tx, case).await?.filter(|c| !c.stage.is_closed()) {
            cases::step(tx, desk, &case, StepKind::Answered, Actor::MACHINE, &told).await?;
            tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await?;
        }
    }
    Ok(Effect::Ended)
}

/// The column `answer`.
#[derive(Serialize, Deserialize)]
pub(super) struct Kept {
    pub(super) facts: Vec<Said>,
    pub(super) unknown: Vec<(Subject, String)>,
    /// Where another source says otherwise, and nothing was recorded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(super) contradictions: Vec<Contradiction>,
}

async fn answered(
    tx: &mut Tx,
    desk: &Desk<'_>,
    request: &Request,
    facts: Vec<Said>,
    unknown: Vec<(Subject, String)>,
    hash: String,
) -> Result<Effect, Fault> {
    let facts = asked(request, facts);
    // One value that cannot be puts the whole answer in doubt.
    for said in &facts {
        if let Err(reason) = desk.check_value(said.subject, &said.item, &said.value) {
            let words = format!("{}: {reason}", said.item);
            return end(tx, desk, request, Ending::without(RequestStatus::Refused, words)).await;
        }
    }
    let unknown: Vec<(Subject, String)> = request
        .items
        .iter()
        .filter(|(s, i)| unknown.contains(&(*s, i.clone())) || !facts.iter().any(|f| f.subject == *s && f.item == *i))
        .cloned()
        .collect();
    let waiting = waiting(tx, request).await?;
    let mut contradicted = Vec::new();
    for said in &facts {
        match held(tx, desk, request, said).await? {
            Some(held) => {
                let detail = contradiction(request, said, held);
                contradict(tx, desk, &waiting, &detail).await?;
                contradicted.push(detail);
            }
            None => record(tx, desk, request, said).await?,
        }
    }
    let confirmed: Vec<&str> =
        facts.iter().map(|f| f.item.as_str()).filter(|i| !contradicted.iter().any(|c| c.item == *i)).collect();
    let items: Vec<&str> = contradicted.iter().map(|c| c.item.as_str()).collect();
    let open: Vec<&str> = unknown.iter().map(|(_, i)| i.as_str()).collect();
    let detail = serde_json::json!({ "confirmed": confirmed, "contradicted": items, "unknown": open });
    let answer = Some(json(&Kept { facts, unknown, contradictions: contradicted })?);
    let ending = Ending { status: RequestStatus::Answered, answer, hash: Some(hash), problem: None, detail };
    end(tx, desk, request, ending).await
}

/// What was asked of what was said: what nobody asked is not taken.
pub(super) fn asked(request: &Request, facts: Vec<Said>) -> Vec<Said> {
    facts.into_iter().filter(|f| request.items.iter().any(|(s, i)| *s == f.subject && *i == f.item)).collect()
}

pub(super) fn contradiction(request: &Request, said: &Said, held: FactStood) -> Contradiction {
    Contradiction {
        subject: said.subject,
        item: said.item.clone(),
        held,
        said: said.clone(),
        agency: request.agency.clone(),
        request: request.id,
    }
}

/// The open cases that wait for the question.
async fn waiting(tx: &mut Tx, request: &Request) -> Result<Vec<Case>, StoreError> {
    let mut open = Vec::new();
    for id in requests::waiting_cases(tx, request.id).await? {
        open.extend(cases::case(tx, id).await?.filter(|c| !c.stage.is_closed()));
    }
    Ok(open)
}

/// What another source says about the same, if it says otherwise.
pub(super) async fn held(
    tx: &mut Tx,
    desk: &Desk<'_>,
    request: &Request,
    said: &Said,
) -> Result<Option<FactStood>, StoreError> {
    let Some(home) = household::load(tx, desk, request.household, Cause::FactChange).await? else { return Ok(None) };
    let facts = match said.subject {
        Subject::Household(_) => &home.facts,
        Subject::Person(id) => match home.members.iter().find(|m| m.person == id) {
            Some(member) => &member.facts,
            None => return Ok(None),
        },
    };
    let other = |f: &&FactStood| f.item == said.item && f.source != request.agency && f.source != household::PLACE;
    Ok(facts.iter().find(other).filter(|f| f.value != said.value).cloned())
}

pub(super) async fn contradict(
    tx: &mut Tx,
    desk: &Desk<'_>,
    waiting: &[Case],
    detail: &Contradiction,
) -> Result<(), StoreError> {
    // One task, with the first case that waits; the others wait with it. Without a case whoever asked settles it: they read
    // it in the answer.
    let Some(case) = waiting.first() else { return Ok(()) };
    let open = cases::tasks(tx, case.id).await?.into_iter().any(|t| {
        t.kind == TaskKind::Contradiction
            && t.status == TaskStatus::Open
            && serde_json::from_value::<Contradiction>(t.detail)
                .is_ok_and(|c| c.subject == detail.subject && c.item == detail.item)
    });
    if !open {
        let new = cases::NewTask {
            kind: TaskKind::Contradiction,
            agency: None,
            due_on: None,
            assigned_to: case.assigned_to,
            barred: None,
            detail,
        };
        cases::open_task(tx, desk, case, new).await?;
    }
    Ok(())
}

/// Records what an agency says, from the agency and under the law of the question.
async fn record(tx: &mut Tx, desk: &Desk<'_>, request: &Request, said: &Said) -> Result<(), Fault> {
    let origin = Origin::new(&request.agency, &request.law, format!("question {}", request.id));
    take(tx, desk, &origin, said).await
}

/// Records one statement of an origin.
pub(super) async fn take(tx: &mut Tx, desk: &Desk<'_>, origin: &Origin, said: &Said) -> Result<(), Fault> {
    let new = NewFact {
        subject: registry_subject(said.subject),
        item: said.item.clone(),
        value: fact_value(&said.value),
        valid: Period { from: said.from.unwrap_or(desk.today()), until: said.until },
        corrects: None,
    };
    let check = |subject: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(subject, item, value);
    registry::fact::record(tx, desk.pen(origin), &check, new).await?;
    Ok(())
}

/// The value an agency wrote as plain JSON, by the item's type in the data dictionary. The message says what was expected.
pub fn value_of(pack: &Pack, subject: Subject, item: &str, value: &serde_json::Value) -> Result<Value, String> {
    let entity = match subject {
        Subject::Household(_) => Entity::Household,
        Subject::Person(_) => Entity::Person,
    };
    let known = pack.item(entity, item).ok_or_else(|| format!("{item}: the data dictionary has no such item"))?;
    let text = || value.as_str().map(str::to_owned);
    let read = match &known.ty {
        Type::Boolean => value.as_bool().map(Value::Boolean),
        Type::Integer(_) => value.as_i64().map(Value::Integer),
        Type::Money(_) => value.as_i64().map(Value::Money),
        Type::Decimal(_) | Type::Ratio => {
            text().or_else(|| value.as_number().map(ToString::to_string)).map(Value::Decimal)
        }
        Type::Date => value.as_str().and_then(|t| t.parse().ok()).map(Value::Date),
        Type::Text => text().map(Value::Text),
        Type::Code(_) => text().map(Value::Code),
    };
    read.ok_or_else(|| format!("{item}: {} expected", expected(&known.ty)))
}

fn expected(ty: &Type) -> &'static str {
    match ty {
        Type::Boolean => "true or false",
        Type::Integer(_) => "a whole number",
        Type::Money(_) => "a whole number of the smallest unit of money",
        Type::Decimal(_) | Type::Ratio => "a decimal number, best as text",
        Type::Date => "a date such as 2026-11-22",
        Type::Text => "text",
        Type::Code(_) => "a code of the list",
    }
}

/// A case that waited is looked at again, whatever ended its waiting.
pub(crate) async fn wake(tx: &mut Tx, desk: &Desk<'_>, case: CaseId) -> Result<(), StoreError> {
    tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case }).await.map(drop)
}
