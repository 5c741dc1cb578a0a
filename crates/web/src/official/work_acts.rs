//! What an official can do about a case: one form an act, beside the reasons.

use casework::investigate::settle::How;
use maud::{Markup, html};
use text::Text;

use super::work_case::Case;
use super::work_extend;
use crate::citizen::question::{self, Question};
use crate::components::field::{self, Look};
use crate::components::list::pairs;
use crate::form::Form;

/// How many stretches an official's own result may have.
pub const STRETCHES: usize = 4;

/// What can be done now, by this viewer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Acts {
    /// The revision shown.
    pub revision: u32,
    /// Take the case: its task.
    pub take: Option<String>,
    /// Give the case to another: its task, and officials.
    pub give: Option<(String, Vec<(String, String)>)>,
    /// Decide as the rules say; the result in words, and who else will have to agree.
    pub decide: Option<String>,
    /// Decide otherwise.
    pub otherwise: bool,
    /// Sign a prepared decision: its id, and its first words.
    pub sign: Option<(String, String)>,
    /// Nobody may sign what they prepared.
    pub prepared_it: bool,
    /// A running hearing.
    pub hearing: Option<Hearing>,
    /// An open objection to review: its id.
    pub review: Option<String>,
    /// Whom an open objection waits for that this viewer may not review: they took part, sign no decisions, or it is for
    /// the office above.
    pub review_by_another: Option<String>,
    /// A decision a court may order about: its id.
    pub court: Option<String>,
    /// Sources that differ.
    pub contradictions: Vec<Contradiction>,
    /// What nobody could say: the task and the questions.
    pub gap: Option<(String, Vec<Question>)>,
    /// Note a visit or talk, with what can be found out there.
    pub note: Option<Vec<Question>>,
    /// Take the application back for the family.
    pub withdraw: bool,
    /// By how many days the law lets the time of the decision grow; 0: not, or not any more.
    pub longer: u32,
    /// The applicant died: people who may carry the case on.
    pub died: Option<Vec<(String, String)>>,
    /// Hold what the case pays.
    pub hold: bool,
    /// Let what is held flow again.
    pub flow: bool,
    /// Accounts whose holder bears another name.
    pub holders: Vec<Holder>,
    /// Tasks that ask for a look and nothing else: id and what it says.
    pub others: Vec<(String, String)>,
}

/// The family is being heard.
#[derive(Clone, Debug, PartialEq)]
pub struct Hearing {
    /// The decision planned.
    pub decision: String,
    /// What is planned.
    pub plan: String,
    /// Until when the family may speak.
    pub until: Option<String>,
    /// What it said.
    pub said: Vec<String>,
    /// Whether it can be closed now.
    pub over: bool,
}

/// Two sources side by side.
#[derive(Clone, Debug, PartialEq)]
pub struct Contradiction {
    /// The task.
    pub task: String,
    /// What it is about.
    pub what: String,
    /// Value, source and day of what was held.
    pub held: (String, String, String),
    /// Of what the agency says.
    pub said: (String, String, String),
    /// The field of an own finding.
    pub finding: Option<Question>,
}

/// An account that is paid to nobody until somebody has looked at whose it is.
#[derive(Clone, Debug, PartialEq)]
pub struct Holder {
    /// The task.
    pub task: String,
    /// Bank and last digits.
    pub account: String,
    /// The holder as given.
    pub holder: String,
    /// The names of who is paid, as registered.
    pub names: Vec<String>,
}

/// The keys of the messages for ways of finding out.
pub const fn how_key(how: How) -> &'static str {
    match how {
        How::Visit => "work-how-visit",
        How::Interview => "work-how-interview",
        How::Papers => "work-how-papers",
        How::Enquiry => "work-how-enquiry",
    }
}

/// A form that does one act.
pub(super) fn act(c: &Case, name: &str, content: &Markup) -> Markup {
    html! {
        form method="post" action=(format!("/work/case/{}", c.id)) novalidate {
            (c.way.hidden())
            (field::hidden("do", name))
            (field::hidden("revision", &c.acts.revision.to_string()))
            (content)
        }
    }
}

pub(super) fn button(words: &str) -> Markup {
    html! { div.actions.actions--tight { button.btn type="submit" { (words) } } }
}

/// A folded form; open when something in it was refused.
fn folded(form: &Form, name: &str, summary: &str, key: Option<&str>, content: &Markup) -> Markup {
    let open = form.get("do") == name && !form.is_fine();
    html! {
        details open[open] { summary data-key=[key] accesskey=[key] { (summary) } (content) }
    }
}

