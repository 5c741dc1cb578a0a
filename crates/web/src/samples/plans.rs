//! Samples of the pages of case management.

use jiff::civil::date;
use kernel::{Instant, Lang};
use maud::Markup;

use super::{Sample, frame};
use crate::components::frame::Area;
use crate::form::Form;
use crate::plan::act::{self, What};
use crate::plan::{ActionShown, Ended, GoalShown, PartnerShown, Standing, list, own, part, whole};

fn words(lang: Lang, ko: &str, en: &str) -> String {
    if lang == Lang::Ko { ko } else { en }.to_owned()
}

fn goals(lang: Lang) -> Vec<GoalShown> {
    let action = |number, who: Option<&str>, late| ActionShown {
        number,
        who: who.map(str::to_owned),
        words: words(lang, "일주일에 한 번 이야기하기", "Talk once a week"),
        due_on: date(2026, 12, 1),
        late,
        end: None,
    };
    let ended =
        |reached| Ended { reached, on: date(2026, 11, 20), words: words(lang, "나아졌어요", "It is better") };
    let own = words(lang, "밤에 다시 자고 싶어요", "I want to sleep at night again");
    vec![
        GoalShown {
            number: 1,
            words: own,
            voice: "plan-voice-own",
            end: None,
            actions: vec![
                action(2, Some(&words(lang, "가족센터", "Family centre")), true),
                action(3, None, false),
                ActionShown { end: Some(ended(true)), ..action(4, None, false) },
            ],
        },
        GoalShown {
            number: 5,
            words: words(lang, "큰 아이도 놀 곳이 있으면", "A place to play for the older one"),
            voice: "plan-voice-child",
            end: Some(ended(false)),
            actions: Vec::new(),
        },
    ]
}

fn partners(lang: Lang) -> Vec<PartnerShown> {
    let of = |id: &str, standing| PartnerShown {
        id: id.to_owned(),
        name: words(lang, "가족센터", "Family centre"),
        why: words(lang, "큰 아이 돌봄", "Care of the older child"),
        standing,
    };
    vec![
        of("a", Standing::Asked),
        of("b", Standing::TakesPart(date(2026, 11, 1))),
        of("c", Standing::Withdrawn(date(2026, 11, 20))),
    ]
}

fn case(lang: Lang, supervisor: bool, closed: Option<bool>) -> whole::Case {
    let step = |name: &str, signed: bool, now| whole::StepShown {
        name: name.to_owned(),
        signed: signed.then(|| (date(2026, 11, 2), "정은지".to_owned())),
        now,
    };
    let now = whole::Now {
        number: (4, 9),
        name: words(lang, "사례회의", "Conference of those who can help"),
        lacks: if supervisor { vec![] } else { vec!["plan-needs-conference", "plan-needs-consent"] },
        signer: "plan-signed-by-supervisor",
        may_sign: supervisor,
        review: (date(2026, 11, 20), true),
    };
    whole::Case {
        opened: (words(lang, "위험이 여러 가지예요", "Several risks at once"), date(2026, 11, 1)),
        illustrative: true,
        now: closed.is_none().then_some(now),
        closed: closed.map(|finished| (finished, date(2026, 11, 20))),
        steps: vec![
            step(&words(lang, "동의 받기", "Ask consent"), true, false),
            step(&words(lang, "사례회의", "Conference"), false, true),
        ],
        goals: goals(lang),
        agreed: supervisor,
        agreed_on: Some(date(2026, 11, 10)),
        conferences: vec![whole::Conference {
            number: 6,
            on: date(2026, 11, 10),
            participants: vec!["김하윤".to_owned(), words(lang, "박서준 (가족센터)", "Park (Family centre)")],
            minutes: words(lang, "매주 한 번 집에서 이야기하기로 했다.", "A weekly talk at home."),
            decided: vec![words(lang, "일주일에 한 번 이야기하기", "Talk once a week")],
        }],
        partners: partners(lang),
        past: vec![whole::Past {
            at: Instant::start_of(date(2026, 11, 10)),
            key: "plan-did-confer".to_owned(),
            side: "plan-side-lead",
            who: Some("정은지".to_owned()),
            words: vec![words(lang, "매주 한 번", "Once a week")],
        }],
    }
}

fn the_whole(lang: Lang, supervisor: bool, case: Option<whole::Case>, done: bool) -> Markup {
    let area = if supervisor { Area::Supervision } else { Area::Visits };
    let closed = case.as_ref().is_none_or(|c| c.closed.is_some());
    let vm = whole::Whole {
        id: "1".to_owned(),
        mother: "김하윤".to_owned(),
        case,
        can_open: closed,
        tier: Some(words(lang, "지속방문", "Sustained visits")),
        supervisor,
        done,
        offset: 9,
    };
    whole::page_of(&frame(lang, "/visits/family/1/plan", Some(area)), &Form::default(), &vm)
}

fn the_form(lang: Lang, what: What, faulty: bool) -> Markup {
    let f = frame(lang, "/visits/family/1/plan/x", Some(Area::Visits));
    let mut form = Form::of([("id", "1"), ("number", "1"), ("agency", "family_centre"), ("version", "3")]);
    if faulty {
        form.refuse("words", f.t.t("plan-fault-words"));
        form.refuse("due", f.t.t("plan-fault-day"));
    }
    let some = |id: &str, name: String| (id.to_owned(), name);
    let ask = act::Ask {
        id: "1".to_owned(),
        mother: "김하윤".to_owned(),
        what,
        about: Some(words(lang, "밤에 다시 자고 싶어요", "I want to sleep at night again")),
        dated: true,
        goals: vec![some("1", words(lang, "밤에 다시 자고 싶어요", "Sleep again"))],
        agencies: vec![some("family_centre", words(lang, "가족센터", "Family centre"))],
        steps: vec![some("goals", words(lang, "목표 쓰기", "Write down goals"))],
    };
    act::page_of(&f, &form, &ask)
}

