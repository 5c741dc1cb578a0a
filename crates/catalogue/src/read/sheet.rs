//! CSV files read row by row, every field with its line and column.

use std::cell::RefCell;

use kernel::{Date, Lang, Words};
use rules::schema::Origin;

use super::fault::{Faults, did_you_mean, one_of, shown};
use super::source::Source;
use super::toml_doc::{Located, missing_languages};

/// A CSV file with its columns.
pub(crate) struct Sheet<'a> {
    source: &'a Source,
    faults: &'a Faults,
    /// Names of the columns from left to right.
    pub(crate) columns: Vec<String>,
    rows: Vec<(usize, csv::StringRecord)>,
    asked: RefCell<Vec<String>>,
}

/// One row.
pub(crate) struct Line<'a, 's> {
    sheet: &'s Sheet<'a>,
    start: usize,
    record: &'s csv::StringRecord,
}

/// No table of a pack is as wide; a file that is would take minutes to name every unknown column.
const MOST_COLUMNS: usize = 200;

impl<'a> Sheet<'a> {
    /// Reads the file; rows with another number of fields than the head are faults and left out.
    pub(crate) fn parse(source: &'a Source, faults: &'a Faults) -> Sheet<'a> {
        let mut reader =
            csv::ReaderBuilder::new().flexible(true).has_headers(false).from_reader(source.text.as_bytes());
        let mut sheet = Sheet { source, faults, columns: Vec::new(), rows: Vec::new(), asked: RefCell::default() };
        let mut record = csv::StringRecord::new();
        loop {
            let from = usize::try_from(reader.position().byte()).unwrap_or(0);
            match reader.read_record(&mut record) {
                Ok(false) => break,
                Ok(true) => sheet.take(from, &record),
                Err(why) => {
                    faults.error(
                        "syntax",
                        &source.origin(from),
                        format!("{why}"),
                        "a row of comma-separated values",
                        "",
                    );
                    break;
                }
            }
        }
        if sheet.columns.is_empty() {
            faults.error("missing-column", &source.top(), "the file has no head", "a first line with the columns", "");
        }
        sheet
    }

    fn take(&mut self, from: usize, record: &csv::StringRecord) {
        let rest = self.source.text.get(from..).unwrap_or_default();
        let start = from + (rest.len() - rest.trim_start_matches(['\r', '\n']).len());
        if self.columns.is_empty() {
            self.columns = record.iter().take(MOST_COLUMNS).map(|name| name.trim().to_owned()).collect();
            if record.len() > MOST_COLUMNS {
                let message = format!("the table has {} columns", record.len());
                let expected = format!("{MOST_COLUMNS} columns at the most");
                self.faults.error("bad-row", &self.source.origin(start), message, expected, "is this the right file?");
            }
            self.check_head(start);
        } else if record.len() == self.columns.len() {
            self.rows.push((start, record.clone()));
        } else {
            let message = format!("this row has {} fields", record.len());
            let expected = format!("{} fields, as in the head", self.columns.len());
            let hint = "a field with a comma or a quote must stand in double quotes";
            self.faults.error("bad-row", &self.source.origin(start), message, expected, hint);
        }
    }

    fn check_head(&self, start: usize) {
        for (n, name) in self.columns.iter().enumerate() {
            if self.columns.iter().take(n).any(|before| before == name) {
                let at = self.source.origin(field_start(&self.source.text, start, n));
                let message = format!("the column \"{}\" stands twice", shown(name));
                self.faults.error("duplicate-id", &at, message, "every column once", "");
            }
        }
    }

    /// Declares columns that must be there.
    pub(crate) fn need_columns(&self, names: &[&str]) {
        for name in names {
            if self.has(name) || self.columns.is_empty() {
                continue;
            }
            let message = format!("the column \"{name}\" is missing");
            let hint = did_you_mean(name, self.columns.iter().map(String::as_str));
            self.faults.error("missing-column", &self.source.top(), message, format!("a column \"{name}\""), hint);
        }
        self.may_have(names);
    }

    /// Declares columns that may be there.
    pub(crate) fn may_have(&self, names: &[&str]) {
        self.asked.borrow_mut().extend(names.iter().map(|n| (*n).to_owned()));
    }

    /// Declares `<stem>_<language>` columns, those of `complete` as needed.
    pub(crate) fn words_columns(&self, stem: &str, complete: &[Lang], needed: bool) {
        for lang in Lang::ALL {
            let name = format!("{stem}_{lang}");
            if needed && complete.contains(&lang) { self.need_columns(&[&name]) } else { self.may_have(&[&name]) }
        }
    }

    /// Whether there is such a column.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|c| c == name)
    }

    /// Says of every column that nobody declared that it is unknown.
    pub(crate) fn finish(&self) {
        let asked = self.asked.borrow();
        for (n, column) in self.columns.iter().enumerate().filter(|(_, c)| !asked.contains(c)) {
            let at = self.source.origin(field_start(&self.source.text, 0, n));
            let known = || asked.iter().map(String::as_str);
            let message = format!("the column \"{}\" is not known here", shown(column));
            self.faults.error("unknown-column", &at, message, one_of(known()), did_you_mean(column, known()));
        }
    }

    /// All rows.
    pub(crate) fn lines(&self) -> impl Iterator<Item = Line<'a, '_>> {
        self.rows.iter().map(|(start, record)| Line { sheet: self, start: *start, record })
    }
}

