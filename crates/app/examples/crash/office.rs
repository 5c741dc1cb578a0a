//! Two finance officials who go on paying while the server is killed: they open runs, have them prepared, sign, release, fetch
//! the file, take it to the bank and feed back what the bank says, all through the API, and after a kill ask again for what
//! was not answered. What they were told is held against the database at every audit.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use app::runtime::SystemClock;
use guard::Keys;
use kernel::{Clock as _, Date, RunId};
use payment::model::Form;
use payment::run::{Older, Run, RunStatus, by_id, list};
use payment::{bank, ledger};
use serde_json::{Value, json};
use store::Db;
use tokio::task::JoinSet;

use crate::aim::Aim;
use crate::bank::{Bank, Message};
use crate::harness::http::{Answer, Cut, try_send};
use crate::harness::server::Server;
use crate::harness::town::Place;

/// What is to be done next with the run under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Open,
    Look,
    Prepare,
    Sign(u32),
    Release(u32),
    File,
    Bank,
    BankAgain,
    Cancel,
}

impl Step {
    fn word(self) -> &'static str {
        match self {
            Step::Open => "open",
            Step::Look => "look",
            Step::Prepare => "prepare",
            Step::Sign(_) => "sign a run",
            Step::Release(_) => "release",
            Step::File => "bank file",
            Step::Bank => "bank return",
            Step::BankAgain => "bank return again",
            Step::Cancel => "cancel",
        }
    }
}

/// How kills of an act ended, as the database shows before anybody asks again.
#[derive(Clone, Copy, Default)]
struct Found {
    done: usize,
    undone: usize,
}

struct Book {
    step: Step,
    run: Option<RunId>,
    /// How many runs were begun: part of every key.
    number: u32,
    pay_date: Date,
    /// Of which form the next run is.
    form: Form,
    /// Runs whose release was acknowledged, with the file, if it was fetched.
    released: BTreeMap<RunId, Option<String>>,
    bank: Bank,
    /// What the bank says of the run's file, until it was acknowledged.
    message: Option<Message>,
    /// Messages of the bank that were acknowledged.
    told: usize,
    /// The act that the latest kill cut off.
    open: Option<Step>,
    /// Of releases and bank returns that were cut off: what had been committed.
    found: BTreeMap<&'static str, Found>,
    wrong: Vec<String>,
}

struct Desk {
    book: Mutex<Book>,
    cookies: [String; 2],
    aim: Aim,
}

/// The officials, shared.
#[derive(Clone)]
pub(crate) struct Office(Arc<Desk>);

impl Office {
    pub(crate) fn new(place: &Place, aim: &Aim) -> Office {
        let book = Book {
            step: Step::Open,
            run: None,
            number: 0,
            pay_date: month_after(SystemClock.now().date(9)),
            form: Form::Voucher,
            released: BTreeMap::new(),
            bank: Bank::default(),
            message: None,
            told: 0,
            open: None,
            found: BTreeMap::new(),
            wrong: vec![],
        };
        Office(Arc::new(Desk { book: Mutex::new(book), cookies: place.officials.clone(), aim: aim.clone() }))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().expect("no official panicked")
    }

