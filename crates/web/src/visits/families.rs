//! The families in a nurse's or supervisor's hands.

use kernel::Date;
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, table, tag};

/// One family.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its address on this site.
    pub href: String,
    /// The mother's name.
    pub name: String,
    /// The protocol's name.
    pub protocol: String,
    /// The level of need.
    pub tier: Option<String>,
    /// The next visit and its last day.
    pub next: Option<(String, Date, bool)>,
    /// The day of the last visit.
    pub last: Option<Date>,
    /// The nurse; `None`: nobody yet. Shown to supervisors.
    pub nurse: Option<String>,
    /// Whether the family agreed.
    pub agreed: bool,
    /// The place, for supervisors of more than one.
    pub place: String,
}

/// The page; `supervisor` sees nurses and who is still to be asked.
pub fn page_of(f: &Frame, supervisor: bool, lines: &[Line]) -> Markup {
    let t = f.t;
    let waiting: Vec<&Line> = lines.iter().filter(|l| supervisor && l.nurse.is_none()).collect();
    let given: Vec<&Line> = lines.iter().filter(|l| !supervisor || l.nurse.is_some()).collect();
    page(
        f,
        &t.t("visits-families"),
        Width::Wide,
        html! {
            h1 { (t.t("visits-families")) }
            @if !waiting.is_empty() {
                h2 { (t.t("visits-waiting")) }
                p { (t.t("visits-waiting-lead")) }
                (rows(f, supervisor, &waiting, "visits-waiting"))
                h2 { (t.t("visits-given")) }
            }
            @if supervisor { p { a href="/visits/versions" { (t.t("version-title")) } } }
            @if given.is_empty() { p { (t.t("visits-families-none")) } } @else { (rows(f, supervisor, &given, "visits-families")) }
        },
    )
}

fn rows(f: &Frame, supervisor: bool, lines: &[&Line], caption: &str) -> Markup {
    let t = f.t;
    let mut headings: Vec<String> = ["visits-mother", "visits-protocol", "visits-next", "visits-until", "visits-last"]
        .map(|k| t.t(k).into_owned())
        .to_vec();
    if supervisor {
        headings.push(t.t("visits-nurse").into_owned());
    }
    let cells = |l: &&Line| {
        let mut row = vec![
            html! { a href=(l.href) { (l.name) } },
            html! { (l.protocol) @if let Some(tier) = &l.tier { " · " strong { (tier) } } },
            html! { @if let Some((visit, _, _)) = &l.next { (visit) } @else { "–" } },
            html! { @if let Some((_, day, late)) = &l.next { span.nowrap { (t.date(*day)) } @if *late { " " (tag(Mark::Fault, &t.t("visits-late"))) } } @else { "–" } },
            html! { @if let Some(day) = l.last { span.nowrap { (t.date(day)) } } @else { "–" } },
        ];
        if supervisor {
            row.push(html! {
                @match &l.nurse {
                    Some(nurse) => (nurse),
                    None if l.agreed => (tag(Mark::Open, &t.t("visits-to-give"))),
                    None => (tag(Mark::Open, &t.t("visits-to-ask"))),
                }
                br; span.small.soft { (l.place) }
            });
        }
        row
    };
    let rows: Vec<Vec<Markup>> = lines.iter().map(cells).collect();
    table(&t.t(caption), &headings, &rows)
}
