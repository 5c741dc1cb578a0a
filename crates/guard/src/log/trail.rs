//! Reading the log: a person's trail of looks, and the privacy officer's view.

use std::fmt;
use std::num::ParseIntError;
use std::str::FromStr;

use kernel::{Instant, PersonId};
use serde::Serialize;
use uuid::Uuid;

use super::LogError;
use super::entry::{Body, Class, Envelope};
use super::tree::Hash;
use super::writer::Log;
use super::year::{Opened, Stored};
use crate::{Action, Allowed, PurposeKind, Role, Sealed, Tier};

/// One look as the person concerned sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TrailEntry {
    /// When.
    pub at: Instant,
    /// What kind of event.
    pub class: Class,
    /// How sensitive what was shown is.
    pub tier: Tier,
    /// The organisation's code; nothing when it would give away a protected address.
    pub organisation: Option<String>,
    /// The role.
    pub role: Option<Role>,
    /// What was done.
    pub action: Option<Action>,
    /// The groups of items.
    pub items: Vec<String>,
    /// The purpose.
    pub purpose: Option<PurposeKind>,
    /// The case or application.
    pub case: Option<String>,
    /// The law.
    pub law: Option<String>,
    /// Whether it was allowed; refusals are shown too.
    pub allowed: bool,
    /// Whether it was allowed because of a mandate: somebody acted for the person.
    pub by_mandate: bool,
    /// The log (one a year) and the position in it, for a proof of inclusion.
    pub year: i16,
    /// The position in the year's log.
    pub seq: u64,
    /// The look; the same for everybody seen at once.
    pub look: Uuid,
}

/// Entries that exist and are not shown yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Withheld {
    /// How many.
    pub count: u64,
    /// Until when, at the latest.
    pub until: Instant,
    /// Under which law.
    pub law: String,
}

/// Everybody who looked at one person.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Trail {
    /// Newest first.
    pub entries: Vec<TrailEntry>,
    /// What is withheld, by law: shown + withheld + erased is everything there is.
    pub withheld: Vec<Withheld>,
    /// How many entries were lawfully erased.
    pub erased: u64,
    /// The last entry shown, where there are older ones.
    pub older: Option<Position>,
}

/// An entry's place: the log of a year, and the position in it. Written `2026-17`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Position {
    /// The year of the log.
    pub year: i16,
    /// The position in it.
    pub seq: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.year, self.seq)
    }
}

impl FromStr for Position {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<Self, ParseIntError> {
        let (year, seq) = text.split_once('-').unwrap_or((text, ""));
        Ok(Position { year: year.parse()?, seq: seq.parse()? })
    }
}

impl Trail {
    fn withhold(&mut self, until: Instant, law: &str) {
        match self.withheld.iter_mut().find(|w| w.law == law) {
            Some(same) => {
                same.count += 1;
                same.until = same.until.max(until);
            }
            None => self.withheld.push(Withheld { count: 1, until, law: law.to_owned() }),
        }
    }
}

/// One entry as the privacy officer sees it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LogRow {
    /// Position in the year's log.
    pub seq: u64,
    /// When.
    pub at: Instant,
    /// What kind of event.
    pub class: Class,
    /// How sensitive.
    pub tier: Tier,
    /// The look.
    pub look: Option<Uuid>,
    /// Whom it was about, if anybody.
    pub subject: Option<PersonId>,
    /// Who, for what; nothing when erased.
    pub body: Option<Body>,
}

/// Proof that an entry is in the log under a signed root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    /// The entry's leaf hash.
    pub leaf: Hash,
    /// Its position.
    pub index: u64,
    /// The size of the tree the path leads to the root of.
    pub size: u64,
    /// The path.
    pub path: Vec<Hash>,
    /// The root.
    pub root: Hash,
}

impl Log {
    /// Everybody who looked at a person, newest first, at most `most` entries shown, older than `before`; under seal, because who
    /// looked is itself personal. `person` has several ids where records were merged: what was seen of any of them was seen
    /// of the person, who is the first. What is withheld and erased is counted whole, on every page.
    pub async fn trail(
        &self,
        person: &[PersonId],
        now: Instant,
        before: Option<Position>,
        most: usize,
    ) -> Result<Sealed<Trail>, LogError> {
        let (log, ids) = (self.clone(), person.to_vec());
        let trail = tokio::task::spawn_blocking(move || log.read_trail(&ids, now, before, most))
            .await
            .map_err(|_| LogError::Stopped)??;
        Ok(Sealed::new(trail, person.first().copied()))
    }

