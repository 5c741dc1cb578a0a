//! The disclosure log: durable, private, erasable, and nothing can be changed in it unseen.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use guard::log::{Damage, Log, LogError, Trust, VerifierKey, leaf_hash, verify, verify_consistency, verify_inclusion};
use guard::{Keys, Processing, PurposeKind};
use kernel::Instant;

use crate::support::{Dice, entry, noon, open_log, person};

fn basis() -> Processing {
    Processing::new(PurposeKind::Oversight, "test").unwrap()
}

#[tokio::test]
async fn a_person_sees_every_look_newest_first_after_a_restart_too() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    for n in 0..30 {
        let receipt = log.append(entry(n, if n % 3 == 0 { &[1, 2] } else { &[2] })).await.unwrap();
        assert_eq!(receipt.count(), if n % 3 == 0 { 2 } else { 1 });
    }
    let before = log.trail(&[person(1)], noon(), None, 100).await.unwrap();
    let seen = before.process(&basis(), |t| t.entries.iter().map(|e| e.look.as_u128()).collect::<Vec<_>>());
    assert_eq!(seen, (0..30).filter(|n| n % 3 == 0).rev().collect::<Vec<_>>());
    drop(log);
    let log = open_log(dir.path());
    let after = log.trail(&[person(1)], noon(), None, 100).await.unwrap();
    assert_eq!(before.process(&basis(), Clone::clone), after.process(&basis(), Clone::clone));
    assert_eq!(log.trail(&[person(3)], noon(), None, 100).await.unwrap().process(&basis(), |t| t.entries.len()), 0);
    assert_eq!(verify(&dir.path().join("log"), &Trust::default()).unwrap().entries(), 40);
}

#[tokio::test]
async fn a_long_trail_comes_in_pages_and_under_every_id_a_person_had() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    for n in 0..25 {
        let _ = log.append(entry(n, &[1 + n % 3])).await.unwrap();
    }
    let mut next = entry(25, &[1]);
    next.at = Instant::start_of(kernel::Date::constant(2027, 1, 1));
    let _ = log.append(next).await.unwrap();
    let (mut seen, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = log.trail(&[person(1), person(2)], noon(), before, 5).await.unwrap();
        let (looks, older) =
            page.process(&basis(), |t| (t.entries.iter().map(|e| e.look.as_u128()).collect::<Vec<_>>(), t.older));
        assert!(looks.len() == 5 || older.is_none());
        seen.extend(looks);
        pages += 1;
        match older {
            // As it stands in an address.
            Some(last) => before = Some(last.to_string().parse().unwrap()),
            None => break,
        }
    }
    let all: Vec<u128> = (0..26).rev().filter(|n| n % 3 != 2).collect();
    assert_eq!((seen, pages), (all, 4));
    assert!("2026".parse::<guard::log::Position>().is_err() && "x-1".parse::<guard::log::Position>().is_err());
}

#[tokio::test]
async fn withheld_entries_are_counted_and_shown_when_their_time_is_over() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    let until = noon().plus_seconds(86_400);
    let mut secret = entry(1, &[1]);
    secret.body.withheld_until = Some(until);
    secret.body.withheld_law = Some("article 7".into());
    let _ = log.append(secret).await.unwrap();
    let _ = log.append(entry(2, &[1])).await.unwrap();
    log.trail(&[person(1)], noon(), None, 9).await.unwrap().process(&basis(), |t| {
        assert_eq!(t.entries.len(), 1);
        assert_eq!((t.withheld[0].count, t.withheld[0].until, &*t.withheld[0].law), (1, until, "article 7"));
    });
    log.trail(&[person(1)], until, None, 9).await.unwrap().process(&basis(), |t| {
        assert_eq!((t.entries.len(), t.withheld.len()), (2, 0));
    });
}

