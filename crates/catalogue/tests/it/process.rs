use catalogue::model::{OnHoliday, PartMonth, Process, Stage};
use catalogue::{Files, Pack, differences};
use kernel::{Date, Lang};

use crate::loading::{small, small_dir, with};

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

#[test]
fn a_programme_says_only_what_is_otherwise_than_the_defaults() {
    let pack = small();
    let plain = pack.process("income_support");
    assert_eq!((plain.automatic, plain.pay_day, plain.four_eyes_over), (false, None, Some(1_000_000)));
    assert_eq!((plain.decision_days, plain.decision_days_extended), (30, Some(60)));
    assert_eq!((plain.first_month, plain.last_month), (PartMonth::ByDay, PartMonth::Whole));
    assert_eq!((plain.recovery.set_off_percent, plain.recovery.waive_up_to_minor), (20, 3000));
    assert_eq!(plain.stages, Stage::ALL);

    let own = pack.process("child_benefit");
    assert_eq!((own.automatic, own.pay_day, own.decision_days_extended), (true, Some(25), None));
    assert_eq!(own.objection_to.as_ref().unwrap().get(Lang::En), "Town hall, families' desk");
    assert_eq!((own.objection_days, own.law.as_str()), (90, "Families Act 20"));
    assert_eq!(own.illustrative, ["four_eyes_over", "recovery", "pay_day"]);

    let part = pack.process("home_care");
    assert!(part.uses(Stage::Application) && part.uses(Stage::Decision) && !part.uses(Stage::Payment));
    assert_eq!((part.recovery.set_off_percent, part.recovery.most_instalments), (0, 24));
    assert_eq!(pack.process("no_such_programme").objection_days, 90);
}

#[test]
fn consents_come_from_the_evidence_from_the_programme_and_from_the_consent() {
    let pack = small();
    assert_eq!(pack.process("child_benefit").consents, ["account_check"]);
    assert_eq!(pack.process("home_care").consents, ["wage_enquiry"]);
    assert_eq!(pack.process("income_support").consents, ["wage_enquiry"]);
    assert!(pack.consents().get("wage_enquiry").unwrap().all_members);
    assert!(pack.process("no_such_programme").consents.is_empty());
}

#[test]
fn a_pack_that_says_nothing_decides_nothing_by_machine_and_keeps_nothing_back() {
    let mut files = Files::read(&small_dir()).unwrap();
    files.take("process.toml").unwrap();
    files.take("holidays.csv").unwrap();
    let home_care = String::from_utf8(files.take("programmes/home_care.toml").unwrap()).unwrap();
    files.put("programmes/home_care.toml", home_care.replace("consents = [\"wage_enquiry\"]\n", ""));
    let pack = Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}")).pack;
    assert_eq!(*pack.process("income_support"), Process::default());
    assert!(!Process::default().automatic && Process::default().recovery.set_off_percent == 0);
    assert!(pack.holidays().is_empty() && pack.consents().is_empty());
    assert!(pack.calendar().is_working_day(day("2026-12-25")));
}

#[test]
fn days_of_payment_step_over_weekends_and_holidays() {
    let pack = small();
    assert_eq!(pack.holidays(), [day("2026-01-01"), day("2026-12-25")]);
    let calendar = pack.calendar();
    assert_eq!(calendar.name(day("2026-12-25")).unwrap().get(Lang::En), "Christmas");
    // 25 December 2026 is a Friday
    let cases = [
        ("2026-12-25", OnHoliday::Before, "2026-12-24"),
        ("2026-12-25", OnHoliday::After, "2026-12-28"),
        ("2026-12-27", OnHoliday::Before, "2026-12-24"),
        ("2026-12-24", OnHoliday::Before, "2026-12-24"),
    ];
    for (from, side, expected) in cases {
        assert_eq!(calendar.working_day(day(from), side), day(expected), "{from} {side:?}");
    }
    assert_eq!(calendar.after_working_days(day("2026-12-24"), 0), day("2026-12-24"));
    assert_eq!(calendar.after_working_days(day("2026-12-24"), 1), day("2026-12-28"));
    assert_eq!(calendar.after_working_days(day("2026-12-26"), 3), day("2026-12-31"));
    assert_eq!(calendar.working_day(Date::MAX, OnHoliday::After), Date::MAX);
}

#[test]
fn the_hash_covers_how_things_are_worked_on_and_a_change_is_told() {
    let old = small();
    let files = with("process.toml", "objection_days = 90", "objection_days = 60");
    let new = Pack::from_files(files).unwrap_or_else(|f| panic!("{f:#?}")).pack;
    assert_ne!(old.content_hash(), new.content_hash());
    let changes = differences(&old, &new);
    assert_eq!(changes.len(), old.programmes().len(), "{changes:#?}");
    let first = &changes[0];
    assert_eq!(first.place, "objection_days");
    assert_eq!((first.old.as_deref(), first.new.as_deref()), (Some("90"), Some("60")));
    assert_ne!(
        old.content_hash(),
        Pack::from_files(with("holidays.csv", "12-25", "12-26")).unwrap().pack.content_hash()
    );
}
