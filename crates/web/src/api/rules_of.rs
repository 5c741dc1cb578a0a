//! The catalogue: programmes, parameters; and the rules tried on a household that is nobody's.

use axum::extract::{Path, Request, State};
use axum::http::HeaderMap;
use catalogue::HouseholdFile;
use kernel::Lang;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::body::Body;
use super::call::lang;
use super::problem::{Code, Fault, FieldFault};
use super::wire::{day, per, read_day, scalar};
use crate::state::AppState;

/// A programme in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProgrammeShort {
    /// Its id.
    id: String,
    /// Its name in the language asked for.
    name: String,
    /// One or two plain sentences.
    summary: String,
    /// The agency responsible.
    agency: String,
    /// Events that make it worth asking for.
    events: Vec<String>,
}

/// All programmes.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProgrammeList {
    /// Content hash of the pack.
    pack_hash: String,
    /// In the pack's order.
    programmes: Vec<ProgrammeShort>,
}

fn short(p: &catalogue::model::Programme, lang: Lang) -> ProgrammeShort {
    ProgrammeShort {
        id: p.id.clone(),
        name: p.name.get(lang).to_owned(),
        summary: p.summary.get(lang).to_owned(),
        agency: p.agency.clone(),
        events: p.events.clone(),
    }
}

/// The programmes of the pack in force.
#[utoipa::path(get, path = "/api/programmes", tag = "catalogue", security(()),
    responses((status = 200, body = ProgrammeList), super::Faults))]
pub(crate) async fn programmes(State(state): State<AppState>, headers: HeaderMap) -> axum::Json<ProgrammeList> {
    let pack = state.packs.current();
    let programmes = pack.programmes().iter().map(|p| short(p, lang(&headers))).collect();
    axum::Json(ProgrammeList { pack_hash: pack.content_hash().to_owned(), programmes })
}

/// A condition of a programme.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuleWire {
    /// Its id.
    id: String,
    /// In words.
    words: String,
    /// The law.
    law: String,
    /// The rule as written.
    when: String,
}

/// What a programme says over a range of days.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct VersionWire {
    /// First day.
    #[schema(format = Date)]
    valid_from: Option<String>,
    /// Last day.
    #[schema(format = Date)]
    valid_to: Option<String>,
    /// The law.
    law: String,
    /// The conditions, all of which must hold.
    conditions: Vec<RuleWire>,
    /// The sum as written.
    amount: Option<String>,
    /// Its period: `once`, `month`, `year` or `use`.
    per: Option<String>,
}

/// A programme with all its versions.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProgrammeWire {
    /// In short.
    programme: ProgrammeShort,
    /// By date.
    versions: Vec<VersionWire>,
}

/// A programme with its rules, law and versions.
#[utoipa::path(get, path = "/api/programmes/{id}", tag = "catalogue", security(()),
    params(("id" = String, Path, description = "The programme.")),
    responses((status = 200, body = ProgrammeWire), super::Faults))]
pub(crate) async fn programme(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<axum::Json<ProgrammeWire>, Fault> {
    let pack = state.packs.current();
    let lang = lang(&headers);
    let found = pack.programmes().get(&id).map(|p| {
        let versions = p.versions.iter().map(|v| VersionWire {
            valid_from: day(v.valid_from),
            valid_to: day(v.valid_to),
            law: v.law.clone(),
            conditions: v
                .conditions
                .iter()
                .map(|c| RuleWire {
                    id: c.id.clone(),
                    words: c.words.get(lang).to_owned(),
                    law: c.law.clone(),
                    when: c.when.clone(),
                })
                .collect(),
            amount: v.amount.as_ref().map(|(text, _)| text.clone()),
            per: v.amount.as_ref().map(|(_, p)| per(*p).to_owned()),
        });
        axum::Json(ProgrammeWire { programme: short(p, lang), versions: versions.collect() })
    });
    found.ok_or_else(|| Fault::new(Code::NotFound))
}

/// A table of parameters in short.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParameterShort {
    /// Its id.
    id: String,
    /// Its name.
    name: String,
    /// The law.
    law: String,
}

/// All tables.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParameterList {
    /// In the pack's order.
    parameters: Vec<ParameterShort>,
}

/// The parameter tables of the pack in force.
#[utoipa::path(get, path = "/api/parameters", tag = "catalogue", security(()),
    responses((status = 200, body = ParameterList), super::Faults))]
