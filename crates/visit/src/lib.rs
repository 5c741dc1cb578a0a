//! Nurses at the door: who is visited, what is asked and measured, and what follows.
//!
//! * [`schedule`]: from a protocol of the pack and a family's dates, which visit is due when, and why; and whether families got
//!   what was promised. [`cases`] runs a pack's worked cases of it, [`words`] says it in a person's language.
//! * [`instrument`]: questionnaires of the pack, their answers and scores.
//! * [`growth`]: the World Health Organization's growth standards; [`growing`]: immunisations due and milestones.
//! * [`enrol`], [`assign`], [`assess`], [`record`], [`tier`], [`alert`]: what happens to a family, one use case a file; [`take_in`] for what was kept; [`follow`] takes
//!   what changes in the registry. [`read`] shows families, under seal; [`roll`] leads other rooms through all of them.
//! * [`handover`]: families from one nurse to another from a day on, without a gap.
//! * [`week`]: a nurse's week, proposed over windows, working time and ways, as she keeps or changes it; while she is away, what cannot wait is proposed to colleagues.
//! * [`remind`]: visits that have their day, for the families to be told of.
//! * [`care`]: case management, and the family plan over several agencies.
//!
//! Invariants: what was sent stays as it was sent, a correction is another submission; the same submission twice is once; what
//! cannot be taken in is kept with the reason; answers given alone stand in no table in clear and in no other read than [`read::kept`]; an
//! answer that cannot wait and its alert commit together. [`schedule`], [`instrument`] and [`growth`] read neither clock nor database.

pub mod alert;
pub mod assess;
pub mod assign;
pub mod care;
pub mod cases;
mod desk;
pub mod enrol;
pub mod follow;
pub mod growing;
pub mod growth;
pub mod handover;
pub mod instrument;
pub mod model;
pub mod read;
pub mod record;
pub mod remind;
pub mod roll;
mod rows;
pub mod schedule;
pub mod submit;
pub mod take_in;
pub mod tier;
pub mod week;
pub mod whole;
pub mod words;

pub use desk::{Desk, FINISH};

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "visit",
    steps: &[
        store::Step {
            version: 1,
            name: "families under protocols, submissions, alerts",
            sql: include_str!("../schema/1.sql"),
        },
        store::Step { version: 2, name: "case management", sql: include_str!("../schema/2.sql") },
        store::Step { version: 3, name: "handover of families", sql: include_str!("../schema/3.sql") },
        store::Step { version: 4, name: "weeks as nurses want them", sql: include_str!("../schema/4.sql") },
        store::Step {
            version: 5,
            name: "visits in place of a nurse, and reminders",
            sql: include_str!("../schema/5.sql"),
        },
        store::Step { version: 6, name: "reminders of plans", sql: include_str!("../schema/6.sql") },
    ],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub fn statements() -> Vec<&'static [(&'static str, &'static str)]> {
    vec![
        rows::OF_NURSE.statements(),
        rows::OF_OFFICE.statements(),
        rows::MADE_OF_NURSE.statements(),
        rows::MADE_OF_OFFICE.statements(),
        rows::TIERS_OF_NURSE.statements(),
        rows::TIERS_OF_OFFICE.statements(),
        rows::STATEMENTS,
        care::rows::STATEMENTS,
        care::remind::STATEMENTS,
        roll::STATEMENTS,
        handover::STATEMENTS,
        take_in::STATEMENTS,
        remind::STATEMENTS,
        whole::STATEMENTS,
        week::rows::STATEMENTS,
    ]
}
