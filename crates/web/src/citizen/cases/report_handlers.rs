//! Requests of reporting a change and of complaining.

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::case::{Stage, view};
use casework::changed::FactTold;
use casework::follow::report::Kind;
use casework::follow::{MOST_WORDS, grievance, report as follow};
use casework::model::Subject;
use guard::{Action, Purpose};
use kernel::{Date, GrievanceId, PersonId, ReportId};
use rules::schema::Type;
use store::transact;

use super::{Home, complain, permit, programme, report};
use crate::citizen::question::{self, Question};
use crate::components::frame::Frame;
use crate::explain::plain;
use crate::form::Form;
use crate::household::{self, Want};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How many earlier reports and complaints are shown.
const EARLIER: u32 = 20;
/// The most questions a report shows: more is no help to anybody.
const QUESTIONS: usize = 10;

/// What changed, or with `kind` in the address: since when and what is so now.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let query = Form::of_query(query.as_deref());
    let made = async {
        match query.get("kind").parse::<Kind>() {
            Ok(kind) => {
                let home = Home::open(&v, Want::Entitlements).await?;
                let id = ReportId::new(&*state.ids, v.now).to_string();
                let vm = details(&v, &f, &home, kind, id).await?;
                Ok(report::details(&f, &Form::default(), &vm).into_response())
            }
            Err(_) => start(&v, &f, query.get("done").parse().ok()).await,
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn start(v: &Viewer<'_>, f: &Frame, done: Option<u32>) -> Result<Response, Trouble> {
    let home = Home::open(v, Want::Record).await?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = follow::of_household(&mut tx, &sight, home.household, EARLIER).await?;
    drop(tx);
    let mut earlier = Vec::new();
    if !seen.about.is_empty() {
        let resource = seen.resource().showing(["reports"]);
        let list = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?;
        let own = home.own();
        earlier.extend(list.iter().filter(|r| own.contains(&r.person)).map(|r| report::Earlier {
            kind: r.kind,
            on: r.occurred_on,
            when: r.made_at,
            tasks: r.detail.tasks,
        }));
    }
    Ok(report::start(f, &report::Start { done, earlier, offset_hours: v.offset() }).into_response())
}

async fn details(v: &Viewer<'_>, f: &Frame, home: &Home, kind: Kind, id: String) -> Result<report::Details, Trouble> {
    let lang = f.t.lang();
    let people = home.own().into_iter().map(|p| (p.to_string(), home.name(p, lang))).collect();
    let questions = sayable(v, f, home, kind).await?.into_iter().map(|(_, _, q)| q).collect();
    Ok(report::Details { id, kind, people, questions })
}

/// What the family's running cases rest on, that a person can say and that fits the kind of change.
async fn sayable(
    v: &Viewer<'_>,
    f: &Frame,
    home: &Home,
    kind: Kind,
) -> Result<Vec<(Subject, String, Question)>, Trouble> {
    let running = running(v, home).await?;
    let Some(entitlements) = &home.opened.entitlements else { return Ok(Vec::new()) };
    let evaluation = &entitlements.evaluation;
    let mut list: Vec<(Subject, String, Question)> = Vec::new();
    for result in &evaluation.explanation.results {
        let subject = evaluation.subject(&result.subject);
        let runs = |r: &&(String, Subject)| r.0 == result.programme && Some(r.1) == subject;
        if !running.iter().any(|r| runs(&r)) {
            continue;
        }
        let used = result.conditions.iter().flat_map(|c| c.facts.iter().map(|u| &u.fact));
        for fact in used.chain(&result.missing) {
            let Some(about) = evaluation.subject(&fact.subject).filter(|s| home.concerns(*s)) else { continue };
            let Some(item) = v.pack.item(household::entity(about), &fact.item) else { continue };
            let fits = fits(kind, &item.ty) && item.tier < 3;
            if !fits || list.iter().any(|(s, i, _)| *s == about && *i == fact.item) {
                continue;
            }
            let Some(mut q) = home.question(v, f.t.lang(), about, &fact.item) else { continue };
            q.decides = vec![
                v.pack.programmes().get(&result.programme).map_or_else(|| plain(&result.programme), |p| p.name.clone()),
            ];
            list.push((about, fact.item.clone(), q));
        }
    }
    list.truncate(QUESTIONS);
    Ok(list)
}

/// Whether a value of this type may say a change of this kind: money for money, anything else for the rest.
fn fits(kind: Kind, ty: &Type) -> bool {
    let money = matches!(ty, Type::Money(_));
    // A birth date or a name does not change; what says so is mended at the counter.
    let fixed = matches!(ty, Type::Date | Type::Text);
    match kind {
        Kind::Income | Kind::Property => money,
        Kind::Work | Kind::Care | Kind::Household | Kind::Abroad => !money && !fixed,
        Kind::Address | Kind::Other => false,
    }
}

/// Programmes with a case that is open or was granted.
async fn running(v: &Viewer<'_>, home: &Home) -> Result<Vec<(String, Subject)>, Trouble> {
    let list = lines(v, home).await?;
    let alive = list.into_iter().filter(|l| match l.case.stage {
        Stage::Withdrawn | Stage::Void => false,
        Stage::Decided => l.decision.as_ref().is_some_and(|d| d.content.granted),
        _ => true,
    });
    Ok(alive.map(|l| (l.case.programme, l.case.subject)).collect())
}

async fn lines(v: &Viewer<'_>, home: &Home) -> Result<Vec<view::CaseLine>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = view::of_household(&mut tx, &v.desk(), &sight, home.household).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let resource = seen.resource().showing(["cases"]);
    let list = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?.into_inner();
    Ok(list.into_iter().filter(|l| home.concerns(l.case.subject)).collect())
}

/// Takes a report.
pub(crate) async fn send(State(state): State<AppState>, session: Session, f: Frame, form: Form) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    reported(&v, &f, form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn reported(v: &Viewer<'_>, f: &Frame, mut form: Form) -> Result<Response, Trouble> {
    let t = f.t;
    let home = Home::open(v, Want::Entitlements).await?;
    let Ok(kind) = form.get("kind").parse::<Kind>() else { return Ok(Redirect::to("/report").into_response()) };
    let id: ReportId = form.get("id").parse().unwrap_or_else(|_| ReportId::new(&*v.state.ids, v.now));
    let person = form.get("who").parse::<PersonId>().ok().filter(|p| home.own().contains(p));
    if person.is_none() {
        form.refuse("who", t.t("error-choose"));
    }
    let on = form.date(t, "on");
    let words = form.optional(t, "words", MOST_WORDS).unwrap_or_default();
    let mut facts = Vec::new();
    for (subject, item, q) in sayable(v, f, &home, kind).await? {
        if let Some(value) = question::read(t, &mut form, &q.field, &q.kind) {
            facts.push(FactTold { subject, item, value, from: on.unwrap_or(v.today()), until: None });
        }
    }
    if let (Some(person), Some(occurred_on), true) = (person, on, form.is_fine()) {
        let mut allowed = vec![permit(v, Action::ReportChange, &[person], "report").await?];
        if !facts.is_empty() {
            let mut about: Vec<PersonId> = facts.iter().filter_map(|x| x.subject.person()).chain([person]).collect();
            about.sort_unstable();
            about.dedup();
            allowed.push(permit(v, Action::EditPerson, &about, "report").await?);
        }
        let input = follow::Input { id, person, kind, occurred_on, words, facts };
        let done: Result<follow::Done, follow::Fault> =
            transact!(v.state.db, follow::Fault, |tx| follow::run(tx, &v.desk(), v.who, &allowed, &input).await);
        match done {
            Ok(done) => return Ok(Redirect::to(&format!("/report?done={}", done.tasks)).into_response()),
            Err(follow::Fault::Store(why)) => return Err(why.into()),
            Err(follow::Fault::Nothing) => form.refuse("words", t.t("report-error-nothing")),
            Err(follow::Fault::BadDay(_)) => form.refuse("on", t.t("report-error-day")),
            Err(fault) => {
                tracing::info!(%fault, "a report was not taken");
                form.refuse("words", t.t("case-error-answer"));
            }
        }
    }
    let vm = details(v, f, &home, kind, id.to_string()).await?;
    Ok((StatusCode::UNPROCESSABLE_ENTITY, report::details(f, &form, &vm)).into_response())
}

/// The page for a complaint.
pub(crate) async fn complain(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let done = Form::of_query(query.as_deref()).get("done").parse::<Date>().ok();
    let id = GrievanceId::new(&*state.ids, v.now).to_string();
    complaints(&v, &f, &Form::default(), id, done).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn complaints(
    v: &Viewer<'_>,
    f: &Frame,
    form: &Form,
    id: String,
    done: Option<Date>,
) -> Result<Response, Trouble> {
    let lang = f.t.lang();
    let home = Home::open(v, Want::Record).await?;
    let words = |l: &view::CaseLine| {
        let name = programme(v, &l.case.programme).get(lang).to_owned();
        match home.whose(l.case.subject, lang) {
            Some(whose) => format!("{name} ({whose})"),
            None => name,
        }
    };
    let cases = lines(v, &home).await?.iter().map(|l| (l.case.id.to_string(), words(l))).collect();
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = grievance::of_person(&mut tx, &sight, home.me, EARLIER).await?;
    drop(tx);
    let mut earlier = Vec::new();
    if !seen.about.is_empty() {
        let resource = seen.resource().showing(["complaints"]);
        let list = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?;
        earlier.extend(list.iter().map(|g| complain::Earlier {
            kind: g.kind,
            words: g.words.clone(),
            status: g.status,
            due: g.due_on,
            answer: g.answer.clone(),
            when: g.made_at,
        }));
    }
    let status = form.status();
    let vm = complain::Complaints { id, done, cases, earlier, offset_hours: v.offset() };
    Ok((status, complain::page_of(f, form, &vm)).into_response())
}

/// Takes a complaint.
pub(crate) async fn take_complaint(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    mut form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let t = f.t;
        let me = v.who.person.ok_or(Trouble::NoPerson)?;
        let mut tx = state.db.read().await?;
        let person = registry::read::surviving(&mut tx, me).await?;
        drop(tx);
        let id: GrievanceId = form.get("id").parse().unwrap_or_else(|_| GrievanceId::new(&*state.ids, v.now));
        let kind = form.get("kind").parse::<grievance::Kind>().ok();
        if kind.is_none() {
            form.refuse("kind", t.t("error-choose"));
        }
        let words = form.required(t, "words", MOST_WORDS);
        if let (Some(kind), true) = (kind, form.is_fine()) {
            let allowed = permit(&v, Action::ReportChange, &[person], "complaint").await?;
            let case = form.get("case").parse().ok();
            let input = grievance::Input { id, person, case, kind, words };
            let raised: Result<Date, grievance::Fault> = transact!(state.db, grievance::Fault, |tx| {
                grievance::raise(tx, &v.desk(), v.who, &allowed, &input).await
            });
            match raised {
                Ok(due) => return Ok(Redirect::to(&format!("/complain?done={due}")).into_response()),
                Err(grievance::Fault::Store(why)) => return Err(why.into()),
                Err(grievance::Fault::NoCase | grievance::Fault::NoOffice) => form.refuse("case", t.t("error-choose")),
                Err(_) => form.refuse("words", t.t("error-reason-short")),
            }
        }
        complaints(&v, &f, &form, id.to_string(), None).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
