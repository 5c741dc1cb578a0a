//! What a pack says, in words and law: for pages, letters and casework. What is computed lives in `rules::schema`.

mod directory;
mod group;
mod growing;
mod indicator;
mod instrument;
pub mod measures;
pub mod population;
mod process;
mod protocol;
mod steps;
mod study;
mod survey;
mod visiting;
mod workforce;

use std::collections::HashMap;

use kernel::{Currency, Date, Lang, Words};
use rules::combine::Rule;
use rules::schema::{Entity, Origin, Per, Type, Value};
use serde::Serialize;

use crate::identifier::IdentifierScheme;

pub use directory::{Clocks, HelpService, NEED};
pub use group::GroupKind;
pub use growing::{Dose as ImmunisationDose, Milestone};
pub use indicator::{
    Better, Cadence, CareLevel, Costs, Incomes, Indicator, Indicators, Measure, PlacePart, Shape, Unit,
};
pub use instrument::{
    AnswerKind, AskedWhen, Band, Choice, Comparison, Instrument, Question, Safety, Score, Test, Weight,
};
pub use process::{
    AccountFault, Calendar, Consent, Counted, GivenAccount, OnHoliday, PartMonth, PaymentAccount, Process, Recovery,
    Stage, masked,
};
pub use protocol::{Dose, Entry, LossVisit, Point, Protocol, Rhythm, Topic, VisitType};
pub use steps::{CaseStep, CaseSteps, Needed, Signer};
pub use study::{Covariate, CovariateSource, Outcome, Study, Treated};
pub use survey::{After, Survey, SurveyMeasure, SurveyPoint, SurveyWave};
pub use visiting::{Spot, Visiting};
pub use workforce::{Competency, Course, Supervised, SupervisionKind, Workforce};

/// How sure the authors are of what they wrote.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Confidence {
    /// Published and checked.
    High,
    /// Published in part, or simplified.
    Medium,
    /// Unclear sources.
    Low,
}

impl Confidence {
    /// The word that packs write.
    pub fn word(self) -> &'static str {
        match self {
            Confidence::High => "high",
            Confidence::Medium => "medium",
            Confidence::Low => "low",
        }
    }
}

/// `pack.toml`.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The pack's id.
    pub id: String,
    /// The version its authors gave it. What tells two packs apart is the content hash.
    pub version: String,
    /// Currency of all money.
    pub currency: Currency,
    /// Languages in which every text must exist.
    pub complete: Vec<Lang>,
    /// Hours east of Greenwich of the civil day.
    pub utc_offset_hours: i8,
    /// The place that holds all others.
    pub root_jurisdiction: String,
    /// The country's name.
    pub name: Words,
    /// The national identifier; `None`: numbers of any kind, unchecked.
    pub identifier: Option<IdentifierScheme>,
}

/// What kind of body an agency is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AgencyKind {
    /// A ministry or an office below one.
    Ministry,
    /// A town, district or province.
    Municipal,
    /// A body under public law.
    PublicBody,
    /// A company.
    Company,
    /// A court.
    Court,
    /// Anything else.
    Other,
}

/// A body that owns data, decides or pays.
#[derive(Clone, Debug)]
pub struct Agency {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// What it is.
    pub kind: AgencyKind,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
}

/// How large a place is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// The whole country.
    Country,
    /// A province or a city of that rank.
    Province,
    /// A district, county or city within a province.
    District,
    /// A town or quarter.
    Town,
}

/// A place in the tree of places.
#[derive(Clone, Debug)]
pub struct Jurisdiction {
    /// Its id.
    pub id: String,
    /// The place around it; `None` for the root.
    pub parent: Option<String>,
    /// Its size.
    pub level: Level,
    /// Its name.
    pub name: Words,
    /// Household items that everyone here has, unless a household's own fact says otherwise: item id and value.
    pub attributes: Vec<(String, Value)>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
}

/// One code with its words.
#[derive(Clone, Debug)]
pub struct Code {
    /// The code.
    pub id: String,
    /// Its words.
    pub name: Words,
}

/// A list of codes.
#[derive(Clone, Debug)]
pub struct CodeList {
    /// Its id.
    pub id: String,
    /// Its codes in order.
    pub codes: Vec<Code>,
}

