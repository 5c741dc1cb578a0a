//! Everything that is done to a referral after it was sent, by whoever may: the service answers, the family refuses, the
//! referrer takes it back or closes it.

use guard::{Action, Allowed, Role, Who};
use kernel::{AccountId, PersonId, ReferralId};
use store::{AsConflict, StoreError, Tx, params};

use crate::model::{Act, By, Referral, Status, Wrong};
use crate::{Desk, MOST_WORDS, rows};

/// Why nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum Fault {
    /// The guard did not allow it, or it is another side's to do.
    #[error("not allowed for this referral")]
    NotAllowed,
    /// No such referral.
    #[error("there is no such referral")]
    Nothing,
    /// The act does not fit.
    #[error(transparent)]
    Wrong(#[from] Wrong),
    /// Somebody was quicker.
    #[error("somebody answered already: it is {0} now; look again")]
    Moved(Status),
    /// No words.
    #[error("say in a few words why, at least three letters")]
    NoWords,
    /// Too many words.
    #[error("the words have {0} characters; at most {MOST_WORDS} are taken")]
    TooLong(usize),
    /// A day that cannot be expected.
    #[error("the day on which help is expected lies in the past, or more than three years ahead")]
    BadDay,
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl AsConflict for Fault {
    fn is_conflict(&self) -> bool {
        matches!(self, Fault::Store(e) if e.is_conflict())
    }
}

/// What was done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Done {
    /// How it stands now.
    pub status: Status,
    /// The very same had been done before.
    pub already: bool,
}

/// Does one thing to a referral. `allowed` is the guard's decision about the person: [`Action::AnswerReferral`] for what the service
/// does, [`Action::RefuseReferral`] for the family, [`Action::Refer`] for the referrer and the supervisor. `revision` is the
/// state the sender saw; `None`: whatever it is.
///
/// # Errors
/// [`Fault`]; nothing is written then.
pub async fn run(
    tx: &mut Tx,
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    id: ReferralId,
    revision: Option<u32>,
    act: &Act,
) -> Result<Done, Fault> {
    let before = rows::one(tx, id).await?.ok_or(Fault::Nothing)?;
    let person = registry::read::surviving(tx, before.person).await?;
    if !allowed.covers(person) {
        return Err(Fault::NotAllowed);
    }
    let by = side(desk, who, allowed, &before, act)?;
    check(desk, act)?;
    if revision.is_some_and(|seen| seen != before.now.revision) {
        // Sent twice by an impatient finger, it is done once.
        let last = rows::steps(tx, before.person, id).await?.pop();
        let same = last.is_some_and(|s| s.act.as_ref() == Some(act) && s.by == by.0);
        let (status, already) = (before.now.status, true);
        return if same { Ok(Done { status, already }) } else { Err(Fault::Moved(status)) };
    }
    let status = apply(tx, desk, &before, act, by).await?;
    Ok(Done { status, already: false })
}

/// What one account has sent for a person and not closed is another's to see to from now on; says how many. Who sent it stays in the steps.
///
/// # Errors
/// The database.
pub async fn hand_over(tx: &mut Tx, person: PersonId, from: AccountId, to: AccountId) -> Result<u64, StoreError> {
    tx.execute(rows::GO, params![person, from, to]).await
}

/// On which side this account acts, if the act is that side's and the referral theirs.
fn side(
    desk: &Desk<'_>,
    who: &Who,
    allowed: &Allowed,
    it: &Referral,
    act: &Act,
) -> Result<(By, Option<AccountId>), Fault> {
    let (action, by) = match (act, who.role) {
        _ if act.is_partners() => (Action::AnswerReferral, By::Partner),
        (Act::Refuse { .. }, Role::Citizen) => (Action::RefuseReferral, By::Family),
        // The family told the nurse.
        (Act::Refuse { .. }, _) => (Action::Refer, By::Family),
        (_, Role::Approver | Role::VisitSupervisor) => (Action::Refer, By::Supervisor),
        _ => (Action::Refer, By::Referrer),
    };
    let theirs = match by {
        By::Partner => who.organisation == it.agency,
        By::Family if who.role == Role::Citizen => true,
        _ => of_office(desk, who, it),
    };
    let known = act.is_partners() || act.is_referrers() || matches!(act, Act::Refuse { .. });
    if !known || !theirs || allowed.action() != action {
        return Err(Fault::NotAllowed);
    }
    Ok((by, Some(who.account)))
}

/// Whether the referral came from the office of this account.
pub(crate) fn of_office(desk: &Desk<'_>, who: &Who, it: &Referral) -> bool {
    let (agency, place) = desk.office(who);
    it.from.0 == agency && (place.is_empty() || it.from.1 == place)
}

fn check(desk: &Desk<'_>, act: &Act) -> Result<(), Fault> {
    if let Some(words) = act.words() {
        let count = words.trim().chars().count();
        // The family owes nobody a reason.
        if count < 3 && !matches!(act, Act::Refuse { .. }) {
            return Err(Fault::NoWords);
        }
        if count > MOST_WORDS {
            return Err(Fault::TooLong(count));
        }
    }
    if let Act::Wait { expected_on: Some(day) } = act {
        let last = crate::model::in_days(desk.today(), 3 * 366);
        if *day < desk.today() || *day > last {
            return Err(Fault::BadDay);
        }
    }
    Ok(())
}

/// Writes an act that its sender may do; says how the referral stands then.
pub(crate) async fn apply(
    tx: &mut Tx,
    desk: &Desk<'_>,
    before: &Referral,
    act: &Act,
    by: (By, Option<AccountId>),
) -> Result<Status, Fault> {
    let next = before.now.after(act, &before.clocks, desk.now, desk.today())?;
    if !rows::change(tx, before, &next, act, by, desk.now).await? {
        let now = rows::one(tx, before.id).await?.ok_or(Fault::Nothing)?;
        return Err(Fault::Moved(now.now.status));
    }
    Ok(next.status)
}
