//! The work that waits: messages in the outbox and jobs. `hearth work` runs it alone, `hearth serve` beside the server.
//!
//! Any number of processes may work at the same time: a message is taken out in the transaction that holds its effect, a job
//! is leased and ended in the transaction that holds its effect. Calls to other agencies run beside each other and hold up
//! nothing else.

use std::sync::Arc;
use std::time::Duration;

use casework::Desk;
use casework::investigate::{answer, ask};
use kernel::{Instant, PersonId};
use population::scenario::compare;
use registry::{Origin, Pen};
use serde::{Deserialize, Serialize};
use store::{AsConflict, JobRow, Message, StoreError, Tx, transact};
use tokio::task::JoinSet;

use crate::runtime::Runtime;
use crate::{account, grant, order};

/// How long a worker may hold a job before another takes it: longer than the longest call to an agency.
const LEASE: Duration = Duration::from_secs(120);
/// How long to wait when there is nothing to do.
const PAUSE: Duration = Duration::from_millis(250);
/// How long to wait when the database does not answer.
const TROUBLE: Duration = Duration::from_secs(3);
/// How many calls to agencies run at the same time; each agency has its own smaller limit.
const CALLS: usize = 16;
/// How often questions whose time ran out are looked for, in seconds.
const ROUND: i64 = 60;
/// How many of them one transaction ends.
const OVERDUE: u32 = 100;

/// The job that looks for records that may be one human being.
const DOUBLES: &str = "registry.doubles";
/// Behind what a person waits for.
const PRIORITY: i32 = 60;

/// What was done when.
#[derive(Default)]
struct Done {
    day: Option<kernel::Date>,
    round: Option<Instant>,
}

/// Works until `stop` says so; the step at hand is finished first. A step that dies half-way leaves nothing behind and is
/// done again.
pub async fn run(runtime: &Arc<Runtime>, mut stop: tokio::sync::watch::Receiver<bool>) {
    let mut done = Done::default();
    let mut calls = JoinSet::new();
    while !*stop.borrow() {
        while calls.try_join_next().is_some() {}
        let pause = match round(runtime, &mut done, Some(&mut calls)).await {
            Ok(true) => continue,
            Ok(false) if calls.is_empty() && forward(runtime) => continue,
            Ok(false) => PAUSE,
            Err(error) => {
                tracing::error!(%error, "the worker could not go on; it tries again");
                TROUBLE
            }
        };
        tokio::select! {
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed() => {}
        }
    }
    while calls.join_next().await.is_some() {}
}

/// Takes a demonstration's clock a day on its way, when everything of the day before is done; `false`: it is where it was sent.
fn forward(runtime: &Runtime) -> bool {
    let step = runtime.state.config.travel.as_ref().map_or(Ok(false), |travel| travel.0.step());
    step.unwrap_or_else(|error| {
        tracing::error!(%error, "the demonstration's clock cannot be moved");
        false
    })
}

/// Does everything that is due now, one after the other, then returns: for tests and for filling a new installation.
pub async fn until_idle(runtime: &Arc<Runtime>) -> Result<(), StoreError> {
    let mut done = Done { day: Some(runtime.state.today()), round: None };
    while round(runtime, &mut done, None).await? {}
    Ok(())
}

/// One message or one job; says whether there was any.
async fn round(runtime: &Arc<Runtime>, done: &mut Done, calls: Option<&mut JoinSet<()>>) -> Result<bool, StoreError> {
    let state = &runtime.state;
    let (today, now) = (state.today(), state.now());
    let pack = state.packs.current();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now };
    if done.day != Some(today) {
        transact!(state.db, StoreError, |tx| {
            casework::later::queue_dates(tx, &desk).await?;
            casework::follow::remind::queue(tx, &desk).await?;
            referral::clocks::queue(tx, &crate::referrals::desk(&desk)).await?;
            survey::invite::queue(tx, &crate::surveys::desk(&desk)).await?;
            evaluation::report::queue(tx, &crate::surveys::desk(&desk)).await?;
            indicator::round::queue(tx, &crate::surveys::desk(&desk)).await?;
            let start = Doubles { after: None };
            tx.queue(&*state.ids, now, DOUBLES, &today.to_string(), PRIORITY, &start).await
        })?;
        done.day = Some(today);
    }
    if done.round.is_none_or(|last| now >= last.plus_seconds(ROUND) || now < last) {
        regular(runtime, &desk).await;
        done.round = Some(now);
    }
    if message(runtime).await? {
        return Ok(true);
    }
    job(runtime, calls).await
}

