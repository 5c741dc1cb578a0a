//! SQL of this room beside its row mapping.

use kernel::{ApplicationId, EventId, HouseholdId, Instant, OfferId, PersonId};
use serde::Serialize;
use store::{Batch, Row, StoreError, ToValue, Tx, Value, params};
use uuid::Uuid;

use crate::model::{ItemStatus, LifeEvent, Offer, OfferStatus, Subject};

store::sql! {
    EVENT_ADD = "insert into life_event (person_id, event_id, kind, household_id, occurred_on, detail, source, register_number, status, corrects, reason, account_id, pack_hash, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";
    EVENT = "select person_id, event_id, kind, household_id, occurred_on, detail, source, register_number, status, corrects, reason, account_id, pack_hash, recorded_at
        from life_event where event_id = $1";
    EVENTS_OF_HOUSEHOLD = "select person_id, event_id, kind, household_id, occurred_on, detail, source, register_number, status, corrects, reason, account_id, pack_hash, recorded_at
        from life_event where household_id = $1 and (recorded_at < $2 or (recorded_at = $2 and event_id < $3)) order by recorded_at desc, event_id desc limit $4";
    EVENT_STATUS = "update life_event set status = $3, reason = coalesce($4, reason) where person_id = $1 and event_id = $2 and status = 'registered'";
    KEY_OF = "select event_key, event_id, person_id from event_key where event_key in ($1, $2, $3, $4)";
    KEY_FREE = "delete from event_key where event_id = $1 and event_key not like 'number %'";
    FREEZE = "insert into frozen_facts (household_id, content_hash, content, pack_hash, rule_set, frozen_at) values ($1, $2, $3, $4, $5, $6)
        on conflict (household_id, content_hash) do nothing";
    FROZEN = "select content, pack_hash, rule_set, frozen_at from frozen_facts where household_id = $1 and content_hash = $2";
    STANDING = "select outcomes from standing where household_id = $1";
    STOOD = "select evaluated_on, next_change, pack_hash from standing where household_id = $1";
    STAND = "insert into standing (household_id, outcomes, evaluated_on, next_change, pack_hash, rounds, evaluated_at) values ($1, $2, $3, $4, $5, 1, $6)
        on conflict (household_id) do update set outcomes = excluded.outcomes, evaluated_on = excluded.evaluated_on, next_change = excluded.next_change,
        pack_hash = excluded.pack_hash, rounds = standing.rounds + 1, evaluated_at = excluded.evaluated_at";
    DUE = "select household_id from standing where next_change <= $1 and household_id > $2 order by household_id limit $3";
    STALE = "select household_id from standing where pack_hash <> $1 and household_id > $2 order by household_id limit $3";
    OFFERS = "select subject_id, offer_id, subject_kind, household_id, programme, period_key, cause, event_id, status, revision, digest, content, facts_hash, pack_hash, rule_set, made_at, changed_at
        from offer where subject_id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) order by made_at, offer_id";
    OFFERS_BY_ID = "select subject_id, offer_id, subject_kind, household_id, programme, period_key, cause, event_id, status, revision, digest, content, facts_hash, pack_hash, rule_set, made_at, changed_at
        from offer where offer_id in ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) order by made_at, offer_id";
    OFFER_KEEP = "insert into offer_past (subject_id, offer_id, revision, status, digest, content, facts_hash, pack_hash, rule_set, changed_at, superseded_at)
        select subject_id, offer_id, revision, status, digest, content, facts_hash, pack_hash, rule_set, changed_at, $3 from offer where subject_id = $1 and offer_id = $2";
    OFFER_REVISE = "update offer set status = $3, revision = revision + 1, digest = $4, content = $5, facts_hash = $6, pack_hash = $7, rule_set = $8, claim_closes = $9, changed_at = $10, household_id = $11
        where subject_id = $1 and offer_id = $2";
    OFFER_STATUS = "update offer set status = $3, changed_at = $4 where subject_id = $1 and offer_id = $2 and status <> $3";
    OFFER_TAKE = "update offer set status = 'accepted', changed_at = $4 where subject_id = $1 and offer_id = $2 and revision = $3 and status in ('open', 'refused')";
    PAST_CONTENT = "select content from offer_past where subject_id = $1 and offer_id = $2 and revision = $3";
    PAST = "select revision, status, digest, content, facts_hash, pack_hash, rule_set, changed_at, superseded_at from offer_past where subject_id = $1 and offer_id = $2 order by revision";
    ACT_ADD = "insert into offer_act (subject_id, offer_id, act_id, act, revision, account_id, role, reason, acted_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    APPLICATION_ADD = "insert into application (person_id, application_id, household_id, account_id, role, on_behalf_reason, made_at) values ($1, $2, $3, $4, $5, $6, $7)";
    APPLICATION_OF_OFFER = "select application_id from application_item where subject_id = $1 and offer_id = $2";
    APPLICATIONS_OF_HOUSEHOLD = "select person_id, application_id, household_id, account_id, role, on_behalf_reason, made_at from application
        where household_id = $1 and (made_at < $2 or (made_at = $2 and application_id < $3)) order by made_at desc, application_id desc limit $4";
    APPLICATION = "select person_id, application_id, household_id, account_id, role, on_behalf_reason, made_at from application where application_id = $1";
    ITEMS = "select subject_id, offer_id, application_id, applicant_id, programme, revision, status, content, answers, facts_hash, pack_hash, rule_set, made_at
        from application_item where application_id = $1
        union all select subject_id, offer_id, application_id, applicant_id, programme, revision, status, content, answers, facts_hash, pack_hash, rule_set, made_at
        from application_item_past p where application_id = $1 and not exists (select 1 from application_item i
            where i.subject_id = p.subject_id and i.offer_id = p.offer_id and i.application_id = p.application_id)
        order by offer_id";
    ITEM_STATUS = "update application_item set status = $3 where subject_id = $1 and offer_id = $2";
}

