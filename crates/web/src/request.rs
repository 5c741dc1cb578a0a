//! What a handler learns from a request: the language, who is signed in, the purpose, and from these the page's frame.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, OptionalFromRequestParts};
use axum::http::header::{ACCEPT_LANGUAGE, COOKIE};
use axum::http::request::Parts;
use axum::response::Response;
use guard::{Purpose, PurposeKind, Role, Who};
use kernel::Lang;
use text::Text;

use crate::components::frame::{Area, Frame, Place, PurposeShown, SignedIn};
use crate::error::Fault;
use crate::form::Form;
use crate::state::AppState;

/// The cookie that remembers a chosen language.
pub const LANG_COOKIE: &str = "hearth_lang";
/// The cookie in which an official's purpose and reason travel until the next search.
pub const PURPOSE_COOKIE: &str = "hearth_purpose";

/// A signed-in session, put into the request's extensions by the sign-in layer after checking the cookie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The account.
    pub who: Who,
    /// The name shown in the header.
    pub name: String,
    /// What else the account may act as.
    pub others: Vec<Role>,
}

impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Infallible> {
        Ok(parts.extensions.get::<Session>().cloned())
    }
}

impl FromRequestParts<AppState> for Session {
    type Rejection = Response;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Response> {
        match parts.extensions.get::<Session>() {
            Some(session) => Ok(session.clone()),
            None => Err(Fault::SignIn.response(&frame(parts, state))),
        }
    }
}

/// The value of a cookie.
pub(crate) fn cookie<'a>(parts: &'a Parts, name: &str) -> Option<&'a str> {
    let all = parts.headers.get_all(COOKIE).iter().filter_map(|v| v.to_str().ok());
    all.flat_map(|v| v.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(n, _)| *n == name)
        .map(|(_, v)| v)
}

/// The pairs of a query, decoded.
pub(crate) fn query(parts: &Parts) -> Form {
    let pairs = url::form_urlencoded::parse(parts.uri.query().unwrap_or_default().as_bytes());
    Form::of(pairs.into_owned())
}

/// The language: asked for in the address, chosen before, preferred by the browser, else the pack's first.
pub(crate) fn lang(parts: &Parts, state: &AppState) -> Lang {
    let pack = || state.packs.current().manifest().complete.first().copied();
    wished(parts).or_else(pack).unwrap_or(Lang::En)
}

/// The language as far as the request tells it.
fn wished(parts: &Parts) -> Option<Lang> {
    let asked = query(parts).get("lang").parse().ok();
    let chosen = || cookie(parts, LANG_COOKIE).and_then(|tag| tag.parse().ok());
    let preferred = || {
        let header = parts.headers.get(ACCEPT_LANGUAGE)?.to_str().ok()?;
        header.split(',').find_map(|part| part.split(';').next()?.trim().parse().ok())
    };
    asked.or_else(chosen).or_else(preferred)
}

/// The frame of a refusal before anybody is known: by the request alone, and without the language switch's way back into
/// what was refused.
pub(crate) fn bare(parts: &Parts) -> Frame {
    Frame {
        t: Text::new(wished(parts).unwrap_or(Lang::En)),
        langs: Lang::ALL.to_vec(),
        place: Place::Address("/".to_owned()),
        who: None,
        demo: false,
        clock: None,
        purpose: None,
    }
}

/// Path and query without `lang` and without what a redirect had to say.
fn address(parts: &Parts) -> String {
    let kept: Vec<(String, String)> =
        query(parts).pairs().iter().filter(|(name, _)| name != "lang" && name != "done").cloned().collect();
    let path = parts.uri.path();
    if kept.is_empty() {
        return path.to_owned();
    }
    let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(kept).finish();
    format!("{path}?{query}")
}

/// The parts of Hearth a role may enter.
pub fn areas(role: Role) -> Vec<Area> {
    match role {
        Role::Citizen => vec![Area::Citizen],
        Role::CounterOfficial | Role::Caseworker | Role::Approver => vec![Area::Official],
        Role::Nurse => vec![Area::Visits],
        Role::VisitSupervisor => vec![Area::Supervision],
        Role::Finance => vec![Area::Finance],
        Role::Analyst => vec![Area::Analyst],
        Role::Administrator => vec![Area::Analyst, Area::Operator],
        Role::PrivacyOfficer => vec![Area::Privacy],
        Role::AgencySystem => Vec::new(),
    }
}

