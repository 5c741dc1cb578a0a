//! Reminders to families that wait to be sent. Nothing leaves by itself: whoever runs Hearth says how, and what nobody sent by the day
//! it is about is sent no more; the family sees the same on its own page.

use kernel::{Date, PersonId};
use store::{Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::Desk;
use crate::model::{Clock, Referral};

store::sql! {
    ADD = "insert into referral_message (person_id, message_id, referral_id, agency, due_on, made_at) values ($1, $2, $3, $4, $5, $6)";
    UNSENT = "select m.person_id, m.message_id, m.agency, m.due_on from referral_message m join referral r on r.person_id = m.person_id and r.referral_id = m.referral_id
        where m.sent_at is null and m.due_on >= $1 and r.ended_at is null and r.due_on = m.due_on order by m.made_at, m.message_id limit $2";
    SENT = "update referral_message set sent_at = $3 where person_id = $1 and message_id = $2 and sent_at is null";
}

/// A reminder for a family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// Its id.
    pub id: Uuid,
    /// Who was sent on.
    pub person: PersonId,
    /// The agency that sent her on, and now writes.
    pub agency: String,
    /// The day by which the service should answer.
    pub due: Date,
}

/// Keeps a reminder for the family of a referral whose service was reminded. Of a discreet referral nobody writes to anybody, and that the referrer
/// has something to look at is no news for the family.
pub(crate) async fn keep(tx: &mut Tx, desk: &Desk<'_>, it: &Referral) -> Result<bool, StoreError> {
    let Some((clock, due)) = it.now.due.filter(|_| !it.discreet) else { return Ok(false) };
    if clock == Clock::Close {
        return Ok(false);
    }
    let id = desk.ids.uuid(desk.now);
    tx.execute(ADD, params![it.person, id, it.id, it.from.0, due, desk.now]).await?;
    Ok(true)
}

/// The reminders that wait, the oldest first; those whose service has answered meanwhile, or whose day is over, are left out.
///
/// # Errors
/// The database.
pub async fn waiting(tx: &mut Tx, desk: &Desk<'_>, most: u32) -> Result<Vec<Reminder>, StoreError> {
    let read = |row: &Row| {
        Ok(Reminder {
            id: row.get("message_id")?,
            person: row.get("person_id")?,
            agency: row.get("agency")?,
            due: row.get("due_on")?,
        })
    };
    tx.all(UNSENT, params![desk.today(), most]).await?.iter().map(read).collect()
}

/// Notes that a reminder was handed over, or that there is nowhere to send it to.
///
/// # Errors
/// The database.
pub async fn sent(tx: &mut Tx, desk: &Desk<'_>, it: &Reminder) -> Result<bool, StoreError> {
    Ok(tx.execute(SENT, params![it.person, it.id, desk.now]).await? == 1)
}
