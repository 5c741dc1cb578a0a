//! One indicator of a place over time, and of the places within it: a curve, a map, and tables that say the same.

use kernel::Words;
use maud::{Markup, html};

use super::draw::{self, Area};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{pairs, table};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A figure of a period or of a place.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Line {
    /// The period, or the place's name.
    pub name: String,
    /// The figure: tenths, or minor units of money. `None`: kept back, or nothing to divide by.
    pub value: Option<u64>,
    /// As it is written.
    pub written: String,
    /// How many, over how many.
    pub parts: String,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The indicator's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is counted, and over what.
    pub counts: (String, String),
    /// Where the definition comes from.
    pub sources: Vec<String>,
    /// The law under which it is published.
    pub law: String,
    /// The assumptions behind costs.
    pub note: Option<Words>,
    /// Places to choose from.
    pub places: Vec<(String, String)>,
    /// The chosen place's id and name.
    pub place: (String, String),
    /// Periods to choose from.
    pub periods: Vec<(String, String)>,
    /// The place's figures, the oldest first.
    pub over_time: Vec<Line>,
    /// The period in which places are compared.
    pub period: String,
    /// The places within the chosen one.
    pub within: Vec<Line>,
    /// Kinds of districts within it, such as rural and urban.
    pub parts: Vec<Line>,
    /// Fifths of income of the families within it, the lowest first.
    pub incomes: Vec<Line>,
    /// Their outlines, those that the pack has.
    pub map: Vec<Area>,
    /// Whether an outline is none of a real place.
    pub illustrative: bool,
    /// Fewer families are told to nobody.
    pub below: u32,
}

/// The page. `form` holds place and periods.
pub fn page_of(f: &Frame, form: &Form, p: &Page) -> Markup {
    let t = f.t;
    page(
        f,
        &p.name,
        Width::Wide,
        html! {
            (back(t, &format!("/visits/indicators?place={}", p.place.0)))
            (error_summary(t, form))
            h1 { (p.name) span.caption { (p.place.1) } }
            (definition(f, p))
            form.inline-form method="get" action=(format!("/visits/indicators/{}", p.id)) {
                @if p.places.len() > 1 { (field::select(form, "place", &t.t("place"), "", "", &p.places)) }
                @else { (field::hidden("place", &p.place.0)) }
                @if p.periods.len() > 1 {
                    (field::select(form, "since", &t.t("indicator-from"), "", "", &p.periods))
                    (field::select(form, "until", &t.t("indicator-until"), "", "", &p.periods))
                }
                button.btn.btn--second type="submit" { (t.t("figures-show")) }
            }
            @if p.over_time.is_empty() { (notice(Tone::Info, &t.t("indicator-nothing"), html! {})) } @else {
                (over_time(f, p))
                @if !p.parts.is_empty() { section {
                    h2 { (t.with("indicator-parts-title", &[("period", p.period.as_str().into())])) }
                    (lines(f, &t.with("indicator-parts-title", &[("period", p.period.as_str().into())]), "indicator-part", &p.parts))
                } }
                @if !p.incomes.is_empty() { section {
                    h2 { (t.with("indicator-fifths-title", &[("period", p.period.as_str().into())])) }
                    p.small.soft { (t.t("indicator-fifths-words")) }
                    (lines(f, &t.with("indicator-fifths-title", &[("period", p.period.as_str().into())]), "indicator-fifth", &p.incomes))
                } }
                @if !p.within.is_empty() { (within(f, p)) }
                div.actions { a.btn.btn--second href=(format!("/visits/indicators/{}/table.csv", p.id)) { (t.t("scenario-csv")) } }
            }
        },
    )
}

fn definition(f: &Frame, p: &Page) -> Markup {
    let t = f.t;
    let mut rows = vec![
        (t.t("indicator-numerator").into_owned(), html! { (p.counts.0) }),
        (t.t("indicator-denominator").into_owned(), html! { (p.counts.1) }),
    ];
    if let Some(note) = &p.note {
        rows.push((t.t("indicator-assumed").into_owned(), html! { (note.get(t.lang())) }));
    }
    rows.push((t.t("law").into_owned(), html! { (p.law) }));
    if !p.sources.is_empty() {
        rows.push((t.t("indicator-sources").into_owned(), html! { @for source in &p.sources { (source) br; } }));
    }
    rows.push((
        t.t("indicator-few").into_owned(),
        html! { (t.with("indicator-few-words", &[("below", i64::from(p.below).into())])) },
    ));
    html! { (pairs(&rows)) }
}

fn lines(f: &Frame, caption: &str, first: &str, lines: &[Line]) -> Markup {
    let headings = [first, "indicator-value", "indicator-parts"].map(|key| f.t.t(key).into_owned());
    let row = |l: &Line| vec![html! { (l.name) }, html! { strong.num { (l.written) } }, html! { (l.parts) }];
    let rows: Vec<Vec<Markup>> = lines.iter().map(row).collect();
    table(caption, &headings, &rows)
}

fn over_time(f: &Frame, p: &Page) -> Markup {
    let t = f.t;
    let title = t.t("indicator-over-time");
    let points: Vec<(String, Option<u64>)> = p.over_time.iter().map(|l| (l.name.clone(), l.value)).collect();
    let newest: Vec<Line> = p.over_time.iter().rev().cloned().collect();
    html! {
        section {
            h2 { (title) }
            @if points.iter().filter(|(_, value)| value.is_some()).count() > 1 {
                (draw::figure(draw::curve(&points), &format!("{}: {}", p.name, title), &t.t("indicator-curve-gaps")))
            }
            (lines(f, &title, "indicator-period", &newest))
        }
    }
}

fn within(f: &Frame, p: &Page) -> Markup {
    let t = f.t;
    let title = t.with("indicator-within", &[("period", p.period.as_str().into())]);
    let label = format!("{}: {}", p.name, title);
    html! {
        section {
            h2 { (title) }
            @if !p.map.is_empty() {
                (draw::figure(draw::map(&p.map), &label, &t.t(if p.illustrative { "indicator-map-example" } else { "indicator-map" })))
            }
            (lines(f, &title, "place", &p.within))
        }
    }
}
