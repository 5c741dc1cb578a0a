//! Samples of applying, cases, decisions, payments, reports, complaints and figures.

use casework::case::Stage;
use casework::decide::DecisionKind;
use casework::decide::notice::{Notice, Part};
use casework::decide::object::Status as ObjectionStatus;
use casework::follow::grievance::{self, Status};
use casework::follow::report::Kind;
use casework::follow::satisfaction::Way;
use casework::follow::uptake::{Counts, Days, Figures, Line as EventLine, Spared};
use jiff::civil::date;
use kernel::{Currency, Instant, Lang, Period};
use maud::Markup;
use payment::read::Where;
use rules::outcome::Answer;
use rules::schema::Per;

use super::{Sample, frame, words};
use crate::changed;
use crate::citizen::cases::{apply, case, complain, decision, figures, list, payments, report};
use crate::citizen::question::{Kind as Ask, Question};
use crate::components::entitlement::{Fact, Source};
use crate::components::frame::{Area, Frame};
use crate::components::value::Shown;
use crate::form::Form;

const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn in_lang(lang: Lang, ko: &str, en: &str) -> String {
    words(ko, en).get(lang).to_owned()
}

fn mine(lang: Lang, address: &str) -> Frame {
    frame(lang, address, Some(Area::Citizen))
}

fn at(day: i8, hour: i64) -> Instant {
    Instant::start_of(date(2026, 11, day)).plus_seconds(hour * 3600)
}

fn child() -> Option<String> {
    Some("박서아".to_owned())
}

fn refused(lang: Lang, form: Form, fields: &[&str]) -> Form {
    let t = text::Text::new(lang);
    let mut form = form;
    for field in fields {
        form.refuse(field, t.t("error-field-empty"));
    }
    form
}

fn lines() -> Vec<list::Line> {
    let line = |name, stage, asked, waiting, decision| list::Line {
        id: ID.to_owned(),
        name,
        whose: child(),
        stage,
        due: Some(date(2026, 12, 20)),
        asked,
        waiting,
        decision,
    };
    let decided = |kind| Some((ID.to_owned(), kind));
    vec![
        line(words("부모급여", "Parent benefit"), Stage::AwaitingPerson, 1, 0, None),
        line(words("첫만남이용권", "First meeting voucher"), Stage::Investigating, 0, 2, None),
        list::Line {
            whose: None,
            ..line(words("생계급여", "Livelihood benefit"), Stage::Hearing, 0, 0, decided(DecisionKind::Grant))
        },
        line(words("아동수당", "Child allowance"), Stage::Decided, 0, 0, decided(DecisionKind::Grant)),
        line(words("전기요금 할인", "Lower electricity bill"), Stage::Decided, 0, 0, decided(DecisionKind::Refuse)),
        line(words("산모·신생아 돌봄", "Helper after birth"), Stage::Withdrawn, 0, 0, None),
    ]
}

fn drafts() -> Vec<list::Draft> {
    vec![list::Draft { id: ID.to_owned(), names: vec![words("주거급여", "Housing benefit")], saved: at(21, 5) }]
}

fn my_cases(lang: Lang, some: bool) -> Markup {
    let letter = list::Letter {
        title: match lang {
            Lang::Ko => "부모급여: 여쭤볼 것이 있습니다".to_owned(),
            _ => "Parent benefit: we need to ask you something".to_owned(),
        },
        lead: match lang {
            Lang::Ko => "다른 기관이 알려 줄 수 없어 여쭙니다.".to_owned(),
            _ => "No office can tell us this, so we ask you.".to_owned(),
        },
        case: Some(ID.to_owned()),
        when: at(21, 2),
    };
    let full = list::Cases {
        done: "sent".to_owned(),
        lines: lines(),
        others: lines().into_iter().take(1).map(|l| list::Line { whose: child(), ..l }).collect(),
        letters: vec![letter],
        drafts: drafts(),
        offset_hours: 9,
    };
    list::page_of(&mine(lang, "/cases"), &if some { full } else { list::Cases::default() })
}

