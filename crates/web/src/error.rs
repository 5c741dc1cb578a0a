//! Pages for what goes wrong: each says what happened and what to do now.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, page};

/// What a person can be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Sign in first.
    SignIn,
    /// Not allowed; the reason in words from the guard, if it may be told.
    Forbidden(Option<String>),
    /// There is no such page or record, or it may not be told that there is.
    NotFound,
    /// The form was sent from another site or is too old.
    Refused,
    /// Somebody else changed it meanwhile.
    Conflict(String),
    /// Too large.
    TooLarge,
    /// Too many requests; seconds to wait.
    TooMany(i64),
    /// Our fault; the number finds it in the records of the system.
    Internal(String),
    /// The database does not answer.
    Busy(String),
}

impl Fault {
    /// The HTTP status.
    pub fn status(&self) -> StatusCode {
        match self {
            Fault::SignIn => StatusCode::UNAUTHORIZED,
            Fault::Forbidden(_) | Fault::Refused => StatusCode::FORBIDDEN,
            Fault::NotFound => StatusCode::NOT_FOUND,
            Fault::Conflict(_) => StatusCode::CONFLICT,
            Fault::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Fault::TooMany(_) => StatusCode::TOO_MANY_REQUESTS,
            Fault::Internal(_) => StatusCode::INTERNAL_SERVER_ERROR,
            Fault::Busy(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    fn keys(&self) -> (&'static str, &'static str) {
        match self {
            Fault::SignIn => ("error-sign-in-title", "error-sign-in-do"),
            Fault::Forbidden(_) => ("error-forbidden-title", "error-forbidden-do"),
            Fault::NotFound => ("error-not-found-title", "error-not-found-do"),
            Fault::Refused => ("error-refused-title", "error-refused-do"),
            Fault::Conflict(_) => ("error-conflict-title", "error-conflict-do"),
            Fault::TooLarge => ("error-too-large-title", "error-too-large-do"),
            Fault::TooMany(_) => ("error-too-many-title", "error-too-many-do"),
            Fault::Internal(_) => ("error-internal-title", "error-internal-do"),
            Fault::Busy(_) => ("error-busy-title", "error-busy-do"),
        }
    }

    /// The page.
    pub fn page(&self, f: &Frame) -> Markup {
        let t = f.t;
        let (title, todo) = self.keys();
        page(
            f,
            &t.t(title),
            Width::Reading,
            html! {
                h1 { (t.t(title)) }
                @match self {
                    Fault::Forbidden(Some(why)) | Fault::Conflict(why) if !why.is_empty() => p.lead { (why) },
                    _ => {}
                }
                p { (t.t(todo)) }
                @match self {
                    Fault::Internal(number) | Fault::Busy(number) => p { strong { (t.with("error-number", &[("number", number.into())])) } },
                    Fault::TooMany(seconds) => p { (t.with("error-wait", &[("count", (*seconds).into())])) },
                    _ => {}
                }
                div.actions {
                    @if *self == Fault::SignIn { a.btn href="/sign-in" { (t.t("sign-in")) } }
                    a.btn.btn--second href="/" { (t.t("error-home")) }
                }
            },
        )
    }

    /// The response with its page.
    pub fn response(&self, f: &Frame) -> Response {
        (self.status(), self.page(f)).into_response()
    }
}

/// The page for what the guard refused: as if there were nothing, where even that there is something must not be told.
pub(crate) fn denied(f: &Frame, denied: &guard::Denied) -> Response {
    let fault = match denied {
        guard::Denied::Refused(_) if denied.as_if_absent() => Fault::NotFound,
        guard::Denied::Refused(_) => Fault::Forbidden(None),
        guard::Denied::NotLogged(why) => {
            tracing::error!(%why, "the disclosure log is not available");
            Fault::Busy(String::new())
        }
        guard::Denied::Mismatch(why) => {
            tracing::error!(%why, "a page asked for people it had not named");
            Fault::Internal(String::new())
        }
    };
    fault.response(f)
}
