//! Indicators of home visiting: all of a place at a glance, one over time and by district with a map, the same as CSV.

pub mod draw;
pub(crate) mod handlers;
pub mod one;
pub mod overview;

use catalogue::model::Unit;
use indicator::read::{Told, value};
use kernel::{Currency, Money};
use text::Text;

/// A figure as it is written; the words for one that is kept back, or that there is nothing to divide by.
pub(crate) fn written(t: Text, unit: Unit, currency: Currency, told: Told) -> String {
    let Some(told) = told else { return t.t("indicator-kept-back").into_owned() };
    let Some(value) = value(unit, told) else { return t.t("indicator-none").into_owned() };
    let tenths = || t.decimal(&format!("{}.{}", value / 10, value % 10));
    match unit {
        Unit::Percent => format!("{} %", tenths()),
        Unit::PerThousand => format!("{} ‰", tenths()),
        Unit::Mean => tenths(),
        Unit::Money => t.money(Money::new(i64::try_from(value).unwrap_or(i64::MAX), currency)),
    }
}

/// How many, over how many.
pub(crate) fn parts(t: Text, unit: Unit, currency: Currency, told: Told) -> String {
    let number = |n: u64| t.number(i64::try_from(n).unwrap_or(i64::MAX));
    match told {
        None => t.t("indicator-kept-back").into_owned(),
        Some((n, of)) if unit == Unit::Money => {
            let sum = t.money(Money::new(i64::try_from(n).unwrap_or(i64::MAX), currency));
            t.with("indicator-of", &[("n", sum.into()), ("of", number(of).into())]).into_owned()
        }
        Some((n, of)) => t.with("indicator-of", &[("n", number(n).into()), ("of", number(of).into())]).into_owned(),
    }
}
