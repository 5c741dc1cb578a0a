//! A payment run of N entitlements on SQLite: prepare, release, bank file. `cargo bench -p payment -- 1000000`.
//!
//! Prints seconds of each step and the largest memory the process had. People, accounts and entitlements are written first
//! and not counted.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark stops at the first fault")]

use std::io::Write;
use std::time::Instant as Clock;

use guard::{Keys, Role, Who};
use kernel::{AccountId, CaseId, Currency, Date, DecisionId, Instant, PersonId, SeededIds, SessionId};
use payment::account::{self, Details, New};
use payment::model::{Form, Grant, PayRule, Per, RecoveryLimits, Slice, Subject};
use payment::run::{self, Payer};
use payment::{Calendar, Desk, bank, grant, ledger};
use store::{Db, transact};
use uuid::Uuid;

const DAY: Date = Date::constant(2026, 11, 25);

/// Counts bytes and throws them away: the disk is not what is measured.
struct Count(u64);

impl Write for Count {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0 += bytes.len() as u64;
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

fn main() {
    let count = std::env::args().skip(1).find_map(|a| a.parse().ok()).unwrap_or(20_000);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(bench(count));
}

async fn bench(count: usize) {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::open(&dir.path().join("keys")).unwrap();
    let db = Db::open(&format!("sqlite:{}", dir.path().join("bench.sqlite").display())).await.unwrap();
    db.migrate(&[store::SCHEMA, registry::SCHEMA, payment::SCHEMA]).await.unwrap();
    let ids = SeededIds::new(1);
    let desk = Desk { keys: &keys, ids: &ids, now: Instant::start_of(DAY), today: DAY };
    let began = Clock::now();
    fill(&db, &desk, count).await;
    println!("{count} entitlements written in {:.1} s (not counted)", began.elapsed().as_secs_f64());
    let calendar = Calendar { holidays: &[] };
    let whole = Clock::now();
    for month in [11, 12] {
        let pay_date = calendar.on_or_before(Date::new(2026, month, 25).unwrap());
        let desk = Desk { now: Instant::start_of(pay_date), today: pay_date, ..desk };
        pay(&db, &desk, &calendar, pay_date).await;
        println!("  so far {:.1} s, peak memory {} MiB", whole.elapsed().as_secs_f64(), peak());
    }
    let began = Clock::now();
    let report = ledger::check::check(&mut db.read().await.unwrap()).await.unwrap();
    println!("ledger checked in {:.1} s: {} faults", began.elapsed().as_secs_f64(), report.faults.len());
    assert_eq!(report.faults, Vec::<String>::new());
    db.close().await;
}

async fn pay(db: &Db, desk: &Desk<'_>, calendar: &Calendar<'_>, pay_date: Date) {
    let total = Clock::now();
    let input = run::Input { pay_date, agency: None, form: Form::Cash, currency: Currency::KRW };
    let by = clerk(1).account;
    let id = transact!(db, run::Fault, |tx| run::open(tx, desk, by, calendar, &input).await).unwrap();
    let step = Clock::now();
    let run = run::prepare(db, desk, calendar, id).await.unwrap();
    let prepared = step.elapsed().as_secs_f64();
    let step = Clock::now();
    let (one, two) = (clerk(1), clerk(2));
    let payer = Payer { name: "Treasury".into(), account: "110123456789".into(), bank: "088".into() };
    transact!(db, run::Fault, |tx| run::sign(tx, desk, &one, id, run.revision).await).unwrap();
    transact!(db, run::Fault, |tx| run::release(tx, desk, &two, id, run.revision, &payer).await).unwrap();
    let released = step.elapsed().as_secs_f64();
    let step = Clock::now();
    let mut out = Count(0);
    let written = bank::write(db, desk.keys, id, &mut out).await.unwrap();
    let filed = step.elapsed().as_secs_f64();
    println!(
        "run of {} payments: prepare {prepared:.1} s, sign and release {released:.1} s, file of {} MiB {filed:.1} s, together {:.1} s",
        written.lines,
        out.0 >> 20,
        total.elapsed().as_secs_f64()
    );
}

async fn fill(db: &Db, desk: &Desk<'_>, count: usize) {
    for chunk in 0..count.div_ceil(10_000) {
        let size = 10_000.min(count - chunk * 10_000);
        transact!(db, Failed, |tx| {
            for n in 0..size {
                // People were registered in another order than entitlements are granted, which come one after the other.
                let person = PersonId(desk.ids.uuid(desk.now));
                let at = Instant::from_micros(desk.now.micros() + (chunk * 10_000 + n) as i64 * 1000);
                let desk = &Desk { now: at, ..*desk };
                let details = Details {
                    number: format!("{:012}", chunk * 10_000 + n),
                    bank: "004".into(),
                    holder: "A Holder".into(),
                };
                let new = New::Own { form: Form::Cash, details };
                let account = account::set(tx, desk, person, &new, AccountId(Uuid::from_u128(1))).await?;
                account::verify(tx, desk, person, account, "bank", None).await?;
                grant::run(tx, desk, &monthly(desk, person, 100_000 + n as i64)).await?;
            }
            Ok(())
        })
        .unwrap();
    }
}

fn monthly(desk: &Desk<'_>, payee: PersonId, minor: i64) -> Grant {
    let from = Date::constant(2026, 11, 1);
    Grant {
        decision: DecisionId(desk.ids.uuid(desk.now)),
        supersedes: None,
        subject: Subject::Person(payee),
        case: CaseId(desk.ids.uuid(desk.now)),
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

#[derive(Debug, thiserror::Error)]
enum Failed {
    #[error(transparent)]
    Store(#[from] store::StoreError),
    #[error(transparent)]
    Account(#[from] account::Fault),
    #[error(transparent)]
    Grant(#[from] grant::Fault),
}

impl store::AsConflict for Failed {
    fn is_conflict(&self) -> bool {
        matches!(self, Failed::Store(e) if e.is_conflict())
    }
}

fn clerk(number: u128) -> Who {
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

/// The largest memory this process had, in MiB (Linux).
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux keeps the peak in /proc");
    let line = status.lines().find(|l| l.starts_with("VmHWM")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<u64>().ok()).unwrap_or(0) / 1024
}
