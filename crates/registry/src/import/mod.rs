//! Import of persons, households, kinship, addresses and facts from CSV files.
//!
//! Every row is taken over whole or refused with its reason in plain words; refused rows never stop the others. Refused
//! rows are written beside the file, with an added column `reason`, ready to be corrected and imported again.
//! A row taken over once is recognised (source, table and content) and changes nothing a second time; so an import that
//! was killed is simply started again. `docs/import.md` tells the columns to those who write the files.

mod apply;
mod row;
mod sheet;

use std::path::{Path, PathBuf};

use guard::Keys;
use kernel::{Clock, Date, Ids, ImportId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Db, StoreError, params};

use crate::change::Changes;
use crate::fact::ItemCheck;
use crate::person::words;
use crate::time::{Origin, Pen};
use apply::Outcome;
use sheet::{Line, Sheet};

/// What a file holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Table {
    /// Persons.
    Persons,
    /// Who belongs to which household.
    Households,
    /// Who is whose parent or spouse.
    Kinship,
    /// Where people live.
    Addresses,
    /// Facts about persons and households.
    Facts,
}

words!(
    Table,
    "a table to import: expected persons, households, kinship, addresses or facts",
    Persons = "persons",
    Households = "households",
    Kinship = "kinship",
    Addresses = "addresses",
    Facts = "facts"
);

impl Table {
    /// The columns, in the order of the documentation; the second says whether it must be filled.
    pub const fn columns(self) -> &'static [(&'static str, bool)] {
        match self {
            Table::Persons => &[
                ("ref", true),
                ("family", false),
                ("given", false),
                ("full_name", false),
                ("script", false),
                ("latin_family", false),
                ("latin_given", false),
                ("sex", false),
                ("birth_date", true),
                ("death_date", false),
                ("identifier_scheme", false),
                ("identifier", false),
                ("phone", false),
                ("email", false),
                ("language", false),
            ],
            Table::Households => &[("ref", true), ("person", true), ("role", true), ("from", true), ("until", false)],
            Table::Kinship => {
                &[("person", true), ("relation", true), ("other", true), ("from", false), ("until", false)]
            }
            Table::Addresses => &[
                ("person", true),
                ("jurisdiction", true),
                ("line", true),
                ("postcode", false),
                ("from", true),
                ("until", false),
            ],
            Table::Facts => &[
                ("subject", true),
                ("ref", true),
                ("item", true),
                ("type", true),
                ("value", true),
                ("from", true),
                ("until", false),
                ("agency", false),
                ("law", false),
            ],
        }
    }
}

/// Holds scheme and number of an identifier against what the country issues.
pub type IdentifierCheck<'a> = &'a (dyn Fn(&str, &str) -> Result<(), String> + Sync);

/// What an import needs besides the file.
#[derive(Clone, Copy)]
pub struct Import<'a> {
    /// Where ids come from.
    pub ids: &'a (dyn Ids + 'a),
    /// Keys for identifiers.
    pub keys: &'a Keys,
    /// What time it is, asked once a portion of rows.
    pub clock: &'a dyn Clock,
    /// The agency the file comes from, the law, and who imports.
    pub origin: &'a Origin,
    /// Whether item and value fit the data dictionary.
    pub check: ItemCheck<'a>,
    /// Whether a jurisdiction exists.
    pub known_place: &'a (dyn Fn(&str) -> bool + Sync),
    /// Whether a number can be an identifier of a scheme: what is wrong and what was expected, never the number.
    pub identifier_fits: IdentifierCheck<'a>,
    /// The present day: nobody is born after it.
    pub today: Date,
    /// Only look: everything is checked against the database, nothing is kept.
    pub dry_run: bool,
}

/// How far it has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Progress {
    /// Bytes of the file read.
    pub bytes: u64,
    /// Bytes there are.
    pub total: u64,
    /// Rows read.
    pub rows: u64,
    /// Rows taken over.
    pub accepted: u64,
    /// Rows known already.
    pub unchanged: u64,
    /// Rows refused.
    pub refused: u64,
}

/// What came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The import.
    pub id: ImportId,
    /// The counts.
    pub counts: Progress,
    /// The file with the refused rows, if there are any.
    pub report: Option<PathBuf>,
    /// Whether nothing was kept.
    pub dry_run: bool,
}

