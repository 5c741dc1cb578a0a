//! `workforce.toml`: caseloads, courses, competencies, supervision. May be missing. Protocols are known by then.

use std::collections::HashSet;

use kernel::Lang;

use super::context::Context;
use crate::model::{Competency, Course, Supervised, SupervisionKind, Workforce};
use crate::read::fault::{did_you_mean, one_of};
use crate::read::toml_doc::{Located, Table, document};

/// Nobody learns longer than this, or is fit for longer.
const MOST_HOURS: u32 = 5_000;
const MOST_MONTHS: u32 = 120;

/// Reads it.
pub(crate) fn read(cx: &mut Context<'_>) {
    let Some(source) = cx.open_if_there("workforce.toml") else { return };
    let complete = cx.complete();
    let read = document(&source, cx.faults, |root| all(cx, root, &complete));
    cx.content.workforce = read;
}

fn all(cx: &Context<'_>, root: &Table<'_>, complete: &[Lang]) -> Workforce {
    let (illustrative, sources) = (root.flag("illustrative"), cx.checked_sources(root.ids("sources")));
    if sources.is_empty() && !illustrative {
        let hint = "say where the figures are published, or that they are made up";
        let expected = "sources = [\"…\"] or illustrative = true";
        cx.faults.error("missing-key", &root.place("illustrative"), "neither sources nor illustrative", expected, hint);
    }
    let intense = root.texts("intense");
    intense.iter().for_each(|named| level(cx, named));
    let competencies = root.tables("competency");
    let competencies: Vec<Competency> = competencies.iter().map(|t| competency(cx, t, complete)).collect();
    let courses: Vec<Course> = root.tables("course").iter().map(|t| course(cx, t, complete, &competencies)).collect();
    for lost in competencies.iter().filter(|c| courses.iter().all(|k| k.competency.as_deref() != Some(c.id.as_str()))) {
        let message = format!("no course makes anybody fit for \"{}\"", lost.id);
        let expected = format!("competency = \"{}\" in a [[course]]", lost.id);
        cx.faults.error("unreachable", &root.place("competency"), message, expected, "");
    }
    let hours = number(cx, root, "hours", MOST_HOURS);
    let taught: u32 = courses.iter().map(|c| c.hours).fold(0, u32::saturating_add);
    if taught < hours {
        let message = format!("the courses have {taught} hours together, so nobody reaches {hours}");
        let expected = format!("[[course]] of {hours} hours together, or hours = {taught}");
        cx.faults.error("unreachable", &root.place("hours"), message, expected, "");
    }
    let most_families = number(cx, root, "most_families", 10_000);
    let most_intense = number(cx, root, "most_intense", 10_000);
    if most_intense > most_families {
        let message = "more families with intense visits than families";
        cx.faults.error("order", &root.place("most_intense"), message, "most_intense, not above most_families", "");
    }
    Workforce {
        law: root.text("law").map(|t| t.it).unwrap_or_default(),
        illustrative,
        sources,
        most_families,
        most_intense,
        intense: intense.into_iter().map(|t| t.it).collect(),
        hours,
        rhythms: rhythms(cx, root),
        checklist: checklist(cx, root, complete),
        courses: once(cx, root, "course", courses, |c| &c.id),
        competencies: once(cx, root, "competency", competencies, |c| &c.id),
    }
}

/// A number from 1 to `most` that must be there.
fn number(cx: &Context<'_>, table: &Table<'_>, key: &'static str, most: u32) -> u32 {
    let found = table.count(key).filter(|n| (1..=most).contains(n));
    if found.is_none() {
        let message = format!("{key} is missing or out of range");
        cx.faults.error("out-of-range", &table.place(key), message, format!("{key} = 1 to {most}"), "");
    }
    found.unwrap_or(1)
}

fn once<T>(cx: &Context<'_>, root: &Table<'_>, what: &'static str, all: Vec<T>, id: impl Fn(&T) -> &String) -> Vec<T> {
    let mut seen = HashSet::new();
    for one in all.iter().filter(|one| !id(one).is_empty() && !seen.insert(id(one).clone())) {
        cx.twice(what, id(one), &root.place(what));
    }
    all
}

