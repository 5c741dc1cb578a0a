//! Everybody looked at again: ordered by one and approved by another, a group settled by two, and the ordinary process after
//! that; taken back where nothing was decided yet.

use std::collections::BTreeMap;

use casework::case::{Stage, TaskKind};
use casework::decide::{Put, official};
use casework::later;
use casework::model::Subject;
use casework::requalify::model::{ActStatus, FindingStatus, Found, Kind, Outcome, Scope, Status, Summary};
use casework::requalify::order::{self, Ask, Fault, Told};
use casework::requalify::{act, back, rows, view};
use guard::{Action, Allowed, Decision, Policies, Purpose, PurposeKind, Request, Resource, Role, Who};
use kernel::{AccountId, Date, FindingId, PersonId, RequalificationId};
use registry::FactValue;
use store::{StoreError, params, transact};
use uuid::Uuid;

use crate::desk::{Family, Office, TODAY, pack, who};
use crate::flow::{agency_says, born, case_of, decided, drain, may, open_tasks};

/// The day on which everybody is looked at again.
const DAY: Date = Date::constant(2027, 3, 10);

fn staff(role: Role, n: u128) -> Who {
    Who { account: AccountId(Uuid::from_u128(n)), ..who(role) }
}

/// A decision of the real policies about something that is nobody's.
fn thing(who: &Who, action: Action) -> Allowed {
    let kind = match who.role {
        Role::Approver => PurposeKind::Approval,
        Role::Analyst => PurposeKind::Statistics,
        _ => PurposeKind::Casework,
    };
    let purpose = Purpose::new(kind, "the yearly look at everybody");
    let (resource, now) = (Resource::thing("requalification"), kernel::Instant::start_of(DAY));
    let request = Request { look: Uuid::from_u128(9), now, who, action, resource: &resource, purpose: &purpose };
    match Policies::built_in().unwrap().decide(&request) {
        Decision::Allowed(allowed) => allowed,
        Decision::Denied(refusal) => panic!("{refusal:?}"),
    }
}

fn ask_for(id: u128, on: Date) -> Ask {
    let (reason, law) = ("the yearly look at everybody".into(), "the act, article 9".into());
    Ask { id: RequalificationId(Uuid::from_u128(id)), on, reason, law }
}

/// A run with these findings, ordered and approved.
async fn run_with(office: &Office, day: Date, id: u128, found: &[Found]) -> RequalificationId {
    let ask = ask_for(id, day);
    let (analyst, lead) = (staff(Role::Analyst, 21), staff(Role::Approver, 22));
    transact!(office.db, Fault, |tx| {
        order::ask(tx, &office.desk_on(day), &analyst, &thing(&analyst, Action::TakeSnapshot), &ask).await
    })
    .unwrap();
    let alone = transact!(office.db, Fault, |tx| {
        order::approve(tx, &office.desk_on(day), &analyst, &thing(&analyst, Action::TakeSnapshot), ask.id).await
    });
    assert!(matches!(alone, Err(Fault::SamePerson)), "{alone:?}");
    transact!(office.db, Fault, |tx| {
        order::approve(tx, &office.desk_on(day), &lead, &thing(&lead, Action::TakeSnapshot), ask.id).await
    })
    .unwrap();
    let desk = office.desk_on(day);
    let hash = format!("hash {id}");
    // What a job that goes on after a crash tells again is there once.
    for _ in 0..2 {
        transact!(office.db, StoreError, |tx| order::found(tx, &desk, ask.id, &hash, found).await).unwrap();
    }
    let summary = Summary { findings: found.len() as u64, ..Summary::default() };
    let told = Told { as_of: desk.now, pack_hash: pack().content_hash(), run_hash: &hash, summary: &summary };
    assert!(transact!(office.db, StoreError, |tx| order::done(tx, ask.id, &told).await).unwrap());
    ask.id
}

fn finding(family: &Family, child: PersonId, kind: Kind) -> Found {
    let paid = kind != Kind::Unclaimed;
    Found {
        household: family.household,
        subject: Subject::Person(child),
        person: child,
        programme: "child_allowance".into(),
        kind,
        condition: Some("abroad".into()).filter(|_| paid),
        rules: None,
        facts: None,
        before: Some(100_000).filter(|_| paid),
        after: Some(100_000).filter(|_| !paid),
        per: Some(rules::schema::Per::Month),
        place: Some("kr-11-680".into()),
    }
}

