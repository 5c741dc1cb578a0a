//! Requests about one case: looking, answering, handing in, speaking, taking back.

use axum::extract::{Multipart, Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::application::{mandate, withdraw};
use casework::case::view::{self, CaseView};
use casework::case::{Stage, StepKind, give};
use casework::decide::{self, DecisionStatus, official};
use casework::evidence;
use casework::investigate::{Request, RequestStatus, Whom};
use casework::model::Subject;
use guard::{Action, Allowed, Purpose, Resource};
use kernel::{CaseId, Date, PersonId};
use store::transact;

use super::{Home, agency, case, done, item, programme, setting};
use crate::citizen::question;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::{self, Want};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// A case opened for the family.
pub(crate) struct Open {
    pub(crate) home: Home,
    pub(crate) view: CaseView,
    /// Whether the signed-in person looks at it by a mandate of whose case it is.
    pub(crate) by_mandate: bool,
}

impl Open {
    /// Whom the guard is asked about for acts on the case.
    pub(crate) fn person(&self) -> PersonId {
        official::of(&self.view.case)
    }

    /// Whether the signed-in person may act in it: it is theirs, a child's they act for, or of whoever gave them a power.
    pub(crate) fn acts(&self) -> bool {
        self.acts_for(self.person())
    }

    /// Whether they may act for this person in it.
    fn acts_for(&self, person: PersonId) -> bool {
        let theirs = [self.person(), self.view.case.applicant].contains(&person);
        self.home.own().contains(&person) || (self.by_mandate && theirs)
    }

    /// Whether somebody in whose name it came may have things done by the signed-in person.
    fn applies_for(&self) -> bool {
        self.acts_for(self.view.case.applicant)
    }

    /// One decision of the guard about all these people together, a mandate for the case's programme counted in.
    pub(crate) async fn permit(
        &self,
        v: &Viewer<'_>,
        action: Action,
        persons: &[PersonId],
        what: &'static str,
    ) -> Result<Allowed, Trouble> {
        let setting = v.setting();
        let sight = v.sight(&setting);
        let mut tx = v.state.db.read().await?;
        let (desk, case) = (v.desk(), &self.view.case);
        let about = mandate::relations_in(&mut tx, &desk, &sight, case, persons.iter().copied()).await?;
        drop(tx);
        let resource = Resource::people(about).showing([what]);
        Ok(v.state.guard.permit(v.who, action, &resource, &v.purpose).await?)
    }
}

/// Opens a case; as if there were none when it is another adult's.
pub(crate) async fn open(v: &Viewer<'_>, id: CaseId) -> Result<Open, Trouble> {
    let home = Home::open(v, Want::Record).await?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let concerned = view::concerned(&mut tx, id).await?.ok_or(Trouble::Absent)?;
    let seen = view::one(&mut tx, &v.desk(), &sight, id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let by_mandate = seen.about.iter().any(|(_, r)| r.mandated);
    // A case of another household, or of another adult in this one, looks as if it were not there.
    if !by_mandate && concerned.0 != home.household && !home.own().contains(&concerned.1) {
        return Err(Trouble::Absent);
    }
    let resource = seen.resource().showing(["case"]);
    let view = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?.into_inner();
    if !by_mandate && !home.concerns(view.case.subject) {
        return Err(Trouble::Absent);
    }
    Ok(Open { home, view, by_mandate })
}

/// One case.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<CaseId>,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    page(&v, &f, id, &Form::default(), done(query)).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, id: CaseId, form: &Form, done: String) -> Result<Response, Trouble> {
    let open = open(v, id).await?;
    let vm = case::Case { done, ..model(v, f, &open) };
    Ok((form.status(), case::page_of(f, form, &vm)).into_response())
}

/// The page again with what is wrong, or on to the case with what was done.
async fn after(v: &Viewer<'_>, f: Frame, id: CaseId, form: Form, word: &str) -> Result<Response, Trouble> {
    if form.is_fine() {
        return Ok(Redirect::to(&format!("/cases/{id}?done={word}")).into_response());
    }
    page(v, &f, id, &form, String::new()).await
}

fn model(v: &Viewer<'_>, f: &Frame, open: &Open) -> case::Case {
    let (home, view) = (&open.home, &open.view);
    let (lang, it) = (f.t.lang(), &view.case);
    let running = !it.stage.is_closed();
    let asked = || view.needs.iter().filter(|n| running && n.whom == Whom::Person);
    let mine = |subject: Subject| match subject {
        Subject::Household(_) => open.applies_for(),
        Subject::Person(p) => open.acts_for(p),
    };
    let theirs = asked().filter(|n| !mine(n.subject)).filter_map(|n| home.whose(n.subject, lang));
    let mut others: Vec<String> = theirs.collect();
    others.sort();
    others.dedup();
    case::Case {
        id: it.id.to_string(),
        done: String::new(),
        name: programme(v, &it.programme),
        whose: home.whose(it.subject, lang),
        stage: it.stage,
        decides: agency(v, &it.agency),
        applied_on: it.applied_on,
        due: view.due_on,
        paused: it.paused_on.is_some(),
        questions: asked()
            .filter(|n| mine(n.subject))
            .filter_map(|n| home.question(v, lang, n.subject, &n.item))
            .collect(),
        others,
        papers: papers(v, f, open),
        agencies: view.requests.iter().map(|r| request(v, r)).collect(),
        steps: steps(view),
        decisions: view
            .decisions
            .iter()
            .rev()
            .filter(|d| is_told(d))
            .map(|d| (d.id.to_string(), d.content.kind, d.decided_at.map(|at| at.date(v.offset()))))
            .collect(),
        hearing: hearing(f, view),
        objections: view
            .objections
            .iter()
            .map(|o| case::Objection { received: o.received_on, due: o.due_on, status: o.status })
            .collect(),
        can_withdraw: running && open.applies_for(),
        offset_hours: v.offset(),
    }
}

/// Whether the family was told of it: what was only prepared is nobody's to read.
pub(crate) fn is_told(decision: &decide::Decision) -> bool {
    matches!(decision.status, DecisionStatus::InForce | DecisionStatus::Superseded)
}

/// What a paper may show: only what no agency can say.
fn papers(v: &Viewer<'_>, f: &Frame, open: &Open) -> Vec<(String, String)> {
    let (home, view) = (&open.home, &open.view);
    if view.case.stage.is_closed() || !open.applies_for() {
        return Vec::new();
    }
    let lang = f.t.lang();
    let asked = view.needs.iter().filter(|n| n.whom == Whom::Person).map(|n| (n.subject, n.item.clone()));
    let now = view.now.iter().flat_map(|d| d.reasons.iter()).flat_map(|r| r.facts.iter());
    let said = now.filter(|p| p.source.as_deref() == Some("self")).map(|p| (p.subject, p.item.clone()));
    let mut list: Vec<(String, String)> = Vec::new();
    for (subject, id) in asked.chain(said) {
        let owned = v.pack.item(household::entity(subject), &id).is_none_or(|i| i.owner.is_some());
        let field = household::field(subject, &id);
        if owned || list.iter().any(|(known, _)| *known == field) {
            continue;
        }
        let words = item(v, subject, &id).get(lang).to_owned();
        let words = match home.whose(subject, lang) {
            Some(whose) => format!("{words} ({whose})"),
            None => words,
        };
        list.push((field, words));
    }
    list
}

fn request(v: &Viewer<'_>, r: &Request) -> case::Agency {
    use RequestStatus as Status;
    let by = r.reply_by.date(v.offset());
    let ended = r.ended_at.unwrap_or(r.asked_at);
    // The same of several people is said once.
    let mut items: Vec<kernel::Words> = Vec::new();
    for (subject, id) in &r.items {
        let words = item(v, *subject, id);
        if !items.contains(&words) {
            items.push(words);
        }
    }
    case::Agency {
        name: agency(v, &r.agency),
        items,
        asked_at: r.asked_at,
        state: match r.status {
            Status::Waiting | Status::Pending if r.reply_by < v.now => case::Asked::Late(by),
            Status::Waiting | Status::Pending => case::Asked::Waiting(by),
            Status::Answered => case::Asked::Answered(ended),
            Status::TimedOut | Status::Refused => case::Asked::Failed(ended),
            Status::Cancelled => case::Asked::NotNeeded,
        },
    }
}

/// What happened, in words for the family: what officials do among themselves is left out, and agencies have their own list.
fn steps(view: &CaseView) -> Vec<case::Step> {
    let told = |kind: StepKind| {
        !matches!(
            kind,
            StepKind::Asked
                | StepKind::Answered
                | StepKind::Assigned
                | StepKind::Prepared
                | StepKind::SentBack
                | StepKind::Determined
        )
    };
    let mut list: Vec<case::Step> = Vec::new();
    for step in view.steps.iter().filter(|s| told(s.kind)) {
        let key = format!("case-step-{}", step.kind);
        if list.last().is_none_or(|last| last.key != key) {
            list.push(case::Step { at: step.at, key });
        }
    }
    list.reverse();
    list
}

fn hearing(f: &Frame, view: &CaseView) -> Option<case::Hearing> {
    if view.case.stage != Stage::Hearing {
        return None;
    }
    let planned = view.decisions.iter().rev().find(|d| d.status == DecisionStatus::Hearing);
    let notice = planned.and_then(|d| d.notices.get(&f.t.lang()).or_else(|| d.notices.values().next()));
    let opened = view.steps.iter().rposition(|s| s.kind == StepKind::HearingOpened).unwrap_or(0);
    let until = view.steps.get(opened).and_then(|s| s.detail.get("until")?.as_str()?.parse::<Date>().ok());
    Some(case::Hearing {
        until,
        planned: notice.map(|n| n.parts.clone()).unwrap_or_default(),
        spoke: view.steps.iter().skip(opened).any(|s| s.kind == StepKind::Heard),
    })
}

/// Answers what only the family can say.
pub(crate) async fn answer(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<CaseId>,
    form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    answered(&v, f.clone(), id, form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn answered(v: &Viewer<'_>, f: Frame, id: CaseId, mut form: Form) -> Result<Response, Trouble> {
    let t = f.t;
    let open = open(v, id).await?;
    let vm = model(v, &f, &open);
    let (mut answers, mut people) = (Vec::new(), Vec::new());
    for need in open.view.needs.iter().filter(|n| n.whom == Whom::Person) {
        let Some(q) = vm.questions.iter().find(|q| q.field == household::field(need.subject, &need.item)) else {
            continue;
        };
        if let Some(value) = question::read(t, &mut form, &q.field, &q.kind) {
            people.push(need.subject.person().unwrap_or(open.view.case.applicant));
            answers.push(give::Answer { subject: need.subject, item: need.item.clone(), value });
        }
    }
    if answers.is_empty() && form.is_fine() {
        let first = vm.questions.first().map_or("words", |q| q.field.as_str()).to_owned();
        form.refuse(&first, t.t("error-needed"));
    }
    if form.is_fine() {
        let allowed = open.permit(v, Action::AcceptOffer, &people, "answer").await?;
        let given: Result<(), give::Fault> =
            transact!(v.state.db, give::Fault, |tx| give::run(tx, &v.desk(), v.who, &allowed, id, &answers).await);
        match given {
            Ok(()) => {}
            Err(give::Fault::Store(why)) => return Err(why.into()),
            Err(fault) => {
                let first = vm.questions.first().map_or("words", |q| q.field.as_str()).to_owned();
                let field = match &fault {
                    give::Fault::BadAnswer { item, .. } => {
                        let at = answers.iter().find(|a| a.item == *item);
                        at.map_or(first, |a| household::field(a.subject, &a.item))
                    }
                    _ => first,
                };
                form.refuse(&field, t.t("case-error-answer"));
            }
        }
    }
    after(v, f, id, form, "answered").await
}

/// The family speaks before a worse decision.
pub(crate) async fn speak(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<CaseId>,
    mut form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let open = open(&v, id).await?;
        let words = form.required(f.t, "words", 4_000);
        if form.is_fine() {
            let allowed = open.permit(&v, Action::ObjectDecision, &[open.person()], "hearing").await?;
            let done: Result<(), official::Fault> = transact!(state.db, official::Fault, |tx| {
                official::hear(tx, &v.desk(), v.who, &allowed, id, &words).await
            });
            match done {
                Ok(()) => {}
                Err(official::Fault::Store(why)) => return Err(why.into()),
                Err(official::Fault::NoGround) => form.refuse("words", f.t.t("error-reason-short")),
                Err(_) => form.refuse("words", f.t.t("case-error-over")),
            }
        }
        after(&v, f.clone(), id, form, "spoke").await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// Takes one programme of an application back.
pub(crate) async fn take_back(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<CaseId>,
    mut form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let open = open(&v, id).await?;
        let reason = form.optional(f.t, "withdraw", 2_000);
        if form.is_fine() {
            let allowed = [open.permit(&v, Action::AcceptOffer, &[open.view.case.applicant], "withdrawal").await?];
            let input = withdraw::Input { application: open.view.case.application, cases: Some(vec![id]), reason };
            let done: Result<_, withdraw::Fault> = transact!(state.db, withdraw::Fault, |tx| {
                withdraw::run(tx, &v.desk(), v.who, &allowed, input.clone()).await
            });
            match done {
                Ok(_) => {}
                Err(withdraw::Fault::Store(why)) => return Err(why.into()),
                Err(_) => form.refuse("withdraw", f.t.t("case-error-over")),
            }
        }
        after(&v, f.clone(), id, form, "withdrawn").await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// Takes a paper where no agency can answer.
pub(crate) async fn hand_in(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<CaseId>,
    upload: Multipart,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let open = open(&v, id).await?;
        let (mut form, bytes) = read(upload).await;
        let shown = papers(&v, &f, &open);
        let chosen = shown.iter().any(|(value, _)| value == form.get("shows"));
        if !chosen {
            form.refuse("shows", f.t.t("error-choose"));
        }
        match bytes {
            Some(bytes) if chosen => keep(&v, &f, &open, &mut form, bytes).await?,
            Some(_) => {}
            None => form.refuse("file", f.t.t("case-error-file-none")),
        }
        after(&v, f.clone(), id, form, "paper").await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The fields of an upload and the bytes of its file; no bytes when none were chosen or the upload broke off.
async fn read(mut upload: Multipart) -> (Form, Option<Vec<u8>>) {
    let (mut form, mut bytes) = (Form::default(), None);
    while let Ok(Some(field)) = upload.next_field().await {
        match field.name() {
            Some("file") => bytes = field.bytes().await.ok().map(|b| b.to_vec()).filter(|b| !b.is_empty()),
            Some("shows") => form.set("shows", field.text().await.unwrap_or_default()),
            _ => {}
        }
    }
    (form, bytes)
}

async fn keep(v: &Viewer<'_>, f: &Frame, open: &Open, form: &mut Form, bytes: Vec<u8>) -> Result<(), Trouble> {
    let it = &open.view.case;
    let shows = form.get("shows").to_owned();
    let facts = open.view.needs.iter().map(|n| (n.subject, n.item.clone()));
    let now = open.view.now.iter().flat_map(|d| d.reasons.iter()).flat_map(|r| r.facts.iter());
    let all = facts.chain(now.map(|p| (p.subject, p.item.clone())));
    let Some((subject, item)) = all.into_iter().find(|(s, i)| household::field(*s, i) == shows) else {
        form.refuse("shows", f.t.t("error-choose"));
        return Ok(());
    };
    let checked = match evidence::check(v.state.config.scanner.as_ref(), bytes).await {
        Ok(checked) => checked,
        Err(refused) => {
            tracing::info!(%refused, "a paper was not taken");
            form.refuse("file", f.t.t("case-error-file"));
            return Ok(());
        }
    };
    let allowed = [open.permit(v, Action::AcceptOffer, &[it.applicant], "paper").await?];
    let person = subject.person().unwrap_or(it.applicant);
    let input = evidence::Input { application: it.application, case: Some(it.id), person, item, words: None };
    let connected = setting(v).connected;
    let kept: Result<_, evidence::Fault> = transact!(v.state.db, evidence::Fault, |tx| {
        evidence::add(tx, &v.desk(), v.who, &allowed, connected, &input, &checked).await
    });
    match kept {
        Ok(_) => Ok(()),
        Err(evidence::Fault::Store(why)) => Err(why.into()),
        Err(fault) => {
            tracing::info!(%fault, "a paper was not kept");
            form.refuse("file", f.t.t("case-error-file"));
            Ok(())
        }
    }
}
