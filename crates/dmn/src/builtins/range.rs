//! How points and ranges lie to each other (DMN 1.5, table 78; Allen's interval algebra).

use std::cmp::Ordering::{self, Equal, Greater, Less};

use super::{arg, wrong};
use crate::eval::Eval;
use crate::operate::R;
use crate::value::{Range, Value, compare};

/// A point or a range with both ends.
enum Place<'a> {
    Point(&'a Value),
    Span(&'a Range),
}

fn place(args: &[Value], at: usize) -> Result<Place<'_>, String> {
    match arg(args, at) {
        Value::Range(r) => Ok(Place::Span(r)),
        v if compare(v, v).is_some() => Ok(Place::Point(v)),
        other => Err(wrong("a range or a value that has an order", other)),
    }
}

fn span(args: &[Value], at: usize) -> Result<&Range, String> {
    match arg(args, at) {
        Value::Range(r) => Ok(r),
        other => Err(wrong("a range", other)),
    }
}

fn order(a: &Value, b: &Value) -> Result<Ordering, String> {
    compare(a, b).ok_or_else(|| format!("cannot compare {} and {}", a.kind(), b.kind()))
}

/// The lower ends in order: a closed one comes before an open one at the same value, none before every one.
fn lows(a: &Range, b: &Range) -> Result<Ordering, String> {
    Ok(match (&a.low, &b.low) {
        (None, None) => Equal,
        (None, _) => Less,
        (_, None) => Greater,
        (Some(x), Some(y)) => order(x, y)?.then(b.low_in.cmp(&a.low_in)),
    })
}

/// The upper ends in order: an open one comes before a closed one at the same value.
fn highs(a: &Range, b: &Range) -> Result<Ordering, String> {
    Ok(match (&a.high, &b.high) {
        (None, None) => Equal,
        (None, _) => Greater,
        (_, None) => Less,
        (Some(x), Some(y)) => order(x, y)?.then(a.high_in.cmp(&b.high_in)),
    })
}

/// Whether everything of `a` lies before everything of `b`; `touching`: they share no point even if both ends are the same.
fn wholly_before(a: &Range, b: &Range) -> Result<bool, String> {
    match (&a.high, &b.low) {
        (Some(x), Some(y)) => Ok(match order(x, y)? {
            Less => true,
            Equal => !(a.high_in && b.low_in),
            Greater => false,
        }),
        _ => Ok(false),
    }
}

fn as_span(place: &Place<'_>) -> Range {
    match place {
        Place::Span(r) => (*r).clone(),
        Place::Point(p) => Range::new(Some((*p).clone()), true, Some((*p).clone()), true),
    }
}

pub(super) fn before(_: &Eval<'_>, args: &[Value]) -> R {
    let (a, b) = (as_span(&place(args, 0)?), as_span(&place(args, 1)?));
    Ok(wholly_before(&a, &b)?.into())
}

pub(super) fn after(_: &Eval<'_>, args: &[Value]) -> R {
    let (a, b) = (as_span(&place(args, 0)?), as_span(&place(args, 1)?));
    Ok(wholly_before(&b, &a)?.into())
}

fn touches(a: &Range, b: &Range) -> Result<bool, String> {
    match (&a.high, &b.low) {
        (Some(x), Some(y)) => Ok(a.high_in && b.low_in && order(x, y)? == Equal),
        _ => Ok(false),
    }
}

pub(super) fn meets(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(touches(span(args, 0)?, span(args, 1)?)?.into())
}

pub(super) fn met_by(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(touches(span(args, 1)?, span(args, 0)?)?.into())
}

pub(super) fn overlaps(_: &Eval<'_>, args: &[Value]) -> R {
    let (a, b) = (span(args, 0)?, span(args, 1)?);
    Ok((!wholly_before(a, b)? && !wholly_before(b, a)?).into())
}

fn overlaps_start(a: &Range, b: &Range) -> R {
    let apart = wholly_before(a, b)?;
    Ok((!apart && lows(a, b)? == Less && highs(a, b)? != Greater).into())
}

pub(super) fn overlaps_before(_: &Eval<'_>, args: &[Value]) -> R {
    overlaps_start(span(args, 0)?, span(args, 1)?)
}

pub(super) fn overlaps_after(_: &Eval<'_>, args: &[Value]) -> R {
    overlaps_start(span(args, 1)?, span(args, 0)?)
}

fn finishing(a: &Place<'_>, b: &Range) -> R {
    Ok(match a {
        Place::Point(p) => match &b.high {
            Some(high) => b.high_in && order(p, high)? == Equal,
            None => false,
        },
        Place::Span(a) => highs(a, b)? == Equal && lows(a, b)? != Less,
    }
    .into())
}

fn starting(a: &Place<'_>, b: &Range) -> R {
    Ok(match a {
        Place::Point(p) => match &b.low {
            Some(low) => b.low_in && order(p, low)? == Equal,
            None => false,
        },
        Place::Span(a) => lows(a, b)? == Equal && highs(a, b)? != Greater,
    }
    .into())
}

fn inside(a: &Place<'_>, b: &Range) -> R {
    Ok(match a {
        Place::Point(p) => b.includes(p).ok_or_else(|| format!("cannot compare {} with the range's ends", p.kind()))?,
        Place::Span(a) => lows(b, a)? != Greater && highs(b, a)? != Less,
    }
    .into())
}

pub(super) fn finishes(_: &Eval<'_>, args: &[Value]) -> R {
    finishing(&place(args, 0)?, span(args, 1)?)
}

pub(super) fn finished_by(_: &Eval<'_>, args: &[Value]) -> R {
    finishing(&place(args, 1)?, span(args, 0)?)
}

pub(super) fn starts(_: &Eval<'_>, args: &[Value]) -> R {
    starting(&place(args, 0)?, span(args, 1)?)
}

pub(super) fn started_by(_: &Eval<'_>, args: &[Value]) -> R {
    starting(&place(args, 1)?, span(args, 0)?)
}

pub(super) fn during(_: &Eval<'_>, args: &[Value]) -> R {
    inside(&place(args, 0)?, span(args, 1)?)
}

pub(super) fn includes(_: &Eval<'_>, args: &[Value]) -> R {
    inside(&place(args, 1)?, span(args, 0)?)
}

pub(super) fn coincides(_: &Eval<'_>, args: &[Value]) -> R {
    match (place(args, 0)?, place(args, 1)?) {
        (Place::Point(a), Place::Point(b)) => Ok((order(a, b)? == Equal).into()),
        (Place::Span(a), Place::Span(b)) => Ok((lows(a, b)? == Equal && highs(a, b)? == Equal).into()),
        _ => Err("expected two points or two ranges".into()),
    }
}
