//! The whole drill, on both engines: a copy is made while the server runs, a file goes to the bank after it, the database is
//! damaged and put back, the log is verified, the bank's file is adopted, and nothing of it is paid a second time.

use std::path::Path;
use std::process::{Command, Output};

use app::config::Config;
use app::demo;
use app::runtime::Runtime;
use guard::Who;
use payment::model::Form;
use payment::run::{self, Payer};
use payment::{Calendar, ledger};
use store::{Db, transact};

use crate::flow::{Show, pay_date};
use crate::harness::server::binary;

/// The installation as the commands find it.
struct At<'a> {
    data: &'a Path,
    pack: &'a Path,
    database: &'a str,
}

fn hearth(at: &At<'_>, words: &[&str]) -> Output {
    let mut command = Command::new(binary());
    command.args(words).env("HEARTH_DATA", at.data).env("HEARTH_PACK", at.pack).env("HEARTH_DATABASE", at.database);
    command.output().expect("the binary")
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn fine(output: &Output) -> String {
    assert!(output.status.success(), "{}", said(output));
    said(output)
}

/// Server and schema of a PostgreSQL address; `None`: it is SQLite.
fn schema(database: &str) -> Option<(&str, &str)> {
    database.split_once("?options[search_path]=")
}

fn tool(name: &str, words: &[String]) {
    let done = Command::new(name).args(words).output().unwrap_or_else(|e| panic!("{name}: {e}"));
    assert!(done.status.success(), "{name}: {}", said(&done));
}

/// The disk loses what the database was.
async fn damage(at: &At<'_>) {
    match schema(at.database) {
        None => {
            let file = at.data.join("hearth.sqlite");
            let length = std::fs::metadata(&file).unwrap().len();
            std::fs::write(&file, vec![0x5a; usize::try_from(length).unwrap()]).unwrap();
            for side in ["-wal", "-shm"] {
                let _ = std::fs::remove_file(at.data.join(format!("hearth.sqlite{side}")));
            }
        }
        Some((server, schema)) => {
            let db = Db::open(server).await.unwrap();
            let sql: &'static str = format!("drop schema {schema} cascade").leak();
            transact!(db, store::StoreError, |tx| tx.execute(sql, &[]).await).unwrap();
            db.close().await;
        }
    }
}

/// The next run of vouchers, prepared: how many lines it pays, and its sum.
async fn prepared(runtime: &Runtime, first: &Who) -> (u32, i64) {
    let state = &runtime.state;
    let pack = state.packs.current();
    let calendar = Calendar { holidays: pack.holidays() };
    let desk = payment::Desk { keys: &runtime.keys, ids: &*state.ids, now: state.now(), today: state.today() };
    let pay_date = pay_date(state.today(), &calendar);
    let input = run::Input { pay_date, agency: None, form: Form::Voucher, currency: kernel::Currency::KRW };
    let id = transact!(state.db, run::Fault, |tx| run::open(tx, &desk, first.account, &calendar, &input).await);
    let run = run::prepare(&state.db, &desk, &calendar, id.unwrap()).await.unwrap();
    (run.lines, run.minor)
}

/// Two officials sign and release what was adopted; gives what the ledger says was sent.
async fn released(runtime: &Runtime, (first, second): (&Who, &Who)) -> i64 {
    let state = &runtime.state;
    let desk = payment::Desk { keys: &runtime.keys, ids: &*state.ids, now: state.now(), today: state.today() };
    let mut tx = state.db.read().await.unwrap();
    let runs = run::list(&mut tx, run::Older::NEWEST, 10).await.unwrap();
    drop(tx);
    let [adopted] = runs.as_slice() else { panic!("one run was adopted: {runs:?}") };
    let payer = Payer { name: "City".into(), account: "1234567890".into(), bank: "004".into() };
    let (id, revision) = (adopted.id, adopted.revision);
    transact!(state.db, run::Fault, |tx| run::sign(tx, &desk, first, id, revision).await).unwrap();
    transact!(state.db, run::Fault, |tx| run::release(tx, &desk, second, id, revision, &payer).await).unwrap();
    let mut tx = state.db.read().await.unwrap();
    let report = ledger::check::check(&mut tx).await.unwrap();
    assert_eq!(report.faults, Vec::<String>::new());
    report.sent
}

async fn drill(postgres: Option<String>) {
    let show = Show::open(postgres).await;
    show.accept("mother-2", "first_meeting").await;
    show.until("select 1 as one from entitlement where programme = 'first_meeting'", &[]).await;
    let (first, second, third) = (show.who("finance").await, show.who("finance-2").await, show.who("approver").await);
    let (database, issuer) = (show.runtime.config.database_url(), demo::issuer(&show.runtime.config));
    let (data, pack) = (show.home.path().join("data"), show.home.path().join("pack"));
    let at = At { data: &data, pack: &pack, database: &database };
    // The copy, while the server runs.
    let copy = show.home.path().join("copy");
    let copied = fine(&hearth(&at, &["backup", &copy.display().to_string(), "--with-keys"]));
    assert!(copied.contains("The keys are in the copy"), "{copied}");
    let dump = copy.join("hearth.dump").display().to_string();
    if let Some((server, schema)) = schema(&database) {
        assert!(copied.contains("pg_dump --format=custom"), "{copied}");
        let words = ["--format=custom".to_owned(), format!("--file={dump}"), format!("--schema={schema}")];
        tool("pg_dump", &[words.as_slice(), &[server.to_owned()]].concat());
    }
    // After it a run is released and its file goes to the bank.
    let (lines, minor) = crate::flow::pay(&show, Form::Voucher).await;
    assert_eq!(lines, 1);
    let mut tx = show.runtime.state.db.read().await.unwrap();
    let run = run::list(&mut tx, run::Older::NEWEST, 1).await.unwrap().remove(0).id;
    drop(tx);
    let mut file = Vec::new();
    payment::bank::write(&show.runtime.state.db, &show.runtime.keys, run, &mut file).await.unwrap();
    let sent = show.home.path().join("sent.xml");
    std::fs::write(&sent, &file).unwrap();
    let home = show.close().await;

    damage(&at).await;
    assert!(!hearth(&at, &["parked", "list"]).status.success(), "the damage shows");

    // Put back into an empty data folder.
    let elsewhere = home.path().join("elsewhere");
    let file = format!("sqlite:{}", elsewhere.join("hearth.sqlite").display());
    let back = match schema(&database) {
        None => At { data: &elsewhere, pack: &pack, database: &file },
        Some((server, _)) => {
            tool("pg_restore", &[format!("--dbname={server}"), "--exit-on-error".to_owned(), dump]);
            At { data: &elsewhere, pack: &pack, database: &database }
        }
    };
    let restored = fine(&hearth(&back, &["restore", &copy.display().to_string()]));
    assert!(restored.contains("0 faults") && restored.contains("the root that was noted"), "{restored}");
    assert!(!restored.contains("0 entitlements"), "{restored}");
    fine(&hearth(&back, &["log", "verify", &elsewhere.join("log").display().to_string()]));

    // The bank has a file that the restored database never made.
    let adopt = ["payments", "adopt", &sent.display().to_string(), "--form", "voucher", "--issuer", &issuer];
    let refused = hearth(&back, &[adopt.as_slice(), &["--subject", "approver"]].concat());
    assert!(!refused.status.success(), "{third:?} answers for no payments: {}", said(&refused));
    let adopted = fine(&hearth(&back, &[adopt.as_slice(), &["--subject", "finance"]].concat()));
    assert!(adopted.contains("1 payments"), "{adopted}");
    let twice = hearth(&back, &[adopt.as_slice(), &["--subject", "finance"]].concat());
    assert!(!twice.status.success(), "adopted once: {}", said(&twice));

    let config =
        Config { database: back.database.to_owned(), data: elsewhere.clone(), pack: pack.clone(), ..Config::default() };
    let runtime = Runtime::open(config).await.unwrap();
    // Who adopted it answers for it; two others sign and release.
    let signer = Who { account: kernel::AccountId::new(&*runtime.state.ids, runtime.state.now()), ..second.clone() };
    assert_eq!(released(&runtime, (&signer, &second)).await, minor, "the ledger has what the bank was told");
    let (again, _) = prepared(&runtime, &first).await;
    assert_eq!(again, 0, "what the bank has is not paid a second time");
    runtime.state.db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_installation_is_put_back_and_pays_nothing_twice() {
    drill(None).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_installation_on_postgresql_is_put_back_and_pays_nothing_twice() {
    if let Ok(server) = std::env::var("HEARTH_TEST_POSTGRES") {
        drill(Some(server)).await;
    }
}
