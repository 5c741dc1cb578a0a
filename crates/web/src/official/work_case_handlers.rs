//! Requests for one case: the page, the next of the list, papers, decision files, the cases of a household.

use std::collections::{BTreeMap, BTreeSet};

use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use casework::case::view::{self, CaseView};
use casework::case::worklist;
use casework::decide::file;
use casework::determine::Slice;
use casework::evidence::{self, Paper};
use guard::account::{self, AccountError};
use guard::{Action, Allowed, Purpose, PurposeKind, Relation, Resource, Role, Tier};
use kernel::{AccountId, CaseId, Currency, DecisionId, EntitlementId, EvidenceId, HouseholdId, PersonId};
use payment::model::Standing;
use store::Tx;
use text::Text;

use super::work::Way;
use super::work_acts::STRETCHES;
use super::work_case::{self, Case, OfHousehold};
use super::work_review::{self, Reviewing, may_review, reader};
use super::work_view::{Opened, stage_key};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::form::Form;
use crate::household::entity;
use crate::request::{Session, purpose_cookie, purpose_key};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// For which purpose a role looks at cases; `None`: it does not.
pub(crate) fn purpose_kind(role: Role) -> Option<PurposeKind> {
    match role {
        Role::CounterOfficial => Some(PurposeKind::CounterService),
        Role::Caseworker => Some(PurposeKind::Casework),
        Role::Approver => Some(PurposeKind::Approval),
        Role::Citizen
        | Role::Finance
        | Role::Analyst
        | Role::Nurse
        | Role::VisitSupervisor
        | Role::PrivacyOfficer
        | Role::Administrator
        | Role::AgencySystem => None,
    }
}

/// What a request for a case runs into before it is one.
pub(crate) fn forbidden(f: &Frame) -> Response {
    Fault::Forbidden(None).response(f)
}

/// Everything read of a case, opened.
pub(crate) struct Read {
    pub(crate) view: CaseView,
    pub(crate) about: Vec<(PersonId, Relation)>,
    names: BTreeMap<PersonId, String>,
    staff: BTreeMap<AccountId, String>,
    papers: Vec<Paper>,
    officials: Option<Vec<(String, String)>>,
    /// The entitlement that the case pays, and how it stands.
    pub(super) paid: Option<(EntitlementId, Standing)>,
}

/// The viewer of a case: for the purpose of their role, tied to the case, with their open tasks.
pub(crate) async fn viewer<'s>(
    state: &'s AppState,
    session: &'s Session,
    t: Text,
    kind: PurposeKind,
    id: CaseId,
) -> Result<Viewer<'s>, Trouble> {
    let mut tx = state.db.read().await?;
    let (household, _) = view::concerned(&mut tx, id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    let purpose = Purpose::new(kind, t.t("work-purpose-case")).with_case(id.to_string());
    Viewer::new(state, &session.who, purpose).concerning(household).await
}

/// Reads and opens a case. The look is in the log before anything comes back.
pub(crate) async fn read(v: &Viewer<'_>, id: CaseId) -> Result<Read, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let seen = view::one(&mut tx, &v.desk(), &sight, id).await?.ok_or(Trouble::Absent)?;
    let about = seen.about.clone();
    let people: Vec<PersonId> = about.iter().map(|(p, _)| *p).collect();
    let names = registry::read::names(&mut tx, people, v.today()).await?;
    // Only how sensitive it is, and with which application papers came, leaves the seal before the log has the look.
    let (mut sensitive, mut bare) = (false, None);
    let mut seen = seen.map(|case| {
        sensitive = is_sensitive(v, &case);
        bare = Some(case.case.clone());
        (case, names)
    });
    bare.iter().for_each(|case| v.reviews(case, &mut seen.about));
    let papers = match bare.as_ref().map(|c| c.application) {
        Some(application) => evidence::list(&mut tx, &sight, application).await?,
        None => None,
    };
    drop(tx);
    let tier = if sensitive { Tier::Sensitive } else { Tier::Benefits };
    let resource = seen.resource().at(tier).showing(["case", "facts", "reasons"]);
    let (view, names) =
        v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?.into_inner();
    let papers = match papers {
        Some(mut seen) => {
            bare.iter().for_each(|case| v.reviews(case, &mut seen.about));
            let resource = Resource::people(seen.about.iter().copied()).showing(["evidence"]);
            v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?.into_inner()
        }
        None => Vec::new(),
    };
    let mut tx = v.state.db.read().await?;
    let staff = staff_names(&mut tx, accounts(&view)).await?;
    let paid = payment::pass_on::of_case(&mut tx, view.case.subject.uuid(), id).await?.map(|e| (e.id, e.standing));
    let officials = if v.who.role == Role::Approver { Some(officials(&mut tx, v).await?) } else { None };
    Ok(Read { view, about, names, staff, papers, officials, paid })
}

