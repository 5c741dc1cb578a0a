//! One year's log: opening with recovery, appending a batch, reading back.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use ed25519_dalek::SigningKey;
use kernel::PersonId;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::chain::{self, Head};
use super::entry::{Body, ENVELOPE, Entry, Envelope, Receipt};
use super::note::{self, Checkpoint, VerifierKey};
use super::segment::{self, LONGEST, Place};
use super::tree::{Hash, Tree};
use super::year_keys::{YearKeys, commitment};
use super::{CHECKPOINTS, LogError, MARK, NAME};
use crate::keys::{Keys, open, private_file, random, seal};

/// What stands encrypted in a record.
#[derive(Serialize, Deserialize)]
pub(super) struct Stored {
    pub(super) look: Uuid,
    pub(super) subject: Option<PersonId>,
    #[serde(flatten)]
    pub(super) body: Body,
}

/// The body of a record when read back.
pub(super) enum Opened {
    Whole(Box<Stored>),
    Erased,
}

/// Everything about one year.
pub(super) struct Year {
    pub(super) dir: PathBuf,
    pub(super) year: i16,
    pub(super) tree: Tree,
    pub(super) keys: YearKeys,
    signing: Arc<SigningKey>,
    places: Vec<Place>,
    by_tag: HashMap<[u8; 16], Vec<u64>>,
    file: File,
    segment: u32,
    end: u64,
    mark: File,
    checkpoints: File,
    chain_length: u64,
    head: Head,
    /// Size at the last checkpoint of the chain.
    pub(super) checkpointed: u64,
}

/// A batch made ready: bytes for the file, and what memory learns once they are durable.
struct Prepared {
    bytes: Vec<u8>,
    leaves: Vec<(Hash, Place, [u8; 16])>,
    receipts: Vec<Receipt>,
}

/// The name of a year's log in checkpoints.
pub(super) fn origin(year: i16) -> String {
    format!("{NAME}/{year}")
}

impl Year {
    /// Opens a year, making it if there is none; cuts off what was written but never acknowledged; refuses anything
    /// else that is not as it was acknowledged.
    pub(super) fn open(root: &Path, year: i16, keys: &Keys, signing: &Arc<SigningKey>) -> Result<Self, LogError> {
        let dir = root.join(year.to_string());
        let io = |e| LogError::io(&dir, e);
        std::fs::create_dir_all(&dir).map_err(io)?;
        crate::keys::sync_dir(root).map_err(io)?;
        let key = VerifierKey::of(NAME, signing);
        let damaged = |what: String| LogError::Damaged { year, dir: dir.clone(), what };

        let scan = segment::scan(&dir, year).map_err(io)?;
        let mark_block = match std::fs::read(dir.join(MARK)) {
            Ok(block) => Some(block),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => None,
            Err(e) => return Err(io(e)),
        };
        let (acknowledged, marked_head) = match &mark_block {
            // The mark is made before the first record; a crash before that leaves at most one file without records.
            None if scan.records.is_empty() => (None, Head::default()),
            None => return Err(damaged(format!("the file {MARK} is missing although there are records"))),
            Some(block) => match chain::read_mark(block, &origin(year), &key) {
                Some((checkpoint, head)) => (Some(checkpoint), head),
                None => return Err(damaged(format!("the file {MARK} does not carry this log's signature"))),
            },
        };
        let size = acknowledged.as_ref().map_or(0, |c| c.size);
        let mut tree = Tree::default();
        scan.records.iter().for_each(|r| tree.push(r.leaf));
        if let Some(a) = &acknowledged
            && tree.root_at(size) != Some(a.root)
        {
            let found = scan.fault.as_ref().map_or(String::new(), |f| {
                format!(" (first fault: file {:06}.seg, byte {}: {})", f.segment, f.offset, f.what)
            });
            return Err(damaged(format!(
                "{size} records were acknowledged, {} are whole and their root differs{found}",
                tree.size()
            )));
        }
        if let Some(fault) = &scan.fault
            && (!scan.fault_in_last || fault.rest > BATCH_BYTES)
        {
            let where_ = format!("file {:06}.seg, byte {}", fault.segment, fault.offset);
            return Err(damaged(format!("{where_}: {}; more follows than one interrupted write leaves", fault.what)));
        }

        let year_keys = YearKeys::open(keys, year, true)?.ok_or_else(|| damaged("no key file".into()))?;
        let (segment, mut end) = scan.end.unwrap_or((0, 0));
        let file = if end < segment::HEADER as u64 {
            end = segment::HEADER as u64;
            segment::create(&dir, year, segment, tree.size()).map_err(io)?
        } else {
            let file = segment::open(&dir, segment, false).map_err(io)?;
            if let Some(fault) = &scan.fault {
                tracing::warn!(
                    year,
                    bytes = fault.rest,
                    "cut off an interrupted, never acknowledged write at the end of the log"
                );
                file.set_len(end).map_err(io)?;
                file.sync_all().map_err(io)?;
            }
            file
        };

        let checkpoints = private_file(&dir.join(CHECKPOINTS)).map_err(io)?;
        let text = std::fs::read(dir.join(CHECKPOINTS)).map_err(io)?;
        let read = chain::read(&String::from_utf8_lossy(&text), &origin(year), &key, marked_head);
        let known = usize::try_from(marked_head.count).unwrap_or(usize::MAX);
        if read.heads.get(known) != Some(&marked_head) {
            return Err(damaged(format!("the chain in {CHECKPOINTS} is shorter than acknowledged or was changed")));
        }
        if let Some(wrong) = read.checkpoints.iter().find(|c| tree.root_at(c.size) != Some(c.root)) {
            return Err(damaged(format!("the records differ from the checkpoint signed at {}", wrong.size)));
        }
        let mark = private_file(&dir.join(MARK)).map_err(io)?;
        let mut this = Year {
            year,
            tree,
            keys: year_keys,
            signing: Arc::clone(signing),
            places: scan.records.iter().map(|r| r.place).collect(),
            by_tag: HashMap::new(),
            file,
            segment,
            end,
            mark,
            checkpoints,
            chain_length: read.length as u64,
            head: read.head(),
            checkpointed: read.checkpoints.last().map_or(0, |c| c.size),
            dir: dir.clone(),
        };
        for record in &scan.records {
            this.by_tag.entry(record.envelope.tag).or_default().push(record.envelope.seq);
        }
        this.check_tail(size)?;
        this.checkpoint()?;
        this.mark.sync_all().map_err(io)?;
        crate::keys::sync_dir(&dir).map_err(io)?;
        Ok(this)
    }

