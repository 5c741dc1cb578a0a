//! A synthetic town for the demonstration: drawn from a pack's `demo/town.toml`, the same people for the same day.
//!
//! Nothing about any country stands here: names, places, facts and shares come from the pack.

mod draw;
mod groups;
mod life;
mod past;
mod people;
mod recipe;
mod settle;
mod team;
mod visits;

pub use life::CivilRegister;
pub use people::{Household, Person, Role, Town};
pub use recipe::{Recipe, RecipeError};
pub(crate) use settle::typed as stated;
pub use settle::{Hidden, SettleError, Settled, Settler};
pub use visits::Visiting;
