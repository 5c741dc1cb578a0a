//! Requests that change: giving a family to a nurse, an assessment, a visit, the level of need, and reading what is kept apart.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Denied, Resource, Tier};
use kernel::{AccountId, Date, EnrolmentId, PersonId, SubmissionId};
use store::{Tx, transact};
use visit::instrument::Answers;
use visit::model::{Enrolment, LeftWhy, Measured, Visit};
use visit::submit::{About, Fault, Outcome};
use visit::{assess, assign, enrol, read, record, take_in};

use super::decide::{self, Ask, Screen};
use super::record::{self as form_of, MEASURES, Record};
use super::{Opened, desk, handlers, open, questions, standing, viewer};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The most characters of a text of a visit.
const MOST: usize = record::MOST_WORDS;

pub(super) fn unprocessable(page: maud::Markup) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, page).into_response()
}

/// A new name for what is filled in: sent twice, it is one submission.
fn fresh(v: &Viewer<'_>) -> String {
    SubmissionId::new(&*v.state.ids, v.now).to_string()
}

// ---- whose family it is --------------------------------------------------------------------------

/// A supervisor notes consent, or gives the family to a nurse.
pub(crate) async fn family(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = super::supervisor(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let opened = open(&v, &id).await?;
        let enrolment = opened.file.enrolment.id;
        let allowed = opened.permit(&v, Action::ManageVisits).await?;
        let said = match form.get("do") {
            "agreed" => {
                let (person, consent) = (opened.file.enrolment.person, form.get("consent") == "yes");
                let done =
                    transact!(state.db, enrol::Fault, |tx| enrol::run(tx, &desk(&v), v.who, &allowed, person, consent)
                        .await);
                match done {
                    Ok(_) => Some("nurse"),
                    Err(enrol::Fault::Store(why)) => return Err(why.into()),
                    Err(_) => {
                        form.refuse("consent", f.t.t("visits-error-consent"));
                        None
                    }
                }
            }
            "give" => give(&v, &f, &opened, &allowed, &mut form).await?,
            "take_in" => take_in(&v, &f, &allowed, enrolment, &mut form).await?,
            "end" => end(&v, &f, &allowed, enrolment, &mut form).await?,
            _ => return Err(Trouble::Absent),
        };
        match said {
            Some(word) => Ok(Redirect::to(&format!("/visits/family/{id}?done={word}")).into_response()),
            None => handlers::show(&v, &f, &id, &form, "").await,
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn give(
    v: &Viewer<'_>,
    f: &Frame,
    opened: &Opened,
    allowed: &guard::Allowed,
    form: &mut Form,
) -> Result<Option<&'static str>, Trouble> {
    let chosen = form.get("nurse");
    let mut tx = v.state.db.read().await?;
    let known = handlers::nurses(&mut tx, v, &opened.file.enrolment.place).await?;
    drop(tx);
    if !chosen.is_empty() && !known.iter().any(|(nurse, _)| nurse == chosen) {
        return Err(Trouble::Absent);
    }
    let nurse: Option<AccountId> = chosen.parse().ok();
    let e = &opened.file.enrolment;
    match transact!(v.state.db, assign::Fault, |tx| hand(tx, v, allowed, e, nurse).await) {
        Ok(()) => match nurse {
            Some(nurse) if is_doubtful(v, nurse, opened).await? => Ok(Some("doubt")),
            _ => Ok(Some("nurse")),
        },
        Err(assign::Fault::Store(why)) => Err(why.into()),
        Err(_) => {
            form.refuse("nurse", f.t.t("visits-error-give"));
            Ok(None)
        }
    }
}

/// Gives a family to a nurse, or takes it from her; its open referrals go along, as with a handover.
pub(crate) async fn hand(
    tx: &mut Tx,
    v: &Viewer<'_>,
    allowed: &guard::Allowed,
    e: &Enrolment,
    nurse: Option<AccountId>,
) -> Result<(), assign::Fault> {
    assign::give(tx, &desk(v), v.who, allowed, e.id, nurse).await?;
    if let (Some(from), Some(to)) = (e.nurse_on(v.today()), nurse) {
        referral::change::hand_over(tx, e.person, from, to).await?;
    }
    Ok(())
}

/// Whether the nurse the family was given to has too many, or lacks what its protocol asks for.
async fn is_doubtful(v: &Viewer<'_>, nurse: AccountId, opened: &Opened) -> Result<bool, Trouble> {
    let protocol = opened.file.enrolment.protocol.split('@').next().unwrap_or_default();
    crate::team::handlers::is_doubtful(v, nurse, protocol).await
}

/// What was kept comes into the file.
async fn take_in(
    v: &Viewer<'_>,
    f: &Frame,
    allowed: &guard::Allowed,
    id: EnrolmentId,
    form: &mut Form,
) -> Result<Option<&'static str>, Trouble> {
    let submission: SubmissionId = form.get("submission").parse().map_err(|_| Trouble::Absent)?;
    let done =
        transact!(v.state.db, take_in::Fault, |tx| take_in::run(tx, &desk(v), v.who, allowed, id, submission).await);
    match done {
        Ok(()) => Ok(Some("taken_in")),
        Err(take_in::Fault::Store(why)) => Err(why.into()),
        Err(why) => {
            tracing::warn!(%why, "what was kept could not be taken in");
            form.refuse("submission", f.t.t("visits-error-take-in"));
            Ok(None)
        }
    }
}

/// The last day of the visits, and why.
async fn end(
    v: &Viewer<'_>,
    f: &Frame,
    allowed: &guard::Allowed,
    id: EnrolmentId,
    form: &mut Form,
) -> Result<Option<&'static str>, Trouble> {
    let on = form.date(f.t, "left_on");
    let why: Option<LeftWhy> = form.get("left_why").parse().ok();
    if why.is_none() {
        form.refuse("left_why", f.t.t("error-choose"));
    }
    let (Some(on), Some(why)) = (on, why) else { return Ok(None) };
    let done =
        transact!(v.state.db, assign::Fault, |tx| assign::end(tx, &desk(v), v.who, allowed, id, (on, why)).await);
    match done {
        Ok(()) => Ok(Some("end")),
        Err(assign::Fault::Store(why)) => Err(why.into()),
        Err(why) => {
            let why = if matches!(why, assign::Fault::CaseOpen) { "visits-error-end-case" } else { "visits-error-end" };
            form.refuse("left_on", f.t.t(why));
            Ok(None)
        }
    }
}

