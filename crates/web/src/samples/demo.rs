//! The demonstration's clock: standing, on its way, and sent backwards; its telephones, with messages and without.

use kernel::{Date, Instant, Lang};

use super::{Sample, frame};
use crate::demo::{Time, page_of, phones};
use crate::form::Form;

pub(super) fn all() -> Vec<Sample> {
    let page = |goal: Option<Date>, wrong: bool| {
        move |lang| {
            let f = frame(lang, "/demo/time", None);
            let mut form = Form::default();
            if wrong {
                form.refuse("date", f.t.t("demo-time-back"));
            }
            page_of(&f, &form, Time { today: Date::constant(2026, 11, 21), goal })
        }
    };
    vec![
        ("demo-time", Box::new(page(None, false))),
        ("demo-time-goes", Box::new(page(Some(Date::constant(2028, 11, 21)), false))),
        ("demo-time-back", Box::new(page(None, true))),
        ("demo-messages", Box::new(|lang| messages(lang, &sent()))),
        ("demo-messages-none", Box::new(|lang| messages(lang, &[]))),
    ]
}

fn messages(lang: Lang, all: &[phones::Sent]) -> maud::Markup {
    phones::page_of(&frame(lang, "/demo/messages", None), &Form::of([("who", "0012")]), all, 9)
}

fn sent() -> Vec<phones::Sent> {
    let at = Instant::start_of(Date::constant(2028, 11, 21));
    let link = "방문 서비스는 어떠셨나요? http://127.0.0.1:8080/s/0192.1.1.00";
    let one = |who: Option<&str>, text: &str| phones::Sent {
        to: "010-0000-0012".to_owned(),
        who: who.map(str::to_owned),
        lang: Lang::Ko,
        text: text.to_owned(),
        at,
    };
    vec![one(Some("mother-1"), link), one(None, "11월 23일에 저희가 가요.")]
}
