//! The working week of those who visit, and where places lie.

/// `visiting.toml`: when visits are made, and how long a way takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Visiting {
    /// Minutes after midnight at which the day begins at the office.
    pub from: u32,
    /// Minutes after midnight at which it ends there, breaks taken off.
    pub until: u32,
    /// The most visits of a day.
    pub most_a_day: u32,
    /// Minutes between the way and the door: a place for the car, the stairs.
    pub between: u32,
    /// How much longer roads are than the straight line, in percent of it: 130 is three tenths more.
    pub detour_percent: u32,
    /// Kilometres an hour on the way.
    pub km_per_hour: u32,
    /// Metres between two homes of one small area, and the least of any way.
    pub near_metres: u32,
}

/// A point on the earth, in degrees of WGS 84.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spot {
    /// North of the equator.
    pub lat: f64,
    /// East of Greenwich.
    pub lon: f64,
}
