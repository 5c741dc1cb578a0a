//! Visit protocols: who is visited when, and what about.

use kernel::{Date, Words};

use super::Confidence;

/// A day in the life of a pregnancy or child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Point {
    /// The first day of a completed week of pregnancy, counted back from the day birth is expected (40 weeks).
    PregnancyWeek(u32),
    /// Days after birth.
    BirthDays(u32),
    /// Months after birth.
    BirthMonths(u32),
    /// Days after the mother and child left hospital.
    DischargeDays(u32),
}

/// A protocol in one version. Families stay on the version they entered under, unless somebody moves them.
#[derive(Clone, Debug)]
pub struct Protocol {
    /// `id@version`: the key in the pack's register.
    pub key: String,
    /// Its id, the same in all versions.
    pub id: String,
    /// The version; unique with the id.
    pub version: String,
    /// Families that enter from this day on come under it.
    pub from: Date,
    /// Whether every family enters under it, before anything is known of its needs.
    pub universal: bool,
    /// Its name.
    pub name: Words,
    /// The law or rule.
    pub law: String,
    /// The agency whose nurses visit.
    pub owner: String,
    /// Who may enter.
    pub entry: Entry,
    /// How many visits it takes to have the effect; `None`: the protocol promises none.
    pub dose: Option<Dose>,
    /// For how many days after its window a visit may still be made up.
    pub catch_up_days: u32,
    /// The day on which a family has come to the end.
    pub ends: Point,
    /// What follows when a pregnancy is lost or a child dies; everything else ends then.
    pub loss: Option<LossVisit>,
    /// The least and the most minutes of a visit.
    pub minutes: Option<(u32, u32)>,
    /// What visits are about.
    pub topics: Vec<Topic>,
    /// Visits for every family, in the order of the file.
    pub visits: Vec<VisitType>,
    /// Visits added for families with greater need.
    pub rhythms: Vec<Rhythm>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

/// Who may enter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Entry {
    /// From the first day of this week of pregnancy; `None`: after birth only.
    pub from_week: Option<u32>,
    /// Up to this day after birth; `None`: in pregnancy only.
    pub until_day: Option<u32>,
}

/// How many visits are needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dose {
    /// Before birth; a family that enters after birth needs none of them.
    pub before_birth: u32,
    /// After birth.
    pub after_birth: u32,
}

/// A visit to a family that mourns.
#[derive(Clone, Debug)]
pub struct LossVisit {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Within how many days.
    pub within_days: u32,
    /// What about.
    pub topics: Vec<String>,
}

/// What a visit is about.
#[derive(Clone, Debug)]
pub struct Topic {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
}

/// One visit that every family gets.
#[derive(Clone, Debug)]
pub struct VisitType {
    /// Its id, unique within the version.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The day aimed at.
    pub at: Point,
    /// How many days before that day the window opens.
    pub early_days: u32,
    /// How many days after that day it closes.
    pub late_days: u32,
    /// What about; ids of [`Topic`].
    pub topics: Vec<String>,
    /// What is asked; ids of instruments.
    pub forms: Vec<String>,
    /// Whether a child born before 37 weeks is visited by the day birth was expected, until two years.
    pub corrected_age: bool,
    /// Whether the day is the authors' own, and not published.
    pub illustrative: bool,
}

/// Visits at equal distances while a family has a level of need.
#[derive(Clone, Debug)]
pub struct Rhythm {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The level of need.
    pub tier: String,
    /// Days from the decision to the first.
    pub first_days: u32,
    /// Days from one to the next.
    pub every_days: u32,
    /// How many days before and after its day a visit may be.
    pub spread_days: u32,
    /// What about.
    pub topics: Vec<String>,
    /// Whether the distances are the authors' own, and not published.
    pub illustrative: bool,
}

impl Protocol {
    /// The name of a visit, in whatever part of the protocol it stands.
    pub fn visit_name(&self, id: &str) -> Option<&Words> {
        let visit = self.visits.iter().find(|v| v.id == id).map(|v| &v.name);
        let rhythm = || self.rhythms.iter().find(|r| r.id == id).map(|r| &r.name);
        visit.or_else(rhythm).or_else(|| self.loss.as_ref().filter(|l| l.id == id).map(|l| &l.name))
    }
}
