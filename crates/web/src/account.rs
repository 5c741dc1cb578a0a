//! The account of whoever is signed in: who they are here, what else they may act as, and signing out, here or everywhere.

use axum::response::{IntoResponse, Response};
use guard::Role;
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, page};
use crate::request::{Session, role_key};

/// The page.
pub(crate) async fn show(session: Session, f: Frame) -> Response {
    page_of(&f, &session.others).into_response()
}

/// The page as markup; `others` is what else the account may act as.
pub fn page_of(f: &Frame, others: &[Role]) -> Markup {
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
            @if !others.is_empty() {
                h2 { (t.t("account-act-as")) }
                p { (t.t("account-act-as-words")) }
                form.actions method="post" action="/sign-in/role" { @for role in others {
                    button.btn.btn--second type="submit" name="role" value=(role.word()) { (t.t(role_key(*role))) }
                } }
                h2 { (t.t("account-leave")) }
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
