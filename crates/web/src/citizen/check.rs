//! *What may I get?* without an account. Nothing is stored: the answers travel in the form from page to page.

use kernel::Date;
use maud::{Markup, html};
use rules::outcome::Answer;
use text::Text;

use super::offers::explained;
use super::question::{self, Question};
use crate::components::entitlement::{Entitlement, answer_tag, card, total_strip};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::{Tone, error_summary, error_summary_of, notice};
use crate::form::Form;

/// The most people a household of this form may have.
pub const MOST_PEOPLE: usize = 14;

/// How a member stands to the person who answers.
pub const RELATIONS: [(&str, &str); 5] = [
    ("self", "relation-self"),
    ("spouse", "relation-spouse"),
    ("child", "relation-child"),
    ("parent", "relation-parent"),
    ("other", "relation-other"),
];

/// The first page.
pub fn start(f: &Frame) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("check-title"),
        Width::Reading,
        html! {
            h1 { (t.t("check-title")) }
            p.lead { (t.t("check-lead")) }
            ul {
                li { (t.t("check-point-time")) }
                li { (t.t("check-point-skip")) }
                li { (t.t("check-point-private")) }
            }
            form.actions method="post" action="/check/place" { button.btn type="submit" { (t.t("check-start")) } }
            @if f.who.is_none() { p { (t.t("check-known")) " " a href="/sign-in" { (t.t("sign-in")) } } }
        },
    )
}

/// Fields carried along, without those that the page itself asks and without what only steers.
fn carried(form: &Form, asked: impl Fn(&str) -> bool) -> Markup {
    html! {
        @for (name, value) in form.pairs() {
            @if !asked(name) && !matches!(name.as_str(), "lang" | "do" | "drop") { (field::hidden(name, value)) }
        }
    }
}

/// Where do you live? `places`: province and its districts, as value and words.
pub fn place(f: &Frame, form: &Form, places: &[(String, Vec<(String, String)>)]) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("check-place-title"),
        Width::Reading,
        html! {
            (back(t, "/check"))
            (error_summary(t, form))
            h1 { span.caption { (t.t("check-title")) " · " (step(t, 1)) } (t.t("check-place-title")) }
            p { (t.t("check-place-why")) }
            form method="post" action="/check/people" novalidate {
                (carried(form, |name| name == "place"))
                (field::grouped_select(form, "place", &t.t("check-place-label"), &t.t("check-place-hint"), &t.t("choose"), places))
                button.btn type="submit" { (t.t("continue")) }
            }
        },
    )
}

fn step(t: Text, number: i64) -> String {
    t.with("check-step", &[("number", number.into())]).into_owned()
}

/// Who lives with you? One group of fields a person.
pub fn people(f: &Frame, form: &Form, count: usize) -> Markup {
    let t = f.t;
    let relations: Vec<(String, String)> =
        RELATIONS.iter().skip(1).map(|(code, key)| ((*code).to_owned(), t.t(key).into_owned())).collect();
    page(
        f,
        &t.t("check-people-title"),
        Width::Reading,
        html! {
            (error_summary(t, form))
            h1 { span.caption { (t.t("check-title")) " · " (step(t, 2)) } (t.t("check-people-title")) }
            p { (t.t("check-people-why")) }
            form method="post" action="/check/people" novalidate {
                (carried(form, |name| name == "count" || is_person_basic(name)))
                (field::hidden("count", &count.to_string()))
                @for n in 0..count {
                    fieldset {
                        legend.big { @if n == 0 { (t.t("relation-self")) } @else { (t.with("check-person", &[("number", (n + 1).into())])) } }
                        @if n > 0 {
                            (field::select(form, &format!("m{n}-rel"), &t.t("check-relation"), "", &t.t("choose"), &relations))
                        }
                        (field::line(form, &format!("m{n}-born"), &t.t("birth-date"), Look {
                            hint: &t.t("date-hint"), width: "w-m", keyboard: "numeric",
                            autocomplete: if n == 0 { "bday" } else { "" }, unit: "",
                        }))
                        (field::line(form, &format!("m{n}-due"), &t.t("check-due"), Look {
                            hint: &t.t("check-due-hint"), width: "w-m", keyboard: "numeric", ..Look::default()
                        }))
                        @if n > 0 {
                            button.linkish type="submit" name="drop" value=(n) { (t.with("check-drop", &[("number", (n + 1).into())])) }
                        }
                    }
                }
                div.actions {
                    button.btn type="submit" name="do" value="next" { (t.t("continue")) }
                    @if count < MOST_PEOPLE {
                        button.btn.btn--second type="submit" name="do" value="add" { (t.t("check-add")) }
                    }
                }
            }
            form method="post" action="/check/place" { (carried(form, |_| false)) button.linkish type="submit" { (t.t("back")) } }
        },
    )
}

