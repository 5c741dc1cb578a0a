//! What every use case of this room works with.

use catalogue::Pack;
use catalogue::model::Level;
use guard::Who;
use kernel::{Date, Ids, Instant};

/// The pack in force, ids and the moment.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// The pack in force.
    pub pack: &'a Pack,
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

    /// The office an official works for: the agency, and the district of the place; the empty place when they work
    /// for a larger one.
    pub fn office(&self, who: &Who) -> (String, String) {
        let place = who.jurisdiction.as_deref();
        let level = place.and_then(|p| self.pack.jurisdictions().get(p)).map(|j| j.level);
        let wide = matches!(level, None | Some(Level::Country | Level::Province));
        let Some(place) = place.filter(|_| !wide) else { return (who.organisation.clone(), String::new()) };
        (who.organisation.clone(), self.pack.district(place).to_owned())
    }
}
