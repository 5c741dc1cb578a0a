//! Indicators of home visiting for programs.

use axum::extract::State;
use axum::http::Uri;
use catalogue::model::Unit;
use guard::Action;
use indicator::read;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::call::Call;
use super::problem::{Code, Fault};
use crate::indicators::handlers::{may_see, own_place};
use crate::state::AppState;

/// Of which place.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Which {
    place: Option<String>,
}

/// A figure of a period.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorFigure {
    /// A month, quarter or year that is over: `2026-09`, `2026-Q3`, `2026`.
    period: String,
    /// What counts; of costs, minor units. Missing: kept back.
    numerator: Option<u64>,
    /// Over what. Missing: kept back.
    denominator: Option<u64>,
    /// Tenths of the unit; of costs, minor units. Missing: kept back, or nothing to divide by.
    value: Option<u64>,
}

/// An indicator of a place.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorWire {
    /// Its id in the pack.
    id: String,
    /// `percent`, `per_thousand`, `mean` or `money`.
    unit: String,
    /// Whether its definition is an example and none that is published.
    illustrative: bool,
    /// The oldest period first.
    figures: Vec<IndicatorFigure>,
}

/// All indicators of a place.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct IndicatorList {
    /// The place.
    place: String,
    /// Figures of fewer families are told to nobody.
    suppress_below: u32,
    /// In the order of the pack.
    indicators: Vec<IndicatorWire>,
}

/// Indicators of a place: the caller's own, or one within it. Small numbers are kept back.
#[utoipa::path(get, path = "/api/indicators", tag = "indicators",
    params(("place" = Option<String>, Query, description = "The place; the caller's own where it is left out.")),
    responses((status = 200, body = IndicatorList), super::Faults))]
pub(crate) async fn list(
    State(state): State<AppState>,
    call: Call,
    uri: Uri,
) -> Result<axum::Json<IndicatorList>, Fault> {
    let which: Which = super::query(&uri)?;
    call.permit_thing(&state, Action::ViewIndicators, "indicators").await?;
    let viewer = call.viewer(&state);
    let indicators = viewer.pack.indicators().ok_or_else(|| Fault::new(Code::NotFound))?;
    let place = which.place.unwrap_or_else(|| own_place(&viewer.pack, &call.who));
    if viewer.pack.jurisdictions().get(&place).is_none() || !may_see(&viewer.pack, &call.who, &place) {
        return Err(Fault::field(Code::Invalid, "query:place", "expected your own place, or one within it"));
    }
    let mut tx = state.db.read().await?;
    let mut told = read::of_place(&mut tx, &place).await?;
    drop(tx);
    let wire = |i: &catalogue::model::Indicator| IndicatorWire {
        id: i.id.clone(),
        unit: word(i.unit).to_owned(),
        illustrative: i.illustrative,
        figures: told
            .remove(&i.id)
            .unwrap_or_default()
            .into_iter()
            .map(|(period, told)| figure(i.unit, period, told))
            .collect(),
    };
    let indicators_of = indicators.all.iter().map(wire).collect();
    Ok(axum::Json(IndicatorList { place, suppress_below: indicators.suppress_below, indicators: indicators_of }))
}

fn figure(unit: Unit, period: indicator::period::Period, told: read::Told) -> IndicatorFigure {
    IndicatorFigure {
        period: period.to_string(),
        numerator: told.map(|t| t.0),
        denominator: told.map(|t| t.1),
        value: told.and_then(|told| read::value(unit, told)),
    }
}

/// The word of a unit, as packs write it.
fn word(unit: Unit) -> &'static str {
    Unit::ALL.iter().find(|(_, it)| *it == unit).map_or("", |(word, _)| *word)
}
