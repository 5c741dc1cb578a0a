//! Values of facts and parameters as a person reads them.

use kernel::{Currency, Date, Money, Words};
use rules::schema::Per;
use text::Text;

/// A value with what is needed to say it in any language.
#[derive(Clone, Debug, PartialEq)]
pub enum Shown {
    /// Nobody has told us.
    Unknown,
    /// Yes or no.
    Truth(bool),
    /// Money, and the time it is for where that is part of its meaning.
    Money(Money, Per),
    /// Money that may have parts of a minor unit: the text of a decimal number of minor units, and the time it is for.
    Exact(String, Currency, Per),
    /// A whole number with its unit (`years`, `months`, `days`, `persons`, `hours`, `percent`, or empty).
    Count(i64, String),
    /// A decimal as recorded, with its unit.
    Decimal(String, String),
    /// A share in whole or broken percent, as text (`30`, `4.17`).
    Percent(String),
    /// A date.
    Date(Date),
    /// Words as they are.
    Plain(String),
    /// A code's words.
    Code(Words),
}

/// The value in words.
pub fn say(t: Text, value: &Shown) -> String {
    match value {
        Shown::Unknown => t.t("value-unknown").into_owned(),
        Shown::Truth(true) => t.t("yes").into_owned(),
        Shown::Truth(false) => t.t("no").into_owned(),
        Shown::Money(money, Per::Once) => t.money(*money),
        Shown::Money(money, per) => per_words(t, &t.money(*money), *per),
        Shown::Exact(minor, currency, Per::Once) => t.money_exact(minor, *currency),
        Shown::Exact(minor, currency, per) => per_words(t, &t.money_exact(minor, *currency), *per),
        Shown::Count(number, unit) => counted(t, *number, unit),
        Shown::Decimal(number, _) => t.decimal(number),
        Shown::Percent(number) => t.with("percent", &[("number", t.decimal(number).into())]).into_owned(),
        Shown::Date(date) => t.date(*date),
        Shown::Plain(words) => words.clone(),
        Shown::Code(words) => words.get(t.lang()).to_owned(),
    }
}

/// `amount` with the time it is for: once, a month, a year, each time.
pub fn per_words(t: Text, amount: &str, per: Per) -> String {
    let key = match per {
        Per::Once => "per-once",
        Per::Month => "per-month",
        Per::Year => "per-year",
        Per::Use => "per-use",
    };
    t.with(key, &[("amount", amount.into())]).into_owned()
}

fn counted(t: Text, number: i64, unit: &str) -> String {
    let key = match unit {
        "years" => "unit-years",
        "months" => "unit-months",
        "days" => "unit-days",
        "persons" => "unit-persons",
        "hours" => "unit-hours",
        "percent" => "unit-percent",
        _ => return t.number(number),
    };
    t.with(key, &[("count", number.into())]).into_owned()
}

/// A ratio as recorded (`0.3`) in percent (`30`), moving the point and never rounding.
pub fn percent_of_ratio(ratio: &str) -> String {
    let (sign, digits) = ratio.strip_prefix('-').map_or(("", ratio), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let padded = format!("{fraction:0<2}");
    let (moved, rest) = padded.split_at_checked(2).unwrap_or((&padded, ""));
    let number = format!("{whole}{moved}");
    let number = number.trim_start_matches('0');
    let number = if number.is_empty() { "0" } else { number };
    let rest = rest.trim_end_matches('0');
    if rest.is_empty() { format!("{sign}{number}") } else { format!("{sign}{number}.{rest}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ratios_become_percent_without_rounding() {
        for (ratio, percent) in
            [("0.3", "30"), ("0.0417", "4.17"), ("1", "100"), ("0", "0"), ("-0.125", "-12.5"), ("1.5", "150")]
        {
            assert_eq!(percent_of_ratio(ratio), percent);
        }
    }
}
