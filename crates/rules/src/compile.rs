//! From a schema to a program, with every fault on the way.

use std::collections::{BTreeMap, HashMap};

use crate::ast::Span;
use crate::facts::Layout;
use crate::faults::Faults;
use crate::ir::{Arena, ByDate, Id, Op};
use crate::lower::{Compiler, Cx, Shared, State};
use crate::parser::parse;
use crate::program::{ConditionIr, DefinitionIr, Program, ProgrammeIr, VersionIr};
use crate::schema::{Dated, Entity, Expr, Fault, Logic, Origin, Per, Schema, Severity, Version};
use crate::types::{Ty, Unit};
use crate::{days, print};

/// A rule set that may be used, and what somebody should look at.
#[derive(Debug)]
pub struct Compiled {
    /// The program.
    pub program: Program,
    /// Warnings only.
    pub warnings: Vec<Fault>,
}

/// Compiles a schema. On failure gives every fault found, warnings included, sorted by file and line.
pub fn compile(schema: &Schema) -> Result<Compiled, Vec<Fault>> {
    let mut c = Compiler {
        schema,
        faults: Faults::default(),
        arena: Arena::default(),
        layout: Layout::default(),
        tables: Vec::new(),
        expressions: Vec::new(),
        table_names: names(schema.tables.iter().map(|t| t.id.as_ref())),
        definition_names: names(schema.definitions.iter().map(|d| (d.entity, d.id.as_ref()))),
        programme_names: names(schema.programmes.iter().map(|p| p.id.as_ref())),
        definitions: vec![State::Fresh; schema.definitions.len()],
        verdicts: vec![State::Fresh; schema.programmes.len()],
        amounts: vec![State::Fresh; schema.programmes.len()],
        versions: vec![Vec::new(); schema.programmes.len()],
        decisions: vec![Vec::new(); schema.definitions.len()],
        path: Vec::new(),
    };
    c.declare();
    for i in 0..schema.definitions.len() {
        c.definition(i);
    }
    for i in 0..schema.programmes.len() {
        c.amount(i);
    }
    c.finish()
}

fn names<K: std::hash::Hash + Eq>(ids: impl Iterator<Item = K>) -> HashMap<K, usize> {
    ids.enumerate().map(|(i, id)| (id, i)).collect()
}

/// First and last day as numbers.
pub(crate) fn span_of<T>(dated: &Dated<T>) -> (i64, i64) {
    (dated.valid_from.map_or(i64::MIN, days::of), dated.valid_to.map_or(i64::MAX, days::of))
}

