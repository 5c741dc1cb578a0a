//! Decision: a ministry's own result put in force by us, with notice, hearing, second person and time to object; and
//! decisions as everybody concerned reads them.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use casework::case::view::{self, CaseView};
use casework::decide::official::{self, Prepared};
use casework::decide::{Decision, Notices, Override, Put};
use guard::Action;
use kernel::{CaseId, DecisionId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::stages;
use super::stages_determination::{SliceWire, slices};
use super::wire::{SubjectWire, day, moment, per};
use crate::state::AppState;

/// A ministry's own result for a case of ours.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecideWire {
    /// The case.
    case: Uuid,
    /// Whether it is granted.
    grant: bool,
    /// The entitlement over time; empty when refused.
    #[serde(default)]
    #[schema(max_items = 120)]
    slices: Vec<SliceWire>,
    /// Why, in words for the family: they stand in the notice.
    #[schema(value_type = String, min_length = 3, max_length = 4000)]
    reason: Short<4000>,
    /// The law.
    #[schema(value_type = String, min_length = 3, max_length = 300)]
    law: Short<300>,
}

/// Where a decision went, kept with its key.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PutWire {
    /// `in_force`; `approval`: a second person must sign; `hearing`: the family may speak first; `no_news`: it says what holds
    /// already; `official`: an official must decide.
    pub(super) outcome: String,
    /// The decision.
    pub(super) decision: Option<Uuid>,
}

impl From<Put> for PutWire {
    fn from(put: Put) -> PutWire {
        let (outcome, decision) = match put {
            Put::InForce(id) => ("in_force", Some(id)),
            Put::Approval(id) => ("approval", Some(id)),
            Put::Hearing(id) => ("hearing", Some(id)),
            Put::NoNews => ("no_news", None),
            Put::Official => ("official", None),
        };
        PutWire { outcome: outcome.to_owned(), decision: decision.map(|d| d.0) }
    }
}

/// Part of a notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PartWire {
    /// Its heading.
    heading: String,
    /// Sentences.
    lines: Vec<String>,
}

/// A notice in one language, word for word as it is told.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NoticeWire {
    /// The language, as `ko`.
    language: String,
    /// What it is about.
    title: String,
    /// The result.
    lead: String,
    /// Reasons, facts, law, how to object.
    parts: Vec<PartWire>,
}

pub(super) fn notices(all: &Notices) -> Vec<NoticeWire> {
    let part = |p: &casework::decide::notice::Part| PartWire { heading: p.heading.clone(), lines: p.lines.clone() };
    let one = |(lang, n): (&kernel::Lang, &casework::decide::Notice)| NoticeWire {
        language: lang.tag().to_owned(),
        title: n.title.clone(),
        lead: n.lead.clone(),
        parts: n.parts.iter().map(part).collect(),
    };
    all.iter().map(one).collect()
}

/// A decision.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecisionWire {
    /// Its id.
    pub(super) id: Uuid,
    /// The case.
    case: Uuid,
    /// `proposed`, `hearing`, `in_force`, `superseded` or `dropped`.
    status: String,
    /// Whether no official was needed.
    automatic: bool,
    /// The programme.
    programme: String,
    /// Whose entitlement.
    subject: SubjectWire,
    /// `grant`, `refuse`, `change` or `stop`.
    kind: String,
    /// Whether there is an entitlement, or was one until it ends.
    granted: bool,
    /// The entitlement over time.
    slices: Vec<SliceWire>,
    /// `once`, `month`, `year` or `use`; null for a thing or a service.
    per: Option<String>,
    /// ISO 4217.
    #[schema(pattern = "^[A-Z]{3}$")]
    currency: String,
    /// The law.
    law: String,
    /// The last day to object; null until it is in force.
    #[schema(format = Date)]
    object_by: Option<String>,
    /// The decision it replaces.
    supersedes: Option<Uuid>,
    /// When it was prepared.
    #[schema(format = DateTime)]
    prepared_at: String,
    /// When it came into force.
    #[schema(format = DateTime)]
    decided_at: Option<String>,
    /// Hash of content and notice.
    content_hash: String,
    /// The notice in every complete language.
    notices: Vec<NoticeWire>,
}

impl From<&Decision> for DecisionWire {
    fn from(d: &Decision) -> DecisionWire {
        let c = &d.content;
        DecisionWire {
            id: d.id.0,
            case: d.case.0,
            status: d.status.word().to_owned(),
            automatic: d.automatic,
            programme: c.programme.clone(),
            subject: c.subject.into(),
            kind: c.kind.word().to_owned(),
            granted: c.granted,
            slices: c.slices.iter().map(Into::into).collect(),
            per: c.per.map(|p| per(p).to_owned()),
            currency: c.currency.to_string(),
            law: c.law.clone(),
            object_by: day(d.object_by),
            supersedes: d.supersedes.map(|s| s.0),
            prepared_at: moment(d.prepared_at),
            decided_at: d.decided_at.map(moment),
            content_hash: d.content_hash.clone(),
            notices: notices(&d.notices),
        }
    }
}

