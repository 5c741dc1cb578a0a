//! Reads for people. Every one of them passes [`redact`], the one place where whereabouts are taken out, and comes back
//! under seal together with how each person stands to the viewer, for the guard to decide on.
//!
//! What is withheld of somebody protected (a victim of violence, the victim's children, whoever lives with them), from
//! everybody but themselves and the guardian of a protected child: addresses, telephone and e-mail, facts and sources
//! that give away a place, free text, the account that recorded something. Whoever stands on a perpetrator's side (the
//! person, or an official with that person's open case) gets no record at all, as if there were none. An official who is entitled to an
//! address reads it apart, through [`whereabouts`], under the guard's action `view_address`.
//! Protection is judged by what is known now, whichever past moment is read.

use std::collections::{BTreeMap, BTreeSet};

use guard::{
    Action, Decision, Policies, ProtectedAddress, Purpose, Redaction, Relation, Request, Resource, Sealed, Who,
};
use kernel::{Date, HouseholdId, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx};

use crate::fact::{Fact, FactValue, household_facts};
use crate::household::{Membership, memberships};
use crate::person::{Detail, Identifier, PersonError};
use crate::read::{Gathered, gather, member};
use crate::record::{HouseholdRecord, Member, PersonRecord, facts_at};
use crate::residence::Residence;
use crate::rows::{self, Rows};
use crate::ties::{Tie, ties, ties_of};
use crate::time::{AsOf, Origin, Stamp};

/// What the registry must be told about the country, once a pack.
pub struct Setting<'a> {
    /// Whether a place lies within a jurisdiction (or is it).
    pub within: &'a (dyn Fn(&str, &str) -> bool + Sync),
    /// Whether an item of the data dictionary or an agency gives away where somebody is: a school, a clinic, a local office.
    pub tells_place: &'a (dyn Fn(&str) -> bool + Sync),
    /// How many days after a move the former office may still read.
    pub grace_days: u16,
    /// The age at which parents stop acting for a child.
    pub adult_age: u8,
}

/// Through whose eyes something is read.
#[derive(Clone, Copy)]
pub struct Sight<'a> {
    /// The viewer.
    pub who: &'a Who,
    /// What for.
    pub purpose: &'a Purpose,
    /// The policies that say who may see an address.
    pub policies: &'a Policies,
    /// The people with an open case assigned to the viewer.
    pub open_cases: &'a BTreeSet<PersonId>,
    /// The country.
    pub setting: &'a Setting<'a>,
    /// The present day.
    pub today: Date,
}

/// What was read for a viewer: under seal, with everybody inside and how they stand to the viewer.
#[derive(Debug)]
#[must_use]
pub struct Seen<T> {
    /// The data; [`guard::Guard::reveal`] opens it.
    pub sealed: Sealed<T>,
    /// Everybody whose data it holds.
    pub about: Vec<(PersonId, Relation)>,
}

impl<T> Seen<T> {
    pub(crate) fn new(value: T, about: Vec<(PersonId, Relation)>) -> Seen<T> {
        Seen { sealed: Sealed::new(value, about.iter().map(|(p, _)| *p)), about }
    }

    /// The guard's resource for it.
    pub fn resource(&self) -> Resource {
        Resource::people(self.about.iter().copied())
    }

    /// The same people's data in another form, still under seal.
    pub fn map<U>(self, work: impl FnOnce(T) -> U) -> Seen<U> {
        Seen { sealed: self.sealed.map(work), about: self.about }
    }
}

/// Everything recorded about a household up to a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HouseholdHistory {
    /// The household.
    pub id: HouseholdId,
    /// All memberships, withdrawn ones too.
    pub memberships: Vec<Membership>,
    /// All facts, withdrawn ones too.
    pub facts: Vec<Fact>,
}

/// The facts about a household and its members that no longer stand or that a later one took the place of, the newest first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Earlier {
    /// Of the household.
    pub household: Vec<Fact>,
    /// Of its members.
    pub members: BTreeMap<PersonId, Vec<Fact>>,
}

/// Where a person is and how to reach them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Whereabouts {
    /// The address on the day.
    pub residence: Option<Residence>,
    /// Telephone.
    pub phone: Option<String>,
    /// E-mail.
    pub email: Option<String>,
}

/// How people stand to the viewer; for the guard, before anything is read or done. Ids of merged records are followed.
pub async fn relations(
    tx: &mut Tx,
    sight: &Sight<'_>,
    ids: impl IntoIterator<Item = PersonId>,
) -> Result<BTreeMap<PersonId, Relation>, StoreError> {
    let known = ties(tx, sight, &ids.into_iter().collect(), sight.today).await?;
    Ok(known.into_iter().map(|(id, tie)| (id, tie.relation)).collect())
}

