//! Models: every kind of boxed expression, hit policies, imports, services; reading, running, writing, reading again.

use dmn::kit::{self, Ending};
use dmn::{Context, Env, Eval, Names, NoTypes, Program, Value, compile, parse, read, write};

const FILES: [(&str, &str); 6] = [
    ("tables", include_str!("../models/tables.dmn")),
    ("boxed", include_str!("../models/boxed.dmn")),
    ("older", include_str!("../models/older.dmn")),
    ("services", include_str!("../models/services.dmn")),
    ("base", include_str!("../models/base.dmn")),
    ("family", include_str!("../models/family.dmn")),
];

fn file(name: &str) -> &'static str {
    FILES.iter().find(|(n, _)| *n == name).map(|(_, text)| *text).expect("the file is in the list")
}

fn model(name: &str) -> dmn::model::Definitions {
    read(file(name)).unwrap_or_else(|e| panic!("{name}.dmn, {e}"))
}

fn program(name: &str) -> Program {
    let program = compile(&model(name), &[model("base")]);
    assert!(program.faults().is_empty(), "{name}: {:?}", program.faults());
    program
}

fn feel(text: &str) -> Value {
    let expr = parse(text, &Names::new(), &NoTypes).unwrap_or_else(|e| panic!("{text}: {e:?}"));
    Eval::new(None).eval(&expr, &Env::default())
}

fn inputs(text: &str) -> Context {
    match feel(text) {
        Value::Context(c) => (*c).clone(),
        other => panic!("{other} is no context"),
    }
}

#[track_caller]
fn gives(program: &Program, name: &str, given: &str, expected: &str) {
    let outcome = program.evaluate(name, inputs(given), None).unwrap_or_else(|| panic!("there is no {name}"));
    let notes: Vec<String> = outcome.notes.iter().map(ToString::to_string).collect();
    assert_eq!(outcome.value.to_string(), feel(expected).to_string(), "{name} of {given}: {notes:?}");
}

#[test]
fn every_hit_policy_and_aggregator() {
    let p = program("tables");
    gives(&p, "unique", "{age: 5}", "\"child\"");
    gives(&p, "unique", "{age: 18}", "null");
    gives(&p, "unique", "{age: -1}", "\"nobody\"");
    gives(&p, "any", "{age: 5}", "\"yes\"");
    gives(&p, "any", "{age: 50}", "null");
    gives(&p, "first", "{age: 5}", "{level: 1, name: \"low\"}");
    gives(&p, "first", "{age: 30}", "{level: 2, name: \"high\"}");
    gives(&p, "first", "{age: 300}", "null");
    gives(&p, "priority", "{age: 5}", "\"high\"");
    gives(&p, "output order", "{age: 5}", "[\"high\", \"middle\", \"low\"]");
    gives(&p, "rule order", "{age: 5}", "[\"low\", \"high\", \"middle\"]");
    gives(&p, "collect", "{age: 5}", "[10, 30, 20]");
    gives(&p, "collect sum", "{age: 5}", "60");
    gives(&p, "collect min", "{age: 5}", "10");
    gives(&p, "collect max", "{age: 5}", "30");
    gives(&p, "collect count", "{age: 5}", "3");
    gives(&p, "collect count", "{age: 500}", "0");
    gives(&p, "only allowed", "{age: 5}", "\"known\"");
    gives(&p, "only allowed", "{age: 7}", "\"unknown\"");
    gives(&p, "asks", "{age: 6}", "\"even\"");
    gives(&p, "asks", "{age: 7}", "\"odd\"");
}

