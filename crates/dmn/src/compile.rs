//! Models into a [`Program`].

use std::collections::HashMap;
use std::sync::Arc;

use crate::ast::Expr;
use crate::ast::Kind;
use crate::items::{self, ModelTypes};
use crate::lower::Lower;
use crate::model::*;
use crate::names::{Names, normal};
use crate::program::{Fault, Need, Node, Program, Role};
use crate::types::Type;

/// Compiles a model; `others` are those it imports, directly or not, in any order.
pub fn compile(main: &Definitions, others: &[Definitions]) -> Program {
    let models: Vec<&Definitions> = std::iter::once(main).chain(others).collect();
    let mut names = Names::new();
    models.iter().for_each(|m| names_of(m, &mut names));
    let mut c = Compiler {
        out: Program {
            namespaces: models.iter().map(|m| m.namespace.clone()).collect(),
            names: models.iter().map(|m| m.name.clone()).collect(),
            ..Program::default()
        },
        by_id: HashMap::new(),
        types: vec![None; models.len()],
        names,
        models,
    };
    for model in 0..c.models.len() {
        c.types_of(model, &mut Vec::new());
    }
    for model in 0..c.models.len() {
        c.declare(model);
    }
    for model in 0..c.models.len() {
        c.define(model);
    }
    c.out.make_functions();
    c.out
}

struct Compiler<'a> {
    models: Vec<&'a Definitions>,
    out: Program,
    /// Elements by model and id.
    by_id: HashMap<(usize, &'a str), usize>,
    types: Vec<Option<Arc<ModelTypes>>>,
    names: Names,
}

impl<'a> Compiler<'a> {
    fn fault(&mut self, model: usize, place: &str, message: String, hint: &str) {
        let name = self.models.get(model).map_or("", |m| &m.name).to_owned();
        let hint = hint.to_owned();
        self.out.faults.push(Fault { model: name, place: place.to_owned(), line: 0, column: 0, message, hint });
    }

    fn of_namespace(&self, namespace: &str) -> Option<usize> {
        self.models.iter().position(|m| same_namespace(&m.namespace, namespace))
    }

    /// The types of a model; `open` are the models whose types wait for these.
    fn types_of(&mut self, model: usize, open: &mut Vec<usize>) -> Arc<ModelTypes> {
        if let Some(Some(done)) = self.types.get(model) {
            return done.clone();
        }
        let Some(definitions) = self.models.get(model).copied() else { return Arc::default() };
        if open.contains(&model) {
            // Its elements can be used all the same; only types cannot be made of each other.
            return Arc::default();
        }
        open.push(model);
        let mut imported = Vec::new();
        for import in definitions.imports.iter().filter(|i| is_model(i)) {
            match self.of_namespace(&import.namespace) {
                Some(other) => imported.push((normal(&import.name), self.types_of(other, open))),
                None => self.fault(
                    model,
                    "imports",
                    format!("the imported model {} is not at hand", import.namespace),
                    "put its file beside this one",
                ),
            }
        }
        open.pop();
        let built = Arc::new(items::build(definitions, imported, &self.names, &mut self.out.faults));
        if let Some(slot) = self.types.get_mut(model) {
            *slot = Some(built.clone());
        }
        built
    }

    /// Gives every element its number, its name and its type.
    fn declare(&mut self, model: usize) {
        let Some(d) = self.models.get(model).copied() else { return };
        let none = || Expr::bare(Kind::Fault("not compiled yet".into()));
        for i in &d.inputs {
            self.node(model, &i.id, &i.name, &i.variable, Role::Input);
        }
        for i in &d.decisions {
            self.node(model, &i.id, &i.name, &i.variable, Role::Decision { needs: Vec::new(), body: none() });
        }
        for i in &d.knowledge {
            let code = crate::ast::FunctionExpr { params: Vec::new(), body: none(), result: None, external: false };
            self.node(model, &i.id, &i.name, &i.variable, Role::Knowledge { needs: Vec::new(), code: Arc::new(code) });
        }
        for i in &d.services {
            self.node(model, &i.id, &i.name, &i.variable, Role::Service { params: Vec::new(), outputs: Vec::new() });
        }
    }

