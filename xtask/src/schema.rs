//! The API against its own description: schemathesis, a foreign client that believes only the OpenAPI document.

use std::process::Command;

use crate::run::{has, install, output, root, step, target};

const VERSION: &str = "schemathesis==4.32.5";

/// Installs schemathesis into a folder of its own and runs `browser/api.sh`, which starts a server by itself.
pub(crate) fn run() -> Result<(), String> {
    if !has("python3") {
        install(&["python3", "python3-venv"])?;
    }
    let venv = target().join("schemathesis");
    let program = venv.join("bin").join("schemathesis");
    if !program.exists() {
        if output(Command::new("python3").args(["-m", "venv"]).arg(&venv)).is_err() {
            install(&["python3-venv"])?;
            output(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        }
        let pip = venv.join("bin").join("pip");
        step("schemathesis", Command::new(pip).args(["install", "--quiet", "--disable-pip-version-check", VERSION]))?;
    }
    step(
        "API against its description",
        Command::new("bash")
            .arg(root().join("browser/api.sh"))
            .env("SCHEMATHESIS", program)
            .env("HEARTH", crate::run::hearth()),
    )
}
