//! Persons: registered, read, searched.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use catalogue::Pack;
use guard::{Action, Resource, Tier};
use kernel::{Date, Lang, PersonId};
use registry::person::{Detail, NewPerson, PersonError};
use registry::search::{Query, SearchError};
use registry::{AsOf, Origin, Pen};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use super::wire::{self, IdentifierWire, NameWire, SexWire, day, read_day};
use crate::state::AppState;

/// A person to be registered.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewPersonWire {
    /// Names in one or more scripts.
    #[schema(min_items = 1, max_items = 5)]
    names: Vec<NameWire>,
    /// The national identifier.
    #[serde(default)]
    identifier: Option<IdentifierWire>,
    /// Sex as registered.
    #[serde(default)]
    sex: Option<SexWire>,
    /// Date of birth.
    #[serde(default)]
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// The language to speak to them: `ko`, `en`, `kk` or `ru`.
    #[serde(default)]
    #[schema(pattern = "^(ko|en|kk|ru)$")]
    language: Option<String>,
    /// Telephone.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 40)]
    phone: Option<Short<40>>,
    /// E-mail.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    email: Option<Short<200>>,
}

impl NewPersonWire {
    /// The person; faults point at fields below `at`.
    pub(super) fn person(self, pack: &Pack, today: Date, at: &str) -> Result<NewPerson, Fault> {
        let wrong = |field: &str, message: &str| Fault::field(Code::Invalid, format!("{at}/{field}"), message);
        if self.names.is_empty() || self.names.len() > 5 {
            return Err(wrong("names", "expected 1 to 5 names"));
        }
        let mut details = Vec::new();
        details.extend(self.sex.map(|s| Detail::Sex(s.into())));
        if let Some(text) = &self.birth_date {
            let born = read_day(text, &format!("{at}/birth_date"))?;
            if born > today || born.year() < 1850 {
                return Err(wrong("birth_date", "expected a day between 1850-01-01 and today"));
            }
            details.push(Detail::BirthDate(born));
        }
        if let Some(tag) = &self.language {
            let lang: Lang = tag.parse().map_err(|_| wrong("language", "expected ko, en, kk or ru"))?;
            details.push(Detail::Language(lang));
        }
        for (field, text, detail) in [
            ("phone", self.phone.map(|p| p.0), Detail::Phone as fn(String) -> Detail),
            ("email", self.email.map(|e| e.0), Detail::Email as fn(String) -> Detail),
        ] {
            if let Some(text) = text {
                if text.chars().any(char::is_control) {
                    return Err(wrong(field, "holds a control character"));
                }
                details.push(detail(text.trim().to_owned()));
            }
        }
        let names = wire::names(&self.names, &format!("{at}/names"))?;
        let identifier = self.identifier.map(|i| i.identifier(pack, &format!("{at}/identifier"))).transpose()?;
        Ok(NewPerson { names, identifier, details })
    }
}

/// An id made.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Made {
    /// The id.
    id: Uuid,
}

/// Registers a person.
#[utoipa::path(post, path = "/api/persons", tag = "persons", request_body = NewPersonWire,
    params(("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 201, body = Made), super::Faults))]
pub(crate) async fn create(
    State(state): State<AppState>,
    call: Call,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let body = Body::<NewPersonWire>::read(request, &state).await?;
    let once = Once::new(&headers, &call, "person", &body.hash)?;
    let viewer = call.viewer(&state);
    let new = body.it.person(&viewer.pack, viewer.today(), "")?;
    let source = Some(call.who.organisation.clone()).filter(|o| !o.is_empty()).unwrap_or_else(|| "self".to_owned());
    let origin = Origin::new(source, "", call.who.account.to_string());
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                // A person nobody knows yet stands to nobody: the permission is about the office's own place.
                let resource = Resource::people([]).showing(["person"]);
                let _allowed = state.guard.permit(&call.who, Action::RegisterEvent, &resource, &call.purpose).await?;
                let pen = Pen::new(&*state.ids, state.guard.keys(), viewer.now, &origin);
                let id = registry::person::create(tx, pen, &new).await.map_err(|e| person_fault(e, ""))?;
                registry::duplicate::find(tx, pen, id).await?;
                once.end(tx, StatusCode::CREATED, &Made { id: id.0 }).await
            }
        }
    })
}

/// A fault of a person at its field below `at`.
pub(super) fn person_fault(error: PersonError, at: &str) -> Fault {
    let words = error.to_string();
    let field = |code, name: &str, words| Fault::field(code, format!("{at}/{name}"), words);
    match error {
        PersonError::Store(inner) => inner.into(),
        PersonError::NoName => field(Code::Invalid, "names", words),
        PersonError::EmptyIdentifier => field(Code::Invalid, "identifier/number", words),
        PersonError::IdentifierTaken => field(Code::Conflict, "identifier/number", words),
        PersonError::NoPerson => Fault::new(Code::NotFound),
        PersonError::Date(_) => field(Code::Invalid, "birth_date", words),
        PersonError::Keys(why) => {
            tracing::error!(%why, "an identifier could not be sealed");
            Fault::new(Code::Internal)
        }
    }
}