fn questions() -> Vec<Question> {
    vec![
        Question {
            field: "q-person-1-bank".to_owned(),
            ask: words("어느 계좌로 받으시겠어요?", "Which account should be paid?"),
            whose: child(),
            kind: Ask::Text,
            decides: vec![words("부모급여", "Parent benefit")],
        },
        Question {
            field: "q-household-1-rent".to_owned(),
            ask: words("월세가 얼마인가요?", "How much is the monthly rent?"),
            whose: None,
            kind: Ask::Amount(Per::Month, Currency::KRW),
            decides: vec![],
        },
    ]
}

fn agencies() -> Vec<case::Agency> {
    let agency = |name, state| case::Agency {
        name,
        items: vec![words("근로소득", "Wages"), words("출입국 기록", "Stays abroad")],
        asked_at: at(18, 4),
        state,
    };
    vec![
        agency(words("국세청", "National Tax Service"), case::Asked::Answered(at(18, 5))),
        agency(words("법무부", "Ministry of Justice"), case::Asked::Waiting(date(2026, 11, 25))),
        agency(words("국민건강보험공단", "National Health Insurance Service"), case::Asked::Late(date(2026, 11, 20))),
        agency(words("한국전력공사", "Korea Electric Power"), case::Asked::Failed(at(20, 5))),
        agency(words("병무청", "Military Manpower Administration"), case::Asked::NotNeeded),
    ]
}

fn part(ko: (&str, &[&str]), en: (&str, &[&str]), lang: Lang) -> Part {
    let (heading, lines) = if lang == Lang::Ko { ko } else { en };
    Part { heading: heading.to_owned(), lines: lines.iter().map(|l| (*l).to_owned()).collect() }
}

fn parts(lang: Lang) -> Vec<Part> {
    vec![
        part(
            ("받는 것", &["2026년 11월 1일부터 2039년 11월 1일까지: 매달 100,000원"]),
            ("What you get", &["1 November 2026 – 1 November 2039: ₩100,000 a month"]),
            lang,
        ),
        part(
            ("이렇게 결정한 까닭", &["맞음: 만 13세 미만 (아동수당법 제4조)", "맞음: 국내 거주 (아동수당법 제4조)"]),
            (
                "Why we decided so",
                &["True: the child is under 13 (Child Allowance Act, art. 4)", "True: lives in the country"],
            ),
            lang,
        ),
        part(
            ("사실과 출처", &["생년월일: 2026년 11월 18일 — 법원행정처"]),
            ("The facts, and who told us", &["Birth date: 18 November 2026 — National Court Administration"]),
            lang,
        ),
        part(
            ("다르게 생각한다면", &["2027년 2월 19일까지 이의를 낼 수 있습니다.", "돈이 들지 않습니다."]),
            ("If you do not agree", &["You can object until 19 February 2027.", "It costs nothing."]),
            lang,
        ),
    ]
}

fn a_case(lang: Lang, stage: Stage) -> case::Case {
    let step = |day, key: &str| case::Step { at: at(day, 4), key: key.to_owned() };
    let running = !stage.is_closed();
    case::Case {
        id: ID.to_owned(),
        done: String::new(),
        name: words("부모급여", "Parent benefit"),
        whose: child(),
        stage,
        decides: words("강남구청", "Gangnam district office"),
        applied_on: date(2026, 11, 18),
        due: Some(date(2026, 12, 18)),
        paused: stage.pauses_clock(),
        questions: if stage == Stage::AwaitingPerson || stage == Stage::Received { questions() } else { vec![] },
        others: if stage == Stage::AwaitingPerson { vec!["박민준".to_owned()] } else { vec![] },
        papers: if running {
            vec![(
                "q-person-1-bank".to_owned(),
                words("입금 계좌 (박서아)", "Bank account (Seoa Park)").get(lang).to_owned(),
            )]
        } else {
            vec![]
        },
        agencies: agencies(),
        steps: vec![step(20, "case-step-asked_person"), step(18, "case-step-received")],
        decisions: if running { vec![] } else { vec![(ID.to_owned(), DecisionKind::Grant, Some(date(2026, 11, 20)))] },
        hearing: (stage == Stage::Hearing).then(|| case::Hearing {
            until: Some(date(2026, 12, 1)),
            planned: parts(lang),
            spoke: true,
        }),
        objections: if running {
            vec![]
        } else {
            [ObjectionStatus::Open, ObjectionStatus::Rejected]
                .map(|status| case::Objection { received: date(2026, 11, 21), due: date(2026, 12, 21), status })
                .to_vec()
        },
        can_withdraw: running,
        offset_hours: 9,
    }
}

