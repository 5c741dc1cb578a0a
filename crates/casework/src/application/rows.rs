//! SQL of drafts, answers, mandates and consents beside its row mapping.

use kernel::{ApplicationId, DraftId, Instant, PersonId};
use store::{Row, StoreError, Tx, params};

use super::model::{Draft, DraftStatus};
use crate::rows::json;

store::sql! {
    DRAFT_ADD = "insert into application_draft (person_id, draft_id, household_id, account_id, channel, content, revision, status, made_at, saved_at)
        values ($1, $2, $3, $4, $5, $6, 1, 'open', $7, $7)";
    DRAFT = "select person_id, draft_id, household_id, account_id, channel, content, revision, status, application_id, made_at, saved_at
        from application_draft where draft_id = $1";
    DRAFTS_OF = "select person_id, draft_id, household_id, account_id, channel, content, revision, status, application_id, made_at, saved_at
        from application_draft where person_id = $1 and status = 'open' order by saved_at desc, draft_id desc";
    DRAFT_SAVE = "update application_draft set content = $3, revision = revision + 1, saved_at = $4
        where person_id = $1 and draft_id = $2 and revision = $5 and status = 'open'";
    DRAFT_END = "update application_draft set status = $3, application_id = $4, revision = revision + 1, saved_at = $5
        where person_id = $1 and draft_id = $2 and revision = $6 and status = 'open'";
    ANSWER_ADD = "insert into application_answer (person_id, answer_id, application_id, subject_id, subject_kind, item, value, against, fact_id, account_id, said_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    ANSWERS = "select subject_id, subject_kind, item, value, against, fact_id, said_at from application_answer
        where application_id = $1 order by said_at, answer_id";
    RUNNING = "select c.case_id, c.application_id, c.period_key, c.stage, d.effective_from, d.effective_until from benefit_case c
        left join decision d on d.subject_id = c.subject_id and d.decision_id = c.decision_id
        where c.subject_id = $1 and c.programme = $2 order by c.opened_at, c.case_id";
    ITEM_KEEP = "insert into application_item_past (subject_id, offer_id, application_id, applicant_id, programme, revision, status, content, answers, facts_hash, pack_hash, rule_set, made_at)
        select subject_id, offer_id, application_id, applicant_id, programme, revision, status, content, answers, facts_hash, pack_hash, rule_set, made_at
        from application_item where subject_id = $1 and offer_id = $2 and application_id = $3 on conflict do nothing";
    ITEM_VOID = "update application_item set status = 'void' where subject_id = $1 and offer_id = $2 and application_id = $3";
    OFFER_LAPSE = "update offer set status = 'lapsed', changed_at = $3 where subject_id = $1 and offer_id = $2 and status = 'accepted'";
    OPEN_OF_SUBJECT = "select case_id from benefit_case where subject_id = $1 and closed_at is null order by opened_at, case_id";
    OPEN_OF_HOUSEHOLD = "select case_id from benefit_case where household_id = $1 and closed_at is null order by opened_at, case_id";
    CASE_HEIR = "update benefit_case set applicant_id = $3, revision = revision + 1, changed_at = $4 where subject_id = $1 and case_id = $2 and revision = $5";
    MANDATE_ADD = "insert into mandate (person_id, mandate_id, holder_id, kind, programmes, valid_from, valid_to, ground, account_id, registered_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
    MANDATES_BETWEEN = "select mandate_id, person_id, holder_id, kind, programmes, valid_from, valid_to, ground, registered_at, ended_at from mandate
        where person_id in ($1, $2) and holder_id in ($3, $4) order by registered_at, mandate_id";
    MANDATES_OF = "select mandate_id, person_id, holder_id, kind, programmes, valid_from, valid_to, ground, registered_at, ended_at from mandate
        where person_id = $1 order by registered_at, mandate_id";
    MANDATES_HELD = "select mandate_id, person_id, holder_id, kind, programmes, valid_from, valid_to, ground, registered_at, ended_at from mandate
        where holder_id = $1 order by registered_at, mandate_id";
    MANDATE_END = "update mandate set ended_at = $3 where person_id = $1 and mandate_id = $2 and ended_at is null";
    CONSENT_ADD = "insert into consent (person_id, consent_id, purpose, law, words, application_id, account_id, given_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    CONSENTS = "select consent_id, person_id, purpose, law, words, application_id, given_at, withdrawn_at from consent
        where person_id = $1 order by given_at, consent_id";
    CONSENT_AGREED = "select distinct person_id from consent where purpose = $1 and withdrawn_at is null and person_id > $2 order by person_id limit $3";
    CONSENT_END = "update consent set withdrawn_at = $3 where person_id = $1 and purpose = $2 and withdrawn_at is null";
}

fn read_draft(row: &Row) -> Result<Draft, StoreError> {
    Ok(Draft {
        id: row.get("draft_id")?,
        person: row.get("person_id")?,
        household: row.get("household_id")?,
        account: row.get("account_id")?,
        channel: row.parse("channel")?,
        content: row.json("content")?,
        revision: row.get("revision")?,
        status: row.parse("status")?,
        application: row.maybe("application_id")?,
        made_at: row.get("made_at")?,
        saved_at: row.get("saved_at")?,
    })
}

pub(crate) async fn draft(tx: &mut Tx, id: DraftId) -> Result<Option<Draft>, StoreError> {
    tx.maybe(DRAFT, params![id]).await?.as_ref().map(read_draft).transpose()
}

pub(crate) async fn drafts_of(tx: &mut Tx, person: PersonId) -> Result<Vec<Draft>, StoreError> {
    tx.all(DRAFTS_OF, params![person]).await?.iter().map(read_draft).collect()
}

pub(crate) async fn add_draft(tx: &mut Tx, draft: &Draft) -> Result<(), StoreError> {
    let channel = draft.channel.word();
    let (content, now) = (json(&draft.content)?, draft.made_at);
    let values = params![draft.person, draft.id, draft.household, draft.account, channel, content, now];
    tx.execute(DRAFT_ADD, values).await.map(drop)
}

/// Ends a draft; `false` when somebody else changed it since it was read.
pub(crate) async fn end_draft(
    tx: &mut Tx,
    draft: &Draft,
    status: DraftStatus,
    application: Option<ApplicationId>,
    now: Instant,
) -> Result<bool, StoreError> {
    let values = params![draft.person, draft.id, status.word(), application, now, draft.revision];
    Ok(tx.execute(DRAFT_END, values).await? == 1)
}