/// A person as of a day and a moment, as this viewer may see them; `None` also when they must look absent.
pub async fn person(
    tx: &mut Tx,
    sight: &Sight<'_>,
    id: PersonId,
    as_of: AsOf,
) -> Result<Option<Seen<PersonRecord>>, StoreError> {
    let seen = one(tx, sight, id, as_of).await?;
    Ok(seen.map(|(rows, tie)| {
        Seen::new(PersonRecord::at(&rows, as_of, tie.relation.protected), vec![(rows.id, tie.relation)])
    }))
}

/// Every statement about a person up to a moment, withdrawn ones too.
pub async fn history(
    tx: &mut Tx,
    sight: &Sight<'_>,
    id: PersonId,
    at: Instant,
) -> Result<Option<Seen<Rows>>, StoreError> {
    let seen = one(tx, sight, id, AsOf::new(sight.today, at)).await?;
    Ok(seen.map(|(rows, tie)| {
        let about = vec![(rows.id, tie.relation)];
        Seen::new(rows, about)
    }))
}

/// Where a person is: its own read, for the action `view_address` alone.
pub async fn whereabouts(
    tx: &mut Tx,
    sight: &Sight<'_>,
    id: PersonId,
    as_of: AsOf,
) -> Result<Option<Seen<Whereabouts>>, StoreError> {
    let Some((rows, tie)) = raw(tx, sight, id, as_of).await? else { return Ok(None) };
    let record = PersonRecord::at(&rows, as_of, tie.relation.protected);
    let value = Whereabouts { residence: record.residence, phone: record.phone, email: record.email };
    let value = if tie.discreet { Whereabouts::default() } else { value };
    // Always shut to every other action: who may view a person is not thereby told where they live.
    let sealed = ProtectedAddress::new(value, [rows.id], true).into_sealed();
    Ok(Some(Seen { sealed, about: vec![(rows.id, tie.relation)] }))
}

/// The national identifiers of a person in clear.
pub async fn identifiers(
    tx: &mut Tx,
    sight: &Sight<'_>,
    keys: &guard::Keys,
    id: PersonId,
    at: Instant,
) -> Result<Option<Seen<Vec<Identifier>>>, PersonError> {
    let Some((rows, tie)) = one(tx, sight, id, AsOf::new(sight.today, at)).await? else { return Ok(None) };
    let mut all = crate::person::identifiers(tx, keys, rows.id, at).await?;
    for merged in &rows.merged {
        all.extend(crate::person::identifiers(tx, keys, *merged, at).await?);
    }
    Ok(Some(Seen::new(all, vec![(rows.id, tie.relation)])))
}

/// A household as of a day and a moment, as this viewer may see it. Members who must look absent are left out; when the
/// viewer does not belong to it, the whole household looks absent then.
pub async fn household(
    tx: &mut Tx,
    sight: &Sight<'_>,
    id: HouseholdId,
    as_of: AsOf,
) -> Result<Option<Seen<HouseholdRecord>>, StoreError> {
    let seen = household_with_past(tx, sight, id, as_of).await?;
    Ok(seen.map(|seen| seen.map(|(record, _)| record)))
}

/// The same with what was known before: it is read anyhow.
pub async fn household_with_past(
    tx: &mut Tx,
    sight: &Sight<'_>,
    id: HouseholdId,
    as_of: AsOf,
) -> Result<Option<Seen<(HouseholdRecord, Earlier)>>, StoreError> {
    let Some(gathered) = gather(tx, id, as_of).await? else { return Ok(None) };
    Ok(shown(tx, sight, gathered).await?.1)
}

/// How everybody in a household that was read stands to this viewer, and the household as they may see it; `None` when it
/// must look absent.
pub async fn shown(tx: &mut Tx, sight: &Sight<'_>, gathered: Gathered) -> Result<Shown, StoreError> {
    let Gathered { id, as_of, parts, facts: mut all } = gathered;
    let known = ties_of(tx, sight, &parts, as_of).await?;
    let everybody: Vec<(PersonId, Relation)> = known.iter().map(|(id, tie)| (*id, tie.relation)).collect();
    let Some(people) = keep(parts, &known) else { return Ok((everybody, None)) };
    let hidden = people.iter().any(|(_, tie)| sight.hides(tie));
    let about: Vec<(PersonId, Relation)> = people.iter().map(|(rows, tie)| (rows.id, tie.relation)).collect();
    let mut members: Vec<Member> = Vec::with_capacity(people.len());
    let mut earlier = Earlier::default();
    for (rows, tie) in people {
        let rows = redact(rows, &tie, sight);
        let Some(member) = member(&rows, id, as_of, tie.relation.protected) else { continue };
        let before = before(rows.facts.iter().map(|f| &f.row), &member.person.facts, as_of);
        if !before.is_empty() {
            earlier.members.insert(member.person.id, before);
        }
        members.push(member);
    }
    redact_facts(&mut all, hidden, sight);
    let facts = facts_at(all.iter(), as_of);
    earlier.household = before(all.iter(), &facts, as_of);
    Ok((everybody, Some(Seen::new((HouseholdRecord::of(id, members, facts), earlier), about))))
}

