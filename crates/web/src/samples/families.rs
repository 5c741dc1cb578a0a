//! Samples of the citizen's pages.

use jiff::civil::date;
use kernel::{Currency, Instant, Lang, Money};
use maud::Markup;
use rules::outcome::Answer;
use rules::schema::Per;

use super::{Sample, frame, words};
use crate::citizen::{check, family, home, life_event, looked, offers, question};
use crate::components::entitlement::{Combined, Condition, Effect, Entitlement, Fact, Missing, Nearest, Source};
use crate::components::frame::{Area, Place};
use crate::components::value::Shown;
use crate::error::Fault;
use crate::form::Form;
use crate::sign_in_page;

fn won(amount: i64) -> Money {
    Money::new(amount, Currency::KRW)
}

fn born() -> Fact {
    Fact {
        name: words("생년월일", "Birth date"),
        whose: Some("김서아".to_owned()),
        value: Shown::Date(date(2026, 11, 20)),
        source: Source::Agency(words("법원행정처", "National Court Administration")),
        since: Some(date(2026, 11, 20)),
    }
}

fn condition(holds: Option<bool>) -> Condition {
    Condition {
        words: words("만 8세 미만", "The child is under 8"),
        law: "아동수당법 제4조제1항".to_owned(),
        holds,
        error: None,
        steps: vec![(words("나이(개월)", "Age in months"), Shown::Count(0, "months".to_owned()))],
        facts: vec![born()],
    }
}

/// A *yes* with a sum.
pub(super) fn yes(name: (&str, &str), amount: i64, per: Per) -> Entitlement {
    Entitlement {
        programme: "sample".to_owned(),
        name: words(name.0, name.1),
        summary: words(
            "아이가 자라는 동안 매달 드리는 돈입니다. 소득과 상관없이 받습니다.",
            "Money every month while the child grows up, whatever the income.",
        ),
        agency: words("강남구청", "Gangnam district office"),
        whose: Some("김서아".to_owned()),
        answer: Answer::Yes,
        amount: Some((Some(won(amount)), per)),
        benefit: None,
        from: Some(date(2026, 11, 1)),
        until: Some(date(2034, 11, 1)),
        claim_closes: Some(date(2027, 1, 19)),
        law: "아동수당법 제4조".to_owned(),
        note: Some(words("지역 가산은 계산하지 않았습니다.", "Regional supplements are left out.")),
        conditions: vec![condition(Some(true))],
        missing: Vec::new(),
        nearest: None,
        combined: Vec::new(),
    }
}

/// A *cannot tell yet*, a *no* with each kind of nearest change, and an error.
pub(super) fn others() -> Vec<Entitlement> {
    let base = || yes(("기저귀·조제분유 지원", "Diapers and formula"), 90_000, Per::Month);
    let open = Entitlement {
        answer: Answer::CannotTell,
        amount: Some((None, Per::Month)),
        conditions: vec![condition(None)],
        missing: vec![
            Missing { name: words("임차보증금", "Rent deposit"), whose: None, owner: None },
            Missing {
                name: words("근로소득", "Wages"),
                whose: Some("김민준".to_owned()),
                owner: Some(words("국세청", "National Tax Service")),
            },
        ],
        ..base()
    };
    let no = |name: (&str, &str), nearest| Entitlement {
        name: words(name.0, name.1),
        whose: None,
        answer: Answer::No,
        amount: None,
        conditions: vec![condition(Some(false)), Condition { error: Some("no row".to_owned()), ..condition(None) }],
        nearest: Some(nearest),
        ..base()
    };
    vec![
        open,
        no(
            ("생계급여", "Livelihood benefit"),
            Nearest::Threshold {
                name: words("소득인정액", "Recognised income"),
                value: Shown::Money(won(3_120_000), Per::Month),
                needed: Shown::Money(won(1_951_287), Per::Month),
            },
        ),
        no(("기초연금", "Basic pension"), Nearest::Day(date(2055, 3, 2))),
        no(
            ("장애인연금", "Disability pension"),
            Nearest::Fact {
                name: words("장애 정도", "Severity of disability"),
                whose: Some("김하윤".to_owned()),
                value: Shown::Truth(false),
            },
        ),
        Entitlement {
            answer: Answer::Error,
            amount: None,
            benefit: Some(words("전기요금 할인", "Lower electricity bill")),
            ..base()
        },
    ]
}

