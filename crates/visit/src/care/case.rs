//! A case: where a family stands in the steps of its country, what the present one lacks, and what may be done by whom. Pure.

use catalogue::model::{CaseStep, CaseSteps, Needed, Signer};
use jiff::ToSpan;
use kernel::{AccountId, Date, EnrolmentId, FamilyActId, FamilyCaseId, Instant, PersonId, TierDecisionId, words};

use super::act::Act;
use super::plan::{End, Plan, Task};

/// The most characters of a text.
pub const MOST_WORDS: usize = 2_000;
/// The most characters of a participant's name.
const MOST_NAME: usize = 100;
/// The most participants of a conference, and the most decisions.
pub const MOST_ROWS: usize = 30;
/// The most acts of a case.
const MOST_ACTS: usize = 2_000;
/// An action is due within so many days.
const FAR: i32 = 3 * 366;

words! {
    /// On which side somebody acts.
    Side as "side" {
        /// The family's nurse.
        Lead = "lead",
        /// Her supervisor.
        Supervisor = "supervisor",
        /// The family itself.
        Family = "family",
        /// An agency that takes part.
        Partner = "partner",
    }
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its id.
    pub id: FamilyActId,
    /// What.
    pub act: Act,
    /// On which side.
    pub side: Side,
    /// By which account.
    pub account: AccountId,
    /// On which day, in the country of the pack.
    pub on: Date,
    /// When.
    pub at: Instant,
}

/// How a case began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// Its id.
    pub id: FamilyCaseId,
    /// The family.
    pub enrolment: EnrolmentId,
    /// The mother, or whoever stands in her place.
    pub person: PersonId,
    /// The agency that leads.
    pub organisation: String,
    /// Why.
    pub why: String,
    /// The decision on need it follows from.
    pub tier: Option<TierDecisionId>,
    /// The steps as the country had them on that day.
    pub steps: CaseSteps,
    /// When.
    pub on: Date,
    /// By whom.
    pub account: AccountId,
}

/// How a case ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Closed {
    /// The last step was signed.
    Finished(Date),
    /// The family wanted no more; what was open is given up for that reason.
    Declined(Date),
}

impl Closed {
    /// The day.
    pub const fn on(self) -> Date {
        match self {
            Closed::Finished(on) | Closed::Declined(on) => on,
        }
    }
}

/// A case as it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Case {
    /// How it began.
    pub opening: Opening,
    /// The present step: its place among the steps, from 0.
    pub step: usize,
    /// When the step began, or the family was looked at again.
    pub looked_on: Date,
    /// How it ended.
    pub closed: Option<Closed>,
    /// The plan.
    pub plan: Plan,
    /// What was done, from the first.
    pub acts: Vec<Record>,
}

/// Why something was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No words.
    #[error("say it in a few words, at least three letters")]
    NoWords,
    /// Too many words.
    #[error("the words have {0} characters; at most {MOST_WORDS} are taken")]
    TooLong(usize),
    /// Too many rows.
    #[error("at most {MOST_ROWS} participants and decisions; and a case has an end")]
    TooMany,
    /// Nothing of that number.
    #[error("the plan has no open goal, action or conference {0}")]
    Nothing(u32),
    /// A goal with open actions.
    #[error("goal {0} has open actions: end them first")]
    ActionsOpen(u32),
    /// A day that cannot be.
    #[error("{0} cannot be: an action is due from today, within three years; a conference was today or before")]
    BadDay(Date),
    /// A conference of nobody, or of one.
    #[error("a conference needs two at least, and one of them from an agency")]
    Alone,
    /// Nothing to agree to.
    #[error("there is nothing to agree to: the plan has no open goal")]
    Empty,
    /// The plan was changed since.
    #[error("the plan was changed since you read it: read it again, then agree")]
    Stale,
    /// The family does not want the agency to take part.
    #[error("the family has not agreed that \"{0}\" takes part: ask the family first")]
    NoConsent(String),
    /// It takes part already, or was never asked.
    #[error("\"{0}\" takes part already, or was not asked to")]
    NotAsked(String),
    /// The step lacks something.
    #[error("the step \"{step}\" still lacks: {}", .needed.iter().map(|n| n.word()).collect::<Vec<_>>().join(", "))]
    Missing {
        /// The step.
        step: String,
        /// What it lacks.
        needed: Vec<Needed>,
    },
    /// Another one signs.
    #[error("the step \"{step}\" is signed by the {by}")]
    OtherSigns {
        /// The step.
        step: String,
        /// Who signs it.
        by: Signer,
    },
    /// Not the present step, or none that lies behind.
    #[error("\"{0}\" is not the step this can be done with: look at the case again")]
    NotThatStep(String),
    /// Not for this side to do.
    #[error("this is not for the {0} to do")]
    OtherSide(Side),
    /// The case is closed.
    #[error("the case was closed on {0}")]
    Closed(Date),
}

