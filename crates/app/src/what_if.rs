//! `hearth population what-if`: a changed pack beside the one in force, over a snapshot.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalogue::{Files, Pack};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Date, Lang, Money};
use population::frame::Manifest;
use population::whatif::{self, Group, Order, Report, Small, Sum};
use text::Text;

use crate::cli::Failure;

/// `hearth population what-if`
#[derive(Debug, Args)]
pub struct WhatIfArgs {
    /// The folder of the snapshot.
    snapshot: PathBuf,
    /// A changed file of the pack: `programmes/x.toml=FILE`, or a FILE whose path ends as one of the pack does, or a folder whose
    /// files are laid over the pack.
    #[arg(long, required = true)]
    change: Vec<String>,
    /// The day asked about; that of the snapshot when left out.
    #[arg(long)]
    on: Option<Date>,
    /// The pack's folder.
    #[arg(long, default_value = crate::config::PACK)]
    pack: PathBuf,
    /// Threads; one a core when left out.
    #[arg(long)]
    threads: Option<usize>,
    /// For a program: JSON.
    #[arg(long, conflicts_with = "csv")]
    json: bool,
    /// For a table: CSV.
    #[arg(long)]
    csv: bool,
    /// Language of the names.
    #[arg(long, default_value = "en")]
    lang: Lang,
}

impl WhatIfArgs {
    /// The pack's folder.
    pub(crate) fn pack(&self) -> &Path {
        &self.pack
    }
}

/// Runs the command.
pub(crate) fn run(args: &WhatIfArgs, base: &Pack) -> Result<ExitCode, Failure> {
    let files = laid_over(base, &args.change)?;
    let changed = match Pack::from_files(files.clone()) {
        Ok(loaded) => loaded.pack,
        Err(faults) => {
            eprint!("{}", catalogue::check_report(&faults, Some(&files)));
            return Ok(ExitCode::FAILURE);
        }
    };
    let manifest = Manifest::read(&args.snapshot)?;
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let on = args.on.unwrap_or(manifest.day);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} households, {elapsed}")?;
    let bar = ProgressBar::new(manifest.households).with_style(style);
    let started = std::time::Instant::now();
    let order = Order { snapshot: &args.snapshot, base, changed: &changed, on, threads };
    let report = whatif::run(&order, &|households| bar.inc(households))?;
    let seconds = started.elapsed().as_secs_f64();
    bar.finish_and_clear();
    match () {
        () if args.json => println!("{}", serde_json::to_string_pretty(&report)?),
        () if args.csv => print!("{}", whatif::csv(&report)?),
        () => print!("{}", Told { report: &report, text: Text::new(args.lang), base }.all()),
    }
    eprintln!("{threads} threads, {seconds:.2} s; hash {}", report.hash);
    Ok(if report.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The files of the pack with those that are changed in their place.
fn laid_over(pack: &Pack, changes: &[String]) -> Result<Files, Failure> {
    let mut files = pack.files().clone();
    for change in changes {
        match change.split_once('=') {
            Some((path, file)) => files.put(path, std::fs::read(file).map_err(|e| format!("{file}: {e}"))?),
            None if Path::new(change).is_dir() => {
                let over = Files::read(Path::new(change)).map_err(|faults| catalogue::check_report(&faults, None))?;
                over.iter().for_each(|(path, bytes)| files.put(path, bytes));
            }
            None => {
                let bytes = std::fs::read(change).map_err(|e| format!("{change}: {e}"))?;
                let path = pack.files().iter().map(|(path, _)| path).filter(|path| Path::new(change).ends_with(path));
                let path = path.max_by_key(|path| path.len()).map(str::to_owned).ok_or_else(|| {
                    format!("{change}: no file of the pack is named so; say which it stands for: --change PATH_IN_THE_PACK={change}")
                })?;
                files.put(path, bytes);
            }
        }
    }
    Ok(files)
}

/// A report in words.
struct Told<'a> {
    report: &'a Report,
    text: Text,
    base: &'a Pack,
}

