//! A [`Definitions`] as DMN 1.5 XML. What `read` makes of it is equal to what was written.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::model::*;

const MODEL: &str = "https://www.omg.org/spec/DMN/20230324/MODEL/";
const FEEL: &str = "https://www.omg.org/spec/DMN/20230324/FEEL/";

type Done = std::io::Result<()>;
type Attributes<'a> = Vec<(&'a str, &'a str)>;

/// Writes a model. Drawings are not part of a [`Definitions`], so a modeller lays the diagram out anew.
pub fn write(model: &Definitions) -> String {
    let mut out = Out { writer: Writer::new_with_indent(Vec::new(), b' ', 2) };
    // Writing into memory cannot fail.
    let _ = out.definitions(model);
    String::from_utf8(out.writer.into_inner()).unwrap_or_default()
}

struct Out {
    writer: Writer<Vec<u8>>,
}

/// An attribute that is written only where there is something to write.
fn optional<'a>(name: &'a str, value: Option<&'a str>) -> Option<(&'a str, &'a str)> {
    value.map(|v| (name, v))
}

impl Out {
    fn start(&self, name: &str, attributes: Attributes<'_>) -> BytesStart<'static> {
        let mut tag = BytesStart::new(name.to_owned());
        for attribute in attributes {
            tag.push_attribute(attribute);
        }
        tag
    }

    fn empty(&mut self, name: &str, attributes: Attributes<'_>) -> Done {
        let tag = self.start(name, attributes);
        self.writer.write_event(Event::Empty(tag))
    }

    fn element(&mut self, name: &str, attributes: Attributes<'_>, inside: impl FnOnce(&mut Out) -> Done) -> Done {
        let tag = self.start(name, attributes);
        self.writer.write_event(Event::Start(tag))?;
        inside(self)?;
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    /// An element that holds a text and nothing else. Signs XML has no place for are left out.
    fn text(&mut self, name: &str, text: &str) -> Done {
        let allowed = |c: &char| matches!(c, '\t' | '\n' | '\r') || *c >= ' ' && !matches!(c, '\u{FFFE}' | '\u{FFFF}');
        let clean: String = text.chars().filter(allowed).collect();
        self.writer.write_event(Event::Start(BytesStart::new(name)))?;
        // A reader turns a bare carriage return into a line feed.
        let escaped = quick_xml::escape::escape(&clean).replace('\r', "&#13;");
        self.writer.write_event(Event::Text(BytesText::from_escaped(escaped)))?;
        self.writer.write_event(Event::End(BytesEnd::new(name)))
    }

    fn optional_text(&mut self, name: &str, text: Option<&str>) -> Done {
        text.map_or(Ok(()), |t| self.text(name, t))
    }

    fn feel(&mut self, name: &str, attributes: Attributes<'_>, text: &Text) -> Done {
        self.element(name, attributes, |o| o.text("text", &text.text))
    }

    fn definitions(&mut self, m: &Definitions) -> Done {
        self.writer.write_event(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        let attributes = vec![
            ("xmlns", MODEL),
            ("name", m.name.as_str()),
            ("namespace", m.namespace.as_str()),
            ("expressionLanguage", FEEL),
            ("typeLanguage", FEEL),
        ];
        self.element("definitions", attributes, |o| {
            o.optional_text("description", m.description.as_deref())?;
            for i in &m.imports {
                let mut attributes = vec![("name", i.name.as_str()), ("namespace", i.namespace.as_str())];
                attributes.extend(optional("locationURI", i.location.as_deref()));
                attributes.push(("importType", i.kind.as_str()));
                o.empty("import", attributes)?;
            }
            m.items.iter().try_for_each(|i| o.item("itemDefinition", i))?;
            for i in &m.inputs {
                o.element("inputData", named(&i.id, &i.name), |o| o.variable("variable", &i.variable))?;
            }
            m.knowledge.iter().try_for_each(|k| o.knowledge(k))?;
            m.decisions.iter().try_for_each(|d| o.decision(d))?;
            m.services.iter().try_for_each(|s| o.service(s))
        })
    }

    fn item(&mut self, name: &str, i: &ItemDefinition) -> Done {
        let mut attributes = vec![("name", i.name.as_str())];
        if i.collection {
            attributes.push(("isCollection", "true"));
        }
        self.element(name, attributes, |o| {
            o.optional_text("typeRef", i.type_ref.as_deref())?;
            if let Some(allowed) = &i.allowed {
                o.feel("allowedValues", Vec::new(), allowed)?;
            }
            if let Some(constraint) = &i.constraint {
                o.feel("typeConstraint", Vec::new(), constraint)?;
            }
            i.components.iter().try_for_each(|c| o.item("itemComponent", c))?;
            let Some(f) = &i.function else { return Ok(()) };
            let attributes = optional("outputTypeRef", f.result.as_deref()).into_iter().collect();
            o.element("functionItem", attributes, |o| f.params.iter().try_for_each(|p| o.variable("parameters", p)))
        })
    }

    fn variable(&mut self, name: &str, v: &Variable) -> Done {
        let mut attributes = vec![("name", v.name.as_str())];
        attributes.extend(optional("typeRef", v.type_ref.as_deref()));
        self.empty(name, attributes)
    }

    fn requirements(&mut self, r: &Requirements) -> Done {
        for required in &r.information {
            let name = match required {
                Required::Input(_) => "requiredInput",
                Required::Decision(_) => "requiredDecision",
            };
            self.element("informationRequirement", Vec::new(), |o| o.empty(name, vec![("href", required.href())]))?;
        }
        for href in &r.knowledge {
            self.element("knowledgeRequirement", Vec::new(), |o| o.empty("requiredKnowledge", vec![("href", href)]))?;
        }
        Ok(())
    }

    fn decision(&mut self, d: &Decision) -> Done {
        self.element("decision", named(&d.id, &d.name), |o| {
            o.optional_text("description", d.description.as_deref())?;
            o.optional_text("question", d.question.as_deref())?;
            o.optional_text("allowedAnswers", d.allowed_answers.as_deref())?;
            o.variable("variable", &d.variable)?;
            o.requirements(&d.requires)?;
            d.logic.as_ref().map_or(Ok(()), |e| o.expression(e))
        })
    }

    fn knowledge(&mut self, k: &KnowledgeModel) -> Done {
        self.element("businessKnowledgeModel", named(&k.id, &k.name), |o| {
            o.optional_text("description", k.description.as_deref())?;
            o.variable("variable", &k.variable)?;
            if let Some(f) = &k.logic {
                o.function("encapsulatedLogic", f)?;
            }
            o.requirements(&k.requires)
        })
    }

    fn service(&mut self, s: &DecisionService) -> Done {
        self.element("decisionService", named(&s.id, &s.name), |o| {
            o.optional_text("description", s.description.as_deref())?;
            o.variable("variable", &s.variable)?;
            let groups = [
                ("outputDecision", &s.outputs),
                ("encapsulatedDecision", &s.encapsulated),
                ("inputDecision", &s.input_decisions),
                ("inputData", &s.input_data),
            ];
            groups.into_iter().try_for_each(|(name, all)| all.iter().try_for_each(|h| o.empty(name, vec![("href", h)])))
        })
    }

    fn expression(&mut self, e: &Expression) -> Done {
        let ty = || optional("typeRef", e.type_ref.as_deref()).into_iter().collect::<Attributes<'_>>();
        match &e.logic {
            Logic::Literal(l) => {
                let mut attributes = ty();
                attributes.extend(optional("expressionLanguage", l.language.as_deref()));
                self.feel("literalExpression", attributes, &l.text)
            }
            Logic::Table(t) => self.table(t, ty()),
            Logic::Context(entries) => self.element("context", ty(), |o| {
                entries.iter().try_for_each(|entry| {
                    o.element("contextEntry", Vec::new(), |o| {
                        entry.variable.as_ref().map_or(Ok(()), |v| o.variable("variable", v))?;
                        o.expression(&entry.value)
                    })
                })
            }),
            Logic::List(items) => self.element("list", ty(), |o| items.iter().try_for_each(|i| o.expression(i))),
            Logic::Relation(columns, rows) => self.element("relation", ty(), |o| {
                columns.iter().try_for_each(|c| o.variable("column", c))?;
                rows.iter().try_for_each(|row| {
                    o.element("row", Vec::new(), |o| row.iter().try_for_each(|cell| o.expression(cell)))
                })
            }),
            Logic::Invocation(callee, bindings) => self.element("invocation", ty(), |o| {
                o.expression(callee)?;
                bindings.iter().try_for_each(|(parameter, value)| {
                    o.element("binding", Vec::new(), |o| {
                        o.variable("parameter", parameter)?;
                        value.as_ref().map_or(Ok(()), |v| o.expression(v))
                    })
                })
            }),
            Logic::Function(f) => self.function("functionDefinition", f),
            Logic::Conditional(parts) => {
                let [condition, yes, no] = &**parts;
                self.parts("conditional", ty(), &[("if", condition), ("then", yes), ("else", no)])
            }
            Logic::Iterator(i) => {
                let (name, body) = match i.kind {
                    IterationKind::For => ("for", "return"),
                    IterationKind::Some => ("some", "satisfies"),
                    IterationKind::Every => ("every", "satisfies"),
                };
                let mut attributes = ty();
                attributes.push(("iteratorVariable", i.variable.as_str()));
                self.parts(name, attributes, &[("in", &i.over), (body, &i.body)])
            }
            Logic::Filter(parts) => {
                let [list, by] = &**parts;
                self.parts("filter", ty(), &[("in", list), ("match", by)])
            }
        }
    }

    fn parts(&mut self, name: &str, attributes: Attributes<'_>, parts: &[(&str, &Expression)]) -> Done {
        self.element(name, attributes, |o| {
            parts.iter().try_for_each(|(name, e)| o.element(name, Vec::new(), |o| o.expression(e)))
        })
    }

    fn function(&mut self, name: &str, f: &FunctionDefinition) -> Done {
        let kind = match f.kind {
            FunctionKind::Feel => "FEEL",
            FunctionKind::Java => "Java",
            FunctionKind::Pmml => "PMML",
        };
        let mut attributes = vec![("kind", kind)];
        attributes.extend(optional("typeRef", f.type_ref.as_deref()));
        self.element(name, attributes, |o| {
            f.params.iter().try_for_each(|p| o.variable("formalParameter", p))?;
            f.body.as_ref().map_or(Ok(()), |b| o.expression(b))
        })
    }

    fn table<'a>(&mut self, t: &'a DecisionTable, mut attributes: Attributes<'a>) -> Done {
        attributes.push(("hitPolicy", t.policy.word()));
        attributes.extend(optional("aggregation", t.aggregation.map(Aggregation::word)));
        attributes.extend(optional("outputLabel", t.output_label.as_deref()));
        self.element("decisionTable", attributes, |o| {
            for input in &t.inputs {
                o.element("input", Vec::new(), |o| {
                    let ty = optional("typeRef", input.type_ref.as_deref()).into_iter().collect();
                    o.feel("inputExpression", ty, &input.expression)?;
                    input.values.as_ref().map_or(Ok(()), |v| o.feel("inputValues", Vec::new(), v))
                })?;
            }
            for output in &t.outputs {
                let mut attributes: Attributes<'_> = optional("name", output.name.as_deref()).into_iter().collect();
                attributes.extend(optional("typeRef", output.type_ref.as_deref()));
                o.element("output", attributes, |o| {
                    output.values.as_ref().map_or(Ok(()), |v| o.feel("outputValues", Vec::new(), v))?;
                    output.default.as_ref().map_or(Ok(()), |v| o.feel("defaultOutputEntry", Vec::new(), v))
                })?;
            }
            t.rules.iter().try_for_each(|rule| {
                o.element("rule", Vec::new(), |o| {
                    rule.inputs.iter().try_for_each(|c| o.feel("inputEntry", Vec::new(), c))?;
                    rule.outputs.iter().try_for_each(|c| o.feel("outputEntry", Vec::new(), c))
                })
            })
        })
    }
}

fn named<'a>(id: &'a str, name: &'a str) -> Attributes<'a> {
    let mut attributes = Vec::new();
    if !id.is_empty() {
        attributes.push(("id", id));
    }
    attributes.push(("name", name));
    attributes
}
