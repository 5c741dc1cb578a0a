//! The tree of choices of a table, and what is wrong with what its rules cover.

use std::collections::HashMap;

use super::Lowered;
use super::column::{Column, Kind, Mark, Marks};
use crate::ast::{Cmp, Span};
use crate::ir::{Arith, Id, Op};
use crate::lower::{Compiler, Cx};
use crate::schema::HitPolicy;
use crate::types::Ty;
use crate::value::Val;

/// Larger trees are refused: the table is no longer one that anybody can check.
const MAX_BRANCHES: usize = 10_000;

/// Pieces of all columns times rules, for the same reason.
const MAX_COVER: usize = 4_000_000;

/// Faults of one kind told of a table at most.
const MAX_TOLD: usize = 5;

/// A table on the way to its tree.
pub(super) struct Tree<'a> {
    t: &'a Lowered<'a>,
    columns: Vec<Column>,
    /// Whether a rule's cell holds for the values of a piece: by rule, column and piece.
    cover: Vec<Vec<Vec<bool>>>,
    /// Whether a rule's cell holds for every value.
    any: Vec<Vec<bool>>,
    /// Subtrees by column and the rules still in question.
    made: HashMap<(usize, Vec<usize>), Id>,
    branches: usize,
    /// The piece of each column on the way to where the tree grows.
    path: Vec<usize>,
    /// Pairs of rules that match together, and combinations nobody covers, already told.
    overlaps: Vec<(usize, usize)>,
    gaps: usize,
}

