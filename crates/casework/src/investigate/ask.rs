//! Putting questions to agencies: one a household and agency, shared by all cases that want something from it.

use std::collections::{BTreeMap, BTreeSet};

use guard::Sealed;
use kernel::{CaseId, Instant, PersonId, RequestId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{StoreError, Tx, params};

use super::needs::{Confirmed, Need, Whom};
use super::requests::{self, Request, RequestStatus};
use crate::case::rows as cases;
use crate::case::{Actor, Case, StepKind};
use crate::desk::Desk;
use crate::household;
use crate::model::{Cause, Subject};
use crate::rows::json;

/// The job that sends one question; its key is the question's id.
pub const SEND: &str = "agency.ask";
/// In front of everything that nobody waits for.
pub(super) const PRIORITY: i32 = 10;

/// The payload of [`SEND`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// The question.
    pub request: RequestId,
}

/// Asks every agency named in `needs` for what it holds, unless this was asked for this round already.
///
/// Returns what was asked for today already and not answered: a case that comes back on the same day would otherwise wait for
/// a question that has ended.
pub(crate) async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    needs: &[Need],
) -> Result<BTreeSet<(Subject, String)>, StoreError> {
    let mut by_agency: BTreeMap<&str, Vec<(Subject, String)>> = BTreeMap::new();
    for need in needs {
        if let Whom::Agency(agency) = &need.whom {
            by_agency.entry(agency).or_default().push((need.subject, need.item.clone()));
        }
    }
    let mut ended = BTreeSet::new();
    for (agency, items) in by_agency {
        if !ask(tx, desk, case, agency, items.clone()).await? {
            ended.extend(items);
        }
    }
    Ok(ended)
}

/// Asks, or joins the question that is open; says whether one is open now.
async fn ask(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    agency: &str,
    items: Vec<(Subject, String)>,
) -> Result<bool, StoreError> {
    let process = desk.pack.process(&case.programme);
    let id = RequestId::new(desk.ids, desk.now);
    let words = json(&items)?;
    // The same facts asked of the same agency for the same application and on the same day are one question.
    let digest = hex::encode(Sha256::digest(words.as_bytes()));
    let short = digest.get(..16).unwrap_or(&digest);
    let key = format!("{} {agency} {} {short}", case.application, desk.today());
    let reply_by = desk.reply_by(process);
    let law = first_of([process.law.as_str(), law_of(desk, &items).as_str()]);
    let values = params![case.applicant, id, case.household, key, agency, words, "casework", law, desk.now, reply_by];
    let fresh = tx.execute(requests::ADD, values).await? == 1;
    let row = tx.one(requests::BY_KEY, params![case.applicant, key]).await?;
    let request = requests::read(&row)?;
    tx.execute(requests::LINK, params![case.subject.uuid(), case.id, request.id]).await?;
    if fresh {
        tx.queue(desk.ids, desk.now, SEND, &request.id.to_string(), PRIORITY, &Send { request: request.id }).await?;
    }
    if !request.status.is_open() {
        return Ok(false);
    }
    let asked = serde_json::json!({ "agency": agency, "request": request.id, "items": request.items });
    cases::step(tx, desk, case, StepKind::Asked, Actor::MACHINE, &asked).await?;
    Ok(true)
}

fn first_of(candidates: [&str; 2]) -> String {
    candidates.into_iter().find(|c| !c.trim().is_empty()).unwrap_or_default().to_owned()
}

/// The law under which the items are held, as the data dictionary names it.
fn law_of(desk: &Desk<'_>, items: &[(Subject, String)]) -> String {
    let laws: BTreeSet<&str> = items
        .iter()
        .filter_map(|(subject, item)| {
            let entity = match subject {
                Subject::Household(_) => rules::schema::Entity::Household,
                Subject::Person(_) => rules::schema::Entity::Person,
            };
            desk.pack.item(entity, item).map(|i| i.law.as_str())
        })
        .collect();
    laws.into_iter().collect::<Vec<_>>().join("; ")
}

