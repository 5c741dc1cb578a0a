//! Surveys of the packs: worked cases, what the checker refuses, and what holds for every family.

use std::path::Path;

use catalogue::Pack;
use jiff::ToSpan as _;
use kernel::Date;
use proptest::prelude::*;
use survey::wave::waves;
use visit::schedule::{Child, Ending, Family, Made};

use crate::office::pack;

#[test]
fn the_worked_cases_of_every_pack_hold() {
    for (dir, least) in [("korea", 8), ("kazakhstan", 2)] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(dir);
        let pack = Pack::load(&path).map(|l| l.pack).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let report = survey::cases::run(&pack, "");
        assert!(report.bad.is_empty() && report.good >= least, "{dir}: {}", report.text());
    }
}

#[test]
fn a_case_that_does_not_hold_says_what_came() {
    let mut files = pack().files().clone();
    let case = "- id: wrong\n  why: test\n  survey: home_visits\n  family: { entered: 2026-06-20, children: [{ born: 2026-06-18 }] }\n  \
                expect: { week_6: 2026-07-30..2026-08-14, month_12: 2027-06-18..2027-07-18, exit: 2026-07-01..2026-07-02 }\n";
    files.put("survey-cases/wrong.yaml", case);
    let report = survey::cases::run(&Pack::from_files(files).unwrap().pack, "wrong");
    let text = report.text();
    assert_eq!(report.bad.len(), 1, "{text}");
    for part in [
        "week_6: expected 2026-07-30..2026-08-14, got 2026-07-30..2026-08-13",
        "exit: expected 2026-07-01..2026-07-02, got not asked",
        "month_24: asked 2028-06-18..2028-07-18, and not expected",
    ] {
        assert!(text.contains(part), "{text}");
    }
}

/// What is changed in the survey of the pack, and the fault that follows.
const FAULTS: &[(&str, &str, &str)] = &[
    ("suppress_below = 5", "suppress_below = 2", "out-of-range"),
    ("instrument = \"visit-voice\"", "instrument = \"visit-voise\"", "unknown-instrument"),
    ("instrument = \"visit-voice\"", "instrument = \"home-safety\"", "not-alone"),
    ("instrument = \"visit-voice\"", "instrument = \"mother-check\"", "not-alone"),
    ("visits = [\"newborn\"]", "visits = [\"newborm\"]", "unknown-visit"),
    ("visits = [\"newborn\"]\n", "", "missing-key"),
    ("after = \"birth\"", "after = \"birth\"\nvisits = [\"newborn\"]", "missing-key"),
    ("after = \"exit\"", "after = \"exits\"", "bad-value"),
    ("closes_days = 56", "closes_days = 41", "order"),
    ("closes_days = 56", "closes_days = 56\ncloses_months = 2", "one-day"),
    ("highest = 12", "highest = 10", "highest"),
    ("items = [\"satisfaction\"]", "items = [\"words\"]", "highest"),
    ("items = [\"satisfaction\"]", "items = [\"satisfied\"]", "unknown-question"),
    ("unless = [\"week_6\"", "unless = [\"week_7\"", "unknown-wave"),
    ("id = \"month_12\"", "id = \"week_6\"", "duplicate-id"),
    ("id = \"parenting\"", "id = \"satisfaction\"", "duplicate-id"),
    ("sources = [\"S95\"", "sources = [\"S950\"", "unknown-source"),
];

#[test]
fn a_faulty_survey_is_refused_with_its_place() {
    let path = "surveys/home-visits.toml";
    let whole = String::from_utf8(pack().files().get(path).unwrap().to_vec()).unwrap();
    for (from, to, code) in FAULTS {
        assert!(whole.contains(from), "{from}");
        let mut files = pack().files().clone();
        files.put(path, whole.replacen(from, to, 1));
        let faults = Pack::from_files(files).map(|_| ()).unwrap_err();
        let found = faults.iter().find(|f| f.code == *code && f.file == path);
        assert!(found.is_some_and(|f| f.line > 1), "{from} → {to}: {faults:#?}");
    }
}

fn date() -> impl Strategy<Value = Date> {
    (0i64..1_500).prop_map(|n| Date::constant(2026, 1, 1).saturating_add(n.days()))
}

fn family() -> impl Strategy<Value = Family> {
    let child =
        (date(), prop::option::weighted(0.2, date())).prop_map(|(born, died)| Child { born, discharged: None, died });
    let made = (prop::sample::select(vec!["newborn", "newborn/2", "other"]), date(), 0usize..4)
        .prop_map(|(visit, on, n)| Made { visit: visit.into(), on, ending: Ending::ALL[n].1 });
    (
        date(),
        prop::option::weighted(0.2, date()),
        prop::collection::vec(child, 0..3),
        prop::option::of(date()),
        prop::collection::vec(made, 0..4),
    )
        .prop_map(|(entered, lost, children, left, made)| Family {
            entered,
            lost,
            children,
            left,
            made,
            ..Family::default()
        })
}

proptest! {
    /// Whatever happened, nobody who mourns is asked, nobody twice on one occasion, nobody about what is still to come, and no
    /// two waves of which one gives way to the other overlap.
    #[test]
    fn nobody_is_asked_twice_or_while_mourning(family in family()) {
        let survey = pack().surveys().get("home_visits").unwrap();
        let asked = waves(survey, &family);
        prop_assert!(asked.is_empty() || (family.lost.is_none() && family.children.iter().all(|c| c.died.is_none())));
        let mut occasions: Vec<&str> = asked.iter().map(|a| a.occasion.as_str()).collect();
        occasions.sort_unstable();
        let all = occasions.len();
        occasions.dedup();
        prop_assert_eq!(all, occasions.len());
        for a in &asked {
            prop_assert!(a.since < a.opens && a.opens <= a.closes);
            let unless = &survey.wave(&a.wave).unwrap().unless;
            let met = asked.iter().find(|b| unless.contains(&b.wave) && b.opens <= a.closes && a.opens <= b.closes);
            prop_assert!(met.is_none());
        }
        prop_assert_eq!(asked, waves(survey, &family));
    }
}
