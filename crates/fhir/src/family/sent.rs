//! What a nurse's client sends: a visit as an Encounter with what was measured and answered in it, an assessment as a
//! QuestionnaireResponse. A visit is one submission: its parts come together, in one transaction.

use kernel::{Date, EnrolmentId, PersonId};
use serde_json::Value;
use uuid::Uuid;
use visit::instrument::{Answer, Answers};
use visit::model::{EndingWord, Measured, Visit};

use super::encounter::MEASURES;
use crate::Country;
use crate::datatype::{extension, own};
use crate::read::{Fault, Part};

/// A visit that was sent, without its parts.
#[derive(Clone, Debug, PartialEq)]
pub struct Sent {
    /// Its own id, where it was named.
    pub id: Option<Uuid>,
    /// The family.
    pub enrolment: EnrolmentId,
    /// Who was visited.
    pub subject: PersonId,
    /// The day.
    pub on: Date,
    /// What was done.
    pub visit: Visit,
}

/// Takes an Encounter apart.
///
/// # Errors
/// What cannot be, with its place.
pub fn encounter(sent: &Value) -> Result<Sent, Fault> {
    let part = Part::resource(sent, "Encounter")?;
    part.known(&[
        "extension",
        "identifier",
        "status",
        "class",
        "type",
        "subject",
        "episodeOfCare",
        "participant",
        "appointment",
        "period",
        "length",
        "reasonCode",
        "serviceProvider",
    ])?;
    part.extensions(&["visit-ending", "next-steps", "note", "why-not", "discharged"])?;
    let class = part.required("class")?;
    if class.required("code")?.value() != "HH" {
        return Err(class.fault("a visit at home has the class HH of v3-ActCode"));
    }
    let word = |name: &str| part.extension(name)?.map(|e| e.required("valueString")?.text()).transpose();
    let status = part.required("status")?;
    let said = part.extension("visit-ending")?.map(|e| e.required("valueCode")).transpose()?;
    let ending = match (status.text()?.as_str(), &said) {
        ("finished", None) => EndingWord::Done,
        ("finished" | "cancelled", Some(ending)) => {
            ending.text()?.parse::<EndingWord>().map_err(|why| ending.fault(why))?
        }
        ("cancelled", None) => {
            return Err(part.at(
                "extension",
                &format!("say how it ended: {} no_access, refused or nurse_away", extension("visit-ending")),
            ));
        }
        _ => return Err(status.fault("expected finished, or cancelled for a visit that did not take place")),
    };
    if (ending == EndingWord::Done) != (status.value() == "finished") {
        return Err(status.fault("does not fit how the visit ended: finished goes with done, cancelled with the rest"));
    }
    let kind = part.list("type")?.into_iter().next().ok_or_else(|| part.at("type", "is missing"))?;
    let visit = kind.code(&own("visit"))?.ok_or_else(|| kind.fault(format!("expected a code of {}", own("visit"))))?;
    let episode =
        part.list("episodeOfCare")?.into_iter().next().ok_or_else(|| part.at("episodeOfCare", "is missing"))?;
    let mut topics = Vec::new();
    for reason in part.list("reasonCode")? {
        topics.push(
            reason.code(&own("topic"))?.ok_or_else(|| reason.fault(format!("expected a code of {}", own("topic"))))?,
        );
    }
    Ok(Sent {
        id: part.own_id()?,
        enrolment: EnrolmentId(episode.id_of("EpisodeOfCare")?),
        subject: PersonId(part.required("subject")?.id_of("Patient")?),
        on: part.required("period")?.required("start")?.date()?,
        visit: Visit {
            visit,
            ending,
            minutes: part.maybe("length").map(|l| minutes(&l)).transpose()?,
            topics,
            next_steps: word("next-steps")?,
            note: word("note")?,
            why: word("why-not")?,
            discharged: discharged(&part)?,
            measured: Vec::new(),
            forms: Vec::new(),
        },
    })
}

fn minutes(length: &Part<'_>) -> Result<u32, Fault> {
    if length.maybe("code").is_some_and(|c| c.value() != "min") {
        return Err(length.at("code", "expected min: the length is kept in minutes"));
    }
    length.required("value")?.count()
}

