//! The rules of the house that neither the compiler nor clippy holds.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{output, root};

/// The rooms in the order in which data flows, each with the rooms it may build on. Any other arrow is a fault.
const ARROWS: &[(&str, &[&str])] = &[
    ("kernel", &[]),
    ("store", &["kernel"]),
    ("rules", &["kernel"]),
    ("dmn", &[]),
    ("text", &["kernel"]),
    ("guard", &["kernel", "store"]),
    ("registry", &["kernel", "store", "guard"]),
    ("catalogue", &["kernel", "rules", "dmn", "text"]),
    ("casework", &["kernel", "store", "rules", "text", "guard", "registry", "catalogue"]),
    ("payment", &["kernel", "store", "guard", "registry", "catalogue"]),
    ("population", &["kernel", "store", "rules", "guard", "registry", "catalogue", "casework", "payment"]),
    ("cluster", &["catalogue", "population"]),
    ("synth", &["kernel", "rules", "catalogue", "population"]),
    ("exchange", &["kernel", "store", "guard"]),
    ("visit", &["kernel", "store", "text", "guard", "registry", "catalogue"]),
    ("referral", &["kernel", "store", "guard", "registry", "catalogue"]),
    ("survey", &["kernel", "store", "guard", "registry", "catalogue", "visit"]),
    ("evaluation", &["kernel", "store", "guard", "registry", "catalogue", "casework", "visit", "survey"]),
    ("indicator", &["kernel", "store", "rules", "catalogue", "visit", "referral"]),
    ("group", &["kernel", "store", "guard", "registry", "catalogue", "visit"]),
    ("workforce", &["kernel", "store", "guard", "registry", "catalogue", "visit", "referral"]),
    ("fhir", &["kernel", "guard", "registry", "catalogue", "visit", "referral", "indicator"]),
    (
        "web",
        &[
            "kernel",
            "store",
            "rules",
            "text",
            "guard",
            "registry",
            "catalogue",
            "casework",
            "payment",
            "population",
            "exchange",
            "visit",
            "referral",
            "survey",
            "evaluation",
            "indicator",
            "group",
            "workforce",
            "fhir",
        ],
    ),
    (
        "app",
        &[
            "kernel",
            "store",
            "rules",
            "dmn",
            "text",
            "guard",
            "registry",
            "catalogue",
            "casework",
            "payment",
            "population",
            "cluster",
            "synth",
            "exchange",
            "visit",
            "referral",
            "survey",
            "evaluation",
            "indicator",
            "group",
            "workforce",
            "web",
        ],
    ),
    // Named by dev-dependencies alone: the arrows of what is built do not lead here.
    ("testing", &["guard", "catalogue"]),
    ("xtask", &[]),
];

/// Lines past which a source file wants a split.
const LONGEST: usize = 620;

/// Words that must not stand in Rust code: content belongs into packs.
const CONTENT_WORDS: &[&str] =
    &["child_allowance", "parent_benefit", "first_meeting", "basic_pension", "livelihood_line"];

/// Checks everything; prints each fault with its place.
pub(crate) fn run() -> Result<(), String> {
    let files = tracked()?;
    let mut faults = Vec::new();
    arrows(&mut faults)?;
    for file in &files {
        let Ok(text) = std::fs::read_to_string(root().join(file)) else { continue };
        sizes(file, &text, &mut faults);
        words(file, &text, &mut faults);
    }
    for must in ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "LICENSE", ".ci/run"] {
        if !root().join(must).exists() {
            faults.push(format!("{must} is missing"));
        }
    }
    if faults.is_empty() {
        println!("tidy: {} files, no faults", files.len());
        Ok(())
    } else {
        Err(format!("tidy: {} faults\n{}", faults.len(), faults.join("\n")))
    }
}

fn tracked() -> Result<Vec<PathBuf>, String> {
    let list = output(Command::new("git").current_dir(root()).args([
        "ls-files",
        "--cached",
        "--others",
        "--exclude-standard",
    ]))?;
    Ok(list.lines().map(PathBuf::from).collect())
}

/// Reads each crate's normal dependencies on our own crates and holds them against [`ARROWS`].
fn arrows(faults: &mut Vec<String>) -> Result<(), String> {
    for dir in std::fs::read_dir(root().join("crates")).map_err(|e| e.to_string())?.flatten() {
        let name = dir.file_name().to_string_lossy().into_owned();
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == name) else {
            faults.push(format!(
                "crates/{name}: a room that xtask/src/tidy.rs does not know; give it its place in the flow"
            ));
            continue;
        };
        let manifest = std::fs::read_to_string(dir.path().join("Cargo.toml")).map_err(|e| format!("{name}: {e}"))?;
        let normal = manifest.split("[dependencies]").nth(1).unwrap_or("").split("\n[").next().unwrap_or("");
        for line in normal.lines() {
            let used = line.split(['.', ' ', '=']).next().unwrap_or("");
            if ARROWS.iter().any(|(room, _)| *room == used) && !allowed.contains(&used) {
                faults.push(format!("crates/{name}/Cargo.toml: {name} → {used} turns the flow back"));
            }
        }
    }
    Ok(())
}

fn sizes(file: &Path, text: &str, faults: &mut Vec<String>) {
    let lines = text.lines().count();
    let source = file.extension().is_some_and(|e| e == "rs" || e == "ts");
    if source && lines > LONGEST {
        faults
            .push(format!("{}: {lines} lines; split it by what its parts are about (limit {LONGEST})", file.display()));
    }
    if source && file.file_stem().is_some_and(|s| s == "utils" || s == "util" || s == "helpers") {
        faults.push(format!("{}: name it by what it holds", file.display()));
    }
}

fn words(file: &Path, text: &str, faults: &mut Vec<String>) {
    let name = file.display().to_string();
    // Samples of pages are compiled for tests alone.
    let product =
        name.starts_with("crates/") && name.contains("/src/") && !name.contains("/samples/") && name.ends_with(".rs");
    for (number, line) in text.lines().enumerate() {
        let place = format!("{name}:{}", number + 1);
        // Spelt in two parts, so that this very file passes.
        if [["/wor", "k/main"], ["/wor", "k/shared"], ["/roo", "t/"]].iter().any(|parts| line.contains(&parts.concat()))
        {
            faults.push(format!("{place}: a path of one machine"));
        }
        if name.ends_with("package-lock.json") && line.contains("\"resolved\"") {
            faults.push(format!("{place}: lock files carry no download addresses"));
        }
        if product {
            for word in CONTENT_WORDS.iter().filter(|w| line.contains(**w) && !line.trim_start().starts_with("//")) {
                faults.push(format!("{place}: «{word}» is content: it belongs into a pack, not into Rust"));
            }
            for word in ["todo!(", "unimplemented!("] {
                if line.contains(word) {
                    faults.push(format!("{place}: unfinished ({word}…))"));
                }
            }
        }
    }
}
