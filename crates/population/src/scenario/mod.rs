//! Scenarios: what an analyst changes in a copy of the rules, what it would do, and how it becomes the next version.
//!
//! A scenario is a few changed files over one version of the pack. It is checked whole whenever a file changes, as a pack is.
//! A comparison ([`compare`]) is work for later: it runs over the snapshot of the installation and keeps what may be shown.
//! What is submitted cannot be changed any more; somebody who has not written in it publishes it ([`publish`]).

pub mod compare;
pub mod edit;
mod model;
pub mod publish;
pub mod read;

pub use model::{Comparison, Fault, Progress, Scenario, Stage, UnknownWord};

/// The tables of scenarios.
pub const SCHEMA: store::Schema = store::Schema {
    room: "scenario",
    steps: &[store::Step {
        version: 1,
        name: "scenarios, their files and comparisons",
        sql: include_str!("../../schema/scenario/1.sql"),
    }],
};

/// Every statement, for the test that prepares them all on both engines.
pub fn statements() -> Vec<&'static [(&'static str, &'static str)]> {
    vec![compare::STATEMENTS, edit::STATEMENTS, publish::STATEMENTS, read::STATEMENTS]
}

/// Who does something: the account, and the name that is kept with what was done.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The account.
    pub account: kernel::AccountId,
    /// Its name.
    pub name: &'a str,
}
