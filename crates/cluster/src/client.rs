//! A run on a cluster.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use ballista_core::config::BallistaConfig;
use ballista_core::execution_plans::execute_physical_plan;
use ballista_core::extension::SessionConfigExt;
use datafusion::arrow::array::RecordBatch;
use datafusion::datasource::memory::MemorySourceConfig;
use datafusion::error::Result as EngineResult;
use datafusion::prelude::SessionConfig;
use datafusion_proto::protobuf::PhysicalPlanNode;
use futures_util::StreamExt;
use population::run::{Done, Identity, Left, Opened, Order, Summary};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::operator::{Codec, PopulationExec, Ready, refused};
use crate::wire::{Arrived, Arriving, Program, ask, asked};
use crate::{ClusterError, VERSION, machine};

/// Parts of one job: what is done is here after each, and the executors keep no more than that.
const JOB: usize = 64;
/// Jobs that may fail, one after the other, without a part done.
const FRUITLESS: usize = 3;

/// Runs, or goes on with a run that stopped, on the cluster of the scheduler at `address` (`host:port`). The folder of the
/// results is the same, byte by byte, as that of the embedded run. `told` hears of every part that is done.
pub fn run(address: &str, order: &Order<'_>, told: &(dyn Fn(&Done) + Sync)) -> Result<Summary, ClusterError> {
    run_as(VERSION, &|_| {}, address, order, told)
}

/// The same as if by another version of Hearth, or of something else than it is (`of` changes what it says): to see that it is
/// refused.
pub fn run_as(
    version: &str,
    of: &dyn Fn(&mut Identity),
    address: &str,
    order: &Order<'_>,
    told: &(dyn Fn(&Done) + Sync),
) -> Result<Summary, ClusterError> {
    let runtime = machine::runtime()?;
    runtime.block_on(ready(address))?;
    let opened = Opened::open(order)?;
    let engine = |e: datafusion::error::DataFusionError| failed(address, &e.to_string());
    let mut identity = opened.identity().clone();
    of(&mut identity);
    let program = Arc::new(Program::new(version, &identity, order.pack).map_err(engine)?);
    let (mut unread, mut told_of) = (BTreeSet::new(), BTreeSet::new());
    let mut fruitless = 0;
    loop {
        let left: Vec<Left> = opened.left().into_iter().filter(|l| !unread.contains(&l.part)).take(JOB).collect();
        if left.is_empty() {
            break;
        }
        let mut here = |arrived| match arrived {
            Arrived::Made(made) => {
                opened.receive(&made)?;
                told(&made.done);
                told_of.insert(made.done.part);
                Ok(())
            }
            Arrived::Unread(part, why) => {
                tracing::warn!(part, why, "an executor cannot read this part; it is tried once more here");
                unread.insert(part);
                Ok(())
            }
        };
        let (came, ended) = runtime.block_on(job(address, &program, &left, &mut here));
        fruitless = if came > 0 { 0 } else { fruitless + 1 };
        match ended {
            Ok(()) if came > 0 => {}
            Ok(()) => return Err(failed(address, "the job ended without results")),
            // Somebody who refuses will do so again; who is lost may have company.
            Err(e @ (ClusterError::Refused { .. } | ClusterError::Run(_))) => return Err(e),
            Err(e) if fruitless >= FRUITLESS => return Err(e),
            Err(e) => tracing::warn!("{e}; what is left is asked for again"),
        }
    }
    let told_of = Mutex::new(told_of);
    let summary = opened.finish(&|done| {
        let mut told_of = told_of.lock().unwrap_or_else(PoisonError::into_inner);
        if told_of.insert(done.part.clone()) {
            told(done);
        }
    })?;
    Ok(summary)
}

/// One job: how many parts came, and how it ended.
async fn job(
    address: &str,
    program: &Arc<Program>,
    left: &[Left],
    here: &mut dyn FnMut(Arrived) -> Result<(), ClusterError>,
) -> (usize, Result<(), ClusterError>) {
    let mut came = 0;
    let ended = async {
        let engine = |e: datafusion::error::DataFusionError| failed(address, &e.to_string());
        let rows: EngineResult<Vec<Vec<RecordBatch>>> = left.iter().map(|l| Ok(vec![ask(l)?])).collect();
        let source = MemorySourceConfig::try_new_exec(&rows.map_err(engine)?, asked(), None).map_err(engine)?;
        let plan = Arc::new(PopulationExec::new(program.clone(), source, Arc::new(Ready::default())));
        let config = SessionConfig::new_with_ballista()
            .with_ballista_job_name("population")
            .with_ballista_grpc_client_max_message_size(64 << 20)
            // A part a task: what is lost with an executor is the part it was at.
            .set_str("ballista.scheduler.max_partitions_per_task", "1");
        let settings: BallistaConfig = config.ballista_config();
        let session = uuid::Uuid::now_v7().to_string();
        let url = format!("http://{address}");
        let codec = Codec::default();
        let submitted = execute_physical_plan::<PhysicalPlanNode>(url, &settings, plan, &codec, session, config);
        let mut stream = submitted.await.map_err(engine)?;
        let mut arriving = Arriving::default();
        while let Some(batch) = stream.next().await {
            for arrived in arriving.add(&batch.map_err(engine)?).map_err(engine)? {
                here(arrived)?;
                came += 1;
            }
        }
        Ok(())
    }
    .await;
    (came, ended)
}

/// Whether a scheduler listens there and has an executor: it says so in plain HTTP.
async fn ready(address: &str) -> Result<(), ClusterError> {
    let not = |why: String| ClusterError::NotReady { address: address.to_owned(), why };
    let asked = async {
        let mut stream = TcpStream::connect(address).await?;
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await?;
        let mut answer = Vec::new();
        stream.take(4096).read_to_end(&mut answer).await?;
        std::io::Result::Ok(String::from_utf8_lossy(&answer).into_owned())
    };
    let answer = tokio::time::timeout(Duration::from_secs(10), asked).await;
    let answer = answer.map_err(|_| not("no answer within 10 seconds".to_owned()))?;
    let answer = answer.map_err(|e| not(format!("no scheduler answers ({e})")))?;
    match answer.split(' ').nth(1) {
        Some("200") => Ok(()),
        Some("503") => Err(not("no executor has joined this scheduler".to_owned())),
        _ => Err(not("who answers there is no scheduler".to_owned())),
    }
}

fn failed(address: &str, why: &str) -> ClusterError {
    let address = address.to_owned();
    match refused(why) {
        Some(why) => ClusterError::Refused { address, why: why.to_owned() },
        None if why.contains("could not be prepared") => ClusterError::Refused {
            address,
            why: format!("it cannot read the operator: is it `hearth cluster executor` of version {VERSION}? ({why})"),
        },
        None => ClusterError::Engine { address, why: why.to_owned() },
    }
}
