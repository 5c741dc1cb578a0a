//! Form fields: label, hint, error and input, tied together for screen readers.

use maud::{Markup, html};

use super::icon;
use crate::form::Form;

/// What a one-line field may have besides its label.
#[derive(Clone, Copy, Debug, Default)]
pub struct Look<'a> {
    /// Said below the label.
    pub hint: &'a str,
    /// `w-s`, `w-m` or empty: how long an answer is expected.
    pub width: &'a str,
    /// `numeric`, `tel`, or empty.
    pub keyboard: &'a str,
    /// The browser's word for what it may fill in (`bday`, `name`), or empty.
    pub autocomplete: &'a str,
    /// A unit shown after the input.
    pub unit: &'a str,
}

/// The id of the input of a field: what the error summary links to.
pub fn id(name: &str) -> String {
    format!("f-{}", name.replace(['.', ' '], "-"))
}

fn described(form: &Form, name: &str, hint: &str) -> Option<String> {
    let id = id(name);
    let parts: Vec<String> =
        [(!hint.is_empty()).then(|| format!("{id}-hint")), form.error(name).is_some().then(|| format!("{id}-error"))]
            .into_iter()
            .flatten()
            .collect();
    (!parts.is_empty()).then(|| parts.join(" "))
}

fn help(form: &Form, name: &str, hint: &str) -> Markup {
    let id = id(name);
    html! {
        @if !hint.is_empty() { p.hint id=(format!("{id}-hint")) { (hint) } }
        @if let Some(why) = form.error(name) {
            p.field-error id=(format!("{id}-error")) { (icon::alert()) span { (why) } }
        }
    }
}

fn wrap(form: &Form, name: &str, content: Markup) -> Markup {
    html! { div.field.field--bad[form.error(name).is_some()] { (content) } }
}

/// A field of one line.
pub fn line(form: &Form, name: &str, label: &str, look: Look<'_>) -> Markup {
    let input = html! {
        input id=(id(name)) name=(name) type="text" value=(form.get(name)) class=(look.width)
            inputmode=[(!look.keyboard.is_empty()).then_some(look.keyboard)]
            autocomplete=(if look.autocomplete.is_empty() { "off" } else { look.autocomplete })
            aria-describedby=[described(form, name, look.hint)]
            aria-invalid=[form.error(name).map(|_| "true")];
    };
    wrap(
        form,
        name,
        html! {
            label for=(id(name)) { (label) }
            (help(form, name, look.hint))
            @if look.unit.is_empty() { (input) } @else { div.affix { (input) span { (look.unit) } } }
        },
    )
}

/// A field of several lines.
pub fn area(form: &Form, name: &str, label: &str, hint: &str, rows: u32) -> Markup {
    wrap(
        form,
        name,
        html! {
            label for=(id(name)) { (label) }
            (help(form, name, hint))
            textarea id=(id(name)) name=(name) rows=(rows) spellcheck="false"
                aria-describedby=[described(form, name, hint)] aria-invalid=[form.error(name).map(|_| "true")] { (form.get(name)) }
        },
    )
}

/// One of many: value and words. An empty `empty` leaves out the first, empty choice.
pub fn select(form: &Form, name: &str, label: &str, hint: &str, empty: &str, options: &[(String, String)]) -> Markup {
    wrap(
        form,
        name,
        html! {
            label for=(id(name)) { (label) }
            (help(form, name, hint))
            select id=(id(name)) name=(name) aria-describedby=[described(form, name, hint)]
                aria-invalid=[form.error(name).map(|_| "true")] {
                @if !empty.is_empty() { option value="" { (empty) } }
                @for (value, words) in options {
                    option value=(value) selected[form.get(name) == value] { (words) }
                }
            }
        },
    )
}

/// Choices within groups: group's words, then value and words.
pub fn grouped_select(
    form: &Form,
    name: &str,
    label: &str,
    hint: &str,
    empty: &str,
    groups: &[(String, Vec<(String, String)>)],
) -> Markup {
    wrap(
        form,
        name,
        html! {
            label for=(id(name)) { (label) }
            (help(form, name, hint))
            select id=(id(name)) name=(name) aria-describedby=[described(form, name, hint)]
                aria-invalid=[form.error(name).map(|_| "true")] {
                option value="" { (empty) }
                @for (group, options) in groups {
                    optgroup label=(group) {
                        @for (value, words) in options {
                            option value=(value) selected[form.get(name) == value] { (words) }
                        }
                    }
                }
            }
        },
    )
}

/// One of a few, all visible.
pub fn radios(form: &Form, name: &str, legend: &str, hint: &str, options: &[(String, String)]) -> Markup {
    choices(form, name, legend, hint, options, "radio")
}

/// Any of a few, all visible.
pub fn boxes(form: &Form, name: &str, legend: &str, hint: &str, options: &[(String, String)]) -> Markup {
    choices(form, name, legend, hint, options, "checkbox")
}

fn choices(form: &Form, name: &str, legend: &str, hint: &str, options: &[(String, String)], kind: &str) -> Markup {
    let chosen: Vec<&str> = form.all(name).collect();
    // The first input carries the plain id, so that the error summary can lead to it.
    let own_id = |index: usize| if index == 0 { id(name) } else { format!("{}-{index}", id(name)) };
    wrap(
        form,
        name,
        html! {
            fieldset aria-describedby=[described(form, name, hint)] {
                legend { (legend) }
                (help(form, name, hint))
                div.choices.choices--row[options.len() <= 3 && options.iter().all(|(_, w)| text::shown_length(w) <= 14)] {
                    @for (index, (value, words)) in options.iter().enumerate() {
                        label.choice for=(own_id(index)) {
                            input type=(kind) id=(own_id(index)) name=(name) value=(value) checked[chosen.contains(&value.as_str())];
                            span { (words) }
                        }
                    }
                }
            }
        },
    )
}

/// A file to be sent; `accept` is the browser's list of kinds.
pub fn file(form: &Form, name: &str, label: &str, hint: &str, accept: &str) -> Markup {
    wrap(
        form,
        name,
        html! {
            label for=(id(name)) { (label) }
            (help(form, name, hint))
            input id=(id(name)) name=(name) type="file" accept=(accept)
                aria-describedby=[described(form, name, hint)] aria-invalid=[form.error(name).map(|_| "true")];
        },
    )
}

/// A single box to tick.
pub fn tick_box(form: &Form, name: &str, value: &str, label: &str) -> Markup {
    wrap(
        form,
        name,
        html! {
            (help(form, name, ""))
            label.choice for=(id(name)) {
                input type="checkbox" id=(id(name)) name=(name) value=(value) checked[form.all(name).any(|v| v == value)];
                span { (label) }
            }
        },
    )
}

/// A field that is carried along and not shown.
pub fn hidden(name: &str, value: &str) -> Markup {
    html! { input type="hidden" name=(name) value=(value); }
}
