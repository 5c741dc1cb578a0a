//! A server that plays agencies, for trainings, demonstrations and tests: real OAuth2, questions, orders and callbacks
//! over HTTP on loopback, for many agencies under one address (`/{agency}/…`), answering from what it is given and
//! behaving as well or as badly as it is told. All chance comes from one seed.

mod behaviour;
mod holdings;
mod local;
mod play;
mod push;
mod server;
mod state;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use kernel::{Clock, Date, Instant};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use zeroize::Zeroizing;

pub use behaviour::{Behaviour, Part, Scenario};
pub use holdings::{Held, HeldFact, Holdings, Register};
pub use state::Stats;

use crate::settings::AgencySettings;
use crate::signature::public_key_text;
use state::Shared;

/// How the simulation is set up.
#[derive(Clone)]
pub struct SimulationSettings {
    /// Where all chance comes from: tokens, keys, flaky links.
    pub seed: u64,
    /// The name clients sign in with.
    pub client_id: String,
    /// Their secret.
    pub client_secret: String,
    /// How long tokens live, in seconds of the simulation's clock.
    pub token_seconds: u32,
    /// What the agencies show when they push an answer, by agency: their bearer token at our side.
    pub callback_tokens: BTreeMap<String, String>,
}

impl std::fmt::Debug for SimulationSettings {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SimulationSettings(seed {}, client {})", self.seed, self.client_id)
    }
}

/// What can go wrong with the simulation.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// It would be reachable from elsewhere.
    #[error("simulated agencies listen on loopback alone, not on {0}: use 127.0.0.1 and a port")]
    NotLoopback(SocketAddr),
    /// The port cannot be had.
    #[error("simulated agencies cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A register's file is not as expected.
    #[error("register of a simulated agency: {0}")]
    Register(String),
}

/// Agencies played by one server.
#[derive(Clone)]
pub struct Simulation(Arc<Shared>);

impl Simulation {
    /// A simulation that answers from these holdings. Agencies are added by [`Simulation::behave`].
    pub fn new(settings: SimulationSettings, holdings: Arc<dyn Holdings>, clock: Arc<dyn Clock>) -> Self {
        Simulation(Arc::new(Shared::new(settings, holdings, clock)))
    }

    /// Adds an agency, or changes how it behaves from now on.
    pub fn behave(&self, agency: &str, behaviour: Behaviour) {
        self.0.role(agency, |role| {
            role.behaviour = behaviour;
            role.misses = 0;
        });
    }

    /// Changes how an agency behaves where one item is asked or one service ordered.
    pub fn behave_for(&self, agency: &str, item: &str, behaviour: Behaviour) {
        self.0.role(agency, |role| {
            role.items.insert(item.to_owned(), behaviour);
            role.misses = 0;
        });
    }

    /// Gives every agency of the scenario its part; others stay as they are.
    pub fn play(&self, scenario: Scenario) {
        for (agency, Part { behaviour, items }) in scenario.0 {
            self.0.role(&agency, |role| {
                (role.behaviour, role.items, role.misses) = (behaviour, items, 0);
            });
        }
    }

    /// What an agency has done so far.
    pub fn stats(&self, agency: &str) -> Stats {
        let mut stats = Stats::default();
        self.0.role(agency, |role| stats = role.stats.clone());
        stats
    }

    /// Makes every token given so far invalid, as a restarted agency would.
    pub fn revoke_tokens(&self) {
        self.0.state().tokens.clear();
    }

    /// The public key an agency signs with, as the configuration takes it.
    pub fn public_key(&self, agency: &str) -> String {
        public_key_text(&self.0.signing_key(agency))
    }

    /// The settings with which an exchange reaches an agency played at `address`, the secret being in `secret_file`.
    pub fn settings_for(&self, agency: &str, address: SocketAddr, secret_file: &Path) -> AgencySettings {
        let base = format!("http://{address}/{agency}");
        let token_url = format!("{base}/token");
        let mut settings = AgencySettings::new(base, token_url, &self.0.settings.client_id, secret_file);
        settings.public_key = Some(self.public_key(agency));
        settings
    }

    /// Starts the server; port 0 takes any free one.
    pub async fn serve(&self, listen: SocketAddr) -> Result<Running, SimulationError> {
        if !listen.ip().is_loopback() {
            return Err(SimulationError::NotLoopback(listen));
        }
        let failed = |source| SimulationError::Listen { address: listen, source };
        let listener = TcpListener::bind(listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let router = server::router(Arc::clone(&self.0));
        let task = tokio::spawn(async move {
            if let Err(e) = axum::serve(listener, router).await {
                tracing::error!(error = %e, "simulated agencies stopped");
            }
        });
        Ok(Running { address, task })
    }
}

/// A running server. Stops when dropped.
#[derive(Debug)]
pub struct Running {
    /// Where it listens.
    pub address: SocketAddr,
    task: JoinHandle<()>,
}

impl Running {
    /// Runs until the server ends by itself, which it does only when it fails.
    pub async fn wait(mut self) {
        // However it ended, it has ended.
        let _ = (&mut self.task).await;
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Bytes that look random and depend on the seed and what they are for.
fn drawn(seed: u64, purpose: &str, of: &str, n: u64) -> Zeroizing<[u8; 32]> {
    use sha2::{Digest, Sha256};
    let digest = Sha256::new()
        .chain_update(seed.to_be_bytes())
        .chain_update((purpose.len() as u64).to_be_bytes())
        .chain_update(purpose)
        .chain_update((of.len() as u64).to_be_bytes())
        .chain_update(of)
        .chain_update(n.to_be_bytes())
        .finalize();
    Zeroizing::new(digest.into())
}

/// A date some days on.
fn later(date: Date, days: i64) -> Date {
    Instant::start_of(date).plus_seconds(days.saturating_mul(86_400)).date(0)
}
