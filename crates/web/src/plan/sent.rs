//! What a form of a case says, and what is said beside its fields where it cannot be done.

use kernel::Date;
use text::Text;
use visit::care::act::{Act, Fault};
use visit::care::case::{self, Case};
use visit::care::plan::{Participant, Task};

use super::act::{DECISIONS, PARTICIPANTS, What};
use super::{needed_key, side_key};
use crate::form::Form;
use crate::viewer::Trouble;

/// The most characters of a text; the case itself counts again.
const MOST: usize = case::MOST_WORDS;
/// The most characters of a participant's name.
const MOST_NAME: usize = 100;

fn number(form: &Form) -> u32 {
    form.get("number").parse().unwrap_or(0)
}

fn word<T: std::str::FromStr>(t: Text, form: &mut Form, name: &str) -> Option<T> {
    let read = form.get(name).parse().ok();
    if read.is_none() {
        form.refuse(name, t.t("error-choose"));
    }
    read
}

fn chosen(form: &Form, name: &str) -> Option<String> {
    Some(form.get(name)).filter(|it| !it.is_empty()).map(str::to_owned)
}

/// What the form says; `None`: what is wrong stands beside its field.
pub(super) fn act(t: Text, form: &mut Form, what: What, case: &Case) -> Option<Act> {
    let act = match what {
        What::Goal => {
            let voice = word(t, form, "voice");
            Act::Goal { words: form.required(t, "words", MOST), voice: voice? }
        }
        What::Action => {
            let words = form.required(t, "words", MOST);
            let due_on = form.date(t, "due");
            Act::Action(Task { goal: number(form), agency: chosen(form, "agency"), words, due_on: due_on? })
        }
        What::Confer => confer(t, form)?,
        What::End => ended(t, form)?,
        What::Correct => {
            let (words, why) = (form.required(t, "words", MOST), form.required(t, "why", MOST));
            Act::Correct { number: number(form), words, due_on: form.date_if_any(t, "due"), why }
        }
        What::Ask => {
            let agency = form.required(t, "agency", MOST_NAME);
            Act::Ask { agency, why: form.required(t, "why", MOST), agreed: form.get("agreed") == "yes" }
        }
        What::Consent => Act::Consent { agency: form.get("agency").to_owned() },
        What::Withdraw => Act::Withdraw { agency: form.get("agency").to_owned() },
        What::Agree => Act::Agree { version: form.get("version").parse().unwrap_or(u32::MAX) },
        What::Review => Act::Review { words: form.required(t, "words", MOST) },
        What::Sign => {
            let step = case.now().map(|step| step.id.clone()).unwrap_or_default();
            Act::Sign { step, words: form.required(t, "words", MOST) }
        }
        What::Back => {
            let step = form.required(t, "step", MOST_NAME);
            Act::Back { step, why: form.required(t, "why", MOST) }
        }
        What::Decline => Act::Decline { why: form.required(t, "why", MOST) },
    };
    form.is_fine().then_some(act)
}

/// The end of a goal or an action.
pub(super) fn ended(t: Text, form: &mut Form) -> Option<Act> {
    let how = word(t, form, "how");
    let act = Act::End { number: number(form), words: form.required(t, "words", MOST), how: how? };
    form.is_fine().then_some(act)
}

fn confer(t: Text, form: &mut Form) -> Option<Act> {
    let on = form.date(t, "on");
    let minutes = form.required(t, "minutes", MOST);
    let mut participants = Vec::new();
    for n in 1..=PARTICIPANTS {
        let name = form.optional(t, &format!("name-{n}"), MOST_NAME);
        participants.extend(name.map(|name| Participant { agency: chosen(form, &format!("of-{n}")), name }));
    }
    let mut decided = Vec::new();
    for n in 1..=DECISIONS {
        let field = |name: &str| format!("{name}-{n}");
        if chosen(form, &field("words")).is_none() {
            continue;
        }
        let goal = word(t, form, &field("goal"));
        let words = form.required(t, &field("words"), MOST);
        let due_on: Option<Date> = form.date(t, &field("due"));
        let agency = chosen(form, &field("agency"));
        decided.extend(goal.zip(due_on).map(|(goal, due_on)| Task { goal, agency, words, due_on }));
    }
    Some(Act::Confer { on: on?, participants, minutes, decided })
}

/// The field in which a refusal is said when it belongs to none of them.
fn first_field(what: What) -> &'static str {
    match what {
        What::Ask => "agency",
        What::Back | What::Decline => "why",
        What::Confer => "minutes",
        _ => "words",
    }
}

/// Says beside a field why something was not done.
pub(super) fn refuse(t: Text, form: &mut Form, what: What, fault: Fault) -> Result<(), Trouble> {
    use case::Fault as F;
    let rule = match fault {
        Fault::Store(why) => return Err(why.into()),
        Fault::NotAllowed | Fault::Nothing => return Err(Trouble::Absent),
        Fault::OtherContent => {
            form.refuse(first_field(what), t.t("plan-fault-moved"));
            return Ok(());
        }
        Fault::NoAgency(_) => {
            form.refuse("agency", t.t("error-choose"));
            return Ok(());
        }
        Fault::Discreet(_) => {
            form.refuse("agency", t.t("plan-fault-discreet"));
            return Ok(());
        }
        Fault::Rule(rule) => rule,
    };
    let day = if what == What::Confer { "on" } else { "due" };
    let (field, words) = match rule {
        F::NoWords => (first_field(what), t.t("plan-fault-words").into_owned()),
        F::TooLong(_) | F::TooMany => (first_field(what), t.t("plan-fault-long").into_owned()),
        F::ActionsOpen(_) => (first_field(what), t.t("plan-fault-actions-open").into_owned()),
        F::BadDay(_) => (day, t.t("plan-fault-day").into_owned()),
        F::Alone => ("name-1", t.t("plan-fault-alone").into_owned()),
        F::Empty => (first_field(what), t.t("plan-fault-empty").into_owned()),
        F::Stale => (first_field(what), t.t("plan-fault-stale").into_owned()),
        F::NoConsent(_) => {
            (if what == What::Action { "agency" } else { first_field(what) }, t.t("plan-fault-consent").into_owned())
        }
        F::Missing { needed, .. } => {
            let all: Vec<String> = needed.into_iter().map(|n| t.t(needed_key(n)).into_owned()).collect();
            (first_field(what), format!("{} {}", t.t("plan-fault-missing"), all.join("; ")))
        }
        F::OtherSigns { .. } => (first_field(what), t.t("plan-signed-by-supervisor").into_owned()),
        F::OtherSide(side) => (
            first_field(what),
            t.with("plan-fault-side", &[("side", t.t(side_key(side)).into_owned().into())]).into_owned(),
        ),
        F::Nothing(_) | F::NotAsked(_) | F::NotThatStep(_) | F::Closed(_) => {
            (first_field(what), t.t("plan-fault-moved").into_owned())
        }
    };
    form.refuse(field, words);
    Ok(())
}
