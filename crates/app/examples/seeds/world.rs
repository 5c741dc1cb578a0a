//! One simulated office: the real rooms on a real database, with clock, ids, agencies, bank and disk from one seed.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use app::runtime::{Runtime, SCHEMAS, SystemClock, SystemIds};
use catalogue::Pack;
use exchange::simulate::Simulation;
use exchange::{Agencies, Exchange};
use guard::{Action, Allowed, Guard, Keys, Policies, Purpose, PurposeKind, Relation, Request, Resource, Role, Who};
use kernel::{
    AccountId, ApplicationId, Clock as _, Date, FixedClock, HouseholdId, Instant, PersonId, RequestId, SeededIds,
    SessionId, SubmissionId,
};
use store::{AsConflict, Begun, Db, StoreError, StoredResponse, Tx};
use uuid::Uuid;

use crate::agency;
use crate::bank::Bank;
use crate::bugs::Bug;
use crate::nurse::Sent;
use crate::small;

/// The day on which every run begins.
pub(crate) const FIRST: Date = Date::constant(2026, 11, 21);

/// Why a run ended early.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A checker found something.
    Violation { checker: &'static str, what: String },
    /// The harness itself, or the database under it, failed.
    Broken(String),
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Stop {
        Stop::Broken(format!("the database: {error}"))
    }
}

/// A checker's finding.
pub(crate) fn found<T>(checker: &'static str, what: impl Into<String>) -> Result<T, Stop> {
    Err(Stop::Violation { checker, what: what.into() })
}

/// What all runs of the process share: made once, never changed.
pub(crate) struct Shared {
    pub(crate) packs: web::Packs,
    pub(crate) pack: Arc<Pack>,
    pub(crate) keys: Arc<Keys>,
    guard: Arc<Guard>,
    /// Knows every agency of the pack; its addresses are never called.
    connected: Arc<Exchange>,
    /// Knows none.
    alone: Arc<Exchange>,
    policies: Policies,
    pub(crate) agencies: Vec<String>,
    template: PathBuf,
    folder: tempfile::TempDir,
}

impl Shared {
    /// Loads the pack, migrates the template database, opens keys and log in a temporary folder, in memory where there is one.
    pub(crate) async fn open(pack: &Path) -> Result<Shared, Box<dyn std::error::Error>> {
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory)? } else { tempfile::tempdir()? };
        let small = folder.path().join("pack");
        small::write(pack, &small)?;
        let packs = web::Packs::open(&small, folder.path())?;
        let keys = Arc::new(Keys::open(&folder.path().join("keys"))?);
        let log = guard::log::Log::open(&folder.path().join("log"), keys.clone())?;
        let clock = Arc::new(SystemClock);
        let guard = Guard::new(Policies::built_in()?, log, keys.clone(), clock.clone(), Arc::new(SystemIds));
        let template = folder.path().join("template.sqlite");
        let db = Db::open(&format!("sqlite:{}", template.display())).await?;
        db.migrate(SCHEMAS).await?;
        db.close().await;
        let pack = packs.current();
        let agencies: Vec<String> = pack.agencies().iter().map(|a| a.id.clone()).filter(|id| id != "self").collect();
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "no secret: nothing is called")?;
        std::fs::set_permissions(&secret, std::os::unix::fs::PermissionsExt::from_mode(0o600))?;
        let played = agency::simulation(0, &pack, Arc::new(FixedClock::default()));
        let address = std::net::SocketAddr::from(([127, 0, 0, 1], 9));
        let settings = agencies.iter().map(|id| (id.clone(), played.settings_for(id, address, &secret)));
        let connected = Arc::new(Exchange::new(Agencies(settings.collect()), clock.clone())?);
        let alone = Arc::new(Exchange::new(Agencies::default(), clock)?);
        let policies = Policies::built_in()?;
        Ok(Shared { packs, pack, keys, guard: Arc::new(guard), connected, alone, policies, agencies, template, folder })
    }
}

/// A family in the registry.
#[derive(Clone, Debug)]
pub(crate) struct Family {
    pub(crate) household: HouseholdId,
    pub(crate) mother: PersonId,
    pub(crate) father: PersonId,
    pub(crate) children: Vec<PersonId>,
    /// When the children were born: twins, or one.
    pub(crate) born: Option<(Date, u32)>,
    pub(crate) dead: Vec<PersonId>,
}

impl Family {
    pub(crate) fn everybody(&self) -> Vec<PersonId> {
        [self.mother, self.father].into_iter().chain(self.children.iter().copied()).collect()
    }
}

