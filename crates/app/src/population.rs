//! `hearth population …`: runs over a snapshot, their findings, and one household opened.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use catalogue::Pack;
use clap::{Args, Subcommand};
use indicatif::{ProgressBar, ProgressStyle};
use kernel::{Date, Lang, Money};
use population::findings::{self, Cause, Group};
use population::frame::Manifest;
use population::run::{self, Done, Identity, Order, Summary};
use text::Text;

use crate::cli::Failure;
use crate::snapshot::SnapshotArgs;

/// `hearth population …`
#[derive(Debug, Subcommand)]
pub enum PopulationCommand {
    /// Everybody in the registry on a day, under pseudonyms, into a folder. Two people sign in on the standard input, with the
    /// password and the code of their local accounts: who orders it, and who approves it.
    Snapshot(SnapshotArgs),
    /// All programmes of a day over a snapshot, held against what is paid. Goes on where it stopped.
    Run(RunArgs),
    /// What a run found, grouped by cause.
    Findings {
        /// The folder of the results.
        results: PathBuf,
        /// For `hearth synth score`: all findings as CSV, `household,person,programme,kind,before,after,per`, by pseudonym.
        #[arg(long)]
        csv: bool,
        /// The pack's folder.
        #[arg(long, default_value = "packs/korea")]
        pack: PathBuf,
        /// Language of the words.
        #[arg(long, default_value = "en")]
        lang: Lang,
    },
    /// What a changed programme or parameter would cost, and who would win or lose.
    WhatIf(crate::what_if::WhatIfArgs),
    /// One household of a run, worked out again with every reason, and whether that is what the run said.
    Explain {
        /// The folder of the results.
        results: PathBuf,
        /// The pseudonym of the household or of a member: 32 hexadecimal digits.
        key: String,
        /// The pack's folder.
        #[arg(long, default_value = "packs/korea")]
        pack: PathBuf,
        /// Language of the words.
        #[arg(long, default_value = "en")]
        lang: Lang,
    },
}

/// `hearth population run`
#[derive(Debug, Args)]
pub struct RunArgs {
    /// The folder of the snapshot.
    snapshot: PathBuf,
    /// The folder of the results.
    #[arg(long)]
    out: PathBuf,
    /// The day asked about; that of the snapshot when left out.
    #[arg(long)]
    on: Option<Date>,
    /// The pack's folder.
    #[arg(long, default_value = "packs/korea")]
    pack: PathBuf,
    /// Threads; one a core when left out.
    #[arg(long)]
    threads: Option<usize>,
    /// The scheduler of a cluster, `HOST:PORT`, whose executors do the work instead of threads here.
    #[arg(long, conflicts_with = "threads")]
    cluster: Option<String>,
}

/// Does what was asked; the faults of a pack that is refused are printed already.
pub(crate) fn population(command: PopulationCommand) -> Result<ExitCode, Failure> {
    let loaded = |dir: &Path| crate::pack::load(dir).map_err(|_| format!("{}: the pack is refused", dir.display()));
    match command {
        PopulationCommand::Snapshot(_) => Err("a snapshot needs an installation".into()),
        PopulationCommand::Run(args) => run_all(&args, &loaded(&args.pack)?),
        PopulationCommand::Findings { results, csv: true, pack, .. } => {
            population::export::findings(&results, &loaded(&pack)?, &mut std::io::stdout().lock())?;
            Ok(ExitCode::SUCCESS)
        }
        PopulationCommand::Findings { results, pack, lang, .. } => {
            let pack = loaded(&pack)?;
            let groups = findings::groups(&results, &pack)?;
            let mut groups: Vec<(Cause, Group)> = groups.into_iter().collect();
            groups.sort_by_key(|(_, g)| std::cmp::Reverse(g.count));
            let identity = Identity::read(&results)?;
            let manifest = Manifest::read(&identity.snapshot)?;
            println!("{} on {}, {} households", manifest.origin, identity.on, manifest.households);
            groups.iter().for_each(|(cause, group)| print!("{}", told(&pack, cause, group, lang)));
            println!("{} findings of {} causes", groups.iter().map(|g| g.1.count).sum::<u64>(), groups.len());
            Ok(ExitCode::SUCCESS)
        }
        PopulationCommand::WhatIf(args) => crate::what_if::run(&args, &loaded(args.pack())?),
        PopulationCommand::Explain { results, key, pack, lang } => open(&results, &key, &loaded(&pack)?, lang),
    }
}