#[tokio::test]
async fn erasing_a_person_leaves_nothing_readable_and_the_log_still_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    let _ = log.append(entry(1, &[1, 2])).await.unwrap();
    assert!(log.erase(person(1), 2026).await.unwrap());
    assert!(!log.erase(person(1), 2026).await.unwrap());
    let _ = log.append(entry(2, &[1])).await.unwrap();
    let check = |log: Log| async move {
        log.trail(&[person(1)], noon(), None, 9).await.unwrap().process(&basis(), |t| {
            assert_eq!((t.erased, t.entries.len(), t.entries[0].look.as_u128()), (1, 1, 2));
        });
        log.trail(&[person(2)], noon(), None, 9).await.unwrap().process(&basis(), |t| assert_eq!(t.entries.len(), 1));
        assert_eq!(log.verify(Trust::default()).await.unwrap().unwrap().entries(), 3);
    };
    check(log.clone()).await;
    drop(log);
    check(open_log(dir.path())).await;
}

#[tokio::test]
async fn a_year_that_is_over_is_erased_whole_and_the_log_still_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    let _ = log.append(entry(1, &[1, 2])).await.unwrap();
    assert!(matches!(log.erase_year(2026).await, Err(LogError::NotOver(2026))));
    let mut later = entry(2, &[1]);
    later.at = noon().plus_seconds(366 * 86_400);
    let _ = log.append(later).await.unwrap();
    assert_eq!(log.erase_year(2025).await.unwrap(), None);
    assert_eq!(log.erase_year(2026).await.unwrap(), Some(2));
    let check = |log: Log| async move {
        log.trail(&[person(1)], noon(), None, 9).await.unwrap().process(&basis(), |t| {
            assert_eq!(t.entries.iter().map(|e| e.look.as_u128()).collect::<Vec<_>>(), [2]);
        });
        log.trail(&[person(2)], noon(), None, 9).await.unwrap().process(&basis(), |t| assert_eq!(t.entries.len(), 0));
        assert_eq!(log.verify(Trust::default()).await.unwrap().unwrap().entries(), 3);
        assert_eq!(log.erase_year(2026).await.unwrap(), Some(0));
    };
    check(log.clone()).await;
    drop(log);
    check(open_log(dir.path())).await;
    // Cut off between header and keys: the header alone decides.
    let kept = fs::read(dir.path().join("keys/log-2026.keys")).unwrap();
    assert!(kept[80..].iter().all(|b| *b == 0) && kept.len() == 80 * 3);
}

#[tokio::test]
async fn nothing_personal_stands_in_clear_and_keys_are_their_owners_alone() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    let mut seen = entry(1, &[77]);
    seen.body.reason = "CANARY-REASON".into();
    seen.body.organisation = "CANARY-OFFICE".into();
    let _ = log.append(seen).await.unwrap();
    drop(log);
    let subject = person(77).0;
    for (path, bytes) in files(dir.path()) {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("CANARY") && !text.contains(&subject.to_string()), "{path:?}");
        assert!(!bytes.windows(16).any(|w| w == subject.as_bytes()), "{path:?}");
        if path.starts_with("keys") || path.extension().is_some_and(|e| e == "seg") {
            assert_eq!(fs::metadata(dir.path().join(&path)).unwrap().permissions().mode() & 0o077, 0, "{path:?}");
        }
    }
}

#[tokio::test]
async fn the_tree_is_that_of_an_independent_implementation() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    for n in 0..41 {
        let _ = log.append(entry(n, &[n % 5, 100 + n % 3])).await.unwrap();
    }
    let root = log.verify(Trust::default()).await.unwrap().unwrap().years[0].root;
    // Parse the file by its documented layout, without the crate's own reader.
    let bytes = fs::read(dir.path().join("log/2026/000000.seg")).unwrap();
    let mut oracle = MemoryBackedTree::<sha2::Sha256, Vec<u8>>::new();
    let mut rest = &bytes[32..];
    let mut roots = Vec::new();
    while !rest.is_empty() {
        let length = u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        oracle.push(rest[4..4 + length].to_vec());
        roots.push(<[u8; 32]>::try_from(oracle.root().as_bytes().as_slice()).unwrap());
        assert_eq!(rest[4 + length..36 + length], leaf_hash(&rest[4..4 + length]));
        rest = &rest[36 + length..];
    }
    assert_eq!((roots.len(), roots[81]), (82, root));
    for index in 0..82 {
        let proof = log.inclusion(2026, index).unwrap();
        assert!(verify_inclusion(&proof.leaf, index, 82, &proof.path, &root));
        assert_eq!(proof.path.concat(), oracle.prove_inclusion(index as usize).as_bytes());
        let path = log.consistency(2026, index + 1, 82).unwrap();
        assert!(verify_consistency(index + 1, &roots[index as usize], 82, &root, &path));
        if index < 81 {
            assert_eq!(path.concat(), oracle.prove_consistency(81 - index as usize).as_bytes());
        }
    }
}

