//! What is undone: an offer taken back and accepted again is another application and case, and everything of the first still
//! as it was; a death that was none lets everything go on.

use casework::accept::{self, Tap};
use casework::application::{follow, withdraw};
use casework::case::Stage;
use casework::household::PersonRef;
use casework::model::{Cause, ItemStatus};
use casework::read::{self, ApplicationShown, Older};
use casework::register::Teller;
use casework::{death, recompute, register, withdraw as unsaid};
use guard::{Action, Role};
use kernel::{ApplicationId, Date, Instant, OfferId};
use store::{params, transact};

use crate::application::{BORN, Home, citizen, count, home, machine, stage, working};
use crate::desk::{Office, TODAY, allowed, official, who};
use crate::evidence::Eyes;
use crate::flow::drain;

async fn accept(office: &Office, home: &Home) -> ApplicationId {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select offer_id, revision from offer where programme = 'child_allowance' and status = 'open'";
    let row = tx.one(sql, &[]).await.unwrap();
    let tap =
        Tap { offer: row.get::<OfferId>("offer_id").unwrap(), revision: row.get("revision").unwrap(), answers: vec![] };
    drop(tx);
    let input = accept::Input { applicant: home.family.mother, on_behalf: None, taps: vec![tap] };
    let done = transact!(office.db, accept::Fault, |tx| {
        accept::run(tx, &office.desk(), &citizen(home.family.mother), &home.powers(), input.clone()).await
    });
    done.unwrap().application.unwrap()
}

/// The applications of the household made before this moment, the newest first.
async fn as_of(office: &Office, home: &Home, at: Instant) -> Vec<ApplicationShown> {
    let eyes = Eyes::of(citizen(home.family.mother));
    let mut tx = office.db.read().await.unwrap();
    let older = Older { at, ..Older::NEWEST };
    let household = home.family.household;
    let seen = read::applications(&mut tx, &office.desk(), &eyes.sight(), household, older, 10).await.unwrap().unwrap();
    seen.sealed.process(&machine(), Clone::clone)
}

#[tokio::test]
async fn an_offer_taken_back_and_accepted_again_leaves_the_first_as_it_was() {
    for office in Office::all(43).await {
        let home = home(&office, 1, BORN).await;
        let first = accept(&office, &home).await;
        let after_first = office.desk().now;
        let said = as_of(&office, &home, after_first).await;
        assert_eq!((said.len(), said[0].id, said[0].items[0].status), (1, first, ItemStatus::Received));
        let back = withdraw::Input { application: first, cases: None, reason: None };
        transact!(office.db, withdraw::Fault, |tx| {
            withdraw::run(tx, &office.desk(), &citizen(home.family.mother), &home.powers(), back.clone()).await
        })
        .unwrap();
        transact!(office.db, recompute::Fault, |tx| {
            recompute::household(tx, &office.desk(), home.family.household, Cause::FactChange, None).await
        })
        .unwrap();
        let second = accept(&office, &home).await;
        assert_ne!(first, second);
        let all = as_of(&office, &home, Older::NEWEST.at).await;
        assert_eq!(all.iter().map(|a| a.id).collect::<Vec<_>>(), [second, first]);
        assert_eq!(all[0].items[0].status, ItemStatus::Received);
        // What was acknowledged first reads now as it read then, but for what became of it.
        let mut then = said[0].clone();
        then.items[0].status = ItemStatus::Void;
        assert_eq!(serde_json::to_value(&all[1]).unwrap(), serde_json::to_value(&then).unwrap());
        let as_then = as_of(&office, &home, after_first).await;
        assert_eq!(as_then.iter().map(|a| a.id).collect::<Vec<_>>(), [first], "as of then there was one");
        let mut tx = office.db.read().await.unwrap();
        let sql = "select stage from benefit_case where application_id = $1";
        let stands = async |tx: &mut store::Tx, id: ApplicationId| {
            tx.one(sql, params![id]).await.unwrap().parse::<Stage>("stage").unwrap()
        };
        assert_eq!((stands(&mut tx, first).await, stands(&mut tx, second).await), (Stage::Withdrawn, Stage::Received));
        let cases = tx.one("select count(*) as n from benefit_case", &[]).await.unwrap();
        assert_eq!(cases.get::<i64>("n").unwrap(), 2);
    }
}

/// A death of the mother is told and withdrawn; in between `meanwhile`.
async fn taken_for_dead(office: &Office, home: &Home, meanwhile: impl AsyncFn()) {
    let mother = home.family.mother;
    let may = allowed(Action::RegisterEvent, &[mother]);
    let teller = || Teller { source: "self".into(), register_number: None };
    let on = Date::constant(2026, 11, 20);
    let input = death::Input { person: PersonRef::Id(mother), on, teller: teller() };
    let told = transact!(office.db, register::Fault, |tx| {
        death::run(tx, &office.desk(), &official(), &may, input.clone()).await
    })
    .unwrap();
    drain(office, TODAY).await;
    meanwhile().await;
    let input = unsaid::Input { event: told.event(), reason: "another person of that name".into(), teller: teller() };
    transact!(office.db, register::Fault, |tx| {
        unsaid::run(tx, &office.desk(), &official(), &may, input.clone()).await
    })
    .unwrap();
    drain(office, TODAY).await;
}

#[tokio::test]
async fn a_case_goes_on_when_the_death_was_none() {
    for office in Office::all(44).await {
        let home = home(&office, 1, BORN).await;
        let done = home.apply(&office, vec![home.for_child("child_allowance")]).await;
        drain(&office, TODAY).await;
        let case = done.items[0].case;
        let before = stage(&office, case).await;
        let waits = "select count(*) as n from task where kind = 'applicant_died' and status = 'open'";
        taken_for_dead(&office, &home, async || {
            assert_eq!((stage(&office, case).await.0.as_str(), count(&office, waits).await), ("official", 1));
        })
        .await;
        assert_eq!(stage(&office, case).await, before, "as if nothing had been told");
        assert_eq!(count(&office, waits).await, 0);

        // What an official settled meanwhile is not undone by a machine: somebody looks.
        taken_for_dead(&office, &home, async || {
            let after = follow::After::CarryOn(home.family.father);
            transact!(office.db, follow::Fault, |tx| {
                let may = [working(&[home.child])];
                let who = who(Role::Caseworker);
                follow::settle(tx, &office.desk(), &who, &may, case, after.clone(), "the other parent goes on").await
            })
            .unwrap();
        })
        .await;
        assert_eq!(stage(&office, case).await.2, home.family.father);
        let reports = "select count(*) as n from task where kind = 'report' and status = 'open'";
        assert_eq!(count(&office, reports).await, 1);
    }
}
