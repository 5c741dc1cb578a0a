//! A model and those it imports, compiled: every text read once, every reference resolved.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;

use crate::ast::{Expr, FunctionExpr, Param};
use crate::eval::{Eval, Note};
use crate::function::{Env, Function, Invocable};
use crate::lexer::Span;
use crate::model::Text;
use crate::operate::R;
use crate::parser::ParseError;
use crate::strict::Strict;
use crate::temporal::DateTime;
use crate::types::Type;
use crate::value::{Context, Value};

/// What is wrong with a model, in its author's terms. What it concerns evaluates to null for this reason; the rest runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The model's name.
    pub model: String,
    /// The decision, table cell, … it stands in.
    pub place: String,
    /// The line of the file, from 1; 0 if it concerns no one line.
    pub line: u32,
    /// The column in that line of the expression, from 1; 0 if it concerns no one place.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub hint: String,
}

impl Fault {
    pub(crate) fn of(model: &str, place: &str, text: &Text, error: &ParseError) -> Fault {
        let (row, column) = position(&text.text, error.span);
        Fault {
            model: model.to_owned(),
            place: place.to_owned(),
            line: text.line.0 + row,
            column: column + 1,
            message: error.message.clone(),
            hint: error.hint.clone(),
        }
    }
}

/// The row and the column, in characters and from 0, at which a part of a text begins.
pub fn position(text: &str, span: Span) -> (u32, u32) {
    let before = text.get(..span.start as usize).unwrap_or(text);
    let short = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let line = before.rsplit('\n').next().unwrap_or("");
    (short(before.matches('\n').count()), short(line.chars().count()))
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.model, self.place)?;
        match (self.line, self.column) {
            (0, _) => {}
            (line, 0) => write!(f, ", line {line}")?,
            (line, column) => write!(f, ", line {line}, column {column}")?,
        }
        write!(f, ": {}; {}", self.message, self.hint)
    }
}

/// Models, compiled.
#[derive(Debug, Default)]
pub struct Program {
    pub(crate) nodes: Vec<Node>,
    pub(crate) namespaces: Vec<String>,
    /// The models' names.
    pub(crate) names: Vec<String>,
    pub(crate) faults: Vec<Fault>,
    /// Functions as values, by node.
    pub(crate) functions: Vec<Option<Value>>,
}

/// An element of a model.
#[derive(Debug)]
pub(crate) struct Node {
    /// The model it belongs to; 0 is the one that was compiled.
    pub(crate) model: usize,
    pub(crate) id: String,
    pub(crate) name: Arc<str>,
    /// Its name in expressions.
    pub(crate) variable: Arc<str>,
    pub(crate) ty: Type,
    pub(crate) role: Role,
}

#[derive(Debug)]
pub(crate) enum Role {
    Input,
    Decision { needs: Vec<Need>, body: Expr },
    Knowledge { needs: Vec<Need>, code: Arc<FunctionExpr> },
    Service { params: Vec<usize>, outputs: Vec<usize> },
}

/// Something an element needs.
#[derive(Debug)]
pub(crate) struct Need {
    /// The import through which it is named.
    pub(crate) import: Option<Arc<str>>,
    pub(crate) node: usize,
}

/// What an evaluation gives.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The value.
    pub value: Value,
    /// Why there were nulls on the way.
    pub notes: Vec<Note>,
}

/// The kinds of what can be evaluated by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum InvocableKind {
    /// A decision.
    Decision,
    /// A business knowledge model.
    Knowledge,
    /// A decision service.
    Service,
}

/// The inputs of one run, and the decisions already made under them, by the way of imports and number.
#[derive(Default)]
struct Run {
    inputs: Arc<Context>,
    made: RefCell<HashMap<(Arc<str>, usize), Value>>,
    making: RefCell<HashSet<usize>>,
}

impl Program {
    /// Everything found wrong.
    pub fn faults(&self) -> &[Fault] {
        &self.faults
    }

    /// Holds the whole model against its declared types.
    pub fn strictly(&self) -> Strict {
        crate::strict::check(self)
    }

    /// What of the main model can be evaluated by name.
    pub fn invocables(&self) -> impl Iterator<Item = (&str, InvocableKind)> {
        self.nodes.iter().filter(|n| n.model == 0).filter_map(|n| {
            let kind = match n.role {
                Role::Input => return None,
                Role::Decision { .. } => InvocableKind::Decision,
                Role::Knowledge { .. } => InvocableKind::Knowledge,
                Role::Service { .. } => InvocableKind::Service,
            };
            Some((&*n.name, kind))
        })
    }

