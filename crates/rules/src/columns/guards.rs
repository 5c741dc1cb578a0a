//! Which steps need not be worked out for a batch at all: those that are looked at only where something holds that, in this
//! batch, holds nowhere.
//!
//! The sum of a programme counts only where its verdict may be *yes*; a branch only where it may be taken; a condition only
//! where those before it do not fail already, for then the first of them has decided. A step that is used in several places
//! has the guards that all of them share.

use super::Output;
use super::plan::{Plan, Work};
use crate::ir::{Id, Op};

/// A truth, and the value of it that makes the guarded step idle.
pub(crate) type Guard = (Id, bool);

/// More than these are not looked at.
const MOST: usize = 6;

/// Gives every step its guards.
pub(crate) fn set(plan: &mut Plan) {
    let count = plan.steps.len();
    // `None`: no use seen yet.
    let mut all: Vec<Option<Vec<Guard>>> = vec![None; count];
    for output in &plan.outputs {
        match output {
            Output::Value { step, .. } => narrow(&mut all, *step, &[]),
            Output::Programme { applies, conditions, verdict, amount, .. } => {
                narrow(&mut all, *verdict, &[]);
                let mut before = Vec::new();
                for condition in applies.iter().chain(conditions) {
                    narrow(&mut all, *condition, &before);
                    before.push((*condition, false));
                }
                if let Some(amount) = amount {
                    narrow(&mut all, *amount, &[(*verdict, false)]);
                }
            }
        }
    }
    for n in (0..count).rev() {
        // What nobody looks at is idle anyhow.
        let own = all.get(n).cloned().flatten().unwrap_or_default();
        let Some(step) = plan.steps.get_mut(n) else { continue };
        step.guards = own.iter().filter(|(g, _)| (g.0 as usize) < n).take(MOST).copied().collect();
        for (operand, more) in uses(&step.work) {
            let guards: Vec<Guard> = own.iter().copied().chain(more).collect();
            narrow(&mut all, operand, &guards);
        }
    }
}

/// The operands of a step, each with the guards of this very use.
fn uses(work: &Work) -> Vec<(Id, Vec<Guard>)> {
    let in_turn = |list: &[Id], idle: bool| {
        let before = |n: usize| list.iter().take(n).map(|id| (*id, idle)).collect();
        list.iter().enumerate().map(|(n, id)| (*id, before(n))).collect()
    };
    match work {
        Work::Op(Op::If(c, yes, no)) => {
            vec![(*c, Vec::new()), (*yes, vec![(*c, false)]), (*no, vec![(*c, true)])]
        }
        Work::Op(Op::And(list)) => in_turn(list, false),
        Work::Op(Op::Or(list)) => in_turn(list, true),
        work => {
            let mut all = Vec::new();
            work.each(|a| all.push((a, Vec::new())));
            all
        }
    }
}

/// One more use: only what guards it too still guards the step.
fn narrow(all: &mut [Option<Vec<Guard>>], step: Id, guards: &[Guard]) {
    let Some(slot) = all.get_mut(step.0 as usize) else { return };
    match slot {
        None => *slot = Some(guards.to_vec()),
        Some(known) => known.retain(|g| guards.contains(g)),
    }
}
