//! Samples of the pages of officials, analysts and the privacy officer.

use jiff::civil::date;
use kernel::{Currency, Instant, Lang, Money};
use maud::Markup;
use rules::schema::Per;

use super::families::{birth_offers, others, yes};
use super::{Sample, frame, words};
use crate::admin::{accounts, import};
use crate::analyst::{attempt, parameters, programmes};
use crate::components::entitlement::{Fact, Source};
use crate::components::frame::Area;
use crate::components::value::Shown;
use crate::form::Form;
use crate::official::{duplicates, event, household, mending, search};
use crate::privacy::log;

const PURPOSES: [(&str, &str); 2] = [("counter_service", "purpose-counter-service"), ("casework", "purpose-casework")];

fn at(hour: i64) -> Instant {
    Instant::start_of(date(2026, 11, 20)).plus_seconds(hour * 3600)
}

fn search_page(lang: Lang, state: u8) -> Markup {
    let hit = |household: Option<&str>, protected: bool, exact| search::Hit {
        household: household.map(str::to_owned),
        name: "김하윤".to_owned(),
        born: Some(date(1995, 3, 2)),
        place: (!protected).then(|| "서울특별시 강남구".to_owned()),
        protected,
        exact,
    };
    let found = match state {
        0 => None,
        1 => Some(search::Found::default()),
        _ => Some(search::Found {
            hits: vec![hit(Some("1"), false, true), hit(Some("2"), true, false), hit(None, false, false)],
            more: true,
        }),
    };
    let mut form = Form::of([("q", "김하윤"), ("reason", "")]);
    if state == 1 {
        form.refuse("reason", text::Text::new(lang).t("error-reason-short"));
    }
    search::page_of(
        &frame(lang, "/official/search", Some(Area::Official)),
        &form,
        &search::Page {
            identifier: &identifier(lang),
            purposes: &PURPOSES,
            found: found.as_ref(),
            recorded: state == 0,
        },
    )
}

fn household_page(lang: Lang, past: bool) -> Markup {
    let fact = |value, source| Fact {
        name: words("근로소득", "Wages"),
        whose: Some("김민준".to_owned()),
        value,
        source,
        since: Some(date(2025, 1, 1)),
    };
    let won = |amount| Shown::Money(Money::new(amount, Currency::KRW), Per::Month);
    let tax = || Source::Agency(words("국세청", "National Tax Service"));
    let member = |name: &str, relation_key, age, due, died| household::Member {
        id: "1".to_owned(),
        name: name.to_owned(),
        relation_key,
        born: Some(date(1995, 3, 2)),
        age: Some(age),
        due,
        died,
        address: !past,
        protect: !past,
        contact: !past,
        civil: !past,
    };
    let mut entitlements = others();
    entitlements.insert(0, yes(("아동수당", "Child allowance"), 100_000, Per::Month));
    let happened = |key, withdrawn| household::Happened {
        key,
        whose: Some("김서아".to_owned()),
        on: date(2026, 11, 20),
        recorded: at(3),
        withdrawn,
        told: (!withdrawn)
            .then(|| text::Text::new(lang).with("event-told-by", &[("name", "김하윤".into())]).into_owned()),
        mend: (!withdrawn).then(|| "/official/happened/1/2".to_owned()),
    };
    household::page_of(
        &frame(lang, "/official/households/1", Some(Area::Official)),
        &Form::default(),
        &household::Household {
            services: vec![super::families::birth_named()],
            id: "1".to_owned(),
            name: "김하윤".to_owned(),
            address: (!past).then(|| "서울특별시 강남구 은행나무로 12, 304호".to_owned()),
            protected: past,
            on: date(2026, 11, 21),
            past,
            members: vec![
                member("김하윤", "relation-head", 31, Some(date(2027, 4, 1)), None),
                member("김민준", "relation-spouse", 33, None, None),
                member("김서아", "", 0, None, None),
                member("김영자", "relation-parent", 70, None, Some(date(2026, 5, 1))),
            ],
            entitlements: if past { Vec::new() } else { entitlements },
            offers: if past { Vec::new() } else { birth_offers() },
            facts: if past {
                Vec::new()
            } else {
                vec![household::Known {
                    fact: fact(won(2_400_000), tax()),
                    law: Some("사회보장급여법 제23조".to_owned()),
                    recorded: Some(at(1)),
                    stale: true,
                    holds: true,
                    before: vec![
                        household::Before {
                            fact: fact(won(2_100_000), Source::Person),
                            until: Some(date(2026, 1, 1)),
                            recorded: at(0),
                            withdrawn: None,
                        },
                        household::Before {
                            fact: fact(won(21_000), Source::Person),
                            until: None,
                            recorded: at(0),
                            withdrawn: Some(at(1)),
                        },
                    ],
                }]
            },
            events: if past {
                Vec::new()
            } else {
                vec![happened("happened-birth", false), happened("happened-change", true)]
            },
            offset_hours: 9,
            done: (!past)
                .then(|| text::Text::new(lang).with("event-done-offers", &[("count", 7_i64.into())]).into_owned()),
        },
    )
}

