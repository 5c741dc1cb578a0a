//! The evaluator: walks a tree under the names in force. What is in error becomes null, and the reason is kept as a [`Note`].

use std::cell::{Cell, RefCell};

use std::fmt;
use std::sync::Arc;

use crate::ast::{Binary, Cmp, Expr, Kind, RangeExpr, Source};
use crate::function::{Env, Function};
use crate::lexer::Span;
use crate::operate::{self, R};
use crate::program::{Program, position};
use crate::temporal::DateTime;
use crate::value::{Context, Form, Range, Value, equal};

/// The name under which a filter's condition sees the element at hand.
const ITEM: &str = "item";

/// Why a null came about.
#[derive(Clone, Debug)]
pub struct Note {
    /// The decision, table cell, … and its text.
    pub source: Arc<Source>,
    /// Where in the text.
    pub span: Span,
    /// What is wrong.
    pub message: String,
}

/// Place, line and column, what is wrong.
impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.source.place.is_empty() {
            let (row, column) = position(&self.source.text, self.span);
            write!(f, "{}", self.source.place)?;
            match self.source.line {
                0 => write!(f, ", column {}: ", column + 1)?,
                line => write!(f, ", line {}, column {}: ", line + row, column + 1)?,
            }
        }
        f.write_str(&self.message)
    }
}

/// Steps one evaluation may take before it is stopped: a model may be malicious or simply endless.
const MAX_STEPS: u64 = 20_000_000;
/// How deep evaluations may nest, recursion of a model's functions included.
const MAX_DEPTH: u32 = 1_000;
/// Notes kept of one evaluation.
const MAX_NOTES: usize = 100;
/// Elements a list may have.
const MAX_LIST: usize = 5_000_000;

/// How deep a value may nest, and how many parts it may have, what it shares counted as often as it stands in it.
const MAX_NESTED: u32 = 200;
const MAX_PARTS: u32 = 1_000_000;

/// Whether a value nests no deeper, and has no more parts; takes its parts off.
fn shallow(value: &Value, depth: u32, parts: &mut u32) -> bool {
    *parts = parts.saturating_sub(1);
    let mut fits = |v: &Value| depth > 0 && *parts > 0 && shallow(v, depth - 1, parts);
    match value {
        Value::List(items) => items.iter().all(fits),
        Value::Context(c) => c.iter().all(|(_, v)| fits(v)),
        _ => true,
    }
}

/// Whether an expression makes lists or contexts, and does not only hand them on.
fn makes(kind: &Kind) -> bool {
    matches!(kind, Kind::List(_) | Kind::Context(_) | Kind::Boxed(_) | Kind::Call(..) | Kind::For(..) | Kind::Table(_))
}

/// One evaluation: the clock it may see, the reasons found, the steps taken, the decisions already made.
pub struct Eval<'p> {
    pub(crate) program: Option<&'p Program>,
    pub(crate) now: Option<DateTime>,
    notes: RefCell<Vec<Note>>,
    source: RefCell<Arc<Source>>,
    steps: Cell<u64>,
    depth: Cell<u32>,
}

