//! A supervision: writing one down, reading it, and what its two write about it for themselves alone.

use kernel::{Date, Instant};
use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// What is chosen from when one is written down.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Ask {
    /// The nurses of the team.
    pub nurses: Vec<(String, String)>,
    /// The checklist, where a visit was observed.
    pub checklist: Option<Vec<(String, String)>>,
}

/// The kinds that can be chosen: an observed visit is begun from the visit.
const KINDS: [&str; 2] = ["individual", "team"];
/// What can be seen of a point.
const SEEN: [&str; 4] = ["yes", "partly", "no", "absent"];

/// The form. `visit` in it names the visit that was observed.
pub fn form_of(f: &Frame, form: &Form, c: &Ask) -> Markup {
    let t = f.t;
    let hint = t.t("date-hint");
    let kinds = KINDS.map(|kind| (kind.to_owned(), t.t(&format!("team-kind-{kind}")).into_owned()));
    let seen = SEEN.map(|seen| (seen.to_owned(), t.t(&format!("team-seen-{seen}")).into_owned()));
    let number = Look { width: "w-s", keyboard: "numeric", ..Look::default() };
    let title = t.t(if c.checklist.is_some() { "team-kind-observed" } else { "team-new-session" });
    page(
        f,
        &title,
        Width::Reading,
        html! {
            (back(t, "/visits/team"))
            (error_summary(t, form))
            h1 { (title) }
            form method="post" action="/visits/team/session" novalidate {
                (field::hidden("id", form.get("id")))
                @if c.checklist.is_some() {
                    @for name in ["visit", "on", "nurse"] { (field::hidden(name, form.get(name))) }
                    @if let Some(why) = form.error("visit") { p.field-error id=(field::id("visit")) { span { (why) } } }
                } @else {
                    (field::radios(form, "kind", &t.t("team-kind"), &t.t("team-observed-hint"), &kinds))
                    (field::boxes(form, "nurse", &t.t("team-people"), "", &c.nurses))
                    (field::line(form, "on", &t.t("team-on"), Look { hint: &hint, width: "w-m", ..Look::default() }))
                }
                (field::line(form, "minutes", &t.t("team-minutes"), number))
                @for (id, words) in c.checklist.iter().flatten() { (field::radios(form, &format!("seen.{id}"), words, "", &seen)) }
                (field::area(form, "topics", &t.t("team-topics"), &t.t("team-topics-hint"), 4))
                (field::area(form, "agreed", &t.t("team-agreed"), &t.t("team-agreed-hint"), 3))
                div.actions { button.btn type="submit" { (t.t("team-save")) } }
            }
        },
    )
}

/// A session that was held.
#[derive(Clone, Debug, PartialEq)]
pub struct Held {
    /// Its id.
    pub id: String,
    /// The key of its kind.
    pub kind: &'static str,
    /// The day.
    pub on: Date,
    /// Minutes.
    pub minutes: u32,
    /// Who led it.
    pub lead: String,
    /// The nurses who were there.
    pub nurses: Vec<String>,
    /// What was talked about.
    pub topics: String,
    /// What was agreed.
    pub agreed: Option<String>,
    /// What was seen: the point and the key of how.
    pub seen: Vec<(String, String)>,
    /// What the two wrote; `None`: the viewer is not one of them.
    pub between: Option<Vec<Note>>,
    /// Hours east of Greenwich.
    pub offset: i8,
    /// Whether something was just saved.
    pub done: bool,
    /// Where the viewer came from.
    pub back: String,
}

/// What one of the two wrote.
#[derive(Clone, Debug, PartialEq)]
pub struct Note {
    /// Who.
    pub by: String,
    /// When.
    pub at: Instant,
    /// The words.
    pub words: String,
}

/// The session.
pub fn page_of(f: &Frame, form: &Form, c: &Held) -> Markup {
    let t = f.t;
    let minutes = t.with("visits-minutes-done", &[("minutes", i64::from(c.minutes).into())]);
    let mut rows = vec![
        (t.t("team-lead-by").into_owned(), html! { (c.lead) }),
        (t.t("team-people").into_owned(), html! { (c.nurses.join(", ")) }),
        (t.t("team-topics").into_owned(), html! { (c.topics) }),
    ];
    if let Some(agreed) = &c.agreed {
        rows.push((t.t("team-agreed").into_owned(), html! { (agreed) }));
    }
    page(
        f,
        &t.t(c.kind),
        Width::Reading,
        html! {
            (back(t, &c.back))
            (error_summary(t, form))
            @if c.done { (notice(Tone::Done, &t.t("team-saved"), html! {})) }
            h1 { (t.t(c.kind)) span.caption { (t.date(c.on)) " · " (minutes) } }
            (pairs(&rows))
            @if !c.seen.is_empty() {
                h2 { (t.t("team-checklist")) }
                (pairs(&c.seen.iter().map(|(point, how)| (point.clone(), mark(t, how))).collect::<Vec<_>>()))
            }
            @if let Some(notes) = &c.between { (between(f, form, c, notes)) }
        },
    )
}

fn mark(t: Text, how: &str) -> Markup {
    let mark = match how {
        "yes" => Mark::Yes,
        "partly" => Mark::Open,
        "no" => Mark::No,
        _ => Mark::Plain,
    };
    tag(mark, &t.t(&format!("team-seen-{how}")))
}

fn between(f: &Frame, form: &Form, c: &Held, notes: &[Note]) -> Markup {
    let t = f.t;
    html! {
        h2 { (t.t("team-reflect")) }
        p { (t.t("team-reflect-lead")) }
        @for note in notes { blockquote {
            p { (note.words) }
            p.small.soft { (note.by) " · " (t.date(note.at.date(c.offset))) }
        } }
        form method="post" action=(format!("/visits/session/{}", c.id)) novalidate autocomplete="off" {
            (field::hidden("id", form.get("id")))
            (field::area(form, "words", &t.t("team-reflect-words"), "", 5))
            div.actions { button.btn type="submit" { (t.t("team-reflect-save")) } }
        }
    }
}
