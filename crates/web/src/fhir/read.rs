//! Reading and searching.

use axum::extract::{Path, RawQuery, Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use fhir::Resource;
use fhir::bundle::{self, Page};
use fhir::search::Search;
use fhir::surface::{Served, Source, served};
use guard::Action;
use kernel::PersonId;

use super::calls::{Asked, Wanted, of_kind};
use super::{answer, base, family, indicators, people, referrals};
use crate::api::call::{Call, lang};
use crate::api::problem::{Code, Fault};
use crate::state::AppState;

pub(super) fn kind_of(kind: &str) -> Result<&'static Served, Fault> {
    served(kind).ok_or_else(|| Fault::told(Code::NotFound, "This kind of resource is not served here: see metadata."))
}

/// The resources of a kind that are wanted, and of referrals what belongs to them.
async fn gather(asked: &Asked<'_>, of: &Served, wanted: Wanted<'_>) -> Result<Vec<Resource>, Fault> {
    match of.source {
        Source::Registry => match (of.kind, wanted) {
            ("Patient", Wanted::One(id)) => Ok(people::patient(asked, id, &[]).await?.into_iter().collect()),
            ("Group", _) => people::household(asked, wanted).await,
            _ => people::related(asked, wanted).await,
        },
        Source::Family => family::gather(asked, of.kind, wanted).await,
        Source::Plan => family::plans(asked, of.kind, wanted).await,
        Source::Referral => referrals::gather(asked, wanted).await,
        Source::Directory => {
            asked.call.permit_thing(asked.state, Action::ViewCatalogue, of.kind).await?;
            Ok(fhir::directory::all(of.kind, &asked.country()))
        }
        Source::Indicator => match wanted {
            Wanted::One(id) => indicators::reports(asked, Some(indicators::place_of(id))).await,
            Wanted::Of(_) => indicators::reports(asked, None).await,
        },
        Source::Staff => people::staff(asked, of.kind).await,
        Source::Log => people::looks(asked).await,
    }
}

/// One resource as the caller may see it.
pub(super) async fn find(asked: &Asked<'_>, of: &Served, id: &str) -> Result<Resource, Fault> {
    let wanted = Wanted::One(id);
    let mut found = of_kind(gather(asked, of, wanted).await?, of.kind, wanted);
    found.pop().ok_or_else(|| Fault::new(Code::NotFound))
}

/// `GET /{kind}/{id}`.
pub(super) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path((kind, id)): Path<(String, String)>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let of = kind_of(&kind)?;
    let asked = Asked::new(&state, &call, lang(&headers));
    let elements = elements(of, query.as_deref())?;
    let found = match of.kind {
        "Patient" => people::patient(&asked, &id, &elements).await?.ok_or_else(|| Fault::new(Code::NotFound))?,
        _ => find(&asked, of, &id).await?,
    };
    let found = if elements.is_empty() { found } else { found.only(&words(&elements)) };
    Ok(sent(&found, &headers))
}

fn words(elements: &[String]) -> Vec<&str> {
    elements.iter().map(String::as_str).collect()
}

/// A read takes no parameters but the elements that are wanted.
fn elements(of: &Served, query: Option<&str>) -> Result<Vec<String>, Fault> {
    let search = Search::read(of, &pairs(query.unwrap_or_default()))?;
    match search.conditions.first() {
        Some(c) => {
            Err(Fault::field(Code::Invalid, format!("{}?{}", of.kind, c.param.name), "is for searches, not for a read"))
        }
        None => Ok(search.elements),
    }
}

/// A resource with its version; nothing when the caller has this version.
fn sent(found: &Resource, headers: &HeaderMap) -> Response {
    let known = headers.get(header::IF_NONE_MATCH).and_then(|v| v.to_str().ok());
    let same = known.is_some_and(|k| k.split(',').any(|e| e.trim() == found.etag() || e.trim() == "*"));
    let mut response = match same {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => answer(StatusCode::OK, &found.text()),
    };
    if let Ok(etag) = HeaderValue::from_str(&found.etag()) {
        response.headers_mut().insert(header::ETAG, etag);
    }
    response
}

/// The parameters of a query.
pub(super) fn pairs(query: &str) -> Vec<(String, String)> {
    url::form_urlencoded::parse(query.as_bytes()).into_owned().collect()
}

/// `GET /{kind}?…`.
pub(super) async fn search(
    State(state): State<AppState>,
    call: Call,
    Path(kind): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let asked = Asked::new(&state, &call, lang(&headers));
    let found = searched(&asked, kind_of(&kind)?, &pairs(query.as_deref().unwrap_or_default())).await?;
    Ok(answer(StatusCode::OK, &found.to_string()))
}

