//! What agencies say after their time: left in peace where it changes nothing, looked at again where it does. And what is too
//! old is asked again; what an official saw or heard counts as the office's own finding.

use casework::case::{Case, Stage, StepKind, TaskKind};
use casework::decide::official::{self, Prepared};
use casework::decide::{Override, Put, object};
use casework::investigate::answer::{self, Contradiction, Effect, Reply};
use casework::investigate::settle::{self, Finding, Follow, How};
use casework::investigate::{Need, Whom};
use casework::model::Subject;
use guard::{Action, Role, Who};
use kernel::{AccountId, Date, PersonId, RequestId};
use registry::FactValue;
use rules::schema::Value;
use store::{params, transact};

use crate::desk::{Office, family};
use crate::flow::{LATE, a_gap, accept, account, agency_says, born, case_of, drain, may, open_tasks, requests, said};

/// A day on which the newborn could have been abroad for 90 days.
const MARCH: Date = Date::constant(2027, 3, 10);

/// The day after the decision on which an agency finds its tongue.
const LATER: Date = Date::constant(2027, 2, 3);

async fn about(office: &Office, item: &str) -> (RequestId, Vec<(Subject, String)>) {
    let all = requests(office).await.into_iter();
    let mut about = all.filter(|r| r.2.iter().any(|(_, i)| i == item));
    about.next().map(|(id, _, items, _)| (id, items)).unwrap()
}

/// The agency answers the question about stays abroad on the day after the decision.
async fn answers(office: &Office, days: i64) -> Effect {
    let day = LATER;
    let (request, items) = about(office, "days_abroad").await;
    let facts = items.iter().map(|(s, i)| {
        let value = if i == "days_abroad" { Value::Integer(days) } else { said(*s, i).value };
        answer::Said { value, ..said(*s, i) }
    });
    let reply = Reply::Answered { facts: facts.collect(), unknown: vec![], hash: "h".into() };
    let effect = transact!(office.db, answer::Fault, |tx| {
        answer::run(tx, &office.desk_on(day), request, reply.clone()).await
    });
    drain(office, day).await;
    effect.unwrap()
}

async fn late_steps(office: &Office, case: &Case) -> usize {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select detail from case_step where case_id = $1 and kind = $2";
    let rows = tx.all(sql, params![case.id, StepKind::Answered.word()]).await.unwrap();
    let late = |row: &store::Row| row.json::<serde_json::Value>("detail").unwrap()["status"] == "late";
    rows.iter().filter(|row| late(row)).count()
}

async fn facts_of(office: &Office, person: PersonId, item: &str) -> Vec<(FactValue, String)> {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select value, source from person_fact where person_id = $1 and item = $2 order by recorded_at";
    let rows = tx.all(sql, params![person, item]).await.unwrap();
    rows.iter().map(|r| (r.json("value").unwrap(), r.get("source").unwrap())).collect()
}

/// Nobody answered, an official found out at the family's home, and it was decided on that.
async fn found_out(office: &Office) -> (PersonId, Case) {
    let (child, case) = a_gap(office).await;
    let gap = open_tasks(office, TaskKind::Gap).await[0];
    let mut tx = office.db.read().await.unwrap();
    let row = tx.one("select detail from task where task_id = $1", params![gap]).await.unwrap();
    let detail: serde_json::Value = row.json("detail").unwrap();
    drop(tx);
    let needs: Vec<Need> = serde_json::from_value(detail["needs"].clone()).unwrap();
    let findings = needs.iter().filter(|n| n.whom != Whom::Person).map(|n| Finding {
        subject: n.subject,
        item: n.item.clone(),
        value: if n.item == "days_abroad" { Value::Integer(3) } else { said(n.subject, &n.item).value },
        from: None,
    });
    let findings: Vec<Finding> = findings.collect();
    let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
    transact!(office.db, settle::Fault, |tx| {
        settle::gap(tx, &office.desk_on(LATE), &me, &allowed, gap, &findings, How::Visit, "the passport was seen").await
    })
    .unwrap();
    drain(office, LATE).await;
    let case = Case { ..case_of(office, &case.programme).await };
    assert_eq!(case.stage, Stage::Decided);
    (child, case)
}

async fn settle_both(office: &Office, child: PersonId, follow: Follow) {
    let task = open_tasks(office, TaskKind::Contradiction).await[0];
    let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
    transact!(office.db, settle::Fault, |tx| {
        let desk = office.desk_on(LATER);
        settle::contradiction(tx, &desk, &me, &allowed, task, follow.clone(), "the border was called").await
    })
    .unwrap();
    drain(office, LATER).await;
}

