use catalogue::Pack;
use catalogue::cases::run_cases;

use crate::loading::{small, with};

#[test]
fn the_small_packs_cases_pass() {
    let report = run_cases(&small(), "");
    assert!(report.is_good(), "{}", report.text());
    assert_eq!(report.passed.len(), 6);
    assert!(report.text().ends_with("6 passed, 0 failed\n"));
    assert_eq!(run_cases(&small(), "alone").passed, ["alone"]);
}

/// One changed expectation each: what stands in the file, what is put there, what the report must say.
const WRONG: [(&str, &str, &str); 12] = [
    ("amount: 100000, per: month, from", "amount: 100001, per: month, from", "the sum 100001"),
    ("result: \"yes\", amount", "result: \"no\", amount", "expected no"),
    ("from: 2025-01-01, until", "from: 2025-01-02, until", "from 2025-01-02 (not 2025-01-01)"),
    ("claim_closes: 2025-03-03", "claim_closes: 2025-03-04", "claim_closes 2025-03-04"),
    ("result: not_applicable", "result: no", "got not_applicable"),
    ("child: { result: dropped, by: C1 }", "child: { result: kept }", "got dropped, no sum by C1"),
    (
        "home_care: { child: { result: kept, amount: 150000",
        "home_care: { child: { result: kept, amount: 1",
        "the sum 1",
    ),
    ("household.income: 1200000", "household.income: 1", "household.income: expected 1; got 1200000"),
    ("\"line(2)\": 1700000", "\"line(2)\": 5", "line(2): expected 5; got 1700000"),
    ("missing: [mother.wage]", "missing: [mother.wage, child.wage]", "missing: mother.wage"),
    ("because: region", "because: income", "that condition income does not hold"),
    ("household: { result: no, because: income }", "household: { result: yes }", "condition income does not hold: "),
];

#[test]
fn every_wrong_expectation_fails_readably() {
    for (old, new, told) in WRONG {
        let pack =
            Pack::from_files(with("cases/first.yaml", old, new)).unwrap_or_else(|f| panic!("{new}: {f:#?}")).pack;
        let report = run_cases(&pack, "");
        assert_eq!(report.failed.len(), 1, "{new}: {}", report.text());
        assert!(report.text().contains(told), "{new}: {}", report.text());
    }
}
