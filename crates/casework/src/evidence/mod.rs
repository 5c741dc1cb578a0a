//! Papers and pictures that people hand in, only where no agency can answer.
//!
//! A file becomes [`Checked`] first: its kind told by its content, its metadata taken out, and scanned where a scanner is
//! configured. Only that can be kept, sealed under the installation's keys for its own row. What a scanner could not look
//! at waits, and is shown to nobody before it was scanned.

mod media;
mod pdf;
pub(crate) mod rows;
mod scan;

use guard::{Action, Allowed, KeyError, Tier, Who};
use kernel::{AccountId, ApplicationId, CaseId, EvidenceId, Instant, PersonId, words};
use registry::sight::Sight;
use rules::schema::Entity;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{AsConflict, Db, StoreError, Tx, params};

pub use media::{MOST_BYTES, Media, Refused};
pub use scan::{ScanError, Scanner, Verdict};

use crate::application::model::{MOST_TEXT, Size, reason, start};
use crate::application::{covered, ground, seal, supply};
use crate::case::open::{ADVANCE, Advance};
use crate::case::{self, Actor, Stage, StepKind};
use crate::desk::Desk;
use crate::read::Seen;
use crate::rows::json;

/// How many papers one application may have.
pub const MOST_PAPERS: usize = 60;

words! {
    /// What a scanner said of a paper.
    Scan as "scan" {
        /// No scanner is configured.
        None = "none",
        /// Nothing found.
        Clean = "clean",
        /// The scanner did not answer; it is asked again, and until then nobody is shown the paper.
        Waiting = "waiting",
        /// Malware was found later; the content was destroyed.
        Infected = "infected",
        /// Taken back; the content was destroyed.
        Removed = "removed",
    }
}

/// A file whose kind is known, that holds nothing but its picture or pages, and that was scanned if there is a scanner.
pub struct Checked {
    media: Media,
    content: Vec<u8>,
    scan: Scan,
}

impl Checked {
    /// What it is.
    pub fn media(&self) -> Media {
        self.media
    }
}

/// Checks a file before anything of it is kept. `scanner` is `None` when none is configured.
pub async fn check(scanner: Option<&Scanner>, bytes: Vec<u8>) -> Result<Checked, Refused> {
    // Reading a hostile file takes time and may break the reader; neither may touch those who wait for other answers.
    let read = tokio::task::spawn_blocking(move || (media::prepare(&bytes), bytes)).await;
    let (prepared, bytes) = read.map_err(|_| Refused::Damaged)?;
    let (media, content) = prepared?;
    let scan = match scanner {
        None => Scan::None,
        Some(scanner) => match scanner.scan(&bytes).await {
            Ok(Verdict::Clean) => Scan::Clean,
            Ok(Verdict::Infected(name)) => return Err(Refused::Infected { name }),
            Err(reason) => {
                tracing::warn!(%reason, "a paper waits for the scanner");
                Scan::Waiting
            }
        },
    };
    Ok(Checked { media, content, scan })
}

/// What is noted with a paper.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// What the person wrote.
    pub words: Option<String>,
    /// That an official has seen the original.
    pub original: Option<Original>,
}

/// An official has seen the original of a paper.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Original {
    /// Who.
    pub account: AccountId,
    /// In which role.
    pub role: String,
    /// When (RFC 3339).
    pub at: String,
    /// What they wrote.
    pub words: String,
}

/// A paper without its content.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Paper {
    /// Its id.
    pub id: EvidenceId,
    /// Whom it is about.
    pub person: PersonId,
    /// The application it belongs to.
    pub application: ApplicationId,
    /// The case, when it was handed in for one alone.
    pub case: Option<CaseId>,
    /// The item it is to show.
    pub item: String,
    /// What it is.
    pub media: Media,
    /// Bytes.
    pub size: i64,
    /// SHA-256 of the content as kept, hex.
    pub content_hash: String,
    /// What the scanner said.
    pub scan: Scan,
    /// What is noted.
    pub note: Note,
    /// When it came.
    pub received_at: Instant,
    /// When it was removed.
    pub removed_at: Option<Instant>,
}

