//! Facts with provenance about persons and households. Nothing is overwritten: a later statement supersedes an earlier
//! one for the days both cover, a correction withdraws the wrong one and keeps it readable.

use kernel::{Date, FactId, HouseholdId, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Batch, Row, StoreError, Tx, Value, params};
use uuid::Uuid;

use crate::change::Changes;
use crate::household::touch_household;
use crate::person::touch_person;
use crate::time::{Pen, Stamp, winner};

/// The value of a fact. What an item means and which type it has is the pack's business; here it is only kept.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "value", rename_all = "snake_case")]
pub enum FactValue {
    /// Yes or no.
    Boolean(bool),
    /// A whole number.
    Integer(i64),
    /// A decimal number as text, so that no digit is lost.
    Decimal(String),
    /// Money in minor units of the pack's currency.
    Money(i64),
    /// A civil date.
    Date(Date),
    /// Free text.
    Text(String),
    /// A code of a code list.
    Code(String),
}

impl FactValue {
    /// The word for the type.
    pub fn kind(&self) -> &'static str {
        match self {
            FactValue::Boolean(_) => "boolean",
            FactValue::Integer(_) => "integer",
            FactValue::Decimal(_) => "decimal",
            FactValue::Money(_) => "money",
            FactValue::Date(_) => "date",
            FactValue::Text(_) => "text",
            FactValue::Code(_) => "code",
        }
    }
}

/// Whom a fact is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// A person.
    Person(PersonId),
    /// A household as a whole.
    Household(HouseholdId),
}

/// One recorded statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fact {
    /// Its id.
    pub id: FactId,
    /// The item, as its id in the pack.
    pub item: String,
    /// The value.
    pub value: FactValue,
    /// The statement this one corrects.
    pub corrects: Option<FactId>,
    /// When it holds, when it was recorded, where it comes from.
    pub stamp: Stamp,
}

/// A statement to record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewFact {
    /// Whom it is about.
    pub subject: Subject,
    /// The item, as its id in the pack.
    pub item: String,
    /// The value.
    pub value: FactValue,
    /// The days it holds for. An open end closes by itself where a statement that begins later already stands.
    pub valid: Period,
    /// The statement that was wrong: it is withdrawn and kept.
    pub corrects: Option<FactId>,
}

/// Checks item and value against the data dictionary; the caller gives it, because the registry knows no pack.
/// The message says what is wrong and what was expected.
pub type ItemCheck<'a> = &'a (dyn Fn(&Subject, &str, &FactValue) -> Result<(), String> + Sync);

/// Why a fact was not recorded.
#[derive(Debug, thiserror::Error)]
pub enum FactError {
    /// Item or value do not fit the data dictionary.
    #[error("{item}: {reason}")]
    Item {
        /// The item.
        item: String,
        /// What is wrong and what was expected.
        reason: String,
    },
    /// The period ends before it begins.
    #[error("the fact ends on {until}, before it begins on {from}: give an end after the beginning or none")]
    Backwards {
        /// First day.
        from: Date,
        /// First day outside.
        until: Date,
    },
    /// The subject is not in the registry.
    #[error("there is no such person or household: register them first")]
    NoSubject,
    /// The corrected statement is not one about this subject and item, or was withdrawn already.
    #[error(
        "the statement to correct does not exist for this subject and item, or was withdrawn already: read the history again"
    )]
    NothingToCorrect,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for FactError {
    fn is_conflict(&self) -> bool {
        matches!(self, FactError::Store(e) if e.is_conflict())
    }
}

/// Facts about persons, many at a time.
pub(crate) static ADD_PERSON: Batch = Batch::new(
    "ADD_PERSON",
    "insert into person_fact (person_id, fact_id, item, value, corrects, valid_from, valid_until, recorded_at, source, law, recorded_by) values",
    11,
    "",
);
/// Facts about households.
pub(crate) static ADD_HOUSEHOLD: Batch = Batch::new(
    "ADD_HOUSEHOLD",
    "insert into household_fact (household_id, fact_id, item, value, corrects, valid_from, valid_until, recorded_at, source, law, recorded_by) values",
    11,
    "",
);

