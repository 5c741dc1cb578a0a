//! Samples of the pages of studies.

use evaluation::report::{Compared, Finding, Range, Report, Said};
use kernel::Lang;
use maud::Markup;

use super::{Sample, frame, words};
use crate::components::frame::Area;
use crate::study::own::{self, Offered};
use crate::study::report::{self, Told};

fn offered(lang: Lang, agreed: bool) -> Markup {
    let one = Offered {
        id: "sustained_visits".to_owned(),
        name: words("지속방문 효과 연구", "What sustained visits do for families"),
        about: words(
            "지속방문을 받은 가족과 받지 않은 가족의 설문 답을 견주어 봐요.",
            "Answers of families with sustained visits and of families without are held against each other.",
        ),
        words: words(
            "가정방문 효과 연구에 우리 가족의 자료를 쓰는 데 동의해요.",
            "I agree that my family's data is used for the study of home visits.",
        ),
        law: "개인정보 보호법 제28조의2".to_owned(),
        agreed,
    };
    own::page_of(&frame(lang, "/visits/study", Some(Area::Citizen)), &[one], agreed.then_some("study-done"))
}

fn compared(weighted: [i64; 3], outside: i64, after: i64) -> Said {
    let [value, low, high] = weighted;
    Said::Compared(Compared {
        weighted: Range { value, low, high },
        crude: Range { value: value - 40, low: low - 35, high: high - 45 },
        means: [912, 912 - value],
        effective: [78, 61],
        outside,
        balance: vec![[-38, after], [22, 2]],
    })
}

fn told(lang: Lang, said: Vec<Said>, few: bool) -> Markup {
    let english = |ko: &str, en: &str| if lang == Lang::Ko { ko } else { en }.to_owned();
    let outcome = || {
        (
            english("출산 12개월 뒤", "12 months after birth"),
            english("부모 역할 자신감(12점)", "Parenting scale, of 12"),
            12,
        )
    };
    let finding = |said: &Said| Finding {
        wave: "month_12".to_owned(),
        measure: "parenting".to_owned(),
        answered: if few { [Some(14), None] } else { [Some(96), Some(74)] },
        said: said.clone(),
    };
    let told = Told {
        name: english("지속방문 효과 연구", "What sustained visits do for families"),
        least: 60,
        covariates: vec![english("어머니 나이", "Mother's age"), english("위험 점수", "Points at registration")],
        outcomes: said.iter().map(|_| outcome()).collect(),
        report: Some(Report {
            study: "sustained_visits".to_owned(),
            quarter: "2026-Q3".to_owned(),
            families: if few { [Some(17), None] } else { [Some(118), Some(87)] },
            incomplete: if few { Some(0) } else { None },
            covariates: vec!["age".to_owned(), "points".to_owned()],
            findings: said.iter().map(finding).collect(),
        }),
    };
    report::page_of(&frame(lang, "/studies", Some(Area::Analyst)), &[told])
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("study-own", Box::new(|lang| offered(lang, false))),
        ("study-own-agreed", Box::new(|lang| offered(lang, true))),
        (
            "study-own-none",
            Box::new(|lang| own::page_of(&frame(lang, "/visits/study", Some(Area::Citizen)), &[], Some("study-gone"))),
        ),
        (
            "study-report",
            Box::new(|lang| {
                let said = [([83, 21, 145], 4, 3), ([12, -48, 72], 4, 6), ([-61, -118, -4], 23, 18)];
                told(lang, said.map(|(d, outside, after)| compared(d, outside, after)).to_vec(), false)
            }),
        ),
        ("study-report-few", Box::new(|lang| told(lang, vec![Said::TooFew, Said::Apart], true))),
        ("study-report-none", Box::new(|lang| report::page_of(&frame(lang, "/studies", Some(Area::Analyst)), &[]))),
        (
            "study-report-not-yet",
            Box::new(|lang| {
                let told = Told {
                    name: "지속방문".to_owned(),
                    least: 60,
                    covariates: Vec::new(),
                    outcomes: Vec::new(),
                    report: None,
                };
                report::page_of(&frame(lang, "/studies", Some(Area::Analyst)), &[told])
            }),
        ),
    ]
}
