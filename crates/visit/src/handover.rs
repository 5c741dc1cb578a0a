//! Families from one nurse to another from a day on. Until that day they are the one's, from it the other's, and on no day nobody's: whose
//! they are follows from the day ([`Enrolment::nurse_on`]), not from when a machine gets to it. What hangs on the family goes with it: visits
//! due, its plan, and the alerts the one had taken.

use std::collections::BTreeSet;

use guard::{Action, Allowed, Who};
use kernel::{AccountId, Date, EnrolmentId, HandoverId, PersonId};
use serde_json::json;
use store::{AsConflict, StoreError, Tx, params};

use crate::desk::Desk;
use crate::model::Enrolment;
use crate::rows;

/// The most characters of a reason.
pub const MOST_WORDS: usize = 500;
/// How far ahead a handover can be written down, in days.
pub const AHEAD: i32 = 180;

store::sql! {
    ADD = "insert into visit_handover (handover_id, organisation, from_id, to_id, from_on, families, reason, content_hash, account_id, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (handover_id) do nothing";
    HASH = "select content_hash from visit_handover where handover_id = $1";
    TOLD = "select from_id, to_id, from_on, families, reason from visit_handover where (from_id = $1 or to_id = $1) and from_on >= $2 order by from_on, handover_id limit 50";
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its name: sent twice, it is one handover.
    pub id: HandoverId,
    /// The nurse who gives.
    pub from: AccountId,
    /// The nurse who takes; the caller has looked up that she works where the families live.
    pub to: AccountId,
    /// The first day the families are the other's.
    pub on: Date,
    /// Which families.
    pub families: Vec<EnrolmentId>,
    /// Why; both read it.
    pub reason: String,
}

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("a family is not in your district")]
    NotAllowed,
    /// No such family, or not one of this nurse.
    #[error("family {0} is not in this nurse's hands: load the list anew")]
    NotHers(EnrolmentId),
    /// It is given to somebody else already.
    #[error("family {0} is to be handed over already")]
    Already(EnrolmentId),
    /// No family was chosen.
    #[error("no family was chosen")]
    NoFamily,
    /// Both are the same nurse.
    #[error("the families are hers already: choose another nurse")]
    Same,
    /// The day is over, or too far ahead.
    #[error("{0} is over or more than {AHEAD} days ahead")]
    Day(Date),
    /// No reason.
    #[error("say why, in 3 to {MOST_WORDS} characters")]
    NoReason,
    /// Something else was sent under this name.
    #[error("something else was sent under this name: load the form anew")]
    OtherContent,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// A family that is another nurse's now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    /// The family's person.
    pub person: PersonId,
    /// Whose it was.
    pub from: AccountId,
    /// Whose it is.
    pub to: AccountId,
}

/// Hands families over, all or none; says which are another's already today. `allowed` is the guard's decision on
/// [`Action::ManageVisits`] about every family.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    input: &Input,
) -> Result<Vec<Moved>, Fault> {
    let reason = input.reason.trim();
    if !(3..=MOST_WORDS).contains(&reason.chars().count()) {
        return Err(Fault::NoReason);
    }
    if input.from == input.to {
        return Err(Fault::Same);
    }
    let families: BTreeSet<EnrolmentId> = input.families.iter().copied().collect();
    if families.is_empty() {
        return Err(Fault::NoFamily);
    }
    let content = json!([input.from, input.to, input.on, families, reason]).to_string();
    let hash = desk.keys.blind_index("visit handover", &content).to_vec();
    let count = i64::try_from(families.len()).unwrap_or(i64::MAX);
    let values =
        params![input.id, who.organisation, input.from, input.to, input.on, count, reason, hash, who.account, desk.now];
    if tx.execute(ADD, values).await? != 1 {
        let known: Vec<u8> = tx.one(HASH, params![input.id]).await?.get("content_hash")?;
        return if known == hash { Ok(Vec::new()) } else { Err(Fault::OtherContent) };
    }
    let ahead = (input.on - desk.today()).get_days();
    if !(0..=AHEAD).contains(&ahead) {
        return Err(Fault::Day(input.on));
    }
    let mut moved = Vec::new();
    for id in families {
        let mut e = rows::enrolment(tx, id).await?.ok_or(Fault::NotHers(id))?;
        if allowed.action() != Action::ManageVisits || !allowed.covers(e.person) {
            return Err(Fault::NotAllowed);
        }
        if e.left.is_some() || e.nurse_on(desk.today()) != Some(input.from) {
            return Err(Fault::NotHers(id));
        }
        if e.next.is_some_and(|(_, from)| from > desk.today()) {
            return Err(Fault::Already(id));
        }
        (e.nurse, e.next) = (Some(input.from), Some((input.to, input.on)));
        let content =
            json!({ "handover": input.id, "from": input.from, "to": input.to, "on": input.on, "reason": reason });
        rows::keep(tx, desk, &mut e, "handover", &content, Some(who.account)).await?;
        if ahead == 0 {
            moved.extend(arrive(tx, desk, &mut e).await?);
        }
    }
    Ok(moved)
}