fn pair() -> (Entitlement, Entitlement) {
    let combined = |effect, other: (&str, &str), amount| Combined {
        effect,
        words: words("전기요금 할인은 한 가구에 하나만 받습니다.", "A household may have one electricity discount."),
        law: "기본공급약관 제67조".to_owned(),
        other: Some(words(other.0, other.1)),
        other_amount: amount,
    };
    let mut best = yes(("전기요금 할인(출산 가구)", "Electricity discount for a birth"), 16_000, Per::Month);
    best.combined = vec![combined(
        Effect::Chosen,
        ("전기요금 할인(다자녀)", "Electricity discount, three children"),
        Some((won(12_000), Per::Month)),
    )];
    let mut other = yes(("전기요금 할인(다자녀)", "Electricity discount, three children"), 12_000, Per::Month);
    other.combined = [Effect::Dropped, Effect::Lowered, Effect::Choice, Effect::Later, Effect::Check]
        .map(|effect| combined(effect, ("전기요금 할인(출산 가구)", "Electricity discount for a birth"), None))
        .into();
    (best, other)
}

/// What a birth is called, and where its services stand.
pub(super) fn birth_named() -> life_event::Named {
    (words("출생", "Birth"), "/life-events/birth".to_owned())
}

fn service(no: u32, here: bool) -> life_event::Service {
    life_event::Service {
        no,
        name: words("첫만남이용권", "First-meeting voucher"),
        here,
        class_key: if here { "life-class-nationwide" } else { "life-class-municipal" }.to_owned(),
        owner: words("보건복지부", "Ministry of Health and Welfare"),
        processed_by: here.then(|| words("시군구", "Municipality")),
        who: Some(words("어머니, 배우자", "The mother or her spouse")),
        evidence: Some(words("없음", "None")),
        instead_of_paper: Some(words("주민등록(출생)으로 확인", "The birth entry in the resident register")),
        window: (
            Some(words("출생신고를 할 때부터", "From the birth registration")),
            Some(words("태어난 지 2년까지", "Until two years from birth")),
        ),
        form: Some(catalogue::model::Form::Voucher),
    }
}

fn contact_page(lang: Lang, name: Option<&str>) -> Markup {
    let mut form = Form::of([("phone", "010-1234-5678"), ("email", "name"), ("language", "ko")]);
    if name.is_some() {
        form.refuse("email", text::Text::new(lang).t("contact-error-email"));
    }
    let home = if name.is_some() { "/official/households/1" } else { "/family" };
    let area = if name.is_some() { Area::Official } else { Area::Citizen };
    let contact = crate::contact::page::Contact {
        name: name.map(str::to_owned),
        address: format!("{home}/contact"),
        home: home.to_owned(),
    };
    crate::contact::page::page_of(&frame(lang, "/family/contact", Some(area)), &form, &contact)
}

fn birth_services() -> life_event::Event {
    use catalogue::model::Form;
    let forms = [Form::Cash, Form::Voucher, Form::Discount, Form::Service, Form::InKind, Form::Status];
    let classes = ["general", "income-tested", "information", "municipal", "nationwide"].into_iter().cycle();
    let services = (1u32..).zip(forms).zip(classes).map(|((no, form), class)| life_event::Service {
        form: Some(form),
        class_key: format!("life-class-{class}"),
        ..service(no, no % 2 == 1)
    });
    life_event::Event {
        name: words("출생", "Birth"),
        law: "임신출산 관련 서비스 통합처리에 관한 규정 제8조".to_owned(),
        help_line: Some("1588-2188".to_owned()),
        who: vec![(words("어머니", "Mother"), vec![words("온라인", "Online"), words("창구", "Counter")])],
        services: services.collect(),
    }
}

