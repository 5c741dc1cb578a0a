//! Complaints: about how somebody was treated, a delay, wrong information. Not an objection, which is about a decision. Each
//! has a day by which somebody answers, and that is nobody it is about.

use std::collections::BTreeSet;

use guard::{Action, Allowed, Who};
use kernel::{AccountId, CaseId, Date, GrievanceId, Instant, PersonId, words};
use registry::sight::{Seen, Sight, relations};
use serde::Serialize;
use store::{AsConflict, Row, StoreError, Tx, params};

use super::{MOST_WORDS, words_of};
use crate::case::model::in_days;
use crate::case::{rows as cases, worklist};
use crate::decide;
use crate::desk::Desk;
use crate::household;

store::sql! {
    ADD = "insert into grievance (person_id, grievance_id, case_id, agency, jurisdiction, kind, words, status, due_on, account_id, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, 'open', $8, $9, $10) on conflict (person_id, grievance_id) do nothing";
    ONE = "select person_id, grievance_id, case_id, agency, jurisdiction, kind, words, status, due_on, assigned_to, answer, answered_by, made_at, closed_at
        from grievance where grievance_id = $1";
    OF_PERSON = "select person_id, grievance_id, case_id, agency, jurisdiction, kind, words, status, due_on, assigned_to, answer, answered_by, made_at, closed_at
        from grievance where person_id = $1 order by made_at desc, grievance_id desc limit $2";
    OF_OFFICE = "select person_id, grievance_id, case_id, agency, jurisdiction, kind, words, status, due_on, assigned_to, answer, answered_by, made_at, closed_at
        from grievance where agency = $1 and (jurisdiction = $2 or $2 = '') and status = 'open' order by due_on, grievance_id limit $3";
    ASSIGN = "update grievance set assigned_to = $3 where person_id = $1 and grievance_id = $2 and status = 'open'";
    ANSWER = "update grievance set status = 'answered', answered_by = $3, answer = $4, closed_at = $5
        where person_id = $1 and grievance_id = $2 and status = 'open'";
}

words! {
    /// What a complaint is about.
    Kind as "kind of complaint" {
        /// It takes too long.
        Delay = "delay",
        /// How somebody spoke or behaved.
        Treatment = "treatment",
        /// Wrong or missing information.
        Information = "information",
        /// Something could not be reached or used.
        Access = "access",
        /// Anything else.
        Other = "other",
    }
}

words! {
    /// How a complaint stands.
    Status as "complaint status" {
        /// Somebody must answer.
        Open = "open",
        /// Answered.
        Answered = "answered",
    }
}

/// A complaint to be raised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Names it: the same id sent twice is one complaint.
    pub id: GrievanceId,
    /// Who complains.
    pub person: PersonId,
    /// About which case, if it is about one.
    pub case: Option<CaseId>,
    /// About what.
    pub kind: Kind,
    /// In their own words.
    pub words: String,
}

/// A complaint as the database holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Grievance {
    /// Its id.
    pub id: GrievanceId,
    /// Who complains.
    pub person: PersonId,
    /// About which case.
    pub case: Option<CaseId>,
    /// The agency that answers.
    pub agency: String,
    /// The place of its office.
    pub jurisdiction: Option<String>,
    /// About what.
    pub kind: Kind,
    /// The words.
    pub words: String,
    /// How it stands.
    pub status: Status,
    /// Until when it must be answered.
    pub due_on: Date,
    /// Who has it in hand.
    pub assigned_to: Option<AccountId>,
    /// The answer.
    pub answer: Option<String>,
    /// Who answered.
    pub answered_by: Option<AccountId>,
    /// When it came.
    pub made_at: Instant,
    /// When it was answered.
    pub closed_at: Option<Instant>,
}

/// Why a complaint was not taken or not answered.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it.
    #[error("not allowed for the person who complains")]
    NotAllowed,
    /// No such case, or another family's.
    #[error("there is no such case of this household: choose one of the list, or none")]
    NoCase,
    /// No such complaint.
    #[error("there is no such complaint")]
    Nothing,
    /// Answered already.
    #[error("this complaint was answered already")]
    Done,
    /// The official is part of it.
    #[error(
        "the complaint is about work you took part in, or comes from your own family: somebody else must answer it"
    )]
    TookPart,
    /// No words.
    #[error("say in a few words what happened, at least three letters")]
    NoWords,
    /// Too many words.
    #[error("the words have {0} characters; at most {MOST_WORDS} are taken")]
    TooLong(usize),
    /// Nowhere at home.
    #[error("the person belongs to no household: tell the counter")]
    NoHousehold,
    /// The pack names no municipal agency.
    #[error("no office answers complaints that are about no case: choose the case it is about")]
    NoOffice,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

fn said(typed: &str) -> Result<&str, Fault> {
    let words = words_of(typed).map_err(Fault::TooLong)?.ok_or(Fault::NoWords)?;
    if words.chars().count() < 3 { Err(Fault::NoWords) } else { Ok(words) }
}

