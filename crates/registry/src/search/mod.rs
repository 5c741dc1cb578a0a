//! Search by name, identifier, birth date and address, forgiving typing errors. Never browsing: at least two characters
//! of a name or address, or another criterion.
//!
//! Candidates come from an index of small pieces ([`index`]), are ranked by how well they match every criterion given, and
//! only those the viewer may list are returned, before anything is counted. A protected address matches nothing for a
//! viewer who may not see it, right or wrong.

mod fold;
mod hangul;
pub(crate) mod index;
mod rank;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use guard::{Keys, Relation, Sealed};
use kernel::{Date, HouseholdId, Instant, PersonId};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx, Value, params};

use crate::person::{Identifier, Name, Sex, owner};
use crate::record::PersonRecord;
use crate::rows;
use crate::sight::{Seen, Sight, redact};
use crate::ties::{Tie, ties};
use crate::time::AsOf;

use rank::Asked;
pub(crate) use rank::name_score;

/// The most results of one page.
pub const MAX_LIMIT: u32 = 100;

/// What is looked for. Every criterion given must match; names and addresses forgive typing errors.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// A name in any script, part of one, or initial consonants.
    pub name: Option<String>,
    /// A national identifier, exactly.
    pub identifier: Option<Identifier>,
    /// A date of birth, exactly.
    pub birth_date: Option<Date>,
    /// Words of an address.
    pub address: Option<String>,
    /// How many results at most; 1 to [`MAX_LIMIT`], 20 when 0.
    pub limit: u32,
    /// Where the page before ended.
    pub after: Option<Cursor>,
}

impl Query {
    /// The query as one text in one spelling, for the disclosure log (which keeps a keyed hash of it).
    pub fn normalised(&self) -> String {
        let name = self.name.as_deref().map(|n| fold::words(n).join(" ")).unwrap_or_default();
        let address = self.address.as_deref().map(|a| fold::words(a).join(" ")).unwrap_or_default();
        let identifier = self.identifier.as_ref().map(Identifier::canonical).unwrap_or_default();
        let birth = self.birth_date.map(|d| d.to_string()).unwrap_or_default();
        format!("name={name};identifier={identifier};birth={birth};address={address}")
    }
}

/// A place in a ranked list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The score of the last result, in thousandths.
    pub score: u32,
    /// The last result.
    pub person: PersonId,
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}~{}", self.score, self.person)
    }
}

impl std::str::FromStr for Cursor {
    type Err = SearchError;
    fn from_str(text: &str) -> Result<Self, SearchError> {
        let (score, person) = text.split_once('~').ok_or(SearchError::BadCursor)?;
        Ok(Cursor {
            score: score.parse().map_err(|_| SearchError::BadCursor)?,
            person: person.parse().map_err(|_| SearchError::BadCursor)?,
        })
    }
}

/// One person found.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hit {
    /// The person.
    pub person: PersonId,
    /// The names.
    pub names: Vec<Name>,
    /// Date of birth.
    pub birth_date: Option<Date>,
    /// Sex.
    pub sex: Option<Sex>,
    /// The household they belong to today.
    pub household: Option<HouseholdId>,
    /// The id of the place where they live, if the viewer may see it.
    pub place: Option<String>,
    /// The address line, if the viewer may see it.
    pub address: Option<String>,
    /// How well it matches, in thousandths.
    pub score: u32,
}

/// One page of results, best first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Page {
    /// The results.
    pub hits: Vec<Hit>,
    /// Where the next page begins; `None` when this was the last.
    pub next: Option<Cursor>,
}

/// Why nothing was searched.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// Too little to search by.
    #[error("give at least two characters of a name or address, or an identifier, or a date of birth")]
    TooLittle,
    /// Too much text.
    #[error("a name or address of more than {0} characters cannot be searched for: shorten it")]
    TooLong(usize),
    /// A cursor we did not make.
    #[error("the page marker is damaged: search again from the first page")]
    BadCursor,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

