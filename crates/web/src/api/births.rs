//! Births from a file of the civil register.

use axum::extract::{Request, State};
use axum::http::HeaderMap;
use casework::births_file;
use casework::{birth, register::Told};
use guard::Action;
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::{IntoParams, ToSchema};

use super::body;
use super::call::Call;
use super::events::{TellerWire, action, birth_fault};
use super::problem::{Code, Fault, FieldFault};
use crate::state::AppState;

/// Where a file comes from.
#[derive(Clone, Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct FileQuery {
    /// The agency (its id in the pack); a machine's is its own.
    #[param(min_length = 1, max_length = 60)]
    source: Option<String>,
    /// The scheme of identifiers where the file names none.
    #[param(min_length = 1, max_length = 40)]
    scheme: String,
}

/// What came of a file.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct FileReport {
    /// Births registered.
    registered: u32,
    /// Births known already.
    already: u32,
    /// Rows refused, as `line:N` or `line:N/COLUMN`.
    refused: Vec<FieldFault>,
}

/// Registers births from a file of the civil register (CSV). Each row is its own change; sending the file again registers nothing
/// twice, because every row bears the register's own number.
#[utoipa::path(post, path = "/api/events/births-file", tag = "events",
    request_body(content = String, content_type = "text/csv", description = "Columns: register_number, birth_date, family_name, given_name, sex, script, latin_name, identifier, registered_on, registered_at, place, order, number, of, scheme, mother, father, parent, fact:ITEM."),
    params(FileQuery, ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = FileReport), super::Faults))]
pub(crate) async fn births_file(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<axum::Json<FileReport>, Fault> {
    super::call::key(&headers)?;
    let query: FileQuery = super::query(request.uri())?;
    let kind = headers.get(axum::http::header::CONTENT_TYPE).and_then(|v| v.to_str().ok()).unwrap_or_default();
    if kind.split(';').next().is_none_or(|k| !k.trim().eq_ignore_ascii_case("text/csv")) {
        return Err(Fault::field(Code::MediaType, "header:content-type", "expected text/csv"));
    }
    let bytes = body::raw(request, &state).await?;
    call.permit_thing(&state, Action::Import, "births").await?;
    let viewer = call.viewer(&state);
    let wire = TellerWire::from_source(query.source);
    let source = wire.teller(&call).source;
    let rows = births_file::read(&viewer.desk(), &bytes, &source, &query.scheme)
        .map_err(|e| Fault::field(Code::Invalid, "", e.to_string()))?;
    let mut report = FileReport { registered: 0, already: 0, refused: Vec::new() };
    for (line, row) in rows {
        let input = match row {
            Ok(input) => input,
            Err(refused) => {
                report.refused.push(refused_row(line, refused.column.as_deref(), refused.reason));
                continue;
            }
        };
        match file_row(&state, &call, &input).await {
            Ok(Told::Registered(_)) => report.registered += 1,
            Ok(Told::Already { .. }) => report.already += 1,
            Err(fault) => {
                let first = fault.errors.first();
                let why =
                    first.map_or_else(|| fault.problem(super::call::lang(&headers)).detail, |e| e.message.clone());
                report.refused.push(refused_row(line, None, why));
            }
        }
    }
    Ok(axum::Json(report))
}

fn refused_row(line: u64, column: Option<&str>, message: String) -> FieldFault {
    let pointer = column.map_or_else(|| format!("line:{line}"), |c| format!("line:{line}/{c}"));
    FieldFault { pointer, message }
}

async fn file_row(state: &AppState, call: &Call, input: &birth::Input) -> Result<Told, Fault> {
    let viewer = call.viewer(state);
    transact!(state.db, Fault, |tx| {
        let desk = viewer.desk();
        let parents = birth::parents(tx, &desk, &input.parents).await.map_err(birth_fault)?;
        let persons = parents.iter().map(|(id, _)| *id);
        let allowed = call.permit(state, tx, action(call), persons, "birth").await?;
        birth::run(tx, &desk, &call.who, &allowed, input.clone()).await.map_err(birth_fault)
    })
}
