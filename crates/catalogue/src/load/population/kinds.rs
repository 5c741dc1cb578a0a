//! `population/households.toml`, `places.csv` and `variables.toml`: who lives together, where, and sums of whole households.

use std::sync::Arc;

use rules::schema::Entity;

use super::{Context, choice, conditions, minor, share};
use crate::model::Level;
use crate::model::population::{
    About, Children, Choice, HouseholdKind, PlaceWeight, Population, Shift, Spread, Variable,
};
use crate::read::fault::shown;
use crate::read::sheet::Sheet;
use crate::read::toml_doc::{Located, Table, document};

const FILE: &str = "population/households.toml";
const LEVELS: [(&str, Level); 4] =
    [("country", Level::Country), ("province", Level::Province), ("district", Level::District), ("town", Level::Town)];
/// Nobody is drawn older.
const OLDEST: i64 = 109;
/// As many members as a batch of the columnar machine takes with ease.
const MOST_MEMBERS: i64 = 30;

/// Kinds of household and places.
pub(super) fn read(cx: &mut Context<'_>, it: &mut Population) {
    let Some(source) = cx.open(FILE) else { return };
    let faults = cx.faults;
    document(&source, faults, |root| {
        it.shapes = root.count("shapes").map_or(20_000, |n| n as usize).clamp(100, 500_000);
        let level = root.need_text("zone").and_then(|t| cx.choice(&t, &LEVELS)).unwrap_or(Level::Province);
        places(cx, it, level);
        for table in root.tables("kind") {
            it.kinds.extend(kind(cx, &table));
            table.finish();
        }
        if it.kinds.is_empty() {
            faults.error("missing-key", &root.at, "there is no kind of household", "[[kind]] tables", "");
        }
    });
}

/// `population/variables.toml`: sums of a whole household.
pub(super) fn variables(cx: &mut Context<'_>, it: &mut Population) {
    let Some(source) = cx.open_if_there("population/variables.toml") else { return };
    let faults = cx.faults;
    document(&source, faults, |root| {
        for table in root.tables("variable") {
            if let Some(variable) = variable(cx, it, &table) {
                it.variables.push(variable);
            }
            table.finish();
        }
    });
}

