//! The operator, and how it goes over the wire.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use catalogue::Pack;
use datafusion::arrow::array::RecordBatch;
use datafusion::common::tree_node::TreeNodeRecursion;
use datafusion::error::{DataFusionError, Result};
use datafusion::execution::{SendableRecordBatchStream, TaskContext};
use datafusion::physical_expr::{EquivalenceProperties, PhysicalExpr};
use datafusion::physical_plan::execution_plan::{Boundedness, EmissionType};
use datafusion::physical_plan::stream::RecordBatchReceiverStreamBuilder;
use datafusion::physical_plan::{
    ChildrenPropertiesMode, DisplayAs, DisplayFormatType, ExecutionPlan, ExecutionPlanProperties, Partitioning,
    PlanProperties, ReplaceChildrenOptions,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use futures_util::StreamExt;
use population::run::{Identity, Left, RunError, Site};
use prost::Message;
use tokio::sync::mpsc::Sender;

use crate::VERSION;
use crate::wire::{Program, asked_of, given, pieces};

/// What an executor says when it would not do the same; between marks, for the engine wraps errors in much else.
pub(crate) fn refusal(why: &str) -> DataFusionError {
    DataFusionError::Execution(format!("⟦{why}⟧"))
}

/// The words between the marks.
pub(crate) fn refused(error: &str) -> Option<&str> {
    error.split_once('⟦')?.1.split_once('⟧').map(|(why, _)| why)
}

/// What an executor has ready: the last program it was asked for.
#[derive(Debug, Default)]
pub struct Ready(Mutex<Option<(String, Arc<Site>)>>);

impl Ready {
    /// The rules and the snapshot of a program, if they are here what they are for whoever asks.
    fn site(&self, program: &Program) -> Result<Arc<Site>> {
        // Held while it is made, so that tasks that begin together wait for one to make it.
        let mut ready = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if program.version != VERSION {
            return Err(refusal(&format!(
                "it is Hearth {VERSION}, the run was started by Hearth {}; install one version on all machines",
                program.version
            )));
        }
        if let Some((of, site)) = ready.as_ref().filter(|(of, _)| *of == program.identity) {
            tracing::debug!(identity = of, "ready");
            return Ok(site.clone());
        }
        let theirs: Identity = serde_json::from_str(&program.identity).map_err(|e| {
            refusal(&format!("it cannot read what the run is of ({e}); install one version on all machines"))
        })?;
        let loaded = Pack::from_files(program.files())
            .map_err(|faults| refusal(&format!("the pack that the run carries has {} faults here", faults.len())))?;
        let site = Site::open(loaded.pack, &theirs.snapshot, theirs.on).map_err(|e| refusal(&e.to_string()))?;
        same(site.identity(), &theirs).map_err(|why| refusal(&why))?;
        let site = Arc::new(site);
        *ready = Some((program.identity.clone(), site.clone()));
        Ok(site)
    }
}

/// Whether an executor would work out the same as whoever asks; else what differs.
fn same(ours: &Identity, theirs: &Identity) -> std::result::Result<(), String> {
    for (what, ours, theirs, then) in [
        ("pack has hash", &ours.pack, &theirs.pack, "it was changed on its way; start the run again"),
        ("program has hash", &ours.rules, &theirs.rules, "install one version of Hearth on all machines"),
        ("snapshot has hash", &ours.content, &theirs.content, "all machines must see one folder under this path"),
    ] {
        if ours != theirs {
            return Err(format!("its {what} {ours}, that of the run {theirs}; {then}"));
        }
    }
    Ok(())
}

/// Parts in, their results out: the embedded run's own work, carried by a plan.
#[derive(Debug)]
pub struct PopulationExec {
    program: Arc<Program>,
    parts: Arc<dyn ExecutionPlan>,
    ready: Arc<Ready>,
    properties: Arc<PlanProperties>,
}

impl PopulationExec {
    /// `parts` says, partition by partition, what is asked for. It has to be a source that Ballista knows how to cut: every
    /// task gets the plan with its own partitions, and of a leaf that it does not know it would give all of them to each.
    pub(crate) fn new(program: Arc<Program>, parts: Arc<dyn ExecutionPlan>, ready: Arc<Ready>) -> PopulationExec {
        let count = parts.output_partitioning().partition_count();
        // No order is declared, and none is relied upon.
        let properties = PlanProperties::new(
            EquivalenceProperties::new(given()),
            Partitioning::UnknownPartitioning(count),
            EmissionType::Incremental,
            Boundedness::Bounded,
        );
        PopulationExec { program, parts, ready, properties: Arc::new(properties) }
    }
}

impl DisplayAs for PopulationExec {
    fn fmt_as(&self, _: DisplayFormatType, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PopulationExec: Hearth {}", self.program.version)
    }
}

impl ExecutionPlan for PopulationExec {
    fn name(&self) -> &str {
        "PopulationExec"
    }

    fn properties(&self) -> &Arc<PlanProperties> {
        &self.properties
    }

    fn children(&self) -> Vec<&Arc<dyn ExecutionPlan>> {
        vec![&self.parts]
    }

    fn apply_expressions(
        &self,
        _: &mut dyn FnMut(&Arc<dyn PhysicalExpr>) -> Result<TreeNodeRecursion>,
    ) -> Result<TreeNodeRecursion> {
        Ok(TreeNodeRecursion::Continue)
    }

    fn replace_children(
        self: Arc<Self>,
        children: Vec<Arc<dyn ExecutionPlan>>,
        _: ReplaceChildrenOptions,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let [parts] = <[_; 1]>::try_from(children).map_err(|c| one_child(c.len()))?;
        Ok(Arc::new(PopulationExec::new(self.program.clone(), parts, self.ready.clone())))
    }

    fn with_new_children(self: Arc<Self>, children: Vec<Arc<dyn ExecutionPlan>>) -> Result<Arc<dyn ExecutionPlan>> {
        self.replace_children(children, ReplaceChildrenOptions::new(ChildrenPropertiesMode::Recompute))
    }

    fn execute(&self, partition: usize, context: Arc<TaskContext>) -> Result<SendableRecordBatchStream> {
        let mut asked = self.parts.execute(partition, context)?;
        let (program, ready) = (self.program.clone(), self.ready.clone());
        let mut builder = RecordBatchReceiverStreamBuilder::new(given(), 4);
        let to = builder.tx();
        builder.spawn(async move {
            while let Some(batch) = asked.next().await {
                for left in asked_of(&batch?)? {
                    let (program, ready, to) = (program.clone(), ready.clone(), to.clone());
                    let work = tokio::task::spawn_blocking(move || work(&ready, &program, &left, &to));
                    work.await.map_err(|e| DataFusionError::External(e.into()))??;
                }
            }
            Ok(())
        });
        Ok(builder.build())
    }
}

/// Works one part out and sends what came of it.
fn work(ready: &Ready, program: &Program, left: &Left, to: &Sender<Result<RecordBatch>>) -> Result<()> {
    let site = ready.site(program)?;
    let scratch = tempfile::tempdir()?;
    tracing::info!(part = left.part, "begun");
    let batches = match site.part(left, scratch.path()) {
        Ok(made) => {
            let note = serde_json::to_vec(&made.done).map_err(|e| DataFusionError::External(e.into()))?;
            let mut batches = pieces(&left.part, "note", &note)?;
            batches.extend(pieces(&left.part, "answers", &made.answers)?);
            batches.extend(pieces(&left.part, "findings", &made.findings)?);
            batches
        }
        // As in the embedded run, a part that cannot be read does not end the others.
        Err(RunError::Frame(e)) => pieces(&left.part, "unread", e.to_string().as_bytes())?,
        Err(e) => return Err(refusal(&e.to_string())),
    };
    tracing::info!(part = left.part, "done");
    for batch in batches {
        // Nobody listens any more: the task was given up.
        if to.blocking_send(Ok(batch)).is_err() {
            break;
        }
    }
    Ok(())
}

fn one_child(found: usize) -> DataFusionError {
    DataFusionError::Internal(format!("PopulationExec has one input, not {found}"))
}

/// Before the bytes of our operator; what begins otherwise is Ballista's.
const MARK: &[u8] = b"hearth:";

/// Reads and writes the operator; the rest is Ballista's.
#[derive(Debug, Default)]
pub struct Codec {
    theirs: BallistaPhysicalExtensionCodec,
    ready: Arc<Ready>,
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        let Some(ours) = bytes.strip_prefix(MARK) else {
            return self.theirs.try_decode(bytes, inputs, context, converter);
        };
        let program = Program::decode(ours).map_err(|e| DataFusionError::External(e.into()))?;
        let [parts] = inputs else { return Err(one_child(inputs.len())) };
        Ok(Arc::new(PopulationExec::new(Arc::new(program), parts.clone(), self.ready.clone())))
    }

    fn try_encode(
        &self,
        node: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        match node.downcast_ref::<PopulationExec>() {
            Some(ours) => {
                bytes.extend_from_slice(MARK);
                ours.program.encode(bytes).map_err(|e| DataFusionError::External(e.into()))
            }
            None => self.theirs.try_encode(node, bytes, converter),
        }
    }
}
