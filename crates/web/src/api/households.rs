//! Households: members, facts with their origin, entitlements with reasons, events.

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use casework::evaluate::Evaluation;
use casework::model::Subject;
use casework::read::Older;
use catalogue::Pack;
use guard::{Action, Tier};
use kernel::{HouseholdId, Instant, Lang, PersonId};
use registry::AsOf;
use registry::sight::Earlier;
use rules::combine::Standing;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use super::call::{Call, lang};
use super::events::MemberRoleWire;
use super::people::PersonWire;
use super::problem::{Code, Fault};
use super::wire::{self, SubjectWire, SumWire, answer_word, day, moment};
use crate::household::trimmed;
use crate::official::handlers::end_of;
use crate::state::AppState;
use crate::viewer::Viewer;

/// A member of a household.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MemberWire {
    /// The role.
    role: MemberRoleWire,
    /// Member since.
    #[schema(format = Date)]
    since: String,
    /// The person.
    person: PersonWire,
    /// Parents within the household.
    parents: Vec<Uuid>,
    /// The spouse within the household.
    spouse: Option<Uuid>,
}

/// A household as the caller may see it.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HouseholdWire {
    /// Its id.
    id: Uuid,
    /// The head first.
    members: Vec<MemberWire>,
}

fn member_role(role: registry::household::MemberRole) -> MemberRoleWire {
    use registry::household::MemberRole as R;
    match role {
        R::Head => MemberRoleWire::Head,
        R::Spouse => MemberRoleWire::Spouse,
        R::Child => MemberRoleWire::Child,
        R::Parent => MemberRoleWire::Parent,
        R::Relative => MemberRoleWire::Relative,
        R::Other => MemberRoleWire::Other,
    }
}

/// Which day is asked about, and as known when.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AsOfQuery {
    /// A day until today; today when left out.
    #[serde(default)]
    #[param(format = Date)]
    on: Option<String>,
    /// What was known at the end of this day, before later corrections; everything known now when left out.
    #[serde(default)]
    #[param(format = Date)]
    known: Option<String>,
}

impl AsOfQuery {
    fn as_of(&self, viewer: &Viewer<'_>) -> Result<AsOf, Fault> {
        let today = viewer.today();
        let day = |text: &Option<String>, name: &str| {
            let day = text.as_deref().map(|text| super::query_day(text, name)).transpose()?;
            if day.is_some_and(|day| day > today) {
                return Err(Fault::field(
                    Code::Invalid,
                    format!("query:{name}"),
                    format!("expected a day until {today}"),
                ));
            }
            Ok(day)
        };
        let on = day(&self.on, "on")?.unwrap_or(today);
        let known = day(&self.known, "known")?;
        Ok(known.map_or_else(|| AsOf::latest(on), |day| AsOf::new(on, end_of(day, viewer.offset()))))
    }
}

/// A household and its members.
#[utoipa::path(get, path = "/api/households/{id}", tag = "households",
    params(AsOfQuery, ("id" = Uuid, Path, description = "The household.")),
    responses((status = 200, body = HouseholdWire), super::Faults))]
pub(crate) async fn household(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    request: Request,
) -> Result<axum::Json<HouseholdWire>, Fault> {
    let open = record(&state, &call, &id, super::query(request.uri()), Action::ViewHousehold).await?;
    let record = &open.0;
    let inside = |id: &PersonId| record.member(*id).is_some();
    let members = record.members.iter().map(|m| MemberWire {
        role: member_role(m.role),
        since: m.since.to_string(),
        person: (&m.person).into(),
        parents: m.person.related(registry::kin::Relation::Parent).filter(inside).map(|p| p.0).collect(),
        spouse: m.person.related(registry::kin::Relation::Spouse).find(inside).map(|p| p.0),
    });
    Ok(axum::Json(HouseholdWire { id: record.id.0, members: members.collect() }))
}

/// One fact with its origin.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactShown {
    /// The statement.
    id: Uuid,
    /// Whom it is about.
    subject: SubjectWire,
    /// The item.
    item: String,
    /// The value.
    #[schema(value_type = wire::Scalar)]
    value: serde_json::Value,
    /// The agency it comes from, or `self`.
    source: String,
    /// The law it is held under; may be empty.
    law: String,
    /// First day it holds for.
    #[schema(format = Date)]
    from: String,
    /// First day it no longer holds for.
    #[schema(format = Date)]
    until: Option<String>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded: String,
    /// When it was withdrawn; null while it stands.
    #[schema(format = DateTime)]
    withdrawn: Option<String>,
}

