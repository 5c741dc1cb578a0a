//! Requests that register an event for a household.

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Redirect, Response};
use casework::birth::{self, ParentRole};
use casework::changed::{self, FactTold, Ground};
use casework::household::PersonRef;
use casework::model::Subject;
use casework::moved::{self, Movers};
use casework::register::{self, Teller, Told};
use casework::{death, pregnancy};
use catalogue::identifier::Wrong;
use guard::{Action, Allowed, Resource};
use kernel::{HouseholdId, PersonId};
use registry::AsOf;
use registry::person::{Identifier, Name, Script, Sex};
use registry::residence::Address;
use rules::schema::{Entity, Type};
use store::{AsConflict, StoreError, transact};

use super::event::{self, For, Kind};
use super::handlers::{identifier_name, past_date, relations, scheme};
use crate::citizen::check_handlers::places;
use crate::citizen::question::{self, Kind as AnswerKind};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::form::Form;
use crate::household::{self, Opened, Want};
use crate::request::{Session, Stated};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// Why an event was not registered.
#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Trouble(#[from] Trouble),
    #[error(transparent)]
    Birth(#[from] birth::Fault),
    #[error(transparent)]
    Event(#[from] register::Fault),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Failed {
    fn is_conflict(&self) -> bool {
        match self {
            Failed::Trouble(_) => false,
            Failed::Birth(e) => e.is_conflict(),
            Failed::Event(e) => e.is_conflict(),
            Failed::Store(e) => e.is_conflict(),
        }
    }
}

/// The empty form.
pub(crate) async fn form(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((id, kind)): Path<(String, String)>,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let Some(kind) = Kind::from_path(&kind) else { return Fault::NotFound.response(&f) };
    let v = Viewer::new(&state, &session.who, purpose);
    match open(&v, &id).await {
        Ok(opened) => event::page_of(&f, kind, &Form::default(), &about(&v, &f, kind, &opened, None)).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn open(v: &Viewer<'_>, id: &str) -> Result<Opened, Trouble> {
    let id: HouseholdId = id.parse().map_err(|_| Trouble::Absent)?;
    household::open(v, id, AsOf::latest(v.today()), Want::Record).await
}

fn about(v: &Viewer<'_>, f: &Frame, kind: Kind, opened: &Opened, key: Option<&str>) -> For {
    let lang = f.t.lang();
    let record = &opened.record;
    let alive = record.members.iter().filter(|m| m.person.death_date.is_none());
    let key = key.filter(|k| !k.is_empty() && k.len() <= 64).map(str::to_owned);
    For {
        identifier: identifier_name(&v.pack, f),
        household: record.id.to_string(),
        name: record.members.first().map(|m| m.person.name(lang).to_owned()).unwrap_or_default(),
        members: alive.map(|m| (m.person.id.to_string(), m.person.name(lang).to_owned())).collect(),
        places: if kind == Kind::Move { places(&v.pack, f.t) } else { Vec::new() },
        items: items(v, f, kind),
        children: 1,
        key: key.unwrap_or_else(|| v.state.ids.uuid(v.now).to_string()),
    }
}

/// Items that may be stated: for income a person's flows of money, else whatever the pack asks people about.
fn items(v: &Viewer<'_>, f: &Frame, kind: Kind) -> Vec<(String, String)> {
    let flow = |ty: &Type| matches!(ty, Type::Money(rules::schema::Per::Month | rules::schema::Per::Year));
    let fits = |item: &&catalogue::model::Item| match kind {
        Kind::Income => item.entity == Entity::Person && flow(&item.ty) && item.tier <= 2,
        Kind::Fact => item.ask.is_some(),
        _ => false,
    };
    let value = |item: &catalogue::model::Item| {
        let entity = if item.entity == Entity::Person { "person" } else { "household" };
        format!("{entity}.{}", item.id)
    };
    let items = v.pack.items().iter().filter(fits);
    items.map(|item| (value(item), item.name.get(f.t.lang()).to_owned())).collect()
}

/// Registers what the form says; sent twice it is registered once.
pub(crate) async fn send(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Stated(purpose): Stated,
    Path((id, kind)): Path<(String, String)>,
    mut form: Form,
) -> Response {
    let Some(purpose) = purpose else { return Redirect::to("/official/search").into_response() };
    let Some(kind) = Kind::from_path(&kind) else { return Fault::NotFound.response(&f) };
    let f = f.of_form(&format!("/official/households/{id}/events/{}", kind.path()), &form);
    let v = Viewer::new(&state, &session.who, purpose);
    let opened = match open(&v, &id).await {
        Ok(opened) => opened,
        Err(trouble) => return trouble.response(&state, &f),
    };
    if kind == Kind::Birth && matches!(form.get("do"), "add" | "drop") {
        let count = if form.get("do") == "add" { children(&form) + 1 } else { children(&form) - 1 };
        form.set("of", count.to_string());
        let of = For { children: children(&form), ..about(&v, &f, kind, &opened, Some(form.get("key"))) };
        return event::page_of(&f, kind, &form, &of).into_response();
    }
    let told = register(&v, &f, kind, &opened, &mut form).await;
    let word = match told {
        Ok(Some(Told::Registered(done))) => done.offers.made.len().to_string(),
        Ok(Some(Told::Already { .. })) => "again".to_owned(),
        Ok(None) => String::new(),
        Err(Failed::Trouble(trouble)) => return trouble.response(&state, &f),
        Err(
            Failed::Store(why) | Failed::Birth(birth::Fault::Store(why)) | Failed::Event(register::Fault::Store(why)),
        ) => {
            return Trouble::Store(why).response(&state, &f);
        }
        Err(Failed::Birth(birth::Fault::Event(why)) | Failed::Event(why)) => refuse_event(&mut form, &f, kind, &why),
        Err(Failed::Birth(why)) => refuse_birth(&mut form, &f, &why),
    };
    if word.is_empty() {
        let of = For { children: children(&form), ..about(&v, &f, kind, &opened, Some(form.get("key"))) };
        return (StatusCode::UNPROCESSABLE_ENTITY, event::page_of(&f, kind, &form, &of)).into_response();
    }
    Redirect::to(&format!("/official/households/{id}?done={word}#offers")).into_response()
}

/// Says what is wrong with a birth at its field.
fn refuse_birth(form: &mut Form, f: &Frame, fault: &birth::Fault) -> String {
    let (field, key) = match fault {
        birth::Fault::SameParent => ("second", "error-same-parent"),
        birth::Fault::Age { parent: 0, .. } => ("mother", "error-parent-age"),
        birth::Fault::Age { .. } => ("second", "error-parent-age"),
        _ => ("mother", "error-choose"),
    };
    form.refuse(field, f.t.t(key));
    String::new()
}

/// Says what is wrong with any event at its field; the use case's own sentence where ours would say less.
fn refuse_event(form: &mut Form, f: &Frame, kind: Kind, fault: &register::Fault) -> String {
    let day = match kind {
        Kind::Birth => "born",
        Kind::Pregnancy => "confirmed",
        _ => "on",
    };
    match fault {
        register::Fault::BadDay(_) => form.refuse(day, f.t.t("error-date-far")),
        register::Fault::UnknownPlace(_) => form.refuse("place", f.t.t("error-choose")),
        register::Fault::Item { .. } => form.refuse("value", f.t.t("error-value-form")),
        register::Fault::Registry(why) => form.refuse(day, f.t.with("error-registry", &[("why", why.into())])),
        other => form.refuse("person", f.t.with("error-registry", &[("why", other.to_string().into())])),
    }
    String::new()
}

/// Who tells: the person, through the official; the key of the form makes sending twice once.
pub(super) fn teller(form: &Form) -> Teller {
    let key = form.get("key");
    let fits = (8..=64).contains(&key.len()) && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '-');
    Teller { source: "self".to_owned(), register_number: fits.then(|| format!("counter {key}")) }
}

/// How many children the form is about.
fn children(form: &Form) -> u32 {
    form.get("of").parse::<u32>().unwrap_or(1).clamp(1, event::MOST_CHILDREN)
}

/// The guard's decision on an event about these people.
pub(super) async fn permit(v: &Viewer<'_>, people: &[PersonId]) -> Result<Allowed, Trouble> {
    let resource = Resource::people(relations(v, people).await?).showing(["event"]);
    Ok(v.state.guard.permit(v.who, Action::RegisterEvent, &resource, &v.purpose).await?)
}

/// A member named in the form.
fn member(f: &Frame, form: &mut Form, field: &str, opened: &Opened) -> Option<PersonId> {
    let named = form.get(field).parse().ok().filter(|id| opened.record.member(*id).is_some());
    if named.is_none() {
        form.refuse(field, f.t.t("error-choose"));
    }
    named
}

/// `None` when the form is refused.
async fn register(
    v: &Viewer<'_>,
    f: &Frame,
    kind: Kind,
    opened: &Opened,
    form: &mut Form,
) -> Result<Option<Told>, Failed> {
    match kind {
        Kind::Birth => birth_of(v, f, opened, form).await,
        Kind::Pregnancy => pregnancy_of(v, f, opened, form).await,
        Kind::Move => move_of(v, f, opened, form).await,
        Kind::Death => death_of(v, f, opened, form).await,
        Kind::Income | Kind::Fact => change_of(v, f, kind, opened, form).await,
    }
}

async fn birth_of(v: &Viewer<'_>, f: &Frame, opened: &Opened, form: &mut Form) -> Result<Option<Told>, Failed> {
    let mother = member(f, form, "mother", opened);
    let second = if form.get("second").is_empty() { None } else { member(f, form, "second", opened) };
    let born = past_date(f, form, "born", v.today());
    let count = children(form);
    let mut born_now = Vec::new();
    for n in 1..=count {
        let sex = match form.get(&event::of_child("sex", n)) {
            "female" => Sex::Female,
            "male" => Sex::Male,
            _ => {
                form.refuse(&event::of_child("sex", n), f.t.t("error-choose"));
                continue;
            }
        };
        let name = form.optional(f.t, &event::of_child("name", n), 80);
        let field = event::of_child("identifier", n);
        let number = form.optional(f.t, &field, 40);
        let known = v.pack.manifest().identifier.as_ref();
        if let Some((known, wrong)) = known.zip(number.as_deref()).and_then(|(k, n)| k.accepts(n).err().map(|w| (k, w)))
        {
            form.refuse(
                &field,
                match wrong {
                    Wrong::Shape => f.t.with("identifier-error-shape", &[("shape", known.shape.as_str().into())]),
                    Wrong::Check => f.t.t("identifier-error-check"),
                },
            );
        }
        born_now.push((n, sex, name, number));
    }
    let order = form.optional(f.t, "order", 2).map(|typed| typed.parse::<u32>().ok().filter(|n| (1..=30).contains(n)));
    if order == Some(None) {
        form.refuse("order", f.t.t("error-number-form"));
    }
    let (Some(mother), Some(born), true) = (mother, born, form.is_fine()) else { return Ok(None) };
    let people: Vec<PersonId> = [Some(mother), second].into_iter().flatten().collect();
    let allowed = permit(v, &people).await?;
    let mut parents = vec![(PersonRef::Id(mother), ParentRole::Mother)];
    parents.extend(second.map(|p| (PersonRef::Id(p), ParentRole::Father)));
    let scheme = scheme(&v.pack);
    let input = |(n, sex, name, identifier): (u32, Sex, Option<String>, Option<String>)| birth::Input {
        names: vec![child_name(f, opened, mother, name)],
        sex: Some(sex),
        birth_date: born,
        identifier: identifier.map(|number| Identifier::new(scheme, number)),
        parents: parents.clone(),
        number: n,
        of: count,
        order: order.flatten().map(|first| first + n - 1),
        place: None,
        registered_at: None,
        registered_on: Some(v.today()),
        facts: Vec::new(),
        teller: teller_of_child(form, n),
    };
    let inputs: Vec<birth::Input> = born_now.into_iter().map(input).collect();
    // All children of one birth, or none.
    let told: Result<Vec<Told>, Failed> = transact!(v.state.db, Failed, |tx| {
        let mut told = Vec::new();
        for input in &inputs {
            told.push(birth::run(tx, &v.desk(), v.who, &allowed, input.clone()).await?);
        }
        Ok(told)
    });
    Ok(together(told?))
}

/// One answer for all children of a birth: what was new about any of them.
fn together(told: Vec<Told>) -> Option<Told> {
    let mut one: Option<Told> = None;
    for next in told {
        one = match (one, next) {
            (Some(Told::Registered(mut all)), Told::Registered(next)) => {
                all.offers.made.extend(next.offers.made);
                Some(Told::Registered(all))
            }
            (Some(Told::Registered(all)), Told::Already { .. }) => Some(Told::Registered(all)),
            (_, next) => Some(next),
        };
    }
    one
}

/// Each child of one sending has its own number.
fn teller_of_child(form: &Form, n: u32) -> Teller {
    let teller = teller(form);
    let register_number = match n {
        1 => teller.register_number,
        n => teller.register_number.map(|number| format!("{number} {n}")),
    };
    Teller { register_number, ..teller }
}

/// The name as typed, or *child of* the mother until there is one.
fn child_name(f: &Frame, opened: &Opened, mother: PersonId, typed: Option<String>) -> Name {
    let full = typed.unwrap_or_else(|| {
        let mother = household::name(&opened.record, mother, f.t.lang());
        f.t.with("event-child-of", &[("name", mother.into())]).into_owned()
    });
    written(full)
}

/// A name in the script it is written in.
pub(super) fn written(full: String) -> Name {
    Name::whole(Script::of(&full), full)
}

async fn pregnancy_of(v: &Viewer<'_>, f: &Frame, opened: &Opened, form: &mut Form) -> Result<Option<Told>, Failed> {
    let person = member(f, form, "person", opened);
    let confirmed = past_date(f, form, "confirmed", v.today());
    let due = form.date(f.t, "due");
    if due.is_some_and(|due| due < v.today() || (due - v.today()).get_days() > 300) {
        form.refuse("due", f.t.t("error-date-far"));
    }
    let unborn = form.get("children").parse::<u32>().ok().filter(|n| (1..=9).contains(n));
    if unborn.is_none() {
        form.refuse("children", f.t.t("error-choose"));
    }
    let (Some(person), Some(confirmed), Some(due), Some(unborn), true) =
        (person, confirmed, due, unborn, form.is_fine())
    else {
        return Ok(None);
    };
    let allowed = permit(v, &[person]).await?;
    let input = pregnancy::Input {
        person: PersonRef::Id(person),
        confirmed_on: confirmed,
        due_date: due,
        unborn,
        facts: Vec::new(),
        teller: teller(form),
    };
    let told: Result<Told, Failed> =
        transact!(v.state.db, Failed, |tx| Ok(pregnancy::run(tx, &v.desk(), v.who, &allowed, input.clone()).await?));
    told.map(Some)
}

async fn move_of(v: &Viewer<'_>, f: &Frame, opened: &Opened, form: &mut Form) -> Result<Option<Told>, Failed> {
    let place = form.get("place").to_owned();
    if v.pack.jurisdictions().get(&place).is_none() {
        form.refuse("place", f.t.t("error-choose"));
    }
    let street = form.required(f.t, "street", 200);
    let from = past_date(f, form, "on", v.today());
    let Some(head) = opened.record.members.first().map(|m| m.person.id) else { return Ok(None) };
    let (Some(from), true) = (from, form.is_fine()) else { return Ok(None) };
    let everybody: Vec<PersonId> = opened.record.members.iter().map(|m| m.person.id).collect();
    let allowed = permit(v, &everybody).await?;
    let input = moved::Input {
        person: head,
        movers: Movers::Household(opened.record.id),
        address: Address::new(place, street, ""),
        from,
        teller: teller(form),
    };
    let told: Result<Told, Failed> =
        transact!(v.state.db, Failed, |tx| Ok(moved::run(tx, &v.desk(), v.who, &allowed, input.clone()).await?));
    told.map(Some)
}

async fn death_of(v: &Viewer<'_>, f: &Frame, opened: &Opened, form: &mut Form) -> Result<Option<Told>, Failed> {
    let person = member(f, form, "person", opened);
    let on = past_date(f, form, "on", v.today());
    let (Some(person), Some(on), true) = (person, on, form.is_fine()) else { return Ok(None) };
    let allowed = permit(v, &[person]).await?;
    let input = death::Input { person: PersonRef::Id(person), on, teller: teller(form) };
    let told: Result<Told, Failed> =
        transact!(v.state.db, Failed, |tx| Ok(death::run(tx, &v.desk(), v.who, &allowed, input.clone()).await?));
    told.map(Some)
}

/// On whose word an official enters a fact; what is missing is said in the form.
fn ground(f: &Frame, opened: &Opened, form: &mut Form) -> Option<Ground> {
    if form.get("told") == event::OWN_FINDING {
        let evidence = form.required(f.t, "evidence", 500);
        return Some(Ground { told_by: None, evidence: Some(evidence) });
    }
    let told_by = member(f, form, "told", opened)?;
    if !form.get("evidence").is_empty() {
        form.refuse("evidence", f.t.t("event-evidence-whose"));
    }
    Some(Ground { told_by: Some(told_by), evidence: None })
}

async fn change_of(
    v: &Viewer<'_>,
    f: &Frame,
    kind: Kind,
    opened: &Opened,
    form: &mut Form,
) -> Result<Option<Told>, Failed> {
    let chosen = form.get("item").to_owned();
    let known = items(v, f, kind).iter().any(|(value, _)| *value == chosen);
    let (entity, item) = chosen.split_once('.').unwrap_or_default();
    let entity = if entity == "household" { Entity::Household } else { Entity::Person };
    let found = v.pack.item(entity, item).filter(|_| known);
    if found.is_none() {
        form.refuse("item", f.t.t("error-choose"));
    }
    let head = opened.record.members.first().map(|m| m.person.id);
    let person = match entity {
        Entity::Household => head,
        Entity::Person => member(f, form, "person", opened),
    };
    let from = past_date(f, form, "on", v.today());
    let codes = |list: &str| {
        let list = v.pack.code_lists().get(list);
        list.map(|l| l.codes.iter().map(|c| (c.id.clone(), c.name.clone())).collect()).unwrap_or_default()
    };
    let answer = found.map(|item| AnswerKind::of(&item.ty, v.pack.currency(), codes));
    let value = answer.and_then(|kind| question::read(f.t, form, "value", &kind));
    if value.is_none() && form.error("value").is_none() {
        form.refuse("value", f.t.t("error-field-empty"));
    }
    let ground = ground(f, opened, form);
    let (Some(person), Some(value), Some(from), Some(ground), true) = (person, value, from, ground, form.is_fine())
    else {
        return Ok(None);
    };
    let subject = match entity {
        Entity::Household => Subject::Household(opened.record.id),
        Entity::Person => Subject::Person(person),
    };
    let allowed = permit(v, &[person]).await?;
    let input = changed::Input {
        person,
        facts: vec![FactTold { subject, item: item.to_owned(), value, from, until: None }],
        // A finding of the office's own is the office's word, not the family's.
        teller: match ground.evidence {
            Some(_) => Teller { source: v.who.organisation.clone(), ..teller(form) },
            None => teller(form),
        },
        ground,
    };
    let told: Result<Told, Failed> =
        transact!(v.state.db, Failed, |tx| Ok(changed::run(tx, &v.desk(), v.who, &allowed, input.clone()).await?));
    told.map(Some)
}
