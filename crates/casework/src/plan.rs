//! What becomes of a household's offers when its entitlements were worked out again. Pure.
//!
//! Laws held by the tests: planning twice with the same results changes nothing the second time; no plan makes a second
//! offer for the same programme, subject and stretch; what was accepted is not taken back by a computation, unless the
//! event behind it was withdrawn; what no longer holds does not stay open.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, EventId};
use rules::outcome::Answer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::model::{Cause, Offer, OfferContent, OfferStatus, Subject};

/// A programme and whose entitlement it is.
pub type Key = (String, Subject);

/// What every programme said for every subject, in short: whether it matters to the family that it changed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Outcomes(BTreeMap<String, String>);

impl Outcomes {
    /// Notes what one programme said for one subject: the [`OfferContent::digest`].
    pub fn set(&mut self, programme: &str, subject: Subject, digest: &str) {
        self.0.insert(name(programme, subject), digest.chars().take(16).collect());
    }

    /// The same with what some programmes say now.
    pub(crate) fn with(mut self, programmes: &BTreeSet<String>, now: Outcomes) -> Outcomes {
        let of = |key: &str| key.rsplit_once(' ').map_or(key, |(programme, _)| programme).to_owned();
        self.0.retain(|key, _| !programmes.contains(&of(key)));
        self.0.extend(now.0);
        self
    }

    /// Takes out what one programme said for one subject.
    pub(crate) fn forget(&mut self, programme: &str, subject: Subject) {
        self.0.remove(&name(programme, subject));
    }

    /// Whether it said the very same.
    pub fn says(&self, programme: &str, subject: Subject, digest: &str) -> bool {
        self.0.get(&name(programme, subject)).is_some_and(|d| digest.starts_with(d.as_str()))
    }
}

fn name(programme: &str, subject: Subject) -> String {
    match subject {
        Subject::Household(_) => format!("{programme} h"),
        Subject::Person(id) => format!("{programme} {id}"),
    }
}

/// What could be offered: a *yes*, or a *cannot tell yet*.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// The programme.
    pub programme: String,
    /// Whose entitlement.
    pub subject: Subject,
    /// Whether the pack ties the programme to what happened.
    pub tied: bool,
    /// The [`OfferContent::digest`] of what it would say: asked for several times, worked out once.
    pub digest: String,
    /// What the offer would say.
    pub content: OfferContent,
}

/// Why the plan is made.
#[derive(Clone, Copy, Debug)]
pub struct Occasion {
    /// What happened.
    pub cause: Cause,
    /// The registered event, if it is one.
    pub event: Option<EventId>,
    /// The day of the evaluation.
    pub today: Date,
}

/// One change to make.
#[derive(Clone, Debug, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a handful of them live for one transaction")]
pub enum Change {
    /// Nothing like it was offered before.
    Make {
        /// What to offer.
        draft: Draft,
        /// The stretch it is for.
        period_key: String,
    },
    /// The offer says something new: keep the old revision, write the next.
    Revise {
        /// The offer as it stands.
        offer: Offer,
        /// What it says now.
        content: OfferContent,
        /// Its status now.
        status: OfferStatus,
    },
    /// Only the status changes.
    Close {
        /// The offer as it stands.
        offer: Offer,
        /// Its status now.
        status: OfferStatus,
    },
}

impl OfferContent {
    /// Hash of what matters to the family. Two contents with one digest may be accepted for each other.
    pub fn digest(&self) -> String {
        let touches: Vec<_> = self.choice.touches.iter().map(|t| (&t.rule, &t.other, t.excludes)).collect();
        let what = serde_json::json!([
            self.result,
            self.amount,
            self.from,
            self.until,
            self.claim_closes,
            self.needed,
            self.choice.place,
            touches
        ]);
        hex::encode(Sha256::digest(what.to_string().as_bytes()))
    }

