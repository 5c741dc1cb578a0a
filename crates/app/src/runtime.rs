//! Opening an installation: database, keys, disclosure log, pack, in the order in which one needs the other.

use std::path::PathBuf;
use std::sync::Arc;

use casework::evidence::Scanner;
use exchange::{Exchange, SettingsError};
use guard::log::{Log, LogError};
use guard::{Guard, KeyError, Keys, Policies, PolicyError};
use kernel::{Clock, Ids, Instant};
use store::{Db, Schema, StoreError};
use web::demo::Travel;
use web::demo::phones::Post;

use crate::config::{Config, ConfigError};
use crate::demo::DemoPhones;
use crate::demo_clock::{self, DemoClock};

/// The machine's clock: the only one in the program.
#[derive(Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place where the time is read")]
    fn now(&self) -> Instant {
        let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        Instant::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
    }
}

/// Ids from the operating system's randomness.
#[derive(Debug, Default)]
pub struct SystemIds;

impl Ids for SystemIds {
    fn entropy(&self) -> [u8; 10] {
        let mut bytes = [0; 10];
        if getrandom::fill(&mut bytes).is_err() {
            // Without randomness two ids could meet and one family's rows be refused: better to stop here.
            tracing::error!("the operating system gives no randomness; stopping");
            std::process::abort();
        }
        bytes
    }
}

/// The tables of all rooms, in the order in which they are made.
pub const SCHEMAS: &[Schema] = &[
    store::SCHEMA,
    guard::account::SCHEMA,
    registry::SCHEMA,
    casework::SCHEMA,
    payment::SCHEMA,
    population::scenario::SCHEMA,
    visit::SCHEMA,
    referral::SCHEMA,
    survey::SCHEMA,
    evaluation::SCHEMA,
    group::SCHEMA,
    workforce::SCHEMA,
    indicator::SCHEMA,
];

/// Why an installation cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The configuration.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A folder.
    #[error("{path}: {why}")]
    Folder {
        /// Which.
        path: PathBuf,
        /// What the system said.
        why: std::io::Error,
    },
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
    /// How agencies are reached.
    #[error(transparent)]
    Agencies(#[from] SettingsError),
    /// The policies.
    #[error(transparent)]
    Policies(#[from] PolicyError),
    /// The keys are gone and the data they opened is still there.
    #[error(
        "{0} is missing, but there is a disclosure log beside it: without the key neither the log nor the identifiers can be \
         read. Put the key back from its backup; for a new installation choose an empty data folder"
    )]
    KeyLost(PathBuf),
    /// There is no pack where the configuration says.
    #[error(
        "{0} is no pack: pack.toml is not there. Name the folder with `pack` in the configuration or with HEARTH_PACK"
    )]
    NoPack(PathBuf),
    /// The folder of a demonstration.
    #[error(
        "the clock of the demonstration in {0} was moved: only `hearth demo --data {0}` goes on with it. With the machine's clock \
         everything done there since would lie in the future"
    )]
    Moved(PathBuf),
    /// The pack is faulty; the report names every fault.
    #[error("{0}")]
    Pack(String),
}

/// An open installation.
pub struct Runtime {
    /// How it is configured.
    pub config: Config,
    /// What the handlers share.
    pub state: web::AppState,
    /// Keys.
    pub keys: Arc<Keys>,
    /// The connections to other agencies.
    pub exchange: Arc<Exchange>,
    /// Who looks through uploaded papers, if anybody does.
    pub scanner: Option<Scanner>,
}

