//! Registering an event for a household: birth, pregnancy, move, income change, death, any other fact.

use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::error_summary;
use crate::form::Form;

/// What the forms need to know about the household.
#[derive(Clone, Debug, PartialEq)]
pub struct For {
    /// What people call the national identifier.
    pub identifier: String,
    /// The household's id.
    pub household: String,
    /// What it is called.
    pub name: String,
    /// Living members: id and name.
    pub members: Vec<(String, String)>,
    /// Places by province, for a move.
    pub places: Vec<(String, Vec<(String, String)>)>,
    /// Items an official may state: `person.item` or `household.item`, and words.
    pub items: Vec<(String, String)>,
    /// How many children one birth brought, at a birth.
    pub children: u32,
    /// Identifies this opening of the form: sending it twice is once.
    pub key: String,
}

/// What stands for the official's own finding where a member stands for who told it.
pub const OWN_FINDING: &str = "office";

/// The kinds of form.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A child was born.
    Birth,
    /// A pregnancy was confirmed.
    Pregnancy,
    /// The household moved.
    Move,
    /// Somebody's income changed.
    Income,
    /// Somebody died.
    Death,
    /// Anything else the person tells or shows.
    Fact,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 6] = [Kind::Birth, Kind::Pregnancy, Kind::Move, Kind::Income, Kind::Death, Kind::Fact];

    /// The last part of the address.
    pub fn path(self) -> &'static str {
        match self {
            Kind::Birth => "birth",
            Kind::Pregnancy => "pregnancy",
            Kind::Move => "move",
            Kind::Income => "income",
            Kind::Death => "death",
            Kind::Fact => "fact",
        }
    }

    /// The kind of an address.
    pub fn from_path(path: &str) -> Option<Kind> {
        Kind::ALL.into_iter().find(|kind| kind.path() == path)
    }

    /// The key of the message that names it.
    pub fn key(self) -> &'static str {
        match self {
            Kind::Birth => "event-birth",
            Kind::Pregnancy => "event-pregnancy",
            Kind::Move => "event-move",
            Kind::Income => "event-income",
            Kind::Death => "event-death",
            Kind::Fact => "event-fact",
        }
    }
}

/// The page of one form.
pub fn page_of(f: &Frame, kind: Kind, form: &Form, of: &For) -> Markup {
    let t = f.t;
    let home = format!("/official/households/{}", of.household);
    page(
        f,
        &t.t(kind.key()),
        Width::Reading,
        html! {
            (back(t, &home))
            (error_summary(t, form))
            h1 { span.caption { (t.with("household-title", &[("name", of.name.as_str().into())])) } (t.t(kind.key())) }
            form method="post" action=(format!("{home}/events/{}", kind.path())) novalidate {
                (field::hidden("key", &of.key))
                @match kind {
                    Kind::Birth => (birth(t, form, of)),
                    Kind::Pregnancy => (pregnancy(t, form, of)),
                    Kind::Move => (moving(t, form, of)),
                    Kind::Income => (income(t, form, of)),
                    Kind::Death => (death(t, form, of)),
                    Kind::Fact => (fact(t, form, of)),
                }
                div.actions {
                    button.btn type="submit" { (t.t("event-record")) }
                    @if kind == Kind::Birth { (more_children(t, of)) }
                    a href=(home) { (t.t("cancel")) }
                }
            }
        },
    )
}

fn date_look(hint: &str) -> Look<'_> {
    Look { hint, width: "w-m", keyboard: "numeric", ..Look::default() }
}

fn who(t: Text, form: &Form, name: &str, label: &str, of: &For) -> Markup {
    field::radios(form, name, &t.t(label), "", &of.members)
}

fn birth(t: Text, form: &Form, of: &For) -> Markup {
    let mut second = of.members.clone();
    second.push((String::new(), t.t("event-no-second-parent").into_owned()));
    html! {
        (who(t, form, "mother", "event-mother", of))
        (field::radios(form, "second", &t.t("event-second-parent"), "", &second))
        (field::line(form, "born", &t.t("birth-date"), date_look(&t.t("date-hint"))))
        (field::line(form, "order", &t.t("event-order"), Look { hint: &t.t("event-order-hint"), width: "w-s", keyboard: "numeric", ..Look::default() }))
        (field::hidden("of", &of.children.to_string()))
        @for n in 1..=of.children { @if of.children == 1 { (child(t, form, of, n)) } @else {
            fieldset.group {
                legend { (t.with("event-child-number", &[("number", n.to_string().into())])) }
                (child(t, form, of, n))
            }
        } }
    }
}

