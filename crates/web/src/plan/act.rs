//! One form for one thing that is done in a case: what it asks for follows from what it is.

use maud::{Markup, html};
use text::Text;

use crate::components::field::{self, Look};
use crate::components::frame::{Frame, Width, back, page};
use crate::components::message::{Tone, error_summary_of, notice};
use crate::form::Form;

/// How many participants a form has room for; more come in another conference's minutes.
pub const PARTICIPANTS: usize = 6;
/// How many decisions.
pub const DECISIONS: usize = 3;

/// What is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A goal.
    Goal,
    /// An action.
    Action,
    /// A conference.
    Confer,
    /// The end of a goal or an action.
    End,
    /// Other words.
    Correct,
    /// An agency.
    Ask,
    /// Consent told to the nurse.
    Consent,
    /// Its withdrawal.
    Withdraw,
    /// Agreement told to the nurse.
    Agree,
    /// A look at the review day.
    Review,
    /// A signature.
    Sign,
    /// Back to an earlier step.
    Back,
    /// The family wants no more.
    Decline,
}

impl What {
    /// All, with their words in addresses and message keys.
    pub const ALL: [(What, &'static str); 13] = [
        (What::Goal, "goal"),
        (What::Action, "action"),
        (What::Confer, "confer"),
        (What::End, "end"),
        (What::Correct, "correct"),
        (What::Ask, "ask"),
        (What::Consent, "consent"),
        (What::Withdraw, "withdraw"),
        (What::Agree, "agree"),
        (What::Review, "review"),
        (What::Sign, "sign"),
        (What::Back, "back"),
        (What::Decline, "decline"),
    ];

    /// By its word.
    pub fn named(word: &str) -> Option<What> {
        What::ALL.iter().find(|(_, known)| *known == word).map(|(what, _)| *what)
    }

    /// Its word.
    pub fn word(self) -> &'static str {
        What::ALL.iter().find(|(what, _)| *what == self).map_or("", |(_, word)| *word)
    }
}

/// The form's surroundings.
#[derive(Clone, Debug, PartialEq)]
pub struct Ask {
    /// The enrolment's id.
    pub id: String,
    /// The mother's name.
    pub mother: String,
    /// What is done.
    pub what: What,
    /// What it is done to, in words.
    pub about: Option<String>,
    /// Whether a day can be corrected too.
    pub dated: bool,
    /// Goals under way: number and words.
    pub goals: Vec<(String, String)>,
    /// Agencies that help, or that can be asked.
    pub agencies: Vec<(String, String)>,
    /// Earlier steps.
    pub steps: Vec<(String, String)>,
}

/// What a field is called in the list of mistakes.
pub(crate) fn field_name(t: Text) -> impl Fn(&str) -> Option<String> {
    move |name| {
        let plain = name.split('-').next().unwrap_or(name);
        let key = match plain {
            "words" => "plan-words",
            "why" => "plan-why",
            "due" => "plan-due",
            "on" => "plan-on",
            "voice" => "plan-voice",
            "how" => "plan-how",
            "agency" => "plan-agency",
            "minutes" => "plan-minutes",
            "goal" => "plan-goal",
            "step" => "plan-step",
            "name" => "plan-participant",
            _ => return None,
        };
        Some(t.t(key).into_owned())
    }
}

/// How a goal or an action ended, and the words for it.
pub(crate) fn end_fields(t: Text, form: &Form) -> Markup {
    let how = ["done", "dropped"].map(|how| (how.to_owned(), t.t(&format!("plan-how-{how}")).into_owned()));
    html! {
        (field::radios(form, "how", &t.t("plan-how"), "", &how))
        (field::area(form, "words", &t.t("plan-end-words"), &t.t("plan-end-hint"), 3))
    }
}

/// The page.
pub fn page_of(f: &Frame, form: &Form, c: &Ask) -> Markup {
    let (t, word) = (f.t, c.what.word());
    let title = t.t(&format!("plan-do-{word}"));
    page(
        f,
        &title,
        Width::Reading,
        html! {
            (back(t, &format!("/visits/family/{}/plan", c.id)))
            (error_summary_of(t, form, field_name(t)))
            h1 { (title) span.caption { (c.mother) } }
            @if let Some(about) = &c.about { blockquote { p { (about) } } }
            form method="post" action=(format!("/visits/family/{}/plan/{word}", c.id)) novalidate {
                @for name in ["id", "number", "version"] { (field::hidden(name, form.get(name))) }
                (fields(t, form, c))
                div.actions { button.btn type="submit" { (t.t("plan-save")) } }
            }
        },
    )
}