    /// What officials saw that may not be; taken out.
    pub(crate) fn wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.book().wrong)
    }

    pub(crate) fn counts(&self) -> String {
        let book = self.book();
        let files = book.released.values().flatten().count();
        let found = |act| {
            let found = book.found.get(act).copied().unwrap_or_default();
            format!("{act}: {} undone, {} done and not acknowledged", found.undone, found.done)
        };
        format!(
            "{} runs, {} releases acknowledged, {files} files, {} bank messages ({} payments paid, {} back); {}; {}",
            book.number,
            book.released.len(),
            book.told,
            book.bank.said[0],
            book.bank.said[1],
            found("release"),
            found("bank return")
        )
    }

    /// Says, before the officials begin, what the next run pays.
    pub(crate) fn next(&self, form: Form) {
        let mut book = self.book();
        if book.step == Step::Open {
            book.form = form;
        }
    }

    /// Method, path, kind of body, and body of the next request.
    fn request(&self) -> (Step, &'static str, String, &'static str, String) {
        let book = self.book();
        let run = book.run.map(|id| id.to_string()).unwrap_or_default();
        let act = |what: &str| format!("/api/runs/{run}/{what}");
        let (path, body) = match book.step {
            Step::Open => {
                let (day, form) = (book.pay_date.to_string(), book.form.word());
                ("/api/runs".to_owned(), json!({ "pay_date": day, "form": form }))
            }
            Step::Look => (format!("/api/runs/{run}"), Value::Null),
            Step::Prepare => (act("prepare"), Value::Null),
            Step::Sign(revision) => (act("signature"), json!({ "revision": revision })),
            Step::Release(revision) => (act("release"), json!({ "revision": revision })),
            Step::File => (act("file"), Value::Null),
            Step::Bank | Step::BankAgain => {
                let text = book.message.as_ref().map(|m| m.text.clone()).unwrap_or_default();
                return (book.step, "POST", "/api/bank-messages".to_owned(), "application/xml", text);
            }
            Step::Cancel => (act("cancel"), json!({ "reason": "nothing to pay" })),
        };
        let method = if matches!(book.step, Step::Look | Step::File) { "GET" } else { "POST" };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        (book.step, method, path, "application/json", body)
    }

    /// One request; false when nobody answers any more.
    async fn act(&self, port: u16) -> bool {
        let (step, method, path, kind, body) = self.request();
        let key = {
            let book = self.book();
            format!("office-{}-{step:?}-{}-{}", book.number, book.pay_date, book.form).replace(['(', ')'], "-")
        };
        let [first, second] = &self.0.cookies;
        let cookie = if matches!(step, Step::Release(_)) { second } else { first };
        let headers = [("cookie", cookie.as_str()), ("idempotency-key", key.as_str()), ("content-type", kind)];
        self.0.aim.begins(step.word());
        let started = Instant::now();
        match try_send(port, method, &path, &headers, &body).await {
            Ok(answer) => {
                self.0.aim.answered(step.word(), started.elapsed());
                let pause = self.note(step, &answer);
                tokio::time::sleep(pause).await;
                true
            }
            Err(Cut::NotThere) => false,
            Err(Cut::NoAnswer) => {
                self.book().open = Some(step);
                self.0.aim.cut(step.word());
                false
            }
        }
    }

    /// What an answer means for the next step, and how long to wait before it.
    fn note(&self, step: Step, answer: &Answer) -> Duration {
        let mut book = self.book();
        let said = answer.json();
        let status = said.get("status").and_then(Value::as_str).unwrap_or_default();
        let number = |key: &str| said.get(key).and_then(Value::as_u64).and_then(|n| u32::try_from(n).ok()).unwrap_or(0);
        match (step, answer.status) {
            // Busy: the same again.
            (_, 429 | 503) => return Duration::from_millis(20),
            (Step::Open, 201) => {
                book.run = said.get("run").and_then(Value::as_str).and_then(|id| id.parse().ok());
                book.step = Step::Prepare;
            }
            // A day on which banks do not work.
            (Step::Open, 422) if book.pay_date.day() > 15 => {
                book.pay_date = book.pay_date.yesterday().unwrap_or(book.pay_date);
            }
            (Step::Look | Step::Prepare, 200) => {
                book.step = match status {
                    "preparing" => Step::Prepare,
                    "prepared" if number("lines") == 0 && number("set_off") == 0 => Step::Cancel,
                    "prepared" => Step::Sign(number("revision")),
                    "signed" => Step::Release(number("revision")),
                    "released" | "settled" if number("lines") > 0 => Step::File,
                    _ => Step::Open,
                };
            }
            (Step::Sign(revision), 200) => book.step = Step::Release(revision),
            (Step::Release(_), 200) => {
                if let Some(run) = book.run {
                    book.released.insert(run, None);
                }
                // The next run pays another month: what is decided today is due in the months to come.
                book.pay_date = month_after(book.pay_date);
                book.step = Step::Look;
            }
            (Step::File, 200) => {
                if let Some(run) = book.run {
                    let twice = book.bank.take(run, &answer.body);
                    book.wrong.extend(twice);
                    book.released.insert(run, Some(answer.body.clone()));
                }
                book.message = book.bank.answer(&answer.body);
                book.step = if book.message.is_some() { Step::Bank } else { Step::Open };
            }
            (Step::Bank | Step::BankAgain, 200) => book.heard(step, &said),
            (Step::Cancel, 200) => book.step = Step::Open,
            // Something changed since it was shown, or an earlier request did it and the kill took the answer.
            (Step::Prepare | Step::Sign(_) | Step::Release(_) | Step::Cancel, 409) => book.step = Step::Look,
            (step, status) => {
                let line = format!("{} a run answered {status}: {}", step.word(), answer.body);
                book.wrong.push(line.chars().take(400).collect());
                book.step = Step::Open;
            }
        }
        if book.step == Step::Open && step != Step::Open {
            (book.run, book.number) = (None, book.number + 1);
            // Nothing to pay is not asked about all the time.
            return if step == Step::Cancel { Duration::from_millis(100) } else { Duration::ZERO };
        }
        Duration::ZERO
    }
}

