//! Sending a draft: one application, one case for each programme and subject, whatever the rules say of it.

use guard::{Allowed, Who};
use kernel::{ApplicationId, CaseId, Date, DraftId, HouseholdId, PersonId};
use registry::fact::FactError;
use serde::Serialize;
use store::{AsConflict, StoreError, Tx, params};

use super::account;
use super::answers::{self, Frame, SELF};
use super::model::{Chosen, Draft, DraftStatus, Setting, reason};
use super::questions::{Outlook, Question, asked, is_for_the_dead, outlook, with_answers};
use super::{consent, draft, ground, life, rows};
use crate::accept::RECEIVED;
use crate::case::model::in_days;
use crate::case::open::{Opening, OpeningItem};
use crate::case::{self, Actor, Stage, StepKind};
use crate::desk::Desk;
use crate::evaluate::{Evaluation, for_offers};
use crate::household;
use crate::model::{Cause, ItemStatus, Offer, Prefilled, Subject};
use crate::rows::json;
use crate::snapshot::Snapshot;

/// The draft to send.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Input {
    /// Which.
    pub draft: DraftId,
    /// The revision that was shown.
    pub revision: u32,
}

/// One programme applied for, with its case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// The programme.
    pub programme: String,
    /// Whose entitlement.
    pub subject: Subject,
    /// The case: new, or the one that runs already.
    pub case: CaseId,
    /// Whether it was there before: the same had been applied for and still runs.
    pub existing: bool,
    /// The last day of the claim window, when it had passed: the application is late, and was taken all the same.
    pub late: Option<Date>,
}

/// Something only the person can give and has not given.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Missing {
    /// Whom it is about.
    pub subject: Subject,
    /// The item.
    pub item: String,
    /// The programmes that need it.
    pub programmes: Vec<String>,
    /// Until when it should be there: the last day the law gives for the first of these decisions.
    pub by: Date,
}

/// What came of sending.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Done {
    /// The application; `None` when everything had been applied for before and runs.
    pub application: Option<ApplicationId>,
    /// Every programme with its case.
    pub items: Vec<Item>,
    /// What only the person can still give.
    pub missing: Vec<Missing>,
    /// Consents that are needed and do not stand.
    pub consents: Vec<consent::Wanted>,
    /// Answers that were not taken: nobody asks for them any more, or the pack cannot take them any more. They stay in the
    /// draft.
    pub left: Vec<(Subject, String)>,
}

/// Why nothing was sent. Nothing is sent in part.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The draft, its choices or the right to act.
    #[error(transparent)]
    Draft(draft::Fault),
    /// Nothing was chosen.
    #[error("no programme was chosen: choose at least one")]
    Nothing,
    /// An official gave no reason.
    #[error("an official who applies for somebody says why: give a reason of 3 to 2000 characters")]
    NoReason,
    /// The subject died and the programme is not for the dead.
    #[error("{programme} cannot be claimed for somebody who died on {on}")]
    SubjectDead {
        /// Which.
        programme: String,
        /// The day.
        on: Date,
    },
    /// The window has not opened.
    #[error("{programme} can be claimed from {opens} on: come back then")]
    NotYet {
        /// Which.
        programme: String,
        /// The first day of the window.
        opens: Date,
    },
    /// A consent.
    #[error(transparent)]
    Consent(consent::Fault),
    /// The registry refused an answer.
    #[error("{0}")]
    Registry(String),
    /// A case could not be opened.
    #[error(transparent)]
    Case(case::open::Fault),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// Errors of other use cases as ours: the database's own stay what they are, so that a conflict is repeated.
macro_rules! from {
    ($($error:ty: $store:path => $ours:expr;)*) => {$(
        impl From<$error> for Fault {
            fn from(error: $error) -> Self {
                match error {
                    $store(inner) => Fault::Store(inner),
                    other => $ours(other),
                }
            }
        }
    )*};
}
from! {
    draft::Fault: draft::Fault::Store => Fault::Draft;
    consent::Fault: consent::Fault::Store => Fault::Consent;
    case::open::Fault: case::open::Fault::Store => Fault::Case;
    FactError: FactError::Store => |e: FactError| Fault::Registry(e.to_string());
}

