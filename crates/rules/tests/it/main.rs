//! The rule language from outside: expressions as data, whole programmes, and properties.

mod expressions;
mod programmes;
mod properties;
mod support;
