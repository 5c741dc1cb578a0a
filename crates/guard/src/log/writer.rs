//! The log as the program holds it: one thread writes, everybody else sends entries and waits for receipts.
//!
//! Entries that arrive while the disk syncs share the next sync, up to 256 leaves at a time: alone an entry costs one
//! fdatasync, under load hundreds share one, and nobody waits for a timer.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use ed25519_dalek::SigningKey;
use kernel::{Instant, PersonId};
use tokio::sync::oneshot;

use super::entry::{Body, Class, Entry, Receipt};
use super::note::VerifierKey;
use super::year::Year;
use super::{LogError, NAME, VKEY};
use crate::Tier;
use crate::keys::{Keys, private_file, sync_dir};

/// Leaves that share one fdatasync at most.
const BATCH: usize = 256;
/// How long a dirty log waits at most for its next checkpoint in the chain.
const CHECKPOINT_EVERY: Duration = Duration::from_secs(1);

type Reply<T> = oneshot::Sender<Result<T, LogError>>;

enum Command {
    Append(Vec<(Box<Entry>, Reply<Receipt>)>),
    Checkpoint(Reply<Vec<(i16, String)>>),
    Erase(PersonId, i16, Reply<bool>),
    EraseYear(i16, Reply<Option<usize>>),
}

/// The years that are open; the writer adds to them, readers look things up.
pub(super) struct Years {
    pub(super) root: PathBuf,
    pub(super) open: BTreeMap<i16, Year>,
}

/// The disclosure log. Cheap to clone; the last clone dropped stops the writer after what was sent.
#[derive(Clone)]
pub struct Log {
    shared: Arc<Shared>,
}

struct Shared {
    years: Arc<Mutex<Years>>,
    commands: Option<Sender<Command>>,
    thread: Option<std::thread::JoinHandle<()>>,
    key: VerifierKey,
    root: PathBuf,
    _lock: File,
}

impl std::fmt::Debug for Log {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Log({})", self.shared.key.name())
    }
}

