//! A decision on a family's level of need, up or down: proposed by a rule, made by a person, with what it rests on.

use catalogue::model::Band;
use guard::{Action, Allowed, Who};
use kernel::{Date, EnrolmentId, SubmissionId, TierDecisionId};
use store::{AsConflict, StoreError, Tx, params};

use crate::desk::Desk;
use crate::model::{Assessment, Grounds, TierDecision};
use crate::rows;

/// The most characters of a reason.
pub const MOST_WORDS: usize = 1_000;

/// What is decided.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// The family.
    pub enrolment: EnrolmentId,
    /// The assessment it rests on.
    pub submission: Option<SubmissionId>,
    /// The protocol's id; `None`: the family stays on its own.
    pub protocol: Option<String>,
    /// The level within it; `None`: no more than every family.
    pub tier: Option<String>,
    /// From when on.
    pub from: Date,
    /// Why, where it is not what the rule proposed or no assessment was made.
    pub reason: Option<String>,
}

/// Why nothing was decided.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("the family is not in your hands")]
    NotAllowed,
    /// No such family.
    #[error("there is no such family, or its visits have ended")]
    NoEnrolment,
    /// No such assessment.
    #[error("there is no such assessment of this family")]
    NoAssessment,
    /// No such protocol on that day.
    #[error("there is no protocol \"{0}\" on that day")]
    NoProtocol(String),
    /// The protocol has no visits for that level.
    #[error("the protocol has no visits for the level \"{0}\"")]
    NoTier(String),
    /// Otherwise than proposed, without a reason.
    #[error("say why you decide otherwise than the rule proposes, in at most 1000 characters")]
    NoReason,
    /// A day that cannot be.
    #[error("{0} cannot be: a decision holds from today, or at most 30 days back")]
    BadDay(Date),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Decides. The family comes under the protocol's version of that day; where the protocol changes, its visits begin anew there, and
/// what was done before stays in the record.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    input: &Input,
) -> Result<TierDecisionId, Fault> {
    let mut e = rows::enrolment(tx, input.enrolment).await?.filter(|e| e.left.is_none()).ok_or(Fault::NoEnrolment)?;
    // Whoever makes one visit in a nurse's place writes that visit down; how much a family needs is for those in whose hands it is.
    if allowed.action() != Action::RecordVisit || !allowed.covers(e.person) || !desk.responsible(who, &e) {
        return Err(Fault::NotAllowed);
    }
    let back = (desk.today() - input.from).get_days();
    if !(0..=30).contains(&back) {
        return Err(Fault::BadDay(input.from));
    }
    let own = e.protocol.split('@').next().unwrap_or_default().to_owned();
    let wanted = input.protocol.clone().unwrap_or_else(|| own.clone());
    let protocol = if wanted == own { desk.pack.protocols().get(&e.protocol) } else { None };
    let protocol = protocol.or_else(|| desk.pack.protocol_on(&wanted, input.from));
    let protocol = protocol.ok_or_else(|| Fault::NoProtocol(wanted.chars().take(60).collect()))?;
    if let Some(tier) = input.tier.as_ref().filter(|tier| protocol.rhythms.iter().all(|r| r.tier != **tier)) {
        return Err(Fault::NoTier(tier.chars().take(60).collect()));
    }
    let mut grounds = grounds(tx, desk, &e, input).await?;
    let same = grounds
        .proposed
        .as_ref()
        .is_some_and(|(protocol, tier)| protocol.as_ref().is_none_or(|p| *p == wanted) && *tier == input.tier);
    grounds.overridden = grounds.proposed.is_some() && !same;
    let reason = input.reason.as_deref().map(str::trim).filter(|reason| !reason.is_empty());
    let long = reason.is_some_and(|reason| reason.chars().count() > MOST_WORDS);
    if long || (!same && reason.is_none_or(|reason| reason.chars().count() < 3)) {
        return Err(Fault::NoReason);
    }
    grounds.reason = reason.map(str::to_owned);
    let decision = TierDecision {
        id: TierDecisionId::new(desk.ids, desk.now),
        from: input.from,
        protocol: protocol.key.clone(),
        tier: input.tier.clone(),
        grounds,
        account: who.account,
        recorded_at: desk.now,
    };
    rows::add_tier(tx, &e, &decision).await?;
    if e.protocol != protocol.key {
        let content = serde_json::json!({ "before": e.protocol, "now": protocol.key, "decision": decision.id });
        e.protocol.clone_from(&protocol.key);
        e.entered_on = input.from;
        rows::keep(tx, desk, &mut e, "protocol", &content, Some(who.account)).await?;
    }
    Ok(decision.id)
}

/// What an assessment of this family says for the decision.
async fn grounds(tx: &mut Tx, desk: &Desk<'_>, e: &crate::model::Enrolment, input: &Input) -> Result<Grounds, Fault> {
    let none = Grounds {
        submission: None,
        rule: None,
        points: None,
        counted: Vec::new(),
        skipped: Vec::new(),
        proposed: None,
        overridden: false,
        reason: None,
    };
    let Some(id) = input.submission else { return Ok(none) };
    let row = tx.maybe(rows::SUBMISSION, params![e.person, id]).await?.ok_or(Fault::NoAssessment)?;
    let submission = rows::read_submission(&row)?;
    if submission.enrolment != e.id || submission.ending.is_some() || !submission.counts() {
        return Err(Fault::NoAssessment);
    }
    let made: Assessment = row.json("content")?;
    let band = band_of(desk, &made).filter(|band| band.decides);
    Ok(Grounds {
        submission: Some(id),
        rule: made.rule.clone().map(|rule| (made.instrument.clone(), rule)),
        points: made.points,
        counted: made.counted,
        skipped: made.skipped,
        proposed: band.map(|band| (band.protocol.clone(), band.tier.clone())),
        ..none
    })
}

/// The band an assessment falls into, by the rule it was scored under.
pub fn band_of<'a>(desk: &Desk<'a>, made: &Assessment) -> Option<&'a Band> {
    desk.pack.scores().get(made.rule.as_deref()?)?.band(made.points?)
}
