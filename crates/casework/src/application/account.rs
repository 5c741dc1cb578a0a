//! The account that somebody gives in an application, on its way to payments.
//!
//! What stands where: an answer `BANK NUMBER HOLDER` is taken apart before anything else is done with it. The number and the
//! holder go under seal into `account_given`; in drafts, answers, facts, offers, determinations and decision files stands
//! the bank with the last three digits. When the answer counts (the application is sent, the question of a case answered),
//! [`GIVEN`] tells payments, which take the account, seal it as their own and have it emptied here. So at any time a
//! number can be opened in one place, and a decision file that leaves the house holds none.

use catalogue::model::{AccountFault, GivenAccount, PaymentAccount, masked};
use guard::{Keys, Who};
use kernel::{AccountId, CaseId, Instant, Period, PersonId};
use registry::{NewFact, Origin};
use rules::schema::{Entity, Value};
use serde::{Deserialize, Serialize};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use super::answers::SELF;
use super::questions::entity;
use crate::accept::Given;
use crate::desk::Desk;
use crate::evaluate::payees;
use crate::model::{Cause, Needed, Subject};
use crate::snapshot::Snapshot;
use crate::{household, recompute};

/// The topic under which payments are told of an account.
pub const GIVEN: &str = "account.given";

store::sql! {
    ADD = "insert into account_given (person_id, given_id, subject_id, subject_kind, masked, sealed, account_id, given_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8)";
    ABOUT = "select given_id, masked, sealed from account_given where person_id = $1 and subject_id = $2 order by given_at desc, given_id desc";
    ONE = "select sealed, account_id from account_given where person_id = $1 and given_id = $2";
    TAKEN = "update account_given set sealed = null, taken_at = $3 where person_id = $1 and given_id = $2";
    FORGET = "update account_given set sealed = null where person_id = $1 and subject_id = $2 and masked = $3 and taken_at is null";
}

/// Why an answer was not taken.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    /// It is no account.
    #[error("{item}: {reason}")]
    Bad { item: String, reason: AccountFault },
    /// The database, or the keys.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Payments are told that somebody gave an account: where it lies, about whom, and the cases that asked for it. No number.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Told {
    /// Who applied: under them it is kept.
    pub person: PersonId,
    /// Which.
    pub given: Uuid,
    /// The item it answers; empty in what was told before vouchers had one: the account money goes to.
    #[serde(default)]
    pub item: String,
    /// About whom the question was.
    pub subject: Subject,
    /// The cases it came with.
    pub cases: Vec<CaseId>,
}

fn sealing(e: impl std::fmt::Display) -> StoreError {
    StoreError::Driver(e.to_string())
}

/// The rule, when this answer is the account.
fn rule<'a>(desk: &Desk<'a>, subject: Subject, item: &str) -> Option<&'a PaymentAccount> {
    desk.pack.account_item(entity(subject), item)
}

/// An account given for a child or a household is the account of the one who applies, who is paid: it is kept as theirs, so
/// that it answers for nobody else who applies later.
pub(crate) fn of_payee<'a>(
    desk: &Desk<'_>,
    snapshot: &Snapshot,
    applicant: PersonId,
    answers: impl Iterator<Item = (&'a mut Subject, &'a str)>,
) {
    for (subject, item) in answers {
        if rule(desk, *subject, item).is_none() || !snapshot.speaks_of(*subject) {
            continue;
        }
        if let [payee] = payees(desk.pack, snapshot, *subject, Some(applicant)).as_slice() {
            *subject = Subject::Person(*payee);
        }
    }
}

/// Whether an answer is what was asked for. The account, or the consent, of who applies answers where it was asked for a child or a household.
pub(crate) fn answers(desk: &Desk<'_>, applicant: PersonId, asked: &Needed, subject: Subject, item: &str) -> bool {
    let own = || {
        let theirs = rule(desk, subject, item).is_some() || desk.pack.opening_consent(item).is_some();
        theirs && subject == Subject::Person(applicant)
    };
    asked.item == item && (asked.subject == subject || own())
}

/// Takes the numbers out of answers: each is kept sealed under `person`, who applies, and stands in the answer hidden. A
/// hidden one must have been given before.
pub(crate) async fn conceal(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    person: PersonId,
    answers: Vec<(Subject, &str, &mut Value)>,
) -> Result<(), Fault> {
    for (subject, item, value) in answers {
        let Some(rule) = rule(desk, subject, item) else { continue };
        // A value of another type is refused where all values are checked.
        let Value::Text(text) = &*value else { continue };
        let bad = |reason| Fault::Bad { item: item.to_owned(), reason };
        if masked(text) {
            let known = tx.all(ABOUT, params![person, subject.uuid()]).await?;
            if !known.iter().any(|row| row.get::<String>("masked").is_ok_and(|m| m == *text)) {
                return Err(bad(AccountFault::Hidden));
            }
            continue;
        }
        let account = desk.pack.account(rule, text).map_err(bad)?;
        *value = Value::Text(account.masked());
        keep(tx, desk, who, person, subject, &account).await?;
    }
    Ok(())
}

