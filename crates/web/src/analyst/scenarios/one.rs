//! One scenario: what is changed, what it does, and where it goes.

use maud::{Markup, html};
use population::scenario::{Progress, Stage};

use super::stage;
use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, pairs, table, tag};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A comparison of the scenario.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// Its id.
    pub id: String,
    /// When it was asked for, in words.
    pub when: String,
    /// How far it is.
    pub progress: Progress,
    /// Whether the scenario is still what was compared.
    pub fresh: bool,
}

/// A worked case that does not hold any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// Its id.
    pub id: String,
    /// Its file.
    pub file: String,
    /// The line.
    pub line: u32,
    /// What is otherwise.
    pub says: String,
}

/// What whoever looks may do.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct May {
    /// Change files, submit, discard.
    pub edit: bool,
    /// Publish or send back.
    pub decide: bool,
    /// Compare.
    pub compare: bool,
    /// Copy it to the pack in force.
    pub copy: bool,
}

/// The page's contents.
#[derive(Clone, Debug, PartialEq)]
pub struct Vm {
    /// The id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// How far it is.
    pub stage: Stage,
    /// Who began it.
    pub author: String,
    /// Who submitted it.
    pub submitter: Option<String>,
    /// Who published it or sent it back, and what they said.
    pub approver: Option<(String, String)>,
    /// Content hash of the pack under it.
    pub base: String,
    /// Whether that is in force.
    pub in_force: bool,
    /// Content hash of the pack it became.
    pub published: Option<String>,
    /// Changed files.
    pub files: Vec<String>,
    /// What is different, a line each.
    pub differences: Vec<String>,
    /// Worked cases that do not hold.
    pub broken: Vec<Broken>,
    /// Comparisons, the last first.
    pub runs: Vec<Run>,
    /// Files that may be changed: path and name.
    pub choices: Vec<(String, String)>,
    /// What whoever looks may do.
    pub may: May,
    /// What was just done: a message's key.
    pub done: Option<&'static str>,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, vm: &Vm) -> Markup {
    let t = f.t;
    let here = format!("/analyst/scenarios/{}", vm.id);
    let (mark, key) = stage(vm.stage);
    let short = |hash: &str| hash.chars().take(16).collect::<String>();
    let mut about = vec![
        (t.t("scenario-stage").into_owned(), tag(mark, &t.t(key))),
        (t.t("scenario-author").into_owned(), html! { (vm.author) }),
        (t.t("scenario-base").into_owned(), html! { code { (short(&vm.base)) } }),
    ];
    if let Some(submitter) = &vm.submitter {
        about.push((t.t("scenario-submitter").into_owned(), html! { (submitter) }));
    }
    if let Some((approver, said)) = &vm.approver {
        about.push((t.t("scenario-approver").into_owned(), html! { (approver) @if !said.is_empty() { ": " (said) } }));
    }
    if let Some(published) = &vm.published {
        about.push((t.t("scenario-published").into_owned(), html! { code { (short(published)) } }));
    }
    page(
        f,
        &vm.name,
        Width::Wide,
        html! {
            (back(t, "/analyst/scenarios"))
            (error_summary(t, form))
            @if let Some(done) = vm.done { (notice(Tone::Done, &t.t(done), html! {})) }
            h1 { (vm.name) }
            (pairs(&about))
            @if !vm.in_force && vm.stage != Stage::Published {
                (notice(Tone::Warn, &t.t("scenario-moved"), html! { p { (t.t("scenario-moved-do")) } }))
            }
            (changes(f, form, vm, &here))
            (comparisons(f, vm, &here))
            (cases(f, vm, &here))
            (ways(f, form, vm, &here))
        },
    )
}

fn changes(f: &Frame, form: &Form, vm: &Vm, here: &str) -> Markup {
    let t = f.t;
    html! {
        h2 id=(field::id("act")) { (t.t("scenario-changes")) }
        @if vm.files.is_empty() { p { (t.t("scenario-nothing-changed")) } }
        @else {
            ul { @for file in &vm.files { li { a href=(edit(here, file)) { code { (file) } } } } }
            @if !vm.differences.is_empty() {
                h3 { (t.t("scenario-differences")) }
                ul { @for line in &vm.differences { li { (line) } } }
            }
        }
        @if vm.may.edit {
            form method="get" action=(format!("{here}/file")) {
                (field::select(form, "path", &t.t("scenario-file"), &t.t("scenario-file-hint"), "", &vm.choices))
                button.btn.btn--second type="submit" { (t.t("scenario-open-file")) }
            }
        }
    }
}

