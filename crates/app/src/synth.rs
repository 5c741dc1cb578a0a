//! `hearth synth`: a synthetic country, and how well findings hit what is known to be wrong in it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use ::synth::{Country, Made};
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Clock as _, Date};

use crate::cli::Failure;
use crate::pack;
use crate::runtime::SystemClock;

/// `hearth synth`
#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub struct SynthArgs {
    #[command(subcommand)]
    command: Option<SynthCommand>,
    #[command(flatten)]
    make: Option<MakeArgs>,
}

#[derive(Debug, Subcommand)]
enum SynthCommand {
    /// Holds findings against the truth of a synthetic country.
    Score {
        /// Findings: a CSV file with the columns household, person, programme, kind.
        findings: PathBuf,
        /// The country's truth.csv.
        truth: PathBuf,
    },
}

#[derive(Debug, Args)]
struct MakeArgs {
    /// A pack of the folder of packs, by its name.
    #[arg(long, required_unless_present = "pack")]
    country: Option<String>,
    /// The folder of packs.
    #[arg(long, default_value = "packs")]
    packs: PathBuf,
    /// A pack's folder, instead of --country.
    #[arg(long, conflicts_with = "country")]
    pack: Option<PathBuf>,
    /// How many people, at least; the last household is whole.
    #[arg(long, default_value_t = 1_000_000)]
    persons: u64,
    /// The same seed makes the same country; a larger one begins with a smaller one.
    #[arg(long, default_value_t = 7)]
    seed: u64,
    /// The day of the picture; today when left out.
    #[arg(long)]
    on: Option<Date>,
    /// The folder to write: a snapshot, truth.csv and margins.csv.
    #[arg(long)]
    out: PathBuf,
    /// Threads; all cores when left out.
    #[arg(long)]
    threads: Option<usize>,
}

/// Runs the command.
pub fn run(args: &SynthArgs) -> Result<ExitCode, Failure> {
    match (&args.command, &args.make) {
        (Some(SynthCommand::Score { findings, truth }), _) => score(findings, truth),
        (None, Some(args)) => make(args),
        (None, None) => Err("say which country: --country NAME --out DIR".into()),
    }
}

fn make(args: &MakeArgs) -> Result<ExitCode, Failure> {
    let folder = match (&args.pack, &args.country) {
        (Some(folder), _) => folder.clone(),
        (None, country) => args.packs.join(country.as_deref().unwrap_or_default()),
    };
    let pack = match pack::load(&folder) {
        Ok(pack) => pack,
        Err(code) => return Ok(code),
    };
    let on = args.on.unwrap_or_else(|| SystemClock.now().date(pack.manifest().utc_offset_hours));
    let country = Country::new(&pack, args.seed, on)?;
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let bar = ProgressBar::new(country.households(args.persons));
    let style = "{bar:30} {human_pos} of {human_len} households, {per_sec}, {eta} left";
    bar.set_style(ProgressStyle::with_template(style)?);
    bar.enable_steady_tick(Duration::from_millis(200));
    let made = ::synth::make(&country, args.persons, &args.out, threads, &|households| bar.inc(households))?;
    bar.finish_and_clear();
    say(&report(&country, &made));
    Ok(ExitCode::SUCCESS)
}

/// Prints a report. A reader who has seen enough is no failure.
fn say(text: &str) {
    let _ = writeln!(std::io::stdout(), "{text}");
}

fn report(country: &Country<'_>, made: &Made) -> String {
    let mut lines = vec![
        format!(
            "{} on {}, seed {}: {} persons in {} households, {} awards in force; snapshot {}",
            country.pack().manifest().id,
            country.on(),
            country.seed(),
            made.persons,
            made.households,
            made.awards,
            made.hash.get(..16).unwrap_or_default()
        ),
        String::new(),
        format!("{:<28} {:>14} {:>14} {:>9}  {}", "margin", "target", "found", "off by", "source"),
    ];
    let all = made.survey.lines(country.population());
    for line in &all {
        let number = |n: f64| if n.abs() < 1_000.0 { format!("{n:.2}") } else { format!("{n:.0}") };
        lines.push(format!(
            "{:<28} {:>14} {:>14} {:>9}  {}{}{}",
            line.id,
            number(line.target),
            line.found.map_or("–".to_owned(), number),
            line.deviation.map_or("–".to_owned(), |d| format!("{d:+.1} %")),
            line.sources.join(", "),
            line.confidence.map_or(String::new(), |c| format!(", {}", c.word())),
            if line.is_met() { "" } else { "  ← not met" },
        ));
    }
    let met = all.iter().filter(|l| l.is_met()).count();
    lines.push(String::new());
    lines.push(format!("{met} of {} margins met. A comparison of what is paid with what is due must find:", all.len()));
    for ((says, because), count) in &made.truths {
        lines.push(format!("{count:>10}  {says} ({because})"));
    }
    lines.join("\n")
}

fn score(findings: &std::path::Path, truth: &std::path::Path) -> Result<ExitCode, Failure> {
    let score = ::synth::score(findings, truth)?;
    let mut lines =
        vec![format!("{:<14} {:<16} {:>10} {:>10} {:>12}", "must be said", "because", "there", "found", "other words")];
    for ((says, because), row) in &score.rows {
        lines.push(format!("{says:<14} {because:<16} {:>10} {:>10} {:>12}", row.there, row.found, row.otherwise));
    }
    lines.push(String::new());
    lines.push(format!(
        "found {} of {} ({:.2} %), of them {} in other words; {} findings on programmes of the truth are not in it",
        score.found(),
        score.there(),
        score.recall() * 100.0,
        score.otherwise(),
        score.beyond
    ));
    say(&lines.join("\n"));
    Ok(ExitCode::SUCCESS)
}
