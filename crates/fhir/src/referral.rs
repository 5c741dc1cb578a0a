//! A referral as ServiceRequest (what is asked) and Task (what becomes of it), both under its id; and an answer sent as a Task, as
//! the act it stands for. The shape is that of HL7's SDOH Clinical Care referrals.

use kernel::PersonId;
use referral::model::{Act, By, Outcome, Reason, Referral, Standing, Status, Step};
use referral::read::{ForPartner, Named};
use serde_json::{Value, json};

use crate::datatype::{at, concept, identifier, own, reference, slug};
use crate::read::{Fault, Part};
use crate::{Country, Resource};

/// The code of a need.
pub const NEED: &str = "need";

/// What both sides see of a referral.
struct Seen<'a> {
    id: kernel::ReferralId,
    /// The person, or the person's contained resource and nothing else.
    subject: Value,
    contained: Value,
    service: &'a str,
    agency: Option<&'a str>,
    need: &'a str,
    reason: &'a str,
    from: &'a (String, String),
    requested_at: kernel::Instant,
    now: &'a Standing,
}

/// For whoever sent it, watches over it, or whom it is about.
pub fn of_referrer(it: &Named, country: &Country<'_>) -> Vec<Resource> {
    let Named { referral: r, person, .. } = it;
    seen(r, *person).both(country)
}

fn seen(r: &Referral, person: PersonId) -> Seen<'_> {
    Seen {
        id: r.id,
        subject: reference("Patient", person),
        contained: Value::Null,
        service: &r.service,
        agency: Some(&r.agency),
        need: &r.need,
        reason: &r.reason,
        from: &r.from,
        requested_at: r.requested_at,
        now: &r.now,
    }
}

/// For the service that was asked: the part that was agreed, the person as a contained resource and by no id.
pub fn of_partner(it: &ForPartner, country: &Country<'_>) -> Vec<Resource> {
    let telecom = it.contact.as_ref().map(|c| json!({ "system": "other", "value": c }));
    let contained = json!([{
        "resourceType": "Patient",
        "id": "person",
        "name": [it.name.as_ref().map(|n| json!({ "text": n }))],
        "telecom": [telecom],
        "birthDate": it.birth_date.map(|d| d.to_string()),
    }]);
    let seen = Seen {
        id: it.id,
        subject: json!({ "reference": "#person" }),
        contained,
        service: &it.service,
        agency: country.pack.services().get(&it.service).map(|s| s.agency.as_str()),
        need: &it.need,
        reason: &it.reason,
        from: &it.from,
        requested_at: it.requested_at,
        now: &it.now,
    };
    seen.both(country)
}

impl Seen<'_> {
    fn both(&self, country: &Country<'_>) -> Vec<Resource> {
        vec![self.request(country), self.task()]
    }

    fn request(&self, country: &Country<'_>) -> Resource {
        let need = country.pack.code(catalogue::model::NEED, self.need).map(|c| c.name.get(country.lang));
        let mut performers = vec![reference("HealthcareService", slug(self.service))];
        performers.extend(self.agency.map(|a| reference("Organization", slug(a))));
        Resource::new(json!({
            "resourceType": "ServiceRequest",
            "id": self.id.to_string(),
            "contained": self.contained,
            "identifier": [identifier(self.id.0)],
            "status": self.now.status.fhir().2,
            "intent": "order",
            "code": concept(&own(NEED), self.need, need.unwrap_or_default()),
            "subject": self.subject,
            "authoredOn": at(Some(self.requested_at)),
            "requester": reference("Organization", slug(&self.from.0)),
            "performer": performers,
            "reasonCode": [{ "text": self.reason }],
        }))
        .versioned(self.now.revision, self.changed())
    }

    fn task(&self) -> Resource {
        let n = self.now;
        let reason = n.declined.map(|r| json!({ "system": own("decline"), "code": r.word() }));
        let ends = n.outcome.map(|o| {
            json!({
                "type": { "text": "outcome" },
                "valueCodeableConcept": concept(&own("outcome"), o.word(), ""),
            })
        });
        let expected = n.expected_on.filter(|_| n.status == Status::Waiting).map(|d| json!({ "start": d.to_string() }));
        Resource::new(json!({
            "resourceType": "Task",
            "id": self.id.to_string(),
            "contained": self.contained,
            "identifier": [identifier(self.id.0)],
            "status": n.status.fhir().0,
            "statusReason": { "coding": [reason], "text": n.said },
            "businessStatus": { "coding": business(n) },
            "intent": "order",
            "code": concept("http://hl7.org/fhir/CodeSystem/task-code", "fulfill", "Fulfill the focal request"),
            "focus": reference("ServiceRequest", self.id),
            "for": self.subject,
            "executionPeriod": expected,
            "authoredOn": at(Some(self.requested_at)),
            "lastModified": at(Some(self.changed())),
            "requester": reference("Organization", slug(&self.from.0)),
            "owner": self.agency.map(|a| reference("Organization", slug(a))),
            "restriction": { "period": { "end": n.due.map(|(_, day)| day.to_string()) } },
            "output": [ends],
        }))
        .versioned(n.revision, self.changed())
    }

    /// When something was changed last, as far as it stands in the referral itself.
    fn changed(&self) -> kernel::Instant {
        self.now.closed_at.or(self.now.ended_at).or(self.now.escalated_at).unwrap_or(self.requested_at)
    }
}