/// A person as the caller may see them.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonWire {
    /// The person (the surviving record after merges).
    id: Uuid,
    /// Names.
    names: Vec<NameWire>,
    /// Sex.
    sex: Option<SexWire>,
    /// Date of birth.
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// Date of death.
    #[schema(format = Date)]
    death_date: Option<String>,
    /// Language.
    language: Option<String>,
    /// The household they belong to.
    household: Option<Uuid>,
}

impl From<&registry::PersonRecord> for PersonWire {
    fn from(p: &registry::PersonRecord) -> PersonWire {
        PersonWire {
            id: p.id.0,
            names: p.names.iter().map(Into::into).collect(),
            sex: p.sex.map(Into::into),
            birth_date: day(p.birth_date),
            death_date: day(p.death_date),
            language: p.language.map(|l| l.tag().to_owned()),
            household: p.membership.as_ref().map(|m| m.household.0),
        }
    }
}

/// A person: who they are. No address; that has its own look.
#[utoipa::path(get, path = "/api/persons/{id}", tag = "persons",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = PersonWire), super::Faults))]
pub(crate) async fn one(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<PersonWire>, Fault> {
    let person = PersonId(super::id(&id)?);
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let as_of = AsOf::latest(viewer.today());
    let seen = registry::sight::person(&mut tx, &viewer.sight(&setting), person, as_of).await?;
    drop(tx);
    let seen = seen.ok_or_else(|| Fault::new(Code::NotFound))?;
    let resource = seen.resource().at(Tier::Contact).showing(["person"]);
    let open = state.guard.reveal(&call.who, Action::ViewPerson, &resource, &call.purpose, seen.sealed).await?;
    Ok(axum::Json((&*open).into()))
}

/// What is looked for; everything given must match.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SearchWire {
    /// A name in any script, part of one, or initial consonants.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    name: Option<Short<200>>,
    /// A national identifier, exactly.
    #[serde(default)]
    identifier: Option<IdentifierWire>,
    /// A date of birth, exactly.
    #[serde(default)]
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// Words of an address.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 200)]
    address: Option<Short<200>>,
    /// How many results at most.
    #[serde(default = "twenty")]
    #[schema(minimum = 1, maximum = 100)]
    limit: u32,
    /// Where the page before ended.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 100)]
    cursor: Option<Short<100>>,
}

fn twenty() -> u32 {
    20
}

/// One person found.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HitWire {
    /// The person.
    person: Uuid,
    /// Names.
    names: Vec<NameWire>,
    /// Date of birth.
    #[schema(format = Date)]
    birth_date: Option<String>,
    /// The id of the place where they live, if the caller may see it.
    place: Option<String>,
    /// The address line, if the caller may see it.
    address: Option<String>,
    /// How well it matches, in thousandths.
    score: u32,
}

/// A page of results.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HitList {
    /// Best first.
    hits: Vec<HitWire>,
    /// Where the next page begins.
    next: Option<String>,
}

/// Searches persons. A post, so that names stand in no address and no server's record; nothing is changed, but the search is
/// in the disclosure log.
#[utoipa::path(post, path = "/api/persons/search", tag = "persons", request_body = SearchWire,
    responses((status = 200, body = HitList), super::Faults))]
pub(crate) async fn search(
    State(state): State<AppState>,
    call: Call,
    request: Request,
) -> Result<axum::Json<HitList>, Fault> {
    let it = Body::<SearchWire>::read(request, &state).await?.it;
    if !(1..=100).contains(&it.limit) {
        return Err(Fault::field(Code::Invalid, "/limit", "expected 1 to 100"));
    }
    let cursor = it.cursor.map(|c| c.0.parse()).transpose();
    let query = Query {
        name: it.name.map(|n| n.0),
        identifier: it.identifier.map(|i| i.identifier(&state.packs.current(), "/identifier")).transpose()?,
        birth_date: it.birth_date.map(|d| read_day(&d, "/birth_date")).transpose()?,
        address: it.address.map(|a| a.0),
        limit: it.limit,
        after: cursor.map_err(|e: SearchError| Fault::field(Code::Invalid, "/cursor", e.to_string()))?,
    };
    let viewer = call.viewer(&state);
    let setting = viewer.setting();
    let mut tx = state.db.read().await?;
    let seen = registry::search::search(&mut tx, &viewer.sight(&setting), state.guard.keys(), &query).await;
    drop(tx);
    let seen = seen.map_err(|e| match e {
        SearchError::Store(inner) => inner.into(),
        other => Fault::field(Code::Invalid, "", other.to_string()),
    })?;
    let resource = Resource::search(query.normalised(), seen.about.iter().copied());
    let open = state.guard.reveal(&call.who, Action::SearchPerson, &resource, &call.purpose, seen.sealed).await?;
    let hits = open.hits.iter().map(|h| HitWire {
        person: h.person.0,
        names: h.names.iter().map(Into::into).collect(),
        birth_date: day(h.birth_date),
        place: h.place.clone(),
        address: h.address.clone(),
        score: h.score,
    });
    Ok(axum::Json(HitList { hits: hits.collect(), next: open.next.as_ref().map(ToString::to_string) }))
}
