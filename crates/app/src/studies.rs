//! Studies: reports once a quarter, and `hearth evaluation export`, the families of a study for researchers.
//!
//! Two people sign in at the terminal, as for a snapshot of the population. A running server does the work.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use evaluation::export::{self, Order, Taken, Warrant};
use evaluation::report;
use kernel::Lang;
use serde::{Deserialize, Serialize};
use store::{JobRow, transact};

use crate::cli::Failure;
use crate::config::Config;
use crate::operator::{self, Said, Task};
use crate::runtime::Runtime;
use crate::secret;
use crate::snapshot::{Signed, signed_in};
use crate::work::Failed;

/// `hearth evaluation …`
#[derive(Debug, Subcommand)]
pub enum EvaluationCommand {
    /// The families that agreed to a study, de-identified: families.csv and dictionary.csv in a new folder, and the same rows as FHIR NDJSON. Two people sign in on the
    /// standard input, with the password and the code of their local accounts: who orders it, and who approves it.
    Export(ExportArgs),
}

/// `hearth evaluation export`
#[derive(Debug, Args)]
pub struct ExportArgs {
    /// The study, by its id in the pack.
    #[arg(long)]
    study: String,
    /// The folder, which must not be there yet.
    #[arg(long)]
    out: PathBuf,
    /// Why it is taken, in words.
    #[arg(long)]
    reason: String,
    /// The law it rests on.
    #[arg(long)]
    law: String,
    /// The login of whoever orders it: an analyst, approver or administrator.
    #[arg(long)]
    by: String,
    /// The login of whoever approves it: another of these.
    #[arg(long)]
    approved_by: String,
    /// The language of the dictionary.
    #[arg(long, default_value = "en")]
    lang: Lang,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// What is wanted. No `Debug`: it holds passwords.
#[derive(Clone, Serialize, Deserialize)]
pub struct Wanted {
    study: String,
    out: PathBuf,
    reason: String,
    law: String,
    signed: [Signed; 2],
    lang: Lang,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    rows: usize,
    blanked: usize,
    left_out: usize,
    look: String,
    root: String,
}

/// `hearth evaluation export`
pub(crate) async fn export(args: ExportArgs) -> Result<ExitCode, Failure> {
    let config = Config::read(args.config.as_deref())?;
    let wanted = Wanted {
        study: args.study,
        // The server has another working directory.
        out: std::path::absolute(&args.out)?,
        reason: args.reason,
        law: args.law,
        signed: [secret::signed(args.by)?, secret::signed(args.approved_by)?],
        lang: args.lang,
    };
    let Said::Evaluation(told) = operator::run(config, Task::Evaluation(Box::new(wanted)), &mut |_| {}).await? else {
        return Err("the server answered something else".into());
    };
    println!("{} families; of {} something was blanked, {} were left out", told.rows, told.blanked, told.left_out);
    println!("entry {} of the disclosure log, root {}", told.look, told.root);
    Ok(ExitCode::SUCCESS)
}

/// Exports in an open installation.
pub(crate) async fn take(runtime: &Runtime, wanted: Wanted) -> Result<Told, Failure> {
    let [by, approved_by] = &wanted.signed;
    let (who, approver) = (signed_in(runtime, by).await?, signed_in(runtime, approved_by).await?);
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = evaluation::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let study = pack.studies().get(&wanted.study);
    let known = || pack.studies().iter().map(|s| s.id.as_str()).collect::<Vec<_>>().join(", ");
    let study = study.ok_or_else(|| format!("{:?} is no study of the pack; it has: {}", wanted.study, known()))?;
    let mut salt = [0; 32];
    getrandom::fill(&mut salt).map_err(|_| "the operating system gives no randomness")?;
    let warrant = Warrant { who: &who, approver: &approver, reason: &wanted.reason, law: &wanted.law };
    let order = Order { warrant, study, out: &wanted.out, salt: &salt, lang: wanted.lang };
    let Taken { rows, blanked, left_out, look, root } = export::run(&state.db, &state.guard, &desk, order).await?;
    Ok(Told { rows, blanked, left_out, look: look.to_string(), root })
}

/// Works out the reports of the quarter that is over.
pub(crate) async fn round(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = evaluation::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let made = transact!(state.db, Failed, |tx| Ok(report::work(tx, &desk, job).await?))?;
    if let Some(reports) = made.filter(|n| *n > 0) {
        tracing::info!(reports, "reports of studies were made");
    }
    Ok(())
}
