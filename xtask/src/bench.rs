//! `cargo xtask bench`: the measurements behind docs/performance.md, on this machine, both engines.

use crate::postgres;
use crate::run::{cargo, step};

/// Our columnar machine beside its peers, which are fetched from their registries, and with our own packs.
pub(crate) fn nation(options: &[&str]) -> Result<(), String> {
    let mut args = vec!["bench", "-p", "rules", "--bench", "nation", "--"];
    args.extend_from_slice(options);
    step("nation", &mut cargo(&args))?;
    step("packs", &mut cargo(&["bench", "-p", "catalogue", "--bench", "columns"]))?;
    step("whole run", &mut cargo(&["bench", "-p", "synth", "--bench", "whole"]))
}

/// Builds in release and runs all benches; PostgreSQL is started for the run.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let server = postgres::start(postgres::Disk::Durable)?;
    step("rules", &mut cargo(&["bench", "-p", "rules", "--bench", "explain"]))?;
    let mut args = vec!["bench", "-p", "app", "--bench", "hearth", "--"];
    args.extend_from_slice(options);
    step("hearth", cargo(&args).env("HEARTH_TEST_POSTGRES", &server.url))
}
