//! `hearth payments adopt`: after a restored backup, a payment file that the bank has and the database has forgotten becomes a
//! run again, so that nothing of it is paid a second time. Done while the server is stopped.

use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand, ValueEnum};
use guard::Role;
use guard::account;
use payment::bank::Limits;
use payment::model::Form;
use payment::run;

use crate::cli::Failure;
use crate::config::Config;
use crate::runtime::Runtime;

/// `hearth payments …`
#[derive(Debug, Subcommand)]
pub(crate) enum PaymentsCommand {
    /// Makes a run of a payment file (pain.001) that was sent before a backup was restored.
    Adopt(AdoptArgs),
}

/// What `hearth payments adopt` needs.
#[derive(Debug, Args)]
pub(crate) struct AdoptArgs {
    /// The file as it was sent to the bank.
    file: PathBuf,
    /// What it paid.
    #[arg(long, value_enum, default_value = "cash")]
    form: Paid,
    /// The payment official who answers for it: their name at the sign-in provider. Two others sign and release.
    #[arg(long)]
    subject: String,
    /// The provider, where it is not the configured one.
    #[arg(long)]
    issuer: Option<String>,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// What a payment file can pay.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Paid {
    /// Money to accounts.
    Cash,
    /// Vouchers to cards.
    Voucher,
}

/// Adopts the file and says what is left to look at.
pub(crate) async fn adopt(args: AdoptArgs) -> Result<ExitCode, Failure> {
    // A name that is no file is said before the installation is opened.
    File::open(&args.file).map_err(|e| format!("{}: {e}", args.file.display()))?;
    let runtime = Runtime::open(Config::read(args.config.as_deref())?).await?;
    let db = &runtime.state.db;
    let issuer = args.issuer.unwrap_or_else(|| runtime.config.oidc.issuer.clone());
    let known = account::of_subject(&mut db.read().await?, &issuer, &args.subject).await?;
    let known = known.ok_or_else(|| format!("{} has no account here", args.subject))?;
    if known.suspended || !known.duties.iter().any(|d| d.role == Role::Finance) {
        return Err("only an official of payments answers for a payment file".into());
    }
    let form = match args.form {
        Paid::Cash => Form::Cash,
        Paid::Voucher => Form::Voucher,
    };
    let open = || File::open(&args.file).map(BufReader::new);
    let done = run::adopt(db, &runtime.payment_desk(), known.id, form, Limits::default(), open).await;
    let done = done.map_err(|e| format!("{}: {e}", args.file.display()))?;
    println!(
        "run {}: {} payments, {} minor units, prepared; it now waits for two signatures",
        done.run, done.lines, done.minor
    );
    for reference in &done.left {
        println!("not put back, look at it by hand: {reference}");
    }
    Ok(ExitCode::SUCCESS)
}
