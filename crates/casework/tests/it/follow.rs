//! After the decision: reports, reminders, complaints, the one question, and figures in which nobody can be recognised.

use std::collections::BTreeMap;
use std::time::Duration;

use casework::case::TaskKind;
use casework::changed::FactTold;
use casework::follow::{FEWEST, grievance, remind, report, satisfaction, uptake};
use casework::model::{Cause, Subject};
use guard::{Action, Role};
use kernel::{AccountId, Date, GrievanceId, Instant, PersonId, ReportId};
use rules::schema::Value;
use store::{params, transact};
use uuid::Uuid;

use crate::application::{citizen, count, home};
use crate::desk::{Office, TODAY, allowed, allowed_as, family, who};
use crate::flow::{decided, drain, open_tasks};

fn told(id: u128, person: PersonId, words: &str, facts: Vec<FactTold>) -> report::Input {
    let words = words.to_owned();
    let id = ReportId(Uuid::from_u128(id));
    report::Input { id, person, kind: report::Kind::Income, occurred_on: TODAY, words, facts }
}

#[tokio::test]
async fn a_report_becomes_facts_and_a_task_once() {
    for office in Office::all(71).await {
        let (family, _, _) = decided(&office).await;
        let mother = family.mother;
        let wage = FactTold {
            subject: Subject::Person(mother),
            item: "wage".into(),
            value: Value::Money(1_900_000),
            from: TODAY,
            until: None,
        };
        let send = async |input: report::Input, actions: &[Action]| {
            let may: Vec<_> = actions.iter().map(|a| allowed(*a, &[mother])).collect();
            transact!(office.db, report::Fault, |tx| {
                report::run(tx, &office.desk(), &citizen(mother), &may, &input).await
            })
        };
        let both = [Action::ReportChange, Action::EditPerson];
        let input = told(1, mother, "I work fewer hours", vec![wage.clone()]);
        let done = send(input.clone(), &both).await.unwrap();
        assert_eq!((done.tasks, done.already, done.event.is_some()), (1, false, true));
        assert!(send(input, &both).await.unwrap().already, "sent twice is one report");
        assert_eq!(open_tasks(&office, TaskKind::Report).await.len(), 1);
        let facts = "select count(*) as n from person_fact where item = 'wage' and source = 'self'";
        assert_eq!(count(&office, facts).await, 1);
        // What the items say needs nobody's hands.
        let done = send(told(2, mother, "", vec![wage.clone()]), &both).await.unwrap();
        assert_eq!(done.tasks, 0);
        // A right to report is not a right to write facts; and no report says nothing.
        let only = [Action::ReportChange];
        assert!(matches!(send(told(3, mother, "", vec![wage.clone()]), &only).await, Err(report::Fault::NotAllowed)));
        assert!(matches!(
            send(told(4, mother, "x", vec![]), &[Action::ViewCase]).await,
            Err(report::Fault::NotAllowed)
        ));
        assert!(matches!(send(told(5, mother, "  ", vec![]), &both).await, Err(report::Fault::Nothing)));
        let far = report::Input { occurred_on: Date::constant(2027, 6, 1), ..told(6, mother, "later", vec![]) };
        assert!(matches!(send(far, &both).await, Err(report::Fault::BadDay(_))));
        let odd = FactTold { value: Value::Boolean(true), ..wage };
        assert!(matches!(send(told(7, mother, "", vec![odd]), &both).await, Err(report::Fault::BadValue { .. })));
        assert_eq!(
            count(&office, "select count(*) as n from change_report").await,
            2,
            "nothing of what was refused stays"
        );
    }
}

/// Runs the reminders of a day to their end.
async fn reminders(office: &Office, day: Date) -> i64 {
    let desk = office.desk_on(day);
    transact!(office.db, store::StoreError, |tx| remind::queue(tx, &desk).await).unwrap();
    loop {
        let desk = office.desk_on(day);
        let worked = transact!(office.db, casework::recompute::Fault, |tx| {
            match tx.lease_job(desk.now.plus_seconds(60), Duration::from_secs(60)).await? {
                Some(job) => remind::work(tx, &desk, &job).await,
                None => Ok(false),
            }
        })
        .unwrap();
        if !worked {
            return count(office, "select count(*) as n from letter where kind = 'reminder'").await;
        }
    }
}

