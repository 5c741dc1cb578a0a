//! Test cases in the XML of the public compliance kit: reading them, running them, comparing.

use crate::duration::{self, Parsed};
use crate::model::Definitions;
use crate::number::Number;
use crate::program::{InvocableKind, Program};
use crate::strict::Strict;
use crate::temporal::{Date, DateTime, Time};
use crate::types::Type;
use crate::value::{Context, Value, same};
use crate::xml::{self, Element, XmlError};

/// Numbers that differ by less than this part of the expected one are the same: the kit's own expectations are rounded, some
/// of them at the eleventh digit.
const TOLERANCE: &str = "0.00000001";

/// A file of test cases.
#[derive(Clone, Debug)]
pub struct TestCases {
    /// The file name of the model they are about.
    pub model: String,
    /// The cases.
    pub cases: Vec<TestCase>,
}

/// One case: inputs and what should come of them.
#[derive(Clone, Debug)]
pub struct TestCase {
    /// Its id.
    pub id: String,
    /// What is evaluated, if it is not each result's own decision.
    pub invocable: Option<String>,
    /// Whether that is a business knowledge model or a service.
    kind: Option<InvocableKind>,
    inputs: Vec<(String, Given)>,
    /// What should come out.
    results: Vec<Expected>,
}

#[derive(Clone, Debug)]
struct Expected {
    name: String,
    kind: Option<InvocableKind>,
    /// Whether the kit expects an error, which DMN shows as null.
    error: bool,
    value: Option<Given>,
}

/// A value as the file has it.
#[derive(Clone, Debug)]
enum Given {
    Nil,
    /// Text and type; without a type it is read as what it is compared with or declared as.
    Simple(String, Option<String>),
    List(Vec<Given>),
    Components(Vec<(String, Given)>),
}

/// How one result of a case came out.
#[derive(Clone, Debug)]
pub struct Verdict {
    /// The case's id.
    pub case: String,
    /// The result's name.
    pub result: String,
    /// How.
    pub ending: Ending,
}

/// How a result came out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// As expected.
    Passed,
    /// Something else came out.
    Failed {
        /// What was expected.
        expected: String,
        /// What came out.
        got: String,
        /// Why there were nulls on the way.
        notes: Vec<String>,
    },
    /// It was not run, for a reason.
    Refused(String),
}

/// Reads a file of test cases.
///
/// # Errors
/// With the line, where the text is no XML or no test cases.
pub fn read_cases(text: &str) -> Result<TestCases, XmlError> {
    let root = xml::read(text)?;
    if root.name != "testCases" {
        return Err(root.error(format!("expected <testCases> of the compliance kit, found <{}>", root.name)));
    }
    Ok(TestCases {
        model: root.child("modelName").map(|m| m.text.trim().to_owned()).unwrap_or_default(),
        cases: root.all("testCase").map(case).collect::<Result<_, _>>()?,
    })
}

fn kind(e: &Element) -> Result<Option<InvocableKind>, XmlError> {
    Ok(Some(match e.attribute("type") {
        None => return Ok(None),
        Some("decision") => InvocableKind::Decision,
        Some("bkm") => InvocableKind::Knowledge,
        Some("decisionService") => InvocableKind::Service,
        // Some files of the kit have stray words here.
        Some(_) => return Ok(None),
    }))
}

fn case(e: &Element) -> Result<TestCase, XmlError> {
    let mut inputs = Vec::new();
    for input in e.all("inputNode") {
        let name = input.attribute("name").unwrap_or("").trim().to_owned();
        let name = match input.attribute("namespace") {
            Some(namespace) => format!("{{{namespace}}}{name}"),
            None => name,
        };
        inputs.push((name, given(input)?));
    }
    let mut results = Vec::new();
    for result in e.all("resultNode") {
        let wanted = result.child("expected").or_else(|| result.child("computed"));
        results.push(Expected {
            name: result.attribute("name").unwrap_or("").trim().to_owned(),
            kind: kind(result)?,
            error: matches!(result.attribute("errorResult"), Some("true" | "1")),
            value: wanted.map(given).transpose()?,
        });
    }
    Ok(TestCase {
        id: e.attribute("id").unwrap_or("").to_owned(),
        invocable: e.attribute("invocableName").map(|n| n.trim().to_owned()),
        kind: kind(e)?,
        inputs,
        results,
    })
}

