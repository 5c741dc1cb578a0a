//! What is coming: the next day on which something is due, and how much waits for a run. No persons.

use kernel::Date;
use serde::Serialize;
use store::{StoreError, Tx, params};

use crate::model::{Form, Stand};

store::sql! {
    NEXT = "select form, min(next_due) as due_on from entitlement where next_due is not null and status = 'active' group by form order by form";
    OPEN = "select status, count(*) as n from instalment where open is not null group by status order by status";
}

/// What is coming.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ahead {
    /// The next due day of each form, before it moves for days off.
    pub next: Vec<(Form, Date)>,
    /// Instalments that wait for a run, by where they are.
    pub waiting: Vec<(Stand, u32)>,
}

/// Reads it.
pub async fn ahead(tx: &mut Tx) -> Result<Ahead, StoreError> {
    let mut found = Ahead::default();
    for row in tx.all(NEXT, params![]).await? {
        found.next.push((row.parse("form")?, row.get("due_on")?));
    }
    for row in tx.all(OPEN, params![]).await? {
        found.waiting.push((row.parse("status")?, row.get("n")?));
    }
    Ok(found)
}
