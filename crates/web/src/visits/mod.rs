//! Pages of home visiting: a nurse's day, week and families, a family's file, assessments and visits, growth, the level of need, what cannot
//! wait, and a mother who asks for visits herself.

pub(crate) mod act_handlers;
pub(crate) mod alert_handlers;
pub mod alerts;
pub mod day;
pub mod decide;
pub mod families;
pub mod family;
pub mod growth;
pub(crate) mod handlers;
pub mod join;
pub(crate) mod join_handlers;
pub(crate) mod need_handlers;
pub mod questions;
pub mod record;
pub(crate) mod version_handlers;
pub mod versions;
pub mod week;
pub(crate) mod week_handlers;

use guard::{Action, Allowed, Purpose, PurposeKind, Relation, Resource, Role, Tier};
use kernel::{EnrolmentId, PersonId};
use visit::Desk;
use visit::model::Enrolment;
use visit::read::{self, File};

use crate::components::frame::Frame;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The desk of home visits for a viewer.
pub(crate) fn desk<'a>(v: &'a Viewer<'_>) -> Desk<'a> {
    Desk { pack: &v.pack, keys: v.state.guard.keys(), ids: &*v.state.ids, now: v.now }
}

/// A nurse or supervisor at work; `None` for everybody else.
pub(crate) fn viewer<'s>(state: &'s AppState, session: &'s Session, f: &Frame) -> Option<Viewer<'s>> {
    let works = matches!(session.who.role, Role::Nurse | Role::VisitSupervisor);
    works.then(|| Viewer::new(state, &session.who, Purpose::new(PurposeKind::HomeVisit, f.t.t("visits-purpose"))))
}

/// The same for supervisors alone.
pub(crate) fn supervisor<'s>(state: &'s AppState, session: &'s Session, f: &Frame) -> Option<Viewer<'s>> {
    viewer(state, session, f).filter(|v| v.who.role == Role::VisitSupervisor)
}

/// A family's file that was opened: the look is in the log.
pub(crate) struct Opened {
    pub(crate) file: File,
    pub(crate) about: Vec<(PersonId, Relation)>,
}

impl Opened {
    /// The resource of an act about this family.
    pub(crate) fn resource(&self) -> Resource {
        Resource::people(self.about.iter().copied()).at(Tier::Sensitive).showing(["visits"])
    }

    /// The guard's decision on an act.
    pub(crate) async fn permit(&self, v: &Viewer<'_>, action: Action) -> Result<Allowed, Trouble> {
        Ok(v.state.guard.permit(v.who, action, &self.resource(), &v.purpose).await?)
    }
}

/// Opens a family's file. A family in other hands looks as if there were none.
pub(crate) async fn open(v: &Viewer<'_>, id: &str) -> Result<Opened, Trouble> {
    let id: EnrolmentId = id.parse().map_err(|_| Trouble::Absent)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = read::file(&mut tx, &desk(v), &sight, id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    if !seen.about.iter().all(|(_, relation)| relation.open_case) {
        return Err(Trouble::Absent);
    }
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    let about = seen.about.clone();
    let file = v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, seen.sealed).await?;
    Ok(Opened { file: file.into_inner(), about })
}

/// How a family stands to the viewer, for an act that shows nothing; `None` where there is none.
pub(crate) async fn standing(
    v: &Viewer<'_>,
    id: &str,
) -> Result<Option<(Enrolment, Vec<(PersonId, Relation)>)>, Trouble> {
    let id: EnrolmentId = id.parse().map_err(|_| Trouble::Absent)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    Ok(read::standing(&mut tx, &desk(v), &sight, id).await?)
}
