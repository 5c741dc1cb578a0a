//! Life events: birth, pregnancy, move, change of circumstances, death; corrected, withdrawn; births from a file.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::register::{self, Registered, Teller, Told};
use casework::{birth, births_file, changed, correct, death, moved, pregnancy, withdraw};
use guard::{Action, Role};
use kernel::{EventId, HouseholdId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::body::{self, Body, Short};
use super::call::{Call, Once, answer};
use super::problem::{Code, Fault, FieldFault};
use super::wire::{self, IdentifierWire, ItemValue, NameWire, PersonRefWire, SexWire, SubjectWire, read_day};
use crate::state::AppState;

/// Who tells; for a machine the agency it belongs to, whatever is written here.
#[derive(Clone, Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TellerWire {
    /// The agency (its id in the pack), or `self` for what the person said. Left out: the caller's own.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    source: Option<Short<60>>,
    /// The number in that agency's register: told twice is told once.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    register_number: Option<Short<100>>,
}

impl TellerWire {
    fn teller(self, call: &Call) -> Teller {
        let own = Some(call.who.organisation.clone()).filter(|o| !o.is_empty()).unwrap_or_else(|| "self".to_owned());
        let source = match call.who.role {
            Role::AgencySystem => own,
            _ => self.source.map_or(own, |s| s.0),
        };
        Teller { source, register_number: self.register_number.map(|n| n.0) }
    }
}

/// A parent of a child.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParentWire {
    /// Who.
    person: PersonRefWire,
    /// `mother`, `father`, or `parent` when it is not said which.
    role: ParentRoleWire,
}

/// What a parent is to the child.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum ParentRoleWire {
    Mother,
    Father,
    Parent,
}

/// A birth.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct BirthWire {
    /// The child's names, in one or more scripts.
    #[schema(min_items = 1, max_items = 5)]
    names: Vec<NameWire>,
    /// Sex as registered.
    #[serde(default)]
    sex: Option<SexWire>,
    /// The day of birth.
    #[schema(format = Date)]
    birth_date: String,
    /// The national identifier, if there is one yet.
    #[serde(default)]
    identifier: Option<IdentifierWire>,
    /// One or two parents.
    #[schema(min_items = 1, max_items = 2)]
    parents: Vec<ParentWire>,
    /// Which child of this birth: 1 for a single child.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9)]
    number: u32,
    /// How many children this birth brought.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9)]
    of: u32,
    /// Which child of the mother.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 30)]
    order: Option<u32>,
    /// The place of birth.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    place: Option<Short<200>>,
    /// Where it was registered.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    registered_at: Option<Short<200>>,
    /// When it was registered.
    #[serde(default)]
    #[schema(format = Date)]
    registered_on: Option<String>,
    /// Further facts about the child.
    #[serde(default)]
    #[schema(max_items = 100)]
    facts: Vec<ItemValue>,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

fn one() -> u32 {
    1
}

/// What came of telling an event.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ToldWire {
    /// `registered`, `already` (it was known; nothing was done) or `withdrawn`.
    outcome: String,
    /// The event.
    event: Uuid,
    /// Whom it is about.
    person: Uuid,
    /// In which household; null when it was known already.
    household: Option<Uuid>,
    /// What became of the event since; null when it is new.
    status: Option<String>,
    /// New offers.
    offers_made: Vec<Uuid>,
    /// Offers that say something new.
    offers_revised: Vec<Uuid>,
    /// Offers no longer open.
    offers_closed: Vec<Uuid>,
}

impl ToldWire {
    fn registered(word: &str, r: &Registered) -> ToldWire {
        let ids = |list: &[kernel::OfferId]| list.iter().map(|o| o.0).collect();
        ToldWire {
            outcome: word.to_owned(),
            event: r.event.0,
            person: r.person.0,
            household: Some(r.household.0),
            status: None,
            offers_made: ids(&r.offers.made),
            offers_revised: ids(&r.offers.revised),
            offers_closed: ids(&r.offers.closed),
        }
    }

    fn of(told: &Told) -> (StatusCode, ToldWire) {
        match told {
            Told::Registered(r) => (StatusCode::CREATED, ToldWire::registered("registered", r)),
            Told::Already { event, person, status } => {
                let wire = ToldWire {
                    outcome: "already".to_owned(),
                    event: event.0,
                    person: person.0,
                    household: None,
                    status: Some(status.word().to_owned()),
                    offers_made: vec![],
                    offers_revised: vec![],
                    offers_closed: vec![],
                };
                (StatusCode::OK, wire)
            }
        }
    }
}

