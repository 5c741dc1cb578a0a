//! Requests for one run: looking, preparing, signing, releasing, cancelling, its bank file.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Redirect, Response};
use guard::Action;
use kernel::{AccountId, EntitlementId, RunId};
use payment::due::PeriodKey;
use payment::read::{self, Cursor, LineShown};
use payment::run::{self, LineStatus, RunStatus};
use store::{StoreError, transact};

use super::run::{self as view, Difference, Differences, Line, Next, People, Run, Show, Step};
use super::seen::opened;
use super::{agency, bank_file, desk, money, permit, preparing, programme, viewer, with, words};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::form::Form;
use crate::official::work_case_handlers::staff_names;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Lines a page.
const LINES: u32 = 25;
/// After so many seconds a page about a run in preparation looks again.
const AGAIN: &str = "3";

/// The place after a line, as it stands in an address.
pub(crate) fn place(at: Cursor) -> String {
    format!("{}.{}.{}", at.entitlement, at.period.0, at.part)
}

/// The way back.
pub(crate) fn cursor(text: &str) -> Option<Cursor> {
    let mut parts = text.split('.');
    let entitlement: EntitlementId = parts.next()?.parse().ok()?;
    let (period, part) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(Cursor { entitlement, period: PeriodKey(period), part })
}

/// The page.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-runs");
    page(&v, &f, &id, &Form::of_query(raw.as_deref()), &Form::default())
        .await
        .unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, id: &str, asked: &Form, form: &Form) -> Result<Response, Trouble> {
    permit(v, Action::ManageRun, "run").await?;
    let vm = read(v, f, id.parse().map_err(|_| Trouble::Absent)?, asked).await?;
    let works = matches!(vm.next, Next::Prepare(Some(step)) if step != Step::Broken);
    let mut response = (form.status(), view::page_of(f, form, &vm)).into_response();
    if works && form.is_fine() {
        // Looks again without a script.
        response.headers_mut().insert(header::REFRESH, HeaderValue::from_static(AGAIN));
    }
    Ok(response)
}

async fn read(v: &Viewer<'_>, f: &Frame, id: RunId, asked: &Form) -> Result<Run, Trouble> {
    let t = f.t;
    let mut tx = v.state.db.read().await?;
    let it = run::by_id(&mut tx, id).await?.ok_or(Trouble::Absent)?;
    let previous = match it.previous {
        Some(id) => run::by_id(&mut tx, id).await?,
        None => None,
    };
    let accounts = [Some(it.opened_by), it.signed_by, it.released_by];
    let staff = staff_names(&mut tx, accounts.into_iter().flatten().collect()).await?;
    drop(tx);
    let who = |a: AccountId| staff.get(&a).cloned().unwrap_or_else(|| a.to_string().chars().take(8).collect());
    let at = |name: String, moment| {
        let moment = t.moment(moment, v.offset());
        t.with("fin-run-by-at", &[("name", name.into()), ("moment", moment.into())]).into_owned()
    };
    let show = Show::of(asked.get("show"));
    let (listed, more) = lines(v, f, &it, show, cursor(asked.get("after")).unwrap_or(Cursor::START)).await?;
    let known = it.status != RunStatus::Preparing;
    Ok(Run {
        id: id.to_string(),
        revision: it.revision,
        pay_date: it.pay_date,
        agency: it.agency.as_deref().map(|id| agency(v, t, id)),
        form: it.form,
        status: it.status,
        lines: it.lines,
        sum: money(t, it.minor, it.currency),
        set_off: (it.set_off > 0).then(|| money(t, it.set_off, it.currency)),
        held: it.held,
        hash: if known { it.hash.clone() } else { String::new() },
        people: People {
            opened: at(who(it.opened_by), it.opened_at),
            signed: it.signed_by.map(who),
            released: it.released_by.map(|a| match it.released_at {
                Some(moment) => at(who(a), moment),
                None => who(a),
            }),
        },
        previous: previous.map(|p| (format!("/finance/runs/{}", p.id), p.pay_date)),
        bank_said: it.bank_status.clone(),
        cancelled_why: it.cancelled_reason.clone(),
        differences: (known && it.previous.is_some()).then(|| differences(f, &it)),
        next: next(v, &it),
        show,
        listed,
        more,
        done: asked.get("done").to_owned(),
    })
}

fn differences(f: &Frame, it: &run::Run) -> Differences {
    let sum = |minor| money(f.t, minor, it.currency);
    let d = &it.differences;
    let signed = |minor: i64| if minor > 0 { format!("+{}", sum(minor)) } else { sum(minor) };
    Differences {
        before: (d.previous_lines, sum(d.previous_minor)),
        now: (it.lines, sum(d.minor)),
        by: d.by.iter().map(|d| Difference { kind: d.kind, lines: d.lines, sum: signed(d.minor) }).collect(),
    }
}

fn next(v: &Viewer<'_>, it: &run::Run) -> Next {
    match it.status {
        RunStatus::Preparing => Next::Prepare(preparing::step(it.id)),
        RunStatus::Prepared if it.lines == 0 && it.set_off == 0 => Next::Nothing,
        RunStatus::Prepared => Next::Sign,
        RunStatus::Signed if it.signed_by == Some(v.who.account) => Next::Wait,
        RunStatus::Signed => Next::Release,
        RunStatus::Released | RunStatus::Settled if it.lines == 0 => Next::NoFile,
        RunStatus::Released | RunStatus::Settled => Next::File,
        RunStatus::Cancelled => Next::Nothing,
    }
}