impl Line<'_, '_> {
    fn index(&self, column: &str) -> Option<usize> {
        self.sheet.columns.iter().position(|c| c == column)
    }

    /// Where the row begins.
    pub(crate) fn at(&self) -> Origin {
        self.sheet.source.origin(self.start)
    }

    /// Where the field stands.
    pub(crate) fn place(&self, column: &str) -> Origin {
        let n = self.index(column).unwrap_or(0);
        self.sheet.source.origin(field_start(&self.sheet.source.text, self.start, n))
    }

    /// The field without white space around it; empty when the column does not exist.
    pub(crate) fn get(&self, column: &str) -> &str {
        self.index(column).and_then(|n| self.record.get(n)).unwrap_or_default().trim()
    }

    /// The field with its place.
    pub(crate) fn located(&self, column: &str) -> Located<String> {
        Located { it: self.get(column).to_owned(), at: self.place(column) }
    }

    /// A field that may not be empty.
    pub(crate) fn need(&self, column: &str) -> Option<String> {
        let text = self.get(column);
        if text.is_empty() {
            if self.sheet.has(column) {
                self.bad(column, format!("\"{column}\" is empty"), "a value");
            }
            return None;
        }
        Some(text.to_owned())
    }

    /// A fault of value at the field.
    pub(crate) fn bad(&self, column: &str, message: impl Into<String>, expected: impl Into<String>) {
        self.sheet.faults.error("bad-value", &self.place(column), message, expected, "");
    }

    /// A date, or `None` when the field is empty or (with a fault) no date.
    pub(crate) fn date(&self, column: &str) -> Option<Date> {
        let text = self.get(column);
        let date = super::value::date(text);
        if date.is_none() && !text.is_empty() {
            self.bad(
                column,
                format!("\"{}\" is not a civil date", shown(text)),
                "a date such as 2025-01-31, or nothing",
            );
        }
        date
    }

    /// Words from `<stem>_<language>`; those of `complete` must be there.
    pub(crate) fn words(&self, stem: &str, complete: &[Lang]) -> Words {
        let texts = Lang::ALL.into_iter().map(|lang| (lang, self.get(&format!("{stem}_{lang}")).to_owned()));
        let words: Words = texts.filter(|(_, text)| !text.is_empty()).collect();
        for lang in complete.iter().filter(|l| self.sheet.has(&format!("{stem}_{l}"))) {
            let at = self.place(&format!("{stem}_{lang}"));
            missing_languages(stem, &words, std::slice::from_ref(lang), &at, self.sheet.faults);
        }
        words
    }

    /// Words that may be left out altogether, but not in one language alone.
    pub(crate) fn optional_words(&self, stem: &str, complete: &[Lang]) -> Option<Words> {
        let any = Lang::ALL.iter().any(|lang| !self.get(&format!("{stem}_{lang}")).is_empty());
        any.then(|| self.words(stem, complete))
    }

    /// Ids joined by `;`.
    pub(crate) fn ids(&self, column: &str) -> Vec<Located<String>> {
        let at = self.place(column);
        let parts = self.get(column).split(';').map(str::trim).filter(|p| !p.is_empty());
        parts.map(|p| Located { it: p.to_owned(), at: at.clone() }).collect()
    }
}

/// The byte at which field `n` of the row at `start` begins.
fn field_start(text: &str, start: usize, n: usize) -> usize {
    let (mut at, mut quoted, mut fields) = (start, false, 0);
    for (offset, byte) in text.as_bytes().iter().skip(start).enumerate() {
        if fields == n {
            break;
        }
        match byte {
            b'"' => quoted = !quoted,
            b',' if !quoted => {
                fields += 1;
                at = start + offset + 1;
            }
            b'\n' if !quoted => break,
            _ => {}
        }
    }
    at
}
