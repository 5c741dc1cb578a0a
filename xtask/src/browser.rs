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

/// Installs what is missing, then runs `browser/run.mjs`, which starts the demo by itself.
pub(crate) fn run() -> Result<(), String> {
    if !has("chromium") {
        install(&["chromium", "fonts-nanum"])?;
    }
    packages()?;
    let folder = root().join("browser");
    step("browser", Command::new("node").arg(folder.join("run.mjs")).env("HEARTH", hearth()))
}
