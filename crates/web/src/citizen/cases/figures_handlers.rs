//! Requests of the figures page.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use casework::case::model::plus_days;
use casework::follow::{satisfaction, uptake};
use guard::{Action, Purpose, PurposeKind, Resource, Role};
use kernel::{Date, Instant, Words};

use super::{agency, figures};
use crate::components::frame::Frame;
use crate::explain::plain;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The days shown when nobody chose any.
pub(crate) const DAYS: i32 = 90;
/// The most days at once.
pub(crate) const MOST_DAYS: i32 = 366;

/// Uptake and satisfaction.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let kind = if session.who.role == Role::Approver { PurposeKind::Approval } else { PurposeKind::Statistics };
    let v = Viewer::new(&state, &session.who, Purpose::new(kind, "figures without persons"));
    let form = Form::of_query(query.as_deref());
    page(&v, &f, form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// Everything counted about some days.
pub(crate) struct Counted {
    /// Offers, days and what was spared.
    pub(crate) uptake: uptake::Figures,
    /// How it was for people, by office.
    pub(crate) said: Vec<satisfaction::Line>,
    /// What they wrote, for their own office.
    pub(crate) wrote: Vec<satisfaction::Wrote>,
}

/// Counts from the first until the last day, at most [`MOST_DAYS`], for whoever may see figures. A team lead sees the own
/// agency, whoever writes the rules sees all.
pub(crate) async fn count(v: &Viewer<'_>, from: Date, to: Date) -> Result<Counted, Trouble> {
    let resource = Resource::thing("figures");
    let _allowed = v.state.guard.permit(v.who, Action::ViewFigures, &resource, &v.purpose).await?;
    let offset = i64::from(v.offset()) * 3600;
    let moment = |day: Date| Instant::start_of(day).plus_seconds(-offset);
    let (begins, ends) = (moment(from), moment(plus_days(to, 1)));
    let mut tx = v.state.db.read().await?;
    let paid: BTreeMap<kernel::CaseId, Date> =
        payment::figures::first_paid(&mut tx, plus_days(from, -MOST_DAYS)).await?;
    let uptake = uptake::figures(&mut tx, &v.desk(), begins, ends, &paid).await?;
    let own = (v.who.role == Role::Approver).then(|| v.who.organisation.clone());
    let which = satisfaction::Which { agency: own, jurisdiction: None, from: begins, until: ends };
    let said = satisfaction::figures(&mut tx, &which).await?;
    let wrote = match &which.agency {
        Some(_) => satisfaction::words(&mut tx, &which).await?,
        None => Vec::new(),
    };
    Ok(Counted { uptake, said, wrote })
}

async fn page(v: &Viewer<'_>, f: &Frame, mut form: Form) -> Result<Response, Trouble> {
    let to = form.date_if_any(f.t, "to").unwrap_or(v.today());
    let from = form.date_if_any(f.t, "from").unwrap_or(plus_days(to, -DAYS));
    if from > to || (to - from).get_days() > MOST_DAYS {
        form.refuse("from", f.t.t("figures-error-days"));
    }
    let from = from.max(plus_days(to, -MOST_DAYS)).min(to);
    form.set("from", from.to_string());
    form.set("to", to.to_string());
    let Counted { uptake: counted, said, wrote } = count(v, from, to).await?;
    let event = |word: &str| {
        v.pack.events().get(word).map_or_else(|| Words::from([(kernel::Lang::En, word)]), |e| e.name.clone())
    };
    let place = |id: &String| v.pack.jurisdictions().get(id).map_or_else(|| plain(id), |j| j.name.clone());
    let vm = figures::Page {
        from,
        to,
        events: counted.lines.iter().map(|l| event(l.cause.word())).collect(),
        figures: counted,
        said: said
            .iter()
            .map(|l| figures::Said {
                agency: agency(v, &l.agency),
                place: l.jurisdiction.as_ref().map(place),
                way: l.step,
                figures: l.said.map(|s| (s.people, s.mean_tenths, s.glad, s.sad)),
                words: wrote
                    .iter()
                    .find(|w| (&w.agency, &w.jurisdiction, w.step) == (&l.agency, &l.jurisdiction, l.step))
                    .map(|w| w.words.clone())
                    .unwrap_or_default(),
            })
            .collect(),
    };
    Ok((form.status(), figures::page_of(f, &form, &vm)).into_response())
}