/// A fault of an event at its field.
fn event_fault(error: register::Fault) -> Fault {
    use register::Fault as E;
    let words = error.to_string();
    let at = |pointer: &str| Fault::field(Code::Invalid, pointer, words.clone());
    match error {
        E::Store(inner) => inner.into(),
        E::NotAllowed => Fault::new(Code::Forbidden),
        E::UnknownPerson => at("/person"),
        E::NoHousehold => Fault::told(Code::Conflict, words),
        E::NoEvent => Fault::new(Code::NotFound),
        E::NotStanding(_) | E::WrongKind(_) => Fault::told(Code::Conflict, words),
        E::UnknownSource(_) => at("/teller/source"),
        E::BadNumber => at("/teller/register_number"),
        E::NoReason => at("/reason"),
        E::UnknownPlace(_) => at("/address/jurisdiction"),
        E::Item { ref item, .. } => at(&format!("/facts/{item}")),
        E::BadDay(_) => at("/on"),
        E::Nothing | E::OtherHousehold | E::Registry(_) => at(""),
    }
}

fn birth_fault(error: birth::Fault) -> Fault {
    use birth::Fault as B;
    let words = error.to_string();
    let at = |pointer: String| Fault::field(Code::Invalid, pointer, words.clone());
    match error {
        B::Store(inner) => inner.into(),
        B::Event(register::Fault::BadDay(_)) => at("/birth_date".to_owned()),
        B::Event(inner) => event_fault(inner),
        B::UnknownParent(n) | B::Age { parent: n, .. } => at(format!("/parents/{n}/person")),
        B::Parents(_) | B::SameParent => at("/parents".to_owned()),
        B::Number { .. } => at("/number".to_owned()),
    }
}

fn birth_input(call: &Call, pack: &catalogue::Pack, wire: BirthWire) -> Result<birth::Input, Fault> {
    let mut parents = Vec::new();
    for (n, parent) in wire.parents.into_iter().enumerate() {
        let role = match parent.role {
            ParentRoleWire::Mother => birth::ParentRole::Mother,
            ParentRoleWire::Father => birth::ParentRole::Father,
            ParentRoleWire::Parent => birth::ParentRole::Parent,
        };
        parents.push((parent.person.reference(&format!("/parents/{n}/person"))?, role));
    }
    if wire.names.is_empty() || wire.names.len() > 5 {
        return Err(Fault::field(Code::Invalid, "/names", "expected 1 to 5 names"));
    }
    if wire.order.is_some_and(|n| !(1..=30).contains(&n)) {
        return Err(Fault::field(Code::Invalid, "/order", "expected 1 to 30"));
    }
    if wire.facts.len() > 100 {
        return Err(Fault::field(Code::Invalid, "/facts", "expected at most 100 facts"));
    }
    Ok(birth::Input {
        names: wire::names(&wire.names, "/names")?,
        sex: wire.sex.map(Into::into),
        birth_date: read_day(&wire.birth_date, "/birth_date")?,
        identifier: wire.identifier.map(Into::into),
        parents,
        number: wire.number,
        of: wire.of,
        order: wire.order,
        place: wire.place.map(|p| p.0),
        registered_at: wire.registered_at.map(|p| p.0),
        registered_on: wire.registered_on.map(|d| read_day(&d, "/registered_on")).transpose()?,
        facts: wire::facts(pack, &wire.facts, "/facts")?,
        teller: wire.teller.teller(call),
    })
}

/// The action under which a caller registers events.
fn action(call: &Call) -> Action {
    if call.who.role == Role::Citizen { Action::EditPerson } else { Action::RegisterEvent }
}

macro_rules! changes {
    ($state:ident, $headers:ident, $call:ident, $body:ident, $operation:literal, |$tx:ident, $desk:ident| $work:expr) => {{
        let once = Once::new(&$headers, &$call, $operation, &$body.hash)?;
        let viewer = $call.viewer(&$state);
        let now = viewer.now;
        transact!($state.db, Fault, |$tx| {
            match once.begin($tx, now).await? {
                Some(again) => Ok(again),
                None => {
                    let $desk = viewer.desk();
                    let (status, told) = $work;
                    once.end($tx, status, &told).await
                }
            }
        })
    }};
}
/// Registers a birth. The family's offers are durable when the answer arrives.
#[utoipa::path(post, path = "/api/events/birth", tag = "events", request_body = BirthWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200)),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn birth(State(state): State<AppState>, call: Call, headers: HeaderMap, request: Request) -> Response {
    answer(&headers.clone(), birth_inner(state, call, headers, request).await)
}