/// A birth's offers.
pub(super) fn birth_offers() -> Vec<offers::Offer> {
    let offer = |id: &str, entitlement, state| offers::Offer {
        id: id.to_owned(),
        state,
        entitlement,
        revision: 1,
        household_wide: false,
        deadline: Some(date(2027, 1, 19)),
        prefilled: vec![born()],
        needs: vec!["e-bank".to_owned()],
        services: vec![service(1, true)],
    };
    let at = Instant::start_of(date(2026, 11, 21)).plus_seconds(3600);
    let (best, other) = pair();
    vec![
        offer("1", yes(("첫만남이용권", "First-meeting voucher"), 2_000_000, Per::Once), offers::State::Open),
        offer("2", yes(("아동수당", "Child allowance"), 100_000, Per::Month), offers::State::Open),
        offer("3", best, offers::State::Open),
        offer("4", other, offers::State::Open),
        offer("5", yes(("부모급여", "Parent benefit"), 1_000_000, Per::Month), offers::State::Accepted(at)),
        offer("6", yes(("산후조리도우미", "Postnatal helper"), 1_200_000, Per::Once), offers::State::Refused(at)),
        offer("7", yes(("해산급여", "Maternity benefit"), 700_000, Per::Once), offers::State::Expired),
        offer("8", yes(("출산지원금", "Birth grant"), 300_000, Per::Once), offers::State::Withdrawn),
    ]
}

fn questions() -> Vec<question::Question> {
    let ask = |field: &str, ko: &str, en: &str, kind| question::Question {
        field: field.to_owned(),
        ask: words(ko, en),
        whose: None,
        kind,
        decides: vec![words("생계급여", "Livelihood benefit")],
    };
    vec![
        ask(
            "e-bank",
            "지원금을 받을 계좌는 무엇인가요?",
            "Into which account should it be paid?",
            question::Kind::Text,
        ),
        ask(
            "h-rent",
            "월세가 얼마인가요?",
            "How much is the monthly rent?",
            question::Kind::Amount(Per::Month, kernel::Currency::KRW),
        ),
        ask("h-rented", "세 들어 사시나요?", "Do you rent your home?", question::Kind::Truth),
        ask(
            "h-housing",
            "어떤 집에 사시나요?",
            "What kind of home is it?",
            question::Kind::Choice(vec![("flat".to_owned(), words("아파트", "Flat"))]),
        ),
        question::Question {
            whose: Some("김서아".to_owned()),
            decides: vec![words("a", "a"), words("b", "b"), words("c", "c"), words("d", "d")],
            ..ask("m1-day", "언제부터 어린이집에 다니나요?", "Since when in daycare?", question::Kind::Date)
        },
        ask("h-years", "함께 산 지 몇 년 되었나요?", "For how many years?", question::Kind::Number("years".to_owned())),
        ask("h-share", "지분은 얼마인가요?", "What share?", question::Kind::Decimal),
    ]
}

fn offers_page(lang: Lang, form: &Form, list: Vec<offers::Offer>, done: Option<(Vec<String>, Vec<String>)>) -> Markup {
    let mut others = others();
    let no = others.split_off(1);
    let because = text::Text::new(lang).with(
        "offers-because-birth",
        &[("name", "김서아".into()), ("date", text::Text::new(lang).date(date(2026, 11, 20)).into())],
    );
    let vm = offers::Offers {
        because: Some(because.into_owned()),
        offers: list,
        questions: questions().into_iter().take(1).collect(),
        more: questions().split_off(1),
        open: others,
        no,
        elsewhere: Some((birth_named(), vec![service(14, false)])),
        done,
        offset_hours: 9,
    };
    offers::page_of(&frame(lang, "/offers", Some(Area::Citizen)), form, &vm)
}