/// `protocol` or `protocol/level`.
fn level(cx: &Context<'_>, named: &Located<String>) {
    let (protocol, tier) = named.it.split_once('/').map_or((named.it.as_str(), None), |(p, t)| (p, Some(t)));
    if !known_protocol(cx, protocol, named) {
        return;
    }
    let versions = || cx.content.protocols.iter().filter(|p| p.id == protocol);
    let tiers = || versions().flat_map(|p| p.rhythms.iter().map(|r| r.tier.as_str()));
    if let Some(tier) = tier.filter(|t| tiers().all(|known| known != *t)) {
        let message = format!("the protocol {protocol} has no level of need \"{tier}\"");
        cx.faults.error("unknown-tier", &named.at, message, one_of(tiers()), did_you_mean(tier, tiers()));
    }
}

fn known_protocol(cx: &Context<'_>, protocol: &str, named: &Located<String>) -> bool {
    let known = || cx.content.protocols.iter().map(|p| p.id.as_str());
    let found = known().any(|id| id == protocol);
    if !found {
        let message = format!("there is no protocol \"{protocol}\"");
        cx.faults.error("unknown-protocol", &named.at, message, one_of(known()), did_you_mean(protocol, known()));
    }
    found
}

fn id(cx: &Context<'_>, table: &Table<'_>) -> String {
    let id = table.need_text("id");
    id.iter().for_each(|id| cx.check_id(&id.it, &id.at));
    id.map(|t| t.it).unwrap_or_default()
}

fn competency(cx: &Context<'_>, table: &Table<'_>, complete: &[Lang]) -> Competency {
    let protocols = table.texts("protocols");
    protocols.iter().for_each(|named| {
        known_protocol(cx, &named.it, named);
    });
    let made = Competency {
        id: id(cx, table),
        name: table.need_words("name", complete),
        months: number(cx, table, "months", MOST_MONTHS),
        protocols: protocols.into_iter().map(|t| t.it).collect(),
    };
    table.finish();
    made
}

fn course(cx: &Context<'_>, table: &Table<'_>, complete: &[Lang], competencies: &[Competency]) -> Course {
    let competency = table.text("competency");
    if let Some(named) = competency.as_ref().filter(|named| competencies.iter().all(|c| c.id != named.it)) {
        let known = || competencies.iter().map(|c| c.id.as_str());
        let message = format!("there is no competency \"{}\"", named.it);
        let hint = did_you_mean(&named.it, known());
        cx.faults.error("unknown-competency", &named.at, message, one_of(known()), hint);
    }
    let made = Course {
        id: id(cx, table),
        name: table.need_words("name", complete),
        hours: number(cx, table, "hours", MOST_HOURS),
        competency: competency.map(|t| t.it),
    };
    table.finish();
    made
}

fn rhythms(cx: &Context<'_>, root: &Table<'_>) -> Vec<Supervised> {
    let words: Vec<_> = SupervisionKind::ALL.iter().map(|it| (it.word(), *it)).collect();
    let mut seen = HashSet::new();
    let read = |t: &Table<'_>| {
        let named = t.need_text("kind");
        let kind = named.as_ref().and_then(|named| cx.choice(named, &words));
        let days = number(cx, t, "days", 1_000);
        t.finish();
        if let (Some(kind), Some(named)) = (kind, &named)
            && !seen.insert(kind.word())
        {
            cx.twice("supervision", &named.it, &named.at);
        }
        Some(Supervised { kind: kind?, days })
    };
    root.tables("supervision").iter().filter_map(read).collect()
}

fn checklist(cx: &Context<'_>, root: &Table<'_>, complete: &[Lang]) -> Vec<(String, kernel::Words)> {
    let read = |t: &Table<'_>| {
        let item = (id(cx, t), t.need_words("name", complete));
        t.finish();
        item
    };
    let all = root.tables("check").iter().map(read).collect();
    once(cx, root, "check", all, |(id, _)| id)
}
