//! The disclosure log beside the bare disk.

use std::sync::Arc;

use kernel::{Date, Instant};

use crate::table::Table;

/// As many people looking something up at the same moment.
const CLIENTS: usize = 512;
const SECONDS: f64 = 1.5;

pub(crate) async fn run(table: &mut Table, rounds: usize) {
    let mut rates = Vec::new();
    for clients in [1, 16, CLIENTS] {
        rates.clear();
        for _ in 0..rounds {
            let home = tempfile::tempdir().expect("a folder");
            let keys = Arc::new(guard::Keys::open(&home.path().join("keys")).expect("keys"));
            let now = Instant::start_of(Date::constant(2026, 3, 2));
            rates.push(guard::log::measure(home.path(), keys, now, clients, SECONDS).await.expect("a log"));
        }
        rates.sort_by(|a, b| a.entries.total_cmp(&b.entries));
        let Some(rate) = rates.get(rates.len() / 2) else { continue };
        table.row(
            &format!("log: durable entries/s, {clients} at once"),
            format!("{:.0}/s", rate.entries),
            format!("{:.0} bare fdatasync/s: {:.1} ×", rate.fsyncs, rate.entries / rate.fsyncs),
            if clients == CLIENTS { "≥ 10,000/s" } else { "" },
        );
    }
}