async fn birth_inner(state: AppState, call: Call, headers: HeaderMap, request: Request) -> Result<Response, Fault> {
    let body = Body::<BirthWire>::read(request, &state).await?;
    let input = birth_input(&call, &state.packs.current(), body.it.clone())?;
    changes!(state, headers, call, body, "birth", |tx, desk| {
        let parents = birth::parents(tx, &desk, &input.parents).await.map_err(birth_fault)?;
        let persons = parents.iter().map(|(id, _)| *id);
        let allowed = call.permit(&state, tx, action(&call), persons, "birth").await?;
        let told = birth::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(birth_fault)?;
        ToldWire::of(&told)
    })
}

/// A pregnancy.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PregnancyWire {
    /// The pregnant woman.
    person: PersonRefWire,
    /// When it was confirmed.
    #[schema(format = Date)]
    confirmed_on: String,
    /// The expected day of birth.
    #[schema(format = Date)]
    due_date: String,
    /// How many children are expected.
    #[serde(default = "one")]
    #[schema(minimum = 1, maximum = 9)]
    unborn: u32,
    /// Further facts about her.
    #[serde(default)]
    #[schema(max_items = 100)]
    facts: Vec<ItemValue>,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

/// Registers a pregnancy.
#[utoipa::path(post, path = "/api/events/pregnancy", tag = "events", request_body = PregnancyWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200)),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn pregnancy(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Response {
    answer(&headers.clone(), pregnancy_inner(state, call, headers, request).await)
}

async fn pregnancy_inner(state: AppState, call: Call, headers: HeaderMap, request: Request) -> Result<Response, Fault> {
    let body = Body::<PregnancyWire>::read(request, &state).await?;
    let it = body.it.clone();
    let input = pregnancy::Input {
        person: it.person.reference("/person")?,
        confirmed_on: read_day(&it.confirmed_on, "/confirmed_on")?,
        due_date: read_day(&it.due_date, "/due_date")?,
        unborn: it.unborn,
        facts: wire::facts(&state.packs.current(), &it.facts, "/facts")?,
        teller: it.teller.teller(&call),
    };
    changes!(state, headers, call, body, "pregnancy", |tx, desk| {
        let person = casework::household::resolve(tx, &desk, &input.person).await?;
        let person = person.ok_or_else(|| event_fault(register::Fault::UnknownPerson))?;
        let allowed = call.permit(&state, tx, action(&call), [person], "pregnancy").await?;
        let told = pregnancy::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        ToldWire::of(&told)
    })
}

/// A death.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeathWire {
    /// Who died.
    person: PersonRefWire,
    /// The day.
    #[schema(format = Date)]
    on: String,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

/// Registers a death.
#[utoipa::path(post, path = "/api/events/death", tag = "events", request_body = DeathWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200)),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn death(State(state): State<AppState>, call: Call, headers: HeaderMap, request: Request) -> Response {
    answer(&headers.clone(), death_inner(state, call, headers, request).await)
}

async fn death_inner(state: AppState, call: Call, headers: HeaderMap, request: Request) -> Result<Response, Fault> {
    let body = Body::<DeathWire>::read(request, &state).await?;
    let it = body.it.clone();
    let person = it.person.reference("/person")?;
    let input = death::Input { person, on: read_day(&it.on, "/on")?, teller: it.teller.teller(&call) };
    changes!(state, headers, call, body, "death", |tx, desk| {
        let person = casework::household::resolve(tx, &desk, &input.person).await?;
        let person = person.ok_or_else(|| event_fault(register::Fault::UnknownPerson))?;
        let allowed = call.permit(&state, tx, action(&call), [person], "death").await?;
        let told = death::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        ToldWire::of(&told)
    })
}

/// An address.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AddressWire {
    /// The place in the pack.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    pub(crate) jurisdiction: Short<100>,
    /// Street, number, flat.
    #[schema(value_type = String, min_length = 1, max_length = 300)]
    pub(crate) line: Short<300>,
    /// Postal code.
    #[serde(default)]
    #[schema(max_length = 20)]
    pub(crate) postcode: String,
}

