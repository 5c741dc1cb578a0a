//! The clock jumps: an hour back over New Year, then three days forward. Births, outbox, log and sessions stay sane.

use std::path::Path;
use std::sync::Arc;

use app::config::Config;
use app::runtime::{Runtime, SCHEMAS, SystemIds};
use app::town::{CivilRegister, Recipe, Settled, Settler, Town};
use app::work;
use guard::account::{self, AccountError, Duty, SignedInBy};
use guard::log::{Log, Trust};
use guard::{Guard, Keys, Policies, Role};
use kernel::{Date, FixedClock, Ids, Instant};
use store::{Db, transact};

const HOUR: i64 = 3600;

/// An installation whose clock the test moves.
pub(crate) struct Town0 {
    pub(crate) runtime: Arc<Runtime>,
    clock: Arc<FixedClock>,
    recipe: Recipe,
    pub(crate) families: Vec<Settled>,
    home: tempfile::TempDir,
}

/// An installation in a folder, over a database, whose clock stands at `start`.
pub(crate) async fn standing(config: Config, start: Instant) -> (Arc<Runtime>, Arc<FixedClock>) {
    let db = Db::open(&config.database_url()).await.unwrap();
    db.migrate(SCHEMAS).await.unwrap();
    let keys = Arc::new(Keys::open(&config.data.join("keys")).unwrap());
    let log = Log::open(&config.data.join("log"), keys.clone()).unwrap();
    let (clock, ids) = (Arc::new(FixedClock::at(start)), Arc::new(SystemIds) as Arc<dyn Ids>);
    let guard = Guard::new(Policies::built_in().unwrap(), log, keys.clone(), clock.clone(), ids.clone());
    let state = web::AppState {
        db,
        packs: web::Packs::open(&config.pack, &config.data).unwrap(),
        guard: Arc::new(guard),
        clock: clock.clone(),
        ids,
        config: Arc::new(web::Config::default()),
    };
    let exchange = Arc::new(exchange::Exchange::new(exchange::Agencies::default(), clock.clone()).unwrap());
    (Arc::new(Runtime { config, state, keys, exchange, scanner: None }), clock)
}

pub(crate) async fn town(start: Instant) -> Town0 {
    let home = tempfile::tempdir().unwrap();
    let pack = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/korea"));
    let config = Config { data: home.path().into(), pack: pack.into(), ..Config::default() };
    let (runtime, clock) = standing(config, start).await;
    let mut recipe = Recipe::read(pack).unwrap();
    recipe.people = 12;
    recipe.household.retain(|kind| kind.kind == "couple_young");
    let state = &runtime.state;
    let settler = Settler {
        db: &state.db,
        pack: &state.packs.current(),
        recipe: &recipe,
        keys: &runtime.keys,
        ids: &*state.ids,
        now: state.now(),
        today: state.today(),
    };
    let families = settler.settle(&Town::draw(&recipe, &state.packs.current(), state.today()), || {}).await.unwrap();
    Town0 { runtime, clock, recipe, families, home }
}

impl Town0 {
    async fn birth(&self, family: usize) {
        let register = CivilRegister::new(&self.runtime, &self.recipe);
        register.tell_birth(&self.families[family], 1, u32::try_from(family).unwrap()).await.unwrap();
    }

    async fn number(&self, sql: &'static str) -> i64 {
        let mut tx = self.runtime.state.db.read().await.unwrap();
        tx.one(sql, &[]).await.unwrap().get("n").unwrap()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn births_outbox_and_log_survive_a_clock_that_jumps() {
    let start = Instant::start_of(Date::constant(2026, 1, 1)).plus_seconds(20 * 60);
    let town = town(start).await;
    for (family, moved) in [(0, 0), (1, -HOUR), (2, 72 * HOUR), (3, 0)] {
        town.clock.set(start.plus_seconds(moved));
        town.birth(family).await;
        work::until_idle(&town.runtime).await.unwrap();
    }
    // What the hour in the past left for later is due now.
    town.clock.set(start.plus_seconds(72 * HOUR));
    work::until_idle(&town.runtime).await.unwrap();
    assert_eq!(town.number("select count(*) as n from outbox").await, 0);
    assert_eq!(town.number("select count(*) as n from outbox_dead").await, 0);
    assert_eq!(town.number("select count(*) as n from life_event where kind = 'birth'").await, 4);
    let families = "select count(distinct household_id) as n from offer where event_id in (select event_id from life_event where kind = 'birth')";
    assert_eq!(town.number(families).await, 4);
    let verified = guard::log::verify(&town.home.path().join("log"), &Trust::default()).unwrap();
    assert!(verified.entries() >= 8, "two parents a birth: {verified:?}");
    // Nothing was written into a year that was left.
    let sizes = town.runtime.state.guard.log().sizes();
    assert_eq!(sizes.iter().map(|(year, _)| *year).collect::<Vec<_>>(), [2026], "{sizes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_session_neither_ends_with_a_step_back_nor_outlives_three_days() {
    let start = Instant::start_of(Date::constant(2026, 3, 2)).plus_seconds(9 * HOUR);
    let town = town(start).await;
    let (state, keys) = (&town.runtime.state, &town.runtime.keys);
    let duty = [Duty { role: Role::Citizen, organisation: String::new(), jurisdiction: None }];
    let by = SignedInBy { strong: true, break_glass: false };
    let started = transact!(state.db, AccountError, |tx| {
        let id = account::create(tx, &*state.ids, state.now(), "somebody", None, &duty).await?;
        account::start_session(tx, keys, &*state.ids, state.now(), id, None, by).await
    });
    let token = started.unwrap().token;
    for (moved, good) in [(0, true), (-HOUR, true), (10 * 60, true), (72 * HOUR, false), (HOUR / 4, true)] {
        town.clock.set(start.plus_seconds(moved));
        let mut tx = state.db.read().await.unwrap();
        let found = account::check_session(&mut tx, keys, state.now(), &token).await.unwrap();
        assert_eq!(found.is_some(), good, "{moved} seconds from its start");
    }
}
