//! What an explanation of a value is made of, found once when rules are compiled.
//!
//! For each node two shapes say which facts it may rest on and which named values lie on the way, without what never matters
//! to either: thresholds, arithmetic, written values. Three hundred lines that one income is held against have one shape, so a
//! household's facts behind it are gathered once. Only where an explanation follows the values (of *false and …* only what is
//! false is a reason) does a shape name nodes whose values tell which way to go.

use std::collections::HashMap;
use std::hash::Hash;

use crate::ir::{Aggregate, Arena, ByDate, Id, Node, Op, Relation};

/// The number of a shape among those of its kind.
pub(crate) type Shape = u32;

/// The shape of what rests on nothing.
pub(crate) const NOTHING: Shape = 0;

/// A longer list of facts is gathered once and not once for each value it stands behind.
const SHORT: usize = 4;

/// A version's shape, by date as [`ByDate`].
pub(crate) type Version = (i64, i64, Shape);

/// Which facts a value rests on.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Ground {
    /// A fact of the household.
    Household(u32),
    /// A fact of the current person.
    Person(u32),
    /// All of these, in order.
    All(Box<[Shape]>),
    /// What it says of one shape, gathered once.
    Kept(Shape),
    /// The stated fact where it is known, else the versions in force.
    Define { stated: Option<(Id, Shape)>, versions: Box<[Version]> },
    /// Of a conjunction or disjunction that is settled, only the parts that settle it.
    Truths { whole: Id, decisive: bool, parts: Box<[(Id, Shape)]> },
    /// The test, and what it chooses.
    If { test: Id, tested: Shape, yes: Shape, no: Shape },
    /// The same of everybody whom an aggregate runs over.
    Everybody { relation: Relation, of: u8, each: Shape },
    /// Of those who count, or of the one who settles it.
    Those { aggregate: Id, filter: Shape, value: Shape },
    /// Of the person so many levels outside.
    Outer(u8, Shape),
}

/// Which named values lie on the way to a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Path {
    /// A value that people know by a name.
    Named(Id),
    /// All of these, in order.
    All(Box<[Shape]>),
    /// The test, and what it chooses.
    If { test: Id, tested: Shape, yes: Shape, no: Shape },
    /// Of everybody whom an aggregate runs over and who may count.
    Those { relation: Relation, of: u8, filter: Option<Id>, each: Shape },
    /// Of the person so many levels outside.
    Outer(u8, Shape),
    /// What lies behind this node, the first time it is met: some of it cannot be told apart by person.
    Once(Id, Shape),
}

/// Where something found for a shape is kept: for the household, or for each member.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lane {
    /// As [`Node::need`].
    pub(crate) need: u8,
    pub(crate) slot: u32,
}

/// Shapes of one kind, operands before what is made of them.
#[derive(Debug)]
pub(crate) struct Shapes<S> {
    all: Vec<(S, Lane)>,
    /// How many shapes speak of the household.
    pub(crate) of_household: usize,
    /// How many speak of a person.
    pub(crate) of_person: usize,
}

impl<S> Shapes<S> {
    pub(crate) fn get(&self, shape: Shape) -> Option<&S> {
        self.all.get(shape as usize).map(|s| &s.0)
    }

    /// Where what is found for a shape is kept, of so many members; `None` for what depends on several people.
    #[inline]
    pub(crate) fn slot(&self, shape: Shape, person: Option<usize>, members: usize) -> Option<usize> {
        let lane = self.all.get(shape as usize)?.1;
        match lane.need {
            0 => Some(lane.slot as usize),
            1 => Some(self.of_household + lane.slot as usize * members + person.unwrap_or(0)),
            _ => None,
        }
    }
}

/// Both shapes of every node.
#[derive(Debug)]
pub(crate) struct Grounds {
    pub(crate) facts: Shapes<Ground>,
    pub(crate) paths: Shapes<Path>,
    of: Vec<(Shape, Shape)>,
}

impl Grounds {
    pub(crate) fn of_rules(arena: &Arena) -> Grounds {
        let (mut facts, mut paths) = (Maker::new(Ground::All(Box::new([]))), Maker::new(Path::All(Box::new([]))));
        let mut of: Vec<(Shape, Shape)> = Vec::with_capacity(arena.nodes().len());
        for (n, node) in (0u32..).zip(arena.nodes()) {
            let fact = |id: Id| of.get(id.0 as usize).map_or(NOTHING, |s| s.0);
            let path = |id: Id| of.get(id.0 as usize).map_or(NOTHING, |s| s.1);
            let shapes = (facts.ground(arena, Id(n), node, &fact), paths.path(arena, Id(n), node, &path));
            of.push(shapes);
        }
        Grounds { facts: facts.shapes, paths: paths.shapes, of }
    }