impl AddressWire {
    pub(crate) fn address(&self) -> Result<registry::residence::Address, Fault> {
        if self.postcode.chars().count() > 20 {
            return Err(Fault::field(Code::Invalid, "/address/postcode", "expected at most 20 characters"));
        }
        Ok(registry::residence::Address::new(&self.jurisdiction.0, &self.line.0, &self.postcode))
    }
}

/// A move: of the whole household, or of one person into another.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MoveWire {
    /// Who moves, or reports the move of the household.
    person: Uuid,
    /// The household that moves as a whole, or (with `role`) the one the person joins.
    household: Uuid,
    /// As what the person joins: left out when the household moves as a whole.
    #[serde(default)]
    role: Option<MemberRoleWire>,
    /// The new address.
    address: AddressWire,
    /// The first day there.
    #[schema(format = Date)]
    from: String,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

/// What a member is in a household.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum MemberRoleWire {
    Head,
    Spouse,
    Child,
    Parent,
    Relative,
    Other,
}

impl From<MemberRoleWire> for registry::household::MemberRole {
    fn from(role: MemberRoleWire) -> Self {
        use registry::household::MemberRole as R;
        match role {
            MemberRoleWire::Head => R::Head,
            MemberRoleWire::Spouse => R::Spouse,
            MemberRoleWire::Child => R::Child,
            MemberRoleWire::Parent => R::Parent,
            MemberRoleWire::Relative => R::Relative,
            MemberRoleWire::Other => R::Other,
        }
    }
}

/// Registers a move.
#[utoipa::path(post, path = "/api/events/move", tag = "events", request_body = MoveWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200)),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn moved(State(state): State<AppState>, call: Call, headers: HeaderMap, request: Request) -> Response {
    answer(&headers.clone(), moved_inner(state, call, headers, request).await)
}

async fn moved_inner(state: AppState, call: Call, headers: HeaderMap, request: Request) -> Result<Response, Fault> {
    let body = Body::<MoveWire>::read(request, &state).await?;
    let it = body.it.clone();
    let (person, household) = (PersonId(it.person), HouseholdId(it.household));
    let movers = match it.role {
        None => moved::Movers::Household(household),
        Some(role) => moved::Movers::Into { person, household, role: role.into() },
    };
    let input = moved::Input {
        person,
        movers,
        address: it.address.address()?,
        from: read_day(&it.from, "/from")?,
        teller: it.teller.teller(&call),
    };
    changes!(state, headers, call, body, "move", |tx, desk| {
        let mut persons = vec![person];
        if matches!(input.movers, moved::Movers::Household(_)) {
            persons.extend(casework::household::member_ids(tx, &desk, household).await?);
        }
        let allowed = call.permit(&state, tx, action(&call), persons, "address").await?;
        let told = moved::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        ToldWire::of(&told)
    })
}

/// A fact told, with the days it holds for.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactWire {
    /// Whom it is about.
    subject: SubjectWire,
    /// The item of the pack.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    item: Short<100>,
    /// The value.
    #[schema(value_type = wire::Scalar)]
    value: serde_json::Value,
    /// First day it holds for.
    #[schema(format = Date)]
    from: String,
    /// First day it no longer holds for.
    #[serde(default)]
    #[schema(format = Date)]
    until: Option<String>,
}

/// Income or another circumstance changed.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChangeWire {
    /// Whose circumstances.
    person: Uuid,
    /// What is so now, about members of the person's household or the household.
    #[schema(min_items = 1, max_items = 100)]
    facts: Vec<FactWire>,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

fn told_facts(pack: &catalogue::Pack, wire: &[FactWire]) -> Result<Vec<changed::FactTold>, Fault> {
    if wire.is_empty() || wire.len() > 100 {
        return Err(Fault::field(Code::Invalid, "/facts", "expected 1 to 100 facts"));
    }
    let mut facts = Vec::new();
    for (n, fact) in wire.iter().enumerate() {
        let subject = fact.subject.subject(&format!("/facts/{n}/subject"))?;
        let entity = match subject {
            casework::model::Subject::Person(_) => rules::schema::Entity::Person,
            casework::model::Subject::Household(_) => rules::schema::Entity::Household,
        };
        let wrong = |message| Fault::field(Code::Invalid, format!("/facts/{n}/value"), message);
        let value = wire::value(pack, entity, &fact.item.0, &fact.value).map_err(wrong)?;
        let until = fact.until.as_ref().map(|d| read_day(d, &format!("/facts/{n}/until"))).transpose()?;
        let from = read_day(&fact.from, &format!("/facts/{n}/from"))?;
        facts.push(changed::FactTold { subject, item: fact.item.0.clone(), value, from, until });
    }
    Ok(facts)
}

