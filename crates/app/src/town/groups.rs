//! Mothers' groups of the town: one an office, opened by its supervisor and led by its nurse, with a session today and others to come; some of the
//! families take part, one has not answered. Through the same use cases as anywhere; how it was is left for the mothers to say.

use group::model::Fault;
use group::plan::{NewGroup, NewSession};
use group::{plan, presence, take_part};
use guard::{Action, Allowed, Purpose, PurposeKind, Relation, Resource, Who};
use jiff::ToSpan;
use kernel::{GroupId, GroupSessionId, PersonId};
use store::transact;
use visit::Desk;
use visit::model::Enrolment;

use super::recipe::Meeting;
use super::settle::SettleError;
use crate::runtime::Runtime;

fn told(why: impl std::fmt::Display) -> SettleError {
    SettleError::Recipe(format!("mothers' groups: {why}"))
}

/// Days between two sessions.
const APART: i64 = 14;

/// The office whose group it is.
pub(super) struct Office<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) desk: Desk<'a>,
    pub(super) lead: &'a Who,
    pub(super) nurse: &'a Who,
}

impl Office<'_> {
    /// Opens a group and fills it with families of the office; all but the last join. Without families there is none.
    pub(super) async fn open(&self, how: &Meeting, families: &[Enrolment]) -> Result<(), SettleError> {
        if families.is_empty() {
            return Ok(());
        }
        let (db, desk) = (&self.runtime.state.db, &self.desk);
        let id = GroupId::new(desk.ids, desk.now);
        let seats = desk.pack.groups().get(&how.kind).ok_or_else(|| told(&how.kind))?.seats;
        let (kind, venue) = (how.kind.clone(), how.venue.clone());
        let new = NewGroup { id, kind, venue, facilitator: self.nurse.account, seats };
        let manages = self.allowed(self.lead, Action::ManageGroups, &[]).await?;
        transact!(db, Fault, |tx| plan::open(tx, desk, self.lead, &manages, &new).await).map_err(told)?;
        let seats = usize::try_from(seats).unwrap_or(usize::MAX);
        let people: Vec<PersonId> = families.iter().take(seats).map(|e| e.person).collect();
        let works = self.allowed(self.nurse, Action::WorkGroup, &people).await?;
        for (number, person) in people.iter().enumerate() {
            let (whom, joins) = ((id, *person), number + 1 < people.len());
            transact!(db, Fault, |tx| take_part::ask(tx, desk, self.nurse, &works, whom, joins).await).map_err(told)?;
        }
        let mut held_on = desk.today();
        for (number, topic) in how.topics.iter().enumerate() {
            let session = GroupSessionId::new(desk.ids, desk.now);
            let (starts, topic) = (how.starts.clone(), topic.clone());
            let new = NewSession { id: session, group: id, held_on, starts, topic };
            transact!(db, Fault, |tx| plan::meet(tx, desk, self.lead, &manages, &new).await).map_err(told)?;
            if number == 0 {
                let came: Vec<(PersonId, bool)> = people.iter().rev().skip(1).map(|p| (*p, true)).collect();
                transact!(db, Fault, |tx| presence::note(tx, desk, self.nurse, &works, session, &came).await)
                    .map_err(told)?;
            }
            held_on = held_on.saturating_add(APART.days());
        }
        Ok(())
    }

    async fn allowed(&self, who: &Who, action: Action, people: &[PersonId]) -> Result<Allowed, SettleError> {
        let relation = Relation { open_case: true, in_jurisdiction: true, ..Relation::default() };
        let resource = match people {
            [] => Resource::thing("group"),
            _ => Resource::people(people.iter().map(|p| (*p, relation))).showing(["group"]),
        };
        let purpose = Purpose::new(PurposeKind::HomeVisit, "demonstration");
        self.runtime.state.guard.permit(who, action, &resource, &purpose).await.map_err(told)
    }
}