    fn node(&mut self, model: usize, id: &'a str, name: &str, variable: &Variable, role: Role) {
        let ty = self.lowering(model, |l| l.ty(name, variable.type_ref.as_deref()));
        // A function's variable may be declared as the function or as its result.
        let ty = match (&role, ty.plain()) {
            (Role::Knowledge { .. } | Role::Service { .. }, Type::Function(_, result)) => (**result).clone(),
            _ => ty,
        };
        let index = self.out.nodes.len();
        if !id.is_empty() && self.by_id.insert((model, id), index).is_some() {
            self.fault(model, name, format!("two elements have the id {id}"), "give each an id of its own");
        }
        let variable = normal(&variable.name).into();
        self.out.nodes.push(Node { model, id: id.to_owned(), name: name.into(), variable, ty, role });
    }

    fn lowering<T>(&mut self, model: usize, work: impl FnOnce(&mut Lower<'_>) -> T) -> T {
        let types = self.types.get(model).cloned().flatten().unwrap_or_default();
        let name = self.models.get(model).map_or("", |m| &m.name);
        work(&mut Lower { model: name, types: &types, faults: &mut self.out.faults })
    }

    /// Reads the logic of every element.
    fn define(&mut self, model: usize) {
        let Some(d) = self.models.get(model).copied() else { return };
        for i in &d.decisions {
            let information = i.requires.information.iter().map(Required::href);
            let all: Vec<&str> = information.chain(i.requires.knowledge.iter().map(String::as_str)).collect();
            let (needs, names) = self.needs(model, &i.name, &all);
            let body = match &i.logic {
                Some(logic) => self.lowering(model, |l| l.expression(logic, &names, &i.name)),
                None => Expr::bare(Kind::Fault(format!("the decision {} has no logic", i.name))),
            };
            self.set(model, &i.id, &i.name, Role::Decision { needs, body });
        }
        for i in &d.knowledge {
            let all: Vec<&str> = i.requires.knowledge.iter().map(String::as_str).collect();
            let (mut needs, mut names) = self.needs(model, &i.name, &all);
            let own = self.find(model, &i.id, &i.name);
            // It may call itself.
            if let Some(node) = own.filter(|own| needs.iter().all(|n| n.node != *own)) {
                names.add(&i.variable.name);
                needs.push(Need { import: None, node });
            }
            let result = own.and_then(|o| self.out.nodes.get(o)).map_or(Type::Any, |n| n.ty.clone());
            let empty = FunctionDefinition::default();
            let logic = i.logic.as_ref().unwrap_or(&empty);
            let code = Arc::new(self.lowering(model, |l| l.function(logic, &names, &i.name, result)));
            self.set(model, &i.id, &i.name, Role::Knowledge { needs, code });
        }
        for i in &d.services {
            let given: Vec<&str> = i.input_data.iter().chain(&i.input_decisions).map(String::as_str).collect();
            let outputs: Vec<&str> = i.outputs.iter().map(String::as_str).collect();
            let numbers = |needs: Vec<Need>| needs.into_iter().map(|n| n.node).collect();
            let params = numbers(self.needs(model, &i.name, &given).0);
            let outputs = numbers(self.needs(model, &i.name, &outputs).0);
            self.set(model, &i.id, &i.name, Role::Service { params, outputs });
        }
    }

    fn find(&self, model: usize, id: &str, name: &str) -> Option<usize> {
        match self.by_id.get(&(model, id)) {
            Some(found) if !id.is_empty() => Some(*found),
            _ => self.out.nodes.iter().position(|n| n.model == model && n.id == id && *n.name == *name),
        }
    }

    fn set(&mut self, model: usize, id: &str, name: &str, role: Role) {
        if let Some(node) = self.find(model, id, name).and_then(|i| self.out.nodes.get_mut(i)) {
            node.role = role;
        }
    }

    /// What an element needs, and the names its expressions may use.
    fn needs(&mut self, model: usize, place: &str, hrefs: &[&str]) -> (Vec<Need>, Names) {
        let mut names = self.names.clone();
        let mut needs = Vec::with_capacity(hrefs.len());
        for href in hrefs {
            let Some((import, node)) = self.resolve(model, href) else {
                let hint = "refer to an element by #id, or by namespace#id and an import";
                self.fault(model, place, format!("needs {href}, which does not exist"), hint);
                continue;
            };
            if let Some(n) = self.out.nodes.get(node) {
                names.add(&n.variable);
            }
            if let Some(import) = &import {
                names.add(import);
            }
            needs.push(Need { import: import.map(Arc::from), node });
        }
        (needs, names)
    }

    fn resolve(&self, model: usize, href: &str) -> Option<(Option<String>, usize)> {
        let (namespace, id) = href.rsplit_once('#').unwrap_or(("", href));
        let own = self.models.get(model)?;
        if namespace.is_empty() || same_namespace(namespace, &own.namespace) {
            let here = self.by_id.get(&(model, id)).map(|n| (None, *n));
            return here.or_else(|| self.through(model, None, id, &mut Vec::new()));
        }
        self.through(model, Some(namespace), id, &mut Vec::new())
    }

    /// Looks for an element in what is imported, and in what that imports without a name, in their order. Without a namespace
    /// only imports without a name count.
    fn through(
        &self,
        model: usize,
        namespace: Option<&str>,
        id: &str,
        seen: &mut Vec<usize>,
    ) -> Option<(Option<String>, usize)> {
        let first = seen.is_empty();
        // Models may import each other in a circle.
        if seen.contains(&model) {
            return None;
        }
        seen.push(model);
        let imports = self.models.get(model)?.imports.iter().filter(|i| is_model(i));
        for i in imports.filter(|i| i.name.is_empty() || (namespace.is_some() && first)) {
            let Some(other) = self.of_namespace(&i.namespace) else { continue };
            let wanted = namespace.is_none_or(|n| same_namespace(n, &i.namespace));
            let here = self.by_id.get(&(other, id)).filter(|_| wanted).copied();
            if let Some(node) = here.or_else(|| self.through(other, namespace, id, seen).map(|(_, n)| n)) {
                return Some((Some(normal(&i.name)).filter(|n| !n.is_empty()), node));
            }
        }
        None
    }
}

/// Addresses that differ in a last slash are one.
pub(crate) fn same_namespace(a: &str, b: &str) -> bool {
    a.trim_end_matches('/') == b.trim_end_matches('/')
}

fn is_model(import: &Import) -> bool {
    import.kind.is_empty() || import.kind.contains("/DMN/")
}

/// Every name of a model that may follow a `.` or stand in a filter.
fn names_of(model: &Definitions, names: &mut Names) {
    fn item(i: &ItemDefinition, names: &mut Names) {
        names.add_of_model(&i.name);
        i.components.iter().for_each(|c| item(c, names));
    }
    fn function(f: &FunctionDefinition, names: &mut Names) {
        f.params.iter().for_each(|p| names.add_of_model(&p.name));
        f.body.iter().for_each(|b| expression(b, names));
    }
    fn expression(e: &Expression, names: &mut Names) {
        match &e.logic {
            Logic::Literal(_) => {}
            Logic::Table(t) => t.outputs.iter().filter_map(|o| o.name.as_ref()).for_each(|n| names.add_of_model(n)),
            Logic::Context(entries) => entries.iter().for_each(|c| {
                c.variable.iter().for_each(|v| names.add_of_model(&v.name));
                expression(&c.value, names);
            }),
            Logic::List(all) => all.iter().for_each(|e| expression(e, names)),
            Logic::Relation(columns, rows) => {
                columns.iter().for_each(|c| names.add_of_model(&c.name));
                rows.iter().flatten().for_each(|e| expression(e, names));
            }
            Logic::Invocation(callee, bindings) => {
                expression(callee, names);
                bindings.iter().filter_map(|(_, e)| e.as_ref()).for_each(|e| expression(e, names));
            }
            Logic::Function(f) => function(f, names),
            Logic::Conditional(parts) => parts.iter().for_each(|e| expression(e, names)),
            Logic::Filter(parts) => parts.iter().for_each(|e| expression(e, names)),
            Logic::Iterator(i) => {
                expression(&i.over, names);
                expression(&i.body, names);
            }
        }
    }
    model.imports.iter().for_each(|i| names.add_of_model(&i.name));
    model.items.iter().for_each(|i| item(i, names));
    model.inputs.iter().for_each(|i| names.add_of_model(&i.variable.name));
    for d in &model.decisions {
        names.add_of_model(&d.variable.name);
        d.logic.iter().for_each(|e| expression(e, names));
    }
    for k in &model.knowledge {
        names.add_of_model(&k.variable.name);
        k.logic.iter().for_each(|f| function(f, names));
    }
    model.services.iter().for_each(|s| names.add_of_model(&s.variable.name));
}
