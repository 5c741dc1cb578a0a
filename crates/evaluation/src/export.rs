//! The families of a study for researchers, de-identified: a row a family under a key that is made for this export alone, weeks from birth
//! instead of days, numbers in bands, and nobody who stands out by what others may know ([`anonymous`]). No place is in it at all, so a
//! protected one cannot be; no name, number, word, nor anything told alone.
//!
//! Two people who are not one answer for it; one entry of the disclosure log names them, the purpose, the law, how many families are in it,
//! and the root over who they are.

use std::path::{Path, PathBuf};

use catalogue::model::{Covariate, CovariateSource, Study};
use guard::log::Receipt;
use guard::{Action, Denied, Guard, Purpose, PurposeKind, Role, Who};
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Lang, PersonId};
use sha2::Sha256;
use store::{Db, StoreError};
use uuid::Uuid;
use visit::Desk;

use crate::anonymous::{self, band};
use crate::bulk::Bulk;
use crate::cohort::{self, Member};

/// What stands where a value is kept back.
pub const BLANK: &str = "*";
/// What stands where nothing was said.
pub const UNKNOWN: &str = "";

/// Who wants it and why.
#[derive(Clone, Copy)]
pub struct Warrant<'a> {
    /// Who orders it.
    pub who: &'a Who,
    /// Who approves it: another account.
    pub approver: &'a Who,
    /// Why, in words.
    pub reason: &'a str,
    /// The law it rests on.
    pub law: &'a str,
}

/// An export that is wanted.
#[derive(Clone, Copy)]
pub struct Order<'a> {
    /// Who answers for it.
    pub warrant: Warrant<'a>,
    /// The study.
    pub study: &'a Study,
    /// The folder, which must not be there yet.
    pub out: &'a Path,
    /// Drawn for this export and kept nowhere: keys of two exports have nothing to do with each other.
    pub salt: &'a [u8; 32],
    /// The language of the dictionary.
    pub lang: Lang,
}

/// What was exported.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Taken {
    /// Families in it.
    pub rows: usize,
    /// Families of which something was blanked.
    pub blanked: usize,
    /// Families that stood out even so and were left out.
    pub left_out: usize,
    /// Its entry in the disclosure log.
    pub look: Uuid,
    /// The root over everybody who agreed, hex.
    pub root: String,
}

