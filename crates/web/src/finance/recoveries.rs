//! Money to come back: the list, and one recovery with what can be done about it.

use kernel::{Date, Instant};
use maud::{Markup, html};
use payment::recovery::{ActKind, RecoveryStatus};
use text::Text;

use super::{done, field_name, hidden_words, left, name, right, table};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::error_summary_of;
use crate::form::Form;

/// A recovery in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its page; `None`: not for this viewer.
    pub href: Option<String>,
    /// Who owes; `None`: not shown to this viewer.
    pub name: Option<String>,
    /// The programme.
    pub programme: String,
    /// Claimed, in words.
    pub claimed: String,
    /// Still owed, in words.
    pub owed: String,
}

/// The list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// Open or closed ones.
    pub status: RecoveryStatus,
    /// The lines.
    pub lines: Vec<Line>,
    /// The address of the next page.
    pub more: Option<String>,
}

/// The page with the list.
pub fn list(f: &Frame, l: &List) -> Markup {
    let t = f.t;
    let rows: Vec<Vec<Markup>> = l
        .lines
        .iter()
        .map(|r| {
            vec![
                html! { @match &r.href { Some(href) => a href=(href) { (name(t, r.name.as_deref())) }, None => (name(t, r.name.as_deref())) } },
                html! { (r.programme) },
                html! { (r.claimed) },
                html! { (r.owed) },
            ]
        })
        .collect();
    let columns = [
        left(t, "fin-recovery-person"),
        left(t, "fin-programme"),
        right(t, "fin-recovery-claimed"),
        right(t, "fin-recovery-owed"),
    ];
    let shows = [(RecoveryStatus::Open, "fin-recoveries-open"), (RecoveryStatus::Closed, "fin-recoveries-closed")];
    page(
        f,
        &t.t("fin-recoveries-title"),
        Width::Wide,
        html! {
            h1 { (t.t("fin-recoveries-title")) }
            ul.jump { @for (status, key) in shows { li {
                a href=(format!("/finance/recoveries?show={status}")) aria-current=[(status == l.status).then_some("true")] { (t.t(key)) }
            } } }
            @if rows.is_empty() { p { (t.t("fin-recoveries-none")) } } @else { (table(&t.t("fin-recoveries-title"), &columns, &rows)) }
            @if let Some(more) = &l.more { p { a href=(more) { (t.t("fin-more")) } } }
            (hidden_words(t, l.lines.iter().any(|r| r.name.is_none())))
        },
    )
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Act {
    /// What.
    pub kind: ActKind,
    /// How much, in words.
    pub sum: String,
    /// Receipt or run.
    pub reference: String,
    /// Why, and the law.
    pub words: String,
    /// When.
    pub at: Instant,
}

/// A waiver that waits for a second person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// How much, in words.
    pub sum: String,
    /// Why.
    pub reason: String,
    /// The law.
    pub law: String,
}

/// One recovery.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovery {
    /// Its id.
    pub id: String,
    /// Who owes.
    pub name: String,
    /// The programme.
    pub programme: String,
    /// The agency.
    pub agency: String,
    /// Claimed, came back, waived, still owed, in a prepared run: in words.
    pub sums: [String; 5],
    /// Whether anything can still be settled.
    pub open: bool,
    /// Why.
    pub reason: String,
    /// The law.
    pub law: String,
    /// The part of a payment that may be kept back, in percent, when runs keep back.
    pub set_off: Option<u8>,
    /// The agreed instalments: day and sum in words.
    pub plan: Vec<(Date, String)>,
    /// The most instalments the law allows.
    pub most_parts: u32,
    /// Up to this one person may waive alone, in words.
    pub alone: String,
    /// Waivers to be granted.
    pub proposals: Vec<Proposal>,
    /// What happened, the first first.
    pub acts: Vec<Act>,
    /// Hours east of Greenwich.
    pub offset: i8,
    /// What was just done.
    pub done: String,
}

/// The page of one.
pub fn one(f: &Frame, form: &Form, r: &Recovery) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("fin-recovery-title"),
        Width::Wide,
        html! {
            (back(t, "/finance/recoveries"))
            (error_summary_of(t, form, |name| field_name(f, name)))
            (done(t, &r.done, &["repaid", "repeated", "planned", "waived", "proposed"]))
            h1 { span.caption { (t.t("fin-recovery-title")) } (r.name) }
            div.columns {
                div {
                    (sums(t, r))
                    (grants(t, form, r))
                    (plan(t, r))
                    (acts(t, r))
                }
                @if r.open { aside.aside aria-label=(t.t("fin-next-step")) { (repaid(t, form, r)) (agree(t, form, r)) (waive(t, form, r)) } }
            }
        },
    )
}

