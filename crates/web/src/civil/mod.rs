//! What the civil register says of a member of a household, put right at the counter by a paper: who they are, and whose.

pub(crate) mod handlers;
pub mod page;
pub(crate) mod tie_handlers;
