//! Figures without persons: the day on which the first money of a case went out.

use std::collections::BTreeMap;

use kernel::{CaseId, Date};
use store::{Row, StoreError, Tx, params};

store::sql! {
    FIRST_PAID = "select e.case_id, min(r.pay_date) as paid_on from run r
        join run_line l on l.run_id = r.run_id
        join entitlement e on e.subject_id = l.subject_id and e.entitlement_id = l.entitlement_id
        where r.pay_date >= $1 and (l.status = 'paid' or (r.status = 'settled' and l.status in ('ready', 'accepted'))) group by e.case_id";
}

/// The first day since `from` on which the bank paid something for a case.
pub async fn first_paid(tx: &mut Tx, from: Date) -> Result<BTreeMap<CaseId, Date>, StoreError> {
    let read = |row: &Row| Ok((row.get("case_id")?, row.get("paid_on")?));
    tx.all(FIRST_PAID, params![from]).await?.iter().map(read).collect()
}
