//! Entitlements: SQL beside its row mapping.

use kernel::{DecisionId, EntitlementId};
use store::{Row, StoreError, Tx, params};

use crate::due::PeriodKey;
use crate::model::{Entitlement, RecoveryLimits, Subject, Terms};

store::sql! {
    BY_ID = "select subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices, pay_rule, law,
        effective_from, effective_until, decided_on, set_off_percent, waive_up_to, status, status_reason, next_period, next_due, begun
        from entitlement where entitlement_id = $1";
    BY_CASE = "select subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices, pay_rule, law,
        effective_from, effective_until, decided_on, set_off_percent, waive_up_to, status, status_reason, next_period, next_due, begun
        from entitlement where subject_id = $1 and case_id = $2";
    ADD = "insert into entitlement (subject_id, entitlement_id, subject_kind, case_id, decision_id, version, programme, agency, payee_id, form, per, currency, slices, pay_rule, law,
        effective_from, effective_until, decided_on, set_off_percent, waive_up_to, status, status_reason, next_period, next_due, next_minor, pays_after, begun, granted_at, changed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, $26, false, $27, $27)";
    CHANGE = "update entitlement set decision_id = $3, version = $4, payee_id = $5, slices = $6, pay_rule = $7, law = $8, effective_from = $9, effective_until = $10,
        decided_on = $11, set_off_percent = $12, waive_up_to = $13, status = $14, status_reason = $15, next_period = $16, next_due = $17, next_minor = $18, pays_after = $19, changed_at = $20
        where subject_id = $1 and entitlement_id = $2 and version = $4 - 1";
    VERSION_ADD = "insert into entitlement_version (subject_id, entitlement_id, version, kind, decision_id, slices, effective_from, effective_until, reason, law, account_id, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";
    TOLD = "select subject_id, entitlement_id, version, digest from entitlement_decision where decision_id = $1";
    TELL = "insert into entitlement_decision (decision_id, subject_id, entitlement_id, version, digest) values ($1, $2, $3, $4, $5)";
}

/// A column of JSON.
pub(crate) fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Driver(e.to_string()))
}

pub(crate) fn subject(row: &Row) -> Result<Subject, StoreError> {
    Ok(Subject::of(&row.get::<String>("subject_kind")?, row.get("subject_id")?))
}

pub(crate) fn entitlement(row: &Row) -> Result<Entitlement, StoreError> {
    Ok(Entitlement {
        id: row.get("entitlement_id")?,
        subject: subject(row)?,
        case: row.get("case_id")?,
        decision: row.get("decision_id")?,
        version: row.get("version")?,
        programme: row.get("programme")?,
        agency: row.get("agency")?,
        payee: row.get("payee_id")?,
        form: row.parse("form")?,
        terms: Terms {
            per: row.parse("per")?,
            slices: row.json("slices")?,
            pay: row.json("pay_rule")?,
            decided_on: row.get("decided_on")?,
        },
        currency: row.parse("currency")?,
        law: row.get("law")?,
        effective_from: row.get("effective_from")?,
        effective_until: row.maybe("effective_until")?,
        recovery: RecoveryLimits {
            set_off_percent: row.get("set_off_percent")?,
            waive_up_to_minor: row.get("waive_up_to")?,
        },
        standing: row.parse("status")?,
        standing_reason: row.maybe("status_reason")?,
        next_period: PeriodKey(row.get("next_period")?),
        next_due: row.maybe("next_due")?,
        begun: row.get("begun")?,
    })
}

/// One entitlement.
pub(crate) async fn by_id(tx: &mut Tx, id: EntitlementId) -> Result<Option<Entitlement>, StoreError> {
    tx.maybe(BY_ID, params![id]).await?.as_ref().map(entitlement).transpose()
}

/// What became of a decision that was told before.
pub(crate) struct Told {
    pub(crate) entitlement: EntitlementId,
    pub(crate) version: u32,
    pub(crate) digest: String,
}

pub(crate) async fn told(tx: &mut Tx, decision: DecisionId) -> Result<Option<Told>, StoreError> {
    let Some(row) = tx.maybe(TOLD, params![decision]).await? else { return Ok(None) };
    let (entitlement, version, digest) = (row.get("entitlement_id")?, row.get("version")?, row.get("digest")?);
    Ok(Some(Told { entitlement, version, digest }))
}