fn fields(t: Text, form: &Form, c: &Ask) -> Markup {
    let area = |name: &str, key: &str, hint: &str| field::area(form, name, &t.t(key), &t.t(hint), 3);
    let plain = |name: &str, key: &str| field::area(form, name, &t.t(key), "", 3);
    html! { @match c.what {
        What::Goal => {
            (field::radios(form, "voice", &t.t("plan-voice"), "", &voices(t)))
            (area("words", "plan-words", "plan-words-hint"))
        }
        What::Action => {
            (field::select(form, "agency", &t.t("plan-agency"), &t.t("plan-agency-hint"), &t.t("plan-family-itself"), &c.agencies))
            (area("words", "plan-action-words", "plan-shared-hint"))
            (day(t, form, "due", "plan-due"))
        }
        What::Confer => (conference(t, form, c)),
        What::End => (end_fields(t, form)),
        What::Correct => {
            (area("words", "plan-words", "plan-shared-hint"))
            @if c.dated { (day(t, form, "due", "plan-due")) }
            (plain("why", "plan-correct-why"))
            p.small.soft { (t.t("plan-correct-note")) }
        }
        What::Ask => {
            (field::select(form, "agency", &t.t("plan-ask-agency"), &t.t("plan-ask-hint"), &t.t("choose"), &c.agencies))
            (area("why", "plan-what-for", "plan-shared-hint"))
            (field::tick_box(form, "agreed", "yes", &t.t("plan-ask-agreed")))
        }
        What::Consent | What::Withdraw => {
            (field::hidden("agency", form.get("agency")))
            (notice(Tone::Info, &t.t("plan-told"), html! { p { (t.t(&format!("plan-{}-words", c.what.word()))) } }))
        }
        What::Agree => (notice(Tone::Info, &t.t("plan-told"), html! { p { (t.t("plan-agree-words")) } })),
        What::Review => (area("words", "plan-review-words", "plan-shared-hint")),
        What::Sign => (area("words", "plan-sign-words", "plan-sign-hint")),
        What::Back => {
            (field::select(form, "step", &t.t("plan-step"), "", &t.t("choose"), &c.steps))
            (plain("why", "plan-why"))
        }
        What::Decline => (area("why", "plan-why", "plan-decline-hint")),
    } }
}

fn voices(t: Text) -> Vec<(String, String)> {
    use visit::care::plan::Voice;
    Voice::ALL.iter().map(|v| (v.word().to_owned(), t.t(super::voice_key(*v)).into_owned())).collect()
}

fn day(t: Text, form: &Form, name: &str, key: &str) -> Markup {
    field::line(form, name, &t.t(key), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() })
}

fn conference(t: Text, form: &Form, c: &Ask) -> Markup {
    let numbered = |key: &str, n: usize| format!("{} {n}", t.t(key));
    html! {
        (day(t, form, "on", "plan-on"))
        @for n in 1..=PARTICIPANTS {
            (field::line(form, &format!("name-{n}"), &numbered("plan-participant", n), Look::default()))
            (field::select(form, &format!("of-{n}"), &numbered("plan-participant-of", n), "", &t.t("plan-of-family"), &c.agencies))
        }
        (field::area(form, "minutes", &t.t("plan-minutes"), &t.t("plan-shared-hint"), 6))
        h2 { (t.t("plan-decided")) }
        p { (t.t("plan-decided-hint")) }
        @for n in 1..=DECISIONS {
            (field::select(form, &format!("goal-{n}"), &numbered("plan-goal", n), "", &t.t("choose"), &c.goals))
            (field::select(form, &format!("agency-{n}"), &numbered("plan-agency", n), "", &t.t("plan-family-itself"), &c.agencies))
            (field::line(form, &format!("words-{n}"), &numbered("plan-action-words", n), Look::default()))
            (field::line(form, &format!("due-{n}"), &numbered("plan-due", n), Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() }))
        }
    }
}
