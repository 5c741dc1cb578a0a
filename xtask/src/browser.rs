//! The browser part: a real server, a real Chromium, axe on every page.

use std::process::Command;

use crate::run::{has, hearth, install, root, step};

/// Installs what scripts in `browser/` stand on.
pub(crate) fn packages() -> Result<(), String> {
    if !has("node") {
        install(&["nodejs", "npm"])?;
    }
    let folder = root().join("browser");
    step(
        "browser packages",
        Command::new("npm").args(["ci", "--no-audit", "--no-fund", "--loglevel=error", "--prefix"]).arg(&folder),
    )
}

/// Installs what is missing, then runs `browser/run.mjs`, which starts the demo by itself; once more over a PostgreSQL server.
pub(crate) fn run(postgres: &str) -> Result<(), String> {
    if !has("chromium") {
        install(&["chromium", "fonts-nanum"])?;
    }
    // By which the tests look into the databases of the demos.
    for (program, package) in [("sqlite3", "sqlite3"), ("psql", "postgresql-client")] {
        if !has(program) {
            install(&[package])?;
        }
    }
    packages()?;
    let run = root().join("browser").join("run.mjs");
    let mut node = Command::new("node");
    step("browser", node.arg(run).env("HEARTH", hearth()).env("HEARTH_TEST_POSTGRES", postgres))
}
