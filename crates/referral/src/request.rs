//! Sending a family on: the family has agreed, the service helps with this need where the family lives, and what the service
//! learns is no more than was agreed.

use guard::{Action, Allowed, Who};
use kernel::{PersonId, ReferralId};
use registry::AsOf;
use registry::sight::{Sight, relations};
use store::{AsConflict, StoreError, Tx};

use crate::model::{Act, By, Referral, Shares, Standing};
use crate::{Desk, MOST_WORDS, change, rows};

/// A referral to be sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Names it: the same id sent twice is one referral.
    pub id: ReferralId,
    /// Who is to be helped.
    pub person: PersonId,
    /// The service of the directory.
    pub service: String,
    /// The need: one of those the service helps with.
    pub need: String,
    /// In words for the service.
    pub reason: String,
    /// How the family wants to be reached; `None`: through the referrer.
    pub contact: Option<String>,
    /// What else the service learns.
    pub shares: Shares,
    /// Who of the family agreed; `None`: nobody, and then nothing is sent.
    pub agreed_by: Option<PersonId>,
    /// The referral whose place it takes, which is closed by this.
    pub instead_of: Option<ReferralId>,
}

/// What came of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The referral.
    pub id: ReferralId,
    /// Whether it had been sent before.
    pub already: bool,
}

/// Why a referral was not sent.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("not allowed for this person")]
    NotAllowed,
    /// Nobody like that.
    #[error("there is no such person")]
    Nobody,
    /// No such service.
    #[error("the directory has no service \"{0}\": choose one of the list")]
    NoService(String),
    /// The service does not help with it.
    #[error("the service \"{service}\" does not help with \"{need}\": choose a need it names")]
    NotItsNeed {
        /// The service.
        service: String,
        /// The need.
        need: String,
    },
    /// The family lives elsewhere.
    #[error("the service \"{0}\" does not serve the place where the family lives: choose one that does")]
    OutOfArea(String),
    /// Nobody agreed.
    #[error("the family has not agreed: ask them first, and say who agreed")]
    NotAgreed,
    /// Who agreed is nobody of the family.
    #[error("whoever agrees is the person or somebody of the household")]
    AgreedByStranger,
    /// No words.
    #[error("say in a few words what is asked for, at least three letters")]
    NoWords,
    /// Too many words.
    #[error("the words have {0} characters; at most {MOST_WORDS} are taken")]
    TooLong(usize),
    /// A contact of somebody protected.
    #[error(
        "the address of this person is protected: leave the contact empty, and the service reaches them through you"
    )]
    Protected,
    /// Another referral has this id.
    #[error("this id names another referral")]
    OtherReferral,
    /// What it should take the place of cannot be closed.
    #[error(transparent)]
    Instead(#[from] Box<change::Fault>),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Store(e) => e.is_conflict(),
            Fault::Instead(e) => e.is_conflict(),
            _ => false,
        }
    }
}

fn words(typed: &str) -> Result<&str, Fault> {
    let typed = typed.trim();
    match typed.chars().count() {
        0..3 => Err(Fault::NoWords),
        n if n > MOST_WORDS => Err(Fault::TooLong(n)),
        _ => Ok(typed),
    }
}

