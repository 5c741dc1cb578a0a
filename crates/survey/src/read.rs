//! What a mother is asked herself: under seal.

use guard::{Relation, Sealed};
use kernel::PersonId;
use registry::sight::{Seen, Sight, relations};
use store::{StoreError, Tx, params};
use visit::Desk;

use crate::model::Invitation;
use crate::{answer, rows};

/// What a person is asked now and has not answered, the nearest last day first.
///
/// # Errors
/// The database.
pub async fn own(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
) -> Result<Seen<Vec<Invitation>>, StoreError> {
    let found = tx.all(rows::OPEN, params![person, desk.today()]).await?;
    let mut open = Vec::new();
    for it in found.iter().map(rows::read) {
        let it = it?;
        if !answer::mourns(tx, &it).await? {
            open.push(it);
        }
    }
    let about: Vec<(PersonId, Relation)> = relations(tx, sight, [person]).await?.into_iter().collect();
    Ok(Seen { sealed: Sealed::new(open, [person]), about })
}