fn typed() -> Form {
    Form::of([
        ("place", ""),
        ("m0-born", "1995-02-30"),
        ("m1-rel", "child"),
        ("m1-born", "2026-11-20"),
        ("h-rent", "many"),
        ("e-bank", ""),
    ])
}

fn refused(lang: Lang, fields: &[&str]) -> Form {
    let mut form = typed();
    for field in fields {
        form.refuse(field, text::Text::new(lang).t("error-date-form"));
    }
    form
}

fn public(lang: Lang, step: &str) -> crate::components::frame::Frame {
    let mut f = frame(lang, "/check", None);
    f.place = Place::Form(format!("/check/{step}"), typed().pairs().to_vec());
    f
}

fn places() -> Vec<(String, Vec<(String, String)>)> {
    vec![(
        "서울특별시".to_owned(),
        vec![("kr-11-680".to_owned(), "강남구".to_owned()), ("kr-11-110".to_owned(), "종로구".to_owned())],
    )]
}

fn result(lang: Lang, lucky: bool) -> Markup {
    let (best, other) = pair();
    let mut all = others();
    if lucky {
        all.extend([
            yes(("첫만남이용권", "First-meeting voucher"), 2_000_000, Per::Once),
            yes(("아동수당", "Child allowance"), 100_000, Per::Month),
            best,
            other,
        ]);
    }
    check::result(
        &public(lang, "result"),
        &typed(),
        &check::Result { on: date(2026, 11, 21), all, questions: if lucky { 4 } else { 0 } },
    )
}

fn my_family(lang: Lang, protected: bool) -> Markup {
    let member = |name: &str, relation_key, age| family::Member {
        name: name.to_owned(),
        relation_key,
        born: Some(date(1995, 3, 2)),
        age: Some(age),
        due: (age == 31).then(|| date(2027, 4, 1)),
        facts: vec![
            born(),
            Fact { source: Source::Person, value: Shown::Money(won(2_400_000), Per::Month), ..born() },
            Fact {
                source: Source::Silence(words("국세청", "Tax Service")),
                value: Shown::Percent("4.17".to_owned()),
                since: None,
                ..born()
            },
            Fact { source: Source::Nobody, value: Shown::Unknown, since: None, ..born() },
        ],
    };
    family::page_of(
        &frame(lang, "/family", Some(Area::Citizen)),
        &family::Family {
            address: (!protected).then(|| "서울특별시 강남구 은행나무로 12, 304호".to_owned()),
            protected,
            done: protected,
            members: vec![
                member("김하윤", "relation-self", 31),
                member("김민준", "relation-spouse", 33),
                member("김서아", "relation-child", 0),
            ],
            facts: vec![Fact { whose: None, value: Shown::Code(words("전세", "Deposit lease")), ..born() }],
        },
    )
}

fn who_looked(lang: Lang, some: bool) -> Markup {
    let look = |hours: i64, organisation: Option<&str>, denied| looked::Look {
        when: Instant::start_of(date(2026, 11, 20)).plus_seconds(hours * 3600),
        organisation: organisation.map(str::to_owned),
        role_key: "role-counter-official",
        action_keys: vec!["look-view-household", "look-view-entitlements"],
        purpose_key: "purpose-counter-service",
        case: Some("2026-000123".to_owned()),
        law: Some("사회보장급여법 제7조".to_owned()),
        denied,
        by_mandate: organisation.is_none() && denied,
    };
    looked::page_of(
        &frame(lang, "/looked", Some(Area::Citizen)),
        &looked::Looked {
            looks: if some {
                vec![look(5, Some("강남구청"), false), look(2, Some("종로구청"), true)]
            } else {
                Vec::new()
            },
            own: if some { vec![look(4, None, false)] } else { Vec::new() },
            withheld: usize::from(some) * 2,
            withheld_until: some.then(|| date(2027, 2, 1)),
            offset_hours: 9,
            older: some.then(|| "/looked?before=10".to_owned()),
        },
    )
}