fn run_all(args: &RunArgs, pack: &Pack) -> Result<ExitCode, Failure> {
    let manifest = Manifest::read(&args.snapshot)?;
    let threads = args.threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
    let on = args.on.unwrap_or(manifest.day);
    let style = ProgressStyle::with_template("{bar:40} {pos}/{len} households, {elapsed}, {eta} left")?;
    let bar = ProgressBar::new(manifest.households).with_style(style);
    let order = Order { snapshot: &args.snapshot, pack, on, out: &args.out, threads };
    let started = std::time::Instant::now();
    let told = |done: &Done| bar.inc(done.households);
    let (summary, who) = match &args.cluster {
        Some(address) => (on_cluster(address, &order, &told)?, format!("cluster {address}")),
        None => (run::run(&order, &told)?, format!("{threads} threads")),
    };
    bar.finish_and_clear();
    print!("{}", summed_up(&summary));
    println!("{who}, {:.1} s; hash {}", started.elapsed().as_secs_f64(), summary.hash);
    Ok(if summary.failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

#[cfg(feature = "cluster")]
fn on_cluster(address: &str, order: &Order<'_>, told: &(dyn Fn(&Done) + Sync)) -> Result<Summary, Failure> {
    Ok(::cluster::run(address, order, told)?)
}

#[cfg(not(feature = "cluster"))]
fn on_cluster(_: &str, _: &Order<'_>, _: &(dyn Fn(&Done) + Sync)) -> Result<Summary, Failure> {
    Err("this program was built without clusters; build it with `cargo build --release --features cluster`".into())
}

fn summed_up(summary: &Summary) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{:<32} {:>12} {:>12} {:>12} {:>9} {:>20}", "programme", "yes", "no", "open", "error", "sum");
    for (id, t) in &summary.programmes {
        let _ = writeln!(out, "{id:<32} {:>12} {:>12} {:>12} {:>9} {:>20}", t.yes, t.no, t.open, t.error, t.sum);
    }
    for (kind, n) in &summary.findings {
        let _ = writeln!(out, "{:<32} {n:>12}", kind.word());
    }
    for fault in summary.failed.iter().chain(&summary.faults) {
        let _ = writeln!(out, "! {fault}");
    }
    let Summary { households, aside, explained, .. } = summary;
    let _ = writeln!(out, "{households} households, {aside} set aside, {explained} explained one by one");
    out
}

/// One cause as a few lines: what, how many, how much, and an example to open.
fn told(pack: &Pack, cause: &Cause, group: &Group, lang: Lang) -> String {
    let t = Text::new(lang);
    let programme = pack.programmes().get(&cause.programme);
    let name = programme.map_or(cause.programme.as_str(), |p| p.name.get(lang));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "{:>10}  {} · {name}",
        t.number(i64::try_from(group.count).unwrap_or(i64::MAX)),
        cause.kind.word()
    );
    if let Some(condition) = &cause.condition {
        let versions = programme.map_or(&[][..], |p| &p.versions);
        let words = versions.iter().flat_map(|v| &v.conditions).find(|c| c.id == *condition).map(|c| c.words.get(lang));
        let _ = writeln!(out, "{:12}{condition}: {}", "", words.unwrap_or_default());
    }
    for rule in cause.rules.iter().flat_map(|r| r.split(' ')) {
        let words = pack.combinations().iter().find(|c| c.rule.id == rule).map(|c| c.words.get(lang));
        let _ = writeln!(out, "{:12}{rule}: {}", "", words.unwrap_or_default());
    }
    if let Some(facts) = &cause.facts {
        let _ = writeln!(out, "{:12}{facts}", "");
    }
    let sums = |sums: &std::collections::BTreeMap<rules::schema::Per, i128>| {
        let one = |(per, sum): (&rules::schema::Per, &i128)| {
            let minor = i64::try_from(*sum).unwrap_or(i64::MAX);
            format!("{} a {per}", t.money(Money::new(minor, pack.currency())))
        };
        sums.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    for (word, of) in [("paid", &group.before), ("due", &group.after)] {
        if !of.is_empty() {
            let _ = writeln!(out, "{:12}{word}: {}", "", sums(of));
        }
    }
    out
}

fn open(results: &Path, key: &str, pack: &Pack, lang: Lang) -> Result<ExitCode, Failure> {
    let key: [u8; 16] = parse(key).ok_or("a pseudonym has 32 hexadecimal digits")?;
    let identity = Identity::read(results)?;
    let Some(opened) = findings::open(results, pack, key)? else {
        return Err("there is no household or person of this pseudonym in the snapshot".into());
    };
    println!("{}, row {}", opened.part, opened.row);
    if let Some(fault) = &opened.aside {
        println!("set aside: {fault}");
    }
    for finding in &opened.found {
        let cause = findings::cause(&identity, pack, finding);
        let group = Group { count: 1, ..Group::default() };
        let paid =
            |n: Option<i64>| n.map_or("–".to_owned(), |n| Text::new(lang).money(Money::new(n, pack.currency())));
        print!("{}", told(pack, &cause, &group, lang));
        println!("{:12}{} → {}", "", paid(finding.before), paid(finding.after));
    }
    println!("{}", catalogue::explain_report(pack, &opened.household, identity.on, lang));
    let differences = opened.differences(&identity);
    differences.iter().for_each(|d| println!("! {d}"));
    if differences.is_empty() {
        println!("{} answers of the run, the same as explained here", opened.said.len());
        Ok(ExitCode::SUCCESS)
    } else {
        Ok(ExitCode::FAILURE)
    }
}

fn parse(key: &str) -> Option<[u8; 16]> {
    let number = u128::from_str_radix(key, 16).ok().filter(|_| key.len() == 32 && !key.starts_with('+'))?;
    Some(number.to_be_bytes())
}
