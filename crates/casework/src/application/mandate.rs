//! Who may act for whom: parents by kinship, guardians and proxies by a mandate with its programmes and dates.
//!
//! No ground of any kind holds against protection: whoever a person is protected from has no power over them.

use std::collections::BTreeMap;

use guard::{Allowed, Relation, Role, Who};
use kernel::{Date, Instant, MandateId, PersonId, words};
use registry::AsOf;
use registry::person::Identifier;
use registry::sight::Sight;
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};

use super::model::{MOST_CHOSEN, reason, start};
use super::{covered, life, rows, seal};
use crate::case::Case;
use crate::desk::Desk;
use crate::household::{self, PersonRef};
use crate::model::Cause;
use crate::read::Seen;
use crate::rows::json;

words! {
    /// What gives the right to act for another.
    Kind as "mandate" {
        /// A court or a law made the holder guardian.
        Guardian = "guardian",
        /// The person gave the holder power to act for them.
        Proxy = "proxy",
    }
}

/// Why somebody may act for a person.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind", content = "mandate")]
pub enum Ground {
    /// It is themselves.
    Own,
    /// A parent of a child under age.
    Parent,
    /// Guardian under this mandate.
    Guardian(MandateId),
    /// Proxy under this mandate.
    Proxy(MandateId),
    /// An official, allowed by the guard.
    Office,
}

/// A mandate as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Mandate {
    /// Its id.
    pub id: MandateId,
    /// For whom the holder acts.
    pub person: PersonId,
    /// Who acts.
    pub holder: PersonId,
    /// What gives the right.
    pub kind: Kind,
    /// For these programmes; `None`: for all.
    pub programmes: Option<Vec<String>>,
    /// First day.
    pub valid_from: Date,
    /// Last day; `None`: until it is ended.
    pub valid_to: Option<Date>,
    /// The order or power it rests on.
    pub ground: String,
    /// When it was registered.
    pub registered_at: Instant,
    /// When it was ended before its time.
    pub ended_at: Option<Instant>,
}

impl Mandate {
    /// Whether it holds on a day for a programme; asked without one: for anything.
    pub fn holds(&self, on: Date, programme: Option<&str>) -> bool {
        let in_time = self.valid_from <= on && self.valid_to.is_none_or(|last| on <= last);
        let for_it = match (programme, &self.programmes) {
            (Some(programme), Some(list)) => list.iter().any(|p| p == programme),
            _ => true,
        };
        self.ended_at.is_none() && in_time && for_it
    }
}

/// A mandate to be registered.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct NewMandate {
    /// For whom the holder is to act.
    pub person: PersonId,
    /// Who is to act.
    pub holder: PersonId,
    /// What gives the right.
    pub kind: Kind,
    /// For these programmes; `None`: for all.
    pub programmes: Option<Vec<String>>,
    /// First day.
    pub valid_from: Date,
    /// Last day; `None`: until it is ended.
    pub valid_to: Option<Date>,
    /// The number of the order, or how the power was given; three characters at least.
    pub ground: String,
}

/// Why a mandate was not registered or ended.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such person, or nobody to be seen.
    #[error("there is no such person: register them first")]
    NoPerson,
    /// The guard's decision was not about the person.
    #[error("the permission does not cover the person the mandate is about")]
    NotAllowed,
    /// A citizen cannot make themselves or others guardian.
    #[error("a guardian is registered by an official who has seen the order: go to the counter")]
    ByOfficialOnly,
    /// Holder and person are one.
    #[error("nobody needs a mandate to act for themselves")]
    Self_,
    /// One of the two is dead.
    #[error("somebody who died neither gives nor holds a mandate")]
    Dead,
    /// The person is protected from the holder. Said to officials; a citizen meets [`Fault::NoPerson`].
    #[error("the person is protected from the one who would act for them: no mandate can be registered")]
    Protected,
    /// The ground is missing.
    #[error("name the order or how the power was given, in 3 to 2000 characters")]
    NoGround,
    /// The last day lies before the first, or has passed.
    #[error("the mandate would end on {until}, before it can be used: give a last day on or after {from} and today")]
    Backwards {
        /// First day.
        from: Date,
        /// Last day.
        until: Date,
    },
    /// A programme the pack does not have, or an empty or endless list.
    #[error("{0:?} is not a programme of the pack: name programmes of the catalogue, or none for all")]
    NoProgramme(String),
    /// No such mandate, or ended already.
    #[error("there is no such mandate, or it was ended already")]
    NoMandate,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Registers a mandate. A citizen gives a proxy power for themselves; guardians are registered by officials. Registering
