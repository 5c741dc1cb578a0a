//! Random lives of entitlements against a bank that keeps its own books: whatever happens in whatever order, money conserves to
//! the won and nothing is paid twice.
//!
//! Few seeds by default; `HEARTH_PAYMENT_SEEDS=500` walks more. A failure names its seed.

use std::collections::{BTreeMap, BTreeSet};

use jiff::civil::date;
use kernel::{Date, EntitlementId, PersonId, RecoveryId, RunId};
use payment::model::{Grant, PayRule, Per, Slice};
use payment::reference::EndToEnd;
use payment::run::{self, Progress, RunStatus};
use payment::{grant, hold, recovery};
use store::{params, transact};

use crate::bank::{camt, paid, pain_002, returned};
use crate::desk::{CALENDAR, Office, clerk};

/// The bank's own books.
#[derive(Default)]
struct Bank {
    /// What it was told to pay, by reference.
    told: BTreeMap<String, i64>,
    /// What it paid and did not send back.
    stands: BTreeMap<String, i64>,
    /// What it has not answered.
    open: Vec<(RunId, String)>,
    /// Messages it has sent, to send them again.
    sent: Vec<String>,
    number: u32,
}

impl Bank {
    /// Takes a file: the same reference must never come twice, nor one period's money while the former still stands.
    fn take(&mut self, run: RunId, payments: &[(String, i64)]) {
        for (name, amount) in payments {
            assert!(self.told.insert(name.clone(), *amount).is_none(), "{name} came twice");
            let same = |other: &&String| other.get(..31) == name.get(..31);
            assert_eq!(self.stands.keys().find(same), None, "{name} is paid while an earlier attempt stands");
            self.stands.insert(name.clone(), *amount);
            self.open.push((run, name.clone()));
        }
    }

    fn stands(&self) -> i64 {
        self.stands.values().sum()
    }
}

/// One case as the test itself understands it.
struct Case {
    grant: Grant,
    id: EntitlementId,
}

impl Case {
    /// What is due up to the last month, worked out month by month without the program's help.
    fn due(&self, last: Date) -> i64 {
        if self.grant.per == Per::Once {
            return self.grant.slices.first().map_or(0, |s| s.minor);
        }
        let mut sum = 0;
        let mut first = date(2025, 1, 1);
        while first <= last {
            let after = first.saturating_add(jiff::Span::new().months(1));
            let mut slices = self.grant.slices.iter();
            sum += slices.find(|s| s.from < after && s.until.is_none_or(|u| u > first)).map_or(0, |s| s.minor);
            first = after;
        }
        sum
    }
}

struct Walk {
    office: Office,
    chance: fastrand::Rng,
    people: Vec<PersonId>,
    cases: Vec<Case>,
    bank: Bank,
    repaid: i64,
    month: Date,
}

impl Walk {
    async fn new(office: Office, seed: u64) -> Walk {
        let month = date(2026, 1, 1);
        let mut people = Vec::new();
        for _ in 0..4 {
            people.push(office.payee(month).await);
        }
        let chance = fastrand::Rng::with_seed(seed);
        Walk { office, chance, people, cases: Vec::new(), bank: Bank::default(), repaid: 0, month }
    }

    fn day(&mut self) -> Date {
        self.month.saturating_add(jiff::Span::new().days(self.chance.i64(0..20)))
    }

    fn slices(&mut self) -> Vec<Slice> {
        let back = self.chance.i32(-6..2);
        let from = self
            .month
            .saturating_add(jiff::Span::new().months(back))
            .saturating_add(jiff::Span::new().days(self.chance.i32(0..28)));
        let minor = self.chance.i64(1..2000);
        if self.chance.bool() {
            return vec![Slice { from, until: None, minor }];
        }
        let turn = from.saturating_add(jiff::Span::new().days(self.chance.i32(1..150)));
        let until = self.chance.bool().then(|| turn.saturating_add(jiff::Span::new().days(self.chance.i32(1..100))));
        let later = self.chance.i64(0..2000);
        vec![Slice { from, until: Some(turn), minor }, Slice { from: turn, until, minor: later }]
    }

    async fn step(&mut self) {
        match self.chance.u8(..100) {
            0..15 => self.grant().await,
            15..35 => self.change().await,
            35..42 => self.turn().await,
            42..62 => self.run().await,
            62..85 => self.answer().await,
            85..90 => self.repay().await,
            90..96 => {
                let person = self.people[self.chance.usize(..self.people.len())];
                let day = self.day();
                self.office.account(day, person).await;
            }
            _ => self.again().await,
        }
    }

