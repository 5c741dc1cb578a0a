//! Investigation: asking for exactly the facts that matter, and for no others.
//!
//! [`needs`] says what a determination still wants and who can say it. [`ask`] puts one question a household and agency and
//! waits; [`answer`] takes what came back, and ends every question exactly once; [`settle`] is the official's part where
//! sources differ or nobody knows.

pub mod alone;
pub mod answer;
pub mod ask;
mod late;
pub mod needs;
mod requests;
pub mod settle;

pub use needs::{Need, Whom, Why, needs};
pub use requests::{Request, RequestStatus};

pub(crate) use requests::{STATEMENTS, of_case};
