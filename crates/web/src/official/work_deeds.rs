//! What officials do about a case: each act is one form, one call of the engine, and one clear answer.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::application::{follow, withdraw};
use casework::case::{TaskStatus, worklist};
use casework::decide::object::{self, Outcome};
use casework::decide::official::{self, Prepared};
use casework::decide::{Override, Put};
use casework::determine::Slice;
use casework::investigate::answer;
use casework::investigate::settle::{self, Finding, Follow, How};
use guard::Action;
use kernel::{AccountId, CaseId, Currency, EvidenceId, TaskId};
use store::{StoreError, transact};
use text::Text;

use super::work::Way;
use super::work_acts::STRETCHES;
use super::work_case_handlers::{Read, forbidden, purpose_kind, read, show, viewer, with};
use super::work_view::stage_key;
use super::{work_extend, work_looks};
use crate::citizen::cases::agency;
use crate::citizen::question::{self, Question};
use crate::components::frame::Frame;
use crate::form::{Form, parse_sum};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// What came of an act.
pub(super) enum Deed {
    /// Done: what to say, and whether to stay with the case.
    Done(&'static str, bool),
    /// The form is refused, with what is wrong in it.
    Refused,
    /// Somebody was faster.
    Changed,
}

/// A fault of the engine in the words of the page.
pub(super) enum Said {
    /// Beside the acts.
    Words(String),
    /// The case changed since the page was made.
    Changed(String),
}

/// Does one act.
pub(crate) async fn act(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(kind) = purpose_kind(session.who.role) else { return forbidden(&f) };
    let way = Way::of(&form);
    let Ok(case) = id.parse::<CaseId>() else { return Trouble::Absent.response(&state, &f) };
    let deed = async {
        let v = viewer(&state, &session, f.t, kind, case).await?;
        let read = read(&v, case).await?;
        perform(&v, f.t, &read, &mut form).await
    };
    match deed.await {
        Ok(Deed::Done(word, stays)) => {
            let to = if stays { format!("/work/case/{id}") } else { format!("/work/next/{id}") };
            let mut said = vec![("done", word)];
            said.extend(Some(("was", id.as_str())).filter(|_| !stays));
            Redirect::to(&with(&way.link(&to), &said)).into_response()
        }
        Ok(Deed::Refused) => {
            let refused = Some((StatusCode::UNPROCESSABLE_ENTITY, form));
            show(&state, &session, &f, &id, &way, &Form::default(), refused).await
        }
        Ok(Deed::Changed) => {
            show(&state, &session, &f, &id, &way, &Form::default(), Some((StatusCode::CONFLICT, form))).await
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn perform(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    match form.get("do") {
        "take" => take(v, t, read, form).await,
        "give" => give(v, t, read, form).await,
        "decide" => decide(v, t, read, form, false).await,
        "otherwise" => decide(v, t, read, form, true).await,
        "sign" => sign(v, t, read, form).await,
        "hear" => hear(v, t, read, form).await,
        "close-hearing" => close_hearing(v, t, read, form).await,
        "review" => review(v, t, read, form).await,
        "court" => court(v, t, read, form).await,
        "settle" => differ(v, t, read, form).await,
        "gap" => gap(v, t, read, form).await,
        "note" => note(v, t, read, form).await,
        "extend" => work_extend::extend(v, t, read, form).await,
        "withdraw" => take_back(v, t, read, form).await,
        "died" => died(v, t, read, form).await,
        "looked" => work_looks::looked(v, t, read, form).await,
        "holder" => work_looks::holder(v, t, read, form).await,
        "hold-pay" => work_looks::pay(v, t, read, form, true).await,
        "let-flow" => work_looks::pay(v, t, read, form, false).await,
        _ => Err(Trouble::Absent),
    }
}

/// What a fault said, put into the form.
pub(super) fn refused(form: &mut Form, said: Said) -> Deed {
    match said {
        Said::Words(words) => {
            form.refuse("act", words);
            Deed::Refused
        }
        Said::Changed(words) => {
            form.refuse("act", words);
            Deed::Changed
        }
    }
}

/// Where a decision went, as the word of a redirect.
pub(crate) fn put_word(put: Put) -> &'static str {
    match put {
        Put::InForce(_) => "in-force",
        Put::Approval(_) => "approval",
        Put::Hearing(_) => "hearing",
        Put::NoNews => "no-news",
        Put::Official => "official",
    }
}

pub(super) fn words(t: Text, key: &str) -> Said {
    Said::Words(t.t(key).into_owned())
}

fn too_long(t: Text, length: usize, most: usize) -> Said {
    let args = [("length", t.number(count(length)).into()), ("most", t.number(count(most)).into())];
    Said::Words(t.with("work-fault-long", &args).into_owned())
}

fn count(n: usize) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

pub(super) fn of_official(t: Text, fault: official::Fault) -> Result<Said, Trouble> {
    use official::Fault as F;
    Ok(match fault {
        F::Nothing => return Err(Trouble::Absent),
        F::Changed { .. } => Said::Changed(t.t("work-fault-changed").into_owned()),
        F::WrongStage(stage) => {
            Said::Changed(t.with("work-fault-stage", &[("stage", t.t(stage_key(stage)).into())]).into_owned())
        }
        F::NotAllowed => words(t, "work-fault-not-allowed"),
        F::Reserved => words(t, "work-fault-reserved"),
        F::OwnFamily => words(t, "work-fault-own-family"),
        F::SamePerson => words(t, "work-fault-same-person"),
        F::CannotTell(missing) => Said::Words(t.with("work-fault-open", &[("count", missing.into())]).into_owned()),
        F::NoGround => words(t, "work-fault-ground"),
        F::BadSlices => words(t, "work-fault-slices"),
        F::TooLong { length, most } => too_long(t, length, most),
        F::HearingRuns(day) => Said::Words(t.with("work-fault-hearing", &[("date", t.date(day).into())]).into_owned()),
        F::Store(why) => return of_store(t, why),
    })
}

/// Two who wrote at once, again and again: the second is told, and nothing of theirs is lost from the form.
pub(super) fn of_store(t: Text, why: StoreError) -> Result<Said, Trouble> {
    match why {
        StoreError::Conflict => Ok(Said::Changed(t.t("work-fault-changed").into_owned())),
        why => Err(why.into()),
    }
}

/// The words for one of several settled together.
pub(crate) fn official_words(t: Text, fault: official::Fault) -> Result<String, Trouble> {
    of_official(t, fault).map(|said| match said {
        Said::Words(words) | Said::Changed(words) => words,
    })
}

fn of_object(t: Text, v: &Viewer<'_>, fault: object::Fault) -> Result<Said, Trouble> {
    use object::Fault as F;
    Ok(match fault {
        F::Nothing => return Err(Trouble::Absent),
        F::TooLate(_) | F::NotInForce => words(t, "work-fault-not-in-force"),
        F::Already | F::Done => Said::Changed(t.t("work-fault-reviewed").into_owned()),
        F::Exhausted => words(t, "work-fault-exhausted"),
        F::TookPart => words(t, "work-fault-took-part"),
        F::Worse => words(t, "work-fault-review-worse"),
        F::OtherOffice(office) => {
            let office = agency(v, &office);
            Said::Words(t.with("work-fault-office-above", &[("office", office.get(t.lang()).into())]).into_owned())
        }
        F::NoWords => words(t, "work-fault-no-words"),
        F::Official(fault) => return of_official(t, fault),
        F::Store(why) => return of_store(t, why),
    })
}

pub(super) fn of_settle(t: Text, fault: settle::Fault) -> Result<Said, Trouble> {
    use settle::Fault as F;
    Ok(match fault {
        F::NoTask | F::Done | F::OtherTask => Said::Changed(t.t("work-fault-done").into_owned()),
        F::NoCase => return Err(Trouble::Absent),
        F::Closed => words(t, "work-fault-closed"),
        F::NotAllowed => words(t, "work-fault-not-allowed"),
        F::NoWords => words(t, "work-fault-no-words"),
        F::TooLong { length, most } => too_long(t, length, most),
        F::BadValue { reason, .. } => Said::Words(t.with("work-fault-value", &[("why", reason.into())]).into_owned()),
        F::Nothing => words(t, "work-fault-no-finding"),
        F::Answer(answer::Fault::Fact(fault)) => {
            Said::Words(t.with("work-fault-value", &[("why", fault.to_string().into())]).into_owned())
        }
        F::Answer(answer::Fault::Store(why)) | F::Store(why) => return of_store(t, why),
    })
}

fn of_withdraw(t: Text, fault: withdraw::Fault) -> Result<Said, Trouble> {
    use withdraw::Fault as F;
    Ok(match fault {
        F::NoApplication | F::NoCase(_) => return Err(Trouble::Absent),
        F::Decided(_) => Said::Changed(t.t("work-fault-decided").into_owned()),
        F::NoReason => words(t, "work-fault-no-words"),
        F::Store(why) => return of_store(t, why),
    })
}

fn of_follow(t: Text, fault: follow::Fault) -> Result<Said, Trouble> {
    use follow::Fault as F;
    Ok(match fault {
        F::NoCase | F::NobodyDied => Said::Changed(t.t("work-fault-done").into_owned()),
        F::NotAllowed => words(t, "work-fault-not-allowed"),
        F::NoReason => words(t, "work-fault-no-words"),
        F::NotAnHeir => words(t, "work-fault-no-heir"),
        F::Payload(why) => return Err(StoreError::Driver(why).into()),
        F::Store(why) => return of_store(t, why),
    })
}

async fn take(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let _allowed = read.permit(v, Action::WorkCase).await?;
    let to = Some(v.who.account);
    hand(v, t, read, form, to, "taken").await
}

async fn give(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let _allowed = read.permit(v, Action::AssignCases).await?;
    let to: Option<AccountId> = match form.get("to") {
        "" => None,
        id => {
            let mut tx = v.state.db.read().await?;
            let officials = super::work_case_handlers::officials(&mut tx, v).await?;
            if !officials.iter().any(|(known, _)| known == id) {
                form.refuse("to", t.t("error-choose"));
                return Ok(Deed::Refused);
            }
            id.parse().ok()
        }
    };
    hand(v, t, read, form, to, "given").await
}

/// Gives the task named in the form, if it is one of this case.
async fn hand(
    v: &Viewer<'_>,
    t: Text,
    read: &Read,
    form: &mut Form,
    to: Option<AccountId>,
    word: &'static str,
) -> Result<Deed, Trouble> {
    let task: TaskId = form.get("task").parse().map_err(|_| Trouble::Absent)?;
    if !read.view.tasks.iter().any(|known| known.id == task) {
        return Err(Trouble::Absent);
    }
    let desk = v.desk();
    let done = transact!(v.state.db, StoreError, |tx| worklist::assign(tx, &desk, v.who, task, to).await)?;
    if done {
        return Ok(Deed::Done(word, true));
    }
    Ok(refused(form, Said::Changed(t.t("work-fault-done").into_owned())))
}

async fn decide(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form, otherwise: bool) -> Result<Deed, Trouble> {
    let revision = form.get("revision").parse().unwrap_or(0);
    // Before anything is said about fields, for the form may not be there any more.
    if revision != read.view.case.revision {
        return Ok(refused(form, Said::Changed(t.t("work-fault-changed").into_owned())));
    }
    let field = if otherwise { "other-words" } else { "decide-words" };
    let words = form.optional(t, field, 4_000);
    let overriding = if otherwise { overriding(t, v.pack.currency(), form, "other") } else { None };
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    let input = Prepared { case: read.view.case.id, revision, words, overriding };
    let allowed = read.permit(v, Action::WorkCase).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, official::Fault, |tx| {
        official::prepare(tx, &desk, v.who, &allowed, input.clone()).await
    });
    match run {
        Ok(put) => Ok(Deed::Done(put_word(put), false)),
        Err(fault) => Ok(refused(form, of_official(t, fault)?)),
    }
}

/// Reason, law, result and sums of a form; what is missing is said in it.
fn overriding(t: Text, currency: Currency, form: &mut Form, prefix: &str) -> Option<Override> {
    let grant = match form.get(&format!("{prefix}-grant")) {
        "yes" => Some(true),
        "no" => Some(false),
        _ => {
            form.refuse(&format!("{prefix}-grant"), t.t("error-choose"));
            None
        }
    };
    let reason = form.required(t, &format!("{prefix}-reason"), 4_000);
    let law = form.required(t, &format!("{prefix}-law"), 400);
    let slices = if grant == Some(true) { stretches(t, currency, form, prefix) } else { Vec::new() };
    if grant == Some(true) && slices.is_empty() {
        form.refuse(&format!("{prefix}-from-0"), t.t("work-fault-slices"));
    }
    Some(Override { grant: grant?, slices, reason, law }).filter(|_| form.is_fine())
}

fn stretches(t: Text, currency: Currency, form: &mut Form, prefix: &str) -> Vec<Slice> {
    let mut slices = Vec::new();
    for n in 0..STRETCHES {
        let [from, last, sum] = ["from", "last", "sum"].map(|part| format!("{prefix}-{part}-{n}"));
        if [&from, &last, &sum].iter().all(|name| form.get(name).is_empty()) {
            continue;
        }
        let first = form.date(t, &from);
        let until = form.date_if_any(t, &last).and_then(|day| day.tomorrow().ok());
        let typed = form.get(&sum).to_owned();
        let minor = if typed.is_empty() { Some(0) } else { parse_sum(&typed, currency) };
        if minor.is_none() {
            form.refuse(&sum, t.t("error-amount-form"));
        }
        if let (Some(from), Some(minor)) = (first, minor) {
            slices.push(Slice { from, until, minor });
        }
    }
    slices
}

async fn sign(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let agrees = form.get("agrees") == "yes";
    let said = if agrees { String::new() } else { form.required(t, "sign-words", 4_000) };
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    let decision = decision_of(read, form)?;
    let allowed = read.permit(v, Action::ApproveDecision).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, official::Fault, |tx| {
        official::approve(tx, &desk, v.who, &allowed, decision, agrees, &said).await
    });
    match run {
        Ok(put) => Ok(Deed::Done(put_word(put), false)),
        Err(fault) => Ok(refused(form, of_official(t, fault)?)),
    }
}

/// The decision named in a form, if it is one of this case.
fn decision_of(read: &Read, form: &Form) -> Result<kernel::DecisionId, Trouble> {
    let id = form.get("decision").parse().map_err(|_| Trouble::Absent)?;
    if read.view.decisions.iter().any(|d| d.id == id) { Ok(id) } else { Err(Trouble::Absent) }
}

async fn hear(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let said = form.required(t, "hear-words", 4_000);
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    let allowed = read.permit(v, Action::WorkCase).await?;
    let (desk, case) = (v.desk(), read.view.case.id);
    let run =
        transact!(v.state.db, official::Fault, |tx| official::hear(tx, &desk, v.who, &allowed, case, &said).await);
    match run {
        Ok(()) => Ok(Deed::Done("heard", true)),
        Err(fault) => Ok(refused(form, of_official(t, fault)?)),
    }
}

async fn close_hearing(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let goes_on = form.get("goes-on") == "yes";
    let said = form.required(t, "close-words", 4_000);
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    let decision = decision_of(read, form)?;
    let allowed = read.permit(v, Action::WorkCase).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, official::Fault, |tx| {
        official::close_hearing(tx, &desk, v.who, &allowed, decision, goes_on, &said).await
    });
    match run {
        Ok(put) => Ok(Deed::Done(put_word(put), false)),
        Err(fault) => Ok(refused(form, of_official(t, fault)?)),
    }
}

