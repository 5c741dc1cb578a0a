//! Import: hostile files, repetition, interruption, reports.

use std::path::PathBuf;

use kernel::{Clock, FixedClock, SeededIds};
use proptest::prelude::{Strategy, prop_oneof};
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use registry::import::{self, Import, ImportError, Progress, Summary, Table};
use store::{Db, testing};

use crate::support::*;

struct Desk {
    dir: tempfile::TempDir,
    ids: SeededIds,
    clock: FixedClock,
}

impl Desk {
    fn new() -> Desk {
        Desk { dir: tempfile::tempdir().unwrap(), ids: SeededIds::new(31), clock: FixedClock::at(at(0)) }
    }

    fn import(&self, dry_run: bool) -> Import<'_> {
        Import {
            ids: &self.ids,
            keys: keys(),
            clock: &self.clock,
            origin: origin(),
            check: &|_, item, _| if item == "unheard" { Err("is not in the data dictionary".into()) } else { Ok(()) },
            known_place: &|place| place.starts_with("kr"),
            identifier_fits: &|scheme, number| match (scheme, number.ends_with('8')) {
                ("sum", false) => {
                    Err("has a wrong check digit: a digit was mistyped: expected a number such as 00-0".into())
                }
                _ => Ok(()),
            },
            today: day("2026-11-21"),
            dry_run,
        }
    }

    fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    }

    async fn run(&self, db: &Db, table: Table, bytes: &[u8]) -> Summary {
        self.clock.set(self.clock.now().plus_seconds(1));
        let path = self.file(&format!("{table}.csv"), bytes);
        import::run(db, self.import(false), table, &path, &mut |_| {}).await.unwrap()
    }
}

/// How many rows lie in each table, and how many messages wait.
async fn census(db: &Db) -> Vec<i64> {
    let mut tx = db.read().await.unwrap();
    let counts: [&'static str; 9] = [
        "select count(*) as n from person",
        "select count(*) as n from person_name",
        "select count(*) as n from person_detail",
        "select count(*) as n from membership",
        "select count(*) as n from kin",
        "select count(*) as n from residence",
        "select count(*) as n from person_fact",
        "select count(*) as n from imported_row",
        "select count(*) as n from outbox",
    ];
    let mut all = Vec::new();
    for sql in counts {
        all.push(tx.one(sql, &[]).await.unwrap().get("n").unwrap());
    }
    all
}

const PERSONS: &str =
    "ref,family,given,latin_family,latin_given,sex,birth_date,identifier_scheme,identifier,phone,language
a1,한,빛나,Han,Bitna,female,1995-03-02,resident_number,950302-2000001,010-2222-3333,ko
a2,도,해솔,Do,Haesol,male,1993-08-15,resident_number,930815-1000002,,ko
a3,도,새봄,Do,Saebom,female,2022-04-09,,,,
";

#[tokio::test]
async fn five_files_make_a_family_and_importing_them_twice_changes_nothing() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let desk = Desk::new();
        let files: [(Table, &str); 5] = [
            (Table::Persons, PERSONS),
            (
                Table::Households,
                "ref,person,role,from\nh1,a1,head,2020-05-01\nh1,a2,spouse,2020-05-01\nh1,a3,child,2022-04-09\n",
            ),
            (Table::Kinship, "person,relation,other,from\na1,spouse,a2,2020-05-01\na3,parent,a1,\na3,parent,a2,\n"),
            (
                Table::Addresses,
                "person,jurisdiction,line,from\na1,kr-11,\"Garam-ro 12, 304\",2020-05-01\na2,kr-11,Garam-ro 12,2020-05-01\n",
            ),
            (
                Table::Facts,
                "subject,ref,item,type,value,from,agency,law\nperson,a1,wage,money,2000000,2026-01-01,tax_office,Income Tax Act art. 164\nhousehold,h1,monthly_rent,money,300000,2024-01-01,,\n",
            ),
        ];
        for (table, text) in files {
            let done = desk.run(&db, table, text.as_bytes()).await;
            assert_eq!((done.counts.refused, done.report), (0, None), "{table}");
        }
        let before = census(&db).await;
        assert_eq!(before[..8], [3, 6, 9, 3, 6, 2, 1, 13]);
        for (table, text) in files {
            // A byte order mark in front, columns as they are.
            let done = desk.run(&db, table, format!("\u{feff}{text}").as_bytes()).await;
            assert_eq!((done.counts.accepted, done.counts.refused), (0, 0), "{table} again");
        }
        assert_eq!(census(&db).await, before);
        // A corrected row under the same reference changes that person and nobody else.
        let corrected = PERSONS.lines().take(2).collect::<Vec<_>>().join("\n").replace("2222-3333", "4444-5555");
        let done = desk.run(&db, Table::Persons, corrected.as_bytes()).await;
        assert_eq!(done.counts.accepted, 1);
        let after = census(&db).await;
        assert_eq!((after[0], after[1], after[2]), (3, 6, 10));
    }
}

