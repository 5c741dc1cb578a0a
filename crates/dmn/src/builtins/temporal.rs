//! Calendar functions and the clock, which is an argument of the evaluation.

use super::{arg, wrong};
use crate::eval::Eval;
use crate::operate::R;
use crate::temporal::Date;
use crate::value::Value;

fn day(args: &[Value]) -> Result<Date, String> {
    match arg(args, 0) {
        Value::Date(d) => Ok(*d),
        Value::DateTime(t) => Ok(t.date),
        other => Err(wrong("a date", other)),
    }
}

pub(super) fn day_of_year(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(Value::whole(day(args)?.day_of_year()))
}

pub(super) fn day_of_week(_: &Eval<'_>, args: &[Value]) -> R {
    const DAYS: [&str; 7] = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];
    let at = usize::try_from(day(args)?.weekday() - 1).ok();
    Ok(at.and_then(|i| DAYS.get(i)).map_or(Value::Null, |name| Value::text(*name)))
}

pub(super) fn month_of_year(_: &Eval<'_>, args: &[Value]) -> R {
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let at = usize::try_from(day(args)?.month() - 1).ok();
    Ok(at.and_then(|i| MONTHS.get(i)).map_or(Value::Null, |name| Value::text(*name)))
}

pub(super) fn week_of_year(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(Value::whole(day(args)?.week_of_year()))
}

pub(super) fn now(eval: &Eval<'_>, _: &[Value]) -> R {
    eval.now.clone().map(Value::from).ok_or_else(|| "this evaluation was given no clock".into())
}

pub(super) fn today(eval: &Eval<'_>, _: &[Value]) -> R {
    eval.now.as_ref().map(|t| Value::Date(t.date)).ok_or_else(|| "this evaluation was given no clock".into())
}