#[tokio::test]
async fn what_comes_late_and_changes_nothing_bothers_nobody() {
    for office in Office::all(101).await {
        let (child, case) = found_out(&office).await;
        let before = facts_of(&office, child, "days_abroad").await;
        // Three days or five: no law knows the difference.
        assert_eq!(answers(&office, 5).await, Effect::Late);
        let now = case_of(&office, "child_allowance").await;
        assert_eq!((now.stage, now.decision, now.revision), (Stage::Decided, case.decision, case.revision));
        for kind in TaskKind::ALL {
            assert!(open_tasks(&office, *kind).await.is_empty(), "{kind}");
        }
        assert_eq!(late_steps(&office, &case).await, 1);
        assert_eq!(facts_of(&office, child, "days_abroad").await, before, "the official's finding stands");
        // Pushed again it is nothing new, and the question stays as it ended.
        assert_eq!(answers(&office, 120).await, Effect::TooLate);
        assert_eq!(late_steps(&office, &case).await, 1);
        assert!(requests(&office).await.iter().all(|r| r.3 == "timed_out"));
    }
}

#[tokio::test]
async fn what_comes_late_and_would_change_the_decision_is_an_officials_task_with_both_values() {
    for follow in [Follow::Held, Follow::Agency] {
        for office in Office::all(102).await {
            let (child, case) = found_out(&office).await;
            assert_eq!(answers(&office, 120).await, Effect::Late);
            let waits = case_of(&office, "child_allowance").await;
            assert_eq!((waits.stage, waits.decision), (Stage::Decided, case.decision), "nothing changes by itself");
            let mut tx = office.db.read().await.unwrap();
            let sql = "select detail, due_on from task where kind = 'contradiction' and status = 'open'";
            let row = tx.one(sql, &[]).await.unwrap();
            let both: Contradiction = serde_json::from_value(row.json("detail").unwrap()).unwrap();
            drop(tx);
            assert_eq!((both.held.value, both.said.value), (Value::Integer(3), Value::Integer(120)));
            assert_eq!((both.held.source.as_str(), both.agency.as_str()), ("municipality", "moj"));
            settle_both(&office, child, follow.clone()).await;
            let now = case_of(&office, "child_allowance").await;
            assert_eq!(now.decision, case.decision);
            if follow == Follow::Held {
                assert_eq!(now.stage, Stage::Decided, "the official holds with what the decision rests on");
            } else {
                // The allowance stops: the family is heard first, as before every worse decision.
                assert_eq!(now.stage, Stage::Hearing);
            }
        }
    }
}

async fn refuse(office: &Office, day: Date, child: PersonId, case: &Case) {
    let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
    let refusal = Override { grant: false, slices: vec![], reason: "not shown".into(), law: "Act 9".into() };
    let input = Prepared { case: case.id, revision: case.revision, words: None, overriding: Some(refusal) };
    let put = transact!(office.db, official::Fault, |tx| {
        official::prepare(tx, &office.desk_on(day), &me, &allowed, input.clone()).await
    });
    let Put::Approval(decision) = put.unwrap() else { panic!("a refusal needs two") };
    let (second, approves) = may(Action::ApproveDecision, child, Role::Approver);
    let second = Who { account: AccountId(uuid::Uuid::from_u128(5)), ..second };
    transact!(office.db, official::Fault, |tx| {
        official::approve(tx, &office.desk_on(day), &second, &approves, decision, true, "").await
    })
    .unwrap();
}

#[tokio::test]
async fn in_an_open_case_what_comes_late_fills_the_gap() {
    for office in Office::all(104).await {
        let (child, case) = a_gap(&office).await;
        assert_eq!((case.stage, open_tasks(&office, TaskKind::Gap).await.len()), (Stage::Investigating, 1));
        assert_eq!(answers(&office, 3).await, Effect::Late);
        assert_eq!(facts_of(&office, child, "days_abroad").await.last().unwrap().1, "moj");
        assert!(open_tasks(&office, TaskKind::Gap).await.is_empty(), "what the agency said needs nobody's finding");
        assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::Decided);
    }
}

#[tokio::test]
async fn what_is_older_than_the_data_dictionary_allows_is_asked_again() {
    for (since, asks) in [(Date::constant(2027, 3, 7), true), (MARCH, false)] {
        for office in Office::all(105).await {
            let home = family(&office, 1).await;
            let child = born(&office, &home).await.person;
            // The border said so itself; its word holds a day.
            agency_says(&office, since, child, "days_abroad", FactValue::Integer(0)).await;
            accept(&office, &home, child, &[("child_allowance", account())]).await;
            drain(&office, MARCH).await;
            let asked = requests(&office).await;
            let again = asked.iter().any(|r| r.1 == "moj" && r.2 == [(Subject::Person(child), "days_abroad".into())]);
            assert_eq!(again, asks, "said on {since}: {asked:?}");
        }
    }
}

