//! The strict mode: a model is held against its declared types before it runs, as programmes are.
//!
//! Nothing is null on error here. What does not go together, or is of a type nobody declared, is a [`Fault`] with its place, and a
//! decision that rests on it is refused. What passes gives the same values as in compatibility mode.

mod expression;
mod signature;

use std::collections::HashSet;
use std::sync::Arc;

use crate::ast::{Expr, FunctionExpr, Source};
use crate::lexer::Span;
use crate::program::{Fault, Need, Node, Program, Role, position};
use crate::types::Type;

/// An element as the strict mode sees it.
#[derive(Debug)]
struct Element {
    name: Arc<str>,
    model: usize,
    /// Its own faults.
    faults: Vec<Fault>,
    /// The elements it needs.
    needs: Vec<usize>,
}

/// What of a model is not well typed.
#[derive(Debug)]
pub struct Strict {
    nodes: Vec<Element>,
    /// Faults of the model as a whole: what could not be read.
    general: Vec<Fault>,
}

impl Strict {
    /// Why a decision, business knowledge model or decision service of the main model is refused, the faults of what it needs among
    /// them; empty where it is well typed. What concerns the model as a whole refuses everything.
    pub fn refusals(&self, name: &str) -> Vec<&Fault> {
        let mut out: Vec<&Fault> = self.general.iter().collect();
        let own = self.nodes.iter().position(|n| n.model == 0 && *n.name == *name);
        let mut todo: Vec<usize> =
            own.or_else(|| self.nodes.iter().position(|n| *n.name == *name)).into_iter().collect();
        let mut seen = HashSet::new();
        while let Some(at) = todo.pop() {
            let Some(element) = self.nodes.get(at).filter(|_| seen.insert(at)) else { continue };
            out.extend(&element.faults);
            todo.extend(&element.needs);
        }
        out
    }

    /// Every fault, by element.
    pub fn faults(&self) -> impl Iterator<Item = &Fault> {
        self.general.iter().chain(self.nodes.iter().flat_map(|n| &n.faults))
    }
}

/// The names an expression may use, with their types.
#[derive(Clone, Default)]
pub(crate) struct Scope {
    names: Vec<(Arc<str>, Type)>,
    /// The type of `?`.
    input: Option<Type>,
}

impl Scope {
    fn with(&self, more: impl IntoIterator<Item = (Arc<str>, Type)>) -> Scope {
        let mut out = self.clone();
        out.names.extend(more);
        out
    }

    fn find(&self, name: &str) -> Option<&Type> {
        self.names.iter().rev().find(|(n, _)| **n == *name).map(|(_, ty)| ty)
    }
}

/// Checks one program.
pub(crate) struct Checker<'p> {
    program: &'p Program,
    /// Types found, by element; `None` while it is being looked at.
    types: Vec<Option<Type>>,
    open: Vec<usize>,
    faults: Vec<Vec<Fault>>,
    /// Where the expression looked at stands.
    source: Option<Arc<Source>>,
    /// The element looked at.
    at: usize,
    depth: usize,
}

/// Nested deeper than the parser lets through in one text; boxed expressions nest texts.
const MAX_DEPTH: usize = 2_000;

/// Holds every element of a program against its types.
pub(crate) fn check(program: &Program) -> Strict {
    let count = program.nodes.len();
    let mut checker = Checker {
        program,
        types: vec![None; count],
        open: Vec::new(),
        faults: vec![Vec::new(); count],
        source: None,
        at: 0,
        depth: 0,
    };
    for index in 0..count {
        checker.node(index);
    }
    let needs = |n: &Node| match &n.role {
        Role::Input => Vec::new(),
        Role::Decision { needs, .. } | Role::Knowledge { needs, .. } => needs.iter().map(|n| n.node).collect(),
        Role::Service { params, outputs } => params.iter().chain(outputs).copied().collect(),
    };
    let nodes = program.nodes.iter().zip(checker.faults);
    let nodes = nodes.map(|(n, faults)| Element { name: n.name.clone(), model: n.model, faults, needs: needs(n) });
    Strict { nodes: nodes.collect(), general: program.faults.clone() }
}

