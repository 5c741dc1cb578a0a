//! What the town's nurses have learnt and how they were supervised: a course that holds, one that has expired, a session whose next one is
//! overdue, and a course with dates that is still to come. Through the same use cases as anywhere.

use catalogue::model::{Course, SupervisionKind, Workforce};
use guard::{Action, Allowed, Purpose, PurposeKind, Resource, Who};
use jiff::ToSpan;
use kernel::{AccountId, CohortId, Date, SupervisionId, TrainingId};
use store::transact;
use workforce::cohort::{self, Cohort};
use workforce::supervision::{self, Content};
use workforce::training::{self, Input};
use workforce::{Desk, Fault};

use super::settle::SettleError;
use crate::runtime::Runtime;

fn told(why: impl std::fmt::Display) -> SettleError {
    SettleError::Recipe(format!("nurses: {why}"))
}

/// A supervisor's books of her nurse.
pub(super) struct Books<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) desk: Desk<'a>,
    pub(super) lead: &'a Who,
    pub(super) nurse: AccountId,
}

impl Books<'_> {
    /// Fills them, where the pack says anything about nurses.
    pub(super) async fn fill(&self) -> Result<(), SettleError> {
        let Some(rules) = self.desk.pack.workforce() else { return Ok(()) };
        let today = self.desk.today();
        for (number, course) in (1_i64..).zip(&rules.courses) {
            // The one that holds for the shortest time was attended so long ago that it has expired; the last is still to come.
            let expired = course.competency.is_some() && course.competency == shortest(rules);
            let last = usize::try_from(number).is_ok_and(|n| n == rules.courses.len());
            match (expired, last) {
                (true, _) => self.attended(course, today.saturating_sub((4_i64).years())).await?,
                (false, true) => self.planned(course, today).await?,
                (false, false) => self.attended(course, today.saturating_sub((number * 30).days())).await?,
            }
        }
        let lang = self.desk.pack.manifest().complete.first().copied().unwrap_or(kernel::Lang::En);
        let topics = rules.courses.iter().map(|c| c.name.get(lang)).next().unwrap_or_default();
        self.supervised(today.saturating_sub(40.days()), topics).await
    }

    async fn allowed(&self) -> Result<Allowed, SettleError> {
        let purpose = Purpose::new(PurposeKind::HomeVisit, "demonstration");
        let guard = &self.runtime.state.guard;
        guard.permit(self.lead, Action::ManageTeam, &Resource::thing("team"), &purpose).await.map_err(told)
    }

    async fn attended(&self, course: &Course, on: Date) -> Result<(), SettleError> {
        let id = TrainingId::new(self.desk.ids, self.desk.now);
        let (course, hours) = (course.id.clone(), course.hours);
        let input = Input { id, nurse: self.nurse, course, hours, ended_on: on };
        let (db, allowed) = (&self.runtime.state.db, self.allowed().await?);
        transact!(db, Fault, |tx| training::note(tx, &self.desk, self.lead, &allowed, &input).await).map_err(told)
    }

    async fn planned(&self, course: &Course, today: Date) -> Result<(), SettleError> {
        let id = CohortId::new(self.desk.ids, self.desk.now);
        let place = self.lead.jurisdiction.as_deref().and_then(|place| self.desk.pack.jurisdictions().get(place));
        let place = place.and_then(|j| self.desk.pack.manifest().complete.first().map(|lang| j.name.get(*lang)));
        let new = Cohort {
            id,
            course: course.id.clone(),
            place: place.unwrap_or_default().to_owned(),
            starts_on: today.saturating_add(14.days()),
            ends_on: today.saturating_add(18.days()),
            seats: 20,
        };
        let (db, allowed) = (&self.runtime.state.db, self.allowed().await?);
        transact!(db, Fault, |tx| {
            cohort::plan(tx, &self.desk, self.lead, &allowed, &new).await?;
            cohort::seat(tx, &self.desk, self.lead, &allowed, (id, self.nurse)).await
        })
        .map_err(told)
    }

    async fn supervised(&self, on: Date, topics: &str) -> Result<(), SettleError> {
        let input = supervision::Input {
            id: SupervisionId::new(self.desk.ids, self.desk.now),
            kind: SupervisionKind::Individual,
            nurses: vec![self.nurse],
            on,
            minutes: 60,
            content: Content { topics: topics.to_owned(), ..Content::default() },
            visit: None,
        };
        let (db, allowed) = (&self.runtime.state.db, self.allowed().await?);
        transact!(db, Fault, |tx| supervision::hold(tx, &self.desk, self.lead, &allowed, &input).await).map_err(told)
    }
}

/// The competency that holds for the shortest time.
fn shortest(rules: &Workforce) -> Option<String> {
    rules.competencies.iter().min_by_key(|c| c.months).map(|c| c.id.clone())
}
