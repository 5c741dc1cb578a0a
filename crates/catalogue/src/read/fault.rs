//! Collects every fault of a pack, so that an official mends a file once and not fault by fault.

use std::cell::RefCell;

use rules::schema::{Fault, Origin, Severity};

/// Faults found so far.
#[derive(Debug, Default)]
pub(crate) struct Faults(RefCell<Vec<Fault>>);

impl Faults {
    /// Adds a fault that refuses the pack.
    pub(crate) fn error(
        &self,
        code: &'static str,
        at: &Origin,
        message: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(Severity::Error, code, at, message.into(), expected.into(), hint.into());
    }

    /// Adds something that somebody should look at.
    pub(crate) fn warning(
        &self,
        code: &'static str,
        at: &Origin,
        message: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.add(Severity::Warning, code, at, message.into(), expected.into(), hint.into());
    }

    fn add(
        &self,
        severity: Severity,
        code: &'static str,
        at: &Origin,
        message: String,
        expected: String,
        hint: String,
    ) {
        let (file, line, column) = (at.file.to_string(), at.line.max(1), at.column.max(1));
        self.0.borrow_mut().push(Fault { severity, code, file, line, column, message, expected, hint });
    }

    /// Adds faults that another stage found.
    pub(crate) fn extend(&self, more: impl IntoIterator<Item = Fault>) {
        self.0.borrow_mut().extend(more);
    }

    /// Whether any of them refuses the pack.
    pub(crate) fn refuse(&self) -> bool {
        self.0.borrow().iter().any(|f| f.severity == Severity::Error)
    }

    /// All of them by file and place, each once.
    pub(crate) fn sorted(self) -> Vec<Fault> {
        let mut all = self.0.into_inner();
        all.sort_by(|a, b| {
            (&a.file, a.line, a.column, a.code, &a.message).cmp(&(&b.file, b.line, b.column, b.code, &b.message))
        });
        all.dedup();
        all
    }
}

/// `did you mean "x"?` for the nearest of the known words, or nothing when none is near.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let word = word.to_lowercase();
    let near = known
        .into_iter()
        .map(|k| (strsim::damerau_levenshtein(&word, &k.to_lowercase()), k))
        .filter(|(distance, k)| *distance <= 1 + k.chars().count().min(word.chars().count()) / 4)
        .min_by(|a, b| a.cmp(b));
    near.map(|(_, k)| format!("did you mean \"{k}\"?")).unwrap_or_default()
}

/// `one of a, b, c`, shortened when the list is long.
pub(crate) fn one_of<'a>(known: impl IntoIterator<Item = &'a str>) -> String {
    const SHOWN: usize = 14;
    let all: Vec<&str> = known.into_iter().collect();
    let shown: Vec<&str> = all.iter().copied().take(SHOWN).collect();
    match (all.len(), all.len().saturating_sub(SHOWN)) {
        (0, _) => "nothing: none is declared".to_owned(),
        (1, _) => shown.join(", "),
        (_, 0) => format!("one of {}", shown.join(", ")),
        (_, more) => format!("one of {} and {more} more", shown.join(", ")),
    }
}

/// A short rendering of a text from a file, safe to print in one line.
pub(crate) fn shown(text: &str) -> String {
    let mut short: String = text.chars().take(60).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().count() > 60 {
        short.push('…');
    }
    short
}
