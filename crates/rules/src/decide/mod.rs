//! Decision tables into nodes.
//!
//! A table becomes a tree of choices, column by column, over the pieces into which its cells cut each column. So it needs no
//! operation of its own: the explaining evaluator and the columnar machine agree on it as on any other rule, and a value that is
//! unknown leaves only those rules open that it decides between. On the way every combination of pieces is looked at: two rules that
//! match together under *unique*, or a combination that no rule covers, is a fault of the table before anybody is judged by it.

mod column;
mod tree;

use std::fmt;

use column::{Mark, Marks, written};
use tree::Tree;

use crate::ast::{Ast, Cmp, Span};
use crate::ir::{Id, Op};
use crate::lower::{Compiler, Cx};
use crate::parser::{Test, parse, parse_cell};
use crate::print;
use crate::program::DecisionTableIr;
use crate::schema::{DecisionRule, DecisionTable, Entity, Expr, HitPolicy};
use crate::types::Ty;
use crate::value::Val;

/// More rules than this nobody reads.
const MAX_RULES: usize = 1000;
const MAX_INPUTS: usize = 50;

/// A cell as nodes.
struct Cell {
    /// Whether it holds; `None` where every value passes.
    test: Option<Id>,
    /// What it compares with, if that is written down.
    marks: Option<Marks>,
}

/// A table as nodes.
pub(crate) struct Lowered<'t> {
    pub(crate) table: &'t DecisionTable,
    inputs: Vec<(Id, String)>,
    /// By rule, then by column.
    cells: Vec<Vec<Cell>>,
    outputs: Vec<Id>,
    default: Option<Id>,
    /// The type of what comes out.
    ty: Ty,
}

