//! That a family is visited, by whom, why so often, and what is due as its children grow.

use serde_json::{Value, json};
use visit::growing;
use visit::model::{ChildDates, LeftWhy, TierDecision};
use visit::read::File;

use crate::datatype::{at, concept, hl7, identifier, own, part, period, reference, slug};
use crate::{Country, Resource};

/// The visits of a family as one episode.
pub(super) fn episode(file: &File, country: &Country<'_>) -> Resource {
    let e = &file.enrolment;
    let status = match e.left {
        Some((_, LeftWhy::Graduated)) => "finished",
        Some(_) => "cancelled",
        None if e.consented_at.is_none() => "planned",
        None => "active",
    };
    let offset = country.pack.manifest().utc_offset_hours;
    let agreed = e.consented_at.map(|at| at.date(offset));
    let (left, why) = (e.left.map(|(day, _)| day), e.left.map(|(_, why)| why));
    let mut steps = vec![("planned", Some(e.entered_on), agreed.or(left))];
    steps.extend(agreed.map(|day| ("active", Some(day), left)));
    steps.extend(left.map(|day| (status, Some(day), None)));
    let steps = steps.iter().map(|(status, start, end)| json!({ "status": status, "period": period(*start, *end) }));
    let name = country.pack.protocols().get(&e.protocol).map(|p| p.name.get(country.lang));
    let tier = file.tiers.iter().rev().find(|t| t.from <= country.today).and_then(|t| t.tier.as_deref());
    let kinds = [
        Some(concept(&own("protocol"), &e.protocol, name.unwrap_or_default())),
        tier.map(|tier| concept(&own("tier"), tier, "")),
    ];
    let reason = why.map(|why| json!({ "url": crate::datatype::extension("left-why"), "valueCode": why.word() }));
    Resource::new(json!({
        "resourceType": "EpisodeOfCare",
        "id": e.id.to_string(),
        "extension": [reason],
        "identifier": [identifier(e.id.0)],
        "status": status,
        "statusHistory": steps.collect::<Vec<_>>(),
        "type": kinds,
        "patient": reference("Patient", e.person),
        "managingOrganization": reference("Organization", slug(&e.organisation)),
        "period": period(Some(e.entered_on), left),
        "careManager": e.nurse_on(country.today).map(|nurse| reference("Practitioner", nurse)),
        "team": [reference("CareTeam", part(e.id.0, "team"))],
    }))
}

/// The family's yes to visits.
pub(super) fn consent(file: &File, country: &Country<'_>) -> Option<Resource> {
    let e = &file.enrolment;
    let agreed = e.consented_at?;
    let declined = matches!(e.left, Some((_, LeftWhy::Declined)));
    let law = country.pack.protocols().get(&e.protocol).map(|p| p.law.clone()).filter(|law| !law.is_empty());
    Some(Resource::new(json!({
        "resourceType": "Consent",
        "id": part(e.id.0, "visits"),
        "status": if declined { "inactive" } else { "active" },
        "scope": concept(&hl7("consentscope"), "treatment", "Treatment"),
        "category": [concept("http://loinc.org", "59284-0", "Consent Document")],
        "patient": reference("Patient", e.person),
        "dateTime": at(Some(agreed)),
        "organization": [reference("Organization", slug(&e.organisation))],
        // FHIR asks for the rule that a consent rests on; in words where the pack names no law.
        "policyRule": { "text": law.unwrap_or_else(|| e.protocol.clone()) },
        "provision": {
            "type": "permit",
            "period": period(None, e.left.map(|(day, _)| day)),
            "purpose": [{ "system": hl7("v3-ActReason"), "code": "TREAT" }],
        },
    })))
}

