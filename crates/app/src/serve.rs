//! `hearth serve`: the server, and the worker beside it where the configuration says so.

use std::future::Future;

use tokio::net::TcpListener;

use crate::runtime::Runtime;

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

/// Listens on the configured address. Separate from [`run`], so that a caller knows the address is ours before it tells anybody.
pub async fn listen(address: &str) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).await.map_err(|why| ServeError::Listen { address: address.to_owned(), why })
}

/// Serves until `stop` is done; open requests are answered first.
pub async fn run(
    runtime: &Runtime,
    listener: TcpListener,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let service = web::router(runtime.state.clone()).into_make_service_with_connect_info::<std::net::SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await.map_err(ServeError::Stopped)
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
