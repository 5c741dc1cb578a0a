//! Names resolved and trees made nodes: who is meant, which fact, which definition.

use std::collections::HashMap;

use crate::apply;
use crate::ast::{Ast, Kind, Span};
use crate::dec::Dec;
use crate::facts::Layout;
use crate::faults::{Faults, nearest_name};
use crate::ir::{Aggregate, Arena, Id, Op, Relation, Source};
use crate::schema::{Entity, Expr, Per, Schema};
use crate::tables::ParamTable;
use crate::types::{Ty, Unit};
use crate::value::{Bounds, Val};

/// Work that others may ask for while it is under way.
#[derive(Clone, Debug, Default)]
pub(crate) enum State<T> {
    #[default]
    Fresh,
    Busy,
    Done(Option<T>),
}

/// What a programme is to others.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    pub(crate) node: Id,
    pub(crate) subject: Entity,
}

/// Everything known while compiling.
pub(crate) struct Compiler<'a> {
    pub(crate) schema: &'a Schema,
    pub(crate) faults: Faults,
    pub(crate) arena: Arena,
    pub(crate) layout: Layout,
    pub(crate) tables: Vec<ParamTable>,
    pub(crate) expressions: Vec<Expr>,
    pub(crate) table_names: HashMap<&'a str, usize>,
    pub(crate) definition_names: HashMap<(Entity, &'a str), usize>,
    pub(crate) programme_names: HashMap<&'a str, usize>,
    pub(crate) definitions: Vec<State<Id>>,
    pub(crate) verdicts: Vec<State<Shared>>,
    pub(crate) amounts: Vec<State<Shared>>,
    pub(crate) versions: Vec<Vec<crate::program::VersionIr>>,
    /// The decision tables of each definition, and each table's rules as text.
    pub(crate) decisions: Vec<Vec<crate::program::DecisionTableIr>>,
    /// What is being worked on, outermost first, for telling cycles.
    pub(crate) path: Vec<String>,
}

/// A person that names speak of.
#[derive(Clone, Debug)]
struct Binder {
    name: String,
    /// Whether bare names are this person's.
    bare: bool,
}

/// One expression being lowered.
pub(crate) struct Cx<'e> {
    pub(crate) expr: &'e Expr,
    index: u32,
    binders: Vec<Binder>,
}

/// A list of people, filtered, and perhaps a value of each.
#[derive(Clone, Debug)]
pub(crate) struct People {
    pub(crate) relation: Relation,
    pub(crate) of: u8,
    pub(crate) filter: Option<Id>,
    pub(crate) value: Option<Id>,
}

/// What an expression stands for.
pub(crate) enum Meaning {
    Scalar(Id),
    Household,
    /// A person, as index of the binder.
    Person(usize),
    People(People),
}

