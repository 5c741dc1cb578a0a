//! Words every other crate speaks: typed ids, money, civil dates and periods, instants, languages,
//! the clock and id source that decisions take as arguments, and which figures about few people are kept back.
//!
//! Nothing here does I/O, reads a clock or draws a random number.

mod id;
mod lang;
mod money;
pub mod suppress;
mod time;
pub mod tree;
mod word;

pub use id::*;
pub use lang::{Lang, UnknownLang, Words};
pub use money::{Currency, Money, MoneyError, iban_adds_up};
pub use time::{Clock, FixedClock, Instant, Period};
pub use word::UnknownWord;

/// A civil date (proleptic Gregorian, no time zone), as law and registers use it.
pub use jiff::civil::Date;
