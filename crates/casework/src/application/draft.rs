//! Drafts: begun, saved as often as one likes, read, discarded. They survive restarts and new packs: what the pack in
//! force cannot take any more is kept and shown as to be given again.

use guard::{Allowed, Role, Sealed, Who};
use kernel::{Date, DraftId, HouseholdId, PersonId};
use registry::sight::{Sight, relations};
use rules::schema::Value;
use serde::Serialize;
use store::{AsConflict, StoreError, Tx, params};

use super::account;
use super::consent::{self, Wanted};
use super::model::{Chosen, Content, Draft, DraftStatus, MOST_DRAFTS, Setting, Size, start};
use super::questions::{Outlook, Question, asked, entity, outlook, with_answers};
use super::{ground, life, mandate, rows, seal};
use crate::accept::Given;
use crate::case::Channel;
use crate::desk::Desk;
use crate::evaluate::for_offers;
use crate::household;
use crate::model::{Cause, Subject};
use crate::read::Seen;
use crate::rows::json;
use crate::snapshot::Snapshot;

/// Why a draft was not begun, saved or discarded.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// No such draft, or nobody's of those the account may act for.
    #[error("there is no such draft: read the list of drafts again")]
    NoDraft,
    /// It was sent or discarded.
    #[error("the draft was {0} already: begin a new one for anything more")]
    Ended(DraftStatus),
    /// Somebody saved since it was shown, in another tab or at the counter.
    #[error("the draft was saved elsewhere since it was shown (revision {shown}, now {now}): look at it again")]
    Changed {
        /// The revision in the form.
        shown: u32,
        /// The revision now.
        now: u32,
    },
    /// The account may not act for the person.
    #[error("you may not apply for this person: ask them for a power, or go to the counter")]
    NotAllowed,
    /// The account may not claim this programme for this person.
    #[error("you may not apply for {programme} for this person: ask them for a power, or go to the counter")]
    NotAllowedFor {
        /// Which.
        programme: String,
    },
    /// No such person.
    #[error("there is no such person")]
    NoPerson,
    /// The applicant died.
    #[error("nobody can apply in the name of somebody who died: what the family may claim, they claim themselves")]
    Dead,
    /// The person belongs to no household.
    #[error("the person belongs to no household: put them into one first")]
    NoHousehold,
    /// Too many drafts.
    #[error("there are {0} drafts already: send or discard one first")]
    TooMany(usize),
    /// A channel that does not go with who acts.
    #[error("an application comes {0} only through an official, and online only through the person")]
    Channel(Channel),
    /// More than a draft can carry.
    #[error(transparent)]
    Size(#[from] Size),
    /// No such programme today.
    #[error("{0:?} is not a programme of the pack in force: choose one of the catalogue")]
    NoProgramme(String),
    /// The subject is of the wrong kind, or not of this household.
    #[error("{programme} cannot be applied for with this subject: choose a {expected} of this household")]
    Subject {
        /// Which.
        programme: String,
        /// `person` or `household`.
        expected: &'static str,
    },
    /// An answer about somebody or something nobody asks.
    #[error("{item} is not asked for the programmes chosen: send only what is asked")]
    NotAsked {
        /// The item.
        item: String,
    },
    /// A value that the item cannot have.
    #[error("{item}: {reason}")]
    BadAnswer {
        /// The item.
        item: String,
        /// What is wrong and what was expected.
        reason: String,
    },
    /// A consent the pack does not ask for, or of somebody else.
    #[error("{0:?} is not a consent asked of this household")]
    NoConsent(String),
    /// A day of arrival that cannot be.
    #[error("{0} cannot be the day the letter arrived: give a day of the last year, today at the latest")]
    BadDay(Date),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// A draft to be begun.
#[derive(Clone, Debug, PartialEq)]
pub struct Begin {
    /// In whose name: the person themselves, or the parent or guardian who claims for a child.
    pub person: PersonId,
    /// How it comes. Officials key in at the counter or from post; citizens are online.
    pub channel: Channel,
    /// What it says to begin with.
    pub content: Content,
}

/// Begins a draft.
pub async fn begin(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    setting: Setting<'_>,
    input: Begin,
) -> Result<Draft, Fault> {
    ground(tx, desk, who, allowed, input.person, None).await?.ok_or(Fault::NotAllowed)?;
    let goes = match input.channel {
        Channel::Api => who.role == Role::AgencySystem,
        Channel::Online => who.role == Role::Citizen,
        Channel::Counter | Channel::Post => who.role.is_staff(),
    };
    if !goes {
        return Err(Fault::Channel(input.channel));
    }
    let alive = life(tx, desk, input.person).await?.ok_or(Fault::NoPerson)?;
    if alive.died.is_some() {
        return Err(Fault::Dead);
    }
    let open = rows::drafts_of(tx, input.person).await?.len();
    if open >= MOST_DRAFTS {
        return Err(Fault::TooMany(open));
    }
    let household = household_for(tx, desk, &input).await?;
    let mut draft = Draft {
        id: DraftId::new(desk.ids, desk.now),
        person: input.person,
        household,
        account: who.account,
        channel: input.channel,
        content: Content::default(),
        revision: 1,
        status: DraftStatus::Open,
        application: None,
        made_at: desk.now,
        saved_at: desk.now,
    };
    draft.content = checked(tx, desk, who, allowed, setting, &draft, input.content).await?;
    rows::add_draft(tx, &draft).await?;
    Ok(draft)
}

/// The household a draft is about: that of the first subject chosen, or the applicant's own.
async fn household_for(tx: &mut Tx, desk: &Desk<'_>, input: &Begin) -> Result<HouseholdId, Fault> {
    let person = match input.content.chosen.first().map(|c| c.subject) {
        Some(Subject::Household(id)) => return Ok(id),
        Some(Subject::Person(id)) => id,
        None => input.person,
    };
    household::household_of(tx, desk, person).await?.ok_or(Fault::NoHousehold)
}

/// What is saved.
#[derive(Clone, Debug, PartialEq)]
pub struct Save {
    /// The draft.
    pub draft: DraftId,
    /// The revision that was shown.
    pub revision: u32,
    /// Everything it says now.
    pub content: Content,
}

/// Saves a draft whole; gives it back with its new revision.
pub async fn save(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    setting: Setting<'_>,
    input: Save,
) -> Result<Draft, Fault> {
    let mut draft = open(tx, desk, who, allowed, input.draft).await?;
    if draft.revision != input.revision {
        return Err(Fault::Changed { shown: input.revision, now: draft.revision });
    }
    draft.content = checked(tx, desk, who, allowed, setting, &draft, input.content).await?;
    draft.saved_at = desk.now;
    let content = json(&draft.content)?;
    let values = params![draft.person, draft.id, content, desk.now, draft.revision];
    if tx.execute(rows::DRAFT_SAVE, values).await? != 1 {
        // Two tabs at once: the second reads again and then hears that it was changed.
        return Err(StoreError::Conflict.into());
    }
    draft.revision += 1;
    Ok(draft)
}

/// Throws a draft away.
pub async fn discard(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    draft: DraftId,
) -> Result<(), Fault> {
    let draft = open(tx, desk, who, allowed, draft).await?;
    let others = rows::drafts_of(tx, draft.person).await?.into_iter().filter(|d| d.id != draft.id);
    let others: Vec<Given> = others.flat_map(|d| d.content.answers).collect();
    account::forget(tx, desk, draft.person, &draft.content.answers, &others).await?;
    match rows::end_draft(tx, &draft, DraftStatus::Discarded, None, desk.now).await? {
        true => Ok(()),
        false => Err(StoreError::Conflict.into()),
    }
}

/// A draft that may still be changed by this account.
async fn open(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &[Allowed], id: DraftId) -> Result<Draft, Fault> {
    let draft = rows::draft(tx, id).await?.ok_or(Fault::NoDraft)?;
    ground(tx, desk, who, allowed, draft.person, None).await?.ok_or(Fault::NoDraft)?;
    match draft.status {
        DraftStatus::Open => Ok(draft),
        ended => Err(Fault::Ended(ended)),
    }
}

/// Whose draft it is, to ask the guard before anything is done with it. Ids only.
pub async fn person_of(tx: &mut Tx, id: DraftId) -> Result<Option<(PersonId, HouseholdId)>, StoreError> {
    Ok(rows::draft(tx, id).await?.map(|d| (d.person, d.household)))
}

/// The content as it may be kept. What the draft said before and a new pack cannot take is left in peace; what is new
/// must fit.
async fn checked(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    setting: Setting<'_>,
    draft: &Draft,
    content: Content,
) -> Result<Content, Fault> {
    content.check_size()?;
    let mut content = content.once();
    let snapshot = household::load(tx, desk, draft.household, Cause::FactChange).await?.ok_or(Fault::NoHousehold)?;
    let whose = content.answers.iter_mut().map(|g| (&mut g.subject, g.item.as_str()));
    account::of_payee(desk, &snapshot, draft.person, whose);
    let given = content.answers.iter_mut().map(|g| (g.subject, g.item.as_str(), &mut g.value)).collect();
    account::conceal(tx, desk, who, draft.person, given).await.map_err(|fault| match fault {
        account::Fault::Bad { item, reason } => Fault::BadAnswer { item, reason: reason.to_string() },
        account::Fault::Store(why) => Fault::Store(why),
    })?;
    let inside = |subject: Subject| is_inside(&snapshot, subject);
    for one in &content.chosen {
        if !draft.content.chosen.contains(one) {
            fits(desk, &snapshot, one)?;
        }
        may_claim(tx, desk, who, allowed, setting, &snapshot, draft.person, one).await?;
    }
    let fresh: Vec<&Given> = content.answers.iter().filter(|a| !draft.content.answers.contains(a)).collect();
    if !fresh.is_empty() {
        let questions = all_questions(desk, setting, &snapshot, draft.person, &content);
        for given in fresh {
            let asked = questions.iter().any(|q| q.subject == given.subject && q.item == given.item);
            if !inside(given.subject) || !asked {
                return Err(Fault::NotAsked { item: start(&given.item) });
            }
            desk.check_value(given.subject, &given.item, &given.value)
                .map_err(|reason| Fault::BadAnswer { item: given.item.clone(), reason })?;
        }
    }
    for agreed in content.consents.iter().filter(|c| !draft.content.consents.contains(c)) {
        let known = desk.pack.consents().get(&agreed.purpose).is_some();
        if !known || !(inside(Subject::Person(agreed.person)) || agreed.person == draft.person) {
            return Err(Fault::NoConsent(start(&agreed.purpose)));
        }
    }
    if let Some(day) = content.received_on {
        let year = jiff::Span::new().days(366);
        let possible = day <= desk.today() && desk.today().saturating_sub(year) <= day;
        if draft.channel != Channel::Post || !possible {
            return Err(Fault::BadDay(day));
        }
    }
    Ok(content)
}

fn is_inside(snapshot: &Snapshot, subject: Subject) -> bool {
    match subject {
        Subject::Household(id) => id == snapshot.household,
        Subject::Person(id) => snapshot.members.iter().any(|m| m.person == id),
    }
}

/// Whether the programme exists today and the subject is one of the household it can be for.
pub(crate) fn fits(desk: &Desk<'_>, snapshot: &Snapshot, one: &Chosen) -> Result<(), Fault> {
    let programme = desk.pack.programmes().get(&one.programme);
    let version = programme.and_then(|p| p.versions.iter().find(|v| v.covers(desk.today())));
    let Some(version) = version else { return Err(Fault::NoProgramme(start(&one.programme))) };
    if version.subject == entity(one.subject) && is_inside(snapshot, one.subject) {
        return Ok(());
    }
    let expected = match version.subject {
        rules::schema::Entity::Household => "household",
        rules::schema::Entity::Person => "person",
    };
    Err(Fault::Subject { programme: one.programme.clone(), expected })
}

/// Whether this account may claim the programme for the subject in the applicant's name. A household's programme is
/// claimed by a member; a person's by themselves, by whom the guard allowed, by a mandate, and by a parent in whose name
/// a proxy applies.
#[expect(clippy::too_many_arguments, reason = "everything the answer depends on, each once")]
pub(crate) async fn may_claim(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    setting: Setting<'_>,
    snapshot: &Snapshot,
    applicant: PersonId,
    one: &Chosen,
) -> Result<(), Fault> {
    let programme = Some(one.programme.as_str());
    let refused = || Fault::NotAllowedFor { programme: one.programme.clone() };
    ground(tx, desk, who, allowed, applicant, programme).await?.ok_or_else(refused)?;
    let person = match one.subject {
        Subject::Household(_) if is_inside(snapshot, Subject::Person(applicant)) => return Ok(()),
        Subject::Household(_) => return Err(refused()),
        Subject::Person(person) if person == applicant => return Ok(()),
        Subject::Person(person) => person,
    };
    if ground(tx, desk, who, allowed, person, programme).await?.is_some() {
        return Ok(());
    }
    let through = who.person.is_some_and(|me| me != applicant) && !who.role.is_staff();
    let on = desk.today();
    let by_applicant = through
        && !registry::between(tx, who.person.unwrap_or(applicant), person, on, 0).await?.perpetrator_side
        && mandate::may_act(tx, setting.adult_age, applicant, person, programme, on).await?.is_some();
    if by_applicant { Ok(()) } else { Err(refused()) }
}

/// The questions as they stand with nothing answered and with everything answered: an answer may open new ones, and
/// what it settles is still shown with its answer.
fn all_questions(
    desk: &Desk<'_>,
    setting: Setting<'_>,
    snapshot: &Snapshot,
    person: PersonId,
    content: &Content,
) -> Vec<Question> {
    let of = |snapshot: &Snapshot| {
        let evaluation = for_offers(desk.pack, snapshot, snapshot.on);
        asked(desk.pack, snapshot, &evaluation, &content.chosen, person, setting.connected)
    };
    let mut all = of(snapshot);
    if content.answers.is_empty() {
        return all;
    }
    for question in of(&with_answers(desk, snapshot, &content.answers)) {
        // What is known only from the draft itself is the answer, not a fact.
        let known = question.known.as_ref().filter(|k| k.recorded.is_some() || k.source.as_deref() != Some("self"));
        if !all.iter().any(|q| q.subject == question.subject && q.item == question.item) {
            let known = known.cloned();
            all.push(Question { known, ..question });
        }
    }
    all
}

/// A question with what the draft answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Asked {
    /// The question.
    #[serde(flatten)]
    pub question: Question,
    /// The answer in the draft; the person may say otherwise than what is known, and then both are kept.
    pub answer: Option<Value>,
}

