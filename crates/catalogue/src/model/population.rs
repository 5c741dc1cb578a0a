//! How a pack says what its country's people are like, for a synthetic country that no real person stands behind.
//!
//! Everything here is data from `population/`: kinds of household, shares of places, how each fact is drawn, margins to meet,
//! who takes up what, and which errors are planted. The generator knows no country; it follows these steps in order.

use std::sync::Arc;

use rules::schema::{Entity, Type};

use super::Confidence;

/// Everything in `population/`, with names resolved to numbers.
#[derive(Clone, Debug, Default)]
pub struct Population {
    /// How often the pool of household shapes is drawn.
    pub shapes: usize,
    /// Kinds of household.
    pub kinds: Vec<HouseholdKind>,
    /// Where people live; households are spread by weight.
    pub places: Vec<PlaceWeight>,
    /// Places around those of `places`, in which shapes are drawn: ids of jurisdictions.
    pub zones: Vec<String>,
    /// Sums of a whole household, such as income and wealth.
    pub variables: Vec<Variable>,
    /// Facts and traits in the order in which they were first declared.
    pub facts: Vec<DrawnFact>,
    /// How facts are drawn, in order.
    pub steps: Vec<Step>,
    /// What a survey of the result must show.
    pub margins: Vec<Margin>,
    /// Who of those entitled receives what.
    pub awards: Vec<AwardRule>,
    /// Errors put in on purpose.
    pub errors: Vec<PlantedError>,
    /// The drawn fact with a person's birth date.
    pub birth_date: usize,
    /// The drawn fact with a person's day of death, where the pack has one.
    pub death_date: Option<usize>,
    /// The drawn fact with a person's sex, and its codes for women and men.
    pub sex: Option<(usize, i64, i64)>,
}

/// A number of years that lies about a middle.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct About {
    /// The mean, years.
    pub mean: f64,
    /// The standard deviation, years.
    pub spread: f64,
    /// Never less.
    pub least: f64,
    /// Never more.
    pub most: f64,
}

/// Weighted choices.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Choice {
    /// What is chosen.
    pub values: Vec<i64>,
    /// Sums of the shares up to and with each value; the last is 1.
    pub up_to: Vec<f64>,
}

impl Choice {
    /// The choice at `u`, from 0 up to 1.
    pub fn at(&self, u: f64) -> i64 {
        let n = self.up_to.partition_point(|share| *share <= u);
        self.values.get(n).or(self.values.last()).copied().unwrap_or(0)
    }
}

/// One kind of household: who lives in it and how they are related. Shares are only where the fitting starts.
#[derive(Clone, Debug)]
pub struct HouseholdKind {
    /// Its id.
    pub id: Arc<str>,
    /// Share of households before fitting.
    pub share: f64,
    /// The head's age in full years.
    pub head_age: Choice,
    /// Share of heads who are women.
    pub head_women: f64,
    /// Years the spouse is younger than the head (negative: older); `None`: no spouse.
    pub spouse_younger: Option<About>,
    /// How many children live here; `None`: none.
    pub children: Option<Children>,
    /// How many parents of the head live here, and how much older they are.
    pub elders: Option<(Choice, About)>,
    /// How many others live here and how old they are.
    pub others: Option<(Choice, About)>,
}

/// Children of the head and the spouse.
#[derive(Clone, Debug)]
pub struct Children {
    /// How many.
    pub count: Choice,
    /// Age of the mother (of the head where there is none) at the first birth.
    pub first_birth: About,
    /// Years between births.
    pub apart: About,
    /// Share of births that are twins.
    pub twins: f64,
    /// Age up to which all live at home, and from which none does.
    pub leave: (f64, f64),
}

/// How many live where.
#[derive(Clone, Debug)]
pub struct PlaceWeight {
    /// A jurisdiction.
    pub place: String,
    /// Its weight.
    pub weight: f64,
    /// Index in [`Population::zones`].
    pub zone: usize,
}

/// Something that shifts a sum or multiplies it, where the conditions hold.
#[derive(Clone, Debug)]
pub struct Shift {
    /// For whom.
    pub when: When,
    /// By how much.
    pub by: f64,
}

/// A sum of the household.
#[derive(Clone, Debug)]
pub struct Variable {
    /// Its id.
    pub id: Arc<str>,
    /// How it is spread.
    pub spread: Spread,
}

