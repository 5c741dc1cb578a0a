//! Visits that have their day, and what families wanted to do themselves: they are told of it, in words that say nothing of what it is about.

use std::path::Path;

use kernel::{Date, PersonId};
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
    let coming = remind::coming(&mut state.db.read().await?, &desk, MOST).await?;
    let mut handed = 0;
    for it in &coming {
        let letter = Reminder {
            // The same name for the same visit and day: after a crash the file is written once more, and is one.
            id: format!("visit-{}-{}-{}", it.enrolment.0, it.visit, it.on),
            person: it.person,
            agency: &it.organisation,
            what: "told of a visit that comes",
            words: "week-remind",
            on: it.on,
        };
        let sent = it.may && hand(runtime, spool, &desk, letter).await?;
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
    let coming = care::remind::coming(&mut state.db.read().await?, &desk, MOST).await?;
    let mut handed = 0;
    for it in &coming {
        let letter = Reminder {
            id: format!("plan-{}-{}-{}", it.case.0, it.number, it.due),
            person: it.person,
            agency: &it.organisation,
            what: "told of something the family wanted to do",
            words: "plan-remind",
            on: it.due,
        };
        let sent = it.may && hand(runtime, spool, &desk, letter).await?;
        handed += u32::from(sent);
        transact!(state.db, StoreError, |tx| care::remind::told(tx, &desk, it, sent).await)?;
    }
    Ok(handed)
}

/// One reminder: its name, whom it is for, and the day it speaks of.
struct Reminder<'a> {
    id: String,
    person: PersonId,
    agency: &'a str,
    what: &'static str,
    words: &'static str,
    on: Date,
}

async fn hand(runtime: &Runtime, spool: &Path, desk: &visit::Desk<'_>, it: Reminder<'_>) -> Result<bool, Failed> {
    let law = desk.pack.universal_protocol(desk.today()).map(|p| p.law.clone()).unwrap_or_default();
    let letter = Letter { id: it.id, person: it.person, agency: it.agency, what: it.what, law: &law };
    let words = |lang| {
        let t = Text::new(lang);
        let address = format!("{}/visits/join", runtime.config.public_url);
        t.with(it.words, &[("date", t.date(it.on).into()), ("address", address.into())]).into_owned()
    };
    messages::hand_over(runtime, spool, &letter, words).await
}