/// The value inside an element: a value, a list, or components.
fn given(e: &Element) -> Result<Given, XmlError> {
    let nil = |e: &Element| matches!(e.attribute("nil"), Some("true" | "1"));
    if nil(e) {
        return Ok(Given::Nil);
    }
    if let Some(list) = e.child("list") {
        if nil(list) {
            return Ok(Given::Nil);
        }
        return Ok(Given::List(list.all("item").map(given).collect::<Result<_, _>>()?));
    }
    let components: Vec<&Element> = e.all("component").collect();
    if !components.is_empty() {
        let entry = |c: &&Element| Ok((c.attribute("name").unwrap_or("").to_owned(), given(c)?));
        return Ok(Given::Components(components.iter().map(entry).collect::<Result<_, _>>()?));
    }
    match e.child("value") {
        Some(value) if nil(value) => Ok(Given::Nil),
        Some(value) => {
            let ty = value.attribute("type").map(|t| t.rsplit(':').next().unwrap_or(t).to_owned());
            Ok(Given::Simple(value.text.clone(), ty))
        }
        None => Ok(Given::Nil),
    }
}

fn simple(text: &str, ty: &str) -> Result<Value, String> {
    let trimmed = text.trim();
    let value = match ty {
        "string" => Some(Value::text(text)),
        "boolean" => match trimmed {
            "true" | "1" => Some(Value::Boolean(true)),
            "false" | "0" => Some(Value::Boolean(false)),
            _ => None,
        },
        "decimal" | "double" | "float" | "integer" | "int" | "long" | "short" => {
            Number::parse(trimmed).map(Value::Number)
        }
        "date" => Date::parse(trimmed).map(Value::Date),
        "time" => Time::parse(trimmed).map(Value::from),
        "dateTime" => DateTime::parse(trimmed).map(Value::from),
        "duration" | "dayTimeDuration" | "yearMonthDuration" => match duration::parse(trimmed) {
            Some(Parsed::Months(d)) => Some(Value::YearsMonths(d)),
            Some(Parsed::Nanos(d)) => Some(Value::DaysTime(d)),
            None => None,
        },
        _ => return Err(format!("the type xsd:{ty} is not known")),
    };
    value.ok_or_else(|| format!("{trimmed:?} is no xsd:{ty}"))
}

/// The name XML Schema has for a declared type.
fn schema_name(ty: &Type) -> Option<&'static str> {
    Some(match ty.plain() {
        Type::Boolean => "boolean",
        Type::Number => "decimal",
        Type::Text => "string",
        Type::Date => "date",
        Type::Time => "time",
        Type::DateTime => "dateTime",
        Type::DaysTime | Type::YearsMonths => "duration",
        _ => return None,
    })
}

impl Given {
    /// The value; what has no type of its own is read as declared, else as a number or a boolean where it is one.
    fn value(&self, declared: Option<&Type>) -> Result<Value, String> {
        match self {
            Given::Nil => Ok(Value::Null),
            Given::Simple(text, Some(ty)) => simple(text, ty),
            Given::Simple(text, None) => match declared.and_then(schema_name) {
                Some(ty) => simple(text, ty),
                None => Ok(["decimal", "boolean"]
                    .into_iter()
                    .find_map(|ty| {
                        simple(text, ty).ok().filter(|_| !matches!(text.trim(), "0" | "1") || ty == "decimal")
                    })
                    .unwrap_or_else(|| Value::text(text.as_str()))),
            },
            Given::List(items) => {
                let of = match declared.map(Type::plain) {
                    Some(Type::List(of)) => Some(&**of),
                    _ => None,
                };
                Ok(Value::list(items.iter().map(|i| i.value(of)).collect::<Result<_, _>>()?))
            }
            Given::Components(entries) => {
                let mut out = Context::default();
                for (name, value) in entries {
                    let of = match declared.map(Type::plain) {
                        Some(Type::Context(types)) => types.iter().find(|(n, _)| **n == **name).map(|(_, t)| &**t),
                        _ => None,
                    };
                    out.put(name.as_str(), value.value(of)?);
                }
                Ok(Value::context(out))
            }
        }
    }

    /// Whether a value is the expected one.
    fn matches(&self, actual: &Value) -> Result<bool, String> {
        Ok(match (self, actual) {
            (Given::Nil, actual) => actual.is_null(),
            (Given::List(items), Value::List(found)) => {
                if items.len() != found.len() {
                    return Ok(false);
                }
                for (item, found) in items.iter().zip(found.iter()) {
                    if !item.matches(found)? {
                        return Ok(false);
                    }
                }
                true
            }
            (Given::Components(entries), Value::Context(found)) => {
                for (name, value) in entries {
                    if !value.matches(found.get(name).unwrap_or(&Value::Null))? {
                        return Ok(false);
                    }
                }
                found.iter().all(|(name, _)| entries.iter().any(|(n, _)| **n == **name))
            }
            (Given::Simple(text, None), Value::Text(found)) => **found == **text,
            (Given::Simple(text, None), actual) => {
                let ty = match actual {
                    Value::Boolean(_) => "boolean",
                    Value::Number(_) => "decimal",
                    Value::Date(_) => "date",
                    Value::Time(_) => "time",
                    Value::DateTime(_) => "dateTime",
                    Value::DaysTime(_) | Value::YearsMonths(_) => "duration",
                    _ => return Ok(false),
                };
                simple(text, ty).is_ok_and(|expected| alike(&expected, actual))
            }
            (Given::Simple(text, Some(ty)), actual) => alike(&simple(text, ty)?, actual),
            _ => false,
        })
    }
}

