//! Household files: what a person may write, and what they are told when it is wrong.

use catalogue::HouseholdFile;
use kernel::Date;
use rules::Named;
use rules::schema::{Entity, Value};

use crate::loading::small;

#[test]
fn the_place_lends_its_attributes_and_an_own_fact_wins() {
    let pack = small();
    let tier = |facts: &str, place: &str| {
        let text = format!("household:\n  place: {place}\n  facts: {{ {facts} }}\n  members: [{{ id: a }}]\n");
        let household = HouseholdFile::parse(&pack, "h.yaml", &text).unwrap().build(&pack).unwrap();
        match pack.program().value(&household, (Entity::Household, "region_tier"), None, Date::constant(2026, 1, 1)) {
            Ok(Named::Known(Value::Code(code))) => code,
            other => format!("{other:?}"),
        }
    };
    assert_eq!(tier("", "land-1-1"), "city", "from the province around the town");
    assert_eq!(tier("region_tier: plain", "land-1-1"), "plain");
    assert_eq!(tier("", "land-2"), "plain", "from the country");
    assert!(tier("region_tier: unknown", "land-1").starts_with("Ok(Unknown"), "stated to be unknown");
}

/// What is written, the code of the fault, its line and column, and a word of what is told.
const WRONG: [(&str, &str, (u32, u32), &str); 12] = [
    (
        "household:\n  members:\n    - id: a\n      facts: { wage: 1.5 }\n",
        "bad-value",
        (4, 22),
        "the currency's own unit",
    ),
    (
        "household:\n  members:\n    - id: a\n      facts: { region_tier: city }\n",
        "unknown-item",
        (4, 29),
        "move it there",
    ),
    ("household:\n  members:\n    - id: a\n      facts: { age_years: 3 }\n", "unknown-item", (4, 27), "worked out"),
    ("household:\n  facts: { region_tier: citi }\n", "bad-value", (2, 25), "did you mean \"city\""),
    ("household:\n  facts: { income: { value: 5, source: nobody } }\n", "unknown-agency", (2, 40), "nobody"),
    ("household:\n  members:\n    - { id: a, spouse: b }\n", "unknown-member", (3, 7), "no member"),
    ("household:\n  members:\n    - { id: a, parents: [a] }\n", "bad-value", (3, 7), "their own relative"),
    ("household:\n  members:\n    - { id: a }\n    - { id: a }\n", "duplicate-id", (4, 7), "taken"),
    ("household:\n  members:\n    - { facts: {} }\n", "missing-key", (3, 7), "\"id\""),
    ("household:\n  membres: []\n", "unknown-key", (2, 3), "members"),
    ("household:\n  same_as: other\n", "bad-value", (2, 12), "worked cases only"),
    ("houshold:\n  members: []\n", "unknown-key", (1, 1), "household"),
];

#[test]
fn every_mistake_is_told_with_its_place() {
    let pack = small();
    for (text, code, place, word) in WRONG {
        let faults = HouseholdFile::parse(&pack, "h.yaml", text).expect_err(text);
        let found = faults.iter().find(|f| f.code == code && (f.line, f.column) == place);
        let told = found.map(|f| format!("{} {} {}", f.message, f.expected, f.hint)).unwrap_or_default();
        assert!(told.contains(word), "{text}\n{faults:#?}");
    }
    for text in ["", "household", "household: [", "- a\n- b", "household: { members: { a: b } }", "\u{0}"] {
        assert!(HouseholdFile::parse(&pack, "h.yaml", text).is_err(), "{text}");
    }
}
