//! `cargo xtask bench`: the measurements behind docs/performance.md, on this machine, both engines.

use crate::postgres;
use crate::run::{cargo, step};

/// Our columnar machine beside its peers, which are fetched from their registries, and with our own packs.
pub(crate) fn nation(options: &[&str]) -> Result<(), String> {
    let mut args = vec!["bench", "-p", "rules", "--bench", "nation", "--"];
    args.extend_from_slice(options);
    step("nation", &mut cargo(&args))?;
    step("packs", &mut cargo(&["bench", "-p", "catalogue", "--bench", "columns"]))?;
    step("whole run", &mut cargo(&["bench", "-p", "synth", "--bench", "whole"]))
}

/// Entitlements of the payment run, unless `--entitlements` says otherwise.
const ENTITLEMENTS: &str = "20000";

/// Builds in release and runs all benches; PostgreSQL is started for the run. The payment run is a small one unless `--entitlements`
/// names how many; other options go to the bench of the server.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let (entitlements, options) = entitlements(options)?;
    let server = postgres::start(postgres::Disk::Durable)?;
    step("rules", &mut cargo(&["bench", "-p", "rules", "--bench", "explain"]))?;
    let mut args = vec!["bench", "-p", "app", "--bench", "hearth", "--"];
    args.extend_from_slice(&options);
    step("hearth", cargo(&args).env("HEARTH_TEST_POSTGRES", &server.url))?;
    for engine in ["sqlite", "postgres"] {
        let args = ["bench", "-p", "payment", "--bench", "run", "--", entitlements, engine];
        let name = format!("payment run of {entitlements}, {engine}");
        step(&name, cargo(&args).env("HEARTH_TEST_POSTGRES", &server.url))?;
    }
    Ok(())
}

/// How many entitlements are paid, and the options that are left.
fn entitlements<'a>(options: &[&'a str]) -> Result<(&'a str, Vec<&'a str>), String> {
    let Some(at) = options.iter().position(|option| *option == "--entitlements") else {
        return Ok((ENTITLEMENTS, options.to_vec()));
    };
    let count = options.get(at + 1).copied().filter(|count| count.parse::<usize>().is_ok_and(|n| n > 0));
    let count = count.ok_or("--entitlements: expected a whole number, such as 1000000")?;
    let others = options.iter().enumerate().filter(|(n, _)| *n != at && *n != at + 1);
    Ok((count, others.map(|(_, option)| *option).collect()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_of_entitlements_is_taken_out_of_the_options() {
        assert_eq!(entitlements(&["--only", "pages"]), Ok((ENTITLEMENTS, vec!["--only", "pages"])));
        let all = ["--only", "pages", "--entitlements", "1000000", "--rounds", "3"];
        assert_eq!(entitlements(&all), Ok(("1000000", vec!["--only", "pages", "--rounds", "3"])));
        for wrong in [&["--entitlements"][..], &["--entitlements", "many"], &["--entitlements", "0"]] {
            assert!(entitlements(wrong).is_err(), "{wrong:?}");
        }
    }
}
