//! The form of telephone, e-mail and language.

use maud::{Markup, html};

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::error_summary;
use crate::form::Form;

/// Whose contact it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contact {
    /// The name; `None`: one's own.
    pub name: Option<String>,
    /// Where the form is.
    pub address: String,
    /// Where it leads back to.
    pub home: String,
}

/// The form.
pub fn page_of(f: &Frame, form: &Form, c: &Contact) -> Markup {
    let t = f.t;
    let title = match &c.name {
        Some(name) => t.with("contact-title-of", &[("name", name.as_str().into())]),
        None => t.t("contact-title"),
    };
    let languages: Vec<(String, String)> =
        f.langs.iter().map(|l| (l.tag().to_owned(), l.own_name().to_owned())).collect();
    // A browser fills in one's own, and nobody else's.
    let fills = |with| if c.name.is_none() { with } else { "" };
    let (phone, email) = (t.t("contact-phone-hint"), t.t("contact-email-hint"));
    let phone = Look { hint: &phone, keyboard: "tel", autocomplete: fills("tel"), ..Look::default() };
    let email = Look { hint: &email, keyboard: "email", autocomplete: fills("email"), ..Look::default() };
    page(
        f,
        &title,
        Width::Reading,
        html! {
            (back(t, &c.home))
            (error_summary(t, form))
            h1 { (title) }
            p.lead { (t.t(if c.name.is_some() { "contact-lead-counter" } else { "contact-lead" })) }
            form method="post" action=(c.address) novalidate {
                (field::line(form, "phone", &t.t("contact-phone"), phone))
                (field::line(form, "email", &t.t("contact-email"), email))
                (field::radios(form, "language", &t.t("contact-language"), &t.t("contact-language-hint"), &languages))
                button.btn type="submit" { (t.t("contact-keep")) }
            }
        },
    )
}
