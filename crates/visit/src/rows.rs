//! The tables of this room.

use kernel::{AccountId, AlertId, Date, EnrolmentId, Instant, PersonId, SubmissionId, TierDecisionId};
use serde::Serialize;
use store::{Packed, Row, StoreError, Tx, params};

use crate::desk::Desk;
use crate::model::{AlertStatus, Enrolment, Refusal, StandIn, Submission, SubmissionKind, TierDecision};

store::sql! {
    ENROL = "insert into visit_enrolment (person_id, enrolment_id, protocol, source, entered_on, consented_at, pregnancy_id, organisation, place, nurse_id, left_on, left_why, dates, revision, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)";
    ENROL_PERSON = "insert into visit_enrolment_person (enrolment_id, person_id) values ($1, $2)";
    KEEP = "update visit_enrolment set protocol = $3, entered_on = $4, consented_at = $5, place = $6, nurse_id = $7, left_on = $8, left_why = $9, dates = $10, revision = $11, next_nurse_id = $12, next_from = $13, cover_nurse_id = $14, cover_on = $15, cover_visit = $16
        where person_id = $1 and enrolment_id = $2 and revision = $11 - 1";
    CHANGE = "insert into visit_change (person_id, change_id, enrolment_id, kind, content, account_id, recorded_at) values ($1, $2, $3, $4, $5, $6, $7)";
    PERSON_OF = "select person_id from visit_enrolment_person where enrolment_id = $1";
    ONE = "select * from visit_enrolment where person_id = $1 and enrolment_id = $2";
    OF_PERSON = "select * from visit_enrolment where person_id = $1 order by entered_on, enrolment_id";
    DUE = "select * from visit_enrolment where next_from <= $1 order by enrolment_id limit 500";
    CLAIM = "insert into visit_submission_key (submission_id, person_id, content_hash) values ($1, $2, $3) on conflict (submission_id) do nothing";
    CLAIMED = "select person_id, content_hash from visit_submission_key where submission_id = $1";
    SUBMIT = "insert into visit_submission (person_id, submission_id, enrolment_id, kind, subject, made_on, ending, status, reason, content, replaces_id, account_id, received_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    REPLACED = "update visit_submission set replaced_by = $3 where person_id = $1 and submission_id = $2 and replaced_by is null";
    SUBMISSION = "select submission_id, enrolment_id, kind, subject, made_on, ending, status, reason, content, replaces_id, replaced_by, account_id, received_at
        from visit_submission where person_id = $1 and submission_id = $2";
    SUBMISSIONS = "select submission_id, enrolment_id, kind, subject, made_on, ending, status, reason, content, replaces_id, replaced_by, account_id, received_at
        from visit_submission where person_id = $1 and enrolment_id = $2 order by received_at, submission_id";
    NOT_TAKEN_IN = "select submission_id, enrolment_id, kind, subject, made_on, ending, status, reason, replaces_id, replaced_by, account_id, received_at
        from visit_submission where person_id = $1 and status = 'refused' order by received_at";
    TIER_ADD = "insert into visit_tier (person_id, tier_id, enrolment_id, from_on, protocol, tier, content, account_id, recorded_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    TIERS = "select enrolment_id, tier_id, from_on, protocol, tier, content, account_id, recorded_at from visit_tier where person_id = $1 and enrolment_id = $2 order by from_on, recorded_at, tier_id";
    KEPT_ADD = "insert into visit_kept (person_id, submission_id, enrolment_id, sealed, account_id, received_at) values ($1, $2, $3, $4, $5, $6)";
    KEPT = "select submission_id, sealed, account_id, received_at from visit_kept where person_id = $1 and enrolment_id = $2 order by received_at";
    ALERT_ADD = "insert into visit_alert (person_id, alert_id, enrolment_id, organisation, place, sealed, status, opened_at, due_at) values ($1, $2, $3, $4, $5, $6, 'open', $7, $8)";
    ALERTS_OF_OFFICE = "select * from visit_alert where organisation = $1 and ($3 = '' or place = $3) and (status <> 'closed' or closed_at > $2) order by due_at, alert_id limit 500";
    ALERT = "select * from visit_alert where person_id = $1 and alert_id = $2";
    ALERT_TAKE = "update visit_alert set status = 'taken', taken_by = $3, taken_at = $4 where person_id = $1 and alert_id = $2 and status = 'open'";
    ALERT_CLOSE = "update visit_alert set status = 'closed', outcome = $3, closed_at = $4, taken_by = $5 where person_id = $1 and alert_id = $2 and status <> 'closed'";
    ALERTS_GO = "update visit_alert set taken_by = $4 where person_id = $1 and enrolment_id = $2 and taken_by = $3 and status <> 'closed'";
}

