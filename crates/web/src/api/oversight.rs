//! Who looked; the log's checkpoint; a new version of the pack.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use catalogue::ReloadError;
use guard::log::Position;
use guard::{Action, Tier};
use kernel::PersonId;
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};

use super::body;
use super::call::{Call, Once};
use super::problem::{Code, Fault, FieldFault};
use super::wire::moment;
use crate::state::AppState;

/// One look.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct LookWire {
    /// When.
    #[schema(format = DateTime)]
    at: String,
    /// The organisation; null when it is withheld.
    organisation: Option<String>,
    /// The role.
    role: Option<String>,
    /// What was done.
    action: Option<String>,
    /// What was shown.
    items: Vec<String>,
    /// The purpose.
    purpose: Option<String>,
    /// The case.
    case: Option<String>,
    /// The law.
    law: Option<String>,
    /// Whether it was allowed.
    allowed: bool,
    /// Whether somebody acted for the person by a mandate.
    by_mandate: bool,
}

/// Looks that are withheld for a time.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithheldWire {
    /// How many.
    count: u64,
    /// Until when.
    #[schema(format = DateTime)]
    until: String,
    /// Under which law.
    law: String,
}

/// Who looked at a person's record.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrailWire {
    /// The newest first.
    looks: Vec<LookWire>,
    /// What is withheld.
    withheld: Vec<WithheldWire>,
    /// Where the next page begins; absent on the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// Which page of a trail.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct TrailQuery {
    /// From an earlier page.
    #[serde(default)]
    after: Option<String>,
}

/// How many looks one answer holds.
const MOST: usize = 500;

/// Who looked at a person's record.
#[utoipa::path(get, path = "/api/persons/{id}/trail", tag = "oversight",
    params(("id" = Uuid, Path, description = "The person."), TrailQuery),
    responses((status = 200, body = TrailWire), super::Faults))]
pub(crate) async fn trail(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<axum::Json<TrailWire>, Fault> {
    let person = PersonId(super::id(&id)?);
    let asked: TrailQuery = super::query(&uri)?;
    let odd = |_| Fault::field(Code::Invalid, "query:after", "expected what an earlier page gave as next");
    let before = asked.after.as_deref().map(str::parse::<Position>).transpose().map_err(odd)?;
    let mut tx = state.db.read().await?;
    let about = call.about(&state, &mut tx, [person]).await?;
    let ids = registry::merge::ids_of(&mut tx, person).await?;
    drop(tx);
    if about.is_empty() {
        return Err(Fault::new(Code::NotFound));
    }
    let unavailable = |why: guard::log::LogError| {
        tracing::error!(%why, "the trail could not be read");
        Fault::new(Code::Unavailable)
    };
    let sealed = state.guard.log().trail(&ids, state.now(), before, MOST).await.map_err(unavailable)?;
    let resource = guard::Resource::people(about).at(Tier::Contact).showing(["trail"]);
    let open = state.guard.reveal(&call.who, Action::ViewOwnTrail, &resource, &call.purpose, sealed).await?;
    let looks = open.entries.iter().map(|e| LookWire {
        at: moment(e.at),
        organisation: e.organisation.clone(),
        role: e.role.map(|r| r.word().to_owned()),
        action: e.action.map(|a| a.word().to_owned()),
        items: e.items.clone(),
        purpose: e.purpose.map(|p| p.word().to_owned()),
        case: e.case.clone(),
        law: e.law.clone(),
        allowed: e.allowed,
        by_mandate: e.by_mandate,
    });
    let withheld =
        open.withheld.iter().map(|w| WithheldWire { count: w.count, until: moment(w.until), law: w.law.clone() });
    let next = open.older.map(|last| last.to_string());
    Ok(axum::Json(TrailWire { looks: looks.collect(), withheld: withheld.collect(), next }))
}

/// A checkpoint of one year.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckpointWire {
    /// The year.
    year: i16,
    /// The signed note (C2SP).
    note: String,
}

/// Checkpoints of the disclosure log.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CheckpointList {
    /// One a year.
    checkpoints: Vec<CheckpointWire>,
    /// The key that verifies them.
    verifier_key: String,
}

/// Signed checkpoints of the disclosure log, to be kept elsewhere.
#[utoipa::path(get, path = "/api/log/checkpoint", tag = "oversight",
    responses((status = 200, body = CheckpointList), super::Faults))]
pub(crate) async fn checkpoint(State(state): State<AppState>, call: Call) -> Result<axum::Json<CheckpointList>, Fault> {
    call.permit_thing(&state, Action::VerifyLog, "log").await?;
    let log = state.guard.log();
    let notes = log.checkpoint().await.map_err(|why| {
        tracing::error!(%why, "no checkpoint could be made");
        Fault::new(Code::Unavailable)
    })?;
    let checkpoints = notes.into_iter().map(|(year, note)| CheckpointWire { year, note }).collect();
    Ok(axum::Json(CheckpointList { checkpoints, verifier_key: log.verifier_key().to_string() }))
}

/// A pack taken into force.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReloadedWire {
    /// Content hash of what was in force.
    old: String,
    /// Content hash of what is in force now.
    new: String,
    /// How many warnings somebody should look at.
    warnings: u32,
}

/// Takes the pack in the configured folder into force, or refuses it whole. All households are worked out again in the background.
#[utoipa::path(post, path = "/api/packs/reload", tag = "oversight",
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ReloadedWire), super::Faults))]
pub(crate) async fn reload(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = body::raw(request, &state).await?;
    let once = Once::new(&headers, &call, "reload", &body::hash(&body))?;
    call.permit_thing(&state, Action::ReloadPack, "pack").await?;
    let now = state.now();
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, now).await? {
            Some(again) => Ok(again),
            None => {
                let told = take_into_force(&state).await?;
                let pack = state.packs.current();
                let desk = casework::Desk { pack: &pack, keys: state.guard.keys(), ids: &*state.ids, now };
                casework::later::queue_pack(tx, &desk).await?;
                once.end(tx, StatusCode::OK, &told).await
            }
        }
    })
}

/// Doing it again does no harm: the same folder gives the same pack.
async fn take_into_force(state: &AppState) -> Result<ReloadedWire, Fault> {
    let packs = state.packs.clone();
    let reloaded = tokio::task::spawn_blocking(move || packs.reload()).await.map_err(|_| Fault::new(Code::Internal))?;
    let done = reloaded.map_err(|error| match error {
        ReloadError::Faulty(faults) => {
            let mut fault = Fault::new(Code::Invalid);
            let one = |f: &rules::schema::Fault| FieldFault {
                pointer: format!("{}:{}:{}", f.file, f.line, f.column),
                message: f.message.clone(),
            };
            fault.errors = faults.iter().take(100).map(one).collect();
            fault
        }
        ReloadError::Archive(why) => {
            tracing::error!(%why, "no copy of the pack could be kept");
            Fault::new(Code::Unavailable)
        }
    })?;
    Ok(ReloadedWire {
        old: done.old.content_hash().to_owned(),
        new: done.new.content_hash().to_owned(),
        warnings: u32::try_from(done.warnings.len()).unwrap_or(u32::MAX),
    })
}
