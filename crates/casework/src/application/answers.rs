//! What becomes of what a person says: a fact, or a statement beside the value that stands.

use guard::Who;
use kernel::{ApplicationId, Date, FactId, Period, PersonId, RequestId};
use registry::fact::FactError;
use registry::{NewFact, Origin};
use serde::Serialize;
use store::{Row, StoreError, Tx, params};
use uuid::Uuid;

use super::questions::{AskedOf, Question, entity};
use super::{consent, rows};
use crate::accept::Given;
use crate::case::rows::NewTask;
use crate::case::{self, Case, TaskKind, TaskStatus};
use crate::desk::{Desk, fact_value, registry_subject};
use crate::investigate::answer::{Contradiction, Said};
use crate::model::{Prefilled, Subject};
use crate::rows::json;
use crate::snapshot::FactStood;

/// The source of what a person said.
pub(crate) const SELF: &str = "self";

/// An answer that belongs to a question.
#[derive(Clone, Copy)]
pub(crate) struct Fitting<'a> {
    pub(crate) given: &'a Given,
    pub(crate) question: &'a Question,
}

/// Answers held against the questions.
#[derive(Default)]
pub(crate) struct Sorted<'a> {
    /// Those that answer one, with a value the pack can take.
    pub(crate) fitting: Vec<Fitting<'a>>,
    /// Those whose value the pack cannot take (any more).
    pub(crate) unfit: Vec<&'a Given>,
    /// Those to what nobody asks (any more).
    pub(crate) unasked: Vec<&'a Given>,
}

pub(crate) fn sort<'a>(desk: &Desk<'_>, answers: &'a [Given], questions: &'a [Question]) -> Sorted<'a> {
    let mut sorted = Sorted::default();
    for given in answers {
        match questions.iter().find(|q| q.subject == given.subject && q.item == given.item) {
            None => sorted.unasked.push(given),
            Some(_) if desk.check_value(given.subject, &given.item, &given.value).is_err() => sorted.unfit.push(given),
            Some(question) => sorted.fitting.push(Fitting { given, question }),
        }
    }
    sorted
}

/// Whose application the answers came with.
pub(crate) struct Frame<'a> {
    pub(crate) who: &'a Who,
    pub(crate) applicant: PersonId,
    pub(crate) application: ApplicationId,
    /// The day from which the answers hold.
    pub(crate) on: Date,
}

/// What was kept.
#[derive(Default)]
pub(crate) struct Kept {
    /// All answers, as the cases take them.
    pub(crate) answers: Vec<Prefilled>,
    /// Those that say otherwise than an agency, with the agency's value.
    pub(crate) disputed: Vec<(Prefilled, Prefilled)>,
}

