//! People and households of the registry: Patient, RelatedPerson, Group.

use kernel::{HouseholdId, PersonId};
use registry::kin::{Kin, Relation};
use registry::person::{Detail, Identifier, Name, NewPerson, Script, Sex};
use registry::search::Hit;
use registry::sight::Whereabouts;
use registry::{HouseholdRecord, PersonRecord};
use serde_json::{Value, json};

use crate::datatype::{concept, hl7, identifier, period, reference, scheme_of};
use crate::read::{Fault, Part};
use crate::{Country, Resource};

/// A person. No address, telephone or national number: those have their own looks.
pub fn patient(person: &PersonRecord, whereabouts: Option<&Whereabouts>, country: &Country<'_>) -> Resource {
    let preferred = person.language.map(|lang| {
        json!({ "language": { "coding": [{ "system": "urn:ietf:bcp:47", "code": lang.tag() }] }, "preferred": true })
    });
    Resource::new(json!({
        "resourceType": "Patient",
        "id": person.id.to_string(),
        "identifier": [identifier(person.id.0)],
        "active": person.death_date.is_none(),
        "name": names(&person.names),
        "telecom": whereabouts.map(telecom),
        "gender": gender(person.sex),
        "birthDate": person.birth_date.map(|d| d.to_string()),
        "deceasedDateTime": person.death_date.map(|d| d.to_string()),
        "address": whereabouts.and_then(|w| address(w, country)),
        "communication": [preferred],
    }))
}

/// A person as a search shows them: what the list has of them.
pub fn found(hit: &Hit) -> Resource {
    Resource::new(json!({
        "resourceType": "Patient",
        "id": hit.person.to_string(),
        "identifier": [identifier(hit.person.0)],
        "name": names(&hit.names),
        "gender": gender(hit.sex),
        "birthDate": hit.birth_date.map(|d| d.to_string()),
    }))
}

/// Names, with the script of each.
pub(crate) fn names(all: &[Name]) -> Vec<Value> {
    let one = |name: &Name| {
        let script = match name.script {
            Script::Hang => Some("SYL"),
            Script::Hani => Some("IDE"),
            Script::Latn | Script::Cyrl => Some("ABC"),
            Script::Zyyy => None,
        };
        let script = script.map(|code| {
            json!({ "url": "http://hl7.org/fhir/StructureDefinition/iso21090-EN-representation", "valueCode": code })
        });
        json!({ "extension": [script], "use": "official", "text": name.full, "family": name.family, "given": [name.given] })
    };
    all.iter().map(one).collect()
}

fn gender(sex: Option<Sex>) -> &'static str {
    match sex {
        Some(Sex::Female) => "female",
        Some(Sex::Male) => "male",
        Some(Sex::Other) => "other",
        None => "unknown",
    }
}

fn telecom(whereabouts: &Whereabouts) -> Vec<Value> {
    let point =
        |system: &str, value: &Option<String>| value.as_ref().map(|value| json!({ "system": system, "value": value }));
    [point("phone", &whereabouts.phone), point("email", &whereabouts.email)].into_iter().flatten().collect()
}

fn address(whereabouts: &Whereabouts, country: &Country<'_>) -> Option<Value> {
    let residence = whereabouts.residence.as_ref()?;
    let places = country.pack.ancestors(&residence.address.jurisdiction);
    let names: Vec<&str> = places.iter().rev().map(|j| j.name.get(country.lang)).collect();
    Some(json!([{
        "use": "home",
        "text": format!("{} {}", names.join(" "), residence.address.line).trim(),
        "line": [residence.address.line],
        "district": places.first().map(|j| j.name.get(country.lang)),
        "postalCode": residence.address.postcode,
        "period": { "start": residence.stamp.valid.from.to_string() },
    }]))
}

/// A person's kin: who the others are to them, by id alone.
pub fn related(person: &PersonRecord) -> Vec<Resource> {
    person.kin.iter().map(|kin| kinship(person.id, kin)).collect()
}

/// The id of a kinship: the person's and the other's.
fn kinship_id(person: PersonId, other: PersonId) -> String {
    format!("{}{}", person.0.simple(), other.0.simple())
}

/// The person whose kinship an id names.
pub fn person_of_kinship(id: &str) -> Option<PersonId> {
    let (person, _) = id.split_at_checked(32).filter(|(_, other)| other.len() == 32)?;
    person.parse().ok()
}

