//! Accounts: who may sign in, as what. The identity provider says who somebody is; what they may act as is kept here.

mod attempt;
mod local;
mod people;
mod session;

use kernel::{AccountId, Ids, Instant, PersonId};
use store::{AsConflict, Row, Schema, Step, StoreError, Tx, params, sql};

use crate::keys::KeyError;
use crate::log::LogError;
use crate::{Reason, Role};

pub use local::{LocalSecret, NewLocal, create_local, sign_in_local};
pub use people::{bind, colleagues, of_person, office, part, works_elsewhere};
pub use session::{
    Checked, SignedInBy, Started, act_as, check_session, end_all_sessions, end_session, sessions_of, start_session,
    touch_session,
};

/// The tables of this room.
pub const SCHEMA: Schema = Schema {
    room: "guard",
    steps: &[
        Step { version: 1, name: "accounts, sessions", sql: include_str!("../../schema/1.sql") },
        Step { version: 2, name: "accounts of a person", sql: include_str!("../../schema/2.sql") },
    ],
};

/// Every statement of this room, for the test that prepares them all on both engines.
pub const ALL_STATEMENTS: &[&[(&str, &str)]] =
    &[STATEMENTS, people::STATEMENTS, session::STATEMENTS, local::STATEMENTS, attempt::STATEMENTS];

/// The statements over lists of ids, for the same test.
pub fn lists() -> Vec<(&'static str, &'static str)> {
    people::COLLEAGUES.statements().to_vec()
}

sql! {
    ADD = "insert into account (account_id, display_name, person_id, suspended, created_at) values ($1, $2, $3, $4, $5)";
    ADD_DUTY = "insert into account_duty (account_id, role, organisation, jurisdiction) values ($1, $2, $3, $4)
        on conflict (account_id, role) do update set organisation = excluded.organisation, jurisdiction = excluded.jurisdiction";
    DROP_DUTY = "delete from account_duty where account_id = $1 and role = $2";
    LINK = "insert into account_subject (subject, account_id) values ($1, $2)";
    OF_SUBJECT = "select account_id from account_subject where subject = $1";
    ONE = "select a.display_name, a.person_id, a.suspended, d.role, d.organisation, d.jurisdiction from account a
        left join account_duty d on d.account_id = a.account_id where a.account_id = $1 order by d.role";
    STAFF = "select a.account_id, a.display_name, d.role, d.organisation, d.jurisdiction from account_duty d join account a on a.account_id = d.account_id
        where d.organisation = $1 and a.suspended = $2 order by a.display_name, a.account_id, d.role";
    SUSPEND = "update account set suspended = $2 where account_id = $1";
}

/// Why an account could not be used or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys.
    #[error(transparent)]
    Keys(#[from] KeyError),
    /// The log did not take the entry, so nobody is signed in.
    #[error(transparent)]
    Log(#[from] LogError),
    /// Login, password or code do not fit. Which of them is not told.
    #[error("the login, the password or the code is wrong")]
    Wrong,
    /// Too many failures; wait.
    #[error("too many failed attempts: try again in {0} seconds")]
    Wait(u32),
    /// The account is suspended.
    #[error("the account is suspended: ask the administrator")]
    Suspended,
    /// The account has no such role.
    #[error("the account does not act in this role")]
    NoDuty,
    /// Whoever is behind the account works under another one: two signatures would be of one person.
    #[error("whoever this is works under another account: give that one the job, or suspend it first")]
    SecondJob,
    /// The login, or the identity provider's name of somebody, belongs to an account already.
    #[error("the login {0:?} is taken: choose another")]
    Taken(String),
    /// The password is too short.
    #[error("the password is too short: at least 12 characters")]
    Short,
    /// Hashing failed.
    #[error("the password could not be hashed")]
    Hash,
}

impl AsConflict for AccountError {
    fn is_conflict(&self) -> bool {
        matches!(self, AccountError::Store(e) if e.is_conflict())
    }
}

impl AccountError {
    /// The reason in the guard's words, where there is one.
    pub fn reason(&self) -> Option<Reason> {
        matches!(self, AccountError::Suspended).then_some(Reason::Suspended)
    }
}

/// One role of an account, and where it acts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Duty {
    /// The role.
    pub role: Role,
    /// The organisation's code; empty for citizens.
    pub organisation: String,
    /// The jurisdiction's code.
    pub jurisdiction: Option<String>,
}

/// An account as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its id.
    pub id: AccountId,
    /// The name shown in the page's corner.
    pub name: String,
    /// The person behind it, when known.
    pub person: Option<PersonId>,
    /// Whether it is suspended.
    pub suspended: bool,
    /// What it may act as, in the order of the roles' words.
    pub duties: Vec<Duty>,
}

