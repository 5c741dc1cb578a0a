//! The family plan: goals in the family's own words, what is done for them and by whom, who takes part, and what was agreed.

use catalogue::model::Needed;
use kernel::{Date, words};
use serde::{Deserialize, Serialize};

words! {
    /// Whose words a goal is in.
    Voice as "voice" {
        /// The mother's, or whoever stands in her place.
        Own = "own",
        /// The other parent's, or whoever lives with her as such.
        Partner = "partner",
        /// A child's.
        Child = "child",
        /// Another relative's.
        Relative = "relative",
    }
}

words! {
    /// How a goal or an action ended.
    How as "ending" {
        /// Reached, or done.
        Done = "done",
        /// Given up.
        Dropped = "dropped",
    }
}

/// The end of a goal or an action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// How.
    pub how: How,
    /// When.
    pub on: Date,
    /// What came of it, or why it was given up.
    pub words: String,
}

/// What the family wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Goal {
    /// Its number in the plan.
    pub number: u32,
    /// In the family's own words.
    pub words: String,
    /// Whose words.
    pub voice: Voice,
    /// Its end; `None`: under way.
    pub end: Option<End>,
}

/// What is to be done for a goal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// The goal.
    pub goal: u32,
    /// The agency that does it; `None`: the family itself.
    pub agency: Option<String>,
    /// What is done.
    pub words: String,
    /// Until when.
    pub due_on: Date,
}

/// What somebody does for a goal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Action {
    /// Its number in the plan.
    pub number: u32,
    /// What, by whom, until when.
    pub task: Task,
    /// Its end; `None`: under way.
    pub end: Option<End>,
}

/// Somebody at a conference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Participant {
    /// The agency; `None`: somebody of the family.
    pub agency: Option<String>,
    /// Name or function.
    pub name: String,
}

/// A meeting of those who help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conference {
    /// Its number in the plan.
    pub number: u32,
    /// When.
    pub on: Date,
    /// Who took part.
    pub participants: Vec<Participant>,
    /// What was said.
    pub minutes: String,
    /// The actions that were decided.
    pub decided: Vec<u32>,
}

/// An agency that was asked to take part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Partner {
    /// The agency.
    pub agency: String,
    /// What for.
    pub why: String,
    /// When the family agreed; `None`: it was not asked yet.
    pub agreed_on: Option<Date>,
    /// When it took that back.
    pub withdrawn_on: Option<Date>,
}

impl Partner {
    /// Whether the family wants it to take part, now.
    pub fn takes_part(&self) -> bool {
        self.agreed_on.is_some() && self.withdrawn_on.is_none()
    }
}

/// The plan of a family. Nothing is ever taken out of it, so numbers stay what they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// What the family wants.
    pub goals: Vec<Goal>,
    /// What is done.
    pub actions: Vec<Action>,
    /// Meetings.
    pub conferences: Vec<Conference>,
    /// Agencies.
    pub partners: Vec<Partner>,
    /// How often what is agreed on was changed.
    pub version: u32,
    /// When the family agreed last, and to which version.
    pub agreed: Option<(Date, u32)>,
}

/// The part of a plan that an agency sees: its own actions and the goals they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it was asked for.
    pub why: String,
    /// Goals its actions serve.
    pub goals: Vec<Goal>,
    /// Its actions.
    pub actions: Vec<Action>,
    /// Days of the conferences it took part in; what others said there is not in it.
    pub conferences: Vec<Date>,
}

impl Plan {
    /// A goal.
    pub fn goal(&self, number: u32) -> Option<&Goal> {
        self.goals.iter().find(|g| g.number == number)
    }

    /// An action.
    pub fn action(&self, number: u32) -> Option<&Action> {
        self.actions.iter().find(|a| a.number == number)
    }

    /// A conference.
    pub fn conference(&self, number: u32) -> Option<&Conference> {
        self.conferences.iter().find(|c| c.number == number)
    }

    /// An agency that was asked.
    pub fn partner(&self, agency: &str) -> Option<&Partner> {
        self.partners.iter().find(|p| p.agency == agency)
    }

    /// Whether a goal has actions under way.
    pub fn is_busy(&self, goal: u32) -> bool {
        self.actions.iter().any(|a| a.task.goal == goal && a.end.is_none())
    }

    /// Whether the family has agreed to the plan as it stands.
    pub fn is_agreed(&self) -> bool {
        self.agreed.is_some_and(|(_, version)| version == self.version)
    }

    /// The first day on which an action under way is due.
    pub fn due_on(&self) -> Option<Date> {
        self.actions.iter().filter(|a| a.end.is_none()).map(|a| a.task.due_on).min()
    }

