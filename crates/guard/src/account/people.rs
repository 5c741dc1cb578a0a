//! Accounts and the people behind them: whose account it is, who works for an office.

use std::collections::BTreeSet;

use kernel::{AccountId, Instant, PersonId};
use store::{InList, StoreError, Tx, params, sql};
use uuid::Uuid;

use super::{Account, AccountError, account, duty};
use crate::Role;

sql! {
    OF_PERSON = "select a.account_id from account a join account_duty d on d.account_id = a.account_id
        where a.person_id = $1 and d.role = $2
            and not exists (select 1 from account_duty s where s.account_id = a.account_id and s.role <> $2)
        order by a.account_id";
    WORKS = "select count(*) as n from account a join account_duty d on d.account_id = a.account_id
        where a.person_id = $1 and a.account_id <> $2 and a.suspended = $3 and d.role <> $4";
    ALL_OF_PERSON = "select a.account_id, (select count(*) from account_duty d where d.account_id = a.account_id and d.role <> $2) as jobs
        from account a where a.person_id = $1 order by a.account_id";
    UNBIND = "update account set person_id = null where account_id = $1";
    UNLINK = "delete from account_subject where account_id = $1";
    BIND = "update account set person_id = $2 where account_id = $1 and person_id is null";
    OFFICE = "select o.account_id, a.display_name, a.person_id, a.suspended, d.role, d.organisation, d.jurisdiction from
        (select distinct a.account_id, a.display_name from account a join account_duty d on d.account_id = a.account_id
            where d.organisation = $1 and d.role <> $2 order by a.display_name, a.account_id limit $3) o
        join account a on a.account_id = o.account_id join account_duty d on d.account_id = o.account_id
        order by o.display_name, o.account_id, d.role";
    OFFICE_AFTER = "select o.account_id, a.display_name, a.person_id, a.suspended, d.role, d.organisation, d.jurisdiction from
        (select distinct a.account_id, a.display_name from account a join account_duty d on d.account_id = a.account_id
            where d.organisation = $1 and d.role <> $2
                and (a.display_name, a.account_id) > (select b.display_name, b.account_id from account b where b.account_id = $4)
            order by a.display_name, a.account_id limit $3) o
        join account a on a.account_id = o.account_id join account_duty d on d.account_id = o.account_id
        order by o.display_name, o.account_id, d.role";
}

/// Who of some people works for an organisation.
pub(super) static COLLEAGUES: InList = InList::new(
    "COLLEAGUES",
    "select distinct a.person_id from account a join account_duty d on d.account_id = a.account_id
        where d.organisation = $1 and a.person_id in ({ids})",
    1,
);

/// The account in which a person only looks after their own affairs, under any of the ids their record has had. An official's
/// is none: the job was given to one name of the identity provider's, and another name of the same person does not get it.
pub async fn of_person(tx: &mut Tx, ids: &[PersonId]) -> Result<Option<AccountId>, StoreError> {
    for id in ids {
        if let Some(row) = tx.all(OF_PERSON, params![*id, Role::Citizen.word()]).await?.first() {
            return Ok(Some(row.get("account_id")?));
        }
    }
    Ok(None)
}

/// Whether a person works under another open account than this one. Then this one must not be an official's: signatures of two
/// people would be those of one.
pub async fn works_elsewhere(tx: &mut Tx, ids: &[PersonId], account: AccountId) -> Result<bool, StoreError> {
    for id in ids {
        let found = tx.one(WORKS, params![*id, account, false, Role::Citizen.word()]).await?;
        if found.get::<i64>("n")? > 0 {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Says who is behind an account of which that was not known; `false`: it was known already.
pub async fn bind(tx: &mut Tx, account: AccountId, person: PersonId) -> Result<bool, StoreError> {
    Ok(tx.execute(BIND, params![account, person]).await? > 0)
}

/// Parts a person, under any of the ids of their record, from every account: it is not sure any more that whoever signs in with it
/// is this person. An account of their own affairs is shut for good, for whoever used it stands in the log under its name; an
/// official's stays theirs, but for what it could do as a citizen. The next sign-in with the right number begins anew.
pub async fn part(tx: &mut Tx, ids: &[PersonId], now: Instant) -> Result<(), StoreError> {
    let citizen = Role::Citizen.word();
    for id in ids {
        for row in tx.all(ALL_OF_PERSON, params![*id, citizen]).await? {
            let account: AccountId = row.get("account_id")?;
            if row.get::<i64>("jobs")? > 0 {
                tx.execute(super::DROP_DUTY, params![account, citizen]).await?;
            } else {
                tx.execute(super::SUSPEND, params![account, true]).await?;
                tx.execute(UNLINK, params![account]).await?;
            }
            tx.execute(super::session::END_ALL, params![account, now]).await?;
            tx.execute(UNBIND, params![account]).await?;
        }
    }
    Ok(())
}

/// Accounts that act for an organisation, its machines too, suspended or not, by name: `most` of them behind `after`.
pub async fn office(
    tx: &mut Tx,
    organisation: &str,
    after: Option<AccountId>,
    most: u32,
) -> Result<Vec<Account>, AccountError> {
    let (citizen, most) = (Role::Citizen.word(), i64::from(most));
    let rows = match after {
        None => tx.all(OFFICE, params![organisation, citizen, most]).await?,
        Some(after) => tx.all(OFFICE_AFTER, params![organisation, citizen, most, after]).await?,
    };
    // A row for each duty of an account.
    let mut all: Vec<Account> = Vec::new();
    for row in &rows {
        let id = row.get("account_id")?;
        match all.last_mut().filter(|last| last.id == id) {
            Some(last) => last.duties.extend(duty(row)?),
            None => all.push(account(id, row)?),
        }
    }
    Ok(all)
}

/// Which of these people work for an organisation, as far as their accounts say who they are.
pub async fn colleagues(
    tx: &mut Tx,
    organisation: &str,
    people: impl IntoIterator<Item = PersonId>,
) -> Result<BTreeSet<PersonId>, StoreError> {
    let ids: Vec<Uuid> = people.into_iter().map(|p| p.0).collect();
    let rows = COLLEAGUES.all(tx, params![organisation], &ids).await?;
    rows.iter().map(|row| row.get("person_id")).collect()
}
