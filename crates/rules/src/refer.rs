//! What a rule reads besides facts: other programmes and the dated tables.

use crate::ast::{Ast, Kind, Span};
use crate::faults::nearest_name;
use crate::ir::{Aggregate, Id, Op};
use crate::lower::{Compiler, Cx, Meaning, People};
use crate::schema::Entity;
use crate::types::Ty;

impl Compiler<'_> {
    /// Whether another programme's conditions hold (or its amount), for the current person, one named, or any of a list.
    pub(crate) fn other_programme(&mut self, cx: &mut Cx, span: Span, name: &str, args: &[Ast]) -> Option<Id> {
        let Some(Kind::Text(programme)) = args.first().map(|a| &a.kind) else {
            return self.fault(
                cx,
                span,
                "wrong-type",
                format!("`{name}` needs the id of a programme"),
                "a text in quotation marks",
                "",
            );
        };
        let Some(index) = self.programme_names.get(programme.as_str()).copied() else {
            let schema = self.schema;
            let near = nearest_name(programme, schema.programmes.iter().map(|p| p.id.as_ref()));
            let hint = near.map(|n| format!("did you mean \"{n}\"?")).unwrap_or_default();
            let at = args.first().map_or(span, |a| a.span);
            return self.fault(
                cx,
                at,
                "unknown-name",
                format!("there is no programme {programme:?}"),
                "the id of a programme of this pack",
                hint,
            );
        };
        let shared = if name == "amount of" { self.amount(index) } else { self.verdict(index) }?;
        if name == "any entitled" {
            let list = args.get(1)?;
            let people = self.people(cx, list)?;
            if shared.subject == Entity::Household {
                return self.fault(
                    cx,
                    span,
                    "wrong-type",
                    format!("{programme:?} is the household's as a whole"),
                    "a programme of persons",
                    format!("write entitled(\"{programme}\")"),
                );
            }
            let People { relation, of, filter, .. } = people;
            return Some(self.add(
                cx,
                span,
                Op::Aggregate { how: Aggregate::Any, relation, of, filter, value: Some(shared.node) },
                Ty::Bool,
            ));
        }
        let binder = match args.get(1) {
            None => Self::current_person(cx),
            Some(who) => match self.meaning(cx, who)? {
                Meaning::Person(i) => Some(i),
                Meaning::Household => None,
                _ => {
                    return self.fault(
                        cx,
                        who.span,
                        "wrong-type",
                        "this is not one person",
                        "`person`, `item` or the name of a member",
                        "for a list: any entitled(…)",
                    );
                }
            },
        };
        match (shared.subject, binder) {
            (Entity::Household, _) => Some(shared.node),
            (Entity::Person, Some(i)) => Some(self.outward(cx, span, Self::distance(cx, i), shared.node)),
            (Entity::Person, None) => self.fault(
                cx,
                span,
                "wrong-type",
                format!("{programme:?} is a person's, and no person is meant here"),
                "a person",
                format!("write any entitled(\"{programme}\", household.members)"),
            ),
        }
    }

    /// A table's value; on `today` unless another day is given.
    pub(crate) fn param(&mut self, cx: &mut Cx, span: Span, table: usize, at: Option<Id>, args: &[Ast]) -> Option<Id> {
        let (id, ty, key_types) = {
            let t = self.tables.get(table)?;
            (t.id.clone(), t.ty.clone(), t.keys.clone())
        };
        if args.len() != key_types.len() {
            let names: Vec<&str> = self
                .schema
                .tables
                .get(table)
                .map(|t| t.keys.iter().map(|k| k.name.as_ref()).collect())
                .unwrap_or_default();
            return self.fault(
                cx,
                span,
                "wrong-arguments",
                format!("`{id}` was given {} keys", args.len()),
                format!("{}: {id}({})", key_types.len(), names.join(", ")),
                "",
            );
        }
        let mut keys = Vec::new();
        for (arg, want) in args.iter().zip(&key_types) {
            let key = self.scalar(cx, arg)?;
            keys.push(self.fitted(cx, arg.span, key, want, &format!("this key of `{id}`"))?);
        }
        let at = match at {
            Some(at) => at,
            None => self.add(cx, span, Op::Today, Ty::Date),
        };
        let table = u32::try_from(table).ok()?;
        Some(self.add(cx, span, Op::Param { table, at, keys: keys.into() }, ty))
    }

    pub(crate) fn table_at(&mut self, cx: &mut Cx, span: Span, name: &str, args: &[Ast]) -> Option<Id> {
        let Some(table) = self.table_names.get(name).copied() else { return self.unknown(cx, span, name, None) };
        let Some((day, keys)) = args.split_first() else {
            return self.fault(cx, span, "wrong-arguments", "`at` was given no day", "at (date, keys…)", "");
        };
        let at = self.scalar(cx, day)?;
        let at = self.fitted(cx, day.span, at, &Ty::Date, "the day of a table")?;
        self.param(cx, span, table, Some(at), keys)
    }
}
