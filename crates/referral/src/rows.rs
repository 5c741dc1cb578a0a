//! Rows of referrals and their steps.

use kernel::{AccountId, Instant, PersonId, ReferralId};
use store::{Row, StoreError, Tx, params};

use crate::model::{Act, By, Referral, Standing, Status, Step};

/// All columns of a referral with the rest of a statement.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "select person_id, referral_id, service, agency, need, reason, contact, shares, agreed_by, agreed_on, sensitive, discreet, clocks, from_agency, from_place,
            account_id, instead_of, status, revision, steps, since, clock, due_on, reminded, escalated_at, expected_on, declined, outcome, said, requested_at, ended_at, closed_at
            from referral where ",
            $rest
        )
    };
}

store::sql! {
    ADD = "insert into referral (person_id, referral_id, service, agency, need, reason, contact, shares, agreed_by, agreed_on, sensitive, discreet, clocks, from_agency, from_place,
        account_id, instead_of, status, revision, steps, since, clock, due_on, reminded, requested_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)
        on conflict (person_id, referral_id) do nothing";
    ONE = select!("referral_id = $1");
    OF_PERSON = select!("person_id = $1 order by requested_at desc, referral_id desc limit $2");
    OF_OFFICE = select!("from_agency = $1 and (from_place = $2 or $2 = '') and closed_at is null order by due_on, referral_id limit $3");
    OF_REFERRER = select!("from_agency = $1 and (from_place = $2 or $2 = '') and account_id = $4 and closed_at is null order by due_on, referral_id limit $3");
    ESCALATED = select!("from_agency = $1 and (from_place = $2 or $2 = '') and escalated_at is not null and closed_at is null order by due_on, referral_id limit $3");
    TO_AGENCY = select!("agency = $1 and ended_at is null order by due_on, referral_id limit $2");
    CHANGE = "update referral set status = $4, revision = $5, steps = $6, since = $7, clock = $8, due_on = $9, reminded = $10, escalated_at = $11, expected_on = $12,
        declined = $13, outcome = $14, said = $15, ended_at = $16, closed_at = $17 where person_id = $1 and referral_id = $2 and steps = $3";
    GO = "update referral set account_id = $3 where person_id = $1 and account_id = $2 and closed_at is null";
    STEP = "insert into referral_step (person_id, referral_id, number, act, before, after, by_whom, account_id, at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    STEPS = "select number, act, before, after, by_whom, account_id, at from referral_step where person_id = $1 and referral_id = $2 order by number";
}

fn json<T: serde::Serialize>(value: &T) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|e| StoreError::Driver(e.to_string()))
}

pub(crate) fn read(row: &Row) -> Result<Referral, StoreError> {
    let clock = row.maybe::<String>("clock")?.map(|_| row.parse("clock")).transpose()?;
    let declined = row.maybe::<String>("declined")?.map(|_| row.parse("declined")).transpose()?;
    let outcome = row.maybe::<String>("outcome")?.map(|_| row.parse("outcome")).transpose()?;
    Ok(Referral {
        id: row.get("referral_id")?,
        person: row.get("person_id")?,
        service: row.get("service")?,
        agency: row.get("agency")?,
        need: row.get("need")?,
        reason: row.get("reason")?,
        contact: row.maybe("contact")?,
        shares: row.json("shares")?,
        agreed_by: row.get("agreed_by")?,
        agreed_on: row.get("agreed_on")?,
        sensitive: row.get("sensitive")?,
        discreet: row.get("discreet")?,
        clocks: row.json("clocks")?,
        from: (row.get("from_agency")?, row.get("from_place")?),
        referrer: row.get("account_id")?,
        instead_of: row.maybe("instead_of")?,
        requested_at: row.get("requested_at")?,
        now: Standing {
            status: row.parse("status")?,
            revision: row.get("revision")?,
            steps: row.get("steps")?,
            since: row.get("since")?,
            due: clock.zip(row.maybe("due_on")?),
            reminded: row.get("reminded")?,
            escalated_at: row.maybe("escalated_at")?,
            expected_on: row.maybe("expected_on")?,
            declined,
            outcome,
            said: row.maybe("said")?,
            ended_at: row.maybe("ended_at")?,
            closed_at: row.maybe("closed_at")?,
        },
    })
}

