//! A scheduler and an executor: Ballista's, with our operator.

use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;

use ballista_core::config::TaskSchedulingPolicy;
use ballista_executor::executor_process::{ExecutorProcessConfig, start_executor_process};
use ballista_scheduler::cluster::BallistaCluster;
use ballista_scheduler::config::{SchedulerConfig, TaskDistributionPolicy};
use ballista_scheduler::scheduler_process::start_server;
use tokio::runtime::Runtime;

use crate::ClusterError;
use crate::operator::Codec;

/// Seconds between two signs of life of an executor.
const BEAT: u64 = 2;
/// Seconds after which an executor without a sign of life is lost, and its work is given to others.
const LOST: u64 = 10;
/// Bytes of the stack of a thread: plans are recursive, and debug builds take much.
const STACK: usize = 32 << 20;
/// Bytes of the largest message: a program with its pack.
const MESSAGE: u32 = 64 << 20;

/// Where a scheduler listens.
#[derive(Clone, Copy, Debug)]
pub struct SchedulerAt {
    /// Address and port.
    pub listen: SocketAddr,
}

/// Where an executor listens, and for whom it works.
#[derive(Clone, Debug)]
pub struct ExecutorAt {
    /// The scheduler.
    pub scheduler: SocketAddr,
    /// Where it listens, and where the others find it.
    pub host: IpAddr,
    /// How many parts it works on at once.
    pub threads: usize,
}

/// Runs a scheduler until it is told to stop.
pub fn scheduler(at: SchedulerAt) -> Result<(), ClusterError> {
    let config = Arc::new(SchedulerConfig {
        external_host: at.listen.ip().to_string(),
        bind_host: at.listen.ip().to_string(),
        bind_port: at.listen.port(),
        scheduling_policy: TaskSchedulingPolicy::PushStaged,
        task_distribution: TaskDistributionPolicy::RoundRobin,
        executor_timeout_seconds: LOST,
        expire_dead_executor_interval_seconds: BEAT,
        no_executors_grace_period_seconds: 2 * LOST,
        grpc_server_max_decoding_message_size: MESSAGE,
        grpc_server_max_encoding_message_size: MESSAGE,
        grpc_client_max_message_size: MESSAGE,
        override_physical_codec: Some(Arc::new(Codec::default())),
        ..SchedulerConfig::default()
    });
    runtime()?.block_on(async {
        let cluster = BallistaCluster::new_from_config(&config).await.map_err(machine)?;
        tokio::select! {
            ended = start_server(cluster, at.listen, config.clone()) => ended.map_err(machine),
            _ = tokio::signal::ctrl_c() => Ok(()),
        }
    })
}

/// Runs an executor until it is told to stop.
pub fn executor(at: &ExecutorAt) -> Result<(), ClusterError> {
    // What it has worked out and nobody has fetched; gone when it ends.
    let work = tempfile::tempdir().map_err(|e| ClusterError::Machine(e.to_string()))?;
    let config = ExecutorProcessConfig {
        bind_host: at.host.to_string(),
        external_host: Some(at.host.to_string()),
        port: free_port(at.host)?,
        grpc_port: free_port(at.host)?,
        scheduler_host: at.scheduler.ip().to_string(),
        scheduler_port: at.scheduler.port(),
        scheduler_connect_timeout_seconds: 30,
        vcores: at.threads.max(1),
        task_scheduling_policy: TaskSchedulingPolicy::PushStaged,
        work_dir: Some(work.path().display().to_string()),
        executor_heartbeat_interval_seconds: BEAT,
        grpc_max_decoding_message_size: MESSAGE,
        grpc_max_encoding_message_size: MESSAGE,
        override_physical_codec: Some(Arc::new(Codec::default())),
        ..ExecutorProcessConfig::default()
    };
    runtime()?.block_on(start_executor_process(Arc::new(config))).map_err(machine)
}

/// A port on which nobody listens now.
pub fn free_port(host: IpAddr) -> Result<u16, ClusterError> {
    let listener = TcpListener::bind((host, 0)).and_then(|l| l.local_addr());
    listener.map(|a| a.port()).map_err(|e| ClusterError::Machine(format!("{host}: no port is free ({e})")))
}

pub(crate) fn runtime() -> Result<Runtime, ClusterError> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().thread_stack_size(STACK).build();
    runtime.map_err(|e| ClusterError::Machine(e.to_string()))
}

fn machine(e: ballista_core::error::BallistaError) -> ClusterError {
    ClusterError::Machine(e.to_string())
}
