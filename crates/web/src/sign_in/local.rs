//! The break-glass form: a local account with password and code, for the hours when the identity provider is away.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use guard::account::{self, AccountError, SignedInBy};
use maud::html;
use serde::Deserialize;

use super::{SignIn, SignInError};
use crate::components::frame::{Frame, Width, page};
use crate::components::message::{Tone, notice};
use crate::form::is_plain;

/// Most characters of a field.
const LONGEST: usize = 200;

/// What the form sends. Has no `Debug`: it holds a password.
#[derive(Deserialize)]
pub(super) struct Typed {
    login: String,
    password: String,
    code: String,
}

pub(super) async fn form(State(sign_in): State<SignIn>, request: Request) -> Response {
    let (mut parts, _) = request.into_parts();
    show(&sign_in, &mut parts, StatusCode::OK, "", None).await
}

pub(super) async fn submit(State(sign_in): State<SignIn>, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let request = Request::from_parts(parts.clone(), body);
    let Ok(axum::Form(typed)) = axum::Form::<Typed>::from_request(request, &()).await else {
        return show(&sign_in, &mut parts, StatusCode::UNPROCESSABLE_ENTITY, "", Some(Message::Wrong)).await;
    };
    // Nobody has such a name, and no database could be asked for it.
    if !is_plain(&typed.login) || typed.login.chars().count() > LONGEST {
        return show(&sign_in, &mut parts, StatusCode::UNPROCESSABLE_ENTITY, "", Some(Message::Wrong)).await;
    }
    let app = sign_in.app();
    let from = parts.extensions.get::<ConnectInfo<SocketAddr>>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |c| c.ip());
    let known =
        account::sign_in_local(&app.db, app.guard.keys(), app.now(), &typed.login, &typed.password, &typed.code, from);
    let entered = match known.await {
        Ok(account) => {
            let by = SignedInBy { strong: true, break_glass: true };
            sign_in.enter(account, by, "signed in by a break-glass account").await
        }
        Err(error) => Err(error.into()),
    };
    match entered {
        Ok(started) => {
            tracing::warn!(account = %started.who.account, "a break-glass account was used");
            let cookie = sign_in.cookies().set_session(&started.token);
            ([(header::SET_COOKIE, cookie)], Redirect::to("/")).into_response()
        }
        Err(error) => refuse(&sign_in, &mut parts, &typed.login, &error).await,
    }
}

#[derive(Clone, Copy)]
enum Message {
    Wrong,
    Wait(u32),
}

async fn refuse(sign_in: &SignIn, parts: &mut Parts, login: &str, error: &SignInError) -> Response {
    let (status, message) = match error {
        SignInError::Account(AccountError::Wait(seconds)) => (StatusCode::TOO_MANY_REQUESTS, Message::Wait(*seconds)),
        SignInError::Account(AccountError::Wrong) => (StatusCode::UNPROCESSABLE_ENTITY, Message::Wrong),
        other => return sign_in.refuse(parts, other).await,
    };
    if let Err(error) = sign_in.app().guard.note_sign_in(None, &format!("break-glass failed: {error}"), false).await {
        tracing::error!(%error, "a failed sign-in could not be logged");
    }
    show(sign_in, parts, status, login, Some(message)).await
}

/// The form, with the name that was typed; password and code are typed again.
async fn show(
    sign_in: &SignIn,
    parts: &mut Parts,
    status: StatusCode,
    login: &str,
    message: Option<Message>,
) -> Response {
    let Ok(f) = Frame::from_request_parts(parts, sign_in.app()).await;
    let t = f.t;
    let why = message.map(|m| match m {
        Message::Wrong => t.t("local-wrong").into_owned(),
        Message::Wait(seconds) => format!("{} {seconds} s", t.t("local-wait")),
    });
    let field = |name: &str, kind: &str, fill: &str, typed: Option<&str>| {
        let id = format!("f-{name}");
        html! { div.field {
            label for=(id) { (t.t(&format!("local-{name}"))) }
            input id=(id) name=(name) type=(kind) value=[typed] autocomplete=(fill) required maxlength=(LONGEST);
        } }
    };
    let markup = page(
        &f,
        &t.t("local-title"),
        Width::Reading,
        html! {
            @if let Some(why) = why { (notice(Tone::Stop, &t.t("sign-in-failed"), html! { p { (why) } })) }
            h1 { (t.t("local-title")) }
            p.lead { (t.t("local-lead")) }
            form method="post" action="/sign-in/local" {
                (field("login", "text", "username", Some(login)))
                (field("password", "password", "current-password", None))
                (field("code", "text", "one-time-code", None))
                button.btn type="submit" { (t.t("sign-in")) }
            }
        },
    );
    (status, markup).into_response()
}
