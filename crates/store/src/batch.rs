//! Many rows or ids in few round trips: inserts of a fixed number of rows a statement, and lists of ids behind `in`, with
//! texts made once, so that every list is a handful of statements that stay prepared.

use std::fmt::Write as _;
use std::sync::OnceLock;

use uuid::Uuid;

use crate::{Engine, Row, StoreError, ToValue, Tx, Value};

/// How many rows a statement holds, largest first, where lists are short.
const FEW: &[usize] = &[32, 16, 8, 4, 2, 1];

/// How many rows a statement holds, largest first, where lists go into thousands. 100 rows of 18 values stay below both engines'
/// limits, and their values in one piece below the size (64 KiB) from which the C library tidies all its memory whenever
/// such a piece is freed.
const MANY: &[usize] = &[100, 20, 4, 1];

/// An insert of rows with a fixed list of columns.
#[derive(Debug)]
pub struct Batch {
    name: &'static str,
    head: &'static str,
    columns: usize,
    tail: &'static str,
    sizes: &'static [usize],
    texts: OnceLock<Vec<(&'static str, &'static str)>>,
    plain: OnceLock<Vec<&'static str>>,
}

impl Batch {
    /// `head` is everything before the rows (`insert into t (a, b) values`), `tail` everything after them.
    pub const fn new(name: &'static str, head: &'static str, columns: usize, tail: &'static str) -> Self {
        Batch { name, head, columns, tail, sizes: FEW, texts: OnceLock::new(), plain: OnceLock::new() }
    }

    /// The same for lists of thousands of rows.
    pub const fn bulk(name: &'static str, head: &'static str, columns: usize) -> Self {
        Batch { name, head, columns, tail: "", sizes: MANY, texts: OnceLock::new(), plain: OnceLock::new() }
    }

    /// The texts as (name, text), for the test that prepares every statement.
    pub fn statements(&self) -> &[(&'static str, &'static str)] {
        self.texts.get_or_init(|| self.sizes.iter().map(|rows| (self.name, self.text(*rows))).collect())
    }

    /// The text for so many rows. It lives as long as the program: there is one for each size and engine.
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
    pub async fn insert(&self, tx: &mut Tx, rows: Vec<Vec<Value>>) -> Result<u64, StoreError> {
        let engine = tx.engine();
        let mut inserted = 0;
        let mut rows = rows.into_iter();
        for (at, size) in self.sizes.iter().enumerate() {
            let text = match engine {
                Engine::Sqlite => self.plain.get_or_init(|| plain(self.statements())).get(at).copied(),
                Engine::Postgres => self.statements().get(at).map(|(_, text)| *text),
            };
            while let Some(text) = text.filter(|_| rows.len() >= *size) {
                let values: Vec<Value> = rows.by_ref().take(*size).flatten().collect();
                inserted += tx.execute_with(text, values).await?;
            }
        }
        Ok(inserted)
    }
}

/// The same texts with `?` for `$1`, `$2` …, for SQLite: there a numbered parameter has a name, and binding looks each name up
/// in a list of all, which costs the square of their number. Right only where the numbers rise by one through the text.
fn plain(texts: &[(&'static str, &'static str)]) -> Vec<&'static str> {
    texts.iter().map(|(_, text)| -> &'static str { Box::leak(unnumbered(text).into_boxed_str()) }).collect()
}

fn unnumbered(text: &str) -> String {
    let mut parts = text.split('$');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        out.push('?');
        out.push_str(part.trim_start_matches(|c: char| c.is_ascii_digit()));
    }
    out
}

/// How many ids stand behind one `in`. A shorter list is filled up with the nil id, which is nobody's.
const IDS: usize = 100;

/// A statement with `{ids}` where a list of ids stands; its own parameters come first.
#[derive(Debug)]
pub struct InList {
    name: &'static str,
    template: &'static str,
    own: usize,
    text: OnceLock<[(&'static str, &'static str); 1]>,
    plain: OnceLock<Vec<&'static str>>,
}

impl InList {
    /// `own` parameters come before the ids.
    pub const fn new(name: &'static str, template: &'static str, own: usize) -> Self {
        InList { name, template, own, text: OnceLock::new(), plain: OnceLock::new() }
    }

    /// The text as (name, text).
    pub fn statements(&self) -> &[(&'static str, &'static str)] {
        self.text.get_or_init(|| {
            let ids: Vec<String> = (1..=IDS).map(|n| format!("${}", self.own + n)).collect();
            [(self.name, Box::leak(self.template.replace("{ids}", &ids.join(", ")).into_boxed_str()))]
        })
    }

    fn text(&self, engine: Engine) -> &'static str {
        let text = match engine {
            Engine::Sqlite => self.plain.get_or_init(|| plain(self.statements())).first().copied(),
            Engine::Postgres => self.statements().first().map(|(_, text)| *text),
        };
        // There is always one.
        text.unwrap_or_default()
    }

    fn calls(&self, own: &[Value], ids: &[Uuid]) -> impl Iterator<Item = Vec<Value>> {
        ids.chunks(IDS).map(move |chunk| {
            let filled = chunk.iter().copied().chain(std::iter::repeat(Uuid::nil())).take(IDS);
            own.iter().cloned().chain(filled.map(|id| id.to_value())).collect()
        })
    }

    /// All rows for all ids.
    pub async fn all(&self, tx: &mut Tx, own: &[Value], ids: &[Uuid]) -> Result<Vec<Row>, StoreError> {
        let mut rows = Vec::with_capacity(ids.len());
        let text = self.text(tx.engine());
        for values in self.calls(own, ids) {
            rows.extend(tx.all(text, &values).await?);
        }
        Ok(rows)
    }

    /// Runs it for all ids; says how many rows it touched.
    pub async fn execute(&self, tx: &mut Tx, own: &[Value], ids: &[Uuid]) -> Result<u64, StoreError> {
        let mut touched = 0;
        let text = self.text(tx.engine());
        for values in self.calls(own, ids) {
            touched += tx.execute(text, &values).await?;
        }
        Ok(touched)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_without_numbers_stand_in_the_order_of_the_numbers() {
        static FEW: Batch = Batch::new("FEW", "insert into t (a, b, c) values", 3, " on conflict do nothing");
        static MANY: Batch = Batch::bulk("MANY", "insert into t (a, b) values", 2);
        static LIST: InList = InList::new("LIST", "select a from t where b = $1 and c < $2 and id in ({ids})", 2);
        let all = [FEW.statements(), MANY.statements(), LIST.statements()].concat();
        assert_eq!(all.len(), 11);
        for (name, text) in all {
            let mut expected = 0;
            for part in text.split('$').skip(1) {
                expected += 1;
                let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
                assert_eq!(digits, expected.to_string(), "{name}");
            }
            assert_eq!(unnumbered(text).matches('?').count(), expected, "{name}");
        }
    }
}
