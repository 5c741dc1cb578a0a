//! Births: offers with the amounts the pack's worked cases know, told twice, at once, wrongly, in error.

use casework::model::EventStatus;
use casework::register::Teller;
use casework::register::Told;
use casework::{correct, withdraw};
use guard::Action;
use kernel::Date;
use kernel::PersonId;
use rules::outcome::Answer;
use store::transact;

use crate::desk::{Office, allowed, child_of, family, official, tell};

const BORN: Date = Date::constant(2026, 11, 18);

/// Programme, status, result and sum of every offer, whoever's.
async fn offers(office: &Office) -> Vec<(String, String, Answer, Option<i64>)> {
    let mut tx = office.db.read().await.unwrap();
    let rows = tx.all("select programme, status, content from offer order by programme, offer_id", &[]).await.unwrap();
    rows.iter()
        .map(|row| {
            let content: casework::model::OfferContent = row.json("content").unwrap();
            (
                row.get("programme").unwrap(),
                row.get("status").unwrap(),
                content.result,
                content.amount.and_then(|a| a.minor),
            )
        })
        .collect()
}

#[tokio::test]
async fn a_birth_makes_offers_with_the_published_amounts_in_the_same_transaction() {
    for office in Office::all(1).await {
        let family = family(&office, 1).await;
        let told = tell(&office, &office.desk(), &family, child_of(&family, "2026-1", BORN)).await.unwrap();
        let Told::Registered(registered) = told else { panic!("{told:?}") };
        let all = offers(&office).await;
        assert_eq!(registered.offers.made.len(), all.len());
        let amount = |programme: &str| {
            let mut of = all.iter().filter(|o| o.0 == programme);
            of.next().map(|o| (o.2, o.3))
        };
        assert_eq!(amount("first_meeting"), Some((Answer::Yes, Some(2_000_000))));
        assert_eq!(amount("parent_benefit"), Some((Answer::Yes, Some(1_000_000))));
        assert_eq!(amount("child_allowance"), Some((Answer::Yes, Some(100_000))));
        assert!(all.iter().all(|o| o.1 == "open"));
    }
}

fn registered(told: Told) -> casework::register::Registered {
    match told {
        Told::Registered(registered) => registered,
        Told::Already { .. } => panic!("{told:?}"),
    }
}

async fn count(office: &Office, sql: &'static str) -> i64 {
    let mut tx = office.db.read().await.unwrap();
    tx.one(sql, &[]).await.unwrap().get("n").unwrap()
}

const CHILDREN: &str = "select count(*) as n from life_event where kind = 'birth'";
const OFFERS: &str = "select count(*) as n from offer";

