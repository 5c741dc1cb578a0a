//! The team lead's page: who has how much, who is away, how long decisions take.

use std::collections::BTreeMap;

use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use casework::case::{absence, worklist};
use casework::follow::satisfaction::{self, Way};
use guard::{Action, Purpose, Resource, Role};
use kernel::{AccountId, Date, PersonId, TaskId};
use maud::{Markup, html};
use store::{StoreError, Tx, transact};
use text::Text;

use super::work::nearness;
use super::work_case_handlers::{days_until, forbidden, officials, purpose_kind, staff_names};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// One official's desk.
#[derive(Clone, Debug, PartialEq)]
pub struct DeskLoad {
    /// The official; `None`: nobody's yet.
    pub name: Option<String>,
    /// Open tasks.
    pub open: i64,
    /// Of these past their legal day.
    pub late: i64,
    /// The first legal day, and days until then.
    pub first: Option<(Date, i64)>,
}

/// An absence that runs or is to come.
#[derive(Clone, Debug, PartialEq)]
pub struct Away {
    /// The official and the absence, as the form sends them back.
    pub id: String,
    /// The official's name.
    pub name: String,
    /// Its days.
    pub days: String,
    /// Whether it runs today.
    pub now: bool,
}

/// How long decisions took.
#[derive(Clone, Debug, PartialEq)]
pub struct Took {
    /// The programme.
    pub programme: String,
    /// How many.
    pub decided: i64,
    /// Half took at most so many days.
    pub median: i64,
    /// The longest.
    pub longest: i64,
    /// After the legal day.
    pub late: i64,
}

/// The office.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Office {
    /// Desks, the fullest first.
    pub loads: Vec<DeskLoad>,
    /// Who is away.
    pub away: Vec<Away>,
    /// Time to decision.
    pub took: Vec<Took>,
    /// Officials of the office.
    pub officials: Vec<(String, String)>,
    /// What people wrote after decisions, without names: agency's office, way, words (none when too few wrote).
    pub wrote: Vec<Wrote>,
    /// What was just done.
    pub done: Option<String>,
}

/// What people wrote of one way to a decision.
#[derive(Clone, Debug, PartialEq)]
pub struct Wrote {
    /// The place of the office in words.
    pub place: String,
    /// How the decisions came about.
    pub way: Way,
    /// The words; empty when so few wrote that somebody could be recognised.
    pub words: Vec<String>,
}

/// What people wrote, in groups.
pub fn wrote(t: Text, groups: &[Wrote]) -> Markup {
    html! {
        h2 { (t.t("work-wrote")) }
        p { (t.t("work-wrote-words")) }
        @if groups.is_empty() { p { (t.t("work-wrote-none")) } }
        @for group in groups {
            h3 { (t.t(&format!("figures-way-{}", group.way))) @if !group.place.is_empty() { " · " (group.place) } }
            @if group.words.is_empty() { p { (t.t("figures-few")) } }
            @else { ul { @for words in &group.words { li { (words) } } } }
        }
    }
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, o: &Office) -> Markup {
    let t = f.t;
    let number = |n: i64| html! { span.num { (t.number(n)) } };
    let loads: Vec<Vec<Markup>> = o
        .loads
        .iter()
        .map(|l| {
            vec![
                html! { @match &l.name { Some(name) => (name), None => em { (t.t("work-nobody")) } } },
                number(l.open),
                html! { @if l.late > 0 { (tag(Mark::Fault, &t.with("work-late-count", &[("count", l.late.into())]))) } @else { "0" } },
                html! { (nearness(t, l.first)) @if let Some((day, _)) = l.first { " " span.small.soft.nowrap { (t.date(day)) } } },
            ]
        })
        .collect();
    let took: Vec<Vec<Markup>> = o
        .took
        .iter()
        .map(|l| vec![html! { (l.programme) }, number(l.decided), number(l.median), number(l.longest), number(l.late)])
        .collect();
    let words = |keys: &[&str]| keys.iter().map(|key| t.t(key).into_owned()).collect::<Vec<_>>();
    page(
        f,
        &t.t("work-office-title"),
        Width::Wide,
        html! {
            (back(t, "/work"))
            (error_summary(t, form))
            @if let Some(done) = &o.done { (notice(Tone::Done, done, html! {})) }
            h1 { (t.t("work-office-title")) }
            div.columns {
                div {
                    h2 { (t.t("work-loads")) }
                    @if loads.is_empty() { p { (t.t("work-none")) } }
                    @else { (table(&t.t("work-loads"), &words(&["work-official", "work-open", "work-late", "work-first-day"]), &loads)) }
                    h2 { (t.t("work-took")) }
                    p { (t.t("work-took-words")) }
                    @if took.is_empty() { p { (t.t("work-took-none")) } }
                    @else { (table(&t.t("work-took"), &words(&["work-programme", "work-decided", "work-median", "work-longest", "work-after-day"]), &took)) }
                    (wrote(t, &o.wrote))
                }
                aside.aside aria-label=(t.t("work-absence")) { (absences(f, form, o)) (handing(f, form, o)) }
            }
        },
    )
}

