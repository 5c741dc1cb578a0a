//! My offers: what the family may have now, one tap to accept or refuse each, or several at once.

use kernel::{Date, Instant};
use maud::{Markup, html};
use text::Text;

use super::life_event::{self, Named, Service};
use super::question::{self, Question};
use crate::components::entitlement::{
    Entitlement, Fact, card, combinations, head, missing, nearest, reasons, source, total_strip,
};
use crate::components::field;
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::components::value::say;
use crate::form::Form;

/// How an offer stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// Waits for an answer.
    Open,
    /// Applied for: when.
    Accepted(Instant),
    /// Refused.
    Refused(Instant),
    /// Its deadline passed.
    Expired,
    /// Taken back because the facts changed.
    Withdrawn,
}

/// An offer with everything needed to answer it.
#[derive(Clone, Debug, PartialEq)]
pub struct Offer {
    /// Its id.
    pub id: String,
    /// Where it stands.
    pub state: State,
    /// The programme with reasons.
    pub entitlement: Entitlement,
    /// The revision shown: an answer to an older one is refused.
    pub revision: u32,
    /// Whether it is the household's and not one person's.
    pub household_wide: bool,
    /// Last day to answer.
    pub deadline: Option<Date>,
    /// What is filled in already.
    pub prefilled: Vec<Fact>,
    /// Names of the questions below that this offer needs.
    pub needs: Vec<String>,
    /// The services at a life event that this programme is.
    pub services: Vec<Service>,
}

impl Offer {
    /// Whether the family is certain to get it.
    pub fn sure(&self) -> bool {
        self.entitlement.answer == rules::outcome::Answer::Yes
    }
}

/// A family's offers.
#[derive(Clone, Debug, PartialEq)]
pub struct Offers {
    /// Why there are offers: the event in words, as a sentence.
    pub because: Option<String>,
    /// All of them, the best set first.
    pub offers: Vec<Offer>,
    /// What only the person can tell and the certain offers need; asked once for all of them.
    pub questions: Vec<Question>,
    /// What would settle the offers that are not certain yet; may be left to the office.
    pub more: Vec<Question>,
    /// Programmes for which a fact is still missing.
    pub open: Vec<Entitlement>,
    /// Programmes the family does not get, and why.
    pub no: Vec<Entitlement>,
    /// The event and its services that are asked for somewhere else.
    pub elsewhere: Option<(Named, Vec<Service>)>,
    /// What was just done: names of accepted and of refused programmes.
    pub done: Option<(Vec<String>, Vec<String>)>,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
}

/// The page. `form` holds what was typed when an answer was refused.
pub fn page_of(f: &Frame, form: &Form, o: &Offers) -> Markup {
    let t = f.t;
    let waiting: Vec<&Offer> = o.offers.iter().filter(|x| x.state == State::Open).collect();
    let certain = waiting.iter().filter(|x| x.sure() && !x.entitlement.dropped()).count();
    let answered: Vec<&Offer> = o.offers.iter().filter(|x| x.state != State::Open).collect();
    let title = if waiting.is_empty() {
        t.t("offers-title-none")
    } else if certain == 0 {
        t.t("offers-title-unsure")
    } else {
        t.with("offers-title", &[("count", certain.into())])
    };
    page(
        f,
        &title,
        Width::Reading,
        html! {
            (error_summary_of(t, form, |name| question::asked(t, o.questions.iter().chain(&o.more), name)))
            @if let Some((accepted, refused)) = &o.done { (done(t, accepted, refused)) }
            h1 { @if let Some(because) = &o.because { span.caption { (because) } } (title) }
            @if !waiting.is_empty() {
                p.lead { (t.t("offers-lead")) }
                (total_strip(t, &waiting.iter().map(|x| x.entitlement.clone()).collect::<Vec<_>>()))
                (answer_form(t, form, o, &waiting))
            }
            @if !answered.is_empty() {
                h2 { (t.t("offers-answered")) }
                ul.tasks { @for x in answered { li { (answered_line(t, x, o.offset_hours)) } } }
            }
            @if let Some((event, services)) = &o.elsewhere { (life_event::elsewhere(t, event, services)) }
            @if !o.open.is_empty() {
                h2 { (t.with("section-open", &[("count", o.open.len().into())])) }
                p { (t.t("offers-open-words")) }
                ul.cards { @for e in &o.open { li { (card(t, e)) } } }
            }
            @if !o.no.is_empty() {
                details {
                    summary { h2 { (t.with("section-no", &[("count", o.no.len().into())])) } }
                    p { (t.t("apply-lead")) " " a href="/apply" { (t.t("cases-apply")) } }
                    ul.cards { @for e in &o.no { li { (card(t, e)) } } }
                }
            }
        },
    )
}

fn answer_form(t: Text, form: &Form, o: &Offers, waiting: &[&Offer]) -> Markup {
    html! {
        form method="post" action="/offers" novalidate {
            @if !o.questions.is_empty() {
                fieldset {
                    legend.big { (t.t("offers-needed-title")) }
                    p.hint { (t.t("offers-needed-words")) }
                    (question::all(t, form, &o.questions))
                }
            }
            div #f-offers-list {}
            @if waiting.iter().any(|x| x.sure()) {
                h2 { (t.t("offers-list-title")) }
                ul.cards { @for x in waiting.iter().filter(|x| x.sure()) { li { (offer(t, form, x)) } } }
            }
            @if waiting.iter().any(|x| !x.sure()) {
                h2 { (t.with("section-open", &[("count", waiting.iter().filter(|x| !x.sure()).count().into())])) }
                p { (t.t("offers-unsure-words")) }
                @if !o.more.is_empty() {
                    details open[o.more.iter().any(|q| form.error(&q.field).is_some())] {
                        summary { (t.with("offers-more", &[("count", o.more.len().into())])) }
                        div.inside { (question::all(t, form, &o.more)) }
                    }
                }
                ul.cards { @for x in waiting.iter().filter(|x| !x.sure()) { li { (offer(t, form, x)) } } }
            }
            div.actions {
                button.btn type="submit" name="do" value="accept-chosen" { (t.t("offers-accept-chosen")) }
            }
        }
    }
}