#[tokio::test]
async fn told_twice_is_once_by_number_by_parents_and_by_one_parent_alone() {
    for office in Office::all(2).await {
        let family = family(&office, 1).await;
        let desk = office.desk();
        let first = registered(tell(&office, &desk, &family, child_of(&family, "2026-1", BORN)).await.unwrap());
        let offers = count(&office, OFFERS).await;
        let mut by_number = child_of(&family, "2026-1", Date::constant(2026, 11, 17));
        by_number.parents.truncate(1);
        let mut by_parents = child_of(&family, "2026-2", BORN);
        by_parents.teller.source = "mois".into();
        let mut by_father = child_of(&family, "x", BORN);
        by_father.parents.truncate(1);
        by_father.teller = Teller { source: "self".into(), register_number: None };
        for again in [by_number, by_parents, by_father] {
            let told = tell(&office, &desk, &family, again).await.unwrap();
            let status = EventStatus::Registered;
            assert_eq!(told, Told::Already { event: first.event, person: first.person, status });
        }
        assert_eq!((count(&office, CHILDREN).await, count(&office, OFFERS).await), (1, offers));
        let mut twin = child_of(&family, "2026-3", BORN);
        (twin.number, twin.of) = (2, 2);
        assert_ne!(registered(tell(&office, &desk, &family, twin).await.unwrap()).person, first.person);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_identical_births_at_once_are_one() {
    for office in Office::all(3).await {
        let family = family(&office, 1).await;
        let office = std::sync::Arc::new(office);
        let family = std::sync::Arc::new(family);
        let mut all = Vec::new();
        for _ in 0..16 {
            let (office, family) = (office.clone(), family.clone());
            all.push(tokio::spawn(async move {
                tell(&office, &office.desk(), &family, child_of(&family, "2026-1", BORN)).await.unwrap()
            }));
        }
        let mut new = 0;
        let mut persons = std::collections::BTreeSet::new();
        for one in all {
            let told = one.await.unwrap();
            new += i32::from(matches!(told, Told::Registered(_)));
            persons.insert(told.person());
        }
        assert_eq!((new, persons.len()), (1, 1));
        assert_eq!(count(&office, CHILDREN).await, 1);
        let twice =
            "select count(*) as n from (select 1 as x from offer group by subject_id, programme having count(*) > 1) d";
        assert_eq!(count(&office, twice).await, 0);
    }
}

#[tokio::test]
async fn what_cannot_be_is_refused_whole_and_says_what_is_wrong() {
    for office in Office::all(4).await {
        let family = family(&office, 1).await;
        let base = || child_of(&family, "2026-1", BORN);
        let mut future = base();
        future.birth_date = Date::constant(2026, 12, 1);
        let mut item = base();
        item.facts.push(("no_such_item".into(), rules::schema::Value::Boolean(true)));
        let mut number = base();
        (number.number, number.of) = (3, 2);
        let mut parents = base();
        parents.parents.clear();
        let mut same = base();
        same.parents[0].0 = same.parents[1].0.clone();
        let mut source = base();
        source.teller.source = "nobody".into();
        let mut old = base();
        old.birth_date = Date::constant(1999, 1, 1);
        let mut name = base();
        name.names.clear();
        let faults = [
            (future, "cannot be the day"),
            (item, "no_such_item"),
            (number, "child 3 of 2"),
            (parents, "one or two parents"),
            (same, "same person"),
            (source, "not an agency"),
            (old, "years old"),
            (name, "name"),
        ];
        for (input, says) in faults {
            let fault = tell(&office, &office.desk(), &family, input).await.unwrap_err().to_string();
            assert!(fault.contains(says), "{fault}");
        }
        assert_eq!((count(&office, CHILDREN).await, count(&office, OFFERS).await), (0, 0));
        let rows = "select count(*) as n from person";
        assert_eq!(count(&office, rows).await, 2, "a refused birth left a person behind");
    }
}

async fn do_correct(
    office: &Office,
    person: PersonId,
    input: correct::Input,
) -> Result<Told, casework::register::Fault> {
    transact!(office.db, casework::register::Fault, |tx| {
        let allowed = allowed(Action::RegisterEvent, &[person]);
        correct::run(tx, &office.desk(), &official(), &allowed, input.clone()).await
    })
}

async fn do_withdraw(
    office: &Office,
    person: PersonId,
    event: kernel::EventId,
) -> Result<casework::register::Registered, casework::register::Fault> {
    let input = withdraw::Input { event, reason: "the hospital mixed up two files".into(), teller: court(None) };
    transact!(office.db, casework::register::Fault, |tx| {
        let allowed = allowed(Action::RegisterEvent, &[person]);
        withdraw::run(tx, &office.desk(), &official(), &allowed, input.clone()).await
    })
}

fn court(number: Option<&str>) -> Teller {
    Teller { source: "court_administration".into(), register_number: number.map(str::to_owned) }
}

#[tokio::test]
async fn a_correction_keeps_the_original_and_changes_the_offers() {
    for office in Office::all(5).await {
        let family = family(&office, 1).await;
        let first =
            registered(tell(&office, &office.desk(), &family, child_of(&family, "2026-1", BORN)).await.unwrap());
        // Born in fact three years earlier: too old for a newborn's voucher, and for the parent benefit.
        let right = correct::Right { birth_date: Some(Date::constant(2023, 11, 18)), ..correct::Right::default() };
        let input =
            correct::Input { event: first.event, reason: "wrong year".into(), right, teller: court(Some("c-1")) };
        let told = registered(do_correct(&office, first.person, input.clone()).await.unwrap());
        assert!(!told.offers.closed.is_empty());
        let open: Vec<_> = offers(&office).await.into_iter().filter(|o| o.1 == "open").map(|o| o.0).collect();
        assert!(!open.contains(&"parent_benefit".to_owned()), "{open:?}");
        assert!(open.contains(&"infant_checkup".to_owned()), "{open:?}");
        assert_eq!(count(&office, "select count(*) as n from life_event where status = 'corrected'").await, 1);
        assert!(count(&office, "select count(*) as n from offer_past").await > 0, "earlier revisions are kept");
        // Told twice is once, and the wrong one cannot be corrected again.
        assert!(matches!(do_correct(&office, first.person, input).await.unwrap(), Told::Already { .. }));
        let again = correct::Input {
            event: first.event,
            reason: "wrong year".into(),
            right: correct::Right { sex: Some(registry::person::Sex::Male), ..Default::default() },
            teller: court(None),
        };
        assert!(do_correct(&office, first.person, again).await.unwrap_err().to_string().contains("corrected already"));
    }
}

#[tokio::test]
async fn a_withdrawn_birth_takes_its_offers_along_and_does_not_come_back_by_repetition() {
    for office in Office::all(6).await {
        let family = family(&office, 1).await;
        let first =
            registered(tell(&office, &office.desk(), &family, child_of(&family, "2026-1", BORN)).await.unwrap());
        do_withdraw(&office, first.person, first.event).await.unwrap();
        assert!(
            offers(&office).await.iter().all(|o| o.1 != "open" && o.1 != "accepted"),
            "{:?}",
            offers(&office).await
        );
        let again = tell(&office, &office.desk(), &family, child_of(&family, "2026-1", BORN)).await.unwrap();
        let status = EventStatus::Withdrawn;
        assert_eq!(again, Told::Already { event: first.event, person: first.person, status });
        // The same birth under another number is another event, and is offered again.
        let second =
            registered(tell(&office, &office.desk(), &family, child_of(&family, "2026-9", BORN)).await.unwrap());
        assert_ne!(second.person, first.person);
        assert!(offers(&office).await.iter().any(|o| o.0 == "child_allowance" && o.1 == "open"));
        assert!(
            do_withdraw(&office, first.person, first.event)
                .await
                .unwrap_err()
                .to_string()
                .contains("withdrawn already")
        );
        assert_eq!(count(&office, "select count(*) as n from person").await, 4, "nothing is deleted");
    }
}

#[tokio::test]
async fn a_file_of_the_register_is_read_row_by_row_and_faulty_rows_are_named() {
    let office = &Office::all(7).await[0];
    let desk = office.desk();
    let file = "register_number,birth_date,family_name,given_name,sex,mother,number,fact:nationality\n\
        1,2026-11-18,한,하늘,female,950302-2000001,1,korean\n\
        2,2026-13-18,한,바다,female,950302-2000001,1,korean\n\
        3,2026-11-18,한,산,unknown,950302-2000001,1,korean\n\
        4,2026-11-18,한,들,,,1,korean\n";
    let rows = casework::births_file::read(&desk, file.as_bytes(), "court_administration", "national").unwrap();
    let faults: Vec<_> =
        rows.iter().filter_map(|(_, r)| r.as_ref().err()).map(|r| (r.line, r.column.clone())).collect();
    let at = |column: &str| Some(column.to_owned());
    assert_eq!(faults, [(3, at("birth_date")), (4, at("sex")), (5, at("mother"))]);
    let family = family(office, 1).await;
    let good = rows.into_iter().find_map(|(_, r)| r.ok()).unwrap();
    assert!(matches!(tell(office, &desk, &family, good).await.unwrap(), Told::Registered(_)));
    for wrong in ["", "a,b\n1,2\n", "register_number,birth_date,family_name\n", "\u{0}"] {
        assert!(casework::births_file::read(&desk, wrong.as_bytes(), "x", "y").is_err(), "{wrong:?}");
    }
}
