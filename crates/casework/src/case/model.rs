//! A case: one programme applied for by one subject, and everything that happens to it. Types and pure transitions.

use kernel::{
    AccountId, ApplicationId, CaseId, Date, DecisionId, DeterminationId, HouseholdId, Instant, OfferId, PersonId,
    StepId, TaskId, words,
};
use serde::{Deserialize, Serialize};

use crate::desk::Desk;
use crate::model::Subject;

words! {
    /// How an application came.
    Channel as "channel" {
        /// The person's own phone or computer.
        Online = "online",
        /// Spoken at the counter, keyed in by an official.
        Counter = "counter",
        /// A letter, keyed in by an official.
        Post = "post",
        /// Another body's machine.
        Api = "api",
    }
}

words! {
    /// How far a case has come.
    Stage as "stage" {
        /// Applied for; the next step is the machine's.
        Received = "received",
        /// Questions are out, or an official must settle what agencies said.
        Investigating = "investigating",
        /// Only the family can give what is missing; the clock stands.
        AwaitingPerson = "awaiting_person",
        /// Everything is known; an official must decide.
        Official = "official",
        /// A decision was prepared; a second person must sign it.
        Approval = "approval",
        /// The family was told of a worse decision and may speak first.
        Hearing = "hearing",
        /// Decided.
        Decided = "decided",
        /// The family took it back.
        Withdrawn = "withdrawn",
        /// What it rested on did not happen.
        Void = "void",
    }
}

impl Stage {
    /// Whether nothing more happens by itself.
    pub const fn is_closed(self) -> bool {
        matches!(self, Stage::Decided | Stage::Withdrawn | Stage::Void)
    }

    /// Whether the legal time stands still: the office waits for the family.
    pub const fn pauses_clock(self) -> bool {
        matches!(self, Stage::AwaitingPerson | Stage::Hearing)
    }
}

words! {
    /// What happened to a case.
    StepKind as "step" {
        /// The application arrived.
        Received = "received",
        /// An agency was asked.
        Asked = "asked",
        /// An agency answered, or did not.
        Answered = "answered",
        /// The family was asked.
        AskedPerson = "asked_person",
        /// The family gave something.
        PersonGave = "person_gave",
        /// An official settled a contradiction or a gap.
        Settled = "settled",
        /// A visit or talk was noted.
        Noted = "noted",
        /// The result was worked out.
        Determined = "determined",
        /// An official prepared a decision.
        Prepared = "prepared",
        /// The family was told what is planned and may speak.
        HearingOpened = "hearing_opened",
        /// The family spoke.
        Heard = "heard",
        /// It was decided.
        Decided = "decided",
        /// The second person sent it back.
        SentBack = "sent_back",
        /// An objection or a court order came.
        Objected = "objected",
        /// The review ended.
        Reviewed = "reviewed",
        /// Something changed and the case is looked at again.
        Reopened = "reopened",
        /// Looked at again; nothing changes.
        Confirmed = "confirmed",
        /// What a look at everybody had begun was taken back.
        TakenBack = "taken_back",
        /// The law's longer time was given, and told.
        Extended = "extended",
        /// Another office took it over.
        Transferred = "transferred",
        /// Another official took it over.
        Assigned = "assigned",
        /// The family took it back.
        Withdrawn = "withdrawn",
        /// What it rested on did not happen.
        Voided = "voided",
        /// It was applied for after the window closed.
        Late = "late",
        /// The ministry that took the application finds the result itself.
        Reserved = "reserved",
    }
}

words! {
    /// What an official has to do.
    TaskKind as "task" {
        /// Two sources say different things.
        Contradiction = "contradiction",
        /// No agency could say it.
        Gap = "gap",
        /// Everything is known: decide.
        Decide = "decide",
        /// Sign or send back what another prepared.
        Approve = "approve",
        /// The family spoke before a worse decision, or its time ran out.
        Hearing = "hearing",
        /// Review an objection.
        Objection = "objection",
        /// The result could not be worked out.
        Trouble = "trouble",
        /// The applicant died.
        ApplicantDied = "applicant_died",
        /// The family reports something that no fact can say.
        Report = "report",
        /// Another agency refused to give what was decided.
        OrderRefused = "order_refused",
        /// The holder of an account does not bear the name of who is paid.
        AccountHolder = "account_holder",
    }
}

impl TaskKind {
    /// Whether its day is the law's for this task alone, not the day of the case.
    pub const fn has_own_day(self) -> bool {
        matches!(self, TaskKind::Objection | TaskKind::Hearing | TaskKind::Report | TaskKind::AccountHolder)
    }
}

words! {
    /// What became of a task.
    TaskStatus as "task status" {
        /// To do.
        Open = "open",
        /// Done.
        Done = "done",
        /// No longer needed.
        Cancelled = "cancelled",
    }
}

/// A case as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Case {
    /// Its id.
    pub id: CaseId,
    /// Whose entitlement.
    pub subject: Subject,
    /// The household.
    pub household: HouseholdId,
    /// Who applied.
    pub applicant: PersonId,
    /// The application it came with.
    pub application: ApplicationId,
    /// The offer that was accepted, if it came from one.
    pub offer: Option<OfferId>,
    /// The programme.
    pub programme: String,
    /// What tells this stretch from another of the same programme and subject.
    pub period_key: String,
    /// How it came.
    pub channel: Channel,
    /// The agency that decides.
    pub agency: String,
    /// The place whose office works on it.
    pub jurisdiction: Option<String>,
    /// How far it has come.
    pub stage: Stage,
    /// Counts every change; a form carries the revision it showed.
    pub revision: u32,
    /// The legal day of the application.
    pub applied_on: Date,
    /// The last day the law gives for the decision; moves while the clock stands.
    pub due_on: Option<Date>,
    /// Since when the clock stands.
    pub paused_on: Option<Date>,
    /// The official who has it.
    pub assigned_to: Option<AccountId>,
    /// The latest determination.
    pub determination: Option<DeterminationId>,
    /// The decision in force.
    pub decision: Option<DecisionId>,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it last changed.
    pub changed_at: Instant,
    /// When it was last closed.
    pub closed_at: Option<Instant>,
}

