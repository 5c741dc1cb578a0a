//! `programmes/*.toml`: one file a programme, all its dated versions.

use std::sync::Arc;

use kernel::Lang;
use rules::schema::{Dated, Entity, Per};

use super::context::{Context, text_of};
use super::definitions::check_overlap;
use super::items::ENTITIES;
use super::process;
use crate::model::{Benefit, Claim, Condition, Form, Process, Programme, Version};
use crate::read::fault::shown;
use crate::read::toml_doc::{Located, Table, document};

/// The forms of a benefit.
pub(crate) const FORMS: [(&str, Form); 6] = [
    ("cash", Form::Cash),
    ("voucher", Form::Voucher),
    ("discount", Form::Discount),
    ("service", Form::Service),
    ("in_kind", Form::InKind),
    ("status", Form::Status),
];

/// The periods of an amount.
pub(crate) const PERIODS: [(&str, Per); 4] =
    [("once", Per::Once), ("month", Per::Month), ("year", Per::Year), ("use", Per::Use)];

/// Reads all programmes, in the order of their files' names; gives back how each is worked on.
pub(crate) fn read(cx: &mut Context<'_>) -> Vec<(String, Process)> {
    let faults = cx.faults;
    let mut processes = Vec::new();
    for source in cx.folder("programmes", ".toml") {
        processes.extend(document(&source, faults, |root| programme(cx, root)).flatten());
    }
    processes
}

fn programme(cx: &mut Context<'_>, root: &Table<'_>) -> Option<(String, Process)> {
    let complete = cx.complete();
    let id = root.need_text("id");
    let agency = agency(cx, root, "agency");
    let decided_by = agency_or(cx, root, "decided_by", &agency);
    let name = root.need_words("name", &complete);
    let summary = root.need_words("summary", &complete);
    let events = root.texts("events").into_iter().map(|t| t.it).collect();
    let process = process::of_programme(cx, root);
    let mut words = Vec::new();
    let mut typed = Vec::new();
    let mut spans = Vec::new();
    let tables = root.tables("version");
    if tables.is_empty() {
        cx.faults.error("missing-key", &root.at, "the programme has no version", "at least one [[version]]", "");
    }
    for table in &tables {
        spans.push((table.date("valid_from"), table.date("valid_to"), table.at.clone()));
        if let Some((version, rules)) = version(cx, table, &complete) {
            typed.push(Dated { valid_from: version.valid_from, valid_to: version.valid_to, it: rules });
            words.push(version);
        }
        table.finish();
    }
    check_overlap(cx, &spans);
    let id = id?;
    cx.check_id(&id.it, &id.at);
    let origin = id.at.clone();
    let programme = Programme {
        id: id.it.clone(),
        agency,
        decided_by,
        name,
        summary,
        events,
        versions: words,
        origin: origin.clone(),
    };
    if cx.content.left_out.get(&id.it).is_some() {
        let hint = "take it out of left-out.toml";
        cx.faults.error("duplicate-id", &id.at, "this programme is also listed as left out", "one of the two", hint);
    }
    if !cx.content.programmes.add(&id.it, programme) {
        cx.twice("programme", &id.it, &id.at);
        return None;
    }
    let rules = rules::schema::Programme { id: Arc::from(id.it.as_str()), versions: typed, origin };
    cx.content.schema.programmes.push(rules);
    Some((id.it, process))
}

fn agency(cx: &Context<'_>, root: &Table<'_>, key: &'static str) -> String {
    let Some(agency) = root.need_text(key) else { return String::new() };
    cx.check_agency(&agency);
    agency.it
}

fn agency_or(cx: &Context<'_>, root: &Table<'_>, key: &'static str, other: &str) -> String {
    let Some(agency) = root.text(key) else { return other.to_owned() };
    cx.check_agency(&agency);
    agency.it
}

