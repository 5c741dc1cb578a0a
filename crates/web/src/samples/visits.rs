//! Samples of the pages of home visiting.

use std::sync::LazyLock;

use catalogue::Pack;
use catalogue::model::Instrument;
use jiff::civil::date;
use kernel::{Instant, Lang};
use maud::Markup;
use visit::growth::Sex;
use visit::model::AlertStatus;

use super::{Sample, frame};
use crate::components::frame::Area;
use crate::components::list::Mark;
use crate::form::Form;
use crate::visits::{alerts, day, decide, families, family, growth, join, record, versions, week};

fn words(lang: Lang, ko: &str, en: &str) -> String {
    if lang == Lang::Ko { ko } else { en }.to_owned()
}

pub(super) fn instrument(id: &str) -> Instrument {
    static PACK: LazyLock<Pack> = LazyLock::new(|| {
        let dir = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../packs/korea");
        Pack::load(&dir).map(|l| l.pack).unwrap_or_else(|faults| panic!("{faults:#?}"))
    });
    PACK.instrument(id).expect("the pack has it").clone()
}

fn due(lang: Lang, late: bool) -> day::Due {
    day::Due {
        href: "/visits/family/1".to_owned(),
        name: "김하윤".to_owned(),
        visit: words(lang, "출산 후 4주 안의 첫 방문", "First visit within four weeks of birth"),
        state: words(lang, "지금", "now"),
        late,
        window: words(lang, "11월 3일부터 28일까지", "3 to 28 November"),
        why: words(lang, "10월 31일 출생부터", "counted from birth on 31 October"),
        topics: vec![words(lang, "수유와 먹이기", "Feeding")],
        bring: vec![words(lang, "아기 살피기", "The baby")],
        tier: Some(words(lang, "지속방문", "Sustained visits")),
        last: Some(date(2026, 10, 20)),
        steps: Some(words(lang, "번갈아 재우기로 했어요", "We take turns at night")),
    }
}

fn my_day(lang: Lang, empty: bool) -> Markup {
    let f = frame(lang, "/visits/day", Some(Area::Visits));
    let (now, soon) =
        if empty { (vec![], vec![]) } else { (vec![due(lang, true), due(lang, false)], vec![due(lang, false)]) };
    let covered = if empty {
        vec![]
    } else {
        vec![(due(lang, false), words(lang, "이수진", "Lee Sujin"), date(2026, 11, 23))]
    };
    day::page_of(&f, &day::Day { today: date(2026, 11, 21), now, soon, covered, families: 31 })
}

fn my_week(lang: Lang, supervisor: bool) -> Markup {
    let area = if supervisor { Area::Supervision } else { Area::Visits };
    let days: Vec<_> = (23..28).map(|day| date(2026, 11, day)).collect();
    let stop =
        |family: &str, at| week::Stop { family: family.to_owned(), due: due(lang, false), days: days.clone(), at };
    let at = |from, way, kept| week::At::Day {
        time: (from, from + 60),
        way,
        kept,
        of: (!kept).then(|| "오세나".to_owned()),
    };
    let of = |day: usize| match day {
        0 => vec![stop("a", at(565, Some((5200, 16)), true)), stop("b", at(650, None, false))],
        1 => vec![stop("c", at(580, Some((11_800, 36)), false))],
        _ => Vec::new(),
    };
    let one = |(n, date): (usize, &kernel::Date)| week::WeekDay {
        date: *date,
        away: n == 2,
        stops: of(n),
        back: (if n == 1 { 1100 } else { 720 }, n == 1),
    };
    let out = |family, why, until| stop(family, week::At::Out { why, until });
    let to = ("2".to_owned(), "오세나".to_owned(), date(2026, 11, 24));
    let proposed = week::At::Proposed { to, others: 3, longer: 74, back: 990 };
    let vm = week::Week {
        nurse: supervisor.then(|| ("1".to_owned(), "정은지".to_owned())),
        monday: date(2026, 11, 23),
        around: (date(2026, 11, 16), date(2026, 11, 30)),
        days: days.iter().enumerate().map(one).collect(),
        left_out: vec![
            out("d", "week-why-full", Some(date(2026, 12, 4))),
            out("e", "week-why-far", None),
            out("f", "week-why-away", None),
            out("g", "week-why-put-out", None),
        ],
        proposals: if supervisor { vec![stop("h", proposed)] } else { Vec::new() },
        covered: vec![stop("i", week::At::Covered { to: "오세나".to_owned(), on: date(2026, 11, 26) })],
        done: (!supervisor).then_some("week-done-kept"),
    };
    let mut form = Form::of([("day.a", "2026-11-23"), ("order.a", "1"), ("day.g", "out"), ("order.b", "x")]);
    if supervisor {
        form.refuse("order.b", frame(lang, "/", None).t.t("team-error-number"));
    }
    week::page_of(&frame(lang, "/visits/week", Some(area)), &form, &vm)
}

