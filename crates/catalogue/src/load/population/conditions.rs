//! Conditions of the drawing: `age 20..64 and not woman and household.size 2..`.
//!
//! They are simple on purpose: a thousand of them run for every person of a nation. Laws are written in FEEL.

use rules::schema::{Entity, Origin, Type};

use super::{Context, minor, number_of, unit, whole};
use crate::model::population::{Is, Of, Population, ROLES, Test, What, When};
use crate::read::fault::{did_you_mean, one_of, shown};
use crate::read::toml_doc::Located;

const OF: [(&str, Of); 6] = [
    ("household", Of::Household),
    ("head", Of::Head),
    ("some", Of::Some),
    ("spouse", Of::Spouse),
    ("parent", Of::Parent),
    ("child", Of::Child),
];
const OF_PERSON: [(&str, What); 7] = [
    ("age", What::Age),
    ("months", What::Months),
    ("role", What::Role),
    ("woman", What::Woman),
    ("spouses", What::Spouses),
    ("children", What::Children),
    ("parents", What::Parents),
];
const OF_HOUSEHOLD: [(&str, What); 3] = [("size", What::Size), ("kind", What::Kind), ("place", What::Place)];

/// Reads conditions about `entity`; faults are told at their place in the text.
pub(super) fn read(cx: &Context<'_>, it: &Population, entity: Entity, text: &Located<String>) -> When {
    let mut tests = Vec::new();
    let mut column = 0;
    for part in text.it.split(" and ") {
        let lead = part.chars().take_while(|c| c.is_whitespace()).count();
        let at = place(&text.at, column + lead);
        if !part.trim().is_empty() {
            tests.extend(test(cx, it, entity, part.trim(), &at));
        }
        column += part.chars().count() + " and ".len();
    }
    tests
}

fn place(at: &Origin, columns: usize) -> Origin {
    Origin { column: at.column + u32::try_from(columns).unwrap_or(0), ..at.clone() }
}

fn test(cx: &Context<'_>, it: &Population, entity: Entity, text: &str, at: &Origin) -> Option<Test> {
    let (not, text) = text.strip_prefix("not ").map_or((false, text), |rest| (true, rest.trim()));
    let (name, is) = text.split_once(' ').map_or((text, ""), |(name, is)| (name, is.trim()));
    let (prefix, name) = name.split_once('.').map_or((None, name), |(of, name)| (Some(of), name));
    let of = match prefix.map(|p| (p, OF.iter().find(|(word, _)| *word == p))) {
        None => Of::Own,
        Some((_, Some((_, of)))) => *of,
        Some((other, None)) => {
            let words = || OF.iter().map(|(word, _)| *word);
            let message = format!("\"{}\" is nobody a condition can look at", shown(other));
            cx.faults.error("bad-value", at, message, one_of(words()), did_you_mean(other, words()));
            return None;
        }
    };
    let (of, what) = found(it, entity, of, name).or_else(|| {
        unknown(cx, it, entity, of, name, at);
        None
    })?;
    let is = is_of(cx, it, what, &Located { it: is.to_owned(), at: at.clone() })?;
    Some(Test { not, of, what, is })
}

/// What a name means: own things first, then the household's.
fn found(it: &Population, entity: Entity, of: Of, name: &str) -> Option<(Of, What)> {
    let person = entity == Entity::Person && of == Of::Own || !matches!(of, Of::Own | Of::Household);
    let household = matches!(of, Of::Own | Of::Household);
    let word = |list: &[(&str, What)]| list.iter().find(|(w, _)| *w == name).map(|(_, what)| *what);
    let fact = |entity| it.facts.iter().position(|f| f.entity == entity && f.id.as_ref() == name).map(What::Fact);
    let variable = || it.variables.iter().position(|v| v.id.as_ref() == name).map(What::Variable);
    if person && let Some(what) = word(&OF_PERSON).or_else(|| fact(Entity::Person)) {
        return Some((of, what));
    }
    let what = word(&OF_HOUSEHOLD).or_else(|| fact(Entity::Household)).or_else(variable);
    what.filter(|_| household).map(|what| (Of::Household, what))
}

