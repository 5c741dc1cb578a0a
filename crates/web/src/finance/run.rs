//! One run: how it stands, its control totals, why its sum is another than last time, its lines, and what to do.

use kernel::Date;
use maud::{Markup, html};
use payment::model::{Cause, Form as PayForm};
use payment::run::{DifferenceKind, LineStatus, RunStatus};
use text::Text;

use super::runs::{form_words, status_tag};
use super::{Column, done, field_name, hidden_words, left, name, right, table};
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, tag};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// What a preparation is at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Newly due money; so many steps were made.
    Due(u32),
    /// Money that waited; so many steps were made.
    Waiting(u32),
    /// Adding up.
    Totals,
    /// It broke off.
    Broken,
}

/// What the viewer may do next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// It is being worked out, or has to be again.
    Prepare(Option<Step>),
    /// The first signature.
    Sign,
    /// The second signature.
    Release,
    /// The viewer signed; somebody else releases.
    Wait,
    /// The bank file.
    File,
    /// Nothing goes to the bank.
    NoFile,
    /// Nothing.
    Nothing,
}

/// Which lines are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Show {
    /// All.
    All,
    /// Those of one status.
    Status(LineStatus),
    /// Those of one cause.
    Cause(Cause),
    /// Those of last time that are not paid any more.
    Ended,
}

impl Show {
    /// Its word in the address.
    pub fn word(self) -> &'static str {
        match self {
            Show::All => "all",
            Show::Ended => "ended",
            Show::Status(status) => status.word(),
            Show::Cause(cause) => cause.word(),
        }
    }

    /// The way back. A word of no list shows all.
    pub fn of(word: &str) -> Show {
        match (word, word.parse::<LineStatus>(), word.parse::<Cause>()) {
            ("ended", ..) => Show::Ended,
            (_, Ok(status), _) => Show::Status(status),
            (_, _, Ok(cause)) => Show::Cause(cause),
            _ => Show::All,
        }
    }
}

/// A line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Where the payment is seen to, when it waits.
    pub href: Option<String>,
    /// The payee; `None`: not shown to this viewer.
    pub name: Option<String>,
    /// The last characters of the account.
    pub account: Option<String>,
    /// The programme.
    pub programme: String,
    /// The period, as `2026-11`; empty for a single payment.
    pub period: String,
    /// What is due.
    pub sum: String,
    /// What is kept back; `None`: nothing.
    pub set_off: Option<String>,
    /// What goes to the bank.
    pub pays: String,
    /// Why it is in the run.
    pub cause: Cause,
    /// How it stands.
    pub status: LineStatus,
    /// Why it is held or came back, in words.
    pub reason: Option<String>,
}

/// One kind of difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Which.
    pub kind: DifferenceKind,
    /// Lines.
    pub lines: u32,
    /// By how much, with its sign.
    pub sum: String,
}

/// Why the sum is another.
#[derive(Clone, Debug, PartialEq)]
pub struct Differences {
    /// Last time: payments and sum.
    pub before: (u32, String),
    /// This time.
    pub now: (u32, String),
    /// Kinds.
    pub by: Vec<Difference>,
}

/// Who did what, with the moment where it is known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct People {
    /// Who opened it.
    pub opened: String,
    /// Who signed it.
    pub signed: Option<String>,
    /// Who released it.
    pub released: Option<String>,
}