async fn review(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let reason = form.required(t, "review-words", 4_000);
    let outcome = match form.get("outcome") {
        "stands" => Some(Outcome::Stands),
        "anew" => Some(Outcome::Anew),
        "otherwise" => overriding(t, v.pack.currency(), form, "review").map(Outcome::Otherwise),
        _ => {
            form.refuse("outcome", t.t("error-choose"));
            None
        }
    };
    let (Some(outcome), true) = (outcome, form.is_fine()) else { return Ok(Deed::Refused) };
    let objection = form.get("objection").parse().map_err(|_| Trouble::Absent)?;
    if !read.view.objections.iter().any(|o| o.id == objection) {
        return Err(Trouble::Absent);
    }
    let allowed = read.permit(v, Action::ApproveDecision).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, object::Fault, |tx| {
        object::review(tx, &desk, v.who, &allowed, objection, outcome.clone(), &reason).await
    });
    match run {
        Ok(put) => Ok(Deed::Done(put.map_or("stands", put_word), false)),
        Err(fault) => Ok(refused(form, of_object(t, v, fault)?)),
    }
}

async fn court(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let Some(order) = overriding(t, v.pack.currency(), form, "court") else { return Ok(Deed::Refused) };
    let decision = decision_of(read, form)?;
    let allowed = read.permit(v, Action::ApproveDecision).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, object::Fault, |tx| {
        object::court_order(tx, &desk, v.who, &allowed, decision, order.clone()).await
    });
    match run {
        Ok(put) => Ok(Deed::Done(put_word(put), false)),
        Err(fault) => Ok(refused(form, of_object(t, v, fault)?)),
    }
}

