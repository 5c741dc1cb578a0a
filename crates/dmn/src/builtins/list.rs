//! Lists and truth.

use std::sync::Arc;

use super::{arg, elements, int, list};
use crate::eval::Eval;
use crate::operate::R;
use crate::value::{Value, same};

pub(super) fn not(_: &Eval<'_>, args: &[Value]) -> R {
    match arg(args, 0) {
        Value::Boolean(b) => Ok(Value::Boolean(!b)),
        other => Err(format!("only a boolean can be turned, not {}", other.kind())),
    }
}

pub(super) fn list_contains(_: &Eval<'_>, args: &[Value]) -> R {
    let element = arg(args, 1);
    Ok(list(args, 0)?.iter().any(|v| same(v, element)).into())
}

pub(super) fn count(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(Value::whole(i64::try_from(list(args, 0)?.len()).unwrap_or(i64::MAX)))
}

pub(super) fn all(_: &Eval<'_>, args: &[Value]) -> R {
    truth(&elements(args)?, false)
}

pub(super) fn any(_: &Eval<'_>, args: &[Value]) -> R {
    truth(&elements(args)?, true)
}

/// One element that settles it is enough; else every element must be known.
fn truth(items: &[Value], settles: bool) -> R {
    if items.iter().any(|v| matches!(v, Value::Boolean(b) if *b == settles)) {
        return Ok(Value::Boolean(settles));
    }
    match items.iter().find(|v| !matches!(v, Value::Boolean(_))) {
        Some(odd) => Err(format!("expected booleans, not {}", odd.kind())),
        None => Ok(Value::Boolean(!settles)),
    }
}

/// A position from 1, or from -1 at the end, as an index; `end` is one behind the last.
fn position(at: i64, length: usize) -> Result<usize, String> {
    let index = match at {
        n if n > 0 => usize::try_from(n - 1).ok(),
        n if n < 0 => usize::try_from(n.unsigned_abs()).ok().and_then(|back| length.checked_sub(back)),
        _ => None,
    };
    index.filter(|i| *i < length).ok_or_else(|| format!("there is no position {at} in a list of {length}"))
}

pub(super) fn sublist(_: &Eval<'_>, args: &[Value]) -> R {
    let items = list(args, 0)?;
    let from = position(int(args, 1)?, items.len())?;
    let length = match arg(args, 2) {
        Value::Null => items.len() - from,
        _ => usize::try_from(int(args, 2)?).ok().filter(|n| *n > 0).ok_or("the length must be at least 1")?,
    };
    let end = from.checked_add(length).filter(|e| *e <= items.len()).ok_or("the sublist would end behind the list")?;
    Ok(Value::list(items.get(from..end).unwrap_or_default().to_vec()))
}

pub(super) fn append(eval: &Eval<'_>, args: &[Value]) -> R {
    let mut out = list(args, 0)?.to_vec();
    eval.list_may_have(out.len() + args.len())?;
    out.extend(args.iter().skip(1).cloned());
    Ok(Value::list(out))
}

pub(super) fn concatenate(eval: &Eval<'_>, args: &[Value]) -> R {
    let mut out = Vec::new();
    for i in 0..args.len() {
        let more = list(args, i)?;
        eval.list_may_have(out.len() + more.len())?;
        out.extend(more.iter().cloned());
    }
    Ok(Value::list(out))
}

pub(super) fn insert_before(_: &Eval<'_>, args: &[Value]) -> R {
    let mut out = list(args, 0)?.to_vec();
    let at = position(int(args, 1)?, out.len())?;
    out.insert(at, arg(args, 2).clone());
    Ok(Value::list(out))
}

pub(super) fn remove(_: &Eval<'_>, args: &[Value]) -> R {
    let mut out = list(args, 0)?.to_vec();
    let at = position(int(args, 1)?, out.len())?;
    out.remove(at);
    Ok(Value::list(out))
}

pub(super) fn list_replace(eval: &Eval<'_>, args: &[Value]) -> R {
    let mut out = list(args, 0)?.to_vec();
    let new = arg(args, 2);
    match arg(args, 1) {
        Value::Function(f) => {
            for item in &mut out {
                match eval.invoke(f, vec![item.clone(), new.clone()])? {
                    Value::Boolean(true) => *item = new.clone(),
                    Value::Boolean(false) => {}
                    other => return Err(format!("the match function gave {}, not a boolean", other.kind())),
                }
            }
        }
        _ => {
            let at = position(int(args, 1)?, out.len())?;
            if let Some(item) = out.get_mut(at) {
                *item = new.clone();
            }
        }
    }
    Ok(Value::list(out))
}

pub(super) fn reverse(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(Value::list(list(args, 0)?.iter().rev().cloned().collect()))
}

pub(super) fn index_of(_: &Eval<'_>, args: &[Value]) -> R {
    let wanted = arg(args, 1);
    let hits = list(args, 0)?.iter().zip(1..).filter(|(v, _)| same(v, wanted)).map(|(_, i)| Value::whole(i)).collect();
    Ok(Value::list(hits))
}

fn distinct(eval: &Eval<'_>, items: impl Iterator<Item = Value>) -> R {
    let mut out: Vec<Value> = Vec::new();
    for item in items {
        eval.step(out.len() / 8 + 1)?;
        if !out.iter().any(|v| same(v, &item)) {
            out.push(item);
        }
    }
    Ok(Value::list(out))
}

pub(super) fn union(eval: &Eval<'_>, args: &[Value]) -> R {
    match concatenate(eval, args)? {
        Value::List(all) => distinct(eval, all.iter().cloned()),
        other => Ok(other),
    }
}

pub(super) fn distinct_values(eval: &Eval<'_>, args: &[Value]) -> R {
    distinct(eval, list(args, 0)?.iter().cloned())
}

pub(super) fn flatten(eval: &Eval<'_>, args: &[Value]) -> R {
    fn into(eval: &Eval<'_>, items: &Arc<Vec<Value>>, out: &mut Vec<Value>) -> Result<(), String> {
        eval.step(items.len())?;
        for item in items.iter() {
            match item {
                Value::List(inner) => into(eval, inner, out)?,
                other => out.push(other.clone()),
            }
        }
        Ok(())
    }
    let mut out = Vec::new();
    into(eval, &list(args, 0)?, &mut out)?;
    Ok(Value::list(out))
}
