//! What every use case of this room works with.

use guard::Keys;
use kernel::{Date, Ids, Instant};

/// Keys, ids, the moment and the civil day in the country of the pack.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// Keys, for account numbers.
    pub keys: &'a Keys,
    /// Where new ids come from.
    pub ids: &'a dyn Ids,
    /// The moment.
    pub now: Instant,
    /// The civil day.
    pub today: Date,
}
