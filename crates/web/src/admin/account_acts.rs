//! What an administrator does with the accounts of officials and machines: for the pages and for programs alike. Nobody does it
//! with their own account, or whoever keeps accounts could make themselves anything.

use catalogue::Pack;
use guard::account::{self, Account, AccountError, Duty};
use guard::{Role, Who};
use kernel::AccountId;
use store::{StoreError, Tx};

use crate::state::AppState;

/// How many accounts one page lists.
pub(crate) const PAGE: u32 = 50;

/// The jobs an administrator gives: every role of an official.
pub(crate) const JOBS: [Role; 9] = [
    Role::CounterOfficial,
    Role::Caseworker,
    Role::Approver,
    Role::Finance,
    Role::Nurse,
    Role::VisitSupervisor,
    Role::Analyst,
    Role::PrivacyOfficer,
    Role::Administrator,
];

/// Why an account cannot be made or changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Wrong {
    #[error("this is your own account: another administrator changes it")]
    Own,
    #[error("there is no such account of an official or a machine")]
    Absent,
    #[error("a machine has no job: it sends what its agency may send")]
    Machine,
    #[error(transparent)]
    Account(#[from] AccountError),
}

impl From<StoreError> for Wrong {
    fn from(error: StoreError) -> Self {
        Wrong::Account(error.into())
    }
}

impl store::AsConflict for Wrong {
    fn is_conflict(&self) -> bool {
        matches!(self, Wrong::Account(e) if e.is_conflict())
    }
}

/// What is done with an account.
#[derive(Clone, Debug)]
pub(crate) enum Act {
    /// It gets this job, in the place of the one it had.
    Assign(Duty),
    /// It is shut, at once and for every session.
    Suspend,
    /// It is let in again.
    LetIn,
    /// Whoever is signed in with it is signed out.
    SignOut,
}

/// The place that holds all others.
pub(crate) fn country(pack: &Pack) -> Option<&str> {
    pack.jurisdictions().iter().find(|j| j.parent.is_none()).map(|j| j.id.as_str())
}

/// The job of a role at an office, in the whole country where no place is named: an official without a place would see nobody.
/// `Err` names the field that is wrong: `role`, `organisation` or `jurisdiction`.
pub fn duty(pack: &Pack, role: &str, organisation: &str, place: Option<&str>) -> Result<Duty, &'static str> {
    let role: Role = role.parse().ok().filter(|r| JOBS.contains(r)).ok_or("role")?;
    if pack.agencies().get(organisation).is_none() {
        return Err("organisation");
    }
    if place.is_some_and(|place| pack.jurisdictions().get(place).is_none()) {
        return Err("jurisdiction");
    }
    let jurisdiction = place.or_else(|| country(pack)).map(str::to_owned);
    Ok(Duty { role, organisation: organisation.to_owned(), jurisdiction })
}

/// Makes the account of an official whom the identity provider knows by this subject. Who came before as a citizen keeps their
/// account and gets the job in it.
pub async fn make(
    tx: &mut Tx,
    state: &AppState,
    (issuer, subject): (&str, &str),
    name: &str,
    duty: &Duty,
) -> Result<AccountId, AccountError> {
    if let Some(own) = account::of_subject(tx, issuer, subject).await?.filter(|a| !a.has_a_job()) {
        alone(tx, &own).await?;
        account::set_duty(tx, own.id, duty).await?;
        return Ok(own.id);
    }
    let id = account::create(tx, &*state.ids, state.now(), name, None, std::slice::from_ref(duty)).await?;
    account::link(tx, issuer, subject, id).await?;
    Ok(id)
}

/// Refuses a job where whoever is behind the account works under another open one.
async fn alone(tx: &mut Tx, account: &Account) -> Result<(), AccountError> {
    let Some(person) = account.person else { return Ok(()) };
    let ids = [registry::read::surviving(tx, person).await?, person];
    if account::works_elsewhere(tx, &ids, account.id).await? { Err(AccountError::SecondJob) } else { Ok(()) }
}

/// An account that is not only somebody's own affair; whoever asks for a citizen's learns nothing.
pub(crate) async fn one(tx: &mut Tx, id: AccountId) -> Result<Account, Wrong> {
    let found = account::by_id(tx, id).await?;
    found.filter(Account::has_a_job).ok_or(Wrong::Absent)
}

/// Does it.
pub(crate) async fn change(tx: &mut Tx, state: &AppState, who: &Who, id: AccountId, act: &Act) -> Result<(), Wrong> {
    let account = one(tx, id).await?;
    if account.id == who.account || (account.person.is_some() && account.person == who.person) {
        return Err(Wrong::Own);
    }
    match act {
        Act::Assign(duty) => {
            if account.is_a(Role::AgencySystem) {
                return Err(Wrong::Machine);
            }
            for role in account.duties.iter().map(|d| d.role).filter(|role| role.is_staff() && *role != duty.role) {
                account::drop_duty(tx, id, role).await?;
            }
            account::set_duty(tx, id, duty).await?;
        }
        Act::Suspend => account::suspend(tx, id, true).await?,
        Act::LetIn => {
            alone(tx, &account).await?;
            account::suspend(tx, id, false).await?;
        }
        Act::SignOut => {
            let _ended = account::end_all_sessions(tx, state.now(), id).await?;
        }
    }
    Ok(())
}
