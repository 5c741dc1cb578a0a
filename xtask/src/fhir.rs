//! What the tests sent and were given as FHIR, held against validators that are not ours.

use std::process::Command;

use crate::run::{has, install, output, root, step, target};

/// Where the tests keep it.
pub(crate) fn folder() -> std::path::PathBuf {
    root().join("target/fhir")
}

/// Installs both validators, by their hashes, and runs `browser/fhir.mjs`. The packages of `browser/` must be there.
pub(crate) fn run() -> Result<(), String> {
    if !has("python3") {
        install(&["python3", "python3-venv"])?;
    }
    let venv = target().join("fhirkit");
    let program = venv.join("bin").join("fhirkit");
    if !program.exists() {
        if output(Command::new("python3").args(["-m", "venv"]).arg(&venv)).is_err() {
            install(&["python3-venv"])?;
            output(Command::new("python3").args(["-m", "venv"]).arg(&venv))?;
        }
        let pip = venv.join("bin").join("pip");
        let mut pip = Command::new(pip);
        pip.args([
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--require-hashes",
            "--only-binary",
            ":all:",
            "-r",
        ]);
        step("fhirkit", pip.arg(root().join("browser/fhir.txt")))?;
    }
    let script = root().join("browser/fhir.mjs");
    step("FHIR resources against two validators", Command::new("node").arg(script).env("FHIRKIT", program))
}
