//! Samples of the pages of scenarios.

use kernel::{Currency, Date, Lang, Words};
use maud::Markup;
use population::scenario::{Progress, Stage};
use population::whatif::{
    Curve, Group, Grouping, Named, Overlap, Point, Poverty, Programme, Report, Totals, Unclaimed,
};
use rules::schema::Per;

use super::{Sample, frame, words};
use crate::analyst::scenarios::{compare, file, list, one, result};
use crate::components::frame::Area;
use crate::form::Form;

fn group(households: u64, winners: u64, losers: u64) -> Group {
    Group {
        households: Some(households),
        winners: Some(winners),
        losers: Some(losers),
        unchanged: Some(households - winners - losers),
        cannot_tell: Some(0),
        gain: Some(i128::from(winners) * 1_200_000),
        loss: Some(i128::from(losers) * 600_000),
    }
}

fn kept_back(households: u64) -> Group {
    Group { winners: None, unchanged: None, gain: None, ..group(households, 0, 0) }
}

fn report(more: u64) -> Report {
    let named = |id: &str, name: Words| Named { id: id.to_owned(), name };
    let fifth = |n: u64| (named(&n.to_string(), Words::default()), group(4_000, 90 * n + more, 11 * n));
    let side = |entitled: u64| Totals {
        entitled: Some(entitled),
        cost: Some(i128::from(entitled) * 1_200_000),
        open: Some(12),
        errors: Some(0),
    };
    let point = |n: i64| {
        let benefits = |limit: i64, sum: i64| if n < limit { sum } else { 0 };
        Point {
            income: n * 1_200_000,
            benefits: [benefits(20, 6_000_000), benefits(30, 6_600_000)],
            open: [false, n == 3],
        }
    };
    let areas = vec![
        (named("kr-11", words("서울특별시", "Seoul")), group(9_000, 700 + more, 90)),
        (named("kr-50", words("제주특별자치도", "Jeju")), kept_back(310)),
        (named("unknown", Words::default()), kept_back(40)),
    ];
    let types = vec![
        (named("alone", words("혼자 사는 사람", "One person alone")), group(7_000, 0, 0)),
        (named("other", Words::default()), group(2_350, 800, 90)),
    ];
    Report {
        origin: "invented people".to_owned(),
        snapshot: "5d3f".repeat(16),
        base: "a1b2".repeat(16),
        changed: "c3d4".repeat(16),
        on: Date::constant(2026, 11, 21),
        households: 20_000,
        persons: 46_120,
        aside: 3,
        explained: 211,
        failed: vec!["002-000-00000.persons.parquet: its content was changed after it was written".to_owned()],
        suppress_below: 5,
        programmes: vec![Programme {
            id: "child_allowance".to_owned(),
            name: words("아동수당", "Child allowance"),
            per: Some(Per::Month),
            base: side(3_100),
            changed: side(4_450 + more),
            gained: Some(1_350 + more),
            lost: Some(0),
            more: Some(0),
            less: None,
        }],
        all: group(20_000, 1_350 + more, 165),
        groups: vec![
            Grouping { by: "income_fifth".to_owned(), groups: (1..=5).map(fifth).collect() },
            Grouping { by: "household_type".to_owned(), groups: types },
            Grouping { by: "area".to_owned(), groups: areas },
        ],
        poverty: Some(Poverty {
            percent: 50,
            median: 29_000_000,
            line: 14_500_000,
            persons: 45_000,
            unknown: 1_120,
            poor: [Some(6_700), Some(6_540)],
            gap: [Some(21_000_000_000), Some(20_100_000_000)],
            gap_permille: [Some(32), Some(30)],
        }),
        overlap: vec![Overlap {
            programme: "child_allowance".to_owned(),
            other: named("parent_benefit", words("부모급여", "Parent benefit")),
            households: [Some(820), Some(820)],
        }],
        unclaimed: vec![Unclaimed {
            programme: "child_allowance".to_owned(),
            area: named("kr-11-680", words("강남구", "Gangnam-gu")),
            entitled: [Some(210), Some(260)],
            unclaimed: [None, Some(55)],
        }],
        curves: vec![Curve {
            id: "one_parent".to_owned(),
            name: words("한부모와 아이", "One parent and a child"),
            income: words("임금", "Wage"),
            points: (0..40).map(point).collect(),
        }],
        hash: "0".repeat(64),
    }
}

fn result_page(lang: Lang, progress: Progress) -> Markup {
    let vm = result::Vm {
        id: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        scenario: "01890a5d-ac96-774b-bcce-b302099a8050".to_owned(),
        name: "아동수당을 만 10세까지".to_owned(),
        progress,
        households: (20_000, if progress == Progress::Waiting { 0 } else { 8_192 }),
        why: (progress == Progress::Failed).then(|| "manifest.json: it does not serve the rules".to_owned()),
        report: (progress == Progress::Done).then(|| report(0)),
        currency: Currency::KRW,
    };
    result::page_of(&frame(lang, "/analyst/comparisons/x", Some(Area::Analyst)), &vm)
}

