//! Samples of powers, a citizen's own page and the counter's, and of an application keyed in.

use casework::application::mandate::Kind;
use jiff::civil::date;
use kernel::{Instant, Lang};
use maud::Markup;

use super::{Sample, frame, words};
use crate::citizen::cases::consents::{Agreed, page_of as consents_page};
use crate::citizen::cases::powers::{Counter, Power, Powers, Stands, page_of};
use crate::components::frame::Area;
use crate::form::Form;
use crate::official::key_in::{KeyIn, page_of as key_in_page};

fn power(n: u32, name: Option<&str>, kind: Kind, stands: Stands) -> Power {
    Power {
        id: format!("power-{n}"),
        person: "a".to_owned(),
        name: name.map(str::to_owned),
        kind,
        programmes: (n == 1).then(|| vec![words("아동수당", "Child allowance"), words("부모급여", "Parent benefit")]),
        from: date(2026, 11, 1),
        until: (n != 2).then(|| date(2027, 10, 31)),
        ground: if kind == Kind::Guardian { "2026느단1234".to_owned() } else { "김하윤 → 박민서".to_owned() },
        stands,
        endable: kind == Kind::Proxy && stands == Stands::Holds,
    }
}

fn powers(lang: Lang, counter: bool, some: bool, fields: &[&str]) -> Markup {
    let path = if counter { "/official/households/1/powers" } else { "/powers" };
    let area = if counter { Area::Official } else { Area::Citizen };
    let given = vec![
        power(1, Some("박민서"), Kind::Proxy, Stands::Holds),
        power(2, None, Kind::Guardian, Stands::Holds),
        power(3, None, Kind::Proxy, Stands::Ended),
    ];
    let people = vec![("b".to_owned(), "김민준".to_owned())];
    let vm = Powers {
        counter: counter.then(|| Counter {
            path: "/official/households/1".to_owned(),
            name: "김하윤".to_owned(),
            members: vec![("a".to_owned(), "김하윤".to_owned()), ("b".to_owned(), "김민준".to_owned())],
        }),
        given: if some { given } else { vec![] },
        held: if some && !counter { vec![power(4, Some("이말순"), Kind::Proxy, Stands::Later)] } else { vec![] },
        people,
        programmes: vec![("child_allowance".to_owned(), words("아동수당", "Child allowance").get(lang).to_owned())],
        identifier: text::Text::new(lang).t("identifier").into_owned(),
        done: if some { "given".to_owned() } else { String::new() },
    };
    let mut form = Form::default();
    for field in fields {
        form.refuse(field, text::Text::new(lang).t("error-field-empty"));
    }
    page_of(&frame(lang, path, Some(area)), &form, &vm)
}

fn consents(lang: Lang, some: bool) -> Markup {
    let agreed = |name: Option<&str>, taken_back| Agreed {
        person: ("a".to_owned(), name.map(str::to_owned)),
        purpose: "financial_enquiry".to_owned(),
        words: words("금융기관에 재산을 조회하는 데 동의합니다", "I agree that banks are asked about my property"),
        law: "사회보장급여법 제7조".to_owned(),
        given: Instant::start_of(date(2026, 11, 18)),
        taken_back,
    };
    let later = Instant::start_of(date(2026, 11, 20));
    let list = if some { vec![agreed(None, None), agreed(Some("김서아"), Some(later))] } else { vec![] };
    consents_page(&frame(lang, "/consents", Some(Area::Citizen)), &list, some, 9)
}

fn key_in(lang: Lang, fields: &[&str]) -> Markup {
    let members = vec![("a".to_owned(), "김하윤".to_owned()), ("c".to_owned(), "김서아".to_owned())];
    let vm = KeyIn {
        path: "/official/households/1".to_owned(),
        name: "김하윤".to_owned(),
        applicants: members.iter().take(1).cloned().collect(),
        members,
        offered: vec![("child_allowance".to_owned(), words("아동수당", "Child allowance").get(lang).to_owned())],
        others: vec![("parent_benefit".to_owned(), words("부모급여", "Parent benefit").get(lang).to_owned())],
    };
    let mut form = Form::of([("channel", "post"), ("received", "2026-11-02")]);
    for field in fields {
        form.refuse(field, text::Text::new(lang).t("error-choose"));
    }
    key_in_page(&frame(lang, "/official/households/1/apply", Some(Area::Official)), &form, &vm)
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("consents", Box::new(|l| consents(l, true))),
        ("consents-none", Box::new(|l| consents(l, false))),
        ("key-in", Box::new(|l| key_in(l, &[]))),
        ("key-in-refused", Box::new(|l| key_in(l, &["applicant", "whom", "received", "reason", "programme"]))),
        ("powers", Box::new(|l| powers(l, false, true, &[]))),
        ("powers-none", Box::new(|l| powers(l, false, false, &[]))),
        ("powers-refused", Box::new(|l| powers(l, false, false, &["holder", "name", "number", "until", "programme"]))),
        ("powers-counter", Box::new(|l| powers(l, true, true, &[]))),
        ("powers-counter-refused", Box::new(|l| powers(l, true, false, &["person", "kind", "holder", "ground"]))),
    ]
}
