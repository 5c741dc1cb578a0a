//! Files brought in: choose one, look at a dry run, read the report of every refused row.

use kernel::Instant;
use maud::{Markup, html};

use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A finished import or dry run.
#[derive(Clone, Debug, PartialEq)]
pub struct Report {
    /// Its id; empty for a dry run.
    pub id: String,
    /// The kind of file: persons, households, facts.
    pub kind_key: &'static str,
    /// When.
    pub when: Instant,
    /// Whether nothing was written.
    pub dry: bool,
    /// Rows read.
    pub rows: i64,
    /// Rows that were new.
    pub new: i64,
    /// Rows that changed nothing.
    pub same: i64,
    /// Rows refused: line, column, what is wrong.
    pub refused: Vec<(i64, String, String)>,
}

/// The kinds of file: value and message key.
pub const KINDS: [(&str, &str); 3] =
    [("persons", "imports-persons"), ("households", "imports-households"), ("facts", "imports-facts")];

/// The list with the form.
pub fn list(f: &Frame, form: &Form, reports: &[Report], offset_hours: i8) -> Markup {
    let t = f.t;
    let kinds: Vec<(String, String)> = KINDS.iter().map(|(v, key)| ((*v).to_owned(), t.t(key).into_owned())).collect();
    let headings = ["imports-when", "imports-kind", "imports-rows", "imports-refused"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = reports.iter().map(|r| vec![
        html! { a href=(format!("/official/imports/{}", r.id)) { (t.moment(r.when, offset_hours)) } },
        html! { (t.t(r.kind_key)) },
        html! { (t.number(r.rows)) },
        html! { (t.number(i64::try_from(r.refused.len()).unwrap_or(i64::MAX))) },
    ]).collect();
    page(f, &t.t("imports-title"), Width::Wide, html! {
        (error_summary(t, form))
        h1 { (t.t("imports-title")) }
        p.lead { (t.t("imports-lead")) }
        form method="post" action="/official/imports" novalidate {
            (field::radios(form, "kind", &t.t("imports-kind"), "", &kinds))
            (field::area(form, "csv", &t.t("imports-csv"), &t.t("imports-csv-hint"), 10))
            div.actions {
                button.btn type="submit" name="do" value="dry" { (t.t("imports-dry")) }
                button.btn.btn--second type="submit" name="do" value="write" { (t.t("imports-write")) }
            }
        }
        @if !rows.is_empty() { h2 { (t.t("imports-before")) } (table(&t.t("imports-before"), &headings, &rows)) }
    })
}

/// The report of one import.
pub fn report(f: &Frame, r: &Report, offset_hours: i8) -> Markup {
    let t = f.t;
    let headings = ["imports-line", "imports-column", "imports-reason"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> =
        r.refused.iter().map(|(line, column, why)| vec![html! { (line) }, html! { (column) }, html! { (why) }]).collect();
    page(f, &t.t("imports-report"), Width::Wide, html! {
        (back(t, "/official/imports"))
        h1 { (t.t("imports-report")) }
        @if r.dry { (notice(Tone::Info, &t.t("imports-dry-title"), html! { p { (t.t("imports-dry-words")) } })) }
        (pairs(&[
            (t.t("imports-kind").into_owned(), html! { (t.t(r.kind_key)) }),
            (t.t("imports-when").into_owned(), html! { (t.moment(r.when, offset_hours)) }),
            (t.t("imports-rows").into_owned(), html! { (t.number(r.rows)) }),
            (t.t("imports-new").into_owned(), html! { (t.number(r.new)) }),
            (t.t("imports-same").into_owned(), html! { (t.number(r.same)) }),
            (t.t("imports-refused").into_owned(), html! {
                @if r.refused.is_empty() { (tag(Mark::Yes, &t.t("imports-none-refused"))) } @else { (tag(Mark::Fault, &t.with("imports-count", &[("count", r.refused.len().into())]))) }
            }),
        ]))
        @if !rows.is_empty() { h2 { (t.t("imports-refused")) } (table(&t.t("imports-refused"), &headings, &rows)) }
    })
}