/// Sends a draft. Sending it again gives the same application.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    setting: Setting<'_>,
    input: Input,
) -> Result<Done, Fault> {
    let draft = rows::draft(tx, input.draft).await?.ok_or(draft::Fault::NoDraft)?;
    ground(tx, desk, who, allowed, draft.person, None).await?.ok_or(draft::Fault::NoDraft)?;
    let sent = match (draft.status, draft.application) {
        (DraftStatus::Open, _) => None,
        (DraftStatus::Sent, sent) => Some(sent),
        (ended, _) => return Err(draft::Fault::Ended(ended).into()),
    };
    let snapshot = household::load(tx, desk, draft.household, Cause::FactChange).await?;
    let snapshot = snapshot.ok_or(draft::Fault::NoHousehold)?;
    if let Some(application) = sent {
        return again(tx, desk, setting, &snapshot, &draft, application).await;
    }
    if draft.revision != input.revision {
        return Err(draft::Fault::Changed { shown: input.revision, now: draft.revision }.into());
    }
    let sending = check(tx, desk, who, allowed, setting, draft, snapshot).await?;
    carry_out(tx, desk, who, allowed, setting, &sending).await
}

/// A draft that may be sent.
struct Sending {
    draft: Draft,
    snapshot: Snapshot,
    questions: Vec<Question>,
    unanswered: Vec<Question>,
    outlook: Vec<Outlook>,
    applied_on: Date,
    on_behalf: Option<String>,
}

async fn check(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    setting: Setting<'_>,
    draft: Draft,
    snapshot: Snapshot,
) -> Result<Sending, Fault> {
    let chosen = &draft.content.chosen;
    if chosen.is_empty() {
        return Err(Fault::Nothing);
    }
    let on_behalf = reason(draft.content.on_behalf.as_deref());
    if who.role.is_staff() && on_behalf.is_none() {
        return Err(Fault::NoReason);
    }
    let applicant = life(tx, desk, draft.person).await?.ok_or(draft::Fault::NoPerson)?;
    if applicant.died.is_some() {
        return Err(draft::Fault::Dead.into());
    }
    let evaluation = for_offers(desk.pack, &snapshot, snapshot.on);
    let applied_on = draft.content.received_on.unwrap_or(desk.today());
    let outlook = outlook(&evaluation, chosen, applied_on);
    for (one, looks) in chosen.iter().zip(&outlook) {
        draft::fits(desk, &snapshot, one)?;
        draft::may_claim(tx, desk, who, allowed, setting, &snapshot, draft.person, one).await?;
        alive(tx, desk, &evaluation, one).await?;
        if let Some(opens) = looks.opens {
            return Err(Fault::NotYet { programme: one.programme.clone(), opens });
        }
    }
    let mut questions = asked(desk.pack, &snapshot, &evaluation, chosen, draft.person, setting.connected);
    let unanswered = answered(desk, setting, &snapshot, &draft, &mut questions);
    Ok(Sending { draft, snapshot, questions, unanswered, outlook, applied_on, on_behalf })
}

/// The questions as they stand once everything is answered: those that the answers opened are added to `all`, and what
/// only the person can still give is told apart.
fn answered(
    desk: &Desk<'_>,
    setting: Setting<'_>,
    snapshot: &Snapshot,
    draft: &Draft,
    all: &mut Vec<Question>,
) -> Vec<Question> {
    let answered = with_answers(desk, snapshot, &draft.content.answers);
    let evaluation = for_offers(desk.pack, &answered, answered.on);
    let after = asked(desk.pack, &answered, &evaluation, &draft.content.chosen, draft.person, setting.connected);
    for question in &after {
        if !all.iter().any(|q| q.subject == question.subject && q.item == question.item) {
            let mut opened = question.clone();
            // What is known only because the draft says so is not known yet.
            opened.known = opened.known.filter(|k| k.source.as_deref() != Some(SELF) || k.recorded.is_some());
            all.push(opened);
        }
    }
    after.into_iter().filter(Question::is_for_person).collect()
}

/// Nobody claims for the dead, unless the programme is for them.
async fn alive(tx: &mut Tx, desk: &Desk<'_>, evaluation: &Evaluation, one: &Chosen) -> Result<(), Fault> {
    let Some(person) = one.subject.person() else { return Ok(()) };
    let died = life(tx, desk, person).await?.and_then(|l| l.died);
    match died.filter(|_| !is_for_the_dead(desk.pack, evaluation, one)) {
        Some(on) => Err(Fault::SubjectDead { programme: one.programme.clone(), on }),
        None => Ok(()),
    }
}

