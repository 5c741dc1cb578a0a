//! Requests of the administrator: a file imported.

use axum::extract::multipart::MultipartError;
use axum::extract::{Multipart, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use guard::{Action, Purpose, PurposeKind, Resource};
use registry::Origin;
use registry::import::{ImportError, Table};

use super::import::{self, Report};
use crate::components::frame::Frame;
use crate::error::Fault;
use crate::form::Form;
use crate::intake_file::{Sent, take};
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

fn viewer<'s>(state: &'s AppState, session: &'s Session) -> Viewer<'s> {
    Viewer::new(state, &session.who, Purpose::new(PurposeKind::Administration, "importing a file"))
}

/// The agencies of the pack, by name.
pub(super) fn agencies(v: &Viewer<'_>, f: &Frame) -> Vec<(String, String)> {
    let mut all: Vec<(String, String)> =
        v.pack.agencies().iter().map(|a| (a.id.clone(), a.name.get(f.t.lang()).to_owned())).collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

/// The empty form. Asked for like the import itself, so that who may not import is told before choosing a file.
pub(crate) async fn import_form(State(state): State<AppState>, session: Session, f: Frame) -> Response {
    let v = viewer(&state, &session);
    match permit(&v, "form").await {
        Ok(()) => {
            let form = Form::of([("dry", "yes")]);
            import::page_of(&f, &form, &agencies(&v, &f), None).into_response()
        }
        Err(trouble) => trouble.response(&state, &f),
    }
}

async fn permit(v: &Viewer<'_>, what: &str) -> Result<(), Trouble> {
    let _allowed = v.state.guard.permit(v.who, Action::Import, &Resource::thing(what), &v.purpose).await?;
    Ok(())
}

/// Imports the file, or checks it.
pub(crate) async fn import(State(state): State<AppState>, session: Session, f: Frame, sent: Multipart) -> Response {
    let v = viewer(&state, &session);
    let (mut form, file) = match read(f.t, sent).await {
        Ok(read) => read,
        Err(error) if error.status() == StatusCode::PAYLOAD_TOO_LARGE => return Fault::TooLarge.response(&f),
        Err(_) => return Fault::Refused.response(&f),
    };
    let t = f.t;
    let table = form.get("table").parse::<Table>();
    if table.is_err() {
        form.refuse("table", t.t("error-choose"));
    }
    let source = form.get("source").to_owned();
    if v.pack.agencies().get(&source).is_none() {
        form.refuse("source", t.t("error-field-source"));
    }
    let law = form.optional(t, "law", 200).unwrap_or_default();
    if file.is_empty() {
        form.refuse("file", t.t("error-file-empty"));
    }
    let again = |form: &Form| {
        (StatusCode::UNPROCESSABLE_ENTITY, import::page_of(&f, form, &agencies(&v, &f), None)).into_response()
    };
    let (Ok(table), true) = (table, form.is_fine()) else { return again(&form) };
    if let Err(trouble) = permit(&v, table.word()).await {
        return trouble.response(&state, &f);
    }
    let origin = Origin::new(source, law, v.who.account.to_string());
    let dry_run = form.has("dry");
    let sent = Sent { table, name: format!("{table}.csv"), bytes: file, origin, dry_run };
    match take(&state, sent).await {
        Some(Ok((summary, refused))) => {
            let report = Report { summary, refused };
            // The next step is the same file once more, for good.
            form.retain(|name| name != "dry");
            import::page_of(&f, &form, &agencies(&v, &f), Some(&report)).into_response()
        }
        Some(Err(ImportError::Store(why))) => Trouble::Store(why).response(&state, &f),
        Some(Err(why)) => {
            form.refuse("file", t.with("error-import-file", &[("why", why.to_string().into())]));
            again(&form)
        }
        None => Fault::Internal(String::new()).response(&f),
    }
}

/// The plain fields, and the file.
async fn read(t: text::Text, mut sent: Multipart) -> Result<(Form, Vec<u8>), MultipartError> {
    let (mut pairs, mut file) = (Vec::new(), Vec::new());
    while let Some(field) = sent.next_field().await? {
        match field.name().unwrap_or_default().to_owned() {
            name if name == "file" => file = field.bytes().await?.to_vec(),
            name if pairs.len() < 20 => pairs.push((name, field.text().await?)),
            _ => {}
        }
    }
    Ok((Form::sent(t, pairs), file))
}