    /// Records after the last mark are kept only if they open under our own keys: nobody else can have written them.
    fn check_tail(&self, acknowledged: u64) -> Result<(), LogError> {
        for seq in acknowledged..self.tree.size() {
            if self.read(seq).is_err() {
                let what =
                    format!("record {seq}, after the last signed size {acknowledged}, was not written by this log");
                return Err(LogError::Damaged { year: self.year, dir: self.dir.clone(), what });
            }
        }
        Ok(())
    }

    /// Writes a batch, waits until it is on disk, and signs what is now acknowledged. On an error nothing of the batch
    /// is kept; [`LogError::Stopped`] means that nobody knows.
    pub(super) fn append(&mut self, entries: &[&Entry]) -> Result<Vec<Receipt>, LogError> {
        if self.end > segment::FULL {
            self.file = segment::create(&self.dir, self.year, self.segment + 1, self.tree.size())
                .map_err(|e| LogError::io(&self.dir, e))?;
            self.segment += 1;
            self.end = segment::HEADER as u64;
        }
        let prepared = self.prepare(entries)?;
        self.keys.flush()?;
        if let Err(error) = self.file.write_all_at(&prepared.bytes, self.end) {
            // A full disk: take back what was half-written; if not even that works, stop.
            self.file.set_len(self.end).map_err(|_| LogError::Stopped)?;
            return Err(LogError::io(&segment::path(&self.dir, self.segment), error));
        }
        self.file.sync_data().map_err(|error| {
            tracing::error!(%error, "fdatasync of the disclosure log failed");
            LogError::Stopped
        })?;
        self.end += prepared.bytes.len() as u64;
        for (leaf, place, tag) in prepared.leaves {
            self.by_tag.entry(tag).or_default().push(self.tree.size());
            self.tree.push(leaf);
            self.places.push(place);
        }
        self.write_mark()?;
        Ok(prepared.receipts)
    }

    fn prepare(&mut self, entries: &[&Entry]) -> Result<Prepared, LogError> {
        let mut out = Prepared { bytes: Vec::new(), leaves: Vec::new(), receipts: Vec::new() };
        for entry in entries {
            let first = self.tree.size() + out.leaves.len() as u64;
            let nobody = [None];
            let people: Vec<Option<PersonId>> = entry.subjects.iter().copied().map(Some).collect();
            let people = if people.is_empty() { &nobody[..] } else { &people };
            for subject in people {
                let seq = self.tree.size() + out.leaves.len() as u64;
                let (payload, tag) = self.encode(entry, *subject, seq)?;
                let (leaf, offset) = segment::frame(&mut out.bytes, &payload);
                let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
                let place = Place { segment: self.segment, offset: self.end + offset, length };
                out.leaves.push((leaf, place, tag));
            }
            let count = u32::try_from(people.len()).unwrap_or(u32::MAX);
            let (length, most) = (out.bytes.len(), BATCH_BYTES as usize);
            if length > most {
                return Err(LogError::TooLong { length, most });
            }
            out.receipts.push(Receipt::new(entry.look, self.year, first, count));
        }
        Ok(out)
    }

