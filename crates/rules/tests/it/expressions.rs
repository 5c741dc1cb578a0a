//! `expressions.txt` and, for a currency with decimals, `decimals.txt`: one expression a line, with what it comes to, or the fault it is and where.

use kernel::Currency;
use rules::schema::{Entity, Fault, Schema, Severity, Value};
use rules::{Compiled, Named, compile};

use crate::support;

fn shown(v: Named) -> String {
    match v {
        Named::Known(Value::Boolean(b)) => b.to_string(),
        Named::Known(Value::Integer(n) | Value::Money(n)) => n.to_string(),
        Named::Known(Value::Decimal(t) | Value::Text(t) | Value::Code(t)) => t,
        Named::Known(Value::Date(d)) => d.to_string(),
        Named::Unknown { least: None, most: None } => "unknown".into(),
        Named::Unknown { least, most } => {
            let end = |n: Option<i64>| n.map(|n| n.to_string()).unwrap_or_default();
            format!("unknown {}..{}", end(least), end(most))
        }
        Named::Error(e) => format!("error {}", e.split(':').next().unwrap_or("")),
    }
}

/// What an expression about somebody comes to in the test family.
fn outcome(currency: Currency, text: &str, who: &str) -> String {
    let mut schema = Schema { currency, ..support::schema() };
    let entity = if who == "household" { Entity::Household } else { Entity::Person };
    schema.definitions.push(support::definition(entity, "it", text));
    match compile(&schema) {
        Err(faults) => {
            let f: &Fault = faults.iter().find(|f| f.severity == Severity::Error).unwrap();
            format!("fault {} {}:{}", f.code, f.line, f.column)
        }
        Ok(Compiled { program, .. }) => {
            let family = support::family(&program);
            let member = (entity == Entity::Person).then(|| family.member(who).unwrap());
            shown(program.value(&family, (entity, "it"), member, support::ON).unwrap())
        }
    }
}

#[test]
fn every_line_comes_to_what_it_says() {
    check(Currency::KRW, include_str!("expressions.txt"));
}

#[test]
fn numbers_beside_money_are_in_the_own_unit_of_the_currency() {
    check(Currency::KZT, include_str!("decimals.txt"));
}

fn check(currency: Currency, file: &str) {
    let mut wrong = Vec::new();
    let mut lines = 0;
    for (n, line) in file.lines().enumerate() {
        if line.trim().is_empty() || line.starts_with('#') {
            continue;
        }
        let parts: Vec<&str> = line.split(" | ").map(str::trim).collect();
        let [text, who, expected] = parts[..] else { panic!("line {}: {line}", n + 1) };
        lines += 1;
        let got = outcome(currency, &text.replace("\\n", "\n"), who);
        if got != expected {
            wrong.push(format!("line {}: {text} | {who}\n    expected {expected}\n    got      {got}", n + 1));
        }
    }
    assert!(wrong.is_empty(), "{} of {lines} lines:\n{}", wrong.len(), wrong.join("\n"));
}
