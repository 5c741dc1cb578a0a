//! Somebody's whereabouts are protected from somebody: recorded by a caseworker under a law, seen and ended by whoever has
//! the case of it. What follows from it for every read is the registry's ([`registry::sight`]).
//!
//! Recording hides and opens nothing, so every caseworker of the place may. Seeing who is protected from whom, and ending it,
//! needs an open case; whoever recorded a protection has the case of that one, and of no other.

use std::collections::BTreeSet;

use guard::{Action, Allowed, Relation, Sealed};
use kernel::{Date, Instant, Period, PersonId};
use registry::Origin;
use registry::protection::{self as register, ProtectionError};
use registry::sight::{Seen, Sight, relations};
use serde::Serialize;
use store::{AsConflict, StoreError, Tx};
use uuid::Uuid;

use crate::application::life;
use crate::application::model::reason;
use crate::desk::Desk;

/// From how many people one protection may be.
pub const MOST_NAMED: usize = 20;
/// How many days before its first day a protection may be recorded.
const AHEAD: i64 = 366;

/// A protection to be recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProtection {
    /// The victim. Children are covered by it too.
    pub person: PersonId,
    /// From whom; nobody when nobody is named.
    pub perpetrators: Vec<PersonId>,
    /// First day.
    pub from: Date,
    /// Last day; `None`: until it is ended.
    pub last: Option<Date>,
    /// The number of the order, or why, in three characters at least.
    pub reason: String,
    /// The law it rests on, in three characters at least.
    pub law: String,
}

/// The end of a protection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The victim.
    pub person: PersonId,
    /// Which protection.
    pub protection: Uuid,
    /// The first day on which it holds no more; `None`: today.
    pub on: Option<Date>,
    /// Why, in three characters at least.
    pub why: String,
}

/// A protection that holds, or will.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Protection {
    /// Its id.
    pub id: Uuid,
    /// From whom, each with a name.
    pub from: Vec<(PersonId, String)>,
    /// First day.
    pub valid_from: Date,
    /// Last day; `None`: until it is ended.
    pub valid_to: Option<Date>,
    /// The number of the order, or why.
    pub reason: String,
    /// The law.
    pub law: String,
    /// Who recorded it: an agency of the pack.
    pub source: String,
    /// When.
    pub recorded_at: Instant,
}

/// Why a protection was not recorded or ended.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard's decision was not about this.
    #[error("the permission does not cover the person who is to be protected")]
    NotAllowed,
    /// No such person.
    #[error("there is no such person: register them first")]
    NoPerson,
    /// One of those named is not in the registry, or must look so.
    #[error("somebody named here is not registered: look for them first, or name nobody")]
    NoPerpetrator,
    /// Victim and perpetrator are one.
    #[error("a person cannot be protected from themselves")]
    FromSelf,
    /// The official is named, or a relative of theirs is.
    #[error("you or your family are named here: a colleague has to record this")]
    OwnFamily,
    /// Too many are named.
    #[error("name at most {MOST_NAMED} people: more belong into a second protection")]
    TooMany,
    /// No law.
    #[error("a protection rests on a law: name it, in 3 to 2000 characters")]
    NoLaw,
    /// No reason.
    #[error("give the number of the order or the reason, in 3 to 2000 characters")]
    NoReason,
    /// A first day that lies too far ahead or back.
    #[error("{0} cannot be the first day: give one between 1900-01-01 and a year from today")]
    BadDay(Date),
    /// The last day lies before the first, or has passed.
    #[error(
        "the protection would end on {last}, before it protects anybody: give a last day on or after {from} and today"
    )]
    Backwards {
        /// First day.
        from: Date,
        /// Last day.
        last: Date,
    },
    /// It would end in the past, before its second day, or later than it does.
    #[error(
        "the protection cannot end on {0}: give a day from today on, after its first day and before it ends anyhow"
    )]
    BadEnd(Date),
    /// No such protection that stands, or none the viewer has the case of.
    #[error("there is no such protection, or it has ended")]
    NoProtection,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

impl Fault {
    /// What the registry refused; `on` is the day that was asked for.
    fn of(error: ProtectionError, on: Date) -> Fault {
        match error {
            ProtectionError::Store(why) => Fault::Store(why),
            ProtectionError::NoLaw => Fault::NoLaw,
            ProtectionError::NoPerson => Fault::NoPerson,
            ProtectionError::FromSelf => Fault::FromSelf,
            ProtectionError::NoProtection => Fault::NoProtection,
            ProtectionError::Backwards { .. } | ProtectionError::Longer(_) => Fault::BadEnd(on),
        }
    }
}