/// Why a file was not imported at all. Refused rows are not errors; they are in the report.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// The file cannot be read, or the report cannot be written.
    #[error("{path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The first line is not the header expected.
    #[error("{path}: {reason}; the columns of {table} are: {}", .table.columns().iter().map(|c| c.0).collect::<Vec<_>>().join(","))]
    Header {
        /// The file.
        path: PathBuf,
        /// The table.
        table: Table,
        /// What is wrong.
        reason: String,
    },
    /// The database. Rows before are kept; start again to go on.
    #[error("{0}; the rows before are kept: start the import again to go on")]
    Store(#[from] StoreError),
}

store::sql! {
    BEGIN = "insert into import_run (import_id, file_hash, kind, source, rows_done, accepted, unchanged, refused, state, started_at, started_by)
        values ($1, $2, $3, $4, 0, 0, 0, 0, 'running', $5, $6)";
    PROGRESS = "update import_run set rows_done = $2, accepted = $3, unchanged = $4, refused = $5, state = $6, finished_at = $7 where import_id = $1";
}

pub(crate) const STATEMENTS_OF_ROWS: &[(&str, &str)] = apply::STATEMENTS;

/// Rows of one transaction.
const PORTION: usize = 200;
/// After so many repetitions of a portion its rows are taken one by one.
const REPEATS: usize = 3;

/// Imports a file.
pub async fn run(
    db: &Db,
    import: Import<'_>,
    table: Table,
    path: &Path,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Summary, ImportError> {
    let file_error = |source| ImportError::File { path: path.to_owned(), source };
    let hash = hash(path).map_err(file_error)?;
    let sheet = Sheet::open(path, table)?;
    let mut report = sheet::Report::new(path, &sheet.header);
    let mut refused = |line: &Line, reason: &str| report.add(line, reason).map_err(file_error);
    let (id, counts) = rows(db, import, sheet, &hash, &mut refused, progress).await?;
    let report = report.finish().map_err(file_error)?;
    if !import.dry_run {
        db.take_statistics().await?;
    }
    Ok(Summary { id, counts, report, dry_run: import.dry_run })
}

/// A row that was refused, for a report on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RefusedRow {
    /// The line in the file.
    pub line: u64,
    /// The first cell: the row's own reference.
    pub reference: String,
    /// Why, in plain words, with the column.
    pub reason: String,
}

/// Imports what somebody sent: the whole file at once, called `name`. The refused rows come back instead of being written
/// beside a file.
pub async fn run_bytes(
    db: &Db,
    import: Import<'_>,
    table: Table,
    name: &str,
    bytes: Vec<u8>,
) -> Result<(Summary, Vec<RefusedRow>), ImportError> {
    let hash = hex::encode(Sha256::digest(&bytes));
    let total = bytes.len() as u64;
    let sheet = Sheet::of(Path::new(name), Box::new(std::io::Cursor::new(bytes)), total, table)?;
    let mut all = Vec::new();
    let mut refused = |line: &Line, reason: &str| {
        let reference = line.cells.first().map(|c| row::short(c)).unwrap_or_default();
        all.push(RefusedRow { line: line.number, reference, reason: reason.to_owned() });
        Ok(())
    };
    let (id, counts) = rows(db, import, sheet, &hash, &mut refused, &mut |_| {}).await?;
    Ok((Summary { id, counts, report: None, dry_run: import.dry_run }, all))
}

/// Told of every refused row.
type OnRefused<'a> = &'a mut (dyn FnMut(&Line, &str) -> Result<(), ImportError> + Send);

async fn rows(
    db: &Db,
    import: Import<'_>,
    mut sheet: Sheet,
    hash: &str,
    refused: OnRefused<'_>,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<(ImportId, Progress), ImportError> {
    let table = sheet.table;
    let id = ImportId::new(import.ids, import.clock.now());
    if !import.dry_run {
        begin(db, import, table, id, hash).await?;
    }
    let mut counts = Progress { total: sheet.total, ..Progress::default() };
    loop {
        let lines = sheet.portion(PORTION);
        if lines.is_empty() {
            break;
        }
        let outcomes = portion(db, import, table, id, &lines).await?;
        for (line, outcome) in lines.iter().zip(outcomes) {
            counts.rows += 1;
            match outcome {
                Outcome::Accepted => counts.accepted += 1,
                Outcome::Unchanged => counts.unchanged += 1,
                Outcome::Refused { reason, .. } => {
                    counts.refused += 1;
                    refused(line, &reason)?;
                }
            }
        }
        counts.bytes = sheet.position();
        if !import.dry_run {
            note(db, import, id, counts, "running").await?;
        }
        progress(counts);
    }
    counts.bytes = counts.total;
    if !import.dry_run {
        note(db, import, id, counts, "finished").await?;
    }
    progress(counts);
    Ok((id, counts))
}

