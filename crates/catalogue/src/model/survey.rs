//! Surveys: which families are asked when how it went, and what their answers are counted by.

use kernel::Words;

use super::Confidence;

/// A survey of families under visit protocols.
#[derive(Clone, Debug)]
pub struct Survey {
    /// Its id.
    pub id: String,
    /// Its name, as families read it.
    pub name: Words,
    /// The law or rule.
    pub law: String,
    /// Figures about fewer answers than this are told to nobody.
    pub suppress_below: u32,
    /// What answers are counted by.
    pub measures: Vec<SurveyMeasure>,
    /// When families are asked.
    pub waves: Vec<SurveyWave>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

/// A sum of what chosen answers count; there is none where one of the questions was skipped.
#[derive(Clone, Debug)]
pub struct SurveyMeasure {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The questions, by link id; each a choice whose options have FHIR's ordinalValue.
    pub items: Vec<String>,
    /// The highest sum there can be.
    pub highest: u32,
}

/// One occasion on which a family is asked once.
#[derive(Clone, Debug)]
pub struct SurveyWave {
    /// Its id, unique within the survey.
    pub id: String,
    /// Its name, as families read it.
    pub name: Words,
    /// What is asked: the id of an instrument that people may answer alone.
    pub instrument: String,
    /// What the days are counted from.
    pub after: SurveyPoint,
    /// From when on it is asked.
    pub opens: After,
    /// The last day it is asked and can be answered.
    pub closes: After,
    /// Waves whose days overlap with this one take its place.
    pub unless: Vec<String>,
    /// What the message says; it ends with the link. Neither names nor anything of health stand in it.
    pub message: Words,
    /// Ours, as an example.
    pub illustrative: bool,
}

/// What the days of a wave are counted from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SurveyPoint {
    /// A visit that took place: one of these visits of a protocol.
    Visit(Vec<String>),
    /// The first day of birth.
    Birth,
    /// The last day under the protocol.
    Exit,
}

/// So long after a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    /// Days.
    Days(u32),
    /// Months.
    Months(u32),
}

impl Survey {
    /// One wave.
    pub fn wave(&self, id: &str) -> Option<&SurveyWave> {
        self.waves.iter().find(|w| w.id == id)
    }
}