impl Told<'_> {
    fn all(&self) -> String {
        let r = self.report;
        let mut out = format!(
            "{} on {}: {} households, {} persons; {} set aside, {} explained one by one; x: fewer than {}, or kept back beside them\n",
            r.origin, r.on, r.households, r.persons, r.aside, r.explained, r.suppress_below
        );
        for fault in &r.failed {
            let _ = writeln!(out, "! {fault}");
        }
        let _ = writeln!(
            out,
            "\n{:<32} {:>12} {:>12} {:>18} {:>18} {:>10} {:>10} {:>10} {:>10}",
            "programme", "entitled", "then", "cost a year", "then", "gained", "lost", "more", "less"
        );
        for p in &r.programmes {
            let _ = writeln!(
                out,
                "{:<32} {:>12} {:>12} {:>18} {:>18} {:>10} {:>10} {:>10} {:>10}",
                p.id,
                count(p.base.entitled),
                count(p.changed.entitled),
                self.money(p.base.cost),
                self.money(p.changed.cost),
                count(p.gained),
                count(p.lost),
                count(p.more),
                count(p.less)
            );
        }
        let head = ["households", "winners", "losers", "unchanged", "open"];
        let _ = write!(out, "\n{:<32}", "households");
        for word in head {
            let _ = write!(out, " {word:>12}");
        }
        let _ = writeln!(out, " {:>18} {:>18}", "gain a year", "loss a year");
        self.group(&mut out, "all", &r.all);
        for grouping in &r.groups {
            let _ = writeln!(out, "by {}", grouping.by);
            for (name, group) in &grouping.groups {
                let words = name.name.get(self.text.lang());
                self.group(&mut out, if words.is_empty() { &name.id } else { words }, group);
            }
        }
        self.rest(&mut out);
        out
    }

    fn group(&self, out: &mut String, name: &str, g: &Group) {
        let counts = [g.households, g.winners, g.losers, g.unchanged, g.cannot_tell];
        let _ = write!(out, "  {name:<30}");
        for n in counts {
            let _ = write!(out, " {:>12}", count(n));
        }
        let _ = writeln!(out, " {:>18} {:>18}", self.money(g.gain), self.money(g.loss));
    }

    fn rest(&self, out: &mut String) {
        let r = self.report;
        if let Some(p) = &r.poverty {
            let line = self.money(Some(i128::from(p.line)));
            let _ = writeln!(out, "\npoverty: below {} % of the median, {line} a year for one alone", p.percent);
            let ([poor, poor_after], [gap, gap_after]) = (p.poor, p.gap);
            let _ = writeln!(out, "  persons below: {} → {}, of {}", count(poor), count(poor_after), p.persons);
            let _ = writeln!(out, "  they lack a year: {} → {}", self.money(gap), self.money(gap_after));
        }
        for (n, o) in r.overlap.iter().enumerate() {
            if n == 0 {
                let _ = writeln!(out, "\nentitled and receiving something else (households)");
            }
            let [before, after] = o.households;
            let _ =
                writeln!(out, "  {:<24} {:<28} {:>12} → {:>12}", o.programme, o.other.id, count(before), count(after));
        }
        if !r.unclaimed.is_empty() {
            let _ = writeln!(out, "\nentitled and not receiving, by small area: in --csv and --json");
        }
        for curve in &r.curves {
            let _ = writeln!(out, "\n{}: less although more is earned, a year", curve.name.get(self.text.lang()));
            for (side, word) in ["before", "after"].into_iter().enumerate() {
                for (n, fall) in curve.cliffs(side) {
                    let income = curve.points.get(n).map_or(0, |p| p.income);
                    let (income, fall) = (self.money(Some(income.into())), self.money(Some(fall.into())));
                    let _ = writeln!(out, "  {word:<8} at {income:>18}: {fall}");
                }
            }
        }
    }

    fn money(&self, minor: Sum) -> String {
        minor.map_or_else(
            || "x".to_owned(),
            |minor| {
                let minor = i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX });
                self.text.money(Money::new(minor, self.base.currency()))
            },
        )
    }
}

fn count(n: Small) -> String {
    n.map_or_else(|| "x".to_owned(), |n| n.to_string())
}
