//! Combination rules as a pack writes them: facts on one side, ceilings with their limit as an expression.

use catalogue::{Files, Pack, explain_report};
use kernel::{Date, Lang};
use rules::combine::{Standing, What};

use crate::loading::small_dir;

const ON: Date = Date::constant(2025, 6, 15);

/// The small pack with other rules.
fn pack(rules: &str) -> Pack {
    let mut files = Files::read(&small_dir()).unwrap();
    files.put("combinations.toml", rules);
    let cases = String::from_utf8(files.take("cases/first.yaml").unwrap()).unwrap();
    let start = cases.find("    combined:").unwrap();
    let end = cases.find("    expect_values:").unwrap();
    files.put("cases/first.yaml", format!("{}{}", &cases[..start], &cases[end..]));
    Pack::from_files(files.clone()).unwrap_or_else(|f| panic!("{}", catalogue::check_report(&f, Some(&files)))).pack
}

fn rule(kind: &str, more: &str) -> String {
    format!(
        "[[rule]]\nid = \"R\"\nkind = \"{kind}\"\nscope = \"household\"\nlaw = \"Law 1\"\nwords.ko = \"규칙\"\nwords.en = \"Rule\"\n{more}\n"
    )
}

fn sums(pack: &Pack, case: &str) -> Vec<(String, Standing, Option<i64>)> {
    let household = pack.cases().iter().find(|c| c.id == case).unwrap().household.build(pack).unwrap();
    let (single, combined) = pack.evaluate(&household, ON, None);
    assert_eq!(single.results.len(), combined.results.len());
    assert!(single.results.iter().all(|r| pack.programmes().get(&r.programme).is_some()), "limits are no results");
    let both = single.results.iter().zip(&combined.results);
    both.map(|(r, c)| (r.programme.clone(), c.standing, c.amount.as_ref().and_then(|a| a.minor))).collect()
}

#[test]
fn a_ceiling_has_its_limit_from_an_expression() {
    let members = "members = [\"child_benefit\", \"home_care\", \"income_support\"]";
    let pack = pack(&rule("ceiling", &format!("{members}\nlimit = \"line(count(household.members)) - 1400000\"")));
    let told = sums(&pack, "one-child");
    let of = |id: &str| told.iter().find(|(p, ..)| p == id).unwrap().2;
    assert_eq!(
        (of("child_benefit"), of("home_care"), of("income_support")),
        (Some(100_000), Some(150_000), Some(50_000))
    );
}

#[test]
fn a_limit_is_checked_like_any_expression() {
    let mut files = Files::read(&small_dir()).unwrap();
    let members = "members = [\"child_benefit\"]\nlimit_per = \"year\"";
    files.put("combinations.toml", rule("ceiling", &format!("{members}\nlimit = \"lime(2)\"")));
    let faults = Pack::from_files(files).err().unwrap();
    assert!(
        faults.iter().any(|f| f.code == "unknown-name" && f.file == "combinations.toml" && f.line == 10),
        "{faults:#?}"
    );
}

#[test]
fn a_fact_of_a_member_pushes_a_programme_out_or_lowers_it() {
    let barred = pack(&rule("exclusive", "a = \"income_support\"\nb = \"fact:household.region_tier\""));
    // the place lends the code `city`, which is not what silence means
    assert!(sums(&barred, "one-child").contains(&("income_support".to_owned(), Standing::Dropped, None)));
    let lowered = pack(&rule("offset", "a = \"income_support\"\nb = \"fact:person.wage\""));
    assert!(sums(&lowered, "one-child").contains(&("income_support".to_owned(), Standing::Kept, Some(0))));
    let household = lowered.cases()[1].household.build(&lowered).unwrap();
    let (_, combined) = lowered.evaluate(&household, ON, None);
    assert!(combined.effects.iter().all(|e| e.what != What::Lowered), "nothing is certain yet");
}

#[test]
fn what_the_family_may_choose_is_told_as_a_choice() {
    let pack = pack(&rule("either_or", "a = \"child_benefit\"\nb = \"home_care\"\nchoose = \"family\""));
    let choices = sums(&pack, "one-child").iter().filter(|(_, standing, _)| *standing == Standing::Choice).count();
    assert_eq!(choices, 2);
    let household = pack.cases()[0].household.build(&pack).unwrap();
    let told = explain_report(&pack, &household, ON, Lang::En);
    assert!(told.contains("the family chooses between Home care benefit · child and Child benefit · child"), "{told}");
}
