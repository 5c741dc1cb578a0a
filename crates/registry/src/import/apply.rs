//! One row into the registry, in the portion's transaction.

use kernel::{AddressId, HouseholdId, ImportId, PersonId};
use sha2::{Digest, Sha256};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use super::sheet::Line;
use super::{Import, Table, row as cells};
use crate::change::Changes;
use crate::fact::{FactError, NewFact, Subject, record_quietly};
use crate::household::{self, HouseholdError, Joining, join_quietly, transfer_quietly};
use crate::kin::{KinError, NewKin, relate_quietly};
use crate::person::{PersonError, create_quietly, update_quietly};
use crate::residence::{Address, MoveError, settle};
use crate::time::{Origin, Pen};

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// Taken over.
    Accepted,
    /// Known already.
    Unchanged,
    /// Refused.
    Refused {
        /// Why, in plain words.
        reason: String,
        /// Whether something was written before it was refused, so that the transaction must be undone.
        wrote: bool,
    },
}

store::sql! {
    KNOWN = "select import_id from imported_row where row_key = $1";
    TAKEN = "insert into imported_row (row_key, import_id, recorded_at) values ($1, $2, $3) on conflict (row_key) do nothing";
    TARGET = "select target_id from outside_reference where reference = $1 and source = $2 and kind = $3";
    REFER = "insert into outside_reference (reference, source, kind, target_id) values ($1, $2, $3, $4)";
}

/// Why a row was refused: by its cells alone (nothing was written), or by the registry (something may have been).
enum Fault {
    Cells(String),
    Registry(String),
    Store(StoreError),
}

impl From<StoreError> for Fault {
    fn from(error: StoreError) -> Self {
        Fault::Store(error)
    }
}

macro_rules! faults {
    ($($error:ident),*) => {$(
        impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                match error {
                    $error::Store(e) => Fault::Store(e),
                    other => Fault::Registry(other.to_string()),
                }
            }
        }
    )*};
}
faults!(PersonError, HouseholdError, KinError, MoveError, FactError);

/// Takes over one row.
pub(crate) async fn row(
    tx: &mut Tx,
    pen: Pen<'_>,
    import: Import<'_>,
    table: Table,
    id: ImportId,
    line: &Line,
    changes: &mut Changes,
) -> Result<Outcome, StoreError> {
    let key = key(&import.origin.source, table, line);
    if tx.maybe(KNOWN, params![key]).await?.is_some() {
        return Ok(Outcome::Unchanged);
    }
    let done = match table {
        Table::Persons => person(tx, pen, import, line, changes).await,
        Table::Households => household(tx, pen, line, changes).await,
        Table::Kinship => kinship(tx, pen, line, changes).await,
        Table::Addresses => address(tx, pen, import, line, changes).await,
        Table::Facts => fact(tx, pen, import, line, changes).await,
    };
    match done {
        Ok(()) => {
            tx.execute(TAKEN, params![key, id, pen.now]).await?;
            Ok(Outcome::Accepted)
        }
        Err(Fault::Cells(reason)) => Ok(Outcome::Refused { reason, wrote: false }),
        Err(Fault::Registry(reason)) => Ok(Outcome::Refused { reason, wrote: true }),
        Err(Fault::Store(error)) => Err(error),
    }
}

/// Source, table and content: the same row from the same source is the same row. A hash, because rows hold identifiers.
fn key(source: &str, table: Table, line: &Line) -> String {
    let text = format!("{source}\u{1f}{}\u{1f}{}", table.word(), line.canonical());
    hex::encode(Sha256::digest(text.as_bytes()))
}

async fn person(
    tx: &mut Tx,
    pen: Pen<'_>,
    import: Import<'_>,
    line: &Line,
    changes: &mut Changes,
) -> Result<(), Fault> {
    let new = cells::person(line, import.today, import.identifier_fits).map_err(Fault::Cells)?;
    let reference = line.get("ref");
    match target(tx, pen, reference, "person").await? {
        Some(known) => update_quietly(tx, pen, PersonId(known), &new, changes).await?,
        None => {
            let id = create_quietly(tx, pen, &new, changes).await?;
            refer(tx, pen, reference, "person", id.0).await?;
        }
    }
    Ok(())
}

