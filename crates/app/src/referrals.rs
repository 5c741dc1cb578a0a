//! Referrals: what time does to them, and what families are told of it.

use casework::Desk;
use store::{JobRow, StoreError, transact};
use text::Text;

use crate::messages::{self, Letter, MOST};
use crate::runtime::Runtime;
use crate::work::Failed;

/// The desk of referrals.
pub(crate) fn desk<'a>(desk: &Desk<'a>) -> referral::Desk<'a> {
    referral::Desk { pack: desk.pack, ids: desk.ids, now: desk.now }
}

/// Reminds, tells supervisors, ends what nobody answers: a piece of the day's round.
pub(crate) async fn clocks(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = referral::Desk { pack: &pack, ids: &*state.ids, now: state.now() };
    let rung = transact!(state.db, Failed, |tx| Ok(referral::clocks::work(tx, &desk, job).await?))?;
    if let Some(rung) = rung {
        tracing::info!(rung.reminded, rung.escalated, rung.expired, "the clocks of referrals were looked at");
    }
    Ok(())
}

/// Puts the reminders that wait into the spool; says how many were. Without a spool none leaves. What it is about is said nowhere: a
/// telephone is read by others, too.
#[doc(hidden)]
pub async fn hand_over(runtime: &Runtime) -> Result<u32, Failed> {
    let Some(spool) = &runtime.config.messages.spool else { return Ok(0) };
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = referral::Desk { pack: &pack, ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await?;
    let waiting = referral::deliver::waiting(&mut tx, &desk, MOST).await?;
    drop(tx);
    let manifest = pack.manifest();
    let law = pack.universal_protocol(state.today()).map(|p| p.law.clone()).filter(|law| !law.trim().is_empty());
    let law = law.unwrap_or_else(|| format!("{} {}", manifest.id, manifest.version));
    let mut handed = 0;
    for it in &waiting {
        let (id, what) = (it.id.to_string(), "told that a service was reminded");
        let letter = Letter { id, person: it.person, agency: &it.agency, what, law: &law };
        let words = |lang| {
            let t = Text::new(lang);
            let values = [("date", t.date(it.due).into()), ("href", runtime.config.public_url.as_str().into())];
            t.with("referral-message-reminded", &values).into_owned()
        };
        handed += u32::from(messages::hand_over(runtime, spool, &letter, words).await?);
        transact!(state.db, StoreError, |tx| referral::deliver::sent(tx, &desk, it).await)?;
    }
    Ok(handed)
}