/// What callers were told, as they remember it.
#[derive(Clone, Default)]
pub(crate) struct Told {
    /// Applications with the hash of what was applied for.
    pub(crate) applications: BTreeMap<ApplicationId, u64>,
    /// Births by the register's number.
    pub(crate) births: BTreeMap<String, PersonId>,
    /// Visits sent and taken.
    pub(crate) visits: BTreeMap<SubmissionId, Sent>,
    /// Things that leave a row of their own each: by name, how often.
    pub(crate) acts: BTreeMap<&'static str, i64>,
}

/// What a checker saw before and must find unchanged.
#[derive(Clone, Default)]
pub(crate) struct Seen {
    /// Rows of questions that ended.
    pub(crate) ended: BTreeMap<Uuid, String>,
    /// Rows of decisions that came into force.
    pub(crate) forced: BTreeMap<Uuid, String>,
    /// Closed tasks.
    pub(crate) tasks: BTreeMap<Uuid, String>,
}

/// What happened to a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Fine,
    /// The process dies before the commit.
    DiesBefore,
    /// The process dies after the commit, before the caller hears of it.
    DiesAfter,
    /// The disk is full: the commit is refused.
    Full,
}

/// What a use case works with at one moment.
pub(crate) struct Tools {
    pub(crate) pack: Arc<Pack>,
    pub(crate) keys: Arc<Keys>,
    pub(crate) ids: Arc<SeededIds>,
    pub(crate) now: Instant,
    pub(crate) today: Date,
}

impl Tools {
    pub(crate) fn desk(&self) -> casework::Desk<'_> {
        casework::Desk { pack: &self.pack, keys: &self.keys, ids: &*self.ids, now: self.now }
    }

    pub(crate) fn pay(&self) -> payment::Desk<'_> {
        payment::Desk { keys: &self.keys, ids: &*self.ids, now: self.now, today: self.today }
    }
}

/// The whole of one run.
pub(crate) struct World<'s> {
    pub(crate) shared: &'s Shared,
    pub(crate) dice: fastrand::Rng,
    pub(crate) clock: Arc<FixedClock>,
    pub(crate) ids: Arc<SeededIds>,
    /// The installation, with every agency connected.
    pub(crate) office: Runtime,
    /// The same without any connection, for what is not asked of agencies here.
    pub(crate) alone: Runtime,
    pub(crate) path: PathBuf,
    pub(crate) agencies: Simulation,
    /// How each agency behaves.
    pub(crate) parts: BTreeMap<String, agency::Part>,
    /// Questions as they were put to agencies, by id.
    pub(crate) asked: BTreeMap<RequestId, agency::Put>,
    pub(crate) families: Vec<Family>,
    pub(crate) told: Told,
    pub(crate) seen: Seen,
    pub(crate) bank: Bank,
    pub(crate) trace: Vec<String>,
    /// Refusals by their words, for the overview.
    pub(crate) refusals: BTreeMap<String, u32>,
    /// The day for which dates were queued.
    pub(crate) day: Option<Date>,
    /// The sabotage of this run.
    pub(crate) bug: Option<Bug>,
    pub(crate) bug_done: bool,
    /// After a restored backup less can be asked.
    pub(crate) restored: bool,
    /// How often in a thousand a transaction dies.
    pub(crate) weather: u32,
    pub(crate) number: u32,
}

