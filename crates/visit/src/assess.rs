//! An assessment: answers to an instrument, scored by the rule of the day. What is asked alone is kept apart under seal, and what
//! cannot wait becomes an alert in the same transaction.

use catalogue::model::Instrument;
use guard::{Allowed, Who};
use kernel::SubmissionId;
use serde::{Deserialize, Serialize};
use store::{Tx, params};

use crate::alert;
use crate::desk::Desk;
use crate::instrument::{Answers, accepted, score};
use crate::model::{Assessment, Enrolment, Refusal, SubmissionKind};
use crate::rows::{self, Claim, KEPT_ADD, NewSubmission};
use crate::submit::{self, About, Fault, Outcome};

/// Answers as they are sent.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// What it is about.
    pub about: About,
    /// The instrument as `id@version`.
    pub instrument: String,
    /// The answers; what was skipped is not there.
    pub answers: Answers,
    /// Whether she is alone with whoever asks.
    pub alone: bool,
}

/// What is kept apart.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// The day.
    pub on: kernel::Date,
    /// The assessment.
    pub assessment: Assessment,
}

/// Takes an assessment. `allowed` is the guard's decision on [`guard::Action::RecordVisit`], or on
/// [`guard::Action::JoinVisits`] for what a mother answers herself; `None` where it refused: the answers are then kept for the
/// supervisor and shown to nobody else.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: Option<&Allowed>,
    input: &Input,
) -> Result<Outcome, Fault> {
    let e = rows::enrolment(tx, input.about.enrolment).await?.ok_or(Fault::NoEnrolment)?;
    let known = desk.pack.instruments().get(&input.instrument);
    let own = allowed.filter(|a| a.action() == guard::Action::JoinVisits);
    let mut refused = match own {
        Some(own) if !own.covers(e.person) || who.person != Some(e.person) => return Err(Fault::NotAllowed),
        Some(_) if known.is_some_and(|i| !i.self_filled || i.alone_only) => return Err(Fault::NotAllowed),
        Some(_) => None,
        None => submit::refuse(desk, &e, allowed, input.about.on)?,
    };
    let id = input.instrument.split('@').next().unwrap_or_default();
    let Some(instrument) = known else {
        // Of an instrument that is known here in other versions only: kept as it came.
        if desk.pack.instrument(id).is_none() {
            return Err(Fault::NoInstrument(input.instrument.chars().take(60).collect()));
        }
        refused = refused.or(Some(Refusal::OldForm));
        let whole = Assessment { answers: input.answers.clone(), ..bare(&input.instrument) };
        return keep_whole(tx, desk, who, &e, input, whole, refused).await;
    };
    if instrument.alone_only && !input.alone {
        return Err(Fault::NotAlone);
    }
    let answers = accepted(instrument, &input.answers).map_err(Fault::Answers)?;
    let assessment = scored(desk, instrument, answers, input);
    if instrument.alone_only || refused.is_some() {
        return keep_whole(tx, desk, who, &e, input, assessment, refused).await;
    }
    let new = NewSubmission {
        id: input.about.id,
        kind: SubmissionKind::Assessment,
        subject: &input.instrument,
        made_on: input.about.on,
        ending: None,
        refused: None,
        content: rows::json(&assessment)?,
        replaces: input.about.replaces,
    };
    let outcome = submit::receive(tx, desk, who, &e, new).await?;
    if outcome == Outcome::Taken {
        raise(tx, desk, &e, input.about.id, instrument, &assessment).await?;
    }
    Ok(outcome)
}

fn bare(instrument: &str) -> Assessment {
    Assessment {
        instrument: instrument.to_owned(),
        answers: Answers::new(),
        rule: None,
        points: None,
        counted: Vec::new(),
        skipped: Vec::new(),
    }
}

fn scored(desk: &Desk<'_>, instrument: &Instrument, answers: Answers, input: &Input) -> Assessment {
    let Some(rule) = desk.pack.score_on(&instrument.id, input.about.on) else {
        return Assessment { answers, ..bare(&instrument.key) };
    };
    let scored = score(rule, instrument, &answers);
    Assessment {
        instrument: instrument.key.clone(),
        rule: Some(rule.key.clone()),
        points: Some(scored.points),
        counted: scored.counted,
        skipped: scored.skipped,
        answers,
    }
}

/// What is asked alone, and whatever cannot be taken in, goes under seal whole: its row says neither what was asked nor answered.
async fn keep_whole(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    e: &Enrolment,
    input: &Input,
    assessment: Assessment,
    refused: Option<Refusal>,
) -> Result<Outcome, Fault> {
    let about = &input.about;
    let content = rows::json(&assessment)?;
    match rows::claim(tx, desk, about.id, e.person, &format!("{} kept {} {content}", e.id, about.on)).await? {
        Claim::Same => return Ok(refused.map_or(Outcome::Again, Outcome::Kept)),
        Claim::Other => return Err(Fault::OtherContent),
        Claim::New => {}
    }
    let instrument = desk.pack.instruments().get(&assessment.instrument);
    // A danger is a danger, whoever was told of it: the alert goes out even where the answers cannot be taken in.
    if let Some(instrument) = instrument {
        raise(tx, desk, e, about.id, instrument, &assessment).await?;
    }
    let kept = rows::json(&Kept { on: about.on, assessment })?;
    let sealed = desk.keys.seal_field("visit_kept", "sealed", about.id.0, kept.as_bytes())?;
    tx.execute(KEPT_ADD, params![e.person, about.id, e.id, sealed, who.account, desk.now]).await?;
    if let Some(reason) = refused {
        let new = NewSubmission {
            id: about.id,
            kind: SubmissionKind::Assessment,
            subject: "",
            made_on: about.on,
            ending: None,
            refused: Some(reason),
            content: "{}".to_owned(),
            replaces: None,
        };
        rows::submit(tx, desk, e, who.account, new).await?;
    }
    Ok(refused.map_or(Outcome::Taken, Outcome::Kept))
}

/// Opens an alert for everything in the answers that cannot wait.
async fn raise(
    tx: &mut Tx,
    desk: &Desk<'_>,
    e: &Enrolment,
    from: SubmissionId,
    instrument: &Instrument,
    assessment: &Assessment,
) -> Result<(), Fault> {
    let rule = assessment.rule.as_deref().and_then(|key| desk.pack.scores().get(key));
    let Some(rule) = rule else { return Ok(()) };
    let scored = score(rule, instrument, &assessment.answers);
    let mut kinds: Vec<&str> = Vec::new();
    for safety in scored.safety {
        // One alert for one kind of danger, with the shortest time.
        if !kinds.contains(&safety.kind.as_str()) {
            kinds.push(&safety.kind);
            alert::open(tx, desk, e, from, rule, safety).await?;
        }
    }
    Ok(())
}