/// Writes a new referral with its first step; says whether it was new.
pub(crate) async fn add(tx: &mut Tx, r: &Referral, by: By) -> Result<bool, StoreError> {
    let n = &r.now;
    let values = params![
        r.person,
        r.id,
        r.service,
        r.agency,
        r.need,
        r.reason,
        r.contact,
        json(&r.shares)?,
        r.agreed_by,
        r.agreed_on,
        r.sensitive,
        r.discreet,
        json(&r.clocks)?,
        r.from.0,
        r.from.1,
        r.referrer,
        r.instead_of,
        n.status.word(),
        n.revision,
        n.steps,
        n.since,
        n.due.map(|d| d.0.word()),
        n.due.map(|d| d.1),
        n.reminded,
        r.requested_at,
    ];
    if tx.execute(ADD, values).await? != 1 {
        return Ok(false);
    }
    let step = Step {
        number: 1,
        act: None,
        before: n.status,
        after: n.status,
        by,
        account: Some(r.referrer),
        at: r.requested_at,
    };
    write(tx, r.person, r.id, &step).await?;
    Ok(true)
}

async fn write(tx: &mut Tx, person: PersonId, id: ReferralId, step: &Step) -> Result<(), StoreError> {
    let act = json(&step.act)?;
    let (before, after, by) = (step.before.word(), step.after.word(), step.by.word());
    let values = params![person, id, step.number, act, before, after, by, step.account, step.at];
    tx.execute(STEP, values).await.map(drop)
}

/// Writes how a referral stands after an act, with the step; `false`: somebody changed it meanwhile and nothing was written.
pub(crate) async fn change(
    tx: &mut Tx,
    before: &Referral,
    next: &Standing,
    act: &Act,
    by: (By, Option<AccountId>),
    at: Instant,
) -> Result<bool, StoreError> {
    let n = next;
    let values = params![
        before.person,
        before.id,
        before.now.steps,
        n.status.word(),
        n.revision,
        n.steps,
        n.since,
        n.due.map(|d| d.0.word()),
        n.due.map(|d| d.1),
        n.reminded,
        n.escalated_at,
        n.expected_on,
        n.declined.map(|d| d.word()),
        n.outcome.map(|o| o.word()),
        n.said,
        n.ended_at,
        n.closed_at,
    ];
    if tx.execute(CHANGE, values).await? != 1 {
        return Ok(false);
    }
    let step = Step {
        number: n.steps,
        act: Some(act.clone()),
        before: before.now.status,
        after: n.status,
        by: by.0,
        account: by.1,
        at,
    };
    write(tx, before.person, before.id, &step).await?;
    Ok(true)
}

pub(crate) async fn one(tx: &mut Tx, id: ReferralId) -> Result<Option<Referral>, StoreError> {
    tx.maybe(ONE, params![id]).await?.as_ref().map(read).transpose()
}

pub(crate) async fn of_person(tx: &mut Tx, person: PersonId, most: u32) -> Result<Vec<Referral>, StoreError> {
    tx.all(OF_PERSON, params![person, most]).await?.iter().map(read).collect()
}

pub(crate) async fn to_agency(tx: &mut Tx, agency: &str, most: u32) -> Result<Vec<Referral>, StoreError> {
    tx.all(TO_AGENCY, params![agency, most]).await?.iter().map(read).collect()
}

/// The open referrals of an office, the most urgent first.
pub(crate) async fn of_office(
    tx: &mut Tx,
    office: (&str, &str),
    which: crate::read::Which,
    most: u32,
) -> Result<Vec<Referral>, StoreError> {
    use crate::read::Which;
    let rows = match which {
        Which::All => tx.all(OF_OFFICE, params![office.0, office.1, most]).await?,
        Which::Of(account) => tx.all(OF_REFERRER, params![office.0, office.1, most, account]).await?,
        Which::Escalated => tx.all(ESCALATED, params![office.0, office.1, most]).await?,
    };
    rows.iter().map(read).collect()
}

pub(crate) async fn steps(tx: &mut Tx, person: PersonId, id: ReferralId) -> Result<Vec<Step>, StoreError> {
    let read = |row: &Row| {
        Ok(Step {
            number: row.get("number")?,
            act: row.json("act")?,
            before: row.parse::<Status>("before")?,
            after: row.parse("after")?,
            by: row.parse("by_whom")?,
            account: row.maybe("account_id")?,
            at: row.get("at")?,
        })
    };
    tx.all(STEPS, params![person, id]).await?.iter().map(read).collect()
}
