//! The account of whoever is signed in: who they are here, and signing out, here or everywhere.

use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, page};
use crate::request::Session;

/// The page.
pub(crate) async fn show(_: Session, f: Frame) -> Response {
    page_of(&f).into_response()
}

/// The page as markup.
pub fn page_of(f: &Frame) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("account-title"),
        Width::Reading,
        html! {
            h1 { (t.t("account-title")) }
            @if let Some(who) = &f.who {
                p.lead { (t.with("account-lead", &[("name", who.name.as_str().into()), ("role", t.t(who.role_key).into())])) }
            }
            form.actions method="post" action="/sign-out" { button.btn type="submit" { (t.t("account-here")) } }
            h2 { (t.t("account-everywhere")) }
            p { (t.t("account-everywhere-words")) }
            form.actions method="post" action="/sign-out/everywhere" {
                button.btn.btn--danger type="submit" { (t.t("account-everywhere")) }
            }
        },
    )
}
