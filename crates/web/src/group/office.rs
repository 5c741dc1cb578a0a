//! One group for its office: sessions, and for whoever leads it its people and who came.

use group::model::Status;
use kernel::Date;
use maud::{Markup, html};

use super::{field_name, status_key};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// The day.
    pub held_on: Date,
    /// The time of day.
    pub starts: String,
    /// What about.
    pub topic: String,
    /// Whether it was called off.
    pub cancelled: bool,
    /// Whether its day has come.
    pub held: bool,
    /// Whoever may have come: id, name, whether it is noted that she did.
    pub people: Vec<(String, String, bool)>,
}

/// One group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct One {
    /// Its address.
    pub href: String,
    /// Its kind, and what that is.
    pub kind: (String, String),
    /// Where it meets.
    pub venue: String,
    /// Who leads it.
    pub facilitator: String,
    /// Seats taken, and all.
    pub seats: (i64, i64),
    /// Its sessions, the earliest first.
    pub sessions: Vec<Line>,
    /// Its people, as far as they are shown.
    pub members: Vec<(String, Status)>,
    /// Whether it is in the viewer's hands.
    pub led: bool,
    /// Families of the viewer that can be asked: enrolment and name.
    pub families: Vec<(String, String)>,
    /// How it was: answers, and the mean in tenths.
    pub said: Option<(i64, i64)>,
    /// The key of what was just done.
    pub done: Option<&'static str>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &One) -> Markup {
    let t = f.t;
    page(
        f,
        &c.kind.0,
        Width::Reading,
        html! {
            (back(t, "/visits/groups"))
            (error_summary_of(t, form, |name| field_name(t, name)))
            @if let Some(key) = c.done { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (c.kind.0) }
            p.lead { (c.kind.1) }
            (pairs(&facts(f, c)))
            h2 { (t.t("group-sessions")) }
            @if c.sessions.is_empty() { p { (t.t("group-no-next")) } }
            ul.cards { @for line in &c.sessions { li { article.card { (session(f, c, line)) } } } }
            @if c.led { (meet(f, form, c)) }
            h2 { (t.t("group-people")) }
            p.small.soft { (t.t("group-people-hint")) }
            @if c.members.is_empty() { p { (t.t("group-people-none")) } }
            ul.plain { @for (name, status) in &c.members { li {
                (name) " " (tag(if *status == Status::Joined { Mark::Yes } else { Mark::Plain }, &t.t(status_key(*status))))
            } } }
            @if !c.families.is_empty() { (ask(f, form, c)) }
            @if c.led {
                form method="post" action=(c.href) { (field::hidden("do", "close")) div.actions { button.btn.btn--second type="submit" { (t.t("group-close")) } } }
            }
        },
    )
}

fn facts(f: &Frame, c: &One) -> Vec<(String, Markup)> {
    let t = f.t;
    let seats = t.with("group-taken", &[("taken", c.seats.0.into()), ("seats", c.seats.1.into())]);
    let said = match c.said {
        Some((answers, mean)) => {
            let mean = t.decimal(&format!("{}.{}", mean / 10, mean % 10));
            t.with("group-said", &[("mean", mean.into()), ("answers", answers.into())])
        }
        None => t.t("group-said-few"),
    };
    vec![
        (t.t("group-venue").into_owned(), html! { (c.venue) }),
        (t.t("group-facilitator").into_owned(), html! { (c.facilitator) }),
        (t.t("group-seats").into_owned(), html! { (seats) }),
        (t.t("group-how").into_owned(), html! { (said) }),
    ]
}

fn session(f: &Frame, c: &One, line: &Line) -> Markup {
    let t = f.t;
    html! {
        h3 { (line.topic) }
        p { span.nowrap { (t.date(line.held_on)) } " " (line.starts) @if line.cancelled { " " (tag(Mark::No, &t.t("group-cancelled"))) } }
        @if c.led && !line.cancelled && line.held && !line.people.is_empty() { (came(f, c, line)) }
        @if c.led && !line.cancelled && !line.held {
            form method="post" action=(c.href) {
                (field::hidden("do", "call-off")) (field::hidden("session", &line.id))
                button.btn.btn--second.btn--small type="submit" { (t.t("group-call-off")) span.hidden-visually { ": " (line.topic) } }
            }
        }
    }
}

/// Who came; ids do not repeat over the cards of the page.
fn came(f: &Frame, c: &One, line: &Line) -> Markup {
    let t = f.t;
    html! {
        form method="post" action=(c.href) {
            (field::hidden("do", "came")) (field::hidden("session", &line.id))
            fieldset.field {
                legend { (t.t("group-came")) }
                div.choices { @for (n, (person, name, here)) in line.people.iter().enumerate() {
                    label.choice for=(format!("came-{}-{n}", line.id)) {
                        input type="checkbox" id=(format!("came-{}-{n}", line.id)) name="came" value=(person) checked[*here];
                        span { (name) }
                    }
                } }
            }
            div.actions.actions--tight { button.btn.btn--second type="submit" { (t.t("group-note")) } }
        }
    }
}

fn meet(f: &Frame, form: &Form, c: &One) -> Markup {
    let t = f.t;
    let (day, time) = (t.t("date-hint"), t.t("group-starts-hint"));
    html! {
        details open[form.has("topic")] {
            summary { (t.t("group-meet")) }
            form method="post" action=(c.href) novalidate {
                (field::hidden("do", "meet")) (field::hidden("id", form.get("id")))
                (field::line(form, "held_on", &t.t("group-held-on"), Look { hint: &day, width: "w-m", ..Look::default() }))
                (field::line(form, "starts", &t.t("group-starts"), Look { hint: &time, width: "w-s", ..Look::default() }))
                (field::line(form, "topic", &t.t("group-topic"), Look::default()))
                div.actions { button.btn type="submit" { (t.t("group-meet")) } }
            }
        }
    }
}

fn ask(f: &Frame, form: &Form, c: &One) -> Markup {
    let t = f.t;
    html! {
        form method="post" action=(c.href) novalidate {
            (field::hidden("do", "ask"))
            (field::select(form, "family", &t.t("group-ask-whom"), "", &t.t("team-choose"), &c.families))
            (field::tick_box(form, "joins", "yes", &t.t("group-joins")))
            div.actions { button.btn type="submit" { (t.t("group-ask")) } }
        }
    }
}
