//! A life event: every service of the state at it, with who may ask, from when until when, and what has to be shown.

use catalogue::model::Form;
use kernel::Words;
use maud::{Markup, html};
use text::Text;

use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, tag};

/// An event with its services.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its name.
    pub name: Words,
    /// The law of the one application.
    pub law: String,
    /// A telephone number.
    pub help_line: Option<String>,
    /// Who may ask for everything at once, and on which ways.
    pub who: Vec<(Words, Vec<Words>)>,
    /// In the order of the official list.
    pub services: Vec<Service>,
}

/// One service at an event.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    /// Its number in the official list.
    pub no: u32,
    /// Its name.
    pub name: Words,
    /// Whether Hearth works out who gets it and takes the application.
    pub here: bool,
    /// The key of the message that says what kind of service it is.
    pub class_key: String,
    /// The agency that owns it.
    pub owner: Words,
    /// The agency that works on it, where it is another.
    pub processed_by: Option<Words>,
    /// Who may ask for it.
    pub who: Option<Words>,
    /// What must be shown.
    pub evidence: Option<Words>,
    /// What the office looks up itself.
    pub instead_of_paper: Option<Words>,
    /// From when, until when.
    pub window: (Option<Words>, Option<Words>),
    /// In what form it comes.
    pub form: Option<Form>,
}

/// The name and address of an event that has services.
pub type Named = (Words, String);

/// The page of an event.
pub fn page_of(f: &Frame, e: &Event) -> Markup {
    let t = f.t;
    let lang = t.lang();
    let title = t.with("life-title", &[("event", e.name.get(lang).into())]);
    page(
        f,
        &title,
        Width::Reading,
        html! {
            (back(t, "/"))
            h1 { (title) }
            p.lead { (t.with("life-lead", &[("count", e.services.len().into())])) }
            @if f.who.is_none() { div.actions { a.btn href="/check" { (t.t("home-check")) } } }
            (pairs(&about(t, e)))
            h2 { (t.t("life-services")) }
            ol.cards { @for s in &e.services { li id=(format!("service-{}", s.no)) { (card(t, s)) } } }
        },
    )
}

fn about(t: Text, e: &Event) -> Vec<(String, Markup)> {
    let lang = t.lang();
    let mut rows = Vec::new();
    if !e.who.is_empty() {
        let each = html! {
            ul.plain { @for (who, ways) in &e.who { li {
                (who.get(lang)) ": " (ways.iter().map(|w| w.get(lang)).collect::<Vec<_>>().join(", "))
            } } }
        };
        rows.push((t.t("life-all-at-once").into_owned(), each));
    }
    if let Some(number) = &e.help_line {
        rows.push((t.t("life-help-line").into_owned(), html! { (number) }));
    }
    if !e.law.is_empty() {
        rows.push((t.t("life-law").into_owned(), html! { (e.law) }));
    }
    rows
}

fn card(t: Text, s: &Service) -> Markup {
    let (mark, key) = if s.here { (Mark::Yes, "life-here") } else { (Mark::Plain, "life-elsewhere") };
    html! {
        article.card {
            h3 { (s.name.get(t.lang())) }
            p { (tag(mark, &t.t(key))) " " (tag(Mark::Plain, &t.t(&s.class_key))) }
            (pairs(&how(t, s)))
        }
    }
}

/// Who may ask, when, with what, and where.
pub fn how(t: Text, s: &Service) -> Vec<(String, Markup)> {
    let lang = t.lang();
    let said =
        |key: &str, words: &Option<Words>| words.as_ref().map(|w| (t.t(key).into_owned(), html! { (w.get(lang)) }));
    let form = s.form.map(|form| (t.t("life-form").into_owned(), html! { (t.t(form_key(form))) }));
    [
        form,
        said("life-who", &s.who),
        said("life-from", &s.window.0),
        said("life-until", &s.window.1),
        said("life-evidence", &s.evidence),
        said("life-no-paper", &s.instead_of_paper),
        Some((t.t("life-owner").into_owned(), html! { (s.owner.get(lang)) })),
        said("life-worked-on-by", &s.processed_by),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn form_key(form: Form) -> &'static str {
    match form {
        Form::Cash => "fin-form-cash",
        Form::Voucher => "fin-form-voucher",
        Form::Discount => "life-form-discount",
        Form::Service => "life-form-service",
        Form::InKind => "life-form-in-kind",
        Form::Status => "life-form-status",
    }
}

/// Where one reads about every service at an event.
pub fn link(t: Text, (name, address): &Named) -> Markup {
    html! { a href=(address) { (t.with("life-title", &[("event", name.get(t.lang()).into())])) } }
}

/// Services at an event that are asked for somewhere else: who reads only offers would never learn of them.
pub fn elsewhere(t: Text, event: &Named, services: &[Service]) -> Markup {
    html! {
        @if !services.is_empty() {
            h2 { (t.t("life-elsewhere-title")) }
            p { (t.t("life-elsewhere-words")) " " (link(t, event)) }
            ul { @for s in services { li {
                a href=(format!("{}#service-{}", event.1, s.no)) { (s.name.get(t.lang())) }
                @if let Some(until) = &s.window.1 { span.small.soft { " · " (until.get(t.lang())) } }
            } } }
        }
    }
}
