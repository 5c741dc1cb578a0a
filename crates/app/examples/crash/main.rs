//! Kills the real server under load, again and again, and looks what is left: `crash KILLS sqlite|postgres [POSTGRES_URL]`.
//!
//! Each cycle: start `hearth serve`, ask again for what was answered before the kill and for what was never answered, let
//! clients register births and accept offers, which becomes questions to agencies that fail now and then, decisions and
//! entitlements, and finance officials prepare, sign and release runs and fetch the files, kill -9 after 20 to 400 ms of it. In between
//! and at the end the database and the disclosure log are held against what the clients were told. Any difference is printed and the
//! exit fails.
#![expect(
    clippy::expect_used,
    clippy::print_stdout,
    reason = "a harness ends at the first fault of its own and prints"
)]

mod agencies;
mod audit;
mod client;
#[path = "../../harness/mod.rs"]
mod harness;
mod money;
mod office;

use std::process::ExitCode;
use std::time::{Duration, Instant};

use client::Told;
use harness::server::Server;
use harness::town::Place;
use office::Office;
use payment::model::Form;

/// How many people live in the town: enough mothers that no family grows absurd. With 240 people 900 births made families
/// of a dozen children, and the work they left behind took longer than anybody waits for.
const PEOPLE: usize = 1_200;
/// Births registered at the same time.
const CLIENTS: usize = 4;
/// Everything is held against everything this often, in cycles.
const AUDIT_EVERY: usize = 25;
/// Whoever is to be paid and has no account gets one this often, in cycles.
const ACCOUNTS_EVERY: usize = 5;

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

async fn run(kills: usize, postgres: Option<String>) -> Vec<String> {
    let place = Place::settle(PEOPLE, postgres).await;
    let _agencies = agencies::play(&place).await;
    let told = Told::new(&place);
    let office = Office::new(&place);
    let mut wrong = Vec::new();
    let mut startups = Vec::new();
    let started = Instant::now();
    let mut dice = fastrand::Rng::with_seed(20_261_121);
    for cycle in 1..=kills {
        let server = Server::start(&place).await;
        startups.push(server.took);
        client::ask_again(&server, &told).await;
        // Every second time the officials have the writer nearly to themselves: among many births a run gets no further than
        // being prepared before the next kill.
        let load = client::load(&server, &told, if cycle % 2 == 0 { 1 } else { CLIENTS });
        let paying = office::work(&server, &office);
        tokio::time::sleep(Duration::from_millis(dice.u64(20..=400))).await;
        server.kill().await;
        load.join_all().await;
        paying.join_all().await;
        wrong.append(&mut told.wrong());
        wrong.append(&mut office.wrong());
        if cycle % ACCOUNTS_EVERY == 0 {
            // So that runs find somebody to pay.
            for form in [Form::Cash, Form::Voucher] {
                money::accounts(&place, form).await;
            }
        }
        if cycle % AUDIT_EVERY == 0 {
            // What the killed servers left lying becomes decisions and money before the next run is released.
            let server = Server::start(&place).await;
            wrong.extend(audit::drained(&place).await);
            server.kill().await;
            for form in [Form::Cash, Form::Voucher] {
                money::pay(&place, form).await;
            }
            wrong.extend(audit::whole(&place, &told).await);
            wrong.extend(office::hold(&place, &office).await);
            println!("  {cycle} kills, {} s: {}; {}", started.elapsed().as_secs(), told.counts(), office.counts());
        }
        if wrong.len() > 20 {
            break;
        }
    }
    // Alive once more: what was asked for is answered in the end, and no work is left lying.
    let server = Server::start(&place).await;
    client::ask_again(&server, &told).await;
    wrong.append(&mut told.wrong());
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
    startups.sort();
    let middle = startups.get(startups.len() / 2).copied().unwrap_or_default();
    println!(
        "{kills} kills in {} s, start-up {} ms in the middle: {}; {}; {} violations",
        started.elapsed().as_secs(),
        middle.as_millis(),
        told.counts(),
        office.counts(),
        wrong.len()
    );
    wrong
}
