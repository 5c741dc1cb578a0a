//! The programming interface: OpenAPI 3.1 at `/api/openapi.json`, `application/problem+json` for what goes wrong, an
//! `Idempotency-Key` with every change, cursors for lists. Everything pages do, machines can do here, under the same guard and with the
//! same entries in the disclosure log.
//!
//! Invariants: personal data leaves only as [`guard::Disclosed`]; a change and its idempotency key are one transaction;
//! whatever is sent, the answer is a status the document declares, and nothing is half done.

mod absences;
mod accounts;
mod admin;
mod assignments;
mod births;
pub(crate) mod body;
pub(crate) mod call;
mod cases;
mod cases_acts;
mod cases_work;
mod civil;
pub mod client;
mod cohorts;
mod complaints;
mod consents;
mod contact;
mod court;
mod drafts;
mod duplicates;
mod entries;
mod events;
mod evidence;
mod extension;
mod facts;
mod families;
mod figures;
mod group_acts;
mod groups;
mod households;
mod indicators;
mod intake;
mod life_events;
mod mandates;
mod mending;
mod offers;
mod oversight;
mod payees;
mod payments;
mod payments_bank;
mod people;
mod plans;
pub(crate) mod problem;
mod protections;
mod recoveries;
mod referrals;
mod requalifications;
mod rules_of;
mod scenarios;
mod stages;
mod stages_decision;
mod stages_determination;
mod stages_payment;
mod studies;
mod surveys;
mod team;
mod team_acts;
mod waiting;
mod week;
mod wire;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::{HeaderMap, Uri, header};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use kernel::Date;
use serde::de::DeserializeOwned;
use tower_http::catch_panic::CatchPanicLayer;
use utoipa::OpenApi;
use uuid::Uuid;

pub use problem::{FieldFault, Problem};

use crate::state::AppState;
use problem::{Code, Fault};

/// The largest body: a file of births.
const LARGEST_BODY: usize = 4 * 1024 * 1024;

