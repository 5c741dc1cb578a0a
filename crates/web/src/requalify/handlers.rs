//! Requests for looking at everybody again.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::requalify::model::{self, Act, ActStatus, Requalification, Status};
use casework::requalify::order::{self, Ask, Fault};
use casework::requalify::{act, back, rows, view};
use guard::{Action, Allowed, Purpose, PurposeKind, Resource, Role};
use kernel::{AccountId, FindingId, Instant, Money, RequalificationActId, RequalificationId};
use rules::schema::{Entity, Per};
use store::{Tx, transact};
use text::Text;
use uuid::Uuid;

use super::{Cause, finding, group, run, runs};
use crate::components::frame::Frame;
use crate::components::value::per_words;
use crate::explain::Story;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names};
use crate::official::work_view::stage_key;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Orders in the list.
const MOST: u32 = 50;
/// Findings a page.
const LINES: u32 = 25;

/// A viewer for the purpose of their role; `None`: the role has nothing to do here.
fn viewer<'s>(state: &'s AppState, session: &'s Session, t: Text) -> Option<Viewer<'s>> {
    let kind = match session.who.role {
        Role::Analyst => PurposeKind::Statistics,
        Role::Approver => PurposeKind::Approval,
        Role::Administrator => PurposeKind::Administration,
        Role::Caseworker => PurposeKind::Casework,
        _ => return None,
    };
    Some(Viewer::new(state, &session.who, Purpose::new(kind, t.t("requal-purpose"))))
}

/// Whether somebody orders, approves and takes back.
fn orders(v: &Viewer<'_>) -> bool {
    matches!(v.who.role, Role::Analyst | Role::Approver | Role::Administrator)
}

/// Whether somebody settles findings.
fn settles(v: &Viewer<'_>) -> bool {
    matches!(v.who.role, Role::Caseworker | Role::Approver)
}

/// Asks the guard about something that is nobody's; every asking is in the log.
async fn permit(v: &Viewer<'_>, action: Action, what: &str) -> Result<Allowed, Trouble> {
    let resource = Resource::thing("requalification").showing([what]);
    Ok(v.state.guard.permit(v.who, action, &resource, &v.purpose).await?)
}

/// Asks whether the viewer may see figures.
async fn look(v: &Viewer<'_>, what: &str) -> Result<(), Trouble> {
    permit(v, look_action(v.who.role), what).await.map(drop)
}

/// What the guard is asked when a role looks at figures of a run.
pub(crate) fn look_action(role: Role) -> Action {
    match role {
        Role::Administrator => Action::TakeSnapshot,
        Role::Caseworker => Action::WorkFindings,
        _ => Action::ViewFigures,
    }
}

/// What a refusal means for a form: its field and words; or a page of its own.
fn words(t: Text, fault: Fault) -> Result<String, Trouble> {
    let key = match fault {
        Fault::Nothing => return Err(Trouble::Absent),
        Fault::Store(error) => return Err(error.into()),
        Fault::NotAllowed => "requal-fault-not-allowed",
        Fault::NoGround => "requal-fault-no-ground",
        Fault::SamePerson => "requal-fault-same-person",
        Fault::WrongStatus(_) => "requal-fault-status",
        Fault::NothingOpen => "requal-nothing-open",
        Fault::NotASigner => "requal-fault-signer",
    };
    Ok(t.t(key).into_owned())
}

/// The list.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, f.t) else { return forbidden(&f) };
    let mut form = Form::default();
    form.set("on", v.today().to_string());
    let asked = query.is_some_and(|q| q == "done=asked");
    list_page(&v, &f, &form, asked).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn list_page(v: &Viewer<'_>, f: &Frame, form: &Form, asked: bool) -> Result<Response, Trouble> {
    look(v, "orders").await?;
    let mut tx = v.state.db.read().await?;
    let all = rows::latest(&mut tx, MOST).await?;
    let names = staff_names(&mut tx, all.iter().map(|r| r.asked_by.account).collect()).await?;
    drop(tx);
    let line = |r: &Requalification| runs::Line {
        id: r.id.to_string(),
        on: r.on,
        reason: r.reason.clone(),
        status: r.status,
        asked: at(v, f.t, &names, r.asked_by.account, r.asked_at),
        findings: r.summary.as_ref().map(|s| s.findings),
    };
    let vm = runs::Runs { runs: all.iter().map(line).collect(), may_ask: orders(v), asked };
    Ok((form.status(), runs::page_of(f, form, &vm)).into_response())
}