fn new_version(lang: Lang, none: bool) -> Markup {
    let visit = words(lang, "출산 후 4주 안의 첫 방문", "First visit within four weeks of birth");
    let after = words(lang, "2027년 1월 24일부터 2월 7일까지", "24 January to 7 February 2027");
    let before = words(lang, "2027년 1월 23일부터 2월 17일까지", "23 January to 17 February 2027");
    let moved = vec![
        (visit.clone(), Some(before.clone()), Some(after.clone())),
        (visit.clone(), None, Some(after)),
        (visit, Some(before), None),
    ];
    let version = versions::Version {
        name: words(lang, "보편방문 · 2027.1", "Universal home visit · 2027.1"),
        from: date(2027, 1, 1),
        families: 12,
        changed: vec![("/visits/family/1".to_owned(), "김하윤".to_owned(), moved)],
    };
    let form = Form::of([("to", "universal@2027.1")]);
    let options = if none { Vec::new() } else { vec![("universal@2027.1".to_owned(), version.name.clone())] };
    let f = frame(lang, "/visits/versions", Some(Area::Supervision));
    versions::page_of(&f, &form, &options, Some(&version).filter(|_| !none))
}

fn list(lang: Lang, supervisor: bool) -> Markup {
    let line = |nurse: Option<&str>, agreed| families::Line {
        href: "/visits/family/1".to_owned(),
        name: "김하윤".to_owned(),
        protocol: words(lang, "보편방문", "Universal home visit"),
        tier: nurse.map(|_| words(lang, "지속방문", "Sustained visits")),
        next: Some((words(lang, "첫 방문", "First visit"), date(2026, 11, 28), nurse.is_some())),
        last: nurse.map(|_| date(2026, 11, 1)),
        nurse: nurse.map(str::to_owned),
        agreed,
        place: words(lang, "강남구", "Gangnam-gu"),
    };
    let area = if supervisor { Area::Supervision } else { Area::Visits };
    let lines = [line(Some("정은지"), true), line(None, true), line(None, false)];
    families::page_of(&frame(lang, "/visits/families", Some(area)), supervisor, &lines)
}

