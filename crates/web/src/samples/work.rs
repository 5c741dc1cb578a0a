//! Samples of the pages on which officials work on cases.

use casework::case::TaskKind;
use casework::case::worklist::{Filter, Scope};
use casework::follow::grievance::{Kind, Status};
use jiff::civil::date;
use kernel::{Currency, Lang};
use maud::Markup;
use rules::outcome::Answer;
use rules::schema::Per;
use text::Text;

use super::{Sample, frame, words};
use crate::citizen::question::{Kind as Asks, Question};
use crate::components::frame::Area;
use crate::components::list::Mark;
use crate::form::Form;
use crate::official::complaints;
use crate::official::work::{self, Alike, Has, Line, List, Settled, Together, Way};
use crate::official::work_acts::{Acts, Contradiction, Hearing, Holder};
use crate::official::work_case::{self, Asked, Case, Decided, Fact, Objection, OfHousehold, Paper, Reason, Says, Step};
use crate::official::work_office::{self, Away, DeskLoad, Office, Took, Wrote};
use crate::official::work_review;

/// One of two texts by language.
fn in_lang(lang: Lang, ko: &str, en: &str) -> String {
    words(ko, en).get(lang).to_owned()
}

fn way() -> Way {
    Way {
        scope: Scope::Office,
        filter: Filter { kind: Some(TaskKind::Decide), programme: Some("child_allowance".to_owned()) },
        after: "2026-12-01 1".to_owned(),
    }
}

fn list_page(lang: Lang, state: u8) -> Markup {
    let t = Text::new(lang);
    let line = |n: u8, name: &str, kind, days: Option<i64>, has, ticks| Line {
        task: n.to_string(),
        href: way().link("/work/case/1"),
        name: name.to_owned(),
        kind,
        due: days.map(|days| (date(2026, 11, 22).saturating_add(jiff::Span::new().days(days)), days)),
        programme: in_lang(lang, "아동수당", "Child allowance"),
        says: (kind == TaskKind::Decide).then(|| t.t("work-says-yes").into_owned()),
        has,
        takes: ticks,
        ticks,
    };
    let lines = vec![
        line(1, "김하윤", TaskKind::Decide, Some(-4), Has::Nobody, true),
        line(2, "박민준", TaskKind::Contradiction, Some(0), Has::Me, false),
        line(3, "이서연", TaskKind::Approve, Some(2), Has::Other("최지우".to_owned()), true),
        line(4, "Aleksandra Vasilevna Konstantinopolskaya", TaskKind::Objection, Some(31), Has::Nobody, true),
        line(5, "정도윤", TaskKind::OrderRefused, None, Has::Nobody, true),
    ];
    let mut form = Form::default();
    if state == 1 {
        form.refuse("task", t.t("work-tick-first"));
    }
    work::page_of(
        &frame(lang, "/work", Some(Area::Official)),
        &form,
        &List {
            way: if state == 2 { way().behind("") } else { way() },
            programmes: vec![("child_allowance".to_owned(), in_lang(lang, "아동수당", "Child allowance"))],
            lines: if state == 2 { Vec::new() } else { lines },
            next: (state != 2).then(|| "2026-12-24 5".to_owned()),
            done: (state == 0).then(|| t.t("work-done-in-force").into_owned()),
            officials: (state == 1).then(officials),
            together: state == 0,
            answers_complaints: state != 2,
        },
    )
}

fn officials() -> Vec<(String, String)> {
    vec![("1".to_owned(), "박서준".to_owned()), ("2".to_owned(), "최지우".to_owned())]
}

fn together_page(lang: Lang, none: bool) -> Markup {
    let t = Text::new(lang);
    let one = |name: &str, alone: Option<&str>| Alike {
        case: "1".to_owned(),
        revision: 3,
        name: name.to_owned(),
        href: "/work/case/1".to_owned(),
        sums: vec![in_lang(lang, "2026년 12월 1일부터: 매월 ₩100,000", "from 1 December 2026: ₩100,000 a month")],
        alone: alone.map(|key| t.t(key).into_owned()),
    };
    let mut cases = vec![one("박민준", Some("work-alone-open"))];
    if !none {
        cases.extend([one("김하윤", None), one("이서연", None)]);
    }
    work::together(
        &frame(lang, "/work", Some(Area::Official)),
        &Form::default(),
        &Together { way: way(), programme: in_lang(lang, "아동수당", "Child allowance"), cases },
    )
}

