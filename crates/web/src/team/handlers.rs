//! Requests that show the team, one nurse, and a nurse's own page.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Response};
use catalogue::model::Workforce;
use guard::{Action, Resource, Role};
use jiff::ToSpan;
use kernel::{AccountId, Lang, TrainingId};
use store::Tx;
use visit::handover as families;
use workforce::caseload::{self, Load};
use workforce::training::{self, Attended, Fitness, Standing};
use workforce::{supervision, team};

use super::kind_key;
use super::nurse::{self, Course, Due, Entry, Fit, Nurse, Session as Line};
use super::overview::{self, Most, Suggestion, Team, Told};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names, trouble};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::{desk, supervisor, viewer};

/// How long a handover is told of after its day, in days.
const TOLD: i32 = 30;

/// The look at the team, or at one of it, goes into the log.
pub(super) async fn look(v: &Viewer<'_>, action: Action, what: &str) -> Result<guard::Allowed, Trouble> {
    Ok(v.state.guard.permit(v.who, action, &Resource::thing(what), &v.purpose).await?)
}

/// The supervisor's team.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let query = Form::of_query(query.as_deref());
    let made = async {
        let _allowed = look(&v, Action::ViewTeam, "team").await?;
        let mut vm = the_team(&v, &f).await?;
        vm.done = match query.get("done") {
            "handover" => Some("team-handed"),
            "saved" => Some("team-saved"),
            _ => None,
        };
        Ok(overview::page_of(&f, &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn the_team(v: &Viewer<'_>, f: &Frame) -> Result<Team, Trouble> {
    let nothing = Team { most: None, lines: Vec::new(), suggestions: Vec::new(), done: None };
    let Some(rules) = v.pack.workforce() else { return Ok(nothing) };
    let mut tx = v.state.db.read().await?;
    let team = team::members(&mut tx, &v.pack, v.who).await.map_err(trouble)?;
    let known = families::counted(&mut tx, &desk(v), v.who).await?;
    let ids: Vec<AccountId> = team.iter().map(|(id, _)| *id).collect();
    let loads = caseload::loads(rules, &ids, &known);
    let mut names: BTreeMap<AccountId, String> = team.into_iter().collect();
    // A nurse who left and still has families is not in the team any more, and is the first to be seen to.
    let gone: BTreeSet<AccountId> = loads.keys().filter(|id| !names.contains_key(id)).copied().collect();
    names.extend(staff_names(&mut tx, gone).await?);
    let mut lines = Vec::new();
    for (id, load) in &loads {
        let standing = training::standing(rules, &training::ledger(&mut tx, *id).await?, v.today());
        let due = supervision::due(rules, &supervision::held(&mut tx, *id).await?, v.today());
        lines.push(overview::Line {
            href: format!("/visits/team/nurse/{id}"),
            name: names.get(id).cloned().unwrap_or_default(),
            load: (load.families, load.intense),
            over: load.is_over(rules),
            hours: standing.hours,
            expired: expired(rules, f, &standing),
            overdue: due.iter().filter(|d| d.overdue).map(|d| kind_key(d.kind)).collect(),
        });
    }
    drop(tx);
    lines.sort_by(|a, b| (!a.over, &a.name).cmp(&(!b.over, &b.name)));
    let mut moves: BTreeMap<(AccountId, AccountId), Vec<String>> = BTreeMap::new();
    for it in caseload::suggest(rules, &ids, &known) {
        moves.entry((it.from, it.to)).or_default().push(it.family.to_string());
    }
    let name = |id: &AccountId| names.get(id).cloned().unwrap_or_default();
    let suggestions = moves.iter().map(|((from, to), families)| Suggestion {
        href: format!("/visits/team/handover?from={from}&to={to}&family={}", families.join("&family=")),
        families: i64::try_from(families.len()).unwrap_or(i64::MAX),
        from: name(from),
        to: name(to),
    });
    let most = Most {
        families: rules.most_families,
        intense: rules.most_intense,
        hours: rules.hours,
        illustrative: rules.illustrative,
    };
    Ok(Team { most: Some(most), lines, suggestions: suggestions.collect(), done: None })
}

fn expired(rules: &Workforce, f: &Frame, standing: &Standing) -> Vec<String> {
    let is = |id: &str| matches!(standing.fit.get(id), Some(Fitness::Expired(_)));
    rules.competencies.iter().filter(|c| is(&c.id)).map(|c| c.name.get(f.t.lang()).to_owned()).collect()
}

/// A nurse's load in words, as it stands once every handover has come, and what a protocol asks of her that she lacks.
pub(crate) async fn load_words(
    tx: &mut Tx,
    v: &Viewer<'_>,
    f: &Frame,
    nurses: Vec<(String, String)>,
    protocol: Option<&str>,
) -> Result<Vec<(String, String)>, Trouble> {
    let Some(rules) = v.pack.workforce() else { return Ok(nurses) };
    let known = families::counted(tx, &desk(v), v.who).await?;
    let loads = caseload::loads(rules, &[], &known);
    let mut all = Vec::new();
    for (id, name) in nurses {
        let Ok(nurse) = id.parse::<AccountId>() else { continue };
        let load = loads.get(&nurse).copied().unwrap_or_default();
        let lacks = lacks(tx, v, rules, nurse, (protocol, f.t.lang())).await?;
        all.push((id, words(f, &name, load, load.is_over(rules), &lacks)));
    }
    Ok(all)
}

fn words(f: &Frame, name: &str, load: Load, over: bool, lacks: &[String]) -> String {
    let counts = [("families", i64::from(load.families).into()), ("intense", i64::from(load.intense).into())];
    let mut parts = vec![name.to_owned(), f.t.with("team-load", &counts).into_owned()];
    if over {
        parts.push(f.t.t("team-over").into_owned());
    }
    if !lacks.is_empty() {
        parts.push(f.t.with("team-lacks", &[("what", lacks.join(", ").into())]).into_owned());
    }
    parts.join(" · ")
}

async fn lacks(
    tx: &mut Tx,
    v: &Viewer<'_>,
    rules: &Workforce,
    nurse: AccountId,
    (protocol, lang): (Option<&str>, Lang),
) -> Result<Vec<String>, Trouble> {
    let Some(protocol) = protocol else { return Ok(Vec::new()) };
    let standing = training::standing(rules, &training::ledger(tx, nurse).await?, v.today());
    Ok(training::lacks(rules, &standing, protocol).iter().map(|c| c.name.get(lang).to_owned()).collect())
}

/// Whether a nurse is above a ceiling, or lacks what a family's protocol asks for: said after the family was given, and never refused.
pub(crate) async fn is_doubtful(v: &Viewer<'_>, nurse: AccountId, protocol: &str) -> Result<bool, Trouble> {
    let Some(rules) = v.pack.workforce() else { return Ok(false) };
    let mut tx = v.state.db.read().await?;
    let known = families::counted(&mut tx, &desk(v), v.who).await?;
    let load = caseload::loads(rules, &[nurse], &known).get(&nurse).copied().unwrap_or_default();
    Ok(load.is_over(rules) || !lacks(&mut tx, v, rules, nurse, (Some(protocol), Lang::En)).await?.is_empty())
}

/// A nurse of the supervisor's team.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let done = Form::of_query(query.as_deref()).get("done") == "saved";
    let made = async {
        let form = Form::of([("id", TrainingId::new(&*state.ids, v.now).to_string())]);
        nurse_page(&v, &f, &id, &form, done).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The page of a nurse of the team; of anybody else there is none.
pub(super) async fn nurse_page(
    v: &Viewer<'_>,
    f: &Frame,
    id: &str,
    form: &Form,
    done: bool,
) -> Result<Response, Trouble> {
    let nurse: AccountId = id.parse().map_err(|_| Trouble::Absent)?;
    let mut tx = v.state.db.read().await?;
    let team = team::members(&mut tx, &v.pack, v.who).await.map_err(trouble)?;
    drop(tx);
    let (_, name) = team.into_iter().find(|(id, _)| *id == nurse).ok_or(Trouble::Absent)?;
    let _allowed = look(v, Action::ViewTeam, &format!("training of {nurse}")).await?;
    let vm = Nurse { id: Some(id.to_owned()), done, ..the_nurse(v, f, nurse, name).await? };
    Ok((form.status(), nurse::page_of(f, form, &vm)).into_response())
}

/// A nurse's own page.
pub(crate) async fn own(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let Some(v) = viewer(&state, &session, &f).filter(|v| v.who.role == Role::Nurse) else { return forbidden(&f) };
    let made = async {
        let _allowed = look(&v, Action::ViewTeam, "own training").await?;
        let vm = the_nurse(&v, &f, v.who.account, String::new()).await?;
        Ok(nurse::page_of(&f, &Form::default(), &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn the_nurse(v: &Viewer<'_>, f: &Frame, id: AccountId, name: String) -> Result<Nurse, Trouble> {
    let rules = v.pack.workforce().ok_or(Trouble::Absent)?;
    let lang = f.t.lang();
    let since = v.today().saturating_sub(TOLD.days());
    let mut tx = v.state.db.read().await?;
    let ledger = training::ledger(&mut tx, id).await?;
    let held = supervision::held(&mut tx, id).await?;
    let sessions = supervision::of_nurse(&mut tx, &desk(v), v.who, id).await?;
    let handovers = families::told(&mut tx, id, since).await?;
    let mut people: BTreeSet<AccountId> = ledger.iter().map(|a| a.confirmed_by).collect();
    people.extend(sessions.iter().map(|s| s.lead));
    people.extend(handovers.iter().flat_map(|h| [h.from, h.to]));
    let names = staff_names(&mut tx, people).await?;
    drop(tx);
    let who = |id: &AccountId| names.get(id).cloned().unwrap_or_default();
    let standing = training::standing(rules, &ledger, v.today());
    let course_name = |id: &str| rules.course(id).map_or_else(|| id.to_owned(), |c| c.name.get(lang).to_owned());
    let entry = |a: &Attended| Entry {
        id: a.id.to_string(),
        course: course_name(&a.course),
        hours: a.hours,
        on: a.ended_on,
        by: who(&a.confirmed_by),
        withdrawn: a.withdrawn,
    };
    let done = |id: &str| standing.courses.get(id).copied().unwrap_or_default();
    let course = |c: &catalogue::model::Course| {
        (c.id.clone(), Course { name: c.name.get(lang).to_owned(), done: done(&c.id), hours: c.hours })
    };
    let due = |d: supervision::Due| Due { kind: kind_key(d.kind), last: d.last, by: d.by, overdue: d.overdue };
    Ok(Nurse {
        id: None,
        name,
        hours: (standing.hours, rules.hours),
        courses: rules.courses.iter().map(course).collect(),
        fit: rules.competencies.iter().map(|c| (c.name.get(lang).to_owned(), fit(&standing, &c.id))).collect(),
        ledger: ledger.iter().rev().map(entry).collect(),
        due: supervision::due(rules, &held, v.today()).into_iter().map(due).collect(),
        sessions: sessions
            .iter()
            .map(|s| Line {
                href: format!("/visits/session/{}", s.id),
                kind: kind_key(s.kind),
                on: s.on,
                lead: who(&s.lead),
            })
            .collect(),
        told: handovers
            .into_iter()
            .map(|h| Told { families: h.families, from: who(&h.from), to: who(&h.to), on: h.on, reason: h.reason })
            .collect(),
        done: false,
    })
}

fn fit(standing: &Standing, id: &str) -> Fit {
    match standing.fit.get(id) {
        Some(Fitness::Until(day)) => Fit::Until(*day),
        Some(Fitness::Expired(day)) => Fit::Expired(*day),
        Some(Fitness::Missing) | None => Fit::Missing,
    }
}
