//! Between which values a node lies whatever the household, and what follows: conditions that can never hold or never fail.

use crate::apply;
use crate::ast::Cmp;
use crate::eval::lane;
use crate::ir::{Aggregate, Arena, Id, Op};
use crate::lower::bounds_of;
use crate::tables::ParamTable;
use crate::types::Ty;
use crate::value::{Bounds, Val};

const TRUTH: Bounds = Bounds { lo: 0, hi: 1 };

/// No household has more members than this: bounds of sums over members.
const MOST_MEMBERS: Bounds = Bounds { lo: 0, hi: 1000 };

fn value(arena: &Arena, id: Id) -> Val {
    let node = arena.node(id);
    match &node.op {
        Op::Const(v) => *v,
        _ if node.ty == Ty::Bool && node.range.lo == node.range.hi => Val::Bool(node.range.lo == 1),
        _ => Val::between(node.range, lane(&node.ty)),
    }
}

/// The range of a node about to be added.
pub(crate) fn range_of(arena: &Arena, tables: &[ParamTable], op: &Op, ty: &Ty) -> Bounds {
    let of = |id: &Id| value(arena, *id);
    let range = |id: &Id| arena.node(*id).range;
    let got = |o: apply::Outcome| o.map_or(Bounds::NONE, bounds_of);
    let all = |list: &[Id]| list.iter().map(range).reduce(Bounds::hull).unwrap_or(Bounds::NONE);
    let found = match op {
        Op::Const(v) => bounds_of(*v),
        Op::HouseholdFact(_) | Op::PersonFact(_) if ty.counts() => Bounds { lo: 0, hi: i64::MAX },
        Op::Today | Op::ClaimDate | Op::HouseholdFact(_) | Op::PersonFact(_) => Bounds::NONE,
        Op::Define { versions, stated, .. } => versions
            .iter()
            .map(|v| v.node)
            .chain(*stated)
            .map(|id| range(&id))
            .reduce(Bounds::hull)
            .unwrap_or(Bounds::NONE),
        Op::AmountOf { versions, .. } => {
            versions.iter().map(|v| range(&v.node)).fold(Bounds { lo: 0, hi: 0 }, Bounds::hull)
        }
        Op::Entitled { .. } | Op::IsKnown(_) => TRUTH,
        Op::Param { table, .. } => tables.get(*table as usize).map_or(Bounds::NONE, |t| t.range),
        Op::Not(a) => Bounds { lo: 1 - range(a).hi.clamp(0, 1), hi: 1 - range(a).lo.clamp(0, 1) },
        Op::And(list) => truth_of_all(arena, list),
        Op::Or(list) => truth_of_any(arena, list),
        Op::Compare(cmp, a, b) if a == b => {
            let always = i64::from(cmp.holds(std::cmp::Ordering::Equal));
            Bounds { lo: always, hi: always }
        }
        Op::Compare(cmp, a, b) => match apply::compare(*cmp, of(a), of(b)) {
            v @ Val::Bool(_) => bounds_of(v),
            _ => TRUTH,
        },
        Op::If(c, a, b) => match range(c) {
            Bounds { lo: 1, .. } => range(a),
            Bounds { hi: 0, .. } => range(b),
            _ => range(a).hull(range(b)),
        },
        Op::Arith(op, a, b) => got(apply::arith(*op, lane(ty), of(a), of(b))),
        Op::Negate(a) => got(apply::negate(of(a), lane(ty))),
        Op::Abs(a) => got(apply::abs(of(a))),
        Op::Widen(a) | Op::Outer(_, a) => range(a),
        Op::Round(how, scale, a) => got(apply::round(*how, *scale, of(a))),
        Op::Least(list) | Op::Greatest(list) => {
            let largest = matches!(op, Op::Greatest(_));
            list.iter().map(of).reduce(|a, b| apply::extreme(largest, lane(ty), a, b)).map_or(Bounds::NONE, bounds_of)
        }
        Op::Between(unit, a, b) => bounds_of(apply::between(*unit, of(a), of(b))),
        Op::Shift(unit, a, b) => got(apply::shift(*unit, of(a), of(b))),
        Op::Part(part, a) => bounds_of(apply::part(*part, of(a))),
        Op::Aggregate { how, value, .. } => match (how, value) {
            (Aggregate::Count, _) => MOST_MEMBERS,
            (Aggregate::Sum, Some(v)) => range(v).times(MOST_MEMBERS).hull(Bounds { lo: 0, hi: 0 }),
            (Aggregate::Min | Aggregate::Max, Some(v)) => all(std::slice::from_ref(v)),
            // Over nobody `any` is false and `every` is true.
            (Aggregate::Any, Some(v)) => Bounds { lo: 0, hi: range(v).hi.clamp(0, 1) },
            (Aggregate::Every, Some(v)) => Bounds { lo: range(v).lo.clamp(0, 1), hi: 1 },
            _ => Bounds::NONE,
        },
    };
    if *ty == Ty::Bool { Bounds { lo: found.lo.clamp(0, 1), hi: found.hi.clamp(0, 1) } } else { found }
}

fn truth_of_all(arena: &Arena, list: &[Id]) -> Bounds {
    if contradiction(arena, list).is_some() {
        return Bounds { lo: 0, hi: 0 };
    }
    let fold =
        |b: Bounds, id: &Id| Bounds { lo: b.lo.min(arena.node(*id).range.lo), hi: b.hi.min(arena.node(*id).range.hi) };
    list.iter().fold(Bounds { lo: 1, hi: 1 }, fold)
}

