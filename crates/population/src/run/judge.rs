//! What is paid against what is due, for one household.

use std::collections::BTreeMap;
use std::sync::Arc;

use catalogue::Pack;
use catalogue::model::Version;
use kernel::Date;
use rules::columns::{Deciding, Results};
use rules::combine::{CombinedResult, Standing};
use rules::outcome::{Answer, Explanation, FactRef, ProgrammeResult, Subject};
use rules::schema::{Entity, Per, Value};
use serde::{Deserialize, Serialize};

use super::RunError;
use super::ties::Ties;
use crate::frame::{Chunk, FrameError, GivenAward, Reader};

/// What a finding says. Losses and cuts are told to nobody by a run: they open a review, with a hearing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Paid, and no longer due.
    NoLonger,
    /// Less is due than is paid.
    Down,
    /// More is due than is paid.
    Up,
    /// Due, and not paid.
    Unclaimed,
    /// Two awards that exclude each other.
    Forbidden,
    /// Paid for somebody who died.
    Dead,
    /// Paid by a place from which the family has moved away.
    Moved,
    /// Paid, and whether it is due cannot be told: facts are missing, too old, or the rule cannot be worked out for them.
    CannotTell,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 8] = [
        Kind::NoLonger,
        Kind::Down,
        Kind::Up,
        Kind::Unclaimed,
        Kind::Forbidden,
        Kind::Dead,
        Kind::Moved,
        Kind::CannotTell,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::NoLonger => "no_longer",
            Kind::Down => "down",
            Kind::Up => "up",
            Kind::Unclaimed => "unclaimed",
            Kind::Forbidden => "forbidden",
            Kind::Dead => "dead",
            Kind::Moved => "moved",
            Kind::CannotTell => "cannot_tell",
        }
    }
}

/// One difference between what is paid and what is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The household's row in its part.
    pub row: usize,
    /// The member; `None`: the household.
    pub slot: Option<usize>,
    /// The programme, by its number in [`super::Identity::programmes`].
    pub programme: usize,
    /// What it is.
    pub kind: Kind,
    /// What is paid, in minor units.
    pub before: Option<i64>,
    /// What is due, in minor units.
    pub after: Option<i64>,
    /// The period of both.
    pub per: Option<Per>,
    /// What decided the single result; `None` for a yes and where the question makes no sense.
    pub deciding: Option<Deciding>,
    /// The combination rules that changed it, with spaces between.
    pub rules: Option<String>,
    /// Facts missing, or too old, as `household.ITEM` and `person.ITEM`, with spaces between.
    pub facts: Option<String>,
}

/// One single result of a household.
#[derive(Clone, Debug)]
struct Single {
    programme: usize,
    slot: Option<usize>,
    answer: Answer,
    amount: Option<i64>,
    deciding: Option<Deciding>,
}

/// What is paid for one programme and subject.
#[derive(Clone, Copy, Debug)]
struct Paid {
    programme: usize,
    slot: Option<usize>,
    amount: Option<(i64, Per)>,
    place: Option<u16>,
}

/// Everything that is the same for all households.
#[derive(Debug)]
pub(crate) struct Judge<'a> {
    pack: &'a Pack,
    on: Date,
    ties: Ties,
    /// Programmes of the rules by their number in the snapshot.
    of_award: Vec<Option<usize>>,
    /// The period of what a programme pays on the day.
    pays: Vec<Option<Per>>,
    /// Whether anybody can claim it.
    claimable: Vec<bool>,
    /// The column of days of death.
    death: Option<usize>,
    /// By place: itself and the places around it.
    around: Vec<Vec<u16>>,
    /// Items that each programme reads.
    reads: Vec<Vec<(Entity, Arc<str>)>>,
}

/// What combination rules make of a household.
struct Together {
    /// Where only what is paid counts.
    held: (Explanation, Vec<CombinedResult>),
    /// Where everything counts.
    could: (Explanation, Vec<CombinedResult>),
}