/// What [`shown`] gives.
pub type Shown = (Vec<(PersonId, Relation)>, Option<Seen<(HouseholdRecord, Earlier)>>);

/// Of all statements those that held once, or were said to, and do not stand on the day; the newest first.
fn before<'a>(all: impl Iterator<Item = &'a Fact>, standing: &[Fact], as_of: AsOf) -> Vec<Fact> {
    let past = |f: &&Fact| f.stamp.valid.from <= as_of.valid && !standing.iter().any(|s| s.id == f.id);
    let mut before: Vec<Fact> = all.filter(past).cloned().collect();
    before.sort_by_key(|f| std::cmp::Reverse((f.stamp.recorded_at, f.id)));
    before
}

/// Every statement about a household up to a moment. People who must look absent are left out.
pub async fn household_history(
    tx: &mut Tx,
    sight: &Sight<'_>,
    id: HouseholdId,
    at: Instant,
) -> Result<Option<Seen<HouseholdHistory>>, StoreError> {
    let mut rows = memberships(tx, id, at).await?;
    let people: BTreeSet<PersonId> = rows.iter().map(|m| m.person).collect();
    let map = rows::survivors(tx, people, at).await?;
    let known = ties(tx, sight, &map.values().copied().collect(), sight.today).await?;
    let tie = |p: PersonId| map.get(&p).and_then(|s| known.get(s));
    if known.values().any(|t| t.relation.perpetrator_side) && !known.values().any(|t| t.relation.own) {
        return Ok(None);
    }
    if rows.is_empty() && crate::household::created_at(tx, id).await?.is_none_or(|born| born > at) {
        return Ok(None);
    }
    rows.retain(|m| tie(m.person).is_some_and(|t| !t.relation.perpetrator_side));
    let hidden = known.values().any(|t| sight.hides(t));
    for row in &mut rows {
        row.person = map.get(&row.person).copied().unwrap_or(row.person);
        if hidden {
            blank(&mut row.stamp, sight);
        }
    }
    let mut facts = household_facts(tx, id, at).await?;
    redact_facts(&mut facts, hidden, sight);
    let about: BTreeSet<PersonId> = rows.iter().map(|m| m.person).collect();
    let about = about.into_iter().filter_map(|p| tie(p).map(|t| (p, t.relation))).collect();
    Ok(Some(Seen::new(HouseholdHistory { id, memberships: rows, facts }, about)))
}

/// One person's rows, redacted; `None` when there is nobody or nobody to be seen.
async fn one(tx: &mut Tx, sight: &Sight<'_>, id: PersonId, as_of: AsOf) -> Result<Option<(Rows, Tie)>, StoreError> {
    let found = raw(tx, sight, id, as_of).await?;
    Ok(found.map(|(rows, tie)| (redact(rows, &tie, sight), tie)))
}

/// One person's rows and tie, nothing taken out yet; `None` when there is nobody or nobody to be seen.
async fn raw(tx: &mut Tx, sight: &Sight<'_>, id: PersonId, as_of: AsOf) -> Result<Option<(Rows, Tie)>, StoreError> {
    let people = rows::read(tx, [id], as_of.recorded).await?;
    let Some(rows) = people.into_values().next() else { return Ok(None) };
    let mut known = ties(tx, sight, &[rows.id].into(), as_of.valid).await?;
    let tie = known.remove(&rows.id).unwrap_or_default();
    Ok((!tie.relation.perpetrator_side).then_some((rows, tie)))
}

/// Pairs people with their ties, leaving out those who must look absent; `None` when the whole must.
fn keep(parts: Vec<Rows>, known: &BTreeMap<PersonId, Tie>) -> Option<Vec<(Rows, Tie)>> {
    let absent = known.values().any(|t| t.relation.perpetrator_side);
    if absent && !known.values().any(|t| t.relation.own) {
        return None;
    }
    let paired = parts.into_iter().map(|rows| {
        let tie = known.get(&rows.id).cloned().unwrap_or_default();
        (rows, tie)
    });
    Some(paired.filter(|(_, tie)| !tie.relation.perpetrator_side).collect())
}