pub(crate) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Driver(e.to_string()))
}

// What a nurse's day is read from, many small rows each: they come in one piece.
// The columns of each, those that hold ids and the others.
const ENROLMENT_IDS: &[&str] =
    &["person_id", "enrolment_id", "pregnancy_id", "nurse_id", "next_nurse_id", "cover_nurse_id"];
const ENROLMENT_REST: &[&str] = &[
    "protocol",
    "source",
    "entered_on",
    "consented_at",
    "organisation",
    "place",
    "next_from",
    "cover_on",
    "cover_visit",
    "left_on",
    "left_why",
    "dates",
    "revision",
];
const SUBMISSION_IDS: &[&str] = &["submission_id", "enrolment_id", "replaces_id", "replaced_by", "account_id"];
const SUBMISSION_REST: &[&str] = &["kind", "subject", "made_on", "ending", "status", "reason", "received_at"];
const TIER_IDS: &[&str] = &["enrolment_id", "tier_id", "account_id"];
const TIER_REST: &[&str] = &["from_on", "protocol", "tier", "content", "recorded_at"];

/// Families in a nurse's hands, now or from a day on, and those whose next visit she makes in place of theirs.
pub(crate) static OF_NURSE: Packed = Packed::new(
    "OF_NURSE",
    "select person_id, enrolment_id, protocol, source, entered_on, consented_at, pregnancy_id, organisation, place, nurse_id, next_nurse_id, next_from, cover_nurse_id, cover_on, cover_visit, left_on, left_why, dates, revision from visit_enrolment where (nurse_id = $1 or next_nurse_id = $1 or cover_nurse_id = $1) and left_on is null order by enrolment_id",
    ENROLMENT_IDS,
    ENROLMENT_REST,
);

/// Families of an office.
pub(crate) static OF_OFFICE: Packed = Packed::new(
    "OF_OFFICE",
    "select person_id, enrolment_id, protocol, source, entered_on, consented_at, pregnancy_id, organisation, place, nurse_id, next_nurse_id, next_from, cover_nurse_id, cover_on, cover_visit, left_on, left_why, dates, revision from visit_enrolment where organisation = $1 and ($2 = '' or place = $2) and left_on is null order by enrolment_id limit 5000",
    ENROLMENT_IDS,
    ENROLMENT_REST,
);

/// Visits that count to a nurse's families.
pub(crate) static MADE_OF_NURSE: Packed = Packed::new(
    "MADE_OF_NURSE",
    "select s.submission_id, s.enrolment_id, s.kind, s.subject, s.made_on, s.ending, s.status, s.reason, s.replaces_id, s.replaced_by, s.account_id, s.received_at
        from visit_submission s join visit_enrolment e on e.person_id = s.person_id and e.enrolment_id = s.enrolment_id
        where (e.nurse_id = $1 or e.next_nurse_id = $1 or e.cover_nurse_id = $1) and e.left_on is null and s.kind = 'visit' and s.status = 'accepted' and s.replaced_by is null",
    SUBMISSION_IDS,
    SUBMISSION_REST,
);

/// Visits that count to an office's families.
pub(crate) static MADE_OF_OFFICE: Packed = Packed::new(
    "MADE_OF_OFFICE",
    "select s.submission_id, s.enrolment_id, s.kind, s.subject, s.made_on, s.ending, s.status, s.reason, s.replaces_id, s.replaced_by, s.account_id, s.received_at
        from visit_submission s join visit_enrolment e on e.person_id = s.person_id and e.enrolment_id = s.enrolment_id
        where e.organisation = $1 and ($2 = '' or e.place = $2) and e.left_on is null and s.kind = 'visit' and s.status = 'accepted' and s.replaced_by is null",
    SUBMISSION_IDS,
    SUBMISSION_REST,
);

/// Levels of need of a nurse's families, the first first.
pub(crate) static TIERS_OF_NURSE: Packed = Packed::new(
    "TIERS_OF_NURSE",
    "select t.enrolment_id, t.tier_id, t.from_on, t.protocol, t.tier, t.content, t.account_id, t.recorded_at
        from visit_tier t join visit_enrolment e on e.person_id = t.person_id and e.enrolment_id = t.enrolment_id
        where (e.nurse_id = $1 or e.next_nurse_id = $1 or e.cover_nurse_id = $1) and e.left_on is null order by t.from_on, t.recorded_at, t.tier_id",
    TIER_IDS,
    TIER_REST,
);