/// Facts with their origin.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FactList {
    /// Of the household, then of each member.
    facts: Vec<FactShown>,
}

fn fact(subject: SubjectWire, f: &registry::Fact) -> FactShown {
    use registry::FactValue as V;
    let value = match &f.value {
        V::Boolean(v) => serde_json::Value::from(*v),
        V::Integer(v) | V::Money(v) => serde_json::Value::from(*v),
        V::Decimal(v) | V::Text(v) | V::Code(v) => serde_json::Value::from(v.clone()),
        V::Date(v) => serde_json::Value::from(v.to_string()),
    };
    FactShown {
        id: f.id.0,
        subject,
        item: f.item.clone(),
        value,
        source: f.stamp.origin.source.clone(),
        law: f.stamp.origin.law.clone(),
        from: f.stamp.valid.from.to_string(),
        until: day(f.stamp.valid.until),
        recorded: moment(f.stamp.recorded_at),
        withdrawn: f.stamp.withdrawn_at.map(moment),
    }
}

/// The facts of a household and its members that hold today, with their sources.
#[utoipa::path(get, path = "/api/households/{id}/facts", tag = "households",
    params(AsOfQuery, ("id" = Uuid, Path, description = "The household.")),
    responses((status = 200, body = FactList), super::Faults))]
pub(crate) async fn facts(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    request: Request,
) -> Result<axum::Json<FactList>, Fault> {
    let open = record(&state, &call, &id, super::query(request.uri()), Action::ViewFacts).await?;
    Ok(axum::Json(standing_facts(&open.0)))
}

fn standing_facts(record: &registry::HouseholdRecord) -> FactList {
    let members = record.members.iter().map(|m| (Subject::Person(m.person.id), &m.person.facts));
    let own = std::iter::once((Subject::Household(record.id), &record.facts));
    FactList { facts: shown(own.chain(members)) }
}

fn shown<'a>(of: impl Iterator<Item = (Subject, &'a Vec<registry::Fact>)>) -> Vec<FactShown> {
    of.flat_map(|(subject, facts)| facts.iter().map(move |f| fact(subject.into(), f))).collect()
}

/// What was known before: facts that were withdrawn, corrected or followed by later ones, the newest first.
#[utoipa::path(get, path = "/api/households/{id}/facts/history", tag = "households",
    params(AsOfQuery, ("id" = Uuid, Path, description = "The household.")),
    responses((status = 200, body = FactList), super::Faults))]
pub(crate) async fn history(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    request: Request,
) -> Result<axum::Json<FactList>, Fault> {
    let open = record(&state, &call, &id, super::query(request.uri()), Action::ViewFacts).await?;
    let (record, earlier) = &*open;
    let members = earlier.members.iter().map(|(person, facts)| (Subject::Person(*person), facts));
    let own = std::iter::once((Subject::Household(record.id), &earlier.household));
    Ok(axum::Json(FactList { facts: shown(own.chain(members)) }))
}

async fn record(
    state: &AppState,
    call: &Call,
    id: &str,
    query: Result<AsOfQuery, Fault>,
    action: Action,
) -> Result<guard::Disclosed<(registry::HouseholdRecord, Earlier)>, Fault> {
    let household = HouseholdId(super::id(id)?);
    let viewer = call.viewer(state);
    let as_of = query?.as_of(&viewer)?;
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = registry::sight::household_with_past(&mut tx, &viewer.sight(&setting), household, as_of).await?;
    drop(tx);
    let seen = trimmed(&viewer, seen.ok_or_else(|| Fault::new(Code::NotFound))?);
    let tier = if action == Action::ViewFacts { Tier::Benefits } else { Tier::Contact };
    let resource = seen.resource().at(tier).showing([action.word()]);
    Ok(state.guard.reveal(&call.who, action, &resource, &call.purpose, seen.sealed).await?)
}

