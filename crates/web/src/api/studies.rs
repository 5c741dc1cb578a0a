//! Studies for programs: what they found, and a mother's consent to be in one.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::application::consent as consents;
use casework::application::model::Agreed;
use evaluation::report::{self, Range, Report, Said};
use guard::{Action, Role};
use kernel::{Instant, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;

use super::body::Body;
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::moment;
use crate::state::AppState;

/// How many reports are listed: three years.
const MOST: u32 = 12;

/// A difference and its 95 % interval, in hundredths of a point.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyRange {
    /// Families that had it, less those that did not.
    difference: i64,
    /// The lower end.
    low: i64,
    /// The upper end.
    high: i64,
}

impl From<Range> for StudyRange {
    fn from(range: Range) -> Self {
        StudyRange { difference: range.value, low: range.low, high: range.high }
    }
}

/// How far the groups are apart in a covariate, in hundredths of a standard deviation.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyBalance {
    /// The covariate.
    covariate: String,
    /// As the families are.
    before: i64,
    /// As they are weighted.
    after: i64,
}

/// A comparison. Pairs begin with the families that had what is studied.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyComparison {
    /// Between groups made alike by inverse probability weights.
    weighted: StudyRange,
    /// Between groups as they are.
    crude: StudyRange,
    /// Weighted means in hundredths of a point.
    means: [i64; 2],
    /// How many families each weighted group counts for.
    effective: [i64; 2],
    /// Families with hardly anybody to be compared with, in percent.
    outside_percent: i64,
    /// How alike the groups are.
    balance: Vec<StudyBalance>,
}

/// One outcome.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyFinding {
    /// The wave of the survey.
    wave: String,
    /// The measure of the survey.
    measure: String,
    /// Families that answered; null: of so few that it is told to nobody.
    answered: [Option<u64>; 2],
    /// `compared`, `too_few`, or `apart` where what was known before tells the groups apart.
    said: String,
    /// The comparison, if there is one.
    comparison: Option<StudyComparison>,
}

/// What a study found in a quarter.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyReport {
    /// The last quarter whose answers count.
    quarter: String,
    /// When it was made.
    made_at: String,
    /// Families of either group; null: of so few that it is told to nobody.
    families: [Option<u64>; 2],
    /// Families left out because a number of the baseline was not said; null: few.
    incomplete: Option<u64>,
    /// By outcome.
    findings: Vec<StudyFinding>,
}

/// Reports of a study.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyReports {
    /// The newest first.
    reports: Vec<StudyReport>,
}

/// What a study found, quarter by quarter. For analysts and whoever leads an office.
#[utoipa::path(get, path = "/api/studies/{study}/reports", tag = "surveys",
    params(("study" = String, Path, description = "The study of the pack.")),
    responses((status = 200, body = StudyReports), super::Faults))]
pub(crate) async fn reports(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<StudyReports>, Fault> {
    call.permit_thing(&state, Action::ViewFigures, "studies").await?;
    let viewer = call.viewer(&state);
    let study = viewer.pack.studies().get(&id).ok_or_else(|| Fault::new(Code::NotFound))?;
    let found = report::last(&mut state.db.read().await?, &study.id, MOST).await?;
    Ok(axum::Json(StudyReports { reports: found.into_iter().map(wire).collect() }))
}

fn wire((report, made): (Report, Instant)) -> StudyReport {
    let Report { quarter, families, incomplete, covariates, findings, .. } = report;
    let finding = |f: report::Finding| {
        let (said, comparison) = match f.said {
            Said::TooFew => ("too_few", None),
            Said::Apart => ("apart", None),
            Said::Compared(found) => {
                let line = |(covariate, [before, after]): (&String, [i64; 2])| StudyBalance {
                    covariate: covariate.clone(),
                    before,
                    after,
                };
                let balance = covariates.iter().zip(found.balance).map(line).collect();
                let comparison = StudyComparison {
                    weighted: found.weighted.into(),
                    crude: found.crude.into(),
                    means: found.means,
                    effective: found.effective,
                    outside_percent: found.outside,
                    balance,
                };
                ("compared", Some(comparison))
            }
        };
        StudyFinding { wave: f.wave, measure: f.measure, answered: f.answered, said: said.to_owned(), comparison }
    };
    let findings = findings.into_iter().map(finding).collect();
    StudyReport { quarter, made_at: moment(made), families, incomplete, findings }
}

/// Whether a person wants to be in a study.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyConsentWire {
    /// `true`: agrees; `false`: takes it back.
    agrees: bool,
}

/// How a consent stands.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StudyConsentMade {
    /// The study.
    study: String,
    /// Whether the person agrees.
    agrees: bool,
}

/// Agrees to be in a study, or takes that back. Only the person herself.
#[utoipa::path(post, path = "/api/persons/{id}/studies/{study}/consent", tag = "surveys", request_body = StudyConsentWire,
    params(("id" = Uuid, Path, description = "The person."), ("study" = String, Path, description = "The study of the pack."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = StudyConsentMade), super::Faults))]
pub(crate) async fn consent(
    State(state): State<AppState>,
    call: Call,
    Path((id, study)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<StudyConsentWire>::read(request, &state).await?.about(format!("{person} {study}"));
    let once = Once::new(&headers, &call, "study-consent", &body.hash)?;
    let agrees = body.it.agrees;
    if call.who.role != Role::Citizen || call.who.person != Some(person) {
        return Err(Fault::new(Code::Forbidden));
    }
    let viewer = call.viewer(&state);
    let found = viewer.pack.studies().get(&study).ok_or_else(|| Fault::new(Code::NotFound))?;
    let agreed = Agreed { person, purpose: found.consent.clone() };
    let mut tx = state.db.read().await?;
    let allowed = [call.permit(&state, &mut tx, Action::AcceptOffer, [person], "consent").await?];
    drop(tx);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk = viewer.desk();
                let done = if agrees {
                    consents::give(tx, &desk, &call.who, &allowed, &agreed, None).await
                } else {
                    consents::withdraw(tx, &desk, &call.who, &allowed, person, &agreed.purpose).await.map(|_| ())
                };
                done.map_err(super::consents::consent_fault)?;
                once.end(tx, StatusCode::OK, &StudyConsentMade { study: found.id.clone(), agrees }).await
            }
        }
    })
}