/// Everything on the page.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// Counts its changes: what is signed is what was shown.
    pub revision: u32,
    /// The day of payment.
    pub pay_date: Date,
    /// The agency's name; `None`: all.
    pub agency: Option<String>,
    /// Cash or voucher.
    pub form: PayForm,
    /// How it stands.
    pub status: RunStatus,
    /// Payments.
    pub lines: u32,
    /// Their sum.
    pub sum: String,
    /// What is kept back; `None`: nothing.
    pub set_off: Option<String>,
    /// Held lines.
    pub held: u32,
    /// The hash over all payments; empty before they are known.
    pub hash: String,
    /// Who did what.
    pub people: People,
    /// The run it is compared with: address and day.
    pub previous: Option<(String, Date)>,
    /// What the bank said of the whole file.
    pub bank_said: Option<String>,
    /// Why it was cancelled.
    pub cancelled_why: Option<String>,
    /// From last time's sum to this one's; `None`: nothing to compare with.
    pub differences: Option<Differences>,
    /// What to do.
    pub next: Next,
    /// Which lines are listed.
    pub show: Show,
    /// The lines.
    pub listed: Vec<Line>,
    /// The address of the next page.
    pub more: Option<String>,
    /// What was just done.
    pub done: String,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, r: &Run) -> Markup {
    let t = f.t;
    let title = t.with("fin-run-title", &[("date", t.date(r.pay_date).into())]);
    page(
        f,
        &title,
        Width::Wide,
        html! {
            (back(t, "/finance/runs"))
            (error_summary_of(t, form, |name| field_name(f, name)))
            (done(t, &r.done, &["opened", "prepared", "signed", "released", "cancelled"]))
            h1 { (title) " " (status_tag(t, r.status)) }
            div.columns {
                div {
                    @if let Next::Prepare(step) = r.next { (progress(t, r, step)) } @else { (totals(t, r)) (differences(t, r)) }
                }
                aside.aside aria-label=(t.t("fin-next-step")) { (act(t, form, r)) }
            }
            (facts(t, r))
            (lines(t, r))
        },
    )
}

fn facts(t: Text, r: &Run) -> Markup {
    let form = html! { (form_words(t, r.form)) ", " @match &r.agency {
        Some(name) => (name),
        None => (t.t("fin-all-agencies")),
    } };
    let mut rows =
        vec![(t.t("fin-form").into_owned(), form), (t.t("fin-run-opened").into_owned(), html! { (r.people.opened) })];
    let mut row = |key: &str, value: &Option<String>| {
        if let Some(value) = value {
            rows.push((t.t(key).into_owned(), html! { (value) }));
        }
    };
    row("fin-run-signed", &r.people.signed);
    row("fin-run-released", &r.people.released);
    row("fin-run-bank-said", &r.bank_said);
    row("fin-run-cancelled-why", &r.cancelled_why);
    if !r.hash.is_empty() {
        rows.push((t.t("fin-total-hash").into_owned(), html! { code { (r.hash) } }));
    }
    pairs(&rows)
}

fn progress(t: Text, r: &Run, step: Option<Step>) -> Markup {
    let count = |key: &str, n: u32| t.with(key, &[("count", i64::from(n).into())]).into_owned();
    let (tone, words) = match step {
        Some(Step::Due(n)) => (Tone::Info, count("fin-progress-due", n)),
        Some(Step::Waiting(n)) => (Tone::Info, count("fin-progress-waiting", n)),
        Some(Step::Totals) => (Tone::Info, t.t("fin-progress-totals").into_owned()),
        Some(Step::Broken) => (Tone::Warn, t.t("fin-progress-broken").into_owned()),
        None => (Tone::Warn, t.t("fin-progress-idle").into_owned()),
    };
    let works = !matches!(step, None | Some(Step::Broken));
    html! {
        (notice(tone, &t.t("fin-progress-title"), html! {
            p { (words) }
            @if works { p { (t.t("fin-progress-words")) } }
        }))
        @if !works {
            form method="post" action=(format!("/finance/runs/{}", r.id)) {
                (field::hidden("do", "prepare"))
                button.btn type="submit" { (t.t("fin-progress-go")) }
            }
        }
    }
}

fn totals(t: Text, r: &Run) -> Markup {
    html! {
        h2.hidden-visually { (t.t("fin-totals")) }
        dl.total {
            div { dt { (t.t("fin-total-count")) } dd { (t.number(r.lines.into())) } }
            div { dt { (t.t("fin-total-sum")) } dd { (r.sum) } }
            @if let Some(kept) = &r.set_off { div { dt { (t.t("fin-total-set-off")) } dd { (kept) } } }
            div { dt { (t.t("fin-total-held")) } dd {
                @if r.held > 0 { a href=(format!("/finance/runs/{}?show=held#lines", r.id)) { (t.number(r.held.into())) } }
                @else { "0" }
            } }
        }
    }
}

fn differences(t: Text, r: &Run) -> Markup {
    html! {
        h2 { (t.t("fin-diff-title")) }
        @match &r.differences {
            None => p { (t.t("fin-diff-none")) },
            Some(d) => (difference_table(t, r, d)),
        }
    }
}