/// the same again gives the mandate that stands.
pub async fn register(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    new: NewMandate,
) -> Result<MandateId, Fault> {
    let staff = who.role.is_staff();
    if !covered(allowed, new.person) || !(staff || who.person == Some(new.person)) {
        return Err(Fault::NotAllowed);
    }
    if new.kind == Kind::Guardian && !staff {
        return Err(Fault::ByOfficialOnly);
    }
    let ground = reason(Some(&new.ground)).ok_or(Fault::NoGround)?;
    check(desk, &new)?;
    for one in [new.person, new.holder] {
        let life = life(tx, desk, one).await?.ok_or(Fault::NoPerson)?;
        if life.died.is_some() {
            return Err(Fault::Dead);
        }
    }
    if protected_from(tx, new.holder, new.person, desk.today()).await? {
        return Err(if staff { Fault::Protected } else { Fault::NoPerson });
    }
    let same = |m: &&Mandate| {
        m.ended_at.is_none()
            && m.kind == new.kind
            && m.programmes == new.programmes
            && m.valid_from == new.valid_from
            && m.valid_to == new.valid_to
    };
    if let Some(known) = between(tx, new.holder, new.person).await?.iter().find(same) {
        return Ok(known.id);
    }
    let id = MandateId::new(desk.ids, desk.now);
    let programmes = new.programmes.as_ref().map(json).transpose()?;
    let kind = new.kind.word();
    let (from, to) = (new.valid_from, new.valid_to);
    let values = params![new.person, id, new.holder, kind, programmes, from, to, ground, who.account, desk.now];
    tx.execute(rows::MANDATE_ADD, values).await?;
    Ok(id)
}

fn check(desk: &Desk<'_>, new: &NewMandate) -> Result<(), Fault> {
    if new.person == new.holder {
        return Err(Fault::Self_);
    }
    if let Some(until) = new.valid_to.filter(|until| *until < new.valid_from || *until < desk.today()) {
        return Err(Fault::Backwards { from: new.valid_from, until });
    }
    let Some(programmes) = &new.programmes else { return Ok(()) };
    if programmes.is_empty() || programmes.len() > MOST_CHOSEN {
        return Err(Fault::NoProgramme(String::new()));
    }
    match programmes.iter().find(|p| desk.pack.programmes().get(p).is_none()) {
        Some(unknown) => Err(Fault::NoProgramme(start(unknown))),
        None => Ok(()),
    }
}

/// Ends a mandate now: the person takes it back, the holder gives it up, or an official ends it.
pub async fn end(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    person: PersonId,
    mandate: MandateId,
) -> Result<(), Fault> {
    let all = of(tx, person).await?;
    let one = all.iter().find(|m| m.id == mandate && m.ended_at.is_none()).ok_or(Fault::NoMandate)?;
    let own = who.person.filter(|_| !who.role.is_staff());
    // A guardian's power is not the ward's to end; the proxy's is the person's own.
    let may = match own {
        None => covered(allowed, person),
        Some(me) if me == one.holder => covered(allowed, me),
        Some(me) => me == person && covered(allowed, person) && one.kind == Kind::Proxy,
    };
    if !may {
        return Err(Fault::NoMandate);
    }
    match tx.execute(rows::MANDATE_END, params![person, mandate, desk.now]).await? {
        1 => Ok(()),
        _ => Err(Fault::NoMandate),
    }
}

