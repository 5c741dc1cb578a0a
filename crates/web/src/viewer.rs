//! Through whose eyes a page is made: the account, its purpose, and the country as the registry asks for it.

use std::collections::BTreeSet;
use std::sync::Arc;

use casework::Desk;
use catalogue::Pack;
use catalogue::model::AgencyKind;
use guard::{Action, Decision, Denied, Purpose, PurposeKind, Relation, Request, Resource, Who};
use kernel::{Date, HouseholdId, Instant, PersonId};
use registry::AsOf;
use registry::sight::{Setting, Sight};
use store::StoreError;
use uuid::Uuid;

use crate::components::frame::Frame;
use crate::error::{Fault, denied};
use crate::state::AppState;

/// Whether a place lies within another.
type Within = Box<dyn Fn(&str, &str) -> bool + Send + Sync>;
/// Whether an item or agency gives away a place.
type Tells = Box<dyn Fn(&str) -> bool + Send + Sync>;

/// A viewer with a purpose, for one request.
pub(crate) struct Viewer<'s> {
    pub(crate) state: &'s AppState,
    pub(crate) who: &'s Who,
    pub(crate) purpose: Purpose,
    pub(crate) pack: Arc<Pack>,
    pub(crate) now: Instant,
    within: Within,
    tells: Tells,
    open_cases: BTreeSet<PersonId>,
}

impl<'s> Viewer<'s> {
    pub(crate) fn new(state: &'s AppState, who: &'s Who, purpose: Purpose) -> Self {
        let pack = state.packs.current();
        let (tree, words) = (pack.clone(), pack.clone());
        Viewer {
            state,
            who,
            purpose,
            now: state.now(),
            within: Box::new(move |place, around| tree.within(place, around)),
            tells: Box::new(move |id| tells_place(&words, id)),
            pack,
            open_cases: BTreeSet::new(),
        }
    }

    /// The same viewer, who has open tasks about people of this household or visits a family of it, or not: the guard's open-case
    /// relation. For citizens nothing is asked.
    pub(crate) async fn concerning(mut self, household: HouseholdId) -> Result<Self, Trouble> {
        if self.who.role.is_staff() {
            let mut tx = self.state.db.read().await?;
            let members = casework::household::member_ids(&mut tx, &self.desk(), household).await?;
            let visited = visit::read::in_hands(&mut tx, &crate::visits::desk(&self), self.who, &members).await?;
            let open = match visited {
                true => members.into_iter().collect(),
                false => {
                    let desk = self.desk();
                    casework::case::worklist::open_cases(&mut tx, &desk, self.who, Some(household), &members).await?
                }
            };
            drop(tx);
            self.open_cases = open;
        }
        Ok(self)
    }

    /// The same for the household a person belongs to, if to any.
    pub(crate) async fn concerning_person(self, person: PersonId) -> Result<Self, Trouble> {
        let mut tx = self.state.db.read().await?;
        let household = registry::read::household_of(&mut tx, person, AsOf::latest(self.today())).await?;
        drop(tx);
        match household {
            Some(household) => self.concerning(household).await,
            None => Ok(self),
        }
    }

    /// Whether the policies would let the viewer, of somebody standing so to them: for what a page offers. Nothing is opened
    /// by it and nothing logged.
    pub(crate) fn may(&self, action: Action, relation: Relation) -> bool {
        let nobody = Uuid::nil();
        let request = Request {
            look: nobody,
            now: self.now,
            who: self.who,
            action,
            resource: &Resource::person(PersonId(nobody), relation),
            purpose: &self.purpose,
        };
        matches!(self.state.guard.decide(&request), Decision::Allowed(_))
    }

    /// The country, for [`Viewer::sight`].
    pub(crate) fn setting(&self) -> Setting<'_> {
        let config = &self.state.config;
        Setting {
            within: &*self.within,
            tells_place: &*self.tells,
            grace_days: config.grace_days,
            adult_age: config.adult_age,
        }
    }

    /// The registry's view for this viewer; open cases as far as [`Viewer::concerning`] has asked for them.
    pub(crate) fn sight<'a>(&'a self, setting: &'a Setting<'a>) -> Sight<'a> {
        Sight {
            who: self.who,
            purpose: &self.purpose,
            policies: self.state.guard.policies(),
            open_cases: &self.open_cases,
            setting,
            today: self.today(),
        }
    }

    /// Marks a closed case of the viewer's own office, when it is opened again for a reason: the guard's closed-case relation.
    pub(crate) fn reviews(&self, case: &casework::case::Case, about: &mut [(PersonId, Relation)]) {
        let reviews = self.purpose.kind == PurposeKind::CaseReview;
        if reviews && casework::case::worklist::closed_here(&self.desk(), self.who, case) {
            about.iter_mut().for_each(|(_, relation)| relation.closed_case = true);
        }
    }

    /// The desk of casework.
    pub(crate) fn desk(&self) -> Desk<'_> {
        Desk { pack: &self.pack, keys: self.state.guard.keys(), ids: &*self.state.ids, now: self.now }
    }

    /// Hours east of Greenwich of the office's day.
    pub(crate) fn offset(&self) -> i8 {
        self.pack.manifest().utc_offset_hours
    }

    /// The office's day.
    pub(crate) fn today(&self) -> Date {
        self.now.date(self.offset())
    }
}

/// An agency of a town or an item that places hand down tells where somebody is.
fn tells_place(pack: &Pack, id: &str) -> bool {
    let municipal = pack.agencies().get(id).is_some_and(|a| a.kind == AgencyKind::Municipal);
    municipal || pack.jurisdictions().iter().any(|j| j.id == id || j.attributes.iter().any(|(item, _)| item == id))
}

/// Why a page could not be made.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Trouble {
    /// No such record, or it must look so.
    #[error("there is no such record")]
    Absent,
    /// The account is bound to no person.
    #[error("this account belongs to no registered person")]
    NoPerson,
    #[error(transparent)]
    Denied(#[from] Denied),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Log(#[from] guard::log::LogError),
}

impl Trouble {
    /// The page that says so.
    pub(crate) fn response(&self, state: &AppState, f: &Frame) -> axum::response::Response {
        let number = || state.ids.uuid(state.now()).simple().to_string().split_off(20);
        match self {
            Trouble::Absent | Trouble::Store(StoreError::NotFound) => Fault::NotFound.response(f),
            Trouble::NoPerson => Fault::Forbidden(None).response(f),
            Trouble::Denied(why) => denied(f, why),
            Trouble::Store(why) => {
                let number = number();
                tracing::error!(%number, %why, "the database failed");
                let fault = match why {
                    StoreError::Unavailable(_) => Fault::Busy(number),
                    _ => Fault::Internal(number),
                };
                fault.response(f)
            }
            Trouble::Log(why) => {
                let number = number();
                tracing::error!(%number, %why, "the disclosure log failed");
                Fault::Busy(number).response(f)
            }
        }
    }
}
