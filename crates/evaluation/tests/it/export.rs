//! What leaves the house.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use evaluation::cohort;
use evaluation::export::{BLANK, Fault, Order, Taken, Warrant, run};
use guard::log::{Trust, verify};
use guard::{Denied, Guard, Role, Who};
use kernel::Lang;

use crate::office::{CANARY, FAMILY, Family, Office, guard_in, study, who};

const LAW: &str = "the act, article 28-2";

fn order<'a>(out: &'a Path, pair: (&'a Who, &'a Who), salt: &'a [u8; 32]) -> Order<'a> {
    let warrant = Warrant { who: pair.0, approver: pair.1, reason: "evaluation of the second year", law: LAW };
    Order { warrant, study: study(), out, salt, lang: Lang::Ko }
}

async fn take(office: &Office, guard: &Guard, out: &Path, salt: u8) -> Result<Taken, Fault> {
    let (analyst, lead) = (who(Role::Analyst, 1), who(Role::Approver, 2));
    run(&office.db, guard, &office.desk("2026-04-02"), order(out, (&analyst, &lead), &[salt; 32])).await
}

fn table(out: &Path) -> Vec<BTreeMap<String, String>> {
    let mut reader = csv::Reader::from_path(out.join("families.csv")).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

/// Twelve families alike, three who stand out by the mother's age and one by it and being alone; one that did not agree.
fn families() -> Vec<Family> {
    let mut all: Vec<Family> =
        (0..14).map(|n| Family { treated: n % 2 == 0, scale: Some(5 + n % 4), ..FAMILY }).collect();
    all.extend([Family { age: 44, ..FAMILY }; 3]);
    all.push(Family { age: 19, single: true, scale: None, ..FAMILY });
    all.push(Family { agrees: false, scale: Some(12), ..FAMILY });
    all
}

#[tokio::test]
async fn nobody_stands_out_nobody_is_in_it_unasked_and_two_exports_cannot_be_joined() {
    for office in Office::all(51).await {
        let persons = office.families(families()).await;
        let dir = tempfile::tempdir().unwrap();
        let guard = guard_in(dir.path(), office.desk("2026-04-02").now);
        let (first, second) = (dir.path().join("first"), dir.path().join("second"));
        let taken = take(&office, &guard, &first, 1).await.unwrap();
        // Of the eleven that had visits four stand out: nothing but the group is left of them, and they are too few even so.
        assert_eq!((taken.rows, taken.blanked, taken.left_out), (14, 0, 4));
        let rows = table(&first);
        let known = ["group", "age", "entry_week", "single", "multicultural"];
        let mut classes: BTreeMap<Vec<&str>, usize> = BTreeMap::new();
        for row in &rows {
            *classes.entry(known.iter().map(|c| row[*c].as_str()).collect()).or_default() += 1;
        }
        assert!(classes.values().all(|n| *n >= 5), "{classes:?}");
        assert_eq!((rows[0]["age"].as_str(), rows[0]["entry_week"].as_str()), ("25..29", "-20..-11"));
        assert_eq!(rows[0]["week_6_parenting_week"], "7", "seven weeks after birth");
        assert!(rows.iter().all(|r| r["week_6_parenting"] != "12"), "who did not agree is not in it");

        // The entry of the log names everybody who agreed, by a root.
        let mut tx = office.db.read().await.unwrap();
        let agreed = cohort::agreed(&mut tx, study()).await.unwrap();
        drop(tx);
        assert_eq!(agreed.len(), persons.len() - 1);
        assert_eq!(taken.root, hex::encode(cohort::root(&agreed)));

        // Neither a place nor an id nor a word is in any file.
        for file in ["families.csv", "dictionary.csv", "Group.ndjson", "Patient.ndjson", "Observation.ndjson"] {
            let text = std::fs::read_to_string(first.join(file)).unwrap();
            assert!(!text.contains(CANARY));
            assert!(
                persons.iter().all(|p| !text.contains(&p.to_string()) && !text.contains(&p.0.simple().to_string()))
            );
        }

        // The same rows as FHIR resources, and nothing else: a Patient a row, an Observation a value.
        let lines = |name: &str| -> Vec<serde_json::Value> {
            let text = std::fs::read_to_string(first.join(name)).unwrap();
            text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
        };
        let (patients, observations, group) =
            (lines("Patient.ndjson"), lines("Observation.ndjson"), lines("Group.ndjson"));
        let ids: Vec<&str> = patients.iter().map(|p| p["id"].as_str().unwrap()).collect();
        assert_eq!(ids, rows.iter().map(|r| r["key"].as_str()).collect::<Vec<_>>());
        assert!(patients.iter().all(|p| p.as_object().unwrap().len() == 2), "a key and nothing else");
        assert_eq!((group.len(), group[0]["quantity"].as_u64()), (1, Some(14)));
        let said: usize = rows.iter().map(|r| r.iter().filter(|(c, v)| *c != "key" && !v.is_empty()).count()).sum();
        assert_eq!(observations.len(), said);
        let of = |row: &BTreeMap<String, String>, column: &str| {
            let subject = format!("Patient/{}", row["key"]);
            let mine = observations.iter().filter(|o| o["subject"]["reference"] == subject.as_str());
            let mut mine = mine.filter(|o| o["code"]["coding"][0]["code"] == column);
            mine.next().cloned()
        };
        assert_eq!(of(&rows[0], "age").unwrap()["valueString"], "25..29");
        assert_eq!(of(&rows[0], "week_6_parenting_week").unwrap()["valueInteger"], 7);

        // A family that takes it back is not in the next one; no key of one is in the other.
        office.withdraws(persons[0]).await;
        assert_eq!(take(&office, &guard, &second, 2).await.unwrap().rows, 13);
        let keys = |rows: &[BTreeMap<String, String>]| rows.iter().map(|r| r["key"].clone()).collect::<BTreeSet<_>>();
        assert_eq!(keys(&rows).intersection(&keys(&table(&second))).count(), 0);
        let sorted = |out: &Path| table(out).windows(2).all(|two| two[0]["key"] < two[1]["key"]);
        assert!(sorted(&first) && sorted(&second), "the order tells nothing");
    }
}

#[tokio::test]
async fn who_stands_out_is_blanked_before_being_left_out() {
    let office = Office::all(52).await.remove(0);
    let mut all = vec![FAMILY; 6];
    all.extend([20, 22, 31, 36, 41].map(|age| Family { age, ..FAMILY }));
    office.families(all).await;
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path(), office.desk("2026-04-02").now);
    let out = dir.path().join("out");
    let taken = take(&office, &guard, &out, 3).await.unwrap();
    assert_eq!((taken.rows, taken.blanked, taken.left_out), (11, 5, 0));
    let rows = table(&out);
    let text = std::fs::read_to_string(out.join("Observation.ndjson")).unwrap();
    let blanks: usize = rows.iter().map(|r| r.values().filter(|v| *v == BLANK).count()).sum();
    assert_eq!(text.matches("\"dataAbsentReason\"").count(), blanks);
    assert!(!text.contains("\"*\""), "what is kept back has no value");
    assert_eq!(rows.iter().filter(|r| r["age"] == BLANK && r["single"] == BLANK && r["group"] == "with").count(), 5);
}

