//! How a person is reached, told by themselves, by their guardian, or by whoever they told it to.

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use casework::contact::{self, Change, Changes};
use guard::Action;
use kernel::{Lang, PersonId};
use serde::{Deserialize, Serialize};
use store::transact;
use utoipa::ToSchema;
use uuid::Uuid;

use super::body::{Body, Short};
use super::call::{Call, Once};
use super::problem::{Code, Fault};
use crate::state::AppState;

/// What changes. What is left out stays.
#[derive(Clone, Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactWire {
    /// The telephone number from today on, 7 to 15 digits.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 7, max_length = 30)]
    phone: Option<Short<30>>,
    /// The e-mail address from today on.
    #[serde(default)]
    #[schema(value_type = Option<String>, min_length = 3, max_length = 254)]
    email: Option<Short<254>>,
    /// The language of messages, letters and pages.
    #[serde(default)]
    #[schema(value_type = Option<String>, pattern = "^(ko|en|kk|ru)$")]
    language: Option<Short<8>>,
    /// What there is none of any more: `phone`, `email`.
    #[serde(default)]
    #[schema(max_items = 2)]
    clear: Vec<Way>,
}

/// A way to reach somebody.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Way {
    /// The telephone.
    Phone,
    /// E-mail.
    Email,
}

/// Whose contact was changed.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ContactDone {
    /// The person.
    person: Uuid,
}

impl ContactWire {
    fn change(&self, way: Way) -> Result<Change, Fault> {
        let (said, field) = match way {
            Way::Phone => (self.phone.as_ref().map(|s| s.0.clone()), "/phone"),
            Way::Email => (self.email.as_ref().map(|s| s.0.clone()), "/email"),
        };
        match (said, self.clear.contains(&way)) {
            (Some(_), true) => {
                Err(Fault::field(Code::Invalid, field, "is set and cleared at once: expected one of both"))
            }
            (Some(text), false) => Ok(Change::Set(text)),
            (None, true) => Ok(Change::Clear),
            (None, false) => Ok(Change::Keep),
        }
    }
}

/// Says how a person is reached, and in which language.
#[utoipa::path(post, path = "/api/persons/{id}/contact", tag = "persons", request_body = ContactWire,
    params(("id" = Uuid, Path, description = "The person."), ("idempotency-key" = String, Header, description = "A fresh key for every change.", min_length = 8, max_length = 200, pattern = "^[!-~]{8,200}$")),
    responses((status = 200, body = ContactDone), super::Faults))]
pub(crate) async fn change_contact(
    State(state): State<AppState>,
    call: Call,
    Path(id): Path<String>,
    headers: HeaderMap,
    request: Request,
) -> Result<Response, Fault> {
    let person = PersonId(super::id(&id)?);
    let body = Body::<ContactWire>::read(request, &state).await?.about(person);
    let once = Once::new(&headers, &call, "contact", &body.hash)?;
    let it = &body.it;
    let changes = Changes {
        phone: it.change(Way::Phone)?,
        email: it.change(Way::Email)?,
        language: it
            .language
            .as_ref()
            .map(|l| l.0.parse::<Lang>())
            .transpose()
            .map_err(|_| Fault::field(Code::Invalid, "/language", "expected ko, en, kk or ru"))?,
    };
    let mut tx = state.db.read().await?;
    let person = registry::read::surviving(&mut tx, person).await?;
    let allowed = call.permit(&state, &mut tx, Action::EditPerson, [person], "contact").await?;
    drop(tx);
    let viewer = call.viewer(&state);
    transact!(state.db, Fault, |tx| {
        match once.begin(tx, viewer.now).await? {
            Some(again) => Ok(again),
            None => {
                let done = contact::change(tx, &viewer.desk(), &call.who, &allowed, person, &changes).await;
                done.map_err(fault)?;
                once.end(tx, StatusCode::OK, &ContactDone { person: person.0 }).await
            }
        }
    })
}

fn fault(why: contact::Fault) -> Fault {
    match why {
        contact::Fault::Store(why) => why.into(),
        contact::Fault::Phone => Fault::field(Code::Invalid, "/phone", why.to_string()),
        contact::Fault::Email => Fault::field(Code::Invalid, "/email", why.to_string()),
        contact::Fault::Registry(registry::person::PersonError::Store(why)) => why.into(),
        contact::Fault::Registry(_) | contact::Fault::NotAllowed => Fault::new(Code::NotFound),
    }
}
