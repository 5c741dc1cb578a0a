//! Samples of what is put right about who somebody is, and whose.

use jiff::civil::date;
use kernel::Lang;
use maud::Markup;

use super::{Sample, frame};
use crate::civil::page::{Of, TieLine, Ties, record, ties};
use crate::components::frame::Area;
use crate::form::Form;

fn of(lang: Lang, form: &str) -> Of {
    let home = "/official/households/1".to_owned();
    let identifier = text::Text::new(lang).t("identifier").into_owned();
    Of { name: "김하윤".to_owned(), address: format!("{home}/{form}/a"), home, identifier }
}

fn refused(mut form: Form, lang: Lang, fields: &[&str]) -> Form {
    for field in fields {
        form.refuse(field, text::Text::new(lang).t("error-field-empty"));
    }
    form
}

fn of_record(lang: Lang, fields: &[&str]) -> Markup {
    let known = [
        ("family", "김"),
        ("given", "하윤"),
        ("latin_family", "Kim"),
        ("latin_given", "Hayun"),
        ("birth_date", "1995-03-02"),
        ("sex", "female"),
    ];
    let form = refused(Form::of(known), lang, fields);
    record(&frame(lang, "/official/households/1/record/a", Some(Area::Official)), &form, &of(lang, "record"))
}

fn of_ties(lang: Lang, known: bool, fields: &[&str]) -> Markup {
    let line = |id: &str, key, name: &str, since, until| TieLine {
        id: id.to_owned(),
        key,
        name: name.to_owned(),
        since,
        until,
    };
    let lines = vec![
        line("t1", "civil-is-parent", "김정호", None, None),
        line("t2", "civil-is-spouse", "박민준", Some(date(2022, 5, 1)), Some(date(2026, 1, 10))),
    ];
    let it = Ties {
        lines: if known { lines } else { Vec::new() },
        others: usize::from(known),
        members: vec![("b".to_owned(), "박민준".to_owned())],
    };
    let form = refused(Form::default(), lang, fields);
    ties(&frame(lang, "/official/households/1/ties/a", Some(Area::Official)), &form, &of(lang, "ties"), &it)
}

pub(super) fn all() -> Vec<Sample> {
    let fields = ["family", "latin_family", "names_from", "birth_date", "sex", "identifier", "paper"];
    let ends = ["tie", "how", "ended_on", "paper"];
    let begins = ["relation", "member", "name", "number", "from", "paper_new"];
    vec![
        ("civil", Box::new(|l| of_record(l, &[]))),
        ("civil-refused", Box::new(move |l| of_record(l, &fields))),
        ("civil-ties", Box::new(|l| of_ties(l, true, &[]))),
        ("civil-ties-refused", Box::new(move |l| of_ties(l, true, &ends))),
        ("civil-ties-none", Box::new(move |l| of_ties(l, false, &begins))),
    ]
}
