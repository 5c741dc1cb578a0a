//! Sessions: an opaque random cookie of which only a keyed hash is stored. Role, suspension and duty are read afresh
//! with every request, so that a change counts at once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kernel::{AccountId, Ids, Instant, SessionId};
use store::{Tx, params, sql};
use zeroize::Zeroizing;

use super::{AccountError, by_id};
use crate::keys::{Keys, random};
use crate::{Role, Who};

/// Staff are signed out after this long without a request, in seconds.
const IDLE_STAFF: i64 = 15 * 60;
/// Citizens, who fill in long forms.
const IDLE_CITIZEN: i64 = 30 * 60;
/// Nobody stays signed in longer than this.
const ABSOLUTE: i64 = 10 * 3600;
/// The last request is noted at most this often.
const TOUCH: i64 = 60;

sql! {
    ADD = "insert into session (token, session_id, account_id, role, strong, break_glass, created_at, seen_at, ended_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    ONE = "select session_id, account_id, role, strong, break_glass, created_at, seen_at, ended_at from session where token = $1";
    SEEN = "update session set seen_at = $2 where token = $1 and ended_at is null";
    END = "update session set ended_at = $2 where token = $1 and ended_at is null";
    END_ALL = "update session set ended_at = $2 where account_id = $1 and ended_at is null";
    OPEN = "select session_id from session where account_id = $1 and ended_at is null and created_at > $2 order by created_at";
}

/// A session just begun.
pub struct Started {
    /// What goes into the cookie; not stored anywhere.
    pub token: Zeroizing<String>,
    /// Who it is.
    pub who: Who,
    /// The name to show.
    pub name: String,
}

impl std::fmt::Debug for Started {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Started({:?})", self.who.session)
    }
}

/// A session that was found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checked {
    /// Who it is, as of now.
    pub who: Who,
    /// The name to show.
    pub name: String,
    /// What else the account may act as.
    pub others: Vec<Role>,
    /// When whoever it is signed in.
    pub since: Instant,
    /// Whether the last noted request is so long ago that [`touch_session`] is due.
    pub stale: bool,
}

/// How a session was begun.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignedInBy {
    /// With a second factor.
    pub strong: bool,
    /// By a local account.
    pub break_glass: bool,
}

/// Begins a session of an account in `role`, or else in its job, or else as a citizen.
pub async fn start_session(
    tx: &mut Tx,
    keys: &Keys,
    ids: &dyn Ids,
    now: Instant,
    account: AccountId,
    role: Option<Role>,
    by: SignedInBy,
) -> Result<Started, AccountError> {
    begin(tx, (keys, ids, now), account, role, (by, now)).await
}

/// Ends a session and begins another of the same account in one of its other roles, by the same sign-in and no longer than that.
pub async fn act_as(
    tx: &mut Tx,
    keys: &Keys,
    ids: &dyn Ids,
    now: Instant,
    token: &str,
    role: Role,
) -> Result<Started, AccountError> {
    let Checked { who, since, .. } = check_session(tx, keys, now, token).await?.ok_or(AccountError::Wrong)?;
    let by = SignedInBy { strong: who.strong, break_glass: who.break_glass };
    let started = begin(tx, (keys, ids, now), who.account, Some(role), (by, since)).await?;
    end_session(tx, keys, now, token).await?;
    Ok(started)
}

async fn begin(
    tx: &mut Tx,
    (keys, ids, now): (&Keys, &dyn Ids, Instant),
    account: AccountId,
    role: Option<Role>,
    (by, since): (SignedInBy, Instant),
) -> Result<Started, AccountError> {
    let found = by_id(tx, account).await?.ok_or(AccountError::Wrong)?;
    if found.suspended {
        return Err(AccountError::Suspended);
    }
    let held = |role: Role| found.duties.iter().find(|d| d.role == role);
    let job = || found.duties.iter().find(|d| d.role != Role::Citizen);
    let duty = role.map_or_else(|| job().or_else(|| held(Role::Citizen)), held).ok_or(AccountError::NoDuty)?;
    let token = Zeroizing::new(URL_SAFE_NO_PAD.encode(Zeroizing::new(random::<32>()?)));
    let (hash, session) = (keys.token_hash(&token).to_vec(), SessionId::new(ids, now));
    let never: Option<Instant> = None;
    tx.execute(ADD, params![hash, session, account, duty.role.word(), by.strong, by.break_glass, since, now, never])
        .await?;
    let who = Who {
        account,
        session,
        role: duty.role,
        organisation: duty.organisation.clone(),
        jurisdiction: duty.jurisdiction.clone(),
        person: found.person,
        strong: by.strong,
        suspended: false,
        break_glass: by.break_glass,
    };
    Ok(Started { token, who, name: found.name })
}

/// Who the cookie belongs to, if its session is still good: not ended, not idle too long, not too old, the role still
/// held. Only reads, so a reading transaction will do. A suspended account is let through with `suspended` set: the guard refuses it and logs that.
pub async fn check_session(
    tx: &mut Tx,
    keys: &Keys,
    now: Instant,
    token: &str,
) -> Result<Option<Checked>, AccountError> {
    let hash = keys.token_hash(token).to_vec();
    let Some(row) = tx.maybe(ONE, params![hash]).await? else { return Ok(None) };
    let role: Role = row.parse("role")?;
    let (created, seen): (Instant, Instant) = (row.get("created_at")?, row.get("seen_at")?);
    let idle = if role == Role::Citizen { IDLE_CITIZEN } else { IDLE_STAFF };
    let over = row.maybe::<Instant>("ended_at")?.is_some();
    if over || now > seen.plus_seconds(idle) || now > created.plus_seconds(ABSOLUTE) {
        return Ok(None);
    }
    let Some(account) = by_id(tx, row.get("account_id")?).await? else { return Ok(None) };
    let Some(duty) = account.duties.iter().find(|d| d.role == role) else { return Ok(None) };
    Ok(Some(Checked {
        who: Who {
            account: account.id,
            session: row.get("session_id")?,
            role,
            organisation: duty.organisation.clone(),
            jurisdiction: duty.jurisdiction.clone(),
            person: account.person,
            strong: row.get("strong")?,
            suspended: account.suspended,
            break_glass: row.get("break_glass")?,
        },
        name: account.name,
        others: account.duties.iter().map(|d| d.role).filter(|other| *other != role).collect(),
        since: created,
        stale: now > seen.plus_seconds(TOUCH),
    }))
}

/// Notes that a session is in use; needed when [`Checked::stale`] says so.
pub async fn touch_session(tx: &mut Tx, keys: &Keys, now: Instant, token: &str) -> Result<(), AccountError> {
    tx.execute(SEEN, params![keys.token_hash(token).to_vec(), now]).await?;
    Ok(())
}

/// Ends one session.
pub async fn end_session(tx: &mut Tx, keys: &Keys, now: Instant, token: &str) -> Result<(), AccountError> {
    tx.execute(END, params![keys.token_hash(token).to_vec(), now]).await?;
    Ok(())
}

/// Signs an account out everywhere; returns how many sessions ended.
pub async fn end_all_sessions(tx: &mut Tx, now: Instant, account: AccountId) -> Result<u64, AccountError> {
    Ok(tx.execute(END_ALL, params![account, now]).await?)
}

/// The sessions an account has open.
pub async fn sessions_of(tx: &mut Tx, now: Instant, account: AccountId) -> Result<Vec<SessionId>, AccountError> {
    let rows = tx.all(OPEN, params![account, now.plus_seconds(-ABSOLUTE)]).await?;
    rows.iter().map(|row| Ok(row.get("session_id")?)).collect()
}
