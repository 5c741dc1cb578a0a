//! Planned visits: the window, why then, and how it stands.

use serde_json::{Value, json};
use visit::read::File;
use visit::schedule::{Planned, State, Why};

use crate::datatype::{concept, extension, hashed, identifier, own, reference};
use crate::{Country, Resource};

/// The id of a planned visit of a family.
pub(super) fn id(file: &File, visit: &str) -> String {
    hashed(file.enrolment.id.0, visit)
}

/// Every visit of the schedule.
pub(super) fn all(file: &File, country: &Country<'_>) -> Vec<Resource> {
    file.schedule.iter().map(|planned| one(file, planned, country)).collect()
}

fn one(file: &File, planned: &Planned, country: &Country<'_>) -> Resource {
    let e = &file.enrolment;
    let protocol = country.pack.protocols().get(&e.protocol);
    let base = planned.visit.split('/').next().unwrap_or_default();
    let name = protocol.and_then(|p| p.visit_name(base)).map(|n| n.get(country.lang)).unwrap_or_default();
    let topics = planned.topics.iter().chain(&planned.carried).map(|id| {
        let topic = protocol.and_then(|p| p.topics.iter().find(|t| t.id == *id));
        concept(&own("topic"), id, topic.map(|t| t.name.get(country.lang)).unwrap_or_default())
    });
    let opens = country.midnight(planned.window.opens);
    let closes = country.midnight(planned.window.closes.tomorrow().unwrap_or(planned.window.closes));
    // FHIR asks for start and end of whatever is no longer only proposed.
    let (status, start, end) = match &planned.state {
        State::Ahead | State::Due | State::Late { .. } => ("proposed", None, None),
        State::Done { on, .. } => {
            ("fulfilled", Some(country.midnight(*on)), on.tomorrow().ok().map(|d| country.midnight(d)))
        }
        State::Missed { .. } => ("noshow", Some(opens.clone()), Some(closes.clone())),
        State::NotNeeded(_) => ("cancelled", None, None),
    };
    let accepted = if e.consented_at.is_some() { "accepted" } else { "needs-action" };
    let late = match &planned.state {
        State::Late { until } => Some(json!({ "url": extension("late-until"), "valueDate": until.to_string() })),
        _ => None,
    };
    let mut participants = vec![json!({ "actor": reference("Patient", e.person), "status": accepted })];
    participants.extend(
        e.nurse_on(country.today).map(|n| json!({ "actor": reference("Practitioner", n), "status": "accepted" })),
    );
    Resource::new(json!({
        "resourceType": "Appointment",
        "id": id(file, &planned.visit),
        "extension": [late],
        "identifier": [{ "system": own("visit"), "value": format!("{}/{}", e.id, planned.visit) }, identifier_of(file)],
        "status": status,
        "serviceType": [{ "coding": [{ "system": own("visit"), "code": planned.visit, "display": name }], "text": name }],
        "reasonCode": topics.collect::<Vec<_>>(),
        "description": name,
        "comment": why(&planned.why),
        "start": start,
        "end": end,
        "participant": participants,
        "requestedPeriod": [{ "start": opens, "end": closes }],
    }))
}

/// The episode it belongs to: R4's Appointment has no reference to one.
fn identifier_of(file: &File) -> Value {
    identifier(file.enrolment.id.0)
}

/// Why then, for whoever reads the record.
fn why(why: &Why) -> String {
    match why {
        Why::PregnancyWeek { week, due } => format!("week {week} of a pregnancy due on {due}"),
        Why::Birth { born, expected: true } => format!("after the birth expected on {born}"),
        Why::Birth { born, .. } => format!("after birth on {born}"),
        Why::Corrected { due, born } => format!("by the day birth was expected, {due}: born early on {born}"),
        Why::Discharge { discharged, expected: true } => format!("after leaving hospital, expected on {discharged}"),
        Why::Discharge { discharged, .. } => format!("after leaving hospital on {discharged}"),
        Why::Tier { tier, since, every_days } => format!("every {every_days} days since {since}, level {tier}"),
        Why::Loss { since } => format!("since {since}"),
    }
}