#[tokio::test]
async fn many_at_once_share_syncs_and_none_is_lost() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    let mut tasks = tokio::task::JoinSet::new();
    for n in 0..600u128 {
        let log = log.clone();
        tasks.spawn(async move { log.append(entry(n, &[n % 7])).await.unwrap().first() });
    }
    let mut all: Vec<u64> = tasks.join_all().await;
    all.sort_unstable();
    assert_eq!(all, (0..600).collect::<Vec<_>>());
    assert_eq!(log.verify(Trust::default()).await.unwrap().unwrap().entries(), 600);
}

#[tokio::test]
async fn one_overlong_entry_is_refused_alone() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    let mut long = entry(1, &[1]);
    long.body.reason = "x".repeat(70_000);
    let (a, b, c) = tokio::join!(log.append(entry(0, &[1])), log.append(long), log.append(entry(2, &[1])));
    assert!(a.is_ok() && c.is_ok());
    assert!(matches!(b, Err(LogError::TooLong { .. })));
}

#[tokio::test]
async fn the_years_are_apart_and_a_clock_set_back_does_not_write_into_a_closed_one() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    let _ = log.append(entry(1, &[1])).await.unwrap();
    let mut next = entry(2, &[1]);
    next.at = Instant::start_of(kernel::Date::constant(2027, 1, 1));
    assert_eq!(log.append(next).await.unwrap().year(), 2027);
    assert_eq!(log.append(entry(3, &[1])).await.unwrap().year(), 2027);
    log.trail(&[person(1)], noon(), None, 9).await.unwrap().process(&basis(), |t| assert_eq!(t.entries.len(), 3));
}

#[tokio::test]
async fn a_second_writer_is_kept_out() {
    let dir = tempfile::tempdir().unwrap();
    let _log = open_log(dir.path());
    let keys = std::sync::Arc::new(Keys::open(&dir.path().join("keys")).unwrap());
    assert!(matches!(Log::open(&dir.path().join("log"), keys), Err(LogError::InUse(_))));
}

/// A crash inside a write that was never acknowledged: whatever part of it reached the disk is cut off, and the
/// acknowledged entries before it stay.
#[tokio::test]
async fn a_torn_unacknowledged_end_is_cut_off_wherever_it_tore() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    for n in 0..5 {
        let _ = log.append(entry(n, &[1])).await.unwrap();
    }
    drop(log);
    let saved = snapshot(dir.path());
    let log = open_log(dir.path());
    let _ = log.append(entry(5, &[1])).await.unwrap();
    drop(log);
    let segment = PathBuf::from("log/2026/000000.seg");
    let (short, long) = (saved[&segment].len(), fs::read(dir.path().join(&segment)).unwrap());
    for cut in (short + 1..long.len()).step_by(13) {
        restore(dir.path(), &saved);
        fs::write(dir.path().join(&segment), &long[..cut]).unwrap();
        assert!(verify(&dir.path().join("log"), &Trust::default()).is_err(), "not seen before recovery: {cut}");
        let log = open_log(dir.path());
        assert_eq!(log.sizes(), [(2026, 5)], "cut at {cut}");
        let _ = log.append(entry(6, &[1])).await.unwrap();
        drop(log);
        assert_eq!(verify(&dir.path().join("log"), &Trust::default()).unwrap().entries(), 6);
    }
}