/// Whether a fact of the most sensitive kind is among what a case shows.
fn is_sensitive(v: &Viewer<'_>, case: &CaseView) -> bool {
    let last = case.determinations.last().map(|d| &d.determined);
    let reasons = case.now.as_ref().or(last).into_iter().flat_map(|d| &d.reasons);
    let facts = reasons.flat_map(|r| r.facts.iter().map(|f| (f.subject, f.item.as_str())));
    let needs = case.needs.iter().map(|n| (n.subject, n.item.as_str()));
    let asked = case.requests.iter().flat_map(|r| r.items.iter().map(|(s, i)| (*s, i.as_str())));
    facts.chain(needs).chain(asked).any(|(s, item)| v.pack.item(entity(s), item).is_none_or(|i| i.tier >= 3))
}

fn accounts(view: &CaseView) -> BTreeSet<AccountId> {
    let steps = view.steps.iter().flat_map(|s| {
        let given = s.detail.get("to").and_then(|v| v.as_str()).and_then(|v| v.parse().ok());
        s.account.into_iter().chain(given)
    });
    let decisions = view.decisions.iter().flat_map(|d| d.prepared_by.into_iter().chain(d.decided_by));
    steps.chain(decisions).chain(view.case.assigned_to).collect()
}

/// The names of officials.
pub(crate) async fn staff_names(
    tx: &mut Tx,
    accounts: BTreeSet<AccountId>,
) -> Result<BTreeMap<AccountId, String>, Trouble> {
    let mut names = BTreeMap::new();
    for id in accounts {
        names.extend(account::by_id(tx, id).await.map_err(trouble)?.map(|a| (id, a.name)));
    }
    Ok(names)
}

/// What an account that cannot be read means for a page.
pub(crate) fn trouble(fault: AccountError) -> Trouble {
    match fault {
        AccountError::Store(why) => why.into(),
        AccountError::Log(why) => why.into(),
        other => store::StoreError::Driver(other.to_string()).into(),
    }
}

/// Who works on cases in the viewer's office: id and name.
pub(crate) async fn officials(tx: &mut Tx, v: &Viewer<'_>) -> Result<Vec<(String, String)>, Trouble> {
    let desk = v.desk();
    let (organisation, district) = worklist::office(&desk, v.who);
    let here = |place: Option<&str>| district.is_none() || place.map(|p| desk.office_of(p)) == district;
    let staff = account::staff(tx, &organisation).await.map_err(trouble)?;
    let mut all: Vec<(String, String)> = staff
        .into_iter()
        .filter(|(_, _, d)| matches!(d.role, Role::Caseworker | Role::Approver) && here(d.jurisdiction.as_deref()))
        .map(|(id, name, _)| (id.to_string(), name))
        .collect();
    all.dedup();
    Ok(all)
}

impl Read {
    /// The guard's decision on an act about the case.
    pub(crate) async fn permit(&self, v: &Viewer<'_>, action: Action) -> Result<Allowed, Trouble> {
        let person = casework::decide::official::of(&self.view.case);
        let relation = self.about.iter().find(|(p, _)| *p == person).map(|(_, r)| *r).ok_or(Trouble::Absent)?;
        let resource = Resource::person(person, relation).showing(["case"]);
        Ok(v.state.guard.permit(v.who, action, &resource, &v.purpose).await?)
    }

