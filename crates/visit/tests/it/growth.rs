//! The growth standards against WHO's own results.

use std::fs;
use visit::growing;

use proptest::prelude::*;
use visit::growth::{
    Measurement, Posture, Score, Scores, Sex, Standard, Unscored, corrected_age, lines, score, score_file,
};

fn data(name: &str) -> String {
    fs::read_to_string(format!("{}/tests/data/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn number(text: &str) -> Option<f64> {
    text.parse().ok()
}

fn close(name: &str, place: &str, got: Result<Score, Unscored>, expected: &str, decimals: i32) -> usize {
    let got = got.ok().map(|s| (s.z * 10f64.powi(decimals)).round() / 10f64.powi(decimals));
    match (number(expected), got) {
        (None, _) => 0,
        (Some(e), Some(g)) if (e - g).abs() < 0.5 * 10f64.powi(-decimals) => 1,
        (e, g) => panic!("{place}: {name} is {g:?}, WHO has {e:?}"),
    }
}

#[test]
fn the_edges_of_the_method_come_out_to_four_decimals() {
    let text = data("growth_golden.csv");
    let mut cases = 0;
    for (n, record) in csv::Reader::from_reader(text.as_bytes()).records().enumerate() {
        let r = record.unwrap();
        let of = Measurement {
            sex: if &r[0] == "M" { Sex::Male } else { Sex::Female },
            age_days: r[1].parse().ok(),
            weight_kg: number(&r[2]),
            length_cm: number(&r[3]),
            posture: Some(if &r[4] == "L" { Posture::Lying } else { Posture::Standing }),
            head_cm: number(&r[5]),
            arm_cm: None,
            oedema: false,
        };
        let s = score(&of);
        let place = format!("line {}", n + 2);
        assert!((s.length_cm.unwrap() - number(&r[6]).unwrap()).abs() < 1e-9, "{place}");
        let pairs = [
            ("z_wfa", s.weight_for_age, &r[7]),
            ("z_lhfa", s.length_for_age, &r[8]),
            ("z_wflh", s.weight_for_length, &r[9]),
            ("z_bmifa", s.bmi_for_age, &r[10]),
            ("z_hcfa", s.head_for_age, &r[11]),
        ];
        cases += pairs.into_iter().map(|(name, got, e)| close(name, &place, got, e, 4)).sum::<usize>();
    }
    assert_eq!(cases, 100);
}

#[test]
fn who_s_own_survey_comes_out_to_the_last_decimal() {
    let text = data("who_survey.csv");
    let mut scored = 0;
    for (n, record) in csv::Reader::from_reader(text.as_bytes()).records().enumerate() {
        let r = record.unwrap();
        let of = Measurement {
            sex: if &r[2] == "1" { Sex::Male } else { Sex::Female },
            age_days: r[13].parse().ok(),
            weight_kg: number(&r[4]),
            length_cm: number(&r[5]),
            posture: match &r[6] {
                "l" | "L" => Some(Posture::Lying),
                "h" | "H" => Some(Posture::Standing),
                _ => None,
            },
            head_cm: number(&r[8]),
            arm_cm: number(&r[9]),
            oedema: r[7].eq_ignore_ascii_case("y"),
        };
        let s = score(&of);
        let place = format!("line {}", n + 2);
        let pairs = [
            ("zlen", s.length_for_age, 20, 28),
            ("zwei", s.weight_for_age, 21, 29),
            ("zwfl", s.weight_for_length, 22, 30),
            ("zbmi", s.bmi_for_age, 23, 31),
            ("zhc", s.head_for_age, 24, 32),
            ("zac", s.arm_for_age, 25, 33),
        ];
        for (name, got, z, flag) in pairs {
            scored += close(name, &place, got, &r[z], 2);
            if let (Ok(got), Some(flag)) = (got, number(&r[flag])) {
                assert_eq!(!got.plausible, flag == 1.0, "{place}: flag of {name}");
            }
        }
    }
    assert_eq!(scored, 2439);
}

fn table(text: &str) -> (visit::growth::Report, Vec<csv::StringRecord>) {
    let mut out = Vec::new();
    let report = score_file(text.as_bytes(), &mut out).unwrap();
    (report, csv::Reader::from_reader(out.as_slice()).records().map(Result::unwrap).collect())
}

#[test]
fn a_table_is_scored_and_each_row_that_cannot_be_read_says_where_and_why() {
    let (report, rows) = table(&data("growth_table.csv"));
    assert_eq!((report.rows, report.scored, report.flagged), (10, 5, 3));
    let refused: Vec<String> = report.refused.iter().map(|r| format!("{}: {}: {}", r.line, r.column, r.why)).collect();
    assert_eq!(refused, data("growth_table_refused.txt").lines().collect::<Vec<_>>());
    assert_eq!(&rows[0][rows[0].len() - 9], "-0.10");
    assert!(rows[2].iter().any(|f| f.contains("oedema")), "{:?}", rows[2]);
}

#[test]
fn a_table_without_sex_or_age_is_refused_by_its_first_line() {
    let message = |text: &str| score_file(text.as_bytes(), Vec::new()).unwrap_err().to_string();
    assert!(message("age_days,weight_kg\n1,3.2\n").contains("line 1: there is no column `sex`"));
    assert!(message("sex,weight_kg\nF,3.2\n").contains("`age_months`"));
}

#[test]
fn a_child_born_too_early_is_looked_at_with_its_corrected_age_until_two() {
    let born = "2026-01-01".parse().unwrap();
    let on = |text: &str| text.parse().unwrap();
    assert_eq!(corrected_age(born, Some(32 * 7), on("2026-04-11")), Some(44));
    assert_eq!(corrected_age(born, Some(37 * 7), on("2026-04-11")), Some(100));
    assert_eq!(corrected_age(born, Some(32 * 7), on("2026-01-31")), None);
    assert_eq!(corrected_age(born, Some(32 * 7), on("2028-01-02")), Some(731));
    assert_eq!(corrected_age(born, None, on("2025-12-31")), None);
}

fn any_measurement() -> impl Strategy<Value = Measurement> {
    let posture = prop_oneof![Just(None), Just(Some(Posture::Lying)), Just(Some(Posture::Standing))];
    let some = |low: f64, high: f64| proptest::option::of(low..high);
    (
        any::<bool>(),
        proptest::option::of(0_u32..4000),
        some(-1.0, 70.0),
        some(-1.0, 200.0),
        posture,
        some(0.0, 90.0),
        any::<bool>(),
    )
        .prop_map(|(boy, age_days, weight_kg, length_cm, posture, head_cm, oedema)| Measurement {
            sex: if boy { Sex::Male } else { Sex::Female },
            age_days,
            weight_kg,
            length_cm,
            posture,
            head_cm,
            arm_cm: head_cm,
            oedema,
        })
}

fn all(s: &Scores) -> [Result<Score, Unscored>; 6] {
    [s.weight_for_age, s.length_for_age, s.weight_for_length, s.bmi_for_age, s.head_for_age, s.arm_for_age]
}

proptest! {
    #[test]
    fn any_measurement_has_a_number_or_a_reason(of in any_measurement()) {
        for got in all(&score(&of)).into_iter().flatten() {
            prop_assert!(got.z.is_finite());
        }
    }

    #[test]
    fn heavier_never_scores_lower(of in any_measurement(), more in 0.01_f64..5.0) {
        let heavier = Measurement { weight_kg: of.weight_kg.map(|kg| kg + more), ..of };
        if let (Ok(a), Ok(b)) = (score(&of).weight_for_age, score(&heavier).weight_for_age) {
            prop_assert!(b.z > a.z);
        }
    }

    #[test]
    fn a_point_on_a_line_of_the_chart_has_that_score(z in -3.0_f64..3.0, n in 0_usize..60, boy: bool) {
        let sex = if boy { Sex::Male } else { Sex::Female };
        let line = lines(Standard::WeightForAge, sex, &[z], 30);
        let (day, values) = &line[n];
        let of = Measurement {
            sex, age_days: Some(*day as u32), weight_kg: Some(values[0]), length_cm: None, posture: None,
            head_cm: None, arm_cm: None, oedema: false,
        };
        prop_assert!((score(&of).weight_for_age.unwrap().z - z).abs() < 1e-9);
    }
}

#[test]
fn doses_and_milestones_follow_the_months_of_age() {
    let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
    let pack = catalogue::Pack::load(&dir).map(|l| l.pack).unwrap_or_else(|faults| panic!("{faults:#?}"));
    let born = jiff::civil::date(2026, 1, 31);
    let doses = |on| growing::immunisations(&pack, born, on).iter().map(|d| d.id.clone()).collect::<Vec<_>>();
    assert_eq!(growing::months(born, jiff::civil::date(2026, 1, 30)), None);
    assert_eq!(doses(jiff::civil::date(2026, 1, 30)), Vec::<String>::new());
    assert_eq!(doses(born), ["hepb_1", "bcg_1"]);
    // The 31st of January has lived a month on the 28th of February.
    assert_eq!(growing::months(born, jiff::civil::date(2026, 2, 28)), Some(1));
    assert_eq!(doses(jiff::civil::date(2026, 3, 31)), ["dtap_1", "ipv_1", "hib_1", "pcv_1", "rv1_1", "rv5_1"]);
    let ages = |on| growing::milestones(&pack, born, on).iter().map(|m| m.age_months).max();
    assert_eq!((ages(jiff::civil::date(2026, 3, 30)), ages(jiff::civil::date(2026, 3, 31))), (None, Some(2)));
    assert_eq!(ages(jiff::civil::date(2026, 10, 30)), Some(6));
    assert_eq!(growing::milestones(&pack, born, jiff::civil::date(2028, 1, 1)).len(), 10, "twelve months are the last");
}

/// The doses a nurse finds due at an age, by each country's calendar.
#[test]
fn immunisations_are_due_by_the_calendar_of_the_country() {
    let born = jiff::civil::date(2026, 1, 31);
    let due = |dir: &str, months: i64| {
        let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs").join(dir);
        let pack = catalogue::Pack::load(&path).map(|l| l.pack).unwrap_or_else(|faults| panic!("{faults:#?}"));
        let on = born.saturating_add(jiff::Span::new().months(months));
        visit::growing::immunisations(&pack, born, on).iter().map(|d| d.id.clone()).collect::<Vec<_>>().join(" ")
    };
    for (dir, months, doses) in [
        ("kazakhstan", 0, "bcg_1 hepb_1"),
        ("kazakhstan", 2, "dtap_1 hib_1 hepb_2 ipv_1 pcv_1"),
        ("kazakhstan", 3, "dtap_2 hib_2 ipv_2"),
        ("kazakhstan", 5, ""),
        ("kazakhstan", 12, "mmr_1 opv_1 pcv_3"),
        ("kazakhstan", 15, "mmr_1 opv_1 pcv_3"),
        ("kazakhstan", 16, ""),
        ("kazakhstan", 72, "dtap_5 mmr_2 bcg_2"),
        ("korea", 0, "hepb_1 bcg_1"),
        ("korea", 1, "bcg_1 hepb_2"),
    ] {
        assert_eq!(due(dir, months), doses, "{dir}, {months} months");
    }
}
