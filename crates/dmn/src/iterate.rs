//! `for`, `some`, `every`, and boxed contexts.

use std::sync::Arc;

use crate::ast::{BoxedEntry, Domain, Expr, Kind};
use crate::eval::Eval;
use crate::function::Env;
use crate::number::Number;
use crate::operate::R;
use crate::temporal::Date;
use crate::types::Type;
use crate::value::{Context, Range, Value};

/// Whether an expression speaks of a name.
fn mentions(expr: &Expr, name: &str) -> bool {
    let mut found = matches!(&expr.kind, Kind::Name(n) if **n == *name);
    crate::walk::each_child(&expr.kind, &mut |e| found = found || mentions(e, name));
    found
}

/// What one variable runs through.
enum Run {
    List(Arc<Vec<Value>>),
    /// From, step (1 or -1), how many.
    Numbers(i64, i64, usize),
    /// Days since the epoch, step, how many.
    Days(i64, i64, usize),
}

impl Run {
    fn len(&self) -> usize {
        match self {
            Run::List(l) => l.len(),
            Run::Numbers(_, _, n) | Run::Days(_, _, n) => *n,
        }
    }

    fn get(&self, i: usize) -> Value {
        let at = |from: i64, step: i64| from + step * i64::try_from(i).unwrap_or(0);
        match self {
            Run::List(l) => l.get(i).cloned().unwrap_or_default(),
            Run::Numbers(from, step, _) => Value::whole(at(*from, *step)),
            Run::Days(from, step, _) => Date::from_epoch_days(at(*from, *step)).map_or(Value::Null, Value::Date),
        }
    }
}

fn steps(low: &Value, high: &Value) -> Result<Run, String> {
    let count = |from: i64, to: i64| usize::try_from(from.abs_diff(to)).unwrap_or(usize::MAX).saturating_add(1);
    let step = |from: i64, to: i64| if from <= to { 1 } else { -1 };
    match (low, high) {
        (Value::Number(a), Value::Number(b)) => match (a.whole(), b.whole()) {
            (Some(a), Some(b)) => Ok(Run::Numbers(a, step(a, b), count(a, b))),
            _ => Err("`for` steps through whole numbers".into()),
        },
        (Value::Date(a), Value::Date(b)) => {
            let (a, b) = (a.epoch_days(), b.epoch_days());
            Ok(Run::Days(a, step(a, b), count(a, b)))
        }
        _ => Err(format!("cannot step from {} to {}", low.kind(), high.kind())),
    }
}

/// A range stands for its whole numbers or days, if both ends are known.
fn range_steps(range: &Range) -> Result<Run, String> {
    let (Some(low), Some(high)) = (&range.low, &range.high) else {
        return Err("a range without an end cannot be stepped through".into());
    };
    let closed = |end: &Value, inside: bool, by: i64| match end {
        _ if inside => end.clone(),
        Value::Number(n) => n.plus(Number::from(by)).map_or(Value::Null, Value::Number),
        Value::Date(d) => Date::from_epoch_days(d.epoch_days() + by).map_or(Value::Null, Value::Date),
        other => other.clone(),
    };
    let (low, high) = (closed(low, range.low_in, 1), closed(high, range.high_in, -1));
    if crate::value::compare(&low, &high).is_some() && !matches!(low, Value::Number(_) | Value::Date(_)) {
        return Err(format!("cannot step through a range of {}", low.kind()));
    }
    match crate::value::compare(&low, &high) {
        Some(std::cmp::Ordering::Greater) if range.low_in && range.high_in => {
            Err("the range begins behind its end".into())
        }
        Some(std::cmp::Ordering::Greater) => Ok(Run::List(Arc::default())),
        _ => steps(&low, &high),
    }
}

impl Eval<'_> {
    fn domain(&self, domain: &Domain, env: &Env) -> Result<Run, String> {
        match domain {
            Domain::Steps(a, b) => steps(&self.eval(a, env), &self.eval(b, env)),
            Domain::OnlyList(e) => match self.eval(e, env) {
                Value::List(items) => Ok(Run::List(items)),
                Value::Range(r) => range_steps(&r),
                _ => Ok(Run::List(Arc::default())),
            },
            Domain::List(e) => match self.eval(e, env) {
                Value::List(items) => Ok(Run::List(items)),
                Value::Range(r) => range_steps(&r),
                Value::Null => Err("there is nothing to run through: null".into()),
                one => Ok(Run::List(Arc::new(vec![one]))),
            },
        }
    }

    /// Calls `visit` for each combination, the last variable running fastest. `visit` says whether to go on.
    fn each(
        &self,
        over: &[(Arc<str>, Domain)],
        env: &Env,
        visit: &mut dyn FnMut(&Env) -> Result<bool, String>,
    ) -> Result<bool, String> {
        let Some(((name, domain), rest)) = over.split_first() else { return visit(env) };
        let run = self.domain(domain, env)?;
        for i in 0..run.len() {
            self.step(1)?;
            if !self.each(rest, &env.with(name.clone(), run.get(i)), visit)? {
                return Ok(false);
            }
        }
        Ok(true)
    }

    pub(crate) fn for_each(&self, over: &[(Arc<str>, Domain)], body: &Expr, env: &Env) -> R {
        // `partial` is the list so far. Shared only while one member is worked out, so pushing copies nothing.
        let mut out: Arc<Vec<Value>> = Arc::default();
        let partial: Arc<str> = "partial".into();
        let grows = mentions(body, &partial);
        self.each(over, env, &mut |env| {
            let value = self.eval(body, &env.with(partial.clone(), Value::List(out.clone())));
            self.list_may_have(1)?;
            // A list made of the lists before it may nest without end: `for i in 1..1000000 return [partial[-1]]`.
            if grows {
                self.weigh(&value)?;
            }
            Arc::make_mut(&mut out).push(value);
            Ok(true)
        })?;
        Ok(Value::List(out))
    }

    /// `some` ends at the first yes, `every` at the first no; what could not be told makes the rest null.
    pub(crate) fn quantified(&self, over: &[(Arc<str>, Domain)], body: &Expr, settles: bool, env: &Env) -> R {
        let mut unknown = false;
        let went_through = self.each(over, env, &mut |env| match self.eval(body, env) {
            Value::Boolean(b) if b == settles => Ok(false),
            Value::Boolean(_) => Ok(true),
            other if !other.is_null() => Err(format!("`satisfies` needs a boolean, not {}", other.kind())),
            _ => {
                unknown = true;
                Ok(true)
            }
        })?;
        Ok(match (went_through, unknown) {
            (false, _) => Value::Boolean(settles),
            (true, true) => Value::Null,
            (true, false) => Value::Boolean(!settles),
        })
    }

    /// A boxed context: each entry sees those before it; an entry without a name is the result.
    pub(crate) fn boxed(&self, entries: &[BoxedEntry], env: &Env) -> R {
        let mut context = Context::default();
        let mut env = env.clone();
        for entry in entries {
            let value = self.eval(&entry.value, &env);
            // Older models declare a function by the type of its result.
            let by_result = matches!(value, Value::Function(_)) && !matches!(entry.ty.plain(), Type::Function(..));
            let value = if by_result { value } else { self.coerce_or_note(&value, &entry.ty, entry.value.span) };
            let Some(name) = &entry.name else { return Ok(value) };
            env = env.with(name.clone(), value.clone());
            context.put(name.clone(), value);
        }
        Ok(Value::context(context))
    }
}
