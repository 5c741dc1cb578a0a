//! Pages for finance officers: runs, what the bank answers, recoveries, the ledger.

mod bank_file;
pub mod ledger;
pub(crate) mod ledger_handlers;
mod preparing;
pub mod recoveries;
pub(crate) mod recovery_handlers;
pub mod returns;
pub(crate) mod returns_handlers;
pub mod run;
pub(crate) mod run_handlers;
pub mod runs;
pub(crate) mod runs_handlers;
pub(crate) mod seen;
pub mod waiting;
pub(crate) mod waiting_handlers;
mod words;

use std::collections::BTreeSet;

use guard::{Action, Purpose, PurposeKind, Resource};
use kernel::{Currency, Money};
use maud::{Markup, html};
use text::Text;

use crate::components::frame::Frame;
use crate::components::message::{Tone, notice};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// A viewer who pays; `key` names the message with the reason.
fn viewer<'s>(state: &'s AppState, session: &'s Session, t: Text, key: &str) -> Viewer<'s> {
    Viewer::new(state, &session.who, Purpose::new(PurposeKind::Payment, t.t(key)))
}

/// Asks the guard whether the viewer may do this to something that is nobody's.
async fn permit(v: &Viewer<'_>, action: Action, what: &str) -> Result<(), Trouble> {
    // The permission itself is not handed on: payments check nothing that the guard has not been asked here.
    let _allowed = v.state.guard.permit(v.who, action, &Resource::thing(what), &v.purpose).await?;
    Ok(())
}

/// The desk of payments.
pub(crate) fn desk<'a>(v: &'a Viewer<'_>) -> payment::Desk<'a> {
    payment::Desk { keys: v.state.guard.keys(), ids: &*v.state.ids, now: v.now, today: v.today() }
}

fn with(path: &str, pairs: &[(&str, &str)]) -> String {
    format!("{path}?{}", url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish())
}

fn money(t: Text, minor: i64, currency: Currency) -> String {
    t.money(Money::new(minor, currency))
}

fn programme(v: &Viewer<'_>, t: Text, id: &str) -> String {
    v.pack.programmes().get(id).map_or_else(|| id.to_owned(), |p| p.name.get(t.lang()).to_owned())
}

fn agency(v: &Viewer<'_>, t: Text, id: &str) -> String {
    v.pack.agencies().get(id).map_or_else(|| id.to_owned(), |a| a.name.get(t.lang()).to_owned())
}

/// Agencies that have a programme, by name.
fn agencies(v: &Viewer<'_>, t: Text) -> Vec<(String, String)> {
    let ids: BTreeSet<&str> = v.pack.programmes().iter().map(|p| p.agency.as_str()).collect();
    let mut all: Vec<_> = ids.into_iter().map(|id| (id.to_owned(), agency(v, t, id))).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

/// A heading of a column; figures stand to the right.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Column {
    words: String,
    right: bool,
}

fn left(t: Text, key: &str) -> Column {
    Column { words: t.t(key).into_owned(), right: false }
}

fn right(t: Text, key: &str) -> Column {
    Column { words: t.t(key).into_owned(), right: true }
}

/// A table whose figures stand right; each row begins with its heading.
fn table(caption: &str, columns: &[Column], rows: &[Vec<Markup>]) -> Markup {
    let class = |n: usize| columns.get(n).filter(|c| c.right).map(|_| "right num nowrap");
    html! {
        div.scroll role="region" aria-label=(caption) tabindex="0" {
            table.stack {
                caption.hidden-visually { (caption) }
                thead { tr { @for column in columns {
                    th scope="col" class=[column.right.then_some("right")] { (column.words) }
                } } }
                tbody {
                    @for row in rows { tr {
                        @for (n, cell) in row.iter().enumerate() {
                            @if n == 0 { th scope="row" { (cell) } }
                            @else { td class=[class(n)] data-label=[columns.get(n).map(|c| &c.words)] { (cell) } }
                        }
                    } }
                }
            }
        }
    }
}

/// What was just done; `words` are those a page knows.
fn done(t: Text, said: &str, words: &[&str]) -> Markup {
    html! { @if words.contains(&said) { (notice(Tone::Done, &t.t(&format!("fin-done-{said}")), html! {})) } }
}

/// The name of somebody, or that it is not shown.
fn name(t: Text, name: Option<&str>) -> Markup {
    html! { @match name {
        Some(name) => (name),
        None => em { (t.t("fin-hidden-name")) },
    } }
}

/// Said once on a page where a name is left out.
fn hidden_words(t: Text, any: bool) -> Markup {
    html! { @if any { p.small.soft { (t.t("fin-hidden-words")) } } }
}

/// What a field of these pages is called in the summary of errors.
fn field_name(f: &Frame, name: &str) -> Option<String> {
    let key = match name {
        "pay_date" => "fin-pay-date",
        "agency" => "fin-agency",
        "form" => "fin-form",
        "bank" => "fin-bank",
        "number" => "fin-number",
        "holder" => "fin-holder",
        "how" => "fin-verify-how",
        "resolution" => "fin-unmatched-how",
        "guardian" => "fin-redirect-to",
        "parts" => "fin-plan-parts",
        "first" => "fin-plan-first",
        "repaid" | "waived" => "fin-repaid-minor",
        "receipt" => "fin-repaid-reference",
        "file" => "fin-upload",
        "sign" => "fin-sign-title",
        "release" => "fin-release-title",
        "cancel_reason" | "again_reason" | "go_reason" | "redirect_reason" | "waive_reason" => "reason",
        "redirect_law" | "waive_law" => "law",
        _ => return None,
    };
    Some(f.t.t(key).into_owned())
}
