//! Surveys for programs: what a person is asked, the answer, and what families said together.

use std::collections::BTreeMap;

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use guard::{Action, Tier};
use kernel::{InvitationId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use survey::answer::{self, Fault as Refused};
use survey::figures::{self, Group, Quarter};
use utoipa::ToSchema;
use uuid::Uuid;
use visit::instrument::{Answer, Answers};

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use crate::state::AppState;
use crate::survey::figures_handlers::{by, seen};
use crate::visits::desk;

/// A survey somebody is asked to answer.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationWire {
    /// Its id.
    id: Uuid,
    /// The survey.
    survey: String,
    /// The occasion.
    wave: String,
    /// What is asked: `id@version` of a FHIR Questionnaire of the pack.
    questionnaire: String,
    /// The last day.
    #[schema(format = Date)]
    until: String,
}

/// What somebody is asked.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct InvitationList {
    /// The nearest last day first.
    surveys: Vec<InvitationWire>,
}

/// What a person is asked now. Only for the person.
#[utoipa::path(get, path = "/api/persons/{id}/surveys", tag = "surveys",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = InvitationList), super::Faults))]
pub(crate) async fn of_person(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<InvitationList>, Fault> {
    let person = PersonId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let found = survey::read::own(&mut tx, &desk(&viewer), &viewer.sight(&setting), person).await?;
    drop(tx);
    if found.about.is_empty() || call.who.role != guard::Role::Citizen {
        return Err(Fault::new(if found.about.is_empty() { Code::NotFound } else { Code::Forbidden }));
    }
    let resource = found.resource().at(Tier::Benefits).showing(["survey"]);
    let open = state.guard.reveal(&call.who, Action::ViewVisits, &resource, &call.purpose, found.sealed).await?;
    let surveys = open.iter().map(|it| InvitationWire {
        id: it.id.0,
        survey: it.survey.clone(),
        wave: it.wave.clone(),
        questionnaire: it.instrument.clone(),
        until: it.closes.to_string(),
    });
    Ok(axum::Json(InvitationList { surveys: surveys.collect() }))
}

/// Answers to a survey, or that no more are wanted.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurveyAnswerWire {
    /// The answers by link id: the code of a choice, or words. What was skipped is left out.
    #[serde(default)]
    #[schema(value_type = BTreeMap<String, String>)]
    answers: BTreeMap<String, Short<2000>>,
    /// Whether the person does not want to be asked, now or later; then no answers are sent.
    #[serde(default)]
    refuse: bool,
}

/// That something was taken.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurveyTaken {
    /// The survey that was answered.
    survey: Uuid,
}

/// Answers a survey; once.
#[utoipa::path(post, path = "/api/persons/{id}/surveys/{survey}/answer", tag = "surveys", request_body = SurveyAnswerWire,
    params(("id" = Uuid, Path, description = "The person."), ("survey" = Uuid, Path, description = "What the person was asked."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = SurveyTaken), super::Faults))]
pub(crate) async fn reply(
    State(state): State<AppState>,
    call: Call,
    Path((id, survey)): Path<(String, String)>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let invitation = InvitationId(super::id(&survey)?);
    let body = Body::<SurveyAnswerWire>::read(request, &state).await?.about(format!("{person} {invitation}"));
    let once = Once::new(&headers, &call, "survey-answer", &body.hash)?;
    let it = body.it;
    if it.refuse && !it.answers.is_empty() {
        return Err(Fault::field(Code::Invalid, "/refuse", "is true, and there are answers: send one of the two"));
    }
    let answers: Answers = it.answers.iter().map(|(id, text)| (id.clone(), Answer::Text(text.0.clone()))).collect();
    let viewer = call.viewer(&state);
    let mut tx = state.db.read().await?;
    let allowed = call.permit(&state, &mut tx, Action::AnswerSurvey, [person], "survey").await?;
    drop(tx);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk = desk(&viewer);
                let done = match it.refuse {
                    true => answer::refuse(tx, &desk, &allowed, invitation).await,
                    false => answer::run(tx, &desk, &allowed, invitation, &answers).await,
                };
                done.map_err(refused)?;
                once.end(tx, StatusCode::OK, &SurveyTaken { survey: invitation.0 }).await
            }
        }
    })
}

