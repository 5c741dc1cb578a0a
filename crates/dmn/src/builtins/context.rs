//! Contexts.

use std::sync::Arc;

use super::{arg, list, text, wrong};
use crate::eval::Eval;
use crate::operate::R;
use crate::value::{Context, Value};

fn a_context(args: &[Value], at: usize) -> Result<Arc<Context>, String> {
    match arg(args, at) {
        Value::Context(c) => Ok(c.clone()),
        other => Err(wrong("a context", other)),
    }
}

pub(super) fn get_value(_: &Eval<'_>, args: &[Value]) -> R {
    let context = a_context(args, 0)?;
    let key = text(args, 1)?;
    context.get(&key).cloned().ok_or_else(|| format!("the context has no entry `{key}`"))
}

pub(super) fn get_entries(_: &Eval<'_>, args: &[Value]) -> R {
    let entry = |(key, value): (&Arc<str>, &Value)| {
        Value::context([("key", Value::Text(key.clone())), ("value", value.clone())].into_iter().collect())
    };
    Ok(Value::list(a_context(args, 0)?.iter().map(entry).collect()))
}

pub(super) fn context(_: &Eval<'_>, args: &[Value]) -> R {
    let mut out = Context::default();
    for entry in list(args, 0)?.iter() {
        let Value::Context(entry) = entry else { return Err(wrong("contexts with `key` and `value`", entry)) };
        let Some(Value::Text(key)) = entry.get("key") else { return Err("an entry has no text under `key`".into()) };
        let value = entry.get("value").ok_or("an entry has nothing under `value`")?;
        if out.get(key).is_some() {
            return Err(format!("there are two entries `{key}`"));
        }
        out.put(key.clone(), value.clone());
    }
    Ok(Value::context(out))
}

pub(super) fn context_put(_: &Eval<'_>, args: &[Value]) -> R {
    let context = a_context(args, 0)?;
    let keys = match arg(args, 1) {
        Value::List(keys) => keys.to_vec(),
        Value::Text(_) => vec![arg(args, 1).clone()],
        other => return Err(wrong("a key or a list of keys", other)),
    };
    put(&context, &keys, arg(args, 2))
}

fn put(context: &Context, keys: &[Value], value: &Value) -> R {
    let Some((key, rest)) = keys.split_first() else { return Err("there is no key".into()) };
    let Value::Text(key) = key else { return Err(wrong("a key", key)) };
    let mut out = context.clone();
    let new = match (rest, context.get(key)) {
        ([], _) => value.clone(),
        (rest, Some(Value::Context(inner))) => put(inner, rest, value)?,
        (_, Some(other)) => return Err(wrong("a context on the way", other)),
        (_, None) => return Err(format!("the context has no entry `{key}` on the way")),
    };
    out.put(key.clone(), new);
    Ok(Value::context(out))
}

pub(super) fn context_merge(_: &Eval<'_>, args: &[Value]) -> R {
    let mut out = Context::default();
    for one in list(args, 0)?.iter() {
        let Value::Context(one) = one else { return Err(wrong("contexts", one)) };
        for (key, value) in one.iter() {
            out.put(key.clone(), value.clone());
        }
    }
    Ok(Value::context(out))
}