    /// Hash of result and sum alone: what makes somebody who said no, or who applied already, want to look again.
    fn worth(&self) -> (Answer, Option<i64>) {
        (self.result, self.amount.and_then(|a| a.minor))
    }
}

/// What tells one stretch of entitlement from another.
fn period_key(content: &OfferContent, occasion: Occasion) -> String {
    match (content.from, occasion.event) {
        (Some(from), _) => format!("from {from}"),
        (None, Some(event)) => format!("event {event}"),
        (None, None) => format!("{} {}", occasion.cause, occasion.today),
    }
}

/// What to change, given what is offered already and what each programme said before the occasion.
pub fn plan(before: &Outcomes, offered: &[Offer], drafts: Vec<Draft>, occasion: Occasion) -> Vec<Change> {
    let mut changes = Vec::new();
    for offer in offered {
        // What was applied for because of an event that never was falls with it.
        let void = occasion.cause == Cause::Withdrawal
            && offer.status == OfferStatus::Accepted
            && offer.event.is_some()
            && offer.event == occasion.event;
        if (offer.status.can_be_accepted() || void) && !drafts.iter().any(|d| d.is_for(offer)) {
            let status = gone(offer, occasion);
            changes.push(Change::Close { offer: offer.clone(), status });
        }
    }
    for draft in drafts {
        let closed = draft.content.claim_closes.is_some_and(|last| last < occasion.today);
        let key = period_key(&draft.content, occasion);
        let mut known = offered.iter().filter(|o| draft.is_for(o));
        let same_stretch = known.clone().find(|o| o.period_key == key);
        let current = same_stretch.or_else(|| known.rfind(|o| o.is_current(occasion.today)));
        let change = match current {
            Some(offer) => again(offer, draft, key, closed, occasion),
            None if closed => None,
            None => is_new(before, &draft).then_some(Change::Make { draft, period_key: key }),
        };
        changes.extend(change);
    }
    changes
}

impl Draft {
    fn is_for(&self, offer: &Offer) -> bool {
        offer.programme == self.programme && offer.subject == self.subject
    }
}

impl Offer {
    /// Whether it still speaks for its programme and subject.
    fn is_current(&self, today: Date) -> bool {
        match self.status {
            OfferStatus::Open | OfferStatus::Refused => true,
            OfferStatus::Accepted => self.content.until.is_none_or(|end| today < end),
            OfferStatus::Lapsed | OfferStatus::Withdrawn | OfferStatus::Expired => false,
        }
    }
}

/// Whether the draft belongs to the occasion: new or changed, and an open answer only where the pack ties it to what
/// happened, so that nobody is asked about everything under the sun.
fn is_new(before: &Outcomes, draft: &Draft) -> bool {
    let changed = !before.says(&draft.programme, draft.subject, &draft.digest);
    changed && (draft.tied || draft.content.result == Answer::Yes)
}

/// The status of an offer that no result supports any more.
fn gone(offer: &Offer, occasion: Occasion) -> OfferStatus {
    if occasion.cause == Cause::Withdrawal && offer.event.is_some() && offer.event == occasion.event {
        OfferStatus::Withdrawn
    } else if offer.content.claim_closes.is_some_and(|last| last < occasion.today) {
        OfferStatus::Expired
    } else {
        OfferStatus::Lapsed
    }
}