    /// The same about who applied.
    pub(crate) async fn permit_applicant(&self, v: &Viewer<'_>, action: Action) -> Result<Allowed, Trouble> {
        let person = self.view.case.applicant;
        let relation = self.about.iter().find(|(p, _)| *p == person).map(|(_, r)| *r).ok_or(Trouble::Absent)?;
        let resource = Resource::person(person, relation).showing(["case"]);
        Ok(v.state.guard.permit(v.who, action, &resource, &v.purpose).await?)
    }

    /// Whom the case is about.
    pub(crate) fn name(&self) -> String {
        self.names.get(&casework::decide::official::of(&self.view.case)).cloned().unwrap_or_default()
    }

    pub(crate) fn opened<'a>(&'a self, v: &'a Viewer<'a>, t: Text) -> Opened<'a> {
        Opened { v, t, view: &self.view, names: &self.names, staff: &self.staff, paid: self.paid.map(|(_, s)| s) }
    }

    fn page(&self, v: &Viewer<'_>, t: Text, way: Way, asked: &Form) -> Case {
        let (o, case) = (self.opened(v, t), &self.view.case);
        let lang = t.lang();
        let programme = v.pack.programmes().get(&case.programme);
        let (holds, decisions) = o.decisions();
        let name = |p: PersonId| self.names.get(&p).cloned().unwrap_or_default();
        let received = [
            ("name", name(case.applicant).into()),
            ("date", t.date(case.applied_on).into()),
            ("how", t.t(channel_key(case.channel)).into()),
        ];
        let due = self.view.due_on.filter(|_| !case.stage.is_closed());
        Case {
            id: case.id.to_string(),
            way,
            programme: programme.map_or_else(|| case.programme.clone(), |p| p.name.get(lang).to_owned()),
            name: self.name(),
            household: format!("/work/case/{}/household", case.id),
            stage: t.t(stage_key(case.stage)).into_owned(),
            due: due.map(|day| (day, days_until(v, day))),
            paused: case.paused_on.is_some(),
            has: case.assigned_to.map(|a| self.staff.get(&a).cloned().unwrap_or_default()).unwrap_or_default(),
            received: t.with("work-received", &received).into_owned(),
            purpose: t.t(purpose_key(v.purpose.kind)).into_owned(),
            done: done(t, asked),
            says: o.says(),
            holds,
            decisions,
            asked: o.asked(),
            papers: o.papers(&self.papers),
            objections: o.objections(),
            steps: o.steps(),
            acts: o.acts(self.officials.clone()),
        }
    }

    /// What an official starts from who decides otherwise: the rules' own sums.
    fn prefill(&self, form: &mut Form, currency: Currency) {
        let now = self.view.now.as_ref().map(|d| &d.slices[..]);
        let holds = self.view.decisions.iter().rev().find(|d| d.decided_at.is_some()).map(|d| &d.content.slices[..]);
        for prefix in ["other", "review", "court"] {
            lay_out(form, currency, prefix, now.or(holds).unwrap_or_default());
        }
    }
}

fn lay_out(form: &mut Form, currency: Currency, prefix: &str, slices: &[Slice]) {
    for (n, slice) in slices.iter().take(STRETCHES).enumerate() {
        form.set(&format!("{prefix}-from-{n}"), slice.from.to_string());
        let last = slice.until.and_then(|u| u.yesterday().ok());
        form.set(&format!("{prefix}-last-{n}"), last.map(|d| d.to_string()).unwrap_or_default());
        form.set(&format!("{prefix}-sum-{n}"), currency.plain(slice.minor));
    }
}

fn channel_key(channel: casework::case::Channel) -> &'static str {
    use casework::case::Channel;
    match channel {
        Channel::Online => "work-channel-online",
        Channel::Counter => "work-channel-counter",
        Channel::Post => "work-channel-post",
        Channel::Api => "work-channel-api",
    }
}

/// Days from today to a day.
pub(crate) fn days_until(v: &Viewer<'_>, day: kernel::Date) -> i64 {
    i64::from((day - v.today()).get_days())
}

