//! Indicators of home visiting: what is counted, over what, by which period, and the assumptions behind costs.

use kernel::Words;

/// `indicators.toml`.
#[derive(Clone, Debug)]
pub struct Indicators {
    /// The law or rule under which figures are published.
    pub law: String,
    /// Fewer families than this, and as many fewer than all, are told to nobody.
    pub suppress_below: u32,
    /// Days after a period ends until it is counted: visits are still being written down.
    pub settle_days: u32,
    /// Levels of care, from that of every family to the most intense.
    pub levels: Vec<CareLevel>,
    /// Kinds of districts whose figures are told apart for the whole country, such as rural and urban.
    pub parts: Vec<PlacePart>,
    /// Fifths of income by which the whole country's figures are told apart; `None`: they are not.
    pub incomes: Option<Incomes>,
    /// What a visit is assumed to cost; `None`: nothing is said about costs.
    pub costs: Option<Costs>,
    /// All indicators, in the order of the page.
    pub all: Vec<Indicator>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
}

/// A level of care.
#[derive(Clone, Debug)]
pub struct CareLevel {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The protocol's id.
    pub protocol: String,
    /// The level of need within it; `None`: no more than every family of the protocol.
    pub tier: Option<String>,
}

/// A kind of district.
#[derive(Clone, Debug)]
pub struct PlacePart {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// The household item that says of which kind a place is.
    pub item: String,
    /// The value it has there: a code, or `true` or `false`.
    pub is: String,
}

/// Fifths of income: what a household has for each unit of needs, held against the bounds of all households of the country.
#[derive(Clone, Debug)]
pub struct Incomes {
    /// The household's income: an item or definition of the household, in money.
    pub value: String,
    /// How many of its periods make a year.
    pub times_a_year: i64,
    /// The most that one person alone has in a year within the first, second, third and fourth fifth, in minor units.
    pub bounds: [i64; 4],
    /// Needs of households by size, as in `measures.toml`.
    pub scale: Vec<u32>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// Ours, as an example.
    pub illustrative: bool,
}

impl Incomes {
    /// The fifth, 1 to 5, of a household of so many persons with so much in one period.
    pub fn fifth(&self, income: i64, size: usize) -> u8 {
        let needs = i128::from(super::measures::needs(&self.scale, size));
        let each = i128::from(income) * i128::from(self.times_a_year) * 1_000 / needs;
        self.bounds.iter().map(|bound| u8::from(each > i128::from(*bound))).sum::<u8>() + 1
    }
}

/// What visits are assumed to cost, in minor units of the pack's currency. Not what was paid: the pack says where it comes from.
#[derive(Clone, Debug)]
pub struct Costs {
    /// An hour of a nurse, with everything the employer pays.
    pub hour: i64,
    /// Minutes of travel and writing that are added to the minutes in the home.
    pub extra_minutes: u32,
    /// Minutes of a visit whose minutes nobody wrote down.
    pub usual_minutes: u32,
    /// Whatever else a visit costs: travel, material.
    pub each: i64,
    /// What a family that reaches the dose is assumed to be worth to the public over the years, low and high.
    pub benefit: Option<(i64, i64)>,
    /// Where the figures come from, in words for whoever reads the result.
    pub note: Words,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// Ours, as an example.
    pub illustrative: bool,
}

/// One indicator.
#[derive(Clone, Debug)]
pub struct Indicator {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// What is counted.
    pub numerator: Words,
    /// Over what.
    pub denominator: Words,
    /// How it is worked out.
    pub measure: Measure,
    /// How the result is written.
    pub unit: Unit,
    /// Over which time.
    pub per: Cadence,
    /// Whether more is better: `None` where neither is.
    pub better: Option<Better>,
    /// Ids of sources.csv.
    pub sources: Vec<String>,
    /// Ours, as an example.
    pub illustrative: bool,
}

/// The outline of a place on the pack's map, in units of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shape {
    /// The place.
    pub place: String,
    /// Corners: to the right, downwards.
    pub points: Vec<(i32, i32)>,
    /// No real outline: drawn so that neighbours lie near each other.
    pub illustrative: bool,
}

/// How a result is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Hundredths.
    Percent,
    /// Thousandths.
    PerThousand,
    /// A mean of counts.
    Mean,
    /// Money of the pack's currency a time.
    Money,
}