fn places(cx: &mut Context<'_>, it: &mut Population, level: Level) {
    let Some(source) = cx.open("population/places.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    sheet.need_columns(&["place", "weight", "source", "confidence"]);
    sheet.may_have(&["note"]);
    sheet.finish();
    for line in sheet.lines() {
        let (Some(place), Some(weight)) = (line.need("place"), line.need("weight")) else { continue };
        let _sources = cx.checked_sources(line.ids("source"));
        let _confidence = cx.confidence(&line.located("confidence"));
        let Some(weight) = weight.parse::<f64>().ok().filter(|w| *w >= 0.0 && w.is_finite()) else {
            line.bad("weight", format!("\"{}\" is no weight", shown(&weight)), "a number of 0 or more");
            continue;
        };
        let Some(zone) = cx.around(&place).into_iter().find(|j| j.level == level).map(|j| j.id.clone()) else {
            let message = format!("\"{}\" lies in no zone", shown(&place));
            line.bad("place", message, "the id of a place in jurisdictions.csv at the level of `zone` or below");
            continue;
        };
        if it.places.iter().any(|p| p.place == place) {
            cx.twice("place", &place, &line.place("place"));
            continue;
        }
        let zone = it.zones.iter().position(|z| *z == zone).unwrap_or_else(|| {
            it.zones.push(zone);
            it.zones.len() - 1
        });
        it.places.push(PlaceWeight { place, weight, zone });
    }
    if it.places.iter().all(|p| p.weight <= 0.0) {
        cx.faults.error("missing-key", &source.top(), "nobody lives anywhere", "rows with a weight above 0", "");
    }
}

fn kind(cx: &Context<'_>, table: &Table<'_>) -> Option<HouseholdKind> {
    let id = table.need_text("id");
    let weight = table.need_number("share");
    let head_age = table.weights("head_age").and_then(|w| ages(cx, &w));
    if head_age.is_none() && !table.has("head_age") {
        let message = "\"head_age\" is missing here";
        cx.faults.error("missing-key", &table.at, message, "head_age = { \"20-29\" = 30, \"30-39\" = 70 }", "");
    }
    let head_women = share(cx, table.need_number("head_women"), &table.place("head_women"));
    let spouse_younger = table.table("spouse_younger").and_then(|t| about(cx, &t));
    let children = table.table("children").and_then(|t| children(cx, &t));
    let elders = table.table("elders").and_then(|t| group(cx, &t, "older"));
    let others = table.table("others").and_then(|t| group(cx, &t, "age"));
    sources(cx, table);
    let id = id?;
    cx.check_id(&id.it, &id.at);
    Some(HouseholdKind {
        id: Arc::from(id.it),
        share: weight.filter(|w| *w >= 0.0)?,
        head_age: head_age?,
        head_women,
        spouse_younger,
        children,
        elders,
        others,
    })
}

/// `source` and `confidence`, which every figure has.
pub(super) fn sources(cx: &Context<'_>, table: &Table<'_>) -> Option<crate::model::Confidence> {
    let _sources = cx.checked_sources([table.ids("source"), table.ids("sources")].concat());
    let _note = table.text("note");
    table.text("confidence").and_then(|t| cx.confidence(&t))
}

/// Bands of ages, spread evenly over their years.
fn ages(cx: &Context<'_>, weights: &[(Located<String>, f64)]) -> Option<Choice> {
    let mut years = Vec::new();
    for (band, weight) in weights {
        let ends = band.it.split_once('-').unwrap_or((&band.it, &band.it));
        match (ends.0.trim().parse::<i64>(), ends.1.trim().parse::<i64>()) {
            (Ok(first), Ok(last)) if 0 <= first && first <= last && last <= OLDEST => {
                let n = last - first + 1;
                years.extend((first..=last).map(|age| (age, weight / to_f64(n))));
            }
            _ => {
                let message = format!("\"{}\" is no band of ages", shown(&band.it));
                let expected = format!("\"20-29\", with ages from 0 to {OLDEST}");
                cx.faults.error("bad-value", &band.at, message, expected, "");
                return None;
            }
        }
    }
    Some(choice(years))
}

#[allow(clippy::cast_precision_loss)] // small counts
fn to_f64(n: i64) -> f64 {
    n as f64
}

/// Mean, spread and limits in years.
fn about(cx: &Context<'_>, table: &Table<'_>) -> Option<About> {
    let (mean, spread) = (table.need_number("mean"), table.need_number("spread"));
    let (least, most) = (table.need_number("least"), table.need_number("most"));
    table.finish();
    let it = About { mean: mean?, spread: spread?, least: least?, most: most? };
    if !(it.least <= it.mean && it.mean <= it.most && it.spread >= 0.0) {
        cx.faults.error(
            "bad-value",
            &table.at,
            "the mean lies outside its limits",
            "least ≤ mean ≤ most, spread ≥ 0",
            "",
        );
        return None;
    }
    Some(it)
}

/// How many, from `{ "1" = 70, "2" = 30 }`.
fn counts(cx: &Context<'_>, table: &Table<'_>) -> Option<Choice> {
    let weights = table.weights("count")?;
    let mut out = Vec::new();
    for (name, weight) in &weights {
        match name.it.parse::<i64>().ok().filter(|n| (0..=MOST_MEMBERS).contains(n)) {
            Some(n) => out.push((n, *weight)),
            None => {
                let message = format!("\"{}\" is no number of people", shown(&name.it));
                cx.faults.error("bad-value", &name.at, message, format!("a number from 0 to {MOST_MEMBERS}"), "");
                return None;
            }
        }
    }
    Some(choice(out))
}

fn group(cx: &Context<'_>, table: &Table<'_>, years: &'static str) -> Option<(Choice, About)> {
    let count = counts(cx, table);
    let about = table.table(years).and_then(|t| about(cx, &t));
    table.finish();
    Some((count?, about?))
}

fn children(cx: &Context<'_>, table: &Table<'_>) -> Option<Children> {
    let count = counts(cx, table);
    let first_birth = table.table("first_birth").and_then(|t| about(cx, &t));
    let apart = table.table("apart").and_then(|t| about(cx, &t));
    let twins = share(cx, table.number("twins"), &table.place("twins"));
    let leave = table.numbers::<2>("leave");
    table.finish();
    let [from, to] = leave?;
    let (first_birth, apart) = (first_birth?, apart?);
    // A parent is older than the child whatever is drawn.
    if first_birth.least < 12.0 || apart.least < 1.0 || from > to {
        let expected = "first_birth.least ≥ 12, apart.least ≥ 1, leave = [all at home up to, none from]";
        cx.faults.error("bad-value", &table.at, "no family is like this", expected, "");
        return None;
    }
    Some(Children { count: count?, first_birth, apart, twins, leave: (from, to) })
}

fn variable(cx: &Context<'_>, it: &Population, table: &Table<'_>) -> Option<Variable> {
    let id = table.need_text("id");
    // Sums, written in the currency's own unit.
    let fifths = table.numbers::<5>("fifths").map(|all| all.map(|n| n * minor(cx)));
    let bounds = table.numbers::<6>("bounds").map(|all| all.map(|n| n * minor(cx)));
    let noise = table.number("noise");
    let within = table.text("within");
    let sigma = table.number("sigma");
    let score = shifts(cx, it, table, "score");
    let factor = shifts(cx, it, table, "factor");
    sources(cx, table);
    let id = id?;
    cx.check_id(&id.it, &id.at);
    let bad = |message: &str, expected: &str| {
        cx.faults.error("bad-value", &table.at, message.to_owned(), expected, "");
        None
    };
    let Some(fifths) = fifths else { return bad("the means of the fifths are missing", "fifths = [five numbers]") };
    let spread = match within {
        Some(of) => {
            let of =
                it.variables.iter().position(|v| v.id.as_ref() == of.it && matches!(v.spread, Spread::Ranked { .. }));
            let Some(of) = of else {
                return bad("`within` names no variable", "a ranked variable declared before this one");
            };
            Spread::Within { of, fifths, sigma: sigma.unwrap_or(0.0).max(0.0), factor }
        }
        None => {
            let Some(bounds) = bounds else {
                return bad("the bounds of the fifths are missing", "bounds = [six numbers]");
            };
            let good = bounds.windows(2).zip(&fifths).all(|(b, mean)| matches!(b, [lo, hi] if lo < mean && mean < hi));
            if !good {
                return bad("a mean lies outside its fifth", "bounds that rise, with each mean between two of them");
            }
            Spread::Ranked { bounds, fifths, noise: noise.unwrap_or(1.0).max(0.0), score }
        }
    };
    Some(Variable { id: Arc::from(id.it), spread })
}

fn shifts(cx: &Context<'_>, it: &Population, table: &Table<'_>, key: &'static str) -> Vec<Shift> {
    if !table.has(key) {
        return Vec::new();
    }
    let mut out = Vec::new();
    for entry in table.tables(key) {
        let when = entry.need_text("when").map(|t| conditions::read(cx, it, Entity::Household, &t));
        if let (Some(when), Some(by)) = (when, entry.need_number("by")) {
            out.push(Shift { when, by });
        }
        entry.finish();
    }
    out
}
