use catalogue::{Pack, explain_json, explain_report};
use kernel::{Date, Lang};

use crate::loading::small;

const ON: Date = Date::constant(2025, 6, 15);

fn family(pack: &Pack, case: &str) -> rules::Household {
    pack.cases().iter().find(|c| c.id == case).unwrap().household.build(pack).unwrap()
}

#[test]
fn a_person_reads_answers_reasons_sources_law_and_the_choice() {
    let pack = small();
    let english = explain_report(&pack, &family(&pack, "one-child"), ON, Lang::En);
    for words in [
        "What this household may get on 15 June 2025",
        "Law: Families Act 6 (1)",
        "Income line (2) = ₩1,700,000 a month",
        "Wage (mother) = ₩1,200,000 a month (Ministry of Families, since 1 January 2025)",
        "No entry at Town hall is taken to mean: In daycare = No (child)",
        "[C1] Only one of the two is paid.",
        "Other choice: Child benefit · child (₩1,200,000 a year; the choice taken gives ₩1,800,000)",
        "Note: Simplified.",
    ] {
        assert!(english.contains(words), "{words} is not in\n{english}");
    }
    let korean = explain_report(&pack, &family(&pack, "wage-not-known"), ON, Lang::Ko);
    for words in
        ["2025년 6월 15일", "더 필요한 사실: 임금 (mother) (가족부)", "한 달 임금이 얼마인가요?", "아직 알 수 없음"]
    {
        assert!(korean.contains(words), "{words} is not in\n{korean}");
    }
    for words in [english, korean] {
        assert!(!words.contains('⟦') && !words.contains("{$"), "a message is missing in\n{words}");
    }
}

#[test]
fn a_decision_table_says_which_rule_gave_the_sum() {
    let pack = small();
    let on = Date::constant(2026, 6, 15);
    let family = family(&pack, "rate-by-table");
    let english = explain_report(&pack, &family, on, Lang::En);
    let told = "Home care rate = ₩100,000 a month (table Home care rate (tables/home_care.dmn): rule 3, line 32)";
    assert!(english.contains(told), "{english}");
    let korean = explain_report(&pack, &family, on, Lang::Ko);
    assert!(korean.contains("규칙 3, 32행"), "{korean}");
    let json = explain_json(&pack, &family, on, Lang::En);
    let care = json["results"].as_array().unwrap().iter().find(|r| r["programme"] == "home_care").unwrap();
    assert_eq!(care["amount"]["tables"][0]["table"]["rules"][0], serde_json::json!({ "number": 3, "line": 32 }));
}

#[test]
fn a_program_reads_the_documented_shape() {
    let pack = small();
    let json = explain_json(&pack, &family(&pack, "one-child"), ON, Lang::En);
    let result = |programme: &str| {
        json["results"].as_array().unwrap().iter().find(|r| r["programme"] == programme).unwrap().clone()
    };
    let child = result("child_benefit");
    assert_eq!(child["subject"], "child");
    assert_eq!(child["answer"], "yes");
    assert_eq!(child["amount"]["minor"], 100_000);
    assert_eq!(child["amount"]["per"], "month");
    assert_eq!(child["claim"]["closes"], "2025-03-03");
    assert_eq!(child["combined"]["standing"], "dropped");
    let income = result("income_support");
    assert_eq!(income["conditions"][0]["facts"][0]["source"], "ministry");
    assert_eq!(income["conditions"][0]["law"], "Families Act 6 (1)");
    assert_eq!(json["alternatives"][0]["take"][0]["programme"], "child_benefit");
    assert_eq!(json["pack"]["hash"], pack.content_hash());
    assert_eq!(json["yearly"], 1_800_000 + 6_000_000);
    let open = explain_json(&pack, &family(&pack, "wage-not-known"), ON, Lang::En);
    let missing: Vec<_> =
        open["results"].as_array().unwrap().iter().flat_map(|r| r["missing"].as_array().unwrap()).collect();
    assert_eq!(missing.len(), 1);
    assert_eq!((&missing[0]["item"], &missing[0]["owner"]), (&"wage".into(), &"ministry".into()));
}

/// A family of the other pack: three languages, a currency with decimals.
const FOURTH_CHILD: &str = "
household:
  place: kz-43-kyzylorda
  facts: { commission_agrees: false, regional_median_income: 80000 }
  members:
    - { id: mother, spouse: father, facts: { birth_date: 1988-03-02, sex: female, stay_status: citizen, earnings: 0 } }
    - { id: father, facts: { birth_date: 1986-03-02, sex: male, stay_status: citizen, earnings: 120000.50 } }
    - { id: first, parents: [mother, father], facts: { birth_date: 2015-06-01 } }
    - { id: second, parents: [mother, father], facts: { birth_date: 2017-06-01 } }
    - { id: third, parents: [mother, father], facts: { birth_date: 2019-06-01 } }
    - { id: baby, parents: [mother, father], facts: { birth_date: 2026-05-01, birth_registered: true, child_order: 4 } }
";

#[test]
fn a_family_is_explained_in_the_languages_and_the_currency_of_its_country() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/kazakhstan");
    let pack = Pack::load(&folder).unwrap_or_else(|f| panic!("{f:#?}")).pack;
    let file = catalogue::HouseholdFile::parse(&pack, "family.yaml", FOURTH_CHILD).unwrap_or_else(|f| panic!("{f:#?}"));
    let household = file.build(&pack).unwrap();
    let on = Date::constant(2026, 5, 10);
    let words = |lang| explain_report(&pack, &household, on, lang).replace(['\u{a0}', '\u{202f}'], " ");
    for (lang, expected) in [
        (Lang::Kk, ["272 475 ₸ бір рет", "айына 38 492,50 ₸", "айына 69 330 ₸", "120 000,50 ₸"]),
        (Lang::Ru, ["272 475 ₸ единовременно", "38 492,50 ₸ в месяц", "69 330 ₸ в месяц", "120 000,50 ₸"]),
        (Lang::En, ["₸272,475 once", "₸38,492.50 a month", "₸69,330 a month", "₸120,000.50"]),
    ] {
        let report = words(lang);
        for part in expected {
            assert!(report.contains(part), "{lang}: {part} is not in\n{report}");
        }
        assert!(!report.contains('⟦'), "{report}");
    }
    let json = explain_json(&pack, &household, on, Lang::Ru);
    let care = json["results"].as_array().unwrap().iter().find(|r| r["programme"] == "care_to_1_5y").unwrap();
    assert_eq!((&care["amount"]["minor"], &json["currency"]), (&3_849_250.into(), &"KZT".into()));
}
