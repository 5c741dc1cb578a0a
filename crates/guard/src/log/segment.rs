//! The files that hold the records. A record is its payload's length (4 bytes, big-endian), the payload (envelope and
//! ciphertext) and the payload's leaf hash; a file begins with a header that says which it is.

use std::fs::{File, OpenOptions};
use std::io;
use std::os::unix::fs::{FileExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use super::entry::{ENVELOPE, Envelope};
use super::tree::{Hash, leaf_hash};

/// A file is closed and the next begun once it is longer than this.
pub(super) const FULL: u64 = 64 << 20;
/// The longest payload.
pub(super) const LONGEST: usize = 64 << 10;
/// Bytes of a file's header.
pub(super) const HEADER: usize = 32;
const MAGIC: &[u8; 12] = b"HEARTH LOG 1";
/// Length in front and leaf hash behind.
const FRAME: usize = 4 + 32;

/// Where a payload stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) segment: u32,
    pub(super) offset: u64,
    pub(super) length: u32,
}

/// One whole record as scanned.
pub(super) struct Record {
    pub(super) envelope: Envelope,
    pub(super) leaf: Hash,
    pub(super) place: Place,
}

/// The first thing that is not a whole record in its place.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    pub(super) segment: u32,
    pub(super) offset: u64,
    /// Bytes from here to the end of the file.
    pub(super) rest: u64,
    pub(super) what: &'static str,
}

/// Everything read from a year's files.
pub(super) struct Scan {
    pub(super) records: Vec<Record>,
    pub(super) fault: Option<Fault>,
    /// The last file and its length up to the last whole record; none without files.
    pub(super) end: Option<(u32, u64)>,
    /// Whether the last file is the one with the fault, or there is no fault.
    pub(super) fault_in_last: bool,
}

/// The path of a file.
pub(super) fn path(dir: &Path, segment: u32) -> PathBuf {
    dir.join(format!("{segment:06}.seg"))
}

/// The header of a file.
fn header(year: i16, segment: u32, first: u64) -> [u8; HEADER] {
    let mut out = [0u8; HEADER];
    let parts: [&[u8]; 4] = [MAGIC, &year.to_be_bytes(), &segment.to_be_bytes(), &first.to_be_bytes()];
    for (place, byte) in out.iter_mut().zip(parts.into_iter().flatten()) {
        *place = *byte;
    }
    out
}

/// Makes a file for records from number `first` on, durable with its name.
pub(super) fn create(dir: &Path, year: i16, segment: u32, first: u64) -> io::Result<File> {
    let file = open(dir, segment, true)?;
    file.set_len(0)?;
    file.write_all_at(&header(year, segment, first), 0)?;
    file.sync_all()?;
    crate::keys::sync_dir(dir)?;
    Ok(file)
}

/// Opens a file for reading and appending.
pub(super) fn open(dir: &Path, segment: u32, create: bool) -> io::Result<File> {
    OpenOptions::new().read(true).write(true).create(create).truncate(false).mode(0o600).open(path(dir, segment))
}

/// Adds a record to `out`; returns its leaf hash and the offset of the payload within `out`.
pub(super) fn frame(out: &mut Vec<u8>, payload: &[u8]) -> (Hash, u64) {
    let leaf = leaf_hash(payload);
    out.extend(u32::try_from(payload.len()).unwrap_or(u32::MAX).to_be_bytes());
    let offset = out.len() as u64;
    out.extend(payload);
    out.extend(leaf);
    (leaf, offset)
}

/// Reads one payload back and checks it against its leaf hash.
pub(super) fn read(dir: &Path, place: Place, leaf: &Hash) -> io::Result<Option<Vec<u8>>> {
    let mut payload = vec![0; place.length as usize];
    File::open(path(dir, place.segment))?.read_exact_at(&mut payload, place.offset)?;
    Ok((leaf_hash(&payload) == *leaf).then_some(payload))
}

/// The numbers of the files there are, in order, and the names of anything that should not be in the folder.
pub(super) fn list(dir: &Path) -> io::Result<(Vec<u32>, Vec<String>)> {
    let (mut segments, mut strangers) = (Vec::new(), Vec::new());
    for entry in std::fs::read_dir(dir)? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let number = name.strip_suffix(".seg").and_then(|n| n.parse::<u32>().ok());
        match number {
            Some(n) if path(dir, n).file_name().is_some_and(|f| f.to_string_lossy() == name) => segments.push(n),
            _ if name == super::MARK || name == super::CHECKPOINTS => {}
            _ => strangers.push(name),
        }
    }
    segments.sort_unstable();
    Ok((segments, strangers))
}

/// Reads every record of a year up to the first fault.
pub(super) fn scan(dir: &Path, year: i16) -> io::Result<Scan> {
    let (segments, _) = list(dir)?;
    let mut scan = Scan { records: Vec::new(), fault: None, end: None, fault_in_last: true };
    for (position, &segment) in segments.iter().enumerate() {
        let last = position + 1 == segments.len();
        let bytes = std::fs::read(path(dir, segment))?;
        let expected = header(year, u32::try_from(position).unwrap_or(u32::MAX), scan.records.len() as u64);
        let outcome = if bytes.get(..HEADER) == Some(&expected[..]) {
            scan_file(&bytes, segment, year, &mut scan.records)
        } else {
            Err((0, "the file's header is not that of the next file of this year (missing, moved or changed)"))
        };
        match outcome {
            Ok(end) => scan.end = Some((segment, end)),
            Err((offset, what)) => {
                scan.fault = Some(Fault { segment, offset: offset as u64, rest: (bytes.len() - offset) as u64, what });
                scan.fault_in_last = last;
                scan.end = Some((segment, offset as u64));
                return Ok(scan);
            }
        }
    }
    Ok(scan)
}

/// The records of one file; the end, or where and what the first fault is.
fn scan_file(bytes: &[u8], segment: u32, year: i16, records: &mut Vec<Record>) -> Result<u64, (usize, &'static str)> {
    let mut at = HEADER;
    while let Some(rest) = bytes.get(at..).filter(|r| !r.is_empty()) {
        let (length, rest) = rest.split_first_chunk::<4>().ok_or((at, "the file ends inside a record"))?;
        let length = u32::from_be_bytes(*length) as usize;
        if !(ENVELOPE..=LONGEST).contains(&length) {
            return Err((at, "no record begins here: its length is impossible"));
        }
        let (payload, rest) = rest.split_at_checked(length).ok_or((at, "the file ends inside a record"))?;
        let hash = rest.first_chunk::<32>().ok_or((at, "the file ends inside a record"))?;
        let leaf = leaf_hash(payload);
        if leaf != *hash {
            return Err((at, "the record does not match its own hash: it was changed or half-written"));
        }
        let envelope = Envelope::read(payload).ok_or((at, "the record's envelope cannot be read"))?;
        if envelope.seq != records.len() as u64 || envelope.year != year {
            return Err((at, "the record's number is not the next one: records were removed, added or moved"));
        }
        let place = Place { segment, offset: (at + 4) as u64, length: u32::try_from(length).unwrap_or(u32::MAX) };
        records.push(Record { envelope, leaf, place });
        at += length + FRAME;
    }
    Ok(at as u64)
}
