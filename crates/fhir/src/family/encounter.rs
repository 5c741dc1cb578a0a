//! A visit made or tried: Encounter, and what was measured and answered in it.

use serde_json::{Value, json};
use visit::growth::{Score, Unscored};
use visit::model::{ChildDates, EndingWord, Measured, Visit};

use super::{Made, appointment, questionnaire};
use crate::Resource;
use crate::datatype::{coding, concept, extension, hl7, identifier, own, part, quantity, reference};

/// LOINC codes of what is measured: name, code, what LOINC calls it, unit, and its UCUM code.
pub(super) const MEASURES: [(&str, &str, &str, &str, &str); 5] = [
    ("weight", "29463-7", "Body weight", "kg", "kg"),
    ("length", "8306-3", "Body height --lying", "cm", "cm"),
    ("height", "8302-2", "Body height", "cm", "cm"),
    ("head", "9843-4", "Head Occipital-frontal circumference", "cm", "cm"),
    ("arm", "56072-2", "Circumference Mid upper arm - right", "cm", "cm"),
];

/// The encounter and everything that came with it.
pub(super) fn all(made: &Made<'_>, visit: &Visit) -> Vec<Resource> {
    let mut all = vec![encounter(made, visit)];
    for (number, measured) in visit.measured.iter().enumerate() {
        all.extend(observations(made, number, measured));
    }
    all.extend(visit.forms.iter().map(|(key, answers)| questionnaire::of_visit(made, key, answers)));
    all
}

fn encounter(made: &Made<'_>, visit: &Visit) -> Resource {
    let (e, country) = (&made.file.enrolment, made.country);
    let protocol = country.pack.protocols().get(&e.protocol);
    let base = visit.visit.split('/').next().unwrap_or_default();
    let name = protocol.and_then(|p| p.visit_name(base)).map(|n| n.get(country.lang)).unwrap_or_default();
    let topic = |id: &String| {
        let words = protocol.and_then(|p| p.topics.iter().find(|t| t.id == *id)).map(|t| t.name.get(country.lang));
        concept(&own("topic"), id, words.unwrap_or_default())
    };
    let planned = made.file.schedule.iter().any(|p| p.visit == visit.visit);
    let day = made.submission.made_on.to_string();
    let texts = [("next-steps", &visit.next_steps), ("note", &visit.note), ("why-not", &visit.why)];
    let mut extensions = vec![json!({ "url": extension("visit-ending"), "valueCode": visit.ending.word() })];
    extensions.extend(
        texts
            .iter()
            .filter_map(|(name, text)| text.as_ref().map(|t| json!({ "url": extension(name), "valueString": t }))),
    );
    extensions.extend(visit.discharged.iter().map(|(child, day)| {
        json!({ "url": extension("discharged"), "extension": [
            { "url": "child", "valueReference": reference("Patient", child) },
            { "url": "on", "valueDate": day.to_string() },
        ]})
    }));
    made.version(json!({
        "resourceType": "Encounter",
        "id": made.id.to_string(),
        "extension": extensions,
        "identifier": [identifier(made.id.0)],
        "status": if visit.ending == EndingWord::Done { "finished" } else { "cancelled" },
        "class": coding(&hl7("v3-ActCode"), "HH", "home health"),
        "type": [{ "coding": [coding(&own("visit"), &visit.visit, name)] }],
        "subject": reference("Patient", e.person),
        "episodeOfCare": [reference("EpisodeOfCare", e.id)],
        "participant": [{ "individual": reference("Practitioner", made.submission.account) }],
        "appointment": [planned.then(|| reference("Appointment", appointment::id(made.file, &visit.visit)))],
        "period": { "start": day, "end": day },
        "length": visit.minutes.map(|m| quantity(f64::from(m), "minutes", "min")),
        "reasonCode": visit.topics.iter().map(topic).collect::<Vec<_>>(),
        "serviceProvider": reference("Organization", crate::datatype::slug(&e.organisation)),
    }))
}

