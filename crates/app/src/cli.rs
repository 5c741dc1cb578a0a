//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use clap::{Parser, Subcommand};

use crate::adopt::{self, PaymentsCommand};
use crate::backup::{self, BackupArgs, RestoreArgs};
use crate::config::Config;
use crate::demo;
use crate::demo_clock::DemoClock;
use crate::growth::{self, GrowthArgs};
use crate::model::{self, DmnCommand};
use crate::pack::{self, ExplainArgs, PackCommand};
use crate::parked::{self, ParkedCommand};
use crate::played;
use crate::population::{self, PopulationCommand};
use crate::replay::{self, DecisionCommand, ReplayArgs};
use crate::requalify::command::{self, RequalifyCommand};
use crate::runtime::Runtime;
use crate::serve;
use crate::studies::{self, EvaluationCommand};
use crate::synth::{self, SynthArgs};
use crate::tools::{self, AccountCommand, AgencyCommand, ImportArgs, LogCommand};
use crate::visits::{self, VisitsCommand};

/// A government serves families with it.
#[derive(Debug, Parser)]
#[command(name = "hearth", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// A data folder, a synthetic town, a server on loopback, and one page that says what to try first.
    Demo {
        /// The data folder.
        #[arg(long, default_value = "hearth-data")]
        data: PathBuf,
        /// The pack's folder; that of the environment, or the one a server takes by itself, when left out.
        #[arg(long)]
        pack: Option<PathBuf>,
        /// The port on loopback.
        #[arg(long, default_value_t = 8080)]
        port: u16,
        /// About how many people; the pack's recipe says when left out.
        #[arg(long)]
        people: Option<usize>,
        /// Prepares the town and ends.
        #[arg(long)]
        prepare: bool,
    },
    /// The server.
    Serve {
        /// Configuration (docs/operation.md); environment variables win.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Programmes and everything they need, as plain files.
    #[command(subcommand)]
    Pack(PackCommand),
    /// What one family is entitled to, and why.
    Explain(ExplainArgs),
    /// The worker alone, where the server does not do its work.
    Work {
        /// Configuration.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Persons, households, facts and births from files.
    Import(ImportArgs),
    /// The disclosure log.
    #[command(subcommand)]
    Log(LogCommand),
    /// Access for another agency's system.
    #[command(subcommand)]
    Agency(AgencyCommand),
    /// Accounts of people.
    #[command(subcommand)]
    Account(AccountCommand),
    /// Work that failed too often and waits for a human being.
    #[command(subcommand)]
    Parked(ParkedCommand),
    /// Payment files.
    #[command(subcommand)]
    Payments(PaymentsCommand),
    /// A synthetic country: households, facts and awards of people who do not exist, fitted to published figures.
    Synth(SynthArgs),
    /// Decision models of the DMN standard.
    #[command(subcommand)]
    Dmn(DmnCommand),
    /// Schedules of home visits.
    #[command(subcommand)]
    Visits(VisitsCommand),
    /// Studies of what visits did for families.
    #[command(subcommand)]
    Evaluation(EvaluationCommand),
    /// Measurements of children, scored by the WHO growth standards.
    Growth(GrowthArgs),
    /// The whole population at once, from a snapshot.
    #[command(subcommand)]
    Population(PopulationCommand),
    /// Machines for `hearth population run --cluster`.
    #[cfg(feature = "cluster")]
    #[command(subcommand)]
    Cluster(crate::cluster::ClusterCommand),
    /// Everybody looked at again: paid against due, as casework.
    #[command(subcommand)]
    Requalify(RequalifyCommand),
    /// Works a decision out again from its file and says whether it comes to the same bytes.
    Replay(ReplayArgs),
    /// Decisions.
    #[command(subcommand)]
    Decision(DecisionCommand),
    /// A consistent copy of everything but the keys, while the server runs.
    Backup(BackupArgs),
    /// Puts a copy back into an empty data folder and checks it.
    Restore(RestoreArgs),
}

/// Any failure, as one sentence for the terminal.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> ExitCode {
        match self.command {
            Command::Demo { data, pack, port, people, prepare } => {
                with_runtime(async move { demo(data, pack, port, people, prepare).await })
            }
            Command::Pack(PackCommand::Check { dir }) => pack::check(&dir),
            Command::Pack(PackCommand::Test { dir, only }) => pack::test(&dir, &only),
            Command::Pack(PackCommand::Sql { dir, on, claim, programme }) => {
                pack::sql(&dir, on, claim, programme.as_deref())
            }
            Command::Pack(PackCommand::Diff { old, new, lang }) => pack::diff(&old, &new, lang),
            Command::Pack(PackCommand::Reload { config }) => match Config::read(config.as_deref()) {
                Ok(config) => crate::reload::ask(&config),
                Err(error) => failed(&error),
            },
            Command::Explain(args) => pack::explain(&args),
            Command::Work { config } => with_runtime(async move {
                let runtime = Arc::new(Runtime::open(Config::read(config.as_deref())?).await?);
                let (stop, stopped) = tokio::sync::watch::channel(false);
                let end = async {
                    serve::asked_to_stop().await;
                    let _ = stop.send(true);
                };
                tokio::join!(crate::work::run(&runtime, stopped), end);
                Ok(ExitCode::SUCCESS)
            }),
            Command::Evaluation(EvaluationCommand::Export(args)) => with_runtime(studies::export(args)),
            Command::Import(args) => with_runtime(tools::import(args)),
            Command::Log(LogCommand::Erase { person, year, reason, config }) => {
                with_runtime(async move { tools::erase(person, year, &reason, config.as_deref()).await })
            }
            Command::Log(LogCommand::EraseYear { year, reason, config }) => {
                with_runtime(async move { tools::erase_year(year, &reason, config.as_deref()).await })
            }
            Command::Log(LogCommand::Verify { dir, checkpoint }) => tools::verify(&dir, checkpoint.as_deref()),
            Command::Agency(AgencyCommand::Add { config, name, organisation, jurisdiction }) => {
                with_runtime(tools::add_agency(config, name, organisation, jurisdiction))
            }
            Command::Account(AccountCommand::Add(args)) => with_runtime(tools::add_account(args)),
            Command::Account(AccountCommand::AddLocal(args)) => with_runtime(tools::add_local(args)),
            Command::Parked(ParkedCommand::List { config }) => with_runtime(parked::list(config)),
            Command::Parked(ParkedCommand::Retry { id, config }) => with_runtime(parked::retry(id, config)),
            Command::Payments(PaymentsCommand::Adopt(args)) => with_runtime(adopt::adopt(args)),
            Command::Synth(args) => synth::run(&args).unwrap_or_else(|error| failed(&*error)),
            Command::Visits(VisitsCommand::Plan(args)) => visits::plan(&args),
            Command::Growth(args) => growth::growth(&args),
            Command::Requalify(command) => with_runtime(command::requalify(command)),
            Command::Population(PopulationCommand::Snapshot(args)) => with_runtime(crate::snapshot::snapshot(args)),
            Command::Population(command) => population::population(command).unwrap_or_else(|error| failed(&*error)),
            #[cfg(feature = "cluster")]
            Command::Cluster(command) => crate::cluster::cluster(command).unwrap_or_else(|error| failed(&*error)),
            Command::Dmn(DmnCommand::Test { model, tests, strict }) => model::test(&model, &tests, strict),
            Command::Dmn(DmnCommand::Import(args)) => model::import(&args),
            Command::Dmn(DmnCommand::Export { pack, programme, on, lang }) => {
                model::export(&pack, &programme, on, lang)
            }
            Command::Replay(args) => replay::replay(&args),
            Command::Decision(DecisionCommand::Export(args)) => with_runtime(replay::export(args)),
            Command::Backup(args) => with_runtime(backup::backup(args)),
            Command::Restore(args) => with_runtime(backup::restore(args)),
            Command::Serve { config } => with_runtime(async move {
                let runtime = Arc::new(Runtime::open(Config::read(config.as_deref())?).await?);
                let listener = serve::listen(&runtime.config.listen).await?;
                println!("Hearth listens on {}", runtime.config.public_url);
                serve::with_worker(runtime, listener).await?;
                Ok(ExitCode::SUCCESS)
            }),
        }
    }
}

