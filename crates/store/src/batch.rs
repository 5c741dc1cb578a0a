//! Inserting many rows in few round trips: one statement for 32, 16, 8, 4, 2 or 1 rows, so that every list of rows is a
//! handful of statements whose texts are made once and stay prepared.

use std::fmt::Write as _;
use std::sync::OnceLock;

use crate::{Engine, StoreError, Tx, Value};

/// How many rows one statement may hold, largest first.
const SIZES: [usize; 6] = [32, 16, 8, 4, 2, 1];

/// An insert of rows with a fixed list of columns.
#[derive(Debug)]
pub struct Batch {
    name: &'static str,
    head: &'static str,
    columns: usize,
    tail: &'static str,
    texts: OnceLock<Vec<(&'static str, &'static str)>>,
    plain: OnceLock<Vec<&'static str>>,
}

impl Batch {
    /// `head` is everything before the rows (`insert into t (a, b) values`), `tail` everything after them.
    pub const fn new(name: &'static str, head: &'static str, columns: usize, tail: &'static str) -> Self {
        Batch { name, head, columns, tail, texts: OnceLock::new(), plain: OnceLock::new() }
    }

    /// The texts as (name, text), for the test that prepares every statement.
    pub fn statements(&self) -> &[(&'static str, &'static str)] {
        self.texts.get_or_init(|| SIZES.iter().map(|rows| (self.name, self.text(*rows, true))).collect())
    }

    /// The same with `?` for `$1`, `$2` …, for SQLite: there a numbered parameter has a name, and binding looks each name up in a
    /// list of all, which costs the square of their number.
    fn plain(&self) -> &[&'static str] {
        self.plain.get_or_init(|| SIZES.iter().map(|rows| self.text(*rows, false)).collect())
    }

    /// The text for so many rows. It lives as long as the program: there are twelve of each.
    fn text(&self, rows: usize, numbered: bool) -> &'static str {
        let mut text = String::from(self.head);
        for row in 0..rows {
            text.push_str(if row == 0 { " (" } else { ", (" });
            for column in 1..=self.columns {
                let comma = if column == 1 { "" } else { ", " };
                // Writing into a String cannot fail.
                let _ = match numbered {
                    true => write!(text, "{comma}${}", row * self.columns + column),
                    false => write!(text, "{comma}?"),
                };
            }
            text.push(')');
        }
        text.push_str(self.tail);
        Box::leak(text.into_boxed_str())
    }

    /// Inserts the rows, each a list of values in the order of the columns; says how many went in.
    pub async fn insert(&self, tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<u64, StoreError> {
        let mut inserted = 0;
        let mut rows = rows.into_iter();
        let texts: Vec<&'static str> = match tx.engine() {
            Engine::Sqlite => self.plain().to_vec(),
            Engine::Postgres => self.statements().iter().map(|(_, text)| *text).collect(),
        };
        for (size, text) in SIZES.into_iter().zip(texts) {
            while rows.len() >= size {
                let values: Vec<Value> = rows.by_ref().take(size).flatten().collect();
                inserted += tx.execute(text, &values).await?;
            }
        }
        Ok(inserted)
    }
}
