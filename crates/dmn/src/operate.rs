//! What FEEL's operators do (DMN 1.5, 10.3.2.3 and table 54). An `Err` is the reason why the result is null.

use std::cmp::Ordering;

use crate::ast::{Binary, Cmp};
use crate::duration::{DaysTime, YearsMonths};
use crate::number::{Number, Rounding};
use crate::temporal::{Date, DateTime};
use crate::value::{Value, compare, equal};

pub(crate) type R = Result<Value, String>;

const TOO_LARGE: &str = "the result is outside of what the type holds";

fn number(n: Option<Number>) -> R {
    n.map(Value::Number).ok_or_else(|| TOO_LARGE.into())
}

fn days(d: Option<DaysTime>) -> R {
    d.map(Value::DaysTime).ok_or_else(|| TOO_LARGE.into())
}

fn months(m: Option<YearsMonths>) -> R {
    m.map(Value::YearsMonths).ok_or_else(|| TOO_LARGE.into())
}

fn mismatch(what: &str, a: &Value, b: &Value) -> String {
    format!("cannot {what} {} and {}", a.kind(), b.kind())
}

/// Applies an operator other than `and` and `or`.
pub(crate) fn apply(op: Binary, a: &Value, b: &Value) -> R {
    match op {
        Binary::Add => add(a, b),
        Binary::Sub => subtract(a, b),
        Binary::Mul => multiply(a, b),
        Binary::Div => divide(a, b),
        Binary::Pow => match (a, b) {
            (Value::Number(a), Value::Number(b)) => {
                a.power(*b).map(Value::Number).ok_or_else(|| format!("{a} ** {b} is no number a decimal128 holds"))
            }
            _ => Err(mismatch("raise", a, b)),
        },
        Binary::Compare(cmp) => compared(cmp, a, b),
        Binary::And | Binary::Or => Err("`and` and `or` are evaluated elsewhere".into()),
    }
}

pub(crate) fn compared(cmp: Cmp, a: &Value, b: &Value) -> R {
    let order = |holds: fn(Ordering) -> bool| {
        compare(a, b).map(|o| Value::Boolean(holds(o))).ok_or_else(|| mismatch("compare", a, b))
    };
    match cmp {
        Cmp::Eq => equal(a, b).map(Value::Boolean).ok_or_else(|| mismatch("compare", a, b)),
        Cmp::Ne => equal(a, b).map(|e| Value::Boolean(!e)).ok_or_else(|| mismatch("compare", a, b)),
        Cmp::Lt => order(Ordering::is_lt),
        Cmp::Le => order(Ordering::is_le),
        Cmp::Gt => order(Ordering::is_gt),
        Cmp::Ge => order(Ordering::is_ge),
    }
}

fn add(a: &Value, b: &Value) -> R {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number(a.plus(*b)),
        (Value::Text(a), Value::Text(b)) => Ok(Value::text(format!("{a}{b}"))),
        (Value::DaysTime(a), Value::DaysTime(b)) => days(DaysTime::from_nanos(a.nanos() + b.nanos())),
        (Value::YearsMonths(a), Value::YearsMonths(b)) => months(YearsMonths::from_months(a.months() + b.months())),
        (Value::DaysTime(d), other) | (other, Value::DaysTime(d)) => {
            later(other, *d).ok_or_else(|| mismatch("add", a, b))
        }
        (Value::YearsMonths(d), other) | (other, Value::YearsMonths(d)) => {
            months_later(other, *d).ok_or_else(|| mismatch("add", a, b))
        }
        _ => Err(mismatch("add", a, b)),
    }
}

fn subtract(a: &Value, b: &Value) -> R {
    let fail = || mismatch("subtract", a, b);
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number(a.minus(*b)),
        (Value::DaysTime(a), Value::DaysTime(b)) => days(DaysTime::from_nanos(a.nanos() - b.nanos())),
        (Value::YearsMonths(a), Value::YearsMonths(b)) => months(YearsMonths::from_months(a.months() - b.months())),
        (Value::Time(a), Value::Time(b)) if a.zone().is_some() == b.zone().is_some() => {
            days(DaysTime::from_nanos(a.instant() - b.instant()))
        }
        (Value::Date(_) | Value::DateTime(_), Value::Date(_) | Value::DateTime(_)) => {
            let (Some(x), Some(y)) = (as_date_time(a), as_date_time(b)) else { return Err(fail()) };
            if x.time.zone().is_some() != y.time.zone().is_some() {
                return Err("one of the two has a time zone and the other has none".into());
            }
            days(DaysTime::from_nanos(x.instant() - y.instant()))
        }
        (_, Value::DaysTime(d)) => DaysTime::from_nanos(-d.nanos()).and_then(|d| later(a, d)).ok_or_else(fail),
        (_, Value::YearsMonths(d)) => {
            YearsMonths::from_months(-d.months()).and_then(|d| months_later(a, d)).ok_or_else(fail)
        }
        _ => Err(fail()),
    }
}

/// A date counts as its midnight in UTC.
pub(crate) fn as_date_time(value: &Value) -> Option<DateTime> {
    match value {
        Value::Date(d) => Some(d.at_midnight_utc()),
        Value::DateTime(t) => Some((**t).clone()),
        _ => None,
    }
}

fn later(value: &Value, by: DaysTime) -> Option<Value> {
    match value {
        Value::Date(d) => d.at_midnight_utc().plus(by).map(|t| Value::Date(t.date)),
        Value::DateTime(t) => t.plus(by).map(Value::from),
        Value::Time(t) => Some(t.plus(by).into()),
        _ => None,
    }
}