impl Account {
    /// Whether it may act in a role.
    pub fn is_a(&self, role: Role) -> bool {
        self.duties.iter().any(|d| d.role == role)
    }

    /// Whether there is a job in it, an official's or a machine's: it is not only somebody's own affair.
    pub fn has_a_job(&self) -> bool {
        self.duties.iter().any(|d| d.role != Role::Citizen)
    }
}

/// Makes an account with its roles.
pub async fn create(
    tx: &mut Tx,
    ids: &dyn Ids,
    now: Instant,
    name: &str,
    person: Option<PersonId>,
    duties: &[Duty],
) -> Result<AccountId, AccountError> {
    let account = AccountId::new(ids, now);
    tx.execute(ADD, params![account, name, person, false, now]).await?;
    for duty in duties {
        set_duty(tx, account, duty).await?;
    }
    Ok(account)
}

/// Gives an account a role, or moves the role it has to another office. Counts from the next request on.
pub async fn set_duty(tx: &mut Tx, account: AccountId, duty: &Duty) -> Result<(), AccountError> {
    tx.execute(ADD_DUTY, params![account, duty.role.word(), duty.organisation, duty.jurisdiction]).await?;
    Ok(())
}

/// Takes a role from an account. Its sessions in that role end with the next request.
pub async fn drop_duty(tx: &mut Tx, account: AccountId, role: Role) -> Result<(), AccountError> {
    tx.execute(DROP_DUTY, params![account, role.word()]).await?;
    Ok(())
}

/// Ties the identity provider's name of somebody to an account; refuses one that is tied already.
pub async fn link(tx: &mut Tx, issuer: &str, subject: &str, account: AccountId) -> Result<(), AccountError> {
    match tx.execute(LINK, params![subject_key(issuer, subject), account]).await {
        Ok(_) => Ok(()),
        Err(StoreError::Duplicate(_)) => Err(AccountError::Taken(subject.to_owned())),
        Err(error) => Err(error.into()),
    }
}

/// The account of somebody the identity provider vouches for.
pub async fn of_subject(tx: &mut Tx, issuer: &str, subject: &str) -> Result<Option<Account>, AccountError> {
    match tx.maybe(OF_SUBJECT, params![subject_key(issuer, subject)]).await? {
        Some(row) => by_id(tx, row.get("account_id")?).await,
        None => Ok(None),
    }
}

/// One account.
pub async fn by_id(tx: &mut Tx, id: AccountId) -> Result<Option<Account>, AccountError> {
    let rows = tx.all(ONE, params![id]).await?;
    let Some((first, rest)) = rows.split_first() else { return Ok(None) };
    let mut found = account(id, first)?;
    for row in rest {
        found.duties.extend(duty(row)?);
    }
    Ok(Some(found))
}

/// An account with the duty of its first row.
fn account(id: AccountId, row: &Row) -> Result<Account, StoreError> {
    let (name, person) = (row.get("display_name")?, row.maybe("person_id")?);
    Ok(Account { id, name, person, suspended: row.get("suspended")?, duties: duty(row)?.into_iter().collect() })
}

/// The duty of a row; an account without any is one row without a role.
fn duty(row: &Row) -> Result<Option<Duty>, StoreError> {
    if row.maybe::<String>("role")?.is_none() {
        return Ok(None);
    }
    let (organisation, jurisdiction) = (row.get("organisation")?, row.maybe("jurisdiction")?);
    Ok(Some(Duty { role: row.parse("role")?, organisation, jurisdiction }))
}

/// Who works for an organisation and is not suspended, by name; one entry a duty.
pub async fn staff(tx: &mut Tx, organisation: &str) -> Result<Vec<(AccountId, String, Duty)>, AccountError> {
    let mut all = Vec::new();
    for row in tx.all(STAFF, params![organisation, false]).await? {
        let duty = Duty {
            role: row.parse("role")?,
            organisation: row.get("organisation")?,
            jurisdiction: row.maybe("jurisdiction")?,
        };
        all.push((row.get("account_id")?, row.get("display_name")?, duty));
    }
    Ok(all)
}

/// Suspends an account, or lets it in again. Counts from the next request on.
pub async fn suspend(tx: &mut Tx, account: AccountId, suspended: bool) -> Result<(), AccountError> {
    tx.execute(SUSPEND, params![account, suspended]).await?;
    Ok(())
}

/// Issuer and subject on a line each: neither can hold a newline in an ID token that was accepted.
fn subject_key(issuer: &str, subject: &str) -> String {
    format!("{issuer}\n{subject}")
}
