//! `hearth parked`: work that failed too often. Needs the database alone, so it runs beside the server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use kernel::Clock as _;
use store::{Db, StoreError, transact};
use uuid::Uuid;

use crate::cli::Failure;
use crate::config::Config;
use crate::runtime::{SCHEMAS, SystemClock};

/// `hearth parked …`
#[derive(Debug, Subcommand)]
pub(crate) enum ParkedCommand {
    /// What waits, why, and since when.
    List {
        /// Configuration.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Lets one run again; what it does is done at most once all the same.
    Retry {
        /// Its id, from the list.
        id: Uuid,
        /// Configuration.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

async fn open(config: Option<PathBuf>) -> Result<Db, Failure> {
    let config = Config::read(config.as_deref())?;
    let db = Db::open(&config.database_url()).await?;
    db.migrate(SCHEMAS).await?;
    Ok(db)
}

/// `hearth parked list`
pub(crate) async fn list(config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let db = open(config).await?;
    let parked = db.read().await?.parked(SystemClock.now()).await?;
    for one in &parked {
        println!("{}  {}  {} attempts, last {}", one.id, one.what, one.attempts, one.at.rfc3339());
        println!("    about {}", one.about);
        println!("    {}", one.why);
    }
    println!("{} parked", parked.len());
    Ok(ExitCode::SUCCESS)
}

/// `hearth parked retry`
pub(crate) async fn retry(id: Uuid, config: Option<PathBuf>) -> Result<ExitCode, Failure> {
    let db = open(config).await?;
    let now = SystemClock.now();
    if transact!(db, StoreError, |tx| tx.retry_parked(id, now).await)? {
        println!("{id} runs again");
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("nothing parked has the id {id}; see hearth parked list").into())
}
