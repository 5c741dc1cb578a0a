//! The tables of this room.

use kernel::{GroupId, GroupSessionId, Instant, PersonId};
use store::{Row, StoreError, Tx, params};

use crate::model::{Group, Session};

store::sql! {
    OPEN = "insert into group_series (group_id, kind, organisation, place, venue, facilitator_id, seats, taken, account_id, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, 0, $8, $9) on conflict (group_id) do nothing";
    ONE = "select * from group_series where group_id = $1";
    OF_OFFICE = "select * from group_series where organisation = $1 and closed_at is null order by group_id limit 1000";
    CLOSE = "update group_series set closed_at = $2 where group_id = $1 and closed_at is null";
    SIT = "update group_series set taken = taken + 1 where group_id = $1 and taken < seats and closed_at is null";
    RISE = "update group_series set taken = taken - 1 where group_id = $1 and taken > 0";
    MEET = "insert into group_session (session_id, group_id, held_on, starts, topic, account_id, recorded_at) values ($1, $2, $3, $4, $5, $6, $7)
        on conflict (session_id) do nothing";
    SESSION = "select * from group_session where session_id = $1";
    SESSIONS = "select * from group_session where group_id = $1 order by held_on, starts, session_id";
    CALL_OFF = "update group_session set cancelled_at = $2 where session_id = $1 and cancelled_at is null";
    ASK = "insert into group_member (person_id, group_id, status, invited_by, invited_at, changed_at) values ($1, $2, $3, $4, $5, $5)
        on conflict (person_id, group_id) do nothing";
    MEMBER = "select * from group_member where person_id = $1 and group_id = $2";
    MEMBERS = "select * from group_member where group_id = $1 order by person_id";
    OF_PERSON = "select * from group_member where person_id = $1 order by group_id";
    CHANGE = "update group_member set status = $3, changed_at = $4 where person_id = $1 and group_id = $2 and status = $5";
    NOTE = "insert into group_presence (person_id, session_id, came, noted_by, noted_at) values ($1, $2, $3, $4, $5)
        on conflict (person_id, session_id) do update set came = excluded.came, noted_by = excluded.noted_by, noted_at = excluded.noted_at";
    PRESENCE = "select * from group_presence where person_id = $1 and session_id = $2";
    CAME = "select p.person_id, p.session_id, p.came from group_presence p join group_session s on s.session_id = p.session_id where s.group_id = $1";
    SAY = "update group_presence set points = $3 where person_id = $1 and session_id = $2 and came and points is null";
    SAID = "select count(*) as answers, cast(coalesce(sum(p.points), 0) as bigint) as points from group_presence p join group_session s on s.session_id = p.session_id
        where s.group_id = $1 and s.held_on < $2 and p.points is not null";
}

pub(crate) fn read_group(row: &Row) -> Result<Group, StoreError> {
    Ok(Group {
        id: row.get("group_id")?,
        kind: row.get("kind")?,
        organisation: row.get("organisation")?,
        place: row.get("place")?,
        venue: row.get("venue")?,
        facilitator: row.get("facilitator_id")?,
        seats: row.get("seats")?,
        taken: row.get("taken")?,
        closed: row.maybe::<Instant>("closed_at")?.is_some(),
    })
}

pub(crate) fn read_session(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.get("session_id")?,
        group: row.get("group_id")?,
        held_on: row.get("held_on")?,
        starts: row.get("starts")?,
        topic: row.get("topic")?,
        cancelled: row.maybe::<Instant>("cancelled_at")?.is_some(),
    })
}

pub(crate) async fn group(tx: &mut Tx, id: GroupId) -> Result<Option<Group>, StoreError> {
    tx.maybe(ONE, params![id]).await?.as_ref().map(read_group).transpose()
}

pub(crate) async fn session(tx: &mut Tx, id: GroupSessionId) -> Result<Option<Session>, StoreError> {
    tx.maybe(SESSION, params![id]).await?.as_ref().map(read_session).transpose()
}

pub(crate) async fn sessions(tx: &mut Tx, group: GroupId) -> Result<Vec<Session>, StoreError> {
    tx.all(SESSIONS, params![group]).await?.iter().map(read_session).collect()
}

/// How somebody stands to a group; `None`: was never asked.
pub(crate) async fn member(
    tx: &mut Tx,
    person: PersonId,
    group: GroupId,
) -> Result<Option<crate::model::Status>, StoreError> {
    tx.maybe(MEMBER, params![person, group]).await?.map(|row| row.parse("status")).transpose()
}
