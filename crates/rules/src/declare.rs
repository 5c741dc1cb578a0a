//! Items, codes and tables: what expressions may speak of, and what is wrong with it.

use std::collections::HashSet;
use std::sync::Arc;

use crate::days;
use crate::facts::{Column, convert};
use crate::faults::nearest_name;
use crate::lower::Compiler;
use crate::schema::{Entity, Origin, Type};
use crate::tables::{MAX_KEYS, ParamTable, TableRow};
use crate::types::Ty;
use crate::value::{Bounds, Val};

impl Compiler<'_> {
    /// Items, codes and tables: what expressions may speak of.
    pub(crate) fn declare(&mut self) {
        let schema = self.schema;
        for list in &schema.code_lists {
            if self.layout.lists.contains_key(&list.id) {
                self.faults.error(
                    &list.origin,
                    "duplicate-id",
                    format!("there are two code lists `{}`", list.id),
                    "one",
                    "",
                );
                continue;
            }
            self.layout.lists.insert(list.id.clone(), list.codes.clone());
            for code in &list.codes {
                let n = u32::try_from(self.layout.codes.len()).unwrap_or(u32::MAX);
                if self.layout.code_index.insert((list.id.clone(), code.clone()), n).is_some() {
                    self.faults.error(
                        &list.origin,
                        "duplicate-id",
                        format!("the code {code:?} stands twice in `{}`", list.id),
                        "each code once",
                        "",
                    );
                }
                self.layout.codes.push((list.id.clone(), code.clone()));
            }
        }
        for item in &schema.items {
            self.known_list(&item.ty, &item.origin);
            let absent = item.absent.as_ref().and_then(|v| match convert(&self.layout, &item.ty, v) {
                Ok(v) => Some(v),
                Err(e) => {
                    self.faults.error(
                        &item.origin,
                        "wrong-type",
                        format!("`absent` of `{}`: {e}", item.id),
                        Ty::of(&item.ty).to_string(),
                        "",
                    );
                    None
                }
            });
            self.column(&item.id, item.entity, &item.ty, absent, &item.origin);
        }
        for d in &schema.definitions {
            if d.may_be_stated {
                match &d.ty {
                    Some(ty) => self.column(&d.id, d.entity, ty, None, &d.origin),
                    None => self.faults.error(
                        &d.origin,
                        "missing-unit",
                        format!("`{}` may be stated but has no unit", d.id),
                        "a unit",
                        "facts need a declared type: give `unit`",
                    ),
                }
            } else if self.layout.by_name.contains_key(&(d.entity, d.id.clone())) {
                self.faults.error(
                    &d.origin,
                    "duplicate-id",
                    format!("`{}` is both an item and a definition", d.id),
                    "one meaning for each id",
                    "rename the definition",
                );
            }
        }
        let mut seen = HashSet::new();
        for d in &schema.definitions {
            if !seen.insert((d.entity, d.id.clone())) {
                self.faults.error(
                    &d.origin,
                    "duplicate-id",
                    format!("there are two definitions `{}`", d.id),
                    "one",
                    "use dated versions of one definition",
                );
            }
        }
        let mut seen = HashSet::new();
        for p in &schema.programmes {
            if !seen.insert(p.id.clone()) {
                self.faults.error(
                    &p.origin,
                    "duplicate-id",
                    format!("there are two programmes `{}`", p.id),
                    "one",
                    "use dated versions of one programme",
                );
            }
        }
        self.declare_roles();
        for t in 0..schema.tables.len() {
            self.table(t);
        }
    }

    fn declare_roles(&mut self) {
        let roles = &self.schema.roles;
        for (role, item) in
            [("birth_date", &roles.birth_date), ("death_date", &roles.death_date), ("due_date", &roles.due_date)]
        {
            let Some(item) = item else { continue };
            let is_date = self.layout.column(Entity::Person, item).is_some_and(|(_, c)| c.ty == Type::Date);
            if !is_date {
                self.faults.error(
                    &Origin { file: "pack.toml".into(), line: 1, column: 1 },
                    "unknown-name",
                    format!("the role `{role}` names `{item}`, which is no date of a person"),
                    "an item of entity person and type date",
                    "",
                );
            }
        }
    }

    fn known_list(&mut self, ty: &Type, origin: &Origin) {
        if let Type::Code(list) = ty
            && !self.layout.lists.contains_key(list)
        {
            let near = nearest_name(list, self.layout.lists.keys().map(AsRef::as_ref));
            let hint = near.map(|n| format!("did you mean `{n}`?")).unwrap_or_default();
            self.faults.error(
                origin,
                "unknown-name",
                format!("there is no code list `{list}`"),
                "a list of codes.csv",
                hint,
            );
        }
    }

    fn column(&mut self, id: &Arc<str>, entity: Entity, ty: &Type, absent: Option<Val>, origin: &Origin) {
        let columns = if entity == Entity::Household { &mut self.layout.household } else { &mut self.layout.person };
        let n = u32::try_from(columns.len()).unwrap_or(u32::MAX);
        if self.layout.by_name.insert((entity, id.clone()), n).is_some() {
            self.faults.error(
                origin,
                "duplicate-id",
                format!("`{id}` is declared twice"),
                "each id once",
                "rename one of them",
            );
        }
        columns.push(Column { id: id.clone(), entity, ty: ty.clone(), absent });
    }

    fn table(&mut self, index: usize) {
        let Some(table) = self.schema.tables.get(index) else { return };
        self.known_list(&table.ty, &table.origin);
        if self.table_names.get(table.id.as_ref()) != Some(&index) {
            self.faults.error(&table.origin, "duplicate-id", format!("there are two tables `{}`", table.id), "one", "");
        }
        if table.keys.len() > MAX_KEYS {
            self.faults.error(
                &table.origin,
                "too-many-keys",
                format!("`{}` has {} keys", table.id, table.keys.len()),
                format!("at most {MAX_KEYS}"),
                "",
            );
        }
        for key in &table.keys {
            self.known_list(&key.ty, &table.origin);
            if !matches!(key.ty, Type::Integer(_) | Type::Code(_)) || (key.floor && !matches!(key.ty, Type::Integer(_)))
            {
                self.faults.error(
                    &table.origin,
                    "wrong-type",
                    format!("the key `{}` of `{}` is {}", key.name, table.id, Ty::of(&key.ty)),
                    "an integer, or a code looked up exactly",
                    "",
                );
            }
        }
        let mut rows: Vec<(TableRow, &Origin)> = Vec::new();
        for row in &table.rows {
            let (from, to) = (days::of(row.valid_from), row.valid_to.map_or(i64::MAX, days::of));
            if to < from {
                self.faults.error(
                    &row.origin,
                    "overlap",
                    "this row ends before it begins",
                    "`valid_to` on or after `valid_from`",
                    "",
                );
            }
            let mut keys = Vec::new();
            if row.keys.len() != table.keys.len() {
                self.faults.error(
                    &row.origin,
                    "wrong-arguments",
                    format!("this row has {} keys", row.keys.len()),
                    table.keys.len().to_string(),
                    "",
                );
                continue;
            }
            for (key, value) in table.keys.iter().zip(&row.keys) {
                match convert(&self.layout, &key.ty, value) {
                    Ok(Val::Int(n)) => keys.push(n),
                    Ok(Val::Code(c)) => keys.push(i64::from(c)),
                    Ok(_) => {}
                    Err(e) => self.faults.error(
                        &row.origin,
                        "wrong-type",
                        format!("key `{}`: {e}", key.name),
                        Ty::of(&key.ty).to_string(),
                        "",
                    ),
                }
            }
            match convert(&self.layout, &table.ty, &row.value) {
                Ok(value) if keys.len() == table.keys.len() => {
                    rows.push((TableRow { keys: keys.into(), from, to, value }, &row.origin))
                }
                Ok(_) => {}
                Err(e) => self.faults.error(
                    &row.origin,
                    "wrong-type",
                    format!("value: {e}"),
                    Ty::of(&table.ty).to_string(),
                    "",
                ),
            }
        }
        rows.sort_by(|(a, _), (b, _)| a.keys.cmp(&b.keys).then(a.from.cmp(&b.from)));
        for pair in rows.windows(2) {
            if let [(a, first), (b, origin)] = pair
                && a.keys == b.keys
                && b.from <= a.to
            {
                self.faults.error(
                    origin,
                    "overlap",
                    format!("from {} this row and the one in line {} both apply", days::date(b.from), first.line),
                    "one row for each day and key",
                    "end the earlier row the day before the later begins",
                );
            }
        }
        let range =
            rows.iter().map(|(r, _)| crate::lower::bounds_of(r.value)).reduce(Bounds::hull).unwrap_or(Bounds::NONE);
        self.tables.push(ParamTable {
            id: table.id.clone(),
            ty: Ty::of(&table.ty),
            keys: table.keys.iter().map(|k| Ty::of(&k.ty)).collect(),
            floor: table.keys.iter().map(|k| k.floor).collect(),
            rows: rows.into_iter().map(|(r, _)| r).collect(),
            range,
        });
    }
}
