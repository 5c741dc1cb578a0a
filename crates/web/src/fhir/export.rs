//! Bulk data for whoever has families in their hands: asked for, waited for and fetched as the standard has it. Nothing is prepared or
//! kept: each file is read anew when it is fetched, by whoever may, and stands in the log as any other look.

use axum::extract::{Path, RawQuery, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fhir::Resource;
use fhir::export::{Output, kinds, manifest, of_kind, pseudonymous};
use fhir::search::Search;
use guard::{Action, Role};
use kernel::EnrolmentId;
use visit::read;

use super::base;
use super::calls::Asked;
use super::read::kind_of;
use crate::api::call::{Call, lang};
use crate::api::problem::{Code, Fault};
use crate::state::AppState;
use crate::visits::desk;

/// How many families are opened at once.
const TOGETHER: usize = 100;
const NDJSON: &str = "application/fhir+ndjson";

/// What is to be exported.
struct Wish {
    kinds: Vec<&'static str>,
    since: Option<String>,
    pseudonyms: bool,
    query: String,
}

impl Wish {
    fn read(query: Option<&str>) -> Result<Wish, Fault> {
        let query = query.unwrap_or_default();
        let mut wish = Wish { kinds: kinds(), since: None, pseudonyms: false, query: query.to_owned() };
        for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
            let wrong = |why: &str| {
                let name: String = name.chars().take(60).collect();
                Fault::field(Code::Invalid, format!("$export?{name}"), why)
            };
            match name.as_ref() {
                "_type" => {
                    let wanted: Vec<&str> = value.split(',').map(str::trim).collect();
                    if let Some(other) = wanted.iter().find(|k| !wish.kinds.contains(k)) {
                        let other: String = other.chars().take(60).collect();
                        return Err(wrong(&format!(
                            "{other} is not exported: expected some of {}",
                            kinds().join(", ")
                        )));
                    }
                    wish.kinds.retain(|k| wanted.contains(k));
                }
                "_since" => {
                    changed_since("Encounter", &value)
                        .map_err(|_| wrong("expected a moment such as 2026-01-31T00:00:00Z"))?;
                    wish.since = Some(value.into_owned());
                }
                "_outputFormat" if ["ndjson", "application/ndjson", NDJSON].contains(&value.as_ref()) => {}
                "_outputFormat" => return Err(wrong("expected application/fhir+ndjson")),
                "pseudonymous" => {
                    wish.pseudonyms = value.parse().map_err(|_| wrong("expected true or false"))?;
                }
                _ => return Err(wrong("is not known: expected _type, _since, _outputFormat or pseudonymous")),
            }
        }
        Ok(wish)
    }

    fn url(&self, state: &AppState, path: &str) -> String {
        let query = if self.query.is_empty() { String::new() } else { format!("?{}", self.query) };
        format!("{}/{path}{query}", base(state))
    }
}

/// Whether the caller has families at all.
fn visits(call: &Call) -> Result<(), Fault> {
    match call.who.role {
        Role::Nurse | Role::VisitSupervisor => Ok(()),
        _ => Err(Fault::new(Code::Forbidden)),
    }
}

/// `GET /fhir/R4/Patient/$export`: where to ask whether it is ready.
pub(super) async fn ask(
    State(state): State<AppState>,
    call: Call,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    visits(&call)?;
    let prefer = headers.get("prefer").and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !prefer.split(',').any(|p| p.trim() == "respond-async") {
        return Err(Fault::field(Code::BadRequest, "http.prefer", "expected respond-async"));
    }
    let wish = Wish::read(query.as_deref())?;
    let mut response = StatusCode::ACCEPTED.into_response();
    if let Ok(at) = HeaderValue::from_str(&wish.url(&state, "$export-status")) {
        response.headers_mut().insert(header::CONTENT_LOCATION, at);
    }
    Ok(response)
}

