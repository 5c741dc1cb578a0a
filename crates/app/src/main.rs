//! `hearth`: see `hearth --help`.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Records go to the standard error; RUST_LOG chooses what, HEARTH_LOG=json how.
    let filter = tracing_subscriber::EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("warn,app=info"));
    let records = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::env::var("HEARTH_LOG").is_ok_and(|form| form == "json") {
        records.json().init();
    } else {
        records.init();
    }
    app::cli::Cli::parse().run()
}