fn refused(error: Refused) -> Fault {
    let words = error.to_string();
    match error {
        Refused::Store(inner) => inner.into(),
        Refused::Keys(_) => Fault::new(Code::Internal),
        // Another person's looks as if there were none.
        Refused::Nothing | Refused::NotAllowed => Fault::new(Code::NotFound),
        Refused::Over => Fault::told(Code::Conflict, words),
        Refused::Empty | Refused::Answers(_) => Fault::field(Code::Invalid, "/answers", words),
    }
}

/// Which figures.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    wave: String,
    quarter: String,
}

/// What the families of a group said; null: of so few that it is told to nobody.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurveyLine {
    /// The nurse's account, where lines are of nurses and the families had one.
    nurse: Option<Uuid>,
    /// The district, where lines are of districts.
    district: Option<String>,
    /// How many were asked.
    asked: u64,
    /// How many answered.
    answered: Option<u64>,
    /// The mean of each measure in tenths.
    means_tenths: BTreeMap<String, Option<u64>>,
}

/// What families said.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SurveyFigures {
    /// The quarter.
    quarter: String,
    /// Fewer answers than this are told to nobody.
    suppress_below: u32,
    /// By nurse or district, as far as the caller sees them.
    lines: Vec<SurveyLine>,
    /// All together.
    total: SurveyLine,
}

/// What families said on one occasion in a quarter that is over.
#[utoipa::path(get, path = "/api/surveys/{survey}/figures", tag = "surveys",
    params(("survey" = String, Path, description = "The survey of the pack."), ("wave" = String, Query, description = "The occasion."), ("quarter" = String, Query, description = "A quarter that is over, such as 2026-Q3.")),
    responses((status = 200, body = SurveyFigures), super::Faults))]
pub(crate) async fn said(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    uri: Uri,
) -> Result<axum::Json<SurveyFigures>, Fault> {
    let which: Which = super::query(&uri)?;
    call.permit_thing(&state, Action::ViewSurveys, "surveys").await?;
    let viewer = call.viewer(&state);
    let survey = viewer.pack.surveys().get(&id).ok_or_else(|| Fault::new(Code::NotFound))?;
    if survey.wave(&which.wave).is_none() {
        return Err(Fault::field(Code::Invalid, "query:wave", "the survey has no such wave"));
    }
    let quarter: Quarter =
        which.quarter.parse().map_err(|e: String| Fault::field(Code::Invalid, "query:quarter", e))?;
    let mut tx = state.db.read().await?;
    let found = figures::figures(&mut tx, &desk(&viewer), survey, &which.wave, &by(&viewer), quarter).await?;
    drop(tx);
    let found = found.ok_or_else(|| Fault::field(Code::Invalid, "query:quarter", "the quarter is not over"))?;
    let line = |group: Option<&Group>, l: &figures::Line| SurveyLine {
        nurse: group.and_then(|g| if let Group::Nurse(nurse) = g { nurse.map(|n| n.0) } else { None }),
        district: group.and_then(|g| if let Group::District(place) = g { Some(place.clone()) } else { None }),
        asked: l.asked,
        answered: l.answered,
        means_tenths: survey.measures.iter().map(|m| m.id.clone()).zip(l.means.iter().copied()).collect(),
    };
    Ok(axum::Json(SurveyFigures {
        quarter: quarter.to_string(),
        suppress_below: survey.suppress_below,
        lines: seen(&call.who, &found).into_iter().map(|(group, l)| line(Some(group), l)).collect(),
        total: line(None, &found.total),
    }))
}
