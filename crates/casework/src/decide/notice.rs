//! The notice: what was decided, why, on which facts from whom, and how to object until when. In every complete language
//! of the pack, word for word as it was told, so that nobody need translate a decision later.

use std::collections::BTreeMap;

use catalogue::Pack;
use kernel::{Date, Lang};
use serde::{Deserialize, Serialize};

use super::model::{Content, DecisionKind};
use super::speak::Speech;
use super::way;
use crate::determine::{Determined, Nearest, Reason};
use crate::household::PLACE;

/// One part of a notice.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// Its heading.
    pub heading: String,
    /// Sentences, one a line.
    pub lines: Vec<String>,
}

/// A notice in one language.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// What it is about.
    pub title: String,
    /// The result in one or two sentences.
    pub lead: String,
    /// The rest.
    pub parts: Vec<Part>,
}

/// The notice in each language.
pub type Notices = BTreeMap<Lang, Notice>;

/// What a notice needs beside the decision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Dates {
    /// The day of the decision.
    pub decided_on: Date,
    /// The last day to object.
    pub object_by: Date,
    /// At which level one may object to it ([`super::way`]).
    #[serde(default = "way::first")]
    pub level: u8,
}

/// Writes the notice in every complete language of the pack.
pub fn write(pack: &Pack, content: &Content, determined: &Determined, dates: Dates) -> Notices {
    let langs = pack.manifest().complete.iter();
    langs.map(|lang| (*lang, one(&Speech::new(pack, *lang), content, determined, dates))).collect()
}

fn one(s: &Speech<'_>, content: &Content, determined: &Determined, dates: Dates) -> Notice {
    let name = s.programme(&content.programme);
    let key = match content.kind {
        DecisionKind::Grant => "notice-lead-grant",
        DecisionKind::Refuse => "notice-lead-refuse",
        DecisionKind::Change => "notice-lead-change",
        DecisionKind::Stop => "notice-lead-stop",
    };
    let lead = s.t.with(key, &[("programme", (&name).into()), ("date", s.t.date(dates.decided_on).into())]);
    let parts = [amounts(s, content), changes(s, content), words(s, content), reasons(s, content, determined)];
    let mut parts: Vec<Part> = parts.into_iter().flatten().collect();
    parts.extend(facts(s, determined));
    parts.extend(nearest(s, content, determined));
    parts.push(law(s, content));
    parts.push(objection(s, content, dates));
    let title = s.t.with("notice-title", &[("programme", name.into())]).into_owned();
    Notice { title, lead: lead.into_owned(), parts }
}

/// What comes, and when.
fn amounts(s: &Speech<'_>, content: &Content) -> Option<Part> {
    if !content.granted {
        return None;
    }
    let line = |slice: &crate::determine::Slice| {
        let period = kernel::Period { from: slice.from, until: slice.until };
        let sum = match (content.per, slice.minor) {
            (None, _) => s.t.t("notice-without-sum").into_owned(),
            (per, minor) => s.sum(minor, per),
        };
        s.t.with("notice-slice", &[("period", s.t.period(period).into()), ("sum", sum.into())]).into_owned()
    };
    let lines = content.slices.iter().map(line).collect();
    Some(Part { heading: s.t.t("notice-amounts").into_owned(), lines })
}

/// What changes against the decision before.
fn changes(s: &Speech<'_>, content: &Content) -> Option<Part> {
    if !matches!(content.kind, DecisionKind::Change | DecisionKind::Stop) || content.change.months.is_empty() {
        return None;
    }
    let line = |d: &crate::determine::Difference| {
        let month = s.t.with("notice-month", &[("date", s.t.date(d.month).into())]).into_owned();
        let args = [("month", month.into()), ("before", s.money(d.before).into()), ("after", s.money(d.after).into())];
        s.t.with("notice-difference", &args).into_owned()
    };
    // The first year says it all; a list of twenty months helps nobody.
    let mut lines: Vec<String> = content.change.months.iter().take(12).map(line).collect();
    if content.change.months.len() > 12 {
        lines.push(s.t.t("notice-and-so-on").into_owned());
    }
    Some(Part { heading: s.t.t("notice-changes").into_owned(), lines })
}

/// What an official added.
fn words(s: &Speech<'_>, content: &Content) -> Option<Part> {
    let judgement = &content.judgement;
    let overriding = judgement.overriding.as_ref().map(|o| o.reason.clone());
    let lines: Vec<String> = overriding.into_iter().chain(judgement.words.clone()).collect();
    (!lines.is_empty()).then(|| Part { heading: s.t.t("notice-office-says").into_owned(), lines })
}

