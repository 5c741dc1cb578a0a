//! Courses with dates: where and when, who has a seat, who came.

use kernel::Date;
use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A course held somewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Cohort {
    /// Its id.
    pub id: String,
    /// The course.
    pub course: String,
    /// Where.
    pub place: String,
    /// The first and the last day.
    pub days: (Date, Date),
    /// How many have a seat, and how many can.
    pub seats: (usize, u32),
    /// Those of the team who have a seat: id and name.
    pub seated: Vec<(String, String)>,
    /// Those of the team who have none.
    pub others: Vec<(String, String)>,
    /// Whether it is over, so that it can be confirmed who came.
    pub over: bool,
}

/// The page; `courses` are those of the pack.
pub fn page_of(f: &Frame, form: &Form, courses: &[(String, String)], all: &[Cohort], done: bool) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("team-cohorts"),
        Width::Reading,
        html! {
            (back(t, "/visits/team"))
            (error_summary(t, form))
            @if done { (notice(Tone::Done, &t.t("team-saved"), html! {})) }
            h1 { (t.t("team-cohorts")) }
            @if all.is_empty() { p { (t.t("team-cohorts-none")) } } @else { h2 { (t.t("team-courses")) } }
            ul.cards { @for cohort in all { li { article.card { (card(t, form, cohort)) } } } }
            h2 { (t.t("team-cohort-plan")) }
            (plan(t, form, courses))
        },
    )
}

fn card(t: Text, form: &Form, c: &Cohort) -> Markup {
    let mine = form.get("cohort") == c.id;
    let empty = Form::default();
    let form = if mine { form } else { &empty };
    let taken = i64::try_from(c.seats.0).unwrap_or(i64::MAX);
    html! {
        h3 { (c.course) }
        p { (c.place) " · " span.nowrap { (t.date(c.days.0)) } " – " span.nowrap { (t.date(c.days.1)) } }
        p.small.soft { (t.with("team-seats", &[("n", taken.into()), ("most", i64::from(c.seats.1).into())])) }
        @if c.over {
            @if !c.seated.is_empty() {
                form method="post" action="/visits/team/cohorts" novalidate {
                    (field::hidden("do", "came")) (field::hidden("cohort", &c.id))
                    (boxes(form, &c.id, "came", &t.t("team-came"), &c.seated))
                    div.actions.actions--tight { button.btn.btn--second type="submit" { (t.t("team-confirm")) } }
                }
            }
        } @else {
            @if !c.seated.is_empty() { ul.plain { @for (_, name) in &c.seated { li { (name) } } } }
            @if !c.others.is_empty() {
                form method="post" action="/visits/team/cohorts" novalidate {
                    (field::hidden("do", "seat")) (field::hidden("cohort", &c.id))
                    (boxes(form, &c.id, "nurse", &t.t("team-seat-who"), &c.others))
                    div.actions.actions--tight { button.btn.btn--second type="submit" { (t.t("team-seat")) } }
                }
            }
        }
    }
}

/// Boxes whose ids do not repeat over the cards of the page.
fn boxes(form: &Form, cohort: &str, name: &str, legend: &str, options: &[(String, String)]) -> Markup {
    let chosen: Vec<&str> = form.all(name).collect();
    let id =
        |n: usize| if n == 0 && form.error(name).is_some() { field::id(name) } else { format!("{name}-{cohort}-{n}") };
    html! {
        fieldset.field.field--bad[form.error(name).is_some()] {
            legend { (legend) }
            @if let Some(why) = form.error(name) { p.field-error { span { (why) } } }
            div.choices { @for (n, (value, words)) in options.iter().enumerate() {
                label.choice for=(id(n)) {
                    input type="checkbox" id=(id(n)) name=(name) value=(value) checked[chosen.contains(&value.as_str())];
                    span { (words) }
                }
            } }
        }
    }
}

fn plan(t: Text, form: &Form, courses: &[(String, String)]) -> Markup {
    let (hint, number) = (t.t("date-hint"), Look { width: "w-s", keyboard: "numeric", ..Look::default() });
    let day = Look { hint: &hint, width: "w-m", ..Look::default() };
    html! {
        form method="post" action="/visits/team/cohorts" novalidate {
            (field::hidden("do", "plan")) (field::hidden("id", form.get("id")))
            (field::select(form, "course", &t.t("team-course"), "", &t.t("team-choose"), courses))
            (field::line(form, "place", &t.t("team-place"), Look::default()))
            (field::line(form, "starts_on", &t.t("team-starts"), day))
            (field::line(form, "ends_on", &t.t("team-ended"), day))
            (field::line(form, "seats", &t.t("team-seats-field"), number))
            div.actions { button.btn type="submit" { (t.t("team-save")) } }
        }
    }
}