/// Registers a change of income or other circumstances: facts with their origin.
#[utoipa::path(post, path = "/api/events/income-change", tag = "events", request_body = ChangeWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200)),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn income_change(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Response {
    answer(&headers.clone(), income_change_inner(state, call, headers, request).await)
}

async fn income_change_inner(
    state: AppState,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<ChangeWire>::read(request, &state).await?;
    let it = body.it.clone();
    let facts = told_facts(&state.packs.current(), &it.facts)?;
    let input = changed::Input { person: PersonId(it.person), facts, teller: it.teller.teller(&call) };
    changes!(state, headers, call, body, "income-change", |tx, desk| {
        let others = input.facts.iter().filter_map(|f| f.subject.person());
        let persons: Vec<PersonId> = std::iter::once(input.person).chain(others).collect();
        let allowed = call.permit(&state, tx, action(&call), persons, "facts").await?;
        let told = changed::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        ToldWire::of(&told)
    })
}

/// What is right about an event. Only what is given changes.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionWire {
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 1000)]
    reason: Short<1000>,
    /// Birth: the child's names.
    #[serde(default)]
    #[schema(max_items = 5)]
    names: Vec<NameWire>,
    /// Birth: the child's sex.
    #[serde(default)]
    sex: Option<SexWire>,
    /// Birth: the day.
    #[serde(default)]
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// Pregnancy: the expected day.
    #[serde(default)]
    #[schema(format = Date)]
    due_date: Option<String>,
    /// Pregnancy: how many children are expected.
    #[serde(default)]
    #[schema(minimum = 1, maximum = 9)]
    unborn: Option<u32>,
    /// Facts; in a change of circumstances each replaces the statement on the same item.
    #[serde(default)]
    #[schema(max_items = 100)]
    facts: Vec<FactWire>,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

/// Corrects an event. The original is kept.
#[utoipa::path(post, path = "/api/events/{id}/correction", tag = "events", request_body = CorrectionWire,
    params(("id" = Uuid, Path, description = "The event."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200)),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn correction(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    answer(&headers.clone(), correction_inner(state, call, &id, headers, request).await)
}

async fn correction_inner(
    state: AppState,
    call: Call,
    id: &str,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let event = EventId(super::id(id)?);
    let mut body = Body::<CorrectionWire>::read(request, &state).await?;
    body.hash = body::hash(format!("{event} {}", body.hash).as_bytes());
    let it = body.it.clone();
    let facts = match it.facts.is_empty() {
        true => vec![],
        false => told_facts(&state.packs.current(), &it.facts)?,
    };
    let input = correct::Input {
        event,
        reason: it.reason.0,
        right: correct::Right {
            names: wire::names(&it.names, "/names")?,
            sex: it.sex.map(Into::into),
            birth_date: it.birth_date.map(|d| read_day(&d, "/birth_date")).transpose()?,
            due_date: it.due_date.map(|d| read_day(&d, "/due_date")).transpose()?,
            unborn: it.unborn,
            facts: facts.into_iter().map(|f| (f.subject, f.item, f.value)).collect(),
        },
        teller: it.teller.teller(&call),
    };
    changes!(state, headers, call, body, "correction", |tx, desk| {
        let (person, _) = casework::read::event_person(tx, event).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
        let allowed = call.permit(&state, tx, action(&call), [person], "correction").await?;
        let told = correct::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        ToldWire::of(&told)
    })
}

/// Why an event is withdrawn.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct WithdrawalWire {
    /// Why.
    #[schema(value_type = String, min_length = 3, max_length = 1000)]
    reason: Short<1000>,
    /// Who tells.
    #[serde(default)]
    teller: TellerWire,
}

/// Withdraws an event registered in error, and what followed from it. Nothing is deleted.
#[utoipa::path(post, path = "/api/events/{id}/withdrawal", tag = "events", request_body = WithdrawalWire,
    params(("id" = Uuid, Path, description = "The event."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200)),
    responses((status = 200, body = ToldWire), super::Faults))]
