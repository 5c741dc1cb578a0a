//! Schema steps: append-only, each applied once, in one transaction, and never edited afterwards.

use std::collections::BTreeMap;

use sha2::{Digest, Sha256};

use crate::{Db, Engine, StoreError, Tx, params};

/// The tables of one room. Texts use the words `{uuid} {date} {bytes} {bool} {int}`, which become
/// `blob text blob integer integer` on SQLite (tables are `strict`) and `uuid date bytea boolean bigint` on PostgreSQL.
/// A table that ends with `){clustered};` lies in the order of its primary key on SQLite (`without rowid`): good for rows of up
/// to some 200 bytes that are made and read in that order, since there is no second tree to keep.
/// Each table says how it would be distributed in a comment on the line before it; [`crate::lint`] holds it to that.
#[derive(Clone, Copy, Debug)]
pub struct Schema {
    /// The crate's name.
    pub room: &'static str,
    /// In order; append only.
    pub steps: &'static [Step],
}

/// One step.
#[derive(Clone, Copy, Debug)]
pub struct Step {
    /// 1, 2, 3 …
    pub version: u32,
    /// What it does, in a few words.
    pub name: &'static str,
    /// The statements, separated by semicolons at line ends.
    pub sql: &'static str,
}

const STEP_TABLE: &str = "create table if not exists schema_step (
    room text not null, version {int} not null, name text not null, sha256 text not null,
    primary key (room, version))";
const STEPS: &str = "select room, version, sha256 from schema_step";
const ADD: &str = "insert into schema_step (room, version, name, sha256) values ($1, $2, $3, $4)";

/// The text for one engine.
pub(crate) fn render(sql: &str, engine: Engine) -> String {
    let words = match engine {
        Engine::Sqlite => ["blob", "text", "blob", "integer", "integer"],
        Engine::Postgres => ["uuid", "date", "bytea", "boolean", "bigint"],
    };
    let mut text = sql.to_owned();
    for (word, real) in ["{uuid}", "{date}", "{bytes}", "{bool}", "{int}"].into_iter().zip(words) {
        text = text.replace(word, real);
    }
    text = text.replace("{clustered}", if engine == Engine::Sqlite { " strict, without rowid" } else { "" });
    if engine == Engine::Sqlite {
        // `strict` makes SQLite refuse a text in an integer column.
        text = text.replace("\n);", "\n) strict;");
    }
    text
}

impl Db {
    /// Brings the database to the newest step of every schema; does nothing when it is there already.
    pub async fn migrate(&self, schemas: &[Schema]) -> Result<(), StoreError> {
        let mut tx = self.begin().await?;
        if self.engine() == Engine::Postgres {
            // Two programs that start at once must not both apply a step.
            tx.run_text("select pg_advisory_xact_lock(72696174)".to_owned()).await?;
        }
        tx.run_text(render(STEP_TABLE, self.engine())).await?;
        tx.commit().await?;
        let mut tx = self.begin().await?;
        if self.engine() == Engine::Postgres {
            tx.run_text("select pg_advisory_xact_lock(72696174)".to_owned()).await?;
        }
        let mut applied = BTreeMap::new();
        for row in tx.all(STEPS, &[]).await? {
            applied.insert((row.get::<String>("room")?, row.get::<u32>("version")?), row.get::<String>("sha256")?);
        }
        refuse_the_future(&applied, schemas)?;
        for schema in schemas {
            for step in schema.steps {
                apply(&mut tx, schema.room, step, applied.get(&(schema.room.to_owned(), step.version))).await?;
            }
        }
        tx.commit().await
    }
}

fn refuse_the_future(applied: &BTreeMap<(String, u32), String>, schemas: &[Schema]) -> Result<(), StoreError> {
    for (room, version) in applied.keys() {
        let known = schemas.iter().filter(|s| s.room == room).flat_map(|s| s.steps).any(|s| s.version == *version);
        // A room that this program does not carry at all is none of its business (a smaller tool on the same database).
        if !known && schemas.iter().any(|s| s.room == room) {
            return Err(StoreError::FromTheFuture { room: room.clone(), version: *version });
        }
    }
    Ok(())
}

async fn apply(tx: &mut Tx, room: &str, step: &Step, applied: Option<&String>) -> Result<(), StoreError> {
    let hash = hex::encode(Sha256::digest(step.sql.as_bytes()));
    match applied {
        Some(before) if *before == hash => Ok(()),
        Some(_) => Err(StoreError::StepChanged { room: room.to_owned(), version: step.version }),
        None => {
            let text = render(step.sql, tx.engine());
            tx.run_text(text).await?;
            tx.execute(ADD, params![room, step.version, step.name, hash]).await?;
            Ok(())
        }
    }
}