#[tokio::test]
async fn hostile_rows_are_refused_each_with_its_reason_and_the_rest_is_kept() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let desk = Desk::new();
        let mut text = b"ref,family,given,sex,birth_date,identifier_scheme,identifier,phone,email\n".to_vec();
        let rows: [(&[u8], &str); 19] = [
            ("b1,한,빛나,female,1995-03-02,rn,950302-2000001,,".as_bytes(), ""),
            ("b2,김,철,male,2023-02-31,,,,".as_bytes(), "the calendar has no such day"),
            ("b3,김,철,male,45123,,,,".as_bytes(), "spreadsheet"),
            ("b4,김,철,male,31/01/2020,,,,".as_bytes(), "not a date"),
            ("b5,김,철,male,2026-11-22,,,,".as_bytes(), "future"),
            ("b6,김,철,male,1849-12-31,,,,".as_bytes(), "too far back"),
            ("b7,김,철\u{7},male,1990-01-01,,,,".as_bytes(), "U+0007"),
            ("b8,김\u{202e},철,male,1990-01-01,,,,".as_bytes(), "U+202E"),
            (b"b9,\xff\xfe,x,male,1990-01-01,,,,", "UTF-8"),
            ("b10,김,철,mal,1990-01-01,,,,".as_bytes(), "expected female, male or other"),
            ("b11,김,철,male,1990-01-01,rn,950302-2000001,,".as_bytes(), "another person"),
            ("b12;김;철;male;1990-01-01".as_bytes(), "cells"),
            ("b13,,,male,1990-01-01,,,,".as_bytes(), "family"),
            (",김,철,male,1990-01-01,,,,".as_bytes(), "ref: must be filled"),
            ("b15,김,철,male,1990-01-01,,123,,".as_bytes(), "identifier_scheme"),
            ("b16,=cmd|'/c calc'!A1,철,male,1990-13-01,,,,".as_bytes(), "no such day"),
            ("b17,김,철,male,1990-01-01,,,call me,".as_bytes(), "telephone"),
            ("b20,김,철,male,1990-01-01,sum,12-347,,".as_bytes(), "identifier: has a wrong check digit"),
            ("b18,도,해솔,male,1993-08-15,,,,a@b.example".as_bytes(), ""),
        ];
        for (row, _) in rows {
            text.extend_from_slice(row);
            text.push(b'\n');
        }
        let huge = [b"b19,".as_slice(), &vec![b'x'; 10 << 20], b",y,male,1990-01-01,,,,\n"].concat();
        text.extend(huge);
        let done = desk.run(&db, Table::Persons, &text).await;
        assert_eq!((done.counts.accepted, done.counts.refused), (2, 18), "on {:?}", db.engine());
        let report = std::fs::read(done.report.unwrap()).unwrap();
        assert!(report.len() < 100_000, "the report repeats the monstrous cell");
        let mut reader = csv::Reader::from_reader(report.as_slice());
        assert_eq!(reader.headers().unwrap().iter().next_back(), Some("reason"));
        let reasons: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        let expected: Vec<&str> = rows.iter().map(|r| r.1).filter(|r| !r.is_empty()).collect();
        for (record, expected) in reasons.iter().zip(expected) {
            let reason = record.iter().next_back().unwrap();
            assert!(reason.contains(expected), "{reason:?} should say {expected:?}");
        }
        assert!(reasons.last().unwrap().iter().next_back().unwrap().contains("longer than"));
        for cell in reasons.iter().flat_map(|r| r.iter()) {
            assert!(!cell.starts_with(['=', '+', '-', '@', '\t', '\r']), "a formula in the report: {cell:?}");
        }
        let mistyped = reasons.iter().find(|r| r.iter().next() == Some("b20")).unwrap();
        assert_eq!(mistyped.iter().rev().nth(1), Some("19"), "the line of the file");
        assert!(!mistyped.iter().next_back().unwrap().contains("347"), "an identifier in a reason");
        assert!(!String::from_utf8_lossy(&report).contains("no such day: 9503"), "an identifier in a reason");
        assert_eq!(census(&db).await[0], 2, "a refused row left something behind");
    }
}

