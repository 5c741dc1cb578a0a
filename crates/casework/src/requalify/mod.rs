//! Everybody looked at again: ordered by one, approved by another, worked out where snapshots are made, and followed through
//! as ordinary casework.
//!
//! [`order`] is the order and what a run tells; [`act`] settles a group of findings at once, proposed by one official and signed
//! by a second; [`follow`] is what follows from one finding: nothing but another look at its case by [`crate::case::reopen`], so
//! that questions, hearing, decision and objection are those of every case, or an offer. [`back`] takes a run back. Nobody loses
//! anything by a finding: it only makes an office look.

pub mod act;
pub mod back;
mod follow;
pub mod model;
pub mod order;
pub mod rows;
pub mod view;

use store::{JobRow, Tx};

use crate::desk::Desk;
use crate::recompute::Fault;

/// Works on a leased job; says whether it was one for this place. The caller commits.
pub async fn work(tx: &mut Tx, desk: &Desk<'_>, job: &JobRow) -> Result<bool, Fault> {
    match job.kind.as_str() {
        act::CARRY_OUT => act::carry_out(tx, desk, &job.payload).await?,
        back::ROLL_BACK => back::carry_out(tx, desk, &job.payload).await?,
        _ => return Ok(false),
    }
    tx.job_done(job.id).await?;
    Ok(true)
}
