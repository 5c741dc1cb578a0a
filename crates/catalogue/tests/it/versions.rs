use std::fs;

use catalogue::{Archive, ArchiveError, Catalogue, Files, Pack, ReloadError, differences};
use kernel::Lang;

use crate::loading::{small, small_dir, with};

fn lay_out(files: &Files, dir: &std::path::Path) {
    for (path, bytes) in files.iter() {
        let path = dir.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
}

#[test]
fn a_faulty_pack_is_refused_whole_and_old_cases_keep_their_version() {
    let data = tempfile::tempdir().unwrap();
    let (catalogue, warnings) = Catalogue::open(&small_dir(), Archive::within(data.path())).unwrap();
    assert!(warnings.is_empty());
    let first = catalogue.current();

    let faulty = tempfile::tempdir().unwrap();
    lay_out(&with("programmes/home_care.toml", "person.in_daycare", "person.in_daycar"), faulty.path());
    assert!(matches!(catalogue.reload(faulty.path()), Err(ReloadError::Faulty(faults)) if !faults.is_empty()));
    assert_eq!(catalogue.current().content_hash(), first.content_hash());

    let better = tempfile::tempdir().unwrap();
    lay_out(&with("parameters/child_amount.csv", "100000", "120000"), better.path());
    let reloaded = catalogue.reload(better.path()).unwrap();
    assert_eq!(reloaded.changes.len(), 1);
    assert_ne!(catalogue.current().content_hash(), first.content_hash());
    assert_eq!(catalogue.by_hash(first.content_hash()).unwrap().content_hash(), first.content_hash());

    // another process, later: the older pack comes from the disk
    let (again, _) = Catalogue::open(better.path(), Archive::within(data.path())).unwrap();
    let old = again.by_hash(first.content_hash()).unwrap();
    assert_eq!(old.parameters().get("child_amount").unwrap().rows[0].value, rules::schema::Value::Money(100_000));
    assert_eq!(again.hashes().unwrap().len(), 2);
}

#[test]
fn an_altered_copy_and_a_made_up_hash_are_refused() {
    let data = tempfile::tempdir().unwrap();
    let archive = Archive::within(data.path());
    let pack = small();
    archive.save(&pack).unwrap();
    archive.save(&pack).unwrap();
    assert!(archive.load(pack.content_hash()).is_ok());
    let file = data.path().join("packs").join(pack.content_hash()).join("parameters/child_amount.csv");
    fs::write(&file, fs::read_to_string(&file).unwrap().replace("100000", "900000")).unwrap();
    assert!(matches!(archive.load(pack.content_hash()), Err(ArchiveError::Altered { .. })));
    for hash in ["../../etc", "", &"0".repeat(64), &"é".repeat(64)] {
        assert!(matches!(archive.load(hash), Err(ArchiveError::Unknown(_))), "{hash}");
    }
}

#[test]
fn differences_are_told_in_words() {
    let old = small();
    let told = |file: &str, from: &str, to: &str| -> Vec<String> {
        let new = Pack::from_files(with(file, from, to)).unwrap_or_else(|f| panic!("{f:#?}")).pack;
        differences(&old, &new).iter().map(|c| c.text(Lang::En)).collect()
    };
    assert_eq!(
        told("programmes/child_benefit.toml", "person.age_years < 8\"", "person.age_years < 9\""),
        ["Condition changed: Child benefit 2025-01-01 age: person.age_years < 8 → person.age_years < 9"]
    );
    assert_eq!(
        told("parameters/line.csv", "2026-01-01,,1,1100000", "2026-01-01,,1,1150000"),
        ["Parameter changed: Income line (1) 2026-01-01 –: 1100000 → 1150000"]
    );
    assert_eq!(
        told("programmes/home_care.toml", "\"person.home_care_rate\"", "\"person.home_care_rate + 10000\""),
        [
            "Formula changed: Home care benefit 2025-01-01 amount: person.home_care_rate / month → person.home_care_rate + 10000 / month"
        ]
    );
    let table = told("tables/home_care.dmn", "120000", "130000");
    assert!(table.len() == 1 && table[0].contains("2: [1..3) | \"city\" → 130000"), "{table:?}");
    assert_eq!(
        told("programmes/home_care.toml", "valid_from = 2025-01-01", "valid_from = 2025-02-01"),
        ["Version added: Home care benefit: 2025-02-01 – …", "Version removed: Home care benefit: 2025-01-01 – …"]
    );
    assert_eq!(told("definitions/income.toml", "m.wage)", "m.wage + 1)").len(), 1);
    assert_eq!(
        told("programmes/child_benefit.toml", "pay_day = 25", "pay_day = 20"),
        ["Programme changed: Child benefit pay_day: 25 → 20"]
    );
    let mut files = Files::read(&small_dir()).unwrap();
    files.take("programmes/income_support.toml");
    files.take("combinations.toml");
    files.take("cases/first.yaml");
    files.take("process.toml");
    files.take("programmes/home_care.toml"); // names a consent of process.toml
    let new = Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}")).pack;
    let lines: Vec<String> = differences(&old, &new).iter().map(|c| c.text(Lang::Ko)).collect();
    assert!(lines.contains(&"지원 사업 삭제: 소득지원".to_owned()), "{lines:?}");
    assert!(differences(&old, &small()).is_empty());
}
