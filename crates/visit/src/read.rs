//! Families as nurses and supervisors see them: the list with what is due, and one family's file. Everything comes under seal.

use std::collections::{BTreeMap, BTreeSet};

use catalogue::model::Protocol;
use guard::{Relation, Role, Sealed};
use kernel::{Date, EnrolmentId, PersonId, SubmissionId};
use registry::sight::{Seen, Sight, relations};
use store::{Row, StoreError, Tx, params};

use crate::assess::Kept;
use crate::desk::Desk;
use crate::model::{Assessment, Enrolment, Submission, SubmissionKind, TierDecision, Visit};
use crate::rows;
use crate::schedule::{Change, Fidelity, Planned, State, changes, fidelity, schedule};
use crate::submit::Fault;

/// A family on a list.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The enrolment.
    pub enrolment: Enrolment,
    /// The mother's name.
    pub name: String,
    /// The visit to make next: late before due before ahead; `None`: no more.
    pub next: Option<Planned>,
    /// The level of need today.
    pub tier: Option<String>,
    /// The day of the last visit that took place.
    pub last: Option<Date>,
    /// What the family wanted to do next then, in its own words; read for the first lines of the list alone.
    pub steps: Option<String>,
    /// Why no schedule can be made, where the registry's days cannot be.
    pub impossible: Option<String>,
}

/// What a submission of a family says.
#[derive(Clone, Debug, PartialEq)]
pub enum Content {
    /// Answers.
    Assessment(Assessment),
    /// A visit.
    Visit(Visit),
}

/// One family's file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    /// The family.
    pub enrolment: Enrolment,
    /// Names of mother and children.
    pub names: BTreeMap<PersonId, String>,
    /// The whole schedule today.
    pub schedule: Vec<Planned>,
    /// What came of it.
    pub fidelity: Fidelity,
    /// Decisions on need, the oldest first.
    pub tiers: Vec<TierDecision>,
    /// What was sent and taken in, the oldest first; corrected ones among them.
    pub submissions: Vec<(Submission, Content)>,
    /// Why no schedule can be made.
    pub impossible: Option<String>,
}

impl File {
    /// One submission.
    pub fn submission(&self, id: SubmissionId) -> Option<&(Submission, Content)> {
        self.submissions.iter().find(|(s, _)| s.id == id)
    }

    /// The visits that count, the newest last.
    pub fn visits(&self) -> impl DoubleEndedIterator<Item = (&Submission, &Visit)> {
        self.submissions.iter().filter(|(s, _)| s.counts()).filter_map(|(s, content)| match content {
            Content::Visit(visit) => Some((s, visit)),
            Content::Assessment(_) => None,
        })
    }

    /// The assessments that count, the newest last.
    pub fn assessments(&self) -> impl DoubleEndedIterator<Item = (&Submission, &Assessment)> {
        self.submissions.iter().filter(|(s, _)| s.counts()).filter_map(|(s, content)| match content {
            Content::Assessment(made) => Some((s, made)),
            Content::Visit(_) => None,
        })
    }
}

/// All families in the viewer's hands: a nurse's own and those whose next visit she makes in place of theirs, a supervisor's district. Relatives of the viewer are left out.
pub async fn families(tx: &mut Tx, desk: &Desk<'_>, sight: &Sight<'_>) -> Result<Seen<Vec<Line>>, StoreError> {
    let Gathered { mine, made, tiers, known, names } = gathered(tx, desk, sight).await?;
    let mut lines: Vec<Line> = mine
        .into_iter()
        .filter(|e| known.contains_key(&e.person))
        .map(|e| {
            let name = names.get(&e.person).cloned().unwrap_or_default();
            let (made, tiers) = (made.get(&e.id), tiers.get(&e.id));
            line(desk, e, name, made.map_or(&[], Vec::as_slice), tiers.map_or(&[], Vec::as_slice))
        })
        .collect();
    lines.sort_by_key(|l| l.next.as_ref().map_or((true, Date::MAX), |p| (false, p.window.closes)));
    for line in lines.iter_mut().take(FIRST) {
        let last = made.get(&line.enrolment.id).and_then(|made| last_done(made));
        if let Some(last) = last {
            let row = tx.one(rows::SUBMISSION, params![line.enrolment.person, last.id]).await?;
            line.steps = row.json::<Visit>("content")?.next_steps;
        }
    }
    Ok(Seen { sealed: Sealed::new(lines, known.keys().copied()), about: known.into_iter().collect() })
}