    fn read_trail(
        &self,
        ids: &[PersonId],
        now: Instant,
        before: Option<Position>,
        most: usize,
    ) -> Result<Trail, LogError> {
        let mut trail = Trail::default();
        let years = self.years();
        for (number, log) in years.open.iter().rev() {
            let year = *number;
            let mut all: Vec<u64> = ids.iter().flat_map(|id| log.of_person(*id)).copied().collect();
            all.sort_unstable();
            all.dedup();
            for seq in all.into_iter().rev() {
                match log.read(seq)? {
                    (_, Opened::Erased) => trail.erased += 1,
                    (envelope, Opened::Whole(stored)) => match stored.body.withheld_until.filter(|u| now < *u) {
                        Some(until) => trail.withhold(until, stored.body.withheld_law.as_deref().unwrap_or("")),
                        None if before.is_some_and(|before| Position { year, seq } >= before) => {}
                        None if trail.entries.len() < most => trail.entries.push(shown(year, &envelope, *stored)),
                        None => trail.older = trail.entries.last().map(|e| Position { year: e.year, seq: e.seq }),
                    },
                }
            }
        }
        Ok(trail)
    }

    /// Entries of a year from the newest back, for the privacy officer: `before` a position (`None` from the end),
    /// at most `most`. Needs a decision on `view_log`.
    pub async fn read(
        &self,
        allowed: &Allowed,
        year: i16,
        before: Option<u64>,
        most: u32,
    ) -> Result<Vec<LogRow>, LogError> {
        if allowed.action() != Action::ViewLog {
            return Err(LogError::NotForTheLog);
        }
        let log = self.clone();
        tokio::task::spawn_blocking(move || log.read_rows(year, before, most)).await.map_err(|_| LogError::Stopped)?
    }

    fn read_rows(&self, year: i16, before: Option<u64>, most: u32) -> Result<Vec<LogRow>, LogError> {
        let years = self.years();
        let Some(log) = years.open.get(&year) else { return Ok(Vec::new()) };
        let end = before.unwrap_or(u64::MAX).min(log.tree.size());
        (end.saturating_sub(u64::from(most))..end)
            .rev()
            .map(|seq| {
                let (envelope, opened) = log.read(seq)?;
                let stored = match opened {
                    Opened::Whole(stored) => Some(*stored),
                    Opened::Erased => None,
                };
                Ok(LogRow {
                    seq,
                    at: envelope.at,
                    class: envelope.class,
                    tier: envelope.tier,
                    look: stored.as_ref().map(|s| s.look),
                    subject: stored.as_ref().and_then(|s| s.subject),
                    body: stored.map(|s| s.body),
                })
            })
            .collect()
    }

    /// The years there are, with how many entries each holds.
    pub fn sizes(&self) -> Vec<(i16, u64)> {
        self.years().open.iter().map(|(year, log)| (*year, log.tree.size())).collect()
    }

    /// The proof that an entry is in its year's log.
    pub fn inclusion(&self, year: i16, seq: u64) -> Option<Inclusion> {
        let years = self.years();
        let tree = &years.open.get(&year)?.tree;
        let size = tree.size();
        Some(Inclusion { leaf: tree.leaf(seq)?, index: seq, size, path: tree.inclusion(seq, size)?, root: tree.root() })
    }

    /// The proof that the log of `old` entries is the beginning of that of `new` entries.
    pub fn consistency(&self, year: i16, old: u64, new: u64) -> Option<Vec<Hash>> {
        self.years().open.get(&year)?.tree.consistency(old, new)
    }
}

fn shown(year: i16, envelope: &Envelope, stored: Stored) -> TrailEntry {
    let body = stored.body;
    TrailEntry {
        at: envelope.at,
        class: envelope.class,
        tier: envelope.tier,
        organisation: Some(body.organisation).filter(|o| !body.hide_office && !o.is_empty()),
        role: body.role,
        action: body.action,
        items: body.items,
        purpose: body.purpose,
        case: body.case.filter(|_| !body.hide_office),
        law: body.law,
        allowed: body.allowed,
        by_mandate: body.policies.iter().any(|p| p == crate::decide::MANDATE),
        year,
        seq: envelope.seq,
        look: stored.look,
    }
}
