//! Decision tables, compiled once: a cell that compares with something written down costs one comparison.

use std::cmp::Ordering;

use crate::ast::{Expr, Kind, RangeExpr};
use crate::eval::Eval;
use crate::function::Env;
use crate::model::{Aggregation, HitPolicy};
use crate::number::Number;
use crate::operate::R;
use crate::types::Type;
use crate::value::{Context, Range, Value, compare, same};

/// A compiled decision table.
#[derive(Debug)]
pub(crate) struct Table {
    pub(crate) inputs: Vec<Input>,
    pub(crate) outputs: Vec<Output>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) policy: HitPolicy,
    pub(crate) aggregation: Option<Aggregation>,
}

#[derive(Debug)]
pub(crate) struct Input {
    pub(crate) expr: Expr,
    /// Unary tests a value must pass to be one the table is made for.
    pub(crate) allowed: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct Output {
    pub(crate) name: Option<std::sync::Arc<str>>,
    pub(crate) ty: Type,
    /// Unary tests a value must pass, else it is null.
    pub(crate) allowed: Option<Expr>,
    /// The possible values, most important first, for the policies priority and output order.
    pub(crate) values: Vec<Expr>,
    pub(crate) default: Option<Expr>,
}

#[derive(Debug)]
pub(crate) struct Rule {
    pub(crate) cells: Vec<Cell>,
    /// The line of each cell.
    pub(crate) lines: Vec<u32>,
    pub(crate) outputs: Vec<Expr>,
}

/// A cell's tests.
#[derive(Debug)]
pub(crate) enum Cell {
    /// `-`
    Any,
    /// `5`, `"a"`, `@"2026-11-26"`
    Equal(Value),
    /// `< 5`, `[1..10)`
    Within(Range),
    /// Several of these.
    OneOf(Vec<Cell>),
    /// Everything else.
    Tests(Expr),
}

impl Cell {
    /// Takes tests that need no evaluation apart.
    pub(crate) fn of(tests: Expr) -> Cell {
        match simple(&tests) {
            Some(cell) => cell,
            None => Cell::Tests(tests),
        }
    }

    fn passes(&self, eval: &Eval<'_>, value: &Value, env: &Env) -> bool {
        match self {
            Cell::Any => true,
            Cell::Equal(v) => match (value, v) {
                (Value::Number(a), Value::Number(b)) => a == b,
                (Value::Text(a), Value::Text(b)) => a == b,
                (Value::List(items), v) if items.len() == 1 => items.first().is_some_and(|one| same(one, v)),
                (a, b) => same(a, b),
            },
            Cell::Within(range) => range.includes(value) == Some(true),
            Cell::OneOf(cells) => cells.iter().any(|c| c.passes(eval, value, env)),
            Cell::Tests(tests) => eval.passes(tests, value, env) == Some(true),
        }
    }
}

fn simple(tests: &Expr) -> Option<Cell> {
    match &tests.kind {
        Kind::Source(_, inner) => simple(inner),
        Kind::Tests { any: true, .. } => Some(Cell::Any),
        Kind::Tests { negated: false, tests, .. } => {
            let mut cells = tests.iter().map(one).collect::<Option<Vec<_>>>()?;
            if cells.len() == 1 { cells.pop() } else { Some(Cell::OneOf(cells)) }
        }
        _ => None,
    }
}

fn one(test: &Expr) -> Option<Cell> {
    if let Kind::Range(RangeExpr { low, low_in, high, high_in }) = &test.kind {
        let end = |e: &Option<Box<Expr>>| match e {
            None => Some(None),
            Some(e) => e.constant().filter(|v| compare(v, v).is_some()).map(Some),
        };
        return Some(Cell::Within(Range::new(end(low)?, *low_in, end(high)?, *high_in)));
    }
    // A boolean or null is left to the evaluator, which knows when it is a test's own answer.
    test.constant().filter(|v| compare(v, v).is_some()).map(Cell::Equal)
}

impl Eval<'_> {
    pub(crate) fn table(&self, table: &Table, env: &Env) -> R {
        let mut values = Vec::with_capacity(table.inputs.len());
        for input in &table.inputs {
            let value = self.eval(&input.expr, env);
            values.push(self.allowed(value, input.allowed.as_ref(), "input", env));
        }
        let matches = |rule: &&Rule| rule.cells.iter().zip(&values).all(|(cell, value)| cell.passes(self, value, env));
        let mut hits = table.rules.iter().filter(matches);
        match table.policy {
            HitPolicy::First => match hits.next() {
                Some(rule) => self.outputs(table, rule, env),
                None => self.default(table, env),
            },
            HitPolicy::Unique => match (hits.next(), hits.next()) {
                (Some(rule), None) => self.outputs(table, rule, env),
                (None, _) => self.default(table, env),
                _ => Err("more than one rule matches, but the hit policy is UNIQUE".into()),
            },
            policy => {
                let hits: Vec<&Rule> = hits.collect();
                self.many(table, policy, &hits, env)
            }
        }
    }

