//! Beginning a scenario, and changing its files.

use catalogue::{Loaded, Pack};
use kernel::{Ids, Instant, ScenarioId};
use store::{Tx, params};

use super::model::{Fault, Scenario, Stage, may_change};
use super::{By, read};

store::sql! {
    ADD = "insert into scenario (scenario_id, name, base, state, author_id, author, made_at, changed_at)
        values ($1, $2, $3, 'draft', $4, $5, $6, $6)";
    PUT = "insert into scenario_file (scenario_id, path, content, editor_id, changed_at) values ($1, $2, $3, $4, $5)
        on conflict (scenario_id, path) do update set content = excluded.content, editor_id = excluded.editor_id, changed_at = excluded.changed_at";
    DROP = "delete from scenario_file where scenario_id = $1 and path = $2";
    TOUCH = "update scenario set changed_at = $2 where scenario_id = $1 and state = 'draft'";
    DISCARD = "update scenario set state = 'discarded', changed_at = $2 where scenario_id = $1 and state = 'draft'";
}

/// Most characters of a name.
const MOST_NAME: usize = 100;

/// Begins a scenario over the pack in force.
pub async fn begin(
    tx: &mut Tx,
    ids: &dyn Ids,
    now: Instant,
    by: By<'_>,
    base: &Pack,
    name: &str,
) -> Result<ScenarioId, Fault> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > MOST_NAME {
        return Err(Fault::Name);
    }
    let id = ScenarioId::new(ids, now);
    tx.execute(ADD, params![id, name, base.content_hash(), by.account, by.name, now]).await?;
    Ok(id)
}

/// Begins a scenario with the files of another over the pack in force: what became of it when the pack went on.
pub async fn copy(
    tx: &mut Tx,
    ids: &dyn Ids,
    now: Instant,
    by: By<'_>,
    base: &Pack,
    of: &Scenario,
) -> Result<ScenarioId, Fault> {
    let id = begin(tx, ids, now, by, base, &of.name).await?;
    for (path, (content, _)) in &of.files {
        tx.execute(PUT, params![id, path.as_str(), content.as_str(), by.account, now]).await?;
    }
    Ok(id)
}

/// The scenario as it would be with this text in place of a file, and the pack that makes: nothing is kept yet. A text that is
/// the base's own takes the change back.
pub fn with(scenario: &Scenario, base: &Pack, by: By<'_>, path: &str, text: &str) -> Result<(Scenario, Loaded), Fault> {
    scenario.needs(Stage::Draft)?;
    if !may_change(path) {
        return Err(Fault::Path(path.chars().take(100).collect()));
    }
    // A browser sends lines with both ends.
    let mut text = text.replace("\r\n", "\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let mut changed = scenario.clone();
    if base.files().get(path) == Some(text.as_bytes()) {
        changed.files.remove(path);
    } else {
        changed.files.insert(path.to_owned(), (text, by.account));
    }
    let loaded = changed.pack(base)?;
    Ok((changed, loaded))
}

/// Keeps a file that [`with`] has checked.
pub async fn keep(tx: &mut Tx, now: Instant, changed: &Scenario, path: &str) -> Result<(), Fault> {
    let there = read::one(tx, changed.id).await?;
    there.needs(Stage::Draft)?;
    tx.execute(TOUCH, params![changed.id, now]).await?;
    match changed.files.get(path) {
        Some((text, editor)) => tx.execute(PUT, params![changed.id, path, text.as_str(), *editor, now]).await?,
        None => tx.execute(DROP, params![changed.id, path]).await?,
    };
    Ok(())
}

/// Nobody goes on with it.
pub async fn discard(tx: &mut Tx, now: Instant, id: ScenarioId) -> Result<(), Fault> {
    let scenario = read::one(tx, id).await?;
    scenario.needs(Stage::Draft)?;
    tx.execute(DISCARD, params![id, now]).await?;
    Ok(())
}
