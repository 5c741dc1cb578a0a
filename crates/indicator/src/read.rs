//! What may be told, as the last round left it.

use std::collections::BTreeMap;

use catalogue::model::Unit;
use kernel::Instant;
use store::{Row, StoreError, Tx, params};

use crate::period::Period;

store::sql! {
    FIGURES = "select period, place, numerator, denominator from indicator_figure where indicator = $1 and part = ''";
    OF_PLACE = "select indicator, period, place, numerator, denominator from indicator_figure where place = $1 and part = ''";
    PARTS = "select period, part, numerator, denominator from indicator_figure where indicator = $1 and place = $2 and part <> ''";
    COUNTED_AT = "select indicator, counted_at from indicator_count";
}

/// What is told: how many count, over how many; `None`: kept back.
pub type Told = Option<(u64, u64)>;

/// An indicator's figures of all places. A place and period that are not there had nothing to count.
///
/// # Errors
/// The database.
pub async fn figures(tx: &mut Tx, indicator: &str) -> Result<BTreeMap<(Period, String), Told>, StoreError> {
    let found = tx.all(FIGURES, params![indicator]).await?;
    found.iter().map(|row| Ok(((row.parse("period")?, row.get("place")?), told(row)?))).collect()
}

/// All indicators' figures of one place, by indicator and period.
///
/// # Errors
/// The database.
pub async fn of_place(tx: &mut Tx, place: &str) -> Result<BTreeMap<String, BTreeMap<Period, Told>>, StoreError> {
    let mut all: BTreeMap<String, BTreeMap<Period, Told>> = BTreeMap::new();
    for row in tx.all(OF_PLACE, params![place]).await? {
        all.entry(row.get("indicator")?).or_default().insert(row.parse("period")?, told(&row)?);
    }
    Ok(all)
}

/// An indicator's figures of a place by kind of district. Where they are not there, they could not be told apart.
///
/// # Errors
/// The database.
pub async fn parts(tx: &mut Tx, indicator: &str, place: &str) -> Result<BTreeMap<(Period, String), Told>, StoreError> {
    let found = tx.all(PARTS, params![indicator, place]).await?;
    found.iter().map(|row| Ok(((row.parse("period")?, row.get("part")?), told(row)?))).collect()
}

/// When each indicator was last counted.
///
/// # Errors
/// The database.
pub async fn counted_at(tx: &mut Tx) -> Result<BTreeMap<String, Instant>, StoreError> {
    let found = tx.all(COUNTED_AT, &[]).await?;
    found.iter().map(|row| Ok((row.get("indicator")?, row.get("counted_at")?))).collect()
}

fn told(row: &Row) -> Result<Told, StoreError> {
    let number = |column: &str| row.maybe::<i64>(column).map(|n| n.and_then(|n| u64::try_from(n).ok()));
    Ok(number("numerator")?.zip(number("denominator")?))
}

/// A figure in its unit, rounded half up: tenths of percent, of thousandths or of a mean; minor units of money. `None`: there is
/// nothing to divide by.
pub fn value(unit: Unit, (n, of): (u64, u64)) -> Option<u64> {
    let times = match unit {
        Unit::Percent => 1_000,
        Unit::PerThousand => 10_000,
        Unit::Mean => 10,
        Unit::Money => 1,
    };
    let (n, of) = (u128::from(n), u128::from(of));
    (n * times * 2 + of).checked_div(of * 2).and_then(|value| u64::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_rounded_half_up_in_their_unit() {
        assert_eq!(value(Unit::Percent, (1, 3)), Some(333));
        assert_eq!(value(Unit::Percent, (2, 3)), Some(667));
        assert_eq!(value(Unit::PerThousand, (3, 2_000)), Some(15));
        assert_eq!(value(Unit::Mean, (12, 8)), Some(15));
        assert_eq!(value(Unit::Money, (3, 2)), Some(2));
        assert_eq!(value(Unit::Mean, (12, 0)), None);
    }
}
