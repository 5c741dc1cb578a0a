//! The keys of one year's log: a year key wrapped by the installation's keys, and under it one data key for each person
//! with entries in that year. Destroying a wrapped data key erases the person's entries of the year; destroying the year
//! key erases the year. Kept in a file of its own, apart from the log, so that a backup of the log undoes no erasure.
//!
//! File: a header of 80 bytes (magic, year, wrapped year key; of an erased year magic and year alone), then slots of 80 bytes (state, tag, nonce, wrapped key).

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};

use kernel::PersonId;
use zeroize::Zeroizing;

use crate::keys::{Keys, Secret, hmac, open, private_file, random, seal, sync_dir};

use super::LogError;

const SLOT: usize = 80;
const MAGIC: [u8; 8] = *b"HLKEYS1\n";
/// The header of a year that was erased as a whole.
const GONE: [u8; 8] = *b"HLGONE1\n";
const LIVE: u8 = 1;
const ERASED: u8 = 2;
/// The tag of entries about nobody in particular: zero-hit searches, sign-ins.
const NOBODY: &[u8] = b"nobody";

/// The year's keys, open.
pub(super) struct YearKeys {
    path: PathBuf,
    file: File,
    year: i16,
    key: Secret,
    slots: Vec<[u8; SLOT]>,
    /// The live slot of each tag.
    live: HashMap<[u8; 16], u32>,
    /// Slots on disk; those after it are waiting for [`YearKeys::flush`].
    written: usize,
    /// The year's key was destroyed: every entry reads as erased.
    gone: bool,
}

impl YearKeys {
    /// Opens the key file of `year`, or makes it when `create`.
    pub(super) fn open(keys: &Keys, year: i16, create: bool) -> Result<Option<Self>, LogError> {
        let path = keys.dir().join(format!("log-{year}.keys"));
        if !path.exists() && !create {
            return Ok(None);
        }
        let fresh = !path.exists();
        let file = private_file(&path).map_err(|e| LogError::io(&path, e))?;
        let wrapping = keys.derive("log year keys");
        let length = file.metadata().map_err(|e| LogError::io(&path, e))?.len();
        let (key, gone) = if fresh || length < SLOT as u64 {
            // A header that was never finished was never used: the log is written after it.
            (make_header(&file, &path, &wrapping, year)?, false)
        } else {
            read_header(&file, &path, &wrapping, year)?
        };
        sync_dir(keys.dir()).map_err(|e| LogError::io(keys.dir(), e))?;
        let mut this = YearKeys { path, file, year, key, slots: Vec::new(), live: HashMap::new(), written: 0, gone };
        this.load()?;
        Ok(Some(this))
    }

    /// Reads the slots; half a slot at the end was never used, because the log is written after its keys.
    fn load(&mut self) -> Result<(), LogError> {
        let bytes = std::fs::read(&self.path).map_err(|e| LogError::io(&self.path, e))?;
        let (slots, _) = bytes.get(SLOT..).unwrap_or_default().as_chunks::<SLOT>();
        for (number, slot) in (0u32..).zip(slots).filter(|_| !self.gone) {
            if let [LIVE, _, _, _, tag @ ..] = slot
                && let Some(tag) = tag.first_chunk::<16>()
            {
                self.live.insert(*tag, number);
            }
        }
        self.slots = slots.to_vec();
        self.written = self.slots.len();
        Ok(())
    }

    /// The tag under which a person's entries are found; different every year.
    pub(super) fn tag(&self, person: Option<PersonId>) -> [u8; 16] {
        let full = match person {
            Some(person) => hmac(&*self.key, &[b"subject", person.0.as_bytes()]),
            None => hmac(&*self.key, &[NOBODY]),
        };
        let mut tag = [0; 16];
        tag.copy_from_slice(full.first_chunk::<16>().unwrap_or(&[0; 16]));
        tag
    }

    /// The live data key of a tag, made if there is none. [`YearKeys::flush`] must follow before anything is
    /// written that it encrypts.
    pub(super) fn key_for(&mut self, tag: [u8; 16]) -> Result<(u32, Secret), LogError> {
        if let Some(&slot) = self.live.get(&tag) {
            let key = self.unwrap(slot).ok_or(LogError::KeysDamaged(self.path.clone()))?;
            return Ok((slot, key));
        }
        let number = u32::try_from(self.slots.len()).map_err(|_| LogError::Full(self.year))?;
        let data: Secret = Zeroizing::new(random()?);
        let nonce: [u8; 12] = random()?;
        let wrapped = seal(&self.key, &nonce, &*data, &context(self.year, number, &tag))
            .ok_or(LogError::KeysDamaged(self.path.clone()))?;
        let mut slot = [0u8; SLOT];
        let parts: [&[u8]; 4] = [&[LIVE, 0, 0, 0], &tag, &nonce, &wrapped];
        for (place, byte) in slot.iter_mut().zip(parts.into_iter().flatten()) {
            *place = *byte;
        }
        self.slots.push(slot);
        self.live.insert(tag, number);
        Ok((number, data))
    }

    /// The data key in a slot, or nothing if it was destroyed.
    pub(super) fn unwrap(&self, number: u32) -> Option<Secret> {
        let slot = self.slots.get(number as usize)?;
        let (head, rest) = slot.split_first_chunk::<4>()?;
        let (tag, rest) = rest.split_first_chunk::<16>()?;
        let (nonce, wrapped) = rest.split_first_chunk::<12>()?;
        if head[0] != LIVE {
            return None;
        }
        let plain = Zeroizing::new(open(&self.key, nonce, wrapped, &context(self.year, number, tag))?);
        Some(Zeroizing::new(*plain.first_chunk::<32>()?))
    }

