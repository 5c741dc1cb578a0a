//! Answers to an instrument: QuestionnaireResponse. A question that a rule of safety looks at never tells its answer here: it is
//! seen to by those who are responsible, alone, and in no client's cache.

use catalogue::model::{AnswerKind, Instrument, Question};
use serde_json::{Value, json};
use visit::instrument::{Answer, Answers};
use visit::model::Assessment;

use super::Made;
use crate::Resource;
use crate::datatype::{extension, identifier, own, part, reference};

/// An assessment.
pub(super) fn assessment(made: &Made<'_>, it: &Assessment) -> Resource {
    let points = it.points.map(|points| json!({ "url": extension("points"), "valueInteger": points }));
    let rule = it.rule.as_ref().map(|rule| json!({ "url": extension("score-rule"), "valueString": rule }));
    response(made, made.id.to_string(), &it.instrument, &it.answers, json!([points, rule]), Value::Null)
}

/// A form of a visit.
pub(super) fn of_visit(made: &Made<'_>, key: &str, answers: &Answers) -> Resource {
    let id = part(made.id.0, key.split('@').next().unwrap_or_default());
    response(made, id, key, answers, Value::Null, reference("Encounter", made.id))
}

fn response(
    made: &Made<'_>,
    id: String,
    key: &str,
    answers: &Answers,
    extensions: Value,
    encounter: Value,
) -> Resource {
    let instrument = made.country.pack.instruments().get(key);
    let items = match instrument {
        Some(instrument) => items(made, instrument, &instrument.items, answers),
        // A form that is no longer in the pack: as it was answered, without words.
        None => answers.iter().map(|(id, a)| json!({ "linkId": id, "answer": plain(a) })).collect(),
    };
    let (bare, version) = key.split_once('@').unwrap_or((key, ""));
    let url = instrument.map_or_else(|| format!("urn:hearth:questionnaire:{bare}"), |i| i.url.clone());
    let status = if made.number == 1 { "completed" } else { "amended" };
    let own_id = encounter.is_null().then(|| identifier(made.id.0));
    made.version(json!({
        "resourceType": "QuestionnaireResponse",
        "id": id,
        "extension": extensions,
        "identifier": own_id,
        "questionnaire": if version.is_empty() { url } else { format!("{url}|{version}") },
        "status": status,
        "subject": reference("Patient", made.file.enrolment.person),
        "encounter": encounter,
        "authored": made.submission.made_on.to_string(),
        "author": reference("Practitioner", made.submission.account),
        "source": reference("Patient", made.file.enrolment.person),
        "item": items,
    }))
}

/// The answered questions, groups around them.
fn items(made: &Made<'_>, instrument: &Instrument, questions: &[Question], answers: &Answers) -> Vec<Value> {
    let one = |question: &Question| {
        let below = items(made, instrument, &question.items, answers);
        let answer = answers.get(&question.id);
        if answer.is_none() && below.is_empty() {
            return None;
        }
        let shut = answer.is_some() && looked_at(made, instrument, &question.id);
        let masked = json!([{
            "url": "http://hl7.org/fhir/StructureDefinition/data-absent-reason", "valueCode": "masked",
        }]);
        let told = answer.filter(|_| !shut).map(|a| typed(made, question, a)).unwrap_or_default();
        let mut it = json!({
            "linkId": question.id,
            "text": question.text.get(made.country.lang),
        });
        if let Value::Object(it) = &mut it {
            if shut {
                it.insert("extension".to_owned(), masked);
            }
            // FHIR has questions below an answer, and groups directly below a group.
            match (told.is_empty(), below.is_empty()) {
                (false, false) => {
                    let mut told = told;
                    if let Some(Value::Object(last)) = told.last_mut() {
                        last.insert("item".to_owned(), Value::Array(below));
                    }
                    it.insert("answer".to_owned(), Value::Array(told));
                }
                (false, true) => drop(it.insert("answer".to_owned(), Value::Array(told))),
                (true, false) => drop(it.insert("item".to_owned(), Value::Array(below))),
                (true, true) => {}
            }
        }
        Some(it)
    };
    questions.iter().filter_map(one).collect()
}

/// Whether any rule of safety of the instrument looks at this question.
fn looked_at(made: &Made<'_>, instrument: &Instrument, item: &str) -> bool {
    let rules = made.country.pack.scores().iter().filter(|s| s.instrument == instrument.id);
    rules.flat_map(|s| &s.safety).any(|s| s.item.as_deref() == Some(item))
}

fn typed(made: &Made<'_>, question: &Question, answer: &Answer) -> Vec<Value> {
    let choice = |code: &String| {
        let AnswerKind::Choice { options, .. } = &question.kind else {
            return json!({ "valueString": code });
        };
        let option = options.iter().find(|o| o.code == *code);
        let ordinal = option
            .and_then(|o| o.ordinal)
            .map(|n| json!({ "url": "http://hl7.org/fhir/StructureDefinition/ordinalValue", "valueDecimal": n }));
        let display = option.map(|o| o.text.get(made.country.lang)).unwrap_or_default();
        json!({ "valueCoding": { "extension": [ordinal], "system": own("answer"), "code": code, "display": display } })
    };
    match (answer, &question.kind) {
        (Answer::Integer(n), AnswerKind::Decimal) => vec![json!({ "valueDecimal": n })],
        (Answer::Text(day), AnswerKind::Date) => vec![json!({ "valueDate": day })],
        (Answer::Text(code), AnswerKind::Choice { .. }) => vec![choice(code)],
        (Answer::Many(codes), _) => codes.iter().map(choice).collect(),
        (other, _) => plain(other),
    }
}

fn plain(answer: &Answer) -> Vec<Value> {
    match answer {
        Answer::Flag(flag) => vec![json!({ "valueBoolean": flag })],
        Answer::Integer(n) => vec![json!({ "valueInteger": n })],
        Answer::Decimal(n) => vec![json!({ "valueDecimal": n })],
        Answer::Text(text) => vec![json!({ "valueString": text })],
        Answer::Many(all) => all.iter().map(|text| json!({ "valueString": text })).collect(),
    }
}