fn settled_page(lang: Lang) -> Markup {
    let t = Text::new(lang);
    let one = |name: &str, key: &str, done| Settled {
        name: name.to_owned(),
        href: "/work/case/1".to_owned(),
        words: t.t(key).into_owned(),
        done,
    };
    work::settled(
        &frame(lang, "/work/together", Some(Area::Official)),
        &way(),
        &[one("김하윤", "work-done-in-force", true), one("박민준", "work-fault-changed", false)],
    )
}

fn says(lang: Lang, answer: Answer) -> Says {
    let fact = |ko, en, value: &str, source: &str| Fact {
        what: in_lang(lang, ko, en),
        value: value.to_owned(),
        source: source.to_owned(),
        when: in_lang(
            lang,
            "2026년 11월 18일부터, 2026년 11월 19일 기록",
            "since 18 November 2026, recorded on 19 November 2026",
        ),
    };
    let tax = in_lang(lang, "국세청", "National Tax Service");
    let reason = |ko, en, holds, facts| Reason {
        words: in_lang(lang, ko, en),
        law: in_lang(lang, "아동수당법 제4조", "Child Allowance Act art. 4"),
        holds,
        error: false,
        steps: vec![(in_lang(lang, "나이", "Age"), in_lang(lang, "0개월", "0 months"))],
        facts,
    };
    Says {
        now: true,
        answer,
        law: in_lang(lang, "아동수당법", "Child Allowance Act"),
        reasons: vec![
            reason(
                "아홉 살 미만이다",
                "The child is under nine",
                Some(true),
                vec![fact("김서아의 생년월일", "Birth date of Seoa Kim", "2026-11-18", &tax)],
            ),
            reason(
                "소득이 기준 이하이다",
                "Income is below the line",
                Some(false),
                vec![
                    fact("박민준의 근로소득", "Wages of Minjun Park", "₩2,400,000", &tax),
                    fact("김하윤의 근로소득", "Wages of Hayun Kim", "₩0", &tax),
                ],
            ),
            reason("국내에 산다", "Lives in the country", None, Vec::new()),
        ],
        sums: vec![
            in_lang(
                lang,
                "2026년 11월 1일부터 2027년 10월 31일까지: 매월 ₩1,000,000",
                "1 November 2026 to 31 October 2027: ₩1,000,000 a month",
            ),
            in_lang(lang, "2027년 11월 1일부터: 매월 ₩500,000", "from 1 November 2027: ₩500,000 a month"),
        ],
        missing: vec![in_lang(
            lang,
            "박민준의 계좌 (가족만 알 수 있음)",
            "Account of Minjun Park (only the family can tell)",
        )],
        excluded: (answer == Answer::No)
            .then(|| in_lang(lang, "양육수당과 함께 받을 수 없다", "Cannot be had together with home care")),
        look: (answer != Answer::No).then(|| Text::new(lang).t("work-official-looks").into_owned()),
        changes: super::cases::a_change(lang),
    }
}

