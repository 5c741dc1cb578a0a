//! The decision: a request held against the Cedar policies. Pure; nothing is read or written but what was answered before.

use std::collections::{HashMap, HashSet};
use std::str::FromStr;
use std::sync::{PoisonError, RwLock};

use cedar_policy::{
    Authorizer, Context, Decision as Verdict, Effect, Entities, Entity, EntityId, EntityTypeName, EntityUid, Policy,
    PolicyId, PolicySet, Request as CedarRequest, RestrictedExpression, Schema, ValidationMode, Validator,
};
use kernel::{Instant, PersonId};
use uuid::Uuid;

use crate::{Action, Purpose, PurposeKind, Relation, Resource, Role, Tier, Who};

const SCHEMA: &str = include_str!("../policies/hearth.cedarschema");
const POLICIES: [(&str, &str); 2] = [
    ("permits.cedar", include_str!("../policies/permits.cedar")),
    ("forbids.cedar", include_str!("../policies/forbids.cedar")),
];

/// The policy under which somebody with a mandate acts for another.
pub(crate) const MANDATE: &str = "citizen-mandate";

/// One question to the guard.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// Names this look; the log entries carry the same id.
    pub look: Uuid,
    /// The moment of asking.
    pub now: Instant,
    /// Who asks.
    pub who: &'a Who,
    /// What they want to do.
    pub action: Action,
    /// To what or whom.
    pub resource: &'a Resource,
    /// For which purpose.
    pub purpose: &'a Purpose,
}

/// The answer.
#[derive(Debug)]
pub enum Decision {
    /// Yes; the proof opens one seal once the look is in the log.
    Allowed(Allowed),
    /// No.
    Denied(Refusal),
}

/// Proof that the guard allowed one action on certain people's data. Cannot be made or copied outside the guard.
#[derive(Debug)]
#[must_use]
pub struct Allowed {
    look: Uuid,
    action: Action,
    persons: Vec<PersonId>,
    policies: Vec<String>,
}

impl Allowed {
    /// The look this belongs to.
    pub fn look(&self) -> Uuid {
        self.look
    }

    /// The action that was allowed.
    pub fn action(&self) -> Action {
        self.action
    }

    /// The policies that allowed it, by id.
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// Whether nothing but a mandate allowed it: good for the mandate's programmes and days alone, which the use case checks.
    pub fn is_by_mandate(&self) -> bool {
        self.policies.iter().all(|p| p == MANDATE)
    }

    /// Whether the decision was about this person.
    pub fn covers(&self, person: PersonId) -> bool {
        self.persons.contains(&person)
    }
}

crate::who::words! {
    /// Why the guard said no. The word is also the key of the message shown.
    Reason as "reason" {
        /// No policy lets this role do this for this purpose to a record standing so.
        NoGround = "no_ground",
        /// The account is suspended.
        Suspended = "suspended",
        /// Officials do not handle their own record.
        OwnRecord = "own_record",
        /// Officials do not handle relatives.
        Relative = "relative",
        /// Colleagues' records need an open case.
        Colleague = "colleague",
        /// The viewer stands on the side of somebody the person is protected from. Shown as if there were no record.
        PerpetratorSide = "perpetrator_side",
        /// The address is protected. Shown as if there were no address.
        ProtectedAddress = "protected_address",
        /// Health, disability or violence without an open case.
        SensitiveWithoutCase = "sensitive_without_case",
        /// Neither case nor reason was given.
        NoReasonGiven = "no_reason_given",
        /// The action needs a second factor at sign-in.
        SecondFactor = "second_factor",
        /// The policies could not be evaluated; the guard fails closed.
        Failed = "failed",
    }
}

/// A refusal with its grounds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// The ground a person is told, unless [`Refusal::as_if_absent`].
    pub reason: Reason,
    /// The forbidding policies by id; empty when nothing allowed it.
    pub policies: Vec<String>,
}

impl Refusal {
    /// Whether the viewer must get the answer "there is no such record" and not learn that there is one.
    pub fn as_if_absent(&self) -> bool {
        matches!(self.reason, Reason::PerpetratorSide | Reason::ProtectedAddress)
    }
}

/// What is wrong with the policies built into the program.
#[derive(Debug, thiserror::Error)]
pub enum PolicyError {
    /// The schema does not parse.
    #[error("the policy schema does not parse: {0}")]
    Schema(String),
    /// A policy file does not parse.
    #[error("{file} does not parse: {what}")]
    Syntax {
        /// The file.
        file: &'static str,
        /// What the parser said.
        what: String,
    },
    /// A policy without its id.
    #[error("{file}: a policy has no @id(\"…\") in front of it; every decision must be able to name its policy")]
    NoId {
        /// The file.
        file: &'static str,
    },
    /// Two policies of one id, or one that cannot be added.
    #[error("policy {id}: {what}")]
    Clash {
        /// The id.
        id: String,
        /// What is wrong.
        what: String,
    },
    /// A policy that does not fit the schema.
    #[error("the policies do not fit the schema: {0}")]
    Invalid(String),
}

