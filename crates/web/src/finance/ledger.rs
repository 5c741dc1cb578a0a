//! The ledger: what each account holds, and whether it says what files, confirmations and recoveries say.

use maud::{Markup, html};
use payment::ledger::Account;
use text::Text;

use super::{left, right, table};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::pairs;
use crate::components::message::{Tone, notice};

/// Sums of one account, in words.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    /// The account.
    pub account: Account,
    /// The programme; empty: over all.
    pub programme: String,
    /// Debit, credit and what is left: with its sign.
    pub sums: [String; 3],
}

/// The accounts of one currency.
#[derive(Clone, Debug, PartialEq)]
pub struct Book {
    /// By account.
    pub accounts: Vec<Row>,
    /// All accounts together: debit and credit are equal.
    pub together: [String; 3],
    /// By account and programme.
    pub programmes: Vec<Row>,
}

/// What the check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Check {
    /// In files, confirmed, at the bank, came back: in words.
    pub sums: [String; 4],
    /// Journals and entitlements looked at.
    pub looked: (i64, i64),
    /// Everything wrong, one sentence each.
    pub faults: Vec<String>,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Ledger {
    /// The moment, in words.
    pub at: String,
    /// One book a currency.
    pub books: Vec<Book>,
    /// The check, when it was asked for.
    pub check: Option<Check>,
}

/// The page.
pub fn page_of(f: &Frame, l: &Ledger) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("fin-ledger-title"),
        Width::Wide,
        html! {
            h1 { (t.t("fin-ledger-title")) }
            p.lead { (t.with("fin-ledger-at", &[("moment", (&l.at).into())])) }
            h2 #check { (t.t("fin-check-title")) }
            p { (t.t("fin-check-words")) }
            @if let Some(check) = &l.check { (checked(t, check)) }
            div.actions { a.btn.btn--second href="/finance/ledger?check=yes#check" { (t.t("fin-check-go")) } }
            @if l.books.is_empty() { p { (t.t("fin-ledger-none")) } }
            @for book in &l.books { (accounts(t, book)) }
        },
    )
}

fn checked(t: Text, c: &Check) -> Markup {
    let [sent, confirmed, pending, back] = &c.sums;
    let equation =
        [("sent", sent.into()), ("confirmed", confirmed.into()), ("pending", pending.into()), ("back", back.into())];
    let figures = html! {
        p.num { (t.with("fin-check-equation", &equation)) }
        (pairs(&[
            (t.t("fin-check-sent").into_owned(), html! { span.num { (sent) } }),
            (t.t("fin-check-confirmed").into_owned(), html! { span.num { (confirmed) } }),
            (t.t("fin-check-pending").into_owned(), html! { span.num { (pending) } }),
            (t.t("fin-check-back").into_owned(), html! { span.num { (back) } }),
            (t.t("fin-check-journals").into_owned(), html! { (t.number(c.looked.0)) }),
            (t.t("fin-check-entitlements").into_owned(), html! { (t.number(c.looked.1)) }),
        ]))
    };
    html! {
        @if c.faults.is_empty() { (notice(Tone::Done, &t.t("fin-check-fine"), figures)) }
        @else {
            (notice(Tone::Stop, &t.t("fin-check-wrong"), html! {
                p { (t.t("fin-check-wrong-words")) }
                // Names and figures for whoever looks into it.
                ul lang="en" { @for fault in &c.faults { li { (fault) } } }
                (figures)
            }))
        }
    }
}

fn accounts(t: Text, book: &Book) -> Markup {
    let cells = |sums: &[String; 3]| sums.iter().map(|sum| html! { (sum) }).collect::<Vec<_>>();
    let account = |a: Account| html! { (t.t(&format!("fin-account-{a}"))) };
    let mut rows: Vec<Vec<Markup>> =
        book.accounts.iter().map(|r| [vec![account(r.account)], cells(&r.sums)].concat()).collect();
    rows.push([vec![html! { (t.t("fin-ledger-total")) }], cells(&book.together)].concat());
    let by: Vec<Vec<Markup>> = book
        .programmes
        .iter()
        .map(|r| [vec![html! { (r.programme) }, account(r.account)], cells(&r.sums)].concat())
        .collect();
    let sums = || [right(t, "fin-ledger-debit"), right(t, "fin-ledger-credit"), right(t, "fin-ledger-balance")];
    let first = [vec![left(t, "fin-ledger-account")], sums().to_vec()].concat();
    let second = [vec![left(t, "fin-programme"), left(t, "fin-ledger-account")], sums().to_vec()].concat();
    html! {
        h2 { (t.t("fin-ledger-balances")) }
        (table(&t.t("fin-ledger-balances"), &first, &rows))
        h2 { (t.t("fin-ledger-by-programme")) }
        (table(&t.t("fin-ledger-by-programme"), &second, &by))
    }
}
