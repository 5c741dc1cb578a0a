//! Requests of officials: search, the household on one screen, offers answered at the counter.

use axum::extract::{Path, RawQuery, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use casework::model::{Cause, EventStatus, Subject};
use casework::{accept, refuse};
use guard::{Action, Purpose, PurposeKind, Relation, Role};
use kernel::{Date, HouseholdId, Instant, OfferId, PersonId};
use registry::household::MemberRole;
use registry::person::Identifier;
use registry::search::{Query, SearchError};
use registry::{AsOf, HouseholdRecord};
use rules::schema::Entity;
use store::transact;

use super::{household as screen, search};
use crate::citizen::handlers::{age, allow, full_address, known, refuse_fault, taps};
use crate::citizen::life_event_handlers as life_events;
use crate::components::frame::Frame;
use crate::form::{Form, parse_date};
use crate::household::{self, Opened, Want, name};
use crate::request::{Session, Stated, purpose_cookie, purpose_key};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};
use crate::whereabouts::unprotected;

/// The purposes for which a role may look at families: word and message key.
fn purposes(role: Role) -> Vec<(&'static str, &'static str)> {
    let kinds: &[PurposeKind] = match role {
        Role::CounterOfficial => &[PurposeKind::CounterService],
        Role::Caseworker => &[PurposeKind::Casework, PurposeKind::Protection, PurposeKind::DataQuality],
        Role::Approver => &[PurposeKind::Approval],
        Role::Finance => &[PurposeKind::Payment],
        Role::Nurse => &[PurposeKind::HomeVisit],
        _ => &[],
    };
    kinds.iter().map(|kind| (kind.word(), purpose_key(*kind))).collect()
}

/// The empty search, with the purpose stated last.
pub(crate) async fn search_form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    RawQuery(query): RawQuery,
) -> Response {
    let form = match purpose {
        Some(p) => Form::of([("purpose", p.kind.word().to_owned()), ("reason", p.reason)]),
        None => Form::default(),
    };
    let page = search::Page {
        identifier: &identifier_name(&state.packs.current(), &f),
        purposes: &purposes(session.who.role),
        found: None,
        recorded: Form::of_query(query.as_deref()).get("done") == "protected",
    };
    search::page_of(&f, &form, &page).into_response()
}

