//! Requests about the level of need of a family, and reading what is kept apart.

use axum::extract::{Path, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Tier};
use kernel::{EnrolmentId, SubmissionId};
use store::transact;
use visit::model::{Assessment, Submission};
use visit::submit::Fault;
use visit::{read, tier};

use super::act_handlers::unprocessable;
use super::decide::{self, Need, Told};
use super::{Opened, desk, handlers, open, viewer};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

// ---- the level of need ---------------------------------------------------------------------------

/// The file of a family in the viewer's own hands; to whoever makes one visit in its nurse's place there is nothing to decide.
async fn hers(v: &Viewer<'_>, id: &str) -> Result<Opened, Trouble> {
    let opened = open(v, id).await?;
    if desk(v).responsible(v.who, &opened.file.enrolment) { Ok(opened) } else { Err(Trouble::Absent) }
}

/// What a decision on need rests on, and what can be decided.
pub(crate) async fn need(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let opened = hers(&v, &id).await?;
        let (vm, proposed, _) = the_need(&v, &f, &opened);
        let form = Form::of([("need", proposed), ("from", v.today().to_string())]);
        Ok(decide::need(&f, &form, &vm).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The last assessment of a family that decides what visits it needs.
pub(crate) fn deciding<'a>(v: &Viewer<'_>, opened: &'a Opened) -> Option<(&'a Submission, &'a Assessment)> {
    let decides = |a: &Assessment| {
        let rule = a.rule.as_deref().and_then(|key| v.pack.scores().get(key));
        rule.is_some_and(|rule| rule.bands.iter().any(|band| band.decides))
    };
    opened.file.assessments().rev().find(|(_, a)| decides(a))
}

/// The page's contents, the proposed choice, and the assessment it rests on.
fn the_need(v: &Viewer<'_>, f: &Frame, opened: &Opened) -> (Need, String, Option<SubmissionId>) {
    let (lang, file) = (f.t.lang(), &opened.file);
    let e = &file.enrolment;
    let last = deciding(v, opened);
    let rule = last.and_then(|(_, a)| v.pack.scores().get(a.rule.as_deref()?));
    let band = last.and_then(|(_, a)| visit::tier::band_of(&desk(v), a));
    let instrument = last.and_then(|(_, a)| v.pack.instruments().get(&a.instrument));
    let words = |id: &String| {
        let question = instrument.and_then(|i| i.question(id));
        question.map_or_else(|| id.clone(), |q| q.text.get(lang).to_owned())
    };
    let choices = choices(v, f, e);
    let own = e.protocol.split('@').next().unwrap_or_default();
    let proposed = band.map(|b| value(b.protocol.as_deref().unwrap_or(own), b.tier.as_deref())).unwrap_or_default();
    let need = Need {
        id: e.id.to_string(),
        mother: file.names.get(&e.person).cloned().unwrap_or_default(),
        now: now(v, f, opened),
        made: last.map(|(s, a)| {
            let title = instrument.map_or_else(|| a.instrument.clone(), |i| i.title.get(lang).to_owned());
            (s.made_on, title, a.points.unwrap_or(0), band.map(|b| b.name.get(lang).to_owned()))
        }),
        counted: last.map(|(_, a)| a.counted.iter().map(|c| (words(&c.item), c.points)).collect()).unwrap_or_default(),
        skipped: last.map(|(_, a)| a.skipped.iter().map(words).collect()).unwrap_or_default(),
        illustrative: rule.is_some_and(|r| r.illustrative),
        choices,
    };
    (need, proposed, last.map(|(s, _)| s.id))
}

/// A choice as its form value: `protocol` or `protocol/tier`.
fn value(protocol: &str, tier: Option<&str>) -> String {
    tier.map_or_else(|| protocol.to_owned(), |tier| format!("{protocol}/{tier}"))
}

/// Every protocol of today, with its levels.
fn choices(v: &Viewer<'_>, f: &Frame, e: &visit::model::Enrolment) -> Vec<(String, String)> {
    let lang = f.t.lang();
    let mut ids: Vec<&str> = v.pack.protocols().iter().map(|p| p.id.as_str()).collect();
    ids.dedup();
    let own = e.protocol.split('@').next().unwrap_or_default();
    let mut all = Vec::new();
    for id in ids {
        let current = if id == own { v.pack.protocols().get(&e.protocol) } else { v.pack.protocol_on(id, v.today()) };
        let Some(protocol) = current else { continue };
        let name = protocol.name.get(lang);
        all.push((value(id, None), name.to_owned()));
        for rhythm in &protocol.rhythms {
            let words = format!("{name} · {}", handlers::tier_name(v, lang, &rhythm.tier));
            all.push((value(id, Some(&rhythm.tier)), words));
        }
    }
    all.dedup();
    all
}

fn now(v: &Viewer<'_>, f: &Frame, opened: &Opened) -> String {
    let (lang, file) = (f.t.lang(), &opened.file);
    let e = &file.enrolment;
    let protocol =
        v.pack.protocols().get(&e.protocol).map_or_else(|| e.protocol.clone(), |p| p.name.get(lang).to_owned());
    match e.family(&file.tiers, &[]).tier(v.today()) {
        Some(tier) => format!("{protocol} · {}", handlers::tier_name(v, lang, tier)),
        None => protocol,
    }
}

/// Decides.
pub(crate) async fn decide_need(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let opened = hers(&v, &id).await?;
        let (vm, _, submission) = the_need(&v, &f, &opened);
        let chosen = form.get("need").to_owned();
        if !vm.choices.iter().any(|(value, _)| *value == chosen) {
            form.refuse("need", f.t.t("error-choose"));
        }
        let from = form.date(f.t, "from");
        if let (Some(from), true) = (from, form.is_fine()) {
            let (protocol, level) = match chosen.split_once('/') {
                Some((protocol, level)) => (protocol.to_owned(), Some(level.to_owned())),
                None => (chosen, None),
            };
            let input = tier::Input {
                enrolment: opened.file.enrolment.id,
                submission,
                protocol: Some(protocol),
                tier: level,
                from,
                reason: Some(form.get("reason").to_owned()),
            };
            let allowed = opened.permit(&v, Action::RecordVisit).await?;
            let done = transact!(state.db, tier::Fault, |tx| tier::run(tx, &desk(&v), v.who, &allowed, &input).await);
            match done {
                Ok(_) => return Ok(Redirect::to(&format!("/visits/family/{id}?done=need")).into_response()),
                Err(tier::Fault::Store(why)) => return Err(why.into()),
                Err(tier::Fault::NoReason) => form.refuse("reason", f.t.t("visits-error-reason")),
                Err(tier::Fault::BadDay(_)) => form.refuse("from", f.t.t("visits-error-from")),
                Err(_) => form.refuse("need", f.t.t("error-choose")),
            }
        }
        Ok(unprocessable(decide::need(&f, &form, &vm)))
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

// ---- what is kept apart --------------------------------------------------------------------------

/// First the question whether the reader is alone.
pub(crate) async fn alone(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    match open(&v, &id).await {
        Ok(_) => decide::alone(&f, &Form::default(), &id, None).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// What there is, to somebody who says that they are alone.
pub(crate) async fn read_alone(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    if form.get("alone") != "yes" {
        form.refuse("alone", f.t.t("visits-error-alone"));
        return unprocessable(decide::alone(&f, &form, &id, None));
    }
    let made = async {
        let enrolment: EnrolmentId = id.parse().map_err(|_| Trouble::Absent)?;
        let setting = v.setting();
        let sight = v.sight(&setting);
        let mut tx = state.db.read().await?;
        let seen = read::kept(&mut tx, &desk(&v), &sight, enrolment).await;
        drop(tx);
        let seen = match seen {
            Ok(seen) => seen.ok_or(Trouble::Absent)?,
            Err(Fault::Store(why)) => return Err(why.into()),
            Err(other) => return Err(store::StoreError::Driver(other.to_string()).into()),
        };
        let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
        let all = v.state.guard.reveal(v.who, Action::ViewKept, &resource, &v.purpose, seen.sealed).await?;
        let told: Vec<Told> = all
            .iter()
            .rev()
            .map(|kept| {
                let made = handlers::made(&v, f.t.lang(), kept.on, &kept.assessment);
                let answers = handlers::told(&v, &f, &kept.assessment.instrument, &kept.assessment.answers);
                Told { on: made.on, title: made.title, result: made.result, answers }
            })
            .collect();
        Ok(decide::alone(&f, &form, &id, Some(&told)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
