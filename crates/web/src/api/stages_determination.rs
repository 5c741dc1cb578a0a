//! Determination: what the rules say of a household in the registry; as a stage alone, and as cases show it.

use axum::extract::{Request, State};
use casework::determine::{self, Basis, Determined, For, Nearest, Slice};
use casework::household::PLACE;
use casework::model::Subject;
use catalogue::Pack;
use guard::{Action, Resource, Sealed, Tier};
use kernel::{HouseholdId, Instant, PersonId};
use rules::schema::Entity;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{self, Body, Short};
use super::call::Call;
use super::problem::{Code, Fault};
use super::stages;
use super::wire::{self, AnswerWire, NeededWire, SubjectWire, SumWire, TouchWire, answer_word, day, read_day};
use crate::state::AppState;

/// A stretch of an entitlement with one sum.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SliceWire {
    /// First day.
    #[schema(format = Date)]
    pub(super) from: String,
    /// First day outside; null: open.
    #[serde(default)]
    #[schema(format = Date)]
    pub(super) until: Option<String>,
    /// Minor units a period; 0 for a thing or a service.
    #[schema(minimum = 0)]
    pub(super) minor: i64,
}

impl From<&Slice> for SliceWire {
    fn from(s: &Slice) -> SliceWire {
        SliceWire { from: s.from.to_string(), until: day(s.until), minor: s.minor }
    }
}

/// Slices from a body.
pub(super) fn slices(wire: &[SliceWire], at: &str) -> Result<Vec<Slice>, Fault> {
    if wire.len() > MOST_SLICES {
        return Err(Fault::field(Code::Invalid, at, format!("expected at most {MOST_SLICES} slices")));
    }
    let one = |(n, s): (usize, &SliceWire)| {
        let from = read_day(&s.from, &format!("{at}/{n}/from"))?;
        let until = s.until.as_ref().map(|d| read_day(d, &format!("{at}/{n}/until"))).transpose()?;
        let far = |day: kernel::Date| !(1900..2300).contains(&day.year());
        if far(from) || until.is_some_and(far) {
            return Err(Fault::field(Code::Invalid, format!("{at}/{n}"), "expected days of the years 1900 to 2299"));
        }
        if until.is_some_and(|until| until <= from) {
            return Err(Fault::field(Code::Invalid, format!("{at}/{n}/until"), "expected a day after the first"));
        }
        if !(0..=LARGEST).contains(&s.minor) {
            let expected = format!("expected 0 to {LARGEST} minor units");
            return Err(Fault::field(Code::Invalid, format!("{at}/{n}/minor"), expected));
        }
        Ok(Slice { from, until, minor: s.minor })
    };
    wire.iter().enumerate().map(one).collect()
}

/// The most slices of one decision: ten years of months, each another.
const MOST_SLICES: usize = 120;
/// The largest sum of one period.
const LARGEST: i64 = 100_000_000_000;

/// What is to be worked out.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeterminationWire {
    /// The programme: one of the caller's own.
    #[schema(value_type = String, min_length = 1, max_length = 100)]
    programme: Short<100>,
    /// Whose entitlement: a member of the household, or the household.
    subject: SubjectWire,
    /// The household.
    household: Uuid,
    /// The legal day of the application.
    #[schema(format = Date)]
    claim: String,
    /// The day to work it out for; left out: today.
    #[serde(default)]
    #[schema(format = Date)]
    on: Option<String>,
}

/// A named value on the way to a condition.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StepWire {
    /// The definition, parameter or item.
    name: String,
    /// Its value; null: not known.
    #[schema(value_type = Option<wire::Scalar>)]
    value: Option<serde_json::Value>,
}

/// One condition with what it rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ReasonShown {
    /// Its id in the pack.
    id: String,
    /// The law.
    law: String,
    /// Whether it holds; null: not known.
    holds: Option<bool>,
    /// Why it could not be worked out.
    error: Option<String>,
    /// Values compared, in order.
    steps: Vec<StepWire>,
    /// Facts read, with their sources.
    facts: Vec<AnswerWire>,
}