#[tokio::test]
async fn unknown_references_places_items_and_words_are_told_in_plain_words() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let desk = Desk::new();
        desk.run(&db, Table::Persons, PERSONS.as_bytes()).await;
        let cases: [(Table, &str, &str); 8] = [
            (Table::Households, "ref,person,role,from\nh1,zz,head,2020-01-01\n", "no person with the reference \"zz\""),
            (Table::Households, "ref,person,role,from\nh1,a1,boss,2020-01-01\n", "expected head, spouse"),
            (
                Table::Households,
                "ref,person,role,from,until\nh1,a1,head,2020-01-01,2020-01-01\n",
                "until is the first day outside",
            ),
            (Table::Kinship, "person,relation,other\na1,parent,a1\n", "their own parent"),
            (Table::Addresses, "person,jurisdiction,line,from\na1,xx-1,Road 1,2020-01-01\n", "no place \"xx-1\""),
            (
                Table::Facts,
                "subject,ref,item,type,value,from\nperson,a1,unheard,money,1,2020-01-01\n",
                "not in the data dictionary",
            ),
            (
                Table::Facts,
                "subject,ref,item,type,value,from\nperson,a1,wage,money,\"1,000\",2020-01-01\n",
                "without separators",
            ),
            (Table::Facts, "subject,ref,item,type,value,from\nperson,a1,wage,real,1,2020-01-01\n", "is not a type"),
        ];
        for (table, text, expected) in cases {
            let done = desk.run(&db, table, text.as_bytes()).await;
            assert_eq!(done.counts.refused, 1, "{text}");
            let report = std::fs::read_to_string(done.report.unwrap()).unwrap().replace("\"\"", "\"");
            assert!(report.contains(expected), "{report:?} should say {expected:?}");
        }
        let headers: [(&str, &str); 5] = [
            ("ref;family;given;birth_date\n", "semicolons"),
            ("ref,family,birth_date,colour\n", "colour"),
            ("ref,family,given\n", "\"birth_date\" is missing"),
            ("ref,ref,birth_date\n", "twice"),
            ("", "no column"),
        ];
        for (text, expected) in headers {
            let path = desk.file("bad.csv", text.as_bytes());
            let refused = import::run(&db, desk.import(false), Table::Persons, &path, &mut |_| {}).await;
            assert!(matches!(&refused, Err(ImportError::Header { .. })), "{refused:?}");
            let told = refused.unwrap_err().to_string();
            assert!(told.contains(expected) || text.is_empty(), "{told:?} should say {expected:?}");
        }
    }
}

