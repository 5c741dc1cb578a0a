//! What every handler shares.

use std::path::Path;
use std::sync::Arc;

use catalogue::{Archive, ArchiveError, Catalogue, Pack, ReloadError, Reloaded};
use guard::Guard;
use kernel::{Clock, Date, Ids, Instant};
use store::Db;

/// The pack in force, and the folder it comes from. A new version replaces the old one between two requests; whoever
/// holds the old one keeps it, and older cases find theirs by its content hash.
#[derive(Clone)]
pub struct Packs {
    catalogue: Arc<Catalogue>,
    folder: Arc<Path>,
}

impl Packs {
    /// Takes the pack in `folder` into force; copies of all that ever were lie within `data`.
    pub fn open(folder: &Path, data: &Path) -> Result<Self, ReloadError> {
        let (catalogue, _warnings) = Catalogue::open(folder, Archive::within(data))?;
        Ok(Packs { catalogue: Arc::new(catalogue), folder: folder.into() })
    }

    /// The pack in force now.
    pub fn current(&self) -> Arc<Pack> {
        self.catalogue.current()
    }

    /// Takes what is in the folder now, or refuses it whole.
    pub fn reload(&self) -> Result<Reloaded, ReloadError> {
        self.catalogue.reload(&self.folder)
    }

    /// The folder the pack in force comes from.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The pack of an older case.
    pub fn by_hash(&self, hash: &str) -> Result<Arc<Pack>, ArchiveError> {
        self.catalogue.by_hash(hash)
    }
}

impl std::fmt::Debug for Packs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Packs({:?})", self.current())
    }
}

/// What an installation decides for the pages.
#[derive(Clone, Debug)]
pub struct Config {
    /// Whether all people are invented; said on every page, and the sign-in page offers one account a role.
    pub demo: bool,
    /// The address people see, without a slash at the end. Cookies are `Secure` when it begins with `https`.
    pub public_url: String,
    /// Whose word signing in goes by; `None`: local accounts only.
    pub issuer: Option<String>,
    /// How many days after a move the former office may still read.
    pub grace_days: u16,
    /// The age at which parents stop acting for a child, in years.
    pub adult_age: u8,
    /// The account from which is paid; without one no run can be released.
    pub payer: Option<payment::run::Payer>,
    /// Who looks through uploaded papers, if anybody does.
    pub scanner: Option<casework::evidence::Scanner>,
    /// Whether there is a population over which changed rules can be compared.
    pub compares: bool,
    /// The clock of a demonstration, which visitors move; `None` wherever people are real.
    pub travel: Option<crate::demo::Travel>,
    /// The telephones of a demonstration's families; `None` wherever people are real.
    pub post: Option<crate::demo::phones::Post>,
}

impl Default for Config {
    fn default() -> Self {
        Config {
            demo: false,
            public_url: "http://127.0.0.1:8080".to_owned(),
            issuer: None,
            grace_days: 30,
            adult_age: 19,
            payer: None,
            scanner: None,
            compares: false,
            travel: None,
            post: None,
        }
    }
}

/// What every handler shares. Cheap to clone.
#[derive(Clone)]
pub struct AppState {
    /// The database.
    pub db: Db,
    /// The pack in force.
    pub packs: Packs,
    /// Decisions, the disclosure log, keys.
    pub guard: Arc<Guard>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Arc<dyn Ids>,
    /// What the installation decides.
    pub config: Arc<Config>,
}

impl AppState {
    /// The moment.
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// The civil day in the country of the pack.
    pub fn today(&self) -> Date {
        self.now().date(self.packs.current().manifest().utc_offset_hours)
    }
}

impl std::fmt::Debug for AppState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("AppState").field("packs", &self.packs).field("config", &self.config).finish_non_exhaustive()
    }
}
