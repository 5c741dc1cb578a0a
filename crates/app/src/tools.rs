//! The operator's tools: imports, verification of the log, access for agencies and break-glass accounts. Those that change
//! something are done by the running server, or here when there is none (see [`operator`]).

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use guard::log::{Trust, verify as verify_log};
use guard::{Action, Role};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::PersonId;
use registry::import::{Progress, Table};

use crate::cli::Failure;
use crate::config::Config;
use crate::operator::{self, Said, Task, permitted};
use crate::runtime::Runtime;
use crate::secret;

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
    /// Destroys the key of one person's entries of a year, under every id their record has had: what those say of them can never
    /// be read again, and the log still verifies. The server is stopped meanwhile. Delete the year's key from the backups of the
    /// keys too.
    Erase {
        /// The person's id.
        person: PersonId,
        /// The year.
        #[arg(long)]
        year: i16,
        /// Why it may go, such as the court's order; stays in the log.
        #[arg(long)]
        reason: String,
        /// Configuration.
        #[arg(long)]
        config: Option<PathBuf>,
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
    /// The account of an official who signs in at the configured identity provider.
    Add(AccountArgs),
    /// A local account for times when the identity provider is away. Reads the password from the standard input.
    AddLocal(LocalArgs),
}

/// Who gets an account, and for what.
#[derive(Debug, Args)]
struct OfficialArgs {
    /// The name shown.
    #[arg(long)]
    name: String,
    /// The role.
    #[arg(long)]
    role: Role,
    /// The agency, as its id in the pack.
    #[arg(long)]
    organisation: String,
    /// The place, as its id in the pack.
    #[arg(long)]
    jurisdiction: Option<String>,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// `hearth account add`
#[derive(Debug, Args)]
pub struct AccountArgs {
    /// The identity provider's name of the official: the `sub` of its tokens.
    #[arg(long)]
    subject: String,
    #[command(flatten)]
    official: OfficialArgs,
}

/// `hearth account add-local`
#[derive(Debug, Args)]
pub struct LocalArgs {
    /// The login.
    #[arg(long)]
    login: String,
    #[command(flatten)]
    official: OfficialArgs,
}

/// `hearth import`
pub async fn import(args: ImportArgs) -> Result<ExitCode, Failure> {
    let config = Config::read(args.config.as_deref())?;
    // The server has another working directory.
    let file = std::path::absolute(&args.file)?;
    let task = Task::Import { table: args.table, file, source: args.source, law: args.law, dry_run: args.dry_run };
    let bar = ProgressBar::new(0);
    if let Ok(style) = ProgressStyle::with_template("  {wide_bar} {bytes}/{total_bytes} {msg}") {
        bar.set_style(style);
    }
    let mut shown = |p: Progress| {
        bar.set_length(p.total);
        bar.set_position(p.bytes);
        bar.set_message(format!("{} taken, {} known, {} refused", p.accepted, p.unchanged, p.refused));
    };
    let said = operator::run(config, task, &mut shown).await?;
    bar.finish_and_clear();
    let Said::Imported(summary) = said else { return Err(strange()) };
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

/// A server of another version.
fn strange() -> Failure {
    "the server answered something else: give the command of the same version as the server".into()
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

/// `hearth log erase`
pub async fn erase(person: PersonId, year: i16, reason: &str, config: Option<&Path>) -> Result<ExitCode, Failure> {
    let runtime = Runtime::open(Config::read(config)?).await?;
    let mut tx = runtime.state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let ids = registry::merge::ids_of(&mut tx, person).await?;
    drop(tx);
    // Named before it is done: whose entries went must itself be an entry, and not one of theirs.
    permitted(&runtime, Action::EraseLog, &format!("the log's key of {year} of person {person}, {reason}")).await?;
    let mut erased = 0;
    for id in &ids {
        erased += u32::from(runtime.state.guard.log().erase(*id, year).await?);
    }
    match erased {
        0 => Err(format!("the log of {year} holds nothing of {person} that could be read").into()),
        _ => {
            println!("what the log of {year} says of {person} is erased");
            Ok(ExitCode::SUCCESS)
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
    let config = Config::read(config.as_deref())?;
    let task = Task::AddAgency { name, organisation, jurisdiction };
    let Said::Token { token } = operator::run(config, task, &mut |_| {}).await? else { return Err(strange()) };
    println!("{token}");
    eprintln!("This token is shown once. Send it as: Authorization: Bearer TOKEN");
    Ok(ExitCode::SUCCESS)
}

/// `hearth account add`
pub async fn add_account(args: AccountArgs) -> Result<ExitCode, Failure> {
    let OfficialArgs { name, role, organisation, jurisdiction, config } = args.official;
    let config = Config::read(config.as_deref())?;
    let role = role.word().to_owned();
    let task = Task::AddAccount { subject: args.subject, name, role, organisation, jurisdiction };
    let Said::Account { id } = operator::run(config, task, &mut |_| {}).await? else { return Err(strange()) };
    println!("{id}");
    Ok(ExitCode::SUCCESS)
}

/// `hearth account add-local`
pub async fn add_local(args: LocalArgs) -> Result<ExitCode, Failure> {
    let OfficialArgs { name, role, organisation, jurisdiction, config } = args.official;
    let config = Config::read(config.as_deref())?;
    let password = secret::line("Password (one line, at least 12 characters):")?;
    let role = role.word().to_owned();
    let task = Task::AddLocal { login: args.login, name, role, organisation, jurisdiction, password };
    let Said::Secret { base32 } = operator::run(config, task, &mut |_| {}).await? else { return Err(strange()) };
    println!("second factor, for an authenticator (shown once): {base32}");
    Ok(ExitCode::SUCCESS)
}
