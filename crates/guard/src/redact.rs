//! What a viewer sees of somebody whose whereabouts are protected: as if there were nothing to see.

use crate::{Relation, Role, Who};

/// Decides, for one viewer and one person, whether anything that gives away a place is shown. Apply it to the address,
/// the school, the facility, the office of an appointment, the area code of a telephone and the addresses of
/// household members and children, in every channel: page, letter, file, answer to an agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Redaction {
    hidden: bool,
}

impl Redaction {
    /// For this viewer and a person standing so to them. The person and the guardian of a protected child see their
    /// own place; everybody else goes through [`crate::Guard::reveal`] with the action `view_address`.
    pub fn new(who: &Who, relation: &Relation) -> Self {
        let theirs = who.role == Role::Citizen && (relation.own || relation.ward);
        Redaction { hidden: relation.perpetrator_side || (relation.protected && !theirs) }
    }

    /// For output nobody in particular reads (letters to others, files, agency answers): hides whatever is protected.
    pub fn for_anybody(relation: &Relation) -> Self {
        Redaction { hidden: relation.perpetrator_side || relation.protected }
    }

    /// Whether places are hidden.
    pub fn hides(&self) -> bool {
        self.hidden
    }

    /// The place, or nothing: the same nothing as when none is known.
    pub fn place<T>(&self, place: Option<T>) -> Option<T> {
        place.filter(|_| !self.hidden)
    }

    /// A list of places, or an empty one.
    pub fn places<T>(&self, places: Vec<T>) -> Vec<T> {
        if self.hidden { Vec::new() } else { places }
    }

    /// A telephone number: nothing when hidden and the number is tied to a place (`tied`), as land lines are.
    pub fn telephone<T>(&self, number: Option<T>, tied: bool) -> Option<T> {
        number.filter(|_| !(self.hidden && tied))
    }
}
