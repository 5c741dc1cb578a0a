//! Fifths of income of families: worked out once, when a family is first counted, and kept without the sum. This room reads no household: whoever counts
//! hands over what came of it.

use std::collections::HashMap;

use kernel::{Date, EnrolmentId, Instant, PersonId};
use store::{StoreError, Tx, params};

store::sql! {
    ALL = "select enrolment_id, fifth from indicator_income";
    ADD = "insert into indicator_income (person_id, enrolment_id, fifth, counted_at) values ($1, $2, $3, $4) on conflict (person_id, enrolment_id) do nothing";
}

/// A family whose income nobody has looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unasked {
    /// Its place in the columns.
    pub row: usize,
    /// Whose household.
    pub person: PersonId,
    /// The family.
    pub enrolment: EnrolmentId,
    /// The day it came under visits.
    pub entered: Date,
}

/// What is known of all families: the fifth, or that none could be told.
///
/// # Errors
/// The database.
pub(crate) async fn known(tx: &mut Tx) -> Result<HashMap<EnrolmentId, Option<u8>>, StoreError> {
    let found = tx.all(ALL, &[]).await?;
    let fifth = |n: Option<i64>| n.and_then(|n| u8::try_from(n).ok());
    found.iter().map(|row| Ok((row.get("enrolment_id")?, fifth(row.maybe("fifth")?)))).collect()
}

/// Keeps what was found; a family asked twice keeps the first.
///
/// # Errors
/// The database.
pub async fn keep(tx: &mut Tx, of: &Unasked, fifth: Option<u8>, now: Instant) -> Result<(), StoreError> {
    tx.execute(ADD, params![of.person, of.enrolment, fifth.map(i64::from), now]).await.map(drop)
}
