//! A town in a temporary folder, a machine of the civil register that may call, and mothers who are signed in.

use std::path::{Path, PathBuf};

use app::config::Config;
use app::runtime::Runtime;
use app::town::{Recipe, Settler, Town};
use guard::Role;
use guard::account::{self, AccountError, Duty, SignedInBy};
use kernel::PersonId;
use store::{Db, transact};

/// A mother who may have children and accept offers.
pub(crate) struct Mother {
    pub(crate) id: PersonId,
    pub(crate) father: Option<PersonId>,
    /// Her cookie.
    pub(crate) cookie: String,
}

/// The installation.
pub(crate) struct Place {
    home: tempfile::TempDir,
    data: PathBuf,
    pub(crate) database: String,
    pub(crate) port: u16,
    pub(crate) mothers: Vec<Mother>,
    /// The register's bearer token.
    pub(crate) token: String,
    /// The cookies of two finance officials.
    pub(crate) officials: [String; 2],
    /// How many people there were before the first birth.
    pub(crate) people: i64,
}

impl Place {
    /// A town of families with about so many people, on SQLite or in a schema of its own on a PostgreSQL server.
    pub(crate) async fn settle(people: usize, postgres: Option<String>) -> Place {
        let home = tempfile::tempdir().expect("a folder");
        let data = home.path().join("data");
        Place::settle_in(people, postgres, home, data).await
    }

    /// The same with the data folder somewhere else.
    pub(crate) async fn settle_in(
        people: usize,
        postgres: Option<String>,
        home: tempfile::TempDir,
        data: PathBuf,
    ) -> Place {
        lean_pack(&home.path().join("pack"));
        let database = match postgres {
            None => "sqlite:hearth.sqlite".to_owned(),
            Some(server) => fresh_schema(&server).await,
        };
        let config = Config { database, data: data.clone(), pack: home.path().join("pack"), ..Config::default() };
        let database = config.database_url();
        let runtime = Runtime::open(config).await.expect("an installation");
        let port = free_port();
        let mut place = Place {
            home,
            data,
            database,
            port,
            mothers: vec![],
            token: String::new(),
            officials: Default::default(),
            people: 0,
        };
        place.people(&runtime, people).await;
        runtime.state.db.close().await;
        place
    }

    async fn people(&mut self, runtime: &Runtime, people: usize) {
        let state = &runtime.state;
        let mut recipe = Recipe::read(&self.pack()).expect("a recipe");
        recipe.people = people;
        recipe.household.retain(|kind| {
            let mut women = kind.members.iter().filter(|m| m.sex == "female");
            kind.members.len() >= 2 && women.any(|m| m.age.0 >= 22 && m.age.1 <= 55)
        });
        let (now, today) = (state.now(), state.today());
        let (pack, ids, keys) = (state.packs.current(), state.ids.clone(), &runtime.keys);
        let settler = Settler { db: &state.db, pack: &pack, recipe: &recipe, keys, ids: &*ids, now, today };
        let town = Town::draw(&recipe, &pack, today);
        for family in settler.settle(&town, || {}).await.expect("the town") {
            let adults = || family.persons.iter().zip(&family.drawn.members).take(2);
            let of_age = |m: &app::town::Person| (20..=55).contains(&(today.year() - m.born.year()));
            let Some((mother, _)) = adults().find(|(_, m)| m.female && of_age(m)) else { continue };
            let father = adults().find(|(_, m)| !m.female && of_age(m)).map(|(id, _)| *id);
            let duty = Duty { role: Role::Citizen, organisation: String::new(), jurisdiction: None };
            let by = SignedInBy { strong: true, break_glass: false };
            let started = transact!(state.db, AccountError, |tx| {
                let account =
                    account::create(tx, &*ids, now, "a mother", Some(*mother), std::slice::from_ref(&duty)).await?;
                account::start_session(tx, keys, &*ids, now, account, None, by).await
            });
            let cookie = format!("hearth_session={}", started.expect("a session").token.as_str());
            self.mothers.push(Mother { id: *mother, father, cookie });
        }
        for official in &mut self.officials {
            let duty = Duty { role: Role::Finance, organisation: "finance".to_owned(), jurisdiction: None };
            let by = SignedInBy { strong: true, break_glass: false };
            let started = transact!(state.db, AccountError, |tx| {
                let name = "a finance official";
                let account = account::create(tx, &*ids, now, name, None, std::slice::from_ref(&duty)).await?;
                account::start_session(tx, keys, &*ids, now, account, None, by).await
            });
            *official = format!("hearth_session={}", started.expect("a session").token.as_str());
        }
        let register = &recipe.events.register;
        let client = transact!(state.db, web::api::client::ClientError, |tx| {
            web::api::client::create(tx, keys, &*ids, now, "the civil register", register, None).await
        });
        self.token = format!("Bearer {}", client.expect("a client").token);
        self.people = i64::try_from(town.people()).expect("a small town");
    }

    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    /// The server's configuration file, if somebody wrote one.
    pub(crate) fn config(&self) -> PathBuf {
        self.home.path().join("hearth.toml")
    }

    pub(crate) fn pack(&self) -> PathBuf {
        self.home.path().join("pack")
    }
}

/// The pack without its worked cases: the server that is started hundreds of times need not read them.
pub(crate) fn lean_pack(to: &Path) {
    let from = std::env::var_os("HEARTH_PACK")
        .map_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/korea").into(), PathBuf::from);
    copy(&from, to);
    std::fs::remove_dir_all(to.join("cases")).expect("the pack has cases");
}

pub(crate) fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("the pack") {
        let entry = entry.expect("the pack");
        let to = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).expect("a copy");
        }
    }
}

pub(crate) async fn fresh_schema(server: &str) -> String {
    static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
    let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    let schema = format!("crash_{}_{number}", std::process::id());
    let db = Db::open(server).await.expect("the PostgreSQL server named");
    let sql: &'static str = format!("create schema {schema}").leak();
    let mut tx = db.begin().await.expect("a transaction");
    tx.execute(sql, &[]).await.expect("a schema of our own");
    tx.commit().await.expect("a schema of our own");
    db.close().await;
    format!("{server}?options[search_path]={schema}")
}

pub(crate) fn free_port() -> u16 {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("a port").port()
}
