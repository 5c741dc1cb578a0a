//! The content hash of a rule set: what the rules say, not where or in which order they were written.
//!
//! Every node has a hash of its operation, its type and its operands' hashes, with names in place of numbers. A programme is its
//! id and its versions; the rule set is the sorted programmes, tables and items.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::ir::{ByDate, Node, Op};
use crate::program::{Program, ProgrammeIr};
use crate::tables::ParamTable;
use crate::value::Val;

type Hash = [u8; 32];

fn digest(text: &str) -> Hash {
    Sha256::digest(text.as_bytes()).into()
}

/// A hash for every node, from its label and its operands' hashes.
fn nodes(program: &Program, label: &dyn Fn(&Node) -> String) -> Vec<Hash> {
    let mut hashes: Vec<Hash> = Vec::with_capacity(program.arena.nodes().len());
    for node in program.arena.nodes() {
        let mut text = label(node);
        for child in node.op.children() {
            let child = hashes.get(child.0 as usize).copied().unwrap_or_default();
            let _ = write!(text, " {}", hex::encode(child));
        }
        hashes.push(digest(&text));
    }
    hashes
}

/// What each programme says, with all that it reads: definitions, other programmes, the rows of tables, what silence means.
/// Two rule sets in which a programme has the same hash give it the same results for the same facts.
pub(crate) fn programmes(program: &Program) -> BTreeMap<String, String> {
    let tables: Vec<String> = program.tables.iter().map(|t| hex::encode(digest(&table(program, t)))).collect();
    let absent = |columns: &[crate::facts::Column], c: u32| {
        columns.get(c as usize).and_then(|c| c.absent).map(|v| constant(program, v)).unwrap_or_default()
    };
    let whole = |node: &Node| {
        let beside = match &node.op {
            Op::Param { table, .. } => tables.get(*table as usize).cloned().unwrap_or_default(),
            Op::HouseholdFact(c) => absent(&program.layout.household, *c),
            Op::PersonFact(c) => absent(&program.layout.person, *c),
            _ => String::new(),
        };
        format!("{} {beside}", label(program, node))
    };
    let hashes = nodes(program, &whole);
    let one = |p: &ProgrammeIr| (p.id.to_string(), hex::encode(digest(&versions(p, &hashes))));
    program.programmes.iter().map(one).collect()
}

/// The versions of a programme in order.
fn versions(p: &ProgrammeIr, hashes: &[Hash]) -> String {
    let of = |id: crate::ir::Id| hashes.get(id.0 as usize).map(hex::encode).unwrap_or_default();
    let mut versions: Vec<String> = Vec::new();
    for v in &p.versions {
        let mut text = format!("{} {} {:?} verdict {}", v.from, v.to, v.subject, of(v.verdict));
        for c in &v.conditions {
            let _ = write!(text, " {} {}", c.id, of(c.node));
        }
        if let Some((id, per)) = v.amount {
            let _ = write!(text, " amount {} {per}", of(id));
        }
        let named = [
            ("applies", v.applies),
            ("from", v.starts),
            ("until", v.until),
            ("opens", v.claim_opens),
            ("closes", v.claim_closes),
        ];
        for (name, id) in named {
            if let Some(id) = id {
                let _ = write!(text, " {name} {}", of(id));
            }
        }
        versions.push(text);
    }
    versions.sort();
    versions.join("; ")
}

/// A table with its rows, in an order of their own.
fn table(program: &Program, t: &ParamTable) -> String {
    let mut text = format!("table {} {:?} {:?} {:?}", t.id, t.ty, t.keys, t.floor);
    let mut rows: Vec<String> = Vec::new();
    for row in &t.rows {
        let keys: Vec<String> = row.keys.iter().zip(&t.keys).map(|(k, ty)| key(program, ty, *k)).collect();
        rows.push(format!(" [{} {} {} {}]", keys.join(" "), row.from, row.to, constant(program, row.value)));
    }
    // Rows are held in the order of code numbers, which depends on the order of code lists.
    rows.sort();
    text.extend(rows);
    text
}