/// What was acknowledged is never cut off: the log refuses to open instead.
#[tokio::test]
async fn a_damaged_acknowledged_record_refuses_to_open() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    for n in 0..5 {
        let _ = log.append(entry(n, &[1])).await.unwrap();
    }
    drop(log);
    let saved = snapshot(dir.path());
    let keys = || std::sync::Arc::new(Keys::open(&dir.path().join("keys")).unwrap());
    let segment = dir.path().join("log/2026/000000.seg");
    let bytes = fs::read(&segment).unwrap();
    for cut in (0..bytes.len()).step_by(97) {
        fs::write(&segment, &bytes[..cut]).unwrap();
        let error = Log::open(&dir.path().join("log"), keys()).err().unwrap();
        assert!(matches!(error, LogError::Damaged { .. }), "cut at {cut}: {error}");
        assert_eq!(fs::read(&segment).unwrap().len(), cut, "a refused log must be left as it is");
    }
    restore(dir.path(), &saved);
    fs::remove_file(dir.path().join("log/2026/acknowledged")).unwrap();
    assert!(matches!(Log::open(&dir.path().join("log"), keys()), Err(LogError::Damaged { .. })));
}

/// Ten thousand random changes to the folder of a log; the verifier finds every one with nothing but the folder.
#[tokio::test]
async fn ten_thousand_random_mutations_are_all_found() {
    let dir = tempfile::tempdir().unwrap();
    for part in 0..3u128 {
        let log = open_log(dir.path());
        for n in 0..8 {
            let _ = log.append(entry(part * 100 + n, &[n % 5, n % 2])).await.unwrap();
        }
    }
    let root = dir.path().join("log");
    let saved: BTreeMap<PathBuf, Vec<u8>> =
        snapshot(&root).into_iter().filter(|(path, _)| path != Path::new("lock")).collect();
    let whole = verify(&root, &Trust::default()).unwrap().entries();
    let saved = &saved;
    let found: Vec<BTreeMap<&str, u32>> = std::thread::scope(|scope| {
        let half = |seed| scope.spawn(move || mutations(saved, seed, 5_000));
        [half(20_261_121), half(7)].map(|h| h.join().unwrap()).into()
    });
    println!("mutations of a log of {whole} entries found, by kind: {found:?}");
    assert_eq!(found.iter().flat_map(BTreeMap::values).sum::<u32>(), 10_000);
}

/// Makes `count` changes one after the other, each to a fresh copy; returns how many of each kind were found.
fn mutations(saved: &BTreeMap<PathBuf, Vec<u8>>, seed: u64, count: u32) -> BTreeMap<&'static str, u32> {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path();
    saved.keys().for_each(|file| fs::create_dir_all(root.join(file).parent().unwrap()).unwrap());
    restore(root, saved);
    let names: Vec<&PathBuf> = saved.keys().collect();
    let segment = names.iter().copied().find(|n| n.extension().is_some()).unwrap();
    let key = fs::read_to_string(root.join("vkey")).unwrap();
    let trust = Trust { key: VerifierKey::parse(&key), checkpoints: Vec::new() };
    let (mut dice, mut found, mut total) = (Dice(seed), BTreeMap::new(), 0);
    while total < count {
        // The records most often: that is where somebody would want to change something.
        let file = if dice.below(3) == 0 { names[dice.below(names.len() as u64) as usize] } else { segment };
        let before = &saved[file];
        let (kind, after) = mutate(before, &mut dice, file == segment);
        if after.as_ref() == Some(before) {
            continue;
        }
        let path = root.join(file);
        match &after {
            Some(bytes) => fs::write(&path, bytes).unwrap(),
            None => fs::remove_file(&path).unwrap(),
        }
        assert!(verify(root, &trust).is_err(), "change {total}: {kind} in {file:?} was not found");
        fs::write(&path, before).unwrap();
        *found.entry(kind).or_insert(0) += 1;
        total += 1;
    }
    assert!(verify(root, &Trust::default()).is_ok());
    found
}

