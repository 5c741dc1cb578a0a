//! The programmes: rules in readable words beside the expressions, law, versions and their differences.

use kernel::{Date, Words};
use maud::{Markup, html};
use text::Text;

use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, notice};

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The programme's id.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// One or two sentences.
    pub summary: Words,
    /// The agency responsible.
    pub agency: Words,
    /// How many versions.
    pub versions: usize,
    /// Whether one is in force today.
    pub in_force: bool,
}

/// Which rules are loaded.
#[derive(Clone, Debug, PartialEq)]
pub struct RuleSet {
    /// The pack's name.
    pub name: Words,
    /// Its version as its authors wrote it.
    pub version: String,
    /// Content hash.
    pub hash: String,
}

/// The list. `left_out`: programmes known and not computable, with the reason.
pub fn list(f: &Frame, set: &RuleSet, lines: &[Line], left_out: &[(Words, Words)]) -> Markup {
    let t = f.t;
    let lang = t.lang();
    let headings = ["programme", "agency", "versions"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|l| {
            vec![
                html! {
                    a href=(format!("/programmes/{}", l.id)) { (l.name.get(lang)) }
                    @if !l.in_force { " " (tag(Mark::No, &t.t("programme-not-in-force"))) }
                    p.small.soft { (l.summary.get(lang)) }
                },
                html! { (l.agency.get(lang)) },
                html! { (l.versions) },
            ]
        })
        .collect();
    page(
        f,
        &t.t("programmes-title"),
        Width::Wide,
        html! {
            h1 { (t.t("programmes-title")) }
            p.lead { (t.with("programmes-lead", &[("count", lines.len().into())])) }
            p.small.soft { (set.name.get(lang)) " · " (set.version) " · " code { (set.hash.chars().take(16).collect::<String>()) } }
            (table(&t.t("programmes-title"), &headings, &rows))
            @if !left_out.is_empty() {
                h2 { (t.with("programmes-left-out", &[("count", left_out.len().into())])) }
                ul { @for (name, reason) in left_out { li { strong { (name.get(lang)) } " – " (reason.get(lang)) } } }
            }
        },
    )
}

/// A programme with all its versions.
#[derive(Clone, Debug, PartialEq)]
pub struct Programme {
    /// Its line.
    pub line: Line,
    /// The agency that decides.
    pub decided_by: Words,
    /// Versions, newest first.
    pub versions: Vec<Version>,
    /// Rules that join it with other programmes: words, law, the other's name.
    pub combinations: Vec<(Words, String, Option<Words>)>,
    /// Where it is declared.
    pub file: String,
}

/// One dated version.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// The law.
    pub law: String,
    /// What is simplified.
    pub note: Option<Words>,
    /// For whom, as an expression.
    pub applies: Option<String>,
    /// id, words, law, expression.
    pub conditions: Vec<(String, Words, String, String)>,
    /// The sum as an expression and its time.
    pub amount: Option<(String, rules::schema::Per)>,
    /// What it is, without a sum.
    pub benefit: Option<Words>,
    /// Beginning and end, as expressions.
    pub period: (Option<String>, Option<String>),
    /// The claim window, as expressions.
    pub claim: (Option<String>, Option<String>),
    /// What only the person can give.
    pub evidence: Vec<Words>,
    /// Days to decide.
    pub decision_days: Option<i64>,
}

impl Version {
    /// The version as lines of text, for the comparison with its forerunner.
    fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = Vec::new();
        let mut add = |name: &str, value: &Option<String>| {
            if let Some(value) = value {
                lines.push(format!("{name} = {value}"));
            }
        };
        add("applies", &self.applies);
        for (id, _, _, when) in &self.conditions {
            add(id, &Some(when.clone()));
        }
        add("amount", &self.amount.as_ref().map(|(value, _)| value.clone()));
        add("from", &self.period.0);
        add("until", &self.period.1);
        add("claim opens", &self.claim.0);
        add("claim closes", &self.claim.1);
        lines
    }
}

/// What one version says otherwise than the one before: removed and added lines.
pub fn difference(older: &Version, newer: &Version) -> (Vec<String>, Vec<String>) {
    let (old, new) = (older.lines(), newer.lines());
    let only = |a: &[String], b: &[String]| a.iter().filter(|line| !b.contains(line)).cloned().collect();
    (only(&old, &new), only(&new, &old))
}