/// What other rooms are told.
#[derive(Serialize)]
struct Received<'a> {
    application: ApplicationId,
    household: HouseholdId,
    applicant: PersonId,
    programmes: Vec<&'a str>,
}

async fn carry_out(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &[Allowed],
    setting: Setting<'_>,
    sending: &Sending,
) -> Result<Done, Fault> {
    let draft = &sending.draft;
    let (fresh, running) = split(tx, desk, sending).await?;
    let application = (!fresh.is_empty()).then(|| ApplicationId::new(desk.ids, desk.now));
    if !rows::end_draft(tx, draft, DraftStatus::Sent, application, desk.now).await? {
        return Err(StoreError::Conflict.into());
    }
    let mut items = running;
    let mut left = Vec::new();
    if let Some(application) = application {
        let (role, now) = (who.role.word(), desk.now);
        let on_behalf = &sending.on_behalf;
        let values = params![draft.person, application, draft.household, who.account, role, on_behalf, now];
        tx.execute(crate::rows::APPLICATION_ADD, values).await?;
        for agreed in &draft.content.consents {
            consent::give(tx, desk, who, allowed, agreed, Some(application)).await?;
        }
        let sorted = answers::sort(desk, &draft.content.answers, &sending.questions);
        left = sorted.unfit.iter().chain(&sorted.unasked).map(|g| (g.subject, g.item.clone())).collect();
        let frame = Frame { who, applicant: draft.person, application, on: sending.applied_on };
        let kept = answers::keep(tx, desk, &frame, &sorted.fitting).await?;
        let opening = Opening {
            application,
            applicant: draft.person,
            household: draft.household,
            channel: draft.channel,
            items: opening_items(tx, desk, who, sending, application, &fresh, &kept.answers).await?,
        };
        let cases = case::open::run(tx, desk, Actor::of(who), &opening).await?;
        let said = kept.answers.iter().map(|a| (a.subject, a.item.as_str(), &a.value)).collect();
        account::tell(tx, desk, draft.person, said, &cases).await?;
        for (new, case) in fresh.iter().zip(cases) {
            if let Some(closed) = new.looks.closed {
                late(tx, desk, who, case, closed, sending.applied_on).await?;
            }
            items.push(new.item(case, false));
        }
        disputes(tx, desk, sending, &items, &kept.disputed).await?;
        let programmes = fresh.iter().map(|f| f.chosen.programme.as_str()).collect();
        let told = Received { application, household: draft.household, applicant: draft.person, programmes };
        tx.emit(desk.ids, now, RECEIVED, &told).await?;
    }
    let missing = missing(desk, &sending.unanswered, sending.applied_on);
    let consents = open_consents(tx, desk, setting, &sending.snapshot, draft).await?;
    Ok(Done { application, items, missing, consents, left })
}

/// What the person says otherwise than an agency becomes a task of the first case that rests on it.
async fn disputes(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sending: &Sending,
    items: &[Item],
    disputed: &[(Prefilled, Prefilled)],
) -> Result<(), StoreError> {
    for (said, held) in disputed {
        let rests = |i: &&Item| concerns(&sending.questions, &i.programme, said);
        let Some(item) = items.iter().find(rests) else { continue };
        if let Some(case) = case::rows::case(tx, item.case).await? {
            answers::dispute(tx, desk, &case, said, held).await?;
        }
    }
    Ok(())
}

/// A choice with what was found out about it.
struct New<'a> {
    chosen: &'a Chosen,
    looks: &'a Outlook,
    offer: Option<Offer>,
    period_key: String,
}

impl New<'_> {
    fn item(&self, case: CaseId, existing: bool) -> Item {
        Item {
            programme: self.chosen.programme.clone(),
            subject: self.chosen.subject,
            case,
            existing,
            late: self.looks.closed.filter(|_| !existing),
        }
    }
}

