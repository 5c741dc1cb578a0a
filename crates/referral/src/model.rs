//! A referral as a value: its states, and what follows from each act, without a database.

use catalogue::model::Clocks;
use jiff::ToSpan;
use kernel::{AccountId, Date, Instant, PersonId, ReferralId, words};
use serde::{Deserialize, Serialize};

words! {
    /// How a referral stands.
    Status as "referral status" {
        /// Sent; nobody has said that it arrived.
        Requested = "requested",
        /// It arrived; no answer yet.
        Received = "received",
        /// The service will help.
        Accepted = "accepted",
        /// The service will help when there is room.
        Waiting = "waiting",
        /// The service has begun.
        InProgress = "in_progress",
        /// The service has come to an end, with a result.
        Completed = "completed",
        /// The service will not help, and said why.
        Declined = "declined",
        /// The family does not want it.
        Refused = "refused",
        /// The referrer took it back.
        Withdrawn = "withdrawn",
        /// Nobody answered in time.
        Expired = "expired",
    }
}

impl Status {
    /// Whether nothing more is expected of the service.
    pub const fn is_over(self) -> bool {
        matches!(self, Status::Completed | Status::Declined | Status::Refused | Status::Withdrawn | Status::Expired)
    }

    /// The same in FHIR R4: `Task.status`, `Task.businessStatus`, `ServiceRequest.status`.
    pub const fn fhir(self) -> (&'static str, Option<&'static str>, &'static str) {
        match self {
            Status::Requested => ("requested", None, "active"),
            Status::Received => ("received", None, "active"),
            Status::Accepted => ("accepted", None, "active"),
            Status::Waiting => ("accepted", Some("waiting-list"), "active"),
            Status::InProgress => ("in-progress", None, "active"),
            Status::Completed => ("completed", None, "completed"),
            Status::Declined => ("rejected", None, "revoked"),
            Status::Refused => ("cancelled", Some("refused-by-family"), "revoked"),
            Status::Withdrawn => ("cancelled", Some("withdrawn"), "revoked"),
            Status::Expired => ("failed", Some("no-answer"), "revoked"),
        }
    }
}

words! {
    /// What is due.
    Clock as "clock" {
        /// That somebody says that the request arrived.
        Receive = "receive",
        /// Yes, no or the waiting list.
        Answer = "answer",
        /// The end of the service.
        Finish = "finish",
        /// That the referrer looks at how it ended.
        Close = "close",
    }
}

words! {
    /// Why a service does not help.
    Reason as "reason" {
        /// No room, and no waiting list.
        Full = "full",
        /// The family lives outside its area.
        OutOfArea = "out_of_area",
        /// The family does not meet its conditions.
        NotEligible = "not_eligible",
        /// Another service is the right one.
        OtherService = "other_service",
        /// The family could not be reached.
        NotReached = "not_reached",
        /// Anything else, in words.
        Other = "other",
    }
}

words! {
    /// What came of it.
    Outcome as "outcome" {
        /// The need is met.
        Met = "met",
        /// In part.
        PartlyMet = "partly_met",
        /// Not.
        NotMet = "not_met",
    }
}

words! {
    /// On which side somebody acted.
    By as "side" {
        /// Who sent the family.
        Referrer = "referrer",
        /// Whoever watches over the referrer's work.
        Supervisor = "supervisor",
        /// The service.
        Partner = "partner",
        /// The family.
        Family = "family",
        /// Nobody: time.
        Clock = "clock",
    }
}

/// What is done to a referral after it was sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case")]
pub enum Act {
    /// It arrived.
    Receive,
    /// The service will help.
    Accept,
    /// The service will help when there is room.
    Wait {
        /// When it expects to begin.
        expected_on: Option<Date>,
    },
    /// The service will not help.
    Decline {
        /// Why.
        reason: Reason,
        /// In words for the referrer.
        words: String,
    },
    /// The service begins.
    Start,
    /// The service has ended.
    Complete {
        /// What came of it.
        outcome: Outcome,
        /// In words for the referrer.
        words: String,
    },
    /// The family does not want it.
    Refuse {
        /// Why, if they say so.
        words: String,
    },
    /// The referrer takes it back.
    Withdraw {
        /// Why.
        words: String,
    },
    /// The referrer has looked at the end.
    Close {
        /// What follows.
        words: String,
        /// The referral that takes its place.
        next: Option<ReferralId>,
    },
    /// Somebody is reminded.
    Remind {
        /// Of what.
        clock: Clock,
    },
    /// A supervisor is told.
    Escalate {
        /// What is late.
        clock: Clock,
    },
    /// Nobody answered.
    Expire,
}