fn acts(lang: Lang, state: u8) -> Acts {
    let t = Text::new(lang);
    let question = |field: &str| Question {
        field: field.to_owned(),
        ask: words("근로소득", "Wages"),
        whose: Some("박민준".to_owned()),
        kind: Asks::Amount(Per::Month, Currency::KRW),
        decides: Vec::new(),
    };
    let lead = || {
        in_lang(
            lang,
            "2026년 11월 22일 부모급여를 지급하기로 결정했습니다.",
            "On 22 November 2026 we decided that you get: parent benefit.",
        )
    };
    let side = |value: &str, ko, en| {
        (value.to_owned(), in_lang(lang, ko, en), in_lang(lang, "2026년 1월 1일부터", "since 1 January 2026"))
    };
    match state {
        0 => Acts {
            revision: 4,
            take: Some("1".to_owned()),
            decide: Some(t.t("work-will-grant").into_owned()),
            otherwise: true,
            contradictions: vec![Contradiction {
                task: "1".to_owned(),
                what: in_lang(lang, "박민준의 근로소득", "Wages of Minjun Park"),
                held: side("₩2,400,000", "가족", "the family"),
                said: side("₩2,900,000", "국세청", "National Tax Service"),
                finding: Some(question("finding-0")),
            }],
            gap: Some(("2".to_owned(), vec![question("gap-0")])),
            note: Some(vec![question("note-0")]),
            withdraw: true,
            longer: 30,
            others: vec![("3".to_owned(), in_lang(lang, "신고: “이사했어요”", "Report: “We have moved”"))],
            died: Some(officials()),
            ..Acts::default()
        },
        1 => Acts {
            revision: 4,
            give: Some(("1".to_owned(), officials())),
            sign: Some(("1".to_owned(), lead())),
            review: Some("1".to_owned()),
            court: Some("1".to_owned()),
            hold: true,
            ..Acts::default()
        },
        2 => Acts {
            revision: 4,
            prepared_it: true,
            flow: true,
            holders: vec![Holder {
                task: "1".to_owned(),
                account: "088 •••••••••333".to_owned(),
                holder: "김철수".to_owned(),
                names: vec!["박민준".to_owned(), "Minjun Park".to_owned()],
            }],
            hearing: Some(Hearing {
                decision: "1".to_owned(),
                plan: lead(),
                until: Some(in_lang(lang, "2026년 12월 6일", "6 December 2026")),
                said: vec![in_lang(lang, "소득이 다시 줄었습니다.", "Our income has fallen again.")],
                over: lang == Lang::Ko,
            }),
            ..Acts::default()
        },
        _ => Acts { revision: 4, ..Acts::default() },
    }
}

fn case_page(lang: Lang, state: u8) -> Markup {
    let t = Text::new(lang);
    let mut form = Form::default();
    if state == 0 {
        form = Form::of([("do", "otherwise"), ("other-from-0", "2026-11-01"), ("other-sum-0", "1000000")]);
        form.refuse("act", t.t("work-fault-changed"));
        form.refuse("other-grant", t.t("error-choose"));
        form.refuse("follow-0", t.t("error-choose"));
    }
    let decided = |mark, key: &str, file: bool| Decided {
        lead: in_lang(
            lang,
            "2026년 10월 2일 부모급여를 지급하기로 결정했습니다.",
            "On 2 October 2026 we decided that you get: parent benefit.",
        ),
        state: (mark, t.t(key).into_owned()),
        sums: vec![in_lang(lang, "2026년 11월 1일부터: 매월 ₩500,000", "from 1 November 2026: ₩500,000 a month")],
        by: vec![t.t("work-by-machine").into_owned(), in_lang(lang, "2026년 10월 2일", "2 October 2026")],
        words: vec![in_lang(lang, "서류를 다시 확인했습니다.", "We looked at the papers again.")],
        object_by: file.then(|| {
            t.with("work-object-by", &[("date", in_lang(lang, "2026년 12월 31일", "31 December 2026").into())])
                .into_owned()
        }),
        file: file.then(|| "/work/case/1/decision/1".to_owned()),
    };
    let asked = |agency: &str, mark, key: &str, problem: Option<&str>| Asked {
        agency: agency.to_owned(),
        what: vec![in_lang(lang, "박민준의 근로소득", "Wages of Minjun Park")],
        state: (mark, t.t(key).into_owned()),
        when: vec![in_lang(lang, "2026년 11월 19일 요청", "asked 19 November 2026")],
        problem: problem.map(str::to_owned),
    };
    let paper = |href: bool| Paper {
        id: if href { "1" } else { "2" }.to_owned(),
        href: href.then(|| "/work/case/1/paper/1".to_owned()),
        what: in_lang(lang, "김하윤의 재직증명서", "Certificate of employment of Hayun Kim"),
        about: "PDF · 120 KB".to_owned(),
        note: Some(in_lang(lang, "회사에서 받았습니다", "From my company")),
    };
    let step = |key: &str, who: String, detail: Vec<String>| Step {
        when: in_lang(lang, "2026년 11월 19일 14:02", "19 November 2026, 14:02"),
        words: t.t(key).into_owned(),
        who,
        detail,
    };
    work_case::page_of(
        &frame(lang, "/work/case/1", Some(Area::Official)),
        &form,
        &Case {
            id: "1".to_owned(),
            way: way(),
            programme: in_lang(lang, "부모급여", "Parent benefit"),
            name: "김서아".to_owned(),
            household: "/official/households/1".to_owned(),
            stage: t.t("work-stage-official").into_owned(),
            due: (state != 3).then(|| (date(2026, 11, 24), 2)),
            paused: state == 2,
            has: if state == 0 { String::new() } else { "박서준".to_owned() },
            received: t
                .with(
                    "work-received",
                    &[
                        ("name", "김하윤".into()),
                        ("date", t.date(date(2026, 11, 18)).into()),
                        ("how", t.t("work-channel-online").into()),
                    ],
                )
                .into_owned(),
            purpose: t.t("purpose-casework").into_owned(),
            done: (state == 1).then(|| (t.t("work-done-in-force").into_owned(), Some("/work/case/2".to_owned()))),
            says: (state != 3).then(|| says(lang, if state == 0 { Answer::Yes } else { Answer::No })),
            holds: (state != 3).then(|| decided(Mark::Yes, "work-decision-in-force", true)),
            decisions: if state == 3 { Vec::new() } else { vec![decided(Mark::Open, "work-decision-proposed", false)] },
            asked: if state == 3 {
                Vec::new()
            } else {
                vec![
                    asked("NTS", Mark::Yes, "work-asked-answered", None),
                    asked("NHIS", Mark::Fault, "work-asked-timed-out", Some("503")),
                ]
            },
            papers: if state == 3 { Vec::new() } else { vec![paper(true), paper(false)] },
            objections: if state == 3 {
                Vec::new()
            } else {
                vec![Objection {
                    title: t.with("work-objection-on", &[("date", t.date(date(2026, 11, 20)).into())]).into_owned(),
                    above: true,
                    reason: in_lang(lang, "소득이 잘못 계산되었습니다.", "My income is wrong."),
                    state: (Mark::Open, t.t("work-objection-open").into_owned()),
                    outcome: None,
                }]
            },
            steps: vec![
                step(
                    "work-step-settled",
                    "박서준".to_owned(),
                    vec![in_lang(lang, "급여명세서를 봄", "Saw the pay slip")],
                ),
                step("work-step-received", t.t("work-machine").into_owned(), Vec::new()),
            ],
            acts: acts(lang, state),
        },
    )
}