pub(crate) async fn parameters(State(state): State<AppState>, headers: HeaderMap) -> axum::Json<ParameterList> {
    let pack = state.packs.current();
    let one = |p: &catalogue::model::Parameter| ParameterShort {
        id: p.id.clone(),
        name: p.name.get(lang(&headers)).to_owned(),
        law: p.law.clone(),
    };
    axum::Json(ParameterList { parameters: pack.parameters().iter().map(one).collect() })
}

/// One dated row.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RowWire {
    /// First day.
    #[schema(format = Date)]
    valid_from: String,
    /// Last day; null is open.
    #[schema(format = Date)]
    valid_to: Option<String>,
    /// One value a key.
    #[schema(value_type = Vec<super::wire::Scalar>)]
    keys: Vec<serde_json::Value>,
    /// The value.
    #[schema(value_type = super::wire::Scalar)]
    value: serde_json::Value,
    /// Where it was read.
    sources: Vec<String>,
}

/// A table with its rows.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ParameterWire {
    /// In short.
    parameter: ParameterShort,
    /// Names of the keys.
    keys: Vec<String>,
    /// As published.
    rows: Vec<RowWire>,
}

/// A table of dated values as published.
#[utoipa::path(get, path = "/api/parameters/{id}", tag = "catalogue", security(()),
    params(("id" = String, Path, description = "The table.")),
    responses((status = 200, body = ParameterWire), super::Faults))]
pub(crate) async fn parameter(
    State(state): State<AppState>,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<axum::Json<ParameterWire>, Fault> {
    let pack = state.packs.current();
    let found = pack.parameters().get(&id).map(|p| {
        let rows = p.rows.iter().map(|r| RowWire {
            valid_from: r.valid_from.to_string(),
            valid_to: day(r.valid_to),
            keys: r.keys.iter().map(scalar).collect(),
            value: scalar(&r.value),
            sources: r.sources.clone(),
        });
        let parameter =
            ParameterShort { id: p.id.clone(), name: p.name.get(lang(&headers)).to_owned(), law: p.law.clone() };
        axum::Json(ParameterWire { parameter, keys: p.keys.clone(), rows: rows.collect() })
    });
    found.ok_or_else(|| Fault::new(Code::NotFound))
}

/// A household that is nobody's, in the format of the worked cases.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ExplainWire {
    /// `place`, `facts` and `members` as in docs/pack-format.md.
    #[schema(value_type = Object)]
    household: serde_json::Map<String, serde_json::Value>,
    /// The day asked about; today when left out.
    #[serde(default)]
    #[schema(format = Date)]
    on: Option<String>,
    /// The day of the claim; the day asked about when left out.
    #[serde(default)]
    #[schema(format = Date)]
    claim_date: Option<String>,
}

/// Works out what an invented household may get. Nothing is stored, nobody need be signed in.
#[utoipa::path(post, path = "/api/explain", tag = "catalogue", security(()), request_body = ExplainWire,
    responses((status = 200, body = Object, description = "As `hearth explain --json` prints it."), super::Faults))]
pub(crate) async fn explain(
    State(state): State<AppState>,
    headers: HeaderMap,
    request: Request,
) -> Result<axum::Json<serde_json::Value>, Fault> {
    let lang = lang(&headers);
    let it = Body::<ExplainWire>::read(request, &state).await?.it;
    let on = it.on.map(|d| read_day(&d, "/on")).transpose()?.unwrap_or_else(|| state.today());
    let claim = it.claim_date.map(|d| read_day(&d, "/claim_date")).transpose()?;
    let pack = state.packs.current();
    let members = it.household.get("members").and_then(|m| m.as_array()).map_or(0, Vec::len);
    if members > 30 {
        return Err(Fault::field(Code::Invalid, "/household/members", "expected at most 30 members"));
    }
    let text = serde_json::json!({ "household": it.household }).to_string();
    let file = HouseholdFile::parse(&pack, "household", &text).map_err(|faults| {
        let errors = faults.iter().take(50).map(|f| FieldFault {
            pointer: "/household".to_owned(),
            message: format!("{}: expected {} {}", f.message, f.expected, f.hint).trim_end().to_owned(),
        });
        let mut fault = Fault::new(Code::Invalid);
        fault.errors = errors.collect();
        fault
    })?;
    let household = file.build(&pack).map_err(|e| Fault::field(Code::Invalid, "/household", e.to_string()))?;
    Ok(axum::Json(catalogue::explain_json(&pack, &household, (on, claim), lang)))
}