fn mend_page(lang: Lang, kind: mending::Kind, refused: bool) -> Markup {
    let mut form = Form::default();
    if refused {
        let t = text::Text::new(lang);
        form.refuse("reason", t.t("error-reason-short"));
        form.refuse("on", t.t("error-date-far"));
    }
    mending::page_of(
        &frame(lang, "/official/happened/1/2", Some(Area::Official)),
        &form,
        &mending::Event {
            household: "1".to_owned(),
            id: "2".to_owned(),
            kind,
            key: "happened-move",
            whose: Some("김하윤".to_owned()),
            on: date(2026, 11, 20),
            places: vec![("서울특별시".to_owned(), vec![("kr-11-680".to_owned(), "강남구".to_owned())])],
            form_key: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        },
    )
}

fn import_page(lang: Lang, state: u8) -> Markup {
    use registry::import::{Progress, RefusedRow, Summary};
    let mut form = Form::of([("table", "persons"), ("dry", "yes")]);
    if state == 1 {
        form.refuse("file", text::Text::new(lang).t("error-file-empty"));
    }
    let row = |line, reason: &str| RefusedRow { line, reference: format!("P{line}"), reason: reason.to_owned() };
    let report = |dry_run, refused: Vec<RefusedRow>| import::Report {
        summary: Summary {
            id: kernel::ImportId(uuid::Uuid::nil()),
            counts: Progress { rows: 1_200, accepted: 1_190, unchanged: 8, refused: 2, ..Progress::default() },
            report: None,
            dry_run,
        },
        refused,
    };
    let report = match state {
        0 | 1 => None,
        2 => Some(report(
            true,
            vec![row(7, "birth_date: \"13.5.1990\" is not a date such as 2026-01-31"), row(90, "family: give it")],
        )),
        _ => Some(report(false, Vec::new())),
    };
    let agencies = [("mois".to_owned(), "행정안전부".to_owned())];
    import::page_of(&frame(lang, "/admin/import", Some(Area::Operator)), &form, &agencies, report.as_ref())
}

fn account(name: &str, role: &'static str, suspended: bool) -> accounts::Line {
    accounts::Line {
        id: "1".to_owned(),
        name: name.to_owned(),
        roles: vec![role],
        office: "강남구청".to_owned(),
        place: (!suspended).then(|| "강남구".to_owned()),
        suspended,
        known: !suspended,
    }
}

fn account_choices() -> accounts::Choices {
    accounts::Choices {
        roles: vec![("caseworker".to_owned(), "role-caseworker"), ("approver".to_owned(), "role-approver")],
        offices: vec![("municipality".to_owned(), "강남구청".to_owned())],
        places: vec![("서울특별시".to_owned(), vec![("kr-11-680".to_owned(), "강남구".to_owned())])],
    }
}

fn account_list(lang: Lang, some: bool) -> Markup {
    let list = accounts::List {
        offices: account_choices().offices,
        chosen: true,
        accounts: if some {
            vec![account("박서준", "role-caseworker", false), account("오지호", "role-approver", true)]
        } else {
            Vec::new()
        },
        next: some.then(|| "/admin/accounts?organisation=municipality&after=1".to_owned()),
        provider: some,
        done: some.then(|| text::Text::new(lang).t("account-done-suspend").into_owned()),
    };
    let form = Form::of([("organisation", "municipality")]);
    accounts::list(&frame(lang, "/admin/accounts", Some(Area::Operator)), &form, &list)
}

