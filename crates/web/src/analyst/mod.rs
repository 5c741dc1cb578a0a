//! Pages for those who write and read the rules. The programmes are public: a rule that decides over people is no secret.

pub mod attempt;
pub(crate) mod handlers;
pub mod parameters;
pub mod programmes;
pub mod scenarios;
