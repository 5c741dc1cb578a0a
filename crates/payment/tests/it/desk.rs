//! What every test stands on: a database, keys, ids, a clock that ticks, and people who are only ids.

use std::sync::atomic::{AtomicI64, Ordering};

use guard::{Role, Who};
use kernel::{
    AccountId, CaseId, Currency, Date, DecisionId, Ids, Instant, PayAccountId, PersonId, RunId, SeededIds, SessionId,
};
use payment::account::{self, Details, New};
use payment::model::{Form, Grant, PayRule, Per, RecoveryLimits, Slice, Subject};
use payment::run::{self, Payer, Run};
use payment::{Calendar, Desk, grant, ledger};
use store::{Db, Schema, StoreError, transact};
pub(crate) use testing::keys;
use uuid::Uuid;

pub(crate) const SCHEMAS: &[Schema] = &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA, payment::SCHEMA];

/// Days off in tests besides weekends.
pub(crate) const HOLIDAYS: [Date; 2] = [Date::constant(2026, 12, 24), Date::constant(2026, 12, 25)];

pub(crate) const CALENDAR: Calendar<'static> = Calendar { holidays: &HOLIDAYS };

/// One treasury with its database.
pub(crate) struct Office {
    pub(crate) db: Db,
    pub(crate) ids: SeededIds,
    ticks: AtomicI64,
}

impl Office {
    pub(crate) fn new(db: Db, seed: u64) -> Office {
        Office { db, ids: SeededIds::new(seed), ticks: AtomicI64::new(0) }
    }

    /// One on each engine at hand.
    pub(crate) async fn all(seed: u64) -> Vec<Office> {
        let dbs = store::testing::databases(SCHEMAS).await.unwrap();
        dbs.into_iter().map(|db| Office::new(db, seed)).collect()
    }