    /// Whether what a step asks for is in the plan; what is known elsewhere (assessments) is not.
    pub fn has(&self, needed: Needed) -> bool {
        let served = |g: &Goal| self.actions.iter().any(|a| a.task.goal == g.number);
        let mut open = self.goals.iter().filter(|g| g.end.is_none());
        match needed {
            Needed::Assessment | Needed::Reassessment => false,
            Needed::Consent => self.partners.iter().any(Partner::takes_part),
            Needed::Goal => !self.goals.is_empty(),
            Needed::Action => !self.goals.is_empty() && open.all(served),
            Needed::Agreement => self.is_agreed(),
            Needed::Conference => !self.conferences.is_empty(),
            Needed::ActionsEnded => self.actions.iter().all(|a| a.end.is_some()),
            Needed::GoalsEnded => open.next().is_none(),
        }
    }

    /// The part an agency sees; `None`: it does not take part.
    pub fn part_of(&self, agency: &str) -> Option<Part> {
        let partner = self.partner(agency).filter(|p| p.takes_part())?;
        let theirs = |a: &&Action| a.task.agency.as_deref() == Some(agency);
        let actions: Vec<Action> = self.actions.iter().filter(theirs).cloned().collect();
        let serves = |g: &&Goal| actions.iter().any(|a| a.task.goal == g.number);
        let there = |c: &&Conference| c.participants.iter().any(|p| p.agency.as_deref() == Some(agency));
        Some(Part {
            why: partner.why.clone(),
            goals: self.goals.iter().filter(serves).cloned().collect(),
            conferences: self.conferences.iter().filter(there).map(|c| c.on).collect(),
            actions,
        })
    }

    fn next(&self) -> u32 {
        let there = self.goals.len() + self.actions.len() + self.conferences.len();
        u32::try_from(there).unwrap_or(u32::MAX).saturating_add(1)
    }

    pub(super) fn add_goal(&mut self, words: &str, voice: Voice) {
        self.goals.push(Goal { number: self.next(), words: words.to_owned(), voice, end: None });
        self.version += 1;
    }

    pub(super) fn add_action(&mut self, task: Task) -> u32 {
        let number = self.next();
        self.actions.push(Action { number, task, end: None });
        self.version += 1;
        number
    }

    pub(super) fn add_conference(&mut self, on: Date, participants: &[Participant], minutes: &str, decided: &[Task]) {
        let number = self.next();
        let (participants, minutes) = (participants.to_vec(), minutes.to_owned());
        self.conferences.push(Conference { number, on, participants, minutes, decided: Vec::new() });
        let decided: Vec<u32> = decided.iter().map(|task| self.add_action(task.clone())).collect();
        if let Some(conference) = self.conferences.iter_mut().find(|c| c.number == number) {
            conference.decided = decided;
        }
    }

    /// An end is not another plan: what was agreed to stays agreed.
    pub(super) fn end(&mut self, number: u32, end: End) {
        let goal = self.goals.iter_mut().find(|g| g.number == number).map(|g| &mut g.end);
        let action = self.actions.iter_mut().find(|a| a.number == number).map(|a| &mut a.end);
        if let Some(slot) = goal.or(action) {
            *slot = Some(end);
        }
    }

    /// Other words, and of an action perhaps another day. Minutes are no part of what was agreed to.
    pub(super) fn correct(&mut self, number: u32, words: &str, due_on: Option<Date>) {
        if let Some(conference) = self.conferences.iter_mut().find(|c| c.number == number) {
            words.clone_into(&mut conference.minutes);
            return;
        }
        if let Some(goal) = self.goals.iter_mut().find(|g| g.number == number) {
            words.clone_into(&mut goal.words);
        }
        if let Some(action) = self.actions.iter_mut().find(|a| a.number == number) {
            words.clone_into(&mut action.task.words);
            action.task.due_on = due_on.unwrap_or(action.task.due_on);
        }
        self.version += 1;
    }

    pub(super) fn ask(&mut self, agency: &str, why: &str, agreed_on: Option<Date>) {
        self.partners.retain(|p| p.agency != agency);
        let (agency, why) = (agency.to_owned(), why.to_owned());
        self.partners.push(Partner { agency, why, agreed_on, withdrawn_on: None });
    }

    pub(super) fn consent(&mut self, agency: &str, on: Date) {
        if let Some(partner) = self.partners.iter_mut().find(|p| p.agency == agency) {
            (partner.agreed_on, partner.withdrawn_on) = (Some(on), None);
        }
    }

    pub(super) fn withdraw(&mut self, agency: &str, on: Date) {
        if let Some(partner) = self.partners.iter_mut().find(|p| p.agency == agency) {
            partner.withdrawn_on = Some(on);
        }
    }

    /// Ends everything that is open, and with it every agency's part.
    pub(super) fn give_up(&mut self, on: Date, why: &str) {
        let end = || Some(End { how: How::Dropped, on, words: why.to_owned() });
        self.actions.iter_mut().filter(|a| a.end.is_none()).for_each(|a| a.end = end());
        self.goals.iter_mut().filter(|g| g.end.is_none()).for_each(|g| g.end = end());
        self.partners.iter_mut().filter(|p| p.takes_part()).for_each(|p| p.withdrawn_on = Some(on));
    }
}
