//! Samples of one person's address and of what protects it.

use jiff::civil::date;
use kernel::{Instant, Lang};
use maud::Markup;

use super::{Sample, frame, words};
use crate::components::frame::Area;
use crate::form::Form;
use crate::official::protection::{Address, Held, Protections, address_page, page_of};

const HOME: &str = "/official/households/1";

fn address(lang: Lang, some: bool) -> Markup {
    let known = |text: &str| some.then(|| text.to_owned());
    let vm = Address {
        home: HOME.to_owned(),
        name: "김하윤".to_owned(),
        address: known("서울특별시 강남구 역삼동 은행나무로 12, 304호"),
        phone: known("010-2222-3333"),
        email: known("hayun@example.org"),
    };
    address_page(&frame(lang, &format!("{HOME}/address/a"), Some(Area::Official)), &vm)
}

fn protections(lang: Lang, held: Option<usize>, may_end: bool, fields: &[&str]) -> Markup {
    let one = |n: usize| Held {
        id: format!("protection-{n}"),
        from: if n == 0 { vec!["박민준".to_owned(), "박정호".to_owned()] } else { vec![] },
        since: date(2026, 11, 1),
        until: (n == 0).then(|| date(2027, 10, 31)),
        reason: format!("2026느단123{n}"),
        law: "가정폭력방지 및 피해자보호 등에 관한 법률".to_owned(),
        source: words("시군구", "Municipality"),
        recorded: Instant::start_of(date(2026, 11, 1)),
    };
    let vm = Protections {
        home: HOME.to_owned(),
        person: "a".to_owned(),
        name: "김하윤".to_owned(),
        held: held.map(|count| (0..count).map(one).collect()),
        may_end,
        open_case: may_end,
        others: if held == Some(0) { vec![] } else { vec![("b".to_owned(), "박민준".to_owned())] },
        identifier: text::Text::new(lang).t("identifier").into_owned(),
        offset_hours: 9,
        done: if may_end { "recorded".to_owned() } else { String::new() },
    };
    let mut form = Form::default();
    for field in fields {
        form.refuse(field, text::Text::new(lang).t("error-field-empty"));
    }
    page_of(&frame(lang, &format!("{HOME}/protection/a"), Some(Area::Official)), &form, &vm)
}

pub(super) fn all() -> Vec<Sample> {
    let fields = ["perpetrator", "name", "number", "from", "until", "reason", "law", "protection", "on", "why"];
    vec![
        ("address", Box::new(|l| address(l, true))),
        ("address-none", Box::new(|l| address(l, false))),
        ("protections", Box::new(|l| protections(l, Some(2), true, &[]))),
        ("protections-none", Box::new(|l| protections(l, Some(0), false, &[]))),
        ("protections-shut", Box::new(|l| protections(l, None, false, &[]))),
        ("protections-weak", Box::new(|l| protections(l, Some(1), false, &[]))),
        ("protections-refused", Box::new(move |l| protections(l, Some(2), true, &fields))),
    ]
}
