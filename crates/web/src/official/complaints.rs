//! Complaints an office must answer: the list by day, and one with its answer.

use casework::follow::grievance::{Kind, Status};
use kernel::{Date, Instant};
use maud::{Markup, html};

use super::work::nearness;
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// One complaint of the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Who complains.
    pub name: String,
    /// About what.
    pub kind: Kind,
    /// Until when it must be answered, and days until then.
    pub due: (Date, i64),
    /// The official who has it.
    pub has: Option<String>,
}

/// The list.
pub fn list(f: &Frame, done: bool, lines: &[Line]) -> Markup {
    let t = f.t;
    let rows: Vec<Vec<Markup>> = lines
        .iter()
        .map(|l| {
            vec![
                html! { a href=(format!("/work/complaints/{}", l.id)) { (l.name) } },
                html! { (t.t(&format!("complain-kind-{}", l.kind))) },
                html! { (nearness(t, Some(l.due))) " " span.small.soft.nowrap { (t.date(l.due.0)) } },
                html! { @match &l.has { Some(name) => (name), None => em { (t.t("work-nobody")) } } },
            ]
        })
        .collect();
    let headings = ["grievance-who", "grievance-about", "grievance-day", "work-official"];
    page(
        f,
        &t.t("grievance-title"),
        Width::Wide,
        html! {
            (back(t, "/work"))
            @if done { (notice(Tone::Done, &t.t("grievance-done"), html! {})) }
            h1 { (t.t("grievance-title")) }
            p.lead { (t.t("grievance-lead")) }
            @if lines.is_empty() { p { (t.t("grievance-none")) } }
            @else { (table(&t.t("grievance-title"), &headings.map(|key| t.t(key).into_owned()), &rows)) }
        },
    )
}

/// One complaint.
#[derive(Clone, Debug, PartialEq)]
pub struct Complaint {
    /// The line.
    pub line: Line,
    /// In the person's own words.
    pub words: String,
    /// How it stands.
    pub status: Status,
    /// The answer.
    pub answer: Option<String>,
    /// When it came.
    pub made_at: Instant,
    /// The case it is about: address and programme.
    pub case: Option<(String, String)>,
    /// To whom it can be given: id and name.
    pub officials: Vec<(String, String)>,
    /// Whether it was just given to somebody.
    pub given: bool,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
}

/// One complaint, to be answered or handed over.
pub fn one(f: &Frame, form: &Form, c: &Complaint) -> Markup {
    let t = f.t;
    let to = format!("/work/complaints/{}", c.line.id);
    let facts = [
        (t.t("grievance-about").into_owned(), html! { (t.t(&format!("complain-kind-{}", c.line.kind))) }),
        (t.t("grievance-came").into_owned(), html! { (t.moment(c.made_at, c.offset_hours)) }),
        (
            t.t("grievance-day").into_owned(),
            html! { @if c.status == Status::Open { (nearness(t, Some(c.line.due))) " " } (t.date(c.line.due.0)) },
        ),
        (
            t.t("work-official").into_owned(),
            html! { @match &c.line.has { Some(name) => (name), None => em { (t.t("work-nobody")) } } },
        ),
        (
            t.t("grievance-case").into_owned(),
            html! { @match &c.case { Some((href, programme)) => a href=(href) { (programme) }, None => (t.t("complain-case-none")) } },
        ),
    ];
    page(
        f,
        &t.t("grievance-one"),
        Width::Reading,
        html! {
            (back(t, "/work/complaints"))
            (error_summary(t, form))
            @if c.given { (notice(Tone::Done, &t.t("work-done-given"), html! {})) }
            h1 { (t.t("grievance-one")) ": " (c.line.name) }
            (pairs(&facts))
            h2 { (t.t("complain-words")) }
            blockquote { p { (c.words) } }
            @match (&c.answer, c.status) {
                (Some(answer), _) => {
                    h2 { (t.t("complain-answer")) " " (tag(Mark::Yes, &t.t("complain-answered"))) }
                    p { (answer) }
                }
                (None, Status::Answered) => {}
                (None, Status::Open) => {
                    form method="post" action=(to) novalidate {
                        (field::hidden("do", "answer"))
                        (field::area(form, "answer", &t.t("grievance-answer"), &t.t("grievance-answer-hint"), 6))
                        div.actions { button.btn type="submit" { (t.t("grievance-send")) } }
                    }
                    h2 { (t.t("grievance-hand")) }
                    form method="post" action=(to) novalidate {
                        (field::hidden("do", "give"))
                        (field::select(form, "to", &t.t("work-give-to"), &t.t("grievance-hand-hint"), &t.t("work-nobody"), &c.officials))
                        div.actions { button.btn.btn--second type="submit" { (t.t("grievance-give")) } }
                    }
                }
            }
        },
    )
}
