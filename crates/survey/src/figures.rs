//! What families said, together. Only quarters that are over are told of: while answers still come in, whoever looks before and after
//! one would see what it said.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use catalogue::model::Survey;
use kernel::suppress::{self, Cell, is_small};
use kernel::{AccountId, Date, InvitationId};
use store::{Row, StoreError, Tx, params};
use visit::Desk;

use crate::answer;

store::sql! {
    COUNTS = "select organisation, place, nurse_id, count(*) as asked, cast(sum(case when status = 'answered' then 1 else 0 end) as bigint) as answered
        from survey_invitation where survey = $1 and wave = $2 and closes_on >= $3 and closes_on < $4 and status <> 'withdrawn' group by organisation, place, nurse_id";
    VALUES = "select i.organisation, i.place, i.nurse_id, v.measure, count(*) as answers, cast(sum(v.value) as bigint) as points
        from survey_value v join survey_invitation i on i.person_id = v.person_id and i.invitation_id = v.invitation_id
        where i.survey = $1 and i.wave = $2 and i.closes_on >= $3 and i.closes_on < $4 group by i.organisation, i.place, i.nurse_id, v.measure";
    WORDS = "select i.organisation, i.place, i.invitation_id, a.sealed
        from survey_answer a join survey_invitation i on i.person_id = a.person_id and i.invitation_id = a.invitation_id
        where i.survey = $1 and i.wave = $2 and i.closes_on >= $3 and i.closes_on < $4 and a.wrote order by i.invitation_id limit $5";
}

/// The most texts that are read for one page.
const MOST_WORDS: u32 = 2_000;

/// A quarter of a year.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Quarter {
    year: i16,
    /// 0 to 3.
    number: i8,
}

impl Quarter {
    /// The quarter a day lies in.
    pub fn of(day: Date) -> Quarter {
        Quarter { year: day.year(), number: (day.month() - 1) / 3 }
    }

    /// The one before.
    #[must_use]
    pub fn before(self) -> Quarter {
        match self.number {
            0 => Quarter { year: self.year - 1, number: 3 },
            n => Quarter { year: self.year, number: n - 1 },
        }
    }

    /// The first day.
    pub fn first(self) -> Date {
        Date::new(self.year, self.number * 3 + 1, 1).unwrap_or(Date::MIN)
    }

    /// The first day of the next.
    pub fn end(self) -> Date {
        self.first().saturating_add(jiff::Span::new().months(3))
    }

    /// Whether all of it has passed on a day.
    pub fn is_over(self, today: Date) -> bool {
        self.end() <= today
    }
}

/// As `2026-Q3`.
impl fmt::Display for Quarter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-Q{}", self.year, self.number + 1)
    }
}

impl FromStr for Quarter {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let parsed = text.split_once("-Q").and_then(|(year, number)| {
            let (year, number) = (year.parse::<i16>().ok()?, number.parse::<i8>().ok()?);
            let fits = (1900..=2999).contains(&year) && (1..=4).contains(&number);
            fits.then(|| Quarter { year, number: number - 1 })
        });
        let shown: String = text.chars().take(20).collect();
        parsed.filter(|q| q.to_string() == text).ok_or_else(|| format!("{shown:?} is no quarter such as 2026-Q3"))
    }
}

/// Which answers, and how they are grouped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum By {
    /// The nurses of one agency in one district.
    Nurse {
        /// The agency.
        organisation: String,
        /// The district.
        place: String,
    },
    /// Districts within a place.
    District {
        /// The place around them.
        within: String,
    },
}

/// What a line is about.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// A nurse; `None`: families that had none.
    Nurse(Option<AccountId>),
    /// A district.
    District(String),
}

/// What the families of a group said. `None`: of so few that it is told to nobody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// How many were asked.
    pub asked: u64,
    /// How many answered.
    pub answered: Option<u64>,
    /// The mean of each measure of the survey in tenths, rounded half up, in the order of the survey.
    pub means: Vec<Option<u64>>,
}

/// What families said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figures {
    /// By nurse or district.
    pub lines: Vec<(Group, Line)>,
    /// Of all lines.
    pub total: Line,
}

#[derive(Clone, Debug, Default)]
struct Counted {
    asked: u64,
    answered: u64,
    /// Answers and points by measure.
    values: BTreeMap<String, (u64, u64)>,
}

/// The figures of one wave in a quarter; `None` while the quarter is not over.
///
/// # Errors
/// The database.
pub async fn figures(
    tx: &mut Tx,
    desk: &Desk<'_>,
    survey: &Survey,
    wave: &str,
    by: &By,
    quarter: Quarter,
) -> Result<Option<Figures>, StoreError> {
    if !quarter.is_over(desk.today()) {
        return Ok(None);
    }
    let which = params![survey.id, wave, quarter.first(), quarter.end()].to_vec();
    let mut groups: BTreeMap<Group, Counted> = BTreeMap::new();
    let number = |row: &Row, column: &str| row.get::<i64>(column).map(|n| u64::try_from(n).unwrap_or(0));
    for row in tx.all(COUNTS, &which).await? {
        let Some(group) = group(desk, by, &row)? else { continue };
        let of = groups.entry(group).or_default();
        of.asked += number(&row, "asked")?;
        of.answered += number(&row, "answered")?;
    }
    for row in tx.all(VALUES, &which).await? {
        let Some(group) = group(desk, by, &row)? else { continue };
        let of = groups.entry(group).or_default().values.entry(row.get("measure")?).or_default();
        of.0 += number(&row, "answers")?;
        of.1 += number(&row, "points")?;
    }
    Ok(Some(shown(survey, groups)))
}

