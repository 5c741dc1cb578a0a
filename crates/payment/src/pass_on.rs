//! After a death: what a machine held goes on to whoever is paid from now on.

use kernel::{AccountId, CaseId, EntitlementId, Instant, PersonId};
use store::{StoreError, Tx, params};

use crate::desk::Desk;
use crate::grant::{Fault, Ground, change};
use crate::model::{Entitlement, Standing};
use crate::rows;

store::sql! {
    HELD_BY = "select account_id, recorded_at from entitlement_version where subject_id = $1 and entitlement_id = $2 and kind = 'suspended'
        order by version desc limit 1";
    HELD_OF = "select entitlement_id, payee_id from entitlement where status = 'suspended' and ((subject_kind = 'person' and subject_id = $1) or payee_id = $1)
        order by entitlement_id";
    OPEN = "select 1 as one from instalment where entitlement_id = $1 and open is not null limit 1";
}

/// Pays `payee` from now on, and lets the money flow again if a machine held it; what an official holds stays held. Says the
/// new version, `None` when everything is so already. `known_at` is the moment of what says so: a decision from before the money
/// was held knew of no death and lets nothing flow.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: EntitlementId,
    payee: PersonId,
    known_at: Instant,
    ground: &Ground,
) -> Result<Option<u32>, Fault> {
    ground.check()?;
    let before = rows::by_id(tx, id).await?.ok_or(Fault::NoEntitlement)?;
    let flows = before.standing == Standing::Suspended && held_by_machine(tx, &before, known_at).await?;
    if before.standing == Standing::Ended || (payee == before.payee && !flows) {
        return Ok(None);
    }
    let mut after = Entitlement { version: before.version + 1, payee, ..before.clone() };
    if flows {
        after.standing = Standing::Active;
        after.standing_reason = None;
    }
    let kind = if flows { "resumed" } else { "passed_on" };
    Ok(Some(change(tx, desk, &before, after, &ground.why(kind)).await?.version))
}

/// Lets everything flow again that a machine held for this person or to them. What an official holds stays held.
pub async fn let_flow(tx: &mut Tx, desk: &Desk<'_>, person: PersonId, ground: &Ground) -> Result<u32, Fault> {
    let mut flowing = 0;
    for row in tx.all(HELD_OF, params![person]).await? {
        let payee: PersonId = row.get("payee_id")?;
        let done = run(tx, desk, row.get("entitlement_id")?, payee, desk.now, ground).await?;
        flowing += u32::from(done.is_some());
    }
    Ok(flowing)
}

/// Whether a machine held it, and no later than that moment.
async fn held_by_machine(tx: &mut Tx, e: &Entitlement, known_at: Instant) -> Result<bool, StoreError> {
    let Some(row) = tx.maybe(HELD_BY, params![e.subject.uuid(), e.id]).await? else { return Ok(false) };
    Ok(row.maybe::<AccountId>("account_id")?.is_none() && row.get::<Instant>("recorded_at")? <= known_at)
}

/// The case of an entitlement of which something is still to be paid or given: a later period, or an instalment that
/// waits. `None`: it is over.
pub async fn owes(tx: &mut Tx, id: EntitlementId) -> Result<Option<CaseId>, StoreError> {
    let Some(e) = rows::by_id(tx, id).await?.filter(|e| e.standing != Standing::Ended) else { return Ok(None) };
    let more = e.next_due.is_some() || !e.form.is_money() || tx.maybe(OPEN, params![id]).await?.is_some();
    Ok(more.then_some(e.case))
}

/// The entitlement of a case.
pub async fn of_case(tx: &mut Tx, subject: uuid::Uuid, case: CaseId) -> Result<Option<Entitlement>, StoreError> {
    tx.maybe(rows::BY_CASE, params![subject, case]).await?.as_ref().map(rows::entitlement).transpose()
}
