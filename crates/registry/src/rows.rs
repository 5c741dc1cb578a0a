//! Every statement about people up to a moment, read in one go, with merged records followed to the surviving one.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, Value, params};
use uuid::Uuid;

use crate::fact::{Fact, read_fact};
use crate::household::{Membership, read_membership};
use crate::kin::{Kin, read_kin};
use crate::person::{DetailRow, NameRow, read_detail, read_name};
use crate::pregnancy::{Pregnancy, read_pregnancy};
use crate::residence::{Residence, read_residence};
use crate::time::Stamp;

/// How many people one statement reads.
const BATCH: usize = 16;

macro_rules! of_people {
    ($columns:literal, $table:literal, $rest:literal) => {
        concat!(
            "select person_id, ",
            $columns,
            " from ",
            $table,
            " where person_id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17) and ",
            $rest
        )
    };
}
macro_rules! stamped {
    ($columns:literal, $table:literal, $id:literal) => {
        concat!(
            "select person_id, ",
            $columns,
            ", valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by from ",
            $table,
            " where person_id in ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)",
            " and recorded_at <= $1 order by recorded_at, ",
            $id
        )
    };
}

store::sql! {
    REDIRECTS = of_people!("survivor_id", "redirect", "recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)");
    ABSORBED = of_people!("merged_id", "absorbed", "recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)");
    PERSONS = of_people!("created_at, revised_at", "person", "created_at <= $1");
    NAMES = stamped!("name_id, script, family, given, full_name", "person_name", "name_id");
    DETAILS = stamped!("detail_id, kind, value", "person_detail", "detail_id");
    RESIDENCES = stamped!("residence_id, address_id, jurisdiction, line, postcode", "residence", "residence_id");
    MEMBERSHIPS = stamped!("membership_id, household_id, role", "person_membership", "membership_id");
    KIN = stamped!("kin_id, other_id, relation", "kin", "kin_id");
    PREGNANCIES = stamped!("pregnancy_id, version_id, due_date, unborn, outcome", "pregnancy", "version_id");
    FACTS = stamped!("fact_id, item, value, corrects", "person_fact", "fact_id");
    PROTECTIONS = of_people!("protection_id, valid_from, valid_until", "protection", "recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)");
    PERPETRATORS = of_people!("protection_id, perpetrator_id", "protection_from", "$1 = $1");
}

/// Everything recorded about one human being up to a moment, withdrawn statements too.
///
/// `own` is the surviving record; statements of records merged into it follow in the lists and are told apart by
/// [`Rows::of`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rows {
    /// The surviving record.
    pub id: PersonId,
    /// When it was registered.
    pub created_at: Instant,
    /// The records merged into it.
    pub merged: Vec<PersonId>,
    /// Names.
    pub names: Vec<Of<NameRow>>,
    /// Sex, dates, language, contact.
    pub details: Vec<Of<DetailRow>>,
    /// Residences.
    pub residences: Vec<Of<Residence>>,
    /// Memberships.
    pub memberships: Vec<Of<Membership>>,
    /// Kinship; `other` is followed to the surviving record.
    pub kin: Vec<Of<Kin>>,
    /// Pregnancies, all versions.
    pub pregnancies: Vec<Of<Pregnancy>>,
    /// Facts.
    pub facts: Vec<Of<Fact>>,
}

/// A statement and the record it was written for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Of<T> {
    /// Whether it was written for the surviving record, and not for one merged into it.
    pub own: bool,
    /// The statement.
    #[serde(flatten)]
    pub row: T,
}

impl Rows {
    /// The stamps of all statements.
    pub(crate) fn stamps(&mut self) -> impl Iterator<Item = &mut Stamp> {
        let names = self.names.iter_mut().map(|of| &mut of.row.stamp);
        let details = self.details.iter_mut().map(|of| &mut of.row.stamp);
        let residences = self.residences.iter_mut().map(|of| &mut of.row.stamp);
        let memberships = self.memberships.iter_mut().map(|of| &mut of.row.stamp);
        let kin = self.kin.iter_mut().map(|of| &mut of.row.stamp);
        let pregnancies = self.pregnancies.iter_mut().map(|of| &mut of.row.stamp);
        let facts = self.facts.iter_mut().map(|of| &mut of.row.stamp);
        names.chain(details).chain(residences).chain(memberships).chain(kin).chain(pregnancies).chain(facts)
    }

