//! The types of expressions.

use std::sync::Arc;

use super::{Checker, Scope, known_as, signature, unknown};
use crate::ast::{Args, Binary, Cmp, Domain, Expr, Kind, RangeExpr, Source};
use crate::builtins;
use crate::lexer::Span;
use crate::model::{Aggregation, HitPolicy};
use crate::table::{Cell, Table};
use crate::types::Type;
use crate::value::Value;

fn list(of: Type) -> Type {
    Type::List(Arc::new(of))
}

/// The type of a value that is written down.
fn of_value(value: &Value) -> Type {
    match value {
        Value::Null => Type::Null,
        Value::Boolean(_) => Type::Boolean,
        Value::Number(_) => Type::Number,
        Value::Text(_) => Type::Text,
        Value::Date(_) => Type::Date,
        Value::Time(_) => Type::Time,
        Value::DateTime(_) => Type::DateTime,
        Value::DaysTime(_) => Type::DaysTime,
        Value::YearsMonths(_) => Type::YearsMonths,
        Value::Range(r) => Type::Range(Arc::new(r.low.iter().chain(&r.high).next().map_or(Type::Null, of_value))),
        _ => Type::Any,
    }
}

impl Checker<'_> {
    /// Says what is wrong and goes on with a type that says nothing.
    fn wrong(&mut self, span: Span, message: String, hint: &str) -> Type {
        self.fault(span, message, hint);
        Type::Any
    }

    fn need(&mut self, expr: &Expr, scope: &Scope, wanted: &Type, what: &str) {
        let before = self.faults.get(self.at).map_or(0, Vec::len);
        let found = self.of(expr, scope);
        let told = self.faults.get(self.at).map_or(0, Vec::len) > before;
        let fine = known_as(&found, wanted) || (told && unknown(&found));
        if matches!(found, Type::Null) || !fine {
            self.fault(expr.span, format!("{what} is {}", said(&found)), &format!("{wanted} is wanted here"));
        }
    }

    pub(super) fn expression(&mut self, expr: &Expr, scope: &Scope) -> Type {
        let span = expr.span;
        match &expr.kind {
            Kind::Literal(value) => of_value(value),
            Kind::At(text, Value::Null) => self.wrong(span, format!("@\"{text}\" is no date, time or duration"), ""),
            Kind::At(_, value) => of_value(value),
            Kind::Name(name) => match scope.find(name) {
                Some(ty) => ty.clone(),
                None => {
                    self.wrong(span, format!("there is no `{name}` here"), "require the input or decision of this name")
                }
            },
            Kind::Input => scope.input.clone().unwrap_or(Type::Any),
            Kind::Path(of, name) => {
                let of = self.of(of, scope);
                self.path(span, &of, name)
            }
            Kind::Filter(of, by) | Kind::BoxedFilter(of, by) => self.filter(of, by, scope),
            Kind::Call(callee, args) => self.called(span, callee, args, scope),
            Kind::Negate(a) => {
                let ty = self.of(a, scope);
                match ty.plain() {
                    Type::Number | Type::DaysTime | Type::YearsMonths => ty,
                    _ => self.wrong(span, format!("`-` before {}", said(&ty)), "a number or a duration is wanted"),
                }
            }
            Kind::Binary(op, a, b) => self.binary(span, *op, a, b, scope),
            Kind::Between(x, low, high) => {
                let x = self.of(x, scope);
                for end in [low, high] {
                    let end_ty = self.of(end, scope);
                    self.comparable(end.span, &x, &end_ty, true);
                }
                Type::Boolean
            }
            Kind::In(x, tests) => {
                let x = self.of(x, scope);
                tests.iter().for_each(|test| self.test(test, &x, scope));
                Type::Boolean
            }
            Kind::InstanceOf(a, _) => {
                self.of(a, scope);
                Type::Boolean
            }
            Kind::If(c, a, b) => self.choice(c, a, b, scope),
            Kind::Choose(parts) => {
                let [c, a, b] = &**parts;
                self.choice(c, a, b, scope)
            }
            Kind::For(over, body) => {
                let scope = self.runs(over, scope);
                // `partial` is the list made so far; what it holds is what is being found.
                list(self.of(body, &scope.with([("partial".into(), list(Type::Any))])))
            }
            Kind::Some(over, body) | Kind::Every(over, body) => {
                let scope = self.runs(over, scope);
                self.need(body, &scope, &Type::Boolean, "what must be satisfied");
                Type::Boolean
            }
            Kind::List(items) => {
                let types: Vec<(Span, Type)> = items.iter().map(|e| (e.span, self.of(e, scope))).collect();
                list(self.common(types, "the list holds"))
            }
            Kind::Context(entries) => {
                let mut scope = scope.clone();
                let mut out = Vec::new();
                for (name, value) in entries {
                    let ty = self.of(value, &scope);
                    scope.names.push((name.clone(), ty.clone()));
                    out.push((name.clone(), Arc::new(ty)));
                }
                Type::Context(out)
            }
            Kind::Boxed(entries) => {
                let mut scope = scope.clone();
                let mut out = Vec::new();
                for entry in entries {
                    // A function of a context may call itself, under its declared type.
                    if let (Some(name), Kind::Function(_)) = (&entry.name, &entry.value.kind) {
                        scope.names.push((name.clone(), (*entry.ty).clone()));
                    }
                    let found = self.of(&entry.value, &scope);
                    let ty = self.declared(
                        entry.value.span,
                        entry.name.as_deref().unwrap_or("the result"),
                        found,
                        &entry.ty,
                    );
                    let Some(name) = &entry.name else { return ty };
                    scope.names.push((name.clone(), ty.clone()));
                    out.push((name.clone(), Arc::new(ty)));
                }
                Type::Context(out)
            }
            Kind::Range(range) => Type::Range(Arc::new(self.range(range, scope))),
            Kind::EqualTo(_, a) => {
                self.of(a, scope);
                Type::Boolean
            }
            Kind::Function(code) => self.function(code, scope, None),
            Kind::Tests { tests, .. } => {
                let input = scope.input.clone().unwrap_or(Type::Any);
                tests.iter().for_each(|test| self.test(test, &input, scope));
                Type::Boolean
            }
            Kind::Table(table) => self.table(table, scope),
            Kind::Typed(a, declared) => {
                let found = self.of(a, scope);
                self.declared(a.span, "this", found, declared)
            }
            // What could not be read refuses the model as a whole.
            Kind::Fault(reason) => self.wrong(span, reason.clone(), ""),
            Kind::Source(source, inner) => {
                let outside = self.source.replace(source.clone());
                let ty = self.of(inner, scope);
                self.source = outside;
                ty
            }
        }
    }

    fn path(&mut self, span: Span, of: &Type, name: &str) -> Type {
        let number = ["year", "month", "day", "weekday", "hour", "minute", "second"];
        let found = match of.plain() {
            Type::Context(entries) => entries.iter().find(|(n, _)| **n == *name).map(|(_, ty)| (**ty).clone()),
            Type::List(of) => return list(self.path(span, of, name)),
            Type::Date if number.iter().take(4).any(|n| *n == name) => Some(Type::Number),
            Type::DateTime if number.contains(&name) => Some(Type::Number),
            Type::Time if number.iter().skip(4).any(|n| *n == name) => Some(Type::Number),
            Type::DateTime | Type::Time if name == "timezone" => Some(Type::Text),
            Type::DateTime | Type::Time if name == "time offset" => Some(Type::DaysTime),
            Type::DaysTime if ["days", "hours", "minutes", "seconds"].contains(&name) => Some(Type::Number),
            Type::YearsMonths if ["years", "months"].contains(&name) => Some(Type::Number),
            Type::Range(of) if ["start", "end"].contains(&name) => Some((**of).clone()),
            Type::Range(_) if ["start included", "end included"].contains(&name) => Some(Type::Boolean),
            _ => None,
        };
        match found {
            Some(ty) => ty,
            None if unknown(of) => {
                self.wrong(span, format!("`.{name}` of something whose type is not known"), "declare its type")
            }
            None => self.wrong(span, format!("{of} has no `{name}`"), "use an entry of its type"),
        }
    }

    fn filter(&mut self, of: &Expr, by: &Expr, scope: &Scope) -> Type {
        let ty = self.of(of, scope);
        let element = match ty.plain() {
            Type::List(of) => (**of).clone(),
            _ => ty.clone(),
        };
        let mut inner = scope.clone();
        if let Type::Context(entries) = element.plain() {
            inner.names.extend(entries.iter().map(|(n, t)| (n.clone(), (**t).clone())));
        }
        inner.names.push(("item".into(), element.clone()));
        let found = self.of(by, &inner);
        match found.plain() {
            Type::Number => element,
            Type::Boolean => list(element),
            _ => {
                self.wrong(by.span, format!("a filter is {}", said(&found)), "a condition or a number is wanted in […]")
            }
        }
    }

    fn called(&mut self, span: Span, callee: &Expr, args: &Args, scope: &Scope) -> Type {
        if let Kind::Name(name) = &callee.kind
            && scope.find(name).is_none()
            && let Some(builtin) = builtins::find(name)
        {
            return self.built_in(span, builtin, args, scope);
        }
        let ty = self.of(callee, scope);
        let Type::Function(params, result) = ty.plain() else {
            return if unknown(&ty) {
                ty
            } else {
                self.wrong(span, format!("{ty} is called"), "a function is wanted before (…)")
            };
        };
        let given: Vec<&Expr> = match args {
            Args::Positional(all) => all.iter().collect(),
            // Names of parameters are checked where the model is run; here each argument needs a type.
            Args::Named(all) => {
                for (_, e) in all {
                    self.of(e, scope);
                }
                return (**result).clone();
            }
        };
        if given.len() != params.len() {
            return self.wrong(span, format!("the function takes {} arguments, not {}", params.len(), given.len()), "");
        }
        for (e, wanted) in given.iter().zip(params) {
            self.need(e, scope, wanted, "the argument");
        }
        (**result).clone()
    }

    fn built_in(&mut self, span: Span, builtin: &'static builtins::Builtin, args: &Args, scope: &Scope) -> Type {
        let name = builtin.name;
        let exprs: Vec<&Expr> = match args {
            Args::Positional(all) => all.iter().collect(),
            Args::Named(all) => {
                let order = builtin.order_of(all.iter().map(|(n, _)| &**n));
                let Some(order) = order else {
                    return self.wrong(span, format!("{name} has no such parameters"), signature::words(name));
                };
                order.iter().filter_map(|n| all.get(*n).map(|(_, e)| e)).collect()
            }
        };
        if name == "duration" {
            return match exprs.first().and_then(|e| e.constant()) {
                Some(Value::Text(text)) => match crate::duration::parse(&text) {
                    Some(crate::duration::Parsed::Months(_)) => Type::YearsMonths,
                    Some(crate::duration::Parsed::Nanos(_)) => Type::DaysTime,
                    None => self.wrong(span, format!("{text:?} is no duration"), "such as \"P30D\" or \"P1Y\""),
                },
                _ => self.wrong(
                    span,
                    "which kind of duration this is cannot be told".into(),
                    "write the text into the expression",
                ),
            };
        }
        let mut types: Vec<Type> = Vec::new();
        let mut sound = true;
        for e in &exprs {
            // A function given to `sort` may leave the types of its parameters to the list.
            let ty = match (&e.kind, types.first().map(Type::plain)) {
                (Kind::Function(code), Some(Type::List(of))) if code.params.iter().all(|p| p.ty.text == "Any") => {
                    let inner = scope.with(code.params.iter().map(|p| (p.name.clone(), (**of).clone())));
                    self.need(&code.body, &inner, &Type::Boolean, "what the function gives");
                    Type::Function(code.params.iter().map(|_| of.clone()).collect(), Arc::new(Type::Boolean))
                }
                _ => self.of(e, scope),
            };
            sound &= !unknown(&ty);
            types.push(ty);
        }
        if !signature::is_known(name) {
            return self.wrong(
                span,
                format!("what {name} gives has no type before it runs"),
                "use a path, a filter or a context",
            );
        }
        match signature::result(name, &types) {
            Some(ty) => ty,
            None if !sound && self.faults.get(self.at).is_some_and(|f| !f.is_empty()) => Type::Any,
            None => {
                let given: Vec<String> = types.iter().map(said).collect();
                let message = format!(
                    "{name} does not take {}",
                    if given.is_empty() { "nothing".into() } else { given.join(", ") }
                );
                self.wrong(span, message, &format!("it is {}", signature::words(name)))
            }
        }
    }

    fn binary(&mut self, span: Span, op: Binary, a: &Expr, b: &Expr, scope: &Scope) -> Type {
        if matches!(op, Binary::And | Binary::Or) {
            let what = if op == Binary::And { "a side of `and`" } else { "a side of `or`" };
            self.need(a, scope, &Type::Boolean, what);
            self.need(b, scope, &Type::Boolean, what);
            return Type::Boolean;
        }
        let (x, y) = (self.of(a, scope), self.of(b, scope));
        if let Binary::Compare(cmp) = op {
            self.comparable(span, &x, &y, !matches!(cmp, Cmp::Eq | Cmp::Ne));
            return Type::Boolean;
        }
        use Type::{Date, DateTime, DaysTime, Number, Text, Time, YearsMonths};
        let found = match (op, x.plain(), y.plain()) {
            (_, Number, Number) => Some(Number),
            (Binary::Add, Text, Text) => Some(Text),
            (Binary::Add | Binary::Sub, DaysTime, DaysTime) => Some(DaysTime),
            (Binary::Add | Binary::Sub, YearsMonths, YearsMonths) => Some(YearsMonths),
            (Binary::Add, t @ (Date | DateTime), DaysTime | YearsMonths)
            | (Binary::Add, DaysTime | YearsMonths, t @ (Date | DateTime))
            | (Binary::Sub, t @ (Date | DateTime), DaysTime | YearsMonths) => Some(t.clone()),
            (Binary::Add | Binary::Sub, Time, DaysTime) | (Binary::Add, DaysTime, Time) => Some(Time),
            (Binary::Sub, Date | DateTime, Date | DateTime) | (Binary::Sub, Time, Time) => Some(DaysTime),
            (Binary::Mul | Binary::Div, t @ (DaysTime | YearsMonths), Number)
            | (Binary::Mul, Number, t @ (DaysTime | YearsMonths)) => Some(t.clone()),
            (Binary::Div, DaysTime, DaysTime) | (Binary::Div, YearsMonths, YearsMonths) => Some(Number),
            _ => None,
        };
        let sign = match op {
            Binary::Add => "+",
            Binary::Sub => "-",
            Binary::Mul => "*",
            Binary::Div => "/",
            _ => "**",
        };
        found.unwrap_or_else(|| {
            self.wrong(span, format!("{} {sign} {}", said(&x), said(&y)), "two types that go together are wanted")
        })
    }

    /// A fault unless the two can be compared. Everything can be held against null.
    fn comparable(&mut self, span: Span, a: &Type, b: &Type, ordered: bool) {
        let (x, y) = (a.plain(), b.plain());
        let has_order =
            |t: &Type| !matches!(t, Type::Boolean | Type::List(_) | Type::Context(_) | Type::Function(..) | Type::Null);
        let good = !unknown(x) && !unknown(y) && (known_as(x, y) || known_as(y, x));
        if !good || (ordered && !(has_order(x) && has_order(y))) {
            self.fault(span, format!("{} is compared with {}", said(a), said(b)), "two values of one type are wanted");
        }
    }

    fn choice(&mut self, c: &Expr, a: &Expr, b: &Expr, scope: &Scope) -> Type {
        self.need(c, scope, &Type::Boolean, "the condition");
        let types = vec![(a.span, self.of(a, scope)), (b.span, self.of(b, scope))];
        self.common(types, "the alternatives are")
    }

    /// One type for several values.
    fn common(&mut self, types: Vec<(Span, Type)>, what: &str) -> Type {
        let mut out = Type::Null;
        for (span, ty) in types {
            if known_as(&out, &ty) {
                out = ty;
            } else if !known_as(&ty, &out) && !unknown(&out) {
                return self.wrong(
                    span,
                    format!("{what} {} and {}", said(&out), said(&ty)),
                    "values of one type are wanted",
                );
            }
        }
        out
    }

    fn runs(&mut self, over: &[(Arc<str>, Domain)], scope: &Scope) -> Scope {
        let mut scope = scope.clone();
        for (name, domain) in over {
            let ty = match domain {
                Domain::Steps(from, to) => {
                    let from_ty = self.of(from, &scope);
                    self.need(to, &scope, &from_ty, "the end of the steps");
                    from_ty
                }
                Domain::List(e) | Domain::OnlyList(e) => {
                    let ty = self.of(e, &scope);
                    match ty.plain() {
                        Type::List(of) | Type::Range(of) => (**of).clone(),
                        Type::Any => Type::Any,
                        _ => self.wrong(e.span, format!("`{name}` runs through {}", said(&ty)), "a list is wanted"),
                    }
                }
            };
            scope.names.push((name.clone(), ty));
        }
        scope
    }

    fn range(&mut self, range: &RangeExpr, scope: &Scope) -> Type {
        let ends = range.low.iter().chain(&range.high);
        let types: Vec<(Span, Type)> = ends.map(|e| (e.span, self.of(e, scope))).collect();
        self.common(types, "the range goes between")
    }

    /// A test of a value of a type: a value, a comparison, a range, a list, or a condition on `?`.
    fn test(&mut self, test: &Expr, input: &Type, scope: &Scope) {
        let inner = Scope { input: Some(input.clone()), ..scope.clone() };
        match &test.kind {
            Kind::Range(range) => {
                let ends = self.range(range, &inner);
                self.comparable(test.span, input, &ends, true);
            }
            Kind::EqualTo(_, value) => {
                let value = self.of(value, &inner);
                self.comparable(test.span, input, &value, false);
            }
            Kind::Tests { tests, .. } => tests.iter().for_each(|t| self.test(t, input, scope)),
            Kind::Source(source, expr) => {
                let outside = self.source.replace(source.clone());
                self.test(expr, input, scope);
                self.source = outside;
            }
            _ => {
                let found = self.of(test, &inner);
                match found.plain() {
                    Type::Boolean if crate::eval::asks(test) => {}
                    Type::List(of) | Type::Range(of) if !matches!(input.plain(), Type::List(_) | Type::Range(_)) => {
                        self.comparable(test.span, input, of, false);
                    }
                    _ => self.comparable(test.span, input, &found, false),
                }
            }
        }
    }

    fn table(&mut self, table: &Table, scope: &Scope) -> Type {
        let mut inputs = Vec::new();
        for input in &table.inputs {
            let ty = self.of(&input.expr, scope);
            if let Some(allowed) = &input.allowed {
                self.test(allowed, &ty, scope);
            }
            inputs.push(ty);
        }
        for rule in &table.rules {
            for ((n, cell), input) in rule.cells.iter().enumerate().zip(&inputs) {
                self.cell(cell, input, (rule.lines.get(n).copied().unwrap_or(0), n + 1), scope);
            }
        }
        let mut outputs = Vec::new();
        for (n, output) in table.outputs.iter().enumerate() {
            let own =
                table.rules.iter().filter_map(|r| Some((r.outputs.get(n)?, r.lines.first().copied().unwrap_or(0))));
            let mut found = Vec::new();
            for (cell, line) in own.chain(output.default.iter().map(|e| (e, 0))) {
                let ty = self.of(cell, scope);
                let outside = self.enter(cell, format!("output {} of a rule", n + 1), line);
                found.push((cell.span, self.declared(cell.span, "the output", ty, &output.ty)));
                self.source = outside;
            }
            let ty = self.common(found, "the output is");
            outputs.push((output.name.clone().unwrap_or_default(), Arc::new(ty)));
        }
        let one = match outputs.as_slice() {
            [(_, only)] => (**only).clone(),
            _ => Type::Context(outputs),
        };
        match (table.policy, table.aggregation) {
            (HitPolicy::Collect, Some(Aggregation::Count)) => Type::Number,
            (HitPolicy::Collect, Some(Aggregation::Sum)) if !known_as(&one, &Type::Number) => {
                self.wrong(Span::default(), format!("SUM is of {}", said(&one)), "numbers are wanted")
            }
            (HitPolicy::Collect, None) | (HitPolicy::RuleOrder | HitPolicy::OutputOrder, _) => list(one),
            _ => one,
        }
    }

    /// Goes to where a cell stands; gives where one was.
    pub(super) fn enter(&mut self, cell: &Expr, place: String, line: u32) -> Option<Arc<Source>> {
        let source = match &cell.kind {
            Kind::Source(source, _) => source.clone(),
            _ => Arc::new(Source { place, text: String::new(), line }),
        };
        self.source.replace(source)
    }

    /// A cell that needs no evaluation has no place of its own but its line and its column of the table.
    fn cell(&mut self, cell: &Cell, input: &Type, at: (u32, usize), scope: &Scope) {
        let found = match cell {
            Cell::Any => return,
            Cell::Tests(tests) => return self.test(tests, input, scope),
            Cell::OneOf(cells) => return cells.iter().for_each(|c| self.cell(c, input, at, scope)),
            Cell::Equal(value) => of_value(value),
            Cell::Within(range) => range.low.iter().chain(&range.high).next().map_or(Type::Null, of_value),
        };
        let place = format!("{}, input {} of a rule", self.source.as_ref().map_or("table", |s| &s.place), at.1);
        let source = Source { place, text: String::new(), line: at.0 };
        let outside = self.source.replace(Arc::new(source));
        let single = match input.plain() {
            // `5` tests a list that has this one element.
            Type::List(of) => (**of).clone(),
            _ => input.clone(),
        };
        self.comparable(Span::default(), &single, &found, matches!(cell, Cell::Within(_)));
        self.source = outside;
    }
}

/// A type in words: one that narrows a type of FEEL as that type.
pub(super) fn said(ty: &Type) -> String {
    match ty.plain() {
        Type::Any => "something whose type is not known".to_owned(),
        Type::Null => "null".to_owned(),
        Type::Context(_) => ty.to_string(),
        plain => plain.to_string(),
    }
}