/// The key of the message that names a role.
pub fn role_key(role: Role) -> &'static str {
    match role {
        Role::Citizen => "role-citizen",
        Role::CounterOfficial => "role-counter-official",
        Role::Caseworker => "role-caseworker",
        Role::Approver => "role-approver",
        Role::Finance => "role-finance",
        Role::Analyst => "role-analyst",
        Role::Nurse => "role-nurse",
        Role::VisitSupervisor => "role-visit-supervisor",
        Role::PrivacyOfficer => "role-privacy-officer",
        Role::Administrator => "role-administrator",
        Role::AgencySystem => "role-agency-system",
    }
}

/// The key of the message that names a purpose.
pub fn purpose_key(kind: PurposeKind) -> &'static str {
    match kind {
        PurposeKind::OwnAffairs => "purpose-own-affairs",
        PurposeKind::CounterService => "purpose-counter-service",
        PurposeKind::Casework => "purpose-casework",
        PurposeKind::Approval => "purpose-approval",
        PurposeKind::Payment => "purpose-payment",
        PurposeKind::HomeVisit => "purpose-home-visit",
        PurposeKind::Protection => "purpose-protection",
        PurposeKind::DataQuality => "purpose-data-quality",
        PurposeKind::DataExchange => "purpose-data-exchange",
        PurposeKind::Statistics => "purpose-statistics",
        PurposeKind::Oversight => "purpose-oversight",
        PurposeKind::Administration => "purpose-administration",
        PurposeKind::Emergency => "purpose-emergency",
        PurposeKind::CaseReview => "purpose-case-review",
    }
}

/// The purpose an official stated with the last search, from its cookie: `kind|reason`, percent-encoded.
fn stated_purpose(parts: &Parts) -> Option<Purpose> {
    let value = cookie(parts, PURPOSE_COOKIE)?;
    let (kind, reason) = value.split_once('.')?;
    let reason: String = url::form_urlencoded::parse(reason.as_bytes()).next().map(|(k, _)| k.into_owned())?;
    Some(Purpose::new(kind.parse().ok()?, reason))
}

/// The `Set-Cookie` value that keeps a purpose for the pages below `/official`.
pub(crate) fn purpose_cookie(purpose: &Purpose, secure: bool) -> String {
    let reason: String = url::form_urlencoded::byte_serialize(purpose.reason.as_bytes()).collect();
    let secure = if secure { "; Secure" } else { "" };
    format!("{PURPOSE_COOKIE}={}.{reason}; Path=/official; HttpOnly; SameSite=Strict{secure}", purpose.kind.word())
}

/// The purpose stated with the last search; without one the official is sent to the search page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated(pub Option<Purpose>);

impl<S: Sync> FromRequestParts<S> for Stated {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Stated(stated_purpose(parts)))
    }
}

fn frame(parts: &Parts, state: &AppState) -> Frame {
    let session = parts.extensions.get::<Session>();
    let staff = session.is_some_and(|s| s.who.role.is_staff());
    let purpose = stated_purpose(parts).filter(|_| {
        staff && ["/official/households", "/official/happened"].iter().any(|p| parts.uri.path().starts_with(p))
    });
    Frame {
        t: Text::new(lang(parts, state)),
        langs: state.packs.current().manifest().complete.clone(),
        place: Place::Address(address(parts)),
        who: session.map(|s| SignedIn {
            name: s.name.clone(),
            role_key: role_key(s.who.role),
            areas: areas(s.who.role),
        }),
        demo: state.config.demo,
        clock: state.config.travel.as_ref().map(|_| state.today()),
        purpose: purpose.map(|p| PurposeShown { key: purpose_key(p.kind), reason: p.reason }),
    }
}

impl FromRequestParts<AppState> for Frame {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Infallible> {
        Ok(frame(parts, state))
    }
}

impl Frame {
    /// The page came from a form: the language switch sends it again. A language chosen there wins.
    #[must_use]
    pub fn of_form(mut self, action: &str, form: &Form) -> Frame {
        if let Ok(lang) = form.get("lang").parse() {
            self.t = Text::new(lang);
        }
        let fields = form.pairs().iter().filter(|(name, _)| name != "lang").cloned().collect();
        self.place = Place::Form(action.to_owned(), fields);
        self
    }
}
