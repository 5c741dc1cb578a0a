//! Asking: once a day all families are looked at, and those whose time has come get a message. It is kept here; [`crate::deliver`] hands
//! it over for sending, and the mother finds it on her own page.

use kernel::{Date, EnrolmentId, InvitationId};
use serde::{Deserialize, Serialize};
use store::{JobRow, StoreError, Tx};
use visit::Desk;
use visit::model::Enrolment;
use visit::roll::{self, Last};
use visit::schedule::Family;

use crate::model::{Invitation, Status};
use crate::rows;
use crate::wave::{Asked, waves};

/// The job that asks.
pub const ROUND: &str = "survey.round";
/// How many families one transaction looks at.
const CHUNK: u32 = 200;
/// Behind what a person waits for.
const PRIORITY: i32 = 70;
/// How long after it left a family may still be asked, in days: longer than any wave after the exit is open.
const AFTER_EXIT: i64 = 400;

/// Where a round goes on.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Cursor {
    after: Option<Last>,
}

/// What a piece of a round did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Round {
    /// Families asked.
    pub asked: u64,
    /// Messages taken back because a family mourns.
    pub withdrawn: u64,
}

/// Queues the day's round: once a day, however often it is called.
///
/// # Errors
/// The database.
pub async fn queue(tx: &mut Tx, desk: &Desk<'_>) -> Result<bool, StoreError> {
    tx.queue(desk.ids, desk.now, ROUND, &desk.today().to_string(), PRIORITY, &Cursor { after: None }).await
}

/// Works on a leased job: one piece, then the rest is queued as a job of its own. `None`: it is no job of this room. The caller
/// commits.
///
/// # Errors
/// The database, or a payload that cannot be read.
pub async fn work(tx: &mut Tx, desk: &Desk<'_>, job: &JobRow) -> Result<Option<Round>, StoreError> {
    if job.kind != ROUND {
        return Ok(None);
    }
    let cursor: Cursor = serde_json::from_str(&job.payload).map_err(|e| StoreError::Driver(e.to_string()))?;
    let since = desk.today().saturating_sub(jiff::Span::new().days(AFTER_EXIT));
    let families = roll::after(tx, cursor.after, since, CHUNK).await?;
    let mut round = Round::default();
    for (enrolment, family) in &families {
        let one = look(tx, desk, enrolment, family).await?;
        round.asked += one.asked;
        round.withdrawn += one.withdrawn;
    }
    tx.job_done(job.id).await?;
    let full = u32::try_from(families.len()).is_ok_and(|n| n >= CHUNK);
    if let Some((last, _)) = families.last().filter(|_| full) {
        let day = job.unique_key.split(' ').next().unwrap_or(&job.unique_key);
        let (key, after) = (format!("{day} {} {}", last.person, last.id), Some((last.person, last.id)));
        tx.queue(desk.ids, desk.now, ROUND, &key, PRIORITY, &Cursor { after }).await?;
    }
    Ok(Some(round))
}

/// Asks one family, where its time has come on the day of the desk; gives what it is asked now.
///
/// # Errors
/// The database.
pub async fn ask(tx: &mut Tx, desk: &Desk<'_>, id: EnrolmentId) -> Result<Vec<Invitation>, StoreError> {
    let Some((e, family)) = roll::whole(tx, id).await? else { return Ok(Vec::new()) };
    let mut asked = Vec::new();
    if family.mourns() || rows::is_silent(tx, e.person).await? {
        return Ok(asked);
    }
    for invitation in invitations(desk, &e, &family, desk.today()) {
        if rows::add(tx, &invitation, desk.now).await? {
            asked.push(invitation);
        }
    }
    Ok(asked)
}

/// One family: asked where its time has come, or left alone.
async fn look(tx: &mut Tx, desk: &Desk<'_>, e: &Enrolment, family: &Family) -> Result<Round, StoreError> {
    if family.mourns() {
        let withdrawn = rows::withdraw(tx, e.person, e.id, desk.now).await?;
        return Ok(Round { asked: 0, withdrawn });
    }
    let mut round = Round::default();
    for invitation in invitations(desk, e, family, desk.today()) {
        if rows::is_silent(tx, e.person).await? {
            break;
        }
        round.asked += u64::from(rows::add(tx, &invitation, desk.now).await?);
    }
    Ok(round)
}

/// What a family is asked on a day.
fn invitations(desk: &Desk<'_>, e: &Enrolment, family: &Family, on: Date) -> Vec<Invitation> {
    let surveys = desk.pack.surveys().iter();
    let all = surveys.flat_map(|survey| waves(survey, family).into_iter().map(move |asked| (survey, asked)));
    let open = all.filter(|(_, asked)| asked.is_open(on));
    let made = |(survey, asked): (&catalogue::model::Survey, Asked)| {
        let wave = survey.wave(&asked.wave)?;
        Some(Invitation {
            id: InvitationId::new(desk.ids, desk.now),
            person: e.person,
            enrolment: e.id,
            survey: survey.id.clone(),
            instrument: desk.pack.instrument(&wave.instrument)?.key.clone(),
            wave: asked.wave,
            occasion: asked.occasion,
            opens: asked.opens,
            closes: asked.closes,
            organisation: e.organisation.clone(),
            place: e.place.clone(),
            nurse: e.nurse_on(desk.today()),
            words: wave.message.clone(),
            status: Status::Open,
        })
    };
    open.filter_map(made).collect()
}
