//! Hostile values in every file the command line takes: an error that names the place, and never a panic.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::server::binary;
use crate::harness::town::Place;

fn pack() -> std::path::PathBuf {
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../packs/korea").into()
}

/// Texts that are no household, no table and no pack file, each bad in its own way.
fn bad() -> Vec<(&'static str, Vec<u8>)> {
    let mut dice = fastrand::Rng::with_seed(7);
    let random: Vec<u8> = std::iter::repeat_with(|| dice.u8(..)).take(40_000).collect();
    vec![
        ("random bytes", random),
        ("no bytes", Vec::new()),
        ("zeroes", vec![0; 10_000]),
        ("deep brackets", "[".repeat(200_000).into_bytes()),
        ("deep maps", "{a: ".repeat(50_000).into_bytes()),
        ("deep indents", (0..2_000).map(|n| format!("{}a:\n", " ".repeat(n))).collect::<String>().into_bytes()),
        ("one huge cell", format!("person,name\n1,{}", "x".repeat(8_000_000)).into_bytes()),
        ("many columns", "a,".repeat(200_000).into_bytes()),
        ("an open quote", b"reference,family\n\"never closed, and on and on\n1,2\n3,4\n".to_vec()),
        ("not UTF-8", b"household:\n  members: [{ id: \xff\xfe }]\n".to_vec()),
        ("a bomb of anchors", bomb().into_bytes()),
        ("numbers out of range", b"household:\n  facts: { rural: 99999999999999999999999999999999 }\n".to_vec()),
        ("dates that are none", b"household:\n  members: [{ id: a, facts: { birth_date: 2026-02-30 } }]\n".to_vec()),
        ("their own parent", b"household:\n  members: [{ id: a, parents: [a] }]\n".to_vec()),
    ]
}

/// Nine levels of ten references each: a thousand million when expanded.
fn bomb() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for n in 1..10 {
        let refs = vec![format!("*a{}", n - 1); 10].join(", ");
        text.push_str(&format!("a{n}: &a{n} [{refs}]\n"));
    }
    text.push_str("household: *a9\n");
    text
}

/// Runs `hearth` within a minute and a gigabyte of memory, so that a bomb shows as a failure and not as a sick machine.
fn hearth(args: &[&str], file: Option<&Path>, place: Option<&Place>) -> Output {
    let mut command = Command::new("prlimit");
    command.args(["--as=2147483648", "timeout", "60"]).arg(binary()).args(args);
    command.args(file);
    if let Some(place) = place {
        command
            .env("HEARTH_DATA", place.data())
            .env("HEARTH_PACK", place.pack())
            .env("HEARTH_DATABASE", &place.database);
    }
    command.output().unwrap()
}

/// A failure in words: exit 1 or 2, no panic, no abort, and the words name the file.
fn assert_told(what: &str, out: &Output, named: &str) {
    let said = format!("{}{}", String::from_utf8_lossy(&out.stdout), String::from_utf8_lossy(&out.stderr));
    let short: String = said.chars().take(600).collect();
    assert!(matches!(out.status.code(), Some(1 | 2)), "{what}: {:?}: {short}", out.status);
    assert!(!said.contains("panicked"), "{what}: {short}");
    assert!(said.contains(named), "{what}: nothing names {named}: {short}");
    assert!(said.len() < 2_000_000, "{what}: {} bytes of complaint", said.len());
}

#[test]
fn household_files() {
    let folder = tempfile::tempdir().unwrap();
    let pack = pack();
    for (what, bytes) in bad() {
        let file = folder.path().join("family.yaml");
        std::fs::write(&file, bytes).unwrap();
        let args = ["explain", "--pack", pack.to_str().unwrap(), "--on", "2026-11-21", "--household"];
        assert_told(what, &hearth(&args, Some(&file), None), "family.yaml");
    }
    let args = ["explain", "--pack", pack.to_str().unwrap(), "--on", "2026-11-21", "--household"];
    assert_told("a folder for a file", &hearth(&args, Some(folder.path()), None), "");
    assert_told("no such file", &hearth(&args, Some(&folder.path().join("nobody.yaml")), None), "nobody.yaml");
}

#[test]
fn pack_folders() {
    let files = ["pack.toml", "items.csv", "combinations.toml", "jurisdictions.csv"];
    for (number, (what, bytes)) in bad().into_iter().enumerate() {
        let folder = tempfile::tempdir().unwrap();
        let name = files[number % files.len()];
        for file in files {
            std::fs::copy(pack().join(file), folder.path().join(file)).unwrap();
        }
        std::fs::write(folder.path().join(name), bytes).unwrap();
        for command in ["check", "test"] {
            assert_told(&format!("{what} as {name}"), &hearth(&["pack", command], Some(folder.path()), None), name);
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn imported_files() {
    let place = Place::settle(4, None).await;
    let folder = tempfile::tempdir().unwrap();
    for table in ["persons", "households", "facts"] {
        for (what, bytes) in bad() {
            let file = folder.path().join("table.csv");
            std::fs::write(&file, bytes).unwrap();
            let out = hearth(&["import", table, "--source", "mois"], Some(&file), Some(&place));
            assert_told(&format!("{what} as {table}"), &out, "table.csv");
        }
    }
    // Nothing of it was taken in.
    let db = store::Db::open(&place.database).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let people: i64 = tx.one("select count(*) as n from person", &[]).await.unwrap().get("n").unwrap();
    assert_eq!(people, place.people);
}

#[test]
fn configuration_and_log_folders() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("hearth.toml");
    for (what, bytes) in bad() {
        if bytes.is_empty() {
            // An empty configuration is a good one: every key has a default.
            continue;
        }
        std::fs::write(&file, bytes).unwrap();
        assert_told(what, &hearth(&["serve", "--config"], Some(&file), None), "hearth.toml");
    }
    let log = folder.path().join("log");
    std::fs::create_dir_all(log.join("2026")).unwrap();
    for (what, bytes) in bad() {
        for name in ["vkey", "2026/000000.seg", "2026/acknowledged", "2026/checkpoints"] {
            std::fs::write(log.join(name), &bytes).unwrap();
        }
        assert_told(what, &hearth(&["log", "verify"], Some(&log), None), "");
    }
}
