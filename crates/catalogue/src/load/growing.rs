//! `immunisations.csv` and `milestones.csv`.

use super::context::Context;
use crate::model::{ImmunisationDose, Milestone};
use crate::read::sheet::{Line, Sheet};

/// School age is the last that is looked at, in months.
const OLDEST: u32 = 120;

/// Reads both, where they are.
pub(crate) fn read(cx: &mut Context<'_>) {
    immunisations(cx);
    milestones(cx);
}

fn immunisations(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("immunisations.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    let complete = cx.complete();
    sheet.need_columns(&["id", "dose", "from_months", "to_months", "source"]);
    sheet.words_columns("name", &complete, true);
    sheet.finish();
    for line in sheet.lines() {
        let Some(id) = line.need("id") else { continue };
        cx.check_id(&id, &line.place("id"));
        cx.checked_sources(line.ids("source"));
        let dose = ImmunisationDose {
            id: id.clone(),
            name: line.words("name", &complete),
            dose: months(cx, &line, "dose").unwrap_or(1),
            from_months: months(cx, &line, "from_months").unwrap_or(0),
            to_months: if line.get("to_months").is_empty() { None } else { months(cx, &line, "to_months") },
        };
        if dose.to_months.is_some_and(|to| to < dose.from_months) {
            let message = format!("{id} ends before it begins");
            cx.faults.error("order", &line.place("to_months"), message, "to_months not below from_months", "");
        }
        if !cx.content.immunisations.add(&id, dose) {
            cx.twice("dose", &id, &line.place("id"));
        }
    }
}

fn milestones(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("milestones.csv") else { return };
    let sheet = Sheet::parse(&source, cx.faults);
    let complete = cx.complete();
    sheet.need_columns(&["id", "age_months", "source"]);
    sheet.words_columns("name", &complete, true);
    sheet.finish();
    for line in sheet.lines() {
        let Some(id) = line.need("id") else { continue };
        cx.check_id(&id, &line.place("id"));
        cx.checked_sources(line.ids("source"));
        let age_months = months(cx, &line, "age_months").unwrap_or(0);
        let milestone = Milestone { id: id.clone(), name: line.words("name", &complete), age_months };
        if !cx.content.milestones.add(&id, milestone) {
            cx.twice("milestone", &id, &line.place("id"));
        }
    }
}

fn months(cx: &Context<'_>, line: &Line<'_, '_>, column: &'static str) -> Option<u32> {
    let text = line.get(column);
    let number = text.parse::<u32>().ok().filter(|n| *n <= OLDEST);
    if number.is_none() {
        let message = format!("\"{}\" cannot stand here", crate::read::fault::shown(text));
        cx.faults.error("bad-value", &line.place(column), message, format!("a whole number from 0 to {OLDEST}"), "");
    }
    number
}