#[tokio::test]
async fn what_an_official_saw_or_heard_is_evidence_with_a_note() {
    for how in [How::Visit, How::Interview] {
        for office in Office::all(106).await {
            let (child, case) = a_gap(&office).await;
            let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
            let found = [Finding {
                subject: Subject::Person(child),
                item: "days_abroad".into(),
                value: Value::Integer(0),
                from: None,
            }];
            let note = async |words: &str| {
                let done = transact!(office.db, settle::Fault, |tx| {
                    let desk = office.desk_on(LATE);
                    settle::note(tx, &desk, &me, &allowed, case.id, how, words, &found, &[]).await
                });
                drain(&office, LATE).await;
                done
            };
            assert!(matches!(note("  ").await, Err(settle::Fault::NoWords)));
            assert_eq!(facts_of(&office, child, "days_abroad").await.len(), 1, "without words nothing is taken");
            note("the grandmother was there, the child too").await.unwrap();
            let facts = facts_of(&office, child, "days_abroad").await;
            assert_eq!(facts.last().unwrap(), &(FactValue::Integer(0), "municipality".to_owned()));
            let mut tx = office.db.read().await.unwrap();
            let sql = "select detail, account_id from case_step where kind = 'noted'";
            let row = tx.one(sql, &[]).await.unwrap();
            let detail: serde_json::Value = row.json("detail").unwrap();
            drop(tx);
            assert_eq!(
                (&detail["how"], &detail["items"]),
                (&serde_json::json!(how), &serde_json::json!(["days_abroad"]))
            );
            assert_eq!(row.get::<AccountId>("account_id").unwrap(), me.account);
            // It was all that was missing: the case is decided on it, and a closed case takes no more notes.
            assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::Decided);
            assert!(matches!(note("once more").await, Err(settle::Fault::Closed)));
        }
    }
}

#[tokio::test]
async fn what_the_family_said_is_not_overruled_by_a_late_answer_alone() {
    for office in Office::all(107).await {
        let (child, case) = a_gap(&office).await;
        refuse(&office, LATE, child, &case).await;
        // The family had said three days, the border says none: the rules would grant, and an official sees both.
        assert_eq!(answers(&office, 0).await, Effect::Late);
        assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::Decided);
        settle_both(&office, child, Follow::Agency).await;
        assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::Official);
        assert_eq!(open_tasks(&office, TaskKind::Decide).await.len(), 1);
    }
}

#[tokio::test]
async fn a_machine_does_not_undo_what_an_official_refused() {
    for office in Office::all(108).await {
        let (child, case) = a_gap(&office).await;
        refuse(&office, LATE, child, &case).await;
        let refused = case_of(&office, "child_allowance").await;
        assert_eq!(refused.stage, Stage::Decided);
        // The border says the three days that the family had said: by the rules the machine would grant on the spot.
        assert_eq!(answers(&office, 3).await, Effect::Late);
        assert!(open_tasks(&office, TaskKind::Contradiction).await.is_empty(), "nobody says otherwise");
        let now = case_of(&office, "child_allowance").await;
        assert_eq!((now.stage, now.decision), (Stage::Official, refused.decision), "another human being decides anew");
        assert_eq!(open_tasks(&office, TaskKind::Decide).await.len(), 1);
        let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
        let input = Prepared { case: now.id, revision: now.revision, words: None, overriding: None };
        let put = transact!(office.db, official::Fault, |tx| {
            official::prepare(tx, &office.desk_on(LATER), &me, &allowed, input.clone()).await
        });
        let Put::InForce(granted) = put.unwrap() else { panic!("a grant by the rules needs nobody else") };
        let granted_now = case_of(&office, "child_allowance").await;
        assert_eq!((granted_now.stage, granted_now.decision), (Stage::Decided, Some(granted)));
    }
}

#[tokio::test]
async fn another_decision_in_force_ends_what_still_was_to_be_settled_about_the_one_before() {
    for office in Office::all(109).await {
        let (child, case) = found_out(&office).await;
        assert_eq!(answers(&office, 120).await, Effect::Late);
        let waiting = open_tasks(&office, TaskKind::Contradiction).await;
        assert_eq!(waiting.len(), 1, "the late answer would change the decision");
        // Before anybody settles it, a court orders otherwise.
        let (second, approves) = may(Action::ApproveDecision, child, Role::Approver);
        let second = Who { account: AccountId(uuid::Uuid::from_u128(5)), ..second };
        let order = Override { grant: false, slices: vec![], reason: "ordered".into(), law: "Judgment 7".into() };
        let put = transact!(office.db, object::Fault, |tx| {
            let desk = office.desk_on(LATER);
            object::court_order(tx, &desk, &second, &approves, case.decision.unwrap(), order.clone()).await
        });
        let Put::InForce(ordered) = put.unwrap() else { panic!("a court's order holds at once") };
        assert!(open_tasks(&office, TaskKind::Contradiction).await.is_empty(), "it was about another decision");
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select status, outcome from task where task_id = $1", params![waiting[0]]).await.unwrap();
        let ended = (row.get::<String>("status").unwrap(), row.get::<String>("outcome").unwrap());
        assert_eq!(ended, ("cancelled".into(), "decided".into()));
        drop(tx);
        // Whoever still has the page open settles nothing any more.
        let (me, allowed) = may(Action::WorkCase, child, Role::Caseworker);
        let late = transact!(office.db, settle::Fault, |tx| {
            let desk = office.desk_on(LATER);
            settle::contradiction(tx, &desk, &me, &allowed, waiting[0], Follow::Agency, "the border was called").await
        });
        assert!(late.is_err(), "{late:?}");
        drain(&office, LATER).await;
        let now = case_of(&office, "child_allowance").await;
        assert_eq!((now.stage, now.decision), (Stage::Decided, Some(ordered)));
    }
}
