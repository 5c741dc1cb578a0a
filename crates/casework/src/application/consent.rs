//! Consents: to one purpose of the pack each, in the words shown, given and withdrawn by date and never deleted.
//!
//! Where the pack binds a consent to an item of the data dictionary, giving it records that item as true and withdrawing
//! it as false, so that rules and investigations see it like any other fact.

use catalogue::Pack;
use guard::{Allowed, Who};
use kernel::{ApplicationId, ConsentId, Instant, Period, PersonId, Words};
use registry::fact::FactError;
use registry::sight::Sight;
use registry::{FactValue, NewFact, Origin};
use rules::schema::Entity;
use serde::Serialize;
use store::{AsConflict, Row, StoreError, Tx, params};

use super::model::{Agreed, Chosen, Setting, start};
use super::questions::date_of;
use super::{ground, life, rows, seal};
use crate::desk::Desk;
use crate::read::Seen;
use crate::rows::json;
use crate::snapshot::Snapshot;

/// The topic under which the investigation is told that a consent was withdrawn.
pub const WITHDRAWN: &str = "consent.withdrawn";

/// A consent as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Consent {
    /// Its id.
    pub id: ConsentId,
    /// Who agreed.
    pub person: PersonId,
    /// To what: a consent of the pack.
    pub purpose: String,
    /// The law that asks for it.
    pub law: String,
    /// The words the person agreed to, as they stood.
    pub words: Words,
    /// The application with which it was given.
    pub application: Option<ApplicationId>,
    /// When.
    pub given_at: Instant,
    /// When it was withdrawn.
    pub withdrawn_at: Option<Instant>,
}

/// Why a consent was not given or withdrawn.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The pack asks for no such consent.
    #[error("{0:?} is not a consent of the pack: name one of its purposes")]
    NoPurpose(String),
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// Neither the person nor somebody who may act for them.
    #[error("nobody but the person, or who may act for them, agrees or takes back an agreement")]
    NotAllowed,
    /// The person died.
    #[error("a consent of somebody who died cannot be given")]
    Dead,
    /// The registry refused the fact.
    #[error("{0}")]
    Registry(String),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

impl From<FactError> for Fault {
    fn from(error: FactError) -> Self {
        match error {
            FactError::Store(inner) => Fault::Store(inner),
            other => Fault::Registry(other.to_string()),
        }
    }
}

/// Notes that a person agrees to a purpose. Agreeing to what is agreed already changes nothing.
pub async fn give(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    agreed: &Agreed,
    application: Option<ApplicationId>,
) -> Result<(), Fault> {
    let purpose = desk.pack.consents().get(&agreed.purpose);
    let purpose = purpose.ok_or_else(|| Fault::NoPurpose(start(&agreed.purpose)))?;
    ground(tx, desk, who, allowed, agreed.person, None).await?.ok_or(Fault::NotAllowed)?;
    let life = life(tx, desk, agreed.person).await?.ok_or(Fault::NoPerson)?;
    if life.died.is_some() {
        return Err(Fault::Dead);
    }
    if !stands(tx, agreed.person, &purpose.id).await? {
        let id = ConsentId::new(desk.ids, desk.now);
        let words = json(&purpose.words)?;
        let (law, account) = (&purpose.law, who.account);
        let values = params![agreed.person, id, purpose.id, law, words, application, account, desk.now];
        tx.execute(rows::CONSENT_ADD, values).await?;
    }
    record(tx, desk, who, purpose, agreed.person, true).await
}

/// What the investigation is told.
#[derive(Serialize)]
struct TakenBack<'a> {
    person: PersonId,
    purpose: &'a str,
}

/// Takes a consent back: from now on nothing rests on it. Says whether it stood.
pub async fn withdraw(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    person: PersonId,
    purpose: &str,
) -> Result<bool, Fault> {
    ground(tx, desk, who, allowed, person, None).await?.ok_or(Fault::NotAllowed)?;
    if tx.execute(rows::CONSENT_END, params![person, purpose, desk.now]).await? == 0 {
        return Ok(false);
    }
    // A pack may have dropped the purpose since; taking back works all the same.
    if let Some(known) = desk.pack.consents().get(purpose) {
        record(tx, desk, who, known, person, false).await?;
    }
    tx.emit(desk.ids, desk.now, WITHDRAWN, &TakenBack { person, purpose }).await?;
    Ok(true)
}

