//! A household on one screen: members, entitlements, offers, facts with provenance and history.

use kernel::{Date, Instant};
use maud::{Markup, html};
use text::Text;

use crate::citizen::life_event::{self, Named};
use crate::citizen::offers::{Offer, State, explained, how_to_ask, state_tag};
use crate::components::entitlement::{Entitlement, Fact, answer_tag, source};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::components::value::say;
use crate::form::Form;

/// A household as an official sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Household {
    /// Its id.
    pub id: String,
    /// What it is called: the first member's name.
    pub name: String,
    /// The address in words; `None` when not shown.
    pub address: Option<String>,
    /// Whether the address is protected.
    pub protected: bool,
    /// The day the page tells about.
    pub on: Date,
    /// Whether that is not today.
    pub past: bool,
    /// Members on that day.
    pub members: Vec<Member>,
    /// Every programme that applies to somebody.
    pub entitlements: Vec<Entitlement>,
    /// Offers made.
    pub offers: Vec<Offer>,
    /// Facts and how they came to be.
    pub facts: Vec<Known>,
    /// What happened, newest first.
    pub events: Vec<Happened>,
    /// Life events at which the state has services.
    pub services: Vec<Named>,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
    /// What was just done, as a message.
    pub done: Option<String>,
}

/// A member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// Their id.
    pub id: String,
    /// Their name.
    pub name: String,
    /// The key of the message that says how they stand to the head; empty when not known.
    pub relation_key: &'static str,
    /// Birth date.
    pub born: Option<Date>,
    /// Age in whole years.
    pub age: Option<i64>,
    /// Due date.
    pub due: Option<Date>,
    /// Death.
    pub died: Option<Date>,
    /// Whether a look at the address is offered.
    pub address: bool,
    /// Whether protecting the address is.
    pub protect: bool,
    /// Whether changing how they are reached is.
    pub contact: bool,
    /// Whether who they are and whose may be put right.
    pub civil: bool,
}

/// A fact with what it replaced.
#[derive(Clone, Debug, PartialEq)]
pub struct Known {
    /// The fact as it stands.
    pub fact: Fact,
    /// The law under which it is held.
    pub law: Option<String>,
    /// When it was recorded.
    pub recorded: Option<Instant>,
    /// Whether it is older than its owner's freshness.
    pub stale: bool,
    /// Whether it holds on the day; else there are only earlier values.
    pub holds: bool,
    /// Earlier values, the newest first.
    pub before: Vec<Before>,
}