/// What a programme says for one subject.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResultWire {
    /// The programme.
    programme: String,
    /// Whose entitlement.
    subject: Option<SubjectWire>,
    /// `yes`, `no`, `cannot_tell` or `error`.
    result: String,
    /// The sum of the single result.
    amount: Option<SumWire>,
    /// The sum after the combination rules.
    combined_amount: Option<SumWire>,
    /// `single`, `kept`, `shortened`, `dropped` or `choice`.
    standing: String,
    /// Combination rules that changed it.
    by: Vec<String>,
    /// First day of the entitlement.
    #[schema(format = Date)]
    from: Option<String>,
    /// First day outside.
    #[schema(format = Date)]
    until: Option<String>,
    /// Last day of the claim window.
    #[schema(format = Date)]
    claim_closes: Option<String>,
    /// Every condition with its words and whether it holds (null: not known).
    conditions: Vec<ConditionWire>,
    /// The facts that would settle it.
    missing: Vec<MissingWire>,
}

impl ResultWire {
    /// Whether it is of this programme.
    pub(super) fn is_of(&self, programme: &str) -> bool {
        self.programme == programme
    }
}

/// A condition.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ConditionWire {
    /// Its id.
    id: String,
    /// In words.
    words: String,
    /// The law.
    law: String,
    /// Whether it holds; null: not known.
    holds: Option<bool>,
}

/// A fact that is missing.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct MissingWire {
    /// Whom it is about.
    subject: Option<SubjectWire>,
    /// The item.
    item: String,
}

/// What a household may get.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EntitlementList {
    /// The day.
    #[schema(format = Date)]
    on: String,
    /// Content hash of the pack.
    pack_hash: String,
    /// Content hash of the rules.
    rule_set: String,
    /// One for each programme and subject.
    results: Vec<ResultWire>,
}

/// The day asked about.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct OnQuery {
    /// A day; today when left out. Today's facts are used.
    #[serde(default)]
    #[param(format = Date)]
    on: Option<String>,
}

/// What a household may get, with reasons, after the combination rules.
#[utoipa::path(get, path = "/api/households/{id}/entitlements", tag = "households",
    params(("id" = Uuid, Path, description = "The household."), OnQuery),
    responses((status = 200, body = EntitlementList), super::Faults))]
pub(crate) async fn entitlements(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<axum::Json<EntitlementList>, Fault> {
    entitled(state, call, &id, super::query(request.uri()), lang(&headers)).await.map(axum::Json)
}

async fn entitled(
    state: AppState,
    call: Call,
    id: &str,
    query: Result<OnQuery, Fault>,
    lang: Lang,
) -> Result<EntitlementList, Fault> {
    let query = query?;
    let household = HouseholdId(super::id(id)?);
    let viewer = call.viewer(&state);
    let on = query.on.map(|d| super::query_day(&d, "on")).transpose()?.unwrap_or_else(|| viewer.today());
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let desk = viewer.desk();
    let seen = casework::read::entitlements(&mut tx, &desk, &viewer.sight(&setting), household, on).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["entitlements"]);
    let open = state.guard.reveal(&call.who, Action::ViewEntitlements, &resource, &call.purpose, seen.sealed).await?;
    let e = &open.evaluation;
    let results = results(&viewer.pack, e, lang);
    Ok(EntitlementList {
        on: on.to_string(),
        pack_hash: open.pack.clone(),
        rule_set: e.explanation.rule_set.clone(),
        results: results.collect(),
    })
}

/// What an evaluation says of each programme and subject.
pub(super) fn results<'a>(pack: &'a Pack, e: &'a Evaluation, lang: Lang) -> impl Iterator<Item = ResultWire> + 'a {
    let sum = move |a: &rules::outcome::Amount| SumWire {
        minor: a.minor,
        currency: pack.currency().to_string(),
        per: wire::per(a.per).to_owned(),
    };
    e.explanation.results.iter().zip(&e.combined.results).map(move |(r, c)| {
        let version = pack.version(&r.programme, r.version);
        ResultWire {
            programme: r.programme.clone(),
            subject: e.subject(&r.subject).map(Into::into),
            result: answer_word(r.answer).to_owned(),
            amount: r.amount.as_ref().map(sum),
            combined_amount: c.amount.as_ref().map(sum),
            standing: standing(c.standing).to_owned(),
            by: c.by.clone(),
            from: day(r.from),
            until: day(r.until),
            claim_closes: day(r.claim_closes),
            conditions: r
                .conditions
                .iter()
                .map(|c| {
                    let told = version.and_then(|v| v.conditions.iter().find(|w| w.id == c.id));
                    ConditionWire {
                        id: c.id.clone(),
                        words: told.map(|t| t.words.get(lang).to_owned()).unwrap_or_default(),
                        law: told.map(|t| t.law.clone()).unwrap_or_default(),
                        holds: c.holds,
                    }
                })
                .collect(),
            missing: r
                .missing
                .iter()
                .map(|m| MissingWire { subject: e.subject(&m.subject).map(Into::into), item: m.item.clone() })
                .collect(),
        }
    })
}

