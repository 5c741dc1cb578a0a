//! The operator's tasks that write to the disclosure log: imports, access for agencies, break-glass accounts.
//!
//! A running server holds the log, so a command gives its task to the server over a socket in the data folder and prints what
//! comes back. The socket is the owner's alone, as the keys beside it are: whoever can open it could as well stop the server
//! and do the task with the keys. Without a server the command opens the installation and does the task itself. Either way
//! the guard decides and the log has it first.

use std::path::PathBuf;
use std::sync::Arc;

use casework::Desk;
use guard::account::{self, AccountError, Duty, NewLocal};
use guard::{Action, Purpose, PurposeKind, Resource, Role, Who};
use kernel::{AccountId, RequalificationId, SessionId};
use registry::Origin;
use registry::import::{self, Import, Progress, Summary, Table};
use serde::{Deserialize, Serialize};
use store::transact;

use crate::cli::Failure;
use crate::config::Config;
use crate::requalify::command;
use crate::runtime::Runtime;
use crate::snapshot::{Told, Wanted};

/// What is to be done. No `Debug`: it may hold a password.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Task {
    /// A CSV file is imported; the report is written beside it.
    Import {
        /// What it holds.
        table: Table,
        /// Where it is, from the root.
        file: PathBuf,
        /// The agency it comes from.
        source: String,
        /// The law under which the data is held.
        law: String,
        /// Only checked.
        dry_run: bool,
    },
    /// A client of another agency.
    AddAgency {
        /// What it is called.
        name: String,
        /// The agency, as its id in the pack.
        organisation: String,
        /// The place it works for; `None`: the whole country.
        jurisdiction: Option<String>,
    },
    /// The account of an official whom the identity provider knows.
    AddAccount {
        /// The provider's name of them.
        subject: String,
        /// The name shown.
        name: String,
        /// The role's word.
        role: String,
        /// The agency, as its id in the pack.
        organisation: String,
        /// The place; `None`: the whole country.
        jurisdiction: Option<String>,
    },
    /// A local account.
    AddLocal {
        /// The login.
        login: String,
        /// The name shown.
        name: String,
        /// The role's word.
        role: String,
        /// The agency, as its id in the pack.
        organisation: String,
        /// The place.
        jurisdiction: Option<String>,
        /// The password in clear.
        password: String,
    },
    /// A snapshot of the population.
    Snapshot(Box<Wanted>),
    /// The families of a study.
    Evaluation(Box<crate::studies::Wanted>),
    /// Everybody looked at again.
    Requalify(command::Wanted),
}

/// What comes back, the last line the end of it. No `Debug`: it may hold a token.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Said {
    /// How far an import has come.
    Progress(Progress),
    /// It was imported.
    Imported(Summary),
    /// The client's bearer token.
    Token {
        /// Shown once.
        token: String,
    },
    /// The account was made.
    Account {
        /// Its id.
        id: String,
    },
    /// The secret of the second factor.
    Secret {
        /// For an authenticator, shown once.
        base32: String,
    },
    /// The snapshot was taken.
    Snapshot(Told),
    /// The study was exported.
    Evaluation(crate::studies::Told),
    /// It was ordered, or is being taken back.
    Requalified {
        /// The order.
        id: RequalificationId,
    },
    /// Nothing was done, or a part of an import.
    Failed {
        /// Why.
        why: String,
    },
}

/// Told how far an import has come.
pub type OnProgress<'a> = &'a mut (dyn FnMut(Progress) + Send);

