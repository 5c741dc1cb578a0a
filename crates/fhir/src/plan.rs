//! Case management: the family plan as CarePlan, Goal and the consents it rests on; for an agency that takes part no more than its part.

use kernel::PersonId;
use serde_json::{Value, json};
use visit::care::case::{Case, Closed};
use visit::care::plan::{Action, End, Goal, How, Part, Partner, Voice};
use visit::care::read::Shared;

use crate::datatype::{at, concept, hl7, identifier, own, part, period, reference, slug};
use crate::{Country, Resource};

/// The whole plan, for whoever leads the case or whose it is.
pub fn whole(case: &Case, country: &Country<'_>) -> Vec<Resource> {
    let (opening, plan) = (&case.opening, &case.plan);
    let status = match case.closed {
        None if plan.is_agreed() => "active",
        None => "draft",
        Some(Closed::Finished(_)) => "completed",
        Some(Closed::Declined(_)) => "revoked",
    };
    let subject = reference("Patient", opening.person);
    let step = case.now().map(|s| concept(&own("case-step"), &s.id, s.name.get(country.lang)));
    let agencies: Vec<Value> =
        plan.partners.iter().filter(|p| p.takes_part()).map(|p| reference("Organization", slug(&p.agency))).collect();
    let mut all = vec![Resource::new(json!({
        "resourceType": "CarePlan",
        "id": opening.id.to_string(),
        "identifier": [identifier(opening.id.0)],
        "status": status,
        "intent": "plan",
        "category": [step],
        "description": opening.why,
        "subject": subject,
        "period": period(Some(opening.on), case.closed.map(Closed::on)),
        "created": opening.on.to_string(),
        "author": reference("Organization", slug(&opening.organisation)),
        "contributor": agencies,
        "careTeam": [reference("CareTeam", part(opening.enrolment.0, "team"))],
        "goal": plan.goals.iter().map(|g| reference("Goal", goal_id(case.opening.id.0, g.number))).collect::<Vec<_>>(),
        "activity": plan.actions.iter().map(|a| activity(opening.id.0, a)).collect::<Vec<_>>(),
    }))];
    all.extend(plan.goals.iter().map(|g| goal(opening.id.0, g, &subject, Some(opening.person))));
    all.extend(plan.partners.iter().filter_map(|p| consent(case, p)));
    all
}

/// The part of an agency: its actions and the goals they are for, and of the person the name.
pub fn shared(shared: &Shared) -> Vec<Resource> {
    let Part { why, goals, actions, .. } = &shared.part;
    let id = shared.case.0;
    let person = json!([{ "resourceType": "Patient", "id": "person", "name": [{ "text": shared.name }] }]);
    let subject = json!({ "reference": "#person" });
    let mut all = vec![Resource::new(json!({
        "resourceType": "CarePlan",
        "id": id.to_string(),
        "contained": person,
        "identifier": [identifier(id)],
        "status": "active",
        "intent": "plan",
        "description": why,
        "subject": subject,
        "author": reference("Organization", slug(&shared.organisation)),
        "goal": goals.iter().map(|g| reference("Goal", goal_id(id, g.number))).collect::<Vec<_>>(),
        "activity": actions.iter().map(|a| activity(id, a)).collect::<Vec<_>>(),
    }))];
    all.extend(goals.iter().map(|g| {
        let it = goal(id, g, &subject, None);
        let mut content = it.json();
        if let Value::Object(content) = &mut content {
            content.insert("contained".to_owned(), person.clone());
        }
        Resource::new(content)
    }));
    all
}

fn goal_id(case: uuid::Uuid, number: u32) -> String {
    part(case, &number.to_string())
}

fn goal(case: uuid::Uuid, goal: &Goal, subject: &Value, mother: Option<PersonId>) -> Resource {
    let (status, achieved) = match goal.end.as_ref().map(|e| e.how) {
        None => ("active", "in-progress"),
        Some(How::Done) => ("completed", "achieved"),
        Some(How::Dropped) => ("cancelled", "not-attainable"),
    };
    let voice = concept(&own("voice"), goal.voice.word(), "");
    Resource::new(json!({
        "resourceType": "Goal",
        "id": goal_id(case, goal.number),
        "lifecycleStatus": status,
        "achievementStatus": concept(&hl7("goal-achievement"), achieved, ""),
        "category": [voice],
        // In the family's own words, as they were said.
        "description": { "text": goal.words },
        "subject": subject,
        "statusDate": goal.end.as_ref().map(|e| e.on.to_string()),
        "expressedBy": mother.filter(|_| goal.voice == Voice::Own).map(|m| reference("Patient", m)),
        "note": [goal.end.as_ref().map(|e| json!({ "text": e.words }))],
    }))
}

fn activity(case: uuid::Uuid, action: &Action) -> Value {
    let status = match &action.end {
        None => "in-progress",
        Some(End { how: How::Done, .. }) => "completed",
        Some(End { how: How::Dropped, .. }) => "cancelled",
    };
    json!({
        "progress": [action.end.as_ref().map(|e| json!({ "time": e.on.to_string(), "text": e.words }))],
        "detail": {
            "kind": "Task",
            "code": concept(&own("plan-action"), &action.number.to_string(), ""),
            "goal": [reference("Goal", goal_id(case, action.task.goal))],
            "status": status,
            "scheduledPeriod": { "end": action.task.due_on.to_string() },
            "performer": [action.task.agency.as_ref().map(|a| reference("Organization", slug(a)))],
            "description": action.task.words,
        },
    })
}

/// The family's yes to an agency, and its taking back.
fn consent(case: &Case, partner: &Partner) -> Option<Resource> {
    partner.agreed_on?;
    let opening = &case.opening;
    let actor = json!({
        "role": concept(&hl7("v3-ParticipationType"), "IRCP", "information recipient"),
        "reference": reference("Organization", slug(&partner.agency)),
    });
    Some(Resource::new(json!({
        "resourceType": "Consent",
        "id": part(opening.id.0, &partner.agency),
        "status": if partner.takes_part() { "active" } else { "inactive" },
        "scope": concept(&hl7("consentscope"), "patient-privacy", "Privacy Consent"),
        "category": [concept("http://loinc.org", "59284-0", "Consent Document")],
        "patient": reference("Patient", opening.person),
        "dateTime": at(case.agreed_at(&partner.agency)).as_str().map_or_else(|| partner.agreed_on.map(|d| d.to_string()), |t| Some(t.to_owned())),
        "organization": [reference("Organization", slug(&opening.organisation))],
        "policyRule": { "text": partner.why },
        "provision": {
            "type": "permit",
            "period": period(partner.agreed_on, partner.withdrawn_on),
            "actor": [actor],
            "purpose": [{ "system": hl7("v3-ActReason"), "code": "CAREMGT" }],
        },
    })))
}