#[test]
fn every_boxed_expression() {
    let p = program("boxed");
    gives(&p, "context", "{person: {first name: \"A\", born: @\"2020-02-29\"}}", "{greeting: \"Hi A\", year: 2020}");
    gives(&p, "with result", "{}", "42");
    gives(&p, "list", "{}", "[1, [2, 3]]");
    gives(&p, "relation", "{}", "[{name: \"a\", amount: 1}, {name: \"b\", amount: 2}]");
    gives(&p, "invocation", "{}", "7");
    gives(&p, "function", "{}", "9");
    gives(&p, "conditional", "{}", "\"big\"");
    gives(&p, "for", "{}", "[2, 4]");
    gives(&p, "some", "{}", "true");
    gives(&p, "every", "{}", "false");
    gives(&p, "filter", "{}", "[2, 3]");
    gives(&p, "factorial of five", "{}", "120");
    gives(&p, "typed", "{}", "null");
    gives(&p, "one as list", "{}", "[\"a\"]");
    gives(&p, "outside", "{}", "null");
    gives(&p, "add", "{a: 3, b: 4}", "7");
    let outside = p.evaluate("outside", Context::default(), None).expect("it is there");
    assert!(outside.notes.iter().any(|n| n.message.contains("may not reach outside")), "{:?}", outside.notes);
    let typed = p.evaluate("typed", Context::default(), None).expect("it is there");
    assert!(typed.notes.iter().any(|n| n.message.contains("does not belong to the type")), "{:?}", typed.notes);
}

#[test]
fn a_model_of_dmn_1_1_runs() {
    let p = program("older");
    gives(&p, "Full Name", "{Applicant: {Given Name: \"A\", Family Name: \"B\"}}", "\"A B\"");
    gives(&p, "Fee", "{Applicant: {Given Name: \"A\", Family Name: \"B\"}}", "12.5");
}

#[test]
fn services_take_what_they_name_and_nothing_else() {
    let p = program("services");
    gives(&p, "both", "{income: 10}", "{double: 20, triple: 30}");
    gives(&p, "by service", "{income: 1}", "{double: 10, triple: 15}");
    gives(&p, "from double", "{double: 100}", "101");
    gives(&p, "plus one", "{income: 3}", "7");
    // A decision sees what it requires and nothing else.
    gives(&p, "sees too much", "{income: 3}", "null");
}

#[test]
fn models_import_each_other() {
    let p = program("family");
    gives(&p, "allowance", "{child: {age: 3}}", "100");
    gives(&p, "allowance", "{child: {age: 30}}", "0");
    gives(&p, "with bonus", "{child: {age: 3}, lib: {region: \"north\"}}", "150");
    gives(&p, "with bonus", "{child: {age: 3}, region: \"south\"}", "100");
    let alone = compile(&model("family"), &[]);
    assert!(alone.faults().iter().any(|f| f.message.contains("is not at hand")), "{:?}", alone.faults());
}

#[test]
fn imports_without_a_name_and_in_a_circle() {
    let head = "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\"";
    let decision = |id: &str, needs: &str, text: &str| {
        format!(
            "<decision id=\"{id}\" name=\"{id}\"><variable name=\"{id}\"/><informationRequirement>\
             <requiredDecision href=\"#{needs}\"/></informationRequirement>\
             <literalExpression><text>{text}</text></literalExpression></decision>"
        )
    };
    let one = |name: &str, imports: &[&str], body: &str| {
        let imports: String = imports.iter().map(|i| format!("<import name=\"\" namespace=\"urn:{i}\"/>")).collect();
        read(&format!("{head} name=\"{name}\" namespace=\"urn:{name}\">{imports}{body}</definitions>"))
            .expect("it is XML")
    };
    // a → b → c, all of them importing each other and themselves: nobody asks twice.
    let all = ["a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l"];
    let main = one("a", &all, &decision("first", "deep", "deep + 1"));
    let mut others: Vec<_> = all.iter().skip(1).map(|n| one(n, &all, "")).collect();
    let deep = "<decision id=\"deep\" name=\"deep\"><literalExpression><text>41</text></literalExpression></decision>";
    others.push(one("m", &[], deep));
    others.iter_mut().take(1).for_each(|b| {
        b.imports.push(dmn::model::Import { namespace: "urn:m".into(), ..Default::default() });
    });
    let p = compile(&main, &others);
    gives(&p, "first", "{}", "42");
    // What is imported without a name can be asked for too.
    gives(&p, "deep", "{}", "41");
    let unknown = compile(&one("a", &all, &decision("first", "nowhere", "1")), &others);
    assert!(unknown.faults().iter().any(|f| f.message.contains("#nowhere")), "{:?}", unknown.faults());
    // A chain of decisions longer than the stack is deep.
    let chain: String =
        (0..5000).map(|i| decision(&format!("d{i}"), &format!("d{}", i + 1), &format!("d{}", i + 1))).collect();
    let outcome = compile(&one("a", &[], &chain), &[]).evaluate("d0", Context::default(), None).expect("it is there");
    assert!(outcome.value.is_null() && outcome.notes.iter().any(|n| n.message.contains("nested too deeply")));
    // Decisions that need each other end in null with a reason.
    let round = compile(&one("a", &[], &(decision("x", "y", "y") + &decision("y", "x", "x"))), &[]);
    let outcome = round.evaluate("x", Context::default(), None).expect("it is there");
    assert!(outcome.value.is_null() && outcome.notes.iter().any(|n| n.message.contains("needs itself")));
}