fn the_family(lang: Lang, supervisor: bool, loss: bool) -> Markup {
    let step = |open, mark| family::Step {
        id: "newborn".to_owned(),
        visit: words(lang, "첫 방문", "First visit"),
        window: words(lang, "11월 3일부터 28일까지", "3 to 28 November"),
        why: words(lang, "출생부터", "counted from birth"),
        illustrative: Some(words(lang, "날짜는 예시예요.", "The day is an example.")),
        state: words(lang, "지금", "now"),
        mark,
        open,
    };
    let past = |correct: Option<&str>, ending| family::Past {
        correct: correct.map(str::to_owned),
        observed: correct.map(|_| "/visits/team/session?visit=1".to_owned()),
        on: date(2026, 11, 1),
        visit: words(lang, "임신 36주", "Week 36"),
        ending,
        minutes: Some(70),
        topics: vec![words(lang, "수유와 먹이기", "Feeding")],
        steps: Some(words(lang, "번갈아 재우기로 했어요", "We take turns at night")),
        note: Some(words(lang, "할머니가 옴", "Grandmother came")),
        answers: vec![(words(lang, "먹는 것", "Feeding"), words(lang, "모유만", "Breast milk only"))],
    };
    let shut = (words(lang, "아무도 없었어요", "Nobody opened"), words(lang, "외출", "out"));
    let family = family::Family {
        id: "1".to_owned(),
        mother: "김하윤".to_owned(),
        address: (!supervisor).then(|| "은행나무로 12, 304호".to_owned()),
        due: Some(date(2026, 12, 1)),
        loss,
        children: if loss { vec![] } else { vec![("김서아".to_owned(), date(2026, 10, 31), false)] },
        protocol: words(lang, "지속방문", "Sustained home visiting"),
        tier: Some(words(lang, "높음", "High")),
        nurse: (!supervisor).then(|| "정은지".to_owned()),
        agreed: !loss,
        steps: vec![step(true, Mark::Open), step(false, Mark::Yes), step(false, Mark::Fault)],
        fidelity: vec![words(lang, "지금까지 3번", "3 planned so far")],
        impossible: loss.then(|| words(lang, "날짜가 맞지 않아요", "the dates do not fit")),
        past: vec![past(Some("/visits/family/1/visit?replaces=1"), None), past(None, Some(shut))],
        ask: vec![
            family::Ask {
                href: "/visits/family/1/form/phq9".to_owned(),
                title: words(lang, "마음 건강", "Mood"),
                now: true,
            },
            family::Ask {
                href: "/visits/family/1/form/other".to_owned(),
                title: words(lang, "등록", "Registration"),
                now: false,
            },
        ],
        made: vec![family::Made {
            on: date(2026, 11, 1),
            title: words(lang, "마음 건강", "Mood"),
            result: Some((9, words(lang, "가벼움", "Mild"))),
        }],
        decisions: vec![family::Decision {
            from: date(2026, 11, 2),
            what: words(lang, "지속방문", "Sustained visits"),
            score: Some((1, "perinatal_risk_score@2026.1".to_owned())),
            overridden: true,
            reason: Some(words(lang, "집을 옮겨야 해요", "She must leave her home")),
            by: "정은지".to_owned(),
        }],
        nurses: supervisor.then(|| vec![("1".to_owned(), "정은지".to_owned())]),
        left: (loss && !supervisor).then(|| (date(2026, 11, 20), words(lang, "원하지 않음", "did not want more"))),
        refused: if supervisor {
            vec![("1".to_owned(), date(2026, 11, 3), words(lang, "다른 판", "another version"))]
        } else {
            vec![]
        },
        stands_in: false,
        done: Some("visits-saved"),
    };
    let area = if supervisor { Area::Supervision } else { Area::Visits };
    family::page_of(&frame(lang, "/visits/family/1", Some(area)), &Form::default(), &family)
}

fn growing(lang: Lang, known: bool) -> Markup {
    let point = |on, age, kg, cm, doubtful| growth::Point {
        on,
        age_days: Some(age),
        corrected: doubtful,
        weight: Some((kg, Some(-2.4))),
        length: Some((cm, Some(-3.2))),
        for_length: Some(0.1),
        head: Some((36.0, Some(0.4))),
        doubtful,
    };
    let points = vec![
        point(date(2026, 11, 1), 1, 2.6, 47.0, false),
        point(date(2026, 12, 1), 31, 3.4, 50.0, false),
        point(date(2027, 2, 1), 93, 4.9, 56.0, true),
    ];
    let child = growth::Child { name: "김서아".to_owned(), sex: known.then_some(Sex::Female), points };
    let none = growth::Child { name: "김서윤".to_owned(), sex: None, points: vec![] };
    growth::page_of(&frame(lang, "/visits/family/1/growth", Some(Area::Visits)), "1", &[child, none])
}

