//! Requests of applying: search, for whom, the screens of a draft, sending.

use axum::extract::{Path, Query, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::accept::Given;
use casework::application::draft::{self, Begin, Save, Shown};
use casework::application::{Agreed, Chosen, Content, Draft as Kept, apply as sending, mandate, send};
use casework::case::Channel;
use casework::model::Subject;
use guard::{Action, Allowed, Purpose, Resource};
use kernel::{DraftId, Lang, PersonId};
use registry::AsOf;
use rules::schema::{Entity, Value};
use store::transact;

use super::apply::{self, Choice, Consent, Found, Screen};
use super::{Home, item, list, permit_each, programme, setting};
use crate::citizen::question;
use crate::components::entitlement::{Fact, Source};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::explain::{Story, shown, type_of};
use crate::form::Form;
use crate::household::{self, Want};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The search of programmes, and drafts that wait.
pub(crate) async fn search(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let typed = Form::of_query(query.as_deref());
    let q: String = typed.get("q").chars().take(100).collect();
    match found(&v, &f, q).await {
        Ok(vm) => apply::search(&f, &vm).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn found(v: &Viewer<'_>, f: &Frame, q: String) -> Result<apply::Search, Trouble> {
    let me = v.who.person.ok_or(Trouble::NoPerson)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let me = registry::read::surviving(&mut tx, me).await?;
    let seen = draft::list(&mut tx, &v.desk(), &sight, me).await?;
    drop(tx);
    let resource = seen.resource().showing(["drafts"]);
    let drafts = v.state.guard.reveal(v.who, Action::ViewEntitlements, &resource, &v.purpose, seen.sealed).await?;
    let needle = q.to_lowercase();
    let lang = f.t.lang();
    let matches = |words: &kernel::Words| words.get(lang).to_lowercase().contains(&needle);
    let open = v.pack.programmes().iter().filter(|p| p.versions.iter().any(|x| x.covers(v.today())));
    let mut found: Vec<Found> = open.filter(|p| matches(&p.name) || matches(&p.summary)).map(one).collect();
    // What is called so stands before what only speaks of it.
    found.sort_by_key(|p| !p.name.get(lang).to_lowercase().contains(&needle));
    Ok(apply::Search {
        q,
        found,
        drafts: drafts
            .iter()
            .map(|d| list::Draft {
                id: d.id.to_string(),
                names: d.content.chosen.iter().map(|c| programme(v, &c.programme)).collect(),
                saved: d.saved_at,
            })
            .collect(),
        offset_hours: v.offset(),
    })
}

fn one(p: &catalogue::model::Programme) -> Found {
    Found { id: p.id.clone(), name: p.name.clone(), summary: p.summary.clone() }
}

/// For whom a programme is wanted.
pub(crate) async fn whom(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    match ask_whom(&v, &f, &id, &Form::default()).await {
        Ok(response) => response,
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn ask_whom(v: &Viewer<'_>, f: &Frame, id: &str, form: &Form) -> Result<Response, Trouble> {
    let home = Home::open(v, Want::Record).await?;
    let p = v.pack.programmes().get(id).ok_or(Trouble::Absent)?;
    let choices = targets(v, f, &home, id).await?.into_iter().map(|t| (t.value, t.words)).collect();
    Ok((form.status(), apply::whom(f, form, &apply::Whom { programme: one(p), choices })).into_response())
}

/// Somebody a programme can be applied for.
struct Target {
    value: String,
    words: String,
    /// In whose name.
    person: PersonId,
    subject: Subject,
}

/// The person themselves, their children, and who gave them a power; or the household.
async fn targets(v: &Viewer<'_>, f: &Frame, home: &Home, id: &str) -> Result<Vec<Target>, Trouble> {
    let (t, lang) = (f.t, f.t.lang());
    let p = v.pack.programmes().get(id).ok_or(Trouble::Absent)?;
    let version = p.versions.iter().find(|x| x.covers(v.today())).ok_or(Trouble::Absent)?;
    let eyes = v.setting();
    let sight = v.sight(&eyes);
    let mut tx = v.state.db.read().await?;
    let seen = mandate::list(&mut tx, &sight, home.me).await?;
    let resource = seen.resource().showing(["mandates"]);
    let all = v.state.guard.reveal(v.who, Action::ViewEntitlements, &resource, &v.purpose, seen.sealed).await?;
    let held = all.into_inner().into_iter().filter(|m| m.holder == home.me && m.holds(v.today(), Some(id)));
    let mut list = Vec::new();
    match version.subject {
        Entity::Household => list.push(Target {
            value: "household".to_owned(),
            words: t.t("for-household").into_owned(),
            person: home.me,
            subject: Subject::Household(home.household),
        }),
        Entity::Person => list.extend(home.own().into_iter().map(|person| Target {
            value: person.to_string(),
            words: home.name(person, lang),
            person: home.me,
            subject: Subject::Person(person),
        })),
    }
    for m in held {
        let subject = match version.subject {
            Entity::Person => Some(Subject::Person(m.person)),
            Entity::Household => {
                registry::read::household_of(&mut tx, m.person, AsOf::latest(v.today())).await?.map(Subject::Household)
            }
        };
        let words = t.with("apply-mandate", &[("ground", (&m.ground).into())]).into_owned();
        list.extend(subject.map(|subject| Target {
            value: format!("power {}", m.id),
            words,
            person: m.person,
            subject,
        }));
    }
    Ok(list)
}

/// Begins a draft.
pub(crate) async fn begin(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let home = Home::open(&v, Want::Record).await?;
        let chosen = targets(&v, &f, &home, &id).await?.into_iter().find(|t| t.value == form.get("subject"));
        if let Some(target) = chosen {
            let allowed = powers(&v, &home, target.person, &[&id]).await?;
            let chosen = vec![Chosen { programme: id.clone(), subject: target.subject, offer: None }];
            let content = Content { chosen, ..Content::default() };
            let input = Begin { person: target.person, channel: Channel::Online, content };
            let begun: Result<Kept, draft::Fault> = transact!(state.db, draft::Fault, |tx| {
                draft::begin(tx, &v.desk(), v.who, &allowed, setting(&v), input.clone()).await
            });
            match begun {
                Ok(draft) => return Ok(Redirect::to(&format!("/apply/{}", draft.id)).into_response()),
                Err(draft::Fault::Store(why)) => return Err(why.into()),
                Err(fault) => form.refuse("subject", f.t.t(key(&fault))),
            }
        } else {
            form.refuse("subject", f.t.t("error-choose"));
        }
        ask_whom(&v, &f, &id, &form).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// What the guard lets the person do: for themselves and each child, or for whoever gave them a power in these programmes.
async fn powers(v: &Viewer<'_>, home: &Home, person: PersonId, programmes: &[&str]) -> Result<Vec<Allowed>, Trouble> {
    if home.own().contains(&person) {
        return permit_each(v, Action::AcceptOffer, &home.own(), "application").await;
    }
    let eyes = v.setting();
    let sight = v.sight(&eyes);
    let mut tx = v.state.db.read().await?;
    let about = mandate::relations(&mut tx, &v.desk(), &sight, [person], programmes).await?;
    drop(tx);
    let resource = Resource::people(about).showing(["application"]);
    Ok(vec![v.state.guard.permit(v.who, Action::AcceptOffer, &resource, &v.purpose).await?])
}

/// The same for a draft.
async fn powers_over(v: &Viewer<'_>, home: &Home, draft: &Kept) -> Result<Vec<Allowed>, Trouble> {
    let programmes: Vec<&str> = draft.content.chosen.iter().map(|c| c.programme.as_str()).collect();
    powers(v, home, draft.person, &programmes).await
}

/// The message for what is wrong with a draft.
fn key(fault: &draft::Fault) -> &'static str {
    use draft::Fault as It;
    match fault {
        It::NotAllowed | It::NotAllowedFor { .. } => "apply-error-not-yours",
        It::Changed { .. } => "apply-error-changed",
        It::Ended(_) | It::NoDraft => "apply-error-ended",
        It::Dead => "apply-error-dead",
        It::TooMany(_) => "apply-error-many",
        It::NoProgramme(_) | It::Subject { .. } => "apply-error-programme",
        _ => "case-error-answer",
    }
}

/// Which screen of a draft.
#[derive(Debug, serde::Deserialize)]
pub(crate) struct At {
    #[serde(default)]
    step: usize,
}

/// A screen of a draft.
pub(crate) async fn draft(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<DraftId>,
    Query(at): Query<At>,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let (home, shown) = open(&v, id).await?;
        Ok::<_, Trouble>(screen(&v, &f, &home, &shown, at.step, None))
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn open(v: &Viewer<'_>, id: DraftId) -> Result<(Home, Shown), Trouble> {
    let home = Home::open(v, Want::Record).await?;
    let eyes = v.setting();
    let sight = v.sight(&eyes);
    let mut tx = v.state.db.read().await?;
    let seen = draft::read(&mut tx, &v.desk(), &sight, setting(v), id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let resource = seen.resource().showing(["draft"]);
    let shown = v.state.guard.reveal(v.who, Action::ViewEntitlements, &resource, &v.purpose, seen.sealed).await;
    let shown = match shown {
        // That somebody else has begun something is nobody's to know.
        Err(guard::Denied::Refused(_)) => return Err(Trouble::Absent),
        other => other?.into_inner(),
    };
    // Another adult's draft in the same household is theirs alone.
    let theirs = home.opened.about.iter().any(|(p, r)| *p == shown.draft.person && !r.own && !r.ward);
    let open = shown.draft.status == casework::application::DraftStatus::Open;
    if theirs || !open { Err(Trouble::Absent) } else { Ok((home, shown)) }
}

/// The groups of questions that only a person can answer: the household first, then each member.
fn groups(shown: &Shown) -> Vec<Subject> {
    let mut subjects: Vec<Subject> = Vec::new();
    for asked in shown.questions.iter().filter(|a| a.question.is_for_person()) {
        if !subjects.contains(&asked.question.subject) {
            subjects.push(asked.question.subject);
        }
    }
    subjects.sort_by_key(|s| s.person().is_some());
    subjects
}

fn questions(v: &Viewer<'_>, home: &Home, lang: Lang, shown: &Shown, subject: Subject) -> Vec<question::Question> {
    let asked = shown.questions.iter().map(|a| &a.question).filter(|q| q.is_for_person() && q.subject == subject);
    asked
        .filter_map(|q| {
            let mut shown = home.question(v, lang, q.subject, &q.item)?;
            shown.decides = q.for_programmes.iter().map(|p| programme(v, p)).collect();
            Some(shown)
        })
        .collect()
}

/// The screen with this number, 1 at least and the last at most. `form`: as it was refused.
fn screen(v: &Viewer<'_>, f: &Frame, home: &Home, shown: &Shown, step: usize, form: Option<&Form>) -> Response {
    let lang = f.t.lang();
    let groups = groups(shown);
    let consents = usize::from(!shown.consents.is_empty());
    let steps = groups.len() + consents + 1;
    let step = step.clamp(1, steps);
    let screen = match groups.get(step - 1) {
        Some(subject) => Screen::Questions(questions(v, home, lang, shown, *subject)),
        None if step == groups.len() + consents && consents == 1 => {
            Screen::Consents(consent_list(v, home, lang, shown))
        }
        None => last(v, home, lang, shown),
    };
    let given = answers(shown);
    let vm = apply::Draft {
        id: shown.draft.id.to_string(),
        revision: shown.draft.revision,
        names: shown.draft.content.chosen.iter().map(|c| programme(v, &c.programme)).collect(),
        step,
        steps,
        screen,
    };
    let fine = form.is_none_or(Form::is_fine);
    let status = if fine { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    (status, apply::draft(f, form.unwrap_or(&given), &vm)).into_response()
}

/// What the draft says already, as it would be typed.
fn answers(shown: &Shown) -> Form {
    let said = shown.questions.iter().filter_map(|a| {
        let value = a.answer.as_ref()?;
        Some((household::field(a.question.subject, &a.question.item), typed(value)))
    });
    let ticked = shown.consents.iter().enumerate().filter_map(|(n, w)| {
        let agreed = shown.draft.content.consents.iter().any(|c| c.person == w.person && c.purpose == w.purpose);
        agreed.then(|| (format!("agree-{n}"), consent_value(w.person, &w.purpose)))
    });
    Form::of(said.chain(ticked).collect::<Vec<_>>())
}

/// A value as a person would type it.
pub(super) fn typed(value: &Value) -> String {
    match value {
        Value::Boolean(true) => "yes".to_owned(),
        Value::Boolean(false) => "no".to_owned(),
        Value::Integer(n) | Value::Money(n) => n.to_string(),
        Value::Decimal(text) | Value::Text(text) | Value::Code(text) => text.clone(),
        Value::Date(date) => date.to_string(),
    }
}

fn consent_value(person: PersonId, purpose: &str) -> String {
    format!("{person} {purpose}")
}

fn consent_list(v: &Viewer<'_>, home: &Home, lang: Lang, shown: &Shown) -> Vec<Consent> {
    let own = home.own();
    let list = shown.consents.iter().filter_map(|w| {
        let purpose = v.pack.consents().get(&w.purpose)?;
        Some(Consent {
            value: consent_value(w.person, &w.purpose),
            whose: home.name(w.person, lang),
            mine: own.contains(&w.person) || shown.draft.person == w.person,
            words: purpose.words.clone(),
            law: purpose.law.clone(),
            given: shown.draft.content.consents.iter().any(|c| c.person == w.person && c.purpose == w.purpose),
        })
    });
    list.collect()
}

fn last(v: &Viewer<'_>, home: &Home, lang: Lang, shown: &Shown) -> Screen {
    let own = home.own();
    let choice = |o: &casework::application::questions::Outlook| Choice {
        name: programme(v, &o.programme),
        whose: home.whose(o.subject, lang),
        answer: o.answer,
        opens: o.opens,
        closed: o.closed,
        clashes: o.clashes.iter().map(|(other, _)| programme(v, other)).collect(),
    };
    // What the state knows of another adult is theirs; it is used and not shown.
    let mine = |subject: Subject| subject.person().is_none_or(|p| own.contains(&p));
    let plain = |subject: Subject, id: &str| v.pack.item(household::entity(subject), id).is_some_and(|i| i.tier < 3);
    let story = Story { pack: &v.pack, names: &[] };
    let told = |subject: Subject, id: &str, value: &Value, source: Source| Fact {
        name: item(v, subject, id),
        whose: home.whose(subject, lang),
        value: shown_value(v, subject, id, value),
        source,
        since: None,
    };
    let known = shown.questions.iter().filter_map(|a| {
        let known = a.question.known.as_ref().filter(|k| mine(k.subject) && plain(k.subject, &k.item))?;
        let source = known.source.as_deref().map_or(Source::Nobody, |s| story.source(s));
        Some(told(known.subject, &known.item, &known.value, source))
    });
    let said = shown.draft.content.answers.iter().map(|a| told(a.subject, &a.item, &a.value, Source::Person));
    Screen::Last {
        choices: shown.outlook.iter().map(choice).collect(),
        known: known.collect(),
        said: said.collect(),
        open: shown.questions.iter().filter(|a| a.question.is_for_person() && a.answer.is_none()).count(),
        unsaid: shown
            .consents
            .iter()
            .filter(|w| !shown.draft.content.consents.iter().any(|c| c.person == w.person && c.purpose == w.purpose))
            .count(),
        gone: shown.gone.clone(),
    }
}

fn shown_value(v: &Viewer<'_>, subject: Subject, id: &str, value: &Value) -> crate::components::value::Shown {
    let ty = type_of(&v.pack, household::entity(subject), id);
    shown(&v.pack, ty.as_ref(), Some(value))
}

/// Saves a screen and goes on, later, or sends.
pub(crate) async fn save(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<DraftId>,
    Query(at): Query<At>,
    form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    saved(&v, &f, id, at.step, form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn saved(v: &Viewer<'_>, f: &Frame, id: DraftId, step: usize, mut form: Form) -> Result<Response, Trouble> {
    let (home, shown) = open(v, id).await?;
    let content = content(v, f, &home, &shown, step, &mut form);
    if !form.is_fine() {
        return Ok(screen(v, f, &home, &shown, step, Some(&form)));
    }
    let allowed = powers_over(v, &home, &shown.draft).await?;
    let revision = form.get("revision").parse().unwrap_or(0);
    if form.get("do") == "send" {
        return sent(v, f, &home, &shown, &allowed, step, revision, form).await;
    }
    if content != shown.draft.content || revision != shown.draft.revision {
        let input = Save { draft: id, revision, content };
        let saved: Result<Kept, draft::Fault> = transact!(v.state.db, draft::Fault, |tx| {
            draft::save(tx, &v.desk(), v.who, &allowed, setting(v), input.clone()).await
        });
        match saved {
            Ok(_) => {}
            Err(draft::Fault::Store(why)) => return Err(why.into()),
            Err(fault) => {
                form.refuse("draft", f.t.t(key(&fault)));
                return Ok(screen(v, f, &home, &shown, step, Some(&form)));
            }
        }
    }
    let to =
        if form.get("do") == "later" { "/cases".to_owned() } else { format!("/apply/{id}?step={}", step.max(1) + 1) };
    Ok(Redirect::to(&to).into_response())
}

/// The draft as the screen says it now.
fn content(v: &Viewer<'_>, f: &Frame, home: &Home, shown: &Shown, step: usize, form: &mut Form) -> Content {
    let lang = f.t.lang();
    let mut content = shown.draft.content.clone();
    let groups = groups(shown);
    let step = step.max(1);
    if let Some(subject) = groups.get(step - 1) {
        let asked = shown.questions.iter().map(|a| &a.question);
        for q in asked.filter(|q| q.is_for_person() && q.subject == *subject) {
            let Some(field) = home.question(v, lang, q.subject, &q.item) else { continue };
            content.answers.retain(|a| (a.subject, &a.item) != (q.subject, &q.item));
            if let Some(value) = question::read(f.t, form, &field.field, &field.kind) {
                content.answers.push(Given { subject: q.subject, item: q.item.clone(), value });
            }
        }
    } else if step == groups.len() + 1 && !shown.consents.is_empty() {
        content.consents = consent_list(v, home, lang, shown)
            .iter()
            .enumerate()
            .zip(&shown.consents)
            .filter(|((n, c), _)| c.mine && form.get(&format!("agree-{n}")) == c.value)
            .map(|(_, w)| Agreed { person: w.person, purpose: w.purpose.clone() })
            .collect();
    }
    content
}

#[expect(clippy::too_many_arguments, reason = "the page as it was, to be shown again when the sending is refused")]
async fn sent(
    v: &Viewer<'_>,
    f: &Frame,
    home: &Home,
    shown: &Shown,
    allowed: &[Allowed],
    step: usize,
    revision: u32,
    mut form: Form,
) -> Result<Response, Trouble> {
    let input = sending::Input { draft: shown.draft.id, revision };
    let done: Result<sending::Done, sending::Fault> =
        transact!(v.state.db, sending::Fault, |tx| send(tx, &v.desk(), v.who, allowed, setting(v), input).await);
    let t = f.t;
    let why = match done {
        Ok(done) => {
            let one = done.items.first().filter(|_| done.items.len() == 1).map(|i| format!("/cases/{}", i.case));
            let running = done.items.iter().all(|i| i.existing);
            let to = one.filter(|_| running).unwrap_or_else(|| "/cases?done=sent".to_owned());
            return Ok(Redirect::to(&to).into_response());
        }
        Err(sending::Fault::Store(why)) => return Err(why.into()),
        Err(sending::Fault::Draft(fault)) => t.t(key(&fault)).into_owned(),
        Err(sending::Fault::NotYet { opens, .. }) => {
            t.with("apply-opens", &[("date", t.date(opens).into())]).into_owned()
        }
        Err(sending::Fault::SubjectDead { .. }) => t.t("apply-error-dead").into_owned(),
        Err(_) => t.t("case-error-answer").into_owned(),
    };
    form.refuse("draft", why);
    Ok(screen(v, f, home, shown, step, Some(&form)))
}

/// Throws a draft away.
pub(crate) async fn discard(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<DraftId>,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let (home, shown) = open(&v, id).await?;
        let allowed = powers_over(&v, &home, &shown.draft).await?;
        let done: Result<(), draft::Fault> =
            transact!(state.db, draft::Fault, |tx| draft::discard(tx, &v.desk(), v.who, &allowed, id).await);
        match done {
            Ok(()) => Ok(Redirect::to("/cases?done=discarded").into_response()),
            Err(draft::Fault::Store(why)) => Err(why.into()),
            Err(fault) => Ok(Fault::Conflict(f.t.t(key(&fault)).into_owned()).response(&f)),
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
