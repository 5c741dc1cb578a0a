//! Samples of the pages of surveys.

use kernel::Lang;
use maud::Markup;

use super::{Sample, frame};
use crate::components::frame::Area;
use crate::form::Form;
use crate::survey::answer::{self, Asked};
use crate::survey::figures::{self, Line, Page};
use crate::visits::decide::Screen;

fn asked(lang: Lang, screen: Screen, form: &Form) -> Markup {
    let wave = if lang == Lang::Ko { "출산 6~8주 뒤" } else { "6 to 8 weeks after birth" };
    let vm = Asked {
        path: "/s/1".to_owned(),
        wave: wave.to_owned(),
        instrument: super::visits::instrument("parent-voice"),
        screen,
    };
    answer::asked(&frame(lang, "/s/1", None), form, &vm)
}

fn told(lang: Lang, done: bool, title: &str, words: &str) -> Markup {
    answer::told(&frame(lang, "/s/1", None), done, title, words)
}

fn said(lang: Lang, by_nurse: bool, empty: bool) -> Markup {
    let line = |name: &str, asked, answered, means: [Option<u64>; 2]| Line {
        name: name.to_owned(),
        asked,
        answered,
        means: means.to_vec(),
    };
    let lines = vec![
        line(if by_nurse { "정은지" } else { "강남구" }, 42, Some(31), [Some(94), Some(88)]),
        line(if by_nurse { "오세나" } else { "의성군" }, 6, None, [None, None]),
        line(if lang == Lang::Ko { "모두" } else { "All together" }, 48, Some(34), [Some(92), None]),
    ];
    let choice = |id: &str, name: &str| (id.to_owned(), name.to_owned());
    let vm = Page {
        survey: if lang == Lang::Ko {
            "방문 서비스에 대한 의견"
        } else {
            "What you think of the home visits"
        }
        .to_owned(),
        waves: vec![choice("visit", "출산 6~8주 뒤")],
        quarters: vec![choice("2026-Q3", "2026-Q3")],
        by_nurse,
        measures: ["만족도(10점)", "부모 역할 자신감(12점)"].map(str::to_owned).to_vec(),
        lines: if empty { Vec::new() } else { lines },
        below: 5,
        words: by_nurse
            .then(|| if empty { vec![] } else { vec!["늘 시간을 지켜 주셔서 좋았어요.".to_owned()] }),
    };
    let area = if by_nurse { Area::Supervision } else { Area::Analyst };
    figures::page_of(&frame(lang, "/visits/surveys", Some(area)), &Form::of([("wave", "visit")]), &vm)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("survey-answer", Box::new(|lang| asked(lang, Screen::Whole, &Form::default()))),
        ("survey-answer-one", Box::new(|lang| asked(lang, Screen::One(2, 8, "p_soothe".to_owned()), &Form::default()))),
        (
            "survey-answer-empty",
            Box::new(|lang| {
                let mut form = Form::default();
                form.refuse("q.parent-voice.satisfaction", text::Text::new(lang).t("survey-empty"));
                asked(lang, Screen::Whole, &form)
            }),
        ),
        ("survey-thanks", Box::new(|lang| told(lang, true, "survey-thanks", "survey-thanks-words"))),
        ("survey-refused", Box::new(|lang| told(lang, true, "survey-refused", "survey-refused-words"))),
        ("survey-nothing", Box::new(|lang| told(lang, false, "survey-nothing", "survey-nothing-words"))),
        ("survey-late", Box::new(|lang| told(lang, false, "survey-late", "survey-late-words"))),
        ("survey-answered", Box::new(|lang| told(lang, false, "survey-answered", "survey-answered-words"))),
        ("survey-wrong", Box::new(|lang| told(lang, false, "survey-wrong", "survey-wrong-words"))),
        ("survey-figures-nurses", Box::new(|lang| said(lang, true, false))),
        ("survey-figures-districts", Box::new(|lang| said(lang, false, false))),
        ("survey-figures-none", Box::new(|lang| said(lang, true, true))),
    ]
}