fn kinship(person: PersonId, kin: &Kin) -> Resource {
    let (code, display) = match kin.relation {
        Relation::Parent => ("PRN", "parent"),
        Relation::Child => ("CHILD", "child"),
        Relation::Spouse => ("SPS", "spouse"),
        Relation::Partner => ("DOMPART", "domestic partner"),
    };
    Resource::new(json!({
        "resourceType": "RelatedPerson",
        "id": kinship_id(person, kin.other),
        "identifier": [identifier(kin.other.0)],
        "active": true,
        "patient": reference("Patient", person),
        "relationship": [concept(&hl7("v3-RoleCode"), code, display)],
        "period": period(Some(kin.stamp.valid.from), None),
    }))
}

/// A household.
pub fn household(id: HouseholdId, record: &HouseholdRecord) -> Resource {
    let member = |m: &registry::Member| json!({ "entity": reference("Patient", m.person.id), "period": { "start": m.since.to_string() } });
    Resource::new(json!({
        "resourceType": "Group",
        "id": id.to_string(),
        "identifier": [identifier(id.0)],
        "active": true,
        "type": "person",
        "actual": true,
        "code": concept(&crate::datatype::own("group"), "household", "household"),
        "quantity": record.members.len(),
        "member": record.members.iter().map(member).collect::<Vec<_>>(),
    }))
}

/// Takes a Patient apart who is to be registered.
///
/// # Errors
/// What cannot be, with its place.
pub fn registered(sent: &Value, country: &Country<'_>) -> Result<NewPerson, Fault> {
    let part = Part::resource(sent, "Patient")?;
    part.known(&["identifier", "active", "name", "gender", "birthDate", "telecom", "communication"])?;
    let mut details = Vec::new();
    if let Some(gender) = part.maybe("gender") {
        match gender.text()?.as_str() {
            "female" => details.push(Detail::Sex(Sex::Female)),
            "male" => details.push(Detail::Sex(Sex::Male)),
            "other" => details.push(Detail::Sex(Sex::Other)),
            "unknown" => {}
            _ => return Err(gender.fault("expected female, male, other or unknown")),
        }
    }
    if let Some(born) = part.maybe("birthDate") {
        let day = born.date()?;
        if day > country.today || day.year() < 1850 {
            return Err(born.fault("expected a day between 1850-01-01 and today"));
        }
        details.push(Detail::BirthDate(day));
    }
    for telecom in part.list("telecom")? {
        let value = short(&telecom.required("value")?, 200)?;
        match telecom.required("system")?.value().as_str() {
            Some("phone") => details.push(Detail::Phone(value)),
            Some("email") => details.push(Detail::Email(value)),
            _ => return Err(telecom.at("system", "expected phone or email")),
        }
    }
    for spoken in part.list("communication")? {
        let language = spoken.required("language")?;
        let code = language.code("urn:ietf:bcp:47")?.unwrap_or_default();
        details.push(Detail::Language(
            code.parse().map_err(|_| language.fault("expected ko, en, kk or ru of urn:ietf:bcp:47"))?,
        ));
    }
    let mut names = Vec::new();
    for name in part.list("name")? {
        names.push(written(&name)?);
    }
    if names.is_empty() || names.len() > 5 {
        return Err(part.at("name", "expected 1 to 5 names"));
    }
    let mut identifiers = part.list("identifier")?.into_iter();
    let identifier = identifiers.next().map(|i| number(&i, country)).transpose()?;
    if identifiers.next().is_some() {
        return Err(part.at("identifier", "expected one number at most"));
    }
    Ok(NewPerson { names, identifier, details })
}

fn short(part: &Part<'_>, most: usize) -> Result<String, Fault> {
    let text = part.text()?.trim().to_owned();
    if text.chars().count() > most || text.chars().any(char::is_control) {
        return Err(part.fault(format!("expected at most {most} characters, none of control")));
    }
    Ok(text)
}

fn written(name: &Part<'_>) -> Result<Name, Fault> {
    let word = |name: Option<Part<'_>>| name.map(|p| short(&p, 100)).transpose().map(Option::unwrap_or_default);
    let family = word(name.maybe("family"))?;
    let given = word(name.list("given")?.into_iter().next())?;
    let full = word(name.maybe("text"))?;
    let script = Script::of(if full.is_empty() { &family } else { &full });
    let mut it = Name::new(script, family, given);
    if !full.is_empty() {
        it.full = full;
    }
    if it.full.trim().is_empty() { Err(name.fault("is empty: give text, or family and given")) } else { Ok(it) }
}

fn number(part: &Part<'_>, country: &Country<'_>) -> Result<Identifier, Fault> {
    let system = part.required("system")?;
    let scheme = system.text()?;
    let scheme =
        scheme_of(&scheme).ok_or_else(|| system.fault("expected urn:hearth:identifier: and a scheme"))?.to_owned();
    let value = part.required("value")?;
    let number = short(&value, 60)?;
    country.pack.identifier_fits(&scheme, &number).map_err(|why| value.fault(why))?;
    Ok(Identifier::new(scheme, number))
}
