//! Who has what: assigning, absences that give work back now and on the day they begin, load and time to decision.

use casework::case::{absence, worklist};
use casework::decide::object;
use casework::later;
use guard::{Action, Role};
use kernel::{AccountId, Date, TaskId};
use store::{StoreError, transact};
use uuid::Uuid;

use crate::desk::{Office, TODAY, allowed, who};
use crate::flow::{LATE, a_gap, decided, open_tasks};

const COLLEAGUE: AccountId = AccountId(Uuid::from_u128(40));
const AGENCY: &str = "municipality";
const DISTRICT: &str = "kr-11-680";

async fn in_hand(office: &Office) -> Vec<TaskId> {
    let mut tx = office.db.read().await.unwrap();
    let tasks = worklist::in_hand(&mut tx, AGENCY, COLLEAGUE, 10).await.unwrap();
    tasks.into_iter().map(|(task, _)| task).collect()
}

async fn give(office: &Office, task: TaskId) -> bool {
    let lead = who(Role::Approver);
    transact!(office.db, StoreError, |tx| worklist::assign(tx, &office.desk(), &lead, task, Some(COLLEAGUE)).await)
        .unwrap()
}

async fn away(office: &Office, first: Date, last: Date) -> Result<usize, absence::Fault> {
    let lead = who(Role::Approver);
    transact!(office.db, absence::Fault, |tx| {
        absence::note(tx, &office.desk(), &lead, COLLEAGUE, first, last).await.map(|(_, back)| back)
    })
}

/// The first job of a day, as the worker does it.
async fn morning(office: &Office, day: Date) {
    let desk = office.desk_on(day);
    transact!(office.db, casework::recompute::Fault, |tx| {
        later::queue_dates(tx, &desk).await?;
        let job = tx.lease_job(desk.now, std::time::Duration::from_secs(60)).await?.unwrap();
        later::work(tx, &desk, &job).await
    })
    .unwrap();
}

#[tokio::test]
async fn a_pause_that_ends_moves_the_open_tasks_of_the_case_in_the_list() {
    for office in Office::all(82).await {
        let (_, case) = a_gap(&office).await;
        let lines = async || {
            let mut tx = office.db.read().await.unwrap();
            let sql = "select kind, due_on, sort_key from task where status = 'open' order by sort_key";
            let rows = tx.all(sql, &[]).await.unwrap();
            let line = |r: &store::Row| {
                (
                    r.get::<String>("kind").unwrap(),
                    r.get::<Date>("due_on").unwrap(),
                    r.get::<String>("sort_key").unwrap(),
                )
            };
            rows.iter().map(line).collect::<Vec<_>>()
        };
        let before = lines().await;
        assert_eq!((before.len(), before[0].0.as_str()), (1, "gap"));
        assert_eq!(Some(before[0].1), case.due_on);
        // The office waited for the family for ten days; an objection's own day is not the case's.
        let sql = "update benefit_case set stage = 'awaiting_person', paused_on = $2 where case_id = $1";
        let own = "insert into task (subject_id, task_id, case_id, kind, programme, agency, jurisdiction, status, due_on, sort_key, detail, opened_at)
            values ($1, $2, $3, 'objection', 'child_allowance', 'municipality', 'kr-11-680', 'open', $4, $5, '{}', 0)";
        let (id, day) = (TaskId(Uuid::from_u128(7)), Date::constant(2026, 11, 30));
        transact!(office.db, StoreError, |tx| {
            tx.execute(sql, store::params![case.id, LATE]).await?;
            let key = format!("{day} {id}");
            tx.execute(own, store::params![case.subject.uuid(), id, case.id, day, key]).await
        })
        .unwrap();
        let later = office.desk_on(LATE.saturating_add(jiff::Span::new().days(10)));
        transact!(office.db, StoreError, |tx| casework::case::advance::run(tx, &later, case.id).await).unwrap();
        let after = lines().await;
        let moved = before[0].1.saturating_add(jiff::Span::new().days(10));
        assert_eq!((after[0].0.as_str(), after[0].1), ("objection", day), "{after:?}");
        assert_eq!((after[1].0.as_str(), after[1].1), ("gap", moved), "{after:?}");
        assert!(after[1].2.starts_with(&moved.to_string()), "its place in the list too: {after:?}");
    }
}

#[tokio::test]
async fn the_work_of_somebody_away_goes_back_to_the_office() {
    for office in Office::all(71).await {
        let (_, child, case) = decided(&office).await;
        let (citizen, may) = (who(Role::Citizen), allowed(Action::ObjectDecision, &[child]));
        let decision = case.decision.unwrap();
        transact!(office.db, object::Fault, |tx| {
            object::raise(tx, &office.desk(), &citizen, &may, decision, "too low").await
        })
        .unwrap();
        let task = open_tasks(&office, casework::case::TaskKind::Objection).await[0];
        assert!(give(&office, task).await);
        assert_eq!(in_hand(&office).await, [task]);

        let tomorrow = TODAY.tomorrow().unwrap();
        for (first, last) in [(tomorrow, TODAY), (TODAY.yesterday().unwrap(), TODAY.yesterday().unwrap())] {
            assert!(matches!(away(&office, first, last).await, Err(absence::Fault::Days)));
        }
        // One that is to come takes nothing away before its first day.
        assert_eq!(away(&office, tomorrow, tomorrow).await.unwrap(), 0);
        assert_eq!(in_hand(&office).await, [task]);
        morning(&office, tomorrow).await;
        assert!(in_hand(&office).await.is_empty(), "on the first day it goes back");

        assert!(give(&office, task).await);
        assert_eq!(away(&office, TODAY, tomorrow).await.unwrap(), 1, "one that runs gives back at once");
        assert!(in_hand(&office).await.is_empty());
        let mut tx = office.db.read().await.unwrap();
        let ahead = absence::ahead(&mut tx, &office.desk(), COLLEAGUE).await.unwrap();
        assert_eq!(
            ahead.iter().map(|a| (a.first, a.last)).collect::<Vec<_>>(),
            [(TODAY, tomorrow), (tomorrow, tomorrow)]
        );
        drop(tx);
        for one in &ahead {
            let ended =
                transact!(office.db, StoreError, |tx| absence::end(tx, &office.desk(), COLLEAGUE, one.id).await);
            assert!(ended.unwrap());
        }
        let mut tx = office.db.read().await.unwrap();
        assert!(absence::ahead(&mut tx, &office.desk(), COLLEAGUE).await.unwrap().is_empty());

        let load = worklist::load(&mut tx, AGENCY, DISTRICT, TODAY).await.unwrap();
        assert_eq!(load.iter().map(|l| (l.account, l.count, l.late)).collect::<Vec<_>>(), [(None, 1, 0)]);
        let late = worklist::load(&mut tx, AGENCY, DISTRICT, Date::constant(2027, 6, 1)).await.unwrap();
        assert_eq!(late[0].late, 1, "past its legal day");
    }
}