impl Case {
    /// Moves the case to another stage on `today`: the clock stops or goes on, and the due day moves by the days it stood.
    pub fn enter(&mut self, stage: Stage, today: Date, now: Instant) {
        if stage.pauses_clock() {
            self.paused_on.get_or_insert(today);
        } else if let Some(since) = self.paused_on.take() {
            let stood = (today - since).get_days().max(0);
            self.due_on = self.due_on.map(|due| plus_days(due, stood));
        }
        self.stage = stage;
        self.closed_at = stage.is_closed().then_some(now);
    }

    /// The due day as it stands on `today`, the days of a running pause added.
    pub fn due_as_of(&self, today: Date) -> Option<Date> {
        let stood = self.paused_on.map_or(0, |since| (today - since).get_days().max(0));
        self.due_on.map(|due| plus_days(due, stood))
    }
}

/// The last day on which a family answers what it was asked on a day.
pub(crate) fn answer_by(desk: &Desk<'_>, programme: &str, asked_on: Date) -> Date {
    in_days(asked_on, desk.pack.process(programme).supplement_days)
}

/// `date` moved by days; stays within the calendar.
pub fn plus_days(date: Date, days: i32) -> Date {
    date.saturating_add(jiff::Span::new().try_days(days).unwrap_or_default())
}

/// `date` moved by days that a law or a pack gives.
pub fn in_days(date: Date, days: u32) -> Date {
    plus_days(date, i32::try_from(days.min(40_000)).unwrap_or(0))
}

/// Something that happened to a case.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its id.
    pub id: StepId,
    /// The case.
    pub case: CaseId,
    /// What happened.
    pub kind: StepKind,
    /// Who did it; `None`: the machine.
    pub account: Option<AccountId>,
    /// In which role.
    pub role: Option<String>,
    /// What the kind says more.
    pub detail: serde_json::Value,
    /// When.
    pub at: Instant,
}

/// A task as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Task {
    /// Its id.
    pub id: TaskId,
    /// The case.
    pub case: CaseId,
    /// Whose case.
    pub subject_id: uuid::Uuid,
    /// What to do.
    pub kind: TaskKind,
    /// The programme.
    pub programme: String,
    /// The agency that must do it.
    pub agency: String,
    /// The place of the office.
    pub jurisdiction: Option<String>,
    /// What became of it.
    pub status: TaskStatus,
    /// Until when.
    pub due_on: Option<Date>,
    /// Who has it.
    pub assigned_to: Option<AccountId>,
    /// Who must not do it: they prepared what is to be checked.
    pub barred: Option<AccountId>,
    /// What the kind says more.
    pub detail: serde_json::Value,
    /// When it was opened.
    pub opened_at: Instant,
    /// When it was closed.
    pub closed_at: Option<Instant>,
    /// What came of it.
    pub outcome: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use uuid::Uuid;

    fn case() -> Case {
        let now = Instant::start_of(date(2026, 11, 1));
        Case {
            id: CaseId(Uuid::from_u128(1)),
            subject: Subject::Person(PersonId(Uuid::from_u128(2))),
            household: HouseholdId(Uuid::from_u128(3)),
            applicant: PersonId(Uuid::from_u128(4)),
            application: ApplicationId(Uuid::from_u128(5)),
            offer: None,
            programme: "p".into(),
            period_key: String::new(),
            channel: Channel::Online,
            agency: "a".into(),
            jurisdiction: None,
            stage: Stage::Received,
            revision: 1,
            applied_on: date(2026, 11, 1),
            due_on: Some(date(2026, 12, 1)),
            paused_on: None,
            assigned_to: None,
            determination: None,
            decision: None,
            opened_at: now,
            changed_at: now,
            closed_at: None,
        }
    }

    #[test]
    fn the_clock_stands_while_the_office_waits_for_the_family() {
        let (mut it, now) = (case(), Instant::start_of(date(2026, 11, 1)));
        it.enter(Stage::AwaitingPerson, date(2026, 11, 5), now);
        assert_eq!(it.due_as_of(date(2026, 11, 9)), Some(date(2026, 12, 5)));
        // From one waiting to the next the first day counts.
        it.enter(Stage::Hearing, date(2026, 11, 9), now);
        it.enter(Stage::Official, date(2026, 11, 15), now);
        assert_eq!((it.due_on, it.paused_on), (Some(date(2026, 12, 11)), None));
        it.enter(Stage::Decided, date(2026, 11, 16), now);
        assert_eq!((it.due_on, it.closed_at), (Some(date(2026, 12, 11)), Some(now)));
    }

    #[test]
    fn a_clock_that_goes_back_gives_nobody_less_time() {
        let (mut it, now) = (case(), Instant::start_of(date(2026, 11, 1)));
        it.enter(Stage::AwaitingPerson, date(2026, 11, 5), now);
        it.enter(Stage::Official, date(2026, 11, 4), now);
        assert_eq!(it.due_on, Some(date(2026, 12, 1)));
    }
}
