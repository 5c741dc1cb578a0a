//! Connections: one writer and many readers on SQLite, a pool on PostgreSQL.

use std::str::FromStr;
use std::time::Duration;

use sqlx::Connection as _;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::tx::{Boxed, Inner};
use crate::{StoreError, Tx};

/// The two engines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// An embedded file.
    Sqlite,
    /// A server.
    Postgres,
}

/// A database. Cheap to clone.
#[derive(Clone)]
pub struct Db {
    pools: Pools,
}

#[derive(Clone)]
enum Pools {
    Sqlite { writer: sqlx::SqlitePool, readers: sqlx::SqlitePool },
    Postgres(sqlx::PgPool),
}

/// How long a request waits for a connection before it is told that the database does not answer.
const ACQUIRE: Duration = Duration::from_secs(10);

/// Connections live as long as the pool. The pool's own sweeper of old ones counts the idle while others come and go, and a count
/// that went below zero keeps it, and the core it runs on, busy for ever. A connection that broke is found when it is taken.
const LIFE: Option<Duration> = None;

/// How long a connection of PostgreSQL may lie idle before it is tried again.
const FRESH: Duration = Duration::from_secs(1);

impl Db {
    /// Opens `sqlite:PATH` (the file is made when missing) or `postgres://…`.
    pub async fn open(url: &str) -> Result<Db, StoreError> {
        if let Some(path) = url.strip_prefix("sqlite:") {
            Db::open_sqlite(path.trim_start_matches("//")).await
        } else if url.starts_with("postgres://") || url.starts_with("postgresql://") {
            let options = PgConnectOptions::from_str(url).map_err(|e| StoreError::Unavailable(e.to_string()))?;
            Db::open_postgres(options, 20).await
        } else {
            // Only the scheme is repeated: the rest may hold a password.
            Err(StoreError::BadUrl(url.split(':').next().unwrap_or_default().to_owned()))
        }
    }

    async fn open_sqlite(path: &str) -> Result<Db, StoreError> {
        let base = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL, not NORMAL: with NORMAL a power cut may lose a commit that was already acknowledged.
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(Duration::from_secs(10))
            .pragma("cache_size", "-32000")
            .statement_cache_capacity(500);
        let writer = SqlitePoolOptions::new()
            .max_connections(1)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(LIFE)
            .max_lifetime(LIFE)
            .test_before_acquire(false)
            // When the disk is full SQLite rolls back by itself, the driver's own rollback then fails, and it goes on
            // believing in an open transaction: every later one would be refused. Such a connection is closed. The ping
            // waits until the driver's thread has done what was queued before.
            .after_release(|connection, _| {
                Box::pin(async move {
                    connection.ping().await?;
                    Ok(!connection.is_in_transaction())
                })
            })
            .connect_with(base.clone())
            .await?;
        let readers = SqlitePoolOptions::new()
            .max_connections(8)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(LIFE)
            .max_lifetime(LIFE)
            // Nothing lies between us and a file that could have gone away meanwhile.
            .test_before_acquire(false)
            .connect_with(base.pragma("query_only", "on"))
            .await?;
        Ok(Db { pools: Pools::Sqlite { writer, readers } })
    }

