//! `hearth growth FILE`: scores a table of measurements by the WHO growth standards.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

/// Ends so if rows could not be read; the others are scored.
const REFUSED: u8 = 2;

/// `hearth growth`
#[derive(Debug, Args)]
pub(crate) struct GrowthArgs {
    /// Comma-separated values; columns: docs/growth.md.
    file: PathBuf,
    /// Where the table with the scores goes; left out: to the terminal.
    #[arg(long)]
    out: Option<PathBuf>,
}

/// Scores the table and says on the error channel how many rows were scored, and what was wrong with the others.
pub(crate) fn growth(args: &GrowthArgs) -> ExitCode {
    match scored(args) {
        Ok(report) => {
            for refused in &report.refused {
                let file = args.file.display();
                eprintln!("{file}:{}: {}: {}", refused.line, refused.column, refused.why);
            }
            eprintln!(
                "{} rows, {} scored, {} scores where no measurement can be, {} rows refused",
                report.rows,
                report.scored,
                report.flagged,
                report.refused.len()
            );
            if report.refused.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(REFUSED) }
        }
        Err(reason) => {
            eprintln!("hearth: {}: {reason}", args.file.display());
            ExitCode::FAILURE
        }
    }
}

fn scored(args: &GrowthArgs) -> Result<visit::growth::Report, visit::growth::FileError> {
    let from = File::open(&args.file)?;
    let to: Box<dyn Write> = match &args.out {
        Some(path) => Box::new(BufWriter::new(File::create(path)?)),
        None => Box::new(io::stdout().lock()),
    };
    visit::growth::score_file(from, to)
}
