//! Numbers, alone and in lists.

use std::cmp::Ordering;

use super::{arg, elements, num, wrong};
use crate::eval::Eval;
use crate::number::{Number, Rounding};
use crate::operate::R;
use crate::value::{Value, compare};

fn out(n: Option<Number>) -> R {
    n.map(Value::Number).ok_or_else(|| "the result is no number a decimal128 holds".into())
}

fn extreme(args: &[Value], keep: Ordering) -> R {
    let items = elements(args)?;
    let mut best = items.first().ok_or("an empty list has none")?;
    if compare(best, best).is_none() {
        return Err(wrong("values that have an order", best));
    }
    for item in items.iter().skip(1) {
        let order = compare(item, best).ok_or_else(|| format!("cannot compare {} and {}", item.kind(), best.kind()))?;
        if order == keep {
            best = item;
        }
    }
    Ok(best.clone())
}

pub(super) fn min(_: &Eval<'_>, args: &[Value]) -> R {
    extreme(args, Ordering::Less)
}

pub(super) fn max(_: &Eval<'_>, args: &[Value]) -> R {
    extreme(args, Ordering::Greater)
}

fn numbers(args: &[Value]) -> Result<Vec<Number>, String> {
    let numbers = elements(args)?
        .iter()
        .map(|v| match v {
            Value::Number(n) => Ok(*n),
            other => Err(wrong("numbers", other)),
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(numbers)
}

fn some_numbers(args: &[Value]) -> Result<Vec<Number>, String> {
    let all = numbers(args)?;
    if all.is_empty() { Err("an empty list has none".into()) } else { Ok(all) }
}

fn add_up(all: &[Number]) -> Option<Number> {
    all.iter().try_fold(Number::ZERO, |a, b| a.plus(*b))
}

fn average(all: &[Number]) -> Option<Number> {
    add_up(all)?.over(Number::from(i64::try_from(all.len()).ok()?))
}

pub(super) fn sum(_: &Eval<'_>, args: &[Value]) -> R {
    out(add_up(&some_numbers(args)?))
}

pub(super) fn product(_: &Eval<'_>, args: &[Value]) -> R {
    out(some_numbers(args)?.iter().try_fold(Number::ONE, |a, b| a.times(*b)))
}

pub(super) fn mean(_: &Eval<'_>, args: &[Value]) -> R {
    out(average(&some_numbers(args)?))
}

pub(super) fn median(_: &Eval<'_>, args: &[Value]) -> R {
    let mut all = some_numbers(args)?;
    all.sort_unstable();
    let half = all.len() / 2;
    let middle =
        if all.len().is_multiple_of(2) { all.get(half.saturating_sub(1)..=half) } else { all.get(half..=half) };
    out(average(middle.unwrap_or_default()))
}

/// Of a sample: divided by n - 1.
pub(super) fn stddev(_: &Eval<'_>, args: &[Value]) -> R {
    let all = numbers(args)?;
    if all.len() < 2 {
        return Err("a deviation needs two numbers".into());
    }
    let deviation = || {
        let mean = average(&all)?;
        let squares: Option<Vec<_>> = all.iter().map(|n| n.minus(mean).and_then(|d| d.times(d))).collect();
        add_up(&squares?)?.over(Number::from(i64::try_from(all.len()).ok()? - 1))?.sqrt()
    };
    out(deviation())
}

/// The most frequent numbers, in ascending order.
pub(super) fn mode(_: &Eval<'_>, args: &[Value]) -> R {
    let mut all = numbers(args)?;
    all.sort_unstable();
    let groups: Vec<&[Number]> = all.chunk_by(|a, b| a == b).collect();
    let most = groups.iter().map(|g| g.len()).max().unwrap_or(0);
    let modes =
        groups.iter().filter(|g| g.len() == most).filter_map(|g| g.first()).map(|n| Value::Number(*n)).collect();
    Ok(Value::list(modes))
}

fn rounded(args: &[Value], how: Rounding) -> R {
    let n = num(args, 0)?;
    let scale = if args.len() > 1 { num(args, 1)?.truncated() } else { Some(0) };
    let scale = scale.filter(|s| (-6111..=6176).contains(s)).ok_or("the scale lies between -6111 and 6176")?;
    out(n.round(how, scale))
}

pub(super) fn decimal(_: &Eval<'_>, args: &[Value]) -> R {
    rounded(args, Rounding::HalfEven)
}

pub(super) fn floor(_: &Eval<'_>, args: &[Value]) -> R {
    rounded(args, Rounding::Floor)
}

pub(super) fn ceiling(_: &Eval<'_>, args: &[Value]) -> R {
    rounded(args, Rounding::Ceiling)
}

pub(super) fn round_up(_: &Eval<'_>, args: &[Value]) -> R {
    rounded(args, Rounding::Up)
}

pub(super) fn round_down(_: &Eval<'_>, args: &[Value]) -> R {
    rounded(args, Rounding::Down)
}

pub(super) fn round_half_up(_: &Eval<'_>, args: &[Value]) -> R {
    rounded(args, Rounding::HalfUp)
}

pub(super) fn round_half_down(_: &Eval<'_>, args: &[Value]) -> R {
    rounded(args, Rounding::HalfDown)
}

/// Of durations too.
pub(super) fn abs(_: &Eval<'_>, args: &[Value]) -> R {
    match arg(args, 0) {
        Value::DaysTime(d) if d.nanos() < 0 => crate::operate::negate(arg(args, 0)),
        Value::YearsMonths(d) if d.months() < 0 => crate::operate::negate(arg(args, 0)),
        Value::DaysTime(_) | Value::YearsMonths(_) => Ok(arg(args, 0).clone()),
        _ => Ok(Value::Number(num(args, 0)?.abs())),
    }
}

pub(super) fn modulo(_: &Eval<'_>, args: &[Value]) -> R {
    let (a, b) = (num(args, 0)?, num(args, 1)?);
    if b.is_zero() {
        return Err("division by zero".into());
    }
    out(a.modulo(b))
}

pub(super) fn sqrt(_: &Eval<'_>, args: &[Value]) -> R {
    num(args, 0)?.sqrt().map(Value::Number).ok_or_else(|| "a negative number has no square root".into())
}

pub(super) fn log(_: &Eval<'_>, args: &[Value]) -> R {
    num(args, 0)?.ln().map(Value::Number).ok_or_else(|| "only a positive number has a logarithm".into())
}

pub(super) fn exp(_: &Eval<'_>, args: &[Value]) -> R {
    out(num(args, 0)?.exp())
}

fn parity(args: &[Value], odd: bool) -> R {
    let n = num(args, 0)?;
    if !n.is_whole() {
        return Err(format!("{n} is no whole number"));
    }
    let rest = n.modulo(Number::from(2)).unwrap_or(Number::ZERO);
    Ok((rest.is_zero() != odd).into())
}

pub(super) fn odd(_: &Eval<'_>, args: &[Value]) -> R {
    parity(args, true)
}

pub(super) fn even(_: &Eval<'_>, args: &[Value]) -> R {
    parity(args, false)
}
