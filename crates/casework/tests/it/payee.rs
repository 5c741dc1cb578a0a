//! Whose account it is: each payee answers for what is paid to them, and a holder of another name is looked at.

use casework::accept::{self, Given, Tap};
use casework::application::{self, Content};
use casework::case::{TaskKind, TaskStatus};
use casework::follow::holder::{self, Differs, Settled};
use casework::investigate::settle;
use casework::model::{OfferContent, Subject};
use casework::recompute;
use guard::{Action, Role};
use kernel::{OfferId, PayAccountId, PersonId};
use rules::schema::Value;
use store::{params, transact};
use uuid::Uuid;

use crate::application::{BORN, Home, citizen, home, may, setting};
use crate::desk::{Office, allowed_as, who};
use crate::flow::open_tasks;

const ITEM: &str = "bank_account";

async fn offered(office: &Office, programme: &str) -> (OfferId, u32, OfferContent) {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select offer_id, revision, content from offer where programme = $1 and status = 'open'";
    let row = tx.one(sql, params![programme]).await.unwrap();
    (row.get("offer_id").unwrap(), row.get("revision").unwrap(), row.json("content").unwrap())
}

fn asks(content: &OfferContent) -> Option<Subject> {
    content.needed.iter().find(|n| n.item == ITEM).map(|n| n.subject)
}

/// One parent accepts what is offered for the child, with their account where it was asked for.
async fn accept(office: &Office, home: &Home, parent: PersonId, programme: &str, account: &str) {
    let (offer, revision, content) = offered(office, programme).await;
    let given = |subject| Given { subject, item: ITEM.into(), value: Value::Text(account.into()) };
    let answers = asks(&content).filter(|_| !account.is_empty()).map(given).into_iter().collect();
    let input = accept::Input { applicant: parent, on_behalf: None, taps: vec![Tap { offer, revision, answers }] };
    transact!(office.db, accept::Fault, |tx| {
        let may = may(&[parent, home.child]);
        accept::run(tx, &office.desk(), &citizen(parent), &may, input.clone()).await
    })
    .unwrap();
}

async fn accounts(office: &Office, person: PersonId) -> i64 {
    let mut tx = office.db.read().await.unwrap();
    let sql =
        "select count(*) as n from person_fact where item = 'bank_account' and person_id = $1 and withdrawn_at is null";
    tx.one(sql, params![person]).await.unwrap().get("n").unwrap()
}

#[tokio::test]
async fn the_account_of_one_parent_answers_for_nobody_else() {
    for office in Office::all(41).await {
        let home = home(&office, 1, BORN).await;
        let (mother, father) = (home.family.mother, home.family.father);
        let child = Subject::Person(home.child);
        assert_eq!(asks(&offered(&office, "child_allowance").await.2), Some(child));
        accept(&office, &home, mother, "child_allowance", "088 110-222-333333 한지우").await;
        assert_eq!((accounts(&office, mother).await, accounts(&office, home.child).await), (1, 0), "it is hers");
        let again = async || {
            transact!(office.db, recompute::Fault, |tx| {
                let cause = casework::model::Cause::FactChange;
                recompute::household(tx, &office.desk(), home.family.household, cause, None).await
            })
            .unwrap();
        };
        again().await;
        // Whoever accepts the next is not known: of the father it would have to be asked.
        assert_eq!(asks(&offered(&office, "parent_benefit").await.2), Some(child));
        let asked_of = async |person: PersonId| {
            let begin = application::draft::Begin {
                person,
                channel: casework::case::Channel::Online,
                content: Content { chosen: vec![home.for_child("parent_benefit")], ..Content::default() },
            };
            let draft = home.begin_as(&office, &citizen(person), &may(&[person, home.child]), begin).await.unwrap();
            let input = application::apply::Input { draft: draft.id, revision: draft.revision };
            let desk = office.desk();
            let mut tx = office.db.begin().await.unwrap();
            let may = may(&[person, home.child]);
            let done = application::send(&mut tx, &desk, &citizen(person), &may, setting(), input).await.unwrap();
            drop(tx);
            done.missing.into_iter().find(|m| m.item == ITEM).map(|m| m.subject)
        };
        assert_eq!(asked_of(mother).await, None, "hers is known");
        assert_eq!(asked_of(father).await, Some(Subject::Person(father)), "his is his to say");
        accept(&office, &home, father, "parent_benefit", "088 110-999-333444 한도윤").await;
        assert_eq!((accounts(&office, father).await, accounts(&office, mother).await), (1, 1));
        again().await;
        // Both are known: nothing offered for the child asks any more.
        let mut tx = office.db.read().await.unwrap();
        let sql = "select content from offer where status = 'open' and subject_id = $1";
        for row in tx.all(sql, params![home.child]).await.unwrap() {
            assert_eq!(asks(&row.json("content").unwrap()), None);
        }
    }
}

