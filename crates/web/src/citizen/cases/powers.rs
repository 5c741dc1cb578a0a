//! Powers: whom a person lets act for them and for whom they act; given, seen and taken back. The counter's page for a
//! household is the same, with the people of the household to choose from and guardians to register.

use casework::application::mandate::Kind;
use kernel::{Date, Words};
use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// Stands among the people to choose from for somebody of no such list.
pub const OTHER: &str = "other";

/// How a power stands on the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stands {
    /// It can be used.
    Holds,
    /// From a later day on.
    Later,
    /// Its last day has passed.
    Over,
    /// It was ended before its time.
    Ended,
}

/// One power.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Power {
    /// Its id.
    pub id: String,
    /// Over whom: the id.
    pub person: String,
    /// The other side, as far as they are known to the viewer; else only the ground tells.
    pub name: Option<String>,
    /// Proxy or guardian.
    pub kind: Kind,
    /// Programmes; `None`: all.
    pub programmes: Option<Vec<Words>>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub until: Option<Date>,
    /// What it rests on.
    pub ground: String,
    /// How it stands.
    pub stands: Stands,
    /// Whether the viewer may end it.
    pub endable: bool,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Powers {
    /// At the counter: the household's path, its name, and its grown members.
    pub counter: Option<Counter>,
    /// Powers over the person, or over members of the household.
    pub given: Vec<Power>,
    /// Powers the person holds.
    pub held: Vec<Power>,
    /// People who may be given one: id and name.
    pub people: Vec<(String, String)>,
    /// All programmes: id and name.
    pub programmes: Vec<(String, String)>,
    /// What people call the national identifier.
    pub identifier: String,
    /// What was just done: `given` or `ended`.
    pub done: String,
}

/// The household at the counter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counter {
    /// Its address.
    pub path: String,
    /// What it is called.
    pub name: String,
    /// Members over whom a power can be registered: id and name.
    pub members: Vec<(String, String)>,
}

impl Powers {
    fn action(&self) -> String {
        self.counter.as_ref().map_or_else(|| "/powers".to_owned(), |c| format!("{}/powers", c.path))
    }
}

fn field_name(t: Text, p: &Powers, name: &str) -> Option<String> {
    let key = match name {
        "number" => return Some(p.identifier.clone()),
        "person" => "power-over",
        "holder" => "power-holder",
        "name" => "power-name",
        "kind" => "power-kind",
        "programme" => "power-scope",
        "from" => "power-from",
        "until" => "power-until",
        "ground" => "power-ground",
        _ => return None,
    };
    Some(t.t(key).trim_end_matches('?').to_owned())
}

/// The page. `form` holds what was typed when it was refused.
pub fn page_of(f: &Frame, form: &Form, p: &Powers) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("power-title"),
        Width::Reading,
        html! {
            @match &p.counter { Some(c) => (back(t, &c.path)), None => (back(t, "/family")) }
            (error_summary_of(t, form, |name| field_name(t, p, name)))
            @if let "given" | "ended" = p.done.as_str() {
                (notice(Tone::Done, &t.t(if p.done == "given" { "power-done-given" } else { "power-done-ended" }), html! {}))
            }
            h1 {
                @if let Some(c) = &p.counter { span.caption { (t.with("household-title", &[("name", c.name.as_str().into())])) } }
                (t.t("power-title"))
            }
            @if p.counter.is_none() { p.lead { (t.t("power-lead")) } }
            h2 { (t.t(if p.counter.is_some() { "power-given-counter" } else { "power-given" })) }
            @if p.given.is_empty() { p { (t.t("power-given-none")) } } @else { (list(t, p, &p.given, "power-take-back")) }
            @if !p.held.is_empty() {
                h2 { (t.t("power-held")) }
                (list(t, p, &p.held, "power-give-up"))
            }
            h2 { (t.t(if p.counter.is_some() { "power-register" } else { "power-give" })) }
            (giving(t, form, p))
        },
    )
}