impl<'a> Tree<'a> {
    /// `None` where a cell compares with something that is not written down.
    pub(super) fn new(c: &Compiler<'_>, t: &'a Lowered<'a>) -> Option<Tree<'a>> {
        let cells: Vec<Vec<&Marks>> =
            t.cells.iter().map(|row| row.iter().map(|cell| cell.marks.as_ref()).collect()).collect::<Option<_>>()?;
        let column = |(n, (input, text)): (usize, &(Id, String))| {
            let codes = match c.ty(*input) {
                Ty::Code(list) => {
                    let names = c.layout.lists.get(&list).cloned().unwrap_or_default();
                    let number = |name: &std::sync::Arc<str>| {
                        let code = c.layout.code_index.get(&(list.clone(), name.clone())).copied()?;
                        Some((code, name.to_string()))
                    };
                    names.iter().filter_map(number).collect()
                }
                _ => Vec::new(),
            };
            Column::new(&c.arena, *input, text.clone(), codes, cells.iter().filter_map(|row| row.get(n).copied()))
        };
        let columns: Vec<Column> = t.inputs.iter().enumerate().map(column).collect();
        let too_large = columns.iter().map(|of| of.size()).sum::<usize>() * cells.len() > MAX_COVER;
        let covered = |(of, marks): (&Column, &&Marks)| (0..of.size()).map(|piece| of.covers(marks, piece)).collect();
        let cover = match too_large {
            true => Vec::new(),
            false => cells.iter().map(|row| columns.iter().zip(row).map(covered).collect()).collect(),
        };
        let any = cells.iter().map(|row| row.iter().map(|marks| marks.any.is_empty()).collect()).collect();
        Some(Tree {
            t,
            columns,
            cover,
            any,
            made: HashMap::new(),
            branches: 0,
            path: Vec::new(),
            overlaps: Vec::new(),
            gaps: 0,
        })
    }

    /// The node of the whole table, or its faults.
    pub(super) fn grow(mut self, c: &mut Compiler<'_>, cx: &Cx) -> Option<Id> {
        let all = (0..self.any.len()).collect();
        let id = if self.cover.is_empty() { None } else { self.branch(c, cx, 0, all) };
        if self.cover.is_empty() || self.branches > MAX_BRANCHES {
            let message = format!("the rules of the table cut its inputs into more than {MAX_BRANCHES} parts");
            c.faults.error(&self.t.table.origin, "table-size", message, "fewer rules or inputs", "split the table");
            return None;
        }
        id.filter(|_| self.gaps == 0 && self.overlaps.is_empty())
    }

    fn branch(&mut self, c: &mut Compiler<'_>, cx: &Cx, column: usize, rules: Vec<usize>) -> Option<Id> {
        if let Some(id) = self.made.get(&(column, rules.clone())) {
            return Some(*id);
        }
        self.branches += 1;
        if self.branches > MAX_BRANCHES {
            return None;
        }
        let id =
            if column == self.columns.len() { self.leaf(c, cx, &rules) } else { self.split(c, cx, column, &rules) }?;
        self.made.insert((column, rules), id);
        Some(id)
    }

    /// A choice between the pieces of a column.
    fn split(&mut self, c: &mut Compiler<'_>, cx: &Cx, column: usize, rules: &[usize]) -> Option<Id> {
        let mut parts: Vec<(usize, Id)> = Vec::new();
        let mut sound = true;
        for piece in self.columns.get(column)?.pieces() {
            let within = self.within(column, piece, rules);
            self.path.push(piece);
            let part = self.branch(c, cx, column + 1, within);
            self.path.pop();
            match part {
                Some(id) => parts.push((piece, id)),
                // The other pieces may have faults of their own.
                None => sound = false,
            }
        }
        if !sound {
            return None;
        }
        self.choice(c, cx, column, &parts)
    }

    /// The rules that a piece leaves in question. Under *first* those behind one that holds whatever comes are out.
    fn within(&self, column: usize, piece: usize, rules: &[usize]) -> Vec<usize> {
        let holds = |rule: &usize| {
            let of_rule = self.cover.get(*rule).and_then(|row| row.get(column));
            of_rule.and_then(|pieces| pieces.get(piece)).copied().unwrap_or(false)
        };
        let mut out: Vec<usize> = rules.iter().copied().filter(holds).collect();
        if self.t.table.policy == HitPolicy::First {
            let sure =
                |rule: &usize| self.any.get(*rule).is_some_and(|row| row.iter().skip(column + 1).all(|any| *any));
            let keep = out.iter().position(sure).map_or(out.len(), |at| at + 1);
            out.truncate(keep);
        }
        out
    }

    fn choice(&self, c: &mut Compiler<'_>, cx: &Cx, column: usize, parts: &[(usize, Id)]) -> Option<Id> {
        let of = self.columns.get(column)?;
        let (_, last) = *parts.last()?;
        let ty = self.t.ty.clone();
        match &of.kind {
            Kind::Line { marks, .. } => {
                // From the highest piece down: each change of what comes out is one comparison.
                let mut id = last;
                for pair in parts.windows(2).rev() {
                    let [(piece, low), (_, high)] = pair else { continue };
                    if low != high {
                        let test = below(c, cx, of.input, marks, *piece)?;
                        id = c.add(cx, Span::default(), Op::If(test, *low, id), ty.clone());
                    }
                }
                Some(id)
            }
            Kind::Truth => {
                let (_, no) = *parts.first()?;
                Some(if no == last { last } else { c.add(cx, Span::default(), Op::If(of.input, last, no), ty) })
            }
            Kind::Codes(_) | Kind::Texts(_) => {
                // What most pieces come to, or all other texts, is the last alternative.
                let common = |id: &Id| parts.iter().filter(|(_, other)| other == id).count();
                let rest = match &of.kind {
                    Kind::Texts(_) => last,
                    _ => parts.iter().map(|(_, id)| *id).max_by_key(|id| (common(id), std::cmp::Reverse(*id)))?,
                };
                let mut id = rest;
                let mut seen = vec![rest];
                for (_, part) in parts {
                    if seen.contains(part) {
                        continue;
                    }
                    seen.push(*part);
                    let pieces = parts.iter().filter(|(_, other)| other == part).map(|(piece, _)| *piece);
                    let test = one_of(c, cx, of, pieces)?;
                    id = c.add(cx, Span::default(), Op::If(test, *part, id), ty.clone());
                }
                Some(id)
            }
        }
    }

    /// What the table gives where exactly these rules match.
    fn leaf(&mut self, c: &mut Compiler<'_>, cx: &Cx, rules: &[usize]) -> Option<Id> {
        let table = self.t.table;
        if table.policy == HitPolicy::Count && (self.t.default.is_none() || !rules.is_empty()) {
            let n = i64::try_from(rules.len()).ok()?;
            let Ty::Num { whole, unit } = self.t.ty.clone() else { return None };
            let count = c.add(cx, Span::default(), Op::Const(Val::Int(n)), Ty::Num { whole: true, unit });
            return Some(if whole { count } else { c.widened(cx, Span::default(), count) });
        }
        let outputs: Vec<Id> = rules.iter().filter_map(|r| self.t.outputs.get(*r).copied()).collect();
        let Some(first) = outputs.first().copied() else {
            return self.t.default.or_else(|| self.gap(c));
        };
        match table.policy {
            HitPolicy::Unique | HitPolicy::Any => {
                let clash = |id: &Id| table.policy == HitPolicy::Unique || *id != first;
                match outputs.iter().skip(1).position(clash) {
                    Some(at) => self.overlap(c, (*rules.first()?, *rules.get(at + 1)?)),
                    None => Some(first),
                }
            }
            HitPolicy::First | HitPolicy::Count => Some(first),
            HitPolicy::Sum => {
                let add = |c: &mut Compiler<'_>, a: Id, b: Id| {
                    c.add(cx, Span::default(), Op::Arith(Arith::Add, a, b), self.t.ty.clone())
                };
                Some(outputs.iter().skip(1).fold(first, |a, b| add(c, a, *b)))
            }
            HitPolicy::Least | HitPolicy::Greatest if outputs.len() == 1 => Some(first),
            HitPolicy::Least => Some(c.add(cx, Span::default(), Op::Least(outputs.into()), self.t.ty.clone())),
            HitPolicy::Greatest => Some(c.add(cx, Span::default(), Op::Greatest(outputs.into()), self.t.ty.clone())),
        }
    }