/// What was measured of one child, the scores that follow, and the milestones that were seen.
fn observations(made: &Made<'_>, number: usize, measured: &Measured) -> Vec<Resource> {
    let on = made.submission.made_on;
    let child = made.file.enrolment.dates.children.iter().find(|c| c.person == measured.child);
    let standing = measured.standing.unwrap_or_else(|| child.is_some_and(|c| (on - c.born).get_days() >= 731));
    let values = [
        measured.weight_kg,
        measured.length_cm.filter(|_| !standing),
        measured.length_cm.filter(|_| standing),
        measured.head_cm,
        measured.arm_cm,
    ];
    let of = |name: &str, code: Value, more: Value| observation(made, number, measured, name, code, more);
    let mut all: Vec<Resource> = Vec::new();
    for ((name, code, display, unit, ucum), value) in MEASURES.into_iter().zip(values) {
        if let Some(value) = value {
            let code = concept("http://loinc.org", code, display);
            all.push(of(name, code, json!({ "valueQuantity": quantity(value, unit, ucum) })));
        }
    }
    if measured.oedema {
        let code = concept(&own("finding"), "oedema-both-feet", "Swelling of both feet");
        all.push(of("oedema", code, json!({ "valueBoolean": true })));
    }
    let basis: Vec<Value> = all.iter().map(|r| reference("Observation", r.id())).collect();
    all.extend(child.map(|child| scores(made, number, measured, child, &basis)).unwrap_or_default());
    all.extend(measured.milestones.iter().map(|id| {
        let name = made.country.pack.milestones().get(id).map(|m| m.name.get(made.country.lang)).unwrap_or_default();
        of(&format!("milestone.{id}"), concept(&own("milestone"), id, name), json!({ "valueBoolean": true }))
    }));
    all
}

fn scores(made: &Made<'_>, number: usize, measured: &Measured, child: &ChildDates, basis: &[Value]) -> Vec<Resource> {
    let Some(scores) = measured.scores(child, made.file.enrolment.dates.due, made.submission.made_on) else {
        return Vec::new();
    };
    let all: [(&str, Result<Score, Unscored>); 6] = [
        ("weight-for-age", scores.weight_for_age),
        ("length-for-age", scores.length_for_age),
        ("weight-for-length", scores.weight_for_length),
        ("bmi-for-age", scores.bmi_for_age),
        ("head-for-age", scores.head_for_age),
        ("arm-for-age", scores.arm_for_age),
    ];
    let one = |(name, score): (&str, Result<Score, Unscored>)| {
        let score = score.ok()?;
        let code = concept(&own("who-z-score"), name, &format!("{name} z-score, WHO Child Growth Standards"));
        // What lies where measurements hardly can is measured again, and counts in no statistics.
        let doubt = (!score.plausible).then(|| json!([{ "text": "implausible: measure again" }]));
        let value = json!({
            "valueQuantity": quantity(score.rounded(), "standard deviations", "{Zscore}"),
            "interpretation": doubt,
            "derivedFrom": basis,
        });
        Some(observation(made, number, measured, &format!("z.{name}"), code, value))
    };
    all.into_iter().filter_map(one).collect()
}

fn observation(made: &Made<'_>, number: usize, measured: &Measured, name: &str, code: Value, more: Value) -> Resource {
    let category = if name.starts_with("milestone") { ("survey", "Survey") } else { ("vital-signs", "Vital Signs") };
    let mut content = json!({
        "resourceType": "Observation",
        "id": part(made.id.0, &format!("{number}-{name}")),
        "status": if made.number == 1 { "final" } else { "amended" },
        "category": [concept(&hl7("observation-category"), category.0, category.1)],
        "code": code,
        "subject": reference("Patient", measured.child),
        "encounter": reference("Encounter", made.id),
        "effectiveDateTime": made.submission.made_on.to_string(),
        "performer": [reference("Practitioner", made.submission.account)],
    });
    if let (Value::Object(content), Value::Object(more)) = (&mut content, more) {
        content.extend(more);
    }
    made.version(content)
}