async fn household(tx: &mut Tx, pen: Pen<'_>, line: &Line, changes: &mut Changes) -> Result<(), Fault> {
    let (role, valid) = (cells::word(line, "role").map_err(Fault::Cells)?, cells::period(line).map_err(Fault::Cells)?);
    let person = known_person(tx, pen, line, "person").await?;
    let reference = line.get("ref");
    let household = match target(tx, pen, reference, "household").await? {
        Some(known) => HouseholdId(known),
        None => {
            let id = household::create(tx, pen).await?;
            refer(tx, pen, reference, "household", id.0).await?;
            id
        }
    };
    let joining = Joining { person, household, role, valid };
    // Who moves from an open membership begun earlier is moved; anything else that overlaps is refused.
    let standing = household::of_person(tx, person).await?;
    let moves = standing
        .iter()
        .filter(|m| m.stamp.valid.overlaps(&valid))
        .all(|m| m.stamp.valid.until.is_none() && m.stamp.valid.from < valid.from);
    if moves && valid.until.is_none() {
        transfer_quietly(tx, pen, joining, changes).await?;
    } else {
        join_quietly(tx, pen, joining, changes).await?;
    }
    Ok(())
}

async fn kinship(tx: &mut Tx, pen: Pen<'_>, line: &Line, changes: &mut Changes) -> Result<(), Fault> {
    let (relation, valid) =
        (cells::word(line, "relation").map_err(Fault::Cells)?, cells::period(line).map_err(Fault::Cells)?);
    let person = known_person(tx, pen, line, "person").await?;
    let other = known_person(tx, pen, line, "other").await?;
    relate_quietly(tx, pen, NewKin { person, relation, other, valid }, changes).await?;
    Ok(())
}

async fn address(
    tx: &mut Tx,
    pen: Pen<'_>,
    import: Import<'_>,
    line: &Line,
    changes: &mut Changes,
) -> Result<(), Fault> {
    let valid = cells::period(line).map_err(Fault::Cells)?;
    let place = line.get("jurisdiction");
    if !(import.known_place)(place) {
        return Err(Fault::Cells(format!("jurisdiction: there is no place {:?} in the pack", cells::short(place))));
    }
    let person = known_person(tx, pen, line, "person").await?;
    let address = Address::new(place, line.get("line"), line.get("postcode"));
    settle(tx, pen, person, AddressId::new(pen.ids, pen.now), &address, valid, changes).await?;
    Ok(())
}

async fn fact(tx: &mut Tx, pen: Pen<'_>, import: Import<'_>, line: &Line, changes: &mut Changes) -> Result<(), Fault> {
    let (value, valid) = (cells::value(line).map_err(Fault::Cells)?, cells::period(line).map_err(Fault::Cells)?);
    let subject = match line.get("subject") {
        "person" => Subject::Person(known_person(tx, pen, line, "ref").await?),
        "household" => {
            let reference = line.get("ref");
            let known = target(tx, pen, reference, "household").await?;
            Subject::Household(HouseholdId(known.ok_or_else(|| unknown("ref", "household", reference))?))
        }
        other => {
            return Err(Fault::Cells(format!("subject: {:?} is neither person nor household", cells::short(other))));
        }
    };
    let or = |cell: &str, default: &str| if cell.is_empty() { default.to_owned() } else { cell.to_owned() };
    let origin = Origin {
        source: or(line.get("agency"), &pen.origin.source),
        law: or(line.get("law"), &pen.origin.law),
        by: pen.origin.by.clone(),
    };
    let item = line.get("item").to_owned();
    let new = NewFact { subject, item, value, valid, corrects: None };
    record_quietly(tx, pen.from(&origin), import.check, new, changes).await?;
    Ok(())
}

async fn known_person(tx: &mut Tx, pen: Pen<'_>, line: &Line, column: &str) -> Result<PersonId, Fault> {
    let reference = line.get(column);
    let known = target(tx, pen, reference, "person").await?;
    known.map(PersonId).ok_or_else(|| unknown(column, "person", reference))
}

fn unknown(column: &str, kind: &str, reference: &str) -> Fault {
    let reference = cells::short(reference);
    Fault::Cells(format!(
        "{column}: no {kind} with the reference {reference:?} was imported from this source: import it first"
    ))
}

async fn target(tx: &mut Tx, pen: Pen<'_>, reference: &str, kind: &str) -> Result<Option<Uuid>, StoreError> {
    let row = tx.maybe(TARGET, params![reference, pen.origin.source, kind]).await?;
    row.map(|r| r.get("target_id")).transpose()
}

async fn refer(tx: &mut Tx, pen: Pen<'_>, reference: &str, kind: &str, id: Uuid) -> Result<(), StoreError> {
    tx.execute(REFER, params![reference, pen.origin.source, kind, id]).await.map(drop)
}