fn list(t: Text, p: &Powers, powers: &[Power], end: &str) -> Markup {
    html! {
        ul.cards { @for power in powers { li { article.card {
            div.card-head {
                h3 { (power.name.as_deref().unwrap_or(&power.ground)) }
                @match power.stands {
                    Stands::Holds => (tag(Mark::Yes, &t.t("power-holds"))),
                    Stands::Later => (tag(Mark::Open, &t.t("power-later"))),
                    Stands::Over => (tag(Mark::No, &t.t("power-over-now"))),
                    Stands::Ended => (tag(Mark::No, &t.t("power-ended"))),
                }
            }
            (pairs(&[
                (t.t("power-kind").into_owned(), html! { (t.t(kind_key(power.kind))) }),
                (t.t("power-scope").into_owned(), scope(t, power)),
                (t.t("power-days").into_owned(), days(t, power)),
                (t.t("power-ground").into_owned(), html! { (power.ground) }),
            ]))
            @if power.endable {
                form method="post" action=(p.action()) novalidate {
                    (field::hidden("do", "end"))
                    (field::hidden("person", &power.person))
                    (field::hidden("power", &power.id))
                    button.btn.btn--second.btn--small type="submit" {
                        (t.t(end)) span.hidden-visually { ": " (power.name.as_deref().unwrap_or(&power.ground)) }
                    }
                }
            } @else if power.kind == Kind::Guardian && matches!(power.stands, Stands::Holds | Stands::Later) {
                p.small.soft { (t.t("power-guardian-ends")) }
            }
        } } } }
    }
}

fn kind_key(kind: Kind) -> &'static str {
    match kind {
        Kind::Guardian => "power-kind-guardian",
        Kind::Proxy => "power-kind-proxy",
    }
}

fn scope(t: Text, power: &Power) -> Markup {
    html! {
        @match &power.programmes {
            None => (t.t("power-all")),
            Some(list) => (list.iter().map(|w| w.get(t.lang())).collect::<Vec<_>>().join(", ")),
        }
    }
}

fn days(t: Text, power: &Power) -> Markup {
    let from = t.date(power.from);
    html! {
        @match power.until {
            Some(until) => (t.with("power-from-until", &[("from", from.into()), ("until", t.date(until).into())])),
            None => (t.with("power-from-on", &[("from", from.into())])),
        }
    }
}

fn giving(t: Text, form: &Form, p: &Powers) -> Markup {
    let words = |options: &[(&str, &str)]| -> Vec<(String, String)> {
        options.iter().map(|(value, key)| ((*value).to_owned(), t.t(key).into_owned())).collect()
    };
    let mut people = p.people.clone();
    people.push((OTHER.to_owned(), t.t("power-somebody-else").into_owned()));
    let some = form.all("programme").next().is_some() || form.error("programme").is_some();
    let day = |name: &str, label: &str, hint: &str| {
        let look = Look { hint, width: "w-m", keyboard: "numeric", ..Look::default() };
        field::line(form, name, &t.t(label), look)
    };
    html! {
        @if p.counter.is_none() { p { (t.t("power-give-words")) } }
        form method="post" action=(p.action()) novalidate {
            (field::hidden("do", "give"))
            @if let Some(c) = &p.counter {
                (field::radios(form, "person", &t.t("power-over"), "", &c.members))
                (field::radios(form, "kind", &t.t("power-kind"), &t.t("power-kind-hint"), &words(&[
                    ("proxy", "power-kind-proxy"), ("guardian", "power-kind-guardian"),
                ])))
            }
            (field::radios(form, "holder", &t.t("power-holder"), "", &people))
            div.inside {
                p { (t.t("power-other-words")) }
                (field::line(form, "name", &t.t("power-name"), Look::default()))
                (field::line(form, "number", &p.identifier, Look { width: "w-m", ..Look::default() }))
            }
            details open[some] {
                summary { (t.t("power-some")) }
                div.inside { (field::boxes(form, "programme", &t.t("power-scope"), &t.t("power-some-hint"), &p.programmes)) }
            }
            (day("from", "power-from", &t.t("power-from-hint")))
            (day("until", "power-until", &t.t("power-until-hint")))
            @if p.counter.is_some() {
                (field::line(form, "ground", &t.t("power-ground"), Look { hint: &t.t("power-ground-hint"), ..Look::default() }))
            }
            div.actions { button.btn type="submit" { (t.t(if p.counter.is_some() { "power-register-go" } else { "power-give-go" })) } }
        }
    }
}