pub(crate) fn content(program: &Program) -> String {
    let hashes = nodes(program, &|node| label(program, node));
    let mut parts: Vec<String> = Vec::new();
    for p in &program.programmes {
        parts.push(format!("programme {} {}", p.id, versions(p, &hashes)));
    }
    parts.extend(program.tables.iter().map(|t| table(program, t)));
    for (entity, columns) in [("household", &program.layout.household), ("person", &program.layout.person)] {
        for c in columns {
            let absent = c.absent.map(|v| constant(program, v)).unwrap_or_default();
            parts.push(format!("item {entity} {} {:?} {absent}", c.id, c.ty));
        }
    }
    parts.sort();
    let mut all = Sha256::new();
    for part in parts {
        all.update(digest(&part));
    }
    hex::encode(all.finalize())
}

fn key(program: &Program, ty: &crate::types::Ty, k: i64) -> String {
    match (ty, u32::try_from(k)) {
        (crate::types::Ty::Code(_), Ok(c)) => constant(program, Val::Code(c)),
        _ => k.to_string(),
    }
}

fn constant(program: &Program, v: Val) -> String {
    match v {
        Val::Code(c) => program.layout.codes.get(c as usize).map(|(l, c)| format!("{l}:{c}")).unwrap_or_default(),
        Val::Text(t) => program.layout.texts.get(t as usize).map(|t| format!("{t:?}")).unwrap_or_default(),
        other => format!("{other:?}"),
    }
}

fn dates(versions: &[ByDate]) -> String {
    versions.iter().map(|v| format!("{}..{} ", v.from, v.to)).collect()
}

/// The operation with names instead of numbers, without its operands.
fn label(program: &Program, node: &Node) -> String {
    let item = |columns: &[crate::facts::Column], c: u32| {
        columns.get(c as usize).map(|c| c.id.to_string()).unwrap_or_default()
    };
    let what = match &node.op {
        Op::Const(v) => format!("const {}", constant(program, *v)),
        Op::Today => "today".into(),
        Op::ClaimDate => "claim_date".into(),
        Op::HouseholdFact(c) => format!("household.{}", item(&program.layout.household, *c)),
        Op::PersonFact(c) => format!("person.{}", item(&program.layout.person, *c)),
        Op::Define { definition, versions, stated } => {
            let d = program.definitions.get(*definition as usize);
            format!(
                "define {} {} {}",
                d.map(|d| d.id.to_string()).unwrap_or_default(),
                dates(versions),
                stated.is_some()
            )
        }
        Op::Param { table, .. } => {
            format!("param {}", program.tables.get(*table as usize).map(|t| t.id.to_string()).unwrap_or_default())
        }
        Op::Entitled { programme, versions } | Op::AmountOf { programme, versions } => {
            let id = program.programmes.get(*programme as usize).map(|p| p.id.to_string()).unwrap_or_default();
            let what = if matches!(node.op, Op::Entitled { .. }) { "entitled" } else { "amount" };
            format!("{what} {id} {}", dates(versions))
        }
        Op::Not(_) => "not".into(),
        Op::And(_) => "and".into(),
        Op::Or(_) => "or".into(),
        Op::Compare(c, ..) => c.sign().into(),
        Op::If(..) => "if".into(),
        Op::Arith(op, ..) => format!("{op:?}"),
        Op::Negate(_) => "negate".into(),
        Op::Abs(_) => "abs".into(),
        Op::Widen(_) => "widen".into(),
        Op::Round(how, scale, _) => format!("round {how:?} {scale}"),
        Op::Least(_) => "min".into(),
        Op::Greatest(_) => "max".into(),
        Op::Between(unit, ..) => format!("between {unit:?}"),
        Op::Shift(unit, ..) => format!("shift {unit:?}"),
        Op::Part(part, _) => format!("part {part:?}"),
        Op::IsKnown(_) => "is known".into(),
        Op::Aggregate { how, relation, of, filter, value } => {
            format!("{how:?} {relation:?} {of} {} {}", filter.is_some(), value.is_some())
        }
        Op::Outer(by, _) => format!("outer {by}"),
    };
    format!("{what} {:?}", node.ty)
}
