//! What is in the pack and about nobody: Organization, Location, HealthcareService, Questionnaire, PlanDefinition; and a staff's names.

use catalogue::model::{AgencyKind, HelpService, Jurisdiction, Level, Point, Protocol};
use serde_json::{Value, json};

use crate::datatype::{concept, extension, own, reference, slug};
use crate::{Country, Resource};

/// Every resource of a kind that the pack holds; empty for other kinds.
pub fn all(kind: &str, country: &Country<'_>) -> Vec<Resource> {
    let pack = country.pack;
    match kind {
        "Organization" => pack.agencies().iter().map(|a| agency(&a.id, a.kind, a.name.get(country.lang))).collect(),
        "Location" => pack.jurisdictions().iter().map(|j| place(j, country)).collect(),
        "HealthcareService" => pack.services().iter().map(|s| service(s, country)).collect(),
        "Questionnaire" => questionnaires(country),
        "Measure" => crate::measure::measures(country),
        "PlanDefinition" => pack.protocols().iter().map(|p| protocol(p, country)).collect(),
        _ => Vec::new(),
    }
}

fn agency(id: &str, kind: AgencyKind, name: &str) -> Resource {
    let word = match kind {
        AgencyKind::Ministry => "ministry",
        AgencyKind::Municipal => "municipal",
        AgencyKind::PublicBody => "public-body",
        AgencyKind::Company => "company",
        AgencyKind::Court => "court",
        AgencyKind::Other => "other",
    };
    Resource::new(json!({
        "resourceType": "Organization",
        "id": slug(id),
        "identifier": [{ "system": own("agency"), "value": id }],
        "active": true,
        "type": [concept(&own("agency-kind"), word, "")],
        "name": name,
    }))
}

fn place(j: &Jurisdiction, country: &Country<'_>) -> Resource {
    let level = match j.level {
        Level::Country => "country",
        Level::Province => "province",
        Level::District => "district",
        Level::Town => "town",
    };
    Resource::new(json!({
        "resourceType": "Location",
        "id": slug(&j.id),
        "identifier": [{ "system": own("place"), "value": j.id }],
        "status": "active",
        "name": j.name.get(country.lang),
        "mode": "kind",
        "type": [concept(&own("place-level"), level, "")],
        "physicalType": concept("http://terminology.hl7.org/CodeSystem/location-physical-type", "jdn", "Jurisdiction"),
        "partOf": j.parent.as_ref().map(|p| reference("Location", slug(p))),
    }))
}

fn service(s: &HelpService, country: &Country<'_>) -> Resource {
    let need = |id: &String| {
        let name = country.pack.code(catalogue::model::NEED, id).map(|c| c.name.get(country.lang)).unwrap_or_default();
        concept(&own("need"), id, name)
    };
    let clocks = [("receive", s.clocks.receive), ("answer", s.clocks.answer), ("finish", s.clocks.finish)];
    let promised = clocks.map(|(name, days)| json!({ "url": name, "valueUnsignedInt": days }));
    Resource::new(json!({
        "resourceType": "HealthcareService",
        "id": slug(&s.id),
        "extension": [{ "url": extension("promised-days"), "extension": promised }],
        "identifier": [{ "system": own("service"), "value": s.id }],
        "active": true,
        "providedBy": reference("Organization", slug(&s.agency)),
        "serviceProvisionCode": s.needs.iter().map(need).collect::<Vec<_>>(),
        "name": s.name.get(country.lang),
        "coverageArea": [reference("Location", slug(&s.place))],
        "telecom": [{ "system": "other", "value": s.contact }],
    }))
}

