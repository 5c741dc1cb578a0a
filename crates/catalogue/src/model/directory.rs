//! The services directory: who helps with what, where, and how quickly they have promised to answer.

use kernel::Words;

use super::Confidence;

/// The code list that names needs.
pub const NEED: &str = "need";

/// A service families can be referred to (FHIR: HealthcareService).
#[derive(Clone, Debug, PartialEq)]
pub struct HelpService {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The agency that runs it.
    pub agency: String,
    /// The place whose people it serves, with everything within it.
    pub place: String,
    /// The needs it helps with: codes of the list [`NEED`].
    pub needs: Vec<String>,
    /// How it is reached: a telephone number or address, as people would write it down.
    pub contact: String,
    /// That somebody was sent there tells of health, disability or violence.
    pub sensitive: bool,
    /// Nobody in the family but the person themselves is shown that there is a referral (violence in the home).
    pub discreet: bool,
    /// What it has promised.
    pub clocks: Clocks,
    /// The contact or the whole entry is made up to show the system.
    pub illustrative: bool,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

/// Days in which each step of a referral is due, counted in civil days from the step before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Clocks {
    /// To say that the request has arrived.
    pub receive: u32,
    /// From arrival to yes, no or the waiting list.
    pub answer: u32,
    /// From yes to the end.
    pub finish: u32,
    /// For the referrer to look at how it ended.
    pub close: u32,
    /// So many days before each of these somebody is reminded.
    pub remind: u32,
    /// A request that nobody answers ends so many days after it was due.
    pub expire: u32,
}