    /// A value that is not allowed counts as null.
    fn allowed(&self, value: Value, tests: Option<&Expr>, of: &str, env: &Env) -> Value {
        match tests {
            Some(tests) if !value.is_null() && self.passes(tests, &value, env) != Some(true) => {
                self.note(tests.span, format!("{value} is not among the {of} values of the table"));
                Value::Null
            }
            _ => value,
        }
    }

    fn many(&self, table: &Table, policy: HitPolicy, hits: &[&Rule], env: &Env) -> R {
        if hits.is_empty() {
            return self.default(table, env);
        }
        let mut rows = hits.iter().map(|rule| self.row(table, rule, env)).collect::<Result<Vec<_>, _>>()?;
        if matches!(policy, HitPolicy::Priority | HitPolicy::OutputOrder) {
            self.by_priority(table, &mut rows, env);
        }
        let mut rows = rows.into_iter().map(|row| named(table, row));
        match policy {
            HitPolicy::Any => {
                let first = rows.next().unwrap_or_default();
                if rows.all(|row| same(&row, &first)) {
                    Ok(first)
                } else {
                    Err("the matching rules give different results, but the hit policy is ANY".into())
                }
            }
            HitPolicy::Priority => Ok(rows.next().unwrap_or_default()),
            HitPolicy::Collect => match table.aggregation {
                None => Ok(Value::list(rows.collect())),
                Some(how) => aggregate(how, rows.collect()),
            },
            _ => Ok(Value::list(rows.collect())),
        }
    }

    /// Orders rows by where their outputs stand in the lists of output values, the first output first.
    fn by_priority(&self, table: &Table, rows: &mut [Vec<Value>], env: &Env) {
        let orders: Vec<Vec<Value>> =
            table.outputs.iter().map(|o| o.values.iter().map(|e| self.eval(e, env)).collect()).collect();
        let rank = |order: &[Value], v: &Value| order.iter().position(|o| same(o, v)).unwrap_or(usize::MAX);
        rows.sort_by(|a, b| {
            orders
                .iter()
                .zip(a.iter().zip(b))
                .map(|(order, (a, b))| rank(order, a).cmp(&rank(order, b)))
                .find(|o| o.is_ne())
                .unwrap_or(Ordering::Equal)
        });
    }

    fn row(&self, table: &Table, rule: &Rule, env: &Env) -> Result<Vec<Value>, String> {
        let mut row = Vec::with_capacity(table.outputs.len());
        for (output, cell) in table.outputs.iter().zip(&rule.outputs) {
            let value = self.eval(cell, env);
            let value = self.coerce_or_note(&value, &output.ty, cell.span);
            row.push(self.allowed(value, output.allowed.as_ref(), "output", env));
        }
        Ok(row)
    }

    fn outputs(&self, table: &Table, rule: &Rule, env: &Env) -> R {
        Ok(named(table, self.row(table, rule, env)?))
    }

    /// What the table gives where no rule matches.
    fn default(&self, table: &Table, env: &Env) -> R {
        if table.outputs.iter().all(|o| o.default.is_none()) {
            return match (table.policy, table.aggregation) {
                (HitPolicy::Collect, Some(Aggregation::Count)) => Ok(Value::whole(0)),
                _ => Err("no rule of the table matches, and it has no default output".into()),
            };
        }
        let row = table.outputs.iter().map(|o| o.default.as_ref().map_or(Value::Null, |e| self.eval(e, env))).collect();
        let one = named(table, row);
        let listed = matches!(table.policy, HitPolicy::RuleOrder | HitPolicy::OutputOrder)
            || (table.policy == HitPolicy::Collect && table.aggregation.is_none());
        Ok(if listed && !matches!(one, Value::List(_)) { Value::list(vec![one]) } else { one })
    }
}

/// One output is the value itself, several are a context.
fn named(table: &Table, mut row: Vec<Value>) -> Value {
    if table.outputs.len() == 1 {
        return row.pop().unwrap_or_default();
    }
    let names = table.outputs.iter().map(|o| o.name.clone().unwrap_or_else(|| "".into()));
    Value::context(names.zip(row).collect::<Context>())
}

fn aggregate(how: Aggregation, rows: Vec<Value>) -> R {
    let numbers = |what: &str| {
        rows.iter()
            .map(|v| match v {
                Value::Number(n) => Ok(*n),
                other => Err(format!("{what} is of numbers, not of {}", other.kind())),
            })
            .collect::<Result<Vec<_>, _>>()
    };
    let extreme = |keep: Ordering| {
        let mut best = rows.first().cloned().unwrap_or_default();
        for row in rows.iter().skip(1) {
            match compare(row, &best) {
                Some(order) if order == keep => best = row.clone(),
                Some(_) => {}
                None => return Err(format!("cannot compare {} and {}", row.kind(), best.kind())),
            }
        }
        Ok(best)
    };
    match how {
        Aggregation::Count => Ok(Value::whole(i64::try_from(rows.len()).unwrap_or(i64::MAX))),
        Aggregation::Sum => numbers("SUM")?
            .iter()
            .try_fold(Number::ZERO, |a, b| a.plus(*b))
            .map(Value::Number)
            .ok_or_else(|| "the sum is too large".into()),
        Aggregation::Min => extreme(Ordering::Less),
        Aggregation::Max => extreme(Ordering::Greater),
    }
}