fn recording(lang: Lang, wrong: bool) -> Markup {
    let f = frame(lang, "/visits/family/1/visit", Some(Area::Visits));
    let mut form =
        Form::of([("id", "1"), ("visit", "newborn"), ("on", "2026-11-21"), ("ending", "done"), ("weight.1", "90")]);
    if wrong {
        form.refuse("weight.1", f.t.t("visits-error-answer"));
        form.refuse("why", f.t.t("visits-error-why"));
    }
    let record = record::Record {
        id: "1".to_owned(),
        mother: "김하윤".to_owned(),
        visit: words(lang, "첫 방문", "First visit"),
        topics: vec![
            ("feeding".to_owned(), words(lang, "수유", "Feeding"), false),
            ("mood".to_owned(), words(lang, "마음", "Mood"), true),
        ],
        children: vec![("1".to_owned(), "김서아".to_owned())],
        in_hospital: vec![("1".to_owned(), "김서아".to_owned())],
        immunisations: vec![words(lang, "B형간염 2차", "Hepatitis B, second dose")],
        milestones: vec![("m1".to_owned(), words(lang, "얼굴을 봐요", "Looks at your face"))],
        forms: vec![instrument("mother-check"), instrument("baby-check")],
        corrects: wrong,
    };
    record::page_of(&f, &form, &record)
}

fn asking(lang: Lang, id: &str, one: bool) -> Markup {
    let instrument = instrument(id);
    let first =
        instrument.questions().into_iter().find(|q| q.items.is_empty()).map(|q| q.id.clone()).unwrap_or_default();
    let screen = if one { decide::Screen::One(1, 9, first) } else { decide::Screen::Whole };
    let mother = "김하윤".to_owned();
    let ask = decide::Ask {
        to: "/visits/family/1/form/x".to_owned(),
        back: "/visits/family/1".to_owned(),
        mother,
        instrument,
        screen,
    };
    decide::ask(&frame(lang, "/visits/family/1/form/x", Some(Area::Visits)), &Form::of([("id", "1")]), &ask)
}

fn deciding(lang: Lang, scored: bool) -> Markup {
    let f = frame(lang, "/visits/family/1/need", Some(Area::Visits));
    let mut form = Form::of([("need", "sustained"), ("from", "2026-11-21")]);
    if !scored {
        form.refuse("reason", f.t.t("visits-error-reason"));
    }
    let made = (
        date(2026, 11, 1),
        words(lang, "등록 질문", "Registration"),
        2,
        Some(words(lang, "지속방문", "Sustained visits")),
    );
    let need = decide::Need {
        id: "1".to_owned(),
        mother: "김하윤".to_owned(),
        now: words(lang, "보편방문", "Universal visit"),
        made: scored.then_some(made),
        counted: vec![(words(lang, "담배", "Smoking"), 1), (words(lang, "도움", "Help"), -1)],
        skipped: vec![words(lang, "집", "Housing")],
        illustrative: true,
        choices: vec![
            ("universal".to_owned(), words(lang, "보편방문", "Universal visit")),
            ("sustained".to_owned(), words(lang, "지속방문", "Sustained visits")),
        ],
    };
    decide::need(&f, &form, &need)
}

fn alone(lang: Lang, open: bool) -> Markup {
    let told = [decide::Told {
        on: date(2026, 11, 1),
        title: words(lang, "집에서 안전한지", "Safety at home"),
        result: Some((0, words(lang, "알려진 위험 없음", "No known danger"))),
        answers: vec![(words(lang, "질문", "A question"), words(lang, "아니요", "No"))],
    }];
    let f = frame(lang, "/visits/family/1/alone", Some(Area::Visits));
    decide::alone(&f, &Form::default(), "1", open.then_some(told.as_slice()))
}

fn alert_line(status: AlertStatus, late: bool) -> alerts::Line {
    let at = Instant::start_of(date(2026, 11, 21));
    alerts::Line {
        href: "/visits/alerts/1/1".to_owned(),
        name: "김하윤".to_owned(),
        status,
        opened_at: at,
        due_at: at.plus_seconds(4 * 3600),
        late,
        by: (status != AlertStatus::Open).then(|| "한지민".to_owned()),
    }
}

fn alert_list(lang: Lang) -> Markup {
    let lines = [
        alert_line(AlertStatus::Open, true),
        alert_line(AlertStatus::Open, false),
        alert_line(AlertStatus::Taken, false),
        alert_line(AlertStatus::Closed, false),
    ];
    alerts::list(&frame(lang, "/visits/alerts", Some(Area::Supervision)), 9, true, &lines)
}