/// Whether a field is one of the fixed ones of a person.
pub fn is_person_basic(name: &str) -> bool {
    name.strip_prefix('m')
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(number, field)| number.parse::<usize>().is_ok() && matches!(field, "rel" | "born" | "due"))
}

/// The questions that matter for this family, those that decide most first.
pub fn more(f: &Frame, form: &Form, questions: &[Question]) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("check-more-title"),
        Width::Reading,
        html! {
            (error_summary_of(t, form, |name| question::asked(t, questions, name)))
            h1 { span.caption { (t.t("check-title")) " · " (step(t, 3)) } (t.t("check-more-title")) }
            p { (t.t("check-more-why")) }
            form method="post" action="/check/result" novalidate {
                (carried(form, |name| questions.iter().any(|q| q.field == name)))
                (question::all(t, form, questions))
                div.actions { button.btn type="submit" { (t.t("check-show")) } }
            }
            form method="post" action="/check/people" { (carried(form, |_| false)) button.linkish type="submit" name="do" value="back" { (t.t("back")) } }
        },
    )
}

/// What the rules say about a family.
#[derive(Clone, Debug, PartialEq)]
pub struct Result {
    /// The day asked about.
    pub on: Date,
    /// In the pack's order.
    pub all: Vec<Entitlement>,
    /// How many questions are left that would settle something.
    pub questions: usize,
}

/// The answers, best news first.
pub fn result(f: &Frame, form: &Form, r: &Result) -> Markup {
    let t = f.t;
    let of = |wanted: fn(&Entitlement) -> bool| -> Vec<&Entitlement> { r.all.iter().filter(|e| wanted(e)).collect() };
    let yes = of(|e| e.answer == Answer::Yes && !e.dropped());
    let given_way = of(|e| e.answer == Answer::Yes && e.dropped());
    let open = of(|e| matches!(e.answer, Answer::CannotTell | Answer::Error));
    let no = of(|e| e.answer == Answer::No);
    let title = t.with("check-result-title", &[("count", yes.len().into())]);
    page(
        f,
        &title,
        Width::Reading,
        html! {
            h1 { span.caption { (t.t("check-title")) " · " (t.date(r.on)) } (title) }
            (total_strip(t, &r.all))
            p.soft { (t.t("check-result-caution")) }
            @if r.questions > 0 {
                (notice(Tone::Info, &t.with("check-questions-left", &[("count", r.questions.into())]), html! {
                    form method="post" action="/check/more" { (carried(form, |_| false))
                        button.btn.btn--second type="submit" { (t.t("check-answer-more")) } }
                }))
            }
            (section(t, "section-yes", &yes))
            (folded(t, "section-open", &open))
            (section(t, "section-dropped", &given_way))
            @if !no.is_empty() {
                details {
                    summary { h2 { (t.with("section-no", &[("count", no.len().into())])) } }
                    ul.cards { @for e in &no { li { (card(t, e)) } } }
                }
            }
            (notice(Tone::Info, &t.t("check-next-title"), html! {
                p { (t.t("check-next-words")) }
                p { a.btn href="/sign-in" { (t.t("check-next-sign-in")) } }
            }))
            form method="post" action="/check/people" { (carried(form, |_| false)) button.linkish type="submit" name="do" value="back" { (t.t("check-change")) } }
        },
    )
}

/// Many at once, each folded to a line.
fn folded(t: Text, key: &str, list: &[&Entitlement]) -> Markup {
    html! {
        @if !list.is_empty() {
            h2 { (t.with(key, &[("count", list.len().into())])) }
            ul.tasks { @for e in list { li {
                details {
                    summary { (e.name.get(t.lang())) @if let Some(whose) = &e.whose { " · " (whose) } }
                    div.inside { p { (e.summary.get(t.lang())) } (explained(t, e)) }
                }
                (answer_tag(t, e.answer, e.dropped()))
            } } }
        }
    }
}

fn section(t: Text, key: &str, list: &[&Entitlement]) -> Markup {
    html! {
        @if !list.is_empty() {
            h2 { (t.with(key, &[("count", list.len().into())])) }
            ul.cards { @for e in list { li { (card(t, e)) } } }
        }
    }
}
