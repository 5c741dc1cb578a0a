//! Boxed expressions into one tree with FEEL's own.

use std::sync::Arc;

use crate::ast::{Args, BoxedEntry, Domain, Expr, FunctionExpr, Kind, Param, Source};
use crate::items::ModelTypes;
use crate::lexer::Span;
use crate::model::*;
use crate::names::{Names, normal};
use crate::parser::{ParseError, parse, parse_tests};
use crate::program::Fault;
use crate::table;
use crate::types::{Known, Type, TypeName, built_in};
use crate::value::Value;

/// Makes the expressions of one model.
pub(crate) struct Lower<'a> {
    pub(crate) model: &'a str,
    pub(crate) types: &'a ModelTypes,
    pub(crate) faults: &'a mut Vec<Fault>,
}

impl Lower<'_> {
    /// What a declared type means; a type nobody defined is a fault and `Any`.
    pub(crate) fn ty(&mut self, place: &str, name: Option<&str>) -> Type {
        let Some(name) = name else { return Type::Any };
        let name = normal(name);
        if let Some(ty) = built_in(&name).or_else(|| self.types.find(&name)) {
            return ty;
        }
        self.faults.push(Fault {
            model: self.model.to_owned(),
            place: place.to_owned(),
            line: 0,
            column: 0,
            message: format!("there is no type {name}"),
            hint: "define it as an item definition, or use a type of FEEL".into(),
        });
        Type::Any
    }

    fn text(
        &mut self,
        text: &Text,
        names: &Names,
        place: &str,
        read: fn(&str, &Names, &dyn Known) -> Result<Expr, ParseError>,
    ) -> Expr {
        match read(&text.text, names, self.types) {
            Ok(expr) => match expr.kind {
                // What cannot fail needs no place.
                Kind::Literal(_) => expr,
                _ => {
                    let source = Source { place: place.to_owned(), text: text.text.clone(), line: text.line.0 };
                    Expr::new(Kind::Source(Arc::new(source), expr.into()), Span::default())
                }
            },
            Err(error) => {
                let fault = Fault::of(self.model, place, text, &error);
                let reason = fault.to_string();
                self.faults.push(fault);
                Expr::bare(Kind::Fault(reason))
            }
        }
    }

    fn feel(&mut self, text: &Text, names: &Names, place: &str) -> Expr {
        if text.text.is_empty() { Expr::literal(Value::Null) } else { self.text(text, names, place, parse) }
    }

    fn tests(&mut self, text: &Text, names: &Names, place: &str) -> Expr {
        if text.text.is_empty() {
            return Expr::bare(Kind::Tests { negated: false, any: true, tests: Vec::new() });
        }
        self.text(text, names, place, parse_tests)
    }

    pub(crate) fn typed(expr: Expr, ty: Type) -> Expr {
        if matches!(ty, Type::Any) { expr } else { Expr::bare(Kind::Typed(expr.into(), Arc::new(ty))) }
    }

    pub(crate) fn expression(&mut self, e: &Expression, names: &Names, place: &str) -> Expr {
        let expr = self.logic(&e.logic, names, place);
        let ty = self.ty(place, e.type_ref.as_deref());
        Self::typed(expr, ty)
    }

    fn logic(&mut self, logic: &Logic, names: &Names, place: &str) -> Expr {
        match logic {
            Logic::Literal(l) => self.literal(l, names, place),
            Logic::Table(t) => {
                let table = self.table(t, names, place);
                Expr::bare(Kind::Table(Arc::new(table)))
            }
            Logic::Context(entries) => self.context(entries, names, place),
            Logic::List(items) => {
                Expr::bare(Kind::List(items.iter().map(|e| self.expression(e, names, place)).collect()))
            }
            Logic::Relation(columns, rows) => {
                let mut out = Vec::with_capacity(rows.len());
                for row in rows {
                    let mut entries = Vec::with_capacity(columns.len());
                    for (column, cell) in columns.iter().zip(row) {
                        let ty = self.ty(place, column.type_ref.as_deref());
                        let cell = Self::typed(self.expression(cell, names, place), ty);
                        entries.push((Arc::from(normal(&column.name)), cell));
                    }
                    out.push(Expr::bare(Kind::Context(entries)));
                }
                Expr::bare(Kind::List(out))
            }
            Logic::Invocation(callee, bindings) => {
                let callee = self.expression(callee, names, place);
                let mut args = Vec::with_capacity(bindings.len());
                for (parameter, value) in bindings {
                    let place = format!("{place}, argument {}", parameter.name);
                    let value =
                        value.as_ref().map_or(Expr::literal(Value::Null), |v| self.expression(v, names, &place));
                    args.push((Arc::from(normal(&parameter.name)), value));
                }
                let args = if args.is_empty() { Args::Positional(Vec::new()) } else { Args::Named(args) };
                Expr::bare(Kind::Call(callee.into(), args))
            }
            Logic::Function(f) => {
                let result = self.ty(place, f.type_ref.as_deref());
                let result = match result.plain() {
                    Type::Function(_, result) => (**result).clone(),
                    Type::Any => Type::Any,
                    _ => result,
                };
                let code = self.function(f, names, place, result);
                Expr::bare(Kind::Function(Arc::new(code)))
            }
            Logic::Conditional(parts) => {
                let [c, yes, no] = &**parts;
                let mut part = |e, what: &str| self.expression(e, names, &format!("{place}, {what}"));
                Expr::bare(Kind::Choose(Box::new([part(c, "if"), part(yes, "then"), part(no, "else")])))
            }
            Logic::Iterator(iteration) => self.iteration(iteration, names, place),
            Logic::Filter(parts) => {
                let [list, by] = &**parts;
                let list = self.expression(list, names, &format!("{place}, in"));
                let mut inner = names.clone();
                inner.add("item");
                let by = self.expression(by, &inner, &format!("{place}, match"));
                Expr::bare(Kind::BoxedFilter(list.into(), by.into()))
            }
        }
    }

    fn literal(&mut self, l: &Literal, names: &Names, place: &str) -> Expr {
        match &l.language {
            Some(language) if !language.to_uppercase().contains("FEEL") => {
                let fault = Fault {
                    model: self.model.to_owned(),
                    place: place.to_owned(),
                    line: l.text.line.0,
                    column: 0,
                    message: format!("the expression is in the language {language}"),
                    hint: "only FEEL is read".into(),
                };
                let reason = fault.to_string();
                self.faults.push(fault);
                Expr::bare(Kind::Fault(reason))
            }
            _ => self.feel(&l.text, names, place),
        }
    }

    fn context(&mut self, entries: &[ContextEntry], names: &Names, place: &str) -> Expr {
        let mut names = names.clone();
        let mut out = Vec::with_capacity(entries.len());
        for entry in entries {
            let called = entry.variable.as_ref().map_or("result", |v| v.name.as_str());
            let place = format!("{place}, entry {called}");
            // A function of a context may call itself.
            if let (Some(v), Logic::Function(_)) = (&entry.variable, &entry.value.logic) {
                names.add(&v.name);
            }
            let value = self.expression(&entry.value, &names, &place);
            let declared = entry.variable.as_ref().and_then(|v| v.type_ref.as_deref());
            let ty = self.ty(&place, declared);
            let name = entry.variable.as_ref().map(|v| Arc::from(normal(&v.name)));
            if let Some(name) = &name {
                names.add(name);
            }
            out.push(BoxedEntry { name, ty: Arc::new(ty), value });
        }
        Expr::bare(Kind::Boxed(out))
    }

    /// A boxed function; one in Java or PMML stays a function, which says why it is not run when it is called.
    pub(crate) fn function(
        &mut self,
        f: &FunctionDefinition,
        names: &Names,
        place: &str,
        result: Type,
    ) -> FunctionExpr {
        let mut inner = names.clone();
        let mut params = Vec::with_capacity(f.params.len());
        for p in &f.params {
            inner.add(&p.name);
            let ty = self.ty(place, p.type_ref.as_deref());
            let text = p.type_ref.clone().unwrap_or_else(|| "Any".into());
            params.push(Param { name: normal(&p.name).into(), ty: TypeName { text, ty: Some(ty) } });
        }
        let external = f.kind != FunctionKind::Feel;
        let body = match &f.body {
            Some(body) if !external => self.expression(body, &inner, place),
            _ => Expr::literal(Value::Null),
        };
        FunctionExpr { params, body, result: Some(Arc::new(result)), external }
    }

    fn iteration(&mut self, it: &Iteration, names: &Names, place: &str) -> Expr {
        // `1..10` stands for steps here too, though it is no expression by itself.
        let domain = match &it.over.logic {
            Logic::Literal(l) if crate::parser::parse(&l.text.text, names, self.types).is_err() => {
                let steps = l.text.text.split_once("..").map(|(from, to)| {
                    let part = |t: &str| Text { text: t.trim().to_owned(), ..l.text.clone() };
                    (self.feel(&part(from), names, place), self.feel(&part(to), names, place))
                });
                match steps {
                    Some((from, to)) => Domain::Steps(from, to),
                    None => Domain::List(self.expression(&it.over, names, place)),
                }
            }
            _ if it.kind == IterationKind::For => Domain::OnlyList(self.expression(&it.over, names, place)),
            _ => Domain::List(self.expression(&it.over, names, place)),
        };
        let mut inner = names.clone();
        inner.add(&it.variable);
        let body = Box::new(self.expression(&it.body, &inner, place));
        let over = vec![(Arc::from(normal(&it.variable)), domain)];
        Expr::bare(match it.kind {
            IterationKind::For => Kind::For(over, body),
            IterationKind::Some => Kind::Some(over, body),
            IterationKind::Every => Kind::Every(over, body),
        })
    }

    fn table(&mut self, t: &DecisionTable, names: &Names, place: &str) -> table::Table {
        let mut inputs = Vec::with_capacity(t.inputs.len());
        for (i, input) in t.inputs.iter().enumerate() {
            let place = format!("{place}, input {}", i + 1);
            let expr = self.feel(&input.expression, names, &place);
            let ty = self.ty(&place, input.type_ref.as_deref());
            let allowed = input.values.as_ref().map(|v| self.tests(v, names, &format!("{place}, values")));
            inputs.push(table::Input { expr: Self::typed(expr, ty), allowed });
        }
        let mut outputs = Vec::with_capacity(t.outputs.len());
        for (i, output) in t.outputs.iter().enumerate() {
            let place = format!("{place}, output {}", i + 1);
            let values = output.values.as_ref().map(|v| self.tests(v, names, &format!("{place}, values")));
            outputs.push(table::Output {
                name: output.name.as_ref().map(|n| Arc::from(normal(n))),
                ty: self.ty(&place, output.type_ref.as_deref()),
                allowed: values.clone(),
                values: values.map(each_test).unwrap_or_default(),
                default: output.default.as_ref().map(|d| self.feel(d, names, &format!("{place}, default"))),
            });
        }
        let mut rules = Vec::with_capacity(t.rules.len());
        for (r, rule) in t.rules.iter().enumerate() {
            let at = |kind: &str, i: usize| format!("{place}, rule {}, {kind} {}", r + 1, i + 1);
            let cells =
                rule.inputs.iter().enumerate().map(|(i, c)| table::Cell::of(self.tests(c, names, &at("input", i))));
            let cells = cells.collect();
            let outputs = rule.outputs.iter().enumerate().map(|(i, c)| self.feel(c, names, &at("output", i))).collect();
            let lines = rule.inputs.iter().map(|c| c.line.0).collect();
            rules.push(table::Rule { cells, lines, outputs });
        }
        table::Table { inputs, outputs, rules, policy: t.policy, aggregation: t.aggregation }
    }
}

/// The tests of a list of values as expressions of their own.
fn each_test(tests: Expr) -> Vec<Expr> {
    match tests.kind {
        Kind::Source(_, inner) => each_test(*inner),
        Kind::Tests { tests, .. } => tests,
        _ => Vec::new(),
    }
}
