//! What the bank answers: a file is sent in, what it changed, what fitted nothing, what came back.

use kernel::{Date, Instant};
use maud::{Markup, html};
use payment::bank::{Applied, EntryKind, Why};
use text::Text;

use super::{done, field_name, hidden_words, left, name, right, table};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// The largest file read here, in MiB.
pub const MOST_MIB: usize = 32;

/// An entry that fits nothing.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Message, place and fingerprint: what names it.
    pub key: (String, u32, String),
    /// What it says; `None`: a word we do not know.
    pub kind: Option<EntryKind>,
    /// The reference as given.
    pub reference: String,
    /// The sum in words.
    pub sum: Option<String>,
    /// The bank's code.
    pub code: Option<String>,
    /// The day it was booked.
    pub booked_on: Option<Date>,
    /// Why it fits nothing.
    pub why: Option<Why>,
    /// The run it speaks of.
    pub run: Option<String>,
}

impl Entry {
    /// The page on which it is settled.
    fn href(&self) -> String {
        let (message, place, digest) = &self.key;
        super::with("/finance/returns/entry", &[("m", message), ("n", &place.to_string()), ("d", digest)])
    }
}

/// A payment that came back or is held.
#[derive(Clone, Debug, PartialEq)]
pub struct Back {
    /// Where it is seen to; `None`: not by this viewer.
    pub href: Option<String>,
    /// The payee; `None`: not shown to this viewer.
    pub name: Option<String>,
    /// The programme.
    pub programme: String,
    /// The period.
    pub period: String,
    /// The sum in words.
    pub sum: String,
    /// Why it waits, in words.
    pub reason: Option<String>,
}

/// A file that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The bank's number.
    pub number: String,
    /// Which message.
    pub kind: String,
    /// Entries.
    pub entries: u32,
    /// When it came.
    pub at: Instant,
    /// Whether all of it was applied.
    pub finished: bool,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Returns {
    /// What became of the file just sent.
    pub applied: Option<Applied>,
    /// Entries that fit nothing, and the address of more.
    pub unmatched: (Vec<Entry>, Option<String>),
    /// Payments that came back, and the address of more.
    pub back: (Vec<Back>, Option<String>),
    /// Payments held, and the address of more.
    pub held: (Vec<Back>, Option<String>),
    /// The last files.
    pub messages: Vec<Message>,
    /// Hours east of Greenwich.
    pub offset: i8,
    /// What was just done.
    pub done: String,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, r: &Returns) -> Markup {
    let t = f.t;
    let hint = t.with("fin-upload-hint", &[("most", MOST_MIB.into())]);
    let more =
        |href: &Option<String>| html! { @if let Some(href) = href { p { a href=(href) { (t.t("fin-more")) } } } };
    let nameless = r.back.0.iter().chain(&r.held.0).any(|b| b.name.is_none());
    page(
        f,
        &t.t("fin-returns-title"),
        Width::Wide,
        html! {
            (error_summary_of(t, form, |name| field_name(f, name)))
            (done(t, &r.done, &["settled"]))
            @if let Some(applied) = &r.applied { (told(t, applied)) }
            h1 { (t.t("fin-returns-title")) }
            p.lead { (t.t("fin-returns-lead")) }
            form method="post" action="/finance/returns" enctype="multipart/form-data" novalidate {
                (field::file(form, "file", &t.t("fin-upload"), &hint, ".xml,application/xml,text/xml"))
                button.btn type="submit" { (t.t("fin-upload-go")) }
            }
            h2 #unmatched { (t.t("fin-unmatched-title")) }
            @if r.unmatched.0.is_empty() { p { (t.t("fin-unmatched-none")) } } @else { (entries(t, &r.unmatched.0)) }
            (more(&r.unmatched.1))
            h2 #back { (t.t("fin-back-title")) }
            @if r.back.0.is_empty() { p { (t.t("fin-back-none")) } } @else { (backs(t, &t.t("fin-back-title"), &r.back.0)) }
            (more(&r.back.1))
            @if !r.held.0.is_empty() { h2 #held { (t.t("fin-held-title")) } (backs(t, &t.t("fin-held-title"), &r.held.0)) }
            (more(&r.held.1))
            (hidden_words(t, nameless))
            h2 { (t.t("fin-messages-title")) }
            @if r.messages.is_empty() { p { (t.t("fin-messages-none")) } } @else { (messages(t, r)) }
        },
    )
}

fn told(t: Text, a: &Applied) -> Markup {
    let number = |n: u32| html! { (t.number(n.into())) };
    let tone = if a.unmatched > 0 { Tone::Warn } else { Tone::Done };
    notice(
        tone,
        &t.t("fin-applied-title"),
        pairs(&[
            (t.t("fin-applied-message").into_owned(), html! { code { (a.message) } " " span.nowrap { (a.kind) } }),
            (t.t("fin-applied-entries").into_owned(), number(a.entries)),
            (t.t("fin-applied-applied").into_owned(), number(a.applied)),
            (t.t("fin-applied-repeated").into_owned(), number(a.repeated)),
            (t.t("fin-applied-noted").into_owned(), number(a.noted)),
            (
                t.t("fin-applied-unmatched").into_owned(),
                html! { @if a.unmatched > 0 { a href="#unmatched" { (number(a.unmatched)) } } @else { "0" } },
            ),
        ]),
    )
}

fn kind(t: Text, kind: Option<EntryKind>) -> String {
    t.t(&format!("fin-entry-{}", kind.unwrap_or(EntryKind::Other))).into_owned()
}

fn why(t: Text, why: Option<Why>) -> String {
    t.t(&format!("fin-why-{}", why.unwrap_or(Why::Unknown))).into_owned()
}

fn entries(t: Text, all: &[Entry]) -> Markup {
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|e| {
            vec![
                html! { (kind(t, e.kind)) @if let Some(day) = e.booked_on { br; span.small.soft.nowrap { (t.date(day)) } } },
                html! { (why(t, e.why)) @if let Some(code) = &e.code { br; span.small { (super::words::why(t, code)) } } },
                html! { @if e.reference.is_empty() { "–" } @else { code { (e.reference) } } },
                html! { @match &e.sum { Some(sum) => (sum), None => "–" } },
                html! { a href=(e.href()) { (t.t("fin-unmatched-settle")) span.hidden-visually { ": " (e.reference) } } },
            ]
        })
        .collect();
    let columns = [
        left(t, "fin-unmatched-entry"),
        left(t, "fin-why"),
        left(t, "fin-unmatched-reference"),
        right(t, "fin-sum"),
        left(t, "fin-next-step"),
    ];
    table(&t.t("fin-unmatched-title"), &columns, &rows)
}

