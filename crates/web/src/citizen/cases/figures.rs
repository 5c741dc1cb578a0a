//! How it goes, in figures without persons: what was taken of what was offered, how long it took, what families were spared,
//! and what they say of it.

use casework::follow::satisfaction::Way;
use casework::follow::uptake::{Days, Figures, Spared};
use kernel::{Date, Words};
use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::table;
use crate::components::message::error_summary;
use crate::form::Form;

/// What people said of one office.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// The agency.
    pub agency: Words,
    /// The place of its office.
    pub place: Option<Words>,
    /// How the decisions came about.
    pub way: Way,
    /// Answers, mean in tenths, 9 or 10, 6 or less; `None`: too few to show.
    pub figures: Option<(i64, i64, i64, i64)>,
    /// What they wrote, for the lead of the own agency; for others nothing: free words may name people.
    pub words: Vec<String>,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Uptake and time, with the words of each event.
    pub figures: Figures,
    /// The words of the events, in the same order.
    pub events: Vec<Words>,
    /// What people said.
    pub said: Vec<Said>,
}

/// The page. `form` holds the days asked for.
pub fn page_of(f: &Frame, form: &Form, p: &Page) -> Markup {
    let t = f.t;
    let look = || Look { keyboard: "numeric", width: "w-m", ..Look::default() };
    page(
        f,
        &t.t("figures-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            h1 { (t.t("figures-title")) }
            p.lead { (t.with("figures-lead", &[("from", t.date(p.from).into()), ("to", t.date(p.to).into())])) }
            form.inline-form method="get" action="/figures" {
                (field::line(form, "from", &t.t("figures-from"), look()))
                (field::line(form, "to", &t.t("figures-to"), look()))
                button.btn.btn--second type="submit" { (t.t("figures-show")) }
            }
            h2 { (t.t("figures-uptake")) }
            @if p.figures.lines.is_empty() { p { (t.t("figures-none")) } } @else { (uptake(t, p)) }
            h2 { (t.t("figures-time")) }
            @if p.figures.lines.is_empty() { p { (t.t("figures-none")) } } @else { (time(t, p)) }
            h2 { (t.t("figures-spared")) }
            (spared(t, p.figures.spared))
            h2 { (t.t("figures-said")) }
            p { (t.t("figures-said-words")) }
            @if p.said.is_empty() { p { (t.t("figures-none")) } } @else { (said(t, &p.said)) }
            @for s in p.said.iter().filter(|s| !s.words.is_empty()) {
                details {
                    summary { (t.t(&format!("figures-way-{}", s.way))) @if let Some(place) = &s.place { " · " (place.get(t.lang())) } ": " (t.with("figures-wrote", &[("count", s.words.len().into())])) }
                    ul { @for words in &s.words { li { (words) } } }
                }
            }
            p.soft { (t.t("figures-few-words")) }
        },
    )
}

fn headings(t: Text, keys: &[&str]) -> Vec<String> {
    keys.iter().map(|key| t.t(key).into_owned()).collect()
}

fn share(t: Text, part: i64, of: i64) -> String {
    let percent = (part * 100 + of / 2).checked_div(of).unwrap_or(0);
    t.with("figures-share", &[("count", t.number(part).into()), ("percent", percent.into())]).into_owned()
}

fn uptake(t: Text, p: &Page) -> Markup {
    let keys = ["figures-event", "figures-events", "figures-all-taken", "figures-all-answered", "figures-taken"];
    let few = || t.t("figures-few").into_owned();
    let rows: Vec<Vec<Markup>> = p
        .figures
        .lines
        .iter()
        .zip(&p.events)
        .map(|(line, words)| {
            let cells = match line.counts {
                None => [few(), few(), few(), few()],
                Some(c) => [
                    t.number(c.events),
                    share(t, c.all_taken, c.events),
                    share(t, c.all_answered, c.events),
                    share(t, c.taken, c.offers),
                ],
            };
            let first = html! { (words.get(t.lang())) };
            std::iter::once(first).chain(cells.into_iter().map(|cell| html! { (cell) })).collect()
        })
        .collect();
    table(&t.t("figures-uptake"), &headings(t, &keys), &rows)
}

fn time(t: Text, p: &Page) -> Markup {
    let keys = ["figures-event", "figures-to-decision", "figures-to-payment"];
    let days = |days: Option<Days>| match days {
        None => t.t("figures-few").into_owned(),
        Some(d) => t
            .with("figures-days", &[("median", d.median.into()), ("ninth", d.ninth.into()), ("count", d.cases.into())])
            .into_owned(),
    };
    let rows: Vec<Vec<Markup>> = p
        .figures
        .lines
        .iter()
        .zip(&p.events)
        .map(|(line, words)| {
            vec![html! { (words.get(t.lang())) }, html! { (days(line.to_decision)) }, html! { (days(line.to_payment)) }]
        })
        .collect();
    table(&t.t("figures-time"), &headings(t, &keys), &rows)
}

fn spared(t: Text, s: Spared) -> Markup {
    let rows = [
        ("figures-visits", s.visits, "figures-visits-assumed"),
        ("figures-papers", s.papers, "figures-papers-assumed"),
        ("figures-handed-in", s.handed_in, "figures-handed-in-words"),
    ];
    let keys = ["figures-what", "figures-number", "figures-assumed"];
    let rows: Vec<Vec<Markup>> = rows
        .into_iter()
        .map(|(name, n, why)| vec![html! { (t.t(name)) }, html! { (t.number(n)) }, html! { (t.t(why)) }])
        .collect();
    table(&t.t("figures-spared"), &headings(t, &keys), &rows)
}

fn said(t: Text, list: &[Said]) -> Markup {
    let lang = t.lang();
    let keys = ["figures-office", "figures-way", "figures-answers", "figures-mean", "figures-glad", "figures-sad"];
    let few = || t.t("figures-few").into_owned();
    let rows: Vec<Vec<Markup>> = list
        .iter()
        .map(|s| {
            let cells = match s.figures {
                None => [few(), few(), few(), few()],
                Some((people, mean, glad, sad)) => [
                    t.number(people),
                    t.decimal(&format!("{}.{}", mean / 10, mean % 10)),
                    share(t, glad, people),
                    share(t, sad, people),
                ],
            };
            let office = html! {
                (s.agency.get(lang)) @if let Some(place) = &s.place { " · " (place.get(lang)) }
            };
            let way = html! { (t.t(&format!("figures-way-{}", s.way))) };
            [office, way].into_iter().chain(cells.into_iter().map(|cell| html! { (cell) })).collect()
        })
        .collect();
    table(&t.t("figures-said"), &headings(t, &keys), &rows)
}
