//! A scenario from its first change to the next version of the pack, on both engines.

use std::path::Path;

use catalogue::{Archive, Catalogue, Files, Pack};
use kernel::{AccountId, Ids, Instant, SeededIds};
use population::scenario::{self, By, Fault, Progress, Stage, compare, edit, publish, read};
use store::{Db, transact};

use crate::town::{households, write};

const AMOUNT: &str = "parameters/child_amount.csv";

fn copied(to: &Path) -> Pack {
    let small = Path::new(env!("CARGO_MANIFEST_DIR")).join("../catalogue/tests/packs/small");
    let over = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/what-if");
    let mut files = Files::read(&small).unwrap();
    files.put("measures.toml", std::fs::read(over.join("measures.toml")).unwrap());
    files.put("definitions/measures.toml", std::fs::read(over.join("definitions.toml")).unwrap());
    files.put("examples/family.yaml", std::fs::read(over.join("family.yaml")).unwrap());
    for (path, bytes) in files.iter() {
        let file = to.join(path);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
    Pack::load(to).unwrap_or_else(|f| panic!("{f:#?}")).pack
}

struct Desk {
    db: Db,
    ids: SeededIds,
    now: Instant,
}

async fn desks() -> Vec<Desk> {
    let dbs = store::testing::databases(&[store::SCHEMA, scenario::SCHEMA]).await.unwrap();
    dbs.into_iter()
        .map(|db| Desk { db, ids: SeededIds::new(5), now: Instant::from_micros(1_790_000_000_000_000) })
        .collect()
}

#[tokio::test]
async fn every_statement_prepares_on_both_engines() {
    assert_eq!(store::lint(&scenario::SCHEMA), Vec::<String>::new());
    for desk in desks().await {
        store::testing::prepare_all(&desk.db, &scenario::statements()).await;
    }
}

#[tokio::test]
async fn from_a_changed_sum_to_the_next_version() {
    for desk in desks().await {
        let Desk { db, ids, now } = &desk;
        let dir = tempfile::tempdir().unwrap();
        let (folder, data) = (dir.path().join("pack"), dir.path().join("data"));
        let base = copied(&folder);
        let (catalogue, _) = Catalogue::open(&folder, Archive::within(&data)).unwrap();
        let account = || AccountId(ids.uuid(*now));
        let (analyst, other) = (account(), account());
        let ann = By { account: analyst, name: "Ann" };
        let bob = By { account: other, name: "Bob" };
        let begun = transact!(db, Fault, |tx| edit::begin(tx, ids, *now, ann, &base, "  ").await);
        assert!(matches!(begun, Err(Fault::Name)));
        let id = transact!(db, Fault, |tx| edit::begin(tx, ids, *now, ann, &base, "110,000").await).unwrap();
        let one = async || read::one(&mut db.read().await.unwrap(), id).await.unwrap();

        // Nothing changed, nothing to hand over or to compare.
        let empty = transact!(db, Fault, |tx| publish::submit(tx, *now, ann, id, &base).await);
        assert!(matches!(empty, Err(Fault::Unchanged)));
        let empty = transact!(db, Fault, |tx| compare::ask(tx, ids, *now, ann, id).await);
        assert!(matches!(empty, Err(Fault::Unchanged)));

        // A fault is told with its place, and nothing is kept.
        let text = String::from_utf8(base.files().get(AMOUNT).unwrap().to_vec()).unwrap();
        let wrong = edit::with(&one().await, &base, ann, AMOUNT, &text.replace("100000", "100OOO"));
        let Err(Fault::Faulty(faults)) = wrong else { panic!("a fault was taken") };
        assert!(faults.iter().any(|f| &*f.file == AMOUNT && f.line == 2 && f.column > 1), "{faults:#?}");
        let outside = edit::with(&one().await, &base, ann, "../pack.toml", "");
        assert!(matches!(outside, Err(Fault::Path(_))));
        assert!(one().await.files.is_empty());

        let text = text.replace("100000", "110000");
        let (changed, _) = edit::with(&one().await, &base, ann, AMOUNT, &text.replace('\n', "\r\n")).unwrap();
        transact!(db, Fault, |tx| edit::keep(tx, *now, &changed, AMOUNT).await).unwrap();
        assert_eq!(one().await.files[AMOUNT].0, text);

        // Compared over a population, as a worker does.
        let snapshot = dir.path().join("snapshot");
        write(&snapshot, &base, &households(&base, 3, 200));
        let comparison = transact!(db, Fault, |tx| compare::ask(tx, ids, *now, ann, id).await).unwrap();
        let job = transact!(db, Fault, |tx| Ok(tx.lease_job(*now, std::time::Duration::from_secs(9)).await?));
        assert_eq!(job.unwrap().unwrap().kind, compare::JOB);
        let (hash, files) = compare::work(&mut db.read().await.unwrap(), comparison).await.unwrap().unwrap();
        assert_eq!(hash, base.content_hash());
        let after = compare::changed(&base, &files).unwrap();
        let order = population::whatif::Order {
            snapshot: &snapshot,
            base: &base,
            changed: &after,
            on: crate::town::ON,
            threads: 1,
        };
        let report = population::whatif::run(&order, &|_| {}).unwrap();
        assert_eq!(report.programmes[0].id, "child_benefit");
        transact!(db, Fault, |tx| Ok(compare::at(tx, comparison, 200, 100).await?)).unwrap();
        transact!(db, Fault, |tx| Ok(compare::done(tx, comparison, *now, &report).await?)).unwrap();
        // Told twice, ended once.
        transact!(db, Fault, |tx| Ok(compare::failed(tx, comparison, *now, "late").await?)).unwrap();
        let kept = read::comparison(&mut db.read().await.unwrap(), comparison).await.unwrap();
        assert_eq!((kept.progress, kept.why, kept.report), (Progress::Done, None, Some(report)));
        assert!(compare::is_of(&one().await, &kept.content));
        assert_eq!(read::finished(&mut db.read().await.unwrap()).await.unwrap().len(), 1);

        // A worked case still says 100,000: it is refused whole until the case is changed too.
        let broken = transact!(db, Fault, |tx| publish::submit(tx, *now, ann, id, &base).await);
        let Err(Fault::Cases(failed)) = broken else { panic!("taken: {broken:?}") };
        assert!(failed.iter().any(|case| case.id == "one-child"), "{failed:#?}");
        let cases = String::from_utf8(base.files().get("cases/first.yaml").unwrap().to_vec()).unwrap();
        let cases = cases.replace("amount: 100000, per: month", "amount: 110000, per: month");
        let cases = cases.replace("child_amount: 100000", "child_amount: 110000");
        let (changed, _) = edit::with(&one().await, &base, ann, "cases/first.yaml", &cases).unwrap();
        transact!(db, Fault, |tx| edit::keep(tx, *now, &changed, "cases/first.yaml").await).unwrap();
        assert!(!compare::is_of(&one().await, &kept.content), "the comparison is of an earlier text");
        transact!(db, Fault, |tx| publish::submit(tx, *now, ann, id, &base).await).unwrap();

        // What is handed over does not change, and whoever wrote it does not publish it.
        let late = edit::with(&one().await, &base, ann, AMOUNT, &text);
        assert!(matches!(late, Err(Fault::Stage { is: Stage::Submitted, .. })));
        let in_force = catalogue.current();
        assert!(matches!(publish::ready(&one().await, &in_force, &folder, ann), Err(Fault::OwnWork)));
        transact!(db, Fault, |tx| publish::send_back(tx, *now, bob, id, "why?").await).unwrap();
        assert_eq!(one().await.stage, Stage::Draft);
        transact!(db, Fault, |tx| publish::submit(tx, *now, ann, id, &base).await).unwrap();

        // A folder with something nobody took into force stops it.
        let stray = folder.join("README.md");
        std::fs::write(&stray, "half a thought").unwrap();
        assert!(matches!(publish::ready(&one().await, &in_force, &folder, bob), Err(Fault::Folder)));
        std::fs::remove_file(&stray).unwrap();
        assert!(publish::ready(&one().await, &in_force, &folder, bob).unwrap().is_some());
        publish::write(&one().await, &folder).unwrap();
        let done = catalogue.reload(&folder).unwrap();
        let hash = done.new.content_hash().to_owned();
        assert_eq!(done.new.files().hash(), one().await.laid_over(&base).hash());
        assert_eq!(catalogue.by_hash(&hash).unwrap().content_hash(), hash);
        // Stopped here and asked again: it is in force, and only that is noted.
        assert!(publish::ready(&one().await, &catalogue.current(), &folder, bob).unwrap().is_none());
        transact!(db, Fault, |tx| publish::published(tx, *now, bob, id, "seen", &hash).await).unwrap();
        let kept = one().await;
        assert_eq!((kept.stage, kept.published.as_ref()), (Stage::Published, Some(&hash)));
        assert_eq!(kept.approver, Some((other, "Bob".to_owned())));

        // Another one that began before has to be copied to the rules in force.
        let old = transact!(db, Fault, |tx| edit::begin(tx, ids, *now, ann, &base, "old").await).unwrap();
        let old = read::one(&mut db.read().await.unwrap(), old).await.unwrap();
        let line = String::from_utf8(base.files().get("parameters/line.csv").unwrap().to_vec()).unwrap();
        let (old, _) =
            edit::with(&old, &base, ann, "parameters/line.csv", &line.replace("1100000", "1200000")).unwrap();
        transact!(db, Fault, |tx| edit::keep(tx, *now, &old, "parameters/line.csv").await).unwrap();
        transact!(db, Fault, |tx| publish::submit(tx, *now, ann, old.id, &base).await).unwrap();
        let old = read::one(&mut db.read().await.unwrap(), old.id).await.unwrap();
        assert!(matches!(publish::ready(&old, &catalogue.current(), &folder, bob), Err(Fault::Moved)));
        let copied = transact!(db, Fault, |tx| edit::copy(tx, ids, *now, bob, &catalogue.current(), &old).await);
        let copied = read::one(&mut db.read().await.unwrap(), copied.unwrap()).await.unwrap();
        assert_eq!((copied.base.as_str(), copied.stage), (hash.as_str(), Stage::Draft));
        assert_eq!(copied.files.keys().collect::<Vec<_>>(), ["parameters/line.csv"]);
        transact!(db, Fault, |tx| edit::discard(tx, *now, copied.id).await).unwrap();
    }
}
