//! What the civil register says of a person, put right by an official who has a paper of it before them: a name, the national
//! identifier, sex, the day of birth, and who is whose parent, spouse or partner. Files of the register do the same by the thousand
//! (`registry::intake`); this is for the one family that stands at the counter. Whatever follows from it, as another entitlement,
//! is worked out by the same statement of change as after a file.

use guard::{Action, Allowed, Who};
use kernel::{Date, Period, PersonId};
use registry::Origin;
use registry::kin::{self, KinError, NewKin, Relation};
use registry::person::{self, Detail, Identifier, Name, PersonError, Sex};
use registry::time::BEGINNING;
use store::{AsConflict, StoreError, Tx};
use uuid::Uuid;

use crate::desk::Desk;
use crate::register::past_day;

/// The longest description of a paper, in characters.
pub const LONGEST_PAPER: usize = 200;

/// What is put right about one person. What is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    /// Names, one a script.
    pub names: Vec<Name>,
    /// The first day of the names; `None`: they were always so, and the ones before were mistakes.
    pub names_from: Option<Date>,
    /// The national identifier, in the place of one of its scheme.
    pub identifier: Option<Identifier>,
    /// Sex as registered.
    pub sex: Option<Sex>,
    /// The day of birth.
    pub birth_date: Option<Date>,
}

impl Correction {
    /// Whether nothing is put right.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.identifier.is_none() && self.sex.is_none() && self.birth_date.is_none()
    }
}

/// What is put right about who somebody's family is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// The other is this to the person: a parent or a child from the beginning, a spouse or partner from a day on.
    Begins {
        /// What the other is.
        relation: Relation,
        /// The other.
        other: PersonId,
        /// The first day, of a spouse or partner.
        from: Option<Date>,
    },
    /// It ended (a divorce, an adoption): the first day without it.
    Ends {
        /// Which.
        tie: Uuid,
        /// The first day outside.
        on: Date,
    },
    /// It never was.
    NeverWas {
        /// Which.
        tie: Uuid,
    },
}

/// Why nothing was put right.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard's decision was not about these people.
    #[error("the permission does not cover these people")]
    NotAllowed,
    /// Nothing says on what it rests.
    #[error(
        "no paper is named: expected up to {LONGEST_PAPER} characters, such as certificate of family relations, 2026-11-03"
    )]
    NoPaper,
    /// Nothing differs.
    #[error("nothing is put right: change at least one of the fields")]
    Nothing,
    /// A day in the future, or before anybody alive was born.
    #[error("{0} cannot be the day: expected one from 1900-01-01 until today")]
    Day(Date),
    /// Born after dying.
    #[error("the day of birth would be after the day of death, {0}")]
    AfterDeath(Date),
    /// It stands already.
    #[error("this is in the register already")]
    Known,
    /// Nobody marries twice at a time.
    #[error("one of the two has a spouse or partner at that time already: that has to end first")]
    Married,
    /// A marriage has a first day.
    #[error("a spouse or partner is one from a day on: give the day")]
    NoDay,
    /// The registry, about a person.
    #[error(transparent)]
    Person(#[from] PersonError),
    /// The registry, about a tie.
    #[error(transparent)]
    Kin(#[from] KinError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        match self {
            Fault::Person(e) => e.is_conflict(),
            Fault::Kin(e) => e.is_conflict(),
            Fault::Store(e) => e.is_conflict(),
            _ => false,
        }
    }
}

/// Puts right what a paper says of one person.
pub async fn correct(
    tx: &mut Tx,
    desk: &Desk<'_>,
    (who, allowed): (&Who, &Allowed),
    id: PersonId,
    it: &Correction,
    paper: &str,
) -> Result<(), Fault> {
    permitted(allowed, &[id])?;
    if it.is_empty() {
        return Err(Fault::Nothing);
    }
    for day in [it.names_from, it.birth_date].into_iter().flatten() {
        past_day(desk, day).map_err(|_| Fault::Day(day))?;
    }
    let origin = origin(who, paper)?;
    let pen = desk.pen(&origin);
    let known = registry::read::person(tx, id, registry::AsOf::latest(desk.today())).await?;
    let known = known.ok_or(PersonError::NoPerson)?;
    let basis = guard::Processing::new(guard::PurposeKind::CounterService, "correction of the register");
    let basis = basis.map_err(|_| Fault::NotAllowed)?;
    let died = known.process(&basis, |record| record.death_date);
    if let Some(died) = died.filter(|died| it.birth_date.is_some_and(|born| born > *died)) {
        return Err(Fault::AfterDeath(died));
    }
    let always = Period { from: BEGINNING, until: None };
    let named = Period { from: it.names_from.unwrap_or(BEGINNING), until: None };
    for name in &it.names {
        person::rename(tx, pen, id, name, named).await?;
    }
    let details = [it.sex.map(Detail::Sex), it.birth_date.map(Detail::BirthDate)];
    for detail in details.iter().flatten() {
        person::set_detail(tx, pen, id, detail, always).await?;
    }
    if let Some(identifier) = &it.identifier {
        // Whoever signed in under the wrong number was taken for this person, and must not be any longer.
        if person::correct_identifier(tx, pen, id, identifier).await? {
            let ids = registry::merge::ids_of(tx, id).await?;
            guard::account::part(tx, &ids, desk.now).await?;
        }
    }
    // Under the right name or number somebody may turn out to be known twice.
    registry::duplicate::find(tx, pen, id).await?;
    Ok(())
}