impl Act {
    /// Its word.
    pub const fn word(&self) -> &'static str {
        match self {
            Act::Receive => "receive",
            Act::Accept => "accept",
            Act::Wait { .. } => "wait",
            Act::Decline { .. } => "decline",
            Act::Start => "start",
            Act::Complete { .. } => "complete",
            Act::Refuse { .. } => "refuse",
            Act::Withdraw { .. } => "withdraw",
            Act::Close { .. } => "close",
            Act::Remind { .. } => "remind",
            Act::Escalate { .. } => "escalate",
            Act::Expire => "expire",
        }
    }

    /// Whether it is the service's to do.
    pub const fn is_partners(&self) -> bool {
        matches!(
            self,
            Act::Receive | Act::Accept | Act::Wait { .. } | Act::Decline { .. } | Act::Start | Act::Complete { .. }
        )
    }

    /// Whether it is the referrer's or the supervisor's to do.
    pub const fn is_referrers(&self) -> bool {
        matches!(self, Act::Withdraw { .. } | Act::Close { .. })
    }

    /// The words that were said with it.
    pub fn words(&self) -> Option<&str> {
        match self {
            Act::Decline { words, .. }
            | Act::Complete { words, .. }
            | Act::Refuse { words }
            | Act::Withdraw { words }
            | Act::Close { words, .. } => Some(words.as_str()),
            _ => None,
        }
    }
}

/// An act that does not fit how the referral stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("«{act}» does not fit a referral that is {status}{}", if *closed { " and closed" } else { "" })]
pub struct Wrong {
    /// The act.
    pub act: &'static str,
    /// How it stands.
    pub status: Status,
    /// Whether the loop is closed.
    pub closed: bool,
}

/// How a referral stands: what changes with each act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The state.
    pub status: Status,
    /// How often the state changed: a signed link is good for one state.
    pub revision: u32,
    /// How many steps there are.
    pub steps: u32,
    /// Since which day it stands so.
    pub since: Date,
    /// What is due, and when.
    pub due: Option<(Clock, Date)>,
    /// Whether somebody was reminded of it.
    pub reminded: bool,
    /// Since when a supervisor knows.
    pub escalated_at: Option<Instant>,
    /// When a service with a waiting list expects to begin.
    pub expected_on: Option<Date>,
    /// Why the service does not help.
    pub declined: Option<Reason>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// The last words somebody said about it.
    pub said: Option<String>,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// When the loop was closed.
    pub closed_at: Option<Instant>,
}

/// A day so many days later; the last day of time when there is none.
pub(crate) fn in_days(day: Date, days: u32) -> Date {
    day.saturating_add(i64::from(days).days())
}

impl Standing {
    /// A referral sent today.
    pub fn requested(today: Date, clocks: &Clocks) -> Standing {
        Standing {
            status: Status::Requested,
            revision: 1,
            steps: 1,
            since: today,
            due: Some((Clock::Receive, in_days(today, clocks.receive))),
            reminded: false,
            escalated_at: None,
            expected_on: None,
            declined: None,
            outcome: None,
            said: None,
            ended_at: None,
            closed_at: None,
        }
    }

    /// The state an act leads to; `None`: it stays as it is.
    fn leads_to(&self, act: &Act) -> Result<Option<Status>, Wrong> {
        use Status::{
            Accepted, Completed, Declined, Expired, InProgress, Received, Refused, Requested, Waiting, Withdrawn,
        };
        let wrong = Wrong { act: act.word(), status: self.status, closed: self.closed_at.is_some() };
        let fits = |fit: bool, to: Status| if fit { Ok(Some(to)) } else { Err(wrong) };
        let (s, open) = (self.status, !self.status.is_over());
        match act {
            Act::Receive => fits(s == Requested, Received),
            Act::Accept => fits(matches!(s, Requested | Received | Waiting), Accepted),
            Act::Wait { .. } => fits(matches!(s, Requested | Received | Accepted | Waiting), Waiting),
            Act::Decline { .. } => fits(matches!(s, Requested | Received | Waiting | Accepted), Declined),
            Act::Start => fits(matches!(s, Accepted | Waiting), InProgress),
            Act::Complete { .. } => fits(matches!(s, Accepted | Waiting | InProgress), Completed),
            Act::Refuse { .. } => fits(open, Refused),
            Act::Withdraw { .. } => fits(open, Withdrawn),
            Act::Expire => fits(matches!(s, Requested | Received), Expired),
            Act::Close { .. } if !open && self.closed_at.is_none() => Ok(None),
            Act::Remind { .. } | Act::Escalate { .. } if self.closed_at.is_none() => Ok(None),
            Act::Close { .. } | Act::Remind { .. } | Act::Escalate { .. } => Err(wrong),
        }
    }

