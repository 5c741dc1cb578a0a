//! Where the next kill is meant to come: inside an act of somebody who works, or at any moment.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::Notify;

/// Who aims at an act that does not come kills nevertheless.
const LONGEST: Duration = Duration::from_millis(2_000);

#[derive(Default)]
struct Book {
    /// The act inside which the next kill is meant to come, until it begins.
    act: Option<&'static str>,
    /// How long the latest answer to an act took.
    took: BTreeMap<&'static str, Duration>,
    /// What was under way when kills came.
    cut: BTreeMap<&'static str, usize>,
}

/// The aim, shared by everybody who works.
#[derive(Clone, Default)]
pub(crate) struct Aim(Arc<(Mutex<Book>, Notify)>);

impl Aim {
    fn book(&self) -> MutexGuard<'_, Book> {
        self.0.0.lock().expect("nobody who works panicked")
    }

    /// Says, before anybody begins, inside which act the next kill is meant to come.
    pub(crate) async fn at(&self, act: Option<&'static str>) {
        // What began after the life before had waited long enough.
        tokio::time::timeout(Duration::ZERO, self.0.1.notified()).await.ok();
        self.book().act = act;
    }

    /// Whether this is what is waited for.
    pub(crate) fn is(&self, act: &str) -> bool {
        self.book().act == Some(act)
    }

    /// An act begins.
    pub(crate) fn begins(&self, act: &'static str) {
        let mut book = self.book();
        if book.act == Some(act) {
            book.act = None;
            self.0.1.notify_one();
        }
    }

    /// An act was answered after so long.
    pub(crate) fn answered(&self, act: &'static str, took: Duration) {
        self.book().took.insert(act, took);
    }

    /// A kill cut an act off.
    pub(crate) fn cut(&self, act: &'static str) {
        *self.book().cut.entry(act).or_default() += 1;
    }

    /// Lets the server live until the moment of its kill: at any time, or, with an aim, somewhere inside that act.
    pub(crate) async fn until_kill(&self, aim: Option<&'static str>, dice: &mut fastrand::Rng) {
        let Some(act) = aim else {
            tokio::time::sleep(Duration::from_millis(dice.u64(20..=400))).await;
            return;
        };
        if tokio::time::timeout(LONGEST, self.0.1.notified()).await.is_ok() {
            // As long as the act took the last time, and a little longer: also between being done and being acknowledged.
            let took = self.book().took.get(act).copied().unwrap_or(Duration::from_millis(50));
            tokio::time::sleep(took.mul_f64(dice.f64() * 1.2)).await;
        }
    }

    pub(crate) fn counts(&self) -> String {
        let book = self.book();
        let cut: Vec<String> = book.cut.iter().map(|(what, n)| format!("{n} {what}")).collect();
        let inside: usize = book.cut.values().sum();
        format!("{inside} kills while an act was open ({})", cut.join(", "))
    }
}
