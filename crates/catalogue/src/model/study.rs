//! Studies: families that agreed to be followed, one group held against another.

use kernel::Words;

use super::Confidence;

/// A study of what visits did for families.
#[derive(Clone, Debug)]
pub struct Study {
    /// Its id.
    pub id: String,
    /// Its name, as families read it.
    pub name: Words,
    /// What it is about and what is done with the data, as families read it before they agree.
    pub about: Words,
    /// The law or rule.
    pub law: String,
    /// The consent of the pack to it, and to nothing else.
    pub consent: String,
    /// The instrument whose first answers are the baseline.
    pub baseline: String,
    /// Which families had what is studied.
    pub treated: Treated,
    /// What the groups are made alike in.
    pub covariates: Vec<Covariate>,
    /// The survey whose answers are the outcomes.
    pub survey: String,
    /// What is compared.
    pub outcomes: Vec<Outcome>,
    /// A comparison needs so many families in either group.
    pub least_group: u32,
    /// Numbers of fewer families than this are told to nobody.
    pub suppress_below: u32,
    /// In an export so many families share all that somebody could be recognised by.
    pub alike: u32,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

/// Which families had what is studied: those whose level of need was decided so within the first days of the child's life.
/// They stay in that group whatever came after (intention to treat).
#[derive(Clone, Debug)]
pub struct Treated {
    /// The protocol's id.
    pub protocol: String,
    /// Its levels of need; empty: any.
    pub tiers: Vec<String>,
    /// The last day of birth on which a decision counts, in days after birth.
    pub within_days: u32,
    /// Whether only families are compared for which the rule proposed it.
    pub only_proposed: bool,
}

/// Something known of a family at the baseline.
#[derive(Clone, Debug)]
pub struct Covariate {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Where it comes from.
    pub from: CovariateSource,
    /// Lower bounds of the bands in which an export has it; empty: as it is.
    pub bands: Vec<i64>,
    /// Whether an acquaintance could know it: the family could be recognised by it.
    pub quasi: bool,
}

/// Where a covariate comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CovariateSource {
    /// The answer to a question of the baseline: yes counts 1, a choice what it counts.
    Item(String),
    /// The points of the baseline.
    Points,
    /// The week in which the family came, from birth on; before birth below 0.
    EntryWeek,
}

/// Something that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome {
    /// The wave of the survey.
    pub wave: String,
    /// The measure of the survey.
    pub measure: String,
}
