//! Who is in a supervisor's team: the nurses of the same agency who work in the supervisor's district.

use catalogue::Pack;
use guard::account::{self, AccountError, Duty};
use guard::{Action, Allowed, Role, Who};
use kernel::AccountId;
use store::Tx;

use crate::{Desk, Fault};

/// The nurses of a supervisor's team, by name.
///
/// # Errors
/// The database.
pub async fn members(tx: &mut Tx, pack: &Pack, who: &Who) -> Result<Vec<(AccountId, String)>, AccountError> {
    let Some(office) = who.jurisdiction.as_deref() else { return Ok(Vec::new()) };
    let here = |duty: &Duty| {
        duty.role == Role::Nurse && duty.jurisdiction.as_deref().is_some_and(|place| pack.within(place, office))
    };
    let staff = account::staff(tx, &who.organisation).await?;
    Ok(staff.into_iter().filter(|(_, _, duty)| here(duty)).map(|(id, name, _)| (id, name)).collect())
}

/// Refuses whoever does not lead the team of all of these nurses.
pub(crate) async fn led(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    nurses: &[AccountId],
) -> Result<(), Fault> {
    if allowed.action() != Action::ManageTeam || who.role != Role::VisitSupervisor {
        return Err(Fault::NotAllowed);
    }
    let team = members(tx, desk.pack, who).await?;
    let known = |nurse: &AccountId| team.iter().any(|(id, _)| id == nurse);
    if nurses.iter().all(known) { Ok(()) } else { Err(Fault::NotTeam) }
}