fn unknown(cx: &Context<'_>, it: &Population, entity: Entity, of: Of, name: &str, at: &Origin) {
    let words = OF_PERSON.iter().chain(&OF_HOUSEHOLD).map(|(word, _)| *word);
    let known: Vec<&str> = words.chain(it.facts.iter().map(|f| f.id.as_ref())).collect();
    let of_person = found(it, Entity::Person, Of::Own, name).is_some();
    let hint = if entity == Entity::Household && of == Of::Own && of_person {
        format!("whose? write head.{name} or some.{name}")
    } else {
        did_you_mean(name, known.iter().copied())
    };
    let message = format!("\"{}\" is nothing a condition can look at here", shown(name));
    cx.faults.error("unknown-fact", at, message, one_of(known.iter().copied()), hint);
}

/// `a..b`, `a..`, `..b`, `one|two`, or nothing: true, or whatever it is.
fn is_of(cx: &Context<'_>, it: &Population, what: What, text: &Located<String>) -> Option<Is> {
    if text.it.is_empty() {
        let truth = match what {
            What::Woman => true,
            What::Fact(n) => it.facts.get(n).is_some_and(|f| f.ty == Type::Boolean),
            _ => false,
        };
        return Some(if truth { Is::OneOf(vec![1]) } else { Is::Between(i64::MIN, i64::MAX) });
    }
    if let Some((least, most)) = text.it.split_once("..") {
        let unit = match what {
            What::Variable(_) => minor(cx),
            What::Fact(n) => it.facts.get(n).map_or(1.0, |f| unit(cx, f)),
            _ => 1.0,
        };
        let end = |end: &str, open: i64| {
            let end = end.trim().replace('_', "");
            if end.is_empty() { Some(open) } else { end.parse().ok().map(|n: f64| whole(n * unit)) }
        };
        return match (end(least, i64::MIN), end(most, i64::MAX)) {
            (Some(least), Some(most)) if least <= most => Some(Is::Between(least, most)),
            _ => wrong(cx, text),
        };
    }
    let all =
        text.it.split('|').map(|one| value(cx, it, what, &Located { it: one.trim().to_owned(), at: text.at.clone() }));
    let mut all: Vec<i64> = all.collect::<Option<Vec<Vec<i64>>>>()?.into_iter().flatten().collect();
    all.sort_unstable();
    Some(Is::OneOf(all))
}

fn wrong<T>(cx: &Context<'_>, text: &Located<String>) -> Option<T> {
    let message = format!("\"{}\" is no value here", shown(&text.it));
    cx.faults.error("bad-value", &text.at, message, "a..b, a.., ..b, a number, a code, or codes joined by |", "");
    None
}

/// One value; a place stands for all places within it.
fn value(cx: &Context<'_>, it: &Population, what: What, text: &Located<String>) -> Option<Vec<i64>> {
    let among = |words: Vec<&str>| {
        let found = words.iter().position(|w| *w == text.it);
        if found.is_none() {
            let message = format!("there is no \"{}\"", shown(&text.it));
            let hint = did_you_mean(&text.it, words.iter().copied());
            cx.faults.error("bad-value", &text.at, message, one_of(words.iter().copied()), hint);
        }
        found.and_then(|n| i64::try_from(n).ok()).map(|n| vec![n])
    };
    match what {
        What::Role => among(ROLES.to_vec()),
        What::Kind => among(it.kinds.iter().map(|k| k.id.as_ref()).collect()),
        What::Place => {
            let within = |id: &str| cx.within(id, &text.it);
            let here: Vec<i64> = (0..).zip(&it.places).filter(|(_, p)| within(&p.place)).map(|(n, _)| n).collect();
            if here.is_empty() {
                let known = cx.content.jurisdictions.ids();
                let message = format!("nobody lives in \"{}\"", shown(&text.it));
                let hint = did_you_mean(&text.it, known);
                cx.faults.error("bad-value", &text.at, message, "a place of places.csv or one around it", hint);
                return None;
            }
            Some(here)
        }
        What::Fact(n) => it.facts.get(n).and_then(|f| number_of(cx, f, text)).map(|n| vec![n]),
        _ => text.it.replace('_', "").parse().ok().map(|n| vec![n]).or_else(|| wrong(cx, text)),
    }
}