fn office_page(lang: Lang, empty: bool) -> Markup {
    let t = Text::new(lang);
    let desk = |name: Option<&str>, open, late, first: Option<i64>| DeskLoad {
        name: name.map(str::to_owned),
        open,
        late,
        first: first.map(|days| (date(2026, 11, 22).saturating_add(jiff::Span::new().days(days)), days)),
    };
    let mut form = Form::default();
    if empty {
        form.refuse("official", t.t("error-choose"));
        form.refuse("last", t.t("work-fault-days"));
    }
    let office = if empty {
        Office { officials: officials(), ..Office::default() }
    } else {
        Office {
            loads: vec![
                desk(None, 41, 3, Some(-2)),
                desk(Some("박서준"), 1_240, 0, Some(1)),
                desk(Some("최지우"), 7, 0, None),
            ],
            away: vec![Away {
                id: "1 2".to_owned(),
                name: "최지우".to_owned(),
                days: t
                    .with(
                        "work-days-range",
                        &[("from", t.date(date(2026, 11, 20)).into()), ("to", t.date(date(2026, 12, 4)).into())],
                    )
                    .into_owned(),
                now: true,
            }],
            took: vec![Took {
                programme: in_lang(lang, "부모급여", "Parent benefit"),
                decided: 1_204,
                median: 2,
                longest: 61,
                late: 3,
            }],
            officials: officials(),
            wrote: vec![
                Wrote {
                    place: in_lang(lang, "강남구", "Gangnam-gu"),
                    way: casework::follow::satisfaction::Way::Automatic,
                    words: vec![
                        in_lang(lang, "빨라서 좋았어요", "Quick, thank you"),
                        in_lang(lang, "전화는 … 로", "Call …"),
                    ],
                },
                Wrote {
                    place: in_lang(lang, "강남구", "Gangnam-gu"),
                    way: casework::follow::satisfaction::Way::Hearing,
                    words: Vec::new(),
                },
            ],
            done: Some(t.t("work-done-away").into_owned()),
        }
    };
    work_office::page_of(&frame(lang, "/work/office", Some(Area::Official)), &form, &office)
}

