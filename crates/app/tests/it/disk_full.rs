//! The disk fills up under a running server and gets room again.

use std::path::{Path, PathBuf};
use std::process::Command;

use store::Db;

use crate::harness::server::Server;
use crate::harness::town::Place;
use crate::requests::{assert_problem, birth};

/// A small file system of its own, gone when dropped.
struct Small(PathBuf);

impl Small {
    /// `None` where this user may not mount.
    fn mount(at: PathBuf, megabytes: u32) -> Option<Small> {
        std::fs::create_dir_all(&at).unwrap();
        let size = format!("size={megabytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(&at).output();
        mounted.is_ok_and(|out| out.status.success()).then_some(Small(at))
    }
}

/// Set in the process that is the superuser of a name space of its own.
const WITHIN: &str = "HEARTH_TEST_WITHIN";

/// The test once more, where whoever runs it may mount: Linux lets everybody be the superuser of a name space of their own.
fn where_mounting_is_allowed(test: &str) {
    assert!(std::env::var_os(WITHIN).is_none(), "mount refuses a small file system even in a name space of its own");
    let again = Command::new("unshare")
        .args(["--map-root-user", "--mount"])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture"])
        .env(WITHIN, "1")
        .output()
        .expect("a full disk needs root or the program unshare (Debian: util-linux)");
    let said = format!("{}{}", String::from_utf8_lossy(&again.stdout), String::from_utf8_lossy(&again.stderr));
    assert!(
        again.status.success() && said.contains("1 passed"),
        "a full disk needs root, or name spaces for users (sysctl kernel.unprivileged_userns_clone=1): {said}"
    );
}

impl Drop for Small {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(&self.0).status();
    }
}

/// Takes all room there is, and says what to remove to give it back.
fn fill(folder: &Path) -> PathBuf {
    let path = folder.join("ballast");
    let mut file = std::fs::File::create(&path).unwrap();
    for size in [1 << 16, 1 << 12, 1] {
        let bytes = vec![0_u8; size];
        while std::io::Write::write_all(&mut file, &bytes).is_ok() {}
    }
    path
}

async fn births(place: &Place) -> (i64, i64) {
    let db = Db::open(&place.database).await.unwrap();
    let mut tx = db.read().await.unwrap();
    let events = tx.one("select count(*) as n from life_event", &[]).await.unwrap().get("n").unwrap();
    let people = tx.one("select count(*) as n from person", &[]).await.unwrap().get("n").unwrap();
    drop(tx);
    db.close().await;
    (events, people)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_refuses_clearly_keeps_everything_and_recovers() {
    let home = tempfile::tempdir().unwrap();
    let at = home.path().join("small");
    let Some(small) = Small::mount(at.clone(), 24) else {
        return where_mounting_is_allowed("disk_full::a_full_disk_refuses_clearly_keeps_everything_and_recovers");
    };
    let place = Place::settle_in(12, None, home, at.join("data")).await;
    let server = Server::start(&place).await;
    assert_eq!(birth(&place, 0, 200, "before-it").await.unwrap().status, 201);
    let ballast = fill(&at);
    for n in 0..3 {
        let key = format!("while-full-{n}");
        assert_problem(&birth(&place, 0, 100 - n, &key).await.expect("a full disk is answered"), 503);
    }
    std::fs::remove_file(ballast).unwrap();
    // The same keys again: nothing of them was done, and now it is, without a restart.
    for n in 0..3 {
        let key = format!("while-full-{n}");
        let answer = birth(&place, 0, 100 - n, &key).await.unwrap();
        assert_eq!(answer.status, 201, "{}", answer.body);
    }
    server.kill().await;
    assert_eq!(births(&place).await, (4, place.people + 4));
    guard::log::verify(&place.data().join("log"), &guard::log::Trust::default()).unwrap();
    drop(small);
}