/// What lists of families are made from.
struct Gathered {
    mine: Vec<Enrolment>,
    made: BTreeMap<EnrolmentId, Vec<Submission>>,
    tiers: BTreeMap<EnrolmentId, Vec<TierDecision>>,
    known: BTreeMap<PersonId, Relation>,
    names: BTreeMap<PersonId, String>,
}

async fn gathered(tx: &mut Tx, desk: &Desk<'_>, sight: &Sight<'_>) -> Result<Gathered, StoreError> {
    let who = sight.who;
    let nurse = who.role == Role::Nurse;
    let key = if nurse { params![who.account].to_vec() } else { params![who.organisation, desk.office(who)].to_vec() };
    let pick = |of_nurse, of_office| if nurse { of_nurse } else { of_office };
    let found = tx.page(pick(&rows::OF_NURSE, &rows::OF_OFFICE), &key).await?;
    let all = found.iter().map(rows::read_enrolment).collect::<Result<Vec<_>, _>>()?;
    let mine: Vec<Enrolment> = all.into_iter().filter(|e| desk.responsible(who, e) || desk.stands_in(who, e)).collect();
    let made = grouped(&tx.page(pick(&rows::MADE_OF_NURSE, &rows::MADE_OF_OFFICE), &key).await?, |row| {
        let submission = rows::read_submission(row)?;
        Ok((submission.enrolment, submission))
    })?;
    let tiers = grouped(&tx.page(pick(&rows::TIERS_OF_NURSE, &rows::TIERS_OF_OFFICE), &key).await?, rows::read_tier)?;
    let people: BTreeSet<PersonId> = mine.iter().map(|e| e.person).collect();
    let mut known = relations(tx, sight, people).await?;
    known.values_mut().for_each(|r| r.open_case = true);
    known.retain(|_, r| listed(r));
    let names = registry::read::names(tx, known.keys().copied(), desk.today()).await?;
    Ok(Gathered { mine, made, tiers, known, names })
}

/// A family, and what another version of its protocol would change.
#[derive(Clone, Debug, PartialEq)]
pub struct Compared {
    /// The family.
    pub id: EnrolmentId,
    /// The mother's name.
    pub name: String,
    /// The version it is under.
    pub protocol: String,
    /// What would change if it were moved; empty: nothing.
    pub changes: Vec<Change>,
}

/// What a version of a protocol would change for the families in the viewer's hands that are under another version of it. Nobody is moved by it.
/// A family whose schedule cannot be made is left out.
///
/// # Errors
/// The database.
pub async fn compared(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    to: &Protocol,
) -> Result<Seen<Vec<Compared>>, StoreError> {
    let Gathered { mine, made, tiers, mut known, names } = gathered(tx, desk, sight).await?;
    let mut all = Vec::new();
    for e in mine.iter().filter(|e| known.contains_key(&e.person) && e.protocol != to.key) {
        let under = desk.pack.protocols().get(&e.protocol).filter(|p| p.id == to.id);
        let (made, tiers) =
            (made.get(&e.id).map_or(&[][..], Vec::as_slice), tiers.get(&e.id).map_or(&[][..], Vec::as_slice));
        let family = e.family(tiers, made);
        let both = under.map(|p| (schedule(p, &family, desk.today()), schedule(to, &family, desk.today())));
        if let Some((Ok(before), Ok(after))) = both {
            let name = names.get(&e.person).cloned().unwrap_or_default();
            all.push((
                e.person,
                Compared { id: e.id, name, protocol: e.protocol.clone(), changes: changes(&before, &after) },
            ));
        }
    }
    let people: BTreeSet<PersonId> = all.iter().map(|(person, _)| *person).collect();
    known.retain(|person, _| people.contains(person));
    let all = all.into_iter().map(|(_, one)| one).collect();
    Ok(Seen { sealed: Sealed::new(all, people), about: known.into_iter().collect() })
}

