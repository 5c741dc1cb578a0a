//! Counting everything anew, once a day.

use std::collections::HashMap;

use catalogue::Pack;
use catalogue::model::{Indicator, Indicators};
use jiff::ToSpan as _;
use kernel::{Date, Instant};
use store::{Batch, StoreError, ToValue as _, Tx, params};
use visit::Desk;
use visit::whole::Whole;

use crate::columns::{Builder, Columns, Family};
use crate::count::count;
use crate::income::{self, Unasked};
use crate::publish::{Figure, publish};

store::sql! {
    FORGET = "delete from indicator_figure where indicator = $1";
    FORGET_COUNT = "delete from indicator_count where indicator = $1";
    COUNTED = "insert into indicator_count (indicator, pack, counted_at) values ($1, $2, $3)";
    KNOWN = "select indicator from indicator_count";
}

pub(crate) static ADD: Batch = Batch::bulk(
    "ADD",
    "insert into indicator_figure (indicator, period, place, part, numerator, denominator) values",
    6,
);

/// The job that counts.
pub const ROUND: &str = "indicator.round";
/// Behind what a person waits for.
const PRIORITY: i32 = 80;
/// How many families are read at once.
const CHUNK: u32 = 500;
/// How far back periods are counted, in years.
const YEARS: i64 = 4;

/// Queues the day's round: once a day, however often it is called.
///
/// # Errors
/// The database.
pub async fn queue(tx: &mut Tx, desk: &Desk<'_>) -> Result<bool, StoreError> {
    tx.queue(desk.ids, desk.now, ROUND, &desk.today().to_string(), PRIORITY, &()).await
}

/// Reads everything that is counted, and says of which families nobody has looked at the income.
///
/// # Errors
/// The database, or a record that cannot be read.
pub async fn load(
    tx: &mut Tx,
    desk: &Desk<'_>,
    indicators: &Indicators,
) -> Result<(Columns, Vec<Unasked>), StoreError> {
    let mut builder = Builder::new(desk.pack, indicators);
    let incomes = if indicators.incomes.is_some() { income::known(tx).await? } else { HashMap::new() };
    let (mut last, mut unasked, mut rows) = (None, Vec::new(), 0..);
    loop {
        let families = visit::whole::after(tx, last, CHUNK).await?;
        let Some(end) = families.last().map(|f| (f.enrolment.person, f.enrolment.id)) else { break };
        last = Some(end);
        for (whole, row) in families.into_iter().zip(&mut rows) {
            let (person, enrolment, entered) = (whole.enrolment.person, whole.enrolment.id, whole.enrolment.entered_on);
            let fifth = incomes.get(&enrolment).copied();
            if fifth.is_none() && indicators.incomes.is_some() {
                unasked.push(Unasked { row, person, enrolment, entered });
            }
            builder.family(&Family { fifth: fifth.flatten(), ..family(desk, whole) });
        }
    }
    let offset = desk.pack.manifest().utc_offset_hours;
    for it in referral::measure::sent(tx, Instant::start_of(since(desk.today()))).await? {
        let completed = it.completed.map(|at| at.date(offset));
        builder.referral(&desk.district(&it.place), it.person, it.requested.date(offset), completed);
    }
    Ok((builder.columns(), unasked))
}

/// The first day that is looked at.
fn since(today: Date) -> Date {
    today.saturating_sub(YEARS.years())
}

fn family(desk: &Desk<'_>, whole: Whole) -> Family {
    let e = whole.enrolment;
    Family {
        place: e.place,
        fifth: None,
        protocol: e.protocol,
        entered: e.entered_on,
        agreed: e.consented_at.map(|at| at.date(desk.pack.manifest().utc_offset_hours)),
        left: e.left.map(|(day, _)| day),
        due: e.dates.due,
        lost: e.dates.lost,
        children: e.dates.children.iter().map(|c| (c.born, c.died)).collect(),
        levels: whole.levels,
        contacts: whole.contacts,
    }
}

/// What may be told of every indicator of the pack today, from what was read.
pub fn figures<'p>(pack: &'p Pack, columns: &Columns, today: Date) -> Vec<(&'p Indicator, Vec<Figure>)> {
    let Some(indicators) = pack.indicators() else { return Vec::new() };
    let counted = count(columns, indicators, since(today), today);
    let told =
        |(indicator, counted)| (indicator, publish(pack, indicators, indicator, (&columns.places, counted), today));
    indicators.all.iter().zip(&counted).map(told).collect()
}

/// Writes an indicator's figures anew; those of one that the pack no longer has go with [`forget_others`].
///
/// # Errors
/// The database.
pub async fn keep(tx: &mut Tx, desk: &Desk<'_>, indicator: &str, figures: &[Figure]) -> Result<(), StoreError> {
    forget(tx, indicator).await?;
    let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
    let row = |f: &Figure| {
        let (n, of) = (f.told.map(|told| number(told.0)), f.told.map(|told| number(told.1)));
        vec![
            indicator.to_value(),
            f.period.to_string().to_value(),
            f.place.to_value(),
            f.part.to_value(),
            n.to_value(),
            of.to_value(),
        ]
    };
    ADD.insert(tx, figures.iter().map(row).collect()).await?;
    tx.execute(COUNTED, params![indicator, desk.pack.content_hash(), desk.now]).await.map(drop)
}

async fn forget(tx: &mut Tx, indicator: &str) -> Result<(), StoreError> {
    tx.execute(FORGET, params![indicator]).await?;
    tx.execute(FORGET_COUNT, params![indicator]).await.map(drop)
}

/// Forgets the figures of indicators that the pack no longer has.
///
/// # Errors
/// The database.
pub async fn forget_others(tx: &mut Tx, pack: &Pack) -> Result<(), StoreError> {
    let has = |id: &str| pack.indicators().is_some_and(|all| all.all.iter().any(|i| i.id == id));
    for row in tx.all(KNOWN, &[]).await? {
        let id: String = row.get("indicator")?;
        if !has(&id) {
            forget(tx, &id).await?;
        }
    }
    Ok(())
}
