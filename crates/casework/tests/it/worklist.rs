//! Who has what: assigning, absences that give work back now and on the day they begin, load and time to decision.

use casework::case::{absence, worklist};
use casework::decide::object;
use casework::later;
use guard::{Action, Role};
use kernel::{AccountId, Date, TaskId};
use store::{StoreError, transact};
use uuid::Uuid;

use crate::desk::{Office, TODAY, allowed, who};
use crate::flow::{decided, open_tasks};

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
        absence::note(tx, &office.desk(), &lead, COLLEAGUE, first, last).await
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
