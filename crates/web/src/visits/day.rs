//! A nurse's day: whom to visit now, why, until when, what was agreed last, and what to bring.

use kernel::Date;
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, tag};

/// One visit to be made.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The family's address on this site.
    pub href: String,
    /// The mother's name.
    pub name: String,
    /// The visit.
    pub visit: String,
    /// How it stands, in words.
    pub state: String,
    /// Whether its window is over.
    pub late: bool,
    /// Its window.
    pub window: String,
    /// Why now.
    pub why: String,
    /// What about.
    pub topics: Vec<String>,
    /// Forms and leaflets to bring.
    pub bring: Vec<String>,
    /// The level of need, where there is one.
    pub tier: Option<String>,
    /// The day of the last visit.
    pub last: Option<Date>,
    /// What the family wanted to do next, in its own words.
    pub steps: Option<String>,
}

/// The day.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Day {
    /// The day.
    pub today: Date,
    /// Windows that are over and can still be made up, then open ones.
    pub now: Vec<Due>,
    /// Windows that open within two weeks.
    pub soon: Vec<Due>,
    /// Visits that a colleague makes, who and on which day.
    pub covered: Vec<(Due, String, Date)>,
    /// How many families there are in all.
    pub families: usize,
}

/// The page.
pub fn page_of(f: &Frame, day: &Day) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("visits-day"),
        Width::Wide,
        html! {
            h1 { (t.t("visits-day")) span.caption { (t.date(day.today)) } }
            p.lead { (t.with("visits-day-lead", &[("now", day.now.len().into()), ("families", day.families.into())])) }
            h2 { (t.t("visits-now")) }
            @if day.now.is_empty() { p { (t.t("visits-day-none")) } }
            @else { ul.cards { @for due in &day.now { li { (card(f, due, &html! {}, &html! {})) } } } }
            @if !day.soon.is_empty() {
                h2 { (t.t("visits-day-soon")) }
                ul.cards { @for due in &day.soon { li { (card(f, due, &html! {}, &html! {})) } } }
            }
            @if !day.covered.is_empty() {
                h2 { (t.t("week-covered")) }
                ul.cards { @for (due, nurse, on) in &day.covered { li {
                    (card(f, due, &html! { p { (t.with("week-covered-by", &[("nurse", nurse.as_str().into()), ("day", t.date(*on).into())])) } }, &html! {}))
                } } }
            }
        },
    )
}

/// One visit, with something above and something below it.
pub(super) fn card(f: &Frame, due: &Due, above: &Markup, below: &Markup) -> Markup {
    let t = f.t;
    html! {
        article.card {
            div.card-head {
                h3 { a href=(due.href) { (due.name) } }
                (tag(if due.late { Mark::Fault } else { Mark::Open }, &due.state))
            }
            (above)
            p { strong { (due.visit) } " · " (due.window) }
            p.soft { (due.why) }
            @if let Some(tier) = &due.tier { p { (t.t("visits-need")) ": " strong { (tier) } } }
            @if let Some(steps) = &due.steps { p { (t.t("visits-steps-last")) ": “" (steps) "”" } }
            p.facts-line {
                @if !due.topics.is_empty() { span { (t.t("visits-topics")) ": " (due.topics.join(", ")) } }
                @if !due.bring.is_empty() { span { (t.t("visits-bring")) ": " (due.bring.join(", ")) } }
                @if let Some(last) = due.last { span { (t.t("visits-last")) ": " (t.date(last)) } }
            }
            (below)
        }
    }
}
