//! Rows on their way out, the same for both engines.

use kernel::{Date, Instant, Lang};
use sqlx::{Decode, Row as _, Type};
use uuid::Uuid;

use crate::{PackedRow, StoreError};

/// One row of a result.
pub enum Row {
    /// From SQLite.
    Sqlite(sqlx::sqlite::SqliteRow),
    /// From PostgreSQL.
    Postgres(sqlx::postgres::PgRow),
    /// From SQLite, in one piece with others.
    Packed(PackedRow),
}

/// A type that can be read from a column.
pub trait FromColumn: Sized {
    /// The column's value, `None` for null.
    fn from_column(row: &Row, column: &str) -> Result<Option<Self>, StoreError>;
}

impl Row {
    /// The value of a column that may not be null.
    pub fn get<T: FromColumn>(&self, column: &str) -> Result<T, StoreError> {
        T::from_column(self, column)?
            .ok_or_else(|| StoreError::Inconsistent { column: column.to_owned(), detail: "null".to_owned() })
    }

    /// The value of a column that may be null.
    pub fn maybe<T: FromColumn>(&self, column: &str) -> Result<Option<T>, StoreError> {
        T::from_column(self, column)
    }

    /// A column whose text is parsed, such as an enumeration kept as words.
    pub fn parse<T: std::str::FromStr>(&self, column: &str) -> Result<T, StoreError>
    where
        T::Err: std::fmt::Display,
    {
        let text: String = self.get(column)?;
        text.parse().map_err(|e: T::Err| StoreError::Inconsistent { column: column.to_owned(), detail: e.to_string() })
    }

    /// A column that holds JSON.
    pub fn json<T: serde::de::DeserializeOwned>(&self, column: &str) -> Result<T, StoreError> {
        let text: String = self.get(column)?;
        serde_json::from_str(&text)
            .map_err(|e| StoreError::Inconsistent { column: column.to_owned(), detail: e.to_string() })
    }
}

fn odd(column: &str, error: &sqlx::Error) -> StoreError {
    StoreError::Inconsistent { column: column.to_owned(), detail: error.to_string() }
}

macro_rules! native {
    ($($ty:ty),*) => {$(
        impl FromColumn for $ty {
            fn from_column(row: &Row, column: &str) -> Result<Option<Self>, StoreError> {
                match row {
                    Row::Sqlite(row) => row.try_get::<Option<$ty>, _>(column),
                    Row::Postgres(row) => row.try_get::<Option<$ty>, _>(column),
                    Row::Packed(row) => return row.get(column),
                }
                .map_err(|e| odd(column, &e))
            }
        }
    )*};
}
native!(i64, String, Uuid, Vec<u8>, bool);

macro_rules! narrow {
    ($($ty:ty),*) => {$(
        impl FromColumn for $ty {
            fn from_column(row: &Row, column: &str) -> Result<Option<Self>, StoreError> {
                i64::from_column(row, column)?
                    .map(|wide| <$ty>::try_from(wide).map_err(|e| StoreError::Inconsistent { column: column.to_owned(), detail: e.to_string() }))
                    .transpose()
            }
        }
    )*};
}
narrow!(i32, u32, u8);

impl FromColumn for Instant {
    fn from_column(row: &Row, column: &str) -> Result<Option<Self>, StoreError> {
        Ok(i64::from_column(row, column)?.map(Instant::from_micros))
    }
}

impl FromColumn for Lang {
    fn from_column(row: &Row, column: &str) -> Result<Option<Self>, StoreError> {
        String::from_column(row, column)?
            .map(|tag| {
                tag.parse().map_err(|e: kernel::UnknownLang| StoreError::Inconsistent {
                    column: column.to_owned(),
                    detail: e.to_string(),
                })
            })
            .transpose()
    }
}

impl FromColumn for Date {
    fn from_column(row: &Row, column: &str) -> Result<Option<Self>, StoreError> {
        if let Row::Postgres(row) = row {
            return Ok(row.try_get::<Option<PgDate>, _>(column).map_err(|e| odd(column, &e))?.map(|date| date.0));
        }
        let inconsistent =
            |e: jiff::Error| StoreError::Inconsistent { column: column.to_owned(), detail: e.to_string() };
        let text = String::from_column(row, column)?;
        text.map(|text| text.parse::<Date>().map_err(inconsistent)).transpose()
    }
}

/// PostgreSQL's `date` in its binary form: days since 2000-01-01.
#[derive(Clone, Copy)]
pub(crate) struct PgDate(pub(crate) Date);

const PG_EPOCH: Date = Date::constant(2000, 1, 1);
const PG_DATE_OID: u32 = 1082;

impl Type<sqlx::Postgres> for PgDate {
    fn type_info() -> sqlx::postgres::PgTypeInfo {
        sqlx::postgres::PgTypeInfo::with_oid(sqlx::postgres::types::Oid(PG_DATE_OID))
    }
}

impl sqlx::Encode<'_, sqlx::Postgres> for PgDate {
    fn encode_by_ref(
        &self,
        buffer: &mut sqlx::postgres::PgArgumentBuffer,
    ) -> Result<sqlx::encode::IsNull, sqlx::error::BoxDynError> {
        let days = (self.0 - PG_EPOCH).get_days();
        <i32 as sqlx::Encode<sqlx::Postgres>>::encode_by_ref(&days, buffer)
    }
}

impl<'r> Decode<'r, sqlx::Postgres> for PgDate {
    fn decode(value: sqlx::postgres::PgValueRef<'r>) -> Result<Self, sqlx::error::BoxDynError> {
        let days = <i32 as Decode<sqlx::Postgres>>::decode(value)?;
        Ok(PgDate(PG_EPOCH.checked_add(jiff::Span::new().try_days(days)?)?))
    }
}
