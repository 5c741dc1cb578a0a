//! Home visits in the town: supervisors ask the families the registry told of and give them to nurses, through the same use cases as
//! anywhere; one family is left to be asked, and one was assessed. Some take part in a mothers' group. The visits that are due are left to be recorded.

use catalogue::Pack;
use catalogue::model::AnswerKind;
use guard::account::{self, AccountError};
use guard::{Action, Allowed, Processing, Purpose, PurposeKind, Relation, Resource, Role, Who};
use kernel::{AccountId, SessionId, SubmissionId};
use registry::sight::{Setting, Sight};
use store::transact;
use visit::instrument::{Answer, Answers};
use visit::model::Enrolment;
use visit::submit::About;
use visit::{Desk, assess, assign, enrol, read, tier};

use super::groups;
use super::recipe::{Recipe, Staff};
use super::settle::SettleError;
use super::team::Books;
use crate::runtime::Runtime;

/// The town's nurses and those who lead them.
pub struct Visiting<'a> {
    pub(super) runtime: &'a Runtime,
    pub(super) recipe: &'a Recipe,
    pub(super) pack: &'a Pack,
    issuer: &'a str,
}

pub(super) fn told(why: impl std::fmt::Display) -> SettleError {
    SettleError::Recipe(format!("home visits: {why}"))
}

impl<'a> Visiting<'a> {
    /// Of this town; the accounts must be open.
    pub fn new(runtime: &'a Runtime, recipe: &'a Recipe, pack: &'a Pack, issuer: &'a str) -> Self {
        Visiting { runtime, recipe, pack, issuer }
    }

    /// Every supervisor at work; says how many families are visited now.
    pub async fn begin(&self) -> Result<usize, SettleError> {
        let mut given = 0;
        for lead in self.recipe.staff.iter().filter(|s| s.role == Role::VisitSupervisor) {
            let nurse = self.recipe.staff.iter().find(|s| s.role == Role::Nurse && s.jurisdiction == lead.jurisdiction);
            let Some(nurse) = nurse else { continue };
            let (lead, nurse) = (self.who(lead).await?, self.who(nurse).await?);
            let books = Books { runtime: self.runtime, desk: self.desk(), lead: &lead, nurse: nurse.account };
            books.fill().await?;
            let families = self.waiting(&lead).await?;
            // The last one is left for the visitor to ask.
            let asked = families.len().saturating_sub(1);
            for (number, family) in families.iter().take(asked).enumerate() {
                self.give(&lead, family, nurse.account).await?;
                if number == 0 {
                    self.assessed(&nurse, family).await?;
                }
                given += 1;
            }
            let office = groups::Office { runtime: self.runtime, desk: self.desk(), lead: &lead, nurse: &nurse };
            let given_to_her = families.get(..asked).unwrap_or_default();
            for how in self.recipe.group.iter().filter(|g| Some(&g.jurisdiction) == lead.jurisdiction.as_ref()) {
                office.open(how, given_to_her).await?;
            }
        }
        Ok(given)
    }