/// Who visits.
pub(super) fn team(file: &File, country: &Country<'_>) -> Resource {
    let e = &file.enrolment;
    let organisation = reference("Organization", slug(&e.organisation));
    let nurse = e.nurse_on(country.today).map(|nurse| {
        json!({
            "role": [concept(&own("role"), "nurse", "")],
            "member": reference("Practitioner", nurse),
            "onBehalfOf": organisation,
        })
    });
    Resource::new(json!({
        "resourceType": "CareTeam",
        "id": part(e.id.0, "team"),
        "status": if e.left.is_some() { "inactive" } else { "active" },
        "subject": reference("Patient", e.person),
        "participant": [nurse],
        "managingOrganization": [organisation],
    }))
}

/// A decision on a family's level of need: what it rests on, what the rule proposed, and the nurse's own reason.
pub(super) fn need(file: &File, tier: &TierDecision, country: &Country<'_>) -> Resource {
    let g = &tier.grounds;
    // An assessment that was made alone is not in the file, so nothing points at it.
    let basis = g.submission.filter(|id| file.submission(*id).is_some());
    let protocol = country.pack.protocols().get(&tier.protocol).map(|p| p.name.get(country.lang).to_owned());
    let proposed = g.proposed.as_ref().map(|(protocol, tier)| {
        let words: Vec<&str> = [protocol.as_deref(), tier.as_deref()].into_iter().flatten().collect();
        json!({ "text": format!("proposed by the rule: {}", words.join(", ")) })
    });
    let points = g.points.map(|points| {
        let counted: Vec<String> = g.counted.iter().map(|c| format!("{} {:+}", c.item, c.points)).collect();
        let skipped = if g.skipped.is_empty() { String::new() } else { format!("; skipped: {}", g.skipped.join(", ")) };
        json!({ "text": format!("{points} points: {}{skipped}", counted.join(", ")) })
    });
    Resource::new(json!({
        "resourceType": "RiskAssessment",
        "id": part(file.enrolment.id.0, &tier.id.to_string()),
        "identifier": [identifier(tier.id.0)],
        "status": "final",
        "method": g.rule.as_ref().map(|(_, rule)| json!({ "coding": [{ "system": own("score"), "code": rule }] })),
        "subject": reference("Patient", file.enrolment.person),
        "occurrenceDateTime": tier.from.to_string(),
        "performer": reference("Practitioner", tier.account),
        "basis": [basis.map(|id| reference("QuestionnaireResponse", first_of(file, id)))],
        "prediction": [{
            "outcome": {
                "coding": [
                    { "system": own("protocol"), "code": tier.protocol, "display": protocol },
                    tier.tier.as_ref().map(|t| json!({ "system": own("tier"), "code": t })),
                ],
            },
            "rationale": g.reason,
        }],
        "note": [points, proposed],
    }))
    .versioned(1, tier.recorded_at)
}

/// The id of the thread a submission belongs to.
fn first_of(file: &File, id: kernel::SubmissionId) -> kernel::SubmissionId {
    let threads = super::threads(file);
    let thread = threads.iter().find(|t| t.numbered().any(|(_, s, _)| s.id == id));
    thread.map_or(id, super::Thread::id)
}

/// The doses whose time it is for a child, by the calendar of the country.
pub(super) fn immunisations(file: &File, child: &ChildDates, country: &Country<'_>) -> Option<Resource> {
    if child.died.is_some() {
        return None;
    }
    let due = growing::immunisations(country.pack, child.born, country.today);
    let dose = |d: &&catalogue::model::ImmunisationDose| -> Value {
        json!({
            "vaccineCode": [concept(&own("vaccine"), &d.id, d.name.get(country.lang))],
            "forecastStatus": concept(&hl7("immunization-recommendation-status"), "due", "Due"),
            "doseNumberPositiveInt": d.dose.max(1),
        })
    };
    let doses: Vec<Value> = due.iter().map(dose).collect();
    if doses.is_empty() {
        return None;
    }
    Some(Resource::new(json!({
        "resourceType": "ImmunizationRecommendation",
        "id": part(file.enrolment.id.0, &child.person.to_string()),
        "patient": reference("Patient", child.person),
        "date": country.today.to_string(),
        "recommendation": doses,
    })))
}