fn truth_of_any(arena: &Arena, list: &[Id]) -> Bounds {
    // `a or b` always holds when `not a and not b` never does.
    let mut all = Vec::new();
    for id in list {
        match &arena.node(*id).op {
            Op::Compare(cmp, a, b) => all.push((cmp.negated(), *a, *b)),
            Op::Not(inner) => {
                if let Op::Compare(cmp, a, b) = &arena.node(*inner).op {
                    all.push((*cmp, *a, *b));
                }
            }
            _ => {}
        }
    }
    if clash(arena, &all).is_some() || opposites(arena, list).is_some() {
        return Bounds { lo: 1, hi: 1 };
    }
    let fold =
        |b: Bounds, id: &Id| Bounds { lo: b.lo.max(arena.node(*id).range.lo), hi: b.hi.max(arena.node(*id).range.hi) };
    list.iter().fold(Bounds { lo: 0, hi: 0 }, fold)
}

/// A condition of the list that cannot hold together with those before it.
pub(crate) fn contradiction(arena: &Arena, list: &[Id]) -> Option<usize> {
    let mut comparisons: Vec<(Cmp, Id, Id)> = Vec::new();
    for (i, id) in list.iter().enumerate() {
        gather(arena, *id, &mut comparisons);
        if clash(arena, &comparisons).is_some() {
            return Some(i);
        }
    }
    let mut flat = Vec::new();
    for (i, id) in list.iter().enumerate() {
        match &arena.node(*id).op {
            Op::And(inner) => flat.extend(inner.iter().copied()),
            _ => flat.push(*id),
        }
        if opposites(arena, &flat).is_some() {
            return Some(i);
        }
    }
    None
}

/// Something and its negation in one list.
fn opposites(arena: &Arena, list: &[Id]) -> Option<usize> {
    list.iter().position(|id| matches!(&arena.node(*id).op, Op::Not(inner) if list.contains(inner)))
}

fn gather(arena: &Arena, id: Id, into: &mut Vec<(Cmp, Id, Id)>) {
    match &arena.node(id).op {
        Op::Compare(cmp, a, b) => into.push((*cmp, *a, *b)),
        Op::And(list) => list.iter().for_each(|i| gather(arena, *i, into)),
        Op::Not(inner) => {
            if let Op::Compare(cmp, a, b) = &arena.node(*inner).op {
                into.push((cmp.negated(), *a, *b));
            }
        }
        _ => {}
    }
}

/// Whether comparisons of one value with constants leave nothing for it to be.
fn clash(arena: &Arena, comparisons: &[(Cmp, Id, Id)]) -> Option<usize> {
    let constant = |id: Id| match &arena.node(id).op {
        Op::Const(v) => Some(*v),
        Op::Widen(inner) => match &arena.node(*inner).op {
            Op::Const(v) => Some(apply::widen(*v)),
            _ => None,
        },
        _ => None,
    };
    let mut seen: Vec<(Id, Cmp, Val)> = Vec::new();
    for (i, (cmp, a, b)) in comparisons.iter().enumerate() {
        let (subject, cmp, v) = match (constant(*a), constant(*b)) {
            (None, Some(v)) => (*a, *cmp, v),
            (Some(v), None) => (*b, cmp.turned(), v),
            _ => {
                // Two values held against each other twice: the same pair with opposite signs.
                let opposite = comparisons.iter().take(i).any(|(c, x, y)| {
                    ((x, y) == (a, b) && *c == cmp.negated()) || ((x, y) == (b, a) && c.turned() == cmp.negated())
                });
                if opposite {
                    return Some(i);
                }
                continue;
            }
        };
        let whole = arena.node(subject).ty.is_whole() || arena.node(subject).ty == Ty::Date;
        if seen.iter().any(|(s, c, w)| *s == subject && exclude(whole, (*c, *w), (cmp, v))) {
            return Some(i);
        }
        seen.push((subject, cmp, v));
    }
    None
}

/// Whether no value satisfies both `x c1 v1` and `x c2 v2`.
fn exclude(whole: bool, (c1, v1): (Cmp, Val), (c2, v2): (Cmp, Val)) -> bool {
    use crate::eval::certainly;
    match (c1, c2) {
        (Cmp::Eq, other) => crate::lower::differ_by(v1, other, v2),
        (other, Cmp::Eq) => crate::lower::differ_by(v2, other, v1),
        (Cmp::Lt | Cmp::Le, Cmp::Gt | Cmp::Ge) => {
            let strict = c1 == Cmp::Lt || c2 == Cmp::Gt;
            let gap = whole && c1 == Cmp::Lt && c2 == Cmp::Gt && neighbours(v2, v1);
            gap || certainly(if strict { Cmp::Le } else { Cmp::Lt }, v1, v2)
        }
        (Cmp::Gt | Cmp::Ge, Cmp::Lt | Cmp::Le) => exclude(whole, (c2, v2), (c1, v1)),
        _ => false,
    }
}

/// Whether whole numbers leave nothing strictly between.
fn neighbours(low: Val, high: Val) -> bool {
    match (low, high) {
        (Val::Int(a), Val::Int(b)) | (Val::Date(a), Val::Date(b)) => a.checked_add(1) == Some(b),
        _ => false,
    }
}
