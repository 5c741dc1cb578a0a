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
    let wide = format!("<a>{}</a>", "<b/>".repeat(1_000_001));
    let long = format!("<a b=\"{}\"/>", "x".repeat(33 << 20));
    let laughs = "<!DOCTYPE a [<!ENTITY b \"xx\"><!ENTITY c \"&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;\">]><a>&d;</a>";
    let many = format!("<a {}/>", (0..200_000).map(|n| format!("b{n}=\"\" ")).collect::<String>());
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
        (wide.as_str(), "elements"),
        (long.as_str(), "larger than 32 MiB"),
        (many.as_str(), "attributes"),
        (laughs, "document type"),
        ("<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", "document type"),
        ("<!DOCTYPE a [<!ENTITY % x SYSTEM \"http://127.0.0.1/x\"> %x;]><a/>", "document type"),
        ("<a b=\"&x;\"/>", "line 1: attribute b"),
        ("<a>&#0;</a>", "line 1"),
        (
            "<a xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include href=\"file:///etc/passwd\"/></a>",
            "expected <definitions>",
        ),
        ("<definitions xmlns=\"https://www.omg.org/spec/DMN/20990101/MODEL/\" name=\"a\"/>", "known are 1.1 to 1.5"),
        ("<?xml version=\"1.0\"?>\n\n<definitions name=\"a\"/>", "line 3: \"\" is no version of DMN"),
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