/// The policies, parsed and checked against their schema, ready to decide.
pub struct Policies {
    set: PolicySet,
    schema: Schema,
    authorizer: Authorizer,
    account: EntityTypeName,
    record: EntityTypeName,
    actions: HashMap<Action, Entity>,
    roles: HashMap<Role, EntityUid>,
    answered: RwLock<HashMap<Question, Result<Vec<String>, Refusal>>>,
}

/// How many questions are remembered at most.
const REMEMBERED: usize = 10_000;

/// Everything the policies see of a request: neither account nor record have a name there, so that equal questions have equal
/// answers and each is asked once. A list with a hundred people of one office asks the same a hundred times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Question {
    role: Role,
    suspended: bool,
    strong: bool,
    action: Action,
    relation: Relation,
    tier: Tier,
    purpose: PurposeKind,
    justified: bool,
    explained: bool,
}

impl Question {
    fn of(request: &Request<'_>) -> Question {
        Question {
            role: request.who.role,
            suspended: request.who.suspended,
            strong: request.who.strong,
            action: request.action,
            relation: request.resource.relation(),
            tier: request.resource.tier,
            purpose: request.purpose.kind,
            justified: request.purpose.is_justified(),
            explained: request.purpose.is_explained(),
        }
    }
}

impl std::fmt::Debug for Policies {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Policies({})", self.set.num_of_policies())
    }
}

impl Policies {
    /// The policies of this program. Fails only when they themselves are faulty; checked by a test and at every start.
    pub fn built_in() -> Result<Self, PolicyError> {
        let (schema, warnings) =
            Schema::from_cedarschema_str(SCHEMA).map_err(|e| PolicyError::Schema(e.to_string()))?;
        drop(warnings);
        let mut set = PolicySet::new();
        for (file, text) in POLICIES {
            let parsed = PolicySet::from_str(text).map_err(|e| PolicyError::Syntax { file, what: format!("{e:?}") })?;
            for policy in parsed.policies() {
                let policy = named(file, policy)?;
                let id = policy.id().to_string();
                set.add(policy).map_err(|e| PolicyError::Clash { id, what: e.to_string() })?;
            }
        }
        let checked = Validator::new(schema.clone()).validate(&set, ValidationMode::Strict);
        if let Some(error) = checked.validation_errors().next() {
            return Err(PolicyError::Invalid(error.to_string()));
        }
        // Actions carry their groups; without them a policy on a group would silently match nothing.
        let known = schema.action_entities().map_err(|e| PolicyError::Schema(e.to_string()))?;
        let action_type = type_name("Action")?;
        let action = |a: &Action| {
            let entity = known.get(&uid(&action_type, a.word())).cloned();
            entity.map(|e| (*a, e)).ok_or_else(|| PolicyError::Schema(format!("action {a} is missing")))
        };
        let actions = Action::ALL.iter().map(action).collect::<Result<_, _>>()?;
        let roles = Role::ALL.iter().map(|r| Ok((*r, uid(&type_name("Role")?, r.word())))).collect::<Result<_, _>>()?;
        let (account, record) = (type_name("Account")?, type_name("Record")?);
        Ok(Policies {
            set,
            schema,
            authorizer: Authorizer::new(),
            account,
            record,
            actions,
            roles,
            answered: RwLock::default(),
        })
    }

