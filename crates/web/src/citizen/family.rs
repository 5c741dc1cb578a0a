//! My family: who is in the household, what the state knows about each, and from whom.

use kernel::Date;
use maud::{Markup, html};

use crate::components::entitlement::{Fact, source};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, table, tag};
use crate::components::message::{Tone, notice};
use crate::components::value::say;

/// A household as its own members see it.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// The address in words; `None` while it is protected.
    pub address: Option<String>,
    /// Whether the address is protected.
    pub protected: bool,
    /// Everybody, the person who asks first.
    pub members: Vec<Member>,
    /// Facts about the household as a whole.
    pub facts: Vec<Fact>,
    /// Whether the contact was just changed.
    pub done: bool,
}

/// A member.
#[derive(Clone, Debug, PartialEq)]
pub struct Member {
    /// The name as written.
    pub name: String,
    /// The key of the message that says how they stand to the person who asks.
    pub relation_key: &'static str,
    /// Birth date.
    pub born: Option<Date>,
    /// Age in whole years on the day asked.
    pub age: Option<i64>,
    /// Due date of a current pregnancy.
    pub due: Option<Date>,
    /// What the state knows.
    pub facts: Vec<Fact>,
}

/// The page.
pub fn page_of(f: &Frame, family: &Family) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("family-title"),
        Width::Reading,
        html! {
            @if family.done { (notice(Tone::Done, &t.t("contact-done"), html! {})) }
            h1 { (t.t("family-title")) }
            p.lead { (t.t("family-lead")) }
            @if family.protected {
                (notice(Tone::Info, &t.t("family-protected-title"), html! { p { (t.t("family-protected-words")) } }))
            }
            @if let Some(address) = &family.address { p { strong { (t.t("address")) ": " } (address) } }
            ul.cards {
                @for m in &family.members { li { article.card {
                    div.card-head {
                        h2.h3 { (m.name) }
                        @if m.due.is_some() { (tag(Mark::Plain, &t.t("expecting"))) }
                    }
                    p.facts-line {
                        span { (t.t(m.relation_key)) }
                        @if let Some(born) = m.born { span { (t.with("born-on", &[("date", t.date(born).into())])) } }
                        @if let Some(age) = m.age { span { (t.with("age", &[("age", age.into())])) } }
                        @if let Some(due) = m.due { span { (t.with("due-on", &[("date", t.date(due).into())])) } }
                    }
                    @if !m.facts.is_empty() {
                        details {
                            summary { (t.with("family-known", &[("count", m.facts.len().into())])) span.hidden-visually { " – " (m.name) } }
                            (facts(f, &m.name, &m.facts))
                        }
                    }
                } } }
            }
            @if !family.facts.is_empty() {
                h2 { (t.t("family-household-facts")) }
                (facts(f, &t.t("family-household-facts"), &family.facts))
            }
            h2 { (t.t("family-change")) }
            div.actions {
                a.btn href="/report" { (t.t("cases-report")) }
                a.btn.btn--second href="/apply" { (t.t("cases-apply")) }
                a.btn.btn--second href="/family/contact" { (t.t("contact-title")) }
                a.btn.btn--second href="/powers" { (t.t("power-title")) }
                a.btn.btn--second href="/consents" { (t.t("consents-title")) }
                a.btn.btn--second href="/referrals" { (t.t("referral-mine")) }
            }
            (notice(Tone::Info, &t.t("family-wrong-title"), html! { p { (t.t("family-wrong-words")) } }))
        },
    )
}

fn facts(f: &Frame, caption: &str, list: &[Fact]) -> Markup {
    let t = f.t;
    let headings = ["fact", "fact-value", "fact-source", "fact-since"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = list
        .iter()
        .map(|fact| {
            vec![
                html! { (fact.name.get(t.lang())) },
                html! { (say(t, &fact.value)) },
                html! { (source(t, &fact.source)) },
                html! { @if let Some(since) = fact.since { (t.date(since)) } @else { "–" } },
            ]
        })
        .collect();
    table(caption, &headings, &rows)
}
