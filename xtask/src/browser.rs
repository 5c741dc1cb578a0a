//! The browser part: a real server, a real Chromium, axe on every page.

use std::process::Command;

use crate::run::{has, hearth, install, root, step, together};

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
    // Two demos side by side: one town that everything happens in, and all that brings a town of its own.
    let lane = |parts: &'static str| {
        let mut node = Command::new("node");
        node.arg(root().join("browser").join("run.mjs")).arg(parts);
        node.env("HEARTH", hearth()).env("HEARTH_TEST_POSTGRES", postgres);
        (format!("browser: {parts}"), node)
    };
    together(vec![lane("town"), lane("apart")], || Ok(()))
}