/// One programme.
pub fn one(f: &Frame, p: &Programme) -> Markup {
    let t = f.t;
    let lang = t.lang();
    page(
        f,
        p.line.name.get(lang),
        Width::Wide,
        html! {
            (back(t, "/programmes"))
            h1 { (p.line.name.get(lang)) }
            p.lead { (p.line.summary.get(lang)) }
            (pairs(&[
                (t.t("agency").into_owned(), html! { (p.line.agency.get(lang)) }),
                (t.t("decided-by-plain").into_owned(), html! { (p.decided_by.get(lang)) }),
                (t.t("programme-file").into_owned(), html! { code { (p.file) } }),
            ]))
            (super::scenarios::begin_with(f, p.line.name.get(lang), &p.file))
            @for (index, v) in p.versions.iter().enumerate() {
                h2 { (dates(t, v)) }
                (version(t, v))
                @if let Some(older) = p.versions.get(index + 1) { (changes(t, older, v)) }
            }
            @if !p.combinations.is_empty() {
                h2 { (t.t("programme-combinations")) }
                ul { @for (words, law, other) in &p.combinations { li {
                    @if let Some(other) = other { strong { (other.get(lang)) } ": " }
                    (words.get(lang)) " " span.law { (law) }
                } } }
            }
        },
    )
}

fn dates(t: Text, v: &Version) -> String {
    match (v.from, v.to) {
        (Some(from), Some(to)) => {
            t.with("period-closed", &[("from", t.date(from).into()), ("to", t.date(to).into())]).into_owned()
        }
        (Some(from), None) => t.with("period-open", &[("from", t.date(from).into())]).into_owned(),
        (None, Some(to)) => t.with("period-until", &[("to", t.date(to).into())]).into_owned(),
        (None, None) => t.t("period-always").into_owned(),
    }
}

fn version(t: Text, v: &Version) -> Markup {
    let lang = t.lang();
    html! {
        p.law { (v.law) }
        @if let Some(note) = &v.note { (notice(Tone::Warn, &t.t("note-simplified"), html! { p { (note.get(lang)) } })) }
        h3 { (t.t("programme-conditions")) }
        ol { @for (_, words, law, when) in &v.conditions { li {
            (words.get(lang)) " " span.law { (law) }
            details { summary.small { (t.t("programme-expression")) span.hidden-visually { ": " (words.get(lang)) } } pre { code { (when) } } }
        } } }
        h3 { (t.t("programme-gives")) }
        @match (&v.amount, &v.benefit) {
            (Some((value, per)), _) => { p { (crate::components::value::per_words(t, &t.t("amount"), *per)) } pre { code { (value) } } }
            (None, Some(benefit)) => p { (benefit.get(lang)) },
            (None, None) => p { (t.t("programme-status")) },
        }
        @if !v.evidence.is_empty() {
            h3 { (t.t("programme-evidence")) }
            ul { @for item in &v.evidence { li { (item.get(lang)) } } }
        }
        details {
            summary { (t.t("programme-details")) span.hidden-visually { ": " (dates(t, v)) } }
            @for (key, value) in [
                ("programme-applies", &v.applies), ("programme-from", &v.period.0), ("programme-until", &v.period.1),
                ("programme-opens", &v.claim.0), ("programme-closes", &v.claim.1),
            ] {
                @if let Some(value) = value { h4 { (t.t(key)) } pre { code { (value) } } }
            }
            @if let Some(days) = v.decision_days { p { (t.with("programme-days", &[("count", days.into())])) } }
        }
    }
}

fn changes(t: Text, older: &Version, newer: &Version) -> Markup {
    let (gone, come) = difference(older, newer);
    html! {
        details.diff {
            summary { (t.with("programme-changes", &[("period", dates(t, older).into())])) }
            @if gone.is_empty() && come.is_empty() { p { (t.t("programme-same")) } }
            @for line in &gone { pre { del { span.hidden-visually { (t.t("diff-removed")) " " } "− " (line) } } }
            @for line in &come { pre { ins { span.hidden-visually { (t.t("diff-added")) " " } "+ " (line) } } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(applies: &str, when: &str) -> Version {
        Version {
            from: None,
            to: None,
            law: String::new(),
            note: None,
            applies: Some(applies.to_owned()),
            conditions: vec![("age".to_owned(), Words::default(), String::new(), when.to_owned())],
            amount: None,
            benefit: None,
            period: (None, None),
            claim: (None, None),
            evidence: Vec::new(),
            decision_days: None,
        }
    }

    #[test]
    fn a_difference_names_what_went_and_what_came() {
        let (gone, come) = difference(&version("true", "age < 7"), &version("true", "age < 8"));
        assert_eq!((gone, come), (vec!["age = age < 7".to_owned()], vec!["age = age < 8".to_owned()]));
    }
}