    /// How it stands after an act.
    ///
    /// # Errors
    /// The act does not fit how it stands.
    pub fn after(&self, act: &Act, clocks: &Clocks, now: Instant, today: Date) -> Result<Standing, Wrong> {
        let to = self.leads_to(act)?;
        let mut next = Standing { steps: self.steps + 1, ..self.clone() };
        if let Some(words) = act.words() {
            next.said = Some(words.to_owned()).filter(|w| !w.is_empty());
        }
        match act {
            Act::Wait { expected_on } => next.expected_on = *expected_on,
            Act::Decline { reason, .. } => next.declined = Some(*reason),
            Act::Complete { outcome, .. } => next.outcome = Some(*outcome),
            Act::Remind { .. } => next.reminded = true,
            Act::Escalate { .. } => next.escalated_at = Some(now),
            Act::Close { .. } => {
                next.closed_at = Some(now);
                next.due = None;
            }
            _ => {}
        }
        let Some(status) = to else { return Ok(next) };
        next.status = status;
        next.revision += 1;
        next.since = today;
        next.reminded = false;
        // What nobody answered is the supervisor's business from the first day.
        next.escalated_at = (status == Status::Expired).then_some(now);
        next.ended_at = status.is_over().then_some(now);
        next.due = match status {
            Status::Requested => Some((Clock::Receive, in_days(today, clocks.receive))),
            Status::Received => Some((Clock::Answer, in_days(today, clocks.answer))),
            Status::Waiting => Some((Clock::Finish, next.expected_on.unwrap_or_else(|| in_days(today, clocks.finish)))),
            Status::Accepted => Some((Clock::Finish, in_days(today, clocks.finish))),
            // The promise to finish runs from the yes.
            Status::InProgress => {
                let kept = self.due.filter(|(_, day)| self.status == Status::Accepted && *day >= today);
                Some(kept.unwrap_or_else(|| (Clock::Finish, in_days(today, clocks.finish))))
            }
            // The referrer who took it back, and knows why, has nothing to look at.
            Status::Withdrawn => {
                next.closed_at = Some(now);
                None
            }
            _ => Some((Clock::Close, in_days(today, clocks.close))),
        };
        Ok(next)
    }

    /// What time does by itself on this day, if anything: one thing at a time.
    pub fn tick(&self, clocks: &Clocks, today: Date) -> Option<Act> {
        let (clock, due) = self.due?;
        let asks = matches!(self.status, Status::Requested | Status::Received);
        if asks && today > in_days(due, clocks.expire) {
            return Some(Act::Expire);
        }
        if today > due {
            return self.escalated_at.is_none().then_some(Act::Escalate { clock });
        }
        (!self.reminded && in_days(today, clocks.remind) >= due).then_some(Act::Remind { clock })
    }
}

/// What the family has agreed that the service learns, besides the need and the referrer's words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shares {
    /// The name.
    pub name: bool,
    /// The date of birth.
    pub birth_date: bool,
}

/// A referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Referral {
    /// Its id.
    pub id: ReferralId,
    /// Who is to be helped.
    pub person: PersonId,
    /// The service of the directory.
    pub service: String,
    /// The agency that runs it.
    pub agency: String,
    /// The need: a code of the pack.
    pub need: String,
    /// In words for the service.
    pub reason: String,
    /// How the family wants to be reached; `None`: through the referrer.
    pub contact: Option<String>,
    /// What the service learns.
    pub shares: Shares,
    /// Who agreed to it.
    pub agreed_by: PersonId,
    /// And when.
    pub agreed_on: Date,
    /// It tells of health, disability or violence.
    pub sensitive: bool,
    /// Shown to nobody of the family but the person.
    pub discreet: bool,
    /// The promises of the service when it was sent.
    pub clocks: Clocks,
    /// The office it came from: agency and place; the empty place: the whole agency.
    pub from: (String, String),
    /// The account that sent it.
    pub referrer: AccountId,
    /// The one whose place it takes.
    pub instead_of: Option<ReferralId>,
    /// When it was sent.
    pub requested_at: Instant,
    /// How it stands.
    pub now: Standing,
}

/// One thing done to a referral.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which, from 1; the first is the request itself.
    pub number: u32,
    /// What; `None`: the request.
    pub act: Option<Act>,
    /// How it stood before.
    pub before: Status,
    /// And after.
    pub after: Status,
    /// On which side.
    pub by: By,
    /// By which account, when there was one.
    pub account: Option<AccountId>,
    /// When.
    pub at: Instant,
}
