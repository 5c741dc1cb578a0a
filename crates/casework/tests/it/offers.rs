//! What becomes of offers: accepted, tapped twice, raced for, changed, expired; recomputed without doubles.

use casework::accept::{self, Tap};
use casework::changed::FactTold;
use casework::model::{Cause, Subject};
use casework::register::{Registered, Teller, Told};
use casework::{changed, later, recompute, refuse};
use guard::{Action, Role};
use kernel::{ApplicationId, Date, OfferId, PersonId};
use proptest::prelude::*;
use rules::schema::Value;
use store::{StoreError, params, transact};

use crate::desk::{Family, Office, TODAY, allowed, child_of, family, official, tell, who};

const BORN: Date = Date::constant(2026, 11, 18);

async fn born(office: &Office, family: &Family) -> Registered {
    match tell(office, &office.desk(), family, child_of(family, "2026-1", BORN)).await.unwrap() {
        Told::Registered(registered) => registered,
        told => panic!("{told:?}"),
    }
}

async fn offer(office: &Office, programme: &str) -> (OfferId, u32, String) {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select offer_id, revision, status from offer where programme = $1";
    let row = tx.one(sql, params![programme]).await.unwrap();
    (row.get("offer_id").unwrap(), row.get("revision").unwrap(), row.get("status").unwrap())
}

async fn count(office: &Office, sql: &'static str) -> i64 {
    let mut tx = office.db.read().await.unwrap();
    tx.one(sql, &[]).await.unwrap().get("n").unwrap()
}

fn tap(offer: OfferId, revision: u32) -> Tap {
    Tap { offer, revision, answers: vec![] }
}

/// The mother accepts; she may act for the child.
async fn take(
    office: &Office,
    day: Date,
    persons: &[PersonId],
    mother: PersonId,
    taps: Vec<Tap>,
) -> Result<accept::Done, accept::Fault> {
    let input = accept::Input { applicant: mother, on_behalf: None, taps };
    transact!(office.db, accept::Fault, |tx| {
        let may: Vec<_> = persons.iter().map(|p| allowed(Action::AcceptOffer, &[*p])).collect();
        accept::run(tx, &office.desk_on(day), &who(Role::Citizen), &may, input.clone()).await
    })
}

#[tokio::test]
async fn one_tap_makes_one_application_with_frozen_facts_and_a_second_tap_gives_the_same() {
    for office in Office::all(11).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        let (voucher, revision, _) = offer(&office, "first_meeting").await;
        let (allowance, r2, _) = offer(&office, "child_allowance").await;
        let persons = [child, family.mother];
        let both = vec![tap(voucher, revision), tap(allowance, r2)];
        let done = take(&office, TODAY, &persons, family.mother, both.clone()).await.unwrap();
        let application = done.application.unwrap();
        let again = take(&office, TODAY, &persons, family.mother, both).await.unwrap();
        assert_eq!(again.application, None);
        assert!(again.items.iter().all(|(_, a)| *a == application));
        let mut tx = office.db.read().await.unwrap();
        let frozen = "select f.content_hash, f.content from application_item i join frozen_facts f on f.content_hash = i.facts_hash where i.offer_id = $1";
        let row = tx.one(frozen, params![voucher]).await.unwrap();
        let content: String = row.get("content").unwrap();
        assert_eq!(row.get::<String>("content_hash").unwrap(), hex(&content), "the hash is that of the content");
        assert!(content.contains(&child.to_string()));
        drop(tx);
        assert_eq!(count(&office, "select count(*) as n from application").await, 1);
    }
}

