//! The referrals of an office by their clocks, those of a household, and one with its history.

use kernel::{Date, Instant};
use maud::{Markup, html};
use referral::model::{By, Clock, Outcome, Reason, Standing};
use text::Text;

use super::{clock_key, status_tag};
use crate::components::field;
use crate::components::frame::{Area, Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;
use crate::official::work::nearness;

/// One referral of a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// Who is to be helped.
    pub name: String,
    /// The service.
    pub service: String,
    /// The need.
    pub need: String,
    /// How it stands.
    pub now: Standing,
    /// What is due, until when, and days until then.
    pub due: Option<(Clock, Date, i64)>,
}

/// A list.
#[derive(Clone, Debug, PartialEq)]
pub struct List {
    /// `mine`, `office`, `escalated`; empty: of a household.
    pub which: &'static str,
    /// Of a household: its id.
    pub household: Option<String>,
    /// What was just done: a key.
    pub done: Option<&'static str>,
    /// The referrals.
    pub lines: Vec<Line>,
}

/// The ways to look at an office's referrals: word in the address and message key.
pub const WHICH: [(&str, &str); 3] =
    [("mine", "referral-list-mine"), ("office", "referral-list-office"), ("escalated", "referral-list-escalated")];

/// The list.
pub fn list(f: &Frame, l: &List) -> Markup {
    let t = f.t;
    let title = t.t(if l.household.is_some() { "referral-of-household" } else { "referral-title" });
    let rows: Vec<Vec<Markup>> = l.lines.iter().map(|line| row(t, line)).collect();
    let headings = ["referral-who", "referral-service", "referral-need", "referral-state", "referral-due"];
    page(
        f,
        &title,
        Width::Wide,
        html! {
            // Nurses and those who lead them come here by the navigation, and have no worklist.
            @match &l.household {
                Some(id) if is_official(f) => (back(t, &format!("/official/households/{id}"))),
                None if is_official(f) => (back(t, "/work")),
                Some(_) => (back(t, "/work/referrals")),
                None => {}
            }
            @if let Some(key) = l.done { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (title) }
            @match &l.household {
                Some(id) => div.actions { a.btn href=(format!("/work/referrals/household/{id}/new")) { (t.t("referral-new")) } },
                None => {
                    p.lead { (t.t("referral-lead")) }
                    ul.jump { @for (which, key) in WHICH {
                        li { a href=(format!("/work/referrals?which={which}")) aria-current=[(l.which == which).then_some("true")] { (t.t(key)) } }
                    } }
                }
            }
            @if rows.is_empty() { p { (t.t("referral-none")) } }
            @else { (table(&title, &headings.map(|key| t.t(key).into_owned()), &rows)) }
        },
    )
}

/// Whether the reader has a worklist and opens households.
fn is_official(f: &Frame) -> bool {
    f.who.as_ref().is_some_and(|who| who.areas.contains(&Area::Official))
}

fn row(t: Text, line: &Line) -> Vec<Markup> {
    vec![
        html! { a href=(format!("/work/referrals/{}", line.id)) { (line.name) } },
        html! { (line.service) },
        html! { (line.need) },
        html! {
            (status_tag(t, &line.now))
            @if line.now.escalated_at.is_some() && line.now.closed_at.is_none() { " " (tag(Mark::Fault, &t.t("referral-escalated"))) }
        },
        html! { (due(t, line.due)) },
    ]
}

fn due(t: Text, due: Option<(Clock, Date, i64)>) -> Markup {
    html! {
        @match due {
            Some((clock, day, days)) => {
                (nearness(t, Some((day, days)))) " " span.small.soft { (t.t(clock_key(clock))) ", " span.nowrap { (t.date(day)) } }
            }
            None => { (tag(Mark::Yes, &t.t("referral-closed"))) }
        }
    }
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Done {
    /// What, in the key of its message.
    pub key: &'static str,
    /// On which side.
    pub by: By,
    /// By whom, when known.
    pub who: Option<String>,
    /// What was said.
    pub words: Option<String>,
    /// Why a service does not help.
    pub reason: Option<Reason>,
    /// What came of it.
    pub outcome: Option<Outcome>,
    /// When.
    pub at: Instant,
}

/// One referral.
#[derive(Clone, Debug, PartialEq)]
pub struct One {
    /// The line.
    pub line: Line,
    /// What was asked for, in the referrer's words.
    pub reason: String,
    /// How the service is reached.
    pub service_contact: Option<String>,
    /// How the family wants to be reached.
    pub contact: Option<String>,
    /// What the family agreed that the service learns: keys.
    pub shares: Vec<&'static str>,
    /// On which day they agreed.
    pub agreed_on: Date,
    /// When a service with a waiting list expects to begin.
    pub expected_on: Option<Date>,
    /// The link by which the service answers, and until when it is good.
    pub link: Option<(String, Date)>,
    /// What was done, from the first.
    pub steps: Vec<Done>,
    /// The new referral in its place: address to begin it.
    pub instead: Option<String>,
    /// Whether this viewer may take it back or close it.
    pub acts: bool,
    /// What was just done: a key.
    pub done: Option<&'static str>,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
}

pub(super) fn side_key(by: By) -> &'static str {
    match by {
        By::Referrer => "referral-by-referrer",
        By::Supervisor => "referral-by-supervisor",
        By::Partner => "referral-by-partner",
        By::Family => "referral-by-family",
        By::Clock => "referral-by-clock",
    }
}

