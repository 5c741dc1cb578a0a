//! Entitlements over time, payment runs, the ledger, bank files and what comes back, overpayments and their recovery.
//!
//! A decision reaches [`grant::run`] and becomes an entitlement: dated slices of which earlier versions are kept. A run
//! ([`run::open`], [`run::prepare`]) works out the instalments that are due, one row for one entitlement and period, holds those
//! that cannot be paid and says why, and is released by two persons ([`run::sign`], [`run::release`]). Then it is a file
//! for the bank ([`bank::write`]); what the bank answers comes back through [`bank::apply`]. A later decision changes what
//! was worked out before: arrears, less, or a [`recovery`]. What is no money is an [`order`] to another agency. Every act
//! posts into the [`ledger`].
//!
//! Invariants, held by [`ledger::check`]: the ledger balances; what it says equals what instalments, files, confirmations
//! and recoveries say; for each entitlement and period, what was paid or waits less what is claimed back is what is due;
//! no instalment is on its way twice. Instalments, entitlements and bank references are named after decisions, so that the
//! same decision on a restored backup leads to the same names.

pub mod account;
pub mod ahead;
pub mod alone;
pub mod bank;
pub mod calendar;
mod desk;
pub mod due;
pub mod figures;
pub mod grant;
pub mod hold;
mod instalment;
pub mod ledger;
pub mod model;
pub mod order;
pub mod pass_on;
pub mod read;
pub mod recovery;
pub mod reference;
mod rows;
pub mod run;
mod settle;

pub use calendar::Calendar;
pub use desk::Desk;

/// The tables of this room.
pub const SCHEMA: store::Schema = store::Schema {
    room: "payment",
    steps: &[
        store::Step {
            version: 1,
            name: "entitlements, instalments, accounts, runs, recoveries, orders, ledger, bank messages",
            sql: include_str!("../schema/1.sql"),
        },
        store::Step {
            version: 2,
            name: "instalments and lines in the order of runs",
            sql: include_str!("../schema/2.sql"),
        },
    ],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub fn statements() -> Vec<&'static [(&'static str, &'static str)]> {
    let mut all = vec![
        rows::STATEMENTS,
        instalment::STATEMENTS,
        account::STATEMENTS,
        grant::STATEMENTS,
        hold::STATEMENTS,
        ledger::STATEMENTS,
        ledger::check::STATEMENTS,
        order::STATEMENTS,
        pass_on::STATEMENTS,
        recovery::STATEMENTS,
        figures::STATEMENTS,
        ahead::STATEMENTS,
        bank::apply::STATEMENTS,
    ];
    all.extend(run::statements());
    all.extend(read::statements());
    all.extend([instalment::ADD.statements(), account::CURRENT.statements(), recovery::OPEN_OF.statements()]);
    all.extend([bank::apply::LINES.statements(), bank::apply::ENTRY_ADD.statements()]);
    all.push(read::INSTALMENTS_OF.statements());
    all.push(read::IN_FORCE.statements());
    all
}

#[cfg(test)]
mod tests {
    use store::{Batch, InList};

    /// On SQLite lists and long inserts lose the numbers of their parameters (`store::Batch`).
    #[test]
    fn parameters_of_lists_and_long_inserts_stand_in_the_order_of_their_numbers() {
        let inserts = [&crate::instalment::ADD, &crate::bank::apply::ENTRY_ADD];
        let mut all: Vec<_> = inserts.into_iter().flat_map(Batch::statements).copied().collect();
        let lists = [
            &crate::account::CURRENT,
            &crate::recovery::OPEN_OF,
            &crate::bank::apply::LINES,
            &crate::read::INSTALMENTS_OF,
        ];
        all.extend(lists.into_iter().flat_map(InList::statements).copied());
        all.extend(crate::run::batches());
        for (name, text) in all {
            for (n, part) in text.split('$').skip(1).enumerate() {
                let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                assert_eq!(digits, (n + 1).to_string(), "{name}");
            }
        }
    }
}
