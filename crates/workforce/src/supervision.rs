//! Supervision: one to one, of the team, and visits the supervisor came along to. Sessions are written once and stay; what was due and
//! was not held is overdue.

use std::collections::BTreeMap;

use catalogue::model::{Supervised, SupervisionKind, Workforce};
use guard::{Allowed, Role, Who};
use jiff::ToSpan;
use kernel::{AccountId, Date, SubmissionId, SupervisionId, words};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};

use crate::{Desk, Fault, rows, team};

/// The most characters of what was talked about, and of what was agreed.
pub const MOST_WORDS: usize = 2_000;
/// The most nurses of a session.
const MOST_PEOPLE: usize = 100;

words! {
    /// What an observer saw of a point of the checklist.
    Seen as "observation" {
        /// Done well.
        Yes = "yes",
        /// In part.
        Partly = "partly",
        /// Not, though it was called for.
        No = "no",
        /// There was no occasion.
        Absent = "absent",
    }
}

/// What a session says.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    /// What was talked about.
    pub topics: String,
    /// What was agreed, with who does it until when.
    pub agreed: Option<String>,
    /// What was seen, by the pack's checklist, with the words as they were then.
    #[serde(default)]
    pub seen: BTreeMap<String, Seen>,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Supervision {
    /// Its id.
    pub id: SupervisionId,
    /// The agency.
    pub organisation: String,
    /// The district.
    pub place: String,
    /// The kind.
    pub kind: SupervisionKind,
    /// Who led it.
    pub lead: AccountId,
    /// The nurses who were there.
    pub nurses: Vec<AccountId>,
    /// The day.
    pub on: Date,
    /// Minutes.
    pub minutes: u32,
    /// What it says.
    pub content: Content,
    /// The visit that was observed.
    pub visit: Option<SubmissionId>,
}

impl Supervision {
    /// The two of it, where it was between two.
    pub fn pair(&self) -> Option<[AccountId; 2]> {
        match (self.kind, self.nurses.as_slice()) {
            (SupervisionKind::Individual | SupervisionKind::Observed, [nurse]) => Some([self.lead, *nurse]),
            _ => None,
        }
    }

    /// Whether somebody may read it: who was there, and whoever leads the team. Reflections are another thing.
    fn is_open_to(&self, desk: &Desk<'_>, who: &Who) -> bool {
        let present = self.lead == who.account || self.nurses.contains(&who.account);
        let leads = who.role == Role::VisitSupervisor
            && who.organisation == self.organisation
            && who.jurisdiction.as_deref().is_some_and(|o| desk.pack.within(&self.place, o));
        present || leads
    }
}

/// How one kind of supervision stands for a nurse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Due {
    /// The kind.
    pub kind: SupervisionKind,
    /// The last time.
    pub last: Option<Date>,
    /// Until when it is to be held again; `None`: it never was, and is due now.
    pub by: Option<Date>,
    /// Whether that day is over.
    pub overdue: bool,
}

/// What is due for somebody on a day, by the pack's rhythm. Pure.
pub fn due(rules: &Workforce, held: &[(SupervisionKind, Date)], today: Date) -> Vec<Due> {
    let one = |rhythm: &Supervised| {
        let last = held.iter().filter(|(kind, on)| *kind == rhythm.kind && *on <= today).map(|(_, on)| *on).max();
        let by = last.map(|on| on.saturating_add(i64::from(rhythm.days).days()));
        Due { kind: rhythm.kind, last, by, overdue: by.is_none_or(|by| today > by) }
    };
    rules.rhythms.iter().map(one).collect()
}

/// The kinds and days of a nurse's sessions.
///
/// # Errors
/// The database.
pub async fn held(tx: &mut Tx, nurse: AccountId) -> Result<Vec<(SupervisionKind, Date)>, StoreError> {
    let found = tx.all(rows::HELD, params![nurse]).await?;
    found.iter().map(|row| Ok((row.parse("kind")?, row.get("held_on")?))).collect()
}

