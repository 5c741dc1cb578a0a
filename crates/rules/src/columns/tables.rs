//! Look-ups in dated tables as one array: filled once by asking the table for every combination of keys.

use super::bits::Bits;
use super::column::{Kind, NOTHING, Numbers, Shape};
use super::plan::{Plan, Step, Work};
use super::view::{Lane, constant};
use crate::ir::{Id, Op};
use crate::program::Program;
use crate::tables::ParamTable;
use crate::value::{Bounds, Val};

/// A table with more combinations than this is asked row by row.
const MOST: usize = 65_536;

/// One side of the array.
#[derive(Debug)]
enum Side {
    /// Keys from the first; those above the last are the last's (a band).
    Keys { first: i64, last: i64, band: bool },
    /// The day: stretches of days that begin on these.
    Days(Vec<i64>),
    /// The same for all rows.
    Same,
}

/// A table laid out for one step.
#[derive(Debug)]
pub(crate) struct Dense {
    sides: Vec<Side>,
    cells: Vec<Cell>,
    /// Between which numbers the values lie.
    span: Bounds,
}

/// What stands in one place of the array.
#[derive(Clone, Copy, Debug)]
enum Cell {
    /// The value in the column's own lane.
    Value(i64),
    /// A value that the lane cannot hold.
    Odd,
    /// No row.
    None,
}

impl Side {
    fn len(&self) -> usize {
        match self {
            Side::Keys { first, last, .. } => usize::try_from(last.saturating_sub(*first)).unwrap_or(MOST) + 1,
            Side::Days(starts) => starts.len(),
            Side::Same => 1,
        }
    }

    fn at(&self, value: i64) -> Option<usize> {
        match self {
            Side::Keys { first, last, band } => {
                let value = if *band { value.min(*last) } else { value };
                if value > *last { None } else { usize::try_from(value.checked_sub(*first)?).ok() }
            }
            Side::Days(starts) => starts.partition_point(|s| *s <= value).checked_sub(1),
            Side::Same => Some(0),
        }
    }

    fn value(&self, at: usize, same: i64) -> i64 {
        match self {
            Side::Keys { first, .. } => first.saturating_add(i64::try_from(at).unwrap_or(0)),
            Side::Days(starts) => starts.get(at).copied().unwrap_or(i64::MIN),
            Side::Same => same,
        }
    }
}

impl Dense {
    /// The array of a look-up step; `None` for other steps and for tables that are too large.
    pub(crate) fn of(program: &Program, plan: &Plan, step: &Step) -> Option<Dense> {
        let Work::Op(Op::Param { table, at, keys }) = &step.work else { return None };
        let Shape::Number(kind) = step.shape else { return None };
        let table = program.tables.get(*table as usize)?;
        let same = |id: &Id| match plan.steps.get(id.0 as usize).map(|s| &s.work) {
            Some(Work::Same(v)) => Some(*v),
            _ => None,
        };
        let mut sides = Vec::new();
        let mut fixed = Vec::new();
        for (n, id) in std::iter::once(at).chain(keys.iter()).enumerate() {
            match same(id) {
                Some(Val::Error(_) | Val::Unknown(_)) => return None,
                Some(v) => {
                    fixed.push(constant(v, Kind::Int)?);
                    sides.push(Side::Same);
                }
                None => {
                    fixed.push(0);
                    sides.push(match n.checked_sub(1) {
                        None => days(table),
                        Some(n) => side(table, n)?,
                    });
                }
            }
        }
        let count = sides.iter().try_fold(1_usize, |n, s| n.checked_mul(s.len())).filter(|n| *n <= MOST)?;
        let mut cells = Vec::with_capacity(count);
        for n in 0..count {
            let mut rest = n;
            let mut values = Vec::with_capacity(sides.len());
            for (side, same) in sides.iter().zip(&fixed).rev() {
                values.push(side.value(rest % side.len(), *same));
                rest /= side.len();
            }
            values.reverse();
            let one = |v: &i64| Bounds { lo: *v, hi: *v };
            let keys: Vec<Bounds> = values.iter().skip(1).map(one).collect();
            let found = values.first().and_then(|day| table.look_up(&keys, one(day)));
            cells.push(match found.map(|v| constant(v, kind)) {
                Some(Some(n)) => Cell::Value(n),
                Some(None) => Cell::Odd,
                None => Cell::None,
            });
        }
        let span = cells.iter().fold(NOTHING, |s, c| match c {
            Cell::Value(n) => s.hull(Bounds { lo: *n, hi: *n }),
            Cell::Odd | Cell::None => s,
        });
        Some(Dense { sides, cells, span })
    }

    /// Looks all rows up. Rows whose value the lane cannot hold become odd, those without a row of the table go to `none`.
    pub(crate) fn look_up(&self, args: &[Lane<'_>], out: &mut Numbers, odd: &mut Bits, none: &mut Bits) {
        let mut each: Vec<(&Side, usize, Lane<'_>)> = Vec::new();
        let (mut stride, mut fixed) = (1, Some(0));
        for (side, lane) in self.sides.iter().zip(args).rev() {
            match (side, lane) {
                (Side::Same, _) => {}
                (side, Lane::Each(_) | Lane::Small(_)) => each.push((side, stride, *lane)),
                (side, Lane::Same(v)) => fixed = fixed.zip(side.at(*v)).map(|(all, here)| all + here * stride),
            }
            stride *= side.len();
        }
        let Some(fixed) = fixed else { return none.fill(u64::MAX) };
        let mut put = |row: usize, slot: &mut i64, at: Option<usize>| match at.and_then(|at| self.cells.get(at)) {
            Some(Cell::Value(n)) => *slot = *n,
            Some(Cell::Odd) => odd.set(row),
            Some(Cell::None) | None => none.set(row),
        };
        match each.as_slice() {
            [] => match self.cells.get(fixed) {
                Some(Cell::Value(n)) => out.set_flat(*n),
                Some(Cell::Odd) => odd.fill(u64::MAX),
                Some(Cell::None) | None => none.fill(u64::MAX),
            },
            // Most tables have one key.
            [(side, stride, Lane::Small(lane))] => {
                for (row, (slot, value)) in out.large(self.span).iter_mut().zip(*lane).enumerate() {
                    put(row, slot, side.at(i64::from(*value)).map(|at| fixed + at * stride));
                }
            }
            each => {
                for (row, slot) in out.large(self.span).iter_mut().enumerate() {
                    let at = each.iter().try_fold(fixed, |at, (side, stride, lane)| {
                        side.at(lane.at(row)).map(|here| at + here * stride)
                    });
                    put(row, slot, at);
                }
            }
        }
    }
}

fn side(table: &ParamTable, key: usize) -> Option<Side> {
    let band = table.floor.get(key).copied()?;
    let keys = || table.rows.iter().filter_map(|r| r.keys.get(key).copied());
    Some(Side::Keys { first: keys().min()?, last: keys().max()?, band })
}

/// Days on which rows begin or end cut time into stretches in which the same rows apply.
fn days(table: &ParamTable) -> Side {
    let mut starts: Vec<i64> = table.rows.iter().flat_map(|r| [r.from, r.to.saturating_add(1)]).collect();
    starts.push(i64::MIN);
    starts.sort_unstable();
    starts.dedup();
    Side::Days(starts)
}
