//! What the civil register says of a person, put right by an official's program: who they are, and whose.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::civil::{self, Correction, Tie};
use guard::Action;
use kernel::PersonId;
use registry::kin::{Kin, KinError, Relation};
use registry::person::PersonError;
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::people::person_fault;
use super::problem::{Code, Fault};
use super::wire::{IdentifierWire, NameWire, SexWire, names, read_day};
use crate::state::AppState;

/// What a paper says otherwise than the register. What is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionWire {
    /// On which paper it rests.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    paper: Short<200>,
    /// Names, one a script.
    #[serde(default)]
    #[schema(max_items = 5)]
    names: Vec<NameWire>,
    /// The first day of the names; null: the ones before were mistakes.
    #[serde(default)]
    #[schema(format = Date)]
    names_from: Option<String>,
    /// The national identifier, in the place of one of its scheme.
    #[serde(default)]
    identifier: Option<IdentifierWire>,
    /// Sex as registered.
    #[serde(default)]
    sex: Option<SexWire>,
    /// The day of birth.
    #[serde(default)]
    #[schema(format = Date)]
    birth_date: Option<String>,
}

/// Whose record was put right.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CorrectionDone {
    /// The person.
    person: Uuid,
}

/// Puts right a person's name, identifier, sex or day of birth.
#[utoipa::path(post, path = "/api/persons/{id}/record", tag = "persons", request_body = CorrectionWire,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = CorrectionDone), super::Faults))]
pub(crate) async fn correct(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<CorrectionWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "civil record", &body.hash)?;
    let (viewer, it) = (call.viewer(&state), body.it);
    let day = |text: Option<String>, at: &str| text.map(|text| read_day(&text, at)).transpose();
    let correction = Correction {
        names: names(&it.names, "/names")?,
        names_from: day(it.names_from, "/names_from")?,
        identifier: it.identifier.map(|i| i.identifier(&viewer.pack, "/identifier")).transpose()?,
        sex: it.sex.map(Into::into),
        birth_date: day(it.birth_date, "/birth_date")?,
    };
    let mut tx = state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let allowed = call.permit(&state, &mut tx, Action::RegisterEvent, [person], "civil record").await?;
    drop(tx);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let by = (&call.who, &allowed);
                let done = civil::correct(tx, &viewer.desk(), by, person, &correction, &it.paper.0).await;
                done.map_err(|why| fault(why, &correction))?;
                once.end(tx, StatusCode::OK, &CorrectionDone { person: person.0 }).await
            }
        }
    })
}

fn fault(why: civil::Fault, correction: &Correction) -> Fault {
    use civil::Fault as F;
    let words = why.to_string();
    match why {
        F::Store(why) => why.into(),
        F::Person(PersonError::NoName) => Fault::field(Code::Invalid, "/names", words),
        F::Person(why) => person_fault(why, ""),
        F::Kin(KinError::Store(why)) => why.into(),
        F::NoPaper => Fault::field(Code::Invalid, "/paper", words),
        F::Day(day) if correction.birth_date == Some(day) => Fault::field(Code::Invalid, "/birth_date", words),
        F::Day(_) => Fault::field(Code::Invalid, "/names_from", words),
        F::AfterDeath(_) => Fault::field(Code::Invalid, "/birth_date", words),
        F::Nothing | F::NoDay | F::Married | F::Known => Fault::told(Code::Invalid, words),
        F::Kin(_) | F::NotAllowed => Fault::new(Code::NotFound),
    }
}

/// What somebody is to a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum RelationWire {
    /// A parent, by birth or adoption.
    Parent,
    /// A child.
    Child,
    /// The married spouse.
    Spouse,
    /// The partner without marriage.
    Partner,
}

impl From<RelationWire> for Relation {
    fn from(wire: RelationWire) -> Relation {
        match wire {
            RelationWire::Parent => Relation::Parent,
            RelationWire::Child => Relation::Child,
            RelationWire::Spouse => Relation::Spouse,
            RelationWire::Partner => Relation::Partner,
        }
    }
}

impl From<Relation> for RelationWire {
    fn from(relation: Relation) -> RelationWire {
        match relation {
            Relation::Parent => RelationWire::Parent,
            Relation::Child => RelationWire::Child,
            Relation::Spouse => RelationWire::Spouse,
            Relation::Partner => RelationWire::Partner,
        }
    }
}

/// A tie that stands or stood.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TieWire {
    /// Its id.
    id: Uuid,
    /// What the other is.
    relation: RelationWire,
    /// The other.
    other: Uuid,
    /// The first day; 0001-01-01: from the beginning.
    #[schema(format = Date)]
    from: String,
    /// The first day without it.
    #[schema(format = Date)]
    until: Option<String>,
}

/// Who somebody's family is.
#[derive(Clone, Debug, Serialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TieList {
    /// The ties with people for whom the caller may act.
    ties: Vec<TieWire>,
    /// How many more there are.
    others: u32,
}

