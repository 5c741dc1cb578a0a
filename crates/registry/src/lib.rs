//! Persons, households, kinship, addresses, pregnancies and facts with provenance: each once, over time.
//!
//! Everything that can change is a statement with two times ([`AsOf`]): the days it is valid for and the moment
//! it was recorded. Nothing is overwritten. Writing goes through the modules named after what is written
//! ([`person`], [`household`], [`kin`], [`residence`], [`fact`], [`pregnancy`], [`protection`]), a whole household
//! through [`intake`], a birth through [`newborn`], files through [`import`]; every write emits a [`change::Notice`]
//! in the same transaction. Reading for a machine is [`read`], for a person [`sight`] and [`search`]. Two records of one
//! human being are found by [`duplicate`] and joined by [`merge`].

pub mod census;
pub mod change;
pub mod duplicate;
pub mod fact;
pub mod household;
pub mod import;
pub mod intake;
pub mod kin;
pub mod merge;
pub mod newborn;
pub mod person;
pub mod pregnancy;
pub mod protection;
pub mod read;
pub mod record;
pub mod residence;
pub mod rows;
pub mod search;
pub mod sight;
mod ties;
pub mod time;

pub use fact::{Fact, FactValue, NewFact, Subject};
pub use read::Whole;
pub use record::{HouseholdRecord, Member, PersonRecord};
pub use sight::{Seen, Setting, Sight};
pub use ties::between;
pub use time::{AsOf, BEGINNING, Origin, Pen, Stamp};

use store::{Schema, Step};

/// The tables of this room.
pub const SCHEMA: Schema = Schema {
    room: "registry",
    steps: &[
        Step {
            version: 1,
            name: "persons, households, kinship, residences, facts, pregnancies, protection, merges, search, import",
            sql: include_str!("../schema/1.sql"),
        },
        Step { version: 2, name: "why a protection ended", sql: include_str!("../schema/2.sql") },
        Step { version: 3, name: "the latest merges", sql: include_str!("../schema/3.sql") },
    ],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub fn statements() -> Vec<&'static [(&'static str, &'static str)]> {
    vec![
        census::STATEMENTS,
        change::STATEMENTS,
        duplicate::STATEMENTS,
        fact::STATEMENTS,
        household::STATEMENTS,
        import::STATEMENTS,
        import::STATEMENTS_OF_ROWS,
        kin::STATEMENTS,
        newborn::STATEMENTS,
        merge::STATEMENTS,
        person::STATEMENTS,
        pregnancy::STATEMENTS,
        protection::STATEMENTS,
        read::STATEMENTS,
        residence::STATEMENTS,
        rows::STATEMENTS,
        rows::RECORDS.statements(),
        rows::NAMES.statements(),
        rows::TIES.statements(),
        rows::PEOPLE.statements(),
        rows::NAMES_OF_MANY.statements(),
        rows::TIES_OF_MANY.statements(),
        rows::PROTECTIONS.statements(),
        rows::PROTECTIONS_OF_MANY.statements(),
        search::STATEMENTS,
        search::index::STATEMENTS,
        fact::ADD_PERSON.statements(),
        fact::ADD_HOUSEHOLD.statements(),
        kin::ADD.statements(),
        person::ADD_NAME.statements(),
        person::ADD_DETAIL.statements(),
        search::index::ADD.statements(),
    ]
}