/// Keeps the answers, each word for word, and makes facts of those that may become facts.
pub(crate) async fn keep(
    tx: &mut Tx,
    desk: &Desk<'_>,
    frame: &Frame<'_>,
    fitting: &[Fitting<'_>],
) -> Result<Kept, FactError> {
    let mut kept = Kept::default();
    for one in fitting {
        let known = one.question.known.as_ref();
        let owner = desk.pack.item(entity(one.given.subject), &one.given.item).and_then(|i| i.owner.as_deref());
        let against = known.filter(|k| stands(k, owner));
        let asked = known.is_some() || one.question.asked_of == AskedOf::Person;
        let fact = match against {
            None if asked => Some(record(tx, desk, frame, one.given).await?),
            _ => None,
        };
        statement(tx, desk, frame, one.given, against, fact).await?;
        let said = prefilled(desk, frame, one.given);
        if let Some(held) = against.filter(|held| held.value != said.value) {
            kept.disputed.push((said.clone(), held.clone()));
        }
        kept.answers.push(said);
    }
    Ok(kept)
}

/// Makes what a person disputes a task of the first case that rests on it, with both values: an official settles it as
/// between two agencies.
pub(crate) async fn dispute(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    said: &Prefilled,
    held: &Prefilled,
) -> Result<(), StoreError> {
    let same = |c: &Contradiction| c.subject == said.subject && c.item == said.item;
    let open = case::rows::tasks(tx, case.id).await?.into_iter().any(|t| {
        let task = t.kind == TaskKind::Contradiction && t.status == TaskStatus::Open;
        task && serde_json::from_value(t.detail).is_ok_and(|c| same(&c))
    });
    if open {
        return Ok(());
    }
    let owner = desk.pack.item(entity(said.subject), &said.item).and_then(|i| i.owner.clone());
    let detail = Contradiction {
        subject: said.subject,
        item: said.item.clone(),
        held: FactStood {
            item: held.item.clone(),
            value: held.value.clone(),
            // The silence of a complete register is its owner's word.
            source: held.source.clone().or(owner).unwrap_or_default(),
            valid_from: held.valid_from,
            recorded: held.recorded.clone(),
            law: held.law.clone(),
        },
        said: Said {
            subject: said.subject,
            item: said.item.clone(),
            value: said.value.clone(),
            from: said.valid_from,
            until: None,
        },
        agency: SELF.to_owned(),
        // No question to an agency stands behind it.
        request: RequestId(Uuid::nil()),
    };
    let task = NewTask {
        kind: TaskKind::Contradiction,
        agency: None,
        due_on: None,
        assigned_to: case.assigned_to,
        barred: None,
        detail,
    };
    case::rows::open_task(tx, desk, case, task).await.map(drop)
}

/// Whether a known value stands against what a person says: an agency's does, and so does the silence of a complete
/// register.
fn stands(known: &Prefilled, owner: Option<&str>) -> bool {
    match known.source.as_deref() {
        Some(SELF) => false,
        Some(_) => true,
        None => owner.is_some(),
    }
}

async fn record(tx: &mut Tx, desk: &Desk<'_>, frame: &Frame<'_>, given: &Given) -> Result<FactId, FactError> {
    let item = desk.pack.item(entity(given.subject), &given.item);
    let law = item.map(|i| i.law.clone()).unwrap_or_default();
    let origin = Origin::new(SELF, law, frame.who.account.to_string());
    let fact = NewFact {
        subject: registry_subject(given.subject),
        item: given.item.clone(),
        value: fact_value(&given.value),
        valid: Period { from: frame.on, until: None },
        corrects: None,
    };
    let check = |s: &registry::Subject, i: &str, v: &registry::FactValue| desk.check(s, i, v);
    let id = registry::fact::record(tx, desk.pen(&origin), &check, fact).await?;
    let agrees = given.value == rules::schema::Value::Boolean(true);
    consent::answered(tx, desk, frame.who, given.subject, &given.item, agrees).await?;
    Ok(id)
}

async fn statement(
    tx: &mut Tx,
    desk: &Desk<'_>,
    frame: &Frame<'_>,
    given: &Given,
    against: Option<&Prefilled>,
    fact: Option<FactId>,
) -> Result<(), StoreError> {
    let id = desk.ids.uuid(desk.now);
    let values = params![
        frame.applicant,
        id,
        frame.application,
        given.subject.uuid(),
        given.subject.kind(),
        given.item,
        json(&given.value)?,
        against.map(json).transpose()?,
        fact,
        frame.who.account,
        desk.now
    ];
    tx.execute(rows::ANSWER_ADD, values).await.map(drop)
}

fn prefilled(desk: &Desk<'_>, frame: &Frame<'_>, given: &Given) -> Prefilled {
    let item = desk.pack.item(entity(given.subject), &given.item);
    Prefilled {
        subject: given.subject,
        item: given.item.clone(),
        value: given.value.clone(),
        source: Some(SELF.to_owned()),
        valid_from: Some(frame.on),
        recorded: Some(desk.now.rfc3339()),
        law: item.map(|i| i.law.clone()).filter(|law| !law.is_empty()),
    }
}

/// Something a person said with an application or after it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Statement {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// What was said.
    pub value: rules::schema::Value,
    /// The value of an agency that stands against it.
    pub against: Option<Prefilled>,
    /// The fact it became.
    pub fact: Option<FactId>,
    /// When.
    pub said_at: kernel::Instant,
}

/// Everything said with an application and after it, in order; for the investigation, never for a page as it is.
pub(crate) async fn said(tx: &mut Tx, application: ApplicationId) -> Result<Vec<Statement>, StoreError> {
    let read = |row: &Row| {
        let kind: String = row.get("subject_kind")?;
        let subject = Subject::from_parts(&kind, row.get::<Uuid>("subject_id")?)
            .map_err(|e| StoreError::Inconsistent { column: "subject_kind".into(), detail: e.to_string() })?;
        let against = match row.maybe::<String>("against")? {
            Some(_) => Some(row.json("against")?),
            None => None,
        };
        Ok(Statement {
            subject,
            item: row.get("item")?,
            value: row.json("value")?,
            against,
            fact: row.maybe("fact_id")?,
            said_at: row.get("said_at")?,
        })
    };
    tx.all(rows::ANSWERS, params![application]).await?.iter().map(read).collect()
}
