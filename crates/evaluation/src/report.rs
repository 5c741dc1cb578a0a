//! What is told of a study: once a quarter, of answers given before it began, and then the same to everybody. Families come and go
//! all the time; whoever saw a comparison before and after would see what one of them said.

use catalogue::model::Study;
use kernel::Instant;
use kernel::suppress::is_small;
use serde::{Deserialize, Serialize};
use store::{JobRow, Row, StoreError, Tx, params};
use survey::figures::Quarter;
use visit::Desk;

use crate::cohort::{self, Member};
use crate::estimate::{self, Comparison, Difference, Fault, Unit};

store::sql! {
    KNOWN = "select study from evaluation_report where study = $1 and quarter = $2";
    ADD = "insert into evaluation_report (study, quarter, content, made_at) values ($1, $2, $3, $4) on conflict (study, quarter) do nothing";
    LAST = "select content, made_at from evaluation_report where study = $1 order by quarter desc limit $2";
}

/// The job that works reports out.
pub const ROUND: &str = "evaluation.round";
/// Behind everything that people wait for.
const PRIORITY: i32 = 80;

/// A study's report. Pairs begin with the families that had what is studied. `None`: of so few that it is told to nobody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// The study.
    pub study: String,
    /// The last quarter whose answers count, as `2026-Q3`.
    pub quarter: String,
    /// Families that agreed and whose baseline is known.
    pub families: [Option<u64>; 2],
    /// Families that are left out because a number of the baseline was not said.
    pub incomplete: Option<u64>,
    /// The covariates of the study as it was, in their order.
    pub covariates: Vec<String>,
    /// What came of each outcome, in the order of the study.
    pub findings: Vec<Finding>,
}

/// One outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The wave of the survey.
    pub wave: String,
    /// The measure of the survey.
    pub measure: String,
    /// Families that answered.
    pub answered: [Option<u64>; 2],
    /// What can be said.
    pub said: Said,
}

/// What can be said of an outcome.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Said {
    /// A group is smaller than the study asks for.
    TooFew,
    /// What was known before tells the groups apart.
    Apart,
    /// They were compared.
    Compared(Compared),
}

/// A comparison in hundredths of a point, of a standard deviation, and in whole families and percent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Compared {
    /// Between groups made alike.
    pub weighted: Range,
    /// Between groups as they are.
    pub crude: Range,
    /// Means of the groups made alike.
    pub means: [i64; 2],
    /// How many families each group counts for.
    pub effective: [i64; 2],
    /// Families with hardly anybody to be compared with, in percent.
    pub outside: i64,
    /// How far the groups are apart in each covariate, in the order of the report: as they are, and made alike.
    pub balance: Vec<[i64; 2]>,
}

/// A difference and its 95 % interval, in hundredths of a point.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Range {
    /// The difference.
    pub value: i64,
    /// The lower end.
    pub low: i64,
    /// The upper end.
    pub high: i64,
}

/// What an interval says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of it lies above 0.
    More,
    /// All of it lies below 0.
    Less,
    /// 0 lies in it: whether there is a difference cannot be said. That is not the same as none.
    Open,
}

impl Range {
    /// What it says.
    pub fn verdict(self) -> Verdict {
        match self {
            Range { low, .. } if low > 0 => Verdict::More,
            Range { high, .. } if high < 0 => Verdict::Less,
            _ => Verdict::Open,
        }
    }
}

/// Groups further apart than this in a covariate after weighting, in hundredths of a standard deviation, are not alike (Austin 2011).
pub const ALIKE: i64 = 10;
/// More families than this, in percent, without anybody to be compared with make a result doubtful.
pub const OUTSIDE: i64 = 10;

impl Compared {
    /// Whether the groups are alike enough after weighting.
    pub fn is_balanced(&self) -> bool {
        self.balance.iter().all(|[_, after]| after.abs() <= ALIKE)
    }
}

/// Queues the day's look whether a quarter is over.
///
/// # Errors
/// The database.
pub async fn queue(tx: &mut Tx, desk: &Desk<'_>) -> Result<bool, StoreError> {
    if desk.pack.studies().iter().next().is_none() {
        return Ok(false);
    }
    tx.queue(desk.ids, desk.now, ROUND, &desk.today().to_string(), PRIORITY, &()).await
}