/// `POST /{kind}/_search`: names and numbers stand in no address then.
pub(super) async fn search_form(
    State(state): State<AppState>,
    call: Call,
    Path(kind): Path<String>,
    request: Request,
) -> Result<Response, Fault> {
    let headers = request.headers().clone();
    let query = request.uri().query().unwrap_or_default().to_owned();
    let form = headers.get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !form.starts_with("application/x-www-form-urlencoded") {
        return Err(Fault::field(Code::MediaType, "http.content-type", "expected application/x-www-form-urlencoded"));
    }
    let body = crate::api::body::raw(request, &state).await?;
    let mut all = pairs(&query);
    all.extend(url::form_urlencoded::parse(&body).into_owned());
    let asked = Asked::new(&state, &call, lang(&headers));
    let found = searched(&asked, kind_of(&kind)?, &all).await?;
    Ok(answer(StatusCode::OK, &found.to_string()))
}

/// A page of a search as a Bundle.
pub(super) async fn searched(
    asked: &Asked<'_>,
    of: &'static Served,
    pairs: &[(String, String)],
) -> Result<serde_json::Value, Fault> {
    let search = Search::read(of, pairs)?;
    let base = base(asked.state);
    let address = |after: Option<&str>| {
        let kept = pairs.iter().filter(|(name, _)| name != "_after");
        let query = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(kept)
            .extend_pairs(after.map(|a| ("_after", a)))
            .finish();
        if query.is_empty() { format!("{base}/{}", of.kind) } else { format!("{base}/{}?{query}", of.kind) }
    };
    let here = address(search.after.as_deref());
    if of.kind == "Patient" {
        let (found, next) = people::search(asked, &search).await?;
        let page = Page { base: &base, here, next: next.as_deref().map(|n| address(Some(n))), total: None };
        return Ok(bundle::found(&page, &shown(found, &search), &[]));
    }
    let all = match (of.source, search.value("_id"), search.value("subject")) {
        (Source::Indicator, None, Some(place)) => indicators::reports(asked, Some(place)).await?,
        _ => gather(asked, of, wanted(&search)).await?,
    };
    let (matches, others): (Vec<Resource>, Vec<Resource>) =
        all.into_iter().partition(|r| r.kind() == of.kind && search.finds(r));
    let total = matches.len();
    let wrong = || Fault::field(Code::Invalid, format!("{}?_after", of.kind), "expected the marker of a page before");
    let from: usize = search.after.as_ref().map_or(Ok(0), |a| a.parse().map_err(|_| wrong()))?;
    let mut page: Vec<Resource> = Vec::new();
    if !search.counts_only {
        page = matches.into_iter().skip(from).take(search.count).collect();
    }
    let end = from.saturating_add(page.len());
    let next = (end < total && !search.counts_only).then(|| address(Some(&end.to_string())));
    // A referral's two resources have one id.
    let with =
        |r: &Resource| !search.include.is_empty() && page.iter().any(|m| m.id() == r.id() && m.kind() != r.kind());
    let included: Vec<Resource> = others.into_iter().filter(|r| with(r)).collect();
    let page_of = Page { base: &base, here, next, total: Some(total) };
    Ok(bundle::found(&page_of, &shown(page, &search), &included))
}

fn shown(found: Vec<Resource>, search: &Search) -> Vec<Resource> {
    if search.counts_only {
        return Vec::new();
    }
    match search.elements.is_empty() {
        true => found,
        false => found.into_iter().map(|r| r.only(&words(&search.elements))).collect(),
    }
}

/// About whom a search is: one id, one person, or whatever the caller has to do with.
fn wanted(search: &Search) -> Wanted<'_> {
    if let Some(id) = search.value("_id") {
        return Wanted::One(id);
    }
    let names = ["patient", "subject", "member", "actor"];
    let person = names.iter().find_map(|name| search.reference(name)).map(PersonId);
    Wanted::Of(person)
}

/// The versions of a resource, the newest first.
async fn versions(asked: &Asked<'_>, of: &Served, id: &str) -> Result<Vec<Resource>, Fault> {
    if !of.history {
        return Err(Fault::told(Code::NotFound, "Of this kind no versions are kept: see metadata."));
    }
    let all = match of.kind {
        "Task" => referrals::history(asked, id).await?,
        kind => family::history(asked, kind, id).await?,
    };
    if all.is_empty() { Err(Fault::new(Code::NotFound)) } else { Ok(all) }
}

/// `GET /{kind}/{id}/_history`.
pub(super) async fn history(
    State(state): State<AppState>,
    call: Call,
    Path((kind, id)): Path<(String, String)>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let asked = Asked::new(&state, &call, lang(&headers));
    let all = versions(&asked, kind_of(&kind)?, &id).await?;
    Ok(answer(StatusCode::OK, &bundle::history(&base(&state), &all).to_string()))
}

/// `GET /{kind}/{id}/_history/{version}`.
pub(super) async fn version(
    State(state): State<AppState>,
    call: Call,
    Path((kind, id, version)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Result<Response, Fault> {
    let asked = Asked::new(&state, &call, lang(&headers));
    let all = versions(&asked, kind_of(&kind)?, &id).await?;
    let found = all.into_iter().find(|r| r.version() == version).ok_or_else(|| Fault::new(Code::NotFound))?;
    Ok(sent(&found, &headers))
}
