//! The forms: a person's name, number, sex and day of birth; and who is their parent, child, spouse or partner.

use kernel::Date;
use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::error_summary;
use crate::form::Form;

/// Whose form it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Of {
    /// The name.
    pub name: String,
    /// Where the form is.
    pub address: String,
    /// The household's page.
    pub home: String,
    /// What people call the national identifier.
    pub identifier: String,
}

/// A tie that stands or stood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TieLine {
    /// Its id.
    pub id: String,
    /// The key of the message that says what the other is.
    pub key: &'static str,
    /// The other's name.
    pub name: String,
    /// Since when, where that says anything.
    pub since: Option<Date>,
    /// The first day without it.
    pub until: Option<Date>,
}

/// Who somebody's family is, as far as the viewer may know.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ties {
    /// Those with people for whom the viewer may act.
    pub lines: Vec<TieLine>,
    /// How many more there are.
    pub others: usize,
    /// Members of the household to choose from: id and name.
    pub members: Vec<(String, String)>,
}

fn frame(f: &Frame, of: &Of, form: &Form, title: &str, body: Markup) -> Markup {
    let t = f.t;
    page(
        f,
        title,
        Width::Reading,
        html! {
            (back(t, &of.home))
            (error_summary(t, form))
            h1 { (title) }
            (body)
        },
    )
}

fn day(form: &Form, name: &str, t: Text, label: &str, hint: &str) -> Markup {
    let hint =
        if hint.is_empty() { t.t("date-hint").into_owned() } else { format!("{} {}", t.t(hint), t.t("date-hint")) };
    field::line(form, name, &t.t(label), Look { hint: &hint, keyboard: "numeric", width: "w-m", ..Look::default() })
}

fn paper(form: &Form, name: &str, t: Text) -> Markup {
    field::line(form, name, &t.t("civil-paper"), Look { hint: &t.t("civil-paper-hint"), ..Look::default() })
}

/// Name, number, sex, day of birth.
pub fn record(f: &Frame, form: &Form, of: &Of) -> Markup {
    let t = f.t;
    let title = t.with("civil-title", &[("name", of.name.as_str().into())]);
    let part = |name: &str, key: &str| field::line(form, name, &t.t(key), Look { width: "w-m", ..Look::default() });
    let sexes = ["female", "male", "other"].map(|sex| (sex.to_owned(), t.t(&format!("sex-{sex}")).into_owned()));
    let number = Look { hint: &t.t("civil-identifier-hint"), width: "w-m", ..Look::default() };
    let body = html! {
        p.lead { (t.t("civil-lead")) }
        form method="post" action=(of.address) novalidate {
            h2 { (t.t("name")) }
            (part("family", "civil-family"))
            (part("given", "civil-given"))
            (part("latin_family", "civil-latin-family"))
            (part("latin_given", "civil-latin-given"))
            (day(form, "names_from", t, "civil-names-from", "civil-names-from-hint"))
            h2 { (t.t("civil-rest")) }
            (day(form, "birth_date", t, "birth-date", ""))
            (field::radios(form, "sex", &t.t("civil-sex"), "", &sexes))
            (field::line(form, "identifier", &of.identifier, number))
            (paper(form, "paper", t))
            button.btn type="submit" { (t.t("civil-keep")) }
        }
    };
    frame(f, of, form, &title, body)
}

/// Parents, children, spouse, partner.
pub fn ties(f: &Frame, form: &Form, of: &Of, ties: &Ties) -> Markup {
    let t = f.t;
    let title = t.with("civil-ties-title", &[("name", of.name.as_str().into())]);
    let body = html! {
        p.lead { (t.t("civil-ties-lead")) }
        @if ties.lines.is_empty() { p { (t.t("civil-ties-none")) } } @else { (ending(form, of, ties, t)) }
        @if ties.others > 0 { p.soft { (t.with("civil-ties-others", &[("count", ties.others.into())])) } }
        (beginning(form, of, ties, t))
    };
    frame(f, of, form, &title, body)
}

fn ending(form: &Form, of: &Of, ties: &Ties, t: Text) -> Markup {
    let words = |l: &TieLine| {
        let mut words = format!("{}: {}", t.t(l.key), l.name);
        let mut add = |key: &str, day: Option<Date>| {
            if let Some(day) = day {
                words = format!("{words}, {}", t.with(key, &[("date", t.date(day).into())]));
            }
        };
        add("civil-since", l.since);
        add("civil-until", l.until);
        words
    };
    let lines: Vec<(String, String)> = ties.lines.iter().map(|l| (l.id.clone(), words(l))).collect();
    let how = ["ended", "never"].map(|how| (how.to_owned(), t.t(&format!("civil-how-{how}")).into_owned()));
    html! {
        form method="post" action=(of.address) novalidate {
            (field::radios(form, "tie", &t.t("civil-ties-which"), "", &lines))
            (field::radios(form, "how", &t.t("civil-ties-how"), "", &how))
            (day(form, "ended_on", t, "civil-ended-on", "civil-ended-on-hint"))
            (paper(form, "paper", t))
            button.btn.btn--second type="submit" name="do" value="end" { (t.t("civil-keep")) }
        }
    }
}

fn beginning(form: &Form, of: &Of, ties: &Ties, t: Text) -> Markup {
    let relations =
        ["parent", "child", "spouse", "partner"].map(|r| (r.to_owned(), t.t(&format!("civil-is-{r}")).into_owned()));
    let hint = t.t("civil-somebody-hint");
    html! {
        h2 { (t.t("civil-new-tie")) }
        form method="post" action=(of.address) novalidate {
            (field::radios(form, "relation", &t.t("civil-relation"), "", &relations))
            (field::select(form, "member", &t.t("civil-other"), "", &t.t("civil-somebody"), &ties.members))
            (field::line(form, "name", &t.t("civil-other-name"), Look { hint: &hint, ..Look::default() }))
            (field::line(form, "number", &of.identifier, Look { hint: &hint, width: "w-m", ..Look::default() }))
            (day(form, "from", t, "civil-from", "civil-from-hint"))
            (paper(form, "paper_new", t))
            button.btn type="submit" name="do" value="begin" { (t.t("civil-keep")) }
        }
    }
}