impl Compiler<'_> {
    /// Reports what is Busy as a cycle.
    fn cycle<T>(&mut self, name: &str, origin: &Origin) -> Option<T> {
        let start = self.path.iter().position(|p| p == name).unwrap_or(0);
        let mut path: Vec<&str> = self.path.iter().skip(start).map(String::as_str).collect();
        path.push(name);
        let path = path.join(" → ");
        self.faults.error(
            origin,
            "cycle",
            format!("this rests on itself: {path}"),
            "values that do not depend on themselves",
            "break the circle at one of these names",
        );
        None
    }

    fn overlap<T>(&mut self, versions: &[Dated<T>], origin: impl Fn(&T) -> Origin) {
        for (i, a) in versions.iter().enumerate() {
            let (from, to) = span_of(a);
            if to < from {
                self.faults.error(
                    &origin(&a.it),
                    "overlap",
                    "this version ends before it begins",
                    "`valid_to` on or after `valid_from`",
                    "",
                );
            }
            if let Some(b) = versions.iter().take(i).find(|b| span_of(b).0 <= to && from <= span_of(b).1) {
                let day = from.max(span_of(b).0);
                let day = if day == i64::MIN { "the beginning".to_owned() } else { days::date(day).to_string() };
                let line = origin(&b.it).line;
                self.faults.error(
                    &origin(&a.it),
                    "overlap",
                    format!("from {day} this version and the one in line {line} are both in force"),
                    "one version a day",
                    "end the earlier version the day before the later begins",
                );
            }
        }
    }

    /// Parses and lowers an expression to one value.
    pub(crate) fn expression(
        &mut self,
        expr: &Expr,
        entity: Entity,
        f: impl FnOnce(&mut Self, &mut Cx, Id, Span) -> Option<Id>,
    ) -> (Option<Id>, String) {
        let ast = match parse(&expr.text) {
            Ok(ast) => ast,
            Err(e) => {
                self.faults.in_expr(expr, e.span, "syntax", e.message, e.expected, "");
                return (None, String::new());
            }
        };
        let mut cx = self.context(expr, entity);
        let id = self.scalar(&mut cx, &ast).and_then(|id| f(self, &mut cx, id, ast.span));
        (id, print::print(&ast))
    }

    /// A value as a definition declares it.
    pub(crate) fn defined(&mut self, cx: &Cx, span: Span, id: Id, declared: &Option<Ty>, what: &str) -> Option<Id> {
        match declared {
            // A sum within a definition may have decimals: only amounts must name their rounding.
            Some(Ty::Num { unit: unit @ Unit::Money(_), .. }) => {
                let whole = self.ty(id).is_whole();
                self.fitted(cx, span, id, &Ty::Num { whole, unit: unit.clone() }, what)
            }
            Some(want) => self.fitted(cx, span, id, want, what),
            None => Some(id),
        }
    }

    /// A definition's node, compiled on first use.
    pub(crate) fn definition(&mut self, index: usize) -> Option<Id> {
        let d = self.schema.definitions.get(index)?;
        let name = format!("{}.{}", if d.entity == Entity::Person { "person" } else { "household" }, d.id);
        match self.definitions.get(index)? {
            State::Done(id) => return *id,
            State::Busy => return self.cycle(&name, &d.origin),
            State::Fresh if self.path.len() > 150 => {
                self.faults.error(&d.origin, "too-deep", "too long a chain of definitions", "at most 150", "");
                return None;
            }
            State::Fresh => {}
        }
        if let Some(state) = self.definitions.get_mut(index) {
            *state = State::Busy;
        }
        self.path.push(name);
        let id = self.define(index);
        self.path.pop();
        if let Some(state) = self.definitions.get_mut(index) {
            *state = State::Done(id);
        }
        id
    }

    fn define(&mut self, index: usize) -> Option<Id> {
        let d = self.schema.definitions.get(index)?;
        if d.versions.is_empty() {
            self.faults.error(
                &d.origin,
                "missing",
                format!("`{}` has no value", d.id),
                "`value` or dated versions",
                "",
            );
        }
        self.overlap(&d.versions, |e| e.origin().clone());
        let declared = d.ty.as_ref().map(Ty::of);
        let mut whole = matches!(
            declared,
            None | Some(Ty::Num { whole: true, unit: Unit::Money(_) }) | Some(Ty::Num { whole: true, .. })
        );
        let mut parts: Vec<ByDate> = Vec::new();
        for version in &d.versions {
            let what = format!("`{}`", d.id);
            let (from, to) = span_of(version);
            let id = match &version.it {
                Logic::Formula(expr) => {
                    self.expression(expr, d.entity, |c, cx, id, span| c.defined(cx, span, id, &declared, &what)).0
                }
                Logic::Table(table) => self.decide(index, table, (d.entity, &declared, &what), (from, to)),
            };
            // A faulty version is reported already; the rest still serves to find more faults.
            parts.extend(id.map(|node| ByDate { from, to, node }));
        }
        let first = parts.first()?.node;
        let mut ty = self.ty(first);
        let at = d.versions.first().map_or(&d.origin, |v| v.it.origin());
        let place = Expr { text: String::new(), origin: at.clone() };
        let cx = self.context(&place, d.entity);
        let mut versions: Vec<ByDate> = Vec::new();
        for part in &parts {
            let (_, b, common) =
                self.aligned(&cx, (first, Span::default()), (part.node, Span::default()), "another version of")?;
            whole &= self.ty(part.node).is_whole();
            versions.push(ByDate { node: b, ..*part });
            ty = common;
        }
        let stated = match self.layout.column(d.entity, &d.id) {
            Some((column, c)) if d.may_be_stated => {
                let fact_ty = Ty::of(&c.ty);
                let op = if d.entity == Entity::Household { Op::HouseholdFact(column) } else { Op::PersonFact(column) };
                Some(self.add(&cx, Span::default(), op, fact_ty))
            }
            _ => None,
        };
        if let Ty::Num { whole: w, unit } = &mut ty {
            *w = whole && stated.is_none_or(|s| self.arena.node(s).ty.is_whole());
            if let Some(Ty::Num { unit: declared, .. }) = &declared {
                *unit = declared.clone();
            }
            let all_whole = *w;
            if !all_whole {
                for v in &mut versions {
                    v.node = self.widened(&cx, Span::default(), v.node);
                }
            }
        }
        let lane_is_decimal = matches!(ty, Ty::Num { whole: false, .. });
        let stated = stated.map(|s| if lane_is_decimal { self.widened(&cx, Span::default(), s) } else { s });
        versions.sort_by_key(|v| v.from);
        let definition = u32::try_from(index).ok()?;
        let id = self.add(&cx, Span::default(), Op::Define { definition, versions: versions.into(), stated }, ty);
        Some(id)
    }

    /// A programme's conditions as one truth, compiled on first use.
    pub(crate) fn verdict(&mut self, index: usize) -> Option<Shared> {
        let p = self.schema.programmes.get(index)?;
        let name = format!("entitled(\"{}\")", p.id);
        match self.verdicts.get(index)? {
            State::Done(shared) => return *shared,
            State::Busy => return self.cycle(&name, &p.origin),
            State::Fresh => {}
        }
        if let Some(state) = self.verdicts.get_mut(index) {
            *state = State::Busy;
        }
        self.path.push(name);
        self.overlap(&p.versions, |v| v.origin.clone());
        let subject = p.versions.first().map(|v| v.it.subject);
        let mut list = Vec::new();
        let mut compiled = Vec::new();
        for version in &p.versions {
            if Some(version.it.subject) != subject {
                self.faults.error(
                    &version.it.origin,
                    "wrong-type",
                    format!("the versions of `{}` are about different subjects", p.id),
                    "one subject for all versions",
                    "make it two programmes",
                );
            }
            let v = self.version(version);
            list.push(ByDate { from: v.from, to: v.to, node: v.verdict });
            compiled.push(v);
        }
        list.sort_by_key(|v| v.from);
        let shared = subject.map(|subject| {
            let expr = Expr { text: String::new(), origin: p.origin.clone() };
            let cx = self.context(&expr, subject);
            let programme = u32::try_from(index).unwrap_or(u32::MAX);
            let node = self.add(&cx, Span::default(), Op::Entitled { programme, versions: list.into() }, Ty::Bool);
            Shared { node, subject }
        });
        if let (Some(state), Some(slot)) = (self.verdicts.get_mut(index), self.versions.get_mut(index)) {
            *state = State::Done(shared);
            *slot = compiled;
        }
        self.path.pop();
        shared
    }

    fn version(&mut self, dated: &Dated<Version>) -> VersionIr {
        let v = &dated.it;
        let (from, to) = span_of(dated);
        let mut texts = BTreeMap::new();
        let truth = |c: &mut Self, cx: &mut Cx, id: Id, span: Span| c.fitted(cx, span, id, &Ty::Bool, "this condition");
        let applies = v.applies.as_ref().and_then(|e| {
            let (id, text) = self.expression(e, v.subject, truth);
            texts.insert("applies", text);
            id
        });
        let mut conditions: Vec<ConditionIr> = Vec::new();
        let mut all: Vec<Id> = applies.into_iter().collect();
        for condition in &v.conditions {
            if conditions.iter().any(|c| c.id == condition.id) {
                self.faults.error(
                    &condition.origin,
                    "duplicate-id",
                    format!("there are two conditions `{}`", condition.id),
                    "each id once in a version",
                    "",
                );
            }
            let (id, text) = self.expression(&condition.when, v.subject, truth);
            let Some(node) = id else { continue };
            all.push(node);
            self.judge(condition, node, &all);
            conditions.push(ConditionIr { id: condition.id.clone(), node, text });
        }
        let expr = Expr { text: String::new(), origin: v.origin.clone() };
        let cx = self.context(&expr, v.subject);
        let verdict = match all.as_slice() {
            [one] => *one,
            _ => self.add(&cx, Span::default(), Op::And(all.into()), Ty::Bool),
        };
        VersionIr {
            from,
            to,
            subject: v.subject,
            applies,
            conditions,
            verdict,
            amount: None,
            starts: None,
            until: None,
            claim_opens: None,
            claim_closes: None,
            texts,
        }
    }

    /// Reports a condition that can never hold or never fail, alone or with those before it.
    fn judge(&mut self, condition: &crate::schema::Condition, node: Id, all: &[Id]) {
        let origin = &condition.when.origin;
        let range = self.arena.node(node).range;
        if range.hi == 0 {
            self.faults.error(
                origin,
                "never-holds",
                format!("the condition `{}` can never hold", condition.id),
                "a condition that somebody can meet",
                "its parts contradict each other or the range of what is compared",
            );
        } else if range.lo == 1 {
            self.faults.at(
                origin,
                Severity::Warning,
                "never-fails",
                format!("the condition `{}` can never fail", condition.id),
                "a condition that somebody can fail".into(),
                "leave it out, or correct it".into(),
            );
        } else if crate::ranges::contradiction(&self.arena, all).is_some_and(|i| i + 1 == all.len()) {
            self.faults.error(
                origin,
                "never-holds",
                format!("the condition `{}` can never hold together with those before it", condition.id),
                "conditions that somebody can meet together",
                "",
            );
        }
    }

    /// A programme's amount (0 where there is no entitlement), compiled on first use together with its dates.
    pub(crate) fn amount(&mut self, index: usize) -> Option<Shared> {
        let p = self.schema.programmes.get(index)?;
        let name = format!("amount of(\"{}\")", p.id);
        match self.amounts.get(index)? {
            State::Done(shared) => return *shared,
            State::Busy => return self.cycle(&name, &p.origin),
            State::Fresh => {}
        }
        let subject = self.verdict(index)?.subject;
        if let Some(state) = self.amounts.get_mut(index) {
            *state = State::Busy;
        }
        self.path.push(name);
        let mut list = Vec::new();
        let mut ty = None;
        for (n, version) in p.versions.iter().enumerate() {
            self.details(index, n, &version.it);
            let Some(v) = self.versions.get(index).and_then(|v| v.get(n)) else { continue };
            let (from, to, verdict, amount) = (v.from, v.to, v.verdict, v.amount);
            let Some((amount, per)) = amount else { continue };
            let expr = Expr { text: String::new(), origin: version.it.origin.clone() };
            let cx = self.context(&expr, subject);
            let money = Ty::Num { whole: true, unit: Unit::Money(per) };
            if *ty.get_or_insert(money.clone()) != money {
                self.faults.error(
                    &version.it.origin,
                    "unit-mismatch",
                    format!("the versions of `{}` pay over different periods", p.id),
                    "one period for all versions",
                    "make it two programmes",
                );
            }
            let zero = self.zero(&cx);
            let node = self.add(&cx, Span::default(), Op::If(verdict, amount, zero), money);
            list.push(ByDate { from, to, node });
        }
        list.sort_by_key(|v| v.from);
        self.path.pop();
        let shared = ty.map(|ty| {
            let expr = Expr { text: String::new(), origin: p.origin.clone() };
            let cx = self.context(&expr, subject);
            let programme = u32::try_from(index).unwrap_or(u32::MAX);
            Shared {
                node: self.add(&cx, Span::default(), Op::AmountOf { programme, versions: list.into() }, ty),
                subject,
            }
        });
        if let Some(state) = self.amounts.get_mut(index) {
            *state = State::Done(shared);
        }
        shared
    }

    /// The amount and the dates of one version.
    fn details(&mut self, programme: usize, version: usize, v: &Version) {
        let mut texts = Vec::new();
        let mut dated = |c: &mut Self, name: &'static str, e: &Option<Expr>| {
            let e = e.as_ref()?;
            let (id, text) = c.expression(e, v.subject, |c, cx, id, span| c.fitted(cx, span, id, &Ty::Date, "this"));
            texts.push((name, text));
            id
        };
        let starts = dated(self, "from", &v.from);
        let until = dated(self, "until", &v.until);
        let claim_opens = dated(self, "claim_opens", &v.claim_opens);
        let claim_closes = dated(self, "claim_closes", &v.claim_closes);
        let amount = v.amount.as_ref().and_then(|(e, per)| {
            let (id, text) = self.expression(e, v.subject, |c, cx, id, span| c.paid(cx, id, span, *per));
            texts.push(("amount", text));
            id.map(|id| (id, *per))
        });
        if let Some(ir) = self.versions.get_mut(programme).and_then(|vs| vs.get_mut(version)) {
            (ir.starts, ir.until, ir.claim_opens, ir.claim_closes, ir.amount) =
                (starts, until, claim_opens, claim_closes, amount);
            ir.texts.extend(texts);
        }
    }

    /// An amount: whole money over the declared period.
    fn paid(&mut self, cx: &Cx, id: Id, span: Span, per: Per) -> Option<Id> {
        let ty = self.ty(id);
        if let Ty::Num { whole: false, unit } = &ty {
            let money = Unit::Money(per);
            if crate::types::common(unit, &money).is_some() {
                return self.fault(
                    cx,
                    span,
                    "unrounded-amount",
                    "this amount may have decimals and does not say how they are rounded",
                    "a whole sum",
                    "name the rounding: floor(…), floor(…, -1) for tens, round half up(…)",
                );
            }
        }
        self.fitted(cx, span, id, &Ty::Num { whole: true, unit: Unit::Money(per) }, "this amount")
    }

    fn finish(mut self) -> Result<Compiled, Vec<Fault>> {
        let key = |f: &Fault| (f.file.clone(), f.line, f.column, f.code);
        self.faults.all.sort_by_key(key);
        if self.faults.all.iter().any(|f| f.severity == Severity::Error) {
            return Err(self.faults.all);
        }
        let schema = self.schema;
        let text = |logic: &Logic| match logic {
            Logic::Formula(expr) => parse(&expr.text).map(|a| print::print(&a)).unwrap_or_default(),
            Logic::Table(table) => table.to_string(),
        };
        let definitions = (schema.definitions.iter().zip(self.decisions))
            .map(|(d, tables)| {
                let texts = d.versions.iter().map(|v| text(&v.it)).collect();
                DefinitionIr { id: d.id.clone(), entity: d.entity, texts, tables }
            })
            .collect();
        let node = |states: &[State<Shared>], i: usize| match states.get(i) {
            Some(State::Done(Some(shared))) => Some(shared.node),
            _ => None,
        };
        let programmes = (schema.programmes.iter().zip(self.versions).enumerate())
            .map(|(i, (p, versions))| {
                let (entitled, amount) = (node(&self.verdicts, i), node(&self.amounts, i));
                ProgrammeIr { id: p.id.clone(), versions, entitled, amount }
            })
            .collect();
        let program =
            Program::assemble(self.arena, self.layout, self.tables, programmes, definitions, self.expressions);
        Ok(Compiled { program, warnings: self.faults.all })
    }
}