/// Sends a referral. `allowed` is the guard's decision for [`Action::Refer`] about the person; `place` is where the family lives.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    allowed: &Allowed,
    input: &Input,
) -> Result<Sent, Fault> {
    let who: &Who = sight.who;
    // A record that was joined with another goes on under the one that stays.
    let person = registry::read::surviving(tx, input.person).await?;
    if allowed.action() != Action::Refer || !allowed.covers(person) {
        return Err(Fault::NotAllowed);
    }
    let service = desk.pack.services().get(&input.service).ok_or_else(|| Fault::NoService(input.service.clone()))?;
    if !service.needs.contains(&input.need) {
        return Err(Fault::NotItsNeed { service: input.service.clone(), need: input.need.clone() });
    }
    let reason = words(&input.reason)?.to_owned();
    let contact = input.contact.as_deref().map(str::trim).filter(|c| !c.is_empty()).map(str::to_owned);
    if let Some(n) = contact.as_ref().map(|c| c.chars().count()).filter(|n| *n > 200) {
        return Err(Fault::TooLong(n));
    }
    let relation = relations(tx, sight, [person]).await?.remove(&person).ok_or(Fault::Nobody)?;
    if relation.protected && contact.is_some() {
        return Err(Fault::Protected);
    }
    let agreed_by = agreed(tx, desk, person, input.agreed_by).await?;
    if let Some(place) = place_of(tx, desk, person).await?
        && !desk.pack.within(&place, &service.place)
    {
        return Err(Fault::OutOfArea(input.service.clone()));
    }
    let made = Referral {
        id: input.id,
        person,
        service: service.id.clone(),
        agency: service.agency.clone(),
        need: input.need.clone(),
        reason,
        contact,
        shares: input.shares,
        agreed_by,
        agreed_on: desk.today(),
        sensitive: service.sensitive,
        discreet: service.discreet,
        clocks: service.clocks,
        from: desk.office(who),
        referrer: who.account,
        instead_of: input.instead_of,
        requested_at: desk.now,
        now: Standing::requested(desk.today(), &service.clocks),
    };
    if !rows::add(tx, &made, By::Referrer).await? {
        return again(tx, &made).await;
    }
    if let Some(old) = input.instead_of {
        let before = rows::one(tx, old).await?.filter(|r| r.person == person);
        let before = before.ok_or_else(|| Box::new(change::Fault::Nothing))?;
        let act = Act::Close { words: made.reason.clone(), next: Some(made.id) };
        let by = (By::Referrer, Some(who.account));
        change::apply(tx, desk, &before, &act, by).await.map_err(Box::new)?;
    }
    Ok(Sent { id: made.id, already: false })
}

/// The same referral sent once more is no other; anything else under its id is refused.
async fn again(tx: &mut Tx, made: &Referral) -> Result<Sent, Fault> {
    let there = rows::one(tx, made.id).await?.ok_or(Fault::OtherReferral)?;
    let same = (&there.service, &there.need, &there.reason, there.referrer)
        == (&made.service, &made.need, &made.reason, made.referrer);
    if same { Ok(Sent { id: made.id, already: true }) } else { Err(Fault::OtherReferral) }
}

/// Who agreed: the person, or somebody who lives with them.
async fn agreed(tx: &mut Tx, desk: &Desk<'_>, person: PersonId, by: Option<PersonId>) -> Result<PersonId, Fault> {
    let by = registry::read::surviving(tx, by.ok_or(Fault::NotAgreed)?).await?;
    if by == person {
        return Ok(by);
    }
    let as_of = AsOf::latest(desk.today());
    let homes =
        (registry::read::household_of(tx, by, as_of).await?, registry::read::household_of(tx, person, as_of).await?);
    match homes {
        (Some(a), Some(b)) if a == b => Ok(by),
        _ => Err(Fault::AgreedByStranger),
    }
}

/// Where the person lives, for the machine's comparison with the area of the service; shown to nobody.
async fn place_of(tx: &mut Tx, desk: &Desk<'_>, person: PersonId) -> Result<Option<String>, Fault> {
    let whole = registry::read::person(tx, person, AsOf::latest(desk.today())).await?.ok_or(Fault::Nobody)?;
    let manifest = desk.pack.manifest();
    let law = format!("{} {}", manifest.id, manifest.version);
    let basis = guard::Processing::new(guard::PurposeKind::Casework, law).map_err(|_| Fault::NotAllowed)?;
    Ok(whole.process(&basis, |p| p.residence.as_ref().map(|r| r.address.jurisdiction.clone())))
}
