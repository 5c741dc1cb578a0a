//! The registry from end to end, for a machine that reads everybody: ids page by page, who changed since an earlier reading,
//! whose whereabouts are protected, and what cannot be.

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, HouseholdId, Instant, PersonId};
use store::{Row, StoreError, Tx, params};

use crate::kin::Relation;
use crate::rows::{self, Parts};
use crate::time::AsOf;

/// Persons whose statement in a table begins or ends to hold on a day after `$1` and up to `$2`.
macro_rules! turned {
    ($table:literal) => {
        concat!(
            "select distinct person_id from ",
            $table,
            " where withdrawn_at is null and ((valid_from > $1 and valid_from <= $2) or (valid_until > $1 and valid_until <= $2))"
        )
    };
}

store::sql! {
    EVERYBODY = "select person_id from person where person_id > $1 and created_at <= $2 order by person_id limit $3";
    HOUSEHOLDS = "select household_id from household where household_id > $1 and created_at <= $2 order by household_id limit $3";
    REVISED_PERSONS = "select person_id from person where revised_at > $1";
    REVISED_HOUSEHOLDS = "select household_id from household where revised_at > $1";
    TURNED_DETAIL = turned!("person_detail");
    TURNED_KIN = turned!("kin");
    TURNED_HOME = turned!("residence");
    TURNED_MEMBER = turned!("person_membership");
    TURNED_FACT = turned!("person_fact");
    TURNED_PREGNANCY = turned!("pregnancy");
    TURNED_HOUSEHOLD_FACT = "select distinct household_id from household_fact
        where withdrawn_at is null and ((valid_from > $1 and valid_from <= $2) or (valid_until > $1 and valid_until <= $2))";
    TURNED_MEMBERS = "select distinct household_id from membership
        where withdrawn_at is null and ((valid_from > $1 and valid_from <= $2) or (valid_until > $1 and valid_until <= $2))";
    AGED = "select distinct person_id from person_fact where item = $1 and withdrawn_at is null and recorded_at >= $2 and recorded_at < $3";
    AGED_HOUSEHOLD = "select distinct household_id from household_fact where item = $1 and withdrawn_at is null and recorded_at >= $2 and recorded_at < $3";
    SHIELD_CHANGED = "select distinct person_id from protection where recorded_at > $1 or withdrawn_at > $1
        or (valid_from > $2 and valid_from <= $3) or (valid_until > $2 and valid_until <= $3)";
    VICTIMS = "select distinct person_id from protection where withdrawn_at is null and valid_from <= $1 and (valid_until is null or valid_until > $1)";
    TWO_HOMES = "select person_id from person_membership where withdrawn_at is null and valid_from <= $1 and (valid_until is null or valid_until > $1)
        group by person_id having count(distinct household_id) > 1 order by person_id";
    HOMES = "select distinct household_id from person_membership where person_id = $1 and withdrawn_at is null";
    HOMES_ON = "select distinct household_id from person_membership where person_id = $1 and withdrawn_at is null
        and valid_from <= $2 and (valid_until is null or valid_until > $2)";
    NOBODY = "select distinct household_id from membership m where m.withdrawn_at is null and m.valid_from <= $1 and (m.valid_until is null or m.valid_until > $1)
        and not exists (select 1 from person p where p.person_id = m.person_id)";
    NOWHERE = "select distinct household_id from membership m where m.withdrawn_at is null and m.valid_from <= $1 and (m.valid_until is null or m.valid_until > $1)
        and not exists (select 1 from household h where h.household_id = m.household_id)";
}

/// The ids of everybody registered up to a moment, merged records too, in order after `after`: page by page.
pub async fn everybody(tx: &mut Tx, at: Instant, after: PersonId, limit: i64) -> Result<Vec<PersonId>, StoreError> {
    column(&tx.all(EVERYBODY, params![after, at, limit]).await?, "person_id")
}

/// The ids of all households there ever were up to a moment, in order after `after`: page by page.
pub async fn households(
    tx: &mut Tx,
    at: Instant,
    after: HouseholdId,
    limit: i64,
) -> Result<Vec<HouseholdId>, StoreError> {
    column(&tx.all(HOUSEHOLDS, params![after, at, limit]).await?, "household_id")
}

fn column<T: store::FromColumn>(rows: &[Row], name: &str) -> Result<Vec<T>, StoreError> {
    rows.iter().map(|row| row.get(name)).collect()
}

/// An earlier reading of everybody: the day asked about and the moment of knowledge, and the days then and now.
#[derive(Clone, Debug)]
pub struct Since<'a> {
    /// What the earlier reading was of.
    pub then: AsOf,
    /// The day asked about now, not before that.
    pub day: Date,
    /// Items that turn old: the item, and the span of recorded times that were not too old then and are now.
    pub ageing: &'a [(String, Instant, Instant)],
}

