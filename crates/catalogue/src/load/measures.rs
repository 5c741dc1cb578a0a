//! `measures.toml` and `examples/*.yaml`: what a change of the rules is measured by.

use rules::schema::{Entity, Per, Type};

use super::context::{Context, key};
use crate::household;
use crate::model::Level;
use crate::model::measures::{Example, HouseholdType, Measures, Poverty};
use crate::read::fault::{Faults, did_you_mean, one_of, shown};
use crate::read::source::Source;
use crate::read::toml_doc::{Located, Table, document};
use crate::read::yaml::{self, Node};

const LEVELS: [(&str, Level); 4] =
    [("country", Level::Country), ("province", Level::Province), ("district", Level::District), ("town", Level::Town)];

/// Points of a curve beyond which nobody sees more.
const MOST_POINTS: i64 = 500;

/// Reads the file, if there is one.
pub(crate) fn read(cx: &mut Context<'_>) {
    let examples = cx.folder("examples", ".yaml");
    let Some(source) = cx.open_if_there("measures.toml") else { return };
    let faults = cx.faults;
    let measures = document(&source, faults, |root| all(cx, root, &examples));
    cx.content.measures = measures;
}

fn all(cx: &Context<'_>, root: &Table<'_>, examples: &[Source]) -> Measures {
    let complete = cx.complete();
    let level = |key: &'static str| root.need_text(key).and_then(|t| cx.choice(&t, &LEVELS)).unwrap_or(Level::District);
    let types = root.tables("household_type").into_iter().filter_map(|t| {
        let id = t.need_text("id");
        let name = t.need_words("name", &complete);
        let when = t.need_text("when").and_then(|w| of_household(cx, &w, "a truth", |ty| *ty == Type::Boolean));
        t.finish();
        let (id, (when, _)) = (id?, when?);
        cx.check_id(&id.it, &id.at);
        Some(HouseholdType { id: id.it, name, when })
    });
    let examples: Vec<Example> = root
        .tables("example")
        .iter()
        .filter_map(|t| {
            let name = t.need_words("name", &complete);
            let example = example(cx, t, examples).map(|e| Example { name, ..e });
            t.finish();
            example
        })
        .collect();
    let _sources = cx.checked_sources(root.ids("sources"));
    let measures = Measures {
        suppress_below: u64::from(root.count("suppress_below").unwrap_or(0)),
        law: root.need_text("law").map(|t| t.it).unwrap_or_default(),
        area: level("area"),
        small_area: level("small_area"),
        poverty: root.table("poverty").and_then(|t| poverty(cx, &t)),
        household_types: types.collect(),
        examples,
    };
    for (what, ids) in [
        ("household_type", measures.household_types.iter().map(|t| t.id.as_str()).collect::<Vec<_>>()),
        ("example", measures.examples.iter().map(|e| e.id.as_str()).collect()),
    ] {
        let twice = ids.iter().enumerate().find(|(n, id)| ids.iter().take(*n).any(|other| other == *id));
        if let Some((_, id)) = twice {
            cx.twice(what, id, &root.place(what));
        }
    }
    measures
}

/// The type of an item or definition.
fn type_of(cx: &Context<'_>, entity: Entity, id: &str) -> Option<Type> {
    let key = key(entity, id);
    let item = cx.content.items.get(&key).map(|i| i.ty.clone());
    item.or_else(|| cx.content.definitions.get(&key).and_then(|d| d.ty.clone()))
}

/// `household.x` of a type; a fault otherwise.
pub(super) fn of_household(
    cx: &Context<'_>,
    name: &Located<String>,
    expected: &str,
    fits: impl Fn(&Type) -> bool,
) -> Option<(String, Type)> {
    let id = name.it.strip_prefix("household.").unwrap_or(&name.it);
    let located = Located { it: id.to_owned(), at: name.at.clone() };
    if !cx.check_fact(Entity::Household, &located) {
        return None;
    }
    match type_of(cx, Entity::Household, id) {
        Some(ty) if fits(&ty) => Some((id.to_owned(), ty)),
        _ => {
            let message = format!("household.{} is not what is wanted here", shown(id));
            cx.faults.error("bad-value", &name.at, message, expected, "");
            None
        }
    }
}