/// The operator at the terminal: whoever can read the keys may do this, and it is logged.
pub(crate) fn operator(runtime: &Runtime) -> Who {
    let (ids, now) = (&*runtime.state.ids, runtime.state.now());
    Who {
        account: AccountId::new(ids, now),
        session: SessionId::new(ids, now),
        role: Role::Administrator,
        organisation: "operator".into(),
        jurisdiction: None,
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}

pub(crate) async fn permitted(runtime: &Runtime, action: Action, what: &str) -> Result<(), Failure> {
    let purpose = Purpose::new(PurposeKind::Administration, format!("command line: {what}"));
    let _ = runtime.state.guard.permit(&operator(runtime), action, &Resource::thing(what), &purpose).await?;
    Ok(())
}

/// Gives the task to the running server of this data folder, or does it here when there is none.
pub(crate) async fn run(config: Config, task: Task, progress: OnProgress<'_>) -> Result<Said, Failure> {
    let said = match ask(&config, &task, progress).await? {
        Some(said) => said,
        None => perform(&Runtime::open(config).await?, task, progress).await?,
    };
    match said {
        Said::Failed { why } => Err(why.into()),
        done => Ok(done),
    }
}

/// The job of an official; says what is wrong with it.
fn job(runtime: &Runtime, role: &str, organisation: &str, place: Option<&str>) -> Result<Duty, Failure> {
    web::official_job(&runtime.state.packs.current(), role, organisation, place).map_err(|field| {
        let (given, expected) = match field {
            "role" => (role, "the role of an official, such as caseworker or administrator"),
            "organisation" => (organisation, "an agency of the pack; agencies.csv lists them"),
            _ => (place.unwrap_or_default(), "a place of the pack; jurisdictions.csv lists them"),
        };
        format!("--{field} {given:?}: expected {expected}").into()
    })
}

/// Does a task, after the guard has allowed it and the log has it.
pub async fn perform(runtime: &Runtime, task: Task, progress: OnProgress<'_>) -> Result<Said, Failure> {
    let state = &runtime.state;
    let (ids, keys, now) = (&*state.ids, &runtime.keys, state.now());
    match task {
        Task::Import { table, file, source, law, dry_run } => {
            permitted(runtime, Action::Import, table.word()).await?;
            let pack = state.packs.current();
            let desk = Desk { pack: &pack, keys, ids, now };
            let origin = Origin::new(source, law, "command line");
            let check = |s: &registry::Subject, item: &str, value: &registry::FactValue| desk.check(s, item, value);
            let known_place = |id: &str| pack.jurisdictions().get(id).is_some();
            let fits = |scheme: &str, number: &str| pack.identifier_fits(scheme, number);
            let import = Import {
                ids,
                keys,
                clock: &*state.clock,
                origin: &origin,
                check: &check,
                known_place: &known_place,
                identifier_fits: &fits,
                today: state.today(),
                dry_run,
            };
            Ok(Said::Imported(import::run(&state.db, import, table, &file, progress).await?))
        }
        Task::AddAgency { name, organisation, jurisdiction } => {
            if state.packs.current().agencies().get(&organisation).is_none() {
                return Err(format!("{organisation:?} is no agency of the pack; agencies.csv lists them").into());
            }
            permitted(runtime, Action::ManageAccounts, "agency client").await?;
            let client = transact!(state.db, web::api::client::ClientError, |tx| {
                web::api::client::create(tx, keys, ids, now, &name, &organisation, jurisdiction.as_deref()).await
            })?;
            Ok(Said::Token { token: client.token })
        }
        Task::AddAccount { subject, name, role, organisation, jurisdiction } => {
            let duty = job(runtime, &role, &organisation, jurisdiction.as_deref())?;
            let issuer =
                state.config.issuer.as_deref().ok_or("[oidc] issuer is empty: there is no identity provider")?;
            permitted(runtime, Action::ManageAccounts, "account of an official").await?;
            let id = transact!(state.db, AccountError, |tx| {
                web::official_account(tx, state, (issuer, &subject), &name, &duty).await
            })?;
            Ok(Said::Account { id: id.to_string() })
        }
        Task::AddLocal { login, name, role, organisation, jurisdiction, password } => {
            let duties = [job(runtime, &role, &organisation, jurisdiction.as_deref())?];
            permitted(runtime, Action::ManageAccounts, "local account").await?;
            let secret = transact!(state.db, AccountError, |tx| {
                let id = account::create(tx, ids, now, &name, None, &duties).await?;
                account::create_local(tx, keys, &NewLocal { account: id, login: &login, password: &password }).await
            })?;
            Ok(Said::Secret { base32: secret.base32() })
        }
        Task::Requalify(wanted) => Ok(Said::Requalified { id: command::perform(runtime, wanted).await? }),
        Task::Evaluation(wanted) => Ok(Said::Evaluation(crate::studies::take(runtime, *wanted).await?)),
        Task::Snapshot(wanted) => Ok(Said::Snapshot(crate::snapshot::take(runtime, *wanted).await?)),
    }
}

#[cfg(unix)]
mod socket {
    use std::os::unix::fs::PermissionsExt;

    use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
    use tokio::net::{UnixListener, UnixStream};
    use tokio::sync::mpsc;

    use super::{Arc, Config, Failure, OnProgress, PathBuf, Runtime, Said, Task, perform};

    /// A task is one line, far shorter than this.
    const LONGEST: u64 = 64 * 1024;

    fn path(config: &Config) -> PathBuf {
        config.data.join("operator.sock")
    }

    /// Takes tasks as long as the server runs, one a connection. The socket is there when this returns, so that a command given
    /// as soon as the server answers does not find the log held and nobody to ask.
    pub(crate) fn serve(runtime: Arc<Runtime>) -> impl Future<Output = ()> {
        let listener = listen(&runtime.config);
        async move {
            let Some(listener) = listener else { return };
            while let Ok((stream, _)) = listener.accept().await {
                let runtime = runtime.clone();
                tokio::spawn(async move {
                    if let Err(error) = answer(&runtime, stream).await {
                        tracing::warn!(%error, "an operator's command went away before its end");
                    }
                });
            }
        }
    }

    fn listen(config: &Config) -> Option<UnixListener> {
        let path = path(config);
        // We hold the log, so what lies there is of a server that is gone.
        let _ = std::fs::remove_file(&path);
        let listener = UnixListener::bind(&path).and_then(|listener| {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).map(|()| listener)
        });
        listener
            .inspect_err(|error| {
                tracing::error!(%error, path = %path.display(), "commands cannot reach this server; stop it for imports");
            })
            .ok()
    }

    async fn answer(runtime: &Runtime, stream: UnixStream) -> std::io::Result<()> {
        let (from, mut to) = stream.into_split();
        let mut line = String::new();
        BufReader::new(from.take(LONGEST)).read_line(&mut line).await?;
        let (tell, mut told) = mpsc::unbounded_channel();
        let work = async {
            let mut progress = |p| drop(tell.send(Said::Progress(p)));
            let done = match serde_json::from_str::<Task>(&line) {
                Ok(task) => perform(runtime, task, &mut progress).await,
                Err(error) => Err(format!("this server does not know the task: {error}").into()),
            };
            let last = done.unwrap_or_else(|error| Said::Failed { why: error.to_string() });
            let _ = tell.send(last);
            drop(tell);
        };
        // Whether somebody still listens or not, what was begun is done to its end.
        let write = async {
            let mut broken = None;
            while let Some(said) = told.recv().await {
                let mut line = serde_json::to_vec(&said)?;
                line.push(b'\n');
                if broken.is_none() {
                    broken = to.write_all(&line).await.err();
                }
            }
            broken.map_or(Ok(()), Err)
        };
        tokio::join!(work, write).1
    }

    /// Gives the task to the running server; `None` when there is none.
    pub(super) async fn ask(config: &Config, task: &Task, progress: OnProgress<'_>) -> Result<Option<Said>, Failure> {
        let Ok(mut stream) = UnixStream::connect(path(config)).await else { return Ok(None) };
        let mut line = serde_json::to_vec(task)?;
        line.push(b'\n');
        stream.write_all(&line).await?;
        let mut lines = BufReader::new(stream).lines();
        while let Some(line) = lines.next_line().await? {
            match serde_json::from_str(&line)? {
                Said::Progress(p) => progress(p),
                done => return Ok(Some(done)),
            }
        }
        Err("the server ended before the task did; what was done is kept: give the command again".into())
    }
}

#[cfg(unix)]
use socket::ask;
#[cfg(unix)]
pub(crate) use socket::serve;

/// Only where there are such sockets; elsewhere the server is stopped for these commands.
#[cfg(not(unix))]
pub(crate) async fn serve(_: Arc<Runtime>) {}

#[cfg(not(unix))]
async fn ask(_: &Config, _: &Task, _: OnProgress<'_>) -> Result<Option<Said>, Failure> {
    Ok(None)
}