/// A draft as it is shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shown {
    /// The draft.
    pub draft: Draft,
    /// How each choice looks.
    pub outlook: Vec<Outlook>,
    /// Programmes chosen that the pack in force does not have any more.
    pub gone: Vec<String>,
    /// Everything known and everything asked, questions to the person first.
    pub questions: Vec<Asked>,
    /// Answers the pack in force cannot take any more: kept, and to be given again.
    pub again: Vec<Given>,
    /// Consents needed, given or not.
    pub consents: Vec<Wanted>,
}

/// A draft with its questions; `None` when there is none, or none for this viewer.
pub async fn read(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    setting: Setting<'_>,
    id: DraftId,
) -> Result<Option<Seen<Shown>>, StoreError> {
    let Some(draft) = rows::draft(tx, id).await? else { return Ok(None) };
    let Some(snapshot) = household::load(tx, desk, draft.household, Cause::FactChange).await? else {
        return Ok(None);
    };
    let shown = show(desk, setting, &snapshot, draft.clone());
    if !by_mandate_alone(tx, sight, draft.person).await? {
        let people = snapshot.persons().into_iter().chain([draft.person]);
        return Ok(Some(seal(tx, sight, people, shown).await?));
    }
    // Who holds a power sees what is asked and what they answered, not what the state knows of the person. That they looked
    // stands in the person's trail.
    let about = mandate::relations(tx, desk, sight, [draft.person], &programmes(&draft)).await?;
    let sealed = Sealed::new(without_known(shown), about.keys().copied());
    Ok(Some(Seen { sealed, about: about.into_iter().collect() }))
}

