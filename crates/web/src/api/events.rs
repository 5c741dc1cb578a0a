//! Life events: birth, pregnancy, move, change of circumstances, death.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::register::{self, Registered, Teller, Told};
use casework::{birth, changed, death, moved, pregnancy};
use guard::{Action, Role};
use kernel::{HouseholdId, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
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
    /// Only the agency, as a query names it.
    pub(super) fn from_source(source: Option<String>) -> TellerWire {
        TellerWire { source: source.map(Short), register_number: None }
    }

    pub(super) fn teller(self, call: &Call) -> Teller {
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
    pub(super) fn registered(word: &str, r: &Registered) -> ToldWire {
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

    pub(super) fn of(told: &Told) -> (StatusCode, ToldWire) {
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
pub(super) fn event_fault(error: register::Fault) -> Fault {
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

pub(super) fn birth_fault(error: birth::Fault) -> Fault {
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
        parents.push((parent.person.reference(pack, &format!("/parents/{n}/person"))?, role));
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
        identifier: wire.identifier.map(|i| i.identifier(pack, "/identifier")).transpose()?,
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
pub(super) fn action(call: &Call) -> Action {
    if call.who.role == Role::Citizen { Action::EditPerson } else { Action::RegisterEvent }
}

/// A change done once: looks the key up, does the work, keeps the answer, all in one transaction.
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
pub(super) use changes;
/// Registers a birth. The family's offers are durable when the answer arrives.
#[utoipa::path(post, path = "/api/events/birth", tag = "events", request_body = BirthWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn birth(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
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
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn pregnancy(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<PregnancyWire>::read(request, &state).await?;
    let it = body.it.clone();
    let input = pregnancy::Input {
        person: it.person.reference(&state.packs.current(), "/person")?,
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
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn death(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<DeathWire>::read(request, &state).await?;
    let it = body.it.clone();
    let person = it.person.reference(&state.packs.current(), "/person")?;
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
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn moved(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
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
    /// Who said so at the counter, when an official enters it.
    #[serde(default)]
    told_by: Option<Uuid>,
    /// What the official saw, when it is the office's own finding.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 500)]
    evidence: Option<Short<500>>,
}

pub(super) fn told_facts(pack: &catalogue::Pack, wire: &[FactWire]) -> Result<Vec<changed::FactTold>, Fault> {
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
        let value = wire::stated(pack, entity, &fact.item.0, &fact.value, &format!("/facts/{n}"))?;
        let until = fact.until.as_ref().map(|d| read_day(d, &format!("/facts/{n}/until"))).transpose()?;
        let from = read_day(&fact.from, &format!("/facts/{n}/from"))?;
        facts.push(changed::FactTold { subject, item: fact.item.0.clone(), value, from, until });
    }
    Ok(facts)
}

/// Registers a change of income or other circumstances: facts with their origin.
#[utoipa::path(post, path = "/api/events/income-change", tag = "events", request_body = ChangeWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = ToldWire), (status = 200, description = "Known already.", body = ToldWire), super::Faults))]
pub(crate) async fn income_change(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<ChangeWire>::read(request, &state).await?;
    let it = body.it.clone();
    let facts = told_facts(&state.packs.current(), &it.facts)?;
    let evidence = it.evidence.map(|e| e.0.trim().to_owned()).filter(|e| !e.is_empty());
    let ground = changed::Ground { told_by: it.told_by.map(PersonId), evidence };
    let input = changed::Input { person: PersonId(it.person), facts, teller: it.teller.teller(&call), ground };
    changes!(state, headers, call, body, "income-change", |tx, desk| {
        let others = input.facts.iter().filter_map(|f| f.subject.person());
        let persons: Vec<PersonId> = std::iter::once(input.person).chain(others).collect();
        let allowed = call.permit(&state, tx, action(&call), persons, "facts").await?;
        let told = changed::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(event_fault)?;
        ToldWire::of(&told)
    })
}
