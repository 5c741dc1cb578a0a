//! Nodes as calls of the prelude's functions.

use std::fmt::Write as _;

use super::scope::{Key, Scope, resolve, within};
use super::{constant, name};
use crate::dec::Rounding;
use crate::facts::Column;
use crate::ir::{Aggregate, Arith, ByDate, DatePart, Id, Op, Relation, TimeUnit};
use crate::program::Program;
use crate::schema::Type;
use crate::types::Ty;
use crate::value::Bounds;

/// The column that holds a node's value.
pub(super) fn column((depth, id): Key) -> String {
    format!("n{}_{depth}", id.0)
}

/// Writes one programme on one day.
pub(super) struct Writer<'p> {
    pub(super) program: &'p Program,
    pub(super) today: i64,
    pub(super) claim: i64,
}

fn unit(unit: TimeUnit) -> &'static str {
    match unit {
        TimeUnit::Years => "'years'",
        TimeUnit::Months => "'months'",
        TimeUnit::Days => "'days'",
    }
}

impl Writer<'_> {
    /// The nodes of a scope, level by level. `OFFSET 0` keeps the planner from copying each into all that use it.
    pub(super) fn levels(&self, out: &mut String, depth: usize, scope: &Scope, indent: usize) {
        let margin = "  ".repeat(indent);
        for (n, level) in scope.levels.iter().enumerate() {
            let all: Vec<String> = level
                .iter()
                .map(|id| format!("{} AS {}", self.node(depth, *id, indent), column((depth, *id))))
                .collect();
            let _ = writeln!(
                out,
                "{margin}CROSS JOIN LATERAL (SELECT {} OFFSET 0) AS g{n}_{depth}",
                all.join(&format!(",\n{margin}  "))
            );
        }
    }

    fn of(&self, depth: usize, id: Id) -> String {
        column(resolve(&self.program.arena, depth, id))
    }

    fn list(&self, depth: usize, ids: &[Id]) -> String {
        let all: Vec<String> = ids.iter().map(|id| self.of(depth, *id)).collect();
        format!("ARRAY[{}]", all.join(", "))
    }

    fn node(&self, depth: usize, id: Id, indent: usize) -> String {
        let node = self.program.arena.node(id);
        let text = self.operation(depth, id, indent);
        // What holds whatever the facts are is known even where the facts are not.
        match node.range {
            Bounds { lo, hi } if node.ty == Ty::Bool && lo == hi && !node.fallible => {
                format!("hv_settled({text}, {})", lo == 1)
            }
            _ => text,
        }
    }

    fn operation(&self, depth: usize, id: Id, indent: usize) -> String {
        let node = self.program.arena.node(id);
        let of = |id: &Id| self.of(depth, *id);
        let n = id.0;
        match &node.op {
            Op::Const(v) => constant(self.program, *v),
            Op::Today => format!("hv_num({})", self.today),
            Op::ClaimDate => format!("hv_num({})", self.claim),
            Op::HouseholdFact(c) => fact("h", self.program.layout.household.get(*c as usize)),
            Op::PersonFact(c) => fact(&format!("p{depth}"), self.program.layout.person.get(*c as usize)),
            Op::Define { versions, stated, .. } => {
                let value = self.in_force(depth, versions, &format!("hv_error({n})"));
                match stated {
                    Some(stated) => format!("CASE WHEN ({0}).s <> 1 THEN {0} ELSE {value} END", of(stated)),
                    None => value,
                }
            }
            Op::Entitled { versions, .. } => self.in_force(depth, versions, "hv_truth(false)"),
            Op::AmountOf { versions, .. } => self.in_force(depth, versions, "hv_num(0)"),
            Op::Param { table, at, keys } => {
                let bands = self.program.tables.get(*table as usize).map_or(&[][..], |t| t.floor.as_slice());
                let bands: Vec<String> = bands.iter().map(ToString::to_string).collect();
                let (at, keys) = (of(at), self.list(depth, keys));
                format!("hv_param({n}, {table}, {at}, {keys}::hv[], ARRAY[{}]::boolean[])", bands.join(", "))
            }
            Op::Not(a) => format!("hv_not({})", of(a)),
            Op::And(list) => format!("hv_kleene({}, false)", self.list(depth, list)),
            Op::Or(list) => format!("hv_kleene({}, true)", self.list(depth, list)),
            Op::Compare(cmp, a, b) => format!("hv_compare('{}', {}, {})", cmp.sign(), of(a), of(b)),
            Op::If(c, a, b) => format!("hv_if({}, {}, {})", of(c), of(a), of(b)),
            Op::Arith(op, a, b) => {
                let sign = match op {
                    Arith::Add => '+',
                    Arith::Sub => '-',
                    Arith::Mul => '*',
                    Arith::Div => '/',
                };
                format!("hv_arith({n}, '{sign}', {}, {}, {})", !is_decimal(&node.ty), of(a), of(b))
            }
            Op::Negate(a) => format!("hv_negate({})", of(a)),
            Op::Abs(a) => format!("hv_abs({})", of(a)),
            // The same number.
            Op::Widen(a) | Op::Outer(_, a) => of(a),
            Op::Round(how, scale, a) => {
                let how = match how {
                    Rounding::Floor => "floor",
                    Rounding::Ceiling => "ceiling",
                    Rounding::HalfUp => "half up",
                    Rounding::Down => "down",
                    Rounding::Up => "up",
                };
                format!("hv_round({n}, '{how}', 1e{scale}, {})", of(a))
            }
            Op::Least(list) => format!("hv_extremes(false, {})", self.list(depth, list)),
            Op::Greatest(list) => format!("hv_extremes(true, {})", self.list(depth, list)),
            Op::Between(by, a, b) => format!("hv_since({}, {}, {})", unit(*by), of(a), of(b)),
            Op::Shift(by, a, b) => format!("hv_shift({n}, {}, {}, {})", unit(*by), of(a), of(b)),
            Op::Part(part, a) => {
                let part = match part {
                    DatePart::Year => "year",
                    DatePart::Month => "month",
                    DatePart::Day => "day",
                    DatePart::StartOfMonth => "start",
                    DatePart::EndOfMonth => "end",
                };
                format!("hv_part('{part}', {})", of(a))
            }
            Op::IsKnown(a) => format!("hv_is_known({})", of(a)),
            Op::Aggregate { how, relation, of, filter, value } => {
                self.aggregate((depth, id), *how, (*relation, *of), (*filter, *value), indent)
            }
        }
    }

    /// The version in force on the day; `none` where there is none.
    fn in_force(&self, depth: usize, versions: &[ByDate], none: &str) -> String {
        let version = versions.iter().find(|v| v.from <= self.today && self.today <= v.to);
        version.map_or_else(|| none.to_owned(), |v| self.of(depth, v.node))
    }

    fn aggregate(
        &self,
        (depth, id): Key,
        how: Aggregate,
        (relation, of): (Relation, u8),
        (filter, value): (Option<Id>, Option<Id>),
        indent: usize,
    ) -> String {
        let inner = depth + 1;
        let scope = within(&self.program.arena, inner, filter.into_iter().chain(value), self.today);
        let person = format!("p{inner}");
        let whose = format!("p{}", depth.saturating_sub(usize::from(of)));
        let related = match relation {
            Relation::Members => String::new(),
            Relation::Children => format!(" AND {person}.member = ANY({whose}.children)"),
            Relation::Parents => format!(" AND {person}.member = ANY({whose}.parents)"),
            Relation::Spouse => format!(" AND {person}.member = ANY({whose}.spouse)"),
        };
        let counts = filter.map_or("hv_truth(true)".to_owned(), |f| self.of(inner, f));
        let what = value.map_or("hv_num(1)".to_owned(), |v| self.of(inner, v));
        let word = match how {
            Aggregate::Count => "count",
            Aggregate::Sum => "sum",
            Aggregate::Min => "min",
            Aggregate::Max => "max",
            Aggregate::Any => "any",
            Aggregate::Every => "every",
        };
        let whole = !is_decimal(&self.program.arena.node(id).ty);
        let order = format!("ORDER BY {person}.member");
        let mut out = format!(
            "(SELECT hv_fold({}, '{word}', {whole}, array_agg({counts} {order}), array_agg({what} {order})) FROM person {person}\n",
            id.0
        );
        self.levels(&mut out, inner, &scope, indent + 1);
        let _ = write!(out, "{}WHERE {person}.household = h.household{related})", "  ".repeat(indent + 1));
        out
    }
}

fn is_decimal(ty: &Ty) -> bool {
    matches!(ty, Ty::Num { whole: false, .. })
}

/// A fact as a value: a count that is not known is not below 0.
fn fact(of: &str, column: Option<&Column>) -> String {
    let Some(column) = column else { return "hv_unknown(NULL, NULL)".into() };
    let function = match &column.ty {
        Type::Boolean => "hv_truth",
        Type::Date => "hv_date",
        Type::Text | Type::Code(_) => "hv_text",
        ty if Ty::of(ty).counts() => "hv_count",
        _ => "hv_num",
    };
    format!("{function}({of}.{})", name(&column.id))
}