impl Sight<'_> {
    /// Whether this viewer sees nothing of this person that tells a place: by the rules on protected addresses, and
    /// because nobody sees an address to whom the guard would refuse to view it.
    pub(crate) fn hides(&self, tie: &Tie) -> bool {
        tie.discreet || Redaction::new(self.who, &tie.relation).hides() || !self.may_view_address(tie.relation)
    }

    fn may_view_address(&self, relation: Relation) -> bool {
        self.may(Action::ViewAddress, Resource::person(NOBODY, relation))
    }

    /// Whether somebody standing so may appear in a list at all.
    pub(crate) fn may_list(&self, relation: Relation) -> bool {
        !relation.perpetrator_side && self.may(Action::SearchPerson, Resource::search("", [(NOBODY, relation)]))
    }

    /// Whether these people can be ones whom the viewer may list: by an open case, or by the place where they live or lived, in the
    /// column `jurisdiction` of the row. A place that is not known shuts nobody out.
    pub(crate) fn reaches(&self, people: &[PersonId], row: &Row) -> Result<bool, StoreError> {
        let place: Option<String> = row.maybe("jurisdiction")?;
        let near = place.as_deref().zip(self.who.jurisdiction.as_deref());
        let near = near.is_none_or(|(place, own)| (self.setting.within)(place, own));
        Ok(near || people.iter().any(|p| self.open_cases.contains(p)))
    }

    fn may(&self, action: Action, resource: Resource) -> bool {
        let request = Request {
            look: NOBODY.0,
            now: Instant::start_of(self.today),
            who: self.who,
            action,
            resource: &resource,
            purpose: self.purpose,
        };
        matches!(self.policies.decide(&request), Decision::Allowed(_))
    }
}

/// Decisions about a kind of relation are asked with nobody's id.
const NOBODY: PersonId = PersonId(uuid::Uuid::nil());

/// The one place where whereabouts are taken out of what is shown.
pub(crate) fn redact(mut rows: Rows, tie: &Tie, sight: &Sight<'_>) -> Rows {
    let tells = sight.setting.tells_place;
    // Kinship is told, but never by whom or where it was recorded: the office could be the other's new one.
    for kin in &mut rows.kin {
        blank(&mut kin.row.stamp, sight);
    }
    if sight.hides(tie) {
        rows.residences.clear();
        rows.details.retain(|d| !matches!(d.row.detail, Detail::Phone(_) | Detail::Email(_)));
        rows.facts.retain(|f| !hidden_fact(&f.row, tells));
        rows.stamps().for_each(|stamp| blank(stamp, sight));
        return rows;
    }
    let mine = tie.relation.own || tie.relation.ward;
    if !mine && !tie.cover.past.is_empty() {
        // What holds today is no more covered by what is over: only where they were then stays hidden.
        let today = PersonRecord::at(&rows, AsOf::latest(sight.today), false);
        let covers = |p: &Period, holds: bool| !holds || p.until.is_none_or(|until| until > sight.today);
        let then =
            |stamp: &Stamp, holds: bool| tie.cover.past.iter().any(|p| p.overlaps(&stamp.valid) && covers(p, holds));
        let home = today.residence.as_ref().map(|r| r.id);
        rows.residences.retain(|r| !then(&r.row.stamp, home == Some(r.row.id)));
        rows.details.retain(|d| match &d.row.detail {
            Detail::Phone(number) => !then(&d.row.stamp, today.phone.as_ref() == Some(number)),
            Detail::Email(address) => !then(&d.row.stamp, today.email.as_ref() == Some(address)),
            _ => true,
        });
        let standing: BTreeSet<_> = today.facts.iter().map(|f| f.id).collect();
        rows.facts.retain(|f| !(hidden_fact(&f.row, tells) && then(&f.row.stamp, standing.contains(&f.row.id))));
    }
    rows
}

fn redact_facts(facts: &mut Vec<Fact>, hidden: bool, sight: &Sight<'_>) {
    if hidden {
        facts.retain(|f| !hidden_fact(f, sight.setting.tells_place));
        facts.iter_mut().for_each(|f| blank(&mut f.stamp, sight));
    }
}

/// Whether a fact could tell where somebody is; free text always could.
fn hidden_fact(fact: &Fact, tells: &(dyn Fn(&str) -> bool + Sync)) -> bool {
    tells(&fact.item) || matches!(fact.value, FactValue::Text(_)) || tells(&fact.stamp.origin.source)
}

/// Takes out who recorded it, and the source where that is a local one.
fn blank(stamp: &mut Stamp, sight: &Sight<'_>) {
    let source = std::mem::take(&mut stamp.origin.source);
    let source = if (sight.setting.tells_place)(&source) { String::new() } else { source };
    stamp.origin = Origin { source, law: std::mem::take(&mut stamp.origin.law), by: String::new() };
}
