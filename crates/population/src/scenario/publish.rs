//! From a scenario to the next version of the pack, with four eyes.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::Path;

use catalogue::{Files, Pack};
use kernel::{Instant, ScenarioId};
use store::{Tx, params};

use super::model::{Fault, Scenario, Stage};
use super::{By, read};

store::sql! {
    SUBMIT = "update scenario set state = 'submitted', submitter_id = $2, submitter = $3, approver_id = null, approver = null, said = null, changed_at = $4
        where scenario_id = $1 and state = 'draft'";
    BACK = "update scenario set state = 'draft', approver_id = $2, approver = $3, said = $4, changed_at = $5
        where scenario_id = $1 and state = 'submitted'";
    PUBLISHED = "update scenario set state = 'published', approver_id = $2, approver = $3, said = $4, published = $5, changed_at = $6
        where scenario_id = $1 and state = 'submitted'";
}

/// Whether the pack as changed may become the next version: it is sound and every worked case holds. The pack.
pub fn sound(scenario: &Scenario, base: &Pack) -> Result<Pack, Fault> {
    if scenario.files.is_empty() {
        return Err(Fault::Unchanged);
    }
    let pack = scenario.pack(base)?.pack;
    let cases = catalogue::cases::run_cases(&pack, "");
    if cases.is_good() { Ok(pack) } else { Err(Fault::Cases(cases.failed)) }
}

/// Hands it to somebody else. `base` is the pack under it.
pub async fn submit(tx: &mut Tx, now: Instant, by: By<'_>, id: ScenarioId, base: &Pack) -> Result<(), Fault> {
    let scenario = read::one(tx, id).await?;
    scenario.needs(Stage::Draft)?;
    sound(&scenario, base)?;
    tx.execute(SUBMIT, params![id, by.account, by.name, now]).await?;
    Ok(())
}

/// Sends it back to be changed.
pub async fn send_back(tx: &mut Tx, now: Instant, by: By<'_>, id: ScenarioId, said: &str) -> Result<(), Fault> {
    let scenario = read::one(tx, id).await?;
    scenario.needs(Stage::Submitted)?;
    tx.execute(BACK, params![id, by.account, by.name, said, now]).await?;
    Ok(())
}

/// Everything that must hold before the folder is touched: the stage, another pair of eyes, the pack in force under it and in its
/// folder, and a sound pack. `None`: it is in force already, because an earlier try stopped after that.
pub fn ready(scenario: &Scenario, in_force: &Pack, folder: &Path, by: By<'_>) -> Result<Option<Files>, Fault> {
    scenario.needs(Stage::Submitted)?;
    if scenario.is_work_of(by.account) {
        return Err(Fault::OwnWork);
    }
    // The base is not asked for when the changed pack is in force: it holds the changed files as they are.
    let in_place =
        |files: &Files| scenario.files.iter().all(|(path, (text, _))| files.get(path) == Some(text.as_bytes()));
    if in_force.content_hash() != scenario.base {
        return if in_place(in_force.files()) { Ok(None) } else { Err(Fault::Moved) };
    }
    let there = Files::read(folder).map_err(Fault::Faulty)?;
    let wanted = scenario.laid_over(in_force);
    if there.hash() == wanted.hash() {
        return Ok(Some(wanted));
    }
    if there.hash() != in_force.content_hash() {
        return Err(Fault::Folder);
    }
    sound(scenario, in_force)?;
    Ok(Some(wanted))
}

/// Writes the changed files into the folder of the pack: all beside their places first, then each into its place.
pub fn write(scenario: &Scenario, folder: &Path) -> Result<(), Fault> {
    let disk = |path: &Path| {
        let file = path.display().to_string();
        move |why| Fault::Disk { file, why }
    };
    let mut beside = Vec::new();
    for (path, (text, _)) in &scenario.files {
        let target = folder.join(path);
        let name = target.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        // Hidden files are no part of a pack: what is left behind by a crash does no harm.
        let new = target.with_file_name(format!(".{name}.new"));
        if let Some(parent) = target.parent() {
            fs::create_dir_all(parent).map_err(disk(parent))?;
        }
        let mut file = File::create(&new).map_err(disk(&new))?;
        file.write_all(text.as_bytes()).and_then(|()| file.sync_all()).map_err(disk(&new))?;
        beside.push((new, target));
    }
    beside.iter().try_for_each(|(new, target)| fs::rename(new, target).map_err(disk(target)))
}

/// Notes that it is in force under this content hash.
pub async fn published(
    tx: &mut Tx,
    now: Instant,
    by: By<'_>,
    id: ScenarioId,
    said: &str,
    hash: &str,
) -> Result<(), Fault> {
    let scenario = read::one(tx, id).await?;
    scenario.needs(Stage::Submitted)?;
    tx.execute(PUBLISHED, params![id, by.account, by.name, said, hash, now]).await?;
    Ok(())
}