fn difference_table(t: Text, r: &Run, d: &Differences) -> Markup {
    let row = |words: Markup, lines: u32, sum: &str| {
        vec![words, html! { @if lines > 0 { (t.number(lines.into())) } @else { "–" } }, html! { (sum) }]
    };
    let before = html! {
        (t.t("fin-diff-before"))
        @if let Some((href, day)) = &r.previous { ", " a href=(href) { (t.date(*day)) } }
    };
    let mut rows = vec![row(before, d.before.0, &d.before.1)];
    rows.extend(d.by.iter().map(|d| {
        let words = t.t(&format!("fin-diff-{}", d.kind)).into_owned();
        let show = shows(d.kind).map(Show::word);
        let words = html! { @match show {
            Some(show) => a href=(format!("/finance/runs/{}?show={show}#lines", r.id)) { (words) },
            None => (words),
        } };
        row(words, d.lines, &d.sum)
    }));
    rows.push(row(html! { (t.t("fin-diff-now")) }, d.now.0, &d.now.1));
    let columns = [left(t, "fin-diff-kind"), right(t, "fin-diff-lines"), right(t, "fin-diff-minor")];
    table(&t.t("fin-diff-title"), &columns, &rows)
}

/// Which lines make up a difference, as far as they can be listed.
fn shows(kind: DifferenceKind) -> Option<Show> {
    match kind {
        DifferenceKind::New => Some(Show::Cause(Cause::New)),
        DifferenceKind::Ended => Some(Show::Ended),
        DifferenceKind::Changed => Some(Show::Cause(Cause::Changed)),
        DifferenceKind::Held => Some(Show::Status(LineStatus::Held)),
        DifferenceKind::Unheld => Some(Show::Cause(Cause::Unheld)),
        DifferenceKind::Arrears => Some(Show::Cause(Cause::Arrears)),
        DifferenceKind::Repaid => Some(Show::Cause(Cause::Repaid)),
        DifferenceKind::Once => Some(Show::Cause(Cause::Once)),
        DifferenceKind::Resumed | DifferenceKind::NotRepeated | DifferenceKind::SetOff => None,
    }
}

fn act(t: Text, form: &Form, r: &Run) -> Markup {
    let action = format!("/finance/runs/{}", r.id);
    let what = [("count", t.number(r.lines.into()).into()), ("sum", (&r.sum).into())];
    let send = |what: &str, words: &str| {
        html! {
            form method="post" action=(action) {
                (field::hidden("do", what))
                (field::hidden("revision", &r.revision.to_string()))
                button.btn id=(field::id(what)) type="submit" { (t.t(words)) }
            }
        }
    };
    let open = matches!(r.status, RunStatus::Preparing | RunStatus::Prepared | RunStatus::Signed);
    html! {
        @match r.next {
            Next::Sign => {
                h2 { (t.t("fin-sign-title")) }
                p { (t.with("fin-sign-words", &what)) }
                (send("sign", "fin-sign-go"))
            }
            Next::Release => {
                h2 { (t.t("fin-release-title")) }
                p { (t.with("fin-release-words", &what)) }
                (send("release", "fin-release-go"))
            }
            Next::Wait => { h2 { (t.t("fin-release-title")) } p { (t.t("fin-release-other")) } }
            Next::File => {
                h2 { (t.t("fin-file-title")) }
                p { (t.t("fin-file-words")) }
                p { a.btn href=(format!("{action}/file")) download { (t.t("fin-file-go")) } }
            }
            Next::NoFile => { h2 { (t.t("fin-file-title")) } p { (t.t("fin-file-none")) } }
            Next::Prepare(_) | Next::Nothing => {}
        }
        @if open {
            h2 { (t.t("fin-cancel-title")) }
            p.small { (t.t("fin-cancel-words")) }
            form method="post" action=(action) novalidate {
                (field::hidden("do", "cancel"))
                (field::line(form, "cancel_reason", &t.t("reason"), field::Look { hint: &t.t("fin-reason-hint"), ..field::Look::default() }))
                button.btn.btn--danger.btn--small type="submit" { (t.t("fin-cancel-go")) }
            }
        }
        @if !open && matches!(r.next, Next::Nothing) { p { (status_tag(t, r.status)) } }
    }
}

