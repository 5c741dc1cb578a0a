//! Samples of the pages of mothers' groups.

use group::model::Status;
use kernel::{Date, Lang};
use maud::Markup;

use super::{Sample, frame};
use crate::components::frame::Area;
use crate::form::Form;
use crate::group::list::{self, Choices, List};
use crate::group::office::{self, Line, One};
use crate::group::own::{self, Mine};

fn said(lang: Lang, ko: &str, en: &str) -> String {
    if lang == Lang::Ko { ko } else { en }.to_owned()
}

fn kind(lang: Lang) -> (String, String) {
    (
        said(lang, "첫 아기 엄마 모임", "First babies"),
        said(lang, "첫 아기를 키우는 엄마들이 만나요.", "Mothers with a first baby meet."),
    )
}

fn listed(lang: Lang, empty: bool, form: &Form) -> Markup {
    let line = list::Line {
        href: "/visits/groups/1".to_owned(),
        kind: kind(lang).0,
        venue: said(lang, "보건소 3층", "Health centre, third floor"),
        facilitator: "정은지".to_owned(),
        seats: (6, 10),
        next: Some((Date::constant(2026, 12, 3), "14:00".to_owned())),
    };
    let choices = |id: &str, name: String| vec![(id.to_owned(), name)];
    let open =
        Some(Choices { kinds: choices("new_mothers", kind(lang).0), nurses: choices("1", "정은지".to_owned()) });
    let vm = List { lines: if empty { vec![] } else { vec![line] }, open, done: None };
    list::page_of(&frame(lang, "/visits/groups", Some(Area::Supervision)), form, &vm)
}

fn one(lang: Lang, led: bool, form: &Form) -> Markup {
    let topic = said(lang, "아기 재우기", "Sleep");
    let people = vec![("p1".to_owned(), "한지우".to_owned(), true), ("p2".to_owned(), "김하윤".to_owned(), false)];
    let line = |id: &str, day: i8, held: bool, cancelled: bool| Line {
        id: id.to_owned(),
        held_on: Date::constant(2026, 11, day),
        starts: "14:00".to_owned(),
        topic: topic.clone(),
        cancelled,
        held,
        people: people.clone(),
    };
    let vm = One {
        href: "/visits/groups/1".to_owned(),
        kind: kind(lang),
        venue: said(lang, "보건소 3층", "Health centre, third floor"),
        facilitator: "정은지".to_owned(),
        seats: (2, 10),
        sessions: vec![line("s1", 12, true, false), line("s2", 19, true, true), line("s3", 26, false, false)],
        members: vec![("한지우".to_owned(), Status::Joined), ("김하윤".to_owned(), Status::Invited)],
        led,
        families: if led { vec![("e1".to_owned(), "박서연".to_owned())] } else { vec![] },
        said: led.then_some((8, 92)),
        done: led.then_some("group-saved"),
    };
    office::page_of(&frame(lang, "/visits/groups/1", Some(Area::Visits)), form, &vm)
}

fn mine(lang: Lang, status: Status, asked: bool) -> Markup {
    let one = Mine {
        id: "1".to_owned(),
        kind: kind(lang),
        venue: said(lang, "보건소 3층", "Health centre, third floor"),
        facilitator: "정은지".to_owned(),
        status,
        ahead: vec![(Date::constant(2026, 12, 3), "14:00".to_owned(), said(lang, "아기 재우기", "Sleep"))],
    };
    let asked = asked.then(|| ("s1".to_owned(), Date::constant(2026, 11, 19), said(lang, "먹이기", "Feeding")));
    let done = (status == Status::Joined).then_some("group-saved");
    let f = frame(lang, "/visits/own-groups", Some(Area::Citizen));
    own::page_of(&f, &Form::default(), &[one], asked.as_ref(), done)
}

fn refused(lang: Lang, fields: [&str; 2], key: &str) -> Form {
    let mut form = Form::default();
    fields.iter().for_each(|field| form.refuse(field, text::Text::new(lang).t(key)));
    form
}

pub(super) fn all() -> Vec<Sample> {
    vec![
        ("groups", Box::new(|lang| listed(lang, false, &Form::default()))),
        ("groups-none", Box::new(|lang| listed(lang, true, &refused(lang, ["venue", "kind"], "group-error-words")))),
        ("group", Box::new(|lang| one(lang, true, &Form::default()))),
        ("group-refused", Box::new(|lang| one(lang, true, &refused(lang, ["held_on", "starts"], "group-error-when")))),
        ("group-other", Box::new(|lang| one(lang, false, &Form::default()))),
        ("group-own-invited", Box::new(|lang| mine(lang, Status::Invited, false))),
        ("group-own-joined", Box::new(|lang| mine(lang, Status::Joined, true))),
        ("group-own-left", Box::new(|lang| mine(lang, Status::Left, false))),
        (
            "group-own-none",
            Box::new(|lang| {
                own::page_of(&frame(lang, "/visits/own-groups", Some(Area::Citizen)), &Form::default(), &[], None, None)
            }),
        ),
    ]
}
