//! Try a household: paste the file that the worked cases use, choose a day, see every programme explained.

use maud::{Markup, html};

use crate::components::entitlement::{Entitlement, card, total_strip};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::message::error_summary;
use crate::form::Form;

/// The page; `result` after a household could be read, with the time it took in microseconds.
pub fn page_of(f: &Frame, form: &Form, result: Option<(&[Entitlement], i64)>) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("try-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            h1 { (t.t("try-title")) }
            p.lead { (t.t("try-lead")) }
            form method="post" action="/analyst/try" novalidate {
                (field::line(form, "on", &t.t("date"), Look { hint: &t.t("date-hint"), width: "w-m", keyboard: "numeric", ..Look::default() }))
                (field::area(form, "household", &t.t("try-household"), &t.t("try-hint"), 16))
                button.btn type="submit" { (t.t("try-go")) }
            }
            @if let Some((list, micros)) = result {
                h2 { (t.with("try-result", &[("count", list.len().into())])) }
                p.small.soft { (t.with("try-time", &[("micros", t.number(micros).into())])) }
                (total_strip(t, list))
                ul.cards { @for e in list { li { (card(t, e)) } } }
            }
        },
    )
}
