//! A closed case that rests on facts of the most sensitive kind, opened again by the office that handled it: for a reason in
//! words, which stands with every look in the log.

use std::convert::Infallible;

use axum::extract::{FromRequestParts, Path, State};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use casework::case::{view, worklist};
use guard::{Purpose, PurposeKind, Reason, Role};
use kernel::CaseId;
use maud::{Markup, html};
use text::Text;

use super::work_case_handlers::{forbidden, purpose_kind, viewer};
use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::error_summary;
use crate::form::Form;
use crate::request::{Session, cookie};
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The cookie with the words for which a closed case was opened again; it goes with this case's addresses alone.
const REVIEW_COOKIE: &str = "hearth_review";

/// Why a closed case is opened again, when it is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reviewing(Option<String>);

impl<S: Sync> FromRequestParts<S> for Reviewing {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let words = cookie(parts, REVIEW_COOKIE).and_then(|value| {
            url::form_urlencoded::parse(value.as_bytes()).next().map(|(words, _)| words.into_owned())
        });
        Ok(Reviewing(words))
    }
}

/// The viewer of a case that is only read: one who opened a closed case again does so for the words they gave.
pub(crate) async fn reader<'s>(
    state: &'s AppState,
    session: &'s Session,
    t: Text,
    id: CaseId,
    reviewing: &Reviewing,
) -> Result<Option<Viewer<'s>>, Trouble> {
    let Some(kind) = purpose_kind(session.who.role) else { return Ok(None) };
    let mut v = viewer(state, session, t, kind, id).await?;
    let mut tx = state.db.read().await?;
    let case = view::bare(&mut tx, id).await?.ok_or(Trouble::Absent)?;
    drop(tx);
    if let Some(words) = reviewing.0.as_ref().filter(|_| worklist::closed_here(&v.desk(), v.who, &case)) {
        v.purpose = Purpose::new(PurposeKind::CaseReview, words).with_case(id.to_string());
    }
    Ok(Some(v))
}

/// Opens a closed case again: the words are kept for this case's addresses until the browser is closed, and stand with every
/// look in the log.
pub(crate) async fn review(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    Path(id): Path<String>,
    mut form: Form,
) -> Response {
    if purpose_kind(session.who.role).is_none() {
        return forbidden(&f);
    }
    let Ok(id) = id.parse::<CaseId>() else { return Trouble::Absent.response(&state, &f) };
    let words = form.required(f.t, "why", 300);
    if form.is_fine() && words.chars().count() < 3 {
        form.refuse("why", f.t.t("error-reason-short"));
    }
    let ground = GROUNDS.iter().find(|g| **g == form.get("ground"));
    if ground.is_none() {
        form.refuse("ground", f.t.t("error-choose"));
    }
    let (Some(ground), true) = (ground, form.is_fine()) else {
        return (StatusCode::UNPROCESSABLE_ENTITY, page_of(&f, &form, &id.to_string())).into_response();
    };
    let said = format!("{}: {words}", f.t.t(&format!("work-review-{ground}")));
    let value: String = url::form_urlencoded::byte_serialize(said.as_bytes()).collect();
    let secure = if state.config.public_url.starts_with("https://") { "; Secure" } else { "" };
    let path = format!("/work/case/{id}");
    let cookie = format!("{REVIEW_COOKIE}={value}; Path={path}; HttpOnly; SameSite=Strict{secure}");
    ([(header::SET_COOKIE, cookie)], Redirect::to(&path)).into_response()
}

/// For what a closed case is opened again.
pub(crate) const GROUNDS: [&str; 3] = ["question", "objection", "audit"];

/// Whether a look was refused that a reason in words would open: at a closed case of the own office that rests on facts of the
/// most sensitive kind, by somebody who signed in with a second factor.
pub(crate) async fn may_review(v: &Viewer<'_>, id: CaseId, trouble: &Trouble) -> Result<bool, Trouble> {
    let sensitive =
        matches!(trouble, Trouble::Denied(guard::Denied::Refused(why)) if why.reason == Reason::SensitiveWithoutCase);
    let asks = v.purpose.kind != PurposeKind::CaseReview && v.who.strong && v.who.role != Role::CounterOfficial;
    if !sensitive || !asks {
        return Ok(false);
    }
    let mut tx = v.state.db.read().await?;
    let case = view::bare(&mut tx, id).await?.ok_or(Trouble::Absent)?;
    Ok(worklist::closed_here(&v.desk(), v.who, &case))
}

/// Asks why a closed case is opened again, before anything of it is shown.
pub fn page_of(f: &Frame, form: &Form, id: &str) -> Markup {
    let t = f.t;
    let grounds: Vec<(String, String)> =
        GROUNDS.iter().map(|g| ((*g).to_owned(), t.t(&format!("work-review-{g}")).into_owned())).collect();
    page(
        f,
        &t.t("work-review-title"),
        Width::Reading,
        html! {
            (back(t, "/work"))
            (error_summary(t, form))
            h1 { (t.t("work-review-title")) }
            p.lead { (t.t("work-review-lead")) }
            form method="post" action=(format!("/work/case/{id}/review")) novalidate {
                (field::radios(form, "ground", &t.t("work-review-ground"), "", &grounds))
                (field::line(form, "why", &t.t("work-review-why"), Look { hint: &t.t("work-review-why-hint"), ..Look::default() }))
                div.actions { button.btn type="submit" { (t.t("work-closed-go")) } }
            }
        },
    )
}