async fn demo(
    data: PathBuf,
    pack: Option<PathBuf>,
    port: u16,
    people: Option<usize>,
    prepare: bool,
) -> Result<ExitCode, Failure> {
    let listen = format!("127.0.0.1:{port}");
    let mut config =
        Config { public_url: format!("http://{listen}"), listen, data, demo_provider: true, ..Config::read(None)? };
    config.pack = pack.unwrap_or(config.pack);
    // The clock is moved by the worker.
    config.worker = true;
    std::fs::create_dir_all(&config.data)?;
    let clock = Arc::new(DemoClock::open(&config.data).map_err(|why| format!("{}: {why}", config.data.display()))?);
    let played = played::start(&mut config, clock.clone()).await?;
    let listener = serve::listen(&config.listen).await?;
    let runtime = Arc::new(Runtime::demo(config, clock).await?);
    let told = demo::prepare(&runtime, people, played.as_ref()).await?;
    if prepare {
        return Ok(ExitCode::SUCCESS);
    }
    println!("{}", demo::page(&runtime.config, &told));
    serve::with_worker(runtime, listener).await?;
    Ok(ExitCode::SUCCESS)
}

/// Runs a future on all cores and turns its failure into words.
fn with_runtime(work: impl Future<Output = Result<ExitCode, Failure>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error),
    };
    runtime.block_on(work).unwrap_or_else(|error| failed(&*error))
}

/// Says what is wrong and ends.
fn failed(error: &dyn std::error::Error) -> ExitCode {
    eprintln!("hearth: {error}");
    ExitCode::FAILURE
}
