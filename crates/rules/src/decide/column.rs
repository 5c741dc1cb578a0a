//! A column of a decision table: its values cut into pieces that no cell tells apart, so that what the rules cover can be counted.

use std::cmp::Ordering;

use crate::ast::Cmp;
use crate::dec::Dec;
use crate::ir::{Arena, Id, Op};
use crate::types::Ty;
use crate::value::{Bounds, Val};

/// A written value that cells compare with.
#[derive(Clone, Debug)]
pub(super) struct Mark {
    /// Its node.
    pub(super) id: Id,
    /// Its value.
    pub(super) value: Val,
    /// As written.
    pub(super) text: String,
}

/// What a cell says where it compares with written values alone: one of these lists holds whole, or none where negated.
#[derive(Clone, Debug, Default)]
pub(super) struct Marks {
    pub(super) negated: bool,
    pub(super) any: Vec<Vec<(Cmp, Mark)>>,
}

/// The pieces of a column.
#[derive(Debug)]
pub(super) struct Column {
    /// The tested value.
    pub(super) input: Id,
    /// As written, for messages.
    pub(super) text: String,
    pub(super) kind: Kind,
}

#[derive(Debug)]
pub(super) enum Kind {
    /// False, true.
    Truth,
    /// The codes of a list: number and name.
    Codes(Vec<(u32, String)>),
    /// The texts written, and all others.
    Texts(Vec<Mark>),
    /// The values written, in order, with what lies before, between and after: piece `2i + 1` is value `i`.
    Line { marks: Vec<Mark>, whole: bool, range: Bounds },
}

/// The value of a node that is written down.
pub(super) fn written(arena: &Arena, id: Id) -> Option<Val> {
    match &arena.node(id).op {
        Op::Const(v) => Some(*v),
        Op::Widen(inner) => match &arena.node(*inner).op {
            Op::Const(v) => Some(*v),
            _ => None,
        },
        _ => None,
    }
}

fn number(v: Val) -> Option<Dec> {
    match v {
        Val::Int(n) | Val::Date(n) => Some(Dec::from_i64(n)),
        Val::Dec(d) => Some(d),
        _ => None,
    }
}

fn order(a: Val, b: Val) -> Ordering {
    match (number(a), number(b)) {
        (Some(a), Some(b)) => a.cmp(&b),
        _ => Ordering::Equal,
    }
}

