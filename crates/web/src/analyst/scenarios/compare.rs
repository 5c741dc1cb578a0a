//! Two comparisons side by side.

use kernel::Currency;
use maud::{Markup, html};
use population::whatif::{Group, Report};

use super::{count, group_name, money};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::table;
use crate::components::message::{Tone, notice};

/// One of the two.
#[derive(Clone, Debug, PartialEq)]
pub struct Half {
    /// The comparison.
    pub id: String,
    /// What its scenario was called, and when it was compared.
    pub name: String,
    /// What it says.
    pub report: Report,
}

/// The page.
pub fn page_of(f: &Frame, currency: Currency, left: &Half, right: &Half) -> Markup {
    let t = f.t;
    let title = t.t("scenario-side-by-side");
    let headings = vec![t.t("scenario-measure").into_owned(), left.name.clone(), right.name.clone()];
    let same = left.report.snapshot == right.report.snapshot && left.report.base == right.report.base;
    page(
        f,
        &title,
        Width::Wide,
        html! {
            (back(t, "/analyst/scenarios"))
            h1 { (title) }
            @if !same { (notice(Tone::Warn, &t.t("scenario-unlike"), html! { p { (t.t("scenario-unlike-do")) } })) }
            p {
                a href=(format!("/analyst/comparisons/{}", left.id)) { (left.name) } " · "
                a href=(format!("/analyst/comparisons/{}", right.id)) { (right.name) }
            }
            h2 { (t.t("scenario-winners-losers")) }
            (table(&t.t("scenario-winners-losers"), &headings, &totals(f, currency, &left.report, &right.report)))
            h2 { (t.t("scenario-programmes")) }
            (table(&t.t("scenario-programmes"), &headings, &programmes(f, currency, &left.report, &right.report)))
            h2 { (t.t("scenario-by-income-fifth")) }
            p { (t.t("scenario-won-lost")) }
            (table(&t.t("scenario-by-income-fifth"), &headings, &fifths(f, &left.report, &right.report)))
        },
    )
}

fn row(name: &str, cells: [String; 2]) -> Vec<Markup> {
    let mut row = vec![html! { (name) }];
    row.extend(cells.map(|cell| html! { span.num { (cell) } }));
    row
}

fn totals(f: &Frame, currency: Currency, left: &Report, right: &Report) -> Vec<Vec<Markup>> {
    let t = f.t;
    let both = |of: &dyn Fn(&Group) -> String| [of(&left.all), of(&right.all)];
    let mut rows = vec![
        row(&t.t("scenario-winners"), both(&|g| count(t, g.winners))),
        row(&t.t("scenario-losers"), both(&|g| count(t, g.losers))),
        row(&t.t("scenario-open"), both(&|g| count(t, g.cannot_tell))),
        row(&t.t("scenario-gain"), both(&|g| money(t, currency, g.gain))),
        row(&t.t("scenario-loss"), both(&|g| money(t, currency, g.loss))),
        row(&t.t("scenario-net"), both(&|g| money(t, currency, g.net()))),
    ];
    if let (Some(a), Some(b)) = (&left.poverty, &right.poverty) {
        rows.push(row(&t.t("scenario-poor"), [a.poor, b.poor].map(|[_, after]| count(t, after))));
        rows.push(row(&t.t("scenario-gap"), [a.gap, b.gap].map(|[_, after]| money(t, currency, after))));
    }
    rows
}

fn programmes(f: &Frame, currency: Currency, left: &Report, right: &Report) -> Vec<Vec<Markup>> {
    let t = f.t;
    let mut all: Vec<(&str, &kernel::Words)> = Vec::new();
    for p in left.programmes.iter().chain(&right.programmes) {
        if !all.iter().any(|(id, _)| *id == p.id) {
            all.push((&p.id, &p.name));
        }
    }
    let cell = |report: &Report, id: &str| {
        report.programmes.iter().find(|p| p.id == id).map_or_else(
            || t.t("scenario-unchanged-programme").into_owned(),
            |p| format!("{} · {}", count(t, p.changed.entitled), money(t, currency, p.changed.cost)),
        )
    };
    all.into_iter().map(|(id, name)| row(name.get(t.lang()), [cell(left, id), cell(right, id)])).collect()
}

fn fifths(f: &Frame, left: &Report, right: &Report) -> Vec<Vec<Markup>> {
    let t = f.t;
    let by = "income_fifth";
    let of = |report: &Report| report.groups.iter().find(|g| g.by == by).map(|g| g.groups.clone()).unwrap_or_default();
    let (left, right) = (of(left), of(right));
    left.iter()
        .map(|(name, a)| {
            let b = right.iter().find(|(other, _)| other.id == name.id).map(|(_, g)| g);
            let cell = |g: &Group| format!("{} · {}", count(t, g.winners), count(t, g.losers));
            row(&group_name(t, by, name), [cell(a), b.map_or_else(|| "–".to_owned(), cell)])
        })
        .collect()
}
