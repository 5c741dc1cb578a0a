//! `hearth replay` and `hearth decision export`: what a decision rests on, in a file, and whether it comes out the same again.

use std::path::PathBuf;
use std::process::ExitCode;

use casework::Desk;
use casework::decide::file::{self, File};
use catalogue::{Archive, Pack};
use clap::{Args, Subcommand};
use guard::account;
use guard::{Action, Purpose, PurposeKind, Relation, Resource, Role, Who};
use kernel::{DecisionId, SessionId};

use crate::cli::Failure;
use crate::config::Config;
use crate::machine;
use crate::runtime::Runtime;

/// `hearth replay`
#[derive(Debug, Args)]
pub(crate) struct ReplayArgs {
    /// The decision file.
    file: PathBuf,
    /// The folder of the pack it was decided under; else the archive of accepted packs is searched by its hash.
    #[arg(long)]
    pack: Option<PathBuf>,
    /// The data folder with the archive of accepted packs; else the configured one.
    #[arg(long)]
    data: Option<PathBuf>,
}

/// `hearth decision …`
#[derive(Debug, Subcommand)]
pub(crate) enum DecisionCommand {
    /// Writes the file of a decision to the standard output. The look is an official's and logged as theirs, so the server is
    /// stopped meanwhile.
    Export(ExportArgs),
}

/// `hearth decision export`
#[derive(Debug, Args)]
pub(crate) struct ExportArgs {
    /// The decision.
    id: DecisionId,
    /// The official who asks for it: their name at the sign-in provider.
    #[arg(long)]
    subject: String,
    /// The provider, where it is not the configured one.
    #[arg(long)]
    issuer: Option<String>,
    /// Why, in words; shown to the family.
    #[arg(long)]
    reason: String,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Works the decision out again; prints `same`, or what differs with exit code 1.
pub(crate) fn replay(args: &ReplayArgs) -> ExitCode {
    match replayed(args) {
        Ok(None) => {
            println!("same: determination, decision, notice and hash come out byte for byte");
            ExitCode::SUCCESS
        }
        Ok(Some(differs)) => {
            println!("differs: {differs}");
            ExitCode::FAILURE
        }
        Err(error) => {
            eprintln!("hearth: {error}");
            ExitCode::from(2)
        }
    }
}

fn replayed(args: &ReplayArgs) -> Result<Option<file::Differs>, Failure> {
    let shown = args.file.display();
    let text = std::fs::read_to_string(&args.file).map_err(|e| format!("{shown}: {e}"))?;
    let file: File = serde_json::from_str(&text).map_err(|e| format!("{shown} is no decision file: {e}"))?;
    let pack = match (&args.pack, &args.data) {
        (Some(dir), _) => load(dir)?,
        (None, Some(data)) => Archive::within(data).load(&file.pack_hash)?,
        (None, None) => Archive::within(&Config::read(None)?.data).load(&file.pack_hash)?,
    };
    Ok(file::replay(&pack, &file).err())
}

fn load(dir: &std::path::Path) -> Result<Pack, Failure> {
    let loaded = Pack::load(dir).map_err(|faults| {
        let files = catalogue::Files::read(dir).ok();
        catalogue::check_report(&faults, files.as_ref())
    })?;
    Ok(loaded.pack)
}

/// `hearth decision export`
pub(crate) async fn export(args: ExportArgs) -> Result<ExitCode, Failure> {
    let runtime = Runtime::open(Config::read(args.config.as_deref())?).await?;
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let issuer = args.issuer.unwrap_or_else(|| runtime.config.oidc.issuer.clone());
    let mut tx = state.db.read().await?;
    let account = account::of_subject(&mut tx, &issuer, &args.subject).await?;
    let account = account.ok_or_else(|| format!("{} has no account here", args.subject))?;
    let official = |role: Role| matches!(role, Role::Caseworker | Role::Approver);
    let duty = account.duties.iter().find(|d| official(d.role));
    let duty = duty.ok_or("only who works on cases or signs decisions may export one")?;
    let who = Who {
        account: account.id,
        session: SessionId::new(&*state.ids, state.now()),
        role: duty.role,
        organisation: duty.organisation.clone(),
        jurisdiction: duty.jurisdiction.clone(),
        person: account.person,
        strong: false,
        suspended: account.suspended,
        break_glass: false,
    };
    let kind = if who.role == Role::Approver { PurposeKind::Approval } else { PurposeKind::Casework };
    let purpose = Purpose::new(kind, format!("decision file, command line: {}", args.reason));
    let sealed = file::export(&mut tx, &desk, args.id).await?;
    let sealed = sealed.ok_or("there is no such decision, or it never came into force")?;
    let about = machine::relations_to(&mut tx, &runtime, &who, &purpose, sealed.persons()).await?;
    drop(tx);
    let about: Vec<(_, Relation)> = about.into_iter().collect();
    let resource = Resource::people(about).showing(["decision file"]);
    let file = state.guard.reveal(&who, Action::ViewCase, &resource, &purpose, sealed).await?;
    println!("{}", serde_json::to_string_pretty(&*file)?);
    Ok(ExitCode::SUCCESS)
}