/// The choices to open cases for, and those that have a case which runs.
async fn split<'a>(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sending: &'a Sending,
) -> Result<(Vec<New<'a>>, Vec<Item>), StoreError> {
    let (mut fresh, mut running) = (Vec::new(), Vec::new());
    for (chosen, looks) in sending.draft.content.chosen.iter().zip(&sending.outlook) {
        let offer = open_offer(tx, desk, sending, chosen).await?;
        let base = match (&offer, looks.from) {
            (Some(offer), _) => offer.period_key.clone(),
            (None, Some(from)) => format!("from {from}"),
            (None, None) => format!("applied {}", sending.applied_on),
        };
        let (runs, period_key) = stretch(tx, desk, chosen.subject, &chosen.programme, base).await?;
        let new = New { chosen, looks, offer, period_key };
        match runs {
            Some((case, _)) => running.push(new.item(case, true)),
            None => fresh.push(new),
        }
    }
    Ok((fresh, running))
}

/// The case of a programme that runs, with its stretch; and the stretch under which another is opened. Asked for again after a
/// no or a withdrawal it is the same stretch and another case: the old one is closed, and nobody would look at it.
pub(crate) async fn stretch(
    tx: &mut Tx,
    desk: &Desk<'_>,
    subject: Subject,
    programme: &str,
    base: String,
) -> Result<(Option<(CaseId, String)>, String), StoreError> {
    let (mut runs, mut same) = (None, 0);
    for row in &tx.all(rows::RUNNING, params![subject.uuid(), programme]).await? {
        let (stage, key): (Stage, String) = (row.parse("stage")?, row.get("period_key")?);
        let until: Option<Date> = row.maybe("effective_until")?;
        let granted = row.maybe::<Date>("effective_from")?.is_some();
        let still = granted && until.is_none_or(|end| desk.today() < end);
        same += usize::from(key.starts_with(&base));
        if !stage.is_closed() || (stage == Stage::Decided && still) {
            runs = Some((row.get::<CaseId>("case_id")?, key));
        }
    }
    let next = if same == 0 { base } else { format!("{base} again {same}") };
    Ok((runs, next))
}

/// The open offer for the same programme and subject, so that it does not stay open beside the application.
async fn open_offer(
    tx: &mut Tx,
    desk: &Desk<'_>,
    sending: &Sending,
    chosen: &Chosen,
) -> Result<Option<Offer>, StoreError> {
    let today = desk.today();
    let offers = crate::rows::offers_of(tx, &[chosen.subject.uuid()]).await?;
    let mut open: Vec<Offer> = offers
        .into_iter()
        .filter(|o| o.programme == chosen.programme && o.household == sending.draft.household)
        .filter(|o| o.status_on(today).can_be_accepted())
        .collect();
    let named = open.iter().position(|o| Some(o.id) == chosen.offer);
    Ok(match named {
        Some(n) => Some(open.swap_remove(n)),
        None => open.pop(),
    })
}

