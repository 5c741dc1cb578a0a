//! How it goes: for how many events everything offered was taken, how many days from an event to the decision and to the
//! money, and what families were spared. Counts without persons; nothing is shown of fewer than [`super::FEWEST`].

use std::collections::BTreeMap;

use kernel::{CaseId, Date, Instant};
use serde::Serialize;
use store::{Row, StoreError, Tx, params};

use super::FEWEST;
use crate::desk::Desk;
use crate::model::Cause;

store::sql! {
    EVENTS = "select cause, event_id, count(*) as offers, cast(sum(case when status = 'accepted' then 1 else 0 end) as bigint) as taken,
        cast(sum(case when status = 'refused' then 1 else 0 end) as bigint) as refused
        from offer where event_id is not null and status in ('open', 'accepted', 'refused', 'expired') and made_at >= $1 and made_at < $2
        group by cause, event_id";
    DAYS = "select o.cause, c.case_id, e.occurred_on, min(d.decided_at) as decided_at from decision d
        join benefit_case c on c.subject_id = d.subject_id and c.case_id = d.case_id
        join offer o on o.subject_id = c.subject_id and o.offer_id = c.offer_id
        join life_event e on e.event_id = o.event_id
        where d.kind = 'grant' and d.status in ('in_force', 'superseded') and d.decided_at >= $1 and d.decided_at < $2
        group by o.cause, c.case_id, e.occurred_on";
    VISITS = "select count(*) as n from (select distinct application_id, agency from benefit_case where channel = 'online' and opened_at >= $1 and opened_at < $2) as v";
    PAPERS = "select count(*) as n from agency_request where status = 'answered' and asked_at >= $1 and asked_at < $2";
    ASKED = "select count(*) as n from evidence where removed_at is null and received_at >= $1 and received_at < $2";
}

/// The events of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// What happened.
    pub cause: Cause,
    /// The figures; `None` when the events are so few that a family could be recognised.
    pub counts: Option<Counts>,
    /// Days from the event to the first grant; `None` for fewer than [`super::FEWEST`].
    pub to_decision: Option<Days>,
    /// Days from the event to the first money; `None` for fewer than [`super::FEWEST`].
    pub to_payment: Option<Days>,
}

/// Offers after events of one kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Events with an offer.
    pub events: i64,
    /// Of these, every offer was taken.
    pub all_taken: i64,
    /// Of these, every offer was taken or refused: nothing waits and nothing ran out.
    pub all_answered: i64,
    /// Offers.
    pub offers: i64,
    /// Of these taken.
    pub taken: i64,
}

/// Days, of a number of cases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Days {
    /// Of how many cases.
    pub cases: i64,
    /// In the middle: half took no longer.
    pub median: i64,
    /// Nine of ten took no longer.
    pub ninth: i64,
}

/// What families were spared, as far as it can be counted. The assumptions stand with each figure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Spared {
    /// Visits: one for each agency that an application sent online went to. Assumes that without it the family would
    /// have gone to each agency once.
    pub visits: i64,
    /// Papers: one for each question an agency answered by machine. Assumes that without it the family would have
    /// fetched one paper for each.
    pub papers: i64,
    /// Papers that families still had to hand in.
    pub handed_in: i64,
}

/// All figures of a time.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// By kind of event.
    pub lines: Vec<Line>,
    /// What was spared.
    pub spared: Spared,
}

/// Works them out for offers made and decisions taken from `from` until before `until`. `paid` gives the day of the first
/// money of a case, as the payment room knows it.
pub async fn figures(
    tx: &mut Tx,
    desk: &Desk<'_>,
    from: Instant,
    until: Instant,
    paid: &BTreeMap<CaseId, Date>,
) -> Result<Figures, StoreError> {
    let mut counts: BTreeMap<String, (Cause, Counts)> = BTreeMap::new();
    for row in tx.all(EVENTS, params![from, until]).await? {
        let cause: Cause = row.parse("cause")?;
        let (offers, taken, refused): (i64, i64, i64) = (row.get("offers")?, row.get("taken")?, row.get("refused")?);
        let (_, line) = counts.entry(cause.word().to_owned()).or_insert((cause, Counts::default()));
        line.events += 1;
        line.offers += offers;
        line.taken += taken;
        line.all_taken += i64::from(taken == offers);
        line.all_answered += i64::from(taken > 0 && taken + refused == offers);
    }
    let days = days(tx, desk, from, until, paid).await?;
    let of = |list: Option<&Vec<i64>>| list.and_then(|l| spread(l.clone()));
    let lines = counts.into_iter().map(|(word, (cause, counts))| Line {
        cause,
        counts: (counts.events >= FEWEST).then_some(counts),
        to_decision: of(days.get(&word).map(|(decided, _)| decided)),
        to_payment: of(days.get(&word).map(|(_, paid)| paid)),
    });
    let lines = lines.collect();
    let count =
        async |tx: &mut Tx, sql| -> Result<i64, StoreError> { tx.one(sql, params![from, until]).await?.get("n") };
    let spared = Spared {
        visits: count(tx, VISITS).await?,
        papers: count(tx, PAPERS).await?,
        handed_in: count(tx, ASKED).await?,
    };
    Ok(Figures { lines, spared })
}

/// Days to the decision and to the money, by the word of the cause.
async fn days(
    tx: &mut Tx,
    desk: &Desk<'_>,
    from: Instant,
    until: Instant,
    paid: &BTreeMap<CaseId, Date>,
) -> Result<BTreeMap<String, (Vec<i64>, Vec<i64>)>, StoreError> {
    let offset = desk.pack.manifest().utc_offset_hours;
    let read = |row: &Row| -> Result<(String, CaseId, Date, Instant), StoreError> {
        Ok((row.get("cause")?, row.get("case_id")?, row.get("occurred_on")?, row.get("decided_at")?))
    };
    let mut days: BTreeMap<String, (Vec<i64>, Vec<i64>)> = BTreeMap::new();
    for row in tx.all(DAYS, params![from, until]).await? {
        let (cause, case, occurred, decided) = read(&row)?;
        let since = |day: Date| i64::from((day - occurred).get_days().max(0));
        let (to_decision, to_payment) = days.entry(cause).or_default();
        to_decision.push(since(decided.date(offset)));
        to_payment.extend(paid.get(&case).map(|day| since(*day)));
    }
    Ok(days)
}

/// Median and ninth tenth of a list; `None` when it is short.
fn spread(mut days: Vec<i64>) -> Option<Days> {
    let cases = i64::try_from(days.len()).unwrap_or(i64::MAX);
    if cases < FEWEST {
        return None;
    }
    days.sort_unstable();
    // The smallest value that at least this share does not exceed.
    let at = |tenths: usize| days.get((days.len() * tenths).div_ceil(10).saturating_sub(1)).copied();
    Some(Days { cases, median: at(5)?, ninth: at(9)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_told_by_the_middle_and_few_are_not_told() {
        assert_eq!(spread(vec![1, 2, 3, 4]), None);
        assert_eq!(spread(vec![9, 1, 1, 3, 60]), Some(Days { cases: 5, median: 3, ninth: 60 }));
        assert_eq!(spread((1..=10).collect()), Some(Days { cases: 10, median: 5, ninth: 9 }));
    }
}