store::sql! {
    BY_PIECES = "select c.person_id, r.jurisdiction from
        (select person_id, count(*) as hits from search_key where kind = $1 and search_key in
            ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
            group by person_id order by hits desc, person_id limit $26) c
        left join residence r on r.person_id = c.person_id and r.withdrawn_at is null
        order by c.hits desc, c.person_id";
    BORN = "select c.person_id, r.jurisdiction from
        (select b.person_id, (select count(*) from search_key n where n.person_id = b.person_id and n.kind = $1 and n.search_key in
            ($2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)) as hits
            from search_key b where b.kind = $27 and b.search_key = $28 order by hits desc, b.person_id limit $26) c
        left join residence r on r.person_id = c.person_id and r.withdrawn_at is null
        order by c.hits desc, c.person_id";
    ENTRIES = "select person_id, entry from search_entry where person_id in
        ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26,
         $27, $28, $29, $30, $31, $32, $33, $34, $35, $36, $37, $38, $39, $40, $41, $42, $43, $44, $45, $46, $47, $48, $49, $50)";
}

const PIECES: usize = 24;
const ENTRY_BATCH: usize = 50;
const LONGEST: usize = 200;
/// How many candidates are ranked. A country of fifty million has more people of one name, and of one birthday, than this.
pub(crate) const RANKED: usize = 500;
/// Among how many an official's place is looked for.
const NEAR: usize = 20_000;
/// How many people's ties are worked out at once while a page is filled.
const STEP: usize = 16;

/// Searches.
pub async fn search(tx: &mut Tx, sight: &Sight<'_>, keys: &Keys, query: &Query) -> Result<Seen<Page>, SearchError> {
    let asked = Asked::new(query)?;
    let candidates = candidates(tx, sight, keys, query, &asked).await?;
    let mut entries = entries(tx, candidates).await?;
    let ends = rows::survivors(tx, entries.keys().copied(), Instant::from_micros(i64::MAX)).await?;
    let mut ranked = rank::ranked(&mut entries, &ends, &asked);
    if let Some(after) = query.after {
        ranked.retain(|r| (r.score, after.person) < (after.score, r.person));
    }
    let limit = usize::try_from(if query.limit == 0 { 20 } else { query.limit.min(MAX_LIMIT) }).unwrap_or(20);
    let found = listable(tx, sight, &ranked, asked.uses_address(), limit + 1).await?;
    page(tx, sight, found, limit).await
}

/// The records that share pieces with what is asked for.
async fn candidates(
    tx: &mut Tx,
    sight: &Sight<'_>,
    keys: &Keys,
    query: &Query,
    asked: &Asked,
) -> Result<BTreeSet<PersonId>, StoreError> {
    if let Some(identifier) = &query.identifier {
        return Ok(owner(tx, keys, identifier).await?.into_iter().collect());
    }
    let name = || asked.name.as_ref().map(|name| name.keys()).unwrap_or_default();
    // The most telling criterion decides who is looked at: a date of birth (with the name, if it is given), then a name, then
    // an address.
    let rows = if let Some(birth) = query.birth_date {
        born(tx, birth, &name(), NEAR).await?
    } else if let Some(initials) = &asked.initials {
        pieces(tx, index::INITIALS, &[initials.clone()].into(), NEAR).await?
    } else if asked.name.is_some() {
        pieces(tx, index::NAME, &name(), NEAR).await?
    } else if let Some(words) = &asked.address {
        pieces(tx, index::ADDRESS, &index::address_keys(words), NEAR).await?
    } else {
        Vec::new()
    };
    // Whoever cannot be listed because of where they live is no candidate: the first of a whole country would be nobody's.
    let mut near = BTreeSet::new();
    for row in &rows {
        let id = row.get("person_id")?;
        if sight.reaches(&[id], row)? {
            near.insert(id);
        }
        if near.len() == RANKED {
            break;
        }
    }
    Ok(near)
}

/// The records that share most of these pieces, a row for each residence of theirs, the closest first.
async fn pieces(tx: &mut Tx, kind: &str, pieces: &BTreeSet<String>, most: usize) -> Result<Vec<Row>, StoreError> {
    tx.all(BY_PIECES, &values(kind, pieces, most)).await
}

/// The records of people born on a day, those first that share most of these pieces of a name.
async fn born(tx: &mut Tx, day: Date, pieces: &BTreeSet<String>, most: usize) -> Result<Vec<Row>, StoreError> {
    let mut values = values(index::NAME, pieces, most);
    values.extend_from_slice(params![index::BIRTH, day.to_string()]);
    tx.all(BORN, &values).await
}