fn backs(t: Text, caption: &str, all: &[Back]) -> Markup {
    let rows: Vec<Vec<Markup>> = all
        .iter()
        .map(|b| {
            vec![
                name(t, b.name.as_deref()),
                html! { (b.programme) },
                html! { span.num.nowrap { (b.period) } },
                html! { (b.sum) },
                html! { @match &b.reason { Some(reason) => (reason), None => "–" } },
                html! { @match &b.href {
                    Some(href) => a href=(href) { (t.t("fin-back-open")) span.hidden-visually { ": " (name(t, b.name.as_deref())) } },
                    None => "–",
                } },
            ]
        })
        .collect();
    let columns = [
        left(t, "fin-payee"),
        left(t, "fin-programme"),
        left(t, "fin-period"),
        right(t, "fin-sum"),
        left(t, "fin-why"),
        left(t, "fin-next-step"),
    ];
    table(caption, &columns, &rows)
}

fn messages(t: Text, r: &Returns) -> Markup {
    let rows: Vec<Vec<Markup>> = r
        .messages
        .iter()
        .map(|m| {
            let (mark, key) =
                if m.finished { (Mark::Yes, "fin-message-finished") } else { (Mark::Fault, "fin-message-unfinished") };
            vec![
                html! { code { (m.number) } },
                html! { span.nowrap { (m.kind) } },
                html! { (t.moment(m.at, r.offset)) },
                tag(mark, &t.t(key)),
                html! { (t.number(m.entries.into())) },
            ]
        })
        .collect();
    let columns = [
        left(t, "fin-applied-message"),
        left(t, "fin-message-kind"),
        left(t, "fin-message-at"),
        left(t, "fin-status"),
        right(t, "fin-applied-entries"),
    ];
    table(&t.t("fin-messages-title"), &columns, &rows)
}

/// Settling one entry.
pub fn entry(f: &Frame, form: &Form, e: &Entry) -> Markup {
    let t = f.t;
    let (message, number, digest) = &e.key;
    let dash = |words: Option<String>| html! { @match words { Some(words) => (words), None => "–" } };
    page(
        f,
        &t.t("fin-unmatched-settle-title"),
        Width::Reading,
        html! {
            (back(t, "/finance/returns#unmatched"))
            (error_summary_of(t, form, |name| field_name(f, name)))
            h1 { (t.t("fin-unmatched-settle-title")) }
            (pairs(&[
                (t.t("fin-unmatched-entry").into_owned(), html! { (kind(t, e.kind)) }),
                (t.t("fin-why").into_owned(), html! { (why(t, e.why)) }),
                (t.t("fin-sum").into_owned(), dash(e.sum.clone())),
                (t.t("fin-unmatched-reference").into_owned(), html! { code { (e.reference) } }),
                (t.t("fin-unmatched-booked").into_owned(), dash(e.booked_on.map(|day| t.date(day)))),
                (t.t("fin-applied-message").into_owned(), html! { code { (message) } " · " (t.number(i64::from(*number) + 1)) }),
            ]))
            @if let Some(run) = &e.run { p { a href=(format!("/finance/runs/{run}")) { (t.t("fin-act-reference")) } } }
            form method="post" action="/finance/returns/entry" novalidate {
                (field::hidden("m", message))
                (field::hidden("n", &number.to_string()))
                (field::hidden("d", digest))
                (field::area(form, "resolution", &t.t("fin-unmatched-how"), &t.t("fin-unmatched-how-hint"), 3))
                button.btn type="submit" { (t.t("fin-unmatched-go")) }
            }
        },
    )
}