fn one_case(lang: Lang, stage: Stage, form: &Form, done: &str) -> Markup {
    let vm = case::Case { done: done.to_owned(), ..a_case(lang, stage) };
    case::page_of(&mine(lang, "/cases/1"), form, &vm)
}

/// What a decision says otherwise than the one before.
pub(super) fn a_change(lang: Lang) -> changed::Shown {
    let t = text::Text::new(lang);
    let months = |from, until| t.period(Period { from, until });
    let wages = |before: &str, after: &str| changed::Fact {
        what: in_lang(lang, "김하윤: 근로소득", "Hayoon Kim: Wages"),
        before: before.to_owned(),
        after: after.to_owned(),
        source: in_lang(lang, "국세청", "National Tax Service"),
    };
    let sums = |a: &str, b: &str, c: &str| [a, b, c].map(str::to_owned);
    let row = |months: String, [before, after, more]: [String; 3]| [months, before, after, more];
    changed::Shown {
        months: vec![
            row(months(date(2026, 8, 1), Some(date(2026, 11, 1))), sums("₩500,000", "₩300,000", "-₩200,000")),
            row(months(date(2026, 11, 1), None), sums("₩500,000", "₩0", "-₩500,000")),
        ],
        reasons: vec![
            changed::Reason {
                words: in_lang(lang, "소득인정액이 기준 이하입니다", "Recognised income is not above the line"),
                law: "국민기초생활 보장법 제8조".to_owned(),
                turned: Some((t.t("cond-holds").into_owned(), t.t("cond-fails").into_owned())),
                facts: vec![wages("₩1,200,000", "₩3,400,000")],
            },
            changed::Reason {
                words: in_lang(lang, "국내에 살고 있습니다", "Lives in the country"),
                law: "국민기초생활 보장법 제5조의2".to_owned(),
                turned: None,
                facts: vec![wages(&t.t("changed-unknown"), "₩0")],
            },
        ],
        facts: vec![wages("₩0", "₩100,000")],
        law: true,
    }
}

fn a_decision(lang: Lang, kind: DecisionKind) -> decision::Decision {
    let name = words("아동수당", "Child allowance");
    let title = match lang {
        Lang::Ko => format!("{} 결정", name.get(lang)),
        _ => format!("Decision on {}", name.get(lang)),
    };
    let lead = match lang {
        Lang::Ko => "2026년 11월 20일, 아동수당을 드리기로 결정했습니다.",
        _ => "On 20 November 2026 we decided that you get: Child allowance.",
    };
    let granted = kind == DecisionKind::Grant;
    decision::Decision {
        id: ID.to_owned(),
        case: ID.to_owned(),
        done: String::new(),
        notice: Notice { title, lead: lead.to_owned(), parts: parts(lang) },
        notice_lang: if lang == Lang::Ko { Lang::Ko } else { Lang::En },
        kind,
        decided: Some(date(2026, 11, 20)),
        months: if granted { (11..=12).map(|m| (date(2026, m, 1), "₩100,000".to_owned())).collect() } else { vec![] },
        changed: if kind == DecisionKind::Grant { changed::Shown::default() } else { a_change(lang) },
        replaced: false,
        objected: kind == DecisionKind::Change,
        way: match kind {
            DecisionKind::Stop => decision::Way::TooLate,
            DecisionKind::Refuse => {
                let above = in_lang(
                    lang,
                    "보건복지부 장관(다시 이의신청)",
                    "The Ministry of Health and Welfare (second objection)",
                );
                decision::Way::Open { by: date(2027, 2, 19), above: Some(above) }
            }
            _ => decision::Way::Open { by: date(2027, 2, 19), above: None },
        },
        ask: granted,
    }
}

fn one_decision(lang: Lang, kind: DecisionKind, form: &Form) -> Markup {
    decision::page_of(&mine(lang, "/cases/1/decisions/1"), form, &a_decision(lang, kind))
}

