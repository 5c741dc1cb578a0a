//! Messages that wait to be sent. Nothing leaves by itself: whoever runs Hearth says how, and until then messages stay here, where the
//! mothers find them on their own page.

use kernel::Instant;
use store::{StoreError, Tx, params};
use visit::Desk;

use crate::model::Invitation;
use crate::{answer, rows};

/// The messages that wait, the oldest first; those that can no longer be answered are left out, and those to families that mourn, be
/// it since this morning.
///
/// # Errors
/// The database.
pub async fn waiting(tx: &mut Tx, desk: &Desk<'_>, most: u32) -> Result<Vec<Invitation>, StoreError> {
    let mut waiting = Vec::new();
    for it in tx.all(rows::UNSENT, params![desk.today(), most]).await?.iter().map(rows::read) {
        let it = it?;
        if !answer::mourns(tx, &it).await? {
            waiting.push(it);
        }
    }
    Ok(waiting)
}

/// Notes that a message was handed over, or that there is nowhere to send it to.
///
/// # Errors
/// The database.
pub async fn sent(tx: &mut Tx, it: &Invitation, now: Instant) -> Result<bool, StoreError> {
    Ok(tx.execute(rows::SENT, params![it.person, it.id, now]).await? == 1)
}