    fn empty(id: PersonId, created_at: Instant) -> Rows {
        Rows {
            id,
            created_at,
            merged: Vec::new(),
            names: Vec::new(),
            details: Vec::new(),
            residences: Vec::new(),
            memberships: Vec::new(),
            kin: Vec::new(),
            pregnancies: Vec::new(),
            facts: Vec::new(),
        }
    }
}

/// Of several statements on one thing: the surviving record's own first, then the latest recorded.
pub(crate) fn pick<'a, T, K: Ord>(
    rows: impl IntoIterator<Item = &'a Of<T>>,
    day: Date,
    at: Instant,
    stamp: impl Fn(&T) -> &Stamp,
    id: impl Fn(&T) -> K,
) -> Option<&'a T> {
    rows.into_iter()
        .filter(|of| stamp(&of.row).stood(at) && stamp(&of.row).valid.contains(day))
        .max_by_key(|of| (of.own, stamp(&of.row).recorded_at, stamp(&of.row).valid.from, id(&of.row)))
        .map(|of| &of.row)
}

fn bind(at: Instant, people: &[PersonId]) -> Vec<Value> {
    let mut values = params![at].to_vec();
    values.extend(people.iter().map(|p| Value::Uuid(Some(p.0))));
    // Unused places repeat the nil id, which nobody has.
    values.resize(BATCH + 1, Value::Uuid(Some(Uuid::nil())));
    values
}

/// The surviving record of each id, as merges stood at `at`. Ids without a merge map to themselves.
pub(crate) async fn survivors(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = PersonId>,
    at: Instant,
) -> Result<BTreeMap<PersonId, PersonId>, StoreError> {
    let mut map: BTreeMap<PersonId, PersonId> = ids.into_iter().map(|id| (id, id)).collect();
    // A chain of merges is as long as somebody made it; each round follows one step of all of them.
    let mut open: BTreeSet<PersonId> = map.keys().copied().collect();
    for _ in 0..64 {
        let ask: Vec<PersonId> = open.iter().copied().collect();
        let mut step = BTreeMap::new();
        for chunk in ask.chunks(BATCH) {
            for row in tx.all(REDIRECTS, &bind(at, chunk)).await? {
                step.insert(row.get::<PersonId>("person_id")?, row.get::<PersonId>("survivor_id")?);
            }
        }
        if step.is_empty() {
            break;
        }
        for end in map.values_mut() {
            if let Some(next) = step.get(end) {
                *end = *next;
            }
        }
        open = step.values().copied().collect();
    }
    Ok(map)
}

/// All records that are one human being with `survivors`: record → survivor, the survivors themselves too.
pub(crate) async fn clusters(
    tx: &mut Tx,
    survivors: &BTreeSet<PersonId>,
    at: Instant,
) -> Result<BTreeMap<PersonId, PersonId>, StoreError> {
    let mut map: BTreeMap<PersonId, PersonId> = survivors.iter().map(|id| (*id, *id)).collect();
    let mut open: Vec<PersonId> = survivors.iter().copied().collect();
    while !open.is_empty() {
        let mut next = Vec::new();
        for chunk in open.chunks(BATCH) {
            for row in tx.all(ABSORBED, &bind(at, chunk)).await? {
                let (into, merged): (PersonId, PersonId) = (row.get("person_id")?, row.get("merged_id")?);
                let survivor = map.get(&into).copied().unwrap_or(into);
                if map.insert(merged, survivor).is_none() {
                    next.push(merged);
                }
            }
        }
        open = next;
    }
    Ok(map)
}

/// How much is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Parts {
    /// Everything.
    All,
    /// What ties people to places and to each other: details, residences, memberships, kinship.
    Ties,
}

/// Reads everything about these people up to `at`; ids of merged records give the surviving one. Unknown ids are left out.
pub(crate) async fn read(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = PersonId>,
    at: Instant,
) -> Result<BTreeMap<PersonId, Rows>, StoreError> {
    read_parts(tx, ids, at, Parts::All).await
}

