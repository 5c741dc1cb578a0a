//! Comparisons as work for later.

use std::collections::BTreeMap;

use catalogue::Pack;
use kernel::{ComparisonId, Ids, Instant, ScenarioId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};

use super::model::{Fault, Scenario, Stage};
use super::{By, read};
use crate::whatif::Report;

/// The job's kind.
pub const JOB: &str = "scenario.compare";
/// Before what nobody waits for, behind what a family does.
const PRIORITY: i32 = 40;

store::sql! {
    ADD = "insert into comparison (comparison_id, scenario_id, name, base, files, content, state, asker_id, asked_at, households, done)
        values ($1, $2, $3, $4, $5, $6, 'waiting', $7, $8, 0, 0)";
    WORK = "select base, files from comparison where comparison_id = $1 and state in ('waiting', 'running')";
    AT = "update comparison set state = 'running', households = $2, done = $3 where comparison_id = $1 and state in ('waiting', 'running')";
    DONE = "update comparison set state = 'done', households = $2, done = $2, report = $3, ended_at = $4
        where comparison_id = $1 and state in ('waiting', 'running')";
    FAILED = "update comparison set state = 'failed', why = $2, ended_at = $3 where comparison_id = $1 and state in ('waiting', 'running')";
}

/// Which comparison is to be made.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub comparison: ComparisonId,
}

/// Asks for a comparison of a scenario as it is now. What is checked before runs.
pub async fn ask(tx: &mut Tx, ids: &dyn Ids, now: Instant, by: By<'_>, id: ScenarioId) -> Result<ComparisonId, Fault> {
    let scenario = read::one(tx, id).await?;
    if scenario.stage == Stage::Discarded {
        return Err(Fault::Stage { is: scenario.stage, needs: Stage::Draft });
    }
    if scenario.files.is_empty() {
        return Err(Fault::Unchanged);
    }
    let files: BTreeMap<&String, &String> = scenario.files.iter().map(|(path, (text, _))| (path, text)).collect();
    let files = serde_json::to_string(&files).map_err(|e| StoreError::Driver(e.to_string()))?;
    let comparison = ComparisonId::new(ids, now);
    let (name, base, content) = (scenario.name.as_str(), scenario.base.as_str(), scenario.content());
    tx.execute(ADD, params![comparison, id, name, base, files, content, by.account, now]).await?;
    tx.queue(ids, now, JOB, &comparison.to_string(), PRIORITY, &Order { comparison }).await?;
    Ok(comparison)
}

/// What a worker compares: the content hash of the base, and the changed files. `None`: it has ended already.
pub async fn work(tx: &mut Tx, id: ComparisonId) -> Result<Option<(String, BTreeMap<String, String>)>, StoreError> {
    let Some(row) = tx.maybe(WORK, params![id]).await? else { return Ok(None) };
    Ok(Some((row.get("base")?, row.json("files")?)))
}

/// The pack as changed. It was checked when its files were kept.
pub fn changed(base: &Pack, files: &BTreeMap<String, String>) -> Result<Pack, Fault> {
    let mut all = base.files().clone();
    files.iter().for_each(|(path, text)| all.put(path.clone(), text.as_bytes()));
    Pack::from_files(all).map(|loaded| loaded.pack).map_err(Fault::Faulty)
}

/// Notes how far it is.
pub async fn at(tx: &mut Tx, id: ComparisonId, households: u64, done: u64) -> Result<(), StoreError> {
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    tx.execute(AT, params![id, count(households), count(done)]).await.map(drop)
}

/// Ends it, in the transaction that ends the job.
pub async fn done(tx: &mut Tx, id: ComparisonId, now: Instant, report: &Report) -> Result<(), StoreError> {
    let text = serde_json::to_string(report).map_err(|e| StoreError::Driver(e.to_string()))?;
    let households = i64::try_from(report.households + report.aside).unwrap_or(i64::MAX);
    tx.execute(DONE, params![id, households, text, now]).await.map(drop)
}

/// Ends it without a result.
pub async fn failed(tx: &mut Tx, id: ComparisonId, now: Instant, why: &str) -> Result<(), StoreError> {
    let why: String = why.chars().take(4_000).collect();
    tx.execute(FAILED, params![id, why, now]).await.map(drop)
}

/// The changed files as a comparison without a scenario has them, for pages that show what was compared.
pub fn is_of(scenario: &Scenario, content: &str) -> bool {
    scenario.content() == content
}
