//! What can go wrong below a transaction.

/// A failure of the database or of the agreement between code and schema.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The address of the database is not one we know.
    #[error("{0:?} is not a database address: expected sqlite:PATH or postgres://USER@HOST/NAME")]
    BadUrl(String),
    /// The database cannot be reached, or does not answer in time. Trying again later may help.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
    /// Another transaction was in the way; [`crate::transact`] repeats by itself.
    #[error("the transaction met another one and must be repeated")]
    Conflict,
    /// A unique or primary key refused the row; carries the constraint's or columns' name as the engine gives it.
    #[error("already recorded: {0}")]
    Duplicate(String),
    /// The disk or the quota is full. Nothing was half-written.
    #[error("the database has no room left; nothing was changed")]
    Full,
    /// A row was expected and is not there.
    #[error("not found")]
    NotFound,
    /// A row is not what the code expects: names the column.
    #[error("column {column} holds something unexpected: {detail}")]
    Inconsistent {
        /// Column name.
        column: String,
        /// What was found.
        detail: String,
    },
    /// A schema step that was already applied has been edited since.
    #[error(
        "schema step {room}/{version} was applied with other content; steps are append-only: restore it and add a new step"
    )]
    StepChanged {
        /// The room.
        room: String,
        /// The step.
        version: u32,
    },
    /// The database was written by a newer program.
    #[error("the database has step {room}/{version}, which this program does not know: use the newer program")]
    FromTheFuture {
        /// The room.
        room: String,
        /// The step.
        version: u32,
    },
    /// Anything else the driver reports.
    #[error("database error: {0}")]
    Driver(String),
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::RowNotFound => StoreError::NotFound,
            // A connection cut in the middle of a message is a protocol error to the driver.
            sqlx::Error::PoolTimedOut
            | sqlx::Error::PoolClosed
            | sqlx::Error::Io(_)
            | sqlx::Error::Tls(_)
            | sqlx::Error::Protocol(_)
            | sqlx::Error::BeginFailed
            | sqlx::Error::WorkerCrashed => StoreError::Unavailable(error.to_string()),
            sqlx::Error::Database(db) => {
                let code = db.code().unwrap_or_default();
                match code.as_ref() {
                    // PostgreSQL: serialization failure, deadlock. SQLite: busy, busy snapshot, locked.
                    "40001" | "40P01" | "5" | "517" | "261" | "6" => StoreError::Conflict,
                    // PostgreSQL: disk full. SQLite: full.
                    "53100" | "13" => StoreError::Full,
                    // PostgreSQL: shutting down, starting up, crash, too many connections, connection lost.
                    "57P01" | "57P02" | "57P03" | "53300" | "08006" | "08003" | "08001" => {
                        StoreError::Unavailable(db.message().to_owned())
                    }
                    // SQLite: the disk fails or has no room for the shared-memory file (extended codes of IOERR).
                    other if other.parse::<u32>().is_ok_and(|n| n % 256 == 10 && n < 10_000) => {
                        StoreError::Unavailable(db.message().to_owned())
                    }
                    _ if db.is_unique_violation() => StoreError::Duplicate(db.message().to_owned()),
                    _ => StoreError::Driver(format!("{} ({code})", db.message())),
                }
            }
            _ => StoreError::Driver(error.to_string()),
        }
    }
}
