//! Accounts and the people behind them: whose account it is, who works for an office.

use std::collections::BTreeSet;

use kernel::{AccountId, PersonId};
use store::{InList, StoreError, Tx, params, sql};
use uuid::Uuid;

use super::{Account, AccountError, by_id};
use crate::Role;

sql! {
    OF_PERSON = "select a.account_id from account a join account_duty d on d.account_id = a.account_id
        where a.person_id = $1 and d.role = $2 order by a.account_id";
    BIND = "update account set person_id = $2 where account_id = $1 and person_id is null";
    OFFICE = "select distinct a.account_id, a.display_name from account a join account_duty d on d.account_id = a.account_id
        where d.organisation = $1 and d.role <> $2 order by a.display_name, a.account_id limit $3";
    OFFICE_AFTER = "select distinct a.account_id, a.display_name from account a join account_duty d on d.account_id = a.account_id
        where d.organisation = $1 and d.role <> $2
            and (a.display_name, a.account_id) > (select b.display_name, b.account_id from account b where b.account_id = $4)
        order by a.display_name, a.account_id limit $3";
}

/// Who of some people works for an organisation.
pub(super) static COLLEAGUES: InList = InList::new(
    "COLLEAGUES",
    "select distinct a.person_id from account a join account_duty d on d.account_id = a.account_id
        where d.organisation = $1 and a.person_id in ({ids})",
    1,
);

/// The account in which a person looks after their own affairs, under any of the ids their record has had.
pub async fn of_person(tx: &mut Tx, ids: &[PersonId]) -> Result<Option<AccountId>, StoreError> {
    for id in ids {
        if let Some(row) = tx.all(OF_PERSON, params![*id, Role::Citizen.word()]).await?.first() {
            return Ok(Some(row.get("account_id")?));
        }
    }
    Ok(None)
}

/// Says who is behind an account of which that was not known; `false`: it was known already.
pub async fn bind(tx: &mut Tx, account: AccountId, person: PersonId) -> Result<bool, StoreError> {
    Ok(tx.execute(BIND, params![account, person]).await? > 0)
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
    let mut all = Vec::with_capacity(rows.len());
    for row in rows {
        all.extend(by_id(tx, row.get("account_id")?).await?);
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
