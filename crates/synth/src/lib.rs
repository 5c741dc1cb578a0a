//! A synthetic country: households, kinship, facts and awards drawn from what a pack says about its people.
//!
//! Nobody in it exists. Household *n* of a country depends on the pack, the seed, the day and *n* alone: parts can be made in any order
//! and on any number of cores, and a smaller country is the beginning of a larger one. No country is known to this code.
//!
//! [`Country`] fits a pool of household shapes to the published margins (`shapes`, `fit`), then draws: a shape, a place, birth dates,
//! sums of the household, and fact by fact what the pack's steps say (`draw`). [`Survey`] holds the result against the margins.

mod awards;
mod calendar;
mod chance;
mod conditions;
mod country;
mod draw;
mod fit;
mod house;
mod law;
mod make;
mod score;
mod shapes;
mod survey;
mod variables;

pub use awards::{Because, Block, Paid, Says, Truth, block};
pub use country::{Country, SynthError};
pub use house::{Cell, House, Person};
pub use law::{Grant, Law};
pub use make::{MARGINS, Made, TRUTH, make};
pub use score::{Row, Score, score};
pub use survey::{Line, Survey};
