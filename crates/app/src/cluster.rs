//! `hearth cluster …`: the machines on which `hearth population run --cluster` works. Nobody signs in to them, so they listen
//! on loopback unless told otherwise.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::process::{Child, Command, ExitCode};

use ::cluster::{ExecutorAt, SchedulerAt};
use clap::Subcommand;

use crate::cli::Failure;

/// `hearth cluster …`
#[derive(Debug, Subcommand)]
pub(crate) enum ClusterCommand {
    /// A scheduler and executors on this machine, until Ctrl-C.
    Start {
        /// Where the scheduler listens.
        #[arg(long, default_value = "127.0.0.1:50050")]
        listen: SocketAddr,
        /// How many executors.
        #[arg(long, default_value_t = 2)]
        executors: usize,
        /// Parts that each works on at once.
        #[arg(long, default_value_t = 1)]
        threads: usize,
    },
    /// A scheduler alone.
    Scheduler {
        /// Where it listens.
        #[arg(long, default_value = "127.0.0.1:50050")]
        listen: SocketAddr,
    },
    /// An executor; it must see snapshots under the same path as whoever starts a run.
    Executor {
        /// The scheduler.
        #[arg(long, default_value = "127.0.0.1:50050")]
        scheduler: SocketAddr,
        /// Where it listens, and where the others find it.
        #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
        host: IpAddr,
        /// Parts that it works on at once; one a core when left out.
        #[arg(long)]
        threads: Option<usize>,
    },
}

/// Ends what was started, however this ends.
struct Children(Vec<Child>);

impl Drop for Children {
    fn drop(&mut self) {
        for child in &mut self.0 {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Does what was asked.
pub(crate) fn cluster(command: ClusterCommand) -> Result<ExitCode, Failure> {
    match command {
        ClusterCommand::Scheduler { listen } => ::cluster::scheduler(SchedulerAt { listen })?,
        ClusterCommand::Executor { scheduler, host, threads } => {
            let threads = threads.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, usize::from));
            ::cluster::executor(&ExecutorAt { scheduler, host, threads })?;
        }
        ClusterCommand::Start { listen, executors, threads } => {
            let mut children = Children(Vec::new());
            for _ in 0..executors {
                let mut executor = Command::new(std::env::current_exe()?);
                executor.args(["cluster", "executor", "--scheduler", &listen.to_string()]);
                executor.args(["--host", &listen.ip().to_string(), "--threads", &threads.to_string()]);
                children.0.push(executor.spawn()?);
            }
            println!(
                "a scheduler and {executors} executors; hearth population run SNAPSHOT --out RESULTS --cluster {listen}"
            );
            ::cluster::scheduler(SchedulerAt { listen })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}
