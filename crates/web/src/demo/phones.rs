//! The messages of a demonstration: what would be on families' telephones, for its visitor to read and follow.

use std::sync::Arc;

use kernel::{Instant, Lang};
use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, page};
use crate::form::Form;

/// A message as it left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The telephone number, or the e-mail address.
    pub to: String,
    /// Who of the demonstration's sign-ins reads it there.
    pub who: Option<String>,
    /// Its language.
    pub lang: Lang,
    /// What it says; an address at its end is a link.
    pub text: String,
    /// When it left.
    pub at: Instant,
}

/// Everything that left for a demonstration's telephones.
pub trait Phones: Send + Sync {
    /// All messages, the newest first.
    ///
    /// # Errors
    /// They cannot be read.
    fn sent(&self) -> std::io::Result<Vec<Sent>>;
}

/// A demonstration's telephones, as the configuration holds them.
#[derive(Clone)]
pub struct Post(pub Arc<dyn Phones>);

impl std::fmt::Debug for Post {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Post")
    }
}

/// How many are shown.
pub(super) const MOST: usize = 50;

/// The page: those that `who` of the form names, the newest first.
pub fn page_of(f: &Frame, form: &Form, all: &[Sent], offset_hours: i8) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("demo-messages"),
        Width::Reading,
        html! {
            h1 { (t.t("demo-messages")) }
            p.lead { (t.t("demo-messages-lead")) }
            form method="get" action="/demo/messages" {
                (field::line(form, "who", &t.t("demo-messages-who"), Look { hint: &t.t("demo-messages-who-hint"), ..Look::default() }))
                div.actions { button.btn.btn--second type="submit" { (t.t("demo-messages-show")) } }
            }
            @if all.is_empty() { p { (t.t("demo-messages-none")) } }
            ul.cards { @for sent in all { li { article.card {
                div.card-head { h2.h3 { @if let Some(who) = &sent.who { (who) " · " } (sent.to) } }
                (words(sent))
                p.small.soft { (t.moment(sent.at, offset_hours)) }
            } } } }
        },
    )
}

/// The text with the address at its end as a link.
fn words(sent: &Sent) -> Markup {
    let (text, link) = match sent.text.rsplit_once(char::is_whitespace) {
        Some((text, link)) if link.starts_with("http://") || link.starts_with("https://") => (text, Some(link)),
        _ => (sent.text.as_str(), None),
    };
    html! { p lang=(sent.lang.tag()) { (text) @if let Some(link) = link { " " a href=(link) { (link) } } } }
}

/// Whether a message is to somebody the visitor looks for: by a part of the number, or of the name of a sign-in.
pub(super) fn fits(sent: &Sent, who: &str) -> bool {
    let who = who.trim().to_lowercase();
    let names = [Some(&sent.to), sent.who.as_ref()];
    who.is_empty() || names.into_iter().flatten().any(|name| name.to_lowercase().contains(&who))
}
