//! Two finance officials who go on paying while the server is killed: they open runs, have them prepared, sign, release and
//! fetch the file, all through the API, and after a kill ask again for what was not answered. What they were told is held
//! against the database at every audit.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use app::runtime::SystemClock;
use guard::Keys;
use kernel::{Clock as _, Date, RunId};
use payment::bank;
use payment::run::{Older, Run, RunStatus, list};
use serde_json::{Value, json};
use store::Db;
use tokio::task::JoinSet;

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
    Cancel,
}

impl Step {
    fn word(self) -> &'static str {
        match self {
            Step::Open => "opening",
            Step::Look => "looking",
            Step::Prepare => "preparing",
            Step::Sign(_) => "signing",
            Step::Release(_) => "releasing",
            Step::File => "writing the file",
            Step::Cancel => "cancelling",
        }
    }
}

struct Book {
    step: Step,
    run: Option<RunId>,
    /// How many runs were begun: part of every key.
    number: u32,
    pay_date: Date,
    /// Runs whose release was acknowledged, with the file, if it was fetched.
    released: BTreeMap<RunId, Option<String>>,
    /// What was under way when kills came.
    cut: BTreeMap<&'static str, usize>,
    wrong: Vec<String>,
}

/// The officials, shared.
#[derive(Clone)]
pub(crate) struct Office(Arc<(Mutex<Book>, [String; 2])>);

impl Office {
    pub(crate) fn new(place: &Place) -> Office {
        let pay_date = SystemClock.now().date(9).last_of_month();
        let (released, cut) = (BTreeMap::new(), BTreeMap::new());
        let book = Book { step: Step::Open, run: None, number: 0, pay_date, released, cut, wrong: vec![] };
        Office(Arc::new((Mutex::new(book), place.officials.clone())))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.0.lock().expect("no official panicked")
    }

    /// What officials saw that may not be; taken out.
    pub(crate) fn wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.book().wrong)
    }

    pub(crate) fn counts(&self) -> String {
        let book = self.book();
        let files = book.released.values().flatten().count();
        let cut: Vec<String> = book.cut.iter().map(|(what, n)| format!("{n} {what}")).collect();
        let inside: usize = book.cut.values().sum();
        format!(
            "{} runs, {} released, {files} files; {inside} kills in a run's work ({})",
            book.number,
            book.released.len(),
            cut.join(", ")
        )
    }

    /// One request; false when nobody answers any more.
    async fn act(&self, port: u16) -> bool {
        let (step, path, body, key) = {
            let book = self.book();
            let run = book.run.map(|id| id.to_string()).unwrap_or_default();
            let (path, body) = match book.step {
                Step::Open => {
                    let form = if book.number % 3 == 2 { "voucher" } else { "cash" };
                    ("/api/runs".to_owned(), json!({ "pay_date": book.pay_date.to_string(), "form": form }))
                }
                Step::Look => (format!("/api/runs/{run}"), Value::Null),
                Step::Prepare => (format!("/api/runs/{run}/prepare"), Value::Null),
                Step::Sign(revision) => (format!("/api/runs/{run}/signature"), json!({ "revision": revision })),
                Step::Release(revision) => (format!("/api/runs/{run}/release"), json!({ "revision": revision })),
                Step::File => (format!("/api/runs/{run}/file"), Value::Null),
                Step::Cancel => (format!("/api/runs/{run}/cancel"), json!({ "reason": "nothing to pay" })),
            };
            (book.step, path, body, format!("office-{}-{:?}-{}", book.number, book.step, book.pay_date))
        };
        let [first, second] = &self.0.1;
        let cookie = if matches!(step, Step::Release(_)) { second } else { first };
        let key = key.replace(['(', ')'], "-");
        let headers = [("cookie", cookie.as_str()), ("idempotency-key", key.as_str())];
        let method = if matches!(step, Step::Look | Step::File) { "GET" } else { "POST" };
        let body = if body.is_null() { String::new() } else { body.to_string() };
        match try_send(port, method, &path, &headers, &body).await {
            Ok(answer) => {
                let pause = self.note(step, &answer);
                tokio::time::sleep(pause).await;
                true
            }
            Err(Cut::NotThere) => false,
            Err(Cut::NoAnswer) => {
                *self.book().cut.entry(step.word()).or_default() += 1;
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
                book.step = Step::Look;
            }
            (Step::File, 200) => {
                if let Some(run) = book.run {
                    book.released.insert(run, Some(answer.body.clone()));
                }
                book.step = Step::Open;
            }
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
        }
        Duration::ZERO
    }
}

/// Lets the officials work until nobody answers.
pub(crate) fn work(server: &Server, office: &Office) -> JoinSet<()> {
    let (port, office) = (server.port, office.clone());
    let mut all = JoinSet::new();
    all.spawn(async move { while office.act(port).await {} });
    all
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
    db.close().await;
    wrong
}

fn released(run: &Run) -> bool {
    matches!(run.status, RunStatus::Released | RunStatus::Settled)
}
