//! Two times on everything: the days a statement is valid for, and the moment it was recorded.

use guard::Keys;
use kernel::{Date, Ids, Instant, Period};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError};

/// The first day there is: the start of a statement that was always so (a birth date, a parent).
pub const BEGINNING: Date = Date::constant(1, 1, 1);

/// What is read: what held on the day `valid`, as far as it was known at the moment `recorded`.
///
/// What was read for a past moment stays the same for ever: later statements, corrections, merges and withdrawals carry
/// a later recorded time and are not seen from there. A record's statements never carry an earlier time than the one
/// before, even when the clock went back; the clocks of several servers must agree as for anything else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AsOf {
    /// The day asked about.
    pub valid: Date,
    /// The moment of knowledge.
    pub recorded: Instant,
}

impl AsOf {
    /// What held on `valid`, as known at `recorded`.
    pub const fn new(valid: Date, recorded: Instant) -> Self {
        AsOf { valid, recorded }
    }

    /// What held on `valid`, with everything known now.
    pub const fn latest(valid: Date) -> Self {
        AsOf { valid, recorded: Instant::from_micros(i64::MAX) }
    }
}

/// Where a statement comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Origin {
    /// The agency (its id in the pack) or `self` for what the person said.
    pub source: String,
    /// The law under which it is held; may be empty where the item itself names it.
    pub law: String,
    /// The account or program that recorded it.
    pub by: String,
}

impl Origin {
    /// An origin.
    pub fn new(source: impl Into<String>, law: impl Into<String>, by: impl Into<String>) -> Self {
        Origin { source: source.into(), law: law.into(), by: by.into() }
    }
}

/// The stamp on every statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stamp {
    /// The days it holds for.
    pub valid: Period,
    /// When it was recorded.
    pub recorded_at: Instant,
    /// When it was withdrawn, because it was wrong or was replaced by a corrected one. The statement itself is kept.
    pub withdrawn_at: Option<Instant>,
    /// Where it comes from.
    pub origin: Origin,
}

impl Stamp {
    /// Whether the statement stood at the moment `at`.
    pub fn stood(&self, at: Instant) -> bool {
        self.recorded_at <= at && self.withdrawn_at.is_none_or(|end| end > at)
    }

    /// Forgets a withdrawal that came after `at`: a read of that moment must not tell what was not known then.
    pub(crate) fn as_known_at(&mut self, at: Instant) {
        self.withdrawn_at = self.withdrawn_at.filter(|end| *end <= at);
    }

    /// The stamp of a row.
    pub(crate) fn of(row: &Row) -> Result<Stamp, StoreError> {
        Ok(Stamp {
            valid: Period { from: row.get("valid_from")?, until: row.maybe("valid_until")? },
            recorded_at: row.get("recorded_at")?,
            withdrawn_at: row.maybe("withdrawn_at")?,
            origin: Origin { source: row.get("source")?, law: row.get("law")?, by: row.get("recorded_by")? },
        })
    }
}

/// What every write needs: ids, the moment, and the origin of what is written.
#[derive(Clone, Copy)]
pub struct Pen<'a> {
    /// Where new ids come from.
    pub ids: &'a dyn Ids,
    /// The keys for encrypted identifiers.
    pub keys: &'a Keys,
    /// The moment of writing.
    pub now: Instant,
    /// Where the statements come from.
    pub origin: &'a Origin,
}

impl<'a> Pen<'a> {
    /// A pen.
    pub fn new(ids: &'a dyn Ids, keys: &'a Keys, now: Instant, origin: &'a Origin) -> Self {
        Pen { ids, keys, now, origin }
    }

    /// The same pen for statements of another origin.
    #[must_use]
    pub fn from<'b>(self, origin: &'b Origin) -> Pen<'b>
    where
        'a: 'b,
    {
        Pen { origin, ..self }
    }
}

/// Of several statements on the same thing, the one that holds on `day`: the latest recorded; at the same moment the
/// one that begins later, then the one with the later id.
pub(crate) fn winner<'a, T, K: Ord>(
    rows: impl IntoIterator<Item = &'a T>,
    day: Date,
    stamp: impl Fn(&T) -> &Stamp,
    id: impl Fn(&T) -> K,
) -> Option<&'a T> {
    rows.into_iter()
        .filter(|row| stamp(row).valid.contains(day))
        .max_by_key(|row| (stamp(row).recorded_at, stamp(row).valid.from, id(row)))
}