fn programmes(draft: &Draft) -> Vec<&str> {
    draft.content.chosen.iter().map(|c| c.programme.as_str()).collect()
}

/// The open drafts in a person's name, the last saved first; for whoever holds a power, those it is good for.
pub async fn list(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    person: PersonId,
) -> Result<Seen<Vec<Draft>>, StoreError> {
    let drafts = rows::drafts_of(tx, person).await?;
    if !by_mandate_alone(tx, sight, person).await? {
        return seal(tx, sight, [person], drafts).await;
    }
    let mut theirs = Vec::new();
    for draft in drafts {
        let relation = mandate::relations(tx, desk, sight, [person], &programmes(&draft)).await?;
        if relation.values().all(|r| r.mandated) {
            theirs.push(draft);
        }
    }
    let about = mandate::relations(tx, desk, sight, [person], &[]).await?;
    let sealed = Sealed::new(theirs, about.keys().copied());
    Ok(Seen { sealed, about: about.into_iter().collect() })
}

/// Whether nothing but a mandate could let the viewer look at another's draft.
async fn by_mandate_alone(tx: &mut Tx, sight: &Sight<'_>, person: PersonId) -> Result<bool, StoreError> {
    if sight.who.role != Role::Citizen || sight.who.person.is_none_or(|viewer| viewer == person) {
        return Ok(false);
    }
    let relation = relations(tx, sight, [person]).await?.remove(&person).unwrap_or_default();
    Ok(!(relation.own || relation.ward || relation.own_household))
}