fn found() -> Vec<apply::Found> {
    let one = |id: &str, name, summary| apply::Found { id: id.to_owned(), name, summary };
    vec![
        one(
            "housing",
            words("주거급여(임차)", "Housing benefit (tenants)"),
            words("월세의 전부나 일부를 드립니다.", "Pays all or part of the rent."),
        ),
        one(
            "rent_youth",
            words("청년 월세 지원", "Rent support for young people"),
            words(
                "부모와 따로 사는 청년의 월세를 돕습니다.",
                "Helps with the rent of young people who live apart from their parents.",
            ),
        ),
    ]
}

fn search(lang: Lang, q: &str) -> Markup {
    let vm = apply::Search {
        q: q.to_owned(),
        found: if q == "xyz" { vec![] } else { found() },
        drafts: drafts(),
        offset_hours: 9,
    };
    apply::search(&mine(lang, "/apply"), &vm)
}

fn whom(lang: Lang, form: &Form) -> Markup {
    let choices = vec![("a".to_owned(), "김하윤".to_owned()), ("b".to_owned(), "박서아".to_owned())];
    apply::whom(&mine(lang, "/apply/for/housing"), form, &apply::Whom { programme: found().remove(0), choices })
}

fn fact(value: Shown) -> Fact {
    Fact {
        name: words("월세", "Monthly rent"),
        whose: None,
        value,
        source: Source::Agency(words("국토교통부", "Ministry of Land")),
        since: None,
    }
}

fn draft(lang: Lang, step: usize, form: &Form) -> Markup {
    let consent = |whose: &str, mine, given| apply::Consent {
        value: format!("{whose} financial"),
        whose: whose.to_owned(),
        mine,
        words: words(
            "은행에 예금이 얼마인지 물어보는 데 동의해요.",
            "I agree that banks are asked what savings there are.",
        ),
        law: "국민기초생활 보장법 제21조".to_owned(),
        given,
    };
    let choice = |answer, opens, closed, clashes| apply::Choice {
        name: words("주거급여", "Housing benefit"),
        whose: None,
        answer,
        opens,
        closed,
        clashes,
    };
    let screen = match step {
        1 => apply::Screen::Questions(questions()),
        2 => apply::Screen::Consents(vec![consent("김하윤", true, true), consent("박민준", false, false)]),
        _ => apply::Screen::Last {
            choices: vec![
                choice(Some(Answer::Yes), None, Some(date(2026, 10, 1)), vec![]),
                choice(Some(Answer::No), Some(date(2027, 1, 1)), None, vec![words("청년 월세", "Youth rent")]),
                choice(None, None, None, vec![]),
            ],
            known: vec![fact(Shown::Truth(true))],
            said: vec![Fact { source: Source::Person, ..fact(Shown::Plain("110-222".to_owned())) }],
            open: 2,
            unsaid: 1,
            gone: vec!["old_one".to_owned()],
        },
    };
    let vm = apply::Draft {
        id: ID.to_owned(),
        revision: 2,
        names: vec![words("주거급여", "Housing benefit")],
        step,
        steps: 3,
        screen,
    };
    apply::draft(&mine(lang, "/apply/1"), form, &vm)
}

fn pay(lang: Lang, some: bool) -> Markup {
    let line = |name, status, reason: Option<&str>| payments::Line {
        name,
        on: date(2026, 12, 24),
        period: "2026-12".to_owned(),
        sum: "₩100,000".to_owned(),
        kept_back: (status == Some(Where::Paid)).then(|| "₩20,000".to_owned()),
        status,
        reason: reason.map(str::to_owned),
    };
    let allowance = || words("아동수당", "Child allowance");
    let full = payments::Payments {
        done: "account".to_owned(),
        next: vec![line(allowance(), Some(Where::Sent), None), line(allowance(), None, None)],
        waiting: vec![
            line(words("부모급여", "Parent benefit"), Some(Where::Held), Some("no_account")),
            line(words("부모급여", "Parent benefit"), Some(Where::Returned), Some("returned")),
        ],
        past: vec![line(allowance(), Some(Where::Paid), None), line(allowance(), Some(Where::Cancelled), None)],
        orders: vec![
            (words("전기요금 할인", "Lower electricity bill"), true),
            (words("산모 돌봄", "Helper after birth"), false),
        ],
        accounts: vec![
            payments::Account {
                whose: "김하윤".to_owned(),
                card: false,
                hint: "•••••••••012".to_owned(),
                verified: true,
                redirected: None,
            },
            payments::Account {
                whose: "김하윤".to_owned(),
                card: true,
                hint: "•••••••••••••345".to_owned(),
                verified: false,
                redirected: None,
            },
            payments::Account {
                whose: "박서아".to_owned(),
                card: false,
                hint: String::new(),
                verified: false,
                redirected: Some("김하윤".to_owned()),
            },
        ],
        vouchers: [(true, false), (false, false), (true, true)]
            .map(|(loaded, over)| payments::Voucher {
                name: words("첫만남이용권", "First-meeting voucher"),
                sum: "₩2,000,000".to_owned(),
                until: Some(date(2028, 11, 2)),
                loaded,
                over,
            })
            .into(),
        cards: true,
        owed: vec![payments::Owed {
            name: allowance(), sum: "₩100,000".to_owned(), reason: "해외 체류".to_owned()
        }],
    };
    payments::page_of(&mine(lang, "/payments"), &if some { full } else { payments::Payments::default() })
}

