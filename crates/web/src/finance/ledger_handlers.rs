//! Requests for the ledger.

use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use guard::Action;
use kernel::Currency;
use payment::ledger::{self, Account, Balance, check};

use super::ledger::{self as view, Book, Check, Ledger, Row};
use super::{money, permit, programme, viewer};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The page, with the check when it is asked for.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(raw): RawQuery,
) -> Response {
    let v = viewer(&state, &session, f.t, "fin-purpose-ledger");
    match read(&v, &f, Form::of_query(raw.as_deref()).has("check")).await {
        Ok(vm) => view::page_of(&f, &vm).into_response(),
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn read(v: &Viewer<'_>, f: &Frame, checks: bool) -> Result<Ledger, Trouble> {
    permit(v, Action::ManageRun, "ledger").await?;
    // One consistent picture for both.
    let mut tx = v.state.db.read().await?;
    let balances = ledger::balances(&mut tx).await?;
    let report = if checks { Some(check::check(&mut tx).await?) } else { None };
    drop(tx);
    let mut by: BTreeMap<&str, Vec<&Balance>> = BTreeMap::new();
    for balance in &balances {
        by.entry(balance.currency.code()).or_default().push(balance);
    }
    Ok(Ledger {
        at: f.t.moment(v.now, v.offset()),
        books: by.values().map(|all| book(v, f, all)).collect(),
        check: report.map(|r| checked(v, f, &balances, r)),
    })
}

fn sums(f: &Frame, currency: Currency, debit: i64, credit: i64) -> [String; 3] {
    [debit, credit, debit - credit].map(|minor| money(f.t, minor, currency))
}

fn book(v: &Viewer<'_>, f: &Frame, all: &[&Balance]) -> Book {
    let currency = all.first().map_or(v.pack.currency(), |b| b.currency);
    let mut accounts: BTreeMap<Account, (i64, i64)> = BTreeMap::new();
    for b in all {
        let sum = accounts.entry(b.account).or_default();
        *sum = (sum.0 + b.debit, sum.1 + b.credit);
    }
    let (debit, credit) = accounts.values().fold((0, 0), |(d, c), sum| (d + sum.0, c + sum.1));
    let mut programmes: Vec<Row> = all
        .iter()
        .map(|b| Row {
            account: b.account,
            programme: programme(v, f.t, &b.programme),
            sums: sums(f, currency, b.debit, b.credit),
        })
        .collect();
    programmes.sort_by(|a, b| (&a.programme, a.account).cmp(&(&b.programme, b.account)));
    Book {
        accounts: accounts
            .into_iter()
            .map(|(account, (d, c))| Row { account, programme: String::new(), sums: sums(f, currency, d, c) })
            .collect(),
        together: sums(f, currency, debit, credit),
        programmes,
    }
}

/// The sums of the report run over all currencies: with one they are money, else bare minor units.
fn checked(v: &Viewer<'_>, f: &Frame, balances: &[Balance], r: check::Report) -> Check {
    let currency = balances.first().map_or(v.pack.currency(), |b| b.currency);
    let one = balances.iter().all(|b| b.currency == currency);
    let sum = |minor| if one { money(f.t, minor, currency) } else { f.t.number(minor) };
    let count = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    Check {
        sums: [r.sent, r.confirmed, r.pending, r.sent - r.confirmed - r.pending].map(sum),
        looked: (count(r.journals), count(r.entitlements)),
        faults: r.faults,
    }
}