    async fn grant(&mut self) {
        let payee = self.people[self.chance.usize(..self.people.len())];
        let slices = self.slices();
        let mut grant = self.office.monthly(payee, slices[0].from, 1);
        grant.slices = slices;
        grant.recovery.set_off_percent = self.chance.u8(..=100);
        grant.recovery.waive_up_to_minor = self.chance.i64(0..60);
        if self.chance.u8(..4) == 0 {
            grant.per = Per::Once;
            grant.pay = PayRule::Within { working_days: 10 };
            // Due at once: when a single payment of a later day is due is another test's question.
            grant.slices = vec![Slice { from: self.month, until: None, minor: grant.slices[0].minor }];
        }
        let day = self.day();
        let id = self.office.grant(day, &grant).await.entitlement;
        assert!(self.office.grant(day, &grant).await.repeated);
        self.cases.push(Case { grant, id });
    }

    async fn change(&mut self) {
        if self.cases.is_empty() {
            return;
        }
        let n = self.chance.usize(..self.cases.len());
        let slices = self.slices();
        let mut next = self.office.later(&self.cases[n].grant, 1);
        next.slices =
            if next.per == Per::Once { vec![Slice { from: self.month, until: None, ..slices[0] }] } else { slices };
        if self.chance.u8(..6) == 0 {
            next.slices.clear();
        }
        let day = self.day();
        self.office.grant(day, &next).await;
        self.cases[n].grant = next;
    }

    /// Suspends, or resumes.
    async fn turn(&mut self) {
        if self.cases.is_empty() {
            return;
        }
        let id = self.cases[self.chance.usize(..self.cases.len())].id;
        let day = self.day();
        let desk = self.office.desk(day);
        let ground = grant::Ground { reason: "by chance".into(), law: "Act, article 9".into(), by: None };
        let _ = transact!(self.office.db, grant::Fault, |tx| grant::resume(tx, &desk, id, &ground).await);
        if self.chance.bool() {
            let _ = transact!(self.office.db, grant::Fault, |tx| grant::suspend(tx, &desk, id, &ground).await);
        }
    }

    /// A run that may be cut off at any point, meet changes on the way, be cancelled, or be released.
    async fn run(&mut self) {
        let twenty_fifth = self.month.with().day(25).build().unwrap();
        let pay_date = run::pay_date(twenty_fifth, &CALENDAR);
        let id = self.office.open(pay_date).await;
        for _ in 0..self.chance.u8(..3) {
            // The process dies after so many transactions.
            let mut at = Progress::START;
            for _ in 0..self.chance.u8(..4) {
                at = run::advance(&self.office.db, &self.office.desk(pay_date), &CALENDAR, id, at).await.unwrap();
            }
            Box::pin(self.change()).await;
        }
        let mut ready = run::prepare(&self.office.db, &self.office.desk(pay_date), &CALENDAR, id).await.unwrap();
        if self.chance.u8(..5) == 0 {
            Box::pin(self.change()).await;
            ready = run::prepare(&self.office.db, &self.office.desk(pay_date), &CALENDAR, id).await.unwrap();
        }
        self.office.check().await;
        let stays = self.chance.u8(..6) > 0;
        if stays && self.office.sign(&ready, &clerk(1)).await.is_ok() {
            self.office.release(&ready, &clerk(2)).await.unwrap();
            self.deliver(id).await;
        } else {
            let desk = self.office.desk(pay_date);
            transact!(self.office.db, run::Fault, |tx| run::cancel(tx, &desk, &clerk(1), id, "by chance").await)
                .unwrap();
        }
        if self.chance.bool() {
            self.month = self.month.saturating_add(jiff::Span::new().months(1));
        }
    }

    async fn deliver(&mut self, id: RunId) {
        let mut file = Vec::new();
        match payment::bank::write(&self.office.db, crate::desk::keys(), id, &mut file).await {
            Ok(_) => {}
            Err(payment::bank::FileFault::Empty) => return,
            Err(error) => panic!("{error}"),
        }
        let file = String::from_utf8(file).unwrap();
        let payments: Vec<(String, i64)> =
            crate::bank::amounts(&file).into_iter().map(|(name, amount)| (name, amount.parse().unwrap())).collect();
        self.bank.take(id, &payments);
    }

    /// The bank pays, rejects or sends back some of what is open, or says the same again.
    async fn answer(&mut self) {
        let day = self.day();
        if self.chance.u8(..3) == 0 && !self.bank.sent.is_empty() {
            let old = self.bank.sent[self.chance.usize(..self.bank.sent.len())].clone();
            self.office.feed(day, &old).await;
            return;
        }
        self.chance.shuffle(&mut self.bank.open);
        let keep = self.chance.usize(..=self.bank.open.len());
        let answered = self.bank.open.split_off(keep);
        let number = self.bank.number;
        self.bank.number += 1;
        let mut entries = Vec::new();
        for (run, name) in answered {
            let amount = self.bank.told[&name].to_string();
            match self.chance.u8(..6) {
                0 => {
                    entries.push(returned(&name, &amount, "AC04"));
                    self.bank.stands.remove(&name);
                }
                1 => {
                    let mut tx = self.office.db.read().await.unwrap();
                    let it = run::by_id(&mut tx, run).await.unwrap().unwrap();
                    drop(tx);
                    assert_eq!(it.status, RunStatus::Released);
                    let report = pain_002(&format!("S{number}-{name}"), &it, None, &[(&name, "RJCT", Some("AC01"))]);
                    self.office.feed(day, &report).await;
                    self.bank.sent.push(report);
                    self.bank.stands.remove(&name);
                }
                2 => {
                    entries.push(paid(&name, &amount));
                    entries.push(returned(&name, &amount, "AC06"));
                    self.bank.stands.remove(&name);
                }
                _ => entries.push(paid(&name, &amount)),
            }
        }
        let file = camt(&format!("C{number}"), &entries);
        self.office.feed(day, &file).await;
        self.bank.sent.push(file);
    }

