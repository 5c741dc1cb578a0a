//! `hearth requalify …`: everybody looked at again, from the terminal.
//!
//! The same as on the pages: one asks, another approves, the server's worker does the work. Two people sign in at the terminal,
//! with the password and the code of their local accounts. Groups are settled on the pages, where the families can be seen.

use std::path::PathBuf;
use std::process::ExitCode;

use casework::Desk;
use casework::requalify::model::{Requalification, Scope};
use casework::requalify::order::{self, Ask, Fault};
use casework::requalify::{back, rows};
use clap::{Args, Subcommand};
use guard::{Action, Purpose, Resource, Who};
use kernel::{Date, RequalificationId};
use serde::{Deserialize, Serialize};
use store::transact;

use crate::cli::Failure;
use crate::config::Config;
use crate::operator::{self, Said, Task};
use crate::runtime::Runtime;
use crate::secret;
use crate::snapshot::{Signed, signed_in};

/// `hearth requalify …`
#[derive(Debug, Subcommand)]
pub enum RequalifyCommand {
    /// Orders and approves a look at everybody; the worker does it.
    Start(StartArgs),
    /// The orders, the latest first; with an id its groups.
    List {
        /// The order whose groups are listed.
        id: Option<RequalificationId>,
        /// Configuration.
        #[arg(long)]
        config: Option<PathBuf>,
    },
    /// Takes a whole run back: what has not become a decision is withdrawn.
    Back {
        /// The order.
        id: RequalificationId,
        /// Why.
        #[arg(long)]
        reason: String,
        /// The login of whoever takes it back.
        #[arg(long)]
        by: String,
        /// Configuration.
        #[arg(long)]
        config: Option<PathBuf>,
    },
}

/// `hearth requalify start`
#[derive(Debug, Args)]
pub struct StartArgs {
    /// The day of the facts; today when left out.
    #[arg(long)]
    on: Option<Date>,
    /// Why, in words.
    #[arg(long)]
    reason: String,
    /// The law it rests on.
    #[arg(long)]
    law: String,
    /// The login of whoever asks: an analyst, approver or administrator.
    #[arg(long)]
    by: String,
    /// The login of whoever approves: another of these.
    #[arg(long)]
    approved_by: String,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// What is wanted. No `Debug`: it holds passwords.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Wanted {
    /// An order with its approval.
    Start {
        /// The day; `None`: today.
        on: Option<Date>,
        /// Why.
        reason: String,
        /// The law.
        law: String,
        /// Who asks and who approves.
        signed: Box<[Signed; 2]>,
    },
    /// Taking one back.
    Back {
        /// Which.
        id: RequalificationId,
        /// Why.
        reason: String,
        /// Who.
        signed: Signed,
    },
}

/// Does what was asked.
pub(crate) async fn requalify(command: RequalifyCommand) -> Result<ExitCode, Failure> {
    let (config, wanted) = match command {
        RequalifyCommand::List { id, config } => return list(Config::read(config.as_deref())?, id).await,
        RequalifyCommand::Start(args) => {
            let signed = Box::new([secret::signed(args.by)?, secret::signed(args.approved_by)?]);
            let StartArgs { on, reason, law, config, .. } = args;
            (config, Wanted::Start { on, reason, law, signed })
        }
        RequalifyCommand::Back { id, reason, by, config } => {
            (config, Wanted::Back { id, reason, signed: secret::signed(by)? })
        }
    };
    let config = Config::read(config.as_deref())?;
    match operator::run(config, Task::Requalify(wanted), &mut |_| {}).await? {
        Said::Requalified { id } => println!("{id}"),
        _ => return Err("the server answered something else".into()),
    }
    Ok(ExitCode::SUCCESS)
}

/// Does it in an open installation; gives the order.
pub(crate) async fn perform(runtime: &Runtime, wanted: Wanted) -> Result<RequalificationId, Failure> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    match wanted {
        Wanted::Start { on, reason, law, signed } => {
            let [by, approved_by] = &*signed;
            let (who, approver) = (signed_in(runtime, by).await?, signed_in(runtime, approved_by).await?);
            let id = RequalificationId::new(&*state.ids, desk.now);
            let ask = Ask { id, on: on.unwrap_or(desk.today()), reason, law };
            let (first, second) = (permitted(runtime, &who).await?, permitted(runtime, &approver).await?);
            transact!(state.db, Fault, |tx| {
                order::ask(tx, &desk, &who, &first, &ask).await?;
                order::approve(tx, &desk, &approver, &second, id).await
            })?;
            Ok(id)
        }
        Wanted::Back { id, reason, signed } => {
            let who = signed_in(runtime, &signed).await?;
            let allowed = permitted(runtime, &who).await?;
            transact!(state.db, Fault, |tx| back::roll_back(tx, &desk, &who, &allowed, id, &reason).await)?;
            Ok(id)
        }
    }
}

async fn permitted(runtime: &Runtime, who: &Who) -> Result<guard::Allowed, Failure> {
    let purpose = Purpose::new(population::live::kind_of(who.role), "command line: requalification");
    let resource = Resource::thing("requalification");
    Ok(runtime.state.guard.permit(who, Action::TakeSnapshot, &resource, &purpose).await?)
}

/// Orders and groups hold no names: they are read without the log, as figures are.
async fn list(config: Config, id: Option<RequalificationId>) -> Result<ExitCode, Failure> {
    let db = store::Db::open(&config.database_url()).await?;
    let mut tx = db.read().await?;
    match id {
        None => {
            for Requalification { id, on, status, reason, summary, .. } in rows::latest(&mut tx, 50).await? {
                let found = summary.map_or_else(String::new, |s| format!(", {} findings", s.findings));
                println!("{id}  {on}  {status}{found}  {reason}");
            }
        }
        Some(id) => {
            for g in rows::groups(&mut tx, id, &Scope::default(), "").await? {
                let why = [g.condition, g.rules, g.facts].into_iter().flatten().collect::<Vec<_>>().join(" ");
                println!("{:>8}  {:>8} open  {} {}  {why}", g.count, g.open, g.kind, g.programme);
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
