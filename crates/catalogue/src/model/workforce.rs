//! The people who visit: how many families one nurse can have, what she must have learnt, how often she is supervised.

use kernel::{Words, words};

/// What a country asks of and for its visiting nurses.
#[derive(Clone, Debug)]
pub struct Workforce {
    /// The law or rule; empty where none is known.
    pub law: String,
    /// Ours, as an example, as far as no source is named.
    pub illustrative: bool,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How many families of all kinds one nurse can have.
    pub most_families: u32,
    /// How many of them with intense visits.
    pub most_intense: u32,
    /// Which families have intense visits: a protocol, or `protocol/level of need`.
    pub intense: Vec<String>,
    /// How many hours of training a nurse must have.
    pub hours: u32,
    /// The courses.
    pub courses: Vec<Course>,
    /// What courses make a nurse fit for.
    pub competencies: Vec<Competency>,
    /// How often nurses are supervised.
    pub rhythms: Vec<Supervised>,
    /// What is looked at when a visit is observed: id and words.
    pub checklist: Vec<(String, Words)>,
}

/// A course.
#[derive(Clone, Debug)]
pub struct Course {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Hours.
    pub hours: u32,
    /// What it makes fit for.
    pub competency: Option<String>,
}

/// What a nurse is fit for, for some months.
#[derive(Clone, Debug)]
pub struct Competency {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// For how many months after the course.
    pub months: u32,
    /// The protocols whose families ask for it.
    pub protocols: Vec<String>,
}

/// How often one kind of supervision is held.
#[derive(Clone, Debug)]
pub struct Supervised {
    /// The kind.
    pub kind: SupervisionKind,
    /// At least every so many days.
    pub days: u32,
}

words! {
    /// A kind of supervision.
    SupervisionKind as "kind of supervision" {
        /// One to one.
        Individual = "individual",
        /// The team together.
        Team = "team",
        /// A visit the supervisor came along to.
        Observed = "observed",
    }
}

impl Workforce {
    /// One course.
    pub fn course(&self, id: &str) -> Option<&Course> {
        self.courses.iter().find(|c| c.id == id)
    }

    /// Whether a family under a protocol and at a level of need has intense visits.
    pub fn is_intense(&self, protocol: &str, tier: Option<&str>) -> bool {
        self.intense.iter().any(|named| match named.split_once('/') {
            Some((of, level)) => of == protocol && tier == Some(level),
            None => named == protocol,
        })
    }
}
