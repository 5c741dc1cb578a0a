//! Decision tables drawn in a modeller: what the pack makes of them is what DMN says they are, and they come into a pack by one step.

use std::fmt::Write as _;

use catalogue::{Files, Pack, Wanted, bring};
use dmn::{Context, Value};
use kernel::Date;
use proptest::prelude::*;
use rules::schema::{Entity, Severity};
use rules::{Named, Program};

use crate::loading::small_dir;

const ON: Date = Date::constant(2026, 6, 15);
const MODEL: &str = include_str!("../packs/small/tables/home_care.dmn");

fn wanted(unit: Option<&str>, maps: &[(&str, &str)]) -> Wanted {
    Wanted {
        decision: None,
        output: None,
        id: None,
        entity: Entity::Person,
        unit: unit.map(str::to_owned),
        inputs: maps.iter().map(|(a, b)| ((*a).to_owned(), (*b).to_owned())).collect(),
        law: "Families Act 9".into(),
    }
}

/// The small pack without its own table.
fn without_table() -> Files {
    let mut files = Files::read(&small_dir()).unwrap();
    files.take("tables/home_care.dmn");
    files.take("definitions/home_care.toml");
    let path = "programmes/home_care.toml";
    let text = String::from_utf8(files.take(path).unwrap()).unwrap();
    files.put(path, text.replace("person.home_care_rate", "150000"));
    let path = "cases/first.yaml";
    let text = String::from_utf8(files.take(path).unwrap()).unwrap();
    files.put(path, text.split("  - id: rate-by-table").next().unwrap().to_owned());
    files
}

#[test]
fn a_table_comes_into_a_pack_by_one_step() {
    let maps = [("Age", "person.age_years"), ("Region", "household.region_tier")];
    let brought = bring(&without_table(), "home_care", MODEL, &wanted(Some("KRW/month"), &maps)).unwrap();
    assert_eq!(brought.written, ["tables/home_care.dmn", "definitions/home_care_rate.toml"]);
    let toml = String::from_utf8(brought.files.get("definitions/home_care_rate.toml").unwrap().to_vec()).unwrap();
    for line in [
        "id = \"home_care_rate\"",
        "unit = \"KRW/month\"",
        "inputs = { \"Age\" = \"person.age_years\", \"Region\" = \"household.region_tier\" }",
    ] {
        assert!(toml.contains(line), "{line} is not in\n{toml}");
    }
    let pack = Pack::from_files(brought.files).unwrap().pack;
    assert_eq!(
        pack.program().definitions().iter().find(|d| d.id.as_ref() == "home_care_rate").unwrap().tables.len(),
        1
    );
}

#[test]
fn inputs_are_found_by_name_and_what_is_in_the_way_is_said() {
    let renamed = MODEL.replace(">Region<", ">Region tier<").replace(">Age<", ">age_years<");
    let brought = bring(&without_table(), "rates", &renamed, &wanted(Some("KRW/month"), &[])).unwrap();
    let toml = String::from_utf8(brought.files.get("definitions/home_care_rate.toml").unwrap().to_vec()).unwrap();
    assert!(toml.contains("\"Region tier\" = \"household.region_tier\""), "{toml}");
    // What is in the way: code and a part of the message.
    for (model, unit, code, message) in [
        (MODEL.to_owned(), Some("KRW/month"), "unknown-name", "Region"),
        (renamed.replace("120000", "120000.5"), Some("persons"), "not-whole", "may have decimals"),
        (renamed.clone(), Some("boolean"), "wrong-type", "`home_care_rate`"),
        (renamed.replace("UNIQUE", "RULE ORDER"), None, "table-policy", "gives a list of results"),
        (
            format!("{}</definitions>", MODEL.split("<decision id").next().unwrap()),
            None,
            "unknown-decision",
            "0 decision tables",
        ),
        ("<definitions".to_owned(), None, "syntax", "not well-formed"),
        (MODEL.replace("Home care rate", "단가"), None, "unknown-name", "Region"),
    ] {
        let faults = bring(&without_table(), "rates", &model, &wanted(unit, &[])).unwrap_err();
        assert!(faults.iter().any(|f| f.code == code && f.message.contains(message)), "{code} {message}: {faults:#?}");
    }
    let files = Files::read(&small_dir()).unwrap();
    let again = bring(&files, "home_care", &renamed, &wanted(None, &[])).unwrap_err();
    assert!(again.iter().any(|f| f.code == "duplicate-id"), "{again:#?}");
}

#[test]
fn a_programme_goes_to_modellers_as_dmn() {
    let pack = crate::loading::small();
    let xml = catalogue::draw(&pack, "child_benefit", ON, kernel::Lang::En).unwrap();
    let model = dmn::read(&xml).unwrap();
    assert_eq!(dmn::write(&model), xml);
    let program = dmn::compile(&model, &[]);
    assert!(program.faults().is_empty(), "{:?}", program.faults());
    assert!(program.strictly().refusals("child_benefit").is_empty(), "{:?}", program.strictly());
    for (years, answer, amount) in [(7, true, 100_000), (8, false, 0)] {
        let mut person = Context::default();
        person.put("age_years", Value::whole(years));
        let mut inputs = Context::default();
        inputs.put("person", Value::context(person));
        inputs.put("child_amount", Value::whole(100_000));
        let of = |name: &str| program.evaluate(name, inputs.clone(), None).unwrap().value;
        assert_eq!(of("child_benefit"), Value::Boolean(answer));
        assert_eq!(of("amount"), Value::whole(amount));
    }
    assert!(catalogue::draw(&pack, "child_benefit", Date::constant(2001, 1, 1), kernel::Lang::En).is_none());
}