/// What an agency or an official confirmed lately enough: not asked again though the recorded day is old.
pub(crate) async fn confirmed(tx: &mut Tx, desk: &Desk<'_>, case: &Case) -> Result<Confirmed, StoreError> {
    let today = desk.today();
    let mut confirmed = Confirmed::new();
    for row in tx.all(requests::HOUSEHOLD_ANSWERED, params![case.household]).await? {
        let kept: super::answer::Kept = row.json("answer")?;
        let ended: Option<Instant> = row.maybe("ended_at")?;
        let Some(ended) = ended else { continue };
        let items = kept.facts.into_iter().map(|f| (f.subject, f.item));
        let age = (today - ended.date(desk.pack.manifest().utc_offset_hours)).get_days();
        for (subject, item) in items {
            let entity = match subject {
                Subject::Household(_) => rules::schema::Entity::Household,
                Subject::Person(_) => rules::schema::Entity::Person,
            };
            let most = desk.pack.item(entity, &item).and_then(|i| i.freshness_days);
            if most.is_none_or(|most| age <= i32::try_from(most).unwrap_or(i32::MAX)) {
                confirmed.insert((subject, item));
            }
        }
    }
    Ok(confirmed)
}

/// A person in a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Our key for the subject within the question.
    pub subject: Subject,
    /// By whom the agency finds it: the person itself, or the head of the household.
    pub person: PersonId,
    /// The national identifiers.
    pub identifiers: Vec<registry::person::Identifier>,
    /// Day of birth.
    pub birth_date: Option<kernel::Date>,
    /// The name as registered.
    pub name: Option<String>,
}

/// A question ready to be sent.
#[derive(Clone, Debug)]
pub struct Question {
    /// The request.
    pub request: Request,
    /// Whom it is about.
    pub asked: Vec<Asked>,
    /// The cases that wait for the answer.
    pub cases: Vec<CaseId>,
}

/// The question with the identifiers the agency finds the people by; `None` when it ended meanwhile. It leaves the
/// building only as a disclosure to that agency.
pub async fn question(tx: &mut Tx, desk: &Desk<'_>, id: RequestId) -> Result<Option<Sealed<Question>>, StoreError> {
    match requests::one(tx, id).await?.filter(|r| r.status.is_open()) {
        Some(request) => with_people(tx, desk, request).await.map(Some),
        None => Ok(None),
    }
}

/// The same for a question that was not answered, whether it is still open or not: what an agency pushes may come late.
pub async fn unanswered(tx: &mut Tx, desk: &Desk<'_>, id: RequestId) -> Result<Option<Sealed<Question>>, StoreError> {
    match requests::one(tx, id).await?.filter(|r| r.status != RequestStatus::Answered) {
        Some(request) => with_people(tx, desk, request).await.map(Some),
        None => Ok(None),
    }
}

async fn with_people(tx: &mut Tx, desk: &Desk<'_>, request: Request) -> Result<Sealed<Question>, StoreError> {
    let basis = desk.basis(Cause::FactChange).map_err(|e| StoreError::Driver(e.to_string()))?;
    let subjects: BTreeSet<Subject> = request.items.iter().map(|(s, _)| *s).collect();
    let mut asked = Vec::new();
    for subject in subjects {
        let person = match subject {
            Subject::Person(person) => person,
            Subject::Household(home) => match household::member_ids(tx, desk, home).await?.first() {
                Some(head) => *head,
                None => request.person,
            },
        };
        let as_of = registry::AsOf::latest(desk.today());
        let Some(whole) = registry::read::person(tx, person, as_of).await? else { continue };
        let (birth_date, name) = whole.process(&basis, |p| (p.birth_date, p.names.first().map(|n| n.full.clone())));
        let numbers = registry::read::identifiers(tx, desk.keys, person).await;
        let numbers = numbers.map_err(|e| StoreError::Driver(e.to_string()))?;
        let identifiers = numbers.process(&basis, Vec::clone);
        asked.push(Asked { subject, person, identifiers, birth_date, name });
    }
    let persons: Vec<PersonId> = asked.iter().map(|a| a.person).collect();
    let cases = requests::waiting_cases(tx, request.id).await?;
    Ok(Sealed::new(Question { request, asked, cases }, persons))
}