fn alert(lang: Lang, shut: bool) -> Markup {
    let f = frame(lang, "/visits/alerts/1/1", Some(Area::Supervision));
    if shut {
        return alerts::shut(&f, &Form::default(), "/visits/alerts/1/1");
    }
    let alert = alerts::Alert {
        line: alert_line(AlertStatus::Open, false),
        family: "/visits/family/1".to_owned(),
        about: f.t.t("visits-danger-self-harm").into_owned(),
        action: words(lang, "오늘 통화하세요", "Speak with her today"),
        outcome: Some(words(lang, "통화함", "Spoke with her")),
        offset: 9,
    };
    alerts::one(&f, &Form::default(), "/visits/alerts/1/1", &alert)
}

fn joining(lang: Lang, state: u8) -> Markup {
    let steps = vec![(words(lang, "임신 30주", "Week 30"), words(lang, "12월 1일부터", "from 1 December"))];
    let running = (state == 1).then(|| (words(lang, "보편방문", "Universal home visit"), steps));
    let questions = running.as_ref().map(|_| "/visits/join/questions".to_owned());
    let join = join::Join {
        groups: true,
        studies: true,
        known: false,
        running,
        loss: state == 2,
        questions,
        done: state == 1,
        surveys: (state == 1)
            .then(|| ("/s/1".to_owned(), words(lang, "방문 뒤", "After a visit"), date(2026, 12, 20)))
            .into_iter()
            .collect(),
    };
    let f = frame(lang, "/visits/join", Some(Area::Citizen));
    let mut form = Form::default();
    if state == 3 {
        form.refuse("consent", f.t.t("visits-error-consent"));
    }
    join::page_of(&f, &form, &join)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("visits-day", Box::new(|lang| my_day(lang, false))),
        ("visits-day-empty", Box::new(|lang| my_day(lang, true))),
        ("visits-week", Box::new(|lang| my_week(lang, false))),
        ("visits-week-supervisor", Box::new(|lang| my_week(lang, true))),
        (
            "visits-week-choose",
            Box::new(|lang| {
                let nurses = [("1".to_owned(), "정은지".to_owned())];
                week::choose(&frame(lang, "/visits/week", Some(Area::Supervision)), &nurses)
            }),
        ),
        ("visits-versions", Box::new(|lang| new_version(lang, false))),
        ("visits-versions-none", Box::new(|lang| new_version(lang, true))),
        ("visits-families", Box::new(|lang| list(lang, false))),
        ("visits-families-supervisor", Box::new(|lang| list(lang, true))),
        ("visits-family", Box::new(|lang| the_family(lang, false, false))),
        ("visits-family-supervisor", Box::new(|lang| the_family(lang, true, false))),
        ("visits-family-loss", Box::new(|lang| the_family(lang, true, true))),
        ("visits-growth", Box::new(|lang| growing(lang, true))),
        ("visits-growth-no-sex", Box::new(|lang| growing(lang, false))),
        ("visits-record", Box::new(|lang| recording(lang, false))),
        ("visits-record-error", Box::new(|lang| recording(lang, true))),
        ("visits-kept", Box::new(|lang| record::kept(&frame(lang, "/visits/family/1/visit", Some(Area::Visits))))),
        ("visits-form", Box::new(|lang| asking(lang, "phq9", false))),
        ("visits-form-one", Box::new(|lang| asking(lang, "perinatal-risk", true))),
        ("visits-form-alone", Box::new(|lang| asking(lang, "home-safety", false))),
        ("visits-need", Box::new(|lang| deciding(lang, true))),
        ("visits-need-error", Box::new(|lang| deciding(lang, false))),
        ("visits-alone", Box::new(|lang| alone(lang, false))),
        ("visits-alone-open", Box::new(|lang| alone(lang, true))),
        ("visits-alerts", Box::new(alert_list)),
        ("visits-alert-shut", Box::new(|lang| alert(lang, true))),
        ("visits-alert", Box::new(|lang| alert(lang, false))),
        ("visits-join", Box::new(|lang| joining(lang, 0))),
        ("visits-join-running", Box::new(|lang| joining(lang, 1))),
        ("visits-join-loss", Box::new(|lang| joining(lang, 2))),
        ("visits-join-error", Box::new(|lang| joining(lang, 3))),
    ]
}
