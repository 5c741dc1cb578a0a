//! What officials, families and registers do in cases while the server is killed, all through the API: settle what agencies
//! say differently, decide, sign, speak before a worse decision, end the hearing, object, review, move, go abroad. After a
//! kill they ask again for what was not answered; [`crate::cases`] holds what they were told against the database.

use std::collections::{BTreeMap, HashSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use kernel::{CaseId, HouseholdId};
use serde_json::Value;
use store::Db;
use tokio::task::JoinSet;

use crate::aim::Aim;
use crate::find;
use crate::harness::http::{Answer, Cut, send, try_send};
use crate::harness::server::Server;
use crate::harness::town::Place;
use crate::staff::{Shown, Staff};

kernel::words! {
    /// What somebody does.
    Deed as "deed" {
        /// Settles a contradiction, a gap or the holder of an account.
        Settle = "settle",
        /// Decides, or prepares what a second person signs.
        Decide = "decide",
        /// Signs what another prepared.
        Sign = "sign",
        /// The family speaks before a worse decision.
        Speak = "speak",
        /// The hearing ends.
        EndHearing = "end hearing",
        /// The family objects.
        Object = "object",
        /// The objection is reviewed.
        Review = "review",
        /// A household moves.
        Move = "move",
        /// A child goes abroad or comes back.
        Travel = "travel",
    }
}

/// A request with its key.
#[derive(Clone)]
pub(crate) struct Act {
    pub(crate) deed: Deed,
    /// In which case; `None`: in none.
    pub(crate) case: Option<CaseId>,
    pub(crate) path: String,
    pub(crate) key: String,
    pub(crate) who: Shown,
    pub(crate) body: Value,
}

impl Act {
    /// Who asks, under which key, and why: officials open nobody's case without a reason.
    fn headers(&self) -> [(&'static str, &str); 3] {
        [(self.who.0, &self.who.1), ("idempotency-key", &self.key), ("hearth-reason", "work+on+the+case")]
    }
}

/// An act that was acknowledged.
#[derive(Clone)]
pub(crate) struct Done {
    pub(crate) act: Act,
    pub(crate) answer: Value,
}

#[derive(Default)]
struct Book {
    done: Vec<Done>,
    /// Sent, never answered: done or not, nobody knows.
    open: Vec<Act>,
    refused: BTreeMap<&'static str, usize>,
    /// Households that have moved, so that one day sees one move of each.
    moved: HashSet<HouseholdId>,
    number: usize,
    again: usize,
    wrong: Vec<String>,
}

struct Inner {
    book: Mutex<Book>,
    staff: Staff,
    aim: Aim,
    /// The server is gone: nobody looks for more to do.
    over: AtomicBool,
}

/// All of them, shared.
#[derive(Clone)]
pub(crate) struct Deeds(Arc<Inner>);

/// Who looks for work of which kind.
#[derive(Clone, Copy)]
enum Part {
    Official,
    Family,
    Register,
}

impl Deeds {
    pub(crate) async fn new(place: &Place, aim: &Aim) -> Deeds {
        let staff = Staff::hire(place).await;
        let (book, over) = (Mutex::default(), AtomicBool::new(false));
        Deeds(Arc::new(Inner { book, staff, aim: aim.clone(), over }))
    }

    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.book.lock().expect("nobody who works panicked")
    }

    pub(crate) fn staff(&self) -> &Staff {
        &self.0.staff
    }

    pub(crate) fn aim(&self) -> &Aim {
        &self.0.aim
    }

    /// The number of the next act: part of its key.
    pub(crate) fn number(&self) -> usize {
        let mut book = self.book();
        book.number += 1;
        book.number
    }

    /// Whether a household has not moved yet; it has from now on.
    pub(crate) fn may_move(&self, household: HouseholdId) -> bool {
        self.book().moved.insert(household)
    }

    /// Everything acknowledged so far.
    pub(crate) fn done(&self) -> Vec<Done> {
        self.book().done.clone()
    }

    /// What was never answered.
    pub(crate) fn open(&self) -> Vec<Act> {
        self.book().open.clone()
    }

    /// What they saw that may not be; taken out.
    pub(crate) fn wrong(&self) -> Vec<String> {
        std::mem::take(&mut self.book().wrong)
    }

    pub(crate) fn counts(&self) -> String {
        let book = self.book();
        let mut done: BTreeMap<&str, usize> = BTreeMap::new();
        for one in &book.done {
            *done.entry(one.act.deed.word()).or_default() += 1;
        }
        let list = |all: &BTreeMap<&str, usize>| {
            all.iter().map(|(word, n)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
        };
        let (refused, open) = (list(&book.refused), book.open.len());
        format!("in cases: {} ({} asked again), refused: {refused}; {open} never answered", list(&done), book.again)
    }

    /// Nobody looks for more to do.
    pub(crate) fn over(&self) {
        self.0.over.store(true, Ordering::Relaxed);
    }

    /// One request; false when nobody answers any more.
    async fn put(&self, port: u16, act: Act) -> bool {
        let word = act.deed.word();
        self.0.aim.begins(word);
        let headers = act.headers();
        let started = Instant::now();
        match try_send(port, "POST", &act.path, &headers, &act.body.to_string()).await {
            Ok(answer) => {
                self.0.aim.answered(word, started.elapsed());
                self.note(act, &answer);
                true
            }
            Err(Cut::NotThere) => false,
            Err(Cut::NoAnswer) => {
                self.0.aim.cut(word);
                self.book().open.push(act);
                false
            }
        }
    }

    fn note(&self, act: Act, answer: &Answer) {
        let mut book = self.book();
        match answer.status {
            200 | 201 => book.done.push(Done { act, answer: answer.json() }),
            429 | 503 => book.open.push(act),
            // Somebody was faster, or the case moved on since it was read: rightly refused, and nothing was done.
            409 => *book.refused.entry(act.deed.word()).or_default() += 1,
            status => {
                let line = format!("{} {} answered {status}: {}", act.path, act.body, answer.body);
                book.wrong.push(line.chars().take(600).collect());
            }
        }
    }

    async fn next(&self, db: &Db, part: Part) -> Option<Act> {
        match part {
            Part::Official => find::task(db, self).await,
            Part::Family => find::family(db, self).await,
            Part::Register => find::news(db, self).await,
        }
    }
}

/// Lets everybody work until nobody answers: two officials at the same list, families, registers.
pub(crate) async fn work(server: &Server, place: &Place, deeds: &Deeds) -> JoinSet<()> {
    /// Between two looks for something to do, and between two things that families and registers do.
    const PAUSE: Duration = Duration::from_millis(50);
    let (port, mut all) = (server.port, JoinSet::new());
    deeds.0.over.store(false, Ordering::Relaxed);
    for part in [Part::Official, Part::Official, Part::Family, Part::Register] {
        let (deeds, database) = (deeds.clone(), place.database.clone());
        all.spawn(async move {
            let db = Db::open(&database).await.expect("the database");
            while !deeds.0.over.load(Ordering::Relaxed) {
                let act = deeds.next(&db, part).await;
                let found = act.is_some();
                if let Some(act) = act
                    && !deeds.put(port, act).await
                {
                    break;
                }
                if !found || !matches!(part, Part::Official) {
                    tokio::time::sleep(PAUSE).await;
                }
            }
            db.close().await;
        });
    }
    all
}

/// After a restart: everything never answered once more, and some of what was answered. The answer must be the same.
pub(crate) async fn ask_again(server: &Server, deeds: &Deeds) {
    let open = std::mem::take(&mut deeds.book().open);
    for act in open {
        deeds.put(server.port, act).await;
    }
    let known = deeds.done();
    for _ in 0..2.min(known.len()) {
        let Some(Done { act, answer }) = fastrand::choice(&known) else { return };
        let headers = act.headers();
        let said = send(server.port, "POST", &act.path, &headers, &act.body.to_string()).await;
        let mut book = deeds.book();
        book.again += 1;
        if said.as_ref().map(Answer::json).as_ref() != Some(answer) {
            let now = said.map_or_else(|| "nothing".to_owned(), |a| a.body);
            book.wrong.push(format!("{} {} was answered {answer} and now {now}", act.path, act.body));
        }
    }
}