fn hex(text: &str) -> String {
    use sha2::Digest;
    sha2::Sha256::digest(text.as_bytes()).iter().map(|b| format!("{b:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn racing_taps_give_one_application() {
    for office in Office::all(12).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        let (voucher, revision, _) = offer(&office, "first_meeting").await;
        let office = std::sync::Arc::new(office);
        let mut racers = Vec::new();
        for _ in 0..8 {
            let (office, mother) = (office.clone(), family.mother);
            racers.push(tokio::spawn(async move {
                take(&office, TODAY, &[child, mother], mother, vec![tap(voucher, revision)]).await.unwrap()
            }));
        }
        let mut applications: Vec<ApplicationId> = Vec::new();
        for racer in racers {
            applications.extend(racer.await.unwrap().items.iter().map(|(_, a)| *a));
        }
        applications.dedup();
        assert_eq!((applications.len(), count(&office, "select count(*) as n from application").await), (1, 1));
    }
}

#[tokio::test]
async fn what_cannot_be_accepted_says_why_and_nothing_is_half_done() {
    for office in Office::all(13).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        let persons = [child, family.mother];
        let (voucher, revision, _) = offer(&office, "first_meeting").await;
        let fault = |r: Result<accept::Done, accept::Fault>| r.unwrap_err().to_string();
        let mother = family.mother;
        let unknown = OfferId(uuid::Uuid::from_u128(5));
        let both = vec![tap(voucher, revision), tap(unknown, 1)];
        assert!(fault(take(&office, TODAY, &persons, mother, both).await).contains("does not exist"));
        assert!(fault(take(&office, TODAY, &persons, mother, vec![]).await).contains("no offer"));
        assert!(fault(take(&office, TODAY, &persons, mother, vec![tap(voucher, 9)]).await).contains("changed since"));
        let uncovered = take(&office, TODAY, &[mother], mother, vec![tap(voucher, revision)]).await;
        assert!(fault(uncovered).contains("permission"));
        let stranger = PersonId(uuid::Uuid::from_u128(77));
        let outside = take(&office, TODAY, &persons, stranger, vec![tap(voucher, revision)]).await;
        assert!(fault(outside).contains("not a member"));
        let late = Date::constant(2029, 1, 1);
        assert!(
            fault(take(&office, late, &persons, mother, vec![tap(voucher, revision)]).await)
                .contains("ended on 2028-11-18")
        );
        let given =
            accept::Given { subject: Subject::Person(child), item: "sex".into(), value: Value::Code("male".into()) };
        let nosy = vec![Tap { offer: voucher, revision, answers: vec![given] }];
        assert!(fault(take(&office, TODAY, &persons, mother, nosy).await).contains("does not ask"));
        assert_eq!(count(&office, "select count(*) as n from application").await, 0);
        assert_eq!(offer(&office, "first_meeting").await.2, "open");
    }
}

async fn income(
    office: &Office,
    family: &Family,
    day: Date,
    number: &str,
    value: i64,
) -> Result<Told, casework::register::Fault> {
    let fact = FactTold {
        subject: Subject::Household(family.household),
        item: "recognised_income".into(),
        value: Value::Money(value),
        from: Date::constant(2026, 11, 1),
        until: None,
    };
    let teller = Teller { source: "nts".into(), register_number: Some(number.into()) };
    let input = changed::Input { person: family.mother, facts: vec![fact], teller, ground: changed::Ground::default() };
    transact!(office.db, casework::register::Fault, |tx| {
        let may = allowed(Action::RegisterEvent, &[family.mother, family.father]);
        changed::run(tx, &office.desk_on(day), &official(), &may, input.clone()).await
    })
}

#[tokio::test]
async fn a_change_of_income_changes_offers_and_what_was_shown_must_be_confirmed_again() {
    for office in Office::all(14).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        let (grant, shown, _) = offer(&office, "maternity_haesan").await;
        // No income at all: what could not be told before is a yes now.
        income(&office, &family, TODAY, "n-1", 0).await.unwrap();
        assert!(matches!(income(&office, &family, TODAY, "n-1", 0).await.unwrap(), Told::Already { .. }));
        let open = count(&office, "select count(*) as n from offer where cause = 'income_change'").await;
        assert!(open > 0, "a household without income is offered more");
        income(&office, &family, TODAY, "n-2", 90_000_000).await.unwrap();
        let lapsed =
            count(&office, "select count(*) as n from offer where cause = 'income_change' and status = 'open'").await;
        assert!(lapsed < open, "what a rich household cannot have does not stay open");
        let (_, revision, status) = offer(&office, "maternity_haesan").await;
        let persons = [child, family.mother];
        if revision != shown && status == "open" {
            let fault = take(&office, TODAY, &persons, family.mother, vec![tap(grant, shown)]).await;
            assert!(fault.is_err() || revision == shown);
        }
        let past = count(&office, "select count(*) as n from offer_past").await;
        assert!(past > 0 || status == "lapsed", "earlier revisions are kept");
    }
}

#[tokio::test]
async fn a_refusal_needs_a_reason_from_an_official_and_can_be_taken_back() {
    for office in Office::all(15).await {
        let family = family(&office, 1).await;
        let child = born(&office, &family).await.person;
        let (voucher, revision, _) = offer(&office, "first_meeting").await;
        let no = |reason: Option<&str>| refuse::Input {
            person: family.mother,
            offers: vec![voucher, voucher],
            reason: reason.map(str::to_owned),
        };
        for (reason, expected) in
            [(None, None), (Some("she has one already"), Some(1)), (Some("she said so again"), Some(0))]
        {
            let done = transact!(office.db, accept::Fault, |tx| {
                let may = [allowed(Action::AcceptOffer, &[child]), allowed(Action::AcceptOffer, &[family.mother])];
                refuse::run(tx, &office.desk(), &official(), &may, no(reason)).await
            });
            assert_eq!(done.ok(), expected);
        }
        assert_eq!(offer(&office, "first_meeting").await.2, "refused");
        take(&office, TODAY, &[child, family.mother], family.mother, vec![tap(voucher, revision)]).await.unwrap();
        assert_eq!(offer(&office, "first_meeting").await.2, "accepted");
    }
}

