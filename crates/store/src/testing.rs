//! Real databases for tests: a temporary SQLite file always, and a fresh schema on the PostgreSQL server that
//! `HEARTH_TEST_POSTGRES` names (`cargo xtask test` starts one and sets it).

use std::str::FromStr;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::postgres::PgConnectOptions;

use crate::{Db, Schema, StoreError};

/// The variable that names the PostgreSQL server for tests.
pub const POSTGRES: &str = "HEARTH_TEST_POSTGRES";

static COUNTER: AtomicU64 = AtomicU64::new(0);

/// A name nobody else in this run uses.
fn fresh(prefix: &str) -> String {
    format!("{prefix}_{}_{}", std::process::id(), COUNTER.fetch_add(1, Ordering::Relaxed))
}

/// An empty, migrated database of each engine at hand. The SQLite file lies in the system's temporary folder.
pub async fn databases(schemas: &[Schema]) -> Result<Vec<Db>, StoreError> {
    let mut all = vec![sqlite(schemas).await?];
    if let Some(db) = postgres(schemas).await? {
        all.push(db);
    }
    Ok(all)
}

/// A migrated SQLite database in a file of its own.
pub async fn sqlite(schemas: &[Schema]) -> Result<Db, StoreError> {
    let path = std::env::temp_dir().join(format!("{}.sqlite", fresh("hearth_test")));
    for suffix in ["", "-wal", "-shm"] {
        // A leftover of an earlier process with the same id must not be met again.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
    let db = Db::open(&format!("sqlite:{}", path.display())).await?;
    db.migrate(schemas).await?;
    Ok(db)
}

/// A migrated PostgreSQL database in a schema of its own, if a server is named.
pub async fn postgres(schemas: &[Schema]) -> Result<Option<Db>, StoreError> {
    let Ok(url) = std::env::var(POSTGRES) else {
        eprintln!("{POSTGRES} is not set: this run does not test PostgreSQL (cargo xtask test does)");
        return Ok(None);
    };
    let options = PgConnectOptions::from_str(&url).map_err(|e| StoreError::Unavailable(e.to_string()))?;
    let schema = fresh("hearth_test");
    let admin = Db::open_postgres(options.clone(), 1).await?;
    let mut tx = admin.begin().await?;
    tx.run_text(format!("drop schema if exists {schema} cascade; create schema {schema}")).await?;
    tx.commit().await?;
    admin.close().await;
    let db = Db::open_postgres(options.options([("search_path", schema)]), 10).await?;
    db.migrate(schemas).await?;
    Ok(Some(db))
}

/// Prepares every statement on the database; panics with the names of those that fail. For tests only.
#[expect(clippy::panic, reason = "a test helper")]
pub async fn prepare_all(db: &Db, statements: &[&[(&'static str, &'static str)]]) {
    let mut faults = Vec::new();
    for (name, sql) in statements.iter().copied().flatten() {
        let outcome = match db.begin().await {
            Ok(mut tx) => tx.prepare(sql).await,
            Err(error) => Err(error),
        };
        if let Err(error) = outcome {
            faults.push(format!("{name} on {:?}: {error}", db.engine()));
        }
    }
    if !faults.is_empty() {
        panic!("statements that the schema refuses:\n{}", faults.join("\n"));
    }
}