/// Takes a complaint; says until when it is answered. The office of the case answers, or else that of the home. `allowed`
/// is the guard's decision for [`Action::ReportChange`] about the person.
pub async fn raise(tx: &mut Tx, desk: &Desk<'_>, who: &Who, allowed: &Allowed, input: &Input) -> Result<Date, Fault> {
    if allowed.action() != Action::ReportChange || !allowed.covers(input.person) {
        return Err(Fault::NotAllowed);
    }
    let words = said(&input.words)?;
    let home = household::household_of(tx, desk, input.person).await?.ok_or(Fault::NoHousehold)?;
    let (agency, place, programme) = match input.case {
        Some(id) => {
            let case = cases::case(tx, id).await?.filter(|c| c.household == home).ok_or(Fault::NoCase)?;
            (case.agency, case.jurisdiction, case.programme)
        }
        None => {
            let place = household::load_on(tx, desk, home, desk.today()).await?.and_then(|h| h.place);
            (local_office(desk).ok_or(Fault::NoOffice)?, place, String::new())
        }
    };
    let office = place.as_deref().map(|p| desk.office_of(p));
    let due = in_days(desk.today(), desk.pack.process(&programme).review_days);
    let kind = input.kind.word();
    let values = params![input.person, input.id, input.case, agency, office, kind, words, due, who.account, desk.now];
    if tx.execute(ADD, values).await? == 1 {
        return Ok(due);
    }
    Ok(one(tx, input.id).await?.ok_or(Fault::Nothing)?.due_on)
}

/// The municipal agency that decides most of the pack's programmes.
fn local_office(desk: &Desk<'_>) -> Option<String> {
    use catalogue::model::AgencyKind;
    let municipal = desk.pack.agencies().iter().filter(|a| a.kind == AgencyKind::Municipal);
    let decides = |id: &str| desk.pack.programmes().iter().filter(|p| p.decided_by == id).count();
    municipal.max_by_key(|a| decides(&a.id)).map(|a| a.id.clone())
}

/// Answers a complaint. `allowed` is the guard's decision for [`Action::AnswerComplaint`] about the person who complains.
pub async fn answer(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: GrievanceId,
    answer: &str,
) -> Result<(), Fault> {
    let it = one(tx, id).await?.ok_or(Fault::Nothing)?;
    if allowed.action() != Action::AnswerComplaint || !allowed.covers(it.person) {
        return Err(Fault::NotAllowed);
    }
    let answer = said(answer)?;
    if took_part(tx, desk, who.account, who.person, &it).await? {
        return Err(Fault::TookPart);
    }
    if tx.execute(ANSWER, params![it.person, id, who.account, answer, desk.now]).await? != 1 {
        return Err(Fault::Done);
    }
    Ok(())
}

/// Somebody a complaint may be given to: the account, and the person it is, when known.
pub type Taker = (AccountId, Option<PersonId>);

/// Gives a complaint to an official, or to nobody. Nobody it is about gets it. `allowed` is the guard's decision for
/// [`Action::AnswerComplaint`] about the person who complains; that the official belongs to the office is the caller's
/// business.
pub async fn give(
    tx: &mut Tx,
    desk: &Desk<'_>,
    allowed: &Allowed,
    id: GrievanceId,
    to: Option<Taker>,
) -> Result<(), Fault> {
    let it = one(tx, id).await?.ok_or(Fault::Nothing)?;
    if allowed.action() != Action::AnswerComplaint || !allowed.covers(it.person) {
        return Err(Fault::NotAllowed);
    }
    if let Some((account, person)) = to
        && took_part(tx, desk, account, person, &it).await?
    {
        return Err(Fault::TookPart);
    }
    if tx.execute(ASSIGN, params![it.person, id, to.map(|(account, _)| account)]).await? != 1 {
        return Err(Fault::Done);
    }
    Ok(())
}

/// Whether the official worked on what the complaint is about, or belongs to the family.
async fn took_part(
    tx: &mut Tx,
    desk: &Desk<'_>,
    account: AccountId,
    person: Option<PersonId>,
    it: &Grievance,
) -> Result<bool, StoreError> {
    if let Some(own) = person {
        let home = household::household_of(tx, desk, it.person).await?;
        let members = match home {
            Some(home) => household::member_ids(tx, desk, home).await?,
            None => vec![it.person],
        };
        if members.contains(&own) {
            return Ok(true);
        }
    }
    let Some(id) = it.case else { return Ok(false) };
    let assigned = cases::case(tx, id).await?.and_then(|c| c.assigned_to) == Some(account);
    let decisions = decide::of_case(tx, id).await?;
    let decided = decisions.iter().any(|d| [d.prepared_by, d.decided_by].contains(&Some(account)));
    let worked = cases::steps(tx, id).await?.iter().any(|s| s.account == Some(account));
    Ok(assigned || decided || worked)
}