fn one_page(lang: Lang, stage: Stage) -> Markup {
    let draft = stage == Stage::Draft;
    let broken = one::Broken {
        id: "child-allowance-2026-at-9".to_owned(),
        file: "cases/programmes-child-allowance.yaml".to_owned(),
        line: 212,
        says: "child_allowance: child: expected no, found yes".to_owned(),
    };
    let run = |progress, fresh| one::Run { id: "x".to_owned(), when: "2026-11-21 10:05".to_owned(), progress, fresh };
    let vm = one::Vm {
        id: "01890a5d-ac96-774b-bcce-b302099a8050".to_owned(),
        name: "아동수당을 만 10세까지".to_owned(),
        stage,
        author: "이도윤".to_owned(),
        submitter: (!draft).then(|| "이도윤".to_owned()),
        approver: (stage == Stage::Published).then(|| ("정하린".to_owned(), "확인했습니다.".to_owned())),
        base: "a1b2c3d4e5f60718".to_owned(),
        in_force: stage != Stage::Discarded,
        published: (stage == Stage::Published).then(|| "c3d4e5f60718a1b2".to_owned()),
        files: vec!["programmes/child_allowance.toml".to_owned()],
        differences: vec!["아동수당 2026-01-01 age: month_age < 108 → month_age < 120".to_owned()],
        broken: if draft { vec![broken] } else { Vec::new() },
        runs: vec![run(Progress::Running, true), run(Progress::Done, false), run(Progress::Failed, false)],
        choices: vec![(
            "programmes/child_allowance.toml".to_owned(),
            "programmes/child_allowance.toml – 아동수당".to_owned(),
        )],
        may: one::May {
            edit: draft,
            decide: stage == Stage::Submitted,
            compare: true,
            copy: stage == Stage::Discarded,
        },
        done: draft.then_some("scenario-done-kept"),
    };
    let mut form = Form::default();
    if stage == Stage::Submitted {
        form.refuse("act", "…");
    }
    one::page_of(&frame(lang, "/analyst/scenarios/x", Some(Area::Analyst)), &form, &vm)
}

fn file_page(lang: Lang, open: bool) -> Markup {
    let text = "id = \"child_allowance\"\n\n[[version]]\nvalid_from = 2026-01-01\nwhen = \"person.month_age < 12O\"\n";
    let mut form = Form::of([("path", "programmes/child_allowance.toml"), ("text", text)]);
    let mut wrong = Vec::new();
    if open {
        form.refuse("text", "…");
        wrong.push(file::Wrong {
            place: "programmes/child_allowance.toml:5:28".to_owned(),
            what: "there is no name \"O\" here".to_owned(),
            expected: "a number".to_owned(),
            hint: "did you mean 120?".to_owned(),
        });
    }
    let vm = file::Vm {
        scenario: "x".to_owned(),
        name: "아동수당을 만 10세까지".to_owned(),
        path: "programmes/child_allowance.toml".to_owned(),
        wrong,
        open,
    };
    file::page_of(&frame(lang, "/analyst/scenarios/x/file", Some(Area::Analyst)), &form, &vm)
}

fn list_page(lang: Lang, some: bool) -> Markup {
    let line = |name: &str, stage, in_force| list::Line {
        id: "x".to_owned(),
        name: name.to_owned(),
        stage,
        author: "이도윤".to_owned(),
        changed: "2026-11-21 10:05".to_owned(),
        in_force,
    };
    let lines = vec![
        line("아동수당을 만 10세까지", Stage::Draft, false),
        line("부모급여 110만 원", Stage::Submitted, true),
        line("생계급여 35%", Stage::Published, false),
        line("시험", Stage::Discarded, true),
    ];
    let finished = ["a", "b"].map(|id| (id.to_owned(), "아동수당을 만 10세까지 · 2026-11-21 10:05".to_owned()));
    let (lines, finished) = if some { (lines, finished.to_vec()) } else { (Vec::new(), Vec::new()) };
    list::page_of(&frame(lang, "/analyst/scenarios", Some(Area::Analyst)), &Form::default(), &lines, &finished, some)
}

fn two(lang: Lang) -> Markup {
    let half = |name: &str, more| compare::Half { id: name.to_owned(), name: name.to_owned(), report: report(more) };
    let f = frame(lang, "/analyst/comparisons", Some(Area::Analyst));
    let mut right = half("만 11세까지 · 2026-11-21 10:09", 600);
    right.report.base = "e".repeat(64);
    compare::page_of(&f, Currency::KRW, &half("만 10세까지 · 2026-11-21 10:05", 0), &right)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("scenarios", Box::new(|l| list_page(l, true))),
        ("scenarios-none", Box::new(|l| list_page(l, false))),
        ("scenario-draft", Box::new(|l| one_page(l, Stage::Draft))),
        ("scenario-submitted", Box::new(|l| one_page(l, Stage::Submitted))),
        ("scenario-published", Box::new(|l| one_page(l, Stage::Published))),
        ("scenario-discarded", Box::new(|l| one_page(l, Stage::Discarded))),
        ("scenario-file", Box::new(|l| file_page(l, true))),
        ("scenario-file-closed", Box::new(|l| file_page(l, false))),
        ("comparison", Box::new(|l| result_page(l, Progress::Done))),
        ("comparison-waiting", Box::new(|l| result_page(l, Progress::Waiting))),
        ("comparison-running", Box::new(|l| result_page(l, Progress::Running))),
        ("comparison-failed", Box::new(|l| result_page(l, Progress::Failed))),
        ("comparisons-two", Box::new(two)),
    ]
}
