//! What is coming: the next pay day of each form with what is due by then, and how much waits for a run. No persons.

use kernel::{Currency, Date};
use serde::Serialize;
use store::{StoreError, Tx, params};

use crate::calendar::Calendar;
use crate::model::{Form, Stand};

store::sql! {
    FIRST = "select next_due from entitlement where pays_after = $1 and form = $2 and currency = $3 and next_due is not null order by next_due limit 1";
    DUE = "select count(*) as n, count(next_minor) as known, cast(coalesce(sum(next_minor), 0) as bigint) as minor,
        cast(coalesce(sum(case when next_due < $5 then 1 else 0 end), 0) as bigint) as behind
        from entitlement where pays_after = $1 and form = $2 and currency = $3 and next_due <= $4";
    OPEN = "select status, count(*) as n from instalment where open is not null group by status order by status";
}

/// What is coming.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Ahead {
    /// The next pay day of each form of which something is to come.
    pub next: Vec<Next>,
    /// Instalments that wait for a run, by where they are.
    pub waiting: Vec<(Stand, u32)>,
}

/// The next pay day of a form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Next {
    /// Cash or voucher.
    pub form: Form,
    /// The working day, today or later.
    pub pay_date: Date,
    /// Entitlements of which something is newly due by then.
    pub entitlements: u32,
    /// The first instalment of each that was not worked out yet, together, in minor units.
    pub minor: i64,
    /// Whether a run may find more than that: months before this one are behind, or an amount is not noted.
    pub or_more: bool,
}

/// Reads it as of `today`, for one currency.
pub async fn ahead(tx: &mut Tx, calendar: &Calendar<'_>, currency: Currency, today: Date) -> Result<Ahead, StoreError> {
    let mut found = Ahead::default();
    for form in Form::ALL.iter().copied().filter(|form| form.is_money()) {
        let mut pay_date = None;
        for after in [false, true] {
            if let Some(row) = tx.maybe(FIRST, params![after, form, currency.code()]).await? {
                let due: Date = row.get("next_due")?;
                let on = if after { calendar.on_or_after(due) } else { calendar.on_or_before(due) };
                let on = if on < today { calendar.on_or_after(today) } else { on };
                pay_date = Some(pay_date.map_or(on, |before: Date| before.min(on)));
            }
        }
        if let Some(pay_date) = pay_date {
            found.next.push(next(tx, calendar, currency, form, pay_date).await?);
        }
    }
    for row in tx.all(OPEN, params![]).await? {
        found.waiting.push((row.parse("status")?, row.get("n")?));
    }
    Ok(found)
}

/// What a run on `pay_date` would work out.
async fn next(
    tx: &mut Tx,
    calendar: &Calendar<'_>,
    currency: Currency,
    form: Form,
    pay_date: Date,
) -> Result<Next, StoreError> {
    let mut next = Next { form, pay_date, entitlements: 0, minor: 0, or_more: false };
    // What goes out after a day off waits for its own day; what goes out before it goes with the working day before.
    for (after, until) in [(false, calendar.covers_until(pay_date)), (true, pay_date)] {
        let month = pay_date.first_of_month();
        let row = tx.one(DUE, params![after, form, currency.code(), until, month]).await?;
        let (entitlements, known): (u32, u32) = (row.get("n")?, row.get("known")?);
        next.entitlements += entitlements;
        next.minor += row.get::<i64>("minor")?;
        next.or_more |= known < entitlements || row.get::<i64>("behind")? > 0;
    }
    Ok(next)
}