fn months_later(value: &Value, by: YearsMonths) -> Option<Value> {
    match value {
        Value::Date(d) => d.plus_months(by.months()).map(Value::Date),
        Value::DateTime(t) => t.plus_months(by).map(Value::from),
        _ => None,
    }
}

fn multiply(a: &Value, b: &Value) -> R {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number(a.times(*b)),
        (Value::DaysTime(d), Value::Number(n)) | (Value::Number(n), Value::DaysTime(d)) => {
            days(d.seconds().and_then(|s| s.times(*n)).and_then(DaysTime::from_seconds))
        }
        (Value::YearsMonths(d), Value::Number(n)) | (Value::Number(n), Value::YearsMonths(d)) => {
            months(Number::from(d.months()).times(*n).and_then(whole_months))
        }
        _ => Err(mismatch("multiply", a, b)),
    }
}

fn whole_months(n: Number) -> Option<YearsMonths> {
    YearsMonths::from_months(n.round(Rounding::Down, 0)?.whole()?)
}

fn divide(a: &Value, b: &Value) -> R {
    let zero = match b {
        Value::Number(n) => n.is_zero(),
        Value::DaysTime(d) => d.nanos() == 0,
        Value::YearsMonths(d) => d.months() == 0,
        _ => false,
    };
    if zero {
        return Err("division by zero".into());
    }
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => number(a.over(*b)),
        (Value::DaysTime(d), Value::Number(n)) => {
            days(d.seconds().and_then(|s| s.over(*n)).and_then(DaysTime::from_seconds))
        }
        (Value::DaysTime(a), Value::DaysTime(b)) => number(a.seconds().zip(b.seconds()).and_then(|(a, b)| a.over(b))),
        (Value::YearsMonths(d), Value::Number(n)) => months(Number::from(d.months()).over(*n).and_then(whole_months)),
        (Value::YearsMonths(a), Value::YearsMonths(b)) => {
            number(Number::from(a.months()).over(Number::from(b.months())))
        }
        _ => Err(mismatch("divide", a, b)),
    }
}

/// `-a`
pub(crate) fn negate(value: &Value) -> R {
    match value {
        Value::Number(n) => Ok(Value::Number(n.negated())),
        Value::DaysTime(d) => days(DaysTime::from_nanos(-d.nanos())),
        Value::YearsMonths(d) => months(YearsMonths::from_months(-d.months())),
        other => Err(format!("cannot negate {}", other.kind())),
    }
}

/// `value.name`
pub(crate) fn path(value: &Value, name: &str) -> R {
    match value {
        Value::Context(c) => c.get(name).cloned().ok_or_else(|| format!("the context has no entry `{name}`")),
        Value::List(items) => {
            let mut out = Vec::with_capacity(items.len());
            for item in items.iter() {
                out.push(path(item, name).unwrap_or_default());
            }
            Ok(Value::list(out))
        }
        other => property(other, name).ok_or_else(|| format!("{} has no property `{name}`", other.kind())),
    }
}

/// The properties of table 65.
fn property(value: &Value, name: &str) -> Option<Value> {
    let offset = |o: Option<i32>| {
        o.and_then(|s| DaysTime::from_nanos(i128::from(s) * crate::duration::SECOND))
            .map_or(Value::Null, Value::DaysTime)
    };
    let zone = |z: Option<&crate::temporal::Zone>| match z {
        Some(crate::temporal::Zone::Named(name, _)) => Value::Text(name.clone()),
        _ => Value::Null,
    };
    let date = |d: &Date| {
        Some(Value::whole(match name {
            "year" => d.year(),
            "month" => d.month(),
            "day" => d.day(),
            "weekday" => d.weekday(),
            _ => return None,
        }))
    };
    let time = |t: &crate::temporal::Time| {
        Some(match name {
            "hour" => Value::whole(t.hour()),
            "minute" => Value::whole(t.minute()),
            "second" => Value::whole(t.nanos_of_minute() / 1_000_000_000),
            "timezone" => zone(t.zone()),
            _ => return None,
        })
    };
    let whole = |n: i128| Number::from_i128(n).map(Value::Number);
    match value {
        Value::Date(d) => date(d),
        Value::Time(t) if name == "time offset" => Some(offset(t.offset())),
        Value::Time(t) => time(t),
        Value::DateTime(t) if name == "time offset" => Some(offset(t.offset())),
        Value::DateTime(t) => date(&t.date).or_else(|| time(&t.time)),
        Value::DaysTime(d) => {
            let (days, hours, minutes, nanos) = d.parts();
            match name {
                "days" => whole(days),
                "hours" => whole(hours),
                "minutes" => whole(minutes),
                "seconds" => Number::scaled(nanos, 9).map(Value::Number),
                _ => None,
            }
        }
        Value::YearsMonths(d) => match name {
            "years" => Some(Value::whole(d.months() / 12)),
            "months" => Some(Value::whole(d.months() % 12)),
            _ => None,
        },
        Value::Range(r) => match name {
            "start" => Some(r.low.clone().unwrap_or_default()),
            "end" => Some(r.high.clone().unwrap_or_default()),
            "start included" => Some(Value::Boolean(r.low_in)),
            "end included" => Some(Value::Boolean(r.high_in)),
            _ => None,
        },
        _ => None,
    }
}
