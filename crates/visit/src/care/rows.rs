//! The tables of case management.

use catalogue::model::CaseSteps;
use kernel::{AccountId, Date, EnrolmentId, FamilyActId, FamilyCaseId, Instant, PersonId, TierDecisionId};
use serde::{Deserialize, Serialize};
use store::{Row, StoreError, Tx, params};

use super::act::Act;
use super::case::{Case, Closed, Opening, Record};
use crate::desk::Desk;
use crate::rows::json;

store::sql! {
    ADD = "insert into visit_case (person_id, case_id, enrolment_id, opening, opened_on, account_id, step, review_on, revision, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, 0, $9)";
    ADD_PERSON = "insert into visit_case_person (case_id, person_id) values ($1, $2)";
    PERSON_OF = "select person_id from visit_case_person where case_id = $1";
    ONE = "select person_id, case_id, enrolment_id, opening, opened_on, account_id from visit_case where person_id = $1 and case_id = $2";
    OF_ENROLMENT = "select person_id, case_id, enrolment_id, opening, opened_on, account_id from visit_case
        where person_id = $1 and enrolment_id = $2 order by recorded_at, case_id";
    ACTS = "select act_id, act, side, account_id, made_on, recorded_at from visit_case_act where person_id = $1 and case_id = $2 order by number";
    ACT = "select case_id, act, account_id from visit_case_act where person_id = $1 and act_id = $2";
    ADD_ACT = "insert into visit_case_act (person_id, case_id, number, act_id, act, side, account_id, made_on, recorded_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    STANDS = "update visit_case set step = $3, review_on = $4, due_on = $5, closed_on = $6, revision = $7
        where person_id = $1 and case_id = $2 and revision = $7 - 1";
    PARTNER = "insert into visit_case_partner (person_id, case_id, agency, takes_part) values ($1, $2, $3, $4)
        on conflict (person_id, case_id, agency) do update set takes_part = excluded.takes_part";
    ASSESSED = "select made_on from visit_submission
        where person_id = $1 and enrolment_id = $2 and kind = 'assessment' and status = 'accepted' and replaced_by is null
        order by made_on desc limit 1";
    MOVED = "select recorded_at from visit_change where person_id = $1 and enrolment_id = $2 and kind = 'moved' order by recorded_at desc limit 1";
    OPEN_OF_NURSE = "select e.*, c.case_id, c.step, c.review_on, c.due_on from visit_case c
        join visit_enrolment e on e.person_id = c.person_id and e.enrolment_id = c.enrolment_id
        where (e.nurse_id = $1 or e.next_nurse_id = $1) and c.closed_on is null order by c.review_on, c.case_id limit 1000";
    OPEN_OF_OFFICE = "select e.*, c.case_id, c.step, c.review_on, c.due_on from visit_case c
        join visit_enrolment e on e.person_id = c.person_id and e.enrolment_id = c.enrolment_id
        where e.organisation = $1 and ($2 = '' or e.place = $2) and c.closed_on is null order by c.review_on, c.case_id limit 1000";
    SHARED_WITH = "select case_id from visit_case_partner where agency = $1 and takes_part order by case_id limit 500";
}

/// What is kept of an opening beside its columns.
#[derive(Serialize, Deserialize)]
struct Content {
    organisation: String,
    why: String,
    tier: Option<TierDecisionId>,
    steps: CaseSteps,
}

fn opening(row: &Row) -> Result<Opening, StoreError> {
    let content: Content = row.json("opening")?;
    Ok(Opening {
        id: row.get("case_id")?,
        enrolment: row.get("enrolment_id")?,
        person: row.get("person_id")?,
        organisation: content.organisation,
        why: content.why,
        tier: content.tier,
        steps: content.steps,
        on: row.get("opened_on")?,
        account: row.get("account_id")?,
    })
}

