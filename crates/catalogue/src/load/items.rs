//! `items.csv`: the data dictionary.

use std::sync::Arc;

use rules::schema::{Entity, Origin, Type, Value};

use super::context::{Context, key};
use crate::model::Item;
use crate::read::fault::{did_you_mean, shown};
use crate::read::sheet::{Line, Sheet};
use crate::read::toml_doc::Located;
use crate::read::value;

/// Whom items, definitions and programmes are about.
pub(crate) const ENTITIES: [(&str, Entity); 2] = [("person", Entity::Person), ("household", Entity::Household)];

/// Reads all items.
pub(crate) fn read(cx: &mut Context<'_>) {
    let Some(source) = cx.open("items.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    let complete = cx.complete();
    sheet.need_columns(&[
        "id",
        "no",
        "entity",
        "type",
        "unit",
        "codes",
        "owner",
        "law",
        "freshness_days",
        "absent",
        "tier",
        "source",
        "confidence",
    ]);
    sheet.words_columns("name", &complete, true);
    sheet.words_columns("ask", &complete, true);
    sheet.finish();
    for line in sheet.lines() {
        item(cx, &line);
    }
}

fn item(cx: &mut Context<'_>, line: &Line<'_, '_>) {
    let complete = cx.complete();
    let Some(id) = line.need("id") else { return };
    cx.check_id(&id, &line.place("id"));
    let owner = line.located("owner");
    if !owner.it.is_empty() && owner.it != "self" {
        cx.check_agency(&owner);
    }
    let confidence = cx.confidence(&line.located("confidence"));
    let sources = cx.checked_sources(line.ids("source"));
    let tier = number::<u8>(line, "tier").filter(|t| *t <= 3);
    if tier.is_none() {
        line.bad("tier", format!("\"{}\" is no privacy class", shown(line.get("tier"))), "0, 1, 2 or 3");
    }
    let (Some(entity), Some(ty)) = (cx.choice(&line.located("entity"), &ENTITIES), item_type(cx, line)) else { return };
    let absent = absent(cx, line, &ty);
    let typed = rules::schema::Item {
        id: Arc::from(id.as_str()),
        entity,
        ty: ty.clone(),
        absent: absent.clone(),
        origin: line.at(),
    };
    let item = Item {
        id: id.clone(),
        no: number(line, "no"),
        entity,
        ty,
        owner: (!owner.it.is_empty() && owner.it != "self").then_some(owner.it),
        law: line.get("law").to_owned(),
        freshness_days: number(line, "freshness_days"),
        absent,
        tier: tier.unwrap_or(3),
        name: line.words("name", &complete),
        ask: line.optional_words("ask", &complete),
        sources,
        confidence,
    };
    if cx.content.items.add(&key(entity, &id), item) {
        cx.content.schema.items.push(typed);
    } else {
        cx.twice("item", &key(entity, &id), &line.place("id"));
    }
}

/// A whole number, or `None` when the field is empty or (with a fault) no number.
fn number<T: std::str::FromStr>(line: &Line<'_, '_>, column: &str) -> Option<T> {
    let text = line.get(column);
    let number = text.parse().ok();
    if number.is_none() && !text.is_empty() {
        line.bad(
            column,
            format!("\"{}\" is not a number that fits", shown(text)),
            "a whole number, 0 or more, or nothing",
        );
    }
    number
}

fn item_type(cx: &Context<'_>, line: &Line<'_, '_>) -> Option<Type> {
    let codes = line.located("codes");
    let list = (!codes.it.is_empty()).then_some(codes.it.as_str());
    let ty = value::declared(line.get("type"), line.get("unit"), list, cx.content.manifest.currency);
    if let Ok(Type::Code(_)) = &ty {
        cx.check_code_list(&codes);
    }
    match ty {
        Ok(ty) => Some(ty),
        Err(expected) => {
            let column = match () {
                () if !value::TYPES.contains(&line.get("type")) => "type",
                () if line.get("type") == "code" => "codes",
                () => "unit",
            };
            line.bad(column, format!("\"{}\" does not fit here", shown(line.get(column))), expected);
            None
        }
    }
}

fn absent(cx: &Context<'_>, line: &Line<'_, '_>, ty: &Type) -> Option<Value> {
    let text = line.get("absent");
    if text.is_empty() {
        return None;
    }
    if let Type::Code(list) = ty {
        cx.check_code(list, &line.located("absent"), "code", "unknown-code");
    }
    let value = value::parse(text, ty, cx.content.manifest.currency);
    if value.is_none() {
        line.bad(
            "absent",
            format!("\"{}\" does not fit", shown(text)),
            format!("{}, or nothing", value::looks_like(ty)),
        );
    }
    value
}

/// The items known by role must exist and be dates of a person.
pub(crate) fn check_roles(cx: &Context<'_>) {
    let roles = &cx.content.schema.roles;
    let at = Origin { file: Arc::from("pack.toml"), line: role_line(cx), column: 1 };
    for (role, id) in
        [("birth_date", &roles.birth_date), ("death_date", &roles.death_date), ("due_date", &roles.due_date)]
    {
        let Some(id) = id else { continue };
        let located = Located { it: id.to_string(), at: at.clone() };
        let Some(item) = cx.content.items.get(&key(Entity::Person, id)) else {
            let known = cx.content.items.iter().filter(|i| i.entity == Entity::Person && i.ty == Type::Date);
            let hint = did_you_mean(id, known.map(|i| i.id.as_str()));
            let message = format!("the role {role} names \"{}\", which is no item of a person", shown(&located.it));
            cx.faults.error(
                "unknown-item",
                &at,
                message,
                "an item of items.csv with entity person and type date",
                hint,
            );
            continue;
        };
        if item.ty != Type::Date {
            let message = format!("the role {role} names \"{}\", which is no date", shown(&located.it));
            cx.faults.error("wrong-type", &at, message, "an item of type date", "");
        }
    }
}

fn role_line(cx: &Context<'_>) -> u32 {
    let text = cx.files.get("pack.toml").and_then(|bytes| std::str::from_utf8(bytes).ok()).unwrap_or_default();
    let line = text.lines().position(|l| l.trim() == "[roles]").unwrap_or(0);
    u32::try_from(line + 1).unwrap_or(1)
}
