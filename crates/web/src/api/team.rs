//! The team for programs: caseloads, hours of training, what has expired or is overdue.

use axum::extract::State;
use guard::{Action, Role};
use kernel::AccountId;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;
use workforce::caseload;
use workforce::training::{self, Fitness};
use workforce::{supervision, team};

use super::call::Call;
use super::problem::{Code, Fault};
use crate::state::AppState;
use crate::visits::desk;

/// A nurse.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NurseWire {
    /// Her account.
    nurse: Uuid,
    /// How many families are hers once every handover that is written down has come.
    families: u32,
    /// How many of them have intense visits.
    intense: u32,
    /// Whether that is above a ceiling.
    over: bool,
    /// Hours of training that count.
    hours: u32,
    /// Competencies of the pack that have expired.
    expired: Vec<String>,
    /// Kinds of supervision that are overdue.
    overdue: Vec<String>,
}

/// A team against what is asked of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TeamWire {
    /// How many families one nurse can have.
    most_families: u32,
    /// How many of them with intense visits.
    most_intense: u32,
    /// Hours of training each must have.
    hours: u32,
    /// The nurses of a supervisor's team; a nurse finds herself alone.
    nurses: Vec<NurseWire>,
}

/// A supervisor's team, or a nurse herself: caseload, hours, what has expired and what is overdue.
#[utoipa::path(get, path = "/api/team", tag = "team", responses((status = 200, body = TeamWire), super::Faults))]
pub(crate) async fn show(State(state): State<AppState>, call: Call) -> Result<axum::Json<TeamWire>, Fault> {
    call.permit_thing(&state, Action::ViewTeam, "team").await?;
    let v = call.viewer(&state);
    let rules = v.pack.workforce().ok_or_else(|| Fault::new(Code::NotFound))?;
    let mut tx = state.db.read().await?;
    let ids: Vec<AccountId> = match v.who.role {
        Role::Nurse => vec![v.who.account],
        _ => {
            let found = team::members(&mut tx, &v.pack, v.who).await;
            found.map_err(|why| store::StoreError::Driver(why.to_string()))?.into_iter().map(|(id, _)| id).collect()
        }
    };
    let known = visit::handover::counted(&mut tx, &desk(&v), v.who).await?;
    let loads = caseload::loads(rules, &ids, &known);
    let mut nurses = Vec::new();
    for (id, load) in loads.iter().filter(|(id, _)| v.who.role != Role::Nurse || **id == v.who.account) {
        let standing = training::standing(rules, &training::ledger(&mut tx, *id).await?, v.today());
        let due = supervision::due(rules, &supervision::held(&mut tx, *id).await?, v.today());
        let expired = standing.fit.iter().filter(|(_, fit)| matches!(fit, Fitness::Expired(_)));
        nurses.push(NurseWire {
            nurse: id.0,
            families: load.families,
            intense: load.intense,
            over: load.is_over(rules),
            hours: standing.hours,
            expired: expired.map(|(competency, _)| competency.clone()).collect(),
            overdue: due.iter().filter(|d| d.overdue).map(|d| d.kind.word().to_owned()).collect(),
        });
    }
    let (most_families, most_intense) = (rules.most_families, rules.most_intense);
    Ok(axum::Json(TeamWire { most_families, most_intense, hours: rules.hours, nurses }))
}