#[tokio::test]
async fn two_people_answer_for_it_and_one_entry_says_so() {
    let office = Office::all(53).await.remove(0);
    office.families(families()).await;
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path(), office.desk("2026-04-02").now);
    let out = dir.path().join("out");
    let desk = office.desk("2026-04-02");
    let (analyst, nurse) = (who(Role::Analyst, 1), who(Role::Nurse, 2));
    let with = async |pair| run(&office.db, &guard, &desk, order(&out, pair, &[0; 32])).await;
    assert!(matches!(with((&analyst, &analyst)).await, Err(Fault::SamePerson)));
    assert!(matches!(with((&analyst, &nurse)).await, Err(Fault::Denied(Denied::Refused(_)))));
    let weak = Who { strong: false, ..who(Role::Approver, 3) };
    assert!(matches!(with((&analyst, &weak)).await, Err(Fault::Denied(Denied::Refused(_)))));
    assert!(!out.exists(), "nothing was written");
    let taken = take(&office, &guard, &out, 4).await.unwrap();
    assert_eq!(taken.rows, 14);
    assert!(matches!(take(&office, &guard, &out, 5).await, Err(Fault::File { .. })), "never over another");
    drop(guard);
    // The two refusals, and one look.
    assert_eq!(verify(&dir.path().join("log"), &Trust::default()).unwrap().entries(), 3);
}

#[tokio::test]
async fn fewer_than_must_be_alike_are_not_exported() {
    let office = Office::all(54).await.remove(0);
    office.families(vec![FAMILY; 4]).await;
    let dir = tempfile::tempdir().unwrap();
    let guard = guard_in(dir.path(), office.desk("2026-04-02").now);
    let out = dir.path().join("out");
    assert!(matches!(take(&office, &guard, &out, 6).await, Err(Fault::TooFew(5))));
    assert!(!out.exists());
}
