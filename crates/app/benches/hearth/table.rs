//! Rows of measurements, medians, and the Markdown they become.

use std::time::Duration;

/// What was measured, in the order of measuring.
pub(crate) struct Table(Vec<[String; 4]>);

impl Table {
    pub(crate) fn new() -> Self {
        Table(Vec::new())
    }

    /// One measurement: what, how much, beside what, and the bar it is held against.
    pub(crate) fn row(&mut self, what: &str, measured: impl Into<String>, beside: impl Into<String>, bar: &str) {
        let row = [what.to_owned(), measured.into(), beside.into(), bar.to_owned()];
        println!("{:<58} {:<28} {:<44} {}", row[0], row[1], row[2], row[3]);
        self.0.push(row);
    }

    pub(crate) fn markdown(&self) -> String {
        let mut out = "| measured | result | beside it | bar |\n|---|---|---|---|\n".to_owned();
        for row in &self.0 {
            out.push_str(&format!("| {} |\n", row.join(" | ")));
        }
        out
    }
}

/// The value below which this share of all lies; the list need not be sorted.
pub(crate) fn quantile(values: &[Duration], share: f64) -> Duration {
    let mut sorted = values.to_vec();
    sorted.sort();
    let last = sorted.len().saturating_sub(1);
    sorted.get((last as f64 * share) as usize).copied().unwrap_or_default()
}

pub(crate) fn median(values: &[Duration]) -> Duration {
    quantile(values, 0.5)
}

/// As people read it.
pub(crate) fn shown(time: Duration) -> String {
    let micros = time.as_secs_f64() * 1e6;
    if micros < 1000.0 { format!("{micros:.1} µs") } else { format!("{:.2} ms", micros / 1000.0) }
}

/// Middle and tail.
pub(crate) fn spread(values: &[Duration]) -> String {
    format!("{} (p95 {})", shown(median(values)), shown(quantile(values, 0.95)))
}
