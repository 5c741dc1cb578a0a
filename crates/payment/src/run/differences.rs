//! Why this run's sum is another than last month's: every won of the difference is in one of these kinds.

use kernel::RunId;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use super::Run;
use super::seal::Counts;
use crate::model::{Cause, words};

words! {
    /// A kind of difference.
    DifferenceKind as "kind of difference" {
        /// Entitlements paid for the first time.
        New = "new",
        /// Paid last time, and nothing is due any more.
        Ended = "ended",
        /// Another amount than last time.
        Changed = "changed",
        /// Paid last time, held now.
        Held = "held",
        /// Not paid last time though not new.
        Resumed = "resumed",
        /// Held until now.
        Unheld = "unheld",
        /// For earlier periods.
        Arrears = "arrears",
        /// Came back and goes out again.
        Repaid = "repaid",
        /// One payment in all.
        Once = "once",
        /// Arrears, repayments and single payments of last time.
        NotRepeated = "not_repeated",
        /// More or less kept back for recoveries than last time.
        SetOff = "set_off",
    }
}

/// One kind of difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// What kind.
    pub kind: DifferenceKind,
    /// How many lines.
    pub lines: u32,
    /// By how much the sum is higher, in minor units; negative: lower.
    pub minor: i64,
}

/// From last time's sum to this one's: `previous_minor` plus all differences is `minor`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Differences {
    /// The sum of the run before; 0 when there is none.
    pub previous_minor: i64,
    /// Its payments.
    pub previous_lines: u32,
    /// This sum.
    pub minor: i64,
    /// Why.
    pub by: Vec<Difference>,
}

store::sql! {
    MARK = "update run_line set cause = 'changed' where run_id = $1 and cause = 'regular' and status = 'ready' and exists (select 1 from run_line p
        where p.run_id = $2 and p.entitlement_id = run_line.entitlement_id and p.cause in ('regular', 'new', 'changed') and p.status not in ('held', 'dropped') and p.minor <> run_line.minor)";
    BY_CAUSE = "select cause, count(*) as lines, cast(sum(minor) as bigint) as minor, cast(sum(set_off) as bigint) as set_off,
        cast(sum(case when pays > 0 then 1 else 0 end) as bigint) as paying
        from run_line where run_id = $1 and status not in ('held', 'dropped') group by cause";
    GONE = "select cast(coalesce(sum(case when h.entitlement_id is null then 1 else 0 end), 0) as bigint) as ended,
        cast(coalesce(sum(case when h.entitlement_id is null then p.minor else 0 end), 0) as bigint) as ended_minor,
        cast(coalesce(sum(case when h.entitlement_id is null then 0 else 1 end), 0) as bigint) as held,
        cast(coalesce(sum(case when h.entitlement_id is null then 0 else p.minor end), 0) as bigint) as held_minor
        from run_line p left join (select distinct entitlement_id from run_line where run_id = $1 and status = 'held') h on h.entitlement_id = p.entitlement_id
        where p.run_id = $2 and p.status not in ('held', 'dropped') and p.cause in ('regular', 'new', 'changed')
        and not exists (select 1 from run_line c where c.run_id = $1 and c.entitlement_id = p.entitlement_id and c.status = 'ready' and c.cause in ('regular', 'new', 'changed'))";
    RESUMED = "select count(*) as lines, cast(coalesce(sum(c.minor), 0) as bigint) as minor from run_line c
        where c.run_id = $1 and c.status = 'ready' and c.cause in ('regular', 'changed')
        and not exists (select 1 from run_line p where p.run_id = $2 and p.entitlement_id = c.entitlement_id and p.status not in ('held', 'dropped') and p.cause in ('regular', 'new', 'changed'))";
}

/// Marks the regular lines that pay another amount than last time.
pub(crate) async fn mark_changed(tx: &mut Tx, run: &Run) -> Result<(), StoreError> {
    match run.previous {
        Some(previous) => tx.execute(MARK, params![run.id, previous]).await.map(drop),
        None => Ok(()),
    }
}

