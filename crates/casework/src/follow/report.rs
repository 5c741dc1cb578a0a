//! The duty to report: income, work, household, address, a stay abroad. What the data dictionary can say becomes a fact and
//! every case that rests on it is looked at again; what it cannot say becomes a task for an official.

use std::collections::BTreeSet;

use guard::{Action, Allowed, Who};
use kernel::{Date, EventId, HouseholdId, Instant, PersonId, ReportId, words};
use registry::sight::{Seen, Sight, relations};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};

use super::{MOST_WORDS, words_of};
use crate::case::model::plus_days;
use crate::case::rows::{self as cases, NewTask};
use crate::case::{Actor, Case, Stage, StepKind, TaskKind};
use crate::changed::{self, FactTold};
use crate::decide;
use crate::desk::Desk;
use crate::household;
use crate::register::{self, Teller};
use crate::rows::json;

store::sql! {
    ADD = "insert into change_report (person_id, report_id, household_id, kind, occurred_on, detail, account_id, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8) on conflict (person_id, report_id) do nothing";
    OF_HOUSEHOLD = "select person_id, report_id, kind, occurred_on, detail, made_at from change_report
        where household_id = $1 order by made_at desc, report_id desc limit $2";
}

words! {
    /// What changed.
    Kind as "kind of change" {
        /// More or less money comes in.
        Income = "income",
        /// Work began, ended or changed; parental leave.
        Work = "work",
        /// Somebody came, left, married, parted or died.
        Household = "household",
        /// Another address.
        Address = "address",
        /// A longer stay abroad.
        Abroad = "abroad",
        /// School, kindergarten or day care began, ended or changed.
        Care = "care",
        /// House, car, savings or debts.
        Property = "property",
        /// Anything else.
        Other = "other",
    }
}

/// How many days ahead a change may be told.
const AHEAD: i32 = 90;
/// How many days back a change may lie; older ones are told at the counter, with what shows them.
const BACK: i32 = 5 * 366;

/// What is reported.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// Names this report: the same id sent twice is one report.
    pub id: ReportId,
    /// Whose change it is.
    pub person: PersonId,
    /// What kind of change.
    pub kind: Kind,
    /// Since when, or from when on.
    pub occurred_on: Date,
    /// In the person's own words; may be empty when `facts` say it all.
    pub words: String,
    /// What the data dictionary can say: facts about people the person may act for, or about the household.
    pub facts: Vec<FactTold>,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The report.
    pub id: ReportId,
    /// The event the facts were registered with, when they were told now.
    pub event: Option<EventId>,
    /// How many offices have something to do.
    pub tasks: u32,
    /// Whether the same report had been sent before.
    pub already: bool,
}

/// What is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Detail {
    /// The person's words.
    pub words: Option<String>,
    /// How many facts were told; what they say stands in the registry alone.
    pub facts: usize,
    /// How many offices had something to do.
    pub tasks: u32,
}

/// A report as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Its id.
    pub id: ReportId,
    /// Whose change.
    pub person: PersonId,
    /// What kind.
    pub kind: Kind,
    /// Since when.
    pub occurred_on: Date,
    /// The rest.
    pub detail: Detail,
    /// When it was told.
    pub made_at: Instant,
}