fn business(now: &Standing) -> Vec<Value> {
    let code = |code: &str| json!({ "system": own("referral-status"), "code": code });
    let mut all: Vec<Value> = now.status.fhir().1.map(code).into_iter().collect();
    all.extend(now.closed_at.map(|_| code("closed")));
    all.extend(now.escalated_at.filter(|_| now.closed_at.is_none()).map(|_| code("escalated")));
    all
}

/// The versions of a Task for those who see its steps: one a state, the newest first. Of earlier ones the state, its words and when.
pub fn history(it: &Named, steps: &[Step], country: &Country<'_>) -> Vec<Resource> {
    let mut standing = Standing::requested(
        it.referral.requested_at.date(country.pack.manifest().utc_offset_hours),
        &it.referral.clocks,
    );
    let mut all = Vec::new();
    let task = |now: &Standing, when| {
        let mut r = it.referral.clone();
        r.now = now.clone();
        seen(&r, it.person).task().versioned(now.revision, when)
    };
    for step in steps {
        if let Some(act) = &step.act {
            let day = step.at.date(country.pack.manifest().utc_offset_hours);
            let Ok(next) = standing.after(act, &it.referral.clocks, step.at, day) else { continue };
            standing = next;
        }
        // Reminders and the referrer's look at the end belong to the state they were made in.
        all.retain(|(revision, _): &(u32, Resource)| *revision != standing.revision);
        all.push((standing.revision, task(&standing, step.at)));
    }
    all.into_iter().rev().map(|(_, r)| r).collect()
}

/// The act that a Task as sent stands for, against the Task as it stands now. Elements that nobody changes by sending them must be
/// as they are.
///
/// # Errors
/// What cannot be, with its place.
pub fn answer(sent: &Value, now: &Resource, side: By) -> Result<Act, Fault> {
    let part = Part::resource(sent, "Task")?;
    part.unchanged(
        now,
        &[
            "status",
            "statusReason",
            "businessStatus",
            "executionPeriod",
            "output",
            "note",
            "meta",
            "text",
            "lastModified",
        ],
    )?;
    let status = part.required("status")?.text()?;
    let reason = part.maybe("statusReason");
    let words = match &reason {
        Some(reason) => reason.maybe("text").map(|t| t.text()).transpose()?.unwrap_or_default().to_owned(),
        None => String::new(),
    };
    let business = part.maybe("businessStatus").map(|b| b.code(&own("referral-status"))).transpose()?.flatten();
    let wrong = |place: &str, why: &str| Err(Fault::new(format!("Task.{place}"), why));
    Ok(match (status.as_str(), side) {
        ("received", By::Partner) => Act::Receive,
        ("accepted", By::Partner) if business.as_deref() == Some("waiting-list") => {
            let period = part.maybe("executionPeriod");
            let start = period.as_ref().and_then(|p| p.maybe("start"));
            Act::Wait { expected_on: start.map(|s| s.date()).transpose()? }
        }
        ("accepted", By::Partner) => Act::Accept,
        ("in-progress", By::Partner) => Act::Start,
        ("rejected", By::Partner) => {
            let code = reason.map(|r| r.code(&own("decline"))).transpose()?.flatten().unwrap_or_default();
            match code.parse::<Reason>() {
                Ok(reason) => Act::Decline { reason, words },
                Err(why) => return wrong("statusReason.coding", &why.to_string()),
            }
        }
        ("completed", By::Partner) => Act::Complete { outcome: outcome(&part)?, words },
        ("cancelled", By::Family) => Act::Refuse { words },
        ("cancelled", By::Referrer | By::Supervisor) if business.as_deref() == Some("refused-by-family") => {
            Act::Refuse { words }
        }
        (same, By::Referrer | By::Supervisor)
            if business.as_deref() == Some("closed") && Some(same) == status_of(now) =>
        {
            Act::Close { words, next: None }
        }
        ("cancelled", By::Referrer | By::Supervisor) => Act::Withdraw { words },
        _ => {
            return wrong(
                "status",
                "this side does not bring a referral there: the service says received, accepted, rejected, in-progress \
            or completed; the referrer cancelled, or businessStatus closed at its end; the family cancelled",
            );
        }
    })
}

