//! A mother is asked, joins, declines, leaves.

use guard::{Action, Allowed, Who};
use kernel::{GroupId, PersonId};
use store::{Tx, params};
use visit::{Desk, roll};

use crate::model::{Fault, Status};
use crate::rows;

/// Asks a mother; `joins`: she said yes at once. Her own nurse or supervisor asks: `allowed` is the guard's decision on
/// [`Action::WorkGroup`] about her.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn ask(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (group, person): (GroupId, PersonId),
    joins: bool,
) -> Result<(), Fault> {
    let group = rows::group(tx, group).await?.filter(|g| !g.closed).ok_or(Fault::Nothing)?;
    let mine = allowed.action() == Action::WorkGroup && allowed.covers(person) && group.is_of(desk, who);
    if !mine {
        return Err(Fault::NotAllowed);
    }
    let visited = roll::histories(tx, person).await?;
    let visited = visited.iter().map(|h| &h.enrolment).rfind(|e| e.left.is_none() && e.consented_at.is_some());
    let visited = visited.ok_or(Fault::NotNow)?;
    if visited.family(&[], &[]).mourns() {
        return Err(Fault::NotNow);
    }
    if !desk.responsible(who, visited) {
        return Err(Fault::NotAllowed);
    }
    let values = params![person, group.id, Status::Invited.word(), who.account, desk.now];
    if tx.execute(rows::ASK, values).await? == 0 {
        return Err(Fault::Again);
    }
    if joins { change(tx, desk, (group.id, person), Status::Joined).await } else { Ok(()) }
}

/// She answers, or leaves, herself. `allowed` is the guard's decision on [`Action::JoinGroup`] about her.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn answer(
    tx: &mut Tx,
    desk: &Desk<'_>,
    allowed: &Allowed,
    (group, person): (GroupId, PersonId),
    joins: bool,
) -> Result<(), Fault> {
    if allowed.action() != Action::JoinGroup || !allowed.covers(person) {
        return Err(Fault::NotAllowed);
    }
    let now = rows::member(tx, person, group).await?.ok_or(Fault::Nothing)?;
    let to = match (now, joins) {
        (Status::Joined, true) => return Ok(()),
        (_, true) => Status::Joined,
        (Status::Joined, false) => Status::Left,
        (Status::Invited, false) => Status::Declined,
        (Status::Declined | Status::Left, false) => return Ok(()),
    };
    change(tx, desk, (group, person), to).await
}

/// From where somebody stands to elsewhere, with the seat taken or given back.
async fn change(tx: &mut Tx, desk: &Desk<'_>, (group, person): (GroupId, PersonId), to: Status) -> Result<(), Fault> {
    let from = rows::member(tx, person, group).await?.ok_or(Fault::Nothing)?;
    // The seat is taken by one statement, so that of two who want the last one gets it.
    if to == Status::Joined && tx.execute(rows::SIT, params![group]).await? == 0 {
        let open = rows::group(tx, group).await?.is_some_and(|g| !g.closed);
        return Err(if open { Fault::Full } else { Fault::Nothing });
    }
    if from == Status::Joined {
        tx.execute(rows::RISE, params![group]).await?;
    }
    let values = params![person, group, to.word(), desk.now, from.word()];
    if tx.execute(rows::CHANGE, values).await? == 0 {
        return Err(Fault::Nothing);
    }
    Ok(())
}
