//! Requests about referrals by referrers, supervisors and families.

use axum::extract::{Path, RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use guard::{Action, Purpose, Resource, Role};
use kernel::{HouseholdId, PersonId, ReferralId};
use referral::link::Link;
use referral::model::{Act, Referral, Step};
use referral::read::{self, Named, Which, Whole};
use referral::{MOST_WORDS, change};
use registry::sight::relations;
use store::transact;

use super::work::{self, Done, Line, List, One};
use super::{desk, family, fault_key, need, office, purpose_kind, service};
use crate::citizen::cases::Home;
use crate::components::frame::Frame;
use crate::form::Form;
use crate::household::Want;
use crate::official::work_case_handlers::{days_until, forbidden, staff_names};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// How many referrals are listed at most.
const MOST: u32 = 200;

/// Whoever works on referrals, for the purpose of their role.
pub(super) fn viewer<'s>(state: &'s AppState, session: &'s Session, f: &Frame) -> Option<Viewer<'s>> {
    let kind = purpose_kind(session.who.role)?;
    Some(Viewer::new(state, &session.who, Purpose::new(kind, f.t.t("referral-purpose"))))
}

fn line(v: &Viewer<'_>, f: &Frame, n: &Named) -> Line {
    let (r, lang) = (&n.referral, f.t.lang());
    Line {
        id: r.id.to_string(),
        name: n.name.clone(),
        service: service(&v.pack, &r.service, lang),
        need: need(&v.pack, &r.need, lang),
        now: r.now.clone(),
        due: r.now.due.map(|(clock, day)| (clock, day, days_until(v, day))),
    }
}

fn done_key(query: Option<&str>) -> Option<&'static str> {
    match Form::of_query(query).get("done") {
        "sent" => Some("referral-done-sent"),
        "closed" => Some("referral-done-closed"),
        "withdrawn" => Some("referral-done-withdrawn"),
        "refused" => Some("referral-done-refused"),
        _ => None,
    }
}

