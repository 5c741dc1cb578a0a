//! `hearth population snapshot`: everybody in the registry on a day, under pseudonyms, into a folder.
//!
//! Two people sign in at the terminal, with the password and the code of their local accounts: who orders it, and who
//! approves it. A running server does the work, for it holds the disclosure log; without one it is done here.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use guard::{Role, Who, account};
use kernel::{Date, SessionId};
use population::live::{self, Order, Taken, Warrant};
use serde::{Deserialize, Serialize};

use crate::cli::Failure;
use crate::config::Config;
use crate::operator::{self, Said, Task};
use crate::runtime::Runtime;
use crate::secret;

/// `hearth population snapshot`
#[derive(Debug, Args)]
pub struct SnapshotArgs {
    /// The folder of the snapshot, which must not hold one yet.
    #[arg(long)]
    out: PathBuf,
    /// The day of the facts; today when left out.
    #[arg(long)]
    on: Option<Date>,
    /// An earlier snapshot of this installation: what did not change since is taken over from it.
    #[arg(long)]
    since: Option<PathBuf>,
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
    /// Days beyond its freshness after which a fact is too old to rest a worse decision on.
    #[arg(long, default_value_t = GRACE_DAYS)]
    stale_after: u32,
    /// Configuration.
    #[arg(long)]
    config: Option<PathBuf>,
}

/// Days beyond its freshness after which a fact is too old to rest a worse decision on, where nobody says otherwise.
pub(crate) const GRACE_DAYS: u32 = 180;

/// What is wanted. No `Debug`: it holds passwords.
#[derive(Clone, Serialize, Deserialize)]
pub struct Wanted {
    /// The folder, from the root.
    out: PathBuf,
    /// The day; `None`: today.
    on: Option<Date>,
    /// An earlier snapshot, from the root.
    since: Option<PathBuf>,
    /// Why.
    reason: String,
    /// The law.
    law: String,
    /// Who orders and who approves.
    signed: [Signed; 2],
    /// Patience with old facts, in days.
    stale_after: u32,
}

/// Somebody at the terminal.
#[derive(Clone, Serialize, Deserialize)]
pub struct Signed {
    pub(crate) login: String,
    pub(crate) password: String,
    pub(crate) code: String,
}

/// What came of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Told {
    households: u64,
    persons: u64,
    awards: u64,
    parts: usize,
    reused: usize,
    look: String,
    root: String,
    faults: Vec<String>,
}

/// `hearth population snapshot`
pub(crate) async fn snapshot(args: SnapshotArgs) -> Result<ExitCode, Failure> {
    let config = Config::read(args.config.as_deref())?;
    let wanted = Wanted {
        // The server has another working directory.
        out: std::path::absolute(&args.out)?,
        since: args.since.map(std::path::absolute).transpose()?,
        on: args.on,
        reason: args.reason,
        law: args.law,
        signed: [secret::signed(args.by)?, secret::signed(args.approved_by)?],
        stale_after: args.stale_after,
    };
    let Said::Snapshot(told) = operator::run(config, Task::Snapshot(Box::new(wanted)), &mut |_| {}).await? else {
        return Err("the server answered something else".into());
    };
    told.faults.iter().for_each(|fault| println!("! {fault}"));
    println!("{} households, {} persons, {} awards", told.households, told.persons, told.awards);
    println!("{} parts; {} blocks did not change since and were taken over", told.parts, told.reused);
    println!("entry {} of the disclosure log, root {}", told.look, told.root);
    Ok(ExitCode::SUCCESS)
}

/// Takes the snapshot in an open installation.
pub(crate) async fn take(runtime: &Runtime, wanted: Wanted) -> Result<Told, Failure> {
    let [by, approved_by] = &wanted.signed;
    let (who, approver) = (signed_in(runtime, by).await?, signed_in(runtime, approved_by).await?);
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = casework::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let warrant = Warrant {
        who: &who,
        approver: &approver,
        reason: &wanted.reason,
        law: &wanted.law,
        grace_days: wanted.stale_after,
    };
    let (out, earlier) = (wanted.out.as_path(), wanted.since.as_deref());
    let order = Order { warrant, day: wanted.on.unwrap_or(desk.today()), out, earlier };
    let Taken { manifest, look, root, reused, faults } = live::snapshot(&state.db, &state.guard, &desk, order).await?;
    Ok(Told {
        households: manifest.households,
        persons: manifest.persons,
        awards: manifest.awards,
        parts: manifest.parts.len(),
        reused,
        look: look.to_string(),
        root,
        faults: faults.iter().map(ToString::to_string).collect(),
    })
}

/// Somebody at the terminal, by the password and the code of a local account.
pub(crate) async fn signed_in(runtime: &Runtime, signed: &Signed) -> Result<Who, Failure> {
    let state = &runtime.state;
    let here = std::net::IpAddr::from([127, 0, 0, 1]);
    let Signed { login, password, code } = signed;
    let id = account::sign_in_local(&state.db, &runtime.keys, state.now(), login, password, code, here).await?;
    let known = account::by_id(&mut state.db.read().await?, id).await?;
    let account = known.ok_or_else(|| format!("{login} has no account"))?;
    let may = |role| matches!(role, Role::Analyst | Role::Approver | Role::Administrator);
    let duty = account.duties.iter().find(|d| may(d.role));
    let duty = duty.ok_or_else(|| format!("{login} is neither analyst nor approver nor administrator"))?;
    Ok(Who {
        account: id,
        session: SessionId::new(&*state.ids, state.now()),
        role: duty.role,
        organisation: duty.organisation.clone(),
        jurisdiction: duty.jurisdiction.clone(),
        person: account.person,
        strong: true,
        suspended: account.suspended,
        break_glass: true,
    })
}
