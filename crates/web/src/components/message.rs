//! What a page says about itself: faults in a form, something done, something to heed.

use maud::{Markup, html};
use text::Text;

use super::field;
use crate::form::Form;

/// The box on top of a refused form, leading to each field.
pub fn error_summary(t: Text, form: &Form) -> Markup {
    html! {
        @if !form.is_fine() {
            div.summary-error role="alert" aria-labelledby="error-summary-title" tabindex="-1" {
                h2 #error-summary-title { (t.t("error-summary-title")) }
                ul {
                    @for (name, why) in form.errors() { li { a href=(format!("#{}", field::id(name))) { (why) } } }
                }
            }
        }
    }
}

/// How a message is meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// For information.
    Info,
    /// Something went well.
    Done,
    /// Take care.
    Warn,
    /// Not allowed or dangerous.
    Stop,
}

/// A message with a heading.
pub fn notice(tone: Tone, heading: &str, content: Markup) -> Markup {
    let class = match tone {
        Tone::Info => "notice",
        Tone::Done => "notice notice--done",
        Tone::Warn => "notice notice--warn",
        Tone::Stop => "notice notice--stop",
    };
    html! {
        div class=(class) role=[(tone == Tone::Done).then_some("status")] {
            h2 { (heading) }
            (content)
        }
    }
}
