//! `hearth visits …`: the schedule of home visits of one family, on the terminal.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use catalogue::Pack;
use clap::{Args, Subcommand};
use kernel::{Date, Lang};
use visit::cases::FamilyFile;
use visit::schedule::{Planned, fidelity, schedule};
use visit::words::Speaker;

use crate::pack;

/// `hearth visits …`
#[derive(Debug, Subcommand)]
pub(crate) enum VisitsCommand {
    /// Which visit is due when, and why.
    Plan(PlanArgs),
}

/// `hearth visits plan`
#[derive(Debug, Args)]
pub(crate) struct PlanArgs {
    /// The pack's folder.
    #[arg(long, default_value = "packs/korea")]
    pack: PathBuf,
    /// The protocol: its id, or `id@version`.
    #[arg(long)]
    protocol: String,
    /// A family file, as in the pack's worked cases (docs/pack-format.md).
    #[arg(long)]
    family: PathBuf,
    /// The day asked about.
    #[arg(long)]
    on: Date,
    /// Language of the words.
    #[arg(long, default_value = "en")]
    lang: Lang,
}

/// Prints the schedule, visit by visit, then what came of it.
pub(crate) fn plan(args: &PlanArgs) -> ExitCode {
    let pack = match pack::load(&args.pack) {
        Ok(pack) => pack,
        Err(code) => return code,
    };
    match planned(&pack, args) {
        // A reader who has seen enough (`| head`) is no failure.
        Ok(lines) => {
            let _ = writeln!(std::io::stdout(), "{}", lines.join("\n"));
            ExitCode::SUCCESS
        }
        Err(reason) => {
            eprintln!("hearth: {reason}");
            ExitCode::FAILURE
        }
    }
}

fn planned(pack: &Pack, args: &PlanArgs) -> Result<Vec<String>, String> {
    let file = args.family.display();
    let text = std::fs::read_to_string(&args.family).map_err(|why| format!("{file}: {why}"))?;
    let family = FamilyFile::read(&text).map_err(|why| format!("{file}: {why}"))?.family();
    let protocol = match pack.protocols().get(&args.protocol) {
        Some(protocol) => Some(protocol),
        None => pack.protocol_on(&args.protocol, family.entered),
    };
    let protocol = protocol.ok_or_else(|| {
        let mut known: Vec<&str> = pack.protocols().ids().collect();
        known.sort_unstable();
        format!(
            "no protocol \"{}\" for families that enter on {}; there are {}",
            args.protocol,
            family.entered,
            known.join(", ")
        )
    })?;
    let all = schedule(protocol, &family, args.on).map_err(|why| format!("{file}: {why}"))?;
    let speaker = Speaker { protocol, lang: args.lang };
    let mut lines = vec![speaker.title(args.on)];
    lines.extend(all.iter().flat_map(|p| visit(&speaker, p)));
    lines.push(String::new());
    lines.extend(speaker.fidelity(&fidelity(protocol, &family, &all)).into_iter().flatten());
    Ok(lines)
}

fn visit(speaker: &Speaker<'_>, planned: &Planned) -> Vec<String> {
    let mut lines = vec![String::new(), format!("{}: {}", speaker.name(planned), speaker.state(planned))];
    lines.push(format!("  {}", speaker.window(planned)));
    lines.push(format!("  {}", speaker.why(planned)));
    lines.extend(speaker.illustrative(planned).map(|note| format!("  {note}")));
    lines.extend(speaker.topics(planned).into_iter().flatten().map(|topics| format!("  {topics}")));
    lines
}
