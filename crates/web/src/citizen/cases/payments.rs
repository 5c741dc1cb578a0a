//! Payments: what comes when, what was paid, what is held and why, what came back; and the account it goes to.

use kernel::{Date, Words};
use maud::{Markup, html};
use payment::read::Where;
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A sum of money on its way or gone.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The programme.
    pub name: Words,
    /// The day it is due, or on which the run pays.
    pub on: Date,
    /// The month or year it is for; empty for a single payment.
    pub period: String,
    /// The sum in words.
    pub sum: String,
    /// What of it is kept back for money paid too much, in words.
    pub kept_back: Option<String>,
    /// Where it is; `None`: not worked out yet, it is to come.
    pub status: Option<Where>,
    /// The word of the reason why it waits or came back, if it is one of ours.
    pub reason: Option<String>,
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Whose money goes there.
    pub whose: String,
    /// The last digits.
    pub hint: String,
    /// Whether it was checked with the bank.
    pub verified: bool,
    /// Whose account it is, when the money goes to another.
    pub redirected: Option<String>,
}

/// Money to be given back.
#[derive(Clone, Debug, PartialEq)]
pub struct Owed {
    /// The programme.
    pub name: Words,
    /// What is still owed, in words.
    pub sum: String,
    /// Why.
    pub reason: String,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Payments {
    /// What was just done; empty: nothing.
    pub done: String,
    /// What comes next, the soonest first.
    pub next: Vec<Line>,
    /// What waits for something.
    pub waiting: Vec<Line>,
    /// What was paid or is over, the latest first.
    pub past: Vec<Line>,
    /// What is a thing or a service: programme, and whether it was confirmed.
    pub orders: Vec<(Words, bool)>,
    /// Accounts.
    pub accounts: Vec<Account>,
    /// Money to be given back.
    pub owed: Vec<Owed>,
}

/// The page.
pub fn page_of(f: &Frame, p: &Payments) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("pay-title"),
        Width::Reading,
        html! {
            @if p.done == "account" { (notice(Tone::Done, &t.t("pay-done-account"), html! { p { (t.t("pay-done-account-words")) } })) }
            h1 { (t.t("pay-title")) }
            @if p.next.is_empty() && p.waiting.is_empty() && p.past.is_empty() { p.lead { (t.t("pay-none")) } }
            @if !p.waiting.is_empty() { h2 { (t.t("pay-waiting")) } (lines(t, &p.waiting)) }
            @if !p.next.is_empty() { h2 { (t.t("pay-next")) } (lines(t, &p.next)) }
            @if !p.orders.is_empty() {
                h2 { (t.t("pay-orders")) }
                ul.tasks { @for (name, confirmed) in &p.orders { li {
                    (name.get(t.lang()))
                    @if *confirmed { (tag(Mark::Yes, &t.t("pay-order-confirmed"))) } @else { (tag(Mark::Open, &t.t("pay-order-waits"))) }
                } } }
            }
            @if !p.owed.is_empty() {
                h2 { (t.t("pay-owed")) }
                ul.tasks { @for o in &p.owed { li { div {
                    strong { (o.name.get(t.lang())) ": " (o.sum) }
                    p.small { (o.reason) }
                } } } }
                p { (t.t("pay-owed-words")) }
            }
            h2 { (t.t("pay-account")) }
            @if p.accounts.is_empty() { p { (t.t("pay-account-none")) } }
            ul.tasks { @for a in &p.accounts { li {
                div { (a.whose) ": " @match &a.redirected {
                    Some(other) => (t.with("pay-account-redirected", &[("name", other.into())])),
                    None => span.num { (a.hint) },
                } }
                @if a.redirected.is_none() {
                    @if a.verified { (tag(Mark::Yes, &t.t("pay-account-verified"))) } @else { (tag(Mark::Open, &t.t("pay-account-unverified"))) }
                }
            } } }
            div.actions { a.btn.btn--second href="/payments/account" { (t.t("pay-account-change")) } }
            @if !p.past.is_empty() { h2 { (t.t("pay-past")) } (lines(t, &p.past)) }
        },
    )
}

fn lines(t: Text, list: &[Line]) -> Markup {
    html! { ul.tasks { @for l in list { li { (line(t, l)) } } } }
}

fn line(t: Text, l: &Line) -> Markup {
    html! {
        div {
            strong { (l.name.get(t.lang())) } ": " span.num { (l.sum) }
            p.facts-line.small {
                span { (t.date(l.on)) }
                @if !l.period.is_empty() { span { (t.with("pay-period", &[("period", (&l.period).into())])) } }
                @if let Some(kept) = &l.kept_back { span { (t.with("pay-kept-back", &[("sum", kept.into())])) } }
            }
            @if let Some(reason) = &l.reason { p { (t.t(&format!("pay-why-{reason}"))) } }
        }
        @match l.status {
            None => {},
            Some(status) => (tag(mark(status), &t.t(&format!("pay-status-{status}")))),
        }
    }
}

fn mark(status: Where) -> Mark {
    match status {
        Where::Paid => Mark::Yes,
        Where::Due | Where::InRun | Where::Sent => Mark::Plain,
        Where::Held => Mark::Open,
        Where::Returned => Mark::Fault,
        Where::Cancelled => Mark::No,
    }
}

/// Another account. `form` holds what was typed when it was refused.
///
/// `banks` are those of the pack; empty where it has no list, and then the code is typed. `iban`: numbers have letters in them.
pub fn account(
    f: &Frame,
    form: &Form,
    people: &[(String, String)],
    (banks, iban): (&[(String, String)], bool),
) -> Markup {
    let t = f.t;
    let (hint_key, keyboard) =
        if iban { ("pay-account-iban-hint", "") } else { ("pay-account-number-hint", "numeric") };
    page(
        f,
        &t.t("pay-account-change"),
        Width::Reading,
        html! {
            (error_summary(t, form))
            p { a.back href="/payments" { (t.t("pay-back")) } }
            h1 { (t.t("pay-account-change")) }
            p.lead { (t.t("pay-account-lead")) }
            form method="post" action="/payments/account" novalidate {
                @match people {
                    [(value, _)] => (field::hidden("who", value)),
                    people => (field::radios(form, "who", &t.t("pay-account-who"), "", people)),
                }
                @if banks.is_empty() {
                (field::line(form, "bank", &t.t("pay-account-bank"), Look { hint: &t.t("pay-account-bank-hint"), width: "w-m", ..Look::default() }))
                } @else { (field::select(form, "bank", &t.t("pay-account-bank-name"), "", &t.t("choose"), banks)) }
                (field::line(form, "number", &t.t("pay-account-number"), Look { hint: &t.t(hint_key), keyboard, ..Look::default() }))
                (field::line(form, "holder", &t.t("pay-account-holder"), Look { autocomplete: "name", ..Look::default() }))
                p.hint { (t.t("pay-account-words")) }
                div.actions { button.btn type="submit" { (t.t("pay-account-send")) } }
            }
        },
    )
}