#[tokio::test]
async fn a_holder_of_another_name_is_an_officials_to_settle() {
    for office in Office::all(42).await {
        let home = home(&office, 1, BORN).await;
        let mother = home.family.mother;
        let differs = |n: u128| Differs {
            person: mother,
            account: PayAccountId(Uuid::from_u128(n)),
            item: ITEM.into(),
            masked: "088 •••••••••333".into(),
            holder: "김철수".into(),
            names: vec!["한지우".into()],
        };
        let look = async |it: Differs| {
            transact!(office.db, store::StoreError, |tx| holder::differs(tx, &office.desk(), &it).await).unwrap()
        };
        assert_eq!(look(differs(1)).await, None, "nothing is paid to her by any case");
        accept(&office, &home, mother, "child_allowance", "088 110-222-333333 김철수").await;
        assert!(look(differs(1)).await.is_some() && look(differs(2)).await.is_some());
        let open = open_tasks(&office, TaskKind::AccountHolder).await;
        assert_eq!(open.len(), 1, "of the account in force alone");
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select detail from task where task_id = $1", params![open[0]]).await.unwrap();
        assert_eq!(row.json::<Differs>("detail").unwrap(), differs(2), "both names are shown");
        drop(tx);
        let settle = async |as_who: (guard::Who, guard::Allowed), words: &str| {
            transact!(office.db, settle::Fault, |tx| {
                holder::settle(tx, &office.desk(), &as_who.0, &as_who.1, open[0], false, words).await
            })
        };
        let worker = || allowed_as(Role::Caseworker, Action::WorkCase, &[home.child]);
        let other = (who(Role::Caseworker), crate::desk::allowed(Action::AcceptOffer, &[home.child]));
        assert!(matches!(settle(other, "it is her brother's").await, Err(settle::Fault::NotAllowed)));
        assert!(matches!(settle(worker(), " ").await, Err(settle::Fault::NoWords)));
        assert_eq!(accounts(&office, mother).await, 1);
        settle(worker(), "it is her brother's").await.unwrap();
        assert!(matches!(settle(worker(), "once more").await, Err(settle::Fault::Done)));
        assert_eq!(accounts(&office, mother).await, 0, "it is asked for again");
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select payload from outbox where topic = $1", params![holder::SETTLED]).await.unwrap();
        let told: Settled = row.json("payload").unwrap();
        assert_eq!((told.account, told.theirs), (PayAccountId(Uuid::from_u128(2)), false));
        let row = tx.one("select status from task where task_id = $1", params![open[0]]).await.unwrap();
        assert_eq!(row.parse::<TaskStatus>("status").unwrap(), TaskStatus::Done);
        drop(tx);
        assert_eq!(letters(&office, mother).await, 1, "she is asked for another");
        // Another account, again of another holder: an official looks again, and she is asked again.
        assert!(look(differs(3)).await.is_some());
        let open = open_tasks(&office, TaskKind::AccountHolder).await;
        assert_eq!(open.len(), 1, "of the new account");
        let (who, may) = worker();
        transact!(office.db, settle::Fault, |tx| {
            holder::settle(tx, &office.desk(), &who, &may, open[0], false, "her cousin's this time").await
        })
        .unwrap();
        assert_eq!(letters(&office, mother).await, 2, "for each account that was refused");
        // And the case that waits is looked at, so that its question stands on her page.
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select count(*) as n from outbox where topic = 'case.advance'", &[]).await.unwrap();
        assert!(row.get::<i64>("n").unwrap() >= 2);
    }
}

async fn letters(office: &Office, person: PersonId) -> i64 {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select count(*) as n from letter where person_id = $1 and kind = 'account'";
    tx.one(sql, params![person]).await.unwrap().get("n").unwrap()
}
