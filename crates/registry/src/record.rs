//! What is read: a person and a household as they stood.

use std::collections::BTreeMap;

use kernel::{Date, HouseholdId, Lang, PersonId};
use serde::{Deserialize, Serialize};

use crate::fact::Fact;
use crate::household::{MemberRole, Membership};
use crate::kin::{Kin, Relation};
use crate::person::{Detail, Name, Script, Sex};
use crate::pregnancy::Pregnancy;
use crate::residence::Residence;
use crate::rows::{Of, Rows, pick};
use crate::time::AsOf;

/// A person as of a day and a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PersonRecord {
    /// The person (the surviving record).
    pub id: PersonId,
    /// The name in each script.
    pub names: Vec<Name>,
    /// Sex.
    pub sex: Option<Sex>,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Date of death.
    pub death_date: Option<Date>,
    /// Language to speak to them.
    pub language: Option<Lang>,
    /// Telephone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
    /// Where they live.
    pub residence: Option<Residence>,
    /// The household they belong to.
    pub membership: Option<Membership>,
    /// Kin: who the others are to this person.
    pub kin: Vec<Kin>,
    /// Pregnancies that run on the day.
    pub pregnancies: Vec<Pregnancy>,
    /// The fact that holds for each item.
    pub facts: Vec<Fact>,
    /// Whether the whereabouts are protected (and, for a viewer who may not see them, left out above).
    pub protected: bool,
}

impl PersonRecord {
    /// The person as of `as_of`, from everything recorded.
    pub(crate) fn at(rows: &Rows, as_of: AsOf, protected: bool) -> PersonRecord {
        let (day, at) = (as_of.valid, as_of.recorded);
        let detail = |kind: &str| {
            let of_kind = rows.details.iter().filter(|d| d.row.detail.kind() == kind);
            pick(of_kind, day, at, |d| &d.stamp, |d| d.id).map(|d| &d.detail)
        };
        let text = |kind: &str| detail(kind).map(Detail::text);
        let date = |kind: &str| match detail(kind) {
            Some(Detail::BirthDate(d) | Detail::DeathDate(d)) => Some(*d),
            _ => None,
        };
        PersonRecord {
            id: rows.id,
            names: names_at(rows, as_of),
            sex: if let Some(Detail::Sex(sex)) = detail("sex") { Some(*sex) } else { None },
            birth_date: date("birth_date"),
            death_date: date("death_date"),
            language: if let Some(Detail::Language(lang)) = detail("language") { Some(*lang) } else { None },
            phone: text("phone"),
            email: text("email"),
            residence: pick(&rows.residences, day, at, |r| &r.stamp, |r| r.id).cloned(),
            membership: membership_at(rows, as_of).cloned(),
            kin: kin_at(rows, as_of),
            pregnancies: standing(&rows.pregnancies, as_of),
            facts: facts_at(rows.facts.iter().map(|of| &of.row), as_of),
            protected,
        }
    }

    /// The name to show to a reader of this language: in their script if there is one, else the first.
    pub fn name(&self, lang: Lang) -> &str {
        let wanted = match lang {
            Lang::Ko => Script::Hang,
            Lang::Kk | Lang::Ru => Script::Cyrl,
            Lang::En => Script::Latn,
        };
        let best = self.names.iter().find(|n| n.script == wanted).or_else(|| self.names.first());
        best.map_or("", |n| n.full.as_str())
    }

    /// The others that are this person's `relation` on the day read.
    pub fn related(&self, relation: Relation) -> impl Iterator<Item = PersonId> + '_ {
        self.kin.iter().filter(move |k| k.relation == relation).map(|k| k.other)
    }

    /// The fact that holds for an item.
    pub fn fact(&self, item: &str) -> Option<&Fact> {
        self.facts.iter().find(|f| f.item == item)
    }
}

fn names_at(rows: &Rows, as_of: AsOf) -> Vec<Name> {
    // How people write their names at home comes before how they are spelt in Latin letters.
    let scripts = [Script::Hang, Script::Cyrl, Script::Hani, Script::Latn, Script::Zyyy];
    scripts
        .into_iter()
        .filter_map(|script| {
            let of_script = rows.names.iter().filter(|n| n.row.name.script == script);
            pick(of_script, as_of.valid, as_of.recorded, |n| &n.stamp, |n| n.id).map(|n| n.name.clone())
        })
        .collect()
}

/// The membership that counts on the day: the surviving record's own before a merged record's.
pub(crate) fn membership_at(rows: &Rows, as_of: AsOf) -> Option<&Membership> {
    pick(&rows.memberships, as_of.valid, as_of.recorded, |m| &m.stamp, |m| m.id)
}

fn kin_at(rows: &Rows, as_of: AsOf) -> Vec<Kin> {
    let mut all: Vec<Kin> = Vec::new();
    for kin in rows.kin.iter().map(|of| &of.row) {
        let holds = kin.stamp.stood(as_of.recorded) && kin.stamp.valid.contains(as_of.valid);
        // Two merged records may each say the same of the same person.
        if holds && !all.iter().any(|k| k.other == kin.other && k.relation == kin.relation) {
            all.push(kin.clone());
        }
    }
    all
}

fn standing(rows: &[Of<Pregnancy>], as_of: AsOf) -> Vec<Pregnancy> {
    rows.iter()
        .map(|of| &of.row)
        .filter(|p| p.stamp.stood(as_of.recorded) && p.stamp.valid.contains(as_of.valid))
        .cloned()
        .collect()
}

/// For each item the fact that holds: the latest recorded of those that stand and are valid on the day.
pub(crate) fn facts_at<'a>(facts: impl Iterator<Item = &'a Fact>, as_of: AsOf) -> Vec<Fact> {
    let mut by_item: BTreeMap<&str, &Fact> = BTreeMap::new();
    for fact in facts {
        if !fact.stamp.stood(as_of.recorded) || !fact.stamp.valid.contains(as_of.valid) {
            continue;
        }
        let rank = |f: &Fact| (f.stamp.recorded_at, f.stamp.valid.from, f.id);
        by_item
            .entry(&fact.item)
            .and_modify(|held| {
                if rank(fact) > rank(held) {
                    *held = fact;
                }
            })
            .or_insert(fact);
    }
    by_item.into_values().cloned().collect()
}

/// A member of a household.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The role.
    pub role: MemberRole,
    /// Member since.
    pub since: Date,
    /// The person.
    pub person: PersonRecord,
}

/// A household as of a day and a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdRecord {
    /// The household.
    pub id: HouseholdId,
    /// The members: the head first, then by birth.
    pub members: Vec<Member>,
    /// The fact that holds for each item of the household.
    pub facts: Vec<Fact>,
    /// Where it is: the jurisdiction of the head's address, else of the first member who has one.
    pub jurisdiction: Option<String>,
}

impl HouseholdRecord {
    pub(crate) fn of(id: HouseholdId, mut members: Vec<Member>, facts: Vec<Fact>) -> HouseholdRecord {
        members.sort_by_key(|m| (m.role, m.person.birth_date, m.person.id));
        let place = members.iter().find_map(|m| m.person.residence.as_ref());
        let jurisdiction = place.map(|r| r.address.jurisdiction.clone());
        HouseholdRecord { id, members, facts, jurisdiction }
    }

    /// The member with this id.
    pub fn member(&self, person: PersonId) -> Option<&Member> {
        self.members.iter().find(|m| m.person.id == person)
    }

    /// The fact that holds for an item.
    pub fn fact(&self, item: &str) -> Option<&Fact> {
        self.facts.iter().find(|f| f.item == item)
    }
}
