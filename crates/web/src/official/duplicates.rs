//! Records that may be one human being: the list, two side by side, joining and undoing it.

use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::table;
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// One proposal. The list names nobody: who the two are is seen, and logged, when they are compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Where the two are compared.
    pub path: String,
    /// How much likelier one person is than two.
    pub odds: i64,
    /// The keys of the messages that say what speaks for and against.
    pub findings: Vec<&'static str>,
}

/// Two records that were joined. The list names nobody either.
#[derive(Clone, Debug, PartialEq)]
pub struct Joined {
    /// Where it can be undone.
    pub path: String,
    /// When.
    pub when: String,
}

/// Two records beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// What speaks for and against.
    pub proposal: Proposal,
    /// Heading, left value, right value.
    pub rows: Vec<(String, String, String)>,
    /// The ids of the two records.
    pub ids: (String, String),
}

fn findings(f: &Frame, p: &Proposal) -> String {
    p.findings.iter().map(|key| f.t.t(key)).collect::<Vec<_>>().join(" · ")
}

fn odds(f: &Frame, p: &Proposal) -> String {
    f.t.with("duplicates-odds-value", &[("odds", f.t.number(p.odds).into())]).into_owned()
}

/// The open proposals, the most certain first, with the address of more of them; and what was joined lately.
pub fn list(
    f: &Frame,
    (proposals, more): (&[Proposal], Option<String>),
    joined: &[Joined],
    done: Option<&str>,
) -> Markup {
    let t = f.t;
    let headings = ["duplicates-pair", "duplicates-odds", "duplicates-speaks"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = proposals
        .iter()
        .enumerate()
        .map(|(n, p)| {
            vec![
                html! { a href=(p.path) { (t.with("duplicates-number", &[("number", (n + 1).into())])) } },
                html! { span.num.nowrap { (odds(f, p)) } },
                html! { (findings(f, p)) },
            ]
        })
        .collect();
    page(
        f,
        &t.t("duplicates-title"),
        Width::Wide,
        html! {
            @if let Some(done) = done { (notice(Tone::Done, done, html! {})) }
            h1 { (t.t("duplicates-title")) }
            p.lead { (t.t("duplicates-lead")) }
            @if rows.is_empty() { p { (t.t("duplicates-none")) } } @else { (table(&t.t("duplicates-title"), &headings, &rows)) }
            @if let Some(more) = &more { p { a href=(more) { (t.t("duplicates-more")) } } }
            @if !joined.is_empty() {
                h2 { (t.t("duplicates-joined")) }
                ul.tasks { @for j in joined { li { a href=(j.path) { (t.with("duplicates-joined-on", &[("when", j.when.as_str().into())])) } } } }
            }
        },
    )
}

/// Two records side by side.
pub fn compare(f: &Frame, form: &Form, c: &Comparison) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("duplicates-compare"),
        Width::Wide,
        html! {
            (back(t, "/official/duplicates"))
            (error_summary(t, form))
            h1 { (t.t("duplicates-compare")) }
            p { (findings(f, &c.proposal)) " – " (t.t("duplicates-odds")) " " (odds(f, &c.proposal)) }
            div.scroll role="region" aria-label=(t.t("duplicates-compare")) tabindex="0" {
                table {
                    caption.hidden-visually { (t.t("duplicates-compare")) }
                    thead { tr {
                        th scope="col" { (t.t("fact")) } th scope="col" { (t.t("duplicates-first")) }
                        th scope="col" { (t.t("duplicates-second")) } th scope="col" { (t.t("duplicates-same")) }
                    } }
                    tbody { @for (heading, left, right) in &c.rows {
                        tr.differs[left != right] {
                            th scope="row" { (heading) } td { (left) } td { (right) }
                            // What neither record tells, or what may not be seen, is neither same nor different.
                            td { @if left == "–" && right == "–" { "–" } @else if left == right { (t.t("yes")) } @else { strong { (t.t("no")) } } }
                        }
                    } }
                }
            }
            form method="post" action=(c.proposal.path) novalidate {
                (field::radios(form, "keep", &t.t("duplicates-keep"), &t.t("duplicates-keep-hint"), &[
                    (c.ids.0.clone(), t.t("duplicates-first").into_owned()), (c.ids.1.clone(), t.t("duplicates-second").into_owned()),
                ]))
                (field::line(form, "reason", &t.t("reason"), Look::default()))
                div.actions {
                    button.btn type="submit" name="do" value="merge" { (t.t("duplicates-merge")) }
                    button.btn.btn--second type="submit" name="do" value="different" { (t.t("duplicates-keep-apart")) }
                }
            }
        },
    )
}

/// After joining: how to undo it.
pub fn joined(f: &Frame, form: &Form, action: &str) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("duplicates-undo-title"),
        Width::Reading,
        html! {
            (back(t, "/official/duplicates"))
            (error_summary(t, form))
            h1 { (t.t("duplicates-undo-title")) }
            p { (t.t("duplicates-undo-words")) }
            form method="post" action=(action) novalidate {
                button.btn.btn--danger type="submit" { (t.t("duplicates-unmerge")) }
            }
        },
    )
}
