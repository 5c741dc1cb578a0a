//! All scenarios, and comparisons side by side.

use maud::{Markup, html};
use population::scenario::Stage;

use super::stage;
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A line of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub stage: Stage,
    /// Who began it.
    pub author: String,
    /// When it was last changed, in words.
    pub changed: String,
    /// Whether the pack under it is in force.
    pub in_force: bool,
}

/// The page. `finished`: comparisons to choose two of: id and words. `snapshot`: whether there is a population to compare over.
pub fn page_of(f: &Frame, form: &Form, lines: &[Line], finished: &[(String, String)], snapshot: bool) -> Markup {
    let t = f.t;
    let headings = ["scenario", "scenario-stage", "scenario-author", "scenario-changed"].map(|k| t.t(k).into_owned());
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|l| {
            let (mark, key) = stage(l.stage);
            vec![
                html! {
                    a href=(format!("/analyst/scenarios/{}", l.id)) { (l.name) }
                    @if !l.in_force && l.stage == Stage::Draft { p.small.soft { (t.t("scenario-moved-short")) } }
                },
                tag(mark, &t.t(key)),
                html! { (l.author) },
                html! { span.nowrap { (l.changed) } },
            ]
        })
        .collect();
    page(
        f,
        &t.t("scenarios-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            h1 { (t.t("scenarios-title")) }
            p.lead { (t.t("scenarios-lead")) }
            @if !snapshot { (notice(Tone::Warn, &t.t("scenario-no-snapshot"), html! { p { (t.t("scenario-no-snapshot-do")) } })) }
            form method="post" action="/analyst/scenarios" novalidate {
                (field::line(form, "name", &t.t("scenario-name"), Look { hint: &t.t("scenario-name-hint"), ..Look::default() }))
                button.btn type="submit" { (t.t("scenario-begin")) }
            }
            @if !lines.is_empty() { h2 { (t.t("scenarios-all")) } (table(&t.t("scenarios-all"), &headings, &rows)) }
            @if finished.len() > 1 {
                h2 { (t.t("scenario-side-by-side")) }
                form method="get" action="/analyst/comparisons" {
                    (field::select(form, "left", &t.t("scenario-left"), "", "", finished))
                    (field::select(form, "right", &t.t("scenario-right"), "", "", finished))
                    button.btn.btn--second type="submit" { (t.t("scenario-compare-two")) }
                }
            }
        },
    )
}