    async fn repay(&mut self) {
        let Some((id, free)) = self.debts().await.into_iter().find(|(_, free)| *free > 0) else { return };
        let minor = self.chance.i64(1..=free);
        let day = self.day();
        let (desk, receipt) = (self.office.desk(day), format!("receipt {}", self.chance.u32(..)));
        for _ in 0..2 {
            let told = transact!(self.office.db, recovery::Fault, |tx| {
                recovery::repaid(tx, &desk, id, minor, &receipt, None).await
            })
            .unwrap();
            self.repaid += if told { minor } else { 0 };
        }
    }

    async fn debts(&self) -> Vec<(RecoveryId, i64)> {
        let mut tx = self.office.db.read().await.unwrap();
        let sql =
            "select recovery_id, claimed - recovered - waived - reserved as free from recovery order by recovery_id";
        let rows = tx.all(sql, &[]).await.unwrap();
        rows.iter().map(|r| (r.get("recovery_id").unwrap(), r.get("free").unwrap())).collect()
    }

    /// An official lets what came back go out again.
    async fn again(&mut self) {
        let mut tx = self.office.db.read().await.unwrap();
        let sql = "select entitlement_id, period, part from instalment where status = 'returned'";
        let rows = tx.all(sql, &[]).await.unwrap();
        drop(tx);
        for row in rows {
            let which = hold::Which {
                entitlement: row.get("entitlement_id").unwrap(),
                period: payment::due::PeriodKey(row.get("period").unwrap()),
                part: row.get("part").unwrap(),
            };
            let desk = self.office.desk(self.month);
            let by = clerk(1).account;
            transact!(self.office.db, hold::Fault, |tx| hold::pay_again(tx, &desk, which, "by chance", by).await)
                .unwrap();
        }
    }

    /// Everything that still waits goes out, and the bank pays all of it.
    async fn finish(&mut self) {
        let day = self.month;
        let ground = grant::Ground { reason: "the end".into(), law: "Act, article 9".into(), by: None };
        for case in &self.cases {
            let desk = self.office.desk(day);
            let _ = transact!(self.office.db, grant::Fault, |tx| grant::resume(tx, &desk, case.id, &ground).await);
        }
        for person in self.people.clone() {
            self.office.account(day, person).await;
        }
        self.again().await;
        let last = run::pay_date(day.with().day(25).build().unwrap(), &CALENDAR);
        let run = self.office.prepared(last).await;
        assert_eq!(run.held, 0);
        if self.office.sign(&run, &clerk(1)).await.is_ok() {
            self.office.release(&run, &clerk(2)).await.unwrap();
            self.deliver(run.id).await;
        }
        let entries: Vec<String> =
            self.bank.open.drain(..).map(|(_, name)| paid(&name, &self.bank.told[&name].to_string())).collect();
        self.office.feed(day, &camt("LAST", &entries)).await;
        let report = self.office.check().await;
        assert_eq!((report.pending, report.confirmed), (0, self.bank.stands()), "the bank's books and ours");
        let due: i64 = self.cases.iter().map(|c| c.due(day)).sum();
        let sums = "select cast(coalesce(sum(claimed - recovered), 0) as bigint) as n from recovery";
        let owed_or_waived = self.office.number(sums, params![]).await.unwrap();
        assert_eq!(self.bank.stands() - self.repaid, due + owed_or_waived, "paid and not owed back is what is due");
        let names: BTreeSet<EndToEnd> = self.bank.told.keys().map(|n| EndToEnd::read(n).unwrap()).collect();
        assert_eq!(names.len(), self.bank.told.len());
    }
}

#[tokio::test]
async fn whatever_happens_money_conserves_and_nothing_is_paid_twice() {
    let seeds: u64 = std::env::var("HEARTH_PAYMENT_SEEDS").ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let mut told = 0;
    for seed in 0..seeds {
        for office in Office::all(1000 + seed).await {
            eprintln!("seed {seed} on {:?}", office.db.engine());
            let mut walk = Walk::new(office, seed).await;
            for _ in 0..40 {
                walk.step().await;
            }
            walk.office.check().await;
            walk.finish().await;
            told += walk.bank.told.len();
            walk.office.db.close().await;
        }
    }
    assert!(told as u64 > seeds * 10, "the walks paid something: {told}");
}
