//! What the registry and the payments say of one household, turned into a family of a snapshot.

use std::collections::{BTreeSet, HashMap};

use casework::Desk;
use casework::household;
use casework::snapshot::{FactStood, Snapshot};
use guard::Keys;
use kernel::{Date, HouseholdId, Instant, PersonId};
use payment::read::InForce;
use registry::AsOf;
use registry::census::Impossible;
use rules::schema::{Entity, Per};
use store::Tx;
use uuid::Uuid;

use super::{Fault, LiveError};
use crate::frame::{Award, Cell, Family, FamilyFault, Folder, FrameError, Key, Shape, Writer};

type Columns = HashMap<(Entity, String), usize>;

pub(super) struct Press<'a> {
    desk: &'a Desk<'a>,
    keys: &'a Keys,
    as_of: AsOf,
    columns: Columns,
    family: Family,
    shielded: BTreeSet<PersonId>,
    grace_days: u32,
    faults: Vec<Fault>,
}

impl<'a> Press<'a> {
    pub(super) fn new(
        desk: &'a Desk<'a>,
        keys: &'a Keys,
        as_of: AsOf,
        folder: &Folder,
        shielded: BTreeSet<PersonId>,
        grace_days: u32,
    ) -> Press<'a> {
        let (columns, family) = (columns(folder.shape()), folder.family());
        Press { desk, keys, as_of, columns, family, shielded, grace_days, faults: Vec::new() }
    }

    pub(super) fn day(&self) -> Date {
        self.as_of.valid
    }

    pub(super) fn known_at(&self) -> Instant {
        self.as_of.recorded
    }

    pub(super) fn key(&self, id: Uuid) -> Key {
        self.keys.pseudonym(id)
    }

    pub(super) fn faults(&self) -> usize {
        self.faults.len()
    }

    pub(super) fn into_faults(self) -> Vec<Fault> {
        self.faults
    }

    pub(super) fn fault(&mut self, id: Uuid, what: String) {
        self.faults.push(Fault { key: self.key(id), what });
    }

    /// A household that is left out, because nobody can tell what of it is so.
    pub(super) fn impossible(&mut self, household: HouseholdId, why: Impossible) {
        let what = match why {
            Impossible::TwoHomes(person) => {
                format!("its member {} is a member of another household too", hex::encode(self.key(person.0)))
            }
            Impossible::NoPerson => "there is no record of one of its members".to_owned(),
            Impossible::NoHousehold => "it has members, and there is no record of it".to_owned(),
        };
        self.fault(household.0, what);
    }

    pub(super) async fn household(
        &mut self,
        tx: &mut Tx,
        writer: &mut Writer,
        id: HouseholdId,
    ) -> Result<(), LiveError> {
        match household::at(tx, self.desk, id, self.as_of).await? {
            Some(snapshot) if !snapshot.members.is_empty() => self.press(tx, writer, &snapshot).await,
            _ => Ok(()),
        }
    }

    pub(super) async fn outsider(
        &mut self,
        tx: &mut Tx,
        writer: &mut Writer,
        person: PersonId,
    ) -> Result<(), LiveError> {
        match household::alone(tx, self.desk, person, self.as_of).await? {
            Some(snapshot) => self.press(tx, writer, &snapshot).await,
            None => {
                self.fault(person.0, "something is paid for them, and there is no such person".to_owned());
                Ok(())
            }
        }
    }

    async fn press(&mut self, tx: &mut Tx, writer: &mut Writer, snapshot: &Snapshot) -> Result<(), LiveError> {
        let members = snapshot.members.iter().map(|m| m.person.0);
        let subjects: Vec<Uuid> = std::iter::once(snapshot.household.0).chain(members).collect();
        let paid = payment::read::in_force(tx, &subjects, self.day()).await?;
        // Where a protected family lives no analysis needs to know: the rules have what its place gives it as facts.
        let hidden = snapshot.members.iter().any(|m| self.shielded.contains(&m.person));
        let mut places = Vec::new();
        for award in &paid {
            let place = if hidden { None } else { casework::case::rows::place_of(tx, award.case).await? };
            places.push(place.map(|p| self.desk.office_of(&p)));
        }
        let outcome = match self.fill(snapshot, hidden, paid.iter().zip(&places)) {
            Ok(()) => match writer.push(&self.family) {
                Err(FrameError::Family { fault, .. }) => Err(fault),
                other => {
                    other?;
                    Ok(())
                }
            },
            faulty => faulty,
        };
        if let Err(fault) = outcome {
            self.fault(snapshot.household.0, fault.to_string());
        }
        Ok(())
    }

    fn fill<'p>(
        &mut self,
        snapshot: &Snapshot,
        hidden: bool,
        paid: impl Iterator<Item = (&'p InForce, &'p Option<String>)>,
    ) -> Result<(), FamilyFault> {
        self.family.start(self.key(snapshot.household.0));
        let place = snapshot.place.as_deref().filter(|_| !hidden).and_then(|p| self.family.shape.place(p));
        place.map_or(Ok(()), |place| self.family.live_in(place))?;
        for member in &snapshot.members {
            self.family.member(self.key(member.person.0))?;
        }
        let slot = |id: &PersonId| snapshot.members.iter().position(|m| m.person == *id);
        for (n, member) in snapshot.members.iter().enumerate() {
            for parent in member.parents.iter().filter_map(slot) {
                self.family.parent(n, parent)?;
            }
            // Named on one side only it would say more of the other than the registry does.
            let both = |s: &usize| snapshot.members.get(*s).is_some_and(|m| m.spouse == Some(member.person));
            if let Some(spouse) = member.spouse.as_ref().and_then(slot).filter(both) {
                self.family.spouses(n, spouse)?;
            }
            member.facts.iter().try_for_each(|f| self.fact(snapshot, Some(n), f))?;
        }
        snapshot.facts.iter().try_for_each(|f| self.fact(snapshot, None, f))?;
        for (award, place) in paid {
            let member = snapshot.members.iter().position(|m| m.person.0 == award.subject);
            // What the pack knows no more cannot be looked at by its rules.
            let Some(programme) = self.family.shape.programme(&award.programme) else { continue };
            let amount = award.minor.map(|minor| (minor, period(award.per)));
            let place = place.as_deref().and_then(|p| self.family.shape.place(p));
            self.family.award(Award { member, programme, amount, from: award.from, until: award.until, place })?;
        }
        Ok(())
    }

    fn fact(&mut self, of: &Snapshot, member: Option<usize>, fact: &FactStood) -> Result<(), FamilyFault> {
        let entity = if member.is_some() { Entity::Person } else { Entity::Household };
        let Some(column) = self.columns.get(&(entity, fact.item.clone())).copied() else { return Ok(()) };
        match self.family.value(member, column, Some(&fact.value)) {
            // The rules leave out what the pack knows with another type; so does the snapshot.
            Err(FamilyFault::WrongKind { .. } | FamilyFault::NoCode { .. }) => return Ok(()),
            Err(fault @ (FamilyFault::TooFine { .. } | FamilyFault::Negative { .. } | FamilyFault::NoDay { .. })) => {
                let of = member.and_then(|m| of.members.get(m)).map_or(of.household.0, |m| m.person.0);
                self.fault(of, fault.to_string());
                self.family.set(member, column, Cell::Unknown)?;
            }
            other => other?,
        }
        if self.is_stale(entity, fact) { self.family.stale(member, column) } else { Ok(()) }
    }

    fn is_stale(&self, entity: Entity, fact: &FactStood) -> bool {
        let fresh = self.desk.pack.item(entity, &fact.item).and_then(|i| i.freshness_days);
        let recorded: Option<Date> = fact.recorded.as_deref().and_then(|r| r.get(..10)?.parse().ok());
        let (Some(fresh), Some(recorded)) = (fresh, recorded) else { return false };
        i64::from((self.day() - recorded).get_days()) > i64::from(fresh) + i64::from(self.grace_days)
    }
}

fn columns(shape: &Shape) -> Columns {
    let of = |entity: Entity| shape.columns(entity).iter().enumerate().map(move |(n, c)| ((entity, c.item.clone()), n));
    of(Entity::Household).chain(of(Entity::Person)).collect()
}

fn period(per: payment::model::Per) -> Per {
    match per {
        payment::model::Per::Once => Per::Once,
        payment::model::Per::Month => Per::Month,
        payment::model::Per::Year => Per::Year,
        payment::model::Per::Use => Per::Use,
    }
}
