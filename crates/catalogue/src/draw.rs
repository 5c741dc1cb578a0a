//! A programme of a day as a DMN model, for modellers: each condition is a decision, the programme is their conjunction.
//!
//! The texts are the pack's own. A modeller shows and changes them; FEEL without the pack's functions (`years between`, tables,
//! `entitled`) does not run those that use them.

use std::collections::BTreeSet;

use dmn::model::{
    Decision, Definitions, Expression, InputData, ItemDefinition, Literal, Logic, Required, Requirements, Text,
    Variable,
};
use kernel::{Date, Lang};
use rules::schema::{Entity, Type};

use crate::pack::Pack;

/// The programme's version in force on the day, as DMN 1.5 XML. `None` without such a programme or version.
pub fn draw(pack: &Pack, programme: &str, on: Date, lang: Lang) -> Option<String> {
    let words = pack.programmes().get(programme)?;
    let in_force = |from: Option<Date>, to: Option<Date>| from.is_none_or(|d| d <= on) && to.is_none_or(|d| on <= d);
    let index = words.versions.iter().position(|v| in_force(v.valid_from, v.valid_to))?;
    let version = words.versions.get(index)?;
    let rules = pack.program().describe(programme, index)?;
    let mut parts: Vec<(String, String, &str)> = Vec::new();
    if let Some(text) = rules.parts.get("applies") {
        parts.push(("applies".into(), String::new(), text));
    }
    for (id, text) in &rules.conditions {
        let said = version.conditions.iter().find(|c| c.id == **id).map(|c| c.words.get(lang).to_owned());
        parts.push((id.to_string(), said.unwrap_or_default(), text));
    }
    let all: Vec<&str> = parts.iter().map(|(id, ..)| id.as_str()).collect();
    let whole = all.join(" and ");
    let mut model = Definitions {
        name: words.name.get(lang).to_owned(),
        namespace: format!("urn:hearth:{}:{programme}", pack.manifest().id),
        description: Some(format!("{} ({on})", version.law)),
        ..Definitions::default()
    };
    let mut texts: Vec<&str> = parts.iter().map(|(_, _, text)| *text).collect();
    let amount = rules.parts.get("amount");
    texts.extend(amount.map(String::as_str));
    inputs(pack, &texts, &mut model);
    for (id, said, text) in &parts {
        model.decisions.push(decision(&model, id, said, "boolean", text, &[]));
    }
    let main = decision(&model, programme, words.summary.get(lang), "boolean", &whole, &all);
    model.decisions.push(main);
    if let Some(text) = amount {
        let sum = format!("if {programme} then {text} else 0");
        model.decisions.push(decision(&model, "amount", "", "number", &sum, &[programme]));
    }
    Some(dmn::write(&model))
}

fn type_ref(ty: Option<&Type>) -> Option<String> {
    let name = match ty? {
        Type::Boolean => "boolean",
        Type::Date => "date",
        Type::Text | Type::Code(_) => "string",
        _ => "number",
    };
    Some(name.to_owned())
}

/// The words of a text that may be names.
fn names<'t>(texts: &[&'t str]) -> BTreeSet<&'t str> {
    let word = |c: char| !(c.is_alphanumeric() || c == '_');
    texts.iter().flat_map(|text| text.split(word)).collect()
}

/// `person`, `household` and the tables that the texts speak of, with the items and definitions they name.
fn inputs(pack: &Pack, texts: &[&str], model: &mut Definitions) {
    let names = names(texts);
    let entities = [(Entity::Person, "person", "tPerson"), (Entity::Household, "household", "tHousehold")];
    for (entity, input, ty) in entities {
        let items = pack.items().iter().filter(|i| i.entity == entity).map(|i| (i.id.as_str(), Some(&i.ty)));
        let definitions =
            pack.definitions().iter().filter(|d| d.entity == entity).map(|d| (d.id.as_str(), d.ty.as_ref()));
        let components: Vec<ItemDefinition> = (items.chain(definitions).filter(|(id, _)| names.contains(id)))
            .map(|(id, ty)| ItemDefinition { name: id.into(), type_ref: type_ref(ty), ..ItemDefinition::default() })
            .collect();
        let mut item = ItemDefinition { name: ty.into(), components, ..ItemDefinition::default() };
        if entity == Entity::Household && names.contains("members") {
            let members = ItemDefinition {
                name: "members".into(),
                type_ref: Some("tPerson".into()),
                collection: true,
                ..ItemDefinition::default()
            };
            item.components.push(members);
        }
        // A type without entries is none.
        if !item.components.is_empty() {
            model.items.push(item);
            model.inputs.push(given(input, ty));
        }
    }
    for parameter in pack.schema().tables.iter().filter(|t| names.contains(t.id.as_ref())) {
        model.inputs.push(given(&parameter.id, type_ref(Some(&parameter.ty)).as_deref().unwrap_or("Any")));
    }
    for day in ["today", "claim_date"].into_iter().filter(|day| names.contains(day)) {
        model.inputs.push(given(day, "date"));
    }
}

fn given(name: &str, ty: &str) -> InputData {
    let variable = Variable { name: name.into(), type_ref: Some(ty.into()) };
    InputData { id: format!("input_{name}"), name: name.into(), variable }
}

/// A decision by an expression, needing the inputs it names and other decisions.
fn decision(model: &Definitions, id: &str, said: &str, ty: &str, text: &str, others: &[&str]) -> Decision {
    let names = names(&[text]);
    let inputs = model.inputs.iter().filter(|i| names.contains(i.name.as_str()));
    let inputs = inputs.map(|i| Required::Input(format!("#{}", i.id)));
    let others = others.iter().map(|id| Required::Decision(format!("#decision_{id}")));
    let literal = Literal { text: Text { text: text.to_owned(), ..Text::default() }, language: None };
    Decision {
        id: format!("decision_{id}"),
        name: id.to_owned(),
        description: Some(said.to_owned()).filter(|s| !s.is_empty()),
        variable: Variable { name: id.to_owned(), type_ref: Some(ty.to_owned()) },
        requires: Requirements { information: inputs.chain(others).collect(), knowledge: Vec::new() },
        logic: Some(Expression { type_ref: None, logic: Logic::Literal(literal) }),
        ..Decision::default()
    }
}
