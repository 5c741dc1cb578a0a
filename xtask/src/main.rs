//! `cargo xtask …`: what a developer and CI run. `cargo xtask help` lists it.

mod bench;
mod browser;
mod fhir;
mod postgres;
mod run;
mod schema;
mod test;
mod tidy;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask test                  everything a change must pass; sets up what it needs
cargo xtask test --no-browser     the same while working: without the browser, with few seeds and kills
cargo xtask tidy                  the rules of the house: arrows between rooms, file sizes, forbidden words
cargo xtask bench [--entitlements N]   the measurements of docs/performance.md; the payment run of N, 20,000 when left out
cargo xtask bench nation          rules over a nation beside OpenFisca, DuckDB and dsntk, fetched from their registries
cargo xtask pages                 the browser part of the tests alone, with screenshots in target/screens
cargo xtask postgres              starts a PostgreSQL for tests and prints its address; ends with Ctrl-C
";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = args.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["test", options @ ..] => test::run(options),
        ["tidy"] => tidy::run(),
        ["bench", "nation", options @ ..] => bench::nation(options),
        ["bench", options @ ..] => bench::run(options),
        ["pages"] => test::pages(),
        ["postgres"] => postgres::foreground(),
        [] | ["help" | "--help" | "-h"] => {
            print!("{HELP}");
            Ok(())
        }
        _ => Err(format!("unknown words: {}\n{HELP}", words.join(" "))),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("\nxtask: {why}");
            ExitCode::FAILURE
        }
    }
}
