//! One order: who asked and approved, what was read, and its findings by cause.

use casework::requalify::model::{ActStatus, Status};
use kernel::Date;
use maud::{Markup, html};
use text::Text;

use super::{Cause, kind_words, status_tag};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A group in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Its page; `None`: for figures alone.
    pub href: Option<String>,
    /// Why.
    pub cause: Cause,
    /// How many findings.
    pub count: u64,
    /// How many nobody has done anything about.
    pub open: u64,
    /// What is paid, in words.
    pub before: Option<String>,
    /// What is due, in words.
    pub after: Option<String>,
}

/// An act on a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Act {
    /// The group's page.
    pub href: String,
    /// How it stands.
    pub status: ActStatus,
    /// Who proposed it.
    pub proposed: String,
    /// Who signed it.
    pub signed: Option<String>,
    /// How many findings it is about.
    pub findings: u64,
}

/// What the viewer may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// Approve it.
    pub approve: bool,
    /// Take it back.
    pub back: bool,
}

/// The order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// The day of the facts.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// The law.
    pub law: String,
    /// How far it has come.
    pub status: Status,
    /// Who asked, and when.
    pub asked: String,
    /// Who approved, and when.
    pub approved: Option<String>,
    /// Households and persons looked at, awards, households set aside.
    pub figures: Option<[u64; 4]>,
    /// The hash of all that the run says.
    pub hash: Option<String>,
    /// The entry of the disclosure log and the root of the set.
    pub logged: Option<(String, String)>,
    /// Why it failed or was taken back.
    pub ended: Option<String>,
    /// Its groups, the largest first.
    pub groups: Vec<Group>,
    /// What was proposed and signed.
    pub acts: Vec<Act>,
    /// Some of the faults.
    pub faults: Vec<String>,
    /// What the viewer may do.
    pub may: May,
    /// What was just done.
    pub done: Option<&'static str>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, r: &Run) -> Markup {
    let t = f.t;
    let title = format!("{} {}", t.t("requal-one"), t.date(r.on));
    page(
        f,
        &title,
        Width::Wide,
        html! {
            (back(t, "/requalify"))
            (error_summary(t, form))
            @if let Some(done) = r.done { (notice(Tone::Done, &t.t(done), html! {})) }
            h1 { (title) " " (status_tag(t, r.status)) }
            (pairs(&facts(t, r)))
            @if r.may.approve { (approving(t, r)) }
            @if r.status == Status::Running { p { (t.t("requal-running")) } }
            @if r.status != Status::Asked && r.status != Status::Running { (groups(t, r)) }
            @if !r.acts.is_empty() { (acts(t, r)) }
            @if !r.faults.is_empty() { (faults(t, r)) }
            @if r.may.back { (taking_back(t, form, r)) }
        },
    )
}

fn count(t: Text, n: u64) -> String {
    t.number(i64::try_from(n).unwrap_or(i64::MAX))
}

fn facts(t: Text, r: &Run) -> Vec<(String, Markup)> {
    let mut rows = vec![
        (t.t("reason").into_owned(), html! { (r.reason) }),
        (t.t("law").into_owned(), html! { (r.law) }),
        (t.t("requal-asked-by").into_owned(), html! { (r.asked) }),
    ];
    if let Some(approved) = &r.approved {
        rows.push((t.t("requal-approved-by").into_owned(), html! { (approved) }));
    }
    if let Some(figures) = r.figures {
        let keys = ["requal-households", "requal-persons", "requal-awards", "requal-aside"];
        for (key, n) in keys.into_iter().zip(figures) {
            rows.push((t.t(key).into_owned(), html! { span.num { (count(t, n)) } }));
        }
    }
    if let Some(ended) = &r.ended {
        rows.push((t.t("requal-ended").into_owned(), html! { (ended) }));
    }
    if let Some((look, root)) = &r.logged {
        rows.push((t.t("requal-logged").into_owned(), html! { code.small { (look) " · " (root) } }));
    }
    if let Some(hash) = &r.hash {
        rows.push((t.t("requal-hash").into_owned(), html! { code.small { (hash) } }));
    }
    rows
}

fn approving(t: Text, r: &Run) -> Markup {
    html! {
        h2 { (t.t("requal-approve")) }
        p { (t.t("requal-approve-words")) }
        form method="post" action=(format!("/requalify/{}", r.id)) {
            (field::hidden("do", "approve"))
            div.actions { button.btn type="submit" { (t.t("requal-approve-go")) } }
        }
    }
}

/// What findings have in common, as a cell.
pub(super) fn cause_cell(t: Text, cause: &Cause) -> Markup {
    html! { (cause.programme) @for why in &cause.why { br; span.small.soft { (why) } } br; (tag(Mark::Plain, &kind_words(t, cause.kind))) }
}

fn groups(t: Text, r: &Run) -> Markup {
    let sum = |s: &Option<String>| html! { @match s { Some(s) => span.num { (s) }, None => "–" } };
    let rows: Vec<Vec<Markup>> = r
        .groups
        .iter()
        .map(|g| {
            vec![
                cause_cell(t, &g.cause),
                html! { span.num { (count(t, g.count)) } },
                html! { span.num { (count(t, g.open)) } },
                sum(&g.before),
                sum(&g.after),
                html! { @if let Some(href) = &g.href {
                    a href=(href) { (t.t("requal-look")) span.hidden-visually { ": " (kind_words(t, g.cause.kind)) ", " (g.cause.programme) } }
                } },
            ]
        })
        .collect();
    let headings = ["requal-cause", "requal-count", "requal-open", "requal-paid", "requal-due", "requal-group"];
    html! {
        h2 { (t.t("requal-groups")) }
        p { (t.t("requal-groups-words")) }
        @if rows.is_empty() { p { (t.t("requal-groups-none")) } }
        @else { (table(&t.t("requal-groups"), &headings.map(|key| t.t(key).into_owned()), &rows)) }
    }
}

fn acts(t: Text, r: &Run) -> Markup {
    let rows: Vec<Vec<Markup>> = r
        .acts
        .iter()
        .map(|a| {
            vec![
                html! { a href=(a.href) { (t.t(&format!("requal-act-{}", a.status))) } },
                html! { span.num { (count(t, a.findings)) } },
                html! { (a.proposed) },
                html! { @match &a.signed { Some(name) => (name), None => "–" } },
            ]
        })
        .collect();
    let headings = ["requal-status", "requal-count", "requal-proposed-by", "requal-signed-by"];
    html! {
        h2 { (t.t("requal-acts")) }
        (table(&t.t("requal-acts"), &headings.map(|key| t.t(key).into_owned()), &rows))
    }
}

fn faults(t: Text, r: &Run) -> Markup {
    html! {
        details {
            summary { (t.with("requal-faults", &[("count", r.faults.len().into())])) }
            p { (t.t("requal-faults-words")) }
            ul.small { @for fault in &r.faults { li { code { (fault) } } } }
        }
    }
}

fn taking_back(t: Text, form: &Form, r: &Run) -> Markup {
    html! {
        h2 { (t.t("requal-back")) }
        p { (t.t("requal-back-words")) }
        form method="post" action=(format!("/requalify/{}", r.id)) novalidate {
            (field::hidden("do", "back"))
            (field::line(form, "reason", &t.t("reason"), field::Look::default()))
            div.actions { button.btn.btn--second type="submit" { (t.t("requal-back-go")) } }
        }
    }
}
