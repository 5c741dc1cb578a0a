//! Requests of nurses and supervisors about cases.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, RawQuery, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use catalogue::model::Signer;
use guard::{Action, Relation, Resource, Role, Tier};
use kernel::{AccountId, EnrolmentId, FamilyActId, FamilyCaseId, PersonId};
use store::transact;
use visit::care::act;
use visit::care::case::{Case, Closed, Record};
use visit::care::plan::Plan;
use visit::care::read::{self, Family};
use visit::care::{open as opening, read::Line};

use super::act::{Ask, What};
use super::whole::{self, Conference, Now, Past, StepShown, Whole};
use super::{agency, list, needed_key, partners, sent, shown, side_key};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::{forbidden, staff_names};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::visits::{desk, viewer};

/// A family's case that was opened: the look is in the log.
struct Opened {
    family: Family,
    about: Vec<(PersonId, Relation)>,
}

impl Opened {
    fn resource(&self) -> Resource {
        Resource::people(self.about.iter().copied()).at(Tier::Sensitive).showing(["plan"])
    }
}

async fn open(v: &Viewer<'_>, id: &str) -> Result<Opened, Trouble> {
    let id: EnrolmentId = id.parse().map_err(|_| Trouble::Absent)?;
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let seen = read::family(&mut tx, &desk(v), &v.sight(&setting), id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    // A family in other hands looks as if there were none.
    if !seen.about.iter().all(|(_, relation)| relation.open_case) {
        return Err(Trouble::Absent);
    }
    let resource = seen.resource().at(Tier::Sensitive).showing(["plan"]);
    let about = seen.about.clone();
    let family = v.state.guard.reveal(v.who, Action::ViewPlan, &resource, &v.purpose, seen.sealed).await?;
    Ok(Opened { family: family.into_inner(), about })
}

/// The open cases.
pub(crate) async fn cases(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let setting = v.setting();
        let mut tx = state.db.read().await?;
        let seen = read::open(&mut tx, &desk(&v), &v.sight(&setting)).await?;
        drop(tx);
        let resource = seen.resource().at(Tier::Sensitive).showing(["plan"]);
        let lines = state.guard.reveal(v.who, Action::ViewPlan, &resource, &v.purpose, seen.sealed).await?;
        let mut tx = state.db.read().await?;
        let nurses = staff_names(&mut tx, lines.iter().filter_map(|l| l.nurse).collect()).await?;
        Ok::<_, Trouble>(lines.iter().map(|l| line(&v, &f, l, &nurses)).collect::<Vec<_>>())
    };
    match made.await {
        Ok(lines) => list::open(&f, &lines).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

fn line(v: &Viewer<'_>, f: &Frame, l: &Line, nurses: &BTreeMap<AccountId, String>) -> list::Line {
    let steps = v.pack.case_steps().map(|s| s.steps.as_slice()).unwrap_or_default();
    let known = steps.iter().find(|s| s.id == l.step);
    let late = |day: kernel::Date| (day, day < v.today());
    list::Line {
        href: format!("/visits/family/{}/plan", l.enrolment),
        name: l.name.clone(),
        step: known.map_or_else(|| l.step.clone(), |s| s.name.get(f.t.lang()).to_owned()),
        review: l.review_on.map(late),
        due: l.due_on.map(late),
        nurse: l.nurse.and_then(|n| nurses.get(&n).cloned()),
    }
}

/// One case.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(raw): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let done = Form::of_query(raw.as_deref()).get("done") == "saved";
    let form = Form::of([("id", FamilyCaseId::new(&*state.ids, v.now).to_string()), ("tier", "yes".to_owned())]);
    let made = async {
        let opened = open(&v, &id).await?;
        the_page(&v, &f, &form, &opened, done).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

async fn the_page(v: &Viewer<'_>, f: &Frame, form: &Form, opened: &Opened, done: bool) -> Result<Response, Trouble> {
    let family = &opened.family;
    let accounts: BTreeSet<AccountId> = family.case.iter().flat_map(|c| c.acts.iter().map(|r| r.account)).collect();
    let mut tx = v.state.db.read().await?;
    let names = staff_names(&mut tx, accounts).await?;
    drop(tx);
    let running = family.case.as_ref().is_some_and(|c| c.closed.is_none());
    let level = |tier: &str| crate::visits::handlers::tier_name(v, f.t.lang(), tier);
    let vm = Whole {
        id: family.enrolment.id.to_string(),
        mother: family.name.clone(),
        case: family.case.as_ref().map(|case| the_case(v, f, family, case, &names)),
        can_open: !running && family.enrolment.left.is_none() && v.pack.case_steps().is_some(),
        tier: family.tier.as_ref().and_then(|d| d.tier.as_deref()).map(level),
        supervisor: v.who.role == Role::VisitSupervisor,
        done,
        offset: v.offset(),
    };
    Ok((form.status(), whole::page_of(f, form, &vm)).into_response())
}

fn the_case(
    v: &Viewer<'_>,
    f: &Frame,
    family: &Family,
    case: &Case,
    names: &BTreeMap<AccountId, String>,
) -> whole::Case {
    let (lang, plan, opening) = (f.t.lang(), &case.plan, &case.opening);
    let supervisor = v.who.role == Role::VisitSupervisor;
    let steps = &opening.steps.steps;
    let name = |r: &Record| names.get(&r.account).cloned().unwrap_or_default();
    let now = case.now().zip(case.review_on()).map(|(step, review)| Now {
        number: (case.step + 1, steps.len()),
        name: step.name.get(lang).to_owned(),
        lacks: case.lacks(family.assessed).into_iter().map(needed_key).collect(),
        signer: match step.signed_by {
            Signer::Lead => "plan-signed-by-lead",
            Signer::Supervisor => "plan-signed-by-supervisor",
        },
        may_sign: supervisor || step.signed_by == Signer::Lead,
        review: (review, review < v.today()),
    });
    let shown_step = |(place, step): (usize, &catalogue::model::CaseStep)| StepShown {
        name: step.name.get(lang).to_owned(),
        signed: case.signed(&step.id).map(|r| (r.on, name(r))),
        now: place == case.step && case.closed.is_none(),
    };
    whole::Case {
        opened: (opening.why.clone(), opening.on),
        illustrative: opening.steps.illustrative,
        now,
        closed: case.closed.map(|closed| (matches!(closed, Closed::Finished(_)), closed.on())),
        steps: steps.iter().enumerate().map(shown_step).collect(),
        goals: shown(&v.pack, lang, &plan.goals, &plan.actions, v.today()),
        agreed: plan.is_agreed(),
        agreed_on: plan.agreed.map(|(on, _)| on),
        conferences: plan.conferences.iter().rev().map(|c| conference(v, f, plan, c)).collect(),
        partners: partners(&v.pack, lang, plan),
        past: case.acts.iter().rev().map(|r| past(r, names)).collect(),
    }
}

fn conference(v: &Viewer<'_>, f: &Frame, plan: &Plan, c: &visit::care::plan::Conference) -> Conference {
    let lang = f.t.lang();
    let participant = |p: &visit::care::plan::Participant| match &p.agency {
        Some(id) => format!("{} ({})", p.name, agency(&v.pack, id, lang)),
        None => p.name.clone(),
    };
    Conference {
        number: c.number,
        on: c.on,
        participants: c.participants.iter().map(participant).collect(),
        minutes: c.minutes.clone(),
        decided: c.decided.iter().filter_map(|n| plan.action(*n)).map(|a| a.task.words.clone()).collect(),
    }
}

fn past(r: &Record, names: &BTreeMap<AccountId, String>) -> Past {
    Past {
        at: r.at,
        key: format!("plan-did-{}", r.act.word()),
        side: side_key(r.side),
        who: names.get(&r.account).cloned(),
        words: r.act.words().into_iter().map(str::to_owned).collect(),
    }
}

/// Opens a case.
pub(crate) async fn begin(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let opened = open(&v, &id).await?;
        let why = form.required(f.t, "why", visit::care::case::MOST_WORDS);
        let name = form.id::<FamilyCaseId>(f.t, "id");
        if let (Some(name), true) = (name, form.is_fine()) {
            let tier = opened.family.tier.as_ref().map(|d| d.id).filter(|_| form.get("tier") == "yes");
            let input = opening::Input { id: name, enrolment: opened.family.enrolment.id, why, tier };
            let allowed = state.guard.permit(v.who, Action::WorkPlan, &opened.resource(), &v.purpose).await?;
            let done =
                transact!(state.db, opening::Fault, |tx| opening::run(tx, &desk(&v), v.who, &allowed, &input).await);
            match done {
                Ok(_) | Err(opening::Fault::Already(_)) => return Ok(saved(&id)),
                Err(opening::Fault::Store(why)) => return Err(why.into()),
                Err(opening::Fault::NoWords) => form.refuse("why", f.t.t("plan-fault-words")),
                Err(opening::Fault::NoEnrolment) => form.refuse("why", f.t.t("visits-error-consent")),
                Err(_) => return Err(Trouble::Absent),
            }
        }
        the_page(&v, &f, &form, &opened, false).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

fn saved(id: &str) -> Response {
    Redirect::to(&format!("/visits/family/{id}/plan?done=saved")).into_response()
}

/// The form of one thing that can be done.
pub(crate) async fn form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((id, what)): Path<(String, String)>,
    RawQuery(raw): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let mut form = Form::of_query(raw.as_deref());
    let made = async {
        let what = What::named(&what).ok_or(Trouble::Absent)?;
        let opened = open(&v, &id).await?;
        let case = opened.family.case.as_ref().ok_or(Trouble::Absent)?;
        form.retain(|name| matches!(name, "number" | "agency"));
        form.set("id", FamilyActId::new(&*state.ids, v.now).to_string());
        form.set("version", case.plan.version.to_string());
        if what == What::Correct {
            prefill(&mut form, &case.plan);
        }
        let ask = ask(&v, &f, &opened.family, case, what, &form)?;
        Ok(super::act::page_of(&f, &form, &ask).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// What is corrected stands in the form as it is.
fn prefill(form: &mut Form, plan: &Plan) {
    let number = form.get("number").parse().unwrap_or(0);
    let words = plan.goal(number).map(|g| g.words.clone());
    let words = words.or_else(|| plan.conference(number).map(|c| c.minutes.clone()));
    if let Some(action) = plan.action(number) {
        form.set("words", action.task.words.clone());
        form.set("due", action.task.due_on.to_string());
    } else if let Some(words) = words {
        form.set("words", words);
    }
}

fn ask(v: &Viewer<'_>, f: &Frame, family: &Family, case: &Case, what: What, form: &Form) -> Result<Ask, Trouble> {
    let (lang, plan) = (f.t.lang(), &case.plan);
    let number: u32 = form.get("number").parse().unwrap_or(0);
    let (goal, action) = (plan.goal(number), plan.action(number));
    let conference = plan.conference(number).map(|c| f.t.date(c.on));
    let item = goal.map(|g| g.words.clone()).or_else(|| action.map(|a| a.task.words.clone())).or(conference);
    let about = match what {
        What::Action | What::End | What::Correct => Some(item.ok_or(Trouble::Absent)?),
        What::Consent | What::Withdraw => {
            Some(plan.partner(form.get("agency")).map(|p| agency(&v.pack, &p.agency, lang)).ok_or(Trouble::Absent)?)
        }
        What::Sign => case.now().map(|step| step.name.get(lang).to_owned()),
        _ => None,
    };
    let helping = plan.partners.iter().filter(|p| p.takes_part()).map(|p| p.agency.clone());
    let helping = std::iter::once(case.opening.organisation.clone()).chain(helping);
    let named = |id: String| (id.clone(), agency(&v.pack, &id, lang));
    let desk = desk(v);
    Ok(Ask {
        id: family.enrolment.id.to_string(),
        mother: family.name.clone(),
        what,
        about,
        dated: action.is_some(),
        goals: plan.goals.iter().filter(|g| g.end.is_none()).map(|g| (g.number.to_string(), g.words.clone())).collect(),
        agencies: match what {
            What::Ask => {
                let all = act::agencies(&desk, case, &family.enrolment.place);
                all.into_iter().map(|a| (a.id.clone(), a.name.get(lang).to_owned())).collect()
            }
            _ => helping.map(named).collect(),
        },
        steps: {
            let behind = case.opening.steps.steps.iter().take(case.step);
            behind.map(|s| (s.id.clone(), s.name.get(lang).to_owned())).collect()
        },
    })
}

/// Does it.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((id, what)): Path<(String, String)>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let what = What::named(&what).ok_or(Trouble::Absent)?;
        let opened = open(&v, &id).await?;
        let case = opened.family.case.as_ref().ok_or(Trouble::Absent)?;
        let name = form.id::<FamilyActId>(f.t, "id");
        if let (Some(act), Some(name)) = (sent::act(f.t, &mut form, what, case), name) {
            let allowed = state.guard.permit(v.who, Action::WorkPlan, &opened.resource(), &v.purpose).await?;
            let case = case.opening.id;
            let done = transact!(state.db, act::Fault, |tx| {
                act::run(tx, &desk(&v), v.who, &allowed, case, (name, &act)).await
            });
            match done {
                Ok(_) => return Ok(saved(&id)),
                Err(fault) => sent::refuse(f.t, &mut form, what, fault)?,
            }
        }
        let ask = ask(&v, &f, &opened.family, case, what, &form)?;
        Ok((StatusCode::UNPROCESSABLE_ENTITY, super::act::page_of(&f, &form, &ask)).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// Where this family is referred from: its household's page of the directory.
pub(crate) async fn refer(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let Some(v) = viewer(&state, &session, &f).filter(|v| v.who.role == Role::Nurse) else { return forbidden(&f) };
    let made = async {
        let opened = crate::visits::open(&v, &id).await?;
        let mut tx = state.db.read().await?;
        let as_of = registry::AsOf::latest(v.today());
        let home = registry::read::household_of(&mut tx, opened.file.enrolment.person, as_of).await?;
        let home = home.ok_or(Trouble::Absent)?;
        Ok(Redirect::to(&format!("/work/referrals/household/{home}/new")).into_response())
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
