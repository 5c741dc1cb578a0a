//! The tables of this room.

use kernel::{EnrolmentId, Instant, InvitationId, PersonId};
use store::{Row, StoreError, Tx, params};

use crate::model::{Invitation, Status};

store::sql! {
    ADD = "insert into survey_invitation (person_id, invitation_id, enrolment_id, survey, wave, occasion, instrument, opens_on, closes_on, organisation, place, nurse_id, words, status, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15) on conflict (person_id, enrolment_id, survey, occasion) do nothing";
    ONE = "select * from survey_invitation where invitation_id = $1";
    OPEN = "select * from survey_invitation where person_id = $1 and status = 'open' and closes_on >= $2 order by closes_on, invitation_id";
    UNSENT = "select * from survey_invitation where sent_at is null and status = 'open' and closes_on >= $1 order by made_at, invitation_id limit $2";
    SENT = "update survey_invitation set sent_at = $3 where person_id = $1 and invitation_id = $2 and sent_at is null";
    END = "update survey_invitation set status = $3, ended_at = $4 where person_id = $1 and invitation_id = $2 and status = 'open'";
    END_ALL = "update survey_invitation set status = $3, ended_at = $4 where person_id = $1 and enrolment_id = $2 and status = 'open'";
    ANSWER = "insert into survey_answer (person_id, invitation_id, sealed, wrote, answered_at) values ($1, $2, $3, $4, $5)";
    VALUE = "insert into survey_value (person_id, invitation_id, measure, value) values ($1, $2, $3, $4)";
    SILENT = "select since from survey_silence where person_id = $1";
    SILENCE = "insert into survey_silence (person_id, since) values ($1, $2) on conflict (person_id) do nothing";
}

pub(crate) fn read(row: &Row) -> Result<Invitation, StoreError> {
    Ok(Invitation {
        id: row.get("invitation_id")?,
        person: row.get("person_id")?,
        enrolment: row.get("enrolment_id")?,
        survey: row.get("survey")?,
        wave: row.get("wave")?,
        occasion: row.get("occasion")?,
        instrument: row.get("instrument")?,
        opens: row.get("opens_on")?,
        closes: row.get("closes_on")?,
        organisation: row.get("organisation")?,
        place: row.get("place")?,
        nurse: row.maybe("nurse_id")?,
        words: row.json("words")?,
        status: row.parse("status")?,
    })
}

/// Writes an invitation; says whether the family had not been asked on this occasion.
pub(crate) async fn add(tx: &mut Tx, it: &Invitation, now: Instant) -> Result<bool, StoreError> {
    let words = serde_json::to_string(&it.words).map_err(|e| StoreError::Driver(e.to_string()))?;
    let values = params![
        it.person,
        it.id,
        it.enrolment,
        it.survey,
        it.wave,
        it.occasion,
        it.instrument,
        it.opens,
        it.closes,
        it.organisation,
        it.place,
        it.nurse,
        words,
        it.status.word(),
        now
    ];
    Ok(tx.execute(ADD, values).await? == 1)
}

pub(crate) async fn one(tx: &mut Tx, id: InvitationId) -> Result<Option<Invitation>, StoreError> {
    tx.maybe(ONE, params![id]).await?.as_ref().map(read).transpose()
}

/// Ends one that was open; `false`: somebody was quicker.
pub(crate) async fn end(tx: &mut Tx, it: &Invitation, status: Status, now: Instant) -> Result<bool, StoreError> {
    Ok(tx.execute(END, params![it.person, it.id, status.word(), now]).await? == 1)
}

/// Takes back whatever a family was asked and did not answer; says how many.
pub(crate) async fn withdraw(
    tx: &mut Tx,
    person: PersonId,
    enrolment: EnrolmentId,
    now: Instant,
) -> Result<u64, StoreError> {
    tx.execute(END_ALL, params![person, enrolment, Status::Withdrawn.word(), now]).await
}

/// Whether somebody does not want to be asked.
pub(crate) async fn is_silent(tx: &mut Tx, person: PersonId) -> Result<bool, StoreError> {
    Ok(tx.maybe(SILENT, params![person]).await?.is_some())
}