/// `GET /fhir/R4/$export-status`: ready at once, for files are read when they are fetched.
pub(super) async fn status(
    State(state): State<AppState>,
    call: Call,
    RawQuery(query): RawQuery,
) -> Result<Response, Fault> {
    visits(&call)?;
    let wish = Wish::read(query.as_deref())?;
    let output = |kind: &&str| Output {
        kind: (*kind).to_owned(),
        url: wish.url(&state, &format!("$export-file/{kind}.ndjson")),
    };
    let outputs: Vec<Output> = wish.kinds.iter().map(output).collect();
    let body = manifest(&wish.url(&state, "Patient/$export"), state.now(), &outputs).to_string();
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, "application/json")], body).into_response())
}

/// `DELETE /fhir/R4/$export-status`: nothing was kept that could be thrown away.
pub(super) async fn forget(_: State<AppState>, call: Call) -> Result<Response, Fault> {
    visits(&call)?;
    Ok(StatusCode::ACCEPTED.into_response())
}

/// `GET /fhir/R4/$export-file/{kind}.ndjson`: one resource a line.
pub(super) async fn file(
    State(state): State<AppState>,
    call: Call,
    Path(name): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    visits(&call)?;
    let wish = Wish::read(query.as_deref())?;
    let kind = name.strip_suffix(".ndjson").and_then(|k| wish.kinds.iter().find(|known| **known == k));
    let kind = kind.ok_or_else(|| Fault::new(Code::NotFound))?;
    let changed = wish.since.as_deref().map(|since| changed_since(kind, since)).transpose()?;
    let asked = Asked::new(&state, &call, lang(&headers));
    let mut lines = String::new();
    let viewer = asked.viewer();
    let mut tx = state.db.read().await?;
    let families = read::hands(&mut tx, &desk(&viewer), viewer.who, None).await?;
    drop(tx);
    for some in families.chunks(TOGETHER) {
        for resource in opened(&asked, some, kind).await? {
            lines.extend(line(&asked, &wish, changed.as_ref(), resource));
        }
    }
    Ok((StatusCode::OK, [(header::CONTENT_TYPE, NDJSON)], lines).into_response())
}

/// The resources of one kind of some families.
async fn opened(asked: &Asked<'_>, families: &[EnrolmentId], kind: &str) -> Result<Vec<Resource>, Fault> {
    let viewer = asked.viewer();
    let setting = viewer.setting();
    let sight = viewer.sight(&setting);
    let mut tx = asked.state.db.read().await?;
    let mut seen = Vec::with_capacity(families.len());
    for id in families {
        seen.extend(read::file(&mut tx, &desk(&viewer), &sight, *id).await?);
    }
    drop(tx);
    let files = asked.open_all(Action::ViewVisits, "visits", seen).await?;
    let country = asked.country();
    Ok(files.iter().flat_map(|file| of_kind(file, kind, &country)).collect())
}

/// A resource as a line of its file, if it is wanted.
fn line(asked: &Asked<'_>, wish: &Wish, changed: Option<&Search>, resource: Resource) -> Option<String> {
    // What has no moment of its own is as it is today.
    let dated = resource.get("meta").is_some_and(|m| m.get("lastUpdated").is_some());
    if dated && changed.is_some_and(|search| !search.finds(&resource)) {
        return None;
    }
    let name = |of: &str| pseudonym(asked, of);
    let told = if wish.pseudonyms { pseudonymous(&resource, &name) } else { Some(resource) };
    told.map(|r| format!("{}\n", r.text()))
}

/// The search for resources of a kind that changed at this moment or later.
fn changed_since(kind: &str, moment: &str) -> Result<Search, Fault> {
    Ok(Search::read(kind_of(kind)?, &[("_lastUpdated".to_owned(), format!("ge{moment}"))])?)
}

/// The pseudonym of `Kind/id`: always the same in this installation, and found by nobody without its keys.
fn pseudonym(asked: &Asked<'_>, of: &str) -> String {
    let of = of.split("/_history/").next().unwrap_or_default();
    let print = asked.state.guard.keys().blind_index("fhir export", of);
    hex::encode(print).chars().take(32).collect()
}
