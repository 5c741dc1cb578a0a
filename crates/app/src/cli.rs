//! The command line.

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::pack::{self, PackCommand};

/// A government serves families with it.
#[derive(Debug, Parser)]
#[command(name = "hearth", version, about, arg_required_else_help = true)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Programmes and everything they need, as plain files.
    #[command(subcommand)]
    Pack(PackCommand),
}

impl Cli {
    /// Does what was asked.
    pub fn run(self) -> ExitCode {
        match self.command {
            Command::Pack(PackCommand::Check { dir }) => pack::check(&dir),
            Command::Pack(PackCommand::Test { dir, only }) => pack::test(&dir, &only),
            Command::Pack(_) => ExitCode::FAILURE,
        }
    }
}
