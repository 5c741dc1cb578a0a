//! Life events, the offers that follow from them, and their acceptance as applications.
//!
//! A birth reaches [`birth::run`]; the child enters the registry, the household's entitlements are worked out under the
//! pack in force, and one offer per programme and subject is durable in the same transaction. Everything that changes
//! facts later recomputes the same way (`recompute`), and [`plan::plan`] decides what becomes of the offers. An offer is
//! accepted by one tap ([`accept::run`]) and becomes an application with frozen facts and rule version.
//!
//! Invariants: no two offers for one programme, subject and stretch (unique key); what was accepted is never taken back by a
//! computation; every offer names the content hashes of the facts, the pack and the rules it rests on; nothing is deleted.

pub mod accept;
pub mod application;
pub mod birth;
pub mod births_file;
pub mod case;
pub mod changed;
pub mod civil;
pub mod contact;
pub mod correct;
pub mod death;
pub mod decide;
mod desk;
pub mod determine;
pub mod evaluate;
pub mod evidence;
pub mod follow;
pub mod household;
pub mod investigate;
pub mod later;
pub mod letter;
pub mod model;
pub mod moved;
pub mod plan;
pub mod pregnancy;
pub mod protection;
pub mod read;
pub mod recompute;
pub mod refuse;
pub mod register;
pub mod requalify;
mod rows;
pub mod snapshot;
pub mod withdraw;

pub use desk::Desk;
pub use rows::ApplicationItem;

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "casework",
    steps: &[
        store::Step { version: 1, name: "life events, offers, applications", sql: include_str!("../schema/1.sql") },
        store::Step { version: 2, name: "cases from draft to decision", sql: include_str!("../schema/2.sql") },
        store::Step { version: 3, name: "indexes for reminders and figures", sql: include_str!("../schema/3.sql") },
        store::Step { version: 4, name: "accounts given in applications", sql: include_str!("../schema/4.sql") },
        store::Step { version: 5, name: "complaints in hand", sql: include_str!("../schema/5.sql") },
        store::Step { version: 6, name: "items taken back", sql: include_str!("../schema/6.sql") },
        store::Step { version: 7, name: "requalifications and findings", sql: include_str!("../schema/7.sql") },
        store::Step { version: 8, name: "levels of objections", sql: include_str!("../schema/8.sql") },
    ],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub fn statements() -> Vec<&'static [(&'static str, &'static str)]> {
    vec![
        rows::STATEMENTS,
        application::rows::STATEMENTS,
        application::account::STATEMENTS,
        evidence::rows::STATEMENTS,
        case::rows::STATEMENTS,
        case::reopen::STATEMENTS,
        case::absence::STATEMENTS,
        case::worklist::STATEMENTS,
        determine::STATEMENTS,
        investigate::STATEMENTS,
        decide::STATEMENTS,
        decide::object::STATEMENTS,
        letter::STATEMENTS,
        follow::report::STATEMENTS,
        follow::remind::STATEMENTS,
        follow::silent::STATEMENTS,
        follow::grievance::STATEMENTS,
        follow::satisfaction::STATEMENTS,
        follow::uptake::STATEMENTS,
        requalify::rows::STATEMENTS,
        requalify::rows::FINDING_ADD.statements(),
        rows::OFFER_ADD.statements(),
        rows::KEY_ADD.statements(),
        rows::ITEM_ADD.statements(),
    ]
}
