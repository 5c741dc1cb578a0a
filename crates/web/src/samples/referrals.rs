//! Samples of referrals: lists, one, a new one, the partner's page, the family's.

use jiff::civil::date;
use kernel::{Instant, Lang};
use maud::Markup;
use referral::model::{By, Clock, Outcome, Reason, Standing, Status};

use super::{Sample, frame};
use crate::components::frame::Area;
use crate::form::Form;
use crate::referral::work::{Done, Line, List, One};
use crate::referral::{family, new, partner, work};

fn now(status: Status) -> Standing {
    let clocks = catalogue::model::Clocks { receive: 2, answer: 5, finish: 60, close: 5, remind: 1, expire: 14 };
    let over = status.is_over().then(|| Instant::start_of(date(2026, 11, 20)));
    let late = (status == Status::Declined).then(|| Instant::start_of(date(2026, 11, 26)));
    Standing {
        status,
        ended_at: over,
        escalated_at: late,
        declined: (status == Status::Declined).then_some(Reason::Full),
        outcome: (status == Status::Completed).then_some(Outcome::PartlyMet),
        ..Standing::requested(date(2026, 11, 18), &clocks)
    }
}

fn line(n: u32, status: Status, due: Option<(Clock, i64)>) -> Line {
    let day = |days: i64| date(2026, 11, 21).saturating_add(jiff::Span::new().days(days));
    Line {
        id: format!("r-{n}"),
        name: "김하윤".to_owned(),
        service: "정신건강복지센터(강남구)".to_owned(),
        need: "우울·불안".to_owned(),
        now: now(status),
        due: due.map(|(clock, days)| (clock, day(days), days)),
    }
}

fn list(lang: Lang, household: bool, some: bool) -> Markup {
    let lines = vec![
        line(1, Status::Declined, Some((Clock::Close, -1))),
        line(2, Status::Requested, Some((Clock::Receive, 0))),
        line(3, Status::Waiting, Some((Clock::Finish, 40))),
        line(4, Status::Completed, None),
    ];
    let vm = List {
        which: if household { "" } else { "escalated" },
        household: household.then(|| "1".to_owned()),
        done: some.then_some("referral-done-sent"),
        lines: if some { lines } else { Vec::new() },
    };
    work::list(&frame(lang, "/work/referrals", Some(Area::Official)), &vm)
}

fn one(lang: Lang, status: Status, refused: bool) -> Markup {
    let step = |key, by, who: Option<&str>, words: Option<&str>| Done {
        key,
        by,
        who: who.map(str::to_owned),
        words: words.map(str::to_owned),
        reason: (key == "referral-did-decline").then_some(Reason::Full),
        outcome: None,
        at: Instant::start_of(date(2026, 11, 19)),
    };
    let over = status.is_over();
    let mut steps = vec![
        step("referral-did-request", By::Referrer, Some("박서준"), None),
        step("referral-did-remind", By::Clock, None, None),
    ];
    if over {
        steps.push(step("referral-did-decline", By::Partner, None, Some("봄까지 자리가 없습니다.")));
        steps.push(step("referral-did-escalate", By::Clock, None, None));
    }
    let vm = One {
        line: line(1, status, Some(if over { (Clock::Close, -1) } else { (Clock::Receive, 1) })),
        reason: "출산 뒤 잠을 잘 못 자고, 이야기할 사람을 바랍니다.".to_owned(),
        service_contact: Some("02-0000-0101".to_owned()),
        contact: (!over).then(|| "010-0000-1234, 오전".to_owned()),
        shares: if over { vec![] } else { vec!["referral-share-name", "referral-contact"] },
        agreed_on: date(2026, 11, 18),
        expected_on: None,
        link: (!over).then(|| ("https://hearth.example.org/r/0192.1.1765.abcd".to_owned(), date(2026, 12, 4))),
        steps,
        instead: over.then(|| "/work/referrals/household/1/new?instead_of=r-1".to_owned()),
        acts: true,
        done: None,
        offset_hours: 9,
    };
    let mut form = Form::default();
    if refused {
        form.refuse("words", text::Text::new(lang).t("referral-fault-words"));
    }
    work::one(&frame(lang, "/work/referrals/r-1", Some(Area::Official)), &form, &vm)
}

