//! A pack's population with one fault each: it is found, at its very place.

use catalogue::{Files, Pack};

/// File, what stands there, what is put there, code, and the text at whose place the fault is told.
const VARIANTS: &[(&str, &str, &str, &str, &str)] = &[
    ("households.toml", "share = 36", "shar = 36", "unknown-key", "shar = 36"),
    ("households.toml", "\"30-39\" = 17.4", "\"39-30\" = 17.4", "bad-value", "\"39-30\""),
    ("households.toml", "count = { \"1\" = 48", "count = { \"one\" = 48", "bad-value", "\"one\""),
    ("households.toml", "zone = \"province\"", "zone = \"provinc\"", "bad-value", "provinc\""),
    ("places.csv", "kr-11-110,", "kr-11-111,", "bad-value", "kr-11-111,"),
    ("variables.toml", "[150000, 2000000", "[150000, 1000000", "bad-value", "[[variable]]"),
    ("variables.toml", "head.age ..29", "head.agee ..29", "unknown-fact", "head.agee"),
    ("facts.toml", "fact = \"person.adopted\"", "fact = \"person.adoptd\"", "unknown-item", "person.adoptd"),
    ("facts.toml", "role head|spouse and age 20..64", "role hed|spouse and age 20..64", "bad-value", "role hed"),
    (
        "facts.toml",
        "share = 0.002\n[[draw]]\nfact = \"person.raising",
        "share = 2\n[[draw]]\nfact = \"person.raising",
        "bad-value",
        "share = 2",
    ),
    ("facts.toml", "choice = { gas = 71", "choice = { gass = 71", "bad-value", "gass"),
    ("facts.toml", "split = \"wealth\"", "split = \"welth\"", "unknown-fact", "welth"),
    (
        "margins.csv",
        "size_1,household,,percent,size 1,36.1",
        "size_1,household,,percent,age 1,36.1",
        "unknown-fact",
        "age 1,36.1",
    ),
    ("margins.csv", "36.1,1,yes,S150", "36.1,1,yes,S999", "unknown-source", "S999"),
    (
        "margins.csv",
        "nationality foreign,3.94,4,no",
        "nationality foreign,3.94,4,yes",
        "bad-value",
        "yes,S150,high,\"2,040",
    ),
    (
        "awards.csv",
        "disability_allowance,,0.85",
        "disability_allowances,,0.85",
        "unknown-programme",
        "disability_allowances",
    ),
    ("awards.csv", "disability_allowance,,0.85", "disability_allowance,,1.85", "bad-value", "1.85"),
    ("errors.csv", "paid_dead,livelihood", "paid_ded,livelihood", "bad-value", "paid_ded"),
    ("errors.csv", "person.days_abroad=150", "person.days_abroad", "bad-value", "person.days_abroad,"),
];

#[test]
fn a_fault_is_told_at_its_place() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    let whole = Files::read(&folder).unwrap();
    for (file, old, new, code, told) in VARIANTS {
        let mut files = whole.clone();
        let path = format!("population/{file}");
        let text = String::from_utf8(files.take(&path).unwrap()).unwrap();
        assert!(text.contains(old), "{file} does not hold {old}");
        let text = text.replacen(old, new, 1);
        files.put(path.clone(), text.as_bytes());
        let Err(faults) = Pack::from_files(files) else { panic!("{new} was taken") };
        let fault = faults.iter().find(|f| f.code == *code && f.file == path);
        let fault = fault.unwrap_or_else(|| panic!("{new}: {faults:#?}"));
        let line = text.lines().nth(fault.line as usize - 1).unwrap();
        let at: String = line.chars().skip(fault.column as usize - 1).collect();
        assert!(at.starts_with(told), "{new}: told at {at:?}, not at {told:?}: {fault:?}");
        assert!(!fault.expected.is_empty() || !fault.hint.is_empty(), "{fault:?}");
    }
}