/// Settles what two sources say differently.
async fn differ(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let n: usize = form.get("number").parse().map_err(|_| Trouble::Absent)?;
    let task: TaskId = form.get("task").parse().map_err(|_| Trouble::Absent)?;
    let opened = read.opened(v, t);
    let both = opened.both();
    let Some((_, about)) = both.iter().find(|(known, _)| known.id == task) else {
        return Ok(refused(form, Said::Changed(t.t("work-fault-done").into_owned())));
    };
    let why = form.required(t, &format!("why-{n}"), settle::LONGEST);
    let field = format!("finding-{n}");
    let follow = match form.get(&format!("follow-{n}")) {
        "held" => Some(Follow::Held),
        "agency" => Some(Follow::Agency),
        "finding" => {
            let asked = opened.question(about.subject, &about.item, field.clone());
            let value = asked.and_then(|q| question::read(t, form, &field, &q.kind));
            if value.is_none() {
                form.refuse(&field, t.t("error-field-empty"));
            }
            value.map(Follow::Finding)
        }
        _ => {
            form.refuse(&format!("follow-{n}"), t.t("error-choose"));
            None
        }
    };
    let (Some(follow), true) = (follow, form.is_fine()) else { return Ok(Deed::Refused) };
    let allowed = read.permit(v, Action::WorkCase).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, settle::Fault, |tx| {
        settle::contradiction(tx, &desk, v.who, &allowed, task, follow.clone(), &why).await
    });
    match run {
        Ok(_) => Ok(Deed::Done("settled", both.len() > 1)),
        Err(fault) => Ok(refused(form, of_settle(t, fault)?)),
    }
}