fn offer(t: Text, form: &Form, x: &Offer) -> Markup {
    let lang = t.lang();
    let e = &x.entitlement;
    let name = e.name.get(lang);
    let chosen =
        if form.pairs().is_empty() { x.sure() && !e.dropped() } else { form.all("offer").any(|id| id == x.id) };
    let box_id = field::id(&format!("offer-{}", x.id));
    html! {
        article.card {
            (head(t, e))
            p { (e.summary.get(lang)) }
            @if let Some(date) = x.deadline { p { strong { (t.with("offers-deadline", &[("date", t.date(date).into())])) } } }
            (combinations(t, e))
            @if !x.sure() { (missing(t, &e.missing)) }
            (field::hidden(&format!("rev-{}", x.id), &x.revision.to_string()))
            label.pick for=(box_id) {
                input type="checkbox" id=(box_id) name="offer" value=(x.id) checked[chosen];
                span { (t.with("offers-choose", &[("name", name.into())])) }
            }
            div.actions.actions--tight {
                button.btn.btn--small type="submit" name="accept" value=(x.id) {
                    (t.t("offers-accept")) span.hidden-visually { ": " (name) }
                }
                button.btn.btn--second.btn--small type="submit" name="refuse" value=(x.id) {
                    (t.t("offers-refuse")) span.hidden-visually { ": " (name) }
                }
            }
            details {
                summary { (t.t("why")) span.hidden-visually { ": " (name) } }
                (reasons(t, e))
            }
            (how_to_ask(t, name, &x.services))
            @if !x.prefilled.is_empty() {
                details {
                    summary { (t.with("offers-prefilled", &[("count", x.prefilled.len().into())])) span.hidden-visually { ": " (name) } }
                    (prefilled(t, &x.prefilled))
                }
            }
        }
    }
}

/// Who may ask, until when and with what, of each service that a programme is.
pub fn how_to_ask(t: Text, name: &str, services: &[Service]) -> Markup {
    html! {
        @if !services.is_empty() {
            details {
                summary { (t.t("life-how")) span.hidden-visually { ": " (name) } }
                @for s in services {
                    @if services.len() > 1 { p { strong { (s.name.get(t.lang())) } } }
                    (pairs(&life_event::how(t, s)))
                }
            }
        }
    }
}

fn prefilled(t: Text, facts: &[Fact]) -> Markup {
    let rows: Vec<(String, Markup)> = facts
        .iter()
        .map(|fact| {
            let name = fact.name.get(t.lang());
            let name = match &fact.whose {
                Some(whose) => t.with("fact-of", &[("name", whose.into()), ("fact", name.into())]).into_owned(),
                None => name.to_owned(),
            };
            (name, html! { (say(t, &fact.value)) " " span.soft.small { "(" (source(t, &fact.source)) ")" } })
        })
        .collect();
    html! { p.small { (t.t("offers-prefilled-words")) } (pairs(&rows)) }
}

fn answered_line(t: Text, x: &Offer, offset: i8) -> Markup {
    let e = &x.entitlement;
    html! {
        div {
            strong { (e.name.get(t.lang())) }
            @if let Some(sum) = e.sum(t) { " · " (sum) }
            @match &x.state {
                State::Accepted(when) => div.small.soft {
                    (t.with("offers-accepted-line", &[("when", t.moment(*when, offset).into())]))
                },
                State::Refused(when) => div.small.soft {
                    (t.with("offers-refused-line", &[("when", t.moment(*when, offset).into())]))
                },
                State::Open | State::Expired | State::Withdrawn => {}
            }
        }
        (state_tag(t, &x.state))
    }
}

/// The state as a tag.
pub fn state_tag(t: Text, state: &State) -> Markup {
    match state {
        State::Open => tag(Mark::Open, &t.t("offer-open")),
        State::Accepted(_) => tag(Mark::Yes, &t.t("offer-accepted")),
        State::Refused(_) => tag(Mark::No, &t.t("offer-refused")),
        State::Expired => tag(Mark::No, &t.t("offer-expired")),
        State::Withdrawn => tag(Mark::No, &t.t("offer-withdrawn")),
    }
}

fn done(t: Text, accepted: &[String], refused: &[String]) -> Markup {
    let key = if accepted.is_empty() { "offers-done-refused" } else { "offers-done-accepted" };
    let count = if accepted.is_empty() { refused.len() } else { accepted.len() };
    notice(
        Tone::Done,
        &t.with(key, &[("count", count.into())]),
        html! {
            ul { @for name in accepted.iter().chain(refused) { li { (name) } } }
            @if !accepted.is_empty() { p { (t.t("offers-done-next")) } }
        },
    )
}

/// A single result outside an offer, for pages that show reasons in place.
pub fn explained(t: Text, e: &Entitlement) -> Markup {
    html! { (combinations(t, e)) (missing(t, &e.missing)) (nearest(t, e.nearest.as_ref())) (reasons(t, e)) }
}
