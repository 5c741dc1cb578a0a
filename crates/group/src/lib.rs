//! Mothers' groups: what kinds there are says the pack; where and when they meet, who leads them, who is asked and comes, and how it was.
//!
//! * [`plan`]: a group and its sessions. [`take_part`]: asked, joined, declined, left. [`presence`]: who came, and what she says of it.
//! * [`read`]: groups of an office, the people of one, and a mother's own.
//!
//! Invariants: nobody learns here who else is in a group but whoever leads it and the office that answers for it; of a person whose
//! whereabouts are protected not even they, unless the family is theirs; nobody is asked twice, nobody who mourns is asked; no group has more
//! people than seats; how it was is told of no fewer than the pack says, and only when no more answers can come.

pub mod model;
pub mod plan;
pub mod presence;
pub mod read;
mod rows;
pub mod take_part;

pub use visit::Desk;

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "group",
    steps: &[store::Step {
        version: 1,
        name: "groups, sessions, people, presence",
        sql: include_str!("../schema/1.sql"),
    }],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub const STATEMENTS: &[&[(&str, &str)]] = &[rows::STATEMENTS];