/// How a variable is spread over households.
#[derive(Clone, Debug)]
pub enum Spread {
    /// Households are ranked by a score; ranks are spread so that each fifth has its mean.
    Ranked {
        /// Least of each fifth, and the greatest of the last.
        bounds: [f64; 6],
        /// Means of the fifths.
        fifths: [f64; 5],
        /// Standard deviation of what is not explained.
        noise: f64,
        /// What is.
        score: Vec<Shift>,
    },
    /// The mean depends on the fifth of another variable; the rest is log-normal.
    Within {
        /// Index of a ranked variable declared before.
        of: usize,
        /// Means by fifth of the other.
        fifths: [f64; 5],
        /// Standard deviation of the logarithm.
        sigma: f64,
        /// Factors; means of fifths hold before them.
        factor: Vec<Shift>,
    },
}

/// A fact that is drawn: an item of the dictionary, or a trait that only the drawing knows.
#[derive(Clone, Debug)]
pub struct DrawnFact {
    /// Whom it is about.
    pub entity: Entity,
    /// Its id.
    pub id: Arc<str>,
    /// Its type.
    pub ty: Type,
    /// Codes in the order of their numbers.
    pub codes: Vec<Arc<str>>,
    /// Whether rules and files see it.
    pub item: bool,
}

/// Conditions that must all hold.
pub type When = Vec<Test>;

/// One condition.
#[derive(Clone, Debug, PartialEq)]
pub struct Test {
    /// Turns it round.
    pub not: bool,
    /// Of whom.
    pub of: Of,
    /// What is looked at.
    pub what: What,
    /// What it must be.
    pub is: Is,
}

/// Whom a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Of {
    /// The person, or the household, that is drawn for.
    Own,
    /// The household.
    Household,
    /// The head of the household.
    Head,
    /// Any member.
    Some,
    /// The spouse.
    Spouse,
    /// Any parent.
    Parent,
    /// Any child.
    Child,
}

/// What a condition looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// Full years of age.
    Age,
    /// Full months of age.
    Months,
    /// [`ROLES`].
    Role,
    /// 1 for women.
    Woman,
    /// Members who are the person's spouse.
    Spouses,
    /// Members who are the person's children.
    Children,
    /// Members who are the person's parents.
    Parents,
    /// Members of the household.
    Size,
    /// Kind of household.
    Kind,
    /// Index in [`Population::places`].
    Place,
    /// A drawn fact.
    Fact(usize),
    /// A variable.
    Variable(usize),
}

/// What a value must be.
#[derive(Clone, Debug, PartialEq)]
pub enum Is {
    /// Between these, both inside.
    Between(i64, i64),
    /// One of these, in order.
    OneOf(Vec<i64>),
}

/// Roles of members by their number.
pub const ROLES: [&str; 5] = ["head", "spouse", "child", "elder", "other"];

/// One step of drawing.
#[derive(Clone, Debug)]
pub enum Step {
    /// A fact.
    Draw(Draw),
    /// A sum of the household shared out among facts.
    Split(Split),
}

/// How a fact is drawn.
#[derive(Clone, Debug)]
pub struct Draw {
    /// Which fact.
    pub fact: usize,
    /// Share of those that have a value whose value is stated to be unknown.
    pub unknown: f64,
    /// The first rule whose conditions hold; where none holds nothing is entered.
    pub rules: Vec<DrawRule>,
    /// How sure the authors are.
    pub confidence: Option<Confidence>,
}

/// One way of drawing.
#[derive(Clone, Debug)]
pub struct DrawRule {
    /// For whom.
    pub when: When,
    /// How.
    pub how: How,
}

/// Ways of drawing a value.
#[derive(Clone, Debug)]
pub enum How {
    /// Nothing is entered: the register is silent.
    Nothing,
    /// Always this.
    Constant(i64),
    /// True with this share.
    Share(f64),
    /// One of several.
    Choice(Choice),
    /// Evenly between two numbers.
    Between(i64, i64, Shape),
    /// Log-normal.
    LogNormal {
        /// The median.
        median: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
        /// Limits and rounding.
        shape: Shape,
    },
    /// Evenly between two days counted from the day of the picture (negative: before it).
    Days(i64, i64),
    /// Another value times a factor, plus a number.
    Times {
        /// What is multiplied.
        of: Source,
        /// What is added to it first; nothing where it has no value.
        add: Option<Source>,
        /// By.
        factor: f64,
        /// And added.
        plus: f64,
        /// Limits and rounding.
        shape: Shape,
    },
    /// Birth date of the youngest child in the household.
    YoungestBirth,
    /// How many children were born on that day.
    YoungestCount,
    /// The person's place among the children of the same parents here, the eldest being 1.
    BirthOrder,
}

