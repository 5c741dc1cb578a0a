//! Families from one nurse to another, with everything that hangs on them in other rooms, in one transaction.

use guard::{Allowed, Who};
use store::{StoreError, Tx};
use visit::handover::{Fault, Input, Moved};

use crate::Desk;

/// Hands families over, all or none; the open referrals the one has sent go along. What is checked and why: [`visit::handover::run`].
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: &Input) -> Result<(), Fault> {
    let moved = visit::handover::run(tx, desk, who, allowed, input).await?;
    referrals(tx, &moved).await?;
    Ok(())
}

/// Writes down the handovers whose day has come; says how many families. Called again and again by the worker.
///
/// # Errors
/// The database.
pub async fn settle(tx: &mut Tx, desk: &Desk<'_>) -> Result<usize, StoreError> {
    let moved = visit::handover::settle(tx, desk).await?;
    referrals(tx, &moved).await?;
    Ok(moved.len())
}

async fn referrals(tx: &mut Tx, moved: &[Moved]) -> Result<(), StoreError> {
    for it in moved {
        referral::change::hand_over(tx, it.person, it.from, it.to).await?;
    }
    Ok(())
}
