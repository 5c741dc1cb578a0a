//! How long loops take and how many close: by service, over referrals sent in a time. Counts of few are not told.

use std::collections::BTreeMap;

use kernel::{Instant, PersonId};
use store::{StoreError, Tx, params};

use crate::model::Status;

store::sql! {
    LOOPS = "select service, status, days, shut, count(*) as n from
        (select service, status, (ended_at - requested_at) / 86400000000 as days, cast(case when closed_at is null then 0 else 1 end as bigint) as shut
         from referral where (from_agency = $1 or $1 = '') and (from_place = $2 or $2 = '') and requested_at >= $3 and requested_at < $4) as loop
        group by service, status, days, shut";
    SENT = "select person_id, from_place, requested_at, ended_at, status from referral
        where requested_at >= $1 and not sensitive and not discreet order by person_id, requested_at";
}

/// Fewer referrals than this are never shown as a number: somebody could be recognised.
pub const FEWEST: i64 = 5;

/// The loops of one service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Loops {
    /// The service.
    pub service: String,
    /// The figures; `None`: too few to tell.
    pub figures: Option<Figures>,
}

/// Figures of the loops of one service.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    /// Referrals sent.
    pub sent: i64,
    /// Completed with a result.
    pub completed: i64,
    /// Declined by the service.
    pub declined: i64,
    /// Refused by the family or withdrawn.
    pub taken_back: i64,
    /// Nobody answered.
    pub expired: i64,
    /// The referrer has looked at the end.
    pub closed: i64,
    /// The median of whole days from request to end, over those that ended; `None`: none has.
    pub median_days: Option<i64>,
}

/// The loops of an office (agency and place; empty: all) by service, over referrals sent in a time.
///
/// # Errors
/// The database.
pub async fn loops(tx: &mut Tx, office: (&str, &str), from: Instant, until: Instant) -> Result<Vec<Loops>, StoreError> {
    let mut all: BTreeMap<String, (Figures, BTreeMap<i64, i64>)> = BTreeMap::new();
    for row in tx.all(LOOPS, params![office.0, office.1, from, until]).await? {
        let (figures, days) = all.entry(row.get("service")?).or_default();
        let n: i64 = row.get("n")?;
        figures.sent += n;
        let shut: i64 = row.get("shut")?;
        figures.closed += if shut == 1 { n } else { 0 };
        match row.parse::<Status>("status")? {
            Status::Completed => figures.completed += n,
            Status::Declined => figures.declined += n,
            Status::Refused | Status::Withdrawn => figures.taken_back += n,
            Status::Expired => figures.expired += n,
            Status::Requested | Status::Received | Status::Accepted | Status::Waiting | Status::InProgress => {}
        }
        if let Some(took) = row.maybe::<i64>("days")? {
            *days.entry(took).or_default() += n;
        }
    }
    let line = |(service, (figures, days)): (String, (Figures, BTreeMap<i64, i64>))| Loops {
        service,
        figures: (figures.sent >= FEWEST).then(|| Figures { median_days: median(&days), ..figures }),
    };
    Ok(all.into_iter().map(line).collect())
}

/// A referral without its contents.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Whose.
    pub person: PersonId,
    /// The place of the office that sent the family.
    pub place: String,
    /// When.
    pub requested: Instant,
    /// When it was completed with a result; `None`: it was not, or not yet.
    pub completed: Option<Instant>,
}

/// Everything sent since, for a room that counts it; by person. Referrals of which nobody may know that there are any are not among
/// it.
///
/// # Errors
/// The database.
pub async fn sent(tx: &mut Tx, since: Instant) -> Result<Vec<Sent>, StoreError> {
    let found = tx.all(SENT, params![since]).await?;
    let read = |row: &store::Row| {
        let status: Status = row.parse("status")?;
        let ended: Option<Instant> = row.maybe("ended_at")?;
        Ok(Sent {
            person: row.get("person_id")?,
            place: row.get("from_place")?,
            requested: row.get("requested_at")?,
            completed: ended.filter(|_| status == Status::Completed),
        })
    };
    found.iter().map(read).collect()
}

/// The lower median of values with their counts.
fn median(counted: &BTreeMap<i64, i64>) -> Option<i64> {
    let all: i64 = counted.values().sum();
    let mut before = 0;
    counted.iter().find_map(|(value, n)| {
        before += n;
        (before * 2 >= all).then_some(*value)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle_one() {
        let median_of = |list: &[i64]| {
            let mut counted = BTreeMap::new();
            list.iter().for_each(|v| *counted.entry(*v).or_default() += 1);
            median(&counted)
        };
        assert_eq!(median_of(&[]), None);
        assert_eq!(median_of(&[7]), Some(7));
        assert_eq!(median_of(&[1, 9]), Some(1));
        assert_eq!(median_of(&[1, 2, 100]), Some(2));
        assert_eq!(median_of(&[3, 3, 3, 50, 60]), Some(3));
    }
}