/// A nurse's sessions, the newest first, as far as the viewer may read them.
///
/// # Errors
/// The database.
pub async fn of_nurse(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    nurse: AccountId,
) -> Result<Vec<Supervision>, StoreError> {
    let mut all = Vec::new();
    for row in tx.all(rows::SESSIONS, params![nurse]).await? {
        let session = rows::session(tx, &row).await?;
        if session.is_open_to(desk, who) {
            all.push(session);
        }
    }
    Ok(all)
}

/// One session; `None`: there is none that the viewer may read.
///
/// # Errors
/// The database.
pub async fn one(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    id: SupervisionId,
) -> Result<Option<Supervision>, StoreError> {
    let Some(row) = tx.maybe(rows::SESSION, params![id]).await? else { return Ok(None) };
    let session = rows::session(tx, &row).await?;
    Ok(session.is_open_to(desk, who).then_some(session))
}

/// What is written down.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Input {
    /// Its name: sent twice, it is one session.
    pub id: SupervisionId,
    /// The kind.
    pub kind: SupervisionKind,
    /// The nurses who were there.
    pub nurses: Vec<AccountId>,
    /// The day.
    pub on: Date,
    /// Minutes.
    pub minutes: u32,
    /// What was said, agreed and seen.
    pub content: Content,
    /// The visit that was observed.
    pub visit: Option<SubmissionId>,
}

/// A supervisor writes down a session she led. `allowed` is the guard's decision on [`guard::Action::ManageTeam`].
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn hold(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: &Input) -> Result<(), Fault> {
    let mut nurses = input.nurses.clone();
    nurses.sort_unstable();
    nurses.dedup();
    team::led(tx, desk, who, allowed, &nurses).await?;
    fits(tx, desk, who, input, &nurses).await?;
    let body = serde_json::to_string(input).map_err(|e| StoreError::Driver(e.to_string()))?;
    let hash = desk.keys.blind_index("supervision", &body).to_vec();
    let content = serde_json::to_string(&input.content).map_err(|e| StoreError::Driver(e.to_string()))?;
    let place = who.jurisdiction.clone().unwrap_or_default();
    let values = params![
        input.id,
        who.organisation,
        place,
        input.kind.word(),
        who.account,
        input.on,
        i64::from(input.minutes),
        content,
        input.visit,
        hash,
        desk.now
    ];
    if tx.execute(rows::HOLD, values).await? != 1 {
        let known: Vec<u8> = tx.one(rows::SESSION, params![input.id]).await?.get("content_hash")?;
        return if known == hash { Ok(()) } else { Err(Fault::OtherContent) };
    }
    for nurse in nurses {
        tx.execute(rows::PRESENT, params![nurse, input.id, input.kind.word(), input.on]).await?;
    }
    Ok(())
}

async fn fits(tx: &mut Tx, desk: &Desk<'_>, who: &Who, input: &Input, nurses: &[AccountId]) -> Result<(), Fault> {
    let rules = desk.pack.workforce().ok_or(Fault::NoRules)?;
    let team = input.kind == SupervisionKind::Team;
    let number = if team { 2..=MOST_PEOPLE } else { 1..=1 };
    if !number.contains(&nurses.len()) || (!team && nurses.contains(&who.account)) {
        return Err(Fault::People);
    }
    if input.on > desk.today() {
        return Err(Fault::Ahead(input.on));
    }
    if !(5..=480).contains(&input.minutes) {
        return Err(Fault::Minutes);
    }
    let (topics, agreed) = (&input.content.topics, input.content.agreed.as_deref().unwrap_or_default());
    if !(3..=MOST_WORDS).contains(&topics.trim().chars().count()) || agreed.chars().count() > MOST_WORDS {
        return Err(Fault::Words(MOST_WORDS));
    }
    let observed = input.kind == SupervisionKind::Observed;
    let known = |id: &String| observed && rules.checklist.iter().any(|(item, _)| item == id);
    if !input.content.seen.keys().all(known) {
        return Err(Fault::NoCheck);
    }
    match (observed, input.visit, nurses) {
        (false, None, _) => Ok(()),
        (true, Some(visit), [nurse]) => {
            let made = visit::read::visit_made(tx, visit).await?;
            if made == Some((*nurse, input.on)) { Ok(()) } else { Err(Fault::NoVisit) }
        }
        _ => Err(Fault::NoVisit),
    }
}
