//! How somebody is reached: a page for themselves, and one at the counter.

pub(crate) mod handlers;
pub mod page;