/// Levels of need of an office's families, the first first.
pub(crate) static TIERS_OF_OFFICE: Packed = Packed::new(
    "TIERS_OF_OFFICE",
    "select t.enrolment_id, t.tier_id, t.from_on, t.protocol, t.tier, t.content, t.account_id, t.recorded_at
        from visit_tier t join visit_enrolment e on e.person_id = t.person_id and e.enrolment_id = t.enrolment_id
        where e.organisation = $1 and ($2 = '' or e.place = $2) and e.left_on is null order by t.from_on, t.recorded_at, t.tier_id",
    TIER_IDS,
    TIER_REST,
);

pub(crate) fn read_enrolment(row: &Row) -> Result<Enrolment, StoreError> {
    let why: Option<String> = row.maybe("left_why")?;
    let left = match (row.maybe::<Date>("left_on")?, why) {
        (Some(day), Some(_)) => Some((day, row.parse("left_why")?)),
        _ => None,
    };
    let cover = match (row.maybe("cover_nurse_id")?, row.maybe("cover_on")?, row.maybe("cover_visit")?) {
        (Some(nurse), Some(on), Some(visit)) => Some(StandIn { nurse, on, visit }),
        _ => None,
    };
    Ok(Enrolment {
        cover,
        id: row.get("enrolment_id")?,
        person: row.get("person_id")?,
        protocol: row.get("protocol")?,
        source: row.parse("source")?,
        entered_on: row.get("entered_on")?,
        consented_at: row.maybe("consented_at")?,
        pregnancy: row.maybe("pregnancy_id")?,
        organisation: row.get("organisation")?,
        place: row.get("place")?,
        nurse: row.maybe("nurse_id")?,
        next: row.maybe::<AccountId>("next_nurse_id")?.zip(row.maybe::<Date>("next_from")?),
        left,
        dates: row.json("dates")?,
        revision: row.get("revision")?,
    })
}

pub(crate) fn read_submission(row: &Row) -> Result<Submission, StoreError> {
    let word = |column: &str| row.maybe::<String>(column);
    Ok(Submission {
        id: row.get("submission_id")?,
        enrolment: row.get("enrolment_id")?,
        kind: row.parse::<SubmissionKind>("kind")?,
        subject: row.get("subject")?,
        made_on: row.get("made_on")?,
        ending: word("ending")?.map(|_| row.parse("ending")).transpose()?,
        refused: word("reason")?.map(|_| row.parse::<Refusal>("reason")).transpose()?,
        replaces: row.maybe("replaces_id")?,
        replaced_by: row.maybe("replaced_by")?,
        account: row.get("account_id")?,
        received_at: row.get("received_at")?,
    })
}

pub(crate) fn read_tier(row: &Row) -> Result<(EnrolmentId, TierDecision), StoreError> {
    let decision = TierDecision {
        id: row.get("tier_id")?,
        from: row.get("from_on")?,
        protocol: row.get("protocol")?,
        tier: row.maybe("tier")?,
        grounds: row.json("content")?,
        account: row.get("account_id")?,
        recorded_at: row.get("recorded_at")?,
    };
    Ok((row.get("enrolment_id")?, decision))
}

/// An alert as its row has it; what it is about is still shut.
#[derive(Clone, Debug)]
pub(crate) struct AlertRow {
    pub(crate) id: AlertId,
    pub(crate) person: PersonId,
    pub(crate) enrolment: EnrolmentId,
    pub(crate) place: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) status: AlertStatus,
    pub(crate) opened_at: Instant,
    pub(crate) due_at: Instant,
    pub(crate) taken_by: Option<AccountId>,
    pub(crate) closed_at: Option<Instant>,
    pub(crate) outcome: Option<Vec<u8>>,
}

pub(crate) fn read_alert(row: &Row) -> Result<AlertRow, StoreError> {
    Ok(AlertRow {
        id: row.get("alert_id")?,
        person: row.get("person_id")?,
        enrolment: row.get("enrolment_id")?,
        place: row.get("place")?,
        sealed: row.get("sealed")?,
        status: row.parse("status")?,
        opened_at: row.get("opened_at")?,
        due_at: row.get("due_at")?,
        taken_by: row.maybe("taken_by")?,
        closed_at: row.maybe("closed_at")?,
        outcome: row.maybe("outcome")?,
    })
}

/// One enrolment.
pub(crate) async fn enrolment(tx: &mut Tx, id: EnrolmentId) -> Result<Option<Enrolment>, StoreError> {
    let Some(row) = tx.maybe(PERSON_OF, params![id]).await? else { return Ok(None) };
    let person: PersonId = row.get("person_id")?;
    tx.maybe(ONE, params![person, id]).await?.as_ref().map(read_enrolment).transpose()
}