/// How many periods a year has; `None` for what does not come back.
pub(super) fn times_a_year(ty: &Type) -> Option<i64> {
    match ty {
        Type::Money(Per::Month) => Some(12),
        Type::Money(Per::Year) => Some(1),
        _ => None,
    }
}

fn poverty(cx: &Context<'_>, table: &Table<'_>) -> Option<Poverty> {
    let fits = |ty: &Type| times_a_year(ty).is_some();
    let income = table.need_text("income").and_then(|t| of_household(cx, &t, "money a month or a year", fits));
    let percent = table.count("line_percent").unwrap_or(50);
    let scale = scale(cx, table);
    let _sources = cx.checked_sources(table.ids("sources"));
    table.finish();
    let (income, ty) = income?;
    Some(Poverty { income, times_a_year: times_a_year(&ty)?, line_percent: i64::from(percent), scale })
}

/// Needs of households by size.
pub(super) fn scale(cx: &Context<'_>, table: &Table<'_>) -> Vec<u32> {
    table
        .texts("scale")
        .iter()
        .filter_map(|t| {
            let needs = t.it.parse().ok().filter(|n| *n > 0);
            if needs.is_none() {
                let expected = "hundredths of the needs of one person, as \"150\", one text a size";
                cx.faults.error("bad-value", &t.at, format!("\"{}\" is no scale", shown(&t.it)), expected, "");
            }
            needs
        })
        .collect()
}

fn example(cx: &Context<'_>, table: &Table<'_>, files: &[Source]) -> Option<Example> {
    let (id, file) = (table.need_text("id"), table.need_text("household"));
    let (member, fact) = (table.need_text("member"), table.need_text("fact"));
    let sum = |key: &'static str| table.sum(key, cx.content.manifest.currency);
    let (from, to, step) = (sum("from"), sum("to"), sum("step"));
    let (id, file, member, fact) = (id?, file?, member?, fact?);
    cx.check_id(&id.it, &id.at);
    let Some(source) = files.iter().find(|s| *s.file == *file.it) else {
        let known = || files.iter().map(|s| &*s.file);
        let message = format!("there is no file \"{}\"", shown(&file.it));
        cx.faults.error("unknown-file", &file.at, message, one_of(known()), did_you_mean(&file.it, known()));
        return None;
    };
    let household = household_of(cx, source, cx.faults)?;
    if !household.members.iter().any(|m| m.id == member.it) {
        let ids = || household.members.iter().map(|m| m.id.as_str());
        let message = format!("\"{}\" is no member of {}", shown(&member.it), source.file);
        cx.faults.error("unknown-member", &member.at, message, one_of(ids()), did_you_mean(&member.it, ids()));
        return None;
    }
    if !cx.check_fact(Entity::Person, &fact) {
        return None;
    }
    let Some(times_a_year) = type_of(cx, Entity::Person, &fact.it).as_ref().and_then(times_a_year) else {
        cx.faults.error("bad-value", &fact.at, "this is not what is wanted here", "money a month or a year", "");
        return None;
    };
    let (from, to, step) = (from.unwrap_or(0), to.unwrap_or(0), step.unwrap_or(0));
    if from < 0 || to <= from || step <= 0 || (to - from) / step >= MOST_POINTS {
        let message = format!("{from} to {to} by {step} is no curve");
        let expected = format!("from less than to, and a step that makes at most {MOST_POINTS} points");
        cx.faults.error("bad-value", &table.at, message, expected, "");
        return None;
    }
    let (id, member, fact) = (id.it, member.it, fact.it);
    Some(Example { id, name: kernel::Words::default(), household, member, fact, times_a_year, from, to, step })
}

fn household_of(cx: &Context<'_>, source: &Source, faults: &Faults) -> Option<household::HouseholdFile> {
    let root = yaml::parse(source, faults)?;
    let keys = Node::root(source, faults, &root).keys();
    let edit = keys.need("household").map(|node| household::read(&cx.content, &node));
    keys.finish();
    let edit = edit?;
    household::check_relations(&edit.own, faults, &edit.places);
    Some(edit.own)
}