impl Runtime {
    /// Opens everything by the machine's clock; makes what is not there yet.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn open(config: Config) -> Result<Runtime, OpenError> {
        if demo_clock::moved(&config.data) {
            return Err(OpenError::Moved(config.data.clone()));
        }
        Self::by(config, Arc::new(SystemClock), None).await
    }

    /// The same for a demonstration, whose clock visitors move.
    ///
    /// # Errors
    /// [`OpenError`].
    pub async fn demo(mut config: Config, clock: Arc<DemoClock>) -> Result<Runtime, OpenError> {
        // Messages of invented people go no farther than this folder, whose pages show them.
        let spool = config.messages.spool.get_or_insert_with(|| config.data.join("messages")).clone();
        let post = Post(Arc::new(DemoPhones { spool, data: config.data.clone() }));
        Self::by(config, clock.clone(), Some((Travel(clock), post))).await
    }

    async fn by(config: Config, clock: Arc<dyn Clock>, demo: Option<(Travel, Post)>) -> Result<Runtime, OpenError> {
        let folder = |path: PathBuf| move |why| OpenError::Folder { path, why };
        std::fs::create_dir_all(&config.data).map_err(folder(config.data.clone()))?;
        if !config.pack.join("pack.toml").exists() {
            return Err(OpenError::NoPack(config.pack.clone()));
        }
        let key = config.data.join("keys").join("root.key");
        // A new key beside old data would make every identifier unreadable and say nothing.
        if !key.exists() && config.data.join("log").join("vkey").exists() {
            return Err(OpenError::KeyLost(key));
        }
        let packs = web::Packs::open(&config.pack, &config.data).map_err(|e| refused(&config, e))?;
        let db = Db::open(&config.database_url()).await?;
        db.migrate(SCHEMAS).await?;
        let keys = Arc::new(Keys::open(&config.data.join("keys"))?);
        let log = Log::open(&config.data.join("log"), keys.clone())?;
        let ids: Arc<dyn Ids> = Arc::new(SystemIds);
        let guard = Arc::new(
            Guard::new(Policies::built_in()?, log, keys.clone(), clock.clone(), ids.clone())
                .withholding(config.withholdings()?),
        );
        let scanner = config.scanner.as_ref().map(|s| Scanner {
            address: s.address.clone(),
            patience: std::time::Duration::from_secs(s.timeout_seconds.into()),
        });
        let (travel, post) = demo.unzip();
        let settings = web::Config {
            demo: config.demo_provider,
            public_url: config.public_url.clone(),
            issuer: issuer(&config),
            payer: config.payer.clone().or_else(|| config.demo_provider.then(invented_payer)),
            scanner: scanner.clone(),
            compares: crate::scenario::source(&config).is_some(),
            travel,
            post,
            ..web::Config::default()
        };
        let exchange = Arc::new(Exchange::new(config.agencies.clone(), clock.clone())?);
        let state = web::AppState { db, packs, guard, clock, ids, config: Arc::new(settings) };
        Ok(Runtime { config, state, keys, exchange, scanner })
    }

    /// The desk of payments, now.
    pub(crate) fn payment_desk(&self) -> payment::Desk<'_> {
        let state = &self.state;
        let now = state.now();
        let today = now.date(state.packs.current().manifest().utc_offset_hours);
        payment::Desk { keys: &self.keys, ids: &*state.ids, now, today }
    }
}

/// Whose word signing in goes by: the demonstration's provider or the configured one.
fn issuer(config: &Config) -> Option<String> {
    let configured = || Some(config.oidc.issuer.clone()).filter(|issuer| !issuer.is_empty());
    if config.demo_provider { Some(crate::demo::issuer(config)) } else { configured() }
}

/// Who pays in a demonstration: nobody's account.
fn invented_payer() -> payment::run::Payer {
    payment::run::Payer {
        name: "Demonstration treasury".to_owned(),
        account: "000000000000".to_owned(),
        bank: "000".to_owned(),
    }
}

/// Why a pack was refused, every fault with its place.
pub fn refused(config: &Config, error: catalogue::ReloadError) -> OpenError {
    match error {
        catalogue::ReloadError::Faulty(faults) => {
            let files = catalogue::Files::read(&config.pack).ok();
            OpenError::Pack(catalogue::check_report(&faults, files.as_ref()))
        }
        other @ catalogue::ReloadError::Archive(_) => OpenError::Pack(other.to_string()),
    }
}
