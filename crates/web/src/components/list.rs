//! Summary lists, tables and tags.

use maud::{Markup, html};

use super::icon;

/// A list of names and what stands beside them.
pub fn pairs(rows: &[(String, Markup)]) -> Markup {
    html! {
        dl.pairs { @for (name, value) in rows { div { dt { (name) } dd { (value) } } } }
    }
}

/// A table that scrolls sideways on its own where it must, and stacks its cells on a phone.
///
/// Each row begins with its heading; the headings repeat as labels when stacked.
pub fn table(caption: &str, headings: &[String], rows: &[Vec<Markup>]) -> Markup {
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table.stack {
                caption.hidden-visually { (caption) }
                thead { tr { @for heading in headings { th scope="col" { (heading) } } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (index, cell) in row.iter().enumerate() {
                                @if index == 0 { th scope="row" { (cell) } }
                                @else { td data-label=[headings.get(index)] { (cell) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What a tag says by its shape.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// Holds, accepted, done.
    Yes,
    /// Does not hold, refused.
    No,
    /// Open, not known yet, waiting.
    Open,
    /// Wrong, blocked.
    Fault,
    /// Neutral.
    Plain,
    /// Protected.
    Locked,
}

/// A short state, told by words and shape before colour.
pub fn tag(mark: Mark, words: &str) -> Markup {
    let (class, icon) = match mark {
        Mark::Yes => ("tag tag--yes", icon::tick()),
        Mark::No => ("tag", icon::cross()),
        Mark::Open => ("tag tag--open", icon::question()),
        Mark::Fault => ("tag tag--error", icon::alert()),
        Mark::Plain => ("tag tag--info", html! {}),
        Mark::Locked => ("tag tag--error", icon::lock()),
    };
    html! { span class=(class) { (icon) (words) } }
}
