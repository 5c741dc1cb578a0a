//! The demonstration's clock: standing, on its way, and sent backwards.

use kernel::Date;

use super::{Sample, frame};
use crate::demo::{Time, page_of};
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
    ]
}
