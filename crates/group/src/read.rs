//! What is seen of groups: by an office without names, by whoever leads one with the names of its people, by a mother her own.

use std::collections::{BTreeMap, BTreeSet};

use guard::{Relation, Sealed, Who};
use kernel::suppress::is_small;
use kernel::{GroupId, GroupSessionId, PersonId};
use registry::sight::{Seen, Sight, relations};
use store::{StoreError, Tx, params};
use visit::{Desk, roll};

use crate::model::{Group, SAY_DAYS, Session, Status};
use crate::rows;

/// A group with its sessions. No person is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Whole {
    /// The group.
    pub group: Group,
    /// Its sessions, the earliest first.
    pub sessions: Vec<Session>,
    /// How many said how it was and the mean of it in tenths; `None`: so few that it is told to nobody.
    pub said: Option<(i64, i64)>,
}

/// The groups of somebody's agency and district that meet still.
///
/// # Errors
/// The database.
pub async fn groups(tx: &mut Tx, desk: &Desk<'_>, who: &Who) -> Result<Vec<Group>, StoreError> {
    let found = tx.all(rows::OF_OFFICE, params![who.organisation]).await?;
    let all = found.iter().map(rows::read_group).collect::<Result<Vec<_>, _>>()?;
    Ok(all.into_iter().filter(|g| g.is_of(desk, who)).collect())
}

/// The sessions of a group, the earliest first. No person is in them.
///
/// # Errors
/// The database.
pub async fn sessions(tx: &mut Tx, group: GroupId) -> Result<Vec<Session>, StoreError> {
    rows::sessions(tx, group).await
}

/// One group of somebody's agency and district; `None`: there is none.
///
/// # Errors
/// The database.
pub async fn one(tx: &mut Tx, desk: &Desk<'_>, who: &Who, id: GroupId) -> Result<Option<Whole>, StoreError> {
    let Some(group) = rows::group(tx, id).await?.filter(|g| g.is_of(desk, who)) else { return Ok(None) };
    let sessions = rows::sessions(tx, id).await?;
    // Of sessions of which nobody can say anything more.
    let over = desk.today().saturating_sub(jiff::Span::new().days(SAY_DAYS));
    let row = tx.one(rows::SAID, params![id, over]).await?;
    let (answers, points): (i64, i64) = (row.get("answers")?, row.get("points")?);
    let below = group.kind_of(desk.pack).map_or(u64::MAX, |k| u64::from(k.suppress_below));
    let enough = answers > 0 && !is_small(u64::try_from(answers).unwrap_or(0), below);
    let mean = (points * 20 + answers).checked_div(answers * 2);
    Ok(Some(Whole { group, sessions, said: mean.filter(|_| enough).map(|mean| (answers, mean)) }))
}

/// Somebody of a group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// Who.
    pub person: PersonId,
    /// The name.
    pub name: String,
    /// How she stands.
    pub status: Status,
    /// At which sessions she came, or did not.
    pub came: BTreeMap<GroupSessionId, bool>,
}

/// The people of a group, under seal: all for whoever leads it, the own families for any other nurse of the agency. Left out, without a
/// word, are people whose whereabouts are protected (that they come here would tell where they live) and the viewer's relatives.
///
/// # Errors
/// The database.
pub async fn members(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    group: &Group,
) -> Result<Seen<Vec<Member>>, StoreError> {
    let led = group.is_led_by(desk, sight.who);
    let mut came: BTreeMap<PersonId, BTreeMap<GroupSessionId, bool>> = BTreeMap::new();
    for row in tx.all(rows::CAME, params![group.id]).await? {
        came.entry(row.get("person_id")?).or_default().insert(row.get("session_id")?, row.get("came")?);
    }
    let mut standing: BTreeMap<PersonId, Status> = BTreeMap::new();
    for row in tx.all(rows::MEMBERS, params![group.id]).await? {
        standing.insert(row.get("person_id")?, row.parse("status")?);
    }
    let people: BTreeSet<PersonId> = standing.keys().copied().collect();
    let mut known = relations(tx, sight, people).await?;
    let mut about: Vec<(PersonId, Relation)> = Vec::new();
    for (person, relation) in &mut known {
        let visited = roll::histories(tx, *person).await?;
        let mine = visited.iter().any(|h| h.enrolment.left.is_none() && desk.responsible(sight.who, &h.enrolment));
        relation.open_case = mine || (led && !relation.protected);
        if relation.open_case && visit::read::listed(relation) {
            about.push((*person, *relation));
        }
    }
    let names = registry::read::names(tx, about.iter().map(|(p, _)| *p), desk.today()).await?;
    let member = |(person, _): &(PersonId, Relation)| {
        Some(Member {
            person: *person,
            name: names.get(person).cloned().unwrap_or_default(),
            status: *standing.get(person)?,
            came: came.remove(person).unwrap_or_default(),
        })
    };
    let mut all: Vec<Member> = about.iter().filter_map(member).collect();
    all.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(Seen { sealed: Sealed::new(all, about.iter().map(|(p, _)| *p)), about })
}

/// A group as a mother sees it: no other person is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Own {
    /// The group.
    pub group: Group,
    /// How she stands.
    pub status: Status,
    /// Sessions from today on, the earliest first.
    pub ahead: Vec<Session>,
    /// Sessions she came to and has not said anything of.
    pub asked: Vec<Session>,
}

/// A mother's own groups, under seal; none while she mourns, and closed ones only while she can say how it was.
///
/// # Errors
/// The database.
pub async fn own(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
) -> Result<Seen<Vec<Own>>, StoreError> {
    let mut all = Vec::new();
    let visited = roll::histories(tx, person).await?;
    let mourns = visited.iter().any(|h| h.enrolment.family(&[], &[]).mourns());
    for row in tx.all(rows::OF_PERSON, params![person]).await?.iter().filter(|_| !mourns) {
        let (id, status): (GroupId, Status) = (row.get("group_id")?, row.parse("status")?);
        let Some(group) = rows::group(tx, id).await? else { continue };
        let (mut ahead, mut asked) = (Vec::new(), Vec::new());
        for session in rows::sessions(tx, id).await?.into_iter().filter(|s| !s.cancelled) {
            if session.held_on >= desk.today() && !group.closed {
                ahead.push(session);
            } else if session.is_asked(desk.today()) {
                let row = tx.maybe(rows::PRESENCE, params![person, session.id]).await?;
                let open =
                    row.map(|row| Ok::<_, StoreError>(row.get("came")? && row.maybe::<i64>("points")?.is_none()));
                if open.transpose()?.unwrap_or(false) {
                    asked.push(session);
                }
            }
        }
        if !group.closed || !asked.is_empty() {
            all.push(Own { group, status, ahead, asked });
        }
    }
    let about: Vec<(PersonId, Relation)> = relations(tx, sight, [person]).await?.into_iter().collect();
    Ok(Seen { sealed: Sealed::new(all, [person]), about })
}
