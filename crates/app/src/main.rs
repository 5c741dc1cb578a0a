//! `hearth`: see `hearth --help`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    app::cli::Cli::parse().run()
}