impl Checker<'_> {
    fn fault(&mut self, span: Span, message: String, hint: &str) {
        let node = self.program.nodes.get(self.at);
        let (place, line, column) = match &self.source {
            Some(source) => {
                let (row, column) = position(&source.text, span);
                let line = if source.line == 0 { 0 } else { source.line + row };
                (source.place.clone(), line, column + 1)
            }
            None => (node.map(|n| n.name.to_string()).unwrap_or_default(), 0, 0),
        };
        let model = node.and_then(|n| self.program.names.get(n.model)).cloned().unwrap_or_default();
        let fault = Fault { model, place, line, column, message, hint: hint.to_owned() };
        if let Some(faults) = self.faults.get_mut(self.at)
            && !faults.contains(&fault)
        {
            faults.push(fault);
        }
    }

    /// The type of an element, found on first use.
    fn node(&mut self, index: usize) -> Type {
        if let Some(Some(known)) = self.types.get(index) {
            return known.clone();
        }
        let Some(node) = self.program.nodes.get(index) else { return Type::Any };
        if self.open.contains(&index) || self.open.len() > 150 {
            return self.declared_result(node);
        }
        let outside = (self.at, self.source.take());
        self.at = index;
        self.open.push(index);
        let ty = match &node.role {
            Role::Input => {
                if unknown(&node.ty) {
                    let hint = "give its variable a typeRef";
                    self.fault(Span::default(), format!("the type of the input {} is not declared", node.name), hint);
                }
                node.ty.clone()
            }
            Role::Decision { needs, body } => {
                let scope = self.scope(needs);
                let found = self.of(body, &scope);
                let outside = self.enter(body, node.name.to_string(), 0);
                let ty = self.declared(body.span, &node.name, found, &node.ty);
                self.source = outside;
                ty
            }
            Role::Knowledge { needs, code } => {
                let scope = self.scope(needs);
                self.function(code, &scope, Some(&node.name))
            }
            Role::Service { params, outputs } => {
                let params: Vec<Arc<Type>> = params.iter().map(|p| Arc::new(self.node(*p))).collect();
                let mut results: Vec<(Arc<str>, Arc<Type>)> = Vec::new();
                for output in outputs {
                    let name = self.program.nodes.get(*output).map(|n| n.variable.clone()).unwrap_or_default();
                    results.push((name, Arc::new(self.node(*output))));
                }
                let result = match results.as_slice() {
                    [(_, only)] => only.clone(),
                    _ => Arc::new(Type::Context(results)),
                };
                Type::Function(params, result)
            }
        };
        self.open.pop();
        (self.at, self.source) = outside;
        if let Some(slot) = self.types.get_mut(index) {
            *slot = Some(ty.clone());
        }
        ty
    }

    /// What is declared of an element that rests on itself: a function that calls itself must say what it gives.
    fn declared_result(&self, node: &Node) -> Type {
        match &node.role {
            Role::Knowledge { code, .. } => {
                let params = code.params.iter().map(|p| Arc::new(p.ty.ty.clone().unwrap_or(Type::Any))).collect();
                Type::Function(params, Arc::new(node.ty.clone()))
            }
            _ => node.ty.clone(),
        }
    }

    /// What was found, as what was declared; a fault where it is something else.
    fn declared(&mut self, span: Span, what: &str, found: Type, declared: &Type) -> Type {
        if matches!(declared, Type::Any) {
            return found;
        }
        if !known_as(&found, declared) {
            let message = match unknown(&found) {
                true => format!("what {what} comes to is of no known type, and {declared} is declared"),
                false => format!("{what} comes to {}, and {declared} is declared", expression::said(&found)),
            };
            self.fault(span, message, "make the expression and the declared type agree");
        }
        declared.clone()
    }

    /// The types of what an element needs, under the names it uses.
    fn scope(&mut self, needs: &[Need]) -> Scope {
        let mut scope = Scope::default();
        for need in needs {
            let Some(name) = self.program.nodes.get(need.node).map(|n| n.variable.clone()) else { continue };
            let ty = self.node(need.node);
            match &need.import {
                None => scope.names.push((name, ty)),
                Some(import) => {
                    let mut entries = match scope.find(import) {
                        Some(Type::Context(entries)) => entries.clone(),
                        _ => Vec::new(),
                    };
                    entries.push((name, Arc::new(ty)));
                    scope.names.push((import.clone(), Type::Context(entries)));
                }
            }
        }
        scope
    }

    /// The type of a function that is written down. `name`: of a business knowledge model, which may call itself.
    fn function(&mut self, code: &FunctionExpr, scope: &Scope, name: Option<&str>) -> Type {
        if code.external {
            let message = "external functions (Java, PMML) are not run: a model may not reach outside of itself";
            self.fault(Span::default(), message.to_owned(), "write it in FEEL");
        }
        let mut params = Vec::new();
        for p in &code.params {
            let ty = p.ty.ty.clone().unwrap_or(Type::Any);
            if unknown(&ty) {
                let message = format!("the type of the parameter {} is not declared", p.name);
                self.fault(code.body.span, message, "declare it: `function(x: number) …`, or a typeRef");
            }
            params.push((p.name.clone(), ty));
        }
        let found = self.of(&code.body, &scope.with(params.iter().cloned()));
        let result = match &code.result {
            Some(declared) => self.declared(code.body.span, name.unwrap_or("the function"), found, declared),
            None => found,
        };
        Type::Function(params.into_iter().map(|(_, ty)| Arc::new(ty)).collect(), Arc::new(result))
    }

    /// Goes one level deeper; too deep is a fault.
    fn of(&mut self, expr: &Expr, scope: &Scope) -> Type {
        self.depth += 1;
        let ty = if self.depth > MAX_DEPTH {
            self.fault(expr.span, "the model is nested too deeply".into(), "give parts decisions of their own");
            Type::Any
        } else {
            self.expression(expr, scope)
        };
        self.depth -= 1;
        ty
    }
}

/// Whether a type says nothing.
fn unknown(ty: &Type) -> bool {
    matches!(ty.plain(), Type::Any)
}

/// Whether every value of a type is one of the other by what is known of it.
fn known_as(found: &Type, wanted: &Type) -> bool {
    match (found.plain(), wanted.plain()) {
        (_, Type::Any) => true,
        (Type::Any, _) => false,
        (Type::List(a), Type::List(b)) | (Type::Range(a), Type::Range(b)) => known_as(a, b),
        (Type::Context(a), Type::Context(b)) => {
            b.iter().all(|(name, ty)| a.iter().any(|(n, t)| n == name && known_as(t, ty)))
        }
        (a, b) => a.conforms(b),
    }
}