/// Equal, or numbers within the tolerance; times of one instant in one kind of zone.
fn alike(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Number(e), Value::Number(a)) => {
            let close = || {
                let off = e.minus(*a)?.abs();
                let scale = e.abs().max(Number::ONE);
                Some(off <= scale.times(Number::parse(TOLERANCE)?)?)
            };
            e == a || close() == Some(true)
        }
        (e, a) => same(e, a),
    }
}

impl TestCases {
    /// Runs every case against a program. `now` is what the model's clock says.
    pub fn run(&self, program: &Program, now: Option<&DateTime>) -> Vec<Verdict> {
        self.cases.iter().flat_map(|c| c.run(program, None, now)).collect()
    }

    /// The same in strict mode: what is not well typed is refused.
    pub fn run_strictly(&self, program: &Program, now: Option<&DateTime>) -> Vec<Verdict> {
        let strict = program.strictly();
        self.cases.iter().flat_map(|c| c.run(program, Some(&strict), now)).collect()
    }
}

impl TestCase {
    /// What is evaluated for a result: a case may name a function to call; its results then name what comes out of it.
    fn called<'c>(&'c self, expected: &'c Expected) -> &'c str {
        match (&self.invocable, self.kind.or(expected.kind)) {
            (Some(name), Some(InvocableKind::Knowledge | InvocableKind::Service)) => name,
            _ => &expected.name,
        }
    }

    fn run(&self, program: &Program, strict: Option<&Strict>, now: Option<&DateTime>) -> Vec<Verdict> {
        let inputs = self.inputs(program);
        let verdict = |expected: &Expected| {
            let refusal = strict.and_then(|s| s.refusals(self.called(expected)).first().map(ToString::to_string));
            let ending = match &inputs {
                _ if refusal.is_some() => Ending::Refused(refusal.unwrap_or_default()),
                Ok(inputs) => self.one(program, expected, inputs.clone(), now),
                Err(reason) => Ending::Refused(format!("the inputs cannot be read: {reason}")),
            };
            Verdict { case: self.id.clone(), result: expected.name.clone(), ending }
        };
        self.results.iter().map(verdict).collect()
    }

    /// The inputs as one context; `i.j.name` lies in the contexts of the imports `i` and `j`.
    fn inputs(&self, program: &Program) -> Result<Context, String> {
        let mut out = Context::default();
        for (name, given) in &self.inputs {
            let plain = name.rsplit_once('}').map_or(name.as_str(), |(_, n)| n);
            out.put(name.as_str(), given.value(program.declared(plain).as_ref())?);
        }
        Ok(out)
    }

    fn one(&self, program: &Program, expected: &Expected, inputs: Context, now: Option<&DateTime>) -> Ending {
        let called = self.called(expected);
        let Some(outcome) = program.evaluate(called, inputs, now.cloned()) else {
            return Ending::Refused(format!("the model has nothing called {called}"));
        };
        let external = outcome.notes.iter().find(|n| n.message.contains("external functions"));
        let fits = match &expected.value {
            _ if expected.error && outcome.value.is_null() => Ok(true),
            Some(given) => given.matches(&outcome.value),
            None => Ok(outcome.value.is_null()),
        };
        match fits {
            Ok(true) => Ending::Passed,
            Ok(false) => match external {
                Some(note) => Ending::Refused(note.message.clone()),
                None => Ending::Failed {
                    expected: expected.value.as_ref().map_or("null".into(), |g| match g.value(None) {
                        Ok(value) => value.to_string(),
                        Err(reason) => reason,
                    }),
                    got: outcome.value.to_string(),
                    notes: outcome.notes.iter().map(ToString::to_string).collect(),
                },
            },
            Err(reason) => Ending::Refused(format!("the expectation cannot be read: {reason}")),
        }
    }
}

/// The models a model imports, directly or not, found among others by their namespaces.
pub fn imported<'d>(main: &Definitions, others: &'d [Definitions]) -> Vec<&'d Definitions> {
    let mut wanted: Vec<&str> = main.imports.iter().map(|i| i.namespace.as_str()).collect();
    let mut out: Vec<&Definitions> = Vec::new();
    while let Some(namespace) = wanted.pop() {
        let found = others.iter().find(|o| crate::compile::same_namespace(&o.namespace, namespace));
        if let Some(found) = found.filter(|f| !out.iter().any(|o| o.namespace == f.namespace)) {
            wanted.extend(found.imports.iter().map(|i| i.namespace.as_str()));
            out.push(found);
        }
    }
    out
}
