//! What the family is asked: nothing is asked of a bank before everybody concerned has agreed, and a family that stays silent
//! does not leave its case waiting for ever.

use std::time::Duration;

use casework::application::{Agreed, consent};
use casework::case::{Stage, TaskKind};
use casework::follow::silent;
use casework::investigate::answer::{self, Effect, Reply};
use kernel::{Date, PersonId};
use store::transact;

use crate::application::{BORN, citizen, count, home, may};
use crate::desk::{Office, TODAY};
use crate::flow::{case_of, drain, open_tasks, reply, requests, said};

const BANKS: &str = "financial_institutions";

async fn agrees(office: &Office, person: PersonId, yes: bool) {
    let (me, powers) = (citizen(person), may(&[person]));
    transact!(office.db, consent::Fault, |tx| {
        let desk = office.desk();
        if yes {
            let agreed = Agreed { person, purpose: "financial_enquiry".into() };
            consent::give(tx, &desk, &me, &powers, &agreed, None).await
        } else {
            consent::withdraw(tx, &desk, &me, &powers, person, "financial_enquiry").await.map(drop)
        }
    })
    .unwrap();
    drain(office, TODAY).await;
}

async fn of_banks(office: &Office) -> Vec<String> {
    let all = requests(office).await.into_iter().filter(|r| r.1 == BANKS);
    all.map(|(_, _, _, status)| status).collect()
}

#[tokio::test]
async fn banks_are_asked_when_every_grown_member_has_agreed_and_no_longer_when_one_takes_it_back() {
    for office in Office::all(121).await {
        let home = home(&office, 1, BORN).await;
        home.apply(&office, vec![home.for_all("livelihood")]).await;
        drain(&office, TODAY).await;
        assert!(!requests(&office).await.is_empty(), "agencies that need no consent are asked at once");
        assert_eq!(of_banks(&office).await, [""; 0], "nobody has agreed");
        agrees(&office, home.family.mother, true).await;
        assert_eq!(of_banks(&office).await, [""; 0], "the father has not agreed");
        agrees(&office, home.family.father, true).await;
        assert_eq!(of_banks(&office).await, ["waiting"]);
        agrees(&office, home.family.father, false).await;
        assert_eq!(of_banks(&office).await, ["cancelled"]);
        // What a bank says all the same is not taken.
        let (id, _, items, _) = requests(&office).await.into_iter().find(|r| r.1 == BANKS).unwrap();
        let facts = items.iter().map(|(s, i)| said(*s, i)).collect();
        let answered = Reply::Answered { facts, unknown: vec![], hash: "h".into() };
        assert_eq!(reply(&office, id, answered).await, Effect::TooLate);
        let known = "select count(*) as n from person_fact where source = 'financial_institutions'";
        assert_eq!(count(&office, known).await, 0);
    }
}

#[tokio::test]
async fn a_no_to_the_question_is_no_consent_and_a_yes_can_be_taken_back_where_consents_stand() {
    for office in Office::all(122).await {
        let home = home(&office, 1, BORN).await;
        home.apply(&office, vec![home.for_all("livelihood")]).await;
        drain(&office, TODAY).await;
        let case = case_of(&office, "livelihood").await;
        let mother = home.family.mother;
        for (yes, stands) in [(false, 0), (true, 1)] {
            let (me, allowed) = (citizen(mother), may(&[mother]).remove(0));
            let answer = casework::case::give::Answer {
                subject: casework::model::Subject::Person(mother),
                item: "financial_consent".into(),
                value: rules::schema::Value::Boolean(yes),
            };
            transact!(office.db, casework::case::give::Fault, |tx| {
                let answers = std::slice::from_ref(&answer);
                casework::case::give::run(tx, &office.desk(), &me, &allowed, case.id, answers).await
            })
            .unwrap();
            drain(&office, TODAY).await;
            let given = "select count(*) as n from consent where withdrawn_at is null";
            assert_eq!(count(&office, given).await, stands);
            assert_eq!(of_banks(&office).await, [""; 0]);
        }
    }
}

/// The look at silent families of a day, to its end.
async fn look(office: &Office, day: Date) {
    let desk = office.desk_on(day);
    transact!(office.db, store::StoreError, |tx| silent::queue(tx, &desk).await).unwrap();
    loop {
        let worked = transact!(office.db, casework::recompute::Fault, |tx| {
            let desk = office.desk_on(day);
            match tx.lease_job(desk.now.plus_seconds(60), Duration::from_secs(60)).await? {
                Some(job) => silent::work(tx, &desk, &job).await,
                None => Ok(false),
            }
        });
        if !worked.unwrap() {
            break;
        }
    }
    drain(office, day).await;
}

#[tokio::test]
async fn a_family_that_stays_silent_is_reminded_once_and_then_an_official_goes_on() {
    let days = |n: i64| TODAY.saturating_add(jiff::Span::new().days(n));
    for office in Office::all(123).await {
        let home = home(&office, 1, BORN).await;
        home.apply(&office, vec![home.for_child("child_allowance")]).await;
        drain(&office, TODAY).await;
        for (request, _, items, _) in requests(&office).await {
            let facts = items.iter().map(|(s, i)| said(*s, i)).collect();
            reply(&office, request, Reply::Answered { facts, unknown: vec![], hash: "h".into() }).await;
        }
        drain(&office, TODAY).await;
        let waits = case_of(&office, "child_allowance").await;
        assert_eq!((waits.stage, waits.paused_on), (Stage::AwaitingPerson, Some(TODAY)), "the account is missing");
        let letters = async || count(&office, "select count(*) as n from letter where kind = 'asked'").await;
        assert_eq!(letters().await, 1);
        for (day, written) in [(14, 1), (15, 2), (16, 2), (30, 2)] {
            look(&office, days(day)).await;
            assert_eq!(letters().await, written, "on day {day}");
            assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::AwaitingPerson);
        }
        look(&office, days(31)).await;
        let goes_on = case_of(&office, "child_allowance").await;
        assert_eq!((goes_on.stage, goes_on.paused_on), (Stage::Investigating, None));
        assert!(goes_on.due_on > waits.due_on, "the time it stood still does not count");
        assert_eq!(open_tasks(&office, TaskKind::Gap).await.len(), 1);
        // Overdue questions end as ever, and a look the day after opens nothing twice.
        transact!(office.db, answer::Fault, |tx| answer::overdue(tx, &office.desk_on(days(32)), 100).await).unwrap();
        look(&office, days(32)).await;
        assert_eq!(open_tasks(&office, TaskKind::Gap).await.len(), 1);
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select content from letter where kind = 'asked' order by made_at limit 1", &[]).await;
        let words: String = row.unwrap().get("content").unwrap();
        assert!(words.contains("2026년 12월 21일"), "{words}");
    }
}