fn status_of(now: &Resource) -> Option<&str> {
    now.get("status").and_then(Value::as_str)
}

fn outcome(part: &Part<'_>) -> Result<Outcome, Fault> {
    for output in part.list("output")? {
        let value = output.required("valueCodeableConcept")?;
        if let Some(code) = value.code(&own("outcome"))? {
            return code.parse().map_err(|e: kernel::UnknownWord| value.fault(e.to_string()));
        }
    }
    Err(Fault::new(
        "Task.output".to_owned(),
        format!("a completed task has an output with a code of {}: met, partly_met or not_met", own("outcome")),
    ))
}

/// What a ServiceRequest as sent asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// Its own id, where it was named; a repeated request is the same one then.
    pub id: Option<uuid::Uuid>,
    /// Who is to be helped.
    pub person: PersonId,
    /// The service of the directory.
    pub service: String,
    /// The need.
    pub need: String,
    /// In words for the service.
    pub reason: String,
    /// How the family wants to be reached.
    pub contact: Option<String>,
    /// Whether the service learns the name and the date of birth.
    pub shares: (bool, bool),
    /// Who of the family agreed.
    pub agreed_by: Option<PersonId>,
    /// The referral whose place it takes.
    pub instead_of: Option<uuid::Uuid>,
}

/// Takes a ServiceRequest apart.
///
/// # Errors
/// What cannot be, with its place.
pub fn asked(sent: &Value, country: &Country<'_>) -> Result<Asked, Fault> {
    let part = Part::resource(sent, "ServiceRequest")?;
    part.known(&[
        "identifier",
        "status",
        "intent",
        "code",
        "subject",
        "requester",
        "performer",
        "reasonCode",
        "authoredOn",
        "extension",
        "replaces",
    ])?;
    for (name, value) in [("status", "active"), ("intent", "order")] {
        let it = part.required(name)?;
        if it.text()? != value {
            return Err(it.fault(format!("expected {value}")));
        }
    }
    let code = part.required("code")?;
    let need = code.code(&own(NEED))?.ok_or_else(|| code.fault(format!("expected a code of {}", own(NEED))))?;
    let mut service = None;
    for performer in part.list("performer")? {
        let (kind, id) = performer.reference()?;
        if kind == "HealthcareService" {
            let known = country.pack.services().iter().find(|s| slug(&s.id) == id);
            service = Some(
                known
                    .map(|s| s.id.clone())
                    .ok_or_else(|| performer.fault("the directory has no such service".to_owned()))?,
            );
        }
    }
    let service =
        service.ok_or_else(|| part.at("performer", "expected a reference to a HealthcareService of the directory"))?;
    let reasons = part.list("reasonCode")?;
    let reason = reasons.first().map(|r| r.required("text").and_then(|t| t.text())).transpose()?;
    let said = |name: &str| part.extension(name);
    let shares =
        said("shares")?.map(|e| e.required("valueString").and_then(|t| t.text())).transpose()?.unwrap_or_default();
    for word in shares.split(',').map(str::trim).filter(|w| !w.is_empty()) {
        if !["name", "birth-date"].contains(&word) {
            return Err(part.at("extension", "shares: expected name, birth-date, or both with a comma between"));
        }
    }
    let agreed =
        said("agreed-by")?.map(|e| e.required("valueReference").and_then(|r| r.id_of("Patient"))).transpose()?;
    Ok(Asked {
        id: part.own_id()?,
        person: PersonId(part.required("subject")?.id_of("Patient")?),
        service,
        need,
        reason: reason
            .ok_or_else(|| part.at("reasonCode", "say in words for the service what is asked for"))?
            .to_owned(),
        contact: said("contact")?.map(|e| e.required("valueString").and_then(|t| t.text())).transpose()?,
        shares: (shares.contains("name"), shares.contains("birth-date")),
        agreed_by: agreed.map(PersonId),
        instead_of: part.list("replaces")?.first().map(|r| r.id_of("ServiceRequest")).transpose()?,
    })
}