/// The address of a file's page.
pub(crate) fn edit(here: &str, file: &str) -> String {
    let query = url::form_urlencoded::Serializer::new(String::new()).append_pair("path", file).finish();
    format!("{here}/file?{query}")
}

fn comparisons(f: &Frame, vm: &Vm, here: &str) -> Markup {
    let t = f.t;
    let headings = ["scenario-when", "scenario-progress", "scenario-of-now"].map(|k| t.t(k).into_owned());
    let rows: Vec<Vec<Markup>> = vm
        .runs
        .iter()
        .map(|run| {
            let (mark, key) = progress(run.progress);
            let fresh = if run.fresh { "yes" } else { "no" };
            vec![
                html! { a href=(format!("/analyst/comparisons/{}", run.id)) { (run.when) } },
                tag(mark, &t.t(key)),
                html! { (t.t(fresh)) },
            ]
        })
        .collect();
    html! {
        h2 { (t.t("scenario-comparisons")) }
        p { (t.t("scenario-comparisons-lead")) }
        @if vm.may.compare { (act(f, here, "compare", "scenario-compare", true)) }
        @if !rows.is_empty() { (table(&t.t("scenario-comparisons"), &headings, &rows)) }
    }
}

/// How far a comparison is, in words.
pub(crate) fn progress(progress: Progress) -> (Mark, &'static str) {
    match progress {
        Progress::Waiting => (Mark::Open, "scenario-progress-waiting"),
        Progress::Running => (Mark::Open, "scenario-progress-running"),
        Progress::Done => (Mark::Yes, "scenario-progress-done"),
        Progress::Failed => (Mark::Fault, "scenario-progress-failed"),
    }
}

fn cases(f: &Frame, vm: &Vm, here: &str) -> Markup {
    let t = f.t;
    html! {
        @if !vm.broken.is_empty() {
            h2 { (t.with("scenario-broken", &[("count", vm.broken.len().into())])) }
            p { (t.t("scenario-broken-lead")) }
            ul { @for case in &vm.broken { li {
                @if vm.may.edit { a href=(edit(here, &case.file)) { (case.id) } } @else { (case.id) }
                " " span.small.soft { (case.file) ":" (case.line) }
                @if !case.says.is_empty() { p.small { (case.says) } }
            } } }
        }
    }
}

fn ways(f: &Frame, form: &Form, vm: &Vm, here: &str) -> Markup {
    let t = f.t;
    html! {
        @if vm.may.edit || vm.may.decide || vm.may.copy {
            h2 { (t.t("scenario-ways")) }
            @if vm.may.edit {
                p { (t.t("scenario-submit-lead")) }
                div.actions {
                    @if !vm.files.is_empty() { (act(f, here, "submit", "scenario-submit", false)) }
                    (act(f, here, "discard", "scenario-discard", false))
                }
            }
            @if vm.may.decide {
                p { (t.t("scenario-decide-lead")) }
                form method="post" action=(here) novalidate {
                    (field::area(form, "said", &t.t("scenario-said"), &t.t("scenario-said-hint"), 3))
                    div.actions {
                        button.btn type="submit" name="act" value="publish" { (t.t("scenario-publish")) }
                        button.btn.btn--second type="submit" name="act" value="back" { (t.t("scenario-send-back")) }
                    }
                }
            }
            @if vm.may.copy { (act(f, here, "copy", "scenario-copy", false)) }
        }
    }
}

fn act(f: &Frame, here: &str, act: &str, key: &str, first: bool) -> Markup {
    let class = if first { "btn" } else { "btn btn--second" };
    html! {
        form method="post" action=(here) { button class=(class) type="submit" name="act" value=(act) { (f.t.t(key)) } }
    }
}