/// The jobs that wait are done, on the day.
async fn jobs(office: &Office, day: Date) {
    for _ in 0..50 {
        let desk = office.desk_on(day);
        let more = transact!(office.db, casework::recompute::Fault, |tx| {
            let rows = tx.all("select kind from job where kind like 'requalification.%'", &[]).await?;
            let Some(job) = tx.lease_job(desk.now, std::time::Duration::from_secs(60)).await? else {
                return Ok(false);
            };
            // Reading everybody is done where snapshots are made.
            if job.kind == order::RUN {
                tx.job_done(job.id).await?;
                return Ok(!rows.is_empty());
            }
            later::work(tx, &desk, &job).await
        })
        .unwrap();
        if !more {
            return;
        }
    }
    panic!("the jobs never end");
}

/// A group proposed by an official and signed by a second.
async fn settle(office: &Office, day: Date, id: RequalificationId, cause: &str) -> BTreeMap<Outcome, u64> {
    let (official, lead) = (staff(Role::Caseworker, 31), staff(Role::Approver, 32));
    let act = transact!(office.db, Fault, |tx| {
        let may = thing(&official, Action::WorkFindings);
        act::propose(tx, &office.desk_on(day), &official, &may, id, cause).await
    })
    .unwrap();
    let planned = rows::act_of(&mut office.db.read().await.unwrap(), act).await.unwrap().unwrap().planned;
    let sign = async |who: &Who| {
        let may = thing(who, Action::WorkFindings);
        transact!(office.db, Fault, |tx| act::sign(tx, &office.desk_on(day), who, &may, act, true).await)
    };
    assert!(matches!(sign(&official).await, Err(Fault::NotASigner)));
    assert!(matches!(sign(&staff(Role::Approver, 31)).await, Err(Fault::SamePerson)));
    sign(&lead).await.unwrap();
    jobs(office, day).await;
    let done = rows::act_of(&mut office.db.read().await.unwrap(), act).await.unwrap().unwrap();
    assert_eq!(done.status, ActStatus::Done);
    drain(office, day).await;
    planned
}

/// A child abroad of which nobody took notice: the fact is recorded and no case was looked at.
async fn overlooked(office: &Office) -> (Family, PersonId) {
    let (family, child, _) = decided(office).await;
    agency_says(office, DAY, child, "days_abroad", FactValue::Integer(120)).await;
    let mut tx = office.db.begin().await.unwrap();
    tx.execute("delete from outbox", &[]).await.unwrap();
    tx.commit().await.unwrap();
    (family, child)
}

async fn only(office: &Office, id: RequalificationId) -> (casework::requalify::model::Group, FindingId) {
    let mut tx = office.db.read().await.unwrap();
    let groups = rows::groups(&mut tx, id, &Scope::default(), "").await.unwrap();
    let row = tx.one("select finding_id from finding where requalification_id = $1", params![id]).await.unwrap();
    (groups[0].clone(), row.get("finding_id").unwrap())
}

async fn status(office: &Office, id: FindingId) -> (FindingStatus, Option<Outcome>) {
    let f = rows::bare(&mut office.db.read().await.unwrap(), id).await.unwrap().unwrap();
    (f.status, f.outcome)
}

