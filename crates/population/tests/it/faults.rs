//! What is wrong with a snapshot is told by name and place; the rest is read.

use std::fs;
use std::path::Path;

use kernel::Date;
use population::frame::{Cell, Family, FamilyFault, Folder, FrameError, Manifest, Reader};
use rules::schema::Entity;

use crate::town::{ON, header, key, korea};

fn adults(family: &mut Family, n: usize, members: usize) {
    family.start(key(n, 0));
    for m in 0..members {
        family.member(key(n, m + 1)).unwrap();
    }
}

type Spoil<'a> = &'a dyn Fn(&mut Family, &Folder);

/// Writes one household of three for each thing to be done to it.
fn snapshot(dir: &Path, spoil: &[Spoil<'_>]) -> Manifest {
    let pack = korea();
    let folder = Folder::create(dir, header(&pack)).unwrap();
    let mut writer = folder.writer(0);
    let mut family = folder.family();
    for (n, spoil) in spoil.iter().enumerate() {
        adults(&mut family, n, 3);
        spoil(&mut family, &folder);
        writer.push(&family).unwrap();
    }
    folder.finish(writer.finish().unwrap()).unwrap()
}

#[test]
fn faulty_households_are_set_aside_by_name_and_place() {
    let dir = tempfile::tempdir().unwrap();
    let cycle: Spoil<'_> = &|f, _| {
        f.parent(0, 1).unwrap();
        f.parent(1, 2).unwrap();
        f.parent(2, 0).unwrap();
    };
    let one_sided: Spoil<'_> = &|f, _| {
        f.spouses(0, 1).unwrap();
        f.spouses(0, 2).unwrap();
    };
    let future: Spoil<'_> = &|f, folder| {
        let born = folder.shape().column(Entity::Person, "birth_date").unwrap();
        f.set(Some(1), born, Cell::Date(ON.tomorrow().unwrap())).unwrap();
    };
    snapshot(dir.path(), &[&|_, _| {}, cycle, one_sided, future, &|_, _| {}]);
    let pack = korea();
    let reader = Reader::open(dir.path(), &pack).unwrap();
    let chunk = reader.whole_part(0).unwrap().next_chunk().unwrap().unwrap();
    let found: Vec<_> = chunk.aside().iter().map(|w| (w.row, w.fault.clone())).collect();
    let born = "birth_date".to_owned();
    let expected = [
        (1, FamilyFault::Cycle(0)),
        (2, FamilyFault::OneSided(1, 0)),
        (3, FamilyFault::Future { item: born, slot: 1, day: "2026-07-02".to_owned() }),
    ];
    assert_eq!(found, expected);
    let told = chunk.aside()[2].to_string();
    assert_eq!(
        told,
        "003-000-00000.persons.parquet: row group 0, row 3: `birth_date` of member 1 is 2026-07-02, after the day of the snapshot"
    );
}

#[test]
fn a_person_in_two_households_sets_both_aside_however_many_passes_it_takes() {
    let dir = tempfile::tempdir().unwrap();
    let pack = korea();
    let folder = Folder::create(dir.path(), header(&pack)).unwrap();
    let mut writer = folder.writer(0);
    let mut family = folder.family();
    for n in 0..50 {
        adults(&mut family, n, 1 + n % 3);
        if n == 40 {
            family.member(key(7, 1)).unwrap();
        }
        writer.push(&family).unwrap();
    }
    folder.finish(writer.finish().unwrap()).unwrap();
    let reader = Reader::open(dir.path(), &pack).unwrap();
    for at_once in [1_000, 10] {
        let found: Vec<String> = reader.two_homes(at_once).unwrap().iter().flatten().map(ToString::to_string).collect();
        let expected = [
            "002-000-00001.persons.parquet: row group 0, row 2: member 0 is a member of another household too: 003-000-00002, row 13",
            "003-000-00002.persons.parquet: row group 0, row 13: member 2 is a member of another household too: 002-000-00001, row 2",
        ];
        assert_eq!(found, expected);
    }
}

