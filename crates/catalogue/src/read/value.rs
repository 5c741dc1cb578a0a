//! Values and types as they are written in files.

use std::sync::Arc;

use kernel::{Currency, Date};
use rules::schema::{Per, Type, Value};

/// Units of whole and decimal numbers.
pub(crate) const NUMBER_UNITS: [&str; 6] = ["years", "months", "days", "persons", "hours", "percent"];
/// The types of items and tables.
pub(crate) const TYPES: [&str; 8] = ["boolean", "integer", "decimal", "ratio", "money", "date", "text", "code"];

/// An ISO date, and nothing but a date.
pub(crate) fn date(text: &str) -> Option<Date> {
    if text.len() != 10 {
        return None;
    }
    text.parse().ok()
}

/// The period a money unit belongs to: `KRW`, `KRW/month`, `KRW/year`, `KRW/use`.
pub(crate) fn money_unit(unit: &str, currency: Currency) -> Option<Per> {
    match unit.strip_prefix(currency.code())? {
        "" => Some(Per::Once),
        "/month" => Some(Per::Month),
        "/year" => Some(Per::Year),
        "/use" => Some(Per::Use),
        _ => None,
    }
}

/// The period an amount is for.
pub(crate) fn per(text: &str) -> Option<Per> {
    match text {
        "once" => Some(Per::Once),
        "month" => Some(Per::Month),
        "year" => Some(Per::Year),
        "use" => Some(Per::Use),
        _ => None,
    }
}

/// The word a pack uses for a period.
pub(crate) fn per_word(per: Per) -> &'static str {
    match per {
        Per::Once => "once",
        Per::Month => "month",
        Per::Year => "year",
        Per::Use => "use",
    }
}

/// A declared type; the error is what was expected.
pub(crate) fn declared(ty: &str, unit: &str, codes: Option<&str>, currency: Currency) -> Result<Type, String> {
    let number = || {
        if unit.is_empty() || NUMBER_UNITS.contains(&unit) {
            Ok(Arc::from(unit))
        } else {
            Err(format!("one of {} or no unit", NUMBER_UNITS.join(", ")))
        }
    };
    match ty {
        "boolean" => Ok(Type::Boolean),
        "integer" => number().map(Type::Integer),
        "decimal" => number().map(Type::Decimal),
        "ratio" => Ok(Type::Ratio),
        "date" => Ok(Type::Date),
        "text" => Ok(Type::Text),
        "money" => money_unit(unit, currency).map(Type::Money).ok_or_else(|| {
            format!("{currency}, {currency}/month, {currency}/year or {currency}/use as the unit of money")
        }),
        "code" => codes.map(|list| Type::Code(Arc::from(list))).ok_or_else(|| "the name of a code list".to_owned()),
        _ => Err(format!("one of {}", TYPES.join(", "))),
    }
}

/// What a value of the type looks like.
pub(crate) fn looks_like(ty: &Type) -> String {
    match ty {
        Type::Boolean => "true or false".to_owned(),
        Type::Integer(unit) if unit.is_empty() => "a whole number".to_owned(),
        Type::Integer(unit) => format!("a whole number of {unit}"),
        Type::Decimal(_) => "a decimal number such as 12.5".to_owned(),
        Type::Ratio => "a share such as 0.3".to_owned(),
        Type::Money(_) => {
            "a sum in the currency's own unit such as 24912 or, where it has decimals, 24912.50, without separators"
                .to_owned()
        }
        Type::Date => "a date such as 2025-01-31".to_owned(),
        Type::Text => "a text".to_owned(),
        Type::Code(list) => format!("a code of the list {list}"),
    }
}

/// A value of the type as written; `None` when it is none. Codes are not looked up here.
pub(crate) fn parse(text: &str, ty: &Type, currency: Currency) -> Option<Value> {
    match ty {
        Type::Boolean => match text {
            "true" => Some(Value::Boolean(true)),
            "false" => Some(Value::Boolean(false)),
            _ => None,
        },
        Type::Integer(_) => text.parse().ok().map(Value::Integer),
        Type::Money(_) => currency.minor(text).map(Value::Money),
        Type::Decimal(_) | Type::Ratio => decimal(text).map(Value::Decimal),
        Type::Date => date(text).map(Value::Date),
        Type::Text => Some(Value::Text(text.to_owned())),
        Type::Code(_) => (!text.is_empty()).then(|| Value::Code(text.to_owned())),
    }
}

/// Digits, at most one point, at most one sign; at most 34 digits.
fn decimal(text: &str) -> Option<String> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, part) = digits.split_once('.').unwrap_or((digits, "0"));
    let plain = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
    (plain(whole) && plain(part) && whole.len() + part.len() <= 34).then(|| text.to_owned())
}

/// A value as a person writes it: without quotes, dates in ISO.
pub(crate) fn plain(value: &Value, currency: Currency) -> String {
    match value {
        Value::Boolean(b) => b.to_string(),
        Value::Integer(n) => n.to_string(),
        Value::Money(minor) => currency.plain(*minor),
        Value::Decimal(t) | Value::Text(t) | Value::Code(t) => t.clone(),
        Value::Date(d) => d.to_string(),
    }
}