/// One random change: the kind, and the new contents (none when the file is removed).
fn mutate(before: &[u8], dice: &mut Dice, records: bool) -> (&'static str, Option<Vec<u8>>) {
    let mut bytes = before.to_vec();
    let at = dice.below(bytes.len() as u64) as usize;
    let other = dice.below(bytes.len() as u64) as usize;
    match dice.below(if records { 10 } else { 7 }) {
        0 => bytes[at] ^= 1 << dice.below(8),
        1 => bytes[at] = dice.below(256) as u8,
        2 => bytes.truncate(at),
        3 => drop(bytes.drain(at.min(other)..at.max(other))),
        4 => drop(bytes.splice(at..at, before[at.min(other)..at.max(other)].iter().copied())),
        5 => {
            let n = dice.below(64) as usize + 1;
            bytes.extend((0..n).map(|_| dice.below(256) as u8));
        }
        6 => return ("file removed", None),
        kind => {
            // Whole records: removed, doubled, exchanged, with every frame intact.
            let mut all = split_records(before);
            let (i, j) = (dice.below(all.len() as u64) as usize, dice.below(all.len() as u64) as usize);
            let name = match kind {
                7 => {
                    drop(all.remove(i));
                    "record removed"
                }
                8 => {
                    all.insert(i, all[j].clone());
                    "record doubled"
                }
                _ => {
                    all.swap(i, j);
                    "records exchanged"
                }
            };
            return (name, Some([&before[..32], &all.concat()].concat()));
        }
    }
    ("bytes changed", Some(bytes))
}

fn split_records(bytes: &[u8]) -> Vec<Vec<u8>> {
    let (mut rest, mut all) = (&bytes[32..], Vec::new());
    while !rest.is_empty() {
        let end = 36 + u32::from_be_bytes(rest[..4].try_into().unwrap()) as usize;
        all.push(rest[..end].to_vec());
        rest = &rest[end..];
    }
    all
}

/// Somebody with the signing key, or with an old copy of the whole folder, is found by a checkpoint kept elsewhere.
#[tokio::test]
async fn an_old_copy_of_the_whole_folder_is_found_by_a_checkpoint_kept_elsewhere() {
    let dir = tempfile::tempdir().unwrap();
    let log = open_log(dir.path());
    let _ = log.append(entry(1, &[1])).await.unwrap();
    drop(log);
    let old = snapshot(&dir.path().join("log"));
    let log = open_log(dir.path());
    let _ = log.append(entry(2, &[1])).await.unwrap();
    let note = log.checkpoint().await.unwrap().remove(0).1;
    drop(log);
    let root = dir.path().join("log");
    let trust = Trust { key: None, checkpoints: vec![note] };
    assert!(verify(&root, &trust).is_ok());
    restore(&root, &old);
    assert!(verify(&root, &Trust::default()).is_ok(), "an old whole copy is whole in itself");
    let found = verify(&root, &trust).unwrap_err();
    assert!(matches!(found[..], [Damage::Root { signed: 2, found: 1, .. }]), "{found:?}");
}

#[tokio::test]
async fn the_measure_for_the_table_of_speeds_writes_a_log_that_verifies() {
    let dir = tempfile::tempdir().unwrap();
    let rate = guard::log::measure(
        dir.path(),
        std::sync::Arc::new(Keys::open(&dir.path().join("keys")).unwrap()),
        noon(),
        64,
        0.3,
    )
    .await
    .unwrap();
    assert!(rate.entries > 0.0 && rate.fsyncs > 0.0);
    let verified = verify(&dir.path().join("log"), &Trust::default()).unwrap();
    assert!(verified.entries() > 64);
}

fn files(dir: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut all = Vec::new();
    let mut folders = vec![dir.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                all.push((path.strip_prefix(dir).unwrap().to_owned(), fs::read(&path).unwrap()));
            }
        }
    }
    all
}

fn snapshot(dir: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    files(dir).into_iter().collect()
}

fn restore(dir: &Path, saved: &BTreeMap<PathBuf, Vec<u8>>) {
    for (path, bytes) in saved {
        fs::write(dir.join(path), bytes).unwrap();
    }
}