impl Drop for Shared {
    fn drop(&mut self) {
        drop(self.commands.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

impl Log {
    /// Opens the log in `root`, making it if there is none, checking everything that is there, and starts its writer.
    /// Blocks while it reads (about a second for a million entries).
    pub fn open(root: &Path, keys: Arc<Keys>) -> Result<Self, LogError> {
        let io = |e| LogError::io(root, e);
        std::fs::create_dir_all(root).map_err(io)?;
        let lock = private_file(&root.join("lock")).map_err(io)?;
        lock.try_lock().map_err(|_| LogError::InUse(root.to_owned()))?;
        let signing = Arc::new(keys.log_signing_key());
        let key = VerifierKey::of(NAME, &signing);
        publish_key(root, &key)?;
        let mut years = Years { root: root.to_owned(), open: BTreeMap::new() };
        for year in list_years(root).map_err(io)? {
            years.open.insert(year, Year::open(root, year, &keys, &signing)?);
        }
        let years = Arc::new(Mutex::new(years));
        let (commands, inbox) = channel();
        let writer = Writer { years: Arc::clone(&years), keys, signing, stopped: false };
        let thread = std::thread::Builder::new()
            .name("disclosure-log".to_owned())
            .spawn(move || writer.run(&inbox))
            .map_err(io)?;
        let shared =
            Shared { years, commands: Some(commands), thread: Some(thread), key, root: root.to_owned(), _lock: lock };
        Ok(Log { shared: Arc::new(shared) })
    }

    /// Adds an entry and waits until it is durable.
    pub async fn append(&self, entry: Entry) -> Result<Receipt, LogError> {
        self.ask(|reply| Command::Append(vec![(Box::new(entry), reply)])).await
    }

    /// Adds several entries, which share one write as far as they fit, and waits until all are durable.
    pub async fn append_all(&self, entries: Vec<Entry>) -> Result<Vec<Receipt>, LogError> {
        let (answers, sent): (Vec<_>, Vec<_>) = entries
            .into_iter()
            .map(|entry| {
                let (reply, answer) = oneshot::channel();
                (answer, (Box::new(entry), reply))
            })
            .unzip();
        self.send(Command::Append(sent))?;
        let mut receipts = Vec::with_capacity(answers.len());
        for answer in answers {
            receipts.push(answer.await.map_err(|_| LogError::Stopped)??);
        }
        Ok(receipts)
    }

    /// Signs the present state into the chain. Returns each year's signed note, to be kept by somebody outside: held
    /// against it, [`super::verify`] finds even a log that was replaced as a whole.
    pub async fn checkpoint(&self) -> Result<Vec<(i16, String)>, LogError> {
        self.ask(Command::Checkpoint).await
    }

    /// Destroys a person's data key of a year. Their entries of that year then read as erased, and the log still
    /// verifies. Returns whether there was anything to erase.
    pub async fn erase(&self, person: PersonId, year: i16) -> Result<bool, LogError> {
        self.ask(|reply| Command::Erase(person, year, reply)).await
    }

    /// Destroys the key of a whole year that is over: all its entries read as erased, and the log still verifies. Returns how
    /// many people's keys went with it; nothing when there is no log of that year. Refuses the year that is written into.
    pub async fn erase_year(&self, year: i16) -> Result<Option<usize>, LogError> {
        self.ask(|reply| Command::EraseYear(year, reply)).await
    }

    /// The public key, as a C2SP verifier key, for witnesses and auditors.
    pub fn verifier_key(&self) -> &VerifierKey {
        &self.shared.key
    }

    /// The folder.
    pub fn root(&self) -> &Path {
        &self.shared.root
    }

    pub(super) fn years(&self) -> MutexGuard<'_, Years> {
        lock(&self.shared.years)
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, LogError> {
        let (reply, answer) = oneshot::channel();
        self.send(command(reply))?;
        answer.await.map_err(|_| LogError::Stopped)?
    }

    fn send(&self, command: Command) -> Result<(), LogError> {
        let sender = self.shared.commands.as_ref().ok_or(LogError::Stopped)?;
        sender.send(command).map_err(|_| LogError::Stopped)
    }
}

fn lock(years: &Mutex<Years>) -> MutexGuard<'_, Years> {
    // A panic while holding the lock would have ended the writer; readers may still look at what is there.
    years.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The years there are folders for.
pub(super) fn list_years(root: &Path) -> std::io::Result<Vec<i16>> {
    let mut years = Vec::new();
    for entry in std::fs::read_dir(root)? {
        let entry = entry?;
        if entry.file_type()?.is_dir()
            && let Some(year) = entry.file_name().to_str().and_then(|n| n.parse::<i16>().ok())
        {
            years.push(year);
        }
    }
    years.sort_unstable();
    Ok(years)
}

/// Writes the public key beside the log, or refuses if another one stands there.
fn publish_key(root: &Path, key: &VerifierKey) -> Result<(), LogError> {
    let path = root.join(VKEY);
    let io = |e| LogError::io(&path, e);
    match std::fs::read_to_string(&path) {
        Ok(text) if text.trim() == key.to_string() => Ok(()),
        Ok(_) => Err(LogError::KeysDamaged(path)),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let fresh = path.with_extension("new");
            let mut file = File::create(&fresh).map_err(io)?;
            writeln!(file, "{key}").map_err(io)?;
            file.sync_all().map_err(io)?;
            std::fs::rename(&fresh, &path).map_err(io)?;
            sync_dir(root).map_err(io)
        }
        Err(e) => Err(io(e)),
    }
}

struct Writer {
    years: Arc<Mutex<Years>>,
    keys: Arc<Keys>,
    signing: Arc<SigningKey>,
    stopped: bool,
}

impl Writer {
    fn run(mut self, inbox: &Receiver<Command>) {
        let mut last_checkpoint = std::time::Instant::now();
        loop {
            match inbox.recv_timeout(CHECKPOINT_EVERY) {
                Ok(command) => self.serve(command, inbox),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => break,
            }
            if last_checkpoint.elapsed() >= CHECKPOINT_EVERY {
                let _ = self.checkpoint(true);
                last_checkpoint = std::time::Instant::now();
            }
        }
        let _ = self.checkpoint(true);
    }

    /// One command, and the appends that came in meanwhile.
    fn serve(&mut self, first: Command, inbox: &Receiver<Command>) {
        let mut batch: Vec<(Box<Entry>, Reply<Receipt>)> = Vec::new();
        let mut leaves = 0;
        let mut next = Some(first);
        while let Some(command) = next {
            match command {
                Command::Append(sent) => {
                    leaves += sent.iter().map(|(entry, _)| entry.subjects.len().max(1)).sum::<usize>();
                    batch.extend(sent);
                }
                other => {
                    // What was sent before is written before.
                    self.write(std::mem::take(&mut batch));
                    return self.other(other);
                }
            }
            next = if leaves < BATCH { inbox.try_recv().ok() } else { None };
        }
        self.write(batch);
    }

    fn other(&mut self, command: Command) {
        match command {
            Command::Append(sent) => self.write(sent),
            Command::Checkpoint(reply) => drop(reply.send(self.checkpoint(false))),
            Command::Erase(person, year, reply) => {
                let mut years = lock(&self.years);
                let erased = years.open.get_mut(&year).map_or(Ok(false), |y| y.keys.erase(person));
                drop(reply.send(erased));
            }
            Command::EraseYear(year, reply) => drop(reply.send(self.erase_year(year))),
        }
    }

    fn write(&mut self, batch: Vec<(Box<Entry>, Reply<Receipt>)>) {
        if batch.is_empty() {
            return;
        }
        let entries: Vec<&Entry> = batch.iter().map(|(e, _)| &**e).collect();
        match self.append(&entries) {
            Ok(receipts) => {
                for ((_, reply), receipt) in batch.into_iter().zip(receipts) {
                    let _ = reply.send(Ok(receipt));
                }
            }
            // One overlong entry must not take the others of its batch with it.
            Err(LogError::TooLong { .. }) if batch.len() > 1 => {
                batch.into_iter().for_each(|one| self.write(vec![one]));
            }
            Err(error) => {
                self.stopped |= matches!(error, LogError::Stopped);
                for (_, reply) in batch {
                    let _ = reply.send(Err(error.clone()));
                }
            }
        }
    }

    fn append(&self, entries: &[&Entry]) -> Result<Vec<Receipt>, LogError> {
        if self.stopped {
            return Err(LogError::Stopped);
        }
        let mut years = lock(&self.years);
        let at = entries.first().map_or(Instant::default(), |e| e.at);
        // Never back into a closed year: a clock that jumps must not write into a log that was checked and anchored.
        let year = years.open.keys().next_back().copied().unwrap_or(i16::MIN).max(at.date(0).year());
        if !years.open.contains_key(&year) {
            let opened = Year::open(&years.root, year, &self.keys, &self.signing)?;
            years.open.insert(year, opened);
        }
        let log = years.open.get_mut(&year).ok_or(LogError::Stopped)?;
        log.append(entries)
    }

    fn erase_year(&self, year: i16) -> Result<Option<usize>, LogError> {
        let mut years = lock(&self.years);
        if years.open.keys().next_back() == Some(&year) {
            return Err(LogError::NotOver(year));
        }
        years.open.get_mut(&year).map(|log| log.keys.erase_year()).transpose()
    }

    fn checkpoint(&self, only_dirty: bool) -> Result<Vec<(i16, String)>, LogError> {
        if self.stopped {
            return Err(LogError::Stopped);
        }
        let mut years = lock(&self.years);
        let mut notes = Vec::new();
        for (year, log) in &mut years.open {
            if !only_dirty || log.tree.size() > log.checkpointed {
                notes.push((*year, log.checkpoint()?));
            }
        }
        Ok(notes)
    }
}

/// What [`measure`] found.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BatchRate {
    /// Durable entries a second.
    pub entries: f64,
    /// Bare writes of one entry's size with an fdatasync each, a second, on the same disk in the same run.
    pub fsyncs: f64,
}

/// Appends for `seconds` with `clients` at once, beside a bare loop of write and fdatasync of the same size, in `root`.
/// For the table of speeds.
pub async fn measure(
    root: &Path,
    keys: Arc<Keys>,
    now: Instant,
    clients: usize,
    seconds: f64,
) -> Result<BatchRate, LogError> {
    let fsyncs = bare_fsyncs(root, seconds).map_err(|e| LogError::io(root, e))?;
    let log = Log::open(&root.join("log"), keys)?;
    let started = std::time::Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for client in 0..clients {
        let log = log.clone();
        tasks.spawn(async move {
            let mut done = 0u64;
            while started.elapsed().as_secs_f64() < seconds {
                let person = PersonId(uuid::Uuid::from_u128((client as u128) << 32 | u128::from(done % 64)));
                let entry = Entry {
                    look: uuid::Uuid::from_u128(u128::from(done)),
                    at: now,
                    class: Class::View,
                    tier: Tier::Benefits,
                    subjects: vec![person],
                    body: Body { organisation: "an office of some length".to_owned(), ..Body::default() },
                };
                let _ = log.append(entry).await?;
                done += 1;
            }
            Ok::<u64, LogError>(done)
        });
    }
    let mut total = 0;
    while let Some(done) = tasks.join_next().await {
        total += done.map_err(|_| LogError::Stopped)??;
    }
    Ok(BatchRate { entries: total as f64 / started.elapsed().as_secs_f64(), fsyncs })
}

fn bare_fsyncs(root: &Path, seconds: f64) -> std::io::Result<f64> {
    std::fs::create_dir_all(root)?;
    let path = root.join("bare-fsync");
    let mut file = File::create(&path)?;
    let (started, mut count) = (std::time::Instant::now(), 0u32);
    while started.elapsed().as_secs_f64() < seconds {
        file.write_all(&[7; 700])?;
        file.sync_data()?;
        count += 1;
    }
    let rate = f64::from(count) / started.elapsed().as_secs_f64();
    std::fs::remove_file(path)?;
    Ok(rate)
}
