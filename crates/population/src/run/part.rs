//! One part of a snapshot through the machine.

use std::collections::BTreeMap;
use std::path::Path;

use rules::columns::{Bits, Columns, Machine, Results};

use super::RunError;
use super::answers::Answers;
use super::done::{Done, FindingSheet, Tally};
use super::judge::Judge;
use crate::frame::{Chunk, GivenAward, Reader, Where};

/// One thread's machine.
pub(crate) struct Worker<'r> {
    reader: &'r Reader,
    columns: &'r Columns<'r>,
    machine: Machine<'r>,
    judge: &'r Judge<'r>,
    out: &'r Path,
}

impl<'r> Worker<'r> {
    pub(crate) fn new(reader: &'r Reader, columns: &'r Columns<'r>, judge: &'r Judge<'r>, out: &'r Path) -> Self {
        Worker { reader, columns, machine: Machine::new(columns), judge, out }
    }

    /// Runs a part and writes what came of it; `homes` are its households to set aside because of others.
    pub(crate) fn part(&mut self, n: usize, homes: &[Where]) -> Result<Done, RunError> {
        let mut part = self.reader.whole_part(n)?;
        let name = part.entry().name.clone();
        let mut done = Done::new(&name);
        let mut answers = Answers::create(self.out, &name)?;
        let mut sheet = FindingSheet::create(self.out, &name)?;
        // The others set their household aside, below.
        let nowhere = part.stray_awards().iter().filter(|w| w.row >= part.entry().households);
        nowhere.for_each(|w| done.fault(w));
        while let Some(chunk) = part.next_chunk()? {
            let results = self.machine.run(&chunk.batch(self.columns)?).map_err(crate::frame::FrameError::from)?;
            let good = self.good(&chunk, homes, part.stray_awards(), &mut done);
            tally(&results, &good, self.columns, &mut done.programmes);
            answers.add(chunk.first(), &results, &good)?;
            let awards = awards_of(part.awards(), &chunk);
            for row in self.differing(&results, &good, awards, &chunk).rows() {
                let all = chunk.first() + row;
                let from = awards.partition_point(|a| a.row < all);
                let here = awards.get(from..).unwrap_or(&[]);
                let here = here.get(..here.partition_point(|a| a.row == all)).unwrap_or(&[]);
                let (findings, explained) = self.judge.household(&chunk, &results, row, here)?;
                done.explained += u64::from(explained);
                for finding in findings {
                    *done.findings.entry(finding.kind).or_default() += 1;
                    sheet.add(finding);
                }
            }
            sheet.flush()?;
        }
        done.hashes = [answers.close()?, sheet.close()?];
        done.write(self.out)?;
        Ok(done)
    }

    /// The households of a batch with which nothing is wrong.
    fn good(&self, chunk: &Chunk<'_>, homes: &[Where], stray: &[Where], done: &mut Done) -> Bits {
        let mut good = Bits::first(chunk.rows());
        let span = chunk.first()..chunk.first() + chunk.rows();
        for place in chunk.aside().iter().chain(homes).chain(stray).filter(|w| span.contains(&w.row)) {
            let row = place.row - chunk.first();
            if good.has(row) {
                good.unset(row);
                done.aside += 1;
                done.fault(place);
            }
        }
        done.households += chunk.rows() as u64;
        good
    }

    /// Households that are paid something, or could claim something that they are not paid.
    fn differing(&self, results: &Results, good: &Bits, awards: &[GivenAward], chunk: &Chunk<'_>) -> Bits {
        let mut rows = Bits::none_of(chunk.rows());
        for p in results.programmes().iter().filter(|p| self.judge.claimable(p.programme)) {
            p.slots.iter().for_each(|s| rows.add(&s.yes));
        }
        awards.iter().for_each(|a| rows.set(a.row - chunk.first()));
        rows.keep(good);
        rows
    }
}

fn awards_of<'a>(awards: &'a [GivenAward], chunk: &Chunk<'_>) -> &'a [GivenAward] {
    let from = awards.partition_point(|a| a.row < chunk.first());
    let to = awards.partition_point(|a| a.row < chunk.first() + chunk.rows());
    awards.get(from..to).unwrap_or(&[])
}

fn tally(results: &Results, good: &Bits, columns: &Columns<'_>, to: &mut BTreeMap<String, Tally>) {
    for p in results.programmes() {
        let Some(programme) = columns.program().programmes().get(p.programme) else { continue };
        let mut here = Tally::default();
        for slot in &p.slots {
            let count = |bits: &Bits| bits.count_within(good);
            let (asked, yes, no, error) = (count(&slot.asked), count(&slot.yes), count(&slot.no), count(&slot.error));
            here.yes += yes;
            here.no += no;
            here.error += error;
            here.open += asked - yes - no - error;
            let paid = slot.yes.rows().filter(|row| good.has(*row)).filter_map(|row| slot.amount(row));
            here.sum += paid.map(i128::from).sum::<i128>();
        }
        to.entry(programme.id.to_string()).or_default().add(&here);
    }
}