/// A paper with its content.
#[derive(Clone, PartialEq, Eq)]
pub struct Opened {
    /// The paper.
    pub paper: Paper,
    /// Its bytes.
    pub content: Vec<u8>,
}

impl std::fmt::Debug for Opened {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Opened({})", self.paper.id)
    }
}

/// Why a paper was not kept, shown or removed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such application, or of nobody the account may act for.
    #[error("there is no such application")]
    NoApplication,
    /// No such open case of this application.
    #[error("there is no such open case of this application")]
    NoCase,
    /// Nothing of the application is open.
    #[error("all cases of this application are closed: papers are handed in with an objection or a new application")]
    Closed,
    /// No such paper.
    #[error("there is no such paper, or it was removed")]
    NoPaper,
    /// Somebody outside the application.
    #[error("the paper is about nobody of this application")]
    OtherPerson,
    /// No such item.
    #[error("{0:?} is not an item of the data dictionary")]
    NoItem(String),
    /// An agency answers it.
    #[error("{item} needs no paper: {agency} is asked directly")]
    AgencyAnswers {
        /// The item.
        item: String,
        /// The agency.
        agency: String,
    },
    /// Too many papers.
    #[error("the application has {0} papers already: remove one first")]
    TooMany(usize),
    /// A note too long.
    #[error(transparent)]
    Size(#[from] Size),
    /// Not scanned yet.
    #[error("the paper waits for the malware scanner and is shown to nobody until then: come back later")]
    NotScanned,
    /// A decision rests on it.
    #[error("a case of this application was decided with this paper: it stays with the decision")]
    Decided,
    /// Not an official, or not allowed.
    #[error("only an official who may act for this person notes that the original was seen")]
    NotAllowed,
    /// An official gave no words.
    #[error("say what was seen, in 3 to 2000 characters")]
    NoWords,
    /// Sealing or opening failed.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// A paper handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// With which application.
    pub application: ApplicationId,
    /// For one case of it; `None`: for all that need it.
    pub case: Option<CaseId>,
    /// Whom it is about; for an item of the household, the applicant.
    pub person: PersonId,
    /// The item it is to show.
    pub item: String,
    /// What the person wants to say with it.
    pub words: Option<String>,
}

/// Keeps a paper. The same content for the same item again is the paper that is there. `connected` says whether an agency
/// answers by machine: then no paper is taken.
pub async fn add(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    connected: &(dyn Fn(&str) -> bool + Sync),
    input: &Input,
    checked: &Checked,
) -> Result<EvidenceId, Fault> {
    let head = supply::head(tx, input.application).await?.ok_or(Fault::NoApplication)?;
    ground(tx, desk, who, allowed, head.applicant, None).await?.ok_or(Fault::NoApplication)?;
    let cases = supply::open_cases(tx, input.application).await?;
    if cases.is_empty() {
        return Err(Fault::Closed);
    }
    if input.case.is_some_and(|id| !cases.iter().any(|c| c.id == id)) {
        return Err(Fault::NoCase);
    }
    let members = crate::household::member_ids(tx, desk, head.household).await?;
    let subjects = cases.iter().any(|c| c.subject.person() == Some(input.person));
    if input.person != head.applicant && !members.contains(&input.person) && !subjects {
        return Err(Fault::OtherPerson);
    }
    no_agency(desk, connected, &input.item)?;
    if input.words.as_ref().is_some_and(|w| w.chars().nth(MOST_TEXT).is_some()) {
        return Err(Size::Long { what: "the note".to_owned(), most: MOST_TEXT }.into());
    }
    let papers = of(tx, input.application).await?;
    let hash = hex::encode(Sha256::digest(&checked.content));
    let same = |p: &&Paper| p.content_hash == hash && p.person == input.person && p.item == input.item;
    if let Some(known) = papers.iter().find(same) {
        return Ok(known.id);
    }
    if papers.len() >= MOST_PAPERS {
        return Err(Fault::TooMany(papers.len()));
    }
    let id = EvidenceId::new(desk.ids, desk.now);
    let sealed = desk.keys.seal_field("evidence", "content", id.0, &checked.content)?;
    let note = json(&Note { words: input.words.clone(), original: None })?;
    let size = i64::try_from(checked.content.len()).unwrap_or(i64::MAX);
    let values = params![
        input.person,
        id,
        input.case,
        input.application,
        input.item,
        checked.media.word(),
        size,
        hash,
        sealed,
        checked.scan.word(),
        note,
        who.account,
        desk.now
    ];
    tx.execute(rows::ADD, values).await?;
    for case in cases.iter().filter(|c| input.case.is_none_or(|id| id == c.id)) {
        let detail = serde_json::json!({ "evidence": id, "item": input.item });
        case::rows::step(tx, desk, case, StepKind::PersonGave, Actor::of(who), &detail).await?;
        tx.emit(desk.ids, desk.now, ADVANCE, &Advance { case: case.id }).await?;
    }
    Ok(id)
}

