//! A family nobody knew yet: its people, how they are related, where they live and what is known of them, in one call.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::Desk;
use catalogue::Pack;
use guard::Action;
use kernel::Date;
use registry::Pen;
use registry::intake::{self, IntakeError, NewHousehold, NewMember, Stated};
use rules::schema::Entity;
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::events::{AddressWire, MemberRoleWire};
use super::facts::{origin_of, source};
use super::people::{NewPersonWire, person_fault};
use super::problem::{Code, Fault};
use super::wire::{self, read_day};
use crate::state::AppState;

/// Something known, by item of the pack.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatedWire {
    /// The item's id.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    item: Short<100>,
    /// The value: true or false, a whole number, or a text (dates as 2026-01-31, decimals and codes as text).
    #[schema(value_type = wire::Scalar)]
    value: serde_json::Value,
    /// First day it holds for; since they live together when left out.
    #[serde(default)]
    #[schema(format = Date)]
    from: Option<String>,
}

/// A member of a new household.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewMemberWire {
    /// Who; not yet in the registry.
    person: NewPersonWire,
    /// As what.
    role: MemberRoleWire,
    /// The parents, as places in the list of members, the first being 0.
    #[serde(default)]
    #[schema(max_items = 4)]
    parents: Vec<u32>,
    /// The spouse, as a place in the list of members. One side is enough.
    #[serde(default)]
    #[schema(minimum = 0, maximum = 29)]
    spouse: Option<u32>,
    /// What is known of the person.
    #[serde(default)]
    #[schema(max_items = 100)]
    facts: Vec<StatedWire>,
}

/// A household to be registered.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewHouseholdWire {
    /// Since when they live together.
    #[schema(format = Date)]
    since: String,
    /// Where.
    address: AddressWire,
    /// Who, the head first.
    #[schema(min_items = 1, max_items = 30)]
    members: Vec<NewMemberWire>,
    /// What is known of the household as a whole.
    #[serde(default)]
    #[schema(max_items = 100)]
    facts: Vec<StatedWire>,
    /// The agency it comes from (its id in the pack), or `self`; a machine's is its own.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 60)]
    source: Option<Short<60>>,
}

/// A household made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HouseholdMade {
    /// The household.
    household: Uuid,
    /// Its people, in the order of the members.
    persons: Vec<Uuid>,
}

/// Registers a household with its people, all or nothing. What it may get is worked out in the background right after.
#[utoipa::path(post, path = "/api/households", tag = "households", request_body = NewHouseholdWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = HouseholdMade), super::Faults))]
pub(crate) async fn create(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<NewHouseholdWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "household", &body.hash)?;
    let viewer = call.viewer(&state);
    let source = source(&call, &viewer.pack, body.it.source.clone(), "/source")?;
    let origin = origin_of(&call, &source, "");
    let new = household(&call, &viewer.pack, &source, viewer.today(), body.it)?;
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let desk: Desk<'_> = viewer.desk();
                let check = |s: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(s, item, value);
                let pen = Pen::new(&*state.ids, state.guard.keys(), viewer.now, &origin);
                let (household, persons) = intake::run(tx, pen, &check, &new).await.map_err(intake_fault)?;
                // Asked when they are there: whether they live where the caller serves shows only then. A refusal undoes it all.
                let about = persons.iter().copied();
                let _allowed = call.permit(&state, tx, Action::RegisterEvent, about, "household").await?;
                for person in &persons {
                    registry::duplicate::find(tx, pen, *person).await?;
                }
                let told = HouseholdMade { household: household.0, persons: persons.iter().map(|p| p.0).collect() };
                once.end(tx, StatusCode::CREATED, &told).await
            }
        }
    })
}

fn household(
    call: &Call,
    pack: &Pack,
    source: &str,
    today: Date,
    wire: NewHouseholdWire,
) -> Result<NewHousehold, Fault> {
    let since = read_day(&wire.since, "/since")?;
    if since > today || since.year() < 1900 {
        return Err(Fault::field(Code::Invalid, "/since", "expected a day between 1900-01-01 and today"));
    }
    if wire.members.is_empty() || wire.members.len() > 30 {
        return Err(Fault::field(Code::Invalid, "/members", "expected 1 to 30 members"));
    }
    if pack.jurisdictions().get(&wire.address.jurisdiction.0).is_none() {
        return Err(Fault::field(Code::Invalid, "/address/jurisdiction", "is not a place of the pack"));
    }
    let stated = |entity, facts: &[StatedWire], pointer: &str| -> Result<Vec<Stated>, Fault> {
        if facts.len() > 100 {
            return Err(Fault::field(Code::Invalid, pointer, "expected at most 100 facts"));
        }
        let one = |(n, fact): (usize, &StatedWire)| {
            let at = format!("{pointer}/{n}");
            let value = wire::stated(pack, entity, &fact.item.0, &fact.value, &at)?;
            let from = fact.from.as_ref().map(|d| read_day(d, &format!("{at}/from"))).transpose()?;
            let law = pack.item(entity, &fact.item.0).map(|i| i.law.clone()).unwrap_or_default();
            Ok(Stated {
                item: fact.item.0.clone(),
                value: Desk::statement(&value),
                origin: origin_of(call, source, &law),
                from: from.unwrap_or(since),
            })
        };
        facts.iter().enumerate().map(one).collect()
    };
    let count = wire.members.len();
    let place = |n: u32, own: usize, at: String| {
        let place = usize::try_from(n).ok().filter(|p| *p < count && *p != own);
        place.ok_or_else(|| Fault::field(Code::Invalid, at, "expected the place of another member in the list"))
    };
    let mut members = Vec::with_capacity(count);
    for (n, member) in wire.members.into_iter().enumerate() {
        let at = format!("/members/{n}");
        let parents = member.parents.iter().enumerate();
        members.push(NewMember {
            role: member.role.into(),
            parents: parents.map(|(i, p)| place(*p, n, format!("{at}/parents/{i}"))).collect::<Result<_, _>>()?,
            spouse: member.spouse.map(|s| place(s, n, format!("{at}/spouse"))).transpose()?,
            facts: stated(Entity::Person, &member.facts, &format!("{at}/facts"))?,
            person: member.person.person(pack, today, &format!("{at}/person"))?,
        });
    }
    let facts = stated(Entity::Household, &wire.facts, "/facts")?;
    Ok(NewHousehold { since, address: wire.address.address()?, members, facts })
}

fn intake_fault(error: IntakeError) -> Fault {
    let words = error.to_string();
    match error {
        IntakeError::Store(inner) => inner.into(),
        IntakeError::Person(n, inner) => person_fault(inner, &format!("/members/{n}/person")),
        IntakeError::Membership(_, registry::household::HouseholdError::Store(inner))
        | IntakeError::Kin(_, registry::kin::KinError::Store(inner))
        | IntakeError::Address(registry::residence::MoveError::Store(inner))
        | IntakeError::Fact(registry::fact::FactError::Store(inner)) => inner.into(),
        IntakeError::Membership(n, _) => Fault::field(Code::Invalid, format!("/members/{n}"), words),
        IntakeError::Kin(n, _) => Fault::field(Code::Invalid, format!("/members/{n}/parents"), words),
        IntakeError::NoSuchMember { member, .. } => Fault::field(Code::Invalid, format!("/members/{member}"), words),
        IntakeError::Address(_) => Fault::field(Code::Invalid, "/address", words),
        IntakeError::Fact(_) => Fault::field(Code::Invalid, "", words),
    }
}