/// Parents, children, spouse and partner of a person, as far as the caller may act for them.
#[utoipa::path(get, path = "/api/persons/{id}/ties", tag = "persons",
    params(("id" = Uuid, Path, description = "The person.")),
    responses((status = 200, body = TieList), super::Faults))]
pub(crate) async fn ties(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
) -> Result<axum::Json<TieList>, Fault> {
    let person = PersonId(super::id(&id)?);
    let mut tx = state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let _allowed = call.permit(&state, &mut tx, Action::ViewPerson, [person], "family ties").await?;
    let (ties, others) = crate::civil::ties(&mut tx, &call.viewer(&state), person).await?;
    let wire = |k: &Kin| TieWire {
        id: k.id,
        relation: k.relation.into(),
        other: k.other.0,
        from: k.stamp.valid.from.to_string(),
        until: k.stamp.valid.until.map(|day| day.to_string()),
    };
    let (ties, others) = (ties.iter().map(wire).collect(), u32::try_from(others).unwrap_or(u32::MAX));
    Ok(axum::Json(TieList { ties, others }))
}

/// What is put right about a tie: exactly one of `begins`, `ends`, `never_was`.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct TieActWire {
    /// On which paper it rests.
    #[schema(value_type = String, min_length = 1, max_length = 200)]
    paper: Short<200>,
    /// A tie that is missing.
    #[serde(default)]
    begins: Option<NewTieWire>,
    /// A tie that ended.
    #[serde(default)]
    ends: Option<EndWire>,
    /// A tie that never was, by its id.
    #[serde(default)]
    never_was: Option<Uuid>,
}

/// A tie that is missing.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewTieWire {
    /// What the other is to the person.
    relation: RelationWire,
    /// The other.
    other: Uuid,
    /// The first day, of a spouse or partner.
    #[serde(default)]
    #[schema(format = Date)]
    from: Option<String>,
}

/// The end of a tie.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EndWire {
    /// Which.
    tie: Uuid,
    /// The first day without it.
    #[schema(format = Date)]
    on: String,
}

impl TieActWire {
    fn tie(&self) -> Result<Tie, Fault> {
        match (&self.begins, &self.ends, self.never_was) {
            (Some(new), None, None) => Ok(Tie::Begins {
                relation: new.relation.into(),
                other: PersonId(new.other),
                from: new.from.as_deref().map(|text| read_day(text, "/begins/from")).transpose()?,
            }),
            (None, Some(end), None) => Ok(Tie::Ends { tie: end.tie, on: read_day(&end.on, "/ends/on")? }),
            (None, None, Some(tie)) => Ok(Tie::NeverWas { tie }),
            _ => Err(Fault::told(Code::Invalid, "expected exactly one of begins, ends and never_was")),
        }
    }
}

/// Puts right who is a person's parent, child, spouse or partner.
#[utoipa::path(post, path = "/api/persons/{id}/ties", tag = "persons", request_body = TieActWire,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = CorrectionDone), super::Faults))]
pub(crate) async fn tie(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<TieActWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "family tie", &body.hash)?;
    let (tie, paper) = (body.it.tie()?, &body.it.paper.0);
    let mut tx = state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let (tie, other) = match tie {
        Tie::Begins { relation, other, from } => {
            let other = registry::read::surviving(&mut tx, other).await?;
            (Tie::Begins { relation, other, from }, Some(other))
        }
        // One that is gone may have been taken back by this very call, sent a second time.
        Tie::Ends { tie: id, .. } | Tie::NeverWas { tie: id } => (tie, civil::other_of(&mut tx, person, id).await.ok()),
    };
    let people = std::iter::once(person).chain(other);
    let allowed = call.permit(&state, &mut tx, Action::RegisterEvent, people, "family ties").await?;
    drop(tx);
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let done = civil::tie(tx, &viewer.desk(), (&call.who, &allowed), person, tie, paper).await;
                done.map_err(|why| tie_fault(why, tie))?;
                once.end(tx, StatusCode::OK, &CorrectionDone { person: person.0 }).await
            }
        }
    })
}

fn tie_fault(why: civil::Fault, tie: Tie) -> Fault {
    use civil::Fault as F;
    let words = why.to_string();
    let (day, which) = match tie {
        Tie::Begins { .. } => ("/begins/from", "/begins/other"),
        Tie::Ends { .. } => ("/ends/on", "/ends/tie"),
        Tie::NeverWas { .. } => ("/never_was", "/never_was"),
    };
    match why {
        F::Day(_) | F::NoDay | F::Kin(KinError::Backwards { .. }) => Fault::field(Code::Invalid, day, words),
        F::Known | F::Married | F::Kin(KinError::Circle) => Fault::field(Code::Conflict, which, words),
        F::Kin(KinError::NoKin | KinError::Self_(_) | KinError::NoPerson) => Fault::field(Code::Invalid, which, words),
        other => fault(other, &Correction::default()),
    }
}
