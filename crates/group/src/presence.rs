//! Who came, and how it was for her.

use guard::{Action, Allowed, Who};
use kernel::{GroupSessionId, PersonId};
use store::{Tx, params};
use visit::Desk;

use crate::model::{Fault, HIGHEST, Session, Status};
use crate::{plan, rows};

async fn held(tx: &mut Tx, desk: &Desk<'_>, id: GroupSessionId) -> Result<Session, Fault> {
    let session = rows::session(tx, id).await?.filter(|s| !s.cancelled).ok_or(Fault::Nothing)?;
    if session.held_on > desk.today() { Err(Fault::NotThen) } else { Ok(session) }
}

/// Notes who of these came. `allowed` is the guard's decision on [`Action::WorkGroup`] about all of them.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn note(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: GroupSessionId,
    all: &[(PersonId, bool)],
) -> Result<(), Fault> {
    let session = held(tx, desk, id).await?;
    plan::led(tx, desk, who, session.group).await?;
    for (person, came) in all {
        if allowed.action() != Action::WorkGroup || !allowed.covers(*person) {
            return Err(Fault::NotAllowed);
        }
        if !matches!(rows::member(tx, *person, session.group).await?, Some(Status::Joined | Status::Left)) {
            return Err(Fault::Nothing);
        }
        tx.execute(rows::NOTE, params![*person, id, *came, who.account, desk.now]).await?;
    }
    Ok(())
}

/// She says how it was, once, of a session she came to. `allowed` is the guard's decision on [`Action::JoinGroup`] about her.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn say(
    tx: &mut Tx,
    desk: &Desk<'_>,
    allowed: &Allowed,
    (id, person): (GroupSessionId, PersonId),
    points: i64,
) -> Result<(), Fault> {
    if allowed.action() != Action::JoinGroup || !allowed.covers(person) {
        return Err(Fault::NotAllowed);
    }
    if !(1..=HIGHEST).contains(&points) {
        return Err(Fault::Points);
    }
    let session = held(tx, desk, id).await?;
    if !session.is_asked(desk.today()) {
        return Err(Fault::NotThen);
    }
    let said = tx.execute(rows::SAY, params![person, id, points]).await?;
    if said == 0 { Err(Fault::Nothing) } else { Ok(()) }
}
