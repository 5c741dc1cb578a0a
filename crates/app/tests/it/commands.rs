//! The commands that need no database, as somebody at a desk uses them: explaining a household, and a pack with a senseless condition.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::harness::server::binary;

fn pack() -> PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/korea").into()
}

/// Exit code, and what was printed.
fn hearth(args: &[&str]) -> (Option<i32>, String, String) {
    let out = Command::new(binary()).args(args).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (out.status.code(), text(&out.stdout), text(&out.stderr))
}

#[test]
fn a_household_is_explained_in_words_and_as_json() {
    let pack = pack();
    let family = pack.join("examples/couple.yaml");
    let args =
        ["explain", "--pack", pack.to_str().unwrap(), "--household", family.to_str().unwrap(), "--on", "2026-11-21"];
    let (code, words, faults) = hearth(&[&args[..], &["--lang", "en"]].concat());
    assert_eq!((code, faults.as_str()), (Some(0), ""), "{words}");
    for said in ["Child allowance", "아동수당법", "100,000"] {
        assert!(words.contains(said), "{said}: {words}");
    }
    let (code, json, faults) = hearth(&[&args[..], &["--json"]].concat());
    assert_eq!((code, faults.as_str()), (Some(0), ""), "{json}");
    let told: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert!(told.to_string().contains("child_allowance"), "{json}");
}

fn copied(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copied(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

#[test]
fn a_condition_that_can_never_hold_or_never_fail_is_found_with_file_and_line() {
    let folder = tempfile::tempdir().unwrap();
    copied(&pack(), folder.path());
    let file = folder.path().join("programmes/child_allowance.toml");
    let sound = std::fs::read_to_string(&file).unwrap();
    let before = "when = \"person.days_abroad < 90\"";
    let line = 1 + sound.lines().position(|line| line == before).expect("the condition");
    // The first is an error; the second a warning, for it pays whom it should.
    for (senseless, said, code) in
        [("person.days_abroad < 0", "can never hold", Some(1)), ("person.days_abroad >= 0", "can never fail", Some(0))]
    {
        std::fs::write(&file, sound.replacen(before, &format!("when = \"{senseless}\""), 1)).unwrap();
        let (exit, out, faults) = hearth(&["pack", "check", folder.path().to_str().unwrap()]);
        let told = format!("{out}{faults}");
        assert_eq!(exit, code, "{senseless}: {told}");
        assert!(told.contains(&format!("programmes/child_allowance.toml:{line}")), "{senseless}: {told}");
        assert!(told.contains(said), "{senseless}: {told}");
    }
}
