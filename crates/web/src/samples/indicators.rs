//! Samples of the pages of indicators.

use kernel::Lang;
use maud::Markup;

use super::{Sample, frame, words};
use crate::components::frame::Area;
use crate::form::Form;
use crate::indicators::draw;
use crate::indicators::one::{self, Line};
use crate::indicators::overview;

fn choice(id: &str, name: &str) -> (String, String) {
    (id.to_owned(), name.to_owned())
}

fn places(one: bool) -> Vec<(String, String)> {
    let all = vec![choice("kr-11", "서울특별시"), choice("kr-11-680", "강남구"), choice("kr-11-710", "송파구")];
    if one { all.into_iter().skip(1).take(1).collect() } else { all }
}

fn all_of(lang: Lang, district: bool, counted: bool) -> Markup {
    let name = |ko: &str, en: &str| (if lang == Lang::Ko { ko } else { en }).to_owned();
    let line = |id: &str, name: String, told: [&str; 4], illustrative| overview::Line {
        id: id.to_owned(),
        name,
        illustrative,
        period: told[0].to_owned(),
        value: told[1].to_owned(),
        parts: told[2].to_owned(),
        before: told[3].to_owned(),
    };
    let lines = vec![
        line(
            "coverage_4w",
            name("출생 4주 안에 방문한 가정", "Families visited within four weeks of birth"),
            ["2026-09", "61.5 %", "240 / 390", "58.9 %"],
            false,
        ),
        line("infant_deaths", name("영아 사망", "Infant deaths"), ["2025", "—", "—", ""], false),
        line(
            "cost_visit",
            name("방문 한 번의 비용(가정)", "Cost of a visit (assumed)"),
            ["2026-Q3", "₩81,200", "19,488,000 / 240", "₩80,100"],
            true,
        ),
        line("moved_up", name("더 많은 방문으로 옮긴 가정", "Families moved to more care"), ["", "—", "", ""], true),
    ];
    let vm = overview::Page {
        places: places(district),
        place: "kr-11-680".to_owned(),
        lines: if counted { lines } else { Vec::new() },
        said: if district {
            vec![(
                words("만족도(10점) · 방문 뒤", "Satisfaction, of 10 · After a visit").get(lang).to_owned(),
                "2026-Q3".to_owned(),
                "8.4".to_owned(),
            )]
        } else {
            Vec::new()
        },
        counted: if counted { "2026-11-21 02:10".to_owned() } else { String::new() },
        below: 5,
        settle: 14,
    };
    let area = if district { Area::Supervision } else { Area::Analyst };
    overview::page_of(&frame(lang, "/visits/indicators", Some(area)), &Form::of([("place", "kr-11")]), &vm)
}

fn of_one(lang: Lang, money: bool, empty: bool, wrong: bool) -> Markup {
    let line = |name: &str, value: Option<u64>| Line {
        name: name.to_owned(),
        value,
        written: value.map_or_else(|| "—".to_owned(), |v| format!("{}.{} %", v / 10, v % 10)),
        parts: "240 / 390".to_owned(),
    };
    let over_time: Vec<Line> =
        (1..=9).map(|month: u64| line(&format!("2026-0{month}"), (month != 4).then_some(500 + month * 13))).collect();
    let within = vec![line("강남구", Some(615)), line("송파구", Some(302)), line("서초구", None)];
    let at = |x: i32| vec![(x, 0), (x + 100, 0), (x + 100, 80), (x, 80)];
    let area = |n: i32, line: &Line, shade| draw::Area {
        name: line.name.clone(),
        points: at(n * 100),
        shade,
        written: line.written.clone(),
    };
    let shades = draw::shades(&within.iter().map(|l| l.value).collect::<Vec<_>>());
    let map = (0..).zip(&within).zip(shades).map(|((n, line), shade)| area(n, line, shade)).collect();
    let mut form = Form::of([("place", "kr-11"), ("since", "2026-01"), ("until", "2026-09")]);
    if wrong {
        form.refuse("until", text::Text::new(lang).t("indicator-order"));
    }
    let ko = lang == Lang::Ko;
    let vm = one::Page {
        id: "coverage_4w".to_owned(),
        name: if ko { "출생 4주 안에 방문한 가정" } else { "Families visited within four weeks of birth" }.to_owned(),
        counts: if ko {
            choice("출생 28일 안에 방문을 받은 가정", "그달에 아기가 태어났다고 등록부가 알려 온 가정")
        } else {
            choice("families visited within 28 days of birth", "families of whose birth in the month the register told")
        },
        sources: vec!["지속방문 대상과 내용".to_owned()],
        law: "지역보건법 제11조".to_owned(),
        note: money.then(|| {
            words("보기로 둔 가정: 간호사 한 시간 35,000원", "Assumed, as an example: an hour of a nurse 35,000 won")
        }),
        places: places(false),
        place: choice("kr-11", "서울특별시"),
        periods: over_time.iter().map(|l| choice(&l.name, &l.name)).collect(),
        period: "2026-09".to_owned(),
        over_time: if empty { Vec::new() } else { over_time },
        within: if empty { Vec::new() } else { within },
        parts: if empty { Vec::new() } else { vec![line("농어촌", Some(488)), line("도시", Some(633))] },
        incomes: if empty { Vec::new() } else { vec![line("1", Some(455)), line("2", None), line("5", Some(702))] },
        map: if empty { Vec::new() } else { map },
        illustrative: true,
        below: 5,
    };
    one::page_of(&frame(lang, "/visits/indicators/coverage_4w", Some(Area::Analyst)), &form, &vm)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("indicators", Box::new(|lang| all_of(lang, false, true))),
        ("indicators-district", Box::new(|lang| all_of(lang, true, true))),
        ("indicators-none", Box::new(|lang| all_of(lang, false, false))),
        ("indicator", Box::new(|lang| of_one(lang, false, false, false))),
        ("indicator-cost", Box::new(|lang| of_one(lang, true, false, false))),
        ("indicator-empty", Box::new(|lang| of_one(lang, false, true, false))),
        ("indicator-error", Box::new(|lang| of_one(lang, false, false, true))),
    ]
}