#[tokio::test]
async fn a_loss_is_heard_decided_by_two_and_never_silent() {
    for office in Office::all(61).await {
        let (family, child) = overlooked(&office).await;
        let run = run_with(&office, DAY, 1, &[finding(&family, child, Kind::NoLonger)]).await;
        let (group, id) = only(&office, run).await;
        assert_eq!((group.count, group.open, group.before, group.after), (1, 1, 100_000, 0));
        let before = case_of(&office, "child_allowance").await;
        let planned = settle(&office, DAY, run, &group.cause).await;
        assert_eq!(planned, BTreeMap::from([(Outcome::Hearing, 1)]));
        assert_eq!(status(&office, id).await, (FindingStatus::Begun, Some(Outcome::Hearing)));
        // The family was told and still has all it had.
        let heard = case_of(&office, "child_allowance").await;
        assert_eq!((heard.stage, heard.decision), (Stage::Hearing, before.decision));
        let mut tx = office.db.read().await.unwrap();
        let letters = tx.one("select count(*) as n from letter where kind = 'hearing'", &[]).await.unwrap();
        assert_eq!(letters.get::<i64>("n").unwrap(), 1);
        let row = tx.one("select decision_id from decision where status = 'hearing'", &[]).await.unwrap();
        let planned: kernel::DecisionId = row.get("decision_id").unwrap();
        drop(tx);
        // The family speaks, an official goes on, a second signs: the same as for any worse decision.
        let citizen = crate::desk::allowed(Action::ObjectDecision, &[child]);
        transact!(office.db, official::Fault, |tx| {
            official::hear(tx, &office.desk_on(DAY), &who(Role::Citizen), &citizen, heard.id, "back in May").await
        })
        .unwrap();
        let (worker, works) = may(Action::WorkCase, child, Role::Caseworker);
        let put = transact!(office.db, official::Fault, |tx| {
            official::close_hearing(tx, &office.desk_on(DAY), &worker, &works, planned, true, "as told").await
        })
        .unwrap();
        if let Put::Approval(decision) = put {
            let (second, approves) = may(Action::ApproveDecision, child, Role::Approver);
            let second = Who { account: AccountId(Uuid::from_u128(5)), ..second };
            transact!(office.db, official::Fault, |tx| {
                official::approve(tx, &office.desk_on(DAY), &second, &approves, decision, true, "").await
            })
            .unwrap();
        }
        let after = case_of(&office, "child_allowance").await;
        assert!(after.stage == Stage::Decided && after.decision != before.decision);
        // Taken back now, the decision stands: the ordinary process corrects it.
        take_back(&office, DAY, run).await;
        assert_eq!(status(&office, id).await.0, FindingStatus::Stands);
        assert_eq!(case_of(&office, "child_allowance").await.decision, after.decision);
    }
}

async fn take_back(office: &Office, day: Date, run: RequalificationId) {
    let lead = staff(Role::Approver, 22);
    transact!(office.db, Fault, |tx| {
        let may = thing(&lead, Action::TakeSnapshot);
        back::roll_back(tx, &office.desk_on(day), &lead, &may, run, "the wrong figures were in force").await
    })
    .unwrap();
    jobs(office, day).await;
    drain(office, day).await;
    let it = rows::one(&mut office.db.read().await.unwrap(), run).await.unwrap().unwrap();
    assert_eq!(it.status, Status::RolledBack);
}

#[tokio::test]
async fn a_run_taken_back_before_a_decision_leaves_the_family_as_it_was_and_says_so() {
    for office in Office::all(62).await {
        let (family, child) = overlooked(&office).await;
        let run = run_with(&office, DAY, 1, &[finding(&family, child, Kind::NoLonger)]).await;
        let (group, id) = only(&office, run).await;
        let before = case_of(&office, "child_allowance").await;
        settle(&office, DAY, run, &group.cause).await;
        take_back(&office, DAY, run).await;
        assert_eq!(status(&office, id).await, (FindingStatus::Withdrawn, Some(Outcome::Hearing)));
        let now = case_of(&office, "child_allowance").await;
        assert_eq!((now.stage, now.decision), (Stage::Decided, before.decision));
        let mut tx = office.db.read().await.unwrap();
        let told = tx.one("select count(*) as n from letter where kind = 'hearing_over'", &[]).await.unwrap();
        assert_eq!(told.get::<i64>("n").unwrap(), 1);
        let left = tx.one("select count(*) as n from decision where status in ('hearing', 'proposed')", &[]).await;
        assert_eq!(left.unwrap().get::<i64>("n").unwrap(), 0);
        drop(tx);
        for kind in TaskKind::ALL {
            assert!(open_tasks(&office, *kind).await.is_empty(), "{kind} is left open");
        }
    }
}

