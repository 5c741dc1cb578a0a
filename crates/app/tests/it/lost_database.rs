//! The PostgreSQL server goes away and comes back, seen through a proxy that the test cuts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::net::{TcpListener, TcpStream};
use tokio::task::AbortHandle;

use crate::harness::server::Server;
use crate::harness::town::Place;
use crate::requests::{assert_problem, birth};

/// Passes bytes on while it is open.
struct Proxy {
    port: u16,
    open: Arc<AtomicBool>,
    passing: Arc<std::sync::Mutex<Vec<AbortHandle>>>,
}

impl Proxy {
    async fn before(server: String) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Proxy {
            port: listener.local_addr().unwrap().port(),
            open: Arc::new(AtomicBool::new(true)),
            passing: Arc::default(),
        };
        let (open, passing) = (proxy.open.clone(), proxy.passing.clone());
        tokio::spawn(async move {
            while let Ok((mut here, _)) = listener.accept().await {
                if !open.load(Ordering::SeqCst) {
                    continue;
                }
                let server = server.clone();
                let task = tokio::spawn(async move {
                    if let Ok(mut there) = TcpStream::connect(server).await {
                        let _ = tokio::io::copy_bidirectional(&mut here, &mut there).await;
                    }
                });
                passing.lock().unwrap().push(task.abort_handle());
            }
        });
        proxy
    }

    /// Breaks every connection, and each new one at once.
    fn cut(&self) {
        self.open.store(false, Ordering::SeqCst);
        self.passing.lock().unwrap().drain(..).for_each(|task| task.abort());
    }

    fn mend(&self) {
        self.open.store(true, Ordering::SeqCst);
    }
}

/// `host:port` of a database address.
fn address(url: &str) -> String {
    let after = url.split("://").nth(1).unwrap();
    let host = after.split('@').next_back().unwrap().split('/').next().unwrap();
    if host.contains(':') { host.to_owned() } else { format!("{host}:5432") }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_database_is_said_and_coming_back_needs_no_restart() {
    let Ok(url) = std::env::var(store::testing::POSTGRES) else {
        eprintln!("{} is not set: a lost database is not tested", store::testing::POSTGRES);
        return;
    };
    let place = Place::settle(12, Some(url.clone())).await;
    let proxy = Proxy::before(address(&url)).await;
    let through = place.database.replace(&address(&url), &format!("127.0.0.1:{}", proxy.port));
    let server = Server::over(&place, &through).await;
    assert_eq!(birth(&place, 0, 200, "before-it").await.unwrap().status, 201);
    proxy.cut();
    for n in 0..2 {
        let answer = birth(&place, 0, 100 - n, &format!("while-gone-{n}")).await.expect("a lost database is answered");
        assert_problem(&answer, 503);
    }
    proxy.mend();
    for n in 0..2 {
        // The driver may need a moment to see that its connections are dead.
        let mut status = 0;
        for _ in 0..40 {
            status = birth(&place, 0, 100 - n, &format!("while-gone-{n}")).await.unwrap().status;
            if status == 201 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        assert_eq!(status, 201, "not registered within ten seconds after the database came back");
    }
    server.kill().await;
}