/// Somebody whose number and name are both as given, to be named as holder; `None` when either is wrong, and nobody learns
/// which. Whoever knows both tells us nothing new and learns nothing new.
pub async fn holder(
    tx: &mut Tx,
    desk: &Desk<'_>,
    identifier: &Identifier,
    written: &str,
) -> Result<Option<PersonId>, StoreError> {
    let of = PersonRef::Identifier(identifier.clone());
    let Some(person) = household::resolve(tx, desk, &of).await? else { return Ok(None) };
    let Some(whole) = registry::read::person(tx, person, AsOf::latest(desk.today())).await? else { return Ok(None) };
    let basis = desk.basis(Cause::FactChange).map_err(|e| StoreError::Driver(e.to_string()))?;
    Ok(whole.process(&basis, |p| p.names.iter().any(|n| n.is_written(written))).then_some(person))
}

/// On which ground `holder` may act for `person` about a programme (`None`: about anything) on a day; `None` when on
/// none. `adult_age` is the age at which parents stop acting for a child.
pub async fn may_act(
    tx: &mut Tx,
    adult_age: u8,
    holder: PersonId,
    person: PersonId,
    programme: Option<&str>,
    on: Date,
) -> Result<Option<Ground>, StoreError> {
    let tie = registry::between(tx, holder, person, on, adult_age).await?;
    if tie.own {
        return Ok(Some(Ground::Own));
    }
    if tie.perpetrator_side {
        return Ok(None);
    }
    if tie.ward {
        return Ok(Some(Ground::Parent));
    }
    mandated(tx, holder, person, programme, on).await
}

/// The ground a mandate gives, unless the person is protected from the holder.
pub(crate) async fn granted(
    tx: &mut Tx,
    holder: PersonId,
    person: PersonId,
    programme: Option<&str>,
    on: Date,
) -> Result<Option<Ground>, StoreError> {
    let ground = mandated(tx, holder, person, programme, on).await?;
    if ground.is_some() && protected_from(tx, holder, person, on).await? {
        return Ok(None);
    }
    Ok(ground)
}

/// How people stand to the viewer in these programmes: as the registry says, and by mandates that hold today for every one of
/// them (for anything, when there is none yet). For the guard, about an application or a case.
pub async fn relations(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    people: impl IntoIterator<Item = PersonId>,
    programmes: &[&str],
) -> Result<BTreeMap<PersonId, Relation>, StoreError> {
    let mut known = registry::sight::relations(tx, sight, people).await?;
    for (person, relation) in &mut known {
        if !(relation.own || relation.ward) {
            relation.mandated = holds(tx, desk, sight, *person, programmes).await?;
        }
    }
    Ok(known)
}

/// Whether the viewer looks at a case by a mandate, good for its programme, of the person it is about or of the applicant, who
/// may be that person's parent; and is neither of them.
pub async fn stands_in(tx: &mut Tx, desk: &Desk<'_>, sight: &Sight<'_>, case: &Case) -> Result<bool, StoreError> {
    let whose = whose(case);
    let known = registry::sight::relations(tx, sight, whose).await?;
    if sight.who.role != Role::Citizen || known.values().any(|r| r.own || r.ward) {
        return Ok(false);
    }
    for person in whose {
        if holds(tx, desk, sight, person, &[&case.programme]).await? {
            return Ok(true);
        }
    }
    Ok(false)
}

fn whose(case: &Case) -> [PersonId; 2] {
    [crate::decide::official::of(case), case.applicant]
}

