//! Families whole, one piece after the other, for a room that counts them. A machine's look: nothing is shown to anybody, and what a
//! mother told alone is not among it.

use std::collections::HashMap;

use kernel::{AccountId, Date, EnrolmentId, PersonId};
use store::{StoreError, Tx, params};
use uuid::Uuid;

use crate::instrument::Answers;
use crate::model::{Assessment, EndingWord, Enrolment, SubmissionKind, Visit};
use crate::roll::Last;
use crate::rows;

store::sql! {
    NEXT = "select * from visit_enrolment where person_id > $1 or (person_id = $1 and enrolment_id > $2) order by person_id, enrolment_id limit $3";
    CONTACTS = "select enrolment_id, kind, made_on, content, account_id from visit_submission
        where person_id >= $1 and person_id <= $2 and status = 'accepted' and replaced_by is null";
    LEVELS = "select enrolment_id, from_on, protocol, tier from visit_tier where person_id >= $1 and person_id <= $2 order by from_on, recorded_at, tier_id";
}

/// A family with everything that counts.
#[derive(Clone, Debug)]
pub struct Whole {
    /// The family; agreed to visits or not.
    pub enrolment: Enrolment,
    /// Decisions on need in the order of their days: from when on, under which protocol (`id@version`), at which level within it.
    pub levels: Vec<(Date, String, Option<String>)>,
    /// Visits and assessments that were taken in and not replaced, in the order of their days.
    pub contacts: Vec<Contact>,
}

/// A visit, made or tried, or an assessment.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The day.
    pub on: Date,
    /// How a visit ended; `None`: an assessment.
    pub ending: Option<EndingWord>,
    /// Minutes in the home.
    pub minutes: Option<u32>,
    /// Whose.
    pub account: AccountId,
    /// Topics talked about.
    pub topics: Vec<String>,
    /// Answers by instrument as `id@version`.
    pub answers: Vec<(String, Answers)>,
}

/// The next families after `last` in the order of their ids, those whose visits have ended among them.
///
/// # Errors
/// The database, or a record that cannot be read.
pub async fn after(tx: &mut Tx, last: Option<Last>, most: u32) -> Result<Vec<Whole>, StoreError> {
    let (person, id) = last.unwrap_or((PersonId(Uuid::nil()), EnrolmentId(Uuid::nil())));
    let found = tx.all(NEXT, params![person, id, most]).await?;
    let families: Vec<Enrolment> = found.iter().map(rows::read_enrolment).collect::<Result<_, _>>()?;
    let (Some(first), Some(end)) = (families.first(), families.last()) else { return Ok(Vec::new()) };
    let span = params![first.person, end.person].to_vec();
    let mut contacts: HashMap<EnrolmentId, Vec<Contact>> = HashMap::with_capacity(families.len());
    for row in tx.all(CONTACTS, &span).await? {
        let on = row.get("made_on")?;
        let account = row.get("account_id")?;
        let contact = match row.parse::<SubmissionKind>("kind")? {
            SubmissionKind::Visit => {
                let it: Visit = row.json("content")?;
                Contact {
                    on,
                    ending: Some(it.ending),
                    minutes: it.minutes,
                    account,
                    topics: it.topics,
                    answers: it.forms,
                }
            }
            SubmissionKind::Assessment => {
                let it: Assessment = row.json("content")?;
                let answers = vec![(it.instrument, it.answers)];
                Contact { on, ending: None, minutes: None, account, topics: Vec::new(), answers }
            }
        };
        contacts.entry(row.get("enrolment_id")?).or_default().push(contact);
    }
    let mut levels: HashMap<EnrolmentId, Vec<(Date, String, Option<String>)>> = HashMap::new();
    for row in tx.all(LEVELS, &span).await? {
        let level = (row.get("from_on")?, row.get("protocol")?, row.maybe("tier")?);
        levels.entry(row.get("enrolment_id")?).or_default().push(level);
    }
    let mut whole = |enrolment: Enrolment| {
        let mut contacts = contacts.remove(&enrolment.id).unwrap_or_default();
        contacts.sort_by_key(|c| c.on);
        Whole { levels: levels.remove(&enrolment.id).unwrap_or_default(), contacts, enrolment }
    };
    Ok(families.into_iter().map(&mut whole).collect())
}
