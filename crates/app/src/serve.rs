//! `hearth serve`: the server, and the worker beside it where the configuration says so.

use std::sync::Arc;

use tokio::net::TcpListener;
use tokio::sync::watch;

use crate::cli::Failure;
use crate::runtime::Runtime;
use crate::{operator, reload, site, work};

/// Why the server ended.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address is taken or not ours.
    #[error("cannot listen on {address}: {why}; choose another with HEARTH_LISTEN=127.0.0.1:PORT")]
    Listen {
        /// The address.
        address: String,
        /// What the system said.
        why: std::io::Error,
    },
    /// The network failed under us.
    #[error("the server stopped: {0}")]
    Stopped(std::io::Error),
}

/// Listens on the configured address. Separate from [`with_worker`], so that a caller knows the address is ours before it tells anybody.
pub async fn listen(address: &str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|why| ServeError::Listen { address: address.to_owned(), why })
}

/// Serves until asked to stop, with the worker beside it where the configuration says so. Open requests are answered and
/// the work at hand is finished first.
pub async fn with_worker(runtime: Arc<Runtime>, listener: TcpListener) -> Result<(), Failure> {
    let site = site::router(&runtime)?;
    let (stop, stopped) = watch::channel(false);
    let worker = runtime.config.worker.then(|| {
        let runtime = runtime.clone();
        tokio::spawn(async move { work::run(&runtime, stopped).await })
    });
    let reloads = tokio::spawn(reload::on_request(runtime.clone()));
    let tasks = tokio::spawn(operator::serve(runtime.clone()));
    let service = site.into_make_service_with_connect_info::<std::net::SocketAddr>();
    let served = axum::serve(listener, service).with_graceful_shutdown(asked_to_stop()).await;
    reloads.abort();
    tasks.abort();
    let _ = stop.send(true);
    if let Some(worker) = worker {
        let _ = worker.await;
    }
    runtime.state.db.close().await;
    Ok(served.map_err(ServeError::Stopped)?)
}

/// Done when the operator presses Ctrl-C or the system asks us to end.
pub async fn asked_to_stop() {
    let interrupt = async {
        let _ = tokio::signal::ctrl_c().await;
    };
    #[cfg(unix)]
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(_) => std::future::pending().await,
        }
    };
    #[cfg(not(unix))]
    let terminate = std::future::pending::<()>();
    tokio::select! { () = interrupt => {}, () = terminate => {} }
}
