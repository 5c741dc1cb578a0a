//! The guard at the door: decide, log, wait until it is durable, open.

use std::sync::Arc;

use kernel::{Clock, Ids};

use crate::decide::{Allowed, Decision, Policies, Reason, Refusal, Request};
use crate::keys::Keys;
use crate::log::{Body, Class, Entry, Hash, Log, LogError, Receipt};
use crate::sealed::{Disclosed, DisclosureError, Sealed, disclose};
use crate::{Action, Purpose, PurposeKind, Relation, Resource, Who};

/// Why nothing was shown or done.
#[derive(Debug, thiserror::Error)]
pub enum Denied {
    /// The policies refused. The refusal is in the log.
    #[error("refused: {}", .0.reason)]
    Refused(Refusal),
    /// The look could not be logged, so it did not happen.
    #[error("the disclosure log is not available, so nothing was shown: {0}")]
    NotLogged(#[from] LogError),
    /// The data held somebody the decision was not about: a fault in the program, shut rather than shown.
    #[error(transparent)]
    Mismatch(#[from] DisclosureError),
}

impl Denied {
    /// The refusal, if the policies refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Denied::Refused(refusal) => Some(refusal),
            Denied::NotLogged(_) | Denied::Mismatch(_) => None,
        }
    }

    /// Whether to answer exactly as if there were no such record.
    pub fn as_if_absent(&self) -> bool {
        self.refusal().is_some_and(Refusal::as_if_absent)
    }
}

/// Decides, logs and opens. One for the whole program, shared.
pub struct Guard {
    policies: Policies,
    log: Log,
    keys: Arc<Keys>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    withholdings: Vec<Withholding>,
}

/// Officials' looks for a purpose are kept from whom they are about for some days, under a law: an investigation that is told of
/// at once finds nothing. The person sees how many there are and until when, and each of them when the days are over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withholding {
    /// The purpose of the looks.
    pub purpose: PurposeKind,
    /// For how many days.
    pub days: u16,
    /// The law that allows it.
    pub law: String,
}

impl std::fmt::Debug for Guard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Guard({:?})", self.policies)
    }
}

impl Guard {
    /// A guard over these policies and this log.
    pub fn new(policies: Policies, log: Log, keys: Arc<Keys>, clock: Arc<dyn Clock>, ids: Arc<dyn Ids>) -> Self {
        Guard { policies, log, keys, clock, ids, withholdings: Vec::new() }
    }

    /// The same, keeping officials' looks for these purposes from people for a time.
    #[must_use]
    pub fn withholding(mut self, withholdings: Vec<Withholding>) -> Self {
        self.withholdings = withholdings;
        self
    }

    /// The disclosure log, for trails and verification.
    pub fn log(&self) -> &Log {
        &self.log
    }

    /// The keys, for encrypted fields and blind indexes.
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The policies in force.
    pub fn policies(&self) -> &Policies {
        &self.policies
    }

    /// The bare decision: nothing is logged, and an [`Allowed`] got here opens nothing without a receipt.
    pub fn decide(&self, request: &Request<'_>) -> Decision {
        self.policies.decide(request)
    }

    /// Whether a person standing so to the viewer may appear in a list of search results. Callers drop the others
    /// before counting, so that neither row nor count betrays them.
    pub fn may_list(&self, who: &Who, purpose: &Purpose, relation: Relation) -> bool {
        let nobody = kernel::PersonId(uuid::Uuid::nil());
        let resource = Resource::search("", [(nobody, relation)]);
        let request = self.request(who, Action::SearchPerson, &resource, purpose);
        matches!(self.policies.decide(&request), Decision::Allowed(_))
    }

    /// Shows personal data: decides, logs (refusals too), waits until the entry is durable, and opens the seal.
    pub async fn reveal<T>(
        &self,
        who: &Who,
        action: Action,
        resource: &Resource,
        purpose: &Purpose,
        sealed: Sealed<T>,
    ) -> Result<Disclosed<T>, Denied> {
        let (allowed, receipt) = self.permit_logged(who, action, resource, purpose).await?;
        Ok(disclose(allowed, receipt, sealed)?)
    }

    /// Allows an act that shows nothing (register, accept, reload): decides and logs, durably, before it is done.
    pub async fn permit(
        &self,
        who: &Who,
        action: Action,
        resource: &Resource,
        purpose: &Purpose,
    ) -> Result<Allowed, Denied> {
        Ok(self.permit_logged(who, action, resource, purpose).await?.0)
    }

    /// Decides about several looks of one page and logs them, refusals too, in one write; nothing comes back before all are
    /// durable. Each decision with its receipt opens its own seal ([`disclose`]).
    pub async fn permit_together(
        &self,
        who: &Who,
        purpose: &Purpose,
        looks: &[(Action, &Resource)],
    ) -> Result<Vec<Result<(Allowed, Receipt), Denied>>, LogError> {
        let decided: Vec<(Decision, Entry)> = looks
            .iter()
            .map(|(action, resource)| {
                let request = self.request(who, *action, resource, purpose);
                let decision = self.policies.decide(&request);
                let entry = self.entry(&request, verdict(&decision));
                (decision, entry)
            })
            .collect();
        let (decisions, entries): (Vec<_>, Vec<_>) = decided.into_iter().unzip();
        let receipts = self.log.append_all(entries).await?;
        let outcome = |(decision, receipt)| match decision {
            Decision::Allowed(allowed) => Ok((allowed, receipt)),
            Decision::Denied(refusal) => Err(Denied::Refused(refusal)),
        };
        Ok(decisions.into_iter().zip(receipts).map(outcome).collect())
    }