/// The findings typed into the fields of a form; a field left empty is not found out.
fn findings(t: Text, read: &Read, form: &mut Form, questions: &[Question]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (n, need) in read.view.needs.iter().enumerate() {
        let asked = questions.iter().find(|q| q.field.rsplit_once('-').is_some_and(|(_, at)| at == n.to_string()));
        let Some(q) = asked else { continue };
        if let Some(value) = question::read(t, form, &q.field, &q.kind) {
            findings.push(Finding { subject: need.subject, item: need.item.clone(), value, from: None });
        }
    }
    findings
}

fn how(t: Text, form: &mut Form, field: &str) -> Option<How> {
    let how = form.get(field).parse().ok();
    if how.is_none() {
        form.refuse(field, t.t("error-choose"));
    }
    how
}

async fn gap(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let task: TaskId = form.get("task").parse().map_err(|_| Trouble::Absent)?;
    // The fields are numbered by what was wanted then: a form sent again must not be read by what is wanted now.
    if read.view.tasks.iter().any(|known| known.id == task && known.status != TaskStatus::Open) {
        return Ok(refused(form, Said::Changed(t.t("work-fault-done").into_owned())));
    }
    let how = how(t, form, "gap-how");
    let said = form.required(t, "gap-words", settle::LONGEST);
    let found = findings(t, read, form, &read.opened(v, t).questions("gap"));
    let (Some(how), true) = (how, form.is_fine()) else { return Ok(Deed::Refused) };
    if !read.view.tasks.iter().any(|known| known.id == task) {
        return Err(Trouble::Absent);
    }
    let allowed = read.permit(v, Action::WorkCase).await?;
    let desk = v.desk();
    let run = transact!(v.state.db, settle::Fault, |tx| {
        settle::gap(tx, &desk, v.who, &allowed, task, &found, how, &said).await
    });
    match run {
        Ok(_) => Ok(Deed::Done("settled", false)),
        Err(fault) => Ok(refused(form, of_settle(t, fault)?)),
    }
}

