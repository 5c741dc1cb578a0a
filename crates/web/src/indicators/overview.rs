//! All indicators of a place: the newest period that can be told of.

use maud::{Markup, html};

use crate::components::field;
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The indicator's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Ours, as an example.
    pub illustrative: bool,
    /// The newest period; empty: none yet.
    pub period: String,
    /// The figure as it is written.
    pub value: String,
    /// How many, over how many.
    pub parts: String,
    /// The figure of the period before.
    pub before: String,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// Places to choose from.
    pub places: Vec<(String, String)>,
    /// The chosen one.
    pub place: String,
    /// Indicators.
    pub lines: Vec<Line>,
    /// What families said, as the page of surveys tells it to the same viewer: measure and occasion, quarter, figure.
    pub said: Vec<(String, String, String)>,
    /// When they were counted; empty: not yet.
    pub counted: String,
    /// Fewer families are told to nobody.
    pub below: u32,
    /// Days after a period until it is told of.
    pub settle: u32,
}

/// The page. `form` holds the chosen place.
pub fn page_of(f: &Frame, form: &Form, p: &Page) -> Markup {
    let t = f.t;
    let headings = ["indicator-what", "indicator-period", "indicator-value", "indicator-parts", "indicator-before"];
    let headings = headings.map(|key| t.t(key).into_owned());
    let row = |line: &Line| {
        vec![
            html! {
                a href=(format!("/visits/indicators/{}?place={}", line.id, p.place)) { (line.name) }
                @if line.illustrative { " " (tag(Mark::Plain, &t.t("indicator-example"))) }
            },
            html! { (line.period) },
            html! { strong.num { (line.value) } },
            html! { (line.parts) },
            html! { (line.before) },
        ]
    };
    let rows: Vec<Vec<Markup>> = p.lines.iter().map(row).collect();
    page(
        f,
        &t.t("indicator-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            h1 { (t.t("indicator-title")) }
            p.lead { (t.with("indicator-lead", &[("below", i64::from(p.below).into()), ("days", i64::from(p.settle).into())])) }
            @if p.places.len() > 1 {
                form.inline-form method="get" action="/visits/indicators" {
                    (field::select(form, "place", &t.t("place"), "", "", &p.places))
                    button.btn.btn--second type="submit" { (t.t("figures-show")) }
                }
            } @else {
                @for (_, name) in &p.places { h2 { (name) } }
            }
            @if p.counted.is_empty() { (notice(Tone::Info, &t.t("indicator-not-yet"), html! {})) }
            @if p.lines.is_empty() { (notice(Tone::Info, &t.t("indicator-no-pack"), html! {})) }
            @else {
                (table(&t.t("indicator-title"), &headings, &rows))
                p { (t.t("indicator-satisfaction")) " " a href="/visits/surveys" { (t.t("nav-surveys")) } }
                @if !p.said.is_empty() {
                    @let headings = ["survey-figures", "indicator-period", "indicator-value"].map(|key| t.t(key).into_owned());
                    @let rows: Vec<Vec<Markup>> = p.said.iter().map(|(what, quarter, figure)| vec![html! { (what) }, html! { (quarter) }, html! { strong.num { (figure) } }]).collect();
                    (table(&t.t("survey-figures"), &headings, &rows))
                }
            }
            @if !p.counted.is_empty() { p.small.soft { (t.with("indicator-counted", &[("when", p.counted.as_str().into())])) } }
        },
    )
}
