//! The real binary, started and killed.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::{Duration, Instant};

use tokio::process::{Child, Command};

use super::http;
use super::town::Place;

/// A server that answers.
pub(crate) struct Server {
    child: Child,
    pub(crate) port: u16,
    /// From starting it to its first answer.
    pub(crate) took: Duration,
}

/// `hearth`, beside the folder in which this program lies.
pub(crate) fn binary() -> PathBuf {
    let here = std::env::current_exe().expect("our own path");
    let folder = here.parent().and_then(|examples| examples.parent()).expect("target/debug");
    folder.join("hearth")
}

impl Server {
    /// Starts it and waits until it answers.
    pub(crate) async fn start(place: &Place) -> Server {
        Server::over(place, &place.database).await
    }

    /// The same, reaching its database at another address.
    pub(crate) async fn over(place: &Place, database: &str) -> Server {
        let started = Instant::now();
        let log = std::fs::OpenOptions::new().create(true).append(true).open(place.home().join("server.log"));
        let log = log.expect("a file for what the server says");
        let listen = format!("127.0.0.1:{}", place.port);
        let config = place.config();
        let config = config.exists().then(|| [std::ffi::OsString::from("--config"), config.into_os_string()]);
        let mut child = Command::new(binary())
            .arg("serve")
            .args(config.into_iter().flatten())
            .env("HEARTH_DATA", place.data())
            .env("HEARTH_PACK", place.pack())
            .env("HEARTH_DATABASE", database)
            .env("HEARTH_PUBLIC_URL", format!("http://{listen}"))
            .env("HEARTH_LISTEN", listen)
            .stdout(Stdio::null())
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .expect("target/debug/hearth: cargo build first");
        // Its own number in its own data folder: what answers at the port could be another test's server.
        let number = child.id().map(|id| id.to_string()).unwrap_or_default();
        let ours = || std::fs::read_to_string(place.data().join("server.pid")).is_ok_and(|n| n == number);
        while !ours() || http::send(place.port, "GET", "/api/programmes", &[], "").await.is_none() {
            let ended = child.try_wait().expect("a child of ours");
            let log = place.home().join("server.log");
            assert!(ended.is_none(), "the server ended by itself ({ended:?}): {}", tail(&log));
            assert!(started.elapsed() < Duration::from_secs(60), "the server does not answer: {}", tail(&log));
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        Server { child, port: place.port, took: started.elapsed() }
    }

    /// kill -9, and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.expect("a child of ours");
    }
}

fn tail(path: &std::path::Path) -> String {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    let lines: Vec<&str> = text.lines().rev().take(5).collect();
    lines.into_iter().rev().collect::<Vec<_>>().join("\n")
}