/// Everything that can be done, the likeliest first.
pub fn all(t: Text, form: &Form, c: &Case) -> Markup {
    let a = &c.acts;
    html! {
        h2 { (t.t("work-act")) }
        @if let Some(why) = form.error("act") { p.field-error { (why) } }
        @if let Some(task) = &a.take {
            (act(c, "take", &html! { (field::hidden("task", task)) (button(&t.t("work-take"))) }))
        }
        @if a.prepared_it { p { (t.t("work-prepared-by-you")) } }
        @if let Some((decision, lead)) = &a.sign { (sign(t, form, c, decision, lead)) }
        @if let Some(why) = &a.review_by_another { p { (why) } }
        @if let Some(hearing) = &a.hearing { (hear(t, form, c, hearing)) }
        @if let Some(objection) = &a.review { (review(t, form, c, objection)) }
        @if let Some(result) = &a.decide { (decide(t, form, c, result)) }
        @if let Some((task, questions)) = &a.gap { (gap(t, form, c, task, questions)) }
        @if let Some(heirs) = &a.died { (died(t, form, c, heirs)) }
        @for (n, it) in a.holders.iter().enumerate() { (holder(t, form, c, n, it)) }
        @for (n, (task, says)) in a.others.iter().enumerate() { (other(t, form, c, n, task, says)) }
        @if a.otherwise { (folded(form, "otherwise", &t.t("work-otherwise"), Some("o"), &otherwise(t, form, c))) }
        @if let Some(questions) = &a.note { (folded(form, "note", &t.t("work-note"), None, &note(t, form, c, questions))) }
        @if let Some(decision) = &a.court { (folded(form, "court", &t.t("work-court"), None, &court(t, form, c, decision))) }
        @if a.hold { (folded(form, "hold-pay", &t.t("work-hold"), None, &pay(t, form, c, true))) }
        @if a.flow { (folded(form, "let-flow", &t.t("work-flow"), None, &pay(t, form, c, false))) }
        @if a.longer > 0 { (folded(form, "extend", &t.t("work-extend"), None, &work_extend::form(t, form, c, a.longer))) }
        @if a.withdraw { (folded(form, "withdraw", &t.t("work-withdraw"), None, &withdraw(t, form, c))) }
        @if let Some((task, officials)) = &a.give { (folded(form, "give", &t.t("work-give"), None, &give(t, form, c, task, officials))) }
        @if nothing(a) { p { (t.t("work-nothing-to-do")) } }
    }
}

fn nothing(a: &Acts) -> bool {
    *a == Acts { revision: a.revision, ..Acts::default() }
}

fn decide(t: Text, form: &Form, c: &Case, result: &str) -> Markup {
    act(
        c,
        "decide",
        &html! {
            h3 { (t.t("work-decide")) }
            p { (result) }
            (field::area(form, "decide-words", &t.t("work-words"), &t.t("work-words-hint"), 3))
            (button(&t.t("work-decide-go")))
        },
    )
}

/// Reason, law, result and sums of somebody who decides otherwise than the rules.
fn ground(t: Text, form: &Form, prefix: &str) -> Markup {
    let name = |part: &str| format!("{prefix}-{part}");
    html! {
        (field::radios(form, &name("grant"), &t.t("work-result"), "", &[
            ("yes".to_owned(), t.t("work-grant").into_owned()), ("no".to_owned(), t.t("work-refuse").into_owned()),
        ]))
        (field::area(form, &name("reason"), &t.t("work-reason"), &t.t("work-reason-hint"), 3))
        (field::line(form, &name("law"), &t.t("law"), Look { hint: &t.t("work-law-hint"), ..Look::default() }))
        @for n in 0..STRETCHES {
            fieldset.stretch {
                legend { (t.with("work-stretch", &[("number", (n + 1).into())])) }
                div.stretch-days {
                    (field::line(form, &format!("{prefix}-from-{n}"), &t.t("work-from"), Look { width: "w-m", keyboard: "numeric", ..Look::default() }))
                (field::line(form, &format!("{prefix}-last-{n}"), &t.t("work-last"), Look { width: "w-m", keyboard: "numeric", hint: &t.t("work-last-hint"), ..Look::default() }))
                }
                (field::line(form, &format!("{prefix}-sum-{n}"), &t.t("work-sum"), Look { width: "w-m", keyboard: "numeric", ..Look::default() }))
            }
        }
    }
}

fn otherwise(t: Text, form: &Form, c: &Case) -> Markup {
    act(
        c,
        "otherwise",
        &html! {
            p { (t.t("work-otherwise-words")) }
            (ground(t, form, "other"))
            (field::area(form, "other-words", &t.t("work-words"), &t.t("work-words-hint"), 3))
            (button(&t.t("work-otherwise-go")))
        },
    )
}

