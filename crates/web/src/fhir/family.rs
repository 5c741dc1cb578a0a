//! Families under visit protocols and their plans, as far as they are in the caller's hands.

use fhir::datatype::whole;
use fhir::{Resource, family, plan};
use guard::{Action, Role, Tier};
use kernel::{EnrolmentId, FamilyCaseId, PersonId, SubmissionId};
use visit::care;
use visit::read::{self, File};

use super::calls::{Asked, Wanted};
use crate::api::problem::{Code, Fault};
use crate::visits::desk;

/// How many families one search opens; more must be named.
const MOST: usize = 300;

/// Kinds whose ids begin with that of a submission.
const SUBMITTED: [&str; 4] = ["Encounter", "QuestionnaireResponse", "Observation", "Provenance"];

/// The families that are wanted, by id.
async fn which(asked: &Asked<'_>, kind: &str, wanted: Wanted<'_>) -> Result<Vec<EnrolmentId>, Fault> {
    let viewer = asked.viewer();
    let mut tx = asked.state.db.read().await?;
    Ok(match wanted {
        Wanted::One(id) => {
            let Some(id) = whole(id) else { return Ok(Vec::new()) };
            match SUBMITTED.contains(&kind) {
                true => read::of_submission(&mut tx, SubmissionId(id)).await?.into_iter().collect(),
                false => vec![EnrolmentId(id)],
            }
        }
        Wanted::Of(person) => {
            let all = read::hands(&mut tx, &desk(&viewer), viewer.who, person).await?;
            if all.len() > MOST {
                return Err(super::people::name_one(kind, "patient"));
            }
            all
        }
    })
}

/// The files of families in the caller's hands.
pub(super) async fn files(asked: &Asked<'_>, kind: &str, wanted: Wanted<'_>) -> Result<Vec<File>, Fault> {
    let all = which(asked, kind, wanted).await?;
    let viewer = asked.viewer();
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    let mut tx = asked.state.db.read().await?;
    let mut seen = Vec::with_capacity(all.len());
    for id in all {
        // A family in other hands looks as if there were none.
        let file = read::file(&mut tx, &desk(&viewer), &sight, id).await?;
        seen.extend(file.filter(|f| f.about.iter().all(|(_, relation)| relation.open_case)));
    }
    drop(tx);
    asked.open_all(Action::ViewVisits, "visits", seen).await
}

/// Whether the caller's role has to do with visits at all.
fn visits(role: Role) -> bool {
    matches!(role, Role::Nurse | Role::VisitSupervisor)
}

/// Resources of families' files; a mother's own, as far as she sees them.
pub(super) async fn gather(asked: &Asked<'_>, kind: &str, wanted: Wanted<'_>) -> Result<Vec<Resource>, Fault> {
    let country = asked.country();
    if asked.call.who.role == Role::Citizen {
        return own(asked).await;
    }
    if !visits(asked.call.who.role) {
        return Err(Fault::new(Code::Forbidden));
    }
    let files = files(asked, kind, wanted).await?;
    Ok(files.iter().flat_map(|file| family::current(file, &country)).collect())
}

async fn own(asked: &Asked<'_>) -> Result<Vec<Resource>, Fault> {
    let me = asked.me().await?;
    let viewer = asked.viewer();
    let setting = viewer.setting();
    let mut tx = asked.state.db.read().await?;
    let seen = read::own(&mut tx, &desk(&viewer), &viewer.sight(&setting), me).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    let open = asked.open(Action::ViewVisits, &resource, seen.sealed).await?;
    let country = asked.country();
    Ok(open.iter().flat_map(|(e, planned)| family::own(e, planned, &country)).collect())
}

