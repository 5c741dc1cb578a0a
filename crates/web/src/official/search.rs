//! Search: purpose and reason first, forgiving of spelling, results that reveal little.

use kernel::Date;
use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// One person found.
#[derive(Clone, Debug, PartialEq)]
pub struct Hit {
    /// Where the household is opened; `None` when the person has none.
    pub household: Option<String>,
    /// The name.
    pub name: String,
    /// Birth date.
    pub born: Option<Date>,
    /// District, never more; `None` while protected.
    pub place: Option<String>,
    /// Whether the address is protected.
    pub protected: bool,
    /// How sure: exact, or alike in sound or spelling.
    pub exact: bool,
}

/// What a search shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Best first.
    pub hits: Vec<Hit>,
    /// Whether there were more: then the search must be narrowed.
    pub more: bool,
}

/// What is on the page beside the form.
#[derive(Clone, Copy, Debug)]
pub struct Page<'a> {
    /// What people call the national identifier.
    pub identifier: &'a str,
    /// The purposes this role may have, as value and message key.
    pub purposes: &'a [(&'static str, &'static str)],
    /// What was found; `None` before the first search.
    pub found: Option<&'a Found>,
    /// Whether a protection was just recorded of somebody the official does not see any more.
    pub recorded: bool,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, p: &Page<'_>) -> Markup {
    let t = f.t;
    let options: Vec<(String, String)> =
        p.purposes.iter().map(|(value, key)| ((*value).to_owned(), t.t(key).into_owned())).collect();
    page(
        f,
        &t.t("search-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            @if p.recorded { (notice(Tone::Done, &t.t("protection-done-recorded"), html! { p { (t.t("protection-done-closed")) } })) }
            h1 { (t.t("search-title")) }
            form method="post" action="/official/search" novalidate {
                div.grid-2 {
                    (field::select(form, "purpose", &t.t("purpose"), &t.t("search-purpose-hint"), "", &options))
                    (field::line(form, "reason", &t.t("search-reason"), Look { hint: &t.t("search-reason-hint"), ..Look::default() }))
                }
                (field::line(form, "q", &t.with("search-what", &[("identifier", p.identifier.into())]), Look { hint: &t.t("search-what-hint"), ..Look::default() }))
                div.grid-2 {
                    (field::line(form, "born", &t.t("birth-date"), Look { hint: &t.t("search-optional"), width: "w-m", keyboard: "numeric", ..Look::default() }))
                    (field::line(form, "address", &t.t("address"), Look { hint: &t.t("search-optional"), ..Look::default() }))
                }
                button.btn type="submit" { (t.t("search-go")) }
            }
            p.soft.small { (t.t("search-logged")) }
            @if let Some(found) = p.found { (results(f, found)) }
        },
    )
}

fn results(f: &Frame, found: &Found) -> Markup {
    let t = f.t;
    let headings = ["name", "birth-date", "place", "search-match"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = found.hits.iter().map(|hit| vec![
        html! { @match &hit.household {
            Some(id) => a href=(format!("/official/households/{id}")) { (hit.name) },
            None => { (hit.name) " " span.soft.small { (t.t("search-no-household")) } }
        } },
        html! { @if let Some(born) = hit.born { span.nowrap { (t.date(born)) } } @else { "–" } },
        html! { @if hit.protected { (tag(Mark::Locked, &t.t("protected"))) } @else { (hit.place.as_deref().unwrap_or("–")) } },
        html! { @if hit.exact { (t.t("search-exact")) } @else { (t.t("search-alike")) } },
    ]).collect();
    html! {
        h2 { (t.with("search-found", &[("count", found.hits.len().into())])) }
        @if found.hits.is_empty() { p { (t.t("search-none")) } }
        @else { (table(&t.t("search-title"), &headings, &rows)) }
        @if found.more { (notice(Tone::Warn, &t.t("search-more-title"), html! { p { (t.t("search-more-words")) } })) }
    }
}
