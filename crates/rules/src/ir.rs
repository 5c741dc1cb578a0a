//! The intermediate form: one arena of typed nodes for a whole rule set.
//!
//! * **Hash-consed.** Two expressions that say the same are one node ([`Arena::add`]), over all programmes and
//!   definitions, so a machine works each out once. A node's operands always have smaller numbers: the arena in order is a schedule.
//! * **Lanes.** [`Node::need`] says of whom a node speaks: 0 of the household (one value a household), 1 of the current
//!   person (one value a member), more when a filter also looks at the person outside it ([`Op::Outer`]).
//!   Only [`Op::Aggregate`] goes from a person lane to the lane outside; its operands are evaluated with the member as
//!   current person. A columnar machine holds lane 0 as a column and lane 1 slot-major; `need > 1` is a loop over slots.
//! * **Static facts** of a node: its type with unit, whether it can be unknown ([`Node::nullable`]), whether it can be an error
//!   ([`Node::fallible`]), whether it changes with the day ([`Node::dated`]), and the range of its values ([`Node::range`]:
//!   for truths 0..=1, for numbers whole bounds rounded outwards).
//! * **Parameters** are references to tables ([`Op::Param`]), resolved by the day at run time: a machine looks up tables
//!   without keys once a run.
//! * **Versions by date** ([`Op::Define`], [`Op::Entitled`], [`Op::AmountOf`]) are resolved by the day likewise.
//! * No closures, no pointers: a plain enum that another backend can translate.
//!
//! Semantics of every operation, with unknowns and errors, are those of `eval.rs`, the reference.

use std::collections::HashMap;

use crate::ast::Cmp;
use crate::dec::Rounding;
use crate::types::Ty;
use crate::value::{Bounds, Val};

/// The number of a node in the arena.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Id(pub u32);

/// Relations between people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Relation {
    /// All members of the household.
    Members,
    /// Members whose parent the person is.
    Children,
    /// The person's parents within the household.
    Parents,
    /// The person's spouse within the household: none or one.
    Spouse,
}

/// How the values of members become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Aggregate {
    /// How many there are for whom the predicate holds.
    Count,
    /// The sum of the value.
    Sum,
    /// The smallest value; an error when there is none.
    Min,
    /// The largest value; an error when there is none.
    Max,
    /// Whether the value is true for one.
    Any,
    /// Whether the value is true for all.
    Every,
}

/// Arithmetic on two numbers of one lane (both whole or both decimal).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Arith {
    /// Sum.
    Add,
    /// Difference.
    Sub,
    /// Product.
    Mul,
    /// Quotient, of decimals only.
    Div,
}

/// A unit of civil time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum TimeUnit {
    /// Complete years.
    Years,
    /// Complete months.
    Months,
    /// Days.
    Days,
}

/// A function of one date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum DatePart {
    /// The year as a number.
    Year,
    /// The month as a number, 1 to 12.
    Month,
    /// The day of the month.
    Day,
    /// First day of the month.
    StartOfMonth,
    /// Last day of the month.
    EndOfMonth,
}

/// A node valid from the first to the last day (day numbers, both inclusive).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ByDate {
    /// First day; `i64::MIN`: since ever.
    pub from: i64,
    /// Last day; `i64::MAX`: open.
    pub to: i64,
    /// The node.
    pub node: Id,
}

/// One operation.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Op {
    /// A value written in a rule.
    Const(Val),
    /// The day asked about.
    Today,
    /// The day of the claim.
    ClaimDate,
    /// A recorded fact of the household (column number).
    HouseholdFact(u32),
    /// A recorded fact of the current person (column number).
    PersonFact(u32),
    /// A named value: the version in force, unless a fact is stated for it (`stated` is that fact's node).
    Define {
        /// Index of the definition.
        definition: u32,
        /// Expressions by date.
        versions: Box<[ByDate]>,
        /// The fact that wins when known.
        stated: Option<Id>,
    },
    /// A value of a dated table.
    Param {
        /// Index of the table.
        table: u32,
        /// On which day; `Today` by default.
        at: Id,
        /// Keys.
        keys: Box<[Id]>,
    },
    /// Negation.
    Not(Id),
    /// All of them.
    And(Box<[Id]>),
    /// One of them.
    Or(Box<[Id]>),
    /// A comparison of two values of one lane.
    Compare(Cmp, Id, Id),
    /// If, then, else.
    If(Id, Id, Id),
    /// Arithmetic.
    Arith(Arith, Id, Id),
    /// The number with its sign turned.
    Negate(Id),
    /// The number without its sign.
    Abs(Id),
    /// A whole number as a decimal.
    Widen(Id),
    /// Rounded to so many decimals; a whole number when none.
    Round(Rounding, i32, Id),
    /// The smallest.
    Least(Box<[Id]>),
    /// The largest.
    Greatest(Box<[Id]>),
    /// Complete units from the first date to the second.
    Between(TimeUnit, Id, Id),
    /// A date moved by whole units.
    Shift(TimeUnit, Id, Id),
    /// A function of a date.
    Part(DatePart, Id),
    /// Whether the value is known.
    IsKnown(Id),
    /// Values of members made one.
    Aggregate {
        /// How.
        how: Aggregate,
        /// Of whom.
        relation: Relation,
        /// Whose relation: 0 the current person, 1 the person outside …; ignored for members.
        of: u8,
        /// Who counts.
        filter: Option<Id>,
        /// What of them; always there except for counts.
        value: Option<Id>,
    },
    /// A value of the person so many levels outside.
    Outer(u8, Id),
    /// Whether another programme's conditions hold.
    Entitled {
        /// Index of the programme.
        programme: u32,
        /// Conjunction of its conditions by date.
        versions: Box<[ByDate]>,
    },
    /// The sum another programme gives; 0 where there is no entitlement.
    AmountOf {
        /// Index of the programme.
        programme: u32,
        /// Amounts by date, already 0 where the conditions fail.
        versions: Box<[ByDate]>,
    },
}

