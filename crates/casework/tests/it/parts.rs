//! A process in part: a ministry leaves stages out, and the rest goes on without them. And the longer time of the law.

use casework::case::extend;
use casework::case::{Stage, StepKind, TaskKind};
use casework::decide::official::{self, Prepared};
use casework::investigate::answer::Reply;
use catalogue::{Files, Pack};
use guard::{Action, Role};
use kernel::{Date, PersonId};
use rules::schema::Value;
use store::{params, transact};

use crate::desk::{Family, Office, TODAY, family};
use crate::flow::{accept, account, born, case_of, drain_with, may, open_tasks, reply, requests, said, state};

/// The pack of the tests with one more line in the process of the child allowance.
pub(crate) fn with(line: &str) -> Pack {
    let mut files = Files::read(&testing::pack_dir()).unwrap();
    let path = "programmes/child_allowance.toml";
    let text = String::from_utf8(files.take(path).unwrap()).unwrap();
    let said = |own: &&str| own.split_once(" = ").is_some_and(|(key, _)| line.contains(&format!("{key} = ")));
    let head: Vec<&str> = text.lines().filter(|own| !said(own) || !own.starts_with("automatic")).collect();
    let more = head.join("\n").replacen("[process]\n", &format!("[process]\n{line}\n"), 1);
    assert_ne!(text, more);
    files.put(path, more);
    Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}")).pack
}

/// A newborn whose mother takes the offer; every question to agencies is answered.
pub(crate) async fn taken(office: &Office, pack: &Pack) -> (Family, PersonId) {
    let home = family(office, 1).await;
    let child = born(office, &home).await.person;
    accept(office, &home, child, &[("child_allowance", account())]).await;
    // What the family says is verified where an agency holds it.
    state(office, child, "days_abroad", Value::Integer(0)).await;
    drain_with(office, pack, TODAY).await;
    for (request, _, items, _) in requests(office).await {
        let facts = items.iter().map(|(s, i)| said(*s, i)).collect();
        reply(office, request, Reply::Answered { facts, unknown: vec![], hash: "h".into() }).await;
    }
    drain_with(office, pack, TODAY).await;
    (home, child)
}

#[tokio::test]
async fn without_an_investigation_no_agency_is_asked_and_the_office_finds_what_is_missing() {
    let pack = with("stages = [\"application\", \"determination\", \"decision\", \"payment\"]");
    for office in Office::all(41).await {
        taken(&office, &pack).await;
        assert!(requests(&office).await.is_empty());
        assert_eq!(open_tasks(&office, TaskKind::Gap).await.len(), 1);
        assert_eq!(case_of(&office, "child_allowance").await.stage, Stage::Investigating);
    }
}

#[tokio::test]
async fn without_a_decision_of_ours_the_case_waits_for_the_ministrys_own() {
    for (seed, stages, determined) in [
        (42, "stages = [\"application\", \"investigation\", \"determination\", \"payment\"]", true),
        (43, "stages = [\"application\", \"investigation\", \"payment\"]", false),
    ] {
        let pack = with(stages);
        for office in Office::all(seed).await {
            let (_, child) = taken(&office, &pack).await;
            let case = case_of(&office, "child_allowance").await;
            assert_eq!((case.stage, case.determination.is_some()), (Stage::Official, determined));
            assert!(open_tasks(&office, TaskKind::Decide).await.is_empty(), "nobody of ours has anything to decide");
            let (official, allowed) = may(Action::WorkCase, child, Role::Caseworker);
            let input = Prepared { case: case.id, revision: case.revision, words: None, overriding: None };
            let desk = casework::Desk { pack: &pack, ..office.desk() };
            let run = transact!(office.db, official::Fault, |tx| {
                official::prepare(tx, &desk, &official, &allowed, input.clone()).await
            });
            assert!(matches!(run, Err(official::Fault::Reserved)), "{run:?}");
        }
    }
}

#[tokio::test]
async fn the_longer_time_is_given_once_before_the_first_is_over_and_told() {
    let pack = with("decision_days_extended = 60");
    for office in Office::all(44).await {
        let home = family(&office, 1).await;
        let child = born(&office, &home).await.person;
        accept(&office, &home, child, &[("child_allowance", account())]).await;
        let case = case_of(&office, "child_allowance").await;
        let first = case.due_on.unwrap();
        let (official, allowed) = may(Action::WorkCase, child, Role::Caseworker);
        let longer = async |day: Date, revision: u32, why: &str| {
            let desk = casework::Desk { pack: &pack, ..office.desk_on(day) };
            transact!(office.db, extend::Fault, |tx| {
                extend::run(tx, &desk, &official, &allowed, (case.id, revision), why).await
            })
        };
        let late = longer(first.tomorrow().unwrap(), case.revision, "banks are slow").await;
        assert!(matches!(late, Err(extend::Fault::Over(day)) if day == first), "{late:?}");
        assert!(matches!(longer(TODAY, case.revision, " x ").await, Err(extend::Fault::NoWords)));
        let stale = longer(TODAY, case.revision + 1, "banks are slow").await;
        assert!(matches!(stale, Err(extend::Fault::Official(official::Fault::Changed { .. }))), "{stale:?}");
        // Thirty days become sixty in all; a task of the office moves with the day.
        let until = longer(first, case.revision, "the banks need three weeks").await.unwrap();
        assert_eq!(until, first.saturating_add(jiff::Span::new().days(30)));
        let now = case_of(&office, "child_allowance").await;
        assert_eq!(now.due_on, Some(until));
        assert!(matches!(longer(first, now.revision, "and longer").await, Err(extend::Fault::Already)));
        let mut tx = office.db.read().await.unwrap();
        let steps = tx.all("select kind from case_step where case_id = $1", params![case.id]).await.unwrap();
        assert_eq!(steps.iter().filter(|s| s.parse::<StepKind>("kind").unwrap() == StepKind::Extended).count(), 1);
        let letter = tx.one("select content from letter where kind = 'extended'", &[]).await.unwrap();
        let said: serde_json::Value = letter.json("content").unwrap();
        assert!(said["en"]["lead"].as_str().unwrap().contains("the banks need three weeks"), "{said}");
        // What has no longer time in law has none here.
        let plain = crate::desk::pack();
        assert!(plain.process("child_allowance").decision_days_extended.is_none());
        assert_eq!(extend::days(&office.desk(), &now), 0);
    }
}