/// The nearest change that would turn a no.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NearestWire {
    /// `day`: it turns by itself; `threshold`: a value would have to reach one; `fact`: a fact would have to be otherwise.
    kind: String,
    /// The day.
    #[schema(format = Date)]
    on: Option<String>,
    /// The condition.
    condition: Option<String>,
    /// What is too high or too low, or the item.
    name: Option<String>,
    /// What it is.
    #[schema(value_type = Option<wire::Scalar>)]
    value: Option<serde_json::Value>,
    /// What it would have to be.
    #[schema(value_type = Option<wire::Scalar>)]
    needed: Option<serde_json::Value>,
}

impl From<&Nearest> for NearestWire {
    fn from(nearest: &Nearest) -> NearestWire {
        let none = |kind: &str| NearestWire {
            kind: kind.to_owned(),
            on: None,
            condition: None,
            name: None,
            value: None,
            needed: None,
        };
        match nearest {
            Nearest::Day { on } => NearestWire { on: Some(on.to_string()), ..none("day") },
            Nearest::Threshold { condition, name, value, needed } => NearestWire {
                condition: Some(condition.clone()),
                name: Some(name.clone()),
                value: Some(wire::scalar(value)),
                needed: Some(wire::scalar(needed)),
                ..none("threshold")
            },
            Nearest::Fact { condition, item, value } => NearestWire {
                condition: Some(condition.clone()),
                name: Some(item.clone()),
                value: value.as_ref().map(wire::scalar),
                ..none("fact")
            },
        }
    }
}

/// What the rules say, and why.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeterminedWire {
    /// `yes`, `no`, `cannot_tell` or `error`, after the combination rules.
    answer: String,
    /// The law of the version that applies.
    law: String,
    /// Every condition.
    reasons: Vec<ReasonShown>,
    /// Facts that would settle it, and no others.
    missing: Vec<NeededWire>,
    /// The sum on the day.
    amount: Option<SumWire>,
    /// The entitlement over time.
    slices: Vec<SliceWire>,
    /// First day.
    #[schema(format = Date)]
    from: Option<String>,
    /// First day outside.
    #[schema(format = Date)]
    until: Option<String>,
    /// The combination rule by which another programme takes its place.
    excluded_by: Option<String>,
    /// Combination rules that touch it.
    touches: Vec<TouchWire>,
    /// Whether the rules leave something to an official.
    official_looks: bool,
    /// For a no: what would turn it.
    nearest: Option<NearestWire>,
    /// Why there is no answer.
    error: Option<String>,
    /// Content hash of the rules.
    rule_set: String,
}

impl DeterminedWire {
    /// As shown; `hidden`: what follows from an address is left out.
    pub(super) fn of(d: &Determined, hidden: bool) -> DeterminedWire {
        let step = |n: &determine::Named| StepWire { name: n.name.clone(), value: n.value.as_ref().map(wire::scalar) };
        let reason = |r: &determine::Reason| ReasonShown {
            id: r.id.clone(),
            law: r.law.clone(),
            holds: r.holds,
            error: r.error.clone(),
            steps: r.steps.iter().map(step).collect(),
            facts: r.facts.iter().filter(|f| !(hidden && f.source.as_deref() == Some(PLACE))).map(Into::into).collect(),
        };
        DeterminedWire {
            answer: answer_word(d.answer).to_owned(),
            law: d.law.clone(),
            reasons: d.reasons.iter().map(reason).collect(),
            missing: d.missing.iter().map(Into::into).collect(),
            amount: d.amount.map(Into::into),
            slices: d.slices.iter().map(Into::into).collect(),
            from: day(d.from),
            until: day(d.until),
            excluded_by: d.excluded.as_ref().map(|e| e.rule.clone()),
            touches: d.touches.iter().map(Into::into).collect(),
            official_looks: d.official_looks,
            nearest: d.nearest.as_ref().map(Into::into),
            error: d.error.clone(),
            rule_set: d.rule_set.clone(),
        }
    }
}

