//! Payment runs of N entitlements in two months: prepare, release, bank file. `cargo bench -p payment --bench run -- 1000000`;
//! with the word `postgres` on the server that `HEARTH_TEST_POSTGRES` names.
//!
//! Prints seconds of each step, of the processor, and the largest memory the process had. People, accounts and entitlements are
//! written first and not counted.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a benchmark stops at the first fault")]

use std::io::Write;
use std::time::Instant as Clock;

use guard::{Keys, Role, Who};
use kernel::{AccountId, CaseId, Currency, Date, DecisionId, Instant, PayAccountId, PersonId, SeededIds, SessionId};
use payment::account::{self, Details, New};
use payment::model::{Form, Grant, PayRule, Per, RecoveryLimits, Slice, Subject};
use payment::run::{self, Payer, Progress};
use payment::{Calendar, Desk, bank, grant, ledger};
use store::{Db, Engine, Schema, Step, ToValue, Value, params, transact};
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
    let words: Vec<String> = std::env::args().skip(1).collect();
    let count = words.iter().find_map(|a| a.parse().ok()).unwrap_or(20_000);
    let engine = if words.iter().any(|a| a == "postgres") { "postgres" } else { "sqlite" };
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    runtime.block_on(bench(count, engine));
}

async fn bench(count: usize, engine: &str) {
    let dir = tempfile::tempdir().unwrap();
    let keys = Keys::open(&dir.path().join("keys")).unwrap();
    let schemas = &[store::SCHEMA, guard::account::SCHEMA, registry::SCHEMA, payment::SCHEMA, SOURCE];
    let db = if engine == "postgres" {
        store::testing::postgres(schemas).await.unwrap().expect("HEARTH_TEST_POSTGRES names a server")
    } else {
        let db = Db::open(&format!("sqlite:{}", dir.path().join("bench.sqlite").display())).await.unwrap();
        db.migrate(schemas).await.unwrap();
        db
    };
    let ids = SeededIds::new(1);
    let desk = Desk { keys: &keys, ids: &ids, now: Instant::start_of(DAY), today: DAY };
    let began = Clock::now();
    fill(&db, &desk, count).await;
    db.take_statistics().await.unwrap();
    println!("{count} entitlements written in {:.1} s (not counted)", began.elapsed().as_secs_f64());
    let calendar = Calendar { holidays: &[] };
    for month in [11, 12] {
        let pay_date = calendar.on_or_before(Date::new(2026, month, 25).unwrap());
        let desk = Desk { now: Instant::start_of(pay_date), today: pay_date, ..desk };
        pay(&db, &desk, &calendar, pay_date).await;
    }
    let began = Clock::now();
    let report = ledger::check::check(&mut db.read().await.unwrap()).await.unwrap();
    println!("ledger checked in {:.1} s: {} faults", began.elapsed().as_secs_f64(), report.faults.len());
    assert_eq!(report.faults, Vec::<String>::new());
    db.close().await;
}

async fn pay(db: &Db, desk: &Desk<'_>, calendar: &Calendar<'_>, pay_date: Date) {
    let (total, used) = (Clock::now(), processor());
    let input = run::Input { pay_date, agency: None, form: Form::Cash, currency: Currency::KRW };
    let by = clerk(1).account;
    let id = transact!(db, run::Fault, |tx| run::open(tx, desk, by, calendar, &input).await).unwrap();
    let step = Clock::now();
    let mut at = Progress::START;
    while at != Progress::Totals {
        at = run::advance(db, desk, calendar, id, at).await.unwrap();
    }
    let worked_out = step.elapsed().as_secs_f64();
    let step = Clock::now();
    while at != Progress::Done {
        at = run::advance(db, desk, calendar, id, at).await.unwrap();
    }
    let run = run::by_id(&mut db.read().await.unwrap(), id).await.unwrap().unwrap();
    let totals = step.elapsed().as_secs_f64();
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
        "{} payments: worked out {worked_out:.1} s, totals and differences {totals:.1} s, signed and released {released:.1} s, file of {} MiB {filed:.1} s",
        written.lines,
        out.0 >> 20,
    );
    println!(
        "  together {:.1} s, {:.1} s of processor in this process; peak memory so far {} MiB",
        total.elapsed().as_secs_f64(),
        processor() - used,
        peak()
    );
}

/// What the copies are made of, besides the first entitlement.
const SOURCE: Schema = Schema {
    room: "bench",
    steps: &[Step {
        version: 1,
        name: "source",
        sql: "-- distribution: local\ncreate table source (\n    at {int} not null,\n    person_id {uuid} not null,\n    account_id {uuid} not null,\n    sealed {bytes} not null,\n    entitlement_id {uuid} not null,\n    decision_id {uuid} not null,\n    case_id {uuid} not null,\n    minor {int} not null,\n    primary key (at)\n);\n",
    }],
};
const COLUMNS: usize = 8;
const ROWS: usize = 100;

