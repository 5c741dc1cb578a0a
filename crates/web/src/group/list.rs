//! The groups of an office, and opening one.

use kernel::Date;
use maud::{Markup, html};

use super::field_name;
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::table;
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// A group on the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its address.
    pub href: String,
    /// Its kind.
    pub kind: String,
    /// Where it meets.
    pub venue: String,
    /// Who leads it.
    pub facilitator: String,
    /// Seats taken, and all.
    pub seats: (i64, i64),
    /// The next session: day and time.
    pub next: Option<(Date, String)>,
}

/// What a new group is made of: ids and names.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Choices {
    /// Kinds of the pack.
    pub kinds: Vec<(String, String)>,
    /// Nurses who can lead it.
    pub nurses: Vec<(String, String)>,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct List {
    /// The groups.
    pub lines: Vec<Line>,
    /// What a supervisor chooses from.
    pub open: Option<Choices>,
    /// The key of what was just done.
    pub done: Option<&'static str>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &List) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("groups"),
        Width::Wide,
        html! {
            (error_summary_of(t, form, |name| field_name(t, name)))
            @if let Some(key) = c.done { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (t.t("groups")) }
            p.lead { (t.t("groups-lead")) }
            @if c.lines.is_empty() { (notice(Tone::Info, &t.t("groups-none"), html! {})) } @else { (lines(f, &c.lines)) }
            @if let Some(Choices { kinds, nurses }) = &c.open {
                h2 { (t.t("group-open")) }
                @if kinds.is_empty() { p { (t.t("group-no-kinds")) } } @else { (open(f, form, kinds, nurses)) }
            }
        },
    )
}

fn lines(f: &Frame, lines: &[Line]) -> Markup {
    let t = f.t;
    let headings = ["group-kind", "group-venue", "group-facilitator", "group-seats", "group-next"];
    let headings = headings.map(|key| t.t(key).into_owned());
    let row = |l: &Line| {
        let next = l.next.as_ref().map(|(day, time)| format!("{} {time}", t.date(*day)));
        vec![
            html! { a href=(l.href) { (l.kind) } },
            html! { (l.venue) },
            html! { (l.facilitator) },
            html! { (t.with("group-taken", &[("taken", l.seats.0.into()), ("seats", l.seats.1.into())])) },
            html! { (next.unwrap_or_else(|| t.t("group-no-next").into_owned())) },
        ]
    };
    table(&t.t("groups"), &headings, &lines.iter().map(row).collect::<Vec<_>>())
}

fn open(f: &Frame, form: &Form, kinds: &[(String, String)], nurses: &[(String, String)]) -> Markup {
    let t = f.t;
    let (venue, choose) = (t.t("group-venue-hint"), t.t("team-choose"));
    html! {
        form method="post" action="/visits/groups" novalidate {
            (field::hidden("id", form.get("id")))
            (field::select(form, "kind", &t.t("group-kind"), "", &choose, kinds))
            (field::select(form, "facilitator", &t.t("group-facilitator"), "", &choose, nurses))
            (field::line(form, "venue", &t.t("group-venue"), Look { hint: &venue, ..Look::default() }))
            (field::line(form, "seats", &t.t("group-seats-field"), Look { width: "w-s", keyboard: "numeric", ..Look::default() }))
            div.actions { button.btn type="submit" { (t.t("group-open")) } }
        }
    }
}