async fn keep(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    person: PersonId,
    subject: Subject,
    account: &GivenAccount,
) -> Result<(), StoreError> {
    for row in tx.all(ABOUT, params![person, subject.uuid()]).await? {
        let sealed: Option<Vec<u8>> = row.maybe("sealed")?;
        let known = sealed.map(|s| unseal(desk.keys, row.get("given_id")?, &s)).transpose()?;
        // The same answer in two offers of one page is one account.
        if known.as_ref() == Some(account) {
            return Ok(());
        }
    }
    let id = desk.ids.uuid(desk.now);
    let parts = [&account.bank, &account.number, &account.holder];
    let text = serde_json::to_vec(&parts).map_err(sealing)?;
    let sealed = desk.keys.seal_field("account_given", "sealed", id, &text).map_err(sealing)?;
    let masked = account.masked();
    let row = params![person, id, subject.uuid(), subject.kind(), masked, sealed, who.account, desk.now];
    tx.execute(ADD, row).await.map(drop)
}

fn unseal(keys: &Keys, id: Uuid, sealed: &[u8]) -> Result<GivenAccount, StoreError> {
    let text = keys.open_field("account_given", "sealed", id, sealed).map_err(sealing)?;
    let [bank, number, holder]: [String; 3] = serde_json::from_slice(&text).map_err(sealing)?;
    Ok(GivenAccount { bank, number, holder })
}

/// Tells payments of the accounts among answers that count now.
pub(crate) async fn tell(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    answers: Vec<(Subject, &str, &Value)>,
    cases: &[CaseId],
) -> Result<(), StoreError> {
    let mut told: Vec<Uuid> = Vec::new();
    for (subject, item, value) in answers {
        let (Some(_), Value::Text(text)) = (rule(desk, subject, item), value) else { continue };
        for row in tx.all(ABOUT, params![person, subject.uuid()]).await? {
            let given: Uuid = row.get("given_id")?;
            let waits = row.get::<String>("masked")? == *text && row.maybe::<Vec<u8>>("sealed")?.is_some();
            if waits && !told.contains(&given) {
                let (item, cases) = (item.to_owned(), cases.to_vec());
                tx.emit(desk.ids, desk.now, GIVEN, &Told { person, given, item, subject, cases }).await?;
                told.push(given);
                break;
            }
        }
    }
    Ok(())
}

/// The account in clear and who gave it, for payments alone; `None` when it was taken before.
pub async fn open(tx: &mut Tx, keys: &Keys, told: &Told) -> Result<Option<(GivenAccount, AccountId)>, StoreError> {
    let Some(row) = tx.maybe(ONE, params![told.person, told.given]).await? else { return Ok(None) };
    let Some(sealed) = row.maybe::<Vec<u8>>("sealed")? else { return Ok(None) };
    Ok(Some((unseal(keys, told.given, &sealed)?, row.get("account_id")?)))
}

/// Payments have it: the number is emptied here.
pub async fn taken(tx: &mut Tx, told: &Told, now: Instant) -> Result<(), StoreError> {
    tx.execute(TAKEN, params![told.person, told.given, now]).await.map(drop)
}

/// Payments have an account of this person, however it came to them: it is written, hidden, where applications look, and what
/// is offered to the household is looked at again, so that nobody is asked for it. Known already, nothing happens.
pub async fn known(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    rule: &PaymentAccount,
    masked: &str,
) -> Result<(), recompute::Fault> {
    let as_of = registry::AsOf::latest(desk.today());
    let Some(whole) = registry::read::person(tx, person, as_of).await? else { return Ok(()) };
    let basis = desk.basis(Cause::FactChange).map_err(sealing)?;
    let value = registry::FactValue::Text(masked.to_owned());
    if whole.process(&basis, |p| p.facts.iter().any(|f| f.item == rule.item && f.value == value)) {
        return Ok(());
    }
    let origin = Origin::new(SELF, &rule.law, "payments");
    let new = NewFact {
        subject: registry::Subject::Person(person),
        item: rule.item.clone(),
        value,
        valid: Period { from: desk.today(), until: None },
        corrects: None,
    };
    let check = |s: &registry::Subject, i: &str, v: &registry::FactValue| desk.check(s, i, v);
    registry::fact::record(tx, desk.pen(&origin), &check, new).await.map_err(|e| match e {
        registry::fact::FactError::Store(why) => why,
        other => sealing(other),
    })?;
    if let Some(home) = household::household_of(tx, desk, person).await? {
        recompute::household(tx, desk, home, Cause::FactChange, None).await?;
    }
    Ok(())
}

/// Empties what a draft gave that is thrown away; `others` are the answers of drafts that stay.
pub(crate) async fn forget(
    tx: &mut Tx,
    desk: &Desk<'_>,
    person: PersonId,
    answers: &[Given],
    others: &[Given],
) -> Result<(), StoreError> {
    for given in answers.iter().filter(|g| !others.contains(g)) {
        let (Some(_), Value::Text(masked)) = (rule(desk, given.subject, &given.item), &given.value) else { continue };
        tx.execute(FORGET, params![person, given.subject.uuid(), masked]).await?;
    }
    Ok(())
}

/// Whether a value may be written where facts are written: an account only when its number is hidden.
pub(crate) fn may_be_kept(desk: &Desk<'_>, entity: Entity, item: &str, value: &Value) -> Result<(), String> {
    match value {
        Value::Text(text) if desk.pack.account_item(entity, item).is_some() && !masked(text) => {
            Err("an account number is no fact to be kept: give it in an application or with the payments".to_owned())
        }
        _ => Ok(()),
    }
}