impl<'a> Judge<'a> {
    pub(crate) fn new(pack: &'a Pack, reader: &Reader, on: Date) -> Judge<'a> {
        let programmes = pack.program().programmes();
        let shape = &reader.manifest().shape;
        let index = |id: &String| programmes.iter().position(|p| *p.id == **id);
        // Limits of ceilings are worked out like programmes and are none; what nobody claims is nobody's to take up.
        let version = |id: &str| pack.programmes().get(id)?.versions.iter().find(|v| v.covers(on));
        let versions: Vec<Option<&Version>> = programmes.iter().map(|p| version(&p.id)).collect();
        let around = |id: &String| pack.ancestors(id).iter().filter_map(|p| shape.place(&p.id)).collect();
        Judge {
            pack,
            on,
            ties: Ties::of(pack),
            of_award: shape.programmes.iter().map(index).collect(),
            pays: versions.iter().map(|v| v.and_then(|v| v.amount.as_ref()).map(|(_, per)| *per)).collect(),
            claimable: versions.iter().map(|v| v.is_some_and(|v| v.claim.is_some())).collect(),
            death: pack.schema().roles.death_date.as_ref().and_then(|i| shape.column(Entity::Person, i)),
            around: shape.places.iter().map(around).collect(),
            reads: programmes.iter().map(|p| pack.program().items_of(&p.id).to_vec()).collect(),
        }
    }

    pub(crate) fn claimable(&self, programme: usize) -> bool {
        self.claimable.get(programme).copied().unwrap_or(false)
    }

    /// The findings of a household, and whether it was explained one by one.
    pub(crate) fn household(
        &self,
        chunk: &Chunk<'_>,
        results: &Results,
        row: usize,
        awards: &[GivenAward],
    ) -> Result<(Vec<Finding>, bool), RunError> {
        let singles = singles(results, row);
        let paid = self.paid(awards);
        let unclaimed: Vec<&Single> = singles
            .iter()
            .filter(|s| s.answer == Answer::Yes && self.claimable(s.programme))
            .filter(|s| !paid.iter().any(|p| (p.programme, p.slot) == (s.programme, s.slot)))
            .filter(|s| s.slot.is_none_or(|slot| self.died(chunk, row, slot).is_none()))
            .collect();
        if paid.is_empty() && unclaimed.is_empty() {
            return Ok((Vec::new(), false));
        }
        let looked_at: Vec<usize> =
            paid.iter().map(|p| p.programme).chain(unclaimed.iter().map(|s| s.programme)).collect();
        let live = singles.iter().filter(|s| matches!(s.answer, Answer::Yes | Answer::CannotTell));
        let gone = paid.iter().filter(|p| !singles.iter().any(|s| s.programme == p.programme && s.slot == p.slot));
        let live: Vec<usize> = live.map(|s| s.programme).chain(gone.map(|p| p.programme)).collect();
        let open = paid.iter().any(|p| find(&singles, p).is_some_and(|s| s.answer == Answer::CannotTell));
        let together = match open || self.ties.touch(&looked_at, &live) {
            true => Some(self.together(chunk, row, &paid)?),
            false => None,
        };
        let mut out = Vec::new();
        for paid in &paid {
            out.extend(self.of_paid(chunk, row, paid, find(&singles, paid), together.as_ref()));
        }
        for single in unclaimed {
            out.extend(self.of_unclaimed(chunk.first() + row, single, &paid, together.as_ref()));
        }
        Ok((out, together.is_some()))
    }

    /// What is paid on the day, one for each programme and subject.
    fn paid(&self, awards: &[GivenAward]) -> Vec<Paid> {
        let mut paid: BTreeMap<(usize, Option<usize>), Paid> = BTreeMap::new();
        for award in awards.iter().filter(|a| a.from <= self.on && a.until.is_none_or(|u| self.on < u)) {
            let Some(Some(programme)) = self.of_award.get(usize::from(award.programme)).copied() else { continue };
            let slot = award.slot;
            let here = Paid { programme, slot, amount: award.amount, place: award.place };
            let one = paid.entry((programme, slot));
            one.and_modify(|p| {
                // Two awards of one thing are paid twice.
                p.amount = match (p.amount, award.amount) {
                    (Some((a, per)), Some((b, other))) if per == other => Some((a.saturating_add(b), per)),
                    (a, b) => a.or(b),
                };
            })
            .or_insert(here);
        }
        paid.into_values().collect()
    }

    fn died(&self, chunk: &Chunk<'_>, row: usize, slot: usize) -> Option<Date> {
        match chunk.value(Entity::Person, self.death?, slot * chunk.rows() + row)?? {
            Value::Date(day) if day <= self.on => Some(day),
            _ => None,
        }
    }

    fn together(&self, chunk: &Chunk<'_>, row: usize, paid: &[Paid]) -> Result<Together, RunError> {
        let program = self.pack.program();
        let unreadable = |e: rules::FactError| FrameError::File {
            file: chunk.file().into(),
            why: format!("row {}: {e}", chunk.first() + row),
        };
        let household = chunk.household(program, row).map_err(unreadable)?;
        let is_paid = |r: &ProgrammeResult| paid.iter().any(|p| self.names(p.programme, p.slot, r));
        let held = self.pack.evaluate_among(&household, self.on, self.on, &is_paid);
        let could = self.pack.evaluate_today(&household, self.on);
        Ok(Together { held: (held.0, held.1.results), could: (could.0, could.1.results) })
    }

    fn names(&self, programme: usize, slot: Option<usize>, result: &ProgrammeResult) -> bool {
        let id = self.pack.program().programmes().get(programme).map(|p| &*p.id);
        id == Some(result.programme.as_str()) && subject(slot) == result.subject
    }

    fn combined<'t>(
        &self,
        of: &'t (Explanation, Vec<CombinedResult>),
        programme: usize,
        slot: Option<usize>,
    ) -> Option<(&'t ProgrammeResult, &'t CombinedResult)> {
        of.0.results.iter().zip(&of.1).find(|(r, _)| self.names(programme, slot, r))
    }

