//! What every use case of this room works with, and who is responsible for a family.

use catalogue::Pack;
use catalogue::model::Level;
use guard::{Keys, Role, Who};
use kernel::{Date, Ids, Instant};

use crate::model::Enrolment;

/// For so many days after the last day of the visits a nurse may still write down what took place.
pub const FINISH: i32 = 14;

/// The desk at which families are enrolled and visits recorded.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The pack in force.
    pub pack: &'a Pack,
    /// Keys, for what is kept under seal.
    pub keys: &'a Keys,
    /// Where new ids come from.
    pub ids: &'a dyn Ids,
    /// The moment.
    pub now: Instant,
}

impl Desk<'_> {
    /// The civil day in the country of the pack.
    pub fn today(&self) -> Date {
        self.now.date(self.pack.manifest().utc_offset_hours)
    }

    /// The district around a place, or the place itself.
    pub fn district(&self, place: &str) -> String {
        self.pack.district(place).to_owned()
    }

    /// Whether the family is in this account's hands: a nurse's own families, a supervisor's of the district and agency. It is the
    /// guard's relation *open case*. After the last day the nurse has [`FINISH`] days for the records of visits that took place; then
    /// the file is her supervisor's alone, who answers for it and takes in what comes late.
    pub fn responsible(&self, who: &Who, enrolment: &Enrolment) -> bool {
        let agency = who.organisation == enrolment.organisation;
        match who.role {
            Role::Nurse => {
                let ended = enrolment.left.map(|(last, _)| (self.today() - last).get_days());
                agency
                    && enrolment.nurse_on(self.today()) == Some(who.account)
                    && ended.is_none_or(|days| days <= FINISH)
            }
            Role::VisitSupervisor => agency && self.within(&enrolment.place, who),
            _ => false,
        }
    }

    /// Whether a nurse makes the family's next visit in place of its own: she reads the file and writes the visit down. What was told alone is not hers
    /// to read.
    pub(crate) fn stands_in(&self, who: &Who, enrolment: &Enrolment) -> bool {
        let hers = enrolment.stand_in(self.today()).is_some_and(|c| c.nurse == who.account);
        hers && who.role == Role::Nurse && who.organisation == enrolment.organisation
    }

    /// Whether an agency's official works where the family lives: around it, or in a part of its district. Its machine works
    /// everywhere.
    pub(crate) fn works_there(&self, who: &Who, enrolment: &Enrolment) -> bool {
        let Some(office) = who.jurisdiction.as_deref() else { return who.role == Role::AgencySystem };
        self.within(&enrolment.place, who) || self.pack.within(office, &enrolment.place)
    }

    /// The district a supervisor works for; empty for a larger place, whose districts are looked at one by one.
    pub(crate) fn office(&self, who: &Who) -> String {
        let place = who.jurisdiction.as_deref().unwrap_or_default();
        let level = self.pack.jurisdictions().get(place).map(|j| j.level);
        if level == Some(Level::District) { place.to_owned() } else { String::new() }
    }

    /// Whether a place lies in the one somebody works for.
    pub(crate) fn within(&self, place: &str, who: &Who) -> bool {
        who.jurisdiction.as_deref().is_some_and(|office| self.pack.within(place, office))
    }
}
