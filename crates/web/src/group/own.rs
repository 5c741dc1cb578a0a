//! A mother's own groups. Nobody else who takes part is on the page.

use group::model::Status;
use kernel::Date;
use maud::{Markup, html};

use super::{field_name, status_key};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// A group she was asked into.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mine {
    /// Its id.
    pub id: String,
    /// Its kind, and what that is.
    pub kind: (String, String),
    /// Where it meets.
    pub venue: String,
    /// Who leads it.
    pub facilitator: String,
    /// How she stands.
    pub status: Status,
    /// Sessions ahead: day, time, topic.
    pub ahead: Vec<(Date, String, String)>,
}

/// The page. `asked` is a session she came to and can say something of: id, day, topic.
pub fn page_of(
    f: &Frame,
    form: &Form,
    all: &[Mine],
    asked: Option<&(String, Date, String)>,
    done: Option<&'static str>,
) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("group-own"),
        Width::Reading,
        html! {
            (back(t, "/visits/join"))
            (error_summary_of(t, form, |name| field_name(t, name)))
            @if let Some(key) = done { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (t.t("group-own")) }
            p.lead { (t.t(if all.is_empty() { "group-own-none" } else { "group-own-lead" })) }
            @if let Some((id, day, topic)) = asked { (say(f, form, id, *day, topic)) }
            ul.cards { @for mine in all { li { article.card { (one(f, mine)) } } } }
        },
    )
}

fn one(f: &Frame, mine: &Mine) -> Markup {
    let t = f.t;
    let joined = mine.status == Status::Joined;
    let button = |what: &str, key: &str, class: &str| {
        html! {
            form method="post" action="/visits/own-groups" {
                (field::hidden("do", what)) (field::hidden("group", &mine.id))
                button class=(class) type="submit" { (t.t(key)) span.hidden-visually { ": " (mine.kind.0) } }
            }
        }
    };
    html! {
        div.card-head {
            h2.h3 { (mine.kind.0) }
            (tag(if joined { Mark::Yes } else { Mark::Plain }, &t.t(status_key(mine.status))))
        }
        p { (mine.kind.1) }
        p { (mine.venue) " · " (mine.facilitator) }
        ul.plain { @for (day, time, topic) in &mine.ahead { li { span.nowrap { (t.date(*day)) " " (time) } " · " (topic) } } }
        div.actions.actions--tight {
            @match mine.status {
                Status::Joined => (button("leave", "group-leave", "btn btn--second")),
                Status::Invited => { (button("join", "group-join", "btn")) (button("leave", "group-decline", "btn btn--second")) }
                Status::Declined | Status::Left => (button("join", "group-join", "btn btn--second")),
            }
        }
    }
}

fn say(f: &Frame, form: &Form, id: &str, day: Date, topic: &str) -> Markup {
    let t = f.t;
    let points: Vec<(String, String)> = (1..=10).rev().map(|n: i64| (n.to_string(), t.number(n))).collect();
    html! {
        form.card method="post" action="/visits/own-groups" novalidate {
            h2.h3 { (t.with("group-say", &[("date", t.date(day).into()), ("topic", topic.into())])) }
            p.small { (t.t("group-say-promise")) }
            (field::hidden("do", "say")) (field::hidden("session", id))
            (field::select(form, "points", &t.t("group-points"), "", &t.t("team-choose"), &points))
            div.actions.actions--tight { button.btn type="submit" { (t.t("survey-send")) } }
        }
    }
}
