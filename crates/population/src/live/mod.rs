//! A snapshot of the living: everybody in the registry on a day, with what they are paid, under pseudonyms.
//!
//! One read transaction and the moment of its beginning, so it is consistent as of an instant and nobody waits for it. Two
//! people answer for it, and one entry of the disclosure log names them, purpose, law and the root of a Merkle tree over the
//! ids of everybody in the registry (RFC 6962, ids in order); it is durable before a fact is read.
//!
//! Households are written in blocks of [`BLOCK`] by the order of their ids, each block into parts of its own. A block of an
//! earlier snapshot is taken over as it is when it holds the same households (`root`) and none of them is among those that
//! [`registry::census::changed`] and [`payment::read::paid_otherwise`] name: its files are linked, not written again.

mod press;

use std::collections::BTreeSet;
use std::path::Path;

use casework::Desk;
use guard::log::{Crown, leaf_hash};
use guard::{Action, Denied, Guard, Purpose, PurposeKind, Role, Who};
use kernel::{Date, HouseholdId, Instant, PersonId};
use payment::model::Subject;
use registry::AsOf;
use registry::census::{self, Impossible};
use sha2::{Digest, Sha256};
use store::{Db, StoreError, Tx};
use uuid::Uuid;

use crate::frame::{Block, Folder, FrameError, Header, Key, Manifest, PartEntry};
use press::Press;

/// Households of a block.
pub const BLOCK: usize = 16_384;

/// Ids read at a time.
const PAGE: i64 = BLOCK as i64;

/// A transaction that began before an earlier snapshot and ended after it bears an earlier time: changes are looked for from
/// so many seconds before it.
const MARGIN: i64 = 600;

/// Who answers for a snapshot, and why it is taken.
#[derive(Clone, Copy, Debug)]
pub struct Warrant<'a> {
    /// Who orders it.
    pub who: &'a Who,
    /// Who approves it: somebody else.
    pub approver: &'a Who,
    /// Why, in words.
    pub reason: &'a str,
    /// The law it rests on.
    pub law: &'a str,
    /// Days beyond its freshness after which a fact is told to be too old to rest a worse decision on. Registers that send
    /// changes as they happen have old records that are true, so the law's own limit would name nearly all.
    pub grace_days: u32,
}

/// What is wanted.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a> {
    /// Who answers for it.
    pub warrant: Warrant<'a>,
    /// The civil day of the facts.
    pub day: Date,
    /// The folder, which must not hold a snapshot yet.
    pub out: &'a Path,
    /// An earlier snapshot of the same installation, on the same file system, of which unchanged blocks are taken over.
    pub earlier: Option<&'a Path>,
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

/// Something wrong with one household or one fact: the household is left out, the fact held as unknown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The pseudonym of the household or person.
    pub key: Key,
    /// What is wrong.
    pub what: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", hex::encode(self.key), self.what)
    }
}

/// A snapshot that was taken.
#[derive(Debug)]
pub struct Taken {
    /// What it holds.
    pub manifest: Manifest,
    /// Its entry in the disclosure log.
    pub look: Uuid,
    /// The Merkle root over the ids of everybody, hex.
    pub root: String,
    /// Blocks taken over from the earlier snapshot.
    pub reused: usize,
    /// Households that are left out, and facts that are held as unknown, because something cannot be.
    pub faults: Vec<Fault>,
}

/// For which purpose a role orders and approves a look at everybody.
pub fn kind_of(role: Role) -> PurposeKind {
    match role {
        Role::Analyst => PurposeKind::Statistics,
        Role::Approver => PurposeKind::Approval,
        _ => PurposeKind::Administration,
    }
}

