//! Case management as a country does it: the steps from the first worry to the end, and what must be there before the next.

use kernel::{Words, words};
use serde::{Deserialize, Serialize};

/// The steps in their order. A family that began under them keeps them, so they are written down with its case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseSteps {
    /// The law or rule; empty where none is known.
    pub law: String,
    /// The wording is the authors' own.
    pub illustrative: bool,
    /// The steps, at least one.
    pub steps: Vec<CaseStep>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
}

/// One step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CaseStep {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// What must be there before the next step; of the last, before the end.
    pub needs: Vec<Needed>,
    /// Who signs that the step is done.
    pub signed_by: Signer,
    /// A family that stays so many days in this step is looked at again.
    pub review_days: u32,
}

words! {
    /// What a step can ask for.
    Needed as "need of a step" {
        /// A risk assessment of the family.
        Assessment = "assessment",
        /// One that was made since the case was opened.
        Reassessment = "reassessment",
        /// The family's consent that another agency takes part.
        Consent = "consent",
        /// A goal in the family's own words.
        Goal = "goal",
        /// An action for every open goal.
        Action = "action",
        /// The family has agreed to the plan as it stands.
        Agreement = "agreement",
        /// A conference of those who help, with minutes.
        Conference = "conference",
        /// No action is open.
        ActionsEnded = "actions_ended",
        /// No goal is open.
        GoalsEnded = "goals_ended",
    }
}

words! {
    /// Who signs a step.
    Signer as "signer" {
        /// The family's nurse.
        Lead = "lead",
        /// Her supervisor.
        Supervisor = "supervisor",
    }
}
