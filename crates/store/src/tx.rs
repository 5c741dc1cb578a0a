//! The unit of work as a value.

use std::future::Future;
use std::pin::Pin;

use sqlx::{Executor, Postgres, Sqlite};

use crate::row::PgDate;
use crate::{Engine, Row, StoreError, Value};

/// A boxed future, so that callers do not compile the driver's code again.
pub(crate) type Boxed<'a, T> = Pin<Box<dyn Future<Output = Result<T, StoreError>> + Send + 'a>>;

/// An open transaction. Dropped without [`Tx::commit`], it leaves nothing behind.
pub struct Tx {
    pub(crate) inner: Inner,
}

pub(crate) enum Inner {
    Sqlite(sqlx::Transaction<'static, Sqlite>),
    Postgres(sqlx::Transaction<'static, Postgres>),
}

/// Binds all values to a query of either engine.
macro_rules! bound {
    ($query:expr, $params:expr, $date:expr) => {{
        let mut query = $query;
        for value in $params {
            query = match value {
                Value::Int(v) => query.bind(*v),
                Value::Text(v) => query.bind(v.clone()),
                Value::Bool(v) => query.bind(*v),
                Value::Uuid(v) => query.bind(*v),
                Value::Date(v) => query.bind(v.map($date)),
                Value::Bytes(v) => query.bind(v.clone()),
            };
        }
        query
    }};
}

/// The same with values that are given away.
macro_rules! given {
    ($query:expr, $params:expr, $date:expr) => {{
        let mut query = $query;
        for value in $params {
            query = match value {
                Value::Int(v) => query.bind(v),
                Value::Text(v) => query.bind(v),
                Value::Bool(v) => query.bind(v),
                Value::Uuid(v) => query.bind(v),
                Value::Date(v) => query.bind(v.map($date)),
                Value::Bytes(v) => query.bind(v),
            };
        }
        query
    }};
}

impl Tx {
    /// Which engine this transaction runs on.
    pub fn engine(&self) -> Engine {
        match self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// Makes everything since the beginning durable, at once.
    pub fn commit(self) -> Boxed<'static, ()> {
        Box::pin(async move {
            match self.inner {
                Inner::Sqlite(tx) => tx.commit().await?,
                Inner::Postgres(tx) => tx.commit().await?,
            }
            Ok(())
        })
    }

    /// Runs a statement; says how many rows it touched.
    pub fn execute<'a>(&'a mut self, sql: &'static str, params: &'a [Value]) -> Boxed<'a, u64> {
        Box::pin(async move {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    let query = bound!(sqlx::query(sql), params, |d| d.to_string());
                    (&mut **tx).execute(query).await?.rows_affected()
                }
                Inner::Postgres(tx) => {
                    let query = bound!(sqlx::query(sql), params, PgDate);
                    (&mut **tx).execute(query).await?.rows_affected()
                }
            })
        })
    }

    /// The same with values that are given away: nothing is copied on their way into a long statement.
    pub fn execute_with<'a>(&'a mut self, sql: &'static str, params: Vec<Value>) -> Boxed<'a, u64> {
        Box::pin(async move {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    let query = given!(sqlx::query(sql), params, |d| d.to_string());
                    (&mut **tx).execute(query).await?.rows_affected()
                }
                Inner::Postgres(tx) => {
                    let query = given!(sqlx::query(sql), params, PgDate);
                    (&mut **tx).execute(query).await?.rows_affected()
                }
            })
        })
    }

    /// All rows of a query.
    pub fn all<'a>(&'a mut self, sql: &'static str, params: &'a [Value]) -> Boxed<'a, Vec<Row>> {
        Box::pin(async move {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    let query = bound!(sqlx::query(sql), params, |d| d.to_string());
                    (&mut **tx).fetch_all(query).await?.into_iter().map(Row::Sqlite).collect()
                }
                Inner::Postgres(tx) => {
                    let query = bound!(sqlx::query(sql), params, PgDate);
                    (&mut **tx).fetch_all(query).await?.into_iter().map(Row::Postgres).collect()
                }
            })
        })
    }

    /// The first row, or [`StoreError::NotFound`].
    pub fn one<'a>(&'a mut self, sql: &'static str, params: &'a [Value]) -> Boxed<'a, Row> {
        Box::pin(async move { self.maybe(sql, params).await?.ok_or(StoreError::NotFound) })
    }

    /// The first row, if any.
    pub fn maybe<'a>(&'a mut self, sql: &'static str, params: &'a [Value]) -> Boxed<'a, Option<Row>> {
        Box::pin(async move {
            Ok(match &mut self.inner {
                Inner::Sqlite(tx) => {
                    let query = bound!(sqlx::query(sql), params, |d| d.to_string());
                    (&mut **tx).fetch_optional(query).await?.map(Row::Sqlite)
                }
                Inner::Postgres(tx) => {
                    let query = bound!(sqlx::query(sql), params, PgDate);
                    (&mut **tx).fetch_optional(query).await?.map(Row::Postgres)
                }
            })
        })
    }

    /// Prepares a statement without running it: the test that holds code and schema together.
    pub fn prepare<'a>(&'a mut self, sql: &'static str) -> Boxed<'a, ()> {
        Box::pin(async move {
            match &mut self.inner {
                Inner::Sqlite(tx) => drop((&mut **tx).prepare(sqlx::SqlSafeStr::into_sql_str(sql)).await?),
                Inner::Postgres(tx) => drop((&mut **tx).prepare(sqlx::SqlSafeStr::into_sql_str(sql)).await?),
            }
            Ok(())
        })
    }

    /// Runs a text of our own making (a schema step): never one with input in it.
    pub(crate) fn run_text<'a>(&'a mut self, sql: String) -> Boxed<'a, ()> {
        Box::pin(async move {
            let text = sqlx::AssertSqlSafe(sql);
            match &mut self.inner {
                Inner::Sqlite(tx) => (&mut **tx).execute(sqlx::raw_sql(text)).await.map(|_| ())?,
                Inner::Postgres(tx) => (&mut **tx).execute(sqlx::raw_sql(text)).await.map(|_| ())?,
            }
            Ok(())
        })
    }
}
