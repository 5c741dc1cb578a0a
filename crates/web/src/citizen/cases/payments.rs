//! Payments: what comes when, what was paid, what is held and why, what came back; and the account it goes to.

use catalogue::model::{Form as BenefitForm, PaymentAccount};
use kernel::{Date, Words};
use maud::{Markup, html};
use payment::read::Where;
use text::Text;

use crate::citizen::question::AccountKeys;
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
    /// Whether it is a card for vouchers.
    pub card: bool,
    /// The last digits.
    pub hint: String,
    /// Whether it was checked with the bank.
    pub verified: bool,
    /// Whose account it is, when the money goes to another.
    pub redirected: Option<String>,
}

/// Money that is spent for one thing, with a card.
#[derive(Clone, Debug, PartialEq)]
pub struct Voucher {
    /// The programme.
    pub name: Words,
    /// The sum in words; empty where it has none.
    pub sum: String,
    /// The last day on which it can be used.
    pub until: Option<Date>,
    /// Whether it is on the card.
    pub loaded: bool,
    /// Whether that day is over.
    pub over: bool,
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
    /// Vouchers.
    pub vouchers: Vec<Voucher>,
    /// Accounts and cards.
    pub accounts: Vec<Account>,
    /// Whether a card for vouchers can be given.
    pub cards: bool,
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
            @if !p.vouchers.is_empty() { h2 { (t.t("pay-vouchers")) } ul.tasks { @for v in &p.vouchers { li { (voucher(t, v)) } } } }
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
                div { @if a.card { strong { (t.t("pay-card")) } " " } (a.whose) ": " @match &a.redirected {
                    Some(other) => (t.with("pay-account-redirected", &[("name", other.into())])),
                    None => span.num { (a.hint) },
                } }
                @if a.redirected.is_none() {
                    @if a.verified { (tag(Mark::Yes, &t.t("pay-account-verified"))) } @else { (tag(Mark::Open, &t.t("pay-account-unverified"))) }
                }
            } } }
            div.actions {
                a.btn.btn--second href="/payments/account" { (t.t("pay-account-change")) }
                @if p.cards { a.btn.btn--second href="/payments/account?for=voucher" { (t.t("pay-card-change")) } }
            }
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

fn voucher(t: Text, v: &Voucher) -> Markup {
    html! {
        div {
            strong { (v.name.get(t.lang())) } @if !v.sum.is_empty() { ": " span.num { (v.sum) } }
            @if let Some(day) = v.until { p.facts-line.small { span { (t.with("pay-voucher-until", &[("date", t.date(day).into())])) } } }
        }
        @if v.over { (tag(Mark::No, &t.t("pay-voucher-over"))) }
        @else if v.loaded { (tag(Mark::Yes, &t.t("pay-voucher-loaded"))) }
        @else { (tag(Mark::Open, &t.t("pay-voucher-waits"))) }
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

/// Another account, or another card for vouchers. `form` holds what was typed when it was refused; `rule` and `banks` are the
/// pack's. Where it has none the code of the bank is typed.
pub fn account(
    f: &Frame,
    form: &Form,
    people: &[(String, String)],
    (rule, banks): (Option<&PaymentAccount>, &[(String, String)]),
) -> Markup {
    let t = f.t;
    let card = rule.is_some_and(|rule| rule.form == BenefitForm::Voucher);
    let keys = rule.map(AccountKeys::of);
    let (hint_key, keyboard) =
        keys.as_ref().map_or(("pay-account-number-hint", "numeric"), |keys| (keys.hint, keys.keyboard));
    let key = |of: fn(&AccountKeys) -> &'static str, otherwise| keys.as_ref().map_or(otherwise, of);
    let (number, bank) = (key(|k| k.number, "pay-account-number"), key(|k| k.bank, "pay-account-bank-name"));
    let words = key(|k| k.words, "pay-account-words");
    let (title, lead, send) = match card {
        true => ("pay-card-change", "pay-card-lead", "pay-card-send"),
        false => ("pay-account-change", "pay-account-lead", "pay-account-send"),
    };
    page(
        f,
        &t.t(title),
        Width::Reading,
        html! {
            (error_summary(t, form))
            p { a.back href="/payments" { (t.t("pay-back")) } }
            h1 { (t.t(title)) }
            p.lead { (t.t(lead)) }
            form method="post" action="/payments/account" novalidate {
                @if card { (field::hidden("for", "voucher")) }
                @match people {
                    [(value, _)] => (field::hidden("who", value)),
                    people => (field::radios(form, "who", &t.t("pay-account-who"), "", people)),
                }
                @if banks.is_empty() {
                (field::line(form, "bank", &t.t("pay-account-bank"), Look { hint: &t.t("pay-account-bank-hint"), width: "w-m", ..Look::default() }))
                } @else { (field::select(form, "bank", &t.t(bank), "", &t.t("choose"), banks)) }
                (field::line(form, "number", &t.t(number), Look { hint: &t.t(hint_key), keyboard, ..Look::default() }))
                (field::line(form, "holder", &t.t("pay-account-holder"), Look { autocomplete: "name", ..Look::default() }))
                p.hint { (t.t(words)) }
                div.actions { button.btn type="submit" { (t.t(send)) } }
            }
        },
    )
}