fn who(names: &BTreeMap<AccountId, String>, account: AccountId) -> String {
    names.get(&account).cloned().unwrap_or_else(|| account.to_string().chars().take(8).collect())
}

fn at(v: &Viewer<'_>, t: Text, names: &BTreeMap<AccountId, String>, account: AccountId, moment: Instant) -> String {
    let moment = t.moment(moment, v.offset());
    t.with("requal-by-at", &[("name", who(names, account).into()), ("moment", moment.into())]).into_owned()
}

/// Asks for one.
pub(crate) async fn ask(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let Some(v) = viewer(&state, &session, f.t) else { return forbidden(&f) };
    let made = async {
        let allowed = permit(&v, Action::TakeSnapshot, "ask").await?;
        let (on, reason, law) =
            (form.date(f.t, "on"), form.required(f.t, "reason", 500), form.required(f.t, "law", 300));
        if let Some(on) = on.filter(|_| form.is_fine()) {
            let input = Ask { id: RequalificationId::new(&*state.ids, v.now), on, reason, law };
            let desk = v.desk();
            let done = transact!(state.db, Fault, |tx| order::ask(tx, &desk, v.who, &allowed, &input).await);
            match done {
                Ok(()) => return Ok(Redirect::to("/requalify?done=asked").into_response()),
                Err(fault) => form.refuse("reason", words(f.t, fault)?),
            }
        }
        list_page(&v, &f, &form, false).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// One order.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, f.t) else { return forbidden(&f) };
    let done = match query.as_deref() {
        Some("done=approved") => Some("requal-done-approved"),
        Some("done=back") => Some("requal-done-back"),
        _ => None,
    };
    run_page(&v, &f, &id, &Form::default(), done).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn run_page(
    v: &Viewer<'_>,
    f: &Frame,
    id: &str,
    form: &Form,
    done: Option<&'static str>,
) -> Result<Response, Trouble> {
    look(v, "groups").await?;
    let id: RequalificationId = id.parse().map_err(|_| Trouble::Absent)?;
    let scope = order::scope(&v.desk(), v.who);
    let mut tx = v.state.db.read().await?;
    let r = rows::one(&mut tx, id).await?.ok_or(Trouble::Absent)?;
    let groups = rows::groups(&mut tx, id, &scope, "").await?;
    let acts = rows::acts(&mut tx, id).await?;
    let mut accounts: BTreeSet<AccountId> = [r.asked_by.account].into();
    accounts.extend(r.approved_by.as_ref().map(|w| w.account));
    accounts.extend(acts.iter().flat_map(|a| [Some(a.proposed.0), a.signed.map(|s| s.0)]).flatten());
    let names = staff_names(&mut tx, accounts).await?;
    drop(tx);
    let t = f.t;
    let theirs = |a: &&Act| scope.covers(&a.agency, &a.jurisdiction);
    let href = |cause: &str| format!("/requalify/{id}/{cause}");
    let summary = r.summary.as_ref();
    let vm = run::Run {
        id: id.to_string(),
        on: r.on,
        reason: r.reason.clone(),
        law: r.law.clone(),
        status: r.status,
        asked: at(v, t, &names, r.asked_by.account, r.asked_at),
        approved: r.approved_by.as_ref().zip(r.approved_at).map(|(w, when)| at(v, t, &names, w.account, when)),
        figures: summary.map(|s| [s.households, s.persons, s.awards, s.aside]),
        hash: r.run_hash.clone(),
        logged: summary.and_then(|s| Some((s.look?.to_string(), s.root.clone()))),
        ended: r.ended_why.clone(),
        groups: groups
            .iter()
            .map(|g| run::Group {
                href: settles(v).then(|| href(&g.cause)),
                cause: cause(v, t, g, r.on),
                count: g.count,
                open: g.open,
                before: sums(v, t, (g.kind != model::Kind::Unclaimed).then_some(g.before), g.per),
                after: sums(v, t, Some(g.after), g.per),
            })
            .collect(),
        acts: acts
            .iter()
            .filter(theirs)
            .map(|a| run::Act {
                href: if settles(v) { href(&a.cause) } else { format!("/requalify/{id}") },
                status: a.status,
                proposed: at(v, t, &names, a.proposed.0, a.proposed_at),
                signed: a.signed.map(|s| who(&names, s.0)),
                findings: a.planned.values().sum(),
            })
            .collect(),
        // Faults name pseudonyms; only those who order runs have a use for them.
        faults: summary.filter(|_| orders(v)).map(|s| s.faults.clone()).unwrap_or_default(),
        may: run::May {
            approve: orders(v) && r.status == Status::Asked && r.asked_by.account != v.who.account,
            back: orders(v) && r.status == Status::Found,
        },
        done,
    };
    Ok((form.status(), run::page_of(f, form, &vm)).into_response())
}

fn sums(v: &Viewer<'_>, t: Text, minor: Option<i64>, per: Option<Per>) -> Option<String> {
    let minor = minor?;
    let amount = t.money(Money::new(minor, v.pack.currency()));
    Some(per.map_or(amount.clone(), |per| per_words(t, &amount, per)))
}

/// What findings have in common, in words.
fn cause(v: &Viewer<'_>, t: Text, g: &model::Group, on: kernel::Date) -> Cause {
    let why = why(v, t, &g.programme, (&g.condition, &g.rules, &g.facts), on);
    Cause { kind: g.kind, programme: programme(v, t, &g.programme), why }
}

fn programme(v: &Viewer<'_>, t: Text, id: &str) -> String {
    v.pack.programmes().get(id).map_or_else(|| id.to_owned(), |p| p.name.get(t.lang()).to_owned())
}

fn why(
    v: &Viewer<'_>,
    t: Text,
    programme: &str,
    (condition, rules, facts): (&Option<String>, &Option<String>, &Option<String>),
    on: kernel::Date,
) -> Vec<String> {
    let mut all = Vec::new();
    if let Some(id) = condition {
        let known = v.pack.programmes().get(programme);
        let version = known.and_then(|p| p.versions.iter().find(|version| version.covers(on)));
        let written = version.and_then(|version| version.conditions.iter().find(|c| c.id == *id));
        all.push(match (written, id.as_str()) {
            (Some(c), _) => c.words.get(t.lang()).to_owned(),
            (None, "applies") => t.t("requal-why-applies").into_owned(),
            (None, "amount") => t.t("requal-why-amount").into_owned(),
            (None, other) => other.to_owned(),
        });
    }
    for rule in rules.iter().flat_map(|r| r.split(' ')) {
        let words = v.pack.combinations().get(rule).map(|c| c.words.get(t.lang()).to_owned());
        all.push(words.unwrap_or_else(|| rule.to_owned()));
    }
    for fact in facts.iter().flat_map(|f| f.split(' ')) {
        let (entity, item) = match fact.split_once('.') {
            Some(("household", item)) => (Entity::Household, item),
            Some((_, item)) => (Entity::Person, item),
            None => continue,
        };
        let name = v.pack.item(entity, item).map(|i| i.name.get(t.lang()).to_owned());
        all.push(t.with("requal-why-fact", &[("name", name.unwrap_or_else(|| item.to_owned()).into())]).into_owned());
    }
    all
}

/// Approves it, or takes it back.
pub(crate) async fn act_on(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, f.t) else { return forbidden(&f) };
    let made = async {
        let run: RequalificationId = id.parse().map_err(|_| Trouble::Absent)?;
        let allowed = permit(&v, Action::TakeSnapshot, "order").await?;
        let desk = v.desk();
        let (word, done) = match form.get("do") {
            "approve" => {
                let done = transact!(state.db, Fault, |tx| order::approve(tx, &desk, v.who, &allowed, run).await);
                ("approved", done)
            }
            "back" => {
                let reason = form.required(f.t, "reason", 500);
                if !form.is_fine() {
                    return run_page(&v, &f, &id, &form, None).await;
                }
                let done = transact!(state.db, Fault, |tx| {
                    back::roll_back(tx, &desk, v.who, &allowed, run, &reason).await
                });
                ("back", done)
            }
            _ => return Err(Trouble::Absent),
        };
        match done {
            Ok(()) => Ok(Redirect::to(&format!("/requalify/{run}?done={word}")).into_response()),
            Err(fault) => {
                form.refuse("reason", words(f.t, fault)?);
                run_page(&v, &f, &id, &form, None).await
            }
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// One group.
pub(crate) async fn one_group(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((id, cause)): Path<(String, String)>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, f.t).filter(settles) else { return forbidden(&f) };
    let asked = Form::of_query(query.as_deref());
    let done = match asked.get("done") {
        "proposed" => Some("requal-done-proposed"),
        "signed" => Some("requal-done-signed"),
        "dropped" => Some("requal-done-dropped"),
        _ => None,
    };
    let after = asked.get("after").parse().unwrap_or(FindingId(Uuid::nil()));
    let made = group_page(&v, &f, (&id, &cause), after, &Form::default(), done).await;
    made.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn group_page(
    v: &Viewer<'_>,
    f: &Frame,
    (id, cause_id): (&str, &str),
    after: FindingId,
    form: &Form,
    done: Option<&'static str>,
) -> Result<Response, Trouble> {
    // The permission is not handed on: what the page shows of people the guard is asked about below.
    let _allowed = permit(v, Action::WorkFindings, "group").await?;
    let id: RequalificationId = id.parse().map_err(|_| Trouble::Absent)?;
    let (t, desk, setting) = (f.t, v.desk(), v.setting());
    let (sight, scope) = (v.sight(&setting), order::scope(&desk, v.who));
    let mut tx = v.state.db.read().await?;
    let r = rows::one(&mut tx, id).await?.ok_or(Trouble::Absent)?;
    let groups = rows::groups(&mut tx, id, &scope, cause_id).await?;
    let g = groups.first().ok_or(Trouble::Absent)?;
    let planned = act::planned(&mut tx, &desk, v.who, id, cause_id, &scope).await?.filter(|p| !p.outcomes.is_empty());
    let waiting = waiting(v, t, &mut tx, id, cause_id, &scope).await?;
    let seen = view::list(&mut tx, &desk, &sight, (id, cause_id), &scope, (after, LINES)).await?;
    drop(tx);
    let resource = seen.resource().showing(["findings"]);
    let open = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?;
    let href = format!("/requalify/{id}/{cause_id}");
    let vm = group::Group {
        run: format!("/requalify/{id}"),
        more: open.next.map(|next| format!("{href}?after={next}#families")),
        cause: cause(v, t, g, r.on),
        count: (g.count, g.open),
        sums: (
            sums(v, t, (g.kind != model::Kind::Unclaimed).then_some(g.before), g.per),
            sums(v, t, Some(g.after), g.per),
        ),
        planned: planned.map(|p| (p.outcomes.into_iter().collect(), p.beyond)),
        speak_until: view::hearing_until(&desk, &g.programme),
        may_propose: r.status == Status::Found,
        waiting,
        lines: open.lines.iter().map(|l| line(v, t, l)).collect(),
        done,
        href,
    };
    Ok((form.status(), group::page_of(f, form, &vm)).into_response())
}

fn line(v: &Viewer<'_>, t: Text, l: &view::Line) -> group::Line {
    let f = &l.finding;
    group::Line {
        id: f.id.to_string(),
        name: l.name.clone(),
        sums: (sums(v, t, f.before, f.per), sums(v, t, f.after, f.per)),
        status: f.status,
        outcome: f.outcome,
        case: case(t, f, l.stage),
    }
}

fn case(t: Text, f: &model::Finding, stage: Option<casework::case::Stage>) -> Option<(String, String)> {
    let (id, stage) = f.case.zip(stage)?;
    Some((format!("/work/case/{id}"), t.t(stage_key(stage)).into_owned()))
}

/// What waits for a second person in the viewer's part of a group.
async fn waiting(
    v: &Viewer<'_>,
    t: Text,
    tx: &mut Tx,
    id: RequalificationId,
    cause: &str,
    scope: &model::Scope,
) -> Result<Option<group::Waiting>, Trouble> {
    let acts = rows::acts(tx, id).await?;
    let here =
        |a: &&Act| a.cause == cause && a.status == ActStatus::Proposed && scope.covers(&a.agency, &a.jurisdiction);
    let Some(a) = acts.iter().find(here) else { return Ok(None) };
    let names = staff_names(tx, [a.proposed.0].into()).await?;
    Ok(Some(group::Waiting {
        act: a.id.to_string(),
        proposed: at(v, t, &names, a.proposed.0, a.proposed_at),
        planned: a.planned.iter().map(|(o, n)| (*o, *n)).collect(),
        may_sign: v.who.role == Role::Approver && a.proposed.0 != v.who.account,
    }))
}

/// Proposes, signs or sends back.
pub(crate) async fn act_on_group(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((id, cause)): Path<(String, String)>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, f.t).filter(settles) else { return forbidden(&f) };
    let made = async {
        let run: RequalificationId = id.parse().map_err(|_| Trouble::Absent)?;
        let allowed = permit(&v, Action::WorkFindings, "act").await?;
        let desk = v.desk();
        let agrees = form.get("do") == "sign";
        let (word, done) = match form.get("do") {
            "propose" => {
                let done = transact!(state.db, Fault, |tx| act::propose(tx, &desk, v.who, &allowed, run, &cause).await);
                ("proposed", done.map(drop))
            }
            "sign" | "drop" => {
                let it: RequalificationActId = form.get("act").parse().map_err(|_| Trouble::Absent)?;
                let done = transact!(state.db, Fault, |tx| act::sign(tx, &desk, v.who, &allowed, it, agrees).await);
                (if agrees { "signed" } else { "dropped" }, done)
            }
            _ => return Err(Trouble::Absent),
        };
        match done {
            Ok(()) => Ok(Redirect::to(&format!("/requalify/{run}/{cause}?done={word}")).into_response()),
            Err(fault) => {
                form.refuse("act", words(f.t, fault)?);
                group_page(&v, &f, (&id, &cause), FindingId(Uuid::nil()), &form, None).await
            }
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// One finding with its explanation.
pub(crate) async fn one_finding(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let Some(v) = viewer(&state, &session, f.t).filter(settles) else { return forbidden(&f) };
    finding_page(&v, &f, &id).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn finding_page(v: &Viewer<'_>, f: &Frame, id: &str) -> Result<Response, Trouble> {
    let id: FindingId = id.parse().map_err(|_| Trouble::Absent)?;
    let (t, desk, setting) = (f.t, v.desk(), v.setting());
    let scope = order::scope(&desk, v.who);
    let mut tx = v.state.db.read().await?;
    let seen = view::one(&mut tx, &desk, &v.sight(&setting), id, &scope).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let resource = seen.resource().showing(["finding"]);
    let open = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?;
    let it = &open.finding;
    let story = Story { pack: &v.pack, names: &open.names };
    let explained = open.evaluation.as_ref().and_then(|all| {
        let of = story.all(&all.explanation, &all.combined);
        let shown = all.explanation.results.iter().filter(|r| v.pack.programmes().get(&r.programme).is_some());
        let mut both = shown.zip(of);
        let mine = |r: &rules::outcome::ProgrammeResult| {
            r.programme == it.programme && all.subject(&r.subject) == Some(it.subject)
        };
        both.find(|(r, _)| mine(r)).map(|(_, e)| e)
    });
    let person = open.evaluation.as_ref().and_then(|e| e.persons.iter().position(|p| *p == it.person));
    let vm = finding::Finding {
        group: format!("/requalify/{}/{}", it.requalification, it.cause),
        name: person.and_then(|n| open.names.get(n)).cloned().unwrap_or_default(),
        cause: Cause {
            kind: it.kind,
            programme: programme(v, t, &it.programme),
            why: why(v, t, &it.programme, (&it.condition, &it.rules, &it.facts), open.run.on),
        },
        on: open.run.on,
        sums: (sums(v, t, it.before, it.per), sums(v, t, it.after, it.per)),
        status: it.status,
        outcome: it.outcome,
        case: case(t, it, open.stage),
        household: format!("/official/households/{}", it.household),
        explained,
    };
    Ok(finding::page_of(f, &vm).into_response())
}
