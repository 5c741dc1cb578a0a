//! One payment that came back or is held: where its money should go, and what can be done.

use kernel::Date;
use maud::{Markup, html};
use text::Text;

use super::{done, field_name};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::error_summary_of;
use crate::form::Form;

/// An account in force.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: String,
    /// The last characters of the number.
    pub hint: String,
    /// Whether it was verified.
    pub verified: bool,
    /// The money goes to another: their name, `None` when it is not shown.
    pub redirected: Option<Option<String>>,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// Its place in addresses.
    pub place: String,
    /// Whether it came back; otherwise it is held.
    pub returned: bool,
    /// Whether an official holds it.
    pub by_official: bool,
    /// The payee.
    pub name: String,
    /// The programme.
    pub programme: String,
    /// The period.
    pub period: String,
    /// The sum in words.
    pub sum: String,
    /// The day it was due.
    pub due_on: Date,
    /// Why it waits, in words.
    pub reason: Option<String>,
    /// How often it came back.
    pub attempts: u32,
    /// The account in force for its form.
    pub account: Option<Account>,
    /// Others of the household: id and name.
    pub guardians: Vec<(String, String)>,
    /// What was just done.
    pub done: String,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, w: &Waiting) -> Markup {
    let t = f.t;
    let dash = |words: &Option<String>| html! { @match words { Some(words) => (words), None => "–" } };
    page(
        f,
        &t.t("fin-waiting-title"),
        Width::Reading,
        html! {
            (back(t, if w.returned { "/finance/returns#back" } else { "/finance/returns" }))
            (error_summary_of(t, form, |name| field_name(f, name)))
            (done(t, &w.done, &["again", "let_go", "account", "verified", "redirected"]))
            h1 { span.caption { (t.t("fin-waiting-title")) } (w.name) }
            (pairs(&[
                (t.t("fin-programme").into_owned(), html! { (w.programme) " " span.num { (w.period) } }),
                (t.t("fin-sum").into_owned(), html! { strong.num { (w.sum) } }),
                (t.t("fin-waiting-due").into_owned(), html! { (t.date(w.due_on)) }),
                (t.t("fin-why").into_owned(), dash(&w.reason)),
                (t.t("fin-waiting-attempts").into_owned(), html! { (t.number(w.attempts.into())) }),
                (t.t("fin-account").into_owned(), account(t, w)),
            ]))
            (verify(t, form, w))
            @if w.returned {
                (act(t, form, w, ("again", "fin-again-title", "fin-again-words", "fin-again-go"), "again_reason"))
            }
            @if w.by_official {
                (act(t, form, w, ("let_go", "fin-let-go-title", "fin-let-go-words", "fin-let-go-go"), "go_reason"))
            }
            (another(t, form, w))
            (redirect(t, form, w))
        },
    )
}

fn account(t: Text, w: &Waiting) -> Markup {
    html! {
        @match &w.account {
            None => (t.t("fin-waiting-none-account")),
            Some(Account { redirected: Some(to), .. }) => {
                @let to = to.clone().unwrap_or_else(|| t.t("fin-hidden-name").into_owned());
                (t.with("fin-waiting-redirected", &[("name", to.into())]))
            }
            Some(a) => {
                span.num { (a.hint) } " "
                @if a.verified { (tag(Mark::Yes, &t.t("fin-waiting-verified"))) }
                @else { (tag(Mark::Open, &t.t("fin-waiting-unverified"))) }
            }
        }
    }
}

fn sending(w: &Waiting, what: &str, content: Markup) -> Markup {
    html! {
        form method="post" action=(format!("/finance/payment/{}", w.place)) novalidate {
            (field::hidden("do", what))
            (content)
        }
    }
}

fn act(t: Text, form: &Form, w: &Waiting, keys: (&str, &str, &str, &str), reason: &str) -> Markup {
    let (what, title, words, go) = keys;
    let look = Look { hint: &t.t("fin-reason-hint"), ..Look::default() };
    html! {
        h2 { (t.t(title)) }
        p { (t.t(words)) }
        (sending(w, what, html! {
            (field::line(form, reason, &t.t("reason"), look))
            button.btn type="submit" { (t.t(go)) }
        }))
    }
}

fn verify(t: Text, form: &Form, w: &Waiting) -> Markup {
    let waits = w.account.as_ref().filter(|a| !a.verified && a.redirected.is_none());
    html! {
        @if let Some(a) = waits {
            h2 { (t.t("fin-verify-title")) }
            (sending(w, "verify", html! {
                (field::hidden("account", &a.id))
                (field::line(form, "how", &t.t("fin-verify-how"), Look { hint: &t.t("fin-verify-how-hint"), ..Look::default() }))
                button.btn type="submit" { (t.t("fin-verify-go")) }
            }))
        }
    }
}

fn another(t: Text, form: &Form, w: &Waiting) -> Markup {
    html! {
        h2 { (t.t("fin-new-account-title")) }
        p { (t.t("fin-new-account-words")) }
        (sending(w, "account", html! {
            (field::line(form, "bank", &t.t("fin-bank"), Look { hint: &t.t("fin-bank-hint"), width: "w-m", ..Look::default() }))
            (field::line(form, "number", &t.t("fin-number"), Look { keyboard: "numeric", ..Look::default() }))
            (field::line(form, "holder", &t.t("fin-holder"), Look::default()))
            button.btn.btn--second type="submit" { (t.t("fin-new-account-go")) }
        }))
    }
}

fn redirect(t: Text, form: &Form, w: &Waiting) -> Markup {
    html! {
        h2 { (t.t("fin-redirect-title")) }
        p { (t.t("fin-redirect-words")) }
        @if w.guardians.is_empty() { p { (t.t("fin-redirect-none")) } } @else {
            (sending(w, "redirect", html! {
                (field::radios(form, "guardian", &t.t("fin-redirect-to"), "", &w.guardians))
                (field::line(form, "redirect_reason", &t.t("reason"), Look { hint: &t.t("fin-reason-hint"), ..Look::default() }))
                (field::line(form, "redirect_law", &t.t("law"), Look { hint: &t.t("fin-law-hint"), ..Look::default() }))
                button.btn.btn--second type="submit" { (t.t("fin-redirect-go")) }
            }))
        }
    }
}
