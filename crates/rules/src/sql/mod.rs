//! The rules as SQL: an independent check of the columnar machine, and a way to run a programme where only a database is at hand.
//!
//! [`prelude`] says once what each operation does, with unknowns, bounds and errors; [`tables`] holds the dated tables;
//! [`programme`] is one query for a programme on a day, over a table `household` and a table `person`; [`facts`] are these two tables
//! for given households. Everything runs on PostgreSQL 14 or later; another dialect needs another prelude.

mod expression;
mod scope;

use std::fmt::Write as _;

use kernel::Date;

use crate::days;
use crate::explain::in_force;
use crate::facts::{Column, Household};
use crate::ir::Id;
use crate::program::Program;
use crate::schema::{Entity, Type};
use crate::types::Ty;
use crate::value::Val;
use expression::Writer;
use scope::{Scope, resolve, within};

/// Why a programme has no query.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SqlRefusal {
    /// There is no programme of this id.
    #[error("there is no programme {0}")]
    Unknown(String),
    /// No version is in force on the day.
    #[error("{programme}: no version is in force on {on}")]
    NotInForce {
        /// The programme.
        programme: String,
        /// The day.
        on: Date,
    },
    /// The query would be larger than a database takes.
    #[error(
        "{programme}: more than {limit} operations for one person, and a query may hold no more: split it by definitions"
    )]
    TooLarge {
        /// The programme.
        programme: String,
        /// How many.
        limit: usize,
    },
}

/// PostgreSQL takes 1,664 columns.
const MOST_OPERATIONS: usize = 1_500;

/// The types and functions that the queries use.
pub fn prelude() -> &'static str {
    include_str!("prelude.sql")
}

