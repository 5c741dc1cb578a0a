//! The whole site: pages, API, sign-in, and the demonstration's provider where it is on, behind one set of protections.

use std::num::NonZeroU32;
use std::sync::Arc;

use axum::routing::get;
use axum::{Router, middleware};
use web::provider::{DemoPerson, Provider};
use web::safety::{Limits, protect};
use web::sign_in::{OidcSettings, SignIn, attach, routes};
use web::sign_in_page::Choice;

use crate::agency;
use crate::cli::Failure;
use crate::config::Config;
use crate::demo::{self, Told};
use crate::runtime::Runtime;

/// Everything that answers a request.
pub fn router(runtime: &Arc<Runtime>) -> Result<Router, Failure> {
    let (config, state) = (&runtime.config, &runtime.state);
    let told = if config.demo_provider { demo::told(config) } else { None };
    let provider = told.as_ref().map(|told| provider(runtime, told)).transpose()?;
    let sign_in = SignIn::new(state.clone(), oidc(config, provider.as_ref())?, choices(told.as_ref()))?;
    let mut site = web::router(state.clone())
        .merge(routes(sign_in.clone()))
        .merge(agency::router(runtime.clone()))
        .layer(middleware::from_fn_with_state(sign_in, attach))
        .route("/healthz", get(healthz).with_state(state.clone()));
    if let Some(provider) = &provider {
        site = site.merge(provider.routes());
    }
    let limits = Limits {
        per_second: NonZeroU32::new(config.requests_per_second).unwrap_or(NonZeroU32::MIN),
        burst: NonZeroU32::new(config.requests_per_second.saturating_mul(4)).unwrap_or(NonZeroU32::MIN),
        ..Limits::default()
    };
    Ok(protect(site, config.public_url.starts_with("https"), limits))
}

/// Whether the server can answer: the database does.
async fn healthz(
    axum::extract::State(state): axum::extract::State<web::AppState>,
) -> (axum::http::StatusCode, &'static str) {
    match state.db.health().await {
        Ok(()) => (axum::http::StatusCode::OK, "ok\n"),
        Err(_) => (axum::http::StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n"),
    }
}

fn provider(runtime: &Runtime, told: &Told) -> Result<Provider, Failure> {
    let config = &runtime.config;
    let people = told.sign_ins.iter().map(|one| DemoPerson {
        subject: one.subject.clone(),
        name: one.name.clone(),
        what: one.subject.clone(),
        strong: true,
        identifier: None,
    });
    Ok(Provider::new(&config.public_url, &config.oidc.client_id, people.collect(), runtime.state.clock.clone())?)
}

fn oidc(config: &Config, provider: Option<&Provider>) -> Result<Option<OidcSettings>, Failure> {
    let issuer = match provider {
        Some(provider) => provider.issuer().to_owned(),
        None if config.oidc.issuer.is_empty() => return Ok(None),
        None => config.oidc.issuer.clone(),
    };
    let secret = config
        .oidc
        .client_secret_file
        .as_ref()
        .map(|path| std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display())));
    Ok(Some(OidcSettings {
        issuer,
        client_id: config.oidc.client_id.clone(),
        client_secret: secret.transpose()?.map(|text| text.trim().to_owned()),
        redirect: format!("{}/sign-in/return", config.public_url),
        always_strong: config.oidc.always_strong,
        identifier_claim: Some(config.oidc.identifier_claim.clone()).filter(|claim| !claim.is_empty()),
        scopes: config.oidc.scopes.clone(),
    }))
}

/// One choice a person of the demonstration.
fn choices(told: Option<&Told>) -> Vec<Choice> {
    let sign_ins = told.map(|t| t.sign_ins.as_slice()).unwrap_or_default();
    let choice = |one: &demo::SignIn| Choice {
        href: format!("/sign-in/go?hint={}", one.subject),
        role_key: role_key(one.role),
        name: one.name.clone(),
        try_key: "",
    };
    sign_ins.iter().map(choice).collect()
}

fn role_key(role: guard::Role) -> &'static str {
    match role {
        guard::Role::Citizen => "role-citizen",
        guard::Role::CounterOfficial => "role-counter-official",
        guard::Role::Caseworker => "role-caseworker",
        guard::Role::Approver => "role-approver",
        guard::Role::Finance => "role-finance",
        guard::Role::Analyst => "role-analyst",
        guard::Role::Nurse => "role-nurse",
        guard::Role::VisitSupervisor => "role-visit-supervisor",
        guard::Role::PrivacyOfficer => "role-privacy-officer",
        guard::Role::Administrator => "role-administrator",
        guard::Role::AgencySystem => "role-agency-system",
    }
}
