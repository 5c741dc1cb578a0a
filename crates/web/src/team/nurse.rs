//! One nurse's training and supervision: her own page, and the page on which her supervisor confirms.

use kernel::Date;
use maud::{Markup, html};
use text::Text;

use super::overview::{Told, told};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// How a competency stands.
#[derive(Clone, Debug, PartialEq)]
pub enum Fit {
    /// Until a day.
    Until(Date),
    /// No longer since a day.
    Expired(Date),
    /// Never gained.
    Missing,
}

/// A course of the pack, and how much of it she attended.
#[derive(Clone, Debug, PartialEq)]
pub struct Course {
    /// Its name.
    pub name: String,
    /// Hours attended that count.
    pub done: u32,
    /// Hours it has.
    pub hours: u32,
}

/// A line of the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its id.
    pub id: String,
    /// The course.
    pub course: String,
    /// Hours.
    pub hours: u32,
    /// The last day.
    pub on: Date,
    /// Who confirmed it.
    pub by: String,
    /// Whether it was taken back.
    pub withdrawn: bool,
}

/// How a kind of supervision stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Due {
    /// The key of its name.
    pub kind: &'static str,
    /// The last time.
    pub last: Option<Date>,
    /// Until when it is to be held again.
    pub by: Option<Date>,
    /// Whether that day is over.
    pub overdue: bool,
}

/// A session on the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Session {
    /// Its address.
    pub href: String,
    /// The key of its kind.
    pub kind: &'static str,
    /// The day.
    pub on: Date,
    /// Who led it.
    pub lead: String,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Nurse {
    /// Her id where a supervisor looks; `None`: her own page.
    pub id: Option<String>,
    /// Her name.
    pub name: String,
    /// Hours that count, and hours asked for.
    pub hours: (u32, u32),
    /// Courses: id for the form, and how far she is.
    pub courses: Vec<(String, Course)>,
    /// Competencies.
    pub fit: Vec<(String, Fit)>,
    /// The ledger, the newest first.
    pub ledger: Vec<Entry>,
    /// Supervision.
    pub due: Vec<Due>,
    /// Sessions, the newest first.
    pub sessions: Vec<Session>,
    /// Handovers she is told of.
    pub told: Vec<Told>,
    /// Whether something was just saved.
    pub done: bool,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &Nurse) -> Markup {
    let t = f.t;
    let title = if c.id.is_some() { c.name.clone() } else { t.t("team-mine").into_owned() };
    page(
        f,
        &title,
        Width::Wide,
        html! {
            @if c.id.is_some() { (back(t, "/visits/team")) }
            (error_summary(t, form))
            @if c.done { (notice(Tone::Done, &t.t("team-saved"), html! {})) }
            h1 { (title) @if c.id.is_some() { span.caption { (t.t("team-training")) } } }
            p.lead { (t.with("team-hours-done", &[("hours", i64::from(c.hours.0).into()), ("most", i64::from(c.hours.1).into())])) }
            (told(t, &c.told))
            h2 { (t.t("team-competencies")) }
            (competencies(t, c))
            h2 { (t.t("team-courses")) }
            (courses(t, c))
            @if let Some(id) = &c.id { (confirm(t, form, c, id)) }
            h2 { (t.t("team-supervision")) }
            (supervision(t, c))
            h2 { (t.t("team-sessions")) }
            @if c.sessions.is_empty() { p { (t.t("team-sessions-none")) } }
            @else { ul.plain { @for s in &c.sessions { li {
                a href=(s.href) { (t.date(s.on)) " · " (t.t(s.kind)) } " " span.soft { (s.lead) }
            } } } }
            @if let Some(id) = &c.id {
                div.actions { a.btn.btn--second href=(format!("/visits/team/session?nurse={id}")) { (t.t("team-new-session")) } }
            }
            h2 { (t.t("team-ledger")) }
            (ledger(t, c))
        },
    )
}

