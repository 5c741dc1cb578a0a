//! Payment alone: one entitlement as the ministry reads it that brought the decision.

use kernel::EntitlementId;
use registry::sight::{Seen, Sight};
use serde::Serialize;
use store::{StoreError, Tx};

use crate::read::{self, EntitlementShown, InstalmentShown};
use crate::rows;

/// The most instalments of one payee that are looked through: a century of months for several entitlements.
const MOST: usize = 5000;

/// One entitlement with its instalments.
#[derive(Clone, Debug, Serialize)]
pub struct Alone {
    /// The entitlement, its versions and what is to come.
    pub shown: EntitlementShown,
    /// Its instalments, the latest first.
    pub instalments: Vec<InstalmentShown>,
}

/// An entitlement an agency pays, with its instalments; `None` when it is no such agency's.
pub async fn one(
    tx: &mut Tx,
    sight: &Sight<'_>,
    agency: &str,
    id: EntitlementId,
) -> Result<Option<Seen<Option<Alone>>>, StoreError> {
    let Some(e) = rows::by_id(tx, id).await?.filter(|e| e.agency == agency) else { return Ok(None) };
    let all = read::of_person(tx, sight, e.payee, MOST).await?;
    Ok(Some(all.map(|all| {
        let instalments = all.instalments.into_iter().filter(|i| i.entitlement == id).collect();
        let shown = all.entitlements.into_iter().find(|shown| shown.entitlement.id == id);
        shown.map(|shown| Alone { shown, instalments })
    })))
}
