//! Messages to people: put into the spool for whoever sends them, once each, in the person's language, to nobody whose whereabouts are
//! protected.

use std::path::Path;

use guard::{Action, Denied, Processing, PurposeKind, Resource, Sealed};
use kernel::{Lang, PersonId};
use registry::{AsOf, PersonRecord};
use serde::Serialize;
use store::StoreError;

use crate::machine;
use crate::runtime::Runtime;
use crate::work::Failed;

/// How many messages of one kind are handed over at a time.
pub(crate) const MOST: u32 = 100;

/// A message as it leaves.
#[derive(Clone, Debug, Serialize)]
struct Message {
    id: String,
    phone: Option<String>,
    email: Option<String>,
    language: Lang,
    text: String,
}

/// Who writes to whom, why, and under which law.
pub(crate) struct Letter<'a> {
    /// Names it: a file may come a second time under its name after a crash.
    pub(crate) id: String,
    /// To whom.
    pub(crate) person: PersonId,
    /// The agency that writes.
    pub(crate) agency: &'a str,
    /// What for, as the disclosure log keeps it.
    pub(crate) what: &'a str,
    /// The law.
    pub(crate) law: &'a str,
}

/// Puts a message into the spool: its file is durable when this returns. `false`: there is nowhere to send it to, or the person's
/// whereabouts are protected; she finds it on her page. In the log it is a look of the agency that writes.
pub(crate) async fn hand_over(
    runtime: &Runtime,
    spool: &Path,
    letter: &Letter<'_>,
    words: impl Fn(Lang) -> String,
) -> Result<bool, Failed> {
    let Some(message) = message(runtime, letter, words).await? else { return Ok(false) };
    put(spool, &message).map_err(|why| StoreError::Driver(format!("{}: {why}", spool.display())))?;
    Ok(true)
}

async fn message(
    runtime: &Runtime,
    letter: &Letter<'_>,
    words: impl Fn(Lang) -> String,
) -> Result<Option<Message>, Failed> {
    let state = &runtime.state;
    let pack = state.packs.current();
    let who = machine::agency(runtime, letter.agency);
    let purpose = machine::purpose(letter.what, None, letter.law);
    let mut tx = state.db.read().await?;
    let Some(whole) = registry::read::person(&mut tx, letter.person, AsOf::latest(state.today())).await? else {
        return Ok(None);
    };
    let basis = Processing::new(PurposeKind::DataExchange, letter.law)?;
    let contact = |p: &PersonRecord| (p.id, p.phone.clone(), p.email.clone(), p.language);
    let (person, phone, email, language) = whole.process(&basis, contact);
    let about = machine::in_a_case(&mut tx, runtime, &who, &purpose, &[person]).await?;
    drop(tx);
    if (phone.is_none() && email.is_none()) || about.iter().any(|(_, relation)| relation.protected) {
        return Ok(None);
    }
    let lang = language.or(pack.manifest().complete.first().copied()).unwrap_or(Lang::En);
    let message = Message { id: letter.id.clone(), phone, email, language: lang, text: words(lang) };
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