/// One step of a random life.
#[derive(Clone, Debug)]
enum Step {
    Birth(u8),
    Income(i64),
    Recompute,
    Days(u16),
    Work,
    /// The transaction is dropped before it commits: the process died.
    Crash(u8),
    Accept(u8),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        (0_u8..3).prop_map(Step::Birth),
        prop_oneof![Just(0), Just(1_500_000), Just(90_000_000)].prop_map(Step::Income),
        Just(Step::Recompute),
        (1_u16..400).prop_map(Step::Days),
        Just(Step::Work),
        (0_u8..3).prop_map(Step::Crash),
        (0_u8..8).prop_map(Step::Accept),
    ]
}

async fn live(office: &Office, steps: &[Step]) {
    let family = family(office, 1).await;
    let mut day = TODAY;
    for (n, step) in steps.iter().enumerate() {
        match step {
            Step::Birth(child) => {
                let mut input = child_of(&family, &format!("b-{child}"), BORN);
                (input.number, input.of) = (u32::from(*child) + 1, 3);
                tell(office, &office.desk_on(day), &family, input).await.unwrap();
            }
            Step::Income(value) => {
                income(office, &family, day, &format!("i-{n}"), *value).await.unwrap();
            }
            Step::Recompute => {
                for _ in 0..2 {
                    transact!(office.db, recompute::Fault, |tx| {
                        recompute::household(tx, &office.desk_on(day), family.household, Cause::FactChange, None).await
                    })
                    .unwrap();
                }
            }
            Step::Days(days) => {
                day = day.saturating_add(jiff::Span::new().days(i64::from(*days)));
                transact!(office.db, StoreError, |tx| later::queue_dates(tx, &office.desk_on(day)).await).unwrap();
            }
            Step::Work => work(office, day).await,
            Step::Crash(child) => {
                let mut tx = office.db.begin().await.unwrap();
                let mut input = child_of(&family, &format!("c-{child}-{n}"), BORN);
                (input.number, input.of) = (u32::from(*child) + 4, 9);
                let may = allowed(Action::RegisterEvent, &[family.mother, family.father]);
                let desk = office.desk_on(day);
                casework::birth::run(&mut tx, &desk, &official(), &may, input).await.unwrap();
                drop(tx);
            }
            Step::Accept(which) => accept_some(office, &family, day, *which).await,
        }
        no_doubles(office).await;
    }
}

async fn work(office: &Office, day: Date) {
    let desk = office.desk_on(day);
    for _ in 0..50 {
        let more = transact!(office.db, recompute::Fault, |tx| {
            let message = tx.take_message(desk.now).await?;
            if let Some(message) = &message {
                later::handle(tx, &desk, message).await?;
            }
            let job = tx.lease_job(desk.now, std::time::Duration::from_secs(60)).await?;
            if let Some(job) = &job {
                later::work(tx, &desk, job).await?;
            }
            Ok(message.is_some() || job.is_some())
        })
        .unwrap();
        if !more {
            break;
        }
    }
}

async fn accept_some(office: &Office, family: &Family, day: Date, which: u8) {
    let mut tx = office.db.read().await.unwrap();
    let rows =
        tx.all("select offer_id, revision, subject_id, subject_kind from offer order by offer_id", &[]).await.unwrap();
    drop(tx);
    let Some(row) = rows.get(usize::from(which)) else { return };
    let subject: uuid::Uuid = row.get("subject_id").unwrap();
    let person = match row.get::<String>("subject_kind").unwrap().as_str() {
        "person" => PersonId(subject),
        _ => family.mother,
    };
    let taps = vec![tap(row.get("offer_id").unwrap(), row.get("revision").unwrap())];
    // May be refused (expired, lapsed, exclusive): what matters is that nothing is doubled.
    let _ = take(office, day, &[person, family.mother], family.mother, taps).await;
}

async fn no_doubles(office: &Office) {
    let doubled = "select count(*) as n from (select 1 as x from offer where status = 'open' group by subject_id, programme having count(*) > 1) d";
    assert_eq!(count(office, doubled).await, 0, "an offer stands open twice");
    let accepted = "select count(*) as n from offer o where o.status = 'accepted' and not exists (select 1 from application_item i where i.offer_id = o.offer_id)";
    assert_eq!(count(office, accepted).await, 0, "accepted without an application");
    let orphans = "select count(*) as n from offer o where not exists (select 1 from frozen_facts f where f.content_hash = o.facts_hash and f.household_id = o.household_id)";
    assert_eq!(count(office, orphans).await, 0, "an offer without its frozen facts");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6, max_shrink_iters: 20, ..ProptestConfig::default() })]

    #[test]
    fn no_offer_stands_twice_whatever_happens(steps in proptest::collection::vec(step(), 1..9)) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            for office in Office::all(16).await {
                live(&office, &steps).await;
            }
        });
    }
}