    /// Envelope and ciphertext of one leaf.
    fn encode(&mut self, entry: &Entry, subject: Option<PersonId>, seq: u64) -> Result<(Vec<u8>, [u8; 16]), LogError> {
        let tag = self.keys.tag(subject);
        let (slot, key) = self.keys.key_for(tag)?;
        let nonce: [u8; 12] = random()?;
        let envelope = Envelope {
            class: entry.class,
            tier: entry.tier,
            year: self.year,
            seq,
            at: entry.at,
            slot,
            tag,
            nonce,
            commitment: commitment(&key, &nonce),
        }
        .bytes();
        let stored = Stored { look: entry.look, subject, body: entry.body.clone() };
        let mut text = serde_json::to_vec(&stored)
            .map_err(|e| LogError::io(&self.dir, std::io::Error::new(std::io::ErrorKind::InvalidData, e)))?;
        // Spaces up to a multiple of 64, so that the length tells little.
        text.resize(text.len().next_multiple_of(64), b' ');
        let length = ENVELOPE + text.len() + 16;
        let cipher = seal(&key, &nonce, &text, &envelope).filter(|_| length <= LONGEST);
        let cipher = cipher.ok_or(LogError::TooLong { length, most: LONGEST })?;
        Ok(([&envelope[..], &cipher].concat(), tag))
    }

    /// Signs the present size into the mark.
    fn write_mark(&mut self) -> Result<(), LogError> {
        let note = self.note(self.head.mark_line());
        self.mark.write_all_at(&chain::mark_block(&note), 0).map_err(|error| {
            // What is durable could not be marked: an older mark would let a later loss pass unseen.
            tracing::error!(%error, "the mark of the disclosure log could not be written");
            LogError::Stopped
        })
    }

    fn note(&self, extension: String) -> String {
        let checkpoint = Checkpoint {
            origin: origin(self.year),
            size: self.tree.size(),
            root: self.tree.root(),
            extensions: vec![extension],
        };
        note::sign(&checkpoint, NAME, &self.signing)
    }

    /// Adds a checkpoint to the chain if there is anything new, and marks it. Returns the latest mark's note.
    pub(super) fn checkpoint(&mut self) -> Result<String, LogError> {
        if self.tree.size() > self.checkpointed || self.head.count == 0 {
            let note = self.note(self.head.previous_line());
            let text = chain::stored(&note);
            let path = self.dir.join(CHECKPOINTS);
            // Cut first: a torn end of an earlier try must not stay between two notes.
            self.checkpoints.set_len(self.chain_length).map_err(|e| LogError::io(&path, e))?;
            self.checkpoints.write_all_at(text.as_bytes(), self.chain_length).map_err(|e| LogError::io(&path, e))?;
            self.checkpoints.sync_data().map_err(|e| LogError::io(&path, e))?;
            self.chain_length += text.len() as u64;
            self.head = self.head.after(&note);
            self.checkpointed = self.tree.size();
        }
        self.write_mark()?;
        Ok(self.note(self.head.mark_line()))
    }

    /// Sequence numbers of a person's entries.
    pub(super) fn of_person(&self, person: PersonId) -> &[u64] {
        self.by_tag.get(&self.keys.tag(Some(person))).map_or(&[], Vec::as_slice)
    }

    /// A record read back from disk, checked against the tree and opened.
    pub(super) fn read(&self, seq: u64) -> Result<(Envelope, Opened), LogError> {
        let damaged = |what: &str| LogError::Damaged {
            year: self.year,
            dir: self.dir.clone(),
            what: format!("record {seq}: {what}"),
        };
        let place =
            usize::try_from(seq).ok().and_then(|i| self.places.get(i)).ok_or_else(|| damaged("no such record"))?;
        let leaf = self.tree.leaf(seq).ok_or_else(|| damaged("no such leaf"))?;
        let payload = segment::read(&self.dir, *place, &leaf)
            .map_err(|e| LogError::io(&self.dir, e))?
            .ok_or_else(|| damaged("was changed on disk"))?;
        let envelope = Envelope::read(&payload).ok_or_else(|| damaged("its envelope cannot be read"))?;
        let Some(key) = self.keys.unwrap(envelope.slot) else {
            return if self.keys.is_erased(envelope.slot) {
                Ok((envelope, Opened::Erased))
            } else {
                Err(LogError::KeysDamaged(self.dir.clone()))
            };
        };
        if commitment(&key, &envelope.nonce) != envelope.commitment {
            return Err(damaged("it does not belong to its key"));
        }
        let (head, cipher) = payload.split_first_chunk::<ENVELOPE>().ok_or_else(|| damaged("too short"))?;
        let text = open(&key, &envelope.nonce, cipher, head).ok_or_else(|| damaged("it does not open"))?;
        let stored = serde_json::from_slice(&text).map_err(|_| damaged("its body cannot be read"))?;
        Ok((envelope, Opened::Whole(Box::new(stored))))
    }
}

/// One write is never longer than this, so no more can be lying unacknowledged at the end of a file.
pub(super) const BATCH_BYTES: u64 = 32 << 20;