/// What a redirect had to say, and the case it was about.
pub(crate) fn done(t: Text, asked: &Form) -> Option<(String, Option<String>)> {
    let key = match asked.get("done") {
        "in-force" => "work-done-in-force",
        "approval" => "work-done-approval",
        "hearing" => "work-done-hearing",
        "no-news" => "work-done-no-news",
        "official" => "work-done-official",
        "settled" => "work-done-settled",
        "extended" => "work-done-extended",
        "noted" => "work-done-noted",
        "heard" => "work-done-heard",
        "stands" => "work-done-stands",
        "withdrawn" => "work-done-withdrawn",
        "taken" => "work-done-taken",
        "given" => "work-done-given",
        "held" => "work-done-held",
        "flows" => "work-done-flows",
        "last" => "work-done-last",
        _ => return None,
    };
    let before = asked.get("was").parse::<CaseId>().ok().map(|id| format!("/work/case/{id}"));
    Some((t.t(key).into_owned(), before))
}

/// The page of a case.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    reviewing: Reviewing,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = Form::of_query(query.as_deref());
    let way = Way::of(&asked);
    show_to(&state, &session, &f, &id, &reviewing, &way, &asked, None).await
}

/// Shows a case, with a refused form if there is one.
pub(crate) async fn show(
    state: &AppState,
    session: &Session,
    f: &Frame,
    id: &str,
    way: &Way,
    asked: &Form,
    refused: Option<(StatusCode, Form)>,
) -> Response {
    show_to(state, session, f, id, &Reviewing::default(), way, asked, refused).await
}

#[expect(clippy::too_many_arguments, reason = "who looks, at what, why, and what was typed")]
async fn show_to(
    state: &AppState,
    session: &Session,
    f: &Frame,
    id: &str,
    reviewing: &Reviewing,
    way: &Way,
    asked: &Form,
    refused: Option<(StatusCode, Form)>,
) -> Response {
    let Ok(id) = id.parse::<CaseId>() else { return Trouble::Absent.response(state, f) };
    let made = async {
        let Some(v) = reader(state, session, f.t, id, reviewing).await? else { return Ok(forbidden(f)) };
        let read = match read(&v, id).await {
            Err(trouble) if may_review(&v, id, &trouble).await? => {
                let asks = work_review::page_of(f, &Form::default(), &id.to_string());
                return Ok((StatusCode::FORBIDDEN, asks).into_response());
            }
            read => read?,
        };
        let page = read.page(&v, f.t, way.clone(), asked);
        Ok::<_, Trouble>(match refused {
            Some((status, form)) => (status, work_case::page_of(f, &form, &page)).into_response(),
            None => {
                let mut form = Form::default();
                read.prefill(&mut form, v.pack.currency());
                work_case::page_of(f, &form, &page).into_response()
            }
        })
    };
    made.await.unwrap_or_else(|trouble| trouble.response(state, f))
}

