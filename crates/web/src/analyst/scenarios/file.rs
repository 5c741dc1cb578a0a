//! One file of a scenario, to be changed. What is wrong with it stands above with line, column and a hint.

use maud::{Markup, html};

use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::{Tone, error_summary, notice};
use crate::form::Form;

/// A fault of the pack as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// File, line and column.
    pub place: String,
    /// What is wrong.
    pub what: String,
    /// What was expected.
    pub expected: String,
    /// What may help.
    pub hint: String,
}

/// The page's contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vm {
    /// The scenario's id.
    pub scenario: String,
    /// The scenario's name.
    pub name: String,
    /// The file.
    pub path: String,
    /// What is wrong.
    pub wrong: Vec<Wrong>,
    /// Whether it may be changed.
    pub open: bool,
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, vm: &Vm) -> Markup {
    let t = f.t;
    let here = format!("/analyst/scenarios/{}", vm.scenario);
    page(
        f,
        &vm.path,
        Width::Wide,
        html! {
            (back(t, &here))
            (error_summary(t, form))
            h1 { span.caption { (vm.name) } (vm.path) }
            p.lead { (t.t("scenario-file-lead")) }
            @if !vm.wrong.is_empty() {
                (notice(Tone::Stop, &t.with("scenario-faults", &[("count", vm.wrong.len().into())]), html! {
                    ul { @for wrong in &vm.wrong { li {
                        code { (wrong.place) } " " (wrong.what)
                        @if !wrong.expected.is_empty() { " " (t.with("scenario-expected", &[("expected", wrong.expected.as_str().into())])) }
                        @if !wrong.hint.is_empty() { br; span.small { (wrong.hint) } }
                    } } }
                }))
            }
            @if vm.open {
                form.code method="post" action=(format!("{here}/file")) novalidate {
                    (field::hidden("path", &vm.path))
                    (field::area(form, "text", &t.t("scenario-text"), &t.t("scenario-text-hint"), 28))
                    button.btn type="submit" { (t.t("scenario-keep")) }
                }
            } @else { pre.scroll tabindex="0" { code { (form.get("text")) } } }
        },
    )
}
