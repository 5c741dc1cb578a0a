//! Applying: one application for any number of programmes of any number of agencies.
//!
//! A [`draft`] survives restarts and new packs; [`mod@questions`] says what is still to be asked, of whom and why; [`apply`]
//! sends it and opens the cases through [`crate::case::open`], as the one-tap path ([`crate::accept`]) does. [`supply`]
//! takes what was still missing, [`withdraw`] takes an application back, [`follow`] carries open cases along when a
//! family moves and stops them when somebody dies. Who may act for whom is in [`mandate`], what they agreed to in
//! [`consent`].
//!
//! Everybody may apply for everything: a rule that says *no* decides nothing here. What a person says becomes a fact
//! unless an agency's value stands against it; then it is kept beside the fact for the investigation to settle.

pub mod account;
mod answers;
pub mod apply;
pub mod consent;
pub mod draft;
pub mod follow;
mod lives;
pub mod mandate;
pub mod model;
pub mod questions;
pub(crate) mod rows;
pub mod supply;
pub mod withdraw;

use guard::{Action, Allowed, Relation, Role, Sealed, Who};
use kernel::{Date, PersonId};
use registry::AsOf;
use registry::sight::{Sight, relations};
use store::{StoreError, Tx};

pub use apply::run as send;
pub use mandate::{Ground, may_act};
pub use model::{Agreed, Chosen, Content, Draft, DraftStatus, Setting, Size};
pub use questions::{AskedOf, Question, Why, questions};

use crate::desk::Desk;
use crate::model::Cause;
use crate::read::Seen;

/// Whether the guard allowed acting for this person: applying, keying in.
pub(crate) fn covered(allowed: &[Allowed], person: PersonId) -> bool {
    // A ministry's machine that uses the stage of application alone hands on what people asked it for.
    let act = |a: &Allowed| matches!(a.action(), Action::AcceptOffer | Action::KeyInForPerson | Action::RunStage);
    allowed.iter().any(|a| act(a) && a.covers(person))
}

/// On which ground the signed-in account may act for this person: what the guard allowed; where it allowed it because of a
/// mandate, the mandate, if it is good for the programme too. `None` when on no ground. The guard is asked about whoever is
/// acted for, so that every act stands in that person's trail.
pub(crate) async fn ground(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    person: PersonId,
    programme: Option<&str>,
) -> Result<Option<Ground>, StoreError> {
    if !covered(allowed, person) {
        return Ok(None);
    }
    let by_mandate = allowed.iter().filter(|a| a.covers(person)).all(Allowed::is_by_mandate);
    match who.person {
        _ if who.role != Role::Citizen => Ok(Some(Ground::Office)),
        Some(own) if own == person => Ok(Some(Ground::Own)),
        Some(holder) if by_mandate => mandate::granted(tx, holder, person, programme, desk.today()).await,
        _ => Ok(Some(Ground::Parent)),
    }
}

/// A person's life, as far as applying goes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Life {
    pub(crate) died: Option<Date>,
}

/// The death of a person; `None` when there is no such person.
pub(crate) async fn life(tx: &mut Tx, desk: &Desk<'_>, person: PersonId) -> Result<Option<Life>, StoreError> {
    let Some(whole) = registry::read::person(tx, person, AsOf::latest(desk.today())).await? else { return Ok(None) };
    let basis = desk.basis(Cause::FactChange).map_err(|e| StoreError::Driver(e.to_string()))?;
    Ok(Some(whole.process(&basis, |p| Life { died: p.death_date })))
}

/// Puts what was read under seal, with how everybody it is about stands to the viewer.
pub(crate) async fn seal<T>(
    tx: &mut Tx,
    sight: &Sight<'_>,
    people: impl IntoIterator<Item = PersonId>,
    value: T,
) -> Result<Seen<T>, StoreError> {
    let about: Vec<(PersonId, Relation)> = relations(tx, sight, people).await?.into_iter().collect();
    let persons: Vec<PersonId> = about.iter().map(|(p, _)| *p).collect();
    Ok(Seen { sealed: Sealed::new(value, persons), about })
}
