//! From a decision in force to an entitlement: the room of cases decides, the room of payments pays.

use casework::Desk;
use casework::application::follow::{self, AfterDeath};
use casework::decide::{Content, Decision, Made};
use casework::model::{Cause, Subject};
use catalogue::model::OnHoliday;
use guard::{Processing, PurposeKind};
use kernel::{Date, EventId, PersonId};
use payment::grant::{self, Ground};
use payment::model::{Form, Grant, PayRule, Per, RecoveryLimits, Slice, Standing};
use serde::Deserialize;
use store::{Message, StoreError, Tx};

use crate::work::Failed;

/// Tells payments what a decision says, in the transaction that takes the message out; told twice is once.
pub(crate) async fn decided(
    tx: &mut Tx,
    desk: &Desk<'_>,
    pay: &payment::Desk<'_>,
    adult_age: u8,
    message: &Message,
) -> Result<(), Failed> {
    let made: Made = serde_json::from_str(&message.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let Some((case, decision)) = casework::case::view::decided(tx, made.decision).await? else { return Ok(()) };
    // Nothing was ever granted in this case: there is nothing to pay and nothing to end.
    if !decision.content.granted && !granted_before(tx, &decision).await? {
        return Ok(());
    }
    let payee = payee_of(tx, desk, &case, adult_age).await?;
    let mut grant = grant_of(desk, &case, &decision, payee)?;
    // A ministry that pays by itself: it is on record who is entitled, and nothing is paid or ordered. What began in another
    // form, before the process said so, goes on and ends in it.
    if !desk.pack.process(&case.programme).uses(catalogue::model::Stage::Payment) {
        grant.form = grant::form_of(tx, grant.subject, case.id).await?.unwrap_or(Form::Status);
    }
    let told = grant::run(tx, pay, &grant).await?;
    let ground = Ground { reason: "decided after the death".to_owned(), law: grant.law.clone(), by: None };
    if !told.repeated {
        match died_on(tx, desk, payee).await? {
            // Decided before anybody knew: nothing goes to the dead, and an official says who is paid.
            Some(_) => held(tx, desk, pay, payee, None).await?,
            None => {
                payment::pass_on::run(
                    tx,
                    pay,
                    told.entitlement,
                    payee,
                    decision.decided_at.unwrap_or(desk.now),
                    &ground,
                )
                .await?;
            }
        }
    }
    if !decision.content.granted && !grant.form.is_money() && !told.repeated {
        let reason = "the decision was changed".to_owned();
        let ground = Ground { reason, law: grant.law.clone(), by: decision.decided_by };
        grant::end(tx, pay, told.entitlement, grant.effective_from, &ground).await?;
    }
    Ok(())
}

/// Whether an earlier decision of the case granted something.
async fn granted_before(tx: &mut Tx, decision: &Decision) -> Result<bool, StoreError> {
    let mut before = decision.supersedes;
    while let Some(id) = before {
        let Some((_, earlier)) = casework::case::view::decided(tx, id).await? else { break };
        if earlier.content.granted {
            return Ok(true);
        }
        before = earlier.supersedes;
    }
    Ok(false)
}

fn grant_of(
    desk: &Desk<'_>,
    case: &casework::case::Case,
    decision: &Decision,
    payee: PersonId,
) -> Result<Grant, Failed> {
    let content = &decision.content;
    let process = desk.pack.process(&case.programme);
    let form: Form = content.form.parse().map_err(|e: payment::model::UnknownWord| Failed::Payload(e.to_string()))?;
    let law = if content.law.trim().is_empty() { &process.law } else { &content.law };
    let from = content.from.unwrap_or(case.applied_on);
    Ok(Grant {
        decision: decision.id,
        supersedes: decision.supersedes,
        subject: match case.subject {
            Subject::Person(id) => payment::model::Subject::Person(id),
            Subject::Household(id) => payment::model::Subject::Household(id),
        },
        case: case.id,
        programme: case.programme.clone(),
        agency: case.agency.clone(),
        payee,
        form,
        per: per(content),
        currency: content.currency,
        slices: content.slices.iter().map(|s| Slice { from: s.from, until: s.until, minor: s.minor }).collect(),
        effective_from: from,
        effective_until: content.until.filter(|until| *until > from),
        pay: match process.pay_day.and_then(|day| i8::try_from(day).ok()) {
            Some(day) if process.pay_on_holiday == OnHoliday::After => PayRule::MonthlyAfter { day },
            Some(day) => PayRule::Monthly { day },
            None => PayRule::Within { working_days: process.pay_within_days },
        },
        recovery: RecoveryLimits {
            set_off_percent: process.recovery.set_off_percent,
            waive_up_to_minor: process.recovery.waive_up_to_minor,
        },
        law: law.clone(),
    })
}

fn per(content: &Content) -> Per {
    match content.per {
        Some(rules::schema::Per::Month) => Per::Month,
        Some(rules::schema::Per::Year) => Per::Year,
        Some(rules::schema::Per::Use) => Per::Use,
        Some(rules::schema::Per::Once) | None => Per::Once,
    }
}

/// Who gets the money: a grown person their own; of a child and of a household, who applied.
pub(crate) async fn payee_of(
    tx: &mut Tx,
    desk: &Desk<'_>,
    case: &casework::case::Case,
    adult_age: u8,
) -> Result<PersonId, Failed> {
    let Subject::Person(person) = case.subject else { return Ok(case.applicant) };
    let today = desk.today();
    let Some(whole) = registry::read::person(tx, person, registry::AsOf::latest(today)).await? else {
        return Ok(case.applicant);
    };
    let law = &desk.pack.process(&case.programme).law;
    let basis = Processing::new(PurposeKind::Payment, if law.is_empty() { &case.programme } else { law })?;
    let (born, died) = whole.process(&basis, |p| (p.birth_date, p.death_date));
    let grown = born.is_some_and(|born| of_age(born, adult_age) <= today);
    Ok(if grown && died.is_none() { person } else { case.applicant })
}

fn of_age(born: Date, years: u8) -> Date {
    born.saturating_add(jiff::Span::new().years(i64::from(years)))
}

/// What is read of the notice of an event.
#[derive(Deserialize)]
struct Notice {
    event: EventId,
    kind: Cause,
    person: PersonId,
}

/// Somebody died: whatever is paid for them or to them is held until an official has decided. The death was withdrawn: it
/// flows again.
pub(crate) async fn event(
    tx: &mut Tx,
    desk: &Desk<'_>,
    pay: &payment::Desk<'_>,
    message: &Message,
) -> Result<(), Failed> {
    let Ok(notice) = serde_json::from_str::<Notice>(&message.payload) else { return Ok(()) };
    if notice.kind != Cause::Death {
        return Ok(());
    }
    if died_on(tx, desk, notice.person).await?.is_none() {
        // Withdrawn: what a machine held because of it flows again, what an official holds stays.
        let reason = format!("the death was withdrawn (event {})", notice.event);
        let ground = Ground { reason, law: death_law(desk), by: None };
        payment::pass_on::let_flow(tx, pay, notice.person, &ground).await?;
        return Ok(());
    }
    held(tx, desk, pay, notice.person, Some(notice.event)).await
}

/// The law under which payments are held at a death.
fn death_law(desk: &Desk<'_>) -> String {
    let law = desk.pack.events().get(Cause::Death.word()).map(|e| e.law.clone()).filter(|l| !l.trim().is_empty());
    let law = law.unwrap_or_else(|| desk.pack.process("").law.clone());
    if law.trim().is_empty() { desk.pack.manifest().id.clone() } else { law }
}

/// Holds what is paid for a dead person or to them. What is still owed goes to who alone can carry it on, or becomes an
/// official's task: nothing stays held without somebody who has to look.
async fn held(
    tx: &mut Tx,
    desk: &Desk<'_>,
    pay: &payment::Desk<'_>,
    dead: PersonId,
    event: Option<EventId>,
) -> Result<(), Failed> {
    let why = "a death was registered".to_owned();
    let why = event.map_or(why.clone(), |event| format!("{why} (event {event})"));
    let on = died_on(tx, desk, dead).await?.unwrap_or(desk.today());
    let ground = Ground { reason: why, law: death_law(desk), by: None };
    for id in grant::suspend_all(tx, pay, dead, &ground).await? {
        if let Some(case) = payment::pass_on::owes(tx, id).await? {
            follow::bereaved(tx, desk, case, dead, on).await?;
        }
    }
    Ok(())
}

/// What became of a case after a death: its applicant is paid from now on, or it ends with the death.
pub(crate) async fn after_death(
    tx: &mut Tx,
    desk: &Desk<'_>,
    pay: &payment::Desk<'_>,
    adult_age: u8,
    message: &Message,
) -> Result<(), Failed> {
    let told: AfterDeath = serde_json::from_str(&message.payload).map_err(|e| Failed::Payload(e.to_string()))?;
    let Some(case) = casework::case::view::bare(tx, told.case).await? else { return Ok(()) };
    let Some(e) = payment::pass_on::of_case(tx, case.subject.uuid(), case.id).await? else { return Ok(()) };
    let ground = |reason: &str| Ground { reason: reason.to_owned(), law: death_law(desk), by: told.by };
    if told.ended {
        let died = died_on(tx, desk, case.subject.person().unwrap_or(case.applicant)).await?;
        let after = died.map_or(desk.today(), |day| day.tomorrow().unwrap_or(day));
        if e.standing != Standing::Ended {
            grant::end(tx, pay, e.id, after.max(e.effective_from), &ground("it ended with the death")).await?;
        }
        return Ok(());
    }
    let payee = payee_of(tx, desk, &case, adult_age).await?;
    // For somebody dead it waits for the decision that says what was due until the death.
    if died_on(tx, desk, payee).await?.is_none() && !subject_died(tx, desk, &case).await? {
        payment::pass_on::run(tx, pay, e.id, payee, desk.now, &ground("carried on after a death")).await?;
    }
    Ok(())
}

async fn subject_died(tx: &mut Tx, desk: &Desk<'_>, case: &casework::case::Case) -> Result<bool, Failed> {
    let Subject::Person(person) = case.subject else { return Ok(false) };
    Ok(died_on(tx, desk, person).await?.is_some())
}

async fn died_on(tx: &mut Tx, desk: &Desk<'_>, person: PersonId) -> Result<Option<Date>, Failed> {
    let Some(whole) = registry::read::person(tx, person, registry::AsOf::latest(desk.today())).await? else {
        return Ok(None);
    };
    let basis = Processing::new(PurposeKind::Payment, death_law(desk))?;
    Ok(whole.process(&basis, |p| p.death_date))
}