/// Copies of the first account and entitlement for everybody in the source, in its order.
const COPIES: [&str; 4] = [
    "insert into pay_account (person_id, pay_account_id, kind, slot, sealed, hint, verified_at, verification, account_id, from_at)
        select s.person_id, s.account_id, a.kind, a.slot, s.sealed, a.hint, a.verified_at, a.verification, a.account_id, a.from_at
        from source s join pay_account a on a.pay_account_id = $1 order by s.at",
    "insert into entitlement (subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices, pay_rule, law,
        effective_from, effective_until, decided_on, set_off_percent, waive_up_to, status, status_reason, next_period, next_due, next_minor, pays_after, begun, granted_at, changed_at)
        select s.person_id, s.entitlement_id, e.subject_kind, s.case_id, s.decision_id, e.version, e.programme, e.agency, s.person_id, e.form, e.per, e.currency,
        replace(e.slices, '100000', cast(s.minor as text)), e.pay_rule, e.law, e.effective_from, e.effective_until, e.decided_on, e.set_off_percent, e.waive_up_to, e.status,
        e.status_reason, e.next_period, e.next_due, s.minor, e.pays_after, e.begun, e.granted_at, e.changed_at
        from source s join entitlement e on e.entitlement_id = $1 order by s.at",
    "insert into entitlement_version (subject_id, entitlement_id, version, kind, decision_id, slices, effective_from, effective_until, reason, law, account_id, recorded_at)
        select s.person_id, s.entitlement_id, v.version, v.kind, s.decision_id, replace(v.slices, '100000', cast(s.minor as text)), v.effective_from, v.effective_until, v.reason,
        v.law, v.account_id, v.recorded_at from source s join entitlement_version v on v.entitlement_id = $1 order by s.at",
    "insert into entitlement_decision (decision_id, subject_id, entitlement_id, version, digest)
        select s.decision_id, s.person_id, s.entitlement_id, d.version, d.digest from source s join entitlement_decision d on d.entitlement_id = $1 order by s.at",
];

/// The first payee is written by the use cases; the others are copies of it under names of their own, many to a statement.
async fn fill(db: &Db, desk: &Desk<'_>, count: usize) {
    let (account, entitlement) = transact!(db, Failed, |tx| {
        let person = PersonId(desk.ids.uuid(desk.now));
        let new = New::Own { form: Form::Cash, details: details(0) };
        let account = account::set(tx, desk, person, &new, AccountId(Uuid::from_u128(1))).await?;
        account::verify(tx, desk, person, account, "bank", None).await?;
        Ok((account, grant::run(tx, desk, &monthly(desk, person, 100_000)).await?.entitlement))
    })
    .unwrap();
    let places: Vec<String> = (0..ROWS).map(|_| format!("({})", ["?"; COLUMNS].join(", "))).collect();
    let mut head = format!("insert into source values {}", places.join(", "));
    if db.engine() == Engine::Postgres {
        for n in 1..=ROWS * COLUMNS {
            head = head.replacen('?', &format!("${n}"), 1);
        }
    }
    let head: &'static str = Box::leak(head.into_boxed_str());
    let mut left = 0..count.next_multiple_of(ROWS);
    while !left.is_empty() {
        transact!(db, Failed, |tx| {
            // Each transaction begins anew where it has to be repeated.
            let mut numbers = left.clone();
            for _ in 0..100 {
                let mut values = Vec::with_capacity(ROWS * COLUMNS);
                for n in numbers.by_ref().take(ROWS) {
                    values.extend(source(desk, n));
                }
                if !values.is_empty() {
                    tx.execute(head, &values).await?;
                }
            }
            for copy in COPIES {
                let from = if copy.contains("join pay_account") { account.0 } else { entitlement.0 };
                tx.execute(copy, params![from]).await?;
            }
            tx.execute("delete from source", &[]).await?;
            Ok(())
        })
        .unwrap();
        left = (left.start + 100 * ROWS).min(left.end)..left.end;
    }
}

fn source(desk: &Desk<'_>, n: usize) -> [Value; COLUMNS] {
    // People were registered in another order than entitlements are granted, which come one after the other.
    let at = Instant::from_micros(desk.now.micros() + n as i64 * 1000);
    let account = PayAccountId(desk.ids.uuid(at));
    let text = serde_json::to_vec(&details(n)).unwrap();
    [
        (n as i64).to_value(),
        desk.ids.uuid(desk.now).to_value(),
        account.to_value(),
        desk.keys.seal_field("pay_account", "sealed", account.0, &text).unwrap().to_value(),
        desk.ids.uuid(at).to_value(),
        desk.ids.uuid(at).to_value(),
        desk.ids.uuid(at).to_value(),
        (100_000 + n as i64 % 800_000).to_value(),
    ]
}

fn details(n: usize) -> Details {
    Details { number: format!("{n:012}"), bank: "004".into(), holder: "A Holder".into() }
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

/// Processor time of all threads of this process so far, in seconds (Linux).
fn processor() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").expect("Linux keeps it in /proc");
    let ticks = stat.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
