//! `hearth dmn …`: decision models of the DMN standard on the terminal.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Subcommand;
use dmn::kit::{self, Ending, TestCases};
use dmn::model::Definitions;
use dmn::{DateTime, Program};
use kernel::Clock as _;

use crate::runtime::SystemClock;

/// `hearth dmn …`
#[derive(Debug, Subcommand)]
pub enum DmnCommand {
    /// Runs test cases in the public compliance kit's format: passed, failed, refused with the reason. Ends with 0 if all
    /// passed, 1 if one failed or a file cannot be read, 2 if none failed but some were refused.
    Test {
        /// The model; what it imports is looked for in its folder.
        model: PathBuf,
        /// The test cases.
        tests: PathBuf,
    },
}

/// Ends so if nothing failed but something could not be run.
const REFUSED: u8 = 2;

/// Runs the cases and prints each verdict, then the sums.
pub(crate) fn test(model: &Path, tests: &Path) -> ExitCode {
    let (program, cases) = match load(model).and_then(|program| Ok((program, read_cases(tests)?))) {
        Ok(loaded) => loaded,
        Err(reason) => {
            eprintln!("hearth: {reason}");
            return ExitCode::FAILURE;
        }
    };
    for fault in program.faults() {
        eprintln!("fault: {fault}");
    }
    let now = DateTime::parse(&SystemClock.now().rfc3339());
    let (mut passed, mut failed, mut refused) = (0, 0, 0);
    for verdict in cases.run(&program, now.as_ref()) {
        let name = format!("{} {}", verdict.case, verdict.result);
        match verdict.ending {
            Ending::Passed => {
                passed += 1;
                println!("passed   {name}");
            }
            Ending::Failed { expected, got, notes } => {
                failed += 1;
                println!("failed   {name}\n         expected {expected}\n         got      {got}");
                for note in notes {
                    println!("         because  {note}");
                }
            }
            Ending::Refused(reason) => {
                refused += 1;
                println!("refused  {name}: {reason}");
            }
        }
    }
    println!("{passed} passed, {failed} failed, {refused} refused");
    match (failed, refused) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => ExitCode::from(REFUSED),
        _ => ExitCode::FAILURE,
    }
}

fn text(path: &Path) -> Result<String, String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))
}

fn read_cases(path: &Path) -> Result<TestCases, String> {
    kit::read_cases(&text(path)?).map_err(|e| format!("{}: {e}", path.display()))
}

/// Reads a model and, from its folder, the models it imports.
fn load(path: &Path) -> Result<Program, String> {
    let main = dmn::read(&text(path)?).map_err(|e| format!("{}: {e}", path.display()))?;
    let others = if main.imports.is_empty() { Vec::new() } else { beside(path)? };
    let imported: Vec<Definitions> = kit::imported(&main, &others).into_iter().cloned().collect();
    Ok(dmn::compile(&main, &imported))
}

/// The other models of a folder and of the folders in it. One that cannot be read is said and left out.
fn beside(path: &Path) -> Result<Vec<Definitions>, String> {
    let folder = path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut files = models_in(folder)?;
    for entry in std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?.flatten() {
        if entry.path().is_dir() {
            files.extend(models_in(&entry.path())?);
        }
    }
    files.sort();
    let mut out = Vec::new();
    for file in files.iter().filter(|f| f.as_path() != path) {
        match dmn::read(&text(file)?) {
            Ok(model) => out.push(model),
            Err(error) => eprintln!("left out: {}: {error}", file.display()),
        }
    }
    Ok(out)
}

fn models_in(folder: &Path) -> Result<Vec<PathBuf>, String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    Ok(entries
        .flatten()
        .map(|e| e.path())
        .filter(|p| p.is_file() && p.extension().is_some_and(|e| e == "dmn"))
        .collect())
}