    /// The facts a node may rest on, and the named values on the way to it.
    #[inline]
    pub(crate) fn of(&self, id: Id) -> (Shape, Shape) {
        self.of.get(id.0 as usize).copied().unwrap_or((NOTHING, NOTHING))
    }
}

/// Adds shapes, each once.
struct Maker<S> {
    shapes: Shapes<S>,
    known: HashMap<S, Shape>,
    /// Whether a shape holds a named value that depends on several people: those are not told apart, so none is left out.
    deep: Vec<bool>,
}

impl<S: Clone + Eq + Hash> Maker<S> {
    fn new(nothing: S) -> Self {
        let shapes = Shapes { all: Vec::new(), of_household: 0, of_person: 0 };
        let mut maker = Maker { shapes, known: HashMap::new(), deep: Vec::new() };
        maker.add(nothing, 0, false);
        maker
    }

    fn add(&mut self, shape: S, need: u8, deep: bool) -> Shape {
        if let Some(known) = self.known.get(&shape) {
            return *known;
        }
        let counter = if need == 0 { &mut self.shapes.of_household } else { &mut self.shapes.of_person };
        let slot = u32::try_from(*counter).unwrap_or(u32::MAX);
        *counter += 1;
        let number = u32::try_from(self.shapes.all.len()).unwrap_or(u32::MAX);
        self.known.insert(shape.clone(), number);
        self.shapes.all.push((shape, Lane { need, slot }));
        self.deep.push(deep);
        number
    }

    fn need(&self, shape: Shape) -> u8 {
        self.shapes.all.get(shape as usize).map_or(0, |s| s.1.need)
    }

    fn is_deep(&self, shape: Shape) -> bool {
        self.deep.get(shape as usize).copied().unwrap_or(false)
    }

    /// Several in order: what repeats adds nothing.
    fn several(
        &mut self,
        parts: impl IntoIterator<Item = Shape>,
        inside: fn(&S) -> Option<&[Shape]>,
        all: fn(Box<[Shape]>) -> S,
    ) -> Shape {
        let mut flat: Vec<Shape> = Vec::new();
        for part in parts {
            let parts = self.shapes.get(part).and_then(inside).map_or_else(|| vec![part], <[Shape]>::to_vec);
            for part in parts {
                if self.is_deep(part) || !flat.contains(&part) {
                    flat.push(part);
                }
            }
        }
        if let [one] = flat.as_slice() {
            return *one;
        }
        let need = flat.iter().map(|s| self.need(*s)).max().unwrap_or(0);
        let deep = flat.iter().any(|s| self.is_deep(*s));
        self.add(all(flat.into()), need, deep)
    }
}

/// What an aggregate's operands need, of the lane outside.
fn outside(relation: Relation, of: u8, each: u8) -> u8 {
    let own = if relation == Relation::Members { 0 } else { of + 1 };
    own.max(each.saturating_sub(1))
}

impl Maker<Ground> {
    fn all(&mut self, parts: impl IntoIterator<Item = Shape>) -> Shape {
        fn inside(shape: &Ground) -> Option<&[Shape]> {
            if let Ground::All(parts) = shape { Some(parts) } else { None }
        }
        self.several(parts, inside, Ground::All)
    }

    fn ground(&mut self, arena: &Arena, id: Id, node: &Node, of: &dyn Fn(Id) -> Shape) -> Shape {
        match &node.op {
            Op::Const(_) | Op::Today | Op::ClaimDate => NOTHING,
            Op::HouseholdFact(c) => self.add(Ground::Household(*c), 0, false),
            Op::PersonFact(c) => self.add(Ground::Person(*c), 1, false),
            Op::Define { versions, stated, .. } => self.define(arena, versions, *stated, of),
            Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => self.define(arena, versions, None, of),
            Op::And(list) => self.truths(id, node, list, false, of),
            Op::Or(list) => self.truths(id, node, list, true, of),
            Op::If(test, yes, no) => {
                let [tested, yes, no] = [*test, *yes, *no].map(of);
                if yes == no {
                    return self.all([tested, yes]);
                }
                self.add(Ground::If { test: *test, tested, yes, no }, node.need, false)
            }
            Op::Outer(by, a) => match (of(*a), self.need(of(*a))) {
                (shape, 0) => shape,
                (shape, need) => self.add(Ground::Outer(*by, shape), need + by, false),
            },
            Op::Aggregate { how, relation, of: whose, filter, value } => {
                let (filter, value) = (filter.map(of), value.map_or(NOTHING, of));
                let one_settles = matches!(how, Aggregate::Any | Aggregate::Every);
                if one_settles || (filter.is_some() && value != NOTHING) {
                    let filter = filter.unwrap_or(NOTHING);
                    return self.add(Ground::Those { aggregate: id, filter, value }, node.need, false);
                }
                let each = self.all(filter.into_iter().chain([value]));
                if each == NOTHING {
                    return NOTHING;
                }
                let need = outside(*relation, *whose, self.need(each));
                self.add(Ground::Everybody { relation: *relation, of: *whose, each }, need, false)
            }
            other => {
                let mut parts = Vec::new();
                other.each_child(|child| parts.push(of(child)));
                self.all(parts)
            }
        }
    }

