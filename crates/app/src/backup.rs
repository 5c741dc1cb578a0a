//! `hearth backup` and `hearth restore`: database, disclosure log and accepted packs, with the log's root noted and checked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use guard::log::{Trust, Verified, verify};
use kernel::Clock as _;
use serde::{Deserialize, Serialize};
use store::{Db, Engine};

use crate::cli::Failure;
use crate::config::Config;
use crate::runtime::{SCHEMAS, SystemClock};

/// What a copy says of itself.
const NOTE: &str = "backup.json";
/// The copy of a SQLite database.
const DATABASE: &str = "hearth.sqlite";
/// How often the log is copied anew because entries were written into the copy's tail meanwhile.
const TRIES: usize = 5;

/// `hearth backup`
#[derive(Debug, Args)]
pub struct BackupArgs {
    /// A folder that does not exist yet.
    dir: PathBuf,
    /// Copies the keys too. Whoever has them and the copy can read everything: keep them apart.
    #[arg(long)]
    with_keys: bool,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// `hearth restore`
#[derive(Debug, Args)]
pub struct RestoreArgs {
    /// The folder that `hearth backup` made.
    dir: PathBuf,
    /// Configuration: where to. The data folder must hold no database and no log.
    #[arg(long)]
    config: Option<PathBuf>,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Note {
    made_at: String,
    /// `sqlite` or `postgres`.
    database: String,
    with_keys: bool,
    log: Vec<Year>,
}

/// One year of the log as it was copied.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Year {
    year: i16,
    entries: u64,
    root: String,
}

/// `hearth backup`: the database first, the log after it, so that the log knows of everything in the database.
pub async fn backup(args: BackupArgs) -> Result<ExitCode, Failure> {
    let config = Config::read(args.config.as_deref())?;
    fs::create_dir(&args.dir)
        .map_err(|e| format!("{}: {e}; give a folder that does not exist yet", args.dir.display()))?;
    let db = Db::open(&config.database_url()).await?;
    let sqlite = db.copy_into(&args.dir.join(DATABASE)).await?;
    db.close().await;
    let log = copy_log(&config.data.join("log"), &args.dir.join("log"))?;
    let packs = config.data.join("packs");
    if packs.exists() {
        copy(&packs, &args.dir.join("packs"))?;
    }
    if args.with_keys {
        copy(&config.data.join("keys"), &args.dir.join("keys"))?;
    }
    let word = if sqlite { "sqlite" } else { "postgres" };
    let made_at = SystemClock.now().rfc3339();
    let note = Note { made_at, database: word.to_owned(), with_keys: args.with_keys, log: years(&log) };
    fs::write(args.dir.join(NOTE), serde_json::to_string_pretty(&note)?)?;
    if !sqlite {
        println!("The database is PostgreSQL. Copy it now, after this command began and with its own tool:");
        println!("  pg_dump --format=custom --file={}/hearth.dump DATABASE", args.dir.display());
    }
    for year in &note.log {
        println!("log {}: {} entries, root {}", year.year, year.entries, year.root);
    }
    if args.with_keys {
        println!("The keys are in the copy: whoever has it can read everything.");
    } else {
        println!(
            "The keys are NOT in the copy: keep {} apart; without them it cannot be read.",
            config.data.join("keys").display()
        );
    }
    Ok(ExitCode::SUCCESS)
}

/// Copies a log that may be written to: the marks before what they are about. A tail that was caught half-way is copied anew.
fn copy_log(from: &Path, to: &Path) -> Result<Verified, Failure> {
    let mut found = Vec::new();
    for _ in 0..TRIES {
        if to.exists() {
            fs::remove_dir_all(to)?;
        }
        copy(from, to)?;
        match verify(to, &Trust::default()) {
            Ok(verified) => return Ok(verified),
            Err(damages) => found = damages,
        }
    }
    let words: Vec<String> = found.iter().map(ToString::to_string).collect();
    Err(format!("the log could not be copied whole: {}; see hearth log verify", words.join("; ")).into())
}

/// Copies a folder. Files of checkpoints and acknowledged sizes come before the entries they speak of.
fn copy(from: &Path, to: &Path) -> Result<(), Failure> {
    fs::create_dir_all(to)?;
    let listed = fs::read_dir(from).map_err(|e| format!("{}: {e}", from.display()))?;
    let mut entries = listed.collect::<Result<Vec<_>, _>>()?;
    entries.sort_by_key(|e| (e.path().extension().is_some(), e.file_name()));
    for entry in entries {
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else if entry.file_name() != "lock" {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}

fn years(verified: &Verified) -> Vec<Year> {
    let hex = |bytes: &[u8]| bytes.iter().map(|b| format!("{b:02x}")).collect::<String>();
    let year = |y: &guard::log::VerifiedYear| Year { year: y.year, entries: y.entries, root: hex(&y.root) };
    verified.years.iter().map(year).collect()
}

/// `hearth restore`
pub async fn restore(args: RestoreArgs) -> Result<ExitCode, Failure> {
    let config = Config::read(args.config.as_deref())?;
    let note = args.dir.join(NOTE);
    let text = fs::read_to_string(&note)
        .map_err(|e| format!("{}: {e}; give a folder made by hearth backup", note.display()))?;
    let note: Note = serde_json::from_str(&text).map_err(|e| format!("{}: {e}", note.display()))?;
    let url = config.database_url();
    let file = url.strip_prefix("sqlite:").map(PathBuf::from);
    let log = config.data.join("log");
    for taken in file.iter().chain([&log]) {
        if taken.exists() {
            return Err(format!("{} is there already: restore into an empty data folder", taken.display()).into());
        }
    }
    fs::create_dir_all(&config.data)?;
    copy(&args.dir.join("log"), &log)?;
    let verified = verify(&log, &Trust::default()).map_err(|damages| {
        let words: Vec<String> = damages.iter().map(ToString::to_string).collect();
        format!("the log in the copy was changed: {}", words.join("; "))
    })?;
    if years(&verified) != note.log {
        return Err("the log in the copy has another root than was noted when the copy was made: do not use it".into());
    }
    for folder in ["packs", "keys"] {
        if args.dir.join(folder).exists() {
            copy(&args.dir.join(folder), &config.data.join(folder))?;
        }
    }
    match (&file, note.database.as_str()) {
        (Some(file), "sqlite") => {
            fs::copy(args.dir.join(DATABASE), file)?;
        }
        (None, "postgres") => {}
        (_, kind) => return Err(format!("the copy is of {kind}, and the configuration names another database").into()),
    }
    let sound = check_database(&url).await?;
    println!("the log is whole and has the root that was noted: {} entries", verified.entries());
    if !config.data.join("keys").join("root.key").exists() {
        println!("Put the keys back into {} before the server starts.", config.data.join("keys").display());
    }
    Ok(if sound { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Whether the database can be read and its ledger balances.
async fn check_database(url: &str) -> Result<bool, Failure> {
    let db = Db::open(url).await?;
    db.migrate(SCHEMAS).await?;
    let mut tx = db.read().await?;
    let report = payment::ledger::check::check(&mut tx).await?;
    drop(tx);
    let engine = if db.engine() == Engine::Sqlite { "SQLite" } else { "PostgreSQL" };
    db.close().await;
    for fault in &report.faults {
        println!("ledger: {fault}");
    }
    let (entitlements, journals, faults) = (report.entitlements, report.journals, report.faults.len());
    println!("{engine}: {entitlements} entitlements, {journals} journals, {faults} faults");
    Ok(report.faults.is_empty())
}