fn account_new(lang: Lang) -> Markup {
    let t = text::Text::new(lang);
    let mut form = Form::of([("name", "오지호"), ("subject", "s-1")]);
    form.refuse("subject", t.t("account-subject-taken"));
    form.refuse("role", t.t("error-choose"));
    accounts::new(&frame(lang, "/admin/accounts/new", Some(Area::Operator)), &form, &account_choices())
}

fn account_page(lang: Lang, suspended: bool, standing: (bool, bool)) -> Markup {
    let line = account("박서준", "role-caseworker", suspended);
    let form = Form::of([("role", "caseworker"), ("organisation", "municipality"), ("jurisdiction", "kr-11-680")]);
    let f = frame(lang, "/admin/accounts/1", Some(Area::Operator));
    accounts::one(&f, &form, &line, standing, &account_choices())
}

fn identifier(lang: Lang) -> String {
    words("주민등록번호", "Resident registration number").get(lang).to_owned()
}

fn event_page(lang: Lang, kind: event::Kind, refused: bool) -> Markup {
    births_page(lang, kind, refused, 1)
}

fn births_page(lang: Lang, kind: event::Kind, refused: bool, children: u32) -> Markup {
    let mut form = Form::of([("born", "tomorrow"), ("name", "서아")]);
    if refused {
        let t = text::Text::new(lang);
        form.refuse("mother", t.t("error-choose"));

        form.refuse("born", t.t("error-date-form"));
        if children > 1 {
            form.refuse("sex-2", t.t("error-choose"));
        }
    }
    event::page_of(
        &frame(lang, "/official/households/1/events/birth", Some(Area::Official)),
        kind,
        &form,
        &event::For {
            identifier: identifier(lang),
            household: "1".to_owned(),
            name: "김하윤".to_owned(),
            members: vec![("a".to_owned(), "김하윤".to_owned()), ("b".to_owned(), "김민준".to_owned())],
            places: vec![("서울특별시".to_owned(), vec![("kr-11-680".to_owned(), "강남구".to_owned())])],
            items: vec![("wage".to_owned(), "근로소득".to_owned())],
            children,
            key: "01890a5d-ac96-774b-bcce-b302099a8057".to_owned(),
        },
    )
}

fn joined() -> duplicates::Joined {
    duplicates::Joined { path: "/official/duplicates/joined/1/2".into(), when: "2026-11-21 10:00".into() }
}

fn proposal() -> duplicates::Proposal {
    duplicates::Proposal {
        path: "/official/duplicates/a/b".to_owned(),
        odds: 4_096,
        findings: vec!["finding-name-near", "finding-birth-same"],
    }
}

fn compare(lang: Lang, refused: bool) -> Markup {
    let row = |key: &str, a: &str, b: &str| (text::Text::new(lang).t(key).into_owned(), a.to_owned(), b.to_owned());
    let mut form = Form::default();
    if refused {
        form.refuse("keep", text::Text::new(lang).t("error-choose"));
        form.refuse("reason", text::Text::new(lang).t("error-reason-short"));
    }
    duplicates::compare(
        &frame(lang, "/official/duplicates/a/b", Some(Area::Official)),
        &form,
        &duplicates::Comparison {
            proposal: proposal(),
            rows: vec![row("name", "김하윤", "김하운"), row("birth-date", "1995-03-02", "1995-03-02")],
            ids: ("a".to_owned(), "b".to_owned()),
        },
    )
}

fn line() -> programmes::Line {
    programmes::Line {
        id: "child_allowance".to_owned(),
        name: words("아동수당", "Child allowance"),
        summary: words("아이에게 매달 드리는 돈입니다.", "Money every month for a child."),
        agency: words("보건복지부", "Ministry of Health and Welfare"),
        versions: 2,
        in_force: false,
    }
}

