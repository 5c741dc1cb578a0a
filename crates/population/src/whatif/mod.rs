//! What if: a changed pack beside the one in force, over the same snapshot.
//!
//! Only programmes that say something else are run, those that read them among them, and those that combination rules tie
//! to them. Both sides run in columns; households in which a single result differs, and to which combination rules may
//! apply, are explained one by one under both packs, so that winners and losers are told after combination rules.
//! Everything is counted in whole numbers, part by part, so that nothing depends on the number of threads.
//!
//! [`Report`] is what may be shown: small groups are kept back ([`kernel::suppress`]) before anything leaves [`run`].

mod curve;
mod groups;
mod part;
mod poverty;
mod publish;
mod report;
mod side;
mod sums;
mod tables;
mod touched;

use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use catalogue::Pack;
use catalogue::model::measures::Measures;
use kernel::Date;

use crate::frame::{FrameError, Where};
use crate::run::RunError;
use groups::Groups;
use part::Worker;
use side::Side;
use sums::Sums;
use touched::Touched;

pub use curve::{Curve, Point};
pub use report::{Class, Group, Grouping, Named, Overlap, Poverty, Programme, Report, Small, Sum, Totals, Unclaimed};
pub use tables::csv;

/// Persons looked at together when those with two homes are sought: 256 MB.
const AT_ONCE: usize = 8 << 20;

/// What is asked.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// The snapshot.
    pub snapshot: &'a Path,
    /// The pack as it is.
    pub base: &'a Pack,
    /// The pack as it would be.
    pub changed: &'a Pack,
    /// The day asked about.
    pub on: Date,
    /// How many threads; each holds one part.
    pub threads: usize,
}

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum WhatIfError {
    /// The snapshot, or the rules over it.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The pack does not say by what a change is measured, nor how small a group may be told of.
    #[error(
        "the pack has no measures.toml: what a change is measured by, and from which size groups are told of, stands there"
    )]
    Unmeasured,
}

impl From<rules::columns::ColumnsError> for WhatIfError {
    fn from(e: rules::columns::ColumnsError) -> Self {
        WhatIfError::Frame(e.into())
    }
}

/// Runs both packs. `told` hears how many households are done.
pub fn run(order: &Order<'_>, told: &(dyn Fn(u64) + Sync)) -> Result<Report, WhatIfError> {
    let measures = order.base.measures().ok_or(WhatIfError::Unmeasured)?;
    let touched = Touched::of(order.base, order.changed);
    let base = Side::open(order, order.base, &touched, Some(measures))?;
    let changed = Side::open(order, order.changed, &touched, None)?;
    let groups = Groups::new(order.base, measures, base.reader().manifest());
    let homes = base.reader().two_homes(AT_ONCE)?;
    let job =
        Job { order, measures, touched: &touched, base: &base, changed: &changed, groups: &groups, homes: &homes };
    let (sums, failed) = all_parts(&job, told)?;
    Ok(publish::report(&job, sums, failed))
}

/// Everything that is the same for all parts.
struct Job<'a> {
    order: &'a Order<'a>,
    measures: &'a Measures,
    touched: &'a Touched,
    base: &'a Side<'a>,
    changed: &'a Side<'a>,
    groups: &'a Groups,
    homes: &'a [Vec<Where>],
}

/// The sums of all parts, and the parts that could not be read.
fn all_parts(job: &Job<'_>, told: &(dyn Fn(u64) + Sync)) -> Result<(Sums, Vec<String>), WhatIfError> {
    let parts = job.base.reader().manifest().parts.len();
    let next = AtomicUsize::new(0);
    let all: Mutex<(Sums, Vec<(usize, FrameError)>)> = Mutex::new((Sums::new(job.touched, job.groups), Vec::new()));
    let work = || {
        let mut worker = Worker::new(job);
        let mut failed = Vec::new();
        loop {
            let n = next.fetch_add(1, Ordering::Relaxed);
            if n >= parts {
                break;
            }
            // What a part that fails half-way has counted counts for nothing.
            let mut sums = Sums::new(job.touched, job.groups);
            match worker.part(n, &mut sums) {
                Ok(()) => {
                    told(sums.households);
                    worker.sums.add(sums);
                }
                Err(e) => failed.push((n, e)),
            }
        }
        if let Ok(mut all) = all.lock() {
            all.0.add(worker.sums);
            all.1.extend(failed);
        }
    };
    std::thread::scope(|scope| {
        let others: Vec<_> = (1..job.order.threads.max(1)).map(|_| scope.spawn(work)).collect();
        work();
        drop(others);
    });
    let (sums, mut failed) = all.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    failed.sort_by_key(|f| f.0);
    Ok((sums, failed.into_iter().map(|f| f.1.to_string()).collect()))
}

impl From<RunError> for WhatIfError {
    fn from(e: RunError) -> Self {
        match e {
            RunError::Frame(e) => WhatIfError::Frame(e),
            RunError::File { file, why } => WhatIfError::Frame(FrameError::File { file, why }),
            RunError::Foreign(file) => WhatIfError::Frame(FrameError::Taken(file)),
        }
    }
}