fn begin(lang: Lang, state: u8) -> Markup {
    let people = vec![("a".to_owned(), "김하윤".to_owned()), ("b".to_owned(), "박민준".to_owned())];
    let choice = |n: u32, name: &str, illustrative| new::Choice {
        id: format!("s-{n}"),
        name: name.to_owned(),
        agency: "보건소".to_owned(),
        contact: "02-0000-0101".to_owned(),
        days: (4, 60),
        illustrative,
    };
    let found = vec![choice(1, "정신건강복지센터(강남구)", true), choice(2, "정신건강 위기상담전화", false)];
    let vm = new::New {
        household: "1".to_owned(),
        id: "r-9".to_owned(),
        people,
        needs: vec![("depression".to_owned(), "우울·불안".to_owned())],
        need: (state > 0).then(|| "depression".to_owned()),
        services: if state > 1 { found } else { Vec::new() },
        instead_of: None,
        protected: state == 3,
    };
    let mut form = Form::of([("need", "depression")]);
    if state == 3 {
        for field in ["service", "person", "reason", "agreed_by"] {
            form.refuse(field, text::Text::new(lang).t("error-choose"));
        }
    }
    new::page_of(&frame(lang, "/work/referrals/household/1/new", Some(Area::Official)), &form, &vm)
}

fn asked(lang: Lang, status: Status, refused: bool) -> Markup {
    let vm = partner::Asked {
        path: "/r/0192.1.1765.abcd".to_owned(),
        service: "정신건강복지센터(강남구)".to_owned(),
        need: "우울·불안".to_owned(),
        reason: "출산 뒤 잠을 잘 못 자고, 이야기할 사람을 바랍니다.".to_owned(),
        from: "보건소 (강남구)".to_owned(),
        name: (!refused).then(|| "김하윤".to_owned()),
        birth_date: (!refused).then(|| date(1995, 3, 2)),
        contact: (!refused).then(|| "010-0000-1234, 오전".to_owned()),
        now: now(status),
        due: Some(date(2026, 11, 23)),
    };
    let mut form = Form::default();
    if refused {
        for field in ["do", "expected", "words"] {
            form.refuse(field, text::Text::new(lang).t("error-choose"));
        }
    }
    partner::asked(&frame(lang, "/r/0192.1.1765.abcd", None), &form, &vm)
}

fn told(lang: Lang, done: bool) -> Markup {
    let f = frame(lang, "/r/0192.1.1765.abcd", None);
    if done {
        partner::told(&f, true, "referral-thanks", "referral-thanks-do", Some("/r/0192.2.1770.ef"))
    } else {
        partner::told(&f, false, "referral-link-late", "referral-link-late-do", None)
    }
}

fn mine(lang: Lang, some: bool) -> Markup {
    let one = |n: u32, name: Option<&str>, status: Status| family::Mine {
        id: format!("r-{n}"),
        name: name.map(str::to_owned),
        service: "가족센터(강남구)".to_owned(),
        contact: Some("02-0000-0102".to_owned()),
        need: "양육 도움".to_owned(),
        reason: "부모 모임에 나가고 싶어 합니다.".to_owned(),
        shares: if n == 1 { vec!["referral-share-name", "referral-contact"] } else { vec![] },
        from: "보건소 (강남구)".to_owned(),
        sent: Instant::start_of(date(2026, 11, 18)),
        now: now(status),
        expected_on: (status == Status::Waiting).then(|| date(2027, 1, 11)),
    };
    let list =
        vec![one(1, None, Status::Waiting), one(2, Some("김서아"), Status::Declined), one(3, None, Status::Completed)];
    let list = if some { list } else { Vec::new() };
    family::page_of(&frame(lang, "/referrals", Some(Area::Citizen)), some, &list, 9)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("referrals", Box::new(|l| list(l, false, true))),
        ("referrals-none", Box::new(|l| list(l, false, false))),
        ("referrals-household", Box::new(|l| list(l, true, true))),
        ("referral-open", Box::new(|l| one(l, Status::Requested, false))),
        ("referral-declined", Box::new(|l| one(l, Status::Declined, true))),
        ("referral-new", Box::new(|l| begin(l, 0))),
        ("referral-new-nothing", Box::new(|l| begin(l, 1))),
        ("referral-new-services", Box::new(|l| begin(l, 2))),
        ("referral-new-refused", Box::new(|l| begin(l, 3))),
        ("referral-partner", Box::new(|l| asked(l, Status::Requested, false))),
        ("referral-partner-going", Box::new(|l| asked(l, Status::Accepted, false))),
        ("referral-partner-refused", Box::new(|l| asked(l, Status::Requested, true))),
        ("referral-partner-done", Box::new(|l| told(l, true))),
        ("referral-partner-late", Box::new(|l| told(l, false))),
        ("referrals-mine", Box::new(|l| mine(l, true))),
        ("referrals-mine-none", Box::new(|l| mine(l, false))),
    ]
}