fn lines(t: Text, r: &Run) -> Markup {
    let shows = [
        (Show::All, "fin-lines-all"),
        (Show::Status(LineStatus::Held), "fin-line-held"),
        (Show::Cause(Cause::New), "fin-cause-new"),
        (Show::Cause(Cause::Changed), "fin-cause-changed"),
        (Show::Ended, "fin-lines-ended"),
        (Show::Cause(Cause::Arrears), "fin-cause-arrears"),
        (Show::Cause(Cause::Unheld), "fin-cause-unheld"),
        (Show::Cause(Cause::Repaid), "fin-cause-repaid"),
        (Show::Status(LineStatus::Returned), "fin-line-returned"),
        (Show::Status(LineStatus::Rejected), "fin-line-rejected"),
    ];
    html! {
        h2 #lines { (t.t("fin-lines-title")) }
        ul.jump { @for (show, key) in shows { li {
            a href=(format!("/finance/runs/{}?show={}#lines", r.id, show.word())) aria-current=[(show == r.show).then_some("true")] { (t.t(key)) }
        } } }
        @if r.listed.is_empty() { p { (t.t("fin-lines-none")) } } @else { (line_table(t, r)) }
        @if let Some(more) = &r.more { p { a href=(more) { (t.t("fin-more")) } } }
        (hidden_words(t, r.listed.iter().any(|l| l.name.is_none())))
    }
}

fn line_table(t: Text, r: &Run) -> Markup {
    let kept = r.listed.iter().any(|l| l.set_off.is_some());
    let mut columns: Vec<Column> = vec![
        left(t, "fin-payee"),
        left(t, "fin-programme"),
        left(t, "fin-period"),
        left(t, "fin-status"),
        right(t, "fin-sum"),
    ];
    if kept {
        columns.extend([right(t, "fin-lines-set-off"), right(t, "fin-lines-pays")]);
    }
    let rows: Vec<Vec<Markup>> = r
        .listed
        .iter()
        .map(|l| {
            let mut cells = vec![
                html! {
                    @match &l.href { Some(href) => a href=(href) { (name(t, l.name.as_deref())) }, None => (name(t, l.name.as_deref())) }
                    @if let Some(account) = &l.account { br; span.small.soft.num { (account) } }
                },
                html! { (l.programme) },
                html! { span.num.nowrap { (l.period) } },
                html! {
                    (line_tag(t, r.status, l.status)) " " span.small.nowrap { (t.t(&format!("fin-cause-{}", l.cause))) }
                    @if let Some(reason) = &l.reason { br; span.small { (reason) } }
                },
                html! { (l.sum) },
            ];
            if kept {
                cells.push(html! { @match &l.set_off { Some(kept) => (kept), None => "–" } });
                cells.push(html! { (l.pays) });
            }
            cells
        })
        .collect();
    table(&t.t("fin-lines-title"), &columns, &rows)
}

/// How a line stands: «ready» means at the bank once the run is released, and paid once it is settled.
fn line_tag(t: Text, run: RunStatus, line: LineStatus) -> Markup {
    let (mark, key) = match (line, run) {
        (LineStatus::Ready | LineStatus::Accepted, RunStatus::Settled) => (Mark::Yes, "fin-line-paid"),
        (LineStatus::Ready, RunStatus::Released) => (Mark::Plain, "fin-line-sent"),
        (LineStatus::Ready, _) => (Mark::Plain, "fin-line-ready"),
        (LineStatus::Held, _) => (Mark::Open, "fin-line-held"),
        (LineStatus::Dropped, _) => (Mark::No, "fin-line-dropped"),
        (LineStatus::Accepted, _) => (Mark::Plain, "fin-line-accepted"),
        (LineStatus::Paid, _) => (Mark::Yes, "fin-line-paid"),
        (LineStatus::Rejected, _) => (Mark::Fault, "fin-line-rejected"),
        (LineStatus::Returned, _) => (Mark::Fault, "fin-line-returned"),
    };
    tag(mark, &t.t(key))
}
