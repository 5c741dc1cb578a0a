//! `sort` and `is`.

use super::{arg, list};
use crate::eval::Eval;
use crate::operate::R;
use crate::value::{Value, compare};

/// A merge sort that survives a `precedes` without sense: it always ends and keeps every element.
pub(super) fn sort(eval: &Eval<'_>, args: &[Value]) -> R {
    let items = list(args, 0)?;
    let f = match arg(args, 1) {
        Value::Function(f) => Some(f.clone()),
        Value::Null if args.len() < 2 => None,
        other => return Err(format!("expected a function that says which of two comes first, not {}", other.kind())),
    };
    let precedes = |a: &Value, b: &Value| match &f {
        Some(f) => match eval.invoke(f, vec![a.clone(), b.clone()])? {
            Value::Boolean(b) => Ok(b),
            other => Err(format!("the function gave {}, not a boolean", other.kind())),
        },
        None => compare(a, b)
            .map(std::cmp::Ordering::is_lt)
            .ok_or_else(|| format!("cannot compare {} and {}", a.kind(), b.kind())),
    };
    merge_sort(items.to_vec(), &precedes).map(Value::list)
}

fn merge_sort(
    mut items: Vec<Value>,
    precedes: &dyn Fn(&Value, &Value) -> Result<bool, String>,
) -> Result<Vec<Value>, String> {
    if items.len() < 2 {
        return Ok(items);
    }
    let right = merge_sort(items.split_off(items.len() / 2), precedes)?;
    let left = merge_sort(items, precedes)?;
    let mut out = Vec::with_capacity(left.len() + right.len());
    let (mut left, mut right) = (left.into_iter().peekable(), right.into_iter().peekable());
    while let (Some(a), Some(b)) = (left.peek(), right.peek()) {
        // Stable: the right one goes first only where it must.
        let next = if precedes(b, a)? { right.next() } else { left.next() };
        out.extend(next);
    }
    out.extend(left);
    out.extend(right);
    Ok(out)
}

/// The same value of the same kind; unlike `=`, times are the same only in the same zone.
pub(super) fn is(_: &Eval<'_>, args: &[Value]) -> R {
    let (a, b) = (arg(args, 0), arg(args, 1));
    Ok(match (a, b) {
        (Value::Time(x), Value::Time(y)) => crate::value::same(a, b) && x.zone() == y.zone(),
        (Value::DateTime(x), Value::DateTime(y)) => crate::value::same(a, b) && x.time.zone() == y.time.zone(),
        _ => crate::value::same(a, b),
    }
    .into())
}