/// Whether a consent of the person to the purpose stands now.
pub async fn stands(tx: &mut Tx, person: PersonId, purpose: &str) -> Result<bool, StoreError> {
    Ok(of(tx, person).await?.iter().any(|c| c.purpose == purpose && c.withdrawn_at.is_none()))
}

/// Everybody of whom a consent to the purpose stands now, after `after` in the order of their ids. A machine's look.
pub async fn agreed(tx: &mut Tx, purpose: &str, after: PersonId, most: u32) -> Result<Vec<PersonId>, StoreError> {
    let found = tx.all(rows::CONSENT_AGREED, params![purpose, after, most]).await?;
    found.iter().map(|row| row.get("person_id")).collect()
}

/// All consents of a person, withdrawn ones too, the oldest first, under seal.
pub async fn list(tx: &mut Tx, sight: &Sight<'_>, person: PersonId) -> Result<Seen<Vec<Consent>>, StoreError> {
    let all = of(tx, person).await?;
    seal(tx, sight, [person], all).await
}

async fn of(tx: &mut Tx, person: PersonId) -> Result<Vec<Consent>, StoreError> {
    tx.all(rows::CONSENTS, params![person]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Consent, StoreError> {
    Ok(Consent {
        id: row.get("consent_id")?,
        person: row.get("person_id")?,
        purpose: row.get("purpose")?,
        law: row.get("law")?,
        words: row.json("words")?,
        application: row.maybe("application_id")?,
        given_at: row.get("given_at")?,
        withdrawn_at: row.maybe("withdrawn_at")?,
    })
}

/// Records the item bound to a consent, where the pack has it as a yes-or-no item of a person.
async fn record(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    purpose: &catalogue::model::Consent,
    person: PersonId,
    agrees: bool,
) -> Result<(), Fault> {
    let Some(item) = purpose.item.as_deref().filter(|item| desk.has(Entity::Person, item)) else { return Ok(()) };
    let subject = registry::Subject::Person(person);
    let value = FactValue::Boolean(agrees);
    if desk.check(&subject, item, &value).is_err() {
        return Ok(());
    }
    let origin = Origin::new("self", &purpose.law, who.account.to_string());
    let valid = Period { from: desk.today(), until: None };
    let fact = NewFact { subject, item: item.to_owned(), value, valid, corrects: None };
    let check = |s: &registry::Subject, i: &str, v: &FactValue| desk.check(s, i, v);
    registry::fact::record(tx, desk.pen(&origin), &check, fact).await?;
    Ok(())
}

/// A consent an application needs, and from whom.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Wanted {
    /// The purpose.
    pub purpose: String,
    /// Who is to agree.
    pub person: PersonId,
    /// For which of the programmes chosen.
    pub programmes: Vec<String>,
}

/// The consents the programmes chosen need: of the applicant, or of every grown member where the pack says so.
pub fn wanted(
    pack: &Pack,
    setting: Setting<'_>,
    snapshot: &Snapshot,
    applicant: PersonId,
    chosen: &[Chosen],
) -> Vec<Wanted> {
    let mut all: Vec<Wanted> = Vec::new();
    for one in chosen {
        for id in &pack.process(&one.programme).consents {
            let Some(purpose) = pack.consents().get(id) else { continue };
            let persons = if purpose.all_members { grown(pack, setting, snapshot) } else { vec![applicant] };
            for person in persons {
                match all.iter_mut().find(|w| w.purpose == *id && w.person == person) {
                    Some(known) if known.programmes.contains(&one.programme) => {}
                    Some(known) => known.programmes.push(one.programme.clone()),
                    None => {
                        all.push(Wanted { purpose: id.clone(), person, programmes: vec![one.programme.clone()] });
                    }
                }
            }
        }
    }
    all
}

/// Members of age and alive. Somebody whose age nobody knows counts as grown: asking once too often harms less.
fn grown(pack: &Pack, setting: Setting<'_>, snapshot: &Snapshot) -> Vec<PersonId> {
    let roles = &pack.schema().roles;
    let years = jiff::Span::new().try_years(i64::from(setting.adult_age)).unwrap_or_default();
    let of_age = |born: kernel::Date| born.saturating_add(years) <= snapshot.on;
    let members = snapshot.members.iter().map(|m| m.person);
    members
        .filter(|p| {
            let born = date_of(snapshot, *p, roles.birth_date.as_deref());
            date_of(snapshot, *p, roles.death_date.as_deref()).is_none() && born.is_none_or(of_age)
        })
        .collect()
}
