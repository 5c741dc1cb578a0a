//! Lists opened for a finance officer. Of people the officer may not look at – relatives, people of another place – sums
//! stay, so that totals are complete; names, accounts and ids go before the seal is broken.

use std::collections::BTreeMap;

use guard::{Action, Processing, PurposeKind, Relation, Resource, Sealed};
use kernel::PersonId;
use registry::sight::Seen;

use crate::viewer::{Trouble, Viewer};

/// The names of those who may be looked at.
pub(crate) struct Names(BTreeMap<PersonId, String>);

impl Names {
    /// The name; `None` of somebody who may not be looked at.
    pub(crate) fn of(&self, person: PersonId) -> Option<String> {
        self.0.get(&person).cloned()
    }
}

/// Whether somebody standing so to the viewer may have their payments looked at.
fn may_look(v: &Viewer<'_>, relation: Relation) -> bool {
    v.may(Action::ViewPayment, relation)
}

/// Turns what was read into rows without anything of people who may not be looked at, and opens them; who was named is in
/// the log before anything comes back.
pub(crate) async fn opened<T, R>(
    v: &Viewer<'_>,
    what: &'static str,
    seen: Seen<T>,
    show: impl FnOnce(&T, &Names) -> R,
) -> Result<R, Trouble> {
    let open: Vec<(PersonId, Relation)> = seen.about.iter().filter(|(_, r)| may_look(v, *r)).copied().collect();
    let mut tx = v.state.db.read().await?;
    let known = registry::read::names(&mut tx, open.iter().map(|(p, _)| *p), v.today()).await?;
    drop(tx);
    let names = Names(open.iter().map(|(p, _)| (*p, known.get(p).cloned().unwrap_or_default())).collect());
    let law = match v.pack.process("").law.as_str() {
        "" => "payment",
        law => law,
    };
    // Only an empty law is refused.
    let basis = Processing::new(PurposeKind::Payment, law).map_err(|_| Trouble::Absent)?;
    let rows = seen.sealed.process(&basis, |all| show(all, &names));
    let resource = Resource::people(open.iter().copied()).showing([what]);
    let sealed = Sealed::new(rows, open.iter().map(|(p, _)| *p));
    Ok(v.state.guard.reveal(v.who, Action::ViewPayment, &resource, &v.purpose, sealed).await?.into_inner())
}