    /// Allows a machine to read many records at once: two people answer for it, each of whom must be allowed to. One entry of
    /// class batch names both, the purpose, how many records there are and the root of a Merkle tree over their ids; it is
    /// durable when this returns.
    pub async fn permit_batch(
        &self,
        (who, purpose): (&Who, &Purpose),
        (approver, second): (&Who, &Purpose),
        action: Action,
        (whose, count, root): (&str, u64, Hash),
    ) -> Result<Receipt, Denied> {
        let items = [whose.to_owned(), format!("persons:{count}"), format!("root:{}", hex::encode(root))];
        let approved = format!("approver:{}", approver.account);
        let mut resource = Resource::thing("");
        resource.items = items.into_iter().chain([approved]).collect();
        let second = self.request(approver, action, &resource, second);
        if let Decision::Denied(refusal) = self.policies.decide(&second) {
            let _ = self.log.append(self.entry(&second, Err(&refusal))).await?;
            return Err(Denied::Refused(refusal));
        }
        let request = self.request(who, action, &resource, purpose);
        match self.policies.decide(&request) {
            Decision::Allowed(allowed) => {
                let entry = self.entry(&request, Ok(allowed.policies()));
                Ok(self.log.append(Entry { class: Class::Batch, tier: crate::Tier::Sensitive, ..entry }).await?)
            }
            Decision::Denied(refusal) => {
                let _ = self.log.append(self.entry(&request, Err(&refusal))).await?;
                Err(Denied::Refused(refusal))
            }
        }
    }

    /// Logs a sign-in, sign-out or failed attempt; `what` says which, without anything that was typed.
    pub async fn note_sign_in(&self, who: Option<&Who>, what: &str, allowed: bool) -> Result<Receipt, LogError> {
        let now = self.clock.now();
        let mut body = Body { reason: what.to_owned(), allowed, ..Body::default() };
        if let Some(who) = who {
            body.account = Some(who.account);
            body.session = Some(who.session);
            body.role = Some(who.role);
            body.organisation.clone_from(&who.organisation);
            body.jurisdiction.clone_from(&who.jurisdiction);
        }
        let (look, tier) = (self.ids.uuid(now), crate::Tier::Public);
        self.log.append(Entry { look, at: now, class: Class::SignIn, tier, subjects: Vec::new(), body }).await
    }

    async fn permit_logged(
        &self,
        who: &Who,
        action: Action,
        resource: &Resource,
        purpose: &Purpose,
    ) -> Result<(Allowed, Receipt), Denied> {
        let request = self.request(who, action, resource, purpose);
        let decision = self.policies.decide(&request);
        let receipt = self.log.append(self.entry(&request, verdict(&decision))).await?;
        match decision {
            Decision::Allowed(allowed) => Ok((allowed, receipt)),
            Decision::Denied(refusal) => Err(Denied::Refused(refusal)),
        }
    }

    fn request<'a>(&self, who: &'a Who, action: Action, resource: &'a Resource, purpose: &'a Purpose) -> Request<'a> {
        let now = self.clock.now();
        Request { look: self.ids.uuid(now), now, who, action, resource, purpose }
    }

    /// The log entry of a decided request.
    fn entry(&self, request: &Request<'_>, verdict: Result<&[String], &Refusal>) -> Entry {
        let resource = request.resource;
        let class = match verdict {
            Err(_) => Class::Refusal,
            Ok(_) if request.action == Action::SearchPerson => Class::Search,
            Ok(_) if request.action.is_change() => Class::Change,
            Ok(_) => Class::View,
        };
        let (policies, refusal): (&[String], Option<Reason>) = match verdict {
            Ok(policies) => (policies, None),
            Err(refusal) => (&refusal.policies, Some(refusal.reason)),
        };
        let withheld =
            self.withholdings.iter().find(|w| request.who.role.is_staff() && w.purpose == request.purpose.kind);
        Entry {
            look: request.look,
            at: request.now,
            class,
            tier: resource.tier,
            subjects: resource.about().iter().map(|(p, _)| *p).collect(),
            body: Body {
                items: resource.items.clone(),
                allowed: refusal.is_none(),
                refusal,
                policies: policies.to_vec(),
                rows: resource.rows,
                query: resource.query.as_deref().map(|q| hex::encode(self.keys.query_hash(q))),
                withheld_until: withheld.map(|w| request.now.plus_seconds(i64::from(w.days) * 86_400)),
                withheld_law: withheld.map(|w| w.law.clone()),
                hide_office: resource.relation().protected,
                ..Body::of(request.who, request.action, request.purpose)
            },
        }
    }
}

/// What the log says of a decision: the policies that allowed it, or the refusal.
fn verdict(decision: &Decision) -> Result<&[String], &Refusal> {
    match decision {
        Decision::Allowed(allowed) => Ok(allowed.policies()),
        Decision::Denied(refusal) => Err(refusal),
    }
}