fn read(row: &Row) -> Result<Grievance, StoreError> {
    Ok(Grievance {
        id: row.get("grievance_id")?,
        person: row.get("person_id")?,
        case: row.maybe("case_id")?,
        agency: row.get("agency")?,
        jurisdiction: row.maybe("jurisdiction")?,
        kind: row.parse("kind")?,
        words: row.get("words")?,
        status: row.parse("status")?,
        due_on: row.get("due_on")?,
        assigned_to: row.maybe("assigned_to")?,
        answer: row.maybe("answer")?,
        answered_by: row.maybe("answered_by")?,
        made_at: row.get("made_at")?,
        closed_at: row.maybe("closed_at")?,
    })
}

async fn one(tx: &mut Tx, id: GrievanceId) -> Result<Option<Grievance>, StoreError> {
    tx.maybe(ONE, params![id]).await?.as_ref().map(read).transpose()
}

/// Who complains, to ask the guard before anything is done with it. Ids only.
pub async fn person_of(tx: &mut Tx, id: GrievanceId) -> Result<Option<PersonId>, StoreError> {
    Ok(one(tx, id).await?.map(|g| g.person))
}

async fn sealed(tx: &mut Tx, sight: &Sight<'_>, list: Vec<Grievance>) -> Result<Seen<Vec<Grievance>>, StoreError> {
    let people: BTreeSet<PersonId> = list.iter().map(|g| g.person).collect();
    let about: Vec<_> = relations(tx, sight, people).await?.into_iter().collect();
    Ok(Seen { sealed: guard::Sealed::new(list, about.iter().map(|(p, _)| *p)), about })
}

/// Whether this office answers a complaint: `office` is the agency and the place, `None` for every place of it.
pub fn answers(it: &Grievance, office: (&str, Option<&str>)) -> bool {
    it.agency == office.0 && office.1.is_none_or(|place| it.jurisdiction.as_deref() == Some(place))
}

/// One complaint for an official of the office that answers it, with the complainer's name; `None` when there is none, or
/// another office's.
pub async fn for_office(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    office: (&str, Option<&str>),
    id: GrievanceId,
) -> Result<Option<Seen<Named>>, StoreError> {
    let Some(it) = one(tx, id).await?.filter(|g| answers(g, office)) else { return Ok(None) };
    let open = it.status == Status::Open;
    let name = registry::read::names(tx, [it.person], desk.today()).await?.remove(&it.person).unwrap_or_default();
    let mut seen = sealed(tx, sight, vec![it]).await?;
    in_hand(&mut seen, open);
    Ok(Some(Seen { sealed: seen.sealed.map(|mut list| Named { grievance: list.remove(0), name }), about: seen.about }))
}

/// A complaint with the name of who complains.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Named {
    /// The complaint.
    pub grievance: Grievance,
    /// Who complains.
    pub name: String,
}

/// An open complaint to one's own office opens the record as an open case does.
fn in_hand<T>(seen: &mut Seen<T>, open: bool) {
    if open {
        seen.about.iter_mut().for_each(|(_, relation)| relation.open_case = true);
    }
}

/// A person's complaints, the newest first.
pub async fn of_person(
    tx: &mut Tx,
    sight: &Sight<'_>,
    person: PersonId,
    most: u32,
) -> Result<Seen<Vec<Grievance>>, StoreError> {
    let list = tx.all(OF_PERSON, params![person, most]).await?.iter().map(read).collect::<Result<_, _>>()?;
    sealed(tx, sight, list).await
}

/// The open complaints an office must answer, the most urgent first, with names; every place of the agency without one.
/// Those of the viewer's own family, and whatever else they may not open, are left out.
pub async fn of_office(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sight: &Sight<'_>,
    office: (&str, Option<&str>),
    most: u32,
) -> Result<Seen<Vec<Named>>, StoreError> {
    let rows = tx.all(OF_OFFICE, params![office.0, office.1.unwrap_or_default(), most]).await?;
    let list: Vec<Grievance> = rows.iter().map(read).collect::<Result<_, _>>()?;
    let people: BTreeSet<PersonId> = list.iter().map(|g| g.person).collect();
    let mut known = relations(tx, sight, people).await?;
    known.values_mut().for_each(|relation| relation.open_case = true);
    known.retain(|_, relation| worklist::may_open(sight, *relation));
    let names = registry::read::names(tx, known.keys().copied(), desk.today()).await?;
    let shown = list.into_iter().filter(|g| known.contains_key(&g.person));
    let named =
        shown.map(|g| Named { name: names.get(&g.person).cloned().unwrap_or_default(), grievance: g }).collect();
    let about: Vec<_> = known.into_iter().collect();
    Ok(Seen { sealed: guard::Sealed::new(named, about.iter().map(|(p, _)| *p)), about })
}
