//! Indicators of home visiting: Measure, what is counted, and MeasureReport, what may be told of a place in a period.

use catalogue::model::{Better, Indicator, Unit};
use indicator::period::Period;
use indicator::read::{Told, value};
use kernel::{Currency, Instant};
use serde_json::{Value, json};

use crate::datatype::{concept, extension, hl7, period as days, reference, slug};
use crate::{Country, Resource};

/// What the pack counts.
pub fn measures(country: &Country<'_>) -> Vec<Resource> {
    let Some(indicators) = country.pack.indicators() else { return Vec::new() };
    indicators.all.iter().map(|it| measure(it, &indicators.law, country)).collect()
}

fn url(indicator: &Indicator) -> String {
    format!("urn:hearth:indicator:{}", indicator.id)
}

/// A share has those who count among those they are counted over; a ratio of two counts has not.
fn scoring(indicator: &Indicator) -> &'static str {
    if indicator.measure.is_share() { "proportion" } else { "ratio" }
}

fn population(code: &str) -> Value {
    concept(&hl7("measure-population"), code, "")
}

fn measure(it: &Indicator, law: &str, country: &Country<'_>) -> Resource {
    let lang = country.lang;
    let part = |code: &str, words: &str| {
        json!({
            "code": population(code),
            "description": words,
            "criteria": { "language": "text/cql", "expression": it.id },
        })
    };
    let better = it.better.map(|better| match better {
        Better::Higher => concept(&hl7("measure-improvement-notation"), "increase", ""),
        Better::Lower => concept(&hl7("measure-improvement-notation"), "decrease", ""),
    });
    Resource::new(json!({
        "resourceType": "Measure",
        "id": slug(&it.id),
        "url": url(it),
        "version": country.pack.manifest().version,
        "name": it.id,
        "title": it.name.get(lang),
        "status": "active",
        "experimental": it.illustrative,
        "subjectCodeableConcept": concept("http://hl7.org/fhir/resource-types", "Location", ""),
        "purpose": law,
        "scoring": concept(&hl7("measure-scoring"), scoring(it), ""),
        "improvementNotation": better,
        "group": [{ "population": [
            part("numerator", it.numerator.get(lang)),
            part("denominator", it.denominator.get(lang)),
        ] }],
    }))
}

/// What may be told of a place in a period. A figure that is kept back has no counts, and says that they are masked.
pub fn report(
    it: &Indicator,
    place: &str,
    (period, told): (Period, Told),
    counted: Instant,
    currency: Currency,
) -> Resource {
    let masked = || json!({ "extension": [{ "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked" }] });
    let part = |code: &str, count: Option<u64>| match count {
        Some(count) if it.unit != Unit::Money || code != "numerator" => {
            json!({ "code": population(code), "count": count })
        }
        // A sum of money is no count.
        Some(minor) => {
            json!({ "code": population(code), "extension": [{ "url": extension("minor-units"), "valueString": minor.to_string() }] })
        }
        None => json!({ "code": population(code), "_count": masked() }),
    };
    let score = match told {
        Some(told) => value(it.unit, told).map(|value| score(it.unit, value, currency)),
        None => Some(masked()),
    };
    Resource::new(json!({
        "resourceType": "MeasureReport",
        "id": id(it, place, period),
        "status": "complete",
        "type": "summary",
        "measure": url(it),
        "subject": reference("Location", slug(place)),
        "date": counted.rfc3339(),
        "period": days(Some(period.first()), Some(period.last())),
        "group": [{
            "population": [part("numerator", told.map(|t| t.0)), part("denominator", told.map(|t| t.1))],
            "measureScore": score,
        }],
    }))
    .versioned(counted.micros(), counted)
}

/// The id of a report: the place, the period and the indicator.
pub fn id(it: &Indicator, place: &str, period: Period) -> String {
    slug(&format!("{place}--{period}--{}", it.id))
}

fn score(unit: Unit, value: u64, currency: Currency) -> Value {
    // Tenths below 2^53 are exact.
    let tenths = value as f64 / 10.0;
    match unit {
        Unit::Percent => crate::datatype::quantity(tenths, "%", "%"),
        Unit::PerThousand => crate::datatype::quantity(tenths, "per thousand", "[ppth]"),
        Unit::Mean => crate::datatype::quantity(tenths, "1", "1"),
        Unit::Money => {
            let whole = value as f64 / currency.unit() as f64;
            json!({ "value": whole, "unit": currency.code(), "system": "urn:iso:std:iso:4217", "code": currency.code() })
        }
    }
}
