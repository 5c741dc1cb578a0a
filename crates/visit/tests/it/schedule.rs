//! Schedules: the pack's worked cases, and what holds for every family.

use std::path::Path;

use catalogue::Pack;
use jiff::ToSpan as _;
use jiff::civil::Date;
use proptest::prelude::*;
use visit::schedule::{Child, Ending, Family, Fidelity, Made, NotNeeded, State, Why, fidelity, schedule};

fn korea() -> &'static Pack {
    static PACK: std::sync::OnceLock<Pack> = std::sync::OnceLock::new();
    PACK.get_or_init(|| {
        let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
        Pack::load(&dir).unwrap_or_else(|faults| panic!("{faults:?}")).pack
    })
}

#[test]
fn the_worked_cases_of_the_pack_hold() {
    let report = visit::cases::run(korea(), "");
    assert!(report.bad.is_empty(), "{}", report.text());
    assert!(report.good >= 20, "{}", report.text());
}

#[test]
fn a_case_that_does_not_hold_says_what_was_expected() {
    let mut files = korea().files().clone();
    let case = "- id: wrong\n  why: test\n  protocol: universal@2026.1\n  family: { entered: 2026-06-20, children: [{ born: 2026-06-18 }] }\n  \
                on: 2026-07-01\n  expect: { newborn: 2026-06-21..2026-07-16 ahead }\n";
    files.put("visit-cases/wrong.yaml", case);
    files.put("visit-cases/broken.yaml", "- id: [\n");
    let pack = Pack::from_files(files).unwrap().pack;
    let report = visit::cases::run(&pack, "");
    assert_eq!(report.bad.len(), 2, "{}", report.text());
    assert!(
        report.text().contains("wrong: newborn: expected 2026-06-21..2026-07-16 ahead, got 2026-06-21..2026-07-16 due")
    );
    assert!(report.text().contains("visit-cases/broken.yaml"));
}

#[test]
fn visits_by_level_of_need_follow_the_decisions_and_end_with_them() {
    let mut files = korea().files().clone();
    let with_rhythm = String::from_utf8(files.get("protocols/universal.toml").unwrap().to_vec()).unwrap()
        + "\n[[rhythm]]\nid = \"weekly\"\nname.ko = \"매주\"\nname.en = \"Every week\"\ntier = \"high\"\nfirst_days = 1\nevery_days = 7\nspread_days = 2\ntopics = [\"mood\"]\n";
    files.put("protocols/universal.toml", with_rhythm);
    let pack = Pack::from_files(files).unwrap().pack;
    let protocol = pack.protocols().get("universal@2026.1").unwrap();
    let family = Family {
        entered: "2026-06-20".parse().unwrap(),
        children: vec![Child { born: "2026-06-18".parse().unwrap(), discharged: None, died: None }],
        tiers: vec![("2026-07-01".parse().unwrap(), Some("high".into())), ("2026-07-16".parse().unwrap(), None)],
        made: vec![Made {
            visit: "weekly/2026-07-01/1".into(),
            on: "2026-07-02".parse().unwrap(),
            ending: Ending::Done,
        }],
        ..Family::default()
    };
    let all = schedule(protocol, &family, "2026-07-10".parse().unwrap()).unwrap();
    let weekly: Vec<String> = all.iter().filter(|p| p.visit.starts_with("weekly")).map(visit::cases::told).collect();
    assert_eq!(weekly, ["2026-07-01..2026-07-04 done on 2026-07-02", "2026-07-08..2026-07-11 due"]);
    assert!(matches!(
        &all.iter().find(|p| p.visit == "weekly/2026-07-01/2").unwrap().why,
        Why::Tier { every_days: 7, .. }
    ));
    assert_eq!(family.tier("2026-07-15".parse().unwrap()), Some("high"));
    assert_eq!(family.tier("2026-07-16".parse().unwrap()), None);
}

#[test]
fn faults_of_a_protocol_are_named_with_their_place() {
    let broken = [
        ("birth_days = 14", "birth_days = 14\nbirth_months = 1", "two days are named"),
        ("birth_days = 14", "", "no day is named"),
        ("after_birth = 1", "after_birth = 2", "2 visits are needed and the file has 1"),
        ("\"newborn_care\", \"weight\"", "\"newborn_car\", \"weight\"", "there is no topic \"newborn_car\""),
        ("birth_days = 56", "birth_days = 7", "after the end"),
        ("owner = \"health_centre\"", "owner = \"nobody\"", "nobody"),
        ("early_days = 11", "early_days = 99999", "99999 is no early_days"),
    ];
    for (old, new, expected) in broken {
        let mut files = korea().files().clone();
        let text = String::from_utf8(files.get("protocols/universal.toml").unwrap().to_vec()).unwrap();
        assert!(text.contains(old), "{old}");
        files.put("protocols/universal.toml", text.replacen(old, new, 1));
        let faults = Pack::from_files(files).err().unwrap_or_else(|| panic!("{expected} was taken"));
        let named =
            faults.iter().any(|f| f.file == "protocols/universal.toml" && f.line > 1 && f.message.contains(expected));
        assert!(named, "{expected}: {faults:?}");
    }
}

