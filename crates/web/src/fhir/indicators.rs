//! MeasureReport: indicators of the caller's place, or of one within it.

use fhir::{Resource, measure};
use guard::Action;
use indicator::read;

use super::calls::Asked;
use crate::api::problem::{Code, Fault};
use crate::indicators::handlers::{may_see, own_place};

/// Every report of a place: `Location/…`, or the caller's own where none is named.
pub(super) async fn reports(asked: &Asked<'_>, subject: Option<&str>) -> Result<Vec<Resource>, Fault> {
    asked.call.permit_thing(asked.state, Action::ViewIndicators, "indicators").await?;
    let (pack, who) = (&asked.pack, &asked.call.who);
    let place = match subject {
        None => own_place(pack, who),
        Some(subject) => {
            let wanted = subject.rsplit('/').next().unwrap_or(subject);
            let found = pack.jurisdictions().iter().find(|j| fhir::datatype::slug(&j.id) == wanted);
            let found = found.filter(|j| may_see(pack, who, &j.id)).map(|j| j.id.clone());
            found.ok_or_else(|| {
                Fault::field(Code::Invalid, "MeasureReport?subject", "expected your own place, or one within it")
            })?
        }
    };
    let Some(indicators) = pack.indicators() else { return Ok(Vec::new()) };
    let mut tx = asked.state.db.read().await?;
    let mut told = read::of_place(&mut tx, &place).await?;
    let counted = read::counted_at(&mut tx).await?;
    drop(tx);
    let mut all = Vec::new();
    for it in &indicators.all {
        let Some(at) = counted.get(&it.id) else { continue };
        let figures = told.remove(&it.id).unwrap_or_default();
        all.extend(figures.into_iter().map(|f| measure::report(it, &place, f, *at, pack.currency())));
    }
    Ok(all)
}

/// The place that an id of a report names.
pub(super) fn place_of(id: &str) -> &str {
    id.split_once("--").map_or(id, |(place, _)| place)
}
