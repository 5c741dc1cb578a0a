//! Households of one size, column by column, members slot by slot: what a batch run reads.
//!
//! Row *r* of member slot *s* is the *s*-th member of the *r*-th household. So whatever goes over the members of a
//! household goes down whole columns.

use std::sync::Arc;

use super::bits::{Bits, words};
use super::column::{Column, Shape};
use super::plan::{Plan, fact_shape};
use super::{Columns, ColumnsError};
use crate::facts::Household;
use crate::ir::Relation;
use crate::program::Program;
use crate::schema::Entity;

/// Most rows of a batch: two thousand rows of 32 bits a column stay in the processor's own memory.
pub const ROWS: usize = 2048;

/// Who is related to whom: for member slots *of* and *to*, the rows in which it is so.
#[derive(Clone, Debug, Default)]
pub(crate) struct Kin {
    pub(crate) pairs: Vec<(usize, usize, Bits)>,
    /// For each slot and row the related slots in the order in which the household names them: starts in `named`.
    starts: Vec<u32>,
    named: Vec<u16>,
}

/// Households of one size, at most [`ROWS`] of them.
#[derive(Clone, Debug)]
pub struct Batch {
    pub(crate) rows: usize,
    pub(crate) size: usize,
    pub(crate) household: Vec<Column>,
    /// By fact, then by slot.
    pub(crate) person: Vec<Vec<Column>>,
    kin: [Kin; 3],
    everyone: Vec<u16>,
    pub(crate) mark: Arc<()>,
}

fn index(relation: Relation) -> Option<usize> {
    match relation {
        Relation::Members => None,
        Relation::Children => Some(0),
        Relation::Parents => Some(1),
        Relation::Spouse => Some(2),
    }
}

impl Kin {
    /// `related` adds the slots related to a slot of a row, in the household's own order.
    pub(crate) fn of(rows: usize, size: usize, related: impl Fn(usize, usize, &mut Vec<usize>)) -> Kin {
        let mut kin = Kin::default();
        let mut to_slots = Vec::new();
        for of in 0..size {
            let mut here: Vec<(usize, Bits)> = Vec::new();
            for row in 0..rows {
                kin.starts.push(u32::try_from(kin.named.len()).unwrap_or(u32::MAX));
                to_slots.clear();
                related(of, row, &mut to_slots);
                for to in &to_slots {
                    kin.named.push(u16::try_from(*to).unwrap_or(u16::MAX));
                    let known = here.iter().position(|(t, _)| t == to);
                    let at = known.unwrap_or_else(|| {
                        here.push((*to, Bits::none(words(rows))));
                        here.len() - 1
                    });
                    if let Some((_, bits)) = here.get_mut(at) {
                        bits.set(row);
                    }
                }
            }
            here.sort_by_key(|(to, _)| *to);
            kin.pairs.extend(here.into_iter().map(|(to, bits)| (of, to, bits)));
        }
        kin.starts.push(u32::try_from(kin.named.len()).unwrap_or(u32::MAX));
        kin
    }
}

impl Batch {
    pub(crate) fn new(
        rows: usize,
        size: usize,
        mut household: Vec<Column>,
        mut person: Vec<Vec<Column>>,
        kin: [Kin; 3],
        mark: Arc<()>,
    ) -> Batch {
        let everyone = (0..size).filter_map(|n| u16::try_from(n).ok()).collect();
        let present = Bits::first(rows);
        for column in household.iter_mut().chain(person.iter_mut().flatten()) {
            if let Column::Number(numbers) = column {
                numbers.measure(&present);
            }
        }
        Batch { rows, size, household, person, kin, everyone, mark }
    }

    /// How many households.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// How many members each has.
    pub fn size(&self) -> usize {
        self.size
    }

    /// The related slots and in which rows they are; `None`: in all rows.
    pub(crate) fn related(&self, relation: Relation, of: usize) -> Vec<(usize, Option<&Bits>)> {
        match index(relation).and_then(|n| self.kin.get(n)) {
            None => (0..self.size).map(|s| (s, None)).collect(),
            Some(kin) => kin.pairs.iter().filter(|p| p.0 == of).map(|(_, to, bits)| (*to, Some(bits))).collect(),
        }
    }

    /// The related slots of one row in the household's own order.
    pub(crate) fn named(&self, relation: Relation, of: usize, row: usize) -> &[u16] {
        let Some(kin) = index(relation).and_then(|n| self.kin.get(n)) else { return &self.everyone };
        let at = of * self.rows + row;
        let start = |n: usize| kin.starts.get(n).map_or(0, |s| *s as usize);
        kin.named.get(start(at)..start(at + 1)).unwrap_or(&[])
    }
}

impl Columns<'_> {
    /// Lays out households of one size; at most [`ROWS`] of them.
    pub fn batch(&self, households: &[&Household]) -> Result<Batch, ColumnsError> {
        let size = households.first().map_or(0, |h| h.members().len());
        if households.len() > ROWS {
            return Err(ColumnsError::TooManyRows { rows: households.len() });
        }
        if size > usize::from(u16::MAX) || households.iter().any(|h| h.members().len() != size) {
            return Err(ColumnsError::UnequalSizes);
        }
        let at_home: Vec<_> = households.iter().map(|h| self.program.at_home(h)).collect();
        let households: Vec<&Household> = at_home.iter().map(std::convert::AsRef::as_ref).collect();
        Ok(lay_out(self.program, &self.plan, &households, size, self.mark.clone()))
    }
}

fn lay_out(program: &Program, plan: &Plan, households: &[&Household], size: usize, mark: Arc<()>) -> Batch {
    let column = |entity: Entity, fact: u32, member: Option<usize>| {
        let shape = program.layout.columns(entity).get(fact as usize).map_or(Shape::Truth, |c| fact_shape(&c.ty));
        let mut column = Column::new(shape, households.len());
        for (row, household) in households.iter().enumerate() {
            column.put(row, household.fact(fact, member));
        }
        column
    };
    let person = |fact: &u32| (0..size).map(|slot| column(Entity::Person, *fact, Some(slot))).collect();
    let kin = [Relation::Children, Relation::Parents, Relation::Spouse].map(|relation| {
        Kin::of(households.len(), size, |of, row, out| {
            out.extend(households.get(row).map_or(&[][..], |h| h.related(relation, of)));
        })
    });
    let household = plan.household_facts.iter().map(|f| column(Entity::Household, *f, None)).collect();
    Batch::new(households.len(), size, household, plan.person_facts.iter().map(person).collect(), kin, mark)
}
