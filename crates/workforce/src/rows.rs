//! The tables of this room.

use kernel::{AccountId, CohortId, TrainingId};
use store::{Row, StoreError, Tx, params};

use crate::cohort::Cohort;
use crate::supervision::Supervision;
use crate::training::Attended;

store::sql! {
    TRAIN = "insert into workforce_training (account_id, training_id, course, hours, ended_on, cohort_id, withdraws_id, confirmed_by, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict do nothing";
    LEDGER = "select t.training_id, t.course, t.hours, t.ended_on, t.cohort_id, t.withdraws_id, t.confirmed_by,
            (select count(*) from workforce_training w where w.account_id = t.account_id and w.withdraws_id = t.training_id) as withdrawals
        from workforce_training t where t.account_id = $1 order by t.ended_on, t.training_id";
    PLAN = "insert into workforce_cohort (cohort_id, organisation, course, place, starts_on, ends_on, seats, account_id, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9) on conflict (cohort_id) do nothing";
    COHORTS = "select * from workforce_cohort where organisation = $1 and ends_on >= $2 order by starts_on, cohort_id limit 200";
    COHORT = "select * from workforce_cohort where cohort_id = $1 and organisation = $2";
    TOUCH = "update workforce_cohort set seats = seats where cohort_id = $1";
    SEAT = "insert into workforce_seat (cohort_id, account_id, recorded_at) values ($1, $2, $3) on conflict (cohort_id, account_id) do nothing";
    SEATS = "select account_id from workforce_seat where cohort_id = $1 order by recorded_at, account_id";
    HOLD = "insert into workforce_supervision (supervision_id, organisation, place, kind, lead_id, held_on, minutes, content, submission_id, content_hash, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) on conflict (supervision_id) do nothing";
    PRESENT = "insert into workforce_present (account_id, supervision_id, kind, held_on) values ($1, $2, $3, $4)";
    HELD = "select kind, held_on from workforce_present where account_id = $1";
    SESSION = "select * from workforce_supervision where supervision_id = $1";
    SESSIONS = "select s.* from workforce_present p join workforce_supervision s on s.supervision_id = p.supervision_id
        where p.account_id = $1 order by s.held_on desc, s.supervision_id desc limit 200";
    NURSES = "select account_id from workforce_present where supervision_id = $1 order by account_id";
    REFLECT = "insert into workforce_reflection (supervision_id, reflection_id, sealed, recorded_at) values ($1, $2, $3, $4)
        on conflict (supervision_id, reflection_id) do nothing";
    REFLECTIONS = "select reflection_id, sealed, recorded_at from workforce_reflection where supervision_id = $1 order by recorded_at, reflection_id";
}

fn small(row: &Row, column: &str) -> Result<u32, StoreError> {
    let number: i64 = row.get(column)?;
    u32::try_from(number).map_err(|e| StoreError::Inconsistent { column: column.to_owned(), detail: e.to_string() })
}

pub(crate) fn attended(row: &Row) -> Result<Attended, StoreError> {
    Ok(Attended {
        id: row.get::<TrainingId>("training_id")?,
        course: row.get("course")?,
        hours: small(row, "hours")?,
        ended_on: row.get("ended_on")?,
        cohort: row.maybe("cohort_id")?,
        confirmed_by: row.get("confirmed_by")?,
        withdrawn: row.get::<i64>("withdrawals")? > 0,
    })
}

pub(crate) fn cohort(row: &Row) -> Result<Cohort, StoreError> {
    Ok(Cohort {
        id: row.get("cohort_id")?,
        course: row.get("course")?,
        place: row.get("place")?,
        starts_on: row.get("starts_on")?,
        ends_on: row.get("ends_on")?,
        seats: small(row, "seats")?,
    })
}

pub(crate) async fn one_cohort(tx: &mut Tx, agency: &str, id: CohortId) -> Result<Option<Cohort>, StoreError> {
    tx.maybe(COHORT, params![id, agency]).await?.as_ref().map(cohort).transpose()
}

pub(crate) async fn seats(tx: &mut Tx, id: CohortId) -> Result<Vec<AccountId>, StoreError> {
    tx.all(SEATS, params![id]).await?.iter().map(|row| row.get("account_id")).collect()
}

pub(crate) async fn session(tx: &mut Tx, row: &Row) -> Result<Supervision, StoreError> {
    let id: kernel::SupervisionId = row.get("supervision_id")?;
    let nurses = tx.all(NURSES, params![id]).await?;
    Ok(Supervision {
        id,
        organisation: row.get("organisation")?,
        place: row.get("place")?,
        kind: row.parse("kind")?,
        lead: row.get("lead_id")?,
        nurses: nurses.iter().map(|row| row.get("account_id")).collect::<Result<_, _>>()?,
        on: row.get("held_on")?,
        minutes: small(row, "minutes")?,
        content: row.json("content")?,
        visit: row.maybe("submission_id")?,
    })
}