/// A case as what was done in it has made it.
async fn told(tx: &mut Tx, row: &Row) -> Result<Case, StoreError> {
    let mut case = Case::begun(opening(row)?);
    for row in tx.all(ACTS, params![case.opening.person, case.opening.id]).await? {
        case = case.with(Record {
            id: row.get("act_id")?,
            act: row.json("act")?,
            side: row.parse("side")?,
            account: row.get("account_id")?,
            on: row.get("made_on")?,
            at: row.get("recorded_at")?,
        });
    }
    Ok(case)
}

/// One case.
pub(crate) async fn case(tx: &mut Tx, id: FamilyCaseId) -> Result<Option<Case>, StoreError> {
    let Some(row) = tx.maybe(PERSON_OF, params![id]).await? else { return Ok(None) };
    let person: PersonId = row.get("person_id")?;
    let row = tx.one(ONE, params![person, id]).await?;
    told(tx, &row).await.map(Some)
}

/// The cases of a family, the newest last.
pub(crate) async fn of_enrolment(tx: &mut Tx, person: PersonId, id: EnrolmentId) -> Result<Vec<Case>, StoreError> {
    let mut all = Vec::new();
    for row in tx.all(OF_ENROLMENT, params![person, id]).await? {
        all.push(told(tx, &row).await?);
    }
    Ok(all)
}

/// The act of this id, if it was done before: in which case, what, by whom.
pub(crate) async fn act(
    tx: &mut Tx,
    person: PersonId,
    id: FamilyActId,
) -> Result<Option<(FamilyCaseId, Act, AccountId)>, StoreError> {
    let Some(row) = tx.maybe(ACT, params![person, id]).await? else { return Ok(None) };
    Ok(Some((row.get("case_id")?, row.json("act")?, row.get("account_id")?)))
}

/// The day of the family's last open assessment.
pub(crate) async fn assessed(tx: &mut Tx, person: PersonId, id: EnrolmentId) -> Result<Option<Date>, StoreError> {
    tx.maybe(ASSESSED, params![person, id]).await?.map(|row| row.get("made_on")).transpose()
}

/// When the family moved to another district last.
pub(crate) async fn moved(tx: &mut Tx, person: PersonId, id: EnrolmentId) -> Result<Option<Instant>, StoreError> {
    tx.maybe(MOVED, params![person, id]).await?.map(|row| row.get("recorded_at")).transpose()
}

/// Writes a new case.
pub(crate) async fn add(tx: &mut Tx, desk: &Desk<'_>, case: &Case) -> Result<(), StoreError> {
    let o = &case.opening;
    let content =
        Content { organisation: o.organisation.clone(), why: o.why.clone(), tier: o.tier, steps: o.steps.clone() };
    let step = case.now().map(|step| step.id.clone());
    let values =
        params![o.person, o.id, o.enrolment, json(&content)?, o.on, o.account, step, case.review_on(), desk.now];
    tx.execute(ADD, values).await?;
    tx.execute(ADD_PERSON, params![o.id, o.person]).await.map(drop)
}

/// Writes the last act of a case and how it stands after it, where nobody else did something meanwhile.
pub(crate) async fn append(tx: &mut Tx, case: &Case) -> Result<(), StoreError> {
    let (o, Some(last)) = (&case.opening, case.acts.last()) else { return Ok(()) };
    let number = i64::try_from(case.acts.len()).unwrap_or(i64::MAX);
    let step = case.now().map(|step| step.id.clone());
    let closed = case.closed.map(Closed::on);
    let values = params![o.person, o.id, step, case.review_on(), case.plan.due_on(), closed, number];
    if tx.execute(STANDS, values).await? != 1 {
        return Err(StoreError::Conflict);
    }
    let act = json(&last.act)?;
    let values = params![o.person, o.id, number, last.id, act, last.side.word(), last.account, last.on, last.at];
    tx.execute(ADD_ACT, values).await?;
    for partner in &case.plan.partners {
        let takes_part = partner.takes_part() && closed.is_none();
        tx.execute(PARTNER, params![o.person, o.id, partner.agency, takes_part]).await?;
    }
    Ok(())
}