/// What came of it, with the decision and its notice.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DecidedWire {
    /// `in_force`; `approval`: a second person must sign; `hearing`: the family may speak first; `no_news`: it says what holds
    /// already; `official`: an official must decide.
    outcome: String,
    /// The decision with its notice.
    decision: Option<DecisionWire>,
}

/// The stage of decision alone: a ministry's own result is put in force, after a second person has signed or the family was
/// heard where the pack wants it.
#[utoipa::path(post, path = "/api/stages/decision", tag = "stages", request_body = DecideWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = DecidedWire), super::Faults))]
pub(crate) async fn decision(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<DecideWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "stage-decision", &body.hash)?;
    let it = body.it;
    let id = CaseId(it.case);
    let slices = slices(&it.slices, "/slices")?;
    let overriding = Override { grant: it.grant, slices, reason: it.reason.0, law: it.law.0 };
    let viewer = call.viewer(&state);
    let put: PutWire = transact!(state.db, Fault, |tx| {
        match once.before(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let (case, person) = stages::own_case(&call, tx, &viewer.pack, id).await?;
                let known = [(person, "/case".to_owned())];
                let allowed = stages::permit(&state, &call, tx, &known, "decision").await?;
                let input =
                    Prepared { case: id, revision: case.revision, words: None, overriding: Some(overriding.clone()) };
                let put = official::prepare(tx, &viewer.desk(), &call.who, &allowed, input).await;
                let wire = PutWire::from(put.map_err(official_fault)?);
                once.keep(tx, StatusCode::CREATED, &wire).await?;
                Ok(wire)
            }
        }
    })?;
    // The notice is shown, not kept with the key: it is a look of its own in the log.
    let decision = match put.decision {
        Some(decision) => {
            let (case, _) = read_case(&state, &call, id, Action::RunStage).await?;
            case.decisions.iter().find(|d| d.id == DecisionId(decision)).map(DecisionWire::from)
        }
        None => None,
    };
    let wire = DecidedWire { outcome: put.outcome, decision };
    Ok((StatusCode::CREATED, axum::Json(wire)).into_response())
}

/// Reads and opens a case: the look is in the log before anything comes back. Also whether somebody's address is hidden from
/// the viewer, so that nothing that follows from it may be shown.
pub(super) async fn read_case(
    state: &AppState,
    call: &Call,
    id: CaseId,
    action: Action,
) -> Result<(guard::Disclosed<CaseView>, bool), Fault> {
    let mut tx = state.db.read().await?;
    let (household, _) = view::concerned(&mut tx, id).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    drop(tx);
    let viewer = call.viewer(state).concerning(household).await?;
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = view::one(&mut tx, &viewer.desk(), &viewer.sight(&setting), id).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    // Only how sensitive it is leaves the seal before the log has the look.
    let (mut tier, mut bare) = (guard::Tier::Benefits, None);
    let mut seen = seen.map(|case| {
        bare = Some(case.case.clone());
        let looked = case.determinations.iter().map(|d| &d.determined).chain(&case.now);
        tier = looked.map(|d| super::stages_determination::tier(&viewer.pack, d)).max().unwrap_or(tier);
        case
    });
    bare.iter().for_each(|case| viewer.reviews(case, &mut seen.about));
    let hidden = seen.about.iter().any(|(_, r)| r.protected && !(r.own || r.ward));
    let resource = seen.resource().at(tier).showing(["case", "facts", "reasons"]);
    Ok((state.guard.reveal(&call.who, action, &resource, &call.purpose, seen.sealed).await?, hidden))
}

/// What a refusal to decide means.
pub(super) fn official_fault(error: official::Fault) -> Fault {
    use official::Fault as O;
    let words = error.to_string();
    match error {
        O::Store(inner) => inner.into(),
        O::Nothing => Fault::new(Code::NotFound),
        O::NotAllowed | O::OwnFamily | O::SamePerson => Fault::told(Code::Forbidden, words),
        O::Changed { .. } => Fault::told(Code::Changed, words),
        O::BadSlices => Fault::field(Code::Invalid, "/slices", words),
        O::NoGround | O::TooLong { .. } => Fault::field(Code::Invalid, "/reason", words),
        _ => Fault::told(Code::Conflict, words),
    }
}
