//! The command line.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::config::Config;
use crate::pack::{self, PackCommand};
use crate::runtime::Runtime;
use crate::serve;

/// A government serves families with it.
#[derive(Debug, Parser)]
#[command(name = "hearth", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// The server.
    Serve {
        /// Configuration (docs/operation.md); environment variables win.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Programmes and everything they need, as plain files.
    #[command(subcommand)]
    Pack(PackCommand),
}

/// Any failure, as one sentence for the terminal.
pub(crate) type Failure = Box<dyn std::error::Error + Send + Sync>;

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> ExitCode {
        match self.command {
            Command::Pack(PackCommand::Check { dir }) => pack::check(&dir),
            Command::Pack(PackCommand::Test { dir, only }) => pack::test(&dir, &only),
            Command::Pack(_) => ExitCode::FAILURE,
            Command::Serve { config } => with_runtime(async move {
                let runtime = Runtime::open(Config::read(config.as_deref())?).await?;
                let listener = serve::listen(&runtime.config.listen).await?;
                println!("Hearth listens on {}", runtime.config.public_url);
                serve::run(&runtime, listener, serve::asked_to_stop()).await?;
                Ok(ExitCode::SUCCESS)
            }),
        }
    }
}

/// Runs a future on all cores and turns its failure into words.
fn with_runtime(work: impl Future<Output = Result<ExitCode, Failure>>) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("hearth: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(work).unwrap_or_else(|error| {
        eprintln!("hearth: {error}");
        ExitCode::FAILURE
    })
}
