//! Requests for comparisons: one, its table, two side by side.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use guard::Action;
use population::scenario::{Comparison, Fault, Progress, read};
use population::whatif;
use store::StoreError;

use super::compare::{self, Half};
use super::handlers::{permit, viewer};
use super::result;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// After so many seconds a page about a comparison at work looks again.
const AGAIN: &str = "2";

async fn found(v: &Viewer<'_>, id: &str) -> Result<Comparison, Trouble> {
    permit(v, Action::WriteScenario).await?;
    let id = id.parse().map_err(|_| Trouble::Absent)?;
    let mut tx = v.state.db.read().await?;
    read::comparison(&mut tx, id).await.map_err(|fault| match fault {
        Fault::Store(why) => Trouble::Store(why),
        _ => Trouble::Absent,
    })
}

/// One comparison; looks again by itself, without a script, until it is there.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    page(&v, &f, &id).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, id: &str) -> Result<Response, Trouble> {
    let it = found(v, id).await?;
    let works = matches!(it.progress, Progress::Waiting | Progress::Running);
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let vm = result::Vm {
        id: it.id.to_string(),
        scenario: it.scenario.to_string(),
        name: it.name,
        progress: it.progress,
        households: (count(it.households.0), count(it.households.1)),
        why: it.why,
        report: it.report,
        currency: v.pack.currency(),
    };
    let mut response = result::page_of(f, &vm).into_response();
    if works {
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    }
    Ok(response)
}

/// The comparison as CSV.
pub(crate) async fn table(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    csv(&v, &id).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn csv(v: &Viewer<'_>, id: &str) -> Result<Response, Trouble> {
    let report = found(v, id).await?.report.ok_or(Trouble::Absent)?;
    let text = whatif::csv(&report).map_err(|e| Trouble::Store(StoreError::Driver(e.to_string())))?;
    let kind = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8"),
        (header::CONTENT_DISPOSITION, "attachment; filename=\"what-if.csv\""),
    ];
    Ok((kind, text).into_response())
}

/// Two comparisons.
pub(crate) async fn two(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "scenario-purpose");
    let asked = Form::of_query(raw.as_deref());
    both(&v, &f, asked.get("left"), asked.get("right")).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn both(v: &Viewer<'_>, f: &Frame, left: &str, right: &str) -> Result<Response, Trouble> {
    let half = |it: Comparison| {
        let name = format!("{} · {}", it.name, f.t.moment(it.asked_at, v.offset()));
        Some(Half { id: it.id.to_string(), name, report: it.report? })
    };
    let left = half(found(v, left).await?).ok_or(Trouble::Absent)?;
    let right = half(found(v, right).await?).ok_or(Trouble::Absent)?;
    Ok(compare::page_of(f, v.pack.currency(), &left, &right).into_response())
}
