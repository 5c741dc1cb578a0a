//! `case-steps.toml`: case management in steps. May be missing.

use std::collections::HashSet;

use kernel::Lang;

use super::context::Context;
use crate::model::{CaseStep, CaseSteps, Needed, Signer};
use crate::read::toml_doc::{Table, document};

/// What the last step must ask for: a case that could end with something open would be forgotten.
const LAST: [Needed; 2] = [Needed::ActionsEnded, Needed::GoalsEnded];

/// Reads the steps.
pub(crate) fn read(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("case-steps.toml") else { return };
    let complete = cx.complete();
    let read = document(&source, cx.faults, |root| all(cx, root, &complete));
    cx.content.case_steps = read.filter(|read| !read.steps.is_empty());
}

fn all(cx: &Context<'_>, root: &Table<'_>, complete: &[Lang]) -> CaseSteps {
    let tables = root.tables("step");
    let steps: Vec<CaseStep> = tables.iter().map(|t| step(cx, t, complete)).collect();
    let mut seen = HashSet::new();
    for (step, table) in steps.iter().zip(&tables).filter(|(s, _)| !s.id.is_empty() && !seen.insert(s.id.as_str())) {
        cx.twice("step", &step.id, &table.place("id"));
    }
    let asks = |needed: &Needed| steps.last().is_some_and(|last| last.needs.contains(needed));
    if !LAST.iter().all(asks) {
        let at = tables.last().map_or_else(|| root.place("step"), |t| t.place("needs"));
        let expected = "needs = [\"actions_ended\", \"goals_ended\", …] in the last [[step]]";
        cx.faults.error("ends-unfinished", &at, "a case could close unfinished", expected, "nothing closes unfinished");
    }
    let (illustrative, sources) = (root.flag("illustrative"), cx.checked_sources(root.ids("sources")));
    if sources.is_empty() && !illustrative {
        let hint = "say where the steps are published, or that the wording is made up";
        let expected = "sources = [\"…\"] or illustrative = true";
        cx.faults.error("missing-key", &root.place("illustrative"), "neither sources nor illustrative", expected, hint);
    }
    CaseSteps { law: root.text("law").map(|t| t.it).unwrap_or_default(), illustrative, steps, sources }
}

fn step(cx: &Context<'_>, table: &Table<'_>, complete: &[Lang]) -> CaseStep {
    let id = table.need_text("id");
    let name = table.need_words("name", complete);
    let needs = Needed::ALL.iter().map(|it| (it.word(), *it)).collect::<Vec<_>>();
    let needs = table.texts("needs").iter().filter_map(|t| cx.choice(t, &needs)).collect();
    let signers = Signer::ALL.iter().map(|it| (it.word(), *it)).collect::<Vec<_>>();
    let signed_by = table.need_text("signed_by").and_then(|t| cx.choice(&t, &signers));
    let review_days = table.count("review_days").filter(|days| (1..=366).contains(days));
    if review_days.is_none() {
        let message = "there is no day on which the family is looked at again";
        cx.faults.error("missing-key", &table.place("review_days"), message, "review_days = 30 (1 to 366)", "");
    }
    table.finish();
    id.iter().for_each(|id| cx.check_id(&id.it, &id.at));
    // What is missing is a fault above, and a faulty pack is refused whole.
    CaseStep {
        id: id.map(|t| t.it).unwrap_or_default(),
        name,
        needs,
        signed_by: signed_by.unwrap_or(Signer::Lead),
        review_days: review_days.unwrap_or(1),
    }
}
