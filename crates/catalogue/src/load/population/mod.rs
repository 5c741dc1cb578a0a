//! `population/`: how a synthetic country is drawn. Optional: a pack without the folder has no synthetic people.

mod conditions;
mod draws;
mod kinds;
mod lists;
mod margins;

use std::sync::Arc;

use rules::schema::{Entity, Origin, Type};

use super::context::{Context, key};
use crate::model::population::{Choice, DrawnFact, Population};
use crate::read::fault::{did_you_mean, one_of, shown};
use crate::read::toml_doc::Located;
use crate::read::value;

/// Reads the folder.
pub(crate) fn read(cx: &mut Context<'_>) {
    if !cx.files.iter().any(|(path, _)| path.starts_with("population/")) {
        return;
    }
    let mut it = Population::default();
    kinds::read(cx, &mut it);
    kinds::variables(cx, &mut it);
    draws::read(cx, &mut it);
    margins::read(cx, &mut it);
    lists::awards(cx, &mut it);
    lists::errors(cx, &mut it);
    roles(cx, &mut it);
    silent_items(cx, &it);
    cx.content.population = Some(it);
}

/// Birth date and death date as the rules know them must be drawn, or be known as never drawn.
fn roles(cx: &Context<'_>, it: &mut Population) {
    let find = |role: &Option<Arc<str>>| {
        let id = role.as_ref()?;
        it.facts.iter().position(|f| f.item && f.entity == Entity::Person && f.id == *id)
    };
    let roles = &cx.content.schema.roles;
    let (birth, death) = (find(&roles.birth_date), find(&roles.death_date));
    if birth.is_none() {
        let at = Origin { file: Arc::from("population/facts.toml"), line: 1, column: 1 };
        let hint = "every person is drawn with a birth date: declare it with `birth_date = true`";
        cx.faults.error("missing-key", &at, "nothing draws the birth date", "the item of the role birth_date", hint);
    }
    it.birth_date = birth.unwrap_or(0);
    it.death_date = death;
}

/// Warns of items that rules read, that nothing draws, and whose silence is no answer: every family would be told *cannot tell*.
fn silent_items(cx: &Context<'_>, it: &Population) {
    let definitions = cx.content.schema.definitions.iter().flat_map(|d| &d.versions).flat_map(|v| v.it.texts());
    let conditions = cx.content.schema.programmes.iter().flat_map(|p| &p.versions).flat_map(|v| {
        let amount = v.it.amount.as_ref().map(|(e, _)| e.text.as_str());
        let applies = v.it.applies.as_ref().map(|e| e.text.as_str());
        v.it.conditions.iter().map(|c| c.when.text.as_str()).chain(amount).chain(applies)
    });
    let text: Vec<&str> = definitions.chain(conditions).collect();
    let lent: Vec<&str> =
        cx.content.jurisdictions.iter().flat_map(|j| &j.attributes).map(|(item, _)| item.as_str()).collect();
    let at = Origin { file: Arc::from("population/facts.toml"), line: 1, column: 1 };
    for item in cx.content.items.iter().filter(|i| i.absent.is_none() && !lent.contains(&i.id.as_str())) {
        let drawn = it.facts.iter().any(|f| f.item && f.entity == item.entity && f.id.as_ref() == item.id);
        let named =
            |text: &&str| text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).any(|word| word == item.id);
        if !drawn && text.iter().any(named) {
            let message = format!("rules read {}, and nothing draws it", key(item.entity, &item.id));
            let hint = "without a value every answer that needs it stays open";
            cx.faults.warning("never-drawn", &at, message, "a [[draw]] for it", hint);
        }
    }
}

/// The drawn fact `person.x` or `household.x`; a fault when there is none.
fn fact(cx: &Context<'_>, it: &Population, name: &Located<String>) -> Option<usize> {
    let found = it.facts.iter().position(|f| key(f.entity, &f.id) == name.it);
    if found.is_none() {
        let known: Vec<String> = it.facts.iter().map(|f| key(f.entity, &f.id)).collect();
        let known = || known.iter().map(String::as_str);
        let message = format!("nothing draws \"{}\"", shown(&name.it));
        cx.faults.error("unknown-fact", &name.at, message, one_of(known()), did_you_mean(&name.it, known()));
    }
    found
}

/// A value of a drawn fact as a number; a fault when it does not fit.
fn number_of(cx: &Context<'_>, fact: &DrawnFact, text: &Located<String>) -> Option<i64> {
    let plain = text.it.replace('_', "");
    let number = match &fact.ty {
        Type::Code(_) => fact.codes.iter().position(|c| c.as_ref() == text.it).and_then(|n| i64::try_from(n).ok()),
        Type::Boolean => ["false", "true"].iter().position(|w| *w == plain).and_then(|n| i64::try_from(n).ok()),
        Type::Integer(_) => plain.parse().ok(),
        Type::Money(_) => plain.parse::<f64>().ok().filter(|n| n.is_finite()).map(|n| whole(n * minor(cx))),
        Type::Date | Type::Decimal(_) | Type::Ratio | Type::Text => None,
    };
    if number.is_none() {
        let (message, expected) = (format!("\"{}\" does not fit", shown(&text.it)), value::looks_like(&fact.ty));
        let hint = did_you_mean(&text.it, fact.codes.iter().map(AsRef::as_ref));
        cx.faults.error("bad-value", &text.at, message, expected, hint);
    }
    number
}

/// Minor units in the currency's own unit: sums in files are written in that.
fn minor(cx: &Context<'_>) -> f64 {
    (0..cx.content.manifest.currency.decimals()).fold(1.0, |n, _| n * 10.0)
}

/// What a number of this fact is multiplied by when it is read.
fn unit(cx: &Context<'_>, fact: &DrawnFact) -> f64 {
    if matches!(fact.ty, Type::Money(_)) { minor(cx) } else { 1.0 }
}

#[allow(clippy::cast_possible_truncation)] // saturates; sums of money lie far within
fn whole(n: f64) -> i64 {
    n.round() as i64
}

/// Shares from weights.
fn choice(weights: impl IntoIterator<Item = (i64, f64)>) -> Choice {
    let (values, weights): (Vec<i64>, Vec<f64>) = weights.into_iter().filter(|(_, w)| *w > 0.0).unzip();
    let total: f64 = weights.iter().sum();
    let up_to = weights.iter().scan(0.0, |sum, w| {
        *sum += w / total;
        Some(*sum)
    });
    Choice { up_to: up_to.collect(), values }
}

/// A share between 0 and 1, or a fault.
fn share(cx: &Context<'_>, number: Option<f64>, at: &Origin) -> f64 {
    let number = number.unwrap_or(0.0);
    if !(0.0..=1.0).contains(&number) {
        cx.faults.error("bad-value", at, format!("{number} is no share"), "a number between 0 and 1", "");
        return 0.0;
    }
    number
}