impl Column {
    /// Cuts the values of an input at all that its cells compare with.
    pub(super) fn new<'m>(
        arena: &Arena,
        input: Id,
        text: String,
        codes: Vec<(u32, String)>,
        cells: impl Iterator<Item = &'m Marks>,
    ) -> Column {
        let node = arena.node(input);
        let mut marks: Vec<Mark> = Vec::new();
        for mark in cells.flat_map(|c| c.any.iter().flatten()).map(|(_, mark)| mark) {
            if marks
                .iter()
                .all(|m| m.value != mark.value && (number(m.value).is_none() || order(m.value, mark.value).is_ne()))
            {
                marks.push(mark.clone());
            }
        }
        let kind = match &node.ty {
            Ty::Bool => Kind::Truth,
            Ty::Code(_) => Kind::Codes(codes),
            Ty::Text => Kind::Texts(marks),
            ty => {
                marks.sort_by(|a, b| order(a.value, b.value));
                Kind::Line { marks, whole: ty.is_whole() || !matches!(ty, Ty::Num { .. }), range: node.range }
            }
        };
        Column { input, text, kind }
    }

    /// How many pieces there are, empty ones included.
    pub(super) fn size(&self) -> usize {
        match &self.kind {
            Kind::Truth => 2,
            Kind::Codes(codes) => codes.len(),
            Kind::Texts(marks) => marks.len() + 1,
            Kind::Line { marks, .. } => 2 * marks.len() + 1,
        }
    }

    /// The pieces that hold a value at all.
    pub(super) fn pieces(&self) -> Vec<usize> {
        match &self.kind {
            Kind::Truth => vec![0, 1],
            Kind::Codes(codes) => (0..codes.len()).collect(),
            Kind::Texts(marks) => (0..=marks.len()).collect(),
            Kind::Line { marks, whole, range } => {
                (0..=2 * marks.len()).filter(|p| lives(marks, *whole, *range, *p)).collect()
            }
        }
    }

    /// Whether a cell holds for the values of a piece.
    pub(super) fn covers(&self, cell: &Marks, piece: usize) -> bool {
        let one = |(cmp, mark): &(Cmp, Mark)| cmp.holds(self.stands(piece, mark));
        cell.any.is_empty() || cell.any.iter().any(|all| all.iter().all(one)) != cell.negated
    }

    /// How the values of a piece stand to a written one.
    fn stands(&self, piece: usize, mark: &Mark) -> Ordering {
        let equal = |yes: bool| if yes { Ordering::Equal } else { Ordering::Less };
        match &self.kind {
            Kind::Truth => equal(mark.value == Val::Bool(piece == 1)),
            Kind::Codes(codes) => equal(codes.get(piece).is_some_and(|(code, _)| mark.value == Val::Code(*code))),
            Kind::Texts(marks) => equal(marks.get(piece).is_some_and(|m| m.value == mark.value)),
            Kind::Line { marks, .. } => {
                let (Ok(at) | Err(at)) = marks.binary_search_by(|m| order(m.value, mark.value));
                piece.cmp(&(2 * at + 1))
            }
        }
    }

    /// A piece in words.
    pub(super) fn says(&self, piece: usize) -> String {
        let name = &self.text;
        match &self.kind {
            Kind::Truth => format!("{name} = {}", piece == 1),
            Kind::Codes(codes) => format!("{name} = \"{}\"", codes.get(piece).map_or("", |(_, text)| text)),
            Kind::Texts(marks) => match marks.get(piece) {
                Some(mark) => format!("{name} = {}", mark.text),
                None => format!("{name} is any other text"),
            },
            Kind::Line { marks, .. } => {
                let at = |i: usize| marks.get(i).map(|m| m.text.as_str());
                let before = (piece / 2).checked_sub(1).and_then(at);
                match (piece % 2, before, at(piece / 2)) {
                    (1, _, Some(value)) => format!("{name} = {value}"),
                    (_, None, Some(high)) => format!("{name} < {high}"),
                    (_, Some(low), Some(high)) => format!("{name} in ({low}..{high})"),
                    (_, Some(low), None) => format!("{name} > {low}"),
                    _ => format!("any {name}"),
                }
            }
        }
    }
}

/// Whether a piece of the line holds a value that the input can have.
fn lives(marks: &[Mark], whole: bool, range: Bounds, piece: usize) -> bool {
    let at = |i: usize| marks.get(i).and_then(|m| number(m.value));
    let (lo, hi) = (Dec::from_i64(range.lo), Dec::from_i64(range.hi));
    let (no_lo, no_hi) = (range.lo == i64::MIN, range.hi == i64::MAX);
    let is_whole = |d: Dec| d.whole().is_some();
    if piece % 2 == 1 {
        return at(piece / 2).is_some_and(|v| (no_lo || v >= lo) && (no_hi || v <= hi) && (!whole || is_whole(v)));
    }
    let (low, high) = ((piece / 2).checked_sub(1).and_then(at), at(piece / 2));
    let reaches = low.is_none_or(|l| no_hi || l < hi) && high.is_none_or(|h| no_lo || h > lo);
    let gap = match (low, high) {
        (Some(l), Some(h)) if whole => match (l.floor_i64().checked_add(1), h.ceil_i64().checked_sub(1)) {
            (Some(first), Some(last)) => first <= last,
            _ => true,
        },
        _ => true,
    };
    reaches && gap
}
