//! `cargo xtask bench`: the measurements behind docs/performance.md. Prints each as it is done, then a Markdown table.
//!
//! Options: `--only explain,birth,page,log,decide,worklist,changed,visits,indicators` and `--rounds N` (5). PostgreSQL is measured where `HEARTH_TEST_POSTGRES`
//! names a server. Everything runs in temporary folders; the two sides of a comparison take turns in one run.
#![expect(clippy::expect_used, clippy::print_stdout, reason = "a bench ends at the first fault and prints")]

mod birth;
mod changed;
mod decide;
mod explain;
mod indicators;
mod log;
mod page;
mod statements;
mod table;
mod town;
mod visits;
mod worklist;

use std::sync::Arc;

use table::Table;

/// What was asked for on the command line.
struct Options {
    only: Option<Vec<String>>,
    rounds: usize,
}

impl Options {
    fn read() -> Options {
        let mut options = Options { only: None, rounds: 5 };
        let mut words = std::env::args().skip(1);
        while let Some(word) = words.next() {
            match word.as_str() {
                "--only" => options.only = words.next().map(|w| w.split(',').map(str::to_owned).collect()),
                "--rounds" => options.rounds = words.next().and_then(|w| w.parse().ok()).expect("--rounds N"),
                // Cargo's own word for every bench.
                "--bench" => {}
                other => {
                    eprintln!(
                        "unknown option {other}: expected --only explain,birth,page,log,decide,worklist,changed,visits,indicators or --rounds N"
                    );
                    std::process::exit(2);
                }
            }
        }
        options
    }

    fn wants(&self, part: &str) -> bool {
        self.only.as_ref().is_none_or(|only| only.iter().any(|o| o == part))
    }
}

fn main() {
    let options = Options::read();
    statements::install();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    let mut table = Table::new();
    if options.wants("explain") {
        explain::run(&mut table, options.rounds);
    }
    runtime.block_on(async {
        if options.wants("log") {
            log::run(&mut table, options.rounds).await;
        }
        for (engine, url) in town::engines().await {
            if !["birth", "page", "decide", "worklist", "changed", "visits", "indicators"]
                .iter()
                .any(|part| options.wants(part))
            {
                continue;
            }
            let families = birth::families(options.rounds)
                + changed::families(options.rounds)
                + decide::families(options.rounds)
                + page::FAMILIES
                + visits::FAMILIES;
            let place = Arc::new(town::Place::settle(engine, url, families).await);
            if options.wants("page") {
                page::run(&mut table, &place, options.rounds).await;
            }
            if options.wants("birth") {
                birth::run(&mut table, &place, options.rounds).await;
            }
            if options.wants("decide") {
                decide::run(&mut table, &place, options.rounds).await;
            }
            if options.wants("changed") {
                changed::run(&mut table, &place, options.rounds).await;
            }
            if options.wants("worklist") {
                worklist::run(&mut table, &place, options.rounds).await;
            }
            if options.wants("visits") {
                visits::schedules(&mut table, &place, options.rounds);
                visits::run(&mut table, &place, options.rounds).await;
            }
            if options.wants("indicators") {
                let columns = indicators::alone(&mut table, &place, options.rounds);
                indicators::pages(&mut table, &place, &columns, options.rounds).await;
            }
        }
    });
    println!("\n{}", table.markdown());
}
