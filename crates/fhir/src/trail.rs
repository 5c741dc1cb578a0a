//! Who looked: AuditEvent, for the person the looks were at.

use guard::log::TrailEntry;
use kernel::PersonId;
use serde_json::json;

use crate::Resource;
use crate::datatype::{coding, concept, hl7, own, reference};

/// One look at a person's record, as the person sees it: the office and its function, never a name.
pub fn look(entry: &TrailEntry, person: PersonId) -> Resource {
    let change = entry.action.is_some_and(guard::Action::is_change);
    Resource::new(json!({
        "resourceType": "AuditEvent",
        // The same look is told to everybody who was seen by it: each has their own.
        "id": crate::datatype::part(entry.look, &format!("{}.{}", entry.year, entry.seq)),
        "type": coding(&hl7("audit-event-type"), "rest", "RESTful Operation"),
        "subtype": [entry.action.map(|a| coding(&own("action"), a.word(), ""))],
        "action": if change { "U" } else { "R" },
        "recorded": entry.at.rfc3339(),
        "outcome": if entry.allowed { "0" } else { "8" },
        "purposeOfEvent": [entry.purpose.map(|p| concept(&own("purpose"), p.word(), ""))],
        "agent": [{
            "role": [entry.role.map(|r| concept(&own("role"), r.word(), ""))],
            "who": { "display": entry.organisation.as_deref().unwrap_or("withheld") },
            "requestor": true,
            "policy": [entry.law.as_ref().map(|law| format!("urn:hearth:law:{}", crate::datatype::slug(law)))],
        }],
        "source": { "observer": { "display": "Hearth" } },
        "entity": [{
            "what": reference("Patient", person),
            "description": entry.items.join(", "),
        }],
    }))
}
