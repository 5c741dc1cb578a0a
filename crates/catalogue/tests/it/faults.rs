//! One fault in each variant of the small pack: it must be found, at its very place, and alone.

use catalogue::{Files, Pack, check_report};
use proptest::prelude::*;
use rules::schema::{Fault, Severity};

use crate::loading::{small_dir, with};

/// File, what stands there, what is put there, code, and what stands at line and column.
const VARIANTS: &[(&str, &str, &str, &str, &str)] = &[
    // pack.toml
    ("pack.toml", "currency = \"KRW\"", "currency = \"won\"", "bad-value", "won"),
    ("pack.toml", "utc_offset_hours = 9", "utc_ofset_hours = 9", "unknown-key", "utc_ofset_hours"),
    ("pack.toml", "utc_offset_hours = 9", "utc_offset_hours = 900", "wrong-type", "900"),
    ("pack.toml", "root_jurisdiction = \"land\"\n", "", "missing-key", "id = "),
    ("pack.toml", "name.ko = \"작은 나라\"\n", "", "missing-translation", "name.en"),
    ("pack.toml", "id = \"small\"", "id = small", "syntax", ""),
    ("pack.toml", "shape = \"000-0\"", "shape = \"abc\"", "bad-value", "abc"),
    ("pack.toml", "check = \"weighted_mod_11\"", "check = \"luhn\"", "bad-value", "luhn"),
    ("pack.toml", "weights = \"2 3 4\"", "weights = \"2 3\"", "bad-value", "2 3"),
    ("pack.toml", "birth_date = \"birth_date\"", "birth_date = \"born\"", "unknown-item", "[roles]"),
    // CSV
    (
        "agencies.csv",
        "town,시청,Town hall,municipal",
        "ministry,시청,Town hall,municipal",
        "duplicate-id",
        "ministry,시청",
    ),
    ("agencies.csv", "town,시청,Town hall", "town,시청,", "missing-translation", ",municipal"),
    ("agencies.csv", "Town hall,municipal", "Town hall,municipl", "bad-value", "municipl"),
    ("agencies.csv", "id,name_ko,name_en,kind", "id,name_ko,name_en,knd", "missing-column", "id,"),
    ("agencies.csv", "town,시청,Town hall,municipal,S1", "town,시청,Town hall,municipal", "bad-row", "town,"),
    ("codes.csv", "claimant,guardian", "claimant,mother", "duplicate-id", "mother,보호자"),
    ("jurisdictions.csv", "land-1-1,land-1,town", "land-1-1,land-9,town", "unknown-jurisdiction", "land-9,"),
    ("jurisdictions.csv", "land-1,land,province", "land-1,land-1-1,province", "cycle", "land-1"),
    ("jurisdictions.csv", "First province,city,", "First province,citty,", "unknown-code", "citty"),
    ("jurisdictions.csv", "name_en,region_tier", "name_en,region_teir", "unknown-item", "id,"),
    ("items.csv", "KRW/month,,ministry,Tax", "KRW/moon,,ministry,Tax", "bad-value", "KRW/moon"),
    ("items.csv", "person,money,KRW", "person,mony,KRW", "bad-value", "mony"),
    ("items.csv", "KRW/month,,ministry", "KRW/month,,ministy", "unknown-agency", "ministy"),
    ("items.csv", "code,,region_tier,town", "code,,region_teir,town", "unknown-code-list", "region_teir"),
    ("items.csv", "Daycare Act 1,30,false,1", "Daycare Act 1,30,never,1", "bad-value", "never"),
    ("items.csv", "언제 태어났나요?,When was the person born?", "언제 태어났나요?,", "missing-translation", ",S1,high"),
    ("items.csv", "Register Act 1,,,1,", "Register Act 1,,,7,", "bad-value", "7,"),
    // parameters
    ("parameters.toml", "parameters/line.csv", "parameters/lime.csv", "missing-file", "parameters/lime.csv"),
    ("parameters/line.csv", "2026-01-01,,1,", "2025-12-31,,1,", "overlap", "2025-12-31,,1"),
    ("parameters/line.csv", "2025-01-01,2025-12-31,3,2200000", "2025-01-01,2025-12-31,3,2.2", "bad-value", "2.2"),
    ("parameters/line.csv", "2025-01-01,2025-12-31,1,", "2025-01-01,2025-13-31,1,", "bad-value", "2025-13-31"),
    ("parameters/line.csv", "2200000,S1", "2200000,S2", "unknown-source", "S2"),
    ("parameters/line.csv", "1700000,S1,high,\"as", "1700000,S1,hihg,\"as", "bad-value", "hihg"),
    // definitions
    ("definitions/income.toml", "    m.wage)", "    m.wag)", "unknown-name", "m.wag"),
    ("definitions/income.toml", "unit = \"KRW/month\"", "unit = \"KRW/year\"", "unit-mismatch", "sum(for"),
    ("definitions/income.toml", "entity = \"household\"", "entity = \"houshold\"", "bad-value", "houshold"),
    ("definitions/income.toml", "id = \"income\"", "id = \"region_tier\"", "duplicate-id", "region_tier"),
    (
        "definitions/income.toml",
        "years between(person.birth_date, today)",
        "person.age_years + 0",
        "cycle",
        "age_years",
    ),
    // decision tables
    (
        "definitions/home_care.toml",
        "tables/home_care.dmn",
        "tables/home_car.dmn",
        "missing-file",
        "tables/home_car.dmn",
    ),
    ("definitions/home_care.toml", "\"Home care rate\"\ninputs", "\"Rate\"\ninputs", "unknown-decision", "Rate"),
    ("definitions/home_care.toml", "\"Region\" =", "\"Regoin\" =", "table-policy", "\"Regoin\""),
    ("definitions/home_care.toml", "person.age_years", "person.age_yeers", "unknown-name", "person.age_yeers"),
    ("tables/home_care.dmn", "DMN/20230324", "DMN/20990101", "syntax", "<definitions"),
    ("tables/home_care.dmn", "<text>&lt; 1</text>", "<text>&lt; 2</text>", "table-overlap", "[1..3)"),
    ("tables/home_care.dmn", "[1..3)</text>", "[1..2)</text>", "table-gap", "Age"),
    ("tables/home_care.dmn", "<text>\"city\"</text>", "<text>\"citi\"</text>", "unknown-code", "\"citi\""),
    ("tables/home_care.dmn", "<text>150000</text>", "<text>wage</text>", "unknown-name", "wage"),
    ("tables/home_care.dmn", "<text>120000</text>", "<text>120 000</text>", "syntax", "000</text>"),
    ("tables/home_care.dmn", "<![CDATA[[1..3)]]>", "<![CDATA[[1..&x;)]]>", "syntax", "&x;)"),
    ("tables/home_care.dmn", "<text></text>", "<text>&x;</text>", "syntax", ""),
    // programmes
    ("programmes/child_benefit.toml", "agency = \"ministry\"", "agency = \"ministri\"", "unknown-agency", "ministri"),
    ("programmes/child_benefit.toml", "summary.en = \"A", "sumary.en = \"A", "unknown-key", "sumary.en"),
    ("programmes/child_benefit.toml", "words.en = \"The child is under 8\"\n", "", "missing-translation", "words.ko"),
    (
        "programmes/child_benefit.toml",
        "[\"mother\", \"guardian\"]",
        "[\"mother\", \"gardian\"]",
        "unknown-claimant",
        "gardian",
    ),
    ("programmes/child_benefit.toml", "[\"bank_account\"]", "[\"bank_acount\"]", "unknown-item", "bank_acount"),
    ("programmes/child_benefit.toml", "per = \"month\"", "per = \"moth\"", "bad-value", "moth"),
    (
        "programmes/child_benefit.toml",
        "value = \"child_amount\"",
        "value = \"child_amout\"",
        "unknown-name",
        "child_amout",
    ),
    ("programmes/child_benefit.toml", "duration(\\\"P8Y\\\")", "duration(\\\"P8Y\\\") + x", "unknown-name", "x\""),
    ("programmes/child_benefit.toml", "form = \"cash\"", "form = \"money\"", "bad-value", "money"),
    ("programmes/child_benefit.toml", "decision_days = 30", "decision_days = \"soon\"", "wrong-type", "\"soon\""),
    ("programmes/income_support.toml", "valid_to = 2025-12-31", "valid_to = 2026-01-01", "overlap", "[[version]]"),
    ("programmes/income_support.toml", "\\\"city\\\"", "\\\"citi\\\"", "unknown-code", "\\\"citi"),
    ("programmes/income_support.toml", "id = \"region\"", "id = \"income\"", "duplicate-id", "income"),
    ("programmes/home_care.toml", "id = \"home_care\"", "id = \"child_benefit\"", "duplicate-id", "child_benefit"),
    // how it is worked on
    ("process.toml", "\"sunday\"]", "\"sonday\"]", "bad-value", "sonday"),
    (
        "process.toml",
        "decision_days_extended = 60",
        "decision_days_extended = 6",
        "bad-value",
        "decision_days_extended",
    ),
    ("process.toml", "objection_days = 90", "objection_days = 0", "bad-value", "objection_days"),
    ("process.toml", "objection_days = 90", "objecton_days = 90", "unknown-key", "objecton_days"),
    ("process.toml", "review_days = 30", "review_days = \"soon\"", "wrong-type", "\"soon\""),
    (
        "process.toml",
        "objection_days = 90",
        "objection_days = 90\nstages = [\"investigation\", \"determination\", \"decision\"]",
        "bad-value",
        "stages",
    ),
    (
        "process.toml",
        "objection_days = 90",
        "objection_days = 90\nstages = [\"application\", \"decision\"]",
        "bad-value",
        "stages",
    ),
    ("process.toml", "second_review_days = 30", "second_review_days = \"nevr\"", "wrong-type", "\"nevr\""),
    (
        "process.toml",
        "second_review_days = 30",
        "second_review_days = 30\nsecond_review = \"provinse\"\nsecond_objection_to.ko = \"a\"\nsecond_objection_to.en = \"a\"",
        "unknown-agency",
        "provinse",
    ),
    (
        "process.toml",
        "second_review_days = 30",
        "second_review_days = 30\nsecond_review = \"town\"",
        "missing-key",
        "town\"",
    ),
    (
        "process.toml",
        "second_review_days = 30",
        "second_review_days = \"never\"\nsecond_review = \"town\"\nsecond_objection_to.ko = \"a\"\nsecond_objection_to.en = \"a\"",
        "bad-value",
        "second_review",
    ),
    ("process.toml", "first_month = \"by_day\"", "first_month = \"half\"", "bad-value", "half"),
    ("process.toml", "pay_on_holiday = \"before\"", "pay_on_holiday = \"never\"", "bad-value", "never"),
    ("process.toml", "four_eyes_over = 1000000", "four_eyes_over = -1", "wrong-type", "-1"),
    ("process.toml", "four_eyes_on_denial = false", "four_eyes_on_denial = 0", "wrong-type", "0"),
    ("process.toml", "set_off_percent = 20", "set_off_percent = 101", "bad-value", "set_off_percent"),
    ("process.toml", "most_instalments = 24", "most_instalments = 0", "bad-value", "most_instalments"),
    ("process.toml", "waive_up_to = 3000", "waive_up_to = 30.5", "wrong-type", "30.5"),
    ("process.toml", "\"four_eyes_over\", \"reco", "\"four_eyes\", \"reco", "bad-value", "four_eyes\""),
    ("process.toml", "sources = [\"S1\"]", "sources = [\"S2\"]", "unknown-source", "S2"),
    ("process.toml", "objection_to.en = \"Town hall\"\n", "", "missing-translation", "objection_to.ko"),
    ("process.toml", "item = \"bank_account\"", "item = \"bank_acount\"", "unknown-item", "bank_acount"),
    ("process.toml", "\"income_support\", \"grave", "\"income_suport\", \"grave", "unknown-programme", "income_suport"),
    ("process.toml", "id = \"wage_enquiry\"", "id = \"account_check\"", "duplicate-id", "account_check"),
    ("process.toml", "law = \"Families Act 22\"\n", "", "missing-key", "[[consent]]"),
    (
        "process.toml",
        "all_members = true\n",
        "all_members = true\nitem = \"in_daycare\"\ncovers = [\"town\"]\n",
        "missing-key",
        "town",
    ),
    (
        "process.toml",
        "all_members = true\n",
        "all_members = true\nfrom_age = 19\ncovers = [\"town\"]\n",
        "missing-key",
        "town",
    ),
    (
        "process.toml",
        "all_members = true\n",
        "all_members = true\nitem = \"in_daycare\"\nfrom_age = 19\ncovers = [\"bank\"]\n",
        "unknown-agency",
        "bank",
    ),
    ("holidays.csv", "2026-12-25", "2026-01-01", "duplicate-id", "2026-01-01,새해"),
    ("holidays.csv", "2026-12-25", "2026-12-32", "bad-value", "2026-12-32"),
    ("holidays.csv", "Christmas", "", "missing-translation", ",S1,high"),
    ("programmes/child_benefit.toml", "pay_day = 25", "pay_day = 31", "bad-value", "pay_day"),
    ("programmes/child_benefit.toml", "automatic = true", "automatic = \"yes\"", "wrong-type", "\"yes\""),
    ("programmes/home_care.toml", "[process]\n", "[process]\ndecision_days = 61\n", "bad-value", "decision_days"),
    ("programmes/home_care.toml", "\"wage_enquiry\"", "\"wage_inquiry\"", "unknown-consent", "wage_inquiry"),
    (
        "programmes/home_care.toml",
        "\"application\", \"determination\", \"decision\"",
        "\"decision\", \"application\"",
        "bad-value",
        "application",
    ),
    (
        "programmes/home_care.toml",
        "\"application\", \"determination\", \"decision\"",
        "\"aplication\"",
        "bad-value",
        "aplication",
    ),
    (
        "programmes/home_care.toml",
        "stages = [\"application\", \"determination\", \"decision\"]",
        "stages = []",
        "bad-value",
        "stages",
    ),
    // combinations and events
    ("combinations.toml", "kind = \"exclusive\"", "kind = \"exclusiv\"", "bad-value", "exclusiv"),
    ("combinations.toml", "b = \"home_care\"", "b = \"home_car\"", "unknown-programme", "home_car"),
    ("combinations.toml", "b = \"home_care\"", "b = \"fact:person.daycare\"", "unknown-item", "fact:"),
    ("combinations.toml", "definition:income", "definition:incom", "unknown-place", "definition:incom"),
    ("combinations.toml", "definition:income", "child_benefit.agge", "unknown-place", "child_benefit.agge"),
    ("combinations.toml", "enforced_by = \"definition:income\"\n", "", "missing-key", "[[rule]]"),
    (
        "events/birth.toml",
        "programme = \"child_benefit\"",
        "programme = \"child_benfit\"",
        "unknown-programme",
        "child_benfit",
    ),
    ("events/birth.toml", "processed_by = \"town\"", "processed_by = \"twon\"", "unknown-agency", "twon"),
    (
        "events/birth.toml",
        "channels = [\"online\", \"counter\"]",
        "channels = [\"on-line\"]",
        "unknown-channel",
        "on-line",
    ),
    ("events/birth.toml", "claimant = \"mother\"", "claimant = \"moter\"", "unknown-claimant", "moter"),
    // cases
    ("cases/first.yaml", "wage: unknown", "wag: unknown", "unknown-item", "unknown"),
    ("cases/first.yaml", "birth_date: 1995-03-02", "birth_date: 1995-02-30", "bad-value", "1995-02-30"),
    ("cases/first.yaml", "place: land-1-1", "place: land-1-9", "unknown-jurisdiction", "land-1-9"),
    ("cases/first.yaml", "parents: [mother]", "parents: [mater]", "unknown-member", "id: child"),
    ("cases/first.yaml", "same_as: one-child, without", "same_as: on-child, without", "unknown-case", "on-child"),
    ("cases/first.yaml", "same_as: one-child, without", "same_as: alone, without", "cycle", "alone"),
    ("cases/first.yaml", "because: region", "because: regin", "unknown-condition", "regin"),
    ("cases/first.yaml", "child_benefit:\n", "child_benfit:\n", "unknown-programme", "child:"),
    ("cases/first.yaml", "by: C1", "by: C7", "unknown-rule", "C7"),
    ("cases/first.yaml", "- id: alone\n    on:", "- id: alone\n    at:", "missing-key", "id: alone"),
    ("cases/first.yaml", "    source: \"S1\"", "   source: \"S1\"", "syntax", "source"),
    // services
    ("case-steps.toml", "\"actions_ended\", ", "", "ends-unfinished", "needs = [\"goals"),
    ("case-steps.toml", "needs = [\"goal\"]", "needs = [\"gaol\"]", "bad-value", "gaol"),
    ("case-steps.toml", "signed_by = \"lead\"", "signed_by = \"boss\"", "bad-value", "boss"),
    ("case-steps.toml", "review_days = 14", "review_days = 0", "missing-key", "review_days"),
    ("case-steps.toml", "id = \"end\"", "id = \"goals\"", "duplicate-id", "id = \"goals\""),
    ("case-steps.toml", "illustrative = true\n", "", "missing-key", ""),
    ("case-steps.toml", "name.ko = \"끝내기\"\n", "", "missing-translation", "name.en"),
    ("services/all.toml", "answer = 5\n", "", "missing-key", "clocks]"),
    ("services/all.toml", "receive = 2", "receive = 0", "out-of-range", "receive"),
    ("services/all.toml", "place = \"land-1\"", "place = \"land-9\"", "unknown-jurisdiction", "land-9"),
    ("services/all.toml", "agency = \"town\"", "agency = \"twon\"", "unknown-agency", "twon"),
    ("services/all.toml", "needs = [\"mood\"]", "needs = [\"mod\"]", "unknown-need", "mod"),
    ("services/all.toml", "needs = [\"mood\"]\n", "", "missing-key", "[[service]]"),
    ("services/all.toml", "illustrative = true\n", "", "missing-key", "[[service]]"),
    ("services/all.toml", "id = \"centre\"", "id = \"help_line\"", "duplicate-id", "help_line"),
];