    /// The combination of pieces on the way, in words.
    fn here(&self) -> String {
        let words: Vec<String> = self.columns.iter().zip(&self.path).map(|(of, piece)| of.says(*piece)).collect();
        if words.is_empty() { "always".to_owned() } else { words.join(" and ") }
    }

    fn gap(&mut self, c: &mut Compiler<'_>) -> Option<Id> {
        self.gaps += 1;
        if self.gaps <= MAX_TOLD {
            let message = format!("no rule of the table matches: {}", self.here());
            let hint = "add a rule, or give the output a default";
            c.faults.error(&self.t.table.origin, "table-gap", message, "a rule for everybody", hint);
        }
        None
    }

    fn overlap(&mut self, c: &mut Compiler<'_>, pair: (usize, usize)) -> Option<Id> {
        if self.overlaps.contains(&pair) {
            return None;
        }
        self.overlaps.push(pair);
        let (one, two) = (self.t.table.rules.get(pair.0)?, self.t.table.rules.get(pair.1)?);
        if self.overlaps.len() <= MAX_TOLD {
            let (a, b) = (one.number, two.number);
            let (message, expected) = match self.t.table.policy {
                HitPolicy::Any => (
                    format!("rules {a} and {b} both match and give different results: {}", self.here()),
                    "the same result",
                ),
                _ => (format!("rules {a} and {b} both match: {}", self.here()), "one rule at most, as UNIQUE says"),
            };
            let hint = "narrow one of them, or let the first count: hit policy FIRST";
            c.faults.error(&two.origin, "table-overlap", message, expected, hint);
        }
        None
    }
}

/// Whether the input lies in this piece of the line or before it.
fn below(c: &mut Compiler<'_>, cx: &Cx, input: Id, marks: &[Mark], piece: usize) -> Option<Id> {
    let mark = marks.get(piece / 2)?;
    let cmp = if piece % 2 == 1 { Cmp::Le } else { Cmp::Lt };
    c.compare(cx, Span::default(), cmp, (input, Span::default()), (mark.id, Span::default()))
}

/// Whether the input is one of these codes or texts.
fn one_of(c: &mut Compiler<'_>, cx: &Cx, of: &Column, pieces: impl Iterator<Item = usize>) -> Option<Id> {
    let ty = c.ty(of.input);
    let mut any = Vec::new();
    for piece in pieces {
        let value = match &of.kind {
            Kind::Codes(codes) => c.add(cx, Span::default(), Op::Const(Val::Code(codes.get(piece)?.0)), ty.clone()),
            Kind::Texts(marks) => marks.get(piece)?.id,
            _ => return None,
        };
        any.push(c.add(cx, Span::default(), Op::Compare(Cmp::Eq, of.input, value), Ty::Bool));
    }
    match any.as_slice() {
        [one] => Some(*one),
        _ => Some(c.add(cx, Span::default(), Op::Or(any.into()), Ty::Bool)),
    }
}