/// What has to be looked at again and again: no case waits for ever, no paper stays unscanned.
async fn regular(runtime: &Runtime, desk: &Desk<'_>) {
    let state = &runtime.state;
    let ended = transact!(state.db, answer::Fault, |tx| answer::overdue(tx, desk, OVERDUE).await);
    match ended {
        Ok(0) => {}
        Ok(questions) => tracing::info!(questions, "questions ended because nobody answered in time"),
        Err(error) => tracing::error!(%error, "questions whose time ran out could not be ended"),
    }
    let of_visits = visit::Desk { pack: desk.pack, keys: desk.keys, ids: desk.ids, now: desk.now };
    match transact!(state.db, StoreError, |tx| workforce::handover::settle(tx, &of_visits).await) {
        Ok(0) => {}
        Ok(families) => tracing::info!(families, "families are another nurse's from today on"),
        Err(error) => tracing::error!(%error, "handovers whose day has come could not be written down"),
    }
    for handed in [
        crate::surveys::hand_over(runtime).await,
        crate::referrals::hand_over(runtime).await,
        crate::reminders::hand_over(runtime).await,
        crate::reminders::hand_over_plans(runtime).await,
    ] {
        match handed {
            Ok(0) => {}
            Ok(messages) => tracing::info!(messages, "messages to families were handed over for sending"),
            Err(error) => tracing::error!(%error, "messages to families could not be handed over"),
        }
    }
    if let Some(scanner) = &runtime.scanner
        && let Err(error) = casework::evidence::rescan(&state.db, desk, scanner, OVERDUE).await
    {
        tracing::error!(%error, "papers that wait for the scanner could not be scanned");
    }
}