async fn note(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let how = how(t, form, "note-how");
    let said = form.required(t, "note-words", settle::LONGEST);
    let found = findings(t, read, form, &read.opened(v, t).questions("note"));
    let papers: Vec<EvidenceId> = form.all("paper").filter_map(|id| id.parse().ok()).collect();
    let (Some(how), true) = (how, form.is_fine()) else { return Ok(Deed::Refused) };
    let allowed = read.permit(v, Action::WorkCase).await?;
    let (desk, case) = (v.desk(), read.view.case.id);
    let run = transact!(v.state.db, settle::Fault, |tx| {
        settle::note(tx, &desk, v.who, &allowed, case, how, &said, &found, &papers).await
    });
    match run {
        Ok(()) => Ok(Deed::Done("noted", true)),
        Err(fault) => Ok(refused(form, of_settle(t, fault)?)),
    }
}

async fn take_back(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let reason = form.required(t, "withdraw-words", 2_000);
    if !form.is_fine() {
        return Ok(Deed::Refused);
    }
    let case = &read.view.case;
    let allowed = [read.permit_applicant(v, Action::KeyInForPerson).await?];
    let input = withdraw::Input { application: case.application, cases: Some(vec![case.id]), reason: Some(reason) };
    let desk = v.desk();
    let run =
        transact!(v.state.db, withdraw::Fault, |tx| withdraw::run(tx, &desk, v.who, &allowed, input.clone()).await);
    match run {
        Ok(_) => Ok(Deed::Done("withdrawn", false)),
        Err(fault) => Ok(refused(form, of_withdraw(t, fault)?)),
    }
}

async fn died(v: &Viewer<'_>, t: Text, read: &Read, form: &mut Form) -> Result<Deed, Trouble> {
    let why = form.required(t, "died-words", 2_000);
    let after = match form.get("heir") {
        "close" => Some(follow::After::Close),
        id => id.parse().ok().map(follow::After::CarryOn),
    };
    if after.is_none() {
        form.refuse("heir", t.t("error-choose"));
    }
    let (Some(after), true) = (after, form.is_fine()) else { return Ok(Deed::Refused) };
    let allowed = [read.permit(v, Action::WorkCase).await?];
    let (desk, case) = (v.desk(), read.view.case.id);
    let run = transact!(v.state.db, follow::Fault, |tx| {
        follow::settle(tx, &desk, v.who, &allowed, case, after.clone(), &why).await
    });
    match run {
        Ok(()) => Ok(Deed::Done("settled", false)),
        Err(fault) => Ok(refused(form, of_follow(t, fault)?)),
    }
}
