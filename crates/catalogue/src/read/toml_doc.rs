//! TOML tables read key by key. Each key asked for is known; what is left over at the end is a fault.

use std::cell::RefCell;
use std::ops::Range;

use kernel::{Currency, Date, Lang, Words};
use rules::schema::{Expr, Origin};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::fault::{Faults, did_you_mean, one_of, shown};
use super::source::Source;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub(crate) struct Located<T> {
    /// The value.
    pub(crate) it: T,
    /// Its first character.
    pub(crate) at: Origin,
}

/// One table of a TOML file.
pub(crate) struct Table<'a> {
    source: &'a Source,
    faults: &'a Faults,
    table: &'a DeTable<'a>,
    /// Where the table begins.
    pub(crate) at: Origin,
    asked: RefCell<Vec<&'static str>>,
}

/// Parses a file and hands its root to `read`; faults of syntax are collected and nothing is read then.
pub(crate) fn document<T>(source: &Source, faults: &Faults, read: impl FnOnce(&Table<'_>) -> T) -> Option<T> {
    let (root, errors) = DeTable::parse_recoverable(&source.text);
    for error in &errors {
        let at = source.origin(error.span().map_or(0, |span| span.start));
        faults.error("syntax", &at, one_line(error.message()), "valid TOML", "");
    }
    if !errors.is_empty() {
        return None;
    }
    let table = Table { source, faults, table: root.get_ref(), at: source.top(), asked: RefCell::default() };
    let out = read(&table);
    table.finish();
    Some(out)
}

/// A number as TOML writes it; infinities and the like are none.
fn finite(value: &DeValue<'_>) -> Option<f64> {
    let number: f64 = match value {
        DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok().and_then(|n| n.to_string().parse().ok()),
        DeValue::Float(n) => n.as_str().replace('_', "").parse().ok(),
        _ => None,
    }?;
    number.is_finite().then_some(number)
}

fn one_line(message: &str) -> String {
    message.split('\n').map(str::trim).collect::<Vec<_>>().join(" ")
}

fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

impl<'a> Table<'a> {
    fn child(&self, table: &'a DeTable<'a>, at: Origin) -> Table<'a> {
        Table { source: self.source, faults: self.faults, table, at, asked: RefCell::default() }
    }

    fn find(&self, key: &'static str) -> Option<(Origin, &'a Spanned<DeValue<'a>>)> {
        self.asked.borrow_mut().push(key);
        let (name, value) = self.table.iter().find(|(k, _)| k.get_ref() == key)?;
        Some((self.source.origin(name.span().start), value))
    }

    fn must<T>(&self, key: &'static str, found: Option<T>) -> Option<T> {
        if found.is_none() && !self.has(key) {
            let hint = format!("add a line `{key} = …`");
            self.faults.error(
                "missing-key",
                &self.at,
                format!("\"{key}\" is missing here"),
                format!("\"{key}\""),
                hint,
            );
        }
        found
    }

    fn wrong(&self, key: &str, span: Range<usize>, found: &DeValue<'_>, expected: &str) {
        let at = self.source.origin(span.start);
        self.faults.error("wrong-type", &at, format!("\"{key}\" is {}", kind(found)), expected, "");
    }

    /// Whether the key stands here at all.
    pub(crate) fn has(&self, key: &str) -> bool {
        self.table.iter().any(|(k, _)| k.get_ref() == key)
    }

    /// Where the key stands, or the table itself.
    pub(crate) fn place(&self, key: &str) -> Origin {
        let found = self.table.iter().find(|(k, _)| k.get_ref() == key);
        found.map_or_else(|| self.at.clone(), |(k, _)| self.source.origin(k.span().start))
    }

    /// A text, if there is one.
    pub(crate) fn text(&self, key: &'static str) -> Option<Located<String>> {
        let (_, value) = self.find(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Located { it: text.to_string(), at: self.text_start(value.span()) }),
            other => {
                self.wrong(key, value.span(), other, "a text in quotes");
                None
            }
        }
    }

    /// A text that must be there.
    pub(crate) fn need_text(&self, key: &'static str) -> Option<Located<String>> {
        let found = self.text(key);
        self.must(key, found)
    }

    /// The first character inside the quotes.
    fn text_start(&self, span: Range<usize>) -> Origin {
        let raw = self.source.text.get(span.clone()).unwrap_or_default();
        let long = ["\"\"\"", "'''"].iter().any(|quotes| raw.starts_with(quotes));
        if !long {
            return self.source.origin(span.start + 1);
        }
        let rest = raw.get(3..).unwrap_or_default();
        let newline = if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
        self.source.origin(span.start + 3 + newline)
    }

    /// An expression, if there is one. A bare number or truth value counts as its own text.
    pub(crate) fn expr(&self, key: &'static str) -> Option<Expr> {
        let (_, value) = self.find(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(Expr { text: text.to_string(), origin: self.text_start(value.span()) }),
            DeValue::Integer(_) | DeValue::Float(_) | DeValue::Boolean(_) => {
                let text = self.source.text.get(value.span()).unwrap_or_default().to_owned();
                Some(Expr { text, origin: self.source.origin(value.span().start) })
            }
            other => {
                self.wrong(key, value.span(), other, "an expression in quotes");
                None
            }
        }
    }

    /// An expression that must be there.
    pub(crate) fn need_expr(&self, key: &'static str) -> Option<Expr> {
        let found = self.expr(key);
        self.must(key, found)
    }

    /// Every key with its expression, whatever the keys are.
    pub(crate) fn exprs(&self) -> Vec<(Located<String>, Expr)> {
        let mut out = Vec::new();
        for (name, value) in self.table.iter() {
            let key = Located { it: name.get_ref().to_string(), at: self.source.origin(name.span().start) };
            match value.get_ref() {
                DeValue::String(text) => {
                    let expr = Expr { text: text.to_string(), origin: self.text_start(value.span()) };
                    out.push((key, expr));
                }
                other => self.wrong(&key.it, value.span(), other, "an expression in quotes"),
            }
        }
        out
    }

    /// A date, written bare or as text.
    pub(crate) fn date(&self, key: &'static str) -> Option<Date> {
        let (_, value) = self.find(key)?;
        let text = match value.get_ref() {
            DeValue::Datetime(date) => date.to_string(),
            DeValue::String(text) => text.to_string(),
            other => {
                self.wrong(key, value.span(), other, "a date such as 2025-01-31");
                return None;
            }
        };
        if text.is_empty() {
            return None;
        }
        let date = super::value::date(&text);
        if date.is_none() {
            let at = self.source.origin(value.span().start);
            let message = format!("\"{}\" is not a civil date", shown(&text));
            self.faults.error("bad-value", &at, message, "a date such as 2025-01-31", "");
        }
        date
    }

    /// A date that was read before: no second fault when it is wrong.
    pub(crate) fn quiet_date(&self, key: &'static str) -> Option<Date> {
        let (_, value) = self.find(key)?;
        match value.get_ref() {
            DeValue::Datetime(date) => super::value::date(&date.to_string()),
            DeValue::String(text) => super::value::date(text),
            _ => None,
        }
    }

    /// A whole number that is not negative.
    pub(crate) fn count(&self, key: &'static str) -> Option<u32> {
        let (_, value) = self.find(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(n) => u32::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(key, value.span(), value.get_ref(), "a whole number, 0 or more");
        }
        number
    }

    /// A whole number within `i8`.
    pub(crate) fn small(&self, key: &'static str) -> Option<i8> {
        let (_, value) = self.find(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(n) => i8::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        if number.is_none() {
            self.wrong(key, value.span(), value.get_ref(), "a whole number between -128 and 127");
        }
        number
    }

    /// true or false; false when it does not stand here.
    pub(crate) fn flag(&self, key: &'static str) -> bool {
        self.maybe_flag(key).unwrap_or(false)
    }

    /// true or false, if it stands here.
    pub(crate) fn maybe_flag(&self, key: &'static str) -> Option<bool> {
        let (_, value) = self.find(key)?;
        if let DeValue::Boolean(flag) = value.get_ref() {
            return Some(*flag);
        }
        self.wrong(key, value.span(), value.get_ref(), "true or false");
        None
    }

    /// A sum of money, written whole in the currency's own unit, that is not negative; in minor units.
    pub(crate) fn sum(&self, key: &'static str, currency: Currency) -> Option<i64> {
        let (_, value) = self.find(key)?;
        let number = match value.get_ref() {
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix())
                .ok()
                .filter(|n| *n >= 0)
                .and_then(|n| n.checked_mul(currency.unit())),
            _ => None,
        };
        if number.is_none() {
            self.wrong(key, value.span(), value.get_ref(), "a whole sum in the currency's own unit, 0 or more");
        }
        number
    }

    /// A number, whole or not.
    pub(crate) fn number(&self, key: &'static str) -> Option<f64> {
        let (_, value) = self.find(key)?;
        let number = finite(value.get_ref());
        if number.is_none() {
            self.wrong(key, value.span(), value.get_ref(), "a number");
        }
        number
    }

    /// A number that must be there.
    pub(crate) fn need_number(&self, key: &'static str) -> Option<f64> {
        let found = self.number(key);
        self.must(key, found)
    }

    /// A list of so many numbers.
    pub(crate) fn numbers<const N: usize>(&self, key: &'static str) -> Option<[f64; N]> {
        let (_, value) = self.find(key)?;
        let numbers = match value.get_ref() {
            DeValue::Array(list) => list.iter().map(|n| finite(n.get_ref())).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        let numbers = numbers.and_then(|list| list.try_into().ok());
        if numbers.is_none() {
            self.wrong(key, value.span(), value.get_ref(), &format!("a list of {N} numbers"));
        }
        numbers
    }

    /// A list of whole numbers; nothing where the key is missing.
    pub(crate) fn whole_numbers(&self, key: &'static str) -> Vec<i64> {
        let Some((_, value)) = self.find(key) else { return Vec::new() };
        let whole = |n: &Spanned<DeValue<'a>>| match n.get_ref() {
            DeValue::Integer(n) => i64::from_str_radix(n.as_str(), n.radix()).ok(),
            _ => None,
        };
        let numbers = match value.get_ref() {
            DeValue::Array(list) => list.iter().map(whole).collect::<Option<Vec<_>>>(),
            _ => None,
        };
        numbers.unwrap_or_else(|| {
            self.wrong(key, value.span(), value.get_ref(), "a list of whole numbers");
            Vec::new()
        })
    }

    /// A table of weights: `{ a = 30, b = 70 }`; every weight 0 or more and one of them above.
    pub(crate) fn weights(&self, key: &'static str) -> Option<Vec<(Located<String>, f64)>> {
        let (at, value) = self.find(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(key, value.span(), value.get_ref(), "weights: { a = 30, b = 70 }");
            return None;
        };
        let mut out: Vec<(Located<String>, f64)> = Vec::new();
        let mut entries: Vec<_> = table.iter().collect();
        entries.sort_by_key(|(name, _)| name.span().start);
        for (name, value) in entries {
            match finite(value.get_ref()).filter(|n| *n >= 0.0) {
                Some(n) => {
                    let at = self.source.origin(name.span().start);
                    out.push((Located { it: name.get_ref().to_string(), at }, n));
                }
                None => self.wrong(name.get_ref(), value.span(), value.get_ref(), "a weight of 0 or more"),
            }
        }
        if out.iter().all(|(_, n)| *n <= 0.0) {
            self.faults.error("bad-value", &at, format!("\"{key}\" has no weight above 0"), "weights", "");
            return None;
        }
        Some(out)
    }

    /// Whether the key holds this very word; no fault when it does not.
    pub(crate) fn says(&self, key: &'static str, word: &str) -> bool {
        self.find(key).is_some_and(|(_, value)| matches!(value.get_ref(), DeValue::String(text) if text == word))
    }

    /// A list of texts; a single text counts as a list of one.
    pub(crate) fn texts(&self, key: &'static str) -> Vec<Located<String>> {
        let Some((_, value)) = self.find(key) else { return Vec::new() };
        let mut out = Vec::new();
        let entries: Vec<&Spanned<DeValue<'a>>> = match value.get_ref() {
            DeValue::Array(list) => list.iter().collect(),
            _ => vec![value],
        };
        for entry in entries {
            match entry.get_ref() {
                DeValue::String(text) => out.push(Located { it: text.to_string(), at: self.text_start(entry.span()) }),
                other => self.wrong(key, entry.span(), other, "a list of texts, such as [\"a\", \"b\"]"),
            }
        }
        out
    }

    /// A list of ids from sources.csv, written as a list or joined by `;`.
    pub(crate) fn ids(&self, key: &'static str) -> Vec<Located<String>> {
        let parts = self.texts(key).into_iter().flat_map(|text| {
            let at = text.at;
            text.it.split(';').map(|p| Located { it: p.trim().to_owned(), at: at.clone() }).collect::<Vec<_>>()
        });
        parts.filter(|p| !p.it.is_empty()).collect()
    }

    /// A table below this one, if there is one.
    pub(crate) fn table(&self, key: &'static str) -> Option<Table<'a>> {
        let (at, value) = self.find(key)?;
        match value.get_ref() {
            DeValue::Table(table) => Some(self.child(table, at)),
            other => {
                self.wrong(key, value.span(), other, &format!("a table: [{key}]"));
                None
            }
        }
    }

    /// All tables of a list `[[key]]`.
    pub(crate) fn tables(&self, key: &'static str) -> Vec<Table<'a>> {
        let Some((_, value)) = self.find(key) else { return Vec::new() };
        let DeValue::Array(list) = value.get_ref() else {
            self.wrong(key, value.span(), value.get_ref(), &format!("a list of tables: [[{key}]]"));
            return Vec::new();
        };
        let mut out = Vec::new();
        for entry in list.iter() {
            match entry.get_ref() {
                DeValue::Table(table) => out.push(self.child(table, self.source.origin(entry.span().start))),
                other => self.wrong(key, entry.span(), other, &format!("a table: [[{key}]]")),
            }
        }
        out
    }

    /// Words in several languages, if there are any; those of `complete` must all be there.
    pub(crate) fn words(&self, key: &'static str, complete: &[Lang]) -> Option<Words> {
        let (at, value) = self.find(key)?;
        let DeValue::Table(table) = value.get_ref() else {
            self.wrong(key, value.span(), value.get_ref(), &format!("one text a language: {key}.en = \"…\""));
            return None;
        };
        let mut words = Vec::new();
        for (name, value) in table.iter() {
            match (name.get_ref().parse::<Lang>(), value.get_ref()) {
                (Ok(lang), DeValue::String(text)) => words.push((lang, text.trim().to_owned())),
                (Ok(_), other) => self.wrong(name.get_ref(), value.span(), other, "a text in quotes"),
                (Err(_), _) => {
                    let message = format!("\"{}\" is not a language of this system", shown(name.get_ref()));
                    let place = self.source.origin(name.span().start);
                    self.faults.error("unknown-key", &place, message, one_of(Lang::ALL.map(Lang::tag)), "");
                }
            }
        }
        let words: Words = words.into_iter().collect();
        let first = table.iter().map(|(k, _)| k.span().start).min();
        let at = first.map_or(at, |start| self.source.origin(line_start(&self.source.text, start)));
        missing_languages(key, &words, complete, &at, self.faults);
        Some(words)
    }

    /// Words that must be there.
    pub(crate) fn need_words(&self, key: &'static str, complete: &[Lang]) -> Words {
        let found = self.words(key, complete);
        self.must(key, found).unwrap_or_default()
    }

    /// Says of every key that nobody asked for that it is unknown.
    pub(crate) fn finish(&self) {
        let asked = self.asked.borrow();
        for (key, _) in self.table.iter() {
            if asked.iter().any(|a| a == key.get_ref()) {
                continue;
            }
            let at = self.source.origin(key.span().start);
            let message = format!("\"{}\" is not known here", shown(key.get_ref()));
            let hint = did_you_mean(key.get_ref(), asked.iter().copied());
            self.faults.error("unknown-key", &at, message, one_of(asked.iter().copied()), hint);
        }
    }
}

/// The first character of the line that holds the byte `at`, after white space.
fn line_start(text: &str, at: usize) -> usize {
    let start = text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1);
    let indent = text.get(start..at).map_or(0, |line| line.len() - line.trim_start().len());
    start + indent
}

/// One fault a language of `complete` in which the words do not exist.
pub(crate) fn missing_languages(what: &str, words: &Words, complete: &[Lang], at: &Origin, faults: &Faults) {
    for lang in complete.iter().filter(|lang| !words.has(**lang)) {
        let message = format!("\"{what}\" has no words in {} ({lang})", lang.own_name());
        let hint = format!("add {what}.{lang}, or take \"{lang}\" out of `complete` in pack.toml");
        faults.error("missing-translation", at, message, format!("words in {lang}"), hint);
    }
}