/// The case behind this one in the list it was opened from; the list when there is none.
pub(crate) async fn next(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = Form::of_query(query.as_deref());
    let Some(kind) = purpose_kind(session.who.role) else { return forbidden(&f) };
    let v = Viewer::new(&state, &session.who, Purpose::new(kind, f.t.t("work-purpose-list")));
    let way = Way::of(&asked);
    let said: Vec<(&str, &str)> =
        ["done", "was"].iter().map(|name| (*name, asked.get(name))).filter(|(_, value)| !value.is_empty()).collect();
    match following(&v, &way, &id).await {
        Ok(Some((case, after))) => {
            let to = way.behind(after).link(&format!("/work/case/{case}"));
            Redirect::to(&with(&to, &said)).into_response()
        }
        Ok(None) => {
            let said = if said.is_empty() { vec![("done", "last")] } else { said };
            Redirect::to(&with(&way.behind("").link("/work"), &said)).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// An address with more fields in its query.
pub(crate) fn with(address: &str, fields: &[(&str, &str)]) -> String {
    if fields.is_empty() {
        return address.to_owned();
    }
    let more = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    format!("{address}{}{more}", if address.contains('?') { '&' } else { '?' })
}

/// How many lines are looked at for the next case: a case may have several tasks.
const LOOK_AHEAD: u32 = 8;

async fn following(v: &Viewer<'_>, way: &Way, id: &str) -> Result<Option<(CaseId, String)>, Trouble> {
    let mut after = way.after.clone();
    // Lines left out of a page (the official's own family) must not end the list.
    for _ in 0..5 {
        let listed = super::work_handlers::listed(v, &way.behind(after.clone()), LOOK_AHEAD).await?;
        if let Some(line) = listed.lines.iter().find(|l| l.task.case.to_string() != id) {
            return Ok(Some((line.task.case, line.after.clone())));
        }
        match listed.next {
            Some(next) => after = next,
            None => return Ok(None),
        }
    }
    Ok(None)
}

/// A paper of a case, as it was handed in.
pub(crate) async fn paper(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((case, paper)): Path<(String, String)>,
    reviewing: Reviewing,
) -> Response {
    let (Ok(case), Ok(paper)) = (case.parse::<CaseId>(), paper.parse::<EvidenceId>()) else {
        return Trouble::Absent.response(&state, &f);
    };
    let opened = async {
        let v = reader(&state, &session, f.t, case, &reviewing).await?;
        let v = v.ok_or(Trouble::NoPerson)?;
        let setting = v.setting();
        let sight = v.sight(&setting);
        let mut tx = state.db.read().await?;
        // Only papers of the application the case came with: the purpose names the case.
        let of_case = view::one(&mut tx, &v.desk(), &sight, case).await?.ok_or(Trouble::Absent)?;
        let mut bare = None;
        let _sealed = of_case.map(|c| bare = Some(c.case));
        let found = evidence::person_of(&mut tx, paper).await?;
        if found.map(|(_, a)| a) != bare.as_ref().map(|c| c.application) {
            return Err(Trouble::Absent);
        }
        let (seen, tier) = match evidence::open(&mut tx, &v.desk(), &sight, paper).await {
            Ok(found) => found.ok_or(Trouble::Absent)?,
            Err(evidence::Fault::Store(why)) => return Err(why.into()),
            Err(evidence::Fault::Keys(why)) => return Err(store::StoreError::Driver(why.to_string()).into()),
            // Not scanned, removed: as if it were not there. The page of the case says so.
            Err(_) => return Err(Trouble::Absent),
        };
        drop(tx);
        let mut about = seen.about;
        bare.iter().for_each(|case| v.reviews(case, &mut about));
        let resource = Resource::people(about).at(tier).showing(["evidence"]);
        Ok(v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?.into_inner())
    };
    match opened.await {
        Ok(opened) => {
            let headers = [
                (header::CONTENT_TYPE, opened.paper.media.word()),
                (header::CONTENT_DISPOSITION, "inline"),
                (header::CACHE_CONTROL, "no-store"),
            ];
            (headers, opened.content).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// The file of a decision: facts, sources, rule versions, trace and notice, to be kept or replayed.
pub(crate) async fn decision_file(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path((case, decision)): Path<(String, String)>,
    reviewing: Reviewing,
) -> Response {
    let (Ok(case), Ok(decision)) = (case.parse::<CaseId>(), decision.parse::<DecisionId>()) else {
        return Trouble::Absent.response(&state, &f);
    };
    let written = async {
        let v = reader(&state, &session, f.t, case, &reviewing).await?;
        let v = v.ok_or(Trouble::NoPerson)?;
        let setting = v.setting();
        let sight = v.sight(&setting);
        let mut tx = state.db.read().await?;
        if view::case_of_decision(&mut tx, decision).await? != Some(case) {
            return Err(Trouble::Absent);
        }
        let sealed = file::export(&mut tx, &v.desk(), decision).await?.ok_or(Trouble::Absent)?;
        let persons: Vec<PersonId> = sealed.persons().to_vec();
        let about = registry::sight::relations(&mut tx, &sight, persons).await?;
        let mut about: Vec<_> = about.into_iter().collect();
        view::bare(&mut tx, case).await?.iter().for_each(|case| v.reviews(case, &mut about));
        drop(tx);
        let mut sensitive = false;
        let sealed = sealed.map(|file| {
            let of_household = file.basis.facts.iter().flat_map(|on| &on.facts.facts);
            let of_members = file.basis.facts.iter().flat_map(|on| on.facts.members.iter().flat_map(|m| &m.facts));
            // By the data dictionary under which it was decided; when that is gone, as the most delicate.
            let then = v.state.packs.by_hash(&file.pack_hash).ok();
            let delicate = |e, item: &str| then.as_ref().is_none_or(|p| p.item(e, item).is_some_and(|i| i.tier >= 3));
            sensitive = of_household.into_iter().any(|x| delicate(rules::schema::Entity::Household, &x.item))
                || of_members.into_iter().any(|x| delicate(rules::schema::Entity::Person, &x.item));
            file
        });
        let tier = if sensitive { Tier::Sensitive } else { Tier::Benefits };
        let resource = Resource::people(about).at(tier).showing(["decision_file"]);
        let file = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, sealed).await?.into_inner();
        serde_json::to_vec(&file).map_err(|e| store::StoreError::Driver(e.to_string()).into())
    };
    match written.await {
        Ok(json) => {
            let name = format!("attachment; filename=\"decision-{decision}.json\"");
            let headers = [
                (header::CONTENT_TYPE, "application/json".to_owned()),
                (header::CONTENT_DISPOSITION, name),
                (header::CACHE_CONTROL, "no-store".to_owned()),
            ];
            (headers, json).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// From a case to its household: the case is the purpose, so that nobody states one forty times a day.
pub(crate) async fn household(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let Some(kind) = purpose_kind(session.who.role) else { return forbidden(&f) };
    let Ok(case) = id.parse::<CaseId>() else { return Trouble::Absent.response(&state, &f) };
    let made = async {
        let mut tx = state.db.read().await?;
        let (household, _) = view::concerned(&mut tx, case).await?.ok_or(Trouble::Absent)?;
        drop(tx);
        let purpose = Purpose::new(kind, f.t.with("work-purpose-household-of", &[("case", id.as_str().into())]));
        let cookie = purpose_cookie(&purpose, state.config.public_url.starts_with("https"));
        let to = Redirect::to(&format!("/official/households/{household}"));
        Ok::<_, Trouble>(([(header::SET_COOKIE, cookie)], to).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// The cases of a household.
pub(crate) async fn of_household(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
) -> Response {
    let Some(kind) = purpose_kind(session.who.role) else { return forbidden(&f) };
    let Ok(household) = id.parse::<HouseholdId>() else { return Trouble::Absent.response(&state, &f) };
    let made = async {
        let purpose = Purpose::new(kind, f.t.t("work-purpose-household"));
        let v = Viewer::new(&state, &session.who, purpose).concerning(household).await?;
        let setting = v.setting();
        let sight = v.sight(&setting);
        let mut tx = state.db.read().await?;
        let seen = view::of_household(&mut tx, &v.desk(), &sight, household).await?.ok_or(Trouble::Absent)?;
        drop(tx);
        let resource = seen.resource().showing(["cases"]);
        let lines = v.state.guard.reveal(v.who, Action::ViewCase, &resource, &v.purpose, seen.sealed).await?;
        let lang = f.t.lang();
        let line = |l: &view::CaseLine| {
            let due = l.case.due_as_of(v.today()).filter(|_| !l.case.stage.is_closed());
            let notice = l.decision.as_ref().and_then(|d| d.notices.get(&lang).or_else(|| d.notices.values().next()));
            OfHousehold {
                href: format!("/work/case/{}", l.case.id),
                programme: v
                    .pack
                    .programmes()
                    .get(&l.case.programme)
                    .map_or_else(|| l.case.programme.clone(), |p| p.name.get(lang).to_owned()),
                stage: f.t.t(stage_key(l.case.stage)).into_owned(),
                due: due.map(|day| (day, days_until(&v, day))),
                holds: notice.map(|n| n.lead.clone()),
            }
        };
        let cases: Vec<OfHousehold> = lines.iter().map(line).collect();
        Ok::<_, Trouble>(work_case::of_household(&f, &id, &cases).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}
