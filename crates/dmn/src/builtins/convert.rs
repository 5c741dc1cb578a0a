//! Conversions between kinds.

use std::sync::Arc;

use super::{arg, num, text, wrong};
use crate::ast::{Expr, Kind};
use crate::duration::{self, Parsed, SECOND, YearsMonths};
use crate::eval::{Eval, make_range};
use crate::number::Number;
use crate::operate::R;
use crate::temporal::{Date, DateTime, Time, Zone};
use crate::types::NoTypes;
use crate::value::Value;

/// What `@"…"` means; null if nothing.
pub(crate) fn at_literal(text: &str) -> Value {
    if let Some(date) = Date::parse(text) {
        return Value::Date(date);
    }
    if let Some(time) = Time::parse(text) {
        return time.into();
    }
    if text.contains('T') && !text.starts_with('P') && !text.starts_with("-P") {
        return DateTime::parse(text).map_or(Value::Null, Value::from);
    }
    a_duration(text).unwrap_or_default()
}

fn a_duration(text: &str) -> Option<Value> {
    Some(match duration::parse(text)? {
        Parsed::Months(d) => Value::YearsMonths(d),
        Parsed::Nanos(d) => Value::DaysTime(d),
    })
}

pub(super) fn date(_: &Eval<'_>, args: &[Value]) -> R {
    if args.len() == 3 {
        let (y, m, d) = (whole(args, 0)?, whole(args, 1)?, whole(args, 2)?);
        return Date::new(y, m, d).map(Value::Date).ok_or_else(|| format!("there is no day {y}-{m}-{d}"));
    }
    match arg(args, 0) {
        Value::Text(t) => Date::parse(t).map(Value::Date).ok_or_else(|| format!("{t:?} is no date such as 2026-11-26")),
        Value::Date(d) => Ok(Value::Date(*d)),
        Value::DateTime(t) => Ok(Value::Date(t.date)),
        other => Err(wrong("a date or its text", other)),
    }
}

fn whole(args: &[Value], at: usize) -> Result<i64, String> {
    let n = num(args, at)?;
    n.whole().ok_or_else(|| format!("{n} is no whole number"))
}

pub(super) fn date_and_time(_: &Eval<'_>, args: &[Value]) -> R {
    if args.len() >= 6 {
        let date = Date::new(whole(args, 0)?, whole(args, 1)?, whole(args, 2)?).ok_or("there is no such day")?;
        let zone = match arg(args, 6) {
            Value::Text(name) => Some(Zone::named(name).ok_or_else(|| format!("there is no time zone {name:?}"))?),
            _ => offset_argument(args, 6)?,
        };
        let time = Time::new(whole(args, 3)?, whole(args, 4)?, num(args, 5)?, zone).ok_or("there is no such time")?;
        return Ok(DateTime { date, time }.into());
    }
    if args.len() == 2 {
        let date = match arg(args, 0) {
            Value::Date(d) => *d,
            Value::DateTime(t) => t.date,
            other => return Err(wrong("a date", other)),
        };
        let Value::Time(time) = arg(args, 1) else { return Err(wrong("a time", arg(args, 1))) };
        return Ok(DateTime { date, time: (**time).clone() }.into());
    }
    match arg(args, 0) {
        Value::Text(t) => DateTime::parse(t)
            .map(Value::from)
            .ok_or_else(|| format!("{t:?} is no date and time such as 2026-11-26T08:30:00")),
        Value::DateTime(t) => Ok(Value::DateTime(t.clone())),
        Value::Date(d) => Ok(d.at_midnight_utc().into()),
        other => Err(wrong("a date and time or its text", other)),
    }
}

fn offset_argument(args: &[Value], at: usize) -> Result<Option<Zone>, String> {
    match arg(args, at) {
        Value::Null => Ok(None),
        Value::DaysTime(d) => {
            let seconds = i32::try_from(d.nanos() / SECOND).ok();
            seconds.and_then(Zone::offset).map(Some).ok_or_else(|| format!("{d} is no offset from UTC"))
        }
        other => Err(wrong("a days and time duration", other)),
    }
}

pub(super) fn time(_: &Eval<'_>, args: &[Value]) -> R {
    if args.len() >= 3 {
        let time = Time::new(whole(args, 0)?, whole(args, 1)?, num(args, 2)?, offset_argument(args, 3)?);
        return time.map(Value::from).ok_or_else(|| "there is no such time".into());
    }
    match arg(args, 0) {
        Value::Text(t) => Time::parse(t).map(Value::from).ok_or_else(|| format!("{t:?} is no time such as 08:30:00")),
        Value::Time(t) => Ok(Value::Time(t.clone())),
        Value::DateTime(t) => Ok(t.time.clone().into()),
        Value::Date(d) => Ok(d.at_midnight_utc().time.into()),
        other => Err(wrong("a time or its text", other)),
    }
}

