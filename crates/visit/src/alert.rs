//! Somebody must see to a person's safety: opened with the answer that tells it, in the supervisor's hands until it was seen to. Lists
//! say whom and until when; what it is about opens only alone.

use catalogue::model::{Safety, Score};
use guard::{Action, Allowed, Sealed, Who};
use kernel::{AccountId, AlertId, EnrolmentId, Instant, PersonId, SubmissionId, Words};
use registry::sight::{Seen, Sight};
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx, params};

use crate::desk::Desk;
use crate::model::{AlertStatus, Enrolment};
use crate::rows::{self, ALERT, ALERT_ADD, ALERT_CLOSE, ALERT_TAKE, ALERTS_OF_OFFICE, AlertRow};

/// The most characters of what was done.
pub const MOST_WORDS: usize = 2_000;
/// How long a closed alert stays on the list, in seconds.
const STAYS: i64 = 7 * 86_400;

/// What it is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Subject {
    /// The pack's word for the kind of danger.
    pub kind: String,
    /// The rule, as `id@version`.
    pub rule: String,
    /// The submission that told it.
    pub submission: SubmissionId,
    /// What to do.
    pub action: Words,
}

/// An alert on a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its id.
    pub id: AlertId,
    /// Whom it is about.
    pub person: PersonId,
    /// Her name.
    pub name: String,
    /// The enrolment.
    pub enrolment: EnrolmentId,
    /// How it stands.
    pub status: AlertStatus,
    /// Since when.
    pub opened_at: Instant,
    /// Until when somebody must have seen to it.
    pub due_at: Instant,
    /// Who has it.
    pub taken_by: Option<AccountId>,
    /// When it was closed.
    pub closed_at: Option<Instant>,
}

