//! Every statement about people up to a moment, read in one go, with merged records followed to the surviving one.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, Instant, Period, PersonId};
use serde::{Deserialize, Serialize};
use store::{Packed, Row, StoreError, Tx, Value, params};
use uuid::Uuid;

use crate::fact::Fact;
use crate::household::Membership;
use crate::kin::Kin;
use crate::person::{DetailRow, NameRow};
use crate::pregnancy::Pregnancy;
use crate::residence::Residence;
use crate::time::Stamp;

/// How many people one statement reads.
const FEW: usize = 16;
/// How many one statement for long lists reads.
const MANY: usize = 64;

/// The places of the ids, behind one for the moment.
macro_rules! few {
    () => {
        "($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
    };
}
macro_rules! many {
    () => {
        "($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50, $51, $52, $53, $54, $55, $56, $57, $58, $59, $60, $61, $62, $63, $64, $65)"
    };
}
macro_rules! of_people {
    ($list:ident, $columns:literal, $table:literal, $rest:literal) => {
        concat!("select person_id, ", $columns, " from ", $table, " where person_id in ", $list!(), " and ", $rest)
    };
}
/// Statements of one kind as rows of [`PEOPLE`]: the word for the kind; its id; another id; up to four texts; a date; a number.
macro_rules! stamped {
    ($list:ident, $kind:literal, $columns:literal, $table:literal) => {
        concat!(
            " union all select '",
            $kind,
            "' as kind, person_id, ",
            $columns,
            ", valid_from, valid_until, recorded_at, withdrawn_at, source, law, recorded_by from ",
            $table,
            " where person_id in ",
            $list!(),
            " and recorded_at <= $1"
        )
    };
}
/// The records themselves, the merges that stand, and statements of the kinds given: one round trip, because a page about a
/// household waits for each.
macro_rules! people {
    ($list:ident; $($rest:expr),*) => {
        concat!(
            "select 'person' as kind, person_id, person_id as id, person_id as other, '' as a, '' as b, '' as c, '' as d,",
            " cast(null as date) as day, cast(null as bigint) as n,",
            " cast(null as date) as valid_from, cast(null as date) as valid_until, created_at as recorded_at,",
            " cast(null as bigint) as withdrawn_at, '' as source, '' as law, '' as recorded_by from person",
            " where person_id in ", $list!(), " and created_at <= $1",
            " union all select 'merge', person_id, survivor_id, survivor_id, '', '', '', '', null, null, null, null, recorded_at, null, '', '', ''",
            " from redirect where person_id in ", $list!(),
            " and recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)",
            " union all select 'merge', person_id, merged_id, merged_id, '', '', '', '', null, null, null, null, recorded_at, null, '', '', ''",
            " from absorbed where person_id in ", $list!(),
            " and recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)",
            $($rest,)*
            " order by recorded_at, id"
        )
    };
}
macro_rules! names {
    ($list:ident) => {
        stamped!($list, "name", "name_id, null, script, family, given, full_name, null, null", "person_name")
    };
}
macro_rules! details {
    ($list:ident) => {
        stamped!($list, "detail", "detail_id, null, kind, value, '', '', null, null", "person_detail")
    };
}
macro_rules! residences {
    ($list:ident) => {
        stamped!(
            $list,
            "residence",
            "residence_id, address_id, jurisdiction, line, postcode, '', null, null",
            "residence"
        )
    };
}
/// What ties people to places and to each other.
macro_rules! ties {
    ($list:ident) => {
        concat!(
            details!($list),
            residences!($list),
            stamped!(
                $list,
                "membership",
                "membership_id, household_id, role, '', '', '', null, null",
                "person_membership"
            ),
            stamped!($list, "kin", "kin_id, other_id, relation, '', '', '', null, null", "kin")
        )
    };
}

macro_rules! protections {
    ($list:ident) => {
        concat!(
            of_people!(
                $list,
                "'protection' as kind, protection_id as id, valid_from, valid_until",
                "protection",
                "recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)"
            ),
            " union all ",
            of_people!(
                $list,
                "'merge', merged_id, null, null",
                "absorbed",
                "recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)"
            )
        )
    };
}

store::sql! {
    REDIRECTS = of_people!(few, "survivor_id", "redirect", "recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)");
    ABSORBED = of_people!(few, "merged_id", "absorbed", "recorded_at <= $1 and (withdrawn_at is null or withdrawn_at > $1)");
    SEARCHED = people!(few; names!(few), details!(few), residences!(few));
    PERPETRATORS = of_people!(few, "protection_id, perpetrator_id", "protection_from", "$1 = $1");
}

