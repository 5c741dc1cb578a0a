//! Two `hearth work` processes on one database: everything is done, and each thing once, on both engines.

use std::net::{Ipv4Addr, SocketAddr};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use app::runtime::SystemClock;
use exchange::simulate::{Behaviour, Held, HeldFact, Holdings, Running, Simulation, SimulationSettings};
use exchange::{Agencies, ItemAsked, SubjectAsked, ValueKind};
use guard::log::{Trust, verify};
use kernel::Date;
use serde_json::{Value, json};
use store::{Db, Tx};
use tokio::process::{Child, Command};

use crate::harness::http::send;
use crate::harness::server::{Server, binary};
use crate::harness::town::Place;
use crate::requests::birth;

/// How many children are born.
const BIRTHS: usize = 12;
/// How long the two may take.
const PATIENCE: Duration = Duration::from_secs(180);

/// Nothing special of anybody.
struct Registers;

impl Holdings for Registers {
    fn held(&self, _agency: &str, subject: &SubjectAsked, item: &ItemAsked) -> Held {
        let value = match (&*item.item, item.kind) {
            ("birth_registered" | "resident_registered", _) => json!(true),
            ("nationality", _) => json!("korean"),
            ("child_order", _) => json!(1),
            (_, ValueKind::Boolean) => json!(false),
            (_, ValueKind::Integer | ValueKind::Money) => json!(0),
            _ => return Held::NoEntry,
        };
        let since = subject.birth_date.unwrap_or(Date::constant(2020, 1, 1));
        Held::Facts(vec![HeldFact { value, valid_from: since, valid_to: None }])
    }
}

/// Every agency of the pack, prompt; a server that leaves the queued work to others.
async fn agencies(place: &Place) -> (Simulation, Running) {
    #[derive(serde::Serialize)]
    struct Settings {
        worker: bool,
        agencies: Agencies,
    }
    let secret = place.home().join("agencies.secret");
    std::fs::write(&secret, "between us").unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    let settings = SimulationSettings {
        seed: 1,
        client_id: "hearth".into(),
        client_secret: "between us".into(),
        token_seconds: 600,
        callback_tokens: Default::default(),
    };
    let simulation = Simulation::new(settings, Arc::new(Registers), Arc::new(SystemClock));
    let running = simulation.serve(SocketAddr::from((Ipv4Addr::LOCALHOST, 0))).await.unwrap();
    let mut agencies = Agencies::default();
    for id in ids(place) {
        simulation.behave(&id, Behaviour::Prompt);
        agencies.0.insert(id.clone(), simulation.settings_for(&id, running.address, &secret));
    }
    let config = toml::to_string(&Settings { worker: false, agencies }).unwrap();
    std::fs::write(place.config(), config).unwrap();
    (simulation, running)
}

fn ids(place: &Place) -> Vec<String> {
    let text = std::fs::read_to_string(place.pack().join("agencies.csv")).unwrap();
    text.lines().skip(1).filter_map(|l| l.split(',').next()).filter(|id| *id != "self").map(str::to_owned).collect()
}

/// Births, and everything that is offered accepted; nobody works on any of it yet.
async fn asked_for(place: &Place) -> usize {
    let server = Server::start(place).await;
    let mut accepted = 0;
    for n in 0..BIRTHS {
        let told = birth(place, n, 30, &format!("workers-{n}")).await.expect("an answer");
        assert_eq!(told.status, 201, "{}", told.body);
        let offers = told.json()["offers_made"].as_array().cloned().unwrap_or_default();
        for offer in offers.iter().filter_map(Value::as_str) {
            let key = format!("workers-{offer}");
            let headers = [("cookie", place.mothers[n].cookie.as_str()), ("idempotency-key", key.as_str())];
            let path = format!("/api/offers/{offer}/accept");
            let answer = send(server.port, "POST", &path, &headers, "{\"revision\":1}").await.expect("an answer");
            accepted += usize::from(answer.status < 300);
        }
    }
    server.kill().await;
    accepted
}

