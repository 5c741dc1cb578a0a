//! HL7 FHIR R4 (4.0.1): what our rooms keep, as resources, and what others send, as input of our use cases. Pure: no database,
//! no clock, nothing is decided here about who may see what.
//!
//! * [`resource`] and [`datatype`]: resources as JSON without anything empty, and what they are made of.
//! * [`person`], [`family`], [`plan`], [`referral`], [`directory`], [`trail`]: one module a room that is mapped.
//! * [`read`]: a resource that was sent, taken apart strictly; [`family::sent`] and [`referral::answer`] make input of it.
//! * [`surface`]: which kinds are served and what can be asked of each, as one table; [`capability`] publishes it and [`search`] works by it.
//! * [`bundle`]: searches, histories and transactions.
//!
//! Invariants: what is told alone is in no resource (the files made of here do not hold it), nor is any answer that a rule of safety
//! looks at; a resource sent has no element that is silently dropped.

pub mod bundle;
pub mod capability;
pub mod datatype;
pub mod directory;
pub mod export;
pub mod family;
pub mod measure;
pub mod person;
pub mod plan;
pub mod read;
pub mod referral;
pub mod resource;
pub mod search;
pub mod surface;
pub mod trail;

pub use read::Fault;
pub use resource::Resource;

use catalogue::Pack;
use kernel::{Date, Lang};

/// The version of FHIR that is spoken.
pub const VERSION: &str = "4.0.1";

/// The media type.
pub const MEDIA_TYPE: &str = "application/fhir+json";

/// The country whose words and places resources are made with.
#[derive(Clone, Copy, Debug)]
pub struct Country<'a> {
    /// The pack in force.
    pub pack: &'a Pack,
    /// The language of displays.
    pub lang: Lang,
    /// The civil day there.
    pub today: Date,
}

impl Country<'_> {
    /// Midnight of a day there, as FHIR writes an instant.
    pub(crate) fn midnight(&self, day: Date) -> String {
        let hours = self.pack.manifest().utc_offset_hours;
        let sign = if hours < 0 { '-' } else { '+' };
        format!("{day}T00:00:00{sign}{:02}:00", hours.unsigned_abs())
    }
}