/// An item of the data dictionary.
#[derive(Clone, Debug)]
pub struct Item {
    /// Its id, unique within the entity.
    pub id: String,
    /// Number in the national list of data items; `None` for what only the person can tell.
    pub no: Option<u32>,
    /// Whom it is about.
    pub entity: Entity,
    /// Type and unit.
    pub ty: Type,
    /// The agency that holds it; `None`: the person.
    pub owner: Option<String>,
    /// The law under which it is held.
    pub law: String,
    /// After how many days it is out of date; `None`: never by itself.
    pub freshness_days: Option<u32>,
    /// What no entry means, when the owner's register is complete.
    pub absent: Option<Value>,
    /// Privacy class: 0 public, 1 contact, 2 income and benefits, 3 health, disability, violence, pregnancy.
    pub tier: u8,
    /// Its name.
    pub name: Words,
    /// The question put to a person when no agency answers.
    pub ask: Option<Words>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

/// A dated table of parameters with its words.
#[derive(Clone, Debug)]
pub struct Parameter {
    /// Its id: the name in expressions.
    pub id: String,
    /// The file of its rows.
    pub file: String,
    /// Type and unit of its values.
    pub ty: Type,
    /// Names of its keys.
    pub keys: Vec<String>,
    /// The law.
    pub law: String,
    /// Its name.
    pub name: Words,
    /// As published.
    pub rows: Vec<ParameterRow>,
}

/// One dated row.
#[derive(Clone, Debug)]
pub struct ParameterRow {
    /// First day.
    pub valid_from: Date,
    /// Last day, inclusive; `None` is open.
    pub valid_to: Option<Date>,
    /// One value a key.
    pub keys: Vec<Value>,
    /// The value.
    pub value: Value,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// A remark of the authors.
    pub note: String,
}

/// A named value worked out from items, with its words.
#[derive(Clone, Debug)]
pub struct Definition {
    /// Its id, unique within the entity together with the items.
    pub id: String,
    /// Whom it is about.
    pub entity: Entity,
    /// Type and unit as declared.
    pub ty: Option<Type>,
    /// Whether an official's finding wins over the computation.
    pub may_be_stated: bool,
    /// The law.
    pub law: String,
    /// Its name.
    pub name: Words,
    /// The expressions as written, by first and last day.
    pub versions: Vec<(Option<Date>, Option<Date>, String)>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// Where it is declared.
    pub origin: Origin,
}

/// A programme with its words and all its dated versions.
#[derive(Clone, Debug)]
pub struct Programme {
    /// Its id.
    pub id: String,
    /// The agency responsible.
    pub agency: String,
    /// The agency that decides.
    pub decided_by: String,
    /// Its name.
    pub name: Words,
    /// One or two plain sentences.
    pub summary: Words,
    /// Events in a life that make it worth asking for.
    pub events: Vec<String>,
    /// In the order of the file: the same order as in the rules.
    pub versions: Vec<Version>,
    /// Where it is declared.
    pub origin: Origin,
}

/// What a programme says over a range of days.
#[derive(Clone, Debug)]
pub struct Version {
    /// First day; `None`: since ever.
    pub valid_from: Option<Date>,
    /// Last day, inclusive; `None`: open.
    pub valid_to: Option<Date>,
    /// Whose entitlement it is.
    pub subject: Entity,
    /// The law.
    pub law: String,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// What is simplified.
    pub note: Option<Words>,
    /// For whom the question makes sense, as written.
    pub applies: Option<String>,
    /// All must hold.
    pub conditions: Vec<Condition>,
    /// The sum as written, and its period.
    pub amount: Option<(String, Per)>,
    /// In what form it comes.
    pub benefit: Option<Benefit>,
    /// First day of the entitlement, as written.
    pub from: Option<String>,
    /// First day outside, as written.
    pub until: Option<String>,
    /// How it is claimed.
    pub claim: Option<Claim>,
}

impl Version {
    /// Whether it applies on the day.
    pub fn covers(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }
}

/// One condition with its words.
#[derive(Clone, Debug)]
pub struct Condition {
    /// Unique within the version.
    pub id: String,
    /// The law.
    pub law: String,
    /// What it says to a person.
    pub words: Words,
    /// The expression as written.
    pub when: String,
}

/// In what form an entitlement comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// Money.
    Cash,
    /// Money that can be spent for one thing.
    Voucher,
    /// A lower price.
    Discount,
    /// Somebody does something.
    Service,
    /// A thing.
    InKind,
    /// A standing that opens other doors.
    Status,
}

