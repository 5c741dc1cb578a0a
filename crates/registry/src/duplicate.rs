//! Records that may be one human being: found, explained field by field, queued for an official to decide.
//!
//! Candidates share a birth date, a telephone, or many pieces of a name or address (blocking). Each field then
//! adds or takes away weight, as in Fellegi and Sunter: the weight is the binary logarithm of how much more often the
//! field agrees (or differs) between two records of one person than between records of two. The figures are estimates
//! for registers of this kind, stated in [`WEIGHTS`].

use std::collections::{BTreeMap, BTreeSet};

use kernel::{Date, DuplicateId, Instant, PersonId};
use serde::{Deserialize, Serialize};
use store::{AsConflict, Row, StoreError, Tx, params};
use uuid::Uuid;

use crate::household;
use crate::person::words;
use crate::record::PersonRecord;
use crate::rows;
use crate::search::index::{self, Entry};
use crate::search::{by_birth, by_pieces, entries, name_score};
use crate::sight::{Seen, Sight, redact};
use crate::ties::ties;
use crate::time::{AsOf, Pen};

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Finding {
    /// The names are the same.
    NameSame,
    /// The names are nearly the same.
    NameNear,
    /// The names are different.
    NameOther,
    /// Born on the same day.
    BirthSame,
    /// Two of year, month and day agree, or month and day are exchanged.
    BirthNear,
    /// Born on different days.
    BirthOther,
    /// The same sex.
    SexSame,
    /// Different sex.
    SexOther,
    /// A telephone in common.
    PhoneSame,
    /// The same address.
    AddressSame,
    /// Both have a national identifier, and they differ.
    IdentifierOther,
    /// Both belong to one household at the same time: twins and sisters, not doubles.
    SameHousehold,
}

/// The weight of each finding, in hundredths of a bit.
pub const WEIGHTS: [(Finding, i32); 12] = [
    (Finding::NameSame, 700),
    (Finding::NameNear, 400),
    (Finding::NameOther, -600),
    (Finding::BirthSame, 800),
    (Finding::BirthNear, 300),
    (Finding::BirthOther, -600),
    (Finding::SexSame, 100),
    (Finding::SexOther, -400),
    (Finding::PhoneSame, 600),
    (Finding::AddressSame, 300),
    (Finding::IdentifierOther, -800),
    (Finding::SameHousehold, -1500),
];

/// From this sum on a pair is proposed: about a thousand to one for one person.
pub const PROPOSE: i32 = 1000;

impl Finding {
    /// The weight, in hundredths of a bit.
    pub fn weight(self) -> i32 {
        WEIGHTS.iter().find(|(f, _)| *f == self).map_or(0, |(_, w)| *w)
    }

    /// Whether it says something about where the two are.
    fn tells_place(self) -> bool {
        matches!(self, Finding::PhoneSame | Finding::AddressSame | Finding::SameHousehold)
    }
}

/// Where a proposal stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Waits for an official.
    Open,
    /// The records were merged.
    Merged,
    /// They are two people.
    Dismissed,
}

words!(
    State,
    "a state of a proposal: expected open, merged or dismissed",
    Open = "open",
    Merged = "merged",
    Dismissed = "dismissed"
);

/// A proposal that two records are one human being.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Proposal {
    /// The proposal.
    pub id: DuplicateId,
    /// The one record (the smaller id).
    pub person: PersonId,
    /// The other.
    pub other: PersonId,
    /// The sum of the weights.
    pub score: i32,
    /// What speaks for and against.
    pub findings: Vec<Finding>,
    /// Where it stands.
    pub state: State,
}

/// Two records side by side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Comparison {
    /// The one.
    pub left: PersonRecord,
    /// The other.
    pub right: PersonRecord,
    /// What speaks for and against, with its weight; what would tell a protected place is left out.
    pub findings: Vec<(Finding, i32)>,
}

