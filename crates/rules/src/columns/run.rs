//! Running the steps over a batch.

use std::cell::RefCell;
use std::sync::Arc;

use super::batch::Batch;
use super::bits::{Bits, words};
use super::column::{Column, Kind, Numbers, Shape, Truths, View};
use super::people::{Gathering, Relative};
use super::plan::{Step, Work};
use super::results::{ProgrammeColumns, Results, SlotColumns};
use super::scalar::{Call, scalar};
use super::tables::Dense;
use super::{Columns, ColumnsError, Output, numbers, scale, truths};
use crate::ir::{Id, Op};
use crate::schema::Entity;
use crate::value::Val;

/// More operands than this are rare.
const FEW: usize = 8;

/// Columns that wait for their next use.
#[derive(Debug, Default)]
struct Spare {
    numbers: Vec<Numbers>,
    truths: Vec<Truths>,
    words: usize,
}

/// Runs batches on one thread. Memory is kept from batch to batch.
#[derive(Debug)]
pub struct Machine<'c> {
    columns: &'c Columns<'c>,
    /// By step, then by member slot.
    held: Vec<Vec<Column>>,
    spare: RefCell<Spare>,
}

/// A column lent, one value for all rows, or a column worked out for this very use.
pub(crate) enum Held<'a> {
    View(View<'a>),
    Own(Column),
}

impl Held<'_> {
    pub(crate) fn view(&self) -> View<'_> {
        match self {
            Held::View(v) => *v,
            Held::Own(c) => View::Column(c),
        }
    }
}

/// One step over one slot, with its operands.
pub(crate) struct Job<'a> {
    pub(crate) work: &'a Work,
    pub(crate) views: &'a [View<'a>],
    /// Denominators of the operands.
    dens: &'a [i64],
    /// For comparisons: the common denominator.
    pub(crate) common: i64,
    pub(crate) table: Option<&'a Dense>,
    call: Call<'a>,
    rows: &'a Bits,
}

impl Job<'_> {
    pub(crate) fn words(&self) -> usize {
        self.rows.words().len()
    }

    pub(crate) fn den(&self, n: usize) -> i64 {
        self.dens.get(n).copied().unwrap_or(1)
    }

    /// The node that errors of this step name.
    pub(crate) fn node(&self) -> u32 {
        self.call.node
    }

    /// Leaves only rows that there are.
    pub(crate) fn present<'b>(&self, odd: &'b mut Bits) -> &'b mut Bits {
        odd.keep(self.rows);
        odd
    }

    /// One row as the explaining evaluator does it.
    pub(crate) fn scalar(&self, row: usize) -> Val {
        let mut few = [Val::Bool(false); 4];
        match few.get_mut(..self.views.len()) {
            Some(args) => {
                args.iter_mut().zip(self.views).for_each(|(a, v)| *a = v.get(row));
                scalar(self.work, self.call, args)
            }
            None => {
                let args: Vec<Val> = self.views.iter().map(|v| v.get(row)).collect();
                scalar(self.work, self.call, &args)
            }
        }
    }
}

impl<'c> Machine<'c> {
    /// A machine for these rules.
    pub fn new(columns: &'c Columns<'c>) -> Self {
        Machine { columns, held: vec![Vec::new(); columns.plan.steps.len()], spare: RefCell::default() }
    }

    /// All programmes and named values for all households of a batch.
    pub fn run(&mut self, batch: &Batch) -> Result<Results, ColumnsError> {
        if !Arc::ptr_eq(&batch.mark, &self.columns.mark) {
            return Err(ColumnsError::ForeignBatch);
        }
        let w = words(batch.rows);
        if self.spare.get_mut().words != w {
            *self.spare.get_mut() = Spare { words: w, ..Spare::default() };
        }
        let columns = self.columns;
        let rows = Bits::first(batch.rows);
        let mut results = Results::new(batch.rows, batch.size);
        for (n, step) in columns.plan.steps.iter().enumerate() {
            let ready = match (&step.work, step.need) {
                (Work::Same(_) | Work::Fact(..), _) => Vec::new(),
                (_, 0) => vec![self.work(n, step, batch, &rows, &[])],
                (_, 1) => (0..batch.size).map(|slot| self.work(n, step, batch, &rows, &[slot])).collect(),
                // Worked out person by person by the list that looks at them.
                _ => Vec::new(),
            };
            if let Some(held) = self.held.get_mut(n) {
                *held = ready;
            }
            for output in &step.completes {
                self.emit(*output, batch, &rows, &mut results);
            }
            for free in &step.last_of {
                let columns = self.held.get_mut(*free).map(std::mem::take).unwrap_or_default();
                columns.into_iter().for_each(|c| self.give_back(c));
            }
        }
        results.programmes.sort_by_key(|p| p.programme);
        results.values.sort_by_key(|(output, _)| *output);
        Ok(results)
    }

