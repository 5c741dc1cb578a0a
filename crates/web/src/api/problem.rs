//! What goes wrong, as `application/problem+json` (RFC 9457): a stable type, words in the language asked for, and a pointer to
//! each field at fault.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use guard::Denied;
use kernel::Lang;
use serde::Serialize;
use store::StoreError;
use text::Text;
use utoipa::ToSchema;

/// A field at fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct FieldFault {
    /// JSON pointer into the body (`/parents/0/role`), or `header:NAME`, `query:NAME`, `path:NAME`, `line:N` of a file.
    pub pointer: String,
    /// What is wrong and what was expected.
    pub message: String,
}

/// A problem, RFC 9457.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Problem {
    /// `urn:hearth:problem:CODE`; stable, for programs.
    #[serde(rename = "type")]
    pub kind: String,
    /// What it is, in words.
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599)]
    pub status: u16,
    /// What happened here and what to do.
    pub detail: String,
    /// The fields at fault.
    pub errors: Vec<FieldFault>,
}

/// The kinds of problem.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Code {
    BadRequest,
    BadJson,
    SignIn,
    Forbidden,
    NotFound,
    WrongMethod,
    Conflict,
    Changed,
    Gone,
    TooLarge,
    TooMany,
    MediaType,
    Invalid,
    KeyReused,
    Internal,
    Unavailable,
    Precondition,
    NotAcceptable,
}

impl Code {
    /// Every kind, for the test that each has its words.
    #[cfg(test)]
    pub(crate) const ALL: [Code; 18] = [
        Code::BadRequest,
        Code::BadJson,
        Code::SignIn,
        Code::Forbidden,
        Code::NotFound,
        Code::WrongMethod,
        Code::Conflict,
        Code::Changed,
        Code::Gone,
        Code::TooLarge,
        Code::TooMany,
        Code::MediaType,
        Code::Invalid,
        Code::KeyReused,
        Code::Internal,
        Code::Unavailable,
        Code::Precondition,
        Code::NotAcceptable,
    ];

    pub(crate) const fn word(self) -> &'static str {
        match self {
            Code::BadRequest => "bad-request",
            Code::BadJson => "bad-json",
            Code::SignIn => "sign-in",
            Code::Forbidden => "forbidden",
            Code::NotFound => "not-found",
            Code::WrongMethod => "wrong-method",
            Code::Conflict => "conflict",
            Code::Changed => "changed",
            Code::Gone => "gone",
            Code::TooLarge => "too-large",
            Code::TooMany => "too-many",
            Code::MediaType => "media-type",
            Code::Invalid => "invalid",
            Code::KeyReused => "key-reused",
            Code::Internal => "internal",
            Code::Unavailable => "unavailable",
            Code::Precondition => "precondition",
            Code::NotAcceptable => "not-acceptable",
        }
    }

    pub(crate) const fn status(self) -> StatusCode {
        match self {
            Code::BadRequest | Code::BadJson => StatusCode::BAD_REQUEST,
            Code::SignIn => StatusCode::UNAUTHORIZED,
            Code::Forbidden => StatusCode::FORBIDDEN,
            Code::NotFound => StatusCode::NOT_FOUND,
            Code::WrongMethod => StatusCode::METHOD_NOT_ALLOWED,
            Code::Conflict | Code::Changed | Code::Gone => StatusCode::CONFLICT,
            Code::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Code::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Code::MediaType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Code::Invalid | Code::KeyReused => StatusCode::UNPROCESSABLE_ENTITY,
            Code::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            Code::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Code::Precondition => StatusCode::PRECONDITION_FAILED,
            Code::NotAcceptable => StatusCode::NOT_ACCEPTABLE,
        }
    }
}

/// A problem before it is put into words.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    pub(crate) code: Code,
    /// What exactly, for the developer or official at the other end; never data of a person.
    pub(crate) detail: Option<String>,
    pub(crate) errors: Vec<FieldFault>,
    /// Another transaction was in the way: once more.
    repeat: bool,
}

impl Fault {
    pub(crate) fn new(code: Code) -> Fault {
        Fault { code, detail: None, errors: Vec::new(), repeat: false }
    }

    pub(crate) fn told(code: Code, detail: impl Into<String>) -> Fault {
        Fault { code, detail: Some(detail.into()), errors: Vec::new(), repeat: false }
    }

    /// One field at fault.
    pub(crate) fn field(code: Code, pointer: impl Into<String>, message: impl Into<String>) -> Fault {
        let field = FieldFault { pointer: pointer.into(), message: message.into() };
        Fault { code, detail: None, errors: vec![field], repeat: false }
    }

    /// In the language asked for.
    pub(crate) fn problem(&self, lang: Lang) -> Problem {
        let t = Text::new(lang);
        let word = self.code.word();
        let todo = t.t(&format!("api-{word}-do")).into_owned();
        Problem {
            kind: format!("urn:hearth:problem:{word}"),
            title: t.t(&format!("api-{word}")).into_owned(),
            status: self.code.status().as_u16(),
            detail: self.detail.as_ref().map_or(todo.clone(), |d| format!("{d} {todo}")),
            errors: self.errors.clone(),
        }
    }

    pub(crate) fn respond(&self, lang: Lang) -> Response {
        let mut response = (self.code.status(), axum::Json(self.problem(lang))).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        headers.insert(header::CONTENT_LANGUAGE, HeaderValue::from_static(tag(lang)));
        if self.code == Code::SignIn {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        response
    }
}

/// What a handler gives back. It carries the fault itself; `super::as_problem`, through which every answer of the API passes, puts
/// it into words of the caller's language.
impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        let mut response = self.code.status().into_response();
        response.extensions_mut().insert(self);
        response
    }
}

fn tag(lang: Lang) -> &'static str {
    lang.tag()
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Fault {
        match error {
            StoreError::NotFound => Fault::new(Code::NotFound),
            StoreError::Unavailable(_) | StoreError::Full => {
                tracing::error!(%error, "the database does not take requests of the API");
                Fault::new(Code::Unavailable)
            }
            StoreError::Conflict => Fault { repeat: true, ..Fault::new(Code::Unavailable) },
            other => {
                tracing::error!(error = %other, "a request of the API failed");
                Fault::new(Code::Internal)
            }
        }
    }
}

impl From<Denied> for Fault {
    fn from(error: Denied) -> Fault {
        if error.as_if_absent() {
            return Fault::new(Code::NotFound);
        }
        match error {
            Denied::Refused(refusal) => Fault::told(Code::Forbidden, format!("({})", refusal.reason)),
            Denied::NotLogged(why) => {
                tracing::error!(%why, "nothing is shown while the disclosure log does not take entries");
                Fault::new(Code::Unavailable)
            }
            Denied::Mismatch(why) => {
                tracing::error!(%why, "data and decision do not belong together; nothing was shown");
                Fault::new(Code::Internal)
            }
        }
    }
}

impl store::AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        self.repeat
    }
}