    /// Whether the slot's key was destroyed on purpose.
    pub(super) fn is_erased(&self, number: u32) -> bool {
        self.gone || self.slots.get(number as usize).is_some_and(|slot| slot[0] == ERASED)
    }

    /// Makes new slots durable.
    pub(super) fn flush(&mut self) -> Result<(), LogError> {
        let Some(fresh) = self.slots.get(self.written..).filter(|f| !f.is_empty()) else { return Ok(()) };
        let at = (SLOT * (self.written + 1)) as u64;
        self.file.write_all_at(fresh.as_flattened(), at).map_err(|e| LogError::io(&self.path, e))?;
        self.file.sync_data().map_err(|e| LogError::io(&self.path, e))?;
        self.written = self.slots.len();
        Ok(())
    }

    /// Destroys a person's data key: their entries of the year read as erased, the tree still verifies.
    /// Returns whether there was a key.
    pub(super) fn erase(&mut self, person: PersonId) -> Result<bool, LogError> {
        self.flush()?;
        let Some(number) = self.live.remove(&self.tag(Some(person))) else { return Ok(false) };
        let Some(slot) = self.slots.get_mut(number as usize) else { return Ok(false) };
        *slot = [0; SLOT];
        slot[0] = ERASED;
        let at = (SLOT * (number as usize + 1)) as u64;
        self.file.write_all_at(slot, at).map_err(|e| LogError::io(&self.path, e))?;
        self.file.sync_data().map_err(|e| LogError::io(&self.path, e))?;
        Ok(true)
    }

    /// Destroys the year's key and with it every data key: all entries of the year read as erased, the tree still verifies.
    /// Returns how many data keys there were.
    pub(super) fn erase_year(&mut self) -> Result<usize, LogError> {
        let io = |e| LogError::io(&self.path, e);
        let mut header = [0u8; SLOT];
        for (place, byte) in header.iter_mut().zip(GONE.into_iter().chain(self.year.to_be_bytes())) {
            *place = byte;
        }
        // The header first: from then on no data key can be opened, whatever a crash leaves of the slots.
        self.file.write_all_at(&header, 0).map_err(io)?;
        self.file.sync_all().map_err(io)?;
        let blank = vec![[0u8; SLOT]; self.written];
        self.file.write_all_at(blank.as_flattened(), SLOT as u64).map_err(io)?;
        self.file.sync_all().map_err(io)?;
        let destroyed = self.live.len();
        (self.key, self.slots, self.gone) = (Zeroizing::new(random()?), blank, true);
        self.live.clear();
        Ok(destroyed)
    }
}

/// The commitment to a data key that stands in the envelope.
pub(super) fn commitment(key: &Secret, nonce: &[u8; 12]) -> [u8; 16] {
    let full = hmac(&**key, &[b"commitment", nonce]);
    let mut short = [0; 16];
    short.copy_from_slice(full.first_chunk::<16>().unwrap_or(&[0; 16]));
    short
}

fn context(year: i16, slot: u32, tag: &[u8; 16]) -> Vec<u8> {
    [&b"data key"[..], &year.to_be_bytes(), &slot.to_be_bytes(), tag].concat()
}

fn make_header(file: &File, path: &Path, wrapping: &Secret, year: i16) -> Result<Secret, LogError> {
    let key: Secret = Zeroizing::new(random()?);
    let nonce: [u8; 12] = random()?;
    let wrapped = seal(wrapping, &nonce, &*key, &year.to_be_bytes()).ok_or(LogError::KeysDamaged(path.to_owned()))?;
    let mut header = [0u8; SLOT];
    let parts: [&[u8]; 4] = [&MAGIC, &year.to_be_bytes(), &nonce, &wrapped];
    for (place, byte) in header.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *byte;
    }
    file.write_all_at(&header, 0).map_err(|e| LogError::io(path, e))?;
    file.sync_all().map_err(|e| LogError::io(path, e))?;
    Ok(key)
}

/// The year's key, and whether it was destroyed; then the key is one that opens nothing.
fn read_header(file: &File, path: &Path, wrapping: &Secret, year: i16) -> Result<(Secret, bool), LogError> {
    let mut header = [0u8; SLOT];
    file.read_exact_at(&mut header, 0).map_err(|e| LogError::io(path, e))?;
    let damaged = || LogError::KeysDamaged(path.to_owned());
    let (magic, rest) = header.split_first_chunk::<8>().ok_or_else(damaged)?;
    let (found, rest) = rest.split_first_chunk::<2>().ok_or_else(damaged)?;
    let (nonce, rest) = rest.split_first_chunk::<12>().ok_or_else(damaged)?;
    let wrapped = rest.first_chunk::<48>().ok_or_else(damaged)?;
    if *found != year.to_be_bytes() {
        return Err(damaged());
    }
    match *magic {
        MAGIC => {}
        GONE => return Ok((Zeroizing::new(random()?), true)),
        _ => return Err(damaged()),
    }
    let plain = Zeroizing::new(open(wrapping, nonce, wrapped, &year.to_be_bytes()).ok_or_else(damaged)?);
    Ok((Zeroizing::new(*plain.first_chunk::<32>().ok_or_else(damaged)?), false))
}