fn programme(lang: Lang) -> Markup {
    let version = |when: &str, amount: bool, from, to| programmes::Version {
        from,
        to,
        law: "아동수당법 제4조".to_owned(),
        note: amount.then(|| words("지역 가산 제외", "Without regional supplements")),
        applies: Some("person.age_years < 18".to_owned()),
        conditions: vec![("age".to_owned(), words("만 8세 미만", "Under 8"), "제4조제1항".to_owned(), when.to_owned())],
        amount: amount.then(|| ("child_allowance_amount".to_owned(), Per::Month)),
        benefit: None,
        period: (Some("start of month(person.birth_date)".to_owned()), None),
        claim: (None, Some("person.birth_date + duration(\"P60D\")".to_owned())),
        evidence: vec![words("계좌번호", "Bank account")],
        decision_days: Some(30),
    };
    programmes::one(
        &frame(lang, "/programmes/child_allowance", Some(Area::Analyst)),
        &programmes::Programme {
            line: line(),
            decided_by: words("시군구", "District"),
            versions: vec![
                version("person.age_months < 108", true, Some(date(2026, 1, 1)), None),
                version("person.age_months < 96", true, Some(date(2022, 1, 1)), Some(date(2025, 12, 31))),
                version("person.age_months < 84", false, None, Some(date(2021, 12, 31))),
                version("person.age_months < 84", false, None, None),
            ],
            combinations: vec![(
                words("양육수당과 함께 받을 수 있습니다.", "May be had together."),
                "제5조".to_owned(),
                Some(words("양육수당", "Home care allowance")),
            )],
            file: "programmes/child_allowance.toml".to_owned(),
        },
    )
}

fn entry(denied: bool) -> log::Entry {
    log::Entry {
        year: 2026,
        number: 4_211,
        when: at(5),
        account: "01890a5d".to_owned(),
        role_key: "role-caseworker",
        organisation: "강남구청".to_owned(),
        action_key: "look-view-household",
        purpose_key: "purpose-casework",
        reason: "출생 신고".to_owned(),
        case: Some("2026-000123".to_owned()),
        law: None,
        rows: 4,
        person: Some("01890a5d-ac96-774b-bcce-b302099a8057".to_owned()),
        denied,
        hash: "c0ffee".to_owned(),
    }
}

