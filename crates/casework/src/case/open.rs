//! Opening cases: where every application ends, whichever way it came.

use kernel::{ApplicationId, CaseId, Date, HouseholdId, OfferId, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx, params};

use super::model::{Case, Channel, Stage, StepKind, in_days};
use super::rows::{self, Actor};
use crate::desk::Desk;
use crate::model::{Prefilled, Subject};

/// The topic under which a case asks to be taken a step further.
pub const ADVANCE: &str = "case.advance";

/// The payload of [`ADVANCE`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Advance {
    /// The case.
    pub case: CaseId,
}

/// One programme applied for.
#[derive(Clone, Debug, PartialEq)]
pub struct OpeningItem {
    /// Whose entitlement.
    pub subject: Subject,
    /// The programme.
    pub programme: String,
    /// What tells this stretch from another of the same programme and subject.
    pub period_key: String,
    /// The offer that was accepted.
    pub offer: Option<OfferId>,
    /// The legal day of the application.
    pub applied_on: Date,
    /// What the family answered.
    pub answers: Vec<Prefilled>,
}

/// An application whose cases are to be opened.
#[derive(Clone, Debug, PartialEq)]
pub struct Opening {
    /// The application.
    pub application: ApplicationId,
    /// Who applied.
    pub applicant: PersonId,
    /// The household.
    pub household: HouseholdId,
    /// How it came.
    pub channel: Channel,
    /// What was applied for.
    pub items: Vec<OpeningItem>,
}

/// Why no case was opened.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The pack in force has no such programme.
    #[error("there is no programme {0:?} in the pack in force: choose one of the catalogue")]
    NoProgramme(String),
    /// The household does not exist.
    #[error("there is no such household")]
    NoHousehold,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Opens one case an item and asks for each to be taken on. An item that has its case already keeps it: its id is given
/// back in the same place, and nothing else happens.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, actor: Actor<'_>, opening: &Opening) -> Result<Vec<CaseId>, Fault> {
    let place = registry::read::household(tx, opening.household, registry::AsOf::latest(desk.today())).await?;
    let place = place.ok_or(Fault::NoHousehold)?;
    let basis = desk.basis(crate::model::Cause::FactChange).map_err(|e| StoreError::Driver(e.to_string()))?;
    let jurisdiction = place.process(&basis, |household| household.jurisdiction.clone());
    let mut ids = Vec::new();
    for item in &opening.items {
        ids.push(open(tx, desk, actor, opening, item, jurisdiction.clone()).await?);
    }
    Ok(ids)
}

async fn open(
    tx: &mut Tx,
    desk: &Desk<'_>,
    actor: Actor<'_>,
    opening: &Opening,
    item: &OpeningItem,
    jurisdiction: Option<String>,
) -> Result<CaseId, Fault> {
    let programme = desk.pack.programmes().get(&item.programme);
    let programme = programme.ok_or_else(|| Fault::NoProgramme(item.programme.clone()))?;
    let case = Case {
        id: CaseId::new(desk.ids, desk.now),
        subject: item.subject,
        household: opening.household,
        applicant: opening.applicant,
        application: opening.application,
        offer: item.offer,
        programme: item.programme.clone(),
        period_key: item.period_key.clone(),
        channel: opening.channel,
        agency: programme.decided_by.clone(),
        jurisdiction,
        stage: Stage::Received,
        revision: 1,
        applied_on: item.applied_on,
        due_on: Some(in_days(item.applied_on, desk.decision_days(&item.programme, item.applied_on))),
        paused_on: None,
        assigned_to: None,
        determination: None,
        decision: None,
        opened_at: desk.now,
        changed_at: desk.now,
        closed_at: None,
    };
    if !rows::add(tx, &case).await? {
        let values = params![item.subject.uuid(), item.programme, item.period_key];
        return Ok(tx.one(rows::CASE_OF_KEY, values).await?.get("case_id")?);
    }
    // What was answered stands with the application; the timeline says only what about.
    let answered: Vec<&str> = item.answers.iter().map(|a| a.item.as_str()).collect();
    let said = serde_json::json!({ "channel": opening.channel, "answered": answered });
    rows::step(tx, desk, &case, StepKind::Received, actor, &said).await?;
    tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await?;
    Ok(case.id)
}