fn standing(standing: Standing) -> &'static str {
    match standing {
        Standing::Single => "single",
        Standing::Kept => "kept",
        Standing::Shortened => "shortened",
        Standing::Dropped => "dropped",
        Standing::Choice => "choice",
    }
}

/// A page of a list.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// How many rows at most.
    #[serde(default)]
    #[param(minimum = 1, maximum = 100)]
    limit: Option<u32>,
    /// Where the page before ended.
    #[serde(default)]
    #[param(max_length = 100)]
    cursor: Option<String>,
}

impl PageQuery {
    fn limit(&self) -> Result<u32, Fault> {
        let limit = self.limit.unwrap_or(20);
        if (1..=100).contains(&limit) {
            Ok(limit)
        } else {
            Err(Fault::field(Code::Invalid, "query:limit", "expected 1 to 100"))
        }
    }

    fn older(&self) -> Result<Older, Fault> {
        let Some(text) = &self.cursor else { return Ok(Older::NEWEST) };
        let read = || {
            let (at, id) = text.split_once('~')?;
            Some(Older { at: Instant::from_micros(at.parse().ok()?), id: id.parse().ok()? })
        };
        read().ok_or_else(|| Fault::field(Code::Invalid, "query:cursor", "is not a cursor this list gave"))
    }
}

/// An event.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventWire {
    /// Its id.
    id: Uuid,
    /// What happened.
    kind: String,
    /// Whom it is about.
    person: Uuid,
    /// The day.
    #[schema(format = Date)]
    occurred_on: String,
    /// Who told.
    source: String,
    /// `registered`, `corrected` or `withdrawn`.
    status: String,
    /// The event it corrects.
    corrects: Option<Uuid>,
    /// Why it was corrected or withdrawn.
    reason: Option<String>,
    /// When it was recorded.
    #[schema(format = DateTime)]
    recorded_at: String,
}

/// A page of events.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EventList {
    /// The newest first.
    events: Vec<EventWire>,
    /// Where the next page begins.
    next: Option<String>,
}

/// The events of a household, the newest first.
#[utoipa::path(get, path = "/api/households/{id}/events", tag = "households",
    params(("id" = Uuid, Path, description = "The household."), PageQuery),
    responses((status = 200, body = EventList), super::Faults))]
pub(crate) async fn events(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    request: Request,
) -> Result<axum::Json<EventList>, Fault> {
    event_page(state, call, &id, super::query(request.uri())).await.map(axum::Json)
}

async fn event_page(
    state: AppState,
    call: Call,
    id: &str,
    query: Result<PageQuery, Fault>,
) -> Result<EventList, Fault> {
    let query = query?;
    let household = HouseholdId(super::id(id)?);
    let (limit, older) = (query.limit()?, query.older()?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let desk = viewer.desk();
    let seen = casework::read::events(&mut tx, &desk, &viewer.sight(&setting), household, older, limit).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().showing(["events"]);
    let open = state.guard.reveal(&call.who, Action::ViewHousehold, &resource, &call.purpose, seen.sealed).await?;
    let full = u32::try_from(open.len()).is_ok_and(|n| n == limit);
    let next = open.last().filter(|_| full).map(|e| format!("{}~{}", e.recorded_at.micros(), e.id));
    let events = open.iter().map(|e| EventWire {
        id: e.id.0,
        kind: e.kind.word().to_owned(),
        person: e.person.0,
        occurred_on: e.occurred_on.to_string(),
        source: e.source.clone(),
        status: e.status.word().to_owned(),
        corrects: e.corrects.map(|c| c.0),
        reason: e.reason.clone(),
        recorded_at: moment(e.recorded_at),
    });
    Ok(EventList { events: events.collect(), next })
}