impl<'p> Eval<'p> {
    /// An evaluation. `now` is what `now()` and `today()` say; without it they are null.
    pub fn new(now: Option<DateTime>) -> Eval<'p> {
        Eval {
            program: None,
            now,
            notes: RefCell::default(),
            source: RefCell::default(),
            steps: Cell::new(0),
            depth: Cell::new(0),
        }
    }

    /// An evaluation of a program's decisions.
    pub fn of(program: &'p Program, now: Option<DateTime>) -> Eval<'p> {
        Eval { program: Some(program), ..Eval::new(now) }
    }

    /// The reasons found so far.
    pub fn notes(&self) -> Vec<Note> {
        self.notes.borrow().clone()
    }

    pub(crate) fn note(&self, span: Span, message: impl Into<String>) {
        let mut notes = self.notes.borrow_mut();
        if notes.len() < MAX_NOTES {
            notes.push(Note { source: self.source.borrow().clone(), span, message: message.into() });
        }
    }

    /// The value of an expression; null with a note where it is in error.
    pub fn eval(&self, expr: &Expr, env: &Env) -> Value {
        // What needs no evaluation is most of a table.
        if let Kind::Literal(v) = &expr.kind {
            return v.clone();
        }
        let result = self.step(1).and_then(|()| self.deeper(|| self.try_eval(expr, env)));
        let result = match result {
            Ok(value) if makes(&expr.kind) => self.weigh(&value).map(|()| value),
            other => other,
        };
        result.unwrap_or_else(|reason| {
            self.note(expr.span, reason);
            Value::Null
        })
    }

    /// Does something one level deeper, if that is not too deep.
    pub(crate) fn deeper(&self, work: impl FnOnce() -> R) -> R {
        let depth = self.depth.get();
        if depth >= MAX_DEPTH {
            return Err("the evaluation is nested too deeply; is a function calling itself without end?".into());
        }
        self.depth.set(depth + 1);
        let result = work();
        self.depth.set(depth);
        result
    }

    /// Counts work done.
    pub(crate) fn step(&self, by: usize) -> Result<(), String> {
        let steps = self.steps.get().saturating_add(by as u64);
        self.steps.set(steps);
        if steps > MAX_STEPS { Err("the evaluation takes too many steps and was stopped".into()) } else { Ok(()) }
    }

    /// Counts the parts of a list or context as work, and refuses one that nests too deeply or has too many: what it shares costs
    /// nothing to make (`{a: [1, 1], b: [a, a], c: [b, b] …}`), and everything to go through.
    pub(crate) fn weigh(&self, value: &Value) -> Result<(), String> {
        if !matches!(value, Value::List(_) | Value::Context(_)) {
            return Ok(());
        }
        let mut parts = MAX_PARTS;
        if !shallow(value, MAX_NESTED, &mut parts) {
            return Err("the value is nested too deeply or too large".into());
        }
        self.step(usize::try_from((MAX_PARTS - parts) / 8).unwrap_or(usize::MAX))
    }

    fn try_eval(&self, expr: &Expr, env: &Env) -> R {
        match &expr.kind {
            Kind::Literal(v) => Ok(v.clone()),
            Kind::At(text, Value::Null) => Err(format!("`@\"{text}\"` is no date, time or duration")),
            Kind::At(_, v) => Ok(v.clone()),
            Kind::Name(name) => self.name(name, env),
            Kind::Input => env.input().cloned().ok_or_else(|| "`?` has a meaning only in a unary test".into()),
            Kind::Path(of, name) => {
                let value = self.eval(of, env);
                if value.is_null() { Err(format!("null has no `{name}`")) } else { operate::path(&value, name) }
            }
            Kind::Filter(list, by) => self.filter(list, by, env),
            Kind::Call(callee, args) => self.call(callee, args, env),
            Kind::Negate(a) => operate::negate(&self.eval(a, env)),
            Kind::Binary(op @ (Binary::And | Binary::Or), a, b) => Ok(self.logic(*op, a, b, env)),
            Kind::Binary(op, a, b) => {
                let (a, b) = (self.eval(a, env), self.eval(b, env));
                self.weigh(&a)?;
                operate::apply(*op, &a, &b)
            }
            Kind::Between(x, low, high) => {
                let (low, high) = (Some(self.eval(low, env)), Some(self.eval(high, env)));
                let range = Range::new(low, true, high, true);
                range
                    .includes(&self.eval(x, env))
                    .map(Value::Boolean)
                    .ok_or_else(|| "`between` needs three values of one kind".into())
            }
            Kind::In(x, tests) => {
                let value = self.eval(x, env);
                self.weigh(&value)?;
                Ok(self.any_test(&value, tests, &env.with_input(value.clone())).map_or(Value::Null, Value::Boolean))
            }
            Kind::InstanceOf(x, ty) => match &ty.ty {
                Some(t) => {
                    let value = self.eval(x, env);
                    self.weigh(&value)?;
                    Ok(Value::Boolean(self.is_instance(&value, t)))
                }
                // A type made of one that does not exist has no values; a name alone that does not exist is an error.
                None if ty.text.contains('<') => Ok(Value::Boolean(false)),
                None => Err(format!("there is no type `{}`", ty.text)),
            },
            Kind::Choose(parts) => {
                let [condition, yes, no] = &**parts;
                match self.eval(condition, env) {
                    Value::Boolean(true) => Ok(self.eval(yes, env)),
                    Value::Boolean(false) | Value::Null => Ok(self.eval(no, env)),
                    other => Err(format!("the condition is {}, not a boolean", other.kind())),
                }
            }
            Kind::If(c, yes, no) => Ok(self.eval(if self.eval(c, env).is_true() { yes } else { no }, env)),
            Kind::For(over, body) => self.for_each(over, body, env),
            Kind::Some(over, body) => self.quantified(over, body, true, env),
            Kind::Every(over, body) => self.quantified(over, body, false, env),
            Kind::List(items) => Ok(Value::list(items.iter().map(|e| self.eval(e, env)).collect())),
            Kind::Context(entries) => {
                let mut context = Context::default();
                let mut env = env.clone();
                for (name, e) in entries {
                    let value = self.eval(e, &env);
                    env = env.with(name.clone(), value.clone());
                    context.put(name.clone(), value);
                }
                Ok(Value::context(context))
            }
            Kind::Range(range) => self.range(range, env),
            Kind::EqualTo(cmp, e) => {
                let value = self.eval(e, env);
                let form = if *cmp == Cmp::Eq { Form::Equal } else { Form::Unequal };
                Ok(Range { form, ..Range::new(Some(value.clone()), true, Some(value), true) }.into())
            }
            Kind::Function(code) => {
                Ok(Value::Function(Arc::new(Function::Written { code: code.clone(), env: env.clone() })))
            }
            Kind::Tests { .. } => {
                let input = env.input().cloned().ok_or("unary tests need a value to test")?;
                Ok(self.passes(expr, &input, env).map_or(Value::Null, Value::Boolean))
            }
            Kind::Fault(reason) => Err(reason.clone()),
            Kind::Boxed(entries) => self.boxed(entries, env),
            Kind::BoxedFilter(list, by) => match (self.eval(list, env), self.filter(list, by, env)?) {
                (Value::List(_), kept) => Ok(kept),
                (_, Value::List(kept)) if kept.is_empty() => Err("one value, and it does not pass the filter".into()),
                (_, kept) => Ok(kept),
            },
            Kind::Table(table) => self.table(table, env),
            Kind::Typed(e, ty) => {
                let value = self.eval(e, env);
                self.coerce(&value, ty)
            }
            Kind::Source(source, e) => {
                let outer = self.source.replace(source.clone());
                let value = self.eval(e, env);
                self.source.replace(outer);
                Ok(value)
            }
        }
    }

    fn name(&self, name: &Arc<str>, env: &Env) -> R {
        if let Some(v) = env.get(name) {
            return Ok(v.clone());
        }
        if let Some(builtin) = crate::builtins::find(name) {
            return Ok(Value::Function(Arc::new(Function::Builtin(builtin))));
        }
        let known = env.names();
        let near = known
            .iter()
            .map(|n| (strsim::damerau_levenshtein(n, name), n))
            .filter(|(d, _)| *d <= 1 + name.chars().count() / 4)
            .min_by_key(|(d, _)| *d);
        Err(match near {
            Some((_, near)) => format!("nothing is called `{name}` here; did you mean `{near}`?"),
            None => format!("nothing is called `{name}` here"),
        })
    }

    /// Kleene's logic; what is no boolean counts as null.
    fn logic(&self, op: Binary, a: &Expr, b: &Expr, env: &Env) -> Value {
        let settles = op == Binary::Or;
        let side = |e| match self.eval(e, env) {
            Value::Boolean(b) => Some(b),
            _ => None,
        };
        let first = side(a);
        if first == Some(settles) {
            return Value::Boolean(settles);
        }
        match (first, side(b)) {
            (_, Some(second)) if second == settles => Value::Boolean(settles),
            (Some(_), Some(_)) => Value::Boolean(!settles),
            _ => Value::Null,
        }
    }

    fn range(&self, range: &RangeExpr, env: &Env) -> R {
        let end = |e: &Option<Box<Expr>>| e.as_ref().map(|e| self.eval(e, env));
        let (low, high) = (end(&range.low), end(&range.high));
        make_range(low, range.low_in, high, range.high_in)
    }

    /// Whether a value passes one test of several; `None` where none holds and one could not be told.
    pub(crate) fn any_test(&self, value: &Value, tests: &[Expr], env: &Env) -> Option<bool> {
        let mut unknown = false;
        for test in tests {
            match self.one_test(value, test, env) {
                Some(true) => return Some(true),
                Some(false) => {}
                None => unknown = true,
            }
        }
        if unknown { None } else { Some(false) }
    }

    fn one_test(&self, value: &Value, test: &Expr, env: &Env) -> Option<bool> {
        match &test.kind {
            Kind::Source(_, inner) => self.one_test(value, inner, env),
            Kind::Range(RangeExpr { low, high, .. }) if low.is_none() || high.is_none() => match self.eval(test, env) {
                Value::Range(r) => {
                    r.includes(value).or_else(|| matches(value, &Value::Range(r.clone())).filter(|hit| *hit))
                }
                _ => None,
            },
            Kind::EqualTo(cmp, e) => match operate::compared(*cmp, value, &self.eval(e, env)) {
                Ok(Value::Boolean(b)) => Some(b),
                _ => None,
            },
            _ => {
                let found = self.eval(test, env);
                match (&found, value) {
                    // `? > 5` says yes or no by itself; `true` is a value like any other.
                    (Value::Boolean(true), _) if asks(test) => Some(true),
                    _ => matches(value, &found),
                }
            }
        }
    }

    /// Whether a value passes the unary tests of a cell.
    pub(crate) fn passes(&self, tests: &Expr, value: &Value, env: &Env) -> Option<bool> {
        match &tests.kind {
            Kind::Source(_, inner) => self.passes(inner, value, env),
            Kind::Tests { any: true, .. } => Some(true),
            Kind::Tests { negated, tests, .. } => {
                let hit = self.any_test(value, tests, &env.with_input(value.clone()))?;
                Some(hit != *negated)
            }
            _ => self.one_test(value, tests, &env.with_input(value.clone())),
        }
    }

    /// `list[condition]` and `list[index]`.
    fn filter(&self, list: &Expr, by: &Expr, env: &Env) -> R {
        let value = self.eval(list, env);
        let items = match &value {
            Value::List(items) => items.clone(),
            Value::Null => return Ok(Value::Null),
            one => Arc::new(vec![one.clone()]),
        };
        if let Some(Value::Number(n)) = by.constant() {
            return Ok(at_index(&items, n.whole()));
        }
        let mut kept = Vec::new();
        for (i, item) in items.iter().enumerate() {
            self.step(1)?;
            let mut inner = env.with(ITEM.into(), item.clone());
            if let Value::Context(c) = item {
                inner = inner.with_context(c.clone());
            }
            match self.eval(by, &inner) {
                Value::Boolean(true) => kept.push(item.clone()),
                Value::Number(n) if i == 0 => return Ok(at_index(&items, n.whole())),
                Value::Boolean(false) | Value::Null => {}
                other => return Err(format!("a filter gives a boolean or a position, not {}", other.kind())),
            }
        }
        Ok(Value::list(kept))
    }

    pub(crate) fn list_may_have(&self, length: usize) -> Result<(), String> {
        if length > MAX_LIST {
            return Err(format!("a list of more than {MAX_LIST} elements"));
        }
        self.step(length)
    }
}

