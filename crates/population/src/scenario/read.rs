//! Reading scenarios and comparisons.

use std::collections::BTreeMap;

use kernel::{AccountId, ComparisonId, ScenarioId};
use store::{Row, StoreError, Tx, params};

use super::model::{Comparison, Fault, Scenario};

store::sql! {
    ALL = "select scenario_id, name, base, state, author_id, author, made_at, changed_at, submitter_id, submitter, approver_id, approver, said, published
        from scenario order by changed_at desc, scenario_id desc limit $1";
    ONE = "select scenario_id, name, base, state, author_id, author, made_at, changed_at, submitter_id, submitter, approver_id, approver, said, published
        from scenario where scenario_id = $1";
    FILES = "select path, content, editor_id from scenario_file where scenario_id = $1 order by path";
    COMPARISON = "select comparison_id, scenario_id, name, base, content, state, asked_at, ended_at, households, done, report, why
        from comparison where comparison_id = $1";
    OF_SCENARIO = "select comparison_id, scenario_id, name, base, content, state, asked_at, ended_at, households, done, null as report, why
        from comparison where scenario_id = $1 order by asked_at desc, comparison_id desc limit $2";
    FINISHED = "select comparison_id, scenario_id, name, base, content, state, asked_at, ended_at, households, done, null as report, why
        from comparison where state = 'done' order by asked_at desc, comparison_id desc limit $1";
}

/// Scenarios shown at once, and comparisons of one.
const SHOWN: i64 = 200;

/// The scenarios changed last, without their files.
pub async fn all(tx: &mut Tx) -> Result<Vec<Scenario>, StoreError> {
    tx.all(ALL, params![SHOWN]).await?.iter().map(scenario).collect()
}

/// One scenario with its files.
pub async fn one(tx: &mut Tx, id: ScenarioId) -> Result<Scenario, Fault> {
    let row = tx.maybe(ONE, params![id]).await?.ok_or(Fault::Absent)?;
    let mut found = scenario(&row)?;
    for row in tx.all(FILES, params![id]).await? {
        found.files.insert(row.get("path")?, (row.get("content")?, row.get("editor_id")?));
    }
    Ok(found)
}

/// One comparison with its report.
pub async fn comparison(tx: &mut Tx, id: ComparisonId) -> Result<Comparison, Fault> {
    let row = tx.maybe(COMPARISON, params![id]).await?.ok_or(Fault::Absent)?;
    Ok(compared(&row)?)
}

/// The comparisons of a scenario, the last first, without reports.
pub async fn comparisons(tx: &mut Tx, id: ScenarioId) -> Result<Vec<Comparison>, StoreError> {
    tx.all(OF_SCENARIO, params![id, SHOWN]).await?.iter().map(compared).collect()
}

/// Comparisons of all scenarios that are there, the last first, without reports.
pub async fn finished(tx: &mut Tx) -> Result<Vec<Comparison>, StoreError> {
    tx.all(FINISHED, params![SHOWN]).await?.iter().map(compared).collect()
}

fn scenario(row: &Row) -> Result<Scenario, StoreError> {
    let named = |id: &str, name: &str| -> Result<Option<(AccountId, String)>, StoreError> {
        Ok(row.maybe(id)?.zip(row.maybe(name)?))
    };
    Ok(Scenario {
        id: row.get("scenario_id")?,
        name: row.get("name")?,
        base: row.get("base")?,
        stage: row.parse("state")?,
        author: (row.get("author_id")?, row.get("author")?),
        made_at: row.get("made_at")?,
        changed_at: row.get("changed_at")?,
        submitter: named("submitter_id", "submitter")?,
        approver: named("approver_id", "approver")?,
        said: row.maybe("said")?,
        published: row.maybe("published")?,
        files: BTreeMap::new(),
    })
}

fn compared(row: &Row) -> Result<Comparison, StoreError> {
    let count = |column: &str| Ok::<u64, StoreError>(u64::try_from(row.get::<i64>(column)?).unwrap_or(0));
    let report: Option<String> = row.maybe("report")?;
    let report = report.map(|text| serde_json::from_str(&text)).transpose();
    Ok(Comparison {
        id: row.get("comparison_id")?,
        scenario: row.get("scenario_id")?,
        name: row.get("name")?,
        base: row.get("base")?,
        content: row.get("content")?,
        progress: row.parse("state")?,
        asked_at: row.get("asked_at")?,
        ended_at: row.maybe("ended_at")?,
        households: (count("households")?, count("done")?),
        report: report.map_err(|e| StoreError::Driver(format!("a report cannot be read: {e}")))?,
        why: row.maybe("why")?,
    })
}
