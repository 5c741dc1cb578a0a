//! What every handler here shares: the caller, in which language, and the looks at what resources are made of.

use std::sync::Arc;

use catalogue::Pack;
use fhir::{Country, Resource};
use guard::{Action, Allowed, Denied, Receipt, Role, disclose};
use kernel::{Lang, PersonId};
use registry::sight::Seen;

use crate::api::call::Call;
use crate::api::problem::{Code, Fault};
use crate::state::AppState;
use crate::viewer::Viewer;

/// One call.
pub(super) struct Asked<'s> {
    pub(super) state: &'s AppState,
    pub(super) call: &'s Call,
    pub(super) lang: Lang,
    pub(super) pack: Arc<Pack>,
}

/// Which resources of a kind are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted<'a> {
    /// One, by its id.
    One(&'a str),
    /// Those of a person; `None`: whatever the caller has to do with.
    Of(Option<PersonId>),
}

impl<'s> Asked<'s> {
    pub(super) fn new(state: &'s AppState, call: &'s Call, lang: Lang) -> Self {
        Asked { state, call, lang, pack: state.packs.current() }
    }

    /// The country for making resources.
    pub(super) fn country(&self) -> Country<'_> {
        Country { pack: &self.pack, lang: self.lang, today: self.state.today() }
    }

    pub(super) fn viewer(&self) -> Viewer<'_> {
        self.call.viewer(self.state)
    }

    /// The viewer with the guard's open-case relation worked out for the household of a person.
    pub(super) async fn viewer_of(&self, person: PersonId) -> Result<Viewer<'_>, Fault> {
        Ok(self.viewer().concerning_person(person).await?)
    }

    /// Opens what was read of several families in one write of the log. What the guard refuses is left out, as from any list.
    pub(super) async fn open_all<T>(
        &self,
        action: Action,
        items: &'static str,
        all: Vec<Seen<T>>,
    ) -> Result<Vec<T>, Fault> {
        let resources: Vec<guard::Resource> =
            all.iter().map(|s| s.resource().at(guard::Tier::Sensitive).showing([items])).collect();
        let looks: Vec<(Action, &guard::Resource)> = resources.iter().map(|r| (action, r)).collect();
        let decided = self.state.guard.permit_together(&self.call.who, &self.call.purpose, &looks).await;
        let decided = decided.map_err(|why| Fault::from(Denied::NotLogged(why)))?;
        let mut open = Vec::with_capacity(all.len());
        for (decision, seen) in decided.into_iter().zip(all) {
            match decision {
                Ok((allowed, receipt)) => open.push(shown(allowed, receipt, seen)?),
                Err(Denied::Refused(_)) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(open)
    }

    /// Opens one look, which is refused aloud.
    pub(super) async fn open<T>(
        &self,
        action: Action,
        resource: &guard::Resource,
        seen: guard::Sealed<T>,
    ) -> Result<T, Fault> {
        let open = self.state.guard.reveal(&self.call.who, action, resource, &self.call.purpose, seen).await?;
        Ok(open.into_inner())
    }

    /// The person a citizen is.
    pub(super) async fn me(&self) -> Result<PersonId, Fault> {
        let me = self.call.who.person.filter(|_| self.call.who.role == Role::Citizen);
        let me = me.ok_or_else(|| Fault::new(Code::Forbidden))?;
        let mut tx = self.state.db.read().await?;
        Ok(registry::read::surviving(&mut tx, me).await?)
    }
}

fn shown<T>(allowed: Allowed, receipt: Receipt, seen: Seen<T>) -> Result<T, Fault> {
    let open = disclose(allowed, receipt, seen.sealed).map_err(|why| Fault::from(Denied::Mismatch(why)))?;
    Ok(open.into_inner())
}

/// Of what was made those of one kind; where one was asked for, that one.
pub(super) fn of_kind(all: Vec<Resource>, kind: &str, wanted: Wanted<'_>) -> Vec<Resource> {
    let fits = |r: &Resource| match wanted {
        Wanted::One(id) => r.id() == id,
        Wanted::Of(_) => true,
    };
    all.into_iter().filter(|r| r.kind() == kind && fits(r)).collect()
}