fn card(lang: Lang, form: &Form) -> Markup {
    let people = [("a".to_owned(), "김하윤".to_owned())];
    let issuers = [("bc".to_owned(), "BC카드".to_owned()), ("kb".to_owned(), "KB국민카드".to_owned())];
    let rule = catalogue::model::PaymentAccount {
        form: catalogue::model::Form::Voucher,
        item: "voucher_card".to_owned(),
        banks: "card_issuer".to_owned(),
        least_digits: 16,
        most_digits: 16,
        iban: None,
        own_from_age: 19,
        holder_is_payee: true,
        law: String::new(),
        sources: vec![],
        confidence: None,
    };
    payments::account(&mine(lang, "/payments/account"), form, &people, (Some(&rule), &issuers))
}

fn account(lang: Lang, form: &Form) -> Markup {
    let people = [("a".to_owned(), "김하윤".to_owned()), ("b".to_owned(), "박서아".to_owned())];
    let banks = [("004".to_owned(), "KB국민은행".to_owned()), ("088".to_owned(), "신한은행".to_owned())];
    payments::account(&mine(lang, "/payments/account"), form, &people, (None, &banks))
}

fn report_start(lang: Lang, done: Option<u32>) -> Markup {
    let earlier = vec![report::Earlier { kind: Kind::Income, on: date(2026, 11, 1), when: at(20, 3), tasks: 2 }];
    report::start(&mine(lang, "/report"), &report::Start { done, earlier, offset_hours: 9 })
}

fn report_details(lang: Lang, form: &Form) -> Markup {
    let people = vec![("a".to_owned(), "김하윤".to_owned()), ("b".to_owned(), "박서아".to_owned())];
    let vm = report::Details { id: ID.to_owned(), kind: Kind::Income, people, questions: questions() };
    report::details(&mine(lang, "/report?kind=income"), form, &vm)
}

fn complaints(lang: Lang, form: &Form, done: bool) -> Markup {
    let earlier = |status, answer: Option<&str>| complain::Earlier {
        kind: grievance::Kind::Delay,
        words: "전화를 아무도 받지 않았어요.".to_owned(),
        status,
        due: date(2026, 12, 20),
        answer: answer.map(str::to_owned),
        when: at(20, 6),
    };
    let vm = complain::Complaints {
        id: ID.to_owned(),
        done: done.then(|| date(2026, 12, 20)),
        cases: vec![(ID.to_owned(), "부모급여 (박서아)".to_owned())],
        earlier: vec![earlier(Status::Open, None), earlier(Status::Answered, Some("죄송합니다. 전화를 늘렸습니다."))],
        offset_hours: 9,
    };
    complain::page_of(&mine(lang, "/complain"), form, &vm)
}

