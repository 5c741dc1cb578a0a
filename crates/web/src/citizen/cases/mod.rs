//! What becomes of an application: applying, my cases, a decision, payments, reporting a change, complaining; and the public
//! figures of how it goes.

pub mod apply;
pub(crate) mod apply_handlers;
pub mod case;
pub(crate) mod case_handlers;
pub mod complain;
pub mod consents;
pub mod decision;
pub(crate) mod decision_handlers;
pub mod figures;
pub(crate) mod figures_handlers;
pub mod list;
pub(crate) mod list_handlers;
pub(crate) mod payment_handlers;
pub mod payments;
pub mod powers;
pub(crate) mod powers_handlers;
pub mod report;
pub(crate) mod report_handlers;

use casework::application::Setting;
use casework::model::Subject;
use guard::{Action, Allowed, Resource};
use kernel::{HouseholdId, Lang, PersonId, Words};
use registry::AsOf;

use super::question::{Kind, Question};
use crate::explain::plain;
use crate::household::{self, Opened, Want, name};
use crate::viewer::{Trouble, Viewer};

/// The person who is signed in, at home, with everybody they may act for.
pub(crate) struct Home {
    pub(crate) me: PersonId,
    pub(crate) household: HouseholdId,
    pub(crate) opened: Opened,
}

impl Home {
    pub(crate) async fn open(v: &Viewer<'_>, want: Want) -> Result<Home, Trouble> {
        let person = v.who.person.ok_or(Trouble::NoPerson)?;
        let mut tx = v.state.db.read().await?;
        let me = registry::read::surviving(&mut tx, person).await?;
        let household = registry::read::household_of(&mut tx, me, AsOf::latest(v.today())).await?;
        drop(tx);
        let household = household.ok_or(Trouble::Absent)?;
        let opened = household::open(v, household, AsOf::latest(v.today()), want).await?;
        Ok(Home { me, household, opened })
    }

    /// The person and the children they act for by law, the person first.
    pub(crate) fn own(&self) -> Vec<PersonId> {
        let wards = self.opened.about.iter().filter(|(p, r)| r.ward && *p != self.me).map(|(p, _)| *p);
        std::iter::once(self.me).chain(wards).collect()
    }

    /// Whether a thing about this subject is theirs to see: their own, a child's they act for, or the household's.
    pub(crate) fn concerns(&self, subject: Subject) -> bool {
        match subject {
            Subject::Household(id) => id == self.household,
            Subject::Person(person) => self.own().contains(&person),
        }
    }

    pub(crate) fn name(&self, person: PersonId, lang: Lang) -> String {
        name(&self.opened.record, person, lang)
    }

    /// The name of a person; `None` for the household as a whole.
    pub(crate) fn whose(&self, subject: Subject, lang: Lang) -> Option<String> {
        subject.person().map(|p| self.name(p, lang))
    }

    /// The question for an item, if a person can answer it.
    pub(crate) fn question(&self, v: &Viewer<'_>, lang: Lang, subject: Subject, item: &str) -> Option<Question> {
        let found = v.pack.item(household::entity(subject), item)?;
        Some(Question {
            field: household::field(subject, item),
            ask: found.ask.clone()?,
            whose: self.whose(subject, lang),
            kind: Kind::of_item(&v.pack, found, &self.name(self.me, lang)),
            decides: Vec::new(),
        })
    }
}

/// One decision of the guard about all these people together.
pub(crate) async fn permit(
    v: &Viewer<'_>,
    action: Action,
    persons: &[PersonId],
    what: &'static str,
) -> Result<Allowed, Trouble> {
    let setting = v.setting();
    let sight = v.sight(&setting);
    let mut tx = v.state.db.read().await?;
    let relations = registry::sight::relations(&mut tx, &sight, persons.iter().copied()).await?;
    drop(tx);
    let resource = Resource::people(relations).showing([what]);
    Ok(v.state.guard.permit(v.who, action, &resource, &v.purpose).await?)
}

/// A decision of the guard about each of these people.
pub(crate) async fn permit_each(
    v: &Viewer<'_>,
    action: Action,
    persons: &[PersonId],
    what: &'static str,
) -> Result<Vec<Allowed>, Trouble> {
    let mut allowed = Vec::new();
    for person in persons {
        allowed.push(permit(v, action, &[*person], what).await?);
    }
    Ok(allowed)
}

/// The name of a programme; its id when the pack in force no longer has it.
pub(crate) fn programme(v: &Viewer<'_>, id: &str) -> Words {
    v.pack.programmes().get(id).map_or_else(|| plain(id), |p| p.name.clone())
}

/// The name of an item of the data dictionary.
pub(crate) fn item(v: &Viewer<'_>, subject: Subject, id: &str) -> Words {
    v.pack.name_of(household::entity(subject), id).cloned().unwrap_or_else(|| plain(id))
}

/// The name of an agency.
pub(crate) fn agency(v: &Viewer<'_>, id: &str) -> Words {
    v.pack.agencies().get(id).map_or_else(|| plain(id), |a| a.name.clone())
}

/// Every agency that holds an item is asked by machine in the investigation, so nothing of that is asked of people.
static CONNECTED: fn(&str) -> bool = |_| true;

/// What applying is set to.
pub(crate) fn setting<'a>(v: &Viewer<'_>) -> Setting<'a> {
    Setting { adult_age: v.state.config.adult_age, connected: &CONNECTED }
}

/// What was just done, from the address: `?done=word`.
pub(crate) fn done(query: Option<String>) -> String {
    let pairs = url::form_urlencoded::parse(query.as_deref().unwrap_or_default().as_bytes());
    pairs.into_iter().find(|(name, _)| name == "done").map(|(_, word)| word.into_owned()).unwrap_or_default()
}
