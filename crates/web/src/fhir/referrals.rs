//! ServiceRequest and Task: referrals for those who sent them, the family, and the service that was asked.

use fhir::{Resource, referral as map};
use guard::{Action, Role};
use kernel::ReferralId;
use referral::read::{self, Which};

use super::calls::{Asked, Wanted};
use crate::api::problem::{Code, Fault};
use crate::referral::desk;

/// The most in one answer.
const MOST: u32 = 200;

/// Both resources of each referral.
pub(super) async fn gather(asked: &Asked<'_>, wanted: Wanted<'_>) -> Result<Vec<Resource>, Fault> {
    match (asked.call.who.role, wanted) {
        (Role::AgencySystem, Wanted::One(id)) => for_partner(asked, id).await,
        (Role::AgencySystem, Wanted::Of(_)) => to_agency(asked).await,
        (_, Wanted::One(id)) => Ok(whole(asked, id).await?.map(|(both, _)| both).unwrap_or_default()),
        (_, Wanted::Of(_)) => listed(asked, wanted).await,
    }
}

async fn to_agency(asked: &Asked<'_>) -> Result<Vec<Resource>, Fault> {
    let viewer = asked.viewer();
    let setting = viewer.setting();
    let mut tx = asked.state.db.read().await?;
    let (seen, tier) = read::to_agency(&mut tx, &desk(&viewer), &viewer.sight(&setting), MOST).await?;
    drop(tx);
    let resource = read::resource(&seen, tier);
    let open = asked.open(Action::ViewReferral, &resource, seen.sealed).await?;
    let country = asked.country();
    Ok(open.iter().flat_map(|it| map::of_partner(it, &country)).collect())
}

async fn for_partner(asked: &Asked<'_>, id: &str) -> Result<Vec<Resource>, Fault> {
    let Ok(id) = id.parse::<ReferralId>() else { return Ok(Vec::new()) };
    let viewer = asked.viewer();
    let setting = viewer.setting();
    let mut tx = asked.state.db.read().await?;
    let seen = read::for_partner(&mut tx, &desk(&viewer), &viewer.sight(&setting), id).await?;
    drop(tx);
    let Some((seen, tier)) = seen else { return Ok(Vec::new()) };
    let resource = read::resource(&seen, tier);
    let open = asked.open(Action::ViewReferral, &resource, seen.sealed).await?;
    Ok(map::of_partner(&open, &asked.country()))
}

/// A referral with every version of its Task.
async fn whole(asked: &Asked<'_>, id: &str) -> Result<Option<(Vec<Resource>, Vec<Resource>)>, Fault> {
    let Ok(id) = id.parse::<ReferralId>() else { return Ok(None) };
    let mut tx = asked.state.db.read().await?;
    let about = read::about(&mut tx, id).await?;
    drop(tx);
    let Some((person, _)) = about else { return Ok(None) };
    let viewer = asked.viewer_of(person).await?;
    let setting = viewer.setting();
    let mut tx = asked.state.db.read().await?;
    let seen = read::one(&mut tx, &desk(&viewer), &viewer.sight(&setting), id).await?;
    drop(tx);
    let Some((seen, tier)) = seen else { return Ok(None) };
    let resource = read::resource(&seen, tier);
    let open = asked.open(Action::ViewReferral, &resource, seen.sealed).await?;
    let country = asked.country();
    Ok(Some((map::of_referrer(&open.named, &country), map::history(&open.named, &open.steps, &country))))
}

/// The referrals of a person, or the open ones of the caller's office.
async fn listed(asked: &Asked<'_>, wanted: Wanted<'_>) -> Result<Vec<Resource>, Fault> {
    let person = match (asked.call.who.role, wanted) {
        (Role::Citizen, Wanted::Of(None)) => Some(asked.me().await?),
        (_, Wanted::Of(person)) => person,
        (_, Wanted::One(_)) => None,
    };
    let viewer = match person {
        Some(person) => asked.viewer_of(person).await?,
        None => asked.viewer(),
    };
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    let mut tx = asked.state.db.read().await?;
    let (seen, tier) = match person {
        Some(person) => read::of_person(&mut tx, &desk(&viewer), &sight, person, MOST).await?,
        None if crate::referral::purpose_kind(asked.call.who.role).is_some() => {
            read::of_office(&mut tx, &desk(&viewer), &sight, Which::All, MOST).await?
        }
        None => return Err(Fault::new(Code::Forbidden)),
    };
    drop(tx);
    if seen.about.is_empty() {
        return Ok(Vec::new());
    }
    let resource = read::resource(&seen, tier);
    let open = asked.open(Action::ViewReferral, &resource, seen.sealed).await?;
    let country = asked.country();
    Ok(open.iter().flat_map(|it| map::of_referrer(it, &country)).collect())
}

/// The versions of a Task, the newest first; a service sees the present one.
pub(super) async fn history(asked: &Asked<'_>, id: &str) -> Result<Vec<Resource>, Fault> {
    if asked.call.who.role == Role::AgencySystem {
        let now = for_partner(asked, id).await?;
        return Ok(now.into_iter().filter(|r| r.kind() == "Task").collect());
    }
    Ok(whole(asked, id).await?.map(|(_, history)| history).unwrap_or_default())
}
