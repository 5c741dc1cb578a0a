//! One question after a decision: how was it, from 0 to 10? Once for each person and decision, never to be traced back in
//! the figures.

use std::collections::BTreeMap;

use guard::{Action, Allowed, Who};
use kernel::suppress::without_numbers;
use kernel::{DecisionId, PersonId, words};
use serde::Serialize;
use store::{AsConflict, Row, StoreError, Tx, params};

use super::{FEWEST, MOST_WORDS, words_of};
use crate::case::rows as cases;
use crate::case::{Step, StepKind};
use crate::decide::{self, Decision, DecisionStatus, official};
use crate::desk::Desk;

store::sql! {
    ADD = "insert into satisfaction (subject_id, decision_id, person_id, programme, agency, jurisdiction, step, score, words, given_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (subject_id, decision_id, person_id) do nothing";
    GIVEN = "select score from satisfaction where subject_id = $1 and decision_id = $2 and person_id = $3";
    FIGURES = "select agency, jurisdiction, step, count(*) as people, cast(sum(score) as bigint) as scores,
        cast(sum(case when score >= 9 then 1 else 0 end) as bigint) as glad, cast(sum(case when score <= 6 then 1 else 0 end) as bigint) as sad
        from satisfaction where (agency = $1 or $1 = '') and (jurisdiction = $2 or $2 = '') and given_at >= $3 and given_at < $4
        group by agency, jurisdiction, step order by agency, jurisdiction, step";
    WORDS = "select agency, jurisdiction, step, words from satisfaction where words is not null
        and (agency = $1 or $1 = '') and (jurisdiction = $2 or $2 = '') and given_at >= $3 and given_at < $4 order by given_at desc limit $5";
}

/// The best score.
pub const BEST: u8 = 10;

words! {
    /// How the decision came about that is judged.
    Way as "way to a decision" {
        /// By the machine alone.
        Automatic = "automatic",
        /// By officials.
        Official = "official",
        /// After a hearing.
        Hearing = "hearing",
        /// After an objection or a court order.
        Review = "review",
    }
}

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("only somebody the decision was told to is asked")]
    NotAllowed,
    /// No such decision, or not told yet.
    #[error("there is no such decision")]
    Nothing,
    /// Not a score.
    #[error("{0} is no score: give a whole number from 0 to {BEST}")]
    NoScore(u8),
    /// Too many words.
    #[error("the words have {0} characters; at most {MOST_WORDS} are taken")]
    TooLong(usize),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Takes the answer of a person; `false` when they had answered before, and the first answer stands. `allowed` is the
/// guard's decision for [`Action::ViewCase`] about the person of the case.
pub async fn give(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    decision: DecisionId,
    score: u8,
    typed: &str,
) -> Result<bool, Fault> {
    let person = who.person.filter(|_| !who.role.is_staff()).ok_or(Fault::NotAllowed)?;
    let decision = told(tx, decision).await?.ok_or(Fault::Nothing)?;
    let case = cases::case(tx, decision.case).await?.ok_or(Fault::Nothing)?;
    if allowed.action() != Action::ViewCase || !allowed.covers(official::of(&case)) {
        return Err(Fault::NotAllowed);
    }
    if score > BEST {
        return Err(Fault::NoScore(score));
    }
    let words = words_of(typed).map_err(Fault::TooLong)?;
    let way = way(&decision, &cases::steps(tx, case.id).await?);
    let office = case.jurisdiction.as_deref().map(|place| desk.office_of(place));
    let values = params![
        case.subject.uuid(),
        decision.id,
        person,
        case.programme,
        case.agency,
        office,
        way.word(),
        i64::from(score),
        words,
        desk.now
    ];
    Ok(tx.execute(ADD, values).await? == 1)
}

/// A decision that was told to the family.
async fn told(tx: &mut Tx, id: DecisionId) -> Result<Option<Decision>, StoreError> {
    let told = |d: &Decision| matches!(d.status, DecisionStatus::InForce | DecisionStatus::Superseded);
    Ok(decide::one(tx, id).await?.filter(told))
}

