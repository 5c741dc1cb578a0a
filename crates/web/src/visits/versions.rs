//! What a new version of a protocol would change, and for whom, before anybody is moved to it.

use kernel::Date;
use maud::{Markup, html};

use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::table;
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A visit that would be at another time: its name, its window as it is and as it would be. `None`: there is, or would be, none.
pub type Moved = (String, Option<String>, Option<String>);

/// A version that is looked at.
#[derive(Clone, Debug, PartialEq)]
pub struct Version {
    /// The protocol's name.
    pub name: String,
    /// From when on families enter under it.
    pub from: Date,
    /// How many families in the viewer's hands are under another version.
    pub families: usize,
    /// Those for whom something would change: address, name, visits.
    pub changed: Vec<(String, String, Vec<Moved>)>,
}

/// The page: versions to choose from, the one chosen.
pub fn page_of(f: &Frame, form: &Form, options: &[(String, String)], version: Option<&Version>) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("version-title"),
        Width::Wide,
        html! {
            (back(t, "/visits/families"))
            (error_summary(t, form))
            h1 { (t.t("version-title")) }
            p.lead { (t.t("version-lead")) }
            @if options.is_empty() { (notice(Tone::Info, &t.t("version-none"), html! {})) }
            @else {
                form.inline-form method="get" action="/visits/versions" {
                    (field::select(form, "to", &t.t("version-which"), "", "", options))
                    button.btn.btn--second type="submit" { (t.t("figures-show")) }
                }
            }
            @if let Some(version) = version { (looked_at(f, version)) }
        },
    )
}

fn looked_at(f: &Frame, v: &Version) -> Markup {
    let t = f.t;
    let none = || t.t("version-no-visit").into_owned();
    let headings =
        ["visits-mother", "version-visit", "version-before", "version-after"].map(|key| t.t(key).into_owned());
    let rows = v.changed.iter().flat_map(|(href, name, visits)| {
        visits.iter().map(move |(visit, before, after)| {
            vec![
                html! { a href=(href) { (name) } },
                html! { (visit) },
                html! { (before.clone().unwrap_or_else(none)) },
                html! { strong { (after.clone().unwrap_or_else(none)) } },
            ]
        })
    });
    let rows: Vec<Vec<Markup>> = rows.collect();
    html! {
        h2 { (v.name) }
        p { (t.with("version-from", &[("date", t.date(v.from).into())])) }
        p { (t.with("version-count", &[("changed", v.changed.len().into()), ("families", v.families.into())])) }
        @if !rows.is_empty() { (table(&t.t("version-title"), &headings, &rows)) }
    }
}