fn household_page(lang: Lang, none: bool) -> Markup {
    let t = Text::new(lang);
    let one = |ko, en, due| OfHousehold {
        href: "/work/case/1".to_owned(),
        programme: in_lang(lang, ko, en),
        stage: t.t("work-stage-official").into_owned(),
        due,
        holds: Some(in_lang(
            lang,
            "2026년 10월 2일 지급하기로 결정했습니다.",
            "On 2 October 2026 we decided that you get it.",
        )),
    };
    let cases = if none {
        Vec::new()
    } else {
        vec![one("아동수당", "Child allowance", Some((date(2026, 12, 1), 9))), one("부모급여", "Parent benefit", None)]
    };
    work_case::of_household(&frame(lang, "/work/household/1", Some(Area::Official)), "1", &cases)
}

fn complaint_line(name: &str, days: i64, has: Option<&str>) -> complaints::Line {
    complaints::Line {
        id: "1".to_owned(),
        name: name.to_owned(),
        kind: Kind::Treatment,
        due: (date(2026, 11, 22).saturating_add(jiff::Span::new().days(days)), days),
        has: has.map(str::to_owned),
    }
}

fn complaints_page(lang: Lang, none: bool) -> Markup {
    let lines = if none {
        Vec::new()
    } else {
        vec![complaint_line("김하윤", -2, None), complaint_line("박민준", 14, Some("최지우"))]
    };
    complaints::list(&frame(lang, "/work/complaints", Some(Area::Official)), none, &lines)
}

fn complaint_page(lang: Lang, answered: bool) -> Markup {
    let mut form = Form::default();
    if !answered {
        form.refuse("to", Text::new(lang).t("grievance-fault-took-part"));
    }
    let complaint = complaints::Complaint {
        line: complaint_line("김하윤", 3, Some("최지우")),
        words: in_lang(lang, "전화를 아무도 받지 않아요.", "Nobody answers the telephone."),
        status: if answered { Status::Answered } else { Status::Open },
        answer: answered
            .then(|| in_lang(lang, "죄송합니다. 전화를 늘렸습니다.", "We are sorry; there is a second line now.")),
        made_at: kernel::Instant::start_of(date(2026, 11, 18)),
        case: Some(("/work/case/1".to_owned(), in_lang(lang, "아동수당", "Child allowance"))),
        officials: officials(),
        given: false,
        offset_hours: 9,
    };
    complaints::one(&frame(lang, "/work/complaints/1", Some(Area::Official)), &form, &complaint)
}

fn review_page(lang: Lang) -> Markup {
    let mut form = Form::of([("ground", "audit")]);
    form.refuse("why", Text::new(lang).t("error-field-empty"));
    work_review::page_of(&frame(lang, "/work/case/1", Some(Area::Official)), &form, "1")
}

/// All of them.
pub(super) fn all() -> Vec<Sample> {
    vec![
        ("work-list", Box::new(|lang| list_page(lang, 0))),
        ("work-list-lead", Box::new(|lang| list_page(lang, 1))),
        ("work-list-empty", Box::new(|lang| list_page(lang, 2))),
        ("work-together", Box::new(|lang| together_page(lang, false))),
        ("work-together-none", Box::new(|lang| together_page(lang, true))),
        ("work-settled", Box::new(settled_page)),
        ("work-case", Box::new(|lang| case_page(lang, 0))),
        ("work-case-approve", Box::new(|lang| case_page(lang, 1))),
        ("work-case-hearing", Box::new(|lang| case_page(lang, 2))),
        ("work-case-nothing", Box::new(|lang| case_page(lang, 3))),
        ("work-office", Box::new(|lang| office_page(lang, false))),
        ("work-office-refused", Box::new(|lang| office_page(lang, true))),
        ("work-review", Box::new(review_page)),
        ("work-complaints", Box::new(|lang| complaints_page(lang, false))),
        ("work-complaints-none", Box::new(|lang| complaints_page(lang, true))),
        ("work-complaint", Box::new(|lang| complaint_page(lang, false))),
        ("work-complaint-answered", Box::new(|lang| complaint_page(lang, true))),
        ("work-household", Box::new(|lang| household_page(lang, false))),
        ("work-household-none", Box::new(|lang| household_page(lang, true))),
    ]
}