/// A node with what is known of it before any household is seen.
#[derive(Clone, Debug)]
pub struct Node {
    /// What it does.
    pub op: Op,
    /// Type and unit.
    pub ty: Ty,
    /// How many persons around it must be given: 0 speaks of the household, 1 of the current person.
    pub need: u8,
    /// Whether it can be unknown.
    pub nullable: bool,
    /// Whether it can be an error.
    pub fallible: bool,
    /// Whether it changes by itself as days pass.
    pub dated: bool,
    /// Bounds of its values; truths are 0 and 1.
    pub range: Bounds,
    /// Length of the longest chain of operations below.
    pub depth: u32,
    /// Which expression it was first written in (index into the program's sources), and where.
    pub source: Source,
}

/// A place in one of the rule set's expressions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Source {
    /// Index of the expression.
    pub expression: u32,
    /// First byte.
    pub start: u32,
    /// First byte outside.
    pub end: u32,
}

/// All nodes of a rule set.
#[derive(Clone, Debug, Default)]
pub struct Arena {
    nodes: Vec<Node>,
    known: HashMap<(Op, Ty), Id>,
}

impl Arena {
    /// The node of a number. Every number comes from [`Arena::add`] of this very arena.
    #[allow(clippy::indexing_slicing, reason = "ids are made by this arena only; a foreign id is a bug in this crate")]
    #[inline]
    pub fn node(&self, id: Id) -> &Node {
        &self.nodes[id.0 as usize]
    }

    /// All nodes, operands before what uses them.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Adds a node, or finds the one that says the same.
    pub fn add(&mut self, op: Op, ty: Ty, source: Source, range: Bounds) -> Id {
        let key = (op.clone(), ty.clone());
        if let Some(id) = self.known.get(&key) {
            return *id;
        }
        let mut node = Node {
            need: own_need(&op),
            nullable: matches!(op, Op::HouseholdFact(_) | Op::PersonFact(_)),
            fallible: own_fallible(&op),
            dated: matches!(op, Op::Today | Op::ClaimDate),
            op,
            ty,
            range,
            depth: 0,
            source,
        };
        for child in node.op.children() {
            let c = self.node(child);
            node.nullable |= c.nullable;
            node.fallible |= c.fallible;
            node.dated |= c.dated;
            node.depth = node.depth.max(c.depth + 1);
            node.need = node.need.max(match &node.op {
                Op::Outer(by, _) if c.need > 0 => c.need + by,
                Op::Aggregate { .. } => c.need.saturating_sub(1),
                _ => c.need,
            });
        }
        node.nullable &= !matches!(node.op, Op::IsKnown(_));
        node.dated |=
            matches!(node.op, Op::Define { .. } | Op::Entitled { .. } | Op::AmountOf { .. }) && changes(&node.op);
        let id = Id(u32::try_from(self.nodes.len()).unwrap_or(u32::MAX));
        self.known.insert(key, id);
        self.nodes.push(node);
        id
    }
}

fn changes(op: &Op) -> bool {
    match op {
        Op::Define { versions, .. } | Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
            versions.iter().any(|v| v.from != i64::MIN || v.to != i64::MAX)
        }
        _ => false,
    }
}

fn own_need(op: &Op) -> u8 {
    match op {
        Op::PersonFact(_) => 1,
        Op::Aggregate { relation, of, .. } if *relation != Relation::Members => of + 1,
        _ => 0,
    }
}

fn own_fallible(op: &Op) -> bool {
    matches!(
        op,
        Op::Param { .. }
            | Op::Arith(..)
            | Op::Shift(..)
            | Op::Round(..)
            | Op::Define { .. }
            | Op::Aggregate { how: Aggregate::Sum | Aggregate::Min | Aggregate::Max, .. }
    )
}

impl Op {
    /// The nodes it works on, in order.
    pub fn children(&self) -> Vec<Id> {
        let mut all = Vec::new();
        self.each_child(|id| all.push(id));
        all
    }

    /// Calls with each node it works on, in order.
    pub fn each_child(&self, mut f: impl FnMut(Id)) {
        match self {
            Op::Const(_) | Op::Today | Op::ClaimDate | Op::HouseholdFact(_) | Op::PersonFact(_) => {}
            Op::Define { versions, stated, .. } => versions.iter().map(|v| v.node).chain(*stated).for_each(f),
            Op::Param { at, keys, .. } => std::iter::once(*at).chain(keys.iter().copied()).for_each(f),
            Op::Not(a) | Op::Negate(a) | Op::Abs(a) | Op::Widen(a) | Op::Round(_, _, a) | Op::Part(_, a) => f(*a),
            Op::IsKnown(a) | Op::Outer(_, a) => f(*a),
            Op::And(list) | Op::Or(list) | Op::Least(list) | Op::Greatest(list) => list.iter().copied().for_each(f),
            Op::Compare(_, a, b) | Op::Arith(_, a, b) | Op::Between(_, a, b) | Op::Shift(_, a, b) => {
                [*a, *b].into_iter().for_each(f);
            }
            Op::If(a, b, c) => [*a, *b, *c].into_iter().for_each(f),
            Op::Aggregate { filter, value, .. } => filter.iter().chain(value).copied().for_each(f),
            Op::Entitled { versions, .. } | Op::AmountOf { versions, .. } => {
                versions.iter().map(|v| v.node).for_each(f);
            }
        }
    }
}
