//! A decision and what it needs. Pure.

use catalogue::{Pack, model::Process};
use kernel::{
    AccountId, CaseId, Currency, Date, DecisionId, DeterminationId, HouseholdId, Instant, ObjectionId, words,
};
use rules::outcome::Answer;
use rules::schema::Per;
use serde::{Deserialize, Serialize};

use super::notice::Notices;
use crate::determine::{Comparison, Determined, Direction, Excluded, Slice};
use crate::model::Subject;

words! {
    /// What a decision does.
    DecisionKind as "decision" {
        /// Begins an entitlement.
        Grant = "grant",
        /// Refuses it.
        Refuse = "refuse",
        /// Changes one that runs, or corrects it back in time.
        Change = "change",
        /// Ends one that runs.
        Stop = "stop",
    }
}

words! {
    /// How a decision stands.
    DecisionStatus as "decision status" {
        /// Prepared; a second person must sign.
        Proposed = "proposed",
        /// The family was told what is planned and may speak.
        Hearing = "hearing",
        /// Told to the family; it holds.
        InForce = "in_force",
        /// A later one replaced it.
        Superseded = "superseded",
        /// Never came into force: sent back, or the facts changed before.
        Dropped = "dropped",
    }
}

/// An official, or a court, decides otherwise than the rules.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    /// Whether it is granted.
    pub grant: bool,
    /// The entitlement over time; empty when refused.
    pub slices: Vec<Slice>,
    /// Why, in words for the family.
    pub reason: String,
    /// The law that allows it.
    pub law: String,
}

/// What a human being added to the determination.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judgement {
    /// Words to the family beside the reasons of the rules.
    pub words: Option<String>,
    /// Another result than that of the rules.
    pub overriding: Option<Override>,
    /// The objection or court order that made it.
    pub review: Option<ObjectionId>,
}

/// What a decision says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The programme.
    pub programme: String,
    /// Whose entitlement.
    pub subject: Subject,
    /// What it does.
    pub kind: DecisionKind,
    /// Whether there is an entitlement, or was one until it ends.
    pub granted: bool,
    /// The entitlement over time.
    pub slices: Vec<Slice>,
    /// The period of a sum; `None` for a thing or a service.
    pub per: Option<Per>,
    /// The currency.
    pub currency: Currency,
    /// In what form it comes, as the pack's word.
    pub form: String,
    /// First day.
    pub from: Option<Date>,
    /// First day outside.
    pub until: Option<Date>,
    /// The law.
    pub law: String,
    /// What a human being added.
    pub judgement: Judgement,
    /// What it changes against the decision before.
    pub change: Comparison,
    /// The rule by which another programme takes its place.
    pub excluded: Option<Excluded>,
}

/// A decision as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its id.
    pub id: DecisionId,
    /// The case.
    pub case: CaseId,
    /// What it rests on.
    pub determination: DeterminationId,
    /// The household.
    pub household: HouseholdId,
    /// How it stands.
    pub status: DecisionStatus,
    /// Whether no official was needed.
    pub automatic: bool,
    /// What it says.
    pub content: Content,
    /// The notice, word for word.
    pub notices: Notices,
    /// Hash of content and notice.
    pub content_hash: String,
    /// Last day to object.
    pub object_by: Option<Date>,
    /// The decision it replaces.
    pub supersedes: Option<DecisionId>,
    /// Who prepared it; `None`: the machine.
    pub prepared_by: Option<AccountId>,
    /// Who decided it; `None`: the machine.
    pub decided_by: Option<AccountId>,
    /// When it was prepared.
    pub prepared_at: Instant,
    /// When it came into force.
    pub decided_at: Option<Instant>,
}

/// Puts determination and judgement together. `before` is the decision in force.
pub fn compose(
    pack: &Pack,
    programme: &str,
    subject: Subject,
    determined: &Determined,
    judgement: Judgement,
    before: Option<&Content>,
) -> Content {
    let ran = before.filter(|b| b.granted);
    let (goes_on, slices) = match &judgement.overriding {
        Some(other) => (other.grant, other.slices.clone()),
        None => (determined.answer == Answer::Yes, determined.slices.clone()),
    };
    // What ends now was lawful for the months before, and stays so.
    let granted = goes_on || (ran.is_some() && !slices.is_empty());
    let slices = if granted { slices } else { Vec::new() };
    // Granted against the rules while the sum cannot be told: it is paid by the month all the same, and a later decision may say the sum.
    let version = pack.version(programme, determined.version);
    let of_law = version.and_then(|v| v.amount.as_ref()).map(|(_, per)| *per);
    let per = determined.amount.map(|a| a.per).or_else(|| ran.and_then(|b| b.per)).or(of_law);
    let change = crate::determine::compare(ran.map_or(&[][..], |b| &b.slices), &slices, per);
    let kind = match (ran.is_some(), goes_on) {
        (false, true) => DecisionKind::Grant,
        (false, false) => DecisionKind::Refuse,
        (true, true) => DecisionKind::Change,
        (true, false) if change.direction == Direction::Same => DecisionKind::Change,
        (true, false) => DecisionKind::Stop,
    };
    let form = version.and_then(|v| v.benefit.as_ref()).map(|b| b.form);
    let form = form.and_then(|f| serde_json::to_value(f).ok()).and_then(|v| v.as_str().map(str::to_owned));
    let law = judgement.overriding.as_ref().map_or(&determined.law, |o| &o.law).clone();
    Content {
        programme: programme.to_owned(),
        subject,
        kind,
        granted,
        per,
        currency: pack.currency(),
        form: form.unwrap_or_else(|| "cash".to_owned()),
        from: slices.first().map(|s| s.from),
        until: slices.last().and_then(|s| s.until),
        slices,
        law,
        judgement,
        change,
        excluded: determined.excluded.clone(),
    }
}

impl Content {
    /// Whether it says the same as the decision in force, so that nothing need be told.
    pub fn is_no_news(&self) -> bool {
        self.kind == DecisionKind::Change && self.change.direction == Direction::Same
    }

    /// Whether the family is worse off than under the decision in force.
    pub fn is_worse(&self) -> bool {
        matches!(self.kind, DecisionKind::Change | DecisionKind::Stop) && self.change.direction == Direction::Worse
    }

    /// Whether two people must decide: against the rules, against the family, or over much money.
    pub fn needs_second(&self, process: &Process) -> bool {
        let against = !self.granted || self.is_worse();
        self.judgement.overriding.is_some() || (against && process.four_eyes_on_denial) || self.is_large(process)
    }

    /// Whether it is over so much money that nobody decides it alone, a reviewer or who enters a court's order neither.
    pub fn is_large(&self, process: &Process) -> bool {
        let largest = self.slices.iter().map(|s| s.minor).max().unwrap_or(0);
        process.four_eyes_over.is_some_and(|most| largest > most)
    }

    /// Whether the machine may decide: the pack allows it, everything is certain, and nobody is worse off.
    pub fn may_be_automatic(&self, determined: &Determined, process: &Process) -> bool {
        process.automatic
            && self.granted
            && self.judgement == Judgement::default()
            && !self.is_worse()
            && !self.needs_second(process)
            && !determined.official_looks
            && determined.missing.is_empty()
    }
}