// ---- assessments ---------------------------------------------------------------------------------

/// Whether the browser says that it is a phone.
pub(crate) fn on_a_phone(headers: &HeaderMap) -> bool {
    headers.get("sec-ch-ua-mobile").is_some_and(|v| v.as_bytes() == b"?1")
}

/// The form of an assessment: one question a screen on a phone, whole at a desk.
pub(crate) async fn ask(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    headers: HeaderMap,
    Path((id, instrument)): Path<(String, String)>,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let opened = open(&v, &id).await?;
        let instrument = v.pack.instrument(&instrument).ok_or(Trouble::Absent)?;
        let mut vm = asked(&opened, &id, instrument);
        let form = Form::of([("id", fresh(&v))]);
        if on_a_phone(&headers) && !instrument.alone_only {
            vm.screen = first(instrument);
        }
        Ok(decide::ask(&f, &form, &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

pub(crate) fn first(instrument: &catalogue::model::Instrument) -> Screen {
    let next = questions::next(instrument, &Answers::new(), "");
    next.map_or(Screen::Whole, |(number, of, q)| Screen::One(number, of, q.id.clone()))
}

fn asked(opened: &Opened, id: &str, instrument: &catalogue::model::Instrument) -> Ask {
    let e = &opened.file.enrolment;
    Ask {
        to: format!("/visits/family/{id}/form/{}", instrument.id),
        back: format!("/visits/family/{id}"),
        mother: opened.file.names.get(&e.person).cloned().unwrap_or_default(),
        instrument: instrument.clone(),
        screen: Screen::Whole,
    }
}

/// The next screen of a form that is asked question by question; `None`: there is none, and it is to be sent.
pub(crate) fn next_screen(f: &Frame, form: &mut Form, instrument: &catalogue::model::Instrument) -> Option<Screen> {
    let answers = questions::answers(f.t, form, instrument);
    let last = form.get("last").to_owned();
    if !form.is_fine() {
        let (number, of) = questions::next(instrument, &answers, &last).map_or((1, 1), |(n, of, _)| (n - 1, of));
        return Some(Screen::One(number.max(1), of, last));
    }
    match form.get("do") {
        "whole" => Some(Screen::Whole),
        "one" => Some(first(instrument)),
        "next" => {
            let next = questions::next(instrument, &answers, &last);
            // After the last question the whole form is shown, to be read over and sent.
            Some(next.map_or(Screen::Whole, |(number, of, q)| Screen::One(number, of, q.id.clone())))
        }
        _ => None,
    }
}

/// Takes an assessment.
pub(crate) async fn assess(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((id, instrument)): Path<(String, String)>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let instrument = v.pack.instrument(&instrument).ok_or(Trouble::Absent)?;
        if form.get("do") != "send" {
            let opened = open(&v, &id).await?;
            let mut vm = asked(&opened, &id, instrument);
            vm.screen = next_screen(&f, &mut form, instrument).unwrap_or(Screen::Whole);
            return Ok(decide::ask(&f, &form, &vm).into_response());
        }
        let answers = questions::answers(f.t, &mut form, instrument);
        let name = form.id::<SubmissionId>(f.t, "id");
        if let (Some(name), true) = (name, form.is_fine()) {
            let enrolment: EnrolmentId = id.parse().map_err(|_| Trouble::Absent)?;
            let about = About { id: name, enrolment, on: v.today(), replaces: None };
            let alone = form.get("alone") == "yes";
            let input = assess::Input { about, instrument: instrument.key.clone(), answers, alone };
            let allowed = may_record(&v, &id).await?;
            let done =
                transact!(state.db, Fault, |tx| assess::run(tx, &desk(&v), v.who, allowed.as_ref(), &input).await);
            match done {
                Ok(outcome) => return Ok(after(&f, &id, &outcome, "form")),
                Err(fault) => refuse(&f, &mut form, std::slice::from_ref(instrument), fault)?,
            }
        }
        let opened = open(&v, &id).await?;
        Ok(unprocessable(decide::ask(&f, &form, &asked(&opened, &id, instrument))))
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The guard's decision on recording for a family; `None` where it refused: then the submission is only kept.
pub(crate) async fn may_record(v: &Viewer<'_>, id: &str) -> Result<Option<guard::Allowed>, Trouble> {
    let (enrolment, about) = standing(v, id).await?.ok_or(Trouble::Absent)?;
    // Of another agency's families nobody learns even that something could be kept.
    if enrolment.organisation != v.who.organisation {
        return Err(Trouble::Absent);
    }
    let resource = Resource::people(about).at(Tier::Sensitive).showing(["visits"]);
    match v.state.guard.permit(v.who, Action::RecordVisit, &resource, &v.purpose).await {
        Ok(allowed) => Ok(Some(allowed)),
        Err(Denied::Refused(refusal)) if !refusal.as_if_absent() => Ok(None),
        Err(other) => Err(other.into()),
    }
}

/// Where the nurse goes on: the same words whatever was answered.
fn after(f: &Frame, id: &str, outcome: &Outcome, said: &str) -> Response {
    match outcome {
        Outcome::Taken | Outcome::Again => Redirect::to(&format!("/visits/family/{id}?done={said}")).into_response(),
        Outcome::Kept(_) => form_of::kept(f).into_response(),
    }
}

/// Says beside the field what is wrong with a submission.
pub(super) fn refuse(
    f: &Frame,
    form: &mut Form,
    instruments: &[catalogue::model::Instrument],
    fault: Fault,
) -> Result<(), Trouble> {
    let t = f.t;
    let whole = questions::whole(form, instruments);
    match fault {
        Fault::Store(why) => return Err(why.into()),
        Fault::Key(why) => return Err(store::StoreError::Driver(why.to_string()).into()),
        Fault::NoEnrolment | Fault::NoInstrument(_) | Fault::NotAllowed | Fault::NotTheirChild => {
            return Err(Trouble::Absent);
        }
        Fault::Answers(faults) => instruments.iter().for_each(|i| questions::refuse(t, form, i, &faults)),
        Fault::NotAlone => form.refuse("alone", t.t("visits-error-alone")),
        Fault::NoConsent => form.refuse(&whole, t.t("visits-error-consent")),
        Fault::OtherContent => form.refuse(&whole, t.t("visits-error-other")),
        Fault::NothingToCorrect => form.refuse(&whole, t.t("visits-error-corrected")),
        Fault::Ahead(_) => form.refuse(&whole, t.t("visits-error-ahead")),
        Fault::NoReason => form.refuse("why", t.t("visits-error-why")),
        Fault::Minutes => form.refuse("minutes", t.t("visits-error-minutes")),
        Fault::TooLong => form.refuse("note", t.t("visits-error-long")),
        Fault::Impossible { what, low, high, .. } => {
            let words = t
                .with("visits-error-impossible", &[("low", low.to_string().into()), ("high", high.to_string().into())]);
            // Several children: beside every field of that kind that lies outside.
            let prefix = format!("{what}.");
            let outside = |text: &str| questions::number(text).is_none_or(|n| n < low || n > high);
            let fields: Vec<String> = form
                .pairs()
                .iter()
                .filter(|(name, text)| name.starts_with(&prefix) && !text.trim().is_empty() && outside(text))
                .map(|(name, _)| name.clone())
                .collect();
            fields.iter().for_each(|name| form.refuse(name, words.clone()));
        }
    }
    Ok(())
}

// ---- visits --------------------------------------------------------------------------------------

/// The form of a visit, or of the correction of one.
pub(crate) async fn visit_form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let query = Form::of_query(query.as_deref());
    let made = async {
        let opened = open(&v, &id).await?;
        let mut form =
            Form::of([("id", fresh(&v)), ("visit", query.get("visit").to_owned()), ("on", v.today().to_string())]);
        if let Ok(old) = query.get("replaces").parse::<SubmissionId>() {
            prefill(&opened, old, &mut form)?;
        }
        let vm = the_record(&v, &f, &opened, &form)?;
        Ok(form_of::page_of(&f, &form, &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// What was sent, to be corrected.
fn prefill(opened: &Opened, old: SubmissionId, form: &mut Form) -> Result<(), Trouble> {
    let Some((submission, read::Content::Visit(visit))) = opened.file.submission(old) else {
        return Err(Trouble::Absent);
    };
    let mut pairs: Vec<(String, String)> = form.pairs().to_vec();
    pairs.retain(|(name, _)| name == "id");
    let mut put = |name: &str, value: String| pairs.push((name.to_owned(), value));
    put("replaces", old.to_string());
    put("visit", visit.visit.clone());
    put("on", submission.made_on.to_string());
    put("ending", visit.ending.word().to_owned());
    put("why", visit.why.clone().unwrap_or_default());
    put("minutes", visit.minutes.map(|m| m.to_string()).unwrap_or_default());
    put("steps", visit.next_steps.clone().unwrap_or_default());
    put("note", visit.note.clone().unwrap_or_default());
    visit.topics.iter().for_each(|topic| put("topic", topic.clone()));
    for m in &visit.measured {
        let values = [m.weight_kg, m.length_cm, m.head_cm, m.arm_cm];
        for ((what, _, _), value) in MEASURES.iter().zip(values) {
            put(&format!("{what}.{}", m.child), value.map(|n| n.to_string()).unwrap_or_default());
        }
        if m.oedema {
            put(&format!("oedema.{}", m.child), "yes".to_owned());
        }
        m.milestones.iter().for_each(|id| put("milestone", id.clone()));
    }
    for (key, answers) in &visit.forms {
        let id = key.split('@').next().unwrap_or_default();
        for (question, answer) in answers {
            let field = format!("q.{id}.{question}");
            match answer {
                visit::instrument::Answer::Many(codes) => codes.iter().for_each(|code| put(&field, code.clone())),
                visit::instrument::Answer::Flag(flag) => put(&field, flag.to_string()),
                visit::instrument::Answer::Integer(n) => put(&field, n.to_string()),
                visit::instrument::Answer::Decimal(n) => put(&field, n.to_string()),
                visit::instrument::Answer::Text(text) => put(&field, text.clone()),
            }
        }
    }
    *form = Form::of(pairs);
    Ok(())
}

fn the_record(v: &Viewer<'_>, f: &Frame, opened: &Opened, form: &Form) -> Result<Record, Trouble> {
    let (lang, file) = (f.t.lang(), &opened.file);
    let e = &file.enrolment;
    let protocol = v.pack.protocols().get(&e.protocol).ok_or(Trouble::Absent)?;
    let wanted = form.get("visit");
    let id = wanted.split('/').next().unwrap_or_default();
    let name = protocol.visit_name(id).ok_or(Trouble::Absent)?;
    let planned = file.schedule.iter().find(|p| p.visit == wanted);
    let mut topics: Vec<(String, String, bool)> = Vec::new();
    let own = planned.map(|p| p.topics.as_slice()).unwrap_or_default();
    let carried = planned.map(|p| p.carried.as_slice()).unwrap_or_default();
    for (id, carried) in own.iter().map(|id| (id, false)).chain(carried.iter().map(|id| (id, true))) {
        let name =
            protocol.topics.iter().find(|t| t.id == *id).map_or_else(|| id.clone(), |t| t.name.get(lang).to_owned());
        topics.push((id.clone(), name, carried));
    }
    let living = || e.dates.children.iter().filter(|c| c.died.is_none());
    let child =
        |c: &visit::model::ChildDates| (c.person.to_string(), file.names.get(&c.person).cloned().unwrap_or_default());
    let visit = protocol.visits.iter().find(|visit| visit.id == id);
    let forms = visit.map(|visit| visit.forms.as_slice()).unwrap_or_default();
    // Scored forms and those asked alone are forms of their own.
    let plain = |i: &&catalogue::model::Instrument| !i.alone_only && v.pack.score_on(&i.id, v.today()).is_none();
    Ok(Record {
        id: e.id.to_string(),
        mother: file.names.get(&e.person).cloned().unwrap_or_default(),
        visit: name.get(lang).to_owned(),
        topics,
        children: living().map(child).collect(),
        in_hospital: living().filter(|c| c.discharged.is_none()).map(child).collect(),
        immunisations: living().next().map(|c| immunisations(v, f, c.born)).unwrap_or_default(),
        milestones: living().next().map(|c| milestones(v, f, e, c)).unwrap_or_default(),
        forms: forms.iter().filter_map(|id| v.pack.instrument(id)).filter(plain).cloned().collect(),
        corrects: !form.get("replaces").is_empty(),
    })
}

/// The doses due today, in words.
fn immunisations(v: &Viewer<'_>, f: &Frame, born: Date) -> Vec<String> {
    let words = |d: &catalogue::model::ImmunisationDose| {
        let name = d.name.get(f.t.lang()).into();
        f.t.with("visits-dose", &[("vaccine", name), ("dose", i64::from(d.dose).into())]).into_owned()
    };
    visit::growing::immunisations(&v.pack, born, v.today()).into_iter().map(words).collect()
}

/// The milestones to look at today, by the corrected age of a child born early.
fn milestones(
    v: &Viewer<'_>,
    f: &Frame,
    e: &visit::model::Enrolment,
    child: &visit::model::ChildDates,
) -> Vec<(String, String)> {
    let gestation = e.dates.due.map(|due| 280 + (child.born - due).get_days());
    let Some(age) = visit::growth::corrected_age(child.born, gestation, v.today()) else { return Vec::new() };
    let born = v.today().saturating_sub(jiff::Span::new().days(i64::from(age)));
    let all = visit::growing::milestones(&v.pack, born, v.today());
    all.into_iter().map(|m| (m.id.clone(), m.name.get(f.t.lang()).to_owned())).collect()
}

/// Takes a visit.
pub(crate) async fn visit(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let read = visit_of(&v, &f, &id, &mut form)?;
        let mut faulty = Vec::new();
        if let (Some((about, visit)), true) = (read, form.is_fine()) {
            let allowed = may_record(&v, &id).await?;
            let done =
                transact!(state.db, Fault, |tx| record::run(tx, &desk(&v), v.who, allowed.as_ref(), about, &visit)
                    .await);
            match done {
                Ok(outcome) => return Ok(after(&f, &id, &outcome, "visit")),
                Err(fault) => faulty.push((fault, visit)),
            }
        }
        let opened = open(&v, &id).await?;
        let vm = the_record(&v, &f, &opened, &form)?;
        for (fault, _) in faulty {
            refuse(&f, &mut form, &vm.forms, fault)?;
        }
        Ok(unprocessable(form_of::page_of(&f, &form, &vm)))
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The visit a form says; what is wrong is said beside its field.
fn visit_of(v: &Viewer<'_>, f: &Frame, id: &str, form: &mut Form) -> Result<Option<(About, Visit)>, Trouble> {
    let t = f.t;
    let enrolment: EnrolmentId = id.parse().map_err(|_| Trouble::Absent)?;
    let name = form.id::<SubmissionId>(t, "id");
    let on = form.date(t, "on");
    let ending = form.get("ending").parse().ok();
    if ending.is_none() {
        form.refuse("ending", t.t("error-choose"));
    }
    let minutes = form.get("minutes").to_owned();
    let read_minutes = minutes.parse::<u32>().ok();
    if !minutes.is_empty() && read_minutes.is_none() {
        form.refuse("minutes", t.t("visits-error-minutes"));
    }
    let words = [form.optional(t, "steps", MOST), form.optional(t, "note", MOST), form.optional(t, "why", MOST)];
    let [next_steps, note, why] = words;
    let measured = measured_of(f, form);
    let discharged = discharged_of(f, form);
    let mut forms: Vec<(String, Answers)> = Vec::new();
    let named: Vec<String> =
        form.pairs().iter().filter_map(|(n, _)| n.strip_prefix("q.")?.split('.').next().map(str::to_owned)).collect();
    for instrument in v.pack.instruments().iter().filter(|i| named.contains(&i.id)) {
        let latest = v.pack.instrument(&instrument.id).is_some_and(|l| l.key == instrument.key);
        let answers = if latest { questions::answers(t, form, instrument) } else { Answers::new() };
        if !answers.is_empty() {
            forms.push((instrument.key.clone(), answers));
        }
    }
    let (Some(name), Some(on), Some(ending)) = (name, on, ending) else { return Ok(None) };
    let about = About { id: name, enrolment, on, replaces: form.get("replaces").parse().ok() };
    let visit = Visit {
        visit: form.get("visit").to_owned(),
        ending,
        minutes: read_minutes,
        topics: form.all("topic").map(str::to_owned).collect(),
        next_steps,
        note,
        why,
        discharged,
        measured,
        forms,
    };
    Ok(Some((about, visit)))
}

/// The children named in fields `weight.ID`, in the order of the form.
fn named(form: &Form, prefixes: &[&str]) -> Vec<PersonId> {
    let mut all: Vec<PersonId> = Vec::new();
    for (name, _) in form.pairs() {
        let Some((what, id)) = name.split_once('.') else { continue };
        if let (true, Ok(id)) = (prefixes.contains(&what), id.parse())
            && !all.contains(&id)
        {
            all.push(id);
        }
    }
    all
}

fn measured_of(f: &Frame, form: &mut Form) -> Vec<Measured> {
    let what = MEASURES.map(|(what, _, _)| what);
    let milestones: Vec<String> = form.all("milestone").map(str::to_owned).collect();
    let mut all = Vec::new();
    for (number, child) in named(form, &what).into_iter().enumerate() {
        let mut value = |what: &str| {
            let field = format!("{what}.{child}");
            let given = form.get(&field).to_owned();
            let read = questions::number(&given);
            if !given.is_empty() && read.is_none() {
                form.refuse(&field, f.t.t("visits-error-answer"));
            }
            read
        };
        let (weight_kg, length_cm, head_cm, arm_cm) = (value("weight"), value("length"), value("head"), value("arm"));
        let measured = Measured {
            child,
            weight_kg,
            length_cm,
            standing: None,
            head_cm,
            arm_cm,
            oedema: form.get(&format!("oedema.{child}")) == "yes",
            // Twins are looked at together: what both can do is noted once, with the first.
            milestones: if number == 0 { milestones.clone() } else { Vec::new() },
        };
        if !measured.is_empty() || measured.oedema || !measured.milestones.is_empty() {
            all.push(measured);
        }
    }
    all
}

fn discharged_of(f: &Frame, form: &mut Form) -> Vec<(PersonId, Date)> {
    let mut all = Vec::new();
    for child in named(form, &["discharged"]) {
        all.extend(form.date_if_any(f.t, &format!("discharged.{child}")).map(|day| (child, day)));
    }
    all
}