impl Unit {
    /// All, with their words in packs.
    pub const ALL: [(&str, Unit); 4] =
        [("percent", Unit::Percent), ("per_thousand", Unit::PerThousand), ("mean", Unit::Mean), ("money", Unit::Money)];
}

/// Over which time something is counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cadence {
    /// A month.
    Month,
    /// A quarter.
    Quarter,
    /// A calendar year.
    Year,
}

impl Cadence {
    /// All, with their words in packs.
    pub const ALL: [(&str, Cadence); 3] =
        [("month", Cadence::Month), ("quarter", Cadence::Quarter), ("year", Cadence::Year)];

    /// How many months it has.
    pub const fn months(self) -> i8 {
        match self {
            Cadence::Month => 1,
            Cadence::Quarter => 3,
            Cadence::Year => 12,
        }
    }
}

/// In which direction things get better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Upwards.
    Higher,
    /// Downwards.
    Lower,
}

/// What is counted. Families that mourn stand in no measure but that of deaths.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Of the families in which a child was born in the period: those visited within so many days of birth.
    VisitedAfterBirth {
        /// Days.
        within_days: u32,
    },
    /// Of the first visits after birth that were made in the period: those within so many days of birth.
    FirstVisitOnTime {
        /// Days.
        within_days: u32,
    },
    /// Of the families whose protocol came to its end in the period: those that got the visits it needs.
    DoseReached,
    /// Of the families under visits on the last day of the period: those at a level of care.
    AtLevel {
        /// Its place among the levels.
        level: usize,
    },
    /// Of the families under visits on the last day of the period: those moved to more (`up`) or less care within it.
    Moved {
        /// To more.
        up: bool,
    },
    /// Of the families asked in the period: those whose last answer is one of these.
    Answered {
        /// The instrument's id.
        instrument: String,
        /// The question, by link id.
        question: String,
        /// The answers that count.
        codes: Vec<String>,
        /// Age of the youngest child in whole months, from (inclusive) and to (exclusive).
        months: Option<(u32, u32)>,
    },
    /// Of the mothers screened in the period: those who reached so many points once.
    Screened {
        /// The instrument's id.
        instrument: String,
        /// Points.
        at_least: i64,
        /// Before birth, or after it.
        before_birth: bool,
    },
    /// Of the families visited in the period: those with whom a topic was talked about.
    Topic {
        /// The topic's id.
        topic: String,
    },
    /// Of the referrals sent in the period: those completed within so many days. Discreet ones are in no figure.
    ReferralCompleted {
        /// Days.
        within_days: u32,
    },
    /// Families under visits on the last day of the period, for each nurse who visited within it.
    FamiliesPerNurse {
        /// Only those from this level of care upwards.
        from_level: usize,
    },
    /// Children of families under visits who died in the period before this age, for the births in it.
    Died {
        /// Age in months.
        before_months: u32,
    },
    /// What a visit of the period is assumed to cost.
    CostPerVisit,
    /// What a family whose protocol ended in the period, with the visits it needs, is assumed to have cost.
    CostPerFamily,
    /// What the families whose protocol ended in the period, with the visits they need, are assumed to be worth to the public, for
    /// what they are assumed to have cost.
    BenefitForCost {
        /// By the highest value assumed; else by the lowest.
        high: bool,
        /// Only families at this level of care, and those above, at the end.
        from_level: usize,
    },
}

impl Measure {
    /// Days after the period until its last family has had its time.
    pub fn lag_days(&self) -> u32 {
        match self {
            Measure::VisitedAfterBirth { within_days } | Measure::ReferralCompleted { within_days } => *within_days,
            _ => 0,
        }
    }

    /// Whether what is counted is a part of what it is counted over, so that the rest may be of few as well.
    pub fn is_share(&self) -> bool {
        !self.is_assumed() && !matches!(self, Measure::FamiliesPerNurse { .. })
    }

    /// Whether it is counted family by family, and so can be told apart by their incomes: not of referrals, of whose families no income is asked, nor
    /// of nurses, who have families of all.
    pub fn has_incomes(&self) -> bool {
        !matches!(self, Measure::ReferralCompleted { .. } | Measure::FamiliesPerNurse { .. })
    }

    /// Whether it rests on the assumptions of [`Costs`].
    pub fn is_assumed(&self) -> bool {
        matches!(self, Measure::CostPerVisit | Measure::CostPerFamily | Measure::BenefitForCost { .. })
    }
}
