//! The population on many machines: one DataFusion operator that is the embedded run, carried by Ballista.
//!
//! The operator ([`operator`]) takes parts of a snapshot and gives back the files that a run makes of them. It carries the
//! program, as the files of the pack, and what the run is of ([`population::run::Identity`]); an executor that is another
//! version of Hearth, compiles another program or sees another snapshot refuses, and says so to whoever started the run.
//! Results come back as bytes and are put where the embedded run would have put them, so both are the same, byte by byte.
//!
//! Everything stands behind the feature `cluster`; functions at the edge are synchronous and not generic, so that nobody else
//! compiles the engine.

#[cfg(feature = "cluster")]
mod client;
#[cfg(feature = "cluster")]
mod machine;
#[cfg(feature = "cluster")]
pub mod operator;
#[cfg(feature = "cluster")]
mod wire;

#[cfg(feature = "cluster")]
pub use client::{run, run_as};
#[cfg(feature = "cluster")]
pub use machine::{ExecutorAt, SchedulerAt, executor, free_port, scheduler};

/// The version of Hearth: all machines of a cluster, and whoever asks them, have the same.
#[cfg(feature = "cluster")]
pub const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Why a cluster cannot work.
#[cfg(feature = "cluster")]
#[derive(Debug, thiserror::Error)]
pub enum ClusterError {
    /// The run itself.
    #[error(transparent)]
    Run(#[from] population::run::RunError),
    /// Nobody answers there, or nobody is ready.
    #[error("{address}: {why}; `hearth cluster start` starts a scheduler with executors")]
    NotReady {
        /// The scheduler.
        address: String,
        /// What is missing.
        why: String,
    },
    /// An executor would not do the same as this program.
    #[error("refused by an executor of {address}: {why}")]
    Refused {
        /// The scheduler.
        address: String,
        /// What differs, and what to do.
        why: String,
    },
    /// The engine gave up.
    #[error("{address}: {why}")]
    Engine {
        /// The scheduler.
        address: String,
        /// What it says.
        why: String,
    },
    /// A scheduler or executor cannot start, or had to stop.
    #[error("{0}")]
    Machine(String),
}
