//! Patient, RelatedPerson, Group, AuditEvent, and an agency's own staff.

use fhir::datatype::{URI, own, scheme_of};
use fhir::search::Search;
use fhir::{Resource, directory, person, trail};
use guard::{Action, Denied, Tier, account};
use kernel::{HouseholdId, PersonId};
use registry::AsOf;
use registry::person::Identifier;
use registry::search::{Query, SearchError};
use registry::sight;

use super::calls::{Asked, Wanted};
use crate::api::problem::{Code, Fault};

/// One person, with address and telecom where they are asked for and may be seen.
pub(super) async fn patient(asked: &Asked<'_>, id: &str, elements: &[String]) -> Result<Option<Resource>, Fault> {
    let Ok(id) = id.parse::<PersonId>() else { return Ok(None) };
    let viewer = asked.viewer_of(id).await?;
    let setting = viewer.setting();
    let as_of = AsOf::latest(viewer.today());
    let mut tx = asked.state.db.read().await?;
    let seen = sight::person(&mut tx, &viewer.sight(&setting), id, as_of).await?;
    drop(tx);
    let Some(seen) = seen else { return Ok(None) };
    // Where somebody protected is leaves by no machine, whoever asks.
    let protected = seen.about.iter().any(|(_, relation)| relation.protected);
    let resource = seen.resource().at(Tier::Contact).showing(["person"]);
    let record = asked.open(Action::ViewPerson, &resource, seen.sealed).await?;
    let places = elements.iter().any(|e| e == "address" || e == "telecom");
    let mut whereabouts = None;
    if places && !protected {
        let mut tx = asked.state.db.read().await?;
        let seen = sight::whereabouts(&mut tx, &viewer.sight(&setting), id, as_of).await?;
        drop(tx);
        if let Some(seen) = seen {
            let resource = seen.resource().at(Tier::Contact).showing(["address"]);
            whereabouts = match asked.open(Action::ViewAddress, &resource, seen.sealed).await {
                Ok(open) => Some(open),
                // As if there were none: whoever may see the person is not thereby told that there is an address.
                Err(fault) if matches!(fault.code, Code::Forbidden | Code::NotFound) => None,
                Err(fault) => return Err(fault),
            };
        }
    }
    Ok(Some(person::patient(&record, whereabouts.as_ref(), &asked.country())))
}

/// What a search found: the people, and where the next page begins.
pub(super) async fn search(asked: &Asked<'_>, search: &Search) -> Result<(Vec<Resource>, Option<String>), Fault> {
    if let Some(id) = search.value("_id").map(str::to_owned).or_else(|| own_id(search)) {
        let found = patient(asked, &id, &search.elements).await;
        let found = match found {
            Err(fault) if fault.code == Code::NotFound => None,
            other => other?,
        };
        return Ok((found.into_iter().collect(), None));
    }
    let wrong = |name: &str, why: String| Fault::field(Code::Invalid, format!("Patient?{name}"), why);
    let identifier = match search.value("identifier") {
        Some(text) => Some(identifier(asked, text)?),
        None => None,
    };
    let birth = search.value("birthdate").map(|day| day.strip_prefix("eq").unwrap_or(day).parse());
    let birth =
        birth.transpose().map_err(|_| wrong("birthdate", "expected a whole day such as 1995-03-02".to_owned()))?;
    let after = search.after.as_ref().map(|a| a.parse());
    let query = Query {
        name: search.value("name").map(str::to_owned),
        identifier,
        birth_date: birth,
        address: None,
        limit: u32::try_from(search.count).unwrap_or(100).min(registry::search::MAX_LIMIT),
        after: after.transpose().map_err(|e: SearchError| wrong("_after", e.to_string()))?,
    };
    let viewer = asked.viewer();
    let setting = viewer.setting();
    let mut tx = asked.state.db.read().await?;
    let seen = registry::search::search(&mut tx, &viewer.sight(&setting), asked.state.guard.keys(), &query).await;
    drop(tx);
    let seen = seen.map_err(|e| match e {
        SearchError::Store(inner) => inner.into(),
        other => Fault::field(Code::Invalid, "Patient", other.to_string()),
    })?;
    let resource = guard::Resource::search(query.normalised(), seen.about.iter().copied());
    let page = asked.open(Action::SearchPerson, &resource, seen.sealed).await?;
    Ok((page.hits.iter().map(person::found).collect(), page.next.as_ref().map(ToString::to_string)))
}

/// The person named by an identifier that is our own id.
fn own_id(search: &Search) -> Option<String> {
    let (system, value) = search.value("identifier")?.split_once('|')?;
    if system != URI {
        return None;
    }
    fhir::read::own_id(value).map(|id| id.to_string())
}

