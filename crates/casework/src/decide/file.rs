//! The decision file: everything a decision rests on, in one JSON document, and its replay to the same bytes.

use catalogue::Pack;
use guard::Sealed;
use kernel::{CaseId, DecisionId, PersonId};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx};

use super::model::{Content, DecisionStatus, compose};
use super::notice::{self, Dates, Notices};
use super::{rows, way};
use crate::case::rows as cases;
use crate::desk::Desk;
use crate::determine::{self, Basis, Determined};

/// What the document calls itself.
pub const FORMAT: &str = "hearth-decision/1";

/// A decision file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct File {
    /// [`FORMAT`].
    pub format: String,
    /// The decision.
    pub decision: DecisionId,
    /// The case.
    pub case: CaseId,
    /// How it stood when the file was written.
    pub status: DecisionStatus,
    /// Whether no official was needed.
    pub automatic: bool,
    /// Content hash of the pack.
    pub pack_hash: String,
    /// Facts, days, and what else was claimed.
    pub basis: Basis,
    /// The result with its trace.
    pub determined: Determined,
    /// What the decision before said.
    pub before: Option<Content>,
    /// The dates on the notice.
    pub dates: Dates,
    /// What was decided.
    pub content: Content,
    /// The notice.
    pub notices: Notices,
    /// Hash of content and notice.
    pub content_hash: String,
}

/// Reads the file of a decision that came into force; `None` for any other.
pub async fn export(tx: &mut Tx, desk: &Desk<'_>, id: DecisionId) -> Result<Option<Sealed<File>>, StoreError> {
    let Some(decision) = rows::one(tx, id).await? else { return Ok(None) };
    let (Some(case), Some(object_by), Some(decided_at)) =
        (cases::case(tx, decision.case).await?, decision.object_by, decision.decided_at)
    else {
        return Ok(None);
    };
    let Some(determination) = determine::read(tx, case.subject, decision.determination).await? else { return Ok(None) };
    let basis = determine::basis_of(tx, &case, &determination).await?;
    let before = match decision.supersedes {
        Some(before) => rows::one(tx, before).await?.map(|b| b.content),
        None => None,
    };
    let decided_on = desk.day_of(decided_at);
    let dates = Dates { decided_on, object_by, level: way::level(tx, &decision.content).await? };
    let persons: Vec<PersonId> = basis.facts.iter().flat_map(|f| f.facts.persons()).collect();
    let file = File {
        format: FORMAT.to_owned(),
        decision: decision.id,
        case: case.id,
        status: decision.status,
        automatic: decision.automatic,
        pack_hash: determination.pack_hash,
        basis,
        determined: determination.determined,
        before,
        dates,
        content: decision.content,
        notices: decision.notices,
        content_hash: decision.content_hash,
    };
    Ok(Some(Sealed::new(file, persons)))
}

/// Where a replay came to something else.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Differs {
    /// Not a decision file of this format.
    #[error("this is no decision file: «format» is {0:?}, expected {FORMAT:?}")]
    Format(String),
    /// The wrong pack.
    #[error(
        "the file was decided under the pack {wanted}, this is {given}: give the folder or the archive that has it"
    )]
    Pack {
        /// The hash in the file.
        wanted: String,
        /// The hash of the pack given.
        given: String,
    },
    /// A part comes out otherwise.
    #[error("{part} comes out otherwise than the file says: in the file {file}, replayed {replayed}")]
    Part {
        /// Which part.
        part: &'static str,
        /// The bytes in the file, around the first difference.
        file: String,
        /// The bytes replayed.
        replayed: String,
    },
    /// Something cannot be written.
    #[error("cannot be written as JSON: {0}")]
    Json(String),
}

/// Works a decision out again and compares every part, byte for byte.
pub fn replay(pack: &Pack, file: &File) -> Result<(), Differs> {
    if file.format != FORMAT {
        return Err(Differs::Format(file.format.clone()));
    }
    if pack.content_hash() != file.pack_hash {
        return Err(Differs::Pack { wanted: file.pack_hash.clone(), given: pack.content_hash().to_owned() });
    }
    let determined = determine::work_out(pack, &file.basis);
    same("determined", &file.determined, &determined)?;
    let content = compose(
        pack,
        &file.basis.programme,
        file.basis.subject,
        &determined,
        file.content.judgement.clone(),
        file.before.as_ref(),
    );
    same("content", &file.content, &content)?;
    let notices = notice::write(pack, &content, &determined, file.dates);
    same("notices", &file.notices, &notices)?;
    let hash = rows::hash(&content, &notices).map_err(|e| Differs::Json(e.to_string()))?;
    same("content_hash", &file.content_hash, &hash)
}

fn same<T: Serialize>(part: &'static str, file: &T, replayed: &T) -> Result<(), Differs> {
    let text = |it: &T| serde_json::to_string(it).map_err(|e| Differs::Json(e.to_string()));
    let (a, b) = (text(file)?, text(replayed)?);
    if a == b {
        return Ok(());
    }
    let at = a.bytes().zip(b.bytes()).position(|(x, y)| x != y).unwrap_or_else(|| a.len().min(b.len()));
    let around = |t: &str| t.char_indices().skip_while(|(n, _)| *n + 40 < at).take(80).map(|(_, c)| c).collect();
    Err(Differs::Part { part, file: around(&a), replayed: around(&b) })
}