fn version(cx: &Context<'_>, table: &Table<'_>, complete: &[Lang]) -> Option<(Version, rules::schema::Version)> {
    let subject = table.need_text("subject").and_then(|t| cx.choice(&t, &ENTITIES));
    let law = table.need_text("law").map(|t| t.it).unwrap_or_default();
    let sources = cx.checked_sources([table.ids("sources"), table.ids("source")].concat());
    let confidence = table.text("confidence").and_then(|c| cx.confidence(&c));
    let note = table.words("note", complete);
    let applies = table.expr("applies");
    let (conditions, typed_conditions) = conditions(cx, table, complete);
    let amount = table.table("amount").and_then(|t| amount(cx, &t));
    let benefit = table.table("benefit").and_then(|t| benefit(cx, &t, complete));
    let (mut from, mut until) = (None, None);
    if let Some(period) = table.table("period") {
        (from, until) = (period.expr("from"), period.expr("until"));
        period.finish();
    }
    let claim = table.table("claim");
    let (claim_opens, claim_closes) = claim.as_ref().map_or((None, None), |c| (c.expr("opens"), c.expr("closes")));
    let claim = claim.map(|c| read_claim(cx, &c));
    let typed = rules::schema::Version {
        subject: subject.unwrap_or(Entity::Person),
        applies: applies.clone(),
        conditions: typed_conditions,
        amount: amount.clone(),
        from: from.clone(),
        until: until.clone(),
        claim_opens: claim_opens.clone(),
        claim_closes: claim_closes.clone(),
        origin: table.at.clone(),
    };
    let words = Version {
        valid_from: table.quiet_date("valid_from"),
        valid_to: table.quiet_date("valid_to"),
        subject: subject?,
        law,
        sources,
        confidence,
        note,
        applies: text_of(&applies),
        conditions,
        amount: amount.map(|(expr, per)| (expr.text, per)),
        benefit,
        from: text_of(&from),
        until: text_of(&until),
        claim: claim.map(|c| Claim { opens: text_of(&claim_opens), closes: text_of(&claim_closes), ..c }),
    };
    Some((words, typed))
}

fn conditions(
    cx: &Context<'_>,
    table: &Table<'_>,
    complete: &[Lang],
) -> (Vec<Condition>, Vec<rules::schema::Condition>) {
    let (mut words, mut typed) = (Vec::<Condition>::new(), Vec::new());
    for entry in table.tables("condition") {
        let id = entry.need_text("id");
        let law = entry.text("law").map(|t| t.it).unwrap_or_default();
        let text = entry.need_words("words", complete);
        let when = entry.need_expr("when");
        let _sources = cx.checked_sources([entry.ids("source"), entry.ids("sources")].concat());
        entry.finish();
        let (Some(id), Some(when)) = (id, when) else { continue };
        cx.check_id(&id.it, &id.at);
        if words.iter().any(|c| c.id == id.it) {
            cx.twice("condition", &id.it, &id.at);
            continue;
        }
        words.push(Condition { id: id.it.clone(), law, words: text, when: when.text.clone() });
        typed.push(rules::schema::Condition { id: Arc::from(id.it), when, origin: id.at });
    }
    (words, typed)
}

fn amount(cx: &Context<'_>, table: &Table<'_>) -> Option<(rules::schema::Expr, Per)> {
    let value = table.need_expr("value");
    let per = table.need_text("per").and_then(|t| cx.choice(&t, &PERIODS));
    table.finish();
    Some((value?, per?))
}

fn benefit(cx: &Context<'_>, table: &Table<'_>, complete: &[Lang]) -> Option<Benefit> {
    let form = table.need_text("form").and_then(|t| cx.choice(&t, &FORMS));
    let words = table.words("words", complete);
    table.finish();
    Some(Benefit { form: form?, words })
}

fn read_claim(cx: &Context<'_>, table: &Table<'_>) -> Claim {
    let who = table.texts("who");
    for code in &who {
        check_claimant(cx, code);
    }
    let evidence = table.texts("evidence");
    for item in &evidence {
        cx.check_item(item);
    }
    let days = table.count("decision_days");
    if days == Some(0) {
        let at = table.place("decision_days");
        cx.faults.error("bad-value", &at, format!("\"{}\" days are no time", shown("0")), "1 or more days", "");
    }
    table.finish();
    let ids = |list: Vec<Located<String>>| list.into_iter().map(|t| t.it).collect();
    Claim { who: ids(who), opens: None, closes: None, evidence: ids(evidence), decision_days: days }
}

/// A fault unless the code list `claimant` holds the code.
pub(crate) fn check_claimant(cx: &Context<'_>, code: &Located<String>) {
    cx.check_code("claimant", code, "claimant", "unknown-claimant");
}