/// An alert that was opened to somebody who is alone.
#[derive(Clone, Debug, PartialEq)]
pub struct Alert {
    /// The line.
    pub line: Line,
    /// What it is about.
    pub subject: Subject,
    /// What was done.
    pub outcome: Option<String>,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("the family is not in your hands")]
    NotAllowed,
    /// No such alert.
    #[error("there is no such alert")]
    NoAlert,
    /// Somebody was quicker.
    #[error("somebody else has taken or closed it meanwhile")]
    NotOpen,
    /// Nothing was said.
    #[error("say what was done, in at most 2000 characters")]
    NoWords,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error("what is kept apart could not be sealed or opened: {0}")]
    Key(#[from] guard::KeyError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Opens an alert, in the transaction of the answer that tells it.
pub(crate) async fn open(
    tx: &mut Tx,
    desk: &Desk<'_>,
    e: &Enrolment,
    submission: SubmissionId,
    rule: &Score,
    safety: &Safety,
) -> Result<(), crate::submit::Fault> {
    let id = AlertId::new(desk.ids, desk.now);
    let subject =
        Subject { kind: safety.kind.clone(), rule: rule.key.clone(), submission, action: safety.action.clone() };
    let sealed = desk.keys.seal_field("visit_alert", "sealed", id.0, rows::json(&subject)?.as_bytes())?;
    let due = desk.now.plus_seconds(i64::from(safety.within_hours) * 3600);
    tx.execute(ALERT_ADD, params![e.person, id, e.id, e.organisation, e.place, sealed, desk.now, due]).await?;
    Ok(())
}

/// The alerts of a supervisor's district, the most urgent first; those closed in the last week too.
pub async fn of_office(tx: &mut Tx, desk: &Desk<'_>, sight: &Sight<'_>) -> Result<Seen<Vec<Line>>, StoreError> {
    let who = sight.who;
    let since = desk.now.plus_seconds(-STAYS);
    let found = tx.all(ALERTS_OF_OFFICE, params![who.organisation, since, desk.office(who)]).await?;
    let mut lines: Vec<AlertRow> = found.iter().map(rows::read_alert).collect::<Result<_, _>>()?;
    lines.retain(|l| desk.within(&l.place, who));
    let ids: std::collections::BTreeSet<PersonId> = lines.iter().map(|l| l.person).collect();
    let mut relations = registry::sight::relations(tx, sight, ids.iter().copied()).await?;
    relations.values_mut().for_each(|r| r.open_case = true);
    relations.retain(|_, r| !(r.perpetrator_side || r.own || r.kin || r.own_household || r.ward));
    lines.retain(|l| relations.contains_key(&l.person));
    let names = registry::read::names(tx, relations.keys().copied(), desk.today()).await?;
    let lines: Vec<Line> = lines.into_iter().map(|row| line(&row, &names)).collect();
    Ok(Seen { sealed: Sealed::new(lines, relations.keys().copied()), about: relations.into_iter().collect() })
}

fn line(row: &AlertRow, names: &std::collections::BTreeMap<PersonId, String>) -> Line {
    Line {
        id: row.id,
        person: row.person,
        name: names.get(&row.person).cloned().unwrap_or_default(),
        enrolment: row.enrolment,
        status: row.status,
        opened_at: row.opened_at,
        due_at: row.due_at,
        taken_by: row.taken_by,
        closed_at: row.closed_at,
    }
}

/// One alert with what it is about, under seal until the guard has decided on [`Action::ViewKept`].
pub async fn one(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
    id: AlertId,
) -> Result<Option<(Seen<Alert>, EnrolmentId)>, Fault> {
    let Some(row) = tx.maybe(ALERT, params![person, id]).await? else { return Ok(None) };
    let row = rows::read_alert(&row)?;
    let Some(enrolment) = rows::enrolment(tx, row.enrolment).await? else { return Ok(None) };
    let names = registry::read::names(tx, [person], desk.today()).await?;
    let subject = open_json(desk, "sealed", &row.id, &row.sealed)?;
    let outcome = match &row.outcome {
        Some(sealed) => Some(open_json(desk, "outcome", &row.id, sealed)?),
        None => None,
    };
    let alert = Alert { line: line(&row, &names), subject, outcome };
    let mut about: Vec<_> = registry::sight::relations(tx, sight, [person]).await?.into_iter().collect();
    let responsible = desk.responsible(sight.who, &enrolment);
    about.iter_mut().for_each(|(_, relation)| relation.open_case = responsible);
    Ok(Some((Seen { sealed: Sealed::new(alert, [person]), about }, row.enrolment)))
}

fn open_json<T: serde::de::DeserializeOwned>(
    desk: &Desk<'_>,
    column: &str,
    id: &AlertId,
    sealed: &[u8],
) -> Result<T, Fault> {
    let clear = desk.keys.open_field("visit_alert", column, id.0, sealed)?;
    serde_json::from_slice(&clear)
        .map_err(|e| Fault::Store(StoreError::Inconsistent { column: column.to_owned(), detail: e.to_string() }))
}

/// Takes an alert into one's own hands.
pub async fn take(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (person, id): (PersonId, AlertId),
) -> Result<(), Fault> {
    permitted(allowed, person)?;
    let taken = tx.execute(ALERT_TAKE, params![person, id, who.account, desk.now]).await?;
    if taken == 1 { Ok(()) } else { Err(Fault::NotOpen) }
}

/// Closes an alert with what was done.
pub async fn close(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (person, id): (PersonId, AlertId),
    words: &str,
) -> Result<(), Fault> {
    permitted(allowed, person)?;
    let words = words.trim();
    if words.chars().count() < 3 || words.chars().count() > MOST_WORDS {
        return Err(Fault::NoWords);
    }
    let sealed = desk.keys.seal_field("visit_alert", "outcome", id.0, rows::json(&words)?.as_bytes())?;
    let closed = tx.execute(ALERT_CLOSE, params![person, id, sealed, desk.now, who.account]).await?;
    if closed == 1 { Ok(()) } else { Err(Fault::NotOpen) }
}

fn permitted(allowed: &Allowed, person: PersonId) -> Result<(), Fault> {
    let fits = allowed.action() == Action::ViewKept && allowed.covers(person);
    if fits { Ok(()) } else { Err(Fault::NotAllowed) }
}