/// Why: every condition with its truth; of a refusal first what fails.
fn reasons(s: &Speech<'_>, content: &Content, determined: &Determined) -> Option<Part> {
    let version = s.pack.version(&content.programme, determined.version);
    let line = |reason: &Reason| {
        let words = version.and_then(|v| v.conditions.iter().find(|c| c.id == reason.id));
        let words = words.map_or_else(|| reason.id.clone(), |c| c.words.get(s.lang).to_owned());
        let key = match reason.holds {
            Some(true) => "notice-holds",
            Some(false) => "notice-fails",
            None => "notice-open",
        };
        let shown = reason.steps.iter().filter(|_| reason.holds == Some(false));
        let steps: Vec<String> = shown
            .filter_map(|step| {
                let (name, value) = s.step(&step.name, step.value.as_ref()?);
                Some(s.t.with("notice-step", &[("name", name.into()), ("value", value.into())]).into_owned())
            })
            .collect();
        let told = s.t.with(key, &[("condition", words.into()), ("law", (&reason.law).into())]).into_owned();
        if steps.is_empty() { told } else { format!("{told} ({})", steps.join(", ")) }
    };
    let (failing, others): (Vec<_>, Vec<_>) = determined.reasons.iter().partition(|r| r.holds == Some(false));
    let mut lines: Vec<String> = failing.into_iter().chain(others).map(line).collect();
    if let Some(excluded) = &determined.excluded {
        let words = s.pack.combinations().get(&excluded.rule).map(|c| c.words.get(s.lang).to_owned());
        lines.insert(0, words.unwrap_or_else(|| excluded.rule.clone()));
    }
    (!lines.is_empty()).then(|| Part { heading: s.t.t("notice-reasons").into_owned(), lines })
}

/// The facts and where each comes from. What follows from an address is left out: a letter may be read by others.
fn facts(s: &Speech<'_>, determined: &Determined) -> Option<Part> {
    let mut lines: Vec<String> = Vec::new();
    for fact in determined.reasons.iter().flat_map(|r| &r.facts) {
        let Some(source) = fact.source.as_deref().filter(|f| *f != PLACE) else { continue };
        let args = [
            ("item", s.item(fact.subject, &fact.item).into()),
            ("value", s.value(fact.subject, &fact.item, &fact.value).into()),
            ("source", s.agency(source).into()),
        ];
        let line = s.t.with("notice-fact", &args).into_owned();
        if !lines.contains(&line) {
            lines.push(line);
        }
    }
    (!lines.is_empty()).then(|| Part { heading: s.t.t("notice-facts").into_owned(), lines })
}

/// What would have to be otherwise.
fn nearest(s: &Speech<'_>, content: &Content, determined: &Determined) -> Option<Part> {
    let change = determined.nearest.as_ref().filter(|_| !content.granted)?;
    let line = match change {
        Nearest::Day { on } => s.t.with("notice-nearest-day", &[("date", s.t.date(*on).into())]).into_owned(),
        Nearest::Threshold { name, needed, .. } => {
            let (name, needed) = s.step(name, needed);
            s.t.with("notice-nearest-threshold", &[("name", name.into()), ("needed", needed.into())]).into_owned()
        }
        Nearest::Fact { item, .. } => {
            let name = s.item(content.subject, item);
            s.t.with("notice-nearest-fact", &[("name", name.into())]).into_owned()
        }
    };
    Some(Part { heading: s.t.t("notice-nearest").into_owned(), lines: vec![line] })
}

fn law(s: &Speech<'_>, content: &Content) -> Part {
    Part { heading: s.t.t("notice-law").into_owned(), lines: vec![content.law.clone()] }
}

/// How to object, where and until when.
fn objection(s: &Speech<'_>, content: &Content, dates: Dates) -> Part {
    let lines = match s.objection_office(&content.programme, dates.level) {
        Some(office) => {
            let args = [("date", s.t.date(dates.object_by).into()), ("office", office.into())];
            vec![s.t.with("notice-object-how", &args).into_owned(), s.t.t("notice-object-free").into_owned()]
        }
        None => vec![s.t.t("notice-object-court").into_owned()],
    };
    Part { heading: s.t.t("notice-object").into_owned(), lines }
}
