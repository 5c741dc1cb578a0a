//! Records that may be one human being: the list, two side by side, merging and unmerging.

use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// One proposal in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Proposal {
    /// Its id.
    pub id: String,
    /// The two names.
    pub names: (String, String),
    /// How alike, in percent.
    pub likeness: i64,
    /// How it stands.
    pub state: ProposalState,
}

/// How a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProposalState {
    /// Nobody has decided.
    Open,
    /// The records are one now.
    Merged,
    /// Two different people.
    Different,
}

/// Two records beside each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Comparison {
    /// The proposal.
    pub proposal: Proposal,
    /// Heading key, left value, right value.
    pub rows: Vec<(String, String, String)>,
    /// The ids of the two records.
    pub ids: (String, String),
}

/// The list of open proposals.
pub fn list(f: &Frame, proposals: &[Proposal], done: Option<&str>) -> Markup {
    let t = f.t;
    let headings = ["duplicates-pair", "duplicates-likeness", "state"].map(|key| t.t(key).into_owned());
    let rows: Vec<Vec<Markup>> = proposals.iter().map(|p| vec![
        html! { a href=(format!("/official/duplicates/{}", p.id)) { (p.names.0) " / " (p.names.1) } },
        html! { (t.with("unit-percent", &[("count", p.likeness.into())])) },
        state(f, p.state),
    ]).collect();
    page(f, &t.t("duplicates-title"), Width::Wide, html! {
        @if let Some(done) = done { (notice(Tone::Done, done, html! {})) }
        h1 { (t.t("duplicates-title")) }
        p.lead { (t.t("duplicates-lead")) }
        @if rows.is_empty() { p { (t.t("duplicates-none")) } } @else { (table(&t.t("duplicates-title"), &headings, &rows)) }
        form method="post" action="/official/duplicates/find" { button.btn.btn--second type="submit" { (t.t("duplicates-find")) } }
    })
}

fn state(f: &Frame, state: ProposalState) -> Markup {
    match state {
        ProposalState::Open => tag(Mark::Open, &f.t.t("duplicates-open")),
        ProposalState::Merged => tag(Mark::Yes, &f.t.t("duplicates-merged")),
        ProposalState::Different => tag(Mark::No, &f.t.t("duplicates-different")),
    }
}

/// Two records side by side.
pub fn compare(f: &Frame, form: &Form, c: &Comparison) -> Markup {
    let t = f.t;
    let action = format!("/official/duplicates/{}", c.proposal.id);
    page(f, &t.t("duplicates-compare"), Width::Wide, html! {
        (back(t, "/official/duplicates"))
        (error_summary(t, form))
        h1 { (t.t("duplicates-compare")) }
        p { (state(f, c.proposal.state)) " " (t.with("duplicates-alike", &[("count", c.proposal.likeness.into())])) }
        div.scroll role="region" aria-label=(t.t("duplicates-compare")) tabindex="0" {
            table {
                caption.hidden-visually { (t.t("duplicates-compare")) }
                thead { tr {
                    th scope="col" { (t.t("fact")) } th scope="col" { (t.t("duplicates-first")) }
                    th scope="col" { (t.t("duplicates-second")) } th scope="col" { (t.t("duplicates-same")) }
                } }
                tbody { @for (key, left, right) in &c.rows {
                    tr.differs[left != right] {
                        th scope="row" { (key) } td { (left) } td { (right) }
                        td { @if left == right { (t.t("yes")) } @else { strong { (t.t("no")) } } }
                    }
                } }
            }
        }
        form method="post" action=(action) novalidate {
            @match c.proposal.state {
                ProposalState::Open => {
                    (field::radios(form, "keep", &t.t("duplicates-keep"), &t.t("duplicates-keep-hint"), &[
                        (c.ids.0.clone(), t.t("duplicates-first").into_owned()), (c.ids.1.clone(), t.t("duplicates-second").into_owned()),
                    ]))
                    (field::line(form, "reason", &t.t("reason"), Look::default()))
                    div.actions {
                        button.btn type="submit" name="do" value="merge" { (t.t("duplicates-merge")) }
                        button.btn.btn--second type="submit" name="do" value="different" { (t.t("duplicates-keep-apart")) }
                    }
                }
                ProposalState::Merged | ProposalState::Different => {
                    (field::line(form, "reason", &t.t("reason"), Look::default()))
                    @if c.proposal.state == ProposalState::Merged {
                        button.btn.btn--danger type="submit" name="do" value="unmerge" { (t.t("duplicates-unmerge")) }
                    }
                }
            }
        }
    })
}