/// How people stand to the viewer for an act in a case: a mandate counts for the person it is about and for the applicant,
/// nobody else of the household.
pub async fn relations_in(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    case: &Case,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<BTreeMap<PersonId, Relation>, StoreError> {
    let mut known = registry::sight::relations(tx, sight, people).await?;
    if stands_in(tx, desk, sight, case).await? {
        let whose = whose(case);
        known.iter_mut().filter(|(p, _)| whose.contains(p)).for_each(|(_, r)| r.mandated = true);
    }
    Ok(known)
}

async fn holds(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
    programmes: &[&str],
) -> Result<bool, StoreError> {
    let Some(holder) = sight.who.person.filter(|_| sight.who.role == Role::Citizen) else { return Ok(false) };
    if programmes.is_empty() {
        return Ok(granted(tx, holder, person, None, desk.today()).await?.is_some());
    }
    for programme in programmes {
        if granted(tx, holder, person, Some(programme), desk.today()).await?.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}

/// Whom a citizen may act for by mandates that hold today.
pub async fn represented(tx: &mut Tx, desk: &Desk<'_>, holder: PersonId) -> Result<Vec<PersonId>, StoreError> {
    let rows = tx.all(rows::MANDATES_HELD, params![holder]).await?;
    let held = rows.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let mut people: Vec<PersonId> = held.iter().filter(|m| m.holds(desk.today(), None)).map(|m| m.person).collect();
    people.sort_unstable();
    people.dedup();
    Ok(people)
}

async fn mandated(
    tx: &mut Tx,
    holder: PersonId,
    person: PersonId,
    programme: Option<&str>,
    on: Date,
) -> Result<Option<Ground>, StoreError> {
    let held = between(tx, holder, person).await?;
    let one = held.into_iter().filter(|m| m.holds(on, programme)).min_by_key(|m| (m.kind, m.registered_at));
    Ok(one.map(|m| match m.kind {
        Kind::Guardian => Ground::Guardian(m.id),
        Kind::Proxy => Ground::Proxy(m.id),
    }))
}

/// Whether the person is protected from the other. The age plays no part in it.
async fn protected_from(tx: &mut Tx, holder: PersonId, person: PersonId, on: Date) -> Result<bool, StoreError> {
    Ok(registry::between(tx, holder, person, on, 0).await?.perpetrator_side)
}

/// Mandates between two people, under the ids they were registered with or the surviving records'.
async fn between(tx: &mut Tx, holder: PersonId, person: PersonId) -> Result<Vec<Mandate>, StoreError> {
    let now = registry::read::surviving(tx, person).await?;
    let then = registry::read::surviving(tx, holder).await?;
    let found = tx.all(rows::MANDATES_BETWEEN, params![person, now, holder, then]).await?;
    found.iter().map(read).collect()
}

/// All mandates over a person and all the person holds, ended ones too, under seal.
pub async fn list(tx: &mut Tx, sight: &Sight<'_>, person: PersonId) -> Result<Seen<Vec<Mandate>>, StoreError> {
    let mut all = of(tx, person).await?;
    let held = tx.all(rows::MANDATES_HELD, params![person]).await?;
    all.extend(held.iter().map(read).collect::<Result<Vec<_>, _>>()?);
    // The other side of a mandate is named by id alone; whose mandates they are decides who may see them.
    seal(tx, sight, [person], all).await
}

async fn of(tx: &mut Tx, person: PersonId) -> Result<Vec<Mandate>, StoreError> {
    tx.all(rows::MANDATES_OF, params![person]).await?.iter().map(read).collect()
}

fn read(row: &Row) -> Result<Mandate, StoreError> {
    let programmes = match row.maybe::<String>("programmes")? {
        Some(_) => Some(row.json("programmes")?),
        None => None,
    };
    Ok(Mandate {
        id: row.get("mandate_id")?,
        person: row.get("person_id")?,
        holder: row.get("holder_id")?,
        kind: row.parse("kind")?,
        programmes,
        valid_from: row.get("valid_from")?,
        valid_to: row.maybe("valid_to")?,
        ground: row.get("ground")?,
        registered_at: row.get("registered_at")?,
        ended_at: row.maybe("ended_at")?,
    })
}