/// Why a proposal was not settled.
#[derive(Debug, thiserror::Error)]
pub enum DuplicateError {
    /// No such proposal.
    #[error("there is no open proposal about these two records")]
    NoProposal,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for DuplicateError {
    fn is_conflict(&self) -> bool {
        matches!(self, DuplicateError::Store(e) if e.is_conflict())
    }
}

store::sql! {
    ADD = "insert into duplicate (person_id, other_id, duplicate_id, score, evidence, state, found_at) values ($1, $2, $3, $4, $5, 'open', $6)
        on conflict (person_id, other_id) do nothing";
    OPEN = "select d.person_id, d.other_id, d.duplicate_id, d.score, d.evidence, d.state, r.jurisdiction from
        (select person_id, other_id, duplicate_id, score, evidence, state from duplicate
            where state = 'open' and (score < $1 or (score = $1 and duplicate_id > $2)) order by score desc, duplicate_id limit 500) d
        left join residence r on r.person_id in (d.person_id, d.other_id) and r.withdrawn_at is null
        order by d.score desc, d.duplicate_id";
    PLACE = "select score, duplicate_id from duplicate where person_id = $1 and other_id = $2";
    SETTLE = "update duplicate set state = $3, settled_at = $4, settled_by = $5 where person_id = $1 and other_id = $2 and state = 'open'";
    SCHEMES = "select scheme from person_identifier where person_id = $1 and withdrawn_at is null";
    NEXT = "select person_id from person where person_id > $1 order by person_id limit 50";
}

fn read_proposal(row: &Row) -> Result<Proposal, StoreError> {
    Ok(Proposal {
        id: row.get("duplicate_id")?,
        person: row.get("person_id")?,
        other: row.get("other_id")?,
        score: row.get("score")?,
        findings: row.json("evidence")?,
        state: row.parse("state")?,
    })
}

/// How many candidates of one kind are compared.
const CANDIDATES: usize = 60;

/// Looks for doubles of one person and queues new proposals; says how many. A pair once dismissed is not proposed again.
pub async fn find(tx: &mut Tx, pen: Pen<'_>, person: PersonId) -> Result<u32, StoreError> {
    let mut mine = entries(tx, [person].into()).await?;
    let Some(mine) = mine.remove(&person) else { return Ok(0) };
    let mut others = blocked(tx, &mine).await?;
    others.remove(&person);
    let ends = rows::survivors(tx, others.iter().copied().chain([person]), Instant::from_micros(i64::MAX)).await?;
    others.retain(|o| ends.get(o) != ends.get(&person));
    let found = entries(tx, others).await?;
    let mut new = 0;
    for (other, theirs) in found {
        let fields = compare_entries(&mine, &theirs);
        // The dearer look at households and identifiers only where the rest would suffice.
        if sum(&fields) < PROPOSE {
            continue;
        }
        let fields = [fields, ties_between(tx, person, other).await?].concat();
        let score = sum(&fields);
        if score < PROPOSE {
            continue;
        }
        let json = serde_json::to_string(&fields)
            .map_err(|e| StoreError::Inconsistent { column: "evidence".into(), detail: e.to_string() })?;
        let id = DuplicateId::new(pen.ids, pen.now);
        let row = params![person.min(other), person.max(other), id, score, json, pen.now];
        new += u32::try_from(tx.execute(ADD, row).await?).unwrap_or(0);
    }
    Ok(new)
}

/// One step of a walk over everybody: up to 50 people after `after`, in one short transaction. Gives where to go on (`None`
/// at the end) and how many proposals are new. Repeating a step proposes nothing twice.
pub async fn sweep(tx: &mut Tx, pen: Pen<'_>, after: Option<PersonId>) -> Result<(Option<PersonId>, u32), StoreError> {
    let after = after.unwrap_or(PersonId(Uuid::nil()));
    let people: Vec<PersonId> =
        tx.all(NEXT, params![after]).await?.iter().map(|r| r.get("person_id")).collect::<Result<_, _>>()?;
    let mut new = 0;
    for person in &people {
        new += find(tx, pen, *person).await?;
    }
    Ok((people.last().copied(), new))
}

/// Where a page of open proposals ended: at these two. Their score is not told, for it may rest on an address.
pub type After = (PersonId, PersonId);

/// How many pages of [`OPEN`] one call goes through at most. An office of a large country has few proposals among many: a call
/// that finds none in so many gives where to go on.
const WALK: usize = 40;

/// The open proposals behind `after`, the most certain first, only those of which the viewer may see both records; and where to go
/// on, if there may be more.
pub async fn queue(
    tx: &mut Tx,
    sight: &Sight<'_>,
    after: Option<After>,
    limit: usize,
) -> Result<(Seen<Vec<Proposal>>, Option<After>), StoreError> {
    let (mut shown, mut about, mut next) = (Vec::new(), BTreeMap::new(), after);
    for _ in 0..WALK {
        let (near, last) = near(tx, sight, next).await?;
        next = last;
        for chunk in near.chunks(16) {
            for (proposal, stands) in listed(tx, sight, chunk).await? {
                if shown.len() == limit {
                    let end = shown.last().map(|p: &Proposal| (p.person, p.other));
                    return Ok((Seen::new(shown, about.into_iter().collect()), end));
                }
                about.extend(stands);
                shown.push(proposal);
            }
        }
        if next.is_none() {
            break;
        }
    }
    Ok((Seen::new(shown, about.into_iter().collect()), next))
}

/// The proposals of one page that can be the viewer's by where the two live or lived; and where the page ended, if it was one.
async fn near(
    tx: &mut Tx,
    sight: &Sight<'_>,
    after: Option<After>,
) -> Result<(Vec<Proposal>, Option<After>), StoreError> {
    let (mut score, mut id) = (i64::MAX, DuplicateId(Uuid::nil()));
    if let Some((person, other)) = after
        && let Some(row) = tx.maybe(PLACE, params![person, other]).await?
    {
        (score, id) = (row.get("score")?, row.get("duplicate_id")?);
    }
    let rows = tx.all(OPEN, params![score, id]).await?;
    let (mut near, mut last): (Vec<Proposal>, Option<After>) = (Vec::new(), None);
    // A row for each residence of the two.
    for row in &rows {
        let proposal = read_proposal(row)?;
        let both = (proposal.person, proposal.other);
        last = Some(both);
        if sight.reaches(&[both.0, both.1], row)? && near.last().is_none_or(|before| before.id != proposal.id) {
            near.push(proposal);
        }
    }
    Ok((near, last))
}

/// Those of which the viewer may see both records, without what gives away a place that is protected, and how the two stand.
async fn listed(
    tx: &mut Tx,
    sight: &Sight<'_>,
    chunk: &[Proposal],
) -> Result<Vec<(Proposal, [(PersonId, guard::Relation); 2])>, StoreError> {
    let people: BTreeSet<PersonId> = chunk.iter().flat_map(|p| [p.person, p.other]).collect();
    let known = ties(tx, sight, &people, sight.today).await?;
    let mut all = Vec::new();
    for proposal in chunk {
        let (Some(a), Some(b)) = (known.get(&proposal.person), known.get(&proposal.other)) else { continue };
        if ![a, b].iter().all(|t| sight.may_list(t.relation)) {
            continue;
        }
        let mut proposal = proposal.clone();
        if sight.hides(a) || sight.hides(b) {
            proposal.findings.retain(|f| !f.tells_place());
            proposal.score = sum(&proposal.findings);
        }
        let stands = [(proposal.person, a.relation), (proposal.other, b.relation)];
        all.push((proposal, stands));
    }
    Ok(all)
}

/// Two records side by side, whether proposed or not; `None` when either is not there or must look absent.
pub async fn compare(
    tx: &mut Tx,
    sight: &Sight<'_>,
    left: PersonId,
    right: PersonId,
) -> Result<Option<Seen<Comparison>>, StoreError> {
    let as_of = AsOf::latest(sight.today);
    let mut people = rows::read(tx, [left, right], as_of.recorded).await?;
    let known = ties(tx, sight, &people.keys().copied().collect(), sight.today).await?;
    let (Some(a), Some(b)) = (people.remove(&left), people.remove(&right)) else { return Ok(None) };
    let (Some(ta), Some(tb)) = (known.get(&left), known.get(&right)) else { return Ok(None) };
    if ta.relation.perpetrator_side || tb.relation.perpetrator_side {
        return Ok(None);
    }
    let both = entries(tx, [left, right].into()).await?;
    let (Some(ea), Some(eb)) = (both.get(&left), both.get(&right)) else { return Ok(None) };
    let mut findings = [compare_entries(ea, eb), ties_between(tx, left, right).await?].concat();
    if sight.hides(ta) || sight.hides(tb) {
        findings.retain(|f| !f.tells_place());
    }
    let comparison = Comparison {
        left: PersonRecord::at(&redact(a, ta, sight), as_of, ta.relation.protected),
        right: PersonRecord::at(&redact(b, tb, sight), as_of, tb.relation.protected),
        findings: findings.into_iter().map(|f| (f, f.weight())).collect(),
    };
    Ok(Some(Seen::new(comparison, vec![(left, ta.relation), (right, tb.relation)])))
}

/// Two people after all: the pair is not proposed again.
pub async fn dismiss(tx: &mut Tx, pen: Pen<'_>, a: PersonId, b: PersonId) -> Result<(), DuplicateError> {
    if settle(tx, pen, a, b, State::Dismissed).await? { Ok(()) } else { Err(DuplicateError::NoProposal) }
}

pub(crate) async fn settle(
    tx: &mut Tx,
    pen: Pen<'_>,
    a: PersonId,
    b: PersonId,
    state: State,
) -> Result<bool, StoreError> {
    let row = params![a.min(b), a.max(b), state.word(), pen.now, pen.origin.by];
    Ok(tx.execute(SETTLE, row).await? == 1)
}

/// Everybody who shares a block with this record.
async fn blocked(tx: &mut Tx, entry: &Entry) -> Result<BTreeSet<PersonId>, StoreError> {
    let mut all = BTreeSet::new();
    if let Some(birth) = entry.birth_date {
        let names = entry.names.iter().flat_map(|name| name.keys()).collect();
        all.extend(by_birth(tx, birth, &names).await?);
    }
    if !entry.phones.is_empty() {
        let phones = entry.phones.iter().cloned().collect();
        all.extend(by_pieces(tx, index::PHONE, &phones, CANDIDATES).await?);
    }
    for name in &entry.names {
        all.extend(by_pieces(tx, index::NAME, &name.keys(), CANDIDATES).await?);
    }
    for address in &entry.addresses {
        let keys = index::address_keys(address);
        all.extend(by_pieces(tx, index::ADDRESS, &keys, CANDIDATES).await?);
    }
    Ok(all)
}

fn sum(findings: &[Finding]) -> i32 {
    findings.iter().map(|f| f.weight()).sum()
}

/// What names, birth dates, sex, telephones and addresses say. Pure.
fn compare_entries(a: &Entry, b: &Entry) -> Vec<Finding> {
    let mut found = Vec::new();
    let pairs = a.names.iter().flat_map(|x| b.names.iter().map(move |y| name_score(x, y).max(name_score(y, x))));
    match pairs.max() {
        Some(940..) => found.push(Finding::NameSame),
        Some(800..) => found.push(Finding::NameNear),
        Some(_) => found.push(Finding::NameOther),
        None => {}
    }
    if let (Some(x), Some(y)) = (a.birth_date, b.birth_date) {
        found.push(births(x, y));
    }
    if let (Some(x), Some(y)) = (&a.sex, &b.sex) {
        found.push(if x == y { Finding::SexSame } else { Finding::SexOther });
    }
    if a.phones.iter().any(|p| b.phones.contains(p)) {
        found.push(Finding::PhoneSame);
    }
    if a.addresses.iter().any(|x| b.addresses.contains(x)) {
        found.push(Finding::AddressSame);
    }
    found
}

fn births(a: Date, b: Date) -> Finding {
    let same = [a.year() == b.year(), a.month() == b.month(), a.day() == b.day()];
    let exchanged = a.year() == b.year() && a.month() == b.day() && a.day() == b.month();
    match same.iter().filter(|s| **s).count() {
        3 => Finding::BirthSame,
        2 => Finding::BirthNear,
        _ if exchanged => Finding::BirthNear,
        _ => Finding::BirthOther,
    }
}

/// What identifiers and households say.
async fn ties_between(tx: &mut Tx, a: PersonId, b: PersonId) -> Result<Vec<Finding>, StoreError> {
    let mut found = Vec::new();
    let of = |rows: Vec<Row>| rows.iter().map(|r| r.get::<String>("scheme")).collect::<Result<BTreeSet<_>, _>>();
    let (x, y) = (of(tx.all(SCHEMES, params![a]).await?)?, of(tx.all(SCHEMES, params![b]).await?)?);
    // An identifier belongs to one record only, so two of one scheme are two different numbers.
    if !x.is_disjoint(&y) {
        found.push(Finding::IdentifierOther);
    }
    let (x, y) = (household::of_person(tx, a).await?, household::of_person(tx, b).await?);
    let together = |p: &household::Membership| {
        y.iter().any(|q| q.household == p.household && q.stamp.valid.overlaps(&p.stamp.valid))
    };
    if x.iter().any(together) {
        found.push(Finding::SameHousehold);
    }
    Ok(found)
}
