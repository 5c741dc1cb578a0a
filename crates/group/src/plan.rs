//! A group is opened and closed, and its sessions are set and called off.

use guard::{Action, Allowed, Role, Who};
use kernel::{AccountId, Date, GroupId, GroupSessionId};
use store::{Tx, params};
use visit::Desk;

use crate::model::{Fault, Group, MOST_WORDS};
use crate::rows;

/// A session is set no further ahead than so many days.
const AHEAD: i32 = 366;

/// A new group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Its id; the same twice is once.
    pub id: GroupId,
    /// The kind.
    pub kind: String,
    /// Where it meets.
    pub venue: String,
    /// Who leads it.
    pub facilitator: AccountId,
    /// How many can take part.
    pub seats: u32,
}

/// A new session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSession {
    /// Its id; the same twice is once.
    pub id: GroupSessionId,
    /// The group.
    pub group: GroupId,
    /// The day.
    pub held_on: Date,
    /// The time of day as `14:00`.
    pub starts: String,
    /// What it is about.
    pub topic: String,
}

fn may(allowed: &Allowed) -> Result<(), Fault> {
    if allowed.action() == Action::ManageGroups { Ok(()) } else { Err(Fault::NotAllowed) }
}

/// Opens a group of the supervisor's district. `allowed` is the guard's decision on [`Action::ManageGroups`].
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn open(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, new: &NewGroup) -> Result<(), Fault> {
    may(allowed)?;
    let kind = desk.pack.groups().get(&new.kind).ok_or(Fault::NoKind)?;
    let office = who.jurisdiction.as_deref().filter(|_| who.role == Role::VisitSupervisor).ok_or(Fault::NotAllowed)?;
    if !(2..=kind.seats).contains(&new.seats) {
        return Err(Fault::Seats(kind.seats));
    }
    let venue = words("venue", &new.venue)?;
    let account = guard::account::by_id(tx, new.facilitator).await?.ok_or(Fault::NoFacilitator)?;
    if !account.duties.iter().any(|d| d.role == Role::Nurse && d.organisation == who.organisation) {
        return Err(Fault::NoFacilitator);
    }
    let seats = i64::from(new.seats);
    let place = desk.district(office);
    let values =
        params![new.id, kind.id, who.organisation, place, venue, new.facilitator, seats, who.account, desk.now];
    tx.execute(rows::OPEN, values).await?;
    Ok(())
}

/// A group that meets still and is in somebody's hands.
pub(crate) async fn led(tx: &mut Tx, desk: &Desk<'_>, who: &Who, id: GroupId) -> Result<Group, Fault> {
    let group = rows::group(tx, id).await?.filter(|g| !g.closed).ok_or(Fault::Nothing)?;
    if group.is_led_by(desk, who) { Ok(group) } else { Err(Fault::NotAllowed) }
}

/// Sets a session. Whoever leads the group does it, or the supervisor.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn meet(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, new: &NewSession) -> Result<(), Fault> {
    may(allowed)?;
    let group = led(tx, desk, who, new.group).await?;
    if !(0..=AHEAD).contains(&(new.held_on - desk.today()).get_days()) {
        return Err(Fault::When("held_on"));
    }
    let time: jiff::civil::Time = format!("{}:00", new.starts.trim()).parse().map_err(|_| Fault::When("starts"))?;
    let starts = format!("{:02}:{:02}", time.hour(), time.minute());
    let topic = words("topic", &new.topic)?;
    let values = params![new.id, group.id, new.held_on, starts, topic, who.account, desk.now];
    tx.execute(rows::MEET, values).await?;
    Ok(())
}

/// Calls a session off that has not been held.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn call_off(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: GroupSessionId,
) -> Result<(), Fault> {
    may(allowed)?;
    let session = rows::session(tx, id).await?.ok_or(Fault::Nothing)?;
    led(tx, desk, who, session.group).await?;
    if session.held_on < desk.today() {
        return Err(Fault::NotThen);
    }
    tx.execute(rows::CALL_OFF, params![id, desk.now]).await?;
    Ok(())
}

/// Closes a group: it meets no more.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn close(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, id: GroupId) -> Result<(), Fault> {
    may(allowed)?;
    let group = led(tx, desk, who, id).await?;
    tx.execute(rows::CLOSE, params![group.id, desk.now]).await?;
    Ok(())
}

fn words(field: &'static str, text: &str) -> Result<String, Fault> {
    let text = text.trim();
    let fits = !text.is_empty() && text.chars().count() <= MOST_WORDS;
    if fits { Ok(text.to_owned()) } else { Err(Fault::Words(field)) }
}
