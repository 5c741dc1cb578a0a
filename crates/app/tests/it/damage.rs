//! Files of an installation that are damaged or gone: the server says which, and does not start.

use std::path::Path;
use std::process::{Command, Output};

use crate::harness::server::{Server, binary};
use crate::harness::town::Place;
use crate::requests::birth;

/// An installation with a birth in its log.
async fn installation() -> Place {
    let place = Place::settle(8, None).await;
    let server = Server::start(&place).await;
    assert_eq!(birth(&place, 0, 100, "the-only-one").await.unwrap().status, 201);
    server.kill().await;
    place
}

/// `hearth serve`, which must refuse by itself; killed after a while if it does not.
fn serve(place: &Place) -> Output {
    Command::new("timeout")
        .args(["--signal=KILL", "60"])
        .arg(binary())
        .arg("serve")
        .env("HEARTH_DATA", place.data())
        .env("HEARTH_PACK", place.pack())
        .env("HEARTH_DATABASE", &place.database)
        .env("HEARTH_LISTEN", format!("127.0.0.1:{}", place.port))
        .output()
        .unwrap()
}

/// It ended with an error in words that hold all of these.
fn assert_refused(out: &Output, words: &[&str]) {
    let said = String::from_utf8_lossy(&out.stderr);
    assert_eq!(out.status.code(), Some(1), "{said}");
    assert!(!said.contains("panicked"), "{said}");
    for word in words {
        assert!(said.contains(word), "expected {word:?} in: {said}");
    }
}

/// The file with this ending in the folder.
fn find(folder: &Path, ending: &str) -> std::path::PathBuf {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut found: Vec<_> =
        entries.map(|e| e.unwrap().path()).filter(|p| p.to_string_lossy().ends_with(ending)).collect();
    found.sort();
    found.into_iter().next().expect("a file of that ending")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_damaged_or_missing_key_is_named_and_nothing_starts() {
    let place = installation().await;
    let key = place.data().join("keys").join("root.key");
    let good = std::fs::read(&key).unwrap();
    std::fs::write(&key, &good[..good.len() / 2]).unwrap();
    assert_refused(&serve(&place), &["root.key", "damaged"]);
    std::fs::write(&key, vec![0; good.len()]).unwrap();
    assert_refused(&serve(&place), &[]);
    std::fs::remove_file(&key).unwrap();
    assert_refused(&serve(&place), &["key"]);
    assert!(!key.exists(), "a new root key was made over data that only the old one reads");
    std::fs::write(&key, &good).unwrap();
    Command::new("chmod").arg("600").arg(&key).status().unwrap();
    Server::start(&place).await.kill().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shortened_log_is_named_and_nothing_starts() {
    let place = installation().await;
    let years = place.data().join("log");
    let year = std::fs::read_dir(&years).unwrap().map(|e| e.unwrap().path()).find(|p| p.is_dir()).unwrap();
    let segment = find(&year, ".seg");
    let good = std::fs::read(&segment).unwrap();
    std::fs::write(&segment, &good[..good.len() - 40]).unwrap();
    assert_refused(&serve(&place), &["log"]);
    let verify = Command::new(binary()).args(["log", "verify"]).arg(&years).output().unwrap();
    assert!(!verify.status.success(), "verify took a shortened log for whole");
    std::fs::write(&segment, &good).unwrap();
    let verify = Command::new(binary()).args(["log", "verify"]).arg(&years).output().unwrap();
    assert!(verify.status.success(), "{}", String::from_utf8_lossy(&verify.stderr));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_or_faulty_pack_is_named_and_nothing_starts() {
    let place = installation().await;
    std::fs::write(place.pack().join("pack.toml"), "id = 3\n").unwrap();
    assert_refused(&serve(&place), &["pack.toml"]);
    std::fs::remove_dir_all(place.pack()).unwrap();
    assert_refused(&serve(&place), &["pack"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_none_is_said() {
    let place = installation().await;
    let path = place.database.trim_start_matches("sqlite:").to_owned();
    std::fs::remove_file(format!("{path}-wal")).ok();
    std::fs::write(&path, "this is no database, however long the text may be ".repeat(200)).unwrap();
    assert_refused(&serve(&place), &["database"]);
}