fn competencies(t: Text, c: &Nurse) -> Markup {
    let row = |(name, fit): &(String, Fit)| {
        let mark = match fit {
            Fit::Until(day) => tag(Mark::Yes, &t.with("team-fit-until", &[("date", t.date(*day).to_string().into())])),
            Fit::Expired(day) => {
                tag(Mark::Fault, &t.with("team-fit-expired", &[("date", t.date(*day).to_string().into())]))
            }
            Fit::Missing => tag(Mark::Open, &t.t("team-fit-missing")),
        };
        vec![html! { (name) }, mark]
    };
    let rows: Vec<Vec<Markup>> = c.fit.iter().map(row).collect();
    let headings = ["team-competency", "visits-state"].map(|key| t.t(key).into_owned());
    table(&t.t("team-competencies"), &headings, &rows)
}

fn courses(t: Text, c: &Nurse) -> Markup {
    let row = |(_, course): &(String, Course)| {
        let hours = [("n", i64::from(course.done).into()), ("most", i64::from(course.hours).into())];
        let (mark, key) = if course.done >= course.hours {
            (Mark::Yes, "team-course-done")
        } else {
            (Mark::Open, "team-course-open")
        };
        vec![html! { (course.name) }, html! { (t.with("team-of", &hours)) }, tag(mark, &t.t(key))]
    };
    let rows: Vec<Vec<Markup>> = c.courses.iter().map(row).collect();
    let headings = ["team-course", "team-hours", "visits-state"].map(|key| t.t(key).into_owned());
    table(&t.t("team-courses"), &headings, &rows)
}

fn supervision(t: Text, c: &Nurse) -> Markup {
    let row = |due: &Due| {
        let day = |day: Option<Date>| html! { @match day { Some(day) => span.nowrap { (t.date(day)) }, None => "–" } };
        let by = html! { (day(due.by)) @if due.overdue { " " (tag(Mark::Fault, &t.t("team-late"))) } };
        vec![html! { (t.t(due.kind)) }, day(due.last), by]
    };
    let rows: Vec<Vec<Markup>> = c.due.iter().map(row).collect();
    let headings = ["team-kind", "team-last", "team-by"].map(|key| t.t(key).into_owned());
    table(&t.t("team-supervision"), &headings, &rows)
}

/// The supervisor confirms a course.
fn confirm(t: Text, form: &Form, c: &Nurse, id: &str) -> Markup {
    let options: Vec<(String, String)> = c
        .courses
        .iter()
        .map(|(id, course)| {
            let hours = t.with("team-hours-of", &[("hours", i64::from(course.hours).into())]);
            (id.clone(), format!("{} · {hours}", course.name))
        })
        .collect();
    let number = Look { width: "w-s", keyboard: "numeric", ..Look::default() };
    html! {
        details open[!form.is_fine()] {
            summary { (t.t("team-note")) }
            form method="post" action=(format!("/visits/team/nurse/{id}")) novalidate {
                (field::hidden("do", "note"))
                (field::hidden("id", form.get("id")))
                (field::select(form, "course", &t.t("team-course"), "", &t.t("team-choose"), &options))
                (field::line(form, "hours", &t.t("team-hours-field"), number))
                (field::line(form, "ended_on", &t.t("team-ended"), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() }))
                div.actions { button.btn type="submit" { (t.t("team-confirm")) } }
            }
        }
    }
}

fn ledger(t: Text, c: &Nurse) -> Markup {
    let row = |e: &Entry| {
        let state = html! {
            @if e.withdrawn { (tag(Mark::Plain, &t.t("team-withdrawn"))) }
            @else if let Some(id) = &c.id {
                form method="post" action=(format!("/visits/team/nurse/{id}")) {
                    (field::hidden("do", "withdraw"))
                    (field::hidden("training", &e.id))
                    button.linkish type="submit" { (t.t("team-withdraw")) " " span.hidden-visually { (e.course) } }
                }
            } @else { "–" }
        };
        vec![
            html! { (e.course) },
            html! { span.nowrap { (t.date(e.on)) } },
            html! { (t.number(i64::from(e.hours))) },
            html! { (e.by) },
            state,
        ]
    };
    let rows: Vec<Vec<Markup>> = c.ledger.iter().map(row).collect();
    let headings = ["team-course", "team-ended", "team-hours-field", "team-by-whom", "visits-state"];
    html! {
        @if rows.is_empty() { p { (t.t("team-ledger-none")) } }
        @else { (table(&t.t("team-ledger"), &headings.map(|key| t.t(key).into_owned()), &rows)) }
    }
}
