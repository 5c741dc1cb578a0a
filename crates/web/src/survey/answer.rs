//! The page behind a one-time link: questions and nothing about anybody.

use catalogue::model::Instrument;
use maud::{Markup, html};

use crate::components::frame::{Frame, Width, page};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;
use crate::visits::decide::Screen;
use crate::visits::questions;

/// What is asked.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The link's own address.
    pub path: String,
    /// The occasion.
    pub wave: String,
    /// The instrument.
    pub instrument: Instrument,
    /// How it is asked.
    pub screen: Screen,
}

/// The page.
pub fn asked(f: &Frame, form: &Form, a: &Asked) -> Markup {
    let (t, lang) = (f.t, f.t.lang());
    let i = &a.instrument;
    let known = |name: &str| questions::words_of(i, name, lang);
    page(
        f,
        i.title.get(lang),
        Width::Reading,
        html! {
            (error_summary_of(t, form, known))
            h1 { (i.title.get(lang)) span.caption { (a.wave) } }
            p.lead { (i.purpose.get(lang)) }
            p { (t.t("survey-promise")) }
            form method="post" action=(a.path) novalidate {
                @match &a.screen {
                    Screen::Whole => {
                        (questions::all(t, form, i))
                        div.actions { button.btn type="submit" name="do" value="send" { (t.t("survey-send")) } }
                    }
                    Screen::One(number, of, id) => (questions::screen_of(t, form, i, (*number, *of), id))
                }
            }
            form method="post" action=(a.path) {
                button.linkish type="submit" name="do" value="refuse" { (t.t("survey-refuse")) }
            }
        },
    )
}

/// What is told when there is nothing to answer: keys of the title and of the words.
pub fn told(f: &Frame, done: bool, title: &str, words: &str) -> Markup {
    let title = f.t.t(title);
    page(
        f,
        &title,
        Width::Reading,
        html! {
            h1 { (title) }
            @if done { (notice(Tone::Done, &f.t.t(words), html! {})) } @else { p.lead { (f.t.t(words)) } }
        },
    )
}
