//! Who comes for the first time: the identity provider vouches for their national identifier, the register knows whose it is,
//! and so an account of their own begins. An official's account learns the same way who is behind it, so that their own record,
//! their family's and their colleagues' stay shut to them.

use guard::account::{self, Account, AccountError, Duty};
use guard::{Processing, PurposeKind, Role};
use kernel::{AccountId, PersonId};
use registry::AsOf;
use registry::person::Identifier;
use store::{Tx, transact};

use super::SignInError;
use super::oidc::Identity;
use crate::state::AppState;

/// On what it rests that the register is asked who somebody is: they ask themselves.
const LAW: &str = "a person's own sign-in";

/// The account of whom the provider vouches for, and what the log is to say of how it was found.
pub(super) async fn account_of(app: &AppState, identity: &Identity) -> Result<(AccountId, &'static str), SignInError> {
    let mut tx = app.db.read().await.map_err(AccountError::from)?;
    let known = account::of_subject(&mut tx, &identity.issuer, &identity.subject).await?;
    drop(tx);
    match (known, &identity.identifier) {
        (Some(account), None) => Ok((account.id, "signed in")),
        (Some(account), Some(_)) if account.person.is_some() && account.is_a(Role::Citizen) => {
            Ok((account.id, "signed in"))
        }
        (None, None) => Err(SignInError::Unknown),
        (known, Some(number)) => {
            let identifier = identifier(app, number)?;
            let person = living(&mut app.db.read().await.map_err(AccountError::from)?, app, &identifier).await?;
            match (known, person) {
                // Officials need not be in the register of the place they serve.
                (Some(account), None) => Ok((account.id, "signed in")),
                (None, None) => Err(SignInError::NotRegistered),
                (known, Some(person)) => {
                    transact!(app.db, SignInError, |tx| meet(tx, app, identity, person, known.as_ref()).await)
                }
            }
        }
    }
}

/// The number as the registry keeps it.
fn identifier(app: &AppState, number: &str) -> Result<Identifier, SignInError> {
    let pack = app.packs.current();
    let scheme = crate::official::handlers::scheme(&pack);
    pack.identifier_fits(scheme, number).map_err(SignInError::Identifier)?;
    Ok(Identifier::new(scheme, number))
}

async fn meet(
    tx: &mut Tx,
    app: &AppState,
    identity: &Identity,
    (given, person): (PersonId, PersonId),
    known: Option<&Account>,
) -> Result<(AccountId, &'static str), SignInError> {
    match known {
        Some(account) => {
            if account::works_elsewhere(tx, &[person, given], account.id).await? {
                return Err(AccountError::SecondJob.into());
            }
            account::bind(tx, account.id, person).await?;
            account::set_duty(tx, account.id, &own_affairs()).await?;
            Ok((account.id, "signed in, and known from now on by whose record is theirs"))
        }
        None => {
            let id = match account::of_person(tx, &[person, given]).await? {
                Some(own) => own,
                None => begin(tx, app, person).await?,
            };
            account::link(tx, &identity.issuer, &identity.subject, id).await?;
            Ok((id, "signed in for the first time"))
        }
    }
}

/// The person whose identifier this is and who is alive: the record it was given to, and the one that stands for it now.
async fn living(
    tx: &mut Tx,
    app: &AppState,
    identifier: &Identifier,
) -> Result<Option<(PersonId, PersonId)>, SignInError> {
    let Some(given) = registry::person::owner(tx, app.guard.keys(), identifier).await? else { return Ok(None) };
    let person = registry::read::surviving(tx, given).await?;
    let Some(record) = registry::read::person(tx, person, AsOf::latest(app.today())).await? else { return Ok(None) };
    let basis = Processing::new(PurposeKind::OwnAffairs, LAW).map_err(|_| SignInError::NotRegistered)?;
    let dead = record.process(&basis, |record| record.death_date.is_some());
    Ok((!dead).then_some((given, person)))
}

async fn begin(tx: &mut Tx, app: &AppState, person: PersonId) -> Result<AccountId, SignInError> {
    let name = registry::read::names(tx, [person], app.today()).await?.remove(&person).unwrap_or_default();
    Ok(account::create(tx, &*app.ids, app.now(), &name, Some(person), &[own_affairs()]).await?)
}

/// Everybody's, an official's too: as a mother or a son they are a citizen like any other.
fn own_affairs() -> Duty {
    Duty { role: Role::Citizen, organisation: String::new(), jurisdiction: None }
}
