//! Where somebody lives and how to reach them: a look of its own.

use guard::{Action, Denied, Relation, Resource, Tier};
use kernel::PersonId;
use registry::AsOf;
use registry::sight::{self, Whereabouts};

use crate::viewer::{Trouble, Viewer};

/// Opens the whereabouts of a person. Of somebody protected from a viewer who may see the addresses of others there is nothing,
/// as if none were recorded; whoever may see nobody's is refused, protected or not.
pub(crate) async fn look(v: &Viewer<'_>, person: PersonId) -> Result<Whereabouts, Trouble> {
    let setting = v.setting();
    let mut tx = v.state.db.read().await?;
    let seen = sight::whereabouts(&mut tx, &v.sight(&setting), person, AsOf::latest(v.today())).await?;
    drop(tx);
    let seen = seen.ok_or(Trouble::Absent)?;
    let at = |about: Vec<(PersonId, Relation)>| Resource::people(about).at(Tier::Contact).showing(["address"]);
    let others: Vec<_> = seen.about.iter().map(|(p, relation)| (*p, unprotected(*relation))).collect();
    if !others.iter().all(|(_, relation)| v.may(Action::ViewAddress, *relation)) {
        let _allowed = v.state.guard.permit(v.who, Action::ViewAddress, &at(others), &v.purpose).await?;
        return Err(Trouble::Absent);
    }
    match v.state.guard.reveal(v.who, Action::ViewAddress, &at(seen.about), &v.purpose, seen.sealed).await {
        Ok(open) => Ok(open.into_inner()),
        Err(why @ Denied::Refused(_)) if why.as_if_absent() => Ok(Whereabouts::default()),
        Err(why) => Err(why.into()),
    }
}

/// How somebody would stand to the viewer if nothing protected them: whether a look is offered must not tell.
pub(crate) fn unprotected(relation: Relation) -> Relation {
    Relation { protected: false, ..relation }
}
