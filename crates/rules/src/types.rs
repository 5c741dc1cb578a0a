//! Types as the checker sees them: the declared ones, plus what arithmetic makes of them.

use std::fmt;
use std::sync::Arc;

use crate::schema::{Per, Type};

/// What a number counts.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// A number written in a rule: takes the unit of what it meets.
    Any,
    /// A number without a unit.
    Plain,
    /// `years`, `months`, `days`, `persons`, `hours` …
    Named(Arc<str>),
    /// 30 for 30 %.
    Percent,
    /// 0.3 for 30 %.
    Ratio,
    /// Minor units of the currency.
    Money(Per),
    /// Money times percent, not yet divided by 100.
    MoneyPercent(Per),
}

/// The type of a scalar expression.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Ty {
    /// Three-valued truth.
    Bool,
    /// A number; whole ones run as 64-bit integers, others as exact decimals.
    Num {
        /// Whether only whole values occur.
        whole: bool,
        /// What it counts.
        unit: Unit,
    },
    /// A civil date.
    Date,
    /// Years and months.
    MonthSpan,
    /// Days.
    DaySpan,
    /// Free text.
    Text,
    /// A code of the list.
    Code(Arc<str>),
}

impl Ty {
    /// A whole number of a named unit.
    pub fn count(unit: &str) -> Ty {
        Ty::Num { whole: true, unit: Unit::Named(unit.into()) }
    }

    /// The type of a declared item or table.
    pub fn of(declared: &Type) -> Ty {
        let unit = |u: &Arc<str>| match u.as_ref() {
            "" => Unit::Plain,
            "percent" => Unit::Percent,
            _ => Unit::Named(u.clone()),
        };
        match declared {
            Type::Boolean => Ty::Bool,
            Type::Integer(u) => Ty::Num { whole: true, unit: unit(u) },
            Type::Decimal(u) => Ty::Num { whole: false, unit: unit(u) },
            Type::Ratio => Ty::Num { whole: false, unit: Unit::Ratio },
            Type::Money(per) => Ty::Num { whole: true, unit: Unit::Money(*per) },
            Type::Date => Ty::Date,
            Type::Text => Ty::Text,
            Type::Code(list) => Ty::Code(list.clone()),
        }
    }

    /// Whether values can be negative by their nature; amounts of time and of persons as facts cannot.
    pub fn counts(&self) -> bool {
        matches!(self, Ty::Num { unit: Unit::Named(_) | Unit::Percent, .. })
    }

    /// The unit of a number.
    pub fn unit(&self) -> Option<&Unit> {
        match self {
            Ty::Num { unit, .. } => Some(unit),
            _ => None,
        }
    }

    /// Whether it is a number with whole values only.
    pub fn is_whole(&self) -> bool {
        matches!(self, Ty::Num { whole: true, .. })
    }
}

impl fmt::Display for Per {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Per::Once => "money",
            Per::Month => "money per month",
            Per::Year => "money per year",
            Per::Use => "money per use",
        })
    }
}

impl Unit {
    /// Whether numbers of this unit are minor units of the currency.
    pub(crate) fn is_money(&self) -> bool {
        matches!(self, Unit::Money(_) | Unit::MoneyPercent(_))
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Unit::Any | Unit::Plain => f.write_str("a number"),
            Unit::Named(u) => write!(f, "a number of {u}"),
            Unit::Percent => f.write_str("a percentage"),
            Unit::Ratio => f.write_str("a ratio"),
            Unit::Money(per) => per.fmt(f),
            Unit::MoneyPercent(per) => write!(f, "{per} times percent"),
        }
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Ty::Bool => f.write_str("true or false"),
            Ty::Num { unit, .. } => unit.fmt(f),
            Ty::Date => f.write_str("a date"),
            Ty::MonthSpan => f.write_str("a duration in years and months"),
            Ty::DaySpan => f.write_str("a duration in days"),
            Ty::Text => f.write_str("a text"),
            Ty::Code(list) => write!(f, "a code of the list `{list}`"),
        }
    }
}

