//! Messages to people: put into the spool for whoever sends them, once each, in the person's language, to nobody whose whereabouts are
//! protected.

use std::path::Path;

use guard::{Action, Denied, Processing, PurposeKind, Resource, Sealed};
use kernel::{Instant, Lang, PersonId};
use registry::{AsOf, PersonRecord};
use serde::{Deserialize, Serialize};
use store::StoreError;

use crate::machine;
use crate::runtime::Runtime;
use crate::work::Failed;

/// How many messages of one kind are handed over at a time.
pub(crate) const MOST: u32 = 100;

/// A message as it leaves.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Message {
    id: String,
    phone: Option<String>,
    email: Option<String>,
    language: Lang,
    text: String,
    /// When it was put here, in microseconds since 1970 (UTC).
    at: Instant,
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
    let message = Message { id: letter.id.clone(), phone, email, language: lang, text: words(lang), at: state.now() };
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

/// The messages in a spool, the newest first; none where there is no such folder.
///
/// # Errors
/// The folder or a file cannot be read.
pub(crate) fn spooled(spool: &Path) -> std::io::Result<Vec<web::demo::phones::Sent>> {
    let files = match std::fs::read_dir(spool) {
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        files => files?,
    };
    let mut all: Vec<Message> = Vec::new();
    for file in files {
        let path = file?.path();
        if path.extension().is_some_and(|end| end == "json") {
            all.push(serde_json::from_slice(&std::fs::read(path)?)?);
        }
    }
    all.sort_by(|a, b| (b.at, &b.id).cmp(&(a.at, &a.id)));
    let sent = |m: Message| web::demo::phones::Sent {
        to: m.phone.or(m.email).unwrap_or_default(),
        who: None,
        lang: m.language,
        text: m.text,
        at: m.at,
    };
    Ok(all.into_iter().map(sent).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spool_is_read_newest_first_and_half_a_file_is_none() {
        let home = tempfile::tempdir().unwrap();
        let spool = home.path().join("out");
        assert!(spooled(&spool).unwrap().is_empty(), "nothing left yet");
        for (id, at, phone) in [("a", 1, Some("1")), ("b", 3, None), ("c", 2, Some("3"))] {
            let message = Message {
                id: id.to_owned(),
                phone: phone.map(str::to_owned),
                email: Some("a@example.org".to_owned()),
                language: Lang::Ko,
                text: "text".to_owned(),
                at: Instant::from_micros(at),
            };
            put(&spool, &message).unwrap();
        }
        std::fs::write(spool.join(".d.part"), "{").unwrap();
        let to: Vec<String> = spooled(&spool).unwrap().into_iter().map(|sent| sent.to).collect();
        assert_eq!(to, ["a@example.org", "3", "1"]);
    }
}