/// Why nothing was exported.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// Nobody signs for themselves.
    #[error("whoever orders an export cannot approve it: a second person must sign in")]
    SamePerson,
    /// It rests on no law.
    #[error("name the law the export rests on")]
    NoLaw,
    /// The guard did not allow it.
    #[error(transparent)]
    Denied(#[from] Denied),
    /// So few that somebody could be recognised.
    #[error("fewer than {0} families would be in it, or all of them stand out: nothing is exported")]
    TooFew(u32),
    /// The folder.
    #[error("{}: {error}", path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// What is wrong.
        error: std::io::Error,
    },
    /// The table.
    #[error("the table cannot be written: {0}")]
    Table(#[from] csv::Error),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// For which purpose a role signs.
fn kind_of(role: Role) -> PurposeKind {
    match role {
        Role::Analyst => PurposeKind::Statistics,
        Role::Approver => PurposeKind::Approval,
        _ => PurposeKind::Administration,
    }
}

/// Exports a study into a new folder: `families.csv` and `dictionary.csv`, and the same rows as FHIR resources.
///
/// # Errors
/// [`Fault`]; then there is no table.
pub async fn run(db: &Db, guard: &Guard, desk: &Desk<'_>, order: Order<'_>) -> Result<Taken, Fault> {
    let Warrant { who, approver, reason, law } = order.warrant;
    if who.account == approver.account {
        return Err(Fault::SamePerson);
    }
    if law.trim().is_empty() {
        return Err(Fault::NoLaw);
    }
    if order.out.exists() {
        let error = std::io::ErrorKind::AlreadyExists.into();
        return Err(Fault::File { path: order.out.to_owned(), error });
    }
    let mut tx = db.read().await?;
    let agreed = cohort::agreed(&mut tx, order.study).await?;
    let root = cohort::root(&agreed);
    let purpose = |role| Purpose::new(kind_of(role), reason).with_law(law);
    let (first, second) = (purpose(who.role), purpose(approver.role));
    let whose = format!("study:{}", order.study.id);
    let count = u64::try_from(agreed.len()).unwrap_or(u64::MAX);
    let batch = (whose.as_str(), count, root);
    let receipt = guard.permit_batch((who, &first), (approver, &second), Action::ExportStudy, batch).await?;
    let members = cohort::members(&mut tx, desk, order.study, &agreed, desk.now).await?;
    drop(tx);
    write(&order, &members, &receipt, hex::encode(root))
}

/// A row: the family's key, what others may know of it, the other covariates, and its outcomes.
struct Line {
    key: String,
    /// Its group, then the covariates that others may know, banded.
    known: Vec<String>,
    rest: Vec<String>,
}

fn write(order: &Order<'_>, members: &[Member], receipt: &Receipt, root: String) -> Result<Taken, Fault> {
    let study = order.study;
    let mut lines: Vec<Line> = members.iter().map(|m| line(order, m)).collect();
    // By keys that say nothing: the order of ids is that of registration.
    lines.sort_by(|a, b| a.key.cmp(&b.key));
    let known: Vec<Vec<String>> = lines.iter().map(|l| l.known.clone()).collect();
    let widths = anonymous::kept(&known, usize::try_from(study.alike).unwrap_or(usize::MAX));
    let rows = widths.iter().flatten().count();
    if rows == 0 {
        return Err(Fault::TooFew(study.alike));
    }
    let file = |name: &str| order.out.join(name);
    std::fs::create_dir(order.out).map_err(|error| Fault::File { path: order.out.to_owned(), error })?;
    dictionary(order, &file("dictionary.csv"))?;
    let mut table = csv::Writer::from_path(file("families.csv"))?;
    let names: Vec<String> = columns(study).into_iter().map(|c| c.name).collect();
    table.write_record(&names)?;
    let mut bulk = Bulk::begin(&study.id, order.out)?;
    let (mut blanked, all) = (0, lines.len());
    for (line, width) in lines.into_iter().zip(widths) {
        let Some(width) = width else { continue };
        let of = line.known.len();
        blanked += usize::from(width < of);
        let known = line.known.into_iter().take(width).chain(std::iter::repeat_n(BLANK.to_owned(), of - width));
        let values: Vec<String> = known.chain(line.rest).collect();
        bulk.family(&line.key, names.iter().skip(1).map(String::as_str).zip(values.iter().map(String::as_str)))?;
        table.write_record(std::iter::once(line.key).chain(values))?;
    }
    bulk.end()?;
    table.flush().map_err(|error| Fault::File { path: file("families.csv"), error })?;
    Ok(Taken { rows, blanked, left_out: all - rows, look: receipt.look(), root })
}

fn line(order: &Order<'_>, member: &Member) -> Line {
    let study = order.study;
    let of = |quasi: bool| {
        let all = study.covariates.iter().zip(&member.covariates).filter(move |(c, _)| c.quasi == quasi);
        all.map(|(c, value)| value.map_or_else(|| UNKNOWN.to_owned(), |v| band(v, &c.bands)))
    };
    let outcomes = member.outcomes.iter().flat_map(|o| match o {
        Some(o) => [o.value.to_string(), o.week.to_string()],
        None => [UNKNOWN.to_owned(), UNKNOWN.to_owned()],
    });
    let group = if member.treated { "with" } else { "without" };
    Line {
        key: key(order.salt, member.person),
        known: std::iter::once(group.to_owned()).chain(of(true)).collect(),
        rest: of(false).chain(outcomes).collect(),
    }
}

/// The key of a family in one export.
fn key(salt: &[u8; 32], person: PersonId) -> String {
    // A key of any length fits.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(salt) else { return String::new() };
    mac.update(person.0.as_bytes());
    let mut key = hex::encode(mac.finalize().into_bytes());
    key.truncate(32);
    key
}

/// A column of the table.
struct Column {
    name: String,
    words: String,
    values: String,
    others_may_know: bool,
}

/// The columns in their order, with what the dictionary says of them.
fn columns(study: &Study) -> Vec<Column> {
    let plain = |name: &str, words: &str, values: &str, others_may_know: bool| Column {
        name: name.to_owned(),
        words: words.to_owned(),
        values: values.to_owned(),
        others_may_know,
    };
    let covariate = |c: &Covariate| {
        let values = match (&c.from, c.bands.is_empty()) {
            (CovariateSource::Item(_), true) => "number; of a yes-or-no question 1 = yes, 0 = no or skipped".to_owned(),
            (_, true) => "number".to_owned(),
            _ => format!("band; lower bounds {:?}", c.bands),
        };
        Column { name: c.id.clone(), words: c.name.get(Lang::En).to_owned(), values, others_may_know: c.quasi }
    };
    let mut all = vec![
        plain("key", "The family, in this export alone", "32 hexadecimal digits", false),
        plain("group", "Whether it had what is studied", "with, without", true),
    ];
    all.extend(study.covariates.iter().filter(|c| c.quasi).map(covariate));
    all.extend(study.covariates.iter().filter(|c| !c.quasi).map(covariate));
    for outcome in &study.outcomes {
        let name = format!("{}_{}", outcome.wave, outcome.measure);
        all.push(plain(&name, "Points; empty: not asked or not answered", "number", false));
        all.push(plain(&format!("{name}_week"), "Week of the child's life of the answer", "number", false));
    }
    all
}

/// What each column means.
fn dictionary(order: &Order<'_>, path: &Path) -> Result<(), Fault> {
    let study = order.study;
    let mut table = csv::Writer::from_path(path)?;
    table.write_record(["column", "meaning", "values", "shared_by_at_least"])?;
    for column in columns(study) {
        let name = study.covariates.iter().find(|c| c.id == column.name).map(|c| c.name.get(order.lang).to_owned());
        let values =
            if column.others_may_know { format!("{}; {BLANK} = kept back", column.values) } else { column.values };
        let alike = if column.others_may_know { study.alike.to_string() } else { String::new() };
        table.write_record([column.name, name.unwrap_or(column.words), values, alike])?;
    }
    table.flush().map_err(|error| Fault::File { path: path.to_owned(), error })
}