/// Whether no agency answers the item by machine.
fn no_agency(desk: &Desk<'_>, connected: &(dyn Fn(&str) -> bool + Sync), item: &str) -> Result<(), Fault> {
    let known = desk.pack.item(Entity::Person, item).or_else(|| desk.pack.item(Entity::Household, item));
    let known = known.ok_or_else(|| Fault::NoItem(start(item)))?;
    match known.owner.as_deref().filter(|agency| connected(agency)) {
        Some(agency) => Err(Fault::AgencyAnswers { item: item.to_owned(), agency: agency.to_owned() }),
        None => Ok(()),
    }
}

/// Whom a paper is about and the household of its application, to ask the guard before anything is done with it.
pub async fn person_of(tx: &mut Tx, id: EvidenceId) -> Result<Option<(PersonId, ApplicationId)>, StoreError> {
    Ok(rows::one(tx, id).await?.map(|p| (p.person, p.application)))
}

/// The papers of an application that are there.
pub(crate) async fn of(tx: &mut Tx, application: ApplicationId) -> Result<Vec<Paper>, StoreError> {
    tx.all(rows::OF_APPLICATION, params![application]).await?.iter().map(rows::read).collect()
}

/// The papers of an application without their contents, under seal.
pub async fn list(
    tx: &mut Tx,
    sight: &Sight<'_>,
    application: ApplicationId,
) -> Result<Option<Seen<Vec<Paper>>>, StoreError> {
    let Some(head) = supply::head(tx, application).await? else { return Ok(None) };
    let papers = of(tx, application).await?;
    let people: Vec<PersonId> = papers.iter().map(|p| p.person).chain([head.applicant]).collect();
    Ok(Some(seal(tx, sight, people, papers).await?))
}

/// A paper with its content, under seal, and how sensitive its item is: the resource shown to the guard is to be at that
/// tier. Of a person's papers nothing is opened that was not scanned where a scanner is configured.
pub async fn open(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: EvidenceId,
) -> Result<Option<(Seen<Opened>, Tier)>, Fault> {
    let Some(paper) = rows::one(tx, id).await? else { return Ok(None) };
    if !matches!(paper.scan, Scan::None | Scan::Clean) {
        return Err(Fault::NotScanned);
    }
    let content = content(tx, desk, &paper).await?;
    let (person, tier) = (paper.person, tier(desk, &paper.item));
    let seen = seal(tx, sight, vec![person], Opened { paper, content }).await?;
    Ok(Some((seen, tier)))
}

async fn content(tx: &mut Tx, desk: &Desk<'_>, paper: &Paper) -> Result<Vec<u8>, Fault> {
    let row = tx.maybe(rows::CONTENT, params![paper.person, paper.id]).await?.ok_or(Fault::NoPaper)?;
    let sealed: Vec<u8> = row.get("content")?;
    Ok(desk.keys.open_field("evidence", "content", paper.id.0, &sealed)?.to_vec())
}

/// How sensitive the item is; what the pack does not know any more counts as most sensitive.
fn tier(desk: &Desk<'_>, item: &str) -> Tier {
    let known = desk.pack.item(Entity::Person, item).or_else(|| desk.pack.item(Entity::Household, item));
    known.and_then(|i| Tier::from_number(i.tier)).map_or(Tier::Sensitive, |tier| tier.max(Tier::Benefits))
}