/// The questionnaires as the pack has them: they are FHIR already.
fn questionnaires(country: &Country<'_>) -> Vec<Resource> {
    let read = |text: &[u8]| serde_json::from_slice::<Value>(text).ok();
    let files = country.pack.files().iter().filter(|(name, _)| name.starts_with("instruments/"));
    files
        .filter_map(|(_, text)| read(text))
        .filter(|v| v.get("resourceType").is_some_and(|k| k == "Questionnaire"))
        .map(|mut v| {
            let text = |name: &str| v.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            // One id for all versions would make them one resource.
            let id = slug(&format!("{}-{}", text("id"), text("version")));
            if let Value::Object(map) = &mut v {
                map.insert("id".to_owned(), json!(id));
            }
            Resource::new(v)
        })
        .collect()
}

fn protocol(p: &Protocol, country: &Country<'_>) -> Resource {
    let duration =
        |days: i64| json!({ "value": days, "unit": "days", "system": "http://unitsofmeasure.org", "code": "d" });
    let days = |point: &Point| match point {
        Point::PregnancyWeek(week) => (i64::from(*week) * 7 - 280, "birth-expected"),
        Point::BirthDays(days) => (i64::from(*days), "birth"),
        Point::BirthMonths(months) => (i64::from(*months) * 30, "birth"),
        Point::DischargeDays(days) => (i64::from(*days), "discharge"),
    };
    let topic = |id: &String| {
        let name = p.topics.iter().find(|t| t.id == *id).map(|t| t.name.get(country.lang)).unwrap_or_default();
        concept(&own("topic"), id, name)
    };
    let visits = p.visits.iter().map(|v| {
        let (at, anchor) = days(&v.at);
        json!({
            "extension": [
                { "url": extension("anchor"), "valueCode": anchor },
                { "url": extension("window"), "extension": [
                    { "url": "early-days", "valueUnsignedInt": v.early_days },
                    { "url": "late-days", "valueUnsignedInt": v.late_days },
                ]},
            ],
            "code": [concept(&own("visit"), &v.id, "")],
            "title": v.name.get(country.lang),
            "reason": v.topics.iter().map(topic).collect::<Vec<_>>(),
            "timingDuration": duration(at),
        })
    });
    let rhythms = p.rhythms.iter().map(|r| {
        json!({
            "code": [concept(&own("visit"), &r.id, "")],
            "title": r.name.get(country.lang),
            "reason": r.topics.iter().map(topic).collect::<Vec<_>>(),
            "condition": [{ "kind": "applicability", "expression": {
                "description": r.tier, "language": "text/fhirpath",
                "expression": format!("%resource.type.coding.where(system = '{}').code = '{}'", own("tier"), r.tier),
            }}],
            "timingTiming": { "repeat": { "frequency": 1, "period": r.every_days, "periodUnit": "d" } },
        })
    });
    Resource::new(json!({
        "resourceType": "PlanDefinition",
        "id": slug(&p.key),
        "url": format!("urn:hearth:protocol:{}", p.id),
        "version": p.version,
        "name": p.id,
        "title": p.name.get(country.lang),
        "status": "active",
        "publisher": p.owner,
        "purpose": p.law,
        "effectivePeriod": { "start": p.from.to_string() },
        "action": visits.chain(rhythms).collect::<Vec<_>>(),
    }))
}

/// Somebody of an agency's staff, by name and function.
pub fn practitioner(account: kernel::AccountId, name: &str) -> Resource {
    Resource::new(json!({
        "resourceType": "Practitioner",
        "id": account.to_string(),
        "active": true,
        "name": [{ "text": name }],
    }))
}

/// What somebody of an agency's staff does, and where.
pub fn role(account: kernel::AccountId, duty: &guard::account::Duty) -> Resource {
    Resource::new(json!({
        "resourceType": "PractitionerRole",
        "id": crate::datatype::part(account.0, duty.role.word()),
        "active": true,
        "practitioner": reference("Practitioner", account),
        "organization": reference("Organization", slug(&duty.organisation)),
        "code": [concept(&own("role"), duty.role.word(), "")],
        "location": [duty.jurisdiction.as_ref().map(|j| reference("Location", slug(j)))],
    }))
}
