//! What the two of a supervision write about it: apart from every record, under seal, for these two alone. Who they are is under the seal
//! too, so that a changed row beside it opens nothing to anybody else.

use guard::{Action, Allowed, Relation, Sealed, Who};
use kernel::{AccountId, Instant, PersonId, ReflectionId, SupervisionId};
use registry::sight::Seen;
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};

use crate::supervision::{self, Supervision};
use crate::{Desk, Fault, rows};

/// The most characters of one.
pub const MOST_WORDS: usize = 4_000;

/// What one of the two wrote.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reflection {
    /// Its id.
    pub id: ReflectionId,
    /// Who wrote it.
    pub author: AccountId,
    /// The words.
    pub words: String,
    /// When.
    pub at: Instant,
}

/// What is under the seal.
#[derive(Serialize, Deserialize)]
struct Kept {
    pair: [AccountId; 2],
    author: AccountId,
    words: String,
}

/// The table and column a seal is bound to, besides its row.
const SEAL: (&str, &str) = ("workforce_reflection", "sealed");

/// Whom the log names for a look at what these two wrote. An account is no person of the registry; where the log asks for a person it
/// stands under its own id.
fn subjects(pair: [AccountId; 2]) -> [PersonId; 2] {
    pair.map(|account| PersonId(account.0))
}

/// How the reflections of a session stand to somebody: an open case to the two of it, nothing to anybody else. `None`: it was not
/// between two, so there can be none.
pub fn relation(who: &Who, session: &Supervision) -> Option<Vec<(PersonId, Relation)>> {
    let pair = session.pair()?;
    let open_case = pair.contains(&who.account);
    Some(subjects(pair).map(|person| (person, Relation { open_case, ..Relation::default() })).into())
}

/// What was written about a session, the oldest first, under seal for [`Action::ViewReflection`]. `None`: there is none for the viewer.
///
/// # Errors
/// The keys or the database.
pub async fn read(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    id: SupervisionId,
) -> Result<Option<Seen<Vec<Reflection>>>, Fault> {
    let Some(session) = supervision::one(tx, desk, who, id).await? else { return Ok(None) };
    let (Some(pair), Some(about)) = (session.pair(), relation(who, &session)) else { return Ok(None) };
    if !pair.contains(&who.account) {
        return Ok(None);
    }
    let mut all = Vec::new();
    for row in tx.all(rows::REFLECTIONS, params![id]).await? {
        let (name, sealed): (ReflectionId, Vec<u8>) = (row.get("reflection_id")?, row.get("sealed")?);
        let clear = desk.keys.open_field(SEAL.0, SEAL.1, name.0, &sealed)?;
        let odd = |e: serde_json::Error| StoreError::Inconsistent { column: SEAL.1.to_owned(), detail: e.to_string() };
        let kept: Kept = serde_json::from_slice(&clear).map_err(odd)?;
        if kept.pair.contains(&who.account) {
            all.push(Reflection { id: name, author: kept.author, words: kept.words, at: row.get("recorded_at")? });
        }
    }
    Ok(Some(Seen { sealed: Sealed::new(all, about.iter().map(|(p, _)| *p)), about }))
}

/// One of the two writes something. It stays as it was written; sent twice under one name, it is there once. `allowed` is the guard's
/// decision on [`Action::WriteReflection`].
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn write(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    (session, id): (SupervisionId, ReflectionId),
    words: &str,
) -> Result<(), Fault> {
    let session = supervision::one(tx, desk, who, session).await?.ok_or(Fault::Nothing)?;
    let pair = session.pair().filter(|pair| pair.contains(&who.account)).ok_or(Fault::NotAllowed)?;
    let covered = subjects(pair).iter().all(|person| allowed.covers(*person));
    if allowed.action() != Action::WriteReflection || !covered {
        return Err(Fault::NotAllowed);
    }
    let words = words.trim();
    if !(3..=MOST_WORDS).contains(&words.chars().count()) {
        return Err(Fault::Words(MOST_WORDS));
    }
    let kept = Kept { pair, author: who.account, words: words.to_owned() };
    let clear = serde_json::to_vec(&kept).map_err(|e| StoreError::Driver(e.to_string()))?;
    let sealed = desk.keys.seal_field(SEAL.0, SEAL.1, id.0, &clear)?;
    tx.execute(rows::REFLECT, params![session.id, id, sealed, desk.now]).await?;
    Ok(())
}