    fn define(&mut self, arena: &Arena, versions: &[ByDate], stated: Option<Id>, of: &dyn Fn(Id) -> Shape) -> Shape {
        let stated = stated.map(|id| (id, of(id)));
        if let (None, [ByDate { from: i64::MIN, to: i64::MAX, node }]) = (stated, versions) {
            return self.kept(of(*node));
        }
        let need = versions.iter().map(|v| v.node).chain(stated.map(|s| s.0)).map(|id| arena.node(id).need).max();
        let versions = versions.iter().map(|v| (v.from, v.to, of(v.node))).collect();
        self.add(Ground::Define { stated, versions }, need.unwrap_or(0), false)
    }

    fn kept(&mut self, shape: Shape) -> Shape {
        match self.shapes.get(shape) {
            Some(Ground::All(parts)) if parts.len() > SHORT => self.add(Ground::Kept(shape), self.need(shape), false),
            _ => shape,
        }
    }

    fn truths(&mut self, id: Id, node: &Node, list: &[Id], decisive: bool, of: &dyn Fn(Id) -> Shape) -> Shape {
        let parts: Box<[(Id, Shape)]> = list.iter().map(|part| (*part, of(*part))).collect();
        // Where ranges settle it beforehand no part does.
        let by_parts = node.range.lo != node.range.hi;
        match parts.first() {
            None => NOTHING,
            Some((_, first)) if by_parts && parts.iter().all(|(_, shape)| shape == first) => *first,
            _ => self.add(Ground::Truths { whole: id, decisive, parts }, node.need, false),
        }
    }
}

impl Maker<Path> {
    fn all(&mut self, parts: impl IntoIterator<Item = Shape>) -> Shape {
        fn inside(shape: &Path) -> Option<&[Shape]> {
            if let Path::All(parts) = shape { Some(parts) } else { None }
        }
        self.several(parts, inside, Path::All)
    }

    fn path(&mut self, arena: &Arena, id: Id, node: &Node, of: &dyn Fn(Id) -> Shape) -> Shape {
        let shape = match &node.op {
            Op::Const(_) | Op::Today | Op::ClaimDate => NOTHING,
            Op::HouseholdFact(_)
            | Op::PersonFact(_)
            | Op::Define { .. }
            | Op::Param { .. }
            | Op::Entitled { .. }
            | Op::AmountOf { .. } => return self.add(Path::Named(id), node.need, node.need > 1),
            Op::If(test, yes, no) => {
                let [tested, yes, no] = [*test, *yes, *no].map(of);
                if yes == NOTHING && no == NOTHING {
                    tested
                } else {
                    let deep = [tested, yes, no].iter().any(|s| self.is_deep(*s));
                    self.add(Path::If { test: *test, tested, yes, no }, node.need, deep)
                }
            }
            Op::Aggregate { relation, of: whose, filter, value, .. } => {
                let each = self.all(value.iter().chain(filter).map(|id| of(*id)));
                if each == NOTHING {
                    NOTHING
                } else {
                    let need = self.need(each).max(filter.map_or(0, |f| arena.node(f).need));
                    let need = outside(*relation, *whose, need);
                    let those = Path::Those { relation: *relation, of: *whose, filter: *filter, each };
                    self.add(those, need, self.is_deep(each))
                }
            }
            Op::Outer(by, a) => match (of(*a), self.need(of(*a))) {
                (shape, 0) => shape,
                (shape, need) => self.add(Path::Outer(*by, shape), need + by, self.is_deep(shape)),
            },
            other => {
                let mut parts = Vec::new();
                other.each_child(|child| parts.push(of(child)));
                self.all(parts)
            }
        };
        if self.is_deep(shape) && node.need <= 1 {
            return self.add(Path::Once(id, shape), self.need(shape), true);
        }
        shape
    }
}
