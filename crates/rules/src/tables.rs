//! Parameter tables laid out for look-up.

use std::sync::Arc;

use crate::types::Ty;
use crate::value::{Bounds, Val};

/// More keys than any published table has.
pub(crate) const MAX_KEYS: usize = 8;

/// One dated row.
#[derive(Clone, Debug)]
pub(crate) struct TableRow {
    pub(crate) keys: Box<[i64]>,
    pub(crate) from: i64,
    pub(crate) to: i64,
    pub(crate) value: Val,
}

/// A table with its rows sorted by keys, then by first day.
#[derive(Clone, Debug)]
pub struct ParamTable {
    /// Its id.
    pub id: Arc<str>,
    /// Type of the values.
    pub ty: Ty,
    /// Types of the keys.
    pub keys: Vec<Ty>,
    pub(crate) floor: Vec<bool>,
    pub(crate) rows: Vec<TableRow>,
    /// Bounds over all rows.
    pub(crate) range: Bounds,
}

impl ParamTable {
    /// Bounds over all rows, for numbers.
    pub fn bounds(&self) -> Bounds {
        self.range
    }

    /// The value for these keys on this day; where keys or day are not exactly known, the bounds over all rows that may
    /// apply. `None` when no row can apply.
    pub(crate) fn look_up(&self, keys: &[Bounds], day: Bounds) -> Option<Val> {
        let exact = keys.iter().all(|k| k.lo == k.hi);
        if exact && (day.lo == day.hi || self.steady(keys, day)) {
            return if self.floor.contains(&true) { self.band(keys, day.lo) } else { self.exact(keys, day.lo) };
        }
        let mut found: Option<(Val, Bounds)> = None;
        for row in self.possible(keys, day) {
            let b = row.value.bounds();
            found = Some(found.map_or((row.value, b), |(_, all)| (row.value, all.hull(b))));
        }
        let (value, bounds) = found?;
        // Bounds only: even a single row may turn out not to be the one.
        Some(if matches!(value, Val::Int(_) | Val::Dec(_) | Val::Date(_)) {
            Val::Unknown(bounds)
        } else {
            Val::UNKNOWN
        })
    }

    /// The rows that may apply on one of the days.
    fn possible(&self, keys: &[Bounds], day: Bounds) -> impl Iterator<Item = &TableRow> {
        let rows = self.with_first(keys).iter();
        rows.filter(move |r| r.from <= day.hi && r.to >= day.lo && self.may_match(r, keys))
    }

    /// Whether the same rows apply on all of the days: then the first day speaks for all.
    fn steady(&self, keys: &[Bounds], day: Bounds) -> bool {
        self.possible(keys, day).all(|r| r.from <= day.lo && r.to >= day.hi)
    }

    /// The rows whose first key may be the one wanted: rows are sorted by keys.
    fn with_first(&self, keys: &[Bounds]) -> &[TableRow] {
        let (Some(want), Some(false)) = (keys.first(), self.floor.first()) else { return &self.rows };
        let first = |r: &TableRow| r.keys.first().copied().unwrap_or(i64::MIN);
        let start = self.rows.partition_point(|r| first(r) < want.lo);
        let end = self.rows.partition_point(|r| first(r) <= want.hi);
        self.rows.get(start..end).unwrap_or(&[])
    }

    fn may_match(&self, row: &TableRow, keys: &[Bounds]) -> bool {
        row.keys.iter().zip(keys).zip(&self.floor).all(|((k, want), floor)| *k <= want.hi && (*floor || *k >= want.lo))
    }

    fn exact(&self, keys: &[Bounds], day: i64) -> Option<Val> {
        let wanted = || keys.iter().map(|k| k.lo);
        let start = self.rows.partition_point(|r| r.keys.iter().copied().lt(wanted()));
        self.rows
            .get(start..)?
            .iter()
            .take_while(|r| r.keys.iter().copied().eq(wanted()))
            .find(|r| r.from <= day && day <= r.to)
            .map(|r| r.value)
    }

    fn band(&self, keys: &[Bounds], day: i64) -> Option<Val> {
        let matches = |r: &&TableRow| {
            let fits = |((k, want), floor): ((&i64, &Bounds), &bool)| *k == want.lo || (*floor && *k < want.lo);
            r.from <= day && day <= r.to && r.keys.iter().zip(keys).zip(&self.floor).all(fits)
        };
        // Rows are sorted by keys, so the last that fits is the largest.
        self.with_first(keys).iter().rfind(matches).map(|r| r.value)
    }
}