/// Takes a snapshot of everybody.
pub async fn snapshot(db: &Db, guard: &Guard, desk: &Desk<'_>, order: Order<'_>) -> Result<Taken, LiveError> {
    let Warrant { who, approver, reason, law, grace_days } = order.warrant;
    if who.account == approver.account {
        return Err(LiveError::SamePerson);
    }
    if law.trim().is_empty() {
        return Err(LiveError::NoLaw);
    }
    let mut tx = db.read().await?;
    let (persons, root) = subjects(&mut tx, desk.now).await?;
    let purpose = |role| Purpose::new(kind_of(role), reason).with_law(law);
    let (first, second) = (purpose(who.role), purpose(approver.role));
    let pair = ((who, &first), (approver, &second));
    let receipt = guard.permit_batch(pair.0, pair.1, Action::TakeSnapshot, ("all records", persons, root)).await?;
    let header = Header {
        pack: desk.pack,
        day: order.day,
        as_of: desk.now,
        keys: guard.keys().pseudonym_key(),
        origin: format!("{persons} persons of the registry, log entry {}", receipt.look()),
    };
    let folder = Folder::create(order.out, header)?;
    let census = Census {
        changed: changed(&mut tx, desk, &order, &folder).await?,
        impossible: census::impossible(&mut tx, order.day).await?,
    };
    let as_of = AsOf::new(order.day, desk.now);
    let shielded = census::shielded(&mut tx, order.day).await?;
    let mut press = Press::new(desk, guard.keys(), as_of, &folder, shielded, grace_days);
    let mut made = Made::default();
    households(&mut tx, &folder, &order, &census, &mut press, &mut made).await?;
    outside(&mut tx, &folder, &census, &mut press, &mut made).await?;
    drop(tx);
    let Made { parts, blocks, reused } = made;
    let manifest = folder.finish_blocks(parts, blocks, grace_days)?;
    Ok(Taken { manifest, look: receipt.look(), root: hex::encode(root), reused, faults: press.into_faults() })
}

/// How many people there are, and the root over their ids.
async fn subjects(tx: &mut Tx, at: Instant) -> Result<(u64, [u8; 32]), StoreError> {
    let (mut crown, mut count, mut after) = (Crown::default(), 0, PersonId(Uuid::nil()));
    loop {
        let page = census::everybody(tx, at, after, PAGE).await?;
        let Some(last) = page.last().copied() else { return Ok((count, crown.root())) };
        for person in page {
            crown.push(leaf_hash(person.0.as_bytes()));
            count += 1;
        }
        after = last;
    }
}

/// An earlier snapshot, and the households that may have changed since.
struct Earlier {
    manifest: Manifest,
    changed: BTreeSet<HouseholdId>,
}

struct Census {
    changed: Option<Earlier>,
    impossible: std::collections::BTreeMap<HouseholdId, Impossible>,
}

/// Files of the snapshot so far.
#[derive(Default)]
struct Made {
    parts: Vec<PartEntry>,
    blocks: Vec<Block>,
    reused: usize,
}

/// What changed since the earlier snapshot; `None` when there is none, or nothing of it can be taken over: other keys, pack,
/// columns or patience, or a later day.
async fn changed(
    tx: &mut Tx,
    desk: &Desk<'_>,
    order: &Order<'_>,
    folder: &Folder,
) -> Result<Option<Earlier>, LiveError> {
    let Some(dir) = order.earlier else { return Ok(None) };
    let manifest = Manifest::read(dir)?;
    if !folder.continues(&manifest) || manifest.grace_days != Some(order.warrant.grace_days) || order.day < manifest.day
    {
        return Ok(None);
    }
    let then = AsOf::new(manifest.day, manifest.as_of.plus_seconds(-MARGIN));
    let limits = desk.pack.items().iter().filter_map(|i| {
        let days = i64::from(i.freshness_days?) + i64::from(order.warrant.grace_days);
        // Recorded on a day, a fact is too old so many days later.
        let edge =
            |day: Date| Instant::start_of(day.saturating_sub(jiff::Span::new().try_days(days).unwrap_or_default()));
        Some((i.id.clone(), edge(manifest.day).plus_seconds(-86_400), edge(order.day).plus_seconds(86_400)))
    });
    let ageing: Vec<(String, Instant, Instant)> = limits.collect();
    let (mut persons, mut homes) = (BTreeSet::new(), BTreeSet::new());
    for subject in payment::read::paid_otherwise(tx, (then.valid, then.recorded), order.day).await? {
        match subject {
            Subject::Person(id) => drop(persons.insert(id)),
            Subject::Household(id) => drop(homes.insert(id)),
        }
    }
    let since = census::Since { then, day: order.day, ageing: &ageing };
    homes.extend(census::changed(tx, &since, persons).await?);
    Ok(Some(Earlier { manifest, changed: homes }))
}