impl<'s> World<'s> {
    /// A new office on a copy of the template.
    pub(crate) async fn open(shared: &'s Shared, seed: u64, bug: Option<Bug>) -> Result<World<'s>, Stop> {
        let name = format!("{seed}-{}.sqlite", bug.map_or("none", Bug::word));
        let path = shared.folder.path().join(name);
        std::fs::copy(&shared.template, &path).map_err(|e| Stop::Broken(e.to_string()))?;
        let db = Db::open(&format!("sqlite:{}", path.display())).await?;
        let mut dice = fastrand::Rng::with_seed(seed);
        let clock = Arc::new(FixedClock::at(Instant::start_of(FIRST).plus_seconds(3600)));
        let ids = Arc::new(SeededIds::new(seed));
        let agencies = agency::simulation(seed, &shared.pack, clock.clone());
        let parts = agency::cast(&mut dice, &shared.agencies, &agencies);
        let weather = if dice.u8(..4) == 0 { 0 } else { dice.u32(10..120) };
        Ok(World {
            office: runtime(shared, &db, &clock, &ids, &shared.connected),
            alone: runtime(shared, &db, &clock, &ids, &shared.alone),
            shared,
            dice,
            clock,
            ids,
            path,
            agencies,
            parts,
            asked: BTreeMap::new(),
            families: Vec::new(),
            told: Told::default(),
            seen: Seen::default(),
            bank: Bank::default(),
            trace: Vec::new(),
            refusals: BTreeMap::new(),
            day: None,
            bug,
            bug_done: false,
            restored: false,
            weather,
            number: 0,
        })
    }

    pub(crate) fn db(&self) -> &Db {
        &self.office.state.db
    }

    /// The process ends and starts again: only the database is left of it.
    pub(crate) async fn restart(&mut self) -> Result<(), Stop> {
        self.db().close().await;
        self.reopen().await
    }

    pub(crate) async fn reopen(&mut self) -> Result<(), Stop> {
        let db = Db::open(&format!("sqlite:{}", self.path.display())).await?;
        self.office = runtime(self.shared, &db, &self.clock, &self.ids, &self.shared.connected);
        self.alone = runtime(self.shared, &db, &self.clock, &self.ids, &self.shared.alone);
        self.day = None;
        Ok(())
    }

    /// Ends the run and takes its file away.
    pub(crate) async fn close(self) {
        self.db().close().await;
        for suffix in ["", "-wal", "-shm", ".backup"] {
            // What was never made need not be removed.
            let _ = std::fs::remove_file(format!("{}{suffix}", self.path.display()));
        }
    }

    /// Notes what happens.
    pub(crate) fn note(&mut self, line: impl Display) {
        let now = self.clock.now().rfc3339();
        let short = now.get(..19).unwrap_or_default();
        self.trace.push(format!("{short} {line}"));
    }

    /// A fingerprint of all that happened.
    pub(crate) fn hash(&self) -> u64 {
        let mut hash = DefaultHasher::new();
        self.trace.hash(&mut hash);
        hash.finish()
    }

    pub(crate) fn today(&self) -> Date {
        self.office.state.today()
    }

    /// Moves the clock, also back.
    pub(crate) fn pass(&mut self, seconds: i64) {
        self.clock.set(self.clock.now().plus_seconds(seconds));
    }

    /// A second later.
    pub(crate) fn tools(&mut self) -> Tools {
        self.pass(1);
        let (pack, keys, ids) = (self.shared.pack.clone(), self.shared.keys.clone(), self.ids.clone());
        Tools { pack, keys, ids, now: self.clock.now(), today: self.today() }
    }

    /// What becomes of the next transaction.
    pub(crate) fn fate(&mut self) -> Fate {
        if self.dice.u32(..1000) >= self.weather {
            return Fate::Fine;
        }
        match self.dice.u8(..7) {
            0..3 => Fate::DiesBefore,
            3..6 => Fate::DiesAfter,
            _ => Fate::Full,
        }
    }

    /// One of many; `None` of none.
    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> Option<T> {
        if of.is_empty() {
            return None;
        }
        of.get(self.dice.usize(..of.len())).cloned()
    }

    /// Whether the sabotage is this one.
    pub(crate) fn sabotaged(&self, bug: Bug) -> bool {
        self.bug == Some(bug)
    }

    /// Whether the sabotage is this one and has yet to be done; it is then done.
    pub(crate) fn sabotage_now(&mut self, bug: Bug) -> bool {
        let now = self.bug == Some(bug) && !self.bug_done;
        self.bug_done |= now;
        now
    }

    /// Does an act of somebody outside who repeats it, with the same key, until an answer is heard. What dies before the
    /// commit leaves nothing; what dies after it must not happen a second time. All answers are given, the first first: an
    /// act that is `keyed` has one; another is its own key and may answer again.
    pub(crate) async fn once<T: Clone, E: From<StoreError> + AsConflict + Display>(
        &mut self,
        name: &'static str,
        keyed: bool,
        body: impl AsyncFn(&mut Tx, &Tools) -> Result<T, E>,
    ) -> Result<Result<Vec<T>, String>, Stop> {
        self.number += 1;
        let mut key = format!("act {}", self.number);
        let mut heard: Vec<T> = Vec::new();
        for round in 0..6 {
            let mut fate = if round < 4 { self.fate() } else { Fate::Fine };
            if keyed && round == 0 && self.sabotaged(Bug::FreshKey) && self.dice.u8(..3) == 0 {
                fate = Fate::DiesAfter;
            }
            let tools = self.tools();
            let mut tx = self.db().begin().await?;
            if keyed {
                match tx.idempotent(&key, name, "the same", tools.now).await? {
                    Begun::New => {}
                    Begun::Repeated(_) => {
                        self.note(format!("  {name}: had been done"));
                        return Ok(Ok(heard));
                    }
                    Begun::Mismatch => return Err(Stop::Broken("one key for two acts".into())),
                }
            }
            let said = match body(&mut tx, &tools).await {
                Ok(said) => said,
                Err(error) if error.is_conflict() => continue,
                Err(error) => {
                    drop(tx);
                    let words = error.to_string();
                    self.note(format!("  {name}: refused: {words}"));
                    *self.refusals.entry(format!("{name}: {}", plain(&words))).or_default() += 1;
                    return Ok(if heard.is_empty() { Err(words) } else { Ok(heard) });
                }
            };
            if keyed {
                let answer = StoredResponse { status: 200, body: String::new() };
                tx.idempotent_answer(&key, name, &answer).await?;
            }
            match fate {
                Fate::Fine => {
                    tx.commit().await?;
                    heard.push(said);
                    self.note(format!("  {name}: done"));
                    return Ok(Ok(heard));
                }
                Fate::DiesBefore => {
                    drop(tx);
                    self.note(format!("  {name}: the process dies before the commit"));
                }
                Fate::DiesAfter => {
                    tx.commit().await?;
                    heard.push(said);
                    self.note(format!("  {name}: the process dies before the answer"));
                    if self.sabotaged(Bug::FreshKey) {
                        key = format!("{key} again");
                        self.bug_done = true;
                    }
                }
                Fate::Full => {
                    drop(tx);
                    self.note(format!("  {name}: the disk is full"));
                    return Ok(if heard.is_empty() { Err("the disk is full".into()) } else { Ok(heard) });
                }
            }
        }
        Ok(if heard.is_empty() { Err("never got through".into()) } else { Ok(heard) })
    }

    /// A decision of the real policies that lets somebody in the role act for these people.
    pub(crate) fn allowed(&mut self, role: Role, action: Action, persons: &[PersonId]) -> Result<Allowed, Stop> {
        let purpose = match role {
            Role::Approver => PurposeKind::Approval,
            Role::Caseworker => PurposeKind::Casework,
            Role::Nurse | Role::VisitSupervisor => PurposeKind::HomeVisit,
            _ => PurposeKind::CounterService,
        };
        let who = who(role, 1);
        let visits = matches!(role, Role::Nurse | Role::VisitSupervisor);
        let relation = Relation { in_jurisdiction: true, open_case: visits, ..Relation::default() };
        let resource = Resource::people(persons.iter().map(|p| (*p, relation)));
        let purpose = Purpose::new(purpose, "it is on the list");
        let now = self.clock.now();
        let request =
            Request { look: Uuid::from_u128(9), now, who: &who, action, resource: &resource, purpose: &purpose };
        match self.shared.policies.decide(&request) {
            guard::Decision::Allowed(allowed) => Ok(allowed),
            guard::Decision::Denied(refusal) => {
                Err(Stop::Broken(format!("the guard refuses the harness: {refusal:?}")))
            }
        }
    }
}

/// Words without ids and numbers, to count refusals by kind.
fn plain(words: &str) -> String {
    let plain: String = words.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }).collect();
    plain.split_whitespace().map(|w| if w.contains('#') { "#" } else { w }).collect::<Vec<_>>().join(" ")
}

fn runtime(
    shared: &Shared,
    db: &Db,
    clock: &Arc<FixedClock>,
    ids: &Arc<SeededIds>,
    exchange: &Arc<Exchange>,
) -> Runtime {
    Runtime {
        config: app::config::Config::default(),
        state: web::AppState {
            db: db.clone(),
            packs: shared.packs.clone(),
            guard: shared.guard.clone(),
            clock: clock.clone(),
            ids: ids.clone(),
            config: Arc::new(web::Config::default()),
        },
        keys: shared.keys.clone(),
        exchange: exchange.clone(),
        scanner: None,
    }
}

/// Somebody in a role.
pub(crate) fn who(role: Role, number: u128) -> Who {
    Who {
        account: AccountId(Uuid::from_u128(number)),
        session: SessionId(Uuid::from_u128(number)),
        role,
        organisation: "community_centre".into(),
        jurisdiction: Some("kr-11-680".into()),
        person: None,
        strong: true,
        suspended: false,
        break_glass: false,
    }
}