fn day(n: i32) -> Date {
    Date::constant(2026, 1, 1).saturating_add(n.days())
}

/// Families whose dates can be.
fn any_family() -> impl Strategy<Value = Family> {
    let child = (0_i32..2, proptest::option::of(0_i32..20), proptest::option::weighted(0.1, 0_i32..400));
    let made = (0_usize..26, 0_i32..900, 0_usize..4);
    let parts =
        (-140_i32..60, -60_i32..8, proptest::collection::vec(child, 0..3), proptest::option::weighted(0.1, 0_i32..700));
    (parts, proptest::collection::vec(made, 0..30)).prop_map(|((entered, early, children, left), made)| {
        let visits = &korea().protocols().get("sustained@2026.1").unwrap().visits;
        let born = |n: i32| day(n);
        let children = children.into_iter().map(|(n, discharged, died)| Child {
            born: born(n),
            discharged: discharged.map(|d| born(n + d)),
            died: died.map(|d| born(n + d)),
        });
        let made = made.into_iter().filter_map(|(v, on, e)| {
            let visit = visits.get(v)?.id.clone();
            Some(Made { visit, on: day(on - 120), ending: Ending::ALL[e].1 })
        });
        Family {
            entered: day(entered),
            due: Some(day(-early)),
            lost: None,
            children: children.collect(),
            tiers: Vec::new(),
            left: left.map(day),
            made: made.collect(),
        }
    })
}

proptest! {
    #[test]
    fn windows_hold_their_day_and_nothing_mourned_is_asked_for(family in any_family(), on in -150_i32..900) {
        let protocol = korea().protocols().get("sustained@2026.1").unwrap();
        let on = day(on);
        let all = schedule(protocol, &family, on).unwrap();
        for planned in &all {
            prop_assert!(planned.window.opens <= planned.window.target && planned.window.target <= planned.window.closes);
            let to_do = matches!(planned.state, State::Ahead | State::Due | State::Late { .. });
            if family.loss().is_some_and(|d| d <= on && planned.window.closes >= d) && to_do {
                let is_care = matches!(planned.why, Why::Loss { .. });
                prop_assert!(is_care, "{planned:?}");
            }
            if let State::Done { on: done, .. } = planned.state {
                prop_assert!(done <= on);
            }
        }
        let ids: std::collections::HashSet<&str> = all.iter().map(|p| p.visit.as_str()).collect();
        prop_assert_eq!(ids.len(), all.len());
    }

    #[test]
    fn every_visit_is_counted_once_and_sums_add_up(family in any_family(), on in -150_i32..900) {
        let protocol = korea().protocols().get("sustained@2026.1").unwrap();
        let all = schedule(protocol, &family, day(on)).unwrap();
        let one = fidelity(protocol, &family, &all);
        let not = all.iter().filter(|p| matches!(p.state, State::NotNeeded(_))).count();
        prop_assert_eq!(one.planned as usize + one.ahead as usize + not, all.len());
        let two: Fidelity = [one.clone(), one.clone()].into_iter().sum();
        prop_assert_eq!(two.planned, one.planned * 2);
        prop_assert_eq!(two.missed.values().sum::<u32>(), one.missed.values().sum::<u32>() * 2);
    }

    #[test]
    fn what_was_done_stays_done_as_days_go_by(family in any_family(), on in -150_i32..800, later in 1_i32..100) {
        let protocol = korea().protocols().get("sustained@2026.1").unwrap();
        let before = schedule(protocol, &family, day(on)).unwrap();
        let after = schedule(protocol, &family, day(on + later)).unwrap();
        for done in before.iter().filter(|p| matches!(p.state, State::Done { .. })) {
            prop_assert!(after.iter().any(|p| p.visit == done.visit && p.state == done.state));
        }
        for gone in before.iter().filter(|p| p.state == State::NotNeeded(NotNeeded::EnteredLater)) {
            let still = after.iter().find(|p| p.visit == gone.visit).unwrap();
            let so = matches!(still.state, State::NotNeeded(_) | State::Done { .. });
            prop_assert!(so, "{still:?}");
        }
    }
}