/// Why a report was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error(
        "you may report a change for yourself and for those you act for by law: ask the person, or go to the counter"
    )]
    NotAllowed,
    /// Nowhere at home.
    #[error("the person belongs to no household: tell the counter")]
    NoHousehold,
    /// Nothing was said.
    #[error("say what has changed: in a few words, or by answering one of the questions")]
    Nothing,
    /// Too many words.
    #[error("the words have {0} characters; at most {MOST_WORDS} are taken")]
    TooLong(usize),
    /// A day that cannot be.
    #[error("{0} cannot be reported: a change lies at most five years back and ninety days ahead")]
    BadDay(Date),
    /// A value the rules cannot take.
    #[error("{item}: {reason}")]
    BadValue {
        /// The item.
        item: String,
        /// What was expected.
        reason: String,
    },
    /// The facts were refused.
    #[error(transparent)]
    Facts(#[from] register::Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Facts(e) => e.is_conflict(),
            Fault::Store(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// Takes a report. `allowed` holds the guard's decisions: one for [`Action::ReportChange`] about the person, and where
/// facts are told, one for editing the records of everybody they are about.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &[Allowed], input: &Input) -> Result<Done, Fault> {
    let reports = |a: &&Allowed| a.action() == Action::ReportChange && a.covers(input.person);
    allowed.iter().find(reports).ok_or(Fault::NotAllowed)?;
    let words = words_of(&input.words).map_err(Fault::TooLong)?;
    if words.is_none() && input.facts.is_empty() {
        return Err(Fault::Nothing);
    }
    let today = desk.today();
    if input.occurred_on > plus_days(today, AHEAD) || input.occurred_on < plus_days(today, -BACK) {
        return Err(Fault::BadDay(input.occurred_on));
    }
    for fact in &input.facts {
        desk.check_value(fact.subject, &fact.item, &fact.value)
            .map_err(|reason| Fault::BadValue { item: fact.item.clone(), reason })?;
    }
    let home = household::household_of(tx, desk, input.person).await?.ok_or(Fault::NoHousehold)?;
    let touched = if words.is_some() { offices(tx, desk, home).await? } else { Vec::new() };
    let tasks = u32::try_from(touched.len()).unwrap_or(u32::MAX);
    // The row comes first: the same form sent twice ends here and tells no fact a second time.
    let detail = Detail { words: words.map(str::to_owned), facts: input.facts.len(), tasks };
    let (kind, day) = (input.kind.word(), input.occurred_on);
    let values = params![input.person, input.id, home, kind, day, json(&detail)?, who.account, desk.now];
    if tx.execute(ADD, values).await? != 1 {
        return Ok(Done { id: input.id, event: None, tasks, already: true });
    }
    let event = tell(tx, desk, who, allowed, input).await?;
    for case in &touched {
        ask_office(tx, desk, who, case, input, words).await?;
    }
    Ok(Done { id: input.id, event, tasks, already: false })
}

/// Registers the facts as an event of the household. The report's id is its number, so that it is one event for ever.
async fn tell(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    input: &Input,
) -> Result<Option<EventId>, Fault> {
    if input.facts.is_empty() {
        return Ok(None);
    }
    let edits =
        |a: &&Allowed| matches!(a.action(), Action::EditPerson | Action::KeyInForPerson | Action::RegisterEvent);
    let allowed = allowed.iter().find(edits).ok_or(Fault::NotAllowed)?;
    let teller = Teller { source: "self".to_owned(), register_number: Some(format!("report {}", input.id)) };
    let change =
        changed::Input { person: input.person, facts: input.facts.clone(), teller, ground: changed::Ground::default() };
    Ok(Some(changed::run(tx, desk, who, allowed, change).await?.event()))
}

/// One case for each office that has something running for the household.
async fn offices(tx: &mut Tx, desk: &Desk<'_>, home: HouseholdId) -> Result<Vec<Case>, StoreError> {
    let mut known: BTreeSet<(String, Option<String>)> = BTreeSet::new();
    let mut touched = Vec::new();
    for case in cases::of_household(tx, home).await?.into_iter().rev() {
        let runs = match case.stage {
            Stage::Withdrawn | Stage::Void => false,
            Stage::Decided => {
                let decision = decide::in_force(tx, &case).await?;
                decision.is_some_and(|d| d.content.granted && d.content.until.is_none_or(|end| desk.today() < end))
            }
            _ => true,
        };
        if runs && known.insert((case.agency.clone(), case.jurisdiction.clone())) {
            touched.push(case);
        }
    }
    Ok(touched)
}

async fn ask_office(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    case: &Case,
    input: &Input,
    words: Option<&str>,
) -> Result<(), StoreError> {
    let detail = serde_json::json!({
        "report": input.id, "kind": input.kind, "occurred_on": input.occurred_on, "words": words,
    });
    let step = serde_json::json!({ "report": input.id, "kind": input.kind });
    cases::step(tx, desk, case, StepKind::PersonGave, Actor::of(who), &step).await?;
    let due_on = Some(crate::case::model::in_days(desk.today(), desk.pack.process(&case.programme).review_days));
    let task =
        NewTask { kind: TaskKind::Report, agency: None, due_on, assigned_to: case.assigned_to, barred: None, detail };
    cases::open_task(tx, desk, case, task).await.map(drop)
}

/// What a household's people reported, the newest first.
pub async fn of_household(
    tx: &mut Tx,
    sight: &Sight<'_>,
    household: HouseholdId,
    most: u32,
) -> Result<Seen<Vec<Report>>, StoreError> {
    let read = |row: &Row| {
        Ok(Report {
            id: row.get("report_id")?,
            person: row.get("person_id")?,
            kind: row.parse("kind")?,
            occurred_on: row.get("occurred_on")?,
            detail: row.json("detail")?,
            made_at: row.get("made_at")?,
        })
    };
    let rows = tx.all(OF_HOUSEHOLD, params![household, most]).await?;
    let reports = rows.iter().map(read).collect::<Result<Vec<_>, StoreError>>()?;
    let people: BTreeSet<PersonId> = reports.iter().map(|r| r.person).collect();
    let about: Vec<_> = relations(tx, sight, people).await?.into_iter().collect();
    Ok(Seen { sealed: guard::Sealed::new(reports, about.iter().map(|(p, _)| *p)), about })
}