/// The line a row belongs to; `None`: not asked for.
fn group(desk: &Desk<'_>, by: &By, row: &Row) -> Result<Option<Group>, StoreError> {
    let at: String = row.get("place")?;
    Ok(match by {
        By::Nurse { organisation, place } => {
            let here = at == *place && row.get::<String>("organisation")? == *organisation;
            if here { Some(Group::Nurse(row.maybe("nurse_id")?)) } else { None }
        }
        By::District { within } => desk.pack.within(&at, within).then_some(Group::District(at)),
    })
}

/// Keeps back what is of few, and whatever it could be worked out from.
fn shown(survey: &Survey, groups: BTreeMap<Group, Counted>) -> Figures {
    let below = u64::from(survey.suppress_below);
    let answered: Vec<u64> = groups.values().map(|g| g.answered).collect();
    let (lines, total) = hidden(&answered, below);
    let mut all = Counted::default();
    for of in groups.values() {
        all.asked += of.asked;
        all.answered += of.answered;
    }
    let mut means: Vec<(Vec<bool>, bool)> = Vec::new();
    for measure in &survey.measures {
        let counts: Vec<(u64, u64)> =
            groups.values().map(|g| g.values.get(&measure.id).copied().unwrap_or_default()).collect();
        let sum = counts.iter().fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1));
        all.values.insert(measure.id.clone(), sum);
        let kept: Vec<bool> =
            counts.iter().zip(&lines).map(|((n, _), hidden)| *hidden || is_small(*n, below)).collect();
        // The mean of all tells that of those kept back together: they must be enough.
        let back: u64 = counts.iter().zip(&kept).filter(|(_, hidden)| **hidden).map(|((n, _), _)| n).sum();
        means.push((kept, total || is_small(sum.0, below) || is_small(back, below)));
    }
    let line = |of: &Counted, hidden: bool, is_hidden: &dyn Fn(usize) -> bool| Line {
        asked: of.asked,
        answered: Some(of.answered).filter(|_| !hidden),
        means: survey
            .measures
            .iter()
            .enumerate()
            .map(|(m, measure)| of.values.get(&measure.id).filter(|_| !is_hidden(m)).and_then(mean))
            .collect(),
    };
    let at = |kept: &[bool], n: usize| kept.get(n).copied().unwrap_or(true);
    let lines = groups.into_iter().enumerate().map(|(n, (group, of))| {
        let one = line(&of, at(&lines, n), &|m| means.get(m).is_none_or(|(kept, _)| at(kept, n)));
        (group, one)
    });
    let lines = lines.collect();
    Figures { lines, total: line(&all, total, &|m| means.get(m).is_none_or(|(_, total)| *total)) }
}

/// Which numbers of a column are kept back, and whether its sum is.
fn hidden(column: &[u64], below: u64) -> (Vec<bool>, bool) {
    let cell = |value: u64| Cell { from: 0, to: 1, value, hidden: is_small(value, below), total: false };
    let sum: u64 = column.iter().sum();
    let mut cells: Vec<Cell> = column.iter().map(|n| cell(*n)).collect();
    cells.push(Cell { from: 1, to: 0, total: true, ..cell(sum) });
    suppress::protect(&mut cells);
    let total = cells.pop().is_some_and(|c| c.hidden);
    (cells.into_iter().map(|c| c.hidden).collect(), total)
}

/// The mean in tenths, rounded half up.
fn mean((answers, points): &(u64, u64)) -> Option<u64> {
    (points * 20 + answers).checked_div(answers * 2)
}

/// What families of a district wrote, in no order that tells when; empty while so few wrote that somebody could be recognised, or the
/// quarter is not over. Numbers such as telephones and e-mail addresses are taken out. For the office that answers for the visits,
/// never by nurse.
///
/// # Errors
/// The database, or answers that do not open.
pub async fn words(
    tx: &mut Tx,
    desk: &Desk<'_>,
    survey: &Survey,
    wave: &str,
    (organisation, place): (&str, &str),
    quarter: Quarter,
) -> Result<Vec<String>, StoreError> {
    if !quarter.is_over(desk.today()) {
        return Ok(Vec::new());
    }
    let which = params![survey.id, wave, quarter.first(), quarter.end(), MOST_WORDS].to_vec();
    let mut all: Vec<String> = Vec::new();
    let mut families = 0;
    for row in tx.all(WORDS, &which).await? {
        if row.get::<String>("organisation")? != organisation || row.get::<String>("place")? != place {
            continue;
        }
        let id: InvitationId = row.get("invitation_id")?;
        let kept = answer::open(desk.keys, id, &row.get::<Vec<u8>>("sealed")?)?;
        let Some(instrument) = desk.pack.instruments().get(&kept.instrument) else { continue };
        let words = kept.words(instrument);
        families += u64::from(!words.is_empty());
        all.extend(words.iter().map(|text| suppress::without_numbers(text)));
    }
    if families < u64::from(survey.suppress_below) {
        return Ok(Vec::new());
    }
    all.sort_unstable();
    Ok(all)
}

/// The waves of a survey and the quarters that can be looked at, the newest first.
pub fn quarters(today: Date, most: usize) -> Vec<Quarter> {
    std::iter::successors(Some(Quarter::of(today).before()), |q| Some(q.before())).take(most).collect()
}
