//! The data files of `tests/feel`: each line an expression and what it gives.

use dmn::{Env, Eval, Names, NoTypes, Value};

/// The value of an expression and the reasons for nulls. A text that is no expression is null for that reason.
pub(crate) fn value_of(text: &str) -> (Value, Vec<String>) {
    match dmn::parse(text, &Names::new(), &NoTypes) {
        Ok(expr) => {
            let eval = Eval::new(None);
            let value = eval.eval(&expr, &Env::default());
            (value, eval.notes().into_iter().map(|n| n.message).collect())
        }
        Err(error) => (Value::Null, vec![format!("{}; {}", error.message, error.hint)]),
    }
}

fn cases() -> Vec<(String, String, String)> {
    let files = [
        ("values", include_str!("../feel/values.txt")),
        ("time", include_str!("../feel/time.txt")),
        ("functions", include_str!("../feel/functions.txt")),
    ];
    let mut out = Vec::new();
    for (file, text) in files {
        for (line, row) in text.lines().zip(1..).map(|(row, n)| (n, row)) {
            if row.trim().is_empty() || row.starts_with('#') {
                continue;
            }
            let (expression, expected) = row.split_once(" ==> ").unwrap_or_else(|| panic!("{file}.txt:{line}: no ==>"));
            // A comment to the end of the line would hide the rest.
            out.push((format!("{file}.txt:{line}"), expression.trim().to_owned(), expected.trim().to_owned()));
        }
    }
    out
}

#[test]
fn every_line_gives_what_it_says() {
    let mut wrong = Vec::new();
    let cases = cases();
    for (place, expression, expected) in &cases {
        let (actual, notes) = value_of(expression);
        let (wanted, trouble) = value_of(expected);
        assert!(trouble.is_empty(), "{place}: the expected side is wrong: {trouble:?}");
        // A null that nobody explains is as wrong as a wrong value, except where null is the plain answer.
        let plain = ["null[1]", "[1, 2, 3][4]", "true and null", "false or 1", "some x in [null, 1] satisfies x > 5"];
        let silent = actual.is_null() && notes.is_empty() && !plain.contains(&expression.as_str());
        if actual != wanted || silent {
            wrong.push(format!("{place}: {expression}\n  expected {wanted}\n  got      {actual} {notes:?}"));
        }
    }
    assert!(cases.len() > 250, "{} cases", cases.len());
    assert!(wrong.is_empty(), "{} of {} wrong\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}

#[test]
fn printing_and_parsing_again_changes_nothing() {
    let mut seen = 0;
    for (place, expression, _) in cases() {
        let Ok(first) = dmn::parse(&expression, &Names::new(), &NoTypes) else { continue };
        let printed = first.to_string();
        let again = dmn::parse(&printed, &Names::new(), &NoTypes)
            .unwrap_or_else(|e| panic!("{place}: {expression} was printed as {printed}: {e:?}"));
        assert_eq!(again.to_string(), printed, "{place}: {expression}");
        let value = |e| Eval::new(None).eval(e, &Env::default()).to_string();
        assert_eq!(value(&again), value(&first), "{place}: {expression} was printed as {printed}");
        seen += 1;
    }
    assert!(seen > 200);
}

#[test]
fn mistakes_are_told_with_place_and_remedy() {
    let error = |text: &str| dmn::parse(text, &Names::new(), &NoTypes).expect_err(text);
    let at = |text: &str| dmn::position(text, error(text).span);
    assert_eq!(at("1 +\n  * 2"), (1, 2));
    assert_eq!(error("if a then b").hint, "expected `else`");
    assert_eq!(error("\"open").message, "the text has no closing quotation mark");
    assert_eq!(error("[1, 2").hint, "expected `,` or `]`");
    let (_, notes) = value_of("{income: 5, r: incme + 1}");
    assert!(notes.contains(&"nothing is called `incme` here; did you mean `income`?".to_owned()), "{notes:?}");
    let (_, notes) = value_of("{f: function(x) external {java: {class: \"a\"}}, r: f(1)}");
    assert!(notes.iter().any(|n| n.contains("external functions")), "{notes:?}");
}
