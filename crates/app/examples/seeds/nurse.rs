//! What nurses do: they send what they wrote at the door, some of it twice because no answer came, and correct it later.

use guard::{Action, Role};
use kernel::{EnrolmentId, PersonId, SubmissionId};
use store::{StoreError, Tx, params};
use visit::model::{EndingWord, Visit};
use visit::submit::{About, Outcome};
use visit::{assign, enrol, record};

use crate::world::{Stop, Tools, World, who};

/// The nurse of all families here.
const NURSE: u128 = 61;

impl Tools {
    fn visits(&self) -> visit::Desk<'_> {
        visit::Desk { pack: &self.pack, keys: &self.keys, ids: &*self.ids, now: self.now }
    }
}

/// One thing at the door: a family agrees, a visit is sent, or one is corrected.
pub(crate) async fn one(w: &mut World<'_>) -> Result<(), Stop> {
    let mothers: Vec<PersonId> =
        w.families.iter().filter(|f| f.born.is_some() && !f.dead.contains(&f.mother)).map(|f| f.mother).collect();
    let Some(mother) = w.pick(&mothers) else { return Ok(()) };
    let sql = "select enrolment_id, protocol from visit_enrolment where person_id = $1 and consented_at is not null";
    let row = w.db().read().await?.maybe(sql, params![mother]).await?;
    let Some(row) = row else { return agree(w, mother).await };
    let (enrolment, protocol): (EnrolmentId, String) = (row.get("enrolment_id")?, row.get("protocol")?);
    let sent: Vec<(SubmissionId, String)> =
        w.told.visits.iter().filter(|(_, v)| v.mother == mother).map(|(id, v)| (*id, v.visit.clone())).collect();
    let old = if w.dice.u8(..3) == 0 { w.pick(&sent) } else { None };
    let planned = w.shared.pack.protocols().get(&protocol).map(|p| p.visits.iter().map(|v| v.id.clone()).collect());
    let planned: Vec<String> = planned.unwrap_or_default();
    let Some(visit) = old.as_ref().map(|(_, visit)| visit.clone()).or_else(|| w.pick(&planned)) else { return Ok(()) };
    send(w, (mother, enrolment), visit, old.map(|(id, _)| id)).await
}

/// She agrees, and the office gives her family to the nurse.
async fn agree(w: &mut World<'_>, mother: PersonId) -> Result<(), Stop> {
    let may = w.allowed(Role::VisitSupervisor, Action::ManageVisits, &[mother])?;
    let lead = who(Role::VisitSupervisor, 60);
    w.note(format!("{mother} agrees to visits"));
    let said = w
        .once("agreeing to visits", true, async |tx, tools| {
            let id = enrol::run(tx, &tools.visits(), &lead, &may, mother, true).await?;
            let nurse = Some(who(Role::Nurse, NURSE).account);
            let given = assign::give(tx, &tools.visits(), &lead, &may, id, nurse).await;
            given.map_err(|e| enrol::Fault::Store(StoreError::Driver(e.to_string())))
        })
        .await?;
    said.map(drop).or(Ok(()))
}

async fn send(
    w: &mut World<'_>,
    (mother, enrolment): (PersonId, EnrolmentId),
    visit: String,
    replaces: Option<SubmissionId>,
) -> Result<(), Stop> {
    let may = w.allowed(Role::Nurse, Action::RecordVisit, &[mother])?;
    let nurse = who(Role::Nurse, NURSE);
    let ending = if w.dice.u8(..4) == 0 { EndingWord::NoAccess } else { EndingWord::Done };
    let number = w.number;
    let record = Visit {
        visit: visit.clone(),
        ending,
        minutes: (ending == EndingWord::Done).then_some(40),
        topics: Vec::new(),
        next_steps: Some(format!("what they want to try, {number}")),
        note: None,
        why: (ending != EndingWord::Done).then(|| "nobody opened".to_owned()),
        discharged: Vec::new(),
        measured: Vec::new(),
        forms: Vec::new(),
    };
    // Made on the nurse's tablet, before anything is sent: the id is the key.
    let id = SubmissionId::new(&*w.ids, kernel::Clock::now(&*w.clock));
    let about = About { id, enrolment, on: w.today(), replaces };
    w.note(format!("the visit {visit} is sent{}", if replaces.is_some() { " corrected" } else { "" }));
    let said = w
        .once("a visit", false, async |tx, tools| {
            record::run(tx, &tools.visits(), &nurse, Some(&may), about, &record).await
        })
        .await?;
    let Ok(outcomes) = said else { return Ok(()) };
    if outcomes.iter().any(|o| matches!(o, Outcome::Taken | Outcome::Again | Outcome::Kept(_))) {
        let taken = !outcomes.iter().any(|o| matches!(o, Outcome::Kept(_)));
        let content = content(&mut w.db().read().await?, id).await?.unwrap_or_default();
        if let Some(old) = replaces.filter(|_| taken).and_then(|old| w.told.visits.get_mut(&old)) {
            old.replaced_by = Some(id);
        }
        w.told.visits.insert(id, Sent { mother, visit, content, replaced_by: None });
    }
    Ok(())
}

/// A submission as its nurse was told it was taken.
#[derive(Clone)]
pub(crate) struct Sent {
    mother: PersonId,
    visit: String,
    /// The row as it stood then, without what replaced it.
    pub(crate) content: String,
    /// The correction, when one was taken.
    pub(crate) replaced_by: Option<SubmissionId>,
}

/// Everything of a submission but what came after it; `None`: it is not there, or there twice.
pub(crate) async fn content(tx: &mut Tx, id: SubmissionId) -> Result<Option<String>, StoreError> {
    let sql = "select kind, subject, made_on, ending, status, content, replaces_id, account_id, received_at
        from visit_submission where submission_id = $1";
    let rows = tx.all(sql, params![id]).await?;
    let [row] = &rows[..] else { return Ok(None) };
    let texts: Vec<Option<String>> = ["kind", "subject", "ending", "status", "content"]
        .iter()
        .map(|column| row.maybe(column))
        .collect::<Result<_, _>>()?;
    let (on, at): (kernel::Date, i64) = (row.get("made_on")?, row.get("received_at")?);
    let by: [Option<uuid::Uuid>; 2] = [row.maybe("replaces_id")?, row.maybe("account_id")?];
    Ok(Some(format!("{texts:?} {on} {at} {by:?}")))
}