fn values(kind: &str, pieces: &BTreeSet<String>, most: usize) -> Vec<Value> {
    let mut values = params![kind].to_vec();
    values.extend(pieces.iter().take(PIECES).map(|p| Value::Text(Some(p.clone()))));
    values.resize(PIECES + 1, Value::Text(Some(String::new())));
    values.extend_from_slice(params![i64::try_from(most).unwrap_or(i64::MAX)]);
    values
}

/// The records that share most of these pieces, wherever they are.
pub(crate) async fn by_pieces(
    tx: &mut Tx,
    kind: &str,
    shared: &BTreeSet<String>,
    most: usize,
) -> Result<BTreeSet<PersonId>, StoreError> {
    pieces(tx, kind, shared, most).await?.iter().map(|r| r.get("person_id")).collect()
}

/// The records of people born on a day, those first that share most of these pieces of a name, wherever they are.
pub(crate) async fn by_birth(
    tx: &mut Tx,
    day: Date,
    names: &BTreeSet<String>,
) -> Result<BTreeSet<PersonId>, StoreError> {
    born(tx, day, names, RANKED).await?.iter().map(|r| r.get("person_id")).collect()
}

/// What the records are scored by.
pub(crate) async fn entries(
    tx: &mut Tx,
    people: BTreeSet<PersonId>,
) -> Result<BTreeMap<PersonId, index::Entry>, StoreError> {
    let people: Vec<PersonId> = people.into_iter().collect();
    let mut all = BTreeMap::new();
    for chunk in people.chunks(ENTRY_BATCH) {
        let mut values: Vec<Value> = chunk.iter().map(|p| Value::Uuid(Some(p.0))).collect();
        values.resize(ENTRY_BATCH, Value::Uuid(Some(uuid::Uuid::nil())));
        for row in tx.all(ENTRIES, &values).await? {
            all.insert(row.get("person_id")?, row.json("entry")?);
        }
    }
    Ok(all)
}

/// From the top of the ranking, those the viewer may list, until there are enough.
async fn listable(
    tx: &mut Tx,
    sight: &Sight<'_>,
    ranked: &[rank::Ranked],
    by_address: bool,
    enough: usize,
) -> Result<Vec<(rank::Ranked, Tie)>, StoreError> {
    let mut decided: HashMap<Relation, bool> = HashMap::new();
    let mut found = Vec::new();
    for chunk in ranked.chunks(STEP) {
        let mut known = ties(tx, sight, &chunk.iter().map(|r| r.person).collect(), sight.today).await?;
        for ranked in chunk {
            let Some(tie) = known.remove(&ranked.person) else { continue };
            let may = *decided.entry(tie.relation).or_insert_with(|| sight.may_list(tie.relation));
            // A protected address is no criterion: as if it were another one.
            if may && !tie.relation.perpetrator_side && !(by_address && sight.hides(&tie)) {
                found.push((*ranked, tie));
            }
        }
        if found.len() >= enough {
            break;
        }
    }
    Ok(found)
}

/// Reads what is shown of the hits.
async fn page(
    tx: &mut Tx,
    sight: &Sight<'_>,
    mut found: Vec<(rank::Ranked, Tie)>,
    limit: usize,
) -> Result<Seen<Page>, SearchError> {
    let more = found.len() > limit;
    found.truncate(limit);
    let as_of = AsOf::latest(sight.today);
    let mut people = rows::read(tx, found.iter().map(|(r, _)| r.person), as_of.recorded).await?;
    let mut page = Page::default();
    let mut about = Vec::new();
    for (ranked, tie) in &found {
        let Some(rows) = people.remove(&ranked.person) else { continue };
        let record = PersonRecord::at(&redact(rows, tie, sight), as_of, tie.relation.protected);
        about.push((record.id, tie.relation));
        page.hits.push(Hit {
            person: record.id,
            names: record.names,
            birth_date: record.birth_date,
            sex: record.sex,
            household: record.membership.as_ref().map(|m| m.household),
            place: record.residence.as_ref().map(|r| r.address.jurisdiction.clone()),
            address: record.residence.map(|r| r.address.line),
            score: ranked.score,
        });
    }
    let last = found.last().map(|(r, _)| Cursor { score: r.score, person: r.person });
    page.next = last.filter(|_| more);
    Ok(Seen { sealed: Sealed::new(page, about.iter().map(|(p, _)| *p)), about })
}