/// How a decision came about, by what happened before it.
fn way(decision: &Decision, steps: &[Step]) -> Way {
    if decision.content.judgement.review.is_some() {
        return Way::Review;
    }
    let decided = decision.decided_at;
    let before = steps.iter().filter(|s| decided.is_none_or(|at| s.at <= at));
    let since_last =
        before.rev().skip_while(|s| s.kind == StepKind::Decided).take_while(|s| s.kind != StepKind::Decided);
    if since_last.into_iter().any(|s| s.kind == StepKind::HearingOpened) {
        return Way::Hearing;
    }
    if decision.automatic { Way::Automatic } else { Way::Official }
}

/// Whether a person has answered about a decision.
pub async fn given(tx: &mut Tx, decision: &Decision, person: PersonId) -> Result<bool, StoreError> {
    let key = params![decision.content.subject.uuid(), decision.id, person];
    Ok(tx.maybe(GIVEN, key).await?.is_some())
}

/// What people of one office said about one way to a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Line {
    /// The agency that decided.
    pub agency: String,
    /// The place of its office.
    pub jurisdiction: Option<String>,
    /// The way.
    pub step: Way,
    /// What they said; `None` when so few answered that somebody could be recognised.
    pub said: Option<Said>,
}

/// Figures of one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Said {
    /// How many answered.
    pub people: i64,
    /// The mean score in tenths, rounded half up.
    pub mean_tenths: i64,
    /// How many gave 9 or 10.
    pub glad: i64,
    /// How many gave 6 or less.
    pub sad: i64,
}

/// Which answers to count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Which {
    /// One agency, or all.
    pub agency: Option<String>,
    /// One place of an office, or all.
    pub jurisdiction: Option<String>,
    /// From this moment on.
    pub from: kernel::Instant,
    /// Before this moment.
    pub until: kernel::Instant,
}

/// The answers by office and way. Lines of fewer than [`FEWEST`] people say nothing but that they are few, and no sums
/// are given from which they could be worked out.
pub async fn figures(tx: &mut Tx, which: &Which) -> Result<Vec<Line>, StoreError> {
    let (agency, place) = (which.agency.clone().unwrap_or_default(), which.jurisdiction.clone().unwrap_or_default());
    let read = |row: &Row| {
        let (people, scores): (i64, i64) = (row.get("people")?, row.get("scores")?);
        let mean_tenths = (scores * 20 + people).checked_div(people * 2).unwrap_or(0);
        let said = Said { people, mean_tenths, glad: row.get("glad")?, sad: row.get("sad")? };
        Ok(Line {
            agency: row.get("agency")?,
            jurisdiction: row.maybe("jurisdiction")?,
            step: row.parse("step")?,
            said: (people >= FEWEST).then_some(said),
        })
    };
    tx.all(FIGURES, params![agency, place, which.from, which.until]).await?.iter().map(read).collect()
}

/// The most answers in words that are read for one page.
const MOST_READ: u32 = 5_000;

/// What people of one office wrote about one way to a decision.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wrote {
    /// The agency that decided.
    pub agency: String,
    /// The place of its office.
    pub jurisdiction: Option<String>,
    /// The way.
    pub step: Way,
    /// Their words, in no order that tells when; empty when so few wrote that somebody could be recognised.
    pub words: Vec<String>,
}

/// What people wrote, by office and way, for the office itself to read: without person, decision, score and day. Fewer
/// than [`FEWEST`] who wrote are not shown, numbers such as telephones and identifiers and e-mail addresses are taken out,
/// and the order is that of the alphabet: the newest text would else belong to whoever was decided about last.
pub async fn words(tx: &mut Tx, which: &Which) -> Result<Vec<Wrote>, StoreError> {
    let (agency, place) = (which.agency.clone().unwrap_or_default(), which.jurisdiction.clone().unwrap_or_default());
    let mut groups: BTreeMap<(String, Option<String>, Way), Vec<String>> = BTreeMap::new();
    for row in tx.all(WORDS, params![agency, place, which.from, which.until, MOST_READ]).await? {
        let key = (row.get("agency")?, row.maybe("jurisdiction")?, row.parse("step")?);
        groups.entry(key).or_default().push(without_numbers(&row.get::<String>("words")?));
    }
    let mut all = Vec::new();
    for ((agency, jurisdiction, step), mut words) in groups {
        if i64::try_from(words.len()).is_ok_and(|n| n < FEWEST) {
            words.clear();
        }
        words.sort_unstable();
        all.push(Wrote { agency, jurisdiction, step, words });
    }
    Ok(all)
}
