//! Handing families over: from whom, then which of hers, to whom, from when on and why.

use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::error_summary;
use crate::form::Form;

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Give {
    /// The nurses of the team, each with her load in words.
    pub nurses: Vec<(String, String)>,
    /// The families of the chosen one: id and in words. `None`: nobody is chosen yet.
    pub families: Option<Vec<(String, String)>>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &Give) -> Markup {
    let t = f.t;
    let nobody = t.t("team-choose");
    page(
        f,
        &t.t("team-handover"),
        Width::Reading,
        html! {
            (back(t, "/visits/team"))
            (error_summary(t, form))
            h1 { (t.t("team-handover")) }
            p.lead { (t.t("team-handover-lead")) }
            form.inline-form method="get" action="/visits/team/handover" {
                (field::select(form, "from", &t.t("team-from"), "", &nobody, &c.nurses))
                button.btn.btn--second type="submit" { (t.t("figures-show")) }
            }
            @if let Some(families) = &c.families {
                @if families.is_empty() { p { (t.t("team-handover-none")) } } @else {
                    form method="post" action="/visits/team/handover" novalidate {
                        (field::hidden("id", form.get("id")))
                        (field::hidden("from", form.get("from")))
                        (field::boxes(form, "family", &t.t("team-which"), "", families))
                        (field::select(form, "to", &t.t("team-to"), "", &nobody, &c.nurses))
                        (field::line(form, "on", &t.t("team-from-day"), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() }))
                        (field::area(form, "reason", &t.t("team-reason"), &t.t("team-reason-hint"), 2))
                        div.actions { button.btn type="submit" { (t.t("team-handover")) } }
                    }
                }
            }
        },
    )
}
