//! Requests for what families said.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use catalogue::model::Level;
use guard::{Action, Purpose, PurposeKind, Resource, Role, Who};
use kernel::AccountId;
use survey::figures::{self, By, Figures, Group, Quarter};

use super::figures::{Line, Page, page_of};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::desk;

/// How many quarters can be chosen.
const QUARTERS: usize = 8;

/// For which purpose somebody in this role looks; `None`: they do not.
pub(crate) fn purpose_kind(role: Role) -> Option<PurposeKind> {
    match role {
        Role::Nurse | Role::VisitSupervisor => Some(PurposeKind::HomeVisit),
        Role::Approver => Some(PurposeKind::Approval),
        Role::Analyst => Some(PurposeKind::Statistics),
        _ => None,
    }
}

/// How the figures are grouped for somebody: nurses and the supervisor of a district by nurse, everybody else by district.
pub(crate) fn by(v: &Viewer<'_>) -> By {
    let who: &Who = v.who;
    let place = who.jurisdiction.clone().unwrap_or_else(|| v.pack.manifest().root_jurisdiction.clone());
    let district = v.pack.jurisdictions().get(&place).is_some_and(|j| j.level == Level::District);
    match who.role {
        Role::Nurse => By::Nurse { organisation: who.organisation.clone(), place: desk(v).district(&place) },
        Role::VisitSupervisor if district => By::Nurse { organisation: who.organisation.clone(), place },
        _ => By::District { within: place },
    }
}

/// The page.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(kind) = purpose_kind(session.who.role) else { return forbidden(&f) };
    let v = Viewer::new(&state, &session.who, Purpose::new(kind, f.t.t("survey-purpose")));
    let form = Form::of_query(query.as_deref());
    page(&v, &f, form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, mut form: Form) -> Result<Response, Trouble> {
    let _allowed = v.state.guard.permit(v.who, Action::ViewSurveys, &Resource::thing("surveys"), &v.purpose).await?;
    let lang = f.t.lang();
    // A country without a survey has a page that says so.
    let Some(survey) = v.pack.surveys().iter().next() else {
        return Ok(page_of(f, &form, &Page::default()).into_response());
    };
    let quarters = figures::quarters(v.today(), QUARTERS);
    let wave = match survey.wave(form.get("wave")) {
        Some(wave) => Some(wave),
        None => {
            if form.has("wave") {
                form.refuse("wave", f.t.t("error-choose"));
            }
            survey.waves.first()
        }
    };
    let chosen = form.get("quarter").parse::<Quarter>().ok().filter(|q| quarters.contains(q));
    if form.has("quarter") && chosen.is_none() {
        form.refuse("quarter", f.t.t("error-choose"));
    }
    let (Some(wave), Some(quarter)) = (wave, chosen.or(quarters.first().copied())) else { return Err(Trouble::Absent) };
    form.set("wave", wave.id.clone());
    form.set("quarter", quarter.to_string());
    let by = by(v);
    let mut tx = v.state.db.read().await?;
    let found = figures::figures(&mut tx, &desk(v), survey, &wave.id, &by, quarter).await?;
    let words = match &by {
        By::Nurse { organisation, place } if v.who.role == Role::VisitSupervisor => {
            Some(figures::words(&mut tx, &desk(v), survey, &wave.id, (organisation, place), quarter).await?)
        }
        _ => None,
    };
    let nurses = found.iter().flat_map(|f| &f.lines).filter_map(|(group, _)| match group {
        Group::Nurse(nurse) => *nurse,
        Group::District(_) => None,
    });
    let names = staff_names(&mut tx, nurses.collect()).await?;
    drop(tx);
    let vm = Page {
        survey: survey.name.get(lang).to_owned(),
        waves: survey.waves.iter().map(|w| (w.id.clone(), w.name.get(lang).to_owned())).collect(),
        quarters: quarters.iter().map(|q| (q.to_string(), q.to_string())).collect(),
        by_nurse: matches!(by, By::Nurse { .. }),
        measures: survey.measures.iter().map(|m| m.name.get(lang).to_owned()).collect(),
        lines: found.map(|found| lines(v, f, &found, &names)).unwrap_or_default(),
        below: survey.suppress_below,
        words,
    };
    Ok((form.status(), page_of(f, &form, &vm)).into_response())
}

/// The lines somebody sees, and all together. A nurse sees her own.
pub(crate) fn seen<'a>(who: &Who, found: &'a Figures) -> Vec<&'a (Group, figures::Line)> {
    let own = |group: &Group| who.role != Role::Nurse || *group == Group::Nurse(Some(who.account));
    found.lines.iter().filter(|(group, _)| own(group)).collect()
}

fn lines(v: &Viewer<'_>, f: &Frame, found: &Figures, names: &BTreeMap<AccountId, String>) -> Vec<Line> {
    let lang = f.t.lang();
    let name = |group: &Group| match group {
        Group::Nurse(Some(nurse)) => names.get(nurse).cloned().unwrap_or_default(),
        Group::Nurse(None) => f.t.t("visits-nobody").into_owned(),
        Group::District(place) => {
            v.pack.jurisdictions().get(place).map_or_else(|| place.clone(), |j| j.name.get(lang).to_owned())
        }
    };
    let line =
        |name: String, l: &figures::Line| Line { name, asked: l.asked, answered: l.answered, means: l.means.clone() };
    let mut all: Vec<Line> = seen(v.who, found).into_iter().map(|(group, l)| line(name(group), l)).collect();
    all.push(line(f.t.t("survey-all").into_owned(), &found.total));
    all
}