/// `system|value`, of a scheme of the registry.
pub(super) fn identifier(asked: &Asked<'_>, text: &str) -> Result<Identifier, Fault> {
    let wrong = |why: String| Fault::field(Code::Invalid, "Patient?identifier", why);
    let usual = asked.pack.manifest().identifier.as_ref().map(|s| s.scheme.as_str()).unwrap_or_default();
    let expected = || wrong(format!("expected {}|NUMBER", fhir::datatype::scheme(usual)));
    let (system, number) = text.split_once('|').ok_or_else(expected)?;
    let scheme = scheme_of(system).ok_or_else(expected)?;
    if number.is_empty() || number.chars().count() > 60 {
        return Err(expected());
    }
    asked.pack.identifier_fits(scheme, number).map_err(wrong)?;
    Ok(Identifier::new(scheme, number))
}

/// Kin of a person, by one kinship's id or all.
pub(super) async fn related(asked: &Asked<'_>, wanted: Wanted<'_>) -> Result<Vec<Resource>, Fault> {
    let id = match wanted {
        Wanted::One(id) => person::person_of_kinship(id),
        Wanted::Of(person) => Some(person.ok_or_else(|| name_one("RelatedPerson", "patient"))?),
    };
    let Some(id) = id else { return Ok(Vec::new()) };
    let viewer = asked.viewer_of(id).await?;
    let setting = viewer.setting();
    let mut tx = asked.state.db.read().await?;
    let seen = sight::person(&mut tx, &viewer.sight(&setting), id, AsOf::latest(viewer.today())).await?;
    drop(tx);
    let Some(seen) = seen else { return Ok(Vec::new()) };
    let resource = seen.resource().at(Tier::Contact).showing(["kin"]);
    Ok(person::related(&asked.open(Action::ViewHousehold, &resource, seen.sealed).await?))
}

/// A search that must say about whom it is.
pub(super) fn name_one(kind: &str, param: &str) -> Fault {
    Fault::field(Code::Invalid, format!("{kind}?{param}"), "name whom the search is about: nothing is listed without")
}

/// A household, by its id or by a member.
pub(super) async fn household(asked: &Asked<'_>, wanted: Wanted<'_>) -> Result<Vec<Resource>, Fault> {
    let mut viewer = asked.viewer();
    let as_of = AsOf::latest(viewer.today());
    let mut tx = asked.state.db.read().await?;
    let id = match wanted {
        Wanted::One(id) => id.parse::<HouseholdId>().ok(),
        Wanted::Of(None) => return Err(name_one("Group", "member")),
        Wanted::Of(Some(member)) => registry::read::household_of(&mut tx, member, as_of).await?,
    };
    drop(tx);
    let Some(id) = id else { return Ok(Vec::new()) };
    viewer = viewer.concerning(id).await?;
    let setting = viewer.setting();
    let mut tx = asked.state.db.read().await?;
    let seen = sight::household(&mut tx, &viewer.sight(&setting), id, as_of).await?;
    drop(tx);
    let Some(seen) = seen else { return Ok(Vec::new()) };
    let resource = seen.resource().at(Tier::Contact).showing(["household"]);
    let record = asked.open(Action::ViewHousehold, &resource, seen.sealed).await?;
    Ok(vec![person::household(id, &record)])
}

/// How many looks are told of at once, the newest first.
const LOOKS: usize = 500;

/// Who looked at one's own record.
pub(super) async fn looks(asked: &Asked<'_>) -> Result<Vec<Resource>, Fault> {
    let me = asked.me().await?;
    let mut tx = asked.state.db.read().await?;
    let about = asked.call.about(asked.state, &mut tx, [me]).await?;
    let ids = registry::merge::ids_of(&mut tx, me).await?;
    drop(tx);
    let sealed = asked.state.guard.log().trail(&ids, asked.state.now(), None, LOOKS).await;
    let sealed = sealed.map_err(|why| Fault::from(Denied::NotLogged(why)))?;
    let resource = guard::Resource::people(about).at(Tier::Contact).showing(["trail"]);
    let open = asked.open(Action::ViewOwnTrail, &resource, sealed).await?;
    Ok(open.entries.iter().map(|e| trail::look(e, me)).collect())
}

/// The staff of the caller's own agency, for its staff.
pub(super) async fn staff(asked: &Asked<'_>, kind: &str) -> Result<Vec<Resource>, Fault> {
    let who = &asked.call.who;
    if !who.role.is_staff() || who.organisation.is_empty() {
        return Err(Fault::new(Code::Forbidden));
    }
    asked.call.permit_thing(asked.state, Action::ViewCatalogue, &own("staff")).await?;
    let mut tx = asked.state.db.read().await?;
    let all = account::staff(&mut tx, &who.organisation).await.map_err(|e| match e {
        account::AccountError::Store(inner) => inner.into(),
        _ => Fault::new(Code::Internal),
    })?;
    let mut out: Vec<Resource> = Vec::new();
    for (id, name, duty) in all {
        let one = if kind == "Practitioner" { directory::practitioner(id, &name) } else { directory::role(id, &duty) };
        // Somebody with two functions is one person.
        if !out.iter().any(|r| r.id() == one.id()) {
            out.push(one);
        }
    }
    Ok(out)
}