impl Compiler<'_> {
    /// A definition's value by a decision table; `as_what` is the entity, the declared type and what a fault calls the value.
    pub(crate) fn decide(
        &mut self,
        definition: usize,
        table: &DecisionTable,
        as_what: (Entity, &Option<Ty>, &str),
        days: (i64, i64),
    ) -> Option<Id> {
        let (entity, declared, what) = as_what;
        if table.rules.is_empty() || table.rules.len() > MAX_RULES || table.inputs.len() > MAX_INPUTS {
            let message = format!("the table has {} rules and {} inputs", table.rules.len(), table.inputs.len());
            let expected = format!("1 to {MAX_RULES} rules and at most {MAX_INPUTS} inputs");
            self.faults.error(&table.origin, "table-size", message, expected, "split it");
            return None;
        }
        if declared.is_none() {
            let hint = "give the definition a `unit` or a `type`";
            self.faults.error(
                &table.origin,
                "missing-unit",
                format!("{what} has no type"),
                "a type for what the table gives",
                hint,
            );
            return None;
        }
        if let (HitPolicy::Count, Some(ty)) = (table.policy, declared)
            && !matches!(ty, Ty::Num { .. })
        {
            self.faults.error(
                &table.origin,
                "wrong-type",
                format!("{what} is how many rules match"),
                ty.to_string(),
                "",
            );
            return None;
        }
        let lowered = self.lowered(table, entity, declared, what)?;
        let place = Expr { text: String::new(), origin: table.origin.clone() };
        let cx = self.context(&place, entity);
        let mut rules = Vec::new();
        for (rule, cells) in table.rules.iter().zip(&lowered.cells) {
            let tests: Vec<Id> = cells.iter().filter_map(|c| c.test).collect();
            rules.push((rule.number, rule.origin.line, self.all_of(&cx, tests)));
        }
        let id = match Tree::new(self, &lowered) {
            Some(tree) => tree.grow(self, &cx)?,
            None => self.chain(&cx, &lowered, &rules)?,
        };
        let first = table.policy == HitPolicy::First;
        let (from, to) = days;
        let ir = DecisionTableIr { name: table.name.clone(), from, to, first, rules };
        self.decisions.get_mut(definition)?.push(ir);
        Some(id)
    }

    fn all_of(&mut self, cx: &Cx, tests: Vec<Id>) -> Id {
        match tests.as_slice() {
            [] => self.add(cx, Span::default(), Op::Const(Val::Bool(true)), Ty::Bool),
            [one] => *one,
            _ => self.add(cx, Span::default(), Op::And(tests.into()), Ty::Bool),
        }
    }

    /// Every text of the table, each looked at even where another is faulty.
    fn lowered<'t>(
        &mut self,
        table: &'t DecisionTable,
        entity: Entity,
        declared: &Option<Ty>,
        what: &str,
    ) -> Option<Lowered<'t>> {
        let inputs: Vec<Option<(Id, String)>> = (table.inputs.iter())
            .map(|e| {
                let (id, text) = self.expression(e, entity, |_, _, id, _| Some(id));
                Some((id?, text))
            })
            .collect();
        let mut sound = inputs.iter().all(Option::is_some);
        let mut cells = Vec::new();
        for rule in &table.rules {
            let row: Vec<Option<Cell>> = (rule.cells.iter().zip(&inputs))
                .map(|(cell, input)| self.cell(cell, entity, input.as_ref()?.0))
                .collect();
            sound &= row.len() == table.inputs.len() && row.iter().all(Option::is_some);
            cells.push(row.into_iter().flatten().collect());
        }
        // What is only counted needs no type.
        let counted = table.policy == HitPolicy::Count;
        let outputs = table.rules.iter().map(|r| &r.output).filter(|_| !counted);
        let outputs: Vec<Option<Id>> = outputs
            .chain(&table.default)
            .map(|expr| self.expression(expr, entity, |c, cx, id, span| c.defined(cx, span, id, declared, what)).0)
            .collect();
        sound &= outputs.iter().all(Option::is_some);
        let mut outputs: Vec<Id> = outputs.into_iter().flatten().collect();
        if !sound {
            return None;
        }
        let place = Expr { text: String::new(), origin: table.origin.clone() };
        let cx = self.context(&place, entity);
        let ty = self.one_lane(&cx, &mut outputs, declared.clone()?);
        let default = if table.default.is_some() { outputs.pop() } else { None };
        Some(Lowered { table, inputs: inputs.into_iter().flatten().collect(), cells, outputs, default, ty })
    }

    /// Brings all outputs to one type: whole numbers become decimals where one of them has decimals.
    fn one_lane(&mut self, cx: &Cx, outputs: &mut [Id], declared: Ty) -> Ty {
        let Ty::Num { unit, .. } = declared else { return declared };
        let whole = outputs.iter().all(|id| self.ty(*id).is_whole());
        for id in outputs.iter_mut() {
            if !whole {
                *id = self.widened(cx, Span::default(), *id);
            }
        }
        Ty::Num { whole, unit }
    }

    /// A cell's tests of an input.
    fn cell(&mut self, expr: &Expr, entity: Entity, input: Id) -> Option<Cell> {
        let parsed = match parse_cell(&expr.text) {
            Ok(parsed) => parsed,
            Err(e) => {
                self.faults.in_expr(
                    expr,
                    e.span,
                    "syntax",
                    e.message,
                    e.expected,
                    "a cell holds unary tests: -, < 5, [1..5), \"a\"",
                );
                return None;
            }
        };
        let mut cx = self.context(expr, entity);
        let (mut any, mut marks) = (Vec::new(), Some(Marks { negated: parsed.negated, any: Vec::new() }));
        for test in &parsed.tests {
            let comparisons = match test {
                Test::Compare(cmp, ast) => vec![self.mark(&mut cx, input, *cmp, ast)?],
                Test::Range(low, low_in, high, high_in) => {
                    let from = self.mark(&mut cx, input, if *low_in { Cmp::Ge } else { Cmp::Gt }, low);
                    let to = self.mark(&mut cx, input, if *high_in { Cmp::Le } else { Cmp::Lt }, high);
                    vec![from?, to?]
                }
            };
            let all: Option<Vec<_>> = comparisons.iter().map(|(_, mark)| mark.clone()).collect();
            marks = marks.zip(all).map(|(mut m, all)| {
                m.any.push(all);
                m
            });
            any.push(self.all_of(&cx, comparisons.iter().map(|(id, _)| *id).collect()));
        }
        let one = match any.as_slice() {
            [] => None,
            [one] => Some(*one),
            _ => Some(self.add(&cx, Span::default(), Op::Or(any.into()), Ty::Bool)),
        };
        let test = match one {
            Some(id) if parsed.negated => Some(self.add(&cx, Span::default(), Op::Not(id), Ty::Bool)),
            other => other,
        };
        Some(Cell { test, marks })
    }

    /// One comparison of the input, and the written value it is with, if it is one.
    fn mark(&mut self, cx: &mut Cx, input: Id, cmp: Cmp, ast: &Ast) -> Option<(Id, Option<(Cmp, Mark)>)> {
        let value = self.scalar(cx, ast)?;
        let test = self.compare(cx, ast.span, cmp, (input, ast.span), (value, ast.span))?;
        let Op::Compare(_, tested, with) = self.arena.node(test).op else { return Some((test, None)) };
        let mark = written(&self.arena, with).map(|value| (cmp, Mark { id: with, value, text: print::print(ast) }));
        let test = match written(&self.arena, with) {
            // A truth is its own test.
            Some(Val::Bool(b)) if b == (cmp == Cmp::Eq) => tested,
            Some(Val::Bool(_)) => self.add(cx, ast.span, Op::Not(tested), Ty::Bool),
            _ => test,
        };
        Some((test, mark))
    }

    /// A table whose cells compare with values that are not written down, such as parameters: what its rules cover cannot be
    /// counted, so only *first* is taken, and something must be given where no rule matches.
    fn chain(&mut self, cx: &Cx, t: &Lowered<'_>, rules: &[(u32, u32, Id)]) -> Option<Id> {
        let fault = |c: &mut Self, message: &str, expected: &str, hint: &str| {
            c.faults.error(&t.table.origin, "table-open", message, expected, hint);
        };
        if t.table.policy != HitPolicy::First {
            let message = "a cell compares with a value that is not written in it, so it cannot be shown which rules match together";
            fault(self, message, "written values in the cells, or the hit policy FIRST", "");
            return None;
        }
        let always = |id: &Id| self.arena.node(*id).range.lo == 1;
        let last = rules.iter().zip(&t.outputs).position(|((_, _, hit), _)| always(hit));
        let (end, rest) = match (last, t.default) {
            (Some(at), _) => (t.outputs.get(at).copied()?, at),
            (None, Some(default)) => (default, t.outputs.len()),
            (None, None) => {
                let message = "a cell compares with a value that is not written in it, so it cannot be shown that some rule matches";
                fault(self, message, "a default output, or a last rule of `-` alone", "");
                return None;
            }
        };
        let mut id = end;
        for ((_, _, hit), output) in rules.iter().zip(&t.outputs).take(rest).rev() {
            id = self.add(cx, Span::default(), Op::If(*hit, *output, id), t.ty.clone());
        }
        Some(id)
    }
}

fn cells(rule: &DecisionRule) -> String {
    rule.cells.iter().map(|c| if c.text.is_empty() { "-" } else { c.text.as_str() }).collect::<Vec<_>>().join(" | ")
}

/// A cell's or output's text in canonical form, as far as it can be read.
fn canonical(text: &str) -> String {
    parse(text).map(|ast| print::print(&ast)).unwrap_or_else(|_| text.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// One rule a line, as the official compares it: `first | a, b | < 5 → 10`.
impl fmt::Display for DecisionTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let inputs: Vec<String> = self.inputs.iter().map(|e| canonical(&e.text)).collect();
        write!(f, "{:?}: {}", self.policy, inputs.join(" | "))?;
        for rule in &self.rules {
            write!(f, "; {}: {} → {}", rule.number, cells(rule), canonical(&rule.output.text))?;
        }
        match &self.default {
            Some(default) => write!(f, "; else {}", canonical(&default.text)),
            None => Ok(()),
        }
    }
}