/// A worker with a data folder of its own: the same keys, another disclosure log.
fn worker(place: &Place, name: &str) -> (Child, PathBuf) {
    let data = place.home().join(name);
    std::fs::create_dir(&data).unwrap();
    let copied = std::process::Command::new("cp").arg("-r").arg(place.data().join("keys")).arg(&data).status();
    assert!(copied.unwrap().success());
    let child = Command::new(binary())
        .arg("work")
        .arg("--config")
        .arg(place.config())
        .env("HEARTH_DATA", &data)
        .env("HEARTH_PACK", place.pack())
        .env("HEARTH_DATABASE", &place.database)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .expect("the binary");
    (child, data)
}

async fn number(tx: &mut Tx, sql: &'static str) -> i64 {
    tx.one(sql, &[]).await.unwrap().get("n").unwrap()
}

async fn done(place: &Place) -> Db {
    let db = Db::open(&place.database).await.unwrap();
    let started = Instant::now();
    loop {
        let mut tx = db.read().await.unwrap();
        let waits = "select (select count(*) from outbox) + (select count(*) from job where kind like 'agency.%') as n";
        let waiting = number(&mut tx, waits).await;
        drop(tx);
        if waiting == 0 {
            return db;
        }
        assert!(started.elapsed() < PATIENCE, "{waiting} things still wait");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

fn looks(data: &Path) -> u64 {
    verify(&data.join("log"), &Trust::default()).expect("a whole log").entries()
}

async fn on(postgres: Option<String>) {
    let place = Place::settle(120, postgres).await;
    let (simulation, _running) = agencies(&place).await;
    let accepted = asked_for(&place).await;
    assert!(accepted > BIRTHS, "{accepted} acceptances");
    let (mut one, first) = worker(&place, "first");
    let (mut other, second) = worker(&place, "second");
    let db = done(&place).await;
    one.kill().await.unwrap();
    other.kill().await.unwrap();
    let mut tx = db.read().await.unwrap();
    let questions = number(&mut tx, "select count(*) as n from agency_request").await;
    let posts: u32 = ids(&place).iter().map(|id| simulation.stats(id).posts).sum();
    assert!(questions >= 2, "{questions} questions");
    let orders = number(&mut tx, "select count(*) as n from benefit_order").await;
    assert_eq!(i64::from(posts), questions + orders, "each question was put once, and each order sent once");
    assert_eq!(number(&mut tx, "select count(*) as n from agency_request where status <> 'answered'").await, 0);
    for (what, sql) in [
        (
            "cases told twice how a question ended",
            "select count(*) as n from (select case_id, detail from case_step where kind = 'answered'
            group by case_id, detail having count(*) > 1) t",
        ),
        (
            "cases decided twice",
            "select count(*) as n from (select case_id from decision where decided_at is not null
            group by case_id having count(*) > 1) t",
        ),
        (
            "cases with two entitlements",
            "select count(*) as n from (select case_id from entitlement group by case_id having count(*) > 1) t",
        ),
        (
            "grants without an entitlement",
            "select count(*) as n from decision where status = 'in_force' and kind = 'grant'
            and decision_id not in (select decision_id from entitlement)",
        ),
        (
            "letters written twice",
            "select count(*) as n from (select case_id, kind, content from letter
            group by case_id, kind, content having count(*) > 1) t",
        ),
        ("messages given up", "select count(*) as n from outbox_dead"),
    ] {
        assert_eq!(number(&mut tx, sql).await, 0, "{what}");
    }
    assert!(number(&mut tx, "select count(*) as n from decision where status = 'in_force'").await > 0);
    drop(tx);
    db.close().await;
    // What leaves for an agency is in the log of whoever sent it: both worked.
    let (by_one, by_other) = (looks(&first), looks(&second));
    assert!(by_one > 0 && by_other > 0, "one did {by_one} and the other {by_other}");
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_do_everything_once() {
    on(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn two_workers_do_everything_once_on_postgresql() {
    if let Ok(server) = std::env::var("HEARTH_TEST_POSTGRES") {
        on(Some(server)).await;
    }
}
