//! What is done in a case, and doing it: by the nurse, her supervisor, the family, or an agency that takes part.

use guard::{Action, Allowed, Role, Who};
use kernel::{Date, FamilyActId, FamilyCaseId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, StoreError, Tx};

use super::case::{self, By, Case, Record, Side};
use super::plan::{How, Participant, Task, Voice};
use super::rows;
use crate::desk::Desk;

/// One thing that is done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// Another agency is to take part.
    Ask {
        /// The agency.
        agency: String,
        /// What for.
        why: String,
        /// Whether the family has agreed to it already.
        agreed: bool,
    },
    /// The family agrees that an agency takes part.
    Consent {
        /// The agency.
        agency: String,
    },
    /// The family takes that back.
    Withdraw {
        /// The agency.
        agency: String,
    },
    /// A goal.
    Goal {
        /// Whose words.
        voice: Voice,
        /// In the family's own words.
        words: String,
    },
    /// An action for a goal.
    Action(Task),
    /// A conference; what it decided becomes actions.
    Confer {
        /// When.
        on: Date,
        /// Who took part.
        participants: Vec<Participant>,
        /// What was said.
        minutes: String,
        /// What was decided.
        decided: Vec<Task>,
    },
    /// The family agrees to the plan.
    Agree {
        /// The version that was read.
        version: u32,
    },
    /// A goal or an action ended.
    End {
        /// Its number.
        number: u32,
        /// How.
        how: How,
        /// What came of it, or why it was given up.
        words: String,
    },
    /// Other words of a goal, an action or minutes; another day of an action.
    Correct {
        /// Its number.
        number: u32,
        /// The words from now on.
        words: String,
        /// The day from now on; `None`: as it was.
        due_on: Option<Date>,
        /// Why.
        why: String,
    },
    /// The family was looked at again.
    Review {
        /// What was seen.
        words: String,
    },
    /// The present step is done.
    Sign {
        /// The step.
        step: String,
        /// Why it is done.
        words: String,
    },
    /// Back to an earlier step: life changed, or it was signed by mistake.
    Back {
        /// The step.
        step: String,
        /// Why.
        why: String,
    },
    /// The family wants no more of it.
    Decline {
        /// Why, as far as it said so.
        why: String,
    },
}

impl Act {
    /// Its word.
    pub const fn word(&self) -> &'static str {
        match self {
            Act::Ask { .. } => "ask",
            Act::Consent { .. } => "consent",
            Act::Withdraw { .. } => "withdraw",
            Act::Goal { .. } => "goal",
            Act::Action(_) => "action",
            Act::Confer { .. } => "confer",
            Act::Agree { .. } => "agree",
            Act::End { .. } => "end",
            Act::Correct { .. } => "correct",
            Act::Review { .. } => "review",
            Act::Sign { .. } => "sign",
            Act::Back { .. } => "back",
            Act::Decline { .. } => "decline",
        }
    }

    /// All its words.
    pub fn words(&self) -> Vec<&str> {
        match self {
            Act::Consent { .. } | Act::Withdraw { .. } | Act::Agree { .. } => Vec::new(),
            Act::Goal { words, .. } | Act::End { words, .. } | Act::Review { words } | Act::Sign { words, .. } => {
                vec![words]
            }
            Act::Ask { why, .. } | Act::Back { why, .. } | Act::Decline { why } => vec![why],
            Act::Action(task) => vec![&task.words],
            Act::Correct { words, why, .. } => vec![words, why],
            Act::Confer { minutes, decided, .. } => {
                std::iter::once(minutes.as_str()).chain(decided.iter().map(|task| task.words.as_str())).collect()
            }
        }
    }
}

/// Why nothing was done.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("this case is not in your hands")]
    NotAllowed,
    /// No such case.
    #[error("there is no such case")]
    Nothing,
    /// Something else was sent under this id.
    #[error("another act has this id already: send yours under a new one")]
    OtherContent,
    /// No such agency.
    #[error("\"{0}\" is no agency of the pack")]
    NoAgency(String),
    /// It helps with what stays between it and the person.
    #[error("\"{0}\" helps with what stays between it and the person: refer her to it, outside of the shared plan")]
    Discreet(String),
    /// The case does not allow it.
    #[error(transparent)]
    Rule(#[from] case::Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Done {
    /// The case as it stands now.
    pub case: Case,
    /// The very same had been done before.
    pub already: bool,
}

/// Does one thing. `allowed` is the guard's decision about the person: [`Action::WorkPlan`] for nurse and supervisor,
/// [`Action::AgreePlan`] for the family, [`Action::AnswerPlan`] for an agency. The same id twice is once.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    case: FamilyCaseId,
    (id, act): (FamilyActId, &Act),
) -> Result<Done, Fault> {
    let case = rows::case(tx, case).await?.ok_or(Fault::Nothing)?;
    let side = side(who, allowed).filter(|_| allowed.covers(case.opening.person)).ok_or(Fault::NotAllowed)?;
    if let Some(before) = rows::act(tx, case.opening.person, id).await? {
        let same = before.0 == case.opening.id && before.1 == *act && before.2 == who.account;
        return if same { Ok(Done { case, already: true }) } else { Err(Fault::OtherContent) };
    }
    if let Act::Ask { agency, .. } = act {
        may_share(desk, agency)?;
    }
    let assessed = rows::assessed(tx, case.opening.person, case.opening.enrolment).await?;
    case.may(By { side, agency: &who.organisation }, act, assessed, desk.today())?;
    let record = Record { id, act: act.clone(), side, account: who.account, on: desk.today(), at: desk.now };
    let case = case.with(record);
    rows::append(tx, &case).await?;
    Ok(Done { case, already: false })
}

fn side(who: &Who, allowed: &Allowed) -> Option<Side> {
    match (who.role, allowed.action()) {
        (Role::Nurse, Action::WorkPlan) => Some(Side::Lead),
        (Role::VisitSupervisor, Action::WorkPlan) => Some(Side::Supervisor),
        (Role::Citizen, Action::AgreePlan) => Some(Side::Family),
        (Role::Caseworker | Role::AgencySystem, Action::AnswerPlan) => Some(Side::Partner),
        _ => None,
    }
}

/// Whether an agency may stand in a plan that others read: where the directory knows it for discreet help alone, its name there would
/// tell what it is about.
fn may_share(desk: &Desk<'_>, agency: &str) -> Result<(), Fault> {
    let name = || agency.chars().take(60).collect();
    desk.pack.agencies().get(agency).ok_or_else(|| Fault::NoAgency(name()))?;
    if is_discreet(desk, agency) { Err(Fault::Discreet(name())) } else { Ok(()) }
}

fn is_discreet(desk: &Desk<'_>, agency: &str) -> bool {
    let mut services = desk.pack.services().iter().filter(|s| s.agency == agency).peekable();
    services.peek().is_some() && services.all(|s| s.discreet)
}

/// The agencies that can be asked to take part: those of the municipality, and those the directory names for the place.
pub fn agencies<'a>(desk: &Desk<'a>, case: &Case, place: &str) -> Vec<&'a catalogue::model::Agency> {
    let serving = desk.pack.services_for(None, place);
    let near = |a: &catalogue::model::Agency| {
        a.kind == catalogue::model::AgencyKind::Municipal || serving.iter().any(|s| s.agency == a.id)
    };
    let there = |a: &catalogue::model::Agency| {
        a.id == case.opening.organisation || case.plan.partner(&a.id).is_some_and(|p| p.takes_part())
    };
    desk.pack.agencies().iter().filter(|a| near(a) && !there(a) && !is_discreet(desk, &a.id)).collect()
}