/// Works on a leased job: the reports that are missing, of the last quarter that is over. Says how many; `None`: it is no job of this
/// room. The caller commits.
///
/// # Errors
/// The database.
pub async fn work(tx: &mut Tx, desk: &Desk<'_>, job: &JobRow) -> Result<Option<usize>, StoreError> {
    if job.kind != ROUND {
        return Ok(None);
    }
    let mut made = 0;
    for study in desk.pack.studies().iter() {
        let quarter = Quarter::of(desk.today()).before();
        if tx.maybe(KNOWN, params![study.id, quarter.to_string()]).await?.is_none() {
            let report = make(tx, desk, study, quarter).await?;
            let content = serde_json::to_string(&report).map_err(|e| StoreError::Driver(e.to_string()))?;
            tx.execute(ADD, params![study.id, report.quarter, content, desk.now]).await?;
            made += 1;
        }
    }
    tx.job_done(job.id).await?;
    Ok(Some(made))
}

/// The last reports of a study, the newest first, each with when it was made.
///
/// # Errors
/// The database.
pub async fn last(tx: &mut Tx, study: &str, most: u32) -> Result<Vec<(Report, Instant)>, StoreError> {
    let read = |row: &Row| Ok((row.json("content")?, row.get("made_at")?));
    tx.all(LAST, params![study, most]).await?.iter().map(read).collect()
}

/// Works a report out.
async fn make(tx: &mut Tx, desk: &Desk<'_>, study: &Study, quarter: Quarter) -> Result<Report, StoreError> {
    let offset = desk.pack.manifest().utc_offset_hours;
    let end = Instant::start_of(quarter.end()).plus_seconds(-3600 * i64::from(offset));
    let agreed = cohort::agreed(tx, study).await?;
    let members = cohort::members(tx, desk, study, &agreed, end).await?;
    Ok(of(study, &members, quarter))
}

/// What is told of these families.
pub fn of(study: &Study, members: &[Member], quarter: Quarter) -> Report {
    let below = u64::from(study.suppress_below);
    let (known, incomplete): (Vec<&Member>, Vec<&Member>) =
        members.iter().partition(|m| m.covariates.iter().all(Option::is_some));
    let group = |treated: bool| count(known.iter().filter(|m| m.treated == treated));
    let families = [true, false].map(group);
    Report {
        study: study.id.clone(),
        quarter: quarter.to_string(),
        families: families.map(|n| Some(n).filter(|n| !is_small(*n, below))),
        incomplete: Some(count(incomplete.iter())).filter(|n| !is_small(*n, below)),
        covariates: study.covariates.iter().map(|c| c.id.clone()).collect(),
        findings: (0..study.outcomes.len()).filter_map(|n| finding(study, &known, families, n)).collect(),
    }
}

fn finding(study: &Study, known: &[&Member], families: [u64; 2], n: usize) -> Option<Finding> {
    let outcome = study.outcomes.get(n)?;
    let unit = |m: &&Member| {
        let answer = (*m.outcomes.get(n)?)?;
        let covariates: Option<Vec<f64>> = m.covariates.iter().copied().collect();
        Some(Unit { treated: m.treated, covariates: covariates?, outcome: answer.value as f64 })
    };
    let units: Vec<Unit> = known.iter().filter_map(unit).collect();
    let below = u64::from(study.suppress_below);
    let [with, without] = families;
    // Neither of few who answered nor of few who did not.
    let told = |treated: bool, all: u64| {
        let answered = count(units.iter().filter(|u| u.treated == treated));
        let few = is_small(answered, below) || is_small(all.saturating_sub(answered), below);
        Some(answered).filter(|_| !few)
    };
    let said = match estimate::compare(&units, usize::try_from(study.least_group).unwrap_or(usize::MAX)) {
        Ok(found) => Said::Compared(rounded(&found)),
        Err(Fault::TooFew) => Said::TooFew,
        Err(Fault::NoOverlap) => Said::Apart,
    };
    Some(Finding {
        wave: outcome.wave.clone(),
        measure: outcome.measure.clone(),
        answered: [told(true, with), told(false, without)],
        said,
    })
}

fn rounded(found: &Comparison) -> Compared {
    let range = |d: &Difference| Range { value: hundredths(d.value), low: hundredths(d.low), high: hundredths(d.high) };
    Compared {
        weighted: range(&found.weighted),
        crude: range(&found.crude),
        means: found.means.map(hundredths),
        effective: found.effective.map(|n| n.round() as i64),
        outside: (found.outside * 100.0).round() as i64,
        balance: found.balance.iter().map(|b| [hundredths(b.before), hundredths(b.after)]).collect(),
    }
}

fn hundredths(value: f64) -> i64 {
    (value * 100.0).round() as i64
}

fn count<T>(of: impl Iterator<Item = T>) -> u64 {
    u64::try_from(of.count()).unwrap_or(u64::MAX)
}