    fn of_paid(
        &self,
        chunk: &Chunk<'_>,
        row: usize,
        paid: &Paid,
        single: Option<&Single>,
        together: Option<&Together>,
    ) -> Option<Finding> {
        let Paid { programme, slot, amount, place } = *paid;
        let per = amount.map(|a| a.1);
        let mut finding = Finding {
            row: chunk.first() + row,
            slot,
            programme,
            kind: Kind::NoLonger,
            before: amount.map(|a| a.0),
            after: None,
            per,
            deciding: single.and_then(|s| s.deciding),
            rules: None,
            facts: None,
        };
        if slot.is_some_and(|slot| self.died(chunk, row, slot).is_some()) {
            return Some(Finding { kind: Kind::Dead, ..finding });
        }
        if place.is_some_and(|place| !self.is_around(place, chunk.place_of(row))) {
            return Some(Finding { kind: Kind::Moved, ..finding });
        }
        match single.map_or(Answer::No, |s| s.answer) {
            Answer::No => {}
            Answer::Error => return Some(Finding { kind: Kind::CannotTell, ..finding }),
            Answer::CannotTell => {
                let found = together.and_then(|t| self.combined(&t.held, programme, slot));
                finding.facts = found.and_then(|(r, _)| facts(&r.missing));
                return Some(Finding { kind: Kind::CannotTell, ..finding });
            }
            Answer::Yes => {
                let found = together.and_then(|t| self.combined(&t.held, programme, slot)).map(|(_, c)| c);
                finding.rules = found.map(|c| c.by.join(" ")).filter(|by| !by.is_empty());
                finding.after = match found {
                    Some(c) => c.amount.as_ref().and_then(|a| a.minor),
                    None => single.and_then(|s| s.amount),
                };
                let standing = found.map_or(Standing::Single, |c| c.standing);
                finding.kind = match (standing, finding.before, finding.after) {
                    (Standing::Dropped | Standing::Choice, ..) => Kind::Forbidden,
                    (_, Some(before), Some(after)) if self.per(programme) != per || before == after => return None,
                    (_, Some(before), Some(after)) if after > before => Kind::Up,
                    (_, Some(_), Some(_)) => Kind::Down,
                    (_, Some(_), None) if self.per(programme).is_some() => Kind::CannotTell,
                    _ => return None,
                };
            }
        }
        // On facts too old to rest a decision on nobody loses anything.
        if matches!(finding.kind, Kind::NoLonger | Kind::Down | Kind::Forbidden)
            && let Some(stale) = self.stale(chunk, row, programme)
        {
            finding = Finding { kind: Kind::CannotTell, facts: Some(stale), ..finding };
        }
        Some(finding)
    }