fn refused(files: Files) -> Vec<Fault> {
    match Pack::from_files(files) {
        Ok(_) => Vec::new(),
        Err(faults) => faults.into_iter().filter(|f| f.severity == Severity::Error).collect(),
    }
}

fn at(files: &Files, fault: &Fault) -> String {
    let text = String::from_utf8(files.get(&fault.file).unwrap_or_default().to_vec()).unwrap();
    let line = text.lines().nth(fault.line as usize - 1).unwrap_or_default();
    line.chars().skip(fault.column as usize - 1).collect()
}

#[test]
fn every_fault_is_found_at_its_place() {
    let mut wrong = Vec::new();
    for (file, old, new, code, there) in VARIANTS {
        let files = with(file, old, new);
        let faults = refused(files.clone());
        let found = faults.iter().any(|f| f.code == *code && f.file == *file && at(&files, f).starts_with(there));
        if !found {
            wrong.push(format!(
                "{file}: {new:?} should be {code} at {there:?}\n{}",
                check_report(&faults, Some(&files))
            ));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n----\n"));
}

#[test]
fn a_missing_file_is_named() {
    for path in
        ["pack.toml", "agencies.csv", "codes.csv", "items.csv", "jurisdictions.csv", "parameters.toml", "sources.csv"]
    {
        let mut files = Files::read(&small_dir()).unwrap();
        files.take(path);
        assert!(refused(files).iter().any(|f| f.code == "missing-file" && f.file == path), "{path}");
    }
}

#[test]
fn all_faults_of_a_pack_are_told_at_once_like_a_compiler_does() {
    let mut files = with("programmes/home_care.toml", "person.in_daycare", "person.in_daycar");
    let events = with("events/birth.toml", "owner = \"ministry\"", "owner = \"ministri\"");
    files.put("events/birth.toml", events.get("events/birth.toml").unwrap());
    let faults = refused(files.clone());
    let report = check_report(&faults, Some(&files));
    for words in [
        "error[unknown-agency]: events/birth.toml:15:10: there is no agency \"ministri\"",
        "15 | owner = \"ministri\"\n   |          ^",
        "expected: one of ministry, town",
        "hint: did you mean \"ministry\"?",
        "error[unknown-name]: programmes/home_care.toml:28:13: ",
        "2 errors, 0 warnings",
    ] {
        assert!(report.contains(words), "{words}\nis not in\n{report}");
    }
}

#[test]
fn a_file_that_nothing_reads_is_a_warning() {
    let mut files = Files::read(&small_dir()).unwrap();
    files.put("programme/lost.toml", "id = 1");
    let loaded = Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}"));
    assert_eq!(loaded.warnings.iter().map(|f| f.code).collect::<Vec<_>>(), ["stray-file"]);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    /// Whatever the bytes: the pack loads, or says why not and where. Never a panic.
    #[test]
    fn no_bytes_bring_it_down(
        file in 0_usize..100,
        edits in prop::collection::vec((0_usize..4000, any::<u8>(), 0_u8..4), 1..5),
    ) {
        let mut files = Files::read(&small_dir()).unwrap();
        let paths: Vec<String> = files.iter().map(|(p, _)| p.to_owned()).collect();
        let path = &paths[file % paths.len()];
        let mut bytes = files.take(path).unwrap();
        for (place, byte, how) in edits {
            let place = place % (bytes.len() + 1);
            match how {
                0 => bytes.insert(place, byte),
                1 => bytes.truncate(place),
                2 if place < bytes.len() => drop(bytes.remove(place)),
                _ if place < bytes.len() => bytes[place] = b"\"'[]{}=,;:#.\n-0aZ(<"[usize::from(byte) % 19],
                _ => {}
            }
        }
        files.put(path.clone(), bytes);
        match Pack::from_files(files.clone()) {
            Ok(loaded) => {
                let report = catalogue::cases::run_cases(&loaded.pack, "");
                prop_assert!(report.text().ends_with("failed\n"));
            }
            Err(faults) => {
                prop_assert!(faults.iter().any(|f| f.severity == Severity::Error));
                prop_assert!(faults.iter().all(|f| f.line > 0 && f.column > 0 && !f.message.is_empty()));
                prop_assert!(check_report(&faults, Some(&files)).contains("errors"));
            }
        }
    }
}
