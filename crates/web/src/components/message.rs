//! What a page says about itself: faults in a form, something done, something to heed.

use maud::{Markup, html};
use text::Text;

use super::field;
use crate::form::Form;

/// The message that names each field, wherever it stands. A field of a list bears its number behind or in front: `name-2`,
/// `m0-born`.
const FIELDS: [(&str, &str); 36] = [
    ("account", "log-account"),
    ("address", "address"),
    ("born", "birth-date"),
    ("children", "event-unborn"),
    ("code", "local-code"),
    ("confirmed", "event-confirmed"),
    ("due", "check-due"),
    ("evidence", "event-evidence"),
    ("file", "import-file"),
    ("from", "log-from"),
    ("household", "try-household"),
    ("identifier", "identifier"),
    ("item", "fact"),
    ("keep", "duplicates-keep"),
    ("known", "household-as-of-hint"),
    ("law", "law"),
    ("login", "local-login"),
    ("mother", "event-mother"),
    ("name", "name"),
    ("offer", "offers"),
    ("on", "date"),
    ("order", "event-order"),
    ("password", "local-password"),
    ("person", "log-person"),
    ("place", "place"),
    ("purpose", "purpose"),
    ("q", "search-what-short"),
    ("reason", "reason"),
    ("second", "event-second-parent"),
    ("sex", "event-sex"),
    ("source", "import-source"),
    ("street", "event-street"),
    ("table", "import-table"),
    ("to", "log-to"),
    ("told", "event-told"),
    ("value", "fact-value"),
];

/// What a field is called, as far as a message names it.
fn field_name(t: Text, name: &str) -> Option<String> {
    let counted = |n: &str| n.parse::<u32>().ok();
    let (plain, number) = match (name.split_once('-'), name.rsplit_once('-')) {
        // The members of a household are counted from 0.
        (Some((who, plain)), _) if who.strip_prefix('m').and_then(counted).is_some() => {
            (plain, who.strip_prefix('m').and_then(counted).map(|n| n + 1))
        }
        (_, Some((plain, n))) if counted(n).is_some() => (plain, counted(n)),
        _ => (name, None),
    };
    let key = FIELDS.iter().find(|(field, _)| *field == plain).map(|(_, key)| *key)?;
    let words = t.t(key).trim_end_matches('?').to_owned();
    Some(match number {
        Some(number) => format!("{words} ({number})"),
        None => words,
    })
}

/// The box on top of a refused form, leading to each field and naming it.
pub fn error_summary(t: Text, form: &Form) -> Markup {
    error_summary_of(t, form, |_| None)
}

/// The same where the page itself knows what some fields are called.
pub fn error_summary_of(t: Text, form: &Form, known: impl Fn(&str) -> Option<String>) -> Markup {
    html! {
        @if !form.is_fine() {
            div.summary-error role="alert" aria-labelledby="error-summary-title" tabindex="-1" {
                h2 #error-summary-title { (t.t("error-summary-title")) }
                ul {
                    @for (name, why) in form.errors() { li { a href=(format!("#{}", field::id(name))) {
                        @if let Some(field) = known(name).or_else(|| field_name(t, name)) { (field) ": " }
                        (why)
                    } } }
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
