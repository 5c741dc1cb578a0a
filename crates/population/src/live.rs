//! A snapshot of the living: everybody in the registry on a day, with what they are paid, under pseudonyms.
//!
//! One read transaction, so it is consistent as of an instant and nobody waits for it. Two people answer for it, and one entry
//! of the disclosure log names them, purpose, law and the root of a Merkle tree over the ids of everybody in the registry
//! (RFC 6962, ids in order); it is durable before a fact is read.

use std::collections::HashMap;
use std::path::Path;

use casework::Desk;
use casework::household;
use casework::snapshot::{FactStood, Snapshot};
use guard::log::{Crown, leaf_hash};
use guard::{Action, Denied, Guard, Purpose, Who};
use kernel::{Date, HouseholdId, PersonId};
use payment::read::InForce;
use rules::schema::{Entity, Per};
use store::{Db, StoreError, Tx};
use uuid::Uuid;

use crate::frame::{Award, Cell, Family, FamilyFault, Folder, FrameError, Header, Manifest, Shape, Writer};

/// Ids read at a time.
const PAGE: i64 = 2_000;

/// Who answers for a snapshot, and why it is taken.
#[derive(Clone, Copy, Debug)]
pub struct Warrant<'a> {
    /// Who orders it.
    pub who: &'a Who,
    /// Who approves it: somebody else.
    pub approver: &'a Who,
    /// Purpose, reason and law.
    pub purpose: &'a Purpose,
    /// Days beyond its freshness after which a fact is told to be too old to rest a worse decision on. Registers that send
    /// changes as they happen have old records that are true, so the law's own limit would name nearly all.
    pub grace_days: u32,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// One person cannot be two.
    #[error("whoever orders a snapshot of the population cannot approve it too: let somebody else sign")]
    SamePerson,
    /// Nothing is read without a law.
    #[error("a snapshot of the population names the law it rests on: give the article")]
    NoLaw,
    /// The guard says no to one of the two, or the look cannot be logged.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// The folder.
    #[error(transparent)]
    Frame(#[from] FrameError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A snapshot that was taken.
#[derive(Debug)]
pub struct Taken {
    /// What it holds.
    pub manifest: Manifest,
    /// Its entry in the disclosure log.
    pub look: Uuid,
    /// Households that a snapshot cannot hold, and facts that it holds as unknown: pseudonym and what is wrong.
    pub faults: Vec<String>,
}

/// Takes a snapshot of everybody on the desk's day into an empty folder.
pub async fn snapshot(
    db: &Db,
    guard: &Guard,
    desk: &Desk<'_>,
    warrant: Warrant<'_>,
    dir: &Path,
) -> Result<Taken, LiveError> {
    if warrant.who.account == warrant.approver.account {
        return Err(LiveError::SamePerson);
    }
    if warrant.purpose.law.as_deref().is_none_or(|law| law.trim().is_empty()) {
        return Err(LiveError::NoLaw);
    }
    let mut tx = db.read().await?;
    let (persons, root) = subjects(&mut tx).await?;
    let Warrant { who, approver, purpose, .. } = warrant;
    let receipt = guard.permit_batch(who, approver, Action::TakeSnapshot, purpose, (persons, root)).await?;
    let header = Header {
        pack: desk.pack,
        day: desk.today(),
        as_of: desk.now,
        keys: guard.keys().pseudonym_key(),
        origin: format!("{} persons of the registry, log entry {}", persons, receipt.look()),
    };
    let folder = Folder::create(dir, header)?;
    let mut press = Press {
        guard,
        desk,
        day: desk.today(),
        columns: columns(folder.shape()),
        writer: folder.writer(0),
        family: folder.family(),
        grace_days: warrant.grace_days,
        faults: Vec::new(),
    };
    press.households(&mut tx).await?;
    press.outside(&mut tx).await?;
    drop(tx);
    let manifest = folder.finish(press.writer.finish()?)?;
    Ok(Taken { manifest, look: receipt.look(), faults: press.faults })
}

/// How many people there are, and the root over their ids.
async fn subjects(tx: &mut Tx) -> Result<(u64, [u8; 32]), StoreError> {
    let (mut crown, mut count, mut after) = (Crown::default(), 0, PersonId(Uuid::nil()));
    loop {
        let page = registry::read::everybody(tx, after, PAGE).await?;
        let Some(last) = page.last().copied() else { return Ok((count, crown.root())) };
        for person in page {
            crown.push(leaf_hash(person.0.as_bytes()));
            count += 1;
        }
        after = last;
    }
}

type Columns = HashMap<(Entity, String), usize>;

fn columns(shape: &Shape) -> Columns {
    let of = |entity: Entity| {
        shape.columns(entity).iter().enumerate().map(move |(n, c)| ((entity, c.item.clone()), n))
    };
    of(Entity::Household).chain(of(Entity::Person)).collect()
}

/// Turns what the registry says into families of a snapshot.
struct Press<'a> {
    guard: &'a Guard,
    desk: &'a Desk<'a>,
    day: Date,
    columns: Columns,
    writer: Writer,
    family: Family,
    grace_days: u32,
    faults: Vec<String>,
}

