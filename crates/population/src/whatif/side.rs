//! One pack over the snapshot.

use std::collections::BTreeSet;

use catalogue::Pack;
use catalogue::model::Form;
use catalogue::model::measures::Measures;
use kernel::Date;
use rules::Household;
use rules::columns::{Columns, ProgrammeColumns, Results};
use rules::combine::{CombinedResult, Standing};
use rules::outcome::{Answer, Subject};
use rules::schema::{Entity, Per};

use super::touched::Touched;
use super::{Order, WhatIfError};
use crate::frame::Reader;
use crate::run::Ties;

/// A pack, bound to the snapshot, with the programmes that are run.
pub(crate) struct Side<'a> {
    pub(crate) pack: &'a Pack,
    reader: Reader,
    pub(crate) columns: Columns<'a>,
    pub(crate) ties: Ties,
    /// By place of the programme: whether it pays money.
    cash: Vec<bool>,
}

/// What a household has in a year.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Net {
    /// Minor units of everything that has a sum.
    pub(crate) all: i64,
    /// Of it money.
    pub(crate) cash: i64,
    /// Whether an answer is open or cannot be worked out.
    pub(crate) open: bool,
    /// What is granted.
    pub(crate) grants: BTreeSet<(String, Subject)>,
}

/// How often a year a sum counts: a single sum and a sum for each use once, as combination rules measure it.
pub(crate) fn a_year(per: Per) -> i64 {
    if per == Per::Month { 12 } else { 1 }
}

impl<'a> Side<'a> {
    pub(crate) fn open(
        order: &Order<'a>,
        pack: &'a Pack,
        touched: &Touched,
        measures: Option<&'a Measures>,
    ) -> Result<Side<'a>, WhatIfError> {
        let reader = Reader::open(order.snapshot, pack)?;
        let run = touched.run(usize::from(measures.is_none()));
        // Beside the programmes: first the income, if poverty is measured, then kinds of household.
        let income = measures.and_then(|m| m.poverty.as_ref()).map(|p| p.income.as_str());
        let types = measures.into_iter().flat_map(|m| &m.household_types).map(|t| t.when.as_str());
        let values: Vec<(Entity, &str)> = income.into_iter().chain(types).map(|v| (Entity::Household, v)).collect();
        let columns = Columns::compile_some(pack.program(), order.on, order.on, &|n| run.contains(&n), &values)?;
        let form = |id: &str| {
            let versions = &pack.programmes().get(id)?.versions;
            versions.iter().find(|v| v.covers(order.on))?.benefit.as_ref().map(|b| b.form)
        };
        let cash = pack.program().programmes().iter().map(|p| form(&p.id) == Some(Form::Cash)).collect();
        Ok(Side { pack, reader, columns, ties: Ties::of(pack), cash })
    }

    pub(crate) fn reader(&self) -> &Reader {
        &self.reader
    }

    /// Whether a programme, by place, pays money.
    pub(crate) fn is_cash(&self, programme: usize) -> bool {
        self.cash.get(programme).copied().unwrap_or(false)
    }

    /// The columns of a programme by place, and the period of its sum.
    pub(crate) fn of<'r>(&self, results: &'r Results, programme: Option<usize>) -> Option<(&'r ProgrammeColumns, Per)> {
        let programme = programme?;
        let found = results.programmes().iter().find(|p| p.programme == programme)?;
        let id = &self.pack.program().programmes().get(programme)?.id;
        let version = self.pack.version(id, found.version);
        Some((found, version.and_then(|v| v.amount.as_ref()).map_or(Per::Once, |(_, per)| *per)))
    }

    /// What a household has in a year after combination rules. Of what it may choose between the largest counts.
    pub(crate) fn net(&self, household: &Household, on: Date) -> Net {
        let (explanation, combined) = self.pack.evaluate_today(household, on);
        let mut net = Net::default();
        let mut choices: Vec<(&[String], i64, bool)> = Vec::new();
        for (single, after) in explanation.results.iter().zip(&combined.results) {
            let whose = || (single.programme.clone(), single.subject.clone());
            match (single.answer, after.standing) {
                (Answer::No, _) | (Answer::Yes, Standing::Dropped) => continue,
                // What gives way now and comes back when the other ends is not had now.
                (Answer::Yes, Standing::Shortened) if !begins(after, single.from, on) => continue,
                (Answer::CannotTell | Answer::Error, _) => {
                    net.open = true;
                    continue;
                }
                (Answer::Yes, _) => {}
            }
            net.grants.insert(whose());
            let amount = after.amount.as_ref().and_then(|a| Some(a.minor?.saturating_mul(a_year(a.per))));
            let amount = amount.unwrap_or(0);
            let place = self.pack.program().programmes().iter().position(|p| *p.id == *single.programme);
            let cash = place.is_some_and(|n| self.is_cash(n));
            match (after.standing, choices.iter_mut().find(|c| c.0 == after.by.as_slice())) {
                (Standing::Choice, Some(choice)) if choice.1 < amount => (choice.1, choice.2) = (amount, cash),
                (Standing::Choice, Some(_)) => {}
                (Standing::Choice, None) => choices.push((&after.by, amount, cash)),
                _ => net.count(amount, cash),
            }
        }
        choices.into_iter().for_each(|(_, amount, cash)| net.count(amount, cash));
        net
    }
}

/// Whether what is left of an entitlement begins when the entitlement itself does, or has begun.
fn begins(after: &CombinedResult, from: Option<Date>, on: Date) -> bool {
    let start = from.map_or(on, |from| from.max(on));
    after.periods.iter().any(|p| p.from.is_none_or(|from| from <= start) && p.until.is_none_or(|until| on < until))
}

impl Net {
    fn count(&mut self, amount: i64, cash: bool) {
        self.all = self.all.saturating_add(amount);
        if cash {
            self.cash = self.cash.saturating_add(amount);
        }
    }
}