/// Limits of a number and to what it is rounded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Never less.
    pub least: i64,
    /// Never more.
    pub most: i64,
    /// A multiple of this.
    pub round: i64,
}

/// Where a value comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// A fact of the same person or household.
    Own(usize),
    /// A fact of the household.
    Household(usize),
    /// The sum of a fact over all members.
    Members(usize),
    /// A variable of the household.
    Variable(usize),
    /// Age, months or size.
    Shape(What),
}

/// A sum shared out.
#[derive(Clone, Debug)]
pub struct Split {
    /// Index of the variable.
    pub of: usize,
    /// Who gets how much.
    pub parts: Vec<Part>,
    /// The household's fact that takes what nobody may have.
    pub rest: Option<usize>,
}

/// One part of a sum.
#[derive(Clone, Debug)]
pub struct Part {
    /// Which fact.
    pub fact: usize,
    /// Whose.
    pub when: When,
    /// Weight among all parts of the household.
    pub weight: f64,
    /// Standard deviation of the weight's logarithm.
    pub sigma: f64,
    /// Limits and rounding.
    pub shape: Shape,
}

/// Something that can be counted in the result and was published.
#[derive(Clone, Debug)]
pub struct Margin {
    /// Its id.
    pub id: String,
    /// Whom it counts.
    pub of: Entity,
    /// Among whom.
    pub among: When,
    /// What it says.
    pub measure: Measure,
    /// What was published; money in the currency's own unit.
    pub target: f64,
    /// By what a mean that was worked out is divided to be in the target's unit.
    pub unit: f64,
    /// How far from it a large sample may lie, in percent of the target.
    pub tolerance: f64,
    /// Whether household shapes are fitted to it.
    pub fit: bool,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// How sure the authors are.
    pub confidence: Option<Confidence>,
    /// What to know about it.
    pub note: String,
}

/// What a margin says.
#[derive(Clone, Debug)]
pub enum Measure {
    /// Percent of those counted for whom the conditions hold.
    Percent(When),
    /// Mean of a value over those counted who have one.
    Mean(What),
    /// Percent of those counted who, or whose household, receive one of the programmes (indices among the pack's programmes).
    Receives(Vec<usize>),
}

/// Who of those entitled receives a programme.
#[derive(Clone, Debug)]
pub struct AwardRule {
    /// Index among the pack's programmes.
    pub programme: usize,
    /// For whom; the first rule of a programme whose conditions hold counts.
    pub when: When,
    /// Share of those entitled who receive it.
    pub take_up: f64,
    /// A drawn fact that an award fills: the fact, and the value (`None`: the sum).
    pub feeds: Option<(usize, Option<i64>)>,
    /// How sure the authors are.
    pub confidence: Option<Confidence>,
}

/// Kinds of planted errors.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ErrorKind {
    /// A person stands in two households.
    Duplicate,
    /// Who receives has died.
    PaidDead,
    /// Facts changed so that who receives is not entitled any more.
    NotEntitled,
    /// More is paid than is due.
    PaidTooMuch,
    /// Less is paid than is due.
    PaidTooLittle,
    /// Two programmes are paid of which the law allows one.
    Forbidden,
    /// Paid by a place where the family does not live any more.
    Moved,
}

impl ErrorKind {
    /// All kinds with their words in files.
    pub const ALL: [(&'static str, ErrorKind); 7] = [
        ("duplicate", ErrorKind::Duplicate),
        ("paid_dead", ErrorKind::PaidDead),
        ("not_entitled", ErrorKind::NotEntitled),
        ("paid_too_much", ErrorKind::PaidTooMuch),
        ("paid_too_little", ErrorKind::PaidTooLittle),
        ("forbidden", ErrorKind::Forbidden),
        ("moved", ErrorKind::Moved),
    ];

    /// The word for it in files.
    pub fn word(self) -> &'static str {
        Self::ALL.iter().find(|(_, kind)| *kind == self).map_or("", |(word, _)| word)
    }
}

/// Errors put in on purpose, to see whether they are found.
#[derive(Clone, Debug)]
pub struct PlantedError {
    /// What kind.
    pub kind: ErrorKind,
    /// The programme concerned; `None`: any. For [`ErrorKind::Forbidden`] the one that is due.
    pub programme: Option<usize>,
    /// For [`ErrorKind::Forbidden`] the one paid beside it.
    pub beside: Option<usize>,
    /// Share: of awards, for duplicates of households.
    pub share: f64,
    /// For [`ErrorKind::NotEntitled`]: the fact that changed and its new value.
    pub sets: Option<(usize, i64)>,
}