async fn households(
    tx: &mut Tx,
    folder: &Folder,
    order: &Order<'_>,
    census: &Census,
    press: &mut Press<'_>,
    made: &mut Made,
) -> Result<(), LiveError> {
    let (mut after, mut number) = (HouseholdId(Uuid::nil()), 0_u16);
    loop {
        let mut page = census::households(tx, press.known_at(), after, PAGE).await?;
        let Some(last) = page.last().copied() else { return Ok(()) };
        after = last;
        // The order of ids is that of registration, which a snapshot need not tell.
        page.sort_by_cached_key(|id| press.key(id.0));
        let root = root(page.iter().map(|id| press.key(id.0)));
        let before = press.faults();
        match census.earlier_block(number, &root, &page) {
            Some((block, parts)) => {
                made.parts.extend(folder.take_over(order.earlier.unwrap_or(order.out), parts)?);
                made.blocks.push(block);
                made.reused += 1;
            }
            None => {
                let mut writer = folder.writer(number);
                for id in page {
                    match census.impossible.get(&id) {
                        Some(why) => press.impossible(id, *why),
                        None => press.household(tx, &mut writer, id).await?,
                    }
                }
                made.parts.extend(writer.finish()?);
                made.blocks.push(Block { number, root, faults: press.faults() - before });
            }
        }
        number = number.checked_add(1).ok_or_else(|| FrameError::TooLarge(order.out.to_owned()))?;
    }
}

impl Census {
    /// The block of the earlier snapshot that says the same still, with its parts.
    fn earlier_block(&self, number: u16, root: &str, page: &[HouseholdId]) -> Option<(Block, Vec<PartEntry>)> {
        let Earlier { manifest, changed } = self.changed.as_ref()?;
        let block = manifest.blocks.iter().find(|b| b.number == number && b.root == root && b.faults == 0)?;
        if page.iter().any(|id| changed.contains(id) || self.impossible.contains_key(id)) {
            return None;
        }
        let parts = manifest.parts.iter().filter(|p| p.block() == Some(number));
        Some((block.clone(), parts.cloned().collect()))
    }
}

/// One hash over the pseudonyms of a block.
fn root(keys: impl Iterator<Item = Key>) -> String {
    let mut hash = Sha256::new();
    keys.for_each(|key| hash.update(key));
    hex::encode(hash.finalize())
}

/// Who is paid something and lives in no household, such as the dead: each a household of their own. A payment to nobody is
/// told by the pseudonym of its subject.
async fn outside(
    tx: &mut Tx,
    folder: &Folder,
    census: &Census,
    press: &mut Press<'_>,
    made: &mut Made,
) -> Result<(), LiveError> {
    let number = u16::try_from(made.blocks.len()).unwrap_or(u16::MAX);
    let mut writer = folder.writer(number);
    let day = press.day();
    let mut after = Uuid::nil();
    loop {
        let page = payment::read::paid_subjects(tx, after, day, PAGE).await?;
        let Some(last) = page.last() else { break };
        after = last.uuid();
        let mut persons = Vec::new();
        for subject in &page {
            match subject {
                Subject::Person(id) => persons.push(*id),
                Subject::Household(id) if census.impossible.contains_key(id) => {}
                Subject::Household(id) => {
                    if registry::read::members(tx, *id, day).await?.is_empty() {
                        press.fault(id.0, "it is paid, and nobody lives in it".to_owned());
                    }
                }
            }
        }
        for person in census::homeless(tx, &persons, day).await? {
            press.outsider(tx, &mut writer, person).await?;
        }
    }
    for (household, why) in census.impossible.iter().filter(|(_, why)| **why == Impossible::NoHousehold) {
        press.impossible(*household, *why);
    }
    made.parts.extend(writer.finish()?);
    Ok(())
}
