//! Samples of the pages of the nurses themselves.

use kernel::{Date, Instant, Lang};
use maud::Markup;

use super::{Sample, frame};
use crate::components::frame::Area;
use crate::form::Form;
use crate::team::cohorts::{self, Cohort};
use crate::team::give::{self, Give};
use crate::team::nurse::{self, Course, Due, Entry, Fit, Nurse, Session};
use crate::team::overview::{self, Line, Most, Suggestion, Team, Told};
use crate::team::session::{self, Ask, Held, Note};

const DAY: Date = Date::constant(2026, 11, 20);

fn pick(lang: Lang, ko: &str, en: &str) -> String {
    if lang == Lang::Ko { ko } else { en }.to_owned()
}

fn choice(id: &str, words: &str) -> (String, String) {
    (id.to_owned(), words.to_owned())
}

fn lead(lang: Lang, address: &str) -> crate::components::frame::Frame {
    frame(lang, address, Some(Area::Supervision))
}

fn team(lang: Lang, rules: bool, full: bool) -> Markup {
    let line = |name: &str, load: (u32, u32), over, hours, expired: &[&str], overdue: &[&'static str]| Line {
        href: "/visits/team/nurse/1".to_owned(),
        name: name.to_owned(),
        load,
        over,
        hours,
        expired: expired.iter().map(|e| (*e).to_owned()).collect(),
        overdue: overdue.to_vec(),
    };
    let safety = pick(lang, "폭력과 안전 대응", "Violence and safety");
    let lines = vec![
        line("정은지", (262, 11), true, 320, &[], &[]),
        line("오세나", (180, 4), false, 244, &[&safety], &["team-kind-individual", "team-kind-observed"]),
        line("문가영", (0, 0), false, 0, &[], &["team-kind-team"]),
    ];
    let suggestion = Suggestion {
        href: "/visits/team/handover?from=1&to=2".to_owned(),
        families: 12,
        from: "정은지".to_owned(),
        to: "오세나".to_owned(),
    };
    let vm = Team {
        most: rules.then_some(Most { families: 250, intense: 9, hours: 320, illustrative: true }),
        lines: if rules { lines } else { Vec::new() },
        suggestions: if full { Vec::new() } else { vec![suggestion] },
        done: (!full).then_some("team-handed"),
    };
    overview::page_of(&lead(lang, "/visits/team"), &vm)
}

fn a_nurse(lang: Lang, own: bool, empty: bool) -> Markup {
    let course = |ko: &str, en: &str, done, hours| Course { name: pick(lang, ko, en), done, hours };
    let entry = |withdrawn| Entry {
        id: "1".to_owned(),
        course: pick(lang, "지속방문 심화 과정", "Sustained visiting, advanced"),
        hours: 80,
        on: DAY,
        by: "한지민".to_owned(),
        withdrawn,
    };
    let fit = vec![
        (pick(lang, "지속방문", "Sustained visiting"), Fit::Until(Date::constant(2029, 11, 20))),
        (pick(lang, "폭력과 안전 대응", "Violence and safety"), Fit::Expired(Date::constant(2026, 10, 1))),
        (pick(lang, "모유수유 상담", "Breastfeeding counselling"), Fit::Missing),
    ];
    let due = |kind, last, by, overdue| Due { kind, last, by, overdue };
    let held = Session {
        href: "/visits/session/1".to_owned(),
        kind: "team-kind-individual",
        on: DAY,
        lead: "한지민".to_owned(),
    };
    let told = Told {
        families: 2,
        from: "오세나".to_owned(),
        to: "정은지".to_owned(),
        on: DAY,
        reason: pick(lang, "육아휴직", "parental leave"),
    };
    let vm = Nurse {
        id: (!own).then(|| "1".to_owned()),
        name: "정은지".to_owned(),
        hours: if empty { (0, 320) } else { (244, 320) },
        courses: vec![
            ("sustained".to_owned(), course("지속방문 심화 과정", "Sustained visiting, advanced", 80, 80)),
            ("depression".to_owned(), course("산전·산후 우울", "Depression before and after birth", 12, 24)),
        ],
        fit,
        ledger: if empty { Vec::new() } else { vec![entry(false), entry(true)] },
        due: vec![
            due("team-kind-individual", Some(DAY), Some(Date::constant(2026, 12, 21)), false),
            due("team-kind-observed", None, None, true),
        ],
        sessions: if empty { Vec::new() } else { vec![held] },
        told: if empty { Vec::new() } else { vec![told] },
        done: !own,
    };
    let f = match own {
        true => frame(lang, "/visits/training", Some(Area::Visits)),
        false => lead(lang, "/visits/team/nurse/1"),
    };
    let mut form = Form::of([("id", "1"), ("course", "depression"), ("hours", "25")]);
    if !own {
        form.refuse("hours", text::Text::new(lang).with("team-error-hours", &[("most", 24_i64.into())]));
    }
    nurse::page_of(&f, &form, &vm)
}