    fn of_unclaimed(&self, row: usize, single: &Single, paid: &[Paid], together: Option<&Together>) -> Option<Finding> {
        let Single { programme, slot, .. } = *single;
        let found = together.and_then(|t| self.combined(&t.could, programme, slot)).map(|(_, c)| c);
        if let Some(combined) = found {
            // What gives way to something better, or to what the family has chosen, is not missing.
            let chosen = paid.iter().any(|p| self.ties.share(programme, p.programme, &combined.by));
            if combined.standing == Standing::Dropped || (combined.standing == Standing::Choice && chosen) {
                return None;
            }
        }
        let after = match found {
            Some(c) => c.amount.as_ref().and_then(|a| a.minor),
            None => single.amount,
        };
        Some(Finding {
            row,
            slot,
            programme,
            kind: Kind::Unclaimed,
            before: None,
            after,
            per: self.per(programme),
            deciding: None,
            rules: found.map(|c| c.by.join(" ")).filter(|by| !by.is_empty()),
            facts: None,
        })
    }

    fn per(&self, programme: usize) -> Option<Per> {
        self.pays.get(programme).copied().flatten()
    }

    fn is_around(&self, place: u16, home: Option<u16>) -> bool {
        // Where nobody knows where the family lives, nobody knows that it moved.
        home.is_none_or(|home| self.around.get(usize::from(home)).is_some_and(|list| list.contains(&place)))
    }

    /// Facts of the household too old by their law, among those the programme reads.
    fn stale(&self, chunk: &Chunk<'_>, row: usize, programme: usize) -> Option<String> {
        let reads = self.reads.get(programme)?;
        let of = |entity: Entity, slot: Option<usize>| {
            let items = chunk.stale(row, slot).into_iter();
            items.filter(move |i| reads.iter().any(|(e, item)| *e == entity && **item == **i)).map(move |i| (entity, i))
        };
        let mut all: Vec<(Entity, String)> = of(Entity::Household, None).collect();
        (0..chunk.size()).for_each(|slot| all.extend(of(Entity::Person, Some(slot))));
        named(all)
    }
}

fn named(mut all: Vec<(Entity, String)>) -> Option<String> {
    all.sort();
    all.dedup();
    let word = |e| if e == Entity::Person { "person" } else { "household" };
    let all: Vec<String> = all.into_iter().map(|(e, item)| format!("{}.{item}", word(e))).collect();
    Some(all.join(" ")).filter(|s| !s.is_empty())
}

fn facts(missing: &[FactRef]) -> Option<String> {
    let entity = |s: &Subject| if *s == Subject::Household { Entity::Household } else { Entity::Person };
    named(missing.iter().map(|f| (entity(&f.subject), f.item.clone())).collect())
}

fn subject(slot: Option<usize>) -> Subject {
    slot.map_or(Subject::Household, Subject::Person)
}

fn find<'s>(singles: &'s [Single], paid: &Paid) -> Option<&'s Single> {
    singles.iter().find(|s| s.programme == paid.programme && s.slot == paid.slot)
}

fn singles(results: &Results, row: usize) -> Vec<Single> {
    let mut out = Vec::new();
    for p in results.programmes() {
        for (slot, columns) in p.slots.iter().enumerate() {
            if let Some(answer) = columns.answer(row) {
                out.push(Single {
                    programme: p.programme,
                    slot: (p.subject == Entity::Person).then_some(slot),
                    answer,
                    // Nobody is owed less than nothing: combination rules take a sum below zero as none, too.
                    amount: columns.amount(row).map(|sum| sum.max(0)),
                    deciding: columns.deciding(row),
                });
            }
        }
    }
    out
}