fn show(desk: &Desk<'_>, setting: Setting<'_>, snapshot: &Snapshot, draft: Draft) -> Shown {
    let content = &draft.content;
    let evaluation = for_offers(desk.pack, snapshot, snapshot.on);
    let answer = |q: &Question| {
        let given = content.answers.iter().find(|a| a.subject == q.subject && a.item == q.item)?;
        desk.check_value(given.subject, &given.item, &given.value).ok().map(|()| given.value.clone())
    };
    let questions = all_questions(desk, setting, snapshot, draft.person, content);
    let questions = questions.into_iter().map(|q| Asked { answer: answer(&q), question: q }).collect();
    let unfit = |a: &&Given| desk.check_value(a.subject, &a.item, &a.value).is_err();
    let missing = |c: &&Chosen| fits(desk, snapshot, c).is_err();
    Shown {
        outlook: outlook(&evaluation, &content.chosen, content.received_on.unwrap_or(desk.today())),
        gone: content.chosen.iter().filter(missing).map(|c| c.programme.clone()).collect(),
        questions,
        again: content.answers.iter().filter(unfit).cloned().collect(),
        consents: consent::wanted(desk.pack, setting, snapshot, draft.person, &content.chosen),
        draft,
    }
}

fn without_known(mut shown: Shown) -> Shown {
    shown.outlook.clear();
    shown.questions.retain(|a| a.question.is_for_person());
    shown
}
