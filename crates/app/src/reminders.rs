//! Visits that have their day, and what families wanted to do themselves: they are told of it, in words that say nothing of what it is about.

use store::{StoreError, transact};
use text::Text;
use visit::{care, remind};

use crate::messages::{self, Letter, MOST};
use crate::runtime::Runtime;
use crate::work::Failed;

/// Puts reminders of visits into the spool; says how many were. Without a spool none leaves, and none is noted as told.
#[doc(hidden)]
pub async fn hand_over(runtime: &Runtime) -> Result<u32, Failed> {
    let Some(spool) = &runtime.config.messages.spool else { return Ok(0) };
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = visit::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let law = pack.universal_protocol(desk.today()).map(|p| p.law.clone()).unwrap_or_default();
    let mut tx = state.db.read().await?;
    let coming = remind::coming(&mut tx, &desk, MOST).await?;
    drop(tx);
    let mut handed = 0;
    for it in &coming {
        // The same name for the same visit and day: after a crash the file is written once more, and is one.
        let id = format!("visit-{}-{}-{}", it.enrolment.0, it.visit, it.on);
        let what = "told of a visit that comes";
        let letter = Letter { id, person: it.person, agency: &it.organisation, what, law: &law };
        let words = |lang| {
            let t = Text::new(lang);
            let address = format!("{}/visits/join", runtime.config.public_url);
            t.with("week-remind", &[("date", t.date(it.on).into()), ("address", address.into())]).into_owned()
        };
        let sent = it.may && messages::hand_over(runtime, spool, &letter, words).await?;
        handed += u32::from(sent);
        transact!(state.db, StoreError, |tx| remind::told(tx, &desk, it, sent).await)?;
    }
    Ok(handed)
}

/// The same for actions of family plans that families do themselves.
#[doc(hidden)]
pub async fn hand_over_plans(runtime: &Runtime) -> Result<u32, Failed> {
    let Some(spool) = &runtime.config.messages.spool else { return Ok(0) };
    let state = &runtime.state;
    let pack = state.packs.current();
    let desk = visit::Desk { pack: &pack, keys: &runtime.keys, ids: &*state.ids, now: state.now() };
    let law = pack.universal_protocol(desk.today()).map(|p| p.law.clone()).unwrap_or_default();
    let mut tx = state.db.read().await?;
    let coming = care::remind::coming(&mut tx, &desk, MOST).await?;
    drop(tx);
    let mut handed = 0;
    for it in &coming {
        let id = format!("plan-{}-{}-{}", it.case.0, it.number, it.due);
        let what = "told of something the family wanted to do";
        let letter = Letter { id, person: it.person, agency: &it.organisation, what, law: &law };
        let words = |lang| {
            let t = Text::new(lang);
            let address = format!("{}/visits/join", runtime.config.public_url);
            t.with("plan-remind", &[("date", t.date(it.due).into()), ("address", address.into())]).into_owned()
        };
        let sent = it.may && messages::hand_over(runtime, spool, &letter, words).await?;
        handed += u32::from(sent);
        transact!(state.db, StoreError, |tx| care::remind::told(tx, &desk, it, sent).await)?;
    }
    Ok(handed)
}