/// The common unit of two numbers that are added or compared; `None` when they do not go together.
pub(crate) fn common(a: &Unit, b: &Unit) -> Option<Unit> {
    use Unit::{Any, Money, Named, Percent, Plain, Ratio};
    match (a, b) {
        _ if a == b => Some(a.clone()),
        (Any, other) | (other, Any) => Some(other.clone()),
        (Plain, other @ (Named(_) | Ratio)) | (other @ (Named(_) | Ratio), Plain) => Some(other.clone()),
        // A discount on a ticket is taken from a price: both are single sums.
        (Money(Per::Once | Per::Use), Money(Per::Once | Per::Use)) => Some(Money(Per::Once)),
        (Percent, Plain) | (Plain, Percent) => Some(Percent),
        _ => None,
    }
}

/// The unit of a product; `twelve` says that the other factor is the literal 12, which turns months into years.
pub(crate) fn product(a: &Unit, b: &Unit, twelve: bool) -> Option<Unit> {
    use Unit::{Any, Money, MoneyPercent, Named, Percent, Plain, Ratio};
    Some(match (a, b) {
        (Money(Per::Month), Any) | (Any, Money(Per::Month)) if twelve => Money(Per::Year),
        (Money(Per::Month), Named(u)) | (Named(u), Money(Per::Month)) if u.as_ref() == "months" => Money(Per::Once),
        (Money(Per::Year), Named(u)) | (Named(u), Money(Per::Year)) if u.as_ref() == "years" => Money(Per::Once),
        (Money(_) | MoneyPercent(_), Money(_) | MoneyPercent(_)) => return None,
        (MoneyPercent(_), Percent) | (Percent, MoneyPercent(_)) => return None,
        (Money(per), Percent) | (Percent, Money(per)) => MoneyPercent(*per),
        (m @ (Money(_) | MoneyPercent(_)), _) | (_, m @ (Money(_) | MoneyPercent(_))) => m.clone(),
        (Percent, Percent) => return None,
        (Percent, _) | (_, Percent) => Percent,
        (Named(u), Any | Plain | Ratio) | (Any | Plain | Ratio, Named(u)) => match u.as_ref() {
            // A number written in a rule may be an amount a head or an hour.
            "persons" | "hours" if *a == Any || *b == Any => Any,
            _ => Named(u.clone()),
        },
        (Named(_), Named(_)) => Plain,
        (Any, Any) => Any,
        (Any, Ratio) | (Ratio, Any) | (Any, Plain) | (Plain, Any) => Any,
        (Ratio, Ratio) => Ratio,
        (Plain, Ratio) | (Ratio, Plain) | (Plain, Plain) => Plain,
    })
}

/// The unit of a quotient; `by` is the literal divisor when it is 12 or 100.
pub(crate) fn quotient(a: &Unit, b: &Unit, by: Option<i64>) -> Option<Unit> {
    use Unit::{Any, Money, MoneyPercent, Named, Percent, Plain, Ratio};
    Some(match (a, b) {
        (Money(Per::Year), Any) if by == Some(12) => Money(Per::Month),
        (MoneyPercent(per), Any) if by == Some(100) => Money(*per),
        (Percent, Any) if by == Some(100) => Ratio,
        (Money(Per::Once), Named(u)) if u.as_ref() == "months" => Money(Per::Month),
        (Money(Per::Once), Named(u)) if u.as_ref() == "years" => Money(Per::Year),
        (Money(x), Money(y)) if x == y => Ratio,
        (Money(_), Money(_)) | (_, MoneyPercent(_)) => return None,
        (Money(_), Percent) => return None,
        (m @ (Money(_) | MoneyPercent(_)), _) => m.clone(),
        (Any, Money(_)) => Ratio,
        (_, Money(_)) => return None,
        (Named(u), Any | Plain | Ratio) => Named(u.clone()),
        (Named(u), Named(v)) if u == v => Ratio,
        (Percent, Any | Plain | Ratio) => Percent,
        (Percent, Percent) => Ratio,
        (Any, _) => Any,
        (Plain | Ratio, _) => Plain,
        (Named(_), Named(_)) => Plain,
        (Named(_) | Percent, _) => Plain,
    })
}