/// What any address may answer when something is wrong.
#[derive(utoipa::IntoResponses)]
#[allow(dead_code, reason = "describes the wire")]
pub(crate) enum Faults {
    /// The request cannot be understood.
    #[response(status = 400, content_type = "application/problem+json")]
    BadRequest(#[to_schema] Problem),
    /// Nobody is signed in.
    #[response(status = 401, content_type = "application/problem+json")]
    SignIn(#[to_schema] Problem),
    /// Not allowed.
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(#[to_schema] Problem),
    /// There is no such thing, or it may not be told that there is.
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(#[to_schema] Problem),
    /// The address does not know the method.
    #[response(status = 405, content_type = "application/problem+json")]
    WrongMethod(#[to_schema] Problem),
    /// It does not fit what is recorded.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(#[to_schema] Problem),
    /// Too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(#[to_schema] Problem),
    /// The wrong content type.
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(#[to_schema] Problem),
    /// A field that cannot be so.
    #[response(status = 422, content_type = "application/problem+json")]
    Invalid(#[to_schema] Problem),
    /// Too many requests; `retry-after` says how many seconds to wait.
    #[response(status = 429, content_type = "application/problem+json")]
    TooMany(#[to_schema] Problem),
    /// The database or the disclosure log does not take requests.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(#[to_schema] Problem),
}

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Hearth", description = "What families are entitled to, and why. Officials name purpose and reason in the headers `hearth-purpose` and `hearth-reason` (percent-encoded)."),
    paths(
        people::create, people::one, people::search, protections::address, protections::list, protections::record, protections::end,
         oversight::trail, intake::create,
        facts::of_person, facts::of_household, facts::withdraw_of_person, facts::withdraw_of_household, households::history,
        contact::change_contact, civil::correct, civil::ties, civil::tie, admin::agency, admin::account, admin::import, accounts::list, accounts::make, accounts::act,
        households::household, households::facts, households::entitlements, households::events, offers::list,
        events::birth, events::pregnancy, events::moved, events::income_change, events::death, mending::correction,
        mending::withdrawal, births::births_file,
        offers::accept, offers::accept_several, offers::refuse,
        life_events::all, life_events::one, rules_of::programmes, rules_of::programme, rules_of::parameters, rules_of::parameter, rules_of::explain,
        oversight::checkpoint, oversight::reload,
        stages::application, stages::stands, stages::investigation, stages::answered, stages_determination::determination,
        stages_decision::decision, stages_payment::payment, stages_payment::paid,
        cases::list, cases::one, cases::decision, cases::decision_file, cases_acts::answers, cases_acts::withdrawal, cases_acts::hearing,
        cases_acts::object, cases_work::list, cases_work::settlement, cases_work::decide, cases_work::approve,
        cases_work::close_hearing, cases_work::review,
        payments::runs, payments::open, payments::one, payments::prepare, payments::sign, payments::release,
        court::order, extension::take, assignments::assign, duplicates::list, duplicates::compare, duplicates::settle, duplicates::undo,
        entries::list, entries::one, entries::verify, figures::show, evidence::hand_in, evidence::list, evidence::one, evidence::remove,
        drafts::begin, drafts::list, drafts::one, drafts::save, drafts::send, drafts::discard,
        mandates::list, mandates::register, mandates::end, consents::list, consents::withdraw, consents::hold,
        complaints::raise, complaints::of_person, complaints::list, complaints::one, complaints::reply, complaints::assign,
        referrals::refer, referrals::of_person, referrals::to_agency, referrals::reply,
        plans::shared, plans::one, plans::begin, plans::act,
        surveys::of_person, surveys::reply, surveys::said, indicators::list, studies::reports, studies::consent, groups::of_office, groups::of_person, groups::reply, team::show, team_acts::hand_over, team_acts::train, team_acts::hold,
        cohorts::list, cohorts::plan, cohorts::seat, cohorts::came, cohorts::untrain, group_acts::open, group_acts::act_on,
        families::ask, families::act_on, families::decide, absences::list, absences::note, absences::end, absences::hand_on,
        waiting::list, waiting::act_on, waiting::entries, waiting::settle, payees::set, payees::confirm, week::show, week::act,
        requalifications::list, requalifications::ask, requalifications::one, requalifications::act_on, requalifications::group,
        requalifications::settle, requalifications::finding,
        scenarios::list, scenarios::begin, scenarios::one, scenarios::change, scenarios::act_on, scenarios::comparison,
        recoveries::list, recoveries::one, recoveries::repaid, recoveries::plan, recoveries::waive, recoveries::grant,
        payments::cancel, payments::file, payments_bank::bank_message, payments_bank::ledger, payments_bank::ledger_check,
    ),
    components(schemas(wire::Scalar)),
    modifiers(&Security),
    security(("bearer" = []), ("session" = [])),
)]
struct Document;

/// How callers show who they are.
struct Security;

impl utoipa::Modify for Security {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
        let components = document.components.get_or_insert_with(Default::default);
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).build();
        components.add_security_scheme("bearer", SecurityScheme::Http(bearer));
        let cookie = ApiKey::Cookie(ApiKeyValue::new("hearth_session"));
        components.add_security_scheme("session", SecurityScheme::ApiKey(cookie));
    }
}

/// The OpenAPI document as JSON.
pub fn document() -> String {
    Document::openapi().to_json().unwrap_or_default()
}

async fn openapi() -> Response {
    ([(header::CONTENT_TYPE, "application/json")], document()).into_response()
}

/// The addresses below `/api`, to be merged beside the pages; the layer that checks session cookies goes around both.
pub fn router(state: AppState) -> Router {
    Router::new()
        .route("/api/openapi.json", get(openapi))
        .route("/api/persons", post(people::create))
        .route("/api/persons/search", post(people::search))
        .route("/api/persons/{id}", get(people::one))
        .route("/api/persons/{id}/trail", get(oversight::trail))
        .route("/api/persons/{id}/contact", post(contact::change_contact))
        .route("/api/persons/{id}/record", post(civil::correct))
        .route("/api/persons/{id}/ties", get(civil::ties).post(civil::tie))
        .route("/api/persons/{id}/address", get(protections::address))
        .route("/api/persons/{id}/protections", get(protections::list).post(protections::record))
        .route("/api/persons/{id}/protections/{protection}/end", post(protections::end))
        .route("/api/persons/{id}/facts", post(facts::of_person))
        .route("/api/persons/{id}/facts/{fact}/withdrawal", post(facts::withdraw_of_person))
        .route("/api/households", post(intake::create))
        .route("/api/households/{id}", get(households::household))
        .route("/api/households/{id}/facts", get(households::facts).post(facts::of_household))
        .route("/api/households/{id}/facts/history", get(households::history))
        .route("/api/households/{id}/facts/{fact}/withdrawal", post(facts::withdraw_of_household))
        .route("/api/households/{id}/entitlements", get(households::entitlements))
        .route("/api/households/{id}/events", get(households::events))
        .route("/api/households/{id}/offers", get(offers::list))
        .route("/api/events/birth", post(events::birth))
        .route("/api/events/pregnancy", post(events::pregnancy))
        .route("/api/events/move", post(events::moved))
        .route("/api/events/income-change", post(events::income_change))
        .route("/api/events/death", post(events::death))
        .route("/api/events/births-file", post(births::births_file))
        .route("/api/events/{id}/correction", post(mending::correction))
        .route("/api/events/{id}/withdrawal", post(mending::withdrawal))
        .route("/api/offers/accept", post(offers::accept_several))
        .route("/api/offers/{id}/accept", post(offers::accept))
        .route("/api/offers/{id}/refuse", post(offers::refuse))
        .route("/api/life-events", get(life_events::all))
        .route("/api/life-events/{id}", get(life_events::one))
        .route("/api/programmes", get(rules_of::programmes))
        .route("/api/programmes/{id}", get(rules_of::programme))
        .route("/api/parameters", get(rules_of::parameters))
        .route("/api/parameters/{id}", get(rules_of::parameter))
        .route("/api/explain", post(rules_of::explain))
        .route("/api/scenarios", get(scenarios::list).post(scenarios::begin))
        .route("/api/scenarios/{id}", get(scenarios::one))
        .route("/api/scenarios/{id}/files", post(scenarios::change))
        .route("/api/scenarios/{id}/acts", post(scenarios::act_on))
        .route("/api/comparisons/{id}", get(scenarios::comparison))
        .route("/api/log/checkpoint", get(oversight::checkpoint))
        .route("/api/log/entries", get(entries::list))
        .route("/api/log/entries/{year}/{number}", get(entries::one))
        .route("/api/log/verification", post(entries::verify))
        .route("/api/figures", get(figures::show))
        .route("/api/duplicates", get(duplicates::list))
        .route("/api/duplicates/{left}/{right}", get(duplicates::compare).post(duplicates::settle))
        .route("/api/persons/{id}/merges/{merge}/undoing", post(duplicates::undo))
        .route("/api/agencies", post(admin::agency))
        .route("/api/accounts", get(accounts::list).post(admin::account))
        .route("/api/accounts/linked", post(accounts::make))
        .route("/api/accounts/{id}/acts", post(accounts::act))
        .route("/api/import/{table}", post(admin::import))
        .route("/api/packs/reload", post(oversight::reload))
        .merge(people())
        .merge(ministries())
        .merge(finance())
        .route("/api/{*rest}", axum::routing::any(nowhere))
        .method_not_allowed_fallback(wrong_method)
        .layer(DefaultBodyLimit::max(LARGEST_BODY))
        .layer(CatchPanicLayer::new())
        .layer(middleware::from_fn(as_problem))
        .with_state(state)
}

/// Applications, cases and complaints, for those they are about and those who work on them.
fn people() -> Router<AppState> {
    let papers = post(evidence::hand_in).layer(DefaultBodyLimit::max(evidence::LARGEST));
    Router::new()
        .route("/api/households/{id}/cases", get(cases::list))
        .route("/api/cases/{id}", get(cases::one))
        .route("/api/cases/{id}/answers", post(cases_acts::answers))
        .route("/api/cases/{id}/withdrawal", post(cases_acts::withdrawal))
        .route("/api/cases/{id}/hearing", post(cases_acts::hearing))
        .route("/api/cases/{id}/decision", post(cases_work::decide))
        .route("/api/decisions/{id}", get(cases::decision))
        .route("/api/decisions/{id}/file", get(cases::decision_file))
        .route("/api/decisions/{id}/objection", post(cases_acts::object))
        .route("/api/decisions/{id}/approval", post(cases_work::approve))
        .route("/api/decisions/{id}/hearing", post(cases_work::close_hearing))
        .route("/api/objections/{id}/review", post(cases_work::review))
        .route("/api/cases/{id}/extension", post(extension::take))
        .route("/api/decisions/{id}/court-order", post(court::order))
        .route("/api/cases/{id}/papers", get(evidence::list).merge(papers))
        .route("/api/papers/{id}", get(evidence::one))
        .route("/api/papers/{id}/removal", post(evidence::remove))
        .route("/api/drafts", post(drafts::begin))
        .route("/api/drafts/{id}", get(drafts::one).put(drafts::save))
        .route("/api/drafts/{id}/sending", post(drafts::send))
        .route("/api/drafts/{id}/discarding", post(drafts::discard))
        .route("/api/persons/{id}/drafts", get(drafts::list))
        .route("/api/persons/{id}/consents", get(consents::list))
        .route("/api/persons/{id}/consents/{purpose}/withdrawal", post(consents::withdraw))
        .route("/api/cases/{id}/payments-hold", post(consents::hold))
        .route("/api/persons/{id}/mandates", get(mandates::list).post(mandates::register))
        .route("/api/persons/{id}/mandates/{mandate}/end", post(mandates::end))
        .route("/api/persons/{id}/complaints", get(complaints::of_person).post(complaints::raise))
        .route("/api/complaints", get(complaints::list))
        .route("/api/complaints/{id}", get(complaints::one))
        .route("/api/complaints/{id}/answer", post(complaints::reply))
        .route("/api/complaints/{id}/assignment", post(complaints::assign))
        .route("/api/persons/{id}/referrals", get(referrals::of_person).post(referrals::refer))
        .route("/api/referrals", get(referrals::to_agency))
        .route("/api/referrals/{id}/answer", post(referrals::reply))
        .route("/api/persons/{id}/plan", post(plans::begin))
        .route("/api/plans", get(plans::shared))
        .route("/api/plans/{id}", get(plans::one))
        .route("/api/plans/{id}/acts", post(plans::act))
        .route("/api/persons/{id}/surveys", get(surveys::of_person))
        .route("/api/persons/{id}/surveys/{survey}/answer", post(surveys::reply))
        .route("/api/surveys/{survey}/figures", get(surveys::said))
        .route("/api/studies/{study}/reports", get(studies::reports))
        .route("/api/persons/{id}/studies/{study}/consent", post(studies::consent))
        .route("/api/indicators", get(indicators::list))
        .route("/api/groups", get(groups::of_office).post(group_acts::open))
        .route("/api/groups/{id}/acts", post(group_acts::act_on))
        .route("/api/persons/{id}/groups", get(groups::of_person))
        .route("/api/persons/{id}/groups/{group}/answer", post(groups::reply))
        .route("/api/team", get(team::show))
        .route("/api/team/handovers", post(team_acts::hand_over))
        .route("/api/team/training", post(team_acts::train))
        .route("/api/team/training/{id}/withdrawal", post(cohorts::untrain))
        .route("/api/team/cohorts", get(cohorts::list).post(cohorts::plan))
        .route("/api/team/cohorts/{id}/seats", post(cohorts::seat))
        .route("/api/team/cohorts/{id}/attendance", post(cohorts::came))
        .route("/api/team/sessions", post(team_acts::hold))
        .route("/api/week", get(week::show).post(week::act))
        .route("/api/persons/{id}/visits", post(families::ask))
        .route("/api/enrolments/{id}/acts", post(families::act_on))
        .route("/api/enrolments/{id}/need", post(families::decide))
        .route("/api/worklist", get(cases_work::list))
        .route("/api/tasks/{id}/settlement", post(cases_work::settlement))
        .route("/api/tasks/{id}/assignment", post(assignments::assign))
        .route("/api/absences", get(absences::list).post(absences::note))
        .route("/api/absences/{id}/end", post(absences::end))
        .route("/api/officials/{id}/handing-on", post(absences::hand_on))
}

/// Stages alone, for ministries' own machines.
fn ministries() -> Router<AppState> {
    Router::new()
        .route("/api/stages/application", post(stages::application))
        .route("/api/stages/application/{case}", get(stages::stands))
        .route("/api/stages/investigation", post(stages::investigation))
        .route("/api/stages/investigation/{request}", get(stages::answered))
        .route("/api/stages/determination", post(stages_determination::determination))
        .route("/api/stages/decision", post(stages_decision::decision))
        .route("/api/stages/payment", post(stages_payment::payment))
        .route("/api/stages/payment/{entitlement}", get(stages_payment::paid))
}

/// Runs, the bank, the ledger.
fn finance() -> Router<AppState> {
    let message = post(payments_bank::bank_message).layer(DefaultBodyLimit::max(payments_bank::LARGEST_MESSAGE));
    Router::new()
        .route("/api/runs", get(payments::runs).post(payments::open))
        .route("/api/runs/{id}", get(payments::one))
        .route("/api/runs/{id}/prepare", post(payments::prepare))
        .route("/api/runs/{id}/signature", post(payments::sign))
        .route("/api/runs/{id}/release", post(payments::release))
        .route("/api/runs/{id}/cancel", post(payments::cancel))
        .route("/api/runs/{id}/file", get(payments::file))
        .route("/api/requalifications", get(requalifications::list).post(requalifications::ask))
        .route("/api/requalifications/{id}", get(requalifications::one))
        .route("/api/requalifications/{id}/acts", post(requalifications::act_on))
        .route("/api/requalifications/{id}/groups/{cause}", get(requalifications::group))
        .route("/api/requalifications/{id}/groups/{cause}/acts", post(requalifications::settle))
        .route("/api/findings/{id}", get(requalifications::finding))
        .route("/api/recoveries", get(recoveries::list))
        .route("/api/recoveries/{id}", get(recoveries::one))
        .route("/api/recoveries/{id}/repayment", post(recoveries::repaid))
        .route("/api/recoveries/{id}/plan", post(recoveries::plan))
        .route("/api/recoveries/{id}/waiver", post(recoveries::waive))
        .route("/api/recoveries/{id}/waiver-grant", post(recoveries::grant))
        .route("/api/bank-messages", message)
        .route("/api/bank-entries", get(waiting::entries))
        .route("/api/bank-entries/settlement", post(waiting::settle))
        .route("/api/payments", get(waiting::list))
        .route("/api/payments/{payment}/acts", post(waiting::act_on))
        .route("/api/persons/{id}/account", post(payees::set))
        .route("/api/persons/{id}/account/confirmation", post(payees::confirm))
        .route("/api/ledger", get(payments_bank::ledger))
        .route("/api/ledger/check", get(payments_bank::ledger_check))
}

/// What stands before the addresses refuses: too many requests, or one from another site.
pub(crate) fn refusal(headers: &HeaderMap, too_many: bool) -> Response {
    Fault::new(if too_many { Code::TooMany } else { Code::Forbidden }).respond(call::lang(headers))
}

async fn nowhere(headers: HeaderMap) -> Response {
    Fault::new(Code::NotFound).respond(call::lang(&headers))
}

async fn wrong_method(headers: HeaderMap) -> Response {
    Fault::new(Code::WrongMethod).respond(call::lang(&headers))
}

/// Puts the faults of handlers into the caller's language, turns what the framework itself answers (a path that is not UTF-8, a
/// panic) into a problem, and keeps answers out of caches.
async fn as_problem(request: Request, next: Next) -> Response {
    let lang = call::lang(request.headers());
    let mut response = next.run(request).await;
    if let Some(fault) = response.extensions_mut().remove::<Fault>() {
        response = fault.respond(lang);
    }
    let kind = response.headers().get(header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if !kind.starts_with("application/") && response.status().as_u16() >= 400 {
        let code = match response.status().as_u16() {
            404 => Code::NotFound,
            405 => Code::WrongMethod,
            413 => Code::TooLarge,
            415 => Code::MediaType,
            422 => Code::Invalid,
            status if status < 500 => Code::BadRequest,
            503 => Code::Unavailable,
            _ => Code::Internal,
        };
        let allow = response.headers().get(header::ALLOW).cloned();
        response = Fault::new(code).respond(lang);
        if let Some(allow) = allow {
            response.headers_mut().insert(header::ALLOW, allow);
        }
    }
    response.headers_mut().insert(header::CACHE_CONTROL, header::HeaderValue::from_static("no-store"));
    response
}

/// An id in an address.
fn id(text: &str) -> Result<Uuid, Fault> {
    Uuid::try_parse(text).map_err(|_| Fault::field(Code::Invalid, "path:id", "expected a UUID"))
}

/// A query, strictly: no unknown and no doubled names.
fn query<T: DeserializeOwned>(uri: &Uri) -> Result<T, Fault> {
    let pairs: Vec<(String, String)> =
        url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).into_owned().collect();
    let mut map = serde_json::Map::new();
    for (name, text) in pairs {
        let shown: String = name.chars().take(60).collect();
        if text.contains('\0') {
            return Err(Fault::field(Code::Invalid, format!("query:{shown}"), "holds a NUL character"));
        }
        // Numbers in a query are texts; the one number there is, is read as such.
        let value = match name.as_str() {
            "limit" => text.parse::<u32>().map(serde_json::Value::from).unwrap_or(serde_json::Value::from(text)),
            _ => serde_json::Value::from(text),
        };
        if map.insert(name, value).is_some() {
            return Err(Fault::field(Code::Invalid, format!("query:{shown}"), "stands twice"));
        }
    }
    serde_path_to_error::deserialize(serde_json::Value::Object(map)).map_err(|e| {
        let at = e.path().to_string();
        Fault::field(Code::Invalid, format!("query:{at}"), e.inner().to_string().chars().take(200).collect::<String>())
    })
}

/// A day in a query.
fn query_day(text: &str, name: &str) -> Result<Date, Fault> {
    text.parse().map_err(|_| Fault::field(Code::Invalid, format!("query:{name}"), "expected a date such as 2026-01-31"))
}

#[cfg(test)]
mod tests;