async fn begin(db: &Db, import: Import<'_>, table: Table, id: ImportId, hash: &str) -> Result<(), StoreError> {
    let o = import.origin;
    store::transact!(db, StoreError, |tx| {
        tx.execute(BEGIN, params![id, hash, table.word(), o.source, import.clock.now(), o.by]).await
    })
    .map(drop)
}

async fn note(db: &Db, import: Import<'_>, id: ImportId, counts: Progress, state: &str) -> Result<(), StoreError> {
    let n = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let end = (state == "finished").then(|| import.clock.now());
    store::transact!(db, StoreError, |tx| {
        let row = params![id, n(counts.rows), n(counts.accepted), n(counts.unchanged), n(counts.refused), state, end];
        tx.execute(PROGRESS, row).await
    })
    .map(drop)
}

/// Takes over one portion. A row the database refuses undoes the transaction, so the portion is repeated without it; when
/// that happens too often the rows go one by one.
async fn portion(
    db: &Db,
    import: Import<'_>,
    table: Table,
    id: ImportId,
    lines: &[Line],
) -> Result<Vec<Outcome>, StoreError> {
    let mut refused: Vec<Option<String>> = lines.iter().map(|l| l.fault.clone()).collect();
    for _ in 0..REPEATS {
        match together(db, import, table, id, lines, &refused).await? {
            Ok(outcomes) => return Ok(outcomes),
            Err((place, reason)) => {
                if let Some(slot) = refused.get_mut(place) {
                    *slot = Some(reason);
                }
            }
        }
    }
    let mut outcomes = Vec::with_capacity(lines.len());
    for (line, fault) in lines.iter().zip(refused) {
        let alone = std::slice::from_ref(line);
        outcomes.push(match together(db, import, table, id, alone, &[fault]).await? {
            Ok(mut one) => one.pop().unwrap_or(Outcome::Unchanged),
            Err((_, reason)) => Outcome::Refused { reason, wrote: false },
        });
    }
    Ok(outcomes)
}

/// All lines in one transaction; the place and reason of the first that is refused undoes all of it.
async fn together(
    db: &Db,
    import: Import<'_>,
    table: Table,
    id: ImportId,
    lines: &[Line],
    refused: &[Option<String>],
) -> Result<Result<Vec<Outcome>, (usize, String)>, StoreError> {
    // Another transaction may be in the way more often than in a single write, because this one is long.
    for round in 0..20 {
        match once(db, import, table, id, lines, refused).await {
            Err(StoreError::Conflict) if round < 19 => {}
            other => return other,
        }
    }
    Err(StoreError::Conflict)
}

async fn once(
    db: &Db,
    import: Import<'_>,
    table: Table,
    id: ImportId,
    lines: &[Line],
    refused: &[Option<String>],
) -> Result<Result<Vec<Outcome>, (usize, String)>, StoreError> {
    let mut tx = db.begin().await?;
    let pen = Pen::new(import.ids, import.keys, import.clock.now(), import.origin);
    let mut changes = Changes::default();
    let mut outcomes = Vec::with_capacity(lines.len());
    for (place, (line, fault)) in lines.iter().zip(refused).enumerate() {
        if let Some(reason) = fault {
            outcomes.push(Outcome::Refused { reason: reason.clone(), wrote: false });
            continue;
        }
        match apply::row(&mut tx, pen, import, table, id, line, &mut changes).await? {
            Outcome::Refused { reason, wrote: true } => return Ok(Err((place, reason))),
            done => outcomes.push(done),
        }
    }
    changes.emit(&mut tx, pen).await?;
    if import.dry_run {
        drop(tx);
    } else {
        tx.commit().await?;
    }
    Ok(Ok(outcomes))
}

fn hash(path: &Path) -> std::io::Result<String> {
    let mut file = std::fs::File::open(path)?;
    let mut hasher = Sha256::new();
    std::io::copy(&mut file, &mut HashWriter(&mut hasher))?;
    Ok(hex::encode(hasher.finalize()))
}

struct HashWriter<'a>(&'a mut Sha256);

impl std::io::Write for HashWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.update(bytes);
        Ok(bytes.len())
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
