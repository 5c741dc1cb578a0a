//! Pages of thousands of rows in one piece.
//!
//! On SQLite every row of a result is made by the database's thread, sent to ours by itself and wakes it; for a page of small
//! rows that costs more than finding them. A [`Packed`] query lets SQLite write the whole page into one JSON text, which
//! crosses once. On PostgreSQL, whose rows come many to a packet, it is the plain query.

use std::fmt;
use std::sync::OnceLock;

use serde::de::{Deserialize, Deserializer, Error, Visitor};
use uuid::Uuid;

use crate::{Engine, Row, StoreError, Tx, Value};

/// A query whose rows come in one piece.
pub struct Packed {
    statement: [(&'static str, &'static str); 1],
    bytes: &'static [&'static str],
    plain: &'static [&'static str],
    text: OnceLock<&'static str>,
}

impl Packed {
    /// `bytes` are the columns that hold ids or bytes, `plain` those that hold integers, dates, truth or text. The query has to
    /// name them all. A page has to fit into memory: the query has a limit.
    pub const fn new(
        name: &'static str,
        sql: &'static str,
        bytes: &'static [&'static str],
        plain: &'static [&'static str],
    ) -> Self {
        Packed { statement: [(name, sql)], bytes, plain, text: OnceLock::new() }
    }

    /// The query as (name, text), for the test that prepares every statement.
    pub const fn statements(&self) -> &[(&'static str, &'static str)] {
        &self.statement
    }

    fn name(&self) -> &'static str {
        let [(name, _)] = self.statement;
        name
    }

    fn sql(&self) -> &'static str {
        let [(_, sql)] = self.statement;
        sql
    }

    /// What SQLite is asked: JSON has no bytes, so they go as hexadecimal digits. Lives as long as the program.
    fn packing(&self) -> &'static str {
        self.text.get_or_init(|| {
            let digits = self.bytes.iter().map(|c| format!("case when {c} is not null then hex({c}) end"));
            let cells: Vec<String> = digits.chain(self.plain.iter().map(|c| (*c).to_owned())).collect();
            let text =
                format!("select json_group_array(json_array({})) as page from ({})", cells.join(", "), self.sql());
            Box::leak(text.into_boxed_str())
        })
    }

    fn place(&self, column: &str) -> Option<usize> {
        self.bytes.iter().chain(self.plain).position(|name| *name == column)
    }
}

/// A row that came in a page.
pub struct PackedRow {
    of: &'static Packed,
    cells: Vec<Cell>,
}

/// What a column holds.
#[derive(Clone, Debug, PartialEq)]
enum Cell {
    Null,
    Int(i64),
    Text(String),
}

impl Tx {
    /// All rows of a packed query, in its order.
    pub async fn page(&mut self, query: &'static Packed, params: &[Value]) -> Result<Vec<Row>, StoreError> {
        if self.engine() == Engine::Postgres {
            return self.all(query.sql(), params).await;
        }
        let page: String = self.one(query.packing(), params).await?.get("page")?;
        let rows: Vec<Vec<Cell>> = serde_json::from_str(&page)
            .map_err(|e| StoreError::Inconsistent { column: query.name().to_owned(), detail: e.to_string() })?;
        Ok(rows.into_iter().map(|cells| Row::Packed(PackedRow { of: query, cells })).collect())
    }
}

impl PackedRow {
    fn cell(&self, column: &str) -> Result<&Cell, StoreError> {
        let cell = self.of.place(column).and_then(|at| self.cells.get(at));
        cell.ok_or_else(|| StoreError::Inconsistent {
            column: column.to_owned(),
            detail: format!("the query {} does not name it", self.of.name()),
        })
    }
}

/// A value that a packed row can hold; `None` for another kind.
pub(crate) trait FromCell: Sized {
    fn of_int(_: i64) -> Option<Self> {
        None
    }
    fn of_text(_: &str) -> Option<Self> {
        None
    }
}

impl FromCell for i64 {
    fn of_int(it: i64) -> Option<Self> {
        Some(it)
    }
}

impl FromCell for bool {
    fn of_int(it: i64) -> Option<Self> {
        Some(it != 0)
    }
}

impl FromCell for String {
    fn of_text(it: &str) -> Option<Self> {
        Some(it.to_owned())
    }
}

impl FromCell for Uuid {
    fn of_text(it: &str) -> Option<Self> {
        Uuid::try_parse(it).ok()
    }
}

impl FromCell for Vec<u8> {
    fn of_text(it: &str) -> Option<Self> {
        hex::decode(it).ok()
    }
}

impl PackedRow {
    pub(crate) fn get<T: FromCell>(&self, column: &str) -> Result<Option<T>, StoreError> {
        let odd =
            || StoreError::Inconsistent { column: column.to_owned(), detail: "a value of another kind".to_owned() };
        match self.cell(column)? {
            Cell::Null => Ok(None),
            Cell::Int(it) => T::of_int(*it).map(Some).ok_or_else(odd),
            Cell::Text(it) => T::of_text(it).map(Some).ok_or_else(odd),
        }
    }
}

impl<'de> Deserialize<'de> for Cell {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Cell;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an integer, a text or null")
            }
            fn visit_unit<E: Error>(self) -> Result<Cell, E> {
                Ok(Cell::Null)
            }
            fn visit_i64<E: Error>(self, it: i64) -> Result<Cell, E> {
                Ok(Cell::Int(it))
            }
            fn visit_u64<E: Error>(self, it: u64) -> Result<Cell, E> {
                i64::try_from(it).map(Cell::Int).map_err(|_| E::custom("an integer past 64 bits"))
            }
            fn visit_str<E: Error>(self, it: &str) -> Result<Cell, E> {
                Ok(Cell::Text(it.to_owned()))
            }
            fn visit_string<E: Error>(self, it: String) -> Result<Cell, E> {
                Ok(Cell::Text(it))
            }
        }
        from.deserialize_any(Any)
    }
}