/// As [`read`], all of it or the ties only.
pub(crate) async fn read_parts(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = PersonId>,
    at: Instant,
    parts: Parts,
) -> Result<BTreeMap<PersonId, Rows>, StoreError> {
    let ends: BTreeSet<PersonId> = survivors(tx, ids, at).await?.into_values().collect();
    let cluster = clusters(tx, &ends, at).await?;
    let records: Vec<PersonId> = cluster.keys().copied().collect();
    let mut people: BTreeMap<PersonId, Rows> = BTreeMap::new();
    for chunk in records.chunks(BATCH) {
        let values = bind(at, chunk);
        for row in tx.all(PERSONS, &values).await? {
            let id: PersonId = row.get("person_id")?;
            if ends.contains(&id) {
                people.insert(id, Rows::empty(id, row.get("created_at")?));
            }
        }
    }
    for (record, survivor) in &cluster {
        if let Some(rows) = people.get_mut(survivor).filter(|_| record != survivor) {
            rows.merged.push(*record);
        }
    }
    for chunk in records.chunks(BATCH) {
        statements(tx, &bind(at, chunk), &cluster, &mut people, parts).await?;
    }
    people.values_mut().flat_map(Rows::stamps).for_each(|stamp| stamp.as_known_at(at));
    follow_kin(tx, &mut people, at).await?;
    Ok(people)
}

async fn statements(
    tx: &mut Tx,
    values: &[Value],
    cluster: &BTreeMap<PersonId, PersonId>,
    people: &mut BTreeMap<PersonId, Rows>,
    parts: Parts,
) -> Result<(), StoreError> {
    macro_rules! gather {
        ($sql:ident, $list:ident, $read:ident) => {
            for row in tx.all($sql, values).await? {
                let record: PersonId = row.get("person_id")?;
                let survivor = cluster.get(&record).copied().unwrap_or(record);
                if let Some(rows) = people.get_mut(&survivor) {
                    rows.$list.push(Of { own: record == survivor, row: $read(&row)? });
                }
            }
        };
    }
    gather!(DETAILS, details, read_detail);
    gather!(RESIDENCES, residences, read_residence);
    gather!(MEMBERSHIPS, memberships, read_membership);
    gather!(KIN, kin, read_kin);
    if parts == Parts::Ties {
        return Ok(());
    }
    gather!(NAMES, names, read_name);
    gather!(PREGNANCIES, pregnancies, read_pregnancy);
    gather!(FACTS, facts, read_fact);
    Ok(())
}

/// Lets every kinship point to the surviving record of the other.
async fn follow_kin(tx: &mut Tx, people: &mut BTreeMap<PersonId, Rows>, at: Instant) -> Result<(), StoreError> {
    let others: BTreeSet<PersonId> = people.values().flat_map(|r| r.kin.iter().map(|k| k.row.other)).collect();
    let map = survivors(tx, others, at).await?;
    for rows in people.values_mut() {
        let id = rows.id;
        for kin in &mut rows.kin {
            kin.row.person = id;
            kin.row.other = map.get(&kin.row.other).copied().unwrap_or(kin.row.other);
        }
        rows.kin.retain(|k| k.row.other != id);
    }
    Ok(())
}

/// One protection as it stands: its victim, its days, from whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Protection {
    pub(crate) victim: PersonId,
    pub(crate) valid: Period,
    pub(crate) perpetrators: BTreeSet<PersonId>,
}

/// The protections of these people (all of a victim's records) as known now; ids are of surviving records.
pub(crate) async fn protections(tx: &mut Tx, people: &BTreeSet<PersonId>) -> Result<Vec<Protection>, StoreError> {
    let now = Instant::from_micros(i64::MAX);
    let cluster = clusters(tx, people, now).await?;
    let records: Vec<PersonId> = cluster.keys().copied().collect();
    let mut found: BTreeMap<Uuid, Protection> = BTreeMap::new();
    for chunk in records.chunks(BATCH) {
        let values = bind(now, chunk);
        let rows = tx.all(PROTECTIONS, &values).await?;
        if rows.is_empty() {
            continue;
        }
        for row in rows {
            let record: PersonId = row.get("person_id")?;
            let victim = cluster.get(&record).copied().unwrap_or(record);
            let valid = Period { from: row.get("valid_from")?, until: row.maybe("valid_until")? };
            found.insert(row.get("protection_id")?, Protection { victim, valid, perpetrators: BTreeSet::new() });
        }
        for row in tx.all(PERPETRATORS, &values).await? {
            if let Some(protection) = found.get_mut(&row.get("protection_id")?) {
                protection.perpetrators.insert(row.get("perpetrator_id")?);
            }
        }
    }
    let mut all: Vec<Protection> = found.into_values().collect();
    let named: BTreeSet<PersonId> = all.iter().flat_map(|p| p.perpetrators.iter().copied()).collect();
    let map = survivors(tx, named, now).await?;
    for protection in &mut all {
        protection.perpetrators = protection.perpetrators.iter().map(|p| map.get(p).copied().unwrap_or(*p)).collect();
    }
    Ok(all)
}
