//! The first page: what this is, and the two ways in.

use maud::{Markup, html};

use super::life_event::{self, Named};
use crate::components::frame::{Area, Frame, Width, page};

/// The start page. `events`: those of a life at which the state does something.
pub fn home(f: &Frame, events: &[Named]) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("home-title"),
        Width::Wide,
        html! {
            div.hero {
                h1 { (t.t("home-title")) }
                p.lead { (t.t("home-lead")) }
                div.actions {
                    a.btn href="/check" { (t.t("home-check")) }
                    @if f.who.is_none() { a.btn.btn--second href="/sign-in" { (t.t("home-sign-in")) } }
                    @else { a.btn.btn--second href="/me" { (t.t("home-continue")) } }
                }
                @if f.who.as_ref().is_some_and(|who| who.areas.contains(&Area::Citizen)) {
                    div.actions {
                        a href="/cases" { (t.t("home-cases")) }
                        a href="/payments" { (t.t("home-payments")) }
                        a href="/report" { (t.t("cases-report")) }
                        a href="/apply" { (t.t("cases-apply")) }
                    }
                }
            }
            @if !events.is_empty() {
                h2 { (t.t("home-life-events")) }
                ul.plain { @for event in events { li { (life_event::link(t, event)) } } }
            }
            ul.three {
                @for (title, words) in [
                    ("home-1-title", "home-1-words"), ("home-2-title", "home-2-words"), ("home-3-title", "home-3-words"),
                ] {
                    li { h2 { (t.t(title)) } p { (t.t(words)) } }
                }
            }
        },
    )
}