#[tokio::test]
async fn what_is_not_claimed_is_offered_once_and_the_offer_taken_back_with_the_run() {
    for office in Office::all(63).await {
        let family = crate::desk::family(&office, 1).await;
        let child = born(&office, &family).await.person;
        agency_says(&office, TODAY, child, "days_abroad", FactValue::Integer(3)).await;
        // Nobody offered it: as for a family that was in the registry before the programme began.
        let mut tx = office.db.begin().await.unwrap();
        tx.execute("delete from outbox", &[]).await.unwrap();
        tx.execute("delete from offer where programme = 'child_allowance'", &[]).await.unwrap();
        tx.commit().await.unwrap();
        let said = finding(&family, child, Kind::Unclaimed);
        let run = run_with(&office, TODAY, 1, std::slice::from_ref(&said)).await;
        let (group, id) = only(&office, run).await;
        let offers = async |status: &str| {
            let mut tx = office.db.read().await.unwrap();
            let sql = "select count(*) as n from offer where programme = 'child_allowance' and status = $1";
            tx.one(sql, params![status]).await.unwrap().get::<i64>("n").unwrap()
        };
        // Months later its time would be over.
        let (desk, official) = (office.desk_on(DAY), staff(Role::Caseworker, 31));
        let scope = order::scope(&desk, &official);
        let mut tx = office.db.read().await.unwrap();
        let late = act::dry_run(&mut tx, &desk, &official, run, &group.cause, &scope).await.unwrap();
        assert_eq!(late.outcomes, BTreeMap::from([(Outcome::Closed, 1)]));
        drop(tx);
        let planned = settle(&office, TODAY, run, &group.cause).await;
        assert_eq!(planned, BTreeMap::from([(Outcome::Offer, 1)]));
        assert_eq!(
            (status(&office, id).await, offers("open").await),
            ((FindingStatus::Begun, Some(Outcome::Offer)), 1)
        );
        // The next run finds it still unclaimed, and nothing is offered twice.
        let next = run_with(&office, TODAY, 2, &[said]).await;
        let planned = settle(&office, TODAY, next, &group.cause).await;
        assert_eq!((planned, offers("open").await), (BTreeMap::from([(Outcome::Offered, 1)]), 1));
        take_back(&office, TODAY, run).await;
        assert_eq!((status(&office, id).await.0, offers("withdrawn").await), (FindingStatus::Withdrawn, 1));
    }
}

#[tokio::test]
async fn what_is_so_no_more_begins_nothing_and_an_officials_own_family_is_left_to_others() {
    for office in Office::all(64).await {
        let (family, child, _) = decided(&office).await;
        let run = run_with(&office, DAY, 1, &[finding(&family, child, Kind::NoLonger)]).await;
        let (group, id) = only(&office, run).await;
        let desk = office.desk_on(TODAY);
        let official = Who { person: Some(family.mother), ..staff(Role::Caseworker, 31) };
        let scope = order::scope(&desk, &official);
        let mut tx = office.db.read().await.unwrap();
        let own = act::dry_run(&mut tx, &desk, &official, run, &group.cause, &scope).await.unwrap();
        assert_eq!(own.outcomes, BTreeMap::from([(Outcome::OwnFamily, 1)]));
        drop(tx);
        let (mut tx, other) = (office.db.read().await.unwrap(), staff(Role::Caseworker, 31));
        let planned = act::dry_run(&mut tx, &desk, &other, run, &group.cause, &scope).await.unwrap();
        assert_eq!(planned.outcomes, BTreeMap::from([(Outcome::Same, 1)]));
        drop(tx);
        // Another office has nothing of it.
        let far = Scope { agency: "municipality".into(), jurisdiction: "kr-26-350".into() };
        assert!(rows::groups(&mut office.db.read().await.unwrap(), run, &far, "").await.unwrap().is_empty());
        assert_eq!(status(&office, id).await, (FindingStatus::Open, None));
    }
}

#[tokio::test]
async fn a_finding_is_explained_on_the_facts_the_run_had() {
    for office in Office::all(65).await {
        let (family, child) = overlooked(&office).await;
        let run = run_with(&office, DAY, 1, &[finding(&family, child, Kind::NoLonger)]).await;
        let (_, id) = only(&office, run).await;
        // What came later does not change what the run saw.
        agency_says(&office, DAY, child, "days_abroad", FactValue::Integer(3)).await;
        let policies = Policies::built_in().unwrap();
        let (who, purpose) = (staff(Role::Caseworker, 31), Purpose::new(PurposeKind::Casework, "a finding"));
        let within = |place: &str, office: &str| place.starts_with(office);
        let tells = |_: &str| false;
        let setting = registry::Setting { within: &within, tells_place: &tells, adult_age: 19, grace_days: 30 };
        let desk = office.desk_on(DAY);
        let sight = registry::Sight {
            policies: &policies,
            who: &who,
            purpose: &purpose,
            open_cases: &Default::default(),
            setting: &setting,
            today: DAY,
        };
        let scope = order::scope(&desk, &who);
        let mut tx = office.db.read().await.unwrap();
        let seen = view::one(&mut tx, &desk, &sight, id, &scope).await.unwrap().unwrap();
        let basis = guard::Processing::new(PurposeKind::Casework, "law").unwrap();
        let answer = seen.sealed.process(&basis, |shown| {
            let all = shown.evaluation.as_ref().unwrap();
            let mine = all.explanation.results.iter().find(|r| r.programme == "child_allowance").unwrap();
            (mine.answer, shown.names.len())
        });
        assert_eq!(answer, (rules::outcome::Answer::No, 3));
    }
}
