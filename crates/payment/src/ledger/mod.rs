//! The double-entry ledger. An act posts one journal that adds up to zero; its id is made of kind and reference, so that
//! one act posts once. Instalments, lines and recoveries are the sub-ledger; [`check`] holds the two together.
//!
//! | act | debit | credit |
//! |---|---|---|
//! | an instalment is due | appropriation | payable |
//! | released to the bank | payable (or returned, the second time) | clearing |
//! | kept back for a recovery | payable (or returned) | receivable |
//! | the bank paid | clearing | paid |
//! | the bank rejected it | clearing | returned |
//! | it came back | paid | returned |
//! | not due any more | payable or returned | appropriation |
//! | paid too much | receivable | appropriation |
//! | somebody paid back | paid | receivable |
//! | waived | written off | receivable |
//! | claimed wrongly | appropriation | receivable or written off |

pub mod check;

use kernel::{AccountId, Currency, JournalId, RunId};
use serde::Serialize;
use store::{StoreError, Tx, params};

use crate::desk::Desk;
use crate::model::words;
use crate::reference::derived;

words! {
    /// The accounts of the ledger.
    Account as "ledger account" {
        /// The budget: debit is what was spent.
        Appropriation = "appropriation",
        /// Owed to people and not sent yet.
        Payable = "payable",
        /// Sent to the bank and not confirmed.
        Clearing = "clearing",
        /// The state's account at the bank: credit is what left it.
        Paid = "paid",
        /// Came back and is owed again.
        Returned = "returned",
        /// Owed by people.
        Receivable = "receivable",
        /// Waived.
        WrittenOff = "written_off",
    }
}

store::sql! {
    JOURNAL_ADD = "insert into journal (journal_id, kind, reference, run_id, account_id, day, at) values ($1, $2, $3, $4, $5, $6, $7)";
    POSTING_ADD = "insert into posting (journal_id, line, account, programme, agency, currency, minor) values ($1, $2, $3, $4, $5, $6, $7)";
    BALANCES = "select account, programme, agency, currency,
        cast(sum(case when minor > 0 then minor else 0 end) as bigint) as debit,
        cast(sum(case when minor < 0 then -minor else 0 end) as bigint) as credit
        from posting group by account, programme, agency, currency order by account, programme, agency, currency";
}

/// What a sum belongs to.
#[derive(Clone, Copy)]
pub(crate) struct Head<'a> {
    pub(crate) programme: &'a str,
    pub(crate) agency: &'a str,
    pub(crate) currency: Currency,
}

struct Sum {
    account: Account,
    programme: String,
    agency: String,
    currency: Currency,
    minor: i64,
}

/// A journal being written: only pairs of debit and credit can be added, so it always balances.
pub(crate) struct Journal {
    kind: &'static str,
    reference: String,
    run: Option<RunId>,
    by: Option<AccountId>,
    sums: Vec<Sum>,
}

impl Journal {
    pub(crate) fn new(kind: &'static str, reference: impl Into<String>) -> Journal {
        Journal { kind, reference: reference.into(), run: None, by: None, sums: Vec::new() }
    }

    pub(crate) fn of_run(mut self, run: RunId) -> Journal {
        self.run = Some(run);
        self
    }

    pub(crate) fn by(mut self, account: Option<AccountId>) -> Journal {
        self.by = account;
        self
    }

    /// Moves a sum from the credit to the debit account. A negative sum moves the other way.
    pub(crate) fn moves(&mut self, debit: Account, credit: Account, head: Head<'_>, minor: i64) {
        self.add(debit, head, minor);
        self.add(credit, head, -minor);
    }

    /// Moves a sum between accounts of two programmes of one currency.
    pub(crate) fn across(&mut self, debit: (Account, Head<'_>), credit: (Account, Head<'_>), minor: i64) {
        self.add(debit.0, debit.1, minor);
        self.add(credit.0, credit.1, -minor);
    }

    fn add(&mut self, account: Account, head: Head<'_>, minor: i64) {
        let same = |s: &&mut Sum| {
            s.account == account
                && s.currency == head.currency
                && s.programme == head.programme
                && s.agency == head.agency
        };
        match self.sums.iter_mut().find(same) {
            Some(sum) => sum.minor += minor,
            None => self.sums.push(Sum {
                account,
                programme: head.programme.to_owned(),
                agency: head.agency.to_owned(),
                currency: head.currency,
                minor,
            }),
        }
    }

    /// Writes it; nothing when no sum is left. The same act a second time is refused by the key.
    pub(crate) async fn post(self, tx: &mut Tx, desk: &Desk<'_>) -> Result<(), StoreError> {
        if self.sums.iter().all(|s| s.minor == 0) {
            return Ok(());
        }
        let id = JournalId(derived(&[b"journal", self.kind.as_bytes(), self.reference.as_bytes()]));
        tx.execute(JOURNAL_ADD, params![id, self.kind, self.reference, self.run, self.by, desk.today, desk.now])
            .await?;
        let lines = self.sums.into_iter().filter(|s| s.minor != 0);
        for (line, sum) in (0i64..).zip(lines) {
            let row = params![id, line, sum.account, sum.programme, sum.agency, sum.currency.code(), sum.minor];
            tx.execute(POSTING_ADD, row).await?;
        }
        Ok(())
    }
}

/// What an account holds for a programme.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Balance {
    /// The account.
    pub account: Account,
    /// The programme.
    pub programme: String,
    /// The agency.
    pub agency: String,
    /// The currency.
    pub currency: Currency,
    /// All debits, in minor units.
    pub debit: i64,
    /// All credits, in minor units.
    pub credit: i64,
}

/// All balances, by account and programme.
pub async fn balances(tx: &mut Tx) -> Result<Vec<Balance>, StoreError> {
    let rows = tx.all(BALANCES, &[]).await?;
    rows.iter()
        .map(|row| {
            Ok(Balance {
                account: row.parse("account")?,
                programme: row.get("programme")?,
                agency: row.get("agency")?,
                currency: row.parse("currency")?,
                debit: row.get("debit")?,
                credit: row.get("credit")?,
            })
        })
        .collect()
}