/// Puts right who is whose. `allowed` must cover the other too; of a tie that stands it is the one whom [`other_of`] says.
pub async fn tie(
    tx: &mut Tx,
    desk: &Desk<'_>,
    (who, allowed): (&Who, &Allowed),
    id: PersonId,
    it: Tie,
    paper: &str,
) -> Result<(), Fault> {
    let origin = origin(who, paper)?;
    let pen = desk.pen(&origin);
    let other = match it {
        Tie::Begins { other, .. } => other,
        Tie::Ends { tie, .. } | Tie::NeverWas { tie } => other_of(tx, id, tie).await?,
    };
    permitted(allowed, &[id, other])?;
    match it {
        Tie::Begins { relation, other, from } => {
            let valid = Period { from: first_day(desk, relation, from)?, until: None };
            free(tx, id, other, relation, valid.from).await?;
            kin::relate(tx, pen, NewKin { person: id, relation, other, valid }).await?;
        }
        Tie::Ends { tie, on } => {
            past_day(desk, on).map_err(|_| Fault::Day(on))?;
            kin::end(tx, pen, id, tie, on).await?;
        }
        Tie::NeverWas { tie } => kin::withdraw(tx, pen, id, tie).await?,
    }
    Ok(())
}

/// The other side of a tie of somebody's that stands.
pub async fn other_of(tx: &mut Tx, id: PersonId, tie: Uuid) -> Result<PersonId, Fault> {
    let ties = kin::standing(tx, id).await?;
    Ok(ties.into_iter().find(|k| k.id == tie).ok_or(KinError::NoKin)?.other)
}

/// The day a tie begins: a parent was always one.
fn first_day(desk: &Desk<'_>, relation: Relation, from: Option<Date>) -> Result<Date, Fault> {
    match (relation, from) {
        (Relation::Parent | Relation::Child, _) => Ok(BEGINNING),
        (Relation::Spouse | Relation::Partner, None) => Err(Fault::NoDay),
        (Relation::Spouse | Relation::Partner, Some(day)) => {
            past_day(desk, day).map_err(|_| Fault::Day(day))?;
            Ok(day)
        }
    }
}

/// Refuses a tie that stands on that day or later, and a marriage of somebody who has a spouse or partner then.
async fn free(tx: &mut Tx, id: PersonId, other: PersonId, relation: Relation, day: Date) -> Result<(), Fault> {
    let close = |r: Relation| matches!(r, Relation::Spouse | Relation::Partner);
    for one in [id, other] {
        for k in kin::standing(tx, one).await?.iter().filter(|k| k.stamp.valid.until.is_none_or(|until| until > day)) {
            if one == id && k.other == other && k.relation == relation {
                return Err(Fault::Known);
            }
            if close(relation) && close(k.relation) {
                return Err(Fault::Married);
            }
        }
    }
    Ok(())
}

fn permitted(allowed: &Allowed, people: &[PersonId]) -> Result<(), Fault> {
    let all = allowed.action() == Action::RegisterEvent && people.iter().all(|p| allowed.covers(*p));
    if all { Ok(()) } else { Err(Fault::NotAllowed) }
}

/// Who says it and by which paper: the office answers for it until the register itself says something else.
fn origin(who: &Who, paper: &str) -> Result<Origin, Fault> {
    let paper = paper.trim();
    if paper.is_empty() || paper.chars().count() > LONGEST_PAPER || paper.chars().any(char::is_control) {
        return Err(Fault::NoPaper);
    }
    let source = if who.organisation.is_empty() { "self" } else { &who.organisation };
    Ok(Origin::new(source, "", format!("account {}, {paper}", who.account)))
}
