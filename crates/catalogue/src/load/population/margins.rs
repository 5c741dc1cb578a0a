//! `population/margins.csv`: what was published about the country, to fit to and to be held against.

use rules::schema::Entity;

use super::{Context, Population, conditions, minor, unit};
use crate::model::population::{Is, Margin, Measure, Of, Test, What, When};
use crate::read::sheet::{Line, Sheet};
use crate::read::toml_doc::Located;

/// Reads the file.
pub(super) fn read(cx: &mut Context<'_>, it: &mut Population) {
    let Some(source) = cx.open_if_there("population/margins.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    sheet.need_columns(&["id", "of", "among", "measure", "what", "target", "tolerance", "fit", "source", "confidence"]);
    sheet.may_have(&["note"]);
    sheet.finish();
    for line in sheet.lines() {
        let Some(margin) = margin(cx, it, &line) else { continue };
        if it.margins.iter().any(|m| m.id == margin.id) {
            cx.twice("margin", &margin.id, &line.place("id"));
            continue;
        }
        if margin.fit && !fits(&margin) {
            let expected = "percent of households or persons by age, role, sex, size, kind or place";
            line.bad("fit", "household shapes cannot be fitted to this", expected);
        }
        it.margins.push(margin);
    }
}

fn margin(cx: &Context<'_>, it: &Population, line: &Line<'_, '_>) -> Option<Margin> {
    let id = line.need("id")?;
    let of = cx.choice(&line.located("of"), &[("person", Entity::Person), ("household", Entity::Household)])?;
    let when = |column: &str| -> When {
        let text = line.located(column);
        if text.it.is_empty() { Vec::new() } else { conditions::read(cx, it, of, &text) }
    };
    let measure = match cx.choice(&line.located("measure"), &[("percent", 0), ("mean", 1), ("receives", 2)])? {
        0 => Measure::Percent(when("what")),
        1 => Measure::Mean(mean(cx, it, of, line)?),
        _ => {
            let what = line.located("what");
            let one =
                |id: &str| super::lists::programme(cx, &Located { it: id.trim().to_owned(), at: what.at.clone() });
            Measure::Receives(what.it.split('|').map(one).collect::<Option<_>>()?)
        }
    };
    let sources = cx.checked_sources(line.ids("source"));
    let unit = match measure {
        Measure::Mean(What::Variable(_)) => minor(cx),
        Measure::Mean(What::Fact(n)) => it.facts.get(n).map_or(1.0, |f| unit(cx, f)),
        _ => 1.0,
    };
    Some(Margin {
        unit,
        id,
        of,
        among: when("among"),
        measure,
        target: number(line, "target")?,
        tolerance: number(line, "tolerance")?,
        fit: cx.choice(&line.located("fit"), &[("yes", true), ("no", false), ("", false)])?,
        sources,
        confidence: cx.confidence(&line.located("confidence")),
        note: line.get("note").to_owned(),
    })
}

/// A number of 0 or more.
pub(super) fn number(line: &Line<'_, '_>, column: &str) -> Option<f64> {
    let text = line.need(column)?;
    let number = text.parse::<f64>().ok().filter(|n| n.is_finite() && *n >= 0.0);
    if number.is_none() {
        line.bad(column, format!("\"{text}\" is no number"), "a number of 0 or more");
    }
    number
}

/// The one thing whose mean is meant, written as a condition without a value.
fn mean(cx: &Context<'_>, it: &Population, of: Entity, line: &Line<'_, '_>) -> Option<What> {
    let text = line.located("what");
    let tests = conditions::read(cx, it, of, &Located { it: text.it.clone(), at: text.at.clone() });
    match tests.as_slice() {
        [Test { what, is: Is::Between(..), not: false, of: Of::Own | Of::Household }] => Some(*what),
        [] => None,
        _ => {
            line.bad("what", "of what is the mean?", "the name of one number, such as age, size or wage");
            None
        }
    }
}

/// Whether the shape of a household settles a margin.
fn fits(margin: &Margin) -> bool {
    let known = |test: &Test| !matches!(test.what, What::Fact(_) | What::Variable(_) | What::Months);
    match &margin.measure {
        Measure::Percent(when) => when.iter().chain(&margin.among).all(known),
        _ => false,
    }
}