fn sign(t: Text, form: &Form, c: &Case, decision: &str, lead: &str) -> Markup {
    act(
        c,
        "sign",
        &html! {
            h3 { (t.t("work-sign")) }
            p { (lead) }
            (field::hidden("decision", decision))
            (field::area(form, "sign-words", &t.t("work-back-words"), &t.t("work-back-hint"), 3))
            div.actions.actions--tight {
                button.btn type="submit" name="agrees" value="yes" { (t.t("work-sign-go")) }
                button.btn.btn--second type="submit" name="agrees" value="no" { (t.t("work-send-back")) }
            }
        },
    )
}

fn hear(t: Text, form: &Form, c: &Case, hearing: &Hearing) -> Markup {
    html! {
        h3 { (t.t("work-hearing")) }
        p { (hearing.plan) }
        @if let Some(until) = &hearing.until { p { (t.with("work-hearing-until", &[("date", until.into())])) } }
        @for said in &hearing.said { p { "“" (said) "”" } }
        (act(c, "hear", &html! {
            (field::area(form, "hear-words", &t.t("work-hear"), "", 3))
            (button(&t.t("work-hear-go")))
        }))
        @if hearing.over {
            (act(c, "close-hearing", &html! {
                (field::hidden("decision", &hearing.decision))
                (field::area(form, "close-words", &t.t("work-close-words"), "", 3))
                div.actions.actions--tight {
                    button.btn type="submit" name="goes-on" value="yes" { (t.t("work-hearing-on")) }
                    button.btn.btn--second type="submit" name="goes-on" value="no" { (t.t("work-hearing-drop")) }
                }
            }))
        } @else { p.small.soft { (t.t("work-hearing-runs")) } }
    }
}

fn review(t: Text, form: &Form, c: &Case, objection: &str) -> Markup {
    act(
        c,
        "review",
        &html! {
            h3 { (t.t("work-review")) }
            (field::hidden("objection", objection))
            (field::radios(form, "outcome", &t.t("work-outcome"), "", &[
                ("stands".to_owned(), t.t("work-outcome-stands").into_owned()),
                ("anew".to_owned(), t.t("work-outcome-anew").into_owned()),
                ("otherwise".to_owned(), t.t("work-outcome-otherwise").into_owned()),
            ]))
            (field::area(form, "review-words", &t.t("work-review-words"), "", 4))
            details open[form.get("outcome") == "otherwise"] { summary { (t.t("work-outcome-fill")) } (ground(t, form, "review")) }
            (button(&t.t("work-review-go")))
        },
    )
}

fn court(t: Text, form: &Form, c: &Case, decision: &str) -> Markup {
    act(
        c,
        "court",
        &html! {
            p { (t.t("work-court-words")) }
            (field::hidden("decision", decision))
            (ground(t, form, "court"))
            (button(&t.t("work-court-go")))
        },
    )
}

/// Both values beside each other, and three ways to go on.
pub fn contradiction(t: Text, form: &Form, c: &Case, n: usize, x: &Contradiction) -> Markup {
    let name = |part: &str| format!("{part}-{n}");
    let side = |heading: &str, (value, source, when): &(String, String, String)| {
        html! { div { h3 { (t.t(heading)) } p.amount { (value) } p.small.soft { (source) @if !when.is_empty() { ", " (when) } } } }
    };
    html! {
        section.card.differs aria-label=(t.with("work-differs", &[("what", (&x.what).into())])) {
            h2 { (t.with("work-differs", &[("what", (&x.what).into())])) }
            div.grid-2 { (side("work-held", &x.held)) (side("work-said", &x.said)) }
            (act(c, "settle", &html! {
                (field::hidden("task", &x.task))
                (field::hidden("number", &n.to_string()))
                (field::radios(form, &name("follow"), &t.t("work-follow"), "", &[
                    ("held".to_owned(), t.with("work-follow-held", &[("value", (&x.held.0).into())]).into_owned()),
                    ("agency".to_owned(), t.with("work-follow-agency", &[("value", (&x.said.0).into())]).into_owned()),
                    ("finding".to_owned(), t.t("work-follow-finding").into_owned()),
                ]))
                @if let Some(q) = &x.finding { (question::show(t, form, q)) }
                (field::area(form, &name("why"), &t.t("work-why"), &t.t("work-why-hint"), 3))
                (button(&t.t("work-settle-go")))
            }))
        }
    }
}

fn hows(t: Text) -> Vec<(String, String)> {
    How::ALL.iter().map(|how| (how.word().to_owned(), t.t(how_key(*how)).into_owned())).collect()
}