/// Cells for an age and for a region, and outputs.
const AGES: [&str; 9] = ["-", "< 3", ">= 3", "[1..7)", "5", "not(5)", "(2..18]", "> 64", "1, 3, [18..64]"];
const REGIONS: [&str; 4] = ["-", "\"city\"", "\"plain\"", "not(\"city\")"];
const POLICIES: [&str; 7] = [
    "hitPolicy=\"UNIQUE\"",
    "hitPolicy=\"ANY\"",
    "hitPolicy=\"FIRST\"",
    "hitPolicy=\"COLLECT\" aggregation=\"SUM\"",
    "hitPolicy=\"COLLECT\" aggregation=\"COUNT\"",
    "hitPolicy=\"COLLECT\" aggregation=\"MIN\"",
    "hitPolicy=\"COLLECT\" aggregation=\"MAX\"",
];

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

fn drawn(policy: &str, rules: &[(usize, usize, usize)], default: bool) -> String {
    let head = MODEL.split("<decisionTable").next().unwrap();
    let mut out = format!("{head}<decisionTable {policy}>");
    for (name, ty) in [("Age", "number"), ("Region", "string")] {
        let _ = write!(out, "<input><inputExpression typeRef=\"{ty}\"><text>{name}</text></inputExpression></input>");
    }
    let end = if default { "<defaultOutputEntry><text>7</text></defaultOutputEntry>" } else { "" };
    let _ = write!(out, "<output typeRef=\"number\">{end}</output>");
    for (age, region, output) in rules {
        out.push_str("<rule>");
        for cell in [AGES[*age], REGIONS[*region]] {
            let _ = write!(out, "<inputEntry><text>{}</text></inputEntry>", escaped(cell));
        }
        let _ = write!(out, "<outputEntry><text>{}</text></outputEntry></rule>", output * 10);
    }
    out + "</decisionTable></decision></definitions>"
}

/// The pack with a drawn table; `None`: refused because of what its rules cover.
fn packed(model: &str) -> Option<Pack> {
    let maps = [("Age", "person.age_years"), ("Region", "household.region_tier")];
    match bring(&without_table(), "drawn", model, &wanted(Some("integer"), &maps)) {
        Ok(brought) => Some(Pack::from_files(brought.files).unwrap().pack),
        Err(faults) => {
            let errors = faults.iter().filter(|f| f.severity == Severity::Error);
            assert!(errors.clone().all(|f| f.code == "table-gap" || f.code == "table-overlap"), "{faults:#?}\n{model}");
            None
        }
    }
}

fn typed(program: &Program, years: i64, region: &str) -> Named {
    use rules::schema::Value as V;
    let mut b = program.household();
    let one = b.member("one").unwrap();
    let birth = Date::constant(2026, 1, 1).saturating_sub(jiff::Span::new().years(years));
    b.person_fact(one, "birth_date", Some(V::Date(birth)), None).unwrap();
    b.household_fact("region_tier", Some(V::Code(region.to_owned())), None).unwrap();
    program.value(&b.build(), (Entity::Person, "home_care_rate"), Some(0), ON).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, failure_persistence: None, ..ProptestConfig::default() })]

    /// The typed table gives what DMN's evaluator gives, wherever that gives a value; and what is refused is a table that DMN answers
    /// with null for somebody.
    #[test]
    fn typed_and_dynamic_tables_agree(
        policy in prop::sample::select(&POLICIES[..]),
        rules in prop::collection::vec((0..AGES.len(), 0..REGIONS.len(), 0_usize..4), 1..5),
        default: bool,
    ) {
        let model = drawn(policy, &rules, default);
        let dynamic = dmn::compile(&dmn::read(&model).unwrap(), &[]);
        prop_assert!(dynamic.faults().is_empty(), "{:?}", dynamic.faults());
        prop_assert!(dynamic.strictly().refusals("Home care rate").is_empty(), "{:?}", dynamic.strictly());
        let pack = packed(&model);
        let mut nulls = 0;
        for years in [0, 1, 2, 3, 4, 5, 6, 7, 10, 17, 18, 19, 40, 63, 64, 65, 80] {
            for region in ["city", "plain"] {
                let mut inputs = Context::default();
                inputs.put("Age", Value::whole(years));
                inputs.put("Region", Value::text(region));
                let answer = dynamic.evaluate("Home care rate", inputs, None).unwrap().value;
                nulls += usize::from(answer.is_null());
                let Some(pack) = &pack else { continue };
                let ours = match typed(pack.program(), years, region) {
                    Named::Known(rules::schema::Value::Integer(n)) => n.to_string(),
                    other => format!("{other:?}"),
                };
                prop_assert_eq!(ours, answer.to_string(), "{} years, {}\n{}", years, region, model);
            }
        }
        prop_assert_eq!(pack.is_none(), nulls > 0, "{} nulls\n{}", nulls, model);
    }
}
