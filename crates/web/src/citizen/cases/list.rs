//! My cases: what waits for the family, what runs, what was decided, letters, and drafts not sent yet.

use casework::case::Stage;
use casework::decide::DecisionKind;
use kernel::{Date, Instant, Words};
use maud::{Markup, html};
use text::Text;

use crate::components::frame::{Frame, Width, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, notice};

/// A case in the list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// The programme.
    pub name: Words,
    /// Whose; `None` for the household.
    pub whose: Option<String>,
    /// How far it is.
    pub stage: Stage,
    /// The legal day of the decision.
    pub due: Option<Date>,
    /// How many questions wait for the family.
    pub asked: usize,
    /// How many agencies have not answered yet.
    pub waiting: usize,
    /// The decision in force and its id.
    pub decision: Option<(String, DecisionKind)>,
}

/// A letter.
#[derive(Clone, Debug, PartialEq)]
pub struct Letter {
    /// What it is about.
    pub title: String,
    /// What it says.
    pub lead: String,
    /// The case to go to.
    pub case: Option<String>,
    /// When it was written.
    pub when: Instant,
}

/// An application that was begun and not sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// Its id.
    pub id: String,
    /// The programmes.
    pub names: Vec<Words>,
    /// When it was last saved.
    pub saved: Instant,
}

/// Everything on the page.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Cases {
    /// What was just done; empty: nothing.
    pub done: String,
    /// Cases, the newest first.
    pub lines: Vec<Line>,
    /// Cases of people who gave the signed-in person a power.
    pub others: Vec<Line>,
    /// Letters, the newest first.
    pub letters: Vec<Letter>,
    /// Drafts.
    pub drafts: Vec<Draft>,
    /// The office's hours east of Greenwich.
    pub offset_hours: i8,
}

/// The page.
pub fn page_of(f: &Frame, c: &Cases) -> Markup {
    let t = f.t;
    let asked: Vec<&Line> = c.lines.iter().filter(|l| needs_you(l)).collect();
    let running: Vec<&Line> = c.lines.iter().filter(|l| !needs_you(l) && !l.stage.is_closed()).collect();
    let over: Vec<&Line> = c.lines.iter().filter(|l| !needs_you(l) && l.stage.is_closed()).collect();
    page(
        f,
        &t.t("cases-title"),
        Width::Reading,
        html! {
            @match c.done.as_str() {
                "sent" => (notice(Tone::Done, &t.t("cases-done-sent"), html! { p { (t.t("cases-done-sent-words")) } })),
                "discarded" => (notice(Tone::Done, &t.t("cases-done-discarded"), html! {})),
                _ => {}
            }
            h1 { (t.t("cases-title")) }
            @if c.lines.is_empty() && c.drafts.is_empty() { p.lead { (t.t("cases-none")) } }
            (section(t, "cases-for-you", &asked))
            @if !c.drafts.is_empty() {
                h2 { (t.t("cases-drafts")) }
                ul.tasks { @for d in &c.drafts { li {
                    a href=(format!("/apply/{}", d.id)) {
                        @if d.names.is_empty() { (t.t("cases-draft-empty")) }
                        @for (n, name) in d.names.iter().enumerate() { @if n > 0 { ", " } (name.get(t.lang())) }
                    }
                    span.soft { (t.with("cases-draft-saved", &[("when", t.moment(d.saved, c.offset_hours).into())])) }
                } } }
            }
            (section(t, "cases-running", &running))
            (section(t, "cases-over", &over))
            (section(t, "cases-others", &c.others.iter().collect::<Vec<_>>()))
            div.actions {
                a.btn.btn--second href="/apply" { (t.t("cases-apply")) }
                a.btn.btn--second href="/report" { (t.t("cases-report")) }
            }
            @if !c.letters.is_empty() {
                h2 { (t.t("cases-letters")) }
                ul.cards { @for l in &c.letters { li { article.card {
                    h3 { (l.title) }
                    p.soft.small { (t.moment(l.when, c.offset_hours)) }
                    p { (l.lead) }
                    @if let Some(case) = &l.case { p { a href=(format!("/cases/{case}")) { (t.t("cases-letter-open")) span.hidden-visually { ": " (l.title) } } } }
                } } } }
            }
            p { a href="/complain" { (t.t("cases-complain")) } }
        },
    )
}

/// Whether only the family can take it further.
fn needs_you(l: &Line) -> bool {
    !l.stage.is_closed() && (l.asked > 0 || matches!(l.stage, Stage::AwaitingPerson | Stage::Hearing))
}

fn section(t: Text, key: &str, lines: &[&Line]) -> Markup {
    html! {
        @if !lines.is_empty() {
            h2 { (t.t(key)) }
            ul.cards { @for l in lines { li { (line(t, l)) } } }
        }
    }
}

fn line(t: Text, l: &Line) -> Markup {
    let name = l.name.get(t.lang());
    let to = match (&l.decision, l.stage) {
        (Some((decision, _)), Stage::Decided) => format!("/cases/{}/decisions/{decision}", l.id),
        _ => format!("/cases/{}", l.id),
    };
    html! {
        article.card {
            div.card-head { h3 { a href=(to) { (name) } } (state(t, l)) }
            p.facts-line {
                @match &l.whose { Some(whose) => span { (whose) }, None => span { (t.t("for-household")) } }
                @if !l.stage.is_closed() {
                    @if let Some(due) = l.due { span { (t.with("cases-due", &[("date", t.date(due).into())])) } }
                    @if l.waiting > 0 { span { (t.with("cases-waiting", &[("count", l.waiting.into())])) } }
                }
            }
            @if l.asked > 0 && !l.stage.is_closed() { p { strong { (t.with("cases-asked", &[("count", l.asked.into())])) } } }
        }
    }
}

fn state(t: Text, l: &Line) -> Markup {
    let decided = match (&l.decision, l.stage) {
        (Some((_, kind)), Stage::Decided) => Some(*kind),
        _ => None,
    };
    match decided {
        Some(kind) => kind_tag(t, kind),
        None => stage_tag(t, l.stage),
    }
}

/// What a decision says, as a tag.
pub fn kind_tag(t: Text, kind: DecisionKind) -> Markup {
    let mark = match kind {
        DecisionKind::Grant => Mark::Yes,
        DecisionKind::Change => Mark::Plain,
        DecisionKind::Refuse | DecisionKind::Stop => Mark::No,
    };
    tag(mark, &t.t(&format!("case-kind-{kind}")))
}

/// How far a case is, as a tag.
pub fn stage_tag(t: Text, stage: Stage) -> Markup {
    let mark = match stage {
        Stage::AwaitingPerson | Stage::Hearing => Mark::Open,
        Stage::Decided => Mark::Yes,
        Stage::Withdrawn | Stage::Void => Mark::No,
        Stage::Received | Stage::Investigating | Stage::Official | Stage::Approval => Mark::Plain,
    };
    tag(mark, &t.t(&format!("case-stage-{stage}")))
}