/// What each case is opened with. An offer that stood is taken, as one tap would have taken it; where there was none, the
/// case alone stands for what was applied for.
async fn opening_items(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    sending: &Sending,
    application: ApplicationId,
    fresh: &[New<'_>],
    answers: &[Prefilled],
) -> Result<Vec<OpeningItem>, StoreError> {
    let mut items = Vec::new();
    let mut rows_of_items = Vec::new();
    for new in fresh {
        let mine = answers.iter().filter(|a| concerns(&sending.questions, &new.chosen.programme, a)).cloned();
        let mine: Vec<Prefilled> = mine.collect();
        if let Some(offer) = &new.offer {
            take(tx, desk, who, sending, offer).await?;
            rows_of_items.push(item_values(desk, sending, application, offer, &mine)?);
        }
        items.push(OpeningItem {
            subject: new.chosen.subject,
            programme: new.chosen.programme.clone(),
            period_key: new.period_key.clone(),
            offer: new.offer.as_ref().map(|o| o.id),
            applied_on: sending.applied_on,
            answers: mine,
        });
    }
    crate::rows::ITEM_ADD.insert(tx, rows_of_items).await?;
    Ok(items)
}

fn concerns(questions: &[Question], programme: &str, answer: &Prefilled) -> bool {
    let of = questions.iter().find(|q| q.subject == answer.subject && q.item == answer.item);
    of.is_some_and(|q| q.for_programmes.iter().any(|p| p == programme))
}

/// Marks the offer accepted.
async fn take(tx: &mut Tx, desk: &Desk<'_>, who: &Who, sending: &Sending, offer: &Offer) -> Result<(), StoreError> {
    let (subject, now, role) = (offer.subject.uuid(), desk.now, who.role.word());
    if tx.execute(crate::rows::OFFER_TAKE, params![subject, offer.id, offer.revision, now]).await? != 1 {
        return Err(StoreError::Conflict);
    }
    let act = desk.ids.uuid(now);
    let reason = &sending.on_behalf;
    let values = params![subject, offer.id, act, "accepted", offer.revision, who.account, role, reason, now];
    tx.execute(crate::rows::ACT_ADD, values).await.map(drop)
}

fn item_values(
    desk: &Desk<'_>,
    sending: &Sending,
    application: ApplicationId,
    offer: &Offer,
    answers: &[Prefilled],
) -> Result<Vec<store::Value>, StoreError> {
    Ok(params![
        offer.subject.uuid(),
        offer.id,
        application,
        sending.draft.person,
        offer.programme,
        offer.revision,
        ItemStatus::Received.word(),
        json(&offer.content)?,
        json(&answers)?,
        offer.facts_hash,
        offer.pack_hash,
        offer.rule_set,
        desk.now
    ]
    .to_vec())
}

/// Notes that a case was applied for after its window closed.
async fn late(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    case: CaseId,
    closed: Date,
    applied_on: Date,
) -> Result<(), StoreError> {
    let case = case::rows::case(tx, case).await?.ok_or(StoreError::NotFound)?;
    let detail = serde_json::json!({ "closed": closed, "applied_on": applied_on });
    case::rows::step(tx, desk, &case, StepKind::Late, Actor::of(who), &detail).await
}

/// What only the person can give, with the first day on which a decision that needs it is due.
pub(crate) fn missing(desk: &Desk<'_>, questions: &[Question], applied_on: Date) -> Vec<Missing> {
    let open = questions.iter().filter(|q| q.is_for_person());
    let days = |q: &Question| q.for_programmes.iter().map(|p| desk.decision_days(p, applied_on)).min();
    open.map(|q| Missing {
        subject: q.subject,
        item: q.item.clone(),
        programmes: q.for_programmes.clone(),
        by: in_days(applied_on, days(q).unwrap_or_default()),
    })
    .collect()
}

/// Consents that are needed and do not stand: neither given apart nor recorded under the item bound to them.
async fn open_consents(
    tx: &mut Tx,
    desk: &Desk<'_>,
    setting: Setting<'_>,
    snapshot: &Snapshot,
    draft: &Draft,
) -> Result<Vec<consent::Wanted>, StoreError> {
    let mut open = Vec::new();
    for wanted in consent::wanted(desk.pack, setting, snapshot, draft.person, &draft.content.chosen) {
        if !consent::stands(tx, wanted.person, &wanted.purpose).await? {
            open.push(wanted);
        }
    }
    Ok(open)
}

/// The answer to a draft that was sent before: the same application, and what is missing now.
async fn again(
    tx: &mut Tx,
    desk: &Desk<'_>,
    setting: Setting<'_>,
    snapshot: &Snapshot,
    draft: &Draft,
    application: Option<ApplicationId>,
) -> Result<Done, Fault> {
    let applied_on = draft.content.received_on.unwrap_or(draft.saved_at.date(desk.pack.manifest().utc_offset_hours));
    let evaluation = for_offers(desk.pack, snapshot, snapshot.on);
    let mut items = Vec::new();
    for one in &draft.content.chosen {
        let found = tx.all(rows::RUNNING, params![one.subject.uuid(), one.programme]).await?;
        let mut found_case = None;
        for row in &found {
            let of: ApplicationId = row.get("application_id")?;
            let mine = Some(of) == application;
            if mine || found_case.is_none() {
                found_case = Some((row.get::<CaseId>("case_id")?, !mine));
            }
        }
        let Some((case, existing)) = found_case else { continue };
        let late = outlook(&evaluation, std::slice::from_ref(one), applied_on).first().and_then(|o| o.closed);
        let late = late.filter(|_| !existing);
        items.push(Item { programme: one.programme.clone(), subject: one.subject, case, existing, late });
    }
    let questions = asked(desk.pack, snapshot, &evaluation, &draft.content.chosen, draft.person, setting.connected);
    let missing = missing(desk, &questions, applied_on);
    let consents = open_consents(tx, desk, setting, snapshot, draft).await?;
    Ok(Done { application, items, missing, consents, left: vec![] })
}