/// Why a step failed.
#[doc(hidden)]
#[derive(Debug, thiserror::Error)]
pub enum Failed {
    #[error(transparent)]
    Work(#[from] casework::recompute::Fault),
    #[error(transparent)]
    Answer(#[from] answer::Fault),
    #[error(transparent)]
    Grant(#[from] payment::grant::Fault),
    #[error(transparent)]
    Follow(#[from] casework::application::follow::Fault),
    #[error(transparent)]
    Account(#[from] payment::account::Fault),
    #[error(transparent)]
    Order(#[from] payment::order::Fault),
    #[error(transparent)]
    Person(#[from] registry::person::PersonError),
    #[error(transparent)]
    Denied(#[from] guard::Denied),
    #[error(transparent)]
    NoLaw(#[from] guard::NoLaw),
    #[error("it cannot be read: {0}")]
    Payload(String),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Failed {
    fn is_conflict(&self) -> bool {
        match self {
            Failed::Work(e) => e.is_conflict(),
            Failed::Answer(e) => e.is_conflict(),
            Failed::Grant(e) => e.is_conflict(),
            Failed::Follow(e) => e.is_conflict(),
            Failed::Account(e) => e.is_conflict(),
            Failed::Order(e) => e.is_conflict(),
            Failed::Person(e) => e.is_conflict(),
            Failed::Store(e) => e.is_conflict(),
            Failed::Denied(_) | Failed::NoLaw(_) | Failed::Payload(_) => false,
        }
    }
}

/// Takes one message out and handles it in the same transaction.
async fn message(runtime: &Runtime) -> Result<bool, StoreError> {
    let state = &runtime.state;
    let mut tx = state.db.begin().await?;
    let Some(message) = tx.take_message(state.now()).await? else { return Ok(false) };
    let outcome = match handle(runtime, &mut tx, &message).await {
        Ok(()) => tx.commit().await.map_err(Failed::Store),
        Err(error) => {
            drop(tx);
            Err(error)
        }
    };
    match outcome {
        Ok(()) => {}
        // Somebody changed the same household meanwhile: the message is still there and comes next.
        Err(error) if error.is_conflict() => {}
        Err(error) => {
            let why = error.to_string();
            tracing::error!(topic = message.topic, %why, "a message could not be handled");
            transact!(state.db, StoreError, |tx| tx.message_failed(&message, state.now(), &why).await)?;
        }
    }
    Ok(true)
}

/// Every room that a message is for does its part, all in one transaction. A message for no room is done with.
#[doc(hidden)]
pub async fn handle(runtime: &Runtime, tx: &mut Tx, message: &Message) -> Result<(), Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let pay = runtime.payment_desk();
    let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: pay.now };
    casework::later::handle(tx, &desk, message).await?;
    if message.topic == registry::change::CHANGED {
        let notice = serde_json::from_str(&message.payload).map_err(|e| Failed::Payload(e.to_string()))?;
        let visits = visit::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: pay.now };
        visit::follow::registry_changed(tx, &visits, &notice).await?;
    }
    match message.topic.as_str() {
        casework::decide::MADE => grant::decided(tx, &desk, &pay, state.config.adult_age, message).await,
        casework::register::EVENT => grant::event(tx, &desk, &pay, message).await,
        casework::application::follow::AFTER_DEATH => {
            grant::after_death(tx, &desk, &pay, state.config.adult_age, message).await
        }
        casework::application::account::GIVEN => account::given(tx, &desk, &pay, state.config.adult_age, message).await,
        payment::account::SET => account::known(tx, &desk, &pay, message).await,
        casework::follow::holder::SETTLED => account::settled(tx, &pay, message).await,
        payment::order::REFUSED => order::refused(tx, &desk, message).await,
        payment::order::PLACED => order::placed(tx, &pay, message).await,
        _ => Ok(()),
    }
}

/// Leases one job and works on it; a call to an agency runs beside the others when there is a place for it.
async fn job(runtime: &Arc<Runtime>, calls: Option<&mut JoinSet<()>>) -> Result<bool, StoreError> {
    let state = &runtime.state;
    if calls.as_ref().is_some_and(|calls| calls.len() >= CALLS) {
        return Ok(false);
    }
    let leased = transact!(state.db, StoreError, |tx| tx.lease_job(state.now(), LEASE).await)?;
    let Some(job) = leased else { return Ok(false) };
    match calls {
        Some(calls)
            if matches!(
                job.kind.as_str(),
                ask::SEND | order::SEND | compare::JOB | casework::requalify::order::RUN
            ) =>
        {
            let runtime = runtime.clone();
            calls.spawn(async move {
                if let Err(error) = work(&runtime, &job).await {
                    tracing::error!(%error, "a call to an agency, or a comparison, could not be noted; it is made again");
                }
            });
        }
        _ => work(runtime, &job).await?,
    }
    Ok(true)
}

/// Works on a leased job. What fails is tried again later, and parked in the end.
#[doc(hidden)]
pub async fn work(runtime: &Runtime, job: &JobRow) -> Result<(), StoreError> {
    let state = &runtime.state;
    let outcome = match job.kind.as_str() {
        compare::JOB => crate::scenario::compare(runtime, job).await,
        ask::SEND => crate::ask::send(runtime, job).await,
        order::SEND => order::send(runtime, job).await,
        casework::requalify::order::RUN => crate::requalify::run(runtime, job).await.map_err(Failed::Store),
        DOUBLES => doubles(runtime, job).await,
        referral::clocks::CLOCKS => crate::referrals::clocks(runtime, job).await,
        survey::invite::ROUND => crate::surveys::round(runtime, job).await,
        evaluation::report::ROUND => crate::studies::round(runtime, job).await,
        indicator::round::ROUND => crate::indicators::round(runtime, job).await,
        _ => {
            let pack = state.packs.current();
            let desk = Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
            transact!(state.db, Failed, |tx| {
                let known = casework::later::work(tx, &desk, job).await?
                    || casework::follow::remind::work(tx, &desk, job).await?;
                if known { Ok(()) } else { Err(Failed::Payload(format!("no room knows the job {}", job.kind))) }
            })
        }
    };
    let Err(error) = outcome else { return Ok(()) };
    let why = error.to_string();
    tracing::error!(kind = job.kind, %why, "a job could not be done");
    transact!(state.db, StoreError, |tx| tx.job_failed(job, state.now(), &why).await)
}

/// Where the search for doubles goes on.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct Doubles {
    after: Option<PersonId>,
}

/// Looks through a part of the registry for records that may be one human being; the rest is a job of its own.
async fn doubles(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let state = &runtime.state;
    let cursor: Doubles = serde_json::from_str(&job.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let origin = Origin::new("", "", "worker");
    let now = state.now();
    let pen = Pen::new(&*state.ids, &runtime.keys, now, &origin);
    transact!(state.db, Failed, |tx| {
        let (last, _) = registry::duplicate::sweep(tx, pen, cursor.after).await?;
        tx.job_done(job.id).await?;
        if let Some(last) = last {
            let day = job.unique_key.split(' ').next().unwrap_or(&job.unique_key);
            let next = Doubles { after: Some(last) };
            tx.queue(&*state.ids, now, DOUBLES, &format!("{day} {last}"), PRIORITY, &next).await?;
        }
        Ok(())
    })
}
