//! What every pack says of its nurses, and what is refused with its place.

use catalogue::Pack;
use catalogue::model::SupervisionKind;

use crate::office::pack;

const PATH: &str = "workforce.toml";
/// What is written wrong, and the fault it is.
const FAULTS: &[(&str, &str, &str)] = &[
    ("hours = 320", "hours = 321", "unreachable"),
    ("hours = 320", "hours = 0", "out-of-range"),
    ("most_families = 250", "most_families = 8", "order"),
    ("most_intense = 9\n", "", "out-of-range"),
    ("intense = [\"sustained\"]", "intense = [\"sustaind\"]", "unknown-protocol"),
    ("intense = [\"sustained\"]", "intense = [\"sustained/high\"]", "unknown-tier"),
    ("protocols = [\"sustained\"]", "protocols = [\"sustain\"]", "unknown-protocol"),
    ("competency = \"breastfeeding\"", "competency = \"breast\"", "unknown-competency"),
    ("competency = \"breastfeeding\"", "", "unreachable"),
    ("months = 60", "months = 600", "out-of-range"),
    ("kind = \"team\"", "kind = \"individual\"", "duplicate-id"),
    ("kind = \"team\"", "kind = \"teem\"", "bad-value"),
    ("id = \"listens\"", "id = \"greets\"", "duplicate-id"),
    ("id = \"partnership\"", "id = \"foundation\"", "duplicate-id"),
    ("name.ko = \"지속방문\"\n", "", "missing-translation"),
    ("sources = [\"S91\"", "sources = [\"S910\"", "unknown-source"),
    ("days = 183", "dais = 183", "unknown-key"),
];

#[test]
fn a_faulty_file_is_refused_with_its_place() {
    let whole = String::from_utf8(pack().files().get(PATH).unwrap().to_vec()).unwrap();
    let mut wrong = Vec::new();
    for (from, to, code) in FAULTS {
        assert!(whole.contains(from), "{from}");
        let mut files = pack().files().clone();
        files.put(PATH, whole.replacen(from, to, 1));
        let faults = Pack::from_files(files).map(|_| ()).unwrap_err();
        let found = faults.iter().find(|f| f.code == *code && f.file == PATH);
        if !found.is_some_and(|f| f.line >= 1 && !f.expected.is_empty()) {
            wrong.push(format!("{from} → {to}: no {code} in {faults:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_pack_says_how_nurses_are_taught_and_supervised() {
    for dir in ["korea", "kazakhstan"] {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(dir);
        let pack = Pack::load(&path).map(|l| l.pack).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let rules = pack.workforce().unwrap();
        assert_eq!(rules.rhythms.len(), SupervisionKind::ALL.len(), "{dir}");
        let intense = |p: &catalogue::model::Protocol| {
            rules.is_intense(&p.id, None) || p.rhythms.iter().any(|r| rules.is_intense(&p.id, Some(&r.tier)))
        };
        assert!(pack.protocols().iter().any(intense), "{dir}: no family could have intense visits");
        assert!(pack.protocols().iter().any(|p| !rules.is_intense(&p.id, None)), "{dir}: every family has");
    }
}
