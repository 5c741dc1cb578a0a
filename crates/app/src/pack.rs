//! `hearth pack …` and `hearth explain`: the catalogue's reports on the terminal.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalogue::{HouseholdFile, Pack, Question};
use clap::{Args, Subcommand};
use kernel::{Date, Lang};

/// `hearth pack …`
#[derive(Debug, Subcommand)]
pub enum PackCommand {
    /// Finds every fault of a pack, with file, line, what was expected and a hint.
    Check {
        /// The pack's folder.
        dir: PathBuf,
    },
    /// Runs the pack's worked cases.
    Test {
        /// The pack's folder.
        dir: PathBuf,
        /// Only cases whose id contains this.
        #[arg(long, default_value = "")]
        only: String,
    },
    /// Says in words what changed between two packs.
    Diff {
        /// The older pack.
        old: PathBuf,
        /// The newer pack.
        new: PathBuf,
        /// Language of the words.
        #[arg(long, default_value = "en")]
        lang: Lang,
    },
    /// The programmes of a day as SQL over a table `household` and a table `person`, for a check by another engine. Names on the error
    /// stream what cannot be said in SQL, with the reason, and the share that can.
    Sql {
        /// The pack's folder.
        dir: PathBuf,
        /// The day asked about.
        #[arg(long)]
        on: Date,
        /// The day of the claim; the day asked about when left out.
        #[arg(long)]
        claim: Option<Date>,
        /// Only this programme, without types, functions and tables.
        #[arg(long)]
        programme: Option<String>,
    },
    /// Asks the running server to take the pack folder from its configuration. A faulty pack is refused whole.
    Reload {
        /// The configuration the server was started with.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

/// `hearth explain`
#[derive(Debug, Args)]
pub struct ExplainArgs {
    /// The pack's folder.
    #[arg(long, default_value = crate::config::PACK)]
    pack: PathBuf,
    /// A household file (docs/pack-format.md).
    #[arg(long)]
    household: PathBuf,
    /// The day asked about.
    #[arg(long)]
    on: Date,
    /// The day of the claim; the day asked about when left out.
    #[arg(long)]
    claim: Option<Date>,
    /// Language of the words.
    #[arg(long, default_value = "en")]
    lang: Lang,
    /// For a program: JSON.
    #[arg(long)]
    json: bool,
}

/// Prints a report. A reader who has seen enough (`| head`) is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// Loads a pack or prints its faults.
pub fn load(dir: &Path) -> Result<Pack, ExitCode> {
    match Pack::load(dir) {
        Ok(loaded) => Ok(loaded.pack),
        Err(faults) => {
            eprint!("{}", catalogue::check_report(&faults, catalogue::Files::read(dir).ok().as_ref()));
            Err(ExitCode::FAILURE)
        }
    }
}

/// `hearth pack check DIR`
pub fn check(dir: &Path) -> ExitCode {
    let files = catalogue::Files::read(dir).ok();
    let (faults, code) = match Pack::load(dir) {
        Ok(loaded) => {
            let pack = &loaded.pack;
            println!(
                "{} {}: {} programmes, {} items, {} parameters, {} combination rules, {} life events; content {}",
                pack.manifest().id,
                pack.manifest().version,
                pack.programmes().len(),
                pack.items().len(),
                pack.parameters().len(),
                pack.combinations().len(),
                pack.events().len(),
                pack.content_hash().get(..16).unwrap_or_default()
            );
            (loaded.warnings, ExitCode::SUCCESS)
        }
        Err(faults) => (faults, ExitCode::FAILURE),
    };
    say(catalogue::check_report(&faults, files.as_ref()).trim_end());
    code
}

/// `hearth pack test DIR`
pub fn test(dir: &Path, only: &str) -> ExitCode {
    let pack = match load(dir) {
        Ok(pack) => pack,
        Err(code) => return code,
    };
    let report = catalogue::cases::run_cases(&pack, only);
    say(&report.text());
    let others = [
        visit::cases::run(&pack, only),
        visit::instrument::cases::run(&pack, only),
        survey::cases::run(&pack, only),
        indicator::cases::run(&pack, only),
    ];
    others.iter().for_each(|other| say(&other.text()));
    if report.is_good() && others.iter().all(|other| other.bad.is_empty()) {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// `hearth pack diff OLD NEW`
pub fn diff(old: &Path, new: &Path, lang: Lang) -> ExitCode {
    let (old, new) = match (load(old), load(new)) {
        (Ok(old), Ok(new)) => (old, new),
        (Err(code), _) | (_, Err(code)) => return code,
    };
    let changes = catalogue::differences(&old, &new);
    for change in &changes {
        say(&change.text(lang));
    }
    say(&format!("{} changes", changes.len()));
    ExitCode::SUCCESS
}

/// `hearth pack sql DIR`
pub fn sql(dir: &Path, on: Date, claim: Option<Date>, only: Option<&str>) -> ExitCode {
    let pack = match load(dir) {
        Ok(pack) => pack,
        Err(code) => return code,
    };
    let program = pack.program();
    let claim = claim.unwrap_or(on);
    if only.is_none() {
        say(rules::sql::prelude());
        say(&rules::sql::tables(program));
    }
    let ids = program.programmes().iter().map(|p| p.id.as_ref()).filter(|id| only.is_none_or(|only| only == *id));
    let (mut said, mut refused) = (0, 0);
    for id in only.into_iter().chain(ids.filter(|_| only.is_none())) {
        match rules::sql::programme(program, id, on, claim) {
            Ok(query) => {
                said += 1;
                say(&query);
            }
            Err(reason) => {
                refused += 1;
                eprintln!("not said: {reason}");
            }
        }
    }
    eprintln!("{said} programmes in SQL, {refused} not");
    if said > 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `hearth explain`
pub fn explain(args: &ExplainArgs) -> ExitCode {
    let pack = match load(&args.pack) {
        Ok(pack) => pack,
        Err(code) => return code,
    };
    let shown = args.household.display().to_string();
    let text = match std::fs::read_to_string(&args.household) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("hearth: {shown}: {error}");
            return ExitCode::FAILURE;
        }
    };
    let household = match HouseholdFile::parse(&pack, &shown, &text) {
        Ok(file) => match file.build(&pack) {
            Ok(household) => household,
            Err(error) => {
                eprintln!("hearth: {shown}: {error}");
                return ExitCode::FAILURE;
            }
        },
        Err(faults) => {
            eprint!("{}", catalogue::check_report(&faults, None));
            return ExitCode::FAILURE;
        }
    };
    let question = Question { on: args.on, claim: args.claim };
    if args.json {
        say(&format!("{:#}", catalogue::explain_json(&pack, &household, question, args.lang)));
    } else {
        say(&catalogue::explain_report(&pack, &household, question, args.lang));
    }
    ExitCode::SUCCESS
}