// What is known of people is many small rows: they come in one piece.
/// That they are there.
pub(crate) static RECORDS: Packed = Packed::new("RECORDS", people!(few;), IDS, REST);
/// Their names.
pub(crate) static NAMES: Packed = Packed::new("NAMES", people!(few; names!(few)), IDS, REST);
/// What ties them to places and to each other.
pub(crate) static TIES: Packed = Packed::new("TIES", people!(few; ties!(few)), IDS, REST);
/// Everything about them.
pub(crate) static PEOPLE: Packed = Packed::new(
    "PEOPLE",
    people!(few;
        names!(few),
        ties!(few),
        stamped!(few, "pregnancy", "version_id, pregnancy_id, outcome, '', '', '', due_date, unborn", "pregnancy"),
        stamped!(few, "fact", "fact_id, corrects, item, value, '', '', null, null", "person_fact")
    ),
    IDS,
    REST,
);
/// Names of many.
pub(crate) static NAMES_OF_MANY: Packed = Packed::new("NAMES_OF_MANY", people!(many; names!(many)), IDS, REST);
/// What ties many people to places and to each other.
pub(crate) static TIES_OF_MANY: Packed = Packed::new("TIES_OF_MANY", people!(many; ties!(many)), IDS, REST);
/// What protects them, and merges that stand.
pub(crate) static PROTECTIONS: Packed = protecting("PROTECTIONS", protections!(few));
/// What protects many, and merges that stand.
pub(crate) static PROTECTIONS_OF_MANY: Packed = protecting("PROTECTIONS_OF_MANY", protections!(many));

const fn protecting(name: &'static str, sql: &'static str) -> Packed {
    Packed::new(name, sql, &["person_id", "id"], &["kind", "valid_from", "valid_until"])
}

/// The columns of [`PEOPLE`] that hold ids.
const IDS: &[&str] = &["person_id", "id", "other"];
/// The others.
const REST: &[&str] = &[
    "kind",
    "a",
    "b",
    "c",
    "d",
    "day",
    "n",
    "valid_from",
    "valid_until",
    "recorded_at",
    "withdrawn_at",
    "source",
    "law",
    "recorded_by",
];

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