fn sign_in(lang: Lang, demo: bool) -> Markup {
    let choice = |role_key, name: &str| sign_in_page::Choice {
        href: "/sign-in/start?as=1".to_owned(),
        role_key,
        name: name.to_owned(),
        try_key: "",
    };
    let choices = [
        ("role-citizen", "김하윤"),
        ("role-counter-official", "박서준"),
        ("role-caseworker", "정하준"),
        ("role-analyst", "이도윤"),
        ("role-privacy-officer", "최지우"),
        ("role-administrator", "한지호"),
    ]
    .map(|(key, name)| choice(key, name));
    let choices: &[sign_in_page::Choice] = if demo { &choices } else { &[] };
    sign_in_page::page_of(&frame(lang, "/sign-in", None), choices, "/sign-in/start", (!demo).then_some("code expired"))
}

pub(super) fn all() -> Vec<Sample> {
    let faults: [(&'static str, Fault); 9] = [
        ("error-sign-in", Fault::SignIn),
        ("error-forbidden", Fault::Forbidden(Some("Out of jurisdiction".to_owned()))),
        ("error-not-found", Fault::NotFound),
        ("error-refused", Fault::Refused),
        ("error-conflict", Fault::Conflict(String::new())),
        ("error-too-large", Fault::TooLarge),
        ("error-too-many", Fault::TooMany(30)),
        ("error-internal", Fault::Internal("7F3A-09".to_owned())),
        ("error-busy", Fault::Busy("7F3A-10".to_owned())),
    ];
    let mut all: Vec<Sample> = vec![
        ("home", Box::new(|l| home::home(&frame(l, "/", None), &[birth_named()]))),
        ("home-signed-in", Box::new(|l| home::home(&frame(l, "/", Some(Area::Citizen)), &[]))),
        ("contact", Box::new(|l| contact_page(l, None))),
        ("contact-counter-error", Box::new(|l| contact_page(l, Some("김하윤")))),
        ("life-event", Box::new(|l| life_event::page_of(&frame(l, "/life-events/birth", None), &birth_services()))),
        ("check-start", Box::new(|l| check::start(&frame(l, "/check", None)))),
        ("check-place", Box::new(|l| check::place(&public(l, "place"), &typed(), &places()))),
        ("check-place-refused", Box::new(|l| check::place(&public(l, "place"), &refused(l, &["place"]), &places()))),
        ("check-people", Box::new(|l| check::people(&public(l, "people"), &typed(), 3))),
        (
            "check-people-refused",
            Box::new(|l| check::people(&public(l, "people"), &refused(l, &["m0-born", "m1-rel"]), 2)),
        ),
        ("check-more", Box::new(|l| check::more(&public(l, "more"), &typed(), &questions()))),
        (
            "check-more-refused",
            Box::new(|l| check::more(&public(l, "more"), &refused(l, &["h-rent", "h-rented"]), &questions())),
        ),
        ("check-result", Box::new(|l| result(l, true))),
        ("check-result-none", Box::new(|l| result(l, false))),
        ("offers", Box::new(|l| offers_page(l, &Form::default(), birth_offers(), None))),
        ("offers-refused", Box::new(|l| offers_page(l, &refused(l, &["e-bank"]), birth_offers(), None))),
        (
            "offers-done",
            Box::new(|l| {
                offers_page(
                    l,
                    &Form::default(),
                    birth_offers().split_off(4),
                    Some((vec!["부모급여".to_owned()], Vec::new())),
                )
            }),
        ),
        ("family", Box::new(|l| my_family(l, false))),
        ("family-protected", Box::new(|l| my_family(l, true))),
        ("looked", Box::new(|l| who_looked(l, true))),
        ("looked-none", Box::new(|l| who_looked(l, false))),
        ("sign-in", Box::new(|l| sign_in(l, true))),
        ("sign-in-failed", Box::new(|l| sign_in(l, false))),
    ];
    for (name, fault) in faults {
        all.push((name, Box::new(move |l| fault.page(&frame(l, "/x?y=1", None)))));
    }
    all
}
