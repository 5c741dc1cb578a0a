//! DMN XML, versions 1.1 to 1.5, into a [`Definitions`].

use crate::model::*;
use crate::xml::{self, Element, XmlError};

/// The addresses of DMN's versions.
const VERSIONS: [(&str, &str); 5] = [
    ("http://www.omg.org/spec/DMN/20151101/dmn.xsd", "1.1"),
    ("http://www.omg.org/spec/DMN/20180521/MODEL/", "1.2"),
    ("https://www.omg.org/spec/DMN/20191111/MODEL/", "1.3"),
    ("https://www.omg.org/spec/DMN/20211108/MODEL/", "1.4"),
    ("https://www.omg.org/spec/DMN/20230324/MODEL/", "1.5"),
];

type Read<T> = Result<T, XmlError>;

/// Reads a model.
///
/// # Errors
/// With the line, where the text is no XML, no DMN of these versions, or breaks a limit of size or depth.
pub fn read(text: &str) -> Result<Definitions, XmlError> {
    let root = xml::read(text)?;
    if root.name != "definitions" {
        return Err(root.error(format!("expected <definitions> of a DMN model, found <{}>", root.name)));
    }
    let address = root.namespace().unwrap_or("");
    if !VERSIONS.iter().any(|(a, _)| *a == address) {
        return Err(root.error(format!("{address:?} is no version of DMN that is known; known are 1.1 to 1.5")));
    }
    let reader = Reader { root: &root };
    let mut out = Definitions {
        name: reader.name(&root)?,
        namespace: root.attribute("namespace").unwrap_or("").to_owned(),
        description: description(&root),
        ..Definitions::default()
    };
    for e in &root.children {
        if !e.of_vocabulary(&root) {
            continue;
        }
        match e.name.as_str() {
            "import" => out.imports.push(import(e)),
            "itemDefinition" => out.items.push(reader.item(e)?),
            "inputData" => {
                out.inputs.push(InputData { id: id(e), name: reader.name(e)?, variable: reader.variable_of(e)? })
            }
            "decision" => out.decisions.push(reader.decision(e)?),
            "businessKnowledgeModel" => out.knowledge.push(reader.knowledge(e)?),
            "decisionService" => out.services.push(reader.service(e)?),
            // Said for people, drawn, or of no meaning to a machine.
            _ => {}
        }
    }
    Ok(out)
}

fn id(e: &Element) -> String {
    e.attribute("id").unwrap_or("").to_owned()
}

fn own(text: Option<&str>) -> Option<String> {
    text.map(str::to_owned)
}

fn description(e: &Element) -> Option<String> {
    e.child("description").map(|d| d.text.trim().to_owned())
}

fn import(e: &Element) -> Import {
    Import {
        name: e.attribute("name").unwrap_or("").trim().to_owned(),
        namespace: e.attribute("namespace").unwrap_or("").to_owned(),
        location: own(e.attribute("locationURI")),
        kind: e.attribute("importType").unwrap_or("").to_owned(),
    }
}

fn text(e: &Element) -> Text {
    let inner = e.child("text").unwrap_or(e);
    let (line, column) = if inner.text_line > 0 { (inner.text_line, inner.text_column) } else { (inner.line, 1) };
    Text { text: inner.text.trim().to_owned(), line: Line(line), column: Line(column) }
}

fn child_text(e: &Element, name: &str) -> Option<Text> {
    e.child(name).map(text).filter(|t| !t.text.is_empty())
}

struct Reader<'e> {
    root: &'e Element,
}