/// Records a protection. Recording the same again gives the one that stands.
pub async fn record(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    allowed: &Allowed,
    new: &NewProtection,
) -> Result<Uuid, Fault> {
    if allowed.action() != Action::ProtectPerson || !allowed.covers(new.person) {
        return Err(Fault::NotAllowed);
    }
    let law = reason(Some(&new.law)).ok_or(Fault::NoLaw)?;
    let why = reason(Some(&new.reason)).ok_or(Fault::NoReason)?;
    let valid = days(desk, new)?;
    let victim = registry::read::surviving(tx, new.person).await?;
    life(tx, desk, victim).await?.ok_or(Fault::NoPerson)?;
    let perpetrators = named(tx, desk, sight, victim, &new.perpetrators).await?;
    let same = |p: &&register::Protection| {
        p.valid == valid
            && p.reason == why
            && p.origin.law == law
            && p.perpetrators.iter().copied().collect::<BTreeSet<_>>() == perpetrators
    };
    if let Some(known) = register::standing(tx, victim, desk.today()).await?.iter().find(same) {
        return Ok(known.id);
    }
    let perpetrators = perpetrators.into_iter().collect();
    let new = register::NewProtection { victim, perpetrators, valid, reason: why };
    let origin = origin(sight, law);
    register::protect(tx, desk.pen(&origin), &new).await.map_err(|e| Fault::of(e, valid.from))
}

fn origin(sight: &Sight<'_>, law: impl Into<String>) -> Origin {
    Origin::new(sight.who.organisation.clone(), law, sight.who.account.to_string())
}

fn days(desk: &Desk<'_>, new: &NewProtection) -> Result<Period, Fault> {
    let latest = desk.today().saturating_add(jiff::Span::new().try_days(AHEAD).unwrap_or_default());
    if new.from < Date::constant(1900, 1, 1) || new.from > latest {
        return Err(Fault::BadDay(new.from));
    }
    let until = match new.last {
        Some(last) if last < new.from || last < desk.today() => {
            return Err(Fault::Backwards { from: new.from, last });
        }
        Some(last) => last.tomorrow().ok(),
        None => None,
    };
    Ok(Period { from: new.from, until })
}

/// The people named as perpetrators, as their surviving records: registered, not the victim, and no family of the official's.
/// Nothing is written to the log about them: their trail must not tell that somebody is protected from them.
async fn named(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    victim: PersonId,
    people: &[PersonId],
) -> Result<BTreeSet<PersonId>, Fault> {
    if people.len() > MOST_NAMED {
        return Err(Fault::TooMany);
    }
    let mut all = BTreeSet::new();
    for person in people {
        let person = registry::read::surviving(tx, *person).await?;
        if person == victim {
            return Err(Fault::FromSelf);
        }
        life(tx, desk, person).await?.ok_or(Fault::NoPerpetrator)?;
        all.insert(person);
    }
    for relation in relations(tx, sight, all.iter().copied()).await?.values() {
        if relation.perpetrator_side {
            return Err(Fault::NoPerpetrator);
        }
        if relation.own || relation.own_household || relation.kin || relation.ward {
            return Err(Fault::OwnFamily);
        }
    }
    Ok(all)
}

/// How a person stands to the viewer for the protections: whoever recorded one that stands has the open case of it.
pub async fn relation(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
) -> Result<Relation, StoreError> {
    Ok(standing(tx, desk, sight, person).await?.0)
}

/// The protections the viewer has the case of, and the relation that says so.
async fn standing(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
) -> Result<(Relation, Vec<register::Protection>), StoreError> {
    let mut relation = relations(tx, sight, [person]).await?.remove(&person).unwrap_or_default();
    let mut all = register::standing(tx, person, desk.today()).await?;
    if !relation.open_case {
        let me = sight.who.account.to_string();
        all.retain(|p| p.origin.by == me);
        relation.open_case = !all.is_empty();
    }
    Ok((relation, all))
}

/// The protections of a person that hold today or will, under seal. It is the person's own matter: of those they are protected
/// from no more than the name is read, and their trail says nothing of it.
pub async fn list(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
) -> Result<Seen<Vec<Protection>>, StoreError> {
    let (relation, all) = standing(tx, desk, sight, person).await?;
    let people: BTreeSet<PersonId> = all.iter().flat_map(|p| p.perpetrators.iter().copied()).collect();
    let names = registry::read::names(tx, people, desk.today()).await?;
    let told = all.into_iter().map(|p| Protection {
        id: p.id,
        from: p.perpetrators.iter().map(|id| (*id, names.get(id).cloned().unwrap_or_default())).collect(),
        valid_from: p.valid.from,
        valid_to: p.valid.until.and_then(|until| until.yesterday().ok()),
        reason: p.reason,
        law: p.origin.law,
        source: p.origin.source,
        recorded_at: p.recorded_at,
    });
    Ok(Seen { sealed: Sealed::new(told.collect(), [person]), about: vec![(person, relation)] })
}

/// Ends a protection; what it hid is seen again from that day on. Gives the id under which it goes on until then.
pub async fn end(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    allowed: &Allowed,
    ending: &Ending,
) -> Result<Uuid, Fault> {
    if allowed.action() != Action::EndProtection || !allowed.covers(ending.person) {
        return Err(Fault::NotAllowed);
    }
    let why = reason(Some(&ending.why)).ok_or(Fault::NoReason)?;
    let on = ending.on.unwrap_or(desk.today());
    let (_, all) = standing(tx, desk, sight, ending.person).await?;
    let one = all.iter().find(|p| p.id == ending.protection).ok_or(Fault::NoProtection)?;
    if on < desk.today() {
        return Err(Fault::BadEnd(on));
    }
    // The law of the protection stays; the registry sees to it.
    let origin = origin(sight, "");
    let ended = register::end(tx, desk.pen(&origin), one.victim, one.id, on, &why).await;
    ended.map_err(|e| Fault::of(e, on))
}