/// What the family gets.
#[derive(Clone, Debug)]
pub struct Benefit {
    /// Its form.
    pub form: Form,
    /// What it is, when there is no sum.
    pub words: Option<Words>,
}

/// How an entitlement is claimed.
#[derive(Clone, Debug)]
pub struct Claim {
    /// Codes of the list `claimant`.
    pub who: Vec<String>,
    /// First day of the window, as written.
    pub opens: Option<String>,
    /// Last day of the window, as written.
    pub closes: Option<String>,
    /// Items that only the person can give.
    pub evidence: Vec<String>,
    /// Days the law gives for the decision.
    pub decision_days: Option<u32>,
}

/// How two or more programmes live together, with words and law.
#[derive(Clone, Debug)]
pub struct Combination {
    /// What is computed.
    pub rule: Rule,
    /// The place in the pack that carries it out.
    pub enforced_by: Vec<String>,
    /// The law.
    pub law: String,
    /// What it says to a person.
    pub words: Words,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
    /// Where it is declared.
    pub origin: Origin,
}

/// Something that happens in a life.
#[derive(Clone, Debug)]
pub struct LifeEvent {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The law.
    pub law: String,
    /// A telephone number.
    pub help_line: Option<String>,
    /// Who may report it, and where.
    pub who: Vec<EventClaimant>,
    /// What the state does then.
    pub services: Vec<Service>,
}

/// Who may report an event.
#[derive(Clone, Debug)]
pub struct EventClaimant {
    /// A code of the list `claimant`.
    pub claimant: String,
    /// `online`, `counter` …
    pub channels: Vec<String>,
}

/// One service offered at an event.
#[derive(Clone, Debug)]
pub struct Service {
    /// Number in the official list.
    pub no: u32,
    /// The programme; `None` for information only.
    pub programme: Option<String>,
    /// general, income_tested, information, municipal, nationwide.
    pub class: String,
    /// The agency that owns it.
    pub owner: String,
    /// The agency that works on it.
    pub processed_by: Option<String>,
    /// Its name.
    pub name: Words,
    /// Who may ask for it.
    pub who: Option<Words>,
    /// What must be shown.
    pub evidence: Option<Words>,
    /// What the office looks up itself.
    pub instead_of_paper: Option<Words>,
    /// From when.
    pub apply_from: Option<Words>,
    /// Until when.
    pub apply_until: Option<Words>,
    /// In what form it comes.
    pub form: Option<Form>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure.
    pub confidence: Option<Confidence>,
}

/// Where the authors read it.
#[derive(Clone, Debug)]
pub struct SourceRef {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// An address or a shelf mark.
    pub place: String,
}

/// A programme known and not computable.
#[derive(Clone, Debug)]
pub struct LeftOut {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// Why.
    pub reason: Words,
}

/// Things with an id, in the order of the files.
#[derive(Clone, Debug)]
pub struct Register<T> {
    list: Vec<T>,
    index: HashMap<String, usize>,
}

impl<T> Default for Register<T> {
    fn default() -> Self {
        Register { list: Vec::new(), index: HashMap::new() }
    }
}

impl<T> Register<T> {
    /// The thing with this id.
    pub fn get(&self, id: &str) -> Option<&T> {
        self.index.get(id).and_then(|n| self.list.get(*n))
    }

    /// All things in order.
    pub fn iter(&self) -> std::slice::Iter<'_, T> {
        self.list.iter()
    }

    /// All ids.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.index.keys().map(String::as_str)
    }

    /// How many.
    pub fn len(&self) -> usize {
        self.list.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Adds one; `false` (and nothing added) when the id is taken.
    pub(crate) fn add(&mut self, id: &str, it: T) -> bool {
        if self.index.contains_key(id) {
            return false;
        }
        self.index.insert(id.to_owned(), self.list.len());
        self.list.push(it);
        true
    }
}

impl<'a, T> IntoIterator for &'a Register<T> {
    type Item = &'a T;
    type IntoIter = std::slice::Iter<'a, T>;
    fn into_iter(self) -> Self::IntoIter {
        self.list.iter()
    }
}