impl Reader<'_> {
    fn name(&self, e: &Element) -> Read<String> {
        let name = e.attribute("name").map(|n| n.split_whitespace().collect::<Vec<_>>().join(" "));
        name.ok_or_else(|| e.error(format!("<{}> has no name", e.name)))
    }

    /// A type's name as an attribute or, in DMN 1.1, with a prefix.
    fn type_ref(&self, e: &Element) -> Option<String> {
        e.attribute("typeRef").and_then(|t| self.type_name(t))
    }

    fn type_name(&self, name: &str) -> Option<String> {
        let name = name.trim();
        let (prefix, local) = name.split_once(':').unwrap_or(("", name));
        let prefixed = !prefix.is_empty() && self.root.prefixes().any(|(p, _)| p == prefix);
        let name = if prefixed || prefix == "feel" { local } else { name };
        (!name.is_empty()).then(|| name.to_owned())
    }

    fn variable(&self, e: &Element) -> Read<Variable> {
        Ok(Variable { name: self.name(e)?, type_ref: self.type_ref(e) })
    }

    /// The variable of an element; without one it has the element's name.
    fn variable_of(&self, e: &Element) -> Read<Variable> {
        match e.child("variable") {
            Some(v) if v.attribute("name").is_some() => self.variable(v),
            Some(v) => Ok(Variable { name: self.name(e)?, type_ref: self.type_ref(v) }),
            None => Ok(Variable { name: self.name(e)?, type_ref: None }),
        }
    }

    fn item(&self, e: &Element) -> Read<ItemDefinition> {
        let function = match e.child("functionItem") {
            Some(f) => Some(FunctionItem {
                params: f.all("parameters").map(|p| self.variable(p)).collect::<Read<_>>()?,
                result: f.attribute("outputTypeRef").and_then(|t| self.type_name(t)),
            }),
            None => None,
        };
        Ok(ItemDefinition {
            name: self.name(e)?,
            type_ref: e.child("typeRef").and_then(|t| self.type_name(&t.text)),
            allowed: child_text(e, "allowedValues"),
            constraint: child_text(e, "typeConstraint"),
            components: e.all("itemComponent").map(|c| self.item(c)).collect::<Read<_>>()?,
            collection: matches!(e.attribute("isCollection"), Some("true" | "1")),
            function,
        })
    }

    fn requirements(&self, e: &Element) -> Requirements {
        let href = |e: &Element| e.attribute("href").unwrap_or("").trim().to_owned();
        let mut out = Requirements::default();
        for r in &e.children {
            match r.name.as_str() {
                "informationRequirement" => {
                    for r in &r.children {
                        match r.name.as_str() {
                            "requiredInput" => out.information.push(Required::Input(href(r))),
                            "requiredDecision" => out.information.push(Required::Decision(href(r))),
                            _ => {}
                        }
                    }
                }
                "knowledgeRequirement" => out.knowledge.extend(r.all("requiredKnowledge").map(href)),
                _ => {}
            }
        }
        out
    }

    fn decision(&self, e: &Element) -> Read<Decision> {
        Ok(Decision {
            id: id(e),
            name: self.name(e)?,
            description: description(e),
            question: e.child("question").map(|q| q.text.trim().to_owned()),
            allowed_answers: e.child("allowedAnswers").map(|q| q.text.trim().to_owned()),
            variable: self.variable_of(e)?,
            requires: self.requirements(e),
            logic: self.logic_inside(e)?,
            line: Line(e.line),
        })
    }

    fn knowledge(&self, e: &Element) -> Read<KnowledgeModel> {
        let logic = e.child("encapsulatedLogic").map(|f| self.function(f)).transpose()?;
        Ok(KnowledgeModel {
            id: id(e),
            name: self.name(e)?,
            description: description(e),
            variable: self.variable_of(e)?,
            logic,
            requires: self.requirements(e),
            line: Line(e.line),
        })
    }

    fn service(&self, e: &Element) -> Read<DecisionService> {
        let hrefs = |name: &str| {
            e.children
                .iter()
                .filter(|c| c.name == name)
                .map(|c| c.attribute("href").unwrap_or("").trim().to_owned())
                .collect()
        };
        Ok(DecisionService {
            id: id(e),
            name: self.name(e)?,
            description: description(e),
            variable: self.variable_of(e)?,
            outputs: hrefs("outputDecision"),
            encapsulated: hrefs("encapsulatedDecision"),
            input_decisions: hrefs("inputDecision"),
            input_data: hrefs("inputData"),
        })
    }

    /// The first boxed expression among the children.
    fn logic_inside(&self, e: &Element) -> Read<Option<Expression>> {
        for child in e.children.iter().filter(|c| c.of_vocabulary(self.root)) {
            if let Some(found) = self.expression(child)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn needed(&self, e: &Element, what: &str) -> Read<Expression> {
        let missing = || e.error(format!("<{}> has no expression for {what}", e.name));
        self.logic_inside(e)?.ok_or_else(missing)
    }

    fn part(&self, e: &Element, name: &str) -> Read<Expression> {
        let part = e.child(name).ok_or_else(|| e.error(format!("<{}> has no <{name}>", e.name)))?;
        self.needed(part, name)
    }

    fn expression(&self, e: &Element) -> Read<Option<Expression>> {
        let logic = match e.name.as_str() {
            "literalExpression" => {
                if let Some(imported) = e.child("importedValues") {
                    return Err(imported.error("imported values are not read: put the expression into the model"));
                }
                Logic::Literal(Literal { text: text_or_empty(e), language: own(e.attribute("expressionLanguage")) })
            }
            "decisionTable" => Logic::Table(Box::new(self.table(e)?)),
            "context" => Logic::Context(e.all("contextEntry").map(|c| self.entry(c)).collect::<Read<_>>()?),
            "list" => {
                let children = e.children.iter().filter_map(|c| self.expression(c).transpose());
                Logic::List(children.collect::<Read<_>>()?)
            }
            "relation" => {
                let columns = e.all("column").map(|c| self.variable(c)).collect::<Read<_>>()?;
                let row = |r: &Element| {
                    r.children.iter().filter_map(|c| self.expression(c).transpose()).collect::<Read<Vec<_>>>()
                };
                Logic::Relation(columns, e.all("row").map(row).collect::<Read<_>>()?)
            }
            "invocation" => {
                let binding = |b: &Element| {
                    let p = b.child("parameter").ok_or_else(|| b.error("<binding> has no <parameter>"))?;
                    Ok((self.variable(p)?, self.logic_inside(b)?))
                };
                Logic::Invocation(
                    Box::new(self.needed(e, "what is called")?),
                    e.all("binding").map(binding).collect::<Read<_>>()?,
                )
            }
            "functionDefinition" => Logic::Function(Box::new(self.function(e)?)),
            "conditional" => {
                Logic::Conditional(Box::new([self.part(e, "if")?, self.part(e, "then")?, self.part(e, "else")?]))
            }
            "for" | "some" | "every" => {
                let (kind, body) = match e.name.as_str() {
                    "for" => (IterationKind::For, "return"),
                    "some" => (IterationKind::Some, "satisfies"),
                    _ => (IterationKind::Every, "satisfies"),
                };
                let variable = e.attribute("iteratorVariable").unwrap_or("").trim().to_owned();
                Logic::Iterator(Box::new(Iteration {
                    kind,
                    variable,
                    over: self.part(e, "in")?,
                    body: self.part(e, body)?,
                }))
            }
            "filter" => Logic::Filter(Box::new([self.part(e, "in")?, self.part(e, "match")?])),
            _ => return Ok(None),
        };
        let type_ref = if matches!(logic, Logic::Function(_)) { None } else { self.type_ref(e) };
        Ok(Some(Expression { type_ref, logic }))
    }

    fn entry(&self, e: &Element) -> Read<ContextEntry> {
        let variable = e.child("variable").map(|v| self.variable(v)).transpose()?;
        Ok(ContextEntry { variable, value: self.needed(e, "its value")? })
    }

    fn function(&self, e: &Element) -> Read<FunctionDefinition> {
        let kind = match e.attribute("kind") {
            None | Some("FEEL" | "F") => FunctionKind::Feel,
            Some("Java" | "J") => FunctionKind::Java,
            Some("PMML" | "P") => FunctionKind::Pmml,
            Some(other) => return Err(e.error(format!("there is no function of kind {other:?}: FEEL, Java or PMML"))),
        };
        Ok(FunctionDefinition {
            kind,
            params: e.all("formalParameter").map(|p| self.variable(p)).collect::<Read<_>>()?,
            type_ref: self.type_ref(e),
            body: self.logic_inside(e)?,
        })
    }

    fn table(&self, e: &Element) -> Read<DecisionTable> {
        let policy = match e.attribute("hitPolicy") {
            None => HitPolicy::Unique,
            Some(word) => HitPolicy::ALL
                .into_iter()
                .find(|p| p.word() == word.trim())
                .ok_or_else(|| e.error(format!("there is no hit policy {word:?}")))?,
        };
        let aggregation = match e.attribute("aggregation") {
            None => None,
            Some(word) => Some(
                Aggregation::ALL
                    .into_iter()
                    .find(|a| a.word() == word.trim())
                    .ok_or_else(|| e.error(format!("there is no aggregation {word:?}: SUM, COUNT, MIN or MAX")))?,
            ),
        };
        let input = |c: &Element| {
            let x = c.child("inputExpression").ok_or_else(|| c.error("<input> has no <inputExpression>"))?;
            Ok(InputClause {
                expression: text_or_empty(x),
                type_ref: self.type_ref(x),
                values: child_text(c, "inputValues"),
            })
        };
        let output = |c: &Element| OutputClause {
            name: c.attribute("name").map(|n| n.trim().to_owned()),
            type_ref: self.type_ref(c),
            values: child_text(c, "outputValues"),
            default: child_text(c, "defaultOutputEntry"),
        };
        let out = DecisionTable {
            policy,
            aggregation,
            output_label: own(e.attribute("outputLabel")),
            inputs: e.all("input").map(input).collect::<Read<_>>()?,
            outputs: e.all("output").map(output).collect(),
            rules: e
                .all("rule")
                .map(|r| Rule {
                    inputs: r.all("inputEntry").map(text_or_empty).collect(),
                    outputs: r.all("outputEntry").map(text_or_empty).collect(),
                })
                .collect(),
        };
        for (rule, at) in out.rules.iter().zip(e.all("rule")) {
            if rule.inputs.len() != out.inputs.len() || rule.outputs.len() != out.outputs.len() {
                return Err(at.error(format!(
                    "the rule has {} input and {} output cells, the table has {} and {} columns",
                    rule.inputs.len(),
                    rule.outputs.len(),
                    out.inputs.len(),
                    out.outputs.len()
                )));
            }
        }
        Ok(out)
    }
}

/// The `<text>` inside, or nothing.
fn text_or_empty(e: &Element) -> Text {
    match e.child("text") {
        Some(_) => text(e),
        None => Text { line: Line(e.line), column: Line(1), ..Text::default() },
    }
}
