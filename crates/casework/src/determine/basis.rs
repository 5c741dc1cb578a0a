//! Everything a determination rests on.

use kernel::{Date, HouseholdId};
use registry::AsOf;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use crate::case::Case;
use crate::desk::Desk;
use crate::household;
use crate::model::Subject;
use crate::snapshot::Snapshot;

/// How many months back a determination may reach: ten years, the longest any claim lives.
const MONTHS: usize = 120;

/// A household on one day, as known at the moment of the determination.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactsOn {
    /// The first of these days, up to the next entry.
    pub from: Date,
    /// The household.
    pub facts: Snapshot,
}

/// A programme that a member of the family has or asks for: the combination rules look at these and no others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Claimed {
    /// The programme.
    pub programme: String,
    /// Whose.
    pub subject: Subject,
    /// The day it was applied for: before that it takes nothing away from another.
    pub since: Date,
    /// The first day on which what was granted is over, and takes nothing away any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Date>,
}

impl Claimed {
    /// Whether it can take something away from another in the month of a day.
    pub(super) fn counts_in(&self, day: Date) -> bool {
        self.since <= day.last_of_month() && self.until.is_none_or(|until| until > day.first_of_month())
    }
}

/// What is put before the rules.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Basis {
    /// The programme.
    pub programme: String,
    /// Whose entitlement.
    pub subject: Subject,
    /// The household.
    pub household: HouseholdId,
    /// The day it is worked out for.
    pub on: Date,
    /// The legal day of the application.
    pub claim: Date,
    /// The first day of the entitlement that runs already.
    pub since: Option<Date>,
    /// The household over time, the earliest first; the last is the one on the day itself.
    pub facts: Vec<FactsOn>,
    /// What the family has or asks for.
    pub claimed: Vec<Claimed>,
}

impl Basis {
    /// The household as it was on a day.
    pub fn on_day(&self, day: Date) -> Option<&Snapshot> {
        self.facts.iter().rev().find(|f| f.from <= day).map(|f| &f.facts)
    }

    /// The household on the day itself.
    pub fn now(&self) -> Option<&Snapshot> {
        self.facts.last().map(|f| &f.facts)
    }
}

/// Reads what a case rests on, as of today; `None` when the household is gone.
pub async fn load(tx: &mut Tx, desk: &Desk<'_>, case: &Case) -> Result<Option<Basis>, StoreError> {
    let today = desk.today();
    let Some(home) = home_on(tx, desk, case, today).await? else { return Ok(None) };
    let Some(now) = household::load_on(tx, desk, home, today).await? else { return Ok(None) };
    let mut basis = Basis {
        programme: case.programme.clone(),
        subject: case.subject,
        household: home,
        on: today,
        claim: case.applied_on,
        since: running_since(tx, case).await?,
        facts: vec![FactsOn { from: today, facts: now }],
        claimed: claimed(tx, case).await?,
    };
    // How far back the entitlement reaches is itself worked out; most reach back no further than this month.
    let from = basis.since.or(super::work::begins(desk.pack, &basis)).unwrap_or(today);
    let mut earlier: Vec<FactsOn> = Vec::new();
    for first in month_days(from, today) {
        // Somebody born in the month was not there on its first day.
        for day in [first, first.last_of_month().min(today)] {
            let Some(facts) = facts_on(tx, desk, case, day).await?.filter(|f| f.speaks_of(case.subject)) else {
                continue;
            };
            // A month in which nothing was otherwise than in the month before rests on the same facts.
            if day < today && earlier.last().is_none_or(|last| !same(&last.facts, &facts)) {
                earlier.push(FactsOn { from: day, facts });
            }
            break;
        }
    }
    earlier.append(&mut basis.facts);
    basis.facts = earlier;
    Ok(Some(basis))
}

/// What a determination is asked for, without any case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct For {
    /// The programme.
    pub programme: String,
    /// Whose entitlement.
    pub subject: Subject,
    /// The household.
    pub household: HouseholdId,
    /// The legal day of the application.
    pub claim: Date,
}

/// Reads what a determination without a case rests on, as of the desk's day and with everything known now: a ministry asks
/// what the rules say and does the rest by itself. Nothing is written. `None` when there is no such household.
pub async fn load_for(tx: &mut Tx, desk: &Desk<'_>, it: &For) -> Result<Option<Basis>, StoreError> {
    let none = uuid::Uuid::nil();
    let case = Case {
        id: kernel::CaseId(none),
        subject: it.subject,
        household: it.household,
        applicant: kernel::PersonId(none),
        application: kernel::ApplicationId(none),
        offer: None,
        programme: it.programme.clone(),
        period_key: String::new(),
        channel: crate::case::Channel::Api,
        agency: String::new(),
        jurisdiction: None,
        stage: crate::case::Stage::Received,
        revision: 1,
        applied_on: it.claim,
        due_on: None,
        paused_on: None,
        assigned_to: None,
        determination: None,
        decision: None,
        opened_at: desk.now,
        changed_at: desk.now,
        closed_at: None,
    };
    load(tx, desk, &case).await
}

async fn facts_on(tx: &mut Tx, desk: &Desk<'_>, case: &Case, day: Date) -> Result<Option<Snapshot>, StoreError> {
    match home_on(tx, desk, case, day).await? {
        Some(home) => household::load_on(tx, desk, home, day).await,
        None => Ok(None),
    }
}

/// The first day of the entitlement the decision in force gives.
async fn running_since(tx: &mut Tx, case: &Case) -> Result<Option<Date>, StoreError> {
    let decision = crate::decide::in_force(tx, case).await?;
    Ok(decision.filter(|d| d.content.granted).and_then(|d| d.content.from))
}

fn same(a: &Snapshot, b: &Snapshot) -> bool {
    a.household == b.household && a.place == b.place && a.facts == b.facts && a.members == b.members
}

/// The household a case's subject lived in on a day.
async fn home_on(tx: &mut Tx, desk: &Desk<'_>, case: &Case, day: Date) -> Result<Option<HouseholdId>, StoreError> {
    let Subject::Person(person) = case.subject else { return Ok(Some(case.household)) };
    if day == desk.today() {
        return Ok(household::household_of(tx, desk, person).await?.or(Some(case.household)));
    }
    registry::read::household_of(tx, person, AsOf::latest(day)).await
}

/// The first inside day of every month from `from` to the month of `today`.
pub(super) fn month_days(from: Date, today: Date) -> impl Iterator<Item = Date> {
    let next = |day: &Date| Some(super::slices::next_month(*day));
    std::iter::successors(Some(from), next).take_while(move |day| *day <= today).take(MONTHS)
}

/// What the family has been granted or asks for, this case among it. What was refused takes nothing away from another: else a
/// family whose better benefit an official refused would not get the lesser one either.
async fn claimed(tx: &mut Tx, case: &Case) -> Result<Vec<Claimed>, StoreError> {
    let mut claimed = vec![asked_for(case, None)];
    for other in crate::case::rows::of_household(tx, case.household).await? {
        if !other.stage.is_closed() {
            claimed.push(asked_for(&other, None));
        } else if let Some(decision) = crate::decide::in_force(tx, &other).await?.filter(|d| d.content.granted) {
            claimed.push(asked_for(&other, decision.content.until));
        }
    }
    claimed.sort();
    claimed.dedup_by(|a, b| a.programme == b.programme && a.subject == b.subject && a.since == b.since);
    Ok(claimed)
}

fn asked_for(case: &Case, until: Option<Date>) -> Claimed {
    Claimed { programme: case.programme.clone(), subject: case.subject, since: case.applied_on, until }
}