fn absences(f: &Frame, form: &Form, o: &Office) -> Markup {
    let t = f.t;
    html! {
        h2 { (t.t("work-absence")) }
        @if o.away.is_empty() { p { (t.t("work-absence-none")) } }
        @for away in &o.away {
            form method="post" action="/work/office" {
                p { strong { (away.name) } @if away.now { " " (tag(Mark::Plain, &t.t("work-absence-now"))) } br; (away.days) }
                (field::hidden("do", "back"))
                (field::hidden("absence", &away.id))
                button.btn.btn--second.btn--small type="submit" { (t.t("work-absence-end")) span.hidden-visually { ": " (away.name) } }
            }
        }
        form method="post" action="/work/office" novalidate {
            (field::hidden("do", "away"))
            (field::select(form, "official", &t.t("work-official"), "", &t.t("choose"), &o.officials))
            (field::line(form, "first", &t.t("work-absence-first"), Look { hint: &t.t("work-day-hint"), keyboard: "numeric", width: "w-m", ..Look::default() }))
            (field::line(form, "last", &t.t("work-absence-last"), Look { keyboard: "numeric", width: "w-m", ..Look::default() }))
            p.small.soft { (t.t("work-absence-words")) }
            button.btn.btn--small type="submit" { (t.t("work-absence-go")) }
        }
    }
}

fn handing(f: &Frame, form: &Form, o: &Office) -> Markup {
    let t = f.t;
    html! {
        h2 { (t.t("work-hand")) }
        form method="post" action="/work/office" novalidate {
            (field::hidden("do", "hand"))
            (field::select(form, "from", &t.t("work-hand-from"), "", &t.t("choose"), &o.officials))
            (field::select(form, "to", &t.t("work-give-to"), "", &t.t("work-nobody"), &o.officials))
            button.btn.btn--small type="submit" { (t.t("work-hand-go")) }
        }
    }
}

/// Over how many days back decisions are counted.
const DAYS: i64 = 90;
/// How many decisions are counted at most.
const COUNTED: u32 = 20_000;
/// How many tasks are handed on at once.
const HANDED: u32 = 500;

/// The page.
pub(crate) async fn office(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    uri: axum::http::Uri,
) -> Response {
    let asked = Form::of(url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned());
    show(&state, &session, &f, &asked, Form::default()).await
}

async fn show(state: &AppState, session: &Session, f: &Frame, asked: &Form, form: Form) -> Response {
    let Some(v) = lead(state, session, f) else { return forbidden(f) };
    match read(&v, f, asked).await {
        Ok(vm) => (form.status(), page_of(f, &form, &vm)).into_response(),
        Err(trouble) => trouble.response(state, f),
    }
}

/// The viewer, when they lead a team.
fn lead<'s>(state: &'s AppState, session: &'s Session, f: &Frame) -> Option<Viewer<'s>> {
    let kind = purpose_kind(session.who.role).filter(|_| session.who.role == Role::Approver)?;
    Some(Viewer::new(state, &session.who, Purpose::new(kind, f.t.t("work-purpose-office"))))
}

async fn may_see(v: &Viewer<'_>) -> Result<(), Trouble> {
    let resource = Resource::thing("office");
    let _allowed = v.state.guard.permit(v.who, Action::ViewFigures, &resource, &v.purpose).await?;
    Ok(())
}