pub(crate) async fn withdrawal(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Response {
    answer(&headers.clone(), withdrawal_inner(state, call, &id, headers, request).await)
}

async fn withdrawal_inner(
    state: AppState,
    call: Call,
    id: &str,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let event = EventId(super::id(id)?);
    let mut body = Body::<WithdrawalWire>::read(request, &state).await?;
    body.hash = body::hash(format!("{event} {}", body.hash).as_bytes());
    let it = body.it.clone();
    let input = withdraw::Input { event, reason: it.reason.0, teller: it.teller.teller(&call) };
    changes!(state, headers, call, body, "withdrawal", |tx, desk| {
        let (person, _) = casework::read::event_person(tx, event).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
        let allowed = call.permit(&state, tx, action(&call), [person], "withdrawal").await?;
        let done = withdraw::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        (StatusCode::OK, ToldWire::registered("withdrawn", &done))
    })
}

/// Where a file comes from.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileQuery {
    /// The agency (its id in the pack); a machine's is its own.
    #[param(min_length = 1, max_length = 60)]
    source: Option<String>,
    /// The scheme of identifiers where the file names none.
    #[param(min_length = 1, max_length = 40)]
    scheme: String,
}

/// What came of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileReport {
    /// Births registered.
    registered: u32,
    /// Births known already.
    already: u32,
    /// Rows refused, as `line:N` or `line:N/COLUMN`.
    refused: Vec<FieldFault>,
}

/// Registers births from a file of the civil register (CSV). Each row is its own change; sending the file again registers nothing
/// twice, because every row bears the register's own number.
#[utoipa::path(post, path = "/api/events/births-file", tag = "events",
    request_body(content = String, content_type = "text/csv", description = "Columns: register_number, birth_date, family_name, given_name, sex, script, latin_name, identifier, registered_on, registered_at, place, order, number, of, scheme, mother, father, parent, fact:ITEM."),
    params(FileQuery, ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200)),
    responses((status = 200, body = FileReport), super::Faults))]
pub(crate) async fn births_file(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Response {
    answer(&headers.clone(), births_file_inner(state, call, headers, request).await)
}

async fn births_file_inner(
    state: AppState,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<axum::Json<FileReport>, Fault> {
    super::call::key(&headers)?;
    let query: FileQuery = super::query(request.uri())?;
    let kind = headers.get(axum::http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|k| !k.trim().eq_ignore_ascii_case("text/csv")) {
        return Err(Fault::field(Code::MediaType, "header:content-type", "expected text/csv"));
    }
    let bytes = body::raw(request, &state).await?;
    call.permit_thing(&state, Action::Import, "births").await?;
    let viewer = call.viewer(&state);
    let wire = TellerWire { source: query.source.map(Short), register_number: None };
    let source = wire.teller(&call).source;
    let rows = births_file::read(&viewer.desk(), &bytes, &source, &query.scheme)
        .map_err(|e| Fault::field(Code::Invalid, "", e.to_string()))?;
    let mut report = FileReport { registered: 0, already: 0, refused: Vec::new() };
    for (line, row) in rows {
        let input = match row {
            Ok(input) => input,
            Err(refused) => {
                report.refused.push(refused_row(line, refused.column.as_deref(), refused.reason));
                continue;
            }
        };
        match file_row(&state, &call, &input).await {
            Ok(Told::Registered(_)) => report.registered += 1,
            Ok(Told::Already { .. }) => report.already += 1,
            Err(fault) => {
                let first = fault.errors.first();
                let why =
                    first.map_or_else(|| fault.problem(super::call::lang(&headers)).detail, |e| e.message.clone());
                report.refused.push(refused_row(line, None, why));
            }
        }
    }
    Ok(axum::Json(report))
}

fn refused_row(line: u64, column: Option<&str>, message: String) -> FieldFault {
    let pointer = column.map_or_else(|| format!("line:{line}"), |c| format!("line:{line}/{c}"));
    FieldFault { pointer, message }
}

async fn file_row(state: &AppState, call: &Call, input: &birth::Input) -> Result<Told, Fault> {
    let viewer = call.viewer(state);
    transact!(state.db, Fault, |tx| {
        let desk = viewer.desk();
        let parents = birth::parents(tx, &desk, &input.parents).await.map_err(birth_fault)?;
        let persons = parents.iter().map(|(id, _)| *id);
        let allowed = call.permit(state, tx, action(call), persons, "birth").await?;
        birth::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(birth_fault)
    })
}
