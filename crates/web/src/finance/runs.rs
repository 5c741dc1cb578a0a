//! The list of runs, what is coming, and the form that opens a run.

use kernel::Date;
use maud::{Markup, html};
use payment::model::{Form as PayForm, Stand};
use payment::run::RunStatus;
use text::Text;

use super::{field_name, left, right, table};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::error_summary_of;
use crate::form::Form;

/// A run in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// The day of payment.
    pub pay_date: Date,
    /// The agency's name; `None`: all.
    pub agency: Option<String>,
    /// Cash or voucher.
    pub form: PayForm,
    /// How it stands.
    pub status: RunStatus,
    /// Payments; `None` while they are worked out.
    pub lines: Option<u32>,
    /// Their sum, in words.
    pub sum: Option<String>,
}

/// The next pay day of a form.
#[derive(Clone, Debug, PartialEq)]
pub struct Coming {
    /// Cash or voucher.
    pub form: PayForm,
    /// The day.
    pub pay_date: Date,
    /// Entitlements of which something is newly due.
    pub entitlements: u32,
    /// Their first instalments together, in words.
    pub sum: String,
    /// Whether a run may find more.
    pub or_more: bool,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Runs {
    /// The next pay day of each form, with what is due by then.
    pub next: Vec<Coming>,
    /// How much waits for a run.
    pub waiting: Vec<(Stand, u32)>,
    /// The runs, the latest day of payment first.
    pub runs: Vec<Line>,
    /// The address of the next page.
    pub more: Option<String>,
    /// Agencies with a programme: id and name.
    pub agencies: Vec<(String, String)>,
    /// A day on which could be paid next.
    pub pay_date: Date,
}

/// How a run stands, by words and shape.
pub(super) fn status_tag(t: Text, status: RunStatus) -> Markup {
    let mark = match status {
        RunStatus::Preparing | RunStatus::Prepared | RunStatus::Signed => Mark::Open,
        RunStatus::Released => Mark::Plain,
        RunStatus::Settled => Mark::Yes,
        RunStatus::Cancelled => Mark::No,
    };
    tag(mark, &super::words::run_status(t, status))
}

/// Cash or voucher.
pub(super) fn form_words(t: Text, form: PayForm) -> String {
    let key = match form {
        PayForm::Voucher => "fin-form-voucher",
        PayForm::Cash | PayForm::Discount | PayForm::Service | PayForm::InKind | PayForm::Status => "fin-form-cash",
    };
    t.t(key).into_owned()
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, r: &Runs) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("fin-runs-title"),
        Width::Wide,
        html! {
            (error_summary_of(t, form, |name| field_name(f, name)))
            h1 { (t.t("fin-runs-title")) }
            div.columns {
                div {
                    (coming(t, r))
                    (list(t, r))
                }
                aside.aside aria-labelledby="open-run" {
                    h2 #open-run { (t.t("fin-open-title")) }
                    p.small { (t.t("fin-open-lead")) }
                    (opening(t, form, r))
                }
            }
        },
    )
}

fn coming(t: Text, r: &Runs) -> Markup {
    let waits = |stand: Stand| r.waiting.iter().find(|(s, _)| *s == stand).map_or(0, |(_, n)| *n);
    let count = |stand| html! { span.num { (t.number(waits(stand).into())) } };
    pairs(&[
        (
            t.t("fin-next-due").into_owned(),
            html! {
                @if r.next.is_empty() { (t.t("fin-next-due-none")) }
                @for (n, next) in r.next.iter().enumerate() {
                    @if n > 0 { br; }
                    (t.with("fin-next-due-line", &[("form", form_words(t, next.form).into()), ("date", t.date(next.pay_date).into())]))
                    ", " (due_words(t, next))
                }
            },
        ),
        (
            t.t("fin-waits").into_owned(),
            html! { span.facts-line {
                span { (t.t("fin-waits-due")) " " (count(Stand::Due)) }
                span { (t.t("fin-waits-held")) " " (count(Stand::Held)) }
                span { a href="/finance/returns#back" { (t.t("fin-waits-returned")) } " " (count(Stand::Returned)) }
            } },
        ),
    ])
}

fn due_words(t: Text, next: &Coming) -> String {
    let key = if next.or_more { "fin-next-due-least" } else { "fin-next-due-sum" };
    t.with(key, &[("count", i64::from(next.entitlements).into()), ("sum", (&next.sum).into())]).into_owned()
}

fn list(t: Text, r: &Runs) -> Markup {
    let rows: Vec<Vec<Markup>> = r
        .runs
        .iter()
        .map(|l| {
            vec![
                html! { a href=(format!("/finance/runs/{}", l.id)) { (t.date(l.pay_date)) } },
                html! { (form_words(t, l.form)) ", " @match &l.agency {
                    Some(name) => (name),
                    None => (t.t("fin-all-agencies")),
                } },
                status_tag(t, l.status),
                html! { @match l.lines { Some(n) => (t.number(n.into())), None => "–" } },
                html! { @match &l.sum { Some(sum) => (sum), None => "–" } },
            ]
        })
        .collect();
    let columns = [
        left(t, "fin-pay-date"),
        left(t, "fin-agency"),
        left(t, "fin-status"),
        right(t, "fin-count"),
        right(t, "fin-sum"),
    ];
    html! {
        @if rows.is_empty() { p { (t.t("fin-runs-none")) } } @else { (table(&t.t("fin-runs-title"), &columns, &rows)) }
        @if let Some(more) = &r.more { p { a href=(more) { (t.t("fin-more")) } } }
    }
}

fn opening(t: Text, form: &Form, r: &Runs) -> Markup {
    let hint = t.with("fin-open-date-hint", &[("day", r.pay_date.to_string().into())]);
    let date = Look { hint: &hint, width: "w-m", keyboard: "numeric", ..Look::default() };
    let forms = [PayForm::Cash, PayForm::Voucher].map(|form| (form.word().to_owned(), form_words(t, form)));
    html! {
        form method="post" action="/finance/runs" novalidate {
            (field::line(form, "pay_date", &t.t("fin-pay-date"), date))
            (field::radios(form, "form", &t.t("fin-form"), "", &forms))
            (field::select(form, "agency", &t.t("fin-agency"), "", &t.t("fin-all-agencies"), &r.agencies))
            button.btn type="submit" { (t.t("fin-open-go")) }
        }
    }
}
