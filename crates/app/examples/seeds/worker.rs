//! The worker: messages and jobs, each in one transaction that may die.

use std::time::Duration;

use app::work::{self, Failed};
use casework::investigate::{answer, ask};
use casework::later;
use kernel::Clock as _;
use store::AsConflict as _;

use crate::agency;
use crate::bugs::Bug;
use crate::world::{Fate, Stop, World};

/// As the product's own worker: longer than the longest call.
const LEASE: Duration = Duration::from_secs(120);
/// Questions one transaction ends.
const OVERDUE: u32 = 100;

/// Works until nothing is due, or so many times.
pub(crate) async fn work(w: &mut World<'_>, most: u32) -> Result<bool, Stop> {
    if w.day != Some(w.today()) {
        dates(w).await?;
    }
    overdue(w).await?;
    for _ in 0..most {
        if !message(w).await? && !job(w).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

async fn dates(w: &mut World<'_>) -> Result<(), Stop> {
    let fate = w.fate();
    let tools = w.tools();
    let mut tx = w.db().begin().await?;
    later::queue_dates(&mut tx, &tools.desk()).await?;
    if matches!(fate, Fate::DiesBefore | Fate::Full) {
        drop(tx);
        return Ok(());
    }
    tx.commit().await?;
    w.day = Some(tools.today);
    Ok(())
}

async fn overdue(w: &mut World<'_>) -> Result<(), Stop> {
    let fate = w.fate();
    let tools = w.tools();
    let mut tx = w.db().begin().await?;
    match answer::overdue(&mut tx, &tools.desk(), OVERDUE).await {
        Ok(_) if matches!(fate, Fate::DiesBefore | Fate::Full) => drop(tx),
        Ok(count) => {
            tx.commit().await?;
            if count > 0 {
                w.note(format!("  {count} questions timed out"));
            }
        }
        Err(error) => return Err(Stop::Broken(format!("overdue questions: {error}"))),
    }
    Ok(())
}

/// One message; says whether there was any.
async fn message(w: &mut World<'_>) -> Result<bool, Stop> {
    let fate = w.fate();
    let now = w.tools().now;
    let mut tx = w.db().begin().await?;
    let Some(message) = tx.take_message(now).await? else { return Ok(false) };
    let lost = message.topic == casework::decide::MADE && w.sabotage_now(Bug::LostMessage);
    let outcome = if lost { Ok(()) } else { work::handle(&w.office, &mut tx, &message).await };
    match (outcome, fate) {
        (Ok(()), Fate::DiesBefore | Fate::Full) => {
            drop(tx);
            w.note(format!("  message {}: the worker dies", message.topic));
        }
        (Ok(()), _) => {
            tx.commit().await?;
            w.note(format!("  message {}", message.topic));
        }
        (Err(error), _) if error.is_conflict() => drop(tx),
        (Err(error), _) => {
            drop(tx);
            let why = error.to_string();
            w.note(format!("  message {} failed: {why}", message.topic));
            *w.refusals.entry(format!("MESSAGE {}: {why}", message.topic)).or_default() += 1;
            let mut tx = w.db().begin().await?;
            tx.message_failed(&message, now, &why).await?;
            tx.commit().await?;
        }
    }
    Ok(true)
}

/// One job; says whether there was any.
async fn job(w: &mut World<'_>) -> Result<bool, Stop> {
    let now = w.tools().now;
    let mut tx = w.db().begin().await?;
    let Some(job) = tx.lease_job(now, LEASE).await? else { return Ok(false) };
    tx.commit().await?;
    if matches!(w.fate(), Fate::DiesBefore) {
        w.note(format!("  job {}: the worker dies", job.kind));
        return Ok(true);
    }
    match job.kind.as_str() {
        ask::SEND => agency::send(w, &job).await?,
        later::DATES | later::PACK => {
            let fate = w.fate();
            let tools = w.tools();
            let mut tx = w.db().begin().await?;
            match later::work(&mut tx, &tools.desk(), &job).await.map_err(Failed::from) {
                Ok(_) if matches!(fate, Fate::DiesBefore | Fate::Full) => drop(tx),
                Ok(_) => tx.commit().await?,
                Err(error) => {
                    drop(tx);
                    agency::failed(w, &job, &error.to_string()).await?;
                }
            }
            w.note(format!("  job {}", job.kind));
        }
        // Nobody is connected there: the product's own answer to that, without a network.
        _ => {
            work::work(&w.alone, &job).await?;
            w.note(format!("  job {}", job.kind));
        }
    }
    Ok(true)
}

/// Works until nothing waits at all, the clock running to whatever is put off. Gives up after so many rounds.
pub(crate) async fn to_the_end(w: &mut World<'_>, rounds: u32) -> Result<bool, Stop> {
    for _ in 0..rounds {
        while !work(w, 500).await? {}
        let mut tx = w.db().read().await?;
        let next = tx
            .one(
                "select min(at) as at from (select next_at as at from outbox union all
                 select max(run_at, coalesce(leased_until, 0)) as at from job where attempts < 12)",
                &[],
            )
            .await?
            .maybe::<i64>("at")?;
        drop(tx);
        let Some(next) = next else { return Ok(true) };
        let seconds = (next - w.clock.now().micros()).div_euclid(1_000_000) + 1;
        w.pass(seconds.max(1));
    }
    Ok(false)
}