#[test]
fn written_and_read_again_a_model_is_the_same() {
    for (name, _) in FILES {
        let first = model(name);
        let text = write(&first);
        let again = read(&text).unwrap_or_else(|e| panic!("{name}: {e}\n{text}"));
        assert_eq!(again, first, "{name}\n{text}");
        assert_eq!(write(&again), text);
    }
}

#[test]
fn faults_name_line_column_and_remedy() {
    let broken = file("tables").replacen("&gt;= 18", "&gt;= (18", 1);
    let program = compile(&read(&broken).expect("it is XML"), &[]);
    let fault = program.faults().first().expect("a fault");
    let line = broken.lines().position(|l| l.contains("(18")).expect("the line") + 1;
    assert_eq!((fault.line as usize, fault.column), (line, 7), "{fault}");
    assert!(fault.to_string().contains("unique, rule 2, input 1"), "{fault}");
    // The rest of the model runs.
    gives(&program, "collect sum", "{age: 5}", "60");
}

#[test]
fn hostile_files_are_refused_with_a_line() {
    let deep = format!("{}{}", "<a>".repeat(5000), "</a>".repeat(5000));
    for (text, reason) in [
        ("", "there is no element"),
        ("<a", "not well-formed"),
        ("<a></b>", "not well-formed"),
        ("<a>", "never closed"),
        ("<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>", "document type"),
        ("<a>\n&x;</a>", "line 2: the entity &x; is not allowed"),
        ("<definitions xmlns=\"urn:other\" name=\"a\"/>", "no version of DMN"),
        ("<testCases/>", "expected <definitions>"),
        (deep.as_str(), "levels"),
    ] {
        let error = read(text).expect_err(reason).to_string();
        assert!(error.contains(reason), "{error} should say {reason}");
    }
    let circle = file("boxed").replace(
        "<itemDefinition name=\"tPerson\">",
        "<itemDefinition name=\"tRound\"><typeRef>tRound</typeRef></itemDefinition><itemDefinition name=\"tPerson\">",
    );
    let program = compile(&read(&circle).expect("it is XML"), &[]);
    assert!(program.faults().iter().any(|f| f.message.contains("holds itself")), "{:?}", program.faults());
}

#[test]
fn cases_of_the_compliance_kits_format() {
    let cases = kit::read_cases(include_str!("../models/tables-test.xml")).expect("it is XML");
    assert_eq!(cases.model, "tables.dmn");
    let verdicts = cases.run(&program("tables"), None);
    let ending = |id: &str| verdicts.iter().find(|v| v.case == id).map(|v| v.ending.clone()).expect("it was run");
    for id in ["simple", "untyped", "components", "list", "nil", "error", "rounded"] {
        assert_eq!(ending(id), Ending::Passed, "{id}");
    }
    let Ending::Failed { expected, got, .. } = ending("wrong") else { panic!("{:?}", ending("wrong")) };
    assert_eq!((expected.as_str(), got.as_str()), ("\"adult\"", "\"child\""));
    assert!(matches!(ending("nothing"), Ending::Refused(reason) if reason.contains("nothing called")));
    assert!(matches!(ending("unreadable"), Ending::Refused(reason) if reason.contains("xsd:decimal")));
    let called = kit::read_cases(include_str!("../models/boxed-test.xml")).expect("it is XML");
    for verdict in called.run(&program("boxed"), None) {
        match verdict.case.as_str() {
            "outside" => assert!(matches!(verdict.ending, Ending::Refused(_)), "{verdict:?}"),
            _ => assert_eq!(verdict.ending, Ending::Passed, "{verdict:?}"),
        }
    }
}