fn bind(at: Instant, people: &[PersonId], places: usize) -> Vec<Value> {
    let mut values = params![at].to_vec();
    values.extend(people.iter().map(|p| Value::Uuid(Some(p.0))));
    // Unused places repeat the nil id, which nobody has.
    values.resize(places + 1, Value::Uuid(Some(Uuid::nil())));
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
        for chunk in ask.chunks(FEW) {
            for row in tx.all(REDIRECTS, &bind(at, chunk, FEW)).await? {
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
        for chunk in open.chunks(FEW) {
            for row in tx.all(ABSORBED, &bind(at, chunk, FEW)).await? {
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
    /// Names alone.
    Names,
    /// Nothing but that they are there.
    None,
}

/// Reads everything about these people up to `at`; ids of merged records give the surviving one. Unknown ids are left out.
pub(crate) async fn read(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = PersonId>,
    at: Instant,
) -> Result<BTreeMap<PersonId, Rows>, StoreError> {
    read_parts(tx, ids, at, Parts::All).await
}

/// As [`read`], all of it or a part.
pub(crate) async fn read_parts(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = PersonId>,
    at: Instant,
    parts: Parts,
) -> Result<BTreeMap<PersonId, Rows>, StoreError> {
    Ok(read_followed(tx, ids, at, parts).await?.0)
}

/// As [`read_parts`], and which surviving record each of the ids gives.
pub(crate) async fn read_followed(
    tx: &mut Tx,
    ids: impl IntoIterator<Item = PersonId>,
    at: Instant,
    parts: Parts,
) -> Result<(BTreeMap<PersonId, Rows>, BTreeMap<PersonId, PersonId>), StoreError> {
    let mut ends: BTreeMap<PersonId, PersonId> = ids.into_iter().map(|id| (id, id)).collect();
    let mut cluster = ends.clone();
    let sql = match parts {
        Parts::All => (&PEOPLE, None),
        Parts::Ties => (&TIES, Some(&TIES_OF_MANY)),
        Parts::Names => (&NAMES, Some(&NAMES_OF_MANY)),
        Parts::None => (&RECORDS, None),
    };
    let mut rows = statements(tx, sql, &cluster, at).await?;
    // Merges are rare: only where there are some are the records gathered first, and read once more.
    if rows.iter().any(|(kind, _)| kind == "merge") {
        ends = survivors(tx, ends.into_keys(), at).await?;
        cluster = clusters(tx, &ends.values().copied().collect(), at).await?;
        rows = statements(tx, sql, &cluster, at).await?;
    }
    let mut people = gathered(&rows, &cluster)?;
    people.values_mut().flat_map(Rows::stamps).for_each(|stamp| stamp.as_known_at(at));
    follow_kin(tx, &mut people, &cluster, at).await?;
    Ok((people, ends))
}

/// The rows about all records of a cluster, each with the word for what it tells: by the statement for few records, or the
/// one for many where there is one.
async fn statements(
    tx: &mut Tx,
    (few, many): (&'static Packed, Option<&'static Packed>),
    cluster: &BTreeMap<PersonId, PersonId>,
    at: Instant,
) -> Result<Vec<(String, Row)>, StoreError> {
    let records: Vec<PersonId> = cluster.keys().copied().collect();
    let mut all = Vec::new();
    let (sql, places) = many.filter(|_| records.len() > FEW).map_or((few, FEW), |many| (many, MANY));
    for chunk in records.chunks(places) {
        for row in tx.page(sql, &bind(at, chunk, places)).await? {
            all.push((row.get("kind")?, row));
        }
    }
    Ok(all)
}

/// People from their rows: `cluster` says whose each record's are.
fn gathered(
    rows: &[(String, Row)],
    cluster: &BTreeMap<PersonId, PersonId>,
) -> Result<BTreeMap<PersonId, Rows>, StoreError> {
    let mut people: BTreeMap<PersonId, Rows> = BTreeMap::new();
    let of_kind = |wanted: bool| rows.iter().filter(move |(kind, _)| (kind == "person") == wanted);
    for (_, row) in of_kind(true) {
        let id: PersonId = row.get("person_id")?;
        if cluster.get(&id) == Some(&id) {
            people.insert(id, Rows::empty(id, row.get("recorded_at")?));
        }
    }
    for (record, survivor) in cluster {
        if let Some(rows) = people.get_mut(survivor).filter(|_| record != survivor) {
            rows.merged.push(*record);
        }
    }
    for (kind, row) in of_kind(false) {
        let record: PersonId = row.get("person_id")?;
        let survivor = cluster.get(&record).copied().unwrap_or(record);
        let Some(rows) = people.get_mut(&survivor) else { continue };
        let own = record == survivor;
        match kind.as_str() {
            "detail" => rows.details.push(Of { own, row: wide::detail(row)? }),
            "residence" => rows.residences.push(Of { own, row: wide::residence(row)? }),
            "membership" => rows.memberships.push(Of { own, row: wide::membership(row)? }),
            "kin" => rows.kin.push(Of { own, row: wide::kin(row)? }),
            "name" => rows.names.push(Of { own, row: wide::name(row)? }),
            "pregnancy" => rows.pregnancies.push(Of { own, row: wide::pregnancy(row)? }),
            "fact" => rows.facts.push(Of { own, row: wide::fact(row)? }),
            _ => {}
        }
    }
    Ok(people)
}

/// The rows of [`PEOPLE`] as what they tell.
mod wide {
    use store::{Row, StoreError};

    use crate::fact::Fact;
    use crate::household::Membership;
    use crate::kin::Kin;
    use crate::person::{Detail, DetailRow, Name, NameRow};
    use crate::pregnancy::Pregnancy;
    use crate::residence::{Address, Residence};
    use crate::time::Stamp;

    pub(super) fn detail(row: &Row) -> Result<DetailRow, StoreError> {
        Ok(DetailRow { id: row.get("id")?, detail: Detail::of(row, "a", "b")?, stamp: Stamp::of(row)? })
    }

    pub(super) fn residence(row: &Row) -> Result<Residence, StoreError> {
        let address = Address { jurisdiction: row.get("a")?, line: row.get("b")?, postcode: row.get("c")? };
        Ok(Residence { id: row.get("id")?, address_id: row.get("other")?, address, stamp: Stamp::of(row)? })
    }

    pub(super) fn membership(row: &Row) -> Result<Membership, StoreError> {
        Ok(Membership {
            id: row.get("id")?,
            household: row.get("other")?,
            person: row.get("person_id")?,
            role: row.parse("a")?,
            stamp: Stamp::of(row)?,
        })
    }

    pub(super) fn kin(row: &Row) -> Result<Kin, StoreError> {
        Ok(Kin {
            id: row.get("id")?,
            person: row.get("person_id")?,
            other: row.get("other")?,
            relation: row.parse("a")?,
            stamp: Stamp::of(row)?,
        })
    }

    pub(super) fn name(row: &Row) -> Result<NameRow, StoreError> {
        let name = Name { script: row.parse("a")?, family: row.get("b")?, given: row.get("c")?, full: row.get("d")? };
        Ok(NameRow { id: row.get("id")?, name, stamp: Stamp::of(row)? })
    }

    pub(super) fn pregnancy(row: &Row) -> Result<Pregnancy, StoreError> {
        let outcome = row.maybe::<String>("a")?;
        Ok(Pregnancy {
            id: row.get("other")?,
            version: row.get("id")?,
            due_date: row.get("day")?,
            unborn: row.get("n")?,
            outcome: outcome.map(|_| row.parse("a")).transpose()?,
            stamp: Stamp::of(row)?,
        })
    }

    pub(super) fn fact(row: &Row) -> Result<Fact, StoreError> {
        Ok(Fact {
            id: row.get("id")?,
            item: row.get("a")?,
            value: row.json("b")?,
            corrects: row.maybe("other")?,
            stamp: Stamp::of(row)?,
        })
    }
}

/// Lets every kinship point to the surviving record of the other; of those in `cluster` it is known.
async fn follow_kin(
    tx: &mut Tx,
    people: &mut BTreeMap<PersonId, Rows>,
    cluster: &BTreeMap<PersonId, PersonId>,
    at: Instant,
) -> Result<(), StoreError> {
    let mut others: BTreeSet<PersonId> = people.values().flat_map(|r| r.kin.iter().map(|k| k.row.other)).collect();
    others.retain(|other| !cluster.contains_key(other));
    let mut map = survivors(tx, others, at).await?;
    map.extend(cluster);
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

/// What one record is found by, as it stands now; records merged into it are found by their own.
pub(crate) async fn searched(
    tx: &mut Tx,
    record: PersonId,
) -> Result<(Vec<NameRow>, Vec<DetailRow>, Vec<Residence>), StoreError> {
    let (mut names, mut details, mut homes) = (Vec::new(), Vec::new(), Vec::new());
    for row in tx.all(SEARCHED, &bind(Instant::from_micros(i64::MAX), &[record], FEW)).await? {
        let kind: String = row.get("kind")?;
        if row.maybe::<Instant>("withdrawn_at")?.is_some() {
            continue;
        }
        match kind.as_str() {
            "name" => names.push(wide::name(&row)?),
            "detail" => details.push(wide::detail(&row)?),
            "residence" => homes.push(wide::residence(&row)?),
            _ => {}
        }
    }
    Ok((names, details, homes))
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
    let mut cluster: BTreeMap<PersonId, PersonId> = people.iter().map(|id| (*id, *id)).collect();
    let mut rows = statements(tx, (&PROTECTIONS, Some(&PROTECTIONS_OF_MANY)), &cluster, now).await?;
    if rows.iter().any(|(kind, _)| kind == "merge") {
        cluster = clusters(tx, people, now).await?;
        rows = statements(tx, (&PROTECTIONS, Some(&PROTECTIONS_OF_MANY)), &cluster, now).await?;
    }
    let mut found: BTreeMap<Uuid, Protection> = BTreeMap::new();
    for (_, row) in rows.iter().filter(|(kind, _)| kind == "protection") {
        let record: PersonId = row.get("person_id")?;
        let victim = cluster.get(&record).copied().unwrap_or(record);
        let valid = Period { from: row.get("valid_from")?, until: row.maybe("valid_until")? };
        found.insert(row.get("id")?, Protection { victim, valid, perpetrators: BTreeSet::new() });
    }
    if found.is_empty() {
        return Ok(Vec::new());
    }
    let records: Vec<PersonId> = cluster.keys().copied().collect();
    for chunk in records.chunks(FEW) {
        for row in tx.all(PERPETRATORS, &bind(now, chunk, FEW)).await? {
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