/// Of how many lines the last visit is read: those a nurse sees to on one day.
const FIRST: usize = 20;

fn last_done(made: &[Submission]) -> Option<&Submission> {
    let done = made.iter().filter(|s| s.ending == Some(crate::model::EndingWord::Done));
    done.max_by_key(|s| (s.made_on, s.received_at))
}

/// Whether somebody standing so may be listed at all: of their own family nurses learn not even that there is a file.
pub fn listed(relation: &Relation) -> bool {
    !(relation.perpetrator_side || relation.own || relation.kin || relation.own_household || relation.ward)
}

fn grouped<T>(
    found: &[Row],
    read: impl Fn(&Row) -> Result<(EnrolmentId, T), StoreError>,
) -> Result<BTreeMap<EnrolmentId, Vec<T>>, StoreError> {
    let mut all: BTreeMap<EnrolmentId, Vec<T>> = BTreeMap::new();
    for row in found {
        let (id, one) = read(row)?;
        all.entry(id).or_default().push(one);
    }
    Ok(all)
}

fn line(desk: &Desk<'_>, e: Enrolment, name: String, made: &[Submission], tiers: &[TierDecision]) -> Line {
    let today = desk.today();
    let family = e.family(tiers, made);
    let (all, impossible) = planned(desk, &e, tiers, made);
    let open = |p: &&Planned| matches!(p.state, State::Due | State::Late { .. });
    let ahead = |p: &&Planned| p.state == State::Ahead;
    let soonest = |p: &&Planned| (p.window.closes, p.window.target);
    let next = all.iter().filter(open).min_by_key(soonest).or_else(|| all.iter().filter(ahead).min_by_key(soonest));
    Line {
        next: next.cloned(),
        tier: family.tier(today).map(str::to_owned),
        last: last_done(made).map(|s| s.made_on),
        steps: None,
        enrolment: e,
        name,
        impossible,
    }
}

/// A family as it is on a list, without its name.
pub(crate) async fn unnamed(tx: &mut Tx, desk: &Desk<'_>, e: Enrolment) -> Result<Line, StoreError> {
    let tiers = rows::tiers(tx, &e).await?;
    let found = tx.all(rows::SUBMISSIONS, params![e.person, e.id]).await?;
    let made = found.iter().map(rows::read_submission).collect::<Result<Vec<_>, _>>()?;
    let counts: Vec<Submission> = made.into_iter().filter(|s| s.counts() && s.kind == SubmissionKind::Visit).collect();
    Ok(line(desk, e, String::new(), &counts, &tiers))
}

fn planned(
    desk: &Desk<'_>,
    e: &Enrolment,
    tiers: &[TierDecision],
    made: &[Submission],
) -> (Vec<Planned>, Option<String>) {
    let Some(protocol) = desk.pack.protocols().get(&e.protocol) else {
        return (Vec::new(), Some(format!("the pack no longer has the protocol {}", e.protocol)));
    };
    match schedule(protocol, &e.family(tiers, made), desk.today()) {
        Ok(all) => (all, None),
        Err(why) => (Vec::new(), Some(why.to_string())),
    }
}

