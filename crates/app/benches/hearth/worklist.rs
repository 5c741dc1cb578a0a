//! The worklist page with a hundred thousand open tasks: server time through the whole site.

use guard::Role;
use guard::account::Duty;
use kernel::{CaseId, TaskId};
use store::{StoreError, params, transact};

use crate::page::{get, signed_in};
use crate::table::{Table, spread};
use crate::town::Place;

/// Open tasks.
const TASKS: usize = 100_000;
/// Rows a transaction.
const CHUNK: usize = 5_000;
/// Looks a round.
const LOOKS: usize = 10;

const CASE: &str = "insert into benefit_case (subject_id, case_id, subject_kind, household_id, applicant_id, application_id, offer_id, programme, period_key, channel, agency, jurisdiction, stage, revision, applied_on, due_on, opened_at, changed_at)
    values ($1, $2, 'person', $3, $1, $2, null, $4, $5, 'online', $6, $7, 'official', 1, $8, $8, $9, $9)";
const TASK: &str = "insert into task (subject_id, task_id, case_id, kind, programme, agency, jurisdiction, status, due_on, sort_key, detail, opened_at)
    values ($1, $2, $3, 'decide', $4, $5, $6, 'open', $7, $8, '{}', $9)";

pub(crate) async fn run(table: &mut Table, place: &Place, rounds: usize) {
    let staff = place.recipe.staff.iter().find(|s| s.role == Role::Caseworker).expect("the recipe has a caseworker");
    let pack = place.runtime.state.packs.current();
    let programme = pack.programmes().iter().find(|p| p.decided_by == staff.organisation);
    let programme = programme.expect("the caseworker's agency decides something").id.clone();
    fill(place, &staff.organisation, &staff.jurisdiction, &programme).await;
    let duty = Duty {
        role: staff.role,
        organisation: staff.organisation.clone(),
        jurisdiction: Some(staff.jurisdiction.clone()),
    };
    let official = signed_in(place, duty, None).await;
    let mut looks = Vec::new();
    for _ in 0..rounds * LOOKS {
        looks.push(get(place, &official, "/work").await);
    }
    let words = format!("{TASKS} open tasks");
    table.row(&format!("{}: worklist page", place.engine), spread(&looks), words, "< 20 ms");
}

async fn fill(place: &Place, agency: &str, district: &str, programme: &str) {
    let state = &place.runtime.state;
    let (ids, now, today) = (&*state.ids, state.now(), state.today());
    let mut made = 0;
    while made < TASKS {
        let filled = transact!(state.db, StoreError, |tx| {
            for n in made..(made + CHUNK).min(TASKS) {
                let family = place.any(n);
                let Some(person) = family.persons.first().copied() else { continue };
                let (case, task) = (CaseId::new(ids, now), TaskId::new(ids, now));
                let due = casework::case::model::plus_days(today, (n % 60) as i32);
                let key = format!("bench {n}");
                let row = params![person, case, family.household, programme, key, agency, district, due, now];
                tx.execute(CASE, row).await?;
                let sort = format!("{due} {task}");
                tx.execute(TASK, params![person, task, case, programme, agency, district, due, sort, now]).await?;
            }
            Ok(())
        });
        filled.expect("rows");
        made += CHUNK;
    }
}
