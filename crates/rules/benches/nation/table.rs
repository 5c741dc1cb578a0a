//! One decision table of 12 rules and 6 inputs, by our evaluator of DMN and by dsntk.

use dmn::{Context, Value, compile, read};

use crate::peers::Peers;
use crate::{median, used};

const ROUNDS: usize = 200;
/// Ages that meet each rule in turn, and none.
const AGES: std::ops::Range<i64> = 0..100;

fn model() -> String {
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
        rules += &format!("<rule>{inputs}<outputEntry><text>{}</text></outputEntry></rule>", (i + 1) * 1000);
    }
    let names = [
        ("age", "number"),
        ("income", "number"),
        ("children", "number"),
        ("region", "string"),
        ("disabled", "boolean"),
        ("since", "date"),
    ];
    let data: String = names
        .iter()
        .map(|(n, t)| {
            format!("<inputData id=\"{n}\" name=\"{n}\"><variable name=\"{n}\" typeRef=\"{t}\"/></inputData>")
        })
        .collect();
    let needs: String = names
        .iter()
        .map(|(n, _)| format!("<informationRequirement><requiredInput href=\"#{n}\"/></informationRequirement>"))
        .collect();
    let inputs: String = names
        .iter()
        .map(|(n, _)| format!("<input><inputExpression><text>{n}</text></inputExpression></input>"))
        .collect();
    format!(
        "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"bench\" namespace=\"https://example.org/bench\">{data}\
         <decision id=\"d\" name=\"amount\"><variable name=\"amount\" typeRef=\"number\"/>{needs}\
         <decisionTable hitPolicy=\"FIRST\">{inputs}<output/>{rules}</decisionTable></decision></definitions>"
    )
}

fn inputs(age: i64) -> Context {
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

pub(crate) fn run(peers: &Peers) {
    let text = model();
    let (path, contexts) = (peers.work.join("table.dmn"), peers.work.join("table.txt"));
    std::fs::write(&path, &text).expect("the model is written");
    let line = |age: i64| {
        format!(
            "{{age: {age}, income: 900000, children: 2, region: \"north\", disabled: false, since: date(\"2024-05-01\")}}\n"
        )
    };
    std::fs::write(&contexts, AGES.map(line).collect::<String>()).expect("the inputs are written");

    let definitions = read(&text).expect("the model is sound");
    let program = compile(&definitions, &[]);
    assert!(program.faults().is_empty(), "{:?}", program.faults());
    let all: Vec<Context> = AGES.map(inputs).collect();
    let number = |v: &Value| match v {
        Value::Null => 0,
        v => v.to_string().parse::<i64>().expect("a whole number"),
    };
    let sum: i64 =
        all.iter().map(|i| number(&program.evaluate("amount", i.clone(), None).expect("a decision").value)).sum();
    let round = || {
        let before = used();
        for _ in 0..ROUNDS {
            for input in &all {
                std::hint::black_box(program.evaluate("amount", input.clone(), None));
            }
        }
        (used() - before) / (ROUNDS * all.len()) as f64
    };
    round();
    let mut ours = vec![round(), round()];
    let (theirs_sum, theirs) = peers.dsntk(&path, &contexts, ROUNDS);
    ours.extend([round(), round(), round()]);
    assert_eq!(sum, theirs_sum, "sums over the table's outputs");
    let (ours, theirs) = (median(ours), theirs / (ROUNDS * all.len()) as f64);
    crate::line(
        "one decision table (12 rules, 6 inputs)",
        &format!("{ours:.0} ns"),
        &format!("dsntk 0.3.0 {theirs:.0} ns"),
        theirs / ours,
        "≥ 10 ×",
    );
}