    pub(crate) async fn open_postgres(options: PgConnectOptions, connections: u32) -> Result<Db, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(connections)
            .acquire_timeout(ACQUIRE)
            .idle_timeout(LIFE)
            .max_lifetime(LIFE)
            // A connection was tried when it came back. It is tried again only when it lay there for a while: asking before
            // every transaction costs a round trip, and an answer is no promise either.
            .test_before_acquire(false)
            .before_acquire(|connection, meta| {
                Box::pin(async move {
                    if meta.idle_for > FRESH {
                        connection.ping().await?;
                    }
                    Ok(true)
                })
            })
            // One plan a statement, made once, as SQLite does it: every statement finds its rows by key whatever the values are,
            // and planning one that reads a whole family anew takes five times as long as carrying it out.
            .connect_with(options.statement_cache_capacity(500).options([("plan_cache_mode", "force_generic_plan")]))
            .await?;
        Ok(Db { pools: Pools::Postgres(pool) })
    }

    /// Which engine this is.
    pub fn engine(&self) -> Engine {
        match self.pools {
            Pools::Sqlite { .. } => Engine::Sqlite,
            Pools::Postgres(_) => Engine::Postgres,
        }
    }

    /// Opens a transaction that may write. On SQLite there is one at a time (`begin immediate`); on PostgreSQL it is
    /// repeatable-read, so that what was read stays true until commit or the transaction is repeated.
    pub fn begin(&self) -> Boxed<'_, Tx> {
        Box::pin(async move {
            let inner = match &self.pools {
                Pools::Sqlite { writer, .. } => Inner::Sqlite(writer.begin_with("begin immediate").await?),
                Pools::Postgres(pool) => {
                    Inner::Postgres(pool.begin_with("begin isolation level repeatable read").await?)
                }
            };
            Ok(Tx { inner })
        })
    }

    /// Opens a transaction that only reads, one consistent picture throughout.
    pub fn read(&self) -> Boxed<'_, Tx> {
        Box::pin(async move {
            let inner = match &self.pools {
                Pools::Sqlite { readers, .. } => Inner::Sqlite(readers.begin_with("begin deferred").await?),
                Pools::Postgres(pool) => {
                    Inner::Postgres(pool.begin_with("begin isolation level repeatable read read only").await?)
                }
            };
            Ok(Tx { inner })
        })
    }

    /// Whether the database answers.
    pub async fn health(&self) -> Result<(), StoreError> {
        let mut tx = self.read().await?;
        tx.one("select 1 as one", &[]).await.map(drop)
    }

    /// Writes a consistent copy of a SQLite database into a new file while others go on reading and writing; says whether this
    /// is SQLite. The copy is as of one moment and needs no log beside it.
    pub async fn copy_into(&self, path: &std::path::Path) -> Result<bool, StoreError> {
        let Pools::Sqlite { writer, .. } = &self.pools else { return Ok(false) };
        sqlx::query("vacuum into $1").bind(path.display().to_string()).execute(writer).await?;
        Ok(true)
    }

    /// Lets PostgreSQL count the rows of our schema anew, after so many were written at once that plans made before may be bad
    /// ones. Its own daemon does so too, a minute later. SQLite needs no counts.
    pub async fn take_statistics(&self) -> Result<(), StoreError> {
        const TABLES: &str = "do $$ declare t regclass; begin
            for t in select oid from pg_class where relkind = 'r' and relnamespace = current_schema()::regnamespace loop
                execute format('analyze %s', t);
            end loop; end $$";
        if let Pools::Postgres(pool) = &self.pools {
            sqlx::query(TABLES).execute(pool).await?;
        }
        Ok(())
    }

    /// Closes all connections; on SQLite this also checkpoints the log.
    pub async fn close(&self) {
        match &self.pools {
            Pools::Sqlite { writer, readers } => {
                readers.close().await;
                writer.close().await;
            }
            Pools::Postgres(pool) => pool.close().await,
        }
    }
}

/// How often [`crate::transact`] repeats a transaction that met another one.
const REPEATS: u32 = 12;

/// Counts the rounds of one [`crate::transact`]. Not meant to be used by hand.
#[derive(Default)]
pub struct Rounds(u32);

impl Rounds {
    /// Commits or gives up the transaction; `None` means «once more».
    pub async fn settle<T, E: From<StoreError> + AsConflict>(
        &mut self,
        tx: Tx,
        outcome: Result<T, E>,
    ) -> Option<Result<T, E>> {
        let outcome = match outcome {
            Ok(value) => tx.commit().await.map(|()| value).map_err(E::from),
            Err(error) => {
                drop(tx);
                Err(error)
            }
        };
        match outcome {
            Err(error) if error.is_conflict() && self.0 < REPEATS => {
                self.0 += 1;
                tokio::time::sleep(Duration::from_millis(u64::from(self.0 * self.0))).await;
                None
            }
            other => Some(other),
        }
    }
}

/// Whether an error means «repeat the transaction». Use-case errors that wrap a [`StoreError`] implement it by asking it.
pub trait AsConflict {
    /// True for a serialization failure or a deadlock.
    fn is_conflict(&self) -> bool;
}

impl AsConflict for StoreError {
    fn is_conflict(&self) -> bool {
        matches!(self, StoreError::Conflict)
    }
}
