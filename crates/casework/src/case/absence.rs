//! Days on which an official is away: their open tasks go back to the office, and new ones are not given to them.

use guard::Who;
use kernel::{AccountId, Date};
use store::{AsConflict, Row, StoreError, Tx, params};
use uuid::Uuid;

use super::model::plus_days;
use super::rows::Actor;
use super::worklist::give;
use crate::desk::Desk;

store::sql! {
    ADD = "insert into absence (account_id, absence_id, first_day, last_day, noted_by, noted_at) values ($1, $2, $3, $4, $5, $6)";
    END = "update absence set last_day = $3 where account_id = $1 and absence_id = $2 and last_day > $3";
    AHEAD = "select account_id, absence_id, first_day, last_day from absence where account_id = $1 and last_day >= $2 and last_day >= first_day order by first_day";
    AWAY = "select absence_id from absence where account_id = $1 and first_day <= $2 and last_day >= $2 limit 1";
    ALL_AWAY = "select distinct account_id from absence where first_day <= $1 and last_day >= $1";
    TASKS = "select task_id from task where assigned_to = $1 and status = 'open' order by sort_key limit 1000";
}

/// The longest absence taken, in days: longer ones are a change of post.
const LONGEST: i32 = 731;

/// Why an absence was not noted.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The days are out of order, past, or too many.
    #[error("the absence must end on or after its first day, not lie in the past, and last at most {LONGEST} days")]
    Days,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Days on which an official is away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Absence {
    /// Its id.
    pub id: Uuid,
    /// Who is away.
    pub account: AccountId,
    /// First day.
    pub first: Date,
    /// Last day.
    pub last: Date,
}

/// Notes an absence; gives its id and how many open tasks went back to the office, which they do on its first day. Whether `who` may
/// say so of the account is the caller's business.
pub async fn note(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    account: AccountId,
    first: Date,
    last: Date,
) -> Result<(Uuid, usize), Fault> {
    let today = desk.today();
    if last < first || last < today || (last - first).get_days() > LONGEST {
        return Err(Fault::Days);
    }
    let id = desk.ids.uuid(desk.now);
    tx.execute(ADD, params![account, id, first, last, who.account, desk.now]).await?;
    let back = if first > today { 0 } else { give_back(tx, desk, Actor::of(who), account).await? };
    Ok((id, back))
}

/// Ends an absence: the official is back today. One that had not begun never was. `false`: it was over already.
pub async fn end(tx: &mut Tx, desk: &Desk<'_>, account: AccountId, id: Uuid) -> Result<bool, StoreError> {
    let yesterday = plus_days(desk.today(), -1);
    Ok(tx.execute(END, params![account, id, yesterday]).await? == 1)
}

/// The absences of an official that run or are to come, the first first.
pub async fn ahead(tx: &mut Tx, desk: &Desk<'_>, account: AccountId) -> Result<Vec<Absence>, StoreError> {
    let read = |row: &Row| {
        Ok(Absence {
            id: row.get("absence_id")?,
            account: row.get("account_id")?,
            first: row.get("first_day")?,
            last: row.get("last_day")?,
        })
    };
    tx.all(AHEAD, params![account, desk.today()]).await?.iter().map(read).collect()
}

/// Whether an official is away on a day.
pub(crate) async fn is_away(tx: &mut Tx, account: AccountId, day: Date) -> Result<bool, StoreError> {
    Ok(tx.maybe(AWAY, params![account, day]).await?.is_some())
}

/// Gives the tasks of everybody who is away today back to their offices: once a day, for absences that begin.
pub(crate) async fn sweep(tx: &mut Tx, desk: &Desk<'_>) -> Result<(), StoreError> {
    for row in tx.all(ALL_AWAY, params![desk.today()]).await? {
        give_back(tx, desk, Actor::MACHINE, row.get("account_id")?).await?;
    }
    Ok(())
}

async fn give_back(tx: &mut Tx, desk: &Desk<'_>, actor: Actor<'_>, account: AccountId) -> Result<usize, StoreError> {
    let mut given = 0;
    for row in tx.all(TASKS, params![account]).await? {
        given += usize::from(give(tx, desk, actor, row.get("task_id")?, None).await?);
    }
    Ok(given)
}