fn handover(lang: Lang, chosen: bool) -> Markup {
    let nurses = vec![choice("1", "정은지 · 262 · 11"), choice("2", "오세나 · 180 · 4")];
    let families = vec![choice("a", "김하윤 · 2026-10-01"), choice("b", "이서연 · 2026-09-14")];
    let mut form = Form::of([("id", "1"), ("from", "1"), ("family", "a")]);
    if chosen {
        form.refuse("on", text::Text::new(lang).with("team-error-day", &[("days", 180_i64.into())]));
    }
    let vm = Give { nurses, families: chosen.then_some(families) };
    give::page_of(&lead(lang, "/visits/team/handover"), &form, &vm)
}

fn courses(lang: Lang, empty: bool) -> Markup {
    let cohort = |id: &str, over| Cohort {
        id: id.to_owned(),
        course: pick(lang, "모유수유 전문 과정", "Breastfeeding"),
        place: pick(lang, "서울시 교육센터", "Seoul training centre"),
        days: (Date::constant(2026, 11, 23), Date::constant(2026, 11, 27)),
        seats: (1, 20),
        seated: vec![choice("1", "정은지")],
        others: vec![choice("2", "오세나")],
        over,
    };
    let mut form = Form::of([("do", "came"), ("cohort", "x")]);
    if !empty {
        form.refuse("came", text::Text::new(lang).t("error-choose"));
    }
    let all = if empty { Vec::new() } else { vec![cohort("x", true), cohort("y", false)] };
    let options = [choice("breastfeeding", &pick(lang, "모유수유 전문 과정", "Breastfeeding"))];
    cohorts::page_of(&lead(lang, "/visits/team/cohorts"), &form, &options, &all, empty)
}

fn checklist(lang: Lang) -> Vec<(String, String)> {
    vec![
        choice("greets", &pick(lang, "가족을 존중하며 인사했다", "Greeted with respect")),
        choice("listens", &pick(lang, "먼저 묻고 끝까지 들었다", "Asked first, and listened to the end")),
    ]
}

fn new_session(lang: Lang, observed: bool) -> Markup {
    let mut form = Form::of([("id", "1"), ("on", "2026-11-20"), ("kind", "individual"), ("seen.greets", "partly")]);
    if observed {
        form.set("visit", "1");
    } else {
        form.refuse("nurse", text::Text::new(lang).t("team-error-people"));
    }
    let nurses = vec![choice("1", "정은지"), choice("2", "오세나")];
    let vm = Ask { nurses, checklist: observed.then(|| checklist(lang)) };
    session::form_of(&lead(lang, "/visits/team/session"), &form, &vm)
}

fn held(lang: Lang, pair: bool) -> Markup {
    let note = Note {
        by: "정은지".to_owned(),
        at: Instant::start_of(DAY),
        words: pick(lang, "그 집에서 나와 한참 걸었어요.", "I walked for a long while after that visit."),
    };
    let seen = ["yes", "no"].iter().zip(checklist(lang)).map(|(how, (_, point))| (point, (*how).to_owned()));
    let vm = Held {
        id: "1".to_owned(),
        kind: if pair { "team-kind-observed" } else { "team-kind-team" },
        on: DAY,
        minutes: 60,
        lead: "한지민".to_owned(),
        nurses: vec!["정은지".to_owned(), "오세나".to_owned()].into_iter().take(if pair { 1 } else { 2 }).collect(),
        topics: pick(lang, "어려운 방문 나누기", "A difficult visit"),
        agreed: pair.then(|| pick(lang, "다음 주에 함께 가기", "Go together next week")),
        seen: if pair { seen.collect() } else { Vec::new() },
        between: pair.then(|| vec![note]),
        offset: 9,
        done: !pair,
        back: "/visits/team".to_owned(),
    };
    session::page_of(&lead(lang, "/visits/session/1"), &Form::of([("id", "1")]), &vm)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("team", Box::new(|lang| team(lang, true, false))),
        ("team-full", Box::new(|lang| team(lang, true, true))),
        ("team-no-rules", Box::new(|lang| team(lang, false, true))),
        ("team-nurse", Box::new(|lang| a_nurse(lang, false, false))),
        ("team-training", Box::new(|lang| a_nurse(lang, true, false))),
        ("team-training-empty", Box::new(|lang| a_nurse(lang, true, true))),
        ("team-handover", Box::new(|lang| handover(lang, true))),
        ("team-handover-who", Box::new(|lang| handover(lang, false))),
        ("team-cohorts", Box::new(|lang| courses(lang, false))),
        ("team-cohorts-none", Box::new(|lang| courses(lang, true))),
        ("team-session-new", Box::new(|lang| new_session(lang, false))),
        ("team-session-observed", Box::new(|lang| new_session(lang, true))),
        ("team-session", Box::new(|lang| held(lang, true))),
        ("team-session-team", Box::new(|lang| held(lang, false))),
    ]
}