#[tokio::test]
async fn a_dry_run_reports_and_keeps_nothing_and_an_interrupted_import_goes_on_where_it_was() {
    for db in testing::databases(SCHEMAS).await.unwrap() {
        let desk = Desk::new();
        let mut text = String::from("ref,family,given,birth_date\n");
        for n in 0..450 {
            text += &format!("p{n},김,수{n},{}\n", if n % 90 == 7 { "1990-02-30" } else { "1990-02-03" });
        }
        let path = desk.file("persons.csv", text.as_bytes());
        let empty = census(&db).await;
        let mut seen: Vec<Progress> = Vec::new();
        let dry = import::run(&db, desk.import(true), Table::Persons, &path, &mut |p| seen.push(p)).await.unwrap();
        assert_eq!((dry.counts.accepted, dry.counts.refused, dry.dry_run), (445, 5, true));
        assert_eq!(census(&db).await, empty, "a dry run left something behind");
        assert!(seen.windows(2).all(|w| w[0].bytes <= w[1].bytes && w[0].rows <= w[1].rows));
        assert_eq!(seen.last().unwrap().bytes, text.len() as u64);
        // Killed after the first portion: the future is dropped in the middle.
        {
            let mut portions = 0;
            let mut progress = |_: Progress| portions += 1;
            let run = import::run(&db, desk.import(false), Table::Persons, &path, &mut progress);
            let _ = tokio::time::timeout(std::time::Duration::from_millis(150), run).await;
        }
        let done = import::run(&db, desk.import(false), Table::Persons, &path, &mut |_| {}).await.unwrap();
        assert_eq!(done.counts.accepted + done.counts.unchanged, 445);
        assert_eq!((done.counts.refused, census(&db).await[0]), (5, 445));
        let report = std::fs::read_to_string(done.report.unwrap()).unwrap();
        assert_eq!(report.lines().count(), 6, "the report after an interruption is whole");
    }
}

/// Mostly what the column is for, now and then anything at all.
fn cell(column: &str) -> impl Strategy<Value = String> + use<> {
    let plain = match column {
        "ref" | "person" | "other" => "(a[1-9]|h[1-2])",
        "death_date" | "until" => "",
        "birth_date" | "from" => "(19[5-9]|20[01])[0-9]-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8])",
        "role" => "(head|spouse|child)",
        "relation" => "(parent|spouse|child)",
        "sex" => "(female|male|)",
        "subject" => "(person|household)",
        "type" => "(money|integer|code|boolean)",
        "value" => "([0-9]{1,6}|true)",
        "jurisdiction" => "kr-[1-3]",
        "identifier_scheme" => "rn",
        "identifier" => "(|[1-3]{4})",
        "phone" => "(|010-[1-9]{4})",
        "script" | "language" | "email" | "death" | "full_name" => "",
        _ => "[가-깋]{1,2}",
    };
    prop_oneof![150 => plain, 1 => "\\PC{0,12}", 1 => "[\"',;=\n\t\u{0}]{0,4}"]
}

#[tokio::test]
async fn whatever_the_cells_hold_a_second_import_changes_nothing_and_nothing_panics() {
    let db = testing::sqlite(SCHEMAS).await.unwrap();
    let desk = Desk::new();
    desk.run(&db, Table::Persons, PERSONS.as_bytes()).await;
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &[23; 32]);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    let mut accepted = 0;
    for round in 0..30 {
        let table = [Table::Persons, Table::Households, Table::Kinship, Table::Addresses, Table::Facts][round % 5];
        let row: Vec<_> = table.columns().iter().map(|c| cell(c.0).boxed()).collect();
        let rows = proptest::collection::vec(row, 1..40).new_tree(&mut runner).unwrap().current();
        let header = table.columns().iter().map(|c| c.0).collect::<Vec<_>>().join(",");
        let text = std::iter::once(header).chain(rows.into_iter().map(|r| r.join(","))).collect::<Vec<_>>().join("\n");
        let first = desk.run(&db, table, text.as_bytes()).await;
        accepted += first.counts.accepted;
        let before = census(&db).await;
        let second = desk.run(&db, table, text.as_bytes()).await;
        assert_eq!(second.counts.accepted, 0, "{text}");
        assert_eq!(second.counts.rows, first.counts.rows);
        assert_eq!(census(&db).await, before, "{text}");
    }
    assert!(accepted > 50, "the generator makes few rows that are taken over: {accepted}");
}