/// One family's file, under seal, with how everybody in it stands to the viewer. `None`: no such family. What is kept apart is not
/// in it, nor that there is any.
pub async fn file(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: EnrolmentId,
) -> Result<Option<Seen<File>>, StoreError> {
    let Some(e) = rows::enrolment(tx, id).await? else { return Ok(None) };
    let tiers = rows::tiers(tx, &e).await?;
    let mut submissions = Vec::new();
    for row in tx.all(rows::SUBMISSIONS, params![e.person, e.id]).await? {
        let submission = rows::read_submission(&row)?;
        if submission.refused.is_some() {
            continue;
        }
        let content = match submission.kind {
            SubmissionKind::Assessment => Content::Assessment(row.json("content")?),
            SubmissionKind::Visit => Content::Visit(row.json("content")?),
        };
        submissions.push((submission, content));
    }
    let made: Vec<Submission> = submissions.iter().map(|(s, _)| s.clone()).collect();
    let (schedule, impossible) = planned(desk, &e, &tiers, &made);
    let protocol = desk.pack.protocols().get(&e.protocol);
    let fidelity = protocol.map(|p| fidelity(p, &e.family(&tiers, &made), &schedule)).unwrap_or_default();
    let about = about(tx, desk, sight, &e).await?;
    let names = registry::read::names(tx, e.people(), desk.today()).await?;
    let file = File { enrolment: e, names, schedule, fidelity, tiers, submissions, impossible };
    Ok(Some(Seen { sealed: Sealed::new(file, about.iter().map(|(p, _)| *p)), about }))
}

/// How everybody of a family stands to the viewer; the open case is the family in their hands.
pub(crate) async fn about(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    e: &Enrolment,
) -> Result<Vec<(PersonId, Relation)>, StoreError> {
    let mut all: Vec<(PersonId, Relation)> = relations(tx, sight, e.people()).await?.into_iter().collect();
    let open = desk.responsible(sight.who, e) || desk.stands_in(sight.who, e);
    all.iter_mut().for_each(|(_, relation)| relation.open_case = open);
    Ok(all)
}

/// What is kept apart of a family, under seal, for [`guard::Action::ViewKept`] alone.
pub async fn kept(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: EnrolmentId,
) -> Result<Option<Seen<Vec<Kept>>>, Fault> {
    let Some(e) = rows::enrolment(tx, id).await? else { return Ok(None) };
    let mut all: Vec<Kept> = Vec::new();
    for row in tx.all(rows::KEPT, params![e.person, e.id]).await? {
        let (name, sealed): (SubmissionId, Vec<u8>) = (row.get("submission_id")?, row.get("sealed")?);
        let clear = desk.keys.open_field("visit_kept", "sealed", name.0, &sealed)?;
        let odd =
            |e: serde_json::Error| StoreError::Inconsistent { column: "sealed".to_owned(), detail: e.to_string() };
        all.push(serde_json::from_slice(&clear).map_err(odd)?);
    }
    let mut about = about(tx, desk, sight, &e).await?;
    let own = desk.responsible(sight.who, &e);
    about.iter_mut().for_each(|(_, relation)| relation.open_case = own);
    Ok(Some(Seen { sealed: Sealed::new(all, about.iter().map(|(p, _)| *p)), about }))
}

/// How the people of a family stand to the viewer, for an act that shows nothing. `None`: no such family.
pub async fn standing(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: EnrolmentId,
) -> Result<Option<(Enrolment, Vec<(PersonId, Relation)>)>, StoreError> {
    let Some(e) = rows::enrolment(tx, id).await? else { return Ok(None) };
    let about = about(tx, desk, sight, &e).await?;
    Ok(Some((e, about)))
}

/// Who recorded a visit that counts, and the day it was made; `None`: there is no such visit. For rooms that point to one; nothing of the
/// family is told.
///
/// # Errors
/// The database.
pub async fn visit_made(tx: &mut Tx, id: SubmissionId) -> Result<Option<(kernel::AccountId, Date)>, StoreError> {
    let Some(row) = tx.maybe(rows::CLAIMED, params![id]).await? else { return Ok(None) };
    let person: PersonId = row.get("person_id")?;
    let Some(row) = tx.maybe(rows::SUBMISSION, params![person, id]).await? else { return Ok(None) };
    let made = rows::read_submission(&row)?;
    Ok((made.counts() && made.kind == SubmissionKind::Visit).then_some((made.account, made.made_on)))
}

