//! Texts. Positions count characters, not bytes.

use super::{arg, int, list, text, wrong};
use crate::eval::Eval;
use crate::operate::R;
use crate::value::Value;

pub(super) fn substring(_: &Eval<'_>, args: &[Value]) -> R {
    let t = text(args, 0)?;
    let start = int(args, 1)?;
    let chars: Vec<char> = t.chars().collect();
    let from = match start {
        0 => return Err("positions count from 1, or from -1 at the end".into()),
        n if n > 0 => usize::try_from(n - 1).ok(),
        n => usize::try_from(n.unsigned_abs()).ok().and_then(|back| chars.len().checked_sub(back)),
    };
    let from = from.filter(|f| *f < chars.len()).ok_or("the position lies outside of the text")?;
    let length = match arg(args, 2) {
        Value::Null => chars.len(),
        _ => usize::try_from(int(args, 2)?).ok().filter(|n| *n > 0).ok_or("the length must be at least 1")?,
    };
    Ok(Value::text(chars.into_iter().skip(from).take(length).collect::<String>()))
}

pub(super) fn string_length(_: &Eval<'_>, args: &[Value]) -> R {
    let count = i64::try_from(text(args, 0)?.chars().count()).unwrap_or(i64::MAX);
    Ok(Value::whole(count))
}

pub(super) fn upper_case(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(Value::text(text(args, 0)?.to_uppercase()))
}

pub(super) fn lower_case(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(Value::text(text(args, 0)?.to_lowercase()))
}

pub(super) fn substring_before(_: &Eval<'_>, args: &[Value]) -> R {
    let (t, m) = (text(args, 0)?, text(args, 1)?);
    Ok(Value::text(t.split_once(&*m).map_or("", |(before, _)| before)))
}

pub(super) fn substring_after(_: &Eval<'_>, args: &[Value]) -> R {
    let (t, m) = (text(args, 0)?, text(args, 1)?);
    Ok(Value::text(t.split_once(&*m).map_or("", |(_, after)| after)))
}

pub(super) fn contains(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(text(args, 0)?.contains(&*text(args, 1)?).into())
}

pub(super) fn starts_with(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(text(args, 0)?.starts_with(&*text(args, 1)?).into())
}

pub(super) fn ends_with(_: &Eval<'_>, args: &[Value]) -> R {
    Ok(text(args, 0)?.ends_with(&*text(args, 1)?).into())
}

/// Null elements are left out.
pub(super) fn string_join(_: &Eval<'_>, args: &[Value]) -> R {
    let mut parts = Vec::new();
    for item in list(args, 0)?.iter() {
        match item {
            Value::Text(t) => parts.push(t.clone()),
            Value::Null => {}
            other => return Err(wrong("strings", other)),
        }
    }
    let delimiter = if arg(args, 1).is_null() { "".into() } else { text(args, 1)? };
    Ok(Value::text(parts.join(&*delimiter)))
}