/// Decisions that need themselves, knowledge models that call themselves, chains without end: each is null, and says why.
#[test]
fn what_rests_on_itself_is_named() {
    let head = "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"m\" namespace=\"urn:m\">";
    let decision = |name: &str, needs: &[&str], text: &str| {
        let needs: String = needs
            .iter()
            .map(|n| format!("<informationRequirement><requiredDecision href=\"#{n}\"/></informationRequirement>"))
            .collect();
        format!(
            "<decision id=\"{name}\" name=\"{name}\"><variable name=\"{name}\" typeRef=\"number\"/>{needs}<literalExpression>\
             <text>{text}</text></literalExpression></decision>"
        )
    };
    let chain: String = (1..3000)
        .map(|n| decision(&format!("d{n}"), &[format!("d{}", n - 1).as_str()], &format!("d{} + 1", n - 1)))
        .collect();
    let knowledge = "<businessKnowledgeModel id=\"k\" name=\"k\"><variable name=\"k\" typeRef=\"number\"/><encapsulatedLogic>\
        <formalParameter name=\"n\" typeRef=\"number\"/><literalExpression><text>k(n + 1)</text></literalExpression>\
        </encapsulatedLogic></businessKnowledgeModel>";
    let calls = "<decision id=\"c\" name=\"c\"><variable name=\"c\" typeRef=\"number\"/><knowledgeRequirement><requiredKnowledge \
        href=\"#k\"/></knowledgeRequirement><literalExpression><text>k(1)</text></literalExpression></decision>";
    let text = format!(
        "{head}{}{}{}{chain}{knowledge}{calls}</definitions>",
        decision("a", &["b"], "b + 1"),
        decision("b", &["a"], "a + 1"),
        decision("d0", &[], "0")
    );
    let program = compile(&read(&text).expect("it is a model"), &[]);
    for (name, reason) in [("a", "needs itself"), ("c", "too deep"), ("d2999", "too deep")] {
        let outcome = program.evaluate(name, Context::default(), None).expect("it is there");
        assert!(outcome.value.is_null(), "{name}: {}", outcome.value);
        let notes: Vec<String> = outcome.notes.iter().map(ToString::to_string).collect();
        assert!(notes.iter().any(|n| n.contains(reason)), "{name} should say {reason}: {notes:?}");
    }
    // Types are found for all of them too, however they lean on each other.
    assert!(program.strictly().faults().count() < 10, "{:?}", program.strictly().faults().collect::<Vec<_>>());
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

/// In strict mode the files that are well typed run as they do in compatibility mode; the others say where and why not.
#[test]
fn strict_mode_refuses_with_line_and_hint() {
    let head = "<definitions xmlns=\"https://www.omg.org/spec/DMN/20230324/MODEL/\" name=\"m\" namespace=\"urn:m\">\n\
        <itemDefinition name=\"tChild\"><itemComponent name=\"age\"><typeRef>number</typeRef></itemComponent>\
        <itemComponent name=\"name\"><typeRef>string</typeRef></itemComponent></itemDefinition>\n\
        <inputData id=\"i\" name=\"child\"><variable name=\"child\" typeRef=\"tChild\"/></inputData>\
        <inputData id=\"l\" name=\"children\"><variable name=\"children\" typeRef=\"tChildren\"/></inputData>\
        <itemDefinition name=\"tChildren\" isCollection=\"true\"><typeRef>tChild</typeRef></itemDefinition>\n\
        <inputData id=\"u\" name=\"loose\"><variable name=\"loose\"/></inputData>\n";
    // The expression, its declared type, and a part of what is said of it; empty: it is well typed.
    for (text, ty, reason) in [
        ("child.age + 1", "number", ""),
        ("if child.age &lt; 18 then \"minor\" else \"adult\"", "string", ""),
        ("sum(children.age)", "number", ""),
        ("count(children[age &gt; 3])", "number", ""),
        ("children[1].name + \"!\"", "string", ""),
        ("some c in children satisfies c.age in [3..7)", "boolean", ""),
        ("for c in children return c.age * 2", "", ""),
        ("sort(children, function(x, y) x.age &lt; y.age)[1].age", "number", ""),
        ("date(\"2026-01-01\") + duration(\"P1Y\")", "date", ""),
        ("@\"2026-01-02\" - @\"2026-01-01\" &gt; @\"PT1H\"", "boolean", ""),
        ("(function(n: number) n + 1)(child.age)", "number", ""),
        ("{a: 1, b: a + 1}.b", "number", ""),
        ("child.age = null", "boolean", ""),
        ("child.age + \"1\"", "number", "number + string"),
        ("child.aeg", "number", "has no `aeg`"),
        ("child.age", "string", "comes to number, and string is declared"),
        ("if child.age then 1 else 2", "number", "the condition is number"),
        ("if true then 1 else \"a\"", "", "the alternatives are number and string"),
        ("[1, \"a\"]", "", "the list holds number and string"),
        ("child.age and true", "boolean", "a side of `and` is number"),
        ("child.name &lt; 3", "boolean", "string is compared with number"),
        ("loose + 1", "number", "something whose type is not known + number"),
        ("upper case(child.age)", "string", "upper case does not take number"),
        ("substring(\"a\")", "string", "substring does not take string"),
        ("number(null)", "number", "number does not take null"),
        ("(function(n) n)(1)", "", "the type of the parameter n is not declared"),
        ("nobody", "", "there is no `nobody` here"),
        ("duration(child.name)", "", "cannot be told"),
        ("child.age in [\"a\"..\"b\"]", "boolean", "number is compared with string"),
        ("-child.name", "", "`-` before string"),
        ("child[age]", "", ""),
        ("child[name]", "", "a filter is string"),
    ] {
        let declared = if ty.is_empty() { String::new() } else { format!(" typeRef=\"{ty}\"") };
        let needs: String = ["i", "l", "u"]
            .iter()
            .filter(|id| **id != "u" || text.contains("loose"))
            .map(|id| format!("<informationRequirement><requiredInput href=\"#{id}\"/></informationRequirement>"))
            .collect();
        let model = format!(
            "{head}<decision id=\"d\" name=\"d\"><variable name=\"d\"{declared}/>{needs}\n<literalExpression>\n<text>{text}</text>\
             </literalExpression></decision></definitions>"
        );
        let program = compile(&read(&model).unwrap_or_else(|e| panic!("{text}: {e}")), &[]);
        let strict = program.strictly();
        let told: Vec<String> = strict.refusals("d").iter().map(ToString::to_string).collect();
        if reason.is_empty() {
            assert!(told.is_empty(), "{text}: {told:?}");
        } else {
            assert!(
                told.iter().any(|t| t.contains(reason) && t.contains("line 7")),
                "{text} should say {reason}: {told:?}"
            );
        }
    }
    for name in ["tables", "boxed", "services", "family"] {
        let program = program(name);
        let strict = program.strictly();
        let refused = program.invocables().filter(|(name, _)| !strict.refusals(name).is_empty()).count();
        assert!(refused < program.invocables().count(), "{name}: {:?}", strict.faults().collect::<Vec<_>>());
    }
}