fn all_figures(lang: Lang, some: bool) -> Markup {
    let days = |median, ninth| Some(Days { cases: 412, median, ninth });
    let line = |cause, counts, to_decision, to_payment| EventLine { cause, counts, to_decision, to_payment };
    use casework::model::Cause;
    let counts = Counts { events: 431, all_taken: 302, all_answered: 377, offers: 3_120, taken: 2_804 };
    let lines = if some {
        vec![line(Cause::Birth, Some(counts), days(1, 9), days(8, 25)), line(Cause::Pregnancy, None, None, None)]
    } else {
        vec![]
    };
    let said = |way, figures| figures::Said {
        agency: words("시·군·구청", "City, county or district office"),
        place: Some(words("강남구", "Gangnam-gu")),
        way,
        figures,
        words: figures.map(|_| vec!["빨라서 좋았어요".to_owned()]).unwrap_or_default(),
    };
    let vm = figures::Page {
        from: date(2026, 8, 24),
        to: date(2026, 11, 22),
        events: vec![words("출생", "Birth"), words("임신", "Pregnancy")],
        figures: Figures { lines, spared: Spared { visits: 1_204, papers: 5_310, handed_in: 77 } },
        said: if some {
            vec![
                said(Way::Automatic, Some((212, 91, 160, 9))),
                said(Way::Official, Some((48, 76, 20, 11))),
                said(Way::Review, None),
            ]
        } else {
            vec![]
        },
    };
    let form = Form::of([("from", "2026-08-24"), ("to", "2026-11-22")]);
    figures::page_of(&frame(lang, "/figures", Some(Area::Analyst)), &form, &vm)
}

pub(super) fn all() -> Vec<Sample> {
    let none = Form::default;
    vec![
        ("cases", Box::new(|l| my_cases(l, true))),
        ("cases-none", Box::new(|l| my_cases(l, false))),
        ("case-asked", Box::new(move |l| one_case(l, Stage::AwaitingPerson, &none(), ""))),
        (
            "case-refused",
            Box::new(|l| {
                let fields = ["q-person-1-bank", "file", "withdraw"];
                one_case(l, Stage::AwaitingPerson, &refused(l, Form::default(), &fields), "")
            }),
        ),
        ("case-both", Box::new(move |l| one_case(l, Stage::Received, &none(), ""))),
        ("case-agencies", Box::new(move |l| one_case(l, Stage::Investigating, &none(), "answered"))),
        ("case-hearing", Box::new(move |l| one_case(l, Stage::Hearing, &none(), "spoke"))),
        ("case-decided", Box::new(move |l| one_case(l, Stage::Decided, &none(), "objected"))),
        ("decision-grant", Box::new(move |l| one_decision(l, DecisionKind::Grant, &none()))),
        (
            "decision-refuse",
            Box::new(|l| one_decision(l, DecisionKind::Refuse, &refused(l, Form::default(), &["reason"]))),
        ),
        ("decision-change", Box::new(move |l| one_decision(l, DecisionKind::Change, &none()))),
        ("decision-stop", Box::new(move |l| one_decision(l, DecisionKind::Stop, &none()))),
        ("apply", Box::new(|l| search(l, "월세"))),
        ("apply-none", Box::new(|l| search(l, "xyz"))),
        ("apply-whom", Box::new(|l| whom(l, &refused(l, Form::default(), &["subject"])))),
        ("apply-questions", Box::new(move |l| draft(l, 1, &none()))),
        (
            "apply-questions-refused",
            Box::new(|l| draft(l, 1, &refused(l, Form::default(), &["q-person-1-bank", "draft"]))),
        ),
        ("apply-consents", Box::new(move |l| draft(l, 2, &none()))),
        ("apply-last", Box::new(move |l| draft(l, 3, &none()))),
        ("payments", Box::new(|l| pay(l, true))),
        ("payments-none", Box::new(|l| pay(l, false))),
        ("payments-card", Box::new(|l| card(l, &refused(l, Form::default(), &["number", "bank"])))),
        ("payments-account", Box::new(|l| account(l, &Form::default()))),
        (
            "payments-account-refused",
            Box::new(|l| account(l, &refused(l, Form::default(), &["who", "number", "bank"]))),
        ),
        ("report", Box::new(|l| report_start(l, Some(1)))),
        ("report-details", Box::new(move |l| report_details(l, &none()))),
        ("report-refused", Box::new(|l| report_details(l, &refused(l, Form::default(), &["who", "on", "words"])))),
        ("complain", Box::new(|l| complaints(l, &Form::default(), true))),
        ("complain-refused", Box::new(|l| complaints(l, &refused(l, Form::default(), &["kind", "words"]), false))),
        ("figures", Box::new(|l| all_figures(l, true))),
        ("figures-none", Box::new(|l| all_figures(l, false))),
    ]
}
