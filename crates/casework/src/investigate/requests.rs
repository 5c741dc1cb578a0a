//! Questions to agencies in the database.

use kernel::{CaseId, HouseholdId, Instant, PersonId, RequestId, words};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx, params};

use crate::model::Subject;

store::sql! {
    ADD = "insert into agency_request (person_id, request_id, household_id, ask_key, agency, items, purpose, law, status, attempts, asked_at, reply_by)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 'waiting', 0, $9, $10) on conflict (person_id, ask_key) do nothing";
    BY_KEY = "select person_id, request_id, household_id, ask_key, agency, items, purpose, law, status, attempts, asked_at, reply_by, ended_at, answer, answer_hash, problem
        from agency_request where person_id = $1 and ask_key = $2";
    ONE = "select person_id, request_id, household_id, ask_key, agency, items, purpose, law, status, attempts, asked_at, reply_by, ended_at, answer, answer_hash, problem
        from agency_request where request_id = $1";
    OF_CASE = "select r.person_id, r.request_id, r.household_id, r.ask_key, r.agency, r.items, r.purpose, r.law, r.status, r.attempts, r.asked_at, r.reply_by, r.ended_at, r.answer, r.answer_hash, r.problem
        from case_request c join agency_request r on r.request_id = c.request_id where c.case_id = $1 order by r.asked_at, r.request_id";
    LINK = "insert into case_request (subject_id, case_id, request_id) values ($1, $2, $3) on conflict (subject_id, case_id, request_id) do nothing";
    WAITING_CASES = "select case_id from case_request where request_id = $1 order by case_id";
    OVERDUE = "select request_id from agency_request where status in ('waiting', 'pending') and reply_by < $1 order by reply_by limit $2";
    TRIED = "update agency_request set attempts = attempts + 1, status = $3, problem = $4 where person_id = $1 and request_id = $2 and status in ('waiting', 'pending')";
    END = "update agency_request set status = $3, ended_at = $4, answer = $5, answer_hash = $6, problem = $7 where person_id = $1 and request_id = $2 and status in ('waiting', 'pending')";
    HOUSEHOLD_ANSWERED = "select answer, ended_at from agency_request where household_id = $1 and status = 'answered'";
}

words! {
    /// How a question stands. It ends in exactly one of the last four.
    RequestStatus as "request status" {
        /// To be sent, or sent and not answered yet.
        Waiting = "waiting",
        /// The agency took it and will answer later.
        Pending = "pending",
        /// Answered.
        Answered = "answered",
        /// Nobody answered in time: an official looks.
        TimedOut = "timed_out",
        /// The agency may not or cannot answer, or answered something unusable: an official looks.
        Refused = "refused",
        /// Not needed any more.
        Cancelled = "cancelled",
    }
}

impl RequestStatus {
    /// Whether an answer is still waited for.
    pub const fn is_open(self) -> bool {
        matches!(self, RequestStatus::Waiting | RequestStatus::Pending)
    }
}

/// A question as the database holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Its id: also the idempotency key towards the agency.
    pub id: RequestId,
    /// Under whom it is kept: the applicant.
    pub person: PersonId,
    /// The household.
    pub household: HouseholdId,
    /// The agency asked.
    pub agency: String,
    /// What is asked.
    pub items: Vec<(Subject, String)>,
    /// For which purpose.
    pub purpose: String,
    /// Under which law.
    pub law: String,
    /// How it stands.
    pub status: RequestStatus,
    /// How often it was sent.
    pub attempts: u32,
    /// When it was first asked.
    pub asked_at: Instant,
    /// Until when an answer is waited for.
    pub reply_by: Instant,
    /// When it ended.
    pub ended_at: Option<Instant>,
    /// Why it ended without an answer, or why the last attempt failed.
    pub problem: Option<String>,
}

pub(super) fn read(row: &Row) -> Result<Request, StoreError> {
    Ok(Request {
        id: row.get("request_id")?,
        person: row.get("person_id")?,
        household: row.get("household_id")?,
        agency: row.get("agency")?,
        items: row.json("items")?,
        purpose: row.get("purpose")?,
        law: row.get("law")?,
        status: row.parse("status")?,
        attempts: row.get("attempts")?,
        asked_at: row.get("asked_at")?,
        reply_by: row.get("reply_by")?,
        ended_at: row.maybe("ended_at")?,
        problem: row.maybe("problem")?,
    })
}

pub(super) async fn one(tx: &mut Tx, id: RequestId) -> Result<Option<Request>, StoreError> {
    tx.maybe(ONE, params![id]).await?.as_ref().map(read).transpose()
}

/// The questions a case waits or waited for, the first first.
pub(crate) async fn of_case(tx: &mut Tx, case: CaseId) -> Result<Vec<Request>, StoreError> {
    tx.all(OF_CASE, params![case]).await?.iter().map(read).collect()
}

/// The cases that wait for a question.
pub(super) async fn waiting_cases(tx: &mut Tx, id: RequestId) -> Result<Vec<CaseId>, StoreError> {
    tx.all(WAITING_CASES, params![id]).await?.iter().map(|row| row.get("case_id")).collect()
}