impl<'a> Compiler<'a> {
    /// Starts an expression about an entity.
    pub(crate) fn context<'e>(&mut self, expr: &'e Expr, entity: Entity) -> Cx<'e> {
        let index = u32::try_from(self.expressions.len()).unwrap_or(u32::MAX);
        self.expressions.push(expr.clone());
        let binders = match entity {
            Entity::Person => vec![Binder { name: "person".into(), bare: false }],
            Entity::Household => Vec::new(),
        };
        Cx { expr, index, binders }
    }

    pub(crate) fn fault<T>(
        &mut self,
        cx: &Cx,
        span: Span,
        code: &'static str,
        message: impl Into<String>,
        expected: impl Into<String>,
        hint: impl Into<String>,
    ) -> Option<T> {
        self.faults.in_expr(cx.expr, span, code, message, expected, hint);
        None
    }

    /// Adds a node, with its range worked out from those of its operands.
    pub(crate) fn add(&mut self, cx: &Cx, span: Span, op: Op, ty: Ty) -> Id {
        let cut = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let source = Source { expression: cx.index, start: cut(span.start), end: cut(span.end) };
        let range = crate::ranges::range_of(&self.arena, &self.tables, &op, &ty);
        self.arena.add(op, ty, source, range)
    }

    pub(crate) fn ty(&self, id: Id) -> Ty {
        self.arena.node(id).ty.clone()
    }

    /// An expression that must be one value.
    pub(crate) fn scalar(&mut self, cx: &mut Cx, ast: &Ast) -> Option<Id> {
        match self.meaning(cx, ast)? {
            Meaning::Scalar(id) if self.arena.node(id).depth > 1500 => self.fault(
                cx,
                ast.span,
                "too-deep",
                "this value rests on too long a chain of operations",
                "at most 1500",
                "shorten the chain of definitions",
            ),
            Meaning::Scalar(id) => Some(id),
            Meaning::People(_) => self.fault(
                cx,
                ast.span,
                "wrong-type",
                "a list of people is not one value",
                "one value",
                "make one value of it: count(…), sum(….item), some x in … satisfies …",
            ),
            Meaning::Household | Meaning::Person(_) => self.fault(
                cx,
                ast.span,
                "wrong-type",
                "this names somebody, not a value",
                "one value",
                "say which item is meant, such as `person.birth_date`",
            ),
        }
    }

    /// An expression that must be true or false.
    pub(crate) fn condition(&mut self, cx: &mut Cx, ast: &Ast) -> Option<Id> {
        let id = self.scalar(cx, ast)?;
        let ty = self.ty(id);
        if ty == Ty::Bool {
            return Some(id);
        }
        self.fault(cx, ast.span, "wrong-type", format!("this is {ty}"), "true or false", "compare it with something")
    }

    pub(crate) fn meaning(&mut self, cx: &mut Cx, ast: &Ast) -> Option<Meaning> {
        let span = ast.span;
        Some(Meaning::Scalar(match &ast.kind {
            Kind::Bool(b) => self.add(cx, span, Op::Const(Val::Bool(*b)), Ty::Bool),
            Kind::Number(text) => self.number(cx, span, text)?,
            Kind::Text(text) => {
                let n = self.text(text);
                self.add(cx, span, Op::Const(Val::Text(n)), Ty::Text)
            }
            Kind::Name(name) => return self.name(cx, span, name),
            Kind::Path(base, name) => return self.path(cx, span, base, name),
            Kind::Filter(base, condition) => return self.filter(cx, base, condition),
            Kind::Call(name, args) => self.call(cx, span, name, args)?,
            Kind::At(table, args) => self.table_at(cx, span, table, args)?,
            Kind::Negate(a) => self.negate(cx, span, a)?,
            Kind::Not(a) => {
                let a = self.condition(cx, a)?;
                self.add(cx, span, Op::Not(a), Ty::Bool)
            }
            Kind::Binary(op, a, b) => self.binary(cx, span, *op, a, b)?,
            Kind::InRange(x, lo, lo_in, hi, hi_in) => self.in_range(cx, span, x, (lo, *lo_in), (hi, *hi_in))?,
            Kind::InList(x, list) => self.in_list(cx, span, x, list)?,
            Kind::If(c, yes, no) => self.choice(cx, span, c, yes, no)?,
            Kind::Some(name, list, body) => self.quantified(cx, span, Aggregate::Any, name, list, body)?,
            Kind::Every(name, list, body) => self.quantified(cx, span, Aggregate::Every, name, list, body)?,
            Kind::For(name, list, body) => {
                let mut people = self.people(cx, list)?;
                let value = self.within(cx, name, false, |c, cx| c.scalar(cx, body))?;
                if people.value.replace(value).is_some() {
                    return self.fault(cx, list.span, "wrong-type", "this is a list of values", "a list of people", "");
                }
                return Some(Meaning::People(people));
            }
        }))
    }

    fn number(&mut self, cx: &Cx, span: Span, text: &str) -> Option<Id> {
        let Some(d) = Dec::parse(text) else {
            return self.fault(
                cx,
                span,
                "bad-number",
                format!("the number {text} is too long"),
                "at most 34 significant digits",
                "",
            );
        };
        Some(match d.whole() {
            Some(n) => self.add(cx, span, Op::Const(Val::Int(n)), Ty::Num { whole: true, unit: Unit::Any }),
            None => self.add(cx, span, Op::Const(Val::Dec(d)), Ty::Num { whole: false, unit: Unit::Any }),
        })
    }

    fn text(&mut self, text: &str) -> u32 {
        let at = self.layout.texts.iter().position(|t| t.as_ref() == text).unwrap_or_else(|| {
            self.layout.texts.push(text.into());
            self.layout.texts.len() - 1
        });
        u32::try_from(at).unwrap_or(u32::MAX)
    }

    pub(crate) fn distance(cx: &Cx, binder: usize) -> u8 {
        u8::try_from(cx.binders.len().saturating_sub(binder + 1)).unwrap_or(u8::MAX)
    }

    /// The person spoken of by bare names and by `entitled(…)` without a person.
    pub(crate) fn current_person(cx: &Cx) -> Option<usize> {
        cx.binders.iter().rposition(|b| b.bare).or_else(|| cx.binders.iter().position(|b| b.name == "person"))
    }

    fn name(&mut self, cx: &mut Cx, span: Span, name: &str) -> Option<Meaning> {
        if let Some(i) = cx.binders.iter().rposition(|b| b.name == name) {
            return Some(Meaning::Person(i));
        }
        match name {
            "household" => return Some(Meaning::Household),
            "today" => return Some(Meaning::Scalar(self.add(cx, span, Op::Today, Ty::Date))),
            "claim_date" => return Some(Meaning::Scalar(self.add(cx, span, Op::ClaimDate, Ty::Date))),
            _ => {}
        }
        for i in (0..cx.binders.len()).rev() {
            let bare = cx.binders.get(i).is_some_and(|b| b.bare);
            if bare && let Some(found) = self.of_person(cx, span, i, name) {
                return found;
            }
        }
        if let Some(table) = self.table_names.get(name).copied() {
            return self.param(cx, span, table, None, &[]).map(Meaning::Scalar);
        }
        if name == "person" {
            return self.fault(
                cx,
                span,
                "unknown-name",
                "there is no `person` here: this is about the household as a whole",
                "`household`",
                "use `household.members`, or set the subject to person",
            );
        }
        self.unknown(cx, span, name, None)
    }

    /// Reports a name that means nothing, with what may have been meant.
    pub(crate) fn unknown<T>(&mut self, cx: &Cx, span: Span, name: &str, of: Option<Entity>) -> Option<T> {
        let schema = self.schema;
        let items = |e: Entity| {
            let items = schema.items.iter().filter(move |i| i.entity == e).map(|i| i.id.as_ref());
            items.chain(schema.definitions.iter().filter(move |d| d.entity == e).map(|d| d.id.as_ref()))
        };
        let place = |e: Entity| if e == Entity::Household { "household" } else { "person" };
        let exact =
            [Entity::Household, Entity::Person].into_iter().find(|e| Some(*e) != of && items(*e).any(|i| i == name));
        let mut candidates: Vec<&str> = match of {
            Some(e) => items(e).collect(),
            None => schema
                .tables
                .iter()
                .map(|t| t.id.as_ref())
                .chain(["household", "today", "claim_date", "person"])
                .collect(),
        };
        if of == Some(Entity::Household) {
            candidates.push("members");
        } else {
            candidates.extend(["children", "parents", "spouse", "household"]);
        }
        if of.is_none() && cx.binders.iter().any(|b| b.bare) {
            candidates.extend(items(Entity::Person));
        }
        let hint = match (exact, nearest_name(name, candidates)) {
            (Some(e), _) => format!("write `{}.{name}`", place(e)),
            (None, Some(near)) => format!("did you mean `{near}`?"),
            (None, None) => String::new(),
        };
        match of {
            Some(e) => self.fault(
                cx,
                span,
                "unknown-name",
                format!("a {} has nothing called `{name}`", place(e)),
                format!("an item, definition or relation of a {}", place(e)),
                hint,
            ),
            None => self.fault(
                cx,
                span,
                "unknown-name",
                format!("nothing is called `{name}` here"),
                "a table, `household`, `person`, `today` or `claim_date`",
                hint,
            ),
        }
    }

    fn path(&mut self, cx: &mut Cx, span: Span, base: &Ast, name: &str) -> Option<Meaning> {
        match self.meaning(cx, base)? {
            Meaning::Household if name == "members" => {
                Some(Meaning::People(People { relation: Relation::Members, of: 0, filter: None, value: None }))
            }
            Meaning::Household => match self.property(cx, span, Entity::Household, name) {
                Some(found) => found.map(Meaning::Scalar),
                None => self.unknown(cx, span, name, Some(Entity::Household)),
            },
            Meaning::Person(i) => match self.of_person(cx, span, i, name) {
                Some(found) => found,
                None => self.unknown(cx, span, name, Some(Entity::Person)),
            },
            Meaning::People(mut people) => {
                if people.value.is_some() {
                    return self.fault(
                        cx,
                        span,
                        "wrong-type",
                        "this is a list of values already",
                        "a list of people before `.`",
                        "",
                    );
                }
                let value =
                    self.within(cx, "item", true, |c, cx| match c.property(cx, span, Entity::Person, name) {
                        Some(found) => found,
                        None if ["children", "parents", "spouse", "household"].contains(&name) => c.fault(
                            cx,
                            span,
                            "wrong-type",
                            format!("`{name}` of a list of people is not supported"),
                            "an item or definition of each person",
                            "ask it of one person within a filter: `members[count(children) > 0]`",
                        ),
                        None => c.unknown(cx, span, name, Some(Entity::Person)),
                    })?;
                people.value = Some(value);
                Some(Meaning::People(people))
            }
            Meaning::Scalar(id) => {
                let ty = self.ty(id);
                self.fault(
                    cx,
                    span,
                    "wrong-type",
                    format!("`.{name}` asks for a part of {ty}"),
                    "`household`, a person or a list of people before `.`",
                    "",
                )
            }
        }
    }

    /// Something of a person: `None` if there is nothing of that name; `Some(None)` if it is faulty.
    fn of_person(&mut self, cx: &mut Cx, span: Span, binder: usize, name: &str) -> Option<Option<Meaning>> {
        let of = Self::distance(cx, binder);
        let relation = |relation| Some(Some(Meaning::People(People { relation, of, filter: None, value: None })));
        match name {
            "children" => relation(Relation::Children),
            "parents" => relation(Relation::Parents),
            "spouse" => relation(Relation::Spouse),
            "household" => Some(Some(Meaning::Household)),
            _ => {
                let found = self.property(cx, span, Entity::Person, name)?;
                Some(found.map(|id| Meaning::Scalar(self.outward(cx, span, of, id))))
            }
        }
    }

    /// A value spoken of a person further out.
    pub(crate) fn outward(&mut self, cx: &Cx, span: Span, distance: u8, id: Id) -> Id {
        let node = self.arena.node(id);
        if distance == 0 || node.need == 0 {
            return id;
        }
        let ty = node.ty.clone();
        self.add(cx, span, Op::Outer(distance, id), ty)
    }

    /// An item or definition: `None` if there is nothing of that name; `Some(None)` if its definition is faulty.
    fn property(&mut self, cx: &Cx, span: Span, entity: Entity, name: &str) -> Option<Option<Id>> {
        if let Some(d) = self.definition_names.get(&(entity, name)).copied() {
            return Some(self.definition(d));
        }
        let (column, declared) = self.layout.column(entity, name)?;
        let ty = Ty::of(&declared.ty);
        let op = match entity {
            Entity::Household => Op::HouseholdFact(column),
            Entity::Person => Op::PersonFact(column),
        };
        Some(Some(self.add(cx, span, op, ty)))
    }

    /// Lowers something with one more person in scope.
    fn within<T>(
        &mut self,
        cx: &mut Cx,
        name: &str,
        bare: bool,
        f: impl FnOnce(&mut Self, &mut Cx) -> Option<T>,
    ) -> Option<T> {
        if cx.binders.len() >= crate::eval::MAX_PEOPLE {
            return self.fault(
                cx,
                Span::default(),
                "too-deep",
                "filters are nested too deeply",
                "at most five levels",
                "give the inner part a name as a definition of a person",
            );
        }
        cx.binders.push(Binder { name: name.to_owned(), bare });
        let result = f(self, cx);
        cx.binders.pop();
        result
    }

    /// An expression that must be a list of people (perhaps with a value of each).
    pub(crate) fn people(&mut self, cx: &mut Cx, ast: &Ast) -> Option<People> {
        match self.meaning(cx, ast)? {
            Meaning::People(people) => Some(people),
            _ => self.fault(
                cx,
                ast.span,
                "wrong-type",
                "this is not a list of people",
                "`household.members`, `person.children`, `person.parents` or `person.spouse`",
                "",
            ),
        }
    }

    fn filter(&mut self, cx: &mut Cx, base: &Ast, condition: &Ast) -> Option<Meaning> {
        let mut people = self.people(cx, base)?;
        if people.value.is_some() {
            return self.fault(
                cx,
                base.span,
                "wrong-type",
                "a list of values cannot be filtered",
                "a list of people before `[`",
                "filter first, then take the value: `members[…].item`",
            );
        }
        let filter = self.within(cx, "item", true, |c, cx| c.condition(cx, condition))?;
        people.filter = Some(match people.filter {
            Some(before) => self.add(cx, condition.span, Op::And(Box::new([before, filter])), Ty::Bool),
            None => filter,
        });
        Some(Meaning::People(people))
    }

    fn quantified(
        &mut self,
        cx: &mut Cx,
        span: Span,
        how: Aggregate,
        name: &str,
        list: &Ast,
        body: &Ast,
    ) -> Option<Id> {
        let people = self.people(cx, list)?;
        if people.value.is_some() {
            return self.fault(cx, list.span, "wrong-type", "this is a list of values", "a list of people", "");
        }
        let value = self.within(cx, name, false, |c, cx| c.condition(cx, body))?;
        let People { relation, of, filter, .. } = people;
        Some(self.add(cx, span, Op::Aggregate { how, relation, of, filter, value: Some(value) }, Ty::Bool))
    }

    /// A zero of money, for amounts where there is no entitlement.
    pub(crate) fn zero(&mut self, cx: &Cx) -> Id {
        self.add(cx, Span::default(), Op::Const(Val::Int(0)), Ty::Num { whole: true, unit: Unit::Money(Per::Once) })
    }
}

/// The bounds of a value that is written down.
pub(crate) fn bounds_of(v: Val) -> Bounds {
    match v {
        Val::Bool(b) => Bounds { lo: i64::from(b), hi: i64::from(b) },
        other => other.bounds(),
    }
}

/// Whether a value equal to `v` fails `x cmp w` for certain.
pub(crate) fn differ_by(v: Val, cmp: crate::ast::Cmp, w: Val) -> bool {
    apply::compare(cmp, v, w) == Val::Bool(false)
}
