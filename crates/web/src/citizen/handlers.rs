//! Requests of a signed-in family: my family, my offers, who looked.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Redirect, Response};
use casework::accept::{self, Given, Tap};
use casework::model::{NeededFor, Subject};
use casework::{read, refuse};
use guard::log::Position;
use guard::{Action, Allowed, Purpose, Resource};
use kernel::{HouseholdId, OfferId, PersonId};
use registry::AsOf;
use registry::kin::Relation as Kin;
use rules::schema::Entity;
use store::transact;

use super::question::{self, Kind, Question};
use super::{family, life_event_handlers as life_events, looked, offers};
use crate::components::entitlement::{Entitlement, Fact};
use crate::components::frame::Frame;
use crate::explain::{Story, plain, shown, type_of};
use crate::form::Form;
use crate::household::{self, Opened, Want, name};
use crate::request::{Session, role_key};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The person an account belongs to, and their household today.
pub(crate) async fn home(v: &Viewer<'_>) -> Result<(PersonId, HouseholdId), Trouble> {
    let person = v.who.person.ok_or(Trouble::NoPerson)?;
    let mut tx = v.state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let household = registry::read::household_of(&mut tx, person, AsOf::latest(v.today())).await?;
    Ok((person, household.ok_or(Trouble::Absent)?))
}

/// Where a signed-in person begins.
pub(crate) async fn me(session: Session) -> Redirect {
    use crate::components::frame::Area;
    Redirect::to(match crate::request::areas(session.who.role).first() {
        Some(Area::Citizen) => "/offers",
        Some(Area::Visits) => "/visits/day",
        Some(Area::Supervision) => "/visits/families",
        Some(Area::Official) => "/official/search",
        Some(Area::Finance) => "/finance/runs",
        Some(Area::Privacy) => "/privacy/log",
        Some(Area::Operator) => "/admin/import",
        Some(Area::Analyst) | None => "/programmes",
    })
}

