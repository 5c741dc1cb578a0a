//! Requests for what studies found.

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use catalogue::model::Study;
use evaluation::report::{self, Report};
use guard::{Action, Purpose, Resource};
use kernel::Lang;

use super::report::{Told, page_of};
use crate::components::frame::Frame;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::survey::figures_handlers::purpose_kind;
use crate::viewer::{Trouble, Viewer};

/// The page.
pub(crate) async fn show(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let Some(kind) = purpose_kind(session.who.role) else { return forbidden(&f) };
    let v = Viewer::new(&state, &session.who, Purpose::new(kind, f.t.t("study-purpose")));
    match all(&v, f.t.lang()).await {
        Ok(all) => page_of(&f, &all).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn all(v: &Viewer<'_>, lang: Lang) -> Result<Vec<Told>, Trouble> {
    let _allowed = v.state.guard.permit(v.who, Action::ViewFigures, &Resource::thing("studies"), &v.purpose).await?;
    let mut tx = v.state.db.read().await?;
    let mut told = Vec::new();
    for study in v.pack.studies().iter() {
        let report = report::last(&mut tx, &study.id, 1).await?.pop().map(|(report, _)| report);
        told.push(of(v, study, report, lang));
    }
    Ok(told)
}

fn of(v: &Viewer<'_>, study: &Study, report: Option<Report>, lang: Lang) -> Told {
    let survey = v.pack.surveys().get(&study.survey);
    let named = |wave: &str, measure: &str| {
        let survey = survey?;
        let measure = survey.measures.iter().find(|m| m.id == measure)?;
        Some((survey.wave(wave)?.name.get(lang).to_owned(), measure.name.get(lang).to_owned(), measure.highest))
    };
    let findings = report.iter().flat_map(|r| &r.findings);
    let outcomes = findings.map(|f| named(&f.wave, &f.measure).unwrap_or((f.wave.clone(), f.measure.clone(), 0)));
    let covariate = |id: &String| {
        let found = study.covariates.iter().find(|c| c.id == *id);
        found.map_or_else(|| id.clone(), |c| c.name.get(lang).to_owned())
    };
    Told {
        name: study.name.get(lang).to_owned(),
        least: study.least_group,
        covariates: report.iter().flat_map(|r| &r.covariates).map(covariate).collect(),
        outcomes: outcomes.collect(),
        report,
    }
}