/// Who acts.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// On which side.
    pub side: Side,
    /// For which agency.
    pub agency: &'a str,
}

fn said(words: &str) -> Result<(), Fault> {
    match words.trim().chars().count() {
        0..3 => Err(Fault::NoWords),
        n if n > MOST_WORDS => Err(Fault::TooLong(n)),
        _ => Ok(()),
    }
}

impl Case {
    /// A case begun.
    pub fn begun(opening: Opening) -> Case {
        let looked_on = opening.on;
        Case { opening, step: 0, looked_on, closed: None, plan: Plan::default(), acts: Vec::new() }
    }

    /// The present step; `None`: the case is closed.
    pub fn now(&self) -> Option<&CaseStep> {
        self.opening.steps.steps.get(self.step).filter(|_| self.closed.is_none())
    }

    /// The day on which the family is looked at again; `None`: the case is closed.
    pub fn review_on(&self) -> Option<Date> {
        Some(self.looked_on.saturating_add(i64::from(self.now()?.review_days).days()))
    }

    /// What the present step lacks; `assessed`: the day of the family's last assessment.
    pub fn lacks(&self, assessed: Option<Date>) -> Vec<Needed> {
        let there = |needed: &Needed| match needed {
            Needed::Assessment => assessed.is_some(),
            Needed::Reassessment => assessed.is_some_and(|on| on > self.opening.on),
            other => self.plan.has(*other),
        };
        let needs = self.now().map(|step| step.needs.as_slice()).unwrap_or_default();
        needs.iter().copied().filter(|needed| !there(needed)).collect()
    }

    /// Whether this may be done now, by this side.
    ///
    /// # Errors
    /// [`Fault`] says what is wrong and what to do.
    pub fn may(&self, by: By<'_>, act: &Act, assessed: Option<Date>, today: Date) -> Result<(), Fault> {
        if let Some(closed) = self.closed {
            return Err(Fault::Closed(closed.on()));
        }
        if self.acts.len() >= MOST_ACTS {
            return Err(Fault::TooMany);
        }
        self.is_for(by, act)?;
        act.words().into_iter().try_for_each(said)?;
        match act {
            Act::Ask { agency, .. } => self.may_ask(agency),
            Act::Consent { agency } => match self.plan.partner(agency) {
                Some(partner) if !partner.takes_part() => Ok(()),
                _ => Err(Fault::NotAsked(agency.clone())),
            },
            Act::Withdraw { agency } => self.helps(agency).map(drop),
            Act::Goal { .. } | Act::Review { .. } | Act::Decline { .. } => Ok(()),
            Act::Action(task) => self.may_do(task, today),
            Act::Confer { .. } => self.may_confer(act, today),
            Act::Agree { version } if *version != self.plan.version => Err(Fault::Stale),
            Act::Agree { .. } => match self.plan.goals.iter().any(|g| g.end.is_none()) {
                true => Ok(()),
                false => Err(Fault::Empty),
            },
            Act::End { number, .. } => self.may_end(*number),
            Act::Correct { number, due_on, .. } => self.may_correct(*number, *due_on, today),
            Act::Sign { step, .. } => self.may_sign(by.side, step, assessed),
            Act::Back { step, .. } => {
                let place = self.opening.steps.steps.iter().position(|s| s.id == *step);
                place.filter(|place| *place < self.step).map(drop).ok_or_else(|| Fault::NotThatStep(step.clone()))
            }
        }
    }