fn discharged(part: &Part<'_>) -> Result<Vec<(PersonId, Date)>, Fault> {
    let url = extension("discharged");
    let mut all = Vec::new();
    for told in part.list("extension")?.iter().filter(|e| e.maybe("url").is_some_and(|u| u.value() == url.as_str())) {
        let (mut child, mut on) = (None, None);
        for inner in told.list("extension")? {
            match inner.required("url")?.value().as_str() {
                Some("child") => child = Some(PersonId(inner.required("valueReference")?.id_of("Patient")?)),
                Some("on") => on = Some(inner.required("valueDate")?.date()?),
                _ => return Err(inner.fault("expected child and on")),
            }
        }
        all.push(child.zip(on).ok_or_else(|| told.fault("expected child and on"))?);
    }
    Ok(all)
}

/// Which Encounter a part of a visit belongs to, as it is referred to; `None`: to none.
pub fn encounter_of(sent: &Value) -> Option<&str> {
    sent.get("encounter")?.get("reference")?.as_str()
}

/// Puts an Observation into the visit it was made in.
///
/// # Errors
/// What cannot be, with its place.
pub fn observation(sent: &Value, visit: &mut Visit) -> Result<(), Fault> {
    let part = Part::resource(sent, "Observation")?;
    part.known(&[
        "status",
        "category",
        "code",
        "subject",
        "encounter",
        "effectiveDateTime",
        "performer",
        "valueQuantity",
        "valueBoolean",
    ])?;
    let child = PersonId(part.required("subject")?.id_of("Patient")?);
    let code = part.required("code")?;
    let place = match visit.measured.iter().position(|m| m.child == child) {
        Some(place) => place,
        None => {
            visit.measured.push(bare(child));
            visit.measured.len() - 1
        }
    };
    let Some(of) = visit.measured.get_mut(place) else { return Ok(()) };
    if let Some(id) = code.code(&own("milestone"))? {
        if seen(&part)? {
            of.milestones.push(id);
        }
        return Ok(());
    }
    if code.code(&own("finding"))?.is_some_and(|id| id == "oedema-both-feet") {
        of.oedema = seen(&part)?;
        return Ok(());
    }
    let loinc = code.code("http://loinc.org")?;
    let known = MEASURES.iter().find(|(_, known, ..)| loinc.as_deref() == Some(*known));
    let Some((name, _, _, _, unit)) = known else {
        let codes: Vec<&str> = MEASURES.iter().map(|(_, code, ..)| *code).collect();
        return Err(code.fault(format!(
            "expected one of the LOINC codes {}, or a milestone of {}",
            codes.join(", "),
            own("milestone")
        )));
    };
    let quantity = part.required("valueQuantity")?;
    let value = in_unit(&quantity, unit)?;
    let slot = match *name {
        "weight" => &mut of.weight_kg,
        "head" => &mut of.head_cm,
        "arm" => &mut of.arm_cm,
        length => {
            of.standing = Some(length == "height");
            &mut of.length_cm
        }
    };
    if slot.replace(value).is_some() {
        return Err(code.fault("was measured twice in this visit: send the one that counts"));
    }
    Ok(())
}

fn bare(child: PersonId) -> Measured {
    Measured {
        child,
        weight_kg: None,
        length_cm: None,
        standing: None,
        head_cm: None,
        arm_cm: None,
        oedema: false,
        milestones: Vec::new(),
    }
}

fn seen(part: &Part<'_>) -> Result<bool, Fault> {
    part.required("valueBoolean")?.truth()
}

/// A quantity in the unit it is kept in; grams and metres are taken too, for many scales and rods show them.
fn in_unit(quantity: &Part<'_>, unit: &str) -> Result<f64, Fault> {
    let value = quantity.required("value")?.number()?;
    let code = quantity.required("code")?;
    match (code.value().as_str().unwrap_or_default(), unit) {
        (same, unit) if same == unit => Ok(value),
        ("g", "kg") => Ok(value / 1000.0),
        ("m", "cm") => Ok(value * 100.0),
        _ => Err(code.fault(format!("expected {unit} (UCUM)"))),
    }
}