store::sql! {
    WITHDRAW_PERSON = "update person_fact set withdrawn_at = $3 where person_id = $1 and fact_id = $2 and withdrawn_at is null returning item";
    WITHDRAW_HOUSEHOLD = "update household_fact set withdrawn_at = $3 where household_id = $1 and fact_id = $2 and withdrawn_at is null returning item";
    PERSON_ITEM = "select fact_id, item, value, corrects, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from person_fact where person_id = $1 and item = $2 and withdrawn_at is null";
    HOUSEHOLD_ITEM = "select fact_id, item, value, corrects, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from household_fact where household_id = $1 and item = $2 and withdrawn_at is null";
    HOUSEHOLD_ALL = "select fact_id, item, value, corrects, valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by
        from household_fact where household_id = $1 and recorded_at <= $2 order by recorded_at, fact_id";

}

pub(crate) fn read_fact(row: &Row) -> Result<Fact, StoreError> {
    Ok(Fact {
        id: row.get("fact_id")?,
        item: row.get("item")?,
        value: row.json("value")?,
        corrects: row.maybe("corrects")?,
        stamp: Stamp::of(row)?,
    })
}

/// All statements about a household ever recorded up to `at`, withdrawn ones too.
pub(crate) async fn household_facts(tx: &mut Tx, id: HouseholdId, at: Instant) -> Result<Vec<Fact>, StoreError> {
    let mut all = Vec::new();
    for row in tx.all(HOUSEHOLD_ALL, params![id, at]).await? {
        let mut fact = read_fact(&row)?;
        fact.stamp.as_known_at(at);
        all.push(fact);
    }
    Ok(all)
}

/// Records a fact. Recording the same value for the same days from the same source again changes nothing and returns
/// the id of the statement that stands.
pub async fn record(tx: &mut Tx, pen: Pen<'_>, check: ItemCheck<'_>, new: NewFact) -> Result<FactId, FactError> {
    let mut changes = Changes::default();
    let id = record_quietly(tx, pen, check, new, &mut changes).await?;
    changes.emit(tx, pen).await?;
    Ok(id)
}

pub(crate) async fn record_quietly(
    tx: &mut Tx,
    pen: Pen<'_>,
    check: ItemCheck<'_>,
    new: NewFact,
    changes: &mut Changes,
) -> Result<FactId, FactError> {
    if let Some(until) = new.valid.until.filter(|until| *until <= new.valid.from) {
        return Err(FactError::Backwards { from: new.valid.from, until });
    }
    check(&new.subject, &new.item, &new.value).map_err(|reason| FactError::Item { item: new.item.clone(), reason })?;
    let now = match new.subject {
        Subject::Person(id) => changes.take(tx, id, pen.now).await?,
        Subject::Household(id) => touch_household(tx, id, pen.now).await?,
    }
    .ok_or(FactError::NoSubject)?;
    let standing = standing(tx, new.subject, &new.item).await?;
    let holds = winner(&standing, new.valid.from, |f| &f.stamp, |f| f.id);
    if let Some(same) = holds.filter(|f| same_statement(f, &new, pen)) {
        return Ok(same.id);
    }
    if let Some(wrong) = new.corrects {
        let withdrawn =
            standing.iter().any(|f| f.id == wrong) && withdraw_row(tx, new.subject, wrong, now).await?.is_some();
        if !withdrawn {
            return Err(FactError::NothingToCorrect);
        }
    }
    let id = FactId::new(pen.ids, now);
    let until = new.valid.until.or_else(|| next_begin(&standing, &new));
    let (batch, subject) = match new.subject {
        Subject::Person(p) => (&ADD_PERSON, p.0),
        Subject::Household(h) => (&ADD_HOUSEHOLD, h.0),
    };
    let days = Period { from: new.valid.from, until };
    let row = values(pen, subject, id, (&new.item, &new.value), new.corrects, days, now)?;
    batch.insert(tx, vec![row]).await?;
    changes.fact(new.subject, &new.item);
    Ok(id)
}

