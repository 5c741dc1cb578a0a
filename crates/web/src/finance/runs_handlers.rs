//! Requests for the list of runs; opening one.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::Action;
use kernel::RunId;
use payment::model::Form as PayForm;
use payment::run::{self, Older, RunStatus};
use store::transact;

use super::runs::{self, Coming, Line, Runs};
use super::{agencies, agency, desk, money, permit, preparing, viewer, with, words};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Runs a page.
const RUNS: u32 = 25;

/// The start of finance is the list of runs.
pub(crate) async fn start() -> Redirect {
    Redirect::to("/finance/runs")
}

/// The list.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-runs");
    let made = async {
        permit(&v, Action::ManageRun, "runs").await?;
        let vm = read(&v, &f, &Form::of_query(raw.as_deref())).await?;
        let form = Form::of([("pay_date", vm.pay_date.to_string().as_str()), ("form", PayForm::Cash.word())]);
        Ok::<_, Trouble>(runs::page_of(&f, &form, &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn read(v: &Viewer<'_>, f: &Frame, asked: &Form) -> Result<Runs, Trouble> {
    let older = match (asked.get("day").parse(), asked.get("run").parse()) {
        (Ok(pay_date), Ok(id)) => Older { pay_date, id },
        _ => Older::NEWEST,
    };
    let mut tx = v.state.db.read().await?;
    let calendar = payment::Calendar { holidays: v.pack.holidays() };
    let ahead = payment::ahead::ahead(&mut tx, &calendar, v.pack.currency(), v.today()).await?;
    let found = run::list(&mut tx, older, RUNS).await?;
    drop(tx);
    let full = u32::try_from(found.len()).is_ok_and(|n| n == RUNS);
    let more = found
        .last()
        .filter(|_| full)
        .map(|last| with("/finance/runs", &[("day", &last.pay_date.to_string()), ("run", &last.id.to_string())]));
    let line = |r: &run::Run| {
        let known = r.status != RunStatus::Preparing;
        Line {
            id: r.id.to_string(),
            pay_date: r.pay_date,
            agency: r.agency.as_deref().map(|id| agency(v, f.t, id)),
            form: r.form,
            status: r.status,
            lines: known.then_some(r.lines),
            sum: known.then(|| money(f.t, r.minor, r.currency)),
        }
    };
    let first = ahead.next.iter().map(|next| next.pay_date).min();
    let coming = |next: payment::ahead::Next| Coming {
        form: next.form,
        pay_date: next.pay_date,
        entitlements: next.entitlements,
        sum: money(f.t, next.minor, v.pack.currency()),
        or_more: next.or_more,
    };
    Ok(Runs {
        next: ahead.next.into_iter().map(coming).collect(),
        waiting: ahead.waiting,
        runs: found.iter().map(line).collect(),
        more,
        agencies: agencies(v, f.t),
        pay_date: first.unwrap_or_else(|| calendar.on_or_after(v.today())),
    })
}

/// Opens a run and begins to work it out.
pub(crate) async fn open(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-runs");
    let made = async {
        permit(&v, Action::ManageRun, "runs").await?;
        if let Some(id) = opened(&v, &f, &mut form).await? {
            preparing::begin(&state, id).await;
            return Ok(Redirect::to(&format!("/finance/runs/{id}?done=opened")).into_response());
        }
        let vm = read(&v, &f, &Form::default()).await?;
        Ok((form.status(), runs::page_of(&f, &form, &vm)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn opened(v: &Viewer<'_>, f: &Frame, form: &mut Form) -> Result<Option<RunId>, Trouble> {
    let t = f.t;
    let day = form.date(t, "pay_date");
    if day.is_some_and(|day| day < v.today()) {
        form.refuse("pay_date", t.t("error-date-far"));
    }
    let kind = form.get("form").parse::<PayForm>().ok().filter(|kind| kind.is_money());
    if kind.is_none() {
        form.refuse("form", t.t("error-choose"));
    }
    let of = form.get("agency").to_owned();
    if !of.is_empty() && v.pack.agencies().get(&of).is_none() {
        form.refuse("agency", t.t("error-choose"));
    }
    let (Some(pay_date), Some(kind), true) = (day, kind, form.is_fine()) else { return Ok(None) };
    let input =
        run::Input { pay_date, agency: (!of.is_empty()).then_some(of), form: kind, currency: v.pack.currency() };
    let calendar = payment::Calendar { holidays: v.pack.holidays() };
    let desk = desk(v);
    let by = v.who.account;
    match transact!(v.state.db, run::Fault, |tx| run::open(tx, &desk, by, &calendar, &input).await) {
        Ok(id) => Ok(Some(id)),
        Err(fault) => {
            form.refuse("pay_date", words::run(t, fault)?);
            Ok(None)
        }
    }
}
