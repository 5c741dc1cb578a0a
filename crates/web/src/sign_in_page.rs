//! The page that leads to the sign-in service; in the demonstration with one choice a role.

use maud::{Markup, html};

use crate::components::frame::{Frame, Width, page};
use crate::components::message::{Tone, notice};

/// One invented account to enter with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// Where it leads.
    pub href: String,
    /// The key of the message that names the role.
    pub role_key: &'static str,
    /// The invented name.
    pub name: String,
    /// The key of the message that says what to try; empty for none.
    pub try_key: &'static str,
}

/// The page. Without choices it leads to the one sign-in service of the installation at `go`.
pub fn page_of(f: &Frame, choices: &[Choice], go: &str, failed: Option<&str>) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("sign-in-title"),
        Width::Reading,
        html! {
            @if let Some(why) = failed { (notice(Tone::Stop, &t.t("sign-in-failed"), html! { p { (why) } })) }
            h1 { (t.t("sign-in-title")) }
            @if choices.is_empty() {
                p.lead { (t.t("sign-in-real")) }
                p { a.btn href=(go) { (t.t("sign-in-go")) } }
            } @else {
                p.lead { (t.t("sign-in-lead")) }
                ul.roles { @for c in choices { li {
                    a.role-card href=(c.href) {
                        strong { (t.t(c.role_key)) }
                        span { (c.name) }
                        @if !c.try_key.is_empty() { br; span.small.soft { (t.t(c.try_key)) } }
                    }
                } } }
            }
        },
    )
}
