//! What is done in a group, told by a page or by a program.

use std::collections::BTreeSet;

use group::model::{Fault, Status};
use group::plan::{self, NewSession};
use group::read::Member;
use group::{presence, take_part};
use guard::{Action, Allowed, Relation, Resource, Tier};
use kernel::{GroupSessionId, PersonId};
use store::Tx;

use super::office_handlers::{Opened, may};
use crate::viewer::{Trouble, Viewer};
use crate::visits::{desk, standing};

/// One thing done.
pub(crate) enum Act {
    /// A family, by its enrolment, is asked in; `joins`: she said yes at once.
    Ask { family: String, joins: bool },
    /// Who came to a session; all others who take part did not.
    Came { session: GroupSessionId, came: BTreeSet<PersonId> },
    /// A session is set.
    Meet(NewSession),
    /// A session is called off.
    CallOff(GroupSessionId),
    /// The group meets no more.
    Close,
}

/// The guard's decision, with the person who is asked in.
pub(crate) struct Permitted {
    allowed: Allowed,
    asked: Option<PersonId>,
}

/// Whether somebody is expected at sessions.
pub(super) fn takes_part(member: &&Member) -> bool {
    matches!(member.status, Status::Joined | Status::Left)
}

impl Act {
    /// Asks the guard; `None`: the family that is named is in other hands, or there is none.
    pub(crate) async fn permit(&self, v: &Viewer<'_>, o: &Opened) -> Result<Option<Permitted>, Trouble> {
        let (about, asked): (Vec<(PersonId, Relation)>, _) = match self {
            Act::Ask { family, .. } => {
                let Some((e, about)) = standing(v, family).await? else { return Ok(None) };
                (about.into_iter().filter(|(p, _)| *p == e.person).collect(), Some(e.person))
            }
            Act::Came { .. } => (o.about.clone(), None),
            Act::Meet(_) | Act::CallOff(_) | Act::Close => {
                let allowed = may(v, Action::ManageGroups).await?;
                return Ok(Some(Permitted { allowed, asked: None }));
            }
        };
        let resource = Resource::people(about).at(Tier::Sensitive).showing(["group"]);
        let allowed = v.state.guard.permit(v.who, Action::WorkGroup, &resource, &v.purpose).await?;
        Ok(Some(Permitted { allowed, asked }))
    }

    /// Does it.
    pub(crate) async fn run(&self, tx: &mut Tx, v: &Viewer<'_>, o: &Opened, by: &Permitted) -> Result<(), Fault> {
        let (desk, group, allowed) = (&desk(v), o.whole.group.id, &by.allowed);
        match self {
            Act::Ask { joins, .. } => {
                let whom = (group, by.asked.ok_or(Fault::Nothing)?);
                take_part::ask(tx, desk, v.who, allowed, whom, *joins).await
            }
            Act::Came { session, came } => {
                let people = o.members.iter().filter(takes_part);
                let all: Vec<(PersonId, bool)> = people.map(|m| (m.person, came.contains(&m.person))).collect();
                presence::note(tx, desk, v.who, allowed, *session, &all).await
            }
            Act::Meet(new) => plan::meet(tx, desk, v.who, allowed, new).await,
            Act::CallOff(session) => plan::call_off(tx, desk, v.who, allowed, *session).await,
            Act::Close => plan::close(tx, desk, v.who, allowed, group).await,
        }
    }
}
