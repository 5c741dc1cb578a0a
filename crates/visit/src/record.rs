//! A visit, made or tried, as its nurse sends it.

use guard::{Allowed, Who};
use kernel::Date;
use store::{StoreError, Tx};

use crate::desk::Desk;
use crate::instrument::{Answers, accepted};
use crate::model::{EndingWord, Enrolment, Measured, Refusal, SubmissionKind, Visit};
use crate::rows::{self, NewSubmission};
use crate::submit::{self, About, Fault, Outcome, POSSIBLE};

/// The most characters of a text of a visit.
pub const MOST_WORDS: usize = 4_000;
/// The most minutes of a visit.
const MOST_MINUTES: u32 = 600;

/// Takes a visit. `allowed` is the guard's decision on [`guard::Action::RecordVisit`]; `None` where it refused: the visit is then
/// kept for the supervisor, and nothing about the family is told.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: Option<&Allowed>,
    about: About,
    visit: &Visit,
) -> Result<Outcome, Fault> {
    let mut e = rows::enrolment(tx, about.enrolment).await?.ok_or(Fault::NoEnrolment)?;
    let mut refused = submit::refuse(desk, &e, allowed, about.on)?;
    let mut visit = visit.clone();
    check(&e, refused.is_none(), &visit)?;
    visit.forms = forms(desk, &visit, &mut refused)?;
    if refused.is_none() && !planned(desk, &e, &visit.visit) {
        refused = Some(Refusal::NoSuchVisit);
    }
    let new = NewSubmission {
        id: about.id,
        kind: SubmissionKind::Visit,
        subject: &visit.visit,
        made_on: about.on,
        ending: Some(visit.ending.word()),
        refused,
        content: rows::json(&visit)?,
        replaces: about.replaces,
    };
    let outcome = submit::receive(tx, desk, who, &e, new).await?;
    if outcome == Outcome::Taken {
        discharged(tx, desk, who, &mut e, &visit).await?;
    }
    Ok(outcome)
}

/// Days on which children left hospital, as told at a visit that counts.
pub(crate) async fn discharged(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    e: &mut Enrolment,
    visit: &Visit,
) -> Result<(), StoreError> {
    let before = e.dates.clone();
    for child in &mut e.dates.children {
        let told = visit.discharged.iter().find(|(id, day)| *id == child.person && *day >= child.born);
        child.discharged = told.map(|(_, day)| *day).or(child.discharged);
    }
    if e.dates != before {
        let now = serde_json::json!({ "before": before, "now": e.dates });
        rows::keep(tx, desk, e, "dates", &now, Some(who.account)).await?;
    }
    Ok(())
}

/// What can be mended by whoever sends it.
fn check(e: &Enrolment, theirs: bool, visit: &Visit) -> Result<(), Fault> {
    let words = [&visit.next_steps, &visit.note, &visit.why];
    if words.into_iter().flatten().any(|text| text.chars().count() > MOST_WORDS) {
        return Err(Fault::TooLong);
    }
    if visit.ending != EndingWord::Done && visit.why.as_deref().is_none_or(|why| why.trim().is_empty()) {
        return Err(Fault::NoReason);
    }
    if visit.minutes.is_some_and(|minutes| minutes == 0 || minutes > MOST_MINUTES) {
        return Err(Fault::Minutes);
    }
    for (number, measured) in visit.measured.iter().enumerate() {
        // Of a family in other hands not even the children's number is told.
        if theirs && !e.dates.children.iter().any(|c| c.person == measured.child) {
            return Err(Fault::NotTheirChild);
        }
        possible(number, measured)?;
    }
    Ok(())
}

fn possible(child: usize, measured: &Measured) -> Result<(), Fault> {
    let values = [measured.weight_kg, measured.length_cm, measured.head_cm, measured.arm_cm];
    for ((what, low, high), value) in POSSIBLE.into_iter().zip(values) {
        if let Some(value) = value.filter(|v| !(low..=high).contains(v)) {
            return Err(Fault::Impossible { child, what, value: value.to_string(), low, high });
        }
    }
    Ok(())
}

/// The answers to the forms as far as they are asked. A form of a version that is not known here is kept as it came.
fn forms(desk: &Desk<'_>, visit: &Visit, refused: &mut Option<Refusal>) -> Result<Vec<(String, Answers)>, Fault> {
    let mut all = Vec::with_capacity(visit.forms.len());
    for (key, answers) in &visit.forms {
        let id = key.split('@').next().unwrap_or_default();
        let answers = match desk.pack.instruments().get(key) {
            // What is asked alone never travels with a visit.
            Some(instrument) if instrument.alone_only => return Err(Fault::NotAlone),
            Some(instrument) => accepted(instrument, answers).map_err(Fault::Answers)?,
            None if desk.pack.instrument(id).is_some() => {
                *refused = refused.or(Some(Refusal::OldForm));
                answers.clone()
            }
            None => return Err(Fault::NoInstrument(key.chars().take(60).collect())),
        };
        all.push((key.clone(), answers));
    }
    Ok(all)
}

/// Whether the family's protocol knows this visit at all; whether it is its time does not matter, for a late visit is one.
fn planned(desk: &Desk<'_>, e: &Enrolment, visit: &str) -> bool {
    let Some(protocol) = desk.pack.protocols().get(&e.protocol) else { return false };
    let mut parts = visit.split('/');
    let id = parts.next().unwrap_or_default();
    if protocol.rhythms.iter().any(|r| r.id == id) {
        let since = parts.next().is_some_and(|day| day.parse::<Date>().is_ok());
        return since && parts.next().is_some_and(|n| n.parse::<u32>().is_ok()) && parts.next().is_none();
    }
    visit == id && protocol.visit_name(id).is_some()
}
