//! One operation on the values of one row: the same functions that the explaining evaluator calls.

use super::plan::Work;
use crate::apply;
use crate::ir::Op;
use crate::tables::{MAX_KEYS, ParamTable};
use crate::value::{Bounds, Lane, Trouble, TroubleKind, Val};

/// What is the same for all rows of an operation.
#[derive(Clone, Copy)]
pub(crate) struct Call<'a> {
    /// The node that errors name.
    pub(crate) node: u32,
    pub(crate) lane: Lane,
    pub(crate) tables: &'a [ParamTable],
}

/// The value of an operation, given those of its operands in order. Aggregates have their own way.
pub(crate) fn scalar(work: &Work, call: Call<'_>, args: &[Val]) -> Val {
    let arg = |n: usize| args.get(n).copied().unwrap_or(Val::UNKNOWN);
    let outcome = match work {
        Work::Same(v) => Ok(*v),
        Work::Fact(..) => Ok(Val::UNKNOWN),
        Work::Stated(..) => Ok(if arg(0).is_unknown() { arg(1) } else { arg(0) }),
        Work::Settle(_, truth) => Ok(if arg(0).is_unknown() { Val::Bool(*truth) } else { arg(0) }),
        Work::Op(op) => match op {
            Op::Not(_) => Ok(match arg(0) {
                Val::Bool(b) => Val::Bool(!b),
                other => other,
            }),
            Op::And(_) => Ok(kleene(args, false)),
            Op::Or(_) => Ok(kleene(args, true)),
            Op::Compare(cmp, ..) => Ok(apply::compare(*cmp, arg(0), arg(1))),
            Op::If(..) => Ok(match arg(0) {
                Val::Bool(true) => arg(1),
                Val::Bool(false) => arg(2),
                e @ Val::Error(_) => e,
                _ => apply::either(arg(1), arg(2)),
            }),
            Op::Arith(how, ..) => apply::arith(*how, call.lane, arg(0), arg(1)),
            Op::Negate(_) => apply::negate(arg(0), call.lane),
            Op::Abs(_) => apply::abs(arg(0)),
            Op::Widen(_) => Ok(apply::widen(arg(0))),
            Op::Round(how, scale, _) => apply::round(*how, *scale, arg(0)),
            Op::Least(_) => Ok(extreme(args, false, call.lane)),
            Op::Greatest(_) => Ok(extreme(args, true, call.lane)),
            Op::Between(unit, ..) => Ok(apply::between(*unit, arg(0), arg(1))),
            Op::Shift(unit, ..) => apply::shift(*unit, arg(0), arg(1)),
            Op::Part(part, _) => Ok(apply::part(*part, arg(0))),
            Op::IsKnown(_) => Ok(match arg(0) {
                e @ Val::Error(_) => e,
                Val::Unknown(_) => Val::Bool(false),
                _ => Val::Bool(true),
            }),
            Op::Param { table, .. } => look_up(call.tables, *table, args),
            Op::Outer(..) => Ok(arg(0)),
            // Resolved when planned, or worked out over members.
            Op::Const(_) | Op::Today | Op::ClaimDate | Op::HouseholdFact(_) | Op::PersonFact(_) => Ok(Val::UNKNOWN),
            Op::Define { .. } | Op::Entitled { .. } | Op::AmountOf { .. } | Op::Aggregate { .. } => Ok(Val::UNKNOWN),
        },
    };
    outcome.unwrap_or_else(|kind| Val::Error(Trouble { kind, node: call.node }))
}

fn kleene(args: &[Val], decisive: bool) -> Val {
    let mut result = Val::Bool(!decisive);
    for v in args {
        match *v {
            Val::Bool(b) if b == decisive => return Val::Bool(decisive),
            Val::Bool(_) => {}
            e @ Val::Error(_) if !result.is_error() => result = e,
            unknown if result == Val::Bool(!decisive) => result = unknown,
            _ => {}
        }
    }
    result
}

fn extreme(args: &[Val], largest: bool, lane: Lane) -> Val {
    args.iter().copied().reduce(|a, b| apply::extreme(largest, lane, a, b)).unwrap_or(Val::UNKNOWN)
}

/// A look-up; `args` are the day and the keys.
pub(crate) fn look_up(tables: &[ParamTable], table: u32, args: &[Val]) -> apply::Outcome {
    let mut wanted = [Bounds::NONE; MAX_KEYS];
    let mut day = Bounds::NONE;
    for (n, arg) in args.iter().enumerate() {
        let b = match *arg {
            e @ Val::Error(_) => return Ok(e),
            Val::Code(c) => Bounds { lo: i64::from(c), hi: i64::from(c) },
            v => v.bounds(),
        };
        match n.checked_sub(1) {
            None => day = b,
            Some(n) => {
                if let Some(slot) = wanted.get_mut(n) {
                    *slot = b;
                }
            }
        }
    }
    let keys = wanted.get(..args.len().saturating_sub(1)).unwrap_or(&[]);
    match tables.get(table as usize) {
        Some(t) => t.look_up(keys, day).ok_or(TroubleKind::NoRow),
        None => Err(TroubleKind::NoRow),
    }
}
