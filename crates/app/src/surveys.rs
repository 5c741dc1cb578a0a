//! Surveys: asking families once a day, and handing the messages over to whoever sends them.

use std::path::Path;

use casework::Desk;
use guard::{Action, Denied, Processing, PurposeKind, Resource, Sealed};
use kernel::Lang;
use registry::{AsOf, PersonRecord};
use serde::Serialize;
use store::{JobRow, StoreError, transact};
use survey::model::Invitation;

use crate::machine;
use crate::runtime::Runtime;
use crate::work::Failed;

/// How many messages are handed over at a time.
const MOST: u32 = 100;

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

/// A message as it leaves.
#[derive(Clone, Debug, Serialize)]
struct Message {
    id: String,
    phone: Option<String>,
    email: Option<String>,
    language: Lang,
    text: String,
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
        // The file is durable before the row says so: after a crash it is written once more under the same name.
        if let Some(message) = message(runtime, it).await? {
            put(spool, &message).map_err(|why| StoreError::Driver(format!("{}: {why}", spool.display())))?;
            handed += 1;
        }
        transact!(state.db, StoreError, |tx| survey::deliver::sent(tx, it, desk.now).await)?;
    }
    Ok(handed)
}

/// A message with where it goes: in the log as a look of the agency that sends it. `None`: there is nowhere to send it to, or the
/// person's whereabouts are protected; she finds it on her page.
async fn message(runtime: &Runtime, it: &Invitation) -> Result<Option<Message>, Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let law = pack.surveys().get(&it.survey).map(|s| s.law.clone()).unwrap_or_default();
    let who = machine::agency(runtime, &it.organisation);
    let purpose = machine::purpose("asked how home visits are", None, &law);
    let mut tx = state.db.read().await?;
    let Some(whole) = registry::read::person(&mut tx, it.person, AsOf::latest(state.today())).await? else {
        return Ok(None);
    };
    let basis = Processing::new(PurposeKind::DataExchange, law)?;
    let contact = |p: &PersonRecord| (p.id, p.phone.clone(), p.email.clone(), p.language);
    let (person, phone, email, language) = whole.process(&basis, contact);
    let about = machine::in_a_case(&mut tx, runtime, &who, &purpose, &[person]).await?;
    drop(tx);
    if (phone.is_none() && email.is_none()) || about.iter().any(|(_, relation)| relation.protected) {
        return Ok(None);
    }
    let lang = language.or(pack.manifest().complete.first().copied()).unwrap_or(Lang::En);
    let token = it.token(&runtime.keys, pack.manifest().utc_offset_hours);
    let text = format!("{} {}/s/{token}", it.words.get(lang), runtime.config.public_url);
    let message = Message { id: it.id.to_string(), phone, email, language: lang, text };
    let resource = Resource::people(about).showing(["contact"]);
    match state.guard.reveal(&who, Action::ViewPerson, &resource, &purpose, Sealed::new(message, [person])).await {
        Ok(open) => Ok(Some(open.into_inner())),
        Err(Denied::Refused(_)) => Ok(None),
        Err(why) => Err(why.into()),
    }
}

/// Writes a whole file or none.
fn put(spool: &Path, message: &Message) -> std::io::Result<()> {
    std::fs::create_dir_all(spool)?;
    let part = spool.join(format!(".{}.part", message.id));
    std::fs::write(&part, serde_json::to_vec(message)?)?;
    std::fs::File::open(&part)?.sync_all()?;
    std::fs::rename(&part, spool.join(format!("{}.json", message.id)))
}