    /// A desk on a day, a second later than the one before.
    pub(crate) fn desk(&self, today: Date) -> Desk<'_> {
        let now = Instant::start_of(today).plus_seconds(self.ticks.fetch_add(1, Ordering::SeqCst));
        Desk { keys: keys(), ids: &self.ids, now, today }
    }

    pub(crate) fn uuid(&self) -> Uuid {
        self.ids.uuid(Instant::from_micros(1))
    }

    /// A person with a verified account.
    pub(crate) async fn payee(&self, today: Date) -> PersonId {
        let person = PersonId(self.uuid());
        self.account(today, person).await;
        person
    }

    /// Gives a person a new verified account.
    pub(crate) async fn account(&self, today: Date, person: PersonId) -> PayAccountId {
        let details = Details {
            number: format!("{:012}", self.uuid().as_u128() % 1_000_000_000_000),
            bank: "004".into(),
            holder: "홍길동 <&\"' ltd>".into(),
        };
        let desk = self.desk(today);
        transact!(self.db, account::Fault, |tx| {
            let new = New::Own { form: Form::Cash, details: details.clone() };
            let id = account::set(tx, &desk, person, &new, clerk(1).account).await?;
            account::verify(tx, &desk, person, id, "name check of the bank", None).await?;
            Ok(id)
        })
        .unwrap()
    }

    /// A monthly grant of won to the person themselves.
    pub(crate) fn monthly(&self, payee: PersonId, from: Date, minor: i64) -> Grant {
        Grant {
            decision: DecisionId(self.uuid()),
            supersedes: None,
            subject: Subject::Person(payee),
            case: CaseId(self.uuid()),
            programme: "monthly_money".into(),
            agency: "town".into(),
            payee,
            form: Form::Cash,
            per: Per::Month,
            currency: Currency::KRW,
            slices: vec![Slice { from, until: None, minor }],
            effective_from: from,
            effective_until: None,
            pay: PayRule::Monthly { day: 25 },
            recovery: RecoveryLimits { set_off_percent: 20, waive_up_to_minor: 0 },
            law: "Act, article 1".into(),
        }
    }

    /// A later decision on the same case with one amount throughout.
    pub(crate) fn later(&self, before: &Grant, minor: i64) -> Grant {
        let slices = before.slices.iter().map(|s| Slice { minor, ..*s }).collect();
        Grant { decision: DecisionId(self.uuid()), supersedes: Some(before.decision), slices, ..before.clone() }
    }

    pub(crate) async fn grant(&self, today: Date, grant: &Grant) -> grant::Granted {
        self.try_grant(today, grant).await.unwrap()
    }

    pub(crate) async fn try_grant(&self, today: Date, grant: &Grant) -> Result<grant::Granted, grant::Fault> {
        let desk = self.desk(today);
        transact!(self.db, grant::Fault, |tx| grant::run(tx, &desk, grant).await)
    }

    /// Opens and prepares a cash run of all agencies.
    pub(crate) async fn prepared(&self, pay_date: Date) -> Run {
        let id = self.open(pay_date).await;
        run::prepare(&self.db, &self.desk(pay_date), &CALENDAR, id).await.unwrap()
    }

    pub(crate) async fn open(&self, pay_date: Date) -> RunId {
        let desk = self.desk(pay_date);
        let input = run::Input { pay_date, agency: None, form: Form::Cash, currency: Currency::KRW };
        transact!(self.db, run::Fault, |tx| run::open(tx, &desk, clerk(1).account, &CALENDAR, &input).await).unwrap()
    }

    pub(crate) async fn sign(&self, run: &Run, who: &Who) -> Result<(), run::Fault> {
        let desk = self.desk(run.pay_date);
        transact!(self.db, run::Fault, |tx| run::sign(tx, &desk, who, run.id, run.revision).await)
    }

    pub(crate) async fn release(&self, run: &Run, who: &Who) -> Result<(), run::Fault> {
        let desk = self.desk(run.pay_date);
        transact!(self.db, run::Fault, |tx| run::release(tx, &desk, who, run.id, run.revision, &payer()).await)
    }

    /// Prepares, signs and releases.
    pub(crate) async fn paid(&self, pay_date: Date) -> Run {
        let run = self.prepared(pay_date).await;
        self.sign(&run, &clerk(1)).await.unwrap();
        self.release(&run, &clerk(2)).await.unwrap();
        run
    }

    /// How many payments a run of the day would make; it is cancelled again.
    pub(crate) async fn paid_or_empty(&self, pay_date: Date) -> u32 {
        let run = self.prepared(pay_date).await;
        let desk = self.desk(pay_date);
        transact!(self.db, run::Fault, |tx| run::cancel(tx, &desk, &clerk(1), run.id, "only asked").await).unwrap();
        run.lines
    }

    /// The bank file of a run.
    pub(crate) async fn file(&self, run: RunId) -> String {
        let mut out = Vec::new();
        payment::bank::write(&self.db, keys(), run, &mut out).await.unwrap();
        String::from_utf8(out).unwrap()
    }

    /// Feeds a file from the bank.
    pub(crate) async fn feed(&self, today: Date, text: &str) -> payment::bank::Applied {
        self.try_feed(today, text).await.unwrap()
    }

    pub(crate) async fn try_feed(
        &self,
        today: Date,
        text: &str,
    ) -> Result<payment::bank::Applied, payment::bank::ApplyFault> {
        let limits = payment::bank::Limits::default();
        payment::bank::apply(&self.db, &self.desk(today), None, limits, || Ok(text.as_bytes())).await
    }

    /// Everything adds up.
    pub(crate) async fn check(&self) -> ledger::check::Report {
        let mut tx = self.db.read().await.unwrap();
        let report = ledger::check::check(&mut tx).await.unwrap();
        assert_eq!(report.faults, Vec::<String>::new(), "{:?}", self.db.engine());
        report
    }

    /// What an account of the ledger holds: debits less credits.
    pub(crate) async fn balance(&self, account: ledger::Account) -> i64 {
        let mut tx = self.db.read().await.unwrap();
        let all = ledger::balances(&mut tx).await.unwrap();
        all.iter().filter(|b| b.account == account).map(|b| b.debit - b.credit).sum()
    }

    /// One number out of the database.
    pub(crate) async fn number(&self, sql: &'static str, params: &[store::Value]) -> Result<i64, StoreError> {
        let mut tx = self.db.read().await?;
        tx.one(sql, params).await?.get("n")
    }
}

pub(crate) fn payer() -> Payer {
    Payer { name: "Town treasury & co".into(), account: "110123456789".into(), bank: "088".into() }
}

/// An official of finance.
pub(crate) fn clerk(number: u128) -> Who {
    Who {
        account: AccountId(Uuid::from_u128(number)),
        session: SessionId(Uuid::from_u128(number)),
        role: Role::Finance,
        organisation: "town".into(),
        jurisdiction: None,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}