/// Plans, and the consents they rest on: whole for those who lead them and for the family, else the caller's part.
pub(super) async fn plans(asked: &Asked<'_>, kind: &str, wanted: Wanted<'_>) -> Result<Vec<Resource>, Fault> {
    let country = asked.country();
    let viewer = asked.viewer();
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    match asked.call.who.role {
        Role::Nurse | Role::VisitSupervisor => {
            let families = families_of(asked, kind, wanted).await?;
            let mut all = Vec::new();
            let mut seen = Vec::new();
            let mut tx = asked.state.db.read().await?;
            for id in families {
                let family = care::read::family(&mut tx, &desk(&viewer), &sight, id).await?;
                seen.extend(family.filter(|f| f.about.iter().all(|(_, relation)| relation.open_case)));
            }
            drop(tx);
            let open = asked.open_all(Action::ViewPlan, "plan", seen).await?;
            all.extend(open.iter().filter_map(|f| f.case.as_ref()).flat_map(|case| plan::whole(case, &country)));
            if kind == "Consent" {
                let files = files(asked, kind, wanted).await?;
                all.extend(files.iter().flat_map(|file| family::current(file, &country)));
            }
            Ok(all)
        }
        Role::Citizen => {
            let me = asked.me().await?;
            let mut tx = asked.state.db.read().await?;
            let seen = care::read::own(&mut tx, &sight, me).await?;
            drop(tx);
            let resource = seen.resource().at(Tier::Sensitive).showing(["plan"]);
            let case = asked.open(Action::ViewPlan, &resource, seen.sealed).await?;
            let mut all: Vec<Resource> = case.iter().flat_map(|case| plan::whole(case, &country)).collect();
            if kind == "Consent" {
                all.extend(own(asked).await?);
            }
            Ok(all)
        }
        Role::Caseworker | Role::AgencySystem => {
            let mut tx = asked.state.db.read().await?;
            let seen = care::read::shared(&mut tx, &desk(&viewer), &sight).await?;
            drop(tx);
            let resource = seen.resource().at(Tier::Sensitive).showing(["plan"]);
            let open = asked.open(Action::ViewPlan, &resource, seen.sealed).await?;
            Ok(open.iter().flat_map(plan::shared).collect())
        }
        _ => Err(Fault::new(Code::Forbidden)),
    }
}

/// The families whose plans are wanted: an id of a plan or goal is that of a case, one of a consent that of a case or a family.
async fn families_of(asked: &Asked<'_>, kind: &str, wanted: Wanted<'_>) -> Result<Vec<EnrolmentId>, Fault> {
    let Wanted::One(id) = wanted else { return which(asked, kind, wanted).await };
    let Some(id) = whole(id) else { return Ok(Vec::new()) };
    let mut tx = asked.state.db.read().await?;
    Ok(care::read::enrolment_of(&mut tx, FamilyCaseId(id)).await?.into_iter().collect())
}

/// The versions of a visit or assessment, the newest first.
pub(super) async fn history(asked: &Asked<'_>, kind: &str, id: &str) -> Result<Vec<Resource>, Fault> {
    if !visits(asked.call.who.role) {
        return Err(Fault::new(Code::Forbidden));
    }
    let country = asked.country();
    let files = files(asked, kind, Wanted::One(id)).await?;
    Ok(files.iter().flat_map(|file| family::history(file, kind, id, &country)).collect())
}

/// The file in which a resource stands, for a correction of it.
pub(super) async fn file_of(asked: &Asked<'_>, kind: &str, id: &str) -> Result<File, Fault> {
    let mut files = files(asked, kind, Wanted::One(id)).await?;
    files.pop().ok_or_else(|| Fault::new(Code::NotFound))
}

/// The family of a person in the caller's hands, that is visited now.
pub(super) async fn of_person(asked: &Asked<'_>, person: PersonId) -> Result<EnrolmentId, Fault> {
    let viewer = asked.viewer();
    let mut tx = asked.state.db.read().await?;
    let running = care::read::running(&mut tx, person).await?;
    let known = match running {
        Some(id) => Some(id),
        None => read::hands(&mut tx, &desk(&viewer), viewer.who, Some(person)).await?.pop(),
    };
    known.ok_or_else(|| Fault::new(Code::NotFound))
}