/// My family.
pub(crate) async fn my_family(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let done = Form::of_query(query.as_deref()).get("done") == "contact";
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let made = async {
        let (me, household) = home(&v).await?;
        let opened = household::open(&v, household, AsOf::latest(v.today()), Want::Record).await?;
        Ok::<_, Trouble>(family_of(&v, &f, me, &opened, done))
    };
    match made.await {
        Ok(vm) => family::page_of(&f, &vm).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

fn family_of(v: &Viewer<'_>, f: &Frame, me: PersonId, opened: &Opened, done: bool) -> family::Family {
    let lang = f.t.lang();
    let record = &opened.record;
    let mine = record.member(me).map(|m| &m.person);
    let protected = opened.about.iter().any(|(p, r)| *p == me && r.protected);
    let residence = mine.and_then(|p| p.residence.as_ref());
    let mut members: Vec<family::Member> = record
        .members
        .iter()
        .map(|m| {
            let relation =
                if m.person.id == me { None } else { mine.and_then(|p| p.kin.iter().find(|k| k.other == m.person.id)) };
            family::Member {
                name: m.person.name(lang).to_owned(),
                relation_key: match (m.person.id == me, relation.map(|k| k.relation)) {
                    (true, _) => "relation-self",
                    (_, Some(Kin::Spouse | Kin::Partner)) => "relation-spouse",
                    (_, Some(Kin::Child)) => "relation-child",
                    (_, Some(Kin::Parent)) => "relation-parent",
                    (_, None) => "relation-other",
                },
                born: m.person.birth_date,
                age: m.person.birth_date.and_then(|born| age(born, v.today())),
                due: m.person.pregnancies.first().map(|p| p.due_date),
                facts: m.person.facts.iter().map(|fact| known(v, Entity::Person, fact)).collect(),
            }
        })
        .collect();
    members.sort_by_key(|m| m.relation_key != "relation-self");
    family::Family {
        address: residence.map(|r| full_address(v, f, r)),
        protected,
        members,
        facts: record.facts.iter().map(|fact| known(v, Entity::Household, fact)).collect(),
        done,
    }
}

/// Whole years of age.
pub(crate) fn age(born: kernel::Date, today: kernel::Date) -> Option<i64> {
    let years = i64::from(today.year()) - i64::from(born.year());
    let had_birthday = (today.month(), today.day()) >= (born.month(), born.day());
    let age = if had_birthday { years } else { years - 1 };
    (age >= 0).then_some(age)
}

/// Places from the largest to the smallest, then the line.
pub(crate) fn full_address(v: &Viewer<'_>, f: &Frame, residence: &registry::residence::Residence) -> String {
    let around = v.pack.ancestors(&residence.address.jurisdiction);
    let places = around.iter().rev().skip(1).map(|p| p.name.get(f.t.lang()));
    places.chain([residence.address.line.as_str()]).collect::<Vec<_>>().join(" ")
}

/// A recorded fact with its words.
pub(crate) fn known(v: &Viewer<'_>, entity: Entity, fact: &registry::Fact) -> Fact {
    let ty = type_of(&v.pack, entity, &fact.item);
    let story = Story { pack: &v.pack, names: &[] };
    Fact {
        name: v.pack.name_of(entity, &fact.item).cloned().unwrap_or_else(|| plain(&fact.item)),
        whose: None,
        value: shown(&v.pack, ty.as_ref(), Some(&value(&fact.value))),
        source: story.source(&fact.stamp.origin.source),
        since: Some(fact.stamp.valid.from).filter(|d| *d != registry::BEGINNING),
    }
}

/// A recorded value as the rules know it.
pub(crate) fn value(value: &registry::FactValue) -> rules::schema::Value {
    use registry::FactValue as From;
    use rules::schema::Value;
    match value.clone() {
        From::Boolean(v) => Value::Boolean(v),
        From::Integer(v) => Value::Integer(v),
        From::Decimal(v) => Value::Decimal(v),
        From::Money(v) => Value::Money(v),
        From::Date(v) => Value::Date(v),
        From::Text(v) => Value::Text(v),
        From::Code(v) => Value::Code(v),
    }
}

/// My offers. `accepted` and `refused` in the address name what was just done.
pub(crate) async fn my_offers(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    axum::extract::RawQuery(query): axum::extract::RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    let done = Form::of_query(query.as_deref());
    show_offers(&v, &f, Form::default(), Some(&done)).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn show_offers(v: &Viewer<'_>, f: &Frame, form: Form, done: Option<&Form>) -> Result<Response, Trouble> {
    let (_, household) = home(v).await?;
    let opened = household::open(v, household, AsOf::latest(v.today()), Want::Everything).await?;
    let vm = offers_of(v, f, &opened, done);
    Ok((form.status(), offers::page_of(f, &form, &vm)).into_response())
}

fn offers_of(v: &Viewer<'_>, f: &Frame, opened: &Opened, done: Option<&Form>) -> offers::Offers {
    let lang = f.t.lang();
    let explained = opened.explained(v, lang);
    let mut list = opened.offers(v, lang, &explained);
    list.reverse();
    // The best set first, then what gives way; larger sums before smaller ones.
    list.sort_by_key(|o| (o.entitlement.dropped(), std::cmp::Reverse(yearly(&o.entitlement))));
    let offered =
        |e: &Entitlement| list.iter().any(|o| o.entitlement.programme == e.programme && o.entitlement.whose == e.whose);
    let rest: Vec<Entitlement> = explained.iter().map(|(_, e)| e.clone()).filter(|e| !offered(e)).collect();
    let (open, no): (Vec<_>, Vec<_>) = rest
        .into_iter()
        .partition(|e| matches!(e.answer, rules::outcome::Answer::CannotTell | rules::outcome::Answer::Error));
    let no = no.into_iter().filter(|e| e.answer == rules::outcome::Answer::No).collect();
    let names = |key: &str| -> Vec<String> {
        let Some(done) = done else { return Vec::new() };
        let named = done.all(key).filter_map(|id| list.iter().find(|o| o.id == id));
        named.map(|o| o.entitlement.name.get(lang).to_owned()).collect()
    };
    let (accepted, refused) = (names("accepted"), names("refused"));
    let waiting: Vec<&casework::read::OfferShown> =
        opened.offers.iter().filter(|o| o.status == casework::model::OfferStatus::Open).collect();
    let (questions, more) = needed(v, f, opened, &waiting);
    offers::Offers {
        because: because(v, f, opened),
        elsewhere: newest(opened).and_then(|e| life_events::elsewhere(&v.pack, e.kind.word())),
        questions,
        more,
        offers: list,
        open,
        no,
        done: (!accepted.is_empty() || !refused.is_empty()).then_some((accepted, refused)),
        offset_hours: v.offset(),
    }
}

fn yearly(e: &Entitlement) -> i64 {
    e.amount.and_then(|(money, per)| Some(rules::combine::yearly(money?.minor, per))).unwrap_or(0)
}

/// The newest standing event.
fn newest(opened: &Opened) -> Option<&casework::model::LifeEvent> {
    opened.events.iter().find(|e| e.status == casework::model::EventStatus::Registered)
}

/// The newest standing event, as a sentence.
fn because(v: &Viewer<'_>, f: &Frame, opened: &Opened) -> Option<String> {
    let t = f.t;
    let event = newest(opened)?;
    let date = t.date(event.occurred_on);
    if event.kind == casework::model::Cause::Birth {
        let name = name(&opened.record, event.person, t.lang());
        return Some(t.with("offers-because-birth", &[("name", name.into()), ("date", date.into())]).into_owned());
    }
    let words = v.pack.events().get(event.kind.word()).map(|e| e.name.get(t.lang()).to_owned())?;
    Some(t.with("offers-because", &[("event", words.into()), ("date", date.into())]).into_owned())
}

/// What only the family can tell, each asked once for all waiting offers: what the certain ones need for the claim, and
/// what would settle the others.
fn needed(
    v: &Viewer<'_>,
    f: &Frame,
    opened: &Opened,
    waiting: &[&casework::read::OfferShown],
) -> (Vec<Question>, Vec<Question>) {
    let claim = |shown: &casework::read::OfferShown, needed: &casework::model::Needed| {
        needed.purpose == NeededFor::Claim && shown.offer.content.result == rules::outcome::Answer::Yes
    };
    let first = questions(v, f, opened, waiting, claim);
    let mut rest = questions(v, f, opened, waiting, |_, _| true);
    rest.retain(|q| !first.iter().any(|asked| asked.field == q.field));
    (first, rest)
}

fn questions(
    v: &Viewer<'_>,
    f: &Frame,
    opened: &Opened,
    waiting: &[&casework::read::OfferShown],
    wanted: impl Fn(&casework::read::OfferShown, &casework::model::Needed) -> bool,
) -> Vec<Question> {
    let applicant = v.who.person.filter(|_| !v.who.role.is_staff());
    let mut questions: Vec<Question> = Vec::new();
    for shown in waiting {
        let programme = v.pack.programmes().get(&shown.offer.programme).map(|p| p.name.clone());
        for needed in shown.needed(&v.pack, applicant).filter(|n| wanted(shown, n)) {
            let field = household::field(needed.subject, &needed.item);
            let decides = programme.clone().into_iter();
            match questions.iter_mut().find(|q| q.field == field) {
                Some(known) => known.decides.extend(decides.filter(|p| !known.decides.contains(p)).collect::<Vec<_>>()),
                None => questions.extend(asked(v, f, opened, needed.subject, &needed.item).map(|mut q| {
                    q.decides = decides.collect();
                    q
                })),
            }
        }
    }
    questions
}

/// The question for an item, if a person can answer it.
fn asked(v: &Viewer<'_>, f: &Frame, opened: &Opened, subject: Subject, item: &str) -> Option<Question> {
    let found = v.pack.item(household::entity(subject), item)?;
    let me = v.who.person.filter(|_| !v.who.role.is_staff()).map(|p| name(&opened.record, p, f.t.lang()));
    Some(Question {
        field: household::field(subject, item),
        ask: found.ask.clone()?,
        whose: subject.person().map(|p| name(&opened.record, p, f.t.lang())),
        kind: Kind::of_item(&v.pack, found, &me.unwrap_or_default()),
        decides: Vec::new(),
    })
}

/// Accepts or refuses: one by its own button, or all that are ticked.
pub(crate) async fn answer_offers(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    mut form: Form,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    match answer(&v, &f, &mut form).await {
        Ok(Some(done)) => Redirect::to(&done).into_response(),
        Ok(None) => show_offers(&v, &f, form, None).await.unwrap_or_else(|trouble| trouble.response(&state, &f)),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// The address to go to when something was done; `None` when the form is refused.
async fn answer(v: &Viewer<'_>, f: &Frame, form: &mut Form) -> Result<Option<String>, Trouble> {
    let t = f.t;
    let (me, household) = home(v).await?;
    let refusing: Vec<OfferId> = form.get("refuse").parse().into_iter().collect();
    let mut accepting: Vec<OfferId> = form.get("accept").parse().into_iter().collect();
    if refusing.is_empty() && accepting.is_empty() {
        accepting = form.all("offer").filter_map(|id| id.parse().ok()).collect();
    }
    if refusing.is_empty() && accepting.is_empty() {
        form.refuse("offers-list", t.t("error-offer-none"));
        return Ok(None);
    }
    let all: Vec<OfferId> = refusing.iter().chain(&accepting).copied().collect();
    let allowed = allow(v, me, &all, Action::AcceptOffer).await?;
    if accepting.is_empty() {
        let input = refuse::Input { person: me, offers: refusing.clone(), reason: None };
        let done: Result<u32, accept::Fault> =
            transact!(v.state.db, accept::Fault, |tx| refuse::run(tx, &v.desk(), v.who, &allowed, input.clone()).await);
        return settled(form, f, done.map(|_| ()), "refused", &refusing);
    }
    let opened = household::open(v, household, AsOf::latest(v.today()), Want::Entitlements).await?;
    let taps = taps(v, f, form, &opened, me, &accepting);
    if !form.is_fine() {
        return Ok(None);
    }
    let input = accept::Input { applicant: me, on_behalf: None, taps };
    let done: Result<accept::Done, accept::Fault> =
        transact!(v.state.db, accept::Fault, |tx| accept::run(tx, &v.desk(), v.who, &allowed, input.clone()).await);
    settled(form, f, done.map(|_| ()), "accepted", &accepting)
}

/// The guard's decisions on the people the offers are for; the household's own go by the one who acts.
pub(crate) async fn allow(
    v: &Viewer<'_>,
    actor: PersonId,
    ids: &[OfferId],
    action: Action,
) -> Result<Vec<Allowed>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let subjects = read::subjects(&mut tx, ids).await?;
    let mut persons: Vec<PersonId> = subjects.iter().map(|(_, _, person)| person.unwrap_or(actor)).collect();
    persons.sort_unstable();
    persons.dedup();
    let relations = registry::sight::relations(&mut tx, &sight, persons.iter().copied()).await?;
    drop(tx);
    let mut allowed = Vec::new();
    for person in persons {
        let relation = relations.get(&person).copied().ok_or(Trouble::Absent)?;
        let resource = Resource::person(person, relation).showing(["offer"]);
        allowed.push(v.state.guard.permit(v.who, action, &resource, &v.purpose).await?);
    }
    Ok(allowed)
}

/// The taps with the answers typed; an answer that cannot be read, or is missing for the claim, is refused in the form.
pub(crate) fn taps(
    v: &Viewer<'_>,
    f: &Frame,
    form: &mut Form,
    opened: &Opened,
    applicant: PersonId,
    accepting: &[OfferId],
) -> Vec<Tap> {
    let t = f.t;
    let mut taps = Vec::new();
    for id in accepting {
        let Some(shown) = opened.offers.iter().find(|o| o.offer.id == *id) else { continue };
        let mut answers = Vec::new();
        for needed in shown.needed(&v.pack, Some(applicant)) {
            let Some(q) = asked(v, f, opened, needed.subject, &needed.item) else { continue };
            match question::read(t, form, &q.field, &q.kind) {
                Some(value) => answers.push(Given { subject: needed.subject, item: needed.item.clone(), value }),
                None if needed.purpose == NeededFor::Claim
                    && shown.offer.content.result == rules::outcome::Answer::Yes
                    && form.error(&q.field).is_none()
                    && form.has(&q.field) =>
                {
                    form.refuse(&q.field, t.t("error-needed"));
                }
                None => {}
            }
        }
        let revision = form.get(&format!("rev-{id}")).parse().unwrap_or(0);
        taps.push(Tap { offer: *id, revision, answers });
    }
    taps
}

/// Where to go after; or the fault at its field.
fn settled(
    form: &mut Form,
    f: &Frame,
    done: Result<(), accept::Fault>,
    word: &str,
    ids: &[OfferId],
) -> Result<Option<String>, Trouble> {
    match done {
        Ok(()) => {
            let pairs = ids.iter().map(|id| (word, id.to_string()));
            let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
            Ok(Some(format!("/offers?{query}")))
        }
        Err(accept::Fault::Store(why)) => Err(why.into()),
        Err(fault) => {
            refuse_fault(form, f, &fault);
            Ok(None)
        }
    }
}

/// Says what is wrong with an answer to offers, at the offer or field it is about.
pub(crate) fn refuse_fault(form: &mut Form, f: &Frame, fault: &accept::Fault) {
    use accept::Fault;
    let t = f.t;
    let (offer, key) = match fault {
        Fault::Nothing | Fault::TooMany { .. } => (None, "error-offer-none"),
        Fault::NoReason => (None, "error-reason-short"),
        Fault::NotAMember => (None, "error-offer-member"),
        Fault::NoSuchOffer { offer } | Fault::Gone { offer, .. } => (Some(offer), "error-offer-gone"),
        Fault::NotAllowed { offer } => (Some(offer), "error-offer-not-yours"),
        Fault::Expired { offer, .. } => (Some(offer), "error-offer-expired"),
        Fault::NotYet { offer, .. } => (Some(offer), "error-offer-early"),
        Fault::Changed { offer, .. } => (Some(offer), "error-offer-changed"),
        Fault::Excludes { offer, .. } => (Some(offer), "error-offer-excludes"),
        Fault::NotAsked { offer, .. } | Fault::BadAnswer { offer, .. } => (Some(offer), "error-offer-answer"),
        Fault::Answer(_) => (None, "error-offer-answer"),
        Fault::Store(_) | Fault::Open(_) => (None, "error-internal-do"),
    };
    let field = offer.map_or_else(|| "offers-list".to_owned(), |id| format!("offer-{id}"));
    form.refuse(&field, t.t(key));
}

/// Who looked.
pub(crate) async fn who_looked(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let v = Viewer::new(&state, &session.who, Purpose::own_affairs());
    // An address that nobody made begins at the newest.
    let before = Form::of_query(query.as_deref()).get("before").parse().ok();
    match trail(&v, &f, before).await {
        Ok(vm) => looked::page_of(&f, &vm).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// How many looks are shown.
const LOOKS: usize = 200;

async fn trail(v: &Viewer<'_>, f: &Frame, before: Option<Position>) -> Result<looked::Looked, Trouble> {
    let me = v.who.person.ok_or(Trouble::NoPerson)?;
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let me = registry::read::surviving(&mut tx, me).await?;
    let relation = registry::sight::relations(&mut tx, &sight, [me]).await?.remove(&me).ok_or(Trouble::Absent)?;
    let ids = registry::merge::ids_of(&mut tx, me).await?;
    drop(tx);
    let guard = &v.state.guard;
    let sealed = guard.log().trail(&ids, v.now, before, LOOKS).await?;
    let resource = Resource::person(me, relation).showing(["trail"]);
    let trail = guard.reveal(v.who, Action::ViewOwnTrail, &resource, &v.purpose, sealed).await?;
    let story = Story { pack: &v.pack, names: &[] };
    let told = trail.entries.iter().map(|e| looked::Look {
        when: e.at,
        organisation: (e.role != Some(guard::Role::Citizen)).then(|| {
            e.organisation.as_deref().map_or_else(
                || f.t.t("looked-office-hidden").into_owned(),
                |o| story.agency(o).get(f.t.lang()).to_owned(),
            )
        }),
        role_key: e.role.map_or("looked-role-hidden", role_key),
        action_keys: vec![e.action.map_or("look-other", action_key)],
        purpose_key: e.purpose.map_or("look-other", crate::request::purpose_key),
        case: e.case.clone(),
        law: e.law.clone(),
        denied: !e.allowed,
        by_mandate: e.by_mandate,
    });
    let (own, looks): (Vec<_>, Vec<_>) =
        together(told).into_iter().partition(|look| look.organisation.is_none() && !look.by_mandate);
    Ok(looked::Looked {
        looks,
        own,
        withheld: trail.withheld.iter().map(|w| usize::try_from(w.count).unwrap_or(usize::MAX)).sum(),
        withheld_until: trail.withheld.iter().map(|w| w.until.date(v.offset())).max(),
        offset_hours: v.offset(),
        older: trail.older.map(|last| format!("/looked?before={last}")),
    })
}

/// Looks of one viewer within one minute, told as one: a page is opened in several steps.
fn together(looks: impl Iterator<Item = looked::Look>) -> Vec<looked::Look> {
    let mut out: Vec<looked::Look> = Vec::new();
    for look in looks {
        let same = |o: &looked::Look| {
            o.when.micros() / 60_000_000 == look.when.micros() / 60_000_000
                && (&o.organisation, o.role_key, o.purpose_key, o.denied, o.by_mandate)
                    == (&look.organisation, look.role_key, look.purpose_key, look.denied, look.by_mandate)
                && (&o.case, &o.law) == (&look.case, &look.law)
        };
        match out.last_mut().filter(|o| same(o)) {
            Some(last) => last
                .action_keys
                .extend(look.action_keys.iter().filter(|k| !last.action_keys.contains(k)).collect::<Vec<_>>()),
            None => out.push(look),
        }
    }
    out
}

/// The key of the message that names an action.
pub(crate) fn action_key(action: Action) -> &'static str {
    match action {
        Action::ViewHousehold => "look-view-household",
        Action::ViewPerson => "look-view-person",
        Action::ViewFacts => "look-view-facts",
        Action::ViewEntitlements => "look-view-entitlements",
        Action::ViewAddress => "look-view-address",
        Action::ViewProtection => "look-view-protection",
        Action::ProtectPerson | Action::EndProtection => "look-protect",
        Action::SearchPerson => "look-search",
        Action::ViewOwnTrail => "look-own-trail",
        Action::RegisterEvent => "look-register-event",
        Action::AcceptOffer => "look-accept-offer",
        Action::EditPerson | Action::KeyInForPerson => "look-change",
        Action::MergePersons => "look-merge",
        Action::BreakGlass => "look-break-glass",
        Action::AgencyPush | Action::RunStage => "look-agency",
        Action::ViewCase => "look-view-case",
        Action::WorkCase => "look-work-case",
        Action::ApproveDecision => "look-approve-decision",
        Action::AnswerComplaint => "look-answer-complaint",
        Action::Refer => "look-refer",
        Action::ViewReferral => "look-view-referral",
        Action::AnswerReferral => "look-answer-referral",
        Action::RefuseReferral => "look-refuse-referral",
        Action::AssignCases => "look-assign-cases",
        Action::ObjectDecision => "look-object-decision",
        Action::ReportChange => "look-report-change",
        Action::ViewPayment | Action::ManageRecovery => "look-view-payment",
        Action::ChangeAccount => "look-change-account",
        // One word for both: who looks over a shoulder must not learn that something is kept apart.
        Action::ViewVisits | Action::ViewKept => "look-visits",
        Action::RecordVisit => "look-visit-recorded",
        Action::ManageVisits | Action::JoinVisits => "look-visits-managed",
        Action::ViewPlan => "look-view-plan",
        Action::WorkPlan => "look-work-plan",
        Action::AnswerPlan => "look-answer-plan",
        Action::AgreePlan => "look-agree-plan",
        Action::AnswerSurvey => "look-survey",
        Action::ViewGroup => "look-view-group",
        Action::WorkGroup => "look-work-group",
        Action::JoinGroup => "look-join-group",
        Action::Import
        | Action::ViewCatalogue
        | Action::TryHousehold
        | Action::ReloadPack
        | Action::ViewLog
        | Action::VerifyLog
        | Action::ManageAccounts
        | Action::ManageRun
        | Action::ReleaseRun
        | Action::EraseLog
        | Action::ViewFigures
        | Action::TakeSnapshot
        | Action::WorkFindings
        | Action::WriteScenario
        | Action::PublishScenario
        | Action::ViewSurveys
        | Action::ExportStudy
        | Action::ViewIndicators
        | Action::ViewGroups
        | Action::ManageGroups
        | Action::ViewTeam
        | Action::ManageTeam
        | Action::ViewReflection
        | Action::WriteReflection => "look-other",
    }
}