/// The first facts about a person who was just made: nothing about them stands yet. What is told twice is told once.
pub(crate) async fn record_first(
    tx: &mut Tx,
    pen: Pen<'_>,
    check: ItemCheck<'_>,
    person: PersonId,
    facts: &[(String, FactValue)],
    valid: Period,
    changes: &mut Changes,
) -> Result<(), FactError> {
    let now = changes.take(tx, person, pen.now).await?.ok_or(FactError::NoSubject)?;
    let mut rows = Vec::new();
    for (n, (item, value)) in facts.iter().enumerate() {
        check(&Subject::Person(person), item, value)
            .map_err(|reason| FactError::Item { item: item.clone(), reason })?;
        if facts.iter().take(n).any(|told| told.0 == *item && told.1 == *value) {
            continue;
        }
        rows.push(values(pen, person.0, FactId::new(pen.ids, now), (item, value), None, valid, now)?);
        changes.fact(Subject::Person(person), item);
    }
    ADD_PERSON.insert(tx, rows).await?;
    Ok(())
}

/// The values of a statement, in the order of [`ADD_PERSON`].
fn values(
    pen: Pen<'_>,
    subject: Uuid,
    id: FactId,
    (item, value): (&str, &FactValue),
    corrects: Option<FactId>,
    valid: Period,
    now: Instant,
) -> Result<Vec<Value>, StoreError> {
    let value = serde_json::to_string(value)
        .map_err(|e| StoreError::Inconsistent { column: "value".into(), detail: e.to_string() })?;
    let o = pen.origin;
    Ok(params![subject, id, item, value, corrects, valid.from, valid.until, now, o.source, o.law, o.by].to_vec())
}

/// The day from which a statement that begins later already holds: an older value that arrives late ends there.
fn next_begin(standing: &[Fact], new: &NewFact) -> Option<Date> {
    standing
        .iter()
        .filter(|f| Some(f.id) != new.corrects && f.stamp.valid.from > new.valid.from)
        .map(|f| f.stamp.valid.from)
        .min()
}

/// Whether `fact` already says what `new` says.
fn same_statement(fact: &Fact, new: &NewFact, pen: Pen<'_>) -> bool {
    new.corrects.is_none()
        && fact.value == new.value
        && fact.stamp.valid.from == new.valid.from
        && (fact.stamp.valid.until == new.valid.until || new.valid.until.is_none())
        && fact.stamp.origin.source == pen.origin.source
}

/// Withdraws a statement that should never have been made; it stays readable in the history.
pub async fn withdraw(tx: &mut Tx, pen: Pen<'_>, subject: Subject, fact: FactId) -> Result<(), FactError> {
    let now = match subject {
        Subject::Person(id) => touch_person(tx, id, pen.now).await?,
        Subject::Household(id) => touch_household(tx, id, pen.now).await?,
    }
    .ok_or(FactError::NoSubject)?;
    let item = withdraw_row(tx, subject, fact, now).await?.ok_or(FactError::NothingToCorrect)?;
    let mut changes = Changes::default();
    changes.fact(subject, &item);
    changes.emit(tx, pen).await?;
    Ok(())
}

/// Withdraws a statement that stands, and gives its item.
async fn withdraw_row(tx: &mut Tx, subject: Subject, fact: FactId, now: Instant) -> Result<Option<String>, StoreError> {
    let withdrawn = match subject {
        Subject::Person(p) => tx.maybe(WITHDRAW_PERSON, params![p, fact, now]).await?,
        Subject::Household(h) => tx.maybe(WITHDRAW_HOUSEHOLD, params![h, fact, now]).await?,
    };
    withdrawn.map(|row| row.get("item")).transpose()
}

async fn standing(tx: &mut Tx, subject: Subject, item: &str) -> Result<Vec<Fact>, StoreError> {
    let rows = match subject {
        Subject::Person(p) => tx.all(PERSON_ITEM, params![p, item]).await?,
        Subject::Household(h) => tx.all(HOUSEHOLD_ITEM, params![h, item]).await?,
    };
    rows.iter().map(read_fact).collect()
}