impl Press<'_> {
    async fn households(&mut self, tx: &mut Tx) -> Result<(), LiveError> {
        let mut after = HouseholdId(Uuid::nil());
        loop {
            let page = registry::read::households(tx, after, PAGE).await?;
            let Some(last) = page.last().copied() else { return Ok(()) };
            for id in page {
                if let Some(snapshot) = household::load_on(tx, self.desk, id, self.day).await?
                    && !snapshot.members.is_empty()
                {
                    self.press(tx, &snapshot).await?;
                }
            }
            after = last;
        }
    }

    /// People who are paid something and live in no household, such as the dead: each a household of their own.
    async fn outside(&mut self, tx: &mut Tx) -> Result<(), LiveError> {
        let mut after = Uuid::nil();
        loop {
            let page = payment::read::paid_persons(tx, after, self.day, PAGE).await?;
            let Some(last) = page.last().copied() else { return Ok(()) };
            for person in page {
                if registry::newborn::home(tx, person, self.day).await?.is_none()
                    && let Some(snapshot) = household::alone(tx, self.desk, person, self.day).await?
                {
                    self.press(tx, &snapshot).await?;
                }
            }
            after = last.0;
        }
    }

    async fn press(&mut self, tx: &mut Tx, snapshot: &Snapshot) -> Result<(), LiveError> {
        let members = snapshot.members.iter().map(|m| m.person.0);
        let subjects: Vec<Uuid> = std::iter::once(snapshot.household.0).chain(members).collect();
        let paid = payment::read::in_force(tx, &subjects, self.day).await?;
        let key = self.guard.keys().pseudonym(snapshot.household.0);
        let outcome = match self.fill(key, snapshot, &paid) {
            Ok(()) => match self.writer.push(&self.family) {
                Err(FrameError::Family { fault, .. }) => Err(fault),
                other => {
                    other?;
                    Ok(())
                }
            },
            faulty => faulty,
        };
        if let Err(fault) = outcome {
            self.faults.push(format!("{}: {fault}", hex::encode(key)));
        }
        Ok(())
    }

    fn fill(&mut self, key: [u8; 16], snapshot: &Snapshot, paid: &[InForce]) -> Result<(), FamilyFault> {
        self.family.start(key);
        let place = snapshot.place.as_deref().and_then(|p| self.family.shape.place(p));
        place.map_or(Ok(()), |place| self.family.live_in(place))?;
        for member in &snapshot.members {
            self.family.member(self.guard.keys().pseudonym(member.person.0))?;
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
            member.facts.iter().try_for_each(|f| self.fact(Some(n), f))?;
        }
        snapshot.facts.iter().try_for_each(|f| self.fact(None, f))?;
        for award in paid {
            let member = snapshot.members.iter().position(|m| m.person.0 == award.subject);
            let programme = self.family.shape.programme(&award.programme);
            if let Some(programme) = programme {
                let amount = award.minor.map(|minor| (minor, period(award.per)));
                let (from, until) = (award.from, award.until);
                self.family.award(Award { member, programme, amount, from, until, place: None })?;
            }
        }
        Ok(())
    }

    fn fact(&mut self, member: Option<usize>, fact: &FactStood) -> Result<(), FamilyFault> {
        let entity = if member.is_some() { Entity::Person } else { Entity::Household };
        let Some(column) = self.columns.get(&(entity, fact.item.clone())).copied() else { return Ok(()) };
        match self.family.value(member, column, Some(&fact.value)) {
            // The rules leave out what the pack knows with another type; so does the snapshot.
            Err(FamilyFault::WrongKind { .. } | FamilyFault::NoCode { .. }) => return Ok(()),
            Err(fault @ (FamilyFault::TooFine { .. } | FamilyFault::Negative { .. } | FamilyFault::NoDay { .. })) => {
                self.faults.push(fault.to_string());
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
        i64::from((self.day - recorded).get_days()) > i64::from(fresh) + i64::from(self.grace_days)
    }
}

fn period(per: payment::model::Per) -> Per {
    match per {
        payment::model::Per::Once => Per::Once,
        payment::model::Per::Month => Per::Month,
        payment::model::Per::Year => Per::Year,
        payment::model::Per::Use => Per::Use,
    }
}
