//! Surveys: asking families once a day, and handing the messages over to whoever sends them.

use casework::Desk;
use store::{JobRow, StoreError, transact};

use crate::messages::{self, Letter, MOST};
use crate::runtime::Runtime;
use crate::work::Failed;

/// The desk of surveys.
pub(crate) fn desk<'a>(desk: &Desk<'a>) -> survey::Desk<'a> {
    survey::Desk { pack: desk.pack, keys: desk.keys, ids: desk.ids, now: desk.now }
}

/// Asks the families whose time has come: a piece of the day's round.
pub(crate) async fn round(runtime: &Runtime, job: &JobRow) -> Result<(), Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = survey::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let round = transact!(state.db, Failed, |tx| Ok(survey::invite::work(tx, &desk, job).await?))?;
    if let Some(round) = round {
        tracing::info!(round.asked, round.withdrawn, "families were asked how it went");
    }
    Ok(())
}

/// Puts the messages that wait into the spool; says how many were. Without a spool none leaves.
#[doc(hidden)]
pub async fn hand_over(runtime: &Runtime) -> Result<u32, Failed> {
    let Some(spool) = &runtime.config.messages.spool else { return Ok(0) };
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = survey::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let mut tx = state.db.read().await?;
    let waiting = survey::deliver::waiting(&mut tx, &desk, MOST).await?;
    drop(tx);
    let mut handed = 0;
    for it in &waiting {
        let law = pack.surveys().get(&it.survey).map(|s| s.law.clone()).unwrap_or_default();
        let letter = Letter {
            id: it.id.to_string(),
            person: it.person,
            agency: &it.organisation,
            what: "asked how home visits are",
            law: &law,
        };
        let token = it.token(&runtime.keys, pack.manifest().utc_offset_hours);
        let words = |lang| format!("{} {}/s/{token}", it.words.get(lang), runtime.config.public_url);
        // The file is durable before the row says so: after a crash it is written once more under the same name.
        handed += u32::from(messages::hand_over(runtime, spool, &letter, words).await?);
        transact!(state.db, StoreError, |tx| survey::deliver::sent(tx, it, desk.now).await)?;
    }
    Ok(handed)
}