/// The name of a field of the `n`th child of a birth.
pub fn of_child(field: &str, n: u32) -> String {
    if n == 1 { field.to_owned() } else { format!("{field}-{n}") }
}

fn child(t: Text, form: &Form, of: &For, n: u32) -> Markup {
    html! {
        (field::line(form, &of_child("name", n), &t.t("event-child-name"), Look { hint: &t.t("event-child-name-hint"), ..Look::default() }))
        (field::radios(form, &of_child("sex", n), &t.t("event-sex"), "", &[
            ("female".to_owned(), t.t("sex-female").into_owned()), ("male".to_owned(), t.t("sex-male").into_owned()),
        ]))
        (field::line(form, &of_child("identifier", n), &of.identifier, Look { hint: &t.t("event-identifier-hint"), width: "w-m", ..Look::default() }))
    }
}

/// The most children one birth brings.
pub const MOST_CHILDREN: u32 = 6;

fn more_children(t: Text, of: &For) -> Markup {
    html! {
        @if of.children < MOST_CHILDREN {
            button.btn.btn--second type="submit" name="do" value="add" { (t.t("event-add-child")) }
        }
        @if of.children > 1 {
            button.btn.btn--second type="submit" name="do" value="drop" { (t.t("event-drop-child")) }
        }
    }
}

fn pregnancy(t: Text, form: &Form, of: &For) -> Markup {
    html! {
        (who(t, form, "person", "event-pregnant", of))
        (field::line(form, "due", &t.t("check-due"), date_look(&t.t("date-hint"))))
        (field::line(form, "confirmed", &t.t("event-confirmed"), date_look(&t.t("date-hint"))))
        (field::radios(form, "children", &t.t("event-unborn"), "", &["1", "2", "3"].map(|n| (n.to_owned(), n.to_owned()))))
    }
}

fn moving(t: Text, form: &Form, of: &For) -> Markup {
    html! {
        p { (t.t("event-all-move")) " " (of.members.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ")) }
        (field::grouped_select(form, "place", &t.t("check-place-label"), "", &t.t("choose"), &of.places))
        (field::line(form, "street", &t.t("event-street"), Look::default()))
        (field::line(form, "on", &t.t("event-moved-on"), date_look(&t.t("date-hint"))))
    }
}

fn income(t: Text, form: &Form, of: &For) -> Markup {
    html! {
        (who(t, form, "person", "event-whose-income", of))
        (field::select(form, "item", &t.t("event-income-kind"), "", &t.t("choose"), &of.items))
        (field::line(form, "value", &t.t("event-amount"), Look { hint: &t.t("amount-hint"), width: "w-m", keyboard: "numeric", ..Look::default() }))
        (field::line(form, "on", &t.t("event-since"), date_look(&t.t("date-hint"))))
        (told(t, form, of))
    }
}

/// On whose word: one of the household at the counter, or what the official saw.
fn told(t: Text, form: &Form, of: &For) -> Markup {
    let mut on_word = of.members.clone();
    on_word.push((OWN_FINDING.to_owned(), t.t("event-own-finding").into_owned()));
    html! {
        (field::radios(form, "told", &t.t("event-told"), &t.t("event-told-hint"), &on_word))
        (field::area(form, "evidence", &t.t("event-evidence"), &t.t("event-evidence-hint"), 2))
    }
}

fn death(t: Text, form: &Form, of: &For) -> Markup {
    html! {
        (who(t, form, "person", "event-who-died", of))
        (field::line(form, "on", &t.t("event-died-on"), date_look(&t.t("date-hint"))))
    }
}

fn fact(t: Text, form: &Form, of: &For) -> Markup {
    let mut whose = of.members.clone();
    whose.push(("household".to_owned(), t.t("for-household").into_owned()));
    html! {
        (field::radios(form, "person", &t.t("event-about"), "", &whose))
        (field::select(form, "item", &t.t("fact"), "", &t.t("choose"), &of.items))
        (field::line(form, "value", &t.t("fact-value"), Look { hint: &t.t("event-value-hint"), ..Look::default() }))
        (field::line(form, "on", &t.t("event-since"), date_look(&t.t("date-hint"))))
        (told(t, form, of))
    }
}