    fn desk(&self) -> Desk<'_> {
        let state = &self.runtime.state;
        Desk { pack: self.pack, keys: &self.runtime.keys, ids: &*state.ids, now: state.now() }
    }

    pub(super) async fn who(&self, staff: &Staff) -> Result<Who, SettleError> {
        let state = &self.runtime.state;
        let mut tx = state.db.read().await?;
        let found = account::of_subject(&mut tx, self.issuer, &staff.subject).await;
        let account = found.map_err(|e: AccountError| told(e))?.ok_or_else(|| told(&staff.subject))?;
        Ok(Who {
            account: account.id,
            session: SessionId::new(&*state.ids, state.now()),
            role: staff.role,
            organisation: staff.organisation.clone(),
            jurisdiction: Some(staff.jurisdiction.clone()),
            person: None,
            strong: true,
            suspended: false,
            break_glass: false,
        })
    }

    /// Hands over how somebody of an office sees: of the town, whose people are nobody.
    pub(super) async fn seen_by<T>(&self, who: &Who, look: impl AsyncFnOnce(&Sight<'_>) -> T) -> T {
        let state = &self.runtime.state;
        let pack = self.pack;
        let within = |place: &str, around: &str| pack.within(place, around);
        let tells = |_: &str| false;
        let setting = Setting {
            within: &within,
            tells_place: &tells,
            grace_days: state.config.grace_days,
            adult_age: state.config.adult_age,
        };
        let (purpose, nobody) = (Purpose::new(PurposeKind::HomeVisit, "demonstration"), Default::default());
        let sight = Sight {
            who,
            purpose: &purpose,
            policies: state.guard.policies(),
            open_cases: &nobody,
            setting: &setting,
            today: state.today(),
        };
        look(&sight).await
    }

    /// Families of the supervisor's district that nobody visits yet, those with a child first. A machine's look: the town has no people.
    async fn waiting(&self, lead: &Who) -> Result<Vec<Enrolment>, SettleError> {
        let seen = self
            .seen_by(lead, async |sight| {
                let mut tx = self.runtime.state.db.read().await?;
                read::families(&mut tx, &self.desk(), sight).await
            })
            .await?;
        let basis = Processing::new(PurposeKind::HomeVisit, "demonstration").map_err(told)?;
        let mut all: Vec<Enrolment> =
            seen.sealed.process(&basis, |lines| lines.iter().map(|l| l.enrolment.clone()).collect());
        all.retain(|e| e.nurse.is_none() && e.left.is_none());
        all.sort_by_key(|e| (e.dates.children.is_empty(), e.dates.due, e.id));
        Ok(all)
    }

    pub(super) async fn allowed(&self, who: &Who, action: Action, e: &Enrolment) -> Result<Allowed, SettleError> {
        let relation = Relation { open_case: true, in_jurisdiction: true, ..Relation::default() };
        let resource = Resource::people(e.people().into_iter().map(|p| (p, relation))).showing(["visits"]);
        let purpose = Purpose::new(PurposeKind::HomeVisit, "demonstration");
        self.runtime.state.guard.permit(who, action, &resource, &purpose).await.map_err(told)
    }

    async fn give(&self, lead: &Who, e: &Enrolment, nurse: AccountId) -> Result<(), SettleError> {
        let db = &self.runtime.state.db;
        let allowed = self.allowed(lead, Action::ManageVisits, e).await?;
        let desk = self.desk();
        transact!(db, enrol::Fault, |tx| enrol::run(tx, &desk, lead, &allowed, e.person, true).await).map_err(told)?;
        transact!(db, assign::Fault, |tx| assign::give(tx, &desk, lead, &allowed, e.id, Some(nurse)).await)
            .map_err(told)
    }

    fn about(&self, e: &Enrolment) -> About {
        let state = &self.runtime.state;
        let id = SubmissionId::new(&*state.ids, state.now());
        About { id, enrolment: e.id, on: state.today(), replaces: None }
    }

    /// A family that told of several risks, and the decision that follows from them.
    async fn assessed(&self, nurse: &Who, e: &Enrolment) -> Result<(), SettleError> {
        let Some(instrument) = self.pack.self_filled().into_iter().next() else { return Ok(()) };
        let Some(rule) = self.pack.score_on(&instrument.id, self.runtime.state.today()) else { return Ok(()) };
        let counts = |id: &str| rule.weights.iter().any(|w| w.item == id && w.points > 0);
        let plain = |kind: &AnswerKind| matches!(kind, AnswerKind::Boolean);
        let safe = |id: &str| rule.safety.iter().all(|s| s.item.as_deref() != Some(id));
        let asked = instrument.questions().into_iter().filter(|q| plain(&q.kind) && counts(&q.id) && safe(&q.id));
        let answers: Answers = asked.take(3).map(|q| (q.id.clone(), Answer::Flag(true))).collect();
        let input = assess::Input { about: self.about(e), instrument: instrument.key.clone(), answers, alone: false };
        let allowed = self.allowed(nurse, Action::RecordVisit, e).await?;
        let (db, desk) = (&self.runtime.state.db, self.desk());
        transact!(db, visit::submit::Fault, |tx| assess::run(tx, &desk, nurse, Some(&allowed), &input).await)
            .map_err(told)?;
        let scored = visit::instrument::score(rule, instrument, &input.answers);
        let Some(band) = scored.band.filter(|b| b.decides) else { return Ok(()) };
        let decision = tier::Input {
            enrolment: e.id,
            submission: Some(input.about.id),
            protocol: band.protocol.clone(),
            tier: band.tier.clone(),
            from: desk.today(),
            reason: None,
        };
        transact!(db, tier::Fault, |tx| tier::run(tx, &desk, nurse, &allowed, &decision).await).map_err(told)?;
        Ok(())
    }
}