async fn read(v: &Viewer<'_>, f: &Frame, asked: &Form) -> Result<Office, Trouble> {
    may_see(v).await?;
    let desk = v.desk();
    let (agency, district) = worklist::office(&desk, v.who);
    let mut tx = v.state.db.read().await?;
    let officials = officials(&mut tx, v).await?;
    let (mut loads, mut took) = (Vec::new(), Vec::new());
    if let Some(district) = &district {
        loads = worklist::load(&mut tx, &agency, district, v.today()).await?;
        let since = v.now.plus_seconds(-DAYS * 86_400);
        took = worklist::took(&mut tx, &desk, &agency, district, since, COUNTED).await?;
    }
    let mut away = Vec::new();
    for (id, name) in &officials {
        let Ok(account) = id.parse::<AccountId>() else { continue };
        for absence in absence::ahead(&mut tx, &desk, account).await? {
            away.push(Away {
                id: format!("{id} {}", absence.id),
                name: name.clone(),
                days: f
                    .t
                    .with(
                        "work-days-range",
                        &[("from", f.t.date(absence.first).into()), ("to", f.t.date(absence.last).into())],
                    )
                    .into_owned(),
                now: absence.first <= v.today(),
            });
        }
    }
    let wrote = written(&mut tx, v, f, &agency, district.clone()).await?;
    let busy = loads.iter().filter_map(|l| l.account).collect();
    let names = staff_names(&mut tx, busy).await?;
    drop(tx);
    let lang = f.t.lang();
    Ok(Office {
        loads: by_desk(v, &names, &loads),
        away,
        took: took
            .into_iter()
            .map(|k| Took {
                programme: v
                    .pack
                    .programmes()
                    .get(&k.programme)
                    .map_or_else(|| k.programme.clone(), |p| p.name.get(lang).to_owned()),
                decided: i64::try_from(k.decided).unwrap_or(i64::MAX),
                median: k.median_days,
                longest: k.longest_days,
                late: i64::try_from(k.late).unwrap_or(i64::MAX),
            })
            .collect(),
        officials,
        wrote,
        done: match asked.get("done") {
            "away" => Some(f.t.t("work-done-away").into_owned()),
            "back" => Some(f.t.t("work-done-back").into_owned()),
            "handed" => Some(f.t.t("work-done-given").into_owned()),
            _ => None,
        },
    })
}

/// What people wrote about the decisions of an office in the days that are counted.
async fn written(
    tx: &mut Tx,
    v: &Viewer<'_>,
    f: &Frame,
    agency: &str,
    district: Option<String>,
) -> Result<Vec<Wrote>, Trouble> {
    let which = satisfaction::Which {
        agency: Some(agency.to_owned()),
        jurisdiction: district,
        from: v.now.plus_seconds(-DAYS * 86_400),
        until: v.now,
    };
    let place = |id: Option<String>| {
        let found = id.as_deref().and_then(|id| v.pack.jurisdictions().get(id));
        found.map(|j| j.name.get(f.t.lang()).to_owned()).unwrap_or_default()
    };
    let all = satisfaction::words(tx, &which).await?;
    Ok(all.into_iter().map(|w| Wrote { place: place(w.jurisdiction), way: w.step, words: w.words }).collect())
}

/// The load of each desk, over all kinds of task; the fullest first, what nobody has yet before all.
fn by_desk(v: &Viewer<'_>, names: &BTreeMap<AccountId, String>, loads: &[worklist::Load]) -> Vec<DeskLoad> {
    let mut desks: BTreeMap<Option<AccountId>, DeskLoad> = BTreeMap::new();
    for load in loads {
        let name =
            load.account.map(|a| names.get(&a).cloned().unwrap_or_else(|| a.to_string().chars().take(8).collect()));
        let desk = desks.entry(load.account).or_insert(DeskLoad { name, open: 0, late: 0, first: None });
        desk.open += load.count;
        desk.late += load.late;
        let first = load.first_due.map(|day| (day, days_until(v, day)));
        desk.first = match (desk.first, first) {
            (Some(a), Some(b)) => Some(if b.0 < a.0 { b } else { a }),
            (a, b) => a.or(b),
        };
    }
    let mut all: Vec<DeskLoad> = desks.into_values().collect();
    all.sort_by_key(|d| (d.name.is_some(), -d.open));
    all
}

