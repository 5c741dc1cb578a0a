//! SQL on SQLite and PostgreSQL from one text: connections, the unit of work, values and rows, migrations, outbox,
//! jobs and idempotency keys. Differences between the engines live here and nowhere else.
//!
//! # How a room uses it
//!
//! ```ignore
//! sql! {
//!     /// One person by id.
//!     PERSON = "select person_id, born from person where person_id = $1";
//! }
//! let born = transact!(db, StoreError, |tx| {
//!     let row = tx.one(PERSON, params![person_id]).await?;
//!     row.get::<Date>("born")
//! })?;
//! ```
//!
//! - `$1` binds on both engines. Statements are lower-case, in the portable subset (upsert, `returning`, CTE, window).
//! - Schema texts use the words `{uuid} {date} {bytes} {bool} {int}`; see [`Schema`].
//! - A [`Tx`] is the unit of work: data, history, outbox and job go into one, then commit. Dropping it rolls back.
//! - Instants are integer microseconds on both engines, money is integer minor units, JSON is text kept byte for byte.
//! - Every room exports `STATEMENTS`; a test prepares each of them on both engines.

mod batch;
mod db;
mod error;
mod idempotency;
mod lint;
mod migrate;
mod outbox;
mod packed;
mod row;
pub mod testing;
mod tx;
mod value;

pub use batch::{Batch, InList};
pub use db::{AsConflict, Db, Engine, Rounds};
pub use error::StoreError;
pub use idempotency::{Begun, StoredResponse};
pub use lint::lint;
pub use migrate::{Schema, Step};
pub use outbox::{JobRow, Message, Parked};
pub use packed::{Packed, PackedRow};
pub use row::{FromColumn, Row};
pub use tx::Tx;
pub use value::{ToValue, Value};

/// The tables of this room: applied schema steps, outbox, jobs, idempotency keys.
pub const SCHEMA: Schema = Schema {
    room: "store",
    steps: &[Step { version: 1, name: "outbox, jobs, idempotency", sql: include_str!("../schema/1.sql") }],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub const STATEMENTS: &[&[(&str, &str)]] = &[outbox::STATEMENTS, idempotency::STATEMENTS];

/// Binds values in order: `params![person_id, born]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::ToValue::to_value(&$value)),*] as &[$crate::Value] };
}

/// Runs a block in a writing transaction and commits it: `transact!(db, Error, |tx| { … Ok(value) })`.
///
/// The block sees `tx: &mut Tx`, may `?` into `Error` (which is `From<StoreError> + AsConflict`), and is run again when it
/// met another transaction; so it may have no effect but in `tx`. A macro and not a function that takes an async
/// closure, because the future of such a closure cannot be proved `Send` for every lifetime and no web handler could
/// use it.
#[macro_export]
macro_rules! transact {
    ($db:expr, $error:ty, |$tx:ident| $body:expr) => {{
        let mut rounds = $crate::Rounds::default();
        loop {
            let mut transaction = match $db.begin().await {
                Ok(transaction) => transaction,
                Err(error) => break Err(<$error>::from(error)),
            };
            let outcome: Result<_, $error> = {
                let $tx = &mut transaction;
                async { $body }.await
            };
            if let Some(settled) = rounds.settle(transaction, outcome).await {
                break settled;
            }
        }
    }};
}

/// Declares statements as constants and lists them in `STATEMENTS` as (name, text).
#[macro_export]
macro_rules! sql {
    ($($(#[$doc:meta])* $name:ident = $text:expr;)*) => {
        $($(#[$doc])* pub(crate) const $name: &str = $text;)*
        /// The statements of this module as (name, text).
        pub(crate) const STATEMENTS: &[(&str, &str)] = &[$((stringify!($name), $name)),*];
    };
}