fn gap(t: Text, form: &Form, c: &Case, task: &str, questions: &[Question]) -> Markup {
    act(
        c,
        "gap",
        &html! {
            h3 { (t.t("work-gap")) }
            p { (t.t("work-gap-words")) }
            (field::hidden("task", task))
            (question::all(t, form, questions))
            (field::select(form, "gap-how", &t.t("work-how"), "", "", &hows(t)))
            (field::area(form, "gap-words", &t.t("work-why"), &t.t("work-why-hint"), 3))
            (button(&t.t("work-gap-go")))
        },
    )
}

fn note(t: Text, form: &Form, c: &Case, questions: &[Question]) -> Markup {
    act(
        c,
        "note",
        &html! {
            (field::select(form, "note-how", &t.t("work-how"), "", "", &hows(t)))
            (field::area(form, "note-words", &t.t("work-note-words"), "", 4))
            @if !questions.is_empty() { p { (t.t("work-note-findings")) } (question::all(t, form, questions)) }
            @if !c.papers.is_empty() {
                (field::boxes(form, "paper", &t.t("work-note-papers"), "",
                    &c.papers.iter().map(|p| (p.id.clone(), p.what.clone())).collect::<Vec<_>>()))
            }
            (button(&t.t("work-note-go")))
        },
    )
}

fn withdraw(t: Text, form: &Form, c: &Case) -> Markup {
    act(
        c,
        "withdraw",
        &html! {
            p { (t.t("work-withdraw-words")) }
            (field::area(form, "withdraw-words", &t.t("reason"), "", 3))
            (button(&t.t("work-withdraw-go")))
        },
    )
}

fn give(t: Text, form: &Form, c: &Case, task: &str, officials: &[(String, String)]) -> Markup {
    act(
        c,
        "give",
        &html! {
            (field::hidden("task", task))
            (field::select(form, "to", &t.t("work-give-to"), "", &t.t("work-nobody"), officials))
            (button(&t.t("work-give")))
        },
    )
}

/// Holding what is paid, or letting it flow again.
fn pay(t: Text, form: &Form, c: &Case, hold: bool) -> Markup {
    let (act_name, prefix) = if hold { ("hold-pay", "hold") } else { ("let-flow", "flow") };
    act(
        c,
        act_name,
        &html! {
            p { (t.t(if hold { "work-hold-words" } else { "work-flow-words" })) }
            (field::area(form, &format!("{prefix}-reason"), &t.t("work-why"), &t.t("work-why-hint"), 3))
            (field::line(form, &format!("{prefix}-law"), &t.t("law"), Look::default()))
            (button(&t.t(if hold { "work-hold-go" } else { "work-flow-go" })))
        },
    )
}

fn holder(t: Text, form: &Form, c: &Case, n: usize, it: &Holder) -> Markup {
    let answers = ["yes", "no"]
        .map(|a| (a.to_owned(), t.t(if a == "yes" { "work-holder-yes" } else { "work-holder-no" }).into_owned()));
    act(
        c,
        "holder",
        &html! {
            h3 { (t.t("work-kind-account-holder")) }
            p { (t.t("work-holder-hint")) }
            (pairs(&[
                (t.t("work-holder-account").into_owned(), html! { span.num { (it.account) } }),
                (t.t("work-holder-given").into_owned(), html! { strong { (it.holder) } }),
                (t.t("work-holder-known").into_owned(), html! { strong { (it.names.join(" · ")) } }),
            ]))
            (field::hidden("task", &it.task))
            (field::hidden("number", &n.to_string()))
            (field::radios(form, &format!("holder-{n}"), &t.t("work-holder-whose"), "", &answers))
            (field::area(form, &format!("holder-words-{n}"), &t.t("work-looked-words"), "", 3))
            (button(&t.t("work-settle-go")))
        },
    )
}

fn other(t: Text, form: &Form, c: &Case, n: usize, task: &str, says: &str) -> Markup {
    act(
        c,
        "looked",
        &html! {
            h3 { (t.t("work-look-at")) }
            p { (says) }
            (field::hidden("task", task))
            (field::hidden("number", &n.to_string()))
            (field::area(form, &format!("looked-{n}"), &t.t("work-looked-words"), "", 3))
            (button(&t.t("work-looked-go")))
        },
    )
}

fn died(t: Text, form: &Form, c: &Case, heirs: &[(String, String)]) -> Markup {
    let mut options = heirs.to_vec();
    options.push(("close".to_owned(), t.t("work-died-close").into_owned()));
    act(
        c,
        "died",
        &html! {
            h3 { (t.t("work-died")) }
            p { (t.t("work-died-hint")) }
            (field::radios(form, "heir", &t.t("work-died-who"), "", &options))
            (field::area(form, "died-words", &t.t("work-why"), &t.t("work-why-hint"), 3))
            (button(&t.t("work-died-go")))
        },
    )
}