/// Households of which the registry may say something else than at an earlier reading: somebody wrote to them or to a member
/// after it (every write moves `revised_at` of the person or household), a statement begins or ends to hold between the two
/// days, a fact became too old, or a protection changed. `others` changed elsewhere; their households are given too. Never too
/// few; now and then one too many.
pub async fn changed(
    tx: &mut Tx,
    since: &Since<'_>,
    others: BTreeSet<PersonId>,
) -> Result<BTreeSet<HouseholdId>, StoreError> {
    let Since { then, day, ageing } = since;
    let mut persons = others;
    let mut homes: BTreeSet<HouseholdId> = BTreeSet::new();
    persons.extend(column::<PersonId>(&tx.all(REVISED_PERSONS, params![then.recorded]).await?, "person_id")?);
    homes.extend(column::<HouseholdId>(&tx.all(REVISED_HOUSEHOLDS, params![then.recorded]).await?, "household_id")?);
    if then.valid < *day {
        for sql in [TURNED_DETAIL, TURNED_KIN, TURNED_HOME, TURNED_MEMBER, TURNED_FACT, TURNED_PREGNANCY] {
            persons.extend(column::<PersonId>(&tx.all(sql, params![then.valid, *day]).await?, "person_id")?);
        }
        for sql in [TURNED_HOUSEHOLD_FACT, TURNED_MEMBERS] {
            homes.extend(column::<HouseholdId>(&tx.all(sql, params![then.valid, *day]).await?, "household_id")?);
        }
        for (item, from, until) in *ageing {
            let values = params![item, *from, *until];
            persons.extend(column::<PersonId>(&tx.all(AGED, values).await?, "person_id")?);
            homes.extend(column::<HouseholdId>(&tx.all(AGED_HOUSEHOLD, values).await?, "household_id")?);
        }
    }
    let victims = column(&tx.all(SHIELD_CHANGED, params![then.recorded, then.valid, *day]).await?, "person_id")?;
    persons.extend(with_children(tx, victims).await?);
    let survivors = rows::survivors(tx, persons.iter().copied(), Instant::from_micros(i64::MAX)).await?;
    persons.extend(survivors.into_values());
    for person in persons {
        homes.extend(column::<HouseholdId>(&tx.all(HOMES, params![person]).await?, "household_id")?);
    }
    Ok(homes)
}

/// Everybody whose whereabouts a protection hides on the day: the victims and, wherever they live, their children. Whoever
/// lives with one of them is hidden with them.
pub async fn shielded(tx: &mut Tx, day: Date) -> Result<BTreeSet<PersonId>, StoreError> {
    let victims = column(&tx.all(VICTIMS, params![day]).await?, "person_id")?;
    with_children(tx, victims).await
}

async fn with_children(tx: &mut Tx, victims: Vec<PersonId>) -> Result<BTreeSet<PersonId>, StoreError> {
    let mut all: BTreeSet<PersonId> = victims.iter().copied().collect();
    let people = rows::read_parts(tx, victims, Instant::from_micros(i64::MAX), Parts::Ties).await?;
    for rows in people.values() {
        all.insert(rows.id);
        all.extend(rows.kin.iter().map(|k| &k.row).filter(|k| k.relation == Relation::Child).map(|k| k.other));
    }
    Ok(all)
}

/// What cannot be in a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Impossible {
    /// A member of two households on one day; which is right nobody can tell, so both are concerned.
    TwoHomes(PersonId),
    /// A member of whom there is no record.
    NoPerson,
    /// Members of a household of which there is no record.
    NoHousehold,
}

/// Households in which something cannot be on the day, with what.
pub async fn impossible(tx: &mut Tx, day: Date) -> Result<BTreeMap<HouseholdId, Impossible>, StoreError> {
    let mut found = BTreeMap::new();
    for household in column::<HouseholdId>(&tx.all(NOBODY, params![day]).await?, "household_id")? {
        found.insert(household, Impossible::NoPerson);
    }
    for household in column::<HouseholdId>(&tx.all(NOWHERE, params![day]).await?, "household_id")? {
        found.insert(household, Impossible::NoHousehold);
    }
    for person in column::<PersonId>(&tx.all(TWO_HOMES, params![day]).await?, "person_id")? {
        for household in column::<HouseholdId>(&tx.all(HOMES_ON, params![person, day]).await?, "household_id")? {
            found.insert(household, Impossible::TwoHomes(person));
        }
    }
    Ok(found)
}

/// Which of these persons, by their surviving record, belong to no household on the day.
pub async fn homeless(tx: &mut Tx, people: &[PersonId], day: Date) -> Result<Vec<PersonId>, StoreError> {
    let mut out = Vec::new();
    let ends = rows::survivors(tx, people.iter().copied(), Instant::from_micros(i64::MAX)).await?;
    for person in ends.into_values().collect::<BTreeSet<PersonId>>() {
        if crate::newborn::home(tx, person, day).await?.is_none() {
            out.push(person);
        }
    }
    Ok(out)
}