/// New offers, many at a time.
pub(crate) static OFFER_ADD: Batch = Batch::new(
    "OFFER_ADD",
    "insert into offer (subject_id, offer_id, subject_kind, household_id, programme, period_key, cause, event_id, status, revision, digest, content, facts_hash, pack_hash, rule_set, claim_closes, made_at, changed_at) values",
    18,
    "",
);
/// Keys of an event: a key that is there already is left alone, and the count says so.
pub(crate) static KEY_ADD: Batch = Batch::new(
    "KEY_ADD",
    "insert into event_key (event_key, event_id, person_id) values",
    3,
    " on conflict (event_key) do nothing",
);
/// Items of an application. An offer that was taken back and is accepted again has its row already; the case keeps what was.
pub(crate) static ITEM_ADD: Batch = Batch::new(
    "ITEM_ADD",
    "insert into application_item (subject_id, offer_id, application_id, applicant_id, programme, revision, status, content, answers, facts_hash, pack_hash, rule_set, made_at) values",
    13,
    " on conflict (subject_id, offer_id) do update set application_id = excluded.application_id, applicant_id = excluded.applicant_id, revision = excluded.revision, status = excluded.status, content = excluded.content, answers = excluded.answers, facts_hash = excluded.facts_hash, pack_hash = excluded.pack_hash, rule_set = excluded.rule_set, made_at = excluded.made_at where application_item.status = 'void'",
);

/// How many ids one `in (…)` of this room takes.
const IN: usize = 16;

/// JSON of something that always has one.
pub(crate) fn json<T: Serialize>(it: &T) -> Result<String, StoreError> {
    serde_json::to_string(it).map_err(|e| StoreError::Driver(format!("cannot be written as JSON: {e}")))
}

fn odd(column: &str, error: impl std::fmt::Display) -> StoreError {
    StoreError::Inconsistent { column: column.to_owned(), detail: error.to_string() }
}

/// The values of a new offer, in the order of [`OFFER_ADD`].
pub(crate) fn offer_values(offer: &Offer) -> Result<Vec<Value>, StoreError> {
    Ok(params![
        offer.subject.uuid(),
        offer.id,
        offer.subject.kind(),
        offer.household,
        offer.programme,
        offer.period_key,
        offer.cause.word(),
        offer.event,
        offer.status.word(),
        offer.revision,
        offer.digest,
        json(&offer.content)?,
        offer.facts_hash,
        offer.pack_hash,
        offer.rule_set,
        offer.content.claim_closes,
        offer.made_at,
        offer.changed_at
    ]
    .to_vec())
}

pub(crate) fn read_offer(row: &Row) -> Result<Offer, StoreError> {
    let kind: String = row.get("subject_kind")?;
    Ok(Offer {
        id: row.get("offer_id")?,
        subject: Subject::from_parts(&kind, row.get::<Uuid>("subject_id")?).map_err(|e| odd("subject_kind", e))?,
        household: row.get("household_id")?,
        programme: row.get("programme")?,
        period_key: row.get("period_key")?,
        cause: row.parse("cause")?,
        event: row.maybe("event_id")?,
        status: row.parse("status")?,
        revision: row.get("revision")?,
        digest: row.get("digest")?,
        content: row.json("content")?,
        facts_hash: row.get("facts_hash")?,
        pack_hash: row.get("pack_hash")?,
        rule_set: row.get("rule_set")?,
        made_at: row.get("made_at")?,
        changed_at: row.get("changed_at")?,
    })
}

/// Rows by a list of ids of any length: full `in (…)` lists, the last one filled up with its last id.
async fn by_ids(tx: &mut Tx, sql: &'static str, ids: &[Uuid]) -> Result<Vec<Offer>, StoreError> {
    let mut offers = Vec::new();
    for chunk in ids.chunks(IN) {
        let Some(last) = chunk.last() else { continue };
        let values: Vec<Value> = (0..IN).map(|n| chunk.get(n).unwrap_or(last).to_value()).collect();
        for row in tx.all(sql, &values).await? {
            offers.push(read_offer(&row)?);
        }
    }
    Ok(offers)
}

/// All offers to these subjects, in the order in which they were made.
pub(crate) async fn offers_of(tx: &mut Tx, subjects: &[Uuid]) -> Result<Vec<Offer>, StoreError> {
    by_ids(tx, OFFERS, subjects).await
}

