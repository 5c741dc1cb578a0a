//! One decision table of 12 rules and 6 inputs, compiled once; and what compiling costs.

#![allow(clippy::expect_used)]

use dmn::{Context, Value, compile, model, read};

fn main() {
    divan::main();
}

/// A FIRST table over age, income, children, region, disability and a date.
fn table() -> model::Definitions {
    let mut rules = String::new();
    for i in 0..12 {
        let (low, high) = (i * 8, i * 8 + 8);
        let cells = [
            format!("[{low}..{high})"),
            format!("&lt; {}", 1_000_000 + i * 100_000),
            if i % 2 == 0 { "-".into() } else { "&gt;= 1".into() },
            if i % 3 == 0 { "\"north\", \"south\"".into() } else { "-".into() },
            "-".into(),
            "&gt; date(\"2020-01-01\")".into(),
        ];
        let inputs: String = cells.iter().map(|c| format!("<inputEntry><text>{c}</text></inputEntry>")).collect();
        rules += &format!("<rule>{inputs}<outputEntry><text>{}</text></outputEntry></rule>", i * 1000);
    }
    let names = ["age", "income", "children", "region", "disabled", "since"];
    let data: String = names
        .iter()
        .map(|n| format!("<inputData id=\"{n}\" name=\"{n}\"><variable name=\"{n}\"/></inputData>"))
        .collect();
    let needs: String = names
        .iter()
        .map(|n| format!("<informationRequirement><requiredInput href=\"#{n}\"/></informationRequirement>"))
        .collect();
    let inputs: String =
        names.iter().map(|n| format!("<input><inputExpression><text>{n}</text></inputExpression></input>")).collect();
    let text = format!(
        "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"bench\" namespace=\"bench\">{data}\
         <decision id=\"d\" name=\"amount\"><variable name=\"amount\"/>{needs}\
         <decisionTable hitPolicy=\"FIRST\">{inputs}<output/>{rules}</decisionTable></decision></definitions>"
    );
    read(&text).expect("the bench's model is sound")
}

fn household(age: i64) -> Context {
    [
        ("age", Value::whole(age)),
        ("income", Value::whole(900_000)),
        ("children", Value::whole(2)),
        ("region", Value::text("north")),
        ("disabled", Value::Boolean(false)),
        ("since", Value::Date(dmn::Date::new(2024, 5, 1).expect("a day"))),
    ]
    .into_iter()
    .collect()
}

#[divan::bench(args = [3, 45, 93, 99])]
fn twelve_rules_six_inputs(bencher: divan::Bencher<'_, '_>, age: i64) {
    let program = compile(&table(), &[]);
    assert!(program.faults().is_empty());
    let inputs = household(age);
    bencher.bench(|| program.evaluate("amount", divan::black_box(&inputs).clone(), None));
}

#[divan::bench]
fn compiling(bencher: divan::Bencher<'_, '_>) {
    let model = table();
    bencher.bench(|| compile(divan::black_box(&model), &[]));
}