/// Answers that were sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Answered {
    /// Its own id, where it was named.
    pub id: Option<Uuid>,
    /// The person who answered.
    pub person: PersonId,
    /// The instrument as `id@version`.
    pub instrument: String,
    /// The day; `None`: not said.
    pub on: Option<Date>,
    /// The answers.
    pub answers: Answers,
}

/// Takes a QuestionnaireResponse apart.
///
/// # Errors
/// What cannot be, with its place.
pub fn answers(sent: &Value, country: &Country<'_>) -> Result<Answered, Fault> {
    let part = Part::resource(sent, "QuestionnaireResponse")?;
    part.known(&[
        "identifier",
        "questionnaire",
        "status",
        "subject",
        "encounter",
        "authored",
        "author",
        "source",
        "item",
        "extension",
    ])?;
    let status = part.required("status")?;
    if !["completed", "amended"].contains(&status.text()?.as_str()) {
        return Err(status.fault("expected completed, or amended for a correction"));
    }
    let canonical = part.required("questionnaire")?;
    let text = canonical.text()?;
    let (url, version) = text.split_once('|').unwrap_or((&text, ""));
    let mut known = country.pack.instruments().iter().filter(|i| i.url == url);
    let instrument = known.find(|i| version.is_empty() || i.version == version);
    let key = match instrument {
        Some(instrument) => instrument.key.clone(),
        // A version that is not known here is kept by the use case, with the reason.
        None => match country.pack.instruments().iter().find(|i| i.url == url) {
            Some(other) => format!("{}@{}", other.id, version.chars().take(40).collect::<String>()),
            None => return Err(canonical.fault("there is no such questionnaire: GET Questionnaire lists them")),
        },
    };
    let mut answers = Answers::new();
    items(&part, &mut answers)?;
    Ok(Answered {
        id: part.own_id()?,
        person: PersonId(part.required("subject")?.id_of("Patient")?),
        instrument: key,
        on: part.maybe("authored").map(|a| a.date()).transpose()?,
        answers,
    })
}

fn items(part: &Part<'_>, answers: &mut Answers) -> Result<(), Fault> {
    for item in part.list("item")? {
        let id = item.required("linkId")?.text()?;
        if item.maybe("extension").is_some() {
            return Err(item.at(
                "extension",
                "the answer is kept back here: say it anew, or leave the item out if it was not answered",
            ));
        }
        let mut all = Vec::new();
        for answer in item.list("answer")? {
            all.push(answered(&answer)?);
            items(&answer, answers)?;
        }
        let one = match all.len() {
            0 => None,
            1 => all.pop(),
            _ => Some(Answer::Many(
                all.iter()
                    .map(code_of)
                    .collect::<Option<_>>()
                    .ok_or_else(|| item.fault("only choices have several answers"))?,
            )),
        };
        if let Some(one) = one
            && answers.insert(id, one).is_some()
        {
            return Err(item.at("linkId", "stands twice"));
        }
        items(&item, answers)?;
    }
    Ok(())
}

fn code_of(answer: &Answer) -> Option<String> {
    match answer {
        Answer::Text(code) => Some(code.clone()),
        _ => None,
    }
}

fn answered(answer: &Part<'_>) -> Result<Answer, Fault> {
    if let Some(coding) = answer.maybe("valueCoding") {
        return Ok(Answer::Text(coding.required("code")?.text()?));
    }
    if let Some(flag) = answer.maybe("valueBoolean") {
        return flag.truth().map(Answer::Flag);
    }
    if let Some(number) = answer.maybe("valueInteger") {
        return number.value().as_i64().map(Answer::Integer).ok_or_else(|| number.fault("expected a whole number"));
    }
    if let Some(number) = answer.maybe("valueDecimal") {
        return number.number().map(Answer::Decimal);
    }
    for name in ["valueString", "valueDate"] {
        if let Some(text) = answer.maybe(name) {
            return text.text().map(Answer::Text);
        }
    }
    Err(answer.fault("expected valueCoding, valueBoolean, valueInteger, valueDecimal, valueDate or valueString"))
}