    fn take(&self, shape: Shape, rows: usize) -> Column {
        let mut spare = self.spare.borrow_mut();
        match shape {
            Shape::Truth => match spare.truths.pop() {
                Some(mut t) => {
                    t.clear();
                    Column::Truth(t)
                }
                None => Column::new(shape, rows),
            },
            Shape::Number(kind) => match spare.numbers.pop() {
                Some(mut c) => {
                    c.clear(kind);
                    Column::Number(c)
                }
                None => Column::new(shape, rows),
            },
        }
    }

    fn give_back(&self, column: Column) {
        let mut spare = self.spare.borrow_mut();
        match column {
            Column::Truth(t) => spare.truths.push(t),
            Column::Number(c) => spare.numbers.push(c),
        }
    }

    fn step(&self, id: Id) -> Option<&'c Step> {
        self.columns.plan.steps.get(id.0 as usize)
    }

    /// The values of a step for the person that the slots lead to, if they are at hand.
    fn lent<'a>(&'a self, id: Id, batch: &'a Batch, env: &[usize]) -> Option<View<'a>> {
        let step = self.step(id)?;
        let slot = env.last().copied().unwrap_or(0);
        let column = match (&step.work, step.need) {
            (Work::Same(v), _) => return Some(View::Same(*v)),
            (Work::Fact(Entity::Household, n), _) => batch.household.get(*n),
            (Work::Fact(Entity::Person, n), _) => batch.person.get(*n).and_then(|slots| slots.get(slot)),
            (_, 0) => self.held.get(id.0 as usize).and_then(|h| h.first()),
            (_, 1) => self.held.get(id.0 as usize).and_then(|h| h.get(slot)),
            (Work::Op(Op::Outer(by, a)), _) => {
                let outside = env.len().saturating_sub(usize::from(*by));
                return self.lent(*a, batch, env.get(..outside).unwrap_or(&[]));
            }
            _ => None,
        };
        column.map(View::Column)
    }

    /// The same; what looks at several people is worked out for these.
    fn get<'a>(&'a self, id: Id, batch: &'a Batch, rows: &Bits, env: &[usize]) -> Held<'a> {
        if let Some(view) = self.lent(id, batch, env) {
            return Held::View(view);
        }
        match self.step(id) {
            Some(Step { work: Work::Op(Op::Outer(by, a)), .. }) => {
                let outside = env.len().saturating_sub(usize::from(*by));
                self.get(*a, batch, rows, env.get(..outside).unwrap_or(&[]))
            }
            Some(step) if step.need >= 2 => Held::Own(self.work(id.0 as usize, step, batch, rows, env)),
            _ => Held::View(View::Same(Val::UNKNOWN)),
        }
    }

    fn work(&self, n: usize, step: &'c Step, batch: &Batch, rows: &Bits, env: &[usize]) -> Column {
        let mut out = self.take(step.shape, batch.rows);
        if let Work::Op(op @ Op::Aggregate { .. }) = &step.work {
            self.gather(op, step, batch, rows, env, &mut out);
            return out;
        }
        // Nearly all operands are columns at hand, and few: no memory is asked for.
        let mut few = [View::Same(Val::UNKNOWN); FEW];
        let (mut count, mut at_hand) = (0, true);
        step.work.each(|a| {
            match (self.lent(a, batch, env), few.get_mut(count)) {
                (Some(view), Some(slot)) => *slot = view,
                _ => at_hand = false,
            }
            count += 1;
        });
        if let (true, Some(views)) = (at_hand, few.get(..count)) {
            self.apply(n, step, views, rows, &mut out);
            return out;
        }
        let mut held = Vec::new();
        step.work.each(|a| held.push(self.get(a, batch, rows, env)));
        let views: Vec<View<'_>> = held.iter().map(Held::view).collect();
        self.apply(n, step, &views, rows, &mut out);
        for own in held {
            if let Held::Own(column) = own {
                self.give_back(column);
            }
        }
        out
    }

    fn apply(&self, n: usize, step: &'c Step, views: &[View<'_>], rows: &Bits, out: &mut Column) {
        let job = Job {
            work: &step.work,
            views,
            dens: &step.dens,
            common: step.common,
            table: self.columns.tables.get(n).and_then(Option::as_ref),
            call: Call { node: step.node, lane: step.lane, tables: &self.columns.program.tables },
            rows,
        };
        match out {
            Column::Truth(t) => truths::work(&job, t),
            Column::Number(c) => numbers::work(&job, c),
        }
    }

    fn gather(&self, op: &Op, step: &Step, batch: &Batch, rows: &Bits, env: &[usize], out: &mut Column) {
        let Op::Aggregate { how, relation, of, filter, value } = op else { return };
        let person = env.len().checked_sub(1 + usize::from(*of)).and_then(|n| env.get(n)).copied().unwrap_or(0);
        let mut inner = env.to_vec();
        let mut columns = Vec::new();
        for (slot, related) in batch.related(*relation, person) {
            inner.truncate(env.len());
            inner.push(slot);
            let get = |id: &Option<Id>| id.map(|id| self.get(id, batch, rows, &inner));
            columns.push((slot, related, get(filter), get(value)));
        }
        let den = value.and_then(|v| self.step(v)).map_or(1, |s| scale::den(s.shape));
        let relatives: Vec<Relative<'_>> = columns
            .iter()
            .map(|(slot, rows, filter, value)| Relative {
                slot: *slot,
                rows: *rows,
                filter: filter.as_ref().map(Held::view),
                value: value.as_ref().map(Held::view),
                den,
            })
            .collect();
        let order = |row: usize| batch.named(*relation, person, row);
        let gathering =
            Gathering { how: *how, lane: step.lane, node: step.node, relatives: &relatives, rows, order: &order };
        gathering.work(out);
        for (_, _, filter, value) in columns {
            for own in [filter, value].into_iter().flatten() {
                if let Held::Own(column) = own {
                    self.give_back(column);
                }
            }
        }
    }

    fn emit(&self, output: usize, batch: &Batch, rows: &Bits, results: &mut Results) {
        match self.columns.plan.outputs.get(output) {
            Some(Output::Programme { programme, version, subject, applies, conditions, verdict, amount }) => {
                let slots = if *subject == Entity::Household { 1 } else { batch.size };
                let of_slot = |slot: usize| {
                    let env: &[usize] = if *subject == Entity::Household { &[] } else { &[slot] };
                    let get = |id: &Id| self.get(*id, batch, rows, env);
                    let conditions: Vec<Held<'_>> = conditions.iter().map(get).collect();
                    let (applies, amount) = (applies.as_ref().map(get), amount.as_ref().map(get));
                    SlotColumns::of(
                        rows,
                        get(verdict).view(),
                        applies.as_ref().map(Held::view),
                        &conditions.iter().map(Held::view).collect::<Vec<_>>(),
                        amount.as_ref().map(Held::view),
                    )
                };
                results.programmes.push(ProgrammeColumns {
                    programme: *programme,
                    version: *version,
                    subject: *subject,
                    slots: (0..slots).map(of_slot).collect(),
                });
            }
            Some(Output::Value { entity, step }) => {
                let slots = if *entity == Entity::Household { 1 } else { batch.size };
                let of_slot = |slot: usize| match self.get(*step, batch, rows, &[slot]).view() {
                    View::Column(c) => c.clone(),
                    View::Same(v) => {
                        let shape = self.step(*step).map_or(Shape::Number(Kind::Int), |s| s.shape);
                        let mut column = Column::new(shape, batch.rows);
                        (0..batch.rows).for_each(|row| column.put(row, v));
                        column
                    }
                };
                results.values.push((output, (0..slots).map(of_slot).collect()));
            }
            None => {}
        }
    }
}
