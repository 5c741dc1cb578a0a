//! Kills the real server under load, again and again, and looks what is left: `crash KILLS sqlite|postgres [POSTGRES_URL]`.
//!
//! Each cycle: start `hearth serve`, ask again for what was answered before the kill and for what was never answered, let
//! clients register births and accept offers, which becomes questions to agencies that fail now and then, decisions and
//! entitlements; caseworkers settle, decide and sign, families speak before worse decisions and object, others review,
//! households move and children go abroad; finance officials prepare, sign and release runs, fetch the files and read what the
//! bank says; kill -9 after 20 to 400 ms of it, or somewhere inside an act. In between and at the end the database and the
//! disclosure log are held against what clients, officials, registers and the bank were told. Any difference is printed and the exit fails.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a harness ends at the first fault of its own and prints"
)]

mod agencies;
mod aim;
mod audit;
mod bank;
mod cases;
mod client;
mod deeds;
mod find;
#[path = "../../harness/mod.rs"]
mod harness;
mod money;
mod office;
mod staff;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use aim::Aim;
use client::Told;
use deeds::Deeds;
use harness::server::Server;
use harness::town::Place;
use office::Office;
use payment::model::Form;
use store::Db;

/// How many people live in the town: enough mothers that no family grows absurd. With 240 people 900 births made families
/// of a dozen children, and the work they left behind took longer than anybody waits for.
const PEOPLE: usize = 1_200;
/// Births registered at the same time.
const CLIENTS: usize = 4;
/// Everything is held against everything this often, in cycles.
const AUDIT_EVERY: usize = 25;
/// The most offers accepted before the first kill; a short run waits for fewer.
const BEFORE: usize = 60;
/// Where kills are meant to come, one cycle after the other; nothing: at any moment.
const AIMS: [Option<&str>; 16] = [
    Some("release"),
    None,
    Some("decide"),
    Some("bank return"),
    Some("sign"),
    Some("release"),
    Some("review"),
    Some("prepare"),
    Some("end hearing"),
    Some("release"),
    Some("object"),
    Some("bank return"),
    Some("settle"),
    Some("sign a run"),
    Some("move"),
    Some("bank file"),
];
/// A run of so many kills must have seen every kind of act that comes often.
const LONG: usize = 50;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (kills, postgres) = match words.as_slice() {
        [kills, "sqlite"] | [kills, "sqlite", _] => (kills.parse().ok(), None),
        [kills, "postgres", url] => (kills.parse().ok(), Some((*url).to_owned())),
        _ => (None, None),
    };
    let Some(kills) = kills else {
        eprintln!("expected: crash KILLS sqlite, or crash KILLS postgres URL");
        return ExitCode::from(2);
    };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let wrong = runtime.block_on(run(kills, postgres));
    for violation in &wrong {
        println!("VIOLATION: {violation}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// A first life that nobody cuts short: what is accepted becomes decisions and money, so that there is something to pay. Agencies
/// that fail and officials who are not there keep some of it back: more is accepted until something is due.
async fn settle_in(place: &Place, told: &Told, before: usize) -> Vec<String> {
    money::accounts(place).await;
    let server = Server::start(place).await;
    let mut wrong = Vec::new();
    for round in 1..=4 {
        let mut load = client::load(&server, told, CLIENTS, Duration::ZERO);
        while told.accepted() < before * round {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        load.shutdown().await;
        wrong.extend(told.wrong());
        wrong.extend(audit::drained(place).await);
        if money::due(place).await {
            break;
        }
    }
    server.kill().await;
    wrong
}

async fn run(kills: usize, postgres: Option<String>) -> Vec<String> {
    let place = Place::settle(PEOPLE, postgres).await;
    let _agencies = agencies::play(&place).await;
    let told = Told::new(&place);
    let aim = Aim::default();
    let office = Office::new(&place, &aim);
    let deeds = Deeds::new(&place, &aim).await;
    let mut wrong = Vec::new();
    let mut startups = Vec::new();
    let started = Instant::now();
    wrong.extend(settle_in(&place, &told, kills.clamp(20, BEFORE)).await);
    let mut form = Form::Voucher;
    let mut dice = fastrand::Rng::with_seed(20_261_121);
    for cycle in 1..=kills {
        let server = Server::start(&place).await;
        startups.push(server.took);
        client::ask_again(&server, &told).await;
        deeds::ask_again(&server, &deeds).await;
        let act = AIMS.get(cycle % AIMS.len()).copied().flatten();
        // When the kill is meant for an act of theirs the officials have the writer nearly to themselves: among many births they
        // would be long in getting there.
        let (clients, pause) = if act.is_some() { (1, Duration::from_millis(100)) } else { (CLIENTS, Duration::ZERO) };
        let load = client::load(&server, &told, clients, pause);
        aim.at(act).await;
        office.next(form);
        let paying = office::work(&server, &office);
        let working = deeds::work(&server, &place, &deeds).await;
        aim.until_kill(act, &mut dice).await;
        server.kill().await;
        deeds.over();
        load.join_all().await;
        paying.join_all().await;
        working.join_all().await;
        wrong.append(&mut told.wrong());
        wrong.append(&mut deeds.wrong());
        wrong.append(&mut office.wrong());
        let db = Db::open(&place.database).await.expect("the database");
        office::look(&db, &office).await;
        form = money::supply(&place, &db).await;
        db.close().await;
        if cycle % AUDIT_EVERY == 0 {
            // What the killed servers left lying becomes decisions and money before the next run is released.
            audit::leases_over(&place).await;
            let server = Server::start(&place).await;
            wrong.extend(audit::drained(&place).await);
            server.kill().await;
            wrong.extend(audit::whole(&place, &told).await);
            wrong.extend(office::hold(&place, &office).await);
            wrong.extend(cases::hold(&place, &deeds).await);
            let (seconds, cut) = (started.elapsed().as_secs(), aim.counts());
            println!("  {cycle} kills, {seconds} s: {}; {}; {}; {cut}", told.counts(), office.counts(), deeds.counts());
        }
        if wrong.len() > 20 {
            break;
        }
    }
    // Alive once more: what was asked for is answered in the end, and no work is left lying.
    audit::leases_over(&place).await;
    let server = Server::start(&place).await;
    client::ask_again(&server, &told).await;
    deeds::ask_again(&server, &deeds).await;
    wrong.append(&mut told.wrong());
    wrong.append(&mut deeds.wrong());
    let left = audit::drained(&place).await;
    wrong.extend(audit::trails(&server, &place, &told).await);
    server.kill().await;
    if left.is_empty() {
        wrong.extend(money::all_granted(&place).await);
    }
    wrong.extend(left);
    for form in [Form::Cash, Form::Voucher] {
        money::pay(&place, form).await;
    }
    wrong.extend(audit::whole(&place, &told).await);
    wrong.extend(office::hold(&place, &office).await);
    wrong.extend(cases::hold(&place, &deeds).await);
    if kills >= LONG {
        wrong.extend(cases::all_kinds(&deeds));
    }
    startups.sort();
    let middle = startups.get(startups.len() / 2).copied().unwrap_or_default();
    println!(
        "{kills} kills in {} s, start-up {} ms in the middle: {}; {}; {}; {}; {} violations",
        started.elapsed().as_secs(),
        middle.as_millis(),
        told.counts(),
        office.counts(),
        deeds.counts(),
        aim.counts(),
        wrong.len()
    );
    wrong
}
