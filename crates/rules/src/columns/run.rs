//! Running the steps over a batch.

use std::cell::RefCell;
use std::sync::Arc;

use super::batch::Batch;
use super::bits::{Bits, words};
use super::column::{Column, Kind, Shape};
use super::guards::Guard;
use super::people::{Gathering, Relative};
use super::plan::{Step, Work};
use super::results::{Asked, Results};
use super::scalar::{Call, scalar};
use super::tables::Dense;
use super::view::View;
use super::{Columns, ColumnsError, Output, numbers, scale, truths};
use crate::ir::{Id, Op, Relation};
use crate::schema::Entity;
use crate::value::Val;

/// More operands than this are rare.
const FEW: usize = 6;

const NO_VIEW: View<'static> = View::Same(&Val::UNKNOWN);

/// Columns that wait for their next use.
#[derive(Debug, Default)]
#[allow(clippy::vec_box, reason = "columns are large and handed on often")]
struct Spare {
    numbers: Vec<Box<Column>>,
    truths: Vec<Box<Column>>,
    words: usize,
}

/// What a step came to for one slot.
#[derive(Debug, Default)]
enum Kept {
    #[default]
    Nothing,
    Column(Box<Column>),
    /// The same truth in all rows.
    Same(&'static Val),
}

/// Runs batches on one thread. Memory is kept from batch to batch.
#[derive(Debug)]
pub struct Machine<'c> {
    columns: &'c Columns<'c>,
    /// By step, then by member slot.
    held: Vec<Kept>,
    /// Where the slots of each step begin, and after the last step where they end; for households of `size`.
    starts: Vec<usize>,
    size: Option<usize>,
    spare: RefCell<Spare>,
    /// Results that are no longer needed.
    done: Option<Results>,
}