/// All enrolments of a mother.
pub(crate) async fn of_person(tx: &mut Tx, person: PersonId) -> Result<Vec<Enrolment>, StoreError> {
    tx.all(OF_PERSON, params![person]).await?.iter().map(read_enrolment).collect()
}

/// A family's decisions on need.
pub(crate) async fn tiers(tx: &mut Tx, e: &Enrolment) -> Result<Vec<TierDecision>, StoreError> {
    let rows = tx.all(TIERS, params![e.person, e.id]).await?;
    rows.iter().map(|row| read_tier(row).map(|(_, decision)| decision)).collect()
}

/// Writes an enrolment anew, where nobody else did meanwhile, with what changed and who changed it.
pub(crate) async fn keep(
    tx: &mut Tx,
    desk: &Desk<'_>,
    enrolment: &mut Enrolment,
    kind: &str,
    content: &impl Serialize,
    account: Option<AccountId>,
) -> Result<(), StoreError> {
    enrolment.revision += 1;
    let e = &*enrolment;
    let (left_on, left_why) = e.left.map_or((None, None), |(day, why)| (Some(day), Some(why.word())));
    let values = params![
        e.person,
        e.id,
        e.protocol,
        e.entered_on,
        e.consented_at,
        e.place,
        e.nurse,
        left_on,
        left_why,
        json(&e.dates)?,
        e.revision,
        e.next.map(|(nurse, _)| nurse),
        e.next.map(|(_, from)| from),
        e.cover.as_ref().map(|c| c.nurse),
        e.cover.as_ref().map(|c| c.on),
        e.cover.as_ref().map(|c| c.visit.clone())
    ];
    if tx.execute(KEEP, values).await? != 1 {
        return Err(StoreError::Conflict);
    }
    change(tx, desk, e, kind, content, account).await
}

/// Notes a change of an enrolment.
pub(crate) async fn change(
    tx: &mut Tx,
    desk: &Desk<'_>,
    e: &Enrolment,
    kind: &str,
    content: &impl Serialize,
    account: Option<AccountId>,
) -> Result<(), StoreError> {
    let id = desk.ids.uuid(desk.now);
    tx.execute(CHANGE, params![e.person, id, e.id, kind, json(content)?, account, desk.now]).await.map(drop)
}

/// What happened to a name of a submission.
pub(crate) enum Claim {
    /// Nobody used it before.
    New,
    /// The same was sent before.
    Same,
    /// Something else was sent under it.
    Other,
}

/// Takes the name of a submission for this content.
pub(crate) async fn claim(
    tx: &mut Tx,
    desk: &Desk<'_>,
    id: SubmissionId,
    person: PersonId,
    content: &str,
) -> Result<Claim, StoreError> {
    let hash = desk.keys.blind_index("visit submission", content).to_vec();
    if tx.execute(CLAIM, params![id, person, hash]).await? == 1 {
        return Ok(Claim::New);
    }
    let row = tx.one(CLAIMED, params![id]).await?;
    let same = row.get::<PersonId>("person_id")? == person && row.get::<Vec<u8>>("content_hash")? == hash;
    Ok(if same { Claim::Same } else { Claim::Other })
}

/// A new submission's row.
pub(crate) struct NewSubmission<'a> {
    pub(crate) id: SubmissionId,
    pub(crate) kind: SubmissionKind,
    pub(crate) subject: &'a str,
    pub(crate) made_on: Date,
    pub(crate) ending: Option<&'static str>,
    pub(crate) refused: Option<Refusal>,
    pub(crate) content: String,
    pub(crate) replaces: Option<SubmissionId>,
}

pub(crate) async fn submit(
    tx: &mut Tx,
    desk: &Desk<'_>,
    e: &Enrolment,
    account: AccountId,
    new: NewSubmission<'_>,
) -> Result<(), StoreError> {
    let status = if new.refused.is_some() { "refused" } else { "accepted" };
    let values = params![
        e.person,
        new.id,
        e.id,
        new.kind.word(),
        new.subject,
        new.made_on,
        new.ending,
        status,
        new.refused.map(Refusal::word),
        new.content,
        new.replaces,
        account,
        desk.now
    ];
    tx.execute(SUBMIT, values).await.map(drop)
}

/// A decision's row.
pub(crate) async fn add_tier(
    tx: &mut Tx,
    e: &Enrolment,
    decision: &TierDecision,
) -> Result<TierDecisionId, StoreError> {
    let values = params![
        e.person,
        decision.id,
        e.id,
        decision.from,
        decision.protocol,
        decision.tier,
        json(&decision.grounds)?,
        decision.account,
        decision.recorded_at
    ];
    tx.execute(TIER_ADD, values).await?;
    Ok(decision.id)
}