#[tokio::test]
async fn whoever_has_something_that_ends_is_told_once_in_time() {
    for office in Office::all(72).await {
        decided(&office).await;
        // The allowance ends with October 2039.
        assert_eq!(reminders(&office, Date::constant(2039, 9, 1)).await, 0, "too early");
        assert_eq!(reminders(&office, Date::constant(2039, 10, 10)).await, 1);
        assert_eq!(reminders(&office, Date::constant(2039, 10, 10)).await, 1, "the same day again");
        assert_eq!(reminders(&office, Date::constant(2039, 10, 11)).await, 1, "the day after");
        assert_eq!(reminders(&office, Date::constant(2039, 11, 2)).await, 1, "it is over");
        let mut tx = office.db.read().await.unwrap();
        let row = tx.one("select content from letter where kind = 'reminder'", &[]).await.unwrap();
        let content: String = row.get("content").unwrap();
        assert!(content.contains("2039년 10월 31일"), "{content}");
    }
}

#[tokio::test]
async fn a_complaint_is_answered_in_time_by_nobody_it_is_about() {
    for office in Office::all(73).await {
        let (home, _, case) = decided(&office).await;
        let other = family(&office, 2).await;
        let raise = async |id: u128, person: PersonId, words: &str| {
            let input = grievance::Input {
                id: GrievanceId(Uuid::from_u128(id)),
                person,
                case: Some(case.id),
                kind: grievance::Kind::Treatment,
                words: words.to_owned(),
            };
            let may = allowed(Action::ReportChange, &[person]);
            transact!(office.db, grievance::Fault, |tx| {
                grievance::raise(tx, &office.desk(), &citizen(person), &may, &input).await
            })
        };
        let due = raise(1, home.mother, "Nobody answers the telephone").await.unwrap();
        assert_eq!(due, Date::constant(2026, 12, 21));
        assert_eq!(raise(1, home.mother, "Nobody answers the telephone").await.unwrap(), due);
        assert_eq!(count(&office, "select count(*) as n from grievance").await, 1);
        assert!(matches!(raise(2, home.mother, "x").await, Err(grievance::Fault::NoWords)));
        assert!(matches!(raise(3, other.mother, "not mine").await, Err(grievance::Fault::NoCase)));
        let answer = async |account: u128| {
            let (mut who, may) = allowed_as(Role::Caseworker, Action::AnswerComplaint, &[home.mother]);
            who.account = AccountId(Uuid::from_u128(account));
            let id = GrievanceId(Uuid::from_u128(1));
            transact!(office.db, grievance::Fault, |tx| {
                grievance::answer(tx, &office.desk(), &who, &may, id, "We are sorry; there is a second line now.").await
            })
        };
        let give = async |account: u128, person: Option<PersonId>| {
            let (_, may) = allowed_as(Role::Approver, Action::AnswerComplaint, &[home.mother]);
            let (id, to) = (GrievanceId(Uuid::from_u128(1)), (AccountId(Uuid::from_u128(account)), person));
            transact!(office.db, grievance::Fault, |tx| {
                grievance::give(tx, &office.desk(), &may, id, Some(to)).await
            })
        };
        assert!(matches!(give(1, None).await, Err(grievance::Fault::TookPart)), "who keyed it in");
        assert!(matches!(give(76, Some(home.mother)).await, Err(grievance::Fault::TookPart)), "one of the family");
        give(77, None).await.unwrap();
        let held = count(&office, "select count(*) as n from grievance where assigned_to is not null").await;
        assert_eq!(held, 1);
        // The account that keyed the application in is part of what happened.
        assert!(matches!(answer(1).await, Err(grievance::Fault::TookPart)));
        answer(77).await.unwrap();
        assert!(matches!(answer(78).await, Err(grievance::Fault::Done)));
        assert!(matches!(give(79, None).await, Err(grievance::Fault::Done)));
        let open = "select count(*) as n from grievance where status = 'open' or answer is null";
        assert_eq!(count(&office, open).await, 0);
    }
}