pub(super) fn all() -> Vec<Sample> {
    let privacy = |l| frame(l, "/privacy/log", Some(Area::Privacy));
    let official = |l| frame(l, "/official/duplicates", Some(Area::Official));
    let analyst = |l| frame(l, "/programmes", Some(Area::Analyst));
    let parameter = || parameters::Line {
        id: "median_income".to_owned(),
        name: words("기준 중위소득", "Standard median income"),
        law: "국민기초생활보장법 제6조의2".to_owned(),
        rows: 84,
        file: "parameters/median_income.csv".to_owned(),
    };
    let set = || programmes::RuleSet {
        name: words("대한민국", "Republic of Korea"),
        version: "2026.11".to_owned(),
        hash: "a1b2c3d4e5f60718".to_owned(),
    };
    let mut all: Vec<Sample> = vec![
        ("official-search", Box::new(|l| search_page(l, 0))),
        ("official-search-none", Box::new(|l| search_page(l, 1))),
        ("official-search-found", Box::new(|l| search_page(l, 2))),
        ("official-household", Box::new(|l| household_page(l, false))),
        ("official-household-past", Box::new(|l| household_page(l, true))),
        ("official-birth-twins", Box::new(|l| births_page(l, event::Kind::Birth, true, 2))),
        ("official-mend-birth", Box::new(|l| mend_page(l, mending::Kind::Birth, false))),
        ("official-mend-pregnancy", Box::new(|l| mend_page(l, mending::Kind::Pregnancy, false))),
        ("official-mend-move", Box::new(|l| mend_page(l, mending::Kind::Move, true))),
        ("official-mend-death", Box::new(|l| mend_page(l, mending::Kind::Death, false))),
        ("official-mend-change", Box::new(|l| mend_page(l, mending::Kind::Change, false))),
        ("accounts", Box::new(|l| account_list(l, true))),
        ("accounts-none", Box::new(|l| account_list(l, false))),
        ("account-new-error", Box::new(account_new)),
        ("account-of-official", Box::new(|l| account_page(l, false, (false, false)))),
        ("account-suspended", Box::new(|l| account_page(l, true, (false, true)))),
        ("account-own", Box::new(|l| account_page(l, false, (true, false)))),
        ("import", Box::new(|l| import_page(l, 0))),
        ("import-refused", Box::new(|l| import_page(l, 1))),
        ("import-checked", Box::new(|l| import_page(l, 2))),
        ("import-done", Box::new(|l| import_page(l, 3))),
        (
            "account",
            Box::new(|l| crate::account::page_of(&frame(l, "/account", Some(Area::Official)), &[guard::Role::Citizen])),
        ),
        ("official-birth-refused", Box::new(|l| event_page(l, event::Kind::Birth, true))),
        (
            "official-duplicates",
            Box::new(move |l| {
                duplicates::list(
                    &official(l),
                    (&[proposal()], Some("/official/duplicates?after=a.b".to_owned())),
                    &[joined()],
                    Some("ok"),
                )
            }),
        ),
        ("official-duplicates-none", Box::new(move |l| duplicates::list(&official(l), (&[], None), &[], None))),
        ("official-compare", Box::new(|l| compare(l, false))),
        ("official-compare-refused", Box::new(|l| compare(l, true))),
        (
            "official-joined",
            Box::new(move |l| duplicates::joined(&official(l), &Form::default(), "/official/duplicates/joined/a/b")),
        ),
        (
            "programmes",
            Box::new(move |l| {
                programmes::list(
                    &analyst(l),
                    &set(),
                    &[line()],
                    &[(words("수소차", "X"), words("자료 없음", "No data"))],
                )
            }),
        ),
        ("programme", Box::new(programme)),
        ("parameters", Box::new(move |l| parameters::list(&analyst(l), &[parameter()]))),
        (
            "parameter",
            Box::new(move |l| {
                parameters::one(
                    &analyst(l),
                    &parameter(),
                    &["household_size".to_owned()],
                    &[parameters::Row {
                        from: date(2026, 1, 1),
                        to: None,
                        keys: vec![Shown::Count(4, "persons".to_owned())],
                        value: Shown::Money(Money::new(6_494_738, Currency::KRW), Per::Month),
                        sources: "S03".to_owned(),
                        note: "고시".to_owned(),
                    }],
                )
            }),
        ),
        ("try", Box::new(move |l| attempt::page_of(&analyst(l), &Form::default(), None))),
        (
            "try-result",
            Box::new(move |l| {
                attempt::page_of(
                    &analyst(l),
                    &Form::of([("on", "2026-11-21"), ("household", "household:\n  members: []")]),
                    Some((&others(), 180)),
                )
            }),
        ),
        (
            "log",
            Box::new(move |l| {
                log::list(
                    &privacy(l),
                    &Form::default(),
                    &[entry(false), entry(true)],
                    Some("/privacy/log?before=4210"),
                    9,
                )
            }),
        ),
        ("log-none", Box::new(move |l| log::list(&privacy(l), &Form::default(), &[], None, 9))),
        ("log-entry", Box::new(move |l| log::one(&privacy(l), &entry(true), 9))),
        ("verify", Box::new(move |l| log::verify(&privacy(l), &log::Verified::NotYet, 9))),
        (
            "verify-sound",
            Box::new(move |l| {
                log::verify(
                    &privacy(l),
                    &log::Verified::Sound { entries: 12_034, root: "c0ffee".to_owned(), head: Some(at(1)) },
                    9,
                )
            }),
        ),
        (
            "verify-broken",
            Box::new(move |l| {
                log::verify(&privacy(l), &log::Verified::Broken { what: "entry 17: hash differs".to_owned() }, 9)
            }),
        ),
    ];
    for (name, kind) in [
        ("official-event-birth", event::Kind::Birth),
        ("official-event-pregnancy", event::Kind::Pregnancy),
        ("official-event-move", event::Kind::Move),
        ("official-event-income", event::Kind::Income),
        ("official-event-death", event::Kind::Death),
        ("official-event-fact", event::Kind::Fact),
    ] {
        all.push((name, Box::new(move |l| event_page(l, kind, false))));
    }
    all
}
