//! Counts statements and the time they take, by listening to what the database driver says of itself.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};

use tracing::field::{Field, Visit};
use tracing::subscriber::Interest;
use tracing::{Event, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};

static COUNTING: AtomicBool = AtomicBool::new(false);
static SEEN: Mutex<BTreeMap<String, Seen>> = Mutex::new(BTreeMap::new());

/// How often one statement ran, and how long it took altogether, in seconds.
#[derive(Clone, Copy, Default)]
pub(crate) struct Seen {
    pub(crate) count: u32,
    pub(crate) seconds: f64,
}

struct Counter;

#[derive(Default)]
struct Fields {
    summary: String,
    seconds: f64,
}

impl Visit for Fields {
    fn record_f64(&mut self, field: &Field, value: f64) {
        if field.name() == "elapsed_secs" {
            self.seconds = value;
        }
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "summary" {
            self.summary = value.to_owned();
        }
    }
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        if field.name() == "summary" {
            self.summary = format!("{value:?}");
        }
    }
}

impl<S: Subscriber> Layer<S> for Counter {
    fn register_callsite(&self, metadata: &'static Metadata<'static>) -> Interest {
        if metadata.target() == "sqlx::query" { Interest::sometimes() } else { Interest::never() }
    }
    fn enabled(&self, metadata: &Metadata<'_>, _: Context<'_, S>) -> bool {
        COUNTING.load(Ordering::Relaxed) && metadata.target() == "sqlx::query"
    }
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let mut fields = Fields::default();
        event.record(&mut fields);
        let mut seen = SEEN.lock().expect("nobody panicked while counting");
        let seen = seen.entry(fields.summary).or_default();
        seen.count += 1;
        seen.seconds += fields.seconds;
    }
}

pub(crate) fn install() {
    let layered = tracing_subscriber::registry().with(Counter);
    tracing::subscriber::set_global_default(layered).expect("the only subscriber");
}

pub(crate) fn start() {
    SEEN.lock().expect("nobody panicked while counting").clear();
    COUNTING.store(true, Ordering::SeqCst);
}

/// What ran since [`start`], by the statement's first words.
pub(crate) fn stop() -> Vec<(String, Seen)> {
    COUNTING.store(false, Ordering::SeqCst);
    let mut seen: Vec<_> = std::mem::take(&mut *SEEN.lock().expect("nobody panicked")).into_iter().collect();
    seen.sort_by(|a, b| b.1.seconds.total_cmp(&a.1.seconds));
    seen
}