#[tokio::test]
async fn the_one_question_counts_once_and_shows_nobody() {
    for office in Office::all(74).await {
        let (_, child, case) = decided(&office).await;
        let decision = case.decision.unwrap();
        let say = async |person: u128, score: u8| {
            let who = citizen(PersonId(Uuid::from_u128(person)));
            let may = allowed(Action::ViewCase, &[child]);
            transact!(office.db, satisfaction::Fault, |tx| {
                let words = format!(" kind {person}, call 010-1234-5678 or me@example.org ");
                satisfaction::give(tx, &office.desk(), &who, &may, decision, score, &words).await
            })
        };
        let which = satisfaction::Which {
            agency: None,
            jurisdiction: None,
            from: Instant::from_micros(0),
            until: Instant::start_of(Date::constant(2027, 1, 1)),
        };
        let wrote = async || {
            let mut tx = office.db.read().await.unwrap();
            satisfaction::words(&mut tx, &which).await.unwrap().remove(0).words
        };
        let figures = async || {
            let mut tx = office.db.read().await.unwrap();
            satisfaction::figures(&mut tx, &which).await.unwrap()
        };
        assert!(matches!(say(1, 11).await, Err(satisfaction::Fault::NoScore(11))));
        for person in 1..u128::try_from(FEWEST).unwrap() {
            assert!(say(person, 10).await.unwrap());
        }
        assert!(!say(1, 0).await.unwrap(), "the first answer stands");
        let few = figures().await;
        assert_eq!((few.len(), few[0].said), (1, None));
        assert!(wrote().await.is_empty(), "the words of few could be told apart");
        assert!(say(99, 3).await.unwrap());
        let words = wrote().await;
        assert_eq!(words.first().map(String::as_str), Some("kind 1, call … or …"), "in the order of the alphabet");
        assert_eq!(words.len(), 5);
        let line = figures().await.remove(0);
        let said = satisfaction::Said { people: 5, mean_tenths: 86, glad: 4, sad: 1 };
        assert_eq!((line.step, line.said), (satisfaction::Way::Automatic, Some(said)));
        assert_eq!((line.agency, line.jurisdiction.as_deref()), (case.agency.clone(), Some("kr-11-680")));
        let staff = crate::desk::who(Role::Caseworker);
        let may = allowed(Action::ViewCase, &[child]);
        let by_staff = transact!(office.db, satisfaction::Fault, |tx| {
            satisfaction::give(tx, &office.desk(), &staff, &may, decision, 10, "").await
        });
        assert!(matches!(by_staff, Err(satisfaction::Fault::NotAllowed)));
    }
}

#[tokio::test]
async fn uptake_is_counted_by_event_and_not_shown_of_few() {
    for office in Office::all(75).await {
        let mut families = Vec::new();
        let figures = async |paid: &BTreeMap<_, _>| {
            let (from, until) = (Instant::from_micros(0), Instant::start_of(Date::constant(2027, 1, 1)));
            let mut tx = office.db.read().await.unwrap();
            uptake::figures(&mut tx, &office.desk(), from, until, paid).await.unwrap()
        };
        let births = async |paid: &BTreeMap<_, _>| {
            let all = figures(paid).await;
            let births = all.lines.into_iter().find(|l| l.cause == Cause::Birth).unwrap();
            (births, all.spared)
        };
        for number in 1..=5 {
            let home = family(&office, number).await;
            if number == 5 {
                assert_eq!(births(&BTreeMap::new()).await.0.counts, None, "four families are too few");
            }
            let input = crate::desk::child_of(&home, &format!("n-{number}"), Date::constant(2026, 11, 18));
            crate::desk::tell(&office, &office.desk(), &home, input).await.unwrap();
            families.push(home);
        }
        let sql = "update offer set status = 'accepted' where household_id = $1";
        let first = families[0].household;
        transact!(office.db, store::StoreError, |tx| tx.execute(sql, params![first]).await).unwrap();
        let (line, spared) = births(&BTreeMap::new()).await;
        let counts = line.counts.unwrap();
        assert_eq!((counts.events, counts.all_taken, counts.all_answered), (5, 1, 1));
        assert!(counts.taken > 0 && counts.offers >= 5 * counts.taken, "{counts:?}");
        assert_eq!((line.to_decision, spared), (None, uptake::Spared::default()));
    }
}