    /// What each side may do at all. The family's own word may come from the family itself, or through the nurse to whom it said so.
    fn is_for(&self, by: By<'_>, act: &Act) -> Result<(), Fault> {
        let fits = match by.side {
            Side::Supervisor => true,
            Side::Lead => !matches!(act, Act::Decline { .. }),
            Side::Family => matches!(act, Act::Consent { .. } | Act::Withdraw { .. } | Act::Agree { .. }),
            Side::Partner => {
                let theirs = |number: u32| self.plan.action(number).and_then(|a| a.task.agency.as_deref());
                let own = matches!(act, Act::End { number, .. } if theirs(*number) == Some(by.agency));
                own && self.plan.partner(by.agency).is_some_and(|p| p.takes_part())
            }
        };
        if fits { Ok(()) } else { Err(Fault::OtherSide(by.side)) }
    }

    fn may_ask(&self, agency: &str) -> Result<(), Fault> {
        let there = agency == self.opening.organisation || self.plan.partner(agency).is_some_and(|p| p.takes_part());
        if there { Err(Fault::NotAsked(agency.to_owned())) } else { Ok(()) }
    }

    /// Whether an agency takes part; whoever leads does.
    fn helps(&self, agency: &str) -> Result<(), Fault> {
        let partner = self.plan.partner(agency).is_some_and(|p| p.takes_part());
        if partner { Ok(()) } else { Err(Fault::NoConsent(agency.to_owned())) }
    }

    fn helps_or_leads(&self, agency: Option<&str>) -> Result<(), Fault> {
        agency.filter(|agency| *agency != self.opening.organisation).map_or(Ok(()), |agency| self.helps(agency))
    }

    fn may_do(&self, task: &Task, today: Date) -> Result<(), Fault> {
        let goal = self.plan.goal(task.goal).filter(|g| g.end.is_none());
        goal.ok_or(Fault::Nothing(task.goal))?;
        is_ahead(task.due_on, today)?;
        self.helps_or_leads(task.agency.as_deref())
    }

    fn may_confer(&self, act: &Act, today: Date) -> Result<(), Fault> {
        let Act::Confer { on, participants, decided, .. } = act else { return Ok(()) };
        if *on > today || *on < self.opening.on {
            return Err(Fault::BadDay(*on));
        }
        if participants.len() > MOST_ROWS || decided.len() > MOST_ROWS {
            return Err(Fault::TooMany);
        }
        if participants.len() < 2 || participants.iter().all(|p| p.agency.is_none()) {
            return Err(Fault::Alone);
        }
        participants.iter().try_for_each(|p| match p.name.trim().chars().count() {
            0 => Err(Fault::NoWords),
            1..=MOST_NAME => Ok(()),
            n => Err(Fault::TooLong(n)),
        })?;
        participants.iter().try_for_each(|p| self.helps_or_leads(p.agency.as_deref()))?;
        decided.iter().try_for_each(|task| self.may_do(task, today))
    }

    fn may_end(&self, number: u32) -> Result<(), Fault> {
        if self.plan.goal(number).is_some_and(|g| g.end.is_none()) {
            return if self.plan.is_busy(number) { Err(Fault::ActionsOpen(number)) } else { Ok(()) };
        }
        self.plan.action(number).filter(|a| a.end.is_none()).map(drop).ok_or(Fault::Nothing(number))
    }

