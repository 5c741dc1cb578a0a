//! Determination: what a case is worth under the rules, worked out once from frozen facts and kept for ever.
//!
//! [`Basis`] is everything it rests on, [`work_out`] the pure function, [`record`] writes both down. The same basis under
//! the same pack gives the same bytes, which is what `hearth replay` checks years later.

mod basis;
mod changed;
mod compare;
mod record;
mod slices;
mod work;

pub use basis::{Basis, Claimed, FactsOn, For, load, load_for};
pub use changed::{Changed, FactChange, Side, Stretch, Truth, Turned, changed};
pub use compare::{Comparison, Difference, Direction, compare};
pub use record::{Determination, FrozenOn, read, record};
pub use slices::{Slice, payable};
pub use work::{Determined, Excluded, Named, Nearest, Reason, work_out};

pub(crate) use record::{STATEMENTS, basis as basis_of, of_case};