#[test]
fn a_writer_refuses_what_no_household_can_be() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let folder = Folder::create(dir.path(), header(&pack)).unwrap();
    let mut family = folder.family();
    adults(&mut family, 0, 2);
    let column = |item: &str| folder.shape().column(Entity::Person, item).unwrap();
    let (born, abroad, sex) = (column("birth_date"), column("days_abroad"), column("nationality"));
    assert_eq!(family.parent(1, 1), Err(FamilyFault::OwnRelative(1)));
    assert_eq!(family.spouses(0, 2), Err(FamilyFault::NoMember(2)));
    assert_eq!(family.member(key(0, 1)), Err(FamilyFault::SamePerson(0, 2)));
    let negative = FamilyFault::Negative { item: "days_abroad".to_owned(), slot: Some(0), value: -1 };
    assert_eq!(family.set(Some(0), abroad, Cell::Whole(-1)), Err(negative));
    let kind = |item: &str, expected| FamilyFault::WrongKind { item: item.to_owned(), expected };
    assert_eq!(family.set(Some(0), born, Cell::Whole(3)), Err(kind("birth_date", "a date")));
    let code = FamilyFault::NoCode { item: "nationality".to_owned(), slot: Some(0), place: 999 };
    assert_eq!(family.set(Some(0), sex, Cell::Code(999)), Err(code));
    assert!(family.set(Some(0), born, Cell::Date(Date::constant(-1, 1, 1))).is_err());
    family.start(key(1, 0));
    assert!(matches!(folder.writer(0).push(&family), Err(FrameError::Family { fault: FamilyFault::Empty, .. })));
}

/// Changes the manifest as somebody with an editor would.
fn edit(dir: &Path, from: &str, to: &str) {
    let file = dir.join("manifest.json");
    let text = fs::read_to_string(&file).unwrap();
    assert!(text.contains(from), "{from}");
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_snapshot_that_does_not_serve_is_refused_and_says_what_it_lacks() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    snapshot(dir, &[&|_, _| {}]);
    assert!(matches!(Folder::create(dir, header(&pack)), Err(FrameError::Taken(_))));
    edit(dir, "\"birth_date\"", "\"birthday\"");
    edit(
        dir,
        "\"days_abroad\",\n        \"kind\": \"whole\",\n        \"counts\": true",
        "\"days_abroad\",\n        \"kind\": \"truth\"",
    );
    let told = Reader::open(dir, &pack).unwrap_err().to_string();
    assert!(told.contains("person.birth_date: missing; expected a date"), "{told}");
    assert!(told.contains("person.days_abroad: expected a whole number, found true or false"), "{told}");
    edit(dir, "\"format\": 1", "\"format\": 7");
    let told = Reader::open(dir, &pack).unwrap_err().to_string();
    assert!(told.contains("format 7, this program reads format 1"), "{told}");
}

#[test]
fn a_part_that_was_changed_or_lost_rows_is_refused() {
    let pack = korea();
    let dir = tempfile::tempdir().unwrap();
    let dir = dir.path();
    snapshot(dir, &[&|_, _| {}, &|_, _| {}]);
    edit(dir, "\"households\": 2,\n      \"awards\"", "\"households\": 3,\n      \"awards\"");
    let told = Reader::open(dir, &pack).unwrap().whole_part(0).err().unwrap().to_string();
    assert!(told.contains("2 rows where 3 households of 3 have 3"), "{told}");
    let file = dir.join("003-000-00000.persons.parquet");
    let mut bytes = fs::read(&file).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).unwrap();
    edit(dir, "\"households\": 3,\n      \"awards\"", "\"households\": 2,\n      \"awards\"");
    let reader = Reader::open(dir, &pack).unwrap();
    assert!(matches!(reader.whole_part(0), Err(FrameError::Changed { .. })));
}
