//! Consents: to one purpose of the pack each, in the words shown, given and withdrawn by date and never deleted.
//!
//! Where the pack binds a consent to an item of the data dictionary, giving it records that item as true and withdrawing
//! it as false, so that rules and investigations see it like any other fact; and an answer to that item is the consent, or
//! takes it back. What only a consent opens is asked of an agency while it stands ([`lacking`]).

use catalogue::Pack;
use catalogue::model::Consent as Purpose;
use guard::{Allowed, Who};
use kernel::{ApplicationId, ConsentId, Instant, Period, PersonId, Words};
use registry::fact::FactError;
use registry::sight::Sight;
use registry::{FactValue, NewFact, Origin};
use rules::schema::{Entity, Value};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Message, Row, StoreError, Tx, params};

use super::model::{Agreed, Chosen, Setting, start};
use super::questions::date_of;
use super::{ground, life, rows, seal};
use crate::desk::Desk;
use crate::investigate::answer;
use crate::model::Subject;
use crate::read::Seen;
use crate::rows::json;
use crate::snapshot::Snapshot;
use crate::{case, household, recompute};

/// The topic under which the investigation is told that a consent was withdrawn.
pub const WITHDRAWN: &str = "consent.withdrawn";
/// The topic under which it is told that one was given.
pub const GIVEN: &str = "consent.given";

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
    stand(tx, desk, who, purpose, agreed.person, application).await?;
    record(tx, desk, who, purpose, agreed.person, true).await
}

/// Keeps that it stands, unless it does.
async fn stand(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    purpose: &Purpose,
    person: PersonId,
    application: Option<ApplicationId>,
) -> Result<(), StoreError> {
    if stands(tx, person, &purpose.id).await? {
        return Ok(());
    }
    let id = ConsentId::new(desk.ids, desk.now);
    let words = json(&purpose.words)?;
    let values = params![person, id, purpose.id, purpose.law, words, application, who.account, desk.now];
    tx.execute(rows::CONSENT_ADD, values).await?;
    let told = Told { person, purpose: purpose.id.clone() };
    tx.emit(desk.ids, desk.now, GIVEN, &told).await.map(drop)
}

/// Ends it, if it stands; says whether it did.
async fn end(tx: &mut Tx, desk: &Desk<'_>, person: PersonId, purpose: &str) -> Result<bool, StoreError> {
    if tx.execute(rows::CONSENT_END, params![person, purpose, desk.now]).await? == 0 {
        return Ok(false);
    }
    let told = Told { person, purpose: purpose.to_owned() };
    tx.emit(desk.ids, desk.now, WITHDRAWN, &told).await?;
    Ok(true)
}

/// What is said to the item of a consent is the consent: it stands in the person's list, and can be taken back there.
pub(crate) async fn answered(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    subject: Subject,
    item: &str,
    agrees: bool,
) -> Result<(), StoreError> {
    let (Some(purpose), Some(person)) = (desk.pack.consent_by(item), subject.person()) else { return Ok(()) };
    match agrees {
        true => stand(tx, desk, who, purpose, person, None).await,
        false => end(tx, desk, person, &purpose.id).await.map(drop),
    }
}

/// What the investigation is told.
#[derive(Serialize, Deserialize)]
struct Told {
    person: PersonId,
    purpose: String,
}

/// The household's open cases go on, or stop, when a consent was given or taken back. Taken back, what is asked of the agencies
/// it opened is asked no more.
pub(crate) async fn follow(tx: &mut Tx, desk: &Desk<'_>, message: &Message) -> Result<(), recompute::Fault> {
    let told: Told = serde_json::from_str(&message.payload).map_err(|e| recompute::Fault::Payload(e.to_string()))?;
    let covers = desk.pack.consents().get(&told.purpose).map_or(&[][..], |c| &c.covers);
    let Some(home) = household::household_of(tx, desk, told.person).await?.filter(|_| !covers.is_empty()) else {
        return Ok(());
    };
    for case in case::rows::of_household(tx, home).await?.iter().filter(|c| !c.stage.is_closed()) {
        if message.topic == WITHDRAWN {
            answer::cancel_of(tx, desk, case, covers).await?;
        }
        answer::wake(tx, desk, case.id).await?;
    }
    Ok(())
}

/// Who has to agree before agencies under a consent are asked, and has not: the applicant, or every grown member.
pub(crate) fn lacking(purpose: &Purpose, pack: &Pack, facts: &Snapshot, applicant: PersonId) -> Vec<PersonId> {
    let Some(item) = &purpose.item else { return Vec::new() };
    let whose = match purpose.all_members {
        true => grown(pack, purpose.from_age.unwrap_or_default(), facts),
        false => vec![applicant],
    };
    whose.into_iter().filter(|person| !says_yes(facts, *person, item)).collect()
}

/// Whether a person has agreed, as the item bound to a consent says.
pub(crate) fn says_yes(facts: &Snapshot, person: PersonId, item: &str) -> bool {
    let member = facts.members.iter().find(|m| m.person == person);
    member.is_some_and(|m| m.facts.iter().any(|f| f.item == item && f.value == Value::Boolean(true)))
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
    if !end(tx, desk, person, purpose).await? {
        return Ok(false);
    }
    // A pack may have dropped the purpose since; taking back works all the same.
    if let Some(known) = desk.pack.consents().get(purpose) {
        record(tx, desk, who, known, person, false).await?;
    }
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
    purpose: &Purpose,
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
            let age = purpose.from_age.unwrap_or(setting.adult_age);
            let persons = if purpose.all_members { grown(pack, age, snapshot) } else { vec![applicant] };
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

/// Members of this age and alive. Somebody whose age nobody knows counts as grown: asking once too often harms less.
fn grown(pack: &Pack, age: u8, snapshot: &Snapshot) -> Vec<PersonId> {
    let roles = &pack.schema().roles;
    let years = jiff::Span::new().try_years(i64::from(age)).unwrap_or_default();
    let of_age = |born: kernel::Date| born.saturating_add(years) <= snapshot.on;
    let members = snapshot.members.iter().map(|m| m.person);
    members
        .filter(|p| {
            let born = date_of(snapshot, *p, roles.birth_date.as_deref());
            date_of(snapshot, *p, roles.death_date.as_deref()).is_none() && born.is_none_or(of_age)
        })
        .collect()
}
