//! What happens in life and in law makes offers and ends them: a pregnancy, a move, a birthday, new figures, another rule.

use casework::household::PersonRef;
use casework::model::OfferContent;
use casework::moved::{self, Movers};
use casework::pregnancy;
use casework::register::{Fault, Teller, Told};
use casework::{later, withdraw};
use catalogue::{Files, Pack};
use guard::Action;
use kernel::Date;
use registry::FactValue;
use registry::residence::Address;
use store::{StoreError, params, transact};

use crate::desk::{Family, Office, TODAY, allowed, child_of, family, official, tell};
use crate::flow::{agency_says, drain, drain_with};

/// The open offers with their sums.
async fn open(office: &Office) -> Vec<(String, Option<i64>)> {
    let mut tx = office.db.read().await.unwrap();
    let sql = "select programme, content from offer where status = 'open' order by programme";
    let rows = tx.all(sql, params![]).await.unwrap();
    let sum = |content: OfferContent| content.amount.and_then(|a| a.minor);
    rows.iter().map(|r| (r.get("programme").unwrap(), sum(r.json("content").unwrap()))).collect()
}

fn has(offers: &[(String, Option<i64>)], programme: &str) -> bool {
    offers.iter().any(|(p, _)| p == programme)
}

fn sum(offers: &[(String, Option<i64>)], programme: &str) -> Option<i64> {
    offers.iter().find(|(p, _)| p == programme).and_then(|(_, sum)| *sum)
}

/// The work of a day under a pack: messages first, then every job.
async fn day(office: &Office, pack: &Pack, on: Date) {
    drain_with(office, pack, on).await;
    let desk = casework::Desk { pack, ..office.desk_on(on) };
    loop {
        let more = transact!(office.db, casework::recompute::Fault, |tx| {
            let job = tx.lease_job(desk.now, std::time::Duration::from_secs(60)).await?;
            if let Some(job) = &job {
                later::work(tx, &desk, job).await?;
            }
            Ok(job.is_some())
        });
        if !more.unwrap() {
            break;
        }
    }
}

async fn child(office: &Office, home: &Family, born: Date) -> kernel::PersonId {
    let told = tell(office, &office.desk(), home, child_of(home, "2026-1", born)).await.unwrap();
    drain(office, TODAY).await;
    told.person()
}

#[tokio::test]
async fn a_pregnancy_makes_offers_and_its_withdrawal_ends_them() {
    for office in Office::all(51).await {
        let home = family(&office, 1).await;
        drain(&office, TODAY).await;
        assert!(!has(&open(&office).await, "pregnancy_voucher"));
        let input = pregnancy::Input {
            person: PersonRef::Id(home.mother),
            confirmed_on: Date::constant(2026, 11, 10),
            due_date: Date::constant(2027, 6, 20),
            unborn: 1,
            facts: vec![],
            teller: Teller { source: "nhis".into(), register_number: None },
        };
        let told = transact!(office.db, Fault, |tx| {
            let may = allowed(Action::RegisterEvent, &[home.mother]);
            pregnancy::run(tx, &office.desk(), &official(), &may, input.clone()).await
        });
        let Told::Registered(event) = told.unwrap() else { panic!("told before") };
        // In the same transaction: no worker has run.
        assert!(has(&open(&office).await, "pregnancy_voucher"), "{:?}", open(&office).await);
        let input = withdraw::Input {
            event: event.event,
            reason: "another woman".into(),
            teller: Teller { source: "nhis".into(), register_number: None },
        };
        transact!(office.db, Fault, |tx| {
            let may = allowed(Action::RegisterEvent, &[home.mother]);
            withdraw::run(tx, &office.desk(), &official(), &may, input.clone()).await
        })
        .unwrap();
        drain(&office, TODAY).await;
        assert!(!has(&open(&office).await, "pregnancy_voucher"));
    }
}

#[tokio::test]
async fn a_move_to_a_shrinking_county_raises_what_is_offered() {
    for office in Office::all(52).await {
        let home = family(&office, 1).await;
        let baby = child(&office, &home, Date::constant(2026, 11, 18)).await;
        assert_eq!(sum(&open(&office).await, "child_allowance"), Some(100_000));
        let input = moved::Input {
            person: home.mother,
            movers: Movers::Household(home.household),
            address: Address::new("kr-47-730", "군청길 31", "37337"),
            from: TODAY,
            teller: Teller { source: "self".into(), register_number: None },
        };
        transact!(office.db, Fault, |tx| {
            let may = allowed(Action::RegisterEvent, &[home.mother, home.father, baby]);
            moved::run(tx, &office.desk(), &official(), &may, input.clone()).await
        })
        .unwrap();
        assert_eq!(sum(&open(&office).await, "child_allowance"), Some(120_000), "as published for special areas");
    }
}

#[tokio::test]
async fn two_years_of_age_end_one_offer_and_make_another() {
    for office in Office::all(53).await {
        let home = family(&office, 1).await;
        let baby = child(&office, &home, Date::constant(2026, 11, 18)).await;
        for (item, code) in [("care_place", "home"), ("school_level", "none")] {
            agency_says(&office, TODAY, baby, item, FactValue::Code(code.into())).await;
        }
        day(&office, crate::desk::pack(), TODAY).await;
        let offers = open(&office).await;
        assert!(has(&offers, "parent_benefit") && !has(&offers, "home_care"), "{offers:?}");
        // The month before the second birthday's, and the birthday. Nobody touched the family.
        for (on, two) in [(Date::constant(2028, 10, 31), false), (Date::constant(2028, 11, 18), true)] {
            let desk = office.desk_on(on);
            transact!(office.db, StoreError, |tx| later::queue_dates(tx, &desk).await).unwrap();
            day(&office, crate::desk::pack(), on).await;
            let offers = open(&office).await;
            assert_eq!(has(&offers, "home_care"), two, "{on}: {offers:?}");
            assert!(!has(&offers, "parent_benefit") || !two, "{on}: {offers:?}");
        }
    }
}

/// The pack of the tests with something put in the place of something else.
fn with(path: &str, replacements: &[(&str, &str)]) -> Pack {
    let mut files = Files::read(&testing::pack_dir()).unwrap();
    let mut text = String::from_utf8(files.take(path).unwrap()).unwrap();
    for (old, new) in replacements {
        assert!(text.contains(old), "{path} does not hold {old}");
        text = text.replace(old, new);
    }
    files.put(path, text);
    Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}")).pack
}

#[tokio::test]
async fn new_figures_change_offers_and_another_rule_ends_and_makes_them() {
    let more =
        with("parameters/child_allowance_amount.csv", &[("2026-01-01,,capital,100000", "2026-01-01,,capital,101000")]);
    let younger =
        with("programmes/child_allowance.toml", &[("< 12 * min(year(today) - 2017", "< min(year(today) - 2025")]);
    for office in Office::all(54).await {
        let home = family(&office, 1).await;
        child(&office, &home, Date::constant(2026, 10, 1)).await;
        day(&office, crate::desk::pack(), TODAY).await;
        for (pack, expected) in [(&more, Some(101_000)), (&younger, None), (crate::desk::pack(), Some(100_000))] {
            let desk = casework::Desk { pack, ..office.desk() };
            transact!(office.db, StoreError, |tx| later::queue_pack(tx, &desk).await).unwrap();
            day(&office, pack, TODAY).await;
            assert_eq!(sum(&open(&office).await, "child_allowance"), expected);
        }
    }
}