/// Offers by id.
pub(crate) async fn offers_by_id(tx: &mut Tx, ids: &[OfferId]) -> Result<Vec<Offer>, StoreError> {
    by_ids(tx, OFFERS_BY_ID, &ids.iter().map(|id| id.0).collect::<Vec<_>>()).await
}

/// A new event, who registered it and under which pack.
pub(crate) async fn add_event(
    tx: &mut Tx,
    event: &LifeEvent,
    by: Option<kernel::AccountId>,
    pack_hash: &str,
) -> Result<(), StoreError> {
    let values = params![
        event.person,
        event.id,
        event.kind.word(),
        event.household,
        event.occurred_on,
        json(&event.detail)?,
        event.source,
        event.register_number,
        event.status.word(),
        event.corrects,
        event.reason,
        by,
        pack_hash,
        event.recorded_at
    ];
    tx.execute(EVENT_ADD, values).await.map(drop)
}

pub(crate) fn read_event(row: &Row) -> Result<LifeEvent, StoreError> {
    Ok(LifeEvent {
        id: row.get("event_id")?,
        kind: row.parse("kind")?,
        person: row.get("person_id")?,
        household: row.get("household_id")?,
        occurred_on: row.get("occurred_on")?,
        detail: row.json("detail")?,
        source: row.get("source")?,
        register_number: row.maybe("register_number")?,
        status: row.parse("status")?,
        corrects: row.maybe("corrects")?,
        reason: row.maybe("reason")?,
        recorded_at: row.get("recorded_at")?,
    })
}

/// An event by id.
pub(crate) async fn event(tx: &mut Tx, id: EventId) -> Result<Option<LifeEvent>, StoreError> {
    tx.maybe(EVENT, params![id]).await?.as_ref().map(read_event).transpose()
}

/// When a household was last worked out, and under what.
pub(crate) struct Stood {
    /// The day.
    pub(crate) on: kernel::Date,
    /// The next day on which an answer turns by itself.
    pub(crate) next: Option<kernel::Date>,
    /// The pack.
    pub(crate) pack_hash: String,
}

/// When a household was last worked out; `None`: never.
pub(crate) async fn stood(tx: &mut Tx, household: HouseholdId) -> Result<Option<Stood>, StoreError> {
    let Some(row) = tx.maybe(STOOD, params![household]).await? else { return Ok(None) };
    let (on, next) = (row.get("evaluated_on")?, row.maybe("next_change")?);
    Ok(Some(Stood { on, next, pack_hash: row.get("pack_hash")? }))
}

/// What a household's programmes said when it was last evaluated; `None` when it never was.
pub(crate) async fn standing(tx: &mut Tx, household: HouseholdId) -> Result<Option<crate::plan::Outcomes>, StoreError> {
    tx.maybe(STANDING, params![household]).await?.map(|row| row.json("outcomes")).transpose()
}

/// Household ids from a page of a scan.
pub(crate) async fn households(
    tx: &mut Tx,
    sql: &'static str,
    values: &[Value],
) -> Result<Vec<HouseholdId>, StoreError> {
    tx.all(sql, values).await?.iter().map(|row| row.get("household_id")).collect()
}

/// Sets an offer's status; says whether it was another before.
pub(crate) async fn set_status(tx: &mut Tx, offer: &Offer, to: OfferStatus, now: Instant) -> Result<bool, StoreError> {
    Ok(tx.execute(OFFER_STATUS, params![offer.subject.uuid(), offer.id, to.word(), now]).await? == 1)
}

/// One programme applied for, as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ApplicationItem {
    /// Whose entitlement, as the bare id.
    pub subject: Uuid,
    /// The offer that was accepted.
    pub offer: OfferId,
    /// The application.
    pub application: ApplicationId,
    /// Who applied.
    pub applicant: PersonId,
    /// The programme.
    pub programme: String,
    /// The revision of the offer that was accepted.
    pub revision: u32,
    /// What became of it.
    pub status: ItemStatus,
    /// What the offer said, frozen.
    pub content: crate::model::OfferContent,
    /// What the family answered with the tap.
    pub answers: Vec<crate::model::Prefilled>,
    /// Content hash of the frozen facts.
    pub facts_hash: String,
    /// Content hash of the pack.
    pub pack_hash: String,
    /// Content hash of the rules.
    pub rule_set: String,
    /// When.
    pub made_at: Instant,
}

pub(crate) fn read_item(row: &Row) -> Result<ApplicationItem, StoreError> {
    Ok(ApplicationItem {
        subject: row.get("subject_id")?,
        offer: row.get("offer_id")?,
        application: row.get("application_id")?,
        applicant: row.get("applicant_id")?,
        programme: row.get("programme")?,
        revision: row.get("revision")?,
        status: row.parse("status")?,
        content: row.json("content")?,
        answers: row.json("answers")?,
        facts_hash: row.get("facts_hash")?,
        pack_hash: row.get("pack_hash")?,
        rule_set: row.get("rule_set")?,
        made_at: row.get("made_at")?,
    })
}