    /// Evaluates a decision, business knowledge model or decision service of the main model. `now` is what the model's clock
    /// says. `None` if nothing has this name.
    pub fn evaluate(&self, name: &str, inputs: Context, now: Option<DateTime>) -> Option<Outcome> {
        // What is imported without a name can be asked for too.
        let named = |n: &Node| !matches!(n.role, Role::Input) && *n.name == *name;
        let own = self.nodes.iter().position(|n| n.model == 0 && named(n));
        let index = own.or_else(|| self.nodes.iter().position(named))?;
        let node = self.nodes.get(index)?;
        let eval = Eval::of(self, now);
        let run = Run { inputs: Arc::new(inputs), ..Run::default() };
        let value = match &node.role {
            Role::Decision { .. } | Role::Input => self.value(&eval, &run, &"".into(), index, true),
            Role::Knowledge { code, .. } => {
                let values = code.params.iter().map(|p| run.inputs.get(&p.name).cloned().unwrap_or_default()).collect();
                self.called(&eval, index, values)
            }
            Role::Service { params, .. } => {
                let given = |p: &usize| self.nodes.get(*p).and_then(|n| self.given(&run, "", n)).unwrap_or_default();
                let values = params.iter().map(given).collect();
                self.called(&eval, index, values)
            }
        };
        Some(Outcome { value, notes: eval.notes() })
    }

    /// The declared type of an input or decision, by its name in expressions or, for one of another model, behind its imports.
    pub(crate) fn declared(&self, name: &str) -> Option<Type> {
        let named = |n: &&Node| *n.variable == *name || *n.name == *name || name.ends_with(&format!(".{}", n.variable));
        let mut all = self.nodes.iter().filter(|n| !matches!(n.role, Role::Knowledge { .. } | Role::Service { .. }));
        all.find(named).map(|n| n.ty.clone()).or_else(|| {
            let params = self.nodes.iter().filter_map(|n| match &n.role {
                Role::Knowledge { code, .. } => Some(&code.params),
                _ => None,
            });
            params.flatten().find(|p| *p.name == *name).and_then(|p| p.ty.ty.clone())
        })
    }

    fn called(&self, eval: &Eval<'_>, index: usize, values: Vec<Value>) -> Value {
        self.call(eval, index, values).unwrap_or_else(|reason| {
            eval.note(Span::default(), reason);
            Value::Null
        })
    }

    /// Calls a function of a model.
    pub(crate) fn invoke(&self, eval: &Eval<'_>, invocable: &Invocable, values: Vec<Value>) -> R {
        if values.len() != invocable.params.len() {
            return Err(format!("{} takes {} arguments, not {}", invocable.name, invocable.params.len(), values.len()));
        }
        self.call(eval, invocable.index, values)
    }

    fn call(&self, eval: &Eval<'_>, index: usize, values: Vec<Value>) -> R {
        let Some(node) = self.nodes.get(index) else { return Err("there is no such function".into()) };
        match &node.role {
            Role::Knowledge { needs, code } => {
                let env = self.env(eval, &Run::default(), &"".into(), needs);
                eval.run_written(code, &env, values)
            }
            Role::Service { params, outputs } => {
                let named = params.iter().filter_map(|p| self.nodes.get(*p)).zip(values);
                let inputs = named.map(|(n, v)| Ok((n.variable.clone(), eval.coerce(&v, &n.ty)?)));
                let inputs = inputs.collect::<Result<Vec<_>, String>>()?.into_iter().collect();
                let run = Run { inputs: Arc::new(inputs), ..Run::default() };
                let result = |o: &usize| self.value(eval, &run, &"".into(), *o, false);
                let value = match outputs.as_slice() {
                    [one] => result(one),
                    many => {
                        let entry = |o: &usize| self.nodes.get(*o).map(|n| (n.variable.clone(), result(o)));
                        Value::context(many.iter().filter_map(entry).collect())
                    }
                };
                eval.coerce(&value, &node.ty)
            }
            _ => Err(format!("{} is no function", node.name)),
        }
    }

