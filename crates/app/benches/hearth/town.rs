//! A town of couples in a real installation: temporary data folder, own keys and log, SQLite file or PostgreSQL schema.

use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};

use app::config::Config;
use app::runtime::Runtime;
use app::town::{CivilRegister, Recipe, Settled, Settler, Town};
use store::{Db, Schema, Step};

/// People for each family that is needed; families have about three and a half members.
const PEOPLE_A_FAMILY: usize = 5;

/// The table of the bare side: rows like those of the registry, and some with a long text like those of offers.
pub(crate) const BARE: Schema = Schema {
    room: "bare",
    steps: &[Step {
        version: 1,
        name: "rows of like size",
        sql: "-- distribution: key(person_id)
create table bare (
    person_id {uuid} not null,
    row_id {uuid} not null,
    item text not null,
    value text not null,
    corrects {uuid},
    valid_from {date} not null,
    valid_until {date},
    recorded_at {int} not null,
    withdrawn_at {int},
    source text not null,
    law text not null,
    recorded_by text not null,
    primary key (person_id, row_id)
);",
    }],
};

/// The pack measured.
pub(crate) fn pack() -> PathBuf {
    std::env::var_os("HEARTH_PACK")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/korea").into(), PathBuf::from)
}

/// The engines at hand and where a fresh database of each lies; empty for «in the data folder».
pub(crate) async fn engines() -> Vec<(&'static str, String)> {
    let mut engines = vec![("SQLite", "sqlite:hearth.sqlite".to_owned())];
    match std::env::var(store::testing::POSTGRES) {
        Ok(server) => {
            let schema = format!("bench_{}", std::process::id());
            let db = Db::open(&server).await.expect("the PostgreSQL server named");
            let sql: &'static str = format!("create schema {schema}").leak();
            let mut tx = db.begin().await.expect("a transaction");
            tx.execute(sql, &[]).await.expect("a schema of our own");
            tx.commit().await.expect("a schema of our own");
            engines.push(("PostgreSQL", format!("{server}?options[search_path]={schema}")));
        }
        Err(_) => println!("{} is not set: PostgreSQL is not measured", store::testing::POSTGRES),
    }
    engines
}

/// An installation with its people.
pub(crate) struct Place {
    pub(crate) engine: &'static str,
    pub(crate) runtime: std::sync::Arc<Runtime>,
    pub(crate) recipe: Recipe,
    families: Vec<Settled>,
    next: AtomicUsize,
    _home: tempfile::TempDir,
}

impl Place {
    pub(crate) async fn settle(engine: &'static str, database: String, families: usize) -> Place {
        let home = tempfile::tempdir().expect("a folder");
        let config = Config { database, data: home.path().into(), pack: pack(), ..Config::default() };
        let runtime = std::sync::Arc::new(Runtime::open(config).await.expect("an installation"));
        runtime.state.db.migrate(&[BARE]).await.expect("the bare table");
        let mut recipe = Recipe::read(&pack()).expect("a recipe");
        recipe.people = families * PEOPLE_A_FAMILY;
        // Every family could have a child: two adults of an age for it, with the pack's own draw of facts.
        recipe.household.retain(|kind| {
            let mothers = kind.members.iter().filter(|m| m.sex == "female" && m.age.0 >= 22 && m.age.1 <= 55);
            kind.members.len() >= 2 && mothers.count() == 1
        });
        let state = &runtime.state;
        let (now, today) = (state.now(), state.today());
        let (pack, ids) = (state.packs.current(), state.ids.clone());
        let town = Town::draw(&recipe, &pack, today);
        let settler =
            Settler { db: &state.db, pack: &pack, recipe: &recipe, keys: &runtime.keys, ids: &*ids, now, today };
        let started = std::time::Instant::now();
        let families = settler.settle(&town, || {}).await.expect("the town");
        println!(
            "{engine}: {} people in {} families in {:.1} s",
            town.people(),
            families.len(),
            started.elapsed().as_secs_f64()
        );
        Place { engine, runtime, recipe, families, next: AtomicUsize::new(0), _home: home }
    }

    /// A family that had no birth yet, and its number.
    pub(crate) fn family(&self) -> (&Settled, u32) {
        let n = self.next.fetch_add(1, Ordering::SeqCst);
        let family = self.families.get(n).expect("more births than families: fewer rounds, or more people");
        (family, u32::try_from(n).expect("a small town"))
    }

    /// A family, by any number.
    pub(crate) fn any(&self, n: usize) -> &Settled {
        self.families.get(n % self.families.len()).expect("a town has families")
    }

    /// A birth, from the register's telling to durable offers: guard, disclosure log, registry, rules, offers, commit.
    pub(crate) async fn birth(&self) {
        let (family, number) = self.family();
        self.birth_of(family, number).await;
    }

    pub(crate) async fn birth_of(&self, family: &Settled, number: u32) {
        let register = CivilRegister::new(&self.runtime, &self.recipe);
        register.tell_birth(family, 1, number).await.expect("a birth");
    }

    /// How many rows all tables hold.
    pub(crate) async fn rows(&self) -> i64 {
        let mut all = 0;
        for table in app::runtime::SCHEMAS.iter().flat_map(tables) {
            all += self.number(format!("select count(*) as n from {table}")).await;
        }
        all
    }

    /// One number out of the database.
    pub(crate) async fn number(&self, sql: String) -> i64 {
        let mut tx = self.runtime.state.db.read().await.expect("a transaction");
        tx.one(sql.leak(), &[]).await.expect("a row").get("n").expect("a number")
    }
}

fn tables(schema: &Schema) -> impl Iterator<Item = &'static str> {
    let texts = schema.steps.iter().map(|step| step.sql);
    texts.flat_map(|sql| sql.lines()).filter_map(|line| line.strip_prefix("create table ")?.split_whitespace().next())
}