async fn lines(
    v: &Viewer<'_>,
    f: &Frame,
    it: &run::Run,
    show: Show,
    after: Cursor,
) -> Result<(Vec<Line>, Option<String>), Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = match (show, it.previous) {
        (Show::Ended, None) => return Ok((Vec::new(), None)),
        (Show::Ended, Some(previous)) => read::ended(&mut tx, &sight, (it.id, previous), after, LINES).await?,
        (Show::All, _) => read::lines(&mut tx, &sight, it.id, (None, None), after, LINES).await?,
        (Show::Status(s), _) => read::lines(&mut tx, &sight, it.id, (Some(s), None), after, LINES).await?,
        (Show::Cause(c), _) => read::lines(&mut tx, &sight, it.id, (None, Some(c)), after, LINES).await?,
    };
    drop(tx);
    let (listed, last) = opened(v, "payments", seen, |all, names| {
        let listed: Vec<Line> = all.iter().map(|l| line(v, f, l, names.of(l.payee))).collect();
        (listed, all.last().map(|l| l.at))
    })
    .await?;
    let full = u32::try_from(listed.len()).is_ok_and(|n| n == LINES);
    let more = last.filter(|_| full).map(|at| {
        let path = format!("/finance/runs/{}", it.id);
        format!("{}#lines", with(&path, &[("show", show.word()), ("after", &place(at))]))
    });
    Ok((listed, more))
}

fn line(v: &Viewer<'_>, f: &Frame, l: &LineShown, name: Option<String>) -> Line {
    let t = f.t;
    let waits = matches!(l.status, LineStatus::Held | LineStatus::Returned | LineStatus::Rejected);
    let href = format!("/finance/payment/{}", place(l.at));
    Line {
        href: name.is_some().then_some(href).filter(|_| waits),
        account: name.as_ref().and(l.account.clone()),
        name,
        programme: programme(v, t, &l.programme),
        period: l.period.clone(),
        sum: money(t, l.minor, l.currency),
        set_off: (l.set_off > 0).then(|| money(t, l.set_off, l.currency)),
        pays: money(t, l.pays, l.currency),
        cause: l.cause,
        status: l.status,
        reason: l.reason.as_deref().map(|r| words::why(t, r)),
    }
}

/// Prepares, signs, releases or cancels.
pub(crate) async fn act(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-runs");
    let made = async {
        let run: RunId = id.parse().map_err(|_| Trouble::Absent)?;
        match does(&v, &f, run, &mut form).await? {
            Some(word) => Ok(Redirect::to(&format!("/finance/runs/{run}?done={word}")).into_response()),
            None => page(&v, &f, &id, &Form::default(), &form).await,
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The word for what was done; `None` when it was refused.
async fn does(v: &Viewer<'_>, f: &Frame, id: RunId, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let (t, db, who) = (f.t, &v.state.db, v.who);
    let desk = desk(v);
    let revision: u32 = form.get("revision").parse().unwrap_or(u32::MAX);
    let (field, done): (&str, Result<&'static str, run::Fault>) = match form.get("do") {
        "prepare" => {
            permit(v, Action::ManageRun, "run").await?;
            let mut tx = db.read().await?;
            run::by_id(&mut tx, id).await?.ok_or(Trouble::Absent)?;
            drop(tx);
            preparing::begin(v.state, id).await;
            return Ok(Some("prepared"));
        }
        "sign" => {
            // A signature that lets money go needs the second factor like the release itself.
            permit(v, Action::ReleaseRun, "run").await?;
            let done = transact!(db, run::Fault, |tx| run::sign(tx, &desk, who, id, revision).await);
            ("sign", done.map(|()| "signed"))
        }
        "release" => {
            permit(v, Action::ReleaseRun, "run").await?;
            let Some(payer) = &v.state.config.payer else {
                form.refuse("release", t.t("fin-fault-no-payer"));
                return Ok(None);
            };
            let done = transact!(db, run::Fault, |tx| run::release(tx, &desk, who, id, revision, payer).await);
            ("release", done.map(|()| "released"))
        }
        "cancel" => {
            permit(v, Action::ManageRun, "run").await?;
            let reason = form.required(t, "cancel_reason", 500);
            if !form.is_fine() {
                return Ok(None);
            }
            let done = transact!(db, run::Fault, |tx| run::cancel(tx, &desk, who, id, &reason).await);
            ("cancel_reason", done.map(|()| "cancelled"))
        }
        _ => return Err(Trouble::Absent),
    };
    match done {
        Ok(word) => Ok(Some(word)),
        Err(fault) => {
            let words = words::run(t, fault)?;
            form.refuse(field, words);
            Ok(None)
        }
    }
}

/// The bank file. It holds account numbers, so it needs what a release needs.
pub(crate) async fn file(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-runs");
    let made = async {
        let run: RunId = id.parse().map_err(|_| Trouble::Absent)?;
        permit(&v, Action::ReleaseRun, "bank_file").await?;
        match bank_file::body(&state, run).await {
            Ok(body) => {
                let name = format!("attachment; filename=\"{}.xml\"", payment::bank::message_id(run));
                let headers =
                    [(header::CONTENT_TYPE, "application/xml".to_owned()), (header::CONTENT_DISPOSITION, name)];
                Ok((headers, body).into_response())
            }
            Err(payment::bank::FileFault::Store(why @ StoreError::Unavailable(_))) => Err(why.into()),
            Err(fault) => Ok(Fault::Conflict(words::file(f.t, fault)?).response(&f)),
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
