//! Requests around recoveries.

use std::collections::BTreeSet;

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Resource};
use kernel::{Currency, PersonId, RecoveryId};
use payment::read::{self, ActShown};
use payment::recovery::{self, ActKind, RecoveryStatus, Waived, Waiver};
use registry::sight::relations;
use store::transact;
use text::Text;
use uuid::Uuid;

use super::recoveries::{self, Act, Line, List, Proposal, Recovery};
use super::seen::opened;
use super::{agency, desk, money, programme, viewer, with, words};
use crate::components::frame::Frame;
use crate::form::{Form, parse_sum};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Recoveries a page.
const ROWS: u32 = 25;

/// The list.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-recoveries");
    match listed(&v, &f, &Form::of_query(raw.as_deref())).await {
        Ok(vm) => recoveries::list(&f, &vm).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn listed(v: &Viewer<'_>, f: &Frame, asked: &Form) -> Result<List, Trouble> {
    let t = f.t;
    let status = asked.get("show").parse().unwrap_or(RecoveryStatus::Open);
    let after = asked.get("after").parse().unwrap_or(RecoveryId(Uuid::nil()));
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = read::recoveries(&mut tx, &sight, status, after, ROWS).await?;
    drop(tx);
    let (lines, last) = opened(v, "recoveries", seen, |all, names| {
        let line = |r: &recovery::Recovery| {
            let name = names.of(r.person);
            Line {
                href: name.is_some().then(|| format!("/finance/recoveries/{}", r.id)),
                name,
                programme: programme(v, t, &r.programme),
                claimed: money(t, r.claimed, r.currency),
                owed: money(t, r.owed(), r.currency),
            }
        };
        (all.iter().map(line).collect::<Vec<_>>(), all.last().map(|r| r.id))
    })
    .await?;
    let full = u32::try_from(lines.len()).is_ok_and(|n| n == ROWS);
    let more = last
        .filter(|_| full)
        .map(|last| with("/finance/recoveries", &[("show", status.word()), ("after", &last.to_string())]));
    Ok(List { status, lines, more })
}

/// What was read of one.
struct Found {
    it: recovery::Recovery,
    acts: Vec<ActShown>,
    name: String,
}

async fn find(v: &Viewer<'_>, id: &str) -> Result<Found, Trouble> {
    let id: RecoveryId = id.parse().map_err(|_| Trouble::Absent)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = read::recovery(&mut tx, &sight, id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let found = opened(v, "recovery", seen, |(it, acts), names| {
        names.of(it.person).map(|name| Found { it: it.clone(), acts: acts.clone(), name })
    })
    .await?;
    found.ok_or(Trouble::Absent)
}

/// The page of one.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-recoveries");
    match find(&v, &id).await {
        Ok(found) => {
            let vm = model(&v, &f, &found, Form::of_query(raw.as_deref()).get("done"));
            let form = if found.it.by_set_off { Form::of([("by_set_off", "yes")]) } else { Form::default() };
            recoveries::one(&f, &form, &vm).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// What is claimed without a second person: the pack's sum up to which nothing is asked back at all.
fn alone(v: &Viewer<'_>, it: &recovery::Recovery) -> i64 {
    v.pack.process(&it.programme).recovery.waive_up_to_minor
}

fn model(v: &Viewer<'_>, f: &Frame, found: &Found, done: &str) -> Recovery {
    let (t, it) = (f.t, &found.it);
    let sum = |minor| money(t, minor, it.currency);
    let limits = v.pack.process(&it.programme).recovery;
    let granted: BTreeSet<&str> =
        found.acts.iter().filter(|a| a.kind == ActKind::Waived).map(|a| a.reference.as_str()).collect();
    let waits = |a: &&ActShown| a.kind == ActKind::WaiverProposed && !granted.contains(a.id.to_string().as_str());
    Recovery {
        id: it.id.to_string(),
        name: found.name.clone(),
        programme: programme(v, t, &it.programme),
        agency: agency(v, t, &it.agency),
        sums: [it.claimed, it.recovered, it.waived, it.owed(), it.reserved].map(sum),
        open: it.status == RecoveryStatus::Open,
        reason: reason(t, &it.reason),
        law: it.law.clone(),
        set_off: it.by_set_off.then_some(limits.set_off_percent),
        plan: it.plan.iter().map(|p| (p.on, sum(p.minor))).collect(),
        most_parts: limits.most_instalments,
        alone: sum(alone(v, it)),
        proposals: found.acts.iter().filter(waits).map(|a| proposal(t, a, it.currency)).collect(),
        acts: found.acts.iter().map(|a| act(t, a, it.currency)).collect(),
        offset: v.offset(),
        done: done.to_owned(),
    }
}

/// Reasons of our own are words; what an official wrote stays as it is.
fn reason(t: Text, reason: &str) -> String {
    let key = format!("fin-reason-{reason}");
    if t.has(&key) { t.t(&key).into_owned() } else { reason.to_owned() }
}

fn proposal(t: Text, a: &ActShown, currency: Currency) -> Proposal {
    Proposal {
        id: a.id.to_string(),
        sum: money(t, a.minor, currency),
        reason: a.reason.clone().unwrap_or_default(),
        law: a.law.clone().unwrap_or_default(),
    }
}

fn act(t: Text, a: &ActShown, currency: Currency) -> Act {
    // Only receipts and runs mean something to people; the others are names we made.
    let reference = match a.kind {
        ActKind::Repaid => a.reference.clone(),
        ActKind::SetOff => a.reference.split(':').next().unwrap_or_default().chars().take(8).collect(),
        ActKind::Opened | ActKind::TakenBack | ActKind::Planned | ActKind::WaiverProposed | ActKind::Waived => {
            String::new()
        }
    };
    let said = [a.reason.as_deref().map(|r| reason(t, r)), a.law.clone()];
    Act {
        kind: a.kind,
        sum: money(t, a.minor, currency),
        reference,
        words: said.into_iter().flatten().collect::<Vec<_>>().join(" · "),
        at: a.at,
    }
}

/// Books a repayment, agrees on instalments, waives, or grants a waiver.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-recoveries");
    let made = async {
        let found = find(&v, &id).await?;
        if let Some(word) = does(&v, &f, &found.it, &mut form).await? {
            let path = format!("/finance/recoveries/{}?done={word}", found.it.id);
            return Ok(Redirect::to(&path).into_response());
        }
        let vm = model(&v, &f, &found, "");
        Ok((form.status(), recoveries::one(&f, &form, &vm)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn permit(v: &Viewer<'_>, person: PersonId) -> Result<(), Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let about = relations(&mut tx, &sight, [person]).await?;
    drop(tx);
    if about.is_empty() {
        return Err(Trouble::Absent);
    }
    let resource = Resource::people(about).showing(["recovery"]);
    let _allowed = v.state.guard.permit(v.who, Action::ManageRecovery, &resource, &v.purpose).await?;
    Ok(())
}

/// A sum as typed, in minor units.
fn amount(t: Text, form: &mut Form, name: &str, currency: Currency) -> Option<i64> {
    let minor = parse_sum(form.get(name), currency);
    if minor.is_none() {
        form.refuse(name, t.t("error-amount-form"));
    }
    minor
}

/// The word for what was done; `None` when it was refused.
async fn does(
    v: &Viewer<'_>,
    f: &Frame,
    it: &recovery::Recovery,
    form: &mut Form,
) -> Result<Option<&'static str>, Trouble> {
    permit(v, it.person).await?;
    let (field, done) = match form.get("do") {
        "repaid" => ("repaid", repaid(v, f.t, it, form).await),
        "plan" => ("parts", plan(v, f.t, it, form).await),
        "waive" => ("waived", waive(v, f.t, it, form).await),
        "grant" => ("grant", grant(v, it, form).await),
        _ => return Err(Trouble::Absent),
    };
    match done {
        Ok(word) => Ok(word),
        Err(fault) => {
            form.refuse(field, words::recovery(f.t, fault, it.currency)?);
            Ok(None)
        }
    }
}

type Done = Result<Option<&'static str>, recovery::Fault>;

async fn repaid(v: &Viewer<'_>, t: Text, it: &recovery::Recovery, form: &mut Form) -> Done {
    let (minor, receipt) = (amount(t, form, "repaid", it.currency), form.required(t, "receipt", 60));
    let (Some(minor), true) = (minor, form.is_fine()) else { return Ok(None) };
    let (desk, by) = (desk(v), Some(v.who.account));
    let first =
        transact!(v.state.db, recovery::Fault, |tx| recovery::repaid(tx, &desk, it.id, minor, &receipt, by).await)?;
    Ok(Some(if first { "repaid" } else { "repeated" }))
}

async fn plan(v: &Viewer<'_>, t: Text, it: &recovery::Recovery, form: &mut Form) -> Done {
    let parts: Option<u32> = form.get("parts").parse().ok();
    if parts.is_none() {
        form.refuse("parts", t.t("error-number-form"));
    }
    let first = form.date(t, "first");
    if first.is_some_and(|day| day < v.today()) {
        form.refuse("first", t.t("error-date-far"));
    }
    let (Some(parts), Some(first), true) = (parts, first, form.is_fine()) else { return Ok(None) };
    let limits = (v.pack.process(&it.programme).recovery.most_instalments, form.has("by_set_off"));
    let (desk, by) = (desk(v), v.who.account);
    transact!(v.state.db, recovery::Fault, |tx| recovery::plan(tx, &desk, it.id, parts, first, limits, by).await)?;
    Ok(Some("planned"))
}

async fn waive(v: &Viewer<'_>, t: Text, it: &recovery::Recovery, form: &mut Form) -> Done {
    let minor = amount(t, form, "waived", it.currency);
    let (reason, law) = (form.required(t, "waive_reason", 500), form.required(t, "waive_law", 200));
    let (Some(minor), true) = (minor, form.is_fine()) else { return Ok(None) };
    let waiver = Waiver { minor, reason, law, by: v.who.account, alone_up_to: alone(v, it) };
    let desk = desk(v);
    let waived = transact!(v.state.db, recovery::Fault, |tx| recovery::waive(tx, &desk, it.id, &waiver).await)?;
    Ok(Some(match waived {
        Waived::Done => "waived",
        Waived::NeedsSecond(_) => "proposed",
    }))
}

async fn grant(v: &Viewer<'_>, it: &recovery::Recovery, form: &Form) -> Done {
    let proposal: Uuid = form.get("proposal").parse().map_err(|_| recovery::Fault::NoProposal)?;
    let (desk, by) = (desk(v), v.who.account);
    transact!(v.state.db, recovery::Fault, |tx| recovery::grant_waiver(tx, &desk, it.id, proposal, by).await)?;
    Ok(Some("waived"))
}