    /// What was given for an element: under the names of the imports that lead to it, else under its plain name.
    fn given(&self, run: &Run, path: &str, node: &Node) -> Option<Value> {
        [&node.variable, &node.name].into_iter().find_map(|name| {
            if path.is_empty() {
                return run.inputs.get(name).cloned();
            }
            let mut at = Some(run.inputs.clone());
            for step in path.split_terminator('\n') {
                at = at.and_then(|c| match c.get(step) {
                    Some(Value::Context(inner)) => Some(inner.clone()),
                    _ => None,
                });
            }
            let nested = at.and_then(|c| c.get(name).cloned());
            let namespace = self.namespaces.get(node.model).map(String::as_str).unwrap_or("");
            nested
                .or_else(|| run.inputs.get(&format!("{}{name}", path.replace('\n', "."))).cloned())
                .or_else(|| run.inputs.get(&format!("{{{namespace}}}{name}")).cloned())
                .or_else(|| run.inputs.get(name).cloned())
        })
    }

    /// The value of an element. What was asked for is worked out even if a value of its name was given.
    fn value(&self, eval: &Eval<'_>, run: &Run, path: &Arc<str>, index: usize, asked: bool) -> Value {
        let Some(node) = self.nodes.get(index) else { return Value::Null };
        match &node.role {
            Role::Knowledge { .. } | Role::Service { .. } => {
                self.functions.get(index).cloned().flatten().unwrap_or_default()
            }
            Role::Input => {
                let given = self.given(run, path, node).unwrap_or_default();
                eval.coerce_or_note(&given, &node.ty, Span::default())
            }
            Role::Decision { needs, body } => {
                if let Some(given) = (!asked).then(|| self.given(run, path, node)).flatten() {
                    return eval.coerce_or_note(&given, &node.ty, Span::default());
                }
                // What was asked for is made once anyway and, if others need it too, found to need itself through them.
                if asked {
                    let value = eval.eval(body, &self.env(eval, run, path, needs));
                    return eval.coerce_or_note(&value, &node.ty, body.span);
                }
                let key = (path.clone(), index);
                if let Some(made) = run.made.borrow().get(&key) {
                    return made.clone();
                }
                if !run.making.borrow_mut().insert(index) {
                    eval.note(Span::default(), format!("the decision {} needs itself", node.name));
                    return Value::Null;
                }
                // A long chain of decisions is as deep as a nested expression.
                let value = eval.deeper(|| Ok(eval.eval(body, &self.env(eval, run, path, needs))));
                let value = value.and_then(|v| eval.coerce(&v, &node.ty)).unwrap_or_else(|reason| {
                    eval.note(body.span, reason);
                    Value::Null
                });
                run.making.borrow_mut().remove(&index);
                run.made.borrow_mut().insert(key, value.clone());
                value
            }
        }
    }

    /// The names an element may use: what it needs, and nothing else.
    fn env(&self, eval: &Eval<'_>, run: &Run, path: &Arc<str>, needs: &[Need]) -> Env {
        let mut vars: Vec<(Arc<str>, Value)> = Vec::with_capacity(needs.len());
        for need in needs {
            let Some(node) = self.nodes.get(need.node) else { continue };
            match &need.import {
                None => vars.push((node.variable.clone(), self.value(eval, run, path, need.node, false))),
                Some(import) => {
                    let value = self.value(eval, run, &format!("{path}{import}\n").into(), need.node, false);
                    let at = vars.iter().position(|(n, _)| n == import);
                    let mut context = match at.map(|i| vars.remove(i)) {
                        Some((_, Value::Context(c))) => (*c).clone(),
                        _ => Context::default(),
                    };
                    context.put(node.variable.clone(), value);
                    vars.push((import.clone(), Value::context(context)));
                }
            }
        }
        Env::default().with_all(vars)
    }

    /// Makes function values of what can be called.
    pub(crate) fn make_functions(&mut self) {
        self.functions = self.nodes.iter().enumerate().map(|(index, node)| self.function(index, node)).collect();
    }

    fn function(&self, index: usize, node: &Node) -> Option<Value> {
        let params = match &node.role {
            Role::Knowledge { code, .. } => code.params.clone(),
            Role::Service { params, .. } => params
                .iter()
                .filter_map(|p| self.nodes.get(*p))
                .map(|n| Param {
                    name: n.variable.clone(),
                    ty: crate::types::TypeName { text: n.ty.to_string(), ty: Some(n.ty.clone()) },
                })
                .collect(),
            _ => return None,
        };
        let result = Some(node.ty.clone());
        let invocable = Invocable { index, name: node.name.clone(), params, result };
        Some(Value::Function(Arc::new(Function::Invocable(invocable))))
    }
}