/// Searches, and keeps the purpose for the households opened from the results.
pub(crate) async fn search(State(state): State<AppState>, session: Session, f: Frame, mut form: Form) -> Response {
    let f = f.of_form("/official/search", &form);
    let t = f.t;
    let offered = purposes(session.who.role);
    let kind = offered.iter().find(|(word, _)| *word == form.get("purpose")).and_then(|(word, _)| word.parse().ok());
    if kind.is_none() {
        form.refuse("purpose", t.t("error-choose"));
    }
    let reason = form.required(t, "reason", 200);
    if !reason.is_empty() && reason.chars().count() < 3 {
        form.refuse("reason", t.t("error-reason-short"));
    }
    let query = query(&state, &f, &mut form);
    let identifier = identifier_name(&state.packs.current(), &f);
    let page = search::Page { identifier: &identifier, purposes: &offered, found: None, recorded: false };
    let (Some(kind), true) = (kind, form.is_fine()) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, search::page_of(&f, &form, &page)).into_response();
    };
    let purpose = Purpose::new(kind, reason);
    let cookie = purpose_cookie(&purpose, state.config.public_url.starts_with("https"));
    let v = Viewer::new(&state, &session.who, purpose);
    match found(&v, &f, &query).await {
        Ok(Ok(found)) => {
            let page = search::Page { found: Some(&found), ..page };
            ([(header::SET_COOKIE, cookie)], search::page_of(&f, &form, &page)).into_response()
        }
        Ok(Err(fault)) => {
            let key = if matches!(fault, SearchError::TooLong(_)) { "search-error-long" } else { "search-error-short" };
            form.refuse("q", t.t(key));
            (StatusCode::UNPROCESSABLE_ENTITY, search::page_of(&f, &form, &page)).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

/// How many people a search shows.
const HITS: u32 = 20;

fn query(state: &AppState, f: &Frame, form: &mut Form) -> Query {
    let t = f.t;
    let what = form.optional(t, "q", 200);
    let birth_date = form.date_if_any(t, "born");
    let address = form.optional(t, "address", 200);
    if what.is_none() && birth_date.is_none() && address.is_none() && form.error("born").is_none() {
        form.refuse("q", t.t("search-error-what"));
    }
    // A text that is mostly digits is a number, not a name.
    let digits = what.as_deref().map_or(0, |w| w.chars().filter(char::is_ascii_digit).count());
    let is_number = digits >= 6;
    let pack = state.packs.current();
    let scheme = scheme(&pack);
    Query {
        identifier: what.as_deref().filter(|_| is_number).map(|number| Identifier::new(scheme, number)),
        name: what.filter(|_| !is_number),
        birth_date,
        address,
        limit: HITS,
        after: None,
    }
}

/// The scheme of the numbers officials type, as the registry keeps it.
pub(crate) fn scheme(pack: &catalogue::Pack) -> &str {
    pack.manifest().identifier.as_ref().map_or("national", |i| i.scheme.as_str())
}

/// What people call the national identifier.
pub(crate) fn identifier_name(pack: &catalogue::Pack, f: &Frame) -> String {
    let named = pack.manifest().identifier.as_ref().map(|i| i.name.get(f.t.lang()).to_owned());
    named.unwrap_or_else(|| f.t.t("identifier").into_owned())
}

async fn found(v: &Viewer<'_>, f: &Frame, query: &Query) -> Result<Result<search::Found, SearchError>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let guard = &v.state.guard;
    let seen = match registry::search::search(&mut tx, &sight, guard.keys(), query).await {
        Ok(seen) => seen,
        Err(SearchError::Store(why)) => return Err(why.into()),
        Err(fault) => return Ok(Err(fault)),
    };
    let about = seen.about.clone();
    let resource = guard::Resource::search(query.normalised(), about.iter().copied());
    drop(tx);
    let page = guard.reveal(v.who, Action::SearchPerson, &resource, &v.purpose, seen.sealed).await?;
    let mut hits = Vec::new();
    for hit in &page.hits {
        let relation = about.iter().find(|(p, _)| *p == hit.person).map(|(_, r)| *r).unwrap_or_default();
        hits.push(search::Hit {
            household: hit.household.map(|id| id.to_string()),
            name: shown_name(&hit.names, f),
            born: hit.birth_date,
            place: hit.place.as_deref().filter(|_| !relation.protected).map(|place| place_name(v, f, place)),
            protected: relation.protected,
            exact: hit.score >= 990,
        });
    }
    Ok(Ok(search::Found { hits, more: page.next.is_some() }))
}

/// A place with those around it but the country: the district, never the street.
fn place_name(v: &Viewer<'_>, f: &Frame, place: &str) -> String {
    let around = v.pack.ancestors(place);
    around.iter().rev().skip(1).map(|p| p.name.get(f.t.lang())).collect::<Vec<_>>().join(" ")
}

fn shown_name(names: &[registry::person::Name], f: &Frame) -> String {
    use registry::person::Script;
    let wanted = match f.t.lang() {
        kernel::Lang::Ko => Script::Hang,
        kernel::Lang::Kk | kernel::Lang::Ru => Script::Cyrl,
        kernel::Lang::En => Script::Latn,
    };
    let best = names.iter().find(|n| n.script == wanted).or_else(|| names.first());
    best.map(|n| n.full.clone()).unwrap_or_default()
}

/// A household on one screen. `on` in the address: an earlier day, as it was known then.
pub(crate) async fn household(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path(id): Path<String>,
    RawQuery(query): RawQuery,
) -> Response {
    let asked = Form::of_query(query.as_deref());
    show(&state, &session, &f, purpose, &id, asked).await
}

async fn show(
    state: &AppState,
    session: &Session,
    f: &Frame,
    purpose: Option<Purpose>,
    id: &str,
    mut form: Form,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let Ok(id) = id.parse::<HouseholdId>() else { return Trouble::Absent.response(state, f) };
    let v = match Viewer::new(state, &session.who, purpose).concerning(id).await {
        Ok(v) => v,
        Err(trouble) => return trouble.response(state, f),
    };
    let on = form.date_if_any(f.t, "on").filter(|day| *day <= v.today());
    let day = on.unwrap_or_else(|| v.today());
    let past = day < v.today();
    let known_then = past && form.get("known") == "then";
    let as_of = if known_then { AsOf::new(day, end_of(day, v.offset())) } else { AsOf::latest(day) };
    let want = if past { Want::Record } else { Want::Everything };
    match household::open(&v, id, as_of, want).await {
        Ok(opened) => {
            let vm = screen_of(&v, f, &opened, day, past, &form);
            (form.status(), screen::page_of(f, &form, &vm)).into_response()
        }
        Err(trouble) => trouble.response(state, f),
    }
}

/// The last moment of a day of the office.
pub(crate) fn end_of(day: Date, offset: i8) -> Instant {
    Instant::start_of(day).plus_seconds(86_400 - i64::from(offset) * 3600 - 1)
}

fn screen_of(v: &Viewer<'_>, f: &Frame, opened: &Opened, on: Date, past: bool, asked: &Form) -> screen::Household {
    let lang = f.t.lang();
    let record = &opened.record;
    let explained = opened.explained(v, lang);
    let head = record.members.first();
    let protected = opened.about.iter().any(|(_, r)| r.protected);
    let residence = record.members.iter().find_map(|m| m.person.residence.as_ref());
    screen::Household {
        services: life_events::named(&v.pack),
        id: record.id.to_string(),
        // On a day before the household existed there is nobody to name it after.
        name: head.map_or_else(|| "–".to_owned(), |m| m.person.name(lang).to_owned()),
        address: residence.map(|r| full_address(v, f, r)),
        protected,
        on,
        past,
        members: record
            .members
            .iter()
            .map(|m| member(v, m, lang, on, opened.stands(m.person.id).filter(|_| !past)))
            .collect(),
        offers: opened.offers(v, lang, &explained),
        entitlements: by_answer(explained.into_iter().map(|(_, e)| e).collect()),
        facts: facts(v, opened, lang),
        events: opened.events.iter().map(|e| happened(record, e, f.t)).collect(),
        offset_hours: v.offset(),
        done: done(f, asked),
    }
}

/// What the family gets first, then what is open, then the rest; within, the pack's order.
fn by_answer(
    mut list: Vec<crate::components::entitlement::Entitlement>,
) -> Vec<crate::components::entitlement::Entitlement> {
    use rules::outcome::Answer;
    list.sort_by_key(|e| match e.answer {
        Answer::Yes => 0,
        Answer::Error => 1,
        Answer::CannotTell => 2,
        Answer::No => 3,
    });
    list
}

/// What a redirect had to say.
fn done(f: &Frame, asked: &Form) -> Option<String> {
    let words = match asked.get("done") {
        "" => return None,
        "again" => f.t.t("event-done-again"),
        "contact" => f.t.t("contact-done"),
        "civil" => f.t.t("civil-done"),
        "corrected" => f.t.t("mend-done-corrected"),
        "withdrawn" => f.t.t("mend-done-withdrawn"),
        "applied" => f.t.t("key-in-done"),
        "applied-late" => f.t.t("key-in-done-late"),
        "applied-before" => f.t.t("key-in-done-before"),
        "accepted" => f.t.with("offers-done-accepted", &[("count", 1_i64.into())]),
        "refused" => f.t.with("offers-done-refused", &[("count", 1_i64.into())]),
        count => match count.parse::<i64>() {
            Ok(count) if (1..=500).contains(&count) => f.t.with("event-done-offers", &[("count", count.into())]),
            _ => f.t.t("event-done"),
        },
    };
    Some(words.into_owned())
}

/// A member; `stands`: how they stand to the viewer, where something is offered about where they live.
fn member(
    v: &Viewer<'_>,
    m: &registry::Member,
    lang: kernel::Lang,
    on: Date,
    stands: Option<Relation>,
) -> screen::Member {
    let p = &m.person;
    screen::Member {
        id: p.id.to_string(),
        name: p.name(lang).to_owned(),
        relation_key: match m.role {
            MemberRole::Head => "relation-head",
            MemberRole::Spouse => "relation-spouse",
            MemberRole::Child => "relation-child",
            MemberRole::Parent => "relation-parent",
            MemberRole::Relative | MemberRole::Other => "relation-other",
        },
        born: p.birth_date,
        age: p.birth_date.filter(|_| p.death_date.is_none()).and_then(|born| age(born, on)),
        due: p.pregnancies.first().map(|p| p.due_date),
        died: p.death_date,
        address: stands.is_some_and(|r| v.may(Action::ViewAddress, unprotected(r))),
        protect: stands.is_some_and(|r| v.may(Action::ProtectPerson, r)),
        contact: stands.is_some_and(|r| reachable(p, on) && v.may(Action::EditPerson, r)),
        civil: stands.is_some_and(|r| v.may(Action::RegisterEvent, r)),
    }
}

/// Whether somebody has a telephone of their own, as a rule: a small child is reached by its parents.
fn reachable(p: &registry::PersonRecord, on: Date) -> bool {
    p.death_date.is_none() && p.birth_date.and_then(|born| age(born, on)).is_none_or(|years| years >= 12)
}

fn facts(v: &Viewer<'_>, opened: &Opened, lang: kernel::Lang) -> Vec<screen::Known> {
    let record = &opened.record;
    let mut all = Vec::new();
    told(v, Entity::Household, None, &record.facts, &opened.earlier.household, &mut all);
    for m in &record.members {
        let whose = Some(m.person.name(lang).to_owned());
        let earlier = opened.earlier.members.get(&m.person.id).map(Vec::as_slice).unwrap_or_default();
        told(v, Entity::Person, whose, &m.person.facts, earlier, &mut all);
    }
    all
}

/// Each item that was ever told of one subject: what holds, and what was said before.
fn told(
    v: &Viewer<'_>,
    entity: Entity,
    whose: Option<String>,
    standing: &[registry::Fact],
    earlier: &[registry::Fact],
    into: &mut Vec<screen::Known>,
) {
    let before = |item: &str| earlier.iter().filter(|f| f.item == item).map(|f| once(v, entity, f)).collect::<Vec<_>>();
    for fact in standing {
        let item = v.pack.item(entity, &fact.item);
        let days = (v.today() - fact.stamp.recorded_at.date(v.offset())).get_days();
        into.push(screen::Known {
            fact: crate::components::entitlement::Fact { whose: whose.clone(), ..known(v, entity, fact) },
            law: Some(fact.stamp.origin.law.clone())
                .filter(|l| !l.is_empty())
                .or_else(|| item.map(|i| i.law.clone()))
                .filter(|l| !l.is_empty()),
            recorded: Some(fact.stamp.recorded_at),
            stale: item.and_then(|i| i.freshness_days).is_some_and(|fresh| i64::from(days) > i64::from(fresh)),
            holds: true,
            before: before(&fact.item),
        });
    }
    // What holds no more, because it ended or was withdrawn, is still part of the story.
    let mut gone: Vec<&str> = Vec::new();
    for fact in earlier {
        if !standing.iter().any(|f| f.item == fact.item) && !gone.contains(&fact.item.as_str()) {
            gone.push(&fact.item);
        }
    }
    into.extend(gone.into_iter().filter_map(|item| {
        let last = earlier.iter().find(|f| f.item == item)?;
        Some(screen::Known {
            fact: crate::components::entitlement::Fact { whose: whose.clone(), ..known(v, entity, last) },
            law: None,
            recorded: None,
            stale: false,
            holds: false,
            before: before(item),
        })
    }));
}

/// What was once said.
fn once(v: &Viewer<'_>, entity: Entity, fact: &registry::Fact) -> screen::Before {
    screen::Before {
        fact: known(v, entity, fact),
        until: fact.stamp.valid.until,
        recorded: fact.stamp.recorded_at,
        withdrawn: fact.stamp.withdrawn_at,
    }
}

/// On whose word, or on what evidence, an official entered what changed.
fn on_word(record: &HouseholdRecord, e: &casework::model::LifeEvent, t: text::Text) -> Option<String> {
    let detail: casework::changed::ChangeDetail = serde_json::from_value(e.detail.clone()).ok()?;
    let ground = detail.ground;
    let person = ground.told_by.map(|p| name(record, p, t.lang())).filter(|n| !n.is_empty());
    let told = person.map(|who| t.with("event-told-by", &[("name", who.into())]).into_owned());
    told.or_else(|| Some(t.with("event-found", &[("evidence", ground.evidence?.into())]).into_owned()))
}

fn happened(record: &HouseholdRecord, e: &casework::model::LifeEvent, t: text::Text) -> screen::Happened {
    let lang = t.lang();
    screen::Happened {
        key: happened_key(e.kind),
        whose: Some(name(record, e.person, lang)).filter(|n| !n.is_empty()),
        on: e.occurred_on,
        recorded: e.recorded_at,
        withdrawn: e.status != EventStatus::Registered,
        told: on_word(record, e, t),
        mend: (e.status == EventStatus::Registered && super::mending::Kind::of(e.kind).is_some())
            .then(|| format!("/official/happened/{}/{}", record.id, e.id)),
    }
}

/// The key of the message that names what happened.
pub(super) fn happened_key(cause: Cause) -> &'static str {
    match cause {
        Cause::Birth => "happened-birth",
        Cause::Pregnancy => "happened-pregnancy",
        Cause::Move => "happened-move",
        Cause::IncomeChange | Cause::FactChange => "happened-change",
        Cause::Death => "happened-death",
        Cause::Birthday => "happened-birthday",
        Cause::PackChange => "happened-rules",
        Cause::Requalification => "happened-requalification",
        Cause::Correction | Cause::Withdrawal => "happened-correction",
    }
}

/// Accepts or refuses an offer for a person at the counter.
pub(crate) async fn answer_offer(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path(id): Path<String>,
    form: Form,
) -> Response {
    let Some(stated) = purpose.clone() else { return Redirect::to("/official/search").into_response() };
    let v = Viewer::new(&state, &session.who, stated);
    let mut answered = form.clone();
    match answer(&v, &f, &id, &mut answered).await {
        Ok(Some(word)) => Redirect::to(&format!("/official/households/{id}?done={word}#offers")).into_response(),
        Ok(None) => show(&state, &session, &f, purpose, &id, answered).await,
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn answer(v: &Viewer<'_>, f: &Frame, id: &str, form: &mut Form) -> Result<Option<&'static str>, Trouble> {
    let household: HouseholdId = id.parse().map_err(|_| Trouble::Absent)?;
    let (offer, refusing): (Option<OfferId>, bool) = match (form.get("accept").parse(), form.get("refuse").parse()) {
        (Ok(offer), _) => (Some(offer), false),
        (_, Ok(offer)) => (Some(offer), true),
        _ => (None, false),
    };
    let Some(offer) = offer else { return Err(Trouble::Absent) };
    let opened = household::open(v, household, AsOf::latest(v.today()), Want::Entitlements).await?;
    let shown = opened.offers.iter().find(|o| o.offer.id == offer).ok_or(Trouble::Absent)?;
    let person = match shown.offer.subject {
        Subject::Person(person) => person,
        Subject::Household(_) => first_adult(v, &opened).ok_or(Trouble::Absent)?,
    };
    let allowed = allow(v, person, &[offer], Action::AcceptOffer).await?;
    let done = if refusing {
        let input = refuse::Input { person, offers: vec![offer], reason: Some(v.purpose.reason.clone()) };
        let run: Result<u32, accept::Fault> =
            transact!(v.state.db, accept::Fault, |tx| refuse::run(tx, &v.desk(), v.who, &allowed, input.clone()).await);
        run.map(|_| "refused")
    } else {
        let applicant = applicant(v, &opened, person);
        let taps = taps(v, f, form, &opened, applicant, &[offer]);
        let input = accept::Input { applicant, on_behalf: Some(v.purpose.reason.clone()), taps };
        let run: Result<accept::Done, accept::Fault> =
            transact!(v.state.db, accept::Fault, |tx| accept::run(tx, &v.desk(), v.who, &allowed, input.clone()).await);
        run.map(|_| "accepted")
    };
    match done {
        Ok(word) => Ok(Some(word)),
        Err(accept::Fault::Store(why)) => Err(why.into()),
        Err(fault) => {
            refuse_fault(form, f, &fault);
            Ok(None)
        }
    }
}

/// For whom an offer to the household is accepted at the counter: the head, or the first adult.
fn first_adult(v: &Viewer<'_>, opened: &Opened) -> Option<PersonId> {
    opened.record.members.iter().find(|m| grown(v, m.person.birth_date)).map(|m| m.person.id)
}

/// Who applies for what is offered to a person: they themselves; for a child an adult of the household, who is paid.
fn applicant(v: &Viewer<'_>, opened: &Opened, person: PersonId) -> PersonId {
    let own = opened.record.members.iter().any(|m| m.person.id == person && grown(v, m.person.birth_date));
    first_adult(v, opened).filter(|_| !own).unwrap_or(person)
}

pub(super) fn grown(v: &Viewer<'_>, born: Option<Date>) -> bool {
    let adult = i64::from(v.state.config.adult_age);
    born.and_then(|b| age(b, v.today())).is_none_or(|years| years >= adult)
}

/// How the people of a household stand to the viewer, for events.
pub(crate) async fn relations(v: &Viewer<'_>, people: &[PersonId]) -> Result<Vec<(PersonId, Relation)>, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let known = registry::sight::relations(&mut tx, &sight, people.iter().copied()).await?;
    people.iter().map(|p| known.get(p).map(|r| (*p, *r)).ok_or(Trouble::Absent)).collect()
}

/// A date typed into a form that may not lie in the future.
pub(crate) fn past_date(f: &Frame, form: &mut Form, field: &str, today: Date) -> Option<Date> {
    let date = form.date(f.t, field)?;
    if date > today {
        form.refuse(field, f.t.t("error-date-future"));
        return None;
    }
    parse_date(form.get(field))
}
