//! What a study found, in words: how many families, how alike the groups are, and the difference with what it may be.

use evaluation::report::{ALIKE, Compared, Finding, OUTSIDE, Report, Said, Verdict};
use maud::{Markup, html};
use text::Text;

use crate::components::frame::{Frame, Width, page};
use crate::components::list::table;
use crate::components::message::{Tone, notice};

/// A study with its last report.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its name.
    pub name: String,
    /// A comparison needs so many families in either group.
    pub least: u32,
    /// Names of the covariates, in the order of the report.
    pub covariates: Vec<String>,
    /// Wave, measure and highest value of each outcome, in the order of the report.
    pub outcomes: Vec<(String, String, u32)>,
    /// `None`: no quarter has been worked out yet.
    pub report: Option<Report>,
}

/// The page.
pub fn page_of(f: &Frame, all: &[Told]) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("study-report"),
        Width::Wide,
        html! {
            h1 { (t.t("study-report")) }
            p.lead { (t.t("study-report-lead")) }
            @if all.is_empty() { (notice(Tone::Info, &t.t("study-report-none"), html! {})) }
            @for told in all {
                section {
                    h2 { (told.name) }
                    @match &told.report {
                        None => (notice(Tone::Info, &t.t("study-report-not-yet"), html! {})),
                        Some(report) => (one(t, told, report)),
                    }
                }
            }
        },
    )
}

fn one(t: Text, told: &Told, report: &Report) -> Markup {
    let [with, without] = report.families.map(|n| few(t, n));
    html! {
        p { (t.with("study-report-quarter", &[("quarter", (&report.quarter).into())])) }
        p { (t.with("study-report-families", &[("with", with.into()), ("without", without.into())])) }
        @if report.incomplete != Some(0) {
            p.small { (t.with("study-report-incomplete", &[("families", few(t, report.incomplete).into())])) }
        }
        ul.cards { @for (finding, (wave, measure, highest)) in report.findings.iter().zip(&told.outcomes) {
            li { article.card {
                h3 { (measure) " · " (wave) }
                (result(t, told, finding, *highest))
            } }
        } }
        (limits(t))
    }
}

fn result(t: Text, told: &Told, finding: &Finding, highest: u32) -> Markup {
    let [with, without] = finding.answered.map(|n| few(t, n));
    html! {
        @match &finding.said {
            Said::TooFew => p { (t.with("study-too-few", &[("least", i64::from(told.least).into())])) },
            Said::Apart => p { (t.t("study-apart")) },
            Said::Compared(found) => (difference(t, found, highest)),
        }
        p.small.soft { (t.with("study-answered", &[("with", with.into()), ("without", without.into())])) }
        @if let Said::Compared(found) = &finding.said { (balance(t, told, found)) }
    }
}

fn difference(t: Text, found: &Compared, highest: u32) -> Markup {
    let points = |n: i64| hundredths(t, n);
    let key = match found.weighted.verdict() {
        Verdict::More => "study-more",
        Verdict::Less => "study-less",
        Verdict::Open => "study-open",
    };
    let range = found.weighted;
    // "So many points fewer" is said without a sign; ends of an interval that crosses 0 need theirs.
    let (value, low, high) = match range.verdict() {
        Verdict::Less => (-range.value, -range.high, -range.low),
        _ => (range.value, range.low, range.high),
    };
    let args = [("value", points(value).into()), ("low", points(low).into()), ("high", points(high).into())];
    let [with, without] = found.means.map(points);
    html! {
        p.lead { (t.with(key, &args)) }
        p { (t.with("study-means", &[("with", with.into()), ("without", without.into()), ("highest", i64::from(highest).into())])) }
        p.small.soft { (t.with("study-crude", &[("value", points(found.crude.value).into()), ("low", points(found.crude.low).into()), ("high", points(found.crude.high).into())])) }
        @if !found.is_balanced() { (notice(Tone::Warn, &t.t("study-unlike"), html! { p { (t.t("study-unlike-words")) } })) }
        @if found.outside > OUTSIDE { (notice(Tone::Warn, &t.with("study-outside", &[("percent", found.outside.into())]), html! { p { (t.t("study-outside-words")) } })) }
    }
}

fn balance(t: Text, told: &Told, found: &Compared) -> Markup {
    let headings = ["study-covariate", "study-before", "study-after"].map(|key| t.t(key).into_owned());
    let row = |(name, [before, after]): (&String, &[i64; 2])| {
        vec![html! { (name) }, html! { (hundredths(t, *before)) }, html! { (hundredths(t, *after)) }]
    };
    let rows: Vec<Vec<Markup>> = told.covariates.iter().zip(&found.balance).map(row).collect();
    let [with, without] = found.effective.map(|n| t.number(n));
    html! {
        details {
            summary { (t.t("study-balance")) }
            p { (t.with("study-balance-words", &[("alike", hundredths(t, ALIKE).into())])) }
            (table(&t.t("study-balance"), &headings, &rows))
            p { (t.with("study-effective", &[("with", with.into()), ("without", without.into())])) }
        }
    }
}

fn limits(t: Text) -> Markup {
    html! {
        h3 { (t.t("study-limits")) }
        ul { @for key in ["study-limit-unknown", "study-limit-answers", "study-limit-method"] { li { (t.t(key)) } } }
    }
}

fn few(t: Text, n: Option<u64>) -> String {
    match n {
        Some(n) => t.number(i64::try_from(n).unwrap_or(i64::MAX)),
        None => t.t("study-few").into_owned(),
    }
}

/// `-35` as `−0.35`.
fn hundredths(t: Text, n: i64) -> String {
    let sign = if n < 0 { "−" } else { "" };
    let n = n.unsigned_abs();
    format!("{sign}{}", t.decimal(&format!("{}.{:02}", n / 100, n % 100)))
}
