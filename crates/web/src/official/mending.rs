//! An event that was recorded wrongly: corrected, or withdrawn because it never happened.

use casework::model::Cause;
use kernel::Date;
use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::pairs;
use crate::components::message::error_summary;
use crate::form::Form;

/// What can be mended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The child's name, sex or day of birth.
    Birth,
    /// The expected day and number.
    Pregnancy,
    /// Where to, and since when.
    Move,
    /// The day.
    Death,
    /// Facts told as an event: corrected by telling the right ones, withdrawn here.
    Change,
}

impl Kind {
    /// The kind of an event; `None` for what nobody registers.
    pub fn of(cause: Cause) -> Option<Kind> {
        match cause {
            Cause::Birth => Some(Kind::Birth),
            Cause::Pregnancy => Some(Kind::Pregnancy),
            Cause::Move => Some(Kind::Move),
            Cause::Death => Some(Kind::Death),
            Cause::IncomeChange => Some(Kind::Change),
            Cause::FactChange
            | Cause::Birthday
            | Cause::PackChange
            | Cause::Requalification
            | Cause::Correction
            | Cause::Withdrawal => None,
        }
    }
}

/// The event, and what the form needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// The household it belongs to.
    pub household: String,
    /// Its id.
    pub id: String,
    /// What can be mended.
    pub kind: Kind,
    /// The key of the message that names it.
    pub key: &'static str,
    /// To whom.
    pub whose: Option<String>,
    /// The day as it was recorded.
    pub on: Date,
    /// Places by province, for a move.
    pub places: Vec<(String, Vec<(String, String)>)>,
    /// Identifies this opening of the form: sending it twice is once.
    pub form_key: String,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, e: &Event) -> Markup {
    let t = f.t;
    let home = format!("/official/households/{}", e.household);
    page(
        f,
        &t.t("mend-title"),
        Width::Reading,
        html! {
            (back(t, &home))
            (error_summary(t, form))
            h1 { span.caption { (t.t(e.key)) @if let Some(whose) = &e.whose { " · " (whose) } } (t.t("mend-title")) }
            p.lead { (t.t("mend-lead")) }
            (pairs(&[(t.t("date").into_owned(), html! { (t.date(e.on)) })]))
            form method="post" action=(format!("/official/happened/{}/{}", e.household, e.id)) novalidate {
                (field::hidden("key", &e.form_key))
                @if e.kind != Kind::Change {
                    h2 { (t.t("mend-correct-title")) }
                    p { (t.t("mend-correct-hint")) }
                    (fields(t, form, e))
                }
                (field::line(form, "reason", &t.t("reason"), Look::default()))
                @if e.kind != Kind::Change {
                    button.btn type="submit" name="do" value="correct" { (t.t("mend-correct")) }
                }
                h2 { (t.t("mend-withdraw-title")) }
                p { (t.t("mend-withdraw-words")) }
                div.actions {
                    button.btn.btn--danger type="submit" name="do" value="withdraw" { (t.t("mend-withdraw")) }
                    a href=(home) { (t.t("cancel")) }
                }
            }
        },
    )
}

fn fields(t: Text, form: &Form, e: &Event) -> Markup {
    let day = |name, label: &str| {
        let look = Look { hint: &t.t("date-hint"), width: "w-m", keyboard: "numeric", ..Look::default() };
        field::line(form, name, &t.t(label), look)
    };
    html! {
        @match e.kind {
            Kind::Birth => {
                (field::line(form, "name", &t.t("event-child-name"), Look::default()))
                (day("on", "birth-date"))
                (field::radios(form, "sex", &t.t("event-sex"), "", &[
                    ("female".to_owned(), t.t("sex-female").into_owned()), ("male".to_owned(), t.t("sex-male").into_owned()),
                ]))
            }
            Kind::Pregnancy => {
                (day("due", "check-due"))
                (field::radios(form, "children", &t.t("event-unborn"), "", &["1", "2", "3"].map(|n| (n.to_owned(), n.to_owned()))))
            }
            Kind::Move => {
                (field::grouped_select(form, "place", &t.t("check-place-label"), "", &t.t("choose"), &e.places))
                (field::line(form, "street", &t.t("event-street"), Look::default()))
                (day("on", "event-moved-on"))
            }
            Kind::Death => (day("on", "event-died-on")),
            Kind::Change => {}
        }
    }
}
