//! Where two people meet in one case, or must: at the same instant, and above a sum.

use casework::Desk;
use casework::case::{Stage, TaskKind};
use casework::decide::official::{self, Prepared};
use casework::decide::{Override, Put};
use guard::{Action, Role, Who};
use kernel::AccountId;
use store::transact;
use uuid::Uuid;

use crate::desk::{Office, TODAY};
use crate::flow::{LATE, a_gap, case_of, may, open_tasks};
use crate::parts::{taken, with};

#[tokio::test(flavor = "multi_thread")]
async fn of_two_officials_who_decide_at_the_same_instant_one_is_told_that_the_case_changed() {
    for office in Office::all(111).await {
        let (child, case) = a_gap(&office).await;
        let refusal = Override { grant: false, slices: vec![], reason: "not shown".into(), law: "Act 9".into() };
        let input = Prepared { case: case.id, revision: case.revision, words: None, overriding: Some(refusal) };
        let desk = office.desk_on(LATE);
        let decide = async |number: u128| {
            let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
            let me = Who { account: AccountId(Uuid::from_u128(number)), ..me };
            transact!(office.db, official::Fault, |tx| {
                official::prepare(tx, &desk, &me, &allowed, input.clone()).await
            })
        };
        let both = tokio::join!(decide(11), decide(12));
        let (taken, told) = match both {
            (Ok(put), Err(why)) | (Err(why), Ok(put)) => (put, why),
            both => panic!("one is taken and one is told: {both:?}"),
        };
        assert!(matches!(taken, Put::Approval(_)), "{taken:?}");
        assert!(matches!(told, official::Fault::Changed { shown, now } if shown < now), "{told:?}");
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select count(*) as n from decision", &[]).await.unwrap();
        assert_eq!(row.get::<i64>("n").unwrap(), 1);
        drop(tx);
        assert_eq!(open_tasks(&office, TaskKind::Approve).await.len(), 1);
    }
}

#[tokio::test]
async fn a_second_person_signs_above_the_sum_and_not_at_it() {
    // The allowance is 100,000 a month.
    for (line, alone) in [(100_001, true), (100_000, true), (99_999, false)] {
        let pack = with(&format!("four_eyes_over = {line}"));
        for office in Office::all(112).await {
            let (_, child) = taken(&office, &pack).await;
            let case = case_of(&office, "child_allowance").await;
            if alone {
                assert_eq!(case.stage, Stage::Decided, "over {line}: the machine decides");
                continue;
            }
            assert_eq!(case.stage, Stage::Official, "over {line}: no machine");
            let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
            let desk = Desk { pack: &pack, ..office.desk_on(TODAY) };
            let input = Prepared { case: case.id, revision: case.revision, words: None, overriding: None };
            let put = transact!(office.db, official::Fault, |tx| {
                official::prepare(tx, &desk, &me, &allowed, input.clone()).await
            })
            .unwrap();
            let Put::Approval(decision) = put else { panic!("over {line}: {put:?}") };
            let (same, approves) = may(Action::ApproveDecision, child, Role::Approver);
            let sign = async |account: AccountId| {
                let who = Who { account, ..same.clone() };
                transact!(office.db, official::Fault, |tx| {
                    official::approve(tx, &desk, &who, &approves, decision, true, "").await
                })
            };
            assert!(matches!(sign(me.account).await, Err(official::Fault::SamePerson)));
            assert_eq!(sign(AccountId(Uuid::from_u128(5))).await.unwrap(), Put::InForce(decision));
        }
    }
}

#[tokio::test]
async fn an_official_decides_alone_at_the_sum_too() {
    for (line, alone) in [(100_001, true), (100_000, true), (99_999, false)] {
        let pack = with(&format!("automatic = false\nfour_eyes_over = {line}"));
        for office in Office::all(113).await {
            let (_, child) = taken(&office, &pack).await;
            let case = case_of(&office, "child_allowance").await;
            let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
            let desk = Desk { pack: &pack, ..office.desk_on(TODAY) };
            let input = Prepared { case: case.id, revision: case.revision, words: None, overriding: None };
            let put = transact!(office.db, official::Fault, |tx| {
                official::prepare(tx, &desk, &me, &allowed, input.clone()).await
            })
            .unwrap();
            assert_eq!(matches!(put, Put::InForce(_)), alone, "over {line}: {put:?}");
        }
    }
}