/// A column lent, one value for all rows, or a column worked out for this very use.
pub(crate) enum Held<'a> {
    View(View<'a>),
    Own(Box<Column>),
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
    pub(crate) rows: &'a Bits,
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
        Machine { columns, held: Vec::new(), starts: Vec::new(), size: None, spare: RefCell::default(), done: None }
    }

    /// Gives back results that are no longer needed: the memory of one is used again.
    pub fn reuse(&mut self, results: Results) {
        self.done = Some(results);
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
        let mut results = Results::prepared(self.done.take(), batch, &columns.plan.outputs);
        self.lay_out(batch.size);
        for (n, step) in columns.plan.steps.iter().enumerate() {
            let places = self.places(n);
            let idle = !places.is_empty() && step.guards.iter().any(|g| self.closed(*g));
            for (slot, place) in places.enumerate() {
                let kept = if idle {
                    // Never looked at.
                    Kept::Same(&Val::UNKNOWN)
                } else {
                    let env: &[usize] = if step.need == 0 { &[] } else { &[slot] };
                    let ready = self.work(n, step, batch, &rows, env);
                    match ready.same(&rows) {
                        Some(v) => {
                            self.give_back(ready);
                            Kept::Same(v)
                        }
                        None => Kept::Column(ready),
                    }
                };
                if let Some(held) = self.held.get_mut(place) {
                    *held = kept;
                }
            }
            for output in &step.completes {
                self.emit(*output, batch, &rows, &mut results);
            }
            for free in &step.last_of {
                for place in self.places(*free) {
                    if let Some(Kept::Column(column)) = self.held.get_mut(place).map(std::mem::take) {
                        self.give_back(column);
                    }
                }
            }
        }
        results.values.sort_by_key(|(output, _)| *output);
        Ok(results)
    }

    /// Finds places for all steps.
    fn lay_out(&mut self, size: usize) {
        if self.size == Some(size) {
            return;
        }
        let slots = |step: &Step| match (&step.work, step.need) {
            (Work::Same(_) | Work::Fact(..), _) => 0,
            _ if step.within => 0,
            (_, 0) => 1,
            (_, 1) => size,
            // Worked out person by person by the list that looks at them.
            _ => 0,
        };
        let mut end = 0;
        self.starts.clear();
        self.starts.push(0);
        for step in &self.columns.plan.steps {
            end += slots(step);
            self.starts.push(end);
        }
        self.held.clear();
        self.held.resize_with(end, Kept::default);
        self.size = Some(size);
    }

    /// The places of a step's slots.
    #[inline]
    fn places(&self, step: usize) -> std::ops::Range<usize> {
        let start = |n: usize| self.starts.get(n).copied().unwrap_or(0);
        start(step)..start(step + 1)
    }

    /// Whether a guard closes for all members of all households of the batch.
    fn closed(&self, (truth, idle): Guard) -> bool {
        let held = self.held.get(self.places(truth.0 as usize)).unwrap_or(&[]);
        !held.is_empty() && held.iter().all(|k| matches!(k, Kept::Same(Val::Bool(b)) if *b == idle))
    }

    fn take(&self, shape: Shape, rows: usize) -> Box<Column> {
        let mut spare = self.spare.borrow_mut();
        let waiting = match shape {
            Shape::Truth => spare.truths.pop(),
            Shape::Number(_) => spare.numbers.pop(),
        };
        let Some(mut column) = waiting else { return Box::new(Column::new(shape, rows)) };
        match (column.as_mut(), shape) {
            (Column::Number(c), Shape::Number(kind)) => c.clear(kind),
            (Column::Truth(t), _) => t.clear(),
            (Column::Number(_), Shape::Truth) => {}
        }
        column
    }

    fn give_back(&self, column: Box<Column>) {
        let mut spare = self.spare.borrow_mut();
        match column.as_ref() {
            Column::Truth(_) => spare.truths.push(column),
            Column::Number(_) => spare.numbers.push(column),
        }
    }

    fn step(&self, id: Id) -> Option<&'c Step> {
        self.columns.plan.steps.get(id.0 as usize)
    }

    /// The values of a step for the person that the slots lead to, if they are at hand.
    fn lent<'a>(&'a self, id: Id, batch: &'a Batch, env: &[usize]) -> Option<View<'a>> {
        let step = self.step(id)?;
        let slot = env.last().copied().unwrap_or(0);
        let held = |slot: usize| {
            let places = self.places(id.0 as usize);
            self.held.get(places).and_then(|h| h.get(slot))
        };
        let kept = match (&step.work, step.need) {
            (Work::Same(v), _) => return Some(View::Same(v)),
            (Work::Fact(Entity::Household, n), _) => return batch.household.get(*n).map(View::Column),
            (Work::Fact(Entity::Person, n), _) => {
                return batch.person.get(*n).and_then(|slots| slots.get(slot)).map(View::Column);
            }
            (_, 0) => held(0),
            (_, 1) => held(slot),
            (Work::Op(Op::Outer(by, a)), _) => {
                let outside = env.len().saturating_sub(usize::from(*by));
                return self.lent(*a, batch, env.get(..outside).unwrap_or(&[]));
            }
            _ => None,
        };
        match kept? {
            Kept::Column(column) => Some(View::Column(column)),
            Kept::Same(v) => Some(View::Same(v)),
            Kept::Nothing => None,
        }
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
            Some(step) if step.need >= 2 || step.within => Held::Own(self.work(id.0 as usize, step, batch, rows, env)),
            _ => Held::View(View::Same(&Val::UNKNOWN)),
        }
    }

    fn work(&self, n: usize, step: &'c Step, batch: &Batch, rows: &Bits, env: &[usize]) -> Box<Column> {
        let mut out = self.take(step.shape, batch.rows);
        if let Work::Op(op @ Op::Aggregate { .. }) = &step.work {
            self.gather(op, step, batch, rows, env, &mut out);
            return out;
        }
        if let (Some(chain), Column::Number(numbers)) = (&step.chain, out.as_mut())
            && let Some(base) = self.lent(chain.base, batch, env)
        {
            let den = self.step(chain.base).map_or(0, |s| scale::den(s.shape));
            if numbers::chained(step, chain, (base, den), rows, numbers) {
                return out;
            }
        }
        // Nearly all operands are columns at hand, and few: no memory is asked for.
        let mut few = [NO_VIEW; FEW];
        let mut at_hand = true;
        if let Some(few) = few.get_mut(..step.operands.len()) {
            for (slot, a) in few.iter_mut().zip(&step.operands) {
                match self.lent(*a, batch, env) {
                    Some(view) => *slot = view,
                    None => at_hand = false,
                }
            }
        }
        if let (true, Some(views)) = (at_hand, few.get(..step.operands.len())) {
            self.apply(n, step, views, rows, &mut out);
            return out;
        }
        let held: Vec<Held<'_>> = step.operands.iter().map(|a| self.get(*a, batch, rows, env)).collect();
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
        let den = value.and_then(|v| self.step(v)).map_or(1, |s| scale::den(s.shape));
        let order = |row: usize| batch.named(*relation, person, row);
        let gathering = |relatives: &[Relative<'_>], out: &mut Column| {
            Gathering { how: *how, lane: step.lane, node: step.node, relatives, rows, order: &order }.work(out);
        };
        let mut few = [Relative { slot: 0, rows: None, filter: None, value: None, den }; FEW];
        if *relation == Relation::Members
            && env.is_empty()
            && let Some(few) = few.get_mut(..batch.size)
            && self.all_at_hand(batch, (*filter, *value), few)
        {
            return gathering(few, out);
        }
        let mut inner = env.to_vec();
        let mut columns = Vec::new();
        for (slot, related) in batch.related(*relation, person) {
            inner.truncate(env.len());
            inner.push(slot);
            let get = |id: &Option<Id>| id.map(|id| self.get(id, batch, rows, &inner));
            columns.push((slot, related, get(filter), get(value)));
        }
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
        gathering(&relatives, out);
        for (_, _, filter, value) in columns {
            for own in [filter, value].into_iter().flatten() {
                if let Held::Own(column) = own {
                    self.give_back(column);
                }
            }
        }
    }

    /// The members of a household with what is asked of each, where all of it is at hand: no memory is asked for.
    fn all_at_hand<'a>(
        &'a self,
        batch: &'a Batch,
        (filter, value): (Option<Id>, Option<Id>),
        to: &mut [Relative<'a>],
    ) -> bool {
        for (slot, relative) in to.iter_mut().enumerate() {
            relative.slot = slot;
            for (id, place) in [(filter, &mut relative.filter), (value, &mut relative.value)] {
                let Some(id) = id else { continue };
                *place = self.lent(id, batch, &[slot]);
                if place.is_none() {
                    return false;
                }
            }
        }
        true
    }

    fn emit(&self, output: usize, batch: &Batch, rows: &Bits, results: &mut Results) {
        match self.columns.plan.outputs.get(output) {
            Some(Output::Programme { subject, applies, conditions, verdict, amount, .. }) => {
                let Some(programme) = results.programmes.get_mut(output) else { return };
                for (slot, out) in programme.slots.iter_mut().enumerate() {
                    let env: &[usize] = if *subject == Entity::Household { &[] } else { &[slot] };
                    let get = |id: &Id| self.get(*id, batch, rows, env);
                    let (verdict, applies, amount) =
                        (get(verdict), applies.as_ref().map(get), amount.as_ref().map(get));
                    let mut few = [NO_VIEW; FEW];
                    let mut at_hand = conditions.len() <= FEW;
                    for (slot, c) in few.iter_mut().zip(conditions) {
                        match self.lent(*c, batch, env) {
                            Some(view) => *slot = view,
                            None => at_hand = false,
                        }
                    }
                    let held: Vec<Held<'_>> = if at_hand { Vec::new() } else { conditions.iter().map(get).collect() };
                    let views: Vec<View<'_>> = held.iter().map(Held::view).collect();
                    let few = few.get(..conditions.len()).unwrap_or(&[]);
                    out.fill(&Asked {
                        rows,
                        verdict: verdict.view(),
                        applies: applies.as_ref().map(Held::view),
                        conditions: if at_hand { few } else { &views },
                        amount: amount.as_ref().map(Held::view),
                    });
                }
            }
            Some(Output::Value { entity, step }) => {
                let slots = if *entity == Entity::Household { 1 } else { batch.size };
                let of_slot = |slot: usize| match self.get(*step, batch, rows, &[slot]).view() {
                    View::Column(c) => c.clone(),
                    View::Same(v) => {
                        let shape = self.step(*step).map_or(Shape::Number(Kind::Int), |s| s.shape);
                        let mut column = Column::new(shape, batch.rows);
                        (0..batch.rows).for_each(|row| column.put(row, *v));
                        column
                    }
                };
                results.values.push((output, (0..slots).map(of_slot).collect()));
            }
            None => {}
        }
    }
}