#[tokio::test]
async fn from_the_event_to_the_money_days_are_counted_of_those_who_are_paid() {
    for office in Office::all(77).await {
        // Five children born on the 18th, their allowance granted on the 21st.
        let mut paid = BTreeMap::new();
        for number in 1..=5_u8 {
            let case = granted(&office, u32::from(number)).await;
            // The money comes on the 22nd, 23rd and so on.
            paid.insert(case, Date::constant(2026, 11, 21 + i8::try_from(number).unwrap()));
        }
        let figures = async |paid: &BTreeMap<_, _>| {
            let (from, until) = (Instant::from_micros(0), Instant::start_of(Date::constant(2027, 1, 1)));
            let mut tx = office.db.read().await.unwrap();
            let all = uptake::figures(&mut tx, &office.desk(), from, until, paid).await.unwrap();
            all.lines.into_iter().find(|l| l.cause == Cause::Birth).unwrap()
        };
        let days = |median, ninth| Some(uptake::Days { cases: 5, median, ninth });
        let line = figures(&paid).await;
        assert_eq!((line.to_decision, line.to_payment), (days(3, 3), days(6, 8)));
        // One is not paid yet: four are too few to be told of, and the decisions are told of all the same.
        paid.pop_first();
        let line = figures(&paid).await;
        assert_eq!((line.to_decision, line.to_payment), (days(3, 3), None));
    }
}

/// A newborn of a family of its own whose allowance the machine granted.
async fn granted(office: &Office, number: u32) -> kernel::CaseId {
    use casework::accept::{self, Given, Tap};
    use casework::investigate::answer::Reply;
    let home = family(office, number).await;
    let input = crate::desk::child_of(&home, &format!("p-{number}"), Date::constant(2026, 11, 18));
    let told = crate::desk::tell(office, &office.desk(), &home, input).await.unwrap();
    let casework::register::Told::Registered(birth) = told else { panic!("{told:?}") };
    let mut tx = office.db.read().await.unwrap();
    let sql = "select offer_id, revision, content from offer where programme = 'child_allowance' and household_id = $1";
    let row = tx.one(sql, params![home.household]).await.unwrap();
    let content: casework::model::OfferContent = row.json("content").unwrap();
    let tap = Tap {
        offer: row.get("offer_id").unwrap(),
        revision: row.get("revision").unwrap(),
        answers: content
            .needed
            .iter()
            .filter(|n| n.item == "bank_account")
            .map(|n| Given {
                subject: n.subject,
                item: n.item.clone(),
                value: rules::schema::Value::Text("004 110-123-456789 Kim".into()),
            })
            .collect(),
    };
    drop(tx);
    let input = accept::Input { applicant: home.mother, on_behalf: None, taps: vec![tap] };
    transact!(office.db, accept::Fault, |tx| {
        let may = [allowed(Action::AcceptOffer, &[home.mother]), allowed(Action::AcceptOffer, &[birth.person])];
        accept::run(tx, &office.desk(), &who(Role::Citizen), &may, input.clone()).await
    })
    .unwrap();
    drain(office, TODAY).await;
    for (request, _, items, status) in crate::flow::requests(office).await {
        if status == "waiting" {
            let facts = items.iter().map(|(s, i)| crate::flow::said(*s, i)).collect();
            crate::flow::reply(office, request, Reply::Answered { facts, unknown: vec![], hash: "h".into() }).await;
        }
    }
    drain(office, TODAY).await;
    let mut tx = office.db.read().await.unwrap();
    let sql = "select case_id, stage from benefit_case where household_id = $1 and programme = 'child_allowance'";
    let row = tx.one(sql, params![home.household]).await.unwrap();
    assert_eq!(row.get::<String>("stage").unwrap(), "decided");
    row.get("case_id").unwrap()
}

#[tokio::test]
async fn what_machines_answered_and_agencies_received_is_counted_as_spared() {
    for office in Office::all(76).await {
        let home = home(&office, 1, Date::constant(2026, 11, 18)).await;
        home.apply(&office, vec![home.for_child("child_allowance"), home.for_all("livelihood")]).await;
        drain(&office, TODAY).await;
        let figures = async || {
            let (from, until) = (Instant::from_micros(0), Instant::start_of(Date::constant(2027, 1, 1)));
            let mut tx = office.db.read().await.unwrap();
            uptake::figures(&mut tx, &office.desk(), from, until, &BTreeMap::new()).await.unwrap().spared
        };
        let agencies = count(&office, "select count(distinct agency) as n from benefit_case").await;
        assert_eq!(figures().await, uptake::Spared { visits: agencies, papers: 0, handed_in: 0 });
        let asked = count(&office, "select count(*) as n from agency_request").await;
        assert!(asked > 0, "what nobody knows is asked");
        transact!(office.db, store::StoreError, |tx| {
            tx.execute("update agency_request set status = 'answered'", &[]).await
        })
        .unwrap();
        assert_eq!(figures().await.papers, asked);
    }
}
