//! A complaint about how somebody was treated, and the answers to earlier ones.

use casework::follow::grievance::{Kind, Status};
use kernel::{Date, Instant};
use maud::{Markup, html};

use crate::components::field;
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A complaint made before.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Earlier {
    /// About what.
    pub kind: Kind,
    /// What was said.
    pub words: String,
    /// How it stands.
    pub status: Status,
    /// Until when it must be answered.
    pub due: Date,
    /// The answer.
    pub answer: Option<String>,
    /// When it was made.
    pub when: Instant,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Complaints {
    /// Names the new one; sent twice it is one.
    pub id: String,
    /// Until when the one just made is answered.
    pub done: Option<Date>,
    /// The family's cases: id and words.
    pub cases: Vec<(String, String)>,
    /// Earlier ones, the newest first.
    pub earlier: Vec<Earlier>,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
}

/// The page. `form` holds what was typed when it was refused.
pub fn page_of(f: &Frame, form: &Form, c: &Complaints) -> Markup {
    let t = f.t;
    let kinds: Vec<(String, String)> =
        Kind::ALL.iter().map(|k| (k.word().to_owned(), t.t(&format!("complain-kind-{k}")).into_owned())).collect();
    page(
        f,
        &t.t("complain-title"),
        Width::Reading,
        html! {
            (error_summary(t, form))
            @if let Some(due) = c.done {
                (notice(Tone::Done, &t.t("complain-done"), html! { p { (t.with("complain-done-words", &[("date", t.date(due).into())])) } }))
            }
            h1 { (t.t("complain-title")) }
            p.lead { (t.t("complain-lead")) }
            form method="post" action="/complain" novalidate {
                (field::hidden("id", &c.id))
                (field::radios(form, "kind", &t.t("complain-what"), "", &kinds))
                @if !c.cases.is_empty() {
                    (field::select(form, "case", &t.t("complain-case"), &t.t("complain-case-hint"), &t.t("complain-case-none"), &c.cases))
                }
                (field::area(form, "words", &t.t("complain-words"), "", 5))
                div.actions { button.btn type="submit" { (t.t("complain-send")) } }
            }
            p { (t.t("complain-not-objection")) " " a href="/cases" { (t.t("cases-title")) } }
            @if !c.earlier.is_empty() {
                h2 { (t.t("complain-earlier")) }
                ul.cards { @for e in &c.earlier { li { article.card {
                    div.card-head {
                        h3 { (t.t(&format!("complain-kind-{}", e.kind))) }
                        @match e.status {
                            Status::Open => (tag(Mark::Open, &t.t("complain-open"))),
                            Status::Answered => (tag(Mark::Yes, &t.t("complain-answered"))),
                        }
                    }
                    p.soft.small { (t.moment(e.when, c.offset_hours)) }
                    p { (e.words) }
                    @match &e.answer {
                        Some(answer) => p { strong { (t.t("complain-answer")) ": " } (answer) },
                        None => p.small { (t.with("complain-due", &[("date", t.date(e.due).into())])) },
                    }
                } } } }
            }
        },
    )
}