/// What was once said.
#[derive(Clone, Debug, PartialEq)]
pub struct Before {
    /// Value, source, since when.
    pub fact: Fact,
    /// First day it no longer held for, as it was told.
    pub until: Option<Date>,
    /// When it was recorded.
    pub recorded: Instant,
    /// When it was withdrawn.
    pub withdrawn: Option<Instant>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Happened {
    /// The key of the message that names it.
    pub key: &'static str,
    /// To whom.
    pub whose: Option<String>,
    /// The day it happened.
    pub on: Date,
    /// When it was recorded.
    pub recorded: Instant,
    /// Whether it was corrected or withdrawn later.
    pub withdrawn: bool,
    /// On whose word an official entered it, in words.
    pub told: Option<String>,
    /// Where it can be corrected or withdrawn.
    pub mend: Option<String>,
}

/// Kinds of event an official may register: path and message key.
pub const EVENTS: [(&str, &str); 6] = [
    ("birth", "event-birth"),
    ("pregnancy", "event-pregnancy"),
    ("move", "event-move"),
    ("income", "event-income"),
    ("death", "event-death"),
    ("fact", "event-fact"),
];

/// The page. `form` holds a refused date or answer.
pub fn page_of(f: &Frame, form: &Form, h: &Household) -> Markup {
    let t = f.t;
    let title = t.with("household-title", &[("name", h.name.as_str().into())]);
    page(
        f,
        &title,
        Width::Wide,
        html! {
            (back(t, "/official/search"))
            (error_summary(t, form))
            @if let Some(done) = &h.done { (notice(Tone::Done, done, html! {})) }
            h1 { (title) }
            @if h.protected { (notice(Tone::Stop, &t.t("household-protected-title"), html! { p { (t.t("household-protected-words")) } })) }
            @if h.past { (notice(Tone::Warn, &t.with("household-past", &[("date", t.date(h.on).into())]), html! { p { a href=(format!("/official/households/{}", h.id)) { (t.t("household-today")) } } })) }
            ul.jump {
                @for (to, key) in [("#members", "members"), ("#entitlements", "entitlements"), ("#offers", "offers"), ("#facts", "facts"), ("#events", "events")] {
                    li { a href=(to) { (t.t(key)) } }
                }
            }
            div.columns {
                div {
                    (members(t, h))
                    (entitlements(t, h))
                    (offers(t, h))
                    (facts(t, h))
                    (events(t, h))
                }
                aside.aside aria-label=(t.t("household-do")) { (actions(f, form, h)) }
            }
        },
    )
}

fn actions(f: &Frame, form: &Form, h: &Household) -> Markup {
    let t = f.t;
    html! {
        h2 { (t.t("household-do")) }
        ul.plain {
            li { a href=(format!("/work/household/{}", h.id)) { (t.t("work-household-link")) } }
            li { a href=(format!("/work/referrals/household/{}", h.id)) { (t.t("referral-of-household")) } }
            @for (path, key) in EVENTS {
                li { a href=(format!("/official/households/{}/events/{path}", h.id)) { (t.t(key)) } }
            }
            li { a href=(format!("/official/households/{}/apply", h.id)) { (t.t("key-in-title")) } }
            li { a href=(format!("/official/households/{}/powers", h.id)) { (t.t("power-title")) } }
        }
        @if !h.services.is_empty() {
            h2 { (t.t("home-life-events")) }
            ul.plain { @for event in &h.services { li { (life_event::link(t, event)) } } }
        }
        h2 { (t.t("household-as-of")) }
        form method="get" action=(format!("/official/households/{}", h.id)) {
            (field::line(form, "on", &t.t("date"), Look { hint: &t.t("date-hint"), keyboard: "numeric", ..Look::default() }))
            (field::tick_box(form, "known", "then", &t.t("household-as-of-hint")))
            button.btn.btn--second.btn--small type="submit" { (t.t("show")) }
        }
        @if let Some(address) = &h.address { h2 { (t.t("address")) } p { (address) } }
    }
}

fn members(t: Text, h: &Household) -> Markup {
    let mut headings = ["name", "relation", "birth-date", "state"].map(|key| t.t(key).into_owned()).to_vec();
    let offered = h.members.iter().any(|m| m.address || m.protect || m.contact || m.civil);
    headings.extend(offered.then(|| t.t("household-do").into_owned()));
    let mut rows: Vec<Vec<Markup>> = h.members.iter().map(|m| vec![
        html! { (m.name) },
        html! { @if m.relation_key.is_empty() { "–" } @else { (t.t(m.relation_key)) } },
        html! {
            @if let Some(born) = m.born { span.nowrap { (t.date(born)) } }
            @if let Some(age) = m.age { " " span.soft.nowrap { "(" (t.with("age", &[("age", age.into())])) ")" } }
        },
        html! {
            @if let Some(due) = m.due { (tag(Mark::Plain, &t.with("due-on", &[("date", t.date(due).into())]))) }
            @if let Some(died) = m.died { (tag(Mark::No, &t.with("died-on", &[("date", t.date(died).into())]))) }
            @if m.due.is_none() && m.died.is_none() { "–" }
        },
    ]).collect();
    if offered {
        rows.iter_mut().zip(&h.members).for_each(|(row, m)| row.push(to_do(t, h, m)));
    }
    html! { h2 #members { (t.t("members")) } (table(&t.t("members"), &headings, &rows)) }
}

/// What is offered about a member.
fn to_do(t: Text, h: &Household, m: &Member) -> Markup {
    let link = |what: &str, key: &str| {
        html! {
            a.small.nowrap href=(format!("/official/households/{}/{what}/{}", h.id, m.id)) { (t.t(key)) span.hidden-visually { ": " (m.name) } }
        }
    };
    let all = [
        (m.address, "address", "address-link"),
        (m.protect, "protection", "protection-link"),
        (m.contact, "contact", "contact-link"),
        (m.civil, "record", "civil-link"),
        (m.civil, "ties", "civil-ties-link"),
    ];
    let offered: Vec<Markup> = all.iter().filter(|(may, ..)| *may).map(|(_, what, key)| link(what, key)).collect();
    html! {
        @for (n, link) in offered.iter().enumerate() { @if n > 0 { br; } (link) }
        @if offered.is_empty() { "–" }
    }
}

fn entitlements(t: Text, h: &Household) -> Markup {
    let lang = t.lang();
    html! {
        h2 #entitlements { (t.t("entitlements")) }
        @if h.entitlements.is_empty() { p { (t.t("entitlements-none")) } }
        ul.tasks {
            @for e in &h.entitlements { li {
                details.wide {
                    summary {
                        (e.name.get(lang))
                        @if let Some(whose) = &e.whose { " · " (whose) }
                        @if matches!(e.answer, rules::outcome::Answer::Yes) { @if let Some(sum) = e.sum(t) { " · " span.num { (sum) } } }
                    }
                    div.inside { (explained(t, e)) }
                }
                (answer_tag(t, e.answer, e.dropped()))
            } }
        }
    }
}

fn offers(t: Text, h: &Household) -> Markup {
    html! {
        h2 #offers { (t.t("offers")) }
        @if h.offers.is_empty() { p { (t.t("offers-none")) } }
        ul.tasks {
            @for x in &h.offers { li {
                div {
                    strong { (x.entitlement.name.get(t.lang())) }
                    @if let Some(whose) = &x.entitlement.whose { " · " (whose) }
                    @if let Some(date) = x.deadline { div.small.soft { (t.with("claim-until", &[("date", t.date(date).into())])) } }
                    @match &x.state {
                        State::Accepted(when) => div.small.soft { (t.with("offers-accepted-line", &[("when", t.moment(*when, h.offset_hours).into())])) },
                        State::Refused(when) => div.small.soft { (t.with("offers-refused-line", &[("when", t.moment(*when, h.offset_hours).into())])) },
                        _ => {}
                    }
                    @if x.state == State::Open { (how_to_ask(t, x.entitlement.name.get(t.lang()), &x.services)) }
                }
                div {
                    (state_tag(t, &x.state))
                    @if x.state == State::Open {
                        form.actions.actions--tight method="post" action=(format!("/official/households/{}/offers", h.id)) {
                            (field::hidden(&format!("rev-{}", x.id), &x.revision.to_string()))
                            button.btn.btn--second.btn--small type="submit" name="accept" value=(x.id) { (t.t("offers-accept-counter")) span.hidden-visually { ": " (x.entitlement.name.get(t.lang())) } }
                            button.btn.btn--second.btn--small type="submit" name="refuse" value=(x.id) { (t.t("offers-refuse-counter")) span.hidden-visually { ": " (x.entitlement.name.get(t.lang())) } }
                        }
                    }
                }
            } }
        }
    }
}

fn facts(t: Text, h: &Household) -> Markup {
    let headings =
        ["fact", "fact-value", "fact-source", "fact-since", "fact-recorded"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = h.facts.iter().map(|k| vec![
        html! {
            (k.fact.name.get(t.lang()))
            @if let Some(whose) = &k.fact.whose { " " span.soft.nowrap { "· " (whose) } }
            @if k.stale { " " (tag(Mark::Open, &t.t("fact-stale"))) }
        },
        html! {
            @if k.holds { (say(t, &k.fact.value)) } @else { "–" }
            @if !k.before.is_empty() {
                details {
                    summary.small { (t.with("fact-history", &[("count", k.before.len().into())])) span.hidden-visually { ": " (k.fact.name.get(t.lang())) } }
                    ul.small { @for old in &k.before { li { (once(t, old, h.offset_hours)) } } }
                }
            }
        },
        html! { @if k.holds { (source(t, &k.fact.source)) } @else { "–" } @if let Some(law) = &k.law { br; span.law { (law) } } },
        html! { @if let Some(since) = k.fact.since.filter(|_| k.holds) { span.nowrap { (t.date(since)) } } @else { "–" } },
        html! { @if let Some(when) = k.recorded { (t.moment(when, h.offset_hours)) } @else { "–" } },
    ]).collect();
    html! {
        h2 #facts { (t.t("facts")) }
        @if rows.is_empty() { p { (t.t("facts-none")) } } @else { (table(&t.t("facts"), &headings, &rows)) }
    }
}

/// One earlier value: what, from whom, for which days, and when it was recorded and withdrawn.
fn once(t: Text, old: &Before, offset_hours: i8) -> Markup {
    html! {
        strong { (say(t, &old.fact.value)) } " – " (source(t, &old.fact.source))
        @if let Some(since) = old.fact.since { ", " (t.with("since", &[("date", t.date(since).into())])) }
        @if let Some(until) = old.until { ", " (t.with("fact-until", &[("date", t.date(until).into())])) }
        br;
        span.soft {
            (t.with("recorded-at", &[("when", t.moment(old.recorded, offset_hours).into())]))
            @if let Some(when) = old.withdrawn { ", " (t.with("fact-withdrawn-at", &[("when", t.moment(when, offset_hours).into())])) }
        }
    }
}

fn events(t: Text, h: &Household) -> Markup {
    html! {
        h2 #events { (t.t("events")) }
        @if h.events.is_empty() { p { (t.t("events-none")) } }
        ol.timeline { @for e in &h.events { li {
            strong { (t.date(e.on)) } " · " (t.t(e.key))
            @if let Some(whose) = &e.whose { " · " (whose) }
            @if e.withdrawn { " " (tag(Mark::No, &t.t("event-withdrawn"))) }
            div.small.soft {
                (t.with("recorded-at", &[("when", t.moment(e.recorded, h.offset_hours).into())]))
                @if let Some(told) = &e.told { ", " (told) }
            }
            @if let Some(to) = &e.mend { a.small href=(to) { (t.t("mend-link")) span.hidden-visually { ": " (t.t(e.key)) ", " (t.date(e.on)) } } }
        } } }
    }
}