/// What becomes of an offer that a result supports again.
fn again(offer: &Offer, draft: Draft, key: String, closed: bool, occasion: Occasion) -> Option<Change> {
    let better = offer.content.worth() != draft.content.worth();
    let revise = |status| Some(Change::Revise { offer: offer.clone(), content: draft.content.clone(), status });
    match offer.status {
        OfferStatus::Open | OfferStatus::Refused if closed => {
            Some(Change::Close { offer: offer.clone(), status: OfferStatus::Expired })
        }
        OfferStatus::Open if offer.content == draft.content => None,
        OfferStatus::Open => revise(OfferStatus::Open),
        // A no to one sum is not a no to another.
        OfferStatus::Refused if better => revise(OfferStatus::Open),
        OfferStatus::Refused => None,
        // Applied for: a change of an entitlement that runs is the business of the decision. Only something that
        // happened in a life, and made it worth more or less, is asked about anew, under a stretch of its own.
        OfferStatus::Accepted if occasion.cause.is_life_event() && better && key != offer.period_key && !closed => {
            Some(Change::Make { draft, period_key: key })
        }
        OfferStatus::Accepted => None,
        OfferStatus::Lapsed | OfferStatus::Withdrawn | OfferStatus::Expired if closed => None,
        OfferStatus::Lapsed | OfferStatus::Withdrawn | OfferStatus::Expired => revise(OfferStatus::Open),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Choice, Sum};
    use jiff::civil::date;
    use kernel::{Currency, HouseholdId, Ids, Instant, OfferId, PersonId, SeededIds};
    use rules::schema::Per;

    const TODAY: Date = date(2026, 11, 21);

    fn child() -> Subject {
        Subject::Person(PersonId(uuid::Uuid::from_u128(7)))
    }

    fn content(result: Answer, minor: i64, from: Option<Date>) -> OfferContent {
        OfferContent {
            result,
            amount: Some(Sum { minor: Some(minor), currency: Currency::KRW, per: Per::Month }),
            from,
            until: None,
            claim_opens: None,
            claim_closes: None,
            agency: "a".into(),
            decided_by: "b".into(),
            who_may_claim: vec![],
            decision_days: None,
            conditions: vec![],
            answers: vec![],
            needed: vec![],
            choice: Choice::default(),
        }
    }

    fn draft(programme: &str, minor: i64) -> Draft {
        let content = content(Answer::Yes, minor, Some(TODAY));
        Draft { programme: programme.into(), subject: child(), tied: true, digest: content.digest(), content }
    }

    fn occasion(cause: Cause) -> Occasion {
        Occasion { cause, event: None, today: TODAY }
    }

    /// Carries a plan out in memory, as the database does.
    pub(crate) fn carry_out(offers: &mut Vec<Offer>, changes: Vec<Change>, occasion: Occasion, ids: &SeededIds) {
        for change in changes {
            match change {
                Change::Make { draft, period_key } => {
                    let now = Instant::start_of(occasion.today);
                    assert!(
                        !offers.iter().any(|o| draft.is_for(o) && o.period_key == period_key),
                        "two offers for one stretch: {} {period_key}",
                        draft.programme
                    );
                    offers.push(Offer {
                        id: OfferId(ids.uuid(now)),
                        subject: draft.subject,
                        household: HouseholdId(uuid::Uuid::from_u128(1)),
                        programme: draft.programme,
                        period_key,
                        cause: occasion.cause,
                        event: occasion.event,
                        status: OfferStatus::Open,
                        revision: 1,
                        digest: draft.digest,
                        content: draft.content,
                        facts_hash: String::new(),
                        pack_hash: String::new(),
                        rule_set: String::new(),
                        made_at: now,
                        changed_at: now,
                    });
                }
                Change::Revise { offer, content, status } => {
                    let it = offers.iter_mut().find(|o| o.id == offer.id).unwrap();
                    (it.content, it.status, it.revision) = (content, status, it.revision + 1);
                }
                Change::Close { offer, status } => {
                    offers.iter_mut().find(|o| o.id == offer.id).unwrap().status = status;
                }
            }
        }
    }

    #[test]
    fn a_new_yes_is_offered_once_and_planning_again_changes_nothing() {
        let (ids, birth) = (SeededIds::new(1), occasion(Cause::Birth));
        let mut offers = Vec::new();
        let changes = plan(&Outcomes::default(), &offers, vec![draft("p", 5)], birth);
        carry_out(&mut offers, changes, birth, &ids);
        assert_eq!(offers.len(), 1);
        assert_eq!(plan(&Outcomes::default(), &offers, vec![draft("p", 5)], birth), vec![]);
    }

    #[test]
    fn what_was_so_before_the_event_is_not_offered_because_of_it() {
        let mut before = Outcomes::default();
        before.set("p", child(), &draft("p", 5).digest);
        assert_eq!(plan(&before, &[], vec![draft("p", 5)], occasion(Cause::Birth)), vec![]);
        assert_eq!(plan(&before, &[], vec![draft("p", 6)], occasion(Cause::Birth)).len(), 1);
    }

    #[test]
    fn an_open_answer_is_offered_only_where_the_pack_ties_it_to_the_event() {
        let mut open = draft("p", 5);
        open.content.result = Answer::CannotTell;
        assert_eq!(plan(&Outcomes::default(), &[], vec![open.clone()], occasion(Cause::Birth)).len(), 1);
        open.tied = false;
        assert_eq!(plan(&Outcomes::default(), &[], vec![open], occasion(Cause::Birth)).len(), 0);
    }

    #[test]
    fn what_no_longer_holds_lapses_and_comes_back_under_the_same_offer() {
        let (ids, birth) = (SeededIds::new(1), occasion(Cause::Birth));
        let mut offers = Vec::new();
        let made = plan(&Outcomes::default(), &offers, vec![draft("p", 5)], birth);
        carry_out(&mut offers, made, birth, &ids);
        let lapse = plan(&Outcomes::default(), &offers, vec![], occasion(Cause::IncomeChange));
        carry_out(&mut offers, lapse, birth, &ids);
        assert_eq!(offers[0].status, OfferStatus::Lapsed);
        let back = plan(&Outcomes::default(), &offers, vec![draft("p", 5)], occasion(Cause::IncomeChange));
        carry_out(&mut offers, back, birth, &ids);
        assert_eq!((offers.len(), offers[0].status, offers[0].revision), (1, OfferStatus::Open, 2));
    }

    #[test]
    fn a_refusal_stands_until_the_sum_changes_and_an_acceptance_is_never_taken_back() {
        let (ids, birth) = (SeededIds::new(1), occasion(Cause::Birth));
        let mut offers = Vec::new();
        let made = plan(&Outcomes::default(), &offers, vec![draft("p", 5)], birth);
        carry_out(&mut offers, made, birth, &ids);
        offers[0].status = OfferStatus::Refused;
        assert_eq!(plan(&Outcomes::default(), &offers, vec![draft("p", 5)], birth), vec![]);
        let more = plan(&Outcomes::default(), &offers, vec![draft("p", 6)], occasion(Cause::IncomeChange));
        assert!(matches!(more[..], [Change::Revise { status: OfferStatus::Open, .. }]));
        offers[0].status = OfferStatus::Accepted;
        assert_eq!(plan(&Outcomes::default(), &offers, vec![], occasion(Cause::IncomeChange)), vec![]);
        assert_eq!(plan(&Outcomes::default(), &offers, vec![draft("p", 6)], occasion(Cause::Birthday)), vec![]);
    }

    #[test]
    fn a_closed_window_is_neither_offered_nor_left_open() {
        let (ids, birth) = (SeededIds::new(1), occasion(Cause::Birth));
        let mut late = draft("p", 5);
        late.content.claim_closes = Some(date(2026, 11, 20));
        assert_eq!(plan(&Outcomes::default(), &[], vec![late.clone()], birth), vec![]);
        let mut offers = Vec::new();
        let made = plan(&Outcomes::default(), &offers, vec![draft("p", 5)], birth);
        carry_out(&mut offers, made, birth, &ids);
        let closed = plan(&Outcomes::default(), &offers, vec![late], birth);
        assert!(matches!(closed[..], [Change::Close { status: OfferStatus::Expired, .. }]));
    }
}
