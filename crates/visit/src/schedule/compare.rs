//! What another version of a protocol would change for a family that is moved to it.

use super::plan::{Planned, State};

/// A visit that would be at another time, be added, or be no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// As it is; `None`: it would be added.
    pub before: Option<Planned>,
    /// As it would be; `None`: it would be no more.
    pub after: Option<Planned>,
}

/// What differs of the visits that are still to be made, in the order of their windows. What took place, or was missed, stays as it was.
pub fn changes(before: &[Planned], after: &[Planned]) -> Vec<Change> {
    let open = |p: &&Planned| matches!(p.state, State::Ahead | State::Due | State::Late { .. });
    let of = |all: &[Planned], visit: &str| all.iter().filter(open).find(|p| p.visit == visit).cloned();
    let mut all: Vec<Change> = Vec::new();
    for old in before.iter().filter(open) {
        let new = of(after, &old.visit);
        if new.as_ref().is_none_or(|new| new.window != old.window) {
            all.push(Change { before: Some(old.clone()), after: new });
        }
    }
    let added = after.iter().filter(open).filter(|new| of(before, &new.visit).is_none());
    all.extend(added.map(|new| Change { before: None, after: Some(new.clone()) }));
    all.sort_by_key(|c| c.before.as_ref().or(c.after.as_ref()).map(|p| (p.window.opens, p.visit.clone())));
    all
}
