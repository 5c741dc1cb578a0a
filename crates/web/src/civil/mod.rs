//! What the civil register says of a member of a household, put right at the counter by a paper: who they are, and whose.

pub(crate) mod handlers;
pub mod page;
pub(crate) mod tie_handlers;

use guard::Action;
use kernel::PersonId;
use registry::kin::{self, Kin};
use store::{StoreError, Tx};

use crate::viewer::Viewer;

/// The ties of somebody with people for whom the viewer may act, and how many more there are.
pub(crate) async fn ties(tx: &mut Tx, v: &Viewer<'_>, person: PersonId) -> Result<(Vec<Kin>, usize), StoreError> {
    let mut ties = kin::standing(tx, person).await?;
    let (all, setting) = (ties.len(), v.setting());
    let relations = registry::sight::relations(tx, &v.sight(&setting), ties.iter().map(|k| k.other)).await?;
    ties.retain(|k| v.may(Action::RegisterEvent, relations.get(&k.other).cloned().unwrap_or_default()));
    let others = all - ties.len();
    Ok((ties, others))
}