fn the_list(lang: Lang, empty: bool) -> Markup {
    let line = |late, nurse: Option<&str>| list::Line {
        href: "/visits/family/1/plan".to_owned(),
        name: "김하윤".to_owned(),
        step: words(lang, "사례회의", "Conference"),
        review: Some((date(2026, 11, 20), late)),
        due: late.then(|| (date(2026, 11, 10), late)),
        nurse: nurse.map(str::to_owned),
    };
    let lines = if empty { vec![] } else { vec![line(true, Some("정은지")), line(false, None)] };
    list::open(&frame(lang, "/visits/plans", Some(Area::Supervision)), &lines)
}

fn the_shared(lang: Lang, empty: bool) -> Markup {
    let line = list::SharedLine {
        href: "/work/plans/1".to_owned(),
        name: "김하윤".to_owned(),
        why: words(lang, "큰 아이 돌봄", "Care of the older child"),
        due: Some((date(2026, 11, 10), true)),
    };
    let lines = if empty { vec![] } else { vec![line] };
    list::shared(&frame(lang, "/work/plans", Some(Area::Official)), &lines)
}

fn the_part(lang: Lang, empty: bool) -> Markup {
    let vm = part::Part {
        id: "1".to_owned(),
        name: "김하윤".to_owned(),
        why: words(lang, "큰 아이 돌봄", "Care of the older child"),
        lead: words(lang, "보건소", "Public health centre"),
        goals: if empty { vec![] } else { goals(lang) },
        conferences: if empty { vec![] } else { vec![date(2026, 11, 10)] },
        done: empty,
    };
    part::page_of(&frame(lang, "/work/plans/1", Some(Area::Official)), &vm)
}

fn the_report(lang: Lang) -> Markup {
    let f = frame(lang, "/work/plans/1/2", Some(Area::Official));
    let mut form = Form::of([("id", "1")]);
    form.refuse("how", f.t.t("error-choose"));
    let words = words(lang, "일주일에 한 번 이야기하기", "Talk once a week");
    part::report(&f, &form, &part::Report { id: "1".to_owned(), number: 2, name: "김하윤".to_owned(), words })
}

fn hers(lang: Lang, vm: own::Own) -> Markup {
    own::page_of(&frame(lang, "/plan", Some(Area::Citizen)), &vm)
}

fn her_plan(lang: Lang, agreed: bool, closed: bool) -> own::Own {
    own::Own {
        lead: Some(words(lang, "보건소", "Public health centre")),
        closed,
        goals: goals(lang),
        agreed,
        version: 3,
        partners: partners(lang),
        said: Some(if agreed { ("plan-own-done-agree", true) } else { ("plan-fault-stale", false) }),
    }
}

/// All of them.
pub(super) fn all() -> Vec<Sample> {
    let mut all: Vec<Sample> = vec![
        ("plan-cases", Box::new(|l| the_list(l, false))),
        ("plan-cases-none", Box::new(|l| the_list(l, true))),
        ("plan-nurse", Box::new(|l| the_whole(l, false, Some(case(l, false, None)), false))),
        ("plan-supervisor", Box::new(|l| the_whole(l, true, Some(case(l, true, None)), true))),
        ("plan-finished", Box::new(|l| the_whole(l, false, Some(case(l, false, Some(true))), false))),
        ("plan-declined", Box::new(|l| the_whole(l, true, Some(case(l, true, Some(false))), false))),
        ("plan-open", Box::new(|l| the_whole(l, false, None, false))),
        ("plan-form-error", Box::new(|l| the_form(l, What::Action, true))),
        ("plan-shared", Box::new(|l| the_shared(l, false))),
        ("plan-shared-none", Box::new(|l| the_shared(l, true))),
        ("plan-part", Box::new(|l| the_part(l, false))),
        ("plan-part-none", Box::new(|l| the_part(l, true))),
        ("plan-report", Box::new(the_report)),
        ("plan-own", Box::new(|l| hers(l, her_plan(l, false, false)))),
        ("plan-own-agreed", Box::new(|l| hers(l, her_plan(l, true, false)))),
        ("plan-own-closed", Box::new(|l| hers(l, her_plan(l, true, true)))),
        ("plan-own-none", Box::new(|l| hers(l, own::Own::default()))),
    ];
    let forms = [
        ("plan-form-goal", What::Goal),
        ("plan-form-action", What::Action),
        ("plan-form-confer", What::Confer),
        ("plan-form-end", What::End),
        ("plan-form-correct", What::Correct),
        ("plan-form-ask", What::Ask),
        ("plan-form-consent", What::Consent),
        ("plan-form-withdraw", What::Withdraw),
        ("plan-form-agree", What::Agree),
        ("plan-form-review", What::Review),
        ("plan-form-sign", What::Sign),
        ("plan-form-back", What::Back),
        ("plan-form-decline", What::Decline),
    ];
    all.extend(
        forms.map(|(name, what)| (name, Box::new(move |l| the_form(l, what, false)) as Box<dyn Fn(Lang) -> Markup>)),
    );
    all
}