/// Notes or ends an absence, or hands an official's tasks on.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let Some(v) = lead(&state, &session, &f) else { return forbidden(&f) };
    let done = async {
        may_see(&v).await?;
        let mut tx = state.db.read().await?;
        let known = officials(&mut tx, &v).await?;
        drop(tx);
        // Of other offices nothing is changed here.
        let mine = |id: &str| known.iter().any(|(k, _)| k == id).then(|| id.parse::<AccountId>().ok()).flatten();
        match form.get("do") {
            "away" => away(&v, &f, &mut form, &mine).await,
            "back" => {
                let (account, absence) = form.get("absence").split_once(' ').ok_or(Trouble::Absent)?;
                let account = mine(account).ok_or(Trouble::Absent)?;
                let absence = absence.parse().map_err(|_| Trouble::Absent)?;
                let desk = v.desk();
                transact!(state.db, StoreError, |tx| absence::end(tx, &desk, account, absence).await)?;
                Ok(Some("back"))
            }
            "hand" => hand(&v, &f, &mut form, &mine).await,
            _ => Err(Trouble::Absent),
        }
    };
    match done.await {
        Ok(Some(word)) => Redirect::to(&format!("/work/office?done={word}")).into_response(),
        Ok(None) => show(&state, &session, &f, &Form::default(), form).await,
        Err(trouble) => trouble.response(&state, &f),
    }
}

type Mine<'a> = dyn Fn(&str) -> Option<AccountId> + Sync + 'a;

async fn away(v: &Viewer<'_>, f: &Frame, form: &mut Form, mine: &Mine<'_>) -> Result<Option<&'static str>, Trouble> {
    let account = mine(form.get("official"));
    if account.is_none() {
        form.refuse("official", f.t.t("error-choose"));
    }
    let (first, last) = (form.date(f.t, "first"), form.date(f.t, "last"));
    let (Some(account), Some(first), Some(last), true) = (account, first, last, form.is_fine()) else {
        return Ok(None);
    };
    let desk = v.desk();
    let noted = transact!(v.state.db, absence::Fault, |tx| absence::note(tx, &desk, v.who, account, first, last).await);
    match noted {
        Ok(_) => Ok(Some("away")),
        Err(absence::Fault::Days) => {
            form.refuse("last", f.t.t("work-fault-days"));
            Ok(None)
        }
        Err(absence::Fault::Store(why)) => Err(why.into()),
    }
}

async fn hand(v: &Viewer<'_>, f: &Frame, form: &mut Form, mine: &Mine<'_>) -> Result<Option<&'static str>, Trouble> {
    let from = mine(form.get("from"));
    if from.is_none() {
        form.refuse("from", f.t.t("error-choose"));
    }
    let to = mine(form.get("to"));
    if to.is_none() && !form.get("to").is_empty() {
        form.refuse("to", f.t.t("error-choose"));
    }
    let (Some(from), true) = (from, form.is_fine()) else { return Ok(None) };
    let (desk, tasks) = (v.desk(), movable(v, from).await?);
    transact!(v.state.db, StoreError, |tx| {
        for task in &tasks {
            worklist::assign(tx, &desk, v.who, *task, to).await?;
        }
        Ok(())
    })?;
    Ok(Some("handed"))
}

/// The open tasks of an official that the lead may hand on. The lead's own relatives' cases stay where they are; somebody else
/// hands them on.
pub(crate) async fn movable(v: &Viewer<'_>, from: AccountId) -> Result<Vec<TaskId>, Trouble> {
    let (agency, _) = worklist::office(&v.desk(), v.who);
    let mut tx = v.state.db.read().await?;
    let tasks = worklist::in_hand(&mut tx, &agency, from, HANDED).await?;
    let people: Vec<PersonId> = tasks.iter().map(|(_, p)| *p).collect();
    let setting = v.setting();
    let relations = registry::sight::relations(&mut tx, &v.sight(&setting), people).await?;
    drop(tx);
    let mut movable = Vec::new();
    for (task, person) in tasks {
        let Some(mut relation) = relations.get(&person).copied() else { continue };
        // The task is one of the lead's own office.
        relation.open_case = true;
        let resource = Resource::person(person, relation).showing(["case"]);
        match v.state.guard.permit(v.who, Action::AssignCases, &resource, &v.purpose).await {
            Ok(_) => movable.push(task),
            Err(guard::Denied::Refused(_)) => {}
            Err(why) => return Err(why.into()),
        }
    }
    Ok(movable)
}
