//! Records that may be one human being: proposals, side by side, joined, told apart, and a joining undone.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use guard::{Purpose, PurposeKind};
use kernel::PersonId;
use registry::duplicate::{self, DuplicateError, Finding};
use registry::merge::{self, Merge, MergeError};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{self, Body, Short};
use super::call::{Call, Once};
use super::people::PersonWire;
use super::problem::{Code, Fault};
use super::wire::moment;
use crate::official::duplicate_handlers as pages;
use crate::state::AppState;
use crate::viewer::Viewer;

/// A proposal that two records are one human being.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalWire {
    /// The one record.
    person: Uuid,
    /// The other.
    other: Uuid,
    /// The sum of the weights of what speaks for and against, in hundredths of a bit: a bit doubles the odds.
    score: i32,
    /// What speaks for and against.
    findings: Vec<String>,
}

/// Open proposals.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProposalList {
    /// The likeliest first, those alone whose two records the caller may both see.
    proposals: Vec<ProposalWire>,
    /// The latest joinings that hold, the newest first: to be undone, if need be.
    joined: Vec<MergeWire>,
    /// The `after` of the next page; null: this was the last.
    next: Option<String>,
}

/// Which page of proposals.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ProposalQuery {
    /// The `next` of the page before.
    #[serde(default)]
    #[param(pattern = "^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}[.][0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
    after: Option<String>,
}

/// Two records that were joined.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MergeWire {
    /// The record that goes on.
    survivor: Uuid,
    /// The joining, to be undone by.
    merge: Uuid,
    /// When.
    #[schema(format = DateTime)]
    at: String,
}

/// What a field says, with its weight.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FindingWire {
    /// Such as `name_same` or `birth_near`.
    finding: String,
    /// In hundredths of a bit.
    weight: i32,
}

/// Two records side by side.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ComparisonWire {
    /// The one.
    left: PersonWire,
    /// The other.
    right: PersonWire,
    /// What speaks for and against.
    findings: Vec<FindingWire>,
}

/// What they are.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum OutcomeWire {
    /// One human being: the records are joined.
    Same,
    /// Two people: the proposal is closed.
    Different,
}

/// What an official found.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinWire {
    /// What they are.
    outcome: OutcomeWire,
    /// With `same`: the record that goes on; the other leads to it.
    #[serde(default)]
    keep: Option<Uuid>,
    /// Why, in words.
    #[schema(value_type = String, min_length = 3, max_length = 200)]
    reason: Short<200>,
}

/// What became of it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct JoinedWire {
    /// The record that goes on; null when they are two people.
    survivor: Option<Uuid>,
    /// The joining, to be undone by; null when they are two people.
    merge: Option<Uuid>,
}

/// Whoever compares records does so to keep the registry right, whatever else they came for.
fn viewer<'s>(state: &'s AppState, call: &'s Call) -> Viewer<'s> {
    Viewer::new(state, &call.who, Purpose { kind: PurposeKind::DataQuality, ..call.purpose.clone() })
}

fn word(finding: Finding) -> String {
    serde_json::to_value(finding).ok().and_then(|v| v.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Records that may be one human being. The purpose is `data_quality`, whatever the call says.
#[utoipa::path(get, path = "/api/duplicates", tag = "persons", params(ProposalQuery),
    responses((status = 200, body = ProposalList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    request: Request,
) -> Result<axum::Json<ProposalList>, Fault> {
    let query: ProposalQuery = super::query(request.uri())?;
    let after = query.after.as_deref().map(read_after).transpose()?;
    let viewer = viewer(&state, &call);
    let ((open, next), joined) = (pages::proposals(&viewer, after).await?, pages::merges(&viewer).await?);
    let one = |p: &duplicate::Proposal| ProposalWire {
        person: p.person.0,
        other: p.other.0,
        score: p.score,
        findings: p.findings.iter().map(|f| word(*f)).collect(),
    };
    let merge = |m: &Merge| MergeWire { survivor: m.survivor.0, merge: m.id, at: moment(m.recorded_at) };
    Ok(axum::Json(ProposalList {
        proposals: open.iter().map(one).collect(),
        joined: joined.iter().map(merge).collect(),
        next: next.map(|(person, other)| format!("{person}.{other}")),
    }))
}

fn read_after(text: &str) -> Result<duplicate::After, Fault> {
    let ids = text.split_once('.').and_then(|(a, b)| Some((a.parse().ok()?, b.parse().ok()?)));
    ids.ok_or_else(|| Fault::field(Code::Invalid, "query:after", "expected the next of the page before"))
}

/// Two records side by side.
#[utoipa::path(get, path = "/api/duplicates/{left}/{right}", tag = "persons",
    params(("left" = Uuid, Path, description = "The one record."), ("right" = Uuid, Path, description = "The other.")),
    responses((status = 200, body = ComparisonWire), super::Faults))]
pub(crate) async fn compare(
    State(state): State<AppState>,
    call: Call,
    Path((left, right)): Path<(String, String)>,
) -> Result<axum::Json<ComparisonWire>, Fault> {
    let (left, right) = (PersonId(super::id(&left)?), PersonId(super::id(&right)?));
    let both = pages::both(&viewer(&state, &call), left, right).await?;
    let findings = both.findings.iter().map(|(f, weight)| FindingWire { finding: word(*f), weight: *weight });
    let findings = findings.collect();
    Ok(axum::Json(ComparisonWire { left: (&both.left).into(), right: (&both.right).into(), findings }))
}

/// Joins two records, or says that they are two people.
#[utoipa::path(post, path = "/api/duplicates/{left}/{right}", tag = "persons", request_body = JoinWire,
    params(("left" = Uuid, Path, description = "The one record."), ("right" = Uuid, Path, description = "The other."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = JoinedWire), super::Faults))]