/// Writes down the handovers whose day has come, so that every table says whose a family is; says which. Nobody's access waits for it.
///
/// # Errors
/// The database.
pub async fn settle(tx: &mut Tx, desk: &Desk<'_>) -> Result<Vec<Moved>, StoreError> {
    let mut moved = Vec::new();
    for row in tx.all(rows::DUE, params![desk.today()]).await? {
        let mut e = rows::read_enrolment(&row)?;
        moved.extend(arrive(tx, desk, &mut e).await?);
    }
    Ok(moved)
}

async fn arrive(tx: &mut Tx, desk: &Desk<'_>, e: &mut Enrolment) -> Result<Option<Moved>, StoreError> {
    let (Some(from), Some((to, _))) = (e.nurse, e.next) else { return Ok(None) };
    (e.nurse, e.next, e.cover) = (Some(to), None, None);
    rows::keep(tx, desk, e, "nurse", &json!({ "before": from, "now": to }), None).await?;
    tx.execute(rows::ALERTS_GO, params![e.person, e.id, from, to]).await?;
    Ok(Some(Moved { person: e.person, from, to }))
}

/// A handover as both nurses are told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Who gives.
    pub from: AccountId,
    /// Who takes.
    pub to: AccountId,
    /// From when on.
    pub on: Date,
    /// How many families.
    pub families: i64,
    /// Why.
    pub reason: String,
}

/// What a nurse is told: handovers from or to her whose day is not before `since`.
///
/// # Errors
/// The database.
pub async fn told(tx: &mut Tx, nurse: AccountId, since: Date) -> Result<Vec<Told>, StoreError> {
    let read = |row: &store::Row| {
        Ok(Told {
            from: row.get("from_id")?,
            to: row.get("to_id")?,
            on: row.get("from_on")?,
            families: row.get("families")?,
            reason: row.get("reason")?,
        })
    };
    tx.all(TOLD, params![nurse, since]).await?.iter().map(read).collect()
}

/// A family as it counts in a caseload: ids and what it is visited under, no names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// The family.
    pub id: EnrolmentId,
    /// Whose it is today.
    pub nurse: AccountId,
    /// Who takes it over on a day to come.
    pub next: Option<AccountId>,
    /// The protocol, without its version.
    pub protocol: String,
    /// The level of need today.
    pub tier: Option<String>,
    /// The day it came under the protocol.
    pub entered_on: Date,
}

/// The families of a supervisor's office that are in a nurse's hands. A machine's look: figures are shown, no family is.
///
/// # Errors
/// The database.
pub async fn counted(tx: &mut Tx, desk: &Desk<'_>, who: &Who) -> Result<Vec<Counted>, StoreError> {
    let today = desk.today();
    let office = params![who.organisation, desk.office(who)];
    let mut tiers: std::collections::BTreeMap<EnrolmentId, (Date, String, Option<String>)> = Default::default();
    for row in tx.page(&rows::TIERS_OF_OFFICE, office).await? {
        let (id, decision) = rows::read_tier(&row)?;
        if decision.from <= today {
            // They come the oldest first, so that the last one stands.
            tiers.insert(id, (decision.from, decision.protocol, decision.tier));
        }
    }
    let mut all = Vec::new();
    for row in tx.page(&rows::OF_OFFICE, office).await? {
        let e = rows::read_enrolment(&row)?;
        let Some(nurse) = e.nurse_on(today).filter(|_| desk.responsible(who, &e)) else { continue };
        let tier = tiers.get(&e.id).filter(|(_, protocol, _)| *protocol == e.protocol).and_then(|(_, _, t)| t.clone());
        all.push(Counted {
            id: e.id,
            nurse,
            next: e.next.filter(|(_, from)| *from > today).map(|(next, _)| next),
            protocol: e.protocol.split('@').next().unwrap_or_default().to_owned(),
            tier,
            entered_on: e.entered_on,
        });
    }
    Ok(all)
}