pub(super) fn duration(_: &Eval<'_>, args: &[Value]) -> R {
    match arg(args, 0) {
        Value::Text(t) => a_duration(t).ok_or_else(|| format!("{t:?} is no duration such as P1Y6M or P2DT3H")),
        Value::DaysTime(_) | Value::YearsMonths(_) => Ok(arg(args, 0).clone()),
        other => Err(wrong("a duration or its text", other)),
    }
}

pub(super) fn years_and_months_duration(_: &Eval<'_>, args: &[Value]) -> R {
    let day = |at| match arg(args, at) {
        Value::Date(d) => Ok(*d),
        Value::DateTime(t) => Ok(t.date),
        other => Err(wrong("a date", other)),
    };
    let months = day(1)?.months_since(day(0)?);
    YearsMonths::from_months(months).map(Value::YearsMonths).ok_or_else(|| "the two are too far apart".into())
}

pub(super) fn number(_: &Eval<'_>, args: &[Value]) -> R {
    if let ([Value::Number(n)], 1) = (args, args.len()) {
        return Ok(Value::Number(*n));
    }
    let from = text(args, 0)?;
    let separator = |at: usize, allowed: &[&str]| match arg(args, at) {
        Value::Null => Ok(None),
        Value::Text(t) if allowed.contains(&&**t) => Ok(Some(t.clone())),
        _ => Err(format!("a separator is one of {allowed:?}")),
    };
    let grouping = separator(1, &[" ", ",", "."])?;
    let decimal = separator(2, &[",", "."])?;
    if grouping.is_some() && grouping == decimal {
        return Err("the two separators must differ".into());
    }
    let mut plain = from.to_string();
    if let Some(g) = grouping {
        plain = plain.replace(&*g, "");
    }
    if let Some(d) = decimal {
        plain = plain.replace(&*d, ".");
    }
    Number::parse(&plain)
        .filter(|_| !plain.starts_with('+'))
        .map(Value::Number)
        .ok_or_else(|| format!("{from:?} is no number"))
}

/// A value as a text: a text is itself, everything else as it is written in FEEL.
pub(crate) fn as_text(value: &Value) -> Option<Arc<str>> {
    match value {
        Value::Null => None,
        Value::Text(t) => Some(t.clone()),
        other => Some(other.to_string().into()),
    }
}

pub(super) fn string(_: &Eval<'_>, args: &[Value]) -> R {
    as_text(arg(args, 0)).map(Value::Text).ok_or_else(|| "null has no text".into())
}

/// `range("[1..10)")`: ends are literals, so that a text can never run anything but a conversion.
pub(super) fn range(eval: &Eval<'_>, args: &[Value]) -> R {
    let from = text(args, 0)?;
    let fail = || format!("{from:?} is no range such as [1..10)");
    let parsed = crate::parser::parse(&from, &crate::names::Names::new(), &NoTypes).map_err(|_| fail())?;
    let Kind::Range(range) = &parsed.kind else { return Err(fail()) };
    let end = |e: &Option<Box<Expr>>| -> Result<Option<Value>, String> {
        match e {
            None => Ok(None),
            Some(e) => {
                let value = e.constant().or_else(|| conversion(eval, e)).ok_or_else(fail)?;
                Ok(Some(value).filter(|v| !v.is_null()))
            }
        }
    };
    let (low, high) = (end(&range.low)?, end(&range.high)?);
    if low.is_none() && high.is_none() {
        return Err(fail());
    }
    let (low_in, high_in) = (range.low_in, range.high_in);
    if range.low.is_none() || range.high.is_none() {
        return Err(fail());
    }
    if let (Some(low), Some(high)) = (&low, &high)
        && crate::value::compare(low, high).is_some_and(std::cmp::Ordering::is_gt)
    {
        return Err(format!("{from:?} begins behind its end"));
    }
    if (low.is_none() && low_in) || (high.is_none() && high_in) {
        return Err("an end that is null cannot belong to the range".into());
    }
    make_range(low, low_in, high, high_in)
}

/// `date("2026-11-26")` and its like as an end.
fn conversion(eval: &Eval<'_>, e: &Expr) -> Option<Value> {
    let Kind::Call(callee, crate::ast::Args::Positional(args)) = &e.kind else { return None };
    let Kind::Name(name) = &callee.kind else { return None };
    if !["date", "time", "date and time", "duration"].contains(&&**name) || args.iter().any(|a| a.constant().is_none())
    {
        return None;
    }
    Some(eval.eval(e, &crate::function::Env::default())).filter(|v| !v.is_null())
}
