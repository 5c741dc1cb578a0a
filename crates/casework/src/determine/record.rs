//! Determinations in the database.

use kernel::{AccountId, CaseId, Date, DeterminationId, HouseholdId, Instant};
use rules::outcome::Answer;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use store::{Row, StoreError, Tx, params};

use super::basis::{Basis, Claimed};
use super::work::Determined;
use crate::case::Case;
use crate::desk::Desk;
use crate::model::Subject;
use crate::recompute::freeze;
use crate::rows::json;

store::sql! {
    ADD = "insert into determination (subject_id, determination_id, case_id, household_id, on_day, claim_day, answer, facts_hash, pack_hash, rule_set, content, content_hash, account_id, made_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    ONE = "select subject_id, determination_id, case_id, household_id, on_day, claim_day, answer, facts_hash, pack_hash, rule_set, content, content_hash, account_id, made_at
        from determination where subject_id = $1 and determination_id = $2";
    OF_CASE = "select subject_id, determination_id, case_id, household_id, on_day, claim_day, answer, facts_hash, pack_hash, rule_set, content, content_hash, account_id, made_at
        from determination where case_id = $1 order by made_at, determination_id";
    FROZEN = "select content from frozen_facts where household_id = $1 and content_hash = $2";
}

/// One determination as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Determination {
    /// Its id.
    pub id: DeterminationId,
    /// The case.
    pub case: CaseId,
    /// The household.
    pub household: HouseholdId,
    /// The day it was worked out for.
    pub on: Date,
    /// The legal day of the application.
    pub claim: Date,
    /// The answer.
    pub answer: Answer,
    /// Content hash of the pack.
    pub pack_hash: String,
    /// Content hash of the rules.
    pub rule_set: String,
    /// The result with its reasons.
    pub determined: Determined,
    /// Hash of the result's bytes.
    pub content_hash: String,
    /// Which frozen facts it rests on.
    pub frozen: Vec<FrozenOn>,
    /// The first day of the entitlement that ran already.
    pub since: Option<Date>,
    /// What the family had or asked for.
    pub claimed: Vec<Claimed>,
    /// Who asked for it; `None`: the machine.
    pub account: Option<AccountId>,
    /// When.
    pub made_at: Instant,
}

/// Frozen facts and the first day they stand for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FrozenOn {
    /// The first day.
    pub from: Date,
    /// The household whose facts they are.
    pub household: HouseholdId,
    /// Hash of their content.
    pub hash: String,
}

/// The column `content`: what was put in and what came out.
#[derive(Serialize, Deserialize)]
struct Content {
    frozen: Vec<FrozenOn>,
    since: Option<Date>,
    claimed: Vec<Claimed>,
    determined: Determined,
}

/// Writes a determination with its facts; gives its id.
pub async fn record(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &Case,
    basis: &Basis,
    determined: &Determined,
    account: Option<AccountId>,
) -> Result<DeterminationId, StoreError> {
    let id = DeterminationId::new(desk.ids, desk.now);
    let mut frozen = Vec::new();
    for on in &basis.facts {
        let hash = freeze(tx, desk, &on.facts, &determined.rule_set).await?;
        frozen.push(FrozenOn { from: on.from, household: on.facts.household, hash });
    }
    let facts_hash = frozen.last().map(|f| f.hash.clone()).unwrap_or_default();
    let bytes = json(determined)?;
    let content_hash = hex::encode(Sha256::digest(bytes.as_bytes()));
    let content =
        Content { frozen, since: basis.since, claimed: basis.claimed.clone(), determined: determined.clone() };
    let values = params![
        case.subject.uuid(),
        id,
        case.id,
        basis.household,
        basis.on,
        basis.claim,
        answer_word(determined.answer),
        facts_hash,
        desk.pack.content_hash(),
        determined.rule_set,
        json(&content)?,
        content_hash,
        account,
        desk.now
    ];
    tx.execute(ADD, values).await?;
    Ok(id)
}

fn answer_word(answer: Answer) -> &'static str {
    match answer {
        Answer::Yes => "yes",
        Answer::No => "no",
        Answer::CannotTell => "cannot_tell",
        Answer::Error => "error",
    }
}

fn read_row(row: &Row) -> Result<Determination, StoreError> {
    let content: Content = row.json("content")?;
    Ok(Determination {
        id: row.get("determination_id")?,
        case: row.get("case_id")?,
        household: row.get("household_id")?,
        on: row.get("on_day")?,
        claim: row.get("claim_day")?,
        answer: content.determined.answer,
        pack_hash: row.get("pack_hash")?,
        rule_set: row.get("rule_set")?,
        determined: content.determined,
        content_hash: row.get("content_hash")?,
        frozen: content.frozen,
        since: content.since,
        claimed: content.claimed,
        account: row.maybe("account_id")?,
        made_at: row.get("made_at")?,
    })
}

/// One determination of a subject.
pub async fn read(tx: &mut Tx, subject: Subject, id: DeterminationId) -> Result<Option<Determination>, StoreError> {
    tx.maybe(ONE, params![subject.uuid(), id]).await?.as_ref().map(read_row).transpose()
}

/// All determinations of a case, the first first.
pub(crate) async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Determination>, StoreError> {
    tx.all(OF_CASE, params![case]).await?.iter().map(read_row).collect()
}

/// The basis of a determination, put together again from the frozen facts.
pub(crate) async fn basis(tx: &mut Tx, case: &Case, of: &Determination) -> Result<Basis, StoreError> {
    let mut facts = Vec::new();
    for on in &of.frozen {
        let row = tx.one(FROZEN, params![on.household, on.hash]).await?;
        facts.push(super::basis::FactsOn { from: on.from, facts: row.json("content")? });
    }
    Ok(Basis {
        programme: case.programme.clone(),
        subject: case.subject,
        household: of.household,
        on: of.on,
        claim: of.claim,
        since: of.since,
        facts,
        claimed: of.claimed.clone(),
    })
}