/// Whether a family of this household is in the viewer's hands: then its household is, too, as with an official's open case.
pub async fn in_hands(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &guard::Who,
    members: &[PersonId],
) -> Result<bool, StoreError> {
    for person in members {
        let families = rows::of_person(tx, *person).await?;
        if families.iter().any(|e| e.left.is_none() && desk.responsible(who, e)) {
            return Ok(true);
        }
    }
    Ok(false)
}

/// The families in the viewer's hands: all that are visited now, or those a person belongs to as mother or child, the ended ones of a
/// mother among them. Ids alone.
pub async fn hands(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &guard::Who,
    person: Option<PersonId>,
) -> Result<Vec<EnrolmentId>, StoreError> {
    let found = match who.role {
        Role::Nurse => tx.page(&rows::OF_NURSE, params![who.account]).await?,
        Role::VisitSupervisor => tx.page(&rows::OF_OFFICE, params![who.organisation, desk.office(who)]).await?,
        _ => return Ok(Vec::new()),
    };
    let mut all = found.iter().map(rows::read_enrolment).collect::<Result<Vec<_>, _>>()?;
    if let Some(person) = person {
        all.retain(|e| e.people().contains(&person));
        for e in rows::of_person(tx, person).await? {
            if !all.iter().any(|known| known.id == e.id) {
                all.push(e);
            }
        }
    }
    Ok(all.iter().filter(|e| desk.responsible(who, e) || desk.stands_in(who, e)).map(|e| e.id).collect())
}

/// The family into whose file a submission was taken; tells nothing about anybody, and nothing of what was kept apart.
pub async fn of_submission(tx: &mut Tx, id: SubmissionId) -> Result<Option<EnrolmentId>, StoreError> {
    let Some(row) = tx.maybe(rows::CLAIMED, params![id]).await? else { return Ok(None) };
    let row = tx.maybe(rows::SUBMISSION, params![row.get::<PersonId>("person_id")?, id]).await?;
    let taken = row.as_ref().map(rows::read_submission).transpose()?.filter(|s| s.refused.is_none());
    Ok(taken.map(|s| s.enrolment))
}

/// A mother's own enrolments with what is planned, under seal.
pub async fn own(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
) -> Result<Seen<Vec<(Enrolment, Vec<Planned>)>>, StoreError> {
    let mut all = Vec::new();
    for e in rows::of_person(tx, person).await? {
        let tiers = rows::tiers(tx, &e).await?;
        let found = tx.all(rows::SUBMISSIONS, params![e.person, e.id]).await?;
        let made = found.iter().map(rows::read_submission).collect::<Result<Vec<_>, _>>()?;
        let (schedule, _) = planned(desk, &e, &tiers, &made);
        all.push((e, schedule));
    }
    let about: Vec<(PersonId, Relation)> = relations(tx, sight, [person]).await?.into_iter().collect();
    Ok(Seen { sealed: Sealed::new(all, [person]), about })
}

/// Submissions of a family that were kept and not taken in, for its supervisor.
pub async fn not_taken_in(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    id: EnrolmentId,
) -> Result<Option<Seen<Vec<Submission>>>, StoreError> {
    let Some(e) = rows::enrolment(tx, id).await? else { return Ok(None) };
    let found = tx.all(rows::NOT_TAKEN_IN, params![e.person]).await?;
    let all = found.iter().map(rows::read_submission).collect::<Result<Vec<_>, _>>()?;
    let all: Vec<Submission> = all.into_iter().filter(|s| s.enrolment == id).collect();
    let about = about(tx, desk, sight, &e).await?;
    Ok(Some(Seen { sealed: Sealed::new(all, [e.person]), about }))
}
