//! The operator's tools: imports, verification of the log, access for agencies and break-glass accounts. Those that change
//! something open the disclosure log themselves, so they run while the server is stopped; a running one holds the log.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use casework::Desk;
use clap::{Args, Subcommand};
use guard::account::{self, AccountError, Duty, NewLocal};
use guard::log::{Trust, verify as verify_log};
use guard::{Action, Purpose, PurposeKind, Resource, Role, Who};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{AccountId, SessionId};
use registry::Origin;
use registry::import::{self, Import, Progress, Table};
use store::transact;

use crate::cli::Failure;
use crate::config::Config;
use crate::runtime::Runtime;

/// `hearth import …`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// What the file holds: persons, households, kinship, addresses or facts (docs/import.md).
    table: Table,
    /// The CSV file.
    file: PathBuf,
    /// The agency it comes from, as its id in the pack.
    #[arg(long)]
    source: String,
    /// The law under which the data is held.
    #[arg(long, default_value = "")]
    law: String,
    /// Checks everything and keeps nothing.
    #[arg(long)]
    dry_run: bool,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// `hearth log …`
#[derive(Debug, Subcommand)]
pub enum LogCommand {
    /// Finds any edit, deletion, reorder or truncation. Needs the folder alone.
    Verify {
        /// The log's folder.
        #[arg(default_value = "hearth-data/log")]
        dir: PathBuf,
        /// A checkpoint kept elsewhere: with it a truncation of log and checkpoints together is found too.
        #[arg(long)]
        checkpoint: Option<PathBuf>,
    },
    /// Destroys the key of a year that is over: what its entries say can never be read again, and the log still verifies.
    /// The server is stopped meanwhile. Delete the year's key from the backups of the keys too.
    EraseYear {
        /// The year.
        year: i16,
        /// Why it may go, such as the law that limits how long entries are kept; stays in the log.
        #[arg(long)]
        reason: String,
        /// Configuration.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

/// `hearth agency …`
#[derive(Debug, Subcommand)]
pub enum AgencyCommand {
    /// Makes a client and prints its bearer token, once.
    Add {
        /// Configuration.
        #[arg(long)]
        config: Option<PathBuf>,
        /// What the client is called.
        #[arg(long)]
        name: String,
        /// The agency, as its id in the pack.
        #[arg(long)]
        organisation: String,
        /// The place it works for, if it is not the whole country.
        #[arg(long)]
        jurisdiction: Option<String>,
    },
}

/// `hearth account …`
#[derive(Debug, Subcommand)]
pub enum AccountCommand {
    /// A local account for times when the identity provider is away. Reads the password from the standard input.
    AddLocal(LocalArgs),
}

/// `hearth account add-local`
#[derive(Debug, Args)]
pub struct LocalArgs {
    /// The login.
    #[arg(long)]
    login: String,
    /// The name shown.
    #[arg(long)]
    name: String,
    /// The role.
    #[arg(long)]
    role: Role,
    /// The agency, as its id in the pack.
    #[arg(long, default_value = "")]
    organisation: String,
    /// The place, as its id in the pack.
    #[arg(long)]
    jurisdiction: Option<String>,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// The operator at the terminal: whoever can read the keys may do this, and it is logged.
fn operator(runtime: &Runtime) -> Who {
    let (ids, now) = (&*runtime.state.ids, runtime.state.now());
    Who {
        account: AccountId::new(ids, now),
        session: SessionId::new(ids, now),
        role: Role::Administrator,
        organisation: "operator".into(),
        jurisdiction: None,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

async fn permitted(runtime: &Runtime, action: Action, what: &str) -> Result<(), Failure> {
    let purpose = Purpose::new(PurposeKind::Administration, format!("command line: {what}"));
    let _ = runtime.state.guard.permit(&operator(runtime), action, &Resource::thing(what), &purpose).await?;
    Ok(())
}

/// `hearth import`
pub async fn import(args: ImportArgs) -> Result<ExitCode, Failure> {
    let runtime = Runtime::open(Config::read(args.config.as_deref())?).await?;
    permitted(&runtime, Action::Import, args.table.word()).await?;
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let origin = Origin::new(&args.source, &args.law, "command line");
    let check = |s: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(s, item, value);
    let known_place = |id: &str| pack.jurisdictions().get(id).is_some();
    let import = Import {
        ids: &*state.ids,
        keys: &runtime.keys,
        clock: &*state.clock,
        origin: &origin,
        check: &check,
        known_place: &known_place,
        today: state.today(),
        dry_run: args.dry_run,
    };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("  {wide_bar} {bytes}/{total_bytes} {msg}") {
        bar.set_style(style);
    }
    let mut shown = |p: Progress| {
        bar.set_length(p.total);
        bar.set_position(p.bytes);
        bar.set_message(format!("{} taken, {} known, {} refused", p.accepted, p.unchanged, p.refused));
    };
    let summary = import::run(&state.db, import, args.table, &args.file, &mut shown).await?;
    bar.finish_and_clear();
    let (counts, kept) = (summary.counts, if summary.dry_run { " (dry run: nothing was kept)" } else { "" });
    println!(
        "{} rows: {} taken, {} known already, {} refused{kept}",
        counts.rows, counts.accepted, counts.unchanged, counts.refused
    );
    if let Some(report) = &summary.report {
        println!("refused rows with their reasons: {}", report.display());
    }
    Ok(if counts.refused == 0 { ExitCode::SUCCESS } else { ExitCode::from(2) })
}

/// `hearth log verify`
pub fn verify(dir: &Path, checkpoint: Option<&Path>) -> ExitCode {
    let mut trust = Trust::default();
    if let Some(path) = checkpoint {
        match std::fs::read_to_string(path) {
            Ok(note) => trust.checkpoints.push(note),
            Err(error) => {
                eprintln!("hearth: {}: {error}", path.display());
                return ExitCode::FAILURE;
            }
        }
    }
    match verify_log(dir, &trust) {
        Ok(verified) => {
            for year in &verified.years {
                println!(
                    "{}: {} entries, {} checkpoints, root {}",
                    year.year,
                    year.entries,
                    year.checkpoints,
                    hex(&year.root)
                );
            }
            println!("the log is whole: {} entries", verified.entries());
            ExitCode::SUCCESS
        }
        Err(damages) => {
            for damage in &damages {
                eprintln!("damage: {damage}");
            }
            eprintln!("hearth: the log was changed: {} findings", damages.len());
            ExitCode::FAILURE
        }
    }
}

/// `hearth log erase-year`
pub async fn erase_year(year: i16, reason: &str, config: Option<&Path>) -> Result<ExitCode, Failure> {
    let runtime = Runtime::open(Config::read(config)?).await?;
    permitted(&runtime, Action::EraseLog, &format!("the log's key of {year}, {reason}")).await?;
    match runtime.state.guard.log().erase_year(year).await? {
        Some(people) => println!("the log of {year} is erased: {people} keys are destroyed"),
        None => return Err(format!("there is no log of {year}").into()),
    }
    Ok(ExitCode::SUCCESS)
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// `hearth agency add`
pub async fn add_agency(
    config: Option<PathBuf>,
    name: String,
    organisation: String,
    jurisdiction: Option<String>,
) -> Result<ExitCode, Failure> {
    let runtime = Runtime::open(Config::read(config.as_deref())?).await?;
    let state = &runtime.state;
    if state.packs.current().agencies().get(&organisation).is_none() {
        return Err(format!("{organisation:?} is no agency of the pack; agencies.csv lists them").into());
    }
    permitted(&runtime, Action::ManageAccounts, "agency client").await?;
    let (ids, keys, now) = (&*state.ids, &runtime.keys, state.now());
    let client = transact!(state.db, web::api::client::ClientError, |tx| {
        web::api::client::create(tx, keys, ids, now, &name, &organisation, jurisdiction.as_deref()).await
    })?;
    println!("{}", client.token);
    eprintln!("This token is shown once. Send it as: Authorization: Bearer TOKEN");
    Ok(ExitCode::SUCCESS)
}

/// `hearth account add-local`
pub async fn add_local(args: LocalArgs) -> Result<ExitCode, Failure> {
    let runtime = Runtime::open(Config::read(args.config.as_deref())?).await?;
    let state = &runtime.state;
    eprintln!("Password (one line, at least 12 characters):");
    let mut password = String::new();
    std::io::stdin().read_line(&mut password)?;
    permitted(&runtime, Action::ManageAccounts, "local account").await?;
    let duties = [Duty { role: args.role, organisation: args.organisation, jurisdiction: args.jurisdiction }];
    let (ids, keys, now) = (&*state.ids, &runtime.keys, state.now());
    let secret = transact!(state.db, AccountError, |tx| {
        let id = account::create(tx, ids, now, &args.name, None, &duties).await?;
        let new = NewLocal { account: id, login: &args.login, password: password.trim_end_matches(['\r', '\n']) };
        account::create_local(tx, keys, &new).await
    })?;
    println!("second factor, for an authenticator (shown once): {}", secret.base32());
    Ok(ExitCode::SUCCESS)
}