/// The message that names why a service does not help.
pub fn reason_key(reason: Reason) -> &'static str {
    match reason {
        Reason::Full => "referral-reason-full",
        Reason::OutOfArea => "referral-reason-out-of-area",
        Reason::NotEligible => "referral-reason-not-eligible",
        Reason::OtherService => "referral-reason-other-service",
        Reason::NotReached => "referral-reason-not-reached",
        Reason::Other => "referral-reason-other",
    }
}

/// The message that names what came of it.
pub fn outcome_key(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Met => "referral-outcome-met",
        Outcome::PartlyMet => "referral-outcome-partly-met",
        Outcome::NotMet => "referral-outcome-not-met",
    }
}

/// One referral with its history and what can be done now.
pub fn one(f: &Frame, form: &Form, r: &One) -> Markup {
    let t = f.t;
    let title = t.with("referral-one", &[("service", r.line.service.as_str().into())]);
    page(
        f,
        &title,
        Width::Reading,
        html! {
            (back(t, "/work/referrals"))
            (error_summary(t, form))
            @if let Some(key) = r.done { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (title) }
            (pairs(&facts(t, r)))
            h2 { (t.t("referral-asked")) }
            blockquote { p { (r.reason) } }
            @if let Some((link, until)) = &r.link {
                h2 { (t.t("referral-link")) }
                p { (t.with("referral-link-words", &[("date", t.date(*until).into())])) }
                p.small { code { (link) } }
            }
            h2 { (t.t("referral-history")) }
            ol.timeline { @for step in &r.steps { li { (history(t, step, r.offset_hours)) } } }
            @if r.acts { (acts(t, form, r)) }
        },
    )
}

fn facts(t: Text, r: &One) -> Vec<(String, Markup)> {
    let label = |key: &str| t.t(key).into_owned();
    let mut facts = vec![
        (label("referral-who"), html! { (r.line.name) }),
        (label("referral-need"), html! { (r.line.need) }),
        (
            label("referral-state"),
            html! {
                (status_tag(t, &r.line.now))
                @if r.line.now.escalated_at.is_some() && r.line.now.closed_at.is_none() { " " (tag(Mark::Fault, &t.t("referral-escalated"))) }
            },
        ),
        (label("referral-due"), due(t, r.line.due)),
    ];
    if let Some(day) = r.expected_on {
        facts.push((label("referral-expected"), html! { (t.date(day)) }));
    }
    if let Some(contact) = &r.service_contact {
        facts.push((label("referral-service-contact"), html! { (contact) }));
    }
    let contact = r.contact.clone().unwrap_or_else(|| label("referral-contact-through-you"));
    facts.push((label("referral-contact"), html! { (contact) }));
    facts.push((
        label("referral-agreed"),
        html! {
            (t.date(r.agreed_on)) ": "
            @if r.shares.is_empty() { (t.t("referral-share-nothing")) }
            @for (n, key) in r.shares.iter().enumerate() { @if n > 0 { ", " } (t.t(key)) }
        },
    ));
    facts
}

fn history(t: Text, step: &Done, offset: i8) -> Markup {
    html! {
        strong { (t.t(step.key)) } " · " (t.t(side_key(step.by)))
        @if let Some(who) = &step.who { " (" (who) ")" }
        @if let Some(reason) = step.reason { div { (t.t(reason_key(reason))) } }
        @if let Some(outcome) = step.outcome { div { (t.t(outcome_key(outcome))) } }
        @if let Some(words) = &step.words { blockquote { p { (words) } } }
        div.small.soft { (t.moment(step.at, offset)) }
    }
}

fn acts(t: Text, form: &Form, r: &One) -> Markup {
    let to = format!("/work/referrals/{}", r.line.id);
    let over = r.line.now.status.is_over();
    let (title, hint, button, act) = if over {
        ("referral-close", "referral-close-hint", "referral-close-go", "close")
    } else {
        ("referral-withdraw", "referral-withdraw-hint", "referral-withdraw-go", "withdraw")
    };
    html! {
        @if r.line.now.closed_at.is_none() {
            h2 { (t.t(title)) }
            form method="post" action=(to) novalidate {
                (field::hidden("do", act))
                (field::area(form, "words", &t.t("referral-words"), &t.t(hint), 4))
                div.actions {
                    button.btn type="submit" { (t.t(button)) }
                    @if over { @if let Some(next) = &r.instead { a.btn.btn--second href=(next) { (t.t("referral-instead")) } } }
                }
            }
            @if !over {
                h2 { (t.t("referral-family-refuses")) }
                form method="post" action=(to) novalidate {
                    (field::hidden("do", "refuse"))
                    p { (t.t("referral-family-refuses-hint")) }
                    div.actions { button.btn.btn--second type="submit" { (t.t("referral-family-refuses-go")) } }
                }
            }
        }
    }
}
