//! A week as a value: visits that could be made, days, and when somebody would be where. No clock, no database.

use catalogue::model::{Spot, Visiting};
use geographiclib_rs::{Geodesic, InverseGeodesic};
use kernel::Date;

/// A visit that could be made in the week.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Minutes in the home.
    pub minutes: u32,
    /// The first and the last day on which it may be made.
    pub days: (Date, Date),
    /// How much it matters that it is made in this week: those that matter more come first.
    pub weight: Weight,
    /// Where; `None`: not told, and then it lies as near as any.
    pub point: Option<Spot>,
    /// Where somebody put it: a day and a place in its order, or out of the week.
    pub put: Option<Put>,
}

/// How much it matters that a visit is made in this week.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It may wait.
    MayWait,
    /// Its best day comes, or has passed.
    Best,
    /// Its window ends in this week, or is over.
    Last,
}

/// Where somebody put a visit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// On this day, at this place in its order.
    On(Date, u32),
    /// Not in this week.
    Out,
}

/// Where and when work is done.
#[derive(Clone, Debug, PartialEq)]
pub struct Hours {
    /// The pack's figures.
    pub visiting: Visiting,
    /// Where days begin and end.
    pub office: Option<Spot>,
    /// The days on which she works.
    pub days: Vec<Date>,
}

/// A way between two places.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Way {
    /// Metres on the road, as far as the straight line tells.
    pub metres: u32,
    /// Minutes.
    pub minutes: u32,
}

impl Hours {
    /// The way from one place to another.
    pub fn way(&self, from: Option<Spot>, to: Option<Spot>) -> Way {
        let v = &self.visiting;
        let straight: f64 = match (from, to) {
            (Some(a), Some(b)) => Geodesic::wgs84().inverse(a.lat, a.lon, b.lat, b.lon),
            _ => 0.0,
        };
        let road = straight * f64::from(v.detour_percent) / 100.0;
        // Nothing on earth is farther than 20,000 km, so this fits.
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "metres on earth")]
        let metres = (road.round() as u32).max(v.near_metres);
        Way { metres, minutes: (metres * 6).div_ceil(v.km_per_hour * 100) }
    }

    /// Minutes of a working day.
    pub fn length(&self) -> u32 {
        self.visiting.until - self.visiting.from
    }
}

/// A visit with its time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Timed {
    /// Which candidate.
    pub candidate: usize,
    /// The way there, from the visit before or from the office.
    pub way: Way,
    /// Minutes after midnight at the door.
    pub arrives: u32,
    /// Minutes after midnight when she goes.
    pub leaves: u32,
}

/// A day of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Day {
    /// The day.
    pub date: Date,
    /// Visits in their order.
    pub stops: Vec<Timed>,
    /// Minutes after midnight back at the office.
    pub back: u32,
}

/// Why a visit is in none of the days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Somebody put it out of this week.
    PutOut,
    /// On none of its days she works.
    Away,
    /// The way there and back with the visit is longer than a day.
    TooFar,
    /// Its days are full with what matters more, or lies nearer.
    Full,
}

/// A plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// The days on which she works.
    pub days: Vec<Day>,
    /// What is in none of them, by candidate.
    pub left_out: Vec<(usize, Why)>,
}

/// Puts times to a day's visits in their order.
pub fn timed(hours: &Hours, all: &[Candidate], date: Date, order: &[usize]) -> Day {
    let (mut at, mut now) = (hours.office, hours.visiting.from);
    let mut stops = Vec::with_capacity(order.len());
    for (candidate, c) in order.iter().filter_map(|n| Some((*n, all.get(*n)?))) {
        let way = hours.way(at, c.point);
        let arrives = now + way.minutes + hours.visiting.between;
        let leaves = arrives + c.minutes;
        stops.push(Timed { candidate, way, arrives, leaves });
        (at, now) = (c.point, leaves);
    }
    let back = if stops.is_empty() { now } else { now + hours.way(at, hours.office).minutes };
    Day { date, stops, back }
}