fn sums(t: Text, r: &Recovery) -> Markup {
    let [claimed, recovered, waived, owed, reserved] = &r.sums;
    let sum = |key: &str, sum: &str| (t.t(key).into_owned(), html! { span.num { (sum) } });
    let set_off = match r.set_off {
        Some(percent) => t.with("fin-recovery-set-off-yes", &[("percent", i64::from(percent).into())]),
        None => t.t("fin-recovery-set-off-no"),
    };
    let state = if r.open {
        tag(Mark::Open, &t.t("fin-recoveries-open"))
    } else {
        tag(Mark::Yes, &t.t("fin-recoveries-closed"))
    };
    pairs(&[
        (t.t("fin-status").into_owned(), state),
        (t.t("fin-programme").into_owned(), html! { (r.programme) }),
        (t.t("fin-agency").into_owned(), html! { (r.agency) }),
        (t.t("fin-recovery-reason").into_owned(), html! { (r.reason) }),
        (t.t("law").into_owned(), html! { (r.law) }),
        sum("fin-recovery-claimed", claimed),
        sum("fin-recovery-recovered", recovered),
        sum("fin-recovery-waived", waived),
        (t.t("fin-recovery-owed").into_owned(), html! { strong.num { (owed) } }),
        sum("fin-recovery-reserved", reserved),
        (t.t("fin-recovery-set-off").into_owned(), html! { (set_off) }),
    ])
}

fn plan(t: Text, r: &Recovery) -> Markup {
    let rows: Vec<Vec<Markup>> =
        r.plan.iter().map(|(day, sum)| vec![html! { (t.date(*day)) }, html! { (sum) }]).collect();
    let columns = [left(t, "fin-plan-on"), right(t, "fin-sum")];
    html! {
        h2 { (t.t("fin-plan-title")) }
        @if rows.is_empty() { p { (t.t("fin-plan-none")) } } @else { (table(&t.t("fin-plan-title"), &columns, &rows)) }
    }
}

fn acts(t: Text, r: &Recovery) -> Markup {
    let rows: Vec<Vec<Markup>> = r
        .acts
        .iter()
        .map(|a| {
            vec![
                html! { (t.t(&format!("fin-act-{}", a.kind))) @if !a.words.is_empty() { br; span.small.soft { (a.words) } } },
                html! { (t.moment(a.at, r.offset)) },
                html! { @if a.reference.is_empty() { "–" } @else { code { (a.reference) } } },
                html! { (a.sum) },
            ]
        })
        .collect();
    let columns = [left(t, "fin-act"), left(t, "fin-act-at"), left(t, "fin-act-reference"), right(t, "fin-sum")];
    html! {
        h2 { (t.t("fin-acts-title")) }
        (table(&t.t("fin-acts-title"), &columns, &rows))
    }
}

fn sending(r: &Recovery, what: &str, content: Markup) -> Markup {
    html! {
        form method="post" action=(format!("/finance/recoveries/{}", r.id)) novalidate {
            (field::hidden("do", what))
            (content)
        }
    }
}

fn grants(t: Text, form: &Form, r: &Recovery) -> Markup {
    html! {
        @if !r.proposals.is_empty() {
            h2 #f-grant { (t.t("fin-grant-title")) }
            @if let Some(why) = form.error("grant") { p.field-error { (why) } }
            @for p in &r.proposals {
                p { (t.with("fin-grant-words", &[("sum", (&p.sum).into()), ("reason", (&p.reason).into()), ("law", (&p.law).into())])) }
                (sending(r, "grant", html! {
                    (field::hidden("proposal", &p.id))
                    button.btn type="submit" { (t.t("fin-grant-go")) span.hidden-visually { ": " (p.sum) } }
                }))
            }
        }
    }
}

fn repaid(t: Text, form: &Form, r: &Recovery) -> Markup {
    html! {
        h2 { (t.t("fin-repaid-title")) }
        (sending(r, "repaid", html! {
            (field::line(form, "repaid", &t.t("fin-repaid-minor"), Look { width: "w-m", keyboard: "numeric", ..Look::default() }))
            (field::line(form, "receipt", &t.t("fin-repaid-reference"), Look { hint: &t.t("fin-repaid-reference-hint"), ..Look::default() }))
            button.btn.btn--small type="submit" { (t.t("fin-repaid-go")) }
        }))
    }
}

fn agree(t: Text, form: &Form, r: &Recovery) -> Markup {
    let most = t.with("fin-plan-parts-hint", &[("most", i64::from(r.most_parts).into())]);
    html! {
        h2 { (t.t("fin-plan-agree")) }
        (sending(r, "plan", html! {
            (field::line(form, "parts", &t.t("fin-plan-parts"), Look { hint: &most, width: "w-s", keyboard: "numeric", ..Look::default() }))
            (field::line(form, "first", &t.t("fin-plan-first"), Look { hint: &t.t("date-hint"), width: "w-m", keyboard: "numeric", ..Look::default() }))
            (field::tick_box(form, "by_set_off", "yes", &t.t("fin-plan-by-set-off")))
            button.btn.btn--second.btn--small type="submit" { (t.t("fin-plan-go")) }
        }))
    }
}

fn waive(t: Text, form: &Form, r: &Recovery) -> Markup {
    html! {
        h2 { (t.t("fin-waive-title")) }
        p.small { (t.with("fin-waive-words", &[("limit", (&r.alone).into())])) }
        (sending(r, "waive", html! {
            (field::line(form, "waived", &t.t("fin-repaid-minor"), Look { width: "w-m", keyboard: "numeric", ..Look::default() }))
            (field::line(form, "waive_reason", &t.t("reason"), Look::default()))
            (field::line(form, "waive_law", &t.t("law"), Look { hint: &t.t("fin-law-hint"), ..Look::default() }))
            button.btn.btn--second.btn--small type="submit" { (t.t("fin-waive-go")) }
        }))
    }
}
