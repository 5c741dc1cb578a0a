//! The columnar machine: all programmes of a day over many households at once.
//!
//! [`Columns::compile`] makes of a [`Program`] one list of steps for a day; [`Columns::batch`] lays out households of one
//! size in columns, [`Columns::take`] takes columns that lie elsewhere; a [`Machine`] runs the steps over a batch and gives [`Results`]: for each programme and member slot the
//! answers as bits, the sums, and the condition that decided. The explaining evaluator is the reference: a value is the same in
//! both, with its bounds where it is unknown and with its place where it is an error. Where a row is as most rows are (known, and small
//! enough for 64 bits) the machine has its own loops over columns; every other row goes through the evaluator's own operations.
//!
//! plan (one list of steps) → scale (denominators of decimals) → run (columns by step) → numbers, truths, people, tables

mod batch;
mod bits;
mod bounds;
mod calendar;
mod chains;
mod column;
mod guards;
mod lent;
mod loops;
mod numbers;
mod odd;
mod people;
mod plan;
mod quotients;
#[cfg(target_arch = "x86_64")]
mod registers;
mod results;
mod run;
mod scalar;
mod scale;
mod tables;
mod truths;
mod view;

use std::sync::Arc;

use kernel::Date;

pub use batch::{Batch, ROWS};
pub use bits::Bits;
pub use lent::{Lender, Lent, Packed, Values};
pub use results::{Deciding, ProgrammeColumns, Results, SlotColumns};
pub use run::Machine;

use crate::days;
use crate::ir::Id;
use crate::program::Program;
use crate::schema::Entity;

/// Why rules cannot run in columns, or households cannot be laid out for them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ColumnsError {
    /// More people are looked at from one another than the evaluator holds.
    #[error("lists of people are nested too deep in `{place}`")]
    TooDeep {
        /// The expression.
        place: String,
    },
    /// The first deciding condition is one of at most 253.
    #[error("the programme `{programme}` has more conditions than can be told apart: at most 253")]
    TooManyConditions {
        /// The programme's id.
        programme: String,
    },
    /// No definition or item of that name.
    #[error("there is no definition or item `{name}`")]
    UnknownValue {
        /// As given.
        name: String,
    },
    /// A batch holds no more than [`ROWS`] households.
    #[error("{rows} households are too many for one batch: at most {ROWS}")]
    TooManyRows {
        /// How many there were.
        rows: usize,
    },
    /// The batch's columns are those of other rules, or of another day.
    #[error("the batch was laid out for other rules or another day")]
    ForeignBatch,
    /// All households of a batch have the same number of members.
    #[error("households of different sizes cannot share a batch")]
    UnequalSizes,
}

/// What is asked of a plan.
#[derive(Clone, Debug)]
pub(crate) enum Output {
    Programme {
        programme: usize,
        version: usize,
        subject: Entity,
        applies: Option<Id>,
        conditions: Vec<Id>,
        verdict: Id,
        amount: Option<Id>,
    },
    Value {
        entity: Entity,
        step: Id,
    },
}

/// The rules of one day, ready to run in columns.
#[derive(Debug)]
pub struct Columns<'p> {
    program: &'p Program,
    plan: plan::Plan,
    tables: Vec<Option<tables::Dense>>,
    /// Shared with the batches laid out for these rules, to tell them from others.
    mark: Arc<()>,
}

impl<'p> Columns<'p> {
    /// All programmes in force on a day, for claims made on the day `claim`.
    pub fn compile(program: &'p Program, on: Date, claim: Date) -> Result<Self, ColumnsError> {
        Self::compile_with(program, on, claim, &[])
    }

    /// The same, and named values (definitions or items) beside the programmes, in [`Results::values`].
    pub fn compile_with(
        program: &'p Program,
        on: Date,
        claim: Date,
        values: &[(Entity, &str)],
    ) -> Result<Self, ColumnsError> {
        Self::compile_some(program, on, claim, &|_| true, values)
    }

    /// The same for those programmes alone that are wanted, by index.
    pub fn compile_some(
        program: &'p Program,
        on: Date,
        claim: Date,
        wanted: &dyn Fn(usize) -> bool,
        values: &[(Entity, &str)],
    ) -> Result<Self, ColumnsError> {
        let plan = plan::plan(program, (days::of(on), days::of(claim)), wanted, values)?;
        let tables = plan.steps.iter().map(|s| tables::Dense::of(program, &plan, s)).collect();
        Ok(Columns { program, plan, tables, mark: Arc::new(()) })
    }

    /// The program it was made of.
    pub fn program(&self) -> &'p Program {
        self.program
    }

    /// How many operations a household takes, and how many each of its members, for all programmes together.
    pub fn operations(&self) -> (usize, usize) {
        let steps = || self.plan.steps.iter().filter(|s| matches!(s.work, plan::Work::Op(_) | plan::Work::Stated(..)));
        (steps().filter(|s| s.need == 0).count(), steps().filter(|s| s.need > 0).count())
    }
}
