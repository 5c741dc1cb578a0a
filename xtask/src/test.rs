//! `cargo xtask test`: everything a change must pass, the cheapest first.

use std::path::PathBuf;
use std::process::Command;
use std::time::Instant;

use crate::run::{cargo, example, has, hearth, install, root, step, together};
use crate::{browser, fhir, postgres, schema, tidy};

/// How much of what can go on for ever is run.
struct Length {
    /// Kills of the server under load, by engine.
    kills: [(&'static str, &'static str); 2],
    /// Whole lives of the core, each from one seed.
    seeds: &'static str,
}

/// What a change must pass: 300 kills, a thousand seeds.
const WHOLE: Length = Length { kills: [("sqlite", "200"), ("postgres", "100")], seeds: "0..1000" };
/// While working, when nobody waits for the browser or the cluster either.
const SHORT: Length = Length { kills: [("sqlite", "4"), ("postgres", "4")], seeds: "0..40" };

/// What nobody needs who runs one machine, and must hold all the same.
const CLUSTER: &str = "app/cluster";

/// The variable from which property tests draw their cases.
const SEED: &str = "PROPTEST_RNG_SEED";

/// Runs all steps; the first that fails ends the run.
pub(crate) fn run(options: &[&str]) -> Result<(), String> {
    let (browser_too, length) = match options {
        [] => (true, WHOLE),
        ["--no-browser"] => (false, SHORT),
        other => return Err(format!("unknown option {other:?}: expected --no-browser or nothing")),
    };
    let start = Instant::now();
    tidy::run()?;
    step("format", &mut cargo(&["fmt", "--all", "--check"]))?;
    clippy(browser_too)?;
    let server = postgres::start(postgres::Disk::Careless)?;
    println!("── PostgreSQL at {}", server.url);
    // Bank files are held against the published XML schemas by a parser that is not ours.
    if !has("xmllint") {
        install(&["libxml2-utils"])?;
    }
    step("build", &mut cargo(&["build", "--quiet", "--workspace", "--all-targets"]))?;
    let plays = plays(&length, &server.url);
    if browser_too {
        tests(&server.url)?;
        cluster()?;
        // The longest, which mostly waits for a killed server to come back, beside all that needs no window.
        let (longest, others) = plays.into_iter().partition(|(name, _)| name.ends_with("sqlite"));
        together(longest, || {
            together(others, || Ok(()))?;
            documented()?;
            worked_cases()?;
            schema::run()?;
            browser::packages()?;
            fhir::run()
        })?;
        browser::run(&server.url)?;
    } else {
        // Whoever works waits: what mostly sleeps runs beside the tests, and the engine of many machines is left to the whole run.
        together(plays, || tests(&server.url))?;
        documented()?;
        worked_cases()?;
    }
    println!(
        "── all passed in {} s{}",
        start.elapsed().as_secs(),
        if browser_too { "" } else { " (without browser and cluster, few seeds and kills)" }
    );
    Ok(())
}

/// With the cluster too, where its code is to be held.
fn clippy(cluster: bool) -> Result<(), String> {
    let mut args = vec!["clippy", "--quiet", "--workspace", "--all-targets"];
    args.extend(cluster.then_some(["--features", CLUSTER]).into_iter().flatten());
    args.extend(["--", "-D", "warnings"]);
    step("clippy", &mut cargo(&args))
}

/// Lives of the core, planted bugs, and kills on both engines.
fn plays(length: &Length, postgres: &str) -> Vec<(String, Command)> {
    let played = |name: &str, program: &str, options: &[&str]| {
        let mut command = Command::new(example(program));
        command.args(options);
        (name.to_owned(), command)
    };
    let lives = format!("lives of the core from seeds {}", length.seeds);
    let mut plays = vec![
        played(&lives, "seeds", &["--seeds", length.seeds, "--threads", "2"]),
        played("planted bugs", "seeds", &["--bugs"]),
    ];
    for (engine, kills) in length.kills {
        plays.push(played(&format!("kill -9 under load, {engine}"), "crash", &[kills, engine, postgres]));
    }
    plays
}

/// The whole workspace, though only few rooms have such examples: for one package alone cargo chooses other features and builds
/// what stands under it once more.
fn documented() -> Result<(), String> {
    step("documented examples", &mut cargo(&["test", "--quiet", "--doc", "--workspace"]))
}

/// The packs are without a fault, and their worked cases come out as they say.
fn worked_cases() -> Result<(), String> {
    for pack in packs()? {
        for what in ["check", "test"] {
            let shown = pack.strip_prefix(root()).unwrap_or(&pack).display();
            step(&format!("pack {what} {shown}"), Command::new(hearth()).args(["pack", what]).arg(&pack))?;
        }
    }
    Ok(())
}

/// Every pack that comes with Hearth.
fn packs() -> Result<Vec<PathBuf>, String> {
    let folder = root().join("packs");
    let entries = std::fs::read_dir(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    let mut packs: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    packs.sort();
    Ok(packs)
}

/// Only the browser part.
pub(crate) fn pages() -> Result<(), String> {
    step("build", &mut cargo(&["build", "--quiet", "--workspace", "--bins"]))?;
    let server = postgres::start(postgres::Disk::Careless)?;
    browser::run(&server.url)
}

/// nextest where it is installed (one process a test, better reports), else cargo's own runner.
fn tests(postgres: &str) -> Result<(), String> {
    // Some tests wait for a clock or a partner: with as many at once as there are cores, a core waits with them.
    let many = (2 * std::thread::available_parallelism().map_or(1, usize::from)).to_string();
    let args: &[&str] = if has("cargo-nextest") {
        &[
            "nextest",
            "run",
            "--workspace",
            "--no-fail-fast",
            "--status-level",
            "fail",
            "--final-status-level",
            "slow",
            "--test-threads",
            &many,
        ]
    } else {
        &["test", "--quiet", "--workspace", "--lib", "--bins", "--examples", "--tests", "--no-fail-fast"]
    };
    let mut run = cargo(args);
    run.env("HEARTH_TEST_POSTGRES", postgres).env("HEARTH_PACK", root().join("packs/korea"));
    // The same generated cases for every change, so that a red run is the change's; set another to look for more.
    if std::env::var_os(SEED).is_none() {
        run.env(SEED, "20261121");
    }
    // Files of tests live in memory where there is such a folder: nothing here pulls the plug, and the disk is the slowest part.
    let memory = Memory::folder();
    // What earlier tests left there is not what this change sends.
    let _ = std::fs::remove_dir_all(fhir::folder());
    if let Some(memory) = &memory {
        run.env("TMPDIR", &memory.0);
    }
    step("tests", &mut run)?;
    drop(memory);
    Ok(())
}

/// The machines together, on the engine that a usual build leaves out.
fn cluster() -> Result<(), String> {
    // Features of the whole workspace, so that only what stands on that engine is built once more.
    step(
        "a cluster of processes",
        &mut cargo(&["test", "--quiet", "--workspace", "--features", CLUSTER, "--test", "cluster"]),
    )?;
    // The binary of the steps to come is the one without it.
    step("build", &mut cargo(&["build", "--quiet", "--workspace", "--bins"]))
}

/// A folder in memory for as long as it is held.
struct Memory(std::path::PathBuf);

impl Memory {
    fn folder() -> Option<Memory> {
        let path = std::path::Path::new("/dev/shm").join(format!("hearth-test-{}", std::process::id()));
        std::fs::create_dir(&path).ok().map(|()| Memory(path))
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