    fn may_correct(&self, number: u32, due_on: Option<Date>, today: Date) -> Result<(), Fault> {
        let goal = self.plan.goal(number).is_some_and(|g| g.end.is_none());
        let action = self.plan.action(number).is_some_and(|a| a.end.is_none());
        if !goal && !action && self.plan.conference(number).is_none() {
            return Err(Fault::Nothing(number));
        }
        due_on.map_or(Ok(()), |day| is_ahead(day, today))
    }

    /// The supervisor may sign for the lead, never the other way round.
    fn may_sign(&self, side: Side, id: &str, assessed: Option<Date>) -> Result<(), Fault> {
        let step = self.now().filter(|step| step.id == id).ok_or_else(|| Fault::NotThatStep(id.to_owned()))?;
        if step.signed_by == Signer::Supervisor && side != Side::Supervisor {
            return Err(Fault::OtherSigns { step: step.id.clone(), by: step.signed_by });
        }
        let needed = self.lacks(assessed);
        if needed.is_empty() { Ok(()) } else { Err(Fault::Missing { step: step.id.clone(), needed }) }
    }

    /// The case with one thing more done, which [`Case::may`] has allowed.
    #[must_use]
    pub fn with(mut self, record: Record) -> Case {
        let (on, plan) = (record.on, &mut self.plan);
        match &record.act {
            Act::Ask { agency, why, agreed } => plan.ask(agency, why, agreed.then_some(on)),
            Act::Consent { agency } => plan.consent(agency, on),
            Act::Withdraw { agency } => plan.withdraw(agency, on),
            Act::Goal { voice, words } => plan.add_goal(words, *voice),
            Act::Action(task) => drop(plan.add_action(task.clone())),
            Act::Confer { on, participants, minutes, decided } => {
                plan.add_conference(*on, participants, minutes, decided);
            }
            Act::Agree { version } => plan.agreed = Some((on, *version)),
            Act::End { number, how, words } => plan.end(*number, End { how: *how, on, words: words.clone() }),
            Act::Correct { number, words, due_on, .. } => plan.correct(*number, words, *due_on),
            Act::Review { .. } => self.looked_on = on,
            Act::Sign { .. } if self.step + 1 >= self.opening.steps.steps.len() => {
                self.closed = Some(Closed::Finished(on));
            }
            Act::Sign { .. } => (self.step, self.looked_on) = (self.step + 1, on),
            Act::Back { step, .. } => {
                let place = self.opening.steps.steps.iter().position(|s| s.id == *step);
                (self.step, self.looked_on) = (place.unwrap_or(self.step), on);
            }
            Act::Decline { why } => {
                plan.give_up(on, why);
                self.closed = Some(Closed::Declined(on));
            }
        }
        self.acts.push(record);
        self
    }

    /// When the family agreed last that an agency takes part; `None`: it does not.
    pub fn agreed_at(&self, agency: &str) -> Option<Instant> {
        self.plan.partner(agency).filter(|p| p.takes_part())?;
        let agrees = |r: &&Record| match &r.act {
            Act::Ask { agency: asked, agreed, .. } => *agreed && asked == agency,
            Act::Consent { agency: asked } => asked == agency,
            _ => false,
        };
        self.acts.iter().rev().find(agrees).map(|r| r.at)
    }

    /// Who signed a step last, and when; `None`: it is still to be signed.
    pub fn signed(&self, step: &str) -> Option<&Record> {
        let place = self.opening.steps.steps.iter().position(|s| s.id == step)?;
        let behind = place < self.step || matches!(self.closed, Some(Closed::Finished(_)));
        let signs = |r: &&Record| matches!(&r.act, Act::Sign { step: signed, .. } if signed == step);
        self.acts.iter().rev().find(signs).filter(|_| behind)
    }
}

fn is_ahead(day: Date, today: Date) -> Result<(), Fault> {
    let days = (day - today).get_days();
    if (0..=FAR).contains(&days) { Ok(()) } else { Err(Fault::BadDay(day)) }
}