/// A text as a literal.
pub(super) fn text(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// A name as an identifier.
pub(super) fn name(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

/// A value that is written down.
pub(super) fn constant(program: &Program, v: Val) -> String {
    let of = |text: Option<&std::sync::Arc<str>>| self::text(text.map_or("", AsRef::as_ref));
    match v {
        Val::Bool(b) => format!("hv_truth({b})"),
        Val::Int(n) | Val::Date(n) => format!("hv_num({n})"),
        Val::Dec(d) => format!("hv_num({d})"),
        Val::Code(c) => format!("hv_text({})", of(program.layout.codes.get(c as usize).map(|(_, code)| code))),
        Val::Text(t) => format!("hv_text({})", of(program.layout.texts.get(t as usize))),
        Val::Unknown(_) => "hv_unknown(NULL, NULL)".into(),
        Val::Error(t) => format!("hv_error({})", t.node),
    }
}

/// The dated tables, as rows of `hv_row`.
pub fn tables(program: &Program) -> String {
    let mut out = String::new();
    for (n, table) in program.tables.iter().enumerate() {
        for (seq, row) in table.rows.iter().enumerate() {
            let (mut numbers, mut codes) = (Vec::new(), Vec::new());
            for (key, ty) in row.keys.iter().zip(&table.keys) {
                let code = match (ty, u32::try_from(*key)) {
                    (Ty::Code(_), Ok(c)) => program.layout.codes.get(c as usize).map(|(_, code)| text(code)),
                    _ => None,
                };
                numbers.push(key.to_string());
                codes.push(code.unwrap_or_else(|| "NULL".into()));
            }
            let _ = writeln!(
                out,
                "INSERT INTO hv_row VALUES ({n}, {seq}, ARRAY[{}]::numeric[], ARRAY[{}]::text[], {}, {}, {});",
                numbers.join(", "),
                codes.join(", "),
                row.from,
                row.to,
                constant(program, row.value)
            );
        }
    }
    out
}

/// A programme on a day as one query with the columns `household`, `member` (empty for a household's own), `answer` (`yes`, `no`,
/// `cannot_tell`, `error`) and `amount` in minor units. Who does not come into question has no row.
///
/// # Errors
/// [`SqlRefusal`]: what cannot be said, by name and reason.
pub fn programme(program: &Program, id: &str, on: Date, claim: Date) -> Result<String, SqlRefusal> {
    let found = program.programmes.iter().find(|p| p.id.as_ref() == id);
    let programme = found.ok_or_else(|| SqlRefusal::Unknown(id.to_owned()))?;
    let day = days::of(on);
    let (_, version) =
        in_force(programme, day).ok_or_else(|| SqlRefusal::NotInForce { programme: id.to_owned(), on })?;
    let depth = usize::from(version.subject == Entity::Person);
    let amount = version.amount.map(|(id, _)| id);
    let roots: Vec<Id> = version.applies.into_iter().chain([version.verdict]).chain(amount).collect();
    let writer = Writer { program, today: day, claim: days::of(claim) };
    let arena = &program.arena;
    let inner = if depth == 1 { within(arena, 1, roots.iter().copied(), day) } else { Scope::default() };
    let own = roots.iter().map(|id| resolve(arena, depth, *id)).filter(|(at, _)| *at == 0).map(|(_, id)| id);
    let outer = inner.outside.iter().filter(|(at, _)| *at == 0).map(|(_, id)| *id).chain(own);
    let outer = within(arena, 0, outer, day);
    for scope in [&inner, &outer] {
        if scope.levels.iter().map(Vec::len).sum::<usize>() > MOST_OPERATIONS {
            return Err(SqlRefusal::TooLarge { programme: id.to_owned(), limit: MOST_OPERATIONS });
        }
    }
    let column = |id: Id| expression::column(resolve(arena, depth, id));
    let verdict = column(version.verdict);
    let broken = amount.map_or("false".into(), |a| format!("({}).s = 2", column(a)));
    let sum = amount.map_or("NULL".into(), |a| {
        let (a, v) = (column(a), &verdict);
        format!("CASE WHEN ({v}).s = 0 AND ({v}).v = 1 AND ({a}).s = 0 THEN ({a}).v END")
    });
    let applies = version.applies.map(|a| format!("NOT (({0}).s = 0 AND ({0}).v = 0)", column(a)));
    let member = if depth == 1 { "p1.member" } else { "NULL::int" };
    let mut out = format!("-- {id} on {on}, claimed on {claim}\nSELECT h.household, {member} AS member,\n");
    let _ = writeln!(
        out,
        "  CASE WHEN ({verdict}).s = 2 THEN 'error' WHEN ({verdict}).s = 1 THEN 'cannot_tell' WHEN ({verdict}).v = 0 THEN 'no'\n    \
         WHEN {broken} THEN 'error' ELSE 'yes' END AS answer,\n  {sum} AS amount\nFROM household h"
    );
    writer.levels(&mut out, 0, &outer, 1);
    if depth == 1 {
        let _ = writeln!(out, "JOIN person p1 ON p1.household = h.household");
        writer.levels(&mut out, 1, &inner, 1);
    }
    let _ = writeln!(out, "WHERE {}\nORDER BY 1, 2;", applies.unwrap_or_else(|| "true".into()));
    Ok(out)
}

fn sql_type(ty: &Type) -> &'static str {
    match ty {
        Type::Boolean => "boolean",
        Type::Date => "date",
        Type::Text | Type::Code(_) => "text",
        _ => "numeric",
    }
}

/// The tables `household` and `person` with the facts of these households; what is empty is not known. A number names each household, by
/// its place in the list.
pub fn facts(program: &Program, households: &[Household]) -> String {
    let layout = &program.layout;
    let columns =
        |list: &[Column]| -> String { list.iter().map(|c| format!(", {} {}", name(&c.id), sql_type(&c.ty))).collect() };
    let mut out = format!("CREATE TABLE household (household bigint PRIMARY KEY{});\n", columns(&layout.household));
    let _ = writeln!(
        out,
        "CREATE TABLE person (household bigint, member int, spouse int[], parents int[], children int[]{}, PRIMARY KEY (household, member));",
        columns(&layout.person)
    );
    let all = |list: &[usize]| {
        format!("ARRAY[{}]::int[]", list.iter().map(ToString::to_string).collect::<Vec<_>>().join(", "))
    };
    for (n, given) in households.iter().enumerate() {
        let household = program.at_home(given);
        let value = |c: usize, ty: &Type, member: Option<usize>| {
            let v = u32::try_from(c).map_or(Val::UNKNOWN, |c| household.fact(c, member));
            format!(", {}", fact(program, &household, ty, v))
        };
        let own: String = layout.household.iter().enumerate().map(|(c, column)| value(c, &column.ty, None)).collect();
        let _ = writeln!(out, "INSERT INTO household VALUES ({n}{own});");
        for (m, member) in household.members.iter().enumerate() {
            let own: String =
                layout.person.iter().enumerate().map(|(c, column)| value(c, &column.ty, Some(m))).collect();
            let related =
                [member.spouse.as_slice(), member.parents.as_slice(), member.children.as_slice()].map(all).join(", ");
            let _ = writeln!(out, "INSERT INTO person VALUES ({n}, {m}, {related}{own});");
        }
    }
    out
}

/// A day as PostgreSQL writes it, which has no year 0: what is before year 1 is counted backwards from it. A day before its calendar begins,
/// in 4714 BC, becomes its first.
fn day(days: i64) -> String {
    const FIRST: i64 = -2_440_588;
    match days::civil(days.max(FIRST)) {
        (year, month, day) if year < 1 => format!("{:04}-{month:02}-{day:02} BC", 1 - year),
        (year, month, day) => format!("{year:04}-{month:02}-{day:02}"),
    }
}

fn fact(program: &Program, household: &Household, ty: &Type, v: Val) -> String {
    match v {
        Val::Bool(b) => b.to_string(),
        Val::Date(d) if *ty == Type::Date => text(&day(d)),
        Val::Int(n) | Val::Date(n) => n.to_string(),
        Val::Dec(d) => d.to_string(),
        Val::Code(c) => program.layout.codes.get(c as usize).map_or("NULL".into(), |(_, code)| text(code)),
        Val::Text(t) => {
            let own = (t as usize).checked_sub(program.layout.texts.len()).and_then(|n| household.texts.get(n));
            program.layout.texts.get(t as usize).or(own).map_or("NULL".into(), |t| text(t))
        }
        Val::Unknown(_) | Val::Error(_) => "NULL".into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_as_postgresql_writes_them() {
        assert_eq!(day(0), "1970-01-01");
        assert_eq!(day(days::FIRST), "0001-01-01");
        assert_eq!(day(days::FIRST - 1), "0001-12-31 BC");
        assert_eq!(day(days::FIRST - 366), "0001-01-01 BC");
        assert_eq!(day(days::LAST), "9999-12-31");
        assert_eq!(day(-4_000_000), "4714-11-24 BC");
    }
}