/// A range, if both ends are comparable values of one kind; an end that is null makes it null unless it was left out.
pub(crate) fn make_range(low: Option<Value>, low_in: bool, high: Option<Value>, high_in: bool) -> R {
    let comparable = |v: &Value| crate::value::compare(v, v).is_some();
    for end in low.iter().chain(&high) {
        if !comparable(end) {
            return Err(format!("a range cannot end at {}", end.kind()));
        }
    }
    if let (Some(low), Some(high)) = (&low, &high)
        && crate::value::compare(low, high).is_none()
    {
        return Err(format!("a range cannot go from {} to {}", low.kind(), high.kind()));
    }
    Ok(Range::new(low, low_in, high, high_in).into())
}

/// Whether a value matches what a test's expression gave: equal, in the list, in the range.
fn matches(value: &Value, found: &Value) -> Option<bool> {
    match found {
        Value::List(items) => {
            if equal(value, found) == Some(true) {
                return Some(true);
            }
            let hit = |item: &Value| match item {
                Value::Range(r) if !matches!(value, Value::Range(_)) => r.includes(value) == Some(true),
                item => equal(value, item) == Some(true),
            };
            Some(items.iter().any(hit))
        }
        Value::Range(r) if !matches!(value, Value::Range(_)) => r.includes(value),
        found => equal(value, found),
    }
}

/// Whether an expression speaks of `?` and so decides by itself.
pub(crate) fn asks(expr: &Expr) -> bool {
    let mut found = matches!(expr.kind, Kind::Input);
    crate::walk::each_child(&expr.kind, &mut |e| found = found || asks(e));
    found
}

fn at_index(items: &[Value], index: Option<i64>) -> Value {
    let at = match index {
        Some(n) if n > 0 => usize::try_from(n - 1).ok(),
        Some(n) if n < 0 => usize::try_from(n.unsigned_abs()).ok().and_then(|back| items.len().checked_sub(back)),
        _ => None,
    };
    at.and_then(|i| items.get(i)).cloned().unwrap_or_default()
}
