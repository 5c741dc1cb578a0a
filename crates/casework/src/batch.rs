//! Inserting many rows in few round trips: one statement for 32, 16, 8, 4, 2 or 1 rows, so that every list of rows is a
//! handful of statements whose texts are made once and stay prepared.

use std::fmt::Write as _;
use std::sync::OnceLock;

use store::{StoreError, Tx, Value};

/// How many rows one statement may hold, largest first.
const SIZES: [usize; 6] = [32, 16, 8, 4, 2, 1];

/// An insert of rows with a fixed list of columns.
pub(crate) struct Batch {
    name: &'static str,
    head: &'static str,
    columns: usize,
    tail: &'static str,
    texts: OnceLock<Vec<(&'static str, &'static str)>>,
}

impl Batch {
    /// `head` is everything before the rows (`insert into t (a, b) values`), `tail` everything after them.
    pub(crate) const fn new(name: &'static str, head: &'static str, columns: usize, tail: &'static str) -> Self {
        Batch { name, head, columns, tail, texts: OnceLock::new() }
    }

    /// The texts as (name, text), for the test that prepares every statement.
    pub(crate) fn statements(&self) -> &[(&'static str, &'static str)] {
        self.texts.get_or_init(|| SIZES.iter().map(|rows| (self.name, self.text(*rows))).collect())
    }

    /// The text for so many rows. It lives as long as the program: there are six of each.
    fn text(&self, rows: usize) -> &'static str {
        let mut text = String::from(self.head);
        for row in 0..rows {
            text.push_str(if row == 0 { " (" } else { ", (" });
            for column in 1..=self.columns {
                let comma = if column == 1 { "" } else { ", " };
                // Writing into a String cannot fail.
                let _ = write!(text, "{comma}${}", row * self.columns + column);
            }
            text.push(')');
        }
        text.push_str(self.tail);
        Box::leak(text.into_boxed_str())
    }

    /// Inserts the rows, each a list of values in the order of the columns; says how many went in.
    pub(crate) async fn insert(&self, tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<u64, StoreError> {
        let mut inserted = 0;
        let mut rows = rows.into_iter();
        for (size, (_, text)) in SIZES.into_iter().zip(self.statements()) {
            while rows.len() >= size {
                let values: Vec<Value> = rows.by_ref().take(size).flatten().collect();
                inserted += tx.execute(text, &values).await?;
            }
        }
        Ok(inserted)
    }
}
