//! An instrument of the pack as form fields, and the way back from a form to answers.

use catalogue::model::{AnswerKind, Instrument, Question};
use maud::{Markup, html};
use text::Text;
use visit::instrument::{Answer, AnswerFault, Answers, asked, fits};

use crate::components::field::{self, Look};
use crate::form::{Form, parse_date};

/// The name of a question's field. The instrument stands in it, so that two forms fit on one page.
pub fn name(instrument: &Instrument, question: &str) -> String {
    format!("q.{}.{question}", instrument.id)
}

/// All questions, groups as headings.
pub fn all(t: Text, form: &Form, instrument: &Instrument) -> Markup {
    html! { @for question in &instrument.items { (one(t, form, instrument, question)) } }
}

/// One question with those within it.
pub fn one(t: Text, form: &Form, instrument: &Instrument, question: &Question) -> Markup {
    html! {
        (field_of(t, form, instrument, question))
        @if !question.items.is_empty() {
            @if question.kind == AnswerKind::Group {
                @for inner in &question.items { (one(t, form, instrument, inner)) }
            } @else {
                div.inside { @for inner in &question.items { (one(t, form, instrument, inner)) } }
            }
        }
    }
}

/// One question as a screen of its own on a phone, the so-manieth of so many; what was answered before is carried along.
pub fn screen_of(t: Text, form: &Form, i: &Instrument, (number, of): (usize, usize), id: &str) -> Markup {
    let here = name(i, id);
    html! {
        p.steps { (t.with("visits-question-of", &[("number", number.into()), ("of", of.into())])) }
        (field::hidden("last", id))
        @for (name, value) in form.pairs().iter().filter(|(n, _)| n.starts_with("q.") && *n != here) { (field::hidden(name, value)) }
        @if let Some(question) = i.question(id) { (field_of(t, form, i, question)) }
        div.actions {
            button.btn type="submit" name="do" value="next" { (t.t("continue")) }
            button.btn.btn--second type="submit" name="do" value="whole" { (t.t("visits-whole")) }
        }
        p.small.soft { (t.t("visits-skip")) }
    }
}

/// The words of the question that a field asks.
pub fn words_of(instrument: &Instrument, field: &str, lang: kernel::Lang) -> Option<String> {
    let all = instrument.questions();
    all.into_iter().find(|q| name(instrument, &q.id) == field).map(|q| q.text.get(lang).to_owned())
}

/// The field of one question.
pub fn field_of(t: Text, form: &Form, instrument: &Instrument, question: &Question) -> Markup {
    let lang = t.lang();
    let (label, field) = (question.text.get(lang), name(instrument, &question.id));
    let hint = if question.when.is_empty() { "" } else { &*t.t("visits-if-so") };
    let yes_no = || ["true", "false"].map(|v| (v.to_owned(), t.t(if v == "true" { "yes" } else { "no" }).into_owned()));
    match &question.kind {
        AnswerKind::Group => html! { h2 { (label) } },
        AnswerKind::Display => html! { p { (label) } },
        AnswerKind::Boolean => field::radios(form, &field, label, hint, &yes_no()),
        AnswerKind::Integer | AnswerKind::Decimal => {
            field::line(form, &field, label, Look { hint, width: "w-s", keyboard: "decimal", ..Look::default() })
        }
        AnswerKind::Date => {
            field::line(form, &field, label, Look { hint: &t.t("date-hint"), width: "w-m", ..Look::default() })
        }
        AnswerKind::Text => field::area(form, &field, label, hint, 2),
        AnswerKind::Choice { options, many } => {
            let options: Vec<(String, String)> =
                options.iter().map(|o| (o.code.clone(), o.text.get(lang).to_owned())).collect();
            if *many {
                field::boxes(form, &field, label, hint, &options)
            } else {
                field::radios(form, &field, label, hint, &options)
            }
        }
    }
}

/// The answers of a form; what is empty was skipped. What is none is refused beside its field.
pub fn answers(t: Text, form: &mut Form, instrument: &Instrument) -> Answers {
    let mut all = Answers::new();
    for question in instrument.questions() {
        let field = name(instrument, &question.id);
        let given = form.get(&field).to_owned();
        if given.is_empty() {
            continue;
        }
        let answer = match &question.kind {
            AnswerKind::Group | AnswerKind::Display => None,
            AnswerKind::Boolean => given.parse().ok().map(Answer::Flag),
            // Told on its own screen, not when everything is sent.
            AnswerKind::Integer => given.parse().ok().map(Answer::Integer).filter(|it| fits(question, it).is_ok()),
            AnswerKind::Decimal => number(&given).map(Answer::Decimal),
            AnswerKind::Date => parse_date(&given).map(|day| Answer::Text(day.to_string())),
            AnswerKind::Text => crate::form::is_plain(&given).then_some(Answer::Text(given)),
            AnswerKind::Choice { many: true, .. } => Some(Answer::Many(form.all(&field).map(str::to_owned).collect())),
            AnswerKind::Choice { .. } => Some(Answer::Text(given)),
        };
        match answer {
            Some(answer) => drop(all.insert(question.id.clone(), answer)),
            None => form.refuse(&field, t.t("visits-error-answer")),
        }
    }
    all
}

/// The field where something about the whole form is said: its day, or its first question where it asks for none.
pub fn whole(form: &Form, instruments: &[Instrument]) -> String {
    let asks = |q: &&Question| !matches!(q.kind, AnswerKind::Group | AnswerKind::Display);
    let first = instruments.iter().find_map(|i| i.questions().into_iter().find(asks).map(|q| name(i, &q.id)));
    first.filter(|_| !form.has("on")).unwrap_or_else(|| "on".to_owned())
}

/// Says beside its field what is wrong with an answer.
pub fn refuse(t: Text, form: &mut Form, instrument: &Instrument, faults: &[AnswerFault]) {
    for fault in faults {
        let key = match fault {
            AnswerFault::Missing(_) => "error-field-empty",
            AnswerFault::TooLong(_) => "visits-error-long",
            AnswerFault::Unknown(_) | AnswerFault::Wrong { .. } => "visits-error-answer",
        };
        form.refuse(&name(instrument, fault.item()), t.t(key));
    }
}

/// A number as people type it, with point or comma.
pub fn number(text: &str) -> Option<f64> {
    text.trim().replace(',', ".").parse::<f64>().ok().filter(|n| n.is_finite())
}

/// The question that comes next, one a screen: the first that is asked, given the answers so far, after `last`.
pub fn next<'a>(instrument: &'a Instrument, answers: &Answers, last: &str) -> Option<(usize, usize, &'a Question)> {
    let open: Vec<&Question> = asked(instrument, answers)
        .into_iter()
        .filter(|q| !matches!(q.kind, AnswerKind::Group | AnswerKind::Display))
        .collect();
    let at = open.iter().position(|q| q.id == last).map_or(0, |n| n + 1);
    open.get(at).map(|question| (at + 1, open.len(), *question))
}
