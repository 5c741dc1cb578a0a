//! Accounts of officials and machines: an office's list, a new one, one of them.

use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// An account in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// The name shown.
    pub name: String,
    /// The keys of the messages that name what it acts as.
    pub roles: Vec<&'static str>,
    /// The office, in words.
    pub office: String,
    /// The place; `None`: the whole country.
    pub place: Option<String>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// Whether it is known whose record is that of whoever is behind it.
    pub known: bool,
}

/// What may be chosen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choices {
    /// Roles: word and key of its message.
    pub roles: Vec<(String, &'static str)>,
    /// Agencies: id and name.
    pub offices: Vec<(String, String)>,
    /// Places by province.
    pub places: Vec<(String, Vec<(String, String)>)>,
}

/// An office's accounts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// Agencies: id and name.
    pub offices: Vec<(String, String)>,
    /// Whether an office is chosen.
    pub chosen: bool,
    /// Its accounts by name.
    pub accounts: Vec<Line>,
    /// Where the next page begins.
    pub next: Option<String>,
    /// Whether accounts of an identity provider can be made.
    pub provider: bool,
    /// What was just done, as a message.
    pub done: Option<String>,
}

/// The list.
pub fn list(f: &Frame, form: &Form, l: &List) -> Markup {
    let t = f.t;
    let headings = ["name", "account-job", "account-place", "state"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = l
        .accounts
        .iter()
        .map(|a| {
            vec![
                html! { a href=(format!("/admin/accounts/{}", a.id)) { (a.name) } },
                html! { (roles(t, a)) },
                html! { (place(t, a)) },
                html! { (state(t, a)) },
            ]
        })
        .collect();
    page(
        f,
        &t.t("accounts-title"),
        Width::Wide,
        html! {
            (error_summary(t, form))
            @if let Some(done) = &l.done { (notice(Tone::Done, done, html! {})) }
            h1 { (t.t("accounts-title")) }
            p.lead { (t.t("accounts-lead")) }
            form method="get" action="/admin/accounts" {
                (field::select(form, "organisation", &t.t("account-office"), "", &t.t("choose"), &l.offices))
                button.btn.btn--second type="submit" { (t.t("show")) }
            }
            @if l.provider { p { a href="/admin/accounts/new" { (t.t("accounts-new")) } } }
            @else { p.hint { (t.t("accounts-no-provider")) } }
            @if l.chosen {
                h2 { (t.t("accounts-of-office")) }
                @if rows.is_empty() { p { (t.t("accounts-none")) } }
                @else { (table(&t.t("accounts-of-office"), &headings, &rows)) }
                @if let Some(next) = &l.next { p { a href=(next) { (t.t("accounts-more")) } } }
            }
        },
    )
}

fn roles(t: Text, a: &Line) -> String {
    a.roles.iter().map(|key| t.t(key).into_owned()).collect::<Vec<_>>().join(", ")
}

fn place(t: Text, a: &Line) -> String {
    a.place.clone().unwrap_or_else(|| t.t("account-whole-country").into_owned())
}

fn state(t: Text, a: &Line) -> Markup {
    if a.suspended { tag(Mark::Locked, &t.t("account-suspended")) } else { tag(Mark::Yes, &t.t("account-open")) }
}

/// A new account.
pub fn new(f: &Frame, form: &Form, choices: &Choices) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("accounts-new"),
        Width::Reading,
        html! {
            (back(t, "/admin/accounts"))
            (error_summary(t, form))
            h1 { (t.t("accounts-new")) }
            p { (t.t("accounts-new-lead")) }
            form method="post" action="/admin/accounts/new" novalidate {
                (field::line(form, "name", &t.t("name"), Look::default()))
                (field::line(form, "subject", &t.t("account-subject"), Look { hint: &t.t("account-subject-hint"), ..Look::default() }))
                (job(t, form, choices))
                button.btn type="submit" { (t.t("accounts-make")) }
            }
        },
    )
}

fn job(t: Text, form: &Form, c: &Choices) -> Markup {
    let roles: Vec<(String, String)> =
        c.roles.iter().map(|(word, key)| (word.clone(), t.t(key).into_owned())).collect();
    html! {
        (field::select(form, "role", &t.t("account-job"), "", &t.t("choose"), &roles))
        (field::select(form, "organisation", &t.t("account-office"), "", &t.t("choose"), &c.offices))
        (field::grouped_select(form, "jurisdiction", &t.t("account-place"), &t.t("account-place-hint"), &t.t("account-whole-country"), &c.places))
    }
}

/// One account. `own`: it is that of whoever looks; `machine`: no person signs in with it.
pub fn one(f: &Frame, form: &Form, a: &Line, (own, machine): (bool, bool), choices: &Choices) -> Markup {
    let t = f.t;
    let address = format!("/admin/accounts/{}", a.id);
    page(
        f,
        &a.name,
        Width::Reading,
        html! {
            (back(t, "/admin/accounts"))
            (error_summary(t, form))
            h1 { span.caption { (t.t("accounts-title")) } (a.name) }
            (pairs(&[
                (t.t("account-job").into_owned(), html! { (roles(t, a)) }),
                (t.t("account-office").into_owned(), html! { (a.office) }),
                (t.t("account-place").into_owned(), html! { (place(t, a)) }),
                (t.t("state").into_owned(), state(t, a)),
                (t.t("account-known").into_owned(), html! { (t.t(if a.known { "account-known-yes" } else { "account-known-no" })) }),
            ]))
            @if own { (notice(Tone::Warn, &t.t("account-own"), html! {})) }
            @else {
                @if !machine {
                    h2 { (t.t("account-new-job")) }
                    form method="post" action=(address) novalidate {
                        (field::hidden("do", "assign"))
                        (job(t, form, choices))
                        button.btn type="submit" { (t.t("account-assign")) }
                    }
                }
                h2 { (t.t(if a.suspended { "account-let-in" } else { "account-suspend" })) }
                p { (t.t(if a.suspended { "account-let-in-words" } else { "account-suspend-words" })) }
                form method="post" action=(address) novalidate {
                    (field::hidden("do", if a.suspended { "let-in" } else { "suspend" }))
                    (field::line(form, "reason", &t.t("account-reason"), Look { hint: &t.t("account-reason-hint"), ..Look::default() }))
                    button.btn type="submit" { (t.t(if a.suspended { "account-let-in" } else { "account-suspend" })) }
                }
                @if !machine {
                    h2 { (t.t("account-sign-out")) }
                    p { (t.t("account-sign-out-words")) }
                    form method="post" action=(address) { (field::hidden("do", "sign-out")) button.btn.btn--second type="submit" { (t.t("account-sign-out")) } }
                }
            }
        },
    )
}