/// What the lines of a run add up to, by cause.
#[derive(Default)]
struct Sums {
    by: Vec<(Cause, u32, i64)>,
    set_off: i64,
    paying: u32,
}

impl Sums {
    async fn of(tx: &mut Tx, run: RunId) -> Result<Sums, StoreError> {
        let mut sums = Sums::default();
        for row in tx.all(BY_CAUSE, params![run]).await? {
            sums.by.push((row.parse("cause")?, row.get("lines")?, row.get("minor")?));
            sums.set_off += row.get::<i64>("set_off")?;
            sums.paying += row.get::<u32>("paying")?;
        }
        Ok(sums)
    }

    fn of_causes(&self, causes: &[Cause]) -> (u32, i64) {
        let with = self.by.iter().filter(|(cause, ..)| causes.contains(cause));
        with.fold((0, 0), |(lines, minor), (_, l, m)| (lines + l, minor + m))
    }
}

const BASE: [Cause; 3] = [Cause::Regular, Cause::New, Cause::Changed];
const EXTRA: [Cause; 4] = [Cause::Once, Cause::Arrears, Cause::Repaid, Cause::Unheld];

/// The way from last time's sum to this one's.
pub(crate) async fn explain(tx: &mut Tx, run: &Run, counts: Counts) -> Result<Differences, StoreError> {
    let now = Sums::of(tx, run.id).await?;
    let before = match run.previous {
        Some(previous) => Sums::of(tx, previous).await?,
        None => Sums::default(),
    };
    let previous = run.previous.unwrap_or(RunId(Uuid::nil()));
    let gone = tx.one(GONE, params![run.id, previous]).await?;
    let resumed = tx.one(RESUMED, params![run.id, previous]).await?;
    let (resumed_lines, resumed_minor): (u32, i64) = (resumed.get("lines")?, resumed.get("minor")?);
    let (ended, ended_minor): (u32, i64) = (gone.get("ended")?, gone.get("ended_minor")?);
    let (held, held_minor): (u32, i64) = (gone.get("held")?, gone.get("held_minor")?);
    let (_, base_before) = before.of_causes(&BASE);
    let (_, going_on) = now.of_causes(&[Cause::Regular, Cause::Changed]);
    // What went on from last time to this time, less what it was then.
    let changed = (going_on - resumed_minor) - (base_before - ended_minor - held_minor);
    let (extra_lines, extra_minor) = before.of_causes(&EXTRA);
    let of = |kind, cause| {
        let (lines, minor) = now.of_causes(&[cause]);
        Difference { kind, lines, minor }
    };
    let kinds = [
        of(DifferenceKind::New, Cause::New),
        Difference { kind: DifferenceKind::Ended, lines: ended, minor: -ended_minor },
        Difference { kind: DifferenceKind::Changed, lines: now.of_causes(&[Cause::Changed]).0, minor: changed },
        Difference { kind: DifferenceKind::Held, lines: held, minor: -held_minor },
        Difference { kind: DifferenceKind::Resumed, lines: resumed_lines, minor: resumed_minor },
        of(DifferenceKind::Unheld, Cause::Unheld),
        of(DifferenceKind::Arrears, Cause::Arrears),
        of(DifferenceKind::Repaid, Cause::Repaid),
        of(DifferenceKind::Once, Cause::Once),
        Difference { kind: DifferenceKind::NotRepeated, lines: extra_lines, minor: -extra_minor },
        Difference { kind: DifferenceKind::SetOff, lines: 0, minor: before.set_off - now.set_off },
    ];
    let by = kinds.into_iter().filter(|d| d.lines > 0 || d.minor != 0).collect();
    let previous_minor = before.by.iter().map(|(.., minor)| minor).sum::<i64>() - before.set_off;
    Ok(Differences { previous_minor, previous_lines: before.paying, minor: counts.minor, by })
}
