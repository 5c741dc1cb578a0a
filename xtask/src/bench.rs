//! `cargo xtask bench`: the measurements behind docs/performance.md, on this machine, both engines.

use crate::postgres;
use crate::run::{cargo, step};

/// Builds in release and runs all benches; PostgreSQL is started for the run.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let server = postgres::start()?;
    step("rules", &mut cargo(&["bench", "-p", "rules", "--bench", "explain"]))?;
    let mut args = vec!["bench", "-p", "app", "--bench", "hearth", "--"];
    args.extend_from_slice(options);
    step("hearth", cargo(&args).env("HEARTH_TEST_POSTGRES", &server.url))
}
