//! Reading the log: a person's trail of looks, and the privacy officer's view.

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
    /// Everybody who looked at `person`, newest first, at most `most` entries shown; under seal, because who looked
    /// is itself personal.
    pub async fn trail(&self, person: PersonId, now: Instant, most: usize) -> Result<Sealed<Trail>, LogError> {
        let log = self.clone();
        let trail = tokio::task::spawn_blocking(move || log.read_trail(person, now, most))
            .await
            .map_err(|_| LogError::Stopped)??;
        Ok(Sealed::new(trail, [person]))
    }

    fn read_trail(&self, person: PersonId, now: Instant, most: usize) -> Result<Trail, LogError> {
        let mut trail = Trail::default();
        let years = self.years();
        for (number, year) in years.open.iter().rev() {
            for &seq in year.of_person(person).iter().rev() {
                match year.read(seq)? {
                    (_, Opened::Erased) => trail.erased += 1,
                    (envelope, Opened::Whole(stored)) => match stored.body.withheld_until.filter(|u| now < *u) {
                        Some(until) => trail.withhold(until, stored.body.withheld_law.as_deref().unwrap_or("")),
                        None if trail.entries.len() < most => trail.entries.push(shown(*number, &envelope, *stored)),
                        None => {}
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
