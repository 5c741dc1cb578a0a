//! What a scenario's page says of its files. Rules are compiled and all worked cases worked out for it, seconds for a large pack;
//! the same files on the same pack say the same, so what was found is kept by their hashes.

use std::collections::VecDeque;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use catalogue::cases::FailedCase;
use catalogue::{Change, Pack};
use kernel::Lang;
use population::scenario::Scenario;

use super::one::Broken;

/// Worked cases shown that do not hold.
const BROKEN: usize = 40;
/// Faults and worked cases told to programs at most.
pub(crate) const TOLD: usize = 100;
/// Scenarios looked at last.
const KEPT: usize = 32;

/// Differences, and worked cases that do not hold.
#[derive(Debug, Default)]
pub(crate) struct Looked {
    changes: Vec<Change>,
    /// The first cases that do not hold.
    pub(crate) failed: Vec<FailedCase>,
}

/// The pack below and the files, each by its hash.
type Key = (String, String);
/// What was found last, the latest first.
type Recent = VecDeque<(Key, Arc<Looked>)>;

static RECENT: LazyLock<Mutex<Recent>> = LazyLock::new(Mutex::default);

impl Looked {
    /// The differences in words.
    pub(crate) fn differences(&self, lang: Lang) -> Vec<String> {
        self.changes.iter().map(|c| c.text(lang)).collect()
    }

    /// What the page shows of the cases that do not hold.
    pub(super) fn broken(&self) -> Vec<Broken> {
        let shown = |case: &FailedCase| Broken {
            says: case.differences.first().map(|d| d.text.clone()).unwrap_or_default(),
            id: case.id.clone(),
            file: case.file.clone(),
            line: case.line,
        };
        self.failed.iter().take(BROKEN).map(shown).collect()
    }

    fn new(scenario: &Scenario, base: &Pack) -> Looked {
        // A change that the base no longer takes has been told when it was made.
        let Ok(loaded) = scenario.pack(base) else { return Looked::default() };
        let mut failed = catalogue::cases::run_cases(&loaded.pack, "").failed;
        failed.truncate(TOLD);
        Looked { changes: catalogue::differences(base, &loaded.pack), failed }
    }
}

/// What is to be said of a scenario on its pack.
pub(crate) fn at(scenario: &Scenario, base: &Pack) -> Arc<Looked> {
    let key = (base.content_hash().to_owned(), scenario.content());
    if let Some(known) = known(&key) {
        return known;
    }
    let looked = Arc::new(Looked::new(scenario, base));
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    recent.retain(|(k, _)| *k != key);
    recent.push_front((key, looked.clone()));
    recent.truncate(KEPT);
    looked
}

fn known(key: &Key) -> Option<Arc<Looked>> {
    let mut recent = RECENT.lock().unwrap_or_else(PoisonError::into_inner);
    let at = recent.iter().position(|(k, _)| k == key)?;
    let found = recent.remove(at)?;
    let looked = found.1.clone();
    recent.push_front(found);
    Some(looked)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use kernel::{AccountId, Instant, ScenarioId, SeededIds};
    use population::scenario::Stage;

    use super::*;

    #[test]
    fn the_same_files_are_looked_at_once() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
        let pack = Pack::load(&folder).unwrap().pack;
        let (ids, now) = (SeededIds::new(1), Instant::from_micros(0));
        let author = (AccountId::new(&ids, now), "A".to_owned());
        let mut scenario = Scenario {
            id: ScenarioId::new(&ids, now),
            name: "B".to_owned(),
            base: pack.content_hash().to_owned(),
            stage: Stage::Draft,
            author: author.clone(),
            made_at: now,
            changed_at: now,
            submitter: None,
            approver: None,
            said: None,
            published: None,
            files: [].into(),
        };
        let first = at(&scenario, &pack);
        assert!(Arc::ptr_eq(&first, &at(&scenario, &pack)), "found in what is kept");
        assert_eq!(first.differences(Lang::En), Vec::<String>::new());
        let old = "person.month_age < 84";
        let (path, text) = Scenario::changeable(&pack)
            .map(|path| (path.to_owned(), String::from_utf8_lossy(pack.files().get(path).unwrap()).into_owned()))
            .find(|(path, text)| path.starts_with("programmes/") && text.contains(old))
            .unwrap();
        let changed = text.replacen(old, "person.month_age < 85", 1);
        scenario.files.insert(path, (changed, author.0));
        let second = at(&scenario, &pack);
        assert!(!second.differences(Lang::En).is_empty(), "changed files are looked at anew");
        assert!(Arc::ptr_eq(&first, &at(&Scenario { files: [].into(), ..scenario }, &pack)));
    }
}