/// Removes a paper before a decision rests on it: its content is destroyed, that it was there stays.
pub async fn remove(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &[Allowed], id: EvidenceId) -> Result<(), Fault> {
    let paper = rows::one(tx, id).await?.ok_or(Fault::NoPaper)?;
    let head = supply::head(tx, paper.application).await?.ok_or(Fault::NoPaper)?;
    ground(tx, desk, who, allowed, head.applicant, None).await?.ok_or(Fault::NoPaper)?;
    let cases = case::rows::of_application(tx, paper.application).await?;
    let rests = |c: &case::Case| paper.case.is_none_or(|id| id == c.id);
    if cases.iter().any(|c| rests(c) && c.stage == Stage::Decided) {
        return Err(Fault::Decided);
    }
    destroy(tx, desk, &paper, Scan::Removed).await
}

async fn destroy(tx: &mut Tx, desk: &Desk<'_>, paper: &Paper, why: Scan) -> Result<(), Fault> {
    let values = params![paper.person, paper.id, Vec::<u8>::new(), why.word(), desk.now];
    match tx.execute(rows::REMOVE, values).await? {
        1 => Ok(()),
        _ => Err(Fault::NoPaper),
    }
}

/// Notes that an official has seen the original.
pub async fn seen_original(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    id: EvidenceId,
    words: &str,
) -> Result<(), Fault> {
    let paper = rows::one(tx, id).await?.ok_or(Fault::NoPaper)?;
    let works = allowed.iter().any(|a| a.action() == Action::WorkCase && a.covers(paper.person));
    if !who.role.is_staff() || !(works || covered(allowed, paper.person)) {
        return Err(Fault::NotAllowed);
    }
    let words = reason(Some(words)).ok_or(Fault::NoWords)?;
    let role = who.role.word().to_owned();
    let original = Original { account: who.account, role, at: desk.now.rfc3339(), words };
    let note = json(&Note { original: Some(original), ..paper.note })?;
    match tx.execute(rows::NOTE, params![paper.person, paper.id, note]).await? {
        1 => Ok(()),
        _ => Err(Fault::NoPaper),
    }
}

/// Scans papers that wait, the oldest first; says how many are settled. The first that the scanner cannot look at ends
/// the round: it is away, and the next round comes. What carries malware is destroyed, and its cases say so.
pub async fn rescan(db: &Db, desk: &Desk<'_>, scanner: &Scanner, most: u32) -> Result<usize, Fault> {
    let mut tx = db.read().await?;
    let rows = tx.all(rows::WAITING, params![most]).await?;
    let papers = rows.iter().map(rows::read).collect::<Result<Vec<_>, _>>()?;
    drop(tx);
    let mut settled = 0;
    for paper in &papers {
        let mut tx = db.read().await?;
        let content = content(&mut tx, desk, paper).await;
        drop(tx);
        let content = match content {
            Err(Fault::NoPaper) => continue,
            other => other?,
        };
        let verdict = match scanner.scan(&content).await {
            Ok(verdict) => verdict,
            Err(reason) => {
                tracing::warn!(%reason, "papers still wait for the scanner");
                break;
            }
        };
        store::transact!(db, Fault, |tx| settle(tx, desk, paper, &verdict).await)?;
        settled += 1;
    }
    Ok(settled)
}

async fn settle(tx: &mut Tx, desk: &Desk<'_>, paper: &Paper, verdict: &Verdict) -> Result<(), Fault> {
    let Verdict::Infected(name) = verdict else {
        tx.execute(rows::SCANNED, params![paper.person, paper.id]).await?;
        return Ok(());
    };
    match destroy(tx, desk, paper, Scan::Infected).await {
        Err(Fault::NoPaper) => return Ok(()),
        other => other?,
    }
    for case in supply::open_cases(tx, paper.application).await? {
        let detail = serde_json::json!({ "evidence": paper.id, "item": paper.item, "malware": name });
        case::rows::step(tx, desk, &case, StepKind::Noted, Actor::MACHINE, &detail).await?;
    }
    Ok(())
}
