//! Whether families got what the protocol promises.

use std::collections::BTreeMap;
use std::iter::Sum;
use std::ops::Add;

use catalogue::model::Protocol;
use jiff::civil::Date;

use super::family::{Ending, Family};
use super::plan::{Planned, State, Why};

/// Counts of visits; those of a nurse or a district are the sum of their families'.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fidelity {
    /// Visits whose time has come: all below but those ahead.
    pub planned: u32,
    /// Done within the window.
    pub in_window: u32,
    /// Done before or after it.
    pub out_of_window: u32,
    /// Window open, or over and can be made up.
    pub open: u32,
    /// Not done, by how the last attempt ended; `None`: nobody tried.
    pub missed: BTreeMap<Option<Ending>, u32>,
    /// Windows still to open.
    pub ahead: u32,
    /// Families whose dose is reached, on its way, or out of reach.
    pub doses: BTreeMap<DoseState, u32>,
}

/// How a family stands with the number of visits the protocol needs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DoseState {
    /// All needed visits took place.
    Reached,
    /// They still can.
    OnTheWay,
    /// Too few are left.
    OutOfReach,
}

/// What one family got.
pub fn fidelity(protocol: &Protocol, family: &Family, schedule: &[Planned]) -> Fidelity {
    let mut out = Fidelity::default();
    for planned in schedule {
        match &planned.state {
            State::Done { in_window: true, .. } => out.in_window += 1,
            State::Done { .. } => out.out_of_window += 1,
            State::Due | State::Late { .. } => out.open += 1,
            State::Missed { last } => *out.missed.entry(*last).or_default() += 1,
            State::Ahead => out.ahead += 1,
            State::NotNeeded(_) => {}
        }
    }
    out.planned = out.in_window + out.out_of_window + out.open + out.missed.values().sum::<u32>();
    if let Some(state) = dose(protocol, family, schedule) {
        out.doses.insert(state, 1);
    }
    out
}

/// Visits before birth count for a family that entered before birth; a family that mourns, or left, has no dose to reach.
fn dose(protocol: &Protocol, family: &Family, schedule: &[Planned]) -> Option<DoseState> {
    let dose = protocol.dose?;
    if family.loss().is_some() || family.left.is_some() {
        return None;
    }
    let birth = family.born().or(family.due)?;
    let needed_before = if family.entered < birth { dose.before_birth } else { 0 };
    let parts = [(needed_before, true), (dose.after_birth, false)];
    let states = parts.map(|(needed, before)| {
        let of_part = |p: &&Planned| is_before(p, birth) == before;
        let done = count(schedule.iter().filter(of_part), |s| matches!(s, State::Done { .. }));
        let left =
            count(schedule.iter().filter(of_part), |s| matches!(s, State::Ahead | State::Due | State::Late { .. }));
        match () {
            () if done >= needed => DoseState::Reached,
            () if done + left >= needed => DoseState::OnTheWay,
            () => DoseState::OutOfReach,
        }
    });
    states.into_iter().max()
}

fn is_before(planned: &Planned, birth: Date) -> bool {
    match (&planned.state, &planned.why) {
        (State::Done { on, .. }, _) => *on < birth,
        (_, Why::PregnancyWeek { .. }) => true,
        _ => planned.window.target < birth,
    }
}

fn count<'a>(of: impl Iterator<Item = &'a Planned>, is: impl Fn(&State) -> bool) -> u32 {
    u32::try_from(of.filter(|p| is(&p.state)).count()).unwrap_or(u32::MAX)
}

impl Add for Fidelity {
    type Output = Fidelity;

    fn add(mut self, other: Fidelity) -> Fidelity {
        for (ending, n) in other.missed {
            *self.missed.entry(ending).or_default() += n;
        }
        for (state, n) in other.doses {
            *self.doses.entry(state).or_default() += n;
        }
        Fidelity {
            planned: self.planned + other.planned,
            in_window: self.in_window + other.in_window,
            out_of_window: self.out_of_window + other.out_of_window,
            open: self.open + other.open,
            ahead: self.ahead + other.ahead,
            missed: self.missed,
            doses: self.doses,
        }
    }
}

impl Sum for Fidelity {
    fn sum<I: Iterator<Item = Fidelity>>(all: I) -> Fidelity {
        all.fold(Fidelity::default(), Add::add)
    }
}