impl Book {
    /// The bank's message was read: every entry changed something now or before the kill that took the answer. Said once more,
    /// it changes nothing.
    fn heard(&mut self, step: Step, said: &Value) {
        let count = |key: &str| said.get(key).and_then(Value::as_u64).unwrap_or(0);
        let entries = self.message.as_ref().map_or(0, |m| m.entries);
        let (applied, repeated) = (count("applied"), count("repeated"));
        if applied + repeated != entries || (step == Step::BankAgain && applied > 0) {
            self.wrong.push(format!("a bank message of {entries} entries was read as {said} ({})", step.word()));
        }
        if step == Step::Bank {
            (self.told, self.step) = (self.told + 1, Step::BankAgain);
        } else {
            (self.message, self.step) = (None, Step::Open);
        }
    }
}

/// The last day of the month after.
fn month_after(day: Date) -> Date {
    day.last_of_month().tomorrow().map_or(day, Date::last_of_month)
}

/// Lets the officials work until nobody answers.
pub(crate) fn work(server: &Server, office: &Office) -> JoinSet<()> {
    let (port, office) = (server.port, office.clone());
    let mut all = JoinSet::new();
    all.spawn(async move { while office.act(port).await {} });
    all
}

/// With the server down, before anybody asks again: whether a release or a bank return that the kill cut off was done.
pub(crate) async fn look(db: &Db, office: &Office) {
    let (open, run, message) = {
        let mut book = office.book();
        (book.open.take(), book.run, book.message.clone())
    };
    let mut tx = db.read().await.expect("a transaction");
    let done = match (open, run) {
        (Some(Step::Release(_)), Some(run)) => {
            by_id(&mut tx, run).await.expect("a run").is_some_and(|run| released(&run))
        }
        (Some(Step::Bank), _) => {
            let number = message.and_then(|m| m.number()).unwrap_or_default();
            let sql = "select count(*) as n from bank_message where message_id = $1 and finished_at is not null";
            let row = tx.one(sql, store::params![number]).await.expect("a count");
            row.get::<i64>("n").expect("a number") > 0
        }
        _ => return,
    };
    let word = open.map_or("", Step::word);
    let mut book = office.book();
    let found = book.found.entry(word).or_default();
    if done { found.done += 1 } else { found.undone += 1 }
}

/// With the server down: what was acknowledged as released is, every released run has one whole file, the same that was
/// fetched, and no other run has any.
pub(crate) async fn hold(place: &Place, office: &Office) -> Vec<String> {
    let db = Db::open(&place.database).await.expect("the database");
    let keys = Keys::open(&place.data().join("keys")).expect("the keys");
    let mut tx = db.read().await.expect("a transaction");
    let runs = list(&mut tx, Older::NEWEST, u32::MAX).await.expect("the runs");
    drop(tx);
    let told = office.book().released.clone();
    let mut wrong = Vec::new();
    for id in told.keys() {
        if !runs.iter().any(|run| run.id == *id && released(run)) {
            wrong.push(format!("run {id} was acknowledged as released and is not"));
        }
    }
    for run in &runs {
        let mut file = Vec::new();
        let written = bank::write(&db, &keys, run.id, &mut file).await;
        file.flush().expect("memory");
        match written {
            Ok(_) if !released(run) => wrong.push(format!("run {} is {} and has a file", run.id, run.status)),
            Ok(_) => {
                let text = String::from_utf8_lossy(&file);
                wrong.extend(office.book().bank.take(run.id, &text));
                let payments = text.matches("<CdtTrfTxInf>").count();
                if u32::try_from(payments) != Ok(run.lines) || !text.ends_with("</Document>") {
                    wrong.push(format!("the file of run {} holds {payments} of {} payments", run.id, run.lines));
                }
                if told.get(&run.id).and_then(Option::as_ref).is_some_and(|before| *before != text) {
                    wrong.push(format!("the file of run {} is another than the one that was fetched", run.id));
                }
            }
            Err(fault) if released(run) && run.lines > 0 => {
                wrong.push(format!("released run {} has no file: {fault}", run.id));
            }
            Err(_) => {}
        }
    }
    let mut tx = db.read().await.expect("a transaction");
    let report = ledger::check::check(&mut tx).await.expect("a look at the ledger");
    let at_bank = office.book().bank.sum();
    if report.sent != at_bank {
        wrong.push(format!("the ledger sent {} and the bank was told {at_bank}", report.sent));
    }
    drop(tx);
    db.close().await;
    wrong
}

fn released(run: &Run) -> bool {
    matches!(run.status, RunStatus::Released | RunStatus::Settled)
}
