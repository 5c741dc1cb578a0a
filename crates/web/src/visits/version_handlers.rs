//! Requests about new versions of protocols.

use axum::extract::{RawQuery, State};
use axum::response::{IntoResponse, Response};
use catalogue::model::Protocol;
use guard::{Action, Tier};
use visit::read;
use visit::schedule::Change;
use visit::words::Speaker;

use super::versions::{self, Moved, Version};
use super::{desk, supervisor};
use crate::components::frame::Frame;
use crate::form::Form;
use crate::official::work_case_handlers::forbidden;
use crate::request::Session;
use crate::state::AppState;
use crate::viewer::{Trouble, Viewer};

/// The page.
pub(crate) async fn show(
    State(state): State<AppState>,
    session: Session,
    f: Frame,
    RawQuery(query): RawQuery,
) -> Response {
    let Some(v) = supervisor(&state, &session, &f) else { return forbidden(&f) };
    let form = Form::of_query(query.as_deref());
    page(&v, &f, form).await.unwrap_or_else(|trouble| trouble.response(&state, &f))
}

async fn page(v: &Viewer<'_>, f: &Frame, mut form: Form) -> Result<Response, Trouble> {
    let name = |p: &Protocol| format!("{} · {} · {}", p.name.get(f.t.lang()), p.version, f.t.date(p.from));
    let newer: Vec<&Protocol> = v.pack.protocols().iter().filter(|p| follows(v, p)).collect();
    let options: Vec<(String, String)> = newer.iter().map(|p| (p.key.clone(), name(p))).collect();
    let chosen = newer.iter().find(|p| p.key == form.get("to")).copied();
    if form.has("to") && chosen.is_none() && !options.is_empty() {
        form.refuse("to", f.t.t("error-choose"));
    }
    let version = match chosen {
        Some(to) => Some(looked_at(v, f, to, name(to)).await?),
        None => None,
    };
    Ok((form.status(), versions::page_of(f, &form, &options, version.as_ref())).into_response())
}

/// Whether there is an older version of the same protocol.
fn follows(v: &Viewer<'_>, protocol: &Protocol) -> bool {
    v.pack.protocols().iter().any(|p| p.id == protocol.id && p.key != protocol.key && p.from <= protocol.from)
}

async fn looked_at(v: &Viewer<'_>, f: &Frame, to: &Protocol, name: String) -> Result<Version, Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let seen = read::compared(&mut tx, &desk(v), &v.sight(&setting), to).await?;
    drop(tx);
    let resource = seen.resource().at(Tier::Sensitive).showing(["visits"]);
    let all = v.state.guard.reveal(v.who, Action::ViewVisits, &resource, &v.purpose, seen.sealed).await?;
    let lang = f.t.lang();
    let moved = |change: &Change, under: &Protocol| -> Option<Moved> {
        let (old, new) = (Speaker { protocol: under, lang }, Speaker { protocol: to, lang });
        let visit = match (&change.before, &change.after) {
            (Some(before), _) => old.name(before),
            (None, after) => new.name(after.as_ref()?),
        };
        Some((visit, change.before.as_ref().map(|p| old.window(p)), change.after.as_ref().map(|p| new.window(p))))
    };
    let changed = all.iter().filter(|one| !one.changes.is_empty()).filter_map(|one| {
        let under = v.pack.protocols().get(&one.protocol)?;
        let visits = one.changes.iter().filter_map(|change| moved(change, under)).collect();
        Some((format!("/visits/family/{}", one.id), one.name.clone(), visits))
    });
    let changed = changed.collect();
    Ok(Version { name, from: to.from, families: all.len(), changed })
}