    /// Decides. Anything that goes wrong inside is a refusal.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        match self.evaluate(request) {
            Ok(policies) => Decision::Allowed(Allowed {
                look: request.look,
                action: request.action,
                persons: request.resource.about().iter().map(|(p, _)| *p).collect(),
                policies,
            }),
            Err(refusal) => Decision::Denied(refusal),
        }
    }

    /// The ids of the policies that allow the request, or the refusal.
    fn evaluate(&self, request: &Request<'_>) -> Result<Vec<String>, Refusal> {
        let question = Question::of(request);
        let known = self.answered.read().unwrap_or_else(PoisonError::into_inner).get(&question).cloned();
        if let Some(answer) = known {
            return answer;
        }
        let answer = self.answer(request.look, &question);
        if !matches!(&answer, Err(Refusal { reason: Reason::Failed, .. })) {
            let mut answered = self.answered.write().unwrap_or_else(PoisonError::into_inner);
            if answered.len() >= REMEMBERED {
                answered.clear();
            }
            answered.insert(question, answer.clone());
        }
        answer
    }

    fn answer(&self, look: Uuid, question: &Question) -> Result<Vec<String>, Refusal> {
        let failed = |what: String| {
            tracing::error!(%look, %what, "the guard could not evaluate a request and refuses it");
            Refusal { reason: Reason::Failed, policies: Vec::new() }
        };
        let (cedar, entities) = self.translate(question).map_err(failed)?;
        let response = self.authorizer.is_authorized(&cedar, &self.set, &entities);
        let mut ids: Vec<String> = response.diagnostics().reason().map(ToString::to_string).collect();
        ids.sort_unstable();
        if let Some(error) = response.diagnostics().errors().next() {
            return Err(failed(error.to_string()));
        }
        match response.decision() {
            Verdict::Allow => Ok(ids),
            Verdict::Deny => Err(Refusal { reason: self.reason(&ids), policies: ids }),
        }
    }

    /// The ground of a refusal: what must look as if absent first, then the ids in their order.
    fn reason(&self, ids: &[String]) -> Reason {
        let grounds: Vec<Reason> = ids.iter().filter_map(|id| self.ground(id)).collect();
        let hidden = grounds.iter().find(|r| matches!(r, Reason::PerpetratorSide | Reason::ProtectedAddress));
        hidden.or(grounds.first()).copied().unwrap_or(Reason::NoGround)
    }

    /// The `@reason` written in front of a policy.
    fn ground(&self, id: &str) -> Option<Reason> {
        self.set.annotation(&PolicyId::new(id), "reason").and_then(|word| word.parse().ok())
    }

    /// The question in Cedar's words.
    fn translate(&self, q: &Question) -> Result<(CedarRequest, Entities), String> {
        let principal = uid(&self.account, "this");
        let role = self.roles.get(&q.role).cloned().ok_or("role without a Cedar name")?;
        let action = self.actions.get(&q.action).cloned().ok_or("action without a Cedar name")?;
        let resource = uid(&self.record, "this");
        let account = Entity::new(
            principal.clone(),
            HashMap::from([flag("staff", q.role.is_staff()), flag("suspended", q.suspended), flag("strong", q.strong)]),
            HashSet::from([role]),
        )
        .map_err(|e| e.to_string())?;
        let record = Entity::new(resource.clone(), relation_flags(q.relation, q.tier), HashSet::new())
            .map_err(|e| e.to_string())?;
        let entities = Entities::from_entities([account, record, action.clone()], None).map_err(|e| e.to_string())?;
        let context = Context::from_pairs([
            ("purpose".to_owned(), RestrictedExpression::new_string(q.purpose.word().to_owned())),
            flag("justified", q.justified),
            flag("explained", q.explained),
        ])
        .map_err(|e| e.to_string())?;
        let cedar = CedarRequest::new(principal, action.uid(), resource, context, Some(&self.schema))
            .map_err(|e| e.to_string())?;
        Ok((cedar, entities))
    }

    /// Every policy with its effect, for the page that shows an auditor what is in force.
    pub fn list(&self) -> Vec<(String, bool)> {
        let mut all: Vec<_> = self.set.policies().map(|p| (p.id().to_string(), p.effect() == Effect::Permit)).collect();
        all.sort_unstable();
        all
    }
}

/// The policy under the id written in front of it.
fn named(file: &'static str, policy: &Policy) -> Result<Policy, PolicyError> {
    let id = policy.annotation("id").filter(|id| !id.is_empty()).ok_or(PolicyError::NoId { file })?;
    Ok(policy.new_id(PolicyId::new(id)))
}

fn type_name(name: &'static str) -> Result<EntityTypeName, PolicyError> {
    EntityTypeName::from_str(name).map_err(|e| PolicyError::Schema(e.to_string()))
}

fn uid(kind: &EntityTypeName, id: &str) -> EntityUid {
    EntityUid::from_type_name_and_id(kind.clone(), EntityId::new(id))
}

fn flag(name: &str, value: bool) -> (String, RestrictedExpression) {
    (name.to_owned(), RestrictedExpression::new_bool(value))
}

fn relation_flags(r: Relation, tier: Tier) -> HashMap<String, RestrictedExpression> {
    HashMap::from([
        flag("own", r.own),
        flag("ownHousehold", r.own_household),
        flag("ward", r.ward),
        flag("kin", r.kin),
        flag("colleague", r.colleague),
        flag("inJurisdiction", r.in_jurisdiction),
        flag("openCase", r.open_case),
        flag("priorJurisdiction", r.prior_jurisdiction),
        flag("perpetratorSide", r.perpetrator_side),
        flag("protected", r.protected),
        flag("mandated", r.mandated),
        flag("closedCase", r.closed_case),
        ("tier".to_owned(), RestrictedExpression::new_long(i64::from(tier as u8))),
    ])
}
