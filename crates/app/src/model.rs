//! `hearth dmn …`: decision models of the DMN standard on the terminal.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalogue::{Files, Pack, Wanted};
use clap::{Args, Subcommand, ValueEnum};
use dmn::kit::{self, Ending, TestCases, Verdict};
use dmn::model::Definitions;
use dmn::{DateTime, Program};
use kernel::{Clock as _, Date, Lang};
use rules::schema::Entity;

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
        /// Shows the cases as strict mode runs them: the model is held against its declared types, and what is not well typed is
        /// refused with line, column, what and hint. Without it the sums of strict mode are printed apart.
        #[arg(long)]
        strict: bool,
    },
    /// Brings a decision table drawn in a DMN modeller into a pack as a definition, checks the pack with it, and writes both files
    /// only if it is in order.
    Import(ImportArgs),
    /// A programme of a pack as a DMN 1.5 model for modellers: each condition a decision, with the pack's own texts.
    Export {
        /// The pack's folder.
        pack: PathBuf,
        /// The programme.
        programme: String,
        /// The day whose version is meant.
        #[arg(long)]
        on: Date,
        /// Language of names and words.
        #[arg(long, default_value = "en")]
        lang: Lang,
    },
}

/// Ends so if nothing failed but something could not be run.
const REFUSED: u8 = 2;

/// Runs the cases and prints each verdict, then the sums; those of strict mode apart.
pub(crate) fn test(model: &Path, tests: &Path, strict: bool) -> ExitCode {
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
    let compatible = cases.run(&program, now.as_ref());
    let strictly = cases.run_strictly(&program, now.as_ref());
    let shown = if strict { &strictly } else { &compatible };
    if strict {
        program.strictly().faults().for_each(|fault| eprintln!("not well typed: {fault}"));
    }
    shown.iter().for_each(print);
    let (of_strict, of_compatible) = (Sums::of(&strictly), Sums::of(&compatible));
    println!("strict mode: {of_strict}");
    println!("{of_compatible}");
    if strict { of_strict.code() } else { of_compatible.code() }
}

fn print(verdict: &Verdict) {
    let name = format!("{} {}", verdict.case, verdict.result);
    match &verdict.ending {
        Ending::Passed => println!("passed   {name}"),
        Ending::Failed { expected, got, notes } => {
            println!("failed   {name}\n         expected {expected}\n         got      {got}");
            notes.iter().for_each(|note| println!("         because  {note}"));
        }
        Ending::Refused(reason) => println!("refused  {name}: {reason}"),
    }
}

/// How many results came out how.
#[derive(Default)]
struct Sums {
    passed: usize,
    failed: usize,
    refused: usize,
}

impl Sums {
    fn of(verdicts: &[Verdict]) -> Sums {
        let mut sums = Sums::default();
        for verdict in verdicts {
            match verdict.ending {
                Ending::Passed => sums.passed += 1,
                Ending::Failed { .. } => sums.failed += 1,
                Ending::Refused(_) => sums.refused += 1,
            }
        }
        sums
    }

    fn code(&self) -> ExitCode {
        match (self.failed, self.refused) {
            (0, 0) => ExitCode::SUCCESS,
            (0, _) => ExitCode::from(REFUSED),
            _ => ExitCode::FAILURE,
        }
    }
}

impl std::fmt::Display for Sums {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} passed, {} failed, {} refused", self.passed, self.failed, self.refused)
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

/// `hearth dmn import MODEL --into PACK`
#[derive(Debug, Args)]
pub struct ImportArgs {
    /// The model.
    model: PathBuf,
    /// The pack's folder.
    #[arg(long)]
    into: PathBuf,
    /// The decision with the table, by name or id; needed where the model has several.
    #[arg(long)]
    decision: Option<String>,
    /// The output column, where the table has several.
    #[arg(long)]
    output: Option<String>,
    /// The definition's id; made of the decision's name when left out.
    #[arg(long)]
    id: Option<String>,
    /// Whom the definition is about.
    #[arg(long, value_enum, default_value = "person")]
    entity: Who,
    /// Its unit, such as KRW/month, years, ratio; by the output's type when left out.
    #[arg(long)]
    unit: Option<String>,
    /// What an input of the model is in the pack: --map "Age=person.age_years". Others are looked for by name.
    #[arg(long = "map", value_name = "INPUT=EXPRESSION", value_parser = mapping)]
    maps: Vec<(String, String)>,
    /// The law the table is from.
    #[arg(long, default_value = "")]
    law: String,
}

/// Whom a definition is about.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Who {
    Person,
    Household,
}

fn mapping(text: &str) -> Result<(String, String), String> {
    let (input, it) = text.split_once('=').ok_or("expected INPUT=EXPRESSION, such as Age=person.age_years")?;
    Ok((input.trim().to_owned(), it.trim().to_owned()))
}

/// Prints a programme as a model.
pub(crate) fn export(pack: &Path, programme: &str, on: Date, lang: Lang) -> ExitCode {
    let loaded = match Pack::load(pack) {
        Ok(loaded) => loaded.pack,
        Err(faults) => {
            eprint!("{}", catalogue::check_report(&faults, Files::read(pack).ok().as_ref()));
            return ExitCode::FAILURE;
        }
    };
    match catalogue::draw(&loaded, programme, on, lang) {
        Some(xml) => {
            println!("{xml}");
            ExitCode::SUCCESS
        }
        None => {
            eprintln!(
                "hearth: no version of {programme} is in force on {on}; the pack's programmes are in programmes/"
            );
            ExitCode::FAILURE
        }
    }
}

/// Brings a table into a pack, or says what is in the way and writes nothing.
pub(crate) fn import(args: &ImportArgs) -> ExitCode {
    match imported(args) {
        Ok(told) => {
            println!("{told}");
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("{}", reason.trim_end());
            ExitCode::FAILURE
        }
    }
}

fn imported(args: &ImportArgs) -> Result<String, String> {
    let model = text(&args.model).map_err(|e| format!("hearth: {e}"))?;
    let name = args.model.file_stem().and_then(|n| n.to_str()).ok_or("hearth: the model's file name is no text")?;
    let faults = |faults: &[rules::schema::Fault], files: Option<&Files>| catalogue::check_report(faults, files);
    let files = Files::read(&args.into).map_err(|f| faults(&f, None))?;
    let wanted = Wanted {
        decision: args.decision.clone(),
        output: args.output.clone(),
        id: args.id.clone(),
        entity: match args.entity {
            Who::Person => Entity::Person,
            Who::Household => Entity::Household,
        },
        unit: args.unit.clone(),
        inputs: args.maps.clone(),
        law: args.law.clone(),
    };
    let brought = catalogue::bring(&files, name, &model, &wanted).map_err(|f| {
        format!(
            "{}nothing was written; --map says what an input is, --unit what the table gives",
            faults(&f, Some(&files))
        )
    })?;
    for path in &brought.written {
        let place = args.into.join(path);
        let parent = place.parent().unwrap_or(&args.into);
        std::fs::create_dir_all(parent).map_err(|e| format!("hearth: {}: {e}", parent.display()))?;
        std::fs::write(&place, brought.files.get(path).unwrap_or_default())
            .map_err(|e| format!("hearth: {}: {e}", place.display()))?;
    }
    Ok(format!("{}written: {}", faults(&brought.warnings, Some(&brought.files)), brought.written.join(", ")))
}
