//! `population/awards.csv` and `population/errors.csv`: who takes up what, and what is wrong on purpose.

use super::margins::number;
use rules::schema::Entity;

use super::{Context, Population, conditions, fact, number_of};
use crate::model::population::{AwardRule, ErrorKind, PlantedError};
use crate::read::fault::{did_you_mean, one_of, shown};
use crate::read::sheet::{Line, Sheet};
use crate::read::toml_doc::Located;

/// The index of a programme of the pack; a fault when it is not one that is computed.
pub(super) fn programme(cx: &Context<'_>, id: &Located<String>) -> Option<usize> {
    let programmes = &cx.content.programmes;
    let found = programmes.iter().position(|p| p.id == id.it);
    if found.is_none() {
        let known = || programmes.iter().map(|p| p.id.as_str());
        let message = format!("there is no programme \"{}\"", shown(&id.it));
        cx.faults.error("unknown-programme", &id.at, message, one_of(known()), did_you_mean(&id.it, known()));
    }
    found
}

fn share(line: &Line<'_, '_>, column: &str) -> Option<f64> {
    let share = number(line, column)?;
    if share > 1.0 {
        line.bad(column, format!("{share} is no share"), "a number between 0 and 1");
        return None;
    }
    Some(share)
}

/// `fact` or `fact=value`.
fn assignment(cx: &Context<'_>, it: &Population, text: &Located<String>) -> Option<(usize, Option<i64>)> {
    let (name, value) = text.it.split_once('=').map_or((text.it.as_str(), None), |(n, v)| (n, Some(v)));
    let n = fact(cx, it, &Located { it: name.trim().to_owned(), at: text.at.clone() })?;
    let value = match value {
        None => None,
        Some(v) => Some(number_of(cx, it.facts.get(n)?, &Located { it: v.trim().to_owned(), at: text.at.clone() })?),
    };
    Some((n, value))
}

/// `programme,when,take_up,feeds,source,confidence,note`: several rows of one programme for different people.
pub(super) fn awards(cx: &mut Context<'_>, it: &mut Population) {
    let Some(source) = cx.open_if_there("population/awards.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    sheet.need_columns(&["programme", "when", "take_up", "feeds", "source", "confidence"]);
    sheet.may_have(&["note"]);
    sheet.finish();
    for line in sheet.lines() {
        let _sources = cx.checked_sources(line.ids("source"));
        let confidence = cx.confidence(&line.located("confidence"));
        let (Some(programme), Some(take_up)) = (programme(cx, &line.located("programme")), share(&line, "take_up"))
        else {
            continue;
        };
        let feeds = line.located("feeds");
        let feeds = if feeds.it.is_empty() { None } else { assignment(cx, it, &feeds) };
        let when = line.located("when");
        let subject = cx.content.schema.programmes.get(programme).and_then(|p| p.versions.last());
        let subject = subject.map_or(Entity::Person, |v| v.it.subject);
        let when = if when.it.is_empty() { Vec::new() } else { conditions::read(cx, it, subject, &when) };
        if it.awards.iter().any(|a| a.programme == programme && a.when.is_empty()) {
            let message = format!("a row above takes everybody of \"{}\"", line.get("programme"));
            let hint = "put the row without conditions last";
            cx.faults.error("duplicate-id", &line.place("programme"), message, "rows with conditions first", hint);
            continue;
        }
        it.awards.push(AwardRule { programme, when, take_up, feeds, confidence });
    }
}

/// `kind,programme,beside,share,sets,source,confidence,note`
pub(super) fn errors(cx: &mut Context<'_>, it: &mut Population) {
    let Some(source) = cx.open_if_there("population/errors.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    sheet.need_columns(&["kind", "programme", "beside", "share", "sets", "source", "confidence"]);
    sheet.may_have(&["note"]);
    sheet.finish();
    for line in sheet.lines() {
        let _sources = cx.checked_sources(line.ids("source"));
        let _confidence = cx.confidence(&line.located("confidence"));
        if let Some(error) = error(cx, it, &line) {
            it.errors.push(error);
        }
    }
}

fn error(cx: &Context<'_>, it: &Population, line: &Line<'_, '_>) -> Option<PlantedError> {
    let kind = cx.choice(&line.located("kind"), &ErrorKind::ALL)?;
    let one = |column: &str| {
        let text = line.located(column);
        if text.it.is_empty() { Some(None) } else { programme(cx, &text).map(Some) }
    };
    let (programme, beside) = (one("programme")?, one("beside")?);
    let sets = line.located("sets");
    let sets = if sets.it.is_empty() { None } else { Some(assignment(cx, it, &sets)?) };
    let sets = match sets {
        Some((fact, Some(value))) => Some((fact, value)),
        None => None,
        Some((_, None)) => {
            line.bad("sets", "to what?", "person.fact=value");
            None
        }
    };
    let missing = match kind {
        ErrorKind::Forbidden if programme.is_none() || beside.is_none() => {
            Some(("beside", "two programmes, in programme and beside"))
        }
        ErrorKind::NotEntitled if programme.is_none() || sets.is_none() => {
            Some(("sets", "a programme, and person.fact=value in sets"))
        }
        _ => None,
    };
    if let Some((column, expected)) = missing {
        line.bad(column, format!("{} needs more", kind.word()), expected);
        return None;
    }
    Some(PlantedError { kind, programme, beside, share: share(line, "share")?, sets })
}
