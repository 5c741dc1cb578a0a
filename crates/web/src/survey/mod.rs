//! Surveys: what a mother answers by a one-time link without signing in, and what families said together.

pub mod answer;
pub(crate) mod answer_handlers;
pub mod figures;
pub(crate) mod figures_handlers;
