//! A mother reads what a study is about, and agrees or takes it back.

use kernel::Words;
use maud::{Markup, html};

use crate::components::field;
use crate::components::frame::{Frame, Width, back, page};
use crate::components::list::{Mark, tag};
use crate::components::message::{Tone, notice};

/// A study she can be in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offered {
    /// Its id in the pack.
    pub id: String,
    /// Its name.
    pub name: Words,
    /// What it is about.
    pub about: Words,
    /// What she agrees to, word for word.
    pub words: Words,
    /// The law.
    pub law: String,
    /// Whether she agrees now.
    pub agreed: bool,
}

/// The page; `said` is the key of what was just done.
pub fn page_of(f: &Frame, all: &[Offered], said: Option<&'static str>) -> Markup {
    let t = f.t;
    page(
        f,
        &t.t("study-own"),
        Width::Reading,
        html! {
            (back(t, "/visits/join"))
            @if let Some(key) = said { (notice(Tone::Done, &t.t(key), html! {})) }
            h1 { (t.t("study-own")) }
            @if all.is_empty() { p.lead { (t.t("study-own-none")) } } @else { p.lead { (t.t("study-own-lead")) } }
            @for study in all { (one(f, study)) }
        },
    )
}

fn one(f: &Frame, study: &Offered) -> Markup {
    let t = f.t;
    let (what, label, class) = match study.agreed {
        true => ("take-back", "study-take-back", "btn btn--second"),
        false => ("agree", "study-agree", "btn"),
    };
    html! {
        section.card aria-labelledby=(study.id) {
            div.card-head {
                h2.h3 id=(study.id) { (study.name.get(t.lang())) }
                @if study.agreed { (tag(Mark::Yes, &t.t("study-agreed"))) }
            }
            p { (study.about.get(t.lang())) }
            ul { @for key in ["study-free", "study-stop"] { li { (t.t(key)) } } }
            p { strong { (study.words.get(t.lang())) } }
            p.small { span.law { (study.law) } }
            form method="post" action="/visits/study" {
                (field::hidden("study", &study.id))
                (field::hidden("do", what))
                div.actions { button class=(class) type="submit" { (t.t(label)) } }
            }
        }
    }
}