/// Whether a fact of the most sensitive kind stands in the reasons.
pub(super) fn tier(pack: &Pack, determined: &Determined) -> Tier {
    let entity = |subject: Subject| match subject {
        Subject::Person(_) => Entity::Person,
        Subject::Household(_) => Entity::Household,
    };
    let mut facts = determined.reasons.iter().flat_map(|r| &r.facts);
    let sensitive = facts.any(|f| pack.item(entity(f.subject), &f.item).is_none_or(|i| i.tier >= 3));
    if sensitive { Tier::Sensitive } else { Tier::Benefits }
}

/// A determination with what it rests on.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct DeterminationMade {
    /// The day it was worked out for.
    #[schema(format = Date)]
    on: String,
    /// What the rules say.
    determined: DeterminedWire,
    /// SHA-256 over the facts it rests on.
    facts_hash: String,
    /// Content hash of the pack.
    pack_hash: String,
    /// SHA-256 over the result.
    content_hash: String,
}

/// The stage of determination alone: what the rules say of a household in the registry. Nothing is written but the look.
#[utoipa::path(post, path = "/api/stages/determination", tag = "stages", request_body = DeterminationWire,
    responses((status = 200, body = DeterminationMade), super::Faults))]
pub(crate) async fn determination(
    State(state): State<AppState>,
    call: Call,
    request: Request,
) -> Result<axum::Json<DeterminationMade>, Fault> {
    let it = Body::<DeterminationWire>::read(request, &state).await?.it;
    let mut viewer = call.viewer(&state);
    stages::own(&call, &viewer.pack, &it.programme.0, "/programme")?;
    let subject = it.subject.subject("/subject")?;
    let claim = read_day(&it.claim, "/claim")?;
    let today = viewer.today();
    let on = it.on.as_ref().map(|d| read_day(d, "/on")).transpose()?.unwrap_or(today);
    for (day, at) in [(claim, "/claim"), (on, "/on")] {
        if (i32::from(day.year()) - i32::from(today.year())).abs() > 10 {
            return Err(Fault::field(Code::Invalid, at, "expected a day within ten years"));
        }
    }
    if on != today {
        let hours = i64::from(viewer.offset());
        viewer.now = Instant::start_of(on).plus_seconds(-hours * 3600);
    }
    let desk = viewer.desk();
    let mut tx = state.db.read().await?;
    let household = HouseholdId(it.household);
    let members = casework::household::member_ids(&mut tx, &desk, household).await?;
    if members.is_empty() {
        return Err(Fault::field(Code::Invalid, "/household", "is no household of the registry"));
    }
    let inside = match subject {
        Subject::Household(id) => id == household,
        Subject::Person(id) => members.contains(&id),
    };
    if !inside {
        return Err(Fault::field(Code::Invalid, "/subject", "expected the household or a member of it"));
    }
    let asked = For { programme: it.programme.0, subject, household, claim };
    let basis = determine::load_for(&mut tx, &desk, &asked).await?.ok_or_else(|| Fault::new(Code::NotFound))?;
    let determined = determine::work_out(&viewer.pack, &basis);
    let persons = persons_of(&basis);
    let about = call.about(&state, &mut tx, persons.iter().copied()).await?;
    drop(tx);
    let hidden = about.iter().any(|(_, r)| r.protected);
    let resource = Resource::people(about).at(tier(&viewer.pack, &determined)).showing(["determination"]);
    let sealed = Sealed::new((basis, determined), persons);
    let open = state.guard.reveal(&call.who, Action::RunStage, &resource, &call.purpose, sealed).await?;
    let (basis, determined) = &*open;
    Ok(axum::Json(DeterminationMade {
        on: on.to_string(),
        determined: DeterminedWire::of(determined, hidden),
        facts_hash: hash(&basis.facts)?,
        pack_hash: viewer.pack.content_hash().to_owned(),
        content_hash: hash(determined)?,
    }))
}

fn persons_of(basis: &Basis) -> Vec<PersonId> {
    let mut persons: Vec<PersonId> = basis.facts.iter().flat_map(|f| f.facts.persons()).collect();
    persons.extend(basis.subject.person());
    persons.sort_unstable();
    persons.dedup();
    persons
}

fn hash<T: Serialize>(it: &T) -> Result<String, Fault> {
    let bytes = serde_json::to_vec(it).map_err(|_| Fault::new(Code::Internal))?;
    Ok(body::hash(&bytes))
}
