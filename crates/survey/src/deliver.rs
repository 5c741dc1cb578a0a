//! Messages that wait to be sent. Nothing leaves by itself: whoever runs Hearth says how, and until then messages stay here, where the
//! mothers find them on their own page.

use kernel::Instant;
use store::{StoreError, Tx, params};
use visit::Desk;

use crate::model::Invitation;
use crate::rows;

/// The messages that wait, the oldest first; those that can no longer be answered are left out.
///
/// # Errors
/// The database.
pub async fn waiting(tx: &mut Tx, desk: &Desk<'_>, most: u32) -> Result<Vec<Invitation>, StoreError> {
    tx.all(rows::UNSENT, params![desk.today(), most]).await?.iter().map(rows::read).collect()
}

/// Notes that a message was handed over.
///
/// # Errors
/// The database.
pub async fn sent(tx: &mut Tx, it: &Invitation, now: Instant) -> Result<bool, StoreError> {
    Ok(tx.execute(rows::SENT, params![it.person, it.id, now]).await? == 1)
}