pub(crate) async fn settle(
    State(state): State<AppState>,
    call: Call,
    Path((left, right)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let (left, right) = (PersonId(super::id(&left)?), PersonId(super::id(&right)?));
    let body = Body::<JoinWire>::read(request, &state).await?.about(format!("{left} {right}"));
    let once = Once::new(&headers, &call, "duplicate", &body.hash)?;
    let reason = body.it.reason.0.trim().to_owned();
    if reason.chars().count() < 3 {
        return Err(Fault::field(Code::Invalid, "/reason", "expected at least three letters"));
    }
    let keep = match (body.it.outcome, body.it.keep) {
        (OutcomeWire::Different, None) => None,
        (OutcomeWire::Same, Some(keep)) if keep == left.0 => Some((left, right)),
        (OutcomeWire::Same, Some(keep)) if keep == right.0 => Some((right, left)),
        _ => return Err(Fault::field(Code::Invalid, "/keep", "with same one of the two records, else nothing")),
    };
    let v = viewer(&state, &call);
    pages::may_join(&v, &[left, right]).await?;
    let origin = pages::origin(&v);
    transact!(state.db, Fault, |tx| {
        if let Some(again) = once.begin(tx, v.now).await? {
            return Ok(again);
        }
        let told = match keep {
            None => {
                duplicate::dismiss(tx, pages::pen(&v, &origin), left, right).await.map_err(dismissed)?;
                JoinedWire { survivor: None, merge: None }
            }
            Some((survivor, merged)) => {
                let id = merge::merge(tx, pages::pen(&v, &origin), survivor, merged, &reason).await.map_err(joined)?;
                JoinedWire { survivor: Some(survivor.0), merge: Some(id) }
            }
        };
        once.end(tx, StatusCode::OK, &told).await
    })
}

/// Undoes a joining: both records are there again as they were, with what was told since on the one it was told about.
#[utoipa::path(post, path = "/api/persons/{id}/merges/{merge}/undoing", tag = "persons",
    params(("id" = Uuid, Path, description = "The record that went on."), ("merge" = Uuid, Path, description = "The joining."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = JoinedWire), super::Faults))]
pub(crate) async fn undo(
    State(state): State<AppState>,
    call: Call,
    Path((survivor, id)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let (survivor, id) = (PersonId(super::id(&survivor)?), super::id(&id)?);
    let sent = body::raw(request, &state).await?;
    let once = Once::new(&headers, &call, "unmerge", &body::hash(&sent))?;
    let v = viewer(&state, &call);
    pages::may_join(&v, &[survivor]).await?;
    let origin = pages::origin(&v);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, v.now).await? {
            Some(again) => Ok(again),
            None => {
                merge::unmerge(tx, pages::pen(&v, &origin), survivor, id).await.map_err(joined)?;
                once.end(tx, StatusCode::OK, &JoinedWire { survivor: None, merge: None }).await
            }
        }
    })
}

fn dismissed(error: DuplicateError) -> Fault {
    match error {
        DuplicateError::Store(why) => why.into(),
        DuplicateError::NoProposal => Fault::told(Code::Conflict, error.to_string()),
    }
}

fn joined(error: MergeError) -> Fault {
    let words = error.to_string();
    match error {
        MergeError::Store(why) => why.into(),
        MergeError::NoPerson => Fault::new(Code::NotFound),
        MergeError::NoReason => Fault::field(Code::Invalid, "/reason", words),
        MergeError::Same | MergeError::Opposed | MergeError::NoMerge => Fault::told(Code::Conflict, words),
    }
}