/// The open referrals of the office.
pub(crate) async fn list(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let asked = Form::of_query(query.as_deref());
    let lead = matches!(session.who.role, Role::Approver | Role::VisitSupervisor);
    let (word, which) = match asked.get("which") {
        "mine" => ("mine", Which::Of(session.who.account)),
        "office" => ("office", Which::All),
        "escalated" => ("escalated", Which::Escalated),
        _ if lead => ("escalated", Which::Escalated),
        _ => ("mine", Which::Of(session.who.account)),
    };
    let made = async {
        let setting = v.setting();
        let mut tx = state.db.read().await?;
        let (seen, tier) = read::of_office(&mut tx, &desk(&v), &v.sight(&setting), which, MOST).await?;
        drop(tx);
        let resource = read::resource(&seen, tier);
        let open = state.guard.reveal(v.who, Action::ViewReferral, &resource, &v.purpose, seen.sealed).await?;
        Ok::<_, Trouble>(open.iter().map(|n| line(&v, &f, n)).collect())
    };
    match made.await {
        Ok(lines) => {
            let done = done_key(query.as_deref());
            work::list(&f, &List { which: word, household: None, done, lines }).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// The referrals of a household's members, each person's look by itself.
pub(crate) async fn of_household(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let id: HouseholdId = id.parse().map_err(|_| Trouble::Absent)?;
        let v = v.concerning(id).await?;
        let mut tx = state.db.read().await?;
        let members = registry::read::members(&mut tx, id, v.today()).await?;
        drop(tx);
        let mut lines = Vec::new();
        for person in members {
            lines.extend(of_person(&v, person).await?.iter().map(|n| line(&v, &f, n)));
        }
        let list = List { which: "", household: Some(id.to_string()), done: done_key(query.as_deref()), lines };
        Ok::<_, Trouble>(work::list(&f, &list).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// The referrals of a person that this viewer may see; the look is in the log before they come back.
async fn of_person(v: &Viewer<'_>, person: PersonId) -> Result<Vec<Named>, Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let (seen, tier) = read::of_person(&mut tx, &desk(v), &v.sight(&setting), person, MOST).await?;
    drop(tx);
    if seen.about.is_empty() {
        return Ok(Vec::new());
    }
    let resource = read::resource(&seen, tier);
    let open = v.state.guard.reveal(v.who, Action::ViewReferral, &resource, &v.purpose, seen.sealed).await?;
    Ok(open.into_inner())
}

/// One referral.
pub(crate) async fn one(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let done = done_key(query.as_deref());
    show(&v, &f, &id, &Form::default(), done).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn open(v: &Viewer<'_>, id: &str) -> Result<(Whole, Resource), Trouble> {
    let id: ReferralId = id.parse().map_err(|_| Trouble::Absent)?;
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let found = read::one(&mut tx, &desk(v), &v.sight(&setting), id).await?;
    drop(tx);
    let (seen, tier) = found.ok_or(Trouble::Absent)?;
    let resource = read::resource(&seen, tier);
    let open = v.state.guard.reveal(v.who, Action::ViewReferral, &resource, &v.purpose, seen.sealed).await?;
    Ok((open.into_inner(), resource))
}

async fn show(
    v: &Viewer<'_>,
    f: &Frame,
    id: &str,
    form: &Form,
    done: Option<&'static str>,
) -> Result<Response, Trouble> {
    let (whole, _) = open(v, id).await?;
    let r = &whole.named.referral;
    let mut tx = v.state.db.read().await?;
    // A partner's account is not one of ours: its people are not named.
    let names = staff_names(&mut tx, whole.steps.iter().filter_map(|s| s.account).collect()).await?;
    let home = registry::read::household_of(&mut tx, whole.named.person, registry::AsOf::latest(v.today())).await?;
    drop(tx);
    let mine = referral::Desk::office(&desk(v), v.who) == r.from;
    let vm = One {
        line: line(v, f, &whole.named),
        reason: r.reason.clone(),
        service_contact: v.pack.services().get(&r.service).map(|s| s.contact.clone()),
        contact: r.contact.clone(),
        shares: shares(r),
        agreed_on: r.agreed_on,
        expected_on: r.now.expected_on.filter(|_| !r.now.status.is_over()),
        link: Link::to(r).filter(|_| mine).map(|l| address(v, &l)),
        steps: whole.steps.iter().map(|s| step(s, s.account.and_then(|a| names.get(&a).cloned()))).collect(),
        // She who leads nurses sees to it that somebody sends the family elsewhere; whom they live with is not hers to read.
        instead: home
            .filter(|_| v.who.role != Role::VisitSupervisor)
            .map(|h| format!("/work/referrals/household/{h}/new?instead_of={}", r.id)),
        acts: mine,
        done,
        offset_hours: v.offset(),
    };
    Ok((form.status(), work::one(f, form, &vm)).into_response())
}

/// The address of a link, and the last day on which it is good.
fn address(v: &Viewer<'_>, link: &Link) -> (String, kernel::Date) {
    let last = link.until.plus_seconds(-1).date(v.offset());
    (format!("{}/r/{}", v.state.config.public_url, link.token(v.state.guard.keys())), last)
}

/// The keys of what the service learns.
fn shares(r: &Referral) -> Vec<&'static str> {
    let all = [
        (r.shares.name, "referral-share-name"),
        (r.shares.birth_date, "referral-share-birth-date"),
        (r.contact.is_some(), "referral-contact"),
    ];
    all.into_iter().filter(|(shared, _)| *shared).map(|(_, key)| key).collect()
}

fn step(s: &Step, who: Option<String>) -> Done {
    let key = match &s.act {
        None => "referral-did-request",
        Some(Act::Receive) => "referral-did-receive",
        Some(Act::Accept) => "referral-did-accept",
        Some(Act::Wait { .. }) => "referral-did-wait",
        Some(Act::Decline { .. }) => "referral-did-decline",
        Some(Act::Start) => "referral-did-start",
        Some(Act::Complete { .. }) => "referral-did-complete",
        Some(Act::Refuse { .. }) => "referral-did-refuse",
        Some(Act::Withdraw { .. }) => "referral-did-withdraw",
        Some(Act::Close { .. }) => "referral-did-close",
        Some(Act::Remind { .. }) => "referral-did-remind",
        Some(Act::Escalate { .. }) => "referral-did-escalate",
        Some(Act::Expire) => "referral-did-expire",
    };
    let (mut reason, mut outcome) = (None, None);
    match &s.act {
        Some(Act::Decline { reason: why, .. }) => reason = Some(*why),
        Some(Act::Complete { outcome: what, .. }) => outcome = Some(*what),
        _ => {}
    }
    let words = s.act.as_ref().and_then(Act::words).filter(|w| !w.is_empty()).map(str::to_owned);
    Done { key, by: s.by, who, words, reason, outcome, at: s.at }
}

/// Takes a referral back, closes it, or notes that the family refuses.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    let Some(v) = viewer(&state, &session, &f) else { return forbidden(&f) };
    let made = async {
        let (whole, resource) = open(&v, &id).await?;
        let id = whole.named.referral.id;
        let (act, done) = match form.get("do") {
            "refuse" => (Act::Refuse { words: String::new() }, "refused"),
            "withdraw" => (Act::Withdraw { words: form.required(f.t, "words", MOST_WORDS) }, "withdrawn"),
            "close" => (Act::Close { words: form.required(f.t, "words", MOST_WORDS), next: None }, "closed"),
            _ => return Err(Trouble::Absent),
        };
        if form.is_fine() {
            let allowed = state.guard.permit(v.who, Action::Refer, &resource, &v.purpose).await?;
            let revision = Some(whole.named.referral.now.revision);
            let outcome = transact!(state.db, change::Fault, |tx| {
                change::run(tx, &desk(&v), v.who, &allowed, id, revision, &act).await
            });
            match outcome {
                Ok(_) => return Ok(Redirect::to(&format!("/work/referrals/{id}?done={done}")).into_response()),
                Err(change::Fault::Store(why)) => return Err(why.into()),
                Err(why) => form.refuse("words", f.t.t(fault_key(&why).ok_or(Trouble::Absent)?)),
            }
        }
        show(&v, &f, &id.to_string(), &form, None).await
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}

/// The family's referrals: one's own and those of children one acts for.
pub(crate) async fn mine(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let done = query.is_some_and(|q| q == "done=refused");
    let made = async {
        let home = Home::open(&v, Want::Record).await?;
        let lang = f.t.lang();
        let mut list = Vec::new();
        for person in home.own() {
            list.extend(of_person(&v, person).await?.into_iter().map(|n| {
                let r = &n.referral;
                family::Mine {
                    id: r.id.to_string(),
                    name: (n.person != home.me).then(|| n.name.clone()),
                    service: service(&v.pack, &r.service, lang),
                    contact: v.pack.services().get(&r.service).map(|s| s.contact.clone()),
                    need: need(&v.pack, &r.need, lang),
                    reason: r.reason.clone(),
                    shares: shares(r),
                    from: office(&v.pack, &r.from, lang),
                    sent: r.requested_at,
                    expected_on: r.now.expected_on.filter(|_| !r.now.status.is_over()),
                    now: r.now.clone(),
                }
            }));
        }
        Ok::<_, Trouble>(family::page_of(&f, done, &list, v.offset()).into_response())
    };
    made.await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

/// The family refuses a referral.
pub(crate) async fn refuse(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let id: ReferralId = id.parse().map_err(|_| Trouble::Absent)?;
        if form.get("do") != "refuse" {
            return Err(Trouble::Absent);
        }
        let setting = v.setting();
        let mut tx = state.db.read().await?;
        // What this person may not see is not theirs to refuse.
        let seen = read::one(&mut tx, &desk(&v), &v.sight(&setting), id).await?;
        let (person, tier) = match (seen, read::about(&mut tx, id).await?) {
            (Some(_), Some(about)) => about,
            _ => return Err(Trouble::Absent),
        };
        let about = relations(&mut tx, &v.sight(&setting), [person]).await?;
        drop(tx);
        let resource = Resource::people(about).at(tier).showing(["referral"]);
        let allowed = state.guard.permit(v.who, Action::RefuseReferral, &resource, &v.purpose).await?;
        let words = form.get("words").to_owned();
        let done = transact!(state.db, change::Fault, |tx| {
            let act = Act::Refuse { words: words.clone() };
            change::run(tx, &desk(&v), v.who, &allowed, id, None, &act).await
        });
        match done {
            Err(change::Fault::Store(why)) => Err(why.into()),
            Err(change::Fault::Nothing | change::Fault::NotAllowed) => Err(Trouble::Absent),
            // It ended meanwhile: the page shows how.
            Err(_) => Ok(Redirect::to("/referrals").into_response()),
            Ok(_) => Ok(Redirect::to("/referrals?done=refused").into_response()),
        }
    };
    made.await.unwrap_or_else(|trouble: Trouble| trouble.response(&state, &f))
}
